/* hunt.h - runs a scenario under thousands of drawn plans and keeps what they show.
 *
 * The runs of a hunt come in generations of ORR_HUNT_GENERATION.  Each generation is dealt out to
 * worker processes, which share nothing but a table of results; run i is a function of scenario,
 * strategy, seed and i, and results are taken in the order of runs: how many workers there are, or
 * which one is quick, changes nothing.  A worker that dies or hangs is a finding of the run that it
 * was at; another one goes on behind that.
 *
 * Plans of guided turns depend on what earlier generations have reached, too, which is taken in the
 * order of runs.
 *
 * A run that has decided nothing since all was calm runs once more and longer, and is asked whether
 * it decides within the views that its role needs at most (bound.h): the phase for liveness.
 *
 * While it hunts, signatures are modelled; whoever keeps a finding replays it with real ones. */
#ifndef ORR_SIM_SEARCH_HUNT_H
#define ORR_SIM_SEARCH_HUNT_H

#include "sim/search/draw.h"
#include "sim/search/finding.h"
#include "sim/search/guide.h"

enum { ORR_HUNT_GENERATION = 512, ORR_HUNT_WORKERS_MAX = 64, ORR_HUNT_RUN_SECONDS = 10,
       ORR_HUNT_OVERRIDES_MAX = 64, ORR_HUNT_KEPT = 8, ORR_HUNT_PACES = 48 };

/* How far each strategy has come: its runs, and the abstract states that they were the first to
 * reach. */
struct orr_hunt_pace {
    uint64_t runs[ORR_N_STRATEGIES], states[ORR_N_STRATEGIES];
};

/* What a run was drawn from and came to. */
struct orr_caught {
    uint64_t run;
    struct orr_finding finding;
    struct orr_plan_drawn *plan; /* of a run that a guide drew, of the first ORR_HUNT_KEPT of a
                                    check; owned; else NULL                                   */
};

struct orr_hunt {
    /* In: a scenario's text, with `key=value` texts; lent. */
    const char *text, *name;
    size_t len;
    const char *const *overrides;
    uint32_t n_overrides;
    enum orr_strategy strategy;
    uint64_t seed, n_runs; /* up to but without n_runs */
    uint32_t n_workers;
    bool stop_at_first;    /* the least run that shows something ends the hunt */
    /* After each generation; true: stop. */
    bool (*progress)(void *ctx, const struct orr_hunt *hunt);
    void *ctx;

    /* In and out: where it begins, and where it has come to. */
    uint64_t n_done;
    uint64_t n_skipped;    /* plans that would have been beyond what protocols assume, or none */
    struct orr_guide guide; /* empty unless the strategy has guided turns                     */
    /* Of hunts with guided turns: how it stood after 512, 1,024, 2,048, ... runs, and stands. */
    struct orr_hunt_pace paces[ORR_HUNT_PACES]; /* [n_paces] */
    struct orr_hunt_pace pace;
    uint32_t n_paces;
    struct orr_caught *caught; /* [n_caught] in the order of runs; owned, free() */
    uint32_t n_caught, caught_cap;

    struct orr_ground ground;
    struct orr_scenario *scenario; /* the ground's, owned */
};

/* Looks at the ground: before anything else.  0, or a negative ORR_E, what is wrong in diags. */
int orr_hunt_begin(struct orr_hunt *hunt, struct orr_diags *diags);
/* Runs.  0; ORR_EIO: there can be no process; ORR_ELIMIT: it was stopped, n_done says where. */
int orr_hunt_run(struct orr_hunt *hunt);
void orr_hunt_fini(struct orr_hunt *hunt);

/* Has the hunt guided turns? */
bool orr_hunt_is_guided(const struct orr_hunt *hunt);
/* The plan of a run of the hunt; of a guided turn one of the generation that comes next. */
void orr_hunt_plan(const struct orr_hunt *hunt, uint64_t run, struct orr_plan_drawn *plan);
/* The plan of what was caught; false: it was guided and is not kept. */
bool orr_hunt_caught_plan(const struct orr_hunt *hunt, const struct orr_caught *caught,
                          struct orr_plan_drawn *plan);

/* The changes that make a ground's scenario that of its phase for liveness, as `--set`. */
struct orr_live_words {
    char duration[40], termination[64];
};
struct orr_live_words orr_hunt_live_words(const struct orr_ground *ground);

/* That of a plan of so many halves, other than two. */
enum { ORR_DURATION_CHARS = 40 };
void orr_hunt_duration_word(const struct orr_ground *ground, uint32_t halves,
                            char word[ORR_DURATION_CHARS]);

/* Runs one run in this process: for replays and tests.  False: its plan is beyond the assumptions,
 * or was changed into none.  states: those that it reached; NULL: nobody asks.  The scenario of the
 * plan's number of nodes is parsed and built at its first use and kept. */
struct orr_hunter;
struct orr_hunter *orr_hunter_new(const struct orr_hunt *hunt);
void orr_hunter_free(struct orr_hunter *hunter);
bool orr_hunter_run(struct orr_hunter *hunter, const struct orr_plan_drawn *plan,
                    struct orr_finding *finding, struct orr_states *states);
#endif
