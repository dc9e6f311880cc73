/* role.c - the nodes `slot-chain`, `follower` and `indexer`. */
#include "models/base/error.h"
#include "models/field.h"
#include "models/node/slot/slot.h"

static const char *const forks[] = {"cancun", "prague", "osaka", NULL};
static const enum orr_evm_fork fork_of[] = {ORR_FORK_CANCUN, ORR_FORK_PRAGUE, ORR_FORK_OSAKA};
enum { PRAGUE = 1 };
#define SECOND 1000000000

/* ---- genesis ---- */

/* Those with stake. */
static struct orr_validator_set *voters_of(const struct orr_cohort *cohort, struct orr_mem *mem) {
    struct orr_cohort *voters = orr_alloc(mem, sizeof *voters);
    orr_peer *members = orr_alloc(mem, cohort->n * sizeof *members);
    uint64_t *stakes = orr_alloc(mem, cohort->n * sizeof *stakes);
    *voters = *cohort;
    voters->n = 0;
    for (uint32_t i = 0; i < cohort->n; i++) {
        if (!cohort->stakes[i]) continue;
        members[voters->n] = cohort->members[i];
        stakes[voters->n++] = cohort->stakes[i];
    }
    voters->members = members;
    voters->stakes = stakes;
    return orr_validator_set_new(voters, mem);
}

static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    const struct orr_slot_config *config = cfg;
    struct orr_slot_genesis *g = orr_alloc_zero(mem, sizeof *g);
    struct orr_chain_genesis_config chain = {.fork = fork_of[config->fork],
                                             .chain_id = config->chain_id,
                                             .gas_limit = config->gas_limit,
                                             .base_fee = config->base_fee,
                                             .n_accounts = (uint32_t)config->accounts,
                                             .given = config->genesis};
    g->set = voters_of(cohort, mem);
    g->sums = orr_alloc(mem, (g->set->n + 1) * sizeof *g->sums);
    for (uint32_t i = 0; i < g->set->n; i++)
        g->sums[i] = g->set->powers[i] + (i ? g->sums[i - 1] : 0);
    g->coinbases = orr_evm_coinbases(g->set->keys, g->set->n, mem);
    g->chain = orr_chain_genesis_new(&chain, cohort->seed, mem);
    g->votes = (struct orr_votes_config){.n = g->set->n,
                                         .powers = g->set->powers,
                                         .quorum = g->set->quorum_power,
                                         .honest = g->set->honest_power,
                                         .slot_s = (uint64_t)(config->slot / SECOND),
                                         .begin_s = g->chain->header.timestamp,
                                         .epoch_slots = config->epoch};
    g->seed = cohort->seed;
    g->snapshots = orr_alloc_zero(mem, sizeof *g->snapshots);
    return g;
}

static const char *refuses(const void *cfg, uint32_t n) {
    (void)n;
    return ((const struct orr_slot_config *)cfg)->slot % SECOND
               ? "slot is no whole number of seconds, in which a block's time is written"
               : NULL;
}

/* ---- life ---- */

static int init(void *node, const struct orr_env *env, const void *cfg) {
    struct orr_slot *s = node;
    const struct orr_common *common = env->common;
    const struct orr_slot_config *config = cfg;
    const struct orr_slot_genesis *g = common->shared;
    if (!orr_validator_set_is_sound(g->set) || !orr_evm_is_genesis(g->chain, config->genesis))
        return ORR_EINVAL;
    *s = (struct orr_slot){
        .env = env, .config = config, .genesis = g, .me = orr_validator_of(g->set, env->self)};
    struct orr_chain_options options = {.keep = UINT64_MAX, /* until it has been told */
                                        .max_open = ORR_SLOT_MAX_OPEN,
                                        .shares_runs = config->share_execution,
                                        .has_receipts = true,
                                        .recovers_once = common->memo != NULL,
                                        .memo = common->memo};
    s->chain = orr_chain_new(&g->chain->blocks, &g->chain->configs[fork_of[config->fork]], &options,
                             &g->chain->header, orr_evm_state_fork(g->chain->state));
    orr_pool_open(&s->pool, common->mem, common->pool, &g->chain->blocks.accounts,
                  &(struct orr_chain_pool_limits){.max_txs = (uint32_t)config->pool_txs,
                                                  .max_bytes = config->pool_size,
                                                  .per_sender = (uint32_t)config->pool_per_sender,
                                                  .gas_limit = config->gas_limit,
                                                  .takes_blobs = config->blobs});
    orr_votes_init(&s->votes, common->mem, common->pool, &g->votes,
                   &(struct orr_checkpoint){0, *orr_chain_hash(s->chain->head)});
    orr_held_init(&s->held, common->mem, common->pool);
    s->next_record = ORR_SLOT_BLOCK_RECORDS;
    return 0;
}

static int init_indexer(void *node, const struct orr_env *env, const void *cfg) {
    struct orr_slot *s = node;
    int error = init(node, env, cfg);
    const struct orr_slot_config *config = cfg;
    if (error) return error;
    s->index = orr_slot_index_new(config, env->common->mem);
    if (!config->sources.n) return 0;
    s->sources = orr_slot_sources_new(config, env);
    return s->sources ? 0 : ORR_EINVAL;
}

static void fini(void *node) {
    struct orr_slot *s = node;
    if (!s->chain) return;
    orr_slot_index_free(s->index);
    orr_slot_sources_free(s->sources, s->env->common);
    orr_slot_kept_free(s);
    orr_free(s->env->common->mem, s->asked, s->asked ? ORR_SLOT_N_ASKED * sizeof *s->asked : 0);
    orr_held_fini(&s->held);
    orr_votes_fini(&s->votes);
    orr_pool_close(&s->pool);
    orr_chain_free(s->chain);
    s->chain = NULL;
}

static void restore(struct orr_slot *s, const struct orr_event *event) {
    if (!event->msg) return;
    if (event->key >= ORR_SLOT_INDEX_RECORDS) {
        orr_slot_index_restore(s->index, event->key, event->msg);
    } else if (event->key >= ORR_SLOT_BLOCK_RECORDS) {
        orr_slot_keep_stored(s, event->key, event->msg);
    } else if (event->key == ORR_SLOT_SNAPSHOT_RECORD) {
        s->snapshot = orr_msg_ref(event->msg);
    } else if (event->msg->len == 48) {
        s->next_epoch = orr_load_le64(event->msg->data);
        s->promised.epoch = orr_load_le64(event->msg->data + 8);
        memcpy(s->promised.hash.bytes, event->msg->data + 16, 32);
    }
}

static void begin(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_chain_genesis *g = s->genesis->chain;
    struct orr_block_told told = {.len = (uint32_t)g->spec_len, .kind = ORR_TOLD_FIRST};
    memcpy(told.hash, orr_chain_hash(s->chain->places[0].link)->bytes, 32);
    orr_tell_block(out, &told, g->spec);
    orr_slot_restore(s);
    if (s->sources) {
        orr_slot_sources_tick(s, event, out);
        return;
    }
    s->slot = orr_slot_at(s, event->wall);
    orr_slot_arm(s, event, out);
    orr_slot_follow(s, out);
}

/* An indexer with sources hears them alone. */
static int step_sources(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    bool is_answer = event->kind == ORR_RECV && event->msg && event->msg->kind == ORR_SLOT_FETCHED;
    if (event->kind == ORR_STORED) restore(s, event);
    if (event->kind == ORR_START) begin(s, event, out);
    if (event->kind == ORR_TIMER) orr_slot_sources_tick(s, event, out);
    if (is_answer) orr_slot_take_fetched(s, event, out);
    return 0;
}

static int step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct orr_slot *s = node;
    if (s->sources) return step_sources(s, event, out);
    switch (event->kind) {
    case ORR_STORED: restore(s, event); break;
    case ORR_START: begin(s, event, out); break;
    case ORR_TIMER: orr_slot_tick(s, event, out); break;
    case ORR_INPUT:
        if (event->key == ORR_IN_TX) orr_slot_take_tx(s, event, out);
        break;
    case ORR_RECV:
        switch (event->msg ? event->msg->kind : ORR_SLOT_TX) {
        case ORR_SLOT_TX: orr_slot_take_tx(s, event, out); break;
        case ORR_SLOT_BLOCK: orr_slot_take_block(s, event, out); break;
        case ORR_SLOT_VOTE: orr_slot_take_vote(s, event, out); break;
        case ORR_SLOT_WANT: orr_slot_take_want(s, event, out); break;
        case ORR_SLOT_FETCH: orr_slot_take_fetch(s, event, out); break;
        default: orr_reject(out);
        }
        break;
    case ORR_WRITTEN:
    case ORR_PEER_UP:
    case ORR_PEER_DOWN: break;
    }
    return 0;
}

static void decode(const struct orr_common *common, struct orr_msg *m) {
    const struct orr_chain_genesis *g = ((const struct orr_slot_genesis *)common->shared)->chain;
    if (m->kind == ORR_SLOT_TX)
        orr_chain_tx_decode(m, &g->configs[g->fork], g->fork, common->mem, common->pool,
                            common->memo);
    if (m->kind == ORR_SLOT_BLOCK) orr_slot_block_decode(m, common->pool);
    if (m->kind == ORR_SLOT_VOTE) orr_chain_vote_decode(m, common->pool);
}

static uint64_t digest(const void *node) {
    const struct orr_slot *s = node;
    struct orr_hash hashes[3] = {*orr_chain_hash(s->chain->head), *orr_chain_hash(s->chain->safe),
                                 *orr_chain_hash(s->chain->final)};
    uint64_t numbers[4] = {s->slot, s->chain->n, s->pool.n_txs, s->next_epoch};
    uint64_t sum = orr_hash64(orr_hash64(0, hashes, sizeof hashes), numbers, sizeof numbers);
    if (!s->index) return sum;
    struct orr_hash index = orr_slot_index_digest(s->index);
    return orr_hash64(sum, index.bytes, sizeof index.bytes);
}

static bool leads(const void *node) {
    const struct orr_slot *s = node;
    return s->me != ORR_NOBODY && s->slot && orr_slot_proposer(s->genesis, s->slot) == s->me;
}

static struct orr_msg *forge(void *node, const struct orr_msg *m, struct orr_pool *pool) {
    return orr_slot_forge(node, m, pool);
}

static bool sign(const struct orr_common *common, orr_peer signer,
                 const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)changed;
    return orr_slot_sign(common, signer, m);
}

static void reorg(void *node, uint32_t depth) { orr_slot_bend(node, depth); }

/* ---- clients ---- */

static struct orr_msg *make_tx(void *clients, const struct orr_common *common,
                               const struct orr_tx_order *order) {
    const struct orr_slot_genesis *g = common->shared;
    return orr_evm_make_tx(clients, g->chain, common, order, ORR_SLOT_TX);
}

/* ---- the roles ---- */

static const char *const kinds[] = {
#define KIND(name, text) text,
    ORR_SLOT_KINDS(KIND)
#undef KIND
        NULL,
};

#define KEY(key, type_, fallback_, min_, max_, help_)                                        \
    {                                                                                        \
        .name = #key, .help = help_, .type = ORR_CONFIG_##type_,                             \
        .offset = offsetof(struct orr_slot_config, key), .fallback = fallback_, .min = min_, \
        .max = max_                                                                          \
    }
/* The keys of all three. */
#define CHAIN_KEYS                                                                               \
    KEY(slot, TIME, 12ull * SECOND, SECOND, 3600ull * SECOND,                                    \
        "from one slot to the next, in whole seconds"),                                          \
        KEY(epoch, COUNT, 8, 2, 1024, "slots of an epoch; each validator votes once in it"),     \
        {.name = "fork",                                                                         \
         .type = ORR_CONFIG_ENUM,                                                                \
         .offset = offsetof(struct orr_slot_config, fork),                                       \
         .choices = forks,                                                                       \
         .fallback = PRAGUE,                                                                     \
         .max = 2,                                                                               \
         .help = "whose rules hold, from the first block on"},                                   \
        ORR_EVM_GENESIS_KEY(struct orr_slot_config, genesis),                                    \
        KEY(chain_id, COUNT, 1337, 1, UINT32_MAX, "that transactions are signed for (EIP-155)"), \
        KEY(gas_limit, COUNT, 36000000, 1000000, 1000000000,                                     \
            "gas of a block at most; half of it is the target"),                                 \
        KEY(base_fee, COUNT, 1000000000, 7, 1000000000000,                                       \
            "wei per gas of the first block (EIP-1559)"),                                        \
        KEY(accounts, COUNT, 256, 1, ORR_EVM_MAX_ACCOUNTS,                                       \
            "accounts with ether and tokens; client c has account c modulo this"),               \
        KEY(pool_txs, COUNT, 10000, 1, 10000000, "transactions that may wait"),                  \
        KEY(pool_size, SIZE, 64 << 20, 1024, 1ull << 34, "bytes of them"),                       \
        KEY(pool_per_sender, COUNT, 1000, 1, 1000000,                                            \
            "transactions of one account that may wait"),                                        \
        KEY(blobs, BOOL, 0, 0, 1, "blob transactions are let in"),                               \
        KEY(retain_blocks, COUNT, 64, 0, 1ull << 40,                                             \
            "final blocks whose receipts are kept for indexers that ask; 0: of all"),            \
        KEY(share_execution, BOOL, 0, 0, 1,                                                      \
            "a block that another node has run is not run again; its cost is charged all the "   \
            "same"),
static const struct orr_config_key config_keys[] = {CHAIN_KEYS{0}};

/* What a liar can change in what it answers: the end of the last receipt, which is that of its last
 * log's data. */
static const struct orr_msg_field follower_fields[] = {
    {.name = "receipts",
     .message = ORR_SLOT_FETCHED,
     .kind = ORR_FIELD_VALUE,
     .at = ORR_SLOT_FETCHED_HEAD - 1,
     .width = 1,
     .past = {4, 8}},
    {0},
};

/* Answers are not signed. */
static bool sign_answer(const struct orr_common *common, orr_peer signer,
                        const struct orr_msg_field *changed, struct orr_msg *m) {
    (void)common, (void)signer, (void)changed, (void)m;
    return true;
}

static const char *const flaws[] = {"none",         "stale-balances", "skips-first",
                                    "cursor-apart", "early-final",    "gap-at-end",
                                    "by-number",    "believes",       NULL};
static const struct orr_config_key indexer_keys[] = {
    CHAIN_KEYS KEY(window, COUNT, 64, 1, 4096,
                   "blocks that a reorganisation may undo; a deeper one stops the index"),
    {.name = "flaw",
     .type = ORR_CONFIG_ENUM,
     .offset = offsetof(struct orr_slot_config, flaw),
     .choices = flaws,
     .max = 7,
     .help = "a mistake that the index makes"},
    KEY(sources, LIST, 0, 0, 1000000,
        "numbers of the nodes, from 0 on, that it asks for blocks and receipts; none: it runs the "
        "chain itself"),
    {0},
};

#define ROLE                                                                                      \
    .abi = ORR_ABI, .burst = 1, .kinds = kinds, .config_size = sizeof(struct orr_slot_config),    \
    .node_size = sizeof(struct orr_slot), .n_timers = ORR_SLOT_N_TIMERS, .transport = ORR_STREAM, \
    .genesis.share = share, .genesis.refuses = refuses, .step = step, .fini = fini,               \
    .decode = decode, .digest = digest

const struct orr_protocol orr_slot_chain = {
    ROLE,
    .config = config_keys,
    .init = init,
    .name = "slot-chain",
    .summary = "a chain of Ethereum blocks that forks: slots, LMD-GHOST, and finality by FFG",
    .fault.leads = leads,
    .fault.reorg = reorg,
    .fault.forge = forge,
    .fault.fields = orr_slot_fields,
    .fault.sign = sign,
    .report.statement = orr_slot_statement,
    .workload.state_size = sizeof(struct orr_evm_clients),
    .workload.make_tx = make_tx,
    .workload.least_size = ORR_EVM_LEAST_TX,
};

const struct orr_protocol orr_follower = {
    ROLE,
    .config = config_keys,
    .init = init,
    .name = "follower",
    .summary = "a node without stake that imports, runs and follows a slot-chain",
    .fault.fields = follower_fields,
    .fault.sign = sign_answer,
    .follows = &orr_slot_chain,
};

const struct orr_protocol orr_indexer = {
    ROLE,
    .config = indexer_keys,
    .init = init_indexer,
    .name = "indexer",
    .summary = "a follower that keeps an index of its head's branch: blocks, logs, tokens",
    .follows = &orr_slot_chain,
};
