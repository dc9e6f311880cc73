/* What a trace is worth when its writer is killed, its disk is full, or its bytes are wrong. */
#define _GNU_SOURCE /* unshare */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/test.h"

#include "analysis/reader.h"
#include "tests/sim/trace/feed.h"

static void nap(uint64_t us) {
    nanosleep(&(struct timespec){(time_t)(us / 1000000), (long)(us % 1000000) * 1000}, NULL);
}

/* Tells receipts, and now and then a decision and a submission, until the trace fails; rests of
 * rest_us keep the files of tests that wait small. */
static void feed_for_ever(struct orr_trace *trace, uint64_t rest_us) {
    for (uint64_t i = 0; !orr_trace_status(trace); i++) {
        if (rest_us && i % 500 == 0) nap(rest_us);
        feed_tell(trace, feed_event(i));
        if (i % 100 == 99) feed_submit(trace, (orr_time)i * 1000, 1, feed_mix(i));
        if (i % 1000 == 999)
            feed_decide(trace, (orr_time)i * 1000, i % FEED_NODES,
                        (struct feed_block){.height = i / 1000, .value = (uint8_t)i});
    }
}

/* Every valid row of the three groups is what was told, whatever else is true of the file. */
static uint64_t check_rows(const char *path) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    ck_assert_msg(orr_trace_reader_open(&reader, path, error) == 0, "%s", error);
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    struct orr_row_events *events = malloc(8192 * sizeof *events);
    for (uint64_t at = 0; at < rows[ORR_GROUP_events]; at += 8192) {
        uint64_t n = rows[ORR_GROUP_events] - at < 8192 ? rows[ORR_GROUP_events] - at : 8192;
        ck_assert_msg(orr_trace_reader_rows(reader, ORR_GROUP_events, at, n, events, error) == 0,
                      "%s", error);
        for (uint64_t i = 0; i < n; i++) {
            struct orr_row_events wanted = feed_row(at + i);
            ck_assert_msg(!memcmp(&events[i], &wanted, sizeof wanted), "row %llu of %llu",
                          (unsigned long long)(at + i), (unsigned long long)rows[ORR_GROUP_events]);
        }
    }
    struct orr_row_submissions *submissions = NULL;
    ck_assert_int_eq(
        orr_trace_reader_all(reader, ORR_GROUP_submissions, 1 << 24, (void **)&submissions, error),
        0);
    for (uint64_t i = 0; i < rows[ORR_GROUP_submissions]; i++)
        ck_assert_uint_eq(submissions[i].tx, feed_mix(i * 100 + 99));
    struct orr_row_decisions *decisions = NULL;
    ck_assert_int_eq(
        orr_trace_reader_all(reader, ORR_GROUP_decisions, 1 << 24, (void **)&decisions, error), 0);
    for (uint64_t i = 0; i < rows[ORR_GROUP_decisions]; i++)
        ck_assert_uint_eq(decisions[i].height, i);
    ck_assert_uint_eq(rows[ORR_GROUP_result], 0);
    uint64_t n = rows[ORR_GROUP_events];
    free(decisions), free(submissions), free(events);
    orr_trace_reader_close(reader);
    return n;
}

/* ---- kill -9 ---- */

/* A process that records into path, flushing every few ms; returns when the trace is open. */
static pid_t start_victim(const char *path, uint64_t rest_us) {
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t victim = fork();
    if (victim == 0) {
        struct orr_trace *trace;
        struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
        setup.flush_ns = 4000000;
        if (orr_trace_open(&trace, &setup, NULL, 0)) _exit(1);
        feed_nodes(trace);
        if (write(ready[1], "", 1) != 1) _exit(1);
        feed_for_ever(trace, rest_us);
        _exit(0);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return victim;
}

static const char h5py_check[] =
    "import sys, h5py, numpy as np\n"
    "f = h5py.File(sys.argv[1], 'r', libver='latest', swmr=True)\n"
    "for g in f:\n"
    "    if g == 'run': continue\n"
    "    n = int(f[g]['valid_rows'][0])\n"
    "    for name, column in f[g].items():\n"
    "        if name != 'valid_rows': assert column[:n].shape[0] == n, (g, name)\n"
    "n = int(f['events/valid_rows'][0])\n"
    "assert (f['events/time_ns'][:n] == np.arange(n) * 1000).all()\n"
    "n = int(f['decisions/valid_rows'][0])\n"
    "assert (f['decisions/height'][:n] == np.arange(n)).all()\n";

static bool has_h5py(void) { return system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") == 0; }

static int check_with_h5py(const char *path) {
    pid_t python = fork();
    int how = 0;
    if (python == 0) {
        execl("/usr/bin/python3", "/usr/bin/python3", "-c", h5py_check, path, (char *)NULL);
        _exit(127);
    }
    waitpid(python, &how, 0);
    return how;
}

START_TEST(what_was_flushed_survives_kill_9_at_any_moment) {
    const char *path = feed_path("killed.h5");
    bool h5py = has_h5py();
    uint64_t total = 0, seed = (uint64_t)getpid();
    for (int trial = 0; trial < 10 || total <= 10000; trial++) { /* more where writing is slow */
        ck_assert_int_lt(trial, 1000);
        pid_t victim = start_victim(path, trial % 2 ? 0 : 500);
        uint64_t us = 500 + feed_mix(seed + (uint64_t)trial) % 150000;
        nap(us);
        kill(victim, SIGKILL);
        waitpid(victim, NULL, 0);
        total += check_rows(path);
        if (h5py && trial % 3 == 0)
            ck_assert_msg(check_with_h5py(path) == 0, "after %llu us", (unsigned long long)us);
    }
    if (!h5py) printf("h5py is absent: not read with it\n");
    unlink(path);
}
END_TEST

START_TEST(a_trace_can_be_read_while_it_is_written) {
    const char *path = feed_path("live.h5");
    pid_t victim = start_victim(path, 2000);
    uint64_t last = 0;
    for (int i = 0, grown = 0; grown < 3; i++) {
        ck_assert_int_lt(i, 3000);
        nap(20000);
        uint64_t n = check_rows(path);
        ck_assert_uint_ge(n, last);
        grown += n > last;
        last = n;
    }
    kill(victim, SIGKILL);
    waitpid(victim, NULL, 0);
    unlink(path);
}
END_TEST

/* ---- full disks ---- */

/* Records until the disk is full; 0 when the error is the right one. */
static int fill(const char *path, const char *why) {
    char error[512] = "";
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    setup.flush_ns = 4000000;
    if (orr_trace_open(&trace, &setup, error, sizeof error)) return 1;
    feed_nodes(trace);
    feed_for_ever(trace, 0);
    if (orr_trace_status(trace) != ORR_ENOSPACE) return 2;
    for (uint64_t i = 0; i < 200000; i++) feed_tell(trace, feed_event(i)); /* must not block */
    struct orr_trace_result result = {.end = 1};
    if (orr_trace_close(trace, &result, error, sizeof error) != ORR_ENOSPACE) return 3;
    return strstr(error, path) && strstr(error, why) ? 0 : 4;
}

START_TEST(past_a_file_size_limit_the_error_is_named_and_the_file_readable) {
    const char *path = feed_path("limited.h5");
    for (rlim_t size = 300000; size < 8000000; size = size * 5 / 2) {
        int how = 0;
        pid_t child = fork();
        if (child == 0) {
            struct rlimit limit = {size, size};
            setrlimit(RLIMIT_FSIZE, &limit);
            exit(fill(path,
                      "File too large")); /* exit, not _exit: HDF5's exit handler must not crash */
        }
        waitpid(child, &how, 0);
        ck_assert_msg(how == 0, "child ended with %#x at a limit of %llu", how,
                      (unsigned long long)size);
        check_rows(path);
    }
    unlink(path);
}
END_TEST

START_TEST(a_full_disk_is_named_and_its_file_readable) {
    int how = 0;
    char folder[] = "/tmp/orrery-disk-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/full.h5", folder);
    pid_t child = fork();
    if (child == 0) { /* a small disk in a namespace that dies with the process */
        if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS)) _exit(77);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) _exit(77);
        if (mount("tmpfs", folder, "tmpfs", 0, "size=3m")) _exit(77);
        pid_t writer = fork();
        if (writer == 0) exit(fill(path, "No space left on device"));
        waitpid(writer, &how, 0);
        if (how == 0 && check_rows(path) == 0) exit(5);
        exit(WIFEXITED(how) ? WEXITSTATUS(how) : 6);
    }
    waitpid(child, &how, 0);
    rmdir(folder);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 77)
        printf("no right to mount a small disk: not run\n");
    else
        ck_assert_msg(how == 0, "child ended with %#x", how);
}
END_TEST

START_TEST(a_disk_without_room_for_the_head_is_an_error_at_once) {
    const char *path = feed_path("tiny.h5");
    int how = 0;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {2048, 2048};
        setrlimit(RLIMIT_FSIZE, &limit);
        struct orr_trace *trace;
        struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
        exit(orr_trace_open(&trace, &setup, NULL, 0) == ORR_ENOSPACE ? 0 : 1);
    }
    waitpid(child, &how, 0);
    ck_assert_int_eq(how, 0);
    unlink(path);
}
END_TEST

/* ---- wrong bytes ---- */

static size_t load(const char *path, uint8_t **bytes) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    fseek(file, 0, SEEK_END);
    size_t len = (size_t)ftell(file);
    rewind(file);
    *bytes = malloc(len);
    ck_assert_uint_eq(fread(*bytes, 1, len, file), len);
    fclose(file);
    return len;
}

static void save(const char *path, const uint8_t *bytes, size_t len) {
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* Reads whatever can be read; the error, if any, names the file. */
static int read_all(const char *path, char *error) {
    struct orr_trace_reader *reader = NULL;
    int status = orr_trace_reader_open(&reader, path, error);
    for (unsigned group = 0; !status && group < ORR_N_GROUPS; group++) {
        void *rows = NULL;
        status = orr_trace_reader_all(reader, group, 1 << 20, &rows, error);
        free(rows);
    }
    orr_trace_reader_close(reader);
    ck_assert_msg(!status || !strncmp(error, path, strlen(path)), "%d: %s", status, error);
    return status;
}

static size_t good_trace(const char *path, uint8_t **bytes) {
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, NULL, 0), 0);
    feed_nodes(trace);
    for (uint64_t i = 0; i < 20000; i++) feed_tell(trace, feed_event(i));
    struct orr_trace_result result = {.end = 1};
    ck_assert_int_eq(orr_trace_close(trace, &result, NULL, 0), 0);
    return load(path, bytes);
}

START_TEST(nothing_but_a_trace_is_replaced) {
    char error[ORR_READER_ERROR_LEN], link[300], other[300];
    const char *path = feed_path("there.h5");
    struct orr_trace *trace;
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    static const char *const precious[] = {"", "my thesis", "\x89HDF\r\n\x1a\n my data"};
    for (size_t i = 0; i < sizeof precious / sizeof *precious; i++) {
        save(path, (const uint8_t *)precious[i], strlen(precious[i]));
        ck_assert_int_eq(orr_trace_open(&trace, &setup, error, sizeof error), ORR_EINVAL);
        ck_assert_msg(strstr(error, "is no trace, so it is not overwritten") != NULL, "%s", error);
        uint8_t *left;
        ck_assert_uint_eq(load(path, &left), strlen(precious[i]));
        free(left);
    }
    unlink(path);
    snprintf(other, sizeof other, "%s.txt", path);
    snprintf(link, sizeof link, "%s", path);
    save(other, (const uint8_t *)"mine", 4);
    ck_assert_int_eq(symlink(other, link), 0);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, error, sizeof error), ORR_EINVAL);
    ck_assert_msg(strstr(error, "is not a file, but a link to one") != NULL, "%s", error);
    unlink(link);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(orr_trace_open(&trace, &setup, error, sizeof error), ORR_EINVAL);
    unlink(path), unlink(other);
}
END_TEST

START_TEST(two_writers_at_one_place_both_end_well) {
    const char *path = feed_path("both.h5");
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    struct orr_trace *traces[2];
    struct orr_trace_result result = {.end = 1};
    char error[ORR_READER_ERROR_LEN] = "";
    for (int i = 0; i < 2; i++) ck_assert_int_eq(orr_trace_open(&traces[i], &setup, NULL, 0), 0);
    for (int i = 0; i < 2; i++) {
        feed_nodes(traces[i]);
        for (uint64_t k = 0; k < 20000; k++) feed_tell(traces[i], feed_event(k));
        ck_assert_int_eq(orr_trace_close(traces[i], &result, NULL, 0), 0);
    }
    ck_assert_msg(read_all(path, error) == 0, "%s", error);
    unlink(path);
}
END_TEST

START_TEST(files_that_are_no_traces_are_refused_with_a_reason) {
    static const struct {
        const char *bytes;
        size_t len;
    } files[] = {{"", 0},
                 {"time,node\n1,2\n", 14},
                 {"\x89HDF\r\n\x1a\n", 8},
                 {"\x89HDF\r\n\x1a\n\x03", 4000}};
    uint8_t bytes[4000];
    char error[ORR_READER_ERROR_LEN] = "";
    const char *path = feed_path("wrong.h5");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, files[i].bytes, files[i].len < 16 ? files[i].len : 10);
        save(path, bytes, files[i].len);
        ck_assert_int_lt(read_all(path, error), 0);
    }
    unlink(path);
    ck_assert_int_eq(read_all(path, error), ORR_EINVAL);
    ck_assert_msg(strstr(error, "No such file or directory") != NULL, "%s", error);
    ck_assert_int_eq(read_all("/tmp", error), ORR_EINVAL);
    ck_assert_int_eq(read_all("/dev/zero", error), ORR_EINVAL);
}
END_TEST

START_TEST(a_trace_cut_off_anywhere_is_refused_and_the_place_is_named) {
    uint8_t *bytes;
    char error[ORR_READER_ERROR_LEN] = "";
    const char *path = feed_path("cut-off.h5");
    size_t len = good_trace(path, &bytes);
    ck_assert_int_eq(read_all(path, error), 0);
    for (int i = 0; i < 24; i++) {
        save(path, bytes, len * (size_t)i / 24);
        ck_assert_msg(read_all(path, error) < 0, "%d/24 of the file passed for all of it", i);
    }
    free(bytes);
    unlink(path);
}
END_TEST

START_TEST(flipped_bytes_never_crash_the_reader) {
    uint8_t *bytes;
    char error[ORR_READER_ERROR_LEN] = "";
    const char *path = feed_path("flipped.h5");
    size_t len = good_trace(path, &bytes);
    uint64_t draw = (uint64_t)getpid();
    int n_refused = 0;
    for (int i = 0; i < 60; i++) {
        /* half of them where the head and the groups lie */
        size_t at = (size_t)(feed_mix(++draw) % (i % 2 ? len : 4096));
        uint8_t old = bytes[at];
        bytes[at] ^= (uint8_t)(1 + feed_mix(draw) % 255);
        save(path, bytes, len);
        n_refused += read_all(path, error) < 0;
        bytes[at] = old;
    }
    ck_assert_int_gt(n_refused, 10);
    free(bytes);
    unlink(path);
}
END_TEST

ORR_TEST_MAIN("crash", what_was_flushed_survives_kill_9_at_any_moment,
              a_trace_can_be_read_while_it_is_written,
              past_a_file_size_limit_the_error_is_named_and_the_file_readable,
              a_full_disk_is_named_and_its_file_readable,
              a_disk_without_room_for_the_head_is_an_error_at_once,
              nothing_but_a_trace_is_replaced, two_writers_at_one_place_both_end_well,
              files_that_are_no_traces_are_refused_with_a_reason,
              a_trace_cut_off_anywhere_is_refused_and_the_place_is_named,
              flipped_bytes_never_crash_the_reader)
