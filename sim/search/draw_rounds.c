/* draw_rounds.c - plans by rounds: those of Twins (arXiv 2004.10617), counted and walked (twins.h),
 * and those of ByzzFuzz (OOPSLA 2023): lies in c rounds, parts in d, of the first r. */
#include <assert.h>
#include <stdlib.h>

#include "sim/base/memory.h"
#include "sim/search/pen.h"
#include "sim/search/twins.h"

/* ---- Twins ---- */

enum { LONG = 7 }; /* rounds of the schedules that are sampled */

/* The walks of one process over the schedules of a ground. */
struct orr_twins_hand {
    struct orr_twins *spaces[3]; /* one round, two, LONG */
    struct orr_twins_walk walk;  /* the last that was asked of ... */
    uint64_t index;              /* ... and what it gave           */
    uint32_t n_twins;
};

struct orr_twins_hand *orr_twins_hand_new(const struct orr_ground *g) {
    if (g->n_nodes < 2 || g->n_nodes > ORR_TWINS_NODES_MAX) return NULL;
    struct orr_twins_hand *hand = orr_xrealloc(NULL, sizeof *hand);
    *hand = (struct orr_twins_hand){.n_twins = g->can_lie ? (g->n_nodes - 1) / 3 : 0};
    for (int s = 0; s < 3; s++) {
        uint32_t rounds = s < 2 ? (uint32_t)s + 1 : LONG;
        do { /* ends: one round always fits */
            hand->spaces[s] = orr_twins_new(
                (struct orr_twins_shape){g->n_nodes, hand->n_twins, rounds, !g->can_be_led});
        } while (!hand->spaces[s] && --rounds);
    }
    return hand;
}

void orr_twins_hand_free(struct orr_twins_hand *hand) {
    if (!hand) return;
    for (int s = 0; s < 3; s++) orr_twins_free(hand->spaces[s]);
    free(hand);
}

uint64_t orr_twins_hand_classes(const struct orr_twins_hand *hand, uint32_t space) {
    assert(space < 3);
    return orr_twins_classes(hand->spaces[space]);
}

/* Class number n of a space; the walk goes on from the last that was asked, if that was before. */
static uint64_t class_of(struct orr_twins_hand *hand, uint32_t space, uint64_t seed, uint64_t n) {
    struct orr_twins_walk *walk = &hand->walk;
    bool goes_on = walk->twins == hand->spaces[space] && walk->seed == seed && walk->n &&
                   walk->n <= n + 1;
    if (!goes_on) *walk = (struct orr_twins_walk){.twins = hand->spaces[space], .seed = seed};
    while (walk->n <= n) { /* ends: a class is one more, and the space is larger or begun anew */
        if (orr_twins_next(walk, &hand->index)) continue;
        n -= walk->n;
        *walk = (struct orr_twins_walk){.twins = hand->spaces[space], .seed = seed};
    }
    return hand->index;
}

static void put_instances(struct orr_pen *p, uint32_t set, uint32_t turn) {
    uint32_t n = p->plan->n_nodes;
    bool any = false;
    orr_pen_put(p, "[");
    for (uint32_t i = 0; i < n + p->ground->twins->n_twins; i++) {
        if (!(set & 1u << i)) continue;
        orr_pen_put(p, "%s%s%s.%u", any ? ", " : "", i < n ? "" : "twin of ", p->ground->group,
                    (i % n + turn) % n);
        any = true;
    }
    orr_pen_put(p, "]");
}

static void put_round(struct orr_pen *p, struct orr_twins_round round, uint64_t view,
                      uint64_t height, uint32_t turn) {
    uint32_t n = p->plan->n_nodes, all = (1u << (n + p->ground->twins->n_twins)) - 1;
    if (p->ground->can_be_led && view) {
        orr_pen_begin(p);
        orr_pen_put(p, "do: lead, view: %llu, target: %s.%u", (unsigned long long)view,
                    p->ground->group, (round.leader + turn) % n);
        orr_pen_end(p);
    }
    if (!round.second) return; /* all hear all */
    orr_pen_begin(p);
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: partition, view: %llu", (unsigned long long)view);
    if (height) orr_pen_put(p, ", height: %llu", (unsigned long long)height);
    orr_pen_put(p, ", groups: [");
    put_instances(p, all & ~round.second, turn);
    orr_pen_put(p, ", ");
    put_instances(p, round.second, turn);
    orr_pen_put(p, "]");
    orr_pen_end(p);
}

/* Which space a schedule is of, and its number there: the short ones in order, then the long. */
static uint32_t space_of(struct orr_twins_hand *hand, uint64_t *n) {
    for (uint32_t s = 0; s < 2; s++) {
        uint64_t classes = orr_twins_classes(hand->spaces[s]);
        if (*n < classes) return s;
        *n -= classes;
    }
    return 2;
}

void orr_pen_draw_twins(struct orr_pen *p, uint64_t seed, uint64_t i, bool sampled) {
    const struct orr_ground *g = p->ground;
    struct orr_twins_hand *hand = g->twins;
    struct orr_twins_round rounds[ORR_TWINS_ROUNDS_MAX];
    uint32_t space = sampled ? 2 : space_of(hand, &i), turn = 0;
    uint64_t height = 0, view = g->by_view ? 1 : 0;
    orr_twins_decode(hand->spaces[space], class_of(hand, space, space < 2 ? 0 : 2 * seed + 1, i),
                     rounds);
    if (space == 2) { /* long ones begin anywhere */
        turn = orr_pen_node(p);
        if (g->by_view) view += orr_pen_below(p, g->last_view < 4 ? g->last_view : 4);
        else if (orr_pen_one_in(p, 2))
            height = 1 + orr_pen_below(p, g->last_height < 4 ? g->last_height : 4);
    }
    for (uint32_t k = 0; k < hand->n_twins; k++) {
        orr_pen_begin(p);
        orr_pen_put_always(p);
        orr_pen_put(p, ", do: byzantine, target: %s.%u, behaviour: twins", g->group,
                    (k + turn) % g->n_nodes);
        orr_pen_end(p);
    }
    uint32_t n_rounds = orr_twins_rounds(hand->spaces[space]);
    for (uint32_t r = 0; r < n_rounds; r++) put_round(p, rounds[r], view + r, height, turn);
}

/* ---- ByzzFuzz ---- */

/* A round of the protocol: what is said of a view (and height), by messages of one kind. */
static void put_drawn_round(struct orr_pen *p, uint64_t n_rounds) {
    const struct orr_ground *g = p->ground;
    uint64_t round = orr_pen_below(p, n_rounds);
    if (g->by_view) {
        orr_pen_put(p, ", view: %llu", (unsigned long long)(1 + round));
    } else {
        uint64_t heights = g->last_height < 4 ? g->last_height : 4;
        orr_pen_put(p, ", view: %llu, height: %llu", (unsigned long long)(round / heights % 4),
                    (unsigned long long)(1 + round % heights));
    }
}

static void draw_parted_round(struct orr_pen *p, uint64_t n_rounds) {
    orr_pen_begin(p);
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: partition");
    put_drawn_round(p, n_rounds);
    orr_pen_put_sides(p);
    orr_pen_end(p);
}

/* A field changed a little and signed again, for some receivers. */
static void draw_lied_round(struct orr_pen *p, uint64_t n_rounds) {
    orr_pen_begin(p);
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: byzantine, target: %s.%u, behaviour: mutate", p->ground->group,
                orr_pen_liar(p));
    orr_pen_put_change(p);
    orr_pen_put_kind(p);
    put_drawn_round(p, n_rounds);
    orr_pen_put(p, ", to: ");
    orr_pen_put_set(p, orr_pen_some(p));
    orr_pen_end(p);
}

void orr_pen_draw_byzzfuzz(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    bool can_mutate = g->can_lie && g->n_fields && p->liars;
    uint64_t c = can_mutate ? orr_pen_below(p, 4) : 0;
    uint64_t d = orr_pen_below(p, 4) + (c == 0), n_rounds = g->by_view ? g->last_view : 16;
    if (n_rounds > 16) n_rounds = 16;
    for (uint64_t k = 0; k < d; k++) draw_parted_round(p, n_rounds);
    for (uint64_t k = 0; k < c; k++) draw_lied_round(p, n_rounds);
}
