/* Messages about a file: place, excerpt, caret, nearest word. */
#include "sim/base/diag.h"

#include <string.h>

#include "tests/test.h"

static char *printed(const struct orr_diags *diags) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    orr_diags_print(diags, to, false);
    fclose(to);
    return text;
}

static void expect_print(const char *text, size_t text_len, uint32_t offset, uint32_t len,
                         const char *expected) {
    struct orr_source source = {"f.yaml", text, text_len};
    struct orr_diags diags = {0};
    orr_diag_add(&diags, ORR_DIAG_ERROR, (struct orr_span){&source, offset, len}, "try\nthis",
                 "bad %d", 7);
    char *got = printed(&diags);
    ck_assert_str_eq(got, expected);
    free(got);
    orr_diags_fini(&diags);
}

START_TEST(a_message_shows_its_line_with_a_caret_under_the_place) {
    expect_print("a: 1\nbc: [x, yy]\n", 17, 13, 2,
                 "f.yaml:2:9: error: bad 7\n"
                 "    2 | bc: [x, yy]\n"
                 "      |         ^~\n"
                 "      = try\n"
                 "      = this\n");
}
END_TEST

START_TEST(columns_count_characters_and_wild_bytes_are_shown_as_hex) {
    expect_print("\xc3\xa9\x1b\xff x", 6, 5, 1,
                 "f.yaml:1:5: error: bad 7\n"
                 "    1 | \xc3\xa9\\x1b\\xff x\n"
                 "      |           ^\n"
                 "      = try\n"
                 "      = this\n");
}
END_TEST

START_TEST(a_place_at_the_very_end_of_the_file_is_shown) {
    expect_print("ab", 2, 2, 0,
                 "f.yaml:1:3: error: bad 7\n"
                 "    1 | ab\n"
                 "      |   ^\n"
                 "      = try\n"
                 "      = this\n");
    expect_print("", 0, 0, 0,
                 "f.yaml:1:1: error: bad 7\n"
                 "    1 | \n"
                 "      | ^\n"
                 "      = try\n"
                 "      = this\n");
}
END_TEST

START_TEST(a_long_line_is_cut_around_the_place) {
    char line[1000];
    memset(line, 'x', sizeof line);
    struct orr_source source = {"f", line, sizeof line};
    struct orr_diags diags = {0};
    orr_diag_add(&diags, ORR_DIAG_WARNING, (struct orr_span){&source, 500, 400}, NULL, "long");
    char *got = printed(&diags);
    ck_assert_uint_lt(strlen(got), 420);
    ck_assert_ptr_nonnull(strstr(got, "f:1:501: warning: long\n    1 | ...xxx"));
    free(got);
    orr_diags_fini(&diags);
}
END_TEST

START_TEST(past_the_limit_messages_are_only_counted) {
    struct orr_diags diags = {0};
    for (int i = 0; i < ORR_DIAG_LIMIT + 5; i++)
        orr_diag_add(&diags, ORR_DIAG_ERROR, (struct orr_span){0}, NULL, "again");
    ck_assert_uint_eq(diags.n_errors, ORR_DIAG_LIMIT + 5);
    char *got = printed(&diags);
    ck_assert_ptr_nonnull(strstr(got, "... and 5 more\n"));
    free(got);
    orr_diags_fini(&diags);
}
END_TEST

START_TEST(the_nearest_word_is_one_slip_away_and_a_far_one_is_none) {
    static const char *const words[] = {"count", "config", "cores", "region", "role"};
    ck_assert_str_eq(orr_diag_nearest("cuont", 5, words, 5), "count"); /* two letters swapped */
    ck_assert_str_eq(orr_diag_nearest("regions", 7, words, 5), "region");
    ck_assert_str_eq(orr_diag_nearest("Role", 4, words, 5), "role");
    ck_assert_str_eq(orr_diag_nearest("core", 4, words, 5), "cores");
    ck_assert_ptr_null(orr_diag_nearest("latency", 7, words, 5));
    ck_assert_ptr_null(orr_diag_nearest("x", 1, words, 5));
    ck_assert_ptr_null(orr_diag_nearest("", 0, words, 5));
}
END_TEST

ORR_TEST_MAIN("diag", a_message_shows_its_line_with_a_caret_under_the_place,
              columns_count_characters_and_wild_bytes_are_shown_as_hex,
              a_place_at_the_very_end_of_the_file_is_shown, a_long_line_is_cut_around_the_place,
              past_the_limit_messages_are_only_counted,
              the_nearest_word_is_one_slip_away_and_a_far_one_is_none)
