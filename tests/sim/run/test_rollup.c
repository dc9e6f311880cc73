/* A rollup's scenarios give their verdicts; planted bugs are caught; the same seed is the same run.
 */
#include "tests/sim/run/rollup_runs.h"

START_TEST(a_rollup_agrees_with_its_sequencer_and_takes_every_transaction) {
    struct outcome o = run("rollup-quickstart", NULL, 0), again = run("rollup-quickstart", NULL, 0);
    ck_assert(o.pass);
    ck_assert_uint_eq(o.fingerprint, again.fingerprint);
    /* one account's transactions come by way of many nodes, one before the other */
    static const char *const many = "nodes.verifier.count=30";
    ck_assert(run("rollup-quickstart", &many, 1).pass);
}
END_TEST

START_TEST(forms_of_batches_and_forks_change_nothing_that_is_decided) {
    static const char *const settings[][4] = {
        {"nodes.sequencer.config.batch=singular", "nodes.sequencer.config.compression=brotli",
         "nodes.sequencer.config.frame_size=700 B", "duration=90 s"},
        {"nodes.sequencer.config.batch=span", "nodes.sequencer.config.batch_every=3",
         "nodes.sequencer.config.frame_size=5 kB", "expect.max_gap=60 s"}};
    for (size_t i = 0; i < 2; i++) {
        const char *all[5] = {"workload.0.stop=40 s"};
        memcpy(all + 1, settings[i], sizeof settings[i]);
        ck_assert(run("rollup-quickstart", all, 5).pass);
    }
    static const char *const forks[] = {"ecotone", "fjord", "holocene"};
    for (size_t i = 0; i < 3; i++) {
        char fork[3][64];
        static const char *const groups[] = {"l1", "sequencer", "verifier"};
        const char *all[5] = {"duration=80 s", "workload.0.stop=30 s"};
        for (int g = 0; g < 3; g++) {
            snprintf(fork[g], sizeof fork[g], "nodes.%s.config.fork=%s", groups[g], forks[i]);
            all[2 + g] = fork[g];
        }
        ck_assert_msg(run("rollup-quickstart", all, 5).pass, "%s", forks[i]);
    }
}
END_TEST

START_TEST(the_chain_goes_on_without_its_sequencer_and_without_its_batches) {
    ck_assert(run("rollup-silent-sequencer", NULL, 0).pass);
    ck_assert(run("rollup-withheld-batch", NULL, 0).pass);
    ck_assert(run("rollup-sequencer-restart", NULL, 0).pass);
    ck_assert(run("rollup-batcher-back", NULL, 0).pass);
    ck_assert(run("rollup-garbage", NULL, 0).pass);
    /* with a window that does not end in the run nothing is decided any more */
    static const char *const wide[] = {
        "nodes.l1.config.window=1000", "nodes.sequencer.config.window=1000",
        "nodes.verifier.config.window=1000"};
    struct outcome o = run("rollup-silent-sequencer", wide, 3);
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "max_gap");
}
END_TEST

START_TEST(reorgs_of_l1_change_nothing_that_was_final) {
    ck_assert(run("rollup-l1-reorg", NULL, 0).pass);
    ck_assert(run("rollup-l1-reorg-one", NULL, 0).pass);
    ck_assert(run("rollup-l1-reorg-five", NULL, 0).pass);
    ck_assert(run("rollup-l1-reorg-deep", NULL, 0).pass);
}
END_TEST

START_TEST(who_is_left_out_comes_in_through_the_portal) {
    static const char *const patient[] = {"nodes.l1.config.force_after=0",
                                          "nodes.verifier.config.force_after=0"};
    static const char *const reorgs[] = {"nodes.l1.config.l1_reorg_every=7",
                                         "nodes.l1.config.l1_reorg_depth=2"};
    static const char *const silent[] = {"faults=[{at: 30 s, do: crash, target: sequencer}]",
                                         "duration=300 s"};
    ck_assert(run("rollup-censorship", NULL, 0).pass);
    ck_assert(run("rollup-censorship", reorgs, 2).pass);
    ck_assert(run("rollup-censorship", silent, 2).pass); /* then it is everybody */
    struct outcome o = run("rollup-censorship", patient, 2);
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "committed");
}
END_TEST

START_TEST(batches_go_into_blobs_and_where_it_costs_less) {
    static const char *const data = "nodes.sequencer.config.data=blobs";
    static const char *const frames[] = {"nodes.sequencer.config.data=blobs", "duration=90 s",
                                         "nodes.sequencer.config.frame_size=700 B",
                                         "nodes.sequencer.config.max_pending=1",
                                         "workload.0.stop=40 s"};
    ck_assert(run("rollup-quickstart", &data, 1).pass);
    ck_assert(run("rollup-quickstart", frames, 5).pass);
    ck_assert(run("rollup-l1-reorg", &data, 1).pass);
    ck_assert(run("rollup-batcher-back", &data, 1).pass);
    ck_assert(run("rollup-blob-fee-spike", NULL, 0).pass);
    ck_assert(run("rollup-blob-fee-spike", &data, 1).pass);
}
END_TEST

START_TEST(who_comes_too_late_for_the_blobs_stands_still) {
    static const char *const kept = "nodes.l1.config.blob_expiry=100";
    static const char *const call_data = "nodes.sequencer.config.data=calldata";
    static const char *const others[] = {"expect={of: verifier, committed: {within: 40 s}}"};
    ck_assert(run("rollup-data-unavailable", NULL, 0).pass);
    ck_assert(run("rollup-data-unavailable", others, 1).pass);
    const char *const *cases[] = {&kept, &call_data};
    for (size_t i = 0; i < 2; i++) {
        struct outcome o = run("rollup-data-unavailable", cases[i], 1);
        ck_assert(!o.pass); /* it goes on, which the scenario does not want */
        ck_assert_str_eq(o.broken, "termination");
    }
}
END_TEST

START_TEST(planted_bugs_are_caught) {
    ck_assert(run("rollup-other-batch", NULL, 0).pass);
    ck_assert(run("rollup-old-rules", NULL, 0).pass);
    ck_assert(run("rollup-no-deposits", NULL, 0).pass);
    static const char *const honest = "nodes.sequencer.config.flaw=none";
    struct outcome o = run("rollup-other-batch", &honest, 1);
    ck_assert(!o.pass); /* it expects the break: of validity, and of this, the last */
    ck_assert_str_eq(o.broken, "derivation");
}
END_TEST

ORR_TEST_MAIN("rollup runs", a_rollup_agrees_with_its_sequencer_and_takes_every_transaction,
              forms_of_batches_and_forks_change_nothing_that_is_decided,
              the_chain_goes_on_without_its_sequencer_and_without_its_batches,
              reorgs_of_l1_change_nothing_that_was_final,
              who_is_left_out_comes_in_through_the_portal,
              batches_go_into_blobs_and_where_it_costs_less,
              who_comes_too_late_for_the_blobs_stands_still, planted_bugs_are_caught)
