/* The chain that forks, over the virtual machine: its scenarios come to their verdicts, and a run
 * is the same whoever executes. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

struct outcome {
    bool pass;
    uint64_t fingerprint;
};

static struct outcome run(const char *name, const char *const *overrides, uint32_t n,
                          struct orr_run_options options) {
    char path[256];
    snprintf(path, sizeof path, "scenarios/%s.yaml", name);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result = {0};
    int error = orr_scenario_load(path, overrides, n, &s, &diags);
    if (!error) error = orr_run(s, &options, &result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s does not run", name);
    struct outcome o = {.pass = result.pass, .fingerprint = result.fingerprint};
    for (uint32_t i = 0; i < result.n_verdicts; i++) {
        const struct orr_verdict *v = &result.verdicts[i];
        if (!v->pass && v->asked)
            printf("%s: %s expected %s, observed %s\n", name, v->name, v->expected, v->observed);
    }
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return o;
}

static struct outcome plainly(const char *name, const char *override) {
    return run(name, &override, override ? 1 : 0, (struct orr_run_options){0});
}

START_TEST(a_partition_makes_the_chain_fork_and_finality_does_not) {
    struct outcome o = plainly("slot-reorg-partition", NULL);
    ck_assert(o.pass);
    ck_assert(!plainly("slot-reorg-partition", "expect.reorg_depth=6").pass);
    ck_assert(!plainly("slot-reorg-partition", "expect.inclusion=5 s").pass);
    ck_assert(!plainly("slot-reorg-partition", "expect.final_agreement=broken").pass);
    /* What may only save work changes nothing. */
    static const char *const shared[] = {"nodes.val.config.share_execution=true",
                                         "nodes.fol.config.share_execution=true"};
    struct outcome s = run("slot-reorg-partition", shared, 2, (struct orr_run_options){0});
    ck_assert(s.pass && s.fingerprint == o.fingerprint);
    s = run("slot-reorg-partition", NULL, 0, (struct orr_run_options){.no_memo = true});
    ck_assert(s.pass && s.fingerprint == o.fingerprint);
}
END_TEST

START_TEST(without_two_thirds_nothing_becomes_final_and_blocks_go_on) {
    ck_assert(plainly("slot-final-halt", NULL).pass);
    /* Six of twenty are fewer than a third: finality goes on. */
    ck_assert(!plainly("slot-final-halt", "faults.0.target=any 6 of val").pass);
    const char *const six[] = {"faults.0.target=any 6 of val",
                               "expect.termination={within: 300 s}"};
    ck_assert(run("slot-final-halt", six, 2, (struct orr_run_options){0}).pass);
}
END_TEST

START_TEST(a_majority_that_turns_back_takes_the_others_along_above_what_is_justified) {
    ck_assert(plainly("slot-reorg-depth", NULL).pass);
    ck_assert(!plainly("slot-reorg-depth", "expect.reorg_depth=7").pass);
    static const char *const one[] = {"faults.0.depth=1", "expect.reorg_depth=6"};
    ck_assert(run("slot-reorg-depth", one, 2, (struct orr_run_options){0}).pass);
    static const char *const seven[] = {"faults.0.depth=7", "expect.reorg_depth=0"};
    ck_assert(run("slot-reorg-depth", seven, 2, (struct orr_run_options){0}).pass);
    static const char *const few[] = {"faults.0.target=val.0..4", "expect.reorg_depth=0"};
    ck_assert(run("slot-reorg-depth", few, 2, (struct orr_run_options){0}).pass);
}
END_TEST

START_TEST(liars_below_a_third_are_named_and_cost_a_block_at_most) {
    ck_assert(plainly("slot-equivocation", NULL).pass);
    ck_assert(!plainly("slot-equivocation", "faults=[]").pass); /* of whom there is no evidence */
    static const char *const twice[] = {"faults.0.behaviour=double"};
    ck_assert(run("slot-equivocation", twice, 1, (struct orr_run_options){0}).pass);
    /* A vote for what nobody has, and one from an epoch that never was, count for nothing. */
    static const char *const heads[] = {"faults.0.behaviour=mutate", "faults.0.field=head",
                                        "expect.evidence=absent"};
    ck_assert(run("slot-equivocation", heads, 3, (struct orr_run_options){0}).pass);
    static const char *const sources[] = {"faults.0.behaviour=mutate",
                                          "faults.0.field=source.epoch",
                                          "expect.evidence=absent"};
    ck_assert(run("slot-equivocation", sources, 3, (struct orr_run_options){0}).pass);
}
END_TEST

START_TEST(what_a_crashed_node_was_given_is_sent_again) {
    /* Some accounts' next nonce is lost with a node: all that follows waits for it. */
    ck_assert(!plainly("slot-final-halt", "workload.0.retry=700 s").pass);
}
END_TEST

ORR_TEST_MAIN("run.slot", a_partition_makes_the_chain_fork_and_finality_does_not,
              without_two_thirds_nothing_becomes_final_and_blocks_go_on,
              a_majority_that_turns_back_takes_the_others_along_above_what_is_justified,
              liars_below_a_third_are_named_and_cost_a_block_at_most,
              what_a_crashed_node_was_given_is_sent_again)
