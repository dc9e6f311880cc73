/* check.h - parts of what the whole of a scenario must fulfil; for check.c and check_faults.c. */
#ifndef ORR_SIM_SCENARIO_CHECK_H
#define ORR_SIM_SCENARIO_CHECK_H

#include "sim/scenario/bind.h"

#define complain(b, ...) orr_bind_say(b, ORR_DIAG_ERROR, __VA_ARGS__)

/* A time as a scenario writes it, in the store. */
const char *orr_bind_time(struct orr_binder *b, orr_time t);
void orr_scenario_check_dist(struct orr_binder *b, const struct orr_dist_spec *d);
/* `leader` is of a protocol that has one. */
void orr_scenario_check_leader(struct orr_binder *b, const struct orr_targets *targets);
void orr_scenario_check_sweep(struct orr_binder *b);
/* All faults, those of the schedule among them. */
void orr_scenario_check_faults(struct orr_binder *b);
#endif
