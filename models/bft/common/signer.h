/* signer.h - what validators and a remote signer, which holds their keys, say to each other.
 *
 * A signer makes one promise: it signs no two statements in one place (guard.h).  Its disk alone
 * cannot keep it: the disk may come back as it was long ago.  So a life of the signer is a session,
 * named by a drawn number, and it signs with a key only when each of the key's holders has told in
 * this session which place it has reached; what is not above all of these is refused.
 *
 *     RECALL     signer to all     session u64
 *     TELL       holder to signer  session u64 | key u32 | chain id u64 | place (45)
 *     SIGN       holder to signer  session u64 | key u32 | statement (93)
 *     SIGNATURE  signer to holder  session u64 | key u32 | statement (93) | granted u8 |
 *                                  signature (64)
 *
 * little-endian; key is the number of the node whose key pair it is; a place is that of struct
 * orr_sign_guard: height u64 | round u32 | stage u8 | SHA-256 (32); a statement is the bytes that a
 * signature covers (vote.h).  TELL and SIGN of another session are answered by RECALL.  A holder
 * takes a signature of the session that it has last told in and of no other: one that was under way
 * when the signer came back is void. */
#ifndef ORR_MODELS_BFT_COMMON_SIGNER_H
#define ORR_MODELS_BFT_COMMON_SIGNER_H

#include "models/bft/common/guard.h"
#include "models/bft/common/vote.h"

enum {
    ORR_PLACE_BYTES = 8 + 4 + 1 + 32,
    ORR_RECALL_BYTES = 8,
    ORR_TELL_BYTES = 8 + 4 + 8 + ORR_PLACE_BYTES,
    ORR_SIGN_REQUEST_BYTES = 8 + 4 + ORR_SIGNED_BYTES,
    ORR_SIGN_REPLY_BYTES = ORR_SIGN_REQUEST_BYTES + 1 + ORR_SIGN_BYTES
};

/* A statement's place in the order of guard.h: 1 proposal, 2 prevote, 3 precommit; 0: none of
 * these. */
uint8_t orr_signed_stage(uint8_t type);

/* What a statement says of itself; false: malformed. */
struct orr_signed_place {
    uint64_t chain_id, height;
    uint32_t round;
    uint8_t stage;
};
bool orr_signed_place(const uint8_t statement[ORR_SIGNED_BYTES], struct orr_signed_place *place);

void orr_place_write(const struct orr_sign_guard *guard, uint8_t bytes[ORR_PLACE_BYTES]);
void orr_place_read(const uint8_t bytes[ORR_PLACE_BYTES], struct orr_sign_guard *guard);

struct orr_signer_tell {
    uint64_t session, chain_id;
    uint32_t key;
    struct orr_sign_guard place;
};
struct orr_msg *orr_signer_tell_new(const struct orr_signer_tell *tell, struct orr_pool *pool,
                                    uint16_t kind);
bool orr_signer_tell_read(const struct orr_msg *m, struct orr_signer_tell *tell);

/* A request, and what is said to it. */
struct orr_signer_reply {
    uint64_t session;
    uint32_t key;
    uint8_t statement[ORR_SIGNED_BYTES];
    bool is_granted;                   /* of a reply only, as is what follows */
    uint8_t signature[ORR_SIGN_BYTES]; /* zero unless granted                 */
};
struct orr_msg *orr_signer_request_new(const struct orr_signer_reply *request,
                                       struct orr_pool *pool, uint16_t kind);
bool orr_signer_request_read(const struct orr_msg *m, struct orr_signer_reply *request);
struct orr_msg *orr_signer_reply_new(const struct orr_signer_reply *reply, struct orr_pool *pool,
                                     uint16_t kind);
bool orr_signer_reply_read(const struct orr_msg *m, struct orr_signer_reply *reply);
#endif
