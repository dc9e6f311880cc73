/* plan.h - the fault plan: pulls the simulator's levers when the scenario's timeline or a condition
 * says.
 *
 * Who is meant by `leader` and `any k of group` is settled when a fault begins, with draws from
 * stream (ORR_RNG_PLAN, number of the fault).  A fault at 0 s stands before the nodes start (a
 * `byzantine` one begins just after); any other begins after all node events of its time.  Every
 * beginning and end is told to the taps. */
#ifndef ORR_SIM_RUN_PLAN_H
#define ORR_SIM_RUN_PLAN_H

#include "sim/run/build.h"

struct orr_plan;

/* Makes the plan of a scenario that was built; all is lent until orr_plan_free.  NULL: what is
 * wrong is told in diags. */
struct orr_plan *orr_plan_new(struct orr_build *build, struct orr_sim *sim,
                              struct orr_diags *diags);
void orr_plan_free(struct orr_plan *plan); /* NULL: nothing */

/* How many faults have not begun, and the name of the first of them. */
uint32_t orr_plan_waiting(const struct orr_plan *plan, const char **name);

/* Schedules the timeline, and watches for conditions from now on. */
void orr_plan_start(struct orr_plan *plan);
#endif
