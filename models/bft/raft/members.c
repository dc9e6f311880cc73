#include "models/bft/raft/members.h"

#include <assert.h>

void orr_raft_members_init(struct orr_raft_members *m, struct orr_mem *mem, uint32_t n) {
    *m = (struct orr_raft_members){.n = n, .part = orr_alloc_zero(mem, n),
                                   .draft = orr_alloc_zero(mem, n)};
}

void orr_raft_members_fini(struct orr_raft_members *m, struct orr_mem *mem) {
    orr_free(mem, m->part, m->n);
    orr_free(mem, m->draft, m->n);
    m->part = m->draft = NULL;
}

void orr_raft_members_copy(struct orr_raft_members *to, const struct orr_raft_members *from) {
    assert(to->n == from->n);
    memcpy(to->part, from->part, from->n);
    to->auto_leave = from->auto_leave;
}

static uint32_t count_of(const uint8_t *part, uint32_t n, uint8_t bits) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++) count += (part[i] & bits) != 0;
    return count;
}

bool orr_raft_members_are_joint(const struct orr_raft_members *m) {
    return count_of(m->part, m->n, ORR_RAFT_OUTGOING) > 0;
}

/* ---- changes, in the draft ---- */

static void add_learner(uint8_t *part) {
    if (*part & (ORR_RAFT_LEARNER | ORR_RAFT_LEARNER_NEXT)) return;
    *part &= (uint8_t)~ORR_RAFT_VOTER;
    *part |= *part & ORR_RAFT_OUTGOING ? ORR_RAFT_LEARNER_NEXT : ORR_RAFT_LEARNER;
}

static void take_step(uint8_t *draft, struct orr_raft_change c) {
    switch (c.kind) {
    case ORR_RAFT_ADD_VOTER:
        draft[c.rank] = (draft[c.rank] & ORR_RAFT_OUTGOING) | ORR_RAFT_VOTER;
        break;
    case ORR_RAFT_ADD_LEARNER: add_learner(&draft[c.rank]); break;
    case ORR_RAFT_REMOVE: draft[c.rank] &= ORR_RAFT_OUTGOING; break;
    case ORR_RAFT_KEEP: break;
    case ORR_RAFT_N_CHANGES: assert(!"no kind of change");
    }
}

static void leave(struct orr_raft_members *m) {
    for (uint32_t i = 0; i < m->n; i++) {
        if (m->part[i] & ORR_RAFT_LEARNER_NEXT) m->part[i] = ORR_RAFT_LEARNER;
        else m->part[i] &= (uint8_t)~ORR_RAFT_OUTGOING;
    }
    m->auto_leave = false;
}

static uint32_t voters_that_differ(const struct orr_raft_members *m) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++) n += ((m->part[i] ^ m->draft[i]) & ORR_RAFT_VOTER) != 0;
    return n;
}

enum orr_raft_refusal orr_raft_members_change(struct orr_raft_members *m, enum orr_raft_how how,
                                              const struct orr_raft_change *v, uint32_t n) {
    bool is_joint = orr_raft_members_are_joint(m), enters = how != ORR_RAFT_SIMPLE;
    if (how == ORR_RAFT_NO_CHANGE) return ORR_RAFT_CHANGED;
    if (how == ORR_RAFT_LEAVE && is_joint) leave(m);
    if (how == ORR_RAFT_LEAVE) return is_joint ? ORR_RAFT_CHANGED : ORR_RAFT_IS_NOT_JOINT;
    if (is_joint) return ORR_RAFT_IS_JOINT;
    if (enters && !count_of(m->part, m->n, ORR_RAFT_VOTER)) return ORR_RAFT_NO_VOTERS;
    for (uint32_t i = 0; i < m->n; i++) {
        bool goes = enters && m->part[i] & ORR_RAFT_VOTER;
        m->draft[i] = m->part[i] | (goes ? ORR_RAFT_OUTGOING : 0);
    }
    for (uint32_t i = 0; i < n; i++) {
        assert(v[i].rank < m->n);
        take_step(m->draft, v[i]);
    }
    if (!count_of(m->draft, m->n, ORR_RAFT_VOTER)) return ORR_RAFT_REMOVES_ALL;
    if (!enters && voters_that_differ(m) > 1) return ORR_RAFT_TOO_MANY;
    memcpy(m->part, m->draft, m->n);
    m->auto_leave = how == ORR_RAFT_ENTER_AUTO;
    return ORR_RAFT_CHANGED;
}

/* ---- majorities ---- */

static uint64_t committed_of(const struct orr_raft_members *m, uint8_t set, const uint64_t *match,
                             uint64_t *scratch) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++)
        if (m->part[i] & set) scratch[n++] = match[i];
    return orr_raft_committed(scratch, n, scratch + m->n);
}

uint64_t orr_raft_members_committed(const struct orr_raft_members *m, const uint64_t *match,
                                    uint64_t *scratch) {
    uint64_t a = committed_of(m, ORR_RAFT_VOTER, match, scratch);
    uint64_t b = committed_of(m, ORR_RAFT_OUTGOING, match, scratch);
    return a < b ? a : b;
}

static enum orr_raft_outcome count_in(const struct orr_raft_members *m, uint8_t set,
                                      const uint8_t *answers) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++)
        if (m->part[i] & set) m->draft[n++] = answers[i];
    return orr_raft_count(m->draft, n);
}

enum orr_raft_outcome orr_raft_members_count(const struct orr_raft_members *m,
                                             const uint8_t *answers) {
    enum orr_raft_outcome a = count_in(m, ORR_RAFT_VOTER, answers);
    enum orr_raft_outcome b = count_in(m, ORR_RAFT_OUTGOING, answers);
    if (a == ORR_RAFT_LOST || b == ORR_RAFT_LOST) return ORR_RAFT_LOST;
    return a == ORR_RAFT_WON && b == ORR_RAFT_WON ? ORR_RAFT_WON : ORR_RAFT_PENDING;
}

/* ---- bytes ---- */

void orr_raft_members_write(const struct orr_raft_members *m, struct orr_writer *w) {
    orr_write_u8(w, m->auto_leave);
    orr_write_bytes(w, m->part, m->n);
}

/* A learner has no vote, and who will be one is an outgoing voter. */
static bool is_part(uint8_t part) {
    if (part & ORR_RAFT_LEARNER) return part == ORR_RAFT_LEARNER;
    if (part & ORR_RAFT_LEARNER_NEXT) return part == (ORR_RAFT_LEARNER_NEXT | ORR_RAFT_OUTGOING);
    return part <= (ORR_RAFT_VOTER | ORR_RAFT_OUTGOING);
}

bool orr_raft_members_read(struct orr_raft_members *m, struct orr_reader *r) {
    uint8_t auto_leave = orr_read_u8(r);
    orr_read_copy(r, m->part, m->n);
    if (r->bad || auto_leave > 1) return false;
    for (uint32_t i = 0; i < m->n; i++)
        if (!is_part(m->part[i])) return false;
    m->auto_leave = auto_leave;
    return count_of(m->part, m->n, ORR_RAFT_VOTER) > 0 &&
           (!auto_leave || orr_raft_members_are_joint(m));
}

uint32_t orr_raft_change_read(const uint8_t *bytes, uint32_t len, uint32_t n,
                              struct orr_raft_change *v) {
    if (len <= ORR_RAFT_CHANGE_HEAD) return 0;
    uint32_t steps = (len - ORR_RAFT_CHANGE_HEAD) / ORR_RAFT_CHANGE_STEP;
    if ((len - ORR_RAFT_CHANGE_HEAD) % ORR_RAFT_CHANGE_STEP || steps > ORR_RAFT_MAX_STEPS) return 0;
    struct orr_reader r = orr_reader(bytes + ORR_RAFT_CHANGE_HEAD, len - ORR_RAFT_CHANGE_HEAD);
    for (uint32_t i = 0; i < steps; i++) {
        uint8_t kind = orr_read_u8(&r);
        v[i] = (struct orr_raft_change){(enum orr_raft_change_kind)kind, orr_read_u32(&r)};
        if (kind >= ORR_RAFT_N_CHANGES || v[i].rank >= n) return 0;
    }
    return steps;
}
