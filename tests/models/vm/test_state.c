/* The state: snapshots undo everything, forks share and part, EIP-161 and EIP-6780 take accounts
 * away, and a witness is enough to repeat a computation. */
#include "models/vm/state.h"

#include <string.h>

#include "models/base/error.h"
#include "models/vm/proof.h"
#include "models/vm/witness.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_evm_store *store;

static void setup(void) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
}

/* Every test ends with nothing left in the store. */
static void teardown(struct orr_evm_state *state) {
    orr_evm_state_destroy(state);
    struct orr_evm_store_size size = orr_evm_store_size(store);
    ck_assert_uint_eq(size.n_nodes, 0);
    ck_assert_uint_eq(size.n_codes, 0);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static struct orr_address address_of(uint32_t n) {
    struct orr_address a = {{0}};
    orr_store_be32(a.bytes + 16, n + 0x1000);
    return a;
}

static struct orr_u256 word(uint64_t v) { return orr_u256_from_u64(v); }

/* n accounts with balances; account 0 has code and n slots. */
static struct orr_evm_state *make_state(uint32_t n) {
    struct orr_evm_state *state = orr_evm_state_create(store);
    orr_evm_state_begin_tx(state);
    struct orr_address contract = address_of(0);
    orr_evm_state_set_code(state, &contract, (const uint8_t *)"\x60\x01\x60\x02", 4);
    for (uint32_t i = 0; i < n; i++) {
        struct orr_address a = address_of(i);
        struct orr_u256 key = word(i), value = word(i + 1);
        orr_evm_state_set_balance(state, &a, word(1000 + i));
        orr_evm_state_set_storage(state, &contract, &key, &value);
    }
    orr_evm_state_end_tx(state, ORR_FORK_CANCUN);
    return state;
}

START_TEST(a_revert_undoes_every_kind_of_change) {
    setup();
    struct orr_evm_state *state = make_state(50);
    struct orr_hash before = orr_evm_state_root(state);
    struct orr_address contract = address_of(0), fresh = address_of(77);
    struct orr_u256 key = word(3), other = word(999), value;
    orr_evm_state_begin_tx(state);
    uint64_t mark = orr_evm_state_snapshot(state);
    orr_evm_state_add_balance(state, &contract, word(5));
    orr_evm_state_set_nonce(state, &contract, 9);
    orr_evm_state_set_code(state, &contract, (const uint8_t *)"\x00", 1);
    orr_evm_state_set_storage(state, &contract, &key, &other);
    orr_evm_state_set_transient(state, &contract, &key, &other);
    orr_evm_state_mark_created(state, &fresh);
    ck_assert(orr_evm_state_mark_destroyed(state, &contract));
    ck_assert(!orr_evm_state_mark_destroyed(state, &contract));
    ck_assert_int_eq(orr_evm_state_access_account(state, &fresh), ORR_COLD);
    ck_assert_int_eq(orr_evm_state_access_account(state, &fresh), ORR_WARM);
    ck_assert_int_eq(orr_evm_state_access_slot(state, &contract, &key, &value), ORR_COLD);
    ck_assert(orr_u256_equal(value, other));
    struct orr_evm_log log = {.address = contract, .data = (const uint8_t *)"abc", .len = 3};
    orr_evm_state_add_log(state, &log);
    ck_assert_uint_eq(orr_evm_state_n_logs(state), 1);
    orr_evm_state_revert(state, mark);
    ck_assert_uint_eq(orr_evm_state_n_logs(state), 0);
    ck_assert_int_eq(orr_evm_state_access_account(state, &fresh), ORR_COLD);
    ck_assert_int_eq(orr_evm_state_access_slot(state, &contract, &key, &value), ORR_COLD);
    ck_assert(orr_u256_equal(value, word(4)));
    ck_assert(orr_u256_is_zero(orr_evm_state_transient(state, &contract, &key)));
    ck_assert(!orr_evm_state_was_created(state, &fresh));
    ck_assert(!orr_evm_state_exists(state, &fresh));
    ck_assert_uint_eq(orr_evm_state_nonce(state, &contract), 0);
    ck_assert_uint_eq(orr_evm_state_code(state, &contract)->len, 4);
    orr_evm_state_end_tx(state, ORR_FORK_CANCUN);
    struct orr_hash after = orr_evm_state_root(state);
    ck_assert_mem_eq(&after, &before, 32);
    teardown(state);
}
END_TEST

START_TEST(writes_are_told_apart_by_original_current_and_new_value) {
    setup();
    struct orr_evm_state *state = make_state(3);
    struct orr_address contract = address_of(0);
    struct orr_u256 key = word(0), zero = word(0), two = word(2), one = word(1);
    enum orr_evm_storage_status status;
    orr_evm_state_begin_tx(state);
    orr_evm_state_write_slot(state, &contract, &key, &two, &status);
    ck_assert_int_eq(status, ORR_STORAGE_MODIFIED);
    orr_evm_state_write_slot(state, &contract, &key, &zero, &status);
    ck_assert_int_eq(status, ORR_STORAGE_MODIFIED_DELETED);
    orr_evm_state_write_slot(state, &contract, &key, &one, &status);
    ck_assert_int_eq(status, ORR_STORAGE_DELETED_RESTORED);
    orr_evm_state_write_slot(state, &contract, &key, &zero, &status);
    ck_assert_int_eq(status, ORR_STORAGE_DELETED);
    orr_evm_state_end_tx(state, ORR_FORK_CANCUN);
    orr_evm_state_begin_tx(state); /* what was written is the next transaction's original */
    orr_evm_state_write_slot(state, &contract, &key, &two, &status);
    ck_assert_int_eq(status, ORR_STORAGE_ADDED);
    orr_evm_state_end_tx(state, ORR_FORK_CANCUN);
    teardown(state);
}
END_TEST

START_TEST(touched_empty_accounts_stay_before_eip158_and_go_from_then_on) {
    setup();
    struct orr_evm_state *state = make_state(3);
    struct orr_address fresh = address_of(500);
    struct orr_hash before = orr_evm_state_root(state);
    orr_evm_state_begin_tx(state);
    orr_evm_state_touch(state, &fresh);
    orr_evm_state_end_tx(state, ORR_FORK_EIP158);
    struct orr_hash after = orr_evm_state_root(state);
    ck_assert_mem_eq(&after, &before, 32);
    orr_evm_state_begin_tx(state);
    orr_evm_state_touch(state, &fresh);
    orr_evm_state_end_tx(state, ORR_FORK_HOMESTEAD);
    after = orr_evm_state_root(state);
    ck_assert_mem_ne(&after, &before, 32);
    ck_assert(orr_evm_state_exists(state, &fresh));
    teardown(state);
}
END_TEST

START_TEST(a_destroyed_account_takes_its_storage_along_and_may_come_back_empty) {
    setup();
    struct orr_evm_state *state = make_state(20);
    struct orr_address contract = address_of(0);
    struct orr_u256 key = word(7);
    orr_evm_state_begin_tx(state);
    orr_evm_state_mark_destroyed(state, &contract);
    orr_evm_state_end_tx(state, ORR_FORK_SHANGHAI);
    ck_assert(!orr_evm_state_exists(state, &contract));
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_balance(state, &contract, word(1));
    orr_evm_state_end_tx(state, ORR_FORK_SHANGHAI);
    ck_assert(orr_u256_is_zero(orr_evm_state_storage(state, &contract, &key)));
    ck_assert(!orr_evm_state_has_storage(state, &contract));
    orr_evm_state_trim(state);
    ck_assert(orr_u256_is_zero(orr_evm_state_storage(state, &contract, &key)));
    ck_assert_ptr_null(orr_evm_state_code(state, &contract));
    teardown(state);
}
END_TEST

START_TEST(a_slot_of_an_account_made_anew_is_written_though_it_had_that_value_before) {
    setup();
    struct orr_evm_state *state = make_state(20), *plain = make_state(20);
    struct orr_address contract = address_of(0);
    struct orr_u256 key = word(7), value = word(8); /* as in make_state */
    orr_evm_state_root(state);
    for (int i = 0; i < 2; i++) {
        struct orr_evm_state *s = i ? plain : state;
        orr_evm_state_begin_tx(s);
        orr_evm_state_mark_destroyed(s, &contract);
        orr_evm_state_end_tx(s, ORR_FORK_SHANGHAI);
        if (i) orr_evm_state_trim(s); /* forgets what was there */
        orr_evm_state_begin_tx(s);
        orr_evm_state_set_balance(s, &contract, word(1));
        orr_evm_state_set_storage(s, &contract, &key, &value);
        orr_evm_state_end_tx(s, ORR_FORK_SHANGHAI);
    }
    struct orr_hash root = orr_evm_state_root(state), expected = orr_evm_state_root(plain);
    ck_assert_mem_eq(&root, &expected, 32);
    orr_evm_state_trim(state);
    struct orr_u256 kept = orr_evm_state_storage(state, &contract, &key);
    ck_assert_uint_eq(kept.limb[0], 8);
    orr_evm_state_destroy(plain);
    teardown(state);
}
END_TEST

START_TEST(forks_share_until_they_change_and_then_part) {
    setup();
    struct orr_evm_state *state = make_state(300);
    struct orr_hash before = orr_evm_state_root(state);
    size_t n_nodes = orr_evm_store_size(store).n_nodes;
    struct orr_evm_state *fork = orr_evm_state_fork(state);
    ck_assert_uint_eq(orr_evm_store_size(store).n_nodes, n_nodes);
    struct orr_address a = address_of(5);
    orr_evm_state_begin_tx(fork);
    orr_evm_state_add_balance(fork, &a, word(1));
    orr_evm_state_end_tx(fork, ORR_FORK_CANCUN);
    struct orr_hash parted = orr_evm_state_root(fork), kept = orr_evm_state_root(state);
    ck_assert_mem_ne(&parted, &before, 32);
    ck_assert_mem_eq(&kept, &before, 32);
    ck_assert_uint_le(orr_evm_store_size(store).n_nodes, n_nodes + 8); /* one path */
    orr_evm_state_begin_tx(fork);
    orr_evm_state_sub_balance(fork, &a, word(1));
    orr_evm_state_end_tx(fork, ORR_FORK_CANCUN);
    parted = orr_evm_state_root(fork);
    ck_assert_mem_eq(&parted, &before, 32);
    ck_assert_uint_eq(orr_evm_store_size(store).n_nodes, n_nodes);
    orr_evm_state_destroy(fork);
    teardown(state);
}
END_TEST

START_TEST(account_and_storage_proofs_verify_against_the_root) {
    setup();
    struct orr_evm_state *state = make_state(100);
    struct orr_hash root = orr_evm_state_root(state);
    struct orr_address contract = address_of(0), absent = address_of(4000);
    struct orr_rlp_writer w = {.mem = &heap.mem}, s = {.mem = &heap.mem};
    struct orr_evm_account account;
    bool exists;
    ck_assert_int_eq(orr_evm_state_prove_account(state, &contract, &w), 0);
    ck_assert_int_eq(
        orr_evm_proof_verify_account(&root, &contract, w.bytes, w.len, &exists, &account), 0);
    ck_assert(exists);
    ck_assert(orr_u256_equal(account.balance, word(1000)));
    for (uint64_t i = 0; i < 120; i++) { /* the last twenty are absent */
        struct orr_u256 key = word(i), value;
        s.len = 0;
        ck_assert_int_eq(orr_evm_state_prove_slot(state, &contract, &key, &s), 0);
        ck_assert_int_eq(
            orr_evm_proof_verify_slot(&account.storage_root, &key, s.bytes, s.len, &value), 0);
        ck_assert(orr_u256_equal(value, word(i < 100 ? i + 1 : 0)));
        struct orr_u256 wrong = word(i + 1);
        if (i < 99)
            ck_assert_int_eq(orr_evm_proof_verify_slot(&account.storage_root, &wrong, s.bytes,
                                                       s.len, &value) == 0 &&
                                 orr_u256_equal(value, word(i + 2)),
                             0);
    }
    w.len = 0;
    ck_assert_int_eq(orr_evm_state_prove_account(state, &absent, &w), 0);
    ck_assert_int_eq(
        orr_evm_proof_verify_account(&root, &absent, w.bytes, w.len, &exists, &account), 0);
    ck_assert(!exists);
    orr_rlp_free(&w);
    orr_rlp_free(&s);
    teardown(state);
}
END_TEST

/* A computation that reads, writes, deletes and creates. */
static void compute(struct orr_evm_state *state) {
    struct orr_address contract = address_of(0), from = address_of(3), to = address_of(9000);
    orr_evm_state_begin_tx(state);
    orr_evm_state_sub_balance(state, &from, word(10));
    orr_evm_state_add_balance(state, &to, word(10));
    for (uint64_t i = 0; i < 60; i++) {
        struct orr_u256 key = word(i), zero = word(0);
        if (i % 3) orr_evm_state_set_storage(state, &contract, &key, &zero);
    }
    ck_assert_uint_eq(orr_evm_state_code(state, &contract)->len, 4);
    orr_evm_state_end_tx(state, ORR_FORK_CANCUN);
}

START_TEST(a_witness_is_enough_to_repeat_a_computation_and_too_little_is_noticed) {
    setup();
    struct orr_evm_state *state = make_state(100);
    struct orr_hash root = orr_evm_state_root(state);
    orr_evm_state_trim(state);
    struct orr_evm_witness *witness = orr_evm_witness_create(&heap.mem);
    orr_evm_witness_record(store, witness);
    compute(state);
    struct orr_hash after = orr_evm_state_root(state);
    orr_evm_witness_record(store, NULL);
    ck_assert_uint_lt(orr_evm_witness_n_nodes(witness), orr_evm_store_size(store).n_nodes);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_evm_witness_write(witness, &w);

    struct orr_evm_store *partial;
    struct orr_trie_node *trie;
    ck_assert_int_eq(orr_evm_witness_open(&heap.mem, w.bytes, w.len, &root, &partial, &trie), 0);
    struct orr_evm_state *stateless = orr_evm_state_open(partial, trie);
    compute(stateless);
    struct orr_hash again = orr_evm_state_root(stateless);
    ck_assert_int_eq(orr_evm_state_error(stateless), 0);
    ck_assert_mem_eq(&again, &after, 32);
    struct orr_address other = address_of(60); /* never read by compute */
    orr_evm_state_balance(stateless, &other);
    ck_assert_int_eq(orr_evm_state_error(stateless), ORR_ENOTFOUND);
    orr_evm_state_destroy(stateless);
    orr_evm_store_destroy(partial);
    ck_assert_int_eq(orr_evm_witness_open(&heap.mem, w.bytes, w.len, &after, &partial, &trie),
                     ORR_ENOTFOUND);
    ck_assert_int_eq(orr_evm_witness_open(&heap.mem, w.bytes, w.len - 1, &root, &partial, &trie),
                     ORR_EFORMAT);
    orr_rlp_free(&w);
    orr_evm_witness_destroy(witness);
    teardown(state);
}
END_TEST

START_TEST(ten_thousand_forks_of_a_large_state_cost_less_than_two_kib_each) {
    setup();
    enum { N_ACCOUNTS = 100000, N_FORKS = 10000 };
    static struct orr_evm_state *forks[N_FORKS];
    struct orr_evm_state *state = make_state(N_ACCOUNTS);
    orr_evm_state_trim(state);
    size_t before = heap.used_bytes;
    for (size_t i = 0; i < N_FORKS; i++) forks[i] = orr_evm_state_fork(state);
    size_t each = (heap.used_bytes - before) / N_FORKS;
    ck_assert_uint_le(each, 2048);
    struct orr_hash root = orr_evm_state_root(state);
    for (size_t i = 0; i < N_FORKS; i += 500) { /* each of them is the whole state */
        struct orr_address a = address_of((uint32_t)(i * 7 % N_ACCOUNTS));
        ck_assert(
            orr_u256_equal(orr_evm_state_balance(forks[i], &a), word(1000 + i * 7 % N_ACCOUNTS)));
        struct orr_hash own = orr_evm_state_root(forks[i]);
        ck_assert_mem_eq(&own, &root, 32);
    }
    for (size_t i = 0; i < N_FORKS; i++) orr_evm_state_destroy(forks[i]);
    printf("a fork of %d accounts costs %zu bytes\n", N_ACCOUNTS, each);
    teardown(state);
}
END_TEST

ORR_TEST_MAIN("vm.state", a_revert_undoes_every_kind_of_change,
              writes_are_told_apart_by_original_current_and_new_value,
              touched_empty_accounts_stay_before_eip158_and_go_from_then_on,
              a_destroyed_account_takes_its_storage_along_and_may_come_back_empty,
              a_slot_of_an_account_made_anew_is_written_though_it_had_that_value_before,
              forks_share_until_they_change_and_then_part,
              account_and_storage_proofs_verify_against_the_root,
              a_witness_is_enough_to_repeat_a_computation_and_too_little_is_noticed,
              ten_thousand_forks_of_a_large_state_cost_less_than_two_kib_each)
