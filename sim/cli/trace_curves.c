#include "sim/cli/trace_curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "models/base/error.h"

enum { ROWS_MAX = 1 << 26, BINS = 120 };

int orr_trace_end(struct orr_trace_reader *reader, double *end_s,
                  char error[ORR_READER_ERROR_LEN]) {
    void *result = NULL;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_checkpoints];
    struct orr_row_checkpoints last = {.time_ns = 0};
    int status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    if (!status && !result && n)
        status = orr_trace_reader_rows(reader, ORR_GROUP_checkpoints, n - 1, 1, &last, error);
    *end_s = (double)(result ? ((struct orr_row_result *)result)->end_ns : last.time_ns) * 1e-9;
    free(result);
    return status;
}

/* The decisions of correct nodes, a row each; *n of them. */
static int read_decisions(struct orr_trace_reader *reader, struct orr_row_decisions **rows,
                          uint64_t *n, char *error) {
    void *all = NULL, *nodes = NULL;
    uint64_t n_nodes = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes], kept = 0;
    *n = orr_trace_reader_head(reader)->rows[ORR_GROUP_decisions];
    int status = orr_trace_reader_all(reader, ORR_GROUP_decisions, ROWS_MAX, &all, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    struct orr_row_decisions *d = all;
    const struct orr_row_nodes *node = nodes;
    for (uint64_t i = 0; i < *n && !status; i++)
        if (d[i].node >= n_nodes || !node[d[i].node].faulty) d[kept++] = d[i];
    free(nodes);
    *rows = d, *n = kept;
    if (status || kept) return status;
    snprintf(error, ORR_READER_ERROR_LEN, "it holds no decisions (`record:` names them)");
    return ORR_ENOTFOUND;
}

/* Transactions of a block count when the first correct node decides it: in time the first row of
 * its height. */
int orr_trace_throughput(struct orr_trace_reader *reader, struct orr_curve *curve,
                         char error[ORR_READER_ERROR_LEN]) {
    struct orr_row_decisions *d = NULL;
    uint64_t n = 0, top = 0;
    double end = 0, counts[BINS] = {0};
    int status = orr_trace_end(reader, &end, error);
    if (!status) status = read_decisions(reader, &d, &n, error);
    double width = end > 0 ? fmax(1, ceil(end / BINS)) : 1; /* seconds in a bin */
    for (uint64_t i = 0; i < n && !status; i++) {
        double bin = floor((double)d[i].time_ns * 1e-9 / width);
        if (d[i].height <= top) continue;
        top = d[i].height;
        if (bin >= 0 && bin < BINS) counts[(int)bin] += d[i].txs;
    }
    curve->n = 0;
    for (int i = 0; i < BINS && i * width < end && !status; i++) {
        double length = fmin(width, end - i * width);
        curve->x[curve->n] = i * width + length / 2;
        curve->y[curve->n++] = counts[i] / length;
    }
    free(d);
    return status;
}

int orr_trace_height(struct orr_trace_reader *reader, struct orr_curve *curve,
                     char error[ORR_READER_ERROR_LEN]) {
    struct orr_row_decisions *d = NULL;
    uint64_t n = 0, top = 0;
    double end = 0, step;
    int status = orr_trace_end(reader, &end, error);
    if (!status) status = read_decisions(reader, &d, &n, error);
    step = end / (ORR_CURVE_POINTS - 8);
    curve->n = 0;
    for (uint64_t i = 0; i < n && !status; i++) {
        double at = (double)d[i].time_ns * 1e-9;
        if (d[i].height <= top) continue;
        top = d[i].height;
        if (curve->n && at - curve->x[curve->n - 1] < step && curve->n > 1) curve->n--;
        if (curve->n == ORR_CURVE_POINTS - 1) curve->n--;
        curve->x[curve->n] = at;
        curve->y[curve->n++] = (double)top;
    }
    if (!status && end > curve->x[curve->n - 1]) {
        curve->x[curve->n] = end;
        curve->y[curve->n++] = (double)top;
    }
    free(d);
    return status;
}

int orr_trace_shades(struct orr_trace_reader *reader, struct orr_curve_shade *shades, size_t most,
                     size_t *n_shades, char error[ORR_READER_ERROR_LEN]) {
    void *all = NULL;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_faults];
    double end = 0;
    int status = orr_trace_reader_all(reader, ORR_GROUP_faults, ROWS_MAX, &all, error);
    if (!status) status = orr_trace_end(reader, &end, error);
    const struct orr_row_faults *f = all;
    int64_t since = 0;
    uint64_t open = 0;
    *n_shades = 0;
    for (uint64_t i = 0; i < n && !status && *n_shades < most; i++) {
        if (f[i].began && !open++) since = f[i].time_ns;
        if (f[i].began || !open || --open) continue;
        shades[(*n_shades)++] = (struct orr_curve_shade){
            (double)since * 1e-9, (double)f[i].time_ns * 1e-9};
    }
    if (open && !status && *n_shades < most)
        shades[(*n_shades)++] = (struct orr_curve_shade){(double)since * 1e-9, end};
    free(all);
    return status;
}
