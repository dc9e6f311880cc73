/* The vault's file: slots open it, entries keep their history, and nothing that was changed opens.
 */
#include <string.h>

#include <sodium.h>

#include "models/vault/safe.h"
#include "tests/models/vault/vault.h"

static struct orr_rng rng;
static const uint8_t identity[32] = {7, 7, 7};

static json_t *two_slots(void) {
    uint8_t salt[16], public_key[32];
    json_t *root = orr_safe_new(1000);
    draw(&rng, salt, sizeof salt);
    crypto_scalarmult_base(public_key, identity);
    ck_assert_int_eq(orr_safe_add_passphrase(root, "mine", "pass", 4, salt, 1, 8, NULL), 0);
    ck_assert_int_eq(orr_safe_add_key(root, "friend", public_key, NULL), 0);
    return root;
}

static struct orr_secret sealed(struct orr_mem *mem, const json_t *root) {
    uint8_t random[512];
    struct orr_secret file;
    ck_assert_uint_le(orr_safe_random(root), sizeof random);
    draw(&rng, random, sizeof random);
    ck_assert_int_eq(orr_safe_seal(mem, root, random, &file, NULL), 0);
    return file;
}

/* Opens with a passphrase (or, when it is NULL, the identity). */
static int opened(struct orr_mem *mem, const struct orr_secret *file, const char *pass,
                  json_t **root) {
    struct orr_age_header h;
    uint8_t key[16], found[32];
    size_t size = orr_age_header_size(file->bytes, file->len);
    int fault = (int)orr_age_header_read(mem, file->bytes, size ? size : file->len, &h, NULL);
    if (fault) return fault;
    if (!orr_safe_is(&h)) fault = ORR_FAULT_NOT_VAULT;
    if (!fault)
        fault = pass ? (int)orr_safe_unlock(&h, pass, strlen(pass), false, found, key, NULL)
                     : (int)orr_safe_unlock_key(&h, identity, key, NULL);
    if (!fault)
        fault = (int)orr_safe_open(mem, &h, file->bytes, size, file->len, key, NULL, root, NULL);
    orr_age_header_free(mem, &h);
    return fault;
}

START_TEST(every_slot_opens_and_nobody_else) {
    struct orr_mem *mem = setup();
    json_t *root = two_slots(), *back;
    orr_entry_put(root, "x", "note", "value", 5, 5);
    struct orr_secret file = sealed(mem, root);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(opened(mem, &file, i ? NULL : "pass", &back), 0);
        ck_assert(json_equal(back, root));
        json_decref(back);
    }
    ck_assert_int_eq(opened(mem, &file, "Pass", &back), ORR_FAULT_NO_MATCH);
    orr_secret_free(mem, &file);
    json_decref(root);
    teardown();
}
END_TEST

START_TEST(a_removed_slot_reads_nothing_that_is_written_later) {
    struct orr_mem *mem = setup();
    json_t *root = two_slots(), *back;
    ck_assert(!orr_safe_remove_slot(root, "nobody"));
    ck_assert(orr_safe_remove_slot(root, "friend"));
    ck_assert(!orr_safe_remove_slot(root, "mine")); /* the last */
    struct orr_secret file = sealed(mem, root);
    ck_assert_int_eq(opened(mem, &file, NULL, &back), ORR_FAULT_NO_MATCH);
    ck_assert_int_eq(opened(mem, &file, "pass", &back), 0);
    json_decref(back);
    orr_secret_free(mem, &file);
    uint8_t salt[16] = {0};
    ck_assert_int_eq(orr_safe_add_passphrase(root, "mine", "x", 1, salt, 1, 8, NULL),
                     ORR_FAULT_BAD_TEXT);
    json_decref(root);
    teardown();
}
END_TEST

START_TEST(every_flipped_bit_and_every_cut_is_refused) {
    struct orr_mem *mem = setup();
    json_t *root = two_slots(), *back;
    orr_entry_put(root, "x", "note", "value", 5, 5);
    struct orr_secret file = sealed(mem, root);
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(opened(mem, &file, NULL, &back), "bit %zu", bit);
        file.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    size_t whole = file.len;
    for (file.len = 0; file.len < whole; file.len++)
        ck_assert_msg(opened(mem, &file, NULL, &back), "%zu bytes", file.len);
    ck_assert_int_eq(opened(mem, &file, NULL, &back), 0);
    json_decref(back);
    orr_secret_free(mem, &file);
    json_decref(root);
    teardown();
}
END_TEST

START_TEST(an_entry_keeps_its_last_versions) {
    setup();
    json_t *root = two_slots();
    char text[2] = "0";
    for (; *text < '9'; ++*text) orr_entry_put(root, "x", "note", text, 1, *text);
    const json_t *entry = orr_entry_find(root, "x");
    ck_assert_uint_eq(json_array_size(json_object_get(entry, "history")), ORR_SAFE_KEEP - 1);
    ck_assert_str_eq(json_string_value(orr_entry_value(entry, 0)), "8");
    ck_assert_str_eq(json_string_value(orr_entry_value(entry, 9)), "8");
    ck_assert_str_eq(json_string_value(orr_entry_value(entry, 5)), "4");
    ck_assert_ptr_null(orr_entry_value(entry, 4));
    ck_assert(orr_entry_remove(root, "x"));
    ck_assert(!orr_entry_remove(root, "x"));
    ck_assert(!orr_entry_name_is_good("-x") && !orr_entry_name_is_good("a\x1b") &&
              !orr_entry_name_is_good(""));
    json_decref(root);
    teardown();
}
END_TEST

/* What orr_safe_read makes of a text whose slots are in order. */
#define PUBLIC "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""
#define SLOTS  "\"slots\":[{\"label\":\"a\",\"public\":" PUBLIC "}]"
#define ENTRY  "{\"name\":\"x\",\"kind\":\"note\",\"value\":\"v\",\"version\":1,\"history\":[]}"

static void count(void *ctx, const json_t *entry) {
    ck_assert_str_eq(json_string_value(json_object_get(entry, "name")), "x");
    ++*(int *)ctx;
}

START_TEST(a_text_is_read_as_json_is_written_and_nothing_else_is_one) {
    static const struct {
        const char *text;
        int n; /* entries; -1: refused */
    } cases[] = {
        {"{\"version\":1," SLOTS ",\"entries\":[]}", 0},
        {" {\t\"entries\" :\r\n[ " ENTRY " ,\n" ENTRY " ] , " SLOTS " , \"version\" : 1 } \n",
         2},
        {"{\"version\":1," SLOTS ",\"entries\":[" ENTRY "],\"more\":{\"a\":[1.5,null]}}", 1},
        {"{\"version\":1," SLOTS ",\"entries\":[" ENTRY ",]}", -1},
        {"{\"version\":1," SLOTS ",\"entries\":[" ENTRY " " ENTRY "]}", -1},
        {"{\"version\":1," SLOTS ",\"entries\":[" ENTRY "}", -1},
        {"{\"version\":1," SLOTS ",\"entries\":[{\"name\":\"x\"}]}", -1},
        {"{\"version\":1," SLOTS ",\"entries\":{}}", -1},
        {"{\"version\":1," SLOTS ",\"entries\":[],\"entries\":[]}", -1},
        {"{\"version\":1,\"version\":1," SLOTS ",\"entries\":[]}", -1},
        {"{\"version\":2," SLOTS ",\"entries\":[]}", -1},
        {"{\"version\":1,\"slots\":[],\"entries\":[]}", -1},
        {"{\"version\":1," SLOTS "}", -1},
        {"{\"version\":1," SLOTS ",\"entries\":[]", -1},
        {"{\"version\":1," SLOTS ",\"entries\":[]}}", -1},
        {"{\"version\":1 " SLOTS ",\"entries\":[]}", -1},
        {"{\"version\" 1," SLOTS ",\"entries\":[]}", -1},
        {"{1:1," SLOTS ",\"entries\":[]}", -1},
        {"{}", -1}, {"{", -1}, {"[]", -1}, {"", -1}, {"{,}", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int n = 0;
        const struct orr_entry_visitor visitor = {count, &n};
        json_t *root;
        struct orr_why why = {""};
        for (int visits = 0; visits < 2; visits++) {
            enum orr_vault_fault fault = orr_safe_read(cases[i].text, strlen(cases[i].text),
                                                       visits ? &visitor : NULL, &root, &why);
            ck_assert_msg((cases[i].n < 0) == (fault == ORR_FAULT_BAD_VAULT), "%s: %s",
                          cases[i].text, why.text);
            if (fault) continue;
            json_t *entries = json_object_get(root, "entries");
            ck_assert_uint_eq(json_array_size(entries), visits ? 0 : (size_t)cases[i].n);
            if (visits) ck_assert_int_eq(n, cases[i].n);
            json_decref(root);
        }
    }
}
END_TEST

int main(void) {
    rng = orr_rng_stream(4, ORR_RNG_PLAN, 0);
    const TTest *tests[] = {
        every_slot_opens_and_nobody_else, a_removed_slot_reads_nothing_that_is_written_later,
        every_flipped_bit_and_every_cut_is_refused, an_entry_keeps_its_last_versions,
        a_text_is_read_as_json_is_written_and_nothing_else_is_one};
    return orr_test_run("vault.safe", tests, sizeof tests / sizeof tests[0]);
}
