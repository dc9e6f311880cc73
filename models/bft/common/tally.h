/* tally.h - the votes of one type in one round, counted by value: a block id, a digest, any bytes
 * of one size.
 *
 * A validator's first vote opens or joins the tally of its value.  A second one for another value
 * is proof of misbehaviour, and still counts for that value, as the paper counts messages: a
 * correct node that saw only the other one must be able to see the quorum too.  A third and later
 * value of the same validator counts only where a tally is open already, so there are at most 2n
 * tallies. */
#ifndef ORR_MODELS_BFT_COMMON_TALLY_H
#define ORR_MODELS_BFT_COMMON_TALLY_H

#include "models/base/bitset.h"
#include "models/bft/common/validators.h"

struct orr_tally { /* the votes for one value */
    struct orr_tally *next;
    uint64_t power;           /* of those who voted so                         */
    uint32_t n;
    const void *value;        /* [value_size], orr_tally_front() before this   */
    struct orr_msg *votes[];  /* [set->n] by validator; NULL: none             */
};

struct orr_vote_set {
    struct orr_tally *first;  /* in order of arrival                                         */
    struct orr_tally *quorum; /* the first whose power reached quorum_power, or NULL         */
    uint64_t power;           /* of those who voted for anything                             */
    struct orr_bitset seen;   /* validators who voted for anything                           */
    const struct orr_validator_set *set; /* by whose powers they count                       */
    uint32_t value_size;      /* bytes                                                       */
};

/* Memory for tallies and bitsets, reused: after some rounds nothing is allocated. */
struct orr_tally_store {
    struct orr_mem *mem;
    struct orr_pool *pool;
    const struct orr_validator_set *set; /* of vote sets to come; it may change, but for n */
    struct orr_tally *free;
    uint32_t value_size;
};
void orr_tally_store_init(struct orr_tally_store *store, struct orr_mem *mem, struct orr_pool *pool,
                          const struct orr_validator_set *set, uint32_t value_size);
void orr_tally_store_fini(struct orr_tally_store *store);

/* An empty set whose tallies come from `store`; seen: orr_bitset_words(set->n) words, lent. */
void orr_vote_set_init(struct orr_vote_set *votes, const struct orr_tally_store *store,
                       uint64_t *seen);
/* Gives the tallies back and drops their references. */
void orr_vote_set_clear(struct orr_vote_set *votes, struct orr_tally_store *store);

enum orr_vote_added {
    ORR_VOTE_OLD,       /* was there already, or not counted as said above */
    ORR_VOTE_NEW,
    ORR_VOTE_CONFLICT   /* new, and its validator had voted for another value: *other */
};
/* Adds a validator's vote whose signature and slot the caller has checked.  m is its message: a
 * reference is taken if it is added.  *tally: where it went; *other: the earlier message that
 * conflicts. */
enum orr_vote_added orr_vote_set_add(struct orr_vote_set *votes, struct orr_tally_store *store,
                                     uint32_t validator, const void *value, struct orr_msg *m,
                                     struct orr_tally **tally, struct orr_msg **other);

/* The tally of a value, or NULL. */
struct orr_tally *orr_vote_set_find(const struct orr_vote_set *votes, const void *value);

/* Bytes from a value to its tally. */
static inline size_t orr_tally_front(uint32_t value_size) {
    return ((size_t)value_size + 31) / 32 * 32;
}

/* Asks for what a validator's vote will touch, all at once: a node that hears from thousands finds
 * none of it in the cache.  Most vote for the value that was named first. */
static inline void orr_vote_set_expect(const struct orr_vote_set *votes, uint32_t validator) {
    const struct orr_tally *t = votes->first;
    __builtin_prefetch(&votes->seen.words[validator / 64], 1);
    if (!t) return;
    __builtin_prefetch((const char *)t - orr_tally_front(votes->value_size));
    __builtin_prefetch(t, 1);
    __builtin_prefetch(&t->votes[validator], 1);
}

/* Did a validator vote for a value already?  The quick test before a signature is looked at. */
static inline bool orr_vote_set_has(const struct orr_vote_set *votes, uint32_t validator,
                                    const void *value) {
    if (!orr_bitset_has(&votes->seen, validator)) return false;
    const struct orr_tally *t = orr_vote_set_find(votes, value);
    return t && t->votes[validator];
}
#endif
