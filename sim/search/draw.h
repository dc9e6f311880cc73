/* draw.h - plans: what a search draws, changes and saves.
 *
 * A plan is a seed, a number of nodes and a list of decisions, each a line as it stands under
 * `schedule:` in a scenario.  What is drawn keeps to what protocols assume: fewer than a third of
 * the power lies or loses its disk, all faults are over at `calm_at`, and a role that cannot
 * contradict itself (orr_protocol.fault.forge) tells no lies at all.
 *
 * Draw i of a hunt is a function of what is known of the ground, the hunt's seed, and i. */
#ifndef ORR_SIM_SEARCH_DRAW_H
#define ORR_SIM_SEARCH_DRAW_H

#include "sim/scenario/scenario.h"

enum { ORR_DECISIONS_MAX = 24, ORR_DECISION_CHARS = 240, ORR_GROUND_KINDS = 16 };

struct orr_plan_drawn {
    uint64_t seed;
    uint32_t n_nodes;  /* of the ground's group */
    uint32_t n;
    char decisions[ORR_DECISIONS_MAX][ORR_DECISION_CHARS]; /* [n] `{do: drop, ...}` */
};

/* What is known of a scenario before the hunt: from itself and from a run without a plan. */
struct orr_ground {
    const char *group;          /* of the nodes that the plans are about                    */
    uint32_t n_nodes;           /* as the scenario has it                                   */
    bool may_resize;            /* 4 to 7 nodes can be tried                                */
    bool on_streams;            /* there a loss is a delay without a bound: none is drawn   */
    uint32_t behaviours;        /* bits of enum orr_behaviour that the role knows           */
    const char *fields[ORR_N_FIELDS]; /* [n_fields] kinds of fields that its liars can change */
    uint32_t n_fields;
    bool can_lie, beyond;       /* beyond: more of them than protocols bear                 */
    const char *kinds[ORR_GROUND_KINDS]; /* [n_kinds] message kinds that were sent, votes and
                                            the like                                       */
    uint32_t n_kinds;
    uint64_t last_view, last_height; /* that messages were about: at most                   */
    bool by_view;               /* views count the blocks; else heights do                  */
    orr_time calm_at;           /* all faults are over                                      */
    orr_time beat;              /* from one block to the next, about                        */
};

/* Runs the scenario once, as it is.  0, or what orr_run says. */
int orr_ground_look(const struct orr_scenario *scenario, struct orr_ground *ground,
                    struct orr_diags *diags);

/* STRATEGY(name, as written, how it draws) */
#define ORR_STRATEGIES(STRATEGY)                                                              \
    STRATEGY(MIXED, "mixed", "three swarm plans, one random one, and so on")                  \
    STRATEGY(RANDOM, "random", "each kind of decision with a fixed probability: a baseline")  \
    STRATEGY(SWARM, "swarm", "each run has kinds of decisions, rates and nodes of its own")
enum orr_strategy {
#define STRATEGY(name, text, help) ORR_STRATEGY_##name,
    ORR_STRATEGIES(STRATEGY)
#undef STRATEGY
    ORR_N_STRATEGIES
};

/* Draws plan i. */
void orr_plan_draw(const struct orr_ground *ground, enum orr_strategy strategy, uint64_t seed,
                   uint64_t i, struct orr_plan_drawn *plan);

/* The decisions as text under `schedule:`, a list in block style; to[size] ends with a NUL.
 * Returns its length. */
size_t orr_plan_text(const struct orr_plan_drawn *plan, char *to, size_t size);
enum { ORR_PLAN_CHARS = ORR_DECISIONS_MAX * (ORR_DECISION_CHARS + 8) };
#endif
