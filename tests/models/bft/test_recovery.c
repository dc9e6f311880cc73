/* Power fails for all at once, after any one effect of any one of them, in the midst of a storm
 * that has them lock, unlock and skip rounds; one of them never comes back, and the network is good
 * from then on.  What the others wrote must be enough to agree and to go on: nobody but the dead
 * one may have known what they need.  A failure names what replays it. */
#include "models/bft/tendermint/tendermint.h"
#include "tests/models/bft/watch.h"

enum { N = 4 };

struct storm {
    struct orr_rng rng;
    uint64_t loss_percent;
    orr_time slowest;
    uint32_t cut; /* bitset of one side */
};
static struct storm storm;

static orr_time stormy(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)c, (void)m;
    if ((storm.cut >> from & 1) != (storm.cut >> to & 1)) return ORR_NEVER;
    if (orr_rng_below(&storm.rng, 100) < storm.loss_percent) return ORR_NEVER;
    return MS + (orr_time)orr_rng_below(&storm.rng, (uint64_t)storm.slowest);
}

static void set_up(struct cluster *c, uint64_t seed) {
    cluster_new(c, "tendermint", N, seed);
    watch_new(c);
    cluster_set(c, "timeout_commit", 20 * MS);
    cluster_set(c, "timeout_propose", 120 * MS);
    cluster_set(c, "timeout_prevote", 60 * MS);
    cluster_set(c, "timeout_precommit", 60 * MS);
    cluster_set(c, "timeout_propose_delta", 20 * MS);
    cluster_set(c, "timeout_prevote_delta", 20 * MS);
    cluster_set(c, "timeout_precommit_delta", 20 * MS);
    cluster_set(c, "gossip_interval", 50 * MS);
    cluster_set(c, "part_size", 1024);
    cluster_set(c, "dissemination", seed % (ORR_TM_GOSSIP + 1));
    cluster_set(c, "peer_gossip_sleep", 10 * MS);
    cluster_set(c, "peer_query_maj23_sleep", 200 * MS);
    cluster_set(c, "retain_blocks", seed % 5);
    c->delay = stormy;
    storm.rng = orr_rng_stream(seed, ORR_RNG_PLAN, 0);
}

/* The weather changes every 150 ms for 3 s, or until lightning strikes. */
static void weather(struct cluster *c, uint64_t strike) {
    c->effects_left = strike;
    cluster_start(c);
    for (unsigned phase = 0; phase < 20 && !c->is_struck; phase++) {
        storm.loss_percent = orr_rng_below(&storm.rng, 3) * 20;
        storm.slowest = (orr_time)(1 + orr_rng_below(&storm.rng, 100)) * MS;
        storm.cut = (uint32_t)orr_rng_below(&storm.rng, 1u << N);
        orr_time until = c->now + 150 * MS;
        while (!c->is_struck && cluster_turn(c, until)) {}
    }
}

/* Lightning after effect `strike`, which validator `dead` does not outlive; false: there are not so
 * many effects. */
static bool run(uint64_t seed, uint64_t strike, orr_peer dead) {
    struct cluster c;
    set_up(&c, seed);
    weather(&c, strike);
    bool has_struck = c.is_struck;
    struct watch *w = c.ctx;
    for (orr_peer i = 0; i < N; i++) cluster_crash(&c, i, false);
    for (uint32_t i = 0; i < c.n_flights; i++) orr_msg_unref(&c.pool, c.flights[i].msg);
    c.n_flights = 0; /* what was under way is gone too */
    c.effects_left = 0;
    c.is_struck = false;
    storm.loss_percent = storm.cut = 0;
    storm.slowest = 20 * MS;
    uint64_t most = 0;
    for (orr_peer i = 0; i < N; i++) most = w->heights[i] > most ? w->heights[i] : most;
    for (orr_peer i = 0; i < N; i++)
        if (i != dead) cluster_boot(&c, i);
    cluster_run(&c, c.now + 10000 * MS);
    ck_assert_msg(!w->n_forks && !w->n_root_splits && !w->n_gaps,
                  "agreement is broken; replay: ORRERY_SEED=%lu ORRERY_STRIKE=%lu",
                  (unsigned long)seed, (unsigned long)strike);
    for (orr_peer i = 0; i < N; i++)
        ck_assert_msg(i == dead || w->heights[i] > most,
                      "node %u stays at %lu; replay: ORRERY_SEED=%lu ORRERY_STRIKE=%lu", i,
                      (unsigned long)w->heights[i], (unsigned long)seed, (unsigned long)strike);
    watch_free(&c);
    return has_struck;
}

static uint64_t of_env(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : fallback;
}

/* ORRERY_STRIDE=1 strikes after every effect; each schedule's first strike is another one. */
START_TEST(power_fails_after_any_effect_and_three_of_four_agree_and_go_on) {
    uint64_t seed = of_env("ORRERY_SEED", 0), strike = of_env("ORRERY_STRIKE", 0);
    uint64_t stride = of_env("ORRERY_STRIDE", 97), last = of_env("ORRERY_SCHEDULES", 12);
    for (uint64_t i = seed ? seed : 1; i <= (seed ? seed : last); i++) {
        orr_peer dead = (orr_peer)(i % N);
        if (strike) run(i, strike, dead);
        for (uint64_t k = 1 + 13 * i % stride; !strike && run(i, k, dead); k += stride) {}
    }
}
END_TEST

static orr_time leaky(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m) {
    (void)from, (void)to, (void)m;
    return orr_rng_below(&c->rng, 100) < storm.loss_percent ? ORR_NEVER : 5 * MS;
}

/* Rounds of 120 ms that never grow, messages that are lost for good: some lock a block whose quorum
 * others did not see, and those must come by it although nobody stands still between two ticks of
 * gossip_interval (250 ms), and although most rounds are of other blocks. */
START_TEST(rounds_that_turn_faster_than_anyone_asks_decide_all_the_same) {
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct cluster c;
        cluster_new(&c, "tendermint", 7, seed);
        struct watch *w = watch_new(&c);
        static const char *const short_ones[] = {"timeout_propose", "timeout_prevote",
                                                 "timeout_precommit", "timeout_commit"};
        for (size_t i = 0; i < 4; i++) cluster_set(&c, short_ones[i], i ? 30 * MS : 60 * MS);
        cluster_set(&c, "timeout_propose_delta", 0);
        cluster_set(&c, "timeout_prevote_delta", 0);
        cluster_set(&c, "timeout_precommit_delta", 0);
        cluster_set(&c, "dissemination", ORR_TM_DIRECT);
        c.delay = leaky;
        storm.loss_percent = 2 + seed % 4;
        cluster_start(&c);
        cluster_run(&c, 15000 * MS);
        uint64_t top = 0;
        orr_time gap = 0;
        while (w->is_decided[top + 1]) {
            top++;
            if (top > 1 && w->decided_at[top] - w->decided_at[top - 1] > gap)
                gap = w->decided_at[top] - w->decided_at[top - 1];
        }
        if (c.now - w->decided_at[top] > gap) gap = c.now - w->decided_at[top];
        ck_assert_msg(top >= 50 && gap < 4000 * MS, "seed %llu: %llu heights, a gap of %lld ms",
                      (unsigned long long)seed, (unsigned long long)top, (long long)(gap / MS));
        ck_assert_uint_eq(w->n_forks, 0);
        watch_free(&c);
    }
}
END_TEST

ORR_TEST_MAIN("bft.recovery",
              rounds_that_turn_faster_than_anyone_asks_decide_all_the_same,
              power_fails_after_any_effect_and_three_of_four_agree_and_go_on)
