/* stats_sweep.h - the numbers of a sweep, group by group: what `orrery stats SWEEP` and a report
 * say. */
#ifndef ORR_SIM_CLI_STATS_SWEEP_H
#define ORR_SIM_CLI_STATS_SWEEP_H

#include "sim/cli/sheet.h"
#include "sim/cli/sweep_columns.h"

/* Makes a sheet with a row for each group of runs that are alike in columns by_at[by->n], and each
 * metric: the group, `metric`, `runs` that have it, `missing` ones, mean with its 95 % interval
 * (analysis/summary.h), sd, min, median, max.  The sheet is the caller's; names are lent to it. */
void orr_stats_sweep(struct orr_sheet *sheet, const struct orr_table *table,
                     const struct orr_names *by, const size_t *by_at,
                     const struct orr_names *metrics, const size_t *metric_at);
#endif
