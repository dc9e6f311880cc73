/* The oracles from end to end: real Tendermint validators in the engine, with a bug planted into
 * what one of them (or all) puts out.  Each bug must be caught by its oracle; without a bug nothing
 * is. */
#include <stddef.h>
#include <string.h>

#include "sim/run/plan.h"
#include "sim/run/run.h"
#include "sim/run/workload.h"
#include "tests/test.h"

/* What goes wrong from height 3 on. */
enum bug {
    NO_BUG,
    OTHER_VALUE,      /* node 2 decides something else                     */
    OTHER_ROOT,       /* node 2 computes another state root                */
    SKIPPED_HEIGHT,   /* node 2 loses one decision                         */
    DECIDED_TWICE,    /* node 2 decides again what it has decided          */
    DOUBLED_TX,       /* a transaction is executed twice, at all nodes     */
    INVENTED_TX,      /* a transaction that nobody sent, at all nodes      */
    ALIEN_PROPOSER,   /* a block of a node that does not exist             */
    FALSE_ACCUSATION, /* node 2 accuses a correct node                    */
    LOST_TX,          /* a transaction of height 3 is left out, at all nodes */
    FALLS_SILENT,     /* node 2 decides no more                            */
};

/* One run's bug; a protocol has no other way to learn of it.  Tests run one after the other. */
static enum bug planted;
static const struct orr_protocol *real;

/* A node: its number, then the real validator. */
struct bugged {
    orr_peer self;
    uint32_t n_bugs;
    max_align_t inner[];
};

static int bugged_init(void *node, const struct orr_env *env, const void *config) {
    struct bugged *b = node;
    b->self = env->self;
    return real->init(b->inner, env, config);
}
static void bugged_fini(void *node) { real->fini(((struct bugged *)node)->inner); }
static uint64_t bugged_digest(const void *node) {
    return real->digest(((const struct bugged *)node)->inner);
}
static bool bugged_leads(const void *node) {
    return real->fault.leads(((const struct bugged *)node)->inner);
}

static bool everywhere(void) {
    return planted == DOUBLED_TX || planted == INVENTED_TX || planted == ALIEN_PROPOSER ||
           planted == LOST_TX;
}

/* Does harm to one decision; false: it is not to be told. */
static bool harm(struct bugged *b, struct orr_decided *d, struct orr_outbox *out,
                 struct orr_msg *msg) {
    b->n_bugs++;
    struct orr_evidence e = {.culprit = 0, .height = d->height};
    switch (planted) {
    case OTHER_VALUE: /* once: where node 2 is the first to decide, nobody had proposed it, too */
        if (b->n_bugs == 1) d->value[0] ^= 1;
        break;
    case OTHER_ROOT: d->state_root[0] ^= 1; break;
    case SKIPPED_HEIGHT: return b->n_bugs > 1;
    case DECIDED_TWICE:
        if (b->n_bugs == 1) orr_output(out, ORR_OUT_DECIDED, orr_msg_ref(msg));
        break;
    case DOUBLED_TX:
        if (d->n_txs > 1) d->txs[1] = d->txs[0];
        break;
    case INVENTED_TX:
        if (d->n_txs > 0) d->txs[0] ^= 1;
        break;
    case ALIEN_PROPOSER: *(orr_peer *)(d->txs + d->n_txs) = 77; break;
    case FALSE_ACCUSATION:
        orr_output(out, ORR_OUT_EVIDENCE, orr_msg_copy(out->pool, 0, &e, sizeof e));
        break;
    case LOST_TX:
        if (d->height != 3 || !d->n_txs) break;
        d->n_txs--, msg->len -= sizeof *d->txs;
        memmove(d->txs, d->txs + 1, msg->len - sizeof *d);
        break;
    case FALLS_SILENT: return false;
    case NO_BUG: break;
    }
    return true;
}

/* Lets the real validator step, then harms a copy of each decision that it puts out. */
static int bugged_step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct bugged *b = node;
    int error = real->step(b->inner, event, out);
    uint32_t n = out->n, kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_effect effect = out->v[i];
        bool keeps = true;
        if (effect.kind == ORR_OUTPUT && effect.key == ORR_OUT_DECIDED &&
            (b->self == 2 || everywhere())) {
            struct orr_msg *old = effect.msg;
            effect.msg = orr_msg_copy(out->pool, old->kind, old->data, old->len);
            orr_msg_unref(out->pool, old);
            struct orr_decided *d = (struct orr_decided *)effect.msg->data;
            if (d->height >= 3) keeps = harm(b, d, out, effect.msg);
        }
        if (keeps)
            out->v[kept++] = effect;
        else
            orr_msg_unref(out->pool, effect.msg);
    }
    memmove(out->v + kept, out->v + n, (out->n - n) * sizeof *out->v); /* what was added */
    out->n -= n - kept;
    return error;
}

static struct orr_protocol bugged_role(void) {
    struct orr_protocol p = *real;
    p.node_size += sizeof(struct bugged);
    p.init = bugged_init, p.step = bugged_step;
    p.fini = bugged_fini, p.digest = bugged_digest, p.fault.leads = bugged_leads;
    p.fault.forge = NULL;
    return p;
}

static const char text[] = "orrery: 1\n"
                           "name: planted\n"
                           "seed: 5\n"
                           "duration: 8 s\n"
                           "on_violation: continue\n"
                           "nodes:\n"
                           "  val: {count: 4, role: tendermint}\n"
                           "network:\n"
                           "  latency: {dist: uniform, min: 10 ms, max: 30 ms}\n"
                           "workload:\n"
                           "  - {rate: 20 /s, size: 200 B, clients: 2, start: 100 ms, stop: 6 s}\n"
                           "faults:\n"
                           "  - {at: 2 s, for: 500 ms, do: isolate, target: val.1}\n"
                           "expect:\n"
                           "  agreement: holds\n"
                           "  total_order: holds\n"
                           "  validity: holds\n"
                           "  integrity: holds\n"
                           "  state_root: holds\n"
                           "  evidence: absent\n"
                           "  termination: {within: 4 s}\n"
                           "  max_gap: 4 s\n"
                           "  latency: {p50: 4 s, p99: 6 s}\n"
                           "  throughput: 10 /s\n"
                           "  committed: all\n";

static struct orr_scenario *parsed, changed;
static struct orr_protocol role;
static struct orr_group_spec group;

/* Runs the scenario with a bug; end_run afterwards. */
static void run(enum bug bug, const char *override, struct orr_run_result *result) {
    struct orr_diags diags = {0};
    if (orr_scenario_parse(text, strlen(text), "planted.yaml", &override, override != NULL, &parsed,
                           &diags)) {
        orr_diags_print(&diags, stdout, false);
        ck_abort_msg("the scenario does not parse");
    }
    planted = bug;
    real = parsed->groups[0].role;
    role = bugged_role();
    group = parsed->groups[0];
    group.role = &role;
    changed = *parsed;
    changed.groups = &group;
    struct orr_run_options options = {0};
    int error = orr_run(&changed, &options, result, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_int_eq(error, 0);
    orr_diags_fini(&diags);
}
static void end_run(struct orr_run_result *result) {
    orr_run_result_fini(result);
    orr_scenario_free(parsed);
}

/* Exactly the named verdicts fail, in the order of the table; "" for none. */
static void expect_failures(enum bug bug, const char *override, const char *names,
                            const char *sentence) {
    struct orr_run_result result;
    run(bug, override, &result);
    char failed[256] = "", told[2048] = "";
    for (uint32_t i = 0; i < result.n_verdicts; i++) {
        if (result.verdicts[i].pass) continue;
        snprintf(failed + strlen(failed), sizeof failed - strlen(failed), "%s ",
                 result.verdicts[i].name);
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s: %s\n",
                 result.verdicts[i].name, result.verdicts[i].text);
    }
    ck_assert_msg(!strcmp(failed, names), "failed: '%s', not '%s'\n%s", failed, names, told);
    ck_assert_msg(strstr(told, sentence) != NULL, "no '%s' in\n%s", sentence, told);
    ck_assert_int_eq(result.pass, !*names);
    end_run(&result);
}

START_TEST(real_validators_without_a_bug_pass_every_oracle) {
    struct orr_run_result result;
    run(NO_BUG, NULL, &result);
    for (uint32_t i = 0; i < result.n_verdicts; i++)
        ck_assert_msg(result.verdicts[i].pass, "%s: expected %s, observed %s: %s",
                      result.verdicts[i].name, result.verdicts[i].expected,
                      result.verdicts[i].observed, result.verdicts[i].text);
    ck_assert_uint_eq(result.n_verdicts, 12);
    ck_assert_uint_ge(result.measures.n_heights, 4);
    ck_assert_uint_ge(result.measures.n_committed, 60);
    ck_assert_int_gt(result.measures.all_p50, result.measures.first_p50 - 1);
    end_run(&result);
}
END_TEST

START_TEST(another_value_at_one_node_is_caught_by_agreement) {
    expect_failures(OTHER_VALUE, NULL, "agreement ", "decided differently at height 3");
}
END_TEST

START_TEST(another_state_root_is_caught_by_state_root) {
    expect_failures(OTHER_ROOT, NULL, "state_root ", "decided the same block at height 3 but");
}
END_TEST

START_TEST(a_lost_decision_is_caught_by_total_order) {
    expect_failures(SKIPPED_HEIGHT, NULL, "total_order ",
                    "val.2 decided height 4 and left a gap after 2");
}
END_TEST

START_TEST(a_decision_that_is_told_twice_is_caught_by_integrity) {
    expect_failures(DECIDED_TWICE, NULL, "integrity ", "val.2 decided height 3 twice");
}
END_TEST

START_TEST(a_transaction_executed_twice_is_caught_by_integrity) {
    expect_failures(DOUBLED_TX, "expect.committed=unchecked", "integrity ", "twice in the block");
}
END_TEST

START_TEST(an_invented_transaction_is_caught_by_validity) {
    expect_failures(INVENTED_TX, "expect.committed=unchecked", "validity ",
                    "which no client had submitted");
}
END_TEST

START_TEST(a_block_of_nobody_is_caught_by_validity) {
    expect_failures(ALIEN_PROPOSER, NULL, "validity ", "a block of a node that may not propose");
}
END_TEST

START_TEST(a_false_accusation_is_caught_by_evidence) {
    expect_failures(FALSE_ACCUSATION, NULL, "evidence ", "val.2 has evidence against val.0");
}
END_TEST

START_TEST(a_node_that_falls_silent_is_caught_by_termination_and_max_gap) {
    expect_failures(FALLS_SILENT, NULL, "termination max_gap ", "val.2 decided nothing from");
}
END_TEST

START_TEST(a_transaction_that_is_lost_is_caught_by_committed) {
    expect_failures(LOST_TX, NULL, "committed ", "1 of 119 transactions were never committed");
    expect_failures(LOST_TX, "expect.committed=unchecked", "", "");
}
END_TEST

START_TEST(bounds_that_the_network_cannot_meet_are_broken) {
    expect_failures(NO_BUG, "expect.latency.p50=20 ms", "latency.p50 ", "p50 is not below 0.02 s");
    expect_failures(NO_BUG, "expect.throughput=1000 /s", "throughput ",
                    "transactions were committed in");
}
END_TEST

START_TEST(a_break_that_is_expected_must_come) {
    expect_failures(OTHER_VALUE, "expect.agreement=broken", "", "");
    expect_failures(NO_BUG, "expect.agreement=broken", "agreement ", "decisions of");
}
END_TEST

/* The same run without oracles, put together as orr_run does it. */
static uint64_t fingerprint_without_oracles(const struct orr_scenario *s) {
    struct orr_diags diags = {0};
    struct orr_data_files files = {0};
    struct orr_build build = {0};
    struct orr_sim *sim;
    orr_peer failed;
    ck_assert_int_eq(orr_build(&build, s, &files, &diags), 0);
    ck_assert_int_eq(orr_sim_new(&build.spec, &sim, &failed), 0);
    struct orr_plan *plan = orr_plan_new(&build, sim, &diags);
    struct orr_workload *workload = orr_workload_new(&build, sim, &diags);
    orr_plan_start(plan);
    orr_workload_start(workload);
    orr_sim_run(sim, s->duration);
    uint64_t fingerprint = orr_sim_fingerprint(sim);
    orr_workload_free(workload);
    orr_plan_free(plan);
    orr_sim_free(sim);
    orr_build_fini(&build);
    orr_data_files_free(&files);
    return fingerprint;
}

START_TEST(the_oracles_do_not_change_the_run) {
    struct orr_run_result result;
    run(NO_BUG, NULL, &result);
    ck_assert_uint_eq(result.fingerprint, fingerprint_without_oracles(&changed));
    end_run(&result);
}
END_TEST

START_TEST(a_violation_stops_the_run_and_names_the_messages_that_led_there) {
    struct orr_run_result result;
    run(OTHER_VALUE, "on_violation=stop", &result);
    ck_assert_int_eq(result.end, ORR_RUN_VIOLATION);
    ck_assert_int_lt(result.ended_at, 7000000000);
    const struct orr_violation *v = orr_check_violation(result.check);
    ck_assert_ptr_nonnull(v);
    ck_assert_int_eq(result.ended_at, v->at); /* at once */
    ck_assert(v->side.node == 2 || v->other.node == 2);
    ck_assert_uint_gt(v->side.n_messages, 3);
    ck_assert_uint_gt(v->other.n_messages, 3);
    static char report[16384];
    FILE *file = tmpfile();
    orr_violation_print(&changed, v, file);
    rewind(file);
    report[fread(report, 1, sizeof report - 1, file)] = 0;
    fclose(file);
    ck_assert_msg(strstr(report, "precommit from val.") != NULL, "%s", report);
    ck_assert_msg(strstr(report, "of height 3 round 0") != NULL, "%s", report);
    ck_assert_msg(strstr(report, "of height 2 round 0") == NULL, "%s", report); /* it led nowhere */
    end_run(&result);
}
END_TEST

ORR_TEST_MAIN("oracles in a run", real_validators_without_a_bug_pass_every_oracle,
              another_value_at_one_node_is_caught_by_agreement,
              another_state_root_is_caught_by_state_root, a_lost_decision_is_caught_by_total_order,
              a_decision_that_is_told_twice_is_caught_by_integrity,
              a_transaction_executed_twice_is_caught_by_integrity,
              an_invented_transaction_is_caught_by_validity,
              a_block_of_nobody_is_caught_by_validity, a_false_accusation_is_caught_by_evidence,
              a_node_that_falls_silent_is_caught_by_termination_and_max_gap,
              a_transaction_that_is_lost_is_caught_by_committed,
              bounds_that_the_network_cannot_meet_are_broken, a_break_that_is_expected_must_come,
              the_oracles_do_not_change_the_run,
              a_violation_stops_the_run_and_names_the_messages_that_led_there)
