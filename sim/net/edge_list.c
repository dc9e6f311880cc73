#include "sim/net/edge_list.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/set.h"
#include "sim/base/memory.h"

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
static bool find_named(const struct orr_network_spec *spec, const char *text, size_t len,
                       orr_peer *node) {
    size_t point = len;
    while (point > 0 && text[point - 1] != '.') point--;
    uint32_t number;
    if (!point || !read_number(text + point, len - point, &number)) return false;
    for (uint32_t i = 0; i < spec->n_names; i++) {
        const struct orr_node_names *group = &spec->names[i];
        if (strlen(group->name) != point - 1 || memcmp(group->name, text, point - 1)) continue;
        *node = group->first + number;
        return number < group->count;
    }
    return false;
}

static bool read_node(struct orr_field word, const struct orr_network_spec *spec,
                      struct orr_diags *diags, orr_peer *node) {
    const char *text = orr_field_text(word);
    size_t len = orr_field_len(word);
    bool number = read_number(text, len, node);
    if (number && *node < spec->n_nodes) return true;
    if (!number && find_named(spec, text, len, node)) return true;
    char hint[96];
    snprintf(hint, sizeof hint, "nodes are 0 to %u%s", spec->n_nodes - 1,
             spec->n_names ? ", or `group.number` as in `val.3`" : "");
    orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(word), hint, "no such node");
    return false;
}

/* Reads one line; false, with a diagnostic, when it is no edge. */
static bool read_edge(struct orr_field line, const struct orr_network_spec *spec,
                      struct orr_diags *diags, struct orr_edge *edge) {
    struct orr_field rest = line, a, b, after;
    orr_data_word(&rest, &a);
    bool good = read_node(a, spec, diags, &edge->a);
    if (!orr_data_word(&rest, &b)) {
        orr_diag_add(diags, ORR_DIAG_ERROR, orr_field_span(line),
                     "an edge is `a b` or `a b latency`", "the edge has one end only");
        return false;
    }
    good &= read_node(b, spec, diags, &edge->b);
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

int orr_edges_parse(const struct orr_source *source, const struct orr_network_spec *spec,
                    struct orr_diags *diags, struct orr_edge **edges, uint64_t *n_edges) {
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
        if (!read_edge(line, spec, diags, &edge)) continue;
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
