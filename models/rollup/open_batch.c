#include "models/rollup/open_batch.h"

#include <assert.h>

#include "models/rollup/batch.h"
#include "models/rollup/span.h"

static void take_bytes(struct orr_open_batch *open, const struct orr_rlp_writer *w) {
    open->bytes = w->bytes;
    open->cap = w->cap;
}

/* ---- singular ---- */

static const char *open_singular(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                                 struct orr_open_batch *open) {
    struct orr_singular s;
    if (orr_singular_read(mem, bytes, len, &s)) return "a malformed batch";
    struct orr_rlp_writer w = {.mem = mem};
    for (size_t i = 0; i < s.n_txs; i++) orr_rlp_write_raw(&w, s.txs[i].bytes, s.txs[i].len);
    size_t at = 0;
    for (size_t i = 0; i < s.n_txs; i++) {
        s.txs[i].bytes = w.bytes ? w.bytes + at : NULL;
        at += s.txs[i].len;
    }
    open->blocks = orr_alloc(mem, sizeof *open->blocks);
    open->txs = s.txs; /* moved */
    open->n_txs = s.n_txs;
    take_bytes(open, &w);
    *open->blocks = (struct orr_rollup_batch_block){s.timestamp, s.epoch_num, s.txs, s.n_txs};
    open->batch = (struct orr_rollup_batch){.parent_hash = s.parent_hash,
                                            .epoch_hash = s.epoch_hash,
                                            .blocks = open->blocks,
                                            .n_blocks = 1};
    return NULL;
}

/* ---- span ---- */

static void open_txs(struct orr_mem *mem, const struct orr_rollup_config *config,
                     const struct orr_span_batch *span, struct orr_open_batch *open) {
    struct orr_rlp_writer w = {.mem = mem};
    open->n_txs = span->n_txs;
    open->txs = orr_alloc(mem, open->n_txs * sizeof *open->txs);
    for (size_t i = 0; i < open->n_txs; i++) {
        size_t before = w.len;
        orr_span_tx_write(&span->txs[i], config->l2_chain_id, &w);
        open->txs[i].len = w.len - before;
    }
    const uint8_t *at = w.bytes;
    for (size_t i = 0; i < open->n_txs; at += open->txs[i++].len) open->txs[i].bytes = at;
    take_bytes(open, &w);
}

static void open_blocks(struct orr_mem *mem, const struct orr_rollup_config *config,
                        const struct orr_span_batch *span, struct orr_open_batch *open) {
    uint64_t *origins = orr_alloc(mem, span->n_blocks * sizeof *origins);
    orr_span_origins(span, origins);
    open->blocks = orr_alloc(mem, span->n_blocks * sizeof *open->blocks);
    size_t tx = 0;
    for (uint32_t i = 0; i < span->n_blocks; tx += span->block_tx_counts[i++])
        open->blocks[i] = (struct orr_rollup_batch_block){
            .timestamp = config->l2_genesis_time + span->rel_timestamp + i * config->block_time,
            .epoch_num = origins[i],
            .txs = open->n_txs ? open->txs + tx : NULL,
            .n_txs = span->block_tx_counts[i]};
    orr_free(mem, origins, span->n_blocks * sizeof *origins);
    open->batch = (struct orr_rollup_batch){
        .is_span = true, .blocks = open->blocks, .n_blocks = span->n_blocks};
    memcpy(&open->batch.parent_hash, span->parent_check, ORR_SPAN_CHECK_BYTES);
    memcpy(&open->batch.epoch_hash, span->l1_origin_check, ORR_SPAN_CHECK_BYTES);
}

static const char *open_span(struct orr_mem *mem, const struct orr_rollup_config *config,
                             const uint8_t *bytes, size_t len, struct orr_open_batch *open) {
    struct orr_span_batch span;
    struct orr_span_fault fault;
    if (orr_span_read(mem, bytes, len, &span, &fault)) return fault.what;
    if (span.n_blocks) {
        open_txs(mem, config, &span, open);
        open_blocks(mem, config, &span, open);
    }
    orr_span_free(mem, &span);
    return open->blocks ? NULL : "a span of no blocks";
}

const char *orr_open_batch_read(struct orr_mem *mem, const struct orr_rollup_config *config,
                                const uint8_t *bytes, size_t len, struct orr_open_batch *open) {
    struct orr_open_batch o = {.n_txs = 0};
    const char *bad = "a batch of unknown version";
    if (len && bytes[0] == ORR_BATCH_SINGULAR) bad = open_singular(mem, bytes + 1, len - 1, &o);
    if (len && bytes[0] == ORR_BATCH_SPAN) bad = open_span(mem, config, bytes + 1, len - 1, &o);
    if (!bad) *open = o;
    return bad;
}

void orr_open_batch_free(struct orr_mem *mem, struct orr_open_batch *o) {
    orr_free(mem, o->blocks, o->batch.n_blocks * sizeof *o->blocks);
    orr_free(mem, o->txs, o->n_txs * sizeof *o->txs);
    orr_free(mem, o->bytes, o->cap);
    *o = (struct orr_open_batch){.n_txs = 0};
}
