/* trace_grids.h - what a trace holds for pairs of things, as colours: who is how far from whom, how
 * messages spread, who proposed. */
#ifndef ORR_SIM_CLI_TRACE_GRIDS_H
#define ORR_SIM_CLI_TRACE_GRIDS_H

#include "analysis/plot_grid.h"
#include "analysis/reader.h"

enum { ORR_GRID_SIDE = 100 };

struct orr_trace_grid {
    struct orr_plot_grid plot; /* but picture and style */
    double *values;            /* owned, as are names */
    char (*names)[64];
    const char **columns, **rows;
    uint32_t *n_members; /* [n_rows] of regions: how many nodes each has, owned; or NULL */
};

/* Median time on its way of a message from the row's region (of the sender) to the column's, in
 * milliseconds; a run without regions has a row for each node.  ORR_ELIMIT: more than ORR_GRID_SIDE
 * of them; ORR_ENOTFOUND: no messages. */
int orr_trace_regions(struct orr_trace_reader *reader, struct orr_trace_grid *grid,
                      char error[ORR_READER_ERROR_LEN]);
/* The share of nodes that a gossip message has reached (propagation.h) so long after it was
 * published (columns), by the time at which it was (rows).  ORR_ENOTFOUND: no deliveries. */
int orr_trace_heat(struct orr_trace_reader *reader, struct orr_trace_grid *grid,
                   char error[ORR_READER_ERROR_LEN]);
/* In which round a height (columns) was decided, in the row of who proposed the block; the first
 * decision of a correct node counts.  ORR_ENOTFOUND: no decisions; ORR_ELIMIT: more than
 * ORR_GRID_SIDE nodes.  Of many heights it has the last ones. */
int orr_trace_proposers(struct orr_trace_reader *reader, struct orr_trace_grid *grid,
                        char error[ORR_READER_ERROR_LEN]);
void orr_trace_grid_free(struct orr_trace_grid *grid);
#endif
