/* ethereum/tests BasicTests: the main network's genesis block, difficulties, signed transactions.
 */
#include "models/vm/block.h"

#include "sim/memory.h"
#include "sim/vm_json.h"
#include "tests/vectors/vectors.h"

#define FOLDER "evm/ethereum-tests/BasicTests/"

/* Main network and Ropsten, as far as the files go. */
static const struct orr_chain_fork main_network[] = {
    {.fork = ORR_FORK_FRONTIER},
    {.fork = ORR_FORK_HOMESTEAD, .from_number = 1150000},
    {.fork = ORR_FORK_BYZANTIUM, .from_number = 4370000, .bomb_delay = 3000000}};
static const struct orr_chain_fork ropsten[] = {
    {.fork = ORR_FORK_HOMESTEAD},
    {.fork = ORR_FORK_BYZANTIUM, .from_number = 1700000, .bomb_delay = 3000000},
    {.fork = ORR_FORK_CONSTANTINOPLE, .from_number = 4230000, .bomb_delay = 5000000}};
static const struct orr_chain_fork homestead[] = {{.fork = ORR_FORK_HOMESTEAD}};

static void check_difficulties(const char *name, const struct orr_chain_fork *forks,
                               size_t n_forks) {
    const struct orr_chain_config config = {.forks = forks, .n_forks = n_forks};
    const struct orr_hash no_ommers = orr_keccak256("\xc0", 1);
    const struct orr_u256 none = orr_u256_from_u64(0);
    json_t *file = orr_vector_load(name), *test;
    const char *key;
    json_object_foreach(file, key, test) {
        uint64_t parent_time, time, number;
        struct orr_u256 parent, expected;
        struct orr_hash ommers = no_ommers;
        ck_assert_int_eq(orr_json_u64(json_object_get(test, "parentTimestamp"), &parent_time), 0);
        ck_assert_int_eq(orr_json_u64(json_object_get(test, "currentTimestamp"), &time), 0);
        ck_assert_int_eq(orr_json_u64(json_object_get(test, "currentBlockNumber"), &number), 0);
        ck_assert_int_eq(orr_json_u256(json_object_get(test, "parentDifficulty"), &parent), 0);
        ck_assert_int_eq(orr_json_u256(json_object_get(test, "currentDifficulty"), &expected), 0);
        orr_json_hash(json_object_get(test, "parentUncles"), &ommers);
        struct orr_u256 got =
            orr_next_difficulty(orr_chain_fork_at(&config, number, time, &none), &parent,
                                parent_time, !orr_hash_equal(ommers, no_ommers), number, time);
        ck_assert_msg(orr_u256_equal(got, expected), "%s: %s", name, key);
    }
    ck_assert_uint_gt(json_object_size(file), 2);
    json_decref(file);
}

START_TEST(difficulties_follow_the_published_forks) {
    check_difficulties(FOLDER "difficulty.json", main_network, 3);
    check_difficulties(FOLDER "difficultyMainNetwork.json", main_network, 3);
    check_difficulties(FOLDER "difficultyCustomMainNetwork.json", main_network, 3);
    check_difficulties(FOLDER "difficultyRopsten.json", ropsten, 3);
    check_difficulties(FOLDER "difficultyCustomHomestead.json", homestead, 1);
}
END_TEST

START_TEST(the_main_networks_genesis_block_decodes_to_its_published_hash) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    json_t *file = orr_vector_load(FOLDER "genesishashestest.json");
    struct orr_buffer bytes;
    struct orr_hash hash, root;
    struct orr_block block;
    ck_assert_int_eq(orr_json_bytes(json_object_get(file, "genesis_rlp_hex"), &bytes), 0);
    ck_assert_int_eq(orr_json_hash(json_object_get(file, "genesis_hash"), &hash), 0);
    ck_assert_int_eq(orr_json_hash(json_object_get(file, "genesis_state_root"), &root), 0);
    ck_assert_int_eq(orr_block_decode(&heap.mem, bytes.bytes, bytes.len, &block), 0);
    ck_assert_mem_eq(block.hash.bytes, hash.bytes, 32);
    ck_assert_mem_eq(block.header.state_root.bytes, root.bytes, 32);
    ck_assert_uint_eq(block.header.gas_limit, 5000);
    orr_block_free(&heap.mem, &block);
    ck_assert_uint_eq(heap.used_bytes, 0);
    free(bytes.bytes);
    json_decref(file);
}
END_TEST

START_TEST(signed_transactions_encode_to_their_published_bytes) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    json_t *file = orr_vector_load(FOLDER "txtest.json"), *test;
    size_t i;
    json_array_foreach(file, i, test) {
        struct orr_buffer bytes;
        struct orr_tx tx;
        uint64_t nonce;
        ck_assert_int_eq(orr_json_bytes(json_object_get(test, "signed"), &bytes), 0);
        ck_assert_int_eq(orr_tx_decode(&heap.mem, bytes.bytes, bytes.len, &tx), 0);
        ck_assert_int_eq(orr_json_u64(json_object_get(test, "nonce"), &nonce), 0);
        ck_assert_uint_eq(tx.nonce, nonce);
        struct orr_rlp_writer w = {.mem = &heap.mem};
        orr_tx_encode(&tx, &w);
        ck_assert_uint_eq(w.len, bytes.len);
        ck_assert_mem_eq(w.bytes, bytes.bytes, w.len);
        orr_rlp_free(&w);
        orr_tx_free(&heap.mem, &tx);
        free(bytes.bytes);
    }
    ck_assert_uint_ge(json_array_size(file), 2);
    json_decref(file);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

int main(void) {
    orr_vectors_need(FOLDER);
    const TTest *tests[] = {difficulties_follow_the_published_forks,
                            the_main_networks_genesis_block_decodes_to_its_published_hash,
                            signed_transactions_encode_to_their_published_bytes};
    return orr_test_run("vectors.basic", tests, 3);
}
