/* Withdrawals: their names, their logs, and proofs against output roots, true and false. */
#include "models/rollup/withdrawal.h"

#include <string.h>

#include "models/vm/proof.h"
#include "models/vm/rollup.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static const uint8_t bytes[40] = {1, 2, 3, [39] = 9};

static struct orr_withdrawal example(size_t data_len) {
    return (struct orr_withdrawal){.nonce = {{5, 0, 0, (uint64_t)1 << 48}}, .sender = {{0xaa}},
                                   .target = {{[19] = 0xbb}}, .value = {{7}},
                                   .gas_limit = {{100000}}, .data = bytes, .data_len = data_len};
}

/* abi.encode of the same, word by word. */
START_TEST(the_hash_is_that_of_the_abis_encoding) {
    orr_heap_init(&heap);
    struct orr_withdrawal x = example(3);
    uint8_t words[8 * 32] = {0};
    words[1] = 1, words[31] = 5;               /* nonce of version 1   */
    words[32 + 12] = 0xaa;                     /* sender               */
    words[64 + 31] = 0xbb;                     /* target               */
    words[96 + 31] = 7;                        /* value                */
    orr_store_be64(words + 128 + 24, 100000);  /* gas limit            */
    words[160 + 31] = 0xc0;                    /* where the bytes are  */
    words[192 + 31] = 3;                       /* how many             */
    memcpy(words + 224, bytes, 3);
    struct orr_hash hash = orr_withdrawal_hash(&heap.mem, &x);
    ck_assert(orr_hash_equal(hash, orr_keccak256(words, sizeof words)));
    x = example(0); /* no word for nothing */
    words[192 + 31] = 0;
    hash = orr_withdrawal_hash(&heap.mem, &x);
    ck_assert(orr_hash_equal(hash, orr_keccak256(words, 7 * 32)));
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

/* ---- logs ---- */

static struct orr_hash topics[5];
static uint8_t data[256];
static struct orr_rollup_log passed;

static void make_log(const struct orr_withdrawal *x) {
    static const char event[] =
        "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)";
    struct orr_hash hash = orr_withdrawal_hash(&heap.mem, x);
    memset(data, 0, sizeof data);
    topics[0] = orr_keccak256(event, sizeof event - 1);
    topics[1] = orr_u256_to_hash(x->nonce);
    topics[2] = orr_u256_to_hash(orr_u256_from_address(x->sender));
    topics[3] = orr_u256_to_hash(orr_u256_from_address(x->target));
    orr_u256_store_be(data, x->value);
    orr_u256_store_be(data + 32, x->gas_limit);
    data[64 + 31] = 128;
    memcpy(data + 96, &hash, 32);
    data[128 + 31] = (uint8_t)x->data_len;
    if (x->data_len) memcpy(data + 160, x->data, x->data_len);
    passed = (struct orr_rollup_log){topics, 4, data, 160 + (x->data_len + 31) / 32 * 32};
}

START_TEST(a_log_names_its_withdrawal) {
    orr_heap_init(&heap);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        struct orr_withdrawal x = example(len), got;
        make_log(&x);
        const char *wrong = orr_withdrawal_from_log(&heap.mem, &passed, &got);
        ck_assert_msg(!wrong, "%zu: %s", len, wrong);
        struct orr_hash a = orr_withdrawal_hash(&heap.mem, &x);
        ck_assert(orr_hash_equal(a, orr_withdrawal_hash(&heap.mem, &got)));
        ck_assert_uint_eq(got.data_len, len);
    }
}
END_TEST

START_TEST(a_malformed_log_is_refused_by_its_part) {
    static const struct {
        size_t byte;
        const char *wrong;
    } cases[] = {{31, "hash"},        {63, "hash"},   {96, "hash"}, {64, "offset"},
                 {64 + 31, "offset"}, {128, "length"}, {160 + 3, "padding"}, {160, "hash"}};
    orr_heap_init(&heap);
    struct orr_withdrawal x = example(3), got;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_log(&x);
        data[cases[i].byte] ^= 0x10;
        ck_assert_str_eq(orr_withdrawal_from_log(&heap.mem, &passed, &got), cases[i].wrong);
    }
    for (size_t len = 0; len < 192; len++) {
        make_log(&x);
        passed.data_len = len;
        ck_assert_str_eq(orr_withdrawal_from_log(&heap.mem, &passed, &got), "length");
    }
    make_log(&x);
    passed.data_len += 32; /* a word too many */
    ck_assert_str_eq(orr_withdrawal_from_log(&heap.mem, &passed, &got), "length");
    make_log(&x);
    passed.n_topics = 3;
    ck_assert_str_eq(orr_withdrawal_from_log(&heap.mem, &passed, &got), "topics");
    make_log(&x);
    topics[0].bytes[5] ^= 1;
    ck_assert_str_eq(orr_withdrawal_from_log(&heap.mem, &passed, &got), "event");
}
END_TEST

/* ---- proofs ---- */

static struct orr_evm_store *store;
static struct orr_evm_state *state;
static struct orr_output_proof parts;
static struct orr_hash root;
static struct orr_rlp_writer proof;

/* A state in which `sent` is sent, among others. */
static void begin(const struct orr_withdrawal *sent, uint64_t value) {
    orr_heap_init(&heap);
    store = orr_evm_store_create(&heap.mem);
    state = orr_evm_state_create(store);
    struct orr_address passer = orr_evm_predeploy(ORR_PREDEPLOY_MESSAGE_PASSER);
    struct orr_hash hash = orr_withdrawal_hash(&heap.mem, sent);
    struct orr_u256 slot = orr_withdrawal_slot(&hash), v = orr_u256_from_u64(value);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_nonce(state, &passer, 1);
    for (uint64_t i = 1; i < 40; i++) {
        struct orr_u256 key = orr_u256_from_u64(i);
        orr_evm_state_set_storage(state, &passer, &key, &key);
    }
    orr_evm_state_set_storage(state, &passer, &slot, &v);
    orr_evm_state_end_tx(state, ORR_FORK_PRAGUE);
    parts = (struct orr_output_proof){.state_root = orr_evm_state_root(state), .block = {{4}}};
    parts.message_passer = orr_evm_state_storage_root(state, &passer);
    root = orr_output_root(&parts.state_root, &parts.message_passer, &parts.block);
    proof = (struct orr_rlp_writer){.mem = &heap.mem};
    ck_assert_int_eq(orr_evm_state_prove_slot(state, &passer, &slot, &proof), 0);
}

static void end(void) {
    orr_rlp_free(&proof);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

static const char *prove(const struct orr_withdrawal *x) {
    return orr_withdrawal_prove(&heap.mem, x, &root, &parts, proof.bytes, proof.len);
}

START_TEST(a_withdrawal_that_was_sent_is_proven_and_no_other) {
    struct orr_withdrawal x = example(33), other = x;
    begin(&x, 1);
    ck_assert_ptr_null(prove(&x));
    other.value = orr_u256_from_u64(8);
    ck_assert_ptr_nonnull(prove(&other));
    other = x;
    other.nonce.limb[0]++;
    ck_assert_ptr_nonnull(prove(&other));
    for (int i = 0; i < 3; i++) {
        struct orr_output_proof good = parts;
        (i == 0 ? &parts.state_root : i == 1 ? &parts.block : &parts.message_passer)->bytes[3] ^= 1;
        ck_assert_str_eq(prove(&x), "the parts make another output root");
        parts = good;
    }
    end();
}
END_TEST

START_TEST(a_flipped_byte_anywhere_in_a_proof_is_refused) {
    struct orr_withdrawal x = example(5);
    begin(&x, 1);
    for (size_t i = 0; i < proof.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            proof.bytes[i] ^= (uint8_t)(1 << bit);
            ck_assert_ptr_nonnull(prove(&x));
            proof.bytes[i] ^= (uint8_t)(1 << bit);
        }
    ck_assert_ptr_null(prove(&x));
    ck_assert_str_eq(orr_withdrawal_prove(&heap.mem, &x, &root, &parts, NULL, 0),
                     "the proof proves nothing");
    end();
}
END_TEST

START_TEST(what_was_not_sent_is_not_proven) {
    struct orr_withdrawal x = example(5);
    begin(&x, 0); /* a proof that the slot is empty */
    ck_assert_str_eq(prove(&x), "L2 has not sent this withdrawal");
    end();
    begin(&x, 2);
    ck_assert_str_eq(prove(&x), "L2 has not sent this withdrawal");
    end();
}
END_TEST

ORR_TEST_MAIN("withdrawal", the_hash_is_that_of_the_abis_encoding, a_log_names_its_withdrawal,
              a_malformed_log_is_refused_by_its_part,
              a_withdrawal_that_was_sent_is_proven_and_no_other,
              a_flipped_byte_anywhere_in_a_proof_is_refused, what_was_not_sent_is_not_proven)
