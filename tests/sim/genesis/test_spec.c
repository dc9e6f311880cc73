/* A genesis.json as what validators begin with: its bytes say the same, and what they could not
 * build on is refused with the reason. */
#include "sim/genesis/spec.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/chain/spec.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static char why[ORR_GENESIS_WHY_BYTES];
static unsigned line;

#define FORKS                                                                                   \
    "\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,\"eip158Block\":0,"               \
    "\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0,\"istanbulBlock\":0," \
    "\"berlinBlock\":0,\"londonBlock\":0,\"terminalTotalDifficulty\":0,\"shanghaiTime\":0,"     \
    "\"cancunTime\":0"
#define WHO "\"0x00000000000000000000000000000000000000aa\""
#define SEVEN_CODE \
    "\"0x00000961ef480eb55e80d19ad83579a64c007002\":{\"balance\":0,\"code\":\"0x00\"}"
#define OTHER_CODE \
    "\"0x0000bbddc7ce488642fb579f8b00f3a590007251\":{\"balance\":0,\"code\":\"0x00\"}"

static int read(const char *text, struct orr_buffer *spec) {
    why[0] = 0;
    return orr_genesis_spec(text, strlen(text), spec, &line, why);
}

START_TEST(the_bytes_say_what_the_file_says) {
    static const char text[] =
        "{\"config\":{\"chainId\":77," FORKS "},\"gasLimit\":\"0x989680\",\"timestamp\":1700000000,"
        "\"extraData\":\"0x0102\",\"alloc\":{" WHO ":{\"balance\":123456789012345678901234567890,"
        "\"nonce\":\"0x5\",\"code\":\"0x6001\",\"storage\":{\"0x01\":\"0x02\"}}}}";
    struct orr_buffer spec;
    ck_assert_msg(!read(text, &spec), "%s", why);
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_chain_spec s;
    ck_assert_int_eq(orr_chain_spec_decode(spec.bytes, spec.len, store, &s), 0);
    ck_assert_uint_eq(s.config.chain_id.limb[0], 77);
    ck_assert_uint_eq(s.header.timestamp, 1700000000);
    ck_assert_uint_eq(s.header.gas_limit, 10000000);
    ck_assert_uint_eq(s.header.extra_data_len, 2);
    struct orr_address who = {{[19] = 0xaa}};
    ck_assert_uint_eq(orr_evm_state_nonce(s.state, &who), 5);
    ck_assert_uint_eq(orr_evm_state_balance(s.state, &who).limb[1],
                      6692605942u);
    struct orr_u256 one = {{1}}, value = orr_evm_state_storage(s.state, &who, &one);
    ck_assert_uint_eq(value.limb[0], 2);
    orr_chain_spec_free(&s);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
    free(spec.bytes);
}
END_TEST

START_TEST(what_no_validator_can_build_on_is_refused_with_the_reason) {
    static const struct {
        const char *text, *why;
        unsigned line;
    } cases[] = {
        {"{\n\"config\":\n{,}}", "string or '}' expected near ','", 3},
        {"", "unexpected token near end of file", 1},
        {"[]", "a genesis is an object", 0},
        {"{\"config\":{" FORKS "},\"gasLimit\":9000000}", "alloc: no object of accounts", 0},
        {"{\"config\":{" FORKS "},\"gasLimit\":9000000,\"alloc\":{" WHO ":{\"nonce\":-1}}}",
         "alloc: account 0x00000000000000000000000000000000000000aa: nonce is malformed", 0},
        {"{\"config\":{" FORKS "},\"gasLimit\":4999,\"alloc\":{}}", "gasLimit: a block has", 0},
        {"{\"config\":{" FORKS "},\"gasLimit\":5000,\"number\":1,\"alloc\":{}}",
         "number: the first", 0},
        {"{\"config\":{" FORKS "},\"gasLimit\":5000,\"timestamp\":\"0xffffffffffff\",\"alloc\":{}}",
         "timestamp: it is too far", 0},
        {"{\"config\":{" FORKS
         "},\"gasLimit\":5000,\"extraData\":\"0x000102030405060708090a0b0c0d0e0f"
         "101112131415161718191a1b1c1d1e1f20\",\"alloc\":{}}",
         "extraData: it has 32", 0},
        {"{\"config\":{\"homesteadBlock\":0},\"gasLimit\":5000,\"alloc\":{}}",
         "config: the rules of the first block are older than Paris", 0},
        {"{\"config\":{" FORKS ",\"pragueTime\":90},\"gasLimit\":5000,\"alloc\":{" OTHER_CODE "}}",
         "alloc: the contract of withdrawal requests (EIP-7002)", 0},
        {"{\"config\":{" FORKS ",\"pragueTime\":0},\"gasLimit\":5000,\"alloc\":{" SEVEN_CODE "}}",
         "alloc: the contract of consolidation requests (EIP-7251)", 0},
        {"{\"config\":{" FORKS ",\"moonTime\":0},\"gasLimit\":5000,\"alloc\":{}}",
         "config: moonTime", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_buffer spec;
        ck_assert_int_eq(read(cases[i].text, &spec), ORR_EFORMAT);
        ck_assert_msg(!strncmp(why, cases[i].why, strlen(cases[i].why)), "case %zu: %s", i, why);
        ck_assert_msg(line == cases[i].line, "case %zu: line %u", i, line);
    }
    struct orr_buffer spec;
    ck_assert_msg(!read("{\"config\":{" FORKS
                        ",\"pragueTime\":0},\"gasLimit\":5000,\"alloc\":{" SEVEN_CODE "," OTHER_CODE
                        "}}",
                        &spec),
                  "%s", why);
    free(spec.bytes);
}
END_TEST

ORR_TEST_MAIN("genesis as validators begin with it", the_bytes_say_what_the_file_says,
              what_no_validator_can_build_on_is_refused_with_the_reason)
