/* The oracles of liveness: termination after faults, stalls, gaps; clean runs and planted bugs. */
#include "tests/sim/check/world.h"

static void within(struct world *w, orr_time t) {
    w->scenario.expect.termination = ORR_TERMINATION_WITHIN;
    w->scenario.expect.within = t;
}

START_TEST(a_network_that_recovers_in_time_terminates) {
    struct world w;
    world_init(&w);
    within(&w, 2 * S);
    world_fault(&w, ORR_FAULT_PARTITION, 5 * S, 10 * S);
    world_start(&w);
    decide_all(&w, 0, 6, 1, 40);
    w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true);
    for (w.now = 6 * S; w.now < 15 * S; w.now += S) ck_assert(!orr_check_poll(w.check, w.now));
    w.now = 15 * S, fault(&w, 0, ORR_NOBODY, false);
    w.now = 16 * S + 900 * MS, decide_all(&w, 0, 6, 41, 41);
    for (w.now = 18 * S; w.now < 30 * S; w.now += S) ck_assert(!orr_check_poll(w.check, w.now));
    w.now = 29 * S + 500 * MS, decide_all(&w, 0, 6, 42, 42);
    finish(&w, 30 * S);
    expect_verdict(&w, "termination", true, "7 nodes; the last change of faults was at 15 s");
    ck_assert_str_eq(verdict(&w, "termination")->expected, "within 2 s");
    ck_assert_str_eq(verdict(&w, "termination")->observed, "within 2 s");
    world_end(&w);
}
END_TEST

START_TEST(one_node_that_stays_behind_after_the_heal_breaks_termination_at_the_deadline) {
    for (int late = 0; late < 2; late++) { /* never, or a moment too late */
        struct world w;
        world_init(&w);
        within(&w, 2 * S);
        world_fault(&w, ORR_FAULT_ISOLATE, 5 * S, 3 * S);
        world_start(&w);
        decide_all(&w, 0, 6, 1, 40);
        w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true);
        w.now = 8 * S, fault(&w, 0, ORR_NOBODY, false);
        decide_all(&w, 0, 4, 41, 44), decide_all(&w, 6, 6, 41, 44);
        ck_assert(!orr_check_poll(w.check, 10 * S - 1));
        if (late) w.now = 10 * S + 1, decide(&w, 5, 41);
        ck_assert(orr_check_poll(w.check, 10 * S + 250 * MS)); /* at the next look */
        const struct orr_violation *v = orr_check_violation(w.check);
        ck_assert_str_eq(v->name, "termination");
        ck_assert_uint_eq(v->side.node, 5);
        ck_assert_str_eq(v->text,
                         "val.5 decided nothing from the last change of faults at 8 s until 10 s");
        world_end(&w);
    }
}
END_TEST

/* A laggard that decides old heights makes progress and has not caught up for all that. */
START_TEST(who_lags_behind_after_the_heal_has_not_caught_up) {
    static const struct {
        uint64_t reaches, allowed;
        bool pass;
    } cases[] = {{44, 2, false}, {47, 2, false}, {48, 2, true}, {50, 0, true}, {49, 0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_init(&w);
        within(&w, 6 * S);
        w.scenario.expect.caught_up_within = 4 * S;
        w.scenario.expect.caught_up_heights = cases[i].allowed;
        world_fault(&w, ORR_FAULT_ISOLATE, 5 * S, 3 * S);
        world_start(&w);
        decide_all(&w, 0, 6, 1, 40);
        w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true);
        decide_all(&w, 0, 4, 41, 49), decide_all(&w, 6, 6, 41, 49);
        w.now = 8 * S, fault(&w, 0, ORR_NOBODY, false);
        decide_all(&w, 0, 4, 50, 50), decide_all(&w, 6, 6, 50, 50);
        decide_all(&w, 5, 5, 41, cases[i].reaches);
        for (w.now = 9 * S; w.now < 12 * S; w.now += S) ck_assert(!orr_check_poll(w.check, w.now));
        ck_assert(orr_check_poll(w.check, 13 * S) == !cases[i].pass);
        finish(&w, 14 * S);
        ck_assert(verdict(&w, "termination")->pass);
        ck_assert(verdict(&w, "caught_up")->pass == cases[i].pass);
        if (i == 1)
            expect_verdict(&w, "caught_up", false,
                           "val.5 is 3 heights behind the highest, 50, 5 s after the last change");
        if (i == 2) ck_assert_str_eq(verdict(&w, "caught_up")->observed, "2 heights");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_node_that_lost_its_disk_has_caught_up_when_it_is_there_again) {
    for (uint64_t reaches = 0; reaches <= 40; reaches += 20) {
        struct world w;
        world_init(&w);
        w.scenario.expect.caught_up_within = 4 * S;
        w.scenario.expect.caught_up_heights = 2;
        struct orr_fault_spec *f = world_fault(&w, ORR_FAULT_CRASH, 5 * S, ORR_NEVER);
        f->restart_after = S, f->disk = ORR_DISK_LOSE;
        world_start(&w);
        decide_all(&w, 0, 6, 1, 40);
        w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 5, true);
        w.now = 6 * S, fault(&w, 0, 5, false), fault(&w, 0, ORR_NOBODY, false);
        if (reaches) decide_all(&w, 5, 5, 1, reaches);
        finish(&w, 30 * S);
        expect_verdict(&w, "caught_up", reaches == 40,
                       reaches == 40 ? "" : reaches ? "20 heights behind" : "40 heights behind");
        world_end(&w);
    }
}
END_TEST

START_TEST(termination_is_judged_after_the_last_fault_and_not_after_an_earlier_one) {
    struct world w;
    world_init(&w);
    within(&w, 2 * S);
    world_fault(&w, ORR_FAULT_PARTITION, 5 * S, 1 * S);
    world_fault(&w, ORR_FAULT_PARTITION, 12 * S, 1 * S);
    world_start(&w);
    w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true);
    w.now = 6 * S, fault(&w, 0, ORR_NOBODY, false);
    ck_assert(
        !orr_check_poll(w.check, 11 * S)); /* 5 s without a decision, but one more is planned */
    w.now = 12 * S, fault(&w, 1, ORR_NOBODY, true);
    w.now = 13 * S, fault(&w, 1, ORR_NOBODY, false);
    decide_all(&w, 0, 6, 1, 3);
    w.now = 19 * S, decide_all(&w, 0, 6, 4, 4);
    ck_assert(!orr_check_poll(w.check, 20 * S));
    finish(&w, 20 * S);
    expect_verdict(&w, "termination", true, "at 13 s");
    world_end(&w);
}
END_TEST

START_TEST(a_crash_that_lasts_is_the_new_normal_and_the_rest_must_go_on) {
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        struct world w;
        world_init(&w);
        within(&w, 2 * S);
        world_fault(&w, ORR_FAULT_CRASH, 5 * S, ORR_NEVER);
        world_start(&w);
        decide_all(&w, 0, 6, 1, 40);
        w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 0, true), fault(&w, 0, 1, true);
        if (goes_on) decide_all(&w, 2, 6, 41, 41);
        if (goes_on) w.now = 19 * S, decide_all(&w, 2, 6, 42, 42);
        finish(&w, 20 * S);
        expect_verdict(&w, "termination", goes_on, goes_on ? "5 nodes" : "val.2 and others");
        ck_assert_str_eq(verdict(&w, "termination")->observed,
                         goes_on ? "within 0.1 s" : "not by 5 of 5 nodes");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_fault_that_outlasts_the_run_is_there_to_stay) {
    struct world w;
    world_init(&w);
    within(&w, 2 * S);
    world_fault(&w, ORR_FAULT_PARTITION, 5 * S, 1000 * S);
    world_start(&w);
    decide_all(&w, 0, 6, 1, 40);
    w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true);
    ck_assert(!orr_check_poll(w.check, 7 * S - 1));
    ck_assert(orr_check_poll(w.check, 8 * S));
    world_end(&w);
}
END_TEST

START_TEST(without_faults_termination_counts_from_the_start) {
    for (int decides = 0; decides < 2; decides++) {
        struct world w;
        world_init(&w);
        within(&w, 2 * S);
        world_start(&w);
        if (decides) decide_all(&w, 0, 6, 1, 1);
        ck_assert_int_eq(orr_check_poll(w.check, 3 * S), !decides);
        if (decides) w.now = 3 * S, decide_all(&w, 0, 6, 2, 2);
        finish(&w, 4 * S);
        expect_verdict(&w, "termination", decides, "");
        world_end(&w);
    }
}
END_TEST

/* Whose every node decides once, and then never again. */
START_TEST(a_chain_that_stops_for_good_after_the_faults_breaks_termination) {
    static const struct {
        bool load, late_tx, committed;
        orr_time end;
        bool holds;
    } cases[] = {
        {false, false, false, 4 * S, false},        /* it went on without a load before     */
        {false, false, false, 2 * S + 50 * MS, true}, /* not silent for T yet                 */
        {true, false, true, 9 * S, true},           /* nothing is left to decide            */
        {true, false, false, 9 * S, false},
        {true, true, true, 9 * S, true},            /* what there is came a moment ago      */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_init(&w);
        within(&w, 2 * S);
        world_start(&w);
        if (cases[i].load) submit(&w, 2, 77);
        w.now = 100 * MS;
        for (orr_peer node = 0; node < 7; node++)
            decide_as(&w, node,
                      (struct decision){
                          .height = 1, .value = 1, .n_txs = cases[i].committed, .txs = {77}});
        if (cases[i].late_tx) w.now = cases[i].end - S, submit(&w, 3, 78);
        finish(&w, cases[i].end);
        expect_verdict(&w, "termination", cases[i].holds,
                       cases[i].holds ? "7 nodes"
                                      : "val.0 and others stopped deciding: height 1 at 0.1 s was "
                                        "the last until the run ended at");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_pace_slower_than_the_bound_is_no_stop) {
    for (int stops = 0; stops < 2; stops++) {
        struct world w;
        world_init(&w);
        within(&w, 1 * S);
        world_start(&w);
        for (uint64_t h = 1; h <= 4; h++) decide_all(&w, 0, 6, h, h), w.now += 1500 * MS;
        finish(&w, w.now + (stops ? 2000 * MS : 1000 * MS));
        expect_verdict(&w, "termination", !stops, stops ? "stopped deciding" : "7 nodes");
        ck_assert_str_eq(verdict(&w, "termination")->observed,
                         stops ? "within 0.1 s, then silent to the end" : "within 0.1 s");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_run_that_ends_before_the_deadline_is_told_so_unless_all_have_decided) {
    for (int decides = 0; decides < 2; decides++) {
        struct world w;
        world_init(&w);
        within(&w, 50 * S);
        world_start(&w);
        if (decides) decide_all(&w, 0, 6, 1, 1);
        finish(&w, 4 * S);
        expect_verdict(&w, "termination", decides,
                       decides ? "7 nodes" : "until 4 s, where the run ended");
        world_end(&w);
    }
}
END_TEST

START_TEST(byzantine_nodes_and_nodes_that_are_down_need_not_terminate) {
    struct world w;
    world_init(&w);
    within(&w, 2 * S);
    world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
    world_fault(&w, ORR_FAULT_CHURN, 1 * S, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 0, true);
    w.now = S, fault(&w, 1, ORR_NOBODY, true), fault(&w, 1, 3, true);
    decide_all(&w, 4, 6, 1, 3), decide_all(&w, 1, 2, 1, 190);
    finish(&w, 21 * S);
    expect_verdict(&w, "termination", false, "val.4 and others stopped deciding: height 3 at");
    world_end(&w);
}
END_TEST

START_TEST(an_expected_stall_passes_and_a_decision_after_it_breaks_it) {
    for (int stalls = 0; stalls < 2; stalls++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.termination = ORR_TERMINATION_STALLED;
        w.scenario.expect.within = 1 * S;
        world_fault(&w, ORR_FAULT_CRASH, 5 * S, ORR_NEVER);
        world_start(&w);
        decide_all(&w, 0, 6, 1, 40);
        w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true);
        for (orr_peer node = 0; node < 3; node++) fault(&w, 0, node, true);
        w.now = 6 * S, decide(&w, 3, 41); /* was under way: allowed for 1 s */
        ck_assert(!orr_check_poll(w.check, w.now));
        w.now += 1;
        if (!stalls) decide(&w, 4, 41);
        ck_assert_int_eq(orr_check_poll(w.check, w.now), !stalls);
        finish(&w, 50 * S);
        expect_verdict(&w, "termination", stalls,
                       stalls ? "last decision at 6 s, last fault began at 5 s"
                              : "val.4 decided height 41 at 6 s, 1 s after the last fault began");
        ck_assert_str_eq(verdict(&w, "termination")->observed, stalls ? "stalled" : "progress");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_stall_is_counted_from_the_last_disturbance_and_not_from_a_restart) {
    for (int restarts = 0; restarts < 2; restarts++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.termination = ORR_TERMINATION_STALLED;
        w.scenario.expect.within = 1 * S;
        world_fault(&w, ORR_FAULT_CRASH, 5 * S, ORR_NEVER);
        world_fault(&w, restarts ? ORR_FAULT_RESTART : ORR_FAULT_CRASH, 5 * S + 500 * MS,
                    ORR_NEVER);
        world_start(&w);
        w.now = 5 * S, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 0, true);
        w.now += 500 * MS, fault(&w, 1, ORR_NOBODY, true), fault(&w, 1, 0, true);
        w.now += 900 * MS, decide(&w, 3, 1);
        ck_assert_int_eq(orr_check_poll(w.check, w.now), restarts);
        world_end(&w);
    }
}
END_TEST

START_TEST(a_gap_longer_than_the_bound_is_seen_while_it_lasts) {
    struct world w;
    world_init(&w);
    w.scenario.expect.max_gap = 4 * S;
    world_start(&w);
    decide_all(&w, 0, 6, 1, 10);          /* until 1 s */
    for (uint64_t h = 11; h <= 50; h++) { /* without val.3 */
        w.now += 100 * MS;
        for (orr_peer node = 0; node < 7; node++)
            if (node != 3) decide(&w, node, h);
    }
    ck_assert(!orr_check_poll(w.check, 5 * S));
    ck_assert(orr_check_poll(w.check, 5 * S + 500 * MS)); /* within an eighth of the bound */
    ck_assert_uint_eq(orr_check_violation(w.check)->side.node, 3);
    ck_assert_str_eq(orr_check_violation(w.check)->text,
                     "val.3 decided nothing from 1 s to 5.5 s, longer than 4 s");
    world_end(&w);
}
END_TEST

START_TEST(gaps_are_counted_at_the_start_between_decisions_and_at_the_end_but_not_while_down) {
    static const struct {
        orr_time first, second, end;
        bool crashed, pass;
    } cases[] = {{3 * S, 6 * S, 9 * S, false, true},
                 {4 * S + 1, 6 * S, 9 * S, false, false},
                 {3 * S, 8 * S, 9 * S, false, false},
                 {3 * S, 6 * S, 11 * S, false, false},
                 {3 * S, 15 * S, 18 * S, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.max_gap = 4 * S;
        const struct orr_target one = {.kind = ORR_TARGET_NODES, .first = 0, .n = 1};
        w.scenario.expect.of = (struct orr_targets){&one, 1};
        world_fault(&w, ORR_FAULT_CRASH, 4 * S, ORR_NEVER)->restart_after = 9 * S;
        world_start(&w);
        w.now = cases[i].first, decide(&w, 0, 1);
        if (cases[i].crashed) {
            w.now = 4 * S, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 0, true);
            w.now = 13 * S, fault(&w, 0, 0, false), fault(&w, 0, ORR_NOBODY, false);
        }
        w.now = cases[i].second, decide(&w, 0, 2);
        finish(&w, cases[i].end);
        ck_assert_msg(verdict(&w, "max_gap")->pass == cases[i].pass, "case %d: %s", (int)i,
                      verdict(&w, "max_gap")->text);
        if (i == 0) ck_assert_str_eq(verdict(&w, "max_gap")->observed, "3 s");
        if (i == 3) ck_assert_str_eq(verdict(&w, "max_gap")->observed, "5 s"); /* up to the end */
        world_end(&w);
    }
}
END_TEST

START_TEST(a_full_disk_excuses_a_node_until_it_decides_again) {
    for (int decides = 0; decides < 2; decides++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.max_gap = 4 * S;
        world_fault(&w, ORR_FAULT_FULL_DISK, 0, 5 * S);
        world_start(&w);
        fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 3, true);
        for (uint64_t h = 1; h <= 20; h++) {
            w.now += S;
            if (h == 5) fault(&w, 0, 3, false), fault(&w, 0, ORR_NOBODY, false);
            for (orr_peer node = 0; node < 7; node++)
                if (node != 3 || (decides && h < 5)) decide(&w, node, h);
        }
        bool broken = orr_check_poll(w.check, w.now);
        ck_assert_msg(broken == decides, "%s", broken ? orr_check_violation(w.check)->text : "");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_node_is_down_until_the_last_of_its_faults_has_ended) {
    static const struct {
        uint32_t fault;
        bool begins;
    } stories[][4] = {
        {{0, true}, {1, true}, {1, false}, {0, false}}, /* 0 is a crash, 1 and 2 are pauses */
        {{0, true}, {1, true}, {0, false}, {1, false}},
        {{1, true}, {2, true}, {1, false}, {2, false}},
    };
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.max_gap = 4 * S;
        const struct orr_target one = {.kind = ORR_TARGET_NODES, .first = 0, .n = 1};
        w.scenario.expect.of = (struct orr_targets){&one, 1};
        world_fault(&w, ORR_FAULT_CRASH, 1 * S, ORR_NEVER)->restart_after = 90 * S;
        world_fault(&w, ORR_FAULT_PAUSE, 1 * S, 90 * S);
        world_fault(&w, ORR_FAULT_PAUSE, 1 * S, 90 * S);
        world_start(&w);
        decide(&w, 0, 1);
        for (int k = 0; k < 4; k++) {
            w.now = (10 * k + 1) * S;
            ck_assert(!orr_check_poll(w.check, w.now));
            fault(&w, stories[i][k].fault, 0, stories[i][k].begins);
        }
        ck_assert(!orr_check_poll(w.check, 35 * S)); /* up since 31 s */
        ck_assert(orr_check_poll(w.check, 36 * S));
        world_end(&w);
    }
}
END_TEST

START_TEST(a_stopped_run_is_judged_by_what_it_broke_and_not_by_what_it_had_yet_to_do) {
    struct world w;
    world_init(&w);
    within(&w, 2 * S);
    w.scenario.expect.agreement = w.scenario.expect.total_order = HOLDS;
    w.scenario.expect.max_gap = 9 * S;
    w.scenario.expect.p99 = S;
    w.scenario.expect.evidence = ORR_PRESENT;
    world_start(&w);
    decide(&w, 0, 1);
    decide_as(&w, 1, (struct decision){.height = 1, .value = 9});
    ck_assert(orr_check_poll(w.check, w.now));
    stop(&w, S);
    ck_assert_uint_eq(w.n_verdicts, 6);
    expect_verdict(&w, "agreement", false, "decided differently");
    ck_assert(verdict(&w, "agreement")->judged);
    expect_verdict(&w, "total_order", true, "");
    expect_verdict(&w, "max_gap", true, "");
    static const char *const open[] = {"evidence", "termination", "latency.p99"};
    for (uint32_t i = 0; i < 3; i++) {
        const struct orr_verdict *v = verdict(&w, open[i]);
        ck_assert(!v->pass && !v->judged && !v->violation);
        ck_assert_str_eq(v->observed, "not judged: the run was stopped");
    }
    world_end(&w);
}
END_TEST

/* Nodes first..last enter a view. */
static void enter_all(struct world *w, orr_peer first, orr_peer last, uint64_t height,
                      uint32_t view) {
    w->now += 100 * MS;
    for (orr_peer node = first; node <= last; node++) {
        struct orr_progress at = {.height = height, .round = view};
        output(w, node, ORR_OUT_STEP, &at, sizeof at);
    }
}

static void by_views(struct world *w, uint64_t n) {
    world_init(w);
    within(w, 1);
    w->scenario.expect.views = n;
}

START_TEST(as_many_views_as_allowed_are_slow_and_one_more_is_a_stall) {
    for (uint32_t n_views = 9; n_views <= 11; n_views++) {
        struct world w;
        by_views(&w, 10);
        world_start(&w);
        decide_all(&w, 0, 6, 1, 3);
        for (uint32_t view = 1; view <= n_views; view++) enter_all(&w, 0, 6, 4, view);
        const struct orr_violation *v = orr_check_violation(w.check);
        ck_assert_int_eq(v != NULL, n_views == 11);
        if (v) ck_assert_str_eq(v->name, "termination");
        if (v) ck_assert_str_eq(v->text, "nobody decided from 0.3 s until 1.4 s, while every "
                                         "correct node entered 11 views and more");
        decide(&w, 2, 4);
        finish(&w, 30 * S);
        const struct orr_verdict *verdict_of = verdict(&w, "termination");
        ck_assert(verdict_of->pass == (n_views < 11));
        ck_assert_str_eq(verdict_of->expected, "within 10 views");
        ck_assert_str_eq(verdict_of->observed, n_views == 9    ? "within 9 views"
                                               : n_views == 10 ? "within 10 views"
                                                               : "not in 11 views");
        world_end(&w);
    }
}
END_TEST

START_TEST(views_under_faults_of_one_node_alone_and_of_who_lags_do_not_count) {
    struct world w;
    by_views(&w, 3);
    world_fault(&w, ORR_FAULT_PARTITION, S, 4 * S);
    world_start(&w);
    decide_all(&w, 0, 6, 1, 3);
    w.now = S, fault(&w, 0, ORR_NOBODY, true);
    for (uint32_t view = 1; view <= 20; view++) enter_all(&w, 0, 6, 4, view);
    w.now = 5 * S, fault(&w, 0, ORR_NOBODY, false);
    for (uint32_t view = 21; view <= 40; view++) enter_all(&w, 0, 0, 4, view); /* ahead of all */
    ck_assert(!orr_check_violation(w.check));
    decide_all(&w, 0, 5, 4, 4); /* val.6 stays behind */
    for (uint32_t view = 41; view <= 43; view++) enter_all(&w, 0, 5, 5, view);
    ck_assert(!orr_check_violation(w.check));
    enter_all(&w, 0, 5, 5, 43); /* once more the same: none is new */
    ck_assert(!orr_check_violation(w.check));
    enter_all(&w, 0, 5, 5, 44);
    ck_assert(orr_check_violation(w.check));
    world_end(&w);
}
END_TEST

START_TEST(views_without_work_are_no_stall) {
    struct world w;
    by_views(&w, 3);
    world_start(&w);
    w.now = 100 * MS, submit(&w, 0, 77);
    decide_as(&w, 0, (struct decision){
                         .height = 1, .value = 1, .root = 2, .txs = {77}, .n_txs = 1});
    for (uint32_t view = 1; view <= 20; view++) enter_all(&w, 0, 6, 2, view);
    ck_assert(!orr_check_violation(w.check));
    submit(&w, 0, 78);
    for (uint32_t view = 21; view <= 24; view++) enter_all(&w, 0, 6, 2, view);
    ck_assert(orr_check_violation(w.check));
    world_end(&w);
}
END_TEST

START_TEST(who_tells_no_views_or_ends_before_a_decision_is_not_judged) {
    for (int tells = 0; tells < 2; tells++) {
        struct world w;
        by_views(&w, 10);
        world_start(&w);
        if (tells) enter_all(&w, 0, 6, 1, 1);
        finish(&w, 30 * S);
        const struct orr_verdict *v = verdict(&w, "termination");
        ck_assert(!v->judged && !v->violation);
        ck_assert_str_eq(v->observed,
                         tells ? "not judged: the run ended before a decision, and before as many "
                                 "views"
                               : "not judged: no correct node says which view it is in");
        world_end(&w);
    }
}
END_TEST

ORR_TEST_MAIN("oracles of liveness", as_many_views_as_allowed_are_slow_and_one_more_is_a_stall,
              views_under_faults_of_one_node_alone_and_of_who_lags_do_not_count,
              views_without_work_are_no_stall,
              who_tells_no_views_or_ends_before_a_decision_is_not_judged,
              who_lags_behind_after_the_heal_has_not_caught_up,
              a_node_that_lost_its_disk_has_caught_up_when_it_is_there_again,
              a_network_that_recovers_in_time_terminates,
              one_node_that_stays_behind_after_the_heal_breaks_termination_at_the_deadline,
              termination_is_judged_after_the_last_fault_and_not_after_an_earlier_one,
              a_crash_that_lasts_is_the_new_normal_and_the_rest_must_go_on,
              a_fault_that_outlasts_the_run_is_there_to_stay,
              without_faults_termination_counts_from_the_start,
              a_chain_that_stops_for_good_after_the_faults_breaks_termination,
              a_pace_slower_than_the_bound_is_no_stop,
              a_run_that_ends_before_the_deadline_is_told_so_unless_all_have_decided,
              byzantine_nodes_and_nodes_that_are_down_need_not_terminate,
              an_expected_stall_passes_and_a_decision_after_it_breaks_it,
              a_stall_is_counted_from_the_last_disturbance_and_not_from_a_restart,
              a_gap_longer_than_the_bound_is_seen_while_it_lasts,
              gaps_are_counted_at_the_start_between_decisions_and_at_the_end_but_not_while_down,
              a_full_disk_excuses_a_node_until_it_decides_again,
              a_node_is_down_until_the_last_of_its_faults_has_ended,
              a_stopped_run_is_judged_by_what_it_broke_and_not_by_what_it_had_yet_to_do)
