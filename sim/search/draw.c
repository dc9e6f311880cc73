#include "sim/search/draw.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "models/base/rng.h"

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
    DECISION(lie)           \
    DECISION(clock)         \
    DECISION(loss)
enum {
#define DECISION(name) DECIDE_##name,
    DECISIONS(DECISION)
#undef DECISION
    N_DECISIONS
};

/* A plan under the pen. */
struct pen {
    const struct orr_ground *ground;
    struct orr_plan_drawn *plan;
    struct orr_rng rng;
    uint32_t liars; /* bits: nodes that may lie or lose their disk */
    bool has_twins; /* some node has: none runs three times        */
    char *to;       /* of ORR_DECISION_CHARS */
    size_t used;
};

static uint64_t below(struct pen *p, uint64_t n) { return orr_rng_below(&p->rng, n); }
static bool one_in(struct pen *p, uint64_t n) { return below(p, n) == 0; }

static void put(struct pen *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct pen *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->to + p->used, ORR_DECISION_CHARS - p->used, format, args);
    va_end(args);
    assert(n >= 0 && p->used + (size_t)n < ORR_DECISION_CHARS);
    p->used += (size_t)n;
}

/* ---- parts of a decision ---- */

static void put_moment(struct pen *p, const char *key, orr_time ns) {
    uint64_t us = (uint64_t)ns / 1000;
    const char *unit = us % 1000000 == 0 ? "s" : us % 1000 == 0 ? "ms" : "us";
    us /= *unit == 's' ? 1000000 : *unit == 'm' ? 1000 : 1;
    put(p, "%s: %llu %s", key, (unsigned long long)us, unit);
}

static void put_time(struct pen *p, const char *key, orr_time ns) {
    put(p, ", ");
    put_moment(p, key, ns < 1000 ? 1000 : ns);
}

/* Evenly in the logarithm from low to high. */
static orr_time between(struct pen *p, orr_time low, orr_time high) {
    unsigned octaves = 0;
    if (low < 1000) low = 1000;
    while (low << (octaves + 1) <= high && octaves < 40) octaves++;
    orr_time at = low << below(p, octaves + 1);
    at += (orr_time)below(p, (uint64_t)at);
    return at > high ? high : at;
}

/* at and for, both before all is calm. */
static void put_span(struct pen *p) {
    orr_time calm = p->ground->calm_at, at = (orr_time)below(p, (uint64_t)calm * 3 / 4);
    at -= at % 1000;
    put_moment(p, "at", at);
    put_time(p, "for", between(p, p->ground->beat / 4, calm - at));
}

static void put_always(struct pen *p) {
    put(p, "at: 0 s");
    put_time(p, "for", p->ground->calm_at);
}

/* A delay, and its span: what was held back last is there before all is calm. */
static orr_time put_always_but(struct pen *p) {
    orr_time calm = p->ground->calm_at, by = between(p, p->ground->beat / 8, calm / 4);
    put(p, "at: 0 s");
    put_time(p, "for", calm - by);
    return by;
}

static uint32_t node(struct pen *p) { return (uint32_t)below(p, p->plan->n_nodes); }

/* A set of nodes as bits, neither empty nor all of them. */
static uint32_t some(struct pen *p) {
    return 1 + (uint32_t)below(p, (1u << p->plan->n_nodes) - 2);
}

static void put_set(struct pen *p, uint32_t set) {
    bool any = false;
    put(p, "[");
    for (uint32_t i = 0; i < p->plan->n_nodes; i++) {
        if (!(set & 1u << i)) continue;
        put(p, "%s%s.%u", any ? ", " : "", p->ground->group, i);
        any = true;
    }
    put(p, "]");
}

static void put_sides(struct pen *p) {
    uint32_t side = some(p), all = (1u << p->plan->n_nodes) - 1;
    put(p, ", groups: [");
    put_set(p, side);
    put(p, ", ");
    put_set(p, all & ~side);
    put(p, "]");
}

static void put_range(struct pen *p, const char *key, uint64_t first, uint64_t most) {
    uint64_t from = first + below(p, most - first + 1);
    put(p, ", %s: %llu", key, (unsigned long long)from);
    if (one_in(p, 3)) put(p, "..%llu", (unsigned long long)(from + 1 + below(p, 3)));
}

/* Which views or heights. */
static void put_place(struct pen *p) {
    const struct orr_ground *g = p->ground;
    if (g->by_view) {
        put_range(p, "view", 1, g->last_view < 12 ? g->last_view : 12);
        return;
    }
    if (!one_in(p, 4)) put_range(p, "height", 1, g->last_height < 4 ? g->last_height : 4);
    if (!one_in(p, 3)) put_range(p, "view", 0, 2);
}

static void put_kind(struct pen *p) {
    const struct orr_ground *g = p->ground;
    if (g->n_kinds) put(p, ", kind: %s", g->kinds[below(p, g->n_kinds)]);
}

static void put_ends(struct pen *p) {
    uint64_t what = below(p, 4);
    if (what != 0) put(p, ", from: %s.%u", p->ground->group, node(p));
    if (what != 1) {
        put(p, ", to: ");
        put_set(p, some(p));
    }
}

/* ---- decisions: each writes what stands between the braces; false: not here ---- */

static uint32_t liar(struct pen *p) {
    uint32_t n = 0, at[32];
    for (uint32_t i = 0; i < p->plan->n_nodes; i++)
        if (p->liars & 1u << i) at[n++] = i;
    return at[below(p, n)];
}

static bool draw_crash(struct pen *p) {
    orr_time calm = p->ground->calm_at, at = (orr_time)below(p, (uint64_t)calm * 3 / 4);
    put_moment(p, "at", at);
    put(p, ", do: crash, target: %s.%u", p->ground->group, node(p));
    put_time(p, "restart_after", between(p, p->ground->beat / 16, calm - at));
    put(p, ", disk: %s", one_in(p, 2) ? "keep" : "lose-unsynced");
    return true;
}

static bool draw_part(struct pen *p) {
    put_span(p);
    put(p, ", do: partition");
    put_sides(p);
    return true;
}

static bool draw_isolate(struct pen *p) {
    put_span(p);
    put(p, ", do: isolate, target: %s.%u%s", p->ground->group, node(p),
        one_in(p, 2) ? ", one_way: true" : "");
    return true;
}

static bool draw_view_part(struct pen *p) {
    put_always(p);
    put(p, ", do: partition");
    put_place(p);
    put_sides(p);
    return true;
}

static void begin(struct pen *p) {
    p->to = p->plan->decisions[p->plan->n];
    p->used = 0;
    put(p, "{");
}
static void end(struct pen *p) {
    put(p, "}");
    p->plan->n++;
}

/* Views in a row, each parted by itself, as the Twins search has them (arXiv 2004.10617).  Writes
 * its decisions itself. */
static bool draw_storm(struct pen *p) {
    const struct orr_ground *g = p->ground;
    uint64_t first = g->by_view ? 1 + below(p, g->last_view < 12 ? g->last_view : 12) : 0;
    uint64_t height = 1 + below(p, g->last_height < 4 ? g->last_height : 4), n = 3 + below(p, 6);
    for (uint64_t v = first; v < first + n && p->plan->n < ORR_DECISIONS_MAX; v++) {
        uint64_t what = below(p, 4);
        if (what == 0) continue; /* all hear all */
        begin(p);
        put_always(p);
        put(p, ", do: %s, view: %llu", what == 1 ? "drop" : "partition", (unsigned long long)v);
        if (!g->by_view) put(p, ", height: %llu", (unsigned long long)height);
        if (what == 1) {
            put(p, ", from: %s.%u, to: ", g->group, node(p));
            put_set(p, some(p));
        } else {
            put_sides(p);
        }
        end(p);
    }
    return false;
}

static bool draw_drop(struct pen *p) {
    put_always(p);
    put(p, ", do: drop");
    put_place(p);
    put_kind(p);
    put_ends(p);
    return true;
}

static bool draw_delay(struct pen *p) {
    orr_time by = put_always_but(p);
    put(p, ", do: delay");
    put_place(p);
    put_kind(p);
    put_ends(p);
    put_time(p, "by", by);
    return true;
}

static bool draw_single(struct pen *p) {
    static const char *const what[] = {"drop", "delay", "duplicate"};
    uint64_t k = below(p, 3);
    uint32_t from = node(p), to = (from + 1 + (uint32_t)below(p, p->plan->n_nodes - 1)) %
                                  p->plan->n_nodes;
    orr_time by = put_always_but(p);
    put(p, ", do: %s", what[k]);
    put_kind(p);
    put(p, ", from: %s.%u, to: %s.%u, nth: %llu", p->ground->group, from, p->ground->group, to,
        (unsigned long long)(1 + below(p, 8)));
    if (k) put_time(p, "by", by);
    return true;
}

/* How often each behaviour is tried beside the others; bytes are not damaged where a field can be
 * changed, and twins lie as the net parts. */
static const struct { enum orr_behaviour behaviour; const char *name; unsigned weight; } lies[] = {
    {ORR_BEHAVIOUR_EQUIVOCATE, "equivocate", 4}, {ORR_BEHAVIOUR_DOUBLE, "double", 2},
    {ORR_BEHAVIOUR_MUTATE, "mutate", 3},         {ORR_BEHAVIOUR_AMNESIA, "amnesia", 2},
    {ORR_BEHAVIOUR_TWINS, "twins", 1},           {ORR_BEHAVIOUR_MUTE, "mute", 1},
    {ORR_BEHAVIOUR_REPLAY, "replay", 1},         {ORR_BEHAVIOUR_DELAY, "delay", 1},
};
enum { N_LIES = sizeof lies / sizeof lies[0] };

static unsigned draw_behaviour(struct pen *p) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < N_LIES; i++)
        sum += p->ground->behaviours & 1u << lies[i].behaviour ? lies[i].weight : 0;
    uint64_t at = below(p, sum);
    for (unsigned i = 0;; i++) { /* ends: at < sum */
        unsigned weight = p->ground->behaviours & 1u << lies[i].behaviour ? lies[i].weight : 0;
        if (at < weight) return i;
        at -= weight;
    }
}

static void put_change(struct pen *p) {
    static const char *const changes[] = {
#define CHANGE(name, text, help) text,
        ORR_CHANGES(CHANGE)
#undef CHANGE
    };
    put(p, ", field: %s", p->ground->fields[below(p, p->ground->n_fields)]);
    if (one_in(p, 2)) put(p, ", change: %s", changes[below(p, ORR_N_CHANGES)]);
}

static bool draw_lie(struct pen *p) {
    if (!p->ground->can_lie || !p->liars) return false;
    unsigned k = draw_behaviour(p);
    enum orr_behaviour behaviour = lies[k].behaviour;
    orr_time by = 0;
    if (behaviour == ORR_BEHAVIOUR_MUTE && one_in(p, 2)) {
        /* a liar may stay silent when all else is calm */
        put_moment(p, "at", (orr_time)below(p, (uint64_t)p->ground->calm_at));
        put(p, ", do: byzantine, target: %s.%u, behaviour: mute", p->ground->group, liar(p));
        return true;
    }
    if (behaviour == ORR_BEHAVIOUR_DELAY) by = put_always_but(p);
    else if (one_in(p, 2)) put_always(p);
    else put_span(p);
    put(p, ", do: byzantine, target: %s.%u, behaviour: %s", p->ground->group, liar(p),
        lies[k].name);
    if (behaviour == ORR_BEHAVIOUR_TWINS) {
        bool is_first = !p->has_twins;
        p->has_twins = true;
        return is_first;
    }
    if (behaviour == ORR_BEHAVIOUR_MUTATE) put_change(p);
    if (one_in(p, 2)) put_kind(p);
    if (one_in(p, 3)) put_place(p);
    if (one_in(p, 2)) {
        put(p, ", to: ");
        put_set(p, some(p));
    } else if (behaviour == ORR_BEHAVIOUR_EQUIVOCATE && one_in(p, 2)) {
        put(p, ", split: %llu %%", (unsigned long long)(10 + 10 * below(p, 9)));
    }
    if (by) put_time(p, "by", by);
    return true;
}

static bool draw_clock(struct pen *p) {
    put_span(p);
    put(p, ", do: clock, target: %s.%u, drift: %s%llu ppm", p->ground->group, node(p),
        one_in(p, 2) ? "-" : "", (unsigned long long)(1 + below(p, 10000)));
    return true;
}

static bool draw_loss(struct pen *p) {
    if (p->ground->on_streams) return false;
    put_span(p);
    put(p, ", do: lossy-link, target: %s.%u, loss: %llu %%", p->ground->group, node(p),
        (unsigned long long)(1 + below(p, 60)));
    return true;
}

/* ---- plans ---- */

static bool (*const draws[])(struct pen *p) = {
#define DECISION(name) draw_##name,
    DECISIONS(DECISION)
#undef DECISION
};

static void decide(struct pen *p, unsigned kind) {
    if (p->plan->n == ORR_DECISIONS_MAX) return;
    begin(p);
    if (draws[kind](p)) end(p);
}

/* Fewer than a third; all of them, if the scenario is about that. */
static uint32_t draw_liars(struct pen *p) {
    uint32_t n = p->plan->n_nodes, most = p->ground->beyond ? n - 1 : (n - 1) / 3, set = 0;
    for (uint32_t k = 0; k < most; k++) set |= 1u << node(p);
    return set;
}

void orr_plan_draw(const struct orr_ground *ground, enum orr_strategy strategy, uint64_t seed,
                   uint64_t i, struct orr_plan_drawn *plan) {
    struct pen p = {.ground = ground, .plan = plan};
    p.rng = orr_rng_stream(seed ^ HUNTS, ORR_RNG_PLAN, (uint32_t)i);
    p.rng.index[1] = 1u + (uint32_t)(i >> 32);
    plan->n = 0;
    plan->seed = orr_rng_u64(&p.rng) >> 1;
    bool is_swarm = strategy == ORR_STRATEGY_SWARM || (strategy == ORR_STRATEGY_MIXED && i % 4 < 3);
    plan->n_nodes = is_swarm && ground->may_resize && one_in(&p, 4) ? 4 + (uint32_t)below(&p, 4)
                                                                   : ground->n_nodes;
    p.liars = draw_liars(&p);
    for (unsigned kind = 0; kind < N_DECISIONS; kind++) {
        if (!is_swarm) { /* each with a fixed probability */
            if (one_in(&p, 3)) decide(&p, kind);
            continue;
        }
        if (one_in(&p, 2)) continue; /* this run knows no such thing */
        uint64_t n = below(&p, UINT64_C(1) << below(&p, 4)) + 1;
        for (uint64_t k = 0; k < n; k++) decide(&p, kind);
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
