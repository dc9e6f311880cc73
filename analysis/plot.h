/* plot.h - the commit-latency distribution of a trace, or what its nodes measured over time, as a
 * picture, through gnuplot. */
#ifndef ORR_ANALYSIS_PLOT_H
#define ORR_ANALYSIS_PLOT_H

#include "analysis/latency.h"
#include "analysis/propagation.h"
#include "analysis/reader.h"
#include "analysis/series.h"

enum orr_plot_format { ORR_PLOT_PNG, ORR_PLOT_SVG, ORR_PLOT_PDF, ORR_PLOT_TIKZ };

/* The format of that name or ending, or -1; how files of a format end: png, svg, pdf, tex. */
int orr_plot_format_find(const char *name);
const char *orr_plot_format_ending(int format);

struct orr_plot {
    const char *picture;         /* where the picture goes: PATH.png */
    enum orr_plot_format format; /* but TIKZ */
    const struct orr_trace_head *head;
    const struct orr_row_result *result; /* NULL: the trace is unfinished */
    const struct orr_latencies *latencies;
    const struct orr_propagation *propagation; /* drawn when there are no blocks; or NULL */
    const struct orr_series *series;           /* or NULL: drawn, and no latencies are needed */
};

/* Writes PATH.dat (the distributions), PATH.gp (the script, to be edited and run again by
 * `gnuplot PATH.gp` in that folder) and, by gnuplot, the picture.  Shown are the shares of
 * transactions committed and final by time since submission, and of blocks by time since the last
 * one; lines mark p50, p90 and p99 with 95 % intervals.  None of the three takes the place of a
 * file that this has not written, or of a link.  Errors with one line each: ORR_ENOTFOUND (nothing
 * to show: no decisions), ORR_EIO (cannot write), ORR_EUNSUPPORTED (no gnuplot, or it failed). */
int orr_plot_latency(const struct orr_plot *plot, char error[ORR_READER_ERROR_LEN]);
#endif
