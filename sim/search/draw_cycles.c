/* draw_cycles.c - plans without an end, for liveness.
 *
 * Once all is calm, protocols promise decisions though a third less one goes on to lie and every
 * message may take as long as the bound on delays allows.  What stops one that is not sound is a
 * pattern that comes back as its leaders do: in each turn the liar helps one node alone, or what
 * one node knows comes late to the others (hidden locks: arXiv 1803.05069, 4.4; tendermint issue
 * 7900). Such a plan has a period in views, says who is in the know in which view of it, and is the
 * same in all others; before all is calm a loss or two may set the stage.
 *
 * Delays that do not end stay within ground->late_by, which has been measured: with all messages so
 * late no view is lost. */
#include "sim/search/pen.h"

enum { FOR_EVER = 1000000 /* views */ };

struct cycle {
    uint32_t period;
    uint32_t knows[ORR_PLAN_NODES_MAX]; /* [period] in each view of it                      */
    uint32_t known;                     /* bits: the views of the period in which somebody is   */
    uint32_t liar;
    uint32_t vote; /* the kind by which the liar helps, of ground->kinds   */
};

/* ", view: 3..1000000/4": view k of each period. */
static void put_turn(struct orr_pen *p, const struct cycle *c, uint32_t k) {
    orr_pen_put(p, ", view: %u..%u", k + p->ground->by_view, FOR_EVER);
    if (c->period > 1) orr_pen_put(p, "/%u", c->period);
}

static void put_kinds(struct orr_pen *p, uint32_t set) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < p->ground->n_kinds && p->used < ORR_DECISION_CHARS - 120; k++)
        if (set >> k & 1) orr_pen_put(p, "%s%s", n++ ? ", " : ", kind: [", p->ground->kinds[k]);
    if (n) orr_pen_put(p, "]");
}

static void begin_lie(struct orr_pen *p, const struct cycle *c, const char *behaviour) {
    orr_pen_begin(p);
    orr_pen_put(p, "at: 0 s, do: byzantine, target: %s.%u, behaviour: %s", p->ground->group,
                c->liar, behaviour);
}

static bool is_known(const struct cycle *c, uint32_t k) { return c->known >> k & 1; }

/* In some views one node alone hears the liar's vote, in the others nobody. */
static void draw_help(struct orr_pen *p, const struct cycle *c) {
    const struct orr_ground *g = p->ground;
    uint32_t all = (1u << p->plan->n_nodes) - 1;
    for (uint32_t k = 0; k < c->period && p->plan->n < ORR_DECISIONS_MAX; k++) {
        uint32_t knows = c->knows[k];
        if (is_known(c, k) && knows == c->liar) continue;
        begin_lie(p, c, "mute");
        put_turn(p, c, k);
        orr_pen_put(p, ", kind: %s", g->kinds[c->vote]);
        if (is_known(c, k)) {
            orr_pen_put(p, ", to: ");
            orr_pen_put_set(p, all & ~(1u << knows | 1u << c->liar));
        }
        orr_pen_end(p);
    }
}

/* It says nothing but that. */
static void draw_silence(struct orr_pen *p, const struct cycle *c) {
    const struct orr_ground *g = p->ground;
    if (g->n_kinds < 2 || p->plan->n == ORR_DECISIONS_MAX) return;
    begin_lie(p, c, "mute");
    put_kinds(p, ((1u << g->n_kinds) - 1) & ~(1u << c->vote));
    orr_pen_end(p);
}

/* What a liar does for ever. */
static void draw_liar(struct orr_pen *p, const struct cycle *c) {
    const struct orr_ground *g = p->ground;
    bool helps = g->n_kinds && orr_pen_one_in(p, 2);
    if (g->behaviours & 1u << ORR_BEHAVIOUR_AMNESIA && orr_pen_one_in(p, 2)) {
        begin_lie(p, c, "amnesia");
        orr_pen_end(p);
    }
    if (g->behaviours & 1u << ORR_BEHAVIOUR_EDGE && orr_pen_one_in(p, 2)) {
        orr_time by = orr_pen_between(p, g->beat / 16, g->beat);
        begin_lie(p, c, "edge");
        if (g->n_kinds) orr_pen_put(p, ", kind: %s", g->kinds[c->vote]);
        orr_pen_put_time(p, "by", by);
        orr_pen_end(p);
    }
    if (helps) draw_help(p, c);
    if (helps ? orr_pen_one_in(p, 2) : orr_pen_one_in(p, 6)) draw_silence(p, c);
}

/* Kinds as bits: some phases in a row, of the end of a view and the start of the next too, and with
 * them what is only said when something is wrong; 0: all. */
static uint32_t draw_kinds(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    uint32_t set = 0;
    if (!g->n_usual || orr_pen_one_in(p, 4)) return 0;
    uint32_t first = (uint32_t)orr_pen_below(p, g->n_usual);
    uint32_t n = 1 + (uint32_t)orr_pen_below(p, g->n_usual);
    for (uint32_t k = 0; k < n; k++) set |= 1u << (first + k) % g->n_usual;
    for (uint32_t k = g->n_usual; k < g->n_kinds; k++) set |= 1u << k;
    return set;
}

/* What those in the know say comes late; kinds as bits, 0: all. */
static void draw_delays(struct orr_pen *p, const struct cycle *c, uint32_t kinds) {
    const struct orr_ground *g = p->ground;
    if (g->late_by < 1000000) return;
    orr_time by =
        orr_pen_one_in(p, 2) ? g->late_by : orr_pen_between(p, g->late_by / 8, g->late_by);
    for (uint32_t k = 0; k < c->period && p->plan->n < ORR_DECISIONS_MAX; k++) {
        if (!is_known(c, k)) continue;
        orr_pen_begin(p);
        orr_pen_put(p, "do: delay, from: %s.%u", g->group, c->knows[k]);
        put_turn(p, c, k);
        put_kinds(p, kinds);
        orr_pen_put_time(p, "by", by);
        orr_pen_end(p);
    }
}

/* Which views of the period: all, each second one, or some. */
static uint32_t draw_known(struct orr_pen *p, uint32_t period) {
    uint32_t all = (1u << period) - 1;
    switch (orr_pen_below(p, 4)) {
    case 0: return (uint32_t)orr_pen_below(p, all + 1);
    case 1: return all & (orr_pen_one_in(p, 2) ? 0x15555555u : 0x2aaaaaaau);
    default: return all;
    }
}

/* After how many views the same nodes lead again; 0: it is not known. */
static uint32_t turns_of(const struct orr_ground *g) {
    uint32_t first = g->by_view, n = 0;
    while (first + n < ORR_GROUND_LEADERS && g->leaders[first + n]) n++;
    for (uint32_t turn = 1; 2 * turn <= n; turn++) {
        uint32_t k = 0;
        while (k + turn < n && g->leaders[first + k] == g->leaders[first + k + turn]) k++;
        if (k + turn == n) return turn;
    }
    return 0;
}

/* Whoever leads a view is in the know in it, or the next leader is; or nodes by turns. */
static void draw_turns(struct orr_pen *p, struct cycle *c) {
    const struct orr_ground *g = p->ground;
    uint32_t n = p->plan->n_nodes, turn = turns_of(g), shift = 0;
    bool is_led = turn && turn <= n && n == g->n_nodes && !orr_pen_one_in(p, 4);
    c->period = is_led ? turn : n;
    if (!is_led && orr_pen_one_in(p, 2)) c->period = 1 + (uint32_t)orr_pen_below(p, n);
    if (c->period > 30) c->period = 30; /* bits of `known` */
    if (orr_pen_one_in(p, 2)) shift = is_led ? 1 : orr_pen_node(p);
    for (uint32_t k = 0; k < c->period; k++)
        c->knows[k] = is_led ? g->leaders[g->by_view + (k + shift) % turn] - 1u : (k + shift) % n;
    c->known = draw_known(p, c->period);
}

/* What follows a phase of a view: the later ones, what is only said when something is wrong, and
 * perhaps the first of the next view. */
static uint32_t draw_what_follows(struct orr_pen *p, uint32_t phase) {
    const struct orr_ground *g = p->ground;
    uint32_t first = (uint32_t)orr_pen_below(p, phase + 1), set = (1u << first) - 1;
    for (uint32_t k = phase + 1; k < g->n_kinds; k++) set |= 1u << k;
    return set;
}

/* What a lock that is hidden over and over is made of: in the first view a node's vote is lost, so
 * that what comes of it waits for the liar's; the liar votes at the last moment; and what follows
 * from that is late from whoever learns it, most often the leader.  All three are about one phase.
 */
static void draw_hidden(struct orr_pen *p, struct cycle *c) {
    const struct orr_ground *g = p->ground;
    uint32_t turn = turns_of(g);
    if (turn && turn <= p->plan->n_nodes && !orr_pen_one_in(p, 3)) {
        c->period = turn;
        c->known = (1u << turn) - 1;
        for (uint32_t k = 0; k < turn; k++) c->knows[k] = g->leaders[g->by_view + k] - 1u;
    }
    c->vote = (uint32_t)orr_pen_below(p, g->n_usual);
    orr_pen_draw_lost_vote(p, c->vote);
    begin_lie(p, c, "edge");
    orr_pen_put(p, ", kind: %s", g->kinds[c->vote]);
    orr_pen_put_time(p, "by", orr_pen_between(p, g->beat / 8, g->beat));
    orr_pen_end(p);
    draw_delays(p, c, draw_what_follows(p, c->vote));
}

void orr_pen_draw_cycles(struct orr_pen *p) {
    const struct orr_ground *g = p->ground;
    struct cycle c = {0};
    bool lies = g->can_lie && p->liars && !orr_pen_one_in(p, 6);
    draw_turns(p, &c);
    if (lies) c.liar = orr_pen_liar(p);
    if (lies && g->n_usual && g->behaviours & 1u << ORR_BEHAVIOUR_EDGE && orr_pen_one_in(p, 2)) {
        draw_hidden(p, &c);
        return;
    }
    uint32_t n_kinds = g->n_usual && !orr_pen_one_in(p, 4) ? g->n_usual : g->n_kinds;
    c.vote = g->n_kinds ? (uint32_t)orr_pen_below(p, n_kinds) : 0;
    if (!orr_pen_one_in(p, 3)) orr_pen_draw_loss(p);
    if (lies && orr_pen_one_in(p, 3)) {
        p->lasts = true;
        for (uint64_t n = 1 + orr_pen_below(p, 3); n > 0; n--) orr_pen_draw_lie(p);
    } else if (lies) {
        draw_liar(p, &c);
    }
    if (!lies || orr_pen_one_in(p, 2)) draw_delays(p, &c, draw_kinds(p));
}
