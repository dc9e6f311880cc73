/* winnow.h - fingerprints of programs in C, which survive other names, layout, comments and order.
 *
 * S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: local algorithms for document
 * fingerprinting", SIGMOD 2003.  A text becomes tokens, in which all names are one, as are all
 * numbers and all strings; each run of ORR_WINNOW_TOKENS of them has a hash; of each
 * ORR_WINNOW_WINDOW hashes one after the other the least is kept, the last if there are several.
 * Two programs that share ORR_WINNOW_TOKENS + ORR_WINNOW_WINDOW - 1 tokens share a fingerprint. */
#ifndef ORR_SIM_CLI_LAB_WINNOW_H
#define ORR_SIM_CLI_LAB_WINNOW_H

#include <stddef.h>

#include "models/base/set.h"

enum { ORR_WINNOW_TOKENS = 18, ORR_WINNOW_WINDOW = 8 };

struct orr_fingerprint {
    uint64_t hash;
    uint32_t file, from, to; /* lines, from 1 on, of its first and last token */
};
/* What is kept of one program, in the order of its files and lines. */
struct orr_fingerprints {
    struct orr_fingerprint *v; /* [n], owned */
    size_t n, cap;
    struct orr_set set; /* of their hashes */
};
void orr_fingerprints_init(struct orr_fingerprints *f, struct orr_mem *mem);
void orr_fingerprints_fini(struct orr_fingerprints *f);

/* Adds those of one file's text[len] but for hashes in `without` (NULL: none). */
void orr_winnow(struct orr_fingerprints *f, uint32_t file, const char *text, size_t len,
                const struct orr_set *without);
/* Adds the hash of each run of tokens of a text to a set: what all have been given. */
void orr_winnow_all(struct orr_set *set, const char *text, size_t len);
#endif
