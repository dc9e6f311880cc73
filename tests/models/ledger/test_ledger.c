#include "models/ledger/ledger.h"

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/memo.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { N = 20, GENESIS = 1000 };
static struct orr_heap heap;
static struct orr_pool pool;
static struct orr_costs costs = {.verify_ns = 7, .tx_check_ns = 3, .tx_execute_ns = 11};
static struct orr_keypair keys[N];
static struct orr_common common;
static struct orr_env env = {.common = &common};
static struct orr_ledger ledger;
static int64_t busy;

static void set_up(void) {
    orr_heap_init(&heap);
    orr_pool_init(&pool, &heap.mem);
    common = (struct orr_common){
        .mem = &heap.mem, .pool = &pool, .costs = &costs, .memo = orr_memo_new(&heap.mem, 256)};
    for (uint32_t i = 0; i < N; i++) orr_keypair_derive(ORR_SIGNATURES_REAL, 1, i, &keys[i]);
    orr_ledger_init(&ledger, &env, 42, GENESIS);
}
static void tear_down(void) {
    orr_ledger_fini(&ledger);
    orr_memo_free(common.memo);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static struct orr_msg *pay(uint32_t from, uint32_t to, uint64_t amount, uint64_t fee,
                           uint64_t nonce) {
    return orr_transfer_make(&keys[from], keys[to].public_key, amount, fee, nonce, 200, 42, &pool,
                             NULL);
}
static int check(struct orr_msg *tx) {
    uint64_t priority;
    return orr_ledger_app.check(&ledger, tx, false, &priority, &busy);
}
static int check_once(struct orr_msg *tx) {
    int error = check(tx);
    orr_msg_unref(&pool, tx);
    return error;
}
static struct orr_app_block block_of(struct orr_msg **txs, uint32_t n, struct orr_app_tx *views) {
    for (uint32_t i = 0; i < n; i++)
        views[i] = (struct orr_app_tx){
            .bytes = txs[i]->data, .len = txs[i]->len, .id = orr_msg_hash(txs[i])};
    return (struct orr_app_block){.height = 1, .n_txs = n, .txs = views};
}
static bool validate(struct orr_msg **txs, uint32_t n) {
    struct orr_app_tx views[32];
    struct orr_app_block b = block_of(txs, n, views);
    return orr_ledger_app.validate(&ledger, &b, &busy);
}
static void execute(struct orr_msg **txs, uint32_t n, uint8_t root[32]) {
    struct orr_app_tx views[32];
    struct orr_app_block b = block_of(txs, n, views);
    orr_ledger_app.execute(&ledger, &b, root, &busy);
    orr_ledger_app.commit(&ledger);
}
static void drop(struct orr_msg **txs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) orr_msg_unref(&pool, txs[i]);
}
static uint64_t balance(uint32_t i) { return orr_ledger_balance(&ledger, keys[i].public_key); }

START_TEST(a_transfer_moves_money_burns_its_fee_and_cannot_come_twice) {
    set_up();
    struct orr_msg *tx = pay(0, 1, 100, 5, 1);
    uint8_t root[32];
    ck_assert_int_eq(check(tx), 0);
    ck_assert(validate(&tx, 1));
    execute(&tx, 1, root);
    ck_assert_uint_eq(balance(0), GENESIS - 105);
    ck_assert_uint_eq(balance(1), GENESIS + 100);
    ck_assert_uint_eq(ledger.burnt, 5);
    ck_assert_int_eq(check(tx), ORR_EINVAL);
    ck_assert(!validate(&tx, 1));
    struct orr_msg *twice[] = {pay(2, 1, 1, 1, 1), pay(2, 1, 1, 1, 1)};
    ck_assert(!validate(twice, 2)); /* nor twice in one block, even from an unnamed account */
    ck_assert_uint_eq(orr_ledger_app.propose(&ledger, twice, 2), 1);
    drop(twice, 2);
    drop(&tx, 1);
    tear_down();
}
END_TEST

START_TEST(what_is_not_signed_by_the_sender_over_all_its_bytes_is_refused) {
    set_up();
    struct orr_msg *good = pay(0, 1, 100, 5, 1);
    for (uint32_t at = 0; at < good->len; at += 3) {
        struct orr_msg *bad = orr_msg_copy(&pool, 0, good->data, good->len);
        bad->data[at] ^= 4;
        ck_assert_int_ne(check(bad), 0);
        ck_assert(!validate(&bad, 1));
        orr_msg_unref(&pool, bad);
    }
    struct orr_msg *other =
        orr_transfer_make(&keys[0], keys[1].public_key, 1, 1, 1, 200, 43, &pool, NULL);
    ck_assert_int_eq(check_once(other), ORR_EFORMAT); /* signed for another chain */
    ck_assert_int_eq(check_once(orr_msg_copy(&pool, 0, good->data, ORR_TRANSFER_MIN_BYTES - 1)),
                     ORR_EFORMAT);
    ck_assert_int_eq(check_once(pay(0, 0, 1, 1, 1)), ORR_EFORMAT);      /* to oneself */
    ck_assert_int_eq(check_once(pay(0, 1, 1, 1, 0)), ORR_EFORMAT);      /* nonces begin at 1 */
    ck_assert_int_eq(check_once(pay(0, 1, GENESIS, 1, 1)), ORR_EINVAL); /* more than it has */
    ck_assert_int_eq(check_once(pay(0, 1, UINT64_MAX, UINT64_MAX, 1)), ORR_EINVAL);
    ck_assert_int_eq(check(good), 0);
    orr_msg_unref(&pool, good);
    tear_down();
}
END_TEST

START_TEST(an_account_may_spend_all_that_it_has_and_not_one_more) {
    uint8_t root[32];
    static const struct { uint64_t amount, fee; bool fits; } rows[] = {
        {GENESIS - 1, 1, true},  {GENESIS, 0, true},      {0, GENESIS, true},
        {GENESIS, 1, false},     {GENESIS + 1, 0, false}, {0, GENESIS + 1, false},
        {1, GENESIS, false},     {UINT64_MAX, 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_up();
        struct orr_msg *tx = pay(0, 1, rows[i].amount, rows[i].fee, 1);
        ck_assert_int_eq(check(tx), rows[i].fits ? 0 : ORR_EINVAL);
        ck_assert(validate(&tx, 1)); /* a block may hold what its sender cannot pay */
        execute(&tx, 1, root);
        ck_assert_uint_eq(balance(0), rows[i].fits ? 0 : GENESIS);
        ck_assert_uint_eq(balance(1), GENESIS + (rows[i].fits ? rows[i].amount : 0));
        ck_assert_uint_eq(ledger.burnt, rows[i].fits ? rows[i].fee : 0);
        ck_assert_int_eq(check_once(pay(0, 1, 1, 0, 2)), rows[i].fits ? ORR_EINVAL : 0);
        drop(&tx, 1);
        tear_down();
    }
}
END_TEST

START_TEST(each_transaction_of_a_block_is_noted_and_a_note_is_believed) {
    set_up();
    struct orr_msg *txs[] = {pay(0, 1, 1, 1, 1), pay(1, 2, 1, 1, 1), pay(2, 3, 1, 1, 1)};
    struct orr_app_tx views[3];
    for (uint32_t bad = 0; bad <= 3; bad++) { /* 3: none is */
        for (uint32_t i = 0; i < 3; i++) txs[i]->data[txs[i]->len - 1] ^= i == bad;
        struct orr_app_block b = block_of(txs, 3, views);
        orr_ledger_app.note(&ledger, views, 3);
        for (uint32_t i = 0; i < 3; i++) {
            ck_assert_uint_ne(views[i].note, 0);
            ck_assert((views[i].note == views[(i + 1) % 3].note) ==
                      (bad == 3 || (i != bad && (i + 1) % 3 != bad)));
        }
        ck_assert(orr_ledger_app.validate(&ledger, &b, &busy) == (bad == 3));
        for (uint32_t i = 0; i < 3; i++) txs[i]->data[txs[i]->len - 1] ^= i == bad;
    }
    drop(txs, 3);
    tear_down();
}
END_TEST

START_TEST(transfers_may_overtake_each_other_by_any_distance_and_still_come_once) {
    set_up();
    uint8_t root[32];
    static const uint64_t order[] = {1, 100000, 37, UINT64_MAX, 99, 38, 2};
    for (unsigned i = 0; i < 7; i++) {
        struct orr_msg *tx = pay(0, 1, 1, 0, order[i]);
        ck_assert_int_eq(check(tx), 0);
        ck_assert(validate(&tx, 1));
        execute(&tx, 1, root);
        ck_assert_int_eq(check(tx), ORR_EINVAL);
        ck_assert(!validate(&tx, 1));
        drop(&tx, 1);
    }
    ck_assert_int_eq(check_once(pay(0, 1, 1, 0, 3)), 0);
    ck_assert_int_eq(check_once(pay(0, 1, 1, 0, 39)), 0);
    tear_down();
}
END_TEST

START_TEST(used_nonces_equal_a_plain_set_under_random_use) {
    set_up();
    struct orr_rng rng = orr_rng_stream(4, ORR_RNG_NODE, 0);
    struct orr_ledger_nonces used = {0}, copy = {0};
    bool set[402] = {false};
    for (unsigned turn = 0; turn < 2000; turn++) {
        uint64_t nonce = 1 + orr_rng_below(&rng, 400);
        ck_assert(orr_ledger_nonces_have(&used, nonce) == set[nonce]);
        if (!set[nonce]) orr_ledger_nonces_use(&used, nonce, &heap.mem);
        set[nonce] = true;
        uint32_t n = 0; /* runs: where the set begins again */
        for (uint32_t i = 1; i <= 400; i++) {
            ck_assert(orr_ledger_nonces_have(&used, i) == set[i]);
            if (!set[i] || set[i - 1]) continue;
            ck_assert_uint_eq(used.runs[n++].first, i);
        }
        ck_assert_uint_eq(used.n, n);
    }
    orr_ledger_nonces_copy(&copy, &used, &heap.mem);
    ck_assert_uint_eq(copy.n, used.n);
    ck_assert_mem_eq(copy.runs, used.runs, used.n * sizeof *used.runs);
    orr_ledger_nonces_fini(&copy, &heap.mem);
    orr_ledger_nonces_fini(&used, &heap.mem);
    tear_down();
}
END_TEST

START_TEST(an_account_with_too_many_gaps_loses_the_lowest) {
    set_up();
    struct orr_ledger_nonces used = {0};
    for (uint64_t i = 1; i <= ORR_NONCE_RUNS_MAX; i++)
        orr_ledger_nonces_use(&used, 2 * i, &heap.mem);
    ck_assert_uint_eq(used.n, ORR_NONCE_RUNS_MAX);
    ck_assert(!orr_ledger_nonces_have(&used, 3));
    orr_ledger_nonces_use(&used, 5000, &heap.mem);
    ck_assert_uint_eq(used.n, ORR_NONCE_RUNS_MAX);
    ck_assert(orr_ledger_nonces_have(&used, 3)); /* was between the two lowest */
    ck_assert(!orr_ledger_nonces_have(&used, 1) && !orr_ledger_nonces_have(&used, 5));
    ck_assert(orr_ledger_nonces_have(&used, 5000));
    orr_ledger_nonces_fini(&used, &heap.mem);

    /* One block of an account that nobody knew yet: more gaps than are kept, then one of these. */
    enum { GAPS = ORR_NONCE_RUNS_MAX + 1, TXS = GAPS + 1 };
    static struct orr_msg *txs[TXS];
    static struct orr_app_tx views[TXS];
    for (uint32_t i = 0; i < GAPS; i++) txs[i] = pay(0, 1, 0, 0, 2 * i + 2);
    txs[GAPS] = pay(0, 1, 10, 0, 3);
    struct orr_app_block b = block_of(txs, TXS, views);
    ck_assert(orr_ledger_app.validate(&ledger, &b, &busy));
    uint8_t root[32];
    orr_ledger_app.execute(&ledger, &b, root, &busy);
    orr_ledger_app.commit(&ledger);
    ck_assert_uint_eq(balance(1), GENESIS); /* the transfer in the closed gap did nothing */
    drop(txs, TXS);
    tear_down();
}
END_TEST

START_TEST(an_unpaid_transfer_uses_its_nonce_up_and_moves_nothing) {
    set_up();
    struct orr_msg *txs[] = {pay(0, 1, 600, 0, 1), pay(0, 2, 600, 0, 2)};
    uint8_t root[32];
    ck_assert(validate(txs, 2));
    execute(txs, 2, root);
    ck_assert_uint_eq(balance(0), GENESIS - 600);
    ck_assert_uint_eq(balance(2), GENESIS);
    ck_assert_int_eq(check(txs[1]), ORR_EINVAL);
    drop(txs, 2);
    tear_down();
}
END_TEST

START_TEST(money_is_conserved_and_roots_equal_those_of_a_plain_model) {
    set_up();
    struct orr_rng rng = orr_rng_stream(9, ORR_RNG_NODE, 0);
    uint64_t model[N], nonce[N] = {0}, burnt = 0;
    for (uint32_t i = 0; i < N; i++) model[i] = GENESIS;
    uint32_t named[N], n_named = 0;
    for (unsigned height = 0; height < 60; height++) {
        struct orr_msg *txs[32];
        uint32_t n = (uint32_t)orr_rng_below(&rng, 16);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t from = (uint32_t)orr_rng_below(&rng, N);
            uint32_t to = (from + 1 + (uint32_t)orr_rng_below(&rng, N - 1)) % N;
            uint64_t amount = orr_rng_below(&rng, 700), fee = orr_rng_below(&rng, 10);
            txs[i] = pay(from, to, amount, fee, ++nonce[from]);
            uint32_t both[] = {from, to};
            for (unsigned k = 0; k < 2; k++) { /* the tree's order is that of first naming */
                uint32_t at = 0;
                while (at < n_named && named[at] != both[k]) at++;
                if (at == n_named) named[n_named++] = both[k];
            }
            if (amount + fee > model[from]) continue;
            model[from] -= amount + fee;
            model[to] += amount;
            burnt += fee;
        }
        ck_assert(validate(txs, n));
        uint8_t root[32], want[32], leaves[N][32];
        execute(txs, n, root);
        drop(txs, n);
        uint64_t sum = 0;
        for (uint32_t i = 0; i < N; i++) {
            ck_assert_uint_eq(balance(i), model[i]);
            sum += balance(i);
        }
        ck_assert_uint_eq(sum + ledger.burnt, (uint64_t)N * GENESIS);
        ck_assert_uint_eq(ledger.burnt, burnt);
        for (uint32_t i = 0; i < n_named; i++) {
            uint8_t leaf[56];
            uint32_t k = named[i];
            memcpy(leaf, keys[k].public_key, 32);
            orr_store_le64(leaf + 32, model[k]);
            orr_store_le64(leaf + 40, 1); /* its nonces are one run, if it has paid at all */
            orr_store_le64(leaf + 48, nonce[k]);
            orr_merkle_leaf(leaf, nonce[k] ? 56 : 40, leaves[i]);
        }
        orr_merkle_root(leaves, n_named, want);
        ck_assert_mem_eq(root, want, 32);
    }
    tear_down();
}
END_TEST

START_TEST(work_is_charged_by_the_named_costs_whether_or_not_it_was_remembered) {
    set_up();
    struct orr_msg *tx = pay(0, 1, 1, 1, 1);
    struct orr_app_tx views[1];
    struct orr_app_block b = block_of(&tx, 1, views);
    for (unsigned turn = 0; turn < 3; turn++) {
        busy = 0;
        ck_assert(orr_ledger_app.validate(&ledger, &b, &busy));
        ck_assert_int_eq(busy, 7);
    }
    uint64_t priority;
    for (unsigned turn = 0; turn < 3; turn++) {
        busy = 0;
        ck_assert_int_eq(check(tx), 0);
        ck_assert_int_eq(busy, 3 + 7);
        busy = 0;
        ck_assert_int_eq(orr_ledger_app.check(&ledger, tx, true, &priority, &busy), 0);
        ck_assert_int_eq(busy, 3);
    }
    uint8_t root[32];
    busy = 0;
    orr_ledger_app.execute(&ledger, &b, root, &busy);
    orr_ledger_app.commit(&ledger);
    ck_assert_int_eq(busy, 11);
    drop(&tx, 1);
    tear_down();
}
END_TEST

/* Into a second ledger, after many random transfers: what it says and goes on with is the same. */
START_TEST(a_snapshot_brings_back_the_state_and_one_of_another_root_changes_nothing) {
    set_up();
    struct orr_rng rng = orr_rng_stream(9, ORR_RNG_PLAN, 0);
    struct orr_ledger other;
    orr_ledger_init(&other, &env, 42, GENESIS);
    uint8_t root[32], found[32];
    for (uint32_t turn = 0; turn < 30; turn++) {
        struct orr_msg *txs[8];
        uint32_t n = 0;
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t from = (uint32_t)orr_rng_below(&rng, N - 1);
            txs[n] = pay(from, from + 1, 1 + orr_rng_below(&rng, 50), 1, 1 + 8 * turn + 2 * i);
            if (validate(txs, n + 1)) n++;
            else orr_msg_unref(&pool, txs[n]);
        }
        execute(txs, n, root);
        drop(txs, n);
        struct orr_msg *m = orr_ledger_app.save(&ledger, &pool);
        orr_ledger_app.root(&other, found);
        uint8_t wrong[32];
        memcpy(wrong, root, 32);
        wrong[turn] ^= 1;
        ck_assert_int_eq(orr_ledger_app.load(&other, m->data, m->len, wrong), ORR_EFORMAT);
        for (uint32_t k = 0; k < 40; k++) { /* torn, longer, damaged */
            struct orr_msg *bad = orr_msg_copy(&pool, 0, m->data, m->len);
            uint32_t at = 8 + (uint32_t)orr_rng_below(&rng, m->len - 8); /* burnt is no state */
            bad->data[at] ^= (uint8_t)(1 << k % 8);
            ck_assert_int_eq(orr_ledger_app.load(&other, bad->data, bad->len, root), ORR_EFORMAT);
            ck_assert_int_eq(orr_ledger_app.load(&other, m->data, at, root), ORR_EFORMAT);
            orr_msg_unref(&pool, bad);
        }
        uint8_t same[32];
        orr_ledger_app.root(&other, same);
        ck_assert_mem_eq(same, found, 32);
        ck_assert_int_eq(orr_ledger_app.load(&other, m->data, m->len, root), 0);
        orr_ledger_app.root(&other, same);
        ck_assert_mem_eq(same, root, 32);
        ck_assert_uint_eq(other.burnt, ledger.burnt);
        for (uint32_t i = 0; i < N; i++)
            ck_assert_uint_eq(orr_ledger_balance(&other, keys[i].public_key), balance(i));
        struct orr_msg *again = orr_ledger_app.save(&other, &pool);
        ck_assert_uint_eq(again->len, m->len);
        ck_assert_mem_eq(again->data, m->data, m->len);
        orr_msg_unref(&pool, again);
        orr_msg_unref(&pool, m);
    }
    orr_ledger_fini(&other);
    tear_down();
}
END_TEST

/* The last of the keys governs: its transfers set powers. */
static void change(uint64_t nonce, uint32_t of, uint64_t power, uint64_t height, uint8_t root[32]) {
    struct orr_msg *tx = pay(N - 1, of, power, 77, nonce);
    ck_assert_int_eq(check(tx), 0);
    struct orr_app_tx view;
    struct orr_app_block b = block_of(&tx, 1, &view);
    b.height = height;
    ck_assert(orr_ledger_app.validate(&ledger, &b, &busy));
    orr_ledger_app.execute(&ledger, &b, root, &busy);
    orr_ledger_app.commit(&ledger);
    ck_assert_int_eq(check_once(tx), ORR_EINVAL); /* its nonce is used */
}

START_TEST(the_governors_transfers_set_powers_cost_nothing_and_go_first) {
    set_up();
    ledger.governor = keys[N - 1].public_key;
    uint8_t root[32], before[32];
    uint64_t priority;
    struct orr_msg *tx = pay(N - 1, 3, UINT64_MAX, 2, 9); /* more than anybody has */
    ck_assert_int_eq(orr_ledger_app.check(&ledger, tx, false, &priority, &busy), 0);
    ck_assert_uint_eq(priority, UINT64_MAX);
    tx->data[100] ^= 1;
    ck_assert_int_eq(check_once(tx), ORR_EFORMAT); /* it did not sign that */
    ck_assert_int_eq(check_once(pay(1, 3, UINT64_MAX, 2, 9)), ORR_EINVAL); /* anybody else pays */
    change(2, 3, 5, 4, root);
    memcpy(before, root, 32);
    change(1, 4, 0, 4, root);
    ck_assert(memcmp(before, root, 32));
    struct orr_app_power told;
    ck_assert(orr_ledger_app.power_change(&ledger, 0, &told));
    ck_assert(told.height == 4 && told.power == 5 && !memcmp(told.key, keys[3].public_key, 32));
    ck_assert(orr_ledger_app.power_change(&ledger, 1, &told));
    ck_assert(told.height == 4 && told.power == 0 && !memcmp(told.key, keys[4].public_key, 32));
    ck_assert(!orr_ledger_app.power_change(&ledger, 2, &told));
    ck_assert_uint_eq(orr_ledger_balance(&ledger, keys[N - 1].public_key), GENESIS);
    ck_assert_uint_eq(orr_ledger_balance(&ledger, keys[3].public_key), GENESIS);
    ck_assert_uint_eq(ledger.burnt, 0);
    tear_down();
}
END_TEST

/* Two ledgers that differ only in what was ordered have different roots; a snapshot has all of it,
 * and nothing of it can be changed under the same root. */
START_TEST(changes_of_power_are_under_the_root_and_in_snapshots) {
    set_up();
    ledger.governor = keys[N - 1].public_key;
    struct orr_ledger other;
    uint8_t root[32], found[32];
    for (uint64_t i = 1; i <= 20; i++) change(i, (uint32_t)i % 5, i * i, i / 3 + 1, root);
    struct orr_msg *m = orr_ledger_app.save(&ledger, &pool);
    orr_ledger_init(&other, &env, 42, GENESIS);
    ck_assert_int_eq(orr_ledger_app.load(&other, m->data, m->len, root), ORR_EFORMAT);
    ck_assert_uint_eq(other.n_powers, 0); /* without a governor there are none */
    other.governor = keys[N - 1].public_key;
    for (uint32_t at = 8; at < m->len; at++) { /* burnt is no state */
        m->data[at] ^= (uint8_t)(1 << at % 8);
        ck_assert_int_eq(orr_ledger_app.load(&other, m->data, m->len, root), ORR_EFORMAT);
        m->data[at] ^= (uint8_t)(1 << at % 8);
        ck_assert_int_eq(orr_ledger_app.load(&other, m->data, at, root), ORR_EFORMAT);
    }
    ck_assert_int_eq(orr_ledger_app.load(&other, m->data, m->len, root), 0);
    orr_msg_unref(&pool, m);
    orr_ledger_app.root(&other, found);
    ck_assert_mem_eq(found, root, 32);
    struct orr_app_power a, b;
    for (uint32_t i = 0; i < 20; i++) {
        ck_assert(orr_ledger_app.power_change(&ledger, i, &a));
        ck_assert(orr_ledger_app.power_change(&other, i, &b));
        ck_assert(a.height == b.height && a.power == b.power && !memcmp(a.key, b.key, 32));
    }
    ck_assert(!orr_ledger_app.power_change(&other, 20, &b));
    orr_ledger_fini(&other);
    tear_down();
}
END_TEST

ORR_TEST_MAIN("ledger", a_transfer_moves_money_burns_its_fee_and_cannot_come_twice,
              what_is_not_signed_by_the_sender_over_all_its_bytes_is_refused,
              an_account_may_spend_all_that_it_has_and_not_one_more,
              each_transaction_of_a_block_is_noted_and_a_note_is_believed,
              transfers_may_overtake_each_other_by_any_distance_and_still_come_once,
              used_nonces_equal_a_plain_set_under_random_use,
              an_account_with_too_many_gaps_loses_the_lowest,
              an_unpaid_transfer_uses_its_nonce_up_and_moves_nothing,
              money_is_conserved_and_roots_equal_those_of_a_plain_model,
              a_snapshot_brings_back_the_state_and_one_of_another_root_changes_nothing,
              work_is_charged_by_the_named_costs_whether_or_not_it_was_remembered,
              the_governors_transfers_set_powers_cost_nothing_and_go_first,
              changes_of_power_are_under_the_root_and_in_snapshots)
