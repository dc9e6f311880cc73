/* liborrery-evm.so, loaded as an EVMC host would load it: a host of bytes and tables runs code
 * through the object's functions, nested calls included. */
#include <dlfcn.h>
#include <string.h>

#include "models/vm/evmc_abi.h"
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
    return 0;
}
static int access_storage(struct evmc_host_context *c, const struct evmc_address *a,
                          const struct evmc_bytes32 *key) {
    (void)c, (void)a, (void)key;
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
static struct evmc_result run(int64_t gas) {
    struct evmc_message m = {.kind = EVMC_CALL,
                             .gas = gas,
                             .recipient = address(2),
                             .code_address = address(2),
                             .sender = address(7)};
    return vm->execute(vm, &host, no_context, 12, &m, world.code[0], world.code_len[0]);
}
static void setup(void) {
    char path[1024];
    const char *build = getenv("ORRERY_BUILD");
    memset(&world, 0, sizeof world);
    snprintf(path, sizeof path, "%s/models/liborrery-evm.so", build ? build : "build/release");
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
    ck_assert_ptr_null(dlsym(library, "orr_vm_execute")); /* nothing else is exported */
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
              a_call_that_cannot_pay_does_not_reach_the_host, failures_keep_their_names)
