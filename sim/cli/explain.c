#include "sim/cli/explain.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/check/verdict.h"
#include "sim/cli/accuse.h"

/* ---- who runs what ---- */

static const struct orr_group_spec *group_of(const struct orr_explanation *e, orr_peer node) {
    for (uint32_t i = 0; i < e->scenario->n_groups; i++) {
        const struct orr_group_spec *g = &e->scenario->groups[i];
        if (node - g->first < g->count) return g;
    }
    return NULL;
}

/* What all nodes of a role are told, as the run tells them. */
static void make_common(struct orr_explanation *e, uint32_t group) {
    const struct orr_scenario *s = e->scenario;
    const struct orr_protocol *role = s->groups[group].role;
    for (uint32_t i = 0; i < group; i++)
        if (s->groups[i].role == role) {
            e->commons[group] = e->commons[i];
            return;
        }
    struct orr_cohort *c = orr_alloc_zero(&e->arena.mem, sizeof *c);
    orr_peer *members = orr_alloc(&e->arena.mem, s->n_nodes * sizeof *members);
    uint64_t *stakes = orr_alloc(&e->arena.mem, s->n_nodes * sizeof *stakes);
    *c = (struct orr_cohort){0, members, stakes, s->seed, ORR_SIGNATURES_MODELLED};
    for (uint32_t i = group; i < s->n_groups; i++)
        for (uint32_t k = 0; s->groups[i].role == role && k < s->groups[i].count; k++) {
            members[c->n] = s->groups[i].first + k;
            stakes[c->n++] = orr_group_stake(&s->groups[i], k);
        }
    e->commons[group] = (struct orr_common){.n_nodes = s->n_nodes, .cohort = c,
                                            .mem = &e->heap.mem};
    if (role->report.statement && role->genesis.share)
        e->commons[group].shared =
            role->genesis.share(c, s->groups[group].config, &e->arena.mem);
}

void orr_explanation_init(struct orr_explanation *e, const struct orr_scenario *scenario) {
    *e = (struct orr_explanation){.scenario = scenario, .last_node = ORR_NOBODY};
    orr_heap_init(&e->heap);
    orr_arena_init(&e->arena);
    orr_index_init(&e->by_slot, &e->heap.mem, sizeof *e->said, offsetof(struct orr_said, slot));
    e->commons = orr_alloc_zero(&e->arena.mem, scenario->n_groups * sizeof *e->commons);
    e->culprits = orr_alloc_zero(&e->arena.mem, scenario->n_nodes * sizeof *e->culprits);
    e->causes = orr_alloc_zero(&e->arena.mem, ORR_CAUSES_MAX * sizeof *e->causes);
    for (uint32_t i = 0; i < scenario->n_groups; i++) make_common(e, i);
}

void orr_explanation_fini(struct orr_explanation *e) {
    orr_index_fini(&e->by_slot);
    free(e->said);
    orr_arena_fini(&e->arena);
}

const char *orr_explain_node(const struct orr_explanation *e, orr_peer node, char text[96]) {
    const struct orr_group_spec *g = group_of(e, node);
    if (g) snprintf(text, 96, "%.80s.%u", g->name, node - g->first);
    else snprintf(text, 96, "node %u", node);
    return text;
}

const char *orr_explain_kind(const struct orr_explanation *e, const struct orr_statement *s) {
    const char *const *kinds = group_of(e, s->signer)->role->kinds;
    for (uint32_t i = 0; kinds && kinds[i]; i++)
        if (i == s->kind) return kinds[i];
    return "statement";
}

const char *orr_explain_role(const struct orr_explanation *e, orr_peer node) {
    return group_of(e, node)->role->name;
}

const struct orr_common *orr_explain_common(const struct orr_explanation *e, orr_peer node) {
    return &e->commons[group_of(e, node)->index];
}

uint64_t orr_explain_slot(orr_peer signer, uint32_t kind, uint64_t height, uint64_t view) {
    uint64_t slot[4] = {signer, kind, height, view};
    return orr_hash64(0, slot, sizeof slot);
}

/* The i-th statement of a message that a node of the scenario sent. */
static bool statement(const struct orr_explanation *e, orr_peer from, const struct orr_msg *m,
                      uint32_t i, struct orr_statement *s) {
    const struct orr_group_spec *g = group_of(e, from);
    return m && g && g->role->report.statement &&
           g->role->report.statement(&e->commons[g->index], m, i, s) && group_of(e, s->signer);
}

/* ---- the first run: what is signed ---- */

/* In blocks, of the block that the i-th statement of a message is about; 0: it does not say. */
static uint64_t length_of(const struct orr_explanation *e, const struct orr_tap_record *r,
                          uint32_t i) {
    const struct orr_protocol *role = group_of(e, r->node)->role;
    struct orr_progress at;
    return !i && role->report.place && role->report.place(r->msg, &at) ? at.height : 0;
}

static void keep(struct orr_explanation *e, const struct orr_statement *s, uint64_t length,
                 const struct orr_tap_record *r) {
    uint64_t key = orr_explain_slot(s->signer, s->kind, s->height, s->view);
    uint32_t first = orr_index_find(&e->by_slot, e->said, key), last = first;
    for (uint32_t at = first; at != ORR_NOWHERE; at = e->said[at].next) { /* ends: a list */
        if (e->said[at].s.justify_view == s->justify_view &&
            !memcmp(e->said[at].s.value, s->value, 32))
            return;
        last = at;
    }
    if (e->n_said == e->cap) {
        e->cap = e->cap ? 2 * e->cap : 1024;
        e->said = orr_xrealloc(e->said, e->cap * sizeof *e->said);
    }
    e->said[e->n_said] =
        (struct orr_said){.s = *s, .slot = key, .length = length, .next = ORR_NOWHERE,
                          .at = r->at, .to = r->peer};
    if (first == ORR_NOWHERE) orr_index_put(&e->by_slot, e->said, e->n_said);
    else e->said[last].next = e->n_said;
    e->n_said++;
}

static void hear(void *ctx, const struct orr_tap_record *r) {
    struct orr_explanation *e = ctx;
    struct orr_statement s;
    if (r->hash == e->last_hash && r->node == e->last_node) return; /* the same to others */
    e->last_hash = r->hash;
    e->last_node = r->node;
    /* a leader's own vote goes nowhere but into the certificate that it shows */
    for (uint32_t i = 0; statement(e, r->node, r->msg, i, &s); i++)
        if (s.signer == r->node) keep(e, &s, length_of(e, r, i), r);
}

struct orr_tap orr_explain_listen(struct orr_explanation *e) {
    return (struct orr_tap){
        .wants = ORR_TAP_BIT(ORR_TAP_SEND), .ctx = e, .record = hear};
}

/* ---- the verdict ---- */

void orr_explain_judge(struct orr_explanation *e, const struct orr_verdict *verdicts, uint32_t n) {
    for (uint32_t i = 0; i < n && !e->n_sides; i++) {
        const struct orr_violation *v = verdicts[i].violation;
        if (!v || strcmp(verdicts[i].name, "agreement") || v->other.node == ORR_NOBODY) continue;
        bool is_first = v->side.at <= v->other.at;
        e->sides[0] = is_first ? v->side : v->other;
        e->sides[1] = is_first ? v->other : v->side;
        e->n_sides = 2;
    }
    orr_accuse_all(e);
}

/* ---- the second run: what led there ---- */

/* "prevote 0011223344556677, of a culprit" */
static const char *says(struct orr_explanation *e, const struct orr_statement *s) {
    enum { TEXT = 112 };
    char *text = orr_alloc(&e->arena.mem, TEXT);
    int n = snprintf(text, TEXT, "%.60s ", orr_explain_kind(e, s));
    for (int i = 0; i < 8; i++) n += snprintf(text + n, TEXT - (size_t)n, "%02x", s->value[i]);
    if (e->culprits[s->signer].rule != ORR_RULE_KEPT)
        snprintf(text + n, TEXT - (size_t)n, ", of a culprit");
    return text;
}

static bool is_side(const struct orr_explanation *e, const struct orr_tap_record *r,
                    const struct orr_statement *s) {
    for (uint32_t k = 0; k < e->n_sides; k++) {
        const struct orr_violation_side *side = &e->sides[k];
        bool is_height = !s->height || s->height == side->height; /* 0: views alone count */
        if (r->node == side->node && r->at <= side->at && is_height &&
            s->view == side->round && !memcmp(s->value, side->value, 32))
            return true;
    }
    return false;
}

const char *orr_explain_cause(void *ctx, const struct orr_tap_record *r) {
    struct orr_explanation *e = ctx;
    struct orr_statement s;
    if (r->what != ORR_RECV || e->n_causes == ORR_CAUSES_MAX ||
        !statement(e, r->peer, r->msg, 0, &s) || !is_side(e, r, &s))
        return NULL;
    for (uint32_t i = 0; i < e->n_causes; i++) {
        const struct orr_cause *old = &e->causes[i];
        if (old->to == r->node && old->signer == s.signer && old->kind == s.kind) return NULL;
    }
    e->causes[e->n_causes++] = (struct orr_cause){r->node, s.signer, s.kind};
    return says(e, &s);
}
