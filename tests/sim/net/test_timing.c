/* What a model of the network lets happen to a message: bounds that are met and reached, draws that
 * are even, a simulation that keeps them. */
#include "models/base/rng.h"
#include "sim/net/net.h"
#include "sim/net/timing.h"
#include "sim/run/run.h"
#include "tests/test.h"

#define MS ((orr_time)1000000)
enum { DRAWS = 20000 };

static orr_time draw(const struct orr_model_spec *m, orr_time now, orr_time latency, uint64_t u) {
    return orr_timing_draw(m, now, latency, u);
}

START_TEST(a_synchronous_message_takes_between_its_latency_and_delta) {
    struct orr_model_spec m = {.kind = ORR_MODEL_SYNCHRONOUS, .delta = 50 * MS};
    ck_assert_int_eq(draw(&m, 0, 10 * MS, 0), 10 * MS);
    ck_assert_int_eq(draw(&m, 7 * MS, 10 * MS, UINT64_MAX), 50 * MS);
    ck_assert_int_eq(draw(&m, 0, 50 * MS, 1), 50 * MS);
    ck_assert_int_eq(draw(&m, 0, 90 * MS, 1), 50 * MS); /* the bound holds for any link */
    ck_assert_int_eq(draw(&m, 0, 0, 0), 0);
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_LINK, 0);
    uint32_t n_below = 0;
    for (uint32_t i = 0; i < DRAWS; i++)
        n_below += draw(&m, 0, 10 * MS, orr_rng_u64(&rng)) < 20 * MS;
    /* a quarter of them: within 5 standard deviations of sqrt(n p (1 - p)) */
    ck_assert_uint_ge(n_below, DRAWS / 4 - 5 * 62);
    ck_assert_uint_le(n_below, DRAWS / 4 + 5 * 62);
}
END_TEST

START_TEST(what_is_sent_before_gst_arrives_delta_after_it_at_the_latest) {
    struct orr_model_spec m = {.kind = ORR_MODEL_GST, .gst = 1000 * MS, .delta = 50 * MS};
    static const struct { orr_time now, most; } rows[] = {
        {0, 1050}, {400, 650}, {999, 51}, {1000, 50}, {1001, 50}, {500000, 50}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        orr_time now = rows[i].now * MS;
        ck_assert_int_eq(draw(&m, now, 10 * MS, UINT64_MAX), rows[i].most * MS);
        ck_assert_int_eq(draw(&m, now, 10 * MS, 0), 10 * MS);
        ck_assert_int_eq(draw(&m, now, 5000 * MS, 3), rows[i].most * MS);
    }
    m.delta = ORR_NEVER - 1; /* no bound is passed by a sum */
    ck_assert_int_gt(draw(&m, 0, 10 * MS, UINT64_MAX), 0);
}
END_TEST

START_TEST(without_a_bound_twice_as_late_is_half_as_likely_and_nothing_is_lost) {
    struct orr_model_spec m = {.kind = ORR_MODEL_ASYNCHRONOUS};
    uint32_t n_of[24] = {0};
    struct orr_rng rng = orr_rng_stream(2, ORR_RNG_LINK, 0);
    for (uint32_t i = 0; i < DRAWS; i++) {
        orr_time t = draw(&m, 0, 10 * MS, orr_rng_u64(&rng));
        ck_assert(t >= 10 * MS);
        uint32_t k = 0;
        while (t > 10 * MS << (k + 1)) k++;
        n_of[k]++;
    }
    for (uint32_t k = 0; k < 6; k++) {
        uint32_t due = DRAWS >> (k + 1), slack = 0;
        while (slack * slack < 25 * due) slack++;
        ck_assert_msg(n_of[k] + slack >= due && n_of[k] <= due + slack, "%u: %u, %u are due", k,
                      n_of[k], due);
    }
    ck_assert_int_le(draw(&m, 0, 10 * MS, UINT64_MAX), 10 * MS << 21);
    ck_assert_int_gt(draw(&m, 0, 10 * MS, UINT64_MAX), 10 * MS << 20);
    ck_assert_int_gt(draw(&m, 0, ORR_NEVER / 2, UINT64_MAX), 0); /* ten years at most */
}
END_TEST

/* ---- in a run ---- */

static bool passes(const char *model, const char *expect, const char *seed) {
    char model_set[96], expect_set[128];
    snprintf(model_set, sizeof model_set, "network.model=%s", model);
    snprintf(expect_set, sizeof expect_set, "expect=%s", expect);
    const char *const set[] = {model_set, expect_set, seed};
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_load("scenarios/partial-synchrony.yaml", set, 3, &s, &diags);
    struct orr_run_options options = {0};
    struct orr_run_result result = {0};
    if (!error) error = orr_run(s, &options, &result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_int_eq(error, 0);
    bool pass = result.pass;
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return pass;
}

START_TEST(decisions_come_when_the_bound_holds_and_are_safe_before) {
    static const char *const seeds[] = {"seed=1", "seed=2", "seed=3"};
    for (int i = 0; i < 3; i++) {
        ck_assert(passes("{gst: 10 s, delta: 60 ms}", "{agreement: holds}", seeds[i]));
        ck_assert(passes("{synchronous: 60 ms}", "{max_gap: 2 s}", seeds[i]));
        ck_assert(!passes("{gst: 10 s, delta: 60 ms}", "{max_gap: 2 s}", seeds[i]));
        ck_assert(passes("asynchronous", "{agreement: holds}", seeds[i]));
    }
}
END_TEST

ORR_TEST_MAIN("timing", a_synchronous_message_takes_between_its_latency_and_delta,
              what_is_sent_before_gst_arrives_delta_after_it_at_the_latest,
              without_a_bound_twice_as_late_is_half_as_likely_and_nothing_is_lost,
              decisions_come_when_the_bound_holds_and_are_safe_before)
