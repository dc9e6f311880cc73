/* Plans that are drawn: what they hold to, and what each strategy draws. */
#include "tests/sim/search/hunt.h"

static const char flawed[] =
    SCENARIO("pbft, config: {bug: quorum-2f}", "expect: {agreement: broken}\n");

/* ---- plans ---- */

START_TEST(a_plan_is_a_function_of_the_ground_the_seed_and_its_number) {
    struct orr_hunt hunt = begin(flawed, ORR_STRATEGY_MIXED, 0, 1);
    static struct orr_plan_drawn a, b;
    static char text[ORR_PLAN_CHARS], again[ORR_PLAN_CHARS];
    uint32_t n_new = 0, n_sizes = 0;
    for (uint64_t i = 0; i < 200; i++) {
        memset(&a, 0x11, sizeof a);
        orr_plan_draw(&hunt.ground, ORR_STRATEGY_MIXED, 1, i, &a);
        orr_plan_draw(&hunt.ground, ORR_STRATEGY_MIXED, 1, i, &b);
        size_t len = orr_plan_text(&a, text, sizeof text);
        ck_assert_uint_eq(len, orr_plan_text(&b, again, sizeof again));
        ck_assert_str_eq(text, again);
        ck_assert(a.seed == b.seed && a.n_nodes == b.n_nodes);
        orr_plan_draw(&hunt.ground, ORR_STRATEGY_MIXED, 2, i, &b);
        n_new += a.seed != b.seed;
        n_sizes += a.n_nodes != 4;
    }
    ck_assert_uint_eq(n_new, 200);
    ck_assert(n_sizes > 10 && n_sizes < 100);
    orr_hunt_fini(&hunt);
}
END_TEST

static struct orr_scenario *of_length(const char *text, const struct orr_ground *ground,
                                      uint32_t halves) {
    char word[ORR_DURATION_CHARS];
    const char *const words[] = {word};
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    orr_hunt_duration_word(ground, halves, word);
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", words, 1, &s, &diags), 0);
    orr_diags_fini(&diags);
    return s;
}

/* All can be bound and none makes a third of the power faulty; calm is as calm says. */
START_TEST(every_plan_that_is_drawn_keeps_to_what_protocols_assume) {
    static struct orr_plan_drawn plan;
    static char text[ORR_PLAN_CHARS];
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        char scenario[600];
        snprintf(scenario, sizeof scenario, SCENARIO("%s", ""), roles[r]);
        struct orr_hunt hunt = begin(scenario, ORR_STRATEGY_MIXED, 0, 1);
        uint32_t n_liars = 0;
        struct orr_scenario *lengths[ORR_HALVES_MAX + 1] = {NULL};
        for (uint64_t i = 0; i < 300; i++) {
            orr_plan_draw(&hunt.ground, (enum orr_strategy)(i % ORR_N_STRATEGIES), 7, i, &plan);
            if (plan.n_nodes != 4) continue; /* bound against four */
            if (!lengths[plan.halves])
                lengths[plan.halves] = of_length(scenario, &hunt.ground, plan.halves);
            struct orr_diags diags = {0};
            struct orr_scenario_store *store = orr_store_new();
            struct orr_scenario bound;
            size_t len = orr_plan_text(&plan, text, sizeof text);
            int error = orr_scenario_reschedule(lengths[plan.halves], text, len, store, &bound,
                                                &diags);
            if (error) orr_diags_print(&diags, stderr, false);
            ck_assert_msg(!error, "%s, plan %d\n%s", roles[r], (int)i, text);
            ck_assert_uint_eq(bound.n_faults, plan.n);
            ck_assert(!orr_assumptions_of(&bound).is_beyond);
            for (uint32_t k = 0; k < bound.n_faults; k++) {
                const struct orr_fault_spec *f = &bound.faults[k];
                orr_time lasts = f->kind == ORR_FAULT_CRASH ? f->restart_after : f->duration;
                if (f->kind == ORR_FAULT_LEAD) continue;
                bool is_cycle = i % ORR_N_STRATEGIES == ORR_STRATEGY_CYCLES;
                bool stays = f->kind == ORR_FAULT_BYZANTINE && lasts == ORR_NEVER;
                if (stays && !is_cycle) ck_assert_int_eq(f->behaviour, ORR_BEHAVIOUR_MUTE);
                if (f->kind == ORR_FAULT_DELAY && lasts == ORR_NEVER) {
                    ck_assert(is_cycle);
                    ck_assert_int_gt(hunt.ground.late_by, 0);
                    continue;
                }
                ck_assert_int_le(stays ? f->at : f->at + lasts,
                                 orr_plan_calm_at(&hunt.ground, plan.halves));
                n_liars += f->kind == ORR_FAULT_BYZANTINE;
            }
            orr_store_free(store);
            orr_diags_fini(&diags);
        }
        ck_assert_msg((n_liars > 0) == (strcmp(roles[r], "raft") != 0), "%s: %u lies", roles[r],
                      n_liars);
        ck_assert(lengths[2] && lengths[ORR_HALVES_MAX]);
        for (uint32_t k = 0; k <= ORR_HALVES_MAX; k++) orr_scenario_free(lengths[k]);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

START_TEST(a_schedule_that_cannot_be_bound_is_refused_and_leaves_the_scenario_as_it_was) {
    struct orr_hunt hunt = begin(flawed, ORR_STRATEGY_MIXED, 0, 1);
    static const char *const bad[] = {"- {do: drop, view: x}\n", "- {do: dorp, view: 1}\n",
                                      "{a: 1}", "- {at: 1 s, do: crash, target: val.9}\n", "",
                                      "- [",
                                      "- {at: 9 s, do: isolate, target: val.1}\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct orr_diags diags = {0};
        struct orr_scenario_store *store = orr_store_new();
        struct orr_scenario bound;
        ck_assert_msg(orr_scenario_reschedule(hunt.scenario, bad[i], strlen(bad[i]), store, &bound,
                                              &diags) == ORR_EFORMAT,
                      "%s", bad[i]);
        ck_assert_uint_gt(diags.n_errors, 0);
        ck_assert_uint_eq(hunt.scenario->n_faults, 0);
        orr_store_free(store);
        orr_diags_fini(&diags);
    }
    orr_hunt_fini(&hunt);
}
END_TEST

/* ---- plans by rounds ---- */

static uint32_t count_of(const struct orr_plan_drawn *plan, const char *words) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < plan->n; k++) n += strstr(plan->decisions[k], words) != NULL;
    return n;
}

/* Four nodes of a role that can be told who leads: 15 schedules of one round, 510 of two, each
 * once; then long ones.  A role that tells no lies has no twins: 4 and 60. */
START_TEST(twins_plans_are_the_schedules_each_once_and_then_long_ones) {
    static const struct { const char *role; uint32_t n[2], n_twins; } cases[] = {
        {"streamlet", {15, 510}, 1}, {"tendermint", {12, 160}, 1}, {"raft", {8, 64}, 0}};
    enum { MORE = 40 };
    static char texts[530 + MORE][ORR_PLAN_CHARS];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char scenario[600];
        snprintf(scenario, sizeof scenario, SCENARIO("%s", ""), cases[c].role);
        struct orr_hunt hunt = begin(scenario, ORR_STRATEGY_TWINS, 0, 1);
        static struct orr_plan_drawn plan, again;
        uint32_t n = cases[c].n[0] + cases[c].n[1];
        for (int s = 0; s < 2; s++)
            ck_assert_uint_eq(orr_twins_hand_classes(hunt.ground.twins, (uint32_t)s),
                              cases[c].n[s]);
        for (uint32_t i = 0; i < n + MORE; i++) {
            orr_hunt_plan(&hunt, i, &plan);
            orr_plan_text(&plan, texts[i], sizeof texts[i]);
            uint32_t n_leads = count_of(&plan, "do: lead");
            ck_assert_uint_eq(count_of(&plan, "behaviour: twins"), cases[c].n_twins);
            if (c == 0) ck_assert_uint_eq(n_leads, i < 15 ? 1 : i < n ? 2 : 7);
            else ck_assert_uint_eq(n_leads, 0);
            uint32_t k = i < cases[c].n[0] ? 0 : i < n ? cases[c].n[0] : n; /* of its length */
            for (; k < i; k++) ck_assert_str_ne(texts[k], texts[i]);
        }
        orr_hunt_plan(&hunt, 3, &again); /* what was asked before changes nothing */
        static char text[ORR_PLAN_CHARS];
        orr_plan_text(&again, text, sizeof text);
        ck_assert_str_eq(text, texts[3]);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

/* At most so many lies and parts, each of a view. */
START_TEST(byzzfuzz_plans_are_a_few_rounds_of_lies_and_of_parts) {
    struct orr_hunt hunt = begin(flawed, ORR_STRATEGY_BYZZFUZZ, 0, 1);
    static struct orr_plan_drawn plan;
    uint32_t most[2] = {0};
    for (uint64_t i = 0; i < 200; i++) {
        orr_hunt_plan(&hunt, i, &plan);
        uint32_t lies = count_of(&plan, "behaviour: mutate"), parts = count_of(&plan, "partition");
        ck_assert_uint_gt(plan.n, 0);
        ck_assert_uint_eq(lies + parts, plan.n);
        ck_assert_uint_eq(count_of(&plan, ", view: "), plan.n);
        if (lies > most[0]) most[0] = lies;
        if (parts > most[1]) most[1] = parts;
    }
    ck_assert_uint_eq(most[0], 3);
    ck_assert_uint_eq(most[1], 4);
    orr_hunt_fini(&hunt);
}
END_TEST

/* Losses of one to four views, or two nodes by turns apart in up to four pairs of views, of one
 * height where heights count the blocks; a lie; leaders. */
START_TEST(plans_of_secrets_are_about_a_few_views_in_each_of_which_one_node_is_apart) {
    for (size_t r = 0; r < sizeof roles / sizeof roles[0]; r++) {
        char scenario[600];
        snprintf(scenario, sizeof scenario, SCENARIO("%s", ""), roles[r]);
        struct orr_hunt hunt = begin(scenario, ORR_STRATEGY_SECRETS, 0, 1);
        static struct orr_plan_drawn plan;
        uint32_t n_apart = 0, n_lead = 0;
        for (uint64_t i = 0; i < 200; i++) {
            orr_hunt_plan(&hunt, i, &plan);
            uint32_t parts = count_of(&plan, "do: partition, view: ");
            uint32_t lost = count_of(&plan, "do: drop, view: ") +
                            count_of(&plan, "do: delay, view: ");
            uint32_t leads = count_of(&plan, "do: lead"), lies = count_of(&plan, "do: byzantine");
            n_apart += count_of(&plan, "from: val.") > 0;
            n_lead += leads;
            uint32_t fails = count_of(&plan, "do: crash") + count_of(&plan, "do: isolate");
            ck_assert_uint_eq(lost + parts + leads + lies + fails, plan.n);
            ck_assert_uint_le(fails, 5);
            ck_assert_uint_le(lost, 16);
            ck_assert_uint_le(parts, 3);
            ck_assert_uint_le(leads, parts ? 8 : 4);
            ck_assert_uint_le(lies, 1);
            for (uint32_t k = 0; k < plan.n && !hunt.ground.by_view; k++)
                ck_assert(strstr(plan.decisions[k], "byzantine") ||
                          strstr(plan.decisions[k], "do: crash") ||
                          strstr(plan.decisions[k], "do: isolate") ||
                          strstr(plan.decisions[k], ", height: "));
        }
        ck_assert_uint_gt(n_apart, 100);
        ck_assert((n_lead > 0) == hunt.ground.can_be_led);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

/* Each view of a cycle is one of its period, and all of it goes on for ever but the loss at its
 * start; delays are borne, and come from those in the know. */
START_TEST(plans_of_cycles_come_back_and_do_not_end) {
    static const char *const live[] = {"tendermint", "pbft", "hotstuff", "hotstuff-basic"};
    for (size_t r = 0; r < sizeof live / sizeof live[0]; r++) {
        char scenario[600];
        snprintf(scenario, sizeof scenario, SCENARIO("%s", ""), live[r]);
        struct orr_hunt hunt = begin(scenario, ORR_STRATEGY_CYCLES, 0, 1);
        static struct orr_plan_drawn plan;
        uint32_t n_lies = 0, n_late = 0;
        ck_assert_int_gt(hunt.ground.late_by, 0);
        for (uint64_t i = 0; i < 200; i++) {
            orr_hunt_plan(&hunt, i, &plan);
            uint32_t n_ends = count_of(&plan, "for: ");
            ck_assert_uint_le(n_ends, 1);
            for (uint32_t k = 0; k < plan.n && n_ends; k++)
                if (strstr(plan.decisions[k], "for: "))
                    ck_assert(strstr(plan.decisions[k], "do: d")); /* drop, delay */
            n_lies += count_of(&plan, "do: byzantine") != 0;
            n_late += count_of(&plan, "{do: delay, from: val.") != 0;
        }
        ck_assert(n_lies > 100 && n_late > 50);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

/* Two hidden locks (tendermint issue 7900), and two nodes that take turns
 * (asonnino/twins-simulator): published flaws that the defaults find. */
START_TEST(the_defaults_find_published_flaws) {
    static const struct { const char *text, *check; } cases[] = {
        {"orrery: 1\nname: g\nduration: 6 s\nrecord: none\nnetwork: {latency: 10 ms}\n"
         "nodes: {val: {count: 4, role: tendermint, config: {valid_value: off, "
         "precommit_wait: off, timeout_propose: 40 ms, timeout_propose_delta: 0 ms, "
         "timeout_prevote: 300 ms, timeout_prevote_delta: 0 ms, "
         "timeout_precommit: 300 ms, timeout_precommit_delta: 0 ms, "
         "gossip_interval: 1 h}}}\n", "termination"},
        {"orrery: 1\nname: g\nduration: 6 s\nrecord: none\n"
         "network: {latency: {dist: uniform, min: 5 ms, max: 25 ms}}\n"
         "nodes: {val: {count: 4, role: fast-hotstuff, config: {commit_rule: any-two-chain, "
         "timeout: 200 ms, timeout_growth: fixed}}}\n", "agreement"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orr_hunt hunt = begin(cases[i].text, ORR_STRATEGY_MIXED, 4096, 2);
        hunt.stop_at_first = true;
        ck_assert_int_eq(orr_hunt_run(&hunt), 0);
        ck_assert_uint_eq(hunt.n_caught, 1);
        ck_assert_str_eq(hunt.caught[0].finding.name, cases[i].check);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

/* A lie that forgets its lock, and a validator that alone hears of a decision: what Tendermint's
 * locks are for.  Runs before this one find nothing. */
START_TEST(secrets_show_what_a_tendermint_without_locks_does) {
    static const char text[] =
        "orrery: 1\nname: g\nduration: 10 s\nrecord: none\n"
        "nodes: {val: {count: 4, role: tendermint, config: {bug: no-lock}}}\n"
        "network: {latency: {dist: uniform, min: 5 ms, max: 25 ms}}\n"
        "workload: [{rate: 20 /s, size: 200 B, stop: 2 s, arrivals: constant}]\n";
    struct orr_hunt hunt = begin(text, ORR_STRATEGY_SECRETS, 906, 2);
    hunt.n_done = 880; /* run i is a function of i */
    ck_assert_int_eq(orr_hunt_run(&hunt), 0);
    ck_assert_uint_eq(hunt.n_caught, 1);
    ck_assert_str_eq(hunt.caught[0].finding.name, "agreement");
    orr_hunt_fini(&hunt);
}
END_TEST

/* The longest names that a ground takes, and the most nodes: every decision has room. */
START_TEST(the_longest_decisions_have_room) {
    static const char text[] =
        "orrery: 1\nname: t\nduration: 1 s\nrecord: none\n"
        "nodes: {replicas: {count: 31, role: pbft}}\nnetwork: {latency: 10 ms}\n"
        "workload: [{rate: 20 /s, size: 200 B}]\n";
    static const enum orr_strategy strategies[] = {ORR_STRATEGY_SECRETS, ORR_STRATEGY_CYCLES,
                                                   ORR_STRATEGY_BYZZFUZZ, ORR_STRATEGY_SWARM};
    struct orr_hunt hunt = begin(text, ORR_STRATEGY_MIXED, 0, 1);
    static struct orr_plan_drawn plan;
    size_t longest = 0;
    uint32_t most = 0;
    hunt.ground.n_kinds = ORR_GROUND_KINDS;
    for (uint32_t k = 0; k < ORR_GROUND_KINDS; k++) hunt.ground.kinds[k] = "some-kind-of-message";
    for (uint64_t i = 0; i < 4000; i++) {
        orr_plan_draw(&hunt.ground, strategies[i % 4], 1, i, &plan);
        ck_assert_uint_le(plan.n, ORR_DECISIONS_MAX);
        if (plan.n > most) most = plan.n;
        for (uint32_t k = 0; k < plan.n; k++)
            if (strlen(plan.decisions[k]) > longest) longest = strlen(plan.decisions[k]);
    }
    ck_assert_uint_eq(most, ORR_DECISIONS_MAX);
    ck_assert_uint_gt(longest, 640);
    ck_assert_uint_lt(longest, ORR_DECISION_CHARS);
    orr_hunt_fini(&hunt);
}
END_TEST

/* Kinds of messages that are only sent when something is wrong are drawn, too. */
START_TEST(a_ground_knows_what_is_only_said_under_faults) {
    static const char *const said[][2] = {
        {"tendermint", "commit"}, {"pbft", "view-change"}, {"hotstuff", "timeout"}};
    for (size_t r = 0; r < sizeof said / sizeof said[0]; r++) {
        char scenario[600];
        snprintf(scenario, sizeof scenario, SCENARIO("%s", ""), said[r][0]);
        struct orr_hunt hunt = begin(scenario, ORR_STRATEGY_MIXED, 0, 1);
        bool knows = false;
        for (uint32_t k = 0; k < hunt.ground.n_kinds; k++)
            knows |= !strcmp(hunt.ground.kinds[k], said[r][1]);
        ck_assert_msg(knows, "%s: %s", said[r][0], said[r][1]);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

START_TEST(a_ground_of_too_few_or_too_many_nodes_is_refused) {
    static const struct { const char *role; uint32_t n; bool good; enum orr_strategy strategy; }
    cases[] = {{"tendermint", 1, false, ORR_STRATEGY_MIXED},
               {"tendermint", 31, true, ORR_STRATEGY_MIXED},
               {"tendermint", 32, false, ORR_STRATEGY_MIXED},
               {"raft", 8, false, ORR_STRATEGY_TWINS}, {"raft", 7, true, ORR_STRATEGY_TWINS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "orrery: 1\nname: t\nduration: 1 s\nrecord: none\n"
                 "nodes: {val: {count: %u, role: %s}}\nnetwork: {latency: 10 ms}\n",
                 cases[i].n, cases[i].role);
        struct orr_hunt hunt = {.text = text, .len = strlen(text), .name = "test", .seed = 1,
                                .strategy = cases[i].strategy};
        struct orr_diags diags = {0};
        int error = orr_hunt_begin(&hunt, &diags);
        ck_assert_msg((error == 0) == cases[i].good, "%u of %s", cases[i].n, cases[i].role);
        static struct orr_plan_drawn plan;
        for (uint64_t k = 0; k < 50 && !error; k++) orr_hunt_plan(&hunt, k, &plan);
        orr_diags_fini(&diags);
        orr_hunt_fini(&hunt);
    }
}
END_TEST

ORR_TEST_MAIN("sim.plans", twins_plans_are_the_schedules_each_once_and_then_long_ones,
              byzzfuzz_plans_are_a_few_rounds_of_lies_and_of_parts,
              plans_of_secrets_are_about_a_few_views_in_each_of_which_one_node_is_apart,
              plans_of_cycles_come_back_and_do_not_end,
              the_defaults_find_published_flaws,
              secrets_show_what_a_tendermint_without_locks_does,
              a_ground_knows_what_is_only_said_under_faults,
              the_longest_decisions_have_room,
              a_ground_of_too_few_or_too_many_nodes_is_refused,
              a_plan_is_a_function_of_the_ground_the_seed_and_its_number,
              every_plan_that_is_drawn_keeps_to_what_protocols_assume,
              a_schedule_that_cannot_be_bound_is_refused_and_leaves_the_scenario_as_it_was)
