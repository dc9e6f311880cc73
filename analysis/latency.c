/* Everything is a sort and a merge: decisions by block give the time of each block's commit,
 * inclusions and submissions by transaction give each transaction its block and its beginning. */
#include "analysis/latency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"

#define ROWS_MAX (1u << 26) /* of one table: 3 GB of decisions */

struct block {
    uint64_t height, value;
    int64_t commit_ns, final_ns;
};

struct tables {
    struct orr_row_nodes *nodes;
    struct orr_row_decisions *decisions;
    struct orr_row_submissions *submissions;
    struct orr_row_inclusions *inclusions;
    const uint64_t *rows;
    const struct orr_latency_choice *choice;
    struct block *blocks;
    size_t n_blocks;
};

#define COMPARE(x, y) \
    if ((x) != (y)) return (x) < (y) ? -1 : 1

static int by_block(const void *a, const void *b) {
    const struct orr_row_decisions *x = a, *y = b;
    COMPARE(x->height, y->height);
    COMPARE(x->value, y->value);
    COMPARE(x->time_ns, y->time_ns);
    COMPARE(x->node, y->node);
    return 0;
}

static int submitted_before(const void *a, const void *b) {
    const struct orr_row_submissions *x = a, *y = b;
    COMPARE(x->tx, y->tx);
    COMPARE(x->time_ns, y->time_ns);
    return 0;
}

static int included_before(const void *a, const void *b) {
    const struct orr_row_inclusions *x = a, *y = b;
    COMPARE(x->tx, y->tx);
    COMPARE(x->time_ns, y->time_ns);
    COMPARE(x->height, y->height);
    COMPARE(x->value, y->value);
    return 0;
}

static int compare_block(const void *a, const void *b) {
    const struct block *x = a, *y = b;
    COMPARE(x->height, y->height);
    COMPARE(x->value, y->value);
    return 0;
}

static int compare_u32(const void *a, const void *b) {
    COMPARE(*(const uint32_t *)a, *(const uint32_t *)b);
    return 0;
}

/* Drops the decisions of nodes that do not count in place; returns how many are left. */
static size_t keep_correct(struct tables *t) {
    uint64_t n_nodes = t->rows[ORR_GROUP_nodes], n = t->rows[ORR_GROUP_decisions];
    uint32_t *faulty = orr_need(n_nodes, sizeof *faulty);
    size_t n_faulty = 0, kept = 0;
    for (uint64_t i = 0; i < n_nodes; i++)
        if (t->nodes[i].faulty) faulty[n_faulty++] = t->nodes[i].node;
    if (n_faulty) qsort(faulty, n_faulty, sizeof *faulty, compare_u32);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t node = t->decisions[i].node;
        if (node < t->choice->n_left_out && t->choice->left_out[node]) continue;
        if (!n_faulty || !bsearch(&node, faulty, n_faulty, sizeof *faulty, compare_u32))
            t->decisions[kept++] = t->decisions[i];
    }
    free(faulty);
    return kept;
}

static void make_blocks(struct tables *t) {
    size_t n = keep_correct(t);
    if (n) qsort(t->decisions, n, sizeof *t->decisions, by_block);
    t->blocks = orr_need(n, sizeof *t->blocks);
    for (size_t i = 0; i < n; i++) {
        const struct orr_row_decisions *d = &t->decisions[i];
        struct block *last = t->n_blocks ? &t->blocks[t->n_blocks - 1] : NULL;
        if (last && last->height == d->height && last->value == d->value)
            last->final_ns = d->time_ns; /* times ascend within a block */
        else
            t->blocks[t->n_blocks++] = (struct block){d->height, d->value, d->time_ns, d->time_ns};
    }
}

static double seconds(int64_t ns) { return (double)ns / 1e9; }

/* From commit to commit of consecutive heights; of two blocks at one height (a fork) the earlier.
 */
static void measure_intervals(const struct tables *t, struct orr_latencies *l) {
    l->interval.v = orr_need(t->n_blocks, sizeof *l->interval.v);
    int64_t last_ns = 0;
    bool has_last = false;
    for (size_t i = 0; i < t->n_blocks;) {
        int64_t commit_ns = t->blocks[i].commit_ns;
        uint64_t height = t->blocks[i].height;
        for (; i < t->n_blocks && t->blocks[i].height == height; i++)
            if (t->blocks[i].commit_ns < commit_ns) commit_ns = t->blocks[i].commit_ns;
        if (has_last)
            l->interval.v[l->interval.n++] =
                (struct orr_sample){seconds(orr_ns_between(last_ns, commit_ns)), height};
        last_ns = commit_ns;
        has_last = true;
    }
    orr_samples_sort(l->interval.v, l->interval.n);
}

static int by_submission(const void *a, const void *b) {
    const struct orr_tx_times *x = a, *y = b;
    COMPARE(x->submitted_ns, y->submitted_ns);
    COMPARE(isnan(x->commit_s), isnan(y->commit_s));
    if (!isnan(x->commit_s)) COMPARE(x->commit_s, y->commit_s);
    return 0;
}

static void measure_txs(struct tables *t, struct orr_latencies *l) {
    size_t n_s = t->rows[ORR_GROUP_submissions], n_i = t->rows[ORR_GROUP_inclusions], i = 0;
    if (n_s) qsort(t->submissions, n_s, sizeof *t->submissions, submitted_before);
    if (n_i) qsort(t->inclusions, n_i, sizeof *t->inclusions, included_before);
    l->commit.v = orr_need(n_s, sizeof *l->commit.v);
    l->final.v = orr_need(n_s, sizeof *l->final.v);
    if (t->choice->wants_txs) l->txs = orr_need(n_s, sizeof *l->txs);
    for (size_t s = 0; s < n_s; s++) {
        const struct orr_row_submissions *submission = &t->submissions[s];
        if (s && submission->tx == t->submissions[s - 1].tx) continue; /* asked again */
        struct orr_tx_times *tx = l->txs ? &l->txs[l->n_submitted] : NULL;
        if (tx) *tx = (struct orr_tx_times){submission->time_ns, NAN};
        l->n_submitted++;
        while (i < n_i && t->inclusions[i].tx < submission->tx) i++;
        if (i == n_i || t->inclusions[i].tx != submission->tx) continue;
        struct block key = {.height = t->inclusions[i].height, .value = t->inclusions[i].value};
        const struct block *block =
            t->n_blocks ? bsearch(&key, t->blocks, t->n_blocks, sizeof key, compare_block) : NULL;
        if (!block) continue; /* only faulty nodes decided it, or the trace ends before */
        l->commit.v[l->commit.n++] =
            (struct orr_sample){seconds(orr_ns_between(submission->time_ns, block->commit_ns)),
                                key.height};
        l->final.v[l->final.n++] =
            (struct orr_sample){seconds(orr_ns_between(submission->time_ns, block->final_ns)),
                                key.height};
        if (tx) tx->commit_s = l->commit.v[l->commit.n - 1].value;
    }
    if (l->txs) qsort(l->txs, l->n_submitted, sizeof *l->txs, by_submission);
    orr_samples_sort(l->commit.v, l->commit.n);
    orr_samples_sort(l->final.v, l->final.n);
}

int orr_latencies_read(struct orr_trace_reader *reader, struct orr_latencies *l,
                       char error[ORR_READER_ERROR_LEN]) {
    return orr_latencies_read_of(reader, &(struct orr_latency_choice){.n_left_out = 0}, l, error);
}

int orr_latencies_read_of(struct orr_trace_reader *reader, const struct orr_latency_choice *choice,
                          struct orr_latencies *l, char error[ORR_READER_ERROR_LEN]) {
    struct tables t = {.rows = orr_trace_reader_head(reader)->rows, .choice = choice};
    void *nodes = NULL, *decisions = NULL, *submissions = NULL, *inclusions = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (!status)
        status = orr_trace_reader_all(reader, ORR_GROUP_decisions, ROWS_MAX, &decisions, error);
    if (!status)
        status = orr_trace_reader_all(reader, ORR_GROUP_submissions, ROWS_MAX, &submissions, error);
    if (!status)
        status = orr_trace_reader_all(reader, ORR_GROUP_inclusions, ROWS_MAX, &inclusions, error);
    if (!status) {
        t.nodes = nodes, t.decisions = decisions, t.submissions = submissions,
        t.inclusions = inclusions;
        memset(l, 0, sizeof *l);
        make_blocks(&t);
        measure_intervals(&t, l);
        measure_txs(&t, l);
        l->n_nodes = t.rows[ORR_GROUP_nodes];
        l->n_blocks = t.n_blocks;
        free(t.blocks);
    }
    free(inclusions);
    free(submissions);
    free(decisions);
    free(nodes);
    return status;
}

void orr_latencies_fini(struct orr_latencies *l) {
    free(l->commit.v);
    free(l->final.v);
    free(l->interval.v);
    free(l->txs);
    memset(l, 0, sizeof *l);
}
