/* raft.c - the role `raft`: birth and death of a server, and who takes which event. */
#include "models/plain_tx.h"
#include "models/bft/raft/state.h"

enum { MAX_TX_BYTES = 64 << 20 }; /* all that are pending at a server */

/* Who has power votes, who has none learns. */
static void begin_members(struct orr_raft *r, struct orr_mem *mem) {
    orr_raft_members_init(&r->members, mem, r->n);
    orr_raft_members_init(&r->spare, mem, r->n);
    for (uint32_t i = 0; i < r->n; i++)
        r->members.part[i] = r->servers->stakes[i] ? ORR_RAFT_VOTER : ORR_RAFT_LEARNER;
}

static int init(void *node, const struct orr_env *env, const void *cfg) {
    struct orr_raft *r = node;
    struct orr_mem *mem = env->common->mem;
    r->common = env->common;
    r->config = cfg;
    r->servers = env->common->cohort;
    r->me = orr_rank(r->servers, env->self);
    r->n = r->servers->n;
    r->vote = r->leader = r->heir = ORR_NOBODY;
    r->answers = orr_alloc_zero(mem, r->n);
    r->match = orr_alloc_zero(mem, r->n * sizeof *r->match);
    r->scratch = orr_alloc_zero(mem, 2 * r->n * sizeof *r->scratch);
    r->peers = orr_alloc_zero(mem, r->n * sizeof *r->peers);
    begin_members(r, mem);
    orr_raft_log_init(&r->log, mem, env->common->pool, &r->members);
    orr_mempool_init(&r->pending, mem, env->common->pool, (uint32_t)r->config->pending_txs,
                     MAX_TX_BYTES);
    return 0;
}

static void fini(void *node) {
    struct orr_raft *r = node;
    struct orr_mem *mem = r->common->mem;
    orr_free(mem, r->answers, r->n);
    orr_free(mem, r->match, r->n * sizeof *r->match);
    orr_free(mem, r->scratch, 2 * r->n * sizeof *r->scratch);
    orr_free(mem, r->peers, r->n * sizeof *r->peers);
    orr_raft_members_fini(&r->members, mem);
    orr_raft_members_fini(&r->spare, mem);
    orr_raft_log_fini(&r->log);
    orr_mempool_fini(&r->pending);
}

/* ---- events ---- */

static int stored(struct orr_raft *r, const struct orr_event *event) {
    uint64_t term;
    uint32_t vote;
    int result = orr_raft_log_stored(&r->log, event, &term, &vote);
    if (result == 1 && (term > ORR_RAFT_MAX_TERM || (vote >= r->n && vote != ORR_NOBODY)))
        return ORR_ECORRUPT;
    if (result == 1) {
        r->term = term;
        r->vote = vote;
    }
    return result < 0 ? result : 0;
}

static void start(struct orr_raft *r) {
    orr_raft_log_restored(&r->log, r->out);
    r->commit = r->log.base;
    r->changes = true;
    r->timeout = r->config->election_timeout;
    r->role = ORR_RAFT_CANDIDATE; /* so that a role begins */
    orr_raft_follow(r, r->term, ORR_NOBODY);
}

/* "If RPC request or response contains term T > currentTerm: set currentTerm = T, convert to
 * follower", for what only the leader of the term takes. */
static void recv_appended(struct orr_raft *r, uint32_t from, const struct orr_raft_appended *m) {
    if (m->term > r->term) orr_raft_follow(r, m->term, ORR_NOBODY);
    else if (m->term == r->term && r->role == ORR_RAFT_LEADER) orr_raft_recv_appended(r, from, m);
}

static void receive(struct orr_raft *r, uint32_t from, struct orr_msg *m) {
    struct orr_raft_ask_vote ask;
    struct orr_raft_vote vote;
    struct orr_raft_append append;
    struct orr_raft_appended appended;
    struct orr_raft_snapshot snapshot;
    uint64_t term;
    bool is_server = from != ORR_NOBODY && from != r->me;
    snapshot.members = &r->spare;
    if (m->kind == ORR_RAFT_TX || m->kind == ORR_RAFT_CHANGE) orr_raft_recv_tx(r, m);
    else if (is_server && m->kind == ORR_RAFT_ASK_VOTE && orr_raft_ask_vote_read(m, &ask))
        orr_raft_recv_ask_vote(r, from, &ask);
    else if (is_server && m->kind == ORR_RAFT_VOTE && orr_raft_vote_read(m, &vote))
        orr_raft_recv_vote(r, from, &vote);
    else if (is_server && m->kind == ORR_RAFT_APPEND && orr_raft_append_read(m, &append))
        orr_raft_recv_append(r, from, &append);
    else if (is_server && m->kind == ORR_RAFT_APPENDED && orr_raft_appended_read(m, &appended))
        recv_appended(r, from, &appended);
    else if (is_server && m->kind == ORR_RAFT_SNAPSHOT && orr_raft_snapshot_read(m, &snapshot))
        orr_raft_recv_snapshot(r, from, &snapshot);
    else if (is_server && m->kind == ORR_RAFT_STAND && orr_raft_stand_read(m, &term))
        orr_raft_recv_stand(r, from, term);
    else orr_raft_drop(r);
}

static void written(struct orr_raft *r, uint32_t name) {
    orr_raft_log_written(&r->log);
    if (name == ORR_RAFT_PROMISE) orr_raft_promise_written(r);
    if (r->role != ORR_RAFT_LEADER || r->log.durable <= r->match[r->me]) return;
    r->match[r->me] = r->log.durable;
    orr_raft_advance(r);
}

static void timer(struct orr_raft *r, uint32_t key) {
    switch (key) {
    case ORR_RAFT_TIMER_ELECTION: orr_raft_election_timeout(r); break;
    case ORR_RAFT_TIMER_HEARTBEAT: orr_raft_heartbeat(r); break;
    case ORR_RAFT_TIMER_BATCH: orr_raft_flush(r); break;
    case ORR_RAFT_TIMER_RETRY: orr_raft_retry(r); break;
    case ORR_RAFT_TIMER_TRANSFER: orr_raft_transfer_timeout(r); break;
    default: assert(!"a timer that was never armed");
    }
}

int orr_raft_take(struct orr_raft *r, const struct orr_event *event, struct orr_outbox *out) {
    r->out = out;
    r->now = event->now;
    r->wall = event->wall;
    out->busy_ns += r->common->costs->step_ns;
    switch (event->kind) {
    case ORR_STORED: return stored(r, event);
    case ORR_START: start(r); break;
    case ORR_RECV:
        if (event->msg) receive(r, orr_rank(r->servers, event->peer), event->msg);
        else orr_raft_drop(r);
        break;
    case ORR_TIMER: timer(r, event->key); break;
    case ORR_INPUT:
        if (event->key == ORR_IN_TX && event->msg) orr_raft_submit(r, event->msg);
        break;
    case ORR_WRITTEN: written(r, event->key); break;
    case ORR_PEER_UP:
    case ORR_PEER_DOWN: break; /* who is there shows in answers */
    }
    return 0;
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    int result = orr_raft_take(node, event, out);
    if (event->kind != ORR_STORED) orr_raft_reconfigure(node);
    return result;
}

/* ---- for those who look on ---- */

static uint64_t digest(const void *node) {
    const struct orr_raft *r = node;
    uint64_t last = orr_raft_log_last(&r->log);
    uint64_t of[] = {r->term, r->vote, r->role, r->leader, r->commit, last, r->log.base};
    uint64_t hash = orr_hash64(r->n_dropped, of, sizeof of);
    hash = orr_hash64(hash, r->members.part, r->n);
    return orr_hash64(hash, orr_raft_log_chain(&r->log, last), 32);
}

static bool leads(const void *node) {
    return ((const struct orr_raft *)node)->role == ORR_RAFT_LEADER;
}

static bool place(const struct orr_msg *m, struct orr_progress *at) {
    bool is_tx = m->kind == ORR_RAFT_TX || m->kind == ORR_RAFT_CHANGE;
    if (is_tx || m->kind >= ORR_RAFT_N_KINDS || m->len < 8) return false;
    *at = (struct orr_progress){.round = (uint32_t)orr_load_le64(m->data)};
    if (m->kind != ORR_RAFT_VOTE && m->len >= 16) at->height = orr_load_le64(m->data + 8) + 1;
    return true;
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct orr_raft_config *c = cfg;
    (void)n;
    if (c->election_timeout_max < c->election_timeout)
        return "election_timeout_max is less than election_timeout";
    return c->heartbeat >= c->election_timeout
               ? "a heartbeat must come more often than election_timeout" : NULL;
}

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_RAFT_KINDS(KIND)
#undef KIND
    NULL,
};

/* With any power a server votes; with none it learns. */
static struct orr_msg *make_tx(void *state, const struct orr_common *common,
                               const struct orr_tx_order *order) {
    if (!order->is_power) return orr_plain_tx(state, common, order);
    uint32_t rank = orr_rank(common->cohort, order->of), size = ORR_RAFT_CHANGE_HEAD;
    assert(rank != ORR_NOBODY); /* whoever orders it names a member */
    size += ORR_RAFT_CHANGE_STEP;
    struct orr_msg *m = orr_msg_new(common->pool, ORR_RAFT_CHANGE, size);
    struct orr_writer w = orr_writer(m->data, size);
    orr_write_u32(&w, order->client);
    orr_write_u64(&w, order->number);
    orr_write_u8(&w, order->power ? ORR_RAFT_ADD_VOTER : ORR_RAFT_ADD_LEARNER);
    orr_write_u32(&w, rank);
    assert(!w.bad && w.p == w.end);
    return m;
}

static const char *const commit_rules[] = {"current-term", "count-any-term", NULL};
static const char *const config_changes[] = {"when-committed", "at-once", NULL};

#define KEY(name_, type_, fallback_, min_, max_, help_)                                     \
    {.name = #name_, .help = help_, .type = ORR_CONFIG_##type_,                             \
     .offset = offsetof(struct orr_raft_config, name_), .fallback = fallback_, .min = min_, \
     .max = max_}

#define FLAW(name_, help_, flaw_)                                                           \
    {.name = #name_, .help = help_, .type = ORR_CONFIG_BOOL, .flaw = flaw_,                 \
     .offset = offsetof(struct orr_raft_config, name_), .fallback = 1, .max = 1}

static const struct orr_config_key config_keys[] = {
    KEY(election_timeout, TIME, 150000000, 1000, 3600000000000,
        "the least time without a leader after which a server stands for election"),
    KEY(election_timeout_max, TIME, 300000000, 1000, 3600000000000,
        "the most; each server draws anew from between for each term"),
    KEY(heartbeat, TIME, 50000000, 1000, 3600000000000,
        "how often a leader shows that it is there"),
    KEY(batch, COUNT, 64, 1, 1 << 20, "entries in one message"),
    KEY(batch_interval, TIME, 0, 0, 60000000000,
        "how long a leader gathers transactions before it sends them"),
    KEY(pipeline, COUNT, 256, 1, 1 << 20, "entries on their way to a follower"),
    KEY(piggyback, BOOL, 0, 0, 1,
        "a new commit index goes with the next entry or heartbeat, not in a message of its own"),
    KEY(snapshot_interval, COUNT, 10000, 1, 1 << 30, "decisions after which the log is cut"),
    KEY(trailing, COUNT, 5000, 0, 1 << 30, "entries that are kept then, for servers that lag"),
    KEY(state_size, SIZE, 0, 0, 256 << 20, "bytes of state in a snapshot"),
    KEY(retry, TIME, 1000000000, 1000000, 3600000000000,
        "how often a server brings what is not committed before the leader again"),
    KEY(pending_txs, COUNT, 100000, 1, 10000000, "transactions of its clients that a server keeps"),
    FLAW(prevote, "sound out the others before a new term",
         "thesis 9.6: a server that was cut off unseats the leader when it is back"),
    FLAW(check_quorum,
         "a leader without a majority steps down, and who hears a leader elects nobody",
         "thesis 4.2.3, 6.2: under links that are cut in part leaders unseat each other for ever"),
    {.name = "commit_rule", .help = "whose entries a majority commits: those of the leader's term, "
     "or of any", .flaw = "ATC '14, figure 8: entries of earlier terms are overwritten",
     .type = ORR_CONFIG_ENUM, .offset = offsetof(struct orr_raft_config, commit_rule), .max = 1,
     .choices = commit_rules},
    {.name = "config_change", .help = "when a change of the members holds: one after the other is "
     "committed, or as soon as it is in a log, whatever else is", .type = ORR_CONFIG_ENUM, .max = 1,
     .flaw = "ATC '14, figure 10: majorities of the old and the new members decide on their own",
     .offset = offsetof(struct orr_raft_config, config_change), .choices = config_changes},
    KEY(joint, BOOL, 0, 0, 1, "changes of the members go through joint consensus (section 6)"),
    KEY(step_down, BOOL, 1, 0, 1, "a leader that has lost its vote steps down"),
    KEY(hand_over, BOOL, 0, 0, 1, "and hands leadership over before, to one that is up to date "
        "(thesis 3.10)"),
    {0},
};

const struct orr_protocol orr_raft = {
    .abi = ORR_ABI,
    .burst = 1,
    .name = "raft",
    .summary = "Raft (Ongaro, Ousterhout, ATC 2014) with PreVote and CheckQuorum; for crashes",
    .kinds = kinds,
    .config_size = sizeof(struct orr_raft_config),
    .config = config_keys,
    .node_size = sizeof(struct orr_raft),
    .n_timers = ORR_RAFT_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .digest = digest,
    .workload.make_tx = make_tx,
    .workload.sets_power = true,
    .workload.is_membership = true,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
    .fault.leads = leads,
    .fault.patience = 1u << ORR_RAFT_TIMER_ELECTION,
    .report.place = place,
};
