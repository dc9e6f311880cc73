/* Any bytes as an edge list: no crash, and either a simple graph or a diagnostic. */
#include <assert.h>
#include <stdlib.h>

#include "sim/net/edge_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static FILE *null;
    if (!null) null = fopen("/dev/null", "w");
    static const struct orr_node_names names[] = {{"a", 0, 3}, {"a.b", 3, 5}};
    static const struct orr_network_spec spec = {.names = names, .n_names = 2, .n_nodes = 8};
    struct orr_source source = {"fuzz.edges", (const char *)data, size};
    struct orr_diags diags = {0};
    struct orr_edge *edges = NULL;
    uint64_t n_edges = 0;
    int bad = orr_edges_parse(&source, &spec, &diags, &edges, &n_edges);
    assert(!bad == !diags.n_errors);
    orr_diags_print(&diags, null, false);
    orr_diags_fini(&diags);
    if (bad) return 0;
    struct orr_topology *t;
    bad = orr_topology_from_edges(8, edges, n_edges, &t);
    assert(!bad && t->n_edges == n_edges && n_edges <= 28);
    for (uint64_t i = 0; i < n_edges; i++)
        assert(orr_topology_latency(t, edges[i].b, edges[i].a) == edges[i].latency);
    orr_topology_free(t);
    free(edges);
    return 0;
}
