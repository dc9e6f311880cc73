#include "sim/engine/poison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/sanitize.h"
#include "sim/engine/engine.h"

enum { MARKS = 1 << 16, STACK_BYTES = 1 << 14, OUTBOX_EFFECTS = 256 };

void orr_poison_init(struct orr_poison *p, uint8_t byte) {
    *p = (struct orr_poison){.byte = byte, .log_from = UINT64_MAX, .stride = 1,
                             .marks = orr_xrealloc(NULL, MARKS * sizeof *p->marks)};
}

void orr_poison_fini(struct orr_poison *p) {
    free(p->marks);
    free(p->log);
}

/* ---- fill ---- */

static struct orr_sim *sim_of(struct orr_pool *pool) {
    return (struct orr_sim *)((char *)pool - offsetof(struct orr_sim, pool));
}

static void fill_message(struct orr_pool *pool, struct orr_msg *m) {
    orr_show(m->data, m->cap);
    memset(m->data, sim_of(pool)->poison->byte, m->cap);
}

/* m->decoded is not its own any more: a form comes here by itself. */
static void take_back(struct orr_pool *pool, struct orr_msg *m) {
    struct orr_sim *sim = sim_of(pool);
    if (m->hash && m->hash != orr_msg_hash_anew(m))
        orr_engine_mishap(sim, sim->guard.inside ? &sim->nodes[sim->guard.node] : NULL,
                          ORR_MISHAP_WRITTEN, "kind %u of %u B, found when it was given back",
                          m->kind, m->len);
    fill_message(pool, m);
}
static const struct orr_pool_watch filling = {fill_message, take_back};

/* A message that an event lends, before or after the step. */
static void look_at(struct orr_sim *sim, const struct orr_event *event, bool after) {
    struct orr_msg *m = event->msg;
    if (!m || orr_msg_is_intact(m)) return;
    bool is_mail = event->kind == ORR_RECV; /* else it is a client's or the node's own */
    orr_peer node = after || !is_mail ? sim->guard.node : event->peer;
    orr_engine_mishap(sim, &sim->nodes[node], ORR_MISHAP_WRITTEN, "kind %u of %u B, %s", m->kind,
                      m->len, after ? "which the event only lends" : "on its way");
}

/* Where the function that is called next has its variables. */
__attribute__((noinline)) void orr_engine_poison_stack(uint8_t byte) {
    char space[STACK_BYTES];
    memset(space, byte, sizeof space);
    __asm__ volatile("" ::"r"(space) : "memory"); /* it is read, for all that the compiler knows */
}

void orr_engine_poison_memory(struct orr_sim *sim, struct orr_poison *poison) {
    sim->poison = poison;
    orr_region_fill(sim->region, poison->byte);
}

/* ---- watch ---- */

static uint64_t hash_of(const struct orr_msg *m) {
    return m ? orr_hash64(orr_msg_type(m), m->data, m->len) : 0;
}

/* Of an effect, what its kind gives a meaning. */
static uint64_t mix_effect(uint64_t h, const struct orr_effect *e) {
    h = mix(h, (uint64_t)e->kind);
    switch (e->kind) {
    case ORR_SEND:
    case ORR_CAST: return mix(mix(h, e->peer), hash_of(e->msg));
    case ORR_ARM: return mix(mix(h, e->key), (uint64_t)e->at);
    case ORR_WRITE:
    case ORR_OUTPUT: return mix(mix(h, e->key), hash_of(e->msg));
    case ORR_DIAL:
    case ORR_HANGUP: return mix(h, e->peer);
    }
    return h; /* of no known kind: a mishap */
}

static void mark(struct orr_poison *p) {
    if (p->n_steps % p->stride) return;
    if (p->n_marks == MARKS) { /* every second one is enough */
        for (uint32_t i = 0; i < MARKS / 2; i++) p->marks[i] = p->marks[2 * i + 1];
        p->n_marks = MARKS / 2;
        p->stride *= 2;
        if (p->n_steps % p->stride) return;
    }
    p->marks[p->n_marks++] = p->hash;
}

static void note(struct orr_sim *sim, struct orr_poison *p, uint64_t in, uint64_t out) {
    p->n_steps++;
    p->hash = mix(mix(mix(p->hash, sim->guard.node), in), out);
    mark(p);
    if (p->stop_at && p->n_steps >= p->stop_at) sim->stopped = true;
    if (p->n_steps <= p->log_from) return;
    if (p->n_log == p->log_cap) {
        p->log_cap = p->log_cap ? 2 * p->log_cap : 64;
        p->log = orr_xrealloc(p->log, p->log_cap * sizeof *p->log);
    }
    struct orr_poison_step *step = &p->log[p->n_log++];
    *step = (struct orr_poison_step){.in = in, .out = out};
    orr_engine_place_mishap(sim, sim->guard.node, &step->place);
}

/* The step of every node of a poisoned run. */
static int poisoned_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct orr_sim *sim = (struct orr_sim *)((char *)out - offsetof(struct orr_sim, outbox));
    struct orr_poison *p = sim->poison;
    uint64_t in = mix(mix(mix((uint64_t)event->now ^ (uint64_t)event->wall << 1,
                              (uint64_t)event->kind), event->key),
                      event->peer ^ hash_of(event->msg));
    uint32_t n = out->cap - out->n;
    memset(out->v + out->n, p->byte, (n < OUTBOX_EFFECTS ? n : OUTBOX_EFFECTS) * sizeof *out->v);
    look_at(sim, event, false);
    if (event->msg) orr_msg_seal(event->msg);
    orr_engine_poison_stack(p->byte);
    int error = sim->poisoned[sim->guard.node]->step(state, event, out);
    look_at(sim, event, true);
    uint64_t h = mix(mix((uint64_t)error, (uint64_t)out->busy_ns), out->rng->draw);
    for (uint32_t i = 0; i < out->n; i++) h = mix_effect(h, &out->v[i]);
    note(sim, p, in, h);
    return error;
}

void orr_engine_poison_steps(struct orr_sim *sim) {
    struct orr_mem *mem = &sim->region->mem;
    sim->pool.watch = &filling;
    sim->poisoned = orr_alloc(mem, sim->n_nodes * sizeof *sim->poisoned);
    for (orr_peer i = 0; i < sim->n_nodes; i++) {
        const struct orr_protocol *own = sim->poisoned[i] = sim->nodes[i].protocol;
        orr_peer same = i; /* nodes of one protocol mostly stand side by side */
        while (same > 0 && sim->poisoned[same - 1] != own) same--;
        if (same > 0) {
            sim->nodes[i].protocol = sim->nodes[same - 1].protocol;
            continue;
        }
        struct orr_protocol *copy = orr_alloc(mem, sizeof *copy);
        *copy = *own;
        copy->step = poisoned_step;
        sim->nodes[i].protocol = copy;
    }
}

/* ---- compare ---- */

/* The hash after a number of steps; 0: not known. */
static uint64_t hash_at(const struct orr_poison *p, uint64_t n_steps) {
    uint64_t i = n_steps / p->stride;
    return i && i <= p->n_marks ? p->marks[i - 1] : 0;
}

bool orr_poison_differ(const struct orr_poison *a, const struct orr_poison *b, uint64_t *from,
                       uint64_t *to) {
    uint64_t stride = a->stride > b->stride ? a->stride : b->stride;
    uint64_t less = a->n_steps < b->n_steps ? a->n_steps : b->n_steps, at = 0;
    while (at + stride <= less && hash_at(a, at + stride) == hash_at(b, at + stride)) at += stride;
    *from = at;
    *to = at + stride <= less ? at + stride : a->n_steps + b->n_steps - less;
    return at + stride <= less || a->n_steps != b->n_steps || a->hash != b->hash;
}

void orr_poison_name(const struct orr_poison *a, const struct orr_poison *b,
                     struct orr_mishap *m) {
    uint32_t n = a->n_log < b->n_log ? a->n_log : b->n_log, i = 0;
    while (i < n && a->log[i].in == b->log[i].in && a->log[i].out == b->log[i].out &&
           a->log[i].place.node == b->log[i].place.node)
        i++;
    const struct orr_poison *longer = i < a->n_log ? a : b;
    if (i == longer->n_log) { /* it comes and goes, as addresses do */
        *m = n ? a->log[n - 1].place
               : (struct orr_mishap){.event = ORR_MISHAP_NO_EVENT, .peer = ORR_NOBODY};
        m->kind = ORR_MISHAP_UNINITIALISED;
        snprintf(m->text, sizeof m->text, "%s",
                 "two runs differed about here, and when they were repeated they did not: what is "
                 "read is an address, or memory outside of any node");
        return;
    }
    *m = longer->log[i].place;
    m->kind = ORR_MISHAP_UNINITIALISED;
    bool same_input = i < n && a->log[i].in == b->log[i].in &&
                      a->log[i].place.node == b->log[i].place.node;
    snprintf(m->text, sizeof m->text, "%s",
             same_input ? "the step did something else when memory that it had not written held "
                          "other bytes"
                        : "what reached the node was something else when memory that nobody had "
                          "written held other bytes");
}
