/* rules.c - which leaders a graph decides, by each paper. */
#include "models/bft/dag/state.h"

/* ---- leaders and votes ---- */

/* Does a vertex of the next round stand on v?  Of a liar's several the first counts. */
static bool supports(const struct orr_vertex *voter, const struct orr_vertex *v) {
    uint32_t i = orr_vertex_find_ref(voter->form, v->round, v->author);
    if (i == voter->form->n_refs) return false;
    struct orr_vertex_ref ref = orr_vertex_ref_at(voter->form->refs, i);
    return !memcmp(ref.hash, v->hash, sizeof ref.hash);
}

/* Power of the authors with a vertex of the next round that stands on v. */
static uint64_t support(const struct dag_node *g, const struct orr_vertex *v) {
    uint64_t power = 0;
    for (uint32_t a = 0; a < g->set->n; a++)
        for (const struct orr_vertex *w = orr_dag_slot(&g->dag, v->round + 1, a); w; w = w->next)
            if (w->is_in && supports(w, v)) {
                power += g->set->powers[a];
                break;
            }
    return power;
}

/* ---- with certificates: tusk and bullshark ---- */

static struct orr_vertex *leader_at(const struct dag_node *g, uint64_t round) {
    uint32_t author = orr_dag_leader_of(g, round, 0);
    return author == ORR_NOBODY ? NULL : orr_dag_in(&g->dag, round, author);
}

/* A leader is decided: before it, those since the last one that it stands on (arXiv 2105.11827,
 * section 5; 2201.05677, "orderAnchors"). */
static void decide_chain(struct dag_node *g, struct orr_vertex *leader) {
    uint64_t last = g->leader.round;
    while (last < leader->round) { /* ends: each turn decides a later one */
        struct orr_vertex *lowest = leader;
        uint64_t first = last ? last + 2 : 1; /* leaders are in odd rounds */
        for (uint64_t r = leader->round; r > first;) {
            r -= 2;
            struct orr_vertex *v = leader_at(g, r);
            if (v && orr_dag_reaches(&g->dag, lowest, v)) lowest = v;
        }
        orr_dag_decide(g, lowest);
        last = lowest->round;
    }
}

static void apply_certified(struct dag_node *g) {
    uint64_t enough = g->config->support_one ? 1 : g->set->honest_power;
    for (uint64_t r = g->leader.round ? g->leader.round + 2 : 1; r < g->dag.top; r += 2) {
        if (g->rules.rule == RULE_TUSK && orr_dag_power(&g->dag, r + 2) < g->set->quorum_power)
            return; /* its coin is not revealed, nor any later one */
        struct orr_vertex *leader = leader_at(g, r);
        if (leader && support(g, leader) >= enough) decide_chain(g, leader);
    }
}

/* ---- without: arXiv 2310.14821, algorithms 1 to 3 ---- */

/* A certificate: a vertex below which a quorum of votes are for v. */
static bool certifies(const struct dag_node *g, const struct orr_vertex *cert,
                      const struct orr_vertex *v) {
    uint64_t power = 0;
    uint32_t last = ORR_NOBODY; /* the author whose vote was counted */
    for (uint32_t i = 0; i < cert->form->n_refs; i++) {
        struct orr_vertex_ref ref = orr_vertex_ref_at(cert->form->refs, i);
        if (ref.round < v->round + 1) break;
        if (ref.round > v->round + 1 || ref.author == last) continue;
        const struct orr_vertex *voter = orr_dag_find(&g->dag, &ref);
        if (!voter || !supports(voter, v)) continue;
        power += g->set->powers[ref.author];
        last = ref.author;
    }
    return power >= g->set->quorum_power;
}

void orr_dag_note_certified(struct dag_node *g, struct orr_vertex *v) {
    if (g->rules.rule != RULE_MYSTICETI || v->round < 3) return;
    for (uint64_t i = 0; i < g->config->leaders; i++) {
        uint32_t author = orr_dag_leader_of(g, v->round - 2, i);
        struct orr_vertex *l = orr_dag_slot(&g->dag, v->round - 2, author);
        while (l && !(l->is_in && certifies(g, v, l))) l = l->next; /* ends with the list */
        v->certified[i] = l;
    }
}

enum verdict { OPEN, SKIP, COMMIT };
struct slot {
    uint64_t round, index;
    struct orr_vertex *leader; /* of COMMIT */
    enum verdict verdict;
};

/* Power of the authors whose vertex two rounds above certifies v. */
static uint64_t certificates(const struct dag_node *g, const struct orr_vertex *v, uint64_t i) {
    uint64_t power = 0;
    for (uint32_t a = 0; a < g->set->n; a++)
        for (const struct orr_vertex *w = orr_dag_slot(&g->dag, v->round + 2, a); w; w = w->next)
            if (w->is_in && w->certified[i] == v) {
                power += g->set->powers[a];
                break;
            }
    return power;
}

/* Power of the authors of the next round who stand on nothing of that slot. */
static uint64_t blames(const struct dag_node *g, uint64_t round, uint32_t author) {
    uint64_t power = 0;
    for (uint32_t a = 0; a < g->set->n; a++)
        for (const struct orr_vertex *w = orr_dag_slot(&g->dag, round + 1, a); w; w = w->next)
            if (w->is_in && orr_vertex_find_ref(w->form, round, author) == w->form->n_refs) {
                power += g->set->powers[a];
                break;
            }
    return power;
}

static void decide_directly(const struct dag_node *g, struct slot *s) {
    uint32_t author = orr_dag_leader_of(g, s->round, s->index);
    uint64_t enough = g->config->support_one ? 1 : g->set->quorum_power;
    if (orr_dag_power(&g->dag, s->round + 1) >= g->set->quorum_power &&
        blames(g, s->round, author) >= g->set->quorum_power) {
        s->verdict = SKIP;
        return;
    }
    if (orr_dag_power(&g->dag, s->round + 2) < enough) return; /* so are its certificates */
    for (struct orr_vertex *v = orr_dag_slot(&g->dag, s->round, author); v; v = v->next)
        if (v->is_in && certificates(g, v, s->index) >= enough) {
            s->verdict = COMMIT;
            s->leader = v;
            return;
        }
}

/* Is there a certificate for v in the anchor's history? */
static bool is_certified_below(struct dag_node *g, struct orr_vertex *anchor,
                               const struct orr_vertex *v, uint64_t i) {
    for (uint32_t a = 0; a < g->set->n; a++)
        for (struct orr_vertex *w = orr_dag_slot(&g->dag, v->round + 2, a); w; w = w->next)
            if (w->is_in && w->certified[i] == v && orr_dag_reaches(&g->dag, anchor, w))
                return true;
    return false;
}

/* By the first slot three rounds above and more that is not skipped: the anchor. */
static void decide_by_anchor(struct dag_node *g, struct slot *s, const struct slot *end) {
    const struct slot *anchor = s;
    while (anchor < end && (anchor->round < s->round + 3 || anchor->verdict == SKIP)) anchor++;
    if (anchor == end || anchor->verdict == OPEN) return;
    uint32_t author = orr_dag_leader_of(g, s->round, s->index);
    s->verdict = SKIP;
    for (struct orr_vertex *v = orr_dag_slot(&g->dag, s->round, author); v; v = v->next)
        if (v->is_in && is_certified_below(g, anchor->leader, v, s->index)) {
            s->verdict = COMMIT;
            s->leader = v;
            return;
        }
}

static void apply_uncertified(struct dag_node *g) {
    if (g->dag.top <= g->next_round) return;
    uint64_t k = g->config->leaders, n = (g->dag.top - g->next_round) * k;
    struct orr_msg *memory = orr_msg_new(g->common->pool, 0, (uint32_t)(n * sizeof(struct slot)));
    struct slot *slots = (struct slot *)memory->data;
    for (uint64_t i = n; i-- > 0;) { /* from the latest down: an anchor is above */
        slots[i] = (struct slot){.round = g->next_round + i / k, .index = i % k};
        decide_directly(g, &slots[i]);
        if (slots[i].verdict == OPEN) decide_by_anchor(g, &slots[i], slots + n);
    }
    for (uint64_t i = g->next_index; i < n && slots[i].verdict != OPEN; i++) {
        g->next_round = slots[i].round + (slots[i].index + 1 == k);
        g->next_index = (slots[i].index + 1) % k;
        if (slots[i].verdict == COMMIT) orr_dag_decide(g, slots[i].leader);
    }
    orr_msg_unref(g->common->pool, memory);
}

void orr_dag_apply_rules(struct dag_node *g) {
    if (!g->has_news) return;
    g->has_news = false;
    if (g->rules.is_certified) apply_certified(g);
    else apply_uncertified(g);
}

/* ---- what the next round waits for ---- */

bool orr_dag_is_worth_standing_on(const struct dag_node *g, uint64_t round) {
    if (g->rules.rule == RULE_TUSK) return true;
    if (g->rules.rule == RULE_MYSTICETI) {
        for (uint64_t i = 0; i < g->config->leaders; i++)
            if (!orr_dag_in(&g->dag, round, orr_dag_leader_of(g, round, i))) return false;
        return true;
    }
    if (round % 2) return leader_at(g, round) != NULL;
    const struct orr_vertex *leader = leader_at(g, round - 1);
    uint64_t votes = leader ? support(g, leader) : 0;
    return votes >= g->set->honest_power ||
           orr_dag_power(&g->dag, round) - votes >= g->set->quorum_power;
}
