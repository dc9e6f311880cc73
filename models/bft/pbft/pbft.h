/* pbft.h - Practical Byzantine Fault Tolerance: M. Castro, B. Liskov, OSDI '99, sections 4.2
 * (normal case), 4.3 (checkpoints, garbage collection), 4.4 (view changes) and 4.5; every message
 * is signed.
 *
 * n replicas, of which at most f = (n - 1) / 3 lie, put clients' requests into one order.  The
 * primary of view v is replica v mod n; a quorum is more than 2/3 of the replicas,
 * 2f + 1 of 3f + 1.
 *
 * Latency in links, fault-free: 3 from the primary's pre-prepare to the execution at every
 * replica; 5 for a client: request, pre-prepare, prepare, commit, reply.  Messages of one
 * decision: n - 1 pre-prepares, (n - 1)^2 prepares, n (n - 1) commits, together 2 n (n - 1), and
 * the request, its replies and, once in `checkpoint_interval`, n (n - 1) checkpoints.
 *
 * What the paper leaves open, and the choice taken:
 * - A digest is of the sequence number with the batch of requests, so that it is the decided
 *   value; a null request is an empty batch.  `batch` requests share a number, one by default.
 * - The client of a request is the replica that its user gave it to: it sends the request to the
 *   primary, after `retry` to all, and takes the result when f + 1 replicas (`reply_quorum`) have
 *   answered alike.  A request is executed once: its hash is looked for among those of the last
 *   two windows, which are part of the state.
 * - The state is the hash of all decisions so far, with those hashes: a checkpoint's digest.
 * - A backup whose view change does not come through waits twice as long for the next one (4.5.2),
 *   and as at first again when it has executed something new.  A replica that has f + 1 view
 *   changes of greater views joins the least of them.
 * - Who stands still says where it is, every `status_interval`: peers send it what it lacks, the
 *   new view, decisions with their commits (16 at once, and when it has executed them and says so
 *   the next), the stable checkpoint with its state, or their own votes once more.
 * - Durable before they are sent are: pre-prepares and prepares (the accepted pre-prepare),
 *   commits (the prepared certificate), view changes and new views; before it is told, a decision.
 * - A prepared certificate is the primary's signature and those of the backups' prepares over one
 *   digest; batches do not travel in view changes, who lacks one asks for it. */
#ifndef ORR_PBFT_H
#define ORR_PBFT_H

#include "models/output.h"

/* orr_msg.kind on the wire.  TX: a client's bytes as they come in; the others wire.h. */
#define ORR_PBFT_KINDS(KIND)          \
    KIND(TX, "tx")                    \
    KIND(REQUEST, "request")          \
    KIND(PRE_PREPARE, "pre-prepare")  \
    KIND(PREPARE, "prepare")          \
    KIND(COMMIT, "commit")            \
    KIND(REPLY, "reply")              \
    KIND(CHECKPOINT, "checkpoint")    \
    KIND(VIEW_CHANGE, "view-change")  \
    KIND(NEW_VIEW, "new-view")        \
    KIND(STATUS, "status")            \
    KIND(FETCH, "fetch")              \
    KIND(BATCH, "batch")              \
    KIND(DECISION, "decision")        \
    KIND(STATE, "state")
enum orr_pbft_kind {
#define KIND(name, text) ORR_PBFT_##name,
    ORR_PBFT_KINDS(KIND)
#undef KIND
    ORR_PBFT_N_KINDS
};

/* Steps that struct orr_progress reports; its height is the sequence number, its round the view. */
enum orr_pbft_phase { ORR_PBFT_NORMAL, ORR_PBFT_CHANGING };

enum orr_pbft_timer {
    ORR_PBFT_TIMER_VIEW,   /* a request is waited for, or a new view */
    ORR_PBFT_TIMER_BATCH,
    ORR_PBFT_TIMER_RETRY,
    ORR_PBFT_TIMER_STATUS,
    ORR_PBFT_N_TIMERS
};

enum orr_pbft_growth { ORR_PBFT_FIXED, ORR_PBFT_DOUBLING, ORR_PBFT_LINEAR };
enum orr_pbft_new_view { ORR_PBFT_QUORUM, ORR_PBFT_FIRST_CERTIFICATE };
#define ORR_PBFT_BUGS(BUG)                                                                    \
    BUG(NONE, "none")                                                                         \
    BUG(QUORUM_2F, "quorum-2f")               /* one vote too few                           */ \
    BUG(SKIP_PREPARE, "skip-prepare")         /* commits are counted without prepares       */ \
    BUG(FORGET_LAST_VOTE, "forget-last-vote") /* votes are sent before they are durable     */ \
    BUG(NO_SIGNER_CHECK, "no-signer-check")   /* one signer's signature counts twice        */ \
    BUG(STALE_VIEW_VOTE, "stale-view-vote")   /* votes of other views count                 */ \
    BUG(TIMER_NEVER_GROWS, "timer-never-grows")                                               \
    BUG(UNCHECKED_STATE, "unchecked-state") /* a state sent in catch-up is believed         */
enum orr_pbft_bug {
#define BUG(name, text) ORR_PBFT_BUG_##name,
    ORR_PBFT_BUGS(BUG)
#undef BUG
};

struct orr_pbft_config {
    uint64_t batch;
    orr_time batch_interval;
    uint64_t pipeline;            /* sequence numbers that the primary has under way */
    uint64_t checkpoint_interval, window;
    orr_time timeout;
    uint32_t growth;              /* enum orr_pbft_growth   */
    orr_time retry, status_interval;
    uint64_t reply_quorum;        /* 0: f + 1               */
    bool replies, primary_prepares, decide_broadcast, on_arrival;
    uint32_t read_only;           /* bool: a client waits for 2f + 1 answers */
    uint32_t new_view;            /* enum orr_pbft_new_view */
    uint32_t bug;                 /* enum orr_pbft_bug      */
    uint64_t pending_txs;
};

extern const struct orr_protocol orr_pbft;
#endif
