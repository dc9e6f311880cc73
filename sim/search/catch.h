/* catch.h - from what a hunt has found to a scenario for people: replayed with real signatures,
 * shrunk, and held against its control.  What the hunt is about stays: roles and their settings,
 * network, expectations.
 *
 * The control is the sound variant under the same plan: the scenario without those settings of
 * roles that are known mistakes (orr_config_key.flaw).  There is none when nothing is flawed. */
#ifndef ORR_SIM_SEARCH_CATCH_H
#define ORR_SIM_SEARCH_CATCH_H

#include "sim/search/hunt.h"
#include "sim/search/lasso.h"
#include "sim/search/yaml.h"

enum orr_control { ORR_CONTROL_NONE, ORR_CONTROL_HOLDS, ORR_CONTROL_BREAKS };

/* What is counted: decisions, nodes, and the views and heights that decisions name. */
struct orr_catch_size {
    uint32_t n_decisions, n_nodes, n_views;
};
static inline uint32_t orr_catch_size_sum(struct orr_catch_size s) {
    return s.n_decisions + s.n_nodes + s.n_views;
}

struct orr_catch {
    /* In: */
    const struct orr_hunt *hunt;
    struct orr_caught caught;
    struct orr_plan_drawn plan; /* of its run (orr_hunt_plan) */
    bool (*enough)(void *ctx); /* true: shrink no further; NULL: never */
    void *ctx;
    uint32_t max_asks;

    /* Out: */
    bool is_real;              /* it replays with real signatures, shrunk or not */
    struct orr_finding finding; /* of the shrunk scenario, with the signatures that it names */
    struct orr_catch_size before, after;
    uint32_t n_asks;
    bool is_least;             /* no single part more can go */
    enum orr_control control;
    char control_text[400];    /* what the control came to, if it breaks */
    struct orr_yaml_text drawn, shrunk; /* scenarios; owned, free(.v) */
    struct orr_lasso lasso;    /* of a stall: is it one that goes round? */
    char *story;               /* of the shrunk one, lines (story.h); owned, free(); NULL: it
                                  comes to no end                                       */
    char shape[160];           /* equal for catches that are alike: check and decisions */
};

/* 0, or ORR_EIO: there can be no process; ORR_EFORMAT: the plan cannot be run. */
int orr_catch(struct orr_catch *c);
void orr_catch_fini(struct orr_catch *c);
#endif
