/* Diagrams in space and time: the text as it stands, arrows that are lost, what does not fit, and
 * SVG that no text of others leaves. */
#include "analysis/spacetime.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

#define MS 1000000ll

static struct orr_spacetime_node nodes[] = {{"val.0", false}, {"val.1", true}, {"val.2", false}};
static struct orr_spacetime_message messages[] = {
    {0, 20 * MS, 0, 1, "prevote", NULL, 0, 0}, {0, 25 * MS, 0, 2, "prevote", NULL, 0, 0},
    {30 * MS, 30 * MS, 2, 0, "tx", "link loss", 0, 0},
    {30 * MS, 41 * MS, 2, 1, "a longer kind", NULL, 0, 0},
    {45 * MS, 45 * MS, 1, 1, "own", NULL, 0, 0}};
static struct orr_spacetime_mark marks[] = {{25 * MS, 2, "decides 07", false},
                                            {50 * MS, 0, "decides 08", true}};
static struct orr_spacetime_span spans[] = {{10 * MS, 40 * MS, 1, "crash"},
                                            {35 * MS, INT64_MAX, UINT32_MAX, "storm"}};

static struct orr_spacetime diagram(void) {
    return (struct orr_spacetime){.title = "T", .from_ns = 0, .to_ns = 50 * MS, .nodes = nodes,
                                  .messages = messages, .marks = marks, .spans = spans,
                                  .n_nodes = 3, .n_messages = 5, .n_marks = 2, .n_spans = 2};
}

static char *text_of(const struct orr_spacetime *st, int width) {
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    if (width) orr_spacetime_print(st, width, to);
    else orr_spacetime_draw(st, to);
    fclose(to);
    return text;
}

START_TEST(things_are_told_in_the_order_of_time) {
    struct orr_spacetime st = diagram();
    char *text = text_of(&st, 80);
    ck_assert_str_eq(
        text,
        "T\n"
        "                  val.0     val.1     val.2\n"
        "    0.010000 s      |         X         |     val.1 fault: crash\n"
        "    0.020000 s      o-------->:         |     prevote, 20.000 ms\n"
        "    0.025000 s      o----- prevote ---->|     25.000 ms\n"
        "    0.025000 s      |         :         #     val.2 decides 07\n"
        "    0.030000 s      |x------ tx --------o     lost: link loss\n"
        "    0.035000 s      |         :         |     fault: storm\n"
        "    0.040000 s      |         ^         |     val.1 healed: crash\n"
        "    0.041000 s      |         |<--------o     a longer kind, 11.000 ms\n"
        "    0.045000 s      |         @         |     own, 0.000 ms\n"
        "    0.050000 s      !         |         |     val.0 decides 08\n");
    free(text);
}
END_TEST

START_TEST(nodes_that_do_not_fit_are_left_out_and_counted) {
    enum { MANY = 30 };
    struct orr_spacetime_node many[MANY];
    for (int i = 0; i < MANY; i++) many[i] = (struct orr_spacetime_node){"validator.12345", false};
    struct orr_spacetime_message m[] = {{0, 1, 29, 0, "x", NULL, 0, 0},
                                        {0, 2, 0, 1, "x", NULL, 0, 0}};
    struct orr_spacetime_mark k[] = {{3, 29, "decides", false}};
    struct orr_spacetime st = {.from_ns = 0, .to_ns = 9, .nodes = many, .n_nodes = MANY,
                               .messages = m, .n_messages = 2, .marks = k, .n_marks = 1};
    char *text = text_of(&st, 80);
    ck_assert_ptr_nonnull(strstr(text, "(3 of 30 nodes fit into 80 columns)\n"));
    ck_assert_ptr_null(strstr(text, "decides"));
    int lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    ck_assert_int_eq(lines, 3); /* the head, one arrow, and how many fit */
    free(text);
    text = text_of(&st, 1); /* as if it were 60 */
    ck_assert_ptr_nonnull(strstr(text, "(2 of 30 nodes fit into 60 columns)\n"));
    free(text);
    free(text_of(&st, 100000));
}
END_TEST

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++) n++;
    return n;
}

START_TEST(svg_has_an_arrow_for_each_message_and_the_same_bytes_again) {
    struct orr_spacetime st = diagram();
    char *svg = text_of(&st, 0), *again = text_of(&st, 0);
    ck_assert_str_eq(svg, again);
    ck_assert(!strncmp(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 38));
    ck_assert_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    ck_assert_uint_eq(count(svg, "<g stroke="), 5);
    ck_assert_uint_eq(count(svg, "stroke-dasharray"), 1);
    ck_assert_uint_eq(count(svg, "<circle"), 3); /* two marks and the legend's */
    ck_assert_uint_eq(count(svg, "<rect"), 4);   /* the ground, two spans, the legend's */
    ck_assert_ptr_nonnull(strstr(svg, "prevote from val.0 to val.1, sent 0.000000 s, arrived "));
    ck_assert_ptr_nonnull(strstr(svg, "lost: link loss"));
    ck_assert_ptr_nonnull(strstr(svg, ">0.01</text>"));
    ck_assert_ptr_null(strstr(svg, "-0.00"));
    free(svg), free(again);
}
END_TEST

START_TEST(hostile_texts_stay_texts) {
    struct orr_spacetime_node bad[] = {{"<script>&\"'", false}, {"\x1b[2J\xff", false}};
    struct orr_spacetime_message m[] = {{0, 5, 0, 1, "</title>\x1b]0;x\a", NULL, 0, 0},
                                        {0, 6, 7, 1, "to nowhere", NULL, 0, 0}};
    struct orr_spacetime_mark k[] = {{5, 1, "--><b>", false}, {6, 9, "nowhere", false}};
    struct orr_spacetime_span s[] = {{0, 9, 77, "<&>"}, {0, 9, UINT32_MAX, "<&>"}};
    struct orr_spacetime st = {.title = "]]>\n<x", .from_ns = 0, .to_ns = 9, .nodes = bad,
                               .n_nodes = 2, .messages = m, .n_messages = 2, .marks = k,
                               .n_marks = 2, .spans = s, .n_spans = 2};
    char *svg = text_of(&st, 0);
    ck_assert(!strstr(svg, "<script") && !strstr(svg, "<b>") && !strstr(svg, "<x") &&
              !strstr(svg, "<&") && !strchr(svg, '\x1b') && !strchr(svg, '\xff'));
    ck_assert_ptr_nonnull(strstr(svg, "&lt;script&gt;&amp;&quot;"));
    free(svg);
    char *text = text_of(&st, 80);
    ck_assert(!strchr(text, '\x1b') && !strchr(text, '\a') && strstr(text, "\\x1b"));
    free(text);
}
END_TEST

START_TEST(nothing_and_a_moment_can_be_drawn) {
    struct orr_spacetime none = {.n_nodes = 0}, moment = diagram();
    moment.to_ns = moment.from_ns = 25 * MS;
    free(text_of(&none, 80)), free(text_of(&none, 0));
    char *svg = text_of(&moment, 0);
    ck_assert(!strstr(svg, "nan") && !strstr(svg, "inf"));
    free(svg);
}
END_TEST

START_TEST(after_seven_kinds_arrows_share_a_colour) {
    char names[12][4];
    struct orr_spacetime_message m[12];
    for (int i = 0; i < 12; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        m[i] = (struct orr_spacetime_message){0, i + 1, 0, 1, names[i], NULL, 0, 0};
    }
    struct orr_spacetime st = {.to_ns = 12, .nodes = nodes, .n_nodes = 2, .messages = m,
                               .n_messages = 12};
    char *svg = text_of(&st, 0);
    ck_assert_ptr_nonnull(strstr(svg, ">other</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">k6</text>"));
    ck_assert_ptr_null(strstr(svg, ">k7</text>"));
    free(svg);
}
END_TEST

ORR_TEST_MAIN("spacetime", things_are_told_in_the_order_of_time,
              nodes_that_do_not_fit_are_left_out_and_counted,
              svg_has_an_arrow_for_each_message_and_the_same_bytes_again, hostile_texts_stay_texts,
              nothing_and_a_moment_can_be_drawn, after_seven_kinds_arrows_share_a_colour)
