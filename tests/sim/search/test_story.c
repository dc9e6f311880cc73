/* What is told of a run: few lines in the order of time, the same each time, and what matters. */
#include "sim/search/story.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

#define HEAD(role)                                                                            \
    "orrery: 1\nname: t\nduration: 3 s\nrecord: none\nnodes: {val: {count: 4, role: " role "}}\n" \
    "network: {latency: {dist: uniform, min: 5 ms, max: 25 ms}}\nworkload: [{rate: 20 /s}]\n"

/* The caller's to free; checks what holds of each story. */
static char *tell(const char *text, uint32_t n_lines) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    char *story, *again;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    ck_assert_int_eq(orr_story_tell(s, n_lines, &story, &diags), 0);
    ck_assert_int_eq(orr_story_tell(s, n_lines, &again, &diags), 0);
    ck_assert_str_eq(story, again);
    free(again);
    double before = 0;
    uint32_t n = 0;
    for (const char *p = story; *p; p = strchr(p, '\n') + 1, n++) {
        ck_assert_ptr_nonnull(strchr(p, '\n'));
        ck_assert_uint_lt(strcspn(p, "\n"), ORR_STORY_LINE_CHARS);
        double at = atof(p);
        ck_assert_msg(at >= before, "%s", story);
        before = at;
    }
    ck_assert_uint_ge(n, 1);
    ck_assert_uint_le(n, n_lines ? n_lines : 1);
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    return story;
}

#define FORK                                                                                  \
    HEAD("pbft, config: {bug: quorum-2f}")                                                    \
    "expect: {agreement: broken}\n"                                                           \
    "schedule:\n  - {at: 0 s, for: 2 s, do: partition,\n"                                    \
    "     groups: [[val.1, val.3], [val.0, val.2]]}\n"

START_TEST(a_fork_is_told_from_its_fault_to_both_decisions_with_who_signed_them) {
    char *story = tell(FORK, ORR_STORY_LINES);
    const char *fault = strstr(story, "from here on {at: 0 s, for: 2 s, do: partition, groups:");
    ck_assert_msg(fault == strstr(story, "from here on"), "%s", story);
    const char *first = strstr(story, "; commit of "), *end = strstr(story, "so agreement breaks");
    ck_assert_msg(fault && first && strstr(first + 1, "; commit of ") && end && end > first, "%s",
                  story);
    ck_assert_ptr_nonnull(strstr(story, " proposes "));
    free(story);
    for (uint32_t n = 0; n < 6; n++) { /* the fewer, the more to the point */
        story = tell(FORK, n);
        ck_assert_ptr_nonnull(strstr(story, "so agreement breaks"));
        ck_assert_int_eq(strstr(story, "; commit of ") != NULL, n >= 2);
        ck_assert_int_eq(strstr(story, "from here on") != NULL, n >= 4);
        free(story);
    }
}
END_TEST

START_TEST(evidence_a_stall_and_a_run_without_fault_are_told_too) {
    char *story = tell(HEAD("pbft, config: {bug: forget-last-vote}") "expect: {agreement: holds}\n"
                       "schedule: [{at: 400 ms, do: crash, target: val.0, restart_after: 3 ms}]\n",
                       ORR_STORY_LINES);
    ck_assert_msg(strstr(story, "has proof that val.0 signed twice") != NULL, "%s", story);
    free(story);
    story = tell(HEAD("tendermint") "expect: {termination: {is: stalled, within: 1 s}}\n"
                 "schedule: [{at: 1 s, do: partition, groups: [[val.0, val.1], [val.2, val.3]]}]\n",
                 ORR_STORY_LINES);
    ck_assert_msg(strstr(story, "from here on {at: 1 s") != NULL, "%s", story);
    ck_assert_ptr_nonnull(strstr(story, " decides "));
    free(story);
    story = tell(HEAD("raft"), ORR_STORY_LINES);
    ck_assert_msg(strstr(story, "the end, and nothing is broken\n") != NULL, "%s", story);
    ck_assert_ptr_null(strstr(story, "from here on"));
    free(story);
}
END_TEST

/* What is known from elsewhere ends it, nothing comes after, and the last events fill it. */
START_TEST(a_run_that_decides_nothing_is_told_by_its_last_events) {
    static const char text[] = "orrery: 1\nname: t\nduration: 3 s\nrecord: none\n"
                               "nodes: {node: {count: 2, role: ping-pong}}\n";
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags), 0);
    for (uint32_t n_lines = 1; n_lines < 60; n_lines++) {
        struct orr_story_wish wish = {.n_lines = n_lines, .fills = true, .ending = "so it goes",
                                      .until = 1500000000};
        char *story, *last;
        ck_assert_int_eq(orr_story_tell_as(s, &wish, &story, &diags), 0);
        uint32_t n = 0;
        double before = 0;
        for (const char *p = last = story; *p; p = strchr(p, '\n') + 1, n++) {
            ck_assert_double_ge(atof(p), before);
            ck_assert_double_le(before = atof(p), 1.5);
            last = story + (p - story);
        }
        ck_assert_str_eq(last, "1.500000 s  so it goes\n");
        ck_assert_uint_eq(n, n_lines < 6 ? n_lines : 6); /* five things happen before */
        ck_assert_int_eq(strstr(story, " gets ") != NULL, n_lines > 1);
        free(story);
    }
    orr_scenario_free(s);
    orr_diags_fini(&diags);
}
END_TEST

ORR_TEST_MAIN("story", a_fork_is_told_from_its_fault_to_both_decisions_with_who_signed_them,
              evidence_a_stall_and_a_run_without_fault_are_told_too,
              a_run_that_decides_nothing_is_told_by_its_last_events)
