/* Any bytes as a trace, in three ways chosen by the first byte: as the file itself; as changes to a
 * good trace, which lead deep into HDF5; and as what the child process answers.  The reader must
 * end with rows or with a message that names the file, whatever becomes of its child. */
#define _GNU_SOURCE /* memfd_create */
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis/latency.h"
#include "analysis/reader.h"
#include "analysis/reader_child.h"
#include "tests/sim/trace/feed.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *good;
static size_t good_len;
static const uint8_t *answers;
static size_t answers_len;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    char path[64];
    snprintf(path, sizeof path, "/tmp/orrery-fuzz-%d.h5", (int)getpid());
    struct orr_trace_setup setup = feed_setup(path, ORR_KEEP_ALL);
    struct orr_trace *trace;
    if (orr_trace_open(&trace, &setup, NULL, 0)) abort();
    feed_nodes(trace);
    for (uint64_t i = 0; i < 300; i++) {
        feed_tell(trace, feed_event(i));
        feed_submit(trace, (orr_time)i * 1000, 1, i);
        feed_decide(trace, (orr_time)i * 1000, i % FEED_NODES,
                    (struct feed_block){.height = i / 8, .value = 1, .n_txs = 1, .txs = {i}});
    }
    struct orr_trace_result result = {.end = 1};
    if (orr_trace_close(trace, &result, NULL, 0)) abort();
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) abort();
    good_len = (size_t)ftell(file);
    good = malloc(good_len);
    rewind(file);
    if (!good || fread(good, 1, good_len, file) != good_len) abort();
    fclose(file);
    unlink(path);
    return 0;
}

/* A file in memory; the child inherits it, so its path is good there too. */
static int memory_file(const uint8_t *bytes, size_t len, char *path, size_t path_len) {
    int fd = memfd_create("trace", 0);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) abort();
    snprintf(path, path_len, "/proc/self/fd/%d", fd);
    return fd;
}

/* Few inputs a second pass through a process of their own, so each is to count: the bytes name a
 * stream of up to 8 changes, half of them near the beginning, where the structure lies; some cut
 * the end off. Returns the new length. */
static size_t change(uint8_t *bytes, size_t len, const uint8_t *data, size_t size) {
    uint64_t draw = orr_hash64(size, data, size), n = 1 + draw % 8;
    for (uint64_t i = 0; i < n && len; i++) {
        draw = feed_mix(draw + 1);
        size_t within = draw & 1 && len > 8192 ? 8192 : len, at = (draw >> 8) % within;
        if ((draw >> 1) % 16 == 0)
            len = at;
        else if ((draw >> 1) % 16 < 4)
            bytes[at] = (uint8_t)(draw & 2 ? 0xff : 0);
        else
            bytes[at] ^= (uint8_t)(1u << ((draw >> 5) & 7));
    }
    return len;
}

/* What an honest child of an empty trace would say, and then the input as rows or anything. */
static size_t make_answers(uint8_t *bytes, const uint8_t *data, size_t size) {
    struct orr_reader_hello hello = {.version = ORR_TRACE_VERSION};
    struct orr_reader_answer answer = {.len = sizeof hello};
    for (unsigned i = 0; i < ORR_N_GROUPS && i < size; i++) hello.rows[i] = data[i] % 4;
    memcpy(bytes, &answer, sizeof answer);
    memcpy(bytes + sizeof answer, &hello, sizeof hello);
    memcpy(bytes + sizeof answer + sizeof hello, data, size);
    size_t len = sizeof answer + sizeof hello + size;
    return size % 2 ? change(bytes, len, data, size) : len;
}

static void lie(int socket, const char *path) {
    (void)path;
    signal(SIGPIPE, SIG_DFL);
    ssize_t n = write(socket, answers, answers_len);
    _exit(n < 0);
}

static void read_everything(struct orr_trace_reader *reader, const char *path, char *error) {
    int status = 0;
    for (unsigned group = 0; group < ORR_N_GROUPS && !status; group++) {
        void *rows = NULL;
        status = orr_trace_reader_all(reader, group, 4096, &rows, error);
        free(rows);
        if (status == ORR_ELIMIT) status = 0;
    }
    assert(!status || !strncmp(error, path, strlen(path)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char error[ORR_READER_ERROR_LEN] = "", path[64];
    struct orr_trace_reader *reader = NULL;
    int fd = -1, status;
    if (size == 0) return 0;
    if (data[0] % 3 == 2) {
        uint8_t *bytes =
            malloc(sizeof(struct orr_reader_answer) + sizeof(struct orr_reader_hello) + size);
        if (!bytes) abort();
        answers_len = make_answers(bytes, data + 1, size - 1);
        answers = bytes;
        snprintf(path, sizeof path, "/nowhere/liar");
        status = orr_reader_start(&reader, path, lie, error);
        free(bytes);
    } else {
        uint8_t *bytes = malloc(good_len + size);
        size_t len = size - 1;
        if (!bytes) abort();
        if (data[0] % 3 == 0) {
            memcpy(bytes, data + 1, len);
        } else {
            memcpy(bytes, good, good_len);
            len = change(bytes, good_len, data + 1, size - 1);
        }
        fd = memory_file(bytes, len, path, sizeof path);
        free(bytes);
        status = orr_trace_reader_open(&reader, path, error);
    }
    assert(!status == (reader != NULL));
    assert(!status || !strncmp(error, path, strlen(path)));
    if (reader) read_everything(reader, path, error);
    orr_trace_reader_close(reader);
    if (fd >= 0) close(fd);
    return 0;
}
