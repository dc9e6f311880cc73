/* follow.c - a follower takes what its leader sends (figure 2, "AppendEntries RPC"; figure 13). */
#include "models/bft/raft/state.h"

static void reply(struct orr_raft *r, uint32_t to, struct orr_raft_appended m) {
    m.term = r->term;
    orr_raft_send(r, to, orr_raft_appended_new(r->common->pool, &m));
}

/* Is the sender the leader of its term?  Then it is followed; one of an earlier term is told so. */
static bool is_leader(struct orr_raft *r, uint32_t from, uint64_t term) {
    if (term < r->term) { /* figure 2, AppendEntries 1 */
        reply(r, from, (struct orr_raft_appended){.is_good = false});
        return false;
    }
    bool is_impostor = term == r->term && (r->role == ORR_RAFT_LEADER ||
                                           (r->leader != ORR_NOBODY && r->leader != from));
    if (is_impostor) orr_raft_drop(r);
    else orr_raft_follow(r, term, from);
    return !is_impostor;
}

/* Section 5.3: the last entry here that can agree with one of that index and term. */
static struct orr_raft_appended refusal(const struct orr_raft *r, const struct orr_raft_append *m) {
    uint64_t hint = m->prev_index;
    if (hint > orr_raft_log_last(&r->log)) hint = orr_raft_log_last(&r->log);
    while (hint > r->commit && orr_raft_log_term(&r->log, hint) > m->prev_term) hint--;
    return (struct orr_raft_appended){.index = m->prev_index, .hint = hint,
                                      .hint_term = orr_raft_log_term(&r->log, hint)};
}

/* AppendEntries 3 and 4; false: it contradicts what is committed. */
static bool take_entries(struct orr_raft *r, const struct orr_raft_append *m) {
    struct orr_reader entries = m->entries;
    uint64_t first_new = 0;
    for (uint64_t index = m->prev_index + 1; index <= m->prev_index + m->n; index++) {
        struct orr_raft_entry e = orr_raft_entry_read(&entries, r->common->pool);
        bool is_there = index <= orr_raft_log_last(&r->log);
        bool is_same = is_there && orr_raft_log_term(&r->log, index) == e.term;
        if (is_same || (is_there && index <= r->commit)) {
            orr_msg_unref(r->common->pool, e.tx);
            if (!is_same) return false;
            continue;
        }
        if (is_there) orr_raft_log_cut(&r->log, index - 1, r->out);
        r->changes |= is_there || e.how != ORR_RAFT_NO_CHANGE;
        orr_raft_log_push(&r->log, e);
        if (!first_new) first_new = index;
    }
    if (first_new) orr_raft_log_save(&r->log, first_new, r->out);
    return true;
}

void orr_raft_recv_append(struct orr_raft *r, uint32_t from, const struct orr_raft_append *m) {
    if (!orr_raft_entries_are_good(m->entries, m->n, r->n, m->prev_term, m->term)) {
        orr_raft_drop(r);
        return;
    }
    if (!is_leader(r, from, m->term)) return;
    if (m->prev_index < r->commit) { /* what is committed agrees */
        reply(r, from, (struct orr_raft_appended){.index = r->commit, .is_good = true,
                                                  .is_heartbeat = m->is_heartbeat});
        return;
    }
    if (m->prev_index > orr_raft_log_last(&r->log) ||
        orr_raft_log_term(&r->log, m->prev_index) != m->prev_term) { /* AppendEntries 2 */
        reply(r, from, refusal(r, m));
        return;
    }
    if (!take_entries(r, m)) {
        orr_raft_drop(r);
        return;
    }
    uint64_t agreed = m->prev_index + m->n;
    reply(r, from, (struct orr_raft_appended){.index = agreed, .is_good = true,
                                              .is_heartbeat = m->is_heartbeat});
    uint64_t commit = m->commit < agreed ? m->commit : agreed; /* AppendEntries 5 */
    if (commit > r->commit) orr_raft_commit_to(r, commit);
}

void orr_raft_recv_snapshot(struct orr_raft *r, uint32_t from, const struct orr_raft_snapshot *m) {
    if (!is_leader(r, from, m->term)) return;
    if (m->index > r->commit) {
        bool agrees = m->index <= orr_raft_log_last(&r->log) &&
                      orr_raft_log_term(&r->log, m->index) == m->index_term;
        if (agrees) orr_raft_commit_to(r, m->index);
        else orr_raft_adopt(r, m);
    }
    reply(r, from, (struct orr_raft_appended){.index = r->commit, .is_good = true});
}
