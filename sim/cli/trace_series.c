#include "sim/cli/trace_series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/journeys.h"
#include "analysis/latency.h"
#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/trace_curves.h"

enum { ROWS_MAX = 1 << 26, BINS = 120 };
_Static_assert((int)BINS < (int)ORR_CURVE_POINTS, "a point each");

/* Pieces of whole seconds from 0 to the end of the run. */
struct bins {
    double width, end; /* seconds */
    size_t n;
};

static int bins_of(struct orr_trace_reader *reader, struct bins *b, char *error) {
    int status = orr_trace_end(reader, &b->end, error);
    b->width = fmax(1, ceil(b->end / BINS));
    b->n = b->end > 0 ? (size_t)ceil(b->end / b->width) : 0;
    if (b->n > BINS) b->n = BINS;
    return status;
}

/* SIZE_MAX: outside. */
static size_t bin_of(const struct bins *b, double at_s) {
    double i = floor(at_s / b->width);
    return i >= 0 && i < (double)b->n ? (size_t)i : SIZE_MAX;
}

static double end_of(const struct bins *b, size_t i) {
    return fmin(b->end, (double)(i + 1) * b->width);
}

static void add_point(struct orr_curve *c, double x, double y) {
    c->x[c->n] = x;
    c->y[c->n++] = y;
}

static int lacks(char *error, const char *what) {
    snprintf(error, ORR_READER_ERROR_LEN, "%s", what);
    return ORR_ENOTFOUND;
}

/* ---- transactions ---- */

static int read_txs(struct orr_trace_reader *reader, struct orr_latencies *l, struct bins *b,
                    char *error) {
    const struct orr_latency_choice choice = {.wants_txs = true};
    int status = bins_of(reader, b, error);
    if (!status) status = orr_latencies_read_of(reader, &choice, l, error);
    if (status || l->n_submitted) return status;
    orr_latencies_fini(l);
    return lacks(error, "it holds no transactions (`record: decisions` keeps them)");
}

int orr_trace_latency(struct orr_trace_reader *reader, struct orr_curve *curve,
                      char error[ORR_READER_ERROR_LEN]) {
    struct orr_latencies l;
    struct bins b;
    int status = read_txs(reader, &l, &b, error);
    if (status) return status;
    struct orr_sample *v = orr_xrealloc(NULL, (l.n_submitted + 1) * sizeof *v);
    curve->n = 0;
    for (size_t i = 0, at = 0; i < b.n; i++) { /* in the order of submission */
        size_t n = 0;
        double start = (double)i * b.width;
        for (; at < l.n_submitted; at++) {
            double submitted = (double)l.txs[at].submitted_ns * 1e-9;
            if (submitted >= start + b.width) break;
            if (submitted >= start && !isnan(l.txs[at].commit_s))
                v[n++] = (struct orr_sample){l.txs[at].commit_s, 0};
        }
        orr_samples_sort(v, n);
        if (n) add_point(curve, (start + end_of(&b, i)) / 2, orr_quantile(v, n, 0.5));
    }
    free(v);
    orr_latencies_fini(&l);
    return curve->n ? 0 : lacks(error, "no transaction in it has committed");
}

int orr_trace_queue(struct orr_trace_reader *reader, struct orr_curve *curve,
                    char error[ORR_READER_ERROR_LEN]) {
    struct orr_latencies l;
    struct bins b;
    double change[BINS] = {0}, waiting = 0;
    int status = read_txs(reader, &l, &b, error);
    if (status) return status;
    for (size_t i = 0; i < l.n_submitted; i++) {
        double submitted = (double)l.txs[i].submitted_ns * 1e-9;
        size_t came = bin_of(&b, submitted);
        size_t left = isnan(l.txs[i].commit_s) ? SIZE_MAX
                                               : bin_of(&b, submitted + l.txs[i].commit_s);
        if (came < b.n) change[came]++;
        if (left < b.n) change[left]--;
    }
    curve->n = 0;
    add_point(curve, 0, 0);
    for (size_t i = 0; i < b.n; i++) add_point(curve, end_of(&b, i), waiting += change[i]);
    orr_latencies_fini(&l);
    return 0;
}

/* ---- rounds ---- */

int orr_trace_round(struct orr_trace_reader *reader, struct orr_curve *curve,
                    char error[ORR_READER_ERROR_LEN]) {
    struct bins b;
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    uint64_t n = rows[ORR_GROUP_steps], n_nodes = rows[ORR_GROUP_nodes];
    void *all = NULL, *nodes = NULL;
    double most[BINS], last = 0;
    int status = bins_of(reader, &b, error);
    if (!status && !n) status = lacks(error, "it holds no steps of rounds (`record: decisions` "
                                             "keeps them, of protocols that have some)");
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_steps, ROWS_MAX, &all, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    const struct orr_row_steps *s = all;
    const struct orr_row_nodes *node = nodes;
    for (size_t i = 0; i < BINS; i++) most[i] = -1;
    for (uint64_t i = 0; i < n && !status; i++) {
        size_t bin = bin_of(&b, (double)s[i].time_ns * 1e-9);
        if (s[i].node < n_nodes && node[s[i].node].faulty) continue;
        if (bin < b.n) most[bin] = fmax(most[bin], s[i].round);
    }
    curve->n = 0;
    for (size_t i = 0; i < b.n && !status; i++) {
        if (most[i] >= 0) last = most[i];
        add_point(curve, (double)i * b.width, last);
        if (i + 1 == b.n) add_point(curve, b.end, last);
    }
    free(all), free(nodes);
    return status;
}

/* ---- bytes ---- */

int orr_trace_bandwidth(struct orr_trace_reader *reader, struct orr_curve *curve,
                        char error[ORR_READER_ERROR_LEN]) {
    struct bins b;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_counters], before = 0;
    void *all = NULL;
    double bits[BINS] = {0};
    int status = bins_of(reader, &b, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_counters, ROWS_MAX, &all, error);
    const struct orr_row_counters *c = all;
    if (!status && (!n || !c[n - 1].received_bytes))
        status = lacks(error, "it counts no messages (`record: messages` keeps them)");
    for (uint64_t i = 0; i < n && !status; i++) { /* a row tells of the second that ends there */
        size_t bin = bin_of(&b, fmax(0, (double)(c[i].time_ns - 1) * 1e-9));
        if (c[i].received_bytes < before) continue; /* a damaged trace */
        if (bin < b.n) bits[bin] += 8 * (double)(c[i].received_bytes - before);
        before = c[i].received_bytes;
    }
    curve->n = 0;
    for (size_t i = 0; i < b.n && !status; i++) {
        double start = (double)i * b.width, length = end_of(&b, i) - start;
        add_point(curve, start + length / 2, bits[i] * 1e-6 / length);
    }
    free(all);
    return status;
}

int orr_trace_uplink(struct orr_trace_reader *reader, struct orr_curve *curve,
                     char error[ORR_READER_ERROR_LEN]) {
    struct bins b;
    struct orr_journeys j;
    double change[BINS] = {0}, waiting = 0;
    int status = bins_of(reader, &b, error);
    if (!status) status = orr_journeys_read(reader, &j, error);
    if (status) return status;
    for (size_t i = 0; i < j.n; i++) {
        size_t came = bin_of(&b, (double)j.v[i].sent_ns * 1e-9);
        size_t left = bin_of(&b, (double)j.v[i].left_ns * 1e-9);
        if (came < b.n) change[came] += j.v[i].bytes;
        if (left < b.n) change[left] -= j.v[i].bytes;
    }
    curve->n = 0;
    add_point(curve, 0, 0);
    for (size_t i = 0; i < b.n; i++) add_point(curve, end_of(&b, i), waiting += change[i]);
    orr_journeys_fini(&j);
    return 0;
}
