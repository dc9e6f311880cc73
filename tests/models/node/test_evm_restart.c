/* Validators over the EVM come back from a snapshot, from blocks, and from nothing. */
#include "models/bft/tendermint/state.h"
#include "models/chain/app.h"
#include "models/node/evm_clients.h"
#include "tests/models/bft/watch.h"

enum { N = 4 };
static struct orr_evm_clients *clients;
static uint32_t n_snapshots_sent;

static orr_time known(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)from, (void)to;
    n_snapshots_sent += m->kind == ORR_TM_SNAPSHOT;
    return 10 * MS;
}

static struct watch *begin(struct cluster *c, uint64_t seed, uint64_t every) {
    cluster_new(c, "evm-validator", N, seed);
    c->cohort.signatures = ORR_SIGNATURES_MODELLED;
    cluster_set(c, "retain_blocks", every);
    cluster_set(c, "accounts", 8);
    cluster_set(c, "timeout_commit", 50 * MS);
    cluster_set(c, "timeout_propose", 200 * MS);
    cluster_set(c, "timeout_prevote", 100 * MS);
    cluster_set(c, "timeout_precommit", 100 * MS);
    cluster_set(c, "gossip_interval", 50 * MS);
    clients = calloc(1, sizeof *clients);
    n_snapshots_sent = 0;
    c->delay = known;
    return watch_new(c);
}

static void end(struct cluster *c) {
    free(clients);
    watch_free(c);
}

static const struct orr_tm *tm_of(const struct cluster *c, orr_peer i) {
    return *(struct orr_tm *const *)c->nodes[i].state; /* the first of its state */
}
static const struct orr_chain_app *app_of(const struct cluster *c, orr_peer i) {
    return tm_of(c, i)->app_state;
}

static void submit(struct cluster *c, orr_peer node, uint32_t client, uint64_t number) {
    struct orr_rng rng = orr_rng_stream(number, ORR_RNG_WORKLOAD, client);
    static const uint32_t mixes[] = {ORR_TX_transfer, ORR_TX_token, ORR_TX_exchange};
    struct orr_tx_order order = {
        .client = client, .number = number, .mix = mixes[number % 3], .rng = &rng};
    struct orr_msg *tx = c->protocol->workload.make_tx(clients, &c->common, &order);
    if (c->nodes[node].is_up)
        cluster_step(c, node, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_TX, .msg = tx});
    orr_msg_unref(&c->pool, tx);
}

static void load(struct cluster *c, uint32_t n) {
    for (uint32_t i = 0; i < n && !c->is_struck; i++) {
        submit(c, i % N, i % 8, i / 8);
        orr_time until = c->now + 40 * MS;
        while (!c->is_struck && cluster_turn(c, until)) {}
    }
}

START_TEST(a_restart_runs_the_blocks_behind_the_last_snapshot_alone) {
    static const uint64_t every[] = {1, 3, 5, 0, 1000};
    for (uint32_t k = 0; k < 5; k++) {
        struct cluster c;
        struct watch *w = begin(&c, 71, every[k]);
        cluster_start(&c);
        load(&c, 40);
        uint64_t height = w->heights[2], n = every[k];
        ck_assert_uint_gt(height, 10);
        cluster_crash(&c, 2, false);
        cluster_boot(&c, 2);
        /* the snapshot of a height is taken as the next is decided */
        uint64_t covered = n ? (height - 1) / n * n : 0;
        ck_assert_uint_eq(app_of(&c, 2)->chain->n_runs, height - covered);
        ck_assert_uint_eq(orr_chain_number(app_of(&c, 2)->chain->final), height);
        load(&c, 20);
        watch_expect(&c, height + 5);
        ck_assert_uint_eq(n_snapshots_sent, 0);
        ck_assert_uint_eq(tm_of(&c, 2)->n_pruned, 0); /* it can still give all blocks */
        end(&c);
    }
}
END_TEST

START_TEST(who_lost_its_disk_catches_up_by_blocks) {
    struct cluster c;
    struct watch *w = begin(&c, 72, 3);
    cluster_start(&c);
    load(&c, 40);
    uint64_t height = w->heights[1];
    cluster_crash(&c, 1, true);
    cluster_crash(&c, 2, false);
    cluster_boot(&c, 2); /* it has to give blocks that are below its own snapshot */
    w->heights[1] = 0;
    cluster_boot(&c, 1);
    load(&c, 40);
    watch_expect(&c, height + 5);
    ck_assert_uint_eq(n_snapshots_sent, 0);
    ck_assert_uint_ge(app_of(&c, 1)->chain->n_runs, height);
    end(&c);
}
END_TEST

START_TEST(a_spoilt_snapshot_is_refused_and_nothing_leaks) {
    struct cluster c;
    begin(&c, 73, 4);
    cluster_start(&c);
    load(&c, 30);
    cluster_crash(&c, 0, false);
    struct cluster_node *node = &c.nodes[0];
    struct orr_msg *stored = NULL;
    for (uint32_t i = 0; i < node->n_disk; i++)
        if (node->disk[i].name == SLOT_SNAPSHOT) {
            stored = node->disk[i].msg;
            node->disk[i].msg = orr_msg_copy(&c.pool, stored->kind, stored->data, stored->len);
            node->disk[i].msg->data[stored->len - 1] ^= 1; /* of the last node or code */
        }
    ck_assert_ptr_nonnull(stored);
    memset(node->state, 0, node->protocol->node_size);
    ck_assert_int_eq(node->protocol->init(node->state, &node->env, node->config), 0);
    for (uint32_t k = 0; k < node->n_disk; k++)
        cluster_step(&c, 0, (struct orr_event){.kind = ORR_STORED, .key = node->disk[k].name,
                                               .msg = node->disk[k].msg});
    int error = cluster_step(&c, 0, (struct orr_event){.kind = ORR_START});
    ck_assert_int_eq(error, ORR_ECORRUPT);
    node->protocol->fini(node->state);
    orr_msg_unref(&c.pool, stored);
    end(&c);
}
END_TEST

/* Lightning after effect `strike`; false: there are not so many. */
static bool run(uint64_t strike) {
    struct cluster c;
    struct watch *w = begin(&c, 74, 1 + strike % 3);
    c.effects_left = strike;
    cluster_start(&c);
    load(&c, 24);
    bool has_struck = c.is_struck;
    for (orr_peer i = 0; i < N; i++) cluster_crash(&c, i, false);
    for (uint32_t i = 0; i < c.n_flights; i++) orr_msg_unref(&c.pool, c.flights[i].msg);
    c.n_flights = 0;
    c.effects_left = 0;
    c.is_struck = false;
    uint64_t most = 0;
    for (orr_peer i = 0; i < N; i++) most = w->heights[i] > most ? w->heights[i] : most;
    for (orr_peer i = 0; i < N; i++) cluster_boot(&c, i);
    cluster_run(&c, c.now + 3000 * MS);
    ck_assert_msg(!w->n_forks && !w->n_root_splits && !w->n_gaps, "strike %lu",
                  (unsigned long)strike);
    for (orr_peer i = 0; i < N; i++)
        ck_assert_msg(w->heights[i] > most, "node %u stays at %lu, strike %lu", i,
                      (unsigned long)w->heights[i], (unsigned long)strike);
    end(&c);
    return has_struck;
}

/* ORRERY_STRIDE=1 strikes after every effect. */
START_TEST(power_fails_after_any_effect_and_all_come_back_to_one_root) {
    const char *text = getenv("ORRERY_STRIDE");
    uint64_t stride = text ? strtoull(text, NULL, 10) : 67;
    for (uint64_t k = 1; run(k); k += stride) {} /* ends: effects are finite */
}
END_TEST

ORR_TEST_MAIN("node.evm_restart", a_restart_runs_the_blocks_behind_the_last_snapshot_alone,
              who_lost_its_disk_catches_up_by_blocks,
              a_spoilt_snapshot_is_refused_and_nothing_leaks,
              power_fails_after_any_effect_and_all_come_back_to_one_root)
