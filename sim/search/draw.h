/* draw.h - plans: what a search draws, changes and saves.
 *
 * A plan is a seed, a number of nodes and a list of decisions, each a line as it stands under
 * `schedule:` in a scenario.  What is drawn keeps to what protocols assume: fewer than a third of
 * the power lies or loses its disk, all faults are over at `calm_at` but those of the plans of
 * `cycles` and a liar's silence, and a role that cannot contradict itself
 * (orr_protocol.fault.forge) tells no lies at all.
 *
 * Draw i of a hunt is a function of what is known of the ground, the hunt's seed, and i. */
#ifndef ORR_SIM_SEARCH_DRAW_H
#define ORR_SIM_SEARCH_DRAW_H

#include "sim/scenario/scenario.h"

enum { ORR_DECISIONS_MAX = 24, ORR_DECISION_CHARS = 768, ORR_GROUND_KINDS = 16,
       ORR_GROUND_LEADERS = 24, ORR_PLAN_NODES_MAX = 31, ORR_HALVES_MAX = 6 };

struct orr_plan_drawn {
    uint64_t seed;
    uint32_t n_nodes;  /* of the ground's group */
    uint32_t halves;   /* how long it is, in halves of the scenario's duration */
    uint32_t n;
    bool may_be_none;  /* it was changed from another, and may be one that the parser refuses */
    char decisions[ORR_DECISIONS_MAX][ORR_DECISION_CHARS]; /* [n] `{do: drop, ...}` */
};

/* What is known of a scenario before the hunt: from itself and from a run without a plan. */
struct orr_ground {
    const char *group;          /* of the nodes that the plans are about                    */
    uint32_t first, n_nodes;    /* its first node, and how many, as the scenario has it     */
    bool may_resize;            /* 4 to 7 nodes can be tried                                */
    bool may_stretch;           /* no expectation is about times: runs may be of any length */
    orr_time duration;          /* as the scenario has it                                   */
    bool on_streams;            /* there a loss is a delay without a bound: none is drawn   */
    uint32_t behaviours;        /* bits of enum orr_behaviour that the role knows           */
    const char *fields[ORR_N_FIELDS]; /* [n_fields] kinds of fields that its liars can change */
    uint32_t n_fields;
    bool can_lie, beyond;       /* beyond: more of them than protocols bear                 */
    bool can_be_led;            /* the role can be told who leads a view                    */
    struct orr_twins_hand *twins; /* of orr_ground_look; NULL: too many nodes for schedules of
                                   Twins.  A cache: what it gives is no matter of the past  */
    const char *kinds[ORR_GROUND_KINDS]; /* [n_kinds] message kinds that were sent, votes and
                                            the like, in the order of a view: as they were sent
                                            first; the first n_usual without a fault          */
    uint8_t n_in_view[ORR_GROUND_KINDS]; /* of these so many went from one node to another about
                                            one view of one height, at most; at least 1      */
    uint32_t n_kinds, n_usual;
    uint8_t leaders[ORR_GROUND_LEADERS]; /* by view: 1 + who proposed in it; 0: not known   */
    uint64_t last_view, last_height; /* that messages were about: at most                   */
    bool by_view;               /* views count the blocks; else heights do                  */
    orr_time calm_at;           /* all faults are over                                      */
    uint64_t live_views;        /* so many views later somebody has decided; 0: not asked   */
    orr_time live_until;        /* a run that has decided nothing by its end goes on so long */
    bool rests;                 /* without a fault all that it was given is decided before  */
    orr_time late_by;           /* a delay of all messages with which no view is lost       */
    orr_time beat;              /* from one block to the next, about                        */
};

/* Runs the scenario once, as it is.  0, or what orr_run says; ORR_EFORMAT: it has too few nodes for
 * faults between them, or too many for plans. */
int orr_ground_look(const struct orr_scenario *scenario, struct orr_ground *ground,
                    struct orr_diags *diags);
void orr_ground_fini(struct orr_ground *ground);

/* The schedules of Twins for a ground of 2 to 7 nodes (else NULL): one round, two, and of each
 * longer one as many classes as are asked for. */
struct orr_twins_hand *orr_twins_hand_new(const struct orr_ground *ground);
void orr_twins_hand_free(struct orr_twins_hand *hand);
/* Classes of schedules of one round (0), of two (1), of a long one (2). */
uint64_t orr_twins_hand_classes(const struct orr_twins_hand *hand, uint32_t space);

/* STRATEGY(name, as written, how it draws) */
#define ORR_STRATEGIES(STRATEGY)                                                              \
    STRATEGY(MIXED, "mixed", "by turns: three times secrets, twice guided, once each other")  \
    STRATEGY(RANDOM, "random", "each kind of decision with a fixed probability: a baseline")  \
    STRATEGY(SWARM, "swarm", "each run has kinds of decisions, rates and nodes of its own")   \
    STRATEGY(TWINS, "twins", "nodes that run twice, and who leads and hears whom in each view") \
    STRATEGY(BYZZFUZZ, "byzzfuzz", "small lies in some rounds, partitions in some others")    \
    STRATEGY(SECRETS, "secrets", "in some views in a row one node learns something alone")    \
    STRATEGY(CYCLES, "cycles", "lies and delays without an end, in a pattern that comes back") \
    STRATEGY(GUIDED, "guided", "changes plans that were the first to reach an abstract state")
enum orr_strategy {
#define STRATEGY(name, text, help) ORR_STRATEGY_##name,
    ORR_STRATEGIES(STRATEGY)
#undef STRATEGY
    ORR_N_STRATEGIES
};

/* What plan i of a strategy is drawn by: of mixed the one whose turn it is. */
enum orr_strategy orr_strategy_of(const struct orr_ground *ground, enum orr_strategy strategy,
                                  uint64_t i);
/* When all is calm in a plan of so many halves. */
orr_time orr_plan_calm_at(const struct orr_ground *ground, uint32_t halves);
/* Draws plan i; of guided what it is without a guide (guide.h). */
void orr_plan_draw(const struct orr_ground *ground, enum orr_strategy strategy, uint64_t seed,
                   uint64_t i, struct orr_plan_drawn *plan);

/* The decisions as text under `schedule:`, a list in block style; to[size] ends with a NUL.
 * Returns its length. */
size_t orr_plan_text(const struct orr_plan_drawn *plan, char *to, size_t size);
enum { ORR_PLAN_CHARS = ORR_DECISIONS_MAX * (ORR_DECISION_CHARS + 8) };
#endif
