#include "sim/cli/trace_grids.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/propagation.h"
#include "models/base/error.h"
#include "sim/base/memory.h"

enum { ROWS_MAX = 1 << 26, PLACE = 32, PIECES = 30, STEPS = 60, RECV = 2 };

static int complain(char *error, int status, const char *what) {
    snprintf(error, ORR_READER_ERROR_LEN, "%s", what);
    return status;
}

static void make_values(struct orr_trace_grid *g, size_t n_rows, size_t n_columns) {
    g->plot.n_rows = n_rows, g->plot.n_columns = n_columns;
    g->values = orr_xrealloc(NULL, n_rows * n_columns * sizeof *g->values);
    for (size_t i = 0; i < n_rows * n_columns; i++) g->values[i] = NAN;
    g->plot.values = g->values;
}

static void add_name(struct orr_trace_grid *g, size_t i, const char *text, size_t most) {
    snprintf(g->names[i], sizeof *g->names, "%.*s", (int)strnlen(text, most), text);
    g->rows[i] = g->names[i];
}

static void make_names(struct orr_trace_grid *g, size_t n) {
    g->names = orr_xrealloc(NULL, (n + 1) * sizeof *g->names);
    g->rows = orr_xrealloc(NULL, (n + 1) * sizeof *g->rows);
}

void orr_trace_grid_free(struct orr_trace_grid *g) {
    free(g->values), free(g->names), free(g->columns), free(g->rows);
    free(g->n_members);
    *g = (struct orr_trace_grid){.values = NULL};
}

/* ---- regions ---- */

struct delays {
    double *v;
    size_t n, cap;
};

struct places {
    uint32_t *of_node; /* [n_nodes] */
    uint64_t n_nodes;
    size_t n;
    struct delays *pairs; /* [n][n] */
};

/* Gives each node its place, in the order in which places are met. */
static int find_places(struct orr_trace_grid *g, const struct orr_row_nodes *nodes,
                       struct places *p, char *error) {
    bool has_regions = false;
    for (uint64_t i = 0; i < p->n_nodes; i++) has_regions |= nodes[i].region[0] != '\0';
    make_names(g, ORR_GRID_SIDE);
    for (uint64_t i = 0; i < p->n_nodes; i++) {
        size_t at = has_regions ? 0 : p->n;
        for (; at < p->n; at++)
            if (!strncmp(g->rows[at], nodes[i].region, PLACE)) break;
        p->of_node[i] = (uint32_t)at;
        if (at < p->n) continue;
        if (p->n == ORR_GRID_SIDE)
            return complain(error, ORR_ELIMIT,
                            "more than 100 regions (or, without regions, nodes),"
                            " which nobody could tell apart");
        if (has_regions)
            add_name(g, p->n++, nodes[i].region, PLACE);
        else
            add_name(g, p->n++, nodes[i].name, sizeof nodes[i].name);
    }
    return 0;
}

static void add_delay(struct delays *d, double ms) {
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 64;
        d->v = orr_xrealloc(d->v, d->cap * sizeof *d->v);
    }
    d->v[d->n++] = ms;
}

static int read_delays(struct orr_trace_reader *reader, struct places *p, char *error) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_events];
    const struct orr_reader_columns wanted = {{"time_ns", "sent_ns", "node", "peer", "kind"}, 5};
    struct orr_row_events *rows = orr_xrealloc(NULL, ORR_READER_PIECE * sizeof *rows);
    int status = n > ROWS_MAX ? complain(error, ORR_ELIMIT, "it holds too many events") : 0;
    for (uint64_t at = 0; at < n && !status; at += ORR_READER_PIECE) {
        uint64_t held = n - at < ORR_READER_PIECE ? n - at : ORR_READER_PIECE;
        status = orr_trace_reader_columns(reader, ORR_GROUP_events, &wanted, at, held, rows, error);
        for (uint64_t i = 0; i < held && !status; i++) {
            const struct orr_row_events *e = &rows[i];
            if (e->kind != RECV || e->node == e->peer) continue;
            if (e->node >= p->n_nodes || e->peer >= p->n_nodes) continue;
            add_delay(&p->pairs[p->of_node[e->peer] * p->n + p->of_node[e->node]],
                      ((double)e->time_ns - (double)e->sent_ns) * 1e-6);
        }
    }
    free(rows);
    return status;
}

int orr_trace_regions(struct orr_trace_reader *reader, struct orr_trace_grid *g,
                      char error[ORR_READER_ERROR_LEN]) {
    struct places p = {.n_nodes = orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes]};
    void *nodes = NULL;
    bool any = false;
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    p.of_node = orr_xrealloc(NULL, (p.n_nodes + 1) * sizeof *p.of_node);
    if (!status) status = find_places(g, nodes, &p, error);
    free(nodes);
    p.pairs = orr_xrealloc(NULL, (p.n * p.n + 1) * sizeof *p.pairs);
    memset(p.pairs, 0, (p.n * p.n + 1) * sizeof *p.pairs);
    if (!status) status = read_delays(reader, &p, error);
    if (!status && p.n) {
        make_values(g, p.n, p.n);
        g->n_members = orr_xrealloc(NULL, p.n * sizeof *g->n_members);
        memset(g->n_members, 0, p.n * sizeof *g->n_members);
        for (uint64_t i = 0; i < p.n_nodes; i++) g->n_members[p.of_node[i]]++;
    }
    for (size_t i = 0; i < p.n * p.n; i++) {
        struct delays *d = &p.pairs[i];
        if (d->n && !status) {
            g->values[i] = orr_select(d->v, d->n, (d->n + 1) / 2); /* the median's nearest rank */
            any = true;
        }
        free(d->v);
    }
    free(p.pairs), free(p.of_node);
    g->plot.column_names = g->plot.row_names = g->rows;
    g->plot.x_label = "to", g->plot.y_label = "from", g->plot.value_label = "median (ms)";
    if (status || any) return status;
    return complain(error, ORR_ENOTFOUND, "it holds no messages (`record: messages` keeps them)");
}

/* ---- how messages spread ---- */

static const struct orr_sample *published(const struct orr_propagation *p, uint64_t message) {
    size_t low = 0, high = p->n_messages; /* there is one */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p->begun[middle].cluster <= message)
            low = middle;
        else
            high = middle;
    }
    return &p->begun[low];
}

static size_t piece(double value, double first, double step, size_t n) {
    double at = floor((value - first) / step);
    return !(at > 0) ? 0 : at >= (double)n ? n - 1 : (size_t)at;
}

static void count_heat(const struct orr_propagation *p, struct orr_trace_grid *g) {
    double first = INFINITY, last = -INFINITY, messages[PIECES] = {0};
    for (size_t i = 0; i < p->n_messages; i++) {
        first = fmin(first, p->begun[i].value);
        last = fmax(last, p->begun[i].value);
    }
    double dy = last > first ? (last - first) / PIECES : 1;
    double dx = fmax(orr_quantile(p->reach.v, p->reach.n, 0.99), 1e-9) / STEPS * 1000; /* ms */
    make_values(g, PIECES, STEPS);
    g->plot.x0 = dx / 2, g->plot.dx = dx, g->plot.y0 = first + dy / 2, g->plot.dy = dy;
    for (size_t i = 0; i < PIECES * STEPS; i++) g->values[i] = 0;
    for (size_t i = 0; i < p->n_messages; i++)
        messages[piece(p->begun[i].value, first, dy, PIECES)]++;
    for (size_t i = 0; i < p->reach.n; i++) {
        const struct orr_sample *s = &p->reach.v[i];
        size_t row = piece(published(p, s->cluster)->value, first, dy, PIECES);
        if (s->value * 1000 < dx * STEPS)
            g->values[row * STEPS + piece(s->value * 1000, 0, dx, STEPS)]++;
    }
    for (size_t row = 0; row < PIECES; row++) {
        double sum = 0;
        for (size_t i = row * STEPS; i < (row + 1) * STEPS; i++) {
            sum += g->values[i];
            g->values[i] = messages[row] > 0 ? sum / messages[row] / (double)p->n_nodes : NAN;
        }
    }
}

int orr_trace_heat(struct orr_trace_reader *reader, struct orr_trace_grid *g,
                   char error[ORR_READER_ERROR_LEN]) {
    struct orr_propagation p;
    int status = orr_propagation_read(reader, &p, error);
    if (status) return status;
    if (p.reach.n)
        count_heat(&p, g);
    else
        status = complain(error, ORR_ENOTFOUND, "it holds no deliveries");
    orr_propagation_fini(&p);
    g->plot.x_label = "since publishing (ms)", g->plot.y_label = "published at (s)";
    g->plot.value_label = "share of nodes";
    return status;
}

/* ---- proposers ---- */

/* Puts rounds in their places; heights from `from` on.  Of a height the first row counts. */
static void put_rounds(const struct orr_row_decisions *d, uint64_t n,
                       const struct orr_row_nodes *nodes, uint64_t from, struct orr_trace_grid *g) {
    size_t n_nodes = g->plot.n_rows, n_heights = g->plot.n_columns;
    bool *met = orr_xrealloc(NULL, n_heights);
    memset(met, 0, n_heights);
    for (uint64_t i = 0; i < n; i++) {
        if (d[i].node >= n_nodes || nodes[d[i].node].faulty || d[i].proposer >= n_nodes) continue;
        if (d[i].height < from || d[i].height - from >= n_heights || met[d[i].height - from])
            continue;
        met[d[i].height - from] = true;
        g->values[d[i].proposer * n_heights + (d[i].height - from)] = (double)d[i].round + 1;
    }
    free(met);
}

int orr_trace_proposers(struct orr_trace_reader *reader, struct orr_trace_grid *g,
                        char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    uint64_t n = rows[ORR_GROUP_decisions], n_nodes = rows[ORR_GROUP_nodes], low = UINT64_MAX,
             high = 0;
    void *all = NULL, *nodes = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_decisions, ROWS_MAX, &all, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    const struct orr_row_decisions *d = all;
    const struct orr_row_nodes *node = nodes;
    for (uint64_t i = 0; i < n && !status; i++) {
        if (d[i].node >= n_nodes || node[d[i].node].faulty || d[i].proposer >= n_nodes) continue;
        if (d[i].height < low) low = d[i].height;
        if (d[i].height > high) high = d[i].height;
    }
    if (!status && low > high)
        status = complain(error, ORR_ENOTFOUND, "it holds no decisions that name a proposer");
    if (!status && n_nodes > ORR_GRID_SIDE)
        status = complain(error, ORR_ELIMIT, "more than 100 nodes, which nobody could tell apart");
    if (!status) {
        uint64_t most = ORR_GRID_CELLS / n_nodes;
        if (high - low >= most) low = high - most + 1;
        make_names(g, n_nodes);
        for (uint64_t i = 0; i < n_nodes; i++) add_name(g, i, node[i].name, sizeof node[i].name);
        make_values(g, n_nodes, high - low + 1);
        put_rounds(d, n, node, low, g);
        g->plot.x0 = (double)low, g->plot.dx = 1;
    }
    free(all), free(nodes);
    g->plot.row_names = g->rows;
    g->plot.x_label = "height", g->plot.y_label = "proposer", g->plot.value_label = "rounds";
    g->plot.is_whole = true;
    return status;
}
