/* Exports of diagrams that no run would make: times out of order and at either end of their range,
 * names that are empty, long, equal or no text. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/export/export.h"
#include "tests/test.h"

static char long_name[600];
static struct orr_spacetime_node nodes[] = {
    {"", false}, {"a\"\\\n\xff", true}, {"", false}, {long_name, false}, {long_name, false}};
static struct orr_spacetime_message messages[] = {
    {INT64_MIN, INT64_MAX, 0, 1, "k", NULL, UINT32_MAX, UINT64_MAX},
    {INT64_MAX, INT64_MIN, 1, 0, "\x1b[2J\n", NULL, 0, 1},
    {5, 5, 2, 2, "", NULL, 1, 2}, {9, 3, 3, 4, long_name, NULL, 7, 3},
    {-1, -1, 4, 3, "lost", "\"\n\xc3", 0, 0}, {0, 4, 0, 4, "k", NULL, 9, 4}};
static struct orr_spacetime_mark marks[] = {{INT64_MAX, 1, "decides\n", false},
                                            {INT64_MIN, 3, long_name, true}};
static struct orr_spacetime_span spans[] = {{INT64_MIN, INT64_MAX, UINT32_MAX, "\\\""},
                                            {7, 1, 2, "crash"}, {0, 1, 77, ""}};

static struct orr_spacetime_part part(void) {
    memset(long_name, 'x', sizeof long_name - 1);
    return (struct orr_spacetime_part){
        .diagram = {.title = "t\"", .from_ns = INT64_MIN, .to_ns = INT64_MAX, .nodes = nodes,
                    .messages = messages, .marks = marks, .spans = spans, .n_nodes = 5,
                    .n_messages = 6, .n_marks = 2, .n_spans = 3}};
}

START_TEST(perfetto_is_json_whatever_the_diagram_holds) {
    struct orr_spacetime_part p = part();
    char *text;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    orr_export_perfetto(&p, to);
    fclose(to);
    json_t *page = json_loadb(text, len, 0, NULL);
    ck_assert_ptr_nonnull(page);
    /* 6 processes of 2, 5 arrivals of 2 and a loss, 3 spans of 2, 2 marks */
    ck_assert_uint_eq(json_array_size(json_object_get(page, "traceEvents")), 12 + 11 + 6 + 2);
    json_decref(page);
    free(text);
}
END_TEST

START_TEST(shiviz_has_two_lines_for_each_event) {
    struct orr_spacetime_part p = part();
    char *text;
    size_t len, lines = 0;
    FILE *to = open_memstream(&text, &len);
    ck_assert_int_eq(orr_export_shiviz(&p.diagram, to), 0);
    fclose(to);
    for (size_t i = 0; i < len; i++) lines += text[i] == '\n';
    ck_assert_uint_eq(lines, 2 + 2 * (5 + 5 + 2)); /* five that arrived, and two decisions */
    ck_assert_uint_eq(strlen(text), len);
    free(text);
}
END_TEST

START_TEST(clocks_that_are_too_many_are_refused_before_a_byte) {
    struct orr_spacetime d = {.n_nodes = 10000};
    char *text;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    ck_assert_int_eq(orr_export_shiviz(&d, to), ORR_ELIMIT);
    d.n_nodes = 100, d.n_messages = (1u << 26) / 100 + 1;
    ck_assert_int_eq(orr_export_shiviz(&d, to), ORR_ELIMIT);
    fclose(to);
    ck_assert_uint_eq(len, 0);
    free(text);
}
END_TEST

START_TEST(packets_hold_names_cut_to_a_byte_of_length) {
    struct orr_spacetime_part p = part();
    char *text;
    size_t len, at = 0, n = 0;
    FILE *to = open_memstream(&text, &len);
    orr_export_pcapng(&p.diagram, long_name, to);
    fclose(to);
    for (uint32_t size; at < len; at += size, n++) {
        memcpy(&size, text + at + 4, 4);
        ck_assert(size >= 12 && size % 4 == 0 && at + size <= len);
        ck_assert(!memcmp(text + at + 4, text + at + size - 4, 4));
    }
    ck_assert_uint_eq(n, 2 + 6);
    free(text);
}
END_TEST

ORR_TEST_MAIN("sim/cli/export", perfetto_is_json_whatever_the_diagram_holds,
              shiviz_has_two_lines_for_each_event,
              clocks_that_are_too_many_are_refused_before_a_byte,
              packets_hold_names_cut_to_a_byte_of_length)
