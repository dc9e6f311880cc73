/* push_pull.c - epidemics: what is new is pushed to some peers drawn at random, and now and then
 * two nodes compare what they have.
 *
 * A. Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987.  Rumour
 * mongering: who hears of something for the first time pushes it to `fanout` others, once; of n
 * nodes a share s hears of it, s = 1 - exp(-fanout s).  Anti-entropy: every `interval` a node sends
 * a peer the ids of the latest `window` payloads that it has; the peer sends back those that are
 * not among them and asks for those that it lacks, so that a push and a pull mend what the rumour
 * missed. */
#include "models/base/set.h"
#include "models/gossip/payloads.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { PAYLOAD, DIGEST, WANT }; /* PAYLOAD: what clients send, with the same hash */
static const char *const kinds[] = {"payload", "digest", "want", NULL};
enum { TIMER_COMPARE, N_TIMERS };

struct push_pull_config {
    uint64_t fanout, window;
    orr_time interval;
};

struct push_pull {
    const struct push_pull_config *cfg;
    const struct orr_env *env;
    struct orr_payloads payloads;
    uint64_t n_asked;
};

static int push_pull_init(void *state, const struct orr_env *env, const void *cfg) {
    struct push_pull *s = state;
    s->cfg = cfg;
    s->env = env;
    orr_payloads_init(&s->payloads, env->common->mem);
    return 0;
}

static void push_pull_fini(void *state) {
    struct push_pull *s = state;
    orr_payloads_fini(&s->payloads, s->env->common->pool);
}

/* ---- rumours ---- */

/* To `fanout` different peers (Floyd's choice of k among n), or all if there are not so many. */
static void push(struct push_pull *s, struct orr_msg *m, struct orr_outbox *out) {
    uint32_t n = out->links->n, k = s->cfg->fanout < n ? (uint32_t)s->cfg->fanout : n;
    struct orr_set chosen;
    orr_set_init(&chosen, s->env->common->mem, k);
    for (uint32_t i = n - k; i < n; i++) {
        uint32_t at = (uint32_t)orr_rng_below(out->rng, (uint64_t)i + 1);
        if (orr_set_has(&chosen, at)) at = i;
        orr_set_add(&chosen, at);
        orr_send(out, orr_links_at(out->links, s->env->self, at), orr_msg_ref(m));
    }
    orr_set_fini(&chosen);
}

static void learn(struct push_pull *s, orr_peer from, struct orr_msg *m, orr_time now,
                  struct orr_outbox *out) {
    if (!orr_payloads_add(&s->payloads, m, now, out->pool)) return;
    orr_deliver(out, orr_msg_hash(m), from == ORR_NOBODY ? s->env->self : ORR_NOBODY);
    if (s->cfg->fanout) push(s, m, out);
}

/* ---- anti-entropy ---- */

static uint32_t first_told(const struct push_pull *s) {
    uint32_t n = s->payloads.kept.n;
    return n > s->cfg->window ? n - (uint32_t)s->cfg->window : 0;
}

static void compare(struct push_pull *s, struct orr_outbox *out) {
    uint32_t first = first_told(s), n = s->payloads.kept.n;
    if (!out->links->n) return;
    orr_peer peer = orr_links_at(out->links, s->env->self,
                                 (uint32_t)orr_rng_below(out->rng, out->links->n));
    struct orr_msg *m = orr_id_list(out->pool, DIGEST, n - first);
    for (uint32_t i = first; i < n; i++) {
        const struct orr_kept_payload *p = orr_fifo_at(&s->payloads.kept, i);
        orr_id_list_put(m, i - first, p->id);
    }
    orr_send(out, peer, m);
}

/* What the peer lacks goes to it, what we lack is asked for. */
static void answer(struct push_pull *s, orr_peer to, const struct orr_msg *digest, uint32_t n,
                   struct orr_outbox *out) {
    struct orr_set theirs;
    struct orr_msg *want = orr_id_list(out->pool, WANT, n);
    uint32_t n_wanted = 0;
    orr_set_init(&theirs, s->env->common->mem, n);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t id = orr_id_list_get(digest, i);
        if (!orr_set_add(&theirs, id) || orr_payloads_know(&s->payloads, id)) continue;
        orr_id_list_put(want, n_wanted++, id);
    }
    for (uint32_t i = first_told(s); i < s->payloads.kept.n; i++) {
        const struct orr_kept_payload *p = orr_fifo_at(&s->payloads.kept, i);
        if (!orr_set_has(&theirs, p->id)) orr_send(out, to, orr_msg_ref(p->msg));
    }
    orr_set_fini(&theirs);
    want->len = n_wanted * 8;
    s->n_asked += n_wanted;
    if (n_wanted) orr_send(out, to, want);
    else orr_msg_unref(out->pool, want);
}

static void serve(struct push_pull *s, orr_peer to, const struct orr_msg *want, uint32_t n,
                  struct orr_outbox *out) {
    for (uint32_t i = 0; i < n; i++) {
        struct orr_msg *m = orr_payloads_find(&s->payloads, orr_id_list_get(want, i));
        if (m) orr_send(out, to, orr_msg_ref(m));
    }
}

/* ---- events ---- */

static void hear(struct push_pull *s, orr_peer from, struct orr_msg *m, orr_time now,
                 struct orr_outbox *out) {
    uint32_t n;
    if (m->kind == PAYLOAD) learn(s, from, m, now, out);
    else if (m->kind > WANT || !orr_id_list_read(m, &n) || n > ORR_PAYLOADS_MAX) orr_reject(out);
    else if (m->kind == DIGEST) answer(s, from, m, n, out);
    else serve(s, from, m, n, out);
}

static int push_pull_step(void *state, const struct orr_event *e, struct orr_outbox *out) {
    struct push_pull *s = state;
    bool begins = e->kind == ORR_START && s->cfg->interval;
    bool compares = e->kind == ORR_TIMER && e->key == TIMER_COMPARE;
    if (e->kind == ORR_RECV && e->msg) hear(s, e->peer, e->msg, e->now, out);
    if (e->kind == ORR_INPUT && e->key == ORR_IN_TX && e->msg)
        learn(s, ORR_NOBODY, e->msg, e->now, out);
    if (begins) /* not all at once */
        orr_arm(out, TIMER_COMPARE,
                e->now + 1 + (orr_time)orr_rng_below(out->rng, (uint64_t)s->cfg->interval));
    if (compares) {
        compare(s, out);
        orr_arm(out, TIMER_COMPARE, e->now + s->cfg->interval);
    }
    return 0;
}

static uint64_t push_pull_digest(const void *state) {
    const struct push_pull *s = state;
    return orr_hash64(s->payloads.seen.n, &s->n_asked, sizeof s->n_asked);
}

static const struct orr_config_key config_keys[] = {
    {.name = "fanout", .type = ORR_CONFIG_COUNT, .fallback = 3, .max = 1000,
     .offset = offsetof(struct push_pull_config, fanout),
     .help = "what is new is pushed to so many peers drawn at random; 0: it is not"},
    {.name = "interval", .type = ORR_CONFIG_TIME, .fallback = 1000000000, .max = 3600000000000,
     .offset = offsetof(struct push_pull_config, interval),
     .help = "so often a node compares what it has with a peer drawn at random; 0: never"},
    {.name = "window", .type = ORR_CONFIG_COUNT, .fallback = 256, .min = 1,
     .max = ORR_PAYLOADS_MAX, .offset = offsetof(struct push_pull_config, window),
     .help = "of its latest payloads, so many"},
    {0},
};

const struct orr_protocol orr_push_pull = {
    .abi = ORR_ABI,
    .name = "push-pull",
    .summary = "epidemic gossip: rumours pushed at random, anti-entropy by push and pull",
    .kinds = kinds,
    .config_size = sizeof(struct push_pull_config),
    .config = config_keys,
    .node_size = sizeof(struct push_pull),
    .n_timers = N_TIMERS,
    .transport = ORR_STREAM,
    .init = push_pull_init,
    .step = push_pull_step,
    .fini = push_pull_fini,
    .digest = push_pull_digest,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .workload.make_tx = orr_plain_tx,
};
