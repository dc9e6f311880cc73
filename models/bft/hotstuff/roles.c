/* roles.c - the members of the family: what each is called, may be told, and does otherwise. */
#include "models/bft/hotstuff/state.h"
#include "models/plain_tx.h"

#define SECOND 1000000000ull

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_HOTSTUFF_KINDS(KIND)
#undef KIND
    NULL,
};
static const char *const growths[] = {
#define GROWTH(name, text) text,
    ORR_PACEMAKER_GROWTHS(GROWTH)
#undef GROWTH
    NULL,
};
static const char *const leaders[] = {
#define SCHEDULE(name, text) text,
    ORR_LEADER_SCHEDULES(SCHEDULE)
#undef SCHEDULE
    NULL,
};
static const char *const forms[] = {"list", "aggregate", NULL};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const refuse_accept[] = {"refuse", "accept", NULL};
static const char *const commit_rules[] = {"consecutive", "any-two-chain", NULL};

static const char *const bugs[] = {
#define BUG(name, text) text,
    ORR_HOTSTUFF_BUGS(BUG)
#undef BUG
    NULL,
};

#define AT(member) .offset = offsetof(struct orr_hs_config, member)
#define TIMEOUT_KEYS                                                                             \
    {.name = "timeout", .type = ORR_CONFIG_TIME, .fallback = SECOND, .min = 1000,                \
     .max = 3600 * SECOND, AT(timeout), .help = "how long a view after a QC waits for the next"},\
    {.name = "timeout_growth", .type = ORR_CONFIG_ENUM, .fallback = ORR_GROWTH_DOUBLE,           \
     .max = ORR_N_GROWTHS - 1, .choices = growths, AT(growth),                                   \
     .help = "how the timeout grows with each view in a row that ends without a QC"},            \
    {.name = "timeout_max", .type = ORR_CONFIG_TIME, .fallback = 60 * SECOND, .min = 1000,       \
     .max = 3600 * SECOND, AT(timeout_max), .help = "beyond which it does not grow"}
#define COMMON_KEYS(leader_views_)                                                               \
    {.name = "leader_views", .type = ORR_CONFIG_COUNT, .fallback = leader_views_, .min = 1,      \
     .max = 1000000, AT(leader_views), .help = "views that a leader leads in a row"},            \
    {.name = "leader", .type = ORR_CONFIG_ENUM, .max = ORR_N_LEADERS - 1, .choices = leaders,    \
     AT(leader), .help = "who leads a view: in turn, always the first node, drawn by a hash "    \
                         "of the view, or drawn by stake"},                                      \
    {.name = "leaders", .type = ORR_CONFIG_LIST, .max = 1000000, AT(leaders),                    \
     .help = "who leads views 1, 2, and so on, by number, over and over, in place of `leader`"}, \
    {.name = "qc", .type = ORR_CONFIG_ENUM, .max = 1, .choices = forms, AT(qc),                  \
     .help = "a QC's signatures: a list of them, or 48 bytes for all (BLS, modelled)"},          \
    {.name = "batch_txs", .type = ORR_CONFIG_COUNT, .fallback = 400, .max = 100000,              \
     AT(batch_txs), .help = "transactions in a block at most"},                                  \
    {.name = "batch_size", .type = ORR_CONFIG_SIZE, .fallback = 1 << 20, .max = 1 << 28,         \
     AT(batch_size), .help = "bytes of transactions in a block at most"},                        \
    {.name = "mempool_txs", .type = ORR_CONFIG_COUNT, .fallback = 50000, .max = 10000000,        \
     AT(mempool_txs), .help = "transactions that a mempool holds"},                              \
    {.name = "retain_blocks", .type = ORR_CONFIG_COUNT, .max = (uint64_t)1 << 40,                \
     AT(retain_blocks),                                                                          \
     .help = "the last so many blocks are kept, up to twice as many; earlier ones give way to a " \
             "snapshot, from which late joiners begin; 0: all are kept"},                        \
    {.name = "bug", .type = ORR_CONFIG_ENUM, .choices = bugs,                                    \
     .max = sizeof bugs / sizeof bugs[0] - 2, AT(bug), .flaw = "seeded, to see what finds it",   \
     .help = "a mistake that implementations have made"}

#define LOCK_KEYS                                                                                \
    {.name = "phases", .type = ORR_CONFIG_COUNT, .fallback = 3, .min = 2, .max = 3, AT(phases),   \
     .flaw = "arXiv 1803.05069, 4.4: with 2 a hidden lock stops it",                              \
     .help = "QCs on top of each other that decide a block"},                                     \
    {.name = "lock", .type = ORR_CONFIG_ENUM, .max = 1, .choices = on_off, AT(lock_off),          \
     .flaw = "nobody is locked, so quorums of two views may contradict",                          \
     .help = "vote against nothing that a block with two QCs forbids"},                           \
    {.name = "old_justify", .type = ORR_CONFIG_ENUM, .max = 1, .choices = refuse_accept,          \
     AT(old_justify_accept),                                                                      \
     .flaw = "arXiv 2010.06785: a leader that shows an outdated QC is believed",                  \
     .help = "a proposal off the lock whose QC is older than the lock"}
static const struct orr_config_key hotstuff_keys[] = {COMMON_KEYS(4), TIMEOUT_KEYS, LOCK_KEYS,
                                                      {0}};
static const struct orr_config_key basic_keys[] = {COMMON_KEYS(1), TIMEOUT_KEYS, LOCK_KEYS, {0}};
static const struct orr_config_key hotstuff2_keys[] = {
    COMMON_KEYS(1),
    TIMEOUT_KEYS,
    {.name = "delta", .type = ORR_CONFIG_TIME, .fallback = SECOND / 4, .min = 1000,
     .max = 3600 * SECOND, AT(delta),
     .help = "the bound on a message's delay once the network is good; a leader without a QC of "
             "the view before waits twice that"},
    {.name = "wait", .type = ORR_CONFIG_ENUM, .max = 1, .choices = on_off, AT(wait_off),
     .flaw = "eprint 2023/397: a leader that does not wait may miss a hidden lock",
     .help = "wait for every correct node's QC before a proposal on an older one"},
    {0},
};
static const struct orr_config_key jolteon_keys[] = {COMMON_KEYS(1), TIMEOUT_KEYS, {0}};
static const struct orr_config_key fast_keys[] = {
    COMMON_KEYS(1),
    TIMEOUT_KEYS,
    {.name = "commit_rule", .type = ORR_CONFIG_ENUM, .max = 1, .choices = commit_rules,
     AT(any_two_chain),
     .flaw = "asonnino/twins-simulator, fhs_twins.json: siblings are decided",
     .help = "two blocks with QCs decide the first if their views follow each other, or always"},
    {0},
};

static const char *const lengths[] = {"by-height", "by-epoch", NULL};
static const struct orr_config_key streamlet_keys[] = {
    COMMON_KEYS(1),
    {.name = "epoch", .type = ORR_CONFIG_TIME, .fallback = SECOND / 2, .min = 1000,
     .max = 3600 * SECOND, AT(epoch),
     .help = "length of an epoch: twice the bound on a message's delay"},
    {.name = "longest", .type = ORR_CONFIG_ENUM, .max = 1, .choices = lengths,
     AT(longest_by_epoch),
     .flaw = "eprint 2020/088, figure 1: the latest chain may be shorter than a decided one",
     .help = "which notarized chain counts as the longest"},
    {0},
};

/* Three QCs in a row; locked on the second (algorithm 4). */
static const struct orr_hs_rules hotstuff_rules = {.chain = 3, .vote = VOTE_BY_LOCK};
static const struct orr_hs_rules basic_rules = {.chain = 3, .vote = VOTE_BY_LOCK,
                                                .is_basic = true};
static const struct orr_hs_rules hotstuff2_rules = {.chain = 2, .vote = VOTE_BY_RANK,
                                                    .waits = true};
static const struct orr_hs_rules streamlet_rules = {.chain = 3, .vote = VOTE_BY_LENGTH,
                                                    .is_clocked = true};
static const struct orr_hs_rules tc_rules = {.chain = 2, .vote = VOTE_BY_TC};

static int init_hotstuff(void *node, const struct orr_env *env, const void *cfg) {
    return orr_hs_init(node, env, cfg, &hotstuff_rules);
}
static int init_basic(void *node, const struct orr_env *env, const void *cfg) {
    return orr_hs_init(node, env, cfg, &basic_rules);
}
static int init_hotstuff2(void *node, const struct orr_env *env, const void *cfg) {
    return orr_hs_init(node, env, cfg, &hotstuff2_rules);
}
static int init_with_tc(void *node, const struct orr_env *env, const void *cfg) {
    return orr_hs_init(node, env, cfg, &tc_rules);
}

static int init_streamlet(void *node, const struct orr_env *env, const void *cfg) {
    return orr_hs_init(node, env, cfg, &streamlet_rules);
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct orr_hs_config *config = cfg;
    if (n < 2) return "a node alone would decide without end";
    if (config->delta && 2 * config->delta >= config->timeout)
        return "a leader that waits 2 delta needs a longer timeout";
    for (uint64_t i = 0; i < config->leaders.n; i++)
        if (config->leaders.v[i] >= n) return "leaders names a node that there is not";
    if (config->leaders.n && config->leader_views > 1)
        return "each view has a leader of its own in leaders: that needs leader_views: 1";
    return config->timeout_max < config->timeout ? "timeout_max is below timeout" : NULL;
}

#define ROLE(name_, summary_, keys, init_, ...)                                                   \
    {.abi = ORR_ABI, .name = name_, .summary = summary_, .kinds = kinds, .burst = 1,           \
     .config_size = sizeof(struct orr_hs_config), .config = keys,                              \
     .node_size = sizeof(struct orr_hs), .n_timers = N_TIMERS, .transport = ORR_STREAM,        \
     .init = init_, .step = orr_hs_step, .fini = orr_hs_fini, .decode = orr_hs_decode,         \
     .digest = orr_hs_digest, .genesis.share = orr_hs_share, .genesis.refuses = refuses,       \
     .workload.make_tx = orr_plain_tx, .workload.least_size = ORR_PLAIN_TX_BYTES,              \
     .fault.leads = orr_hs_leads, .fault.forge = orr_hs_forge, .report.place = orr_hs_place,   \
     .report.statement = orr_hs_statement, .report.stand = orr_hs_stand,                       \
     .fault.fields = orr_hs_fields, .fault.sign = orr_hs_sign,                                 \
     .fault.patience = 1u << TIMER_VIEW, __VA_ARGS__}

const struct orr_protocol orr_hotstuff =
    ROLE("hotstuff", "HotStuff, chained: three phases, 7 links (arXiv 1803.05069)",
         hotstuff_keys, init_hotstuff, .fault.forget = orr_hs_forget);
const struct orr_protocol orr_hotstuff_basic =
    ROLE("hotstuff-basic", "HotStuff, basic: three phases a view, 8 (n - 1) messages",
         basic_keys, init_basic, .fault.forget = orr_hs_forget);
const struct orr_protocol orr_hotstuff2 =
    ROLE("hotstuff-2", "HotStuff-2: two phases, a leader that waits (eprint 2023/397)",
         hotstuff2_keys, init_hotstuff2, .fault.forget = orr_hs_forget);
const struct orr_protocol orr_jolteon =
    ROLE("jolteon", "Jolteon: two phases, timeout certificates (arXiv 2106.10362)", jolteon_keys,
         init_with_tc, .fault.forget = orr_hs_forget);
const struct orr_protocol orr_fast_hotstuff =
    ROLE("fast-hotstuff", "Fast-HotStuff: two phases, aggregated QCs (arXiv 2010.11454)",
         fast_keys, init_with_tc, .fault.forget = orr_hs_forget);
const struct orr_protocol orr_streamlet =
    ROLE("streamlet", "Streamlet: epochs of a clock, the longest notarized chain (eprint 2020/088)",
         streamlet_keys, init_streamlet, .fault.forget = orr_hs_forget);
