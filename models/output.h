/* output.h - what nodes put out: the vocabulary that traces and oracles read, and one function for
 * each word of it.
 *
 *     orr_decide(out, .height = h, .value = block_hash, .proposers = &leader, .n_proposers = 1);
 *     orr_metric(out, "mempool", n_pending, "transactions");
 *     orr_log(out, "view %u begins, leader %u", view, leader);
 *
 * models/output.def is the table of keys: an output of another size, or with a key that is neither
 * there nor a protocol's own (ORR_OUT_OWN and above), is a mistake of the protocol and ends the run
 * where it leaves the node.  Outputs with a key of the protocol's own have any size and are
 * recorded as they are. */
#ifndef ORR_MODELS_OUTPUT_H
#define ORR_MODELS_OUTPUT_H

#include "models/protocol.h"

#define ORR_LOG_MAX 240u /* bytes of an ORR_OUT_LOG */

enum orr_output { /* key of ORR_OUTPUT */
#define EMPTY(KEY, ...)    ORR_OUT_##KEY,
#define FIXED(KEY, ...)    ORR_OUT_##KEY,
#define FLEXIBLE(KEY, ...) ORR_OUT_##KEY,
#define TEXT(KEY, ...)     ORR_OUT_##KEY,
#include "models/output.def"
#undef EMPTY
#undef FIXED
#undef FLEXIBLE
#undef TEXT
    ORR_N_OUTPUTS,
    ORR_OUT_OWN = 1000 /* from here on keys are a protocol's own */
};

/* ---- the structs ---- */

/* A chain decides heights 1, 2, 3, ... and may leave `parent` zero.  A protocol that skips slots,
 * or decides a vertex of a graph, numbers by slot and names the decision that came before in
 * `parent`; then slots may be left out. */
struct orr_decided {
    uint64_t height;        /* or slot: grows from decision to decision                  */
    uint8_t value[32];      /* the block's hash: equal at all correct nodes              */
    uint8_t parent[32];     /* value of the decision before it; zero: none is named      */
    uint8_t state_root[32]; /* after execution: equal at all correct nodes               */
    orr_time proposed_at;   /* the block's own time, as its proposer wrote it            */
    uint32_t round;
    uint32_t size_bytes;
    uint32_t n_proposers;   /* who proposed what is in it: one of a chain, several of a graph, or
                               none */
    uint32_t n_txs;
    uint64_t txs[];         /* [n_txs] orr_msg_hash of each transaction, in order; then
                               orr_peer [n_proposers], see orr_decided_proposers */
};
/* [n_proposers] */
static inline const orr_peer *orr_decided_proposers(const struct orr_decided *d) {
    return (const orr_peer *)(d->txs + d->n_txs);
}
/* The first of them, or ORR_NOBODY. */
static inline orr_peer orr_decided_proposer(const struct orr_decided *d) {
    return d->n_proposers ? *orr_decided_proposers(d) : ORR_NOBODY;
}

/* Behind it leave the messages that carry the proposal; once more after a restart, if the node may
 * send it again.  A role that puts out one puts out all: values of its correct nodes that are
 * decided must have been. */
struct orr_proposed {
    uint64_t height;        /* as in orr_decided, as are value and round */
    uint8_t value[32];
    uint32_t round;
    uint32_t size_bytes;
};
/* A snapshot took the place of decisions that this node missed: the next one that it puts out
 * follows this one.  Heights that it jumps over it never decides. */
struct orr_adopted {
    uint64_t height;
    uint8_t value[32];      /* of the decision at that height */
};
/* Just before ORR_OUT_DECIDED of the same height and value. */
struct orr_signers {
    uint64_t height;
    uint8_t value[32];
    uint32_t round;
    uint32_t n_signers;
    char statement[16];     /* what they signed: "precommit"; NUL-padded     */
    orr_peer signers[];     /* [n_signers], in any order, each once          */
};

struct orr_delivered {
    uint64_t id;            /* orr_msg_hash of the payload */
    orr_peer origin;        /* who published it; ORR_NOBODY: not known */
    uint32_t reserved;      /* 0: no byte of an output is left unwritten */
};
struct orr_evidence {
    orr_peer culprit;
    uint32_t round;
    uint64_t height;
    uint32_t type;          /* orr_msg_type of the two conflicting messages */
    bool committed;         /* in a decided block (true) or only seen (false) */
    uint8_t reserved[3];    /* 0 */
};
struct orr_progress {
    uint64_t height;
    uint32_t round;
    uint32_t step;          /* the protocol's own numbering */
};

/* A block or value by what a lock or a quorum certificate says of it. */
struct orr_named {
    uint64_t height, view;
    uint8_t value[32];
};
/* What took a node into a view. */
enum orr_view_reason { ORR_VIEW_START, ORR_VIEW_QC, ORR_VIEW_TC, ORR_VIEW_TIMEOUT };
struct orr_view_entered {
    uint64_t view;
    uint32_t reason;        /* enum orr_view_reason */
    uint32_t reserved;      /* 0 */
};

/* Labels as the Engine API of Ethereum's execution clients has them. */
enum orr_head_label { ORR_HEAD, ORR_HEAD_SAFE, ORR_HEAD_FINAL };
struct orr_head {
    uint64_t number;
    uint8_t hash[32], parent[32], state_root[32];
    uint32_t label;         /* enum orr_head_label */
    uint32_t reserved;      /* 0 */
};

/* Which bytes an ORR_OUT_BLOCK holds: what a first block is made of (models/chain/spec.h), or a
 * block's RLP. */
enum orr_block_kind { ORR_TOLD_FIRST, ORR_TOLD_BLOCK };
struct orr_block_told {
    uint64_t number;
    uint8_t hash[32], parent[32]; /* parent: of a first block zero */
    uint32_t len;
    uint32_t kind;                /* enum orr_block_kind */
    uint8_t bytes[];              /* [len] */
};

/* An index holds the branch of this block: a pure function of it, equal at all correct nodes. */
struct orr_indexed {
    uint64_t number;
    uint8_t hash[32], digest[32];
    uint64_t final;         /* the last of its blocks that the index calls final */
    uint32_t n_undone;      /* blocks of another branch that had to go before */
    uint32_t reserved;      /* 0 */
};
/* One commit of an index. */
struct orr_rows_told {
    uint32_t len;
    uint32_t reserved;      /* 0 */
    uint8_t bytes[];        /* [len] as models/index/change.h has them */
};

/* A claim about a rollup's state after an L2 block is settled on L1, for good. */
struct orr_settled {
    uint64_t number;                 /* of the L2 block */
    uint8_t claimed[32], own[32];    /* the output root that was, and what the node derives */
    uint32_t is_accepted;            /* 1: it stands */
    uint32_t n_lost;                 /* bonds that the node has lost there, playing by the rules */
};

/* The deposits of one L1 block: as L1 itself has them once the block is final; or as a final block
 * of L2 begins with them. */
struct orr_epoch_told {
    uint64_t l1_number;
    uint64_t by;        /* the L1 block by which they must be on L2; of L2: by which they are */
    uint64_t l2_number, place; /* of L2: the block, and its place in its epoch, from 0; else 0 */
    uint32_t is_l2, n;
    uint8_t sources[][32]; /* [n] their source hashes, in order */
};

/* An L1 block as it was built, whether it stays on the chain or not. */
struct orr_origin_told {
    uint64_t number;
    uint8_t hash[32], parent[32]; /* parent: of the first one zero */
    uint8_t minted[32];           /* wei that its deposits bring to the rollup, big-endian */
};
/* The safe chain of a node grows by this block, and what it had above its parent is no more.  Told
 * again when those above it go and none comes in their place. */
struct orr_derived_told {
    uint64_t number;
    uint8_t hash[32], parent[32];
    uint8_t origin[32];           /* its L1 origin */
    uint8_t from[32], tip[32];    /* the L1 blocks that completed it, and that the node read last */
    uint8_t created[32];          /* wei that there are more than in the first block, big-endian,
                                     modulo 2^256 */
    uint32_t is_from_batch;       /* 0: the window ended, or deposits alone were left of it */
    uint32_t reserved;            /* 0 */
};

struct orr_metric_point {
    int64_t value;
    char name[32], unit[16]; /* NUL-padded; without an end when full */
};

/* ---- putting them out ---- */

/* What orr_decide takes: lent for the call.  NULL hashes are zero; txs and proposers are lists. */
struct orr_decision {
    uint64_t height;
    const uint8_t *value, *parent, *state_root; /* 32 bytes each, or NULL */
    uint32_t round;
    orr_time proposed_at;
    uint32_t size_bytes;
    const orr_peer *proposers;
    uint32_t n_proposers;
    const uint64_t *txs; /* orr_msg_hash of each */
    uint32_t n_txs;
};
/* The struct as a message to be put out; with txs NULL the caller fills in the n_txs of them
 * first. */
struct orr_msg *orr_decided_new(struct orr_pool *pool, const struct orr_decision *decision);
void orr_decide_this(struct orr_outbox *out, const struct orr_decision *decision);
/* orr_decide(out, height, value, .round = 3): what is not named is zero. */
#define orr_decide(out, ...) orr_decide_this(out, &(struct orr_decision){__VA_ARGS__})

/* This node proposes a value (32 bytes) and will send it. */
void orr_propose(struct orr_outbox *out, uint64_t height, uint32_t round, const uint8_t *value,
                 uint32_t size_bytes);
/* This node has the state behind the decision of a height and value (32 bytes), from a peer. */
void orr_adopt(struct orr_outbox *out, uint64_t height, const uint8_t *value);
/* Room for the n signers of what is decided next, put out as it is: the caller fills in all of
 * them.  statement: at most 16 letters. */
orr_peer *orr_name_signers(struct orr_outbox *out, const char *statement, uint64_t height,
                      uint32_t round, const uint8_t *value, uint32_t n);

/* Gossip: the payload with this orr_msg_hash, which origin published, has arrived. */
static inline void orr_deliver(struct orr_outbox *out, uint64_t id, orr_peer origin) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, sizeof(struct orr_delivered));
    *(struct orr_delivered *)m->data = (struct orr_delivered){.id = id, .origin = origin};
    orr_output(out, ORR_OUT_DELIVERED, m);
}
/* A step of a height and round begins; its number is the protocol's own. */
void orr_enter(struct orr_outbox *out, uint64_t height, uint32_t round, uint32_t step);
/* A block or value (32 bytes) is what the node is locked on, or what the highest QC it has is of:
 * key ORR_OUT_LOCK or ORR_OUT_HIGH_QC. */
void orr_name(struct orr_outbox *out, enum orr_output key, uint64_t height, uint64_t view,
              const uint8_t *value);
void orr_enter_view(struct orr_outbox *out, uint64_t view, enum orr_view_reason reason);
void orr_accuse(struct orr_outbox *out, struct orr_evidence evidence);
/* A message of a peer was malformed or not authentic, and is ignored. */
static inline void orr_reject(struct orr_outbox *out) { orr_output(out, ORR_OUT_DROPPED, NULL); }
void orr_head(struct orr_outbox *out, struct orr_head head);
void orr_tell_indexed(struct orr_outbox *out, struct orr_indexed indexed);
void orr_tell_settled(struct orr_outbox *out, struct orr_settled settled);
void orr_tell_origin(struct orr_outbox *out, const struct orr_origin_told *told);
void orr_tell_derived(struct orr_outbox *out, const struct orr_derived_told *told);
/* Deposits: `told` is copied, without what is behind it; sources has told->n of 32 bytes. */
void orr_tell_epoch(struct orr_outbox *out, const struct orr_epoch_told *told,
                    const uint8_t *sources);
/* A block, with its bytes behind it: `told` is copied, its `bytes` are not looked at. */
void orr_tell_block(struct orr_outbox *out, const struct orr_block_told *told,
                    const uint8_t *bytes);
/* A point of the time series `name` of this node; unit may be "".  Longer texts are cut. */
void orr_metric(struct orr_outbox *out, const char *name, int64_t value, const char *unit);
/* A line of text, formatted as models/base/format.h says and cut after ORR_LOG_MAX bytes. */
void orr_log(struct orr_outbox *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- the table ---- */

struct orr_output_info {
    const char *name, *help;
};
extern const struct orr_output_info orr_output_infos[ORR_N_OUTPUTS]; /* by key */

/* How many bytes an output with this key < ORR_N_OUTPUTS must have; `len` are there at data, 8-byte
 * aligned, of which those that count others are believed. */
uint64_t orr_output_size(uint32_t key, const void *data, uint32_t len);
/* May an output with this key have this message (NULL: empty)? */
bool orr_output_fits(uint32_t key, const struct orr_msg *msg);
#endif
