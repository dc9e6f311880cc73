/* ethereum/tests BasicTests: the main network's genesis block, difficulties, signed
 * transactions.  Every file of difficulties in the folder is run, and of the others what is there.
 */
#include "models/vm/block.h"

#include <dirent.h>

#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/vectors/vectors.h"

#define FOLDER "evm/ethereum-tests/BasicTests/"

/* The timetables that the files of difficulties are about, by a word in the file's name; the first
 * that fits counts. */
static const struct network {
    const char *word;
    struct orr_evm_chain_fork forks[4];
    size_t n_forks;
} networks[] = {
    {"Ropsten",
     {{.fork = ORR_FORK_HOMESTEAD},
      {.fork = ORR_FORK_BYZANTIUM, .from_number = 1700000, .bomb_delay = 3000000},
      {.fork = ORR_FORK_CONSTANTINOPLE, .from_number = 4230000, .bomb_delay = 5000000}},
     3},
    {"Frontier", {{.fork = ORR_FORK_FRONTIER}}, 1},
    {"Homestead", {{.fork = ORR_FORK_HOMESTEAD}}, 1},
    {"Byzantium", {{.fork = ORR_FORK_BYZANTIUM, .bomb_delay = 3000000}}, 1},
    {"Constantinople", {{.fork = ORR_FORK_CONSTANTINOPLE, .bomb_delay = 5000000}}, 1},
    {"EIP2384", {{.fork = ORR_FORK_ISTANBUL, .bomb_delay = 9000000}}, 1},
    {"", /* the main network, as far as the files go */
     {{.fork = ORR_FORK_FRONTIER},
      {.fork = ORR_FORK_HOMESTEAD, .from_number = 1150000},
      {.fork = ORR_FORK_BYZANTIUM, .from_number = 4370000, .bomb_delay = 3000000}},
     3},
};

static const struct network *network_of(const char *file) {
    const struct network *n = networks;
    while (!strstr(file, n->word)) n++;
    return n;
}

static void check_difficulties(const char *name) {
    const struct network *network = network_of(strstr(name, "difficulty"));
    const struct orr_evm_chain_config config = {.forks = network->forks,
                                                .n_forks = network->n_forks};
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
            orr_evm_next_difficulty(orr_evm_chain_fork_at(&config, number, time, &none), &parent,
                                    parent_time, !orr_hash_equal(ommers, no_ommers), number, time);
        ck_assert_msg(orr_u256_equal(got, expected), "%s: %s", name, key);
    }
    ck_assert_uint_gt(json_object_size(file), 0);
    json_decref(file);
}

START_TEST(difficulties_follow_the_published_forks) {
    DIR *dir = opendir(orr_vector_path(FOLDER));
    ck_assert_ptr_nonnull(dir);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[512];
        if (strncmp(entry->d_name, "difficulty", strlen("difficulty"))) continue;
        snprintf(name, sizeof name, FOLDER "%s", entry->d_name);
        check_difficulties(name);
        n++;
    }
    closedir(dir);
    printf("%zu files of difficulties\n", n);
}
END_TEST

START_TEST(the_main_networks_genesis_block_decodes_to_its_published_hash) {
    if (!orr_vector_is_there(FOLDER "genesishashestest.json")) return;
    struct orr_heap heap;
    orr_heap_init(&heap);
    json_t *file = orr_vector_load(FOLDER "genesishashestest.json");
    struct orr_buffer bytes;
    struct orr_hash hash, root;
    struct orr_evm_block block;
    ck_assert_int_eq(orr_json_bytes(json_object_get(file, "genesis_rlp_hex"), &bytes), 0);
    ck_assert_int_eq(orr_json_hash(json_object_get(file, "genesis_hash"), &hash), 0);
    ck_assert_int_eq(orr_json_hash(json_object_get(file, "genesis_state_root"), &root), 0);
    ck_assert_int_eq(orr_evm_block_decode(&heap.mem, bytes.bytes, bytes.len, &block), 0);
    ck_assert_mem_eq(block.hash.bytes, hash.bytes, 32);
    ck_assert_mem_eq(block.header.state_root.bytes, root.bytes, 32);
    ck_assert_uint_eq(block.header.gas_limit, 5000);
    orr_evm_block_free(&heap.mem, &block);
    ck_assert_uint_eq(heap.used_bytes, 0);
    free(bytes.bytes);
    json_decref(file);
}
END_TEST

START_TEST(signed_transactions_encode_to_their_published_bytes) {
    if (!orr_vector_is_there(FOLDER "txtest.json")) return;
    struct orr_heap heap;
    orr_heap_init(&heap);
    json_t *file = orr_vector_load(FOLDER "txtest.json"), *test;
    size_t i;
    json_array_foreach(file, i, test) {
        struct orr_buffer bytes;
        struct orr_evm_tx tx;
        uint64_t nonce;
        ck_assert_int_eq(orr_json_bytes(json_object_get(test, "signed"), &bytes), 0);
        ck_assert_int_eq(orr_evm_tx_decode(&heap.mem, bytes.bytes, bytes.len, &tx), 0);
        ck_assert_int_eq(orr_json_u64(json_object_get(test, "nonce"), &nonce), 0);
        ck_assert_uint_eq(tx.nonce, nonce);
        struct orr_rlp_writer w = {.mem = &heap.mem};
        orr_evm_tx_encode(&tx, &w);
        ck_assert_uint_eq(w.len, bytes.len);
        ck_assert_mem_eq(w.bytes, bytes.bytes, w.len);
        orr_rlp_free(&w);
        orr_evm_tx_free(&heap.mem, &tx);
        free(bytes.bytes);
    }
    ck_assert_uint_gt(json_array_size(file), 0);
    json_decref(file);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

int main(void) {
    orr_vectors_need(FOLDER);
    const TTest *tests[] = {difficulties_follow_the_published_forks,
                            the_main_networks_genesis_block_decodes_to_its_published_hash,
                            signed_transactions_encode_to_their_published_bytes};
    return orr_test_run("vectors.basic", tests, sizeof tests / sizeof tests[0]);
}
