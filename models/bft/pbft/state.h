/* state.h - a replica, for the files of this folder: in layers, tests/tidy LAYERS. */
#ifndef ORR_PBFT_STATE_H
#define ORR_PBFT_STATE_H

#include "models/base/cost.h"
#include "models/base/ring.h"
#include "models/base/set.h"
#include "models/bft/common/held.h"
#include "models/bft/common/mempool.h"
#include "models/bft/common/quorum.h"
#include "models/bft/common/slots.h"
#include "models/bft/pbft/pbft.h"
#include "models/bft/pbft/wire.h"
#include "models/field.h"

/* Bytes in a message that is held: from `at` to its end.  msg NULL: not known. */
struct orr_pbft_bytes { struct orr_msg *msg; uint32_t at; };

/* What a replica knows of one sequence number. */
struct orr_pbft_slot {
    /* in the view at hand */
    bool is_ordered;                   /* the primary's pre-prepare is accepted        */
    bool is_prepared;                  /* "prepared(m, v, n, i)"; a commit has gone out */
    uint8_t digest[32], order_signature[64];
    struct orr_pbft_bytes batch;       /* of that digest                               */
    struct orr_msg *order;             /* the pre-prepare, unless a new view ordered it */
    struct orr_msg **prepares;         /* [n], then [n] commits; NULL: none yet        */
    uint32_t n_prepares, n_commits;    /* of that digest                               */
    /* of the latest view in which it was prepared */
    struct orr_msg *prepared;          /* the certificate, or NULL */
    struct orr_pbft_bytes prepared_batch;
    /* final */
    struct orr_msg *committed;         /* certificate of commits, or NULL */
    struct orr_pbft_bytes committed_batch;
    bool is_executed;                  /* only then the certificate is durable, so that the last
                                          decision on disk is the last that may be untold */
};

struct orr_pbft_checkpoint { /* at one number, not stable yet */
    uint64_t number;         /* 0: free                       */
    struct orr_msg *state;   /* this replica's own, or NULL   */
    struct orr_msg **votes;  /* [n]                           */
};

/* Requests executed in one window, in their order. */
struct orr_pbft_generation {
    struct orr_set set;
    uint64_t *ids;
    uint32_t n, cap;
};

struct orr_pbft_asked { /* by a user of this replica, who waits for answers */
    uint64_t id;
    orr_time at;
    uint64_t *answers; /* [n] hash of each replica's; 0: none */
};

/* stable <= executed, unless `target` is waited for; all numbers up to `stable` are closed. */
struct orr_pbft_replica {
    const struct orr_common *common;
    const struct orr_pbft_config *config;
    const struct orr_validator_set *set;
    uint32_t me, n;
    uint64_t quorum;
    /* the view */
    uint64_t view;
    bool is_changing;              /* on the way into `view`                       */
    struct orr_msg *own_change;    /* the view change sent for it, or NULL         */
    struct orr_msg *new_view;      /* what began it, or NULL                       */
    struct orr_msg **changes;      /* [n] the latest of each replica, or NULL      */
    uint64_t *change_views;        /* [n] of which view it is                      */
    uint32_t n_failed;             /* view changes since something was executed    */
    bool is_waiting;               /* the view timer runs                          */
    struct orr_held early;         /* messages of views to come                    */
    /* the log */
    struct orr_slots slots;        /* of struct orr_pbft_slot, from stable + 1     */
    uint64_t next;                 /* the primary's next number                    */
    uint64_t stable, executed;
    struct orr_msg *stable_cert, *stable_state;
    uint64_t *far;                 /* [n] the latest checkpoint of each that is past the window */
    struct orr_pbft_checkpoint *checkpoints;
    uint32_t n_checkpoints;        /* room for so many                             */
    /* the state */
    uint8_t chain[32], last_digest[32];
    struct orr_pbft_generation recent[2]; /* this window's, and the one before it  */
    /* clients */
    struct orr_mempool pending;    /* requests that are not executed               */
    struct orr_fifo queue;         /* struct orr_msg *: a primary's, not ordered   */
    bool is_batching, is_batch_due, is_retrying, is_restoring;
    struct orr_pbft_asked *asked;
    uint32_t n_asked, asked_cap;
    uint64_t seen_executed;        /* at the last status tick                      */
    uint64_t n_retries;
    orr_time *answered_at;         /* [n] when a status of each was answered last  */
    uint64_t *answered_to;         /* [n] ... and up to which number; 0: none      */
    uint64_t asked_from;           /* executed, as a status last told it, or UINT64_MAX */
    uint64_t n_dropped;
    struct orr_outbox *out;
    orr_time now, wall;
};

/* ---- report.c: small things that all need ---- */
void orr_pbft_drop(struct orr_pbft_replica *r);
void orr_pbft_charge_verify(struct orr_pbft_replica *r, uint64_t n);
void orr_pbft_send(struct orr_pbft_replica *r, uint32_t to, struct orr_msg *moved);
void orr_pbft_send_all(struct orr_pbft_replica *r, struct orr_msg *moved);
/* A vote of this replica as a message of `kind`, with room for `more` bytes behind it. */
struct orr_msg *orr_pbft_vote(struct orr_pbft_replica *r, uint8_t kind, uint64_t view,
                              uint64_t number, const uint8_t digest[32], uint32_t more);
void orr_pbft_accuse(struct orr_pbft_replica *r, const struct orr_pbft_vote *v);
static inline uint32_t orr_pbft_primary(const struct orr_pbft_replica *r) {
    return (uint32_t)(r->view % r->n);
}
static inline bool orr_pbft_is_primary(const struct orr_pbft_replica *r) {
    return orr_pbft_primary(r) == r->me && !r->is_changing;
}
static inline bool orr_pbft_has_bug(const struct orr_pbft_replica *r, enum orr_pbft_bug bug) {
    return r->config->bug == bug;
}
static inline const uint8_t *orr_pbft_bytes_at(const struct orr_pbft_bytes *b) {
    return b->msg->data + b->at;
}
static inline uint32_t orr_pbft_bytes_len(const struct orr_pbft_bytes *b) {
    return b->msg->len - b->at;
}
void orr_pbft_bytes_set(struct orr_pbft_replica *r, struct orr_pbft_bytes *b, struct orr_msg *m,
                        uint32_t at);
/* A certificate of the n votes at `votes` that are of a digest, with the primary's pre-prepare at
 * its head if `order_signature` is not NULL. */
struct orr_msg *orr_pbft_cert_new(struct orr_pbft_replica *r, uint8_t kind, uint64_t view,
                                  uint64_t number, const uint8_t digest[32],
                                  struct orr_msg *const *votes, const uint8_t *order_signature);
bool orr_pbft_cert_is_good(struct orr_pbft_replica *r, const struct orr_pbft_cert *c);
uint64_t orr_pbft_request_id(const uint8_t *request, uint32_t size);

/* ---- log.c: slots in memory and on disk ---- */
struct orr_pbft_slot *orr_pbft_slot_at(struct orr_pbft_replica *r, uint64_t number);
void orr_pbft_slot_forget_view(struct orr_pbft_replica *r, struct orr_pbft_slot *s);
void orr_pbft_slot_free(struct orr_pbft_replica *r, struct orr_pbft_slot *s);
void orr_pbft_save_slot(struct orr_pbft_replica *r, uint64_t number);
void orr_pbft_save_view(struct orr_pbft_replica *r);
void orr_pbft_save_stable(struct orr_pbft_replica *r);
void orr_pbft_drop_record(struct orr_pbft_replica *r, uint64_t number);
/* A decision with its commits, for one who lacks it. */
struct orr_msg *orr_pbft_decision_new(struct orr_pbft_replica *r, const struct orr_pbft_slot *s);
int orr_pbft_stored(struct orr_pbft_replica *r, const struct orr_event *event);

/* ---- machine.c: the state, and answers ---- */
bool orr_pbft_is_executed(const struct orr_pbft_replica *r, uint64_t id);
/* The state behind `executed`, as a message; its SHA-256 is the checkpoint's digest. */
struct orr_msg *orr_pbft_state_new(struct orr_pbft_replica *r);
/* Takes over such a state, of that number; false: the bytes are none. */
bool orr_pbft_state_load(struct orr_pbft_replica *r, const uint8_t *bytes, size_t len,
                         uint64_t number);
void orr_pbft_machine_fini(struct orr_pbft_replica *r);
/* Executes a batch; tells of the decision unless it is an old one of before a restart. */
void orr_pbft_apply(struct orr_pbft_replica *r, uint64_t number, uint64_t view,
                    const uint8_t digest[32], const struct orr_pbft_bytes *batch, bool is_told);
void orr_pbft_ask(struct orr_pbft_replica *r, uint64_t id);
void orr_pbft_recv_reply(struct orr_pbft_replica *r, const struct orr_msg *m);

/* ---- checkpoint.c (4.3) ---- */
void orr_pbft_checkpoint(struct orr_pbft_replica *r);
void orr_pbft_recv_checkpoint(struct orr_pbft_replica *r, struct orr_msg *m);
/* The checkpoint at `number` is stable, its state is this replica's. */
void orr_pbft_stable_at(struct orr_pbft_replica *r, uint64_t number, struct orr_msg *cert,
                        struct orr_msg *state);

/* ---- normal.c (4.2) ---- */
void orr_pbft_try_order(struct orr_pbft_replica *r);
void orr_pbft_wait_for_view(struct orr_pbft_replica *r); /* the view timer, as it should be now */
void orr_pbft_prepare(struct orr_pbft_replica *r, uint64_t number);
void orr_pbft_advance(struct orr_pbft_replica *r, uint64_t number);
void orr_pbft_execute_ready(struct orr_pbft_replica *r);
/* Come back: says again what was promised about a number in this view. */
void orr_pbft_resume(struct orr_pbft_replica *r, uint64_t number);
void orr_pbft_recv_pre_prepare(struct orr_pbft_replica *r, struct orr_msg *m, orr_peer from);
void orr_pbft_recv_vote(struct orr_pbft_replica *r, struct orr_msg *m, orr_peer from);

/* ---- requests.c ---- */
void orr_pbft_submit(struct orr_pbft_replica *r, struct orr_msg *tx);
void orr_pbft_recv_request(struct orr_pbft_replica *r, struct orr_msg *m);
void orr_pbft_retry(struct orr_pbft_replica *r);
void orr_pbft_queue_anew(struct orr_pbft_replica *r);

/* ---- view.c (4.4) ---- */
void orr_pbft_change_view(struct orr_pbft_replica *r, uint64_t view, enum orr_view_reason reason);
void orr_pbft_view_timeout(struct orr_pbft_replica *r);
void orr_pbft_recv_view_change(struct orr_pbft_replica *r, struct orr_msg *m);
void orr_pbft_recv_new_view(struct orr_pbft_replica *r, struct orr_msg *m);
/* Come back in the middle of a view change: says it again. */
void orr_pbft_resume_change(struct orr_pbft_replica *r);
/* What a new view orders, where it is not ordered yet. */
void orr_pbft_apply_orders(struct orr_pbft_replica *r);

/* ---- catch_up.c ---- */
/* Once an interval: says where this replica is, if it stands still or has come back. */
void orr_pbft_status(struct orr_pbft_replica *r, bool is_back);
void orr_pbft_recv_status(struct orr_pbft_replica *r, uint32_t from, const struct orr_msg *m);
void orr_pbft_fetch(struct orr_pbft_replica *r, uint64_t number);
void orr_pbft_recv_fetch(struct orr_pbft_replica *r, uint32_t from, const struct orr_msg *m);
void orr_pbft_recv_batch(struct orr_pbft_replica *r, struct orr_msg *m);
void orr_pbft_recv_decision(struct orr_pbft_replica *r, uint32_t from, struct orr_msg *m);
void orr_pbft_recv_state(struct orr_pbft_replica *r, struct orr_msg *m);

/* ---- statement.c ---- */
bool orr_pbft_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                        struct orr_statement *said);
struct orr_msg *orr_pbft_forge(void *node, const struct orr_msg *m, struct orr_pool *pool);
void orr_pbft_forget(void *node);

/* ---- fields.c ---- */
extern const struct orr_msg_field orr_pbft_fields[];
bool orr_pbft_sign(const struct orr_common *common, orr_peer signer,
                   const struct orr_msg_field *changed, struct orr_msg *m);
#endif
