#include "models/rollup/derive.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/rollup/batch.h"
#include "models/rollup/channel_bank.h"
#include "models/rollup/inflate.h"

struct orr_derive {
    struct orr_mem *mem;
    const struct orr_rollup_config *config;
    struct orr_derive_head safe;
    struct orr_system_config at_head, at_origin; /* of the safe head's origin; of the last block */
    /* L1 blocks from the safe head's origin on, of which attributes may be made. */
    struct orr_l1_block *l1; /* [n_l1] */
    size_t n_l1, l1_cap;
    struct orr_rollup_l1_block origin; /* the last one; hash 0: none yet */
    bool has_origin;
    size_t next_tx, next_blob;         /* of the last L1 block, to be looked at */
    /* Frames of the transaction in hand. */
    struct orr_frame *frames;
    size_t n_frames, frames_size, next_frame;
    struct orr_channel_bank bank;
    struct orr_rlp_writer channel;     /* inflated */
    struct orr_rlp_reader batches;     /* what is left of it */
    bool is_reading;
    struct orr_batch_queue queue;
    struct orr_payload payload;
    bool has_payload;
    struct orr_system_config after;    /* the system config, if the payload becomes a block */
    struct orr_rollup_l1_block epoch;  /* the payload's */
    struct orr_derive_counts counts;
};

/* ---- life ---- */

struct orr_derive *orr_derive_create(struct orr_mem *mem, const struct orr_rollup_config *config) {
    assert(config->block_time);
    struct orr_derive *d = orr_alloc_zero(mem, sizeof *d);
    d->mem = mem;
    d->config = config;
    d->channel.mem = mem;
    orr_channel_bank_init(&d->bank, mem, config);
    orr_batch_queue_init(&d->queue, mem, config);
    return d;
}

void orr_derive_known(struct orr_derive *d,
                      const struct orr_rollup_known *(*l2_block)(void *ctx, uint64_t number),
                      void *ctx) {
    d->queue.l2_block = l2_block;
    d->queue.ctx = ctx;
}

static const struct orr_rollup_known *nobody_knows(void *ctx, uint64_t number) {
    (void)ctx, (void)number;
    return NULL;
}

static void end_frames(struct orr_derive *d) {
    orr_free(d->mem, d->frames, d->frames_size);
    d->frames = NULL;
    d->n_frames = d->frames_size = d->next_frame = 0;
}

static void end_payload(struct orr_derive *d) {
    if (d->has_payload) orr_payload_free(d->mem, &d->payload);
    d->has_payload = false;
}

static void end_channel(struct orr_derive *d) {
    d->is_reading = false;
    d->channel.len = 0;
}

static void forget(struct orr_derive *d) {
    end_frames(d);
    end_payload(d);
    end_channel(d);
    while (d->n_l1) orr_l1_block_free(d->mem, &d->l1[--d->n_l1]);
    d->counts.n_dropped_frames += d->bank.n_dropped_frames;
    d->counts.n_dropped_channels += d->bank.n_dropped_channels;
    orr_channel_bank_fini(&d->bank);
    orr_batch_queue_reset(&d->queue);
    d->has_origin = false;
    d->next_tx = d->next_blob = 0;
}

void orr_derive_destroy(struct orr_derive *d) {
    forget(d);
    orr_batch_queue_fini(&d->queue);
    orr_rlp_free(&d->channel);
    orr_free(d->mem, d->l1, d->l1_cap * sizeof *d->l1);
    orr_free(d->mem, d, sizeof *d);
}

void orr_derive_reset(struct orr_derive *d, const struct orr_derive_head *safe,
                      const struct orr_system_config *at_head,
                      const struct orr_system_config *at_start, uint64_t done) {
    struct orr_derive_head head = *safe; /* it may be our own */
    struct orr_system_config system = *at_head, start = *at_start;
    forget(d);
    d->safe = head;
    d->at_head = system;
    d->at_origin = start;
    d->queue.done = done;
    if (!d->queue.l2_block) d->queue.l2_block = nobody_knows;
}

/* ---- L1 traversal ---- */

/* Blocks before the safe head's origin are of no more use, but the last one, which is read. */
static void trim(struct orr_derive *d) {
    size_t n = 0;
    while (n + 1 < d->n_l1 && d->l1[n].id.number < d->safe.block.origin_number) n++;
    for (size_t i = 0; i < n; i++) orr_l1_block_free(d->mem, &d->l1[i]);
    memmove(d->l1, d->l1 + n, (d->n_l1 - n) * sizeof *d->l1);
    d->n_l1 -= n;
}

int orr_derive_l1(struct orr_derive *d, struct orr_l1_block *moved) {
    if (d->has_origin && (moved->id.number != d->origin.number + 1 ||
                          !orr_hash_equal(moved->parent_hash, d->origin.hash)))
        return ORR_EINVAL;
    if (!d->has_origin && moved->id.number > d->safe.block.origin_number) return ORR_EINVAL;
    if (d->n_l1) trim(d);
    if (d->n_l1 == d->l1_cap) {
        size_t cap = d->l1_cap ? 2 * d->l1_cap : 16;
        d->l1 = orr_resize(d->mem, d->l1, d->l1_cap * sizeof *d->l1, cap * sizeof *d->l1);
        d->l1_cap = cap;
    }
    d->l1[d->n_l1++] = *moved;
    d->origin = moved->id;
    d->has_origin = true;
    d->next_tx = d->next_blob = 0;
    orr_channel_bank_origin(&d->bank, &d->origin);
    d->counts.n_bad_updates += orr_payload_update(d->config, moved, &d->at_origin);
    orr_batch_queue_origin(&d->queue, &d->safe, &d->origin);
    return 0;
}

/* ---- L1 retrieval ---- */

/* "Batcher transactions": to the inbox, by the batcher of that block; from Ecotone on they may have
 * blobs; what came after those is none. */
bool orr_derive_is_batcher_tx(struct orr_mem *mem, const struct orr_rollup_config *config,
                              const struct orr_address *batcher, uint64_t l1_time,
                              const struct orr_evm_tx *tx) {
    struct orr_address sender;
    struct orr_u256 chain_id = orr_u256_from_u64(config->l1_chain_id);
    if (tx->is_create || !orr_address_equal(tx->to, config->inbox)) return false;
    if (tx->type > ORR_TX_FEE_MARKET &&
        (tx->type != ORR_TX_BLOB || l1_time < config->ecotone_time))
        return false;
    return !orr_evm_tx_sender(mem, tx, ORR_FORK_PRAGUE, &chain_id, &sender) &&
           orr_address_equal(sender, *batcher);
}

/* What a batcher transaction brings next: its call data, or, in order, its blobs, of which those
 * that are malformed are passed over.  false: nothing more. */
static bool next_data(struct orr_derive *d, const struct orr_l1_block *block,
                      const struct orr_evm_tx *tx, struct orr_rollup_tx *data) {
    if (tx->type != ORR_TX_BLOB) {
        *data = (struct orr_rollup_tx){tx->data, tx->data_len};
        return !d->next_blob++;
    }
    while (d->next_blob < tx->n_blob_hashes) { /* ends: each is looked at once */
        const struct orr_l1_blob *blob = orr_l1_blob_find(block->blobs, block->n_blobs,
                                                          &tx->blob_hashes[d->next_blob++]);
        if (blob && blob->data) {
            *data = (struct orr_rollup_tx){blob->data, blob->len};
            return true;
        }
        d->counts.n_bad_blobs++;
    }
    return false;
}

static bool read_frames(struct orr_derive *d, const struct orr_rollup_tx *data) {
    struct orr_frame_fault fault;
    if (orr_batcher_data_read(d->mem, data->bytes, data->len, &d->frames, &d->n_frames, &fault)) {
        d->frames = NULL;
        d->n_frames = 0;
        d->counts.n_bad_txs++;
        return false;
    }
    d->frames_size = d->n_frames * sizeof *d->frames;
    if (d->origin.time >= d->config->holocene_time)
        d->counts.n_dropped_frames += orr_frames_prune(d->frames, &d->n_frames);
    return true;
}

/* The frames that the block's batcher transactions bring next; false: they have no more. */
static bool load_frames(struct orr_derive *d) {
    const struct orr_l1_block *block = &d->l1[d->n_l1 - 1];
    struct orr_rollup_tx data;
    end_frames(d);
    for (; d->next_tx < block->block.n_txs; d->next_tx++, d->next_blob = 0) {
        const struct orr_evm_tx *tx = &block->block.txs[d->next_tx];
        if (!d->next_blob) {
            if (!orr_derive_is_batcher_tx(d->mem, d->config, &d->at_origin.batcher,
                                          d->origin.time, tx))
                continue;
            d->counts.n_txs++;
        }
        while (next_data(d, block, tx, &data)) /* ends: each is looked at once */
            if (read_frames(d, &data)) return true;
    }
    return false;
}

/* ---- channel reader ---- */

static void open_channel(struct orr_derive *d, const struct orr_rlp_writer *data) {
    bool fjord = d->origin.time >= d->config->fjord_time;
    struct orr_inflated how;
    end_channel(d);
    d->counts.n_channels++;
    if (orr_channel_inflate(data->bytes, data->len, fjord,
                            fjord ? ORR_CHANNEL_RLP_MAX_FJORD : ORR_CHANNEL_RLP_MAX, &d->channel,
                            &how))
        return;
    if (!d->channel.len) return;
    d->batches = orr_rlp_reader(d->channel.bytes, d->channel.len);
    d->is_reading = true;
}

/* Reads a channel, if one is ready; else puts a frame into the bank.  false: this L1 block has
 * nothing more. */
static bool load_channel(struct orr_derive *d) {
    struct orr_rlp_writer data = {.mem = d->mem};
    if (orr_channel_bank_read(&d->bank, &data)) {
        open_channel(d, &data);
        orr_rlp_free(&data);
        return true;
    }
    if (d->next_frame < d->n_frames) {
        orr_channel_bank_add(&d->bank, &d->frames[d->next_frame++]);
        return true;
    }
    return load_frames(d);
}

/* One batch of the channel in hand goes to the queue; one that is malformed ends the channel. */
static void read_batch(struct orr_derive *d) {
    const uint8_t *bytes;
    size_t len;
    struct orr_open_batch open;
    if (!orr_batch_next(&d->batches, &bytes, &len)) {
        end_channel(d);
        return;
    }
    d->counts.n_batches++;
    const char *bad = orr_open_batch_read(d->mem, d->config, bytes, len, &open);
    if (bad) {
        d->counts.n_bad_batches++;
        d->counts.last_drop = bad;
        end_channel(d);
        return;
    }
    orr_batch_queue_add(&d->queue, &d->safe, &open);
}

/* ---- attributes ---- */

static const struct orr_l1_block *l1_of(const struct orr_derive *d, uint64_t number) {
    for (size_t i = 0; i < d->n_l1; i++)
        if (d->l1[i].id.number == number) return &d->l1[i];
    return NULL;
}

static bool make_payload(struct orr_derive *d, const struct orr_rollup_l1_block *epoch,
                         const struct orr_rollup_tx *txs, size_t n_txs) {
    const struct orr_l1_block *origin = l1_of(d, epoch->number);
    d->after = d->at_head;
    d->epoch = *epoch;
    if (!origin || orr_payload_make(d->mem, d->config, &d->safe, origin, txs, n_txs, &d->after,
                                    &d->payload))
        return false;
    d->has_payload = true;
    return true;
}

enum orr_derive_answer orr_derive_step(struct orr_derive *d, const struct orr_payload **payload) {
    while (!d->has_payload) { /* ends: each turn uses up something of the last L1 block */
        if (!d->has_origin) return ORR_DERIVE_L1;
        bool is_empty = !d->is_reading && !d->queue.is_in_span;
        if (is_empty && load_channel(d)) continue;
        struct orr_next_batch next;
        switch (orr_batch_queue_next(&d->queue, &d->safe, is_empty, &next)) {
        case ORR_QUEUE_RESET: return ORR_DERIVE_RESET;
        case ORR_QUEUE_MORE:
            if (is_empty) return ORR_DERIVE_L1;
            if (d->is_reading) read_batch(d); /* else a span has ended */
            break;
        case ORR_QUEUE_FLUSH: end_channel(d); break;
        case ORR_QUEUE_NEXT:
            if (!make_payload(d, &next.epoch, next.txs, next.n_txs)) return ORR_DERIVE_RESET;
            d->payload.is_from_batch = next.is_from_batch;
        }
    }
    *payload = &d->payload;
    return ORR_DERIVE_ATTRIBUTES;
}

void orr_derive_accept(struct orr_derive *d, const struct orr_hash *hash) {
    assert(d->has_payload);
    d->safe = (struct orr_derive_head){.block = {.number = d->safe.block.number + 1,
                                                 .time = d->payload.attributes.timestamp,
                                                 .hash = *hash,
                                                 .origin_number = d->epoch.number},
                                       .origin_hash = d->epoch.hash,
                                       .sequence_number = d->payload.sequence_number};
    d->at_head = d->after;
    end_payload(d);
}

void orr_derive_refuse(struct orr_derive *d) {
    assert(d->has_payload && d->payload.n_txs > d->payload.n_deposits);
    d->counts.n_refused++;
    orr_batch_queue_refuse(&d->queue);
    end_payload(d);
    if (d->origin.time < d->config->holocene_time) return;
    end_channel(d);
    bool made = make_payload(d, &d->epoch, NULL, 0);
    assert(made); /* it was made with the batch's transactions */
    (void)made;
}

const struct orr_derive_head *orr_derive_safe(const struct orr_derive *d) { return &d->safe; }
const struct orr_system_config *orr_derive_system(const struct orr_derive *d) {
    return &d->at_head;
}

struct orr_derive_counts orr_derive_counts(const struct orr_derive *d) {
    struct orr_derive_counts c = d->counts;
    c.n_dropped_frames += d->bank.n_dropped_frames;
    c.n_dropped_channels += d->bank.n_dropped_channels;
    c.n_dropped_batches = d->queue.n_dropped;
    if (d->queue.last_drop) c.last_drop = d->queue.last_drop;
    return c;
}
