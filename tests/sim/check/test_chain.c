/* The oracles of safety: each passes a clean run and catches the bug that is planted for it. */
#include "tests/sim/check/world.h"

static void expect_safety(struct world *w) {
    struct orr_expect_spec *e = &w->scenario.expect;
    e->agreement = e->total_order = e->validity = e->integrity = e->state_root = HOLDS;
}

START_TEST(a_clean_run_holds_every_promise) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    for (uint64_t h = 1; h <= 200; h++) {
        submit(&w, (orr_peer)(h % 7), 1000 + h);
        w.now += 100 * MS;
        for (orr_peer node = 0; node < 7; node++, w.now += MS)
            decide_as(&w, (node + (orr_peer)h) % 7,
                      (struct decision){.proposer = h % 6,
                                        .height = h,
                                        .value = (uint8_t)h,
                                        .root = 9,
                                        .n_txs = 1,
                                        .txs = {1000 + h}});
        ck_assert(!orr_check_poll(w.check, w.now));
    }
    ck_assert_ptr_null(orr_check_violation(w.check));
    finish(&w, w.now);
    expect_all_pass(&w, 5);
    ck_assert_uint_eq(orr_check_measures(w.check).n_decisions, 1400);
    ck_assert_uint_eq(orr_check_measures(w.check).n_heights, 200);
    ck_assert_uint_eq(orr_check_measures(w.check).n_committed, 200);
    world_end(&w);
}
END_TEST

START_TEST(two_values_at_one_height_break_agreement_and_the_report_names_both_sides) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_all(&w, 0, 5, 1, 4);
    for (uint32_t i = 0; i < 40; i++) /* more than are kept */
        tell(&w, (struct orr_tap_record){.kind = ORR_TAP_EVENT,
                                         .what = ORR_RECV,
                                         .msg_type = 1,
                                         .node = 2,
                                         .peer = i % 6,
                                         .sent = w.now - MS,
                                         .hash = 70 + i});
    decide(&w, 2, 5);
    w.now += 30 * MS;
    struct orr_progress progress = {.height = 5, .round = 3};
    output(&w, 4, ORR_OUT_STEP, &progress, sizeof progress);
    tell(&w, (struct orr_tap_record){.kind = ORR_TAP_EVENT,
                                     .what = ORR_RECV,
                                     .msg_type = 0,
                                     .node = 4,
                                     .peer = 1,
                                     .sent = w.now - MS,
                                     .hash = 99});
    ck_assert(!orr_check_poll(w.check, w.now));
    decide_as(&w, 4, (struct decision){.height = 5, .value = 77});
    ck_assert(orr_check_poll(w.check, w.now));
    const struct orr_violation *v = orr_check_violation(w.check);
    ck_assert_str_eq(v->name, "agreement");
    ck_assert_uint_eq(v->side.node, 4);
    ck_assert_uint_eq(v->other.node, 2);
    ck_assert_uint_eq(v->side.height, 5);
    ck_assert_int_eq(v->other.value[0], 5);
    ck_assert_int_eq(v->side.value[31], 77);
    ck_assert_int_eq(v->other.at, 400 * MS);
    ck_assert_int_eq(v->side.at, 430 * MS);
    ck_assert_uint_eq(v->other.n_messages, ORR_CHECK_MESSAGES);
    ck_assert_uint_eq(v->other.messages[0].hash, 70 + 40 - ORR_CHECK_MESSAGES);
    ck_assert_uint_eq(v->other.messages[ORR_CHECK_MESSAGES - 1].hash, 109);
    ck_assert_uint_eq(v->side.n_messages, 1);
    ck_assert_uint_eq(v->side.messages[0].receiver_height, 5);
    static char text[4096];
    FILE *file = tmpfile();
    orr_violation_print(&w.scenario, v, file);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    static const char *const parts[] = {
        "agreement broken: val.2 and val.4 decided differently at height 5: 0505050505050505 in",
        "4d4d4d4d4d4d4d4d in round 0 at 0.43 s",
        "  val.4 at 0.43 s, height 5, round 0, value 4d4d4d4d4d4d4d4d, had received:\n",
        "proposal from val.1, sent 0.429 s (0000000000000063)",
        "vote from val.3, sent 0.399 s (000000000000006d)"};
    for (int i = 0; i < 5; i++)
        ck_assert_msg(strstr(text, parts[i]) != NULL, "no '%s' in\n%s", parts[i], text);
    finish(&w, w.now);
    expect_verdict(&w, "agreement", false, "val.2 and val.4");
    ck_assert(verdict(&w, "total_order")->pass && verdict(&w, "integrity")->pass);
    world_end(&w);
}
END_TEST

START_TEST(transactions_do_not_drown_the_votes_in_a_report) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    tell(&w, (struct orr_tap_record){.kind = ORR_TAP_SUBMIT, .node = 1, .msg_type = 9, .hash = 5});
    decide_all(&w, 0, 5, 1, 1);
    for (uint32_t i = 0; i < 100; i++)
        tell(&w, (struct orr_tap_record){.kind = ORR_TAP_EVENT,
                                         .what = ORR_RECV,
                                         .node = 4,
                                         .msg_type = i % 10 ? 9 : 1,
                                         .sent = w.now,
                                         .hash = i});
    decide_as(&w, 4, (struct decision){.height = 1, .value = 77});
    ck_assert(orr_check_poll(w.check, w.now));
    const struct orr_violation *v = orr_check_violation(w.check);
    ck_assert_uint_eq(v->side.n_messages, 10);
    for (uint32_t i = 0; i < 10; i++) ck_assert_int_eq(v->side.messages[i].type, 1);
    world_end(&w);
}
END_TEST

START_TEST(the_same_value_with_other_transactions_breaks_agreement) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    submit(&w, 0, 5), submit(&w, 0, 6);
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .n_txs = 1, .txs = {5}});
    decide_as(&w, 1, (struct decision){.height = 1, .value = 1, .n_txs = 1, .txs = {6}});
    finish(&w, S);
    expect_verdict(&w, "agreement", false, "val.0 and val.1");
    world_end(&w);
}
END_TEST

START_TEST(an_expected_break_passes_and_is_no_surprise_and_its_absence_fails) {
    for (int breaks = 0; breaks < 2; breaks++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        w.scenario.expect.agreement = BROKEN;
        world_start(&w);
        decide_all(&w, 0, 5, 1, 3);
        decide(&w, 0, 4);
        decide_as(&w, 1,
                  (struct decision){.height = 4, .value = (uint8_t)(breaks ? 9 : 4), .root = 5});
        ck_assert(!orr_check_poll(w.check, w.now));
        finish(&w, w.now);
        expect_verdict(&w, "agreement", breaks, breaks ? "decided differently" : "decisions");
        ck_assert_str_eq(verdict(&w, "agreement")->observed, breaks ? "broken" : "holds");
        world_end(&w);
    }
}
END_TEST

START_TEST(what_byzantine_nodes_decide_counts_only_before_they_turn) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 3, true);
    decide_all(&w, 0, 2, 1, 3);
    decide_as(&w, 3, (struct decision){.height = 1, .value = 99}); /* lies */
    finish(&w, w.now);
    expect_all_pass(&w, 5);
    ck_assert_uint_eq(orr_check_measures(w.check).n_decisions, 9);
    world_end(&w);

    world_init(&w);
    expect_safety(&w);
    world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
    world_start(&w);
    decide_as(&w, 3, (struct decision){.height = 1, .value = 99}); /* while it was correct */
    fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 3, true);
    decide(&w, 0, 1);
    ck_assert(orr_check_poll(w.check, w.now));
    world_end(&w);
}
END_TEST

START_TEST(a_gap_a_step_back_and_a_late_start_break_total_order) {
    static const struct {
        uint64_t heights[4];
        const char *text;
    } cases[] = {{{1, 2, 4, 0}, "decided height 4 and left a gap after 2"},
                 {{2, 0}, "decided height 2 first, but should begin at or below 1"}};
    for (int i = 0; i < 2; i++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        world_start(&w);
        decide_all(&w, 0, 2, 1, 6);
        for (int k = 0; cases[i].heights[k]; k++) decide(&w, 5, cases[i].heights[k]);
        finish(&w, w.now);
        expect_verdict(&w, "total_order", false, cases[i].text);
        ck_assert(verdict(&w, "agreement")->pass && verdict(&w, "integrity")->pass);
        world_end(&w);
    }
}
END_TEST

START_TEST(a_restarted_node_may_repeat_heights_but_not_skip_any) {
    for (int skips = 0; skips < 2; skips++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        struct orr_fault_spec *f = world_fault(&w, ORR_FAULT_CRASH, 0, ORR_NEVER);
        f->restart_after = S;
        world_start(&w);
        decide_all(&w, 0, 5, 1, 5);
        fault(&w, 0, 5, true);
        decide_all(&w, 0, 4, 6, 9);
        fault(&w, 0, 5, false);
        for (uint64_t h = skips ? 7 : 2; h <= 9; h++) decide(&w, 5, h);
        finish(&w, w.now);
        expect_verdict(&w, "total_order", !skips,
                       skips ? "val.5 decided height 7 first, but should begin at or below 6" : "");
        ck_assert(verdict(&w, "integrity")->pass);
        world_end(&w);
    }
}
END_TEST

/* After a restart the last decision may be told again (sim/driver.h): the same value is no break
 * and no progress, another one is a fork. */
START_TEST(a_decision_that_is_told_again_is_one_decision) {
    for (int differs = 0; differs < 2; differs++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        w.scenario.expect.termination = ORR_TERMINATION_WITHIN;
        w.scenario.expect.within = 10 * S;
        const struct orr_target two = {.kind = ORR_TARGET_NODES, .first = 4, .n = 2};
        w.scenario.expect.of = (struct orr_targets){&two, 1};
        world_fault(&w, ORR_FAULT_RESTART, 600 * MS, ORR_NEVER);
        world_start(&w);
        decide_all(&w, 4, 5, 1, 5);
        w.now = 600 * MS, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 5, true);
        decide_as(&w, 5,
                  (struct decision){.height = 5, .value = (uint8_t)(5 + differs), .root = 6});
        decide_all(&w, 4, 4, 6, 9);
        finish(&w, w.now + 30 * S);
        expect_verdict(&w, "total_order", true, "");
        expect_verdict(&w, "agreement", !differs,
                       differs ? "val.4 and val.5 decided differently at height 5" : "");
        ck_assert(strstr(verdict(&w, "total_order")->text, differs ? "" : "14 decisions"));
        expect_verdict(&w, "termination", false, "val.5 decided nothing");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_step_back_to_before_this_life_breaks_total_order) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_fault(&w, ORR_FAULT_RESTART, 0, ORR_NEVER);
    world_start(&w);
    decide_all(&w, 0, 5, 1, 5);
    fault(&w, 0, 5, true);
    decide(&w, 5, 4), decide(&w, 5, 5), decide(&w, 5, 2);
    finish(&w, w.now);
    expect_verdict(&w, "total_order", false, "val.5 decided height 2 after 5");
    world_end(&w);
}
END_TEST

START_TEST(a_height_decided_twice_breaks_integrity) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_all(&w, 0, 5, 1, 3);
    decide(&w, 4, 3);
    finish(&w, w.now);
    expect_verdict(&w, "integrity", false, "val.4 decided height 3 twice");
    ck_assert(verdict(&w, "total_order")->pass);
    world_end(&w);
}
END_TEST

START_TEST(a_transaction_in_two_blocks_or_twice_in_one_breaks_integrity) {
    for (int in_one = 0; in_one < 2; in_one++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        world_start(&w);
        submit(&w, 0, 42);
        for (orr_peer node = 0; node < 6; node++)
            decide_as(&w, node,
                      (struct decision){
                          .height = 1, .value = 1, .n_txs = 1 + (uint32_t)in_one, .txs = {42, 42}});
        if (!in_one)
            for (orr_peer node = 0; node < 6; node++)
                decide_as(&w, node,
                          (struct decision){.height = 2, .value = 2, .n_txs = 1, .txs = {42}});
        finish(&w, w.now);
        expect_verdict(&w, "integrity", false,
                       in_one ? "000000000000002a at height 1, twice in the block"
                              : "000000000000002a at height 2, which an earlier block had already");
        ck_assert_uint_eq(verdict(&w, "integrity")->violation->tx, 42);
        ck_assert(verdict(&w, "validity")->pass && verdict(&w, "agreement")->pass);
        world_end(&w);
    }
}
END_TEST

START_TEST(a_transaction_that_no_client_submitted_breaks_validity) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    submit(&w, 0, 42);
    decide_as(&w, 1, (struct decision){.height = 1, .value = 1, .n_txs = 2, .txs = {42, 43}});
    submit(&w, 0, 43); /* too late */
    finish(&w, w.now);
    expect_verdict(&w, "validity", false,
                   "val.1 decided transaction 000000000000002b at height 1, which no client");
    ck_assert(verdict(&w, "integrity")->pass);
    world_end(&w);
}
END_TEST

START_TEST(a_block_of_a_node_without_stake_or_of_no_node_breaks_validity) {
    static const orr_peer proposers[] = {6, 7, ORR_NOBODY};
    for (int i = 0; i < 3; i++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        world_start(&w);
        decide_as(&w, 1, (struct decision){.height = 1, .value = 1, .proposer = proposers[i]});
        finish(&w, w.now);
        expect_verdict(&w, "validity", false,
                       "val.1 decided a block of a node that may not propose");
        world_end(&w);
    }
}
END_TEST

/* A node's decision of a slot: value and parent are made of one byte each (0: no parent). */
static void decide_slot(struct world *w, orr_peer node, uint64_t slot, uint8_t value,
                        uint8_t parent, uint32_t n_proposers, const orr_peer *proposers) {
    uint64_t bytes[sizeof(struct orr_decided) / 8 + 4] = {0};
    struct orr_decided *d = (struct orr_decided *)bytes;
    d->height = slot, d->n_proposers = n_proposers;
    memset(d->value, value, 32), memset(d->parent, parent, 32);
    if (n_proposers) memcpy(d->txs, proposers, n_proposers * sizeof *proposers);
    output(w, node, ORR_OUT_DECIDED, bytes, sizeof *d + n_proposers * sizeof *proposers);
}

START_TEST(slots_may_be_left_out_before_a_decision_that_names_its_parent) {
    static const orr_peer all[] = {0, 1, 2, 3};
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    for (orr_peer node = 0; node < 4; node++) {
        decide_slot(&w, node, 1, 1, 0, 0, NULL);
        decide_slot(&w, node, 2, 2, 1, 1, all);
        decide_slot(&w, node, 5, 5, 2, 4, all); /* 3 and 4 had no leader */
        decide_slot(&w, node, 6, 6, 5, 2, all + 1);
    }
    finish(&w, w.now);
    expect_all_pass(&w, 5);
    world_end(&w);
}
END_TEST

START_TEST(a_slot_left_out_before_another_parent_breaks_total_order) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_slot(&w, 0, 1, 1, 0, 0, NULL);
    decide_slot(&w, 0, 4, 4, 3, 0, NULL); /* its parent is slot 3, which node 0 never decided */
    finish(&w, w.now);
    expect_verdict(&w, "total_order", false, "val.0 decided height 4 and left a gap after 1");
    world_end(&w);
}
END_TEST

START_TEST(one_value_with_two_parents_breaks_agreement) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_slot(&w, 0, 1, 1, 0, 0, NULL), decide_slot(&w, 0, 2, 2, 1, 0, NULL);
    decide_slot(&w, 0, 3, 3, 2, 0, NULL);
    decide_slot(&w, 1, 1, 1, 0, 0, NULL), decide_slot(&w, 1, 3, 3, 1, 0, NULL);
    finish(&w, w.now);
    expect_verdict(&w, "agreement", false, "val.0 and val.1 decided differently at height 3");
    world_end(&w);
}
END_TEST

START_TEST(one_proposer_of_several_that_may_not_propose_breaks_validity) {
    static const orr_peer with_a_stranger[] = {0, 1, 6};
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_slot(&w, 0, 1, 1, 0, 3, with_a_stranger);
    finish(&w, w.now);
    expect_verdict(&w, "validity", false, "val.0 decided a block of a node that may not propose");
    world_end(&w);
}
END_TEST

START_TEST(a_malformed_decision_breaks_validity) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    struct orr_decided d = {.height = 1, .n_txs = 1}; /* and no transaction */
    output(&w, 0, ORR_OUT_DECIDED, &d, sizeof d);
    finish(&w, w.now);
    expect_verdict(&w, "validity", false, "val.0 decided something malformed");
    world_end(&w);
}
END_TEST

START_TEST(different_state_roots_after_one_block_break_state_root_alone) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_all(&w, 0, 4, 1, 3);
    decide(&w, 5, 1), decide(&w, 5, 2);
    decide_as(&w, 5, (struct decision){.height = 3, .value = 3, .root = 200});
    finish(&w, w.now);
    expect_verdict(&w, "state_root", false,
                   "val.0 and val.5 decided the same block at height 3 but computed different "
                   "state roots: 0404040404040404 and c8c8c8c8c8c8c8c8");
    ck_assert(verdict(&w, "agreement")->pass);
    world_end(&w);
}
END_TEST

START_TEST(unchecked_expectations_have_no_verdict) {
    struct world w;
    world_init(&w);
    world_start(&w);
    decide(&w, 0, 1);
    decide_as(&w, 1, (struct decision){.height = 1, .value = 9});
    ck_assert(!orr_check_poll(w.check, w.now));
    finish(&w, w.now);
    ck_assert_uint_eq(w.n_verdicts, 0);
    world_end(&w);
}
END_TEST

START_TEST(only_the_nodes_that_the_scenario_names_are_judged) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    const struct orr_target some = {.kind = ORR_TARGET_NODES, .first = 0, .n = 3};
    w.scenario.expect.of = (struct orr_targets){&some, 1};
    world_start(&w);
    decide_all(&w, 0, 2, 1, 2);
    decide_as(&w, 3, (struct decision){.height = 1, .value = 9});
    finish(&w, w.now);
    expect_all_pass(&w, 5);
    world_end(&w);
}
END_TEST

START_TEST(evidence_is_wanted_against_culprits_and_against_nobody_else) {
    static const struct {
        enum orr_presence expected;
        orr_peer culprit; /* ORR_NOBODY: no evidence */
        bool byzantine, pass;
    } cases[] = {
        {ORR_PRESENT, 2, true, true},
        {ORR_PRESENT, ORR_NOBODY, true, false},
        {ORR_PRESENT, 3, true, false},
        {ORR_ABSENT, ORR_NOBODY, true, true},
        {ORR_ABSENT, 2, true, false},
        {ORR_PRESENCE_UNCHECKED, 3, true, false},
        {ORR_PRESENCE_UNCHECKED, 2, false, false},
        {ORR_PRESENCE_WRONG, 3, true, true},
        {ORR_PRESENCE_WRONG, 2, true, false},
        {ORR_PRESENCE_WRONG, ORR_NOBODY, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_init(&w);
        w.scenario.expect.evidence = cases[i].expected;
        world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
        world_start(&w);
        if (cases[i].byzantine) fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 2, true);
        decide_all(&w, 0, 5, 1, 3);
        if (cases[i].culprit != ORR_NOBODY) accuse(&w, 1, cases[i].culprit);
        accuse(&w, cases[i].byzantine ? 2 : 3,
               5); /* slander counts only if a correct node says it */
        bool slander = !cases[i].byzantine;
        finish(&w, w.now);
        const struct orr_verdict *v = verdict(&w, "evidence");
        ck_assert_msg(v->pass == (cases[i].pass && !slander), "case %d: %s", (int)i, v->text);
        world_end(&w);
    }
}
END_TEST

START_TEST(every_culprit_asked_for_must_be_named) {
    for (int all = 0; all < 2; all++) {
        struct world w;
        world_init(&w);
        const struct orr_target two = {.kind = ORR_TARGET_NODES, .first = 1, .n = 2};
        w.scenario.expect.evidence = ORR_PRESENT;
        w.scenario.expect.culprits = (struct orr_targets){&two, 1};
        world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
        world_start(&w);
        fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 1, true), fault(&w, 0, 2, true);
        accuse(&w, 0, 1);
        if (all) accuse(&w, 3, 2);
        finish(&w, S);
        expect_verdict(&w, "evidence", all, all ? "2 of 2 culprits" : "names 1 of 2 culprits");
        world_end(&w);
    }
}
END_TEST

ORR_TEST_MAIN("oracles of safety", a_clean_run_holds_every_promise,
              two_values_at_one_height_break_agreement_and_the_report_names_both_sides,
              transactions_do_not_drown_the_votes_in_a_report,
              the_same_value_with_other_transactions_breaks_agreement,
              an_expected_break_passes_and_is_no_surprise_and_its_absence_fails,
              what_byzantine_nodes_decide_counts_only_before_they_turn,
              a_gap_a_step_back_and_a_late_start_break_total_order,
              a_restarted_node_may_repeat_heights_but_not_skip_any,
              a_decision_that_is_told_again_is_one_decision,
              a_step_back_to_before_this_life_breaks_total_order,
              a_height_decided_twice_breaks_integrity,
              a_transaction_in_two_blocks_or_twice_in_one_breaks_integrity,
              a_transaction_that_no_client_submitted_breaks_validity,
              a_block_of_a_node_without_stake_or_of_no_node_breaks_validity,
              slots_may_be_left_out_before_a_decision_that_names_its_parent,
              a_slot_left_out_before_another_parent_breaks_total_order,
              one_value_with_two_parents_breaks_agreement,
              one_proposer_of_several_that_may_not_propose_breaks_validity,
              a_malformed_decision_breaks_validity,
              different_state_roots_after_one_block_break_state_root_alone,
              unchecked_expectations_have_no_verdict,
              only_the_nodes_that_the_scenario_names_are_judged,
              evidence_is_wanted_against_culprits_and_against_nobody_else,
              every_culprit_asked_for_must_be_named)
