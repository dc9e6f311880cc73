/* state_test.c - one transaction on one state, for each fork and each mix of data, gas and
 * value: the post-state root and the hash of the logs must come out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/vm/receipt.h"
#include "sim/cli/vm/dump.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/fixture_tx.h"
#include "sim/base/json.h"
#include "sim/cli/vm/test.h"
#include "sim/cli/vm/trace.h"
#include "sim/genesis/alloc.h"

/* State tests know no chain: the hash of block n is that of its number in decimal. */
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx;
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    *hash = orr_keccak256(text, (size_t)len);
}

/* The name of the field that is absent or malformed, or NULL. */
static const char *read_env(const json_t *test, const char *fork_name, enum orr_evm_fork fork,
                            struct orr_evm_block_env *env) {
    const json_t *in = json_object_get(test, "env"), *config = json_object_get(test, "config");
    uint64_t excess = 0;
    *env = (struct orr_evm_block_env){
        .fork = fork, .chain_id = orr_u256_from_u64(1), .hashes = {NULL, block_hash}};
    const json_t *chain_id = json_object_get(config, "chainid");
    const char *random = fork >= ORR_FORK_PARIS ? "currentRandom" : "currentDifficulty";
    const json_t *base_fee = json_object_get(in, "currentBaseFee");
    const json_t *excess_in = json_object_get(in, "currentExcessBlobGas");
    if (chain_id && orr_json_u256(chain_id, &env->chain_id)) return "config.chainid";
    if (!json_is_object(in)) return "env";
    if (orr_json_address(json_object_get(in, "currentCoinbase"), &env->coinbase))
        return "env.currentCoinbase";
    if (orr_json_u64(json_object_get(in, "currentGasLimit"), &env->gas_limit))
        return "env.currentGasLimit";
    if (orr_json_u64(json_object_get(in, "currentNumber"), &env->number))
        return "env.currentNumber";
    if (orr_json_u64(json_object_get(in, "currentTimestamp"), &env->timestamp))
        return "env.currentTimestamp";
    if (json_object_get(in, random) && orr_json_u256(json_object_get(in, random), &env->prevrandao))
        return fork >= ORR_FORK_PARIS ? "env.currentRandom" : "env.currentDifficulty";
    if (fork >= ORR_FORK_LONDON && base_fee && orr_json_u256(base_fee, &env->base_fee))
        return "env.currentBaseFee";
    if (excess_in && orr_json_u64(excess_in, &excess)) return "env.currentExcessBlobGas";
    env->blobs = orr_fixture_blobs(config, fork_name, fork);
    if (fork >= ORR_FORK_CANCUN)
        env->blob_base_fee = orr_fixture_blob_fee(excess, env->blobs.update_fraction);
    return NULL;
}

/* One fork of a test. */
struct group {
    struct orr_vm_tester *t;
    const char *name, *fork_name;
    const json_t *test;
    struct orr_evm_block_env env;
    struct orr_evm_state *base;
};

/* What one case came to. */
struct outcome {
    enum orr_evm_tx_error error;
    struct orr_hash root, logs;
    const char *fault;    /* with the test itself; NULL: none */
    char difference[240]; /* where the state is not what the test spells out; may be empty */
};

static enum orr_evm_tx_error run_tx(struct group *g, struct orr_evm_state *state,
                                    const struct orr_fixture_tx *in, const char **fault) {
    struct orr_vm_tester *t = g->t;
    const struct orr_evm_block_env *env = &g->env;
    struct orr_address sender = in->sender;
    enum orr_evm_tx_error error = in->refused;
    if (!error) error = orr_evm_tx_check(&in->tx, env->fork, env->blobs.max);
    if (!error && in->is_signed) {
        error = orr_evm_tx_sender(t->mem, &in->tx, env->fork, &env->chain_id, &sender);
        if (!error && in->has_sender && !orr_address_equal(in->sender, sender))
            *fault = "another sender is recovered than the test names";
    }
    struct orr_evm_tx_outcome outcome;
    struct orr_vm_trace trace;
    if (t->options->trace) {
        orr_vm_trace_init(&trace, stderr, *t->options->trace);
        orr_evm_executor_trace(t->executor, &trace.tracer);
    }
    if (!error)
        error = orr_evm_execute_tx(t->executor, state, env, &in->tx, &sender, env->gas_limit,
                                   env->blobs.max, &outcome);
    if (t->options->trace) {
        orr_evm_executor_trace(t->executor, NULL);
        orr_vm_trace_free(&trace);
    }
    return error;
}

static struct outcome run_case(struct group *g, const struct orr_fixture_tx *in,
                               const json_t *post) {
    struct orr_vm_tester *t = g->t;
    struct orr_evm_state *state = orr_evm_state_fork(g->base);
    struct outcome out = {.fault = NULL};
    struct orr_hash expected;
    out.error = run_tx(g, state, in, &out.fault);
    struct orr_rlp_writer w = {.mem = t->mem};
    orr_evm_logs_write(state, &w);
    out.logs = orr_keccak256(w.bytes, w.len);
    orr_rlp_free(&w);
    /* The suites' blocks pay a reward of 0, which touches the coinbase. */
    orr_evm_state_begin_tx(state);
    orr_evm_state_touch(state, &g->env.coinbase);
    orr_evm_state_end_tx(state, g->env.fork);
    out.root = orr_evm_state_root(state);
    const json_t *accounts = json_object_get(post, "state");
    bool is_wrong = !orr_json_hash(json_object_get(post, "hash"), &expected) &&
                    !orr_hash_equal(expected, out.root);
    if (is_wrong && json_is_object(accounts))
        orr_vm_dump_difference(state, json_object_get(g->test, "pre"), accounts, out.difference);
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

/* Why a case fails; empty when it passes.  The first thing that is wrong is what is told. */
static void find_fault(const struct group *g, const json_t *post, const struct outcome *out,
                       struct orr_hash roots[4], char reason[320]) {
    const char *expected = json_string_value(json_object_get(post, "expectException"));
    reason[0] = 0;
    if (orr_json_hash(json_object_get(post, "hash"), &roots[0]))
        snprintf(reason, 320, "the test names no root: hash is absent or malformed");
    else if (orr_json_hash(json_object_get(post, "logs"), &roots[2]))
        snprintf(reason, 320, "the test names no logs hash: logs is absent or malformed");
    else if (out->fault)
        snprintf(reason, 320, "%s", out->fault);
    else if (out->error && !expected)
        snprintf(reason, 320, "refused: %s", orr_evm_tx_error_text(out->error));
    else if (!out->error && expected)
        snprintf(reason, 320, "accepted, but expected %.100s", expected);
    else if (expected && g->t->options->wants_reasons && !is_expected_error(out->error, expected))
        snprintf(reason, 320, "refused for %s, expected %.100s", orr_evm_tx_error_name(out->error),
                 expected);
    else if (!orr_hash_equal(roots[0], roots[1]) && out->difference[0])
        snprintf(reason, 320, "another state root: %s", out->difference);
    else if (!orr_hash_equal(roots[0], roots[1]))
        snprintf(reason, 320, "another state root");
    else if (!orr_hash_equal(roots[2], roots[3]))
        snprintf(reason, 320, "other logs");
}

static void judge(struct group *g, const char *label, const json_t *post,
                  const struct outcome *out) {
    struct orr_vm_tester *t = g->t;
    struct orr_hash roots[4] = {{{0}}, out->root, {{0}}, out->logs};
    char reason[320], hex[65];
    find_fault(g, post, out, roots, reason);
    if (reason[0])
        orr_vm_report_add(&t->report->failed, t->file, label, g->fork_name, reason, roots);
    else
        t->report->n_passed++;
    if (t->options->lists)
        orr_vm_report_add(&t->report->listed, t->file, g->name, g->fork_name, reason, roots);
    if (!t->options->lists && !t->options->trace) return;
    orr_hex_encode(hex, out->root.bytes, sizeof out->root.bytes);
    fprintf(stderr, "{\"stateRoot\": \"0x%s\"}\n", hex);
}

static void run_post(struct group *g, const json_t *post) {
    struct orr_vm_tester *t = g->t;
    const json_t *indexes = json_object_get(post, "indexes");
    char label[512];
    snprintf(label, sizeof label, "%.400s/d%dg%dv%d", g->name,
             (int)json_integer_value(json_object_get(indexes, "data")),
             (int)json_integer_value(json_object_get(indexes, "gas")),
             (int)json_integer_value(json_object_get(indexes, "value")));
    struct orr_fixture_tx in;
    const char *why;
    int error = orr_fixture_tx_read(t->mem, json_object_get(g->test, "transaction"), post,
                                    &g->env.chain_id, &in, &why);
    if (error == ORR_ENOTFOUND) {
        orr_vm_report_add(&t->report->not_run, t->file, label, g->fork_name,
                          "neither txbytes nor a transaction with a sender", NULL);
    } else if (error) {
        char reason[96];
        snprintf(reason, sizeof reason, "%s is malformed", why);
        orr_vm_report_add(&t->report->bad, t->file, label, g->fork_name, reason, NULL);
    } else {
        struct outcome out = run_case(g, &in, post);
        judge(g, label, post, &out);
        orr_fixture_tx_free(t->mem, &in);
    }
}

/* All cases of one fork. */
static void run_fork(struct group *g, const json_t *posts) {
    struct orr_vm_tester *t = g->t;
    enum orr_evm_fork fork;
    if (orr_fixture_fork(g->fork_name, &fork)) {
        orr_vm_report_add(&t->report->not_run, t->file, g->name, g->fork_name, "unknown fork",
                          NULL);
        return;
    }
    const char *bad = read_env(g->test, g->fork_name, fork, &g->env);
    if (!bad && !json_is_array(posts)) bad = "post";
    if (bad) {
        char reason[64];
        snprintf(reason, sizeof reason, "%s is malformed", bad);
        orr_vm_report_add(&t->report->bad, t->file, g->name, g->fork_name, reason, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(posts); i++) run_post(g, json_array_get(posts, i));
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
    if (orr_genesis_state(pre, base, why)) {
        char reason[sizeof why + 8];
        snprintf(reason, sizeof reason, "pre: %s", why);
        orr_vm_report_add(&t->report->bad, t->file, name, "", reason, NULL);
    } else {
        json_object_foreach((json_t *)post, fork, posts) {
            if (t->options->only_fork && strcmp(t->options->only_fork, fork)) continue;
            run_fork(
                &(struct group){
                    .t = t, .name = name, .fork_name = fork, .test = test, .base = base},
                posts);
        }
    }
    orr_evm_state_destroy(base);
    orr_evm_store_destroy(store);
}
