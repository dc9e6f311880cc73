/* names.h - the second pass: names of groups, regions, faults and message kinds become
 * indices.  Each function is queued with orr_bind_later for one written name. */
#ifndef ORR_SIM_SCENARIO_NAMES_H
#define ORR_SIM_SCENARIO_NAMES_H

#include "sim/scenario/bind.h"

/* out: struct orr_region_share, of which .region is set. */
void orr_resolve_region(struct orr_binder *b, const struct orr_pending *pending);
/* out: struct orr_target. */
void orr_resolve_target(struct orr_binder *b, const struct orr_pending *pending);
/* out: struct orr_workload_spec; .to becomes every group whose role takes transactions. */
void orr_resolve_receivers(struct orr_binder *b, const struct orr_pending *pending);
/* out: const char *, a message kind of some role in the scenario. */
void orr_resolve_kind(struct orr_binder *b, const struct orr_pending *pending);
/* out: const char *, a kind of field, or a field of some role's messages. */
void orr_resolve_field(struct orr_binder *b, const struct orr_pending *pending);
/* out: uint32_t, the index of the fault of that name. */
void orr_resolve_fault(struct orr_binder *b, const struct orr_pending *pending);

/* A scalar that is a part of another, for messages about that part. */
struct orr_tree *orr_bind_part(struct orr_binder *b, const struct orr_tree *tree, size_t from,
                               size_t len);

/* The table of a distribution of durations. */
extern const struct orr_scenario_table *const orr_dist_time_keys;
#endif
