#include "models/index/block.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/trie.h"

/* ---- receipts ---- */

bool orr_index_log_read(struct orr_rlp_reader *logs, struct orr_index_log *log) {
    if (!orr_rlp_more(logs)) return false;
    struct orr_rlp_reader fields = orr_rlp_read_list(logs);
    log->n_topics = 0;
    orr_rlp_read_fixed(&fields, log->address.bytes, sizeof log->address.bytes);
    struct orr_rlp_reader topics = orr_rlp_read_list(&fields);
    while (orr_rlp_more(&topics) && log->n_topics < 4) /* ends: n_topics grows */
        orr_rlp_read_fixed(&topics, log->topics[log->n_topics++].bytes, 32);
    log->data = orr_rlp_read_string(&fields, &log->len);
    if (!orr_rlp_done(&topics) || !orr_rlp_done(&fields)) logs->bad = true;
    return !logs->bad;
}

/* The status, or before Byzantium a root. */
static bool read_status(struct orr_rlp_reader *fields, struct orr_index_receipt *r) {
    size_t len;
    const uint8_t *status = orr_rlp_read_string(fields, &len);
    r->has_status = len < 2;
    r->is_success = len == 1;
    if (len == 32) memcpy(r->post_state.bytes, status, 32);
    return !fields->bad && (len == 0 || (len == 1 && *status == 1) || len == 32);
}

/* Reads a receipt of a transaction of this type and joins its filter to `bloom`; NULL, or what is
 * wrong with it. */
static const char *read_receipt(const struct orr_evm_tx *tx, const uint8_t *bytes, size_t len,
                                struct orr_index_receipt *r, struct orr_evm_bloom *bloom) {
    struct orr_evm_bloom told, found = {{0}};
    struct orr_index_log log;
    bool is_typed = tx->type != ORR_TX_LEGACY; /* EIP-2718 */
    if (!len || (is_typed && bytes[0] != (uint8_t)tx->type))
        return "a receipt of another type than its transaction";
    struct orr_rlp_reader all = orr_rlp_reader(bytes + is_typed, len - is_typed);
    struct orr_rlp_reader fields = orr_rlp_read_list(&all);
    if (!read_status(&fields, r)) return "a malformed receipt";
    r->cumulative_gas = orr_rlp_read_u64(&fields);
    orr_rlp_read_fixed(&fields, told.bytes, sizeof told.bytes);
    r->logs = orr_rlp_read_list(&fields);
    if (!orr_rlp_done(&fields) || !orr_rlp_done(&all)) return "a malformed receipt";
    struct orr_rlp_reader logs = r->logs;
    for (r->n_logs = 0; orr_index_log_read(&logs, &log); r->n_logs++) {
        orr_evm_bloom_add(&found, log.address.bytes, sizeof log.address.bytes);
        for (uint32_t i = 0; i < log.n_topics; i++)
            orr_evm_bloom_add(&found, log.topics[i].bytes, sizeof log.topics[i].bytes);
    }
    if (logs.bad) return "a malformed log";
    if (memcmp(&told, &found, sizeof told)) return "a receipt's bloom filter is not its logs'";
    orr_evm_bloom_join(bloom, &found);
    return NULL;
}

static int check_receipts(struct orr_mem *mem, struct orr_index_block *b, bool is_believed,
                          const char **why) {
    struct orr_evm_bloom bloom = {{0}};
    size_t n = b->block.n_txs;
    const uint8_t **items = orr_alloc(mem, n * sizeof *items), *p = b->bytes + b->block_len;
    size_t *lens = orr_alloc(mem, n * sizeof *lens);
    uint64_t gas = 0;
    *why = NULL;
    for (size_t i = 0; i < n && !*why; i++) {
        items[i] = p + 4;
        lens[i] = orr_load_le32(p);
        *why = read_receipt(&b->block.txs[i], items[i], lens[i], &b->receipts[i], &bloom);
        if (!*why && b->receipts[i].cumulative_gas < gas) *why = "gas used goes down";
        gas = b->receipts[i].cumulative_gas;
        b->n_logs += b->receipts[i].n_logs;
        p += 4 + lens[i];
    }
    int error = *why ? ORR_EFORMAT : 0;
    if (!error && !is_believed) {
        struct orr_hash root = orr_trie_list_root(mem, items, lens, n);
        if (!orr_hash_equal(root, b->block.header.receipts_root))
            *why = "the receipts do not hash to the header's receipts root";
        else if (memcmp(&bloom, &b->block.header.bloom, sizeof bloom))
            *why = "the logs do not give the header's bloom filter";
        error = *why ? ORR_ECORRUPT : 0;
    }
    orr_free(mem, items, n * sizeof *items);
    orr_free(mem, lens, n * sizeof *lens);
    return error;
}

/* ---- blocks ---- */

static int find_senders(struct orr_mem *mem, const struct orr_index_feed *feed,
                        struct orr_index_block *b, const char **why) {
    size_t n = b->block.n_txs;
    if (feed->senders && n) memcpy(b->senders, feed->senders, n * sizeof *b->senders);
    for (size_t i = 0; i < n && !feed->senders; i++) {
        const struct orr_evm_tx *tx = &b->block.txs[i];
        /* Which blocks may hold it is not ours to judge: a signature that any fork takes is one. */
        enum orr_evm_fork fork = tx->has_chain_id ? ORR_FORK_EIP158 : ORR_FORK_FRONTIER;
        if (orr_evm_tx_sender(mem, tx, fork, &tx->chain_id, &b->senders[i])) {
            *why = "a transaction that nobody signed";
            return ORR_ECORRUPT;
        }
    }
    return 0;
}

static int check_block(struct orr_mem *mem, const struct orr_index_feed *feed,
                       struct orr_index_block *b, const char **why) {
    size_t n = b->block.n_txs;
    b->receipts = orr_alloc_zero(mem, n * sizeof *b->receipts);
    b->senders = orr_alloc(mem, n * sizeof *b->senders);
    *why = "another number of receipts than of transactions";
    if (feed->n_receipts != n) return ORR_ECORRUPT;
    *why = "a number above 2^63";
    if (b->block.header.number > INT64_MAX || b->block.header.timestamp > INT64_MAX)
        return ORR_EFORMAT;
    *why = "the transactions do not hash to the header's transactions root";
    struct orr_hash root = orr_evm_transactions_root(mem, &b->block);
    if (!orr_hash_equal(root, b->block.header.transactions_root)) return ORR_ECORRUPT;
    *why = "the ommers or withdrawals are not what the header commits to";
    if (!orr_hash_equal(b->block.ommers_hash, b->block.header.ommers_hash)) return ORR_ECORRUPT;
    root = orr_evm_withdrawals_root(mem, &b->block);
    if (b->block.has_withdrawals && !orr_hash_equal(root, b->block.header.withdrawals_root))
        return ORR_ECORRUPT;
    int error = check_receipts(mem, b, feed->is_believed, why);
    return error ? error : find_senders(mem, feed, b, why);
}

/* The block, and behind it each receipt behind its length. */
static void copy_bytes(struct orr_mem *mem, const struct orr_index_feed *feed,
                       struct orr_index_block *b) {
    b->len = b->block_len = feed->len;
    for (size_t i = 0; i < feed->n_receipts; i++) b->len += 4 + feed->receipts[i].len;
    b->bytes = orr_alloc(mem, b->len);
    if (feed->len) memcpy(b->bytes, feed->block, feed->len);
    uint8_t *p = b->bytes + feed->len;
    for (size_t i = 0; i < feed->n_receipts; i++) {
        const struct orr_engine_bytes *r = &feed->receipts[i];
        orr_store_le32(p, (uint32_t)r->len);
        if (r->len) memcpy(p + 4, r->bytes, r->len);
        p += 4 + r->len;
    }
}

int orr_index_block_open(struct orr_mem *mem, const struct orr_index_feed *feed,
                         struct orr_index_block **out, const char **why) {
    struct orr_index_block *b = orr_alloc_zero(mem, sizeof *b);
    copy_bytes(mem, feed, b);
    *why = "no block in RLP";
    int error = orr_evm_block_decode(mem, b->bytes, b->block_len, &b->block);
    if (error) {
        orr_free(mem, b->bytes, b->len);
        orr_free(mem, b, sizeof *b);
        return error;
    }
    error = check_block(mem, feed, b, why);
    if (error) {
        orr_index_block_free(mem, b);
        return error;
    }
    *why = NULL;
    *out = b;
    return 0;
}

void orr_index_block_free(struct orr_mem *mem, struct orr_index_block *b) {
    size_t n = b->block.n_txs;
    orr_free(mem, b->receipts, n * sizeof *b->receipts);
    orr_free(mem, b->senders, n * sizeof *b->senders);
    orr_evm_block_free(mem, &b->block);
    orr_free(mem, b->bytes, b->len);
    orr_free(mem, b, sizeof *b);
}

/* ---- from a chain ---- */

/* A first block that was given as fields: its RLP. */
static void write_first(const struct orr_engine_block *e, struct orr_rlp_writer *w) {
    struct orr_evm_header h = {.n_fields = e->has_access_list   ? ORR_HEADER_AMSTERDAM
                                           : e->has_requests    ? ORR_HEADER_PRAGUE
                                           : e->has_blob_gas    ? ORR_HEADER_CANCUN
                                           : e->has_withdrawals ? ORR_HEADER_SHANGHAI
                                           : e->has_base_fee    ? ORR_HEADER_LONDON
                                                                : ORR_HEADER_FRONTIER,
                               .parent_hash = e->parent_hash,
                               .ommers_hash = e->ommers_hash,
                               .coinbase = e->coinbase,
                               .state_root = e->state_root,
                               .transactions_root = e->transactions_root,
                               .receipts_root = e->receipts_root,
                               .difficulty = e->difficulty,
                               .number = e->number,
                               .gas_limit = e->gas_limit,
                               .gas_used = e->gas_used,
                               .timestamp = e->time,
                               .extra_data = e->extra_data,
                               .extra_data_len = e->extra_data_len,
                               .mix_hash = e->mix_hash,
                               .base_fee = e->base_fee,
                               .withdrawals_root = e->withdrawals_root,
                               .blob_gas_used = e->blob_gas_used,
                               .excess_blob_gas = e->excess_blob_gas,
                               .parent_beacon_root = e->parent_beacon_root,
                               .requests_hash = e->requests_hash,
                               .access_list_hash = e->access_list_hash,
                               .slot_number = e->slot_number};
    memcpy(h.bloom.bytes, e->bloom, sizeof h.bloom.bytes);
    memcpy(h.nonce, e->nonce, sizeof h.nonce);
    size_t block = orr_rlp_list_begin(w);
    orr_evm_header_encode(&h, w);
    for (int i = 0; i < 2 + e->has_withdrawals; i++) orr_rlp_list_end(w, orr_rlp_list_begin(w));
    orr_rlp_list_end(w, block);
}

int orr_index_feed_read(struct orr_mem *mem, const struct orr_engine *engine, void *chain,
                        const struct orr_hash *hash, struct orr_index_feed *feed) {
    struct orr_engine_block block;
    struct orr_rlp_writer w = {.mem = mem};
    int error = engine->block(chain, hash, &block);
    if (error) return error;
    uint32_t n = block.n_txs;
    if (block.bytes)
        orr_rlp_write_raw(&w, block.bytes, block.len);
    else
        write_first(&block, &w);
    struct orr_engine_bytes *receipts = orr_alloc_zero(mem, n * sizeof *receipts);
    struct orr_address *senders = orr_alloc(mem, n * sizeof *senders);
    for (uint32_t i = 0; i < n && !error; i++) {
        struct orr_engine_tx tx;
        struct orr_engine_receipt r;
        error = engine->tx(chain, hash, i, &tx);
        if (!error) error = engine->receipt(chain, hash, i, &r);
        if (error) break;
        senders[i] = tx.sender;
        receipts[i] = (struct orr_engine_bytes){r.bytes, r.len};
    }
    *feed = (struct orr_index_feed){.block = orr_resize(mem, w.bytes, w.cap, w.len),
                                    .len = w.len,
                                    .receipts = receipts,
                                    .n_receipts = n,
                                    .senders = senders};
    if (error) orr_index_feed_free(mem, feed);
    return error;
}

void orr_index_feed_free(struct orr_mem *mem, struct orr_index_feed *feed) {
    size_t n = feed->n_receipts;
    orr_free(mem, (void *)feed->block, feed->len);
    orr_free(mem, (void *)feed->receipts, n * sizeof *feed->receipts);
    orr_free(mem, (void *)feed->senders, n * sizeof *feed->senders);
    *feed = (struct orr_index_feed){.n_receipts = 0};
}
