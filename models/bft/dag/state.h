/* state.h - what a node of the graph holds; shared by the files of this folder only. */
#ifndef ORR_MODELS_BFT_DAG_STATE_H
#define ORR_MODELS_BFT_DAG_STATE_H

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/set.h"
#include "models/bft/common/leader.h"
#include "models/bft/common/mempool.h"
#include "models/bft/common/sync.h"
#include "models/bft/common/wal.h"
#include "models/bft/dag/dag.h"
#include "models/bft/dag/store.h"
#include "models/bft/dag/txs.h"
#include "models/field.h"

enum {
    DAG_SLOT_DECIDED = 1,   /* of the log: number u64 | leader: a ref | first open slot: round,
                               index u64 | earlier leaders: refs                                */
    DAG_DECIDED_BYTES = 8 + ORR_VERTEX_REF_BYTES + 16, /* without those                         */
    DAG_ASK_REFS = 64,      /* parents that are asked for at once                               */
    DAG_ANSWER_ROUNDS = 64, /* rounds in an answer to who is far behind                         */
    DAG_FAR_ROUNDS = 4,     /* a vertex so many rounds above the graph means that               */
    DAG_ANSWER_BURST_BYTES = 4 << 20,
    DAG_OLD_REFS_ROUNDS = 8, /* below its own in which a vertex takes up what nobody stands on  */
    DAG_AHEAD_ROUNDS = 64   /* above the graph that a vertex is kept for                        */
};
enum { DAG_TIMER_ROUND, DAG_TIMER_RETRY, DAG_N_TIMERS };

/* What tells the roles apart. */
struct orr_dag_rules {
    enum { RULE_TUSK, RULE_BULLSHARK, RULE_MYSTICETI } rule;
    bool is_certified;
};

struct dag_node {
    /* what was given at birth */
    const struct orr_env *env;
    const struct orr_common *common;
    const struct orr_dag_config *config;
    struct orr_dag_rules rules;
    const struct orr_validator_set *set;
    uint32_t me;

    /* of the step that runs */
    struct orr_outbox *out;
    orr_time now, wall;

    struct orr_dag dag;
    uint64_t round;            /* of the last vertex that this node proposed                  */
    orr_time proposed_at;      /* when                                                        */
    uint64_t ready_round;      /* the highest round with a quorum in the graph ...            */
    orr_time ready_at;         /* ... since when                                              */
    bool has_news;             /* a vertex has entered the graph since the rules were applied */
    bool round_is_armed;
    orr_time round_timer;      /* what DAG_TIMER_ROUND is armed at                                */
    uint64_t *voted;           /* [n] the last round of each author that it voted in          */

    struct orr_tally_store tallies;
    struct orr_vote_set votes; /* for its own vertex of `round`                               */
    uint64_t *seen;            /* their bitset                                                */

    struct orr_dag_txs ordered_txs; /* of what is decided                                     */
    uint64_t n_decided;        /* leaders                                                     */
    struct orr_vertex_ref leader; /* the last of them; round 0: none                          */
    struct orr_vertex_ref *earlier; /* [n_earlier] those before it, as far down as it may order,
                                       in order: a later one need not stand on them           */
    uint32_t n_earlier, earlier_cap;
    uint64_t next_round, next_index; /* the first slot that is open (mysticeti)               */

    struct orr_sync answers;   /* what peers were sent on their asking, once one asks         */
    orr_peer ahead;            /* a peer far ahead, or ORR_NOBODY                             */
    uint64_t retry_round;      /* the round at the last retry                                 */
    uint32_t n_asks;           /* so that others are asked in turn                            */

    struct orr_mempool mempool;
    uint64_t carried_bytes;    /* of transactions in its own vertices that may be decided yet */
    uint64_t carried_from;     /* the first round of these                                    */
    struct orr_set pending;    /* scratch: those of its own vertices that are not decided     */
    struct orr_recent decided_txs;
    struct orr_wal wal;
    uint64_t n_dropped;
};

static inline const struct orr_costs *dag_costs(const struct dag_node *g) {
    return g->common->costs;
}

/* ---- report.c ---- */
void orr_dag_drop(struct dag_node *g);
uint64_t orr_dag_digest(const void *node);
bool orr_dag_leads(const void *node);
bool orr_dag_place(const struct orr_msg *m, struct orr_progress *at);
bool orr_dag_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                       struct orr_statement *said);
void orr_dag_stand(const void *node, struct orr_stand *stand);
/* Who leads a round; ORR_NOBODY: nobody does.  index: of a round's leaders. */
uint32_t orr_dag_leader_of(const struct dag_node *g, uint64_t round, uint64_t index);

/* ---- log.c ---- */
void orr_dag_store_vertex(struct dag_node *g, struct orr_vertex *v);
void orr_dag_store_cert(struct dag_node *g, struct orr_vertex *v);
void orr_dag_store_decided(struct dag_node *g);

/* ---- decide.c ---- */
/* Bytes of transactions that a vertex carries; one of this node's own counts no more among what may
 * be decided yet. */
uint64_t orr_dag_carries(const struct orr_vertex *v);
void orr_dag_put_down(struct dag_node *g, const struct orr_vertex *v);
/* The lowest round that a leader of a round brings into the order. */
uint64_t orr_dag_least(const struct dag_node *g, uint64_t round);
/* What a leader brought in before a restart is in the order again, and is not told. */
void orr_dag_order_again(struct dag_node *g, struct orr_vertex *leader);
/* Decides a leader: all of its history that is not decided. */
void orr_dag_decide(struct dag_node *g, struct orr_vertex *leader);

/* ---- rules.c ---- */
/* Decides what follows from the graph. */
void orr_dag_apply_rules(struct dag_node *g);
/* Sets what an uncertified vertex that enters certifies. */
void orr_dag_note_certified(struct dag_node *g, struct orr_vertex *v);
/* Has a round that has a quorum what the next one should stand on: its leader, votes for it? */
bool orr_dag_is_worth_standing_on(const struct dag_node *g, uint64_t round);

/* ---- gather.c ---- */
void orr_dag_recv_vertex(struct dag_node *g, struct orr_msg *m, orr_peer from);
void orr_dag_recv_vote(struct dag_node *g, struct orr_msg *m);
void orr_dag_recv_cert(struct dag_node *g, struct orr_msg *m, orr_peer from);
/* Puts in a message as a vertex that is not settled; a vertex that is there already gets it. */
struct orr_vertex *orr_dag_keep(struct dag_node *g, struct orr_msg *m, orr_peer from);
/* Does what can be done with a vertex: votes, puts it into the graph. */
void orr_dag_settle(struct dag_node *g, struct orr_vertex *v);
/* And with those that wait. */
void orr_dag_settle_waiting(struct dag_node *g);

/* ---- sync.c ---- */
void orr_dag_recv_ask(struct dag_node *g, const struct orr_msg *m, orr_peer from);
void orr_dag_retry_timer(struct dag_node *g);

/* ---- propose.c ---- */
/* Proposes in the next round, if that may be; else arms a timer for when it may. */
void orr_dag_try_propose(struct dag_node *g);

/* ---- restore.c ---- */
int orr_dag_restore(struct dag_node *g);

/* ---- forge.c ---- */
struct orr_msg *orr_dag_forge(void *node, const struct orr_msg *m, struct orr_pool *pool);

/* ---- fields.c ---- */
extern const struct orr_msg_field orr_dag_fields[];
bool orr_dag_sign(const struct orr_common *common, orr_peer signer,
                  const struct orr_msg_field *changed, struct orr_msg *m);
#endif
