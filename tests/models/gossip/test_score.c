/* The score's closed formulas.  Names in comments are those of the Go implementation's tests. */
#include "models/gossip/score.h"

#include "sim/base/memory.h"
#include "tests/test.h"

#define SECOND ((orr_time)1000000000)

static struct orr_heap heap;
static struct orr_score_topic topics[2];
static struct orr_score_params params;
static struct orr_score score;
static struct orr_seen seen;
static uint64_t next_key;

/* One topic whose counters do nothing yet; tests set what they look at. */
static void begin(void) {
    topics[0] = (struct orr_score_topic){.is_scored = true, .weight = 0.5, .time_quantum = SECOND,
                                         .first_decay = 0.9, .first_cap = 50, .mesh_decay = 0.9,
                                         .mesh_cap = 100, .mesh_threshold = 20,
                                         .mesh_window = 10000000, .mesh_activation = SECOND,
                                         .failure_decay = 0.9, .invalid_decay = 0.9};
    params = (struct orr_score_params){.n_topics = 1, .topics = topics, .colocation_threshold = 1,
                                       .behaviour_decay = 0.9, .decay_to_zero = 0.01,
                                       .decay_interval = SECOND, .retain = 10 * SECOND};
    orr_heap_init(&heap);
    orr_score_init(&score, &heap.mem, &params);
    orr_seen_init(&seen, &heap.mem);
    next_key = 1;
    orr_score_connect(&score, 7);
}
static void end(void) {
    orr_score_fini(&score);
    orr_seen_fini(&seen);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
static void wants(double value) {
    double got = orr_score_of(&score, 7), off = got > value ? got - value : value - got;
    double size = value < 0 ? -value : value;
    ck_assert_msg(off <= 1e-9 * (size > 1 ? size : 1), "%.17g, not %.17g", got, value);
}
static struct orr_seen_entry *message(orr_time now) { return orr_seen_add(&seen, next_key++, now); }
static void deliver(uint32_t n, orr_time now) {
    for (uint32_t i = 0; i < n; i++) orr_score_deliver(&score, message(now), 7, 0, now);
}

/* ScoreTimeInMesh, ScoreTimeInMeshCap */
START_TEST(time_in_mesh_counts_whole_quanta_up_to_its_cap) {
    begin();
    topics[0].time_weight = 1, topics[0].time_cap = 100;
    wants(0);
    orr_score_graft(&score, 7, 0, 0);
    orr_score_decay(&score, 10 * SECOND - 1);
    wants(0.5 * 9);
    orr_score_decay(&score, 10 * SECOND);
    wants(0.5 * 10);
    orr_score_decay(&score, 1000 * SECOND);
    wants(0.5 * 100);
    orr_score_prune(&score, 7, 0);
    wants(0);
    end();
}
END_TEST

/* ScoreFirstMessageDeliveries, ScoreFirstMessageDeliveriesCap,
 * ScoreFirstMessageDeliveriesDecay */
START_TEST(first_deliveries_are_capped_and_decay) {
    begin();
    topics[0].first_weight = 2;
    deliver(40, 0);
    wants(0.5 * 2 * 40);
    deliver(20, 0);
    wants(0.5 * 2 * 50);
    double left = 50;
    for (int i = 1; i <= 10; i++) {
        orr_score_decay(&score, i * SECOND);
        left *= 0.9;
        wants(0.5 * 2 * left);
    }
    for (int i = 0; i < 100; i++) orr_score_decay(&score, 20 * SECOND);
    wants(0); /* below decay_to_zero it is nothing */
    end();
}
END_TEST

/* ScoreMeshMessageDeliveries */
START_TEST(a_deficit_in_the_mesh_counts_squared_once_it_is_active) {
    begin();
    topics[0].mesh_weight = -1;
    orr_score_graft(&score, 7, 0, 0);
    wants(0);
    orr_score_decay(&score, SECOND); /* not longer than the activation */
    wants(0);
    orr_score_decay(&score, SECOND + 1);
    wants(-0.5 * 20 * 20);
    deliver(8, 2 * SECOND);
    wants(-0.5 * 12 * 12);
    deliver(12, 2 * SECOND);
    wants(0);
    double left = 20; /* ScoreMeshMessageDeliveriesDecay */
    for (int i = 0; i < 5; i++) orr_score_decay(&score, 3 * SECOND), left *= 0.9;
    wants(-0.5 * (20 - left) * (20 - left));
    end();
}
END_TEST

START_TEST(copies_count_within_the_window_and_once_each) {
    begin();
    topics[0].mesh_weight = -1;
    orr_score_connect(&score, 8);
    orr_score_graft(&score, 7, 0, 0);
    orr_score_decay(&score, 2 * SECOND);
    struct orr_seen_entry *m = message(2 * SECOND);
    orr_score_deliver(&score, m, 8, 0, 2 * SECOND);
    orr_score_duplicate(&score, m, 7, 0, 2 * SECOND + 10000000);
    wants(-0.5 * 19 * 19);
    orr_score_duplicate(&score, m, 7, 0, 2 * SECOND + 10000000);
    wants(-0.5 * 19 * 19);
    m = message(3 * SECOND);
    orr_score_deliver(&score, m, 8, 0, 3 * SECOND);
    orr_score_duplicate(&score, m, 7, 0, 3 * SECOND + 10000001);
    wants(-0.5 * 19 * 19);
    orr_score_forget(&score, m);
    end();
}
END_TEST

START_TEST(what_is_missing_at_a_prune_sticks) { /* ScoreMeshFailurePenalty */
    begin();
    topics[0].failure_weight = -1;
    orr_score_graft(&score, 7, 0, 0);
    orr_score_decay(&score, 2 * SECOND);
    wants(0);
    orr_score_prune(&score, 7, 0);
    wants(-0.5 * 20 * 20);
    orr_score_decay(&score, 3 * SECOND);
    wants(-0.5 * 20 * 20 * 0.9);
    end();
}
END_TEST

/* ScoreInvalidMessageDeliveries, ScoreInvalidMessageDeliveriesDecay,
 * ScoreRejectMessageDeliveries */
START_TEST(invalid_messages_count_squared) {
    begin();
    topics[0].invalid_weight = -1;
    for (int i = 0; i < 5; i++) orr_score_reject(&score, message(0), 7, 0);
    wants(-0.5 * 25);
    struct orr_seen_entry *m = message(0); /* ignored: nobody is to blame */
    orr_score_duplicate(&score, m, 7, 0, 0);
    orr_score_ignore(&score, m);
    orr_score_duplicate(&score, m, 7, 0, 0);
    wants(-0.5 * 25);
    m = message(0); /* rejected: all who sent it before, and each who does later */
    orr_score_duplicate(&score, m, 7, 0, 0);
    orr_score_reject(&score, m, 9, 0);
    wants(-0.5 * 36);
    orr_score_duplicate(&score, m, 7, 0, 0);
    wants(-0.5 * 49);
    orr_score_malformed(&score, 7, 0);
    wants(-0.5 * 64);
    orr_score_decay(&score, SECOND);
    wants(-0.5 * 64 * 0.81);
    end();
}
END_TEST

START_TEST(the_application_has_its_say_beside_the_cap) { /* ScoreApplicationScore */
    begin();
    params.app_weight = 0.5, params.topic_cap = 10, topics[0].first_weight = 1;
    for (int i = -100; i < 100; i += 50) {
        orr_score_app(&score, 7, i);
        wants(0.5 * i);
    }
    orr_score_app(&score, 7, 50);
    deliver(50, 0);
    wants(10 + 25);
    end();
}
END_TEST

START_TEST(sharing_an_address_counts_squared) { /* ScoreIPColocation */
    begin();
    params.colocation_weight = -1;
    orr_score_address(&score, 7, 1);
    wants(0);
    for (orr_peer p = 10; p < 14; p++) {
        orr_score_connect(&score, p);
        orr_score_address(&score, p, 1);
        orr_score_address(&score, p, 1); /* the same again is no news */
    }
    wants(-16);
    params.colocation_threshold = 3;
    wants(-4);
    orr_score_app(&score, 13, 1), params.app_weight = 1000;
    orr_score_disconnect(&score, 13, 0); /* of a good score: forgotten with its address */
    wants(-1);
    end();
}
END_TEST

START_TEST(bad_behaviour_counts_squared_above_its_threshold) { /* ScoreBehaviourPenalty */
    begin();
    params.behaviour_weight = -1;
    orr_score_penalty(&score, 6, 3); /* nobody knows peer 6 */
    ck_assert(orr_score_of(&score, 6) == 0);
    orr_score_penalty(&score, 7, 1);
    wants(-1);
    orr_score_penalty(&score, 7, 1);
    wants(-4);
    ck_assert_int_eq(orr_score_behaviour_micro(&score, 7), 2000000);
    ck_assert_int_eq(orr_score_behaviour_micro(&score, 6), 0);
    orr_score_decay(&score, SECOND);
    wants(-1.8 * 1.8);
    params.behaviour_threshold = 1;
    wants(-0.8 * 0.8);
    end();
}
END_TEST

START_TEST(a_bad_record_is_kept_for_a_while_and_a_good_one_is_not) { /* ScoreRetention */
    begin();
    params.app_weight = 1;
    orr_score_app(&score, 7, -1000);
    wants(-1000);
    orr_score_disconnect(&score, 7, 0);
    orr_score_decay(&score, 10 * SECOND);
    wants(-1000);
    orr_score_decay(&score, 10 * SECOND + 1);
    wants(0);
    orr_score_connect(&score, 7);
    wants(-1000); /* what the application thinks outlives the record */
    orr_score_app(&score, 7, 0);
    topics[0].first_weight = 1;
    deliver(2, 0);
    wants(1);
    orr_score_disconnect(&score, 7, 0);
    orr_score_connect(&score, 7);
    wants(0);
    end();
}
END_TEST

START_TEST(millionths_are_rounded_down) {
    begin();
    params.app_weight = 1;
    static const struct { double app; int64_t micro; } cases[] = {
        {0, 0}, {1, 1000000}, {-1e-9, -1}, {1e-9, 0}, {-1, -1000000}, {-4000, -4000000000},
        {1e300, (int64_t)1 << 62}, {-1e300, -((int64_t)1 << 62)}, {0.5, 500000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orr_score_app(&score, 7, cases[i].app);
        ck_assert_int_eq(orr_score_micro(&score, 7), cases[i].micro);
    }
    end();
}
END_TEST

/* TopicScoreParamsValidation_InvalidParams_AtomicValidation,
 * TopicScoreParamsValidation_ValidParams_AtomicValidation,
 * PeerScoreParamsValidation_InvalidParams_AtomicValidation,
 * PeerScoreParamsValidation_ValidParams_AtomicValidation */
START_TEST(parameters_that_the_spec_forbids_are_refused) {
    begin();
    ck_assert_ptr_null(orr_score_refuses(&params));
    const struct { double *at, value; } bad[] = {
        {&topics[0].weight, -1}, {&topics[0].time_weight, -1}, {&topics[0].first_weight, -1},
        {&topics[0].mesh_weight, 1}, {&topics[0].failure_weight, 1},
        {&topics[0].invalid_weight, 1}, {&topics[0].invalid_decay, 1},
        {&topics[0].invalid_decay, 0}, {&params.topic_cap, -1}, {&params.colocation_weight, 1},
        {&params.behaviour_weight, 1}, {&params.behaviour_threshold, -1},
        {&params.decay_to_zero, 0}, {&params.decay_to_zero, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double good = *bad[i].at;
        *bad[i].at = bad[i].value;
        ck_assert_msg(orr_score_refuses(&params), "case %zu", i);
        *bad[i].at = good;
    }
    topics[0].mesh_weight = -1;
    topics[0].mesh_activation = SECOND - 1;
    ck_assert_ptr_nonnull(orr_score_refuses(&params));
    topics[0].mesh_activation = SECOND;
    topics[0].mesh_threshold = topics[0].mesh_cap + 1;
    ck_assert_ptr_nonnull(orr_score_refuses(&params));
    topics[0].is_scored = false; /* whose parameters mean nothing */
    ck_assert_ptr_null(orr_score_refuses(&params));
    params.decay_interval = SECOND - 1;
    ck_assert_ptr_nonnull(orr_score_refuses(&params));
    end();
}
END_TEST

/* Entries come and go in order, and each that is there is found: against a plain array. */
START_TEST(the_seen_cache_finds_what_it_holds_and_nothing_else) {
    begin();
    enum { N = 3000 };
    static uint64_t keys[N];
    uint32_t first = 0, n = 0;
    struct orr_rng rng = orr_rng_stream(3, ORR_RNG_WORKLOAD, 0);
    for (uint32_t turn = 0; turn < 20000 && n < N; turn++) {
        if (first < n && orr_rng_below(&rng, 5) < 2) {
            ck_assert_uint_eq(orr_seen_oldest(&seen)->key, keys[first]);
            orr_seen_drop(&seen);
            ck_assert_ptr_null(orr_seen_find(&seen, keys[first++]));
        } else {
            keys[n] = orr_rng_below(&rng, 4) << 62 | (uint64_t)n << 20; /* keys that crowd */
            orr_seen_add(&seen, keys[n], n);
            n++;
        }
        if (n > first) {
            uint64_t some = keys[first + orr_rng_below(&rng, n - first)];
            ck_assert_uint_eq(orr_seen_find(&seen, some)->key, some);
        }
        ck_assert_ptr_null(orr_seen_find(&seen, 12345));
        ck_assert_uint_eq(seen.n, n - first);
    }
    ck_assert_uint_eq(n, N);
    for (uint32_t i = first; i < n; i++) ck_assert_ptr_nonnull(orr_seen_find(&seen, keys[i]));
    end();
}
END_TEST

ORR_TEST_MAIN("gossip score", time_in_mesh_counts_whole_quanta_up_to_its_cap,
              first_deliveries_are_capped_and_decay,
              a_deficit_in_the_mesh_counts_squared_once_it_is_active,
              copies_count_within_the_window_and_once_each, what_is_missing_at_a_prune_sticks,
              invalid_messages_count_squared, the_application_has_its_say_beside_the_cap,
              sharing_an_address_counts_squared,
              bad_behaviour_counts_squared_above_its_threshold,
              a_bad_record_is_kept_for_a_while_and_a_good_one_is_not,
              millionths_are_rounded_down, parameters_that_the_spec_forbids_are_refused,
              the_seen_cache_finds_what_it_holds_and_nothing_else)
