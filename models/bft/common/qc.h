/* qc.h - ballots for a block of a view, and quorum certificates (QCs) made of them.
 *
 * A ballot is what all votes of one QC say alike; little-endian:
 *     kind u8 | view u64 | height u64 | justify view u64 | block (32)
 * A vote's message is a ballot, its voter u32, and a signature (64) over chain id u64 | ballot.
 * The view of the block's own QC is signed with it: of two QCs that contradict each other it tells
 * who voted against what it had seen (arXiv 2010.06785, "HotStuff-view").
 *
 * A QC's bytes are a ballot and
 *     form u8 [| bitset of voters, validator i at bit i % 8 of byte i / 8 | signatures]
 * ORR_QC_NONE: nothing follows; the block of genesis, of view and height 0, needs no votes.
 * ORR_QC_LIST: 64 bytes of each voter, in ascending order.
 * ORR_QC_AGGREGATE: 48 bytes for all together, as of BLS12-381.  They are modelled: a hash of the
 * signatures, which whoever verifies makes again from the voters' key pairs, so that nobody makes
 * one up; its size is that of the real one, and costs are charged as for one (orr_qc_cost_ns). */
#ifndef ORR_MODELS_BFT_COMMON_QC_H
#define ORR_MODELS_BFT_COMMON_QC_H

#include "models/bft/common/tally.h"
#include "models/statement.h"

struct orr_costs;

enum { ORR_BALLOT_BYTES = 1 + 3 * 8 + 32, ORR_BALLOT_VOTE_BYTES = ORR_BALLOT_BYTES + 4 + 64,
       ORR_QC_AGGREGATE_BYTES = 48 };

struct orr_ballot {
    uint64_t view, height, justify_view;
    uint8_t block[32];
    uint8_t kind; /* of the message that a vote is */
};
void orr_ballot_write(const struct orr_ballot *b, uint8_t bytes[ORR_BALLOT_BYTES]);
struct orr_ballot orr_ballot_read(const uint8_t bytes[ORR_BALLOT_BYTES]);

struct orr_ballot_vote {
    struct orr_ballot ballot;
    uint32_t voter;
    uint8_t verdict; /* enum orr_validity, 0 unknown */
    uint8_t signature[ORR_SIGN_BYTES];
};
/* A vote of validator `voter`, signed with its key and decoded. */
struct orr_msg *orr_ballot_sign(const struct orr_ballot *ballot, uint32_t voter,
                                const struct orr_validator_set *set, struct orr_pool *pool,
                                struct orr_memo *memo);
/* Signs the bytes of such a vote anew, whatever stands in them; false: they are not `voter`'s. */
bool orr_ballot_resign(struct orr_msg *m, uint32_t voter, const struct orr_validator_set *set,
                       struct orr_pool *pool, struct orr_memo *memo);
/* Gives a message its form, if it is a vote of a validator of the set; with a memo also the verdict
 * on its signature. */
void orr_ballot_decode(struct orr_msg *m, const struct orr_validator_set *set,
                       struct orr_pool *pool, struct orr_memo *memo);
/* The form of a message; NULL: malformed. */
const struct orr_ballot_vote *orr_ballot_vote_of(const struct orr_msg *m);
bool orr_ballot_verify(const struct orr_ballot_vote *v, const struct orr_validator_set *set,
                       struct orr_memo *memo);

enum orr_qc_form { ORR_QC_NONE, ORR_QC_LIST, ORR_QC_AGGREGATE };

struct orr_qc { /* a view of encoded bytes, which are lent */
    struct orr_ballot ballot;
    enum orr_qc_form form;
    const uint8_t *bytes, *voters, *signatures;
    uint32_t len, n_voters;
};
/* The QC that a tally of votes (orr_vote_set of ballots' bytes) makes, as a message of kind 0. */
struct orr_msg *orr_qc_new(const struct orr_tally *quorum, enum orr_qc_form form,
                           const struct orr_validator_set *set, struct orr_pool *pool);
/* That of genesis. */
struct orr_msg *orr_qc_genesis(struct orr_pool *pool);
/* Reads one from the start of bytes; false: malformed, or not of n validators. */
bool orr_qc_read(const uint8_t *bytes, size_t len, uint32_t n, struct orr_qc *qc);
static inline bool orr_qc_has(const struct orr_qc *qc, uint32_t validator) {
    return qc->form != ORR_QC_NONE && qc->voters[validator / 8] >> validator % 8 & 1;
}
/* Is it made by a quorum, and are all signatures good?  That of genesis is. */
bool orr_qc_verify(const struct orr_qc *qc, const struct orr_validator_set *set,
                   struct orr_memo *memo);
/* CPU time that this takes: a signature each, or one for all and an addition each. */
int64_t orr_qc_cost_ns(const struct orr_qc *qc, const struct orr_costs *costs);

/* What its i-th voter said; false: it has not so many. */
bool orr_qc_statement(const struct orr_qc *qc, uint32_t i, const struct orr_validator_set *set,
                      struct orr_statement *said);
/* What a ballot says in a voter's mouth.  Views are one sequence for all heights: height is 0. */
struct orr_statement orr_ballot_statement(const struct orr_ballot *ballot, orr_peer signer);
#endif
