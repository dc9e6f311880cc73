/* Clocks of nodes, held to a model that counts every nanosecond. */
#include "tests/sim/engine/world.h"
#include "tests/test.h"

/* ---- one node, two timers ---- */

enum { LOG_MAX = 4096 };
static struct seen {
    orr_time at, now, wall; /* simulation time, the node's clocks */
    uint32_t key;
} seen[LOG_MAX];
static uint32_t n_seen;
static struct orr_sim *simulator;
static orr_time (*next_after)(uint32_t key, orr_time now);

static int clock_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)state, (void)env, (void)cfg;
    return 0;
}
static int clock_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)state;
    ck_assert_uint_lt(n_seen, LOG_MAX);
    seen[n_seen++] = (struct seen){orr_sim_now(simulator), event->now, event->wall, event->key};
    if (event->kind == ORR_START) orr_arm(out, 1, next_after(1, event->now));
    orr_arm(out, event->key, next_after(event->key, event->now));
    return 0;
}
static const struct orr_protocol clock_protocol = {
    .abi = ORR_ABI, .name = "clock", .node_size = 8, .n_timers = 2, .init = clock_init,
    .step = clock_step};

static void begin(struct world *w, orr_time offset, int64_t drift_ppb) {
    world_init(w, 1, &clock_protocol, NULL, MS);
    w->nodes[0].clock_offset = offset;
    w->nodes[0].clock_drift_ppb = drift_ppb;
    world_start(w);
    simulator = w->sim;
    n_seen = 0;
}

static orr_time each_100_ms(uint32_t key, orr_time now) {
    return key ? ORR_NEVER : now + 100 * MS;
}
static void set_back(void *ctx, orr_time now) {
    (void)now;
    orr_sim_clock(ctx, 0, -15000 * MS, 250000000);
}
START_TEST(a_wall_clock_that_is_set_back_stops_no_timer_and_a_fast_one_fires_early) {
    struct world w;
    next_after = each_100_ms;
    begin(&w, 1000 * MS, 250000000); /* a quarter faster: 100 ms take 80 */
    orr_sim_call_at(w.sim, 200 * MS, set_back, w.sim);
    orr_sim_run(w.sim, 400 * MS);
    ck_assert_uint_eq(n_seen, 6);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(seen[i].at, i * 80 * MS);
        ck_assert_int_eq(seen[i].now, i * 100 * MS);
        ck_assert_int_eq(seen[i].wall, seen[i].now + (i < 3 ? 1000 : -14000) * MS);
    }
    world_fini(&w);
}
END_TEST

START_TEST(a_clock_may_be_ahead_without_drift_and_drift_without_being_ahead) {
    next_after = each_100_ms;
    static const struct { orr_time offset; int64_t drift; orr_time every; } rows[] = {
        {1000 * MS, 0, 100 * MS}, {-1000 * MS, 0, 100 * MS}, {0, 250000000, 80 * MS},
        {0, -200000000, 125 * MS}, {0, 0, 100 * MS}, {7, 250000000, 80 * MS}};
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        struct world w;
        begin(&w, rows[k].offset, rows[k].drift);
        orr_sim_run(w.sim, 3 * rows[k].every);
        ck_assert_uint_eq(n_seen, 4);
        for (int i = 0; i < 4; i++) {
            ck_assert_int_eq(seen[i].at, i * rows[k].every);
            ck_assert_int_eq(seen[i].now, i * 100 * MS);
            ck_assert_int_eq(seen[i].wall, seen[i].now + rows[k].offset);
        }
        world_fini(&w);
    }
}
END_TEST

/* ---- drifts that change while timers run ---- */

enum { N_CHANGES = 40, APART = 700 /* ns between two changes of the drift */ };
static int64_t drifts[N_CHANGES + 1];
static struct orr_rng draws;

static orr_time due[2]; /* by the node's clock */
static orr_time at_random(uint32_t key, orr_time now) {
    return due[key] = now + 1 + (orr_time)orr_rng_below(&draws, key ? 3 * APART : 50);
}
static void next_drift(void *ctx, orr_time now) {
    orr_sim_clock(ctx, 0, (orr_time)orr_rng_below(&draws, 1000) - 500, drifts[now / APART]);
}

/* The model: the clock gains 1 + drift every nanosecond; what is less than one is lost at a change.
 */
static orr_time clock_at[N_CHANGES * APART + APART];
static void model(void) {
    orr_time whole = 0;
    uint64_t part = 0; /* in 10^-9 ns */
    for (int t = 0; t < (int)(sizeof clock_at / sizeof clock_at[0]); t++) {
        if (t % APART == 0) part = 0;
        clock_at[t] = whole;
        part += (uint64_t)(1000000000 + drifts[t / APART]);
        whole += (orr_time)(part / 1000000000);
        part %= 1000000000;
    }
}

START_TEST(a_timer_fires_in_the_nanosecond_in_which_the_monotonic_clock_shows_its_time) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct world w;
        draws = orr_rng_stream(seed, ORR_RNG_CLOCK, 0);
        for (int i = 0; i <= N_CHANGES; i++)
            drifts[i] = (int64_t)orr_rng_below(&draws, 2900000000) - 900000000;
        model();
        next_after = at_random;
        due[0] = due[1] = 0;
        begin(&w, 0, drifts[0]);
        for (int i = 1; i < N_CHANGES; i++)
            orr_sim_call_at(w.sim, (orr_time)i * APART, next_drift, w.sim);
        uint32_t n_checked = 0;
        for (orr_time t = 0; t < N_CHANGES * APART; t++) {
            orr_time was_due[2] = {due[0], due[1]};
            orr_sim_run(w.sim, t);
            for (; n_checked < n_seen; n_checked++) {
                const struct seen *one = &seen[n_checked];
                ck_assert(one->at == t && one->now == clock_at[t]);
                ck_assert_int_le(was_due[one->key], clock_at[t]);
            }
            ck_assert(due[0] > clock_at[t] && due[1] > clock_at[t]); /* none is late */
        }
        ck_assert_uint_gt(n_seen, 400);
        world_fini(&w);
    }
}
END_TEST

ORR_TEST_MAIN("sim.clock", a_wall_clock_that_is_set_back_stops_no_timer_and_a_fast_one_fires_early,
              a_clock_may_be_ahead_without_drift_and_drift_without_being_ahead,
              a_timer_fires_in_the_nanosecond_in_which_the_monotonic_clock_shows_its_time)
