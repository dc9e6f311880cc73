/* A chain's timetable: the main network's against the fork identifiers that its nodes exchange, and
 * what a configuration leaves out. */
#include "models/vm/chain.h"

#include <string.h>

#include "tests/test.h"

static uint32_t crc32_of(uint32_t crc, const uint8_t *bytes, size_t len) {
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

/* EIP-2124: the CRC-32 of the genesis hash and of each number or time at which rules changed; the
 * values are the EIP's, and for later forks those of its table as clients announce them. */
START_TEST(the_main_networks_timetable_gives_the_fork_identifiers_that_its_nodes_announce) {
    static const uint8_t genesis[32] = {0xd4, 0xe5, 0x67, 0x40, 0xf8, 0x76, 0xae, 0xf8,
                                        0xc0, 0x10, 0xb8, 0x6a, 0x40, 0xd5, 0xf5, 0x67,
                                        0x45, 0xa1, 0x18, 0xd0, 0x90, 0x6a, 0x34, 0xe6,
                                        0x9a, 0xec, 0x8c, 0x0d, 0xb1, 0xcb, 0x8f, 0xa3};
    static const uint32_t ids[] = {0x97c2c34c, 0x91d1f948, 0x7a64da13, 0x3edd5b10, 0xa00bc324,
                                   0x668db0af, 0x879d6e30, 0xe029e991, 0x0eb440f6, 0xb715077d,
                                   0x20c327fc, 0xf0afd0e3, 0xdce96c2d, 0x9f3d2254, 0xc376cf8b,
                                   0x5167e2a6, 0xcba2a1c0, 0x07c9462e};
    const struct orr_evm_chain_config *c = orr_evm_chain_mainnet();
    uint32_t id = crc32_of(0, genesis, sizeof genesis);
    uint64_t last = 0;
    size_t n = 0;
    ck_assert_uint_eq(id, 0xfc64ec04);
    for (size_t i = 0; i < c->n_forks; i++) {
        uint64_t own = c->forks[i].from_time ? c->forks[i].from_time : c->forks[i].from_number;
        uint64_t points[2] = {c->dao_number, own};
        for (int k = 0; k < 2; k++) {
            uint8_t be[8];
            if (points[k] <= last || points[k] > own) continue;
            last = points[k];
            orr_store_be64(be, last);
            id = crc32_of(id, be, sizeof be);
            ck_assert_uint_lt(n, sizeof ids / sizeof ids[0]);
            ck_assert_msg(id == ids[n], "at %llu: %08x, expected %08x", (unsigned long long)last,
                          id, ids[n]);
            n++;
        }
    }
    ck_assert_uint_eq(n, sizeof ids / sizeof ids[0]);
}
END_TEST

START_TEST(the_merge_comes_with_the_work_that_was_done_and_not_with_a_number) {
    const struct orr_evm_chain_config *c = orr_evm_chain_mainnet();
    /* The total difficulty of block 15,537,393, the last one mined, passed 5.875e22. */
    struct orr_u256 before = {{0xd808a128d7380000u - 1, 0xc70, 0, 0}}, after = before;
    after.limb[0]++;
    const struct orr_evm_chain_fork *f = orr_evm_chain_fork_at(c, 15537393, 1663224162, &before);
    ck_assert_int_eq(f->fork, ORR_FORK_LONDON);
    ck_assert_uint_eq(f->bomb_delay, 11400000);
    f = orr_evm_chain_fork_at(c, 15537394, 1663224179, &after);
    ck_assert_int_eq(f->fork, ORR_FORK_PARIS);
    f = orr_evm_chain_fork_at(c, 24000000, 1767747671, &after);
    ck_assert_int_eq(f->fork, ORR_FORK_OSAKA);
    ck_assert_uint_eq(f->blobs.max, 21);
    f = orr_evm_chain_fork_at(c, 24000000, 1767747670, &after);
    ck_assert_uint_eq(f->blobs.max, 15);
}
END_TEST

START_TEST(a_chain_without_contracts_of_its_own_has_the_main_networks) {
    const struct orr_evm_system_contracts own = {.deposit = {{0x42}}};
    struct orr_evm_chain_config c = {.n_forks = 0};
    ck_assert_ptr_eq(orr_evm_chain_contracts(&c), orr_evm_chain_contracts(orr_evm_chain_mainnet()));
    c.contracts = &own;
    ck_assert_ptr_eq(orr_evm_chain_contracts(&c), &own);
}
END_TEST

ORR_TEST_MAIN("vm.chain",
              the_main_networks_timetable_gives_the_fork_identifiers_that_its_nodes_announce,
              the_merge_comes_with_the_work_that_was_done_and_not_with_a_number,
              a_chain_without_contracts_of_its_own_has_the_main_networks)
