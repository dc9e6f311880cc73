/* byzantine.c - the wrapper itself: a protocol around a protocol. */
#include "models/fault/byzantine.h"

#include <assert.h>

#include "models/fault/byzantine_node.h"
#include "models/statement.h"

static size_t align16(size_t size) { return (size + 15) & ~(size_t)15; }

void *orr_byzantine_inner(const struct orr_byzantine_node *f) {
    return (uint8_t *)f + align16(sizeof *f);
}

/* What an ORR_CAST means when it must be written out. */
void orr_byzantine_expand(struct orr_byzantine_node *f, struct orr_effect e, bool friends,
                          struct orr_outbox *out) {
    for (uint32_t i = 0; i < out->links->n; i++) {
        orr_peer peer = orr_links_at(out->links, f->env->self, i);
        if (peer == e.peer || orr_byzantine_is_friend(f, peer) != friends) continue;
        orr_send(out, peer, orr_msg_ref(e.msg));
    }
}

/* ---- camps ---- */

static uint32_t cohort_rank(const struct orr_cohort *cohort, orr_peer peer) {
    uint32_t low = 0, high = cohort->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cohort->members[middle] < peer)
            low = middle + 1;
        else
            high = middle;
    }
    return low < cohort->n && cohort->members[low] == peer ? low : peer;
}

bool orr_byzantine_in_second_camp(const struct orr_byzantine_node *f, orr_peer peer) {
    uint64_t rank = cohort_rank(f->env->common->cohort, peer), split = f->cfg->split;
    return (rank + 1) * split / ORR_BYZANTINE_ONE > rank * split / ORR_BYZANTINE_ONE;
}

bool orr_byzantine_is_friend(const struct orr_byzantine_node *f, orr_peer peer) {
    return orr_byzantine_in_second_camp(f, peer) == orr_byzantine_in_second_camp(f, f->env->self);
}

/* ---- the protocol ---- */

static bool forgets_log(const struct orr_byzantine_config *cfg) {
    return cfg->behaviour == ORR_BEHAVIOUR_AMNESIA && cfg->forgets == ORR_FORGETS_LOG;
}

static int fault_init(void *node, const struct orr_env *env, const void *cfg) {
    struct orr_byzantine_node *f = node;
    f->cfg = cfg;
    f->env = env;
    f->on = f->cfg->on;
    f->rng = orr_rng_stream(env->common->cohort->seed, ORR_RNG_FAULT, env->self);
    f->rng.index[1] = f->cfg->id;
    f->free_held = ORR_NOBODY;
    uint32_t n_timers = f->cfg->inner->n_timers;
    f->armed = orr_alloc(env->common->mem, n_timers * sizeof *f->armed);
    for (uint32_t i = 0; i < n_timers; i++) f->armed[i] = ORR_NEVER;
    orr_timers_init(&f->due, env->common->mem);
    for (uint32_t i = 0; i < 2; i++)
        f->places[i] = (struct orr_layer_place){.tail = &f->tail, .mem = env->common->mem,
                                                .timer = i * n_timers, .n_timers = n_timers,
                                                .name = i * ORR_TWIN_NAME,
                                                .n_names = ORR_TWIN_NAME};
    if (f->cfg->behaviour != ORR_BEHAVIOUR_TWINS) f->places[0].n_names = UINT32_MAX;
    return f->cfg->inner->init(orr_byzantine_inner(f), env, f->cfg->inner_cfg);
}

/* What the node inside does to the world, and the behaviour to that. */
struct heard { struct orr_byzantine_node *f; orr_time now; };

static void hand(void *parent, const struct orr_layer_place *place, struct orr_effect e,
                 struct orr_outbox *out) {
    const struct heard *heard = parent;
    (void)place;
    if (e.kind == ORR_SEND || e.kind == ORR_CAST)
        orr_byzantine_rewrite(heard->f, e, heard->now, out);
    else
        orr_effect(out, e);
}

static bool holds_back(enum orr_behaviour behaviour) {
    return behaviour == ORR_BEHAVIOUR_DELAY || behaviour == ORR_BEHAVIOUR_EDGE;
}

static void hear(struct orr_byzantine_node *f, const struct orr_event *event,
                 struct orr_pool *pool) {
    struct orr_msg *m = event->kind == ORR_RECV ? event->msg : NULL;
    if (!m || m->kind >= ORR_BYZANTINE_KINDS) return;
    orr_msg_unref(pool, f->heard[m->kind]);
    f->heard[m->kind] = orr_msg_ref(m);
}

/* When each of the inner node's timers fires, after an event and its effects from `from` on. */
static void watch_timers(struct orr_byzantine_node *f, const struct orr_event *event,
                         const struct orr_outbox *out, uint32_t from) {
    uint32_t n = f->cfg->inner->n_timers;
    if (event->kind == ORR_TIMER && event->key < n) f->armed[event->key] = ORR_NEVER;
    for (uint32_t i = from; i < out->n; i++)
        if (out->v[i].kind == ORR_ARM && out->v[i].key < n) f->armed[out->v[i].key] = out->v[i].at;
}

/* Is a record on the disk, or is it not any more? */
static void note_record(struct orr_byzantine_node *f, uint32_t name, bool is_kept) {
    uint32_t low = 0, high = f->n_kept;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (f->kept[middle] < name) low = middle + 1;
        else high = middle;
    }
    bool is_there = low < f->n_kept && f->kept[low] == name;
    if (is_there == is_kept) return;
    if (f->n_kept == f->cap_kept && is_kept) {
        uint32_t cap = f->cap_kept ? 2 * f->cap_kept : 64;
        f->kept = orr_resize(f->env->common->mem, f->kept, f->cap_kept * sizeof *f->kept,
                             cap * sizeof *f->kept);
        f->cap_kept = cap;
    }
    uint32_t *at = f->kept + low, n_behind = f->n_kept - low;
    if (is_kept) memmove(at + 1, at, n_behind * sizeof *at), *at = name;
    else memmove(at, at + 1, (n_behind - 1) * sizeof *at);
    f->n_kept += is_kept ? 1 : UINT32_MAX;
}

static void note_records(struct orr_byzantine_node *f, const struct orr_event *event,
                         const struct orr_outbox *out, uint32_t from) {
    if (!forgets_log(f->cfg)) return;
    if (event->kind == ORR_STORED) note_record(f, event->key, true);
    for (uint32_t i = from; i < out->n; i++)
        if (out->v[i].kind == ORR_WRITE) note_record(f, out->v[i].key, out->v[i].msg != NULL);
}

static int step_and_rewrite(struct orr_byzantine_node *f, const struct orr_event *event,
                            struct orr_outbox *out) {
    struct orr_event inner;
    if (!orr_layer_event(&f->places[0], event, &inner)) {
        if (forgets_log(f->cfg)) return 0; /* a write of a life that it has forgotten */
        assert(event->kind == ORR_TIMER && holds_back(f->cfg->behaviour));
        orr_byzantine_release(f, event->now, out);
        return 0;
    }
    uint32_t from = out->n;
    if (f->cfg->behaviour == ORR_BEHAVIOUR_MUTATE) hear(f, &inner, out->pool);
    if (f->cfg->behaviour == ORR_BEHAVIOUR_AMNESIA && f->on && !forgets_log(f->cfg))
        f->cfg->inner->fault.forget(orr_byzantine_inner(f));
    int rc = f->cfg->inner->step(orr_byzantine_inner(f), &inner, out);
    if (f->cfg->behaviour == ORR_BEHAVIOUR_EDGE) watch_timers(f, &inner, out, from);
    if (f->cfg->behaviour == ORR_BEHAVIOUR_REORG && f->on && event->kind == ORR_START)
        f->cfg->inner->fault.reorg(orr_byzantine_inner(f), f->cfg->depth);
    orr_layer_lift(&f->places[0], out, from, hand, &(struct heard){f, event->now});
    note_records(f, event, out, from);
    orr_msg_unref(out->pool, f->forged_from);
    orr_msg_unref(out->pool, f->forged);
    f->forged_from = f->forged = NULL;
    return rc;
}

/* ---- a log that is forgotten ---- */

static int fault_step(void *node, const struct orr_event *event, struct orr_outbox *out);

enum { NESTED_MOST = 64 }; /* wrappers in one node */

/* The ids of the wrappers inside that are on, the outermost first. */
static uint32_t on_inside(const struct orr_byzantine_node *f, uint32_t ids[NESTED_MOST]) {
    uint32_t n = 0;
    while (f->cfg->inner->step == fault_step) {
        f = orr_byzantine_inner(f);
        if (f->on && n < NESTED_MOST) ids[n++] = f->cfg->id;
    }
    return n;
}

/* The node inside ends and another one begins, with its key, its links, and an empty log.  The
 * wrappers around it that were on are on again. */
static int begin_anew(struct orr_byzantine_node *f, const struct orr_event *event,
                      struct orr_outbox *out) {
    const struct orr_protocol *inner = f->cfg->inner;
    void *node = orr_byzantine_inner(f);
    uint32_t ids[NESTED_MOST], n_on = on_inside(f, ids);
    if (inner->fini) inner->fini(node);
    orr_layer_end(&f->places[0], out);
    f->places[0].n_stale += f->n_kept; /* nobody waits for these either */
    for (uint32_t i = 0; i < f->n_kept; i++) orr_write(out, f->kept[i], NULL);
    f->n_kept = 0;
    memset(node, 0, inner->node_size);
    int rc = inner->init(node, f->env, f->cfg->inner_cfg);
    struct orr_event e = {.kind = ORR_START, .peer = ORR_NOBODY, .now = event->now,
                          .wall = event->wall};
    if (!rc) rc = step_and_rewrite(f, &e, out);
    e.kind = ORR_PEER_UP;
    for (uint32_t i = 0; !rc && out->links->v && i < out->links->n; i++) {
        e.peer = out->links->v[i];
        rc = step_and_rewrite(f, &e, out);
    }
    e.kind = ORR_INPUT, e.key = ORR_IN_FAULT;
    for (uint32_t i = 0; !rc && i < n_on; i++) {
        e.peer = ids[i];
        rc = step_and_rewrite(f, &e, out);
    }
    return rc;
}

/* ---- the wrapper's own events ---- */

static int toggle(struct orr_byzantine_node *f, const struct orr_event *event,
                  struct orr_outbox *out) {
    f->on = !f->on;
    if (f->cfg->behaviour == ORR_BEHAVIOUR_REORG)
        f->cfg->inner->fault.reorg(orr_byzantine_inner(f), f->on ? f->cfg->depth : 0);
    if (forgets_log(f->cfg) && f->on) return begin_anew(f, event, out);
    if (f->cfg->behaviour != ORR_BEHAVIOUR_TWINS) return 0;
    if (f->on) return orr_twin_begin(f, event, out);
    orr_twin_end(f, out);
    return 0;
}

static int fault_step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct orr_byzantine_node *f = node;
    const struct orr_byzantine_config *cfg = f->cfg;
    if (event->kind == ORR_INPUT && event->key == ORR_IN_FAULT && event->peer == cfg->id)
        return toggle(f, event, out);
    struct orr_event read = *event;
    if (event->kind == ORR_INPUT && event->key == ORR_IN_READ) {
        read.kind = ORR_RECV, read.key = 0;
        read.peer = ORR_NOBODY - 1 - event->peer;
        event = &read;
    }
    if (cfg->behaviour == ORR_BEHAVIOUR_TWINS) return orr_twins_step(f, event, out);
    return step_and_rewrite(f, event, out);
}

static void fault_fini(void *node) {
    struct orr_byzantine_node *f = node;
    const struct orr_protocol *inner = f->cfg->inner;
    if (f->twin_runs && inner->fini) inner->fini(orr_twin_state(f));
    if (inner->fini) inner->fini(orr_byzantine_inner(f));
    struct orr_pool *pool = f->env->common->pool;
    for (uint32_t i = 0; i < f->cap_held; i++) orr_msg_unref(pool, f->held[i].msg);
    for (uint32_t i = 0; i < ORR_BYZANTINE_REPLAY_DEPTH; i++) orr_msg_unref(pool, f->sent[i]);
    for (uint32_t i = 0; i < ORR_BYZANTINE_KINDS; i++) orr_msg_unref(pool, f->heard[i]);
    struct orr_mem *mem = f->env->common->mem;
    orr_free(mem, f->armed, inner->n_timers * sizeof *f->armed);
    orr_free(mem, f->kept, f->cap_kept * sizeof *f->kept);
    orr_free(mem, f->held, f->cap_held * sizeof f->held[0]);
    orr_timers_fini(&f->due);
    orr_tail_fini(&f->tail, mem);
    memset(f, 0, sizeof *f);
}

static uint64_t fault_digest(const void *node) {
    const struct orr_byzantine_node *f = node;
    uint64_t own[4] = {f->on, f->due.n, f->n_sent, f->rng.draw};
    uint64_t h = orr_hash64(f->cfg->inner->digest(orr_byzantine_inner(f)), own, sizeof own);
    return f->twin_runs ? h ^ f->cfg->inner->digest(orr_twin_state(f)) << 1 : h;
}

static bool fault_leads(const void *node) {
    const struct orr_byzantine_node *f = node;
    if (f->twin_runs && f->cfg->inner->fault.leads(orr_twin_state(f))) return true;
    return f->cfg->inner->fault.leads(orr_byzantine_inner(f));
}

static void fault_stand(const void *node, struct orr_stand *stand) {
    const struct orr_byzantine_node *f = node;
    f->cfg->inner->report.stand(orr_byzantine_inner(f), stand);
}

static struct orr_msg *fault_forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    struct orr_byzantine_node *f = node;
    return f->cfg->inner->fault.forge(orr_byzantine_inner(f), m, pool);
}

static void fault_forget(void *node) {
    struct orr_byzantine_node *f = node;
    f->cfg->inner->fault.forget(orr_byzantine_inner(f));
}

static void fault_reorg(void *node, uint32_t depth) {
    struct orr_byzantine_node *f = node;
    f->cfg->inner->fault.reorg(orr_byzantine_inner(f), depth);
}

static const void *fault_share(const struct orr_cohort *cohort, const void *cfg,
                               struct orr_mem *mem) {
    const struct orr_byzantine_config *c = cfg;
    return c->inner->genesis.share(cohort, c->inner_cfg, mem);
}

bool orr_byzantine_is_on(const void *node, uint32_t id) {
    const struct orr_byzantine_node *f = node;
    while (f->cfg->id != id) {
        if (f->cfg->inner->step != fault_step) return false;
        f = orr_byzantine_inner(f);
    }
    return f->on;
}

bool orr_byzantine_has_twins_inside(const struct orr_byzantine_config *cfg) {
    while (cfg->inner->step == fault_step) {
        cfg = cfg->inner_cfg;
        if (cfg->behaviour == ORR_BEHAVIOUR_TWINS) return true;
    }
    return false;
}

bool orr_byzantine_knows(const struct orr_protocol *protocol, enum orr_behaviour behaviour) {
    switch (behaviour) {
    case ORR_BEHAVIOUR_EQUIVOCATE:
    case ORR_BEHAVIOUR_DOUBLE: return protocol->fault.forge;
    case ORR_BEHAVIOUR_MUTATE: return protocol->fault.fields && protocol->fault.sign;
    case ORR_BEHAVIOUR_AMNESIA: return protocol->fault.forget;
    case ORR_BEHAVIOUR_EDGE: return protocol->fault.patience;
    case ORR_BEHAVIOUR_REORG: return protocol->fault.reorg;
    default: return true;
    }
}

int orr_byzantine_wrap(const struct orr_byzantine_config *config, struct orr_protocol *wrapped) {
    const struct orr_protocol *inner = config->inner;
    bool twins = config->behaviour == ORR_BEHAVIOUR_TWINS;
    bool delay = holds_back(config->behaviour);
    if ((unsigned)config->behaviour >= ORR_N_BEHAVIOURS || config->p > ORR_BYZANTINE_ONE ||
        config->split > ORR_BYZANTINE_ONE || (config->n_types && !config->types) ||
        (delay && !config->n_delays) || config->change > ORR_N_CHANGES)
        return ORR_EINVAL;
    for (uint32_t i = 0; delay && i < config->n_delays; i++)
        if (config->delays_ns[i] < 0) return ORR_EINVAL;
    if (!forgets_log(config) && !orr_byzantine_knows(inner, config->behaviour))
        return ORR_EUNSUPPORTED;

    *wrapped = *inner;
    wrapped->config_size = sizeof *config;
    wrapped->config = NULL;
    wrapped->node_size =
        align16(sizeof(struct orr_byzantine_node)) + (twins ? 2 : 1) * align16(inner->node_size);
    wrapped->n_timers = (twins ? 2 : 1) * inner->n_timers + (delay ? 1 : 0);
    wrapped->genesis.share = inner->genesis.share ? fault_share : NULL;
    wrapped->init = fault_init;
    wrapped->step = fault_step;
    wrapped->fini = fault_fini;
    wrapped->touch = NULL;
    wrapped->digest = inner->digest ? fault_digest : NULL;
    wrapped->report.stand = inner->report.stand ? fault_stand : NULL;
    wrapped->fault.leads = inner->fault.leads ? fault_leads : NULL;
    wrapped->fault.forge = inner->fault.forge ? fault_forge : NULL;
    wrapped->fault.reorg = inner->fault.reorg ? fault_reorg : NULL;
    wrapped->fault.forget = inner->fault.forget ? fault_forget : NULL;
    return 0;
}
