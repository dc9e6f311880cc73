/* rollup_world.h - a whole rollup in memory: an L1 chain of real blocks, a sequencer that builds L2
 * blocks by execution, a batcher that writes them to L1, and a verifier that derives them again. */
#ifndef ORR_TESTS_MODELS_ROLLUP_WORLD_H
#define ORR_TESTS_MODELS_ROLLUP_WORLD_H

#include <string.h>

#include "models/base/error.h"
#include "models/base/sha256.h"
#include "models/rollup/batch.h"
#include "models/rollup/derive.h"
#include "models/rollup/frame.h"
#include "models/rollup/inflate.h"
#include "models/rollup/span.h"
#include "models/vm/trie.h"
#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "tests/models/vm/signer.h"
#include "tests/test.h"

enum { L1_MAX = 64, L2_MAX = 256, L1_STEP = 6, L2_STEP = 2, WINDOW = 8, GENESIS_TIME = 1000 };

struct l1_raw {
    struct orr_rlp_writer block, receipts[4];
    struct orr_rollup_tx lent[4];
    size_t n_receipts;
    struct orr_l1_block read; /* as the sequencer has it */
};
struct l2_raw {
    struct orr_derive_head head;
    struct orr_system_config system;
    struct orr_rlp_writer txs;   /* of the block, without deposits, one after another */
    size_t tx_lens[4], n_txs, n_deposits;
    struct orr_evm_state *state; /* after it */
    struct orr_evm_header header;
    uint8_t extra[ORR_L2_EXTRA_BYTES];
};

static struct orr_heap heap;
static struct orr_rollup_config config;
static struct orr_l2_chain chain;
static struct orr_evm_store *store;
static struct orr_evm_executor *executor;
static struct l1_raw l1[L1_MAX];
static size_t n_l1;
static struct l2_raw l2[L2_MAX];
static size_t n_l2;
static uint64_t batcher_nonce, user_nonce;
static struct orr_rlp_writer to_inbox[8]; /* data of batcher transactions for the next L1 block */
static size_t n_to_inbox;
static struct orr_l1_log next_logs[4];    /* of the next L1 block's first transaction */
static size_t n_next_logs;
static uint64_t l1_salt;                  /* makes another L1 chain */

static inline struct orr_u256 wei(uint64_t v) { return orr_u256_from_u64(v); }

/* ---- L1 ---- */

static inline void write_receipt(struct orr_rlp_writer *w, const struct orr_l1_log *logs,
                                 size_t n) {
    static const struct orr_evm_bloom bloom;
    size_t list = orr_rlp_list_begin(w);
    orr_rlp_write_u64(w, 1);
    orr_rlp_write_u64(w, 21000);
    orr_rlp_write_string(w, &bloom, sizeof bloom);
    size_t all = orr_rlp_list_begin(w);
    for (size_t i = 0; i < n; i++) {
        size_t one = orr_rlp_list_begin(w);
        orr_rlp_write_string(w, &logs[i].address, 20);
        size_t topics = orr_rlp_list_begin(w);
        for (size_t t = 0; t < logs[i].n_topics; t++)
            orr_rlp_write_string(w, &logs[i].topics[t], 32);
        orr_rlp_list_end(w, topics);
        orr_rlp_write_string(w, logs[i].data, logs[i].data_len);
        orr_rlp_list_end(w, one);
    }
    orr_rlp_list_end(w, all);
    orr_rlp_list_end(w, list);
}

/* data NULL: a transaction to somebody else */
static inline void write_l1_tx(struct orr_rlp_writer *w, const struct orr_rlp_writer *data) {
    struct orr_evm_tx tx = {.has_chain_id = true, .chain_id = wei(config.l1_chain_id),
                            .nonce = batcher_nonce++, .gas_limit = 1000000, .max_fee = wei(9),
                            .max_priority_fee = wei(9), .to = data ? config.inbox : signer,
                            .data = data ? data->bytes : NULL,
                            .data_len = data ? data->len : 0};
    sign_tx(&heap.mem, &tx);
    orr_evm_tx_encode(&tx, w);
}

/* The next L1 block, with what is in to_inbox and next_logs (then one transaction at least). */
static inline void make_l1(void) {
    struct l1_raw *b = &l1[n_l1];
    struct orr_rlp_writer txs[4], *w = &b->block;
    const uint8_t *items[4], *receipts[4];
    size_t lens[4], receipt_lens[4], n = n_to_inbox;
    ck_assert_uint_lt(n_l1, L1_MAX);
    ck_assert_uint_le(n, 4);
    if (!n && n_next_logs) n = 1;
    *b = (struct l1_raw){.block = {.mem = &heap.mem}, .n_receipts = n};
    for (size_t i = 0; i < n; i++) {
        txs[i] = b->receipts[i] = (struct orr_rlp_writer){.mem = &heap.mem};
        write_l1_tx(&txs[i], i < n_to_inbox ? &to_inbox[i] : NULL);
        write_receipt(&b->receipts[i], next_logs, i ? 0 : n_next_logs);
        items[i] = txs[i].bytes, lens[i] = txs[i].len;
        receipts[i] = b->receipts[i].bytes, receipt_lens[i] = b->receipts[i].len;
        b->lent[i] = (struct orr_rollup_tx){b->receipts[i].bytes, b->receipts[i].len};
    }
    static const uint8_t no_list[1] = {0xc0};
    struct orr_evm_header h = {.n_fields = ORR_HEADER_CANCUN, .number = n_l1,
                               .timestamp = GENESIS_TIME + n_l1 * L1_STEP,
                               .ommers_hash = orr_keccak256(no_list, 1),
                               .transactions_root = orr_trie_list_root(&heap.mem, items, lens, n),
                               .receipts_root =
                                   orr_trie_list_root(&heap.mem, receipts, receipt_lens, n),
                               .withdrawals_root = orr_trie_empty_hash, .base_fee = wei(7 + n_l1),
                               .gas_limit = 30000000, .gas_used = l1_salt};
    h.mix_hash.bytes[0] = (uint8_t)n_l1;
    if (n_l1) h.parent_hash = l1[n_l1 - 1].read.id.hash;
    size_t list = orr_rlp_list_begin(w);
    orr_evm_header_encode(&h, w);
    size_t body = orr_rlp_list_begin(w);
    for (size_t i = 0; i < n; i++) orr_rlp_write_raw(w, txs[i].bytes, txs[i].len);
    orr_rlp_list_end(w, body);
    orr_rlp_write_raw(w, no_list, 1);
    orr_rlp_write_raw(w, no_list, 1);
    orr_rlp_list_end(w, list);
    const char *bad = orr_l1_block_read(&heap.mem, orr_evm_chain_mainnet(), w->bytes, w->len,
                                        b->lent, n, &b->read);
    ck_assert_msg(!bad, "%s", bad);
    for (size_t i = 0; i < n; i++) orr_rlp_free(&txs[i]);
    while (n_to_inbox) orr_rlp_free(&to_inbox[--n_to_inbox]);
    n_next_logs = 0;
    n_l1++;
}

static inline void drop_l1(void) {
    struct l1_raw *b = &l1[--n_l1];
    orr_l1_block_free(&heap.mem, &b->read);
    for (size_t i = 0; i < b->n_receipts; i++) orr_rlp_free(&b->receipts[i]);
    orr_rlp_free(&b->block);
}

/* ---- L2 ---- */

static inline void begin_rollup(enum orr_evm_rollup newest) {
    orr_heap_init(&heap);
    n_l1 = n_l2 = n_to_inbox = n_next_logs = 0;
    batcher_nonce = user_nonce = l1_salt = 0;
    config = (struct orr_rollup_config){
        .block_time = L2_STEP, .seq_window_size = WINDOW, .max_sequencer_drift = 600,
        .l2_genesis_time = GENESIS_TIME, .l2_chain_id = 901, .elasticity = 6, .denominator = 50,
        .denominator_canyon = 250, .l1_chain_id = 1, .channel_timeout = 4,
        .inbox = {{0xff, 1}}, .portal = {{0xff, 2}}, .system_config = {{0xff, 3}}};
    const struct {
        uint64_t *time;
        enum orr_evm_rollup fork;
    } forks[] = {{&config.regolith_time, ORR_EVM_REGOLITH}, {&config.canyon_time, ORR_EVM_CANYON},
                 {&config.delta_time, ORR_EVM_CANYON},      {&config.ecotone_time, ORR_EVM_ECOTONE},
                 {&config.fjord_time, ORR_EVM_FJORD},       {&config.granite_time, ORR_EVM_GRANITE},
                 {&config.holocene_time, ORR_EVM_HOLOCENE},
                 {&config.isthmus_time, ORR_EVM_ISTHMUS}};
    for (size_t i = 0; i < sizeof forks / sizeof forks[0]; i++)
        *forks[i].time = newest >= forks[i].fork ? 0 : ORR_ROLLUP_NEVER;
    orr_l2_chain_init(&chain, &config);
    store = orr_evm_store_create(&heap.mem);
    executor = orr_evm_executor_create(&heap.mem);
    make_l1();
    struct l2_raw *g = &l2[n_l2++];
    *g = (struct l2_raw){.txs = {.mem = &heap.mem}, .state = orr_evm_state_create(store)};
    orr_evm_state_begin_tx(g->state);
    orr_evm_state_set_balance(g->state, &signer, wei(1000000000000000000u));
    orr_evm_state_end_tx(g->state, ORR_FORK_PARIS);
    const struct orr_u256 merged = {{0}};
    g->header = (struct orr_evm_header){
        .timestamp = GENESIS_TIME, .gas_limit = 30000000, .base_fee = wei(1),
        .state_root = orr_evm_state_root(g->state), .transactions_root = orr_trie_empty_hash,
        .receipts_root = orr_trie_empty_hash, .withdrawals_root = orr_trie_empty_hash,
        .ommers_hash = orr_keccak256("\xc0", 1),
        .n_fields = orr_evm_header_fields_of(
            orr_evm_chain_fork_at(&chain.config, 0, GENESIS_TIME, &merged)->fork)};
    orr_sha256(NULL, 0, g->header.requests_hash.bytes);
    g->system = (struct orr_system_config){.batcher = signer, .gas_limit = 30000000,
                                           .scalar = wei(1000)};
    g->head = (struct orr_derive_head){
        .block = {.time = GENESIS_TIME, .hash = orr_evm_header_hash(&heap.mem, &g->header)},
        .origin_hash = l1[0].read.id.hash};
}

static inline void drop_l2(void) {
    orr_evm_state_destroy(l2[--n_l2].state);
    orr_rlp_free(&l2[n_l2].txs);
}

static inline void end_rollup(void) {
    while (n_l2) drop_l2();
    while (n_l1) drop_l1();
    while (n_to_inbox) orr_rlp_free(&to_inbox[--n_to_inbox]);
    orr_evm_executor_destroy(executor);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* Executes attributes on l2[at]'s state; the state of the new block is the caller's. */
static inline const char *execute_on(size_t at, const struct orr_l2_attributes *a,
                                     struct orr_evm_state **state, struct orr_l2_block *block) {
    struct orr_l2_parent parent = {&config, &chain, &l2[at].header, l2[at].head.block.hash,
                                   {NULL, NULL}};
    size_t bad_tx;
    *state = orr_evm_state_fork(l2[at].state);
    const char *bad = orr_l2_execute(executor, *state, &parent, a, block, &bad_tx);
    if (bad) orr_evm_state_destroy(*state);
    return bad;
}

/* The sequencer's next block, with n transfers, on the L1 block `origin`. */
static inline void make_l2(size_t origin, size_t n) {
    struct l2_raw *b = &l2[n_l2], *p = &l2[n_l2 - 1];
    struct orr_rollup_tx lent[4];
    struct orr_payload payload;
    struct orr_l2_block block;
    ck_assert_uint_lt(n_l2, L2_MAX);
    *b = (struct l2_raw){.txs = {.mem = &heap.mem}, .system = p->system, .n_txs = n};
    for (size_t i = 0; i < n; i++) {
        struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true,
                                .chain_id = wei(901), .nonce = user_nonce++, .gas_limit = 21000,
                                .max_fee = wei(100), .max_priority_fee = wei(1),
                                .to = {{0x77}}, .value = wei(3)};
        size_t before = b->txs.len;
        sign_tx(&heap.mem, &tx);
        orr_evm_tx_encode(&tx, &b->txs);
        b->tx_lens[i] = b->txs.len - before;
    }
    const uint8_t *at = b->txs.bytes;
    for (size_t i = 0; i < n; at += b->tx_lens[i++])
        lent[i] = (struct orr_rollup_tx){at, b->tx_lens[i]};
    const char *bad = orr_payload_make(&heap.mem, &config, &p->head, &l1[origin].read, lent, n,
                                       &b->system, &payload);
    ck_assert_msg(!bad, "%s", bad);
    bad = execute_on(n_l2 - 1, &payload.attributes, &b->state, &block);
    ck_assert_msg(!bad, "%s", bad);
    b->header = block.header;
    memcpy(b->extra, block.extra, sizeof b->extra);
    if (b->header.extra_data) b->header.extra_data = b->extra;
    b->n_deposits = payload.n_deposits;
    b->head = (struct orr_derive_head){
        .block = {n_l2, payload.attributes.timestamp, block.hash, origin},
        .origin_hash = l1[origin].read.id.hash, .sequence_number = payload.sequence_number};
    orr_l2_block_free(&heap.mem, &block);
    orr_payload_free(&heap.mem, &payload);
    n_l2++;
}

/* ---- the batcher ---- */

static inline void write_singular(size_t number, struct orr_rlp_writer *channel) {
    const struct l2_raw *b = &l2[number];
    struct orr_rollup_tx lent[4];
    const uint8_t *at = b->txs.bytes;
    for (size_t i = 0; i < b->n_txs; at += b->tx_lens[i++])
        lent[i] = (struct orr_rollup_tx){at, b->tx_lens[i]};
    struct orr_singular s = {.parent_hash = l2[number - 1].head.block.hash,
                             .epoch_hash = b->head.origin_hash,
                             .epoch_num = b->head.block.origin_number,
                             .timestamp = b->head.block.time, .txs = lent, .n_txs = b->n_txs};
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_rlp_write_raw(&w, "", 1);
    orr_singular_write(&s, &w);
    orr_rlp_write_string(channel, w.bytes, w.len);
    orr_rlp_free(&w);
}

static inline void write_span(size_t from, size_t to, struct orr_rlp_writer *channel) {
    struct orr_arena arena;
    struct orr_span_tx txs[64];
    uint32_t counts[64];
    uint8_t bits[8] = {0};
    orr_arena_init(&arena);
    size_t n_bytes = (to - from + 7) / 8;
    struct orr_span_batch span = {.rel_timestamp = l2[from].head.block.time - GENESIS_TIME,
                                  .l1_origin_num = l2[to - 1].head.block.origin_number,
                                  .n_blocks = (uint32_t)(to - from), .origin_bits = bits,
                                  .block_tx_counts = counts, .txs = txs};
    memcpy(span.parent_check, &l2[from - 1].head.block.hash, 20);
    memcpy(span.l1_origin_check, &l2[to - 1].head.origin_hash, 20);
    for (size_t i = from; i < to; i++) {
        const uint8_t *at = l2[i].txs.bytes;
        counts[i - from] = (uint32_t)l2[i].n_txs;
        if (l2[i].head.block.origin_number != l2[i - 1].head.block.origin_number)
            bits[n_bytes - 1 - (i - from) / 8] |= (uint8_t)(1 << (i - from) % 8);
        for (size_t t = 0; t < l2[i].n_txs; at += l2[i].tx_lens[t++])
            ck_assert_int_eq(orr_span_tx_read(&arena.mem, at, l2[i].tx_lens[t], 901,
                                              &txs[span.n_txs++]), 0);
    }
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_rlp_write_raw(&w, "\1", 1);
    orr_span_write(&span, &w);
    orr_rlp_write_string(channel, w.bytes, w.len);
    orr_rlp_free(&w);
    orr_arena_fini(&arena);
}

/* A channel's batches as frames of at most `size` bytes, one transaction each. */
static inline void submit(const struct orr_rlp_writer *batches, uint8_t id, size_t size) {
    struct orr_rlp_writer data = {.mem = &heap.mem};
    ck_assert_int_eq(orr_channel_deflate(batches->bytes, batches->len, ORR_COMPRESSION_ZLIB, &data),
                     0);
    size_t at = 0;
    for (uint16_t number = 0; at < data.len; number++) {
        size_t len = data.len - at < size ? data.len - at : size;
        struct orr_frame frame = {.channel = {id}, .number = number, .data = data.bytes + at,
                                  .len = (uint32_t)len, .is_last = at + len == data.len};
        ck_assert_uint_lt(n_to_inbox, 8);
        struct orr_rlp_writer *w = &to_inbox[n_to_inbox++];
        *w = (struct orr_rlp_writer){.mem = &heap.mem};
        orr_rlp_write_raw(w, "", 1);
        orr_frame_write(w, &frame);
        at += len;
    }
    orr_rlp_free(&data);
}

static inline void submit_blocks(size_t from, size_t to, bool as_span, uint8_t id) {
    struct orr_rlp_writer w = {.mem = &heap.mem};
    if (as_span) write_span(from, to, &w);
    else
        for (size_t i = from; i < to; i++) write_singular(i, &w);
    submit(&w, id, 100000);
    orr_rlp_free(&w);
}

/* ---- the verifier ---- */

static inline struct orr_l1_block copy_l1(size_t i) {
    struct orr_l1_block b;
    const char *bad = orr_l1_block_read(&heap.mem, orr_evm_chain_mainnet(), l1[i].block.bytes,
                                        l1[i].block.len, l1[i].lent, l1[i].n_receipts, &b);
    ck_assert_msg(!bad, "%s", bad);
    return b;
}

/* Derives from the L1 blocks [*from, n_l1).  What becomes safe must be the sequencer's, as long as
 * it has such a block; else (empty, as the window has ended) it becomes the sequencer's. */
static inline void follow(struct orr_derive *d, size_t *from) {
    for (;;) {
        const struct orr_payload *payload;
        enum orr_derive_answer answer = orr_derive_step(d, &payload);
        ck_assert_int_ne(answer, ORR_DERIVE_RESET);
        if (answer == ORR_DERIVE_L1) {
            if (*from == n_l1) return;
            struct orr_l1_block b = copy_l1((*from)++);
            ck_assert_int_eq(orr_derive_l1(d, &b), 0);
            continue;
        }
        size_t at = orr_derive_safe(d)->block.number;
        struct orr_l2_block block;
        struct orr_evm_state *state;
        const char *bad = execute_on(at, &payload->attributes, &state, &block);
        if (bad) {
            orr_derive_refuse(d);
            continue;
        }
        bool is_ours = at + 1 < n_l2 && orr_hash_equal(l2[at + 1].head.block.hash, block.hash);
        if (!is_ours) {
            while (n_l2 > at + 1) drop_l2(); /* the unsafe chain was another */
            struct l2_raw *b = &l2[n_l2++];
            *b = (struct l2_raw){.txs = {.mem = &heap.mem}, .state = state,
                                 .header = block.header, .n_deposits = payload->n_deposits};
            memcpy(b->extra, block.extra, sizeof b->extra);
            if (b->header.extra_data) b->header.extra_data = b->extra;
        } else {
            ck_assert_uint_eq(payload->n_deposits, l2[at + 1].n_deposits);
            orr_evm_state_destroy(state);
        }
        orr_derive_accept(d, &block.hash);
        l2[at + 1].head = *orr_derive_safe(d);
        l2[at + 1].system = *orr_derive_system(d);
        orr_l2_block_free(&heap.mem, &block);
    }
}

/* The L2 blocks that the verifier has executed. */
static inline const struct orr_rollup_known *known(void *ctx, uint64_t number) {
    static struct orr_rollup_known k;
    static struct orr_rollup_tx lent[4];
    (void)ctx;
    if (number >= n_l2) return NULL;
    const uint8_t *at = l2[number].txs.bytes;
    for (size_t i = 0; i < l2[number].n_txs; at += l2[number].tx_lens[i++])
        lent[i] = (struct orr_rollup_tx){at, l2[number].tx_lens[i]};
    k = (struct orr_rollup_known){l2[number].head.block, lent, l2[number].n_txs};
    return &k;
}

static inline struct orr_derive *begin_verifier(void) {
    struct orr_derive *d = orr_derive_create(&heap.mem, &config);
    orr_derive_known(d, known, NULL);
    orr_derive_reset(d, &l2[0].head, &l2[0].system, &l2[0].system, 0);
    return d;
}
#endif
