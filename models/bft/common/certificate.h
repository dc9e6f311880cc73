/* certificate.h - the votes of one type in one round as one piece of bytes: what a log keeps of
 * them, and what they prove to others.
 *
 *     type u8 | height u64 | round u32 | n u32 | n_values u32
 *     | n_values times: block id (68) | bitset of voters, validator i at bit i % 8 of byte i / 8
 *                       | their signatures (64 each), in ascending order
 * All little-endian.  For one value it is a quorum certificate in its plain form, a list of
 * signatures. */
#ifndef ORR_MODELS_BFT_COMMON_CERTIFICATE_H
#define ORR_MODELS_BFT_COMMON_CERTIFICATE_H

#include "models/bft/common/commit.h"

/* The votes of a set of n validators, of what `slot` says of type, height and round, as a message
 * of kind `kind`; only: those of that tally, NULL: all. */
struct orr_msg *orr_certificate_new(const struct orr_vote_set *votes, const struct orr_tally *only,
                                    const struct orr_vote *slot, uint32_t n,
                                    struct orr_pool *pool, uint16_t kind);

/* A walk over its votes, by value and then by validator. */
struct orr_certificate {
    struct orr_vote vote; /* type, height and round are those of all votes */
    uint32_t n, n_values; /* values that are still to come                 */
    uint32_t next;        /* validator, of the value at hand               */
    const uint8_t *voters, *at, *end;
};
/* Begins a walk over bytes that are lent; false: they are no certificate of n validators. */
bool orr_certificate_open(struct orr_certificate *c, const uint8_t *bytes, size_t len, uint32_t n);
/* The next vote, in c->vote, whose signature nobody has checked; false: there are no more. */
bool orr_certificate_next(struct orr_certificate *c);
#endif
