/* timeout.h - "I give this view up", signed, and timeout certificates (TCs) of a quorum of them
 * (arXiv 2106.10362: each timeout holds the highest QC).
 *
 * A timeout's message, little-endian:
 *     view u64 | signer u32 | signature (64) | the highest QC that the signer knows
 * Signed are chain id u64 | view u64 | that QC's view u64.  A TC's bytes:
 *     view u64 | n u32 | n times, signers ascending: signer u32 | QC's view u64 | signature (64)
 * So a TC proves how high the QCs of a quorum were without carrying them: who proposes on it shows
 * the highest beside it. */
#ifndef ORR_MODELS_BFT_COMMON_TIMEOUT_H
#define ORR_MODELS_BFT_COMMON_TIMEOUT_H

#include "models/bft/common/qc.h"

enum { ORR_TIMEOUT_HEAD_BYTES = 8 + 4 + ORR_SIGN_BYTES, ORR_TC_HEAD_BYTES = 8 + 4,
       ORR_TC_ENTRY_BYTES = 4 + 8 + ORR_SIGN_BYTES };

struct orr_timeout {
    uint64_t view;
    uint32_t signer;
    uint8_t verdict, qc_verdict; /* enum orr_validity, of the signature and of the QC */
    const uint8_t *signature;    /* into the message, as is the QC                    */
    struct orr_qc qc;
};
/* One of validator `signer`, signed and decoded; qc: bytes of its highest QC. */
struct orr_msg *orr_timeout_sign(uint64_t view, uint32_t signer, const struct orr_qc *qc,
                                 const struct orr_validator_set *set, struct orr_pool *pool,
                                 struct orr_memo *memo, uint16_t kind);
/* Signs one again whose bytes were changed, as its signer and of a QC of this view. */
void orr_timeout_sign_bytes(struct orr_msg *m, uint64_t qc_view,
                            const struct orr_validator_set *set, struct orr_memo *memo);
/* Gives a message its form, if it is a timeout of a validator of the set on a QC of no later
 * view: where a QC does not end its view, of the same. */
void orr_timeout_decode(struct orr_msg *m, const struct orr_validator_set *set,
                        struct orr_pool *pool, struct orr_memo *memo);
const struct orr_timeout *orr_timeout_of(const struct orr_msg *m);
/* Are its signature and its QC good? */
bool orr_timeout_verify(const struct orr_timeout *t, const struct orr_validator_set *set,
                        struct orr_memo *memo);

struct orr_tc { /* a view of encoded bytes, which are lent */
    uint64_t view, high_view; /* high_view: the highest of the QCs' views */
    uint32_t n, len;
    const uint8_t *bytes;
};
/* The TC of the timeouts of a view among n messages (NULL: none), as a message of kind 0. */
struct orr_msg *orr_tc_new(uint64_t view, struct orr_msg *const *timeouts, uint32_t n,
                           struct orr_pool *pool);
/* Reads one from exactly len bytes; false: malformed, or not of n validators. */
bool orr_tc_read(const uint8_t *bytes, size_t len, uint32_t n, struct orr_tc *tc);
bool orr_tc_verify(const struct orr_tc *tc, const struct orr_validator_set *set,
                   struct orr_memo *memo);
/* What its i-th signer said, in a message of kind `kind`; false: it has not so many. */
bool orr_tc_statement(const struct orr_tc *tc, uint32_t i, const struct orr_validator_set *set,
                      uint32_t kind, struct orr_statement *said);
#endif
