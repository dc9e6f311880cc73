/* draw_secrets.c - plans in which a node learns something alone.
 *
 * What breaks agreement or stops progress in protocols that lock is often known to one node: a
 * decision that it alone has heard of, a lock that it alone holds, a certificate that it alone has
 * gathered (the hidden locks of arXiv 1803.05069, 4.4, and 1807.04938; the attacks of 2010.06785;
 * the schedule of Fast-HotStuff in asonnino/twins-simulator).  Such a plan goes through some views
 * in a row.  In each one node is in the know: from some phase on the others do not hear, or hear
 * late, what is said, or it is not heard itself, for that view or some more; another node may have
 * missed the view before that phase.  Often two nodes take turns in it, each apart while the other
 * learns, and a liar forgets what it has promised, or falls silent for good.  Parts of Twins know
 * views, but not the phases in them.
 *
 * In a third of them all of this fits together: who knows of one view's end is apart while somebody
 * leads who does not.  Rivals are the plainest, without phases: two nodes take turns, each leads a
 * view, alone learns what comes of it, and is cut off while the other does the same. */
#include "sim/search/pen.h"

enum { VIEWS_MOST = 4 };

/* The views of such a plan are about one height, where heights count the blocks. */
struct secrets {
    uint64_t view, height;  /* height 0: any                               */
    uint32_t cast[2];       /* who is in the know, by turns ...             */
    bool has_cast;          /* ... or anybody                               */
    uint32_t n_views, last; /* views so far; who was in the know in the last */
};

/* A loss, or a delay, in view `view` and n_more behind it. */
static void begin_loss(struct orr_pen *p, const struct secrets *s, uint64_t view, uint64_t n_more) {
    orr_time calm = p->ground->calm_at, by = 0;
    bool is_late = orr_pen_one_in(p, 3);
    if (is_late) by = orr_pen_between(p, p->ground->beat / 4, calm / 2);
    orr_pen_begin(p);
    orr_pen_put(p, "at: 0 s");
    orr_pen_put_time(p, "for", calm - by);
    orr_pen_put(p, ", do: %s, view: %llu", is_late ? "delay" : "drop", (unsigned long long)view);
    if (n_more) orr_pen_put(p, "..%llu", (unsigned long long)(view + n_more));
    if (s->height) orr_pen_put(p, ", height: %llu", (unsigned long long)s->height);
    if (is_late) orr_pen_put_time(p, "by", by);
}

static uint32_t another(struct orr_pen *p, uint32_t node) {
    uint32_t n = p->plan->n_nodes;
    return (node + 1 + (uint32_t)orr_pen_below(p, n - 1)) % n;
}

static void draw_lead(struct orr_pen *p, uint64_t view, uint32_t node) {
    if (!p->ground->can_be_led) return;
    orr_pen_begin(p);
    orr_pen_put(p, "do: lead, view: %llu, target: %s.%u", (unsigned long long)view,
                p->ground->group, node);
    orr_pen_end(p);
}

static void draw_leader(struct orr_pen *p, const struct secrets *s, uint32_t knows) {
    uint64_t who = orr_pen_below(p, 4);
    if (who == 0) return;
    draw_lead(p, s->view,
              who == 1               ? knows
              : who == 2 && p->liars ? orr_pen_liar(p)
                                     : orr_pen_node(p));
}

/* A phase: most often of those that a view has without a fault; n_kinds > 0. */
static uint32_t draw_phase(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    return (uint32_t)orr_pen_below(p,
                                   g->n_usual && !orr_pen_one_in(p, 4) ? g->n_usual : g->n_kinds);
}

/* Another does not hear what was said until some phase, most often all of it. */
static void draw_missed(struct orr_pen *p, const struct secrets *s, uint32_t knows,
                        uint32_t phase) {
    bool is_rival = s->n_views && s->last != knows && orr_pen_one_in(p, 2);
    begin_loss(p, s, s->view, 0);
    if (p->ground->n_kinds && orr_pen_one_in(p, 2))
        orr_pen_put_kinds(p, 0, (uint32_t)orr_pen_below(p, phase + 1));
    orr_pen_put(p, ", to: %s.%u", p->ground->group, is_rival ? s->last : another(p, knows));
    orr_pen_end(p);
}

/* What nobody hears, what the others do not hear, what whoever knows does not say, from then on or
 * from the next view on, and what another does not hear. */
static void draw_losses(struct orr_pen *p, const struct secrets *s, uint32_t knows) {
    const struct orr_ground *g = p->ground;
    uint32_t all = (1u << p->plan->n_nodes) - 1, last = g->n_kinds - 1;
    uint32_t phase = g->n_kinds ? draw_phase(p) : 0;
    if (g->n_kinds && orr_pen_one_in(p, 4)) {
        begin_loss(p, s, s->view, orr_pen_one_in(p, 2));
        uint32_t lost = draw_phase(p);
        orr_pen_put_kinds(p, lost, lost);
        orr_pen_end(p);
    }
    if (!orr_pen_one_in(p, 4)) {
        begin_loss(p, s, s->view, 0);
        if (g->n_kinds) orr_pen_put_kinds(p, phase, orr_pen_one_in(p, 2) ? phase : last);
        if (orr_pen_one_in(p, 4)) /* where phases are told by messages of one kind */
            orr_pen_put(p, ", nth: %llu..9", (unsigned long long)(2 + orr_pen_below(p, 2)));
        orr_pen_put(p, ", to: ");
        orr_pen_put_set(p, all & ~(1u << knows));
        orr_pen_end(p);
    }
    if (!orr_pen_one_in(p, 4)) {
        bool is_later = orr_pen_one_in(p, 3);
        begin_loss(p, s, s->view + is_later, orr_pen_one_in(p, 2) ? 0 : 1 + orr_pen_below(p, 6));
        if (g->n_kinds && !orr_pen_one_in(p, is_later ? 1 : 3)) orr_pen_put_kinds(p, phase, last);
        orr_pen_put(p, ", from: %s.%u", g->group, knows);
        orr_pen_end(p);
    }
    if (orr_pen_one_in(p, 2)) draw_missed(p, s, knows, phase);
}

/* Somewhere in the view whoever knows is cut off, for a while; so nobody else hears the rest. */
static void draw_cut(struct orr_pen *p, const struct secrets *s, uint32_t knows) {
    const struct orr_ground *g = p->ground;
    uint64_t block = g->by_view ? s->view : s->height;
    orr_time at =
        (orr_time)(block - 1) * g->beat + (orr_time)orr_pen_below(p, 1 + (uint64_t)g->beat);
    at = at < g->calm_at / 2 ? at - at % 1000 : 0;
    orr_pen_begin(p);
    orr_pen_put_moment(p, "at", at);
    orr_pen_put_time(p, "for", orr_pen_between(p, g->beat, g->calm_at - at));
    orr_pen_put(p, ", do: isolate, target: %s.%u", g->group, knows);
    orr_pen_end(p);
    if (!orr_pen_one_in(p, 4)) draw_missed(p, s, knows, g->n_kinds ? draw_phase(p) : 0);
}

/* A view in four has a leader and nothing else. */
static void draw_view(struct orr_pen *p, const struct secrets *s, uint32_t knows) {
    draw_leader(p, s, knows);
    switch (orr_pen_below(p, 4)) {
    case 0: break;
    case 1: draw_cut(p, s, knows); break;
    default: draw_losses(p, s, knows);
    }
}

/* A lie for all of the plan: as draw.c has them, or the one that takes part in everything that
 * locks and promises forbid; or a silence for good. */
static void draw_lies(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    uint32_t forgets = 1u << ORR_BEHAVIOUR_AMNESIA;
    if (!p->liars || !g->can_lie) return;
    uint64_t what = orr_pen_below(p, 4);
    if (what == 0) return;
    if (what == 1 || (what == 2 && !(g->behaviours & forgets))) {
        orr_pen_draw_lie(p);
        return;
    }
    orr_pen_begin(p);
    if (what == 2)
        orr_pen_put_always(p);
    else
        orr_pen_put_moment(p, "at", orr_pen_between(p, g->beat / 4, g->calm_at));
    orr_pen_put(p, ", do: byzantine, target: %s.%u, behaviour: %s", g->group, orr_pen_liar(p),
                what == 2 ? "amnesia" : "mute");
    orr_pen_end(p);
}

/* All kinds but one are lost: by that one a node hears that views go by, and nothing else. */
static void draw_deaf(struct orr_pen *p, const struct secrets *s, uint32_t node, uint32_t heard,
                      const char *end) {
    const struct orr_ground *g = p->ground;
    uint32_t n = 0;
    orr_pen_begin(p);
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: drop, view: %llu..%llu", (unsigned long long)(s->view + 2),
                (unsigned long long)(s->view + 3));
    if (s->height) orr_pen_put(p, ", height: %llu", (unsigned long long)s->height);
    for (uint32_t k = 0; k < g->n_kinds && p->used < ORR_DECISION_CHARS - 120; k++)
        if (k != heard) orr_pen_put(p, "%s%s", n++ ? ", " : ", kind: [", g->kinds[k]);
    orr_pen_put(p, "%s, %s: %s.%u", n ? "]" : "", end, g->group, node);
    orr_pen_end(p);
}

/* For the view after s->view, and n_more behind it, a node is apart from the rest. */
static void draw_apart(struct orr_pen *p, const struct secrets *s, uint32_t node, uint64_t n_more) {
    uint32_t all = (1u << p->plan->n_nodes) - 1;
    orr_pen_begin(p);
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: partition, view: %llu", (unsigned long long)s->view + 1);
    if (n_more) orr_pen_put(p, "..%llu", (unsigned long long)(s->view + 1 + n_more));
    if (s->height) orr_pen_put(p, ", height: %llu", (unsigned long long)s->height);
    orr_pen_put(p, ", groups: [");
    orr_pen_put_set(p, 1u << node);
    orr_pen_put(p, ", ");
    orr_pen_put_set(p, all & ~(1u << node));
    orr_pen_put(p, "]");
    orr_pen_end(p);
}

/* Two nodes take turns: who is in the know leads the second of two views, apart, and is deaf while
 * the other learns.  Most often what it still hears is what is only said when something is wrong.
 */
static void draw_rivals(struct orr_pen *p, struct secrets *s) {
    const struct orr_ground *g = p->ground;
    uint32_t n_unusual = g->n_kinds - g->n_usual, heard = g->n_kinds;
    if (n_unusual && !orr_pen_one_in(p, 4))
        heard = g->n_usual + (uint32_t)orr_pen_below(p, n_unusual);
    bool is_deaf = g->n_kinds && !orr_pen_one_in(p, 4);
    uint64_t n = 2 + orr_pen_below(p, 3);
    for (uint64_t k = 0; k < n; k++, s->view += 2) {
        uint32_t knows = s->cast[k % 2];
        draw_lead(p, s->view, k < 2 || orr_pen_one_in(p, 4) ? orr_pen_node(p) : knows);
        draw_lead(p, s->view + 1, knows);
        if (k + 1 == n) break;
        draw_apart(p, s, knows, 0);
        if (is_deaf) draw_deaf(p, s, knows, heard, "to");
        if (is_deaf) draw_deaf(p, s, knows, heard, "from");
    }
}

/* While, or soon after, one node learns something, others fail and return: what they do not keep on
 * their disks is forgotten. */
static void draw_failure(struct orr_pen *p, const struct secrets *s) {
    const struct orr_ground *g = p->ground;
    uint64_t block = g->by_view ? s->view : s->height;
    orr_time at = (orr_time)(block - 1) * g->beat;
    if (p->plan->n == ORR_DECISIONS_MAX) return;
    if (at > g->calm_at / 2) at = g->calm_at / 2;
    at += orr_pen_between(p, g->beat / 8, (g->calm_at - at) / 2);
    at -= at % 1000;
    uint32_t all = (1u << p->plan->n_nodes) - 1;
    uint64_t who = orr_pen_below(p, 3);
    orr_pen_begin(p);
    orr_pen_put_outage(p, at, g->calm_at - at,
                       who == 0   ? all
                       : who == 1 ? all & ~(1u << s->cast[0])
                                  : orr_pen_some(p));
    orr_pen_end(p);
}

/* What comes last of what is said in a view without a fault, as far as it is known: message nth of
 * a kind from one node to another. */
struct moment_of_view {
    uint32_t kind, nth;
};

/* Each message of a view is as likely as any other. */
static struct moment_of_view draw_moment_of_view(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    uint32_t n = 0, kind = 0;
    if (!g->n_usual) return (struct moment_of_view){draw_phase(p), 1};
    for (uint32_t k = 0; k < g->n_usual; k++) n += g->n_in_view[k];
    uint32_t at = (uint32_t)orr_pen_below(p, n);
    while (at >= g->n_in_view[kind]) at -= g->n_in_view[kind++]; /* ends: at < n */
    return (struct moment_of_view){kind, at + 1};
}

/* Nobody else learns how a view ends: what is said from a moment on is lost on its way to the
 * others, or on its way from the node that knows. */
static void draw_end(struct orr_pen *p, const struct secrets *s, uint32_t knows,
                     struct moment_of_view from) {
    const struct orr_ground *g = p->ground;
    uint32_t all = (1u << p->plan->n_nodes) - 1, last = g->n_kinds - 1;
    bool is_alone = from.nth > 1 || orr_pen_one_in(p, 3);
    begin_loss(p, s, s->view, 0);
    if (g->n_kinds) orr_pen_put_kinds(p, from.kind, is_alone ? from.kind : last);
    if (from.nth > 1) orr_pen_put(p, ", nth: %u..9", from.nth);
    if (orr_pen_one_in(p, 3)) {
        orr_pen_put(p, ", to: ");
        orr_pen_put_set(p, all & ~(1u << knows));
    } else {
        orr_pen_put(p, ", from: %s.%u", g->group, knows);
    }
    orr_pen_end(p);
}

/* Who forgets what it has promised: a liar, or those who fail. */
static void draw_forgetful(struct orr_pen *p, const struct secrets *s, uint32_t liar) {
    const struct orr_ground *g = p->ground;
    uint64_t what = orr_pen_below(p, 6);
    if (what < 3 && g->can_lie && g->behaviours & 1u << ORR_BEHAVIOUR_AMNESIA) {
        orr_pen_begin(p);
        orr_pen_put_always(p);
        orr_pen_put(p, ", do: byzantine, target: %s.%u, behaviour: amnesia", g->group, liar);
        orr_pen_end(p);
    } else if (what < 5) {
        draw_failure(p, s);
    } else {
        draw_lies(p);
    }
}

/* The whole of it at once: one node alone learns how a view ends, another has missed some of it, a
 * third or those who fail forget it; the first is apart for some views, and the next leader is one
 * of those who do not know. */
static void draw_lone(struct orr_pen *p, struct secrets *s) {
    const struct orr_ground *g = p->ground;
    uint32_t knows = s->cast[0], missed = s->cast[1], liar = p->liars ? orr_pen_liar(p) : missed;
    if (knows == liar) knows = s->cast[0] = another(p, liar); /* what a liar decides is nobody's */
    if (missed == knows) missed = s->cast[1] = another(p, knows);
    struct moment_of_view end = draw_moment_of_view(p);
    draw_forgetful(p, s, liar);
    if (!orr_pen_one_in(p, 3))
        draw_lead(p, s->view, orr_pen_one_in(p, 4) ? orr_pen_node(p) : knows);
    if (orr_pen_one_in(p, 4))
        draw_cut(p, s, knows);
    else
        draw_end(p, s, knows, end);
    if (!orr_pen_one_in(p, 3)) {
        begin_loss(p, s, s->view, 0);
        if (g->n_kinds && !orr_pen_one_in(p, 3))
            orr_pen_put_kinds(p, 0, (uint32_t)orr_pen_below(p, end.kind + 1));
        orr_pen_put(p, ", to: %s.%u", g->group, missed);
        orr_pen_end(p);
    }
    draw_apart(p, s, knows, orr_pen_below(p, 6));
    if (!orr_pen_one_in(p, 4)) draw_lead(p, s->view + 1, orr_pen_one_in(p, 2) ? liar : missed);
}

/* One node, before all is calm, does not hear what the first view says, or some of it. */
void orr_pen_draw_loss(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    struct secrets s = {.view = g->by_view, .height = !g->by_view};
    uint32_t node = orr_pen_node(p);
    bool hears = orr_pen_one_in(p, 2);
    begin_loss(p, &s, s.view, 0);
    if (g->n_kinds && orr_pen_one_in(p, 2)) {
        uint32_t first = (uint32_t)orr_pen_below(p, g->n_kinds);
        orr_pen_put_kinds(p, first, orr_pen_one_in(p, 2) ? first : g->n_kinds - 1);
    }
    orr_pen_put(p, ", %s: %s.%u", hears ? "from" : "to", g->group, node);
    orr_pen_end(p);
}

void orr_pen_draw_lost_vote(struct orr_pen *p, uint32_t kind) {
    const struct orr_ground *g = p->ground;
    orr_pen_begin(p);
    orr_pen_put_always(p);
    orr_pen_put(p, ", do: drop, view: %d", g->by_view);
    if (!g->by_view) orr_pen_put(p, ", height: 1");
    orr_pen_put_kinds(p, kind, kind);
    orr_pen_put(p, ", from: %s.%u", g->group, orr_pen_node(p));
    orr_pen_end(p);
}

void orr_pen_draw_secrets(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    struct secrets s = {.has_cast = orr_pen_one_in(p, 2)};
    if (g->by_view)
        s.view = 1 + orr_pen_below(p, 1 + orr_pen_below(p, g->last_view < 12 ? g->last_view : 12));
    else
        s.height =
            1 + orr_pen_below(p, 1 + orr_pen_below(p, g->last_height < 4 ? g->last_height : 4));
    s.cast[0] = p->liars && orr_pen_one_in(p, 4) ? orr_pen_liar(p) : orr_pen_node(p);
    s.cast[1] = another(p, s.cast[0]);
    if (orr_pen_one_in(p, 3)) {
        draw_lone(p, &s);
        return;
    }
    draw_lies(p);
    if (orr_pen_one_in(p, 4)) draw_failure(p, &s);
    if (orr_pen_one_in(p, 4)) {
        draw_rivals(p, &s);
        return;
    }
    for (uint64_t n = 1 + orr_pen_below(p, VIEWS_MOST); n > 0; n--, s.n_views++) {
        uint32_t knows = s.has_cast ? s.cast[s.n_views % 2] : orr_pen_node(p);
        if (p->plan->n + 5 > ORR_DECISIONS_MAX) return;
        draw_view(p, &s, knows);
        s.view += orr_pen_one_in(p, 4) ? 2 : 1;
        s.last = knows;
    }
}
