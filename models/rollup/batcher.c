#include "models/rollup/batcher.h"

#include <assert.h>

#include "models/rollup/batch.h"
#include "models/rollup/span.h"

/* ---- batches ---- */

static void write_singulars(struct orr_mem *mem, const struct orr_verified *const *blocks, size_t n,
                            const struct orr_verified *before, struct orr_rlp_writer *channel) {
    for (size_t i = 0; i < n; before = blocks[i++]) {
        const struct orr_verified *b = blocks[i];
        static const uint8_t version = ORR_BATCH_SINGULAR;
        struct orr_singular s = {.parent_hash = before->head.block.hash,
                                 .epoch_hash = b->head.origin_hash,
                                 .epoch_num = b->head.block.origin_number,
                                 .timestamp = b->head.block.time,
                                 .txs = b->txs,
                                 .n_txs = b->n_txs - b->n_deposits};
        struct orr_rlp_writer w = {.mem = mem};
        orr_rlp_write_raw(&w, &version, 1);
        orr_singular_write(&s, &w);
        orr_rlp_write_string(channel, w.bytes, w.len);
        orr_rlp_free(&w);
    }
}

/* The transactions taken apart lie in blocks of mem, which are given back here. */
static void free_txs(struct orr_mem *mem, struct orr_span_tx *txs, size_t n, size_t cap) {
    for (size_t i = 0; i < n; i++) orr_span_tx_free(mem, &txs[i]);
    orr_free(mem, txs, cap * sizeof *txs);
}

static bool open_txs(struct orr_mem *mem, const struct orr_rollup_config *config,
                     const struct orr_verified *const *blocks, size_t n,
                     struct orr_span_batch *span) {
    for (size_t i = 0; i < n; i++)
        for (size_t t = 0; t < span->block_tx_counts[i]; t++) {
            const struct orr_rollup_tx *tx = &blocks[i]->txs[t];
            if (orr_span_tx_read(mem, tx->bytes, tx->len, config->l2_chain_id,
                                 &span->txs[span->n_txs]))
                return false;
            span->n_txs++;
        }
    return true;
}

/* false: a transaction has no form that a span knows. */
static bool write_span(struct orr_mem *mem, const struct orr_rollup_config *config,
                       const struct orr_verified *const *blocks, size_t n,
                       const struct orr_verified *before, struct orr_rlp_writer *channel) {
    static const uint8_t version = ORR_BATCH_SPAN;
    size_t n_bits = (n + 7) / 8, n_txs = 0;
    uint8_t *bits = orr_alloc_zero(mem, n_bits);
    uint32_t *counts = orr_alloc_zero(mem, n * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        const struct orr_verified *last = i ? blocks[i - 1] : before;
        counts[i] = (uint32_t)(blocks[i]->n_txs - blocks[i]->n_deposits);
        n_txs += counts[i];
        if (blocks[i]->head.block.origin_number != last->head.block.origin_number)
            bits[n_bits - 1 - i / 8] |= (uint8_t)(1 << i % 8);
    }
    struct orr_span_batch span = {
        .rel_timestamp = blocks[0]->head.block.time - config->l2_genesis_time,
        .l1_origin_num = blocks[n - 1]->head.block.origin_number,
        .n_blocks = (uint32_t)n, .origin_bits = bits, .block_tx_counts = counts,
        .txs = orr_alloc_zero(mem, n_txs * sizeof *span.txs)};
    memcpy(span.parent_check, &before->head.block.hash, ORR_SPAN_CHECK_BYTES);
    memcpy(span.l1_origin_check, &blocks[n - 1]->head.origin_hash, ORR_SPAN_CHECK_BYTES);
    bool good = open_txs(mem, config, blocks, n, &span);
    if (good) {
        struct orr_rlp_writer w = {.mem = mem};
        orr_rlp_write_raw(&w, &version, 1);
        orr_span_write(&span, &w);
        orr_rlp_write_string(channel, w.bytes, w.len);
        orr_rlp_free(&w);
    }
    free_txs(mem, span.txs, span.n_txs, n_txs);
    orr_free(mem, counts, n * sizeof *counts);
    orr_free(mem, bits, n_bits);
    return good;
}

/* ---- channels ---- */

static void deflate_as(struct orr_mem *mem, const struct orr_rollup_config *config,
                       const struct orr_batcher_options *options, bool as_span,
                       const struct orr_verified *const *blocks, size_t n,
                       const struct orr_verified *before, struct orr_rlp_writer *data) {
    struct orr_rlp_writer batches = {.mem = mem};
    if (!as_span || !write_span(mem, config, blocks, n, before, &batches))
        write_singulars(mem, blocks, n, before, &batches);
    int error = orr_channel_deflate(batches.bytes, batches.len, options->compression, data);
    assert(!error);
    (void)error;
    orr_rlp_free(&batches);
}

static size_t write_frames(const struct orr_rlp_writer *data, uint32_t most,
                           const uint8_t *channel, struct orr_rlp_writer *datas, size_t *lens,
                           size_t max) {
    static const uint8_t version = ORR_BATCHER_VERSION;
    size_t n = (data->len + most - 1) / most, at = 0;
    if (n > max || n > UINT16_MAX) return 0;
    for (size_t i = 0; i < n; i++) {
        size_t len = data->len - at < most ? data->len - at : most, before = datas->len;
        struct orr_frame frame = {.number = (uint16_t)i, .is_last = i + 1 == n,
                                  .data = data->bytes + at, .len = (uint32_t)len};
        memcpy(frame.channel, channel, ORR_CHANNEL_ID_BYTES);
        orr_rlp_write_raw(datas, &version, 1);
        orr_frame_write(datas, &frame);
        lens[i] = datas->len - before;
        at += len;
    }
    return n;
}

size_t orr_batcher_write(struct orr_mem *mem, const struct orr_rollup_config *config,
                         const struct orr_batcher_options *options,
                         const struct orr_verified *const *blocks, size_t n,
                         const struct orr_verified *before,
                         const uint8_t channel[ORR_CHANNEL_ID_BYTES], struct orr_rlp_writer *datas,
                         size_t *lens, size_t max) {
    assert(n && options->frame_bytes && options->frame_bytes <= ORR_FRAME_DATA_MAX);
    struct orr_rlp_writer data = {.mem = mem}, other = {.mem = mem};
    deflate_as(mem, config, options, options->form != ORR_BATCHES_SINGULAR, blocks, n, before,
               &data);
    if (options->form == ORR_BATCHES_SMALLER) {
        deflate_as(mem, config, options, false, blocks, n, before, &other);
        if (other.len < data.len) {
            struct orr_rlp_writer larger = data;
            data = other;
            other = larger;
        }
    }
    size_t n_frames = write_frames(&data, options->frame_bytes, channel, datas, lens, max);
    orr_rlp_free(&data);
    orr_rlp_free(&other);
    return n_frames;
}
