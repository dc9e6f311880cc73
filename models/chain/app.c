#include "models/chain/app.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/chain/snapshot.h"
#include "models/vm/u256.h"

/* ---- the block that a decided block becomes ---- */

/* extra: room for 8 bytes, the height big-endian. */
static struct orr_engine_attributes attributes(const struct orr_chain_app *app, uint64_t height,
                                               orr_time time, uint32_t proposer, uint32_t round,
                                               uint8_t extra[8]) {
    uint8_t randao[36];
    memcpy(randao, orr_chain_hash(app->chain->final)->bytes, 32);
    orr_store_be32(randao + 32, round);
    orr_store_be64(extra, height);
    return (struct orr_engine_attributes){.time = app->genesis->header.timestamp +
                                                  (uint64_t)time / 1000000000,
                                          .gas_limit = app->config->gas_limit,
                                          .coinbase = app->coinbases[proposer],
                                          .prev_randao = orr_keccak256(randao, sizeof randao),
                                          .extra_data = {extra, 8}};
}

/* ---- transactions of a consensus block as a source ---- */

struct given {
    struct orr_chain_app *app;
    const struct orr_app_block *block;
    enum orr_evm_fork fork; /* by whose rules */
    uint32_t i;
    struct orr_evm_tx tx;
    bool has_tx;
    struct orr_evm_sender sender;
    struct orr_chain_offer offer;
};

static const struct orr_chain_offer *next_given(void *ctx) {
    struct given *g = ctx;
    const struct orr_common *common = g->app->env->common;
    if (g->has_tx) orr_evm_tx_free(common->mem, &g->tx);
    g->has_tx = false;
    while (g->i < g->block->n_txs && !g->has_tx) {
        const struct orr_app_tx *in = &g->block->txs[g->i++];
        g->has_tx = !orr_evm_tx_decode(common->mem, in->bytes, in->len, &g->tx);
        if (!g->has_tx) continue;
        g->sender.error =
            orr_chain_tx_sender(common->mem, common->memo, &g->tx, in->bytes, in->len, g->fork,
                                &g->app->rules->chain_id, &g->sender.address);
        g->offer = (struct orr_chain_offer){&g->tx, in->bytes, in->len, &g->sender};
    }
    return g->has_tx ? &g->offer : NULL;
}

static void tried_given(void *ctx, enum orr_evm_tx_error error) {
    (void)ctx;
    (void)error; /* left out: the hash will be another one */
}

/* Does an Ethereum block hold these very transactions, under this header so far? */
static bool is_that(const struct orr_chain_block *b, const struct orr_evm_header *h,
                    const struct orr_app_block *block) {
    const struct orr_evm_header *g = &b->block.header;
    if (!b->bytes || b->block.n_txs != block->n_txs || g->timestamp != h->timestamp ||
        !orr_hash_equal(g->parent_hash, h->parent_hash) || g->gas_limit != h->gas_limit ||
        !orr_address_equal(g->coinbase, h->coinbase) || !orr_hash_equal(g->mix_hash, h->mix_hash) ||
        g->extra_data_len != h->extra_data_len ||
        memcmp(g->extra_data, h->extra_data, h->extra_data_len))
        return false;
    for (uint32_t i = 0; i < block->n_txs; i++) {
        const struct orr_rlp_item *item = &b->block.tx_items[i];
        if (item->len != block->txs[i].len || memcmp(item->payload, block->txs[i].bytes, item->len))
            return false;
    }
    return true;
}

/* How many of a block's transactions this node has checked at its door, if that costs anything. */
static uint64_t count_known(const struct orr_chain_app *app, const struct orr_chain_link *link) {
    uint64_t n = 0;
    if (!app->env->common->costs->recover_ns) return 0;
    const struct orr_chain_block *b = link->block;
    for (size_t i = 0; i < b->block.n_txs && b->senders; i++)
        n += orr_pool_holds(&app->pool, &b->senders[i].address, b->block.txs[i].nonce);
    return n;
}

/* The link of a consensus block by this node's own rules, run if it has not been yet. */
static struct orr_chain_link *apply(struct orr_chain_app *app, const struct orr_app_block *block,
                                    int64_t *busy_ns) {
    struct orr_chain *chain = app->chain;
    struct orr_chain_link *parent = chain->final, *link = NULL;
    struct orr_evm_header header;
    uint8_t extra[8];
    struct orr_engine_attributes a =
        attributes(app, block->height, block->time, block->proposer, block->last_round, extra);
    orr_chain_next_header(chain, parent, &a, &header);
    if (block->claim) {
        struct orr_hash claim;
        memcpy(claim.bytes, block->claim, sizeof claim.bytes);
        link = orr_chain_find(chain, &claim);
        if (link && link->parent == parent && is_that(link->block, &header, block)) return link;
        /* Another node has decoded the same block: no need to make it again from its parts. */
        struct orr_chain_block *known = orr_chain_blocks_find(chain->blocks, &claim);
        link = NULL;
        if (known && is_that(known, &header, block))
            orr_chain_import(chain, known->bytes, known->len, &link);
    }
    if (!link) {
        struct given g = {.app = app,
                          .block = block,
                          .fork = orr_chain_rules(chain, parent->block, &header)->fork};
        struct orr_chain_source source = {&g, next_given, tried_given};
        int error = orr_chain_build(chain, parent, &header, &a, &source, 0, &link);
        if (error) return NULL;
    }
    orr_chain_block_recover(chain->blocks, link->block, orr_chain_rules_of(chain, link)->fork,
                            &app->rules->chain_id, app->env->common->memo);
    *busy_ns += orr_chain_cost(link, app->env->common->costs, count_known(app, link));
    return link;
}

/* ---- the application's functions ---- */

static bool app_validate(void *state, const struct orr_app_block *block, int64_t *busy_ns) {
    struct orr_chain_app *app = state;
    if (!block->claim) return false;
    const struct orr_chain_link *link = apply(app, block, busy_ns);
    return link && !memcmp(orr_chain_hash(link)->bytes, block->claim, ORR_CLAIM_BYTES);
}

static void app_execute(void *state, const struct orr_app_block *block, uint8_t root[32],
                        int64_t *busy_ns) {
    struct orr_chain_app *app = state;
    app->next = apply(app, block, busy_ns);
    assert(app->next); /* the chain has all contracts that a block needs */
    memcpy(root, app->next->block->block.header.state_root.bytes, 32);
}

static void app_commit(void *state) {
    struct orr_chain_app *app = state;
    int error = orr_chain_choose(app->chain, app->next, app->next, app->next);
    assert(!error);
    (void)error;
    orr_pool_update(&app->pool, app->next->run->state);
    orr_evm_state_trim(app->next->run->state);
    app->next = NULL;
}

static void app_root(void *state, uint8_t root[32]) {
    const struct orr_chain_app *app = state;
    memcpy(root, app->chain->final->block->block.header.state_root.bytes, 32);
}

static int app_check(void *state, const struct orr_msg *m, bool again, uint64_t *priority,
                     int64_t *busy_ns) {
    struct orr_chain_app *app = state;
    const struct orr_costs *costs = app->env->common->costs;
    const struct orr_chain_tx *form = orr_chain_tx_of(m);
    *busy_ns += costs->tx_check_ns + (again ? 0 : costs->recover_ns);
    if (!form) return ORR_EFORMAT;
    struct orr_address sender;
    enum orr_evm_tx_error error = orr_chain_tx_judge(
        app->env->common->mem, app->env->common->memo, m,
        orr_chain_rules_of(app->chain, app->chain->final), &app->rules->chain_id, &sender);
    if (error == ORR_TX_INVALID_SIGNATURE_VRS || error == ORR_TX_INVALID_CHAINID)
        return ORR_EFORMAT;
    *priority = orr_u256_clamp_u64(form->max_tip);
    if (again) return !error && orr_pool_has(&app->pool, &sender, form) ? 0 : ORR_EINVAL;
    if (error) return ORR_EINVAL;
    struct orr_pool_admission a =
        orr_pool_add(&app->pool, (struct orr_msg *)m, &sender, app->chain->final->run->state);
    app->n_refused += a.refusal != ORR_POOL_NONE;
    return a.refusal == ORR_POOL_NONE || a.refusal == ORR_POOL_KNOWN ? 0 : ORR_EINVAL;
}

/* The pool's offers, as far as the draft has room. */
struct packing {
    struct orr_chain_source pool;
    struct orr_chain_pool *from;
    struct orr_app_draft *draft;
    uint64_t bytes_left;
    uint32_t len; /* of what is offered */
};

static const struct orr_chain_offer *next_packed(void *ctx) {
    struct packing *p = ctx;
    const struct orr_chain_offer *offer;
    if (p->draft->n == p->draft->n_cap) return NULL;
    while ((offer = p->pool.next(p->pool.ctx))) { /* ends: the pool does */
        p->len = (uint32_t)offer->len + p->draft->overhead;
        if (p->len <= p->bytes_left) return offer;
        p->pool.tried(p->pool.ctx, ORR_TX_GAS_ALLOWANCE_EXCEEDED);
    }
    return NULL;
}

static void tried_packed(void *ctx, enum orr_evm_tx_error error) {
    struct packing *p = ctx;
    p->pool.tried(p->pool.ctx, error);
    if (error) return;
    p->bytes_left -= p->len;
    p->draft->txs[p->draft->n++] = orr_pool_offered(p->from);
}

static void app_pack(void *state, struct orr_app_draft *draft, int64_t *busy_ns) {
    struct orr_chain_app *app = state;
    struct orr_evm_header header;
    struct orr_chain_link *link;
    uint8_t extra[8];
    struct orr_engine_attributes a =
        attributes(app, draft->height, draft->time, draft->proposer, draft->last_round, extra);
    orr_chain_next_header(app->chain, app->chain->final, &a, &header);
    struct packing p = {.pool = orr_pool_offers(&app->pool, header.base_fee),
                        .from = &app->pool,
                        .draft = draft,
                        .bytes_left = draft->max_bytes};
    struct orr_chain_source source = {&p, next_packed, tried_packed};
    int error = orr_chain_build(app->chain, app->chain->final, &header, &a, &source, 0, &link);
    if (error) { /* no claim: the block is empty, and nobody will take it */
        draft->n = 0;
        return;
    }
    draft->has_claim = true;
    memcpy(draft->claim, orr_chain_hash(link)->bytes, ORR_CLAIM_BYTES);
    *busy_ns += orr_chain_cost(link, app->env->common->costs, link->block->block.n_txs);
}

static uint32_t app_propose(void *state, struct orr_msg **txs, uint32_t n) {
    (void)state;
    (void)txs;
    return n; /* pack() stands in for it */
}

static struct orr_msg *app_save(void *state, struct orr_pool *pool) {
    struct orr_chain_app *app = state;
    return orr_chain_snapshot_save(app->chain, app->genesis->state, pool);
}

static int app_load(void *state, const uint8_t *bytes, size_t len, const uint8_t root[32]) {
    struct orr_chain_app *app = state;
    struct orr_chain_blocks *blocks = &app->genesis->blocks;
    struct orr_chain_block *block;
    struct orr_evm_state *final;
    struct orr_hash hash;
    memcpy(hash.bytes, root, sizeof hash.bytes);
    const struct orr_u256 *difficulty = &app->chain->places[0].link->block->total_difficulty;
    int error = orr_chain_snapshot_load(blocks, bytes, len, &hash, difficulty, &block, &final);
    if (error) return error;
    struct orr_chain *fresh =
        orr_chain_new(blocks, app->rules, &app->chain->options, &block->block.header, final);
    orr_chain_block_release(blocks, block);
    orr_chain_free(app->chain);
    app->chain = fresh;
    orr_pool_update(&app->pool, final);
    return 0;
}

const struct orr_app orr_chain_app = {
    .name = "chain",
    .follows = true,
    .keeps_blocks = true,
    .check = app_check,
    .propose = app_propose,
    .pack = app_pack,
    .validate = app_validate,
    .execute = app_execute,
    .commit = app_commit,
    .root = app_root,
    .save = app_save,
    .load = app_load,
};

/* ---- life ---- */

void orr_chain_app_init(struct orr_chain_app *app, const struct orr_env *env,
                        struct orr_chain_genesis *genesis, const struct orr_address *coinbases,
                        const struct orr_chain_app_config *config) {
    struct orr_memo *memo = env->common->memo;
    *app = (struct orr_chain_app){.env = env,
                                  .config = config,
                                  .genesis = genesis,
                                  .rules = &genesis->configs[config->fork],
                                  .coinbases = coinbases};
    /* One round's block is validated in each round: some more than can be under vote at once. */
    struct orr_chain_options options = {.keep = UINT64_MAX, /* until they have been told */
                                        .max_open = 64,
                                        .shares_runs = config->shares_runs,
                                        .recovers_once = memo != NULL,
                                        .memo = memo,
                                        .flaws = config->flaws};
    app->chain = orr_chain_new(&genesis->blocks, app->rules, &options, &genesis->header,
                               orr_evm_state_fork(genesis->state));
    orr_pool_open(&app->pool, env->common->mem, env->common->pool, &genesis->blocks.accounts,
                  &(struct orr_chain_pool_limits){.max_txs = config->pool_txs,
                                                  .max_bytes = config->pool_size,
                                                  .per_sender = config->pool_per_sender,
                                                  .gas_limit = config->gas_limit,
                                                  .takes_blobs = config->takes_blobs,
                                                  .skips_gaps = config->flaws.nonce});
}

void orr_chain_app_fini(struct orr_chain_app *app) {
    if (!app->chain) return;
    orr_pool_close(&app->pool);
    orr_chain_free(app->chain);
    app->chain = NULL;
}
