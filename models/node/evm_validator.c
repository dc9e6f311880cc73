/* evm_validator.c - the node `evm-validator`: Tendermint consensus over an execution chain, so that
 * each decided block is an Ethereum block that every node builds, checks and runs. */
#include "models/bft/tendermint/tendermint.h"
#include "models/chain/app.h"
#include "models/node/evm_clients.h"
#include "models/vm/u256.h"

/* As scenarios write it: fork is an index into `forks`, wrong_rule into `wrong_rules`. */
struct evm_config {
    struct orr_tm_config bft;
    uint32_t fork, wrong_rule;
    uint64_t chain_id, gas_limit, base_fee, accounts;
    uint64_t pool_per_sender;
    struct orr_config_list genesis;
    bool share_execution, blobs;
};

static const char *const forks[] = {"cancun", "prague", "osaka", NULL};
static const enum orr_evm_fork fork_of[] = {ORR_FORK_CANCUN, ORR_FORK_PRAGUE, ORR_FORK_OSAKA};
enum { PRAGUE = 1 };

static const char *const wrong_rules[] = {"none", "refund", "nonce", "gas_limit", NULL};
enum { RULE_NONE, RULE_REFUND, RULE_NONCE, RULE_GAS_LIMIT };

/* For the whole cohort.  The chain's store and blocks in it are shared as a memo is: found by hash,
 * and a pure function of what names them. */
struct genesis {
    struct orr_validator_set *set;
    struct orr_chain_genesis *chain;
    struct orr_address *coinbases; /* [set->n] */
};

struct validator {
    struct orr_tm *bft;
    struct orr_chain_app_config config;
    struct orr_chain_app app;
    uint64_t told; /* number of the block that was reported last */
    bool has_begun;
};

/* ---- genesis ---- */

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    const struct evm_config *config = cfg;
    struct genesis *g = orr_alloc_zero(mem, sizeof *g);
    struct orr_chain_genesis_config chain = {.fork = fork_of[config->fork],
                                             .chain_id = config->chain_id,
                                             .gas_limit = config->gas_limit,
                                             .base_fee = config->base_fee,
                                             .n_accounts = (uint32_t)config->accounts,
                                             .given = config->genesis};
    g->set = orr_validator_set_new(cohort, mem);
    g->coinbases = orr_evm_coinbases(g->set->keys, g->set->n, mem);
    g->chain = orr_chain_genesis_new(&chain, cohort->seed, mem);
    return g;
}

static const char *refuses(const void *cfg, uint32_t n) {
    const struct evm_config *config = cfg;
    if (config->bft.max_block_size > ORR_MAX_BLOCK_BYTES)
        return "max_block_size is above 8 MiB, the most that a block may have (EIP-7934)";
    return orr_tm_refuses(&config->bft, n);
}

/* ---- life ---- */

static int init(void *node, const struct orr_env *env, const void *cfg) {
    struct validator *v = node;
    const struct evm_config *config = cfg;
    struct genesis *g = (struct genesis *)env->common->shared;
    if (!orr_evm_is_genesis(g->chain, config->genesis)) return ORR_EINVAL;
    v->config =
        (struct orr_chain_app_config){.fork = fork_of[config->fork],
                                      .gas_limit = config->gas_limit,
                                      .pool_txs = (uint32_t)config->bft.mempool_txs,
                                      .pool_size = config->bft.mempool_size,
                                      .pool_per_sender = (uint32_t)config->pool_per_sender,
                                      .shares_runs = config->share_execution,
                                      .takes_blobs = config->blobs,
                                      .flaws = {.refund = config->wrong_rule == RULE_REFUND,
                                                .nonce = config->wrong_rule == RULE_NONCE,
                                                .gas_limit = config->wrong_rule == RULE_GAS_LIMIT}};
    orr_chain_app_init(&v->app, env, g->chain, g->coinbases, &v->config);
    v->bft = orr_tm_new(env, &config->bft, g->set, &orr_chain_app, &v->app);
    if (v->bft) return 0;
    orr_chain_app_fini(&v->app);
    return ORR_EINVAL; /* no stake at all, or too much of it, or what refuses() says */
}

/* Tells of a block that became final: its bytes, the head, and what gas costs. */
static void report_block(const struct orr_chain_link *link, struct orr_outbox *out) {
    const struct orr_evm_header *h = &link->block->block.header;
    struct orr_block_told told = {
        .number = h->number, .len = (uint32_t)link->block->len, .kind = ORR_TOLD_BLOCK};
    struct orr_head head = {.number = h->number, .label = ORR_HEAD_FINAL};
    memcpy(head.hash, orr_chain_hash(link)->bytes, 32);
    memcpy(head.parent, h->parent_hash.bytes, 32);
    memcpy(head.state_root, h->state_root.bytes, 32);
    memcpy(told.hash, head.hash, 32);
    memcpy(told.parent, head.parent, 32);
    orr_tell_block(out, &told, link->block->bytes);
    orr_head(out, head);
    orr_metric(out, "base_fee", (int64_t)orr_u256_clamp_u64(h->base_fee), "wei");
    orr_metric(out, "gas_used", (int64_t)h->gas_used, "gas");
}

static void report(struct validator *v, struct orr_outbox *out) {
    const struct orr_chain *chain = v->app.chain;
    const struct orr_chain_genesis *g = v->app.genesis;
    uint64_t first = orr_chain_number(chain->places[0].link);
    if (!v->has_begun && first) { /* it came back to a snapshot: all that is below was told */
        v->told = first;
        v->has_begun = true;
    } else if (!v->has_begun) {
        struct orr_block_told told = {.len = (uint32_t)g->spec_len, .kind = ORR_TOLD_FIRST};
        memcpy(told.hash, orr_chain_hash(chain->places[0].link)->bytes, 32);
        orr_tell_block(out, &told, g->spec);
        v->has_begun = true;
    }
    while (v->told < orr_chain_number(chain->final)) /* ends: numbers grow by one */
        report_block(orr_chain_at(chain, chain->final, ++v->told), out);
    orr_chain_app_forget(&v->app);
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct validator *v = node;
    int error = orr_tm_step(v->bft, event, out);
    if (!error && event->kind != ORR_STORED) report(v, out);
    return error;
}

static void fini(void *node) {
    struct validator *v = node;
    if (v->bft) orr_tm_free(v->bft);
    orr_chain_app_fini(&v->app);
    v->bft = NULL;
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    const struct genesis *g = common->shared;
    if (m->kind == ORR_TM_TX)
        orr_chain_tx_decode(m, &g->chain->configs[g->chain->fork], g->chain->fork, common->mem,
                            common->pool, common->memo);
    else
        orr_tm_decode(m, g->set, common->pool, common->memo);
}

static uint64_t digest(const void *node) {
    return orr_tm_digest(((const struct validator *)node)->bft);
}

static bool leads(const void *node) { return orr_tm_leads(((const struct validator *)node)->bft); }

static struct orr_msg *forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    return orr_tm_forge(((struct validator *)node)->bft, m, pool);
}

static bool sign(const struct orr_common *common, orr_peer signer,
                 const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)changed;
    return orr_tm_sign(common, ((const struct genesis *)common->shared)->set, signer, m);
}

static void forget(void *node) { orr_tm_forget(((struct validator *)node)->bft); }

static bool statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                      struct orr_statement *said) {
    return orr_tm_statement(m, i, ((const struct genesis *)common->shared)->set, said);
}

static void stand(const void *node, struct orr_stand *stand) {
    orr_tm_stand(((const struct validator *)node)->bft, stand);
}

/* ---- clients ---- */

static struct orr_msg *make_tx(void *clients, const struct orr_common *common,
                               const struct orr_tx_order *order) {
    const struct genesis *g = common->shared;
    return orr_evm_make_tx(clients, g->chain, common, order, ORR_TM_TX);
}

/* ---- the role ---- */

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_TENDERMINT_KINDS(KIND)
#undef KIND
        NULL,
};

#define AT(member) .offset = offsetof(struct evm_config, member)

static const struct orr_config_key config_keys[] = {
#define KEY(key, type_, fallback_, min_, max_, help_) \
    {.name = #key,                                    \
     .help = help_,                                   \
     .type = ORR_CONFIG_##type_,                      \
     AT(bft.key),                                     \
     .fallback = fallback_,                           \
     .min = min_,                                     \
     .max = max_},
    ORR_TENDERMINT_CONFIG_KEYS(KEY)
#undef KEY
        {.name = "dissemination",
         .also = "transport",
         .type = ORR_CONFIG_ENUM,
         AT(bft.dissemination),
         .choices = orr_tm_disseminations,
         .max = ORR_TM_GOSSIP,
         .help = ORR_TM_DISSEMINATION_HELP},
    {.name = "fork",
     .type = ORR_CONFIG_ENUM,
     AT(fork),
     .choices = forks,
     .fallback = PRAGUE,
     .max = 2,
     .help = "whose rules hold, from the first block on"},
    ORR_EVM_GENESIS_KEY(struct evm_config, genesis),
    {.name = "chain_id",
     .type = ORR_CONFIG_COUNT,
     AT(chain_id),
     .fallback = 1337,
     .min = 1,
     .max = UINT32_MAX,
     .help = "that transactions are signed for (EIP-155)"},
    {.name = "gas_limit",
     .type = ORR_CONFIG_COUNT,
     AT(gas_limit),
     .fallback = 36000000,
     .min = 1000000,
     .max = 1000000000,
     .help = "gas of a block at most; half of it is the target"},
    {.name = "base_fee",
     .type = ORR_CONFIG_COUNT,
     AT(base_fee),
     .fallback = 1000000000,
     .min = 7,
     .max = 1000000000000,
     .help = "wei per gas of the first block (EIP-1559)"},
    {.name = "accounts",
     .type = ORR_CONFIG_COUNT,
     AT(accounts),
     .fallback = 256,
     .min = 1,
     .max = ORR_EVM_MAX_ACCOUNTS,
     .help = "accounts with ether and tokens; client c has account c modulo this"},
    {.name = "pool_per_sender",
     .type = ORR_CONFIG_COUNT,
     AT(pool_per_sender),
     .fallback = 1000,
     .min = 1,
     .max = 1000000,
     .help = "transactions of one account that may wait"},
    {.name = "blobs",
     .type = ORR_CONFIG_BOOL,
     AT(blobs),
     .max = 1,
     .help = "blob transactions are let in"},
    {.name = "share_execution",
     .type = ORR_CONFIG_BOOL,
     AT(share_execution),
     .max = 1,
     .help = "a block that another node of the same rules has run is not run again; its cost is "
             "charged all the same"},
    {.name = "wrong_rule",
     .type = ORR_CONFIG_ENUM,
     AT(wrong_rule),
     .choices = wrong_rules,
     .max = 3,
     .help = "a rule that these nodes break: refund (SSTORE gives none back), nonce (any will do), "
             "gas_limit (blocks may pass it)"},
    {0},
};

const struct orr_protocol orr_evm_validator = {
    .abi = ORR_ABI,
    .burst = 1, /* as of `tendermint` */
    .name = "evm-validator",
    .summary = "a Tendermint validator over the EVM: each decided block is an Ethereum block",
    .kinds = kinds,
    .config_size = sizeof(struct evm_config),
    .config = config_keys,
    .node_size = sizeof(struct validator),
    .n_timers = ORR_TM_N_TIMERS,
    .transport = ORR_STREAM,
    .genesis.share = share,
    .genesis.refuses = refuses,
    .init = init,
    .step = step,
    .fini = fini,
    .decode = decode,
    .digest = digest,
    .fault.leads = leads,
    .fault.forge = forge,
    .fault.fields = orr_tm_fields,
    .fault.sign = sign,
    .fault.forget = forget,
    .fault.patience = ORR_TM_PATIENCE,
    .workload.state_size = sizeof(struct orr_evm_clients),
    .workload.make_tx = make_tx,
    .workload.least_size = ORR_EVM_LEAST_TX,
    .report.place = orr_tm_place,
    .report.statement = statement,
    .report.stand = stand,
};
