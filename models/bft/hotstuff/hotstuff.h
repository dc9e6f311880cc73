/* hotstuff.h - the family of HotStuff: chains of blocks, one a view, each with its parent's QC.
 *
 * - hotstuff-basic: M. Yin et al., "HotStuff: BFT consensus in the lens of blockchain", arXiv
 *   1803.05069v6, algorithm 2.  Three phases of votes in the view of the block itself: the leader
 *   proposes on the highest prepareQC of a quorum of new-view messages, and casts the QC of each
 *   phase; a commitQC decides its block and ends the view (basic.c).  A decision takes 7 links, a
 *   view 8, and costs 8 (n - 1) messages: new-view, three votes, a proposal and three QCs each.
 * - hotstuff: the same paper, algorithms 4 and 5 (chained, event-driven).  Three QCs in a row
 *   decide the first block; a node votes for a block that extends its lock or whose QC is of a
 *   later view than the lock.
 * - hotstuff-2: D. Malkhi, K. Nayak, "HotStuff-2: optimal two-phase responsive BFT", eprint
 *   2023/397, pipelined.  Two QCs; it votes for a block whose QC is not below the
 *   highest it knows.
 * - jolteon: R. Gelashvili et al., "Jolteon and Ditto", arXiv 2106.10362, Jolteon.  Two QCs; it
 *   votes for a block on a QC of the view before, or not below what a TC of the view before shows.
 * - fast-hotstuff: M. Jalalzai et al., "Fast-HotStuff", arXiv 2010.11454, algorithms 2 and 3.  As
 *   jolteon.
 * - streamlet: B. Chan, E. Shi, "Streamlet: textbook streamlined blockchains", eprint 2020/088,
 *   figure 1.  Views are epochs of 2 Delta on the wall clock; the leader extends the longest chain
 *   of blocks with QCs ("notarized"), all vote to all for a block that extends one of the longest,
 *   and three of consecutive epochs decide the second.  A proposal is decided one epoch and two
 *   links after it was made; a block costs n - 1 proposals and n (n - 1) votes.  Instead of echoing
 *   all messages, which costs n^3, a proposal carries its parent's QC.
 *
 * "In a row" is of consecutive views, each block the parent of the next, and the last has a QC.
 * In links from proposal to decision at the replicas, fault-free: 7 for three phases, 5 for two; in
 * messages, chained: n - 1 proposals and n - 1 votes a block.
 *
 * What the papers leave open, and how it is here:
 * - View synchronisation (all but jolteon): as in jolteon, timeouts go to all, f + 1 are joined,
 *   and a quorum of them, a TC, ends a view (common/pacemaker.h).  They carry the highest QC, so
 *   they are the new-view messages too: the next leader proposes on the highest that it has heard.
 * - hotstuff-2's leader proposes at once on a QC of the view before, and else waits until every
 *   correct node's highest QC is there: 2 Delta after its TC, since the others give up at most
 *   Delta after it.
 * - Fast-HotStuff's aggregated QC is the TC: views of QCs under signatures, and the highest QC
 *   beside them.
 * - Leaders take turns, each for `leader_views` views, or until one ends without a QC: after a TC
 *   the next leader's first view begins.  Three QCs in a row take four leaders or one that stays:
 *   of four nodes in turn one that is silent would stop hotstuff for good, so there each leads four
 *   views; two QCs in a row take three leaders, whom f silent ones of n always leave.
 * - A proposal's parent is always the block of its QC, and heights count blocks, not views.
 * - Catch-up: who misses a block asks by hash whoever named it, and gets the chain up to it, or, if
 *   that is pruned (`retain_blocks`), a snapshot which more than 1/3 of the power must vouch for.
 * - Transactions go from whom the client asked to all, and into the block of any leader. */
#ifndef ORR_MODELS_BFT_HOTSTUFF_HOTSTUFF_H
#define ORR_MODELS_BFT_HOTSTUFF_HOTSTUFF_H

#include "models/output.h"
#include "models/protocol.h"

/* orr_msg.kind on the wire.  A transaction is of kind 0: its orr_msg_hash is its id everywhere. */
#define ORR_HOTSTUFF_KINDS(KIND) \
    KIND(TX, "tx")               \
    KIND(PROPOSAL, "proposal")   \
    KIND(VOTE, "vote")           \
    KIND(TIMEOUT, "timeout")     \
    KIND(PROOF, "proof")         \
    KIND(ASK, "ask")             \
    KIND(PRECOMMIT, "precommit") \
    KIND(COMMIT, "commit")       \
    KIND(NEW_VIEW, "new-view")   \
    KIND(QC, "qc")               \
    KIND(SNAPSHOT, "snapshot")   \
    KIND(VOUCH, "vouch")
enum orr_hs_kind {
#define KIND(name, text) ORR_HS_##name,
    ORR_HOTSTUFF_KINDS(KIND)
#undef KIND
    ORR_HS_N_KINDS
};

/* What a node does in its view: the steps of struct orr_progress, the phases of orr_stand. */
enum orr_hs_step {
    ORR_HS_STEP_ENTERED,
    ORR_HS_STEP_VOTED,
    ORR_HS_STEP_GIVEN_UP,
    ORR_HS_STEP_PRECOMMITTED, /* hotstuff-basic alone, as is the next */
    ORR_HS_STEP_COMMITTED
};

/* BUG(name, as written): mistakes that implementations have made, one at a time.  Of those that are
 * known of other protocols some cannot be made here: a block has one view and height, so that votes
 * for it are of no other, and a QC has one place for each validator. */
#define ORR_HOTSTUFF_BUGS(BUG)                                                                  \
    BUG(NONE, "none")                                                                           \
    BUG(QUORUM_2F, "quorum-2f")               /* one vote too few                            */ \
    BUG(NO_LOCK, "no-lock")                   /* votes for whatever leader's block           */ \
    BUG(FORGET_LAST_VOTE, "forget-last-vote") /* votes are sent before they are durable      */ \
    BUG(ACCEPT_OLD_QC, "accept-old-qc")       /* a QC is good for a block, however old it is */ \
    BUG(TIMER_NEVER_GROWS, "timer-never-grows")                                                 \
    BUG(SKIP_PREPARE, "skip-prepare")         /* decides with a phase, and its lock, missing */
enum orr_hs_bug {
#define BUG(name, text) ORR_HS_BUG_##name,
    ORR_HOTSTUFF_BUGS(BUG)
#undef BUG
};

struct orr_hs_config {
    orr_time timeout, timeout_max;
    orr_time delta;
    orr_time epoch;
    uint64_t leader_views;
    uint64_t batch_txs, batch_size, mempool_txs;
    uint64_t retain_blocks; /* 0: all                 */
    uint32_t growth; /* enum orr_pacemaker_growth */
    uint32_t leader; /* enum orr_leader_schedule  */
    struct orr_config_list leaders; /* of views 1, 2, ..., over and over, in place of a schedule */
    uint32_t qc;     /* 0: list, 1: aggregate     */
    /* flawed variants: 0 is the paper's */
    uint64_t phases; /* 0: as the role has it     */
    uint32_t lock_off, old_justify_accept, any_two_chain, wait_off, longest_by_epoch;
    uint32_t bug;    /* enum orr_hs_bug           */
};
#endif
