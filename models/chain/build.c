#include "models/chain/build.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/vm/block_run.h"
#include "models/vm/trie.h"

/* ---- the header before it is run ---- */

/* As far towards the wish as one step may go (Yellow Paper, eq. 45 to 47). */
static uint64_t next_gas_limit(const struct orr_evm_header *parent, bool is_london,
                               uint64_t wanted) {
    uint64_t before = parent->gas_limit;
    if (is_london && parent->n_fields < ORR_HEADER_LONDON) before *= 2; /* EIP-1559 */
    if (!wanted) return before;
    if (wanted < 5000) wanted = 5000;
    uint64_t step = before / 1024 ? before / 1024 - 1 : 0;
    if (wanted > before) return wanted - before > step ? before + step : wanted;
    return before - wanted > step ? before - step : wanted;
}

void orr_chain_next_header(const struct orr_chain *chain, const struct orr_chain_link *parent,
                           const struct orr_engine_attributes *a, struct orr_evm_header *h) {
    const struct orr_evm_header *before = &parent->block->block.header;
    *h = (struct orr_evm_header){.parent_hash = *orr_chain_hash(parent),
                                 .ommers_hash = orr_keccak256("\xc0", 1),
                                 .coinbase = a->coinbase,
                                 .number = before->number + 1,
                                 .timestamp = a->time,
                                 .extra_data = a->extra_data.bytes,
                                 .extra_data_len = a->extra_data.len,
                                 .mix_hash = a->prev_randao};
    if (h->timestamp <= before->timestamp) h->timestamp = before->timestamp + 1;
    const struct orr_evm_chain_fork *rules = orr_chain_rules(chain, parent->block, h);
    enum orr_evm_fork fork = rules->fork;
    h->n_fields = orr_evm_header_fields_of(fork);
    h->gas_limit = next_gas_limit(before, fork >= ORR_FORK_LONDON, a->gas_limit);
    if (fork >= ORR_FORK_LONDON) h->base_fee = orr_evm_next_base_fee(before);
    if (fork >= ORR_FORK_CANCUN) {
        h->excess_blob_gas = orr_evm_next_excess_blob_gas(rules, before);
        h->parent_beacon_root = a->parent_beacon_root;
    }
    if (fork >= ORR_FORK_AMSTERDAM)
        h->slot_number = a->slot_number ? a->slot_number : before->slot_number + 1;
    if (fork < ORR_FORK_PARIS) {
        h->mix_hash = (struct orr_hash){{0}}; /* no proof of work is made or looked for */
        h->difficulty = orr_evm_next_difficulty(
            rules, &before->difficulty, before->timestamp,
            !orr_hash_equal(before->ommers_hash, h->ommers_hash), h->number, h->timestamp);
    }
}

/* ---- one block in the making ---- */

enum { WITHDRAWALS_BYTES = 1, PREFIX_BYTES = 9 };

struct builder {
    struct orr_chain *chain;
    struct orr_chain_link *parent;
    struct orr_evm_header *header;
    struct orr_evm_block_run run;
    struct orr_chain_run *out;
    struct orr_rlp_writer txs; /* their encodings as the block has them, one after another */
    struct item {
        size_t at, len; /* of the own encoding, in txs.bytes */
    } * items;
    size_t n_items, items_cap;
    uint64_t bytes_left;
};

static bool is_typed(const uint8_t *bytes, size_t len) { return len && bytes[0] < 0xc0; }

/* Tries one transaction on what the block came to so far. */
static enum orr_evm_tx_error try_tx(struct builder *b, const struct orr_chain_offer *o) {
    struct orr_mem *mem = b->chain->blocks->mem;
    struct orr_evm_block_result *result = &b->out->result;
    struct orr_evm_tx_outcome outcome;
    struct orr_evm_receipt receipt;
    if (o->len + PREFIX_BYTES > b->bytes_left) return ORR_TX_GAS_ALLOWANCE_EXCEEDED;
    if (result->n_receipts == result->receipts_cap) {
        size_t cap = result->receipts_cap ? 2 * result->receipts_cap : 64;
        result->receipts = orr_resize(mem, result->receipts, result->receipts_cap * sizeof receipt,
                                      cap * sizeof receipt);
        result->receipts_cap = cap;
        b->items =
            orr_resize(mem, b->items, b->items_cap * sizeof *b->items, cap * sizeof *b->items);
        b->items_cap = cap;
    }
    enum orr_evm_tx_error error =
        orr_evm_block_run_tx(&b->run, o->tx, o->sender, &receipt, &outcome);
    if (error) return error;
    result->receipts[result->n_receipts++] = receipt;
    if (is_typed(o->bytes, o->len))
        orr_rlp_write_string(&b->txs, o->bytes, o->len);
    else
        orr_rlp_write_raw(&b->txs, o->bytes, o->len);
    b->items[b->n_items++] = (struct item){b->txs.len - o->len, o->len};
    b->bytes_left -= o->len + PREFIX_BYTES;
    return ORR_TX_OK;
}

static void add_given(struct builder *b, const struct orr_engine_attributes *a) {
    struct orr_mem *mem = b->chain->blocks->mem;
    for (size_t i = 0; i < a->n_txs; i++) {
        struct orr_evm_tx tx;
        if (orr_evm_tx_decode(mem, a->txs[i].bytes, a->txs[i].len, &tx)) continue;
        try_tx(b, &(struct orr_chain_offer){&tx, a->txs[i].bytes, a->txs[i].len, NULL});
        orr_evm_tx_free(mem, &tx);
    }
}

/* The root of the trie over the transactions, or over the receipts. */
static struct orr_hash list_root(struct builder *b, bool of_receipts) {
    struct orr_mem *mem = b->chain->blocks->mem;
    size_t n = b->n_items;
    const uint8_t **bytes = orr_alloc(mem, (n + 1) * sizeof bytes[0]);
    size_t *lens = orr_alloc(mem, (n + 1) * sizeof lens[0]);
    for (size_t i = 0; i < n; i++) {
        const struct orr_evm_receipt *r = &b->out->result.receipts[i];
        bytes[i] = of_receipts ? r->encoding : b->txs.bytes + b->items[i].at;
        lens[i] = of_receipts ? r->encoding_len : b->items[i].len;
    }
    struct orr_hash root = orr_trie_list_root_in(b->chain->blocks->store, bytes, lens, n);
    orr_free(mem, bytes, (n + 1) * sizeof bytes[0]);
    orr_free(mem, lens, (n + 1) * sizeof lens[0]);
    return root;
}

/* The header's sums, from what the block came to. */
static void seal(struct builder *b) {
    struct orr_evm_header *h = b->header;
    struct orr_evm_block_result *result = &b->out->result;
    result->gas_used = b->run.gas_used;
    result->blob_gas_used = b->run.blob_gas_used;
    result->bloom = b->run.bloom;
    result->requests_hash = b->run.requests_hash;
    result->access_list_hash = b->run.access_list_hash;
    result->state_root = orr_evm_state_root(b->out->state);
    result->receipts_root = list_root(b, true);
    h->state_root = result->state_root;
    h->receipts_root = result->receipts_root;
    h->transactions_root = list_root(b, false);
    h->bloom = result->bloom;
    h->gas_used = result->gas_used;
    if (h->n_fields >= ORR_HEADER_SHANGHAI)
        h->withdrawals_root = orr_trie_list_root(b->chain->blocks->mem, NULL, NULL, 0);
    if (h->n_fields >= ORR_HEADER_CANCUN) h->blob_gas_used = result->blob_gas_used;
    if (h->n_fields >= ORR_HEADER_PRAGUE) h->requests_hash = result->requests_hash;
    if (h->n_fields >= ORR_HEADER_AMSTERDAM) h->access_list_hash = result->access_list_hash;
}

/* The block's bytes, and the block that they are. */
static struct orr_chain_block *encode(struct builder *b) {
    struct orr_mem *mem = b->chain->blocks->mem;
    struct orr_rlp_writer w = {.mem = mem};
    size_t block = orr_rlp_list_begin(&w);
    orr_evm_header_encode(b->header, &w);
    size_t txs = orr_rlp_list_begin(&w);
    orr_rlp_write_raw(&w, b->txs.bytes, b->txs.len);
    orr_rlp_list_end(&w, txs);
    orr_rlp_list_end(&w, orr_rlp_list_begin(&w)); /* ommers */
    if (b->header->n_fields >= ORR_HEADER_SHANGHAI)
        orr_rlp_list_end(&w, orr_rlp_list_begin(&w)); /* withdrawals */
    orr_rlp_list_end(&w, block);
    struct orr_chain_block *made = NULL;
    int error = orr_chain_block_open(b->chain->blocks, w.bytes, w.len, &made);
    assert(!error); /* it was encoded a line above */
    (void)error;
    orr_rlp_free(&w);
    return made;
}

static int finish(struct builder *b, struct orr_chain_link **link) {
    struct orr_chain *chain = b->chain;
    if (orr_evm_block_run_requests(&b->run)) return ORR_EINVAL;
    orr_evm_block_run_rewards(&b->run, NULL, 0);
    seal(b);
    struct orr_chain_block *block = encode(b);
    struct orr_chain_link *known = orr_chain_find(chain, &block->block.hash);
    if (known) { /* built twice */
        orr_chain_block_release_body(chain->blocks, block);
        orr_chain_block_release(chain->blocks, block);
        *link = known;
        return 0;
    }
    b->out->n_written = orr_evm_state_n_written(b->out->state);
    orr_evm_state_trim(b->out->state);
    if (!chain->options.has_receipts)
        orr_evm_block_result_free(chain->blocks->mem, &b->out->result);
    orr_chain_block_publish(chain->blocks, block, b->parent->block);
    orr_chain_share(chain, block, b->out);
    *link = orr_chain_add(chain, b->parent, block, orr_chain_run_retain(b->out));
    return *link ? 0 : ORR_ELIMIT;
}

int orr_chain_build(struct orr_chain *chain, struct orr_chain_link *parent,
                    struct orr_evm_header *header, const struct orr_engine_attributes *attributes,
                    struct orr_chain_source *source, uint64_t max_bytes,
                    struct orr_chain_link **link) {
    struct orr_chain_blocks *blocks = chain->blocks;
    struct orr_evm_chain_view view = orr_chain_view(chain, parent);
    struct builder b = {
        .chain = chain, .parent = parent, .header = header, .txs = {.mem = blocks->mem}};
    struct orr_rlp_writer w = {.mem = blocks->mem};
    orr_evm_header_encode(header, &w); /* its numbers grow by 8 bytes each at most */
    uint64_t frame = w.len + 5 * PREFIX_BYTES + WITHDRAWALS_BYTES + 64;
    orr_rlp_free(&w);
    if (!max_bytes || max_bytes > ORR_MAX_BLOCK_BYTES) max_bytes = ORR_MAX_BLOCK_BYTES;
    b.bytes_left = max_bytes > frame ? max_bytes - frame : 0;
    b.out = orr_alloc_zero(blocks->mem, sizeof *b.out);
    b.out->refs = 1;
    b.out->config = chain->config;
    b.out->state = orr_evm_state_fork(parent->run->state);
    b.run = (struct orr_evm_block_run){.executor = blocks->executor,
                                       .state = b.out->state,
                                       .config = chain->config,
                                       .rules = orr_chain_rules(chain, parent->block, header),
                                       .header = header,
                                       .hashes = view.hashes};
    orr_evm_executor_flaws(blocks->executor, &chain->options.flaws);
    orr_evm_block_run_begin(&b.run);
    chain->n_runs++;
    add_given(&b, attributes);
    const struct orr_chain_offer *offer;
    while (source && (offer = source->next(source->ctx))) /* ends: the source does */
        source->tried(source->ctx, try_tx(&b, offer));
    int error = finish(&b, link);
    orr_evm_executor_flaws(blocks->executor, NULL);
    orr_evm_block_run_end(&b.run);
    orr_chain_run_release(blocks, NULL, b.out);
    orr_rlp_free(&b.txs);
    orr_free(blocks->mem, b.items, b.items_cap * sizeof *b.items);
    return error;
}
