#include "analysis/recovery.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "models/base/error.h"

#define ROWS_MAX (1u << 26)

static const uint32_t NETWORK = UINT32_MAX;

static double seconds(int64_t ns) { return (double)ns * 1e-9; }

int orr_commits_read(struct orr_trace_reader *reader, double **at_s, size_t *n,
                     char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    uint64_t n_rows = rows[ORR_GROUP_decisions], n_nodes = rows[ORR_GROUP_nodes], top = 0;
    void *decisions = NULL, *nodes = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_decisions, ROWS_MAX, &decisions, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (!status) {
        const struct orr_row_decisions *d = decisions;
        const struct orr_row_nodes *node = nodes;
        *at_s = orr_need(n_rows, sizeof **at_s);
        *n = 0;
        for (uint64_t i = 0; i < n_rows; i++) {
            if (d[i].node < n_nodes && node[d[i].node].faulty) continue;
            if (*n && d[i].height <= top) continue;
            top = d[i].height;
            (*at_s)[(*n)++] = seconds(d[i].time_ns);
        }
    }
    free(decisions), free(nodes);
    return status;
}

/* A fault as a whole: the rows of the network, or of one that has none, its first and last. */
static void add_row(struct orr_recoveries *r, const struct orr_row_faults *f,
                    const struct orr_row_plan *plan, uint64_t n_plan) {
    struct orr_recovery *v = NULL;
    for (size_t i = r->n; i-- && !v;) /* the last of that number is the one that may be open */
        if (r->v[i].fault == f->fault) v = &r->v[i];
    if (f->began && f->node == NETWORK) {
        v = &r->v[r->n++];
        *v = (struct orr_recovery){.fault = f->fault, .from_s = seconds(f->time_ns), .to_s = NAN,
                                   .recovery_s = NAN, .gap_s = NAN};
        for (uint64_t i = 0; i < n_plan; i++)
            if (plan[i].fault == f->fault)
                snprintf(v->text, sizeof v->text, "%.*s", (int)sizeof plan[i].text, plan[i].text);
    } else if (v && !f->began && f->node == NETWORK) {
        v->to_s = seconds(f->time_ns);
    }
}

static void measure(struct orr_recovery *v, const double *at_s, size_t n) {
    double end = isnan(v->to_s) ? v->from_s : v->to_s;
    for (size_t i = 0; i < n; i++) {
        if (isnan(v->recovery_s) && at_s[i] > end) v->recovery_s = at_s[i] - end;
        bool touches = i && at_s[i] >= v->from_s && (isnan(v->to_s) || at_s[i - 1] <= v->to_s);
        if (touches && !(at_s[i] - at_s[i - 1] <= v->gap_s)) v->gap_s = at_s[i] - at_s[i - 1];
    }
}

int orr_recoveries_read(struct orr_trace_reader *reader, struct orr_recoveries *recoveries,
                        char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    struct orr_recoveries r = {.v = NULL};
    void *faults = NULL, *plan = NULL;
    double *at_s = NULL;
    size_t n = 0;
    if (!rows[ORR_GROUP_faults]) {
        snprintf(error, ORR_READER_ERROR_LEN, "it holds no faults (`record: faults` keeps them)");
        return ORR_ENOTFOUND;
    }
    int status = orr_trace_reader_all(reader, ORR_GROUP_faults, ROWS_MAX, &faults, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_plan, ROWS_MAX, &plan, error);
    if (!status) status = orr_commits_read(reader, &at_s, &n, error);
    if (!status) {
        r.v = orr_need(rows[ORR_GROUP_faults], sizeof *r.v);
        for (uint64_t i = 0; i < rows[ORR_GROUP_faults]; i++)
            add_row(&r, (struct orr_row_faults *)faults + i, plan, rows[ORR_GROUP_plan]);
        for (size_t i = 0; i < r.n; i++) measure(&r.v[i], at_s, n);
        *recoveries = r;
    }
    free(faults), free(plan), free(at_s);
    return status;
}

void orr_recoveries_fini(struct orr_recoveries *r) {
    free(r->v);
    *r = (struct orr_recoveries){.v = NULL};
}
