#include "sim/base/diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/memory.h"

/* How much of a long line is shown, in bytes before and after the place that is meant. */
enum { SHOWN_BEFORE = 70, SHOWN_AFTER = 90 };

static char *format_text(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(len >= 0);
    char *text = orr_xrealloc(NULL, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

static char *copy_text(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(orr_xrealloc(NULL, size), text, size);
}

void orr_diag_add(struct orr_diags *diags, enum orr_severity severity, struct orr_span where,
                  const char *hint, const char *format, ...) {
    diags->n_errors += severity == ORR_DIAG_ERROR;
    diags->n_warnings += severity == ORR_DIAG_WARNING;
    if (diags->n >= ORR_DIAG_LIMIT) return;
    if (diags->n == diags->cap) {
        diags->cap = diags->cap ? 2 * diags->cap : 8;
        diags->v = orr_xrealloc(diags->v, diags->cap * sizeof *diags->v);
    }
    va_list args;
    va_start(args, format);
    char *text = format_text(format, args);
    va_end(args);
    diags->v[diags->n++] =
        (struct orr_diag){severity, where, text, hint && *hint ? copy_text(hint) : NULL};
}

void orr_diags_fini(struct orr_diags *diags) {
    for (uint32_t i = 0; i < diags->n; i++) {
        free(diags->v[i].text);
        free(diags->v[i].hint);
    }
    free(diags->v);
    *diags = (struct orr_diags){0};
}

/* Does the message at i belong before the one at j?  Sources by the first message about them. */
static bool is_before(const struct orr_diags *diags, uint32_t from, const struct orr_diag *a,
                      const struct orr_diag *b) {
    if (a->where.source == b->where.source) return a->where.offset < b->where.offset;
    for (uint32_t i = from; i < diags->n; i++) {
        if (diags->v[i].where.source == b->where.source) return false;
        if (diags->v[i].where.source == a->where.source) return true;
    }
    return false;
}

void orr_diags_sort(struct orr_diags *diags, uint32_t from) {
    for (uint32_t i = from, n; i < diags->n; i += n) { /* insertion: at most 100, often sorted */
        for (n = 1; i + n < diags->n && diags->v[i + n].severity == ORR_DIAG_NOTE;) n++;
        uint32_t to = i;
        for (uint32_t j = i; j-- > from;)
            if (diags->v[j].severity != ORR_DIAG_NOTE) {
                if (!is_before(diags, from, &diags->v[i], &diags->v[j])) break;
                to = j;
            }
        for (uint32_t k = 0; k < n; k++) {
            struct orr_diag moved = diags->v[i + k];
            memmove(&diags->v[to + k + 1], &diags->v[to + k], (i - to) * sizeof moved);
            diags->v[to + k] = moved;
        }
    }
}

/* The line that holds the span's first byte: [*start, *end), without its line break. */
static void find_line(struct orr_span span, const char **start, const char **end) {
    const struct orr_source *source = span.source;
    assert(span.offset <= source->len);
    const char *p = source->text + span.offset, *stop = source->text + source->len;
    *start = p;
    while (*start > source->text && (*start)[-1] != '\n') --*start;
    *end = p;
    while (*end < stop && **end != '\n') ++*end;
    if (*end > p && (*end)[-1] == '\r') --*end;
}

void orr_span_position(struct orr_span span, uint32_t *line, uint32_t *column) {
    *line = *column = 1;
    if (!span.source) return;
    const char *start, *end, *p = span.source->text + span.offset;
    find_line(span, &start, &end);
    for (const char *q = span.source->text; q < start; q++) *line += *q == '\n';
    for (const char *q = start; q < p; ++*column) {
        size_t len = orr_utf8_len(q, p);
        q += len ? len : 1;
    }
}

/* The width on the screen of the character at *p, which is printed to `to` if that is not NULL, and
 * stepped over. */
static int show_character(const char **p, const char *end, FILE *to) {
    char shown[ORR_TEXT_CHARACTER];
    int width = orr_text_step(p, end, shown);
    if (to) fputs(shown, to);
    return width;
}

static const char *character_start(const char *p, const char *start) {
    while (p > start && ((unsigned char)*p & 0xc0) == 0x80) p--;
    return p;
}

static void print_text(const char *text, FILE *to) { orr_text_print(text, strlen(text), to); }

/* The line and, under it, the caret. */
static void print_excerpt(struct orr_span span, uint32_t line, const char *paint, FILE *to) {
    const char *start, *end, *p = span.source->text + span.offset;
    find_line(span, &start, &end);
    const char *from = p - start > SHOWN_BEFORE ? character_start(p - SHOWN_BEFORE, start) : start;
    const char *stop = end - p > SHOWN_AFTER ? character_start(p + SHOWN_AFTER, start) : end;
    fprintf(to, "%5u | %s", line, from > start ? "..." : "");
    for (const char *q = from; q < stop;) show_character(&q, end, to);
    fprintf(to, "%s\n      | %s", stop < end ? "..." : "", from > start ? "   " : "");
    const char *q = from;
    while (q < p && q < stop) fprintf(to, "%*s", show_character(&q, end, NULL), "");
    fprintf(to, "%s^", *paint ? paint : "");
    const char *last = span.len < (size_t)(stop - p) ? p + span.len : stop;
    for (int width = -1; q < last; width = 0)
        for (width += show_character(&q, end, NULL); width > 0; width--) fputc('~', to);
    fprintf(to, "%s\n", *paint ? "\033[0m" : "");
}

static void print_hint(const char *hint, FILE *to) {
    for (const char *p = hint; *p;) {
        const char *end = strchr(p, '\n');
        if (!end) end = p + strlen(p);
        fputs("      = ", to);
        while (p < end) show_character(&p, end, to);
        fputc('\n', to);
        if (*p) p++;
    }
}

static void print_one(const struct orr_diag *diag, FILE *to, bool colour) {
    static const struct {
        const char *word, *paint;
    } looks[] = {
        [ORR_DIAG_ERROR] = {"error", "\033[1;31m"},
        [ORR_DIAG_WARNING] = {"warning", "\033[1;35m"},
        [ORR_DIAG_NOTE] = {"note", "\033[1;36m"},
    };
    const char *word = looks[diag->severity].word;
    const char *paint = colour ? looks[diag->severity].paint : "";
    const char *bold = colour ? "\033[1m" : "", *plain = colour ? "\033[0m" : "";
    uint32_t line, column;
    orr_span_position(diag->where, &line, &column);
    if (diag->where.source) {
        fputs(bold, to);
        print_text(diag->where.source->name, to);
        fprintf(to, ":%u:%u:%s ", line, column, plain);
    }
    fprintf(to, "%s%s:%s ", paint, word, plain);
    print_text(diag->text, to);
    fputc('\n', to);
    if (diag->where.source) print_excerpt(diag->where, line, paint, to);
    if (diag->hint) print_hint(diag->hint, to);
}

void orr_diags_print(const struct orr_diags *diags, FILE *to, bool colour) {
    for (uint32_t i = 0; i < diags->n; i++) print_one(&diags->v[i], to, colour);
    uint32_t n_counted = 0;
    for (uint32_t i = 0; i < diags->n; i++) n_counted += diags->v[i].severity != ORR_DIAG_NOTE;
    uint32_t n_more = diags->n_errors + diags->n_warnings - n_counted;
    if (n_more) fprintf(to, "... and %u more\n", n_more);
}

bool orr_diag_colour(FILE *to) {
    const char *no_color = getenv("NO_COLOR");
    return !(no_color && *no_color) && isatty(fileno(to));
}

enum { WORD_MAX = 64 };

static unsigned fold(char c) { return c >= 'A' && c <= 'Z' ? (unsigned)c + 32u : (unsigned char)c; }

/* Restricted Damerau-Levenshtein (optimal string alignment): insertions, deletions, substitutions
 * and swaps of neighbours, each counting 1; letters of either case are equal. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    unsigned rows[3][WORD_MAX + 1];
    assert(a_len <= WORD_MAX && b_len <= WORD_MAX);
    for (unsigned j = 0; j <= b_len; j++) rows[0][j] = j;
    for (unsigned i = 1; i <= a_len; i++) {
        unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b_len; j++) {
            unsigned best = up[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
            if (up[j] + 1 < best) best = up[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]) && up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_len % 3][b_len];
}

const char *orr_diag_nearest(const char *word, size_t word_len, const char *const *candidates,
                             size_t n_candidates) {
    if (word_len == 0 || word_len > WORD_MAX) return NULL;
    const char *nearest = NULL;
    /* a third of the letters may be wrong, and at least one */
    unsigned best = (unsigned)(word_len < 3 ? 1 : word_len / 3 + 1) + 1;
    for (size_t i = 0; i < n_candidates; i++) {
        size_t len = strlen(candidates[i]);
        if (len == 0 || len > WORD_MAX) continue;
        unsigned d = distance(word, word_len, candidates[i], len);
        if (d < best && d < len) best = d, nearest = candidates[i];
    }
    return nearest;
}
