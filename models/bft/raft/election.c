/* election.c - terms, votes, and who leads (figure 2, "Followers", "Candidates", "RequestVote RPC";
 * thesis 9.6 for PreVote, 6.2 and 4.2.3 for CheckQuorum and the lease, 3.10 for handing over). */
#include "models/bft/raft/state.h"

static void draw_patience(struct orr_raft *r) {
    const struct orr_raft_config *c = r->config;
    uint64_t span = (uint64_t)(c->election_timeout_max - c->election_timeout) + 1;
    r->timeout = c->election_timeout + (orr_time)orr_rng_below(r->out->rng, span);
}

void orr_raft_wait(struct orr_raft *r) {
    r->heard_at = r->now;
    orr_arm(r->out, ORR_RAFT_TIMER_ELECTION, r->now + r->timeout);
}

static void promise(struct orr_raft *r, uint64_t term, uint32_t vote) {
    assert(term >= r->term && (term > r->term || r->vote == ORR_NOBODY));
    r->term = term;
    r->vote = vote;
    r->n_promises++;
    orr_raft_log_promise(&r->log, term, vote, r->out);
}

void orr_raft_follow(struct orr_raft *r, uint64_t term, uint32_t leader) {
    assert(term >= r->term);
    bool is_new = leader != ORR_NOBODY && (term > r->term || leader != r->leader);
    bool was_other = r->role != ORR_RAFT_FOLLOWER || term > r->term;
    if (term > r->term) promise(r, term, ORR_NOBODY);
    if (r->role == ORR_RAFT_LEADER) orr_arm(r->out, ORR_RAFT_TIMER_HEARTBEAT, ORR_NEVER);
    r->heir = ORR_NOBODY;
    r->leader = leader;
    if (was_other) {
        orr_raft_enter(r, ORR_RAFT_FOLLOWER);
        draw_patience(r);
    }
    orr_raft_wait(r);
    if (is_new) orr_raft_pass_on(r);
}

/* ---- standing for election ---- */

static void ask_all(struct orr_raft *r, uint64_t term, bool is_pre, bool is_handed) {
    uint64_t last = orr_raft_log_last(&r->log);
    struct orr_raft_ask_vote m = {term, last, orr_raft_log_term(&r->log, last), is_pre, is_handed};
    orr_raft_send_voters(r, orr_raft_ask_vote_new(r->common->pool, &m));
}

static void lead(struct orr_raft *r) {
    assert(r->role == ORR_RAFT_CANDIDATE && r->vote == r->me);
    r->leader = r->me;
    r->change = orr_raft_log_last(&r->log);
    for (uint32_t i = 0; i < r->n; i++) {
        r->peers[i] = (struct orr_raft_peer){.next = orr_raft_log_last(&r->log) + 1,
                                             .is_probed = true};
        r->match[i] = i == r->me ? r->log.durable : 0;
    }
    orr_raft_enter(r, ORR_RAFT_LEADER);
    orr_raft_append(r, NULL); /* section 8: a blank no-op entry at the start of its term */
    r->is_batching = false;
    orr_raft_flush(r);
    orr_raft_pass_on(r);
    orr_arm(r->out, ORR_RAFT_TIMER_HEARTBEAT, r->now + r->config->heartbeat);
    orr_arm(r->out, ORR_RAFT_TIMER_ELECTION,
            r->config->check_quorum ? r->now + r->config->election_timeout : ORR_NEVER);
}

static void stand(struct orr_raft *r, bool is_handed) {
    promise(r, r->term + 1, r->me);
    memset(r->answers, ORR_RAFT_SILENT, r->n);
    r->leader = ORR_NOBODY;
    orr_raft_enter(r, ORR_RAFT_CANDIDATE);
    draw_patience(r);
    orr_raft_wait(r);
    ask_all(r, r->term, false, is_handed);
}

static void count(struct orr_raft *r) {
    enum orr_raft_outcome outcome = orr_raft_members_count(&r->members, r->answers);
    if (outcome == ORR_RAFT_LOST) orr_raft_follow(r, r->term, ORR_NOBODY);
    else if (outcome == ORR_RAFT_WON && r->role == ORR_RAFT_CANDIDATE) lead(r);
    else if (outcome == ORR_RAFT_WON) stand(r, false);
}

void orr_raft_campaign(struct orr_raft *r) {
    assert(r->role != ORR_RAFT_LEADER);
    bool is_last = r->term >= ORR_RAFT_MAX_TERM - 1; /* someone has lied terms up to the end */
    if (is_last || !orr_raft_is_voter(&r->members, r->me)) {
        r->leader = ORR_NOBODY; /* it has been silent: others may be elected */
        orr_raft_wait(r);
        return;
    }
    if (!r->config->prevote) {
        stand(r, false);
        return;
    }
    memset(r->answers, ORR_RAFT_SILENT, r->n);
    r->answers[r->me] = ORR_RAFT_YES;
    r->leader = ORR_NOBODY;
    orr_raft_enter(r, ORR_RAFT_PRECANDIDATE);
    draw_patience(r);
    orr_raft_wait(r);
    ask_all(r, r->term + 1, true, false);
    count(r);
}

void orr_raft_election_timeout(struct orr_raft *r) {
    if (r->role != ORR_RAFT_LEADER) {
        orr_raft_campaign(r);
        return;
    }
    for (uint32_t i = 0; i < r->n; i++) {
        r->answers[i] = i == r->me || r->peers[i].is_active ? ORR_RAFT_YES : ORR_RAFT_NO;
        r->peers[i].is_active = false;
    }
    bool has_majority = orr_raft_members_count(&r->members, r->answers) == ORR_RAFT_WON;
    if (!has_majority) orr_raft_follow(r, r->term, ORR_NOBODY);
    else orr_arm(r->out, ORR_RAFT_TIMER_ELECTION, r->now + r->config->election_timeout);
}

/* A candidate's own vote counts when it is durable. */
void orr_raft_promise_written(struct orr_raft *r) {
    assert(r->n_promises > 0);
    if (--r->n_promises || r->role != ORR_RAFT_CANDIDATE) return;
    r->answers[r->me] = ORR_RAFT_YES;
    count(r);
}

/* ---- handing over: thesis 3.10 ---- */

void orr_raft_hand_over(struct orr_raft *r, uint32_t to) {
    assert(r->role == ORR_RAFT_LEADER && to < r->n);
    if (to == r->me || to == r->heir || !orr_raft_is_voter(&r->members, to)) return;
    r->heir = to;
    orr_arm(r->out, ORR_RAFT_TIMER_TRANSFER, r->now + r->config->election_timeout);
    if (r->match[to] < orr_raft_log_last(&r->log)) orr_raft_send_one(r, to, true);
    orr_raft_heir_agrees(r);
}

/* It leads on; without a vote it has led for long enough. */
void orr_raft_transfer_timeout(struct orr_raft *r) {
    if (r->heir == ORR_NOBODY) return;
    r->heir = ORR_NOBODY;
    bool is_voter = orr_raft_is_voter(&r->members, r->me);
    if (!is_voter && r->config->step_down) orr_raft_follow(r, r->term, ORR_NOBODY);
}

void orr_raft_recv_stand(struct orr_raft *r, uint32_t from, uint64_t term) {
    bool may_stand = term == r->term && from == r->leader && r->role == ORR_RAFT_FOLLOWER &&
                     term < ORR_RAFT_MAX_TERM - 1 && orr_raft_is_voter(&r->members, r->me);
    if (term > r->term) orr_raft_follow(r, term, ORR_NOBODY);
    else if (may_stand) stand(r, true);
}

/* ---- votes ---- */

/* If the candidate's log is a part of this one: a change there that is committed, for the next
 * one is there (raft.h), or for the commit index says so. */
static uint64_t known_change(const struct orr_raft *r, const struct orr_raft_ask_vote *m) {
    uint64_t last = orr_raft_log_last(&r->log), known = r->commit;
    bool is_part = m->last_index >= r->log.base && m->last_index <= last &&
                   orr_raft_log_term(&r->log, m->last_index) == m->last_term;
    uint64_t change = is_part ? orr_raft_log_last_change(&r->log, last) : 0;
    if (change > r->commit) {
        uint64_t before = orr_raft_log_last_change(&r->log, change - 1);
        if (before > known) known = before;
    }
    if (known > m->last_index) known = m->last_index;
    return is_part && known > r->log.base ? orr_raft_log_last_change(&r->log, known) : 0;
}

static void answer(struct orr_raft *r, uint32_t to, const struct orr_raft_ask_vote *ask,
                   uint64_t term, bool is_granted) {
    struct orr_raft_vote m = {.term = term, .change = known_change(r, ask),
                              .is_granted = is_granted, .is_pre = ask->is_pre};
    orr_raft_send(r, to, orr_raft_vote_new(r->common->pool, &m));
}

/* Is a leader so fresh in memory that nobody else should be elected?  (thesis 4.2.3) */
static bool in_lease(const struct orr_raft *r) {
    if (!r->config->check_quorum || r->leader == ORR_NOBODY) return false;
    return r->role == ORR_RAFT_LEADER || r->now - r->heard_at < r->config->election_timeout;
}

/* Section 5.4.1: "at least as up-to-date". */
static bool is_up_to_date(const struct orr_raft *r, const struct orr_raft_ask_vote *m) {
    uint64_t last = orr_raft_log_last(&r->log), term = orr_raft_log_term(&r->log, last);
    return m->last_term > term || (m->last_term == term && m->last_index >= last);
}

void orr_raft_recv_ask_vote(struct orr_raft *r, uint32_t from, const struct orr_raft_ask_vote *m) {
    if (m->term > r->term && in_lease(r) && !m->is_handed) return;
    if (m->term > r->term && !m->is_pre) orr_raft_follow(r, m->term, ORR_NOBODY);
    bool is_free = r->vote == from || (r->vote == ORR_NOBODY && r->leader == ORR_NOBODY) ||
                   (m->is_pre && m->term > r->term);
    if (m->term < r->term || !is_free || !is_up_to_date(r, m)) {
        answer(r, from, m, r->term, false);
        return;
    }
    if (!m->is_pre && r->vote != from) promise(r, r->term, from);
    if (!m->is_pre) orr_raft_wait(r);
    answer(r, from, m, m->term, true);
}

void orr_raft_recv_vote(struct orr_raft *r, uint32_t from, const struct orr_raft_vote *m) {
    bool is_pre_yes = m->is_pre && m->is_granted; /* tells of the term that there would be */
    bool is_news = m->change > r->commit && m->change <= orr_raft_log_last(&r->log);
    if (is_news && r->role != ORR_RAFT_LEADER) orr_raft_commit_to(r, m->change);
    if (m->term > r->term && !is_pre_yes) {
        orr_raft_follow(r, m->term, ORR_NOBODY);
        return;
    }
    bool is_mine = m->is_pre ? r->role == ORR_RAFT_PRECANDIDATE : r->role == ORR_RAFT_CANDIDATE;
    if (!is_mine || m->term != r->term + is_pre_yes || r->answers[from]) return;
    r->answers[from] = m->is_granted ? ORR_RAFT_YES : ORR_RAFT_NO;
    count(r);
}
