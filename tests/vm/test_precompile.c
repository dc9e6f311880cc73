/* The precompiles' dispatch and the ones made of hashes; published answers only. */
#include "models/base/error.h"
#include "models/vm/precompile.h"
#include "sim/memory.h"
#include "tests/test.h"
#include "tests/vm/precompile_call.h"

START_TEST(a_precompile_exists_from_its_fork_on) {
    static const struct { unsigned number; enum orr_fork since; } known[] = {
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
        ck_assert_ptr_nonnull(orr_precompile_find(ORR_FORK_OSAKA, address));
        address[i] = 1;
        ck_assert_ptr_null(orr_precompile_find(ORR_FORK_OSAKA, address));
    }
    ck_assert_ptr_null(precompile_at(ORR_FORK_OSAKA, 0));
    ck_assert_ptr_null(precompile_at(ORR_FORK_OSAKA, 0x12));
    ck_assert_ptr_null(precompile_at(ORR_FORK_OSAKA, 0x0200));
}
END_TEST

START_TEST(the_listing_ascends_and_ends) {
    size_t n = 0;
    for (const struct orr_precompile *p, *last = NULL; (p = orr_precompile_at(n)); last = p, n++)
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
    const struct orr_precompile *p = precompile_at(ORR_FORK_FRONTIER, 4);
    ck_assert_uint_eq(p->gas(ORR_FORK_FRONTIER, word, 32), 18);
    ck_assert_uint_eq(p->gas(ORR_FORK_FRONTIER, word, 33), 21);
}
END_TEST

/* EIP-152, test vectors 4 to 7: the same input under different round counts and flags */
#define BLAKE2F_TAIL                                                                   \
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"                 \
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"                 \
    "6162630000000000000000000000000000000000000000000000000000000000"                 \
    "0000000000000000000000000000000000000000000000000000000000000000"                 \
    "0000000000000000000000000000000000000000000000000000000000000000"                 \
    "0000000000000000000000000000000000000000000000000000000000000000"                 \
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

ORR_TEST_MAIN("vm.precompile", a_precompile_exists_from_its_fork_on,
              an_address_with_a_high_byte_set_is_an_ordinary_account, the_listing_ascends_and_ends,
              hashes_give_the_published_digests, identity_returns_its_input_and_charges_by_word,
              blake2f_gives_the_answers_of_eip_152, blake2f_refuses_a_wrong_length_and_a_wrong_flag)
