#include "sim/search/draw.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sim/search/pen.h"

/* Keeps the streams of plans apart from those of runs with the same seed. */
#define HUNTS 0x68756e74u

/* What a decision may be.  DECISION(name): draw_NAME writes it. */
#define DECISIONS(DECISION) \
    DECISION(crash)         \
    DECISION(part)          \
    DECISION(isolate)       \
    DECISION(view_part)     \
    DECISION(storm)         \
    DECISION(drop)          \
    DECISION(delay)         \
    DECISION(single)        \
    DECISION(lead)          \
    DECISION(lie)           \
    DECISION(clock)         \
    DECISION(loss)          \
    DECISION(crashes)       \
    DECISION(outage)        \
    DECISION(copies)
enum {
#define DECISION(name) DECIDE_##name,
    DECISIONS(DECISION)
#undef DECISION
        N_DECISIONS
};

/* ---- parts of a decision ---- */

/* When something begins: early enough before all is calm; in a plan with a focus about then. */
static orr_time moment(struct orr_pen *p) {
    orr_time most = p->ground->calm_at * 3 / 4, at = (orr_time)orr_pen_below(p, (uint64_t)most);
    if (p->focus) {
        orr_time beat = p->ground->beat;
        at = (orr_time)(p->focus - 1) * beat + (orr_time)orr_pen_below(p, 3 * (uint64_t)beat + 1);
        if (at >= most) at %= most;
    }
    return at - at % 1000;
}

/* at and for, both before all is calm. */
static void put_span(struct orr_pen *p) {
    orr_time calm = p->ground->calm_at, at = moment(p);
    orr_pen_put_moment(p, "at", at);
    orr_pen_put_time(p, "for", orr_pen_between(p, p->ground->beat / 4, calm - at));
}

/* A delay, and its span: what was held back last is there before all is calm. */
static orr_time put_always_but(struct orr_pen *p) {
    orr_time calm = p->ground->calm_at, by = orr_pen_between(p, p->ground->beat / 8, calm / 4);
    orr_pen_put(p, "at: 0 s");
    orr_pen_put_time(p, "for", calm - by);
    return by;
}

static void put_range(struct orr_pen *p, const char *key, uint64_t first, uint64_t most) {
    uint64_t from = first + orr_pen_below(p, most - first + 1);
    if (p->focus && p->ground->by_view)
        from = p->focus + orr_pen_below(p, 3);
    else if (p->focus && first)
        from = p->focus;
    orr_pen_put(p, ", %s: %llu", key, (unsigned long long)from);
    if (orr_pen_one_in(p, 3))
        orr_pen_put(p, "..%llu", (unsigned long long)(from + 1 + orr_pen_below(p, 3)));
}

/* Which views or heights. */
static void put_place(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    if (g->by_view) {
        put_range(p, "view", 1, g->last_view < 12 ? g->last_view : 12);
        return;
    }
    if (!orr_pen_one_in(p, 4)) put_range(p, "height", 1, g->last_height < 4 ? g->last_height : 4);
    if (!orr_pen_one_in(p, 3)) put_range(p, "view", 0, 2);
}

static void put_ends(struct orr_pen *p) {
    uint64_t what = orr_pen_below(p, 4);
    if (what != 0) orr_pen_put(p, ", from: %s.%u", p->ground->group, orr_pen_node(p));
    if (what != 1) {
        orr_pen_put(p, ", to: ");
        orr_pen_put_set(p, orr_pen_some(p));
    }
}

/* ---- decisions: each writes what stands between the braces; false: not here ---- */

static bool draw_crash(struct orr_pen *p) {
    orr_time calm = p->ground->calm_at, at = moment(p);
    orr_pen_put_moment(p, "at", at);
    orr_pen_put(p, ", do: crash, target: %s.%u", p->ground->group, orr_pen_node(p));
    orr_pen_put_time(p, "restart_after", orr_pen_between(p, p->ground->beat / 16, calm - at));
    orr_pen_put(p, ", disk: %s", orr_pen_one_in(p, 2) ? "keep" : "lose-unsynced");
    return true;
}

/* One node fails again and again, each time for a moment: what is not durable by then is forgotten,
 * whatever it has just said.  Writes its decisions itself. */
static bool draw_crashes(struct orr_pen *p) {
    orr_time calm = p->ground->calm_at, at = moment(p), beat = p->ground->beat;
    orr_time every = orr_pen_between(p, beat / 8, 2 * beat);
    uint32_t node = orr_pen_node(p);
    for (uint64_t n = 2 + orr_pen_below(p, 6); n && at < calm * 3 / 4; n--, at += every) {
        if (p->plan->n == ORR_DECISIONS_MAX) break;
        orr_pen_begin(p);
        orr_pen_put_moment(p, "at", at - at % 1000);
        orr_pen_put(p, ", do: crash, target: %s.%u", p->ground->group, node);
        orr_pen_put_time(p, "restart_after", orr_pen_between(p, beat / 64, every / 2));
        orr_pen_put(p, ", disk: keep");
        orr_pen_end(p);
    }
    return false;
}

static bool draw_part(struct orr_pen *p) {
    put_span(p);
    orr_pen_put(p, ", do: partition");
    orr_pen_put_sides(p);
    return true;
}

static bool draw_isolate(struct orr_pen *p) {
    put_span(p);
    orr_pen_put(p, ", do: isolate, target: %s.%u%s", p->ground->group, orr_pen_node(p),
                orr_pen_one_in(p, 2) ? ", one_way: true" : "");
    return true;
}

static bool draw_view_part(struct orr_pen *p) {
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: partition");
    put_place(p);
    orr_pen_put_sides(p);
    return true;
}

/* Views in a row, each parted by itself, as the Twins search has them (arXiv 2004.10617).  Writes
 * its decisions itself. */
static bool draw_storm(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    uint64_t first = g->by_view ? 1 + orr_pen_below(p, g->last_view < 12 ? g->last_view : 12) : 0;
    uint64_t height = 1 + orr_pen_below(p, g->last_height < 4 ? g->last_height : 4),
             n = 3 + orr_pen_below(p, 6);
    for (uint64_t v = first; v < first + n && p->plan->n < ORR_DECISIONS_MAX; v++) {
        uint64_t what = orr_pen_below(p, 4);
        if (what == 0) continue; /* all hear all */
        orr_pen_begin(p);
        orr_pen_put_always(p);
        orr_pen_put(p, ", do: %s, view: %llu", what == 1 ? "drop" : "partition",
                    (unsigned long long)v);
        if (!g->by_view) orr_pen_put(p, ", height: %llu", (unsigned long long)height);
        if (what == 1) {
            orr_pen_put(p, ", from: %s.%u, to: ", g->group, orr_pen_node(p));
            orr_pen_put_set(p, orr_pen_some(p));
        } else {
            orr_pen_put_sides(p);
        }
        orr_pen_end(p);
    }
    return false;
}

static bool draw_lead(struct orr_pen *p) {
    if (!p->ground->can_be_led) return false;
    orr_pen_put(p, "do: lead");
    put_range(p, "view", 1, p->ground->last_view < 12 ? p->ground->last_view : 12);
    orr_pen_put(p, ", target: %s.%u", p->ground->group, orr_pen_node(p));
    return true;
}

static bool draw_drop(struct orr_pen *p) {
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: drop");
    put_place(p);
    orr_pen_put_kind(p);
    put_ends(p);
    return true;
}

static bool draw_delay(struct orr_pen *p) {
    orr_time by = put_always_but(p);
    orr_pen_put(p, ", do: delay");
    put_place(p);
    orr_pen_put_kind(p);
    put_ends(p);
    orr_pen_put_time(p, "by", by);
    return true;
}

static bool draw_single(struct orr_pen *p) {
    static const char *const what[] = {"drop", "delay", "duplicate"};
    uint64_t k = orr_pen_below(p, 3);
    uint32_t from = orr_pen_node(p),
             to = (from + 1 + (uint32_t)orr_pen_below(p, p->plan->n_nodes - 1)) % p->plan->n_nodes;
    orr_time by = put_always_but(p);
    orr_pen_put(p, ", do: %s", what[k]);
    orr_pen_put_kind(p);
    orr_pen_put(p, ", from: %s.%u, to: %s.%u, nth: %llu", p->ground->group, from, p->ground->group,
                to, (unsigned long long)(1 + orr_pen_below(p, 8)));
    if (k) orr_pen_put_time(p, "by", by);
    return true;
}

/* How often each behaviour is tried beside the others; bytes are not damaged where a field can be
 * changed, and twins lie as the net parts. */
static const struct {
    enum orr_behaviour behaviour;
    const char *name;
    unsigned weight;
} lies[] = {
    {ORR_BEHAVIOUR_EQUIVOCATE, "equivocate", 4}, {ORR_BEHAVIOUR_DOUBLE, "double", 2},
    {ORR_BEHAVIOUR_MUTATE, "mutate", 3},         {ORR_BEHAVIOUR_AMNESIA, "amnesia", 2},
    {ORR_BEHAVIOUR_TWINS, "twins", 1},           {ORR_BEHAVIOUR_MUTE, "mute", 1},
    {ORR_BEHAVIOUR_REPLAY, "replay", 1},         {ORR_BEHAVIOUR_DELAY, "delay", 1},
};
enum { N_LIES = sizeof lies / sizeof lies[0] };

static unsigned draw_behaviour(struct orr_pen *p) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < N_LIES; i++)
        sum += p->ground->behaviours & 1u << lies[i].behaviour ? lies[i].weight : 0;
    uint64_t at = orr_pen_below(p, sum);
    for (unsigned i = 0;; i++) { /* ends: at < sum */
        unsigned weight = p->ground->behaviours & 1u << lies[i].behaviour ? lies[i].weight : 0;
        if (at < weight) return i;
        at -= weight;
    }
}

static bool draw_lie(struct orr_pen *p) {
    if (!p->ground->can_lie || !p->liars) return false;
    unsigned k = draw_behaviour(p);
    enum orr_behaviour behaviour = lies[k].behaviour;
    orr_time by = 0;
    if (behaviour == ORR_BEHAVIOUR_MUTE && !p->lasts && orr_pen_one_in(p, 2)) {
        /* a liar may stay silent when all else is calm */
        orr_pen_put_moment(p, "at", (orr_time)orr_pen_below(p, (uint64_t)p->ground->calm_at));
        orr_pen_put(p, ", do: byzantine, target: %s.%u, behaviour: mute", p->ground->group,
                    orr_pen_liar(p));
        return true;
    }
    if (p->lasts)
        orr_pen_put(p, "at: 0 s");
    else if (behaviour == ORR_BEHAVIOUR_DELAY)
        by = put_always_but(p);
    else if (orr_pen_one_in(p, 2))
        orr_pen_put_always(p);
    else
        put_span(p);
    orr_pen_put(p, ", do: byzantine, target: %s.%u, behaviour: %s", p->ground->group,
                orr_pen_liar(p), lies[k].name);
    if (behaviour == ORR_BEHAVIOUR_TWINS) {
        bool is_first = !p->has_twins;
        p->has_twins = true;
        return is_first;
    }
    if (behaviour == ORR_BEHAVIOUR_MUTATE) orr_pen_put_change(p);
    if (orr_pen_one_in(p, 2)) orr_pen_put_kind(p);
    if (orr_pen_one_in(p, 3)) put_place(p);
    if (orr_pen_one_in(p, 2)) {
        orr_pen_put(p, ", to: ");
        orr_pen_put_set(p, orr_pen_some(p));
    } else if (behaviour == ORR_BEHAVIOUR_EQUIVOCATE && orr_pen_one_in(p, 2)) {
        orr_pen_put(p, ", split: %llu %%", (unsigned long long)(10 + 10 * orr_pen_below(p, 9)));
    }
    if (p->lasts && behaviour == ORR_BEHAVIOUR_DELAY)
        by = orr_pen_between(p, p->ground->beat / 8, p->ground->calm_at / 4);
    if (by) orr_pen_put_time(p, "by", by);
    return true;
}

static bool draw_clock(struct orr_pen *p) {
    put_span(p);
    orr_pen_put(p, ", do: clock, target: %s.%u, drift: %s%llu ppm", p->ground->group,
                orr_pen_node(p), orr_pen_one_in(p, 2) ? "-" : "",
                (unsigned long long)(1 + orr_pen_below(p, 10000)));
    return true;
}

static bool draw_loss(struct orr_pen *p) {
    if (p->ground->on_streams) return false;
    put_span(p);
    orr_pen_put(p, ", do: lossy-link, target: %s.%u, loss: %llu %%", p->ground->group,
                orr_pen_node(p), (unsigned long long)(1 + orr_pen_below(p, 60)));
    return true;
}

/* Some nodes, or all, fail at once. */
static bool draw_outage(struct orr_pen *p) {
    orr_time calm = p->ground->calm_at, at = moment(p);
    uint32_t all = (1u << p->plan->n_nodes) - 1;
    orr_pen_put_outage(p, at, calm - at, orr_pen_one_in(p, 3) ? all : orr_pen_some(p));
    return true;
}

/* All messages of a kind, or from somebody, come once more. */
static bool draw_copies(struct orr_pen *p) {
    orr_time by = put_always_but(p);
    orr_pen_put(p, ", do: duplicate");
    if (orr_pen_one_in(p, 3)) put_place(p);
    if (orr_pen_one_in(p, 2)) orr_pen_put_kind(p);
    if (orr_pen_one_in(p, 2)) put_ends(p);
    orr_pen_put_time(p, "by", by);
    return true;
}

/* ---- plans ---- */

static bool (*const draws[])(struct orr_pen *p) = {
#define DECISION(name) draw_##name,
    DECISIONS(DECISION)
#undef DECISION
};

static void decide(struct orr_pen *p, unsigned kind) {
    if (p->plan->n == ORR_DECISIONS_MAX) return;
    orr_pen_begin(p);
    if (draws[kind](p)) orr_pen_end(p);
}

void orr_pen_draw_lie(struct orr_pen *p) { decide(p, DECIDE_lie); }

/* Fewer than a third; all of them, if the scenario is about that. */
static uint32_t draw_liars(struct orr_pen *p) {
    uint32_t n = p->plan->n_nodes, most = p->ground->beyond ? n - 1 : (n - 1) / 3, set = 0;
    for (uint32_t k = 0; k < most; k++) set |= 1u << orr_pen_node(p);
    return set;
}

/* Each kind of decision with a fixed probability; a yardstick, which does not grow with the kinds.
 */
static void draw_random(struct orr_pen *p) {
    for (unsigned kind = 0; kind <= DECIDE_loss; kind++)
        if (orr_pen_one_in(p, 3)) decide(p, kind);
}

/* Which kinds there are, how many of each, and how many nodes; half of the plans are about a few
 * views or one height, and the time of these. */
static void draw_swarm(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    uint64_t most = g->by_view ? g->last_view : g->last_height;
    if (orr_pen_one_in(p, 2)) p->focus = 1 + orr_pen_below(p, most < 8 ? most : 8);
    for (unsigned kind = 0; kind < N_DECISIONS; kind++) {
        if (orr_pen_one_in(p, 2)) continue; /* this run knows no such thing */
        uint64_t n = orr_pen_below(p, UINT64_C(1) << orr_pen_below(p, 4)) + 1;
        for (uint64_t k = 0; k < n; k++) decide(p, kind);
    }
}

enum { MIXED_TURNS = 10 };

enum orr_strategy orr_strategy_of(const struct orr_ground *ground, enum orr_strategy strategy,
                                  uint64_t i) {
    static const enum orr_strategy turns[MIXED_TURNS] = {
        ORR_STRATEGY_SWARM,   ORR_STRATEGY_SECRETS, ORR_STRATEGY_GUIDED, ORR_STRATEGY_BYZZFUZZ,
        ORR_STRATEGY_SECRETS, ORR_STRATEGY_CYCLES,  ORR_STRATEGY_TWINS,  ORR_STRATEGY_SECRETS,
        ORR_STRATEGY_GUIDED,  ORR_STRATEGY_RANDOM};
    enum orr_strategy turn = strategy == ORR_STRATEGY_MIXED ? turns[i % MIXED_TURNS] : strategy;
    if (turn == ORR_STRATEGY_CYCLES && strategy == ORR_STRATEGY_MIXED && !ground->live_views)
        return ORR_STRATEGY_SECRETS; /* nobody asks whether it goes on */
    return turn == ORR_STRATEGY_TWINS && !ground->twins ? ORR_STRATEGY_SWARM : turn;
}

orr_time orr_plan_calm_at(const struct orr_ground *ground, uint32_t halves) {
    return halves == 2 ? ground->calm_at : ground->calm_at / 2 * halves / 1000000 * 1000000;
}

/* Most mistakes show soon, and some only in many views of long timeouts. */
static uint32_t draw_halves(struct orr_pen *p) {
    enum { DRAWN = 8, FEW = 16 /* blocks */ };
    static const uint8_t of_many[DRAWN] = {1, 1, 1, 2, 2, 2, 4, ORR_HALVES_MAX},
                         of_few[DRAWN] = {2, 2, 2, 4, 4, 4, ORR_HALVES_MAX, ORR_HALVES_MAX};
    bool are_few = p->ground->calm_at < FEW * p->ground->beat;
    return (are_few ? of_few : of_many)[orr_pen_below(p, DRAWN)];
}

void orr_plan_draw(const struct orr_ground *ground, enum orr_strategy strategy, uint64_t seed,
                   uint64_t i, struct orr_plan_drawn *plan) {
    assert(ground->n_nodes >= 2 && ground->n_nodes <= ORR_PLAN_NODES_MAX);
    struct orr_pen p = {.ground = ground, .plan = plan};
    bool is_mixed = strategy == ORR_STRATEGY_MIXED;
    strategy = orr_strategy_of(ground, strategy, i);
    p.rng = orr_rng_stream(seed ^ HUNTS, ORR_RNG_PLAN, (uint32_t)i);
    p.rng.index[1] = 1u + (uint32_t)(i >> 32);
    plan->n = 0;
    plan->may_be_none = false;
    plan->seed = orr_rng_u64(&p.rng) >> 1;
    bool is_swarm = strategy == ORR_STRATEGY_SWARM || strategy == ORR_STRATEGY_GUIDED;
    bool resizes = is_swarm && ground->may_resize && orr_pen_one_in(&p, 4);
    plan->n_nodes = resizes ? 4 + (uint32_t)orr_pen_below(&p, 4) : ground->n_nodes;
    bool is_plain = strategy == ORR_STRATEGY_RANDOM || strategy == ORR_STRATEGY_CYCLES;
    plan->halves = ground->may_stretch && !is_plain ? draw_halves(&p) : 2;
    struct orr_ground of_plan = *ground;
    of_plan.calm_at = orr_plan_calm_at(ground, plan->halves);
    p.ground = &of_plan;
    p.liars = draw_liars(&p);
    switch (strategy) {
    case ORR_STRATEGY_TWINS:
        orr_pen_draw_twins(&p, seed, is_mixed ? i / MIXED_TURNS : i, is_mixed);
        break;
    case ORR_STRATEGY_BYZZFUZZ: orr_pen_draw_byzzfuzz(&p); break;
    case ORR_STRATEGY_SECRETS: orr_pen_draw_secrets(&p); break;
    case ORR_STRATEGY_CYCLES: orr_pen_draw_cycles(&p); break;
    case ORR_STRATEGY_RANDOM: draw_random(&p); break;
    default: draw_swarm(&p);
    }
}

size_t orr_plan_text(const struct orr_plan_drawn *plan, char *to, size_t size) {
    size_t used = 0;
    if (!plan->n) used = (size_t)snprintf(to, size, "[]\n");
    for (uint32_t i = 0; i < plan->n; i++)
        used += (size_t)snprintf(to + used, size - used, "- %s\n", plan->decisions[i]);
    assert(used < size);
    return used;
}
