/* Any bytes as frames, as a span, as a singular batch, as L1 attributes and as a deposit's log:
 * nothing crashes, memory stays in proportion, and what is read is written and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/attributes.h"
#include "models/rollup/batch.h"
#include "models/rollup/channel_bank.h"
#include "models/rollup/deposit.h"
#include "models/rollup/frame.h"
#include "models/rollup/inflate.h"
#include "models/rollup/l1_block.h"
#include "models/rollup/open_batch.h"
#include "models/rollup/span.h"
#include "models/rollup/system_config.h"
#include "models/rollup/withdrawal.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

static void try_updates(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct orr_hash topics[4] = {{{0}}};
    struct orr_system_config config = {.gas_limit = 1}, before = config;
    struct orr_withdrawal withdrawal;
    static const char update[] = "ConfigUpdate(uint256,uint8,bytes)";
    static const char passed[] =
        "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)";
    if (!len) return;
    topics[2].bytes[31] = data[0];
    struct orr_rollup_log log = {topics, 3, data + 1, len - 1};
    topics[0] = orr_keccak256(update, sizeof update - 1);
    if (orr_system_config_apply(&config, &log, len & 1))
        MUST(!memcmp(&before, &config, sizeof config));
    topics[0] = orr_keccak256(passed, sizeof passed - 1);
    log.n_topics = 4;
    (void)orr_withdrawal_from_log(&heap->mem, &log, &withdrawal);
}

/* Frames of any kind, as one transaction of one L1 block after another; by the rules before
 * Holocene and from it on. */
static void try_bank(struct orr_heap *heap, const uint8_t *data, size_t len, bool is_holocene) {
    struct orr_rollup_config config = {.channel_timeout = 3, .granite_time = UINT64_MAX,
                                       .holocene_time = is_holocene ? 0 : UINT64_MAX};
    struct orr_channel_bank bank;
    struct orr_rlp_writer out = {.mem = &heap->mem};
    orr_channel_bank_init(&bank, &heap->mem, &config);
    for (size_t i = 0; i + 3 <= len; i += 3) { /* channel, number and end, L1 blocks that pass */
        struct orr_rollup_l1_block origin = {.number = bank.origin.number + data[i + 2] % 3};
        struct orr_frame frame = {.channel = {data[i] % 4}, .number = data[i + 1] % 8,
                                  .is_last = data[i + 1] > 200, .data = data + i, .len = 3};
        orr_channel_bank_origin(&bank, &origin);
        orr_channel_bank_add(&bank, &frame);
        while (orr_channel_bank_read(&bank, &out)) MUST(out.len % 3 == 0);
    }
    orr_rlp_free(&out);
    orr_channel_bank_fini(&bank);
    MUST(!bank.size_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void try_frames(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct orr_frame *frames;
    struct orr_frame_fault fault;
    size_t n;
    if (orr_batcher_data_read(&heap->mem, data, len, &frames, &n, &fault)) {
        MUST(fault.at <= len && fault.what);
        return;
    }
    struct orr_channel channel;
    struct orr_rlp_writer w = {.mem = &heap->mem}, all = w;
    orr_channel_init(&channel, &heap->mem, frames[0].channel);
    orr_rlp_write_raw(&w, "\0", 1);
    for (size_t i = 0; i < n; i++) {
        orr_frame_write(&w, &frames[i]);
        if (!memcmp(frames[i].channel, channel.id, sizeof channel.id))
            orr_channel_add(&channel, &frames[i]);
    }
    MUST(w.len == len && !memcmp(w.bytes, data, len));
    orr_channel_write_data(&channel, &all);
    orr_channel_fini(&channel);
    orr_rlp_free(&w), orr_rlp_free(&all);
    orr_free(&heap->mem, frames, n * sizeof *frames);
}

static void try_span(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct orr_span_batch span, again;
    struct orr_span_fault fault;
    if (orr_span_read(&heap->mem, data, len, &span, &fault)) {
        MUST(fault.at <= len && fault.what);
        return;
    }
    struct orr_rlp_writer w = {.mem = &heap->mem}, tx = w;
    for (uint32_t i = 0; i < span.n_txs; i++) orr_span_tx_write(&span.txs[i], 10, &tx);
    orr_span_write(&span, &w);
    MUST(w.len <= span.n_bytes);
    MUST(!orr_span_read(&heap->mem, w.bytes, w.len, &again, &fault));
    MUST(again.n_txs == span.n_txs && again.n_blocks == span.n_blocks);
    orr_span_free(&heap->mem, &span);
    orr_span_free(&heap->mem, &again);
    orr_rlp_free(&w), orr_rlp_free(&tx);
}

static void try_channel(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct orr_rlp_writer out = {.mem = &heap->mem};
    struct orr_inflated how;
    const uint8_t *batch;
    size_t batch_len;
    if (orr_channel_inflate(data, len, true, 1 << 16, &out, &how)) return;
    MUST(out.len <= 1 << 16);
    struct orr_rlp_reader r = orr_rlp_reader(out.bytes, out.len);
    while (orr_batch_next(&r, &batch, &batch_len)) {
        struct orr_singular one;
        if (batch_len && !orr_singular_read(&heap->mem, batch + 1, batch_len - 1, &one))
            orr_singular_free(&heap->mem, &one);
    }
    orr_rlp_free(&out);
}

static void try_small(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct orr_attributes a;
    uint8_t written[ORR_ATTRIBUTES_BYTES_MAX];
    if (!orr_attributes_read(data, len, &a))
        MUST(orr_attributes_write(&a, written) == len && !memcmp(written, data, len));
    struct orr_singular one;
    if (!orr_singular_read(&heap->mem, data, len, &one)) {
        struct orr_rlp_writer w = {.mem = &heap->mem};
        orr_singular_write(&one, &w);
        MUST(w.len == len && !memcmp(w.bytes, data, len));
        orr_rlp_free(&w);
        orr_singular_free(&heap->mem, &one);
    }
    struct orr_evm_deposit read;
    if (!orr_evm_deposit_read(data, len, &read)) {
        struct orr_rlp_writer w = {.mem = &heap->mem};
        orr_evm_deposit_write(&read, &w);
        MUST(w.len == len && !memcmp(w.bytes, data, len));
        orr_rlp_free(&w);
    }
    struct orr_l1_block block;
    struct orr_rollup_config config = {.block_time = 2, .l2_chain_id = 10};
    struct orr_open_batch open;
    if (!orr_l1_block_read(&heap->mem, orr_evm_chain_mainnet(), data, len, NULL, 0, &block))
        orr_l1_block_free(&heap->mem, &block);
    if (!orr_open_batch_read(&heap->mem, &config, data, len, &open))
        orr_open_batch_free(&heap->mem, &open);
    if (len < 4 * sizeof(struct orr_hash)) return;
    struct orr_hash topics[4];
    memcpy(topics, data, sizeof topics);
    struct orr_rollup_log log = {topics, 4, data + sizeof topics, len - sizeof topics};
    struct orr_evm_deposit deposit;
    static const char event[] = "TransactionDeposited(address,address,uint256,bytes)";
    topics[0] = orr_keccak256(event, sizeof event - 1);
    if (!orr_deposit_from_log(&log, &topics[1], 0, &deposit)) {
        struct orr_rlp_writer w = {.mem = &heap->mem};
        orr_evm_deposit_write(&deposit, &w);
        orr_rlp_free(&w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    try_frames(&heap, data, len);
    try_span(&heap, data, len);
    try_channel(&heap, data, len);
    try_small(&heap, data, len);
    try_updates(&heap, data, len);
    try_bank(&heap, data, len, false);
    try_bank(&heap, data, len, true);
    MUST(!heap.used_bytes);
    MUST(heap.peak_bytes <= (64u << 20) + 200 * len); /* brotli has a window of 16 MiB */
    return 0;
}
