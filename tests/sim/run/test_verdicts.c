/* Every scenario gives the verdict that its comment states, and the contrary expectation fails. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

/* Runs scenarios/NAME.yaml with the overrides; is all as it expects? */
static bool as_expected(const char *name, const char *const *overrides, uint32_t n_overrides) {
    char path[256];
    snprintf(path, sizeof path, strncmp(name, "tests/", 6) ? "scenarios/%s.yaml" : "%s.yaml", name);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_load(path, overrides, n_overrides, &s, &diags);
    struct orr_run_options options = {0};
    struct orr_run_result result = {0};
    if (!error) error = orr_run(s, &options, &result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s does not run", name);
    bool pass = result.pass;
    for (uint32_t i = 0; i < result.n_verdicts; i++)
        if (!result.verdicts[i].pass)
            printf("%s: %s expected %s, observed %s\n", name, result.verdicts[i].name,
                   result.verdicts[i].expected, result.verdicts[i].observed);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return pass;
}

static void holds(const char *name) { ck_assert(as_expected(name, NULL, 0)); }
static void fails_with(const char *name, const char *override) {
    ck_assert_msg(!as_expected(name, &override, 1), "%s with %s passes", name, override);
}

START_TEST(a_leader_cut_off_for_8_s_is_survived) {
    holds("quickstart");
    fails_with("quickstart", "expect.throughput=400 /s"); /* only 200 /s are submitted */
    fails_with("quickstart", "expect.max_gap=500 ms");
}
END_TEST

START_TEST(f_crashes_are_survived_and_f_plus_1_stall_without_a_fork) {
    holds("crash-f");
    fails_with("crash-f", "expect.termination=stalled");
    holds("crash-f-plus-1");
    fails_with("crash-f-plus-1", "expect.termination={within: 20 s}");
    fails_with("crash-f-plus-1", "expect.agreement=broken");
}
END_TEST

START_TEST(a_partition_heals_and_its_gap_is_seen) {
    holds("partition-heal");
    fails_with("partition-heal", "expect.max_gap=10 s"); /* it lasts 15 s */
}
END_TEST

START_TEST(bad_lines_are_made_good) {
    holds("lossy-wan");
    fails_with("lossy-wan", "expect.latency={p50: below 100 ms}"); /* less than a round trip */
    holds("slow-lines");
    fails_with("slow-lines", "expect.max_gap=2 s"); /* a block takes longer */
    holds("late-joiner");
    holds("hotstuff-late-joiner");
    fails_with("late-joiner", "expect.max_gap=5 s"); /* rounds of those who are away */
    holds("tendermint-gossip");
    fails_with("tendermint-gossip", "expect.max_gap=10 s"); /* a quarter is cut off for 12 s */
}
END_TEST

START_TEST(f_liars_are_survived_and_found_out) {
    holds("equivocation-f");
    fails_with("equivocation-f", "expect.evidence=absent");
    fails_with("equivocation-f", "expect.agreement=broken");
}
END_TEST

START_TEST(f_plus_1_liars_fork_the_chain_and_are_named) {
    holds("equivocation-f-plus-1");
    fails_with("equivocation-f-plus-1", "expect.agreement=holds");
    fails_with("equivocation-f-plus-1", "expect.evidence.names=[val.2]"); /* who is correct */
}
END_TEST

START_TEST(who_leaves_and_returns_catches_up) {
    holds("churn");
    fails_with("churn", "expect.evidence=present");
}
END_TEST

START_TEST(flooding_delivers_everything_in_time) {
    holds("flood");
    fails_with("flood", "expect.delivery.p99=100 ms");
    fails_with("flood", "network.links.0.loss=80 %");
}
END_TEST

START_TEST(what_is_submitted_is_committed_where_the_chain_goes_on_and_only_there) {
    static const char *const all = "expect.committed=all";
    ck_assert(as_expected("pbft-normal", &all, 1));
    ck_assert(as_expected("crash-f", &all, 1));
    fails_with("crash-f-plus-1", all);
    fails_with("pbft-normal", "workload.0.to=all"); /* what the crashed one is given is lost */
}
END_TEST

START_TEST(pbft_changes_its_view_and_sends_the_state_to_who_missed_it) {
    holds("pbft");
    fails_with("pbft", "expect.termination={within: 100 ms}"); /* less than the timeout */
    fails_with("pbft", "nodes.replica.config.timeout=30 s");   /* nobody doubts the primary */
}
END_TEST

START_TEST(hotstuff_and_streamlet_go_on_without_two_of_seven) {
    holds("hotstuff-crash-f");
    fails_with("hotstuff-crash-f", "expect.max_gap=500 ms"); /* less than the timeout */
    holds("streamlet-crash-f");
    fails_with("streamlet-crash-f", "expect.latency={p50: 500 ms}"); /* an epoch and more */
}
END_TEST

START_TEST(hotstuff_has_nine_tenths_of_the_throughput_that_its_paper_measured) {
    holds("papers/hotstuff-wan");
    holds("papers/pbft-four-continents");
    fails_with("papers/pbft-four-continents", "expect.latency.p50=232400 us"); /* -2 % */
    holds("papers/hotstuff-batch");
    fails_with("papers/hotstuff-batch", "nodes.val.config.batch_txs=300");
}
END_TEST

START_TEST(raft_elects_another_leader_and_the_old_one_catches_up) {
    holds("raft");
    fails_with("raft", "expect.max_gap=50 ms"); /* nobody leads for an election timeout */
}
END_TEST

START_TEST(hidden_locks_and_chains_of_any_views_break_what_the_papers_rules_keep) {
    holds("attacks/hotstuff-hidden-lock");
    holds("attacks/hotstuff-hidden-lock-three-phases");
    fails_with("attacks/hotstuff-hidden-lock-three-phases", "nodes.val.config.phases=2");
    holds("attacks/hotstuff-hidden-lock-waits");
    holds("attacks/fast-hotstuff-any-two-chain");
    holds("attacks/fast-hotstuff-any-two-chain-control");
    fails_with("attacks/fast-hotstuff-any-two-chain-control",
               "nodes.val.config.commit_rule=any-two-chain");
}
END_TEST

START_TEST(who_forgets_a_lock_forks_what_the_same_losses_leave_whole) {
    holds("attacks/tendermint-amnesia");
    holds("attacks/tendermint-amnesia-control");
    fails_with("attacks/tendermint-amnesia", "faults.0.target=val.3"); /* a quarter is too few */
    holds("attacks/hotstuff-outdated-qc");
    holds("attacks/hotstuff-outdated-qc-control");
    fails_with("attacks/hotstuff-outdated-qc", "faults.0.target=val.3");
    holds("attacks/tendermint-hidden-lock");
    holds("attacks/tendermint-hidden-lock-control");
    fails_with("attacks/tendermint-hidden-lock-control", "nodes.val.config.valid_value=off");
    fails_with("attacks/tendermint-hidden-lock-control", "nodes.val.config.precommit_wait=off");
}
END_TEST

START_TEST(who_loses_its_log_or_leaves_out_what_it_knows_forks_and_colluders_of_one_mind_do) {
    holds("attacks/tendermint-lost-log");
    holds("attacks/tendermint-lost-log-control");
    fails_with("attacks/tendermint-lost-log", "faults.2.target=val.3"); /* a quarter is too few */
    fails_with("attacks/tendermint-lost-log", "faults.2.forgets=lock");
    holds("attacks/tendermint-one-mind");
    holds("attacks/tendermint-one-mind-control");
    fails_with("attacks/tendermint-one-mind", "faults.0.reads=usual");
    holds("attacks/pbft-left-out");
    holds("attacks/pbft-left-out-control");
    fails_with("attacks/pbft-left-out", "faults.0.target=val.3");
    holds("attacks/streamlet-shorter");
    holds("attacks/streamlet-shorter-control");
    fails_with("attacks/streamlet-shorter", "faults.0.target=val.3");
    holds("attacks/hotstuff-chained-lock");
    holds("attacks/hotstuff-chained-lock-control");
    fails_with("attacks/hotstuff-chained-lock", "faults.0.target=val.3");
}
END_TEST

START_TEST(who_is_corrupted_as_it_proposes_counts_as_any_liar) {
    static const char *const roles[] = {"tendermint", "pbft", "jolteon", "bullshark"};
    holds("adaptive-leaders");
    fails_with("adaptive-leaders", "faults.0.budget=3");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        char role[64];
        snprintf(role, sizeof role, "nodes.val.role=%s", roles[i]);
        const char *const lies[] = {role, "faults.0.behaviour=equivocate",
                                    "expect.termination={within: 30 s}"};
        ck_assert_msg(as_expected("adaptive-leaders", lies, 3), "%s", roles[i]);
        const char *const at_once[] = {role, "faults.0.at=0 s", "faults.0.budget=3",
                                       "expect.termination={within: 30 s}"};
        ck_assert_msg(!as_expected("adaptive-leaders", at_once, 4), "%s", roles[i]);
    }
}
END_TEST

START_TEST(who_restarts_in_a_view_that_it_gave_up_says_so_again) {
    static const char *const roles[] = {"jolteon", "hotstuff", "fast-hotstuff", "hotstuff-basic"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        char role[64];
        snprintf(role, sizeof role, "nodes.val.role=%s", roles[i]);
        const char *set = role;
        ck_assert_msg(as_expected("restart-in-given-up-view", &set, 1), "%s", roles[i]);
    }
}
END_TEST

START_TEST(graphs_of_rounds_decide_once_with_an_equivocator_or_twins_and_restarts) {
    static const char *const roles[] = {"mysticeti", "tusk", "bullshark"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        for (int seed = 1; seed <= 8; seed++) {
            char role[64], number[32];
            snprintf(role, sizeof role, "nodes.val.role=%s", roles[i]);
            snprintf(number, sizeof number, "seed=%d", seed);
            const char *const set[] = {role, number};
            ck_assert_msg(as_expected("dag-equivocation", set, 2), "%s, seed %d", roles[i], seed);
            ck_assert_msg(as_expected("dag-twins", set, 2), "%s, seed %d", roles[i], seed);
        }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) { /* any field of the liar's */
        char role[64];
        snprintf(role, sizeof role, "nodes.val.role=%s", roles[i]);
        const char *const set[] = {role, "faults.0.behaviour=mutate",
                                   "faults.0.field=[view, height, value, proof]"};
        ck_assert_msg(as_expected("dag-equivocation", set, 3), "%s", roles[i]);
    }
}
END_TEST

START_TEST(raft_goes_on_with_whoever_has_a_vote) {
    static const char *const joint[] = {"nodes.server.config.joint=true"};
    holds("raft-members");
    ck_assert(as_expected("raft-members", joint, 1));
    fails_with("raft-members", "workload.1.power=0"); /* then nobody has two votes in the end */
}
END_TEST

START_TEST(attacks_succeed_and_their_controls_hold) {
    holds("attacks/raft-at-once");
    holds("attacks/raft-at-once-control");
    fails_with("attacks/raft-at-once-control", "nodes.lead.config={config_change: at-once}");
    holds("attacks/pbft-equivocation");
    holds("attacks/pbft-equivocation-control");
    fails_with("attacks/pbft-equivocation", "faults.0.target=replica.0"); /* it is the control */
    holds("attacks/tendermint-third");
    holds("attacks/tendermint-equivocation");
    holds("attacks/tendermint-equivocation-control");
    fails_with("attacks/tendermint-equivocation", "faults.0.target=val.2");
    holds("attacks/raft-partial-links");
    holds("attacks/raft-partial-links-control");
    static const char *const plain[] = {"nodes.server.config.prevote=false",
                                        "nodes.server.config.check_quorum=false"};
    ck_assert(!as_expected("attacks/raft-partial-links-control", plain, 2));
}
END_TEST

/* Each without its mistake is the control. */
START_TEST(what_hunts_have_found_shows_itself_and_the_controls_hold) {
    static const char *const sound[] = {"nodes.val.config.bug=none", "expect.agreement=holds"};
    holds("found/pbft-quorum-2f");
    ck_assert(as_expected("found/pbft-quorum-2f", sound, 2));
    ck_assert(!as_expected("found/pbft-forget-last-vote", NULL, 0));
    ck_assert(as_expected("found/pbft-forget-last-vote", sound, 1));
    static const char *const paper[] = {"nodes.val.config.support=paper",
                                        "expect.agreement=holds"};
    holds("found/bullshark-support-one");
    ck_assert(as_expected("found/bullshark-support-one", paper, 2));
    static const char *const others[] = {"tendermint-forget-last-vote",
                                         "tendermint-stale-view-vote", "hotstuff-quorum-2f",
                                         "tendermint-no-lock", "hotstuff-basic-no-lock"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "found/%s", others[i]);
        ck_assert_msg(!as_expected(path, NULL, 0), "%s", path);
        ck_assert_msg(as_expected(path, sound, 1), "%s", path);
        snprintf(path, sizeof path, "hunt/%s", others[i]);
        holds(path);
    }
    static const char *const consecutive[] = {"nodes.val.config.commit_rule=consecutive"};
    static const char *const both[] = {"nodes.val.config.valid_value=on",
                                       "nodes.val.config.precommit_wait=on"};
    ck_assert(!as_expected("found/fast-hotstuff-any-two-chain", NULL, 0));
    ck_assert(as_expected("found/fast-hotstuff-any-two-chain", consecutive, 1));
    ck_assert(!as_expected("found/tendermint-hidden-lock", NULL, 0));
    ck_assert(as_expected("found/tendermint-hidden-lock", both, 2));
    static const char *const three[] = {"nodes.val.config.phases=3"};
    ck_assert(!as_expected("found/hotstuff-hidden-lock", NULL, 0));
    ck_assert(as_expected("found/hotstuff-hidden-lock", three, 1));
    holds("hunt/hotstuff-hidden-lock");
    holds("hunt/fast-hotstuff-any-two-chain");
    holds("hunt/tendermint-hidden-lock");
    holds("hunt/pbft-forget-last-vote"); /* without faults there is nothing to see */
    ck_assert(!as_expected("hunt/pbft-quorum-2f", NULL, 0));
}
END_TEST

START_TEST(a_hundred_validators_on_the_aws_matrix_go_on) {
    holds("aws-100");
    static const char *const shorter[] = {"duration=5 s", "workload.0.stop=4 s",
                                          "expect.max_gap=200 ms"};
    ck_assert(!as_expected("aws-100", shorter, 3));
}
END_TEST

START_TEST(every_kind_of_fault_and_behaviour_runs_and_is_survived) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    const char *path = "tests/sim/scenario/good/every-fault.yaml";
    ck_assert_int_eq(orr_scenario_load(path, NULL, 0, &s, &diags), 0);
    uint32_t kinds = 0, behaviours = 0;
    for (uint32_t i = 0; i < s->n_faults; i++) {
        kinds |= 1u << s->faults[i].kind;
        if (s->faults[i].kind == ORR_FAULT_BYZANTINE) behaviours |= 1u << s->faults[i].behaviour;
    }
    kinds |= 1u << ORR_FAULT_LEAD;  /* of roles with a list of leaders: attacks/hotstuff-... */
    kinds |= 1u << ORR_FAULT_REORG; /* of chains that fork: slot-reorg-depth is for it */
    behaviours |= 1u << ORR_BEHAVIOUR_REORG;
    kinds |= 1u << ORR_FAULT_LEAD; /* of roles that can be told: lead is for it */
    holds("tests/sim/scenario/good/lead");
    ck_assert_uint_eq(kinds, (1u << ORR_N_FAULTS) - 1);
    ck_assert_uint_eq(behaviours, (1u << ORR_N_BEHAVIOURS) - 1);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    holds("tests/sim/scenario/good/every-fault");
}
END_TEST

ORR_TEST_MAIN("scenario verdicts", a_leader_cut_off_for_8_s_is_survived,
              f_crashes_are_survived_and_f_plus_1_stall_without_a_fork,
              a_partition_heals_and_its_gap_is_seen, bad_lines_are_made_good,
              f_liars_are_survived_and_found_out, f_plus_1_liars_fork_the_chain_and_are_named,
              who_leaves_and_returns_catches_up, flooding_delivers_everything_in_time,
              what_is_submitted_is_committed_where_the_chain_goes_on_and_only_there,
              pbft_changes_its_view_and_sends_the_state_to_who_missed_it,
              hotstuff_and_streamlet_go_on_without_two_of_seven,
              hotstuff_has_nine_tenths_of_the_throughput_that_its_paper_measured,
              raft_elects_another_leader_and_the_old_one_catches_up,
              hidden_locks_and_chains_of_any_views_break_what_the_papers_rules_keep,
              who_forgets_a_lock_forks_what_the_same_losses_leave_whole,
              raft_goes_on_with_whoever_has_a_vote,
              attacks_succeed_and_their_controls_hold,
              who_loses_its_log_or_leaves_out_what_it_knows_forks_and_colluders_of_one_mind_do,
              who_is_corrupted_as_it_proposes_counts_as_any_liar,
              who_restarts_in_a_view_that_it_gave_up_says_so_again,
              graphs_of_rounds_decide_once_with_an_equivocator_or_twins_and_restarts,
              what_hunts_have_found_shows_itself_and_the_controls_hold,
              a_hundred_validators_on_the_aws_matrix_go_on,
              every_kind_of_fault_and_behaviour_runs_and_is_survived)
