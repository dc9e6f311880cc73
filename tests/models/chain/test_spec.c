/* All that a chain begins with as bytes: the way there and back, and what is refused. */
#include "models/chain/genesis.h"
#include "models/chain/spec.h"
#include "tests/models/chain/chain_world.h"

static const struct orr_chain_genesis_config small = {.fork = ORR_FORK_PRAGUE,
                                                      .chain_id = 1337,
                                                      .gas_limit = 36000000,
                                                      .base_fee = 1000000000,
                                                      .n_accounts = 3};

static struct orr_chain_genesis *genesis;
static struct orr_evm_store *store;

static void begin(void) {
    orr_heap_init(&heap);
    genesis = orr_chain_genesis_new(&small, 42, &heap.mem);
    store = orr_evm_store_create(&heap.mem);
}

static void end(void) {
    orr_evm_store_destroy(store);
    orr_chain_genesis_free(genesis);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

START_TEST(a_spec_comes_back_as_the_same_bytes_block_and_state) {
    begin();
    struct orr_chain_spec spec;
    ck_assert_int_eq(orr_chain_spec_decode(genesis->spec, genesis->spec_len, store, &spec), 0);
    struct orr_hash hash = orr_evm_header_hash(&heap.mem, &spec.header);
    ck_assert(orr_hash_equal(hash, orr_evm_header_hash(&heap.mem, &genesis->header)));
    ck_assert_uint_eq(spec.config.chain_id.limb[0], 1337);
    ck_assert_uint_eq(spec.config.n_forks, 1);
    ck_assert_uint_eq(spec.config.dao_number, UINT64_MAX);
    ck_assert_mem_eq(&spec.config.forks[0].blobs, &genesis->forks[ORR_FORK_PRAGUE].blobs,
                     sizeof spec.config.forks[0].blobs);
    ck_assert_mem_eq(&spec.contracts, orr_evm_chain_contracts(orr_evm_chain_mainnet()),
                     sizeof spec.contracts);
    for (uint32_t k = 0; k < genesis->n_keys; k++) {
        const struct orr_address *a = &genesis->keys[k].address;
        ck_assert(orr_u256_equal(orr_evm_state_balance(spec.state, a),
                                 orr_evm_state_balance(genesis->state, a)));
    }
    struct orr_rlp_writer again = {.mem = &heap.mem};
    orr_chain_spec_encode(&again, &spec.config, &spec.header, spec.state);
    ck_assert_uint_eq(again.len, genesis->spec_len);
    ck_assert_mem_eq(again.bytes, genesis->spec, again.len);
    orr_rlp_free(&again);
    orr_chain_spec_free(&spec);
    end();
}
END_TEST

START_TEST(a_timetable_of_several_forks_and_moved_contracts_comes_back) {
    begin();
    struct orr_evm_chain_fork forks[3] = {orr_evm_chain_fork(ORR_FORK_PARIS),
                                          orr_evm_chain_fork(ORR_FORK_CANCUN),
                                          orr_evm_chain_fork(ORR_FORK_PRAGUE)};
    struct orr_evm_system_contracts moved = {.deposit = {{1}}, .history = {{2}}};
    forks[1].from_time = 100;
    forks[2].from_time = UINT64_MAX;
    forks[2].from_difficulty = orr_u256_from_address((struct orr_address){{9}});
    const struct orr_evm_chain_config in = {
        .chain_id = {{1, 2, 3, 4}}, .forks = forks, .n_forks = 3, .contracts = &moved};
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_chain_spec_encode(&w, &in, &genesis->header, genesis->state);
    struct orr_chain_spec spec;
    ck_assert_int_eq(orr_chain_spec_decode(w.bytes, w.len, store, &spec), 0);
    ck_assert(orr_u256_equal(spec.config.chain_id, in.chain_id));
    ck_assert_uint_eq(spec.config.n_forks, 3);
    for (int i = 0; i < 3; i++) {
        const struct orr_evm_chain_fork *a = &forks[i], *b = &spec.config.forks[i];
        ck_assert(a->fork == b->fork && a->from_time == b->from_time);
        ck_assert(a->from_number == b->from_number && a->bomb_delay == b->bomb_delay);
        ck_assert(orr_u256_equal(a->from_difficulty, b->from_difficulty));
    }
    ck_assert_mem_eq(&spec.contracts, &moved, sizeof moved);
    orr_chain_spec_free(&spec);
    orr_rlp_free(&w);
    end();
}
END_TEST

static void must_refuse(const uint8_t *bytes, size_t len) {
    struct orr_chain_spec spec;
    ck_assert_int_eq(orr_chain_spec_decode(bytes, len, store, &spec), ORR_EFORMAT);
}

START_TEST(what_is_cut_off_or_changed_is_refused) {
    begin();
    size_t len = genesis->spec_len;
    uint8_t *bytes = orr_alloc(&heap.mem, len + 1);
    memcpy(bytes, genesis->spec, len);
    must_refuse(bytes, 0);
    for (size_t cut = 1; cut < len; cut += 1 + cut / 50) must_refuse(bytes, cut);
    bytes[len] = 0x80;
    must_refuse(bytes, len + 1); /* something behind it */
    uint32_t n_taken = 0;
    for (size_t at = 0; at < len; at += 1 + at / 40) { /* a byte of what no root commits to
                                                          (the rules) may change; no other */
        struct orr_chain_spec spec;
        bytes[at] ^= 1;
        int error = orr_chain_spec_decode(bytes, len, store, &spec);
        if (!error) orr_chain_spec_free(&spec);
        n_taken += !error;
        ck_assert(error || at < 1000);
        bytes[at] ^= 1;
    }
    ck_assert_uint_gt(n_taken, 0);
    orr_free(&heap.mem, bytes, len + 1);
    end();
}
END_TEST

/* A spec of one account, given as an encoded list of accounts. */
static int with_accounts(const uint8_t *accounts, size_t len, struct orr_hash root) {
    struct orr_rlp_reader all = orr_rlp_reader(genesis->spec, genesis->spec_len);
    struct orr_rlp_reader in = orr_rlp_read_list(&all);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    struct orr_evm_header h = genesis->header;
    struct orr_chain_spec spec;
    h.state_root = root;
    size_t list = orr_rlp_list_begin(&w);
    for (int i = 0; i < 2; i++) {
        struct orr_rlp_item item = orr_rlp_read(&in);
        orr_rlp_write_raw(&w, item.encoding, item.encoding_len);
    }
    orr_evm_header_encode(&h, &w);
    orr_rlp_write_raw(&w, accounts, len);
    orr_rlp_list_end(&w, list);
    int error = orr_chain_spec_decode(w.bytes, w.len, store, &spec);
    if (!error) orr_chain_spec_free(&spec);
    orr_rlp_free(&w);
    return error;
}

static void write_account(struct orr_rlp_writer *w, uint64_t value) {
    const uint8_t address[20] = {7};
    size_t account = orr_rlp_list_begin(w);
    orr_rlp_write_string(w, address, sizeof address);
    orr_rlp_write_u64(w, 3);
    orr_rlp_write_u64(w, 4);
    orr_rlp_write_string(w, "\x5f", 1);
    size_t slots = orr_rlp_list_begin(w), slot = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, 5);
    orr_rlp_write_u64(w, value);
    orr_rlp_list_end(w, slot);
    orr_rlp_list_end(w, slots);
    orr_rlp_list_end(w, account);
}

START_TEST(an_account_stands_there_once_and_a_slot_is_not_zero) {
    begin();
    struct orr_evm_state *state = orr_evm_state_create(store);
    const struct orr_address a = {{7}};
    struct orr_u256 key = orr_u256_from_u64(5), value = orr_u256_from_u64(6);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_nonce(state, &a, 3);
    orr_evm_state_set_balance(state, &a, orr_u256_from_u64(4));
    orr_evm_state_set_code(state, &a, (const uint8_t *)"\x5f", 1);
    orr_evm_state_set_storage(state, &a, &key, &value);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    struct orr_hash root = orr_evm_state_root(state);
    for (int n = 1; n <= 2; n++) {
        for (uint64_t v = 0; v <= 6; v += 6) {
            struct orr_rlp_writer w = {.mem = &heap.mem};
            size_t list = orr_rlp_list_begin(&w);
            for (int i = 0; i < n; i++) write_account(&w, v);
            orr_rlp_list_end(&w, list);
            ck_assert_int_eq(with_accounts(w.bytes, w.len, root),
                             n == 1 && v == 6 ? 0 : ORR_EFORMAT);
            orr_rlp_free(&w);
        }
    }
    orr_evm_state_destroy(state);
    end();
}
END_TEST

ORR_TEST_MAIN("chain.spec", a_spec_comes_back_as_the_same_bytes_block_and_state,
              a_timetable_of_several_forks_and_moved_contracts_comes_back,
              what_is_cut_off_or_changed_is_refused,
              an_account_stands_there_once_and_a_slot_is_not_zero)
