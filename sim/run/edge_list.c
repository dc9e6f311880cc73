#include "sim/run/edge_list.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/set.h"
#include "sim/base/memory.h"
#include "sim/scenario/scenario.h"

/* A plain decimal number of at most nine digits, all of text[len]. */
static bool read_number(const char *text, size_t len, uint32_t *number) {
    if (!len || len > 9) return false;
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *number = value;
    return true;
}

/* `group.number`, split at the last point. */
static bool find_named(const struct orr_scenario *scenario, const char *text, size_t len,
                       orr_peer *node) {
    size_t point = len;
    while (point > 0 && text[point - 1] != '.') point--;
    uint32_t number;
    if (!point || !read_number(text + point, len - point, &number)) return false;
    for (uint32_t i = 0; i < scenario->n_groups; i++) {
        const struct orr_group_spec *group = &scenario->groups[i];
        if (strlen(group->name) != point - 1 || memcmp(group->name, text, point - 1)) continue;
        *node = group->first + number;
        return number < group->count;
    }
    return false;
}

static bool read_node(struct orr_field word, const struct orr_scenario *scenario, uint32_t n_nodes,
                      struct orr_diags *diags, orr_peer *node) {
    const char *text = orr_field_text(word);
    size_t len = orr_field_len(word);
    bool number = read_number(text, len, node);
    if (number && *node < n_nodes) return true;
    if (!number && scenario && find_named(scenario, text, len, node)) return true;
    char hint[96];
    snprintf(hint, sizeof hint, "nodes are 0 to %u%s", n_nodes - 1,
             scenario ? ", or `group.number` as in `val.3`" : "");
    orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(word), hint, "no such node");
    return false;
}

/* Reads one line; false, with a diagnostic, when it is no edge. */
static bool read_edge(struct orr_field line, const struct orr_scenario *scenario, uint32_t n_nodes,
                      struct orr_diags *diags, struct orr_edge *edge) {
    struct orr_field rest = line, a, b, after;
    orr_data_word(&rest, &a);
    bool good = read_node(a, scenario, n_nodes, diags, &edge->a);
    if (!orr_data_word(&rest, &b)) {
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line),
                     "an edge is `a b` or `a b latency`", "the edge has one end only");
        return false;
    }
    good &= read_node(b, scenario, n_nodes, diags, &edge->b);
    edge->latency = -1;
    struct orr_field latency = rest;
    if (orr_data_word(&rest, &after)) { /* the latency may have a space before its unit */
        latency.start = after.start;
        good &= orr_data_duration(latency, diags, &edge->latency);
    }
    if (good && edge->a == edge->b) {
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line), NULL, "the edge is a loop");
        return false;
    }
    return good;
}

/* The same for both directions: lower end << 32 | higher end. */
static uint64_t edge_key(const struct orr_edge *edge) {
    uint64_t low = edge->a < edge->b ? edge->a : edge->b;
    uint64_t high = edge->a < edge->b ? edge->b : edge->a;
    return low << 32 | high;
}

int orr_edges_parse(const struct orr_source *source, const struct orr_scenario *scenario,
                    uint32_t n_nodes, struct orr_diags *diags, struct orr_edge **edges,
                    uint64_t *n_edges) {
    uint32_t n_before = diags->n_errors;
    struct orr_edge *v = NULL, edge;
    struct orr_heap heap;
    struct orr_set seen; /* edges, so that none is given twice */
    orr_heap_init(&heap);
    orr_set_init(&seen, &heap.mem, 0);
    uint64_t n = 0, cap = 0;
    int bad = 0;
    struct orr_field line;
    for (size_t at = 0; !bad && orr_data_line(source, &at, &line);) {
        if (!read_edge(line, scenario, n_nodes, diags, &edge)) continue;
        if (!orr_set_add(&seen, edge_key(&edge))) {
            orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line),
                         "an edge goes both ways: write it once", "the edge is given twice");
            continue;
        }
        if (n == cap) v = orr_xrealloc(v, (cap = cap ? 2 * cap : 256) * sizeof *v);
        v[n++] = edge;
        if (n > ORR_TOPOLOGY_MAX_LINKS / 2) bad = ORR_ELIMIT;
    }
    orr_set_fini(&seen);
    if (bad)
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line), NULL, "too many edges");
    else if (diags->n_errors > n_before)
        bad = ORR_EFORMAT;
    if (bad) {
        free(v);
        return bad;
    }
    *edges = v;
    *n_edges = n;
    return 0;
}

/* ---- overlays ---- */

static int overlay_from_file(const struct orr_scenario *scenario, struct orr_data_files *files,
                             struct orr_diags *diags, struct orr_topology **topology) {
    const struct orr_overlay_spec *spec = &scenario->overlay;
    const struct orr_source *source;
    struct orr_edge *edges;
    uint64_t n_edges;
    int bad = orr_data_load(spec->path, spec->where, files, diags, &source);
    if (!bad) bad = orr_edges_parse(source, scenario, scenario->n_nodes, diags, &edges, &n_edges);
    if (bad) return bad;
    bad = orr_topology_from_edges(scenario->n_nodes, edges, n_edges, topology);
    free(edges);
    return bad;
}

static int build(const struct orr_scenario *s, struct orr_topology **t) {
    const struct orr_overlay_spec *spec = &s->overlay;
    switch (spec->kind) {
    case ORR_OVERLAY_FULL: return orr_topology_full(s->n_nodes, t);
    case ORR_OVERLAY_RING: return orr_topology_ring(s->n_nodes, t);
    case ORR_OVERLAY_STAR: return orr_topology_star(s->n_nodes, t);
    case ORR_OVERLAY_GRID: return orr_topology_grid(s->n_nodes, t);
    case ORR_OVERLAY_RANDOM_REGULAR:
        return orr_topology_random_regular(s->seed, s->n_nodes, spec->degree, t);
    case ORR_OVERLAY_ERDOS_RENYI: return orr_topology_erdos_renyi(s->seed, s->n_nodes, spec->p, t);
    case ORR_OVERLAY_SMALL_WORLD:
        return orr_topology_small_world(s->seed, s->n_nodes, spec->k, spec->beta, t);
    case ORR_OVERLAY_SCALE_FREE: return orr_topology_scale_free(s->seed, s->n_nodes, spec->m, t);
    default: return ORR_EINVAL;
    }
}

int orr_overlay_new(const struct orr_scenario *scenario, struct orr_data_files *files,
                    struct orr_diags *diags, struct orr_topology **topology) {
    if (scenario->overlay.kind == ORR_OVERLAY_FILE)
        return overlay_from_file(scenario, files, diags, topology);
    int bad = build(scenario, topology);
    if (bad)
        orr_diag_add(diags, ORR_DIAG_ERROR, scenario->overlay.where, NULL,
                     "there is no such overlay of %u nodes: %s", scenario->n_nodes,
                     orr_error_text(bad));
    return bad;
}
