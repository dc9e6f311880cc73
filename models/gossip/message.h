/* message.h - is a published message what its author sent, and what is it called?
 *
 * libp2p/specs, pubsub/README.md, "Message Signing" and "Message Identification".  A signature is
 * Ed25519 over "libp2p-pubsub:" and the message without `signature` and `key`, as Go and JS have it
 * (the text names only the former): its fields in ascending order as they came, an empty one
 * included, then fields of unknown numbers.  Under StrictNoSign `from`, `seqno`, `signature` and
 * `key` must be absent. */
#ifndef ORR_GOSSIP_MESSAGE_H
#define ORR_GOSSIP_MESSAGE_H

#include "models/base/msg.h"
#include "models/gossip/identity.h"

struct orr_memo;

enum orr_gossip_policy { ORR_STRICT_SIGN, ORR_STRICT_NO_SIGN };

/* Why a message is refused.  FAULT(name, text) */
#define ORR_GOSSIP_FAULTS(FAULT)                                                \
    FAULT(NONE, "accepted")                                                     \
    FAULT(NO_SIGNATURE, "signature absent")                                     \
    FAULT(NO_FROM, "from absent")                                               \
    FAULT(BAD_SEQNO, "seqno absent or not of 8 bytes")                          \
    FAULT(BAD_FROM, "from is no peer id")                                       \
    FAULT(BAD_KEY, "key malformed")                                             \
    FAULT(KEY_OF_ANOTHER, "key is not that of from")                            \
    FAULT(KEY_TYPE, "the author's key is of a type that is not supported")      \
    FAULT(BAD_SIGNATURE, "the signature does not fit")                          \
    FAULT(SIGNATURE_PRESENT, "signature present in an unsigned network")        \
    FAULT(FROM_PRESENT, "from present in an unsigned network")                  \
    FAULT(SEQNO_PRESENT, "seqno present in an unsigned network")                \
    FAULT(KEY_PRESENT, "key present in an unsigned network")
enum orr_gossip_fault {
#define FAULT(name, text) ORR_GOSSIP_##name,
    ORR_GOSSIP_FAULTS(FAULT)
#undef FAULT
    ORR_N_GOSSIP_FAULTS
};
const char *orr_gossip_fault_text(enum orr_gossip_fault fault);

/* May a message of an RPC's bytes be let in?  pool: for what is signed, given back.  memo: may be
 * NULL. */
enum orr_gossip_fault orr_gossip_verify(enum orr_gossip_policy policy, const uint8_t *bytes,
                                        const struct orr_rpc_message *m, struct orr_pool *pool,
                                        struct orr_memo *memo);

/* Fills in the signature of a message that has from, data, seqno and topic (one or the other may be
 * absent); key stays absent: an Ed25519 id holds it. */
void orr_gossip_sign(struct orr_rpc_content *content, const struct orr_keypair *pair,
                     struct orr_pool *pool, struct orr_memo *memo,
                     uint8_t signature[ORR_SIGN_BYTES]);

/* ---- names ---- */

enum { ORR_MESSAGE_ID_SEQNO_BYTES = ORR_PEER_ID_BYTES + 8, ORR_MESSAGE_ID_HASH_BYTES = 20,
       ORR_MESSAGE_ID_MAX = ORR_MESSAGE_ID_SEQNO_BYTES };

struct orr_message_id {
    uint8_t len, bytes[ORR_MESSAGE_ID_MAX];
};
/* from || seqno, of a message that StrictSign let in. */
void orr_message_id_seqno(const uint8_t *bytes, const struct orr_rpc_message *m,
                          struct orr_message_id *id);
/* The first 20 bytes of SHA-256 of the data, as Ethereum's consensus clients do. */
void orr_message_id_hash(const uint8_t *bytes, const struct orr_rpc_message *m,
                         struct orr_message_id *id);
#endif
