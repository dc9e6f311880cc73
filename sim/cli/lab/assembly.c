#include "sim/cli/lab/assembly.h"

#include <string.h>

static const char inline_assembly[] =
    "it holds inline assembly: a protocol of a lab is written in C alone";
static const char foreign[] =
    "a name or an attribute holds what is no part of a name: a protocol of a lab is written in C "
    "alone";

static const char *const directives[] = {
    ".file", ".text", ".data", ".bss", ".section", ".globl", ".global", ".local", ".comm", ".type",
    ".size", ".align", ".p2align", ".balign", ".byte", ".2byte", ".4byte", ".8byte", ".value",
    ".short", ".long", ".word", ".xword", ".quad", ".string", ".ascii", ".asciz", ".zero", ".set",
    ".ident", ".hidden", ".weak", ".loc", ".uleb128", ".sleb128", ".addrsig", ".addrsig_sym",
    ".arch", ".inst", ".hword", ".octa", ".float", ".double"};

static bool is_directive(const char *word, size_t len) {
    if (len > 5 && !strncmp(word, ".cfi_", 5)) return true;
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
        if (strlen(directives[i]) == len && !strncmp(word, directives[i], len)) return true;
    return false;
}

/* A text in quotes, in which a backslash takes the next character along; NULL: it does not end. */
static const char *past_text(const char *p, const char *end) {
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\') p++;
    return p < end ? p + 1 : NULL;
}

/* One statement a line: none but in a text or a comment. */
static bool is_one_statement(const char *p, const char *end) {
    while (p < end) {
        if (*p == '"') {
            p = past_text(p, end);
            if (!p) return false;
            continue;
        }
        if (*p == '#') return true; /* a comment up to the line's end */
        if (*p == ';' || *p == '\r' || *p == '\f' || *p == '\v') return false;
        if (*p == '/' && p + 1 < end && (p[1] == '*' || p[1] == '/')) return false;
        p++;
    }
    return true;
}

/* Past labels (`name:`), of which a line may have several. */
static const char *past_labels(const char *p, const char *end) {
    for (;;) { /* ends: each turn takes a label */
        p += strspn(p, " \t");
        const char *word = p;
        while (p < end && *p != ' ' && *p != '\t' && *p != ':' && *p != '"') p++;
        if (p >= end || *p != ':') return word;
        p++;
    }
}

static const char *line_flaw(const char *line, const char *end) {
    const char *p = line + strspn(line, " \t");
    if (p >= end) return NULL;
    if (*p == '#') return !strncmp(p, "#APP", 4) ? inline_assembly : NULL;
    if (!is_one_statement(p, end)) return foreign;
    p = past_labels(p, end);
    if (p >= end || *p != '.') return NULL;
    size_t n = 0;
    while (p + n < end && p[n] != ' ' && p[n] != '\t' && p[n] != '\n') n++;
    return is_directive(p, n) ? NULL : foreign;
}

const char *orr_lab_assembly_flaw(const char *text, size_t len) {
    const char *flaw = strlen(text) == len ? NULL : foreign; /* a NUL in it hides the rest */
    for (const char *line = text, *last = text + len; line < last && !flaw;) {
        const char *end = strchr(line, '\n');
        if (!end) end = last;
        flaw = line_flaw(line, end);
        line = end + 1;
    }
    return flaw;
}
