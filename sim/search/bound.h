/* bound.h - how many views a role needs at most until somebody decides, once all is calm: faults
 * are over, links are good, fewer than a third stay silent.
 *
 * A bound has two parts.  Timeouts that were too short grow with each view that fails: BOUND_GROWTH
 * views make doubled ones a thousand times as long.  Then each faulty leader costs its views, and
 * behind the last one a correct leader and the next one, who brings what the first has started to
 * an end, need theirs. */
#ifndef ORR_SIM_SEARCH_BOUND_H
#define ORR_SIM_SEARCH_BOUND_H

#include "sim/scenario/scenario.h"

enum { ORR_BOUND_GROWTH = 10 };

/* Views of a group's role, if the group has n nodes; 0: no bound is known. */
uint64_t orr_bound_views(const struct orr_group_spec *group, uint32_t n);
#endif
