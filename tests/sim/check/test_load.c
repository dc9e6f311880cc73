/* The oracles of load: percentiles of latency, throughput; exact figures, clean runs, planted bugs.
 */
#include "tests/sim/check/world.h"

/* 100 transactions, one every 2 s; number i is committed i * 10 ms later by node i % 5, and 50 ms
 * after that by the others.  With `lost` of them never committed. */
static void run_load(struct world *w, int lost) {
    world_start(w);
    for (int i = 1; i <= 100; i++) {
        w->now = 2 * i * S;
        submit(w, (orr_peer)(i % 5), 500 + (uint64_t)i);
        w->now += i * 10 * MS;
        bool drops = i > 100 - lost;
        struct decision d = {.height = (uint64_t)i,
                             .value = (uint8_t)i,
                             .n_txs = !drops,
                             .txs = {500 + (uint64_t)i}};
        decide_as(w, (orr_peer)(i % 5), d);
        w->now += 50 * MS;
        for (orr_peer node = 0; node < 5; node++)
            if (node != (orr_peer)(i % 5)) decide_as(w, node, d);
    }
}

START_TEST(percentiles_are_those_of_the_nearest_rank) {
    struct world w;
    world_init(&w);
    run_load(&w, 0);
    finish(&w, 202 * S);
    struct orr_measures m = orr_check_measures(w.check);
    ck_assert_int_eq(m.first_p50, 500 * MS);
    ck_assert_int_eq(m.first_p90, 900 * MS);
    ck_assert_int_eq(m.first_p99, 990 * MS);
    ck_assert_int_eq(m.first_max, 1000 * MS);
    ck_assert_int_eq(m.all_p50, 550 * MS);
    ck_assert_int_eq(m.all_max, 1050 * MS);
    ck_assert_uint_eq(m.n_submitted, 100);
    ck_assert_uint_eq(m.n_committed, 100);
    /* from 2 s to the last commit at 201 s */
    ck_assert_uint_eq(m.throughput_nhz, 100ull * 1000000000 / 199);
    world_end(&w);
}
END_TEST

START_TEST(a_rank_between_two_samples_is_the_upper_one) {
    struct world w;
    world_init(&w);
    world_start(&w);
    submit(&w, 0, 1), w.now = 10 * MS, submit(&w, 0, 2), w.now = 20 * MS, submit(&w, 0, 3);
    w.now = 100 * MS; /* latencies 100, 90 and 80 ms */
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .n_txs = 3, .txs = {1, 2, 3}});
    finish(&w, S);
    struct orr_measures m = orr_check_measures(w.check);
    ck_assert_int_eq(m.first_p50, 90 * MS); /* rank ceil(1.5) */
    ck_assert_int_eq(m.first_p90, 100 * MS);
    world_end(&w);
}
END_TEST

START_TEST(a_bound_holds_or_breaks_to_the_nanosecond) {
    for (int tight = 0; tight < 2; tight++) {
        struct world w;
        world_init(&w);
        struct orr_expect_spec *e = &w.scenario.expect;
        e->p50 = 500 * MS + !tight, e->p90 = 900 * MS + !tight;
        e->p99 = 990 * MS + !tight, e->max = 1000 * MS + !tight;
        run_load(&w, 0);
        finish(&w, 202 * S);
        ck_assert_uint_eq(w.n_verdicts, 4);
        for (uint32_t i = 0; i < 4; i++) ck_assert_int_eq(w.verdicts[i].pass, !tight);
        ck_assert_str_eq(verdict(&w, "latency.p99")->observed, "0.99 s");
        if (tight)
            expect_verdict(&w, "latency.p90", false,
                           "p90 is not below 0.9 s: 11 of 100 transactions took as long or longer, "
                           "0 of them were never committed");
        world_end(&w);
    }
}
END_TEST

START_TEST(lost_transactions_count_as_slow_once_they_have_waited_as_long_as_the_bound) {
    struct world w;
    world_init(&w);
    w.scenario.expect.p50 = 2 * S;
    w.scenario.expect.p99 = 2 * S;
    run_load(&w, 3);
    submit(&w, 0, 9999); /* a moment before the end: not counted */
    finish(&w, w.now + 900 * MS);
    expect_verdict(&w, "latency.p50", true, "97 of 99 transactions below; 2 were never committed");
    expect_verdict(&w, "latency.p99", false, "2 of them were never committed");
    ck_assert_uint_eq(orr_check_measures(w.check).n_to_faulty, 0); /* correct nodes had them */
    ck_assert_uint_eq(orr_check_measures(w.check).n_committed, 97);
    world_end(&w);
}
END_TEST

START_TEST(what_was_sent_to_a_node_that_is_down_or_byzantine_does_not_count) {
    struct world w;
    world_init(&w);
    w.scenario.expect.max = S;
    world_fault(&w, ORR_FAULT_CRASH, 0, ORR_NEVER);
    world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, 3, true), fault(&w, 1, 4, true);
    submit(&w, 3, 1), submit(&w, 4, 2), submit(&w, 0, 3);
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .n_txs = 1, .txs = {3}});
    finish(&w, 50 * S);
    expect_verdict(&w, "latency.max", true, "1 of 1 transactions below");
    ck_assert_uint_eq(orr_check_measures(w.check).n_to_faulty, 2);
    world_end(&w);
}
END_TEST

START_TEST(a_transaction_sent_to_several_nodes_counts_once_from_its_first_submission) {
    struct world w;
    world_init(&w);
    world_start(&w);
    for (orr_peer node = 0; node < 5; node++, w.now += MS) submit(&w, node, 7);
    w.now = S;
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .n_txs = 1, .txs = {7}});
    finish(&w, 2 * S);
    ck_assert_uint_eq(orr_check_measures(w.check).n_submitted, 1);
    ck_assert_int_eq(orr_check_measures(w.check).first_max, S);
    world_end(&w);
}
END_TEST

START_TEST(without_transactions_a_percentile_has_nothing_to_hold_and_fails) {
    struct world w;
    world_init(&w);
    w.scenario.expect.p99 = S;
    world_start(&w);
    decide_all(&w, 0, 5, 1, 3);
    finish(&w, S);
    ck_assert(!verdict(&w, "latency.p99")->pass);
    ck_assert_str_eq(verdict(&w, "latency.p99")->observed,
                     "not judged: no transaction that counts");
    world_end(&w);
}
END_TEST

START_TEST(throughput_counts_from_the_first_submission_to_the_last_submission_or_commit) {
    for (int enough = 0; enough < 2; enough++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.throughput_nhz = 500000000 + !enough;
        world_start(&w);
        w.now = 10 * S, submit(&w, 0, 1);
        for (int i = 0; i < 5; i++) w.now += S, submit(&w, 1, 100 + (uint64_t)i);
        w.now = 16 * S;
        decide_as(
            &w, 0,
            (struct decision){.height = 1, .value = 1, .n_txs = 4, .txs = {1, 100, 101, 102}});
        w.now = 18 * S, submit(&w, 1, 300);
        finish(&w, 60 * S);
        expect_verdict(&w, "throughput", enough,
                       enough ? "4 of 7 transactions"
                              : "4 of 7 transactions were committed in 8 s");
        ck_assert_str_eq(verdict(&w, "throughput")->observed, "0.500 /s");
        world_end(&w);
    }
}
END_TEST

START_TEST(branches_of_a_fork_may_repeat_each_others_transactions) {
    for (int forks = 0; forks < 2; forks++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.agreement = forks ? BROKEN : HOLDS;
        w.scenario.expect.integrity = HOLDS;
        world_start(&w);
        submit(&w, 0, 7);
        decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .n_txs = 1, .txs = {7}});
        w.now = S;
        if (forks)
            decide_as(&w, 1, (struct decision){.height = 1, .value = 2});
        else
            decide_as(&w, 1, (struct decision){.height = 1, .value = 1, .n_txs = 1, .txs = {7}});
        decide_as(&w, 1, (struct decision){.height = 2, .value = 3, .n_txs = 1, .txs = {7}});
        finish(&w, 2 * S);
        expect_verdict(&w, "integrity", forks,
                       forks ? "" : "at height 2, which an earlier block had already");
        world_end(&w);
    }
}
END_TEST

static int ascending(const void *a, const void *b) {
    orr_time x = *(const orr_time *)a, y = *(const orr_time *)b;
    return (x > y) - (x < y);
}

/* Of one to 300 samples, of all magnitudes, many of them alike; against a sorted copy. */
START_TEST(percentiles_equal_those_of_a_sorted_copy) {
    struct orr_rng rng = orr_rng_stream(5, ORR_RNG_PLAN, 0);
    static const uint64_t percents[] = {50, 90, 99, 100};
    for (uint32_t turn = 0; turn < 300; turn++) {
        struct world w;
        world_init(&w);
        world_start(&w);
        uint32_t n = 1 + turn, bits = 1 + turn % 55;
        orr_time *v = calloc(n, sizeof *v), end = (orr_time)1 << 56;
        for (uint32_t i = 0; i < n; i++) v[i] = (orr_time)orr_rng_below(&rng, (uint64_t)1 << bits);
        if (turn % 3 == 0) for (uint32_t i = 0; i < n; i++) v[i] >>= orr_rng_below(&rng, bits);
        qsort(v, n, sizeof *v, ascending);
        for (uint32_t i = n; i-- > 0;) { /* the longest was submitted first */
            w.now = end - v[i];
            submit(&w, i % 3, 1 + i);
        }
        w.now = end;
        uint64_t bytes[sizeof(struct orr_decided) / 8 + 301] = {0};
        struct orr_decided *d = (struct orr_decided *)bytes;
        d->height = 1, d->n_txs = n;
        for (uint32_t i = 0; i < n; i++) d->txs[i] = 1 + i;
        output(&w, 0, ORR_OUT_DECIDED, d, sizeof *d + n * 8);
        finish(&w, w.now);
        struct orr_measures m = orr_check_measures(w.check);
        orr_time found[] = {m.first_p50, m.first_p90, m.first_p99, m.first_max};
        for (int k = 0; k < 4; k++)
            ck_assert_int_eq(found[k], v[(n * percents[k] + 99) / 100 - 1]);
        free(v);
        world_end(&w);
    }
}
END_TEST

START_TEST(a_hundred_thousand_transactions_are_ranked_and_found_again) {
    struct world w;
    world_init(&w);
    world_start(&w);
    enum { N = 100000 };
    for (uint64_t i = 0; i < N; i++) {
        w.now = (orr_time)i * MS;
        submit(&w, 0, orr_hash64(1, &i, sizeof i));
    }
    struct orr_decided *d = calloc(1, sizeof *d + N * 8);
    d->height = 1, d->n_txs = N;
    for (uint64_t i = 0; i < N; i++) d->txs[i] = orr_hash64(1, &i, sizeof i);
    w.now = N * MS;
    output(&w, 0, ORR_OUT_DECIDED, d, sizeof *d + N * 8);
    free(d);
    finish(&w, w.now);
    struct orr_measures m = orr_check_measures(w.check);
    ck_assert_uint_eq(m.n_committed, N); /* latencies 1 .. N ms */
    ck_assert_int_eq(m.first_p50, N / 2 * MS);
    ck_assert_int_eq(m.first_p99, N / 100 * 99 * MS);
    ck_assert_int_eq(m.first_max, N * MS);
    world_end(&w);
}
END_TEST

START_TEST(what_correct_nodes_were_given_and_stay_up_with_is_committed_by_the_end) {
    static const struct {
        const char *what;
        orr_peer receiver;
        orr_time at, within;
        bool decided, pass;
    } cases[] = {
        {"decided", 0, S, 0, true, true},
        {"open", 0, S, 0, false, false},
        {"open, to a liar", 6, S, 0, false, true},
        {"open, to one that crashed later", 5, S, 0, false, true},
        {"open, but of the last second", 0, 9 * S + 1, S, false, true},
        {"open, a moment earlier", 0, 9 * S, S, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.committed = ORR_COMMITTED_ALL;
        w.scenario.expect.committed_within = cases[i].within;
        world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
        world_fault(&w, ORR_FAULT_CRASH, 2 * S, ORR_NEVER);
        world_start(&w);
        fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 6, true);
        submit(&w, 0, 1);
        if (cases[i].at < 2 * S) w.now = cases[i].at, submit(&w, cases[i].receiver, 2);
        w.now = 2 * S, fault(&w, 1, ORR_NOBODY, true), fault(&w, 1, 5, true);
        if (cases[i].at > 2 * S) w.now = cases[i].at, submit(&w, cases[i].receiver, 2);
        struct decision d = {.height = 1, .value = 1, .n_txs = 1 + cases[i].decided, .txs = {1, 2}};
        decide_as(&w, 0, d);
        finish(&w, 10 * S);
        const struct orr_verdict *v = verdict(&w, "committed");
        ck_assert_msg(v->pass == cases[i].pass && v->judged, "%s: %s", cases[i].what, v->text);
        if (!v->pass) ck_assert_ptr_nonnull(strstr(v->text, "1 of 2 transactions were never"));
        ck_assert_uint_eq(orr_check_measures(w.check).n_open, !cases[i].decided);
        world_end(&w);
    }
}
END_TEST

START_TEST(a_transaction_is_owed_by_the_next_receiver_when_the_first_has_died) {
    struct world w;
    world_init(&w);
    w.scenario.expect.committed = ORR_COMMITTED_ALL;
    world_fault(&w, ORR_FAULT_CRASH, S, ORR_NEVER);
    world_start(&w);
    submit(&w, 5, 1);
    w.now = S, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 5, true);
    submit(&w, 4, 1);
    decide_all(&w, 0, 4, 1, 3);
    finish(&w, 10 * S);
    expect_verdict(&w, "committed", false, "the first was submitted to val.4 at 0 s");
    world_end(&w);
}
END_TEST

ORR_TEST_MAIN("oracles of load", percentiles_are_those_of_the_nearest_rank,
              a_rank_between_two_samples_is_the_upper_one,
              a_bound_holds_or_breaks_to_the_nanosecond,
              lost_transactions_count_as_slow_once_they_have_waited_as_long_as_the_bound,
              what_was_sent_to_a_node_that_is_down_or_byzantine_does_not_count,
              a_transaction_sent_to_several_nodes_counts_once_from_its_first_submission,
              without_transactions_a_percentile_has_nothing_to_hold_and_fails,
              throughput_counts_from_the_first_submission_to_the_last_submission_or_commit,
              branches_of_a_fork_may_repeat_each_others_transactions,
              percentiles_equal_those_of_a_sorted_copy,
              a_hundred_thousand_transactions_are_ranked_and_found_again,
              what_correct_nodes_were_given_and_stay_up_with_is_committed_by_the_end,
              a_transaction_is_owed_by_the_next_receiver_when_the_first_has_died)
