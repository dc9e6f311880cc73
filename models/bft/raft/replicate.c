/* replicate.c - a leader sends its entries and counts who has them (figure 2, "Leaders"). */
#include "models/bft/raft/state.h"

static bool put(struct orr_raft *r, enum orr_raft_how how, struct orr_msg *tx) {
    assert(r->role == ORR_RAFT_LEADER);
    if (orr_raft_log_last(&r->log) >= ORR_RAFT_MAX_INDEX) return false;
    orr_raft_log_push(&r->log, (struct orr_raft_entry){.term = r->term, .time = r->wall, .how = how,
                                                       .tx = orr_msg_ref(tx), .author = r->me});
    uint64_t index = orr_raft_log_last(&r->log);
    orr_raft_log_save(&r->log, index, r->out);
    orr_propose(r->out, index, (uint32_t)r->term, orr_raft_log_chain(&r->log, index),
                tx ? tx->len : 0);
    return true;
}

bool orr_raft_append(struct orr_raft *r, struct orr_msg *tx) {
    return put(r, ORR_RAFT_NO_CHANGE, tx);
}

/* ---- changes of the members ---- */

bool orr_raft_change(struct orr_raft *r, enum orr_raft_how how, struct orr_msg *tx) {
    bool is_at_once = r->config->config_change == ORR_RAFT_AT_ONCE;
    bool is_joint = orr_raft_members_are_joint(&r->members);
    if (!is_at_once && (r->change > r->commit || is_joint != (how == ORR_RAFT_LEAVE))) return false;
    if (!put(r, how, tx)) return false;
    r->change = orr_raft_log_last(&r->log);
    r->changes |= is_at_once;
    return true;
}

/* ---- sending ---- */

/* The state as it is: nothing is gained by one of the time of the cut. */
static void send_snapshot(struct orr_raft *r, uint32_t to) {
    struct orr_raft_peer *p = &r->peers[to];
    struct orr_raft_snapshot m = {.term = r->term, .index = r->commit,
                                  .index_term = orr_raft_log_term(&r->log, r->commit),
                                  .members = &r->spare};
    orr_raft_log_members(&r->log, r->commit, &r->spare);
    memcpy(m.chain, orr_raft_log_chain(&r->log, r->commit), sizeof m.chain);
    uint32_t size = (uint32_t)r->config->state_size;
    orr_raft_send(r, to, orr_raft_snapshot_new(r->common->pool, &m, size));
    p->next = r->commit + 1;
    p->is_probed = p->is_waiting = true;
}

static struct orr_msg *entries_from(struct orr_raft *r, uint64_t next, uint32_t n) {
    struct orr_raft_append m = {.term = r->term, .prev_index = next - 1, .n = n,
                                .prev_term = orr_raft_log_term(&r->log, next - 1),
                                .commit = r->commit};
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        bytes += orr_raft_entry_size(orr_raft_log_at(&r->log, next + i));
    struct orr_writer w;
    struct orr_msg *msg = orr_raft_append_new(r->common->pool, &m, bytes, &w);
    for (uint32_t i = 0; i < n; i++) orr_raft_entry_write(orr_raft_log_at(&r->log, next + i), &w);
    assert(!w.bad && w.p == w.end);
    return msg;
}

/* What was sent last, since most followers are sent the same. */
struct shared { uint64_t next; uint32_t n; struct orr_msg *msg; };

static void forget(struct orr_raft *r, struct shared *s) {
    orr_msg_unref(r->common->pool, s->msg);
    s->msg = NULL;
}

/* The next entries for a follower, as many as may be on their way; none only if `bare`. */
static void send_next(struct orr_raft *r, uint32_t to, bool bare, struct shared *s) {
    struct orr_raft_peer *p = &r->peers[to];
    assert(p->next > r->match[to]);
    if (p->is_probed && p->is_waiting) return;
    if (p->next - 1 < r->log.base) {
        send_snapshot(r, to);
        return;
    }
    uint64_t under_way = p->is_probed ? 0 : p->next - 1 - r->match[to];
    uint64_t n = orr_raft_log_last(&r->log) + 1 - p->next;
    uint64_t room = under_way < r->config->pipeline ? r->config->pipeline - under_way : 0;
    if (n > room) n = room;
    if (n > r->config->batch) n = r->config->batch;
    if (!n && !bare) return;
    if (!s->msg || s->next != p->next || s->n != n) {
        forget(r, s);
        *s = (struct shared){p->next, (uint32_t)n, entries_from(r, p->next, (uint32_t)n)};
    }
    orr_raft_send(r, to, orr_msg_ref(s->msg));
    p->told = r->commit;
    if (p->is_probed) p->is_waiting = true;
    else p->next += n;
}

void orr_raft_send_one(struct orr_raft *r, uint32_t to, bool bare) {
    struct shared s = {0};
    send_next(r, to, bare, &s);
    forget(r, &s);
}

static void send_to_all(struct orr_raft *r, bool bare) {
    struct shared s = {0};
    for (uint32_t i = 0; i < r->n; i++)
        if (i != r->me && orr_raft_is_member(&r->members, i)) send_next(r, i, bare, &s);
    forget(r, &s);
}

void orr_raft_flush(struct orr_raft *r) {
    r->is_batching = false;
    if (r->role == ORR_RAFT_LEADER) send_to_all(r, false);
}

void orr_raft_offer(struct orr_raft *r) {
    if (!r->config->batch_interval) {
        orr_raft_flush(r);
    } else if (!r->is_batching) {
        r->is_batching = true;
        orr_arm(r->out, ORR_RAFT_TIMER_BATCH, r->now + r->config->batch_interval);
    }
}

void orr_raft_heartbeat(struct orr_raft *r) {
    if (r->role != ORR_RAFT_LEADER) return;
    orr_arm(r->out, ORR_RAFT_TIMER_HEARTBEAT, r->now + r->config->heartbeat);
    for (uint32_t i = 0; i < r->n; i++) {
        if (i == r->me || !orr_raft_is_member(&r->members, i)) continue;
        bool is_known = r->match[i] >= r->log.base; /* else the empty log, which all agree with */
        struct orr_raft_append m = {.term = r->term, .is_heartbeat = true};
        struct orr_writer w;
        if (is_known) {
            m.prev_index = r->match[i];
            m.prev_term = orr_raft_log_term(&r->log, m.prev_index);
            m.commit = r->commit < m.prev_index ? r->commit : m.prev_index;
        }
        orr_raft_send(r, i, orr_raft_append_new(r->common->pool, &m, 0, &w));
    }
}

/* ---- answers ---- */

/* Section 5.4.2: entries of earlier terms are committed by one of this term alone. */
static bool may_commit(const struct orr_raft *r, uint64_t index) {
    return index > r->commit && (orr_raft_log_term(&r->log, index) == r->term ||
                                 r->config->commit_rule == ORR_RAFT_COUNT_ANY_TERM);
}

void orr_raft_advance(struct orr_raft *r) {
    assert(r->role == ORR_RAFT_LEADER);
    uint64_t index = orr_raft_members_committed(&r->members, r->match, r->scratch);
    if (!may_commit(r, index)) return;
    orr_raft_commit_to(r, index);
    send_to_all(r, r->changes || !r->config->piggyback); /* those who leave hear of it, too */
    r->changes |= r->members.auto_leave;
}

/* Section 5.3: back to the last entry that can agree. */
static void refused(struct orr_raft *r, uint32_t from, const struct orr_raft_appended *m) {
    struct orr_raft_peer *p = &r->peers[from];
    bool is_old = p->is_probed ? m->index != p->next - 1 : m->index <= r->match[from];
    if (is_old) return;
    uint64_t hint = m->hint < m->index ? m->hint : m->index;
    if (hint > orr_raft_log_last(&r->log)) hint = orr_raft_log_last(&r->log);
    while (hint > r->log.base && orr_raft_log_term(&r->log, hint) > m->hint_term) hint--;
    p->next = hint < r->match[from] ? r->match[from] + 1 : hint + 1;
    p->is_probed = true;
    p->is_waiting = false;
    orr_raft_send_one(r, from, true);
}

/* Thesis 3.10: an heir that has all is told to stand. */
void orr_raft_heir_agrees(struct orr_raft *r) {
    if (r->match[r->heir] == orr_raft_log_last(&r->log))
        orr_raft_send(r, r->heir, orr_raft_stand_new(r->common->pool, r->term));
}

static void agreed(struct orr_raft *r, uint32_t from, uint64_t index) {
    struct orr_raft_peer *p = &r->peers[from];
    bool is_news = index > r->match[from];
    if (is_news) r->match[from] = index;
    if (p->is_probed && index >= r->match[from]) {
        p->is_probed = p->is_waiting = false;
        p->next = r->match[from] + 1;
    }
    if (p->next <= r->match[from]) p->next = r->match[from] + 1;
    if (is_news) orr_raft_advance(r);
    if (is_news && from == r->heir) orr_raft_heir_agrees(r);
    while (!p->is_probed && p->next <= orr_raft_log_last(&r->log)) { /* ends: next grows */
        uint64_t next = p->next;
        orr_raft_send_one(r, from, false);
        if (p->next == next) break;
    }
    if (p->told < r->commit && !r->config->piggyback) orr_raft_send_one(r, from, true);
}

void orr_raft_recv_appended(struct orr_raft *r, uint32_t from,
                            const struct orr_raft_appended *m) {
    struct orr_raft_peer *p = &r->peers[from];
    if (!orr_raft_is_member(&r->members, from)) return; /* it has left */
    if (m->is_good && m->index > orr_raft_log_last(&r->log)) {
        orr_raft_drop(r);
        return;
    }
    p->is_active = true;
    if (!m->is_good) {
        refused(r, from, m);
    } else if (m->is_heartbeat) { /* what was under way may be lost: try again from there */
        p->is_waiting = false;
        if (r->match[from] < orr_raft_log_last(&r->log)) orr_raft_send_one(r, from, true);
    } else {
        agreed(r, from, m->index);
    }
}
