/* Sybils: what each attack does, and that scores drive those who do it out of the meshes. */
#include "sim/engine/engine.h"
#include "tests/models/gossip/net.h"

enum { N_HONEST = 60, N_SYBILS = 12, N = N_HONEST + N_SYBILS };

static struct gnet g;
static uint8_t config[4096] __attribute__((aligned(16)));

static const struct orr_config_key *find(const char *name) {
    const struct orr_config_key *k = orr_registry_find("gossipsub-sybil")->config;
    while (k->name && strcmp(k->name, name)) k++;
    ck_assert_msg(k->name != NULL, "no config key %s", name);
    return k;
}
static void set(const char *name, uint64_t value) {
    const struct orr_config_key *k = find(name);
    if (k->type == ORR_CONFIG_BOOL) *(bool *)(config + k->offset) = value;
    else if (k->type == ORR_CONFIG_ENUM) *(uint32_t *)(config + k->offset) = (uint32_t)value;
    else *(uint64_t *)(config + k->offset) = value;
}
static uint64_t choice(const char *name, const char *text) {
    const struct orr_config_key *k = find(name);
    for (uint64_t i = 0; k->choices[i]; i++)
        if (!strcmp(k->choices[i], text)) return i;
    ck_abort_msg("%s is no %s", text, name);
}

/* Sixty honest nodes and a dozen sybils, linked at random; sybils link to thirty more. */
static void begin(const char *attack, bool scoring) {
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_random_regular(1, N, 16, &t), 0);
    net_new(&g, t, 25 * MS);
    g.cfg.preset = ORR_GOSSIP_FILECOIN;
    g.cfg.scoring = scoring;
    const struct orr_protocol *sybil = orr_registry_find("gossipsub-sybil");
    ck_assert_uint_le(sybil->config_size, sizeof config);
    for (const struct orr_config_key *k = sybil->config; k->name; k++) set(k->name, k->fallback);
    set("preset", ORR_GOSSIP_FILECOIN);
    set("attack", choice("attack", attack));
    set("dial", 30), set("dial_nodes", N_HONEST);
    for (uint32_t i = N_HONEST; i < N; i++) {
        g.w.nodes[i].protocol = sybil;
        g.w.nodes[i].config = config;
    }
}

/* Honest nodes' meshes and the sybils in them, of the nodes' own state: the router comes first. */
static uint32_t sybils_in_meshes(void) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_HONEST; i++)
        for (uint32_t k = N_HONEST; k < N; k++)
            n += orr_gossip_in_mesh(g.w.sim->nodes[i].state, 0, k);
    return n;
}
static uint32_t honest_reached(uint32_t k) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_HONEST; i++) n += g.delivered_at[k * g.n + i] >= 0;
    return n;
}

START_TEST(who_spams_invalid_messages_leaves_every_mesh_if_there_are_scores) {
    uint32_t left[2];
    for (int scoring = 0; scoring < 2; scoring++) {
        begin("invalid", scoring);
        set("attack_at", 5 * SECOND), set("spam", 3);
        net_start(&g);
        orr_sim_run(g.w.sim, 5 * SECOND);
        ck_assert_uint_gt(sybils_in_meshes(), 0);
        orr_sim_run(g.w.sim, 9 * SECOND);
        left[scoring] = sybils_in_meshes();
        uint32_t k = net_publish(&g, 5, 100, 9 * SECOND);
        orr_sim_run(g.w.sim, 14 * SECOND);
        ck_assert_uint_eq(honest_reached(k), N_HONEST);
        net_free(&g);
    }
    ck_assert_uint_gt(left[0], 0);
    ck_assert_uint_eq(left[1], 0);
}
END_TEST

START_TEST(who_breaks_promises_leaves_too) {
    begin("ihave", true);
    set("attack_at", 3 * SECOND), set("spam", 20);
    net_start(&g);
    orr_sim_run(g.w.sim, 20 * SECOND);
    ck_assert_uint_eq(sybils_in_meshes(), 0);
    net_free(&g);
}
END_TEST

/* Of honest nodes and sybils: how often one was seen to graft against a backoff; none such is in a
 * mesh. */
static uint32_t sybils_found_out(void) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_HONEST; i++)
        for (uint32_t k = N_HONEST; k < N; k++) {
            if (!orr_gossip_behaviour(g.w.sim->nodes[i].state, k)) continue;
            ck_assert(!orr_gossip_in_mesh(g.w.sim->nodes[i].state, 0, k));
            n++;
        }
    return n;
}

/* Who is in a mesh may graft as it likes; who was pruned and comes again is out for good.  v1.0 has
 * nothing against it: each heartbeat prunes at random, so the spammers displace the honest. */
START_TEST(who_grafts_against_backoff_gains_nothing_by_it) {
    uint32_t left[3];
    for (int i = 0; i < 3; i++) {
        begin("graft", i == 2);
        g.cfg.version = i ? ORR_GOSSIP_V11 : ORR_GOSSIP_V10;
        g.cfg.d_hi = 9, g.cfg.prune_backoff = SECOND;
        net_start(&g);
        orr_sim_run(g.w.sim, 30 * SECOND);
        left[i] = sybils_in_meshes();
        ck_assert((sybils_found_out() > 100) == (i == 2));
        net_free(&g);
    }
    ck_assert_msg(left[2] < left[1] && left[1] < left[0], "%u with scores, %u without, %u in v1.0",
                  left[2], left[1], left[0]);
}
END_TEST

/* `grafts` does so beside another attack. */
START_TEST(sybils_that_drop_and_graft_displace_the_honest_in_version_10_alone) {
    uint32_t left[2];
    for (int i = 0; i < 2; i++) {
        begin("degrade", i);
        set("grafts", 1);
        g.cfg.version = i ? ORR_GOSSIP_V11 : ORR_GOSSIP_V10;
        g.cfg.prune_backoff = SECOND;
        net_start(&g);
        orr_sim_run(g.w.sim, 20 * SECOND);
        left[i] = sybils_in_meshes();
        net_free(&g);
    }
    ck_assert_msg(4 * left[1] < 3 * left[0], "%u in v1.1, %u in v1.0", left[1], left[0]);
}
END_TEST

START_TEST(spam_by_ids_stops_nobody) {
    static const char *const attacks[] = {"iwant", "idontwant", "ihave"};
    for (size_t i = 0; i < 3; i++) {
        begin(attacks[i], true);
        set("spam", 50);
        net_start(&g);
        for (uint32_t k = 0; k < 8; k++) net_publish(&g, k, 2000, 4 * SECOND + k * SECOND / 4);
        orr_sim_run(g.w.sim, 12 * SECOND);
        for (uint32_t k = 0; k < 8; k++) ck_assert_uint_eq(honest_reached(k), N_HONEST);
        net_free(&g);
    }
}
END_TEST

/* All links of node 0 are to sybils: it hears nothing of what they drop, and is heard by nobody. */
START_TEST(an_eclipsed_node_is_at_the_mercy_of_those_around_it) {
    for (int drops = 0; drops < 2; drops++) {
        struct orr_edge edges[2000];
        uint32_t n = 0;
        for (uint32_t i = 1; i < N; i++)
            for (uint32_t k = 1; k <= 4; k++)
                edges[n++] = (struct orr_edge){i, 1 + (i - 1 + k * 7) % (N - 1), -1};
        for (uint32_t k = N_HONEST; k < N; k++) edges[n++] = (struct orr_edge){0, k, -1};
        begin("degrade", false);
        set("drop", drops ? 1000000000 : 0), set("dial", 0);
        struct orr_topology *t;
        ck_assert_int_eq(orr_topology_from_edges(N, edges, n, &t), 0);
        orr_topology_free(g.w.topology);
        g.w.topology = t, g.w.spec.net.topology = t;
        net_start(&g);
        uint32_t in = net_publish(&g, 20, 100, 5 * SECOND);
        uint32_t own = net_publish(&g, 0, 100, 6 * SECOND);
        orr_sim_run(g.w.sim, 12 * SECOND);
        ck_assert_uint_eq(honest_reached(in), drops ? N_HONEST - 1 : N_HONEST);
        ck_assert_uint_eq(honest_reached(own), drops ? 1 : N_HONEST);
        net_free(&g);
    }
}
END_TEST

START_TEST(a_censor_drops_the_victims_messages_alone) {
    struct orr_edge edges[200];
    uint32_t n = 0; /* honest nodes in two rows that meet in the sybils alone */
    begin("censor", false);
    for (uint32_t i = 0; i + 1 < N_HONEST; i++)
        if (i + 1 != N_HONEST / 2) edges[n++] = (struct orr_edge){i, i + 1, -1};
    for (uint32_t k = N_HONEST; k < N; k++) {
        edges[n++] = (struct orr_edge){0, k, -1};
        edges[n++] = (struct orr_edge){N_HONEST - 1, k, -1};
    }
    set("victim", 3), set("dial", 0);
    struct orr_topology *t;
    ck_assert_int_eq(orr_topology_from_edges(N, edges, n, &t), 0);
    orr_topology_free(g.w.topology);
    g.w.topology = t, g.w.spec.net.topology = t;
    net_start(&g);
    uint32_t censored = net_publish(&g, 3, 100, 5 * SECOND);
    uint32_t other = net_publish(&g, 4, 100, 5 * SECOND);
    orr_sim_run(g.w.sim, 15 * SECOND);
    ck_assert_uint_eq(honest_reached(censored), N_HONEST / 2);
    ck_assert_uint_eq(honest_reached(other), N_HONEST);
    net_free(&g);
}
END_TEST

ORR_TEST_MAIN("gossip sybils", who_spams_invalid_messages_leaves_every_mesh_if_there_are_scores,
              who_breaks_promises_leaves_too, who_grafts_against_backoff_gains_nothing_by_it,
              sybils_that_drop_and_graft_displace_the_honest_in_version_10_alone,
              spam_by_ids_stops_nobody,
              an_eclipsed_node_is_at_the_mercy_of_those_around_it,
              a_censor_drops_the_victims_messages_alone)
