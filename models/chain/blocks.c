#include "models/chain/blocks.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/chain/tx.h"

void orr_chain_blocks_init(struct orr_chain_blocks *blocks, struct orr_mem *mem) {
    *blocks = (struct orr_chain_blocks){
        .mem = mem, .store = orr_evm_store_create(mem), .executor = orr_evm_executor_create(mem)};
    orr_index_init(&blocks->index, mem, sizeof *blocks->entries,
                   offsetof(struct orr_chain_block_entry, hash));
    orr_chain_accounts_init(&blocks->accounts, mem);
}

void orr_chain_blocks_fini(struct orr_chain_blocks *blocks) {
    assert(!blocks->n_live);
    orr_index_fini(&blocks->index);
    orr_free(blocks->mem, blocks->entries, blocks->cap * sizeof *blocks->entries);
    orr_chain_accounts_fini(&blocks->accounts);
    orr_evm_executor_destroy(blocks->executor);
    orr_evm_store_destroy(blocks->store);
    *blocks = (struct orr_chain_blocks){.mem = NULL};
}

/* ---- the index ---- */

static uint32_t place_of(const struct orr_chain_blocks *blocks, const struct orr_hash *hash) {
    return orr_index_find32(&blocks->index, blocks->entries, hash->bytes);
}

struct orr_chain_block *orr_chain_blocks_find(const struct orr_chain_blocks *blocks,
                                              const struct orr_hash *hash) {
    uint32_t at = place_of(blocks, hash);
    return at == ORR_NOWHERE ? NULL : blocks->entries[at].block;
}

/* Moves what is left to the front; the index is made anew. */
static void sweep(struct orr_chain_blocks *blocks) {
    uint32_t n = 0;
    orr_index_clear(&blocks->index);
    for (uint32_t i = 0; i < blocks->n_entries; i++) {
        if (!blocks->entries[i].block) continue;
        blocks->entries[n] = blocks->entries[i];
        orr_index_put32(&blocks->index, blocks->entries, n++);
    }
    assert(n == blocks->n_live);
    blocks->n_entries = n;
}

static void put(struct orr_chain_blocks *blocks, struct orr_chain_block *block) {
    uint32_t at = place_of(blocks, &block->block.hash);
    block->is_indexed = true;
    blocks->n_live++;
    if (at != ORR_NOWHERE) { /* it was here and went */
        assert(!blocks->entries[at].block);
        blocks->entries[at].block = block;
        return;
    }
    if (blocks->n_entries == blocks->cap) {
        uint32_t cap = blocks->cap ? 2 * blocks->cap : 64;
        blocks->entries =
            orr_resize(blocks->mem, blocks->entries, blocks->cap * sizeof *blocks->entries,
                       cap * sizeof *blocks->entries);
        blocks->cap = cap;
    }
    blocks->entries[blocks->n_entries] = (struct orr_chain_block_entry){block->block.hash, block};
    orr_index_put32(&blocks->index, blocks->entries, blocks->n_entries++);
}

static void take_out(struct orr_chain_blocks *blocks, struct orr_chain_block *block) {
    uint32_t at = place_of(blocks, &block->block.hash);
    assert(at != ORR_NOWHERE && blocks->entries[at].block == block);
    blocks->entries[at].block = NULL;
    blocks->n_live--;
    if (blocks->n_entries > 64 && blocks->n_live < blocks->n_entries / 2) sweep(blocks);
}

/* ---- one block ---- */

/* The header's extra data must outlive the body. */
static void keep_extra_data(struct orr_chain_block *block) {
    struct orr_evm_header *h = &block->block.header;
    if (h->extra_data_len > sizeof block->extra) return; /* refused before the body can go */
    if (h->extra_data_len) memcpy(block->extra, h->extra_data, h->extra_data_len);
    h->extra_data = block->extra;
}

int orr_chain_block_open(struct orr_chain_blocks *blocks, const uint8_t *bytes, size_t len,
                         struct orr_chain_block **out) {
    struct orr_rlp_reader all = orr_rlp_reader(bytes, len);
    struct orr_rlp_item header = orr_rlp_peek(&(struct orr_rlp_reader){
        orr_rlp_peek(&all).payload, bytes + len, !orr_rlp_peek(&all).is_list});
    if (header.is_list) {
        struct orr_hash hash = orr_keccak256(header.encoding, header.encoding_len);
        struct orr_chain_block *known = orr_chain_blocks_find(blocks, &hash);
        if (known && known->bytes && known->len == len && !memcmp(known->bytes, bytes, len)) {
            known->refs++;
            known->n_bodies++;
            *out = known;
            return 0;
        }
    }
    struct orr_chain_block *block = orr_alloc_zero(blocks->mem, sizeof *block);
    block->bytes = orr_alloc(blocks->mem, len);
    block->len = len;
    if (len) memcpy(block->bytes, bytes, len);
    int error = orr_evm_block_decode(blocks->mem, block->bytes, len, &block->block);
    if (error) {
        orr_free(blocks->mem, block->bytes, len);
        orr_free(blocks->mem, block, sizeof *block);
        return error;
    }
    keep_extra_data(block);
    block->refs = block->n_bodies = 1;
    *out = block;
    return 0;
}

struct orr_chain_block *orr_chain_block_first(struct orr_chain_blocks *blocks,
                                              const struct orr_evm_header *header) {
    struct orr_hash hash = orr_evm_header_hash(blocks->mem, header);
    struct orr_chain_block *block = orr_chain_blocks_find(blocks, &hash);
    if (block) {
        block->refs++;
        return block;
    }
    block = orr_alloc_zero(blocks->mem, sizeof *block);
    block->block.header = *header;
    block->block.hash = hash;
    block->total_difficulty = header->difficulty;
    keep_extra_data(block);
    block->refs = 1;
    put(blocks, block);
    return block;
}

static struct orr_u256 sum(struct orr_u256 a, struct orr_u256 b) {
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

struct orr_chain_block *orr_chain_block_behind(struct orr_chain_blocks *blocks,
                                               const struct orr_evm_header *header,
                                               struct orr_chain_block *parent,
                                               const struct orr_u256 *total_difficulty) {
    struct orr_chain_block *block = orr_chain_block_first(blocks, header);
    if (block->parent || !header->number) { /* another node has it with all that lies below */
        orr_chain_block_release(blocks, parent);
        return block;
    }
    assert(!parent || orr_hash_equal(parent->block.hash, header->parent_hash));
    block->parent = parent;
    block->total_difficulty =
        sum(parent ? parent->total_difficulty : *total_difficulty, header->difficulty);
    return block;
}

void orr_chain_block_publish(struct orr_chain_blocks *blocks, struct orr_chain_block *block,
                             struct orr_chain_block *parent) {
    if (block->is_indexed) return;
    assert(!block->parent);
    block->parent = parent;
    block->total_difficulty = block->block.header.difficulty;
    if (parent) {
        assert(orr_hash_equal(parent->block.hash, block->block.header.parent_hash));
        parent->refs++;
        block->total_difficulty = sum(parent->total_difficulty, block->total_difficulty);
    }
    /* Another with this hash is here when its body went, or differs: the newcomer stays alone. */
    if (!orr_chain_blocks_find(blocks, &block->block.hash)) put(blocks, block);
}

static void free_senders(struct orr_chain_blocks *blocks, struct orr_chain_block *block) {
    orr_free(blocks->mem, block->senders, block->block.n_txs * sizeof *block->senders);
    block->senders = NULL;
    block->block.senders = NULL;
}

void orr_chain_block_release_body(struct orr_chain_blocks *blocks, struct orr_chain_block *block) {
    assert(block->n_bodies);
    if (--block->n_bodies || block->block.n_ommers)
        return; /* later ommers are compared with them */
    struct orr_evm_header header = block->block.header;
    struct orr_hash hash = block->block.hash, ommers_hash = block->block.ommers_hash;
    free_senders(blocks, block);
    orr_evm_block_free(blocks->mem, &block->block);
    orr_free(blocks->mem, block->bytes, block->len);
    block->bytes = NULL;
    block->len = 0;
    block->block.header = header;
    block->block.hash = hash;
    block->block.ommers_hash = ommers_hash;
}

void orr_chain_block_release(struct orr_chain_blocks *blocks, struct orr_chain_block *block) {
    while (block && --block->refs == 0) { /* ends: each turn frees one block of a finite chain */
        struct orr_chain_block *parent = block->parent;
        assert(!block->run);
        if (block->is_indexed) take_out(blocks, block);
        free_senders(blocks, block);
        orr_evm_block_free(blocks->mem, &block->block);
        orr_free(blocks->mem, block->bytes, block->len);
        orr_free(blocks->mem, block, sizeof *block);
        block = parent;
    }
}

void orr_chain_block_recover(struct orr_chain_blocks *blocks, struct orr_chain_block *block,
                             enum orr_evm_fork fork, const struct orr_u256 *chain_id,
                             struct orr_memo *memo) {
    if (block->senders && block->senders_fork == fork) return;
    size_t n = block->block.n_txs;
    if (!block->senders && n)
        block->senders = orr_alloc_zero(blocks->mem, n * sizeof *block->senders);
    for (size_t i = 0; i < n; i++) {
        const struct orr_rlp_item *item = &block->block.tx_items[i];
        block->senders[i].error =
            orr_chain_tx_sender(blocks->mem, memo, &block->block.txs[i], item->payload, item->len,
                                fork, chain_id, &block->senders[i].address);
    }
    block->senders_fork = fork;
    block->block.senders = block->senders;
}

/* ---- runs ---- */

struct orr_chain_run *orr_chain_run_retain(struct orr_chain_run *run) {
    run->refs++;
    return run;
}

void orr_chain_run_release(struct orr_chain_blocks *blocks, struct orr_chain_block *block,
                           struct orr_chain_run *run) {
    if (!run || --run->refs) return;
    if (block && block->run == run) block->run = NULL;
    if (run->first_log) {
        size_t n = run->result.n_receipts;
        orr_free(blocks->mem, run->log_at, run->first_log[n] * sizeof *run->log_at);
        orr_free(blocks->mem, run->first_log, (n + 1) * sizeof *run->first_log);
    }
    orr_evm_block_result_free(blocks->mem, &run->result);
    if (run->state) orr_evm_state_destroy(run->state);
    orr_free(blocks->mem, run, sizeof *run);
}
