/* orrery vm run: one message call or creation on a small state. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/vm/host.h"
#include "models/vm/u256.h"
#include "sim/base/diag.h"
#include "sim/base/memory.h"
#include "sim/cli/main.h"
#include "sim/cli/vm/code.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/fixture_tx.h"
#include "sim/cli/vm/trace.h"
#include "sim/genesis/alloc.h"

#define VERB "vm run"

int orr_vm_run_command(int argc, char **argv);

struct options {
    const char *code, *input, *gas, *fork_name, *state, *value, *sender, *address;
    const char *origin, *gas_price, *access_list;
    const char *number, *time, *slot, *coinbase, *base_fee, *blob_fee, *random, *chain_id;
    bool is_create, traces, json;
};

/* One run's objects. */
struct run {
    struct orr_heap heap;
    struct orr_evm_store *store;
    struct orr_evm_state *state;
    struct orr_evm_state_host host;
    struct orr_evm_message msg;
    enum orr_evm_fork fork;
    struct orr_buffer code, input;
    struct orr_evm_tx access; /* its access list alone is used */
};

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery vm run CODE|FILE [OPTION...]\n\n"
        "Runs code: hexadecimal digits, or a file of them or of assembly (orrery vm asm "
        "--help).\n\n"
        "  --input HEX      call data\n"
        "  --gas N          gas limit (10000000)\n"
        "  --fork NAME      rules, from frontier to osaka (prague); amsterdam is a draft\n"
        "  --value N        wei sent along; the sender gets what it lacks of it\n"
        "  --sender HEX     caller's address\n"
        "  --address HEX    the code's address\n"
        "  --state FILE     accounts before the call: a JSON object of address to balance, nonce,\n"
        "                   code, storage (what is absent is zero), or a file that has one as\n"
        "                   \"pre\" (a state test) or \"alloc\" (a genesis.json)\n"
        "The transaction and the block (0 where not given; numbers decimal or 0x...):\n"
        "  --origin HEX     ORIGIN (the sender)     --gas-price N   GASPRICE\n"
        "  --access-list A  warm from the start: JSON, or a file of it, as JSON-RPC writes it:\n"
        "                   [{\"address\": \"0x...\", \"storageKeys\": [\"0x...\"]}]\n"
        "  --number N       NUMBER                  --time N        TIMESTAMP, seconds\n"
        "  --coinbase HEX   COINBASE                --random N      PREVRANDAO or DIFFICULTY\n"
        "  --base-fee N     BASEFEE                 --blob-fee N    BLOBBASEFEE (1)\n"
        "  --chain-id N     CHAINID (1)             --slot N        SLOTNUM\n"
        "  --create         run the code as initcode of a new contract\n"
        "  --trace          print an EIP-3155 trace, one JSON object an instruction\n"
        "  --json           print the result as one JSON object\n\n"
        "Exit codes: 0 the code stopped or returned, 1 it reverted or failed, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

static int bad(const char *format, const char *value) {
    fputs("orrery " VERB ": ", stderr);
    fprintf(stderr, format, value);
    fputc('\n', stderr);
    return ORR_EFORMAT;
}

/* ---- reading the options ---- */

static int parse(int argc, char **argv, struct options *o) {
    const struct {
        const char *name;
        const char **value;
    } with_value[] = {
        {"--input", &o->input},         {"--gas", &o->gas},
        {"--fork", &o->fork_name},      {"--state", &o->state},
        {"--value", &o->value},         {"--sender", &o->sender},
        {"--address", &o->address},     {"--origin", &o->origin},
        {"--gas-price", &o->gas_price}, {"--access-list", &o->access_list},
        {"--number", &o->number},       {"--time", &o->time},
        {"--slot", &o->slot},           {"--coinbase", &o->coinbase},
        {"--base-fee", &o->base_fee},   {"--blob-fee", &o->blob_fee},
        {"--random", &o->random},       {"--chain-id", &o->chain_id},
    };
    for (int i = 1; i < argc; i++) {
        size_t k = 0, n = sizeof with_value / sizeof with_value[0];
        while (k < n && strcmp(argv[i], with_value[k].name)) k++;
        if (k < n) {
            if (++i == argc) return bad("%s needs a value", argv[i - 1]);
            *with_value[k].value = argv[i];
        } else if (!strcmp(argv[i], "--create")) {
            o->is_create = true;
        } else if (!strcmp(argv[i], "--trace")) {
            o->traces = true;
        } else if (!strcmp(argv[i], "--json")) {
            o->json = true;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return bad("no option '%s'", argv[i]);
        } else if (o->code) {
            return bad("one code at a time: '%s' is too many", argv[i]);
        } else {
            o->code = argv[i];
        }
    }
    return o->code ? 0 : bad("%s", "no code");
}

static int read_fork(const char *name, enum orr_evm_fork *fork) {
    static const char *const names[] = {
#define FORK(constant, name) name,
        ORR_FORKS(FORK)
#undef FORK
    };
    for (int i = 0; i < ORR_N_FORKS; i++)
        if (!strcasecmp(name, names[i])) {
            *fork = (enum orr_evm_fork)i;
            return 0;
        }
    if (!orr_fixture_fork(name, fork)) return 0;
    fprintf(stderr, "orrery " VERB ": no fork '%s'; there are:", name);
    for (int i = 0; i < ORR_N_FORKS; i++) fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
    return ORR_ENOTFOUND;
}

/* An address; left alone when the option is not given. */
static int read_address(const char *option, const char *hex, struct orr_address *to) {
    struct orr_buffer bytes;
    char why[64];
    if (!hex) return 0;
    if (orr_hex_decode(hex, &bytes)) {
        orr_hex_fault(hex, why);
        fprintf(stderr, "orrery " VERB ": %s: %s\n", option, why);
        return ORR_EFORMAT;
    }
    bool fits = bytes.len == sizeof to->bytes;
    if (fits)
        memcpy(to->bytes, bytes.bytes, sizeof to->bytes);
    else
        fprintf(stderr, "orrery " VERB ": %s: %zu hexadecimal digits, an address has 40\n", option,
                2 * bytes.len);
    free(bytes.bytes);
    return fits ? 0 : ORR_EFORMAT;
}

static int read_gas(const char *text, int64_t *gas) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 0);
    if (errno || end == text || *end || value < 0) return bad("--gas: '%s' is no gas limit", text);
    *gas = value;
    return 0;
}

/* A number below 2^256; left alone when the option is not given. */
static int read_word(const char *option, const char *text, struct orr_u256 *value) {
    if (!text) return 0;
    json_t *json = json_string(text);
    int failed = *text ? orr_json_u256(json, value) : ORR_EFORMAT;
    json_decref(json);
    if (failed)
        fprintf(stderr, "orrery " VERB ": %s: '%s' is %s\n", option, text,
                failed == ORR_ELIMIT ? "above 2^256 - 1" : "no number");
    return failed;
}

static int read_u64(const char *option, const char *text, uint64_t *value) {
    struct orr_u256 word = orr_u256_from_u64(*value);
    int failed = read_word(option, text, &word);
    if (failed) return failed;
    *value = word.limb[0];
    if (!(word.limb[1] | word.limb[2] | word.limb[3])) return 0;
    fprintf(stderr, "orrery " VERB ": %s: '%s' is above 2^64 - 1\n", option, text);
    return ORR_ELIMIT;
}

/* JSON on the command line, or a file of it; the first character tells. */
static int read_access_list(const char *text, struct orr_mem *mem, struct orr_evm_tx *list) {
    json_t *json;
    json_error_t error;
    if (!text) return 0;
    if (text[strspn(text, " \t\n")] == '[') {
        json = json_loads(text, 0, &error);
        if (!json) return bad("--access-list: %s", error.text);
    } else if (orr_vm_read_json(VERB, text, ORR_MAX_JSON_BYTES, &json)) {
        return ORR_EFORMAT;
    }
    int failed = orr_fixture_read_access_list(mem, json, list);
    json_decref(json);
    return failed ? bad("--access-list: %s",
                        "not an array of {\"address\": \"0x...\", \"storageKeys\": [\"0x...\"]}")
                  : 0;
}

/* The accounts of a file: its "pre", its "alloc", the "pre" of its first member, or it. */
static int read_state(const char *path, struct orr_evm_state *state) {
    json_t *root;
    if (orr_vm_read_json(VERB, path, ORR_MAX_JSON_BYTES, &root)) return ORR_EFORMAT;
    const json_t *accounts = json_object_get(root, "pre");
    if (!accounts) accounts = json_object_get(root, "alloc");
    if (!accounts)
        accounts = json_object_get(json_object_iter_value(json_object_iter(root)), "pre");
    if (!accounts) accounts = root;
    char why[128];
    int failed = orr_genesis_state(accounts, state, why);
    json_decref(root);
    if (!failed) return 0;
    fprintf(stderr, "%s: error: ", path);
    orr_text_print(why, strlen(why), stderr);
    fputc('\n', stderr);
    return failed;
}

/* ---- the run ---- */

/* There is no chain: the hash of block n is Keccak-256 of its number in decimal, as state tests
 * have it. */
static void block_hash(void *ctx, uint64_t number, struct orr_hash *hash) {
    (void)ctx;
    char text[24];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    *hash = orr_keccak256(text, (size_t)len);
}

static int read_block(struct run *r, const struct options *o) {
    struct orr_evm_tx_context *tx = &r->host.tx;
    *tx = (struct orr_evm_tx_context){.origin = r->msg.sender,
                                      .gas_limit = (uint64_t)r->msg.gas,
                                      .chain_id = orr_u256_from_u64(1),
                                      .blob_base_fee = orr_u256_from_u64(1)};
    int failed = read_address("--origin", o->origin, &tx->origin);
    if (!failed) failed = read_word("--gas-price", o->gas_price, &tx->gas_price);
    if (!failed) failed = read_u64("--number", o->number, &tx->number);
    if (!failed) failed = read_u64("--time", o->time, &tx->timestamp);
    if (!failed) failed = read_u64("--slot", o->slot, &tx->slot_number);
    if (!failed) failed = read_address("--coinbase", o->coinbase, &tx->coinbase);
    if (!failed) failed = read_word("--random", o->random, &tx->prevrandao);
    if (!failed) failed = read_word("--base-fee", o->base_fee, &tx->base_fee);
    if (!failed) failed = read_word("--blob-fee", o->blob_fee, &tx->blob_base_fee);
    if (!failed) failed = read_word("--chain-id", o->chain_id, &tx->chain_id);
    if (!failed) failed = read_access_list(o->access_list, &r->heap.mem, &r->access);
    return failed;
}

static int prepare(struct run *r, const struct options *o) {
    orr_heap_init(&r->heap);
    r->store = orr_evm_store_create(&r->heap.mem);
    r->state = orr_evm_state_create(r->store);
    r->fork = ORR_FORK_PRAGUE;
    r->msg = (struct orr_evm_message){.kind = o->is_create ? ORR_CREATE : ORR_CALL,
                                      .gas = 10000000,
                                      .sender = {{[19] = 0xaa}},
                                      .recipient = {{[19] = 0xcc}}};
    char why[64];
    int failed = o->state ? read_state(o->state, r->state) : 0;
    if (!failed) failed = orr_vm_code_argument(VERB, o->code, &r->code);
    if (!failed && o->input && orr_hex_decode(o->input, &r->input)) {
        orr_hex_fault(o->input, why);
        failed = bad("--input: %s", why);
    }
    if (!failed && o->gas) failed = read_gas(o->gas, &r->msg.gas);
    if (!failed && o->fork_name) failed = read_fork(o->fork_name, &r->fork);
    if (!failed) failed = read_word("--value", o->value, &r->msg.value);
    if (!failed) failed = read_address("--sender", o->sender, &r->msg.sender);
    if (!failed) failed = read_address("--address", o->address, &r->msg.recipient);
    if (!failed) failed = read_block(r, o);
    if (!failed && r->fork >= ORR_FORK_AMSTERDAM)
        fputs("orrery " VERB ": note: Amsterdam is a draft; docs/vm.md has its EIPs\n", stderr);
    if (!failed && !r->code.len)
        fputs("orrery " VERB ": note: the code is empty, so nothing runs\n", stderr);
    r->msg.code_address = r->msg.recipient;
    r->msg.input = o->is_create ? r->code.bytes : r->input.bytes;
    r->msg.input_len = o->is_create ? r->code.len : r->input.len;
    return failed;
}

static void finish(struct run *r) {
    orr_evm_tx_free(&r->heap.mem, &r->access);
    orr_evm_state_destroy(r->state);
    orr_evm_store_destroy(r->store);
    free(r->code.bytes);
    free(r->input.bytes);
}

/* What a transaction has touched before its code runs (EIP-2929, 2930, 3651). */
static void warm_up(struct run *r) {
    struct orr_u256 value;
    orr_evm_state_access_account(r->state, &r->host.tx.origin);
    orr_evm_state_access_account(r->state, &r->msg.sender);
    orr_evm_state_access_account(r->state, &r->msg.recipient);
    if (r->fork >= ORR_FORK_SHANGHAI) orr_evm_state_access_account(r->state, &r->host.tx.coinbase);
    for (size_t i = 0; i < r->access.n_access; i++) {
        const struct orr_evm_tx_access *a = &r->access.access[i];
        orr_evm_state_access_account(r->state, &a->address);
        for (size_t k = 0; k < a->n_keys; k++)
            orr_evm_state_access_slot(r->state, &a->address,
                                      &r->access.access_keys[a->first_key + k], &value);
    }
}

/* Begins, runs and ends the outermost call, inside a transaction. */
static void execute(struct run *r, struct orr_evm *vm, struct orr_evm_result *result) {
    const struct orr_evm_code *code = NULL;
    enum orr_evm_begin begun;
    warm_up(r);
    if (orr_u256_less(orr_evm_state_balance(r->state, &r->msg.sender), r->msg.value))
        orr_evm_state_set_balance(r->state, &r->msg.sender, r->msg.value);
    if (r->msg.kind == ORR_CREATE) {
        uint64_t nonce = orr_evm_state_nonce(r->state, &r->msg.sender);
        orr_evm_state_set_nonce(r->state, &r->msg.sender, nonce + 1);
        begun = orr_evm_host_begin_create(&r->host, &r->msg, nonce, result);
    } else {
        orr_evm_state_set_code(r->state, &r->msg.recipient, r->code.bytes, r->code.len);
        begun = orr_evm_host_begin_call(&r->host, &r->msg, &code, result);
    }
    if (begun == ORR_BEGIN_DONE) return;
    orr_evm_execute(vm, &r->host.table, r->fork, &r->msg, code, result);
    orr_evm_host_end_call(&r->host, &r->msg, result);
}

static void print_hex(const uint8_t *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) printf("%02x", bytes[i]);
}

static void print_json(const struct run *r, const struct orr_evm_result *result,
                       const struct orr_hash *root) {
    printf("{\"status\":\"%s\",\"output\":\"0x", orr_evm_status_text(result->status));
    print_hex(result->output, result->output_len);
    printf("\",\"gasUsed\":\"0x%llx\",\"refund\":%lld,\"pass\":%s,\"logs\":%zu,\"stateRoot\":\"0x",
           (unsigned long long)(r->msg.gas - result->gas_left), (long long)result->gas_refund,
           result->status == ORR_EVM_SUCCESS ? "true" : "false", orr_evm_state_n_logs(r->state));
    print_hex(root->bytes, sizeof root->bytes);
    printf("\"");
    if (r->msg.kind == ORR_CREATE && result->status == ORR_EVM_SUCCESS) {
        printf(",\"created\":\"0x");
        print_hex(result->created.bytes, sizeof result->created.bytes);
        printf("\"");
    }
    printf("}\n");
}

static void print_text(const struct run *r, const struct orr_evm_result *result,
                       const struct orr_hash *root) {
    printf("status      %s\n", orr_evm_status_text(result->status));
    printf("gas used    %lld of %lld\n", (long long)(r->msg.gas - result->gas_left),
           (long long)r->msg.gas);
    printf("gas refund  %lld\n", (long long)result->gas_refund);
    printf("output      0x");
    print_hex(result->output, result->output_len);
    if (r->msg.kind == ORR_CREATE && result->status == ORR_EVM_SUCCESS) {
        printf("\ncreated     0x");
        print_hex(result->created.bytes, sizeof result->created.bytes);
    }
    printf("\nlogs        %zu\nstate root  0x", orr_evm_state_n_logs(r->state));
    print_hex(root->bytes, sizeof root->bytes);
    printf("\n");
}

static int run(struct run *r, const struct options *o) {
    struct orr_evm *vm = orr_evm_create(&r->heap.mem);
    struct orr_vm_trace trace;
    orr_vm_trace_init(&trace, stdout, (struct orr_vm_trace_options){.return_data = true});
    struct orr_evm_result result;
    r->host.mem = &r->heap.mem;
    r->host.state = r->state;
    r->host.fork = r->fork;
    r->host.hashes = (struct orr_evm_block_hashes){NULL, block_hash};
    orr_evm_host_init(&r->host);
    if (o->traces) orr_evm_set_tracer(vm, &trace.tracer);
    orr_evm_state_begin_tx(r->state);
    execute(r, vm, &result);
    orr_evm_state_end_tx(r->state, r->fork);
    struct orr_hash root = orr_evm_state_root(r->state);
    if (o->traces || o->json)
        print_json(r, &result, &root);
    else
        print_text(r, &result, &root);
    int code = result.status == ORR_EVM_SUCCESS ? 0 : 1;
    orr_vm_trace_free(&trace);
    orr_evm_host_end(&r->host);
    orr_evm_destroy(vm);
    return code;
}

int orr_vm_run_command(int argc, char **argv) {
    struct options o = {0};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return usage(stdout);
    if (parse(argc, argv, &o)) return usage(stderr);
    struct run r = {.code = {NULL, 0}};
    int failed = prepare(&r, &o);
    int code = failed ? 2 : run(&r, &o);
    finish(&r);
    return code;
}
