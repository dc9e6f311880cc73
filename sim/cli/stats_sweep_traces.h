/* stats_sweep_traces.h - a table of `orrery stats --of` over all runs of a sweep that kept traces.
 */
#ifndef ORR_SIM_CLI_STATS_SWEEP_TRACES_H
#define ORR_SIM_CLI_STATS_SWEEP_TRACES_H

#include "sim/cli/sheet.h"
#include "sim/cli/stats_of.h"
#include "sim/cli/sweep_columns.h"

/* What is asked of a sweep; `by` has columns of the index (none: the keys that vary) and at most
 * one grouping of the table; `metrics` names number columns of the table (none, or all: each). */
struct orr_stats_traces {
    const struct orr_table *index;
    const char *file; /* the index's, beside which is the folder traces */
    const struct orr_stats_table *of;
    struct orr_names by, metrics;
};

/* Prints, for each group of runs, each row of the table and each of its numbers, what
 * orr_stats_sweep says of a column of the index: the mean over runs with its interval, and so on.
 * A run without a trace, or whose trace lacks the row, is missing.  An exit code, told. */
int orr_stats_traces_print(const struct orr_stats_traces *asked, enum orr_sheet_form form);
#endif
