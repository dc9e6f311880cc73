/* From a made-up trace with known times to latencies and a picture. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

#include "analysis/latency.h"
#include "analysis/propagation.h"
#include "tests/sim/trace/feed.h"

#define MS 1000000ll

/* Blocks 1..n_blocks commit at height * 1 s at node 0, 10 ms later at each further node; two
 * transactions each, submitted 300 and 500 ms before, the second to two nodes.  Node 3 is Byzantine
 * and decides 200 ms before all others. */
static void record(const char *path, const char *title, uint64_t n_blocks) {
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_DECISIONS);
    setup.title = title;
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_nodes(trace);
    for (uint64_t h = 1; h <= n_blocks; h++) {
        orr_time at = (orr_time)h * 1000 * MS;
        struct feed_block block = {
            .height = h, .value = (uint8_t)h, .n_txs = 2, .txs = {2 * h, 2 * h + 1}};
        feed_submit(trace, at - 500 * MS, 4, 2 * h + 1);
        feed_submit(trace, at - 400 * MS, 5, 2 * h + 1);
        feed_submit(trace, at - 300 * MS, 4, 2 * h);
        feed_decide(trace, at - 200 * MS, 3, block);
        for (orr_peer i = 0; i < FEED_NODES; i++)
            if (i != 3) feed_decide(trace, at + i * 10 * MS, i, block);
    }
    feed_submit(trace, (orr_time)(n_blocks + 1) * 1000 * MS, 1, 1); /* never included */
    struct orr_trace_result result = {.end = 1, .fingerprint = 0xabcdef0123456789};
    ck_assert_int_eq(orr_trace_close(trace, &result, NULL, 0), 0);
}

START_TEST(latencies_are_those_that_were_told) {
    enum { N = 100 };
    const char *path = feed_path("latency.h5");
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    struct orr_latencies l;
    record(path, "t", N);
    ck_assert_int_eq(orr_trace_reader_open(&reader, path, error), 0);
    ck_assert_int_eq(orr_latencies_read(reader, &l, error), 0);
    ck_assert_uint_eq(l.n_submitted, 2 * N + 1);
    ck_assert_uint_eq(l.n_blocks, N);
    ck_assert_uint_eq(l.commit.n, 2 * N);
    ck_assert_uint_eq(l.final.n, 2 * N);
    ck_assert_uint_eq(l.interval.n, N - 1);
    for (size_t i = 0; i < 2 * N; i++) {
        ck_assert_double_eq_tol(l.commit.v[i].value, i < N ? 0.3 : 0.5, 1e-9);
        ck_assert_double_eq_tol(l.final.v[i].value, i < N ? 0.45 : 0.65, 1e-9);
    }
    for (size_t i = 0; i < N - 1; i++) ck_assert_double_eq_tol(l.interval.v[i].value, 1.0, 1e-9);
    orr_latencies_fini(&l);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

START_TEST(of_two_blocks_at_a_height_each_has_its_transactions_and_the_earlier_ends_the_interval) {
    const char *path = feed_path("fork.h5");
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace *trace;
    struct orr_trace_reader *reader = NULL;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_DECISIONS);
    struct orr_latencies l;
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_nodes(trace);
    feed_submit(trace, 100 * MS, 0, 71);
    feed_submit(trace, 100 * MS, 0, 72);
    feed_decide(trace, 1000 * MS, 0, (struct feed_block){.height = 1, .value = 9});
    /* the one with the lesser value comes later */
    feed_decide(trace, 1300 * MS, 0,
                (struct feed_block){.height = 2, .value = 8, .n_txs = 1, .txs = {71}});
    feed_decide(trace, 1600 * MS, 1,
                (struct feed_block){.height = 2, .value = 5, .n_txs = 1, .txs = {72}});
    feed_decide(trace, 2000 * MS, 0, (struct feed_block){.height = 3, .value = 7});
    struct orr_trace_result result = {.end = 1};
    ck_assert_int_eq(orr_trace_close(trace, &result, NULL, 0), 0);
    ck_assert_int_eq(orr_trace_reader_open(&reader, path, error), 0);
    ck_assert_int_eq(orr_latencies_read(reader, &l, error), 0);
    ck_assert_uint_eq(l.n_blocks, 4);
    ck_assert_uint_eq(l.commit.n, 2);
    ck_assert_double_eq_tol(l.commit.v[0].value, 1.2, 1e-9);
    ck_assert_double_eq_tol(l.commit.v[1].value, 1.5, 1e-9);
    ck_assert_uint_eq(l.interval.n, 2);
    ck_assert_double_eq_tol(l.interval.v[0].value, 0.3, 1e-9);
    ck_assert_double_eq_tol(l.interval.v[1].value, 0.7, 1e-9);
    orr_latencies_fini(&l);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

/* Runs the program; its standard error goes to `said`. */
static int run(char *const argv[], const char *search_path, char *said, size_t said_len) {
    int ends[2], how = 0;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (search_path) setenv("PATH", search_path, 1);
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]), close(ends[1]);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    size_t len = 0;
    for (ssize_t n; len + 1 < said_len && (n = read(ends[0], said + len, said_len - 1 - len)) > 0;)
        len += (size_t)n;
    said[len] = '\0';
    close(ends[0]);
    waitpid(pid, &how, 0);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128;
}

static char *program(void) {
    char *path = getenv("ORRERY_BIN");
    if (!path) {
        printf("ORRERY_BIN is not set: run me by ctest\n");
        exit(ORR_TEST_NOT_RUN);
    }
    return path;
}

static char *slurp(const char *path) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    char *text = calloc(1, 1 << 20);
    ck_assert_uint_gt(fread(text, 1, (1 << 20) - 1, file), 0);
    fclose(file);
    return text;
}

static bool has_gnuplot(void) {
    if (system("gnuplot --version >/dev/null 2>&1") == 0) return true;
    printf("gnuplot is absent: no picture was drawn\n");
    return false;
}

START_TEST(plot_draws_each_format_and_keeps_script_and_data) {
    static const struct {
        const char *format, *magic;
    } cases[] = {{"png", "\x89PNG"}, {"svg", "<?xml"}, {"pdf", "%PDF"}};
    char said[4096], out[400], script[400], data[400];
    char trace[300];
    setenv("LC_ALL", "C", 1); /* as on a machine without locales */
    snprintf(trace, sizeof trace, "%s", feed_path("plot.h5"));
    record(trace, "It's a \"title\" with `date`, @macro and \\n", 50);
    for (size_t i = 0; has_gnuplot() && i < 3; i++) {
        snprintf(out, sizeof out, "%s-picture.%s", trace, cases[i].format);
        snprintf(script, sizeof script, "%s-picture.gp", trace);
        snprintf(data, sizeof data, "%s-picture.dat", trace);
        char *argv[] = {program(), "plot", trace, "--format", (char *)cases[i].format,
                        "--out",   out,    NULL};
        int code = run(argv, NULL, said, sizeof said);
        ck_assert_msg(code == 0, "%d: %s", code, said);
        ck_assert_msg(strstr(said, out) == said && strlen(said) == strlen(out) + 1,
                      "gnuplot said: %s", said);
        char *picture = slurp(out), *text = slurp(script), *values = slurp(data);
        ck_assert_int_eq(strncmp(picture, cases[i].magic, 4), 0);
        ck_assert_ptr_nonnull(strstr(text, "'It''s a \"title\" with `date`, @macro and \\n'"));
        ck_assert_ptr_nonnull(strstr(text, "fingerprint abcdef0123456789"));
        ck_assert_ptr_nonnull(strstr(text, "'300 ms  [300, 300]'")); /* p50 */
        ck_assert_ptr_nonnull(strstr(text, "'500 ms  [500, 500]'")); /* p90 */
        ck_assert_ptr_nonnull(strstr(values, "\n0.5 1\n"));
        free(values), free(text), free(picture);
        unlink(out);
    }
    unlink(script), unlink(data), unlink(trace);
}
END_TEST

/* The line of the script that writes the title. */
static void title_is(const char *title, const char *line) {
    char trace[300], said[4096], out[400], script[400], data[400];
    snprintf(trace, sizeof trace, "%s", feed_path("title.h5"));
    snprintf(out, sizeof out, "%s.png", trace);
    snprintf(script, sizeof script, "%s.gp", trace);
    snprintf(data, sizeof data, "%s.dat", trace);
    record(trace, title, 5);
    char *argv[] = {program(), "plot", trace, "--out", out, NULL};
    run(argv, "/nowhere", said, sizeof said); /* without gnuplot the script is all */
    char *text = slurp(script);
    ck_assert_msg(strstr(text, line) != NULL, "no %s in\n%.600s", line, text);
    free(text);
    unlink(trace), unlink(script), unlink(data);
}

START_TEST(a_long_title_is_set_smaller_and_then_cut_between_characters) {
#define TEN "ÄÖÜäöü ß é"
    title_is(TEN TEN, "'" TEN TEN "' at screen 0.035,0.955 noenhanced font BIG\n");
    title_is(TEN TEN TEN TEN TEN TEN TEN TEN,
             "'" TEN TEN TEN TEN TEN TEN TEN TEN "' at screen 0.035,0.955 noenhanced \n");
    title_is(TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN,
             "'" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
             "ÄÖÜäöü …' at screen 0.035,0.955 noenhanced font SMALL\n");
}
END_TEST

START_TEST(plot_says_what_is_wrong_and_where) {
    char said[4096], trace[300], out[300];
    snprintf(trace, sizeof trace, "%s", feed_path("wrong.h5"));
    snprintf(out, sizeof out, "%s", feed_path("wrong.png"));
    char *no_file[] = {program(), "plot", "/nowhere/x.h5", NULL};
    ck_assert_int_eq(run(no_file, NULL, said, sizeof said), 2);
    ck_assert_msg(strstr(said, "/nowhere/x.h5: cannot be opened: No such file") != NULL, "%s",
                  said);

    char *plot[] = {program(), "plot", trace, "--out", out, NULL};
    FILE *file = fopen(trace, "w");
    fputs("orrery: 1\n", file);
    fclose(file);
    ck_assert_int_eq(run(plot, NULL, said, sizeof said), 2);
    ck_assert_msg(strstr(said, "is not an HDF5 file") != NULL, "%s", said);

    unlink(trace);
    record(trace, "t", 0);
    ck_assert_int_eq(run(plot, NULL, said, sizeof said), 2);
    ck_assert_msg(strstr(said, "wrong.h5: holds no two decisions") != NULL, "%s", said);

    record(trace, "t", 5);
    ck_assert_int_eq(run(plot, "/nowhere", said, sizeof said), 3);
    ck_assert_msg(strstr(said, "gnuplot is not installed") != NULL, "%s", said);
    char *to_nowhere[] = {program(), "plot", trace, "--out", "/nowhere/x.png", NULL};
    ck_assert_int_eq(run(to_nowhere, NULL, said, sizeof said), 3);
    char *unknown[] = {program(), "plot", trace, "--format", "gif", NULL};
    ck_assert_int_eq(run(unknown, NULL, said, sizeof said), 2);
    ck_assert_msg(strstr(said, "no format 'gif'") != NULL, "%s", said);
    unlink(trace), unlink(out);
    unlink(feed_path("wrong.gp")), unlink(feed_path("wrong.dat"));
}
END_TEST

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(plot_overwrites_only_what_it_has_drawn_and_follows_no_link) {
    static const char *const endings[] = {"png", "dat", "gp"};
    char said[4096], trace[300], out[400], other[400], path[400];
    snprintf(trace, sizeof trace, "%s", feed_path("mine.h5"));
    snprintf(out, sizeof out, "%s.png", trace);
    snprintf(other, sizeof other, "%s.txt", trace);
    record(trace, "t", 5);
    char *plot[] = {program(), "plot", trace, "--out", out, NULL};
    for (int link = 0; link < 2; link++)
        for (size_t i = 0; i < 3; i++) {
            snprintf(path, sizeof path, "%s.%s", trace, endings[i]);
            put(other, "my work\n");
            if (link) ck_assert_int_eq(symlink(other, path), 0);
            else put(path, "my work\n");
            ck_assert_int_eq(run(plot, NULL, said, sizeof said), 3);
            ck_assert_msg(strstr(said, "was not drawn by orrery") != NULL, "%s", said);
            char *left = slurp(path);
            ck_assert_str_eq(left, "my work\n");
            free(left);
            unlink(path);
        }
    char *onto_trace[] = {program(), "plot", trace, "--out", trace, NULL};
    int wanted = has_gnuplot() ? 0 : 3;
    ck_assert_int_eq(run(plot, NULL, said, sizeof said), wanted);
    ck_assert_int_eq(run(plot, NULL, said, sizeof said), wanted); /* its own work */
    ck_assert_int_eq(run(onto_trace, NULL, said, sizeof said), 3);
    ck_assert_msg(strstr(said, "was not drawn by orrery") != NULL, "%s", said);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s.%s", trace, endings[i]);
        unlink(path);
    }
    unlink(trace), unlink(other);
}
END_TEST

/* Message m is submitted at m s; node i of 16 has it 10 (i + 1) ms later, but node 15 never. */
static void record_gossip(const char *path) {
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_DECISIONS | ORR_KEEP_MESSAGES);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_nodes(trace);
    for (uint64_t m = 1; m <= 20; m++) {
        feed_submit(trace, (orr_time)m * 1000 * MS, 0, m);
        for (orr_peer i = 0; i < 15; i++) {
            struct orr_msg *msg = calloc(1, sizeof *msg + sizeof(struct orr_delivered));
            *(struct orr_delivered *)msg->data = (struct orr_delivered){m, ORR_NOBODY, 0};
            msg->len = sizeof(struct orr_delivered);
            orr_time at = ((orr_time)m * 1000 + 10 * (i + 1)) * MS;
            feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_OUTPUT, .node = i,
                                                     .peer = ORR_NOBODY, .at = at, .sent = at,
                                                     .key = ORR_OUT_DELIVERED, .len = msg->len,
                                                     .msg = msg});
            free(msg);
        }
    }
    struct orr_trace_result result = {.end = 1};
    ck_assert_int_eq(orr_trace_close(trace, &result, NULL, 0), 0);
}

START_TEST(how_messages_spread_is_what_was_told) {
    const char *path = feed_path("gossip.h5");
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    struct orr_propagation p;
    record_gossip(path);
    ck_assert_int_eq(orr_trace_reader_open(&reader, path, error), 0);
    ck_assert_int_eq(orr_propagation_read(reader, &p, error), 0);
    ck_assert_uint_eq(p.n_messages, 20);
    ck_assert_uint_eq(p.n_nodes, 14); /* node 3 is Byzantine, node 15 has nothing */
    ck_assert_uint_eq(p.reach.n, 20 * 14);
    ck_assert_uint_eq(p.half.n, 20);
    ck_assert_uint_eq(p.most.n, 20);
    for (size_t i = 0; i < 20; i++) {
        ck_assert_double_eq_tol(p.reach.v[i].value, 0.010, 1e-9);
        ck_assert_double_eq_tol(p.half.v[i].value, 0.080, 1e-9); /* the seventh that is correct */
        ck_assert_double_eq_tol(p.most.v[i].value, 0.150, 1e-9);
    }
    orr_propagation_fini(&p);
    orr_trace_reader_close(reader);
    unlink(path);
}
END_TEST

ORR_TEST_MAIN("plot", how_messages_spread_is_what_was_told, latencies_are_those_that_were_told,
              of_two_blocks_at_a_height_each_has_its_transactions_and_the_earlier_ends_the_interval,
              plot_draws_each_format_and_keeps_script_and_data,
              plot_overwrites_only_what_it_has_drawn_and_follows_no_link,
              a_long_title_is_set_smaller_and_then_cut_between_characters,
              plot_says_what_is_wrong_and_where)
