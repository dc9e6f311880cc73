#include "models/bft/raft/wire.h"

#include <assert.h>

#include "models/bft/raft/log.h"
#include "models/bft/raft/raft.h"

enum {
    ASK_VOTE_BYTES = 3 * 8 + 2,
    STAND_BYTES = 8,
    VOTE_BYTES = 8 + 8 + 2,
    APPENDED_BYTES = 4 * 8 + 2,
    SNAPSHOT_BYTES = 3 * 8 + 32
};

static struct orr_msg *begin(struct orr_pool *pool, uint16_t kind, uint32_t len,
                             struct orr_writer *w) {
    struct orr_msg *m = orr_msg_new(pool, kind, len);
    *w = orr_writer(m->data, len);
    return m;
}

/* A term that a correct server can be in. */
static uint64_t read_term(struct orr_reader *r) {
    uint64_t term = orr_read_u64(r);
    r->bad |= term > ORR_RAFT_MAX_TERM;
    return term;
}
static uint64_t read_index(struct orr_reader *r) {
    uint64_t index = orr_read_u64(r);
    r->bad |= index > ORR_RAFT_MAX_INDEX;
    return index;
}
static bool read_bool(struct orr_reader *r) {
    uint8_t byte = orr_read_u8(r);
    r->bad |= byte > 1;
    return byte;
}

struct orr_msg *orr_raft_ask_vote_new(struct orr_pool *pool, const struct orr_raft_ask_vote *m) {
    struct orr_writer w;
    struct orr_msg *msg = begin(pool, ORR_RAFT_ASK_VOTE, ASK_VOTE_BYTES, &w);
    orr_write_u64(&w, m->term);
    orr_write_u64(&w, m->last_index);
    orr_write_u64(&w, m->last_term);
    orr_write_u8(&w, m->is_pre);
    orr_write_u8(&w, m->is_handed);
    assert(!w.bad && w.p == w.end);
    return msg;
}

bool orr_raft_ask_vote_read(const struct orr_msg *msg, struct orr_raft_ask_vote *m) {
    struct orr_reader r = orr_reader(msg->data, msg->len);
    m->term = read_term(&r);
    m->last_index = read_index(&r);
    m->last_term = read_term(&r);
    m->is_pre = read_bool(&r);
    m->is_handed = read_bool(&r);
    return orr_read_done(&r) && !(m->is_pre && m->is_handed);
}

struct orr_msg *orr_raft_stand_new(struct orr_pool *pool, uint64_t term) {
    struct orr_writer w;
    struct orr_msg *msg = begin(pool, ORR_RAFT_STAND, STAND_BYTES, &w);
    orr_write_u64(&w, term);
    return msg;
}

bool orr_raft_stand_read(const struct orr_msg *msg, uint64_t *term) {
    struct orr_reader r = orr_reader(msg->data, msg->len);
    *term = read_term(&r);
    return orr_read_done(&r);
}

struct orr_msg *orr_raft_vote_new(struct orr_pool *pool, const struct orr_raft_vote *m) {
    struct orr_writer w;
    struct orr_msg *msg = begin(pool, ORR_RAFT_VOTE, VOTE_BYTES, &w);
    orr_write_u64(&w, m->term);
    orr_write_u64(&w, m->change);
    orr_write_u8(&w, m->is_granted);
    orr_write_u8(&w, m->is_pre);
    assert(!w.bad && w.p == w.end);
    return msg;
}

bool orr_raft_vote_read(const struct orr_msg *msg, struct orr_raft_vote *m) {
    struct orr_reader r = orr_reader(msg->data, msg->len);
    m->term = read_term(&r);
    m->change = read_index(&r);
    m->is_granted = read_bool(&r);
    m->is_pre = read_bool(&r);
    return orr_read_done(&r);
}

struct orr_msg *orr_raft_append_new(struct orr_pool *pool, const struct orr_raft_append *m,
                                    uint32_t bytes, struct orr_writer *entries) {
    struct orr_msg *msg = begin(pool, ORR_RAFT_APPEND, ORR_RAFT_APPEND_BYTES + bytes, entries);
    orr_write_u64(entries, m->term);
    orr_write_u64(entries, m->prev_index);
    orr_write_u64(entries, m->prev_term);
    orr_write_u64(entries, m->commit);
    orr_write_u8(entries, m->is_heartbeat);
    orr_write_u32(entries, m->n);
    return msg;
}

bool orr_raft_append_read(const struct orr_msg *msg, struct orr_raft_append *m) {
    struct orr_reader r = orr_reader(msg->data, msg->len);
    m->term = read_term(&r);
    m->prev_index = read_index(&r);
    m->prev_term = read_term(&r);
    m->commit = read_index(&r);
    m->is_heartbeat = read_bool(&r);
    m->n = orr_read_u32(&r);
    m->entries = r;
    return !r.bad && m->term && (!m->is_heartbeat || !m->n) && (m->n || !orr_read_left(&r)) &&
           m->n <= ORR_RAFT_MAX_INDEX - m->prev_index;
}

struct orr_msg *orr_raft_appended_new(struct orr_pool *pool, const struct orr_raft_appended *m) {
    struct orr_writer w;
    struct orr_msg *msg = begin(pool, ORR_RAFT_APPENDED, APPENDED_BYTES, &w);
    orr_write_u64(&w, m->term);
    orr_write_u64(&w, m->index);
    orr_write_u64(&w, m->hint);
    orr_write_u64(&w, m->hint_term);
    orr_write_u8(&w, m->is_good);
    orr_write_u8(&w, m->is_heartbeat);
    assert(!w.bad && w.p == w.end);
    return msg;
}

bool orr_raft_appended_read(const struct orr_msg *msg, struct orr_raft_appended *m) {
    struct orr_reader r = orr_reader(msg->data, msg->len);
    m->term = read_term(&r);
    m->index = read_index(&r);
    m->hint = read_index(&r);
    m->hint_term = read_term(&r);
    m->is_good = read_bool(&r);
    m->is_heartbeat = read_bool(&r);
    return orr_read_done(&r);
}

struct orr_msg *orr_raft_snapshot_new(struct orr_pool *pool, const struct orr_raft_snapshot *m,
                                      uint32_t state_size) {
    struct orr_writer w;
    uint32_t size = SNAPSHOT_BYTES + orr_raft_members_bytes(m->members->n) + state_size;
    struct orr_msg *msg = begin(pool, ORR_RAFT_SNAPSHOT, size, &w);
    orr_write_u64(&w, m->term);
    orr_write_u64(&w, m->index);
    orr_write_u64(&w, m->index_term);
    orr_write_bytes(&w, m->chain, sizeof m->chain);
    orr_raft_members_write(m->members, &w);
    if (state_size) memset(w.p, 0, state_size);
    return msg;
}

bool orr_raft_snapshot_read(const struct orr_msg *msg, struct orr_raft_snapshot *m) {
    struct orr_reader r = orr_reader(msg->data, msg->len);
    m->term = read_term(&r);
    m->index = read_index(&r);
    m->index_term = read_term(&r);
    orr_read_copy(&r, m->chain, sizeof m->chain);
    return orr_raft_members_read(m->members, &r) && m->term && m->index && m->index_term &&
           m->index_term <= m->term;
}
