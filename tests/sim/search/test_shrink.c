/* The shrinker by itself, with planted answers; the text that it writes; and what counts as the
 * same. */
#include <string.h>

#include "sim/search/finding.h"
#include "sim/search/shrink.h"
#include "sim/search/yaml.h"
#include "tests/test.h"

/* ---- the text ---- */

static struct orr_tree *read_tree(const char *text, struct orr_scenario_store *store) {
    struct orr_source *source = orr_store_alloc(store, sizeof *source);
    *source = (struct orr_source){"test", text, strlen(text)};
    struct orr_diags diags = {0};
    struct orr_tree *tree = orr_tree_parse(source, 0, source->len, store, &diags, NULL);
    if (!tree) orr_diags_print(&diags, stderr, false);
    ck_assert_ptr_nonnull(tree);
    orr_diags_fini(&diags);
    return tree;
}

static bool equal(const struct orr_tree *a, const struct orr_tree *b) {
    if (a->kind != b->kind || a->n != b->n) return false;
    if (a->kind == ORR_TREE_SCALAR)
        return a->quoted == b->quoted && a->len == b->len && !memcmp(a->text, b->text, a->len);
    for (uint32_t i = 0; i < a->n; i++)
        if (!equal(a->items[i], b->items[i]) ||
            (a->kind == ORR_TREE_MAP && !equal(a->keys[i], b->keys[i])))
            return false;
    return true;
}

static void check_text(const char *text) {
    struct orr_scenario_store *store = orr_store_new();
    struct orr_tree *tree = read_tree(text, store);
    struct orr_yaml_text once = {0}, twice = {0};
    orr_yaml_write(&once, tree);
    struct orr_tree *again = read_tree(once.v, store);
    ck_assert_msg(equal(tree, again), "%s\nbecame\n%s", text, once.v);
    orr_yaml_write(&twice, again);
    ck_assert_str_eq(once.v, twice.v);
    for (const char *line = once.v; *line; line = strchr(line, '\n') + 1)
        ck_assert_msg(line[strcspn(line, "\n") - (line[0] != '\n')] != ' ', "%s", once.v);
    free(once.v);
    free(twice.v);
    orr_store_free(store);
}

START_TEST(a_tree_is_written_as_text_that_reads_as_the_same_tree) {
    static const char *const texts[] = {
        "a: 1\n",
        "a: {}\nb: []\n",
        "a: '5'\nb: \"x\\\"y\\\\z\"\n",
        "title: a, b [c] {d}, #e\n",
        "a:\n  - x, y\n  - z\n",
        "a: |\n  two\n  lines\n",
        "a: {b: {c: {d: [[1, 2], [3]]}}}\n",
        "a: &x {k: 1}\nb: *x\n",
        "a: [{b: 1}, {c: [1, 2]}]\n",
        "a: ''\nb: 5 %\nc: height(v) >= 3\n",
        "a:\n- [x, y]\n- - z\n  - {q: \"a: b\"}\n",
        "'a b': 1\n\"c\": {'d, e': 2}\n",
        "long: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, "
        "cccccccccccccccccccccccccccccc, ddddddd]\nlist: [{a: "
        "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccccccc], b: {c: "
        "1}}]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) check_text(texts[i]);
}
END_TEST

START_TEST(a_comment_is_broken_into_lines_and_can_hold_no_yaml) {
    struct orr_yaml_text t = {0};
    orr_yaml_comment(&t, "one\n\n two  three \x1b[1m\r");
    ck_assert_str_eq(t.v, "# one\n# two three \\x1b[1m\\x0d\n");
    free(t.v);
    t = (struct orr_yaml_text){0};
    char words[400];
    for (unsigned i = 0; i < 399; i++) words[i] = i % 7 == 6 ? ' ' : 'x';
    words[399] = '\0';
    orr_yaml_comment(&t, words);
    size_t n = 0;
    for (const char *line = t.v, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        ck_assert(end - line <= 100 && !strncmp(line, "# x", 3) && end[-1] != ' ');
        n += (size_t)(end - line);
    }
    ck_assert_uint_ge(n, 399);
    free(t.v);
}
END_TEST

/* ---- the shrinker: what is to be kept are some words ---- */

struct wanted {
    const char *const *words;
    size_t n_words;
    uint32_t n_asks, stop_after;
};

static int has_words(void *ctx, const char *text, size_t len) {
    struct wanted *w = ctx;
    ck_assert_uint_eq(len, strlen(text));
    if (w->stop_after && w->n_asks == w->stop_after) return -1;
    w->n_asks++;
    for (size_t i = 0; i < w->n_words; i++)
        if (!strstr(text, w->words[i])) return 0;
    return 1;
}

static struct orr_shrink shrink(struct wanted *w, const char *text, struct orr_yaml_text *out) {
    struct orr_scenario_store *store = orr_store_new();
    struct orr_tree *root = read_tree(text, store);
    struct orr_shrink s = {.shows = has_words, .ctx = w, .max_asks = 100000};
    orr_shrink(&s, root, store);
    *out = (struct orr_yaml_text){0};
    orr_yaml_write(out, root);
    orr_store_free(store);
    return s;
}

static void check_shrunk(const char *text, const char *const *words, size_t n_words,
                         const char *expected) {
    struct orr_yaml_text out, again;
    struct wanted w = {.words = words, .n_words = n_words};
    struct orr_shrink s = shrink(&w, text, &out);
    ck_assert_str_eq(out.v, expected);
    ck_assert(s.is_least);
    ck_assert_uint_eq(s.n_asks, w.n_asks);
    s = shrink(&w, out.v, &again); /* its own shrunk form */
    ck_assert_str_eq(again.v, expected);
    ck_assert_uint_eq(s.n_before, s.n_after);
    free(out.v);
    free(again.v);
}
#define CHECK_SHRUNK(text, expected, ...)                                  \
    do {                                                                   \
        static const char *const words[] = {__VA_ARGS__};                  \
        check_shrunk(text, words, sizeof words / sizeof *words, expected); \
    } while (0)

START_TEST(what_is_not_needed_goes_wherever_it_stands) {
    CHECK_SHRUNK("a: 1\nb: 2\nc: 3\n", "b: 2\n", "b: 2");
    CHECK_SHRUNK("a: {p: x, q: y}\nb: [u, v, w]\nc: z\n", "a: {q: y}\nb: v\n", "q: y", "v");
    CHECK_SHRUNK("f: [{do: a, at: s}, {do: b, at: t}, {do: c, at: u}]\n", "f: {at: u}\n", "at: u");
    /* two that are needed together, far apart */
    CHECK_SHRUNK("f: [a, b, c, d, e, g, h, i, j, k, l, m]\n", "f: [b, k]\n", "b", "k");
    CHECK_SHRUNK("a: 1\n", "{}\n", "");
}
END_TEST

START_TEST(a_map_or_list_gives_way_to_one_of_its_values) {
    CHECK_SHRUNK("latency: {dist: lognormal, median: xx, p99: yy}\n", "latency: xx\n", "latency",
                 "xx");
    CHECK_SHRUNK("target: [val.3]\n", "target: val.3\n", "target", "val.3");
    CHECK_SHRUNK("g: [[a, b], [c]]\n", "g: b\n", "g", "b");
}
END_TEST

static int at_least(void *ctx, const char *text, size_t len) {
    (void)len;
    const char *key = strstr(text, "n: ");
    return key && strtod(key + 3, NULL) >= *(double *)ctx;
}

static void check_number(const char *text, double bound, const char *expected) {
    struct orr_scenario_store *store = orr_store_new();
    struct orr_tree *root = read_tree(text, store);
    struct orr_shrink s = {.shows = at_least, .ctx = &bound, .max_asks = 1000};
    orr_shrink(&s, root, store);
    struct orr_yaml_text out = {0};
    orr_yaml_write(&out, root);
    ck_assert_str_eq(out.v, expected);
    ck_assert(s.is_least);
    free(out.v);
    orr_store_free(store);
}

START_TEST(counts_become_as_small_as_can_be_and_quantities_round) {
    check_number("n: 100\n", 1, "n: 1\n");
    check_number("n: 100\n", 37, "n: 37\n");
    check_number("n: 2\n", 2, "n: 2\n");
    check_number("n: 9828 B\n", 5000, "n: 9000 B\n");
    check_number("n: 9828 B\n", 9500, "n: 10000 B\n");
    check_number("n: 9828 ms\n", 9, "n: 9 s\n");
    check_number("n: 1.2345 s\n", 1, "n: 1 s\n");
    check_number("n: 1.2345 s\n", 1.1, "n: 2 s\n");
    check_number("n: 94.5 %\n", 94.2, "n: 100 %\n");
    check_number("n: 0.25\n", 0.2, "n: 0.2\n");
}
END_TEST

/* Late by so many microseconds or more. */
static int is_late(void *ctx, const char *text, size_t len) {
    (void)len;
    const char *key = strstr(text, "by: ");
    char *unit;
    if (!key) return 0;
    double by = strtod(key + 4, &unit);
    return by * (unit[1] == 's' ? 1e6 : unit[1] == 'm' ? 1e3 : 1) >= *(double *)ctx;
}

START_TEST(a_delay_becomes_the_least_that_works_of_two_digits) {
    static const struct {
        const char *by;
        double bound;
        const char *least;
    } cases[] = {{"285 ms", 200000, "200 ms"}, {"285 ms", 213500, "220 ms"},
                 {"981 ms", 978000, "980 ms"}, {"4 s", 1234567, "1300 ms"},
                 {"2 s", 1, "1 us"},           {"997 ms", 996000, "1 s"},
                 {"17 us", 16, "16 us"},       {"1.5 s", 70, "70 us"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[60], expected[60];
        double bound = cases[i].bound;
        snprintf(text, sizeof text, "by: %s\n", cases[i].by);
        snprintf(expected, sizeof expected, "by: %s\n", cases[i].least);
        struct orr_shrink s = {.shows = is_late, .ctx = &bound, .max_asks = 1000};
        for (int turn = 0; turn < 2; turn++) { /* its own shrunk form stays */
            struct orr_scenario_store *store = orr_store_new();
            struct orr_yaml_text out = {0};
            struct orr_tree *root = read_tree(turn ? expected : text, store);
            orr_shrink(&s, root, store);
            orr_yaml_write(&out, root);
            ck_assert_str_eq(out.v, expected);
            ck_assert(s.is_least && s.n_asks < 60);
            free(out.v);
            orr_store_free(store);
        }
    }
}
END_TEST

START_TEST(a_duration_becomes_shorter_and_a_seed_stays) {
    CHECK_SHRUNK("seed: 123456\nduration: 4000 s\n", "seed: 123456\nduration: 1 s\n",
                 "seed: ", "duration: ");
}
END_TEST

START_TEST(an_expectation_goes_as_a_whole_or_stays_as_it_is) {
    CHECK_SHRUNK("expect: {termination: {within: 61 s}, max_gap: 1.25 s}\nx: {y: {z: 61 s}}\n",
                 "expect: {termination: {within: 61 s}}\nx: {y: {z: 60 s}}\n", "termination",
                 "x: {y: {z");
    CHECK_SHRUNK("expect: {max_gap: 1.25 s, latency: {p99: 2 s}}\n", "expect: {max_gap: 1.25 s}\n",
                 "max_gap");
}
END_TEST

START_TEST(a_hundred_idle_entries_change_nothing_in_what_comes_out) {
    static const char head[] = "nodes: {val: {count: 4}}\nfaults:\n  - {do: x, at: 1 s}\n";
    struct orr_yaml_text plain, padded;
    static const char *const words[] = {"do: x", "do: y", "val"};
    struct wanted w = {.words = words, .n_words = 3};
    char text[10000];
    snprintf(text, sizeof text, "%s  - {do: y, at: 2 s}\n", head);
    shrink(&w, text, &plain);
    size_t used = (size_t)snprintf(text, sizeof text, "%s", head);
    for (unsigned i = 0; i < 100; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "  - {do: idle, at: %u s}\n", i);
    snprintf(text + used, sizeof text - used, "  - {do: y, at: 2 s}\n");
    w.n_asks = 0;
    struct orr_shrink s = shrink(&w, text, &padded);
    ck_assert_str_eq(plain.v, padded.v);
    ck_assert_str_eq(plain.v, "nodes: {val: {}}\nfaults: [{do: x}, {do: y}]\n");
    ck_assert_uint_eq(s.n_before, 205);
    ck_assert_uint_eq(s.n_after, 3);
    ck_assert_uint_lt(s.n_asks, 150); /* by halves, not one by one */
    free(plain.v);
    free(padded.v);
}
END_TEST

START_TEST(it_stops_when_told_or_when_it_has_asked_enough_and_says_so) {
    static const char *const words[] = {"b", "k"};
    static const char text[] = "f: [a, b, c, d, e, g, h, i, j, k, l, m]\n";
    struct orr_yaml_text out;
    struct wanted w = {.words = words, .n_words = 2, .stop_after = 7};
    struct orr_shrink s = shrink(&w, text, &out);
    ck_assert(!s.is_least);
    ck_assert(strstr(out.v, "b") && strstr(out.v, "k")); /* what is there shows it */
    free(out.v);
    w = (struct wanted){.words = words, .n_words = 2};
    struct orr_scenario_store *store = orr_store_new();
    struct orr_tree *root = read_tree(text, store);
    s = (struct orr_shrink){.shows = has_words, .ctx = &w, .max_asks = 5};
    orr_shrink(&s, root, store);
    ck_assert(!s.is_least);
    ck_assert_uint_eq(w.n_asks, 5);
    orr_store_free(store);
}
END_TEST

/* ---- what a run shows ---- */

#define HEAD      "orrery: 1\nname: t\nduration: 4 s\n"
#define FOUR      "nodes: {val: {count: 4, role: tendermint}}\n"
#define LIAR(who) "  - {at: 0 s, do: byzantine, behaviour: equivocate, target: " who "}\n"

static struct orr_scenario *parse(const char *text) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    if (orr_scenario_parse(text, strlen(text), "test", NULL, 0, &s, &diags)) {
        orr_diags_print(&diags, stderr, false);
        ck_abort_msg("%s", text);
    }
    orr_diags_fini(&diags);
    return s;
}

static struct orr_finding look(const char *text, unsigned cpu_s) {
    struct orr_scenario *s = parse(text);
    struct orr_finding f;
    ck_assert_int_eq(orr_finding_look(s, cpu_s, &f), 0);
    orr_scenario_free(s);
    return f;
}

START_TEST(a_run_shows_the_first_thing_that_is_not_as_it_should_be) {
    struct orr_finding f = look(HEAD FOUR "expect: {agreement: holds}\n", 100);
    ck_assert_int_eq(f.kind, ORR_FINDING_NONE);
    ck_assert_uint_ne(f.fingerprint, 0);
    f = look(HEAD FOUR "faults:\n" LIAR("[val.0, val.1]") "expect: {agreement: holds}\n", 100);
    ck_assert_int_eq(f.kind, ORR_FINDING_FAILED);
    ck_assert_str_eq(f.name, "agreement");
    struct orr_finding due =
        look(HEAD FOUR "faults:\n" LIAR("[val.0, val.1]") "expect: {agreement: broken}\n", 100);
    ck_assert_int_eq(due.kind, ORR_FINDING_DUE);
    ck_assert_str_eq(due.name, "agreement");
    ck_assert(!orr_finding_same(&f, &due));
    ck_assert(orr_finding_same(&f, &f));
    f = look(HEAD FOUR "expect: {max_gap: 1 ms}\n", 100);
    ck_assert_int_eq(f.kind, ORR_FINDING_FAILED);
    ck_assert_str_eq(f.name, "max_gap");
    f = look(HEAD "nodes: {a: {count: 4, role: phold}}\nnetwork: {latency: 0 ns}\n", 100);
    ck_assert_int_eq(f.kind, ORR_FINDING_MISHAP);
    ck_assert_str_eq(f.name, "no-time");
}
END_TEST

START_TEST(a_run_that_does_not_end_is_a_finding) {
    struct orr_finding f = look("orrery: 1\nname: t\nduration: 1 d\n"
                                "nodes: {a: {count: 1000, role: phold}}\n",
                                1);
    ck_assert_int_eq(f.kind, ORR_FINDING_ENDLESS);
}
END_TEST

/* ---- assumptions ---- */

static struct orr_assumptions assumed(const char *faults) {
    char text[2000];
    snprintf(text, sizeof text,
             HEAD "nodes: {val: {count: 6, role: tendermint, stake: "
                  "[1, 1, 1, 1, 1, 4]}, f: {count: 3, role: flood}}\nfaults:\n%s",
             faults);
    struct orr_scenario *s = parse(text);
    struct orr_assumptions a = orr_assumptions_of(s);
    orr_scenario_free(s);
    return a;
}

START_TEST(a_third_of_the_stake_is_beyond_what_protocols_assume) {
    ck_assert(!assumed("  - {at: 1 s, do: heal}\n").is_beyond);
    ck_assert(!assumed(LIAR("[val.0, val.1]")).is_beyond);       /* 2 of 9 */
    ck_assert(assumed(LIAR("[val.0, val.1, val.2]")).is_beyond); /* 3 of 9 */
    ck_assert(!assumed(LIAR("[val.0, val.1]") LIAR("val.1")).is_beyond);
    ck_assert(assumed(LIAR("[val.0, val.1]") LIAR("val.3")).is_beyond);
    ck_assert(assumed(LIAR("val.5")).is_beyond);
    ck_assert(assumed(LIAR("any 1 of val")).is_beyond); /* it may be the one with 4 */
    ck_assert(
        assumed("  - {at: 1 s, do: crash, target: [val.1, val.2, val.3], disk: lose}\n").is_beyond);
    ck_assert(!assumed("  - {at: 1 s, do: crash, target: [val.1, val.2, val.3]}\n").is_beyond);
    /* one of three nodes of another protocol */
    ck_assert(assumed("  - {at: 1 s, do: byzantine, behaviour: mute, target: f.0}\n").is_beyond);
}
END_TEST

START_TEST(taking_away_makes_no_fault_last_and_no_liar_too_many) {
    struct orr_assumptions none = assumed("  - {at: 1 s, do: heal}\n"),
                           beyond = assumed(LIAR("val.5")),
                           ends = assumed("  - {at: 1 s, do: isolate, target: val.1, for: 1 s}\n"),
                           lasts = assumed("  - {at: 1 s, do: isolate, target: val.1}\n"),
                           healed = assumed("  - {at: 1 s, do: isolate, target: val.1}\n"
                                            "  - {at: 2 s, do: heal}\n"),
                           back = assumed("  - {at: 1 s, do: crash, target: val.1, "
                                          "restart_after: 1 s}\n");
    ck_assert(orr_assumptions_within(none, beyond) && !orr_assumptions_within(beyond, none));
    ck_assert(orr_assumptions_within(ends, none) && !orr_assumptions_within(lasts, ends));
    ck_assert(orr_assumptions_within(healed, healed) && !orr_assumptions_within(lasts, healed));
    ck_assert(orr_assumptions_within(lasts, lasts) && orr_assumptions_within(back, ends));
    ck_assert(orr_assumptions_within(ends, healed)); /* it needs no remedy */
}
END_TEST

ORR_TEST_MAIN("sim.search", a_tree_is_written_as_text_that_reads_as_the_same_tree,
              a_comment_is_broken_into_lines_and_can_hold_no_yaml,
              what_is_not_needed_goes_wherever_it_stands,
              a_map_or_list_gives_way_to_one_of_its_values,
              counts_become_as_small_as_can_be_and_quantities_round,
              a_duration_becomes_shorter_and_a_seed_stays,
              a_delay_becomes_the_least_that_works_of_two_digits,
              an_expectation_goes_as_a_whole_or_stays_as_it_is,
              a_hundred_idle_entries_change_nothing_in_what_comes_out,
              it_stops_when_told_or_when_it_has_asked_enough_and_says_so,
              a_run_shows_the_first_thing_that_is_not_as_it_should_be,
              a_run_that_does_not_end_is_a_finding,
              a_third_of_the_stake_is_beyond_what_protocols_assume,
              taking_away_makes_no_fault_last_and_no_liar_too_many)
