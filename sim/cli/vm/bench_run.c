/* The programs of `orrery vm bench` that are calls: public ones from state-test files, and our own.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/contracts/contracts.h"
#include "models/vm/host.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/asm.h"
#include "sim/cli/vm/bench.h"
#include "sim/cli/vm/fixture.h"
#include "sim/base/json.h"
#include "sim/genesis/alloc.h"

#define GAS 1000000000 /* as the public programs have it */

/* A world with a machine, and the call that is measured. */
struct stage {
    struct orr_heap heap;
    struct orr_evm_store *store;
    struct orr_evm_state *state;
    struct orr_evm_state_host host;
    struct orr_evm *vm;
    struct orr_evm_message msg;
    const struct orr_evm_code *code;
    struct orr_evm_result result;
};

static void stage_open(struct stage *s, enum orr_evm_fork fork) {
    *s = (struct stage){.msg = {.kind = ORR_CALL, .sender = {{[19] = 0xaa}}}};
    orr_heap_init(&s->heap);
    s->store = orr_evm_store_create(&s->heap.mem);
    s->state = orr_evm_state_create(s->store);
    s->vm = orr_evm_create(&s->heap.mem);
    s->host.mem = &s->heap.mem;
    s->host.state = s->state;
    s->host.fork = fork;
    s->host.tx = (struct orr_evm_tx_context){
        .gas_limit = GAS, .number = 1, .origin = s->msg.sender, .chain_id = orr_u256_from_u64(1)};
    orr_evm_host_init(&s->host);
}

static void stage_close(struct stage *s) {
    orr_evm_state_end_tx(s->state, s->host.fork);
    orr_evm_host_end(&s->host);
    orr_evm_destroy(s->vm);
    orr_evm_state_destroy(s->state);
    orr_evm_store_destroy(s->store);
}

/* Points the message at an account's code. */
static bool stage_aim(struct stage *s, const struct orr_address *to, const uint8_t *input,
                      size_t len) {
    struct orr_evm_stored_code *code = orr_evm_state_code(s->state, to);
    s->msg.recipient = s->msg.code_address = *to;
    s->msg.input = input;
    s->msg.input_len = len;
    s->msg.gas = GAS;
    if (code) s->code = orr_evm_code_analysis(s->store, code, s->host.fork);
    return code != NULL;
}

/* The call, without undoing it. */
static bool stage_call(struct stage *s) {
    orr_evm_execute(s->vm, &s->host.table, s->host.fork, &s->msg, s->code, &s->result);
    return s->result.status == ORR_EVM_SUCCESS;
}

static void measured(void *ctx) {
    struct stage *s = ctx;
    uint64_t mark = orr_evm_state_snapshot(s->state);
    stage_call(s);
    orr_evm_state_revert(s->state, mark);
}

static void stage_measure(struct stage *s, struct orr_vm_bench *bench, const char *name) {
    measured(s);
    if (s->result.status != ORR_EVM_SUCCESS) {
        orr_vm_bench_fail(bench, name, orr_evm_status_text(s->result.status));
        return;
    }
    int64_t gas = s->msg.gas - s->result.gas_left;
    orr_vm_bench_row(bench, name, orr_vm_bench_time(bench, measured, s), gas);
}

/* ---- the public programs ---- */

static void bench_case(struct orr_vm_bench *bench, const char *name, const json_t *test) {
    const json_t *tx = json_object_get(test, "transaction"), *data = json_object_get(tx, "data");
    json_t *labels = json_object_get(json_object_get(test, "_info"), "labels");
    enum orr_evm_fork fork = ORR_FORK_LONDON;
    const char *fork_name = json_object_iter_key(json_object_iter(json_object_get(test, "post")));
    struct orr_address to;
    if ((fork_name && orr_fixture_fork(fork_name, &fork)) ||
        orr_json_address(json_object_get(tx, "to"), &to)) {
        orr_vm_bench_fail(bench, name, "its fork or its transaction cannot be read");
        return;
    }
    for (size_t i = 0; i < json_array_size(data); i++) {
        char full[512], index[24], why[128];
        snprintf(index, sizeof index, "%zu", i);
        const char *label = json_string_value(json_object_get(labels, index));
        snprintf(full, sizeof full, "%s/%s", name, label ? label : index);
        if (!orr_vm_bench_wants(bench, full)) continue;
        struct stage s;
        struct orr_buffer input = {NULL, 0};
        stage_open(&s, fork);
        int failed = orr_genesis_state(json_object_get(test, "pre"), s.state, why);
        orr_evm_state_begin_tx(s.state);
        if (failed || orr_json_bytes(json_array_get(data, i), &input) ||
            !stage_aim(&s, &to, input.bytes, input.len))
            orr_vm_bench_fail(bench, full, "its state or its input cannot be read");
        else
            stage_measure(&s, bench, full);
        stage_close(&s);
        free(input.bytes);
    }
}

static void bench_file(struct orr_vm_bench *bench, const char *path, const char *folder) {
    json_error_t error;
    json_t *file = json_load_file(path, 0, &error), *test;
    const char *key;
    if (!file) {
        orr_vm_bench_fail(bench, path, error.text);
        return;
    }
    json_object_foreach(file, key, test) {
        char name[300];
        snprintf(name, sizeof name, "%s/%.200s", folder, key);
        bench_case(bench, name, test);
    }
    json_decref(file);
}

static int is_json(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return len > 5 && !strcmp(entry->d_name + len - 5, ".json");
}

int orr_vm_bench_public(struct orr_vm_bench *bench) {
    static const char *const folders[] = {"main", "micro"};
    const char *vectors = getenv("ORRERY_VECTORS");
    int n_found = 0;
    for (int k = 0; k < 2; k++) {
        char folder[2048], path[4096];
        struct dirent **entries;
        snprintf(folder, sizeof folder, "%s/evm-bench/%s", vectors ? vectors : "../shared/vectors",
                 folders[k]);
        int n = scandir(folder, &entries, is_json, alphasort);
        for (int i = 0; i < n; i++) {
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            bench_file(bench, path, folders[k]);
            free(entries[i]);
            n_found++;
        }
        if (n >= 0) free(entries);
    }
    return n_found ? 0 : ORR_ENOTFOUND;
}

/* ---- our own programs ---- */

static const struct orr_address contract_at = {{[18] = 1, [19] = 0xcc}};
static const struct orr_address token_at[2] = {{{[18] = 1, [19] = 0xd0}},
                                               {{[18] = 1, [19] = 0xd1}}};

/* selector and words, for at most four words; returns the length. */
static size_t encode_call(uint8_t *to, unsigned selector, int n, const struct orr_u256 *words) {
    orr_store_be32(to, selector);
    for (int i = 0; i < n; i++) orr_u256_store_be(to + 4 + 32 * i, words[i]);
    return 4 + 32 * (size_t)n;
}

/* Functions of the contract Workload, on its compiled code. */
static void bench_workload(struct orr_vm_bench *bench) {
    static const struct {
        const char *name;
        unsigned selector;
        uint64_t argument;
    } programs[] = {
        {"own/sha1/4096", ORR_WORKLOAD_SHA1, 4096},
        {"own/blake2b/64", ORR_WORKLOAD_BLAKE2B, 64},
        {"own/keccak_chain/1000", ORR_WORKLOAD_KECCAK_CHAIN, 1000},
        {"own/ec_multiply/256", ORR_WORKLOAD_EC_MULTIPLY, UINT64_MAX},
        {"own/sort/200", ORR_WORKLOAD_SORT, 200},
    };
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (!orr_vm_bench_wants(bench, programs[i].name)) continue;
        uint8_t input[36];
        struct orr_u256 argument = orr_u256_from_u64(programs[i].argument);
        struct stage s;
        stage_open(&s, ORR_FORK_CANCUN);
        orr_evm_state_begin_tx(s.state);
        orr_evm_state_set_code(s.state, &contract_at, orr_evm_contract_workload.runtime,
                               orr_evm_contract_workload.runtime_len);
        stage_aim(&s, &contract_at, input, encode_call(input, programs[i].selector, 1, &argument));
        stage_measure(&s, bench, programs[i].name);
        stage_close(&s);
    }
}

/* Assembly of our own. */
static void bench_assembly(struct orr_vm_bench *bench) {
    static const struct {
        const char *name, *text;
    } programs[] = {
        {"own/jump_loop/100000", "PUSH 100000  top:  PUSH 1 SWAP1 SUB  DUP1 PUSH top JUMPI  STOP"},
        {"own/jump_table/100000", /* a computed jump to one of two places in each turn */
         "PUSH 100000  top:  PUSH even DUP2 PUSH 1 AND PUSH 3 MUL ADD JUMP"
         "  even: JUMPDEST JUMPDEST odd: PUSH 1 SWAP1 SUB DUP1 PUSH top JUMPI STOP"},
        {"own/memory_growth/8192", /* a word at a time */
         "PUSH 0  top:  DUP1 DUP1 MSTORE  PUSH 32 ADD  DUP1 PUSH 262144 GT PUSH top JUMPI  STOP"},
    };
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (!orr_vm_bench_wants(bench, programs[i].name)) continue;
        struct orr_asm_error error;
        uint8_t *code;
        size_t len;
        if (orr_asm_assemble(programs[i].text, strlen(programs[i].text), &code, &len, &error)) {
            orr_vm_bench_fail(bench, programs[i].name, error.text);
            continue;
        }
        struct stage s;
        stage_open(&s, ORR_FORK_CANCUN);
        orr_evm_state_begin_tx(s.state);
        orr_evm_state_set_code(s.state, &contract_at, code, len);
        stage_aim(&s, &contract_at, NULL, 0);
        stage_measure(&s, bench, programs[i].name);
        stage_close(&s);
        free(code);
    }
}

/* Calls a function of an account as the sender; whether it succeeded. */
static bool call(struct stage *s, const struct orr_address *to, unsigned selector, int n,
                 const struct orr_u256 *words) {
    uint8_t input[4 + 4 * 32];
    return stage_aim(s, to, input, encode_call(input, selector, n, words)) && stage_call(s);
}

/* Runs creation code with its arguments and puts what it returns at an address. */
static bool deploy(struct stage *s, const struct orr_evm_contract *contract,
                   const struct orr_address *at, int n, const struct orr_u256 *words) {
    size_t len = contract->creation_len + 32 * (size_t)n;
    uint8_t *initcode = orr_xrealloc(NULL, len);
    memcpy(initcode, contract->creation, contract->creation_len);
    for (int i = 0; i < n; i++)
        orr_u256_store_be(initcode + contract->creation_len + 32 * i, words[i]);
    struct orr_evm_message msg = {.kind = ORR_CREATE,
                                  .gas = GAS,
                                  .recipient = *at,
                                  .sender = s->msg.sender,
                                  .input = initcode,
                                  .input_len = len};
    struct orr_evm_result result;
    orr_evm_execute(s->vm, &s->host.table, s->host.fork, &msg, NULL, &result);
    bool good = result.status == ORR_EVM_SUCCESS;
    if (good) orr_evm_state_set_code(s->state, at, result.output, result.output_len);
    free(initcode);
    return good;
}

/* Two tokens, an exchange with a million of each. */
static bool deploy_market(struct stage *s) {
    const struct orr_u256 supply = orr_u256_from_u64(1000000000), half = orr_u256_from_u64(1000000);
    const struct orr_u256 tokens[2] = {orr_u256_from_address(token_at[0]),
                                       orr_u256_from_address(token_at[1])};
    const struct orr_u256 approval[2] = {orr_u256_from_address(contract_at), supply};
    bool good = deploy(s, &orr_evm_contract_exchange, &contract_at, 2, tokens);
    for (int i = 0; i < 2 && good; i++)
        good = deploy(s, &orr_evm_contract_token, &token_at[i], 1, &supply) &&
               call(s, &token_at[i], ORR_TOKEN_APPROVE, 2, approval);
    return good && call(s, &contract_at, ORR_EXCHANGE_ADD_LIQUIDITY, 2,
                        (const struct orr_u256[]){half, half});
}

static void bench_market(struct orr_vm_bench *bench) {
    static const char *const names[] = {"own/erc20_transfer", "own/exchange_swap",
                                        "own/exchange_quote"};
    const struct orr_u256 words[3][3] = {
        {{{0xb0b}}, {{5}}},       /* transfer(to, value) */
        {{{1}}, {{1000}}, {{1}}}, /* swap(zeroForOne, paid, least) */
        {{{1}}, {{1000}}},        /* quote(zeroForOne, paid) */
    };
    static const unsigned selectors[] = {ORR_TOKEN_TRANSFER, ORR_EXCHANGE_SWAP, ORR_EXCHANGE_QUOTE};
    static const int n_words[] = {2, 3, 2};
    for (int i = 0; i < 3; i++) {
        if (!orr_vm_bench_wants(bench, names[i])) continue;
        struct stage s;
        uint8_t input[4 + 4 * 32];
        stage_open(&s, ORR_FORK_CANCUN);
        orr_evm_state_begin_tx(s.state);
        if (!deploy_market(&s)) {
            orr_vm_bench_fail(bench, names[i], "its contracts cannot be deployed");
        } else {
            orr_evm_state_end_tx(s.state, s.host.fork);
            orr_evm_state_begin_tx(s.state); /* slots are cold again, their values original */
            stage_aim(&s, i ? &contract_at : &token_at[0], input,
                      encode_call(input, selectors[i], n_words[i], words[i]));
            stage_measure(&s, bench, names[i]);
        }
        stage_close(&s);
    }
}

void orr_vm_bench_own(struct orr_vm_bench *bench) {
    bench_workload(bench);
    bench_market(bench);
    bench_assembly(bench);
}
