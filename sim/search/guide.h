/* guide.h - what a hunt has learnt: which abstract states runs have reached, and the plans that
 * were the first to reach one, which are changed to draw others.
 *
 * An abstract state tells of each node its view and height relative to the least of all, its phase,
 * and what it is locked on and knows of (struct orr_stand), as a multiset, hashed to 64 bits.  Two
 * runs that reach the same do much the same next.  A plan is the likelier to be taken the fewer
 * runs have reached the state that it was the first to reach.
 *
 * A guide changes between generations alone, by the results in the order of runs: what it draws is
 * a function of ground, seed, i and the generations before. */
#ifndef ORR_SIM_SEARCH_GUIDE_H
#define ORR_SIM_SEARCH_GUIDE_H

#include "sim/engine/sim.h"
#include "sim/search/draw.h"

enum { ORR_STATES_EACH = 128, ORR_GUIDE_PLANS = 1024, ORR_GUIDE_STATES = 1 << 18 };

/* The states of one run: the first ORR_STATES_EACH. */
struct orr_states {
    uint32_t n;
    uint64_t v[ORR_STATES_EACH]; /* [n] each once, as they came */
};
/* Adds where the nodes first..first+n-1 of a simulation stand now; n <= ORR_PLAN_NODES_MAX. */
void orr_states_add(struct orr_states *states, struct orr_sim *sim, orr_peer first, uint32_t n);

struct orr_guide {
    struct orr_state { uint64_t hash, hits; } *states; /* [n_states] as they came; owned */
    uint32_t n_states, states_cap;
    uint32_t *places;    /* [n_places] a hash table of indices into states, + 1; owned */
    uint32_t n_places;
    struct orr_guided {
        uint64_t run;    /* that it was first drawn for                   */
        uint32_t state;  /* an index: the one that it was first to reach  */
        struct orr_plan_drawn plan;
    } *plans;            /* [n_plans] owned                               */
    uint32_t n_plans, plans_cap;
};

void orr_guide_fini(struct orr_guide *guide);
/* Takes the states of a run in the order of runs; of a plan that was the first in one a copy, while
 * there is room. */
void orr_guide_take(struct orr_guide *guide, uint64_t run, const struct orr_plan_drawn *plan,
                    const struct orr_states *states);
/* One of its parts as it stood, in the order in which they were taken: for a hunt that goes on.
 * False: it is none that a guide can hold. */
bool orr_guide_restore_state(struct orr_guide *guide, uint64_t hash, uint64_t hits);
bool orr_guide_restore_plan(struct orr_guide *guide, const struct orr_guided *plan);

/* Draws a plan: one of the guide's, changed; false: it has none yet. */
bool orr_guide_draw(const struct orr_guide *guide, const struct orr_ground *ground, uint64_t seed,
                    uint64_t i, struct orr_plan_drawn *plan);
#endif
