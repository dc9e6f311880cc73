/* life.c - birth, crash, restart, pause and clocks of nodes. */
#include "sim/engine/engine.h"
#include "sim/engine/use.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PENDING_BYTES = sizeof(struct record) + sizeof(struct orr_key), RECORDS_LEAST = 4096 };

/* ---- memory ---- */

static uint64_t machine_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
}

/* Of arrays for so many pending events, a power of two: the smaller ones stand while they are
 * copied. */
static uint64_t bytes_at(uint64_t cap) { return (cap + cap / 2) * PENDING_BYTES; }

uint64_t orr_sim_burst_bytes(const struct orr_sim *sim) {
    uint64_t n = 0, cap = RECORDS_LEAST;
    for (orr_peer i = 0; i < sim->n_nodes; i++)
        n += (uint64_t)sim->nodes[i].links.n * sim->nodes[i].protocol->burst;
    while (cap < n) cap *= 2;
    return bytes_at(cap);
}

uint64_t orr_sim_pending_bytes_max(const struct orr_sim *sim) { return sim->pending_bytes_max; }

/* The step that needs more goes on, and then the run ends: a machine out of memory would tell
 * nobody why. */
void orr_engine_more_records(struct orr_sim *sim) {
    uint64_t old = sim->records_cap, cap = old ? 2 * old : RECORDS_LEAST, bytes = bytes_at(cap);
    if (bytes > sim->pending_bytes_max || cap > ORR_SLOT_MAX / 2 + 1)
        orr_engine_mishap(sim, NULL, ORR_MISHAP_MEMORY,
                          "%llu events are pending; room for more takes %llu MiB, and %llu are for "
                          "it: fewer nodes, fewer links or a shorter burst would fit",
                          (unsigned long long)old, (unsigned long long)bytes >> 20,
                          (unsigned long long)sim->pending_bytes_max >> 20);
    assert(cap <= ORR_SLOT_MAX + UINT64_C(1));
    sim->records = orr_resize(&sim->region->mem, sim->records, old * sizeof *sim->records,
                              cap * sizeof *sim->records);
    sim->records_cap = (uint32_t)cap;
    sim->n_allocs++;
}

uint32_t orr_engine_more_free(struct orr_sim *sim) {
    uint32_t slot = sim->free_below;
    struct free_records below;
    memcpy(&below, &sim->records[slot], sizeof below);
    sim->free_below = below.below;
    if (below.below != NO_SLOT) __builtin_prefetch(&sim->records[below.below], 1);
    for (uint32_t i = 0; i < FREE_IN_RECORD; i++) {
        __builtin_prefetch(&sim->records[below.slots[i]], 1);
        sim->free_top[i] = below.slots[i];
    }
    sim->n_free_top = FREE_IN_RECORD;
    return slot;
}

void orr_engine_less_free(struct orr_sim *sim, uint32_t slot) {
    assert(sim->n_free_top == FREE_TOP);
    struct free_records below = {.below = sim->free_below};
    memcpy(below.slots, sim->free_top, sizeof below.slots);
    memcpy(&sim->records[slot], &below, sizeof below);
    memcpy(sim->free_top, sim->free_top + FREE_IN_RECORD, sizeof below.slots);
    sim->n_free_top = FREE_IN_RECORD;
    sim->free_below = slot;
}

/* ---- birth ---- */

static void outbox_grow(struct orr_outbox *out) {
    struct orr_sim *sim = (struct orr_sim *)((char *)out - offsetof(struct orr_sim, outbox));
    if (out->cap == ORR_STEP_EFFECTS)
        orr_guard_leave(sim, ORR_MISHAP_EFFECTS, __builtin_return_address(0));
    uint32_t before = out->cap;
    out->cap = before ? 2 * before : 256;
    out->v = orr_resize(&sim->region->mem, out->v, before * sizeof *out->v,
                        out->cap * sizeof *out->v);
    sim->n_allocs++;
}

/* A protocol and its Byzantine wrappings have one name; who follows another is of its cohort. */
static bool same_role(const struct orr_protocol *a, const struct orr_protocol *b) {
    const char *x = a->follows ? a->follows->name : a->name;
    return !strcmp(x, b->follows ? b->follows->name : b->name);
}

/* The members of the cohort of node i, and what they share. */
static struct orr_common *make_cohort(struct orr_sim *sim, const struct orr_sim_spec *spec,
                                      orr_peer i) {
    struct orr_mem *mem = &sim->region->mem;
    orr_peer *members = orr_alloc(mem, spec->n_nodes * sizeof *members);
    uint64_t *stakes = orr_alloc(mem, spec->n_nodes * sizeof *stakes);
    struct orr_cohort *c = orr_alloc(mem, sizeof *c);
    *c = (struct orr_cohort){.members = members, .stakes = stakes, .seed = spec->seed,
                             .signatures = spec->signatures};
    size_t state_size = 0; /* of clients: the first member may be one that takes none */
    for (orr_peer j = i; j < spec->n_nodes; j++) {
        const struct orr_protocol *p = spec->nodes[j].protocol;
        if (!same_role(p, spec->nodes[i].protocol)) continue;
        assert(p->abi == ORR_ABI);
        if (p->workload.state_size > state_size) state_size = p->workload.state_size;
        members[c->n] = j;
        stakes[c->n++] = spec->nodes[j].stake;
    }
    struct cohort *cohort = orr_alloc(mem, sizeof *cohort);
    cohort->clients = orr_alloc_zero(mem, state_size);
    cohort->common = (struct orr_common){
        .n_nodes = spec->n_nodes, .cohort = c, .mem = &sim->heap.mem, .pool = &sim->pool,
        .shared = orr_engine_share(sim, i, c, mem),
        .costs = &sim->costs, .memo = sim->memo};
    return &cohort->common;
}

/* One cohort for each protocol, in the order of first appearance. */
static void make_cohorts(struct orr_sim *sim, const struct orr_sim_spec *spec) {
    uint32_t n_cohorts = 0;
    bool decodes = false;
    for (orr_peer i = 0; i < spec->n_nodes; i++) {
        if (sim->nodes[i].env.common) continue;
        const struct orr_common *common = make_cohort(sim, spec, i);
        for (uint32_t j = 0; j < common->cohort->n; j++)
            sim->nodes[common->cohort->members[j]].env.common = common;
        decodes |= spec->nodes[i].protocol->decode != NULL;
        n_cohorts++;
    }
    if (decodes && n_cohorts > 1) orr_engine_strangers_begin(sim);
}

static int init_state(struct orr_sim *sim, struct node *node) {
    memset(node->state, 0, node->protocol->node_size);
    for (uint32_t i = 0; i < node->protocol->n_timers; i++)
        node->timers[i] = (struct timer){ORR_NEVER, ORR_NEVER, ORR_NEVER};
    return orr_engine_init(sim, node);
}

/* From a cache line's start; what is small would not be. */
static void *line_alloc(struct orr_sim *sim, size_t size) {
    enum { LEAST = 576 };
    return orr_alloc(&sim->region->mem, size < LEAST ? LEAST : size);
}

/* When each core is free, and behind them what all of them have worked. */
static size_t core_times(uint32_t cores) { return (cores + 1) * sizeof(orr_time); }
static size_t padded(size_t size) { return (size + 63) / 64 * 64; }

/* Nodes of one run of equal protocols lie side by side: what the loop touches is dense. */
static void place_states(struct orr_sim *sim, const struct orr_sim_spec *spec) {
    size_t total = 0;
    for (orr_peer i = 0; i < spec->n_nodes; i++) {
        const struct orr_protocol *p = spec->nodes[i].protocol;
        total += padded(p->node_size) + padded(p->n_timers * sizeof(struct timer) +
                                               core_times(spec->nodes[i].cores));
    }
    char *at = line_alloc(sim, total);
    for (orr_peer i = 0; i < spec->n_nodes; i++) {
        struct node *node = &sim->nodes[i];
        node->state = at;
        sim->has_touch |= node->protocol->touch != NULL;
        sim->has_large_states |= node->protocol->node_size > 128;
        at += padded(node->protocol->node_size);
        node->timers = (struct timer *)at;
        node->core_free = (orr_time *)(node->timers + node->protocol->n_timers);
        memset(node->core_free, 0, core_times(node->cores));
        at += padded(node->protocol->n_timers * sizeof(struct timer) + core_times(node->cores));
    }
}

#define HASH_START 0x6f72726572790002u /* of a node that has handled nothing; any constant */

/* One of the latest two, uplink and downlink of the node before, or a new one. */
static uint32_t line_of(struct orr_sim *sim, int64_t bps, uint64_t queue_bytes,
                        const uint32_t *urgent, uint32_t n_urgent) {
    uint64_t speed = orr_line_speed(bps);
    struct line line = {speed, orr_line_queue(speed, queue_bytes), urgent, n_urgent};
    for (uint32_t i = sim->n_lines; i-- > 0 && i + 2 >= sim->n_lines;)
        if (sim->lines[i].speed == line.speed && sim->lines[i].queue == line.queue &&
            sim->lines[i].urgent == urgent && sim->lines[i].n_urgent == n_urgent)
            return i;
    if (sim->n_lines == sim->lines_cap) {
        uint32_t cap = sim->lines_cap ? 2 * sim->lines_cap : 8;
        sim->lines = orr_resize(&sim->region->mem, sim->lines,
                                sim->lines_cap * sizeof *sim->lines, cap * sizeof *sim->lines);
        sim->lines_cap = cap;
    }
    sim->lines[sim->n_lines] = line;
    return sim->n_lines++;
}

static void make_node(struct orr_sim *sim, orr_peer i, const struct orr_node_spec *spec) {
    assert(spec->cores >= 1 && spec->cores <= UINT16_MAX && spec->zone < sim->net.n_zones);
    struct node *node = &sim->nodes[i];
    *node = (struct node){
        .env.self = i, .protocol = spec->protocol, .config = spec->config,
        .flags = (spec->up_bps ? UPLINK : 0) | (spec->down_bps ? DOWNLINK : 0) |
                 (spec->clock_offset || spec->clock_drift_ppb ? CLOCK : 0),
        .rng = orr_rng_stream(sim->seed, ORR_RNG_NODE, i), .cores = (uint16_t)spec->cores,
        .cpu_factor_q16 = 1 << 16, .disk_factor_q16 = 1 << 16,
        .hash = mix(HASH_START, i),
        .disk_model = spec->disk, .wall_ahead = spec->clock_offset,
        .drift_ppb = spec->clock_drift_ppb};
    assert(spec->n_urgent <= ORR_URGENT_MOST && (spec->up_bps || !spec->n_urgent));
    if (spec->n_urgent && !sim->uplinks) orr_engine_uplinks_begin(sim);
    if (spec->up_bps)
        node->up_line =
            line_of(sim, spec->up_bps, spec->queue_bytes, spec->urgent, spec->n_urgent);
    if (spec->down_bps)
        node->down_line = line_of(sim, spec->down_bps, spec->queue_bytes, NULL, 0);
    sim->zones[i] = (uint16_t)spec->zone;
    node->links.v = orr_topology_neighbours(sim->net.topology, i);
    node->links.n = orr_topology_degree(sim->net.topology, i);
    sim->has_lines |= spec->up_bps || spec->down_bps || node->links.v;
}

/* All but the nodes. */
static void begin(struct orr_sim *sim, struct orr_region *region,
                  const struct orr_sim_spec *spec) {
    sim->region = region;
    struct orr_rng tie = orr_rng_stream(spec->shuffle_ties, ORR_RNG_TIES, 0);
    /* the lowest bits are set, so that neighbours change places among sources and destinations */
    uint64_t rule = spec->shuffle_ties ? orr_rng_u64(&tie) | 0x100000001u : 0;
    orr_queue_init(&sim->queue, &region->mem, rule);
    if (spec->poison) orr_engine_poison_memory(sim, spec->poison);
    orr_heap_init_over(&sim->heap, &region->mem);
    orr_heap_init_over(&sim->pool_heap, &region->mem);
    orr_pool_init(&sim->pool, &sim->pool_heap.mem);
    if (spec->makers) orr_engine_note_makers(sim, spec->makers);
    sim->heap.held_by =
        orr_alloc_zero(&region->mem, (spec->n_nodes + (size_t)1) * sizeof(int64_t));
    sim->heap.limit_bytes = sim->pool_heap.limit_bytes = spec->memory_bytes;
    sim->heap.over = orr_engine_heap_over;
    sim->pool_heap.over = orr_engine_pool_over;
    sim->memory_bytes = spec->memory_bytes;
    sim->free_below = sim->free_held = sim->free_call = sim->free_waiting = NO_SLOT;
    sim->seed = spec->seed;
    sim->net = spec->net;
    sim->net.mem = &region->mem;
    struct orr_rng link = orr_rng_stream(spec->seed, ORR_RNG_LINK, 0);
    sim->link_key[0] = link.key[0], sim->link_key[1] = link.key[1];
    sim->cpu_model = spec->cpu_model;
    if (spec->cpu_model) sim->costs = spec->costs;
    sim->memo = spec->memo;
    sim->step_cpu_ns = spec->step_cpu_ns;
    sim->pending_bytes_max = spec->pending_bytes_max ? spec->pending_bytes_max
                                                    : machine_bytes() / 4 * 3;
    sim->outbox = (struct orr_outbox){.pool = &sim->pool, .grow = outbox_grow};
    outbox_grow(&sim->outbox);

    sim->n_nodes = spec->n_nodes;
    sim->nodes = line_alloc(sim, spec->n_nodes * sizeof *sim->nodes);
    sim->zones = line_alloc(sim, spec->n_nodes * sizeof *sim->zones);
}

int orr_sim_new(const struct orr_sim_spec *spec, struct orr_sim **out, orr_peer *failed) {
    *out = NULL;
    return orr_sim_renew(out, spec, failed);
}

int orr_sim_renew(struct orr_sim **simulator, const struct orr_sim_spec *spec, orr_peer *failed) {
    assert(spec->n_nodes > 0 && spec->n_nodes < ORR_NOBODY / 2);
    struct orr_region *region = *simulator ? (*simulator)->region : orr_region_new();
    *failed = ORR_NOBODY;
    if (!region) return ORR_ENOMEM;
    if (*simulator) orr_guard_forget(*simulator);
    orr_region_reset(region);
    struct orr_sim *sim = *simulator = orr_alloc_zero(&region->mem, sizeof *sim);
    begin(sim, region, spec);
    for (orr_peer i = 0; i < spec->n_nodes; i++) make_node(sim, i, &spec->nodes[i]);
    place_states(sim, spec);
    if (spec->poison) orr_engine_poison_steps(sim);
    make_cohorts(sim, spec);
    for (orr_peer i = 0; i < spec->n_nodes && !sim->mishap.kind; i++) {
        struct node *node = &sim->nodes[i];
        int error = init_state(sim, node);
        if (error) {
            *failed = i;
            orr_sim_free(sim);
            *simulator = NULL;
            return error;
        }
        if (sim->mishap.kind) break;
        node->flags |= UP;
        schedule_self(sim, node, 0, (struct record){.kind = ORR_START});
    }
    orr_engine_links_begin(sim, spec);
    return 0;
}

void orr_sim_free(struct orr_sim *sim) {
    if (!sim) return;
    orr_guard_forget(sim);
    orr_region_free(sim->region);
}

struct orr_snapshot *orr_sim_snapshot(const struct orr_sim *sim) {
    assert(!sim->guard.inside);
    return orr_snapshot_take(sim->region);
}

void orr_sim_go_back(struct orr_sim *sim, const struct orr_snapshot *snapshot) {
    assert(!sim->guard.inside);
    struct orr_guard guard = sim->guard; /* of the process, not of the simulation */
    orr_snapshot_restore(snapshot, sim->region);
    sim->guard = guard;
}

/* ---- crash, restart, pause ---- */

void orr_engine_forget_inbox(struct orr_sim *sim, struct node *node) {
    if (!(node->flags & QUEUED)) return;
    for (uint32_t slot = node->inbox_head, next; slot != NO_SLOT; slot = next) {
        next = sim->records[slot].next;
        orr_msg_unref(&sim->pool, sim->records[slot].msg);
        record_free(sim, slot);
    }
    node->flags &= ~(uint32_t)QUEUED;
}

void orr_engine_forget_held(struct orr_sim *sim, struct node *node) {
    if (!(node->flags & HELD)) return;
    for (uint32_t at = node->held_head, next; at != NO_SLOT; at = next) {
        next = sim->held[at].next;
        orr_msg_unref(&sim->pool, sim->held[at].effect.msg);
        sim->held[at].next = sim->free_held;
        sim->free_held = at;
    }
    node->flags &= ~(uint32_t)HELD;
}

void orr_sim_crash(struct orr_sim *sim, orr_peer i, enum orr_disk_fate disk) {
    struct node *node = &sim->nodes[i];
    sim->heap.owner = i;
    if (!(node->flags & UP)) {
        if (disk == ORR_DISK_LOSE) orr_disk_fini(&node->disk, &sim->heap.mem, &sim->pool);
        return;
    }
    node->crashes = orr_resize(&sim->region->mem, node->crashes,
                               node->epoch * sizeof *node->crashes,
                               (node->epoch + (size_t)1) * sizeof *node->crashes);
    assert(node->epoch < UINT16_MAX);
    node->crashes[node->epoch++] = sim->now;
    orr_engine_forget_inbox(sim, node);
    orr_engine_forget_held(sim, node);
    orr_engine_uplink_forget(sim, node, true);
    orr_engine_pairs_forget(sim, node, true);
    node->flags &= OWN_LINKS | CLOCK | WRITES | UPLINK | DOWNLINK | DISK_FULL;
    sim->has_crashed = true;
    orr_engine_fini(sim, node);
    for (uint32_t c = 0; c < node->cores; c++) node->core_free[c] = sim->now;
    node->release_at = node->synced_at = node->up_free = sim->now;
    if (disk == ORR_DISK_KEEP)
        while (node->disk.pending.n) orr_disk_commit(&node->disk, &sim->heap.mem, &sim->pool);
    orr_disk_lose_pending(&node->disk, &sim->pool);
    if (disk == ORR_DISK_LOSE) orr_disk_fini(&node->disk, &sim->heap.mem, &sim->pool);
    orr_engine_links_crash(sim, node);
}

void orr_sim_restart(struct orr_sim *sim, orr_peer i) {
    struct node *node = &sim->nodes[i];
    if (node->flags & UP) return;
    int error = init_state(sim, node);
    if (error) { /* it worked at time 0 with the same input */
        orr_engine_stopped(sim, i, error, "it cannot restart");
        return;
    }
    if (sim->mishap.kind) return;
    node->flags |= UP;
    for (uint32_t k = 0; k < node->disk.n_durable; k++)
        schedule_self(sim, node, sim->now, (struct record){
            .kind = ORR_STORED, .key = node->disk.durable[k].name,
            .msg = orr_msg_ref(node->disk.durable[k].msg)});
    schedule_self(sim, node, sim->now, (struct record){.kind = ORR_START});
    orr_engine_links_restart(sim, node);
}

void orr_sim_pause(struct orr_sim *sim, orr_peer i) {
    if (sim->nodes[i].flags & UP) sim->nodes[i].flags |= PAUSED;
}

void orr_sim_resume(struct orr_sim *sim, orr_peer i) {
    struct node *node = &sim->nodes[i];
    if (!(node->flags & PAUSED)) return;
    node->flags &= ~(uint32_t)PAUSED;
    if (!(node->flags & CPU_ARMED)) orr_engine_run_inbox(sim, node);
}

bool orr_sim_is_up(const struct orr_sim *sim, orr_peer i) { return sim->nodes[i].flags & UP; }

orr_time orr_sim_cpu_used(const struct orr_sim *sim, orr_peer i) {
    return sim->nodes[i].core_free[sim->nodes[i].cores];
}

void orr_sim_cpu(struct orr_sim *sim, orr_peer i, uint64_t factor_q16) {
    sim->nodes[i].cpu_factor_q16 = factor_q16;
}

void orr_sim_disk(struct orr_sim *sim, orr_peer i, uint64_t factor_q16, bool full) {
    sim->nodes[i].disk_factor_q16 = factor_q16;
    if (full) sim->nodes[i].flags |= DISK_FULL;
    else sim->nodes[i].flags &= ~(uint32_t)DISK_FULL;
}

/* ---- clocks ---- */

#define NS_PER_S 1000000000

static orr_time below_never(__int128 t) {
    return t < ORR_NEVER - 1 ? (orr_time)t : ORR_NEVER - 1;
}

orr_time orr_engine_clock(const struct node *node, orr_time at) {
    assert(at >= node->since);
    __int128 passed = at - node->since;
    return below_never(node->then + passed * (NS_PER_S + node->drift_ppb) / NS_PER_S);
}

/* floor(x * rate / s) >= left just when x >= left * s / rate. */
orr_time orr_engine_when(const struct node *node, orr_time local) {
    if (local <= node->then) return node->since;
    __int128 rate = NS_PER_S + node->drift_ppb, left = local - node->then;
    return below_never(node->since + (left * NS_PER_S + rate - 1) / rate);
}

void orr_sim_clock(struct orr_sim *sim, orr_peer i, orr_time add, int64_t drift_ppb) {
    struct node *node = &sim->nodes[i];
    assert(drift_ppb > -NS_PER_S);
    node->flags |= CLOCK;
    node->wall_ahead += add;
    if (drift_ppb == node->drift_ppb) return;
    node->then = orr_engine_clock(node, sim->now);
    node->since = sim->now;
    node->drift_ppb = drift_ppb;
    for (uint32_t key = 0; node->flags & UP && key < node->protocol->n_timers; key++) {
        const struct timer *timer = &node->timers[key];
        if (timer->at > sim->now && timer->at != ORR_NEVER)
            orr_engine_arm(sim, node, key, timer->local);
    }
}

/* ---- taps, calls, inputs, accounts ---- */

void orr_sim_attach(struct orr_sim *sim, struct orr_tap *tap) {
    struct orr_tap **last = &sim->taps;
    while (*last) last = &(*last)->next;
    tap->next = NULL;
    *last = tap;
    sim->taps_want |= tap->wants;
}

void orr_sim_call_at(struct orr_sim *sim, orr_time at, void (*fn)(void *ctx, orr_time now),
                     void *ctx) {
    uint32_t i = sim->free_call;
    if (i != NO_SLOT) {
        sim->free_call = sim->calls[i].next;
    } else {
        if (sim->n_calls == sim->calls_cap) {
            uint32_t cap = sim->calls_cap ? 2 * sim->calls_cap : 64;
            sim->calls = orr_resize(&sim->region->mem, sim->calls,
                                    sim->calls_cap * sizeof *sim->calls,
                                    cap * sizeof *sim->calls);
            sim->calls_cap = cap;
            sim->n_allocs++;
        }
        i = sim->n_calls++;
    }
    sim->calls[i] = (struct call){fn, ctx, NO_SLOT};
    schedule(sim, at, ORR_NOBODY, ORR_NOBODY, sim->call_seq++,
             (struct record){.kind = AT_CALL, .key = i});
}

void orr_sim_input(struct orr_sim *sim, orr_time at, orr_peer node, uint32_t client, uint32_t key,
                   struct orr_msg *msg) {
    orr_peer source =
        ORR_NOBODY - 1 - client; /* clients are numbered from the top, past all nodes */
    assert(source >= sim->n_nodes);
    if (msg && !msg->hash) orr_engine_freeze(sim, &sim->nodes[node], msg);
    schedule(sim, at, node, source, sim->input_seq++,
             (struct record){.kind = ORR_INPUT, .key = key, .msg = msg, .source = source,
                             .epoch = sim->nodes[node].epoch});
}

orr_time orr_sim_now(const struct orr_sim *sim) { return sim->now; }
uint64_t orr_sim_fold(const struct orr_sim *sim, orr_peer first, uint32_t n) {
    assert(n > 0 && first < sim->n_nodes && n <= sim->n_nodes - first);
    uint64_t h = sim->nodes[first].hash;
    for (orr_peer i = first + 1; i < first + n; i++) h = mix(h, sim->nodes[i].hash);
    return h;
}
uint64_t orr_sim_fingerprint(const struct orr_sim *sim) {
    return orr_sim_fold(sim, 0, sim->n_nodes);
}
struct orr_pool *orr_sim_pool(struct orr_sim *sim) { return &sim->pool; }

struct orr_sim_counts orr_sim_counts(const struct orr_sim *sim) {
    struct orr_sim_counts counts = sim->counts;
    counts.n_allocs =
        sim->n_allocs + sim->queue.n_allocs + sim->heap.n_allocs + sim->pool_heap.n_allocs;
    counts.peak_pending = sim->n_records;
    counts.node_bytes = sizeof *sim + sim->n_nodes * (sizeof *sim->nodes + sizeof *sim->zones);
    counts.node_bytes += sim->tails_bytes;
    for (orr_peer i = 0; i < sim->n_nodes; i++)
        counts.node_bytes += padded(sim->nodes[i].protocol->n_timers * sizeof(struct timer) +
                                    core_times(sim->nodes[i].cores));
    counts.event_bytes = orr_queue_bytes(&sim->queue) +
                         (size_t)sim->records_cap * sizeof *sim->records +
                         (size_t)sim->held_cap * sizeof *sim->held;
    return counts;
}
