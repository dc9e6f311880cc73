#include "analysis/totals.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "analysis/latency.h"
#include "analysis/propagation.h"
#include "analysis/traffic.h"
#include "models/base/error.h"

#define ROWS_MAX (1u << 26)

static void add(struct orr_totals *t, const char *name, double value, const char *unit) {
    if (!isfinite(value) || t->n == ORR_TOTALS) return;
    t->v[t->n].name = name, t->v[t->n].unit = unit;
    t->v[t->n++].value = value;
}

/* ---- blocks ---- */

struct blocks { uint64_t n, txs, bytes; double gini; };

static int by_height(const void *a, const void *b) {
    const struct orr_row_decisions *x = a, *y = b;
    if (x->height != y->height) return x->height < y->height ? -1 : 1;
    if (x->time_ns != y->time_ns) return x->time_ns < y->time_ns ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

double orr_gini(double *v, size_t n) {
    double sum = 0, weighted = 0;
    gsl_sort(v, 1, n);
    for (size_t i = 0; i < n; i++) { /* sum of |v_i - v_k| over pairs, of sorted values */
        sum += v[i];
        weighted += (2 * (double)(i + 1) - (double)n - 1) * v[i];
    }
    return sum > 0 ? weighted / ((double)n * sum) : NAN;
}

/* Of each height the first decision of a correct node. */
static int read_blocks(struct orr_trace_reader *reader, struct blocks *b, char *error) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    uint64_t n = rows[ORR_GROUP_decisions], n_nodes = rows[ORR_GROUP_nodes], n_voters = 0;
    void *decisions = NULL, *nodes = NULL;
    *b = (struct blocks){.gini = NAN};
    int status = orr_trace_reader_all(reader, ORR_GROUP_decisions, ROWS_MAX, &decisions, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    struct orr_row_decisions *d = decisions;
    const struct orr_row_nodes *node = nodes;
    double *proposed = orr_need(n_nodes, sizeof *proposed);
    if (!status && n) qsort(d, n, sizeof *d, by_height);
    for (uint64_t i = 0; i < n_nodes; i++) proposed[i] = 0;
    uint64_t last = 0;
    for (uint64_t i = 0; i < n && !status; i++) {
        if (d[i].node < n_nodes && node[d[i].node].faulty) continue;
        if (b->n && d[i].height == last) continue;
        last = d[i].height;
        b->n++, b->txs += d[i].txs, b->bytes += d[i].bytes;
        if (d[i].proposer < n_nodes) proposed[d[i].proposer]++;
    }
    for (uint64_t i = 0; i < n_nodes && !status; i++) /* those without a vote never propose */
        if (node[i].stake || proposed[i] > 0) proposed[n_voters++] = proposed[i];
    if (!status) b->gini = orr_gini(proposed, n_voters);
    free(proposed), free(decisions), free(nodes);
    return status;
}

int orr_heights_read(struct orr_trace_reader *reader, uint64_t *n_heights,
                     char error[ORR_READER_ERROR_LEN]) {
    struct blocks b;
    int status = read_blocks(reader, &b, error);
    if (!status) *n_heights = b.n;
    return status;
}

/* ---- transactions ---- */

static int by_tx(const void *a, const void *b) {
    const struct orr_row_submissions *x = a, *y = b;
    if (x->tx != y->tx) return x->tx < y->tx ? -1 : 1;
    return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static int add_txs(struct orr_trace_reader *reader, struct orr_totals *t, char *error) {
    const struct orr_latency_choice choice = {.wants_txs = true};
    struct orr_latencies l;
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_submissions];
    void *all = NULL;
    int status = orr_latencies_read_of(reader, &choice, &l, error);
    if (status) return status;
    status = orr_trace_reader_all(reader, ORR_GROUP_submissions, ROWS_MAX, &all, error);
    struct orr_row_submissions *s = all;
    double bytes = 0, n_txs = 0, last = 0, first = INFINITY;
    if (!status && n) qsort(s, n, sizeof *s, by_tx);
    for (uint64_t i = 0; i < n && !status; i++)
        if (!i || s[i].tx != s[i - 1].tx) bytes += s[i].bytes, n_txs++;
    for (size_t i = 0; i < l.n_submitted; i++) {
        double at = (double)l.txs[i].submitted_ns * 1e-9, took = l.txs[i].commit_s;
        first = fmin(first, at);
        last = fmax(last, isnan(took) ? at : at + took);
    }
    double committed = (double)l.commit.n, seconds = last - first;
    if (!status && n_txs > 0) {
        add(t, "submitted", n_txs, "transactions");
        add(t, "committed", committed, "transactions");
        add(t, "throughput", committed / seconds, "transactions/s");
        /* of equal sizes exact, else the mean size counts for each */
        add(t, "goodput", committed / seconds * bytes / n_txs, "B/s");
    }
    free(all);
    orr_latencies_fini(&l);
    return status;
}

/* ---- messages ---- */

static int add_messages(struct orr_trace_reader *reader, struct orr_totals *t,
                        const struct blocks *b, char *error) {
    struct orr_traffic traffic;
    int status = orr_traffic_read(reader, &traffic, error);
    if (status) return status == ORR_ENOTFOUND ? 0 : status;
    double n = (double)traffic.total.sent, bytes = (double)traffic.total.sent_bytes;
    add(t, "messages", n, "messages");
    add(t, "bytes", bytes, "B");
    add(t, "lost", (double)traffic.lost, "messages");
    if (b->n) add(t, "messages_per_height", n / (double)b->n, "messages");
    if (b->n) add(t, "bytes_per_height", bytes / (double)b->n, "B");
    if (b->txs) add(t, "bytes_per_transaction", bytes / (double)b->txs, "B");
    orr_traffic_fini(&traffic);
    return 0;
}

/* ---- gossip ---- */

/* The sum over correct nodes of the last value of a metric; NAN: there is none. */
static double last_of(const struct orr_row_metrics *m, uint64_t n, const char *name,
                      const struct orr_row_nodes *nodes, uint64_t n_nodes) {
    double *last = orr_need(n_nodes, sizeof *last), sum = 0;
    bool any = false;
    for (uint64_t i = 0; i < n_nodes; i++) last[i] = 0;
    for (uint64_t i = 0; i < n; i++) /* in the order of time */
        if (m[i].node < n_nodes && !nodes[m[i].node].faulty &&
            !strncmp(m[i].name, name, sizeof m[i].name)) {
            last[m[i].node] = (double)m[i].value;
            any = true;
        }
    for (uint64_t i = 0; i < n_nodes; i++) sum += last[i];
    free(last);
    return any ? sum : NAN;
}

static int add_gossip(struct orr_trace_reader *reader, struct orr_totals *t, char *error) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    struct orr_propagation p;
    void *metrics = NULL, *nodes = NULL;
    if (!rows[ORR_GROUP_deliveries]) return 0;
    int status = orr_propagation_read(reader, &p, error);
    if (status) return status;
    status = orr_trace_reader_all(reader, ORR_GROUP_metrics, ROWS_MAX, &metrics, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (!status) {
        double pairs = (double)p.n_messages * (double)p.n_nodes;
        uint64_t n = rows[ORR_GROUP_metrics], n_nodes = rows[ORR_GROUP_nodes];
        double delivered = last_of(metrics, n, "delivered", nodes, n_nodes);
        double duplicates = last_of(metrics, n, "duplicates", nodes, n_nodes);
        add(t, "published", (double)p.n_messages, "messages");
        add(t, "delivery_ratio", (double)p.reach.n / pairs, "");
        add(t, "duplicates_per_delivery", duplicates / delivered, "");
    }
    free(metrics), free(nodes);
    orr_propagation_fini(&p);
    return status;
}

int orr_totals_read(struct orr_trace_reader *reader, struct orr_totals *totals,
                    char error[ORR_READER_ERROR_LEN]) {
    struct blocks b;
    struct orr_totals t = {.n = 0};
    int status = read_blocks(reader, &b, error);
    if (!status) status = add_txs(reader, &t, error);
    if (!status && b.n) {
        add(&t, "heights", (double)b.n, "blocks");
        add(&t, "transactions_per_height", (double)b.txs / (double)b.n, "transactions");
        add(&t, "block_bytes", (double)b.bytes / (double)b.n, "B");
        add(&t, "gini_of_proposers", b.gini, "");
    }
    if (!status) status = add_messages(reader, &t, &b, error);
    if (!status) status = add_gossip(reader, &t, error);
    if (!status) *totals = t;
    return status;
}

/* ---- processors ---- */

int orr_use_read(struct orr_trace_reader *reader, struct orr_use *use, double *end_s,
                 char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    uint64_t n_nodes = rows[ORR_GROUP_nodes], n = rows[ORR_GROUP_use];
    void *all = NULL, *result = NULL;
    struct orr_row_checkpoints last = {.time_ns = 0};
    int status = orr_trace_reader_all(reader, ORR_GROUP_use, ROWS_MAX, &all, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_result, 1, &result, error);
    if (!status && !result && rows[ORR_GROUP_checkpoints]) /* unfinished */
        status = orr_trace_reader_rows(reader, ORR_GROUP_checkpoints,
                                       rows[ORR_GROUP_checkpoints] - 1, 1, &last, error);
    if (!status) {
        const struct orr_row_use *u = all;
        *use = (struct orr_use){orr_need(n_nodes, sizeof *use->cpu_s),
                                orr_need(n_nodes, sizeof *use->cores), n > 0};
        for (uint64_t i = 0; i < n_nodes; i++) use->cpu_s[i] = use->cores[i] = 0;
        for (uint64_t i = 0; i < n; i++)
            if (u[i].node < n_nodes) {
                use->cpu_s[u[i].node] = (double)u[i].cpu_ns * 1e-9;
                use->cores[u[i].node] = u[i].cores;
            }
        *end_s = (double)(result ? ((struct orr_row_result *)result)->end_ns : last.time_ns) * 1e-9;
    }
    free(all), free(result);
    return status;
}

void orr_use_fini(struct orr_use *use) {
    free(use->cpu_s), free(use->cores);
    *use = (struct orr_use){.cpu_s = NULL};
}
