#include "models/gossip/hyparview.h"

#include <assert.h>

#include "models/base/bytes.h"

enum { SAMPLE_ACTIVE = 3, SAMPLE_PASSIVE = 4 }; /* the paper's k_a and k_p, section 5.1 */

void orr_view_init(struct orr_view *v, const struct orr_env *env,
                   const struct orr_view_config *cfg, uint8_t kinds_above) {
    struct orr_mem *mem = env->common->mem;
    *v = (struct orr_view){
        .cfg = cfg, .env = env, .dialled = ORR_NOBODY, .kinds_above = kinds_above};
    if (!cfg->active) return;
    v->active = orr_alloc(mem, cfg->active * sizeof *v->active);
    v->passive = orr_alloc(mem, cfg->passive * sizeof *v->passive);
}

void orr_view_fini(struct orr_view *v) {
    struct orr_mem *mem = v->env->common->mem;
    orr_free(mem, v->active, v->active ? v->cfg->active * sizeof *v->active : 0);
    orr_free(mem, v->passive, v->passive ? v->cfg->passive * sizeof *v->passive : 0);
}

/* ---- lists of peers ---- */

static uint32_t place(const orr_peer *list, uint32_t n, orr_peer peer) {
    uint32_t i = 0;
    while (i < n && list[i] != peer) i++;
    return i;
}
static bool drop(orr_peer *list, uint32_t *n, orr_peer peer) {
    uint32_t i = place(list, *n, peer);
    if (i == *n) return false;
    memmove(list + i, list + i + 1, (--*n - i) * sizeof *list);
    return true;
}

bool orr_view_is_active(const struct orr_view *v, orr_peer peer) {
    return place(v->active, v->n_active, peer) < v->n_active;
}

/* One of the active view that is not in list[n], or ORR_NOBODY. */
static orr_peer pick(const struct orr_view *v, const orr_peer *list, uint32_t n,
                     struct orr_rng *rng) {
    uint32_t fits = 0, which;
    for (uint32_t i = 0; i < v->n_active; i++) fits += place(list, n, v->active[i]) == n;
    if (!fits) return ORR_NOBODY;
    which = (uint32_t)orr_rng_below(rng, fits);
    for (uint32_t i = 0; i < v->n_active; i++)
        if (place(list, n, v->active[i]) == n && which-- == 0) return v->active[i];
    return ORR_NOBODY;
}

/* A peer's word may name anybody: only nodes that there are. */
static void know(struct orr_view *v, orr_peer peer, struct orr_rng *rng) {
    if (peer == v->env->self || peer >= v->env->common->n_nodes) return;
    if (orr_view_is_active(v, peer)) return;
    if (place(v->passive, v->n_passive, peer) < v->n_passive) return;
    if (v->n_passive == v->cfg->passive)
        drop(v->passive, &v->n_passive, v->passive[orr_rng_below(rng, v->n_passive)]);
    v->passive[v->n_passive++] = peer;
    assert(v->n_passive <= v->cfg->passive);
}

/* ---- messages ---- */

static void tell(const struct orr_view *v, orr_peer to, enum orr_view_kind kind,
                 const uint32_t *words, uint32_t n, struct orr_outbox *out) {
    assert(n <= ORR_VIEW_WORDS_MAX);
    struct orr_msg *m = orr_msg_new(out->pool, (uint16_t)(kind + v->kinds_above), n * 4);
    for (uint32_t i = 0; i < n; i++) orr_store_le32(m->data + (size_t)i * 4, words[i]);
    orr_send(out, to, m);
}

/* Up to `most` of a list, each at most once. */
static uint32_t sample(const orr_peer *list, uint32_t n, uint32_t most, uint32_t *words,
                       struct orr_rng *rng) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < n && taken < most; i++) /* Knuth, 3.4.2, algorithm S */
        if (orr_rng_below(rng, n - i) < most - taken) words[taken++] = list[i];
    return taken;
}

/* ---- the active view ---- */

static void dial(struct orr_view *v, orr_peer peer, enum orr_view_kind to, bool must,
                 struct orr_outbox *out) {
    if (v->dialled != ORR_NOBODY) return;
    v->dialled = peer;
    v->n_waits = 0;
    v->dialled_to = (uint16_t)to;
    v->dialled_must = must;
    orr_dial(out, peer);
}

/* Of the first nodes of the cohort a random one.  At the start these join by an earlier one each,
 * so that they are one network; who has lost all its links joins by any of the others. */
static void join(struct orr_view *v, bool is_start, struct orr_outbox *out) {
    const struct orr_cohort *c = v->env->common->cohort;
    uint64_t n = v->cfg->bootstrap < c->n ? v->cfg->bootstrap : c->n, own = 0;
    while (own < n && c->members[own] != v->env->self) own++;
    bool is_first = own < n;
    if (is_start && !is_first) return; /* at its first tick */
    uint64_t others = is_first ? (is_start ? own : n - 1) : n;
    if (!others) return; /* the first of all */
    uint64_t which = orr_rng_below(out->rng, others);
    dial(v, c->members[which + (which >= own)], ORR_VIEW_JOIN, true, out);
}

/* One more is looked for, if there is room. */
static void fill(struct orr_view *v, struct orr_outbox *out) {
    if (v->dialled != ORR_NOBODY || v->n_active == v->cfg->active) return;
    if (!v->n_passive) {
        if (!v->n_active) join(v, false, out);
        return;
    }
    orr_peer peer = v->passive[orr_rng_below(out->rng, v->n_passive)];
    dial(v, peer, ORR_VIEW_NEIGHBOR, v->n_active == 0, out);
}

static void take(struct orr_view *v, orr_peer peer, struct orr_outbox *out) {
    if (orr_view_is_active(v, peer)) return;
    if (v->n_active == v->cfg->active) { /* a random one goes */
        orr_peer old = v->active[orr_rng_below(out->rng, v->n_active)];
        tell(v, old, ORR_VIEW_DISCONNECT, NULL, 0, out);
        orr_hangup(out, old);
        drop(v->active, &v->n_active, old);
        know(v, old, out->rng);
    }
    drop(v->passive, &v->n_passive, peer);
    v->active[v->n_active++] = peer;
    assert(v->n_active <= v->cfg->active);
}

static void heard_up(struct orr_view *v, orr_peer peer, struct orr_outbox *out) {
    if (peer != v->dialled) return; /* who dialled us says what for */
    if (v->dialled_to == ORR_VIEW_NEIGHBOR) {
        uint32_t must = v->dialled_must;
        tell(v, peer, ORR_VIEW_NEIGHBOR, &must, 1, out);
        return;
    }
    v->dialled = ORR_NOBODY;
    tell(v, peer, ORR_VIEW_JOIN, NULL, 0, out);
    take(v, peer, out);
}

static void heard_down(struct orr_view *v, orr_peer peer, enum orr_down why,
                       struct orr_outbox *out) {
    bool was_active = drop(v->active, &v->n_active, peer);
    if (v->dialled == peer) v->dialled = ORR_NOBODY;
    else if (!was_active) return;
    if (why == ORR_DOWN_HANGUP) know(v, peer, out->rng);
    else drop(v->passive, &v->n_passive, peer);
    if (was_active || v->n_passive) fill(v, out); /* else the next tick tries again */
}

/* Who takes the link and does not answer is not waited for. */
static void give_up(struct orr_view *v, struct orr_outbox *out) {
    if (v->dialled == ORR_NOBODY || ++v->n_waits < 3) return;
    if (!orr_view_is_active(v, v->dialled)) orr_hangup(out, v->dialled);
    drop(v->passive, &v->n_passive, v->dialled);
    v->dialled = ORR_NOBODY;
}

/* A sample of both views goes on a walk. */
static void tick(struct orr_view *v, struct orr_outbox *out) {
    give_up(v, out);
    orr_peer to = pick(v, NULL, 0, out->rng);
    fill(v, out);
    if (to == ORR_NOBODY) return;
    uint32_t words[3 + SAMPLE_ACTIVE + SAMPLE_PASSIVE] = {(uint32_t)v->cfg->walk, 1, v->env->self};
    uint32_t n = 3;
    n += sample(v->active, v->n_active, SAMPLE_ACTIVE, words + n, out->rng);
    n += sample(v->passive, v->n_passive, SAMPLE_PASSIVE, words + n, out->rng);
    tell(v, to, ORR_VIEW_SHUFFLE, words, n, out);
}

void orr_view_step(struct orr_view *v, const struct orr_event *e, uint32_t timer,
                   struct orr_outbox *out) {
    if (!v->cfg->active) return;
    if (e->kind == ORR_START) {
        join(v, true, out);
        orr_arm(out, timer,
                e->now + 1 + (orr_time)orr_rng_below(out->rng, (uint64_t)v->cfg->join));
    }
    if (e->kind == ORR_PEER_UP) heard_up(v, e->peer, out);
    if (e->kind == ORR_PEER_DOWN) heard_down(v, e->peer, (enum orr_down)e->key, out);
    if (e->kind != ORR_TIMER || e->key != timer) return;
    tick(v, out);
    orr_arm(out, timer, e->now + v->cfg->shuffle);
}

/* ---- hearing ---- */

static void hear_join(struct orr_view *v, orr_peer from, struct orr_outbox *out) {
    take(v, from, out);
    const uint32_t words[2] = {from, (uint32_t)v->cfg->walk};
    for (uint32_t i = 0; i < v->n_active; i++)
        if (v->active[i] != from) tell(v, v->active[i], ORR_VIEW_FORWARD_JOIN, words, 2, out);
}

/* The paper, algorithm 1: the walk ends where no hop is left, or in a view of one. */
static void hear_forward_join(struct orr_view *v, orr_peer from, const uint32_t *words,
                              struct orr_outbox *out) {
    const orr_peer not_to[2] = {from, words[0]};
    uint32_t next[2] = {words[0], words[1] - (words[1] > 0)};
    if (words[0] == v->env->self || words[0] >= v->env->common->n_nodes) return;
    if (words[1] == v->cfg->passive_walk) know(v, words[0], out->rng);
    orr_peer to = words[1] ? pick(v, not_to, 2, out->rng) : ORR_NOBODY;
    if (to != ORR_NOBODY) tell(v, to, ORR_VIEW_FORWARD_JOIN, next, 2, out);
    else if (v->dialled != ORR_NOBODY) know(v, words[0], out->rng);
    else if (!orr_view_is_active(v, words[0])) dial(v, words[0], ORR_VIEW_NEIGHBOR, true, out);
}

static void hear_neighbor(struct orr_view *v, orr_peer from, bool must, struct orr_outbox *out) {
    uint32_t yes = must || v->n_active < v->cfg->active || orr_view_is_active(v, from);
    if (yes) take(v, from, out);
    tell(v, from, ORR_VIEW_ANSWER, &yes, 1, out);
}

static void hear_answer(struct orr_view *v, orr_peer from, bool yes, struct orr_outbox *out) {
    if (v->dialled != from) return;
    v->dialled = ORR_NOBODY;
    if (yes) take(v, from, out);
    else if (!orr_view_is_active(v, from)) orr_hangup(out, from);
    if (yes) fill(v, out); /* who had no room is tried again at a tick */
}

/* On it goes, or its end takes what the origin knows and says what itself knows. */
static void hear_shuffle(struct orr_view *v, const uint32_t *words, uint32_t n,
                         struct orr_outbox *out) {
    uint32_t n_path = words[1], next[ORR_VIEW_WORDS_MAX];
    orr_peer to = words[0] > 1 ? pick(v, words + 2, n_path, out->rng) : ORR_NOBODY;
    if (to != ORR_NOBODY && n < ORR_VIEW_WORDS_MAX) {
        next[0] = words[0] - 1;
        next[1] = n_path + 1;
        memcpy(next + 2, words + 2, n_path * sizeof *next);
        next[2 + n_path] = v->env->self;
        memcpy(next + 3 + n_path, words + 2 + n_path, (n - 2 - n_path) * sizeof *next);
        tell(v, to, ORR_VIEW_SHUFFLE, next, n + 1, out);
        return;
    }
    uint32_t most = n - 2 - n_path + 1; /* as many as came, the origin among them */
    next[0] = n_path - 1;
    memcpy(next + 1, words + 2, (n_path - 1) * sizeof *next);
    uint32_t room = ORR_VIEW_WORDS_MAX - n_path;
    n_path = 1 + next[0];
    uint32_t told = sample(v->passive, v->n_passive, most < room ? most : room, next + n_path,
                           out->rng);
    tell(v, words[1 + words[1]], ORR_VIEW_SHUFFLED, next, n_path + told, out); /* who sent it */
    know(v, words[2], out->rng);
    for (uint32_t i = 2 + words[1]; i < n; i++) know(v, words[i], out->rng);
}

/* Back along the walk, to who began it. */
static void hear_shuffled(struct orr_view *v, uint32_t *words, uint32_t n,
                          struct orr_outbox *out) {
    if (words[0]) {
        orr_peer to = words[words[0]--]; /* the last of the path */
        if (!orr_view_is_active(v, to)) return; /* the walk's way is broken */
        memmove(words + 1 + words[0], words + 2 + words[0], (n - 2 - words[0]) * sizeof *words);
        tell(v, to, ORR_VIEW_SHUFFLED, words, n - 1, out);
        return;
    }
    for (uint32_t i = 1; i < n; i++) know(v, words[i], out->rng);
    fill(v, out);
}

/* Is it of a length that its kind has, with a path that is in it and ends at the sender? */
static bool is_sound(uint16_t kind, orr_peer from, const uint32_t *words, uint32_t n) {
    switch ((enum orr_view_kind)kind) {
    case ORR_VIEW_JOIN:
    case ORR_VIEW_DISCONNECT: return n == 0;
    case ORR_VIEW_FORWARD_JOIN: return n == 2;
    case ORR_VIEW_NEIGHBOR:
    case ORR_VIEW_ANSWER: return n == 1 && words[0] <= 1;
    case ORR_VIEW_SHUFFLE:
        return n >= 3 && words[1] >= 1 && words[1] <= n - 2 && words[1 + words[1]] == from;
    case ORR_VIEW_SHUFFLED: return n >= 1 && words[0] <= n - 1;
    case ORR_VIEW_END: break;
    }
    return false;
}

bool orr_view_hear(struct orr_view *v, orr_peer from, const struct orr_msg *m,
                   struct orr_outbox *out) {
    uint32_t words[ORR_VIEW_WORDS_MAX], n = m->len / 4;
    if (m->len % 4 || n > ORR_VIEW_WORDS_MAX || !v->cfg->active) return false;
    if (m->kind < v->kinds_above) return false;
    uint16_t kind = (uint16_t)(m->kind - v->kinds_above);
    for (uint32_t i = 0; i < n; i++) words[i] = orr_load_le32(m->data + (size_t)i * 4);
    if (!is_sound(kind, from, words, n)) return false;
    switch ((enum orr_view_kind)kind) {
    case ORR_VIEW_JOIN: hear_join(v, from, out); break;
    case ORR_VIEW_FORWARD_JOIN: hear_forward_join(v, from, words, out); break;
    case ORR_VIEW_NEIGHBOR: hear_neighbor(v, from, words[0], out); break;
    case ORR_VIEW_ANSWER: hear_answer(v, from, words[0], out); break;
    case ORR_VIEW_DISCONNECT: /* what follows is the hang-up */ break;
    case ORR_VIEW_SHUFFLE: hear_shuffle(v, words, n, out); break;
    case ORR_VIEW_SHUFFLED: hear_shuffled(v, words, n, out); break;
    case ORR_VIEW_END: break;
    }
    return true;
}
