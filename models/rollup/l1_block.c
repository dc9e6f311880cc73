#include "models/rollup/l1_block.h"

#include <assert.h>

#include "models/vm/trie.h"

/* ---- receipts ---- */

static void add_log(struct orr_mem *mem, struct orr_l1_block *b, const struct orr_l1_log *log) {
    if (b->n_logs == b->logs_cap) {
        size_t cap = b->logs_cap ? 2 * b->logs_cap : 16;
        b->logs = orr_resize(mem, b->logs, b->logs_cap * sizeof *b->logs, cap * sizeof *b->logs);
        b->logs_cap = cap;
    }
    b->logs[b->n_logs++] = *log;
}

static bool read_log(struct orr_rlp_reader *logs, struct orr_l1_log *log) {
    struct orr_rlp_reader fields = orr_rlp_read_list(logs);
    orr_rlp_read_fixed(&fields, &log->address, sizeof log->address);
    struct orr_rlp_reader topics = orr_rlp_read_list(&fields);
    for (log->n_topics = 0; orr_rlp_more(&topics) && log->n_topics < 4; log->n_topics++)
        orr_rlp_read_fixed(&topics, &log->topics[log->n_topics], 32);
    log->data = orr_rlp_read_string(&fields, &log->data_len);
    return orr_rlp_done(&topics) && orr_rlp_done(&fields);
}

static bool read_receipt(struct orr_mem *mem, const uint8_t *bytes, size_t len, uint64_t *n_logs,
                         struct orr_l1_block *b) {
    if (!len) return false;
    size_t type = bytes[0] < 0x80;
    struct orr_rlp_reader r = orr_rlp_reader(bytes + type, len - type);
    struct orr_rlp_reader fields = orr_rlp_read_list(&r);
    struct orr_evm_bloom bloom;
    uint64_t status = orr_rlp_read_u64(&fields);
    orr_rlp_read_u64(&fields);
    orr_rlp_read_fixed(&fields, &bloom, sizeof bloom);
    struct orr_rlp_reader logs = orr_rlp_read_list(&fields);
    while (orr_rlp_more(&logs)) {
        struct orr_l1_log log;
        if (!read_log(&logs, &log)) return false;
        log.index = (*n_logs)++;
        if (status == 1) add_log(mem, b, &log);
    }
    return status <= 1 && orr_rlp_done(&logs) && orr_rlp_done(&fields) && orr_rlp_done(&r);
}

static const char *read_receipts(struct orr_mem *mem, const struct orr_rollup_tx *receipts,
                                 size_t n, struct orr_l1_block *b) {
    const uint8_t **items = orr_alloc(mem, (n + 1) * sizeof *items), *at;
    size_t *lens = orr_alloc(mem, (n + 1) * sizeof *lens);
    at = b->bytes + b->len;
    for (size_t i = 0; i < n; i++) at -= receipts[i].len;
    uint64_t n_logs = 0;
    bool good = true;
    for (size_t i = 0; i < n; i++) {
        items[i] = at;
        lens[i] = receipts[i].len;
        at += lens[i];
        good = good && read_receipt(mem, items[i], lens[i], &n_logs, b);
    }
    struct orr_hash root = orr_trie_list_root(mem, items, lens, n);
    orr_free(mem, items, (n + 1) * sizeof *items);
    orr_free(mem, lens, (n + 1) * sizeof *lens);
    if (!orr_hash_equal(root, b->block.header.receipts_root)) return "another receipts root";
    return good ? NULL : "a malformed receipt";
}

/* ---- the block ---- */

static void take_header(const struct orr_evm_chain_config *config, struct orr_l1_block *b) {
    const struct orr_evm_header *h = &b->block.header;
    const struct orr_u256 merged = {{0, 0, 0, UINT64_MAX}}; /* far above any total difficulty */
    const struct orr_evm_chain_fork *rules =
        orr_evm_chain_fork_at(config, h->number, h->timestamp, &merged);
    b->id = (struct orr_rollup_l1_block){h->number, h->timestamp, b->block.hash};
    b->parent_hash = h->parent_hash;
    b->mix_hash = h->mix_hash;
    b->base_fee = h->base_fee;
    b->blob_base_fee = orr_u256_from_u64(1);
    if (h->n_fields < ORR_HEADER_CANCUN) return;
    b->beacon_root = h->parent_beacon_root;
    if (rules->blobs.update_fraction)
        b->blob_base_fee = orr_evm_blob_fee(h->excess_blob_gas, rules->blobs.update_fraction);
}

const char *orr_l1_block_read(struct orr_mem *mem, const struct orr_evm_chain_config *config,
                              const uint8_t *bytes, size_t len,
                              const struct orr_rollup_tx *receipts, size_t n_receipts,
                              struct orr_l1_block *block) {
    struct orr_l1_block b = {.len = len};
    for (size_t i = 0; i < n_receipts; i++) b.len += receipts[i].len;
    b.bytes = orr_alloc(mem, b.len);
    size_t at = 0;
    if (len) memcpy(b.bytes, bytes, len);
    at = len;
    for (size_t i = 0; i < n_receipts; at += receipts[i++].len)
        if (receipts[i].len) memcpy(b.bytes + at, receipts[i].bytes, receipts[i].len);
    const char *bad = NULL;
    if (orr_evm_block_decode(mem, b.bytes, len, &b.block)) {
        orr_free(mem, b.bytes, b.len);
        return "no block";
    }
    if (!orr_hash_equal(orr_evm_transactions_root(mem, &b.block),
                        b.block.header.transactions_root))
        bad = "another transactions root";
    if (!bad && n_receipts != b.block.n_txs) bad = "not a receipt for each transaction";
    if (!bad) bad = read_receipts(mem, receipts, n_receipts, &b);
    if (!bad) take_header(config, &b);
    if (bad) orr_l1_block_free(mem, &b);
    else *block = b;
    return bad;
}

void orr_l1_block_free(struct orr_mem *mem, struct orr_l1_block *b) {
    orr_evm_block_free(mem, &b->block);
    orr_free(mem, b->logs, b->logs_cap * sizeof *b->logs);
    orr_free(mem, b->bytes, b->len);
    *b = (struct orr_l1_block){.len = 0};
}
