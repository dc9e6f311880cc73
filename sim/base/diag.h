/* diag.h - located messages about a user's file, in the manner of a compiler.
 *
 *     quickstart.yaml:12:9: error: nodes.val has no key 'cuont'
 *        12 |   val: {cuont: 16, role: tendermint}
 *           |         ^~~~~
 *           = did you mean 'count'?
 *
 * Every parser of a file that a user writes (scenario, CSV, edge list, empirical distribution) puts
 * what it finds into one list, so that all faults are told at once.  Not thread-safe. */
#ifndef ORR_SIM_BASE_DIAG_H
#define ORR_SIM_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/text.h"

/* A text that messages point into.  Name and text are lent for the life of the spans that point
 * here; the text need not end with a NUL. */
struct orr_source {
    const char *name; /* as it is to be printed: a path, or `--set seed=x` */
    const char *text;
    size_t len;
};

/* len bytes of a source from a byte offset; source NULL: nowhere in particular. */
struct orr_span {
    const struct orr_source *source;
    uint32_t offset, len;
};

/* Line and column of the span's first byte, from 1; columns count UTF-8 characters. */
void orr_span_position(struct orr_span span, uint32_t *line, uint32_t *column);

enum orr_severity { ORR_DIAG_ERROR, ORR_DIAG_WARNING, ORR_DIAG_NOTE };

/* A note belongs to the message before it. */
struct orr_diag {
    enum orr_severity severity;
    struct orr_span where;
    char *text; /* what is wrong; owned by the list                              */
    char *hint; /* what is accepted or meant, lines separated by \n; owned; or NULL */
};

#define ORR_DIAG_LIMIT 100 /* more than a screen or two helps nobody; the rest is only counted */

/* Zero-initialised it is an empty list; orr_diags_fini gives back what it holds. */
struct orr_diags {
    struct orr_diag *v;
    uint32_t n, cap;
    uint32_t n_errors, n_warnings; /* all, those past the limit included */
};

/* Adds a message.  hint may be NULL or "" for none; both texts are copied. */
void orr_diag_add(struct orr_diags *diags, enum orr_severity severity, struct orr_span where,
                  const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));
void orr_diags_fini(struct orr_diags *diags);

/* Puts the messages about one source in the order of its text, from message number `from` on; notes
 * stay behind theirs, and sources in the order in which they were first spoken of. */
void orr_diags_sort(struct orr_diags *diags, uint32_t from);

/* Prints all messages, each with its line and a caret.  Bytes that would disturb a terminal are
 * shown as \xNN.  colour: with ANSI colours; orr_diag_colour(file) says whether they are wanted. */
void orr_diags_print(const struct orr_diags *diags, FILE *to, bool colour);

/* Is it a terminal that wants colours?  NO_COLOR (no-color.org) set and not empty means no. */
bool orr_diag_colour(FILE *to);

/* The candidate nearest to word by restricted Damerau-Levenshtein distance, if near enough to be a
 * slip of the finger; else NULL.  The earliest of equals wins. */
const char *orr_diag_nearest(const char *word, size_t word_len, const char *const *candidates,
                             size_t n_candidates);
#endif
