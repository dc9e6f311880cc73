/* compare.h - where two traces of what should be the same run first differ. */
#ifndef ORR_ANALYSIS_COMPARE_H
#define ORR_ANALYSIS_COMPARE_H

#include <stdio.h>

#include "analysis/reader.h"

#define ORR_COMPARE_ROW_MAX 1024 /* bytes of the largest row */

#define ORR_COMPARE_CULPRITS 8

/* One row of a group that is not the same in both, or that only one of them has. */
struct orr_difference {
    bool found;
    enum orr_trace_group group;
    uint64_t row;
    int64_t time_ns;                                        /* of the earlier of the two rows */
    bool in_a, in_b;                                        /* false: that trace has no such row */
    uint8_t a[ORR_COMPARE_ROW_MAX], b[ORR_COMPARE_ROW_MAX]; /* struct orr_row_GROUP */
};

struct orr_comparison {
    struct orr_difference first;      /* of all groups of timed rows the earliest in time; of one
                                         time the first group, and events come first */
    struct orr_difference stated;     /* the first row without a time that is not the same: of
                                         nodes, kinds, plan, inputs, verdicts, result (its wall
                                         time apart) */
    struct orr_difference checkpoint; /* the first checkpoint that is not the same */
    uint64_t events_before; /* event number and time of the last one that is; 0 for none */
    int64_t time_before_ns;
    struct orr_difference hash; /* the first hash of a node, or of several, that is not the same */
    uint32_t n_culprits;        /* rows of /hashes that are not the same at that time */
    struct orr_row_hashes culprits[ORR_COMPARE_CULPRITS]; /* the first of them, ascending nodes */
    uint64_t n_rows; /* rows that were compared */
};

/* Compares rows in order.  `partial`: a was cut short, so rows that only b has are no difference.
 * Errors as orr_trace_reader_rows; the message names the trace. */
int orr_compare(struct orr_trace_reader *a, struct orr_trace_reader *b, bool partial,
                struct orr_comparison *result, char error[ORR_READER_ERROR_LEN]);

/* Writes a difference as a table of columns: name, a's value, b's value, and a mark where they are
 * not the same. */
void orr_difference_print(const struct orr_difference *difference, const char *name_a,
                          const char *name_b, FILE *to);
#endif
