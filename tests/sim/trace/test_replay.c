/* orrery replay: the same is called the same, and what was changed is named. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

#include "analysis/reader.h"
#include "sim/trace/file.h"
#include "tests/sim/trace/feed.h"

static const char scenario[] = "orrery: 1\n"
                               "name: again\n"
                               "seed: 5\n"
                               "duration: 6 s\n"
                               "nodes:\n"
                               "  val: {count: 4, role: tendermint}\n"
                               "network:\n"
                               "  latency: {dist: lognormal, median: 40 ms, p99: 90 ms}\n"
                               "workload:\n"
                               "  - {kind: transactions, to: val, rate: 20 /s, size: 250 B}\n"
                               "record: all\n";

static char folder[] = "/tmp/orrery-replay-test-XXXXXX";
static char yaml[64], original[64], changed[64], said[8192];

static int run(const char *verb, const char *const *arguments) {
    const char *argv[16] = {getenv("ORRERY_BIN"), verb};
    int ends[2], how = 0, n = 2;
    while (*arguments) argv[n++] = *arguments++;
    argv[n] = NULL;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]), close(ends[1]);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(ends[0], said + len, sizeof said - 1 - len)) > 0;)
        len += (size_t)got;
    said[len] = '\0';
    close(ends[0]);
    waitpid(pid, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128;
}
#define RUN(verb, ...) run(verb, (const char *const[]){__VA_ARGS__, NULL})

static void set_up(void) {
    FILE *file = fopen(yaml, "w");
    ck_assert_ptr_nonnull(file);
    fputs(scenario, file);
    fclose(file);
}

/* Rewrites the original trace as `changed`, after change(group, rows, n) has had its way; it
 * returns how many of the rows are kept. */
static void rewrite(uint64_t (*change)(enum orr_trace_group group, void *rows, uint64_t n)) {
    char error[ORR_TRACE_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    struct orr_trace_file *file = NULL;
    ck_assert_msg(orr_trace_reader_open(&reader, original, error) == 0, "%s", error);
    const struct orr_trace_head *head = orr_trace_reader_head(reader);
    struct orr_trace_setup setup = {.path = changed,
                                    .name = head->name,
                                    .title = head->title,
                                    .build = head->build,
                                    .scenario = head->scenario,
                                    .scenario_len = head->scenario_len,
                                    .overrides = head->overrides,
                                    .seed = head->seed,
                                    .shuffle_ties = head->shuffle_ties};
    ck_assert_msg(orr_trace_file_create(&file, &setup, error) == 0, "%s", error);
    for (unsigned group = 0; group < ORR_N_GROUPS; group++) {
        void *rows = NULL;
        ck_assert_int_eq(orr_trace_reader_all(reader, group, 1 << 20, &rows, error), 0);
        uint64_t n = change(group, rows, head->rows[group]);
        ck_assert_int_eq(orr_trace_file_append(file, group, rows, (uint32_t)n), 0);
        free(rows);
    }
    ck_assert_msg(orr_trace_file_close(file, error) == 0, "%s", error);
    orr_trace_reader_close(reader);
}

START_TEST(a_run_replays_to_the_same_from_anywhere) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original) == 0, "%s", said);
    unlink(yaml); /* the trace has all that it takes */
    ck_assert_msg(RUN("replay", original) == 0, "%s", said);
    ck_assert_msg(strstr(said, ": the same, fingerprint ") != NULL, "%s", said);
}
END_TEST

START_TEST(seed_overrides_and_tie_order_are_replayed_too) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original, "--seed", "77", "--set", "nodes.val.count=5",
                      "--shuffle-ties", "3") == 0,
                  "%s", said);
    ck_assert_msg(RUN("replay", original) == 0, "%s", said);
}
END_TEST

static uint64_t change_event(enum orr_trace_group group, void *rows, uint64_t n) {
    if (group == ORR_GROUP_events) ((struct orr_row_events *)rows)[321].peer ^= 1;
    if (group == ORR_GROUP_decisions) ((struct orr_row_decisions *)rows)[n - 1].round = 9;
    if (group == ORR_GROUP_result) ((struct orr_row_result *)rows)->fingerprint ^= 1;
    return n;
}

START_TEST(the_first_event_that_differs_is_named) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original) == 0, "%s", said);
    rewrite(change_event);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    ck_assert_msg(strstr(said, "DIFFERENT") && strstr(said, "first difference: row 321 of /events"),
                  "%s", said);
    const char *peer = strstr(said, "\n  peer ");
    ck_assert_msg(peer && strstr(peer, "<-") < strchr(peer + 1, '\n'), "%s", said);
}
END_TEST

static uint64_t change_decision(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_checkpoints *checkpoints = rows;
    if (group == ORR_GROUP_decisions) ((struct orr_row_decisions *)rows)[9].value ^= 1;
    for (uint64_t i = 1; group == ORR_GROUP_checkpoints && i < n; i++)
        checkpoints[i].fingerprint ^= 1;
    if (group == ORR_GROUP_result) ((struct orr_row_result *)rows)->fingerprint ^= 1;
    return n;
}

START_TEST(without_events_the_window_and_the_decision_are_named) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original, "--set", "record=decisions") == 0, "%s",
                  said);
    rewrite(change_decision);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    ck_assert_msg(strstr(said, "first difference: row 9 of /decisions"), "%s", said);
    ck_assert_msg(strstr(said, "the same up to event ") && strstr(said, "  different at event "),
                  "%s", said);
}
END_TEST


static uint64_t change_fingerprint(enum orr_trace_group group, void *rows, uint64_t n) {
    if (group == ORR_GROUP_result) ((struct orr_row_result *)rows)->fingerprint ^= 1;
    return n;
}

/* As if node 2 had handled something else in the third second. */
static uint64_t change_hash(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_hashes *hashes = rows;
    struct orr_row_checkpoints *checkpoints = rows;
    for (uint64_t i = 0; group == ORR_GROUP_hashes && i < n; i++)
        if (hashes[i].node == 2 && hashes[i].time_ns >= 3000000000) hashes[i].hash ^= 1;
    for (uint64_t i = 0; group == ORR_GROUP_checkpoints && i < n; i++)
        if (checkpoints[i].time_ns >= 3000000000) checkpoints[i].fingerprint ^= 1;
    return change_fingerprint(group, rows, n);
}
static uint64_t change_hash_and_event(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_events *events = rows;
    for (uint64_t i = 0; group == ORR_GROUP_events && i < n; i++)
        if (events[i].node == 2 && events[i].time_ns > 2500000000) {
            events[i].bytes ^= 1;
            break;
        }
    return change_hash(group, rows, n);
}

START_TEST(the_first_interval_and_node_whose_hash_differs_are_named) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original, "--set", "record=faults") == 0, "%s", said);
    rewrite(change_hash);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    ck_assert_msg(strstr(said, "(2.000000000 s), by its last equal checkpoint"), "%s", said);
    ck_assert_msg(strstr(said, "(3.000000000 s), by the next one"), "%s", said);
    ck_assert_msg(strstr(said, "handled other events by then: 2 (val.2)\n"), "%s", said);
}
END_TEST

START_TEST(with_events_the_first_one_of_the_node_that_differs_is_named_too) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original) == 0, "%s", said);
    rewrite(change_hash_and_event);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    ck_assert_msg(strstr(said, "handled other events by then: 2 (val.2)\n"), "%s", said);
    const char *event = strstr(said, "of /events, at 2.5");
    ck_assert_msg(event && strstr(event, "  bytes "), "%s", said);
}
END_TEST

START_TEST(a_fingerprint_alone_is_enough_to_differ) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original, "--set", "record=decisions") == 0, "%s",
                  said);
    rewrite(change_fingerprint);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    ck_assert_msg(strstr(said, "not what this run comes to: row 0 of /result") != NULL, "%s", said);
}
END_TEST

static uint64_t change_verdict(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_verdicts *v = rows;
    for (uint64_t i = 0; group == ORR_GROUP_verdicts && i < n; i++) v[i].pass = 1;
    return n;
}
static uint64_t change_exit_code(enum orr_trace_group group, void *rows, uint64_t n) {
    if (group == ORR_GROUP_result) ((struct orr_row_result *)rows)->exit_code = 0;
    return n;
}
static uint64_t change_faulty(enum orr_trace_group group, void *rows, uint64_t n) {
    if (group == ORR_GROUP_nodes) ((struct orr_row_nodes *)rows)[2].faulty ^= 1;
    return n;
}
static uint64_t change_wall_time(enum orr_trace_group group, void *rows, uint64_t n) {
    if (group == ORR_GROUP_result) ((struct orr_row_result *)rows)->wall_ns ^= 12345;
    return n;
}

START_TEST(what_a_trace_claims_of_verdicts_nodes_and_result_is_checked) {
    set_up();
    ck_assert_int_eq(RUN("run", yaml, "--out", original, "--set", "expect.latency.p50=1 ms"), 1);
    rewrite(change_wall_time);
    ck_assert_msg(RUN("replay", changed) == 0, "%s", said);
    static const struct {
        uint64_t (*change)(enum orr_trace_group group, void *rows, uint64_t n);
        const char *told;
    } lies[] = {{change_verdict, "of /verdicts"},
                {change_exit_code, "row 0 of /result"},
                {change_faulty, "row 2 of /nodes"}};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        rewrite(lies[i].change);
        ck_assert_msg(RUN("replay", changed) == 1, "lie %zu: %s", i, said);
        ck_assert_msg(strstr(said, lies[i].told) != NULL, "%s", said);
    }
}
END_TEST

static void put_file(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static uint64_t forget_inputs(enum orr_trace_group group, void *rows, uint64_t n) {
    (void)rows;
    return group == ORR_GROUP_inputs ? 0 : n;
}
static uint64_t change_input(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_inputs *row = rows;
    for (uint64_t i = 0; group == ORR_GROUP_inputs && i < n; i++)
        for (char *p = row[i].data; !strcmp(row[i].name, "r.csv") && *p; p++)
            if (*p == '2') *p = '3';
    return n;
}
static uint64_t swap_pieces(enum orr_trace_group group, void *rows, uint64_t n) {
    struct orr_row_inputs *row = rows;
    for (uint64_t i = 0; group == ORR_GROUP_inputs && i < n; i++)
        if (row[i].offset) row[i].offset += 1;
    return n;
}

START_TEST(a_trace_carries_the_files_that_its_scenario_read) {
    char csv[80], edges[80], samples[80], text[4096];
    snprintf(csv, sizeof csv, "%s/r.csv", folder);
    snprintf(edges, sizeof edges, "%s/e.txt", folder);
    snprintf(samples, sizeof samples, "%s/l.txt", folder);
    put_file(csv, "x,a,b\na,1,20\nb,20,1\n");
    put_file(edges, "0 1\n1 2\n2 3\n3 0\n0 2\n1 3\n");
    for (size_t i = 0, at = 0; i < 300; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%zu ms\n", 10 + i % 30);
    put_file(samples, text);
    put_file(yaml, "orrery: 1\nname: again\nseed: 5\nduration: 6 s\n"
                   "nodes: {val: {count: 4, role: tendermint}}\n"
                   "network:\n  regions: {file: r.csv}\n  overlay: {kind: file, path: ./e.txt}\n"
                   "  links: [{between: [a, b], latency: {dist: empirical, file: l.txt}}]\n"
                   "record: all\n");
    ck_assert_msg(RUN("run", yaml, "--out", original) == 0, "%s", said);
    unlink(yaml);
    put_file(csv, "not even a matrix");
    unlink(edges), unlink(samples);
    ck_assert_msg(RUN("replay", original) == 0, "%s", said);
    rewrite(change_input);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    rewrite(swap_pieces);
    ck_assert_msg(RUN("replay", changed) == 2, "%s", said);
    ck_assert_msg(strstr(said, "pieces out of order") != NULL, "%s", said);
    rewrite(forget_inputs); /* a file of that name is there: it is not opened */
    ck_assert_msg(RUN("replay", changed) == 2, "%s", said);
    ck_assert_msg(strstr(said, "cannot read 'r.csv': the trace does not hold it") != NULL, "%s",
                  said);
    unlink(csv);
}
END_TEST

static uint64_t cut(enum orr_trace_group group, void *rows, uint64_t n) {
    (void)rows;
    switch (group) {
    case ORR_GROUP_nodes:
    case ORR_GROUP_kinds: return n;
    case ORR_GROUP_result: return 0;
    default: return n / 2;
    }
}
static uint64_t cut_and_change(enum orr_trace_group group, void *rows, uint64_t n) {
    if (group == ORR_GROUP_events) ((struct orr_row_events *)rows)[100].time_ns++;
    return cut(group, rows, n);
}

START_TEST(a_trace_that_was_cut_short_is_compared_as_far_as_it_goes) {
    set_up();
    ck_assert_msg(RUN("run", yaml, "--out", original) == 0, "%s", said);
    rewrite(cut);
    ck_assert_msg(RUN("replay", changed) == 0, "%s", said);
    ck_assert_msg(strstr(said, "the same as far as it goes") != NULL, "%s", said);
    rewrite(cut_and_change);
    ck_assert_msg(RUN("replay", changed) == 1, "%s", said);
    ck_assert_msg(strstr(said, "row 100 of /events") != NULL, "%s", said);
}
END_TEST

START_TEST(an_interrupted_run_replays_to_where_it_stopped) {
    set_up();
    unlink(original);
    pid_t pid = fork();
    if (pid == 0) {
        execl(getenv("ORRERY_BIN"), "orrery", "run", yaml, "--quiet", "--set", "duration=1 d",
              "--set", "nodes.val.count=4", "--out", original, (char *)NULL);
        _exit(127);
    }
    struct stat file = {0};
    int how = 0;
    for (int i = 0; file.st_size < 1 << 18; i++) { /* until rows were written */
        ck_assert_msg(i < 6000 && waitpid(pid, &how, WNOHANG) == 0, "ended with %#x", how);
        usleep(20000);
        stat(original, &file);
    }
    kill(pid, SIGINT);
    waitpid(pid, &how, 0);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 3, "ended with %#x", how);
    ck_assert_msg(RUN("replay", original) == 0, "run ended with %#x; %s", how, said);
    ck_assert_msg(strstr(said, "the same") != NULL, "%s", said);
}
END_TEST

START_TEST(a_run_that_fills_its_disk_ends_with_3_and_replays_as_far_as_it_got) {
    set_up();
    int how = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {1 << 20, 1 << 20};
        setrlimit(RLIMIT_FSIZE, &limit);
        if (!freopen(changed, "w", stderr)) _exit(127);
        execl(getenv("ORRERY_BIN"), "orrery", "run", yaml, "--quiet", "--set", "duration=10 min",
              "--out", original, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &how, 0);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 3, "ended with %#x", how);
    FILE *file = fopen(changed, "r");
    size_t len = fread(said, 1, sizeof said - 1, file);
    said[len] = '\0';
    fclose(file);
    ck_assert_msg(strstr(said, original) && strstr(said, "File too large"), "%s", said);
    ck_assert_msg(RUN("replay", original) == 0, "%s", said);
    ck_assert_msg(strstr(said, "the same as far as it goes") != NULL, "%s", said);
}
END_TEST

START_TEST(replay_refuses_what_it_cannot_run) {
    ck_assert_int_eq(RUN("replay", "/nowhere/x.h5"), 2);
    ck_assert_msg(strstr(said, "/nowhere/x.h5: cannot be opened") != NULL, "%s", said);
    struct orr_trace_setup setup = feed_setup(original, ORR_KEEP_ALL); /* no scenario at all */
    struct orr_trace *trace;
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    ck_assert_int_eq(orr_trace_close(trace, NULL, NULL, 0), 0);
    int code = RUN("replay", original);
    ck_assert_msg(code == 2, "code %d: %s", code, said);
    ck_assert_msg(strstr(said, "its scenario is not one that this program can run") != NULL, "%s",
                  said);
}
END_TEST

int main(void) {
    const TTest *tests[] = {a_run_replays_to_the_same_from_anywhere,
                            seed_overrides_and_tie_order_are_replayed_too,
                            the_first_event_that_differs_is_named,
                            without_events_the_window_and_the_decision_are_named,
                            the_first_interval_and_node_whose_hash_differs_are_named,
                            with_events_the_first_one_of_the_node_that_differs_is_named_too,
                            a_fingerprint_alone_is_enough_to_differ,
                            what_a_trace_claims_of_verdicts_nodes_and_result_is_checked,
                            a_trace_carries_the_files_that_its_scenario_read,
                            a_trace_that_was_cut_short_is_compared_as_far_as_it_goes,
                            an_interrupted_run_replays_to_where_it_stopped,
                            a_run_that_fills_its_disk_ends_with_3_and_replays_as_far_as_it_got,
                            replay_refuses_what_it_cannot_run};
    if (!getenv("ORRERY_BIN") || !mkdtemp(folder)) {
        printf("not run: ORRERY_BIN is not set (run me by ctest), or /tmp cannot be written\n");
        return ORR_TEST_NOT_RUN;
    }
    snprintf(yaml, sizeof yaml, "%s/again.yaml", folder);
    snprintf(original, sizeof original, "%s/original.h5", folder);
    snprintf(changed, sizeof changed, "%s/changed.h5", folder);
    int code = orr_test_run("replay", tests, sizeof tests / sizeof tests[0]);
    unlink(yaml), unlink(original), unlink(changed), rmdir(folder);
    return code;
}
