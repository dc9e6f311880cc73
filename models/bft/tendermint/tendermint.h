/* tendermint.h - Tendermint consensus: E. Buchman, J. Kwon, Z. Milosevic, "The latest gossip on BFT
 * consensus", arXiv 1807.04938, Algorithm 1, with what CometBFT's specification adds to make it
 * run: proposer priority, block parts, a mempool, a write-ahead log, catch-up and evidence.
 *
 * One height decides one block.  A round is a proposal, prevotes and precommits; more than 2/3 of
 * the power prevoting a block locks those who see it, more than 2/3 precommitting decides.
 *
 * Locking follows the paper, as CometBFT does since 1.0: a lock is given up only for a newer quorum
 * of prevotes for another block (lines 28-30, 36-39); a quorum of nil prevotes does not release it,
 * and a locked node that is proposed another block prevotes nil.  (CometBFT 0.x releases the lock
 * on either quorum, seen with its block or not, and prevotes what it is locked on.)
 *
 * Deviations from CometBFT, all of form: encodings are little-endian and fixed, who may ever
 * validate is a member from genesis on, if without power (voters.c).  How messages travel is a
 * choice: with `direct` and `flood` lost messages are made good by asking peers what they have
 * (status.c, inventory.c) rather than by tracking what each peer has, and a block of many parts is
 * sent in part and fetched from whoever has some of it (fetch.c); `gossip` is CometBFT's consensus
 * and mempool reactors (gossip.c).
 *
 * This layer is a library that a node composes (models/node/validator.c): hand every event to
 * orr_tm_step(). */
#ifndef ORR_TENDERMINT_H
#define ORR_TENDERMINT_H

#include "models/app.h"
#include "models/bft/common/validators.h"
#include "models/field.h"
#include "models/output.h"
#include "models/statement.h"

/* orr_msg.kind on the wire.  A transaction is of kind 0: its orr_msg_hash is its id everywhere. */
#define ORR_TENDERMINT_KINDS(KIND) \
    KIND(TX, "tx")                 \
    KIND(PROPOSAL, "proposal")     \
    KIND(PART, "part")             \
    KIND(PREVOTE, "prevote")       \
    KIND(PRECOMMIT, "precommit")   \
    KIND(COMMIT, "commit")         \
    KIND(EVIDENCE, "evidence")     \
    KIND(STATUS, "status")         \
    KIND(HAVE, "have")             \
    KIND(WANT, "want")             \
    KIND(HAS, "has")               \
    KIND(FETCH, "fetch")           \
    KIND(SNAPSHOT, "snapshot")     \
    KIND(RECALL, "recall")         \
    KIND(TELL, "tell")             \
    KIND(SIGN, "sign")             \
    KIND(SIGNATURE, "signature")   \
    KIND(STEP, "step")             \
    KIND(HAS_VOTE, "has-vote")     \
    KIND(VALID, "valid-block")     \
    KIND(POL, "pol")               \
    KIND(MAJ23, "maj23")           \
    KIND(BITS, "vote-bits")
enum orr_tm_kind {
#define KIND(name, text) ORR_TM_##name,
    ORR_TENDERMINT_KINDS(KIND)
#undef KIND
    ORR_TM_N_KINDS
};

/* The steps of a round, as struct orr_progress reports them. */
enum orr_tm_step {
    ORR_TM_STEP_COMMIT,    /* decided; waits timeout_commit for late precommits */
    ORR_TM_STEP_PROPOSE,
    ORR_TM_STEP_PREVOTE,
    ORR_TM_STEP_PRECOMMIT
};

enum orr_tm_timer {
    ORR_TM_TIMER_PROPOSE,
    ORR_TM_TIMER_PREVOTE,
    ORR_TM_TIMER_PRECOMMIT,
    ORR_TM_TIMER_COMMIT,
    ORR_TM_TIMER_GOSSIP,
    ORR_TM_TIMER_PEERS, /* of the transport `gossip` */
    ORR_TM_N_TIMERS
};

enum orr_tm_dissemination {
    ORR_TM_DIRECT, /* every message goes from its author to every linked peer     */
    ORR_TM_FLOOD,  /* and every first-seen authentic one is relayed by receivers  */
    ORR_TM_GOSSIP  /* each peer is sent what it is believed to lack, as in CometBFT (gossip.c) */
};
/* Their names, NULL-terminated, and the help of the key. */
extern const char *const orr_tm_disseminations[];
#define ORR_TM_DISSEMINATION_HELP                                                                  \
    "direct: authors send to every linked peer; flood: receivers relay what is new; gossip: as in "\
    "CometBFT each peer is sent what it is believed to lack"

/* BUG(name, as written): mistakes that implementations have made, one at a time.  Of those that are
 * known of other protocols two cannot be made here: a commit has a place for each validator, so
 * that nobody counts twice in it, and a part has one number, by which its proof is climbed. */
#define ORR_TENDERMINT_BUGS(BUG)                                                                \
    BUG(NONE, "none")                                                                           \
    BUG(QUORUM_2F, "quorum-2f")               /* one vote too few                            */ \
    BUG(NO_LOCK, "no-lock")                   /* precommits, and prevotes anything after it  */ \
    BUG(FORGET_LAST_VOTE, "forget-last-vote") /* votes are sent and never written            */ \
    BUG(HEIGHT_ROUND_MIXUP, "height-round-mixup") /* votes of a round, whatever their height */ \
    BUG(ACCEPT_OLD_QC, "accept-old-qc")       /* prevotes older than the lock release it     */ \
    BUG(TIMER_NEVER_GROWS, "timer-never-grows")                                                 \
    BUG(SKIP_PREPARE, "skip-prepare")         /* precommits what it has prevoted             */ \
    BUG(STALE_VIEW_VOTE, "stale-view-vote")   /* votes of earlier rounds count in this one   */
enum orr_tm_bug {
#define BUG(name, text) ORR_TM_BUG_##name,
    ORR_TENDERMINT_BUGS(BUG)
#undef BUG
};

struct orr_tm_config {
    orr_time timeout_propose, timeout_propose_delta; /* round r waits timeout + r * delta */
    orr_time timeout_prevote, timeout_prevote_delta;
    orr_time timeout_precommit, timeout_precommit_delta;
    orr_time timeout_commit;
    orr_time precision;         /* how far a proposer's clock and ours may differ           */
    orr_time message_delay;     /* how long a proposal may take, in round 0                 */
    orr_time gossip_interval;   /* how often a node that is stuck asks a peer               */
    uint64_t part_size, max_block_size;
    uint64_t mempool_txs, mempool_size;
    uint64_t evidence_max_age;  /* heights                                                  */
    uint64_t retain_blocks;     /* the last so many decided blocks are kept at least; 0: all */
    uint32_t dissemination;     /* enum orr_tm_dissemination                                */
    orr_time peer_gossip_sleep; /* of it, and ...                                           */
    orr_time peer_query_maj23_sleep;
    uint64_t send_rate;         /* ... of each connection, bytes a second                   */
    uint64_t signer;            /* node of the remote signer (common/signer.h), or ORR_NOBODY */
    uint64_t key_of;            /* node whose key this one votes with; ORR_NOBODY: its own   */
    /* flawed variants: 0 is the paper's */
    uint32_t unlock_off, valid_value_off, timeout_precommit_off;
    uint32_t bug;               /* enum orr_tm_bug                                          */
};

/* The keys of struct orr_tm_config in a config struct `type` whose member `member` it is.
 */
#define ORR_TENDERMINT_CONFIG_KEYS(KEY)                                                            \
    KEY(timeout_propose, TIME, 3000000000, 1000, 3600000000000,                                    \
        "how long round 0 waits for a proposal")                                                   \
    KEY(timeout_propose_delta, TIME, 500000000, 0, 3600000000000, "more with each round")          \
    KEY(timeout_prevote, TIME, 1000000000, 1000, 3600000000000,                                    \
        "how long round 0 waits for more prevotes after 2/3 of any")                               \
    KEY(timeout_prevote_delta, TIME, 500000000, 0, 3600000000000, "more with each round")          \
    KEY(timeout_precommit, TIME, 1000000000, 1000, 3600000000000,                                  \
        "how long round 0 waits for more precommits after 2/3 of any")                             \
    KEY(timeout_precommit_delta, TIME, 500000000, 0, 3600000000000, "more with each round")        \
    KEY(timeout_commit, TIME, 1000000000, 1000, 3600000000000,                                     \
        "pause between a decision and the next height, for late precommits")                       \
    KEY(precision, TIME, 505000000, 1000, 3600000000000,                                           \
        "how far ahead of its own clock a validator lets a new block's time be")                   \
    KEY(message_delay, TIME, 15000000000, 1000, 3600000000000,                                     \
        "how far behind it, beside precision, in round 0; a tenth more with each round")           \
    KEY(gossip_interval, TIME, 250000000, 1000000, 3600000000000,                                  \
        "how often a node that makes no progress asks a peer for what it lacks")                   \
    KEY(part_size, SIZE, 65536, 1024, ORR_TM_MAX_PART, "largest part of a block")                  \
    KEY(max_block_size, SIZE, 1048576, 4096, ORR_TM_MAX_BLOCK,                                     \
        "largest block, and at most 1,024 parts; n validators need 650 + 65 n bytes")              \
    KEY(mempool_txs, COUNT, 5000, 0, 1000000, "transactions that a mempool holds")                 \
    KEY(mempool_size, SIZE, 67108864, 0, 1073741824, "bytes that a mempool holds")                 \
    KEY(evidence_max_age, COUNT, 1000, 1, 1000000, "heights after which evidence is void")         \
    KEY(retain_blocks, COUNT, 64, 0, 1ull << 40,                                                   \
        "the last so many blocks are kept, up to twice as many; earlier ones give way to a "       \
        "snapshot of the application, from which late joiners begin; over the EVM all are kept, "  \
        "and a snapshot each so many is where a restart begins; 0: all are kept, no snapshot")     \
    KEY(peer_gossip_sleep, TIME, 100000000, 1000000, 3600000000000,                                \
        "transport gossip: how long a peer's routine sleeps when it finds nothing to send")        \
    KEY(peer_query_maj23_sleep, TIME, 2000000000, 1000000, 3600000000000,                          \
        "transport gossip: how often peers are told which votes have a quorum, and how long a "    \
        "node that makes no progress waits before it asks a peer outright")                        \
    KEY(send_rate, SIZE, 5120000, 10240, 1ull << 40,                                               \
        "transport gossip: bytes a second that go over one connection")                            \
    KEY(signer, COUNT, ORR_NOBODY, 0, ORR_NOBODY,                                                  \
        "number of the node, of role remote-signer, that signs for it; 4294967295: it signs "      \
        "itself")                                                                                  \
    KEY(key_of, COUNT, ORR_NOBODY, 0, ORR_NOBODY,                                                  \
        "number of the validator with whose key it votes, as a standby does; 4294967295: its own")
enum { ORR_TM_MAX_PART = 1 << 18, ORR_TM_MAX_BLOCK = 1 << 20 << 4 };

struct orr_tm;

/* What is wrong with a configuration for n validators (static text), or NULL. */
const char *orr_tm_refuses(const struct orr_tm_config *config, uint32_t n);

/* A validator of the set; env, config, set, application and its state are lent for the node's life.
 * Memory is from env->mem.  Returns NULL if the set is not sound, self is not in it, or the
 * configuration is refused. */
struct orr_tm *orr_tm_new(const struct orr_env *env,
                                          const struct orr_tm_config *config,
                                          const struct orr_validator_set *set,
                                          const struct orr_app *app, void *app_state);
void orr_tm_free(struct orr_tm *t);

/* Gives a message of any kind but a transaction its decoded form (orr_protocol.decode). */
void orr_tm_decode(struct orr_msg *m, const struct orr_validator_set *set, struct orr_pool *pool,
                   struct orr_memo *memo);

/* Any event.  0, or ORR_ECORRUPT: durable records contradict each other. */
int orr_tm_step(struct orr_tm *t, const struct orr_event *event,
                        struct orr_outbox *out);
uint64_t orr_tm_digest(const struct orr_tm *t);
/* Is this node the proposer of the round that it is in? */
bool orr_tm_leads(const struct orr_tm *t);
/* Has a node power at the height that this one is at, or at one beside it? */
bool orr_tm_may_vote(const struct orr_tm *t, orr_peer node);
/* orr_protocol.report.place: of proposals, parts, votes, commits, evidence and statuses. */
bool orr_tm_place(const struct orr_msg *m, struct orr_progress *at);
/* orr_protocol.report.statement: of proposals, votes, and the votes in commits and evidence. */
bool orr_tm_statement(const struct orr_msg *m, uint32_t i, const struct orr_validator_set *set,
                      struct orr_statement *said);
/* orr_protocol.report.stand: view is the round, high_view the valid round. */
void orr_tm_stand(const struct orr_tm *t, struct orr_stand *stand);

/* A conflicting message in place of m, one of this node's own: see forge.c.  NULL: m cannot
 * conflict. */
struct orr_msg *orr_tm_forge(struct orr_tm *t, const struct orr_msg *m,
                                     struct orr_pool *pool);

/* orr_protocol.fault.fields and .sign (fields.c), .forget: the lock and the valid value. */
extern const struct orr_msg_field orr_tm_fields[];
bool orr_tm_sign(const struct orr_common *common, const struct orr_validator_set *set,
                 orr_peer signer, struct orr_msg *m);
void orr_tm_forget(struct orr_tm *t);
#define ORR_TM_PATIENCE \
    (1u << ORR_TM_TIMER_PROPOSE | 1u << ORR_TM_TIMER_PREVOTE | 1u << ORR_TM_TIMER_PRECOMMIT)

/* For tests and reports. */
struct orr_tm_view {
    uint64_t height;
    uint32_t round;
    enum orr_tm_step step;
    int32_t locked_round, valid_round; /* -1: none */
    uint8_t locked[32], valid[32];     /* block hashes, with round >= 0 */
    uint32_t mempool_txs;
    uint32_t n_pending_evidence;
    uint64_t n_dropped, n_refused_signatures;
};
struct orr_tm_view orr_tm_look(const struct orr_tm *t);
#endif
