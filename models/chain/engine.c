/* engine.c - models/engine.h over a struct orr_chain. */
#include <assert.h>

#include "models/base/error.h"
#include "models/chain/build.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"

/* ---- blocks ---- */

static void fill_block(const struct orr_chain *chain, const struct orr_chain_link *link,
                       struct orr_engine_block *out) {
    const struct orr_chain_block *b = link->block;
    const struct orr_evm_header *h = &b->block.header;
    *out = (struct orr_engine_block){.hash = b->block.hash,
                                     .parent_hash = h->parent_hash,
                                     .ommers_hash = h->ommers_hash,
                                     .coinbase = h->coinbase,
                                     .state_root = h->state_root,
                                     .transactions_root = h->transactions_root,
                                     .receipts_root = h->receipts_root,
                                     .bloom = h->bloom.bytes,
                                     .difficulty = h->difficulty,
                                     .total_difficulty = b->total_difficulty,
                                     .number = h->number,
                                     .gas_limit = h->gas_limit,
                                     .gas_used = h->gas_used,
                                     .time = h->timestamp,
                                     .extra_data = h->extra_data,
                                     .extra_data_len = h->extra_data_len,
                                     .mix_hash = h->mix_hash,
                                     .has_base_fee = h->n_fields >= ORR_HEADER_LONDON,
                                     .has_withdrawals = h->n_fields >= ORR_HEADER_SHANGHAI,
                                     .has_blob_gas = h->n_fields >= ORR_HEADER_CANCUN,
                                     .has_requests = h->n_fields >= ORR_HEADER_PRAGUE,
                                     .base_fee = h->base_fee,
                                     .withdrawals_root = h->withdrawals_root,
                                     .blob_gas_used = h->blob_gas_used,
                                     .excess_blob_gas = h->excess_blob_gas,
                                     .parent_beacon_root = h->parent_beacon_root,
                                     .requests_hash = h->requests_hash,
                                     .has_access_list = h->n_fields >= ORR_HEADER_AMSTERDAM,
                                     .access_list_hash = h->access_list_hash,
                                     .slot_number = h->slot_number,
                                     .n_txs = (uint32_t)b->block.n_txs,
                                     .n_ommers = (uint32_t)b->block.n_ommers,
                                     .n_withdrawals = (uint32_t)b->block.n_withdrawals,
                                     .bytes = b->bytes,
                                     .len = b->len};
    memcpy(out->nonce, h->nonce, sizeof out->nonce);
    if (!out->has_blob_gas) return;
    const struct orr_evm_chain_fork *rules = orr_chain_rules_of(chain, link);
    if (rules->blobs.update_fraction)
        out->blob_fee = orr_evm_blob_fee(h->excess_blob_gas, rules->blobs.update_fraction);
}

static int engine_block(void *chain, const struct orr_hash *hash, struct orr_engine_block *out) {
    struct orr_chain_link *link = orr_chain_find(chain, hash);
    if (!link) return ORR_ENOTFOUND;
    fill_block(chain, link, out);
    return 0;
}

static int engine_block_at(void *chain, uint64_t number, struct orr_engine_block *out) {
    struct orr_chain_link *link = orr_chain_at(chain, ((struct orr_chain *)chain)->head, number);
    if (!link) return ORR_ENOTFOUND;
    fill_block(chain, link, out);
    return 0;
}

/* ---- transactions, receipts, logs ---- */

static int engine_tx(void *ctx, const struct orr_hash *hash, uint32_t i,
                     struct orr_engine_tx *out) {
    struct orr_chain *chain = ctx;
    struct orr_chain_link *link = orr_chain_find(chain, hash);
    if (!link || i >= link->block->block.n_txs) return ORR_ENOTFOUND;
    const struct orr_evm_block *b = &link->block->block;
    const struct orr_evm_tx *tx = &b->txs[i];
    const struct orr_rlp_item *item = &b->tx_items[i];
    const struct orr_evm_chain_fork *rules = orr_chain_rules_of(chain, link);
    orr_chain_block_recover(chain->blocks, link->block, rules->fork, &chain->config->chain_id,
                            chain->options.memo);
    *out = (struct orr_engine_tx){.hash = orr_keccak256(item->payload, item->len),
                                  .sender = link->block->senders[i].address,
                                  .to = tx->to,
                                  .is_create = tx->is_create,
                                  .type = (uint8_t)tx->type,
                                  .nonce = tx->nonce,
                                  .gas_limit = tx->gas_limit,
                                  .value = tx->value,
                                  .max_fee = tx->max_fee,
                                  .max_priority_fee = tx->max_priority_fee,
                                  .max_blob_fee = tx->max_blob_fee,
                                  .price = orr_evm_tx_price(tx, &b->header.base_fee),
                                  .data = tx->data,
                                  .data_len = tx->data_len,
                                  .bytes = item->payload,
                                  .len = item->len};
    return 0;
}

/* A receipt's logs as a reader. */
static struct orr_rlp_reader logs_of(const struct orr_evm_receipt *r) {
    size_t skip = r->type != ORR_TX_LEGACY; /* EIP-2718 */
    struct orr_rlp_reader all = orr_rlp_reader(r->encoding + skip, r->encoding_len - skip);
    struct orr_rlp_reader fields = orr_rlp_read_list(&all);
    for (int i = 0; i < 3; i++) orr_rlp_read(&fields); /* status, gas, bloom */
    struct orr_rlp_reader logs = orr_rlp_read_list(&fields);
    assert(!logs.bad);
    return logs;
}

/* Finds all logs of a block once, so that who reads one after another takes time in proportion to
 * them. */
static void find_logs(struct orr_chain *chain, struct orr_chain_run *run) {
    struct orr_mem *mem = chain->blocks->mem;
    size_t n = run->result.n_receipts;
    uint32_t n_logs = 0;
    if (run->first_log) return;
    run->first_log = orr_alloc(mem, (n + 1) * sizeof *run->first_log);
    for (size_t i = 0; i < n; i++) {
        struct orr_rlp_reader logs = logs_of(&run->result.receipts[i]);
        run->first_log[i] = n_logs;
        for (; orr_rlp_more(&logs); n_logs++) orr_rlp_read(&logs);
    }
    run->first_log[n] = n_logs;
    run->log_at = orr_alloc(mem, n_logs * sizeof *run->log_at);
    for (size_t i = 0; i < n; i++) {
        const struct orr_evm_receipt *r = &run->result.receipts[i];
        struct orr_rlp_reader logs = logs_of(r);
        for (uint32_t at = run->first_log[i]; at < run->first_log[i + 1]; at++) {
            run->log_at[at] = (uint32_t)(logs.p - r->encoding);
            orr_rlp_read(&logs);
        }
        assert(orr_rlp_done(&logs));
    }
}

static const struct orr_evm_receipt *find_receipt(const struct orr_chain *chain,
                                                  const struct orr_hash *hash, uint32_t i,
                                                  struct orr_chain_link **link) {
    *link = orr_chain_find(chain, hash);
    if (!*link || i >= (*link)->run->result.n_receipts) return NULL;
    return &(*link)->run->result.receipts[i];
}

static int engine_receipt(void *ctx, const struct orr_hash *hash, uint32_t i,
                          struct orr_engine_receipt *out) {
    struct orr_chain *chain = ctx;
    struct orr_chain_link *link;
    const struct orr_evm_receipt *r = find_receipt(chain, hash, i, &link);
    if (!r) return ORR_ENOTFOUND;
    const struct orr_evm_block *b = &link->block->block;
    const struct orr_evm_chain_fork *rules = orr_chain_rules_of(chain, link);
    *out = (struct orr_engine_receipt){.has_status = rules->fork >= ORR_FORK_BYZANTIUM,
                                       .is_success = r->is_success,
                                       .post_state = r->post_state,
                                       .gas_used = r->gas_used,
                                       .cumulative_gas = r->cumulative_gas,
                                       .has_created = b->txs[i].is_create,
                                       .bloom = r->bloom.bytes,
                                       .bytes = r->encoding,
                                       .len = r->encoding_len};
    if (out->has_created) out->created = orr_evm_create_address(&r->sender, b->txs[i].nonce);
    find_logs(chain, link->run);
    out->first_log = link->run->first_log[i];
    out->n_logs = link->run->first_log[i + 1] - out->first_log;
    return 0;
}

static int engine_log(void *chain, const struct orr_hash *hash, uint32_t i, uint32_t k,
                      struct orr_engine_log *out) {
    struct orr_chain_link *link;
    const struct orr_evm_receipt *r = find_receipt(chain, hash, i, &link);
    if (!r) return ORR_ENOTFOUND;
    find_logs(chain, link->run);
    uint32_t at = link->run->first_log[i] + k;
    if (k >= link->run->first_log[i + 1] - link->run->first_log[i]) return ORR_ENOTFOUND;
    struct orr_rlp_reader rest = orr_rlp_reader(r->encoding + link->run->log_at[at],
                                                r->encoding_len - link->run->log_at[at]);
    struct orr_rlp_reader log = orr_rlp_read_list(&rest);
    *out = (struct orr_engine_log){.n_topics = 0};
    orr_rlp_read_fixed(&log, out->address.bytes, sizeof out->address.bytes);
    struct orr_rlp_reader topics = orr_rlp_read_list(&log);
    while (orr_rlp_more(&topics) && out->n_topics < 4) /* ends: the list does */
        orr_rlp_read_fixed(&topics, out->topics[out->n_topics++].bytes, 32);
    out->data = orr_rlp_read_string(&log, &out->len);
    assert(orr_rlp_done(&log) && orr_rlp_done(&topics)); /* the machine wrote it */
    return 0;
}

/* ---- the state ---- */

static struct orr_evm_state *state_of(const struct orr_chain *chain, const struct orr_hash *hash) {
    struct orr_chain_link *link = orr_chain_find(chain, hash);
    return link ? link->run->state : NULL;
}

static int engine_account(void *chain, const struct orr_hash *hash,
                          const struct orr_address *address, struct orr_engine_account *out) {
    struct orr_evm_state *state = state_of(chain, hash);
    if (!state) return ORR_ENOTFOUND;
    *out = (struct orr_engine_account){.exists = orr_evm_state_exists(state, address)};
    if (!out->exists) return 0;
    out->nonce = orr_evm_state_nonce(state, address);
    out->balance = orr_evm_state_balance(state, address);
    out->code_hash = orr_evm_state_code_hash(state, address);
    out->storage_root = orr_evm_state_storage_root(state, address);
    return 0;
}

static int engine_storage(void *chain, const struct orr_hash *hash,
                          const struct orr_address *address, const struct orr_u256 *key,
                          struct orr_u256 *value) {
    struct orr_evm_state *state = state_of(chain, hash);
    if (!state) return ORR_ENOTFOUND;
    *value = orr_evm_state_storage(state, address, key);
    return 0;
}

static int engine_code(void *chain, const struct orr_hash *hash, const struct orr_address *address,
                       const uint8_t **bytes, size_t *len) {
    struct orr_evm_state *state = state_of(chain, hash);
    if (!state) return ORR_ENOTFOUND;
    const struct orr_evm_stored_code *code = orr_evm_state_code(state, address);
    *bytes = code ? code->bytes : NULL;
    *len = code ? code->len : 0;
    return 0;
}

/* ---- changing ---- */

static int engine_build(void *ctx, const struct orr_hash *parent_hash,
                        const struct orr_engine_attributes *attributes,
                        struct orr_engine_block *block) {
    struct orr_chain *chain = ctx;
    struct orr_chain_link *parent = orr_chain_find(chain, parent_hash), *link;
    struct orr_evm_header header;
    if (!parent) return ORR_ENOTFOUND;
    if (!orr_chain_may_grow(chain, parent)) return ORR_EINVAL;
    if (attributes->extra_data.len > ORR_MAX_EXTRA_DATA) return ORR_EINVAL;
    orr_chain_next_header(chain, parent, attributes, &header);
    int error = orr_chain_build(chain, parent, &header, attributes, NULL, 0, &link);
    if (!error) fill_block(chain, link, block);
    return error;
}

static int engine_import(void *chain, const uint8_t *bytes, size_t len,
                         struct orr_engine_verdict *verdict) {
    struct orr_chain_link *link;
    *verdict = orr_chain_import(chain, bytes, len, &link).told;
    return verdict->status == ORR_ENGINE_VALID && !link ? ORR_ELIMIT : 0;
}

static int engine_choose(void *ctx, const struct orr_hash *head, const struct orr_hash *safe,
                         const struct orr_hash *final) {
    struct orr_chain *chain = ctx;
    struct orr_chain_link *h = orr_chain_find(chain, head), *s = orr_chain_find(chain, safe);
    struct orr_chain_link *f = orr_chain_find(chain, final);
    return h && s && f ? orr_chain_choose(chain, h, s, f) : ORR_ENOTFOUND;
}

static int engine_common(void *chain, const struct orr_hash *a, const struct orr_hash *b,
                         struct orr_hash *common) {
    struct orr_chain_link *x = orr_chain_find(chain, a), *y = orr_chain_find(chain, b);
    struct orr_chain_link *found = x && y ? orr_chain_common(x, y) : NULL;
    if (!found) return ORR_ENOTFOUND;
    *common = *orr_chain_hash(found);
    return 0;
}

static void engine_chosen(void *ctx, struct orr_hash *head, struct orr_hash *safe,
                          struct orr_hash *final) {
    const struct orr_chain *chain = ctx;
    *head = *orr_chain_hash(chain->head);
    *safe = *orr_chain_hash(chain->safe);
    *final = *orr_chain_hash(chain->final);
}

const struct orr_engine orr_chain_engine = {
    .name = "chain",
    .build = engine_build,
    .import = engine_import,
    .choose = engine_choose,
    .common = engine_common,
    .chosen = engine_chosen,
    .block = engine_block,
    .block_at = engine_block_at,
    .tx = engine_tx,
    .receipt = engine_receipt,
    .log = engine_log,
    .account = engine_account,
    .storage = engine_storage,
    .code = engine_code,
};
