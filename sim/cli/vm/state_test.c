/* state_test.c - one transaction on one state, for each fork and each mix of data, gas and
 * value: the post-state root and the hash of the logs must come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/receipt.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/fixture_tx.h"
#include "sim/cli/vm/json.h"
#include "sim/cli/vm/test.h"

/* State tests know no chain: the hash of block n is that of its number in decimal. */
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx;
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    *hash = orr_keccak256(text, (size_t)len);
}

static int read_env(const json_t *test, const char *fork_name, enum orr_evm_fork fork,
                    struct orr_evm_block_env *env) {
    const json_t *in = json_object_get(test, "env"), *config = json_object_get(test, "config");
    uint64_t excess = 0;
    *env = (struct orr_evm_block_env){
        .fork = fork, .chain_id = orr_u256_from_u64(1), .hashes = {NULL, block_hash}};
    const json_t *chain_id = json_object_get(config, "chainid");
    if ((chain_id && orr_json_u256(chain_id, &env->chain_id)) ||
        orr_json_address(json_object_get(in, "currentCoinbase"), &env->coinbase) ||
        orr_json_u64(json_object_get(in, "currentGasLimit"), &env->gas_limit) ||
        orr_json_u64(json_object_get(in, "currentNumber"), &env->number) ||
        orr_json_u64(json_object_get(in, "currentTimestamp"), &env->timestamp))
        return ORR_EFORMAT;
    const char *random = fork >= ORR_FORK_PARIS ? "currentRandom" : "currentDifficulty";
    if (json_object_get(in, random) && orr_json_u256(json_object_get(in, random), &env->prevrandao))
        return ORR_EFORMAT;
    if (fork >= ORR_FORK_LONDON && json_object_get(in, "currentBaseFee") &&
        orr_json_u256(json_object_get(in, "currentBaseFee"), &env->base_fee))
        return ORR_EFORMAT;
    if (json_object_get(in, "currentExcessBlobGas") &&
        orr_json_u64(json_object_get(in, "currentExcessBlobGas"), &excess))
        return ORR_EFORMAT;
    env->blobs = orr_fixture_blobs(config, fork_name, fork);
    if (fork >= ORR_FORK_CANCUN)
        env->blob_base_fee = orr_fixture_blob_fee(excess, env->blobs.update_fraction);
    return 0;
}

/* What one case came to. */
struct outcome {
    enum orr_evm_tx_error error;
    struct orr_hash root, logs;
};

static enum orr_evm_tx_error run_tx(struct orr_vm_tester *t, struct orr_evm_state *state,
                                    const struct orr_evm_block_env *env,
                                    const struct orr_fixture_tx *in, const char **fault) {
    struct orr_address sender = in->sender;
    enum orr_evm_tx_error error = in->refused;
    if (!error) error = orr_evm_tx_check(&in->tx, env->fork, env->blobs.max);
    if (!error && in->is_signed) {
        error = orr_evm_tx_sender(t->mem, &in->tx, env->fork, &env->chain_id, &sender);
        if (!error && in->has_sender && !orr_address_equal(in->sender, sender))
            *fault = "another sender is recovered than the test names";
    }
    struct orr_evm_tx_outcome outcome;
    if (!error)
        error = orr_evm_execute_tx(t->executor, state, env, &in->tx, &sender, env->gas_limit,
                                   env->blobs.max, &outcome);
    return error;
}

static struct outcome run_case(struct orr_vm_tester *t, const struct orr_evm_state *base,
                               const struct orr_evm_block_env *env, const struct orr_fixture_tx *in,
                               const char **fault) {
    struct orr_evm_state *state = orr_evm_state_fork((struct orr_evm_state *)base);
    struct outcome out;
    out.error = run_tx(t, state, env, in, fault);
    struct orr_rlp_writer w = {.mem = t->mem};
    orr_evm_logs_write(state, &w);
    out.logs = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    /* The suites' blocks pay a reward of 0, which touches the coinbase. */
    orr_evm_state_begin_tx(state);
    orr_evm_state_touch(state, &env->coinbase);
    orr_evm_state_end_tx(state, env->fork);
    out.root = orr_evm_state_root(state);
    orr_evm_state_destroy(state);
    return out;
}

/* Whether one of the names is of a rule that is told apart here. */
static bool is_known(const char *names) {
    for (int i = 1; i < ORR_TX_N_ERRORS; i++)
        if (strstr(names, orr_evm_tx_error_name((enum orr_evm_tx_error)i))) return true;
    return strstr(names, "INVALID_AUTHORIZATION_FORMAT") != NULL;
}

/* Whether the rule that was broken is one of those named, "A|B".  Names without a dot are of older
 * suites; they, and names that are not known, only say that the transaction is refused. */
static bool is_expected_error(enum orr_evm_tx_error error, const char *names) {
    if (!strchr(names, '.') || !is_known(names)) return true;
    if (error == ORR_TX_TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED ||
        error == ORR_TX_TYPE_3_TX_BLOB_COUNT_EXCEEDED) /* one count, by two limits */
        return strstr(names, "BLOB_GAS_ALLOWANCE_EXCEEDED") || strstr(names, "BLOB_COUNT_EXCEEDED");
    if (error == ORR_TX_RLP_INVALID_VALUE && strstr(names, "INVALID_AUTHORIZATION_FORMAT"))
        return true;
    return strstr(names, orr_evm_tx_error_name(error)) != NULL;
}

static void judge(struct orr_vm_tester *t, const char *name, const char *fork, const json_t *post,
                  const struct outcome *out, const char *fault) {
    struct orr_hash roots[4] = {{{0}}, out->root, {{0}}, out->logs};
    char reason[200] = "";
    const char *expected = json_string_value(json_object_get(post, "expectException"));
    if (orr_json_hash(json_object_get(post, "hash"), &roots[0]) ||
        orr_json_hash(json_object_get(post, "logs"), &roots[2]))
        snprintf(reason, sizeof reason, "the test names no root or no logs hash");
    else if (fault)
        snprintf(reason, sizeof reason, "%s", fault);
    else if (out->error && !expected)
        snprintf(reason, sizeof reason, "refused: %s", orr_evm_tx_error_text(out->error));
    else if (!out->error && expected)
        snprintf(reason, sizeof reason, "accepted, but expected %.100s", expected);
    else if (expected && t->options->wants_reasons && !is_expected_error(out->error, expected))
        snprintf(reason, sizeof reason, "refused for %s, expected %.100s",
                 orr_evm_tx_error_name(out->error), expected);
    else if (!orr_hash_equal(roots[0], roots[1]))
        snprintf(reason, sizeof reason, "another state root");
    else if (!orr_hash_equal(roots[2], roots[3]))
        snprintf(reason, sizeof reason, "other logs");
    if (reason[0])
        orr_vm_report_add(&t->report->failed, t->file, name, fork, reason, roots);
    else
        t->report->n_passed++;
}

/* All cases of one fork. */
static void run_fork(struct orr_vm_tester *t, const char *name, const json_t *test,
                     const char *fork_name, const json_t *posts, struct orr_evm_state *base) {
    enum orr_evm_fork fork;
    struct orr_evm_block_env env;
    if (orr_fixture_fork(fork_name, &fork)) {
        orr_vm_report_add(&t->report->not_run, t->file, name, fork_name, "unknown fork", NULL);
        return;
    }
    if (read_env(test, fork_name, fork, &env)) {
        orr_vm_report_add(&t->report->bad, t->file, name, fork_name, "env is malformed", NULL);
        return;
    }
    if (!json_is_array(posts))
        orr_vm_report_add(&t->report->bad, t->file, name, fork_name, "post is malformed", NULL);
    const json_t *transaction = json_object_get(test, "transaction");
    for (size_t i = 0; i < json_array_size(posts); i++) {
        const json_t *post = json_array_get(posts, i), *indexes = json_object_get(post, "indexes");
        char label[512];
        snprintf(label, sizeof label, "%.400s/d%dg%dv%d", name,
                 (int)json_integer_value(json_object_get(indexes, "data")),
                 (int)json_integer_value(json_object_get(indexes, "gas")),
                 (int)json_integer_value(json_object_get(indexes, "value")));
        struct orr_fixture_tx in;
        const char *why, *fault = NULL;
        int error = orr_fixture_tx_read(t->mem, transaction, post, &env.chain_id, &in, &why);
        if (error == ORR_ENOTFOUND) {
            orr_vm_report_add(&t->report->not_run, t->file, label, fork_name,
                              "neither txbytes nor a transaction with a sender", NULL);
        } else if (error) {
            char reason[96];
            snprintf(reason, sizeof reason, "%s is malformed", why);
            orr_vm_report_add(&t->report->bad, t->file, label, fork_name, reason, NULL);
        } else {
            struct outcome out = run_case(t, base, &env, &in, &fault);
            judge(t, label, fork_name, post, &out, fault);
            orr_fixture_tx_free(t->mem, &in);
        }
    }
}

void orr_vm_state_test(struct orr_vm_tester *t, const char *name, const json_t *test) {
    const json_t *post = json_object_get(test, "post"), *pre = json_object_get(test, "pre");
    if (json_object_get(test, "txbytes") && json_object_get(test, "result")) {
        orr_vm_transaction_test(t, name, test);
        return;
    }
    if (!post) {
        orr_vm_report_add(&t->report->not_run, t->file, name, "", orr_fixture_told(test), NULL);
        return;
    }
    if (!json_is_object(post)) {
        orr_vm_report_add(&t->report->bad, t->file, name, "", "post is malformed", NULL);
        return;
    }
    struct orr_evm_store *store = orr_evm_store_create(t->mem);
    struct orr_evm_state *base = orr_evm_state_create(store);
    char why[128];
    const char *fork;
    json_t *posts;
    if (orr_fixture_state(pre, base, why)) {
        char reason[sizeof why + 8];
        snprintf(reason, sizeof reason, "pre: %s", why);
        orr_vm_report_add(&t->report->bad, t->file, name, "", reason, NULL);
    } else {
        json_object_foreach((json_t *)post, fork, posts) {
            if (t->options->only_fork && strcmp(t->options->only_fork, fork)) continue;
            run_fork(t, name, test, fork, posts, base);
        }
    }
    orr_evm_state_destroy(base);
    orr_evm_store_destroy(store);
}
