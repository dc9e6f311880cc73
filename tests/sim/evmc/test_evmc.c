/* liborrery-evm.so, loaded as an EVMC host would load it: a host of bytes and tables runs code
 * through the object's functions, nested calls included. */
#include <dlfcn.h>
#include <string.h>

#include "sim/evmc/evmc_abi.h"
#include "tests/test.h"

static struct evmc_vm *vm;
static void *library;

/* ---- a host: two contracts, one storage slot, call() that comes back into the VM ---- */

static struct {
    const uint8_t *code[2];
    size_t code_len[2];
    struct evmc_bytes32 slot;
    int n_logs, n_calls;
    struct evmc_message last_call;
    const struct evmc_result *answer; /* what call() gives back; NULL: it runs the code */
    int n_accesses;
} world;

static const struct evmc_host_interface host;
static struct evmc_host_context *const no_context = NULL;

static struct evmc_address address(uint8_t last) {
    struct evmc_address a = {{0}};
    a.bytes[19] = last;
    return a;
}
static bool exists(struct evmc_host_context *c, const struct evmc_address *a) {
    (void)c, (void)a;
    return true;
}
static struct evmc_bytes32 get_storage(struct evmc_host_context *c, const struct evmc_address *a,
                                       const struct evmc_bytes32 *key) {
    (void)c, (void)a, (void)key;
    return world.slot;
}
static int set_storage(struct evmc_host_context *c, const struct evmc_address *a,
                       const struct evmc_bytes32 *key, const struct evmc_bytes32 *value) {
    (void)c, (void)a, (void)key;
    world.slot = *value;
    return 1; /* added: 0 -> 0 -> Z */
}
static struct evmc_bytes32 get_balance(struct evmc_host_context *c, const struct evmc_address *a) {
    (void)c, (void)a;
    return (struct evmc_bytes32){{[31] = 100}};
}
static size_t get_code_size(struct evmc_host_context *c, const struct evmc_address *a) {
    (void)c;
    return world.code_len[a->bytes[19] & 1];
}
static struct evmc_bytes32 get_code_hash(struct evmc_host_context *c,
                                         const struct evmc_address *a) {
    (void)c, (void)a;
    return (struct evmc_bytes32){{0xc0}};
}
static size_t copy_code(struct evmc_host_context *c, const struct evmc_address *a, size_t offset,
                        uint8_t *to, size_t len) {
    (void)c;
    size_t have = world.code_len[a->bytes[19] & 1];
    if (offset >= have) return 0;
    size_t n = have - offset < len ? have - offset : len;
    memcpy(to, world.code[a->bytes[19] & 1] + offset, n);
    return n;
}
static bool selfdestruct(struct evmc_host_context *c, const struct evmc_address *a,
                         const struct evmc_address *to) {
    (void)c, (void)a, (void)to;
    return true;
}
static struct evmc_result call(struct evmc_host_context *c, const struct evmc_message *m) {
    world.n_calls++;
    world.last_call = *m;
    if (world.answer) return *world.answer;
    int i = m->code_address.bytes[19] & 1;
    return vm->execute(vm, &host, c, 12, m, world.code[i], world.code_len[i]);
}
static struct evmc_tx_context get_tx_context(struct evmc_host_context *c) {
    (void)c;
    return (struct evmc_tx_context){.number = 77, .timestamp = 88, .chain_id = {{[31] = 9}}};
}
static struct evmc_bytes32 get_block_hash(struct evmc_host_context *c, int64_t number) {
    (void)c;
    return (struct evmc_bytes32){{(uint8_t)number}};
}
static void emit_log(struct evmc_host_context *c, const struct evmc_address *a, const uint8_t *data,
                     size_t len, const struct evmc_bytes32 topics[], size_t n_topics) {
    (void)c, (void)a, (void)data;
    ck_assert_uint_eq(len, 3);
    ck_assert_uint_eq(n_topics, 1);
    ck_assert_uint_eq(topics[0].bytes[31], 0x55);
    world.n_logs++;
}
static int access_account(struct evmc_host_context *c, const struct evmc_address *a) {
    (void)c, (void)a;
    world.n_accesses++;
    return 0;
}
static int access_storage(struct evmc_host_context *c, const struct evmc_address *a,
                          const struct evmc_bytes32 *key) {
    (void)c, (void)a, (void)key;
    world.n_accesses++;
    return 0;
}
static const struct evmc_host_interface host = {
    .account_exists = exists,
    .get_storage = get_storage,
    .set_storage = set_storage,
    .get_balance = get_balance,
    .get_code_size = get_code_size,
    .get_code_hash = get_code_hash,
    .copy_code = copy_code,
    .selfdestruct = selfdestruct,
    .call = call,
    .get_tx_context = get_tx_context,
    .get_block_hash = get_block_hash,
    .emit_log = emit_log,
    .access_account = access_account,
    .access_storage = access_storage,
    .get_transient_storage = get_storage,
    .set_transient_storage = NULL,
};

static size_t from_hex(const char *hex, uint8_t *to) {
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte;
        ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
        to[n++] = (uint8_t)byte;
    }
    return n;
}
static uint8_t bytes[2][256];
static void put(int i, const char *hex) {
    world.code_len[i] = from_hex(hex, bytes[i]);
    world.code[i] = bytes[i];
}
static struct evmc_result run_as(int revision, uint32_t flags, int64_t gas) {
    struct evmc_message m = {.kind = EVMC_CALL,
                             .flags = flags,
                             .gas = gas,
                             .recipient = address(2),
                             .code_address = address(2),
                             .sender = address(7)};
    return vm->execute(vm, &host, no_context, revision, &m, world.code[0], world.code_len[0]);
}
static struct evmc_result run(int64_t gas) { return run_as(12, 0, gas); }
static void setup(void) {
    char path[1024];
    const char *build = getenv("ORRERY_BUILD");
    memset(&world, 0, sizeof world);
    snprintf(path, sizeof path, "%s/sim/liborrery-evm.so", build ? build : "build/release");
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    struct evmc_vm *(*create)(void);
    *(void **)&create = dlsym(library, "evmc_create_orrery_evm");
    ck_assert_ptr_nonnull(create);
    ck_assert_ptr_nonnull(dlsym(library, "evmc_create"));
    vm = create();
    ck_assert_ptr_nonnull(vm);
}
static void teardown(void) {
    vm->destroy(vm);
    dlclose(library);
}

START_TEST(the_object_says_what_it_is) {
    setup();
    ck_assert_int_eq(vm->abi_version, 12);
    ck_assert_str_eq(vm->name, "orrery-evm");
    ck_assert_uint_eq(vm->get_capabilities(vm), EVMC_CAPABILITY_EVM1);
    ck_assert_int_eq(vm->set_option(vm, "O", "0"), EVMC_SET_OPTION_INVALID_NAME);
    ck_assert_ptr_null(dlsym(library, "orr_evm_execute")); /* nothing else is exported */
    teardown();
}
END_TEST

START_TEST(code_runs_and_gas_is_exact) {
    setup();
    put(0, "43420160005260206000f3"); /* NUMBER + TIMESTAMP */
    struct evmc_result r = run(100);
    ck_assert_int_eq(r.status_code, EVMC_SUCCESS);
    ck_assert_uint_eq(r.output_size, 32);
    ck_assert_uint_eq(r.output_data[31], 77 + 88);
    ck_assert_int_eq(100 - r.gas_left, 2 + 2 + 3 + 3 + 6 + 3 + 3);
    r.release(&r);
    teardown();
}
END_TEST

START_TEST(storage_and_logs_reach_the_host) {
    setup();
    put(0, "6042600755605560036000a1"); /* slot 7 = 0x42; LOG1 of 3 bytes */
    struct evmc_result r = run(100000);
    ck_assert_int_eq(r.status_code, EVMC_SUCCESS);
    ck_assert_uint_eq(world.slot.bytes[31], 0x42);
    ck_assert_int_eq(world.n_logs, 1);
    /* SSTORE of a cold slot 2100 + 20000, LOG1 750 + 24, five pushes, one word of memory */
    ck_assert_int_eq(100000 - r.gas_left, 22100 + 774 + 15 + 3);
    teardown();
}
END_TEST

START_TEST(a_nested_call_goes_through_the_host_and_back) {
    setup();
    put(0, "6020600060006000600160035af1" /* CALL account 3 with value 1, output to memory 0 */
           "60206000f3");
    put(1, "602a60005260206000f3");
    struct evmc_result r = run(100000);
    ck_assert_int_eq(r.status_code, EVMC_SUCCESS);
    ck_assert_int_eq(world.n_calls, 1);
    ck_assert_int_eq(world.last_call.depth, 1);
    ck_assert_uint_eq(world.last_call.value.bytes[31], 1);
    ck_assert_uint_eq(world.last_call.recipient.bytes[19], 3);
    ck_assert_uint_eq(r.output_data[31], 42);
    r.release(&r);
    teardown();
}
END_TEST

START_TEST(a_call_that_cannot_pay_does_not_reach_the_host) {
    setup();
    put(0, "6000600060006000606560035af160005260206000f3"); /* value 101 of 100 */
    struct evmc_result r = run(100000);
    ck_assert_int_eq(r.status_code, EVMC_SUCCESS);
    ck_assert_int_eq(world.n_calls, 0);
    ck_assert_uint_eq(r.output_data[31], 0);
    r.release(&r);
    teardown();
}
END_TEST

START_TEST(a_create_hands_over_its_salt_and_initcode_and_gets_the_address) {
    setup();
    const struct evmc_result made = {
        .gas_left = 1, .gas_refund = 4800, .create_address = {{[0] = 0xab, [19] = 0xcd}}};
    world.answer = &made;
    put(0, "60fe5f53"         /* initcode: one byte */
           "605560015f6003f5" /* CREATE2 of it with value 3 and salt 0x55 */
           "5f5260205ff3");
    struct evmc_result r = run(100000);
    ck_assert_int_eq(r.status_code, EVMC_SUCCESS);
    ck_assert_int_eq(world.last_call.kind, EVMC_CREATE2);
    ck_assert_uint_eq(world.last_call.create2_salt.bytes[31], 0x55);
    ck_assert_uint_eq(world.last_call.value.bytes[31], 3);
    ck_assert_uint_eq(world.last_call.sender.bytes[19], 2);
    ck_assert_uint_eq(world.last_call.input_size, 1);
    ck_assert_uint_eq(r.output_data[12], 0xab);
    ck_assert_uint_eq(r.output_data[31], 0xcd);
    ck_assert_int_eq(r.gas_refund, 4800); /* of the callee, handed on */
    r.release(&r);
    put(0, "5f5f5ff000");
    run(100000);
    ck_assert_int_eq(world.last_call.kind, EVMC_CREATE);
    teardown();
}
END_TEST

START_TEST(static_mode_comes_in_and_goes_on) {
    setup();
    const struct evmc_result nothing = {.gas_left = 0};
    world.answer = &nothing;
    put(0, "5f5f55");
    ck_assert_int_eq(run_as(12, EVMC_STATIC, 100000).status_code, EVMC_STATIC_MODE_VIOLATION);
    ck_assert_int_eq(run_as(12, 0, 100000).status_code, EVMC_SUCCESS);
    put(0, "5f5f5f5f5f60035af100"); /* CALL */
    run_as(12, EVMC_STATIC, 100000);
    ck_assert_uint_eq(world.last_call.flags, EVMC_STATIC);
    run_as(12, 0, 100000);
    ck_assert_uint_eq(world.last_call.flags, 0);
    put(0, "5f5f5f5f60035afa00"); /* STATICCALL is a call with the flag */
    run_as(12, 0, 100000);
    ck_assert_uint_eq(world.last_call.flags, EVMC_STATIC);
    ck_assert_int_eq(world.last_call.kind, EVMC_CALL);
    teardown();
}
END_TEST

START_TEST(a_delegated_account_is_called_with_its_targets_code) {
    setup();
    const struct evmc_result nothing = {.gas_left = 0};
    world.answer = &nothing;
    put(0, "5f5f5f5f5f600361fffff100"); /* CALL of account 3, whose code is EIP-7702's */
    put(1, "ef0100000000000000000000000000000000000000abcd");
    ck_assert_int_eq(run_as(13, 0, 1000000).status_code, EVMC_SUCCESS);
    ck_assert_uint_eq(world.last_call.flags, EVMC_DELEGATED);
    ck_assert_uint_eq(world.last_call.recipient.bytes[19], 3);
    ck_assert_uint_eq(world.last_call.code_address.bytes[18], 0xab);
    ck_assert_uint_eq(world.last_call.code_address.bytes[19], 0xcd);
    ck_assert_int_eq(run_as(12, 0, 1000000).status_code, EVMC_SUCCESS); /* not before Prague */
    ck_assert_uint_eq(world.last_call.flags, 0);
    ck_assert_uint_eq(world.last_call.code_address.bytes[19], 3);
    teardown();
}
END_TEST

START_TEST(a_revisions_rules_hold_for_code_that_ran_under_another) {
    setup();
    put(0, "5f5c50"); /* PUSH0 from Shanghai on, TLOAD from Cancun on */
    ck_assert_int_eq(run_as(12, 0, 1000).status_code, EVMC_SUCCESS);
    ck_assert_int_eq(run_as(11, 0, 1000).status_code, EVMC_UNDEFINED_INSTRUCTION);
    ck_assert_int_eq(run_as(14, 0, 1000).status_code, EVMC_SUCCESS);
    put(0, "600054600101"); /* before Berlin nobody asks what is warm */
    struct evmc_result r = run_as(7, 0, 100000);
    ck_assert_int_eq(r.status_code, EVMC_SUCCESS);
    ck_assert_int_eq(100000 - r.gas_left, 3 + 800 + 3 + 3);
    ck_assert_int_eq(world.n_accesses, 0);
    r = run_as(8, 0, 100000);
    ck_assert_int_eq(100000 - r.gas_left, 3 + 2100 + 3 + 3);
    ck_assert_int_eq(world.n_accesses, 1);
    teardown();
}
END_TEST

START_TEST(failures_keep_their_names) {
    setup();
    static const struct {
        const char *code;
        enum evmc_status_code status;
    } cases[] = {
        {"60006000fd", EVMC_REVERT},           {"01", EVMC_STACK_UNDERFLOW},
        {"600056", EVMC_BAD_JUMP_DESTINATION}, {"0c", EVMC_UNDEFINED_INSTRUCTION},
        {"5b600056", EVMC_OUT_OF_GAS},         {"5b6000600056", EVMC_STACK_OVERFLOW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(0, cases[i].code);
        struct evmc_result r = run(100000);
        ck_assert_msg(r.status_code == cases[i].status, "%s: %d", cases[i].code, r.status_code);
    }
    struct evmc_message m = {.gas = 1};
    ck_assert_int_eq(vm->execute(vm, &host, no_context, 99, &m, NULL, 0).status_code,
                     EVMC_REJECTED);
    teardown();
}
END_TEST

ORR_TEST_MAIN("evmc", the_object_says_what_it_is, code_runs_and_gas_is_exact,
              storage_and_logs_reach_the_host, a_nested_call_goes_through_the_host_and_back,
              a_call_that_cannot_pay_does_not_reach_the_host,
              a_create_hands_over_its_salt_and_initcode_and_gets_the_address,
              static_mode_comes_in_and_goes_on, a_delegated_account_is_called_with_its_targets_code,
              a_revisions_rules_hold_for_code_that_ran_under_another, failures_keep_their_names)
