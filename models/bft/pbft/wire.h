/* wire.h - what replicas say and sign, as bytes: little-endian, fixed layouts.
 *
 * A vote (pre-prepare, prepare, commit, checkpoint) is about a view, a sequence number and a
 * digest; what its signature covers is kind, chain, view, number and digest.  A certificate is the
 * votes of one kind, view, number and digest of several replicas. */
#ifndef ORR_PBFT_WIRE_H
#define ORR_PBFT_WIRE_H

#include "models/base/bytes.h"
#include "models/base/msg.h"
#include "models/bft/common/validators.h"

enum {
    ORR_PBFT_VOTE_BYTES = 8 + 8 + 32 + 4 + 64, /* view | number | digest | replica | signature   */
    ORR_PBFT_CERT_BYTES = 1 + 8 + 8 + 32 + 4,  /* kind | view | number | digest | n, then n times */
    ORR_PBFT_SIG_BYTES = 4 + 64                /* replica | signature                             */
};
#define ORR_PBFT_MAX_VIEW (((uint64_t)1 << 32) - 2)
#define ORR_PBFT_MAX_NUMBER (((uint64_t)1 << 29) - 1) /* numbers are names on disk */

struct orr_pbft_vote {
    uint64_t view, number;
    uint8_t digest[32];
    uint32_t replica;
    uint8_t kind;          /* of the message */
    uint8_t signature[64];
};

/* Reads the first ORR_PBFT_VOTE_BYTES of a message; false: they are none of a replica. */
bool orr_pbft_vote_read(const struct orr_msg *m, const struct orr_validator_set *set,
                        struct orr_pbft_vote *v);
void orr_pbft_vote_write(const struct orr_pbft_vote *v, uint8_t *bytes);
/* Signs as v->replica. */
void orr_pbft_vote_sign(struct orr_pbft_vote *v, const struct orr_validator_set *set,
                        struct orr_memo *memo);
bool orr_pbft_vote_verify(const struct orr_pbft_vote *v, const struct orr_validator_set *set,
                          struct orr_memo *memo);

/* ---- certificates ---- */

/* The statement of a certificate; its signatures lie at `signatures`, lent. */
struct orr_pbft_cert {
    uint64_t view, number;
    uint8_t digest[32];
    uint8_t kind;
    uint32_t n;
    const uint8_t *signatures; /* [n] of ORR_PBFT_SIG_BYTES */
    uint32_t len;              /* bytes of the whole        */
};
/* false: the bytes do not begin with a certificate. */
bool orr_pbft_cert_read(const uint8_t *bytes, size_t len, struct orr_pbft_cert *c);
/* Are there `quorum` different replicas (or, doubled, signatures, if someone does not look) whose
 * signatures are good?  Of a prepared certificate, kind PREPARE, the primary of its view signed a
 * pre-prepare. */
bool orr_pbft_cert_verify(const struct orr_pbft_cert *c, const struct orr_validator_set *set,
                          uint64_t quorum, bool looks_at_signers, struct orr_memo *memo);

/* ---- batches: time i64 | author u32, then of each request: length u32 | REQUEST ----
 * A REQUEST is home u32 | transaction: who asks for it is who answers its user. */
enum { ORR_PBFT_BATCH_HEAD = 8 + 4 };

/* The digest of a number's batch. */
void orr_pbft_digest(uint64_t number, const uint8_t *batch, size_t len, uint8_t digest[32]);
/* Is it well formed, each request of a replica and not empty? */
bool orr_pbft_batch_is_good(const uint8_t *batch, size_t len, uint32_t n);
/* The next request of a batch that is good, its length at *size; *at is 0 at first.  NULL: there
 * are no more. */
const uint8_t *orr_pbft_batch_next(const uint8_t *batch, size_t len, uint32_t *at, uint32_t *size);
/* A batch that is no null request. */
static inline orr_time orr_pbft_batch_time(const uint8_t *batch) {
    return (orr_time)orr_load_le64(batch);
}
static inline uint32_t orr_pbft_batch_author(const uint8_t *batch) {
    return orr_load_le32(batch + 8);
}

/* ---- view changes and new views ---- */

/* VIEW-CHANGE (4.4): view u64 | stable u64 | replica u32 | length u32 and checkpoint certificate |
 * n u32 | n times length u32 and prepared certificate | signature over all before it. */
struct orr_pbft_view_change {
    uint64_t view, stable;
    uint8_t stable_digest[32]; /* of the certificate; zero at the beginning */
    uint32_t replica, n_prepared;
    const uint8_t *cert;           /* lent, as what follows; of no length at the beginning */
    uint32_t cert_len;
    const uint8_t *prepared, *end;
    uint8_t digest[32];            /* what is signed */
    const uint8_t *signature;
};
bool orr_pbft_view_change_read(const uint8_t *bytes, size_t len,
                               const struct orr_validator_set *set,
                               struct orr_pbft_view_change *m);
/* The next prepared certificate; *at is m->prepared at first. */
bool orr_pbft_view_change_next(const struct orr_pbft_view_change *m, const uint8_t **at,
                               struct orr_pbft_cert *c);

/* NEW-VIEW (4.4): view u64 | replica u32 | n u32 | n times length u32 and view change | m u32 |
 * m times number u64, digest, the primary's signature of that pre-prepare | signature. */
struct orr_pbft_new_view_msg {
    uint64_t view;
    uint32_t replica, n_changes, n_orders;
    const uint8_t *changes, *changes_end, *orders; /* lent */
    uint8_t digest[32];
    const uint8_t *signature;
};
enum { ORR_PBFT_ORDER_BYTES = 8 + 32 + 64 };
bool orr_pbft_new_view_read(const uint8_t *bytes, size_t len, const struct orr_validator_set *set,
                            struct orr_pbft_new_view_msg *m);
/* The next view change's bytes; *at is m->changes at first. */
const uint8_t *orr_pbft_new_view_next(const struct orr_pbft_new_view_msg *m, const uint8_t **at,
                                      uint32_t *len);
/* The signature at the end of a view change or new view: over kind, chain, view and digest. */
void orr_pbft_seal(uint8_t kind, uint64_t view, uint32_t replica, uint8_t *bytes, size_t len,
                   const struct orr_validator_set *set, struct orr_memo *memo);
bool orr_pbft_sealed(uint8_t kind, uint64_t view, uint32_t replica, const uint8_t digest[32],
                     const uint8_t *signature, const struct orr_validator_set *set,
                     struct orr_memo *memo);
#endif
