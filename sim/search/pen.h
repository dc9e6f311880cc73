/* pen.h - how a plan is written: the parts of a decision, and draws; for the files that draw plans
 * (draw.h). */
#ifndef ORR_SIM_SEARCH_PEN_H
#define ORR_SIM_SEARCH_PEN_H

#include "models/base/rng.h"
#include "sim/search/draw.h"

/* A plan under the pen. */
struct orr_pen {
    const struct orr_ground *ground;
    struct orr_plan_drawn *plan;
    struct orr_rng rng;
    uint32_t liars; /* bits: nodes that may lie or lose their disk */
    bool has_twins; /* some node has: none runs three times        */
    bool lasts;     /* lies do not end when all is calm            */
    uint64_t focus; /* a view or height that the plan is about; 0: all */
    char *to;       /* of ORR_DECISION_CHARS */
    size_t used;
};

static inline uint64_t orr_pen_below(struct orr_pen *p, uint64_t n) {
    return orr_rng_below(&p->rng, n);
}
static inline bool orr_pen_one_in(struct orr_pen *p, uint64_t n) {
    return orr_pen_below(p, n) == 0;
}

/* Begins a decision behind those of the plan, which has room; ends it, and it counts. */
void orr_pen_begin(struct orr_pen *pen);
void orr_pen_end(struct orr_pen *pen);
void orr_pen_put(struct orr_pen *pen, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `key: 3 ms`; the same behind a comma, at least a microsecond; from the start until all is calm.
 */
void orr_pen_put_moment(struct orr_pen *pen, const char *key, orr_time ns);
void orr_pen_put_time(struct orr_pen *pen, const char *key, orr_time ns);
void orr_pen_put_always(struct orr_pen *pen);

/* A time, evenly in the logarithm from low to high. */
orr_time orr_pen_between(struct orr_pen *pen, orr_time low, orr_time high);
uint32_t orr_pen_node(struct orr_pen *pen);
uint32_t orr_pen_liar(struct orr_pen *pen); /* there is one */
/* A set of nodes as bits, neither empty nor all of them. */
uint32_t orr_pen_some(struct orr_pen *pen);
void orr_pen_put_set(struct orr_pen *pen, uint32_t set);
/* A crash of those in a set, and their return within `span`. */
void orr_pen_put_outage(struct orr_pen *pen, orr_time at, orr_time span, uint32_t set);
void orr_pen_put_sides(struct orr_pen *pen); /* two that are drawn, of a partition    */
void orr_pen_put_kind(struct orr_pen *pen);  /* of those that were sent, if any       */
void orr_pen_put_change(struct orr_pen *pen); /* field and perhaps how, of `mutate`   */

/* ", kind: [a, b]": the kinds first..last of ground->kinds, in the order of a view's phases; as
 * many as leave room for a set of nodes (ground.c). */
void orr_pen_put_kinds(struct orr_pen *pen, uint32_t first, uint32_t last);

/* Adds a lie, as draw.c knows them, if the plan has liars and room. */
void orr_pen_draw_lie(struct orr_pen *pen);

/* ---- draw_rounds.c, draw_secrets.c, draw_cycles.c: plans by rounds, not one from nothing ---- */

/* Schedule number i of Twins; sampled: of the long ones alone. */
void orr_pen_draw_twins(struct orr_pen *pen, uint64_t seed, uint64_t i, bool sampled);
/* Lies in c rounds, parts in d rounds, of the first r. */
void orr_pen_draw_byzzfuzz(struct orr_pen *pen);
/* Some views in a row in each of which one node learns something alone. */
void orr_pen_draw_secrets(struct orr_pen *pen);
/* Adds what is lost in the first view, before all is calm. */
void orr_pen_draw_loss(struct orr_pen *pen);
/* Adds that in the first view somebody's messages of a kind are lost. */
void orr_pen_draw_lost_vote(struct orr_pen *pen, uint32_t kind);
/* Lies and delays that do not end, in a pattern of views that comes back. */
void orr_pen_draw_cycles(struct orr_pen *pen);
#endif
