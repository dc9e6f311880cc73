#include "sim/cli/trace_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/latency.h"
#include "analysis/propagation.h"
#include "models/base/error.h"
#include "sim/base/memory.h"

enum { ROWS_MAX = 1 << 26 };

static const struct {
    const char *of, *label;
} kinds[] = {
    {"commit", "submission to commit (s)"},
    {"final", "submission to the last decision (s)"},
    {"block_interval", "time between blocks (s)"},
    {"delivery", "publishing to delivery (s)"},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

const char *orr_trace_times_label(const char *of) {
    for (int i = 0; i < N_KINDS; i++)
        if (!strcmp(kinds[i].of, of)) return kinds[i].label;
    return NULL;
}

/* ---- groups ---- */

static bool name_of(const struct orr_row_nodes *node, const char *by, char name[64]) {
    int len = (int)strnlen(node->name, sizeof node->name);
    const char *dot = NULL;
    for (int i = 0; i < len; i++)
        if (node->name[i] == '.') dot = node->name + i;
    if (!strcmp(by, "region"))
        snprintf(name, 64, "%.*s", (int)strnlen(node->region, sizeof node->region), node->region);
    else if (!strcmp(by, "role"))
        snprintf(name, 64, "%.*s", (int)strnlen(node->role, sizeof node->role), node->role);
    else if (!strcmp(by, "node")) snprintf(name, 64, "%.*s", len, node->name);
    else if (!strcmp(by, "cohort"))
        snprintf(name, 64, "%.*s", dot ? (int)(dot - node->name) : len, node->name);
    else return false;
    return true;
}

static int group_nodes(struct orr_trace_groups *g, const struct orr_row_nodes *nodes,
                       const char *by, bool takes_faulty, char *error) {
    bool is_named = false;
    for (uint64_t i = 0; i < g->n_nodes; i++) {
        char name[64];
        size_t at = 0;
        g->of_node[i] = UINT32_MAX;
        if (!name_of(&nodes[i], by, name)) {
            snprintf(error, ORR_READER_ERROR_LEN,
                     "--by is region, role, node or cohort of a trace, not '%.64s'", by);
            return ORR_ENOTFOUND;
        }
        if (nodes[i].faulty && !takes_faulty) continue;
        while (at < g->n && strcmp(g->names[at], name)) at++;
        if (at == ORR_TRACE_GROUPS) {
            snprintf(error, ORR_READER_ERROR_LEN, "more than %d groups", ORR_TRACE_GROUPS);
            return ORR_ELIMIT;
        }
        if (at == g->n) memcpy(g->names[g->n++], name, sizeof name);
        g->of_node[i] = (uint32_t)at;
        is_named |= *name != '\0';
    }
    if (is_named) return 0;
    snprintf(error, ORR_READER_ERROR_LEN, "its nodes have no %.64s", by);
    return ORR_ENOTFOUND;
}

static int read_groups(struct orr_trace_reader *reader, const char *by, bool takes_faulty,
                       struct orr_trace_groups *g, char *error) {
    void *nodes = NULL;
    *g = (struct orr_trace_groups){.n_nodes =
                                       orr_trace_reader_head(reader)->rows[ORR_GROUP_nodes]};
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (status) return status;
    g->of_node = orr_xrealloc(NULL, (g->n_nodes + 1) * sizeof *g->of_node);
    status = group_nodes(g, nodes, by, takes_faulty, error);
    free(nodes);
    if (status) orr_trace_groups_fini(g);
    return status;
}

int orr_trace_groups_read(struct orr_trace_reader *reader, const char *by,
                          struct orr_trace_groups *groups, char error[ORR_READER_ERROR_LEN]) {
    return read_groups(reader, by, false, groups, error);
}

int orr_trace_groups_all(struct orr_trace_reader *reader, const char *by,
                         struct orr_trace_groups *groups, char error[ORR_READER_ERROR_LEN]) {
    return read_groups(reader, by, true, groups, error);
}

void orr_trace_groups_fini(struct orr_trace_groups *g) {
    free(g->of_node);
    g->of_node = NULL;
}

/* ---- times ---- */

/* Nodes outside of a group do not count; NULL: all do. */
static uint8_t *left_out(const struct orr_trace_groups *g, size_t group) {
    if (group == SIZE_MAX) return NULL;
    uint8_t *out = orr_xrealloc(NULL, g->n_nodes + 1);
    for (uint64_t i = 0; i < g->n_nodes; i++) out[i] = g->of_node[i] != group;
    return out;
}

static void take(struct orr_times *from, struct orr_group_times *to) {
    *to = (struct orr_group_times){from->v, from->n};
    *from = (struct orr_times){.v = NULL};
}

int orr_trace_group_times(struct orr_trace_reader *reader, const struct orr_trace_groups *groups,
                          size_t group, const char *of, struct orr_group_times *times,
                          char error[ORR_READER_ERROR_LEN]) {
    struct orr_latencies l;
    struct orr_propagation p;
    if (!orr_trace_times_label(of)) {
        snprintf(error, ORR_READER_ERROR_LEN,
                 "--of is commit, final, block_interval or delivery, not '%.64s'", of);
        return ORR_ENOTFOUND;
    }
    uint8_t *out = left_out(groups, group);
    const struct orr_latency_choice choice = {.left_out = out,
                                              .n_left_out = out ? groups->n_nodes : 0};
    int status;
    if (!strcmp(of, "delivery")) {
        status = orr_propagation_read_of(reader, out, choice.n_left_out, &p, error);
        if (!status) take(&p.reach, times), orr_propagation_fini(&p);
    } else {
        status = orr_latencies_read_of(reader, &choice, &l, error);
        if (!status)
            take(!strcmp(of, "final") ? &l.final : !strcmp(of, "commit") ? &l.commit : &l.interval,
                 times);
        if (!status) orr_latencies_fini(&l);
    }
    free(out);
    return status;
}
