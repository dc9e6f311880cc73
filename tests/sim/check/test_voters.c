/* What the oracles make of voting powers that change: told records, and whole runs with a bug
 * planted into the validators. */
#include "models/bft/tendermint/state.h"
#include "models/registry.h"
#include "sim/run/run.h"
#include "tests/sim/check/world.h"

/* As the role `test-bft` of world.h, with powers that change. */
static const struct orr_protocol voting = {.abi = ORR_ABI, .name = "test-voting", .kinds = kinds,
                                           .workload.make_tx = no_tx, .workload.sets_power = true,
                                           .fault.leads = never_leads};
static struct orr_group_spec of_voting[2];
/* Client 0 sends transactions, client 1 sets powers to 4, client 2 to 0. */
static const struct orr_workload_spec loads[] = {
    {.kind = ORR_WORKLOAD_TRANSACTIONS, .clients = 1},
    {.kind = ORR_WORKLOAD_POWER, .clients = 1, .power = 4},
    {.kind = ORR_WORKLOAD_POWER, .clients = 1, .power = 0}};

static void begin_as(struct world *w, const struct orr_protocol *of) {
    world_init(w);
    memcpy(of_voting, groups, sizeof groups);
    of_voting[0].role = of_voting[1].role = of;
    w->scenario.groups = of_voting;
    w->scenario.workloads = loads;
    w->scenario.n_workloads = 3;
    struct orr_expect_spec *e = &w->scenario.expect;
    e->agreement = e->total_order = e->validity = e->integrity = e->state_root = HOLDS;
    world_start(w);
}
static void begin(struct world *w) { begin_as(w, &voting); }

static void set_power(struct world *w, orr_peer node, uint32_t client, orr_peer of, uint64_t tx) {
    tell(w, (struct orr_tap_record){
                .kind = ORR_TAP_SUBMIT, .node = node, .peer = of, .key = client, .hash = tx});
}

/* Node 0 decides a height, proposed by `proposer`, on the votes of a bitset of nodes. */
static void decide_on(struct world *w, uint64_t height, orr_peer proposer, uint32_t signers,
                      uint64_t tx) {
    uint64_t bytes[sizeof(struct orr_signers) / 8 + 8] = {0};
    struct orr_signers *s = (struct orr_signers *)bytes;
    s->height = height;
    memset(s->value, (int)height, 32);
    strcpy(s->statement, "precommit");
    for (orr_peer i = 0; i < 7; i++)
        if (signers >> i & 1) s->signers[s->n_signers++] = i;
    output(w, 0, ORR_OUT_SIGNERS, bytes, sizeof *s + s->n_signers * sizeof *s->signers);
    decide_as(w, 0, (struct decision){.height = height, .value = (uint8_t)height,
                                      .root = (uint8_t)height, .proposer = proposer,
                                      .n_txs = tx != 0, .txs = {tx}});
}

enum { ALL = 0x3f, FIVE = 0x1f, FOUR = 0xf };

/* Six with 1 each; node 6 has none, and gets 4 by what height 3 carries. */
START_TEST(signers_and_proposers_are_judged_by_the_powers_of_their_height) {
    static const struct {
        orr_peer proposers[3]; /* of heights 3, 4, 5 */
        uint32_t signers[3];
        const char *says; /* NULL: all holds */
    } cases[] = {
        {{0, 1, 6}, {FIVE, FIVE, 0x47}, NULL}, /* 7 of 10 */
        {{0, 1, 2}, {FIVE, FIVE, ALL}, "on the votes of 6 nodes with 6 of the voting power of 10"},
        {{0, 1, 2}, {FIVE, 0x47, 0x47}, "on the votes of 4 nodes with 3 of the voting power of 6"},
        {{0, 6, 2}, {FIVE, FIVE, 0x47}, "a block of a node that may not propose at height 4"},
        {{0, 1, 2}, {FOUR, FIVE, 0x47}, "on the votes of 4 nodes with 4 of the voting power of 6"},
        {{0, 1, 2}, {FIVE, FIVE, 0x43}, "on the votes of 3 nodes with 6 of the voting power of 10"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        begin(&w);
        set_power(&w, 2, 1, 6, 99);
        set_power(&w, 3, 1, 6, 99); /* it goes to two */
        decide_on(&w, 1, 0, ALL, 0);
        decide_on(&w, 2, 0, FIVE, 0);
        for (uint64_t k = 0; k < 3; k++)
            decide_on(&w, 3 + k, cases[i].proposers[k], cases[i].signers[k], k ? 0 : 99);
        finish(&w, w.now);
        expect_verdict(&w, "validity", !cases[i].says, cases[i].says ? cases[i].says : "decisions");
        world_end(&w);
    }
}
END_TEST

START_TEST(a_leaver_has_no_power_and_an_order_that_no_block_carries_changes_nothing) {
    struct world w;
    begin(&w);
    set_power(&w, 2, 2, 5, 98);
    set_power(&w, 2, 2, 4, 97);
    set_power(&w, 2, 1, 6, 96); /* never decided */
    set_power(&w, 1, 0, ORR_NOBODY, 95); /* a transaction like any other */
    decide_on(&w, 1, 0, FIVE, 97);
    decide_on(&w, 2, 4, FIVE, 98);
    decide_on(&w, 3, 5, FIVE, 95); /* 4 of 5 without node 4 */
    decide_on(&w, 4, 0, 0x7, 0);   /* 3 of 4 */
    ck_assert(!orr_check_poll(w.check, w.now));
    decide_on(&w, 5, 5, 0x7, 0);
    finish(&w, w.now);
    expect_verdict(&w, "validity", false, "a block of a node that may not propose at height 5");
    world_end(&w);
}
END_TEST

/* Where power is membership a change counts from the next height on, and who has lost it may have
 * proposed before it heard of it. */
START_TEST(members_propose_from_the_next_height_on_and_leavers_go_on) {
    static struct orr_protocol members;
    for (uint64_t joins = 2; joins <= 3; joins++) {
        struct world w;
        members = voting;
        members.workload.is_membership = true;
        begin_as(&w, &members);
        set_power(&w, 2, 1, 6, 99);
        set_power(&w, 2, 2, 4, 98);
        decide_on(&w, 1, 0, FIVE, 98);
        decide_on(&w, 2, 4, FIVE, joins == 2 ? 99 : 0);
        decide_on(&w, 3, 6, 0x7f, joins == 3 ? 99 : 0);
        decide_on(&w, 4, 4, 0x7f, 0);
        finish(&w, w.now);
        expect_verdict(&w, "validity", joins == 2,
                       joins == 2 ? "decisions" : "that may not propose at height 3");
        world_end(&w);
    }
}
END_TEST

/* Of seven nodes five are a quorum, whatever their stakes, and one who signs twice is one. */
START_TEST(where_powers_are_fixed_each_node_has_one_vote) {
    static struct orr_protocol fixed;
    static const struct { orr_peer signers[6]; uint32_t n; bool holds; } cases[] = {
        {{0, 1, 2, 3, 6}, 5, true},
        {{0, 1, 2, 3}, 4, false},
        {{0, 1, 2, 3, 3}, 5, false},
        {{3, 0, 1, 3, 2, 3}, 6, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        uint64_t bytes[sizeof(struct orr_signers) / 8 + 8] = {0};
        struct orr_signers *s = (struct orr_signers *)bytes;
        fixed = voting;
        fixed.workload.sets_power = false;
        begin_as(&w, &fixed);
        s->height = 1;
        memset(s->value, 1, 32);
        strcpy(s->statement, "commit");
        s->n_signers = cases[i].n;
        memcpy(s->signers, cases[i].signers, cases[i].n * sizeof *s->signers);
        output(&w, 0, ORR_OUT_SIGNERS, bytes, sizeof *s + s->n_signers * sizeof *s->signers);
        decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .root = 1});
        finish(&w, w.now);
        expect_verdict(&w, "validity", cases[i].holds,
                       cases[i].holds ? "decisions" : "with 4 of the voting power of 7");
        world_end(&w);
    }
}
END_TEST

/* What would take all power, in one block, is not done. */
START_TEST(changes_that_leave_nobody_are_none) {
    struct world w;
    begin(&w);
    for (orr_peer i = 0; i < 6; i++) set_power(&w, 2, 2, i, 90 + i);
    uint64_t bytes[sizeof(struct orr_decided) / 8 + 8] = {0};
    struct orr_decided *d = (struct orr_decided *)bytes;
    d->height = 1;
    d->n_txs = 6;
    d->n_proposers = 1;
    memset(d->value, 1, 32);
    for (uint32_t i = 0; i < 6; i++) d->txs[i] = 90 + i;
    output(&w, 0, ORR_OUT_DECIDED, bytes, sizeof *d + 6 * 8 + sizeof(orr_peer));
    for (uint64_t h = 2; h < 6; h++) decide_on(&w, h, (orr_peer)h, FIVE, 0);
    finish(&w, w.now);
    expect_verdict(&w, "validity", true, "decisions");
    world_end(&w);
}
END_TEST

/* ---- whole runs: validators that go by the powers of genesis for good ---- */

static struct orr_protocol bugged;
static const struct orr_protocol *real;
static struct orr_app deaf;
static uint32_t planted; /* bitset of nodes */

static bool tells_nothing(const void *app, uint32_t i, struct orr_app_power *change) {
    (void)app, (void)i, (void)change;
    return false;
}
static int bugged_init(void *state, const struct orr_env *env, const void *config) {
    int error = real->init(state, env, config);
    struct orr_tm *t = *(struct orr_tm *const *)state; /* the first of its state */
    if (error || !(planted >> env->self & 1)) return error;
    deaf = *t->app;
    deaf.power_change = tells_nothing;
    t->app = &deaf;
    return 0;
}

static void expect_run(uint32_t bugs, const char *broken) {
    static const char text[] =
        "orrery: 1\nname: t\nduration: 30 s\n"
        "nodes: {val: {count: 7, role: tendermint, stake: [1, 1, 1, 1, 0, 0, 0]}}\n"
        "network: {latency: 20 ms}\nrecord: none\n"
        "workload: [{kind: power, target: val.4..6, power: 1, start: 5 s, to: val.0}]\n"
        "expect: {caught_up: {within: 10 s}}\n";
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_run_result result;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    real = s->groups[0].role;
    bugged = *real;
    bugged.init = bugged_init;
    planted = bugs;
    ((struct orr_group_spec *)s->groups)[0].role = &bugged;
    ck_assert_int_eq(orr_run(s, &(struct orr_run_options){0}, &result, &diags), 0);
    for (uint32_t i = 0; i < result.n_verdicts; i++) {
        const struct orr_verdict *v = &result.verdicts[i];
        bool is_wrong = v->judged && !v->pass;
        ck_assert_msg(is_wrong == (broken && !strcmp(v->name, broken)), "%s: %s", v->name, v->text);
    }
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
}

START_TEST(validators_that_keep_the_old_set_are_caught) {
    expect_run(0, NULL);
    expect_run(1u << 2, "caught_up"); /* what the others decide it refuses */
    expect_run(0x7f, "validity");     /* they agree, on the votes of 4 of 7 */
}
END_TEST

ORR_TEST_MAIN("check.voters", signers_and_proposers_are_judged_by_the_powers_of_their_height,
              a_leaver_has_no_power_and_an_order_that_no_block_carries_changes_nothing,
              changes_that_leave_nobody_are_none,
              where_powers_are_fixed_each_node_has_one_vote,
              members_propose_from_the_next_height_on_and_leavers_go_on,
              validators_that_keep_the_old_set_are_caught)
