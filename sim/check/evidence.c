/* evidence.c - proofs of misbehaviour: are the culprits named, and nobody else? */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

struct evidence {
    uint32_t n_accusations; /* by correct nodes */
};

/* It always listens: evidence against a correct node is a break, unless one is expected. */
static bool begin(void *state, struct orr_check *c, const void *settings) {
    (void)state;
    const struct orr_expect_spec *e = settings;
    bool is_wrong = e->evidence == ORR_PRESENCE_WRONG;
    orr_check_expect(c, is_wrong ? ORR_EXPECT_BROKEN : ORR_EXPECT_HOLDS,
                     e->evidence != ORR_PRESENCE_UNCHECKED);
    return true;
}

static void break_evidence(struct orr_check *c, orr_peer node, const struct orr_evidence *e,
                           const char *what) {
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = e->height;
    v->side.round = e->round;
    v->other = (struct orr_violation_side){.node = e->culprit, .height = e->height};
    snprintf(v->text, sizeof v->text,
             "%s has evidence against %s at height %" PRIu64 ", round %u (at %s), %s",
             orr_words_node(c->scenario, node).text, orr_words_node(c->scenario, e->culprit).text,
             e->height, e->round, orr_words_time(c->now).text, what);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct evidence *s = state;
    struct orr_evidence e;
    if (!is_correct(c, r->node) || !r->msg || r->msg->len != sizeof e) return;
    memcpy(&e, r->msg->data, sizeof e);
    s->n_accusations++;
    if (c->expect->evidence == ORR_ABSENT)
        break_evidence(c, r->node, &e, "but there should be none");
    if (e.culprit >= c->n_nodes) {
        break_evidence(c, r->node, &e, "which is no node");
        return;
    }
    struct watched *culprit = &c->nodes[e.culprit];
    culprit->named = true;
    culprit->named_committed |= e.committed;
    if (!culprit->byzantine && !culprit->disk_lost)
        break_evidence(c, r->node, &e, "which is correct");
}

/* How many nodes a target means that evidence has to name, and how many of them it does name. */
static void count_target(const struct orr_check *c, const struct orr_target *target,
                         uint32_t *n_wanted, uint32_t *n_named) {
    uint32_t wanted = 0, named = 0;
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        bool meant = target->kind == ORR_TARGET_LEADER ? c->nodes[node].byzantine
                                                       : orr_target_has(c->scenario, target, node);
        if (!meant) continue;
        wanted++;
        named += c->nodes[node].named;
    }
    uint32_t enough = target->kind == ORR_TARGET_LEADER ? 1 : target->any;
    *n_wanted += enough && enough < wanted ? enough : wanted;
    *n_named += enough && enough < named ? enough : named;
}

/* All culprits that the scenario asks for, or else any Byzantine node. */
static void count_culprits(const struct orr_check *c, uint32_t *n_wanted, uint32_t *n_named) {
    *n_wanted = *n_named = 0;
    for (uint32_t i = 0; i < c->expect->culprits.n; i++)
        count_target(c, &c->expect->culprits.v[i], n_wanted, n_named);
    if (c->expect->culprits.n) return;
    *n_wanted = 1;
    for (orr_peer node = 0; node < c->n_nodes && !*n_named; node++)
        *n_named = c->nodes[node].named && c->nodes[node].byzantine;
}

/* `absent` needs a correct node that took part in deciding. */
static bool has_witness(const struct evidence *s, const struct orr_check *c) {
    return s->n_accusations || c->n_decisions || c->expect->evidence == ORR_PRESENT;
}

static void judge(void *state, struct orr_check *c) {
    static const char *const expected[] = {"only against culprits", "present", "absent",
                                           "against a correct node"};
    const struct evidence *s = state;
    uint32_t n_wanted, n_named, n_committed = 0, n_all = 0;
    count_culprits(c, &n_wanted, &n_named);
    bool missing = c->expect->evidence == ORR_PRESENT && n_named < n_wanted;
    if (missing && !orr_check_is_stopped(c)) {
        struct orr_violation *violation = orr_check_break(c, NULL, ORR_NOBODY);
        if (violation)
            snprintf(violation->text, sizeof violation->text,
                     "evidence of correct nodes names %u of %u culprits", n_named, n_wanted);
    }
    if (c->expect->evidence == ORR_PRESENCE_UNCHECKED && !orr_check_is_broken(c, NULL)) return;
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        n_all += c->nodes[node].named;
        n_committed += c->nodes[node].named_committed;
    }
    strcpy(v->expected, expected[c->expect->evidence]);
    orr_verdict_say(v, "%u times; %u of %u culprits named", s->n_accusations, n_named, n_wanted);
    if (!n_all)
        strcpy(v->observed, "absent");
    else
        snprintf(v->observed, sizeof v->observed, "against %u node%s, %u of them in a block", n_all,
                 n_all > 1 ? "s" : "", n_committed);
    v->pass = !v->violation == (c->expect->evidence != ORR_PRESENCE_WRONG);
    if (missing && orr_check_is_stopped(c)) orr_verdict_open(v, "the run was stopped");
    if (!has_witness(s, c)) orr_verdict_open(v, "no correct node decided anything");
}

const struct orr_oracle orr_oracle_evidence = {
    .name = "evidence",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_EVIDENCE),
    .size = sizeof(struct evidence),
    .begin = begin,
    .hear = hear,
    .judge = judge,
};
