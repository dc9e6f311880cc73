/* inv_relay.c - relay by announcement, as Bitcoin does it: a node that has something new tells its
 * peers by `inv`; who lacks it asks one of those who told by `getdata`, and gets it.
 *
 * S. Nakamoto, "Bitcoin: A peer-to-peer electronic cash system", 2008, section 5; protocol
 * documentation of Bitcoin, "inv" and "getdata": an entry is a type u32 and a hash of 32 bytes, of
 * which a simulated one uses 8.  When what was asked for does not come, the next who told is asked.
 * Payloads of at least `block` bytes are blocks of the transactions before them; with `compact`
 * they go by short ids (compact.h).  With `loop` a node is as Core was until 0.11: what comes waits
 * for the next turn of its message handler, and most transactions for a turn of each peer
 * (inv_tell.c). What a peer has told us of it is told of again, other than in Core. */
#include <assert.h>

#include "models/gossip/inv_state.h"
#include "models/output.h"
#include "models/plain_tx.h"

static int inv_init(void *state, const struct orr_env *env, const void *cfg) {
    struct orr_inv *s = state;
    struct orr_mem *mem = env->common->mem;
    s->cfg = cfg;
    s->env = env;
    s->retry_at = s->loop_at = ORR_NEVER;
    orr_payloads_init(&s->payloads, mem);
    orr_fifo_init(&s->inbox, mem, sizeof(struct orr_inv_heard));
    orr_fifo_init(&s->checking, mem, sizeof(struct orr_inv_checked));
    orr_fifo_init(&s->news, mem, sizeof(struct orr_inv_news));
    orr_fifo_init(&s->partials, mem, sizeof(struct orr_inv_partial));
    return 0;
}

static void inv_fini(void *state) {
    struct orr_inv *s = state;
    struct orr_mem *mem = s->env->common->mem;
    struct orr_pool *pool = s->env->common->pool;
    orr_payloads_fini(&s->payloads, pool);
    while (s->inbox.n) orr_msg_unref(pool, ((struct orr_inv_heard *)orr_fifo_pop(&s->inbox))->msg);
    while (s->checking.n)
        orr_msg_unref(pool, ((struct orr_inv_checked *)orr_fifo_pop(&s->checking))->msg);
    while (s->partials.n)
        orr_inv_drop_partials(s, ((struct orr_inv_partial *)orr_fifo_at(&s->partials, 0))->id,
                              pool);
    orr_fifo_fini(&s->inbox);
    orr_fifo_fini(&s->checking);
    orr_fifo_fini(&s->news);
    orr_fifo_fini(&s->partials);
    orr_free(mem, s->wanted, s->wanted_cap * sizeof *s->wanted);
    orr_free(mem, s->tellers, s->tellers_cap * sizeof *s->tellers);
    orr_free(mem, s->pushed, s->pushed_cap * sizeof *s->pushed);
}

/* ---- what is new ---- */

static void accept(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                   struct orr_outbox *out) {
    orr_deliver(out, orr_msg_hash(m), from == ORR_NOBODY ? s->env->self : ORR_NOBODY);
    if (m->kind == ORR_INV_BLOCK) orr_inv_choose(s, from, out);
    for (uint32_t i = 0; i < out->links->n && i < s->cfg->push; i++) {
        orr_peer peer = orr_links_at(out->links, s->env->self, i);
        if (peer != from) orr_send(out, peer, orr_msg_ref(m));
    }
    orr_inv_tell(s, m, from, now, out);
}

/* One check after the other, each as long as its payload wants. */
static void check(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                  struct orr_outbox *out) {
    orr_time begins = now, takes = (orr_time)((uint64_t)s->cfg->check * m->len / 1024);
    if (s->checking.n) {
        const struct orr_inv_checked *last = orr_fifo_at(&s->checking, s->checking.n - 1);
        if (last->ready > begins) begins = last->ready;
    }
    *(struct orr_inv_checked *)orr_fifo_push(&s->checking) =
        (struct orr_inv_checked){orr_msg_ref(m), from, begins + takes};
    if (s->checking.n == 1) orr_arm(out, ORR_INV_TIMER_CHECK, begins + takes);
}

static void end_check(struct orr_inv *s, orr_time now, struct orr_outbox *out) {
    struct orr_inv_checked c = *(struct orr_inv_checked *)orr_fifo_pop(&s->checking);
    accept(s, c.from, c.msg, now, out);
    orr_msg_unref(out->pool, c.msg);
    if (!s->checking.n) return;
    const struct orr_inv_checked *next = orr_fifo_at(&s->checking, 0);
    orr_arm(out, ORR_INV_TIMER_CHECK, next->ready > now ? next->ready : now);
}

void orr_inv_learn(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                   struct orr_outbox *out) {
    uint64_t hash = orr_msg_hash(m);
    if (!orr_payloads_add(&s->payloads, m, now, out->pool)) return;
    orr_inv_forget(s, hash, ORR_NOBODY);
    orr_inv_drop_partials(s, hash, out->pool);
    if (m->kind == ORR_INV_BLOCK) orr_inv_push(s, m, from, out);
    if (s->cfg->check)
        check(s, from, m, now, out);
    else
        accept(s, from, m, now, out);
}

/* ---- hearing ---- */

static void serve(const struct orr_inv *s, orr_peer to, uint64_t hash, uint32_t type,
                  struct orr_outbox *out) {
    struct orr_msg *m = orr_payloads_find(&s->payloads, hash);
    if (!m) return;
    bool is_compact = type == ORR_INV_OF_COMPACT && m->kind == ORR_INV_BLOCK;
    orr_send(out, to,
             !is_compact ? orr_msg_ref(m)
                         : orr_compact_make(m, ORR_INV_CMPCTBLOCK, ORR_INV_TX,
                                            orr_rng_u64(out->rng), out->pool));
}

static bool hear(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                 struct orr_outbox *out) {
    struct orr_txs block;
    uint32_t type;
    if (m->kind > ORR_INV_BLOCK) return orr_inv_hear_compact(s, from, m, now, out);
    if (m->kind == ORR_INV_TX || m->kind == ORR_INV_BLOCK) {
        if (m->kind == ORR_INV_BLOCK && !orr_txs_read(m, &block)) return false;
        orr_inv_learn(s, from, m, now, out);
        return true;
    }
    if (!orr_inv_is_list(m)) return false;
    for (uint32_t i = 0; i < m->len / ORR_INV_ENTRY; i++) {
        uint64_t hash = orr_inv_get(m, i, &type);
        if (m->kind == ORR_INV_GETDATA)
            serve(s, from, hash, type, out);
        else if (!orr_payloads_know(&s->payloads, hash))
            orr_inv_want(s, hash, type == ORR_INV_OF_BLOCK ? ORR_INV_OF_BLOCK : ORR_INV_OF_TX, from,
                         false, now, out);
    }
    return true;
}

/* ---- turns of the message handler ---- */

void orr_inv_arm_loop(struct orr_inv *s, orr_time now, struct orr_outbox *out) {
    if (s->loop_at != ORR_NEVER) return;
    s->loop_at = now + s->cfg->loop - (now + s->phase) % s->cfg->loop;
    orr_arm(out, ORR_INV_TIMER_LOOP, s->loop_at);
}

static void turn(struct orr_inv *s, orr_time now, struct orr_outbox *out) {
    s->loop_at = ORR_NEVER;
    while (s->inbox.n) {
        struct orr_inv_heard h = *(struct orr_inv_heard *)orr_fifo_pop(&s->inbox);
        if (!hear(s, h.from, h.msg, now, out)) orr_reject(out);
        orr_msg_unref(out->pool, h.msg);
    }
    orr_inv_trickle(s, out);
    if (s->news.n) orr_inv_arm_loop(s, now, out);
}

static void receive(struct orr_inv *s, const struct orr_event *e, struct orr_outbox *out) {
    if (!s->cfg->loop) {
        if (!hear(s, e->peer, e->msg, e->now, out)) orr_reject(out);
        return;
    }
    *(struct orr_inv_heard *)orr_fifo_push(&s->inbox) =
        (struct orr_inv_heard){orr_msg_ref(e->msg), e->peer};
    orr_inv_arm_loop(s, e->now, out);
}

static int inv_step(void *state, const struct orr_event *e, struct orr_outbox *out) {
    struct orr_inv *s = state;
    if (e->kind == ORR_START && s->cfg->loop) {
        s->phase = (orr_time)orr_rng_below(out->rng, (uint64_t)s->cfg->loop);
        s->salt = orr_rng_u64(out->rng);
    }
    if (e->kind == ORR_RECV && e->msg) receive(s, e, out);
    if (e->kind == ORR_INPUT && e->key == ORR_IN_TX && e->msg)
        orr_inv_learn(s, ORR_NOBODY, e->msg, e->now, out);
    if (e->kind == ORR_TIMER && e->key == ORR_INV_TIMER_LOOP) turn(s, e->now, out);
    if (e->kind == ORR_TIMER && e->key == ORR_INV_TIMER_CHECK) end_check(s, e->now, out);
    if (e->kind == ORR_TIMER && e->key == ORR_INV_TIMER_RETRY) s->retry_at = ORR_NEVER;
    if (e->kind == ORR_PEER_UP) orr_inv_teller_up(s, e->peer);
    if (e->kind == ORR_PEER_DOWN) {
        orr_inv_teller_down(s, e->peer);
        orr_inv_compact_down(s, e->peer);
        orr_inv_lost_peer(s, e->peer, e->now);
    }
    if (s->n_wanted) orr_inv_retry(s, e->now, out);
    orr_inv_arm_retry(s, out);
    return 0;
}

static uint64_t inv_digest(const void *state) {
    const struct orr_inv *s = state;
    const uint64_t sums[4] = {s->n_wanted, s->news.n, s->n_pushed, s->partials.n};
    return orr_hash64(s->payloads.seen.n, sums, sizeof sums);
}

/* Clients are told from which size on a payload is a block. */
static const void *inv_share(const struct orr_cohort *cohort, const void *cfg,
                             struct orr_mem *mem) {
    (void)cohort;
    struct orr_inv_config *copy = orr_alloc(mem, sizeof *copy);
    memcpy(copy, cfg, sizeof *copy);
    return copy;
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_INV_KINDS(KIND)
#undef KIND
        NULL,
};
static const char *const compact_names[] = {"off", "low", "high", NULL};

#define AT(name) offsetof(struct orr_inv_config, name)
static const struct orr_config_key config_keys[] = {
    {.name = "loop",
     .type = ORR_CONFIG_TIME,
     .offset = AT(loop),
     .max = 60000000000,
     .help = "between two turns of the message handler, as Core's 100 ms until 0.11: messages wait "
             "for the next, and three of four transactions are told to one peer a turn, drawn; "
             "0: there are no turns, and all is told at once"},
    {.name = "timeout",
     .type = ORR_CONFIG_TIME,
     .offset = AT(timeout),
     .fallback = 20000000000,
     .min = 1000000,
     .max = 3600000000000,
     .help = "after which the next who told is asked"},
    {.name = "push",
     .type = ORR_CONFIG_COUNT,
     .offset = AT(push),
     .max = 1000,
     .help = "so many peers get what is new unasked"},
    {.name = "check",
     .type = ORR_CONFIG_TIME,
     .offset = AT(check),
     .max = 1000000000,
     .help = "how long checking 1 KiB of a payload takes before it is delivered and told of, one "
             "payload after the other"},
    {.name = "block",
     .type = ORR_CONFIG_SIZE,
     .offset = AT(block),
     .max = 67108864,
     .help = "payloads of so many bytes and more are blocks, of the transactions before them; "
             "0: none is"},
    {.name = "compact",
     .type = ORR_CONFIG_ENUM,
     .offset = AT(compact),
     .max = ORR_INV_HIGH,
     .choices = compact_names,
     .help = "blocks by short ids (BIP 152): low: asked for after inv; high: three peers push them "
             "too, before they have checked them"},
    {0},
};

const struct orr_protocol orr_inv_relay = {
    .abi = ORR_ABI,
    .name = "inv-relay",
    .summary = "relay by inv and getdata, as Bitcoin does it, with compact blocks",
    .kinds = kinds,
    .config_size = sizeof(struct orr_inv_config),
    .config = config_keys,
    .node_size = sizeof(struct orr_inv),
    .n_timers = ORR_INV_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = inv_share,
    .init = inv_init,
    .step = inv_step,
    .fini = inv_fini,
    .digest = inv_digest,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .workload.state_size = sizeof(struct orr_inv_clients),
    .workload.make_tx = orr_inv_make_tx,
};
