/* dag.c - the roles of the graph: birth, one event after the other, what each may be told. */
#include "models/bft/dag/state.h"
#include "models/plain_tx.h"

#define SECOND 1000000000ull
enum { DECIDED_TXS = 1 << 14 }; /* of its own that a node does not take in again */

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    (void)cfg;
    return orr_validator_set_new(cohort, mem);
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    const struct orr_validator_set *set = common->shared;
    switch (m->kind) {
    case ORR_DAG_VERTEX: orr_vertex_decode(m, set, common->pool, common->memo); break;
    case ORR_DAG_VOTE: orr_ballot_decode(m, set, common->pool, common->memo); break;
    default: break; /* read where they are received */
    }
}

/* Room for what is kept below the last leader and for what may come ahead of it. */
static uint64_t window_of(const struct orr_dag_config *config) {
    uint64_t window = 64;
    while (window < config->retain + 2 * DAG_AHEAD_ROUNDS) window *= 2;
    return window;
}

static void set_up(struct dag_node *g) {
    struct orr_mem *mem = g->common->mem;
    struct orr_pool *pool = g->common->pool;
    uint32_t n = g->set->n;
    orr_dag_init(&g->dag, mem, pool, g->set, window_of(g->config));
    g->voted = orr_alloc_zero(mem, n * sizeof *g->voted);
    g->seen = orr_alloc(mem, orr_bitset_words(n) * sizeof *g->seen);
    orr_tally_store_init(&g->tallies, mem, pool, g->set, ORR_BALLOT_BYTES);
    orr_vote_set_init(&g->votes, &g->tallies, g->seen);
    orr_mempool_init(&g->mempool, mem, pool, (uint32_t)g->config->mempool_txs, UINT64_MAX);
    orr_set_init(&g->pending, mem, 0);
    orr_dag_txs_init(&g->ordered_txs, mem);
    orr_set_init(&g->decided_txs.young, mem, 0); /* orr_recent_init takes room for all at once */
    orr_set_init(&g->decided_txs.old, mem, 0);
    g->decided_txs.limit = DECIDED_TXS;
    orr_wal_init(&g->wal, mem, pool);
    g->ahead = ORR_NOBODY;
    g->next_round = g->carried_from = 1;
}

static int init(void *node, const struct orr_env *env, const void *cfg,
                struct orr_dag_rules rules) {
    struct dag_node *g = node;
    g->env = env;
    g->common = env->common;
    g->config = cfg;
    g->rules = rules;
    g->set = env->common->shared;
    if (!orr_validator_set_is_sound(g->set)) return ORR_EINVAL;
    g->me = orr_validator_of(g->set, env->self);
    if (g->me == ORR_NOBODY) return ORR_EINVAL;
    for (uint32_t i = 0; i < g->set->n; i++) /* it would decide without end in no time */
        if (g->set->powers[i] >= g->set->quorum_power) return ORR_EINVAL;
    set_up(g);
    return 0;
}

static void fini(void *node) {
    struct dag_node *g = node;
    if (!g->voted) return; /* init refused */
    struct orr_mem *mem = g->common->mem;
    orr_vote_set_clear(&g->votes, &g->tallies);
    orr_tally_store_fini(&g->tallies);
    orr_free(mem, g->voted, g->set->n * sizeof *g->voted);
    orr_free(mem, g->seen, orr_bitset_words(g->set->n) * sizeof *g->seen);
    orr_free(mem, g->earlier, g->earlier_cap * sizeof *g->earlier);
    if (g->answers.peers) orr_sync_fini(&g->answers);
    orr_mempool_fini(&g->mempool);
    orr_set_fini(&g->pending);
    orr_recent_fini(&g->decided_txs);
    orr_dag_txs_fini(&g->ordered_txs);
    orr_wal_fini(&g->wal);
    orr_dag_fini(&g->dag);
    g->voted = NULL;
}

/* ---- events ---- */

static void recv_tx(struct dag_node *g, struct orr_msg *m) {
    g->out->busy_ns += dag_costs(g)->tx_check_ns;
    if (!orr_recent_has(&g->decided_txs, orr_msg_hash(m)))
        orr_mempool_add(&g->mempool, m, 0, g->n_decided);
}

static void receive(struct dag_node *g, struct orr_msg *m, orr_peer from) {
    switch (m->kind) {
    case ORR_DAG_VERTEX: orr_dag_recv_vertex(g, m, from); break;
    case ORR_DAG_VOTE:
        if (g->rules.is_certified) orr_dag_recv_vote(g, m);
        else orr_dag_drop(g);
        break;
    case ORR_DAG_CERT: orr_dag_recv_cert(g, m, from); break;
    case ORR_DAG_ASK: orr_dag_recv_ask(g, m, from); break;
    default: orr_dag_drop(g);
    }
}

/* What follows from what is there. */
static void go_on(struct dag_node *g) {
    uint64_t round;
    do { /* ends: no node's own vertex is a quorum */
        round = g->round;
        orr_dag_settle_waiting(g);
        orr_dag_apply_rules(g);
        orr_dag_try_propose(g);
    } while (round != g->round);
}

static int start(struct dag_node *g) {
    int error = orr_dag_restore(g);
    if (error) return error;
    orr_arm(g->out, DAG_TIMER_RETRY, g->now + g->config->retry);
    orr_enter_view(g->out, g->round, ORR_VIEW_START);
    return 0;
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct dag_node *g = node;
    int error = 0;
    g->out = out;
    g->now = event->now;
    g->wall = event->wall;
    switch (event->kind) {
    case ORR_STORED: return orr_wal_stored(&g->wal, event);
    case ORR_START: error = start(g); break;
    case ORR_RECV:
        if (event->msg) receive(g, event->msg, event->peer);
        else orr_dag_drop(g);
        break;
    case ORR_TIMER:
        if (event->key == DAG_TIMER_RETRY) orr_dag_retry_timer(g);
        else g->round_is_armed = false;
        break;
    case ORR_INPUT:
        if (event->key == ORR_IN_TX && event->msg) recv_tx(g, event->msg);
        break;
    default: break;
    }
    if (!error) go_on(g);
    return error;
}

/* ---- what may be told ---- */

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_DAG_KINDS(KIND)
#undef KIND
    NULL,
};
static const char *const forms[] = {"list", "aggregate", NULL};
static const char *const supports[] = {"paper", "one", NULL};

#define AT(member) .offset = offsetof(struct orr_dag_config, member)
#define COMMON_KEYS(delay_)                                                                      \
    {.name = "header_delay", .type = ORR_CONFIG_TIME, .fallback = delay_, .max = 3600 * SECOND,  \
     AT(header_delay), .help = "after its last vertex a node proposes the next one, however "    \
                               "little waits for it"},                                           \
    {.name = "header_size", .type = ORR_CONFIG_SIZE, .fallback = 500000, .max = 1 << 28,         \
     AT(header_size), .help = "bytes of transactions with which it does not wait"},              \
    {.name = "retry", .type = ORR_CONFIG_TIME, .fallback = SECOND / 10, .min = 1000,             \
     .max = 3600 * SECOND, AT(retry),                                                            \
     .help = "how often what is missing is asked for, and said again while nothing moves"},      \
    {.name = "batch_txs", .type = ORR_CONFIG_COUNT, .fallback = 20000, .max = 100000,            \
     AT(batch_txs), .help = "transactions in a vertex at most"},                                 \
    {.name = "batch_size", .type = ORR_CONFIG_SIZE, .fallback = 16 << 20, .max = 1 << 28,        \
     AT(batch_size), .help = "bytes of transactions in a vertex at most"},                       \
    {.name = "mempool_txs", .type = ORR_CONFIG_COUNT, .fallback = 50000, .max = 10000000,        \
     AT(mempool_txs), .help = "transactions that a mempool holds"},                              \
    {.name = "gc_depth", .type = ORR_CONFIG_COUNT, .fallback = 50, .min = 4, .max = 10000,       \
     AT(gc_depth), .help = "rounds below a decided leader beyond which it orders nothing"},      \
    {.name = "retain", .type = ORR_CONFIG_COUNT, .fallback = 384, .min = 4, .max = 100000,       \
     AT(retain), .help = "rounds below the last decided leader that are kept, for those who "    \
                         "catch up"},                                                            \
    {.name = "support", .type = ORR_CONFIG_ENUM, .max = 1, .choices = supports, AT(support_one), \
     .flaw = "later leaders need not stand on what one vertex speaks for: nodes decide "         \
             "different orders (arXiv 2105.11827, lemma 1; 2310.14821, lemma 5)",                \
     .help = "vertices that decide a leader: as the paper has it, or one"}
#define LEADER_KEY                                                                               \
    {.name = "leader_timeout", .type = ORR_CONFIG_TIME, .fallback = SECOND, .min = 1000,         \
     .max = 3600 * SECOND, AT(leader_timeout),                                                   \
     .help = "how long a node that has a quorum waits for the leader's vertex, or votes for it"}
#define QC_KEY                                                                                   \
    {.name = "qc", .type = ORR_CONFIG_ENUM, .max = 1, .choices = forms, AT(qc),                  \
     .help = "a certificate's signatures: a list of them, or 48 bytes for all (BLS, modelled)"}

static const struct orr_config_key tusk_keys[] = {COMMON_KEYS(SECOND / 5), QC_KEY, {0}};
static const struct orr_config_key bullshark_keys[] = {COMMON_KEYS(SECOND / 5), QC_KEY, LEADER_KEY,
                                                       {0}};
static const struct orr_config_key mysticeti_keys[] = {
    COMMON_KEYS(0),
    LEADER_KEY,
    {.name = "leaders", .type = ORR_CONFIG_COUNT, .fallback = 2, .min = 1, .max = ORR_DAG_LEADERS,
     AT(leaders), .help = "leaders of a round"},
    {0},
};

static int init_tusk(void *node, const struct orr_env *env, const void *cfg) {
    return init(node, env, cfg, (struct orr_dag_rules){RULE_TUSK, true});
}
static int init_bullshark(void *node, const struct orr_env *env, const void *cfg) {
    return init(node, env, cfg, (struct orr_dag_rules){RULE_BULLSHARK, true});
}
static int init_mysticeti(void *node, const struct orr_env *env, const void *cfg) {
    return init(node, env, cfg, (struct orr_dag_rules){RULE_MYSTICETI, false});
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct orr_dag_config *config = cfg;
    if (n < 2) return "a node alone would decide without end";
    if (config->leaders > n) return "a round has more leaders than there are nodes";
    return config->retain < config->gc_depth ? "retain is below gc_depth" : NULL;
}

#define ROLE(name_, summary_, keys, init_)                                                       \
    {.abi = ORR_ABI, .name = name_, .summary = summary_, .kinds = kinds, .burst = 3,             \
     .config_size = sizeof(struct orr_dag_config), .config = keys,                               \
     .node_size = sizeof(struct dag_node), .n_timers = DAG_N_TIMERS, .transport = ORR_STREAM, \
     .init = init_, .step = step, .fini = fini, .decode = decode, .digest = orr_dag_digest,      \
     .genesis.share = share, .genesis.refuses = refuses, .workload.make_tx = orr_plain_tx,       \
     .workload.least_size = ORR_PLAIN_TX_BYTES, .fault.leads = orr_dag_leads,                    \
     .fault.forge = orr_dag_forge, .fault.fields = orr_dag_fields, .fault.sign = orr_dag_sign,   \
     .fault.patience = 1u << DAG_TIMER_ROUND, .report.place = orr_dag_place,                     \
     .report.statement = orr_dag_statement, .report.stand = orr_dag_stand}

const struct orr_protocol orr_tusk =
    ROLE("tusk", "Tusk on Narwhal's graph: leaders by a coin (arXiv 2105.11827)", tusk_keys,
         init_tusk);
const struct orr_protocol orr_bullshark =
    ROLE("bullshark", "Bullshark on Narwhal's graph: leaders in turn (arXiv 2201.05677)",
         bullshark_keys, init_bullshark);
const struct orr_protocol orr_mysticeti =
    ROLE("mysticeti", "Mysticeti-C: a graph without certificates, 3 links (arXiv 2310.14821)",
         mysticeti_keys, init_mysticeti);
