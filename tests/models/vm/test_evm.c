/* The machine on small programs with known results; the public state tests are run elsewhere. */
#include <pthread.h>

#include "sim/base/memory.h"
#include "tests/models/vm/world.h"
#include "tests/test.h"

#ifdef __SANITIZE_ADDRESS__
#define SMALL_STACK (512 * 1024) /* the sanitizer's own frames need more */
#else
#define SMALL_STACK (64 * 1024)
#endif

static struct world *w;
static struct orr_evm *vm;

static void start(enum orr_evm_fork fork) {
    w = world_create(fork);
    vm = orr_evm_create(&w->mem);
}
static void stop(void) {
    orr_evm_destroy(vm);
    world_destroy(w);
}
static size_t from_hex(const char *hex, uint8_t *to) {
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte;
        ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
        to[n++] = (uint8_t)byte;
    }
    return n;
}
static void put(uint8_t account, const char *hex) {
    uint8_t code[4096];
    world_put(w, world_address(account), 1000000, code, from_hex(hex, code));
}
static struct orr_evm_result run(const char *hex, int64_t gas) {
    put(1, hex);
    return world_call(w, vm, world_address(1), NULL, 0, gas);
}
static uint64_t output_u64(const struct orr_evm_result *r) {
    ck_assert_uint_eq(r->output_len, 32);
    return orr_u256_load_be(r->output).limb[0];
}

START_TEST(a_sum_is_returned_and_its_gas_is_exact) {
    start(ORR_FORK_CANCUN);
    struct orr_evm_result r = run("600160020160005260206000f3", 1000);
    ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(output_u64(&r), 3);
    /* 6 pushes and ADD and MSTORE at 3, one word of memory at 3 */
    ck_assert_int_eq(1000 - r.gas_left, 24);
    stop();
}
END_TEST

START_TEST(one_gas_less_than_needed_is_out_of_gas) {
    start(ORR_FORK_CANCUN);
    ck_assert_int_eq(run("600160020160005260206000f3", 24).status, ORR_EVM_SUCCESS);
    struct orr_evm_result r = run("600160020160005260206000f3", 23);
    ck_assert_int_eq(r.status, ORR_EVM_OUT_OF_GAS);
    ck_assert_int_eq(r.gas_left, 0);
    stop();
}
END_TEST

START_TEST(each_exceptional_halt_has_its_name) {
    static const struct {
        const char *code;
        enum orr_evm_status status;
    } cases[] = {
        {"01", ORR_EVM_STACK_UNDERFLOW},
        {"fe", ORR_EVM_INVALID_OPCODE},
        {"0c", ORR_EVM_INVALID_OPCODE},
        {"600056", ORR_EVM_BAD_JUMP},
        {"6000600357", ORR_EVM_SUCCESS},
        {"60016005575b", ORR_EVM_SUCCESS},
        {"6001600757605b", ORR_EVM_BAD_JUMP},
        {"6001600060003e", ORR_EVM_BAD_RETURN_READ},
        {"60006000fd", ORR_EVM_REVERT},
        {"5b6000600056", ORR_EVM_STACK_OVERFLOW},
        {"60206000f3", ORR_EVM_SUCCESS},
        {"5f5f5f195100", ORR_EVM_OUT_OF_GAS},
        {"", ORR_EVM_SUCCESS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(ORR_FORK_CANCUN);
        struct orr_evm_result r = run(cases[i].code, 100000);
        ck_assert_msg(r.status == cases[i].status, "%s: %s, not %s", cases[i].code,
                      orr_evm_status_text(r.status), orr_evm_status_text(cases[i].status));
        stop();
    }
}
END_TEST

START_TEST(an_opcode_is_absent_before_its_fork) {
    static const struct {
        const char *code;
        enum orr_evm_fork from;
    } cases[] = {
        {"5f00", ORR_FORK_SHANGHAI},   {"60011e00", ORR_FORK_OSAKA},
        {"4600", ORR_FORK_ISTANBUL},   {"600160011b00", ORR_FORK_CONSTANTINOPLE},
        {"60005c00", ORR_FORK_CANCUN}, {"3d00", ORR_FORK_BYZANTIUM},
        {"4800", ORR_FORK_LONDON},     {"4a00", ORR_FORK_CANCUN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (enum orr_evm_fork fork = 0; fork < ORR_N_FORKS; fork++) {
            start(fork);
            ck_assert_int_eq(run(cases[i].code, 100000).status,
                             fork >= cases[i].from ? ORR_EVM_SUCCESS : ORR_EVM_INVALID_OPCODE);
            stop();
        }
}
END_TEST

/* EIP-2200 and EIP-3529 publish these sequences: code, original value, gas, refund. */
START_TEST(storage_gas_and_refunds_follow_eip_3529) {
    static const struct {
        const char *code;
        uint64_t original;
        int64_t gas, refund;
    } cases[] = {
        {"60006000556000600055", 0, 212, 0},
        {"60006000556001600055", 0, 20112, 0},
        {"60016000556000600055", 0, 20112, 19900},
        {"60016000556002600055", 0, 20112, 0},
        {"60016000556001600055", 0, 20112, 0},
        {"60006000556000600055", 1, 3012, 4800},
        {"60006000556001600055", 1, 3012, 2800},
        {"60006000556002600055", 1, 3012, 0},
        {"60026000556000600055", 1, 3012, 4800},
        {"60026000556003600055", 1, 3012, 0},
        {"60026000556001600055", 1, 3012, 2800},
        {"60026000556002600055", 1, 3012, 0},
        {"60016000556000600055", 1, 3012, 4800},
        {"60016000556002600055", 1, 3012, 0},
        {"60016000556001600055", 1, 212, 0},
        {"600160005560006000556001600055", 0, 40118, 19900},
        {"600060005560016000556000600055", 1, 5918, 7600},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(ORR_FORK_LONDON);
        struct orr_address self = world_address(1);
        struct orr_u256 zero = {{0}};
        struct world_slot *slot = world_slot(w, &self, &zero);
        slot->original = slot->value = orr_u256_from_u64(cases[i].original);
        slot->warm = true;
        struct orr_evm_result r = run(cases[i].code, 100000);
        ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
        ck_assert_msg(100000 - r.gas_left == cases[i].gas && r.gas_refund == cases[i].refund,
                      "%s from %lu: gas %ld, refund %ld", cases[i].code, cases[i].original,
                      100000 - r.gas_left, r.gas_refund);
        stop();
    }
}
END_TEST

START_TEST(a_call_passes_data_and_returns_data) {
    start(ORR_FORK_CANCUN);
    put(2, "60003560010160005260206000f3"); /* returns its first word plus one */
    struct orr_evm_result r = run("602960005260206000602060006000"
                                  "73aa00000000000000000000000000000000000002"
                                  "5af15060205ff3",
                                  100000);
    ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(output_u64(&r), 0x2a);
    stop();
}
END_TEST

START_TEST(calls_nest_1024_deep_without_native_recursion) {
    start(ORR_FORK_FRONTIER); /* before EIP-150 all gas can be passed on, so depth is the bound */
    /* counts its calls in slot 0, calls itself with all gas but a little */
    struct orr_evm_result r = run("600054600101600055"
                                  "600060006000600060003061fde85a03f100",
                                  200000000);
    ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
    struct orr_address self = world_address(1);
    struct orr_u256 zero = {{0}};
    ck_assert_uint_eq(world_slot(w, &self, &zero)->value.limb[0], 1025);
    stop();
}
END_TEST

START_TEST(a_reverted_call_leaves_its_output_and_no_trace) {
    start(ORR_FORK_CANCUN);
    put(2, "600160005560ff60005260206000fd");
    /* returns the size of the return data and the call's flag: 32 * 256 + 0 */
    struct orr_evm_result r = run("5f5f5f5f5f73aa000000000000000000000000000000000000025af1"
                                  "3d60081b0160005260206000f3",
                                  100000);
    ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(output_u64(&r), 32 << 8);
    struct orr_address callee = world_address(2);
    struct orr_u256 zero = {{0}};
    ck_assert(orr_u256_is_zero(world_slot(w, &callee, &zero)->value));
    stop();
}
END_TEST

START_TEST(a_static_call_refuses_to_write) {
    static const char *const writers[] = {"60016000555b",
                                          "60006000a0",
                                          "5f5f5ff0",
                                          "5fff",
                                          "60016000"
                                          "5d",
                                          "5f5f5f5f600130"
                                          "5af1"};
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        start(ORR_FORK_CANCUN);
        put(2, writers[i]);
        struct orr_evm_result r = run("5f5f5f5f73aa00000000000000000000000000000000000002619c40fa"
                                      "60005260206000f3",
                                      100000);
        ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(output_u64(&r), 0);
        stop();
    }
}
END_TEST

START_TEST(a_contract_is_created_and_runs) {
    start(ORR_FORK_CANCUN);
    /* initcode returns the code 602a5f5260205ff3 (return 42); CREATE, then call it */
    struct orr_evm_result r = run("67602a5f5260205ff35f5260086018f3", 100000);
    ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(r.output_len, 8);
    r = run("6f67602a5f5260205ff35f5260086018f35f52" /* initcode in memory at 16 */
            "601060105ff0"
            "5f5f5f5f5f945af1"
            "60205f5f3e60205ff3",
            200000);
    ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(output_u64(&r), 42);
    stop();
}
END_TEST

/* An allocator that counts. */
static struct counted {
    struct orr_mem mem;
    size_t n_calls, used;
} counted;
static void *counted_resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    struct counted *c = (struct counted *)m;
    c->n_calls++;
    c->used += new_size - old_size;
    return world_resize(m, p, old_size, new_size);
}

START_TEST(the_machine_allocates_once_and_gives_all_back) {
    counted = (struct counted){.mem = {counted_resize}};
    w = world_create(ORR_FORK_OSAKA);
    vm = orr_evm_create(&counted.mem);
    put(2, "600160005260206000f3");
    /* calls account 2 from a loop, then grows its memory */
    const char *code = "60205b5f5f5f5f5f73aa000000000000000000000000000000000000025af1"
                       "50600190038060025760016110005200";
    ck_assert_int_eq(run(code, 1000000).status, ORR_EVM_SUCCESS);
    size_t n_calls = counted.n_calls;
    ck_assert_uint_gt(n_calls, 0);
    for (int i = 0; i < 10; i++) ck_assert_int_eq(run(code, 1000000).status, ORR_EVM_SUCCESS);
    ck_assert_uint_eq(counted.n_calls, n_calls);
    stop();
    ck_assert_uint_eq(counted.used, 0);
}
END_TEST

static void *nest_deeply(void *argument) {
    (void)argument;
    struct orr_evm_result r = run("600054600101600055"
                                  "600060006000600060003061fde85a03f100",
                                  200000000);
    return r.status == ORR_EVM_SUCCESS ? w : NULL;
}

START_TEST(a_thread_with_a_stack_of_64_kib_runs_1024_nested_calls) {
    pthread_attr_t attributes;
    pthread_t thread;
    void *done;
    start(ORR_FORK_FRONTIER);
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, nest_deeply, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, &done), 0);
    ck_assert_ptr_nonnull(done);
    struct orr_address self = world_address(1);
    struct orr_u256 zero = {{0}};
    ck_assert_uint_eq(world_slot(w, &self, &zero)->value.limb[0], 1025);
    pthread_attr_destroy(&attributes);
    stop();
}
END_TEST

START_TEST(blocks_check_the_stack_at_its_exact_limit) {
    char code[4096] = "";
    for (int n = 1022; n <= 1025; n++) { /* n pushes in one block, then the end */
        code[0] = 0;
        for (int i = 0; i < n; i++) strcat(code, "5f");
        start(ORR_FORK_CANCUN);
        ck_assert_int_eq(run(code, 100000).status,
                         n <= 1024 ? ORR_EVM_SUCCESS : ORR_EVM_STACK_OVERFLOW);
        stop();
    }
}
END_TEST

START_TEST(code_of_any_length_runs_and_takes_no_more_memory_than_it_must) {
    const size_t limit = 1 << 20; /* above it code is not translated */
    for (size_t len = limit - 1; len <= limit + 1; len++) {
        uint8_t *code = malloc(len); /* JUMPDESTs, and a result at the end */
        memset(code, 0x5b, len);
        size_t n = from_hex("600160005260206000f3", code + len - 10);
        ck_assert_uint_eq(n, 10);
        start(ORR_FORK_CANCUN);
        world_put(w, world_address(1), 0, code, len);
        struct orr_evm_result r = world_call(w, vm, world_address(1), NULL, 0, 10000000);
        ck_assert_int_eq(r.status, ORR_EVM_SUCCESS);
        ck_assert_uint_eq(output_u64(&r), 1);
        ck_assert_int_eq(10000000 - r.gas_left, (int64_t)len - 10 + 18);
        stop();
        struct orr_heap heap;
        orr_heap_init(&heap);
        struct orr_evm_code *prepared = orr_evm_analyze(&heap.mem, ORR_FORK_CANCUN, code, len);
        if (len > limit) ck_assert_uint_lt(heap.peak_bytes, 2 * len);
        orr_evm_code_free(&heap.mem, prepared);
        ck_assert_uint_eq(heap.used_bytes, 0);
        free(code);
    }
}
END_TEST

ORR_TEST_MAIN("evm", a_sum_is_returned_and_its_gas_is_exact, one_gas_less_than_needed_is_out_of_gas,
              each_exceptional_halt_has_its_name, an_opcode_is_absent_before_its_fork,
              storage_gas_and_refunds_follow_eip_3529, a_call_passes_data_and_returns_data,
              calls_nest_1024_deep_without_native_recursion,
              a_reverted_call_leaves_its_output_and_no_trace, a_static_call_refuses_to_write,
              a_contract_is_created_and_runs, the_machine_allocates_once_and_gives_all_back,
              a_thread_with_a_stack_of_64_kib_runs_1024_nested_calls,
              blocks_check_the_stack_at_its_exact_limit,
              code_of_any_length_runs_and_takes_no_more_memory_than_it_must)
