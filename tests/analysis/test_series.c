/* From a made-up trace of what nodes measured to a series over time and its picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/test.h"

#include "analysis/series.h"
#include "models/base/error.h"
#include "models/output.h"
#include "tests/sim/trace/feed.h"

#define SECOND 1000000000ll

static void tell(struct orr_trace *trace, orr_time at, orr_peer node, const char *name,
                 int64_t value) {
    struct orr_msg *msg = calloc(1, sizeof *msg + sizeof(struct orr_metric_point));
    struct orr_metric_point *m = (void *)msg->data;
    m->value = value;
    memcpy(m->name, name, strlen(name));
    memcpy(m->unit, "peers", 5);
    msg->len = sizeof *m;
    feed_tell(trace, (struct orr_tap_record){.kind = ORR_TAP_OUTPUT, .node = node,
                                             .peer = ORR_NOBODY, .at = at, .sent = at,
                                             .key = ORR_OUT_METRIC, .len = msg->len, .msg = msg});
    free(msg);
}

/* Over 240 s nodes 0 and 1 measure 10 and 20 from 60 s on, node 1 nothing any more from 120 s and
 * node 0 from 180 s on; node 3, who is Byzantine, measures a million.  `other` is node 2's. */
static void record(const char *path) {
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_METRICS);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_nodes(trace);
    for (orr_time t = 1; t <= 240; t++) {
        for (orr_peer i = 0; i < 2; i++) {
            bool is_over = t >= (i ? 120 : 180);
            int64_t value = is_over || t < 60 ? 0 : 10 + 10 * i;
            if (t % 5 == 0) tell(trace, t * SECOND, i, "sybils", value);
        }
        if (t == 7) tell(trace, t * SECOND, 2, "other", -5);
        if (t == 8) tell(trace, t * SECOND, 3, "sybils", 1000000);
    }
    struct orr_trace_result result = {.end = 1};
    ck_assert_int_eq(orr_trace_close(trace, &result, NULL, 0), 0);
}

static struct orr_series s;
static int read_series(const char *path, const char *name, char *error) {
    struct orr_trace_reader *reader = NULL;
    ck_assert_int_eq(orr_trace_reader_open(&reader, path, error), 0);
    int status = orr_series_read(reader, name, &s, error);
    orr_trace_reader_close(reader);
    return status;
}

START_TEST(a_series_is_what_was_told) {
    char error[ORR_READER_ERROR_LEN] = "", path[300];
    snprintf(path, sizeof path, "%s", feed_path("series.h5"));
    record(path);
    ck_assert_int_eq(read_series(path, "sybils", error), 0);
    ck_assert_str_eq(s.name, "sybils");
    ck_assert_str_eq(s.unit, "peers");
    ck_assert_uint_eq(s.n_nodes, 2);
    ck_assert_uint_eq(s.n, ORR_SERIES_POINTS - 4); /* nobody had measured anything before 5 s */
    for (size_t i = 0; i < s.n; i++) {
        double t = s.v[i].time_s, first = t >= 60 && t < 180 ? 10 : 0,
               second = t >= 60 && t < 120 ? 20 : 0;
        ck_assert_double_eq_tol(t, (double)(i + 5), 1e-9);
        ck_assert_double_eq_tol(s.v[i].mean, (first + second) / 2, 1e-9);
        ck_assert_double_eq_tol(s.v[i].least, fmin(first, second), 1e-9);
        ck_assert_double_eq_tol(s.v[i].most, fmax(first, second), 1e-9);
    }
    double mean;
    ck_assert_double_eq_tol(orr_series_peak(&s, &mean), 60, 1e-9);
    ck_assert_double_eq_tol(mean, 15, 1e-9);
    ck_assert_double_eq_tol(orr_series_falls_to(&s, 0.5), 120, 1e-9);
    ck_assert_double_eq_tol(orr_series_falls_to(&s, 0.01), 180, 1e-9);
    ck_assert_int_eq(read_series(path, "other", error), 0);
    ck_assert_uint_eq(s.n_nodes, 1);
    ck_assert_double_eq_tol(s.v[0].mean, -5, 1e-9);
    ck_assert(isnan(orr_series_falls_to(&s, 0.5))); /* one value: it never falls */
    unlink(path);
}
END_TEST

START_TEST(a_name_that_is_not_there_is_answered_by_those_that_are) {
    char error[ORR_READER_ERROR_LEN] = "", path[300];
    static const char *const names[] = {"", "sybil", "sybilss",
                                        "a name of thirty-three letters, yes"};
    snprintf(path, sizeof path, "%s", feed_path("series.h5"));
    record(path);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(read_series(path, names[i], error), ORR_ENOTFOUND);
        ck_assert_msg(strstr(error, "there is sybils, other"), "%s", error);
    }
    unlink(path);
}
END_TEST

/* By the command, into a folder that is the trace's. */
START_TEST(the_command_draws_it_and_says_when_it_fell) {
    char *program = getenv("ORRERY_BIN"), path[300], command[1200], line[400] = "", said[400] = "";
    if (!program) exit(ORR_TEST_NOT_RUN);
    if (system("gnuplot --version >/dev/null 2>&1")) return;
    snprintf(path, sizeof path, "%s", feed_path("series.h5"));
    record(path);
    snprintf(command, sizeof command, "%s plot %s --metric sybils 2>&1", program, path);
    FILE *from = popen(command, "r");
    ck_assert(fgets(line, sizeof line, from) && fgets(said, sizeof said, from));
    ck_assert_int_eq(pclose(from), 0);
    ck_assert_ptr_nonnull(strstr(line, "-sybils.png"));
    ck_assert_ptr_nonnull(strstr(said, "15 at its greatest (60.0 s), at most half of that from "
                                       "120.0 s on, 1 % from 180.0 s on"));
    static const char *const endings[] = {"png", "gp", "dat"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(command, sizeof command, "%.*s-sybils.%s", (int)strlen(path) - 3, path,
                 endings[i]);
        ck_assert_msg(!unlink(command), "%s", command);
    }
    snprintf(command, sizeof command, "%s plot %s --metric none 2>/dev/null", program, path);
    int how = system(command);
    ck_assert_int_eq(how / 256, 2);
    unlink(path);
}
END_TEST

ORR_TEST_MAIN("series", a_series_is_what_was_told,
              a_name_that_is_not_there_is_answered_by_those_that_are,
              the_command_draws_it_and_says_when_it_fell)
