/* state.h - what a Tendermint node holds; shared by the files of this folder only.
 *
 * The names of Algorithm 1 (arXiv 1807.04938): h_p = height, round_p = round, step_p = step,
 * lockedValue/lockedRound = locked/locked_round, validValue/validRound = valid/valid_round,
 * decision_p = chain. */
#ifndef ORR_TENDERMINT_STATE_H
#define ORR_TENDERMINT_STATE_H

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/set.h"
#include "models/bft/common/certificate.h"
#include "models/bft/common/conn.h"
#include "models/bft/common/fetch.h"
#include "models/bft/common/guard.h"
#include "models/bft/common/held.h"
#include "models/bft/common/inventory.h"
#include "models/bft/common/signer.h"
#include "models/bft/common/sync.h"
#include "models/bft/common/wal.h"
#include "models/bft/tendermint/block.h"
#include "models/bft/tendermint/tendermint.h"

enum {
    ROUND_WINDOW = 8,   /* votes of rounds up to this far ahead, or behind, are kept           */
    ELECTED = 64,       /* rounds whose proposers are remembered                               */
    SYNC_WINDOW = 8,    /* decided blocks sent to a lagging node at once, and kept by it early */
    SYNC_PARTS = 64,    /* parts of such blocks, small ones, kept early                        */
    BODIES_MAX = 16,    /* blocks of one height under collection                               */
    PUSH_PARTS = 4,     /* a block of no more parts is sent to all, a larger one is fetched    */
    HAS_STEPS = 8,      /* times that a node says what it has of a large block ...             */
    HAS_PEERS = 8,      /* ... to so many peers                                                */
    KEPT_IN_PARTS = 16, /* latest decided blocks, whose parts a peer may ask for               */
    CATCH_UP_BYTES = 8192, /* a lagging peer is sent blocks of no more bytes, and fetches others */
    HELD_EACH = 8,      /* held statements of one validator about heights to come              */
    TX_OVERHEAD = 4     /* bytes of a block that go before each transaction                    */
};
/* Of a status message. */
enum { MAX_BODIES = 4, MAX_TALLIES = 4, MAX_SECTIONS = 3 };
/* Slots of the log, see log.c, and the kind of certificates in their bundles. */
enum { SLOT_COMMIT = 1, SLOT_PROPOSAL, SLOT_PREVOTE, SLOT_PRECOMMIT, SLOT_LOCK, SLOTS_END,
       SLOT_SNAPSHOT = SLOTS_END, SLOT_ASKED };
enum { RECORD_VOTES = 256, RECORD_ASKED };

/* A block of this height, or decided: its parts as they come. */
struct body {
    struct body *next;
    struct orr_block_id id;
    uint64_t height;
    struct orr_msg **parts;      /* [id.n_parts]; NULL: missing, or all of them: the block is
                                    from the log or an old one, and not cut (orr_tm_cut) */
    uint32_t n_have;
    uint64_t n_bytes;            /* in those, at most max_block                       */
    bool is_durable;             /* it is written, as entry `entry` of the log        */
    uint32_t entry;
    uint8_t validity;            /* enum orr_validity: valid(v) of the paper, here      */
    bool is_sound;               /* what is known of it but for the application's opinion */
    uint32_t first_round;        /* of the first proposal that named it, or NO_ROUND    */
    orr_time named_at;           /* when that came, by the wall clock                   */
    uint32_t pusher;             /* rank of who sends its parts unasked, or ORR_NOBODY, */
    orr_time pushed_at;          /* since when                                          */
    uint32_t n_announced;        /* parts had when peers were last told                 */
    struct orr_fetch_value *fetch; /* who has which part; NULL: not asked for           */
    struct orr_msg *message;     /* the joined block, when complete                    */
    const struct orr_tm_block *block; /* its decoded form; NULL: incomplete or malformed */
};

#define NO_ROUND UINT32_MAX

/* Decoded form of ORR_TM_PROPOSAL: height u64 | round u32 | pol_round i32 | proposer u32 | block id
 * (68) | signature (64), little-endian. */
struct proposal {
    uint64_t height;
    uint32_t round, proposer;
    int32_t pol_round;           /* the paper's vr: -1, or the round of the quorum of prevotes */
    uint8_t verdict;             /* enum orr_validity on the signature, under `set`            */
    struct orr_block_id id;
    uint8_t signature[ORR_SIGN_BYTES];
    const struct orr_validator_set *set;
};

struct round {
    struct round *next;
    uint32_t round, proposer;
    struct orr_msg *proposal;    /* the first authentic one, or NULL                  */
    orr_time proposed_at;        /* when it came, by the wall clock                   */
    struct orr_vote_set votes[2];/* prevotes, precommits                              */
    bool is_polka_handled;       /* line 36, "for the first time"                     */
    bool is_prevote_armed;       /* line 34, "for the first time"                     */
    bool is_precommit_armed;     /* line 47, "for the first time"                     */
    uint64_t seen[];             /* two bitsets                                       */
};
enum { PREVOTES, PRECOMMITS };

/* A signature that is asked for, the last one of its stage. */
struct asked {
    bool is_open;                /* no answer yet                                     */
    uint64_t height;
    uint32_t round;
    int32_t pol_round;           /* of a proposal                                     */
    enum orr_signed_type type;
    struct orr_block_id id;
    uint8_t statement[ORR_SIGNED_BYTES];
};
enum { ORR_N_STAGES = 3 };

/* A linked peer of the transport `gossip`: where it says to be, and what it is believed to have of
 * that, as it said so, sent it or was sent it (PeerRoundState of CometBFT's consensus reactor).
 * Sets of votes are by validator, whatever they are for. */
enum peer_routine { GOSSIP_DATA, GOSSIP_VOTES, GOSSIP_TXS, N_ROUTINES };
struct peer_state {
    orr_peer id;
    bool is_linked;
    bool has_news;               /* of it: there may be something to send           */
    bool has_proposal;
    orr_time wakes_at[N_ROUTINES]; /* when a routine goes on; ORR_NEVER: it sleeps and would find
                                      nothing                                         */
    orr_time slept_at[N_ROUTINES]; /* it looks each peer_gossip_sleep after that     */
    uint64_t height;             /* 0: it has not said yet                          */
    uint32_t round;
    uint8_t step;                /* enum orr_tm_step                                */
    int32_t pol_round;           /* that its proposal leans on, or -1               */
    int32_t last_round;          /* that decided height - 1, or -1                  */
    int32_t catchup_round;       /* that decided `height`, as its commit says, or -1 */
    uint32_t n_parts;            /* of the block that it collects; 0: not known     */
    uint8_t parts_root[32];
    struct orr_bitset parts;     /* of that block                                   */
    struct orr_bitset votes[2];  /* of its round                                    */
    struct orr_bitset pol, last, catchup; /* of those rounds: prevotes, precommits, precommits */
    uint64_t next_tx;            /* number in the mempool                           */
    struct {                     /* what it was told of this node                   */
        uint64_t height;
        uint32_t round, valid;
        uint8_t step;
    } told;
    struct orr_conn conn;
    uint64_t words[];            /* of the sets: parts, and 5 of votes              */
};
enum { N_VOTE_SETS = 5, PART_WORDS = ORR_MAX_PARTS / 64 };
/* Channels of its connection. */
enum { CHANNEL_STATE, CHANNEL_DATA, CHANNEL_VOTES, CHANNEL_MEMPOOL };

struct orr_tm {
    /* what was given at birth */
    const struct orr_env *env;
    const struct orr_common *common; /* env->common */
    const struct orr_tm_config *config;
    const struct orr_validator_set *set; /* of genesis: members and keys, by which all is signed */
    const struct orr_app *app;
    void *app_state;
    uint32_t me;                 /* own validator number */
    uint64_t max_block;          /* bytes; as configured, or as fits into ORR_MAX_PARTS parts */

    /* of the step that runs now */
    struct orr_outbox *out;
    orr_time now, wall;          /* timers run on one, blocks are dated by the other */
    bool is_new_height;          /* held messages may have become current                      */

    /* Algorithm 1, lines 1-10 */
    uint64_t height;
    uint32_t round;
    enum orr_tm_step step;
    int32_t locked_round, valid_round;
    int32_t leaned_round;        /* that whose quorum the last proposal to have one leans on */
    struct body *locked, *valid;

    /* whose powers count, see voters.c: at height - 1, height, height + 1; `set`, or another */
    const struct orr_validator_set *last_voters, *voters, *next_voters;
    uint32_t n_changes;          /* of powers that the application has told, done so far */

    /* of this height */
    struct round *rounds;        /* those that are wanted, in no order: rounds.c bounds them     */
    struct round *current;       /* that of `round`, or NULL */
    struct body *bodies;
    uint32_t n_bodies;
    uint32_t *high_round;        /* [n] 1 + the highest round of which validator i sent anything */
    int64_t *priorities;         /* [n] before round 0's turn                                    */
    int64_t *turn_priorities;    /* [n] working copy ...                                         */
    uint32_t n_turns;            /* ... after so many turns                                      */
    uint32_t elected[ELECTED];   /* by the last of them, of round i at i modulo ELECTED          */

    /* the chain */
    struct body **chain;         /* [height - 1 - n_pruned] decided blocks, oldest first         */
    uint64_t chain_cap;
    uint64_t n_pruned;           /* heights up to this one are kept as a snapshot only ...       */
    struct orr_msg *base;        /* ... of the state after it (snapshot.c); NULL: there is none  */
    struct orr_msg *next_base;   /* the snapshot that will take its place, or NULL               */
    struct orr_block_id last_id;
    orr_time last_time;
    uint8_t app_hash[32];
    struct round *last_commit;   /* the round that decided height - 1, or NULL */
    struct orr_tally *last_quorum;
    bool is_replaying;           /* restart: blocks are applied without a word  */
    uint64_t passed_height;      /* of the last block decided while running ...        */
    uint64_t passed_room;        /* ... and how many bytes more it could have taken    */

    struct orr_mempool mempool;
    struct orr_evidence_pool evidence;
    struct orr_tally_store tallies;
    struct round *free_rounds;
    struct orr_sign_guard guard; /* 1 proposal, 2 prevote, 3 precommit */
    uint64_t timer_height[ORR_TM_N_TIMERS]; /* what each timer was armed for */
    uint32_t timer_round[ORR_TM_N_TIMERS];

    struct orr_held held;        /* of the next heights, or parts of unknown blocks */

    struct orr_wal wal;
    uint32_t wal_hint;           /* restart: where the last block was found              */
    uint32_t entry_written;      /* the last round whose entry is written, see log.c     */

    /* gossip */
    bool has_moved;              /* since the last gossip tick                     */
    struct orr_sync sync;        /* ranks are validators' numbers                  */
    struct orr_fetch fetch;      /* likewise                                       */
    struct orr_recent relayed;   /* flood: hashes of messages passed on            */
    orr_peer offered;            /* whom transactions were named to, or ORR_NOBODY */

    struct {                         /* of the transport `gossip`; empty with another one   */
        struct peer_state **peers;   /* [n] by rank; NULL: was never linked                 */
        uint32_t *linked;            /* [n_linked] ranks of those that are, ascending       */
        uint32_t n_linked;
        bool has_news;               /* in this step: there may be something to send to all */
        uint32_t valid;              /* counts what was told as a block that is wanted ...  */
        struct orr_block_id valid_id;/* ... of which this is the last                       */
        uint64_t valid_height;
        bool valid_is_commit;
        orr_time query_at;           /* when quorums are told next                          */
        orr_time moved_at;           /* when this node was last seen to make progress       */
        orr_time armed_at;
        uint64_t *senders;           /* who sent a transaction: by its number modulo n_senders: */
        uint32_t n_senders;          /* the number, then a set of ranks                     */
    } gossip;

    struct {                     /* remote.c; unused by a node that signs itself      */
        uint64_t session;        /* in which it last told the signer its place        */
        struct asked asked[ORR_N_STAGES];
    } remote;

    uint64_t n_dropped, n_refused_signatures;
};

/* The decided block of a height, or NULL: it is pruned, or not decided. */
static inline struct body *decided_body(const struct orr_tm *t, uint64_t height) {
    return height > t->n_pruned && height < t->height ? t->chain[height - 1 - t->n_pruned] : NULL;
}
/* Does another node hold its key? */
static inline bool orr_tm_is_remote(const struct orr_tm *t) {
    return t->config->signer != ORR_NOBODY;
}
static inline const struct orr_costs *costs(const struct orr_tm *t) { return t->common->costs; }
static inline void charge(struct orr_tm *t, int64_t ns) { t->out->busy_ns += ns; }
static inline void charge_hash(struct orr_tm *t, uint64_t bytes) {
    charge(t, (int64_t)(bytes * (uint64_t)costs(t)->hash_kib_ns / 1024));
}
static inline void charge_app_call(struct orr_tm *t) { charge(t, costs(t)->app_call_ns); }
static inline bool does_gossip(const struct orr_tm *t) {
    return t->config->dissemination == ORR_TM_GOSSIP;
}
/* There may be something to send to peers. */
static inline void have_news(struct orr_tm *t) { t->gossip.has_news = true; }

/* ---- the files of this folder, from the lowest layer up: none calls a function of a later one
 * (tests/tidy holds them to it) ---- */

/* ---- report.c ---- */
void orr_tm_drop(struct orr_tm *t); /* counts and reports bad bytes */
void orr_tm_output_step(struct orr_tm *t);
/* ---- decode.c ---- */
/* The form of a proposal's message; NULL: malformed. */
const struct proposal *orr_tm_proposal_of(const struct orr_msg *m);
/* Reads one, whose signature nobody has checked; false: malformed. */
bool orr_tm_read_proposal(const struct orr_msg *m, struct proposal *p);
/* Is its signature good?  proposer < set->n.  With a memo a verdict that it has is believed. */
bool orr_tm_verify_proposal(const struct proposal *p, const struct orr_validator_set *set,
                            struct orr_memo *memo);
/* Gives a block that is this node's own still its form. */
void orr_tm_decode_block(struct orr_tm *t, struct orr_msg *block);
/* A reference to a block with its form, or, of one that has none, to a copy with it. */
struct orr_msg *orr_tm_with_block(struct orr_tm *t, struct orr_msg *block);

/* ---- peer.c: linked peers, and what is sent to all ---- */
/* Sends this node's own message to all; the reference is moved.  With the transport `gossip` only
 * evidence goes so: the rest is here, and each peer is sent what it lacks of it (gossip.c). */
void orr_tm_broadcast(struct orr_tm *t, struct orr_msg *m);
/* Flood, and evidence: passes a message on to all but whom it came from, once.  Only what is
 * signed, or is named by something signed that is here, and is new here may be passed on; so what
 * one peer can make others send is bounded by what it can sign that they count. */
void orr_tm_relay(struct orr_tm *t, struct orr_msg *m, orr_peer from);
/* All below: only with the transport `gossip`; else nothing happens. */
void orr_tm_peers_init(struct orr_tm *t);
void orr_tm_peers_fini(struct orr_tm *t);
void orr_tm_peers_begin(struct orr_tm *t); /* at ORR_START: those that are linked from birth */
void orr_tm_peer_up(struct orr_tm *t, orr_peer id);
void orr_tm_peer_down(struct orr_tm *t, orr_peer id);
struct peer_state *orr_tm_peer(struct orr_tm *t, orr_peer id); /* NULL: it is not linked */
/* Tells all that a vote is here. */
void orr_tm_say_vote(struct orr_tm *t, const struct orr_vote *v);
/* A peer has a transaction, as it sent it. */
void orr_tm_tx_from(struct orr_tm *t, struct orr_msg *tx, orr_peer from);
bool orr_tm_sent_tx(const struct orr_tm *t, uint64_t number, uint32_t rank);
/* The set of votes of a slot that a peer is believed to have, or NULL: it has no use for them. */
struct orr_bitset *orr_tm_votes_had(struct peer_state *p, uint64_t height, uint32_t round,
                                    enum orr_signed_type type);
/* A peer says where it is. */
void orr_tm_peer_moves(struct peer_state *p, uint64_t height, uint32_t round, uint8_t step,
                       int32_t last_round);
/* A peer collects a block of which it has no part yet. */
void orr_tm_peer_collects(struct peer_state *p, const uint8_t root[32], uint32_t n_parts);
/* A peer has a proposal. */
void orr_tm_peer_proposal(struct peer_state *p, const struct proposal *proposal);
/* A peer sent a message: it has what is in it. */
void orr_tm_peer_sent(struct orr_tm *t, const struct orr_msg *m, orr_peer from);

/* ---- log.c ---- */
void orr_tm_log_proposal(struct orr_tm *t, struct orr_msg *m, int32_t pol_round);
void orr_tm_log_vote(struct orr_tm *t, enum orr_signed_type type, bool is_lock, struct orr_msg *m);
void orr_tm_log_body(struct orr_tm *t, struct body *b);
void orr_tm_log_commit(struct orr_tm *t, struct orr_msg *commit);
/* Before a remote signer is asked: this node will not ask for another statement in that place. */
void orr_tm_log_asked(struct orr_tm *t);
void orr_tm_log_snapshot(struct orr_tm *t, struct orr_msg *snapshot);
void orr_tm_unlog_body(struct orr_tm *t, struct body *b);

/* ---- voters.c: powers that change ---- */
/* The block of a height, the present one, is executed: voters and turns are those of the next. */
void orr_tm_move_voters(struct orr_tm *t, uint64_t height);
/* The application has the state after a height, however it came by it: works them out anew. */
void orr_tm_find_voters(struct orr_tm *t, uint64_t height);
void orr_tm_forget_voters(struct orr_tm *t);

/* ---- rounds.c: rounds, proposers ---- */
struct round *orr_tm_find_round(struct orr_tm *t, uint32_t round);
struct round *orr_tm_get_round(struct orr_tm *t, uint32_t round); /* makes it */
void orr_tm_free_round(struct orr_tm *t, struct round *r);
/* Do votes of this round, not past our window, matter still? */
bool orr_tm_wants_round(const struct orr_tm *t, uint32_t round);
/* Forgets the rounds that do not. */
void orr_tm_close_rounds(struct orr_tm *t);

static inline bool has_bug(const struct orr_tm *t, enum orr_tm_bug bug) {
    return t->config->bug == bug;
}

/* ---- bodies.c: blocks under collection ---- */
struct body *orr_tm_find_body(struct orr_tm *t, const struct orr_block_id *id);
/* Begins to collect a block, with the parts that came early; NULL: too many of them. */
struct body *orr_tm_want_body(struct orr_tm *t, const struct orr_block_id *id);
void orr_tm_free_body(struct orr_tm *t, struct body *b);
/* Adds a part whose root and number fit; joins and decodes when it was the last.  False: had it, or
 * the block is larger than a block may be. */
bool orr_tm_add_part(struct orr_tm *t, struct body *b, struct orr_msg *m);
/* Cuts a complete block into its parts, if they are not here; false: they are not those of its id.
 */
bool orr_tm_cut(struct orr_tm *t, struct body *b);
/* Forgets the parts of a block that is here as a whole. */
void orr_tm_uncut(struct orr_tm *t, struct body *b);

/* ---- held.c ---- */
/* Keeps a well-formed message for later, within bounds; false: it was there, or there is no room.
 */
bool orr_tm_hold(struct orr_tm *t, struct orr_msg *m, orr_peer from);
uint64_t orr_tm_height_of(struct orr_tm *t, struct orr_msg *m); /* that it is about */

/* ---- ask.c ---- */
void orr_tm_ask(struct orr_tm *t, orr_peer peer);
void orr_tm_ask_anyone(struct orr_tm *t);
/* A linked validator, drawn; ORR_NOBODY: there is none. */
orr_peer orr_tm_any_peer(struct orr_tm *t);
void orr_tm_peer_is_ahead(struct orr_tm *t, orr_peer peer, uint64_t height);

/* ---- votes.c ---- */
struct orr_tm_counted {
    bool is_new;   /* else it was there, or does not count */
    bool of_value; /* it made a quorum for its value       */
    bool of_any;   /* it made a quorum of votes for anything */
};
/* Counts an authentic vote of a round of this height; no rule is tried. */
struct orr_tm_counted orr_tm_count_vote(struct orr_tm *t, struct round *r,
                                        const struct orr_vote *v, struct orr_msg *m);
/* A late precommit of the height just decided makes the next block's last commit fuller. */
bool orr_tm_add_late(struct orr_tm *t, const struct orr_vote *v, struct orr_msg *m);
/* Compares a commit of height - 1 with the precommits at hand: an equivocator may show there. */
void orr_tm_compare_commit(struct orr_tm *t, const struct orr_commit *c);
/* Compares an authentic proposal with another message of its round, whose signature nobody has
 * looked at: the two may be proof of misbehaviour. */
void orr_tm_compare_proposals(struct orr_tm *t, const struct proposal *here,
                              const struct proposal *other);
/* Names the culprit of evidence, of which `a` is one half. */
void orr_tm_accuse(struct orr_tm *t, const struct orr_vote *a, bool is_committed);
/* Keeps a proof that is new, and tells of it. */
void orr_tm_add_evidence(struct orr_tm *t, const struct orr_vote *a, struct orr_msg *proof);

/* ---- valid.c ---- */
/* valid(v) of the paper for a complete body, worked out once. */
/* Valid, or sound with an application that follows a quorum (orr_app.follows). */
bool orr_tm_may_decide(struct orr_tm *t, struct body *b);
bool orr_tm_is_valid(struct orr_tm *t, struct body *b);
/* May a block of this height carry evidence of that height? */
bool orr_tm_may_carry(const struct orr_tm *t, uint64_t evidence_height);

/* ---- fetch.c: the parts of large blocks, and what was lost of others ---- */
/* A proposal named a block: `from` or its proposer sends parts of it. */
void orr_tm_expect_parts(struct orr_tm *t, struct body *b, const struct proposal *p, orr_peer from);
/* A peer has decided a block that is wanted here: it has all of it, and so have those ahead. */
void orr_tm_decided_elsewhere(struct orr_tm *t, struct body *b, orr_peer from);
/* A part of a block came and is in it. */
void orr_tm_part_came(struct orr_tm *t, struct body *b, uint32_t index, orr_peer from);
/* Sends the parts of an own proposal: all of a small block, of a large one some to each. */
void orr_tm_push_parts(struct orr_tm *t, struct body *b);
/* Tells a peer what is here of a block of which it lacks something; bits: what it has, or NULL. */
void orr_tm_tell_parts(struct orr_tm *t, orr_peer to, struct body *b, const uint8_t *bits);
/* Asks for all that is useful, as far as lines have room. */
void orr_tm_fetch(struct orr_tm *t);
void orr_tm_fetch_tick(struct orr_tm *t);
void orr_tm_peer_lost(struct orr_tm *t, orr_peer peer);
/* A large block of an earlier round that is complete and valid, or NULL. */
struct body *orr_tm_proposed_before(struct orr_tm *t);

/* ---- snapshot.c: what takes the place of old blocks ---- */
/* A block was applied: takes a snapshot, and forgets what an earlier one covers, if it is time. */
void orr_tm_retain(struct orr_tm *t);
/* The same for an application that keeps all blocks: before the next height is decided. */
void orr_tm_save_state(struct orr_tm *t);
/* Begins from a stored snapshot.  0, or ORR_ECORRUPT. */
int orr_tm_restore_base(struct orr_tm *t, struct orr_msg *stored);
void orr_tm_send_snapshot(struct orr_tm *t, orr_peer to, struct orr_msg *next_commit);
/* Reads a peer's snapshot and, if it is good and of a state past ours, makes it ours: its height,
 * or 0. */
uint64_t orr_tm_adopt(struct orr_tm *t, const struct orr_msg *m);

/* ---- height.c: decisions ---- */
void orr_tm_decide(struct orr_tm *t, struct round *r, struct orr_tally *quorum,
                   struct body *b);
void orr_tm_apply(struct orr_tm *t, struct body *b);
/* Puts a decided body, which moves there, at its height of the chain. */
void orr_tm_append(struct orr_tm *t, struct body *b);
/* Forgets all rounds of a height, and all its bodies but the decided one, or NULL. */
void orr_tm_leave_height(struct orr_tm *t, struct body *decided);
/* A new height begins: StartRound(0) when timeout_commit has passed. */
void orr_tm_wait_for_height(struct orr_tm *t);
struct orr_msg *orr_tm_seen_commit(struct orr_tm *t); /* of height - 1; NULL at height 1 */
/* Of a decided height whose block is here. */
struct orr_msg *orr_tm_commit_of(struct orr_tm *t, uint64_t height);
/* After a restart: puts out the last decision, of which nobody knows whether it was told. */
void orr_tm_decide_again(struct orr_tm *t);

/* ---- remote.c: the key is with a remote signer ---- */
/* Asks for a signature on a statement about this height and round. */
void orr_tm_ask_signature(struct orr_tm *t, enum orr_signed_type type, int32_t pol_round,
                          const struct orr_block_id *id);
/* Asks for those that are open still. */
void orr_tm_ask_signatures_again(struct orr_tm *t);
/* The signer's answer: what was asked and is granted, for this round, lent; NULL: nothing is. */
struct asked *orr_tm_answered(struct orr_tm *t, struct orr_msg *m, orr_peer from,
                              struct orr_signer_reply *reply);

/* ---- propose.c ---- */
/* May this node sign that?  If so, it has signed it (common/guard.h). */
bool orr_tm_may_sign(struct orr_tm *t, enum orr_signed_type type, uint32_t round,
                     int32_t pol_round, const struct orr_block_id *id);
void orr_tm_propose(struct orr_tm *t);
void orr_tm_vote(struct orr_tm *t, enum orr_signed_type type,
                 const struct orr_block_id *id);
/* With the signature at hand: logs and sends a statement about this height and round. */
void orr_tm_send_vote(struct orr_tm *t, enum orr_signed_type type, const struct orr_block_id *id,
                      const uint8_t signature[ORR_SIGN_BYTES]);
void orr_tm_send_proposal(struct orr_tm *t, struct body *b, int32_t pol_round,
                          const uint8_t signature[ORR_SIGN_BYTES]);

/* ---- algorithm.c: the rules ---- */
void orr_tm_start_round(struct orr_tm *t, uint32_t round);
void orr_tm_resume_round(struct orr_tm *t); /* after a restart */
/* Tries every rule of the current round until none fires. */
void orr_tm_run_rules(struct orr_tm *t);
/* Line 49 for any round of this height; true if the height was decided. */
bool orr_tm_try_decide(struct orr_tm *t, struct round *r);
void orr_tm_timeout(struct orr_tm *t, enum orr_tm_timer timer);
/* Line 55: validator `v` was heard of in a round past ours; true: which is news worth telling, as
 * before it was in no round past our window. */
bool orr_tm_heard_of_round(struct orr_tm *t, uint32_t v, uint32_t round);

/* ---- recv_*.c, status.c, inventory.c: one message kind each; true: authentic and new, to be
 * relayed ---- */
bool orr_tm_recv_tx(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_proposal(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_part(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_vote(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_commit(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_evidence(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_status(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_have(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_want(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_snapshot(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_has(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_fetch(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_recall(struct orr_tm *t, struct orr_msg *m, orr_peer from);
bool orr_tm_recv_signature(struct orr_tm *t, struct orr_msg *m, orr_peer from);
void orr_tm_offer_txs(struct orr_tm *t); /* to a peer, if a block passed some over */

/* ---- recv_gossip.c, gossip.c: the transport `gossip` ---- */
bool orr_tm_recv_gossip(struct orr_tm *t, struct orr_msg *m, orr_peer from); /* those of peer.c */
void orr_tm_gossip(struct orr_tm *t); /* at the end of a step: each peer's routines */

/* ---- restore.c ---- */
/* At ORR_START: 0, or ORR_ECORRUPT. */
int orr_tm_restore(struct orr_tm *t);

/* ---- tendermint.c: birth, and one event after the other ---- */
#endif
