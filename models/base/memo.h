/* memo.h - results of pure functions, remembered once and shared by all simulated nodes.
 *
 * In a network of n validators every signature is checked n times by n machines; in one process one
 * check is enough, since the verdict depends on nothing but its input.  The memo maps a keyed
 * 128-bit hash (SipHash-2-4-128) of the whole input to a small result.  It never changes what a run
 * computes, only how long that takes: a result that was evicted is computed again.  Simulated CPU
 * time is still charged to each node.  Code that takes a `struct orr_memo *` computes every time
 * when it is NULL.
 *
 * The memo is the one thing that nodes share and write, beside the reference counts of messages; a
 * run that is split over cores has one for each.  Two memos may know different things: what they
 * know is the same. */
#ifndef ORR_BASE_MEMO_H
#define ORR_BASE_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "models/base/mem.h"

struct orr_memo;

/* Which pure function a result belongs to.  Append only. */
enum orr_memo_function {
    ORR_MEMO_ED25519_VERIFY, /* input: public key, signature, message; result: 0 or 1 */
    ORR_MEMO_SECP256K1_RECOVER, /* input: transaction, rules, piece; result: of address and error */
};

struct orr_memo_key { uint64_t half[2]; };

struct orr_memo_counts { uint64_t hits, misses, evictions; };

/* A memo of at most n_entries results (rounded up to a power of two, at least 4), 24 bytes each. */
struct orr_memo *orr_memo_new(struct orr_mem *mem, uint64_t n_entries);
void orr_memo_free(struct orr_memo *memo);

/* The key of one input, given as up to three pieces (a piece of length 0 may be NULL).  The lengths
 * are hashed too, so pieces cannot be shifted into one another. */
struct orr_memo_key orr_memo_key(enum orr_memo_function function, const void *a, size_t a_len,
                                 const void *b, size_t b_len, const void *c, size_t c_len);

/* Is there a result for key?  Counts a hit or a miss. */
bool orr_memo_find(struct orr_memo *memo, struct orr_memo_key key, uint64_t *result);
/* Remembers one, in place of an older result if there is no room. */
void orr_memo_put(struct orr_memo *memo, struct orr_memo_key key, uint64_t result);

struct orr_memo_counts orr_memo_counts(const struct orr_memo *memo);
#endif
