/* The rollup's benchmarks do what they say, before they tell how fast. */
#include "sim/cli/bench.h"

#include <math.h>
#include <string.h>

#include "tests/test.h"

struct heard {
    uint32_t n;
    struct orr_figure last[4];
};
static void hear(void *ctx, const struct orr_figure *figure) {
    struct heard *h = ctx;
    ck_assert_uint_lt(h->n, 4);
    h->last[h->n++] = *figure;
}

START_TEST(a_span_and_a_game_give_their_figures) {
    struct heard h = {0};
    ck_assert_int_eq(orr_bench_rollup_span(hear, &h), 0);
    ck_assert_uint_eq(h.n, 2);
    ck_assert_str_eq(h.last[0].name, "rollup-span, decode");
    ck_assert(h.last[0].value > 0 && h.last[0].ratio > 0 && h.last[1].value > 0);
    ck_assert(isnan(h.last[1].ratio)); /* it has no yardstick */
    ck_assert_int_eq(orr_bench_rollup_game(hear, &h), 0);
    ck_assert_uint_eq(h.n, 3);
    ck_assert_str_eq(h.last[2].name, "rollup-game, depth 73");
    ck_assert(h.last[2].value >= 0);
}
END_TEST

ORR_TEST_MAIN("rollup benchmarks", a_span_and_a_game_give_their_figures)
