/* The batcher's bytes, derived again, are the blocks that it was given; and the sequencer's blocks
 * hold what can be executed and nothing else. */
#include "models/rollup/batcher.h"

#include "models/rollup/sequencer.h"
#include "tests/models/rollup/rollup_world.h"

enum { BLOCKS = 12 };

/* l2[from, to) as a member of a rollup has them. */
static struct orr_verified verified[L2_MAX];
static struct orr_rollup_tx lent[L2_MAX][4];
static const struct orr_verified *pointers[L2_MAX];

static const struct orr_verified *const *as_verified(size_t from, size_t to) {
    for (size_t i = from - 1; i < to; i++) {
        const uint8_t *at = l2[i].txs.bytes;
        for (size_t t = 0; t < l2[i].n_txs; at += l2[i].tx_lens[t++])
            lent[i][t] = (struct orr_rollup_tx){at, l2[i].tx_lens[t]};
        verified[i] = (struct orr_verified){.head = l2[i].head, .txs = lent[i],
                                            .n_txs = l2[i].n_txs + l2[i].n_deposits,
                                            .n_deposits = l2[i].n_deposits};
        pointers[i] = &verified[i];
    }
    return pointers + from;
}

static size_t write_all(const struct orr_batcher_options *o, size_t from, size_t to,
                        struct orr_rlp_writer *datas, size_t *lens, size_t max) {
    static const uint8_t channel[ORR_CHANNEL_ID_BYTES] = {7, [15] = 9};
    const struct orr_verified *const *blocks = as_verified(from, to);
    *datas = (struct orr_rlp_writer){.mem = &heap.mem};
    return orr_batcher_write(&heap.mem, &config, o, blocks, to - from, &verified[from - 1], channel,
                             datas, lens, max);
}

static void make_blocks(enum orr_evm_rollup fork) {
    begin_rollup(fork);
    for (int i = 0; i < 4; i++) make_l1();
    for (size_t i = 0; i < BLOCKS; i++) make_l2((i + 1) / 3, i % 4);
}

/* L1 takes the frames, four to a block, and a verifier derives them. */
static void derive_again(const struct orr_rlp_writer *datas, const size_t *lens, size_t n) {
    const uint8_t *at = datas->bytes;
    for (size_t i = 0; i < n; at += lens[i++]) {
        to_inbox[n_to_inbox] = (struct orr_rlp_writer){.mem = &heap.mem};
        orr_rlp_write_raw(&to_inbox[n_to_inbox++], at, lens[i]);
        if (n_to_inbox == 4) make_l1();
    }
    make_l1();
    struct orr_hash last = l2[BLOCKS].head.block.hash;
    struct orr_derive *d = begin_verifier();
    size_t from = 0;
    follow(d, &from);
    ck_assert_uint_ge(orr_derive_safe(d)->block.number, BLOCKS);
    ck_assert(orr_hash_equal(l2[BLOCKS].head.block.hash, last));
    orr_derive_destroy(d);
}

START_TEST(what_is_batched_is_derived_in_every_form) {
    static const enum orr_batch_form forms[] = {ORR_BATCHES_SINGULAR, ORR_BATCHES_SPAN,
                                                ORR_BATCHES_SMALLER};
    for (int compression = 0; compression < 2; compression++)
        for (size_t f = 0; f < 3; f++)
            for (uint32_t frame = 400; frame <= ORR_FRAME_DATA_MAX; frame *= 2500) {
                struct orr_batcher_options o = {
                    forms[f], compression ? ORR_COMPRESSION_BROTLI : ORR_COMPRESSION_ZLIB, frame};
                struct orr_rlp_writer datas;
                size_t lens[16];
                make_blocks(compression ? ORR_EVM_HOLOCENE : ORR_EVM_CANYON);
                size_t n = write_all(&o, 1, BLOCKS + 1, &datas, lens, 16);
                ck_assert_uint_gt(n, 0);
                ck_assert(frame > 400 ? n == 1 : n > 1);
                derive_again(&datas, lens, n);
                orr_rlp_free(&datas);
                end_rollup();
            }
}
END_TEST

START_TEST(frames_are_numbered_not_larger_than_allowed_and_the_last_says_so) {
    struct orr_batcher_options o = {ORR_BATCHES_SINGULAR, ORR_COMPRESSION_ZLIB, 100};
    struct orr_rlp_writer datas;
    size_t lens[64], all = 0;
    make_blocks(ORR_EVM_CANYON);
    size_t n = write_all(&o, 1, BLOCKS + 1, &datas, lens, 64);
    const uint8_t *at = datas.bytes;
    ck_assert_uint_gt(n, 5);
    for (size_t i = 0; i < n; at += lens[i++]) {
        struct orr_frame *frames;
        struct orr_frame_fault fault;
        size_t n_frames;
        ck_assert_int_eq(orr_batcher_data_read(&heap.mem, at, lens[i], &frames, &n_frames, &fault),
                         0);
        ck_assert_uint_eq(n_frames, 1);
        ck_assert_uint_eq(frames[0].number, i);
        ck_assert(i + 1 == n ? frames[0].len <= 100 : frames[0].len == 100);
        ck_assert_int_eq(frames[0].is_last, i + 1 == n);
        ck_assert_uint_eq(frames[0].channel[0], 7);
        ck_assert_uint_eq(frames[0].channel[15], 9);
        orr_free(&heap.mem, frames, n_frames * sizeof *frames);
        all += lens[i];
    }
    ck_assert_uint_eq(all, datas.len);
    orr_rlp_free(&datas);
    ck_assert_uint_eq(write_all(&o, 1, BLOCKS + 1, &datas, lens, n), n);
    orr_rlp_free(&datas);
    ck_assert_uint_eq(write_all(&o, 1, BLOCKS + 1, &datas, lens, n - 1), 0); /* too many */
    orr_rlp_free(&datas);
    end_rollup();
}
END_TEST

static size_t size_as(enum orr_batch_form form) {
    struct orr_batcher_options o = {form, ORR_COMPRESSION_ZLIB, ORR_FRAME_DATA_MAX};
    struct orr_rlp_writer datas;
    size_t len;
    ck_assert_uint_eq(write_all(&o, 1, BLOCKS + 1, &datas, &len, 1), 1);
    orr_rlp_free(&datas);
    return len;
}

START_TEST(the_smaller_form_is_taken) {
    make_blocks(ORR_EVM_CANYON);
    size_t singular = size_as(ORR_BATCHES_SINGULAR), span = size_as(ORR_BATCHES_SPAN);
    ck_assert_uint_ne(singular, span);
    ck_assert_uint_eq(size_as(ORR_BATCHES_SMALLER), singular < span ? singular : span);
    end_rollup();
}
END_TEST

START_TEST(what_no_span_can_hold_goes_as_singular_batches) {
    make_blocks(ORR_EVM_CANYON);
    size_t singular = size_as(ORR_BATCHES_SINGULAR);
    config.l2_chain_id++; /* the transactions are signed for another chain: a span has no place */
    ck_assert_uint_eq(size_as(ORR_BATCHES_SPAN), singular);
    end_rollup();
}
END_TEST

/* ---- the sequencer ---- */

static struct orr_rlp_writer written[6];
static struct orr_rollup_tx waiting[6];
static size_t n_waiting;

static void wait_for(const void *bytes, size_t len) {
    struct orr_rlp_writer *w = &written[n_waiting];
    *w = (struct orr_rlp_writer){.mem = &heap.mem};
    orr_rlp_write_raw(w, bytes, len);
    waiting[n_waiting++] = (struct orr_rollup_tx){w->bytes, w->len};
}

static void wait_for_transfer(uint64_t nonce) {
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET, .has_chain_id = true, .chain_id = wei(901),
                            .nonce = nonce, .gas_limit = 21000, .max_fee = wei(100),
                            .max_priority_fee = wei(1), .to = {{0x77}}, .value = wei(3)};
    struct orr_rlp_writer w = {.mem = &heap.mem};
    sign_tx(&heap.mem, &tx);
    orr_evm_tx_encode(&tx, &w);
    wait_for(w.bytes, w.len);
    orr_rlp_free(&w);
}

static struct orr_verified genesis_as_parent(void) {
    return (struct orr_verified){.head = l2[0].head, .system = l2[0].system,
                                 .header = l2[0].header, .state = l2[0].state};
}

static bool sequence(const struct orr_verified *parent, size_t origin, struct orr_verified *made) {
    return orr_sequence(&heap.mem, &config, &chain, executor, parent, &l1[origin].read,
                        (struct orr_evm_block_hashes){NULL, NULL}, waiting, &n_waiting, made);
}

static void begin_sequencer(void) {
    begin_rollup(ORR_EVM_HOLOCENE);
    n_waiting = 0;
    for (int i = 0; i < 3; i++) make_l1();
}

static void end_sequencer(void) {
    for (size_t i = 0; i < 6; i++) orr_rlp_free(&written[i]), written[i].bytes = NULL;
    end_rollup();
}

START_TEST(what_cannot_be_executed_is_taken_out_and_the_rest_stays_in_order) {
    struct orr_verified parent, made;
    static const uint8_t deposit[] = {0x7e, 0xc0}, nonsense[] = {0x02, 0xc0, 0x01};
    begin_sequencer();
    parent = genesis_as_parent();
    wait_for(nonsense, sizeof nonsense);
    wait_for_transfer(0);
    wait_for(deposit, sizeof deposit);
    wait_for_transfer(2); /* too early: 1 comes behind it */
    wait_for_transfer(1);
    struct orr_rollup_tx first = waiting[1], second = waiting[4];
    ck_assert(sequence(&parent, 0, &made));
    ck_assert_uint_eq(n_waiting, 2);
    ck_assert_ptr_eq(waiting[0].bytes, first.bytes);
    ck_assert_ptr_eq(waiting[1].bytes, second.bytes);
    ck_assert_uint_eq(made.n_txs, 3);
    ck_assert_uint_eq(made.n_deposits, 1); /* the attributes, first */
    ck_assert_uint_eq(made.txs[1].len, second.len);
    ck_assert_mem_eq(made.txs[1].bytes, second.bytes, second.len);
    ck_assert_uint_eq(made.head.block.number, 1);
    ck_assert_uint_eq(made.head.block.time, GENESIS_TIME + L2_STEP);
    ck_assert_uint_eq(made.head.sequence_number, 1);
    ck_assert(orr_hash_equal(made.header.parent_hash, parent.head.block.hash));
    struct orr_address to = {{0x77}};
    ck_assert_uint_eq(orr_evm_state_balance(made.state, &to).limb[0], 6);
    ck_assert_uint_eq(orr_evm_state_balance(parent.state, &to).limb[0], 0); /* on a fork */
    orr_verified_free(&heap.mem, &made);
    end_sequencer();
}
END_TEST

START_TEST(a_new_origin_begins_an_epoch_and_brings_its_deposits) {
    struct orr_verified parent, made;
    begin_sequencer();
    while (n_l1 > 1) drop_l1();
    static const char event[] = "TransactionDeposited(address,address,uint256,bytes)";
    uint8_t log[160] = {[31] = 32, [63] = 73}; /* mint 5, value 5, gas 50,000, no data */
    log[95] = log[127] = 5;
    orr_store_be64(log + 128, 50000);
    next_logs[0] = (struct orr_l1_log){.address = config.portal, .n_topics = 4, .data = log,
                                       .data_len = sizeof log};
    next_logs[0].topics[0] = orr_keccak256(event, sizeof event - 1);
    next_logs[0].topics[1].bytes[31] = 0xaa;
    next_logs[0].topics[2].bytes[31] = 0xbb;
    n_next_logs = 1;
    make_l1();
    parent = genesis_as_parent();
    parent.head.block.time = l1[1].read.id.time - L2_STEP;
    parent.header.timestamp = parent.head.block.time;
    ck_assert(sequence(&parent, 1, &made));
    ck_assert_uint_eq(made.head.sequence_number, 0);
    ck_assert_uint_eq(made.head.block.origin_number, 1);
    ck_assert_uint_eq(made.n_deposits, 2);
    struct orr_address to = {{[19] = 0xbb}};
    ck_assert_uint_eq(orr_evm_state_balance(made.state, &to).limb[0], 5);
    orr_verified_free(&heap.mem, &made);
    end_sequencer();
}
END_TEST

START_TEST(an_origin_that_does_not_suit_the_parent_makes_no_block) {
    struct orr_verified parent, made;
    begin_sequencer();
    parent = genesis_as_parent();
    wait_for_transfer(0);
    ck_assert(!sequence(&parent, 2, &made)); /* one is left out */
    ck_assert_uint_eq(n_waiting, 1);         /* and waits on */
    parent.head.origin_hash.bytes[0] ^= 1;
    ck_assert(!sequence(&parent, 0, &made)); /* of another L1 */
    end_sequencer();
}
END_TEST

ORR_TEST_MAIN("rollup.batcher", what_is_batched_is_derived_in_every_form,
              frames_are_numbered_not_larger_than_allowed_and_the_last_says_so,
              the_smaller_form_is_taken, what_no_span_can_hold_goes_as_singular_batches,
              what_cannot_be_executed_is_taken_out_and_the_rest_stays_in_order,
              a_new_origin_begins_an_epoch_and_brings_its_deposits,
              an_origin_that_does_not_suit_the_parent_makes_no_block)
