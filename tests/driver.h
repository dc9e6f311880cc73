/* driver.h - the driver of protocols for tests: nodes of one protocol, a clock, messages that take
 * the time that a test says, crashes with their durable records.  It does what sim/driver.h owes a
 * protocol, in a few lines that a test can look into; for networks, processors and disks as they
 * are there is the simulator (tests/sim/engine/world.h).
 *
 * A cluster that runs by itself:
 *
 *     struct cluster c;
 *     cluster_new(&c, "tendermint", 4, 1);             4 nodes, seed 1
 *     c.delay = my_delay, c.output = my_ear;
 *     cluster_start(&c);
 *     cluster_run(&c, 10000 * MS);
 *     cluster_free(&c);                                nothing may have leaked
 *
 * One node, and the test is the rest of the world:
 *
 *     cluster_alone(&c, "pbft-normal", 4, 1);          node 1 of 4, started
 *     cluster_receive(&c, 0, orr_msg_copy(&c.pool, PREPARE, bytes, len));
 *     ck_assert_uint_eq(c.out.n, 1);                   the effects of that one step
 *     cluster_free(&c); */
#ifndef ORR_TESTS_DRIVER_H
#define ORR_TESTS_DRIVER_H

#include "models/base/cost.h"
#include "models/base/memo.h"
#include "models/output.h"
#include "models/registry.h"
#include "sim/base/memory.h"
#include "tests/test.h"

#define MS ((orr_time)1000000)
#define CLUSTER_MAX 64    /* nodes           */
#define CLUSTER_TIMERS 16 /* keys of a node */

struct cluster;
struct flight {
    orr_time at;
    uint64_t seq;
    orr_peer from, to;
    struct orr_msg *msg;
    bool is_written; /* not a message: tells `to`, in the life of so many crashes, that ... */
    uint32_t name, life; /* ... the record of this name is durable                        */
};
struct record { uint32_t name; struct orr_msg *msg; };
struct cluster_node {
    const struct orr_protocol *protocol; /* the cluster's, or a wrapper around it */
    const void *config;
    bool is_up;
    uint32_t n_crashes;
    void *state;
    struct orr_env env;
    struct orr_rng rng;
    orr_time timers[CLUSTER_TIMERS];
    struct record *disk;
    uint32_t n_disk;
};

struct cluster {
    struct orr_heap heap;
    struct orr_arena arena; /* what share() makes lives as long as the cluster */
    struct orr_pool pool;
    const struct orr_protocol *protocol;
    struct orr_cohort cohort;
    orr_peer members[CLUSTER_MAX];
    uint64_t stakes[CLUSTER_MAX];
    void *config;
    struct orr_costs costs;
    struct orr_memo *memo;
    struct orr_rng rng;
    struct cluster_node nodes[CLUSTER_MAX];
    struct flight *flights;
    uint32_t n_flights, flights_cap;
    uint64_t seq, n_steps, n_sends;
    orr_time now;
    orr_time wall_ahead; /* of all wall clocks */
    struct orr_outbox out;
    /* How long from `from` to `to`; ORR_NEVER loses the message.  NULL: 10 ms. */
    orr_time (*delay)(struct cluster *c, orr_peer from, orr_peer to, const struct orr_msg *m);
    /* An ORR_SEND or ORR_CAST takes hold; lent.  NULL: nobody looks. */
    void (*sent)(struct cluster *c, orr_peer from, const struct orr_effect *e);
    /* What a node tells; msg is lent. */
    void (*output)(struct cluster *c, orr_peer node, uint32_t key, const struct orr_msg *m);
    void *ctx;
    /* Who crashes in the midst of a step's effects, or ORR_NOBODY: after so many more writes,
     * before the next is durable.  What follows a write takes hold with it, unless it dies right
     * behind the last one. */
    orr_peer dying;
    uint32_t writes_left;
    uint64_t effects_left; /* of all nodes, until lightning strikes; 0: it does not */
    bool is_struck;        /* all effects after that one are lost                    */
    bool dies_behind;
    orr_peer only;  /* the one node that runs, or ORR_NOBODY                                   */
    bool keeps;     /* effects are not carried out but stay in `out` till the next step        */
    struct orr_common common;
    struct orr_links links[CLUSTER_MAX]; /* v NULL: all */
};

static inline void cluster_grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 64;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

/* Sets a config key by its name. */
static inline void cluster_set(struct cluster *c, const char *key, uint64_t value) {
    for (const struct orr_config_key *k = c->protocol->config; k && k->name; k++)
        if (!strcmp(k->name, key)) {
            if (k->type == ORR_CONFIG_BOOL)
                *((bool *)c->config + k->offset) = value != 0;
            else if (k->type == ORR_CONFIG_ENUM)
                *(uint32_t *)((char *)c->config + k->offset) = (uint32_t)value;
            else *(uint64_t *)((char *)c->config + k->offset) = value;
            return;
        }
    ck_abort_msg("no config key %s", key);
}

static inline void cluster_new_of(struct cluster *c, const struct orr_protocol *protocol,
                                  uint32_t n, uint64_t seed) {
    ck_assert_uint_le(n, CLUSTER_MAX);
    ck_assert_uint_le(protocol->n_timers, CLUSTER_TIMERS);
    memset(c, 0, sizeof *c);
    orr_heap_init(&c->heap);
    orr_arena_init(&c->arena);
    orr_pool_init(&c->pool, &c->heap.mem);
    c->protocol = protocol;
    c->config = orr_alloc_zero(&c->heap.mem, c->protocol->config_size);
    for (const struct orr_config_key *k = c->protocol->config; k && k->name; k++)
        cluster_set(c, k->name, k->fallback);
    for (uint32_t i = 0; i < n; i++) {
        c->members[i] = i;
        c->stakes[i] = 1;
        c->nodes[i].protocol = c->protocol;
        c->nodes[i].config = c->config;
    }
    c->cohort = (struct orr_cohort){n, c->members, c->stakes, seed, ORR_SIGNATURES_REAL};
    c->dying = c->only = ORR_NOBODY;
    c->rng = orr_rng_stream(seed, ORR_RNG_LINK, 0);
    c->memo = orr_memo_new(&c->heap.mem, 1 << 14);
    c->out = (struct orr_outbox){.pool = &c->pool, .grow = cluster_grow};
}

/* n nodes of the protocol that a scenario would name so; they start with cluster_start. */
static inline void cluster_new(struct cluster *c, const char *role, uint32_t n, uint64_t seed) {
    const struct orr_protocol *protocol = orr_registry_find(role);
    ck_assert_msg(protocol != NULL, "no protocol '%s' in models/registry.def", role);
    cluster_new_of(c, protocol, n, seed);
}

static inline void cluster_fly(struct cluster *c, struct flight f) {
    if (c->n_flights == c->flights_cap) {
        c->flights_cap = c->flights_cap ? 2 * c->flights_cap : 256;
        c->flights = orr_xrealloc(c->flights, c->flights_cap * sizeof *c->flights);
    }
    f.seq = c->seq++;
    uint32_t at = c->n_flights++; /* a binary heap by (at, seq) */
    for (; at; at = (at - 1) / 2) {
        struct flight *up = &c->flights[(at - 1) / 2];
        if (up->at < f.at || (up->at == f.at && up->seq < f.seq)) break;
        c->flights[at] = *up;
    }
    c->flights[at] = f;
}

static inline void cluster_post(struct cluster *c, orr_peer from, orr_peer to, struct orr_msg *m) {
    c->n_sends++;
    orr_time delay = c->delay ? c->delay(c, from, to, m) : 10 * MS;
    if (delay == ORR_NEVER) orr_msg_unref(&c->pool, m);
    else cluster_fly(c, (struct flight){.at = c->now + delay, .from = from, .to = to, .msg = m});
}

static inline struct flight cluster_pop(struct cluster *c) {
    struct flight top = c->flights[0], last = c->flights[--c->n_flights];
    uint32_t at = 0, child;
    for (; (child = 2 * at + 1) < c->n_flights; at = child) {
        struct flight *a = &c->flights[child], *b = a + 1;
        if (child + 1 < c->n_flights && (b->at < a->at || (b->at == a->at && b->seq < a->seq)))
            child++, a = b;
        if (last.at < a->at || (last.at == a->at && last.seq < a->seq)) break;
        c->flights[at] = *a;
    }
    c->flights[at] = last;
    return top;
}

static inline bool cluster_linked(const struct cluster *c, orr_peer a, orr_peer b) {
    return orr_links_has(&c->links[a], a, b);
}

static inline void cluster_write(struct cluster *c, struct cluster_node *node, uint32_t name,
                                 struct orr_msg *m) {
    uint32_t at = 0;
    while (at < node->n_disk && node->disk[at].name < name) at++;
    bool is_there = at < node->n_disk && node->disk[at].name == name;
    if (is_there) orr_msg_unref(&c->pool, node->disk[at].msg);
    if (!m && is_there) {
        node->n_disk--;
        memmove(node->disk + at, node->disk + at + 1, (node->n_disk - at) * sizeof *node->disk);
    } else if (m) {
        if (!is_there) {
            node->disk = orr_xrealloc(node->disk, (node->n_disk + 1) * sizeof *node->disk);
            memmove(node->disk + at + 1, node->disk + at, (node->n_disk - at) * sizeof *node->disk);
            node->n_disk++;
        }
        node->disk[at] = (struct record){name, m};
    }
}

static inline void cluster_crash(struct cluster *c, orr_peer i, bool loses_disk) {
    struct cluster_node *node = &c->nodes[i];
    if (node->is_up && node->protocol->fini) node->protocol->fini(node->state);
    node->is_up = false;
    node->n_crashes++;
    for (uint32_t k = 0; loses_disk && k < node->n_disk; k++)
        orr_msg_unref(&c->pool, node->disk[k].msg);
    if (loses_disk) node->n_disk = 0;
}

static inline void cluster_forget(struct cluster *c) {
    while (c->out.n) orr_msg_unref(&c->pool, c->out.v[--c->out.n].msg);
}

static inline int cluster_step(struct cluster *c, orr_peer i, struct orr_event e) {
    struct cluster_node *node = &c->nodes[i];
    if (c->keeps) cluster_forget(c);
    e.now = c->now;
    e.wall = c->now + c->wall_ahead;
    if (e.kind != ORR_STORED) orr_freeze(c->protocol, &c->common, e.msg);
    c->n_steps++;
    c->out.n = 0;
    c->out.busy_ns = 0;
    c->out.rng = &node->rng;
    c->out.links = &c->links[i];
    int error = node->protocol->step(node->state, &e, &c->out);
    for (uint32_t k = 0; k < c->out.n; k++)
        if (c->out.v[k].kind <= ORR_CAST) orr_freeze(c->protocol, &c->common, c->out.v[k].msg);
    bool dies = false;
    for (uint32_t k = 0; k < c->out.n && !c->keeps; k++) {
        struct orr_effect f = c->out.v[k];
        if (!dies && c->dying == i && f.kind == ORR_WRITE) dies = !c->writes_left--;
        if (dies || c->is_struck) {
            orr_msg_unref(&c->pool, f.msg);
            continue;
        }
        c->is_struck = c->effects_left && !--c->effects_left;
        if (c->sent && (f.kind == ORR_SEND || f.kind == ORR_CAST)) c->sent(c, i, &f);
        switch (f.kind) {
        case ORR_SEND: cluster_post(c, i, f.peer, f.msg); break;
        case ORR_CAST:
            for (orr_peer to = 0; to < c->cohort.n; to++)
                if (to != f.peer && cluster_linked(c, i, to))
                    cluster_post(c, i, to, orr_msg_ref(f.msg));
            orr_msg_unref(&c->pool, f.msg);
            break;
        case ORR_ARM: node->timers[f.key] = f.at; break;
        case ORR_WRITE:
            cluster_write(c, node, f.key, f.msg);
            cluster_fly(c, (struct flight){.at = c->now, .to = i, .is_written = true,
                                           .name = f.key, .life = node->n_crashes});
            dies = c->dying == i && c->dies_behind && !c->writes_left;
            break;
        case ORR_OUTPUT:
            if (c->output) c->output(c, i, f.key, f.msg);
            orr_msg_unref(&c->pool, f.msg);
            break;
        default: ck_abort();
        }
    }
    if (dies) {
        c->dying = ORR_NOBODY;
        cluster_crash(c, i, false);
    }
    return error;
}

static inline void cluster_boot(struct cluster *c, orr_peer i) {
    struct cluster_node *node = &c->nodes[i];
    node->env = (struct orr_env){.common = &c->common, .self = i};
    memset(node->state, 0, node->protocol->node_size);
    ck_assert_int_eq(node->protocol->init(node->state, &node->env, node->config), 0);
    for (int k = 0; k < CLUSTER_TIMERS; k++) node->timers[k] = ORR_NEVER;
    node->is_up = true;
    for (uint32_t k = 0; k < node->n_disk; k++)
        cluster_step(c, i, (struct orr_event){.kind = ORR_STORED, .key = node->disk[k].name,
                                              .msg = node->disk[k].msg});
    ck_assert_int_eq(cluster_step(c, i, (struct orr_event){.kind = ORR_START}), 0);
}

static inline void cluster_start(struct cluster *c) {
    c->common = (struct orr_common){
        .n_nodes = c->cohort.n, .cohort = &c->cohort, .mem = &c->heap.mem, .pool = &c->pool,
        .shared = c->protocol->genesis.share
                      ? c->protocol->genesis.share(&c->cohort, c->config, &c->arena.mem) : NULL,
        .costs = &c->costs, .memo = c->memo};
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (!c->links[i].v) c->links[i].n = c->cohort.n - 1;
    for (orr_peer i = 0; i < c->cohort.n; i++) {
        c->nodes[i].state = orr_alloc_zero(&c->heap.mem, c->nodes[i].protocol->node_size);
        c->nodes[i].rng = orr_rng_stream(c->cohort.seed, ORR_RNG_NODE, i);
    }
    for (orr_peer i = 0; i < c->cohort.n; i++)
        if (c->only == ORR_NOBODY || c->only == i) cluster_boot(c, i);
}

/* A step that must not fail.  Check writes a line to a file for each of its assertions, which would
 * cost more than the step. */
static inline void cluster_do(struct cluster *c, orr_peer i, struct orr_event e) {
    int error = cluster_step(c, i, e);
    if (error) ck_abort_msg("node %u: error %d of event %d", i, error, (int)e.kind);
}

/* Runs one event at most until `until`; false: none is left. */
static inline bool cluster_turn(struct cluster *c, orr_time until) {
    orr_time best = c->n_flights ? c->flights[0].at : ORR_NEVER;
    orr_peer who = ORR_NOBODY;
    uint32_t key = 0;
    for (orr_peer i = 0; i < c->cohort.n; i++)
        for (uint32_t k = 0; c->nodes[i].is_up && k < c->nodes[i].protocol->n_timers; k++)
            if (c->nodes[i].timers[k] < best) best = c->nodes[i].timers[k], who = i, key = k;
    if (best > until || best == ORR_NEVER) {
        if (until != ORR_NEVER) c->now = until;
        return false;
    }
    c->now = best > c->now ? best : c->now;
    if (who != ORR_NOBODY) {
        c->nodes[who].timers[key] = ORR_NEVER;
        cluster_do(c, who, (struct orr_event){.kind = ORR_TIMER, .key = key});
        return true;
    }
    struct flight f = cluster_pop(c);
    if (f.is_written) {
        if (c->nodes[f.to].is_up && c->nodes[f.to].n_crashes == f.life)
            cluster_do(c, f.to, (struct orr_event){.kind = ORR_WRITTEN, .key = f.name});
    } else if (c->nodes[f.to].is_up)
        cluster_do(c, f.to, (struct orr_event){.kind = ORR_RECV, .peer = f.from, .msg = f.msg});
    orr_msg_unref(&c->pool, f.msg);
    return true;
}

static inline void cluster_run(struct cluster *c, orr_time until) {
    while (cluster_turn(c, until)) {}
}

static inline void cluster_free(struct cluster *c) {
    if (c->keeps) cluster_forget(c);
    for (uint32_t i = 0; i < c->n_flights; i++) orr_msg_unref(&c->pool, c->flights[i].msg);
    for (orr_peer i = 0; i < c->cohort.n; i++) {
        cluster_crash(c, i, true);
        free(c->nodes[i].disk);
        orr_free(&c->heap.mem, c->nodes[i].state, c->nodes[i].protocol->node_size);
    }
    ck_assert_uint_eq(c->pool.n_live, 0); /* every reference came back */
    orr_memo_free(c->memo);
    orr_pool_fini(&c->pool);
    orr_free(&c->heap.mem, c->config, c->protocol->config_size);
    ck_assert_uint_eq(c->heap.used_bytes, 0);
    orr_arena_fini(&c->arena);
    free(c->flights);
    free(c->out.v);
}

/* ---- one node, whose effects the test looks at ---- */

/* Node `self` of n, started; the others do not run. */
static inline void cluster_alone(struct cluster *c, const char *role, uint32_t n, orr_peer self) {
    cluster_new(c, role, n, 1);
    c->only = self;
    c->keeps = true;
    cluster_start(c);
}

/* One event of that node; msg (its reference is moved) may be NULL. */
static inline void cluster_hear(struct cluster *c, enum orr_event_kind kind, orr_peer peer,
                                uint32_t key, struct orr_msg *msg) {
    struct orr_event e = {.kind = kind, .peer = peer, .key = key, .msg = msg};
    ck_assert_int_eq(cluster_step(c, c->only, e), 0);
    orr_msg_unref(&c->pool, msg);
}
static inline void cluster_receive(struct cluster *c, orr_peer from, struct orr_msg *msg) {
    cluster_hear(c, ORR_RECV, from, 0, msg);
}

/* How many effects of a kind the last step had. */
static inline uint32_t cluster_count(const struct cluster *c, enum orr_effect_kind kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->out.n; i++) n += c->out.v[i].kind == kind;
    return n;
}
/* The i-th message that it sent (to one or to all), or NULL. */
static inline struct orr_msg *cluster_said(const struct cluster *c, uint32_t i) {
    for (uint32_t k = 0; k < c->out.n; k++)
        if ((c->out.v[k].kind == ORR_CAST || c->out.v[k].kind == ORR_SEND) && i-- == 0)
            return c->out.v[k].msg;
    return NULL;
}
/* The i-th output with a key, or NULL. */
static inline struct orr_msg *cluster_told(const struct cluster *c, uint32_t key, uint32_t i) {
    for (uint32_t k = 0; k < c->out.n; k++)
        if (c->out.v[k].kind == ORR_OUTPUT && c->out.v[k].key == key && i-- == 0)
            return c->out.v[k].msg;
    return NULL;
}
#endif
