/* Headers before Paris, and the bounds of all: difficulties worked out by hand for each formula,
 * gas limits at their edges, London's doubling, the DAO fork's ten blocks. */
#include "models/vm/header.h"

#include "tests/test.h"

static struct orr_u256 word(uint64_t v) { return orr_u256_from_u64(v); }

START_TEST(difficulty_follows_each_forks_formula) {
    const uint64_t parent = 2048000; /* a step is 1,000 */
    static const struct {
        enum orr_evm_fork fork;
        uint64_t elapsed;
        bool has_ommers;
        int64_t steps;
    } cases[] = {
        {ORR_FORK_FRONTIER, 12, false, 1},     {ORR_FORK_FRONTIER, 13, false, -1},
        {ORR_FORK_FRONTIER, 9999, false, -1},  {ORR_FORK_HOMESTEAD, 9, false, 1}, /* EIP-2 */
        {ORR_FORK_HOMESTEAD, 10, false, 0},    {ORR_FORK_HOMESTEAD, 20, true, -1},
        {ORR_FORK_HOMESTEAD, 1000, true, -99}, {ORR_FORK_HOMESTEAD, 90000, false, -99},
        {ORR_FORK_BYZANTIUM, 8, false, 1},     {ORR_FORK_BYZANTIUM, 8, true, 2}, /* EIP-100 */
        {ORR_FORK_BYZANTIUM, 9, false, 0},     {ORR_FORK_BYZANTIUM, 9, true, 1},
        {ORR_FORK_BYZANTIUM, 899, false, -98}, {ORR_FORK_BYZANTIUM, 900, false, -99},
        {ORR_FORK_BYZANTIUM, 909, false, -99}, {ORR_FORK_BYZANTIUM, 909, true, -99},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_evm_chain_fork rules = orr_evm_chain_fork(cases[i].fork);
        struct orr_u256 before = word(parent);
        struct orr_u256 got = orr_evm_next_difficulty(&rules, &before, 5, cases[i].has_ommers, 100,
                                                      5 + cases[i].elapsed);
        ck_assert_msg(got.limb[0] == (uint64_t)((int64_t)parent + 1000 * cases[i].steps),
                      "case %zu", i);
    }
    struct orr_evm_chain_fork rules = orr_evm_chain_fork(ORR_FORK_HOMESTEAD);
    struct orr_u256 least = word(131072);
    ck_assert_uint_eq(orr_evm_next_difficulty(&rules, &least, 0, false, 9, 5000).limb[0], 131072);
}
END_TEST

START_TEST(the_bomb_doubles_every_100000_blocks_and_each_delay_moves_it) {
    static const struct {
        enum orr_evm_fork fork;
        uint64_t number, more;
    } cases[] = {
        {ORR_FORK_FRONTIER, 199999, 0},         {ORR_FORK_FRONTIER, 200000, 1},
        {ORR_FORK_HOMESTEAD, 299999, 1},        {ORR_FORK_HOMESTEAD, 300000, 2},
        {ORR_FORK_HOMESTEAD, 2200000, 1 << 20}, {ORR_FORK_HOMESTEAD, 4200000, 1ull << 40},
        {ORR_FORK_BYZANTIUM, 3199999, 0},       {ORR_FORK_BYZANTIUM, 3200000, 1},
        {ORR_FORK_CONSTANTINOPLE, 5200000, 1},  {ORR_FORK_BERLIN, 9200000, 1},
        {ORR_FORK_LONDON, 9899999, 0},          {ORR_FORK_LONDON, 9900000, 1},
    };
    const uint64_t parent = 2048000;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_evm_chain_fork rules = orr_evm_chain_fork(cases[i].fork);
        struct orr_u256 before = word(parent);
        struct orr_u256 got = /* within a second: one step up */
            orr_evm_next_difficulty(&rules, &before, 5, false, cases[i].number, 6);
        ck_assert_msg(got.limb[0] == parent + 1000 + cases[i].more, "case %zu", i);
    }
}
END_TEST

/* A header that may follow the parent. */
static struct orr_evm_header child_of(const struct orr_evm_chain_fork *rules,
                                      const struct orr_evm_header *p) {
    struct orr_evm_header h = {.n_fields = orr_evm_header_fields_of(rules->fork),
                               .number = p->number + 1,
                               .gas_limit = p->gas_limit,
                               .timestamp = p->timestamp + 10,
                               .ommers_hash = orr_keccak256("\xc0", 1)};
    h.difficulty =
        orr_evm_next_difficulty(rules, &p->difficulty, p->timestamp, false, h.number, h.timestamp);
    h.base_fee = orr_evm_next_base_fee(p);
    return h;
}

static struct orr_evm_header parent_of(enum orr_evm_header_fields fields, uint64_t gas_limit) {
    return (struct orr_evm_header){.n_fields = fields,
                                   .number = 7,
                                   .gas_limit = gas_limit,
                                   .gas_used = gas_limit / 2,
                                   .timestamp = 100,
                                   .difficulty = word(2048000),
                                   .base_fee = word(1000),
                                   .ommers_hash = orr_keccak256("\xc0", 1)};
}

static enum orr_evm_block_error check(enum orr_evm_fork fork, uint64_t dao_number,
                                      const struct orr_evm_header *h,
                                      const struct orr_evm_header *parent) {
    struct orr_evm_chain_fork rules = orr_evm_chain_fork(fork);
    struct orr_evm_chain_config config = {.forks = &rules, .n_forks = 1, .dao_number = dao_number};
    struct orr_hash none = {{0}};
    return orr_evm_header_check(&config, &rules, h, parent, &none);
}

START_TEST(a_gas_limit_moves_by_less_than_a_1024th_and_stays_above_5000) {
    static const struct {
        uint64_t before, after;
        enum orr_evm_block_error error;
    } cases[] = {
        {1024000, 1024999, ORR_BLOCK_OK},     {1024000, 1025000, ORR_BLOCK_INVALID_GASLIMIT},
        {1024000, 1023001, ORR_BLOCK_OK},     {1024000, 1023000, ORR_BLOCK_INVALID_GASLIMIT},
        {5120, 5124, ORR_BLOCK_OK},           {5120, 5125, ORR_BLOCK_INVALID_GASLIMIT},
        {5002, 5000, ORR_BLOCK_OK},           {5002, 4999, ORR_BLOCK_INVALID_GASLIMIT},
        {INT64_MAX, INT64_MAX, ORR_BLOCK_OK}, {INT64_MAX, 1ull << 63, ORR_BLOCK_GASLIMIT_TOO_BIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_evm_header parent = parent_of(ORR_HEADER_FRONTIER, cases[i].before);
        struct orr_evm_chain_fork rules = orr_evm_chain_fork(ORR_FORK_HOMESTEAD);
        struct orr_evm_header h = child_of(&rules, &parent);
        h.gas_limit = cases[i].after;
        ck_assert_msg(check(ORR_FORK_HOMESTEAD, UINT64_MAX, &h, &parent) == cases[i].error,
                      "case %zu", i);
    }
}
END_TEST

START_TEST(londons_first_block_doubles_the_gas_limit_and_begins_at_a_gwei) {
    struct orr_evm_header parent = parent_of(ORR_HEADER_FRONTIER, 1024000);
    struct orr_evm_chain_fork rules = orr_evm_chain_fork(ORR_FORK_LONDON);
    struct orr_evm_header h = child_of(&rules, &parent);
    ck_assert_uint_eq(h.base_fee.limb[0], 1000000000);
    ck_assert_int_eq(check(ORR_FORK_LONDON, UINT64_MAX, &h, &parent), ORR_BLOCK_INVALID_GASLIMIT);
    h.gas_limit = 2 * 1024000 + 1999;
    ck_assert_int_eq(check(ORR_FORK_LONDON, UINT64_MAX, &h, &parent), ORR_BLOCK_OK);
    h.gas_limit++;
    ck_assert_int_eq(check(ORR_FORK_LONDON, UINT64_MAX, &h, &parent), ORR_BLOCK_INVALID_GASLIMIT);
    parent = parent_of(ORR_HEADER_LONDON, 1024000); /* from then on it is as before */
    h = child_of(&rules, &parent);
    ck_assert_uint_eq(h.base_fee.limb[0], 1000);
    ck_assert_int_eq(check(ORR_FORK_LONDON, UINT64_MAX, &h, &parent), ORR_BLOCK_OK);
    h.difficulty = word(2048001);
    ck_assert_int_eq(check(ORR_FORK_LONDON, UINT64_MAX, &h, &parent), ORR_BLOCK_INVALID_DIFFICULTY);
}
END_TEST

START_TEST(ten_blocks_of_the_dao_fork_must_say_so) {
    struct orr_evm_header parent = parent_of(ORR_HEADER_FRONTIER, 1024000); /* number 7 */
    struct orr_evm_chain_fork rules = orr_evm_chain_fork(ORR_FORK_HOMESTEAD);
    struct orr_evm_header plain = child_of(&rules, &parent), said = plain;
    said.extra_data = (const uint8_t *)"dao-hard-fork";
    said.extra_data_len = 13;
    struct orr_evm_header longer = said;
    longer.extra_data = (const uint8_t *)"dao-hard-fork!";
    longer.extra_data_len = 14;
    for (uint64_t first = 0; first <= 9; first++) { /* the block is number 8 */
        bool is_one = first <= 8;
        enum orr_evm_block_error error = is_one ? ORR_BLOCK_EXTRA_DATA_INVALID_DAO : ORR_BLOCK_OK;
        ck_assert_int_eq(check(ORR_FORK_HOMESTEAD, first, &said, &parent), ORR_BLOCK_OK);
        ck_assert_int_eq(check(ORR_FORK_HOMESTEAD, first, &plain, &parent), error);
        ck_assert_int_eq(check(ORR_FORK_HOMESTEAD, first, &longer, &parent), error);
    }
    parent.number = 16; /* the block is number 17: of 8 it is the tenth, of 7 the eleventh */
    plain.number = 17;
    ck_assert_int_eq(check(ORR_FORK_HOMESTEAD, 8, &plain, &parent),
                     ORR_BLOCK_EXTRA_DATA_INVALID_DAO);
    ck_assert_int_eq(check(ORR_FORK_HOMESTEAD, 7, &plain, &parent), ORR_BLOCK_OK);
}
END_TEST

ORR_TEST_MAIN("vm.header", difficulty_follows_each_forks_formula,
              the_bomb_doubles_every_100000_blocks_and_each_delay_moves_it,
              a_gas_limit_moves_by_less_than_a_1024th_and_stays_above_5000,
              londons_first_block_doubles_the_gas_limit_and_begins_at_a_gwei,
              ten_blocks_of_the_dao_fork_must_say_so)
