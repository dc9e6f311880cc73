#include "sim/cli/lab/winnow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"

/* ---- tokens ---- */

struct token {
    uint64_t hash;
    uint32_t line;
};
struct reader {
    const char *at, *end;
    uint32_t line;
};

static const char *const keywords[] = {
    "break",  "case",   "char",   "const",  "continue", "default", "do",     "double", "else",
    "enum",   "extern", "float",  "for",    "goto",     "if",      "inline", "int",    "long",
    "return", "short",  "signed", "sizeof", "static",   "struct",  "switch", "typedef", "union",
    "unsigned", "void", "while"};

static bool is_keyword(const char *word, size_t len) {
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        if (strlen(keywords[i]) == len && !memcmp(keywords[i], word, len)) return true;
    return false;
}
static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

static void step(struct reader *r) {
    r->line += *r->at == '\n';
    r->at++;
}
static bool begins(const struct reader *r, const char *with) {
    size_t n = strlen(with);
    return (size_t)(r->end - r->at) >= n && !memcmp(r->at, with, n);
}
static void skip_blanks(struct reader *r) {
    while (r->at < r->end) { /* ends: each turn takes a byte */
        if (begins(r, "//"))
            while (r->at < r->end && *r->at != '\n') step(r);
        else if (begins(r, "/*")) {
            while (r->at < r->end && !begins(r, "*/")) step(r);
            for (int i = 0; i < 2 && r->at < r->end; i++) step(r);
        } else if (isspace((unsigned char)*r->at) || *r->at == '\\') step(r);
        else return;
    }
}
static void skip_quoted(struct reader *r, char quote) {
    step(r);
    while (r->at < r->end && *r->at != quote) {
        if (*r->at == '\\' && r->at + 1 < r->end) step(r);
        step(r);
    }
    if (r->at < r->end) step(r);
}

/* false: the text is over. */
static bool next(struct reader *r, struct token *token) {
    skip_blanks(r);
    if (r->at == r->end) return false;
    const char *from = r->at;
    char what = *from;
    size_t len = 1;
    token->line = r->line;
    if (what == '"' || what == '\'') {
        skip_quoted(r, what);
        what = '"';
    } else if (is_name(what)) {
        while (r->at < r->end && is_name(*r->at)) step(r);
        len = (size_t)(r->at - from);
        if (isdigit((unsigned char)what)) what = '0', len = 1;
        else if (!is_keyword(from, len)) what = 'a', len = 1;
    } else {
        step(r);
    }
    token->hash = len > 1 ? orr_hash64(0, from, len) : orr_hash64(0, &what, 1);
    return true;
}

/* ---- runs of tokens ---- */

struct run {
    struct reader reader;
    struct token tokens[ORR_WINNOW_TOKENS]; /* the latest, round and round */
    uint64_t n;
};

/* The next run of ORR_WINNOW_TOKENS; false: there is none. */
static bool next_run(struct run *run, struct orr_fingerprint *f) {
    do {
        struct token token;
        if (!next(&run->reader, &token)) return false;
        run->tokens[run->n++ % ORR_WINNOW_TOKENS] = token;
    } while (run->n < ORR_WINNOW_TOKENS); /* ends: the text does */
    uint64_t hashes[ORR_WINNOW_TOKENS];
    for (uint32_t i = 0; i < ORR_WINNOW_TOKENS; i++)
        hashes[i] = run->tokens[(run->n + i) % ORR_WINNOW_TOKENS].hash;
    f->hash = orr_hash64(1, hashes, sizeof hashes);
    f->from = run->tokens[run->n % ORR_WINNOW_TOKENS].line;
    f->to = run->tokens[(run->n - 1) % ORR_WINNOW_TOKENS].line;
    return true;
}
static struct run run_of(const char *text, size_t len) {
    return (struct run){.reader = {.at = text, .end = text + len, .line = 1}};
}

void orr_winnow_all(struct orr_set *set, const char *text, size_t len) {
    struct run run = run_of(text, len);
    struct orr_fingerprint f;
    while (next_run(&run, &f)) orr_set_add(set, f.hash);
}

/* ---- winnowing ---- */

static void add(struct orr_fingerprints *f, struct orr_fingerprint one,
                const struct orr_set *without) {
    if (without && orr_set_has(without, one.hash)) return;
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 256;
        f->v = orr_xrealloc(f->v, f->cap * sizeof *f->v);
    }
    f->v[f->n++] = one;
    orr_set_add(&f->set, one.hash);
}

void orr_winnow(struct orr_fingerprints *f, uint32_t file, const char *text, size_t len,
                const struct orr_set *without) {
    struct run run = run_of(text, len);
    struct orr_fingerprint window[ORR_WINNOW_WINDOW];
    uint64_t kept = UINT64_MAX; /* number of the run that was kept last */
    for (uint64_t n = 0;; n++) {
        struct orr_fingerprint *latest = &window[n % ORR_WINNOW_WINDOW];
        if (!next_run(&run, latest)) break;
        latest->file = file;
        if (n + 1 < ORR_WINNOW_WINDOW) continue;
        uint64_t least = n;
        for (uint64_t i = 1; i < ORR_WINNOW_WINDOW; i++)
            if (window[(n - i) % ORR_WINNOW_WINDOW].hash < window[least % ORR_WINNOW_WINDOW].hash)
                least = n - i;
        if (least != kept) add(f, window[least % ORR_WINNOW_WINDOW], without);
        kept = least;
    }
}

void orr_fingerprints_init(struct orr_fingerprints *f, struct orr_mem *mem) {
    *f = (struct orr_fingerprints){0};
    orr_set_init(&f->set, mem, 0);
}
void orr_fingerprints_fini(struct orr_fingerprints *f) {
    free(f->v);
    orr_set_fini(&f->set);
}
