/* check.c - the oracles' front: records in, verdicts out. */
#include "sim/check/check.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/check/state.h"

/* Those of the house: one file of this folder each. */
#define ORACLE(name, ...) extern const struct orr_oracle orr_oracle_##name;
#include "sim/scenario/expect.def"
#undef ORACLE
static const struct orr_oracle *const house[] = {
#define ORACLE(name, ...) &orr_oracle_##name,
#include "sim/scenario/expect.def"
#undef ORACLE
};

/* ---- the oracles at work ---- */

static void set_look(struct orr_check *c) {
    c->look_at = ORR_NEVER;
    for (uint32_t i = 0; i < c->n_seats; i++)
        if (c->seats[i].active && c->seats[i].look_at < c->look_at)
            c->look_at = c->seats[i].look_at;
}

static void add(struct orr_check *c, const struct orr_oracle *oracle, const void *settings,
                enum orr_expectation expected, bool asked) {
    assert(c->n_seats < MAX_ORACLES);
    if (expected == ORR_EXPECT_UNCHECKED) return;
    struct seat *seat = &c->seats[c->n_seats++];
    *seat = (struct seat){.oracle = oracle,
                          .settings = settings,
                          .asked = asked,
                          .expected = expected,
                          .look_at = oracle->look ? 0 : ORR_NEVER};
    seat->state = oracle->size ? orr_alloc_zero(&c->heap.mem, oracle->size) : NULL;
    c->speaking = seat;
    seat->active = oracle->begin(seat->state, c, settings);
    c->speaking = NULL;
    if (seat->active) c->tap.wants |= oracle->wants;
    if (seat->active && oracle->wants & ORR_TAP_BIT(ORR_TAP_OUTPUT))
        c->outputs |= oracle->outputs ? oracle->outputs : UINT32_MAX;
    c->hears_events |= seat->active && oracle->wants & ORR_TAP_BIT(ORR_TAP_EVENT);
    set_look(c);
}

static bool is_for(const struct orr_oracle *oracle, const struct orr_tap_record *r) {
    if (!(oracle->wants & ORR_TAP_BIT(r->kind))) return false;
    if (r->kind != ORR_TAP_OUTPUT || !oracle->outputs) return true;
    return r->key < 32 && oracle->outputs & ORR_OUTPUT_BIT(r->key);
}

static void let_hear(struct orr_check *c, const struct orr_tap_record *r) {
    for (uint32_t i = 0; i < c->n_seats; i++) {
        struct seat *seat = c->speaking = &c->seats[i];
        if (seat->active && is_for(seat->oracle, r)) seat->oracle->hear(seat->state, c, r);
    }
    c->speaking = NULL;
}

enum { LOOK_LEAST_NS = 1000000 };

/* Those whose time has come; all: everybody. */
static void let_look(struct orr_check *c, bool all) {
    for (uint32_t i = 0; i < c->n_seats; i++) {
        struct seat *seat = c->speaking = &c->seats[i];
        if (!seat->active || !seat->oracle->look || (!all && c->now < seat->look_at)) continue;
        orr_time next = seat->oracle->look(seat->state, c), least = c->now + LOOK_LEAST_NS;
        seat->look_at = next > least ? next : least;
    }
    c->speaking = NULL;
    set_look(c);
}

/* ---- records in ---- */

/* Keeps the message in the receiver's ring, marked with what it is about. */
static void remember(struct orr_check *c, const struct orr_tap_record *r) {
    for (uint32_t i = 0; i < c->n_tx_types; i++)
        if (c->tx_types[i] == r->msg_type) return; /* they would evict the votes */
    struct watched *node = &c->nodes[r->node];
    struct orr_check_message *ring = c->rings + (size_t)r->node * ORR_CHECK_MESSAGES;
    const struct orr_protocol *role = c->chains[node->chain].role;
    struct orr_progress place = {0};
    bool is_placed = r->msg && role->report.place && role->report.place(r->msg, &place);
    ring[node->n_messages++ % ORR_CHECK_MESSAGES] = (struct orr_check_message){
        .at = r->at, .sent = r->sent, .from = r->peer, .type = r->msg_type, .hash = r->hash,
        .is_placed = is_placed, .round = place.round, .height = place.height,
        .receiver_height = node->progress.height};
}

static size_t rings_bytes(const struct orr_check *c) {
    return (size_t)c->n_nodes * ORR_CHECK_MESSAGES * sizeof *c->rings;
}

/* Messages are worth keeping once a node says where it is in a protocol that decides. */
static void start_rings(struct orr_check *c) {
    c->rings = orr_alloc(&c->heap.mem, rings_bytes(c));
    c->tap.wants |= ORR_TAP_BIT(ORR_TAP_EVENT);
}

static void output(struct orr_check *c, const struct orr_tap_record *r) {
    struct watched *node = &c->nodes[r->node];
    if (!c->rings && (r->key == ORR_OUT_STEP || r->key == ORR_OUT_DECIDED)) start_rings(c);
    if (r->key == ORR_OUT_PROPOSED)
        orr_chain_hear_proposed(c, r->node, r->msg);
    else if (r->key == ORR_OUT_SIGNERS && is_correct(c, r->node))
        orr_certificates_hear(c, r->node, r->msg);
    else if (r->key == ORR_OUT_DECIDED && is_correct(c, r->node))
        orr_chain_hear(c, r->node, r->msg);
    else if (r->key == ORR_OUT_ADOPTED && is_correct(c, r->node))
        orr_chain_hear_adopted(c, r->node, r->msg);
    else if (r->key == ORR_OUT_STEP && r->msg && r->msg->len == sizeof node->progress)
        memcpy(&node->progress, r->msg->data, sizeof node->progress);
}

static void record(void *ctx, const struct orr_tap_record *r) {
    struct orr_check *c = ctx;
    if (r->kind == ORR_TAP_EVENT && r->what == ORR_RECV && c->rings)
        remember(c, r); /* the most frequent */
    if (r->kind == ORR_TAP_EVENT && !c->hears_events) return;
    assert(r->at >= c->now);
    c->now = r->at;
    c->decision.node = ORR_NOBODY;
    switch (r->kind) {
    case ORR_TAP_OUTPUT: output(c, r); break;
    case ORR_TAP_FAULT: orr_faults_hear(c, r); break;
    case ORR_TAP_SUBMIT:
        orr_load_hear(c, r);
        orr_voters_hear(c, r);
        break;
    default: break;
    }
    if (r->kind != ORR_TAP_OUTPUT || r->key >= 32 || c->outputs & ORR_OUTPUT_BIT(r->key))
        let_hear(c, r);
    if (c->decision.node != ORR_NOBODY) orr_chain_go_on(c);
}

orr_time orr_check_look_at(const struct orr_check *c) { return c->look_at; }

bool orr_check_poll(struct orr_check *c, orr_time now) {
    if (now >= c->look_at) {
        if (now > c->now) c->now = now;
        let_look(c, false);
    }
    return c->first;
}

/* ---- birth ---- */

static bool targets_have(const struct orr_scenario *s, const struct orr_targets *targets,
                         orr_peer node) {
    for (uint32_t i = 0; i < targets->n; i++)
        if (orr_target_has(s, &targets->v[i], node)) return true;
    return false;
}

/* A chain for each role and those that follow it, in the order in which the groups name them. */
static void make_chains(struct orr_check *c) {
    const struct orr_scenario *s = c->scenario;
    c->chains = orr_alloc(&c->heap.mem, s->n_groups * sizeof *c->chains);
    for (uint32_t g = 0; g < s->n_groups; g++) {
        const struct orr_group_spec *group = &s->groups[g];
        const struct orr_protocol *role = group->role->follows ? group->role->follows : group->role;
        uint32_t chain = 0;
        while (chain < c->n_chains && c->chains[chain].role != role) chain++;
        if (chain == c->n_chains) {
            c->chains[c->n_chains++] = (struct chain){.role = role};
            orr_index_init(&c->chains[chain].by_height, &c->heap.mem, sizeof(struct height),
                           offsetof(struct height, height));
            orr_index_init(&c->chains[chain].by_value, &c->heap.mem, sizeof(struct height),
                           offsetof(struct height, value_key));
            orr_index_init(&c->chains[chain].by_proposed, &c->heap.mem, sizeof(struct proposed),
                           offsetof(struct proposed, key));
        }
        for (uint32_t i = 0; i < group->count; i++) {
            orr_peer node = group->first + i;
            c->nodes[node].chain = chain;
            c->nodes[node].expected_of = !c->expect->of.n || targets_have(s, &c->expect->of, node);
        }
    }
}

struct orr_check *orr_check_new(const struct orr_scenario *scenario, struct orr_mem *mem) {
    struct orr_heap heap;
    orr_heap_init_over(&heap, mem);
    struct orr_check *c = orr_alloc(&heap.mem, sizeof *c);
    uint32_t n = scenario->n_nodes;
    memset(c, 0, offsetof(struct orr_check, verdicts)); /* those are set when they are said */
    c->heap = heap;
    c->scenario = scenario;
    c->expect = &scenario->expect;
    c->n_nodes = n;
    c->end = c->first_submit = c->look_at = ORR_NEVER;
    c->last_submit = c->last_commit = c->last_decision = -1;
    c->decision.node = ORR_NOBODY;
    c->nodes = orr_alloc(&c->heap.mem, n * sizeof *c->nodes);
    for (uint32_t i = 0; i < n; i++)
        c->nodes[i] = (struct watched){.fresh = true, .after_change = ORR_NEVER};
    orr_index_init(&c->by_tx, &c->heap.mem, sizeof *c->txs, offsetof(struct tx, key));
    make_chains(c);
    c->n_faults = scenario->n_faults;
    c->active = orr_alloc_zero(&c->heap.mem, c->n_faults * sizeof *c->active);
    c->recent = orr_alloc(&c->heap.mem, RECENT_HEIGHTS * sizeof *c->recent);
    c->certificates = orr_alloc_zero(&c->heap.mem, RECENT_HEIGHTS * sizeof *c->certificates);
    for (uint32_t i = 0; i < RECENT_HEIGHTS; i++) c->certificates[i].node = ORR_NOBODY;
    c->certificate.node = ORR_NOBODY;
    c->tap = (struct orr_tap){.ctx = c, .record = record};
    c->tap.wants =
        ORR_TAP_BIT(ORR_TAP_OUTPUT) | ORR_TAP_BIT(ORR_TAP_FAULT) | ORR_TAP_BIT(ORR_TAP_SUBMIT);
    orr_faults_plan(c);
    if (c->expect->nothing) return c;
    for (size_t i = 0; i < sizeof house / sizeof house[0]; i++)
        add(c, house[i], c->expect, ORR_EXPECT_HOLDS, false);
    for (uint32_t i = 0; i < c->expect->n_own; i++) {
        const struct orr_own_spec *own = &c->expect->own[i];
        add(c, own->oracle, own->settings, own->expected, own->asked);
    }
    return c;
}

void orr_check_free(struct orr_check *c) {
    if (!c) return;
    struct orr_mem *mem = &c->heap.mem;
    for (uint32_t i = 0; i < c->n_seats; i++) {
        if (c->seats[i].oracle->fini) c->seats[i].oracle->fini(c->seats[i].state);
        orr_free(mem, c->seats[i].state, c->seats[i].oracle->size);
    }
    for (uint32_t i = 0; i < c->n_chains; i++) {
        orr_index_fini(&c->chains[i].by_height);
        orr_index_fini(&c->chains[i].by_value);
        orr_index_fini(&c->chains[i].by_proposed);
        orr_free(mem, c->chains[i].proposed,
                 c->chains[i].proposed_cap * sizeof *c->chains[i].proposed);
        orr_free(&c->heap.mem, c->chains[i].powers,
                 c->chains[i].powers_cap * sizeof *c->chains[i].powers);
        orr_free(mem, c->chains[i].heights,
                 c->chains[i].heights_cap * sizeof *c->chains[i].heights);
    }
    orr_certificates_fini(c);
    for (uint32_t i = 0; i < c->n_broken; i++) orr_free(mem, c->broken[i], sizeof *c->broken[i]);
    orr_index_fini(&c->by_tx);
    orr_free(mem, c->txs, c->txs_cap * sizeof *c->txs);
    orr_free(mem, c->recent, RECENT_HEIGHTS * sizeof *c->recent);
    orr_free(mem, c->active, c->n_faults * sizeof *c->active);
    if (c->rings) orr_free(mem, c->rings, rings_bytes(c));
    orr_free(mem, c->tx_types, c->n_tx_types * sizeof *c->tx_types);
    orr_free(mem, c->chains, c->scenario->n_groups * sizeof *c->chains);
    orr_free(mem, c->nodes, c->n_nodes * sizeof *c->nodes);
    struct orr_heap heap = c->heap; /* lies in what is given back next */
    orr_free(&heap.mem, c, sizeof *c);
    assert(heap.used_bytes == 0);
}

struct orr_tap *orr_check_tap(struct orr_check *c) {
    return &c->tap;
}

/* ---- what oracles ask ---- */

uint32_t orr_check_n_nodes(const struct orr_check *c) { return c->n_nodes; }
orr_time orr_check_now(const struct orr_check *c) { return c->now; }
bool orr_check_is_correct(const struct orr_check *c, orr_peer node) {
    return node < c->n_nodes && is_correct(c, node);
}
bool orr_check_is_up(const struct orr_check *c, orr_peer node) {
    return node < c->n_nodes && !is_down(&c->nodes[node]);
}
bool orr_check_is_stopped(const struct orr_check *c) {
    return c->end != ORR_NEVER && c->end < c->scenario->duration;
}

orr_time orr_check_next_look(const struct orr_check *c, orr_time bound) {
    enum { LOOKS = 8 };
    if (bound == ORR_NEVER) return ORR_NEVER;
    return c->now + (bound / LOOKS > LOOK_LEAST_NS ? bound / LOOKS : LOOK_LEAST_NS);
}

/* ---- violations ---- */

void orr_check_side(const struct orr_check *c, orr_peer node, struct orr_violation_side *side) {
    *side = (struct orr_violation_side){.node = node, .at = c->now};
    if (!c->rings || node == ORR_NOBODY) return;
    const struct orr_check_message *ring = c->rings + (size_t)node * ORR_CHECK_MESSAGES;
    uint32_t n = c->nodes[node].n_messages;
    side->n_messages = n < ORR_CHECK_MESSAGES ? n : ORR_CHECK_MESSAGES;
    for (uint32_t i = 0; i < side->n_messages; i++)
        side->messages[i] = ring[(n - side->n_messages + i) % ORR_CHECK_MESSAGES];
}

/* The name of a question of the oracle that speaks. */
static void name_part(const struct orr_check *c, const char *part, char *out, size_t size) {
    assert(c->speaking);
    snprintf(out, size, "%.40s%s%.20s", c->speaking->oracle->name, part ? "." : "",
             part ? part : "");
}

static struct orr_violation *find_broken(const struct orr_check *c, const char *part) {
    char name[sizeof c->verdicts[0].name];
    name_part(c, part, name, sizeof name);
    for (uint32_t i = 0; i < c->n_broken; i++)
        if (!strcmp(c->broken[i]->name, name)) return c->broken[i];
    return NULL;
}

void orr_check_expect(struct orr_check *c, enum orr_expectation expected, bool asked) {
    assert(c->speaking);
    c->speaking->expected = expected;
    c->speaking->asked = asked;
}

bool orr_check_is_broken(const struct orr_check *c, const char *part) {
    return find_broken(c, part);
}

struct orr_violation *orr_check_break(struct orr_check *c, const char *part, orr_peer node) {
    if (find_broken(c, part)) return NULL;
    if (c->end != ORR_NEVER && !c->any_correct) return NULL; /* nobody is left to be judged */
    assert(c->n_broken < MAX_VIOLATIONS);
    struct orr_violation *v = c->broken[c->n_broken++] = orr_alloc(&c->heap.mem, sizeof *v);
    *v = (struct orr_violation){.at = c->now, .other = {.node = ORR_NOBODY}};
    name_part(c, part, v->name, sizeof v->name);
    orr_check_side(c, node, &v->side);
    if (!c->first && c->speaking->expected == ORR_EXPECT_HOLDS) c->first = v;
    return v;
}

const struct orr_violation *orr_check_violation(const struct orr_check *c) { return c->first; }

/* ---- verdicts ---- */

struct orr_verdict *orr_check_verdict(struct orr_check *c, const char *part) {
    assert(c->n_verdicts < MAX_VERDICTS && c->end != ORR_NEVER);
    struct orr_verdict *v = &c->verdicts[c->n_verdicts++];
    *v = (struct orr_verdict){
        .asked = c->speaking->asked, .judged = true, .violation = find_broken(c, part)};
    name_part(c, part, v->name, sizeof v->name);
    v->text = v->violation ? v->violation->text : v->said;
    return v;
}

void orr_verdict_say(struct orr_verdict *v, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(v->said, sizeof v->said, format, arguments);
    va_end(arguments);
}

void orr_verdict_open(struct orr_verdict *v, const char *why) {
    if (v->violation) return; /* it is broken already */
    snprintf(v->observed, sizeof v->observed, "not judged: %s", why);
    v->judged = v->pass = false;
}

void orr_check_count_decisions(const struct orr_check *c, struct orr_verdict *v) {
    uint64_t n_heights = 0;
    for (uint32_t i = 0; i < c->n_chains; i++) n_heights += c->chains[i].n_heights;
    orr_verdict_say(v, "%llu decisions of %llu heights by correct nodes",
                    (unsigned long long)c->n_decisions, (unsigned long long)n_heights);
}

struct orr_verdict *orr_check_rule(struct orr_check *c, uint64_t n_judged, const char *why_nobody) {
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    bool wanted = c->speaking->expected == ORR_EXPECT_BROKEN;
    strcpy(v->expected, wanted ? "broken" : "holds");
    strcpy(v->observed, v->violation ? "broken" : "holds");
    v->pass = (v->violation != NULL) == wanted;
    if (!n_judged) orr_verdict_open(v, why_nobody);
    return v;
}

/* An oracle from outside that is expected to be broken: one of its questions must be. */
static void want_broken(struct orr_check *c, uint32_t first) {
    bool any = false;
    for (uint32_t i = first; i < c->n_verdicts; i++) any |= c->verdicts[i].violation != NULL;
    for (uint32_t i = first; i < c->n_verdicts; i++) {
        struct orr_verdict *v = &c->verdicts[i];
        if (any && !v->violation) continue;
        strcpy(v->expected, "broken");
        v->pass = v->violation;
    }
}

/* Silence until the end counts as a gap. */
static void measure_last_gaps(struct orr_check *c) {
    for (orr_peer node = 0; node < c->n_nodes; node++) {
        if (!orr_faults_should_decide(c, node)) continue;
        orr_time gap = c->now - c->nodes[node].since;
        if (gap > c->max_gap) c->max_gap = gap;
    }
}

uint32_t orr_check_finish(struct orr_check *c, orr_time end, const struct orr_verdict **verdicts) {
    assert(c->end == ORR_NEVER && end >= c->now);
    c->now = c->end = end;
    c->decision.node = ORR_NOBODY;
    for (orr_peer node = 0; node < c->n_nodes; node++) c->any_correct |= is_correct(c, node);
    if (!orr_check_is_stopped(c)) {
        let_look(c, true);
        measure_last_gaps(c);
    }
    orr_load_measure(c);
    for (uint32_t i = 0; i < c->n_seats; i++) {
        struct seat *seat = c->speaking = &c->seats[i];
        uint32_t first = c->n_verdicts;
        if (seat->active) seat->oracle->judge(seat->state, c);
        if (seat->settings != c->expect && seat->expected == ORR_EXPECT_BROKEN)
            want_broken(c, first);
    }
    c->speaking = NULL;
    for (uint32_t i = 0; !c->any_correct && i < c->n_verdicts; i++)
        orr_verdict_open(&c->verdicts[i], "no node stayed correct to the end");
    *verdicts = c->verdicts;
    return c->n_verdicts;
}

bool orr_check_passes(const struct orr_check *c) {
    bool any = c->expect->nothing;
    for (uint32_t i = 0; i < c->n_verdicts; i++) {
        const struct orr_verdict *v = &c->verdicts[i];
        assert(v->judged || !v->pass);
        if (!v->pass && (v->judged || v->asked)) return false;
        any |= v->judged;
    }
    return any;
}

struct orr_measures orr_check_measures(const struct orr_check *c) {
    return c->measures;
}
