/* check.c - the oracles' front: records in, verdicts out. */
#include "sim/check/check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/check/state.h"

const char *orr_check_name(enum orr_check_name name) {
    static const char *const names[ORR_N_CHECKS] = {
#define EXPECTATION(constant, text) #text,
        ORR_EXPECTATIONS(EXPECTATION)
#undef EXPECTATION
    };
    assert((unsigned)name < ORR_N_CHECKS);
    return names[name];
}

/* ---- records in ---- */

/* Keeps the message in the receiver's ring, marked with where the receiver then was. */
static void remember(struct orr_check *c, const struct orr_tap_record *r) {
    if (r->msg_kind < 64 && c->tx_kinds >> r->msg_kind & 1) return; /* they would drown the votes */
    struct watched *node = &c->nodes[r->node];
    struct orr_check_message *ring = c->rings + (size_t)r->node * ORR_CHECK_MESSAGES;
    ring[node->n_messages++ % ORR_CHECK_MESSAGES] = (struct orr_check_message){
        r->at, r->sent, r->peer, r->msg_kind, node->progress.round, node->progress.height, r->hash};
}

/* Messages are worth keeping once a node says where it is in a protocol that decides. */
static void start_rings(struct orr_check *c) {
    c->rings = orr_xrealloc(NULL, (size_t)c->n_nodes * ORR_CHECK_MESSAGES * sizeof *c->rings);
    c->tap.wants |= ORR_TAP_BIT(ORR_TAP_EVENT);
}

static void output(struct orr_check *c, const struct orr_tap_record *r) {
    struct watched *node = &c->nodes[r->node];
    if (!c->rings && (r->key == ORR_OUT_STEP || r->key == ORR_OUT_DECIDED)) start_rings(c);
    switch (r->key) {
    case ORR_OUT_DECIDED:
        if (is_correct(c, r->node)) orr_check_decided(c, r->node, r->msg);
        break;
    case ORR_OUT_EVIDENCE:
        if (is_correct(c, r->node)) orr_check_accuse(c, r->node, r->msg);
        break;
    case ORR_OUT_STEP:
        if (r->msg && r->msg->len == sizeof node->progress)
            memcpy(&node->progress, r->msg->data, sizeof node->progress);
        break;
    default: break;
    }
}

static void record(void *ctx, const struct orr_tap_record *r) {
    struct orr_check *c = ctx;
    if (r->kind == ORR_TAP_EVENT) { /* by far the most frequent */
        if (r->what == ORR_RECV) remember(c, r);
        return;
    }
    assert(r->at >= c->now);
    c->now = r->at;
    switch (r->kind) {
    case ORR_TAP_OUTPUT: output(c, r); break;
    case ORR_TAP_FAULT: orr_check_fault(c, r); break;
    case ORR_TAP_SUBMIT: orr_check_submit(c, r); break;
    default: break;
    }
}

/* ---- birth ---- */

static bool targets_have(const struct orr_scenario *s, const struct orr_targets *targets,
                         orr_peer node) {
    for (uint32_t i = 0; i < targets->n; i++)
        if (orr_target_has(s, &targets->v[i], node)) return true;
    return false;
}

/* A chain for each role, in the order in which the groups name them. */
static void make_chains(struct orr_check *c) {
    const struct orr_scenario *s = c->scenario;
    c->chains = orr_xrealloc(NULL, s->n_groups * sizeof *c->chains);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_group_spec *group = &s->groups[g];
        uint32_t chain = 0;
        while (chain < c->n_chains && c->chains[chain].role != group->role) chain++;
        if (chain == c->n_chains) {
            c->chains[c->n_chains++] = (struct chain){.role = group->role};
            orr_index_init(&c->chains[chain].by_height, &c->heap.mem, sizeof(struct height),
                           offsetof(struct height, height));
        }
        for (uint32_t i = 0; i < group->count; i++) {
            orr_peer node = group->first + i;
            c->nodes[node].chain = chain;
            c->nodes[node].expected_of = !c->expect->of.n || targets_have(s, &c->expect->of, node);
        }
    }
}

struct orr_check *orr_check_new(const struct orr_scenario *scenario) {
    struct orr_check *c = orr_xrealloc(NULL, sizeof *c);
    uint32_t n = scenario->n_nodes;
    *c = (struct orr_check){.scenario = scenario,
                            .expect = &scenario->expect,
                            .end = ORR_NEVER,
                            .n_nodes = n,
                            .first_submit = ORR_NEVER,
                            .last_submit = -1,
                            .last_commit = -1,
                            .last_decision = -1,
                            .first = ORR_N_CHECKS};
    c->nodes = orr_xrealloc(NULL, n * sizeof *c->nodes);
    for (uint32_t i = 0; i < n; i++)
        c->nodes[i] = (struct watched){.fresh = true, .after_change = ORR_NEVER};
    orr_heap_init(&c->heap);
    orr_index_init(&c->by_tx, &c->heap.mem, sizeof *c->txs, offsetof(struct tx, key));
    make_chains(c);
    c->active = orr_xrealloc(NULL, scenario->n_faults * sizeof *c->active);
    memset(c->active, 0, scenario->n_faults * sizeof *c->active);
    c->recent = orr_xrealloc(NULL, RECENT_HEIGHTS * sizeof *c->recent);
    c->tap = (struct orr_tap){.ctx = c, .record = record};
    c->tap.wants =
        ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT) | ORR_TAP_BIT(ORR_TAP_SUBMIT);
    orr_check_plan(c);
    return c;
}

void orr_check_free(struct orr_check *c) {
    if (!c) return;
    for (uint32_t i = 0; i < c->n_chains; i++) {
        orr_index_fini(&c->chains[i].by_height);
        free(c->chains[i].heights);
    }
    for (int i = 0; i < ORR_N_CHECKS; i++) free(c->broken[i]);
    orr_index_fini(&c->by_tx);
    free(c->txs);
    free(c->recent);
    free(c->active);
    free(c->rings);
    free(c->chains);
    free(c->nodes);
    free(c);
}

struct orr_tap *orr_check_tap(struct orr_check *c) {
    return &c->tap;
}

/* ---- violations ---- */

static enum orr_expectation safety_of(const struct orr_expect_spec *e, enum orr_check_name name) {
    switch (name) {
    case ORR_CHECK_AGREEMENT: return e->agreement;
    case ORR_CHECK_TOTAL_ORDER: return e->total_order;
    case ORR_CHECK_VALIDITY: return e->validity;
    case ORR_CHECK_INTEGRITY: return e->integrity;
    case ORR_CHECK_STATE_ROOT: return e->state_root;
    default: return ORR_EXPECT_HOLDS; /* of the others only those that are stated get broken */
    }
}

bool orr_check_is_expected(const struct orr_check *c, enum orr_check_name name) {
    return safety_of(c->expect, name) != ORR_EXPECT_HOLDS;
}

void orr_check_side(const struct orr_check *c, orr_peer node, struct orr_violation_side *side) {
    *side = (struct orr_violation_side){.node = node, .at = c->now};
    if (!c->rings || node == ORR_NOBODY) return;
    const struct orr_check_message *ring = c->rings + (size_t)node * ORR_CHECK_MESSAGES;
    uint32_t n = c->nodes[node].n_messages;
    side->n_messages = n < ORR_CHECK_MESSAGES ? n : ORR_CHECK_MESSAGES;
    for (uint32_t i = 0; i < side->n_messages; i++)
        side->messages[i] = ring[(n - side->n_messages + i) % ORR_CHECK_MESSAGES];
}

struct orr_violation *orr_check_break(struct orr_check *c, enum orr_check_name name,
                                      orr_peer node) {
    if (c->broken[name]) return NULL;
    struct orr_violation *v = c->broken[name] = orr_xrealloc(NULL, sizeof *v);
    *v = (struct orr_violation){.name = name, .at = c->now, .other = {.node = ORR_NOBODY}};
    orr_check_side(c, node, &v->side);
    if (c->first == ORR_N_CHECKS && !orr_check_is_expected(c, name)) c->first = name;
    return v;
}

bool orr_check_poll(struct orr_check *c, orr_time now) {
    if (now >= c->look_at) {
        if (now > c->now) c->now = now;
        orr_check_look(c);
    }
    return c->first != ORR_N_CHECKS;
}

const struct orr_violation *orr_check_violation(const struct orr_check *c) {
    return c->first == ORR_N_CHECKS ? NULL : c->broken[c->first];
}

/* ---- verdicts ---- */

static struct orr_verdict *verdict_new(struct orr_check *c, enum orr_check_name name) {
    struct orr_verdict *v = &c->verdicts[c->n_verdicts++];
    *v = (struct orr_verdict){
        .id = name, .name = orr_check_name(name), .violation = c->broken[name], .judged = true};
    v->text = v->violation ? v->violation->text : c->texts[name];
    return v;
}

/* A run that was stopped says nothing of what had yet to come. */
static void leave_open(const struct orr_check *c, struct orr_verdict *v) {
    bool safety = v->id < ORR_CHECK_TERMINATION || v->id == ORR_CHECK_MAX_GAP;
    if (v->id == ORR_CHECK_EVIDENCE) safety = c->expect->evidence != ORR_PRESENT;
    if (safety || v->violation) return;
    strcpy(v->observed, "not judged, the run was stopped");
    v->judged = v->pass = false;
}

static void judge_safety(struct orr_check *c, enum orr_check_name name) {
    enum orr_expectation expected = safety_of(c->expect, name);
    if (expected == ORR_EXPECT_UNCHECKED) return;
    struct orr_verdict *v = verdict_new(c, name);
    strcpy(v->expected, expected == ORR_EXPECT_HOLDS ? "holds" : "broken");
    strcpy(v->observed, v->violation ? "broken" : "holds");
    v->pass = (v->violation != NULL) == (expected == ORR_EXPECT_BROKEN);
    uint64_t n_heights = 0;
    for (uint32_t i = 0; i < c->n_chains; i++) n_heights += c->chains[i].n_heights;
    snprintf(
        c->texts[name], sizeof c->texts[name], "%llu decisions of %llu heights by correct nodes%s",
        (unsigned long long)c->n_decisions, (unsigned long long)n_heights,
        name == ORR_CHECK_VALIDITY && c->n_untracked ? "; not all transactions were followed" : "");
}

/* An expectation of the form "time below bound". */
static void judge_bound(struct orr_check *c, enum orr_check_name name, orr_time bound,
                        orr_time seen) {
    if (bound == ORR_NEVER) return;
    struct orr_verdict *v = verdict_new(c, name);
    snprintf(v->expected, sizeof v->expected, "%s %s",
             name == ORR_CHECK_MAX_GAP ? "at most" : "below", orr_words_time(bound).text);
    if (seen == ORR_NEVER)
        strcpy(v->observed, "never");
    else if (seen < 0)
        strcpy(v->observed, "no transaction");
    else
        snprintf(v->observed, sizeof v->observed, "%s", orr_words_time(seen).text);
    v->pass = !v->violation && seen >= 0;
}

static void judge_throughput(struct orr_check *c) {
    uint64_t bound = c->expect->throughput_nhz, seen = c->measures.throughput_nhz;
    if (bound == ORR_UNSET) return;
    struct orr_verdict *v = verdict_new(c, ORR_CHECK_THROUGHPUT);
    snprintf(v->expected, sizeof v->expected, "at least %llu.%03llu /s",
             (unsigned long long)(bound / 1000000000),
             (unsigned long long)(bound % 1000000000 / 1000000));
    snprintf(v->observed, sizeof v->observed, "%llu.%03llu /s",
             (unsigned long long)(seen / 1000000000),
             (unsigned long long)(seen % 1000000000 / 1000000));
    snprintf(c->texts[ORR_CHECK_THROUGHPUT], sizeof c->texts[0], "%llu of %llu transactions",
             (unsigned long long)c->n_committed, (unsigned long long)c->measures.n_submitted);
    v->pass = seen >= bound;
}

uint32_t orr_check_finish(struct orr_check *c, orr_time end, const struct orr_verdict **verdicts) {
    assert(c->end == ORR_NEVER && end >= c->now);
    bool stopped = end < c->scenario->duration;
    const struct orr_expect_spec *e = c->expect;
    const struct orr_measures *m = &c->measures;
    c->now = c->end = end;
    if (!stopped) orr_check_look(c);
    orr_check_measure(c);
    if (!stopped) {
        orr_check_judge_load(c);
        orr_check_need_evidence(c);
    }
    for (int name = ORR_CHECK_AGREEMENT; name <= ORR_CHECK_STATE_ROOT; name++)
        judge_safety(c, (enum orr_check_name)name);
    if (e->evidence != ORR_PRESENCE_UNCHECKED || c->broken[ORR_CHECK_EVIDENCE])
        orr_check_judge_evidence(c, verdict_new(c, ORR_CHECK_EVIDENCE),
                                 c->texts[ORR_CHECK_EVIDENCE], sizeof c->texts[0]);
    if (e->termination != ORR_TERMINATION_UNCHECKED)
        orr_check_judge_termination(c, verdict_new(c, ORR_CHECK_TERMINATION),
                                    c->texts[ORR_CHECK_TERMINATION], sizeof c->texts[0]);
    judge_bound(c, ORR_CHECK_MAX_GAP, e->max_gap, m->max_gap);
    judge_bound(c, ORR_CHECK_P50, e->p50, m->first_p50);
    judge_bound(c, ORR_CHECK_P90, e->p90, m->first_p90);
    judge_bound(c, ORR_CHECK_P99, e->p99, m->first_p99);
    judge_bound(c, ORR_CHECK_MAX, e->max, m->first_max);
    judge_throughput(c);
    for (uint32_t i = 0; stopped && i < c->n_verdicts; i++) leave_open(c, &c->verdicts[i]);
    *verdicts = c->verdicts;
    return c->n_verdicts;
}

struct orr_measures orr_check_measures(const struct orr_check *c) {
    return c->measures;
}
