#include "models/bft/raft/log.h"

#include "models/base/sha256.h"
#include "models/bft/raft/raft.h"

enum { CUT = ORR_RAFT_PROMISE + 1 }; /* name of a record; runs are named from RUNS on */
#define RUNS ((uint32_t)1 << 30)
enum { ENTRY_BYTES = 8 + 4 + 8 + 1 + 4, PROMISE_BYTES = 8 + 4, CUT_BYTES = 8 + 8 + 32 };

void orr_raft_log_init(struct orr_raft_log *log, struct orr_mem *mem, struct orr_pool *pool,
                       const struct orr_raft_members *genesis) {
    *log = (struct orr_raft_log){.mem = mem, .pool = pool};
    orr_raft_members_init(&log->base_members, mem, genesis->n);
    orr_raft_members_copy(&log->base_members, genesis);
    orr_index_init(&log->by_tx, mem, sizeof *log->v, offsetof(struct orr_raft_entry, id));
    orr_fifo_init(&log->runs, mem, sizeof(uint64_t));
    orr_fifo_init(&log->writing, mem, sizeof(uint64_t));
}

void orr_raft_log_fini(struct orr_raft_log *log) {
    for (uint32_t i = 0; i < log->n; i++) orr_msg_unref(log->pool, log->v[i].tx);
    orr_free(log->mem, log->v, log->cap * sizeof *log->v);
    orr_index_fini(&log->by_tx);
    orr_raft_members_fini(&log->base_members, log->mem);
    orr_fifo_fini(&log->runs);
    orr_fifo_fini(&log->writing);
    log->v = NULL;
    log->n = log->cap = 0;
}

/* ---- entries as bytes ---- */

uint32_t orr_raft_entry_size(const struct orr_raft_entry *e) {
    return ENTRY_BYTES + (e->tx ? e->tx->len : 0);
}

void orr_raft_entry_write(const struct orr_raft_entry *e, struct orr_writer *w) {
    orr_write_u64(w, e->term);
    orr_write_u32(w, e->author);
    orr_write_u64(w, (uint64_t)e->time);
    orr_write_u8(w, (uint8_t)e->how);
    orr_write_u32(w, e->tx ? e->tx->len : 0);
    if (e->tx) orr_write_bytes(w, e->tx->data, e->tx->len);
}

struct orr_raft_entry orr_raft_entry_read(struct orr_reader *r, struct orr_pool *pool) {
    struct orr_raft_entry e = {.term = orr_read_u64(r)};
    e.author = orr_read_u32(r);
    e.time = (orr_time)orr_read_u64(r);
    e.how = (enum orr_raft_how)orr_read_u8(r);
    uint32_t len = orr_read_u32(r);
    const uint8_t *bytes = orr_read_bytes(r, len);
    uint16_t kind = e.how ? ORR_RAFT_CHANGE : ORR_RAFT_TX;
    if (!r->bad && len) e.tx = orr_msg_copy(pool, kind, bytes, len);
    return e;
}

static bool is_sound(uint8_t how, const uint8_t *bytes, uint32_t len, uint32_t n_servers) {
    struct orr_raft_change steps[ORR_RAFT_MAX_STEPS];
    if (how == ORR_RAFT_NO_CHANGE) return true;
    if (how == ORR_RAFT_LEAVE) return !len;
    return how < ORR_RAFT_N_HOWS && orr_raft_change_read(bytes, len, n_servers, steps);
}

bool orr_raft_entries_are_good(struct orr_reader r, uint32_t n, uint32_t n_servers,
                               uint64_t prev_term, uint64_t term) {
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        uint64_t at = orr_read_u64(&r);
        uint32_t author = orr_read_u32(&r);
        orr_read_u64(&r);
        uint8_t how = orr_read_u8(&r);
        uint32_t len = orr_read_u32(&r);
        const uint8_t *bytes = orr_read_bytes(&r, len);
        if (!at || at < prev_term || at > term || author >= n_servers) return false;
        if (!r.bad && !is_sound(how, bytes, len, n_servers)) return false;
        prev_term = at;
    }
    return orr_read_done(&r);
}

/* ---- in memory ---- */

void orr_raft_log_push(struct orr_raft_log *log, struct orr_raft_entry e) {
    if (log->n == log->cap) {
        uint32_t cap = log->cap ? 2 * log->cap : 64;
        log->v = orr_resize(log->mem, log->v, log->cap * sizeof *log->v, cap * sizeof *log->v);
        log->cap = cap;
    }
    uint8_t head[32 + ENTRY_BYTES];
    struct orr_writer w = orr_writer(head, sizeof head);
    orr_write_bytes(&w, orr_raft_log_chain(log, orr_raft_log_last(log)), 32);
    struct orr_raft_entry bare = e;
    bare.tx = NULL;
    orr_raft_entry_write(&bare, &w);
    orr_sha256_tagged('r', head, sizeof head, e.tx ? e.tx->data : NULL, e.tx ? e.tx->len : 0,
                      e.chain);
    e.id = e.tx ? orr_msg_hash(e.tx) : 0;
    log->v[log->n++] = e;
    if (e.id) orr_index_put(&log->by_tx, log->v, log->n - 1);
}

/* A change that is none leaves the members as they are, at every server alike. */
static void change_by(const struct orr_raft_entry *e, struct orr_raft_members *members) {
    struct orr_raft_change steps[ORR_RAFT_MAX_STEPS];
    if (!e->how) return;
    uint32_t n = e->tx ? orr_raft_change_read(e->tx->data, e->tx->len, members->n, steps) : 0;
    (void)orr_raft_members_change(members, e->how, steps, n);
}

uint64_t orr_raft_log_last_change(const struct orr_raft_log *log, uint64_t last) {
    for (uint64_t i = last; i > log->base; i--)
        if (orr_raft_log_at(log, i)->how) return i;
    return 0;
}

void orr_raft_log_members(const struct orr_raft_log *log, uint64_t index,
                          struct orr_raft_members *members) {
    assert(index >= log->base && index <= orr_raft_log_last(log));
    orr_raft_members_copy(members, &log->base_members);
    for (uint64_t i = log->base + 1; i <= index; i++) change_by(orr_raft_log_at(log, i), members);
}

static void index_anew(struct orr_raft_log *log) {
    orr_index_clear(&log->by_tx);
    for (uint32_t i = 0; i < log->n; i++)
        if (log->v[i].id) orr_index_put(&log->by_tx, log->v, i);
}

static void forget_after(struct orr_raft_log *log, uint64_t last) {
    assert(last >= log->base);
    if (last >= orr_raft_log_last(log)) return;
    while (orr_raft_log_last(log) > last) orr_msg_unref(log->pool, log->v[--log->n].tx);
    index_anew(log);
    if (log->durable > last) log->durable = last;
    for (uint32_t i = 0; i < log->writing.n; i++) {
        uint64_t *upto = orr_fifo_at(&log->writing, i);
        if (*upto > last) *upto = last;
    }
}

static void forget_before(struct orr_raft_log *log, uint64_t base) {
    uint32_t n = (uint32_t)(base - log->base);
    assert(base >= log->base && n <= log->n);
    for (uint32_t i = 0; i < n; i++) change_by(&log->v[i], &log->base_members);
    for (uint32_t i = 0; i < n; i++) orr_msg_unref(log->pool, log->v[i].tx);
    log->n -= n;
    memmove(log->v, log->v + n, log->n * sizeof *log->v);
    log->base = base;
    index_anew(log);
}

/* ---- on disk ---- */

/* `upto`: what is durable when this write is. */
static void write_record(struct orr_raft_log *log, uint32_t name, struct orr_msg *m, uint64_t upto,
                         struct orr_outbox *out) {
    *(uint64_t *)orr_fifo_push(&log->writing) = upto;
    orr_write(out, name, m);
}

static uint64_t under_way(const struct orr_raft_log *log) {
    return log->writing.n ? *(uint64_t *)orr_fifo_at(&log->writing, log->writing.n - 1)
                          : log->durable;
}

void orr_raft_log_written(struct orr_raft_log *log) {
    if (log->writing.n) log->durable = *(uint64_t *)orr_fifo_pop(&log->writing);
}

static uint64_t run_at(const struct orr_raft_log *log, uint32_t i) {
    return *(uint64_t *)orr_fifo_at(&log->runs, i);
}

static void drop_run(struct orr_raft_log *log, uint64_t first, struct orr_outbox *out) {
    write_record(log, RUNS + (uint32_t)first, NULL, under_way(log), out);
}

void orr_raft_log_save(struct orr_raft_log *log, uint64_t from, struct orr_outbox *out) {
    uint64_t last = orr_raft_log_last(log);
    assert(from > log->base && from <= last && last <= ORR_RAFT_MAX_INDEX);
    uint32_t size = 0;
    for (uint64_t i = from; i <= last; i++) size += orr_raft_entry_size(orr_raft_log_at(log, i));
    struct orr_msg *m = orr_msg_new(log->pool, 0, size);
    struct orr_writer w = orr_writer(m->data, size);
    for (uint64_t i = from; i <= last; i++) orr_raft_entry_write(orr_raft_log_at(log, i), &w);
    assert(!w.bad && w.p == w.end);
    assert(!log->runs.n || run_at(log, log->runs.n - 1) <= from);
    if (!log->runs.n || run_at(log, log->runs.n - 1) < from)
        *(uint64_t *)orr_fifo_push(&log->runs) = from;
    write_record(log, RUNS + (uint32_t)from, m, last, out);
}

/* From the last run to the first, so that what a crash leaves has no gap. */
static void drop_runs_after(struct orr_raft_log *log, uint64_t last, struct orr_outbox *out) {
    while (log->runs.n && run_at(log, log->runs.n - 1) > last) {
        drop_run(log, run_at(log, log->runs.n - 1), out);
        log->runs.n--;
    }
}

void orr_raft_log_cut(struct orr_raft_log *log, uint64_t last, struct orr_outbox *out) {
    forget_after(log, last);
    /* one that begins right behind it is written anew under the same name */
    drop_runs_after(log, last + 1, out);
}

static void write_cut(struct orr_raft_log *log, struct orr_outbox *out) {
    uint32_t size = CUT_BYTES + orr_raft_members_bytes(log->base_members.n);
    struct orr_msg *m = orr_msg_new(log->pool, 0, size);
    struct orr_writer w = orr_writer(m->data, size);
    orr_write_u64(&w, log->base);
    orr_write_u64(&w, log->base_term);
    orr_write_bytes(&w, log->base_chain, 32);
    orr_raft_members_write(&log->base_members, &w);
    assert(!w.bad && w.p == w.end);
    write_record(log, CUT, m, under_way(log), out);
}

/* The last run that begins at or before the entry behind the cut may hold it. */
static void drop_runs_before(struct orr_raft_log *log, struct orr_outbox *out) {
    while (log->runs.n > 1 && run_at(log, 1) <= log->base + 1) {
        drop_run(log, run_at(log, 0), out);
        orr_fifo_pop(&log->runs);
    }
    if (log->runs.n == 1 && !log->n) {
        drop_run(log, run_at(log, 0), out);
        orr_fifo_pop(&log->runs);
    }
}

void orr_raft_log_compact(struct orr_raft_log *log, uint64_t base, struct orr_outbox *out) {
    const struct orr_raft_entry *e = orr_raft_log_at(log, base);
    log->base_term = e->term;
    memcpy(log->base_chain, e->chain, 32);
    forget_before(log, base);
    write_cut(log, out);
    drop_runs_before(log, out);
}

void orr_raft_log_replace(struct orr_raft_log *log, uint64_t base, uint64_t term,
                          const uint8_t chain[32], const struct orr_raft_members *members,
                          struct orr_outbox *out) {
    assert(base > log->base);
    bool agrees = base <= orr_raft_log_last(log) && orr_raft_log_term(log, base) == term;
    if (agrees) {
        orr_raft_log_compact(log, base, out);
        return;
    }
    forget_after(log, log->base);
    log->base = base;
    log->base_term = term;
    memcpy(log->base_chain, chain, 32);
    orr_raft_members_copy(&log->base_members, members);
    log->durable = base;
    write_cut(log, out);
    drop_runs_after(log, 0, out);
}

void orr_raft_log_promise(struct orr_raft_log *log, uint64_t term, uint32_t vote,
                          struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(log->pool, 0, PROMISE_BYTES);
    orr_store_le64(m->data, term);
    orr_store_le32(m->data + 8, vote);
    write_record(log, ORR_RAFT_PROMISE, m, under_way(log), out);
}

/* ---- coming back ---- */

static int stored_run(struct orr_raft_log *log, uint64_t first, const struct orr_msg *m) {
    struct orr_reader r = orr_reader(m->data, m->len);
    *(uint64_t *)orr_fifo_push(&log->runs) = first;
    if (first <= log->base) log->is_torn = false; /* it overrules what an earlier run said there */
    if (first <= orr_raft_log_last(log))
        forget_after(log, first > log->base ? first - 1 : log->base);
    for (uint64_t index = first; orr_read_left(&r); index++) { /* ends: each reads some bytes */
        struct orr_raft_entry e = orr_raft_entry_read(&r, log->pool);
        if (r.bad) return ORR_ECORRUPT;
        if (index == log->base) log->is_torn = e.term != log->base_term;
        if (!log->is_torn && index == orr_raft_log_last(log) + 1) orr_raft_log_push(log, e);
        else orr_msg_unref(log->pool, e.tx);
        if (!log->is_torn && index > orr_raft_log_last(log)) return ORR_ECORRUPT;
    }
    log->durable = orr_raft_log_last(log);
    return 0;
}

static int stored_cut(struct orr_raft_log *log, const struct orr_msg *m) {
    struct orr_reader r = orr_reader(m->data, m->len);
    log->base = log->durable = orr_read_u64(&r);
    log->base_term = orr_read_u64(&r);
    orr_read_copy(&r, log->base_chain, 32);
    bool is_good = orr_raft_members_read(&log->base_members, &r) && orr_read_done(&r);
    return is_good ? 0 : ORR_ECORRUPT;
}

int orr_raft_log_stored(struct orr_raft_log *log, const struct orr_event *event, uint64_t *term,
                        uint32_t *vote) {
    const struct orr_msg *m = event->msg;
    if (!m) return ORR_ECORRUPT;
    if (event->key == ORR_RAFT_PROMISE && m->len == PROMISE_BYTES) {
        *term = orr_load_le64(m->data);
        *vote = orr_load_le32(m->data + 8);
        return 1;
    }
    if (event->key == CUT) return stored_cut(log, m);
    return event->key > RUNS && event->key < 2 * RUNS ? stored_run(log, event->key - RUNS, m)
                                                      : ORR_ECORRUPT;
}

void orr_raft_log_restored(struct orr_raft_log *log, struct orr_outbox *out) {
    if (log->is_torn) {
        forget_after(log, log->base);
        drop_runs_after(log, 0, out);
        log->is_torn = false;
    }
    drop_runs_before(log, out);
}
