#include "models/base/rng.h"
#include "tests/test.h"

/* Known answers of philox4x32-10 from the Random123 distribution, tests/kat_vectors. */
START_TEST(philox_gives_the_published_answers) {
    static const struct { uint32_t counter[4], key[2], want[4]; } kat[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof kat / sizeof kat[0]; i++) {
        uint32_t out[4];
        orr_philox(kat[i].key[0], kat[i].key[1], kat[i].counter, out);
        ck_assert_mem_eq(out, kat[i].want, sizeof out);
    }
}
END_TEST

START_TEST(a_draw_in_one_stream_moves_no_other) {
    struct orr_rng a = orr_rng_stream(1, ORR_RNG_NODE, 7), b = orr_rng_stream(1, ORR_RNG_NODE, 8);
    uint64_t first = orr_rng_u64(&b);
    for (int i = 0; i < 100; i++) orr_rng_u64(&a);
    b = orr_rng_stream(1, ORR_RNG_NODE, 8);
    ck_assert_uint_eq(orr_rng_u64(&b), first);
    struct orr_rng c = orr_rng_stream(1, ORR_RNG_LINK, 8);
    ck_assert_uint_ne(orr_rng_u64(&c), first);
}
END_TEST

START_TEST(below_covers_its_range_evenly) {
    struct orr_rng r = orr_rng_stream(3, ORR_RNG_NODE, 0);
    int seen[10] = {0};
    for (int i = 0; i < 100000; i++) seen[orr_rng_below(&r, 10)]++;
    for (int i = 0; i < 10; i++) ck_assert_int_lt(abs(seen[i] - 10000), 500); /* 5 sigma is 474 */
}
END_TEST

ORR_TEST_MAIN("base.rng", philox_gives_the_published_answers, a_draw_in_one_stream_moves_no_other,
              below_covers_its_range_evenly)
