#include "sim/net/network.h"

#include <stdlib.h>

#include "sim/net/edge_list.h"
#include "sim/net/regions.h"

static int make_links(struct orr_network *network, const struct orr_network_spec *spec,
                      struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags);
static int lay_out(struct orr_network *network, const struct orr_network_spec *spec,
                   struct orr_dists *dists, struct orr_diags *diags);

int orr_network_build(struct orr_network *network, const struct orr_network_spec *spec,
                      struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags) {
    *network = (struct orr_network){0};
    orr_arena_init(&network->zone_arena);
    int error = orr_overlay_new(spec, dists->files, diags, &network->topology);
    if (!error) error = make_links(network, spec, dists, mem, diags);
    return error;
}

void orr_network_fini(struct orr_network *network) {
    orr_topology_free(network->topology);
    orr_arena_fini(&network->zone_arena);
}

uint32_t orr_chance_q32(uint64_t ppb) {
    if (ppb == ORR_UNSET) return 0;
    uint64_t q32 = (ppb << 32) / 1000000000;
    return q32 > UINT32_MAX ? UINT32_MAX : (uint32_t)q32;
}

uint64_t orr_factor_q16(uint64_t ppb) {
    return (uint64_t)(((unsigned __int128)ppb << 16) / 1000000000);
}

/* ---- overlay ---- */

static int overlay_from_file(const struct orr_network_spec *spec, struct orr_data_files *files,
                             struct orr_diags *diags, struct orr_topology **topology) {
    const struct orr_source *source;
    struct orr_edge *edges;
    uint64_t n_edges;
    int bad = orr_data_load(spec->overlay.path, spec->overlay.where, files, diags, &source);
    if (!bad) bad = orr_edges_parse(source, spec, diags, &edges, &n_edges);
    if (bad) return bad;
    bad = orr_topology_from_edges(spec->n_nodes, edges, n_edges, topology);
    free(edges);
    return bad;
}

static bool is_random(enum orr_overlay_kind kind) {
    return kind == ORR_OVERLAY_RANDOM_REGULAR || kind == ORR_OVERLAY_ERDOS_RENYI ||
           kind == ORR_OVERLAY_SMALL_WORLD || kind == ORR_OVERLAY_SCALE_FREE;
}

static int overlay_of_kind(const struct orr_network_spec *spec, struct orr_topology **t) {
    const struct orr_overlay_spec *o = &spec->overlay;
    uint32_t n = spec->n_nodes;
    switch (o->kind) {
    case ORR_OVERLAY_FULL: return orr_topology_full(n, t);
    case ORR_OVERLAY_RING: return orr_topology_ring(n, t);
    case ORR_OVERLAY_STAR: return orr_topology_star(n, t);
    case ORR_OVERLAY_GRID: return orr_topology_grid(n, t);
    case ORR_OVERLAY_RANDOM_REGULAR:
        return orr_topology_random_regular(spec->seed, n, o->degree, t);
    case ORR_OVERLAY_ERDOS_RENYI: return orr_topology_erdos_renyi(spec->seed, n, o->p, t);
    case ORR_OVERLAY_SMALL_WORLD:
        return orr_topology_small_world(spec->seed, n, o->k, o->beta, t);
    case ORR_OVERLAY_SCALE_FREE: return orr_topology_scale_free(spec->seed, n, o->m, t);
    default: return ORR_EINVAL;
    }
}

int orr_overlay_new(const struct orr_network_spec *spec, struct orr_data_files *files,
                    struct orr_diags *diags, struct orr_topology **topology) {
    if (spec->overlay.kind == ORR_OVERLAY_FILE)
        return overlay_from_file(spec, files, diags, topology);
    int bad = overlay_of_kind(spec, topology);
    if (bad)
        orr_diag_add(diags, ORR_DIAG_ERROR, spec->overlay.where, NULL,
                     "there is no such overlay of %u nodes: %s", spec->n_nodes,
                     orr_error_text(bad));
    return bad;
}

int orr_network_reseed(struct orr_network *network, const struct orr_network_spec *spec,
                       bool moved, struct orr_dists *dists, struct orr_diags *diags) {
    if (is_random(spec->overlay.kind)) {
        orr_topology_free(network->topology);
        network->topology = NULL;
        int error = orr_overlay_new(spec, NULL, diags, &network->topology);
        network->net.topology = network->topology;
        if (error) return error;
    }
    return moved ? lay_out(network, spec, dists, diags) : 0;
}

/* ---- links between regions ---- */

/* An entry of the region matrix, as the floor has it. */
static orr_time raised(orr_time base, orr_time floor) {
    if (floor == ORR_NEVER) return base ? base : ORR_REGIONS_FLOOR;
    return base < floor ? floor : base;
}

/* The same with its jitter. */
static const struct orr_dist *entry(struct orr_dists *dists, orr_time base,
                                    const struct orr_dist *jitter, const struct orr_dist *extra) {
    if (jitter) return orr_dists_keep(dists, orr_dist_new_around(base, jitter));
    if (extra) return orr_dists_keep(dists, orr_dist_new_shifted(base, extra));
    return orr_dists_constant(dists, base);
}

/* Before any link rule: the matrix if there is one, else the default latency. */
static int link_regions(struct orr_network *network, const struct orr_network_spec *network_spec,
                        struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags) {
    const struct orr_regions_spec *spec = &network_spec->region_matrix;
    uint32_t n = network_spec->n_regions;
    struct orr_link *links = orr_alloc_zero(mem, (size_t)n * n * sizeof *links);
    network->by_region = links;

    struct orr_regions *matrix = NULL;
    if (spec->source == ORR_REGIONS_AWS_13) matrix = orr_regions_aws();
    if (spec->source == ORR_REGIONS_FILE &&
        orr_regions_load(spec->path, spec->where, dists->files, diags, &matrix))
        return ORR_EFORMAT;
    struct orr_dist *jitter = NULL;
    const struct orr_dist *extra = orr_dists_get(dists, &spec->jitter, diags);
    if (matrix && spec->jitter_share && !orr_dist_new_jitter(spec->jitter_share, &jitter))
        orr_dists_keep(dists, jitter);
    const struct orr_dist *plain =
        matrix ? NULL : orr_dists_get(dists, &network_spec->latency, diags);
    for (uint32_t i = 0; i < n * n; i++) {
        links[i].latency = plain;
        if (matrix)
            links[i].latency =
                entry(dists, raised(orr_regions_latency(matrix, i / n, i % n), spec->floor),
                      jitter, extra);
    }
    orr_regions_free(matrix);
    return links[0].latency ? 0 : ORR_EFORMAT;
}

/* ---- link rules ---- */

/* Link rules name nodes or regions only. */
static bool names(const struct orr_network_spec *spec, const struct orr_target *target,
                  uint32_t node) {
    return target->kind == ORR_TARGET_REGION ? spec->region_of[node] == target->index
                                             : node - target->first < target->n;
}

static bool rule_matches(const struct orr_network_spec *spec, const struct orr_link_spec *rule,
                         uint32_t a, uint32_t b) {
    if (rule->within_any) return spec->region_of[a] == spec->region_of[b];
    return (names(spec, &rule->a, a) && names(spec, &rule->b, b)) ||
           (names(spec, &rule->a, b) && names(spec, &rule->b, a));
}

/* What messages from node a to node b meet: each property from the first rule that gives it. */
static struct orr_link resolve(const struct orr_network *network,
                               const struct orr_network_spec *spec, uint32_t a, uint32_t b) {
    const struct orr_rule_tables *tables = network->rule_tables;
    struct orr_link link =
        network->by_region[spec->region_of[a] * spec->n_regions + spec->region_of[b]];
    bool latency = false, loss = false, duplicate = false, corrupt = false, reorder = false,
         bandwidth = false, queue = false;
    for (uint32_t i = 0; i < spec->n_links; i++) {
        const struct orr_link_spec *rule = &spec->links[i];
        if (!rule_matches(spec, rule, a, b)) continue;
        if (!latency && tables[i].latency) {
            latency = true;
            link.latency = tables[i].latency;
        }
#define TAKE(done, given, field, value)  \
    if (!done && rule->given != ORR_UNSET) { \
        done = true;                     \
        link.field = value;              \
    }
        TAKE(loss, loss, loss, orr_chance_q32(rule->loss))
        TAKE(duplicate, duplicate, duplicate, orr_chance_q32(rule->duplicate))
        TAKE(corrupt, corrupt, corrupt, orr_chance_q32(rule->corrupt))
        TAKE(bandwidth, bandwidth_bps, bps, (int64_t)rule->bandwidth_bps)
        TAKE(queue, queue_bytes, queue_bytes, rule->queue_bytes)
        if (!link.n_urgent) link.urgent = rule->urgent, link.n_urgent = rule->n_priority;
        if (!link.transport) link.transport = rule->transport;
        if (!reorder && rule->reorder != ORR_UNSET) link.reorder_by = tables[i].reorder_by;
        TAKE(reorder, reorder, reorder, orr_chance_q32(rule->reorder))
#undef TAKE
    }
    if (!link.bps) link.n_urgent = 0; /* nothing waits */
    return link;
}

/* ---- zones ---- */

static bool same_zone(const struct orr_network_spec *spec, uint32_t a, uint32_t b) {
    if (spec->region_of[a] != spec->region_of[b]) return false;
    for (uint32_t i = 0; i < spec->n_links; i++)
        if (names(spec, &spec->links[i].a, a) != names(spec, &spec->links[i].a, b) ||
            names(spec, &spec->links[i].b, a) != names(spec, &spec->links[i].b, b))
            return false;
    return true;
}

enum { ZONES_MAX = 250 }; /* their pairs are numbered with 16 bits */

static int make_zones(const struct orr_network_spec *spec, uint32_t *zones, uint32_t first_of[],
                      uint32_t *n_zones, struct orr_diags *diags) {
    uint32_t n = 0, zone = 0;
    for (uint32_t i = 0; i < spec->n_nodes; i++) {
        if (n == 0 || !same_zone(spec, first_of[zone], i)) {
            for (zone = 0; zone < n && !same_zone(spec, first_of[zone], i); zone++)
                ;
            if (zone == ZONES_MAX) {
                orr_diag_add(diags, ORR_DIAG_ERROR, spec->links[0].where, NULL,
                             "regions and link rules divide the nodes into more than %d kinds",
                             ZONES_MAX);
                return ORR_ELIMIT;
            }
            if (zone == n) first_of[n++] = i;
        }
        zones[i] = zone;
    }
    *n_zones = n;
    return 0;
}

/* ---- link classes ---- */

/* Edges to which the edge list gives a latency of their own. */
static int link_edges(struct orr_network *network, const struct orr_network_spec *spec,
                      struct orr_link *links, uint32_t n_links, struct orr_dists *dists,
                      struct orr_mem *mem, struct orr_diags *diags) {
    const struct orr_topology *t = network->topology;
    uint64_t n_ends = 2 * t->n_edges;
    uint16_t *edge_links = orr_alloc(mem, n_ends * sizeof *edge_links);
    uint32_t first_own = n_links;
    for (uint64_t i = 0; i < n_ends; i++) {
        edge_links[i] = UINT16_MAX;
        if (t->latency[i] < 0) continue;
        uint32_t c = first_own;
        while (c < n_links && links[c].latency->mean != t->latency[i]) c++;
        if (c == UINT16_MAX) {
            orr_diag_add(diags, ORR_DIAG_ERROR, spec->overlay.where, NULL,
                         "the edge list has more than %u different latencies",
                         UINT16_MAX - first_own);
            return ORR_ELIMIT;
        }
        if (c == n_links)
            links[n_links++] =
                (struct orr_link){.latency = orr_dists_constant(dists, t->latency[i])};
        edge_links[i] = (uint16_t)c;
    }
    network->net.edge_links = edge_links;
    return 0;
}

static int make_links(struct orr_network *network, const struct orr_network_spec *spec,
                      struct orr_dists *dists, struct orr_mem *mem, struct orr_diags *diags) {
    int error = link_regions(network, spec, dists, mem, diags);
    if (error) return error;
    struct orr_rule_tables *tables = orr_alloc_zero(mem, (spec->n_links + 1) * sizeof *tables);
    for (uint32_t i = 0; i < spec->n_links; i++) {
        tables[i].latency = orr_dists_get(dists, &spec->links[i].latency, diags);
        tables[i].reorder_by = orr_dists_get(dists, &spec->links[i].reorder_by, diags);
    }
    if (diags->n_errors) return ORR_EFORMAT;
    network->rule_tables = tables;
    network->zones = orr_alloc(mem, spec->n_nodes * sizeof *network->zones);
    return lay_out(network, spec, dists, diags);
}

/* Zones and the classes of their pairs, for nodes that stand where spec->region_of has them. */
static int lay_out(struct orr_network *network, const struct orr_network_spec *spec,
                   struct orr_dists *dists, struct orr_diags *diags) {
    orr_arena_reset(&network->zone_arena);
    struct orr_mem *mem = &network->zone_arena.mem;
    uint32_t first_of[ZONES_MAX], n = 0;
    int error = make_zones(spec, network->zones, first_of, &n, diags);
    if (error) return error;
    bool own = network->topology->latency != NULL;
    struct orr_link *links =
        orr_alloc(mem, (own ? UINT16_MAX : (size_t)n * n) * sizeof *links);
    uint16_t *zone_links = orr_alloc(mem, (size_t)n * n * sizeof *zone_links);
    for (uint32_t i = 0; i < n * n; i++) {
        links[i] = resolve(network, spec, first_of[i / n], first_of[i % n]);
        zone_links[i] = (uint16_t)i;
    }
    network->net = (struct orr_net){.topology = network->topology, .n_zones = n,
                                    .model = spec->model,
                                    .zone_links = zone_links, .links = links};
    return own ? link_edges(network, spec, links, n * n, dists, mem, diags) : 0;
}
