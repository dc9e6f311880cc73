/* Who is named for a fork: over random plans with more liars than a protocol bears, never a correct
 * node, and more than a third of the power wherever the protocol's paper promises it. */
#include <string.h>

#include "models/base/rng.h"
#include "sim/cli/explain.h"
#include "sim/run/run.h"
#include "tests/test.h"

enum { NODES = 4, LIARS = 2 }; /* val.2 and val.3 lie */
enum { N_PLANS = 40 };

struct tally { uint32_t n_forks, n_named, by_rule[ORR_N_RULES]; };

/* Parts of the net that change, a crash of a correct node now and then, liars of one behaviour. */
static void write_plan(char *text, size_t size, const char *role, bool locks, uint64_t seed) {
    static const char *const behaviours[] = {"amnesia", "equivocate", "twins", "double",
                                             "mutate, field: [view, value, proof]"};
    struct orr_rng rng = orr_rng_stream(seed, ORR_RNG_PLAN, 0);
    const char *behaviour = behaviours[seed % 5 || locks ? seed % 5 : 2];
    size_t n = (size_t)snprintf(
        text, size,
        "orrery: 1\nname: t\nseed: %llu\nduration: 5 s\nrecord: none\nsignatures: modelled\n"
        "nodes: {val: {count: 4, role: %s}}\n"
        "network: {latency: {dist: uniform, min: 5 ms, max: 15 ms}}\nworkload: [{rate: 20 /s}]\n"
        "expect: {agreement: broken}\nfaults:\n"
        "  - {at: 0 s, do: byzantine, target: [val.2, val.3], behaviour: %s}\n",
        (unsigned long long)seed, role, behaviour);
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t at = 600 * i + (uint32_t)orr_rng_below(&rng, 300);
        uint32_t lasts = 150 + (uint32_t)orr_rng_below(&rng, 450);
        uint32_t apart = (uint32_t)orr_rng_below(&rng, 3);
        const char *groups[] = {"[val.0, val.2, val.3], [val.1]", "[val.0], [val.1, val.2, val.3]",
                                "[val.0, val.2], [val.1, val.3]"};
        n += (size_t)snprintf(text + n, size - n,
                              "  - {at: %u ms, for: %u ms, do: partition, groups: [%s]}\n", at,
                              lasts, groups[apart]);
    }
    if (orr_rng_below(&rng, 2))
        n += (size_t)snprintf(text + n, size - n,
                              "  - {at: %u ms, do: crash, target: val.%u, restart_after: 20 ms}\n",
                              500 + (uint32_t)orr_rng_below(&rng, 3000),
                              (uint32_t)orr_rng_below(&rng, 2));
    ck_assert_uint_lt(n, size);
}

static void explain(const char *text, struct tally *tally) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags);
    if (error) orr_diags_print(&diags, stdout, false);
    ck_assert_msg(!error, "%s", text);
    struct orr_explanation e;
    orr_explanation_init(&e, s);
    struct orr_tap tap = orr_explain_listen(&e);
    struct orr_run_options options = {.taps = &tap};
    struct orr_run_result result;
    ck_assert_int_eq(orr_run(s, &options, &result, &diags), 0);
    orr_explain_judge(&e, result.verdicts, result.n_verdicts);
    uint32_t n = 0;
    for (uint32_t i = 0; i < NODES; i++) {
        const struct orr_culprit *c = &e.culprits[i];
        if (c->rule == ORR_RULE_KEPT) continue;
        ck_assert_msg(i >= NODES - LIARS, "val.%u is correct and named by rule %d: %s", i, c->rule,
                      text);
        ck_assert_uint_eq(e.said[c->first].s.signer, i);
        ck_assert_uint_eq(e.said[c->second].s.signer, i);
        tally->by_rule[c->rule]++;
        n++;
    }
    tally->n_forks += e.n_sides > 0;
    tally->n_named += e.n_sides && n == LIARS;
    if (e.n_sides && n < LIARS) printf("a fork without proof: %s\n", text);
    orr_run_result_fini(&result);
    orr_explanation_fini(&e);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
}

static const struct { const char *name; bool locks; } roles[] = {
    {"tendermint", true}, {"pbft", true}, {"hotstuff-basic", true}, {"hotstuff", true},
    {"hotstuff-2", false}, {"jolteon", false}, {"fast-hotstuff", false}, {"streamlet", false}};
enum { N_ROLES = sizeof roles / sizeof roles[0] };

START_TEST(never_a_correct_node_and_all_of_a_fork_s_liars) {
    static char text[4096];
    for (uint32_t r = 0; r < N_ROLES; r++) {
        struct tally t = {0};
        for (uint64_t seed = 1; seed <= N_PLANS; seed++) {
            write_plan(text, sizeof text, roles[r].name, roles[r].locks, seed);
            explain(text, &t);
        }
        printf("%s: %u forks of %u plans, all liars named in %u; by rule", roles[r].name, t.n_forks,
               N_PLANS, t.n_named);
        for (uint32_t i = 0; i < ORR_N_RULES; i++) printf(" %u", t.by_rule[i]);
        printf("\n");
        ck_assert_uint_eq(t.n_named, t.n_forks);
        ck_assert(t.n_forks > 0 || !strcmp(roles[r].name, "hotstuff")); /* these do not fork it */
    }
}
END_TEST

/* ---- each rule by itself ---- */

struct word { const char *kind; uint64_t height, view, justify, length; };
struct rule_case {
    const char *role;
    struct word said[4]; /* ends where kind is NULL; each of another value, all of val.1 */
    enum orr_broken_rule rule;
};

static uint32_t kind_of(const struct orr_protocol *role, const char *kind) {
    uint32_t i = 0;
    while (strcmp(role->kinds[i], kind)) i++; /* ends: the tests name kinds that there are */
    return i;
}

static enum orr_broken_rule rule_of(const struct rule_case *c) {
    char text[256];
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_explanation e;
    snprintf(text, sizeof text,
             "orrery: 1\nname: t\nduration: 1 s\nexpect: nothing\n"
             "nodes: {val: {count: 4, role: %s}}\n", c->role);
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    orr_explanation_init(&e, s);
    e.said = calloc(4, sizeof *e.said);
    for (const struct word *w = c->said; w < c->said + 4 && w->kind; w++) {
        struct orr_said *said = &e.said[e.n_said];
        said->s = (struct orr_statement){.signer = 1, .kind = kind_of(s->groups[0].role, w->kind),
                                         .height = w->height, .view = w->view,
                                         .justify_view = w->justify};
        said->s.value[0] = (uint8_t)(w - c->said + 1);
        said->slot = orr_explain_slot(1, said->s.kind, w->height, w->view);
        said->length = w->length;
        said->next = ORR_NOWHERE;
        orr_index_put(&e.by_slot, e.said, e.n_said++);
    }
    orr_explain_judge(&e, NULL, 0);
    enum orr_broken_rule rule = e.culprits[1].rule;
    ck_assert_int_eq(e.culprits[0].rule + e.culprits[2].rule + e.culprits[3].rule, 0);
    orr_explanation_fini(&e);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    return rule;
}

static const struct rule_case rule_cases[] = {
    {"hotstuff-basic", {{"commit", 0, 3, 2, 0}, {"vote", 0, 4, 2, 0}}, ORR_RULE_JUSTIFY},
    {"hotstuff-basic", {{"commit", 0, 3, 2, 0}, {"vote", 0, 4, 3, 0}}, ORR_RULE_KEPT},
    {"hotstuff-basic", {{"commit", 0, 3, 2, 0}, {"vote", 0, 3, 2, 0}}, ORR_RULE_KEPT},
    /* a vote of view 5 on the QC of 4, whose block stands on that of 3: locked on 3 */
    {"hotstuff", {{"vote", 0, 4, 3, 0}, {"vote", 0, 5, 4, 0}, {"vote", 0, 6, 2, 0}},
     ORR_RULE_LOCKED_QC},
    {"hotstuff", {{"vote", 0, 4, 3, 0}, {"vote", 0, 5, 4, 0}, {"vote", 0, 6, 3, 0}},
     ORR_RULE_KEPT},
    {"hotstuff", {{"vote", 0, 5, 4, 0}, {"vote", 0, 6, 2, 0}}, ORR_RULE_KEPT}, /* 4 is not known */
    {"hotstuff", /* of two blocks of view 4 the one that says less */
     {{"vote", 0, 5, 4, 0}, {"proposal", 0, 4, 2, 0}, {"vote", 0, 4, 3, 0}, {"vote", 0, 6, 2, 0}},
     ORR_RULE_KEPT},
    {"hotstuff-2", {{"vote", 0, 5, 4, 0}, {"vote", 0, 6, 3, 0}}, ORR_RULE_OLDER_QC},
    {"hotstuff-2", {{"vote", 0, 6, 3, 0}, {"vote", 0, 5, 4, 0}}, ORR_RULE_OLDER_QC},
    {"hotstuff-2", {{"vote", 0, 5, 4, 0}, {"vote", 0, 6, 4, 0}}, ORR_RULE_KEPT},
    {"jolteon", {{"vote", 0, 5, 4, 0}, {"timeout", 0, 5, 3, 0}}, ORR_RULE_TIMEOUT},
    {"jolteon", {{"vote", 0, 5, 4, 0}, {"timeout", 0, 4, 3, 0}}, ORR_RULE_KEPT},
    {"jolteon", {{"vote", 0, 5, 4, 0}, {"vote", 0, 7, 3, 0}}, ORR_RULE_KEPT}, /* a TC may let it */
    {"fast-hotstuff", {{"vote", 0, 5, 4, 0}, {"timeout", 0, 9, 3, 0}}, ORR_RULE_TIMEOUT},
    {"streamlet", {{"vote", 0, 5, 4, 3}, {"vote", 0, 6, 4, 2}}, ORR_RULE_SHORTER},
    {"streamlet", {{"vote", 0, 5, 4, 3}, {"vote", 0, 6, 2, 3}}, ORR_RULE_KEPT},
    {"pbft", {{"commit", 7, 1, 1, 0}, {"view-change", 0, 2, 0, 0}}, ORR_RULE_LEFT_OUT},
    {"pbft", {{"commit", 7, 1, 1, 0}, {"view-change", 0, 2, 7, 0}}, ORR_RULE_KEPT}, /* stable */
    {"pbft", {{"commit", 7, 1, 1, 0}, {"view-change", 0, 2, 0, 0}, {"view-change", 7, 2, 1, 0}},
     ORR_RULE_KEPT},
    {"pbft", {{"commit", 7, 1, 1, 0}, {"view-change", 0, 2, 0, 0}, {"view-change", 7, 2, 0, 0}},
     ORR_RULE_LEFT_OUT},
    {"pbft", {{"commit", 7, 2, 2, 0}, {"view-change", 0, 2, 0, 0}}, ORR_RULE_KEPT},
};

START_TEST(each_rule_is_broken_by_its_two_statements_and_by_no_less) {
    for (size_t i = 0; i < sizeof rule_cases / sizeof rule_cases[0]; i++)
        ck_assert_msg(rule_of(&rule_cases[i]) == rule_cases[i].rule, "case %zu, %s: rule %d", i,
                      rule_cases[i].role, rule_of(&rule_cases[i]));
}
END_TEST

ORR_TEST_MAIN("accuse", each_rule_is_broken_by_its_two_statements_and_by_no_less,
              never_a_correct_node_and_all_of_a_fork_s_liars)
