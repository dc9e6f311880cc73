#include "analysis/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "models/base/error.h"

#define ROWS_MAX (1u << 25) /* 2.4 GB */

#define COMPARE(x, y) \
    if ((x) != (y)) return (x) < (y) ? -1 : 1

static int by_time(const void *a, const void *b) {
    const struct orr_row_metrics *x = a, *y = b;
    COMPARE(x->time_ns, y->time_ns);
    COMPARE(x->node, y->node);
    COMPARE(x->value, y->value);
    return 0;
}

static bool is_called(const struct orr_row_metrics *row, const char *name) {
    return strlen(name) <= sizeof row->name && !strncmp(row->name, name, sizeof row->name);
}

/* The names that are there, for a message. */
static void list_names(const struct orr_row_metrics *rows, size_t n, char *to, size_t size) {
    size_t len = 0;
    to[0] = 0;
    for (size_t i = 0; i < n; i++) {
        char name[sizeof rows->name + 3];
        snprintf(name, sizeof name, " %.*s,", (int)sizeof rows->name, rows[i].name);
        if (strstr(to, name) || len + strlen(name) >= size) continue;
        len += (size_t)snprintf(to + len, size - len, "%s", name);
    }
    if (len) to[len - 1] = 0; /* the last comma */
}

/* Rows of the name by correct nodes go to the front; how many. */
static size_t keep(struct orr_row_metrics *rows, size_t n, const char *name,
                   const struct orr_row_nodes *nodes, size_t n_nodes) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        bool counts = is_called(&rows[i], name);
        for (size_t k = 0; counts && k < n_nodes; k++) /* nodes stand at their number, most often */
            if (nodes[(rows[i].node + k) % n_nodes].node == rows[i].node) {
                counts = !nodes[(rows[i].node + k) % n_nodes].faulty;
                break;
            }
        if (counts) rows[kept++] = rows[i];
    }
    return kept;
}

static void add_point(struct orr_series *s, double time_s, const int64_t *now, const bool *is_set,
                      size_t n_nodes) {
    struct orr_series_point p = {.time_s = time_s, .least = INFINITY, .most = -INFINITY};
    size_t n = 0;
    for (size_t i = 0; i < n_nodes; i++) {
        if (!is_set[i]) continue;
        double value = (double)now[i];
        p.mean += value;
        if (value < p.least) p.least = value;
        if (value > p.most) p.most = value;
        n++;
    }
    if (!n) return;
    p.mean /= (double)n;
    s->v[s->n++] = p;
}

/* rows[n], n > 0, in order of time; nodes below n_nodes. */
static void measure(const struct orr_row_metrics *rows, size_t n, size_t n_nodes,
                    struct orr_series *s) {
    int64_t *now = orr_need(n_nodes, sizeof *now), last = rows[n - 1].time_ns;
    bool *is_set = orr_need(n_nodes, sizeof *is_set);
    memset(is_set, 0, n_nodes * sizeof *is_set);
    size_t at = 0;
    for (int i = 1; i <= ORR_SERIES_POINTS; i++) {
        double until = (double)last * i / ORR_SERIES_POINTS;
        for (; at < n && (double)rows[at].time_ns <= until; at++) {
            s->n_nodes += !is_set[rows[at].node];
            is_set[rows[at].node] = true;
            now[rows[at].node] = rows[at].value;
        }
        add_point(s, until / 1e9, now, is_set, n_nodes);
    }
    free(is_set);
    free(now);
}

int orr_series_read(struct orr_trace_reader *reader, const char *name, struct orr_series *s,
                    char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    void *nodes = NULL, *metrics = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (!status)
        status = orr_trace_reader_all(reader, ORR_GROUP_metrics, ROWS_MAX, &metrics, error);
    struct orr_row_metrics *v = metrics;
    size_t n = status ? 0 : keep(v, rows[ORR_GROUP_metrics], name, nodes, rows[ORR_GROUP_nodes]);
    if (!status && !n) {
        char names[256];
        list_names(v, rows[ORR_GROUP_metrics], names, sizeof names);
        snprintf(error, ORR_READER_ERROR_LEN, "no correct node measured '%.64s'; there is%s", name,
                 names[0] ? names : " nothing that was (`record:` must name metrics)");
        status = ORR_ENOTFOUND;
    }
    if (!status) {
        uint32_t top = 0;
        memset(s, 0, sizeof *s);
        for (size_t i = 0; i < n; i++)
            if (v[i].node > top) top = v[i].node;
        memcpy(s->name, v[0].name, sizeof v[0].name);
        memcpy(s->unit, v[0].unit, sizeof v[0].unit);
        qsort(v, n, sizeof *v, by_time);
        measure(v, n, (size_t)top + 1, s);
    }
    free(metrics);
    free(nodes);
    return status;
}

static size_t peak_of(const struct orr_series *s) {
    size_t peak = 0;
    for (size_t i = 1; i < s->n; i++)
        if (s->v[i].mean > s->v[peak].mean) peak = i;
    return peak;
}

double orr_series_peak(const struct orr_series *s, double *mean) {
    size_t peak = peak_of(s);
    *mean = s->n ? s->v[peak].mean : NAN;
    return s->n ? s->v[peak].time_s : NAN;
}

double orr_series_falls_to(const struct orr_series *s, double share) {
    size_t peak = peak_of(s), i = s->n;
    while (i > peak && s->v[i - 1].mean <= share * s->v[peak].mean) i--;
    return i < s->n && i > peak ? s->v[i].time_s : NAN;
}
