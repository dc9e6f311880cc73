/* Oracles `one-leader`: no two servers lead in one term, that is, send APPEND; `leads`: somebody is
 * elected within two seconds of a leader's crash, leads in the end, and when nothing has gone wrong
 * for three seconds nobody else is elected any more. */
#include <stdio.h>
#include <string.h>

#include "models/base/bytes.h"
#include "sim/check/verdict.h"

enum { TERMS = 1 << 14, NODES = 16, CALM_ELECTIONS = 3, APPEND = 2 };
static const orr_time CALM_AFTER = INT64_C(3000000000), ELECTED_WITHIN = INT64_C(2000000000);

static bool is_election(const struct orr_tap_record *r) {
    const struct orr_metric_point *point = (const void *)r->msg->data;
    return !strncmp(point->name, "leader", sizeof point->name);
}

struct one_leader {
    orr_peer of[TERMS]; /* by term: who leads + 1; 0: nobody */
    uint32_t n_terms;
};

static bool one_leader_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= NODES;
}

static void one_leader_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    struct one_leader *o = state;
    if (!r->msg || r->msg->kind != APPEND || r->msg->len < 8) return;
    uint64_t term = orr_load_le64(r->msg->data);
    if (term >= TERMS) return;
    orr_peer before = o->of[term];
    o->n_terms += !before;
    o->of[term] = r->node + 1;
    struct orr_violation *v = before && before != r->node + 1
                                  ? orr_check_break(check, NULL, r->node)
                                  : NULL;
    if (v)
        snprintf(v->text, sizeof v->text, "node %u and node %u both lead in term %llu (at %.3f s)",
                 before - 1, r->node, (unsigned long long)term, (double)r->at * 1e-9);
}

static void one_leader_judge(void *state, struct orr_check *check) {
    const struct one_leader *o = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "at most one leader a term");
    snprintf(v->observed, sizeof v->observed, v->violation ? "two" : "so, in %u terms",
             o->n_terms);
    v->pass = !v->violation;
    if (!o->n_terms) orr_verdict_open(v, "nobody led");
}

struct leads {
    bool is_down[NODES];
    orr_time since[NODES];
    orr_peer latest; /* + 1; 0: nobody */
    orr_time last_fault;
    uint32_t n_calm; /* elections in the calm */
    orr_time first_calm;
};

static bool leads_begin(void *state, struct orr_check *check, const void *settings) {
    (void)state, (void)settings;
    return orr_check_n_nodes(check) <= NODES;
}

static void leads_hear(void *state, struct orr_check *check, const struct orr_tap_record *r) {
    (void)check;
    struct leads *l = state;
    if (r->kind == ORR_TAP_FAULT) {
        l->last_fault = r->at;
        l->n_calm = 0;
        if (r->node < NODES) l->is_down[r->node] = r->what == 1, l->since[r->node] = r->at;
        return;
    }
    if (!is_election(r)) return;
    l->latest = r->node + 1;
    if (r->at - l->last_fault <= CALM_AFTER) return;
    if (!l->n_calm++) l->first_calm = r->at;
}

static orr_time leads_look(void *state, struct orr_check *check) {
    struct leads *l = state;
    orr_time now = orr_check_now(check);
    orr_peer gone = l->latest ? l->latest - 1 : NODES;
    if (gone < NODES && l->is_down[gone] && now - l->since[gone] > ELECTED_WITHIN) {
        struct orr_violation *v = orr_check_break(check, NULL, gone);
        if (v)
            snprintf(v->text, sizeof v->text,
                     "node %u led and crashed at %.3f s; two seconds later nobody leads", gone,
                     (double)l->since[gone] * 1e-9);
    }
    return now + 100 * 1000000;
}

static void leads_judge(void *state, struct orr_check *check) {
    const struct leads *l = state;
    struct orr_verdict *v = orr_check_verdict(check, NULL);
    snprintf(v->expected, sizeof v->expected, "a leader, who stays");
    bool is_there = l->latest && !l->is_down[l->latest - 1];
    v->pass = !v->violation && is_there && l->n_calm <= CALM_ELECTIONS;
    if (v->violation) snprintf(v->observed, sizeof v->observed, "nobody led for two seconds");
    else if (!l->latest) snprintf(v->observed, sizeof v->observed, "nobody was ever elected");
    else if (!is_there)
        snprintf(v->observed, sizeof v->observed, "nobody was elected after node %u crashed",
                 l->latest - 1);
    else if (!v->pass)
        snprintf(v->observed, sizeof v->observed,
                 "%u elections without a reason, the first at %.3f s", l->n_calm,
                 (double)l->first_calm * 1e-9);
    else snprintf(v->observed, sizeof v->observed, "node %u", l->latest - 1);
}

static const struct orr_oracle one_leader = {
    .name = "one-leader", .wants = ORR_TAP_BIT(ORR_TAP_SEND), .size = sizeof(struct one_leader),
    .begin = one_leader_begin, .hear = one_leader_hear, .judge = one_leader_judge};
static const struct orr_oracle leads = {
    .name = "leads", .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_METRIC), .size = sizeof(struct leads), .begin = leads_begin,
    .hear = leads_hear, .look = leads_look, .judge = leads_judge};
__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &one_leader, &leads, NULL};
