/* Validators over the EVM: the scenarios' verdicts, what sharing and memos must not change, the
 * base fee's closed form, and wrong rules that an oracle must see. */
#include <string.h>

#include "sim/run/run.h"
#include "tests/test.h"

struct outcome {
    bool pass;
    uint64_t fingerprint;
    char named[512]; /* what the state_root verdict observed */
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
        if (!v->pass)
            printf("%s: %s expected %s, observed %s\n", name, v->name, v->expected, v->observed);
        if (!strcmp(v->name, "state_root")) snprintf(o.named, sizeof o.named, "%s", v->observed);
    }
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return o;
}

static struct outcome plainly(const char *name, const char *override) {
    return run(name, &override, override ? 1 : 0, (struct orr_run_options){0});
}

START_TEST(a_leader_cut_off_is_survived_and_every_transaction_runs) {
    struct outcome o = plainly("evm-quickstart", NULL);
    ck_assert(o.pass);
    /* What may only save work changes nothing. */
    struct outcome shared = plainly("evm-quickstart", "nodes.val.config.share_execution=true");
    ck_assert_uint_eq(shared.fingerprint, o.fingerprint);
    ck_assert(!plainly("evm-quickstart", "expect.state_root=broken").pass);
}
END_TEST

START_TEST(without_the_memo_a_run_is_the_same) {
    static const char *const brief[] = {"duration=12 s", "faults=[]", "workload.0.stop=8 s"};
    struct outcome with = run("evm-quickstart", brief, 3, (struct orr_run_options){0});
    struct outcome without =
        run("evm-quickstart", brief, 3, (struct orr_run_options){.no_memo = true});
    ck_assert(with.pass && without.pass);
    ck_assert_uint_eq(with.fingerprint, without.fingerprint);
}
END_TEST

START_TEST(who_crashes_runs_its_blocks_again_and_who_lost_its_disk_fetches_them) {
    ck_assert(plainly("evm-crash-replay", NULL).pass);
    ck_assert(plainly("evm-crash-replay", "nodes.val.config.share_execution=true").pass);
}
END_TEST

START_TEST(a_refund_that_is_off_shows_as_another_root_and_is_named) {
    struct outcome o = plainly("evm-wrong-rule", NULL);
    ck_assert(o.pass);
    ck_assert(!plainly("evm-wrong-rule", "nodes.wrong.config.wrong_rule=none").pass);
    /* A wrong rule's result is never taken over by who keeps the rules. */
    ck_assert(plainly("evm-wrong-rule", "nodes.right.config.share_execution=true").pass);
    ck_assert(plainly("evm-wrong-rule", "nodes.wrong.config.share_execution=true").pass);
}
END_TEST

START_TEST(a_nonce_check_that_is_skipped_is_seen) {
    /* Two clients in a hurry: what one sent first is often still on its way. */
    static const char *const hasty[] = {"nodes.wrong.config.wrong_rule=nonce",
                                        "workload.0.clients=2", "workload.0.rate=100 /s",
                                        "network.latency=200 ms"};
    ck_assert(run("evm-wrong-rule", hasty, 4, (struct orr_run_options){0}).pass);
    static const char *const sound[] = {"nodes.wrong.config.wrong_rule=none",
                                        "workload.0.clients=2", "workload.0.rate=100 /s",
                                        "network.latency=200 ms"};
    ck_assert(!run("evm-wrong-rule", sound, 4, (struct orr_run_options){0}).pass);
}
END_TEST

START_TEST(a_block_over_the_gas_limit_that_some_accept_is_seen) {
    static const char *const full[] = {
        "nodes.wrong.config={wrong_rule: gas_limit, gas_limit: 1000000}",
        "nodes.right.config={gas_limit: 1000000}"};
    ck_assert(run("evm-wrong-rule", full, 2, (struct orr_run_options){0}).pass);
    static const char *const sound[] = {"nodes.wrong.config={gas_limit: 1000000}",
                                        "nodes.right.config={gas_limit: 1000000}"};
    ck_assert(!run("evm-wrong-rule", sound, 2, (struct orr_run_options){0}).pass);
}
END_TEST

START_TEST(rules_of_another_fork_part_from_the_others_at_the_first_block_that_shows_it) {
    static const char *const older[] = {"nodes.wrong.config={fork: prague}",
                                        "nodes.right.config={fork: cancun}"};
    ck_assert(run("evm-wrong-rule", older, 2, (struct orr_run_options){0}).pass);
}
END_TEST

START_TEST(execution_that_is_slower_than_the_blocks_makes_latency_grow) {
    ck_assert(!plainly("evm-full-blocks", "expect.latency={p50: 5 s}").pass);
    static const char *const quick[] = {"cost.gas_million=1 ms",
                                        "nodes.val.config.gas_limit=36000000",
                                        "expect.latency={p50: 5 s}"};
    ck_assert(run("evm-full-blocks", quick, 3, (struct orr_run_options){0}).pass);
}
END_TEST

/* ---- the base fee ---- */

enum { MAX_BLOCKS = 256 };
static struct {
    int64_t fee[MAX_BLOCKS], gas[MAX_BLOCKS];
    uint32_t n_fees, n_gas;
} market;

static void note(void *ctx, const struct orr_tap_record *r) {
    (void)ctx;
    if (r->node != 0 || r->key != ORR_OUT_METRIC) return;
    const struct orr_metric_point *m = (const struct orr_metric_point *)r->msg->data;
    if (!strncmp(m->name, "base_fee", sizeof m->name)) market.fee[market.n_fees++] = m->value;
    if (!strncmp(m->name, "gas_used", sizeof m->name)) market.gas[market.n_gas++] = m->value;
    ck_assert_uint_lt(market.n_gas, MAX_BLOCKS);
}

START_TEST(the_base_fee_follows_the_closed_form_of_eip_1559_block_by_block) {
    struct orr_tap tap = {.wants = ORR_TAP_BIT(ORR_TAP_OUTPUT), .record = note};
    ck_assert(run("evm-fee-market", NULL, 0, (struct orr_run_options){.taps = &tap}).pass);
    ck_assert_uint_gt(market.n_fees, 40);
    ck_assert_uint_eq(market.n_fees, market.n_gas);
    const int64_t limit = 4000000, target = limit / 2;
    int64_t fee = 1000000000 - 1000000000 / 8; /* after a first block without gas */
    uint32_t n_full = 0;
    for (uint32_t i = 0; i < market.n_fees; i++) {
        ck_assert_int_eq(market.fee[i], fee);
        ck_assert_int_le(market.gas[i], limit);
        n_full += market.gas[i] > limit - 21000;
        int64_t off = market.gas[i] > target ? market.gas[i] - target : target - market.gas[i];
        int64_t step = (int64_t)((__int128)fee * off / target / 8);
        if (market.gas[i] > target)
            fee += step ? step : 1;
        else
            fee -= step;
    }
    ck_assert_uint_gt(n_full, 5); /* the burst fills blocks */
}
END_TEST

ORR_TEST_MAIN("run.evm", a_leader_cut_off_is_survived_and_every_transaction_runs,
              without_the_memo_a_run_is_the_same,
              who_crashes_runs_its_blocks_again_and_who_lost_its_disk_fetches_them,
              a_refund_that_is_off_shows_as_another_root_and_is_named,
              a_nonce_check_that_is_skipped_is_seen,
              a_block_over_the_gas_limit_that_some_accept_is_seen,
              rules_of_another_fork_part_from_the_others_at_the_first_block_that_shows_it,
              execution_that_is_slower_than_the_blocks_makes_latency_grow,
              the_base_fee_follows_the_closed_form_of_eip_1559_block_by_block)
