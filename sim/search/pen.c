#include "sim/search/pen.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void orr_pen_put(struct orr_pen *p, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->to + p->used, ORR_DECISION_CHARS - p->used, format, args);
    va_end(args);
    assert(n >= 0 && p->used + (size_t)n < ORR_DECISION_CHARS);
    p->used += (size_t)n;
}

void orr_pen_put_moment(struct orr_pen *p, const char *key, orr_time ns) {
    uint64_t us = (uint64_t)ns / 1000;
    const char *unit = us % 1000000 == 0 ? "s" : us % 1000 == 0 ? "ms" : "us";
    us /= *unit == 's' ? 1000000 : *unit == 'm' ? 1000 : 1;
    orr_pen_put(p, "%s: %llu %s", key, (unsigned long long)us, unit);
}

void orr_pen_put_time(struct orr_pen *p, const char *key, orr_time ns) {
    orr_pen_put(p, ", ");
    orr_pen_put_moment(p, key, ns < 1000 ? 1000 : ns);
}

void orr_pen_put_always(struct orr_pen *p) {
    orr_pen_put(p, "at: 0 s");
    orr_pen_put_time(p, "for", p->ground->calm_at);
}

orr_time orr_pen_between(struct orr_pen *p, orr_time low, orr_time high) {
    unsigned octaves = 0;
    if (low < 1000) low = 1000;
    while (low << (octaves + 1) <= high && octaves < 40) octaves++;
    orr_time at = low << orr_pen_below(p, octaves + 1);
    at += (orr_time)orr_pen_below(p, (uint64_t)at);
    return at > high ? high : at;
}

uint32_t orr_pen_node(struct orr_pen *p) { return (uint32_t)orr_pen_below(p, p->plan->n_nodes); }

/* A set of nodes as bits, neither empty nor all of them. */
uint32_t orr_pen_some(struct orr_pen *p) {
    return 1 + (uint32_t)orr_pen_below(p, (1u << p->plan->n_nodes) - 2);
}

void orr_pen_put_set(struct orr_pen *p, uint32_t set) {
    bool any = false;
    orr_pen_put(p, "[");
    for (uint32_t i = 0; i < p->plan->n_nodes; i++) {
        if (!(set & 1u << i)) continue;
        orr_pen_put(p, "%s%s.%u", any ? ", " : "", p->ground->group, i);
        any = true;
    }
    orr_pen_put(p, "]");
}

void orr_pen_put_outage(struct orr_pen *p, orr_time at, orr_time span, uint32_t set) {
    orr_pen_put_moment(p, "at", at);
    orr_pen_put(p, ", do: crash, target: ");
    orr_pen_put_set(p, set);
    orr_pen_put_time(p, "restart_after", orr_pen_between(p, p->ground->beat / 64, span));
    orr_pen_put(p, ", disk: %s", orr_pen_one_in(p, 2) ? "keep" : "lose-unsynced");
}

void orr_pen_put_sides(struct orr_pen *p) {
    uint32_t side = orr_pen_some(p), all = (1u << p->plan->n_nodes) - 1;
    orr_pen_put(p, ", groups: [");
    orr_pen_put_set(p, side);
    orr_pen_put(p, ", ");
    orr_pen_put_set(p, all & ~side);
    orr_pen_put(p, "]");
}

void orr_pen_put_kind(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    if (g->n_kinds) orr_pen_put(p, ", kind: %s", g->kinds[orr_pen_below(p, g->n_kinds)]);
}

void orr_pen_put_kinds(struct orr_pen *p, uint32_t first, uint32_t last) {
    enum { END = 270 /* characters */ };
    orr_pen_put(p, ", kind: [");
    for (uint32_t k = first; k <= last && p->used < END; k++)
        orr_pen_put(p, "%s%s", k == first ? "" : ", ", p->ground->kinds[k]);
    orr_pen_put(p, "]");
}

void orr_pen_put_change(struct orr_pen *p) {
    static const char *const changes[] = {
#define CHANGE(name, text, help) text,
        ORR_CHANGES(CHANGE)
#undef CHANGE
    };
    orr_pen_put(p, ", field: %s", p->ground->fields[orr_pen_below(p, p->ground->n_fields)]);
    if (orr_pen_one_in(p, 2))
        orr_pen_put(p, ", change: %s", changes[orr_pen_below(p, ORR_N_CHANGES)]);
}

uint32_t orr_pen_liar(struct orr_pen *p) {
    uint32_t n = 0, at[32];
    for (uint32_t i = 0; i < p->plan->n_nodes; i++)
        if (p->liars & 1u << i) at[n++] = i;
    return at[orr_pen_below(p, n)];
}

void orr_pen_begin(struct orr_pen *p) {
    assert(p->plan->n < ORR_DECISIONS_MAX);
    p->to = p->plan->decisions[p->plan->n];
    p->used = 0;
    orr_pen_put(p, "{");
}

void orr_pen_end(struct orr_pen *p) {
    orr_pen_put(p, "}");
    p->plan->n++;
}
