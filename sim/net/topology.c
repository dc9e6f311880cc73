/* topology.c - compressed rows from edges, and the kinds without chance.
 *
 * Rows are made by two passes that each deal edges out to their ends.  The second pass visits nodes
 * in ascending order and appends each to the lists of its neighbours, so every list comes out
 * ascending without a sort: a radix sort by (node, neighbour). */
#include "sim/net/topology.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"
#include "sim/net/topology_make.h"

static struct orr_topology *empty(uint32_t n) {
    struct orr_topology *t = orr_xrealloc(NULL, sizeof *t);
    *t = (struct orr_topology){.n = n};
    return t;
}

static void *array(uint64_t n, size_t size) { return orr_xrealloc(NULL, n * size); }

/* Parts of the graph, by search from each node that no earlier search has reached. */
static uint32_t count_components(const struct orr_topology *t) {
    uint8_t *seen = array(t->n, 1);
    memset(seen, 0, t->n);
    orr_peer *stack = array(t->n, sizeof *stack);
    uint32_t n_components = 0;
    for (orr_peer start = 0; start < t->n; start++) {
        if (seen[start]) continue;
        n_components++;
        uint32_t depth = 0;
        seen[start] = 1;
        stack[depth++] = start;
        while (depth) { /* each node is pushed once */
            orr_peer node = stack[--depth];
            for (uint64_t i = t->first[node]; i < t->first[node + 1]; i++) {
                orr_peer next = t->neighbours[i];
                if (!seen[next]) seen[next] = 1, stack[depth++] = next;
            }
        }
    }
    free(stack);
    free(seen);
    return n_components;
}

/* Turns lists in any order into ascending ones; loose[] and its latencies are freed. */
static void transpose(struct orr_topology *t, orr_peer *loose, orr_time *loose_latency) {
    uint64_t n_ends = t->first[t->n];
    assert(n_ends % 2 == 0 && n_ends <= ORR_TOPOLOGY_MAX_LINKS);
    uint64_t *next = array(t->n, sizeof *next);
    memcpy(next, t->first, t->n * sizeof *next);
    t->neighbours = array(n_ends, sizeof *t->neighbours);
    if (loose_latency) t->latency = array(n_ends, sizeof *t->latency);
    for (orr_peer node = 0; node < t->n; node++)
        for (uint64_t i = t->first[node]; i < t->first[node + 1]; i++) {
            uint64_t to = next[loose[i]]++;
            assert(loose[i] < t->n && to < t->first[loose[i] + 1]);
            t->neighbours[to] = node;
            if (loose_latency) t->latency[to] = loose_latency[i];
        }
    free(next);
    free(loose);
    free(loose_latency);
}

struct orr_topology *orr_topology_from_rows(uint32_t n, uint64_t *first, orr_peer *loose) {
    assert(n > 0 && first[0] == 0 && first[n] % 2 == 0); /* each edge has two ends */
    struct orr_topology *t = empty(n);
    t->first = first;
    t->n_edges = first[n] / 2;
    transpose(t, loose, NULL);
    t->n_components = count_components(t);
    return t;
}

/* Counts each node's ends and sums them up: first[node] is then where its list begins. */
static uint64_t *row_starts(uint32_t n, const struct orr_edge_array *edges) {
    uint64_t *first = array((uint64_t)n + 1, sizeof *first);
    memset(first, 0, ((size_t)n + 1) * sizeof *first);
    for (uint64_t i = 0; i < edges->n; i++) first[edges->v[i].a + 1]++, first[edges->v[i].b + 1]++;
    for (uint32_t node = 0; node < n; node++) first[node + 1] += first[node];
    return first;
}

struct orr_topology *orr_topology_from_pairs(uint32_t n, struct orr_edge_array *edges) {
    uint64_t *first = row_starts(n, edges), *next = array(n, sizeof *next);
    memcpy(next, first, n * sizeof *next);
    orr_peer *loose = array(2 * edges->n, sizeof *loose);
    for (uint64_t i = 0; i < edges->n; i++) {
        orr_peer a = edges->v[i].a, b = edges->v[i].b;
        assert(a < n && b < n && a != b);
        loose[next[a]++] = b;
        loose[next[b]++] = a;
    }
    free(next);
    free(edges->v);
    *edges = (struct orr_edge_array){0};
    return orr_topology_from_rows(n, first, loose);
}

void orr_edge_array_grow(struct orr_edge_array *edges) {
    edges->cap = edges->cap ? 2 * edges->cap : 1024;
    edges->v = orr_xrealloc(edges->v, edges->cap * sizeof *edges->v);
}

/* ---- kinds without chance ---- */

int orr_topology_full(uint32_t n, struct orr_topology **t) {
    if (!n) return ORR_EINVAL;
    *t = empty(n);
    (*t)->full = true;
    (*t)->n_edges = (uint64_t)n * (n - 1) / 2;
    (*t)->n_components = 1;
    return 0;
}

int orr_topology_ring(uint32_t n, struct orr_topology **t) {
    if (!n) return ORR_EINVAL;
    struct orr_edge_array edges = {0};
    for (orr_peer node = 1; node < n; node++) orr_edge_add(&edges, node - 1, node);
    if (n > 2) orr_edge_add(&edges, n - 1, 0);
    *t = orr_topology_from_pairs(n, &edges);
    return 0;
}

int orr_topology_star(uint32_t n, struct orr_topology **t) {
    if (!n) return ORR_EINVAL;
    struct orr_edge_array edges = {0};
    for (orr_peer node = 1; node < n; node++) orr_edge_add(&edges, 0, node);
    *t = orr_topology_from_pairs(n, &edges);
    return 0;
}

int orr_topology_grid(uint32_t n, struct orr_topology **t) {
    if (!n) return ORR_EINVAL;
    uint32_t width = 1;
    while ((uint64_t)width * width < n) width++; /* at most 65,536 times */
    struct orr_edge_array edges = {0};
    for (orr_peer node = 0; node < n; node++) {
        if ((node + 1) % width && node + 1 < n) orr_edge_add(&edges, node, node + 1);
        if ((uint64_t)node + width < n) orr_edge_add(&edges, node, node + width);
    }
    *t = orr_topology_from_pairs(n, &edges);
    return 0;
}

/* ---- given edges ---- */

/* Drops all but one of equal neighbours in each list.  Among equals the order of appearance is lost
 * in the transposition of an edge given as (a, b) and again as (b, a), so latencies carry their
 * edge's number until here: the lowest wins. */
static void drop_doubles(struct orr_topology *t, const struct orr_edge *edges, bool latencies) {
    uint64_t to = 0, from = 0;
    for (orr_peer node = 0; node < t->n; node++) {
        uint64_t end = t->first[node + 1], start = to;
        for (; from < end; from++) {
            bool again = to > start && t->neighbours[to - 1] == t->neighbours[from];
            if (again) {
                if (t->latency[from] < t->latency[to - 1]) t->latency[to - 1] = t->latency[from];
                continue;
            }
            t->neighbours[to] = t->neighbours[from];
            t->latency[to++] = t->latency[from];
        }
        t->first[node] = start;
        assert(start <= to && to <= from); /* what is kept never overtakes what is read */
    }
    t->first[t->n] = to;
    assert(to % 2 == 0);
    t->n_edges = to / 2;
    for (uint64_t i = 0; i < to; i++) t->latency[i] = edges[t->latency[i]].latency;
    if (latencies) return;
    free(t->latency);
    t->latency = NULL;
}

int orr_topology_from_edges(uint32_t n, const struct orr_edge *edges, uint64_t n_edges,
                            struct orr_topology **out) {
    if (!n) return ORR_EINVAL;
    if (n_edges > ORR_TOPOLOGY_MAX_LINKS / 2) return ORR_ELIMIT;
    struct orr_edge_array pairs = {0};
    bool latencies = false;
    for (uint64_t i = 0; i < n_edges; i++) {
        if (edges[i].a >= n || edges[i].b >= n || edges[i].a == edges[i].b) {
            free(pairs.v);
            return ORR_EINVAL;
        }
        orr_edge_add(&pairs, edges[i].a, edges[i].b);
        latencies |= edges[i].latency >= 0;
    }
    struct orr_topology *t = empty(n);
    t->first = row_starts(n, &pairs);
    uint64_t *next = array(n, sizeof *next);
    memcpy(next, t->first, n * sizeof *next);
    orr_peer *loose = array(2 * n_edges, sizeof *loose);
    orr_time *number = array(2 * n_edges, sizeof *number);
    for (uint64_t i = 0; i < n_edges; i++) {
        uint64_t at_a = next[edges[i].a]++, at_b = next[edges[i].b]++;
        loose[at_a] = edges[i].b, loose[at_b] = edges[i].a;
        number[at_a] = number[at_b] = (orr_time)i;
    }
    free(next);
    free(pairs.v);
    transpose(t, loose, number);
    drop_doubles(t, edges, latencies);
    t->n_components = count_components(t);
    *out = t;
    return 0;
}

/* ---- reading ---- */

/* Where b stands in a's list, or -1. */
static int64_t place_of(const struct orr_topology *t, orr_peer a, orr_peer b) {
    assert(!t->full);
    uint64_t low = t->first[a], high = t->first[a + 1];
    while (low < high) { /* halves */
        uint64_t middle = low + (high - low) / 2;
        if (t->neighbours[middle] == b) return (int64_t)middle;
        if (t->neighbours[middle] < b)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

bool orr_topology_linked(const struct orr_topology *t, orr_peer a, orr_peer b) {
    assert(a < t->n && b < t->n);
    return t->full ? a != b : place_of(t, a, b) >= 0;
}

orr_time orr_topology_latency(const struct orr_topology *t, orr_peer a, orr_peer b) {
    assert(a < t->n && b < t->n);
    if (!t->latency) return -1;
    int64_t place = place_of(t, a, b);
    return place < 0 ? -1 : t->latency[place];
}

uint64_t orr_topology_hash(const struct orr_topology *t) {
    uint64_t h = orr_hash64(t->full, &t->n, sizeof t->n);
    if (t->full) return h;
    h = orr_hash64(h, t->first, ((size_t)t->n + 1) * sizeof *t->first);
    h = orr_hash64(h, t->neighbours, 2 * t->n_edges * sizeof *t->neighbours);
    return t->latency ? orr_hash64(h, t->latency, 2 * t->n_edges * sizeof *t->latency) : h;
}

void orr_topology_free(struct orr_topology *t) {
    if (!t) return;
    free(t->first);
    free(t->neighbours);
    free(t->latency);
    free(t);
}
