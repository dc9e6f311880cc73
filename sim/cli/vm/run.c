/* orrery vm run: one message call or creation on a small state. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/vm/host.h"
#include "sim/base/memory.h"
#include "sim/cli/main.h"
#include "sim/cli/vm/code.h"
#include "sim/cli/vm/fixture.h"
#include "sim/cli/vm/trace.h"

#define MAX_STATE_BYTES (256u << 20)
#define VERB            "run"

int orr_vm_run_command(int argc, char **argv);

struct options {
    const char *code, *input, *gas, *fork_name, *state, *value, *sender, *address;
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
};

static int usage(FILE *to) {
    fprintf(
        to,
        "usage: orrery vm run CODE|FILE [OPTION...]\n\n"
        "Runs code: hexadecimal digits, or a file of them or of assembly (orrery vm asm "
        "--help).\n\n"
        "  --input HEX      call data\n"
        "  --gas N          gas limit (10000000)\n"
        "  --fork NAME      rules, from frontier to osaka (prague)\n"
        "  --value N        wei sent along\n"
        "  --sender HEX     caller's address\n"
        "  --address HEX    the code's address\n"
        "  --state FILE     accounts before the call: a JSON object of address to balance, nonce,\n"
        "                   code, storage, as \"pre\" of a state test, or a file that has a "
        "\"pre\"\n"
        "  --create         run the code as initcode of a new contract\n"
        "  --trace          print an EIP-3155 trace, one JSON object an instruction\n"
        "  --json           print the result as one JSON object\n\n"
        "Exit codes: 0 the code stopped or returned, 1 it reverted or failed, 2 bad input.\n");
    return to == stdout ? 0 : 2;
}

static int bad(const char *format, const char *value) {
    fputs("orrery vm " VERB ": ", stderr);
    fprintf(stderr, format, value);
    fputc('\n', stderr);
    return ORR_EFORMAT;
}

/* ---- reading the options ---- */

static int parse(int argc, char **argv, struct options *o) {
    const struct { const char *name; const char **value; } with_value[] = {
        {"--input", &o->input}, {"--gas", &o->gas},       {"--fork", &o->fork_name},
        {"--state", &o->state}, {"--value", &o->value},   {"--sender", &o->sender},
        {"--address", &o->address},
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
    fprintf(stderr, "orrery vm " VERB ": no fork '%s'; there are:", name);
    for (int i = 0; i < ORR_N_FORKS; i++) fprintf(stderr, " %s", names[i]);
    fputc('\n', stderr);
    return ORR_ENOTFOUND;
}

static int read_address(const char *option, const char *hex, struct orr_address *to) {
    struct orr_buffer bytes;
    if (orr_hex_decode(hex, &bytes)) return bad("%s: an address is 40 hexadecimal digits", option);
    bool fits = bytes.len == sizeof to->bytes;
    if (fits) memcpy(to->bytes, bytes.bytes, sizeof to->bytes);
    free(bytes.bytes);
    return fits ? 0 : bad("%s: an address is 40 hexadecimal digits", option);
}

static int read_gas(const char *text, int64_t *gas) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 0);
    if (errno || end == text || *end || value < 0) return bad("--gas: '%s' is no gas limit", text);
    *gas = value;
    return 0;
}

static int read_value(const char *text, struct orr_u256 *value) {
    json_t *json = json_string(text);
    int failed = orr_json_u256(json, value);
    json_decref(json);
    return failed ? bad("--value: '%s' is no amount of wei", text) : 0;
}

/* The accounts of a file: the object itself, its "pre", or the "pre" of its first member. */
static int read_state(const char *path, struct orr_evm_state *state) {
    struct orr_buffer text;
    json_error_t error;
    if (orr_vm_read_file(VERB, path, MAX_STATE_BYTES, &text)) return ORR_EIO;
    json_t *root = json_loadb((char *)text.bytes, text.len, JSON_REJECT_DUPLICATES, &error);
    free(text.bytes);
    if (!root) {
        fprintf(stderr, "%s:%d:%d: error: %s\n", path, error.line, error.column, error.text);
        return ORR_EFORMAT;
    }
    json_t *pre = json_object_get(root, "pre");
    if (!pre) pre = json_object_get(json_object_iter_value(json_object_iter(root)), "pre");
    char why[128] = "no object of accounts";
    int failed = ORR_EFORMAT;
    if (json_is_object(root)) failed = orr_fixture_state(pre ? pre : root, state, why);
    json_decref(root);
    if (failed) fprintf(stderr, "%s: error: %s\n", path, why);
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

static int prepare(struct run *r, const struct options *o) {
    orr_heap_init(&r->heap);
    r->store = orr_evm_store_create(&r->heap.mem);
    r->state = orr_evm_state_create(r->store);
    r->fork = ORR_FORK_PRAGUE;
    r->msg = (struct orr_evm_message){.kind = o->is_create ? ORR_CREATE : ORR_CALL,
                                      .gas = 10000000,
                                      .sender = {{[19] = 0xaa}},
                                      .recipient = {{[19] = 0xcc}}};
    int failed = o->state ? read_state(o->state, r->state) : 0;
    if (!failed) failed = orr_vm_code_argument(VERB, o->code, &r->code);
    if (!failed && o->input && orr_hex_decode(o->input, &r->input))
        failed = bad("--input: '%.60s' is no even number of hexadecimal digits", o->input);
    if (!failed && o->gas) failed = read_gas(o->gas, &r->msg.gas);
    if (!failed && o->fork_name) failed = read_fork(o->fork_name, &r->fork);
    if (!failed && o->value) failed = read_value(o->value, &r->msg.value);
    if (!failed && o->sender) failed = read_address("--sender", o->sender, &r->msg.sender);
    if (!failed && o->address) failed = read_address("--address", o->address, &r->msg.recipient);
    r->msg.code_address = r->msg.recipient;
    r->msg.input = o->is_create ? r->code.bytes : r->input.bytes;
    r->msg.input_len = o->is_create ? r->code.len : r->input.len;
    return failed;
}

static void finish(struct run *r) {
    orr_evm_state_destroy(r->state);
    orr_evm_store_destroy(r->store);
    free(r->code.bytes);
    free(r->input.bytes);
}

/* Begins, runs and ends the outermost call, inside a transaction. */
static void execute(struct run *r, struct orr_evm *vm, struct orr_evm_result *result) {
    const struct orr_evm_code *code = NULL;
    enum orr_evm_begin begun;
    orr_evm_state_access_account(r->state, &r->msg.sender);
    orr_evm_state_access_account(r->state, &r->msg.recipient);
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
    r->host.tx = (struct orr_evm_tx_context){.origin = r->msg.sender,
                                             .gas_limit = (uint64_t)r->msg.gas,
                                             .chain_id = orr_u256_from_u64(1),
                                             .blob_base_fee = orr_u256_from_u64(1)};
    r->host.hashes = (struct orr_evm_block_hashes){NULL, block_hash};
    orr_evm_host_init(&r->host);
    if (o->traces) orr_evm_set_tracer(vm, &trace.tracer);
    orr_evm_state_begin_tx(r->state);
    execute(r, vm, &result);
    orr_evm_state_end_tx(r->state, r->fork);
    struct orr_hash root = orr_evm_state_root(r->state);
    if (o->traces || o->json) print_json(r, &result, &root);
    else print_text(r, &result, &root);
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
