/* Indexers beside a chain that forks: their scenarios come to their verdicts, and each planted
 * mistake breaks `index`. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

static char broken[64]; /* the oracle that was, the first of them */
static bool is_index_broken;

/* Whether a scenario goes as it expects, with these keys changed (NULL: none). */
static bool goes(const char *name, const char *one, const char *two) {
    char path[256];
    const char *const overrides[] = {one, two};
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result = {0};
    struct orr_run_options options = {0};
    snprintf(path, sizeof path, "scenarios/%s.yaml", name);
    int error =
        orr_scenario_load(path, overrides, (uint32_t)(one != NULL) + (two != NULL), &s, &diags);
    if (!error) error = orr_run(s, &options, &result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s does not run", name);
    bool pass = result.pass;
    broken[0] = 0;
    is_index_broken = false;
    for (uint32_t i = 0; i < result.n_verdicts; i++)
        is_index_broken |= !result.verdicts[i].pass && !strcmp(result.verdicts[i].name, "index");
    for (uint32_t i = 0; i < result.n_verdicts; i++)
        if (!result.verdicts[i].pass && result.verdicts[i].asked && !broken[0])
            snprintf(broken, sizeof broken, "%s", result.verdicts[i].name);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return pass;
}

START_TEST(indexers_hold_what_their_heads_branches_say) {
    ck_assert(goes("index-quickstart", NULL, NULL));
    ck_assert(goes("index-partition", NULL, NULL));
    ck_assert(goes("index-reorg-deep", NULL, NULL));
    ck_assert(goes("index-crash-mid-commit", NULL, NULL));
    ck_assert(goes("index-two-sources", NULL, NULL));
    ck_assert(goes("index-lag", NULL, NULL));
    ck_assert(goes("index-lying-node", NULL, NULL));
}
END_TEST

START_TEST(an_undo_that_forgets_balances_is_seen) {
    ck_assert(!goes("index-reorg-deep", "nodes.odd.config.flaw=stale-balances", NULL));
    ck_assert_str_eq(broken, "index");
    ck_assert(!goes("index-partition", "nodes.odd.config.flaw=stale-balances", NULL));
    ck_assert_str_eq(broken, "index");
    ck_assert(
        goes("index-partition", "nodes.odd.config.flaw=stale-balances", "expect.index=broken"));
    ck_assert(goes("index-quickstart", "nodes.ix.config.flaw=stale-balances", NULL)); /* no reorg */
}
END_TEST

START_TEST(logs_of_a_new_branchs_first_block_that_are_left_out_are_seen) {
    ck_assert(!goes("index-partition", "nodes.odd.config.flaw=skips-first", NULL));
    ck_assert_str_eq(broken, "index");
}
END_TEST

START_TEST(a_reorg_deeper_than_the_window_stops_an_index_and_is_seen) {
    ck_assert(!goes("index-reorg-deep", "nodes.odd.config.window=7", NULL));
    ck_assert_str_eq(broken, "index");
    ck_assert(goes("index-reorg-deep", "nodes.odd.config.window=8", NULL));
}
END_TEST

START_TEST(each_other_planted_mistake_is_seen_where_it_bites) {
    static const char *const bugs[][2] = {
        {"index-crash-mid-commit", "nodes.odd.config.flaw=cursor-apart"},
        {"index-quickstart", "nodes.ix.config.flaw=early-final"},
        {"index-lag", "nodes.slow.config.flaw=gap-at-end"},
        {"index-two-sources", "nodes.odd.config.flaw=by-number"},
        {"index-lying-node", "nodes.odd.config.flaw=believes"},
    };
    for (size_t i = 0; i < sizeof bugs / sizeof bugs[0]; i++) {
        ck_assert_msg(!goes(bugs[i][0], bugs[i][1], NULL), "%s", bugs[i][1]);
        ck_assert_msg(is_index_broken, "%s broke '%s'", bugs[i][1], broken);
    }
}
END_TEST

START_TEST(an_indexer_asks_other_nodes_alone) {
    for (int i = 0; i < 3; i++) {
        static const char *const sources[] = {"nodes.odd.config.sources=[99]",
                                              "nodes.odd.config.sources=[11]", /* itself */
                                              "nodes.odd.config.sources=[1, 11]"};
        struct orr_diags diags = {0};
        struct orr_scenario *s;
        struct orr_run_result result = {0};
        struct orr_run_options options = {0};
        ck_assert_int_eq(
            orr_scenario_load("scenarios/index-lying-node.yaml", &sources[i], 1, &s, &diags), 0);
        ck_assert_int_lt(orr_run(s, &options, &result, &diags), 0);
        ck_assert(strstr(diags.v[0].text, "odd.0 cannot start") != NULL);
        orr_run_result_fini(&result);
        orr_diags_fini(&diags);
        orr_scenario_free(s);
    }
}
END_TEST

ORR_TEST_MAIN("index", each_other_planted_mistake_is_seen_where_it_bites,
              an_indexer_asks_other_nodes_alone, indexers_hold_what_their_heads_branches_say,
              an_undo_that_forgets_balances_is_seen,
              logs_of_a_new_branchs_first_block_that_are_left_out_are_seen,
              a_reorg_deeper_than_the_window_stops_an_index_and_is_seen)
