/* proposal.h - a block of a chain whose blocks carry the QC of their parent, and the message that
 * proposes it.  Little-endian:
 *
 *     view u64 | height u64 | proposer u32 | time i64 | parent (32) | qc_len u32 | n_txs u32
 *     | txs_len u32 | tc_len u32 | signature (64) | QC | transactions: len u32, bytes each | TC
 *
 * A block's hash is over the fields up to n_txs but qc_len, what its QC's voters said, and the
 * transactions' bytes; its proposer signs chain id u64 | view u64 | hash.  The TC, if there is one,
 * says why the block's view may follow that of its QC though views were left out. */
#ifndef ORR_MODELS_BFT_COMMON_PROPOSAL_H
#define ORR_MODELS_BFT_COMMON_PROPOSAL_H

#include "models/bft/common/timeout.h"

struct orr_proposal {
    uint64_t view, height;
    uint32_t proposer, n_txs;
    orr_time time;
    uint8_t verdict;             /* enum orr_validity of signature, QC and TC together */
    bool has_tc;
    uint8_t parent[32], hash[32];
    const uint8_t *signature;    /* into the message, as are the next two              */
    struct orr_qc qc;
    struct orr_tc tc;
    uint32_t txs_len;
    const uint8_t *txs;
    uint64_t ids[];              /* [n_txs] orr_msg_hash of each, as a message of kind 0 */
};

/* What a new block is made of; all is lent. */
struct orr_proposal_parts {
    uint64_t view, height;
    orr_time time;
    const uint8_t *parent;       /* 32 bytes */
    const struct orr_qc *qc;
    const struct orr_msg *tc;    /* or NULL */
    struct orr_msg *const *txs;
    uint32_t n_txs;
};
/* The block as a message of kind `kind`, signed by validator `proposer` and decoded. */
struct orr_msg *orr_proposal_new(const struct orr_proposal_parts *parts, uint32_t proposer,
                                 const struct orr_validator_set *set, struct orr_pool *pool,
                                 struct orr_memo *memo, uint16_t kind);
/* The same block with another lowest bit of its time, signed anew: what an equivocator shows. */
struct orr_msg *orr_proposal_twin(const struct orr_msg *m, const struct orr_validator_set *set,
                                  struct orr_pool *pool, struct orr_memo *memo);
/* Signs a proposal whose bytes were changed again; on_its_qc: with the height and parent that its
 * QC gives it.  false: it is not one of this proposer, or none at all. */
bool orr_proposal_sign(struct orr_msg *m, uint32_t proposer, bool on_its_qc,
                       const struct orr_validator_set *set, struct orr_memo *memo);
/* Gives a message its form, if it is a proposal of a validator of the set, of a later view than its
 * QC's; with a memo also the verdict on all signatures. */
void orr_proposal_decode(struct orr_msg *m, const struct orr_validator_set *set,
                         struct orr_pool *pool, struct orr_memo *memo);
const struct orr_proposal *orr_proposal_of(const struct orr_msg *m);
bool orr_proposal_verify(const struct orr_proposal *p, const struct orr_validator_set *set,
                         struct orr_memo *memo);
/* CPU time for the signature, the QC, the TC and the hash over the message's bytes. */
int64_t orr_proposal_cost_ns(const struct orr_msg *m, const struct orr_costs *costs);
/* Its author's statement, then those of its QC, then those of its TC, which are of timeouts of kind
 * `timeouts`. */
bool orr_proposal_statement(const struct orr_msg *m, uint32_t i,
                            const struct orr_validator_set *set, uint32_t timeouts,
                            struct orr_statement *said);
#endif
