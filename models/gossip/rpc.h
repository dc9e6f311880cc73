/* rpc.h - the pubsub RPC: one message of GossipSub as it goes over a stream.
 *
 * libp2p/specs, pubsub/README.md (RPC, Message) and pubsub/gossipsub/gossipsub-v1.0.md, v1.1, v1.2
 * (ControlMessage, peer exchange, backoff, IDONTWANT).  Field numbers:
 *
 *     RPC          1 subscriptions*  2 publish*  3 control
 *     SubOpts      1 subscribe (bool)  2 topicid
 *     Message      1 from  2 data  3 seqno  4 topic  5 signature  6 key
 *     Control      1 ihave*  2 iwant*  3 graft*  4 prune*  5 idontwant*
 *     IHave        1 topic  2 id*       IWant 1 id*      IDontWant 1 id*      Graft 1 topic
 *     Prune        1 topic  2 peers* {1 peer id  2 signed peer record}  3 backoff (s)
 *
 * What is read is a flat table whose slices point into the bytes that were read.  A control that
 * comes twice is merged, a single field that comes twice is the last one, a field of a wrong wire
 * type is as one of an unknown number: skipped (Control 6, extensions, and RPC 10, partial
 * messages, among them: what a peer says of v1.3 is heard and means nothing).  Topics are any
 * bytes; so are ids. */
#ifndef ORR_GOSSIP_RPC_H
#define ORR_GOSSIP_RPC_H

#include "models/gossip/proto.h"

struct orr_rpc_subscription {
    struct orr_slice topic;
    uint8_t subscribe; /* 0 no, 1 yes, ORR_RPC_UNSAID: the field is absent, which means no */
};
enum { ORR_RPC_UNSAID = 2 };

struct orr_rpc_message {
    struct orr_slice from, data, seqno, topic, signature, key;
    struct orr_slice body; /* the whole message, without tag and length */
    bool has_unknown;      /* fields of other numbers, which are part of what is signed */
};

/* A run of the table's ids, or of its peers. */
struct orr_rpc_run {
    uint32_t first, n;
};
struct orr_rpc_ihave {
    struct orr_slice topic;
    struct orr_rpc_run ids;
};
struct orr_rpc_prune {
    struct orr_slice topic;
    struct orr_rpc_run peers;
    uint64_t backoff_s;
    bool has_backoff;
};
struct orr_rpc_peer {
    struct orr_slice id, record;
};

/* How many of each: what a table has room for, or has. */
struct orr_rpc_counts {
    uint32_t subscriptions, publish, ihave, iwant, graft, prune, idontwant, peers, ids;
};

struct orr_rpc {
    struct orr_rpc_counts n;
    bool has_control;
    struct orr_rpc_subscription *subscriptions;
    struct orr_rpc_message *publish;
    struct orr_rpc_ihave *ihave;
    struct orr_rpc_run *iwant, *idontwant;
    struct orr_slice *graft; /* topics */
    struct orr_rpc_prune *prune;
    struct orr_rpc_peer *peers; /* of all prunes */
    struct orr_slice *ids;      /* of all lists  */
};

/* Reads to the end and counts.  0; ORR_EFORMAT: malformed; ORR_ELIMIT: more than max_items entries
 * in all lists together. */
int orr_rpc_count(const uint8_t *bytes, uint32_t len, uint32_t max_items,
                  struct orr_rpc_counts *counts);

/* Bytes that the lists of a table take; at most 88 an entry. */
size_t orr_rpc_table_bytes(const struct orr_rpc_counts *counts);

/* Fills a table whose lists lie in `room`, aligned to 8, of orr_rpc_table_bytes(counts) bytes.
 * counts are those that orr_rpc_count gave for these bytes. */
void orr_rpc_read(const uint8_t *bytes, uint32_t len, const struct orr_rpc_counts *counts,
                  void *room, struct orr_rpc *rpc);

/* Default for max_items: 1 MiB holds half a million entries of two bytes, of which no rule of the
 * router looks at more than 5,000. */
enum { ORR_RPC_MAX_ITEMS = 1 << 16 };

/* ---- writing: fields in ascending order, lengths as short as they can be ---- */

/* The table as bytes: what a decoder that knows these fields alone would send again.  Never longer
 * than what was read.  An empty topic of a message is left out. */
void orr_rpc_write(struct orr_writer *w, const uint8_t *bytes, const struct orr_rpc *rpc);

/* Something with a length, lent; p NULL: absent. */
struct orr_blob {
    const uint8_t *p;
    uint32_t len;
};
static inline struct orr_blob orr_slice_blob(const uint8_t *bytes, struct orr_slice s) {
    return orr_slice_is_there(s) ? (struct orr_blob){bytes + s.at, s.len}
                                 : (struct orr_blob){NULL, 0};
}
static inline bool orr_blob_equal(struct orr_blob a, struct orr_blob b) {
    return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

/* A message's fields 1 to 4, then 5 and 6. */
struct orr_rpc_content {
    struct orr_blob from, data, seqno, topic, signature, key;
};

/* Fields of an RPC. */
void orr_rpc_put_subscription(struct orr_writer *w, struct orr_blob topic, uint8_t subscribe);
void orr_rpc_put_message(struct orr_writer *w, const struct orr_rpc_content *content);
static inline size_t orr_rpc_begin_control(struct orr_writer *w) { return orr_proto_begin(w, 3); }

/* Fields of a control; a list of ids stands between begin and orr_proto_end. */
size_t orr_rpc_begin_ihave(struct orr_writer *w, struct orr_blob topic);
static inline size_t orr_rpc_begin_iwant(struct orr_writer *w) { return orr_proto_begin(w, 2); }
static inline size_t orr_rpc_begin_idontwant(struct orr_writer *w) {
    return orr_proto_begin(w, 5);
}
static inline void orr_rpc_put_ihave_id(struct orr_writer *w, struct orr_blob id) {
    orr_proto_put_bytes(w, 2, id.p, id.len);
}
/* Of IWANT and IDONTWANT. */
static inline void orr_rpc_put_id(struct orr_writer *w, struct orr_blob id) {
    orr_proto_put_bytes(w, 1, id.p, id.len);
}
void orr_rpc_put_graft(struct orr_writer *w, struct orr_blob topic);
/* Peers stand between begin and orr_rpc_end_prune. */
size_t orr_rpc_begin_prune(struct orr_writer *w, struct orr_blob topic);
void orr_rpc_put_peer(struct orr_writer *w, struct orr_blob id, struct orr_blob record);
void orr_rpc_end_prune(struct orr_writer *w, size_t begun, bool has_backoff, uint64_t backoff_s);
#endif
