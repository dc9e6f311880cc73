/* record.h - signed peer records: the addresses that a peer vouches for, as PRUNE passes them on.
 *
 * libp2p RFC 0002 (signed envelopes) and RFC 0003 (routing records).  Envelope {1 public key
 * 2 payload type  3 payload  5 signature}; what is signed is the domain "libp2p-peer-record", the
 * payload type and the payload, each behind its length.  PeerRecord {1 peer id  2 seq
 * 3 addresses* {1 multiaddr}} is of payload type 03 01; another type is refused. */
#ifndef ORR_GOSSIP_RECORD_H
#define ORR_GOSSIP_RECORD_H

#include "models/base/msg.h"
#include "models/gossip/identity.h"

struct orr_memo;

/* ERROR(name, text) */
#define ORR_RECORD_FAULTS(FAULT)                                               \
    FAULT(NONE, "accepted")                                                    \
    FAULT(ENVELOPE, "the envelope is malformed")                               \
    FAULT(KEY_TYPE, "the signer's key is of a type that is not supported")     \
    FAULT(SIGNATURE, "the signature does not fit")                             \
    FAULT(TYPE, "the payload is of another type")                              \
    FAULT(PAYLOAD, "the payload is malformed")                                 \
    FAULT(SIGNER, "signed by another than the peer named")                     \
    FAULT(SUBJECT, "the payload names another than the signer")
enum orr_record_fault {
#define FAULT(name, text) ORR_RECORD_##name,
    ORR_RECORD_FAULTS(FAULT)
#undef FAULT
    ORR_N_RECORD_FAULTS
};
const char *orr_record_fault_text(enum orr_record_fault fault);

/* What a record says; lent from the envelope. */
struct orr_peer_record {
    struct orr_blob payload_type, payload;
    uint64_t seq;
    uint32_t n_addresses;
};

/* Is this a record that the peer `id` made?  pool: for what is signed, given back. */
enum orr_record_fault orr_record_read(struct orr_blob id, struct orr_blob envelope,
                                      struct orr_pool *pool, struct orr_memo *memo,
                                      struct orr_peer_record *record);
/* The i-th multiaddr, i < n_addresses. */
struct orr_blob orr_record_address(const struct orr_peer_record *record, uint32_t i);

/* Writes the envelope of a record of the key's owner with one address, at most 512 bytes. */
void orr_record_write(struct orr_writer *w, const struct orr_keypair *pair, uint64_t seq,
                      struct orr_blob address, struct orr_memo *memo);
#endif
