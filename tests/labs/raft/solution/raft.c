/* raft.c - Raft: an election, a log that is copied, and a restart that forgets nothing.
 *
 * Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", ATC '14, figure 2
 * and sections 5.2 to 5.4: the names are the paper's.  A majority of the servers must run;
 * messages are lost, doubled and overtake each other, servers crash and come back with what they
 * have written.
 *
 * Messages are fields of u64 little-endian:
 *     VOTE      term, last log index, last log term
 *     VOTED     term, 1 (granted) or 0
 *     APPEND    term, index and term of the entry before, leader's commit index,
 *               and behind it no entry (a heartbeat) or one: term, id
 *     APPENDED  term, 1 (success) or 0, and the last index that is known to be the leader's */
#include "models/base/bytes.h"
#include "models/output.h"
#include "models/plain_tx.h"

enum { VOTE, VOTED, APPEND, APPENDED };
static const char *const kinds[] = {"vote", "voted", "append", "appended", NULL};
enum { ELECTION, HEARTBEAT };                  /* timers */
enum { SERVERS_MOST = 9, LOG_MOST = 2048, WAITING_MOST = 512 };
enum { TERM_RECORD = 0 };                      /* durable: term, voted_for; entry i is record i */
static const orr_time MS = 1000000;

enum role { FOLLOWER, CANDIDATE, LEADER };

struct entry {
    uint64_t term, id; /* id: what a client handed in; 0: nothing (a new leader's first entry) */
};

struct raft_node {
    const struct orr_env *env;
    enum role role;
    /* persistent: written before any message that depends on it leaves */
    uint64_t term;
    orr_peer voted_for; /* in this term; ORR_NOBODY: nobody */
    struct entry log[LOG_MOST + 1]; /* 1 .. last */
    uint64_t last;
    /* volatile */
    uint64_t commit, applied;
    bool has_vote_of[SERVERS_MOST]; /* of a candidate */
    uint64_t next[SERVERS_MOST], match[SERVERS_MOST]; /* of a leader */
    uint64_t waiting[WAITING_MOST]; /* handed in by clients, not applied yet */
    uint32_t n_waiting;
};

static uint32_t n_servers(const struct raft_node *r) { return r->env->common->n_nodes; }
static uint32_t majority(const struct raft_node *r) { return n_servers(r) / 2 + 1; }

/* ---- messages and records, which are there already ---- */

/* A message of n numbers. */
static struct orr_msg *message(struct orr_outbox *out, uint16_t kind, uint32_t n,
                               const uint64_t *numbers) {
    struct orr_msg *m = orr_msg_new(out->pool, kind, 8 * n);
    for (uint32_t i = 0; i < n; i++) orr_store_le64(m->data + 8 * i, numbers[i]);
    return m;
}
static uint64_t number(const struct orr_msg *m, uint32_t i) {
    return orr_load_le64(m->data + 8 * i);
}

/* Writes term and vote. */
static void save_term(const struct raft_node *r, struct orr_outbox *out) {
    orr_write(out, TERM_RECORD, message(out, 0, 2, (uint64_t[]){r->term, r->voted_for}));
}
/* Writes an entry of the log. */
static void save_entry(const struct raft_node *r, uint64_t index, struct orr_outbox *out) {
    const struct entry *e = &r->log[index];
    orr_write(out, (uint32_t)index, message(out, 0, 2, (uint64_t[]){e->term, e->id}));
}
/* Takes the record of an entry away. */
static void erase_entry(uint64_t index, struct orr_outbox *out) {
    orr_write(out, (uint32_t)index, NULL);
}

/* A time to wait for, drawn anew each time (section 5.2). */
static void arm_election(struct orr_outbox *out, orr_time now) {
    orr_arm(out, ELECTION, now + 200 * MS + (orr_time)orr_rng_below(out->rng, 200 * 1000000));
}

/* ---- elections: sections 5.2, 5.4.1 ---- */

/* A message of a higher term was seen: the node follows, in that term, and has not voted in it. */
static void enter_term(struct raft_node *r, uint64_t term, struct orr_outbox *out) {
    r->term = term;
    r->voted_for = ORR_NOBODY;
    r->role = FOLLOWER;
    orr_arm(out, HEARTBEAT, ORR_NEVER);
    save_term(r, out);
}

/* Nothing was heard of a leader for the time of an election. */
static void begin_election(struct raft_node *r, orr_time now, struct orr_outbox *out) {
    /* A new term, the own vote, VOTE to all others. */
    if (r->role == LEADER) return;
    r->role = CANDIDATE;
    r->term++;
    r->voted_for = r->env->self;
    memset(r->has_vote_of, 0, sizeof r->has_vote_of);
    r->has_vote_of[r->env->self] = true;
    save_term(r, out);
    orr_cast(out, ORR_NOBODY,
             message(out, VOTE, 3, (uint64_t[]){r->term, r->last, r->log[r->last].term}));
    arm_election(out, now);
}

/* VOTE came: may this candidate have the vote? */
static void hear_vote(struct raft_node *r, orr_peer from, const struct orr_msg *m, orr_time now,
                      struct orr_outbox *out) {
    /* Granted: the candidate's term is this one, nobody else has the vote, and its log is at least
     * as up to date as ours: by the last entry's term, then by the length. */
    bool granted = false;
    uint64_t last_term = r->log[r->last].term;
    bool is_fresh = number(m, 2) > last_term ||
                    (number(m, 2) == last_term && number(m, 1) >= r->last);
    bool is_free = r->voted_for == ORR_NOBODY || r->voted_for == from;
    granted = number(m, 0) == r->term && is_free && is_fresh;
    if (granted) {
        r->voted_for = from;
        save_term(r, out);
        arm_election(out, now);
    }
    orr_send(out, from, message(out, VOTED, 2, (uint64_t[]){r->term, granted}));
}

static void lead(struct raft_node *r, orr_time now, struct orr_outbox *out);

/* VOTED came. */
static void hear_voted(struct raft_node *r, orr_peer from, const struct orr_msg *m, orr_time now,
                       struct orr_outbox *out) {
    /* With a majority of votes of this term, lead(r, now, out). */
    if (r->role != CANDIDATE || number(m, 0) != r->term || !number(m, 1)) return;
    r->has_vote_of[from] = true;
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_servers(r); i++) n += r->has_vote_of[i];
    if (n >= majority(r)) lead(r, now, out);
}

/* ---- the log: section 5.3 ---- */

/* Entries up to the commit index are decided, each once, in order; there already. */
static void apply(struct raft_node *r, struct orr_outbox *out) {
    while (r->applied < r->commit) {
        const struct entry *e = &r->log[++r->applied];
        uint8_t value[32] = {0};
        orr_store_le64(value, r->applied);
        orr_store_le64(value + 8, e->term);
        orr_store_le64(value + 16, e->id);
        orr_decide(out, .height = r->applied, .value = value, .round = (uint32_t)e->term,
                   .txs = &e->id, .n_txs = e->id != 0);
        for (uint32_t i = 0; i < r->n_waiting; i++)
            if (r->waiting[i] == e->id) r->waiting[i--] = r->waiting[--r->n_waiting];
    }
}

/* APPEND to one follower: the entry that it lacks next, or none. */
static void send_append(const struct raft_node *r, orr_peer to, struct orr_outbox *out) {
    uint64_t next = r->next[to], before = next - 1;
    bool has_entry = next <= r->last;
    uint64_t numbers[6] = {r->term, before, r->log[before].term, r->commit};
    if (has_entry) numbers[4] = r->log[next].term, numbers[5] = r->log[next].id;
    orr_send(out, to, message(out, APPEND, has_entry ? 6 : 4, numbers));
}

static void send_all(const struct raft_node *r, struct orr_outbox *out) {
    for (orr_peer p = 0; p < n_servers(r); p++)
        if (p != r->env->self) send_append(r, p, out);
}

/* Appends an entry of this term to the own log; there already. */
static void append_own(struct raft_node *r, uint64_t id, struct orr_outbox *out) {
    for (uint64_t i = 1; id && i <= r->last; i++)
        if (r->log[i].id == id) return;
    if (r->last == LOG_MOST) return;
    r->log[++r->last] = (struct entry){r->term, id};
    save_entry(r, r->last, out);
    r->match[r->env->self] = r->last;
}

/* What clients handed in while nobody led: a few at a time, because each is written, and what a
 * leader sends waits for the disk.  There already. */
static void append_waiting(struct raft_node *r, struct orr_outbox *out) {
    uint64_t most = r->last + 4;
    for (uint32_t i = 0; i < r->n_waiting && r->last < most; i++)
        append_own(r, r->waiting[i], out);
}

/* A majority has voted for this node: it tells the others at once, and every 50 ms. */
static void lead(struct raft_node *r, orr_time now, struct orr_outbox *out) {
    r->role = LEADER;
    orr_metric(out, "leader", (int64_t)r->term, "");
    orr_arm(out, ELECTION, ORR_NEVER);
    orr_arm(out, HEARTBEAT, now + 50 * MS);
    append_own(r, 0, out);
    /* What does a new leader believe of each follower (next, match)? */
    for (orr_peer p = 0; p < n_servers(r); p++) {
        if (p == r->env->self) continue;
        r->next[p] = r->last + 1;
        r->match[p] = 0;
    }
    r->match[r->env->self] = r->last;
    send_all(r, out);
}

/* Of a leader: what a majority has is committed, if it is of this term (section 5.4.2). */
static void advance(struct raft_node *r, struct orr_outbox *out) {
    for (uint64_t index = r->last; index > r->commit && r->log[index].term == r->term; index--) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < n_servers(r); i++) n += r->match[i] >= index;
        if (n < majority(r)) continue;
        r->commit = index;
        break;
    }
    apply(r, out);
}

/* Puts an entry of the leader's at its place; what stands there and contradicts it goes, with all
 * behind it. */
static void take_entry(struct raft_node *r, uint64_t index, struct entry e,
                       struct orr_outbox *out) {
    if (index > LOG_MOST) return;
    if (index <= r->last && r->log[index].term == e.term) return;
    for (; r->last >= index; r->last--) erase_entry(r->last, out);
    r->log[index] = e;
    r->last = index;
    save_entry(r, index, out);
}

/* APPEND came. */
static void hear_append(struct raft_node *r, orr_peer from, const struct orr_msg *m, orr_time now,
                        struct orr_outbox *out) {
    uint64_t term = number(m, 0), before = number(m, 1), before_term = number(m, 2),
             commit = number(m, 3);
    bool has_entry = m->len == 8 * 6, success = false;
    uint64_t known = 0; /* up to there the log is the leader's */
    /* Of an older term: refuse.  Else its sender leads: follow it.  Success if the entry before is
     * there, with that term; then take the entry, if there is one, and commit what the leader has
     * committed, as far as the log is known to be the leader's. */
    if (term == r->term) {
        r->role = FOLLOWER;
        arm_election(out, now);
        success = before <= r->last && r->log[before].term == before_term;
    }
    if (success) {
        known = before;
        if (has_entry) {
            take_entry(r, before + 1, (struct entry){number(m, 4), number(m, 5)}, out);
            if (before + 1 <= r->last) known++;
        }
        uint64_t to = commit < known ? commit : known;
        if (to > r->commit) r->commit = to;
    }
    uint64_t numbers[] = {r->term, success, success ? known : r->last};
    orr_send(out, from, message(out, APPENDED, 3, numbers));
    apply(r, out);
}

/* APPENDED came. */
static void hear_appended(struct raft_node *r, orr_peer from, const struct orr_msg *m,
                          struct orr_outbox *out) {
    uint64_t term = number(m, 0), success = number(m, 1), known = number(m, 2);
    /* Only a leader listens, and only to its own term.  Success: the follower has what it says, and
     * gets the next entry.  Else: try an earlier one, but none earlier than what it has. */
    if (r->role != LEADER || term != r->term) return;
    if (success) {
        if (known > r->match[from]) r->match[from] = known;
        if (r->match[from] >= r->next[from]) {
            r->next[from] = r->match[from] + 1;
            if (r->next[from] <= r->last) send_append(r, from, out);
        }
        advance(r, out);
    } else if (r->next[from] > r->match[from] + 1) {
        r->next[from] = known + 1 < r->next[from] ? known + 1 : r->next[from] - 1;
        if (r->next[from] <= r->match[from]) r->next[from] = r->match[from] + 1;
        send_append(r, from, out);
    }
}

/* A client hands something in, to every server: a leader appends it, the others keep it in mind. */
static void hear_client(struct raft_node *r, uint64_t id, struct orr_outbox *out) {
    for (uint64_t i = 1; i <= r->applied; i++)
        if (r->log[i].id == id) return;
    if (r->n_waiting < WAITING_MOST) r->waiting[r->n_waiting++] = id;
    if (r->role != LEADER) return;
    append_own(r, id, out);
    send_all(r, out);
}

/* ---- the restart: what was written comes back, one record after the other ---- */

static void restore(struct raft_node *r, uint32_t name, const struct orr_msg *m) {
    if (!m || m->len != 16 || name > LOG_MOST) return;
    if (name == TERM_RECORD) {
        r->term = number(m, 0);
        r->voted_for = (orr_peer)number(m, 1);
    } else {
        r->log[name] = (struct entry){number(m, 0), number(m, 1)};
        if (name > r->last) r->last = name;
    }
}

/* ---- what happens ---- */

static int raft_init(void *state, const struct orr_env *env, const void *cfg) {
    struct raft_node *r = state;
    (void)cfg;
    r->env = env;
    r->voted_for = ORR_NOBODY;
    return env->common->n_nodes <= SERVERS_MOST ? 0 : ORR_ELIMIT;
}

/* A message of another length than its kind has is nobody's. */
static bool is_whole(const struct orr_msg *m) {
    static const uint32_t sizes[] = {[VOTE] = 24, [VOTED] = 16, [APPEND] = 32, [APPENDED] = 24};
    if (!m || m->kind > APPENDED) return false;
    return m->len == sizes[m->kind] || (m->kind == APPEND && m->len == 48);
}

static void receive(struct raft_node *r, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_msg *m = event->msg;
    if (!is_whole(m)) {
        orr_reject(out);
        return;
    }
    if (number(m, 0) > r->term) {
        enter_term(r, number(m, 0), out);
        arm_election(out, event->now);
    }
    switch (m->kind) {
    case VOTE: hear_vote(r, event->peer, m, event->now, out); break;
    case VOTED: hear_voted(r, event->peer, m, event->now, out); break;
    case APPEND: hear_append(r, event->peer, m, event->now, out); break;
    case APPENDED: hear_appended(r, event->peer, m, out); break;
    }
}

static int raft_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct raft_node *r = state;
    switch (event->kind) {
    case ORR_STORED: restore(r, event->key, event->msg); break;
    case ORR_START: arm_election(out, event->now); break;
    case ORR_RECV: receive(r, event, out); break;
    case ORR_INPUT: hear_client(r, orr_msg_hash(event->msg), out); break;
    case ORR_TIMER:
        if (event->key == ELECTION) begin_election(r, event->now, out);
        if (event->key != HEARTBEAT || r->role != LEADER) break;
        send_all(r, out);
        append_waiting(r, out);
        orr_arm(out, HEARTBEAT, event->now + 50 * MS);
        break;
    default: break;
    }
    return 0;
}

const struct orr_protocol orr_lab_raft = {
    .abi = ORR_ABI,
    .name = "raft-lab",
    .summary = "Raft, as a student writes it",
    .kinds = kinds,
    .node_size = sizeof(struct raft_node),
    .n_timers = 2,
    .init = raft_init,
    .step = raft_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
