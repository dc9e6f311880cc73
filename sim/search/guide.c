#include "sim/search/guide.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"
#include "sim/search/pen.h"

/* Keeps these draws apart from those of plans without a guide. */
#define GUIDES 0x6775696465u

/* ---- states ---- */

static uint64_t within(int64_t n, int64_t least, int64_t most) {
    return (uint64_t)((n < least ? least : n > most ? most : n) - least);
}

/* A node's own part: what it is beside the least view and height of all. */
static uint64_t part_of(const struct orr_stand *s, uint32_t view, uint16_t height) {
    uint64_t part = within((int32_t)(s->view - view), 0, 15);
    part = part << 2 | within((int16_t)(s->height - height), 0, 3);
    part = part << 8 | s->phase;
    part = part << 1 | (s->is_locked != 0);
    part = part << 4 | (s->is_locked ? within((int32_t)(s->locked_view - s->view), -12, 3) : 0);
    return part << 4 | within((int32_t)(s->high_view - s->view), -12, 3);
}

void orr_states_add(struct orr_states *states, struct orr_sim *sim, orr_peer first, uint32_t n) {
    struct orr_stand stands[ORR_PLAN_NODES_MAX];
    uint64_t parts[ORR_PLAN_NODES_MAX];
    uint32_t n_up = 0;
    assert(n <= ORR_PLAN_NODES_MAX);
    if (states->n == ORR_STATES_EACH) return;
    for (uint32_t i = 0; i < n; i++) n_up += orr_sim_stand(sim, first + i, &stands[n_up]);
    if (!n_up) return;
    uint32_t view = stands[0].view;
    uint16_t height = stands[0].height;
    for (uint32_t i = 1; i < n_up; i++) {
        if ((int32_t)(stands[i].view - view) < 0) view = stands[i].view;
        if ((int16_t)(stands[i].height - height) < 0) height = stands[i].height;
    }
    for (uint32_t i = 0; i < n_up; i++) { /* in order: which node it is does not matter */
        uint64_t part = part_of(&stands[i], view, height);
        uint32_t k = i;
        for (; k && parts[k - 1] > part; k--) parts[k] = parts[k - 1];
        parts[k] = part;
    }
    uint64_t hash = orr_hash64(n - n_up, parts, n_up * sizeof *parts);
    for (uint32_t i = 0; i < states->n; i++)
        if (states->v[i] == hash) return;
    states->v[states->n++] = hash;
}

/* ---- the table ---- */

/* Where a state is or would be. */
static uint32_t place_of(const struct orr_guide *g, uint64_t hash) {
    uint32_t at = (uint32_t)hash & (g->n_places - 1);
    while (g->places[at] && g->states[g->places[at] - 1].hash != hash)
        at = (at + 1) & (g->n_places - 1); /* ends: at most half of the places are taken */
    return at;
}

static void make_room(struct orr_guide *g) {
    if (g->n_states == g->states_cap) {
        g->states_cap = g->states_cap ? 2 * g->states_cap : 1024;
        g->states = orr_xrealloc(g->states, g->states_cap * sizeof *g->states);
    }
    if (2 * (g->n_states + 1) <= g->n_places) return;
    g->n_places = g->n_places ? 2 * g->n_places : 4096;
    free(g->places);
    g->places = orr_xrealloc(NULL, g->n_places * sizeof *g->places);
    memset(g->places, 0, g->n_places * sizeof *g->places);
    for (uint32_t i = 0; i < g->n_states; i++) g->places[place_of(g, g->states[i].hash)] = i + 1;
}

/* A hit of a state; true: the first. */
static bool hit(struct orr_guide *g, uint64_t hash) {
    make_room(g);
    uint32_t at = place_of(g, hash);
    if (g->places[at]) {
        g->states[g->places[at] - 1].hits++;
        return false;
    }
    if (g->n_states == ORR_GUIDE_STATES) return false;
    g->states[g->n_states] = (struct orr_state){hash, 1};
    g->places[at] = ++g->n_states;
    return true;
}

static void add_plan(struct orr_guide *g, const struct orr_guided *plan) {
    if (g->n_plans == g->plans_cap) {
        g->plans_cap = g->plans_cap ? 2 * g->plans_cap : 64;
        g->plans = orr_xrealloc(g->plans, g->plans_cap * sizeof *g->plans);
    }
    g->plans[g->n_plans++] = *plan;
}

void orr_guide_take(struct orr_guide *g, uint64_t run, const struct orr_plan_drawn *plan,
                    const struct orr_states *states) {
    bool is_kept = false;
    for (uint32_t i = 0; i < states->n; i++) {
        if (!hit(g, states->v[i]) || is_kept || g->n_plans == ORR_GUIDE_PLANS) continue;
        add_plan(g, &(struct orr_guided){run, g->n_states - 1, *plan});
        is_kept = true;
    }
}

bool orr_guide_restore_state(struct orr_guide *g, uint64_t hash, uint64_t hits) {
    if (!hits || g->n_states == ORR_GUIDE_STATES || !hit(g, hash)) return false;
    g->states[g->n_states - 1].hits = hits;
    return true;
}

bool orr_guide_restore_plan(struct orr_guide *g, const struct orr_guided *plan) {
    if (g->n_plans == ORR_GUIDE_PLANS || plan->state >= g->n_states) return false;
    add_plan(g, plan);
    return true;
}

void orr_guide_fini(struct orr_guide *g) {
    free(g->states);
    free(g->places);
    free(g->plans);
    *g = (struct orr_guide){0};
}

/* ---- plans ---- */

/* The rarer its state, the likelier. */
static uint64_t energy_of(const struct orr_guide *g, uint32_t plan) {
    return 1 + 4096 / g->states[g->plans[plan].state].hits;
}

static const struct orr_plan_drawn *choose(const struct orr_guide *g, struct orr_rng *rng) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->n_plans; i++) sum += energy_of(g, i);
    uint64_t at = orr_rng_below(rng, sum);
    for (uint32_t i = 0;; i++) { /* ends: at < sum */
        if (at < energy_of(g, i)) return &g->plans[i].plan;
        at -= energy_of(g, i);
    }
}

static void drop(struct orr_plan_drawn *p, uint32_t at) {
    memmove(p->decisions[at], p->decisions[at + 1], (p->n - at - 1) * sizeof p->decisions[0]);
    p->n--;
}

static void add(struct orr_plan_drawn *p, const char *decision) {
    if (p->n == ORR_DECISIONS_MAX) return;
    memcpy(p->decisions[p->n++], decision, ORR_DECISION_CHARS);
}

/* The number behind a key becomes one more or less; or the node that `target: val.1` names. */
static void nudge(struct orr_plan_drawn *p, uint32_t at, struct orr_rng *rng) {
    static const char *const keys[] = {"view: ", "height: ", "nth: ", "target: ", "from: "};
    char *decision = p->decisions[at], changed[ORR_DECISION_CHARS];
    uint32_t k = (uint32_t)orr_rng_below(rng, sizeof keys / sizeof keys[0]);
    char *number = strstr(decision, keys[k]);
    if (!number) return;
    number += strlen(keys[k]);
    if (k > 2) number = strchr(number, '.') ? strchr(number, '.') + 1 : number;
    char *end;
    unsigned long long n = strtoull(number, &end, 10);
    if (end == number) return;
    if (k > 2) n = orr_rng_below(rng, p->n_nodes);
    else if (orr_rng_below(rng, 2) && n > (k != 0)) n--;
    else n++;
    int len = snprintf(changed, sizeof changed, "%.*s%llu%s", (int)(number - decision), decision, n,
                       end);
    if (len > 0 && (size_t)len < sizeof changed) memcpy(decision, changed, sizeof changed);
}

/* Can a decision of one stand in the other? */
static bool is_alike(const struct orr_plan_drawn *a, const struct orr_plan_drawn *b) {
    return a->n_nodes == b->n_nodes && a->halves == b->halves;
}

static void change(const struct orr_guide *g, const struct orr_plan_drawn *fresh,
                   struct orr_rng *rng, struct orr_plan_drawn *p) {
    const struct orr_plan_drawn *other = choose(g, rng);
    uint32_t at = p->n ? (uint32_t)orr_rng_below(rng, p->n) : 0;
    switch (orr_rng_below(rng, 6)) {
    case 0:
        if (p->n) drop(p, at);
        break;
    case 1: /* another plan's */
        if (other->n && is_alike(other, p))
            add(p, other->decisions[orr_rng_below(rng, other->n)]);
        break;
    case 2: /* one that is new */
        if (fresh->n && is_alike(fresh, p))
            add(p, fresh->decisions[orr_rng_below(rng, fresh->n)]);
        break;
    case 3: /* the same once more, which is changed next */
        if (p->n) add(p, p->decisions[at]);
        if (p->n) nudge(p, p->n - 1, rng);
        break;
    case 4: p->seed = orr_rng_u64(rng) >> 1; break;
    default:
        if (p->n) nudge(p, at, rng);
    }
}

bool orr_guide_draw(const struct orr_guide *g, const struct orr_ground *ground, uint64_t seed,
                    uint64_t i, struct orr_plan_drawn *plan) {
    if (!g->n_plans) return false;
    struct orr_rng rng = orr_rng_stream(seed ^ GUIDES, ORR_RNG_PLAN, (uint32_t)i);
    rng.index[1] = 1u + (uint32_t)(i >> 32);
    static struct orr_plan_drawn fresh; /* scratch */
    orr_plan_draw(ground, ORR_STRATEGY_SWARM, seed, i, &fresh);
    *plan = *choose(g, &rng);
    uint64_t n = 1 + orr_rng_below(&rng, 4);
    for (uint64_t k = 0; k < n; k++) change(g, &fresh, &rng, plan);
    plan->may_be_none = true;
    return true;
}
