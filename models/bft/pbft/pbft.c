/* pbft.c - the role `pbft`: birth and death of a replica, and who takes which event. */
#include "models/plain_tx.h"
#include "models/statement.h"
#include "models/bft/pbft/state.h"

enum { MAX_TX_BYTES = 64 << 20 }; /* all that are pending at a replica */

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    (void)cfg;
    return orr_validator_set_new(cohort, mem);
}

static int init(void *node, const struct orr_env *env, const void *cfg) {
    struct orr_pbft_replica *r = node;
    struct orr_mem *mem = env->common->mem;
    r->common = env->common;
    r->config = cfg;
    r->set = env->common->shared;
    r->me = orr_validator_of(r->set, env->self);
    r->n = r->set->n;
    r->quorum = orr_quorum(r->n) - orr_pbft_has_bug(r, ORR_PBFT_BUG_QUORUM_2F);
    r->changes = orr_alloc_zero(mem, r->n * sizeof *r->changes);
    r->change_views = orr_alloc_zero(mem, r->n * sizeof *r->change_views);
    r->answered_at = orr_alloc_zero(mem, r->n * sizeof *r->answered_at);
    r->answered_to = orr_alloc_zero(mem, r->n * sizeof *r->answered_to);
    r->asked_from = UINT64_MAX;
    for (uint32_t i = 0; i < r->n; i++) r->answered_at[i] = -r->config->status_interval;
    r->next = 1;
    uint32_t window = 1;
    while (window < r->config->window) window *= 2;
    orr_slots_init(&r->slots, mem, 1, window, sizeof(struct orr_pbft_slot));
    r->n_checkpoints = (uint32_t)(r->config->window / r->config->checkpoint_interval) + 1;
    r->checkpoints = orr_alloc_zero(mem, r->n_checkpoints * sizeof *r->checkpoints);
    r->far = orr_alloc_zero(mem, r->n * sizeof *r->far);
    for (int k = 0; k < 2; k++) orr_set_init(&r->recent[k].set, mem, 0);
    orr_held_init(&r->early, mem, env->common->pool);
    orr_fifo_init(&r->queue, mem, sizeof(struct orr_msg *));
    orr_mempool_init(&r->pending, mem, env->common->pool, (uint32_t)r->config->pending_txs,
                     MAX_TX_BYTES);
    return 0;
}

static void fini(void *node) {
    struct orr_pbft_replica *r = node;
    struct orr_mem *mem = r->common->mem;
    struct orr_pool *pool = r->common->pool;
    for (uint64_t i = r->slots.first; i < r->slots.first + r->slots.window; i++)
        orr_pbft_slot_free(r, orr_slots_at(&r->slots, i));
    orr_slots_fini(&r->slots);
    for (uint32_t k = 0; k < r->n_checkpoints; k++) {
        struct orr_pbft_checkpoint *c = &r->checkpoints[k];
        for (uint32_t i = 0; c->votes && i < r->n; i++) orr_msg_unref(pool, c->votes[i]);
        orr_free(mem, c->votes, r->n * sizeof *c->votes);
        orr_msg_unref(pool, c->state);
    }
    orr_free(mem, r->checkpoints, r->n_checkpoints * sizeof *r->checkpoints);
    orr_free(mem, r->far, r->n * sizeof *r->far);
    for (uint32_t i = 0; i < r->n; i++) orr_msg_unref(pool, r->changes[i]);
    orr_free(mem, r->changes, r->n * sizeof *r->changes);
    orr_free(mem, r->change_views, r->n * sizeof *r->change_views);
    orr_free(mem, r->answered_at, r->n * sizeof *r->answered_at);
    orr_free(mem, r->answered_to, r->n * sizeof *r->answered_to);
    orr_msg_unref(pool, r->own_change);
    orr_msg_unref(pool, r->new_view);
    orr_msg_unref(pool, r->stable_cert);
    orr_msg_unref(pool, r->stable_state);
    while (r->queue.n) orr_msg_unref(pool, *(struct orr_msg **)orr_fifo_pop(&r->queue));
    orr_fifo_fini(&r->queue);
    orr_held_fini(&r->early);
    orr_mempool_fini(&r->pending);
    orr_pbft_machine_fini(r);
}

/* ---- events ---- */

static void start(struct orr_pbft_replica *r) {
    bool is_back = r->stable || r->view;
    uint64_t last = r->stable + r->config->window;
    for (uint64_t i = r->stable + 1; i <= last; i++) {
        const struct orr_pbft_slot *s = orr_pbft_slot_at(r, i);
        is_back |= s->batch.msg != NULL;
        if (s->is_ordered) r->next = i + 1;
    }
    r->is_restoring = true;
    orr_pbft_execute_ready(r);
    r->is_restoring = false;
    orr_enter_view(r->out, r->view, ORR_VIEW_START);
    orr_enter(r->out, r->executed + 1, (uint32_t)r->view,
              r->is_changing ? ORR_PBFT_CHANGING : ORR_PBFT_NORMAL);
    if (is_back && r->is_changing) orr_pbft_resume_change(r);
    if (is_back && !r->is_changing) {
        uint64_t next = r->next;
        orr_pbft_apply_orders(r);
        if (r->next < next) r->next = next;
        for (uint64_t i = r->stable + 1; i <= r->stable + r->config->window; i++)
            orr_pbft_resume(r, i);
    }
    orr_pbft_status(r, is_back);
}

static void receive(struct orr_pbft_replica *r, struct orr_msg *m, orr_peer peer) {
    uint32_t from = orr_validator_of(r->set, peer);
    bool is_replica = from != ORR_NOBODY && from != r->me;
    switch (is_replica ? m->kind : ORR_PBFT_N_KINDS) {
    case ORR_PBFT_REQUEST: orr_pbft_recv_request(r, m); break;
    case ORR_PBFT_PRE_PREPARE: orr_pbft_recv_pre_prepare(r, m, peer); break;
    case ORR_PBFT_PREPARE:
    case ORR_PBFT_COMMIT: orr_pbft_recv_vote(r, m, peer); break;
    case ORR_PBFT_REPLY: orr_pbft_recv_reply(r, m); break;
    case ORR_PBFT_CHECKPOINT:
        orr_pbft_recv_checkpoint(r, m);
        orr_pbft_try_order(r); /* the window may have moved */
        break;
    case ORR_PBFT_VIEW_CHANGE: orr_pbft_recv_view_change(r, m); break;
    case ORR_PBFT_NEW_VIEW: orr_pbft_recv_new_view(r, m); break;
    case ORR_PBFT_STATUS: orr_pbft_recv_status(r, from, m); break;
    case ORR_PBFT_FETCH: orr_pbft_recv_fetch(r, from, m); break;
    case ORR_PBFT_BATCH: orr_pbft_recv_batch(r, m); break;
    case ORR_PBFT_DECISION: orr_pbft_recv_decision(r, from, m); break;
    case ORR_PBFT_STATE: orr_pbft_recv_state(r, m); break;
    default: orr_pbft_drop(r);
    }
}

static void timer(struct orr_pbft_replica *r, uint32_t key) {
    switch (key) {
    case ORR_PBFT_TIMER_VIEW: orr_pbft_view_timeout(r); break;
    case ORR_PBFT_TIMER_BATCH:
        r->is_batching = false;
        r->is_batch_due = true;
        orr_pbft_try_order(r);
        break;
    case ORR_PBFT_TIMER_RETRY: orr_pbft_retry(r); break;
    case ORR_PBFT_TIMER_STATUS: orr_pbft_status(r, false); break;
    default: assert(!"a timer that was never armed");
    }
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct orr_pbft_replica *r = node;
    r->out = out;
    r->now = event->now;
    r->wall = event->wall;
    out->busy_ns += r->common->costs->step_ns;
    switch (event->kind) {
    case ORR_STORED: return orr_pbft_stored(r, event);
    case ORR_START: start(r); break;
    case ORR_RECV:
        if (event->msg) receive(r, event->msg, event->peer);
        else orr_pbft_drop(r);
        break;
    case ORR_TIMER: timer(r, event->key); break;
    case ORR_INPUT:
        if (event->key == ORR_IN_TX && event->msg) orr_pbft_submit(r, event->msg);
        break;
    case ORR_WRITTEN:
    case ORR_PEER_UP:
    case ORR_PEER_DOWN: break;
    }
    return 0;
}

/* ---- for those who look on ---- */

static uint64_t digest(const void *node) {
    const struct orr_pbft_replica *r = node;
    uint64_t of[] = {r->view, r->is_changing, r->next, r->stable, r->executed, r->pending.n_txs,
                     r->n_dropped, r->n_failed};
    return orr_hash64(orr_hash64(1, of, sizeof of), r->chain, 32);
}

static bool leads(const void *node) { return orr_pbft_is_primary(node); }

static void stand(const void *node, struct orr_stand *stand) {
    const struct orr_pbft_replica *r = node;
    struct orr_pbft_cert c;
    const struct orr_pbft_slot *s = orr_slots_at(&r->slots, r->executed + 1);
    bool is_locked =
        s && s->prepared && orr_pbft_cert_read(s->prepared->data, s->prepared->len, &c);
    *stand = (struct orr_stand){.view = (uint32_t)r->view,
                                .locked_view = is_locked ? (uint32_t)c.view : 0,
                                .high_view = is_locked ? (uint32_t)c.view : 0,
                                .height = (uint16_t)r->executed,
                                .phase = (uint8_t)(r->is_changing ? ORR_PBFT_CHANGING
                                                                  : ORR_PBFT_NORMAL),
                                .is_locked = is_locked};
}

static bool place(const struct orr_msg *m, struct orr_progress *at) {
    bool is_vote = m->kind >= ORR_PBFT_PRE_PREPARE && m->kind <= ORR_PBFT_CHECKPOINT;
    bool is_view = m->kind == ORR_PBFT_VIEW_CHANGE || m->kind == ORR_PBFT_NEW_VIEW;
    if ((!is_vote && !is_view) || m->len < 16) return false;
    *at = (struct orr_progress){.round = (uint32_t)orr_load_le64(m->data)};
    if (is_vote) at->height = orr_load_le64(m->data + 8);
    return true;
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct orr_pbft_config *c = cfg;
    if (n < 4) return "PBFT needs n = 3f + 1 replicas, at least 4";
    return c->window < c->checkpoint_interval
               ? "window is less than checkpoint_interval, so that no checkpoint can be reached"
               : NULL;
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_PBFT_KINDS(KIND)
#undef KIND
    NULL,
};
static const char *const growths[] = {"fixed", "doubling", "linear", NULL};
static const char *const new_views[] = {"quorum", "first-certificate", NULL};
static const char *const off_on[] = {"off", "on", NULL};
static const char *const bugs[] = {
#define BUG(name, text) text,
    ORR_PBFT_BUGS(BUG)
#undef BUG
    NULL,
};

#define KEY(name_, type_, fallback_, min_, max_, help_)                                     \
    {.name = #name_, .help = help_, .type = ORR_CONFIG_##type_,                             \
     .offset = offsetof(struct orr_pbft_config, name_), .fallback = fallback_, .min = min_, \
     .max = max_}
#define CHOICE(name_, fallback_, choices_, help_)                                           \
    {.name = #name_, .help = help_, .type = ORR_CONFIG_ENUM,                                \
     .offset = offsetof(struct orr_pbft_config, name_), .fallback = fallback_,              \
     .max = sizeof choices_ / sizeof choices_[0] - 2, .choices = choices_}

#define FLAW(name_, choices_, help_, flaw_)                                                 \
    {.name = #name_, .help = help_, .type = ORR_CONFIG_ENUM, .flaw = flaw_,                 \
     .offset = offsetof(struct orr_pbft_config, name_),                                     \
     .max = sizeof choices_ / sizeof choices_[0] - 2, .choices = choices_}

static const struct orr_config_key config_keys[] = {
    KEY(batch, COUNT, 1, 1, 100000, "requests in one sequence number"),
    KEY(batch_interval, TIME, 0, 0, 60000000000,
        "how long a primary waits for a batch to be full; 0: it does not"),
    KEY(pipeline, COUNT, 100000, 1, 100000, "sequence numbers that a primary has under way"),
    KEY(checkpoint_interval, COUNT, 100, 1, 100000,
        "sequence numbers from checkpoint to checkpoint"),
    KEY(window, COUNT, 200, 1, 1 << 17,
        "sequence numbers between the water marks: behind the stable checkpoint"),
    KEY(timeout, TIME, 1000000000, 1000, 3600000000000,
        "how long a backup waits for a request to be executed, and at first for a new view"),
    CHOICE(growth, ORR_PBFT_DOUBLING, growths,
           "of the timeout with each view change that does not come through"),
    KEY(retry, TIME, 500000000, 1000000, 3600000000000,
        "after which a request without an answer goes to all replicas"),
    KEY(status_interval, TIME, 1000000000, 1000000, 3600000000000,
        "how often a replica that stands still says where it is"),
    KEY(replies, BOOL, 1, 0, 1, "replicas answer those who asked"),
    KEY(reply_quorum, COUNT, 0, 0, 100000, "equal answers that a client waits for; 0: f + 1"),
    KEY(primary_prepares, BOOL, 0, 0, 1,
        "the primary casts a prepare too, and 2f + 1 of them are needed (rules of the simulator of "
        "DSN 2022)"),
    KEY(decide_broadcast, BOOL, 0, 0, 1,
        "who decides sends the decision with its commits to all (the same)"),
    KEY(on_arrival, BOOL, 0, 0, 1,
        "whether enough have voted is looked at when a message arrives, not at one's own vote (the "
        "same)"),
    KEY(pending_txs, COUNT, 100000, 1, 10000000, "requests that a replica keeps"),
    FLAW(read_only, off_on, "clients wait for 2f + 1 equal answers, as reads of one round need",
         "arXiv 2107.11144: with f silent, a replica that was sent the state never answers"),
    FLAW(new_view, new_views,
         "which prepared certificate of a number a new view takes: of the highest view in a quorum "
         "of view changes, or the first that it meets",
         "OSDI '99, 4.4: what a later view has executed is undone"),
    FLAW(bug, bugs, "a mistake that implementations have made", "seeded, to see what finds it"),
    {0},
};

const struct orr_protocol orr_pbft = {
    .abi = ORR_ABI,
    .burst = 1,
    .name = "pbft",
    .summary = "PBFT (Castro, Liskov, OSDI '99): view changes, checkpoints, state transfer",
    .kinds = kinds,
    .config_size = sizeof(struct orr_pbft_config),
    .config = config_keys,
    .node_size = sizeof(struct orr_pbft_replica),
    .n_timers = ORR_PBFT_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = share,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .digest = digest,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .fault.leads = leads,
    .fault.forge = orr_pbft_forge,
    .fault.fields = orr_pbft_fields,
    .fault.sign = orr_pbft_sign,
    .fault.forget = orr_pbft_forget,
    .fault.patience = 1u << ORR_PBFT_TIMER_VIEW,
    .report.place = place,
    .report.statement = orr_pbft_statement,
    .report.stand = stand,
};
