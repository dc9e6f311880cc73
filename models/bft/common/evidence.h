/* evidence.h - proof that a validator signed two values in one slot, and the pool it waits in.
 *
 * The proof is the two votes or proposals themselves, the one with the lesser block id first, so
 * that equal misbehaviour has equal bytes; then the pol_round of each, i32 little-endian, 0 of
 * votes.  Two proposals of one round conflict if either differs.  One proof a validator and height
 * is enough. */
#ifndef ORR_MODELS_BFT_COMMON_EVIDENCE_H
#define ORR_MODELS_BFT_COMMON_EVIDENCE_H

#include "models/bft/common/vote.h"

enum { ORR_EVIDENCE_BYTES = 2 * (ORR_VOTE_BYTES + 4), ORR_EVIDENCE_POOL_MAX = 256 };

struct orr_duplicate_vote { struct orr_vote a, b; };

/* The proof that two votes or proposals of one slot make, as a message of kind `kind`. */
struct orr_msg *orr_evidence_message(const struct orr_vote *a, const struct orr_vote *b,
                                     struct orr_pool *pool, uint16_t kind);
/* Reads ORR_EVIDENCE_BYTES; false if they are no two of one slot in their order. */
bool orr_evidence_read(const uint8_t *bytes, struct orr_duplicate_vote *e);
/* Are both signatures good? */
bool orr_evidence_verify(const struct orr_duplicate_vote *e, const struct orr_validator_set *set,
                         struct orr_memo *memo);

/* What a node knows of misbehaviour.  At most ORR_EVIDENCE_POOL_MAX proofs wait for a block; what
 * is in a block already is remembered until it is too old to be offered again, or a block could
 * carry it twice. */
struct orr_evidence_pool {
    struct orr_mem *mem;
    struct orr_pool *pool;
    struct orr_evidence_entry {
        uint64_t height;
        uint32_t culprit;
        bool committed;          /* in a decided block             */
        struct orr_msg *message; /* a reference; NULL if committed */
    } *entries;                  /* [n] in the order of their coming */
    uint32_t n, cap, n_pending;
};
void orr_evidence_pool_init(struct orr_evidence_pool *pool, struct orr_mem *mem,
                            struct orr_pool *messages);
void orr_evidence_pool_fini(struct orr_evidence_pool *pool);
/* The entry of a validator and height, or NULL. */
struct orr_evidence_entry *orr_evidence_find(struct orr_evidence_pool *pool, uint32_t culprit,
                                             uint64_t height);
/* Adds a proof that is not there and waits for a block; a full pool forgets its oldest waiting
 * one. */
void orr_evidence_add(struct orr_evidence_pool *pool, uint32_t culprit, uint64_t height,
                      struct orr_msg *m);
/* A proof that waits, or an unknown one, is in a decided block now. */
void orr_evidence_commit(struct orr_evidence_pool *pool, uint32_t culprit, uint64_t height);
/* Forgets everything of heights below `from`. */
void orr_evidence_forget(struct orr_evidence_pool *pool, uint64_t from);
#endif
