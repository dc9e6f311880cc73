/* commit.h - a commit: the precommits of one round that decided a block, as one piece of bytes.
 *
 *     height u64 | round u32 | block id (68) | n u32 | n times: flag u8 [| signature (64)]
 * The flag says what validator i signed: nothing seen (0), the block (1), nil (2).  A commit
 * travels alone, to a node that lags, and inside the next block as its last commit. */
#ifndef ORR_MODELS_BFT_COMMON_COMMIT_H
#define ORR_MODELS_BFT_COMMON_COMMIT_H

#include "models/bft/common/tally.h"
#include "models/bft/common/vote.h"

/* The block that a tally of votes for blocks is of. */
static inline const struct orr_block_id *orr_tally_id(const struct orr_tally *tally) {
    return tally->value;
}

enum orr_commit_flag { ORR_COMMIT_ABSENT, ORR_COMMIT_BLOCK, ORR_COMMIT_NIL };

struct orr_commit { /* a view of encoded bytes, which are lent */
    uint64_t height;
    uint32_t round, n;
    struct orr_block_id id;
    const uint8_t *entries;  /* the n entries, known to be well-formed */
    uint32_t len;            /* of the whole encoding                  */
    uint32_t n_signatures;
};

/* Bytes of a commit of n validators, n_signatures of them present. */
uint32_t orr_commit_size(uint32_t n, uint32_t n_signatures);
/* The commit that a set of precommits holds for `quorum` (one of its tallies), into bytes with room
 * for orr_commit_size(n, votes->seen.n_set); returns the length. */
uint32_t orr_commit_write(const struct orr_vote_set *votes, const struct orr_tally *quorum,
                          uint64_t height, uint32_t round, uint32_t n, uint8_t *bytes);
/* Reads one from the start of bytes; false: malformed, or not of n validators. */
bool orr_commit_read(const uint8_t *bytes, size_t len, uint32_t n, struct orr_commit *c);
/* The vote that entry i stands for; false: absent.  Entries are found in order, so *at (0 before
 * i = 0) walks along. */
bool orr_commit_vote(const struct orr_commit *c, uint32_t i, uint32_t *at, struct orr_vote *v);
/* Are all signatures good?  That depends on no powers. */
bool orr_commit_is_signed(const struct orr_commit *c, const struct orr_validator_set *set,
                          struct orr_memo *memo);
/* The power, in a set, of those who signed for the block. */
uint64_t orr_commit_power(const struct orr_commit *c, const struct orr_validator_set *set);
/* Both: all signatures are good, and those for the block make a quorum of this set. */
bool orr_commit_verify(const struct orr_commit *c, const struct orr_validator_set *set,
                       struct orr_memo *memo);
#endif
