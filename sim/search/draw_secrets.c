/* draw_secrets.c - plans in which a node learns something alone.
 *
 * What breaks agreement or stops progress in protocols that lock is often known to one node: a
 * decision that it alone has heard of, a lock that it alone holds, a certificate that it alone has
 * gathered (the hidden locks of arXiv 1803.05069, 4.4, and 1807.04938; the attacks of 2010.06785;
 * the schedule of Fast-HotStuff in asonnino/twins-simulator).  Such a plan goes through some views
 * in a row.  In each one node is in the know: from some phase on the others do not hear, or hear
 * late, what is said, or it is not heard itself, for that view or some more; another node may have
 * missed the view before that phase.  Parts of Twins know views, but not the phases in them. */
#include "sim/search/pen.h"

enum { VIEWS_MOST = 4, KINDS_END = 270 /* characters */ };

/* The views of such a plan are about one height, where heights count the blocks. */
struct secrets {
    uint64_t view, height; /* height 0: any */
};

static void begin_loss(struct orr_pen *p, const struct secrets *s, uint64_t n_more) {
    orr_time calm = p->ground->calm_at, by = 0;
    bool is_late = orr_pen_one_in(p, 3);
    if (is_late) by = orr_pen_between(p, p->ground->beat / 4, calm / 2);
    orr_pen_begin(p);
    orr_pen_put(p, "at: 0 s");
    orr_pen_put_time(p, "for", calm - by);
    orr_pen_put(p, ", do: %s, view: %llu", is_late ? "delay" : "drop", (unsigned long long)s->view);
    if (n_more) orr_pen_put(p, "..%llu", (unsigned long long)(s->view + n_more));
    if (s->height) orr_pen_put(p, ", height: %llu", (unsigned long long)s->height);
    if (is_late) orr_pen_put_time(p, "by", by);
}

/* The kinds first..last, in the order of a view's phases; as many as leave room for a set of nodes
 * (ground.c). */
static void put_kinds(struct orr_pen *p, uint32_t first, uint32_t last) {
    orr_pen_put(p, ", kind: [");
    for (uint32_t k = first; k <= last && p->used < KINDS_END; k++)
        orr_pen_put(p, "%s%s", k == first ? "" : ", ", p->ground->kinds[k]);
    orr_pen_put(p, "]");
}

static uint32_t another(struct orr_pen *p, uint32_t node) {
    uint32_t n = p->plan->n_nodes;
    return (node + 1 + (uint32_t)orr_pen_below(p, n - 1)) % n;
}

/* What a view is like. */
static void draw_view(struct orr_pen *p, const struct secrets *s) {
    const struct orr_ground *g = p->ground;
    uint32_t all = (1u << p->plan->n_nodes) - 1, knows = orr_pen_node(p), last = g->n_kinds - 1;
    uint32_t phase = g->n_kinds ? (uint32_t)orr_pen_below(p, g->n_kinds) : 0;
    if (p->plan->n + 4 > ORR_DECISIONS_MAX) return;
    if (g->can_be_led && !orr_pen_one_in(p, 3)) {
        orr_pen_begin(p);
        orr_pen_put(p, "do: lead, view: %llu, target: %s.%u", (unsigned long long)s->view,
                    g->group, orr_pen_one_in(p, 2) ? knows : orr_pen_node(p));
        orr_pen_end(p);
    }
    if (!orr_pen_one_in(p, 4)) { /* the others do not hear it */
        begin_loss(p, s, 0);
        if (g->n_kinds) put_kinds(p, phase, orr_pen_one_in(p, 2) ? phase : last);
        if (orr_pen_one_in(p, 4)) /* where phases are told by messages of one kind */
            orr_pen_put(p, ", nth: %llu..9", (unsigned long long)(2 + orr_pen_below(p, 2)));
        orr_pen_put(p, ", to: ");
        orr_pen_put_set(p, all & ~(1u << knows));
        orr_pen_end(p);
    }
    if (!orr_pen_one_in(p, 4)) { /* and it does not say it */
        begin_loss(p, s, orr_pen_one_in(p, 2) ? 0 : 1 + orr_pen_below(p, 6));
        if (g->n_kinds && !orr_pen_one_in(p, 3)) put_kinds(p, phase, last);
        orr_pen_put(p, ", from: %s.%u", g->group, knows);
        orr_pen_end(p);
    }
    if (orr_pen_one_in(p, 2)) { /* another knows nothing of this view */
        begin_loss(p, s, 0);
        if (g->n_kinds && !orr_pen_one_in(p, 4))
            put_kinds(p, 0, (uint32_t)orr_pen_below(p, phase + 1));
        orr_pen_put(p, ", to: %s.%u", g->group, another(p, knows));
        orr_pen_end(p);
    }
}

void orr_pen_draw_secrets(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    struct secrets s = {0};
    if (g->by_view) s.view = 1 + orr_pen_below(p, g->last_view < 12 ? g->last_view : 12);
    else s.height = 1 + orr_pen_below(p, g->last_height < 4 ? g->last_height : 4);
    if (p->liars && !orr_pen_one_in(p, 3)) orr_pen_draw_lie(p);
    for (uint64_t n = 1 + orr_pen_below(p, VIEWS_MOST); n > 0; n--) {
        draw_view(p, &s);
        s.view += orr_pen_one_in(p, 4) ? 2 : 1;
    }
}
