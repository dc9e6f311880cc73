/* inv_relay.c - relay by announcement, as Bitcoin does it: a node that has something new tells its
 * peers by `inv`; who lacks it asks one of those who told by `getdata`, and gets it.
 *
 * S. Nakamoto, "Bitcoin: A peer-to-peer electronic cash system", 2008, section 5; protocol
 * documentation of Bitcoin, "inv" and "getdata": an entry is a type u32 and a hash of 32 bytes, of
 * which a simulated one uses 8.  Announcements may be held back and sent together (`trickle`), and
 * the first `push` peers get what is new unasked.  When what was asked for does not come, the next
 * who told is asked. */
#include <assert.h>

#include "models/base/bytes.h"
#include "models/gossip/payloads.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { PAYLOAD, INV, GETDATA }; /* PAYLOAD: what clients send, with the same hash */
static const char *const kinds[] = {"payload", "inv", "getdata", NULL};
enum { TIMER_TRICKLE, TIMER_RETRY, N_TIMERS };
enum { ENTRY_BYTES = 36, ENTRY_TYPE = 1, ENTRIES_MAX = 50000 };

struct inv_config {
    orr_time trickle, timeout;
    uint64_t push;
};

/* A peer told of something that is lacking: first those that are asked, by `until`. */
struct wanted {
    uint64_t hash;
    orr_peer peer;
    orr_time until; /* ORR_NEVER: not asked yet */
};

struct inv_node {
    const struct inv_config *cfg;
    const struct orr_env *env;
    struct orr_payloads payloads;
    struct orr_fifo pending; /* uint64_t: hashes to be told */
    struct wanted *wanted;   /* [n_wanted] in order of arrival */
    uint32_t n_wanted, wanted_cap;
    orr_time retry_at;       /* when the timer fires, or ORR_NEVER */
};

static int inv_init(void *state, const struct orr_env *env, const void *cfg) {
    struct inv_node *s = state;
    s->cfg = cfg;
    s->env = env;
    s->retry_at = ORR_NEVER;
    orr_payloads_init(&s->payloads, env->common->mem);
    orr_fifo_init(&s->pending, env->common->mem, sizeof(uint64_t));
    return 0;
}

static void inv_fini(void *state) {
    struct inv_node *s = state;
    orr_payloads_fini(&s->payloads, s->env->common->pool);
    orr_fifo_fini(&s->pending);
    orr_free(s->env->common->mem, s->wanted, s->wanted_cap * sizeof *s->wanted);
}

/* ---- lists of hashes ---- */

static struct orr_msg *list(uint16_t kind, uint32_t n, struct orr_pool *pool) {
    struct orr_msg *m = orr_msg_new(pool, kind, n * ENTRY_BYTES);
    memset(m->data, 0, m->len);
    for (uint32_t i = 0; i < n; i++) orr_store_le32(m->data + i * ENTRY_BYTES, ENTRY_TYPE);
    return m;
}
static void put(struct orr_msg *m, uint32_t i, uint64_t hash) {
    orr_store_le64(m->data + i * ENTRY_BYTES + 4, hash);
}
static uint64_t get(const struct orr_msg *m, uint32_t i) {
    return orr_load_le64(m->data + i * ENTRY_BYTES + 4);
}
static bool is_list(const struct orr_msg *m) {
    return m->len && m->len % ENTRY_BYTES == 0 && m->len / ENTRY_BYTES <= ENTRIES_MAX;
}

/* ---- asking ---- */

static void arm_retry(struct inv_node *s, struct orr_outbox *out) {
    orr_time first = ORR_NEVER;
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].until < first) first = s->wanted[i].until;
    if (first != s->retry_at) orr_arm(out, TIMER_RETRY, first);
    s->retry_at = first;
}

static void ask(struct inv_node *s, struct wanted *w, orr_time now, struct orr_outbox *out) {
    struct orr_msg *m = list(GETDATA, 1, out->pool);
    put(m, 0, w->hash);
    w->until = now + s->cfg->timeout;
    orr_send(out, w->peer, m);
}

static bool is_asked(const struct inv_node *s, uint64_t hash) {
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].hash == hash && s->wanted[i].until != ORR_NEVER) return true;
    return false;
}

static void remember(struct inv_node *s, uint64_t hash, orr_peer peer, orr_time now,
                     struct orr_outbox *out) {
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].hash == hash && s->wanted[i].peer == peer) return;
    if (s->n_wanted == s->wanted_cap) {
        uint32_t cap = s->wanted_cap ? 2 * s->wanted_cap : 8;
        s->wanted = orr_resize(s->env->common->mem, s->wanted, s->wanted_cap * sizeof *s->wanted,
                               cap * sizeof *s->wanted);
        s->wanted_cap = cap;
    }
    bool asks = !is_asked(s, hash);
    struct wanted *w = &s->wanted[s->n_wanted++];
    *w = (struct wanted){hash, peer, ORR_NEVER};
    if (asks) ask(s, w, now, out);
}

/* Drops what was wanted of a hash (peer ORR_NOBODY: of everybody). */
static void forget(struct inv_node *s, uint64_t hash, orr_peer peer) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i].hash != hash || (peer != ORR_NOBODY && s->wanted[i].peer != peer))
            s->wanted[n++] = s->wanted[i];
    s->n_wanted = n;
}

/* Whoever has kept us waiting too long is forgotten, and the next who told is asked. */
static void retry(struct inv_node *s, orr_time now, struct orr_outbox *out) {
    s->retry_at = ORR_NEVER;
    for (uint32_t i = 0; i < s->n_wanted;) { /* ends: one more is passed or dropped each turn */
        struct wanted late = s->wanted[i];
        if (late.until > now) {
            i++;
            continue;
        }
        forget(s, late.hash, late.peer);
        for (uint32_t k = 0; k < s->n_wanted; k++)
            if (s->wanted[k].hash == late.hash) {
                ask(s, &s->wanted[k], now, out);
                break;
            }
    }
    arm_retry(s, out);
}

/* ---- telling ---- */

static void tell_pending(struct inv_node *s, struct orr_outbox *out) {
    if (!s->pending.n) return;
    uint32_t n = s->pending.n;
    struct orr_msg *m = list(INV, n, out->pool);
    for (uint32_t i = 0; i < n; i++)
        put(m, i, *(uint64_t *)orr_fifo_pop(&s->pending));
    orr_cast(out, ORR_NOBODY, m);
}

static void learn(struct inv_node *s, orr_peer from, struct orr_msg *m, orr_time now,
                  struct orr_outbox *out) {
    uint64_t hash = orr_msg_hash(m);
    if (!orr_payloads_add(&s->payloads, m, now, out->pool)) return;
    forget(s, hash, ORR_NOBODY);
    arm_retry(s, out);
    orr_deliver(out, hash, from == ORR_NOBODY ? s->env->self : ORR_NOBODY);
    for (uint32_t i = 0; i < out->links->n && i < s->cfg->push; i++) {
        orr_peer peer = orr_links_at(out->links, s->env->self, i);
        if (peer != from) orr_send(out, peer, orr_msg_ref(m));
    }
    *(uint64_t *)orr_fifo_push(&s->pending) = hash;
    if (!s->cfg->trickle) tell_pending(s, out);
    else if (s->pending.n == 1) orr_arm(out, TIMER_TRICKLE, now + s->cfg->trickle);
}

static void serve(const struct inv_node *s, orr_peer to, uint64_t hash, struct orr_outbox *out) {
    struct orr_msg *m = orr_payloads_find(&s->payloads, hash);
    if (m) orr_send(out, to, orr_msg_ref(m));
}

static void hear(struct inv_node *s, orr_peer from, struct orr_msg *m, orr_time now,
                 struct orr_outbox *out) {
    if (m->kind == PAYLOAD) {
        learn(s, from, m, now, out);
        return;
    }
    if (m->kind > GETDATA || !is_list(m)) {
        orr_reject(out);
        return;
    }
    for (uint32_t i = 0; i < m->len / ENTRY_BYTES; i++) {
        uint64_t hash = get(m, i);
        if (m->kind == GETDATA) serve(s, from, hash, out);
        else if (!orr_payloads_know(&s->payloads, hash)) remember(s, hash, from, now, out);
    }
    arm_retry(s, out);
}

static int inv_step(void *state, const struct orr_event *e, struct orr_outbox *out) {
    struct inv_node *s = state;
    if (e->kind == ORR_RECV && e->msg) hear(s, e->peer, e->msg, e->now, out);
    if (e->kind == ORR_INPUT && e->key == ORR_IN_TX && e->msg)
        learn(s, ORR_NOBODY, e->msg, e->now, out);
    if (e->kind == ORR_TIMER && e->key == TIMER_TRICKLE) tell_pending(s, out);
    if (e->kind == ORR_TIMER && e->key == TIMER_RETRY) retry(s, e->now, out);
    return 0;
}

static uint64_t inv_digest(const void *state) {
    const struct inv_node *s = state;
    return orr_hash64(s->payloads.seen.n, &s->n_wanted, sizeof s->n_wanted);
}

static const struct orr_config_key config_keys[] = {
    {.name = "trickle", .type = ORR_CONFIG_TIME, .offset = offsetof(struct inv_config, trickle),
     .max = 3600000000000, .help = "announcements are gathered for so long; 0: they go at once"},
    {.name = "timeout", .type = ORR_CONFIG_TIME, .offset = offsetof(struct inv_config, timeout),
     .fallback = 20000000000, .min = 1000000, .max = 3600000000000,
     .help = "after which the next who told is asked"},
    {.name = "push", .type = ORR_CONFIG_COUNT, .offset = offsetof(struct inv_config, push),
     .max = 1000, .help = "so many peers get what is new unasked"},
    {0},
};

const struct orr_protocol orr_inv_relay = {
    .abi = ORR_ABI,
    .name = "inv-relay",
    .summary = "relay by inv and getdata, as Bitcoin does it",
    .kinds = kinds,
    .config_size = sizeof(struct inv_config),
    .config = config_keys,
    .node_size = sizeof(struct inv_node),
    .n_timers = N_TIMERS,
    .transport = ORR_STREAM,
    .init = inv_init,
    .step = inv_step,
    .fini = inv_fini,
    .digest = inv_digest,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .workload.make_tx = orr_plain_tx,
};
