/* How reports name nodes, times and values. */
#include <string.h>

#include "sim/check/state.h"
#include "tests/test.h"

START_TEST(a_node_is_named_by_its_group_and_what_is_none_by_what_it_is) {
    static const char text[] = "orrery: 1\nname: t\nduration: 1 s\n"
                               "nodes: {a: {count: 2, role: flood}, b: {count: 3, role: flood}}\n";
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "t", NULL, 0, &s, &diags), 0);
    static const char *const names[] = {"a.0", "a.1", "b.0", "b.1", "b.2", "node 5"};
    for (orr_peer i = 0; i < 6; i++) ck_assert_str_eq(orr_words_node(s, i).text, names[i]);
    ck_assert_str_eq(orr_words_node(s, ORR_NOBODY).text, "nobody");
    orr_diags_fini(&diags);
    orr_scenario_free(s);
}
END_TEST

ORR_TEST_MAIN("check.words", a_node_is_named_by_its_group_and_what_is_none_by_what_it_is)
