/* plumtree.c - Plumtree: payloads are pushed along a tree, and ids told along all other links mend
 * it.
 *
 * J. Leitao, J. Pereira, L. Rodrigues, "Epidemic broadcast trees", SRDS 2007.  A peer is eager or
 * lazy; at first all are eager.  What is new goes to the eager peers, its id to the lazy ones
 * (IHAVE).  Who gets a payload a second time makes the sender lazy and tells it so (PRUNE): what
 * stays eager is a tree.  Who was told of a payload that does not come within `timeout` asks one
 * who told for it, and makes it eager (GRAFT); after half of that, the next one who told.  The
 * tree's optimization by hops is not here.  Peers are the links that the scenario's overlay gives a
 * node or, as in the paper, its active view of HyParView (hyparview.h). */
#include <assert.h>

#include "models/gossip/hyparview.h"
#include "models/gossip/payloads.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { PAYLOAD, IHAVE, GRAFT, PRUNE }; /* PAYLOAD: what clients send, with the same hash */
_Static_assert(PRUNE + 1 == ORR_VIEW_JOIN, "the view's kinds follow");
static const char *const kinds[] = {"payload", "ihave",             "graft", "prune",
                                    ORR_VIEW_KIND_NAMES, NULL};
enum { TIMER_MISSING, TIMER_SHUFFLE, N_TIMERS };
enum { MISSING_MAX = 65536 }; /* more than this is not remembered: somebody makes it up */

struct plumtree_config {
    orr_time timeout;
    struct orr_view_config view;
};

/* A peer told of a payload that is not here. */
struct missing {
    uint64_t id;
    orr_peer peer;
    orr_time ask_at; /* of the first of an id; ORR_NEVER of the others */
};

struct plumtree {
    const struct plumtree_config *cfg;
    const struct orr_env *env;
    struct orr_payloads payloads;
    struct orr_view view; /* or none, if cfg->view.active is 0 */
    orr_peer *lazy; /* [n_lazy] ascending: of the linked peers; all others are eager */
    uint32_t n_lazy, lazy_cap;
    struct missing *missing; /* [n_missing] in order of arrival */
    uint32_t n_missing, missing_cap;
    orr_time ask_at;         /* when the timer fires, or ORR_NEVER */
};

static int plumtree_init(void *state, const struct orr_env *env, const void *cfg) {
    struct plumtree *s = state;
    s->cfg = cfg;
    s->env = env;
    s->ask_at = ORR_NEVER;
    orr_payloads_init(&s->payloads, env->common->mem);
    orr_view_init(&s->view, env, &s->cfg->view, 0);
    return 0;
}

static void plumtree_fini(void *state) {
    struct plumtree *s = state;
    struct orr_mem *mem = s->env->common->mem;
    orr_payloads_fini(&s->payloads, s->env->common->pool);
    orr_view_fini(&s->view);
    orr_free(mem, s->lazy, s->lazy_cap * sizeof *s->lazy);
    orr_free(mem, s->missing, s->missing_cap * sizeof *s->missing);
}

/* ---- eager and lazy peers ---- */

static uint32_t place_of(const struct plumtree *s, orr_peer peer) {
    uint32_t low = 0, high = s->n_lazy;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (s->lazy[middle] < peer) low = middle + 1;
        else high = middle;
    }
    return low;
}
static bool is_lazy(const struct plumtree *s, orr_peer peer) {
    uint32_t i = place_of(s, peer);
    return i < s->n_lazy && s->lazy[i] == peer;
}

static void make_eager(struct plumtree *s, orr_peer peer) {
    uint32_t i = place_of(s, peer);
    if (i == s->n_lazy || s->lazy[i] != peer) return;
    s->n_lazy--;
    memmove(s->lazy + i, s->lazy + i + 1, (s->n_lazy - i) * sizeof *s->lazy);
}

static void make_lazy(struct plumtree *s, orr_peer peer) {
    uint32_t i = place_of(s, peer);
    if (i < s->n_lazy && s->lazy[i] == peer) return;
    if (s->n_lazy == s->lazy_cap) {
        uint32_t cap = s->lazy_cap ? 2 * s->lazy_cap : 8;
        s->lazy = orr_resize(s->env->common->mem, s->lazy, s->lazy_cap * sizeof *s->lazy,
                             cap * sizeof *s->lazy);
        s->lazy_cap = cap;
    }
    memmove(s->lazy + i + 1, s->lazy + i, (s->n_lazy - i) * sizeof *s->lazy);
    s->lazy[i] = peer;
    s->n_lazy++;
}

/* ---- what is missing ---- */

static void arm(struct plumtree *s, struct orr_outbox *out) {
    orr_time first = ORR_NEVER;
    for (uint32_t i = 0; i < s->n_missing; i++)
        if (s->missing[i].ask_at < first) first = s->missing[i].ask_at;
    if (first != s->ask_at) orr_arm(out, TIMER_MISSING, first);
    s->ask_at = first;
}

static void remember(struct plumtree *s, uint64_t id, orr_peer peer, orr_time now) {
    bool is_first = true;
    for (uint32_t i = 0; i < s->n_missing; i++) {
        if (s->missing[i].id != id) continue;
        if (s->missing[i].peer == peer) return;
        is_first = false;
    }
    if (s->n_missing == MISSING_MAX) return;
    if (s->n_missing == s->missing_cap) {
        uint32_t cap = s->missing_cap ? 2 * s->missing_cap : 8;
        s->missing = orr_resize(s->env->common->mem, s->missing,
                                s->missing_cap * sizeof *s->missing, cap * sizeof *s->missing);
        s->missing_cap = cap;
    }
    s->missing[s->n_missing++] =
        (struct missing){id, peer, is_first ? now + s->cfg->timeout : ORR_NEVER};
}

static void came(struct plumtree *s, uint64_t id) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_missing; i++)
        if (s->missing[i].id != id) s->missing[n++] = s->missing[i];
    s->n_missing = n;
}

/* A message of one id. */
static struct orr_msg *of_id(uint16_t kind, uint64_t id, struct orr_pool *pool) {
    struct orr_msg *m = orr_id_list(pool, kind, 1);
    orr_id_list_put(m, 0, id);
    return m;
}

/* Those who were to send by now are asked and forgotten; the next who told has half of the time. */
static void ask(struct plumtree *s, orr_time now, struct orr_outbox *out) {
    for (uint32_t i = 0; i < s->n_missing;) { /* ends: one further or one fewer each turn */
        struct missing w = s->missing[i];
        if (w.ask_at > now) {
            i++;
            continue;
        }
        memmove(s->missing + i, s->missing + i + 1,
                (s->n_missing - i - 1) * sizeof *s->missing);
        s->n_missing--;
        for (uint32_t k = 0; k < s->n_missing; k++) {
            if (s->missing[k].id != w.id) continue;
            s->missing[k].ask_at = now + (s->cfg->timeout + 1) / 2;
            break;
        }
        make_eager(s, w.peer);
        orr_send(out, w.peer, of_id(GRAFT, w.id, out->pool));
    }
}

/* ---- payloads ---- */

static void learn(struct plumtree *s, orr_peer from, struct orr_msg *m, orr_time now,
                  struct orr_outbox *out) {
    uint64_t id = orr_msg_hash(m);
    if (!orr_payloads_add(&s->payloads, m, now, out->pool)) {
        if (from == ORR_NOBODY) return;
        make_lazy(s, from);
        orr_send(out, from, orr_id_list(out->pool, PRUNE, 0));
        return;
    }
    came(s, id);
    orr_deliver(out, id, from == ORR_NOBODY ? s->env->self : ORR_NOBODY);
    if (from != ORR_NOBODY) make_eager(s, from);
    struct orr_msg *ihave = s->n_lazy ? of_id(IHAVE, id, out->pool) : NULL;
    uint32_t n_peers = s->cfg->view.active ? s->view.n_active : out->links->n;
    for (uint32_t i = 0; i < n_peers; i++) {
        orr_peer peer = s->cfg->view.active ? s->view.active[i]
                                            : orr_links_at(out->links, s->env->self, i);
        if (peer != from) orr_send(out, peer, orr_msg_ref(is_lazy(s, peer) ? ihave : m));
    }
    orr_msg_unref(out->pool, ihave);
}

static void hear(struct plumtree *s, orr_peer from, struct orr_msg *m, orr_time now,
                 struct orr_outbox *out) {
    uint32_t n;
    if (m->kind == PAYLOAD) {
        learn(s, from, m, now, out);
        return;
    }
    if (m->kind > PRUNE) {
        if (!orr_view_hear(&s->view, from, m, out)) orr_reject(out);
        return;
    }
    if (!orr_id_list_read(m, &n) || n != (m->kind != PRUNE)) {
        orr_reject(out);
        return;
    }
    if (m->kind == PRUNE) {
        make_lazy(s, from);
        return;
    }
    uint64_t id = orr_id_list_get(m, 0);
    if (m->kind == IHAVE) {
        if (!orr_payloads_know(&s->payloads, id)) remember(s, id, from, now);
        return;
    }
    make_eager(s, from);
    struct orr_msg *payload = orr_payloads_find(&s->payloads, id);
    if (payload) orr_send(out, from, orr_msg_ref(payload));
}

static int plumtree_step(void *state, const struct orr_event *e, struct orr_outbox *out) {
    struct plumtree *s = state;
    if (e->kind == ORR_RECV && e->msg) hear(s, e->peer, e->msg, e->now, out);
    if (e->kind == ORR_INPUT && e->key == ORR_IN_TX && e->msg)
        learn(s, ORR_NOBODY, e->msg, e->now, out);
    if (e->kind == ORR_TIMER && e->key == TIMER_MISSING) {
        s->ask_at = ORR_NEVER;
        ask(s, e->now, out);
    }
    if (e->kind == ORR_PEER_UP || e->kind == ORR_PEER_DOWN) make_eager(s, e->peer);
    orr_view_step(&s->view, e, TIMER_SHUFFLE, out);
    arm(s, out);
    return 0;
}

static uint64_t plumtree_digest(const void *state) {
    const struct plumtree *s = state;
    const uint64_t sums[4] = {s->n_lazy, s->n_missing, s->view.n_active, s->view.n_passive};
    return orr_hash64(s->payloads.seen.n, sums, sizeof sums);
}

static const struct orr_config_key config_keys[] = {
    {.name = "timeout", .type = ORR_CONFIG_TIME, .fallback = 500000000, .min = 1000000,
     .max = 3600000000000, .offset = offsetof(struct plumtree_config, timeout),
     .help = "what others told of must come within this, or one of them is asked"},
    ORR_VIEW_KEYS(struct plumtree_config, view, "there is none, the overlay's links are used"),
    {0},
};

const struct orr_protocol orr_plumtree = {
    .abi = ORR_ABI,
    .name = "plumtree",
    .summary = "Plumtree: payloads along a tree of the links, ids along the others mend it",
    .kinds = kinds,
    .config_size = sizeof(struct plumtree_config),
    .config = config_keys,
    .node_size = sizeof(struct plumtree),
    .n_timers = N_TIMERS,
    .transport = ORR_STREAM,
    .init = plumtree_init,
    .step = plumtree_step,
    .fini = plumtree_fini,
    .digest = plumtree_digest,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .workload.make_tx = orr_plain_tx,
};
