/* The precompiles' dispatch and the ones made of hashes; published answers only. */
#include "models/base/error.h"
#include "models/vm/precompile.h"
#include "sim/base/memory.h"
#include "tests/models/vm/precompile_call.h"
#include "tests/test.h"

START_TEST(a_precompile_exists_from_its_fork_on) {
    static const struct {
        unsigned number;
        enum orr_evm_fork since;
    } known[] = {
        {0x01, ORR_FORK_FRONTIER},  {0x02, ORR_FORK_FRONTIER},  {0x03, ORR_FORK_FRONTIER},
        {0x04, ORR_FORK_FRONTIER},  {0x05, ORR_FORK_BYZANTIUM}, {0x06, ORR_FORK_BYZANTIUM},
        {0x07, ORR_FORK_BYZANTIUM}, {0x08, ORR_FORK_BYZANTIUM}, {0x09, ORR_FORK_ISTANBUL},
        {0x0a, ORR_FORK_CANCUN},    {0x0b, ORR_FORK_PRAGUE},    {0x0c, ORR_FORK_PRAGUE},
        {0x0d, ORR_FORK_PRAGUE},    {0x0e, ORR_FORK_PRAGUE},    {0x0f, ORR_FORK_PRAGUE},
        {0x10, ORR_FORK_PRAGUE},    {0x11, ORR_FORK_PRAGUE},    {0x100, ORR_FORK_OSAKA},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (int fork = 0; fork < ORR_N_FORKS; fork++)
            ck_assert_int_eq(precompile_at(fork, known[i].number) != NULL,
                             fork >= (int)known[i].since);
}
END_TEST

START_TEST(an_address_with_a_high_byte_set_is_an_ordinary_account) {
    for (int i = 0; i < 18; i++) {
        uint8_t address[20] = {[19] = 2};
        ck_assert_ptr_nonnull(orr_evm_precompile_find(ORR_FORK_OSAKA, address));
        address[i] = 1;
        ck_assert_ptr_null(orr_evm_precompile_find(ORR_FORK_OSAKA, address));
    }
    ck_assert_ptr_null(precompile_at(ORR_FORK_OSAKA, 0));
    ck_assert_ptr_null(precompile_at(ORR_FORK_OSAKA, 0x12));
    ck_assert_ptr_null(precompile_at(ORR_FORK_OSAKA, 0x0200));
}
END_TEST

START_TEST(the_listing_ascends_and_ends) {
    size_t n = 0;
    for (const struct orr_evm_precompile *p, *last = NULL; (p = orr_evm_precompile_at(n));
         last = p, n++)
        ck_assert(!last || last->number < p->number);
    ck_assert_uint_eq(n, 18);
}
END_TEST

/* FIPS 180-2, appendix B.1; RIPEMD-160's paper, appendix B; "" for both */
START_TEST(hashes_give_the_published_digests) {
    call_expect(ORR_FORK_FRONTIER, 2, "616263", 72,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    call_expect(ORR_FORK_FRONTIER, 2, "", 60,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    call_expect(ORR_FORK_FRONTIER, 3, "616263", 720,
                "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    call_expect(ORR_FORK_FRONTIER, 3, "", 600,
                "0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31");
}
END_TEST

START_TEST(identity_returns_its_input_and_charges_by_word) {
    call_expect(ORR_FORK_FRONTIER, 4, "", 15, "");
    call_expect(ORR_FORK_FRONTIER, 4, "0102", 18, "0102");
    uint8_t word[33] = {0};
    const struct orr_evm_precompile *p = precompile_at(ORR_FORK_FRONTIER, 4);
    ck_assert_uint_eq(p->gas(ORR_FORK_FRONTIER, word, 32), 18);
    ck_assert_uint_eq(p->gas(ORR_FORK_FRONTIER, word, 33), 21);
}
END_TEST

/* EIP-152, test vectors 4 to 7: the same input under different round counts and flags */
#define BLAKE2F_TAIL                                                   \
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5" \
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b" \
    "6162630000000000000000000000000000000000000000000000000000000000" \
    "0000000000000000000000000000000000000000000000000000000000000000" \
    "0000000000000000000000000000000000000000000000000000000000000000" \
    "0000000000000000000000000000000000000000000000000000000000000000" \
    "03000000000000000000000000000000"

START_TEST(blake2f_gives_the_answers_of_eip_152) {
    call_expect(ORR_FORK_ISTANBUL, 9, "00000000" BLAKE2F_TAIL "01", 0,
                "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
                "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b");
    call_expect(ORR_FORK_ISTANBUL, 9, "0000000c" BLAKE2F_TAIL "01", 12,
                "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    call_expect(ORR_FORK_ISTANBUL, 9, "0000000c" BLAKE2F_TAIL "00", 12,
                "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
                "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735");
}
END_TEST

START_TEST(blake2f_refuses_a_wrong_length_and_a_wrong_flag) {
    call_expect_failure(ORR_FORK_ISTANBUL, 9, "");
    call_expect_failure(ORR_FORK_ISTANBUL, 9, "0000000c" BLAKE2F_TAIL);
    call_expect_failure(ORR_FORK_ISTANBUL, 9, "0000000c" BLAKE2F_TAIL "0100");
    call_expect_failure(ORR_FORK_ISTANBUL, 9, "0000000c" BLAKE2F_TAIL "02");
}
END_TEST

/* go-ethereum, core/vm/testdata/precompiles/ecRecover.json, "ValidKey" */
#define SIGNED_HASH "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
#define SIGNATURE                                                      \
    "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f" \
    "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549"
#define WORD(last_byte) "00000000000000000000000000000000000000000000000000000000000000" last_byte

START_TEST(ecrecover_names_the_signer_or_nobody) {
    call_expect(ORR_FORK_FRONTIER, 1, SIGNED_HASH WORD("1c") SIGNATURE, 3000,
                "000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
    call_expect(ORR_FORK_FRONTIER, 1, SIGNED_HASH WORD("1c") SIGNATURE "ff", 3000,
                "000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
    call_expect(ORR_FORK_FRONTIER, 1, SIGNED_HASH WORD("1d") SIGNATURE, 3000, "");
    call_expect(ORR_FORK_FRONTIER, 1,
                SIGNED_HASH "01000000000000000000000000000000000000000000000000000000000000"
                            "1c" SIGNATURE,
                3000, ""); /* v is the whole word */
    call_expect(ORR_FORK_FRONTIER, 1, SIGNED_HASH WORD("1c") WORD("00") WORD("01"), 3000, "");
    call_expect(ORR_FORK_FRONTIER, 1, "", 3000, "");
}
END_TEST

/* Three lengths of one byte each, and three numbers. */
static unsigned modexp_of_bytes(enum orr_evm_fork fork, unsigned base, unsigned exponent,
                                unsigned modulus) {
    char input[3 * 64 + 7];
    snprintf(input, sizeof input, WORD("01") WORD("01") WORD("01") "%02x%02x%02x", base, exponent,
             modulus);
    struct call_result r = call_hex(fork, 5, input);
    ck_assert_int_eq(r.error, 0);
    unsigned result = (unsigned)strtoul(r.hex, NULL, 16);
    free(r.hex);
    return result;
}

START_TEST(modexp_agrees_with_repeated_multiplication) {
    for (unsigned base = 0; base < 12; base++)
        for (unsigned exponent = 0; exponent < 9; exponent++)
            for (unsigned modulus = 0; modulus < 20; modulus++) {
                unsigned want = modulus ? 1 % modulus : 0;
                for (unsigned i = 0; i < exponent && modulus; i++) want = want * base % modulus;
                ck_assert_msg(modexp_of_bytes(ORR_FORK_OSAKA, base, exponent, modulus) == want,
                              "%u^%u mod %u", base, exponent, modulus);
            }
}
END_TEST

/* EIP-198's first two examples: Fermat's little theorem for the prime 2^256 - 2^32 - 977 */
#define FERMAT(exponent_tail) \
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc" exponent_tail

START_TEST(modexp_gives_the_examples_of_eip_198_at_each_fork_s_price) {
    static const struct {
        enum orr_evm_fork fork;
        uint64_t gas;
    } price[] = {
        {ORR_FORK_BYZANTIUM, 13056},
        {ORR_FORK_LONDON, 1360},
        {ORR_FORK_OSAKA, 4080},
    };
    for (int i = 0; i < 3; i++) {
        call_expect(price[i].fork, 5,
                    WORD("01") WORD("20") WORD("20") "03" FERMAT("2e") FERMAT("2f"), price[i].gas,
                    WORD("01"));
        call_expect(price[i].fork, 5, WORD("00") WORD("20") WORD("20") FERMAT("2e") FERMAT("2f"),
                    price[i].gas, WORD("00"));
    }
}
END_TEST

START_TEST(modexp_lengths_saturate_and_osaka_limits_them) {
    char huge[3 * 64 + 1];
    memset(huge, 'f', sizeof huge - 1);
    huge[sizeof huge - 1] = 0;
    struct call_result r = call_hex(ORR_FORK_BERLIN, 5, huge);
    ck_assert_uint_eq(r.gas, UINT64_MAX);
    ck_assert_int_lt(r.error, 0);
    /* an exponent of 2^64 bytes: 8 (2^64 - 32) / 20, which is below 2^64 */
    r = call_hex(
        ORR_FORK_BYZANTIUM, 5,
        WORD("01") "0000000000000000000000000000000000000000000000010000000000000000" WORD("01"));
    ck_assert_uint_eq(r.gas, 7378697629483820633u);
    ck_assert_int_lt(r.error, 0);
    /* 1,025 bytes of base: fine in Prague, refused from Osaka on (EIP-7823) */
    static const char base_1025[] =
        "0000000000000000000000000000000000000000000000000000000000000401" WORD("01") WORD("01");
    r = call_hex(ORR_FORK_PRAGUE, 5, base_1025);
    ck_assert_int_eq(r.error, 0);
    ck_assert_str_eq(r.hex, "00");
    free(r.hex);
    call_expect_failure(ORR_FORK_OSAKA, 5, base_1025);
    static const char base_1024[] =
        "0000000000000000000000000000000000000000000000000000000000000400" WORD("01") WORD("01");
    call_expect(ORR_FORK_OSAKA, 5, base_1024, 2 * 128 * 128, "00");
    /* a huge exponent without base or modulus: free before Berlin, and without a result */
    static const char exponent_only[] =
        WORD("00") "00000000000000000000000000000000000000000000ffffffffffffffffffff" WORD("00");
    call_expect(ORR_FORK_BYZANTIUM, 5, exponent_only, 0, "");
    call_expect_failure(ORR_FORK_OSAKA, 5, exponent_only);
}
END_TEST

/* EIP-196 on the generator (1, 2): G + G = 2 G, padded inputs, and the empty pairing of EIP-197 */
#define TWICE_G                                                        \
    "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3" \
    "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4"

START_TEST(alt_bn128_doubles_its_generator_at_each_fork_s_price) {
    call_expect(ORR_FORK_BYZANTIUM, 6, WORD("01") WORD("02") WORD("01") WORD("02"), 500, TWICE_G);
    call_expect(ORR_FORK_BYZANTIUM, 7, WORD("01") WORD("02") WORD("02"), 40000, TWICE_G);
    call_expect(ORR_FORK_ISTANBUL, 6, WORD("01") WORD("02") WORD("01") WORD("02"), 150, TWICE_G);
    call_expect(ORR_FORK_ISTANBUL, 7, WORD("01") WORD("02") WORD("02"), 6000, TWICE_G);
    call_expect(ORR_FORK_ISTANBUL, 6, "", 150, WORD("00") WORD("00"));
    call_expect(ORR_FORK_ISTANBUL, 7, WORD("01") WORD("02"), 6000, WORD("00") WORD("00"));
    call_expect(ORR_FORK_BYZANTIUM, 8, "", 100000, WORD("01"));
    call_expect(ORR_FORK_ISTANBUL, 8, "", 45000, WORD("01"));
#define NO_POINTS WORD("00") WORD("00") WORD("00") WORD("00") WORD("00") WORD("00")
    call_expect(ORR_FORK_BYZANTIUM, 8, NO_POINTS NO_POINTS, 100000 + 2 * 80000, WORD("01"));
    call_expect(ORR_FORK_ISTANBUL, 8, NO_POINTS NO_POINTS, 45000 + 2 * 34000, WORD("01"));
    call_expect_failure(ORR_FORK_ISTANBUL, 8, "00");
    call_expect_failure(ORR_FORK_ISTANBUL, 6, WORD("01") WORD("01"));
}
END_TEST

/* go-ethereum, core/vm/testdata/precompiles/p256Verify.json, "CallP256Verify" */
#define P256_HASH "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
#define P256_R    "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
#define P256_S    "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
#define P256_KEY                                                       \
    "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3" \
    "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e"

START_TEST(p256verify_answers_one_or_nothing) {
    call_expect(ORR_FORK_OSAKA, 0x100, P256_HASH P256_R P256_S P256_KEY, 6900, WORD("01"));
    call_expect(ORR_FORK_OSAKA, 0x100, P256_HASH P256_S P256_R P256_KEY, 6900, "");
    call_expect(ORR_FORK_OSAKA, 0x100, P256_HASH P256_R P256_S P256_KEY "00", 6900, "");
    call_expect(ORR_FORK_OSAKA, 0x100, P256_HASH P256_R P256_S, 6900, "");
    call_expect(ORR_FORK_OSAKA, 0x100, P256_HASH P256_R P256_S WORD("00") WORD("00"), 6900, "");
    call_expect(ORR_FORK_OSAKA, 0x100, P256_HASH P256_R WORD("00") P256_KEY, 6900, "");
}
END_TEST

START_TEST(bls12_381_prices_follow_eip_2537) {
    static const struct {
        unsigned number;
        size_t len;
        uint64_t gas;
    } known[] = {
        {0x0b, 256, 375},
        {0x0c, 159, 0}, /* no whole pair */
        {0x0c, 160, 12000},
        {0x0c, 320, 22776},        /* 2 * 12000 * 949 / 1000 */
        {0x0c, 128 * 160, 797184}, /* 128 * 12000 * 519 / 1000 */
        {0x0c, 129 * 160, 803412},
        {0x0d, 512, 600},
        {0x0e, 287, 0},
        {0x0e, 288, 22500},
        {0x0e, 3 * 288 + 1, 62302},   /* 3 * 22500 * 923 / 1000 */
        {0x0e, 1000 * 288, 11790000}, /* 1000 * 22500 * 524 / 1000 */
        {0x0f, 0, 37700},
        {0x0f, 2 * 384, 102900},
        {0x10, 64, 5500},
        {0x11, 128, 23800},
    };
    static const uint8_t zeros[1000 * 288];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct orr_evm_precompile *p = precompile_at(ORR_FORK_PRAGUE, known[i].number);
        uint64_t gas = p->gas(ORR_FORK_PRAGUE, zeros, known[i].len);
        ck_assert_msg(gas == known[i].gas, "%s, %zu bytes: %ju", p->name, known[i].len,
                      (uintmax_t)gas);
    }
}
END_TEST

ORR_TEST_MAIN("vm.precompile", a_precompile_exists_from_its_fork_on,
              an_address_with_a_high_byte_set_is_an_ordinary_account, the_listing_ascends_and_ends,
              hashes_give_the_published_digests, identity_returns_its_input_and_charges_by_word,
              blake2f_gives_the_answers_of_eip_152, blake2f_refuses_a_wrong_length_and_a_wrong_flag,
              ecrecover_names_the_signer_or_nobody, modexp_agrees_with_repeated_multiplication,
              modexp_gives_the_examples_of_eip_198_at_each_fork_s_price,
              modexp_lengths_saturate_and_osaka_limits_them,
              alt_bn128_doubles_its_generator_at_each_fork_s_price,
              p256verify_answers_one_or_nothing, bls12_381_prices_follow_eip_2537)
