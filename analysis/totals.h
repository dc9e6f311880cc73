/* totals.h - a run in a few numbers, one each: throughput, messages and bytes, fairness, gossip. */
#ifndef ORR_ANALYSIS_TOTALS_H
#define ORR_ANALYSIS_TOTALS_H

#include "analysis/reader.h"

enum { ORR_TOTALS = 32 };

struct orr_totals {
    size_t n;
    struct {
        const char *name, *unit; /* static texts */
        double value;            /* NAN: there is none */
    } v[ORR_TOTALS];
};

/* What the trace has; a number of which it lacks the parts is left out.  Throughput is committed
 * transactions, goodput their bytes, over the time from the first submission to the last commit or
 * submission; each for the first correct node that decides.  Errors as orr_trace_reader_all. */
int orr_totals_read(struct orr_trace_reader *reader, struct orr_totals *totals,
                    char error[ORR_READER_ERROR_LEN]);

/* Heights that correct nodes decided. */
int orr_heights_read(struct orr_trace_reader *reader, uint64_t *n_heights,
                     char error[ORR_READER_ERROR_LEN]);

/* C. Gini, 1912: half of the mean difference of all pairs over the mean, 0 when all are equal and
 * 1 - 1/n when one has it all; NAN when n is 0 or all are 0.  Sorts v[n], of values >= 0. */
double orr_gini(double *v, size_t n);

/* What nodes used of their processors; owned arrays by node number. */
struct orr_use {
    double *cpu_s, *cores; /* [n_nodes] of trace; 0 where it is not known */
    bool has_cpu;          /* the run modelled it (`cost:`) and has ended */
};
/* end_s: the length of the run. */
int orr_use_read(struct orr_trace_reader *reader, struct orr_use *use, double *end_s,
                 char error[ORR_READER_ERROR_LEN]);
void orr_use_fini(struct orr_use *use);
#endif
