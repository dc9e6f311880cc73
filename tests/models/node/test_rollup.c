/* Inside a rollup's nodes: where deposits are, who is paid, and what peers cannot make them do. */
#include "tests/driver.h"

#include "models/node/rollup_member.h"

/* As models/node/rollup.c has it. */
struct rollup {
    bool is_l1;
    struct orr_rollup_l1 l1;
    struct orr_rollup_member member;
};

enum { N = 4, L1 = 0, SEQUENCER = 1, VERIFIER = 2 };
static struct cluster c;

static struct rollup *node_of(orr_peer i) { return c.nodes[i].state; }
static struct orr_verifier *verifier_of(orr_peer i) { return node_of(i)->member.verifier; }

static void begin(void) {
    cluster_new(&c, "rollup", N, 3);
    cluster_set(&c, "l1_slot", 6000 * MS);
    cluster_set(&c, "l1_final", 3);
    cluster_set(&c, "deposit_every", 2);
    cluster_start(&c);
}

static uint64_t balance_at(orr_peer i, uint8_t low, bool is_predeploy) {
    struct orr_verifier *v = verifier_of(i);
    const struct orr_verified *b = orr_verifier_block(v, orr_verifier_n_blocks(v) - 1);
    struct orr_address a = is_predeploy ? orr_evm_predeploy(low) : (struct orr_address){{0}};
    if (!is_predeploy) a.bytes[19] = low;
    return orr_evm_state_balance(b->state, &a).limb[0];
}

START_TEST(every_deposit_is_in_the_first_block_of_its_epoch) {
    begin();
    cluster_run(&c, 100000 * MS);
    struct orr_verifier *v = verifier_of(VERIFIER);
    uint64_t deposits = 0;
    ck_assert_uint_ge(orr_verifier_n_blocks(v), 35);
    for (size_t i = 1; i < orr_verifier_n_blocks(v); i++) {
        const struct orr_verified *b = orr_verifier_block(v, i);
        ck_assert(b->n_deposits == 1 || !b->head.sequence_number);
        deposits += b->n_deposits - 1;
    }
    ck_assert_uint_ge(deposits, 5);
    ck_assert_uint_eq(balance_at(VERIFIER, 0xd0, false), deposits); /* a wei each */
    cluster_free(&c);
}
END_TEST

START_TEST(transactions_pay_for_their_data_and_the_operator) {
    begin();
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    void *clients = orr_alloc_zero(&c.arena.mem, c.protocol->workload.state_size);
    for (uint64_t i = 0; i < 20; i++) {
        struct orr_tx_order order = {.client = (uint32_t)i, .rng = &rng};
        struct orr_msg *m =
            c.protocol->workload.make_tx(clients, c.nodes[0].env.common, &order);
        struct orr_event e = {.kind = ORR_INPUT, .key = ORR_IN_TX, .peer = ORR_NOBODY, .msg = m};
        cluster_step(&c, VERIFIER, e);
        orr_msg_unref(&c.pool, m);
    }
    cluster_run(&c, 60000 * MS);
    ck_assert_uint_gt(balance_at(VERIFIER, ORR_PREDEPLOY_L1_FEE_VAULT, true), 0);
    ck_assert_uint_eq(balance_at(VERIFIER, ORR_PREDEPLOY_OPERATOR_VAULT, true),
                      20 * (21000 * 1000 / 1000000 + 5));
    ck_assert_uint_gt(balance_at(VERIFIER, ORR_PREDEPLOY_BASE_FEE_VAULT, true), 0);
    ck_assert_uint_gt(balance_at(VERIFIER, ORR_PREDEPLOY_SEQUENCER_VAULT, true), 0);
    cluster_free(&c);
}
END_TEST

/* Unsafe blocks are executed once, when they come, and become safe as they are. */
START_TEST(a_verifier_executes_no_block_twice) {
    begin();
    cluster_run(&c, 60000 * MS);
    for (orr_peer i = SEQUENCER; i < N; i++) {
        uint64_t n = orr_verifier_n_blocks(verifier_of(i)) - 1;
        ck_assert_uint_ge(n, 20);
        ck_assert_uint_eq(orr_verifier_n_consolidated(verifier_of(i)), n);
    }
    ck_assert_uint_eq(orr_verifier_n_consolidated(verifier_of(L1)), 0); /* it hears of none */
    cluster_free(&c);
}
END_TEST

static struct orr_u256 slot_of(const struct orr_verified *b, uint8_t predeploy, uint64_t slot) {
    struct orr_address a = orr_evm_predeploy(predeploy);
    struct orr_u256 key = orr_u256_from_u64(slot);
    return orr_evm_state_storage(b->state, &a, &key);
}

START_TEST(a_fork_within_a_run_deploys_its_contracts_and_begins_behind_them) {
    cluster_new(&c, "rollup", N, 3);
    cluster_set(&c, "l1_slot", 6000 * MS);
    cluster_set(&c, "l1_final", 3);
    cluster_set(&c, "fork", 0); /* Ecotone, then Isthmus */
    cluster_set(&c, "upgrade_at", 20000 * MS);
    cluster_start(&c);
    cluster_run(&c, 60000 * MS);
    const struct orr_verified *before = orr_verifier_block(verifier_of(VERIFIER), 9);
    const struct orr_verified *first = before + 1, *after = before + 2;
    ck_assert_uint_eq(first->header.timestamp, 20);
    ck_assert_uint_eq(first->n_deposits - 1 - first->n_users, 3 + 8); /* Fjord's, Isthmus' */
    ck_assert_uint_eq(first->n_txs, first->n_deposits);
    ck_assert_uint_eq(after->n_deposits, 1 + after->n_users);
    ck_assert_uint_eq(slot_of(before, ORR_PREDEPLOY_GAS_ORACLE, 0).limb[0], 0);
    ck_assert_uint_eq(slot_of(first, ORR_PREDEPLOY_GAS_ORACLE, 0).limb[0], 0x291b0383);
    ck_assert_uint_eq(slot_of(first, ORR_PREDEPLOY_L1_BLOCK, 8).limb[0], 0);
    ck_assert_uint_eq(slot_of(after, ORR_PREDEPLOY_L1_BLOCK, 8).limb[0], 5); /* the operator's */
    ck_assert_uint_eq(slot_of(after, ORR_PREDEPLOY_L1_BLOCK, 0).limb[0] >> 32, 0);
    ck_assert_uint_eq(first->header.extra_data_len, 9);
    ck_assert_uint_eq(before->header.extra_data_len, 0);
    cluster_free(&c);
}
END_TEST

START_TEST(what_peers_send_amiss_is_dropped_and_counted) {
    begin();
    cluster_run(&c, 30000 * MS);
    static const uint8_t bytes[] = {0xc3, 1, 2, 3};
    const struct {
        orr_peer to, from;
        uint16_t kind;
    } cases[] = {{VERIFIER, SEQUENCER, ORR_ROLLUP_L1_BLOCK}, /* not from L1 */
                 {VERIFIER, L1, ORR_ROLLUP_L1_BLOCK},        /* malformed   */
                 {VERIFIER, L1, ORR_ROLLUP_TX},              /* to the sequencer alone */
                 {VERIFIER, L1, 99},
                 {L1, VERIFIER, ORR_ROLLUP_FORCE}, /* no transaction */
                 {L1, VERIFIER, ORR_ROLLUP_ASK}}; /* of another length */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = orr_verifier_n_blocks(verifier_of(VERIFIER));
        struct orr_msg *m = orr_msg_copy(&c.pool, cases[i].kind, bytes, sizeof bytes);
        struct orr_event e = {.kind = ORR_RECV, .peer = cases[i].from, .now = c.now, .msg = m};
        c.out.n = 0;
        c.protocol->step(c.nodes[cases[i].to].state, &e, &c.out);
        ck_assert_uint_eq(c.out.n, 1);
        ck_assert_int_eq(c.out.v[0].kind, ORR_OUTPUT);
        ck_assert_uint_eq(c.out.v[0].key, ORR_OUT_DROPPED);
        c.out.n = 0;
        orr_msg_unref(&c.pool, m);
        ck_assert_uint_eq(orr_verifier_n_blocks(verifier_of(VERIFIER)), before);
    }
    cluster_free(&c);
}
END_TEST

/* What the verifier has decided. */
static uint64_t decided[64];
static uint32_t n_decided;
static void hear_decisions(struct cluster *in, orr_peer node, uint32_t key,
                           const struct orr_msg *m) {
    (void)in;
    if (node != VERIFIER || key != ORR_OUT_DECIDED) return;
    const struct orr_decided *d = (const void *)m->data;
    for (uint32_t i = 0; i < d->n_txs && n_decided < 64; i++) decided[n_decided++] = d->txs[i];
}

START_TEST(what_is_forced_goes_once_and_in_the_order_of_its_account) {
    enum { TXS = 4 };
    static const int order[] = {2, 2, 0, 3, 1, 0, 2};
    struct orr_msg *txs[TXS];
    begin();
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    void *clients = orr_alloc_zero(&c.arena.mem, c.protocol->workload.state_size);
    for (int i = 0; i < TXS; i++) {
        struct orr_tx_order o = {.client = 0, .rng = &rng};
        txs[i] = c.protocol->workload.make_tx(clients, c.nodes[0].env.common, &o);
    }
    n_decided = 0;
    c.output = hear_decisions;
    cluster_run(&c, 20000 * MS);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        struct orr_msg *m =
            orr_msg_copy(&c.pool, ORR_ROLLUP_FORCE, txs[order[i]]->data, txs[order[i]]->len);
        struct orr_event e = {.kind = ORR_RECV, .peer = VERIFIER, .now = c.now, .msg = m};
        cluster_step(&c, L1, e);
        orr_msg_unref(&c.pool, m);
    }
    cluster_run(&c, 110000 * MS);
    const struct orr_rollup_genesis *g = node_of(L1)->l1.genesis;
    struct orr_verifier *v = verifier_of(VERIFIER);
    const struct orr_verified *last = orr_verifier_block(v, orr_verifier_n_blocks(v) - 1);
    const struct orr_address *who = &g->l1->keys[ORR_ROLLUP_KEYS_TAKEN].address;
    ck_assert_uint_eq(orr_evm_state_nonce(last->state, who), TXS);
    ck_assert_uint_eq(n_decided, TXS);
    for (int i = 0; i < TXS; i++) {
        ck_assert_uint_eq(decided[i], orr_msg_hash(txs[i]));
        orr_msg_unref(&c.pool, txs[i]);
    }
    cluster_free(&c);
}
END_TEST

START_TEST(a_deposit_is_a_clients_transaction_only_from_its_account_at_its_nonce) {
    begin();
    const struct orr_rollup_genesis *g = node_of(L1)->l1.genesis;
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    void *clients = orr_alloc_zero(&c.arena.mem, c.protocol->workload.state_size);
    struct orr_msg *txs[2];
    for (int i = 0; i < 2; i++) {
        struct orr_tx_order o = {.client = 0, .rng = &rng};
        txs[i] = c.protocol->workload.make_tx(clients, c.nodes[0].env.common, &o);
    }
    const struct orr_address *keys[] = {&g->l1->keys[ORR_ROLLUP_KEYS_TAKEN].address,
                                        &g->l1->keys[ORR_ROLLUP_KEYS_TAKEN + 1].address};
    static const struct {
        int from, before, tx, cut; /* whose; the account's other deposits before it; which */
        bool is_forced;
    } cases[] = {{0, 0, 0, 0, true},  {0, 1, 1, 0, true},  {1, 0, 0, 0, false},
                 {0, 0, 1, 0, false}, {0, 1, 0, 0, false}, {0, 0, 0, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_rlp_writer w = {.mem = &c.arena.mem};
        struct orr_rollup_tx deposits[2], found;
        struct orr_evm_deposit d = {.from = *keys[cases[i].from], .gas = 100000};
        orr_evm_deposit_write(&d, &w);
        size_t first = w.len;
        d.data = txs[cases[i].tx]->data;
        d.data_len = txs[cases[i].tx]->len - (size_t)cases[i].cut;
        orr_evm_deposit_write(&d, &w);
        deposits[0] = (struct orr_rollup_tx){w.bytes, first};
        deposits[1] = (struct orr_rollup_tx){w.bytes + first, w.len - first};
        struct orr_verified b = {.deposits = deposits + !cases[i].before};
        ck_assert_msg(orr_rollup_forced(&c.arena.mem, &b, (size_t)cases[i].before, g->state,
                                        ORR_ROLLUP_L2_CHAIN_ID, &found) == cases[i].is_forced,
                      "case %zu", i);
        ck_assert(!cases[i].is_forced || (found.len == d.data_len &&
                                          !memcmp(found.bytes, d.data, d.data_len)));
        orr_rlp_free(&w);
    }
    for (int i = 0; i < 2; i++) orr_msg_unref(&c.pool, txs[i]);
    cluster_free(&c);
}
END_TEST

START_TEST(transactions_of_an_account_run_in_its_order_whatever_order_they_come_in) {
    enum { TXS = 5 };
    static const int order[TXS] = {3, 1, 0, 4, 2};
    begin();
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    void *clients = orr_alloc_zero(&c.arena.mem, c.protocol->workload.state_size);
    struct orr_msg *txs[TXS];
    for (int i = 0; i < TXS; i++) {
        struct orr_tx_order o = {.client = 0, .rng = &rng};
        txs[i] = c.protocol->workload.make_tx(clients, c.nodes[0].env.common, &o);
    }
    n_decided = 0;
    c.output = hear_decisions;
    for (int i = 0; i < TXS + 1; i++) { /* the last one comes once more, too late */
        struct orr_msg *m = txs[order[i % TXS]];
        struct orr_event e = {.kind = ORR_INPUT, .key = ORR_IN_TX, .peer = ORR_NOBODY,
                              .now = c.now, .msg = m};
        cluster_step(&c, SEQUENCER, e);
        if (i == 2) cluster_run(&c, c.now + 7000 * MS); /* 0 and 1 run, 3 must wait for 2 */
        if (i == TXS - 1) cluster_run(&c, c.now + 7000 * MS);
    }
    ck_assert_uint_ge(node_of(SEQUENCER)->member.n_chain, 3);
    cluster_run(&c, 90000 * MS);
    ck_assert_uint_eq(n_decided, TXS);
    ck_assert_uint_eq(node_of(SEQUENCER)->member.n_waiting, 0);
    for (int i = 0; i < TXS; i++) {
        ck_assert_uint_eq(decided[i], orr_msg_hash(txs[i]));
        orr_msg_unref(&c.pool, txs[i]);
    }
    cluster_free(&c);
}
END_TEST

/* A transfer of client k that tips so many wei per gas. */
static struct orr_msg *transfer(int k, uint64_t nonce, uint64_t tip) {
    const struct orr_chain_genesis *g = node_of(L1)->l1.genesis->l1;
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true, .nonce = nonce,
                            .chain_id = orr_u256_from_u64(ORR_ROLLUP_L2_CHAIN_ID),
                            .gas_limit = 21000, .max_fee = orr_u256_from_u64(1000000000),
                            .max_priority_fee = orr_u256_from_u64(tip), .to = {{[19] = 1}}};
    orr_wallet_sign(g->wallet, &c.arena.mem, &tx, &g->keys[ORR_ROLLUP_KEYS_TAKEN + k]);
    struct orr_rlp_writer w = {.mem = &c.arena.mem};
    orr_evm_tx_encode(&tx, &w);
    struct orr_msg *m = orr_msg_copy(&c.pool, ORR_ROLLUP_TX, w.bytes, (uint32_t)w.len);
    orr_rlp_free(&w);
    return m;
}

/* Who tips most is first, but behind what its account must do before. */
START_TEST(transactions_are_ordered_as_they_came_or_by_tip) {
    static const struct {
        int client;
        uint64_t nonce, tip;
    } sent[] = {{0, 0, 5}, {1, 0, 1}, {1, 1, 9}, {2, 0, 7}, {3, 0, 7}};
    static const int expected[2][5] = {{0, 1, 2, 3, 4}, {3, 4, 0, 1, 2}};
    for (uint64_t by_tip = 0; by_tip < 2; by_tip++) {
        cluster_new(&c, "rollup", N, 3);
        cluster_set(&c, "l1_slot", 6000 * MS);
        cluster_set(&c, "ordering", by_tip);
        cluster_start(&c);
        cluster_run(&c, 7000 * MS);
        struct orr_msg *txs[5];
        for (int i = 0; i < 5; i++) {
            txs[i] = transfer(sent[i].client, sent[i].nonce, sent[i].tip);
            struct orr_event e = {.kind = ORR_INPUT, .key = ORR_IN_TX, .peer = ORR_NOBODY,
                                  .now = c.now, .msg = txs[i]};
            cluster_step(&c, SEQUENCER, e);
        }
        cluster_run(&c, 11000 * MS);
        const struct orr_rollup_member *m = &node_of(SEQUENCER)->member;
        const struct orr_verified *b = NULL;
        for (size_t i = 0; i < m->n_chain; i++)
            if (m->chain[i]->n_txs > m->chain[i]->n_deposits) b = m->chain[i];
        ck_assert(b && b->n_txs - b->n_deposits == 5);
        for (int i = 0; i < 5; i++)
            ck_assert_mem_eq(b->txs[i].bytes, txs[expected[by_tip][i]]->data, b->txs[i].len);
        for (int i = 0; i < 5; i++) orr_msg_unref(&c.pool, txs[i]);
        cluster_free(&c);
    }
}
END_TEST

static uint32_t n_warnings;
static void hear_warnings(struct cluster *in, orr_peer node, uint32_t key,
                          const struct orr_msg *m) {
    (void)in;
    static const char start[] = "warning: L2 block ";
    n_warnings += node == L1 && key == ORR_OUT_LOG && m->len > sizeof start &&
                  !memcmp(m->data, start, sizeof start - 1);
}

/* An empty block of this rollup has a few dozen steps: of begin, attributes and end. */
START_TEST(a_block_of_more_steps_than_a_game_names_is_warned_of) {
    for (uint64_t steps = 2; steps <= 12; steps += 10) {
        cluster_new(&c, "rollup", N, 3);
        cluster_set(&c, "l1_slot", 6000 * MS);
        cluster_set(&c, "l1_final", 1);
        cluster_set(&c, "propose_every", 8);
        cluster_set(&c, "game_steps", steps);
        n_warnings = 0;
        c.output = hear_warnings;
        cluster_start(&c);
        cluster_run(&c, 40000 * MS);
        size_t final = orr_verifier_finalized(verifier_of(L1));
        ck_assert_uint_ge(final, 4);
        ck_assert_uint_le(n_warnings, final);
        ck_assert((n_warnings != 0) == (steps == 2));
        cluster_free(&c);
    }
}
END_TEST

START_TEST(who_comes_back_with_nothing_follows_again) {
    begin();
    cluster_run(&c, 40000 * MS);
    cluster_crash(&c, VERIFIER, true);
    cluster_run(&c, 70000 * MS);
    cluster_boot(&c, VERIFIER);
    cluster_run(&c, 100000 * MS);
    struct orr_verifier *a = verifier_of(VERIFIER), *b = verifier_of(VERIFIER + 1);
    size_t n = orr_verifier_n_blocks(b);
    ck_assert_uint_eq(orr_verifier_n_blocks(a), n);
    ck_assert(orr_hash_equal(orr_verifier_block(a, n - 1)->head.block.hash,
                             orr_verifier_block(b, n - 1)->head.block.hash));
    cluster_free(&c);
}
END_TEST

ORR_TEST_MAIN("rollup nodes", every_deposit_is_in_the_first_block_of_its_epoch,
              a_verifier_executes_no_block_twice,
              a_fork_within_a_run_deploys_its_contracts_and_begins_behind_them,
              transactions_pay_for_their_data_and_the_operator,
              what_peers_send_amiss_is_dropped_and_counted,
              what_is_forced_goes_once_and_in_the_order_of_its_account,
              a_deposit_is_a_clients_transaction_only_from_its_account_at_its_nonce,
              transactions_of_an_account_run_in_its_order_whatever_order_they_come_in,
              transactions_are_ordered_as_they_came_or_by_tip,
              a_block_of_more_steps_than_a_game_names_is_warned_of,
              who_comes_back_with_nothing_follows_again)
