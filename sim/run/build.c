#include "sim/run/build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/net/regions.h"
#include "sim/run/edge_list.h"
#include "sim/run/byzantine.h"
#include "sim/run/samples.h"

uint32_t orr_build_chance(uint64_t ppb) {
    if (ppb == ORR_UNSET) return 0;
    uint64_t q32 = (ppb << 32) / 1000000000;
    return q32 > UINT32_MAX ? UINT32_MAX : (uint32_t)q32;
}

uint64_t orr_build_factor(uint64_t ppb) {
    return (uint64_t)(((unsigned __int128)ppb << 16) / 1000000000);
}

uint32_t orr_build_region(const struct orr_build *build, uint32_t node) {
    uint32_t region = orr_scenario_region_of(build->scenario, node);
    return region == ORR_NO_INDEX ? 0 : region;
}

/* ---- distributions ---- */

static const struct orr_dist *keep(struct orr_build *build, struct orr_dist *dist) {
    if (build->n_dists == build->dists_cap) {
        build->dists_cap = build->dists_cap ? 2 * build->dists_cap : 16;
        build->dists = orr_xrealloc(build->dists, build->dists_cap * sizeof *build->dists);
    }
    return build->dists[build->n_dists++] = dist;
}

static const struct orr_dist *dist_in(struct orr_build *build, const struct orr_dist_spec *spec,
                                      enum orr_sample_unit unit, struct orr_diags *diags) {
    struct orr_dist *dist;
    if (spec->kind == ORR_DIST_NONE || orr_dist_load(spec, unit, build->files, diags, &dist))
        return NULL;
    return keep(build, dist);
}

const struct orr_dist *orr_build_dist(struct orr_build *build, const struct orr_dist_spec *spec,
                                      struct orr_diags *diags) {
    return dist_in(build, spec, ORR_SAMPLES_DURATION, diags);
}

const struct orr_dist *orr_build_sizes(struct orr_build *build, const struct orr_dist_spec *spec,
                                       struct orr_diags *diags) {
    struct orr_dist_spec whole = *spec; /* draws are rounded down: up to the greatest byte, too */
    if (whole.kind == ORR_DIST_UNIFORM && whole.min < whole.max) whole.max++;
    return dist_in(build, &whole, ORR_SAMPLES_BYTES, diags);
}

const struct orr_dist *orr_build_poisson_gaps(struct orr_build *build, uint64_t nhz,
                                              struct orr_diags *diags) {
    unsigned __int128 mean = (unsigned __int128)1000000000 * 1000000000 / nhz;
    struct orr_dist_spec spec = {.kind = ORR_DIST_EXPONENTIAL,
                                 .mean = mean < 1           ? 1
                                         : mean > INT64_MAX ? INT64_MAX
                                                            : (int64_t)mean};
    return orr_build_dist(build, &spec, diags);
}

/* ---- links ---- */

static const struct orr_dist *constant(struct orr_build *build, orr_time value) {
    struct orr_dist_spec spec = {.kind = ORR_DIST_CONSTANT, .value = value};
    struct orr_dist *dist;
    const char *why;
    int error = orr_dist_new(&spec, &dist, &why);
    assert(!error);
    return keep(build, dist);
}

/* An entry of the region matrix with its jitter. */
static const struct orr_dist *entry(struct orr_build *build, orr_time base,
                                    const struct orr_dist *jitter, const struct orr_dist *extra) {
    if (jitter) return keep(build, orr_dist_new_around(base, jitter));
    if (extra) return keep(build, orr_dist_new_shifted(base, extra));
    return constant(build, base);
}

/* Between regions, before any link rule: the matrix if there is one, else the default latency. */
static int link_regions(struct orr_build *build, struct orr_diags *diags) {
    const struct orr_scenario *s = build->scenario;
    const struct orr_regions_spec *spec = &s->region_matrix;
    uint32_t n = build->n_regions;
    struct orr_link *links = orr_alloc_zero(&build->arena.mem, (size_t)n * n * sizeof *links);
    build->by_region = links;

    struct orr_regions *matrix = NULL;
    if (spec->source == ORR_REGIONS_AWS_13) matrix = orr_regions_aws();
    if (spec->source == ORR_REGIONS_FILE &&
        orr_regions_load(spec->path, spec->where, build->files, diags, &matrix))
        return ORR_EFORMAT;
    struct orr_dist *jitter = NULL;
    const struct orr_dist *extra = orr_build_dist(build, &spec->jitter, diags);
    if (matrix && spec->jitter_share && !orr_dist_new_jitter(spec->jitter_share, &jitter))
        keep(build, jitter);
    const struct orr_dist *plain = matrix ? NULL : orr_build_dist(build, &s->latency, diags);
    for (uint32_t i = 0; i < n * n; i++) {
        links[i].latency = plain;
        if (matrix)
            links[i].latency =
                entry(build, orr_regions_latency(matrix, i / n, i % n), jitter, extra);
    }
    orr_regions_free(matrix);
    return links[0].latency ? 0 : ORR_EFORMAT;
}

static bool rule_matches(const struct orr_build *build, const struct orr_link_spec *rule,
                         uint32_t a, uint32_t b) {
    const struct orr_scenario *s = build->scenario;
    if (rule->within_any)
        return !s->n_regions || orr_build_region(build, a) == orr_build_region(build, b);
    return (orr_target_has(s, &rule->a, a) && orr_target_has(s, &rule->b, b)) ||
           (orr_target_has(s, &rule->a, b) && orr_target_has(s, &rule->b, a));
}

/* The tables of one link rule. */
struct rule_tables {
    const struct orr_dist *latency, *reorder_by;
};

/* What messages from node a to node b meet: each property from the first rule that gives it. */
static struct orr_link resolve(const struct orr_build *build, const struct rule_tables *tables,
                               uint32_t a, uint32_t b) {
    const struct orr_scenario *s = build->scenario;
    struct orr_link link = build->by_region[orr_build_region(build, a) * build->n_regions +
                                            orr_build_region(build, b)];
    bool latency = false, loss = false, duplicate = false, corrupt = false, reorder = false,
         bandwidth = false;
    for (uint32_t i = 0; i < s->n_links; i++) {
        const struct orr_link_spec *rule = &s->links[i];
        if (!rule_matches(build, rule, a, b)) continue;
        if (!latency && tables[i].latency) {
            latency = true;
            link.latency = tables[i].latency;
        }
#define TAKE(done, given, field, value)  \
    if (!done && rule->given != ORR_UNSET) { \
        done = true;                     \
        link.field = value;              \
    }
        TAKE(loss, loss, loss, orr_build_chance(rule->loss))
        TAKE(duplicate, duplicate, duplicate, orr_build_chance(rule->duplicate))
        TAKE(corrupt, corrupt, corrupt, orr_build_chance(rule->corrupt))
        TAKE(bandwidth, bandwidth_bps, bps, (int64_t)rule->bandwidth_bps)
        if (!reorder && rule->reorder != ORR_UNSET) link.reorder_by = tables[i].reorder_by;
        TAKE(reorder, reorder, reorder, orr_build_chance(rule->reorder))
#undef TAKE
    }
    return link;
}

/* Nodes that no rule and no region tells apart are one zone. */
static bool same_zone(const struct orr_build *build, uint32_t a, uint32_t b) {
    const struct orr_scenario *s = build->scenario;
    if (orr_build_region(build, a) != orr_build_region(build, b)) return false;
    for (uint32_t i = 0; i < s->n_links; i++)
        if (orr_target_has(s, &s->links[i].a, a) != orr_target_has(s, &s->links[i].a, b) ||
            orr_target_has(s, &s->links[i].b, a) != orr_target_has(s, &s->links[i].b, b))
            return false;
    return true;
}

enum { ZONES_MAX = 250 }; /* their pairs are numbered with 16 bits */

static int make_zones(struct orr_build *build, struct orr_node_spec *nodes, uint32_t first_of[],
                      uint32_t *n_zones, struct orr_diags *diags) {
    uint32_t n = 0, zone = 0;
    for (uint32_t i = 0; i < build->scenario->n_nodes; i++) {
        if (n == 0 || !same_zone(build, first_of[zone], i)) {
            for (zone = 0; zone < n && !same_zone(build, first_of[zone], i); zone++)
                ;
            if (zone == ZONES_MAX) {
                orr_diag_add(diags, ORR_DIAG_ERROR, build->scenario->links[0].where, NULL,
                             "regions and link rules divide the nodes into more than %d kinds",
                             ZONES_MAX);
                return ORR_ELIMIT;
            }
            if (zone == n) first_of[n++] = i;
        }
        nodes[i].zone = zone;
    }
    *n_zones = n;
    return 0;
}

/* Edges to which the edge list gives a latency of their own. */
static int link_edges(struct orr_build *build, struct orr_link *links, uint32_t n_links,
                      struct orr_diags *diags) {
    const struct orr_topology *t = build->topology;
    uint64_t n_ends = 2 * t->n_edges;
    uint16_t *edge_links = orr_alloc(&build->arena.mem, n_ends * sizeof *edge_links);
    uint32_t first_own = n_links;
    for (uint64_t i = 0; i < n_ends; i++) {
        edge_links[i] = UINT16_MAX;
        if (t->latency[i] < 0) continue;
        uint32_t c = first_own;
        while (c < n_links && links[c].latency->mean != t->latency[i]) c++;
        if (c == UINT16_MAX) {
            orr_diag_add(diags, ORR_DIAG_ERROR, build->scenario->overlay.where, NULL,
                         "the edge list has more than %u different latencies",
                         UINT16_MAX - first_own);
            return ORR_ELIMIT;
        }
        if (c == n_links)
            links[n_links++] = (struct orr_link){.latency = constant(build, t->latency[i])};
        edge_links[i] = (uint16_t)c;
    }
    build->spec.net.edge_links = edge_links;
    return 0;
}

static int make_links(struct orr_build *build, struct orr_node_spec *nodes,
                      struct orr_diags *diags) {
    const struct orr_scenario *s = build->scenario;
    int error = link_regions(build, diags);
    if (error) return error;
    struct rule_tables *tables =
        orr_alloc_zero(&build->arena.mem, (s->n_links + 1) * sizeof *tables);
    for (uint32_t i = 0; i < s->n_links; i++) {
        tables[i].latency = orr_build_dist(build, &s->links[i].latency, diags);
        tables[i].reorder_by = orr_build_dist(build, &s->links[i].reorder_by, diags);
    }
    if (diags->n_errors) return ORR_EFORMAT;

    uint32_t first_of[ZONES_MAX], n = 0;
    error = make_zones(build, nodes, first_of, &n, diags);
    if (error) return error;
    bool own = build->topology->latency != NULL;
    struct orr_link *links =
        orr_alloc(&build->arena.mem, (own ? UINT16_MAX : (size_t)n * n) * sizeof *links);
    uint16_t *zone_links = orr_alloc(&build->arena.mem, (size_t)n * n * sizeof *zone_links);
    for (uint32_t i = 0; i < n * n; i++) {
        links[i] = resolve(build, tables, first_of[i / n], first_of[i % n]);
        zone_links[i] = (uint16_t)i;
    }
    build->spec.net = (struct orr_net){.topology = build->topology, .n_zones = n,
                                       .zone_links = zone_links, .links = links};
    return own ? link_edges(build, links, n * n, diags) : 0;
}

/* ---- nodes ---- */

static int64_t limit(uint64_t bps) { return bps == ORR_UNSET ? 0 : (int64_t)bps; }

static void make_group(struct orr_build *build, const struct orr_group_spec *g,
                       struct orr_node_spec *nodes, struct orr_diags *diags) {
    struct orr_disk_model disk = {
        .write = orr_build_dist(build, &g->disk.write, diags),
        .fsync = orr_build_dist(build, &g->disk.fsync, diags),
        .size_bytes = g->disk.size_bytes == ORR_UNSET ? 0 : g->disk.size_bytes};
    const struct orr_dist *skew = orr_build_dist(build, &g->skew, diags);
    for (uint32_t i = 0; i < g->count; i++) {
        struct orr_rng r = orr_rng_stream(build->scenario->seed, ORR_RNG_CLOCK, g->first + i);
        orr_time off = skew ? orr_dist_draw(skew, orr_rng_u64(&r)) : 0;
        bool behind = orr_rng_u64(&r) >> 63;
        int64_t drift = (int64_t)orr_rng_below(&r, 2 * g->drift + 1) - (int64_t)g->drift;
        nodes[g->first + i] = (struct orr_node_spec){
            .protocol = g->role, .config = g->config, .stake = orr_group_stake(g, i),
            .cores = g->cores ? g->cores : 1, .up_bps = limit(g->up_bps),
            .down_bps = limit(g->down_bps), .disk = disk, .clock_offset = behind ? -off : off,
            .clock_drift_ppb = drift};
    }
}

/* A node's clock starts at its offset; clocks that start behind would be negative, so all of a
 * scenario start as far ahead as the one that lags most lags. */
static void lift_clocks(struct orr_node_spec *nodes, uint32_t n) {
    orr_time least = 0;
    for (uint32_t i = 0; i < n; i++)
        if (nodes[i].clock_offset < least) least = nodes[i].clock_offset;
    for (uint32_t i = 0; least && i < n; i++) nodes[i].clock_offset -= least;
}

int orr_build(struct orr_build *build, const struct orr_scenario *s, struct orr_data_files *files,
              struct orr_diags *diags) {
    *build = (struct orr_build){.scenario = s, .files = files,
                                .n_regions = s->n_regions ? s->n_regions : 1};
    orr_arena_init(&build->arena);
    struct orr_node_spec *nodes = orr_alloc(&build->arena.mem, s->n_nodes * sizeof *nodes);
    for (uint32_t i = 0; i < s->n_groups; i++) make_group(build, &s->groups[i], nodes, diags);
    lift_clocks(nodes, s->n_nodes);
    int error = diags->n_errors ? ORR_EFORMAT : 0;
    if (!error) error = orr_overlay_new(s, build->files, diags, &build->topology);
    if (!error) error = make_links(build, nodes, diags);
    if (!error) error = orr_byzantine_place(build, nodes, diags);
    build->spec.seed = s->seed;
    build->spec.n_nodes = s->n_nodes;
    build->spec.nodes = nodes;
    build->spec.cpu_model = s->cpu;
    build->spec.costs = s->costs;
    return error;
}

void orr_build_fini(struct orr_build *build) {
    while (build->n_dists) orr_dist_free(build->dists[--build->n_dists]);
    free(build->dists);
    orr_topology_free(build->topology);
    orr_arena_fini(&build->arena);
}
