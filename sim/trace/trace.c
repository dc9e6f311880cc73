#include "sim/trace/trace.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/bytes.h"
#include "sim/base/memory.h"
#include "sim/trace/file.h"
#include "sim/trace/writer.h"

#define COUNTERS_NS       1000000000
#define RECENT_BLOCKS     4096 /* a power of two; more than the blocks that nodes decide at once */
#define SAMPLE_ALL        1000000000u

struct orr_trace {
    struct orr_tap tap;
    struct orr_trace_writer *writer;
    uint32_t keep;
    uint64_t seed;
    uint32_t n_nodes;
    uint8_t *sampled; /* [n_nodes] 1: the node's own rows are kept */
    uint8_t *role_of; /* [n_nodes] */
    struct role {
        char name[32];      /* padded with NUL */
        uint32_t *skipped;  /* [n_skipped] types of messages that are not recorded */
        uint32_t n_skipped;
    } roles[ORR_TRACE_ROLES];
    uint32_t n_roles, last_role;
    uint64_t recent[RECENT_BLOCKS]; /* blocks whose transactions were written, by hash */
    uint64_t told[RECENT_BLOCKS];   /* blocks whose bytes were written, by hash */

    struct orr_trace_source source; /* its `each` as doubled; ctx NULL: none */
    orr_time checked_at;            /* of the last checkpoint; -1: none yet */
    uint32_t nodes_per_hash;        /* a power of two */
    orr_time next_counters;
    struct orr_row_counters totals;
};

/* ---- rows ---- */

static void *slot_of(struct orr_trace *t, enum orr_trace_group group) {
    struct orr_ring *ring = orr_writer_ring(t->writer, group);
    void *row = orr_ring_slot(ring);
    if (__builtin_expect(!row, 0)) {
        orr_writer_wait(t->writer, ring);
        row = orr_ring_slot(ring);
    }
    return row;
}

static void commit(struct orr_trace *t, enum orr_trace_group group) {
    struct orr_ring *ring = orr_writer_ring(t->writer, group);
    uint32_t chunk = orr_trace_table_of(group)->chunk_rows;
    if (__builtin_expect((orr_ring_commit(ring) & (chunk - 1)) == 0, 0)) orr_writer_wake(t->writer);
}

/* A row of a group in place: PUSH(t, steps, .node = 1, ...) */
#define PUSH(trace, group, ...)                                           \
    do {                                                                  \
        struct orr_row_##group *row_ = slot_of(trace, ORR_GROUP_##group); \
        *row_ = (struct orr_row_##group){__VA_ARGS__};                    \
        commit(trace, ORR_GROUP_##group);                                 \
    } while (0)

static bool keeps_node(const struct orr_trace *t, orr_peer node) {
    return node >= t->n_nodes || t->sampled[node];
}

static bool keeps_message(const struct orr_trace *t, const struct orr_tap_record *r) {
    if (r->node >= t->n_nodes) return true;
    if (!t->sampled[r->node]) return false;
    const struct role *role = &t->roles[t->role_of[r->node]];
    for (uint32_t i = 0; i < role->n_skipped; i++)
        if (role->skipped[i] == r->msg_type) return false;
    return true;
}

/* ---- checkpoints and counters ---- */

static void checkpoint(struct orr_trace *t, orr_time at) {
    const struct orr_trace_source *s = &t->source;
    for (orr_peer first = 0; first < t->n_nodes; first += t->nodes_per_hash) {
        uint32_t left = t->n_nodes - first,
                 n = left < t->nodes_per_hash ? left : t->nodes_per_hash;
        PUSH(t, hashes, .time_ns = at, .hash = s->fold(s->ctx, first, n), .node = first,
             .nodes = n);
    }
    PUSH(t, checkpoints, .time_ns = at, .event = s->n_events(s->ctx),
         .fingerprint = s->fold(s->ctx, 0, t->n_nodes), .decisions = t->totals.decisions);
    t->checked_at = at;
}

/* Called by the source at each multiple of the interval. */
static void on_checkpoint(void *ctx, orr_time at) {
    struct orr_trace *t = ctx;
    checkpoint(t, at);
    if (at <= t->source.end - t->source.each)
        t->source.call_at(t->source.ctx, at + t->source.each, on_checkpoint, t);
}

void orr_trace_follow(struct orr_trace *t, const struct orr_trace_source *source) {
    assert(source->each > 0 && !t->source.ctx);
    t->source = *source;
    orr_time each = source->each;
    while (source->end / each > ORR_TRACE_CHECKPOINTS_MAX) each *= 2;
    uint64_t n_checkpoints = (uint64_t)(source->end / each) + 1, per_hash = 1;
    while (((uint64_t)t->n_nodes + per_hash - 1) / per_hash * n_checkpoints > ORR_TRACE_HASHES_MAX)
        per_hash *= 2; /* ends: one row a checkpoint is few enough */
    t->source.each = each;
    t->nodes_per_hash = (uint32_t)per_hash;
    if (each <= source->end) t->source.call_at(source->ctx, each, on_checkpoint, t);
}

/* A row for the second that ended, before the first record of a later one is counted. */
static void count_time(struct orr_trace *t, orr_time at) {
    if (at < t->next_counters) return;
    if (t->next_counters) {
        t->totals.time_ns = t->next_counters;
        PUSH(t, counters, .time_ns = t->next_counters, .events = t->totals.events,
             .received_bytes = t->totals.received_bytes, .drops = t->totals.drops,
             .decisions = t->totals.decisions, .submissions = t->totals.submissions);
    }
    t->next_counters = at - at % COUNTERS_NS + COUNTERS_NS;
}

/* ---- texts ---- */

static void put_text(char *to, size_t size, const char *text) {
    /* NUL-padded; cut between characters, not within one */
    size_t len = text ? strnlen(text, size) : 0;
    if (len == size) /* longer than fits, or just filling it */
        if (text[len] && (text[len] & 0xc0) == 0x80)
            while (len && (text[--len] & 0xc0) == 0x80) continue;
    memset(to, 0, size);
    memcpy(to, text ? text : "", len);
}
#define PUT(row, column, text) put_text((row)->column, sizeof(row)->column, text)

/* ---- outputs ---- */

/* Blocks are many times the size of a decision and the same at every node: their transactions are
 * written when a block is first seen.  Of a block that is forgotten and seen again they are
 * written again. */
static void include_txs(struct orr_trace *t, const struct orr_tap_record *r,
                        const struct orr_decided *d) {
    uint64_t block = orr_hash64(d->height, d->value, sizeof d->value);
    uint64_t *seen = &t->recent[block & (RECENT_BLOCKS - 1)];
    if (*seen == block) return;
    *seen = block;
    for (uint32_t i = 0; i < d->n_txs; i++)
        PUSH(t, inclusions, .time_ns = r->at, .tx = d->txs[i], .height = d->height,
             .value = orr_load_be64(d->value));
}

static void record_decided(struct orr_trace *t, const struct orr_tap_record *r) {
    const struct orr_decided *d = (const void *)r->msg->data;
    t->totals.decisions++;
    if (t->keep & ORR_KEEP_DECISIONS) {
        PUSH(t, decisions, .time_ns = r->at, .proposed_ns = d->proposed_at,
             .latency_ns = r->at - d->proposed_at, .height = d->height,
             .value = orr_load_be64(d->value), .state_root = orr_load_be64(d->state_root),
             .parent = orr_load_be64(d->parent), .node = r->node,
             .proposer = orr_decided_proposer(d), .proposers = d->n_proposers, .round = d->round,
             .txs = d->n_txs, .bytes = d->size_bytes);
        include_txs(t, r, d);
    }
}

static void record_metric(struct orr_trace *t, const struct orr_tap_record *r) {
    const struct orr_metric_point *m = (const void *)r->msg->data;
    struct orr_row_metrics *row = slot_of(t, ORR_GROUP_metrics);
    *row = (struct orr_row_metrics){.time_ns = r->at, .value = m->value, .node = r->node};
    memcpy(row->name, m->name, sizeof row->name);
    memcpy(row->unit, m->unit, sizeof row->unit);
    commit(t, ORR_GROUP_metrics);
}

static void record_log(struct orr_trace *t, const struct orr_tap_record *r) {
    struct orr_row_logs *row = slot_of(t, ORR_GROUP_logs);
    *row = (struct orr_row_logs){.time_ns = r->at, .node = r->node};
    memcpy(row->text, r->msg->data, r->len < sizeof row->text ? r->len : sizeof row->text);
    commit(t, ORR_GROUP_logs);
}

static void record_own(struct orr_trace *t, const struct orr_tap_record *r) {
    uint32_t offset = 0;
    do { /* an empty output is a row too */
        struct orr_row_outputs *row = slot_of(t, ORR_GROUP_outputs);
        uint32_t left = r->len - offset, n = left < sizeof row->data ? left : sizeof row->data;
        *row = (struct orr_row_outputs){.time_ns = r->at, .node = r->node, .key = r->key,
                                        .bytes = r->len, .offset = offset};
        if (n) memcpy(row->data, r->msg->data + offset, n);
        commit(t, ORR_GROUP_outputs);
        offset += n;
    } while (offset < r->len);
}

static bool keeps_heads(const struct orr_trace *t) {
    return t->keep & (ORR_KEEP_HEADS | ORR_KEEP_BLOCKS);
}

/* As with transactions: once, though every node puts it out. */
static void record_block(struct orr_trace *t, const struct orr_tap_record *r) {
    const struct orr_block_told *b = (const void *)r->msg->data;
    uint64_t block = orr_hash64(b->kind, b->hash, sizeof b->hash);
    uint64_t *seen = &t->told[block & (RECENT_BLOCKS - 1)];
    if (*seen == block) return;
    *seen = block;
    uint32_t offset = 0;
    do {
        struct orr_row_blocks *row = slot_of(t, ORR_GROUP_blocks);
        uint32_t left = b->len - offset, n = left < sizeof row->data ? left : sizeof row->data;
        *row = (struct orr_row_blocks){.time_ns = r->at, .number = b->number,
                                       .hash = orr_load_be64(b->hash),
                                       .parent = orr_load_be64(b->parent), .node = r->node,
                                       .kind = b->kind, .bytes = b->len, .offset = offset};
        if (n) memcpy(row->data, b->bytes + offset, n);
        commit(t, ORR_GROUP_blocks);
        offset += n;
    } while (offset < b->len);
}

/* Outputs that only a trace reads: the newer half of the table, and those of a protocol's own. */
static void record_telling(struct orr_trace *t, const struct orr_tap_record *r) {
    if (!keeps_node(t, r->node)) return;
    if (r->key >= ORR_OUT_OWN) {
        if (t->keep & ORR_KEEP_OUTPUTS) record_own(t, r);
    } else if (!r->msg) {
        return;
    } else if (r->key == ORR_OUT_METRIC && t->keep & ORR_KEEP_METRICS) {
        record_metric(t, r);
    } else if (r->key == ORR_OUT_LOG && t->keep & ORR_KEEP_LOGS) {
        record_log(t, r);
    } else if (r->key == ORR_OUT_BLOCK && t->keep & ORR_KEEP_BLOCKS) {
        record_block(t, r);
    } else if (r->key == ORR_OUT_HEAD && keeps_heads(t)) {
        const struct orr_head *h = (const void *)r->msg->data;
        PUSH(t, heads, .time_ns = r->at, .number = h->number, .hash = orr_load_be64(h->hash),
             .parent = orr_load_be64(h->parent), .state_root = orr_load_be64(h->state_root),
             .node = r->node, .label = h->label);
    }
}

static void record_output(struct orr_trace *t, const struct orr_tap_record *r) {
    if (r->key == ORR_OUT_DROPPED) {
        t->totals.drops++;
        if (t->keep & ORR_KEEP_MESSAGES && keeps_node(t, r->node))
            PUSH(t, drops, .time_ns = r->at, .node = r->node, .peer = r->peer, .reason = 255);
        return;
    }
    if (r->key > ORR_OUT_DROPPED) {
        record_telling(t, r);
        return;
    }
    if (!r->msg) return;
    if (r->key == ORR_OUT_DECIDED) {
        record_decided(t, r);
    } else if (r->key == ORR_OUT_STEP && r->len >= sizeof(struct orr_progress)) {
        const struct orr_progress *p = (const void *)r->msg->data;
        if (t->keep & ORR_KEEP_DECISIONS && keeps_node(t, r->node))
            PUSH(t, steps, .time_ns = r->at, .height = p->height, .node = r->node,
                 .round = p->round, .step = p->step);
    } else if (r->key == ORR_OUT_DELIVERED && r->len >= sizeof(struct orr_delivered)) {
        const struct orr_delivered *d = (const void *)r->msg->data;
        if (t->keep & ORR_KEEP_MESSAGES && keeps_node(t, r->node))
            PUSH(t, deliveries, .time_ns = r->at, .id = d->id, .node = r->node,
                 .origin = d->origin);
    } else if (r->key == ORR_OUT_EVIDENCE && r->len >= sizeof(struct orr_evidence)) {
        const struct orr_evidence *e = (const void *)r->msg->data;
        if (t->keep & ORR_KEEP_DECISIONS)
            PUSH(t, evidence, .time_ns = r->at, .height = e->height, .node = r->node,
                 .culprit = e->culprit, .round = e->round, .message = e->type,
                 .committed = e->committed);
    }
}

/* ---- the tap ---- */

static void record_event(struct orr_trace *t, const struct orr_tap_record *r) {
    t->totals.events++;
    t->totals.received_bytes += r->len;
    bool kept = r->what == ORR_RECV ? keeps_message(t, r)
                                    : t->keep & ORR_KEEP_EVENTS && keeps_node(t, r->node);
    if (kept)
        PUSH(t, events, .time_ns = r->at, .sent_ns = r->sent, .hash = r->hash, .node = r->node,
             .peer = r->peer, .key = r->key, .bytes = r->len, .message = r->msg_type,
             .kind = r->what);
}

static void record(void *ctx, const struct orr_tap_record *r) {
    struct orr_trace *t = ctx;
    count_time(t, r->at);
    switch (r->kind) {
    case ORR_TAP_EVENT: record_event(t, r); break;
    case ORR_TAP_SEND:
        if (keeps_message(t, r))
            PUSH(t, sends, .time_ns = r->at, .hash = r->hash, .node = r->node, .peer = r->peer,
                 .bytes = r->len, .message = r->msg_type);
        break;
    case ORR_TAP_DROP:
        t->totals.drops++;
        if (keeps_message(t, r))
            PUSH(t, drops, .time_ns = r->at, .hash = r->hash, .node = r->node, .peer = r->peer,
                 .bytes = r->len, .message = r->msg_type, .reason = r->what);
        break;
    case ORR_TAP_OUTPUT: record_output(t, r); break;
    case ORR_TAP_FAULT:
        PUSH(t, faults, .time_ns = r->at, .node = r->node, .peer = r->peer, .fault = r->key,
             .began = r->what);
        break;
    case ORR_TAP_SUBMIT:
        t->totals.submissions++;
        if (t->keep & ORR_KEEP_DECISIONS)
            PUSH(t, submissions, .time_ns = r->at, .tx = r->hash, .node = r->node, .client = r->key,
                 .bytes = r->len);
        break;
    default: break;
    }
}

/* ---- life ---- */

#define BIT(group) (1u << ORR_GROUP_##group)

/* Which groups get a ring: those that some record can reach. */
static uint32_t groups_of(uint32_t keep) {
    uint32_t groups =
        BIT(nodes) | BIT(kinds) | BIT(plan) | BIT(verdicts) | BIT(use) | BIT(checkpoints) |
        BIT(hashes) | BIT(counters);
    if (keep & ORR_KEEP_DECISIONS)
        groups |= BIT(decisions) | BIT(submissions) | BIT(inclusions) | BIT(evidence) | BIT(steps);
    if (keep & (ORR_KEEP_MESSAGES | ORR_KEEP_EVENTS))
        groups |= BIT(events) | BIT(drops) | BIT(deliveries);
    if (keep & ORR_KEEP_EVENTS) groups |= BIT(sends);
    if (keep & ORR_KEEP_FAULTS) groups |= BIT(faults);
    if (keep & ORR_KEEP_LOGS) groups |= BIT(logs);
    if (keep & ORR_KEEP_METRICS) groups |= BIT(metrics);
    if (keep & (ORR_KEEP_HEADS | ORR_KEEP_BLOCKS)) groups |= BIT(heads);
    if (keep & ORR_KEEP_BLOCKS) groups |= BIT(blocks);
    if (keep & ORR_KEEP_OUTPUTS) groups |= BIT(outputs);
    return groups;
}

static uint32_t wants_of(uint32_t keep) {
    uint32_t wants = 0;
    if (keep & (ORR_KEEP_DECISIONS | ORR_KEEP_MESSAGES | ORR_KEEP_LOGS | ORR_KEEP_METRICS |
                ORR_KEEP_HEADS | ORR_KEEP_OUTPUTS | ORR_KEEP_BLOCKS))
        wants |= ORR_TAP_BIT(ORR_TAP_OUTPUT);
    if (keep & ORR_KEEP_DECISIONS) wants |= ORR_TAP_BIT(ORR_TAP_SUBMIT);
    if (keep & (ORR_KEEP_MESSAGES | ORR_KEEP_EVENTS))
        wants |= ORR_TAP_BIT(ORR_TAP_EVENT) | ORR_TAP_BIT(ORR_TAP_DROP);
    if (keep & ORR_KEEP_EVENTS) wants |= ORR_TAP_BIT(ORR_TAP_SEND);
    if (keep & ORR_KEEP_FAULTS) wants |= ORR_TAP_BIT(ORR_TAP_FAULT);
    return wants;
}

int orr_trace_open(struct orr_trace **trace, const struct orr_trace_setup *setup, char *error,
                   size_t error_len) {
    char message[ORR_TRACE_ERROR_LEN] = "";
    struct orr_trace_writer *writer;
    uint32_t groups = groups_of(setup->keep) | (setup->n_inputs ? 1u << ORR_GROUP_inputs : 0);
    int status = orr_writer_start(&writer, setup, groups, message);
    if (status) {
        if (error) snprintf(error, error_len, "%s", message);
        return status;
    }
    struct orr_trace *t = orr_xrealloc(NULL, sizeof *t);
    *t = (struct orr_trace){.writer = writer,
                            .keep = setup->keep,
                            .seed = setup->seed,
                            .n_nodes = setup->n_nodes,
                            .checked_at = -1};
    t->tap = (struct orr_tap){.wants = wants_of(setup->keep), .ctx = t, .record = record};
    t->sampled = memset(orr_xrealloc(NULL, setup->n_nodes), 1, setup->n_nodes);
    t->role_of = memset(orr_xrealloc(NULL, setup->n_nodes), 0, setup->n_nodes);
    *trace = t;
    return 0;
}

/* The number of a role, a new one for a new name. */
static uint32_t role_number(struct orr_trace *t, const char *name) {
    char padded[sizeof t->roles[0].name];
    put_text(padded, sizeof padded, name);
    for (uint32_t i = 0; i < t->n_roles; i++)
        if (!memcmp(t->roles[i].name, padded, sizeof padded)) return i;
    assert(t->n_roles < ORR_TRACE_ROLES);
    memcpy(t->roles[t->n_roles].name, padded, sizeof padded);
    return t->n_roles++;
}

void orr_trace_role(struct orr_trace *t, const char *role) { t->last_role = role_number(t, role); }

void orr_trace_kind(struct orr_trace *t, uint32_t type, const char *name, bool kept) {
    assert(t->last_role < t->n_roles);
    struct role *role = &t->roles[t->last_role];
    struct orr_row_kinds *row = slot_of(t, ORR_GROUP_kinds);
    *row = (struct orr_row_kinds){.message = type};
    PUT(row, role, role->name);
    PUT(row, name, name);
    commit(t, ORR_GROUP_kinds);
    if (kept) return;
    role->skipped = orr_xrealloc(role->skipped, (role->n_skipped + 1) * sizeof *role->skipped);
    role->skipped[role->n_skipped++] = type;
}

void orr_trace_node(struct orr_trace *t, orr_peer node, const char *name, const char *role,
                    const char *region, uint64_t stake, bool faulty, uint32_t sample) {
    assert(node < t->n_nodes);
    uint64_t id[2] = {t->seed, node};
    t->role_of[node] = (uint8_t)role_number(t, role);
    t->sampled[node] = sample >= SAMPLE_ALL || orr_hash64(0, id, sizeof id) % SAMPLE_ALL < sample;
    struct orr_row_nodes *row = slot_of(t, ORR_GROUP_nodes);
    *row = (struct orr_row_nodes){
        .stake = stake, .node = node, .faulty = faulty, .sampled = t->sampled[node]};
    PUT(row, name, name);
    PUT(row, role, role);
    PUT(row, region, region);
    commit(t, ORR_GROUP_nodes);
}

void orr_trace_plan(struct orr_trace *t, uint32_t fault, const char *text) {
    struct orr_row_plan *row = slot_of(t, ORR_GROUP_plan);
    *row = (struct orr_row_plan){.fault = fault};
    PUT(row, text, text);
    commit(t, ORR_GROUP_plan);
}

void orr_trace_input(struct orr_trace *t, uint32_t input, const char *name, const char *digest,
                     const char *bytes, size_t len) {
    size_t at = 0;
    do { /* what is empty has a row too */
        struct orr_row_inputs *row = slot_of(t, ORR_GROUP_inputs);
        size_t n = len - at < sizeof row->data ? len - at : sizeof row->data;
        *row = (struct orr_row_inputs){.size = len, .offset = at, .input = input,
                                       .bytes = (uint32_t)n, .kind = !bytes};
        PUT(row, name, name);
        PUT(row, sha256, digest);
        if (n) memcpy(row->data, bytes + at, n);
        commit(t, ORR_GROUP_inputs);
        at += n;
    } while (at < len);
}

struct orr_tap *orr_trace_tap(struct orr_trace *t) {
    return &t->tap;
}

int orr_trace_status(const struct orr_trace *t) { return orr_writer_status(t->writer); }

void orr_trace_verdict(struct orr_trace *t, const char *name, const char *expected,
                       const char *observed, bool judged, bool pass) {
    struct orr_row_verdicts *row = slot_of(t, ORR_GROUP_verdicts);
    *row = (struct orr_row_verdicts){.pass = pass, .judged = judged};
    PUT(row, name, name);
    PUT(row, expected, expected);
    PUT(row, observed, observed);
    commit(t, ORR_GROUP_verdicts);
}

void orr_trace_use(struct orr_trace *t, orr_peer node, uint32_t cores, orr_time cpu_ns) {
    struct orr_row_use *row = slot_of(t, ORR_GROUP_use);
    *row = (struct orr_row_use){.cpu_ns = cpu_ns, .node = node, .cores = cores};
    commit(t, ORR_GROUP_use);
}

int orr_trace_close(struct orr_trace *t, const struct orr_trace_result *result, char *error,
                    size_t error_len) {
    char message[ORR_TRACE_ERROR_LEN] = "";
    struct orr_row_result row;
    if (result) {
        count_time(t, result->end + COUNTERS_NS); /* the last second's row */
        if (t->source.ctx && t->checked_at < result->end) checkpoint(t, result->end);
        row = (struct orr_row_result){.end_ns = result->end,
                                      .events = result->n_events,
                                      .fingerprint = result->fingerprint,
                                      .exit_code = (uint32_t)result->exit_code,
                                      .ended = (uint8_t)result->ended};
    }
    int status = orr_writer_stop(t->writer, result ? &row : NULL, message);
    if (status && error) snprintf(error, error_len, "%s", message);
    for (uint32_t i = 0; i < t->n_roles; i++) free(t->roles[i].skipped);
    free(t->role_of);
    free(t->sampled);
    free(t);
    return status;
}
