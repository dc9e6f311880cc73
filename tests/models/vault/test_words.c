/* Sentences and shares as people type them. */
#include <string.h>

#include "models/vault/bip39.h"
#include "models/vault/slip39.h"
#include "tests/models/vault/vault.h"

static int read_sentence(struct orr_mem *mem, const char *text, bool complete, struct orr_bip39 *m,
                         struct orr_why *why) {
    return (int)orr_bip39_read(mem, text, strlen(text), -1, complete, m, why);
}

START_TEST(every_language_and_length_is_read_back) {
    struct orr_mem *mem = setup();
    struct orr_rng rng = orr_rng_stream(11, ORR_RNG_PLAN, 0);
    for (uint32_t l = 0; l < ORR_BIP39_LANGUAGES; l++)
        for (size_t len = 16; len <= 32; len += 4) {
            struct orr_bip39 m = {.language = l, .len = len}, read;
            char text[ORR_BIP39_TEXT];
            draw(&rng, m.entropy, len);
            size_t n = orr_bip39_write(&m, text);
            ck_assert_uint_lt(n, ORR_BIP39_TEXT);
            ck_assert_int_eq(orr_bip39_read(mem, text, n, (int)l, false, &read, NULL), 0);
            ck_assert_uint_eq(read.len, len);
            ck_assert_mem_eq(read.entropy, m.entropy, len);
        }
    teardown();
}
END_TEST

START_TEST(typed_words_are_completed_and_slips_are_named) {
    struct orr_mem *mem = setup();
    struct orr_bip39 m;
    struct orr_why why = {""};
    static const char typed[] =
        "  LEGA winn\tthank year wave saus wort usef lega winn thank yell\n";
    ck_assert_int_eq(read_sentence(mem, typed, false, &m, &why), ORR_FAULT_BAD_WORD);
    ck_assert_int_eq(read_sentence(mem, typed, true, &m, &why), 0);
    ck_assert_int_eq(m.entropy[0], 0x7f);
    ck_assert_int_eq(read_sentence(mem,
                                   "legal winner thank year wave sausage worth useful legal "
                                   "winner thnak yellow",
                                   true, &m, &why),
                     ORR_FAULT_BAD_WORD);
    ck_assert_str_eq(why.text, "word 11, 'thnak', is not in the english list; nearest: thank");
    ck_assert_int_eq(read_sentence(mem,
                                   "legal winner thank year wave sausage worth useful legal "
                                   "winner thank thank",
                                   true, &m, &why),
                     ORR_FAULT_BAD_CHECKSUM);
    ck_assert_int_eq(read_sentence(mem, "legal winner", true, &m, &why), ORR_FAULT_BAD_TEXT);
    ck_assert_int_eq(read_sentence(mem, "", true, &m, &why), ORR_FAULT_BAD_TEXT);
    /* a Cyrillic a in abandon */
    ck_assert_int_eq(read_sentence(mem,
                                   "\xd0\xb0"
                                   "bandon abandon abandon abandon abandon abandon "
                                   "abandon abandon abandon abandon abandon about",
                                   true, &m, &why),
                     ORR_FAULT_BAD_WORD);
    ck_assert_ptr_nonnull(strstr(why.text, "nearest: abandon"));
    ck_assert_int_eq(read_sentence(mem, "\xff", true, &m, &why), ORR_FAULT_BAD_TEXT);
    teardown();
}
END_TEST

START_TEST(composed_and_decomposed_letters_are_one) {
    struct orr_mem *mem = setup();
    struct orr_bip39 m = {.language = 10, .len = 16}, read; /* Spanish: "ábaco ábaco ..." */
    char text[ORR_BIP39_TEXT], composed[ORR_BIP39_TEXT] = "";
    size_t n = 0;
    orr_bip39_write(&m, text);
    for (char *p = text; *p;) { /* a U+0301 becomes U+00E1 */
        bool is_accented = !strncmp(p, "a\xcc\x81", 3);
        if (is_accented) composed[n++] = '\xc3', composed[n++] = '\xa1';
        if (!is_accented) composed[n++] = *p;
        p += is_accented ? 3 : 1;
    }
    ck_assert_str_ne(composed, text);
    ck_assert_int_eq(read_sentence(mem, composed, false, &read, NULL), 0);
    ck_assert_mem_eq(read.entropy, m.entropy, 16);
    teardown();
}
END_TEST

/* Shares of a plan. */
static size_t split(struct orr_mem *mem, const struct orr_share_plan *plan, const uint8_t *secret,
                    size_t len, struct orr_share *shares) {
    uint8_t random[4096];
    struct orr_rng rng = orr_rng_stream(5, ORR_RNG_PLAN, 1);
    ck_assert_uint_le(orr_shares_random(plan, len), sizeof random);
    draw(&rng, random, sizeof random);
    ck_assert_int_eq(orr_shares_split(mem, plan, secret, len, "pw", 2, random, shares, NULL), 0);
    size_t n = 0;
    for (int g = 0; g < plan->n_groups; g++) n += plan->group[g].n;
    return n;
}

START_TEST(any_threshold_of_shares_gives_the_secret_and_fewer_do_not) {
    struct orr_mem *mem = setup();
    const struct orr_share_plan plan = {.n_groups = 1,
                                        .group_threshold = 1,
                                        .group = {{.threshold = 3, .n = 5}},
                                        .extendable = true};
    uint8_t secret[32] = {42, 1};
    struct orr_share shares[5];
    ck_assert_uint_eq(split(mem, &plan, secret, 32, shares), 5);
    for (unsigned set = 1; set < 32; set++) {
        struct orr_share chosen[5];
        struct orr_secret found = {0};
        size_t n = 0;
        for (int i = 0; i < 5; i++)
            if (set >> i & 1) chosen[n++] = shares[i];
        if (n > 3 && set != 31) continue;
        int fault = (int)orr_shares_combine(chosen, n, "pw", 2, mem, &found, NULL);
        ck_assert_int_eq(fault, n < 3 ? ORR_FAULT_SHARES_MISSING : 0);
        if (n >= 3) ck_assert_mem_eq(found.bytes, secret, 32);
        orr_secret_free(mem, &found);
    }
    struct orr_secret found;
    ck_assert_int_eq(orr_shares_combine(shares, 3, "PW", 2, mem, &found, NULL), 0);
    ck_assert(memcmp(found.bytes, secret, 32)); /* another passphrase, another secret */
    orr_secret_free(mem, &found);
    shares[1].value[7] ^= 1;
    ck_assert_int_eq(orr_shares_combine(shares, 3, "pw", 2, mem, &found, NULL),
                     ORR_FAULT_SHARES_WRONG);
    teardown();
}
END_TEST

START_TEST(groups_of_members_work_together) {
    struct orr_mem *mem = setup();
    const struct orr_share_plan plan = {
        .n_groups = 3, .group_threshold = 2, .group = {{1, 1}, {2, 3}, {3, 5}}};
    uint8_t secret[16] = {7};
    struct orr_share shares[9];
    struct orr_secret found;
    ck_assert_uint_eq(split(mem, &plan, secret, 16, shares), 9);
    struct orr_share some[4] = {shares[0], shares[1], shares[3], shares[5]};
    ck_assert_int_eq(orr_shares_combine(some, 3, "pw", 2, mem, &found, NULL), 0);
    ck_assert_mem_eq(found.bytes, secret, 16);
    orr_secret_free(mem, &found);
    ck_assert_int_eq(orr_shares_combine(some, 4, "pw", 2, mem, &found, NULL), 0);
    orr_secret_free(mem, &found); /* a group begun does no harm */
    ck_assert_int_eq(orr_shares_combine(some, 2, "pw", 2, mem, &found, NULL),
                     ORR_FAULT_SHARES_MISSING);
    teardown();
}
END_TEST

START_TEST(every_wrong_word_of_a_share_is_seen) {
    struct orr_mem *mem = setup();
    const struct orr_share_plan plan = {.n_groups = 1, .group_threshold = 1, .group = {{2, 3}}};
    uint8_t secret[16] = {9};
    struct orr_share shares[3], read;
    char text[ORR_SLIP39_TEXT];
    split(mem, &plan, secret, 16, shares);
    size_t len = orr_share_write(&shares[2], text);
    for (size_t start = 0; start < len;) {
        size_t end = start + strcspn(text + start, " ");
        char changed[2 * ORR_SLIP39_TEXT];
        const char *word = strncmp(text + start, "acid", 4) ? "acid" : "acne";
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)start, text, word, text + end);
        ck_assert_int_eq(orr_share_read(mem, changed, strlen(changed), &read, NULL),
                         ORR_FAULT_BAD_CHECKSUM);
        start = end + 1;
    }
    teardown();
}
END_TEST

START_TEST(plans_that_cannot_be_are_refused) {
    struct orr_mem *mem = setup();
    static const struct orr_share_plan plans[] = {
        {.n_groups = 1, .group_threshold = 2, .group = {{1, 1}}},
        {.n_groups = 1, .group_threshold = 1, .group = {{4, 3}}},
        {.n_groups = 1, .group_threshold = 1, .group = {{1, 2}}},
        {.n_groups = 1, .group_threshold = 1, .group = {{2, 17}}},
        {.n_groups = 0, .group_threshold = 1},
    };
    uint8_t secret[66] = {0};
    struct orr_share shares[32];
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++)
        ck_assert_int_eq(orr_shares_split(mem, &plans[i], secret, 16, "", 0, secret, shares, NULL),
                         ORR_FAULT_BAD_SHARE);
    const struct orr_share_plan good = {.n_groups = 1, .group_threshold = 1, .group = {{1, 1}}};
    static const size_t bad_lens[] = {0, 15, 17, 66};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(
            orr_shares_split(mem, &good, secret, bad_lens[i], "", 0, secret, shares, NULL),
            ORR_FAULT_BAD_SHARE);
    ck_assert_int_eq(orr_shares_split(mem, &good, secret, 16, "\n", 1, secret, shares, NULL),
                     ORR_FAULT_BAD_TEXT);
    teardown();
}
END_TEST

ORR_TEST_MAIN("vault.words", every_language_and_length_is_read_back,
              typed_words_are_completed_and_slips_are_named,
              composed_and_decomposed_letters_are_one,
              any_threshold_of_shares_gives_the_secret_and_fewer_do_not,
              groups_of_members_work_together, every_wrong_word_of_a_share_is_seen,
              plans_that_cannot_be_are_refused)
