#include "analysis/spread.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "analysis/order.h"
#include "models/base/error.h"

enum { ROWS_MAX = 1 << 26, BINS = 120, HOPS_MAX = 255, KINDS_MAX = 256 };
enum { RECV = 2 }; /* `kind` of /events */

struct spread {
    struct orr_row_nodes *nodes;
    struct orr_row_deliveries *deliveries; /* of correct nodes, by message, time and node  */
    struct orr_row_submissions *submissions;
    struct orr_row_events *receipts;       /* of messages at correct nodes, by node and time */
    uint64_t n_nodes, n_deliveries, n_submissions, n_receipts, n_correct;
    double end_s, bin_s;
    uint32_t carriers[KINDS_MAX];          /* [n_carriers] message kinds that carry payloads */
    uint32_t n_carriers;
};

static int by_node(const void *a, const void *b) {
    const struct orr_row_events *x = a, *y = b;
    ORR_COMPARE(x->node, y->node);
    ORR_COMPARE(x->time_ns, y->time_ns);
    ORR_COMPARE(x->peer, y->peer);
    ORR_COMPARE(x->message, y->message);
    return 0;
}

static void spread_free(struct spread *s) {
    free(s->nodes);
    free(s->deliveries);
    free(s->submissions);
    free(s->receipts);
}

static bool is_correct(const struct spread *s, uint32_t node) {
    return node < s->n_nodes && !s->nodes[node].faulty;
}

static int read_group(struct orr_trace_reader *reader, enum orr_trace_group group, void **rows,
                      uint64_t *n, char *error) {
    *n = orr_trace_reader_head(reader)->rows[group];
    return orr_trace_reader_all(reader, group, ROWS_MAX, rows, error);
}

/* Nodes are numbered from 0 on without a gap, as a trace has them; another's are none of ours. */
static void keep_correct(struct spread *s) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < s->n_nodes; i++)
        if (s->nodes[i].node != i) s->nodes[i].faulty = 1;
    for (uint64_t i = 0; i < s->n_nodes; i++) s->n_correct += !s->nodes[i].faulty;
    for (uint64_t i = 0; i < s->n_deliveries; i++)
        if (is_correct(s, s->deliveries[i].node)) s->deliveries[n++] = s->deliveries[i];
    s->n_deliveries = n, n = 0;
    for (uint64_t i = 0; i < s->n_receipts; i++)
        if (s->receipts[i].kind == RECV && is_correct(s, s->receipts[i].node))
            s->receipts[n++] = s->receipts[i];
    s->n_receipts = n;
}

enum wants { DELIVERIES = 1, RECEIPTS = 2 };

static int spread_read(struct orr_trace_reader *reader, double end_s, int wants, struct spread *s,
                       char *error) {
    memset(s, 0, sizeof *s);
    s->end_s = end_s;
    void *nodes = NULL, *deliveries = NULL, *submissions = NULL, *receipts = NULL;
    int status = read_group(reader, ORR_GROUP_nodes, &nodes, &s->n_nodes, error);
    if (!status)
        status = read_group(reader, ORR_GROUP_deliveries, &deliveries, &s->n_deliveries, error);
    if (!status)
        status = read_group(reader, ORR_GROUP_submissions, &submissions, &s->n_submissions, error);
    if (!status && wants & RECEIPTS)
        status = read_group(reader, ORR_GROUP_events, &receipts, &s->n_receipts, error);
    s->nodes = nodes, s->deliveries = deliveries;
    s->submissions = submissions, s->receipts = receipts;
    if (status) return status;
    s->bin_s = s->end_s > 0 ? fmax(1, ceil(s->end_s / BINS)) : 1;
    keep_correct(s);
    const char *lacks = NULL;
    if (wants & DELIVERIES && !s->n_deliveries) lacks = "deliveries of gossip";
    else if (wants & RECEIPTS && !s->n_receipts) lacks = "messages";
    if (lacks) {
        snprintf(error, ORR_READER_ERROR_LEN, "it holds no %s (`record: messages` keeps them)",
                 lacks);
        return ORR_ENOTFOUND;
    }
    if (s->n_deliveries)
        qsort(s->deliveries, s->n_deliveries, sizeof *s->deliveries, orr_by_message);
    if (s->n_submissions)
        qsort(s->submissions, s->n_submissions, sizeof *s->submissions, orr_by_tx);
    if (s->n_receipts) qsort(s->receipts, s->n_receipts, sizeof *s->receipts, by_node);
    return 0;
}

static int bin_of(const struct spread *s, int64_t time_ns) {
    double bin = floor((double)time_ns * 1e-9 / s->bin_s);
    return bin >= 0 && bin < BINS ? (int)bin : -1;
}

/* A curve of the bins in which `of` is not zero: y = what / of. */
static void ratio_curve(const struct spread *s, const double *what, const double *of,
                        struct orr_curve *curve) {
    curve->n = 0;
    for (int i = 0; i < BINS; i++) {
        if (of[i] <= 0) continue;
        curve->x[curve->n] = (i + 0.5) * s->bin_s;
        curve->y[curve->n++] = what[i] / of[i];
    }
}

/* ---- ratio ---- */

static int64_t published_at(const struct spread *s, uint64_t id, int64_t otherwise) {
    uint64_t low = 0, high = s->n_submissions;
    while (low < high) { /* ends: the range is halved */
        uint64_t middle = low + (high - low) / 2;
        if (s->submissions[middle].tx < id) low = middle + 1;
        else high = middle;
    }
    bool is_there = low < s->n_submissions && s->submissions[low].tx == id;
    return is_there ? s->submissions[low].time_ns : otherwise;
}

int orr_spread_ratio(struct orr_trace_reader *reader, double end_s, struct orr_curve *curve,
                    char error[ORR_READER_ERROR_LEN]) {
    struct spread s;
    double have[BINS] = {0}, should[BINS] = {0};
    int status = spread_read(reader, end_s, DELIVERIES, &s, error);
    for (uint64_t first = 0, end; !status && first < s.n_deliveries; first = end) {
        uint64_t id = s.deliveries[first].id;
        for (end = first; end < s.n_deliveries && s.deliveries[end].id == id; end++) {}
        int bin = bin_of(&s, published_at(&s, id, s.deliveries[first].time_ns));
        if (bin < 0) continue;
        have[bin] += (double)(end - first);
        should[bin] += (double)s.n_correct;
    }
    /* what nobody has delivered was published, too */
    for (uint64_t i = 0; !status && i < s.n_submissions; i++) {
        struct orr_row_deliveries key = {.id = s.submissions[i].tx};
        uint64_t low = 0, high = s.n_deliveries;
        while (low < high) { /* ends: likewise */
            uint64_t middle = low + (high - low) / 2;
            if (s.deliveries[middle].id < key.id) low = middle + 1;
            else high = middle;
        }
        int bin = bin_of(&s, s.submissions[i].time_ns);
        bool is_there = low < s.n_deliveries && s.deliveries[low].id == key.id;
        if (bin >= 0 && !is_there) should[bin] += (double)s.n_correct;
    }
    if (!status) ratio_curve(&s, have, should, curve);
    spread_free(&s);
    return status;
}

/* ---- receipts that led to deliveries ---- */

/* The first receipt of a node at a time, of `message` unless that is UINT32_MAX, or NULL. */
static const struct orr_row_events *receipt_at(const struct spread *s, uint32_t node,
                                               int64_t time_ns) {
    uint64_t low = 0, high = s->n_receipts;
    while (low < high) { /* ends: likewise */
        uint64_t middle = low + (high - low) / 2;
        const struct orr_row_events *e = &s->receipts[middle];
        if (e->node < node || (e->node == node && e->time_ns < time_ns)) low = middle + 1;
        else high = middle;
    }
    const struct orr_row_events *e = &s->receipts[low];
    return low < s->n_receipts && e->node == node && e->time_ns == time_ns ? e : NULL;
}

static bool carries(const struct spread *s, uint32_t message) {
    for (uint32_t i = 0; i < s->n_carriers; i++)
        if (s->carriers[i] == message) return true;
    return false;
}

static void find_carriers(struct spread *s) {
    for (uint64_t i = 0; i < s->n_deliveries; i++) {
        const struct orr_row_deliveries *d = &s->deliveries[i];
        const struct orr_row_events *e = receipt_at(s, d->node, d->time_ns);
        if (e && !carries(s, e->message) && s->n_carriers < KINDS_MAX)
            s->carriers[s->n_carriers++] = e->message;
    }
}

int orr_spread_duplicates(struct orr_trace_reader *reader, double end_s, struct orr_curve *curve,
                         char error[ORR_READER_ERROR_LEN]) {
    struct spread s;
    double copies[BINS] = {0}, delivered[BINS] = {0};
    int status = spread_read(reader, end_s, DELIVERIES | RECEIPTS, &s, error);
    if (!status) find_carriers(&s);
    for (uint64_t i = 0; !status && i < s.n_receipts; i++) {
        int bin = bin_of(&s, s.receipts[i].time_ns);
        if (bin >= 0 && carries(&s, s.receipts[i].message)) copies[bin]++;
    }
    for (uint64_t i = 0; !status && i < s.n_deliveries; i++) {
        int bin = bin_of(&s, s.deliveries[i].time_ns);
        if (bin >= 0 && s.deliveries[i].origin != s.deliveries[i].node) delivered[bin]++;
    }
    if (!status) ratio_curve(&s, copies, delivered, curve);
    spread_free(&s);
    return status;
}

/* ---- hops ---- */

/* hops[node] of one message's deliveries, in order of time: -1 not known, or from who published. */
static void count_hops(const struct spread *s, uint64_t first, uint64_t end, int16_t *hops,
                       uint64_t *n_at) {
    for (uint64_t i = first; i < end; i++) {
        const struct orr_row_deliveries *d = &s->deliveries[i];
        const struct orr_row_events *e = receipt_at(s, d->node, d->time_ns);
        int16_t from = e && e->peer < s->n_nodes ? hops[e->peer] : -1;
        hops[d->node] = i == first ? 0 : from < 0 || from >= HOPS_MAX ? -1 : from + 1;
        if (hops[d->node] >= 0) n_at[hops[d->node]]++;
    }
    for (uint64_t i = first; i < end; i++) hops[s->deliveries[i].node] = -1;
}

int orr_spread_hops(struct orr_trace_reader *reader, double end_s, struct orr_curve *curve,
                   char error[ORR_READER_ERROR_LEN]) {
    struct spread s;
    uint64_t n_at[HOPS_MAX + 1] = {0}, n = 0, up_to = 0;
    int status = spread_read(reader, end_s, DELIVERIES | RECEIPTS, &s, error);
    int16_t *hops = orr_need(s.n_nodes + 1, sizeof *hops);
    memset(hops, 0xff, (s.n_nodes + 1) * sizeof *hops);
    for (uint64_t first = 0, end; !status && first < s.n_deliveries; first = end) {
        uint64_t id = s.deliveries[first].id;
        for (end = first; end < s.n_deliveries && s.deliveries[end].id == id; end++) {}
        count_hops(&s, first, end, hops, n_at);
    }
    for (int h = 0; h <= HOPS_MAX; h++) n += n_at[h];
    curve->n = 0;
    for (int h = 0; h <= HOPS_MAX && up_to < n; h++) {
        up_to += n_at[h];
        curve->x[curve->n] = h;
        curve->y[curve->n++] = (double)up_to / (double)n;
    }
    free(hops);
    spread_free(&s);
    return status;
}

/* ---- bytes ---- */

struct sum { uint32_t message; double all, bins[BINS]; };

static int by_bytes(const void *a, const void *b) {
    const struct sum *x = a, *y = b;
    ORR_COMPARE(y->all, x->all);
    ORR_COMPARE(x->message, y->message);
    return 0;
}

static uint32_t sum_up(const struct spread *s, struct sum *sums) {
    uint32_t n = 0, k;
    for (uint64_t i = 0; i < s->n_receipts; i++) {
        const struct orr_row_events *e = &s->receipts[i];
        int bin = bin_of(s, e->time_ns);
        for (k = 0; k < n && sums[k].message != e->message; k++) {}
        if (k == KINDS_MAX || bin < 0) continue;
        if (k == n) memset(&sums[n++], 0, sizeof *sums);
        sums[k].message = e->message;
        sums[k].all += e->bytes;
        sums[k].bins[bin] += e->bytes;
    }
    qsort(sums, n, sizeof *sums, by_bytes);
    return n;
}

/* What is beyond the last curve goes into it. */
static uint32_t fold(struct sum *sums, uint32_t n, size_t most) {
    for (uint32_t k = (uint32_t)most; k < n; k++)
        for (int i = 0; i < BINS; i++) sums[most - 1].bins[i] += sums[k].bins[i];
    if (n <= most) return n;
    sums[most - 1].message = UINT32_MAX;
    return (uint32_t)most;
}

static int name_kinds(struct orr_trace_reader *reader, const struct sum *sums, uint32_t n,
                      char names[][ORR_SPREAD_NAME], char *error) {
    void *rows = NULL;
    uint64_t n_kinds;
    int status = read_group(reader, ORR_GROUP_kinds, &rows, &n_kinds, error);
    const struct orr_row_kinds *kinds = rows;
    for (uint32_t k = 0; k < n && !status; k++) {
        snprintf(names[k], ORR_SPREAD_NAME, "%s",
                 sums[k].message == UINT32_MAX ? "all others" : "?");
        for (uint64_t i = 0; i < n_kinds; i++)
            if (kinds[i].message == sums[k].message)
                snprintf(names[k], ORR_SPREAD_NAME, "%.32s", kinds[i].name);
    }
    free(rows);
    return status;
}

int orr_spread_bytes(struct orr_trace_reader *reader, double end_s, struct orr_curve *curves,
                     size_t most, size_t *n, char names[][ORR_SPREAD_NAME],
                    char error[ORR_READER_ERROR_LEN]) {
    struct spread s;
    uint32_t n_sums = 0;
    int status = spread_read(reader, end_s, RECEIPTS, &s, error);
    struct sum *sums = orr_need(KINDS_MAX + 1, sizeof *sums);
    if (!status) n_sums = fold(sums, sum_up(&s, sums), most);
    if (!status) status = name_kinds(reader, sums, n_sums, names, error);
    for (uint32_t k = 0; k < n_sums; k++) {
        struct orr_curve *c = &curves[k];
        c->name = names[k], c->n = 0;
        for (int i = 0; i < BINS && i * s.bin_s < s.end_s; i++) {
            c->x[c->n] = (i + 0.5) * s.bin_s;
            c->y[c->n++] = sums[k].bins[i] / fmin(s.bin_s, s.end_s - i * s.bin_s);
        }
    }
    *n = n_sums;
    free(sums);
    spread_free(&s);
    return status;
}
