/* Disputes about a rollup's state, played by nodes through a contract on L1 down to a proven step:
 * who is right wins, through reorgs of L1 too, and each planted bug is caught. */
#include "tests/sim/run/rollup_runs.h"

START_TEST(a_wrong_root_falls_and_right_ones_stand) {
    struct outcome o = run("rollup-bad-root", NULL, 0);
    ck_assert(o.pass);
}
END_TEST

START_TEST(a_lie_about_the_first_block_of_all_falls_too) {
    static const char *const first = "nodes.liar.config.lie_from=1";
    ck_assert(run("rollup-bad-root", &first, 1).pass);
}
END_TEST

START_TEST(reorgs_of_l1_and_a_challenger_that_was_away_change_nothing) {
    static const char *const reorgs[] = {"nodes.l1.config.l1_reorg_every=5",
                                         "nodes.l1.config.l1_reorg_depth=2", "duration=480 s"};
    ck_assert(run("rollup-bad-root", reorgs, 3).pass);
    static const char *const away =
        "faults=[{at: 90 s, do: crash, target: challenger, restart_after: 30 s}]";
    ck_assert(run("rollup-bad-root", &away, 1).pass);
}
END_TEST

START_TEST(a_lie_that_nobody_challenges_is_accepted_and_seen) {
    static const char *const honest = "nodes.liar.config.flaw=none";
    ck_assert(run("rollup-bad-root-unseen", NULL, 0).pass);
    struct outcome o = run("rollup-bad-root-unseen", &honest, 1);
    ck_assert(!o.pass); /* it expects the break */
    ck_assert_str_eq(o.broken, "settlement");
}
END_TEST

START_TEST(a_right_root_stands_against_a_liar_unless_l1_believes_what_a_proof_says) {
    static const char *const blind = "nodes.l1.config.flaw=blind_machine";
    ck_assert(run("rollup-good-root-attacked", NULL, 0).pass);
    struct outcome o = run("rollup-good-root-attacked", &blind, 1);
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "settlement");
}
END_TEST

START_TEST(delay_freeloading_and_griefing_cost_the_honest_nothing) {
    static const char *const asleep =
        "faults=[{at: 90 s, do: crash, target: proposer, restart_after: 150 s}]";
    ck_assert(run("rollup-clock-delay", NULL, 0).pass);
    ck_assert(run("rollup-freeloader", NULL, 0).pass);
    ck_assert(run("rollup-bond-griefing", NULL, 0).pass);
    struct outcome o = run("rollup-bond-griefing", &asleep, 1); /* nobody answers in time */
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "settlement");
}
END_TEST

ORR_TEST_MAIN("rollup disputes", a_wrong_root_falls_and_right_ones_stand,
              a_lie_about_the_first_block_of_all_falls_too,
              reorgs_of_l1_and_a_challenger_that_was_away_change_nothing,
              a_lie_that_nobody_challenges_is_accepted_and_seen,
              a_right_root_stands_against_a_liar_unless_l1_believes_what_a_proof_says,
              delay_freeloading_and_griefing_cost_the_honest_nothing)
