/* Unsafe blocks: two of one height are a proven lie, one lease at a time never leaves what went
 * out, and forks may begin within a run. */
#include "tests/sim/run/rollup_runs.h"

START_TEST(two_blocks_of_a_height_are_proven_and_l1_decides) {
    ck_assert(run("rollup-equivocation", NULL, 0).pass);
    /* who passes nothing on proves nothing */
    static const char *const links[] = {"nodes.l1.config.unsafe_blocks=links",
                                        "nodes.sequencer.config.unsafe_blocks=links",
                                        "nodes.verifier.config.unsafe_blocks=links"};
    struct outcome o = run("rollup-equivocation", links, 3);
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "evidence");
    /* half of them had the wrong one */
    static const char *const strict = "expect.reorg_depth.max=0";
    o = run("rollup-equivocation", &strict, 1);
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "reorg_depth");
}
END_TEST

START_TEST(a_zombie_leader_finds_nobody_to_take_its_blocks) {
    ck_assert(run("rollup-fail-over", NULL, 0).pass);
    static const char *const unfenced = "nodes.sequencer.config.flaw=no_fence";
    struct outcome o = run("rollup-fail-over", &unfenced, 1);
    ck_assert(!o.pass);
    ck_assert_str_eq(o.broken, "reorg_depth");
}
END_TEST

START_TEST(forks_begin_within_a_run) { ck_assert(run("rollup-upgrade", NULL, 0).pass); }
END_TEST

START_TEST(what_goes_out_makes_no_difference_to_what_is_final) {
    static const char *const settings[] = {
        "nodes.sequencer.config.unsafe_blocks=none", "nodes.l1.config.unsafe_blocks=none",
        "nodes.verifier.config.unsafe_blocks=none", "duration=80 s", "workload.0.stop=30 s"};
    ck_assert(run("rollup-quickstart", settings, 5).pass);
}
END_TEST

ORR_TEST_MAIN("rollup unsafe blocks", two_blocks_of_a_height_are_proven_and_l1_decides,
              a_zombie_leader_finds_nobody_to_take_its_blocks, forks_begin_within_a_run,
              what_goes_out_makes_no_difference_to_what_is_final)
