/* State tests through the step machine: all steps of a transaction come to the root and the logs
 * that the test names, and some of the steps prove and verify. */
#include <dirent.h>
#include <string.h>

#include "models/rollup/step_machine.h"
#include "models/vm/transaction.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/fixture_tx.h"
#include "tests/vectors/vectors.h"
#include "sim/genesis/alloc.h"

#define FOLDER "evm/ethereum-tests/GeneralStateTests"

static struct orr_heap heap;
static struct orr_evm_executor *executor;
static unsigned n_cases, n_steps;

static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx;
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    *hash = orr_keccak256(text, (size_t)len);
}

static bool read_env(const json_t *test, const char *fork_name, enum orr_evm_fork fork,
                     struct orr_evm_block_env *env) {
    const json_t *in = json_object_get(test, "env"), *config = json_object_get(test, "config");
    const json_t *chain = json_object_get(config, "chainid");
    uint64_t excess = 0;
    *env = (struct orr_evm_block_env){.fork = fork, .chain_id = orr_u256_from_u64(1),
                                      .hashes = {NULL, block_hash}};
    if (chain && orr_json_u256(chain, &env->chain_id)) return false;
    const json_t *excess_in = json_object_get(in, "currentExcessBlobGas");
    if (excess_in && orr_json_u64(excess_in, &excess)) return false;
    env->blobs = orr_fixture_blobs(config, fork_name, fork);
    if (fork >= ORR_FORK_CANCUN)
        env->blob_base_fee = orr_fixture_blob_fee(excess, env->blobs.update_fraction);
    return !orr_json_address(json_object_get(in, "currentCoinbase"), &env->coinbase) &&
           !orr_json_u64(json_object_get(in, "currentGasLimit"), &env->gas_limit) &&
           !orr_json_u64(json_object_get(in, "currentNumber"), &env->number) &&
           !orr_json_u64(json_object_get(in, "currentTimestamp"), &env->timestamp) &&
           !orr_json_u256(json_object_get(in, "currentRandom"), &env->prevrandao) &&
           !orr_json_u256(json_object_get(in, "currentBaseFee"), &env->base_fee);
}

/* A machine before the one transaction of a block of Ethereum. */
static struct orr_stepper *make(struct orr_evm_state *state, const struct orr_evm_block_env *env,
                                const struct orr_evm_tx *tx) {
    struct orr_stepper *m = orr_step_alloc(&heap.mem);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    m->executor = executor;
    m->state = state;
    m->store = orr_evm_state_store(state);
    orr_step_note_zeros(m);
    m->rules = orr_evm_chain_fork(env->fork);
    m->rules.blobs = env->blobs;
    m->config = (struct orr_evm_chain_config){.chain_id = env->chain_id, .forks = &m->rules,
                                              .n_forks = 1, .dao_number = UINT64_MAX};
    m->header = (struct orr_evm_header){.n_fields = orr_evm_header_fields_of(env->fork)};
    orr_evm_tx_encode(tx, &w);
    struct orr_hash hash = orr_preimage_put(&m->preimages, w.bytes, w.len);
    orr_rlp_free(&w);
    m->n_txs = 1;
    m->tx_list = orr_preimage_put(&m->preimages, hash.bytes, sizeof hash.bytes);
    m->run.executor = executor;
    m->run.state = state;
    m->run.config = &m->config;
    m->run.rules = &m->rules;
    m->run.header = &m->header;
    orr_evm_block_run_prepare(&m->run);
    m->run.env = *env;
    m->phase = ORR_STEP_TX_BEGINS;
    executor->vm->depth = -1;
    return m;
}

/* The hash of the receipt's logs. */
static struct orr_hash logs_hash(struct orr_stepper *m) {
    size_t len = 0;
    static const uint8_t none[] = {0xc0};
    struct orr_step_chain chain = m->receipts;
    const uint8_t *receipt = orr_step_chain_pop(&m->preimages, &chain, &len);
    if (!receipt) return orr_keccak256(none, sizeof none);
    size_t type = receipt[0] < 0x80;
    struct orr_rlp_reader r = orr_rlp_reader(receipt + type, len - type);
    struct orr_rlp_reader list = orr_rlp_read_list(&r);
    for (int i = 0; i < 3; i++) orr_rlp_read(&list);
    struct orr_rlp_item logs = orr_rlp_read(&list);
    ck_assert(logs.is_list && orr_rlp_done(&list));
    return orr_keccak256(logs.encoding, logs.encoding_len);
}

static void run_case(const char *name, struct orr_evm_state *base,
                     const struct orr_evm_block_env *env, const struct orr_fixture_tx *in,
                     const json_t *post) {
    struct orr_evm_state *state = orr_evm_state_fork(base);
    struct orr_hash root, logs, wanted;
    struct orr_stepper *m = make(state, env, &in->tx);
    while (m->phase != ORR_STEP_BLOCK_ENDS && m->phase != ORR_STEP_INVALID)
        ck_assert_int_eq(orr_step_next(m), 0);
    n_steps += (unsigned)orr_step_n(m);
    ck_assert_msg((m->phase == ORR_STEP_INVALID) ==
                      (json_object_get(post, "expectException") != NULL), "%s", name);
    logs = logs_hash(m);
    orr_step_destroy(m);
    orr_evm_state_begin_tx(state); /* the suites' blocks pay a reward of 0 */
    orr_evm_state_touch(state, &env->coinbase);
    orr_evm_state_end_tx(state, env->fork);
    root = orr_evm_state_root(state);
    ck_assert(!orr_json_hash(json_object_get(post, "hash"), &wanted));
    ck_assert_msg(orr_hash_equal(root, wanted), "%s: another root", name);
    ck_assert(!orr_json_hash(json_object_get(post, "logs"), &wanted));
    ck_assert_msg(orr_hash_equal(logs, wanted), "%s: other logs", name);
    orr_evm_state_destroy(state);
    n_cases++;
}

static void run_posts(const char *name, const json_t *test, const char *fork_name,
                      enum orr_evm_fork fork) {
    const json_t *posts = json_object_get(json_object_get(test, "post"), fork_name), *post;
    struct orr_evm_block_env env;
    size_t i;
    char why[128];
    if (!posts || !read_env(test, fork_name, fork, &env)) return;
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_evm_state *base = orr_evm_state_create(store);
    ck_assert(!orr_genesis_state(json_object_get(test, "pre"), base, why));
    json_array_foreach(posts, i, post) {
        struct orr_fixture_tx in;
        const char *bad;
        if (orr_fixture_tx_read(&heap.mem, json_object_get(test, "transaction"), post,
                                &env.chain_id, &in, &bad))
            continue;
        /* what has no signature has no bytes that a block could hold */
        if (!in.refused && in.is_signed) run_case(name, base, &env, &in, post);
        orr_fixture_tx_free(&heap.mem, &in);
    }
    orr_evm_state_destroy(base);
    orr_evm_store_destroy(store);
}

static void run_folder(const char *folder) {
    char path[512];
    snprintf(path, sizeof path, FOLDER "/%s", folder);
    if (!orr_vector_is_there(path)) return;
    DIR *dir = opendir(orr_vector_path(path));
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strstr(e->d_name, ".json")) continue;
        const char *name;
        json_t *test;
        snprintf(path, sizeof path, FOLDER "/%.100s/%.250s", folder, e->d_name);
        json_t *file = orr_vector_load(path);
        json_object_foreach(file, name, test) {
            run_posts(name, test, "Cancun", ORR_FORK_CANCUN);
            run_posts(name, test, "Prague", ORR_FORK_PRAGUE);
        }
        json_decref(file);
    }
    closedir(dir);
}

START_TEST(all_steps_of_a_transaction_come_to_the_tests_root) {
    static const char *const folders[] = {
        "stSStoreTest", "stRevertTest", "stCreate2", "stCreateTest", "stCallCodes",
        "stReturnDataTest", "stRefundTest", "stLogTests", "stSystemOperationsTest",
        "stExtCodeHash", "stEIP1559", "stEIP2930", "stSelfBalance", "stCodeCopyTest",
        "stStackTests", "stInitCodeTest", "stCodeSizeLimit", "stTransactionTest",
        "stZeroCallsTest", "stNonZeroCallsTest", "stSLoadTest", "stPreCompiledContracts2"};
    orr_heap_init(&heap);
    executor = orr_evm_executor_create(&heap.mem);
    size_t n_folders = sizeof folders / sizeof folders[0];
    for (size_t i = 0; i < (ORR_VECTORS_BOUNDED ? 3 : n_folders); i++) run_folder(folders[i]);
    orr_evm_executor_destroy(executor);
    ck_assert_uint_eq(heap.used_bytes, 0);
    printf("%u cases in %u steps\n", n_cases, n_steps);
    if (orr_vector_is_there(FOLDER "/stSStoreTest"))
        ck_assert_uint_ge(n_cases, ORR_VECTORS_BOUNDED ? 300 : 2000);
}
END_TEST

ORR_TEST_MAIN("step_state", all_steps_of_a_transaction_come_to_the_tests_root)
