/* sim.c - the main loop: take the least event, let it reach a node, apply the effects. */
#include "sim/engine/engine.h"

#include <inttypes.h>
#include <string.h>

#include "models/output.h"

static void take_effect(struct orr_sim *sim, struct node *node, struct orr_effect *e);

/* ---- the main loop ---- */

/* ---- bringing what the next events need into the cache ----
 *
 * A sorted run, or a lane, shows them.  (gcc 12 takes a function that only prefetches for one
 * without effect and drops its calls, unless it is inlined early.) */
#define EARLY static inline __attribute__((always_inline))

/* A record, and a node, of an event that is some events away. */
EARLY void fetch_record(const struct orr_sim *sim, const struct orr_key *key) {
    __builtin_prefetch(&sim->records[orr_key_slot(key)], 1);
}
EARLY void fetch_node(const struct orr_sim *sim, const struct orr_key *key) {
    uint32_t dst = orr_key_dst(&sim->queue, key);
    if (dst >= sim->n_nodes) return;
    __builtin_prefetch(&sim->nodes[dst], 1);
    if (sim->has_lines) __builtin_prefetch(&sim->nodes[dst].timers, 1);
    if (sim->cpu_model) __builtin_prefetch(&sim->nodes[dst].core_free);
}
/* Does the event only find its place in the node's downlink? */
EARLY bool only_lines_up(const struct orr_sim *sim, const struct orr_key *key) {
    if (!sim->has_lines || !(sim->nodes[orr_key_dst(&sim->queue, key)].flags & DOWNLINK))
        return false;
    const struct record *r = &sim->records[orr_key_slot(key)];
    return r->kind == ORR_RECV && !r->received;
}
/* Its state, when record and node are there. */
EARLY void fetch_state(const struct orr_sim *sim, const struct orr_key *key) {
    uint32_t dst = orr_key_dst(&sim->queue, key);
    if (dst >= sim->n_nodes || only_lines_up(sim, key)) return;
    const char *state = sim->nodes[dst].state;
    __builtin_prefetch(state, 1);
    if (!sim->has_large_states) return;
    __builtin_prefetch(state + 64, 1);
    __builtin_prefetch(state + 128, 1);
}
/* What the protocol asks for, when the state is there. */
static __attribute__((noinline)) void touch(struct orr_sim *sim, const struct orr_key *key) {
    uint32_t dst = orr_key_dst(&sim->queue, key);
    if (dst >= sim->n_nodes) return;
    const struct node *node = &sim->nodes[dst];
    const struct record *r = &sim->records[orr_key_slot(key)];
    if (!node->protocol->touch || !(node->flags & UP) || only_lines_up(sim, key)) return;
    if (r->kind > ORR_PEER_DOWN || !r->msg || !r->msg->refs) return;
    sim->guard.node = dst;
    sim->guard.callback = ORR_CALLBACK_TOUCH;
    sim->guard.inside = true;
    node->protocol->touch(node->state, r->msg);
    sim->guard.inside = false;
    sim->guard.callback = ORR_CALLBACK_STEP;
}

EARLY void look_ahead(struct orr_sim *sim) {
    const struct orr_key *next = sim->queue.run + sim->queue.pos;
    fetch_record(sim, &next[6]);
    fetch_node(sim, &next[5]);
    fetch_state(sim, &next[2]);
    if (sim->has_touch && sim->queue.pos < sim->queue.len) touch(sim, &next[0]);
}
EARLY void look_ahead_in_lane(struct orr_sim *sim) {
    const struct orr_queue_lane *lane = &sim->queue.lanes[0];
    if (lane->n <= 6) return;
    fetch_record(sim, orr_queue_lane_at(lane, 6));
    fetch_node(sim, orr_queue_lane_at(lane, 5));
    fetch_state(sim, orr_queue_lane_at(lane, 2));
    if (sim->has_touch) touch(sim, orr_queue_lane_at(lane, 0));
}

static void at_node(struct orr_sim *sim, struct node *node, uint32_t slot);
static void at_call(struct orr_sim *sim, uint32_t slot);

/* Runs until somebody stops it. */
static void loop(struct orr_sim *sim) {
    const uint64_t most = ORR_INSTANT_EVENTS + UINT64_C(16) * sim->n_nodes;
    struct orr_key key;
    orr_peer last = ORR_NOBODY;
    uint64_t n_at_once = 0; /* events in a row of one node at one instant: they come together */
    uint32_t pos = UINT32_MAX;
    while (!sim->stopped && orr_queue_pop(&sim->queue, &key)) {
        assert((orr_time)key.time >= sim->now);
        orr_peer dst = orr_key_dst(&sim->queue, &key);
        bool again = (dst == last) & ((orr_time)key.time == sim->now);
        n_at_once = again ? n_at_once + 1 : 0;
        last = dst;
        sim->heap.owner = dst < sim->n_nodes ? dst : sim->n_nodes;
        sim->now = (orr_time)key.time;
        if (sim->queue.pos != pos) look_ahead(sim);
        else look_ahead_in_lane(sim);
        pos = sim->queue.pos;
        if (__builtin_expect(dst == ORR_NOBODY, 0)) {
            at_call(sim, orr_key_slot(&key));
        } else if (__builtin_expect(n_at_once == most, 0)) {
            orr_engine_mishap(sim, &sim->nodes[dst], ORR_MISHAP_ENDLESS,
                              "it had handled %llu events without time passing",
                              (unsigned long long)most);
        } else {
            at_node(sim, &sim->nodes[dst], orr_key_slot(&key));
        }
    }
}

void orr_sim_run(struct orr_sim *sim, orr_time until) {
    if (sim->mishap.kind) return;
    /* The end is an event too, after all others of its time; so the loop has one way out. */
    orr_sim_call_at(sim, until, NULL, NULL);
    sim->stopped = false;
    orr_guard_run(sim, loop);
}

void orr_sim_stop(struct orr_sim *sim) { sim->stopped = true; }

static void at_call(struct orr_sim *sim, uint32_t slot) {
    uint32_t at = sim->records[slot].key;
    struct call call = sim->calls[at];
    record_free(sim, slot);
    sim->calls[at].next = sim->free_call;
    sim->free_call = at;
    if (call.fn) call.fn(call.ctx, sim->now);
    else sim->stopped = true;
}

/* ---- an event reaches a node ---- */

/* A free core at this time, or NULL. */
static inline orr_time *free_core(const struct node *node, orr_time now) {
    for (uint32_t i = 0; i < node->cores; i++)
        if (node->core_free[i] <= now) return &node->core_free[i];
    return NULL;
}

static void inbox_put(struct orr_sim *sim, struct node *node, uint32_t slot) {
    sim->records[slot].next = NO_SLOT;
    if (node->flags & QUEUED) sim->records[node->inbox_tail].next = slot;
    else node->inbox_head = slot;
    node->flags |= QUEUED;
    node->inbox_tail = slot;
}

static void arm_cpu(struct orr_sim *sim, struct node *node) {
    if ((node->flags & (CPU_ARMED | PAUSED | QUEUED)) != QUEUED) return;
    orr_time first = node->core_free[0];
    for (uint32_t i = 1; i < node->cores; i++)
        if (node->core_free[i] < first) first = node->core_free[i];
    node->flags |= CPU_ARMED;
    schedule_self(sim, node, first > sim->now ? first : sim->now, (struct record){.kind = AT_CPU});
}

/* Is a timer event the one that counts, and is it time?  Re-arms when the timer was moved back. */
static bool timer_due(struct orr_sim *sim, struct node *node, uint32_t key) {
    struct timer *timer = &node->timers[key];
    if (timer->queued != sim->now) return false; /* stale: re-armed to fire earlier */
    timer->queued = ORR_NEVER;
    if (timer->at == ORR_NEVER) return false;
    if (timer->at > sim->now) {
        timer->queued = timer->at;
        schedule_self(sim, node, timer->at, (struct record){.kind = ORR_TIMER, .key = key});
        return false;
    }
    return true;
}

/* Runs one event now: checks that waited until the core was free, then the step. */
static void run(struct orr_sim *sim, struct node *node, uint32_t slot) {
    struct record r = sim->records[slot];
    record_free(sim, slot);
    if (r.kind == ORR_TIMER) { /* it may have been disarmed or moved while it waited */
        struct timer *timer = &node->timers[r.key];
        if (timer->at > sim->now) return;
        timer->at = ORR_NEVER;
    }
    bool is_message = r.kind == ORR_RECV;
    if (is_message && __builtin_expect(sim->strangers != NULL, 0))
        orr_engine_as_own(sim, node, &r);
    orr_engine_step(sim, node, r.kind, r.source, is_message ? 0 : r.key,
                    is_message ? r.sent : sim->now, r.msg);
    orr_msg_unref(&sim->pool, r.msg);
}

static void run_or_wait(struct orr_sim *sim, struct node *node, uint32_t slot) {
    if (__builtin_expect(node->flags & (QUEUED | PAUSED) ||
                             (sim->cpu_model && !free_core(node, sim->now)), 0)) {
        inbox_put(sim, node, slot);
        arm_cpu(sim, node);
        return;
    }
    run(sim, node, slot);
}

void orr_engine_run_inbox(struct orr_sim *sim, struct node *node) {
    node->flags &= ~(uint32_t)CPU_ARMED;
    while ((node->flags & (QUEUED | UP | PAUSED)) == (QUEUED | UP) && free_core(node, sim->now)) {
        uint32_t slot = node->inbox_head;
        node->inbox_head = sim->records[slot].next;
        if (node->inbox_head == NO_SLOT) node->flags &= ~(uint32_t)QUEUED;
        run(sim, node, slot);
    }
    if (node->flags & UP) arm_cpu(sim, node);
}

/* Lets held effects take hold that are due; a write among them may hold the rest again. */
static void release(struct orr_sim *sim, struct node *node) {
    node->flags &= ~(uint32_t)HOLD_ARMED;
    uint32_t epoch = node->epoch;
    while (node->flags & HELD) {
        struct held_effect *h = &sim->held[node->held_head];
        orr_time until = h->until > node->synced_at ? h->until : node->synced_at;
        if (until > sim->now) {
            node->flags |= HOLD_ARMED;
            schedule_self(sim, node, until, (struct record){.kind = AT_HOLD});
            return;
        }
        struct orr_effect effect = h->effect;
        uint32_t at = node->held_head;
        node->held_head = h->next;
        if (node->held_head == NO_SLOT) node->flags &= ~(uint32_t)HELD;
        h->next = sim->free_held;
        sim->free_held = at;
        take_effect(sim, node, &effect);
        if (node->epoch != epoch) return; /* a full disk stopped the node */
    }
}

static void at_node(struct orr_sim *sim, struct node *node, uint32_t slot) {
    struct record *r = &sim->records[slot];
    if (r->kind == ORR_RECV) {
        /* nothing that arrive() looks for: it comes in */
        uint32_t matters = UP | OWN_LINKS | (r->received ? 0 : DOWNLINK);
        bool is_plain = (node->flags & matters) == UP && !sim->has_crashed;
        if (__builtin_expect(is_plain, 1) || orr_engine_arrive(sim, node, slot))
            run_or_wait(sim, node, slot);
        return;
    }
    if (r->kind >= AT_SYN) {
        if (r->kind == AT_CLOSE && node->flags & DOWNLINK &&
            orr_engine_wait_in_line(sim, node, slot, 0))
            return;
        struct record own = *r;
        record_free(sim, slot);
        orr_engine_stream_event(sim, node, &own);
        return;
    }
    bool is_current = node->flags & UP && (r->epoch == node->epoch || r->kind == ORR_INPUT);
    if (is_current && r->kind <= ORR_PEER_DOWN) {
        if (r->kind == ORR_TIMER && !timer_due(sim, node, r->key)) record_free(sim, slot);
        else run_or_wait(sim, node, slot);
        return;
    }
    struct record own = *r;
    record_free(sim, slot);
    if (!is_current) {
        if (own.kind == AT_PAIR_IN && own.msg)
            orr_engine_drop(sim, ORR_DROP_SENDER_CRASH, (orr_peer)(node - sim->nodes), own.source,
                            own.msg);
        else if (own.kind == ORR_INPUT)
            orr_engine_drop(sim, ORR_DROP_DOWN, own.source, (orr_peer)(node - sim->nodes), own.msg);
        else
            orr_msg_unref(&sim->pool, own.msg);
        return;
    }
    switch (own.kind) {
    case AT_CPU: orr_engine_run_inbox(sim, node); break;
    case AT_HOLD: release(sim, node); break;
    case AT_DISK: {
        uint32_t name = orr_disk_commit(&node->disk, &sim->heap.mem, &sim->pool);
        schedule_self(sim, node, sim->now, (struct record){.kind = ORR_WRITTEN, .key = name});
        break;
    }
    case AT_LINK: orr_engine_link(sim, node, own.source, own.key); break;
    case AT_UPLINK: orr_engine_uplink_done(sim, node); break;
    case AT_PAIR_IN:
    case AT_PAIR: orr_engine_pair_event(sim, node, &own); break;
    default: assert(!"an event of no known kind");
    }
}

/* ---- a step ---- */

/* No step can claim more: half of all time, so that what the machine adds is no overflow. */
static const uint64_t BUSY_NS_MOST = INT64_MAX / 2;

void orr_sim_tell(struct orr_sim *sim, struct orr_tap_record record) {
    uint32_t wants = 0;
    for (struct orr_tap *tap = sim->taps; tap; tap = tap->next) {
        if (tap->wants & ORR_TAP_BIT(record.kind)) tap->record(tap->ctx, &record);
        wants |= tap->wants; /* which the call may have changed */
    }
    sim->taps_want = wants;
}

static void hold(struct orr_sim *sim, struct node *node, const struct orr_effect *v, uint32_t n,
                 orr_time until) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = sim->free_held;
        if (at != NO_SLOT) {
            sim->free_held = sim->held[at].next;
        } else {
            if (sim->n_held == sim->held_cap) {
                uint32_t cap = sim->held_cap ? 2 * sim->held_cap : 1024;
                sim->held = orr_resize(&sim->region->mem, sim->held,
                                       sim->held_cap * sizeof *sim->held, cap * sizeof *sim->held);
                sim->held_cap = cap;
                sim->n_allocs++;
            }
            at = sim->n_held++;
        }
        sim->held[at] = (struct held_effect){v[i], until, NO_SLOT};
        if (node->flags & HELD) sim->held[node->held_tail].next = at;
        else node->held_head = at;
        node->flags |= HELD;
        node->held_tail = at;
    }
    if (!(node->flags & HOLD_ARMED)) {
        node->flags |= HOLD_ARMED;
        schedule_self(sim, node, until, (struct record){.kind = AT_HOLD});
    }
}

/* From here on nobody writes to the message of an effect. */
static inline void freeze(struct orr_sim *sim, const struct node *node,
                          const struct orr_effect *e) {
    if (!e->msg->hash && e->kind <= ORR_CAST)
        orr_freeze(node->protocol, node->env.common, e->msg);
    if (__builtin_expect(sim->poison != NULL, 0)) orr_msg_seal(e->msg);
}

/* Has every message of the outbox as many references as effects name it?  The one that the event
 * lends is the loop's own.  A reference is taken away for each, and all are given back.  Freezes
 * the messages. */
static bool take_messages(struct orr_sim *sim, const struct node *node, struct orr_msg *lent) {
    const struct orr_effect *v = sim->outbox.v;
    uint32_t n = sim->outbox.n, at = 0;
    if (n == 1 && (!v->msg || v->msg->refs > (v->msg == lent))) { /* mostly */
        if (v->msg) freeze(sim, node, v);
        return true;
    }
    if (lent) lent->refs--;
    for (; at < n; at++)
        if (v[at].msg && v[at].msg->refs-- == 0) break;
    bool hold = at == n;
    if (!hold) v[at].msg->refs++;
    const struct orr_msg *bad = hold ? NULL : v[at].msg;
    for (uint32_t i = 0; i < at; i++) {
        struct orr_msg *m = v[i].msg;
        if (!m) continue;
        m->refs++;
        freeze(sim, node, &v[i]);
    }
    if (lent) lent->refs++;
    if (!hold)
        orr_engine_mishap(sim, node, bad->refs ? ORR_MISHAP_MOVED : ORR_MISHAP_FREED,
                          "effect %u of the step, message kind %u of %u B%s", at, bad->kind,
                          bad->len, bad == lent ? ", which the event only lends" : "");
    return hold;
}

/* The step's effects take hold when its CPU time has passed, after those of earlier steps. */
static void apply(struct orr_sim *sim, struct node *node, orr_time done) {
    struct orr_outbox *out = &sim->outbox;
    if (sim->cpu_model || node->flags & WRITES) {
        if (done < node->release_at) done = node->release_at;
        if (done < node->synced_at) done = node->synced_at;
        node->release_at = done;
    }
    if (done > sim->now || node->flags & HELD) {
        hold(sim, node, out->v, out->n, done);
        return;
    }
    uint32_t n = out->n, epoch = node->epoch;
    for (uint32_t i = 0; i < n; i++) {
        take_effect(sim, node, &out->v[i]);
        if (node->epoch != epoch) { /* a full disk stopped the node: the rest is lost */
            while (++i < n) orr_msg_unref(&sim->pool, out->v[i].msg);
        } else if (node->flags & WRITES && node->synced_at > sim->now &&
                   i + 1 < n) { /* a write is under way */
            hold(sim, node, &out->v[i + 1], n - i - 1, node->synced_at);
            return;
        }
    }
}

void orr_engine_step(struct orr_sim *sim, struct node *node, uint32_t kind, orr_peer peer,
                     uint32_t key, orr_time sent, struct orr_msg *msg) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (msg && __builtin_expect(!msg->refs, 0)) {
        orr_engine_mishap(sim, kind == ORR_RECV ? &sim->nodes[peer] : node, ORR_MISHAP_FREED,
                          "its message of kind %u for node %u was given back on the way", msg->kind,
                          self);
        return;
    }
    if (msg && __builtin_expect(!msg->hash, 0)) {
        if (kind == ORR_STORED) orr_msg_freeze(msg); /* its own record, which only it can read */
        else if (!orr_engine_freeze(sim, node, msg)) return;
    }
    uint64_t hash = msg ? msg->hash : 0;
    node->hash = mix(mix(node->hash, (uint64_t)sim->now ^ hash),
                     ((uint64_t)key << 32 | peer) ^ kind * 0xd1342543de82ef95ull);
    sim->counts.events++;
    sim->counts.deliveries += kind == ORR_RECV;
    if (tap_wants(sim, ORR_TAP_EVENT))
        orr_sim_tell(sim, (struct orr_tap_record){
            .kind = ORR_TAP_EVENT, .what = (uint8_t)kind, .msg_type = orr_msg_type(msg),
            .node = self, .peer = peer, .key = key, .at = sim->now,
            .len = kind == ORR_RECV ? orr_msg_size(msg) : msg ? msg->len : 0,
            .sent = sent, .hash = hash, .msg = msg});

    struct orr_event event = {.kind = kind,
                              .peer = peer,
                              .key = key,
                              .msg = msg,
                              .now = sim->now,
                              .wall = sim->now};
    if (node->flags & CLOCK) {
        event.now = orr_engine_clock(node, sim->now);
        event.wall = event.now + node->wall_ahead;
    }
    struct orr_outbox *out = &sim->outbox;
    out->n = 0;
    out->busy_ns = 0;
    out->rng = &node->rng;
    out->links = &node->links;
    sim->heap.owner = self; /* a call (a fault's end, a switch) may have led here */
    sim->guard.node = self;
    sim->guard.event = &event;
    sim->guard.inside = true;
    int error = node->protocol->step(node->state, &event, out);
    sim->guard.callback = ORR_CALLBACK_DECODE;
    bool hold = !out->n || take_messages(sim, node, msg);
    sim->guard.callback = ORR_CALLBACK_STEP;
    sim->guard.inside = false;
    if (__builtin_expect((uint64_t)out->busy_ns > BUSY_NS_MOST, 0)) {
        orr_engine_mishap(sim, node, ORR_MISHAP_BUSY, "%" PRId64 " ns", out->busy_ns);
        out->busy_ns = 0;
    }

    orr_time done = sim->now;
    if (sim->cpu_model) {
        orr_time *core = free_core(node, sim->now);
        done += orr_stretch(out->busy_ns + sim->costs.step_ns, node->cpu_factor_q16);
        if (core) node->core_free[node->cores] += done - sim->now;
        if (core) *core = done;
        else
            done = sim->now; /* a fault switched a busy node's wrapper: no work of the node's own */
    }
    if (out->n && hold) apply(sim, node, done);
    sim->guard.event = NULL;
    if (error) {
        orr_engine_stopped(sim, self, error, orr_error_text(error));
        orr_sim_crash(sim, self, ORR_DISK_KEEP);
    }
}

/* ---- effects ---- */

static void arm(struct orr_sim *sim, struct node *node, uint32_t key, orr_time local) {
    if (__builtin_expect(key >= node->protocol->n_timers, 0)) {
        orr_engine_mishap(sim, node, ORR_MISHAP_TIMER, "timer %u was armed; it has %u (0 to %d)",
                          key, node->protocol->n_timers, (int)node->protocol->n_timers - 1);
        return;
    }
    struct timer *timer = &node->timers[key];
    if (local == ORR_NEVER) {
        timer->at = ORR_NEVER;
        return;
    }
    orr_engine_arm(sim, node, key, local);
}

void orr_engine_arm(struct orr_sim *sim, struct node *node, uint32_t key, orr_time local) {
    struct timer *timer = &node->timers[key];
    orr_time at = node->flags & CLOCK ? orr_engine_when(node, local) : local;
    if (at < sim->now) at = sim->now;
    timer->local = local;
    timer->at = at;
    if (timer->queued <= at) return; /* the queued event comes first and will look again */
    timer->queued = at;
    schedule_self(sim, node, at, (struct record){.kind = ORR_TIMER, .key = key});
}

static void begin_write(struct orr_sim *sim, struct node *node, uint32_t name,
                        struct orr_msg *msg) {
    uint64_t size = node->disk_model.size_bytes;
    bool too_much = size && msg && node->disk.used_bytes + msg->len > size;
    bool is_full = node->flags & DISK_FULL;
    if (is_full || too_much) { /* as a validator whose log cannot be written: it stops */
        orr_peer self = (orr_peer)(node - sim->nodes);
        orr_msg_unref(&sim->pool, msg);
        if (!is_full) /* no fault of the plan, so nothing else would tell */
            orr_engine_stopped(sim, self, ORR_ENOSPACE, "its disk is full");
        orr_sim_crash(sim, self, ORR_DISK_LOSE_UNSYNCED);
        return;
    }
    orr_time latency = 0;
    struct orr_rng r = orr_rng_stream(sim->seed, ORR_RNG_DISK, (uint32_t)(node - sim->nodes));
    r.draw = node->disk_draws++;
    uint32_t bits[4];
    orr_rng_block(&r, bits);
    if (node->disk_model.write)
        latency += orr_dist_draw(node->disk_model.write, (uint64_t)bits[0] << 32 | bits[1]);
    if (node->disk_model.fsync)
        latency += orr_dist_draw(node->disk_model.fsync, (uint64_t)bits[2] << 32 | bits[3]);
    latency = orr_stretch(latency, node->disk_factor_q16);
    orr_time at = orr_disk_begin(&node->disk, &sim->heap.mem, sim->now, latency, name, msg);
    node->synced_at = at;
    node->flags |= WRITES;
    schedule_self(sim, node, at, (struct record){.kind = AT_DISK});
}

/* Both ends of a link of datagrams learn at once that it opens or closes, when the peer would. */
static void link_datagrams(struct orr_sim *sim, struct node *node, orr_peer to, orr_time latency,
                           bool open) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    struct node *peer = &sim->nodes[to];
    struct record r = {.kind = AT_LINK, .key = open, .source = self, .epoch = peer->epoch};
    schedule(sim, sim->now + latency, to, self, node->seq++, r);
    r.source = to, r.epoch = node->epoch;
    schedule(sim, sim->now + latency, self, to, peer->seq++, r);
}

/* An output that is not what models/output.def says. */
static __attribute__((noinline)) void wrong_output(struct orr_sim *sim, struct node *node,
                                                   struct orr_effect *e) {
    uint32_t len = e->msg ? e->msg->len : 0;
    if (e->key >= ORR_N_OUTPUTS)
        orr_engine_mishap(sim, node, ORR_MISHAP_OUTPUT,
                          "key %u is no output; a protocol's own keys begin at %u", e->key,
                          (unsigned)ORR_OUT_OWN);
    else
        orr_engine_mishap(sim, node, ORR_MISHAP_OUTPUT, "'%s' has %u bytes; it must have %llu",
                          orr_output_infos[e->key].name, len,
                          (unsigned long long)orr_output_size(e->key, e->msg ? e->msg->data : NULL,
                                                              len));
    orr_msg_unref(&sim->pool, e->msg);
}

/* Carries out one effect now; its message's reference is consumed. */
static void take_effect(struct orr_sim *sim, struct node *node, struct orr_effect *e) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    switch (e->kind) {
    case ORR_SEND: orr_engine_send(sim, node, e->peer, e->msg); return;
    case ORR_CAST: orr_engine_cast(sim, node, e->peer, e->msg); return;
    case ORR_ARM: arm(sim, node, e->key, e->at); return;
    case ORR_WRITE: begin_write(sim, node, e->key, e->msg); return;
    case ORR_OUTPUT:
        if (__builtin_expect(!orr_output_fits(e->key, e->msg), 0)) {
            wrong_output(sim, node, e);
            return;
        }
        sim->counts.outputs++;
        if (tap_wants(sim, ORR_TAP_OUTPUT))
            orr_sim_tell(sim, (struct orr_tap_record){
                .kind = ORR_TAP_OUTPUT, .node = self, .peer = ORR_NOBODY, .key = e->key,
                .msg_type = orr_msg_type(e->msg), .len = e->msg ? e->msg->len : 0,
                .at = sim->now, .sent = sim->now, .msg = e->msg});
        orr_msg_unref(&sim->pool, e->msg);
        return;
    case ORR_DIAL:
    case ORR_HANGUP: {
        bool open = e->kind == ORR_DIAL;
        if (e->peer >= sim->n_nodes || e->peer == self) {
            orr_engine_mishap(sim, node, ORR_MISHAP_PEER, "it dialled node %u of %u", e->peer,
                              sim->n_nodes);
            return;
        }
        const struct orr_link *link = orr_engine_link_class(sim, self, e->peer);
        if (!orr_engine_is_stream(sim, self, e->peer, link))
            link_datagrams(sim, node, e->peer, link->latency->mean + 1, open);
        else if (open)
            orr_engine_dial(sim, node, e->peer);
        else
            orr_engine_hangup(sim, node, e->peer);
        return;
    }
    }
    orr_engine_mishap(sim, node, ORR_MISHAP_EFFECT, "kind %u", (unsigned)e->kind);
}

void orr_sim_switch(struct orr_sim *sim, orr_peer i, uint32_t id) {
    if (sim->nodes[i].flags & UP)
        orr_engine_step(sim, &sim->nodes[i], ORR_INPUT, id, ORR_IN_FAULT, sim->now, NULL);
}
