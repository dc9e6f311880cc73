/* series.h - what nodes measured (`orr_metric`), over time: from a trace's metrics to a few hundred
 * points.
 *
 * A node's value holds until its next one.  Nodes that the scenario may make Byzantine do not
 * count. */
#ifndef ORR_ANALYSIS_SERIES_H
#define ORR_ANALYSIS_SERIES_H

#include "analysis/reader.h"

enum { ORR_SERIES_POINTS = 240 };

struct orr_series {
    char name[33], unit[17];
    uint64_t n_nodes; /* that measured it at all */
    size_t n;
    struct orr_series_point {
        double time_s;            /* of the simulation                                    */
        double least, mean, most; /* over the nodes that have measured it by then         */
    } v[ORR_SERIES_POINTS];       /* [n], in steps of equal length to the last measurement */
};

/* The metric of that name.  Errors as orr_trace_reader_all, and ORR_ENOTFOUND: there is none of
 * that name; the message lists those that are there. */
int orr_series_read(struct orr_trace_reader *reader, const char *name, struct orr_series *series,
                    char error[ORR_READER_ERROR_LEN]);

/* The first time at which the mean is greatest, and the first from which on it is at most `share`
 * of that, in seconds; NaN: never. */
double orr_series_peak(const struct orr_series *series, double *mean);
double orr_series_falls_to(const struct orr_series *series, double share);
#endif
