/* The scenarios' contracts: what is checked in deploys on our machine and behaves as its source
 * says. */
#include <jansson.h>

#include "models/rollup/deposit.h"
#include "models/vm/contracts/contracts.h"
#include "sim/base/memory.h"
#include "tests/models/vm/world.h"
#include "tests/test.h"

enum { COUNTER = 0x10, TOKEN0, TOKEN1, EXCHANGE, PORTAL, ORIGIN = 0x0a, ALICE = 0x20, BOB };

static struct world *world;
static struct orr_evm *vm;

static void setup(void) {
    world = world_create(ORR_FORK_CANCUN);
    vm = orr_evm_create(&world->mem);
}
static void teardown(void) {
    orr_evm_destroy(vm);
    world_destroy(world);
}

static struct orr_u256 number(uint64_t n) { return orr_u256_from_u64(n); }
static struct orr_u256 who(uint8_t last) { return orr_u256_from_address(world_address(last)); }
static const struct orr_u256 infinite = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

/* Runs a contract's creation code as ALICE and puts the result at `at`. */
static void deploy(const struct orr_evm_contract *contract, uint8_t at,
                   const struct orr_u256 *arguments, size_t n_arguments) {
    size_t len = contract->creation_len + 32 * n_arguments;
    uint8_t *initcode = orr_xrealloc(NULL, len);
    memcpy(initcode, contract->creation, contract->creation_len);
    for (size_t i = 0; i < n_arguments; i++)
        orr_u256_store_be(initcode + contract->creation_len + 32 * i, arguments[i]);
    struct orr_evm_message msg = {.kind = ORR_CREATE,
                                 .gas = 5000000,
                                 .recipient = world_address(at),
                                 .sender = world_address(ALICE),
                                 .input = initcode,
                                 .input_len = len};
    struct orr_evm_result result;
    orr_evm_execute(vm, &world->host, world->fork, &msg, NULL, &result);
    ck_assert_msg(result.status == ORR_EVM_SUCCESS, "%s: %s", contract->name,
                  orr_evm_status_text(result.status));
    ck_assert_uint_eq(result.output_len, contract->runtime_len);
    ck_assert_mem_eq(result.output, contract->runtime, contract->runtime_len);
    world_put(world, world_address(at), 0, contract->runtime, contract->runtime_len);
    free(initcode);
}

/* Calls a function; a word of its result goes to *word when it has one. */
static enum orr_evm_status call(uint8_t from, uint8_t to, unsigned selector, struct orr_u256 *word,
                               size_t n_arguments, const struct orr_u256 *arguments) {
    uint8_t input[4 + 7 * 32];
    ck_assert_uint_le(n_arguments, 7);
    orr_store_be32(input, selector);
    for (size_t i = 0; i < n_arguments; i++) orr_u256_store_be(input + 4 + 32 * i, arguments[i]);
    struct orr_address address = world_address(to);
    struct world_account *a = world_account(world, &address);
    struct orr_evm_message msg = {.kind = ORR_CALL,
                                 .gas = 1000000,
                                 .recipient = address,
                                 .sender = world_address(from),
                                 .code_address = address,
                                 .input = input,
                                 .input_len = 4 + 32 * n_arguments};
    struct orr_evm_code *code = orr_evm_analyze(&world->mem, world->fork, a->code, a->code_len);
    struct orr_evm_result result;
    world_snapshot(world);
    orr_evm_execute(vm, &world->host, world->fork, &msg, code, &result);
    world_settle(world, result.status == ORR_EVM_SUCCESS);
    orr_evm_code_free(&world->mem, code);
    if (word && result.output_len >= 32) *word = orr_u256_load_be(result.output);
    ck_assert(!world->full);
    return result.status;
}
#define CALL(from, to, selector, ...)                                        \
    call(from, to, ORR_##selector, NULL,                                     \
         sizeof((struct orr_u256[]){__VA_ARGS__}) / sizeof(struct orr_u256), \
         (struct orr_u256[]){__VA_ARGS__})

static uint64_t view(uint8_t to, unsigned selector, size_t n_arguments,
                     const struct orr_u256 *arguments) {
    struct orr_u256 word = infinite;
    ck_assert_int_eq(call(BOB, to, selector, &word, n_arguments, arguments), ORR_EVM_SUCCESS);
    ck_assert(!word.limb[1] && !word.limb[2] && !word.limb[3]);
    return word.limb[0];
}
static uint64_t balance(uint8_t token, uint8_t holder) {
    return view(token, ORR_TOKEN_BALANCE_OF, 1, (struct orr_u256[]){who(holder)});
}

START_TEST(selectors_are_the_hashes_of_their_signatures) {
    static const struct {
        unsigned selector;
        const char *signature;
    } all[] = {
#define SELECTOR(constant, selector, signature) {ORR_##constant, signature},
        ORR_CONTRACT_SELECTORS(SELECTOR)
#undef SELECTOR
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct orr_hash hash = orr_keccak256(all[i].signature, strlen(all[i].signature));
        ck_assert_msg(orr_load_be32(hash.bytes) == all[i].selector, "%s", all[i].signature);
    }
}
END_TEST

START_TEST(interfaces_are_json) {
    const struct orr_evm_contract *all[] = {&orr_evm_contract_counter, &orr_evm_contract_token,
                                        &orr_evm_contract_exchange};
    for (int i = 0; i < 3; i++) {
        json_t *abi = json_loads(all[i]->abi, 0, NULL);
        ck_assert_msg(json_is_array(abi) && json_array_size(abi) > 0, "%s", all[i]->name);
        json_decref(abi);
    }
}
END_TEST

START_TEST(a_counter_counts) {
    setup();
    deploy(&orr_evm_contract_counter, COUNTER, NULL, 0);
    ck_assert_uint_eq(view(COUNTER, ORR_COUNTER_COUNT, 0, NULL), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(call(ALICE, COUNTER, ORR_COUNTER_INCREMENT, NULL, 0, NULL),
                         ORR_EVM_SUCCESS);
    ck_assert_int_eq(CALL(BOB, COUNTER, COUNTER_ADD, number(39)), ORR_EVM_SUCCESS);
    ck_assert_uint_eq(view(COUNTER, ORR_COUNTER_COUNT, 0, NULL), 42);
    ck_assert_int_eq(CALL(BOB, COUNTER, COUNTER_ADD, infinite), ORR_EVM_REVERT); /* overflow */
    ck_assert_uint_eq(view(COUNTER, ORR_COUNTER_COUNT, 0, NULL), 42);
    ck_assert_int_eq(call(BOB, COUNTER, 0xdeadbeef, NULL, 0, NULL), ORR_EVM_REVERT);
    teardown();
}
END_TEST

START_TEST(a_token_moves_and_is_conserved) {
    setup();
    deploy(&orr_evm_contract_token, TOKEN0, (struct orr_u256[]){number(1000)}, 1);
    ck_assert_uint_eq(view(TOKEN0, ORR_TOKEN_TOTAL_SUPPLY, 0, NULL), 1000);
    ck_assert_uint_eq(balance(TOKEN0, ALICE), 1000);
    ck_assert_int_eq(CALL(ALICE, TOKEN0, TOKEN_TRANSFER, who(BOB), number(300)), ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance(TOKEN0, ALICE), 700);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 300);
    ck_assert_int_eq(CALL(BOB, TOKEN0, TOKEN_TRANSFER, who(ALICE), number(301)), ORR_EVM_REVERT);
    ck_assert_int_eq(CALL(BOB, TOKEN0, TOKEN_TRANSFER, who(BOB), number(300)), ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 300); /* to oneself */
    ck_assert_uint_eq(balance(TOKEN0, ALICE) + balance(TOKEN0, BOB),
                      view(TOKEN0, ORR_TOKEN_TOTAL_SUPPLY, 0, NULL));
    teardown();
}
END_TEST

START_TEST(a_token_s_allowance_is_used_up) {
    setup();
    deploy(&orr_evm_contract_token, TOKEN0, (struct orr_u256[]){number(1000)}, 1);
    struct orr_u256 pair[2] = {who(ALICE), who(BOB)};
    ck_assert_int_eq(CALL(BOB, TOKEN0, TOKEN_TRANSFER_FROM, who(ALICE), who(BOB), number(1)),
                     ORR_EVM_REVERT);
    ck_assert_int_eq(CALL(ALICE, TOKEN0, TOKEN_APPROVE, who(BOB), number(50)), ORR_EVM_SUCCESS);
    ck_assert_int_eq(CALL(BOB, TOKEN0, TOKEN_TRANSFER_FROM, who(ALICE), who(BOB), number(30)),
                     ORR_EVM_SUCCESS);
    ck_assert_uint_eq(view(TOKEN0, ORR_TOKEN_ALLOWANCE, 2, pair), 20);
    ck_assert_int_eq(CALL(BOB, TOKEN0, TOKEN_TRANSFER_FROM, who(ALICE), who(BOB), number(21)),
                     ORR_EVM_REVERT);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 30);
    teardown();
}
END_TEST

START_TEST(only_the_owner_mints) {
    setup();
    deploy(&orr_evm_contract_token, TOKEN0, (struct orr_u256[]){number(5)}, 1);
    ck_assert_int_eq(CALL(BOB, TOKEN0, TOKEN_MINT, who(BOB), number(7)), ORR_EVM_REVERT);
    ck_assert_int_eq(CALL(ALICE, TOKEN0, TOKEN_MINT, who(BOB), number(7)), ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 7);
    ck_assert_uint_eq(view(TOKEN0, ORR_TOKEN_TOTAL_SUPPLY, 0, NULL), 12);
    teardown();
}
END_TEST

/* Two tokens and an exchange with 1,000,000 and 4,000,000 of them from ALICE; BOB holds some too.
 */
static void open_exchange(void) {
    setup();
    for (uint8_t token = TOKEN0; token <= TOKEN1; token++) {
        deploy(&orr_evm_contract_token, token, (struct orr_u256[]){number(10000000)}, 1);
        ck_assert_int_eq(CALL(ALICE, token, TOKEN_APPROVE, who(EXCHANGE), infinite),
                         ORR_EVM_SUCCESS);
        ck_assert_int_eq(CALL(BOB, token, TOKEN_APPROVE, who(EXCHANGE), infinite), ORR_EVM_SUCCESS);
        ck_assert_int_eq(CALL(ALICE, token, TOKEN_TRANSFER, who(BOB), number(500000)),
                         ORR_EVM_SUCCESS);
    }
    deploy(&orr_evm_contract_exchange, EXCHANGE, (struct orr_u256[]){who(TOKEN0), who(TOKEN1)}, 2);
    ck_assert_int_eq(
        CALL(ALICE, EXCHANGE, EXCHANGE_ADD_LIQUIDITY, number(1000000), number(4000000)),
        ORR_EVM_SUCCESS);
    ck_assert_uint_eq(view(EXCHANGE, ORR_EXCHANGE_TOTAL_SHARES, 0, NULL), 2000000); /* the root */
}
static uint64_t product(void) {
    uint64_t r0 = view(EXCHANGE, ORR_EXCHANGE_RESERVE0, 0, NULL);
    uint64_t r1 = view(EXCHANGE, ORR_EXCHANGE_RESERVE1, 0, NULL);
    ck_assert_uint_eq(r0, balance(TOKEN0, EXCHANGE)); /* the books agree with the tokens */
    ck_assert_uint_eq(r1, balance(TOKEN1, EXCHANGE));
    return r0 * r1;
}

START_TEST(a_swap_pays_the_quote_and_never_lowers_the_product) {
    open_exchange();
    /* 4,000,000 * 10,000 * 997 / (1,000,000 * 1,000 + 10,000 * 997), rounded down */
    struct orr_u256 asked[2] = {number(1), number(10000)};
    ck_assert_uint_eq(view(EXCHANGE, ORR_EXCHANGE_QUOTE, 2, asked), 39486);
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_SWAP, number(1), number(10000), number(39486)),
                     ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 490000);
    ck_assert_uint_eq(balance(TOKEN1, BOB), 539486);
    uint64_t last = product();
    ck_assert_uint_gt(last, 4000000000000u); /* the fee stays */
    for (unsigned i = 0; i < 40; i++) {
        uint64_t paid = 1 + 7919 * i % 10007;
        ck_assert_int_eq(
            CALL(BOB, EXCHANGE, EXCHANGE_SWAP, number(i % 3 == 0), number(paid), number(0)),
            ORR_EVM_SUCCESS);
        uint64_t now = product();
        ck_assert_uint_ge(now, last);
        last = now;
    }
    teardown();
}
END_TEST

START_TEST(a_swap_below_the_wanted_amount_or_beyond_the_funds_changes_nothing) {
    open_exchange();
    uint64_t before = product();
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_SWAP, number(1), number(10000), number(39487)),
                     ORR_EVM_REVERT);
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_SWAP, number(1), number(500001), number(0)),
                     ORR_EVM_REVERT);
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_SWAP, number(1), number(0), number(0)),
                     ORR_EVM_REVERT);
    ck_assert_uint_eq(product(), before);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 500000);
    teardown();
}
END_TEST

START_TEST(a_provider_takes_out_the_share_put_in) {
    open_exchange();
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_ADD_LIQUIDITY, number(100000), number(400000)),
                     ORR_EVM_SUCCESS);
    struct orr_u256 bob = who(BOB);
    ck_assert_uint_eq(view(EXCHANGE, ORR_EXCHANGE_SHARES_OF, 1, &bob), 200000);
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_REMOVE_LIQUIDITY, number(200001)),
                     ORR_EVM_REVERT);
    ck_assert_int_eq(CALL(BOB, EXCHANGE, EXCHANGE_REMOVE_LIQUIDITY, number(200000)),
                     ORR_EVM_SUCCESS);
    ck_assert_uint_eq(balance(TOKEN0, BOB), 500000);
    ck_assert_uint_eq(balance(TOKEN1, BOB), 500000);
    ck_assert_uint_eq(product(), 4000000000000u);
    teardown();
}
END_TEST

/* The last log, which ends with `data_len` bytes of data. */
static bool last_deposit(size_t data_len, struct orr_evm_deposit *deposit) {
    static const struct orr_hash l1_block = {{0}};
    struct orr_u256 words[4];
    struct orr_hash topics[4];
    const uint8_t *data = world->log + world->now.log_len - data_len;
    memcpy(words, data - sizeof words, sizeof words);
    for (int i = 0; i < 4; i++) topics[i] = orr_u256_to_hash(words[i]);
    struct orr_rollup_log log = {topics, 4, data, data_len};
    return !orr_deposit_from_log(&log, &l1_block, 0, deposit);
}

START_TEST(a_portal_logs_what_derivation_reads) {
    const struct orr_u256 data = (struct orr_u256){{[3] = (uint64_t)0xabcdef << 40}};
    struct orr_u256 asked[] = {who(BOB),   number(7), number(21120), number(0),
                               number(160), number(3), data};
    struct orr_evm_deposit d;
    setup();
    world->tx.origin = world_address(ORIGIN);
    deploy(&orr_evm_contract_portal, PORTAL, NULL, 0);
    ck_assert_int_eq(call(ORIGIN, PORTAL, ORR_PORTAL_DEPOSIT, NULL, 7, asked), ORR_EVM_SUCCESS);
    ck_assert(last_deposit(64 + 96, &d));
    ck_assert(orr_address_equal(d.from, world_address(ORIGIN)));
    ck_assert(orr_address_equal(d.to, world_address(BOB)));
    ck_assert(d.value.limb[0] == 7 && orr_u256_is_zero(d.mint) && d.gas == 21120 && !d.is_create);
    ck_assert_uint_eq(d.data_len, 3);
    ck_assert_mem_eq(d.data, "\xab\xcd\xef", 3);
    /* a contract of L1 is another account on L2 (deposits.md, "Address Aliasing") */
    ck_assert_int_eq(call(ALICE, PORTAL, ORR_PORTAL_DEPOSIT, NULL, 7, asked), ORR_EVM_SUCCESS);
    ck_assert(last_deposit(64 + 96, &d));
    struct orr_address alias = world_address(ALICE);
    alias.bytes[0] += 0x11;
    alias.bytes[1] += 0x11;
    alias.bytes[18] += 0x11;
    alias.bytes[19] += 0x11;
    ck_assert(orr_address_equal(d.from, alias));
    size_t before = world->now.log_len;
    asked[2] = number(21119); /* 21,000 and 40 for each byte */
    ck_assert_int_eq(call(ORIGIN, PORTAL, ORR_PORTAL_DEPOSIT, NULL, 7, asked), ORR_EVM_REVERT);
    asked[2] = number(21120);
    asked[3] = number(1); /* a creation has no recipient */
    ck_assert_int_eq(call(ORIGIN, PORTAL, ORR_PORTAL_DEPOSIT, NULL, 7, asked), ORR_EVM_REVERT);
    ck_assert_uint_eq(world->now.log_len, before);
    asked[0] = number(0);
    ck_assert_int_eq(call(ORIGIN, PORTAL, ORR_PORTAL_DEPOSIT, NULL, 7, asked), ORR_EVM_SUCCESS);
    ck_assert(last_deposit(64 + 96, &d) && d.is_create);
    teardown();
}
END_TEST

ORR_TEST_MAIN("vm.contracts", selectors_are_the_hashes_of_their_signatures, interfaces_are_json,
              a_counter_counts, a_token_moves_and_is_conserved, a_token_s_allowance_is_used_up,
              only_the_owner_mints, a_swap_pays_the_quote_and_never_lowers_the_product,
              a_swap_below_the_wanted_amount_or_beyond_the_funds_changes_nothing,
              a_provider_takes_out_the_share_put_in, a_portal_logs_what_derivation_reads)
