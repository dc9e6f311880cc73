/* stats_of.h - the tables of `orrery stats --of` about a trace. */
#ifndef ORR_SIM_CLI_STATS_OF_H
#define ORR_SIM_CLI_STATS_OF_H

#include "analysis/reader.h"
#include "sim/cli/sheet.h"

struct orr_stats_table {
    const char *name, *help; /* help: lines separated by \n, as options have it */
    const char *by;          /* what it is grouped by unless said otherwise; NULL: not grouped  */
    /* Adds the columns behind `trace`, once. */
    void (*columns)(struct orr_sheet *sheet, const char *by);
    /* Adds rows, each of which begins with `file`.  Errors as orr_trace_reader_all, and
     * ORR_ENOTFOUND, ORR_ELIMIT with a message of what the trace lacks, or has too many of. */
    int (*add)(struct orr_sheet *sheet, struct orr_trace_reader *reader, const char *file,
               const char *by, char *error);
    const char *note; /* or NULL */
};

extern const struct orr_stats_table orr_stats_tables[]; /* ends with .name == NULL */
const struct orr_stats_table *orr_stats_find(const char *name); /* or NULL */

/* The columns and cells of a list of sorted times: n, mean, sd, p50 with its interval, ... */
void orr_stats_times_columns(struct orr_sheet *sheet);
struct orr_sample;
void orr_stats_times(struct orr_sheet *sheet, const struct orr_sample *sorted, size_t n);
#endif
