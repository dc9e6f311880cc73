/* Vectors: RFC 8032, section 7.1, tests 1 and 2; FIPS 180-4 example "abc". */
#include "models/base/sign.h"

#include <string.h>

#include "models/base/memo.h"
#include "models/base/rng.h"
#include "models/base/sha256.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static void unhex(const char *text, uint8_t *bytes) {
    for (size_t i = 0; text[2 * i]; i++) {
        unsigned byte;
        ck_assert_int_eq(sscanf(text + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
}

static const struct { const char *seed, *public_key, *message, *signature; } rfc8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"}};

START_TEST(signatures_equal_those_of_rfc_8032) {
    for (unsigned i = 0; i < 2; i++) {
        uint8_t seed[32], public_key[32], message[8], want[64], got[64];
        unhex(rfc8032[i].seed, seed);
        unhex(rfc8032[i].public_key, public_key);
        unhex(rfc8032[i].message, message);
        unhex(rfc8032[i].signature, want);
        size_t len = strlen(rfc8032[i].message) / 2;
        struct orr_keypair pair;
        orr_keypair_from_seed(seed, &pair);
        ck_assert_mem_eq(pair.public_key, public_key, 32);
        orr_sign(NULL, &pair, message, len, got);
        ck_assert_mem_eq(got, want, 64);
        ck_assert(orr_sign_verify(NULL, public_key, message, len, want));
    }
}
END_TEST

static void spoil_each_bit(enum orr_signatures kind) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_memo *memo = orr_memo_new(&heap.mem, 1 << 12), *memos[] = {NULL, memo};
    struct orr_keypair pair;
    orr_keypair_derive(kind, 1, 0, &pair);
    uint8_t message[20] = "twenty bytes of text", signature[64];
    orr_sign(NULL, &pair, message, sizeof message, signature);
    for (unsigned turn = 0; turn < 2; turn++) { /* the second turn is answered by the memo */
        for (unsigned k = 0; k < 2; k++) {
            ck_assert(
                orr_sign_verify(memos[k], pair.public_key, message, sizeof message, signature));
            for (unsigned bit = 0; bit < 512; bit += kind == ORR_SIGNATURES_REAL ? 7 : 1) {
                uint8_t *at[] = {signature, message, pair.public_key};
                unsigned sizes[] = {64, 20, 32};
                for (unsigned j = 0; j < 3; j++) {
                    unsigned b = bit % (8 * sizes[j]);
                    at[j][b / 8] ^= (uint8_t)(1 << b % 8);
                    ck_assert(!orr_sign_verify(memos[k], pair.public_key, message, sizeof message,
                                               signature));
                    at[j][b / 8] ^= (uint8_t)(1 << b % 8);
                }
            }
        }
    }
    struct orr_memo_counts counts = orr_memo_counts(memo);
    ck_assert_uint_ge(counts.hits, counts.misses);
    orr_memo_free(memo);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

START_TEST(no_changed_bit_of_signature_message_or_key_is_accepted_with_or_without_a_memo) {
    spoil_each_bit(ORR_SIGNATURES_REAL);
    spoil_each_bit(ORR_SIGNATURES_MODELLED);
}
END_TEST

START_TEST(key_pairs_are_a_function_of_kind_seed_and_index) {
    struct orr_keypair pairs[2][2][2], again; /* kind, seed, index */
    for (unsigned i = 0; i < 8; i++) {
        struct orr_keypair *pair = &pairs[i / 4][i / 2 % 2][i % 2];
        orr_keypair_derive((enum orr_signatures)(i / 4), 42 + i / 2 % 2, 3 + i % 2, pair);
        orr_keypair_derive((enum orr_signatures)(i / 4), 42 + i / 2 % 2, 3 + i % 2, &again);
        ck_assert_mem_eq(pair, &again, sizeof again);
        for (unsigned j = 0; j < i; j++) {
            const struct orr_keypair *other = &pairs[j / 4][j / 2 % 2][j % 2];
            ck_assert_mem_ne(pair->public_key, other->public_key, sizeof pair->public_key);
            ck_assert_mem_ne(pair->secret, other->secret, sizeof pair->secret);
        }
    }
}
END_TEST

/* What a node has that holds one pair and has seen all that others sent. */
START_TEST(nobody_makes_a_modelled_signature_of_another) {
    struct orr_keypair owner, liar, real;
    orr_keypair_derive(ORR_SIGNATURES_MODELLED, 1, 0, &owner);
    orr_keypair_derive(ORR_SIGNATURES_MODELLED, 1, 1, &liar);
    orr_keypair_derive(ORR_SIGNATURES_REAL, 1, 1, &real);
    uint8_t seen[64], forged[64];
    orr_sign(NULL, &owner, "seen", 4, seen);
    ck_assert(orr_sign_verify(NULL, owner.public_key, "seen", 4, seen));
    ck_assert(!orr_sign_verify(NULL, owner.public_key, "new!", 4, seen)); /* said of another */
    orr_sign(NULL, &liar, "new!", 4, forged); /* with one's own pair */
    ck_assert(!orr_sign_verify(NULL, owner.public_key, "new!", 4, forged));
    ck_assert(orr_sign_verify(NULL, liar.public_key, "new!", 4, forged));
    orr_sign(NULL, &real, "new!", 4, forged);
    ck_assert(!orr_sign_verify(NULL, owner.public_key, "new!", 4, forged));
    struct orr_keypair made_up = liar; /* another's public key over one's own secret */
    memcpy(made_up.public_key, owner.public_key, sizeof owner.public_key);
    orr_sign(NULL, &made_up, "new!", 4, forged);
    ck_assert(!orr_sign_verify(NULL, owner.public_key, "new!", 4, forged));
    memset(made_up.secret, 0, sizeof made_up.secret); /* ... over what everybody knows */
    for (unsigned at = 0; at <= 16; at += 16) {
        memcpy(made_up.secret, owner.public_key + at, 16);
        orr_sign(NULL, &made_up, "new!", 4, forged);
        ck_assert(!orr_sign_verify(NULL, owner.public_key, "new!", 4, forged));
    }
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_FAULT, 0);
    for (unsigned i = 0; i < 100000; i++) { /* by guessing */
        uint64_t guess[8];
        for (unsigned k = 0; k < 8; k++) guess[k] = orr_rng_u64(&rng);
        memcpy(forged, guess, sizeof guess);
        ck_assert(!orr_sign_verify(NULL, owner.public_key, "new!", 4, forged));
    }
}
END_TEST

START_TEST(a_memo_keeps_to_its_size_and_never_answers_for_another_input) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_memo *memo = orr_memo_new(&heap.mem, 256);
    size_t used = heap.used_bytes;
    for (uint64_t i = 0; i < 10000; i++) {
        struct orr_memo_key key = orr_memo_key(ORR_MEMO_ED25519_VERIFY, &i, 8, NULL, 0, NULL, 0);
        uint64_t result = 0;
        ck_assert(!orr_memo_find(memo, key, &result));
        orr_memo_put(memo, key, i);
        ck_assert(orr_memo_find(memo, key, &result));
        ck_assert_uint_eq(result, i);
    }
    ck_assert_uint_eq(heap.used_bytes, used);
    ck_assert_uint_eq(orr_memo_counts(memo).evictions, 10000 - 256);
    orr_memo_free(memo);
}
END_TEST

START_TEST(memo_keys_tell_pieces_apart_by_their_borders) {
    struct orr_memo_key a = orr_memo_key(ORR_MEMO_ED25519_VERIFY, "ab", 2, "c", 1, NULL, 0);
    struct orr_memo_key b = orr_memo_key(ORR_MEMO_ED25519_VERIFY, "a", 1, "bc", 2, NULL, 0);
    ck_assert_mem_ne(&a, &b, sizeof a);
    static uint8_t long_input[10000];
    a = orr_memo_key(ORR_MEMO_ED25519_VERIFY, long_input, sizeof long_input, NULL, 0, NULL, 0);
    long_input[9999] = 1;
    b = orr_memo_key(ORR_MEMO_ED25519_VERIFY, long_input, sizeof long_input, NULL, 0, NULL, 0);
    ck_assert_mem_ne(&a, &b, sizeof a);
}
END_TEST

START_TEST(sha256_equals_the_standards_example) {
    uint8_t want[32], got[32];
    unhex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", want);
    orr_sha256("abc", 3, got);
    ck_assert_mem_eq(got, want, 32);
    orr_sha256_tagged('a', "b", 1, "c", 1, got);
    ck_assert_mem_eq(got, want, 32);
}
END_TEST

ORR_TEST_MAIN("base.sign", signatures_equal_those_of_rfc_8032,
              no_changed_bit_of_signature_message_or_key_is_accepted_with_or_without_a_memo,
              key_pairs_are_a_function_of_kind_seed_and_index,
              nobody_makes_a_modelled_signature_of_another,
              a_memo_keeps_to_its_size_and_never_answers_for_another_input,
              memo_keys_tell_pieces_apart_by_their_borders, sha256_equals_the_standards_example)
