/* Transactions: EIP-155's published example, and the rules that a transaction's own fields must
 * keep. */
#include "models/vm/transaction.h"

#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"
#include "tests/test.h"

/* EIP-155, "Example": nonce 9, 20 gwei, 21,000 gas, 1 ether to 0x3535..., signed for chain 1 with
 * the key 0x4646...46. */
static const char example[] =
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
    "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a0"
    "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

static struct orr_heap heap;

static struct orr_buffer decode_example(struct orr_evm_tx *tx) {
    struct orr_buffer bytes;
    orr_heap_init(&heap);
    ck_assert_int_eq(orr_hex_decode(example, &bytes), 0);
    ck_assert_int_eq(orr_evm_tx_decode(&heap.mem, bytes.bytes, bytes.len, tx), 0);
    return bytes;
}

START_TEST(eip_155s_example_hashes_and_recovers_as_published) {
    struct orr_evm_tx tx;
    struct orr_address sender;
    const struct orr_u256 chain = orr_u256_from_u64(1), other = orr_u256_from_u64(2);
    char hex[65];
    struct orr_buffer bytes = decode_example(&tx);
    struct orr_hash hash = orr_evm_tx_signing_hash(&heap.mem, &tx);
    orr_hex_encode(hex, hash.bytes, 32);
    ck_assert_str_eq(hex, "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_CANCUN, &chain, &sender),
                     ORR_TX_OK);
    orr_hex_encode(hex, sender.bytes, 20);
    ck_assert_str_eq(hex, "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_CANCUN, &other, &sender),
                     ORR_TX_INVALID_CHAINID);
    ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_EIP150, &chain, &sender),
                     ORR_TX_INVALID_SIGNATURE_VRS);
    orr_evm_tx_free(&heap.mem, &tx);
    free(bytes.bytes);
}
END_TEST

START_TEST(a_high_s_is_a_signature_in_frontier_only) {
    /* n - s with the other parity signs the same message (EIP-2). */
    static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                  0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    struct orr_evm_tx tx;
    struct orr_address low, high;
    const struct orr_u256 chain = orr_u256_from_u64(1);
    struct orr_buffer bytes = decode_example(&tx);
    tx.has_chain_id = false; /* another message, and some key for it */
    tx.v = orr_u256_from_u64(27);
    ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_FRONTIER, &chain, &low), ORR_TX_OK);
    uint8_t s[32];
    orr_u256_store_be(s, tx.s);
    int borrow = 0;
    for (int i = 31; i >= 0; i--) {
        int d = n[i] - s[i] - borrow;
        borrow = d < 0;
        s[i] = (uint8_t)d;
    }
    tx.s = orr_u256_load_be(s);
    tx.v = orr_u256_from_u64(28);
    ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_FRONTIER, &chain, &high),
                     ORR_TX_OK);
    ck_assert_mem_eq(low.bytes, high.bytes, 20);
    ck_assert_int_eq(orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_HOMESTEAD, &chain, &high),
                     ORR_TX_INVALID_SIGNATURE_VRS);
    orr_evm_tx_free(&heap.mem, &tx);
    free(bytes.bytes);
}
END_TEST

START_TEST(no_shortened_or_lengthened_encoding_decodes) {
    struct orr_evm_tx tx;
    struct orr_buffer bytes = decode_example(&tx);
    orr_evm_tx_free(&heap.mem, &tx);
    for (size_t len = 0; len < bytes.len; len++)
        ck_assert_int_ne(orr_evm_tx_decode(&heap.mem, bytes.bytes, len, &tx), 0);
    bytes.bytes = realloc(bytes.bytes, bytes.len + 1);
    bytes.bytes[bytes.len] = 0;
    ck_assert_int_ne(orr_evm_tx_decode(&heap.mem, bytes.bytes, bytes.len + 1, &tx), 0);
    memmove(bytes.bytes + 1, bytes.bytes,
            bytes.len); /* a legacy one has no type byte, not even 0 */
    bytes.bytes[0] = 0;
    ck_assert_int_eq(orr_evm_tx_decode(&heap.mem, bytes.bytes, bytes.len + 1, &tx),
                     ORR_EUNSUPPORTED);
    bytes.bytes[0] = 5;
    ck_assert_int_eq(orr_evm_tx_decode(&heap.mem, bytes.bytes, bytes.len, &tx), ORR_EUNSUPPORTED);
    free(bytes.bytes);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(intrinsic_gas_follows_the_forks) {
    static const uint8_t data[64] = {1, 2, 3}; /* 3 others, 61 zeros */
    struct orr_evm_tx tx = {.data = data, .data_len = sizeof data, .gas_limit = 100000};
    ck_assert_uint_eq(orr_evm_tx_intrinsic_gas(&tx, NULL, ORR_FORK_FRONTIER),
                      21000 + 61 * 4 + 3 * 68);
    ck_assert_uint_eq(orr_evm_tx_intrinsic_gas(&tx, NULL, ORR_FORK_ISTANBUL),
                      21000 + 61 * 4 + 3 * 16);
    ck_assert_uint_eq(orr_evm_tx_floor_gas(&tx, NULL, ORR_FORK_CANCUN), 0);
    ck_assert_uint_eq(orr_evm_tx_floor_gas(&tx, NULL, ORR_FORK_PRAGUE), 21000 + 10 * (61 + 4 * 3));
    tx.is_create = true;
    ck_assert_uint_eq(orr_evm_tx_intrinsic_gas(&tx, NULL, ORR_FORK_FRONTIER),
                      21000 + 61 * 4 + 3 * 68);
    ck_assert_uint_eq(orr_evm_tx_intrinsic_gas(&tx, NULL, ORR_FORK_HOMESTEAD),
                      53000 + 61 * 4 + 3 * 68);
    ck_assert_uint_eq(orr_evm_tx_intrinsic_gas(&tx, NULL, ORR_FORK_SHANGHAI),
                      53000 + 61 * 4 + 3 * 16 + 4);
    tx.n_access = 2;
    tx.n_access_keys = 3;
    tx.n_authorizations = 1;
    ck_assert_uint_eq(orr_evm_tx_intrinsic_gas(&tx, NULL, ORR_FORK_PRAGUE),
                      53000 + 61 * 4 + 3 * 16 + 4 + 2 * 2400 + 3 * 1900 + 25000);
}
END_TEST

START_TEST(each_broken_rule_has_its_name) {
    struct orr_hash hashes[10];
    memset(hashes, 1, sizeof hashes);
    const struct orr_evm_tx good = {.gas_limit = 21000, .max_fee = orr_u256_from_u64(10)};
    struct orr_evm_tx tx = good;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_FRONTIER, 0), ORR_TX_OK);
    tx.type = ORR_TX_ACCESS_LIST;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_ISTANBUL, 0), ORR_TX_TYPE_1_TX_PRE_FORK);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_BERLIN, 0), ORR_TX_OK);
    tx.type = ORR_TX_FEE_MARKET;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_BERLIN, 0), ORR_TX_TYPE_2_TX_PRE_FORK);
    tx.max_priority_fee = orr_u256_from_u64(11);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_LONDON, 0),
                     ORR_TX_PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS);
    tx = good;
    tx.nonce = UINT64_MAX;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_LONDON, 0), ORR_TX_NONCE_IS_MAX);
    tx = good;
    tx.gas_limit = 20999;
    ck_assert_int_eq(orr_evm_tx_check_gas(&tx, NULL, ORR_FORK_LONDON),
                     ORR_TX_INTRINSIC_GAS_TOO_LOW);
    tx.gas_limit = ORR_TX_MAX_GAS + 1;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_PRAGUE, 9), ORR_TX_OK);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_OSAKA, 9), ORR_TX_GAS_LIMIT_EXCEEDS_MAXIMUM);
    tx = good;
    tx.type = ORR_TX_BLOB;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_SHANGHAI, 6), ORR_TX_TYPE_3_TX_PRE_FORK);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_CANCUN, 6), ORR_TX_TYPE_3_TX_ZERO_BLOBS);
    tx.blob_hashes = hashes;
    tx.n_blob_hashes = 7;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_CANCUN, 6),
                     ORR_TX_TYPE_3_TX_BLOB_COUNT_EXCEEDED);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_PRAGUE, 9), ORR_TX_OK);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_OSAKA, 9),
                     ORR_TX_TYPE_3_TX_BLOB_COUNT_EXCEEDED);
    hashes[3].bytes[0] = 2;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_PRAGUE, 9),
                     ORR_TX_TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH);
    tx.is_create = true;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_PRAGUE, 9), ORR_TX_TYPE_3_TX_CONTRACT_CREATION);
    tx = good;
    tx.type = ORR_TX_SET_CODE;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_CANCUN, 6), ORR_TX_TYPE_4_TX_PRE_FORK);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_PRAGUE, 9),
                     ORR_TX_TYPE_4_EMPTY_AUTHORIZATION_LIST);
    tx = good;
    tx.is_create = true;
    tx.data_len = 49153;
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_PARIS, 0), ORR_TX_OK);
    ck_assert_int_eq(orr_evm_tx_check(&tx, ORR_FORK_SHANGHAI, 0), ORR_TX_INITCODE_SIZE_EXCEEDED);
}
END_TEST

ORR_TEST_MAIN("vm.transaction", eip_155s_example_hashes_and_recovers_as_published,
              a_high_s_is_a_signature_in_frontier_only, no_shortened_or_lengthened_encoding_decodes,
              intrinsic_gas_follows_the_forks, each_broken_rule_has_its_name)
