/* Probabilities as parts of 2^32. */
#include "models/protocol.h"
#include "sim/net/network.h"
#include "tests/test.h"

START_TEST(parts_in_10_9_become_parts_of_2_32_rounded_down_and_all_is_almost_all) {
    for (uint64_t ppb = 0; ppb < 1000000000; ppb += 999983)
        ck_assert_uint_eq(orr_chance_q32(ppb), ppb * UINT64_C(4294967296) / 1000000000);
    ck_assert_uint_eq(orr_chance_q32(1), 4);
    ck_assert_uint_eq(orr_chance_q32(500000000), UINT64_C(1) << 31);
    ck_assert_uint_eq(orr_chance_q32(999999999), UINT32_MAX - 4);
    ck_assert_uint_eq(orr_chance_q32(1000000000), UINT32_MAX);
    ck_assert_uint_eq(orr_chance_q32(ORR_UNSET), 0);
}
END_TEST

ORR_TEST_MAIN("net.chance",
              parts_in_10_9_become_parts_of_2_32_rounded_down_and_all_is_almost_all)
