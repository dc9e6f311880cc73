/* raft.h - Raft: D. Ongaro, J. Ousterhout, "In search of an understandable consensus algorithm",
 * USENIX ATC 2014, figure 2, with log compaction (section 7), and from D. Ongaro's thesis
 * ("Consensus: bridging theory and practice", Stanford 2014) PreVote and CheckQuorum (9.6, 6.2)
 * and changes of the members (4).
 *
 * One leader a term puts commands into its log and sends them to the others; what a majority holds
 * is committed, and each server applies committed entries in order.  Servers crash and come back;
 * they do not lie.  n servers outlive (n - 1) / 2 of them down.
 *
 * Latency in links from proposal to commit, fault-free: 2 at the leader, 3 at the followers.
 * Messages per command: (n - 1) entries, (n - 1) answers, (n - 1) notices of the commit index, the
 * last of which `piggyback: true` leaves to the next entry or heartbeat, as figure 2 does.
 *
 * What the paper leaves open, and the choice taken:
 * - A command is a client's transaction, the state of the machine the hash of the commands so far:
 *   each decision's `value` is that hash, its height the index in the log.  Each new leader puts an
 *   empty entry into its log (section 8), which is a decision without transactions.
 * - A server keeps what its own clients submitted until it sees it committed, passes it on to each
 *   new leader, and once more with each `retry`.  A leader takes a command once: it looks for it in
 *   its log, as far back as that reaches (`trailing`).
 * - A leader counts its own entries and a candidate its own vote when they are durable.
 * - Entries flow: the leader goes on sending without waiting for answers, `pipeline` entries at
 *   most, and one message at a time to a follower whose log it does not know yet.
 * - A refusal names the last index whose entry can agree and its term (section 5.3, last
 *   paragraphs), so that a step back costs a message a term.
 * - A snapshot is what the leader has decided when it sends it: the hash there, and its place.
 * - Members change one at a time (thesis 4.1) or, `joint: true`, by joint consensus (section 6).
 *   A change is a transaction that sets the power of a server: with any it is a voter, without it
 *   a learner, which is sent everything and has no vote.  An entry of a change
 *   takes hold when it is committed, not when it is in the log as in the thesis, and a leader has
 *   one at a time under way, none before an entry of its own term is committed: so whoever holds an
 *   entry of a change knows that the one before is committed, the members that two servers know
 *   are at most one change apart, and their majorities meet.  A server that comes back lets all
 *   changes of its log hold but the last.  What would leave no voter changes nothing.
 * - An answer to a candidate tells the last change that its log has and that is known there to be
 *   committed: else the voters that are left could need the vote of one that has left, knows it,
 *   and has a longer log than they.
 * - A leader that has lost its vote steps down when that is committed (section 6), or with
 *   `step_down: false` goes on until another is elected.  With `hand_over` it hands leadership
 *   over first (thesis 3.10): to the voter that has most of its log, which is brought up to date
 *   while no new command is taken, and then told to stand at once.  Whoever is asked for its vote
 *   so heeds no lease and is not sounded out before.  What takes longer than an election timeout is
 *   given up. */
#ifndef ORR_RAFT_H
#define ORR_RAFT_H

#include "models/output.h"

/* orr_msg.kind on the wire.  A transaction is of kind 0, as clients send it, and one that changes
 * the members of the last. */
#define ORR_RAFT_KINDS(KIND)    \
    KIND(TX, "tx")              \
    KIND(ASK_VOTE, "ask-vote")  \
    KIND(VOTE, "vote")          \
    KIND(APPEND, "append")      \
    KIND(APPENDED, "appended")  \
    KIND(SNAPSHOT, "snapshot")  \
    KIND(STAND, "stand")        \
    KIND(CHANGE, "change")
enum orr_raft_kind {
#define KIND(name, text) ORR_RAFT_##name,
    ORR_RAFT_KINDS(KIND)
#undef KIND
    ORR_RAFT_N_KINDS
};

/* What a server is: the steps that struct orr_progress reports, whose round is the term. */
enum orr_raft_role {
    ORR_RAFT_FOLLOWER,
    ORR_RAFT_PRECANDIDATE, /* asks whether it would be elected (thesis 9.6) */
    ORR_RAFT_CANDIDATE,
    ORR_RAFT_LEADER
};

enum orr_raft_timer {
    ORR_RAFT_TIMER_ELECTION, /* of a leader: look whether a majority is there (CheckQuorum) */
    ORR_RAFT_TIMER_HEARTBEAT,
    ORR_RAFT_TIMER_BATCH,
    ORR_RAFT_TIMER_RETRY,
    ORR_RAFT_TIMER_TRANSFER, /* until when leadership must be handed over */
    ORR_RAFT_N_TIMERS
};

struct orr_raft_config {
    orr_time election_timeout, election_timeout_max; /* drawn from [one, other] */
    orr_time heartbeat;
    orr_time batch_interval;
    orr_time retry;
    uint64_t batch;     /* entries in one message                             */
    uint64_t pipeline;  /* entries on their way to a follower, not answered   */
    uint64_t snapshot_interval, trailing;
    uint64_t state_size;
    uint64_t pending_txs;
    bool prevote, check_quorum, piggyback, joint, step_down, hand_over;
    uint32_t commit_rule, config_change;
};

enum orr_raft_commit_rule { ORR_RAFT_CURRENT_TERM, ORR_RAFT_COUNT_ANY_TERM };
enum orr_raft_config_change { ORR_RAFT_WHEN_COMMITTED, ORR_RAFT_AT_ONCE };

extern const struct orr_protocol orr_raft;
#endif
