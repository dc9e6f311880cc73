/* state.h - what a node of the family holds; shared by the files of this folder only. */
#ifndef ORR_MODELS_BFT_HOTSTUFF_STATE_H
#define ORR_MODELS_BFT_HOTSTUFF_STATE_H

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/set.h"
#include "models/bft/common/block_tree.h"
#include "models/bft/common/held.h"
#include "models/bft/common/leader.h"
#include "models/bft/common/mempool.h"
#include "models/bft/common/pacemaker.h"
#include "models/bft/common/sync.h"
#include "models/bft/common/wal.h"
#include "models/bft/hotstuff/hotstuff.h"
#include "models/field.h"

enum {
    VIEWS = 8,             /* views of which a leader keeps votes                            */
    ANSWER_BLOCKS = 32,    /* blocks in one answer                                           */
    ANSWER_BURST_BYTES = 1 << 20, /* sent to one peer at once; more, if one answer has more  */
    VOUCH_BYTES = 64,      /* an answer: hash of a block | SHA-256 of its snapshot           */
    ORPHANS_EACH = 8,      /* proposals of one validator that wait for their parents         */
    DECIDED_TXS = 1 << 16, /* decided transactions that are not decided again                */
    SLOT_VIEW = 1,         /* of the log: view u64 | given up u64                            */
    SLOT_DECIDED = 2,      /* height u64 | hash (32) | floor: 4 u64 as below                 */
    SLOT_PHASE = 3,        /* hotstuff-basic: its last vote u64 | lock (32) | highest QC     */
    SLOT_BASE = 4          /* a snapshot: retain.c                                           */
};
enum { TIMER_VIEW, TIMER_WAIT, N_TIMERS };

/* What tells the roles apart. */
struct orr_hs_rules {
    uint32_t chain; /* blocks in a row that commit the first, the last of them with a QC     */
    enum { VOTE_BY_LOCK, VOTE_BY_RANK, VOTE_BY_TC, VOTE_BY_LENGTH } vote;
    bool waits;     /* a leader that has no QC of the view before waits                      */
    bool is_clocked; /* views are epochs of the wall clock, and votes go to all              */
    bool is_basic;   /* phases of votes in the block's own view: basic.c                     */
};

struct orr_hs {
    /* what was given at birth */
    const struct orr_env *env;
    const struct orr_common *common;
    const struct orr_hs_config *config;
    struct orr_hs_rules rules;
    const struct orr_validator_set *set;
    uint32_t me;

    /* of the step that runs */
    struct orr_outbox *out;
    orr_time now, wall;

    struct orr_block_tree tree;
    struct orr_pacemaker pacemaker;
    struct orr_block *lock;       /* b_lock; genesis at first                                */
    /* What its votes are bound to by blocks that it has dropped: a decision on another branch, or a
     * snapshot, takes them from the tree and the log, and not the promise.  The view of a lock,
     * view and height of the highest QC, and the last view in which it voted. */
    struct { uint64_t lock, view, height, voted; } floor;
    struct orr_qc high;           /* qc_high, whose bytes are in ...                         */
    struct orr_msg *high_in;      /* ... this message, a reference                           */
    struct orr_msg *tc;           /* that ended the view before, or NULL                     */
    uint64_t voted, proposed;     /* the last views in which this node did so                */
    bool waits, has_waited;       /* in this view, for 2 Delta; that long                    */
    bool has_forgotten;           /* in this step: a liar's loss of memory (orr_hs_forget)   */

    struct orr_tally_store tallies;
    struct votes { uint64_t view; struct orr_vote_set set; } votes[VIEWS]; /* view mod VIEWS */
    uint64_t *seen;               /* their bitsets                                           */

    /* hotstuff-basic; phases are numbered as votes_key does */
    struct new_views { uint64_t view, power; struct orr_bitset senders; } new_views[2];
    uint64_t phase_voted, announced; /* the last that this node voted in, and cast a QC of   */
    struct orr_msg *ended;        /* the commitQC that ended a view, a reference, or NULL    */
    struct orr_msg *waiting;      /* a QC that lacks its block, likewise                      */

    struct orr_held held;         /* proposals whose parents are not here                    */
    orr_peer asked_of;            /* who was asked last ...                                  */
    uint8_t asked[32];            /* ... for this hash ...                                   */
    uint64_t asked_height;        /* ... above this height ...                               */
    orr_time ask_again;           /* ... and until when it is not asked for again            */
    struct orr_sync answers;      /* what peers were sent on their asking, once one asks     */

    /* snapshots, with retain_blocks (retain.c); messages are references */
    struct orr_msg *base;         /* of the tree's root, NULL: genesis                       */
    struct orr_msg *next_base;    /* of a block above it, NULL: none is due yet              */
    struct orr_msg *offered;      /* a peer's, which is believed when f + 1 say so           */
    struct orr_bitset vouchers;   /* who says so; NULL until one is offered                  */
    orr_time offer_ends;          /* until when no other of the same height takes its place  */

    struct orr_mempool mempool;
    struct orr_recent decided_txs;
    struct orr_set pending;       /* scratch: transactions of blocks that are not decided    */
    struct orr_wal wal;
    uint64_t n_dropped;
};

static inline bool hs_has_bug(const struct orr_hs *h, enum orr_hs_bug bug) {
    return h->config->bug == bug;
}
static inline const struct orr_costs *hs_costs(const struct orr_hs *h) { return h->common->costs; }
static inline uint32_t leader_of(const struct orr_hs *h, uint64_t view) {
    const struct orr_config_list *own = &h->config->leaders;
    if (own->n) return (uint32_t)own->v[(view - 1) % own->n];
    return orr_leader_of(h->config->leader, h->set, view / h->config->leader_views);
}
/* Where votes of a kind in a view are counted; growing with time, for hotstuff-basic by phases. */
static inline uint64_t votes_key(const struct orr_hs *h, uint64_t view, uint8_t kind) {
    if (!h->rules.is_basic) return view;
    return 3 * view + (kind == ORR_HS_PRECOMMIT) + 2 * (kind == ORR_HS_COMMIT);
}
/* Whose votes make a QC that a block may stand on: those for a block, not of a later phase. */
static inline bool is_justify(const struct orr_qc *qc) {
    return qc->form == ORR_QC_NONE || qc->ballot.kind == ORR_HS_VOTE;
}
/* hotstuff-basic: is there a quorum of new-view messages for this view? */
static inline bool has_new_views(const struct orr_hs *h) {
    const struct new_views *n = &h->new_views[h->pacemaker.view % 2];
    return n->view == h->pacemaker.view && n->power >= h->set->quorum_power;
}
/* The view that begins when another ends by a TC: the next leader's first. */
static inline uint64_t view_after(const struct orr_hs *h, uint64_t view) {
    return (view / h->config->leader_views + 1) * h->config->leader_views;
}
static inline bool leads_view(const struct orr_hs *h, uint64_t view) {
    return leader_of(h, view) == h->me;
}

/* ---- report.c ---- */
void orr_hs_drop(struct orr_hs *h); /* a peer's message was malformed or not authentic */
uint64_t orr_hs_digest(const void *node);
bool orr_hs_leads(const void *node);
bool orr_hs_place(const struct orr_msg *m, struct orr_progress *at);
bool orr_hs_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                      struct orr_statement *said);
void orr_hs_stand(const void *node, struct orr_stand *stand);

/* ---- log.c ---- */
/* Makes a block and all below it durable: this node votes for it, proposes or decides it. */
void orr_hs_store(struct orr_hs *h, struct orr_block *block);
void orr_hs_store_view(struct orr_hs *h);
/* How far this node has decided, with the floors. */
void orr_hs_store_decided(struct orr_hs *h, const struct orr_block *head);
void orr_hs_store_phase(struct orr_hs *h);

/* ---- retain.c ---- */
struct orr_hs_snapshot {
    const uint8_t *proposal, *ids; /* into the message: of the block; of transactions, u64 each */
    uint32_t len, n_young, n_old;
};
bool orr_hs_snapshot_read(const struct orr_msg *m, struct orr_hs_snapshot *s);
/* Its block, decoded: a reference; NULL: it has none. */
struct orr_msg *orr_hs_snapshot_block(struct orr_hs *h, const struct orr_hs_snapshot *s);
void orr_hs_charge_hash(struct orr_hs *h, uint32_t len);
/* After a decision: takes a snapshot if one is due, and forgets what is before the last. */
void orr_hs_retain(struct orr_hs *h);
void orr_hs_store_base(struct orr_hs *h);
/* From the log, of the decided chain, up to a height. */
void orr_hs_drop_entries(struct orr_hs *h, uint64_t height);
/* A peer lacks what is below the root. */
void orr_hs_send_snapshot(struct orr_hs *h, orr_peer to);
/* Says which snapshot this node has of a block, if it has one. */
void orr_hs_vouch(struct orr_hs *h, orr_peer to, const uint8_t hash[32]);
/* These transactions were decided, and no others. */
void orr_hs_load_ids(struct orr_hs *h, const struct orr_hs_snapshot *s);
/* Makes the stored snapshot's block the root, if there is one. */
int orr_hs_restore_base(struct orr_hs *h);

/* ---- chain.c ---- */
/* A block has a QC: locks and commits what follows from it. */
void orr_hs_certified(struct orr_hs *h, struct orr_block *block);
/* Locks a block, if it is of a later view than the lock. */
void orr_hs_lock(struct orr_hs *h, struct orr_block *block);
/* Decides a block and all below it, unless that is so or it is of another branch. */
void orr_hs_commit(struct orr_hs *h, struct orr_block *block);
/* Is a block one to vote for, but for its view? */
bool orr_hs_is_safe(const struct orr_hs *h, const struct orr_block *block);
/* What a block that is dropped leaves of the promises that stand in it: to be stored before the
 * block is dropped from the log. */
void orr_hs_keep_promise(struct orr_hs *h, const struct orr_block *block);
/* After a restart: the last decision again. */
void orr_hs_decide_again(struct orr_hs *h);

/* ---- sync.c ---- */
void orr_hs_ask(struct orr_hs *h, orr_peer peer, const uint8_t hash[32]);
void orr_hs_ask_behind(struct orr_hs *h);
void orr_hs_recv_ask(struct orr_hs *h, const struct orr_msg *m, orr_peer from);
/* Keeps a proposal until its parent is here. */
void orr_hs_hold(struct orr_hs *h, struct orr_msg *m, orr_peer from);
/* A block has come in by which a longer answer goes on. */
void orr_hs_ask_on(struct orr_hs *h, orr_peer peer, uint64_t height);

/* ---- snapshot.c ---- */
void orr_hs_recv_snapshot(struct orr_hs *h, struct orr_msg *m, orr_peer from);
void orr_hs_recv_vouch(struct orr_hs *h, const struct orr_msg *m, orr_peer from);

/* ---- view.c ---- */
/* Streamlet: the epoch that the clock shows, and the next one's beginning as a timer. */
void orr_hs_see_clock(struct orr_hs *h);
/* Is a QC above the highest: of a later view, or of a longer chain? */
bool orr_hs_is_higher(const struct orr_hs *h, const struct orr_qc *qc);
/* A QC or TC whose signatures are good; the bytes of a QC are in `in`. */
void orr_hs_see_qc(struct orr_hs *h, const struct orr_qc *qc, struct orr_msg *in);
void orr_hs_see_tc(struct orr_hs *h, const struct orr_tc *tc);
/* Enters the view that follows one that a QC has ended. */
void orr_hs_enter_after_qc(struct orr_hs *h, uint64_t view);
/* Enters a later view in which a quorum has voted: hotstuff-basic, whose prepareQCs end none. */
void orr_hs_join_view(struct orr_hs *h, uint64_t view);
void orr_hs_give_up(struct orr_hs *h, uint64_t view);
void orr_hs_view_timer(struct orr_hs *h);
void orr_hs_recv_timeout(struct orr_hs *h, struct orr_msg *m, orr_peer from);
void orr_hs_recv_proof(struct orr_hs *h, struct orr_msg *m, orr_peer from);
void orr_hs_arm_view(struct orr_hs *h);

/* ---- propose.c ---- */
/* Signs a vote of a kind and sends it to who counts it, this node itself included. */
void orr_hs_cast_vote(struct orr_hs *h, const struct orr_block *block, uint8_t kind,
                      uint32_t step);
/* Proposes, if this node leads its view and has what that must begin with: after every event. */
void orr_hs_try_propose(struct orr_hs *h);
void orr_hs_wait_timer(struct orr_hs *h);
/* An epoch has begun: a block of it that came early is voted for. */
void orr_hs_vote_for_early(struct orr_hs *h);
void orr_hs_recv_proposal(struct orr_hs *h, struct orr_msg *m, orr_peer from);
void orr_hs_recv_vote(struct orr_hs *h, struct orr_msg *m);
/* The tree begins anew with this proposal, which is decided. */
void orr_hs_begun(struct orr_hs *h, struct orr_msg *m);

/* ---- basic.c ---- */
void orr_hs_send_new_view(struct orr_hs *h);
void orr_hs_recv_new_view(struct orr_hs *h, struct orr_msg *m, orr_peer from);
void orr_hs_recv_qc(struct orr_hs *h, struct orr_msg *m, orr_peer from);
/* What follows from what is there: after every event. */
void orr_hs_go_on(struct orr_hs *h);

/* ---- restore.c ---- */
int orr_hs_restore(struct orr_hs *h);

/* ---- forge.c ---- */
struct orr_msg *orr_hs_forge(void *node, const struct orr_msg *m, struct orr_pool *pool);
void orr_hs_forget(void *node);

/* ---- fields.c ---- */
extern const struct orr_msg_field orr_hs_fields[];
bool orr_hs_sign(const struct orr_common *common, orr_peer signer,
                 const struct orr_msg_field *changed, struct orr_msg *m);

/* ---- hotstuff.c ---- */
int orr_hs_init(void *node, const struct orr_env *env, const void *cfg,
                const struct orr_hs_rules *rules);
int orr_hs_step(void *node, const struct orr_event *event, struct orr_outbox *out);
void orr_hs_fini(void *node);
void orr_hs_decode(const struct orr_common *common, struct orr_msg *m);
const void *orr_hs_share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem);
#endif
