/* bench_engine.c - PHOLD, flooding and memory: the engine with the smallest protocols of
 * models/lab. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/registry.h"
#include "sim/cli/bench.h"
#include "sim/engine/sim.h"
#include "sim/net/dist_spec.h"

enum { ROUNDS = 5 };

/* n equal nodes on one kind of link. */
struct lab {
    struct orr_sim *sim;
    struct orr_node_spec *nodes;
    struct orr_topology *topology;
    struct orr_dist *latency;
    struct orr_link link;
    uint16_t zone_link;
};

static void lab_new(struct lab *lab, const char *protocol, const void *config, uint32_t n,
                    uint32_t degree, const struct orr_dist_spec *latency, int64_t bps) {
    *lab = (struct lab){.nodes = orr_xrealloc(NULL, n * sizeof *lab->nodes)};
    const char *why;
    int error = orr_dist_new(latency, &lab->latency, &why);
    if (!error)
        error = degree ? orr_topology_random_regular(1, n, degree, &lab->topology)
                       : orr_topology_full(n, &lab->topology);
    if (error) abort();
    lab->link.latency = lab->latency;
    for (uint32_t i = 0; i < n; i++)
        lab->nodes[i] = (struct orr_node_spec){.protocol = orr_registry_find(protocol),
                                               .config = config, .stake = 1, .cores = 1,
                                               .up_bps = bps, .down_bps = bps};
    struct orr_sim_spec spec = {
        .seed = 1, .n_nodes = n, .nodes = lab->nodes,
        .net = {.topology = lab->topology, .n_zones = 1, .zone_links = &lab->zone_link,
                .links = &lab->link}};
    orr_peer failed;
    if (orr_sim_new(&spec, &lab->sim, &failed)) abort();
}

static void lab_free(struct lab *lab) {
    orr_sim_free(lab->sim);
    orr_topology_free(lab->topology);
    orr_dist_free(lab->latency);
    free(lab->nodes);
}

/* PHOLD as the yardstick has it: delays of 0.1 s + an exponential of 1 s. */
static const struct orr_dist_spec phold_delay = {
    .kind = ORR_DIST_EXPONENTIAL, .min = 100000000, .mean = 1100000000};
static const uint64_t population = 16;

/* Millions of events a second of CPU time, after three simulated seconds of warm-up. */
static double phold(uint32_t n_nodes, uint64_t n_events, uint64_t *n_allocs) {
    struct lab lab;
    lab_new(&lab, "phold", &population, n_nodes, 0, &phold_delay, 0);
    orr_sim_run(lab.sim, 3000000000);
    struct orr_sim_counts before = orr_sim_counts(lab.sim);
    double start = orr_bench_cpu_clock();
    while (orr_sim_counts(lab.sim).events - before.events < n_events)
        orr_sim_run(lab.sim, orr_sim_now(lab.sim) + 1000000000);
    double took = orr_bench_cpu_clock() - start;
    struct orr_sim_counts after = orr_sim_counts(lab.sim);
    *n_allocs = after.n_allocs - before.n_allocs;
    lab_free(&lab);
    return (double)(after.events - before.events) / took * 1e-6;
}

static int phold_figure(const char *name, uint32_t n_nodes, uint64_t n_events,
                        const char *arguments, orr_figure_sink sink, void *ctx) {
    double ours[ROUNDS], limits[ROUNDS], ns3s[ROUNDS];
    uint64_t n_allocs = 0;
    struct orr_bench_peer limit, ns3;
    orr_bench_limit_open(&limit, "-DQUEUE=2 -DKEY=24 -DRNG=1 -DZIG");
    orr_bench_ns3_open(&ns3, "phold");
    for (int i = 0; i < ROUNDS; i++) { /* in turn, so that all see the same machine */
        ours[i] = phold(n_nodes, n_events, &n_allocs);
        limits[i] = orr_bench_peer_run(&limit, arguments);
        ns3s[i] = orr_bench_peer_run(&ns3, arguments);
    }
    orr_bench_peer_close(&limit);
    orr_bench_peer_close(&ns3);
    double rate = orr_bench_median(ours, ROUNDS);
    orr_bench_tell(sink, ctx, name, rate, "M events/s",
                   "limit.c: ladder, 24-byte key, Philox, ziggurat",
                   orr_bench_median(limits, ROUNDS));
    char more[64];
    snprintf(more, sizeof more, "%s.ns-3", name);
    double of_ns3 = orr_bench_median(ns3s, ROUNDS);
    if (of_ns3)
        orr_bench_tell(sink, ctx, more, rate, "M events/s", "ns-3, priority queue", of_ns3);
    snprintf(more, sizeof more, "%s.allocations", name);
    orr_bench_tell(sink, ctx, more, (double)n_allocs, "after warm-up", "", 0);
    return 0;
}

int orr_bench_phold_10k(orr_figure_sink sink, void *ctx) {
    return phold_figure("phold-10k", 10000, 8000000, "10000 16 8", sink, ctx);
}
int orr_bench_phold_1m(orr_figure_sink sink, void *ctx) {
    return phold_figure("phold-1m", 65536, 12000000, "65536 16 12", sink, ctx);
}

/* Flooding of 1 KiB messages at 100 Mbit/s up and down, 5 to 100 ms a link, a message each 10 ms.
 */
static double flood(uint32_t n_nodes, uint32_t n_messages) {
    static const struct orr_dist_spec delay = {
        .kind = ORR_DIST_UNIFORM, .min = 5000000, .max = 100000000};
    struct lab lab;
    lab_new(&lab, "flood", NULL, n_nodes, 8, &delay, 100000000);
    struct orr_rng r = orr_rng_stream(1, ORR_RNG_WORKLOAD, 0);
    for (uint32_t i = 0; i < n_messages; i++) {
        struct orr_tx_order order = {.number = i, .size = 1024, .rng = &r};
        struct orr_msg *m = orr_sim_make_tx(lab.sim, 0, &order);
        orr_sim_input(lab.sim, 1 + (orr_time)i * 10000000, (orr_peer)orr_rng_below(&r, n_nodes), 0,
                      ORR_IN_TX, m);
    }
    double start = orr_bench_cpu_clock();
    orr_sim_run(lab.sim, (orr_time)n_messages * 10000000 + 3000000000);
    double took = orr_bench_cpu_clock() - start;
    uint64_t deliveries = orr_sim_counts(lab.sim).deliveries;
    lab_free(&lab);
    return (double)deliveries / took * 1e-6;
}

static int flood_figure(const char *name, uint32_t n_nodes, uint32_t n_messages, int rounds,
                        orr_figure_sink sink, void *ctx) {
    double ours[ROUNDS], limits[ROUNDS], ns3s[ROUNDS];
    char arguments[32], more[64];
    snprintf(arguments, sizeof arguments, "%u %u", n_nodes, n_messages);
    struct orr_bench_peer limit, ns3;
    orr_bench_limit_open(&limit, "-DGOSSIP -DQUEUE=2 -DKEY=24");
    orr_bench_ns3_open(&ns3, "flood");
    for (int i = 0; i < rounds; i++) {
        ours[i] = flood(n_nodes, n_messages);
        limits[i] = orr_bench_peer_run(&limit, arguments);
        ns3s[i] = orr_bench_peer_run(&ns3, arguments);
    }
    orr_bench_peer_close(&limit);
    orr_bench_peer_close(&ns3);
    double rate = orr_bench_median(ours, rounds), of_ns3 = orr_bench_median(ns3s, rounds);
    orr_bench_tell(sink, ctx, name, rate, "M deliveries/s",
                   "limit.c -DGOSSIP: no bytes, no bandwidth", orr_bench_median(limits, rounds));
    snprintf(more, sizeof more, "%s.ns-3", name);
    if (of_ns3)
        orr_bench_tell(sink, ctx, more, rate, "M deliveries/s", "ns-3, priority queue", of_ns3);
    return 0;
}

int orr_bench_flood_10k(orr_figure_sink sink, void *ctx) {
    return flood_figure("flood-10k", 10000, 20, ROUNDS, sink, ctx);
}
int orr_bench_flood_100k(orr_figure_sink sink, void *ctx) {
    return flood_figure("flood-100k", 100000, 5, ROUNDS, sink, ctx);
}
int orr_bench_flood_1m(orr_figure_sink sink, void *ctx) {
    return flood_figure("flood-1m", 1000000, 1, 3, sink, ctx);
}

int orr_bench_memory(orr_figure_sink sink, void *ctx) {
    static const uint32_t few = 1000, many = 101000;
    static const struct orr_dist_spec delay = {.kind = ORR_DIST_CONSTANT, .value = 1000000};
    struct lab a, b;
    lab_new(&a, "ping-pong", &(orr_time){1000000000}, few, 8, &delay, 0);
    lab_new(&b, "ping-pong", &(orr_time){1000000000}, many, 8, &delay, 0);
    double per_node =
        (double)(orr_sim_counts(b.sim).node_bytes - orr_sim_counts(a.sim).node_bytes) /
        (many - few);
    lab_free(&a);
    lab_free(&b);
    orr_bench_tell(sink, ctx, "memory", per_node, "B", "the limit asked for", 1024);

    lab_new(&a, "phold", &population, 65536, 0, &phold_delay, 0);
    orr_sim_run(a.sim, 5000000000);
    struct orr_sim_counts counts = orr_sim_counts(a.sim);
    orr_bench_tell(sink, ctx, "memory.event", (double)counts.event_bytes / (16 * 65536), "B",
                   "the limit asked for", 128);
    lab_free(&a);
    return 0;
}
