/* go-ethereum's genesis.json: what its "config" makes of a chain, and what is refused. */
#include "sim/genesis/genesis.h"

#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static char why[ORR_GENESIS_WHY_BYTES];

static int read_config(const char *text, struct orr_genesis_config *out) {
    json_error_t error;
    json_t *config = json_loads(text, 0, &error);
    ck_assert_msg(config != NULL, "%s", error.text);
    int result = orr_genesis_config(config, out, why);
    json_decref(config);
    return result;
}

/* All forks to London from the first block on. */
#define TO_LONDON                                                                               \
    "\"homesteadBlock\":0,\"eip150Block\":0,\"eip155Block\":0,\"eip158Block\":0,"               \
    "\"byzantiumBlock\":0,\"constantinopleBlock\":0,\"petersburgBlock\":0,\"istanbulBlock\":0," \
    "\"berlinBlock\":0,\"londonBlock\":0"

static const struct orr_evm_chain_fork *at(const struct orr_genesis_config *c, uint64_t number,
                                           uint64_t time, uint64_t work) {
    const struct orr_u256 reached = orr_u256_from_u64(work);
    return orr_evm_chain_fork_at(&c->chain, number, time, &reached);
}

START_TEST(forks_begin_at_their_blocks_and_times) {
    struct orr_genesis_config c;
    ck_assert_int_eq(read_config("{\"chainId\": 7, \"homesteadBlock\": 1, \"eip150Block\": 2,"
                                 "\"eip155Block\": 3, \"eip158Block\": 3, \"byzantiumBlock\": 4}",
                                 &c),
                     0);
    ck_assert_uint_eq(c.chain.chain_id.limb[0], 7);
    static const enum orr_evm_fork forks[] = {ORR_FORK_FRONTIER,  ORR_FORK_HOMESTEAD,
                                              ORR_FORK_EIP150,    ORR_FORK_EIP158,
                                              ORR_FORK_BYZANTIUM, ORR_FORK_BYZANTIUM};
    for (uint64_t i = 0; i < 6; i++) ck_assert_int_eq(at(&c, i, i, 0)->fork, forks[i]);
    ck_assert_int_eq(read_config("{" TO_LONDON ", \"terminalTotalDifficulty\": \"0x10\","
                                 "\"shanghaiTime\": 5, \"cancunTime\": \"0x9\"}",
                                 &c),
                     0);
    ck_assert_int_eq(at(&c, 9, 9, 15)->fork, ORR_FORK_LONDON);
    ck_assert_int_eq(at(&c, 9, 4, 16)->fork, ORR_FORK_PARIS);
    ck_assert_int_eq(at(&c, 9, 8, 16)->fork, ORR_FORK_SHANGHAI);
    ck_assert_int_eq(at(&c, 9, 9, 16)->fork, ORR_FORK_CANCUN);
}
END_TEST

START_TEST(each_fork_has_its_blob_schedule_and_the_main_networks_where_none_is_given) {
    struct orr_genesis_config c;
    static const char text[] =
        "{" TO_LONDON ", \"terminalTotalDifficulty\": 0, \"shanghaiTime\": 0, \"cancunTime\": 10,"
        "\"pragueTime\": 20, \"osakaTime\": 30, \"bpo1Time\": 40, \"bpo2Time\": 50,"
        "\"bpo3Time\": 60, \"blobSchedule\": {\"prague\": {\"target\": 1, \"max\": 2,"
        "\"baseFeeUpdateFraction\": 3}, \"bpo3\": {\"target\": 30, \"max\": 40,"
        "\"baseFeeUpdateFraction\": 50}}}";
    ck_assert_int_eq(read_config(text, &c), 0);
    static const struct {
        uint64_t time;
        unsigned max;
        uint64_t fraction;
    } expected[] = {{10, 6, 3338477},  {20, 2, 3},         {30, 2, 3}, /* Osaka keeps Prague's */
                    {40, 15, 8346193}, {50, 21, 11684671}, {60, 40, 50}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct orr_evm_chain_fork *f = at(&c, 1, expected[i].time, 0);
        ck_assert_uint_eq(f->blobs.max, expected[i].max);
        ck_assert_uint_eq(f->blobs.update_fraction, expected[i].fraction);
        ck_assert_uint_ne(at(&c, 1, expected[i].time - 1, 0)->blobs.max + (i == 2),
                          expected[i].max);
    }
}
END_TEST

START_TEST(glaciers_move_the_difficulty_bomb_only_where_they_are) {
    struct orr_genesis_config c;
    ck_assert_int_eq(read_config("{" TO_LONDON "}", &c), 0);
    ck_assert_uint_eq(at(&c, 0, 0, 0)->bomb_delay, 9700000);
    ck_assert_int_eq(read_config("{" TO_LONDON ", \"grayGlacierBlock\": 3}", &c), 0);
    ck_assert_uint_eq(at(&c, 2, 0, 0)->bomb_delay, 9700000);
    ck_assert_uint_eq(at(&c, 3, 0, 0)->bomb_delay, 11400000);
    ck_assert_uint_eq(c.chain.dao_number, UINT64_MAX);
    ck_assert_int_eq(read_config("{\"homesteadBlock\": 0, \"daoForkBlock\": 5,"
                                 "\"daoForkSupport\": true}",
                                 &c),
                     0);
    ck_assert_uint_eq(c.chain.dao_number, 5);
}
END_TEST

START_TEST(contracts_are_where_the_configuration_puts_them) {
    struct orr_genesis_config c;
    const struct orr_evm_system_contracts *main = orr_evm_chain_contracts(orr_evm_chain_mainnet());
    ck_assert_int_eq(read_config("{\"depositContractAddress\":"
                                 "\"0x4242424242424242424242424242424242424242\"}",
                                 &c),
                     0);
    const struct orr_evm_system_contracts *own = orr_evm_chain_contracts(&c.chain);
    for (int i = 0; i < 20; i++) ck_assert_uint_eq(own->deposit.bytes[i], 0x42);
    ck_assert_mem_eq(&own->history, &main->history, 20);
    ck_assert_int_eq(read_config("{\"systemContracts\": {\"history\":"
                                 "\"0x4242424242424242424242424242424242424242\"}}",
                                 &c),
                     0);
    own = orr_evm_chain_contracts(&c.chain);
    ck_assert_mem_eq(&own->deposit, &main->deposit, 20);
    ck_assert_uint_eq(own->history.bytes[0], 0x42);
    ck_assert_int_eq(orr_genesis_config(NULL, &c, why), 0); /* no configuration at all */
    ck_assert_uint_eq(c.chain.dao_number, 1920000);
}
END_TEST

START_TEST(what_is_wrong_with_a_configuration_is_named) {
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[]", "config is no object"},
        {"{\"chainId\": \"x\"}", "chainId is no number"},
        {"{\"homesteadBlock\": -1}", "homesteadBlock is no block number"},
        {"{\"eip150Block\": 1}", "eip150Block is given, but homesteadBlock is not"},
        {"{\"homesteadBlock\": 2, \"eip150Block\": 1}", "eip150Block comes before"},
        {"{\"homesteadBlock\": 0, \"eip150Block\": 0, \"eip155Block\": 1, \"eip158Block\": 2}",
         "eip155Block and eip158Block differ"},
        {"{" TO_LONDON ", \"shanghaiTime\": 1}", "terminalTotalDifficulty is not"},
        {"{" TO_LONDON ", \"terminalTotalDifficulty\": 0, \"shanghaiTime\": 2, \"cancunTime\": 1}",
         "cancunTime comes before"},
        {"{\"londonTime\": 1}", "londonTime: the rules of this fork are not known"},
        {"{\"depositContractAddress\": \"0x42\"}", "depositContractAddress is no address"},
        {"{\"systemContracts\": {\"history\": 1}}", "systemContracts.history is no address"},
        {"{" TO_LONDON ", \"terminalTotalDifficulty\": 0, \"shanghaiTime\": 0, \"cancunTime\": 0,"
         "\"blobSchedule\": {\"cancun\": {\"target\": 3, \"max\": 2}}}",
         "blobSchedule.cancun.max"},
        {"{" TO_LONDON ", \"terminalTotalDifficulty\": 0, \"shanghaiTime\": 0, \"cancunTime\": 0,"
         "\"pragueTime\": 0, \"osakaTime\": 0, \"bpo4Time\": 9}",
         "bpo4Time is given, but blobSchedule.bpo4 is not"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_genesis_config c;
        ck_assert_int_eq(read_config(cases[i].text, &c), ORR_EFORMAT);
        ck_assert_msg(strstr(why, cases[i].why) != NULL, "%s: %s", cases[i].text, why);
    }
    struct orr_genesis_config c; /* a fork that is not planned, and keys of other programs */
    ck_assert_int_eq(read_config("{\"amsterdamTime\": null, \"ethash\": {}, \"clique\": 1}", &c),
                     0);
}
END_TEST

/* The first block of the main network, but for its accounts: the hash of its header is known. */
START_TEST(the_first_blocks_header_has_the_hash_that_its_network_knows) {
    static const char text[] =
        "{\"nonce\": \"0x42\", \"timestamp\": \"0x0\", \"extraData\":"
        "\"0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa\","
        "\"gasLimit\": \"0x1388\", \"difficulty\": \"0x400000000\", \"baseFeePerGas\": null}";
    static const char root[] = "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544";
    static const char hash[] = "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3";
    struct orr_heap heap;
    struct orr_hash state_root;
    struct orr_buffer bytes, extra;
    struct orr_evm_header header;
    char got[65];
    json_t *genesis = json_loads(text, 0, NULL);
    orr_heap_init(&heap);
    ck_assert_int_eq(orr_hex_decode(root, &bytes), 0);
    memcpy(state_root.bytes, bytes.bytes, 32);
    free(bytes.bytes);
    ck_assert_int_eq(
        orr_genesis_header(genesis, orr_evm_chain_mainnet(), &state_root, &header, &extra, why), 0);
    struct orr_hash own = orr_evm_header_hash(&heap.mem, &header);
    orr_hex_encode(got, own.bytes, 32);
    ck_assert_str_eq(got, hash);
    free(extra.bytes);
    json_object_set_new(genesis, "mixHash", json_string("0x12"));
    ck_assert_int_eq(
        orr_genesis_header(genesis, orr_evm_chain_mainnet(), &state_root, &header, &extra, why),
        ORR_EFORMAT);
    ck_assert_str_eq(why, "mixHash is not 32 bytes");
    free(extra.bytes);
    json_decref(genesis);
}
END_TEST

START_TEST(a_config_written_and_read_again_is_the_same_timetable) {
    static const char *const texts[] = {
        "{\"chainId\": 1337, " TO_LONDON ", \"terminalTotalDifficulty\": 0}",
        "{\"chainId\": \"0xffffffffffffffffff\", " TO_LONDON ", \"terminalTotalDifficulty\": 0,"
        "\"shanghaiTime\": 0, \"cancunTime\": 0, \"pragueTime\": 5, \"blobSchedule\":"
        "{\"cancun\": {\"target\": 1, \"max\": 2, \"baseFeeUpdateFraction\": 3}},"
        "\"depositContractAddress\": \"0x4242424242424242424242424242424242424242\"}",
        "{" TO_LONDON ", \"terminalTotalDifficulty\": 0, \"shanghaiTime\": 0, \"cancunTime\": 10,"
        "\"pragueTime\": 20, \"osakaTime\": 30, \"bpo1Time\": 40, \"bpo2Time\": 50,"
        "\"systemContracts\": {\"history\": \"0x4242424242424242424242424242424242424242\"}}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct orr_genesis_config a, b;
        ck_assert_int_eq(read_config(texts[i], &a), 0);
        json_t *json = orr_genesis_config_json(&a.chain);
        ck_assert_msg(!orr_genesis_config(json, &b, why), "%s", why);
        json_decref(json);
        ck_assert(orr_u256_equal(a.chain.chain_id, b.chain.chain_id));
        ck_assert_mem_eq(&a.contracts, &b.contracts, sizeof a.contracts);
        for (uint64_t time = 0; time < 70; time += 5) {
            const struct orr_evm_chain_fork *f = at(&a, 0, time, 0), *g = at(&b, 0, time, 0);
            ck_assert_int_eq(f->fork, g->fork);
            ck_assert_uint_eq(f->from_time, g->from_time);
            if (f->fork < ORR_FORK_CANCUN) continue; /* no blobs yet */
            ck_assert_mem_eq(&f->blobs, &g->blobs, sizeof f->blobs);
        }
    }
}
END_TEST

ORR_TEST_MAIN("vm.genesis", forks_begin_at_their_blocks_and_times,
              each_fork_has_its_blob_schedule_and_the_main_networks_where_none_is_given,
              glaciers_move_the_difficulty_bomb_only_where_they_are,
              contracts_are_where_the_configuration_puts_them,
              what_is_wrong_with_a_configuration_is_named,
              the_first_blocks_header_has_the_hash_that_its_network_knows,
              a_config_written_and_read_again_is_the_same_timetable)
