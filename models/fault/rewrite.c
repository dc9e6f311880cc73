/* rewrite.c - the behaviours that act on one sent message at a time. */
#include <assert.h>

#include "models/base/cost.h"
#include "models/fault/about.h"
#include "models/fault/byzantine_node.h"
#include "models/fault/mutate.h"

static bool is_in(const struct orr_byzantine_range *range, bool is_known, uint64_t n) {
    return !range->is_given || (is_known && n >= range->first && n <= range->last &&
                                (n - range->first) % range->step == 0);
}

/* Is the message about one of the views and heights that are meant? */
static bool is_meant(const struct orr_byzantine_node *f, const struct orr_msg *m) {
    const struct orr_byzantine_config *cfg = f->cfg;
    if (!cfg->view.is_given && !cfg->height.is_given) return true;
    struct orr_about about = orr_about_message(cfg->inner, f->env->common, m);
    if (!about.has_view && cfg->inner->report.stand) {
        struct orr_stand stand;
        cfg->inner->report.stand(orr_byzantine_inner(f), &stand);
        orr_about_sender(&about, &stand);
    }
    return is_in(&cfg->view, about.has_view, about.view) &&
           is_in(&cfg->height, about.has_height, about.height);
}

static bool is_affected(struct orr_byzantine_node *f, const struct orr_msg *m) {
    const struct orr_byzantine_config *cfg = f->cfg;
    if (cfg->n_types) {
        uint32_t i = 0;
        while (i < cfg->n_types && (!m || cfg->types[i] != orr_msg_type(m))) i++;
        if (i == cfg->n_types) return false;
    }
    if (!is_meant(f, m)) return false;
    return cfg->p == ORR_BYZANTINE_ONE || orr_rng_below(&f->rng, ORR_BYZANTINE_ONE) < cfg->p;
}

/* A free place in f->held. */
static uint32_t held_place(struct orr_byzantine_node *f) {
    if (f->free_held == ORR_NOBODY) {
        uint32_t cap = f->cap_held ? 2 * f->cap_held : 16;
        struct orr_mem *mem = f->env->common->mem;
        f->held = orr_resize(mem, f->held, f->cap_held * sizeof f->held[0],
                             cap * sizeof f->held[0]);
        for (uint32_t i = f->cap_held; i < cap; i++)
            f->held[i] = (struct orr_effect){.peer = i + 1 < cap ? i + 1 : ORR_NOBODY};
        f->free_held = f->cap_held;
        f->cap_held = cap;
    }
    uint32_t place = f->free_held;
    f->free_held = f->held[place].peer;
    return place;
}

static orr_time drawn_delay(struct orr_byzantine_node *f) {
    const struct orr_byzantine_config *cfg = f->cfg;
    return cfg->delays_ns[cfg->n_delays == 1 ? 0 : orr_rng_below(&f->rng, cfg->n_delays)];
}

static void hold(struct orr_byzantine_node *f, struct orr_effect e, orr_time due,
                 struct orr_outbox *out) {
    uint32_t place = held_place(f);
    f->held[place] = e;
    if (orr_timers_set(&f->due, place, due)) orr_arm(out, f->cfg->inner->n_timers, due);
}

static void delay(struct orr_byzantine_node *f, struct orr_effect e, orr_time now,
                  struct orr_outbox *out) {
    orr_time by = drawn_delay(f);
    hold(f, e, by < ORR_NEVER - now ? now + by : ORR_NEVER - 1, out);
}

/* Its own patience is as long as that of the others, who began to wait at about the same time. */
static void delay_to_the_edge(struct orr_byzantine_node *f, struct orr_effect e, orr_time now,
                              struct orr_outbox *out) {
    const struct orr_protocol *inner = f->cfg->inner;
    orr_time end = ORR_NEVER;
    for (uint32_t i = 0; i < inner->n_timers; i++)
        if (inner->fault.patience >> i & 1 && f->armed[i] < end) end = f->armed[i];
    orr_time by = drawn_delay(f);
    if (end == ORR_NEVER || end - now <= by) orr_effect(out, e);
    else hold(f, e, end - by, out);
}

void orr_byzantine_release(struct orr_byzantine_node *f, orr_time now, struct orr_outbox *out) {
    for (uint32_t place; orr_timers_next(&f->due, now, &place);) {
        orr_effect(out, f->held[place]);
        f->held[place] = (struct orr_effect){.peer = f->free_held};
        f->free_held = place;
    }
    if (f->due.n) orr_arm(out, f->cfg->inner->n_timers, orr_timers_first(&f->due));
}

/* The conflicting variant of m, lent; NULL: none. */
static struct orr_msg *forgery_of(struct orr_byzantine_node *f, struct orr_msg *m,
                                  struct orr_outbox *out) {
    if (f->forged_from == m) return f->forged;
    orr_msg_unref(out->pool, f->forged_from);
    orr_msg_unref(out->pool, f->forged);
    f->forged_from = orr_msg_ref(m);
    out->forging = true;
    f->forged = f->cfg->inner->fault.forge(orr_byzantine_inner(f), m, out->pool);
    out->forging = false;
    if (f->forged) out->busy_ns += f->env->common->costs->sign_ns;
    return f->forged;
}

static void equivocate(struct orr_byzantine_node *f, struct orr_effect e, struct orr_outbox *out) {
    struct orr_msg *forged = e.msg ? forgery_of(f, e.msg, out) : NULL;
    if (!forged) {
        orr_effect(out, e);
    } else if (e.kind == ORR_SEND) {
        if (!f->cfg->to && orr_byzantine_is_friend(f, e.peer)) {
            orr_effect(out, e);
        } else {
            orr_send(out, e.peer, orr_msg_ref(forged));
            orr_msg_unref(out->pool, e.msg);
        }
    } else {
        struct orr_msg *original = e.msg;
        orr_byzantine_expand(f, e, true, out);
        e.msg = forged;
        orr_byzantine_expand(f, e, false, out);
        orr_msg_unref(out->pool, original);
    }
}

/* To whom m goes its contradiction goes too, behind it. */
static void say_both(struct orr_byzantine_node *f, struct orr_effect e, struct orr_outbox *out) {
    struct orr_effect other = e;
    other.msg = e.msg ? orr_msg_ref(forgery_of(f, e.msg, out)) : NULL;
    orr_effect(out, e);
    if (other.msg) orr_effect(out, other);
}

/* An earlier message of m's kind, drawn, or NULL. */
static const struct orr_msg *earlier(struct orr_byzantine_node *f, const struct orr_msg *m) {
    uint64_t n = f->n_sent < ORR_BYZANTINE_REPLAY_DEPTH ? f->n_sent : ORR_BYZANTINE_REPLAY_DEPTH;
    uint64_t first = n ? orr_rng_below(&f->rng, n) : 0;
    for (uint64_t i = 0; i < n; i++) {
        const struct orr_msg *sent = f->sent[(first + i) % n];
        if (sent && sent != m && sent->kind == m->kind) return sent;
    }
    return NULL;
}

/* m with a field changed, or NULL: fields in turn from one that is drawn. */
static struct orr_msg *mutation_of(struct orr_byzantine_node *f, const struct orr_msg *m,
                                   struct orr_outbox *out) {
    const struct orr_byzantine_config *cfg = f->cfg;
    enum orr_change change = cfg->change;
    if (change == ORR_N_CHANGES) change = (enum orr_change)orr_rng_below(&f->rng, ORR_N_CHANGES);
    uint64_t first = orr_rng_below(&f->rng, cfg->n_fields);
    for (uint64_t i = 0; i < cfg->n_fields; i++) {
        const struct orr_msg_field *field = cfg->fields[(first + i) % cfg->n_fields];
        if (field->message != m->kind) continue;
        const struct orr_msg *from = change == ORR_CHANGE_EARLIER ? earlier(f, m)
                                     : m->kind < ORR_BYZANTINE_KINDS ? f->heard[m->kind] : NULL;
        struct orr_msg *changed = orr_mutate(cfg->inner, f->env->common, f->env->self, field,
                                             change, m, from, out->pool);
        if (changed) return changed;
    }
    return NULL;
}

static void mutate(struct orr_byzantine_node *f, struct orr_effect e, struct orr_outbox *out) {
    if (f->forged_from != e.msg) {
        orr_msg_unref(out->pool, f->forged_from);
        orr_msg_unref(out->pool, f->forged);
        f->forged_from = orr_msg_ref(e.msg);
        f->forged = mutation_of(f, e.msg, out);
        if (f->forged) out->busy_ns += f->env->common->costs->sign_ns;
    }
    if (f->forged) {
        orr_msg_unref(out->pool, e.msg);
        e.msg = orr_msg_ref(f->forged);
    }
    orr_effect(out, e);
}

static void corrupt(struct orr_byzantine_node *f, struct orr_effect e, struct orr_outbox *out) {
    struct orr_msg *m = e.msg;
    uint32_t size = orr_msg_size(m), first = (uint32_t)orr_rng_below(&f->rng, size);
    uint32_t n = 1 + (uint32_t)orr_rng_below(&f->rng, 4); /* <= ORR_MSG_HEADER_BYTES */
    e.msg = orr_msg_clone(out->pool, m);
    for (uint32_t i = 0; i < n; i++) /* distinct bytes, each really changed */
        orr_msg_damage(e.msg, (first + i) % size, (uint8_t)(1 + orr_rng_below(&f->rng, 255)));
    orr_msg_unref(out->pool, m);
    orr_effect(out, e);
}

static void remember(struct orr_byzantine_node *f, struct orr_msg *m, struct orr_outbox *out) {
    struct orr_msg **slot = &f->sent[f->n_sent++ % ORR_BYZANTINE_REPLAY_DEPTH];
    orr_msg_unref(out->pool, *slot);
    *slot = orr_msg_ref(m);
}

static void replay(struct orr_byzantine_node *f, struct orr_effect e, bool affected,
                   struct orr_outbox *out) {
    if (affected && f->n_sent) {
        uint64_t n =
            f->n_sent < ORR_BYZANTINE_REPLAY_DEPTH ? f->n_sent : ORR_BYZANTINE_REPLAY_DEPTH;
        struct orr_effect old = e;
        old.msg = orr_msg_ref(f->sent[orr_rng_below(&f->rng, n)]);
        remember(f, e.msg, out);
        orr_effect(out, e);
        orr_effect(out, old);
    } else {
        remember(f, e.msg, out);
        orr_effect(out, e);
    }
}

static void act(struct orr_byzantine_node *f, struct orr_effect e, orr_time now, bool affected,
                struct orr_outbox *out);

/* To each peer by itself: those that are meant get what the behaviour makes of it. */
static void act_on_some(struct orr_byzantine_node *f, struct orr_effect e, orr_time now,
                        struct orr_outbox *out) {
    const uint8_t *to = f->cfg->to;
    if (e.kind == ORR_SEND) {
        act(f, e, now, to[e.peer], out);
        return;
    }
    for (uint32_t i = 0; i < out->links->n; i++) {
        orr_peer peer = orr_links_at(out->links, f->env->self, i);
        if (peer == e.peer) continue;
        struct orr_effect one = {
            .kind = ORR_SEND, .peer = peer, .msg = orr_msg_ref(e.msg)};
        act(f, one, now, to[peer], out);
    }
    orr_msg_unref(out->pool, e.msg);
}

void orr_byzantine_rewrite(struct orr_byzantine_node *f, struct orr_effect e, orr_time now,
                       struct orr_outbox *out) {
    assert(e.kind == ORR_SEND || e.kind == ORR_CAST);
    bool affected = f->on && is_affected(f, e.msg);
    if (f->cfg->behaviour == ORR_BEHAVIOUR_MUTATE && e.msg) remember(f, e.msg, out);
    if (affected && f->cfg->to) act_on_some(f, e, now, out);
    else act(f, e, now, affected, out);
}

static void act(struct orr_byzantine_node *f, struct orr_effect e, orr_time now, bool affected,
                struct orr_outbox *out) {
    if (f->cfg->behaviour == ORR_BEHAVIOUR_REPLAY) {
        replay(f, e, affected, out);
        return;
    }
    if (!affected) {
        orr_effect(out, e);
        return;
    }
    switch (f->cfg->behaviour) {
    case ORR_BEHAVIOUR_MUTE: orr_msg_unref(out->pool, e.msg); break;
    case ORR_BEHAVIOUR_DELAY: delay(f, e, now, out); break;
    case ORR_BEHAVIOUR_EDGE: delay_to_the_edge(f, e, now, out); break;
    case ORR_BEHAVIOUR_DOUBLE: say_both(f, e, out); break;
    case ORR_BEHAVIOUR_AMNESIA:
    case ORR_BEHAVIOUR_REORG: orr_effect(out, e); break; /* the node itself does it */
    case ORR_BEHAVIOUR_MUTATE:
        if (e.msg) mutate(f, e, out);
        else orr_effect(out, e);
        break;
    case ORR_BEHAVIOUR_EQUIVOCATE: equivocate(f, e, out); break;
    case ORR_BEHAVIOUR_CORRUPT: corrupt(f, e, out); break;
    default: assert(!"a behaviour without a rewrite"); orr_effect(out, e);
    }
}
