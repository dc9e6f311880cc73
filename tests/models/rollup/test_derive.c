/* Derivation: what the sequencer built is what the verifier derives, by every fork's rules, from
 * singular and span batches, in one frame and in many, and when nothing comes at all. */
#include "tests/models/rollup/rollup_world.h"

static const enum orr_evm_rollup forks[] = {ORR_EVM_BEDROCK, ORR_EVM_CANYON, ORR_EVM_FJORD,
                                            ORR_EVM_HOLOCENE, ORR_EVM_ISTHMUS};
enum { N_FORKS = sizeof forks / sizeof forks[0] };

/* L1 to `to`, and L2 blocks on it: three for each L1 block, with an origin one behind. */
static void grow(size_t to, size_t n_txs) {
    while (n_l1 < to) {
        make_l1();
        for (int i = 0; i < 3; i++) {
            uint64_t time = l2[n_l2 - 1].head.block.time + L2_STEP;
            size_t origin = l2[n_l2 - 1].head.block.origin_number;
            if (origin + 1 < n_l1 && l1[origin + 1].read.id.time <= time) origin++;
            make_l2(origin, n_txs);
        }
    }
}

START_TEST(what_was_sequenced_is_derived) {
    for (int f = 0; f < N_FORKS; f++)
        for (int as_span = 0; as_span < (forks[f] >= ORR_EVM_CANYON) + 1; as_span++) {
            begin_rollup(forks[f]);
            grow(4, 2);
            size_t n = n_l2, from = 0;
            struct orr_hash last = l2[n - 1].head.block.hash;
            submit_blocks(1, n, as_span, 7);
            make_l1();
            struct orr_derive *d = begin_verifier();
            follow(d, &from);
            ck_assert_uint_eq(orr_derive_safe(d)->block.number, n - 1);
            ck_assert(orr_hash_equal(orr_derive_safe(d)->block.hash, last));
            ck_assert_uint_eq(orr_derive_counts(d).n_dropped_batches, 0);
            ck_assert_uint_eq(orr_derive_counts(d).n_batches, as_span ? 1 : n - 1);
            orr_derive_destroy(d);
            end_rollup();
        }
}
END_TEST

START_TEST(frames_come_in_many_transactions_and_l1_blocks) {
    for (int f = 0; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        grow(3, 3);
        size_t n = n_l2, from = 0;
        struct orr_rlp_writer w = {.mem = &heap.mem};
        for (size_t i = 1; i < n; i++) write_singular(i, &w);
        submit(&w, 1, 400);
        ck_assert_uint_ge(n_to_inbox, 3);
        struct orr_rlp_writer held[8];
        size_t n_held = n_to_inbox;
        memcpy(held, to_inbox, sizeof held);
        struct orr_derive *d = begin_verifier();
        for (size_t i = 0; i < n_held; i++) { /* one in each L1 block; the last makes it whole */
            n_to_inbox = 1;
            to_inbox[0] = held[i];
            make_l1();
            follow(d, &from);
            ck_assert_uint_eq(orr_derive_safe(d)->block.number, i + 1 < n_held ? 0 : n - 1);
        }
        orr_rlp_free(&w);
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

START_TEST(frames_out_of_order_are_a_channel_before_holocene_alone) {
    for (int f = 1; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        grow(3, 3);
        size_t n = n_l2, from = 0;
        struct orr_rlp_writer w = {.mem = &heap.mem};
        for (size_t i = 1; i < n; i++) write_singular(i, &w);
        submit(&w, 1, 600);
        struct orr_rlp_writer first = to_inbox[0];
        ck_assert_uint_ge(n_to_inbox, 2);
        to_inbox[0] = to_inbox[1];
        to_inbox[1] = first;
        make_l1();
        struct orr_derive *d = begin_verifier();
        follow(d, &from);
        ck_assert_uint_eq(orr_derive_safe(d)->block.number,
                          forks[f] < ORR_EVM_HOLOCENE ? n - 1 : 0);
        orr_rlp_free(&w);
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

START_TEST(a_channel_that_is_too_late_to_be_whole_is_dropped) {
    for (int f = 0; f < N_FORKS; f++)
        for (int late = 0; late < 2; late++) {
            begin_rollup(forks[f]);
            config.granite_time = ORR_ROLLUP_NEVER; /* so that the timeout is the config's: 4 */
            config.seq_window_size = 100;
            grow(3, 2);
            size_t n = n_l2, from = 0;
            struct orr_rlp_writer w = {.mem = &heap.mem};
            for (size_t i = 1; i < n; i++) write_singular(i, &w);
            submit(&w, 1, 600);
            ck_assert_uint_ge(n_to_inbox, 2);
            struct orr_rlp_writer rest[4];
            size_t n_rest = n_to_inbox - 1;
            memcpy(rest, to_inbox + 1, sizeof rest);
            n_to_inbox = 1;
            make_l1();
            for (int i = 0; i < 3 + late; i++) make_l1();
            memcpy(to_inbox, rest, sizeof rest);
            n_to_inbox = n_rest;
            make_l1(); /* 4 or 5 blocks behind the first frame's */
            struct orr_derive *d = begin_verifier();
            follow(d, &from);
            ck_assert_uint_eq(orr_derive_safe(d)->block.number, late ? 0 : n - 1);
            orr_rlp_free(&w);
            orr_derive_destroy(d);
            end_rollup();
        }
}
END_TEST

START_TEST(a_silent_sequencers_chain_goes_on_by_empty_blocks_when_the_window_ends) {
    for (int f = 0; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        struct orr_derive *d = begin_verifier();
        size_t from = 0;
        while (n_l1 < WINDOW) make_l1();
        follow(d, &from);
        ck_assert_uint_eq(orr_derive_safe(d)->block.number, 0);
        for (size_t i = 0; i < 5; i++) {
            make_l1(); /* its epoch's window ends: all blocks of that epoch, and no others */
            follow(d, &from);
            const struct orr_derive_head *safe = orr_derive_safe(d);
            ck_assert_uint_eq(safe->block.number, 3 * (i + 1) - 1);
            ck_assert_uint_eq(safe->block.origin_number, i);
            ck_assert_uint_eq(safe->sequence_number, 2);
        }
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

START_TEST(a_batch_that_comes_after_the_window_changes_nothing) {
    for (int f = 0; f < N_FORKS; f++)
        for (size_t late = 0; late < 2; late++) {
            begin_rollup(forks[f]);
            grow(3, 1);
            size_t from = 0;
            while (n_l1 < WINDOW + late) make_l1();
            struct orr_hash mine = l2[2].head.block.hash;
            submit_blocks(1, 3, false, 3);
            make_l1(); /* number WINDOW + late: epoch 0's window ends with WINDOW */
            struct orr_derive *d = begin_verifier();
            follow(d, &from);
            ck_assert_int_eq(orr_hash_equal(l2[2].head.block.hash, mine), !late);
            ck_assert_int_eq(l2[2].n_txs, !late);
            orr_derive_destroy(d);
            end_rollup();
        }
}
END_TEST

/* ---- deposits and the system config ---- */

static uint8_t log_data[4][192];

static void log_word(uint8_t *to, uint64_t v) { orr_store_be64(to + 24, v); }

static void log_deposit(size_t i, uint64_t mint, uint64_t value) {
    static const char event[] = "TransactionDeposited(address,address,uint256,bytes)";
    uint8_t *p = log_data[i];
    memset(p, 0, sizeof log_data[i]);
    log_word(p, 32);
    log_word(p + 32, 73);
    log_word(p + 64, mint);
    log_word(p + 96, value);
    orr_store_be64(p + 128, 50000);
    struct orr_l1_log *log = &next_logs[n_next_logs++];
    *log = (struct orr_l1_log){.address = config.portal, .n_topics = 4, .data = p,
                               .data_len = 160};
    log->topics[0] = orr_keccak256(event, sizeof event - 1);
    log->topics[1].bytes[31] = 0x55;
    log->topics[2].bytes[31] = 0x88;
}

static void log_update(size_t i, uint64_t type, struct orr_u256 word) {
    static const char event[] = "ConfigUpdate(uint256,uint8,bytes)";
    uint8_t *p = log_data[i];
    memset(p, 0, sizeof log_data[i]);
    log_word(p, 32);
    log_word(p + 32, 32);
    orr_u256_store_be(p + 64, word);
    struct orr_l1_log *log = &next_logs[n_next_logs++];
    *log = (struct orr_l1_log){.address = config.system_config, .n_topics = 3, .data = p,
                               .data_len = 96};
    log->topics[0] = orr_keccak256(event, sizeof event - 1);
    log->topics[2] = orr_u256_to_hash(wei(type));
}

START_TEST(a_deposit_is_in_the_first_block_of_its_epoch_even_if_the_sequencer_is_silent) {
    for (int f = 0; f < N_FORKS; f++)
        for (int is_silent = 0; is_silent < 2; is_silent++) {
            struct orr_address to = {{[19] = 0x88}};
            begin_rollup(forks[f]);
            log_deposit(0, 500, 200);
            log_deposit(1, 0, 1);
            next_logs[1].address = (struct orr_address){{1}}; /* another contract's */
            make_l1();
            size_t from = 0, n = 0;
            if (is_silent) {
                while (n_l1 < WINDOW + 3) make_l1();
            } else {
                for (int i = 0; i < 5; i++) make_l2(i < 2 ? 0 : 1, 1);
                submit_blocks(1, n_l2, false, 1);
                make_l1();
            }
            struct orr_derive *d = begin_verifier();
            follow(d, &from);
            n = orr_derive_safe(d)->block.number;
            ck_assert_uint_ge(n, 5);
            for (size_t i = 1; i <= n; i++) {
                bool has_it = l2[i].head.block.origin_number == 1 && !l2[i].head.sequence_number;
                ck_assert_uint_eq(l2[i].n_deposits, has_it ? 2 : 1);
            }
            ck_assert(orr_u256_equal(orr_evm_state_balance(l2[n].state, &to), wei(200)));
            orr_derive_destroy(d);
            end_rollup();
        }
}
END_TEST

START_TEST(the_system_config_changes_with_its_epoch_and_the_batcher_with_its_l1_block) {
    struct orr_address other = {{0x99}};
    begin_rollup(ORR_EVM_HOLOCENE);
    log_update(0, ORR_UPDATE_GAS_LIMIT, wei(20000000));
    log_update(1, ORR_UPDATE_EIP_1559, wei((uint64_t)100 << 32 | 3));
    make_l1();
    for (int i = 0; i < 4; i++) make_l2(i < 2 ? 0 : 1, 1);
    ck_assert_uint_eq(l2[2].header.gas_limit, 30000000);
    ck_assert_uint_eq(l2[3].header.gas_limit, 20000000);
    ck_assert_uint_eq(orr_load_be32(l2[3].extra + 1), 100);
    ck_assert_uint_eq(orr_load_be32(l2[3].extra + 5), 3);
    submit_blocks(1, 3, false, 1);
    make_l1();
    submit_blocks(3, 5, false, 2);
    log_update(0, ORR_UPDATE_BATCHER, orr_u256_from_address(other));
    make_l1(); /* from this block on that batcher is nobody */
    size_t from = 0;
    struct orr_derive *d = begin_verifier();
    follow(d, &from);
    ck_assert_uint_eq(orr_derive_safe(d)->block.number, 2);
    ck_assert_uint_eq(orr_derive_counts(d).n_txs, 1);
    orr_derive_destroy(d);
    end_rollup();
}
END_TEST

/* ---- what is wrong ---- */

START_TEST(garbage_and_foreign_frames_are_dropped_and_counted) {
    for (int f = 1; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        grow(3, 1);
        size_t n = n_l2, from = 0;
        struct orr_frame strange = {.channel = {9}, .number = 3, .data = (const uint8_t *)"x",
                                    .len = 1};
        struct orr_rlp_writer nonsense = {.mem = &heap.mem};
        to_inbox[n_to_inbox++] = (struct orr_rlp_writer){.mem = &heap.mem};
        orr_rlp_write_raw(&to_inbox[0], "\0garbage", 8);
        to_inbox[n_to_inbox++] = (struct orr_rlp_writer){.mem = &heap.mem};
        orr_rlp_write_raw(&to_inbox[1], "", 1);
        orr_frame_write(&to_inbox[1], &strange);
        orr_rlp_write_string(&nonsense, "\2?", 2); /* a batch of no known version */
        submit(&nonsense, 5, 1000);
        submit_blocks(1, n, true, 6);
        make_l1();
        struct orr_derive *d = begin_verifier();
        follow(d, &from);
        struct orr_derive_counts counts = orr_derive_counts(d);
        ck_assert_uint_eq(orr_derive_safe(d)->block.number, n - 1);
        ck_assert_uint_eq(counts.n_txs, 4);
        ck_assert_uint_eq(counts.n_bad_txs, 1);
        ck_assert_uint_eq(counts.n_bad_batches, 1);
        ck_assert_uint_eq(counts.n_dropped_frames, forks[f] >= ORR_EVM_HOLOCENE);
        orr_rlp_free(&nonsense);
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

START_TEST(a_block_that_cannot_be_executed_leaves_its_deposits_from_holocene_on) {
    for (int f = 1; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        grow(3, 1);
        size_t from = 0;
        struct orr_rlp_writer w = {.mem = &heap.mem};
        write_singular(1, &w);
        uint64_t broken = l2[2].txs.len - 1; /* the second block's signature is another's */
        l2[2].txs.bytes[broken] ^= 1;
        write_singular(2, &w);
        l2[2].txs.bytes[broken] ^= 1;
        struct orr_hash first = l2[1].head.block.hash, second = l2[2].head.block.hash;
        write_singular(2, &w); /* in the same channel, as it should be */
        submit(&w, 1, 100000);
        make_l1();
        struct orr_derive *d = begin_verifier();
        follow(d, &from);
        ck_assert_uint_eq(orr_derive_safe(d)->block.number, 2);
        ck_assert(orr_hash_equal(l2[1].head.block.hash, first));
        ck_assert_int_eq(orr_hash_equal(l2[2].head.block.hash, second),
                         forks[f] < ORR_EVM_HOLOCENE);
        ck_assert_uint_eq(orr_derive_counts(d).n_refused, 1);
        orr_rlp_free(&w);
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

START_TEST(an_invalid_batch_ends_its_channel_from_holocene_on) {
    for (int f = 1; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        grow(3, 1);
        size_t from = 0;
        struct orr_rlp_writer w = {.mem = &heap.mem};
        write_singular(1, &w);
        struct orr_hash parent = l2[1].head.block.hash;
        l2[1].head.block.hash.bytes[0] ^= 1; /* a batch on another parent */
        write_singular(2, &w);
        l2[1].head.block.hash = parent;
        write_singular(2, &w);
        submit(&w, 1, 100000);
        make_l1();
        struct orr_derive *d = begin_verifier();
        follow(d, &from);
        ck_assert_uint_eq(orr_derive_safe(d)->block.number,
                          forks[f] < ORR_EVM_HOLOCENE ? 2 : 1);
        ck_assert_uint_eq(orr_derive_counts(d).n_dropped_batches, 1);
        orr_rlp_free(&w);
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

/* ---- reset ---- */

START_TEST(after_an_l1_reorg_derivation_goes_on_from_a_head_whose_origin_is_left) {
    for (int f = 1; f < N_FORKS; f++) {
        begin_rollup(forks[f]);
        grow(6, 1);
        size_t from = 0;
        submit_blocks(1, 6, true, 1);
        make_l1(); /* number 6 */
        submit_blocks(6, n_l2, true, 2);
        make_l1(); /* number 7 */
        struct orr_derive *d = begin_verifier();
        follow(d, &from);
        size_t n = orr_derive_safe(d)->block.number;
        ck_assert_uint_eq(n, n_l2 - 1);
        struct orr_hash kept = l2[5].head.block.hash;
        drop_l1(); /* 7 becomes another, without a batch */
        l1_salt = 1;
        make_l1();
        struct orr_l1_block b = copy_l1(7);
        ck_assert_int_eq(orr_derive_l1(d, &b), ORR_EINVAL);
        orr_l1_block_free(&heap.mem, &b);
        size_t head = 3; /* all origins up to here are on the new chain, too: L1 block 1's */
        orr_derive_reset(d, &l2[head].head, &l2[head].system, &l2[0].system, 1);
        from = 0;
        follow(d, &from);
        ck_assert_uint_eq(orr_derive_safe(d)->block.number, 5);
        ck_assert(orr_hash_equal(orr_derive_safe(d)->block.hash, kept));
        orr_derive_destroy(d);
        end_rollup();
    }
}
END_TEST

START_TEST(a_head_whose_origin_is_another_asks_for_a_reset) {
    begin_rollup(ORR_EVM_HOLOCENE);
    struct orr_derive_head head = l2[0].head;
    const struct orr_payload *payload;
    head.origin_hash.bytes[0] ^= 1;
    struct orr_derive *d = orr_derive_create(&heap.mem, &config);
    orr_derive_reset(d, &head, &l2[0].system, &l2[0].system, 0);
    ck_assert_int_eq(orr_derive_step(d, &payload), ORR_DERIVE_L1);
    struct orr_l1_block b = copy_l1(0);
    ck_assert_int_eq(orr_derive_l1(d, &b), 0);
    ck_assert_int_eq(orr_derive_step(d, &payload), ORR_DERIVE_RESET);
    orr_derive_destroy(d);
    end_rollup();
}
END_TEST

START_TEST(an_l1_block_whose_receipts_are_anothers_is_refused) {
    begin_rollup(ORR_EVM_HOLOCENE);
    log_deposit(0, 1, 1);
    make_l1();
    struct orr_l1_block b;
    const struct orr_evm_chain_config *mainnet = orr_evm_chain_mainnet();
    const struct l1_raw *raw = &l1[1];
    struct orr_rollup_tx cut = {raw->lent[0].bytes, raw->lent[0].len - 1};
    ck_assert_str_eq(orr_l1_block_read(&heap.mem, mainnet, raw->block.bytes, raw->block.len, NULL,
                                       0, &b), "not a receipt for each transaction");
    ck_assert_str_eq(orr_l1_block_read(&heap.mem, mainnet, raw->block.bytes, raw->block.len, &cut,
                                       1, &b), "another receipts root");
    ck_assert_str_eq(orr_l1_block_read(&heap.mem, mainnet, raw->block.bytes, raw->block.len - 1,
                                       raw->lent, 1, &b), "no block");
    ck_assert_uint_eq(l1[1].read.n_logs, 1);
    end_rollup();
}
END_TEST

ORR_TEST_MAIN("derive", what_was_sequenced_is_derived,
              frames_come_in_many_transactions_and_l1_blocks,
              frames_out_of_order_are_a_channel_before_holocene_alone,
              a_channel_that_is_too_late_to_be_whole_is_dropped,
              a_silent_sequencers_chain_goes_on_by_empty_blocks_when_the_window_ends,
              a_batch_that_comes_after_the_window_changes_nothing,
              a_deposit_is_in_the_first_block_of_its_epoch_even_if_the_sequencer_is_silent,
              the_system_config_changes_with_its_epoch_and_the_batcher_with_its_l1_block,
              garbage_and_foreign_frames_are_dropped_and_counted,
              a_block_that_cannot_be_executed_leaves_its_deposits_from_holocene_on,
              an_invalid_batch_ends_its_channel_from_holocene_on,
              after_an_l1_reorg_derivation_goes_on_from_a_head_whose_origin_is_left,
              a_head_whose_origin_is_another_asks_for_a_reset,
              an_l1_block_whose_receipts_are_anothers_is_refused)
