#include "analysis/propagation.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "analysis/order.h"

#define ROWS_MAX (1u << 26) /* of one table: 1.6 GB of deliveries */

struct tables {
    struct orr_row_nodes *nodes;
    struct orr_row_deliveries *deliveries;
    struct orr_row_submissions *submissions;
    size_t n_nodes, n_deliveries, n_submissions;
    const uint8_t *left_out; /* [n_left_out] by node number */
    size_t n_left_out;
};

/* Drops what faulty nodes delivered, and counts who delivered anything. */
static uint64_t keep_correct(struct tables *t) {
    uint32_t top = 0;
    for (size_t i = 0; i < t->n_nodes; i++)
        if (t->nodes[i].node > top) top = t->nodes[i].node;
    uint8_t *state = orr_need((size_t)top + 1, 1); /* 1: faulty, 2: has delivered */
    memset(state, 0, (size_t)top + 1);
    for (size_t i = 0; i < t->n_nodes; i++)
        if (t->nodes[i].faulty) state[t->nodes[i].node] = 1;
    size_t kept = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < t->n_deliveries; i++) {
        uint32_t node = t->deliveries[i].node;
        if (node > top || state[node] == 1) continue;
        if (node < t->n_left_out && t->left_out[node]) continue;
        n += !state[node];
        state[node] = 2;
        t->deliveries[kept++] = t->deliveries[i];
    }
    t->n_deliveries = kept;
    free(state);
    return n;
}

static double seconds(int64_t ns) { return (double)ns / 1e9; }

/* When a message was submitted first, or else `otherwise`. */
static int64_t published_at(const struct tables *t, uint64_t id, int64_t otherwise) {
    size_t low = 0, high = t->n_submissions;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->submissions[middle].tx < id) low = middle + 1;
        else high = middle;
    }
    bool is_there = low < t->n_submissions && t->submissions[low].tx == id;
    return is_there ? t->submissions[low].time_ns : otherwise;
}

static void add(struct orr_times *to, int64_t ns, uint64_t message) {
    to->v[to->n++] = (struct orr_sample){seconds(ns), message};
}

static void measure(struct tables *t, struct orr_propagation *p) {
    p->n_nodes = keep_correct(t);
    size_t n = t->n_deliveries, half = (p->n_nodes + 1) / 2, most = (p->n_nodes * 99 + 99) / 100;
    if (n) qsort(t->deliveries, n, sizeof *t->deliveries, orr_by_message);
    if (t->n_submissions)
        qsort(t->submissions, t->n_submissions, sizeof *t->submissions, orr_by_tx);
    struct orr_times *const all[] = {&p->reach, &p->half, &p->most};
    for (size_t i = 0; i < 3; i++) all[i]->v = orr_need(n, sizeof *all[i]->v);
    p->begun = orr_need(n, sizeof *p->begun);
    for (size_t first = 0, end; first < n; first = end) {
        uint64_t id = t->deliveries[first].id;
        int64_t begun = published_at(t, id, t->deliveries[first].time_ns);
        for (end = first; end < n && t->deliveries[end].id == id; end++)
            add(&p->reach, orr_ns_between(begun, t->deliveries[end].time_ns), id);
        if (end - first >= half)
            add(&p->half, orr_ns_between(begun, t->deliveries[first + half - 1].time_ns), id);
        if (end - first >= most)
            add(&p->most, orr_ns_between(begun, t->deliveries[first + most - 1].time_ns), id);
        p->begun[p->n_messages++] = (struct orr_sample){seconds(begun), id};
    }
    for (size_t i = 0; i < 3; i++) orr_samples_sort(all[i]->v, all[i]->n);
}

int orr_propagation_read(struct orr_trace_reader *reader, struct orr_propagation *p,
                         char error[ORR_READER_ERROR_LEN]) {
    return orr_propagation_read_of(reader, NULL, 0, p, error);
}

int orr_propagation_read_of(struct orr_trace_reader *reader, const uint8_t *left_out,
                            size_t n_left_out, struct orr_propagation *p,
                            char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    void *nodes = NULL, *deliveries = NULL, *submissions = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (!status)
        status = orr_trace_reader_all(reader, ORR_GROUP_deliveries, ROWS_MAX, &deliveries, error);
    if (!status)
        status = orr_trace_reader_all(reader, ORR_GROUP_submissions, ROWS_MAX, &submissions, error);
    if (!status) {
        struct tables t = {nodes, deliveries, submissions, rows[ORR_GROUP_nodes],
                           rows[ORR_GROUP_deliveries], rows[ORR_GROUP_submissions],
                           left_out, n_left_out};
        memset(p, 0, sizeof *p);
        measure(&t, p);
    }
    free(submissions);
    free(deliveries);
    free(nodes);
    return status;
}

void orr_propagation_fini(struct orr_propagation *p) {
    free(p->reach.v);
    free(p->half.v);
    free(p->most.v);
    free(p->begun);
    memset(p, 0, sizeof *p);
}
