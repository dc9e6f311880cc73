/* Any bytes as a trace, in two ways chosen by the first byte: as the file itself, and as changes to
 * a good trace, which lead deep into HDF5.  The reader must end with rows or with a message that
 * names the file, whatever becomes of its child: HDF5 may crash, so each input has a process of its
 * own, and few a second pass.  What the child may answer is fuzz_trace_answers'. */
#define _GNU_SOURCE /* memfd_create */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis/latency.h"
#include "analysis/reader.h"
#include "tests/fuzz/trace_change.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *good;
static size_t good_len;

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char error[ORR_READER_ERROR_LEN] = "", path[64];
    struct orr_trace_reader *reader = NULL;
    if (size == 0) return 0;
    uint8_t *bytes = malloc(good_len + size);
    size_t len = size - 1;
    if (!bytes) abort();
    if (data[0] % 2) {
        memcpy(bytes, good, good_len);
        len = trace_change(bytes, good_len, data + 1, size - 1);
    } else {
        memcpy(bytes, data + 1, len);
    }
    int fd = memory_file(bytes, len, path, sizeof path);
    free(bytes);
    int status = orr_trace_reader_open(&reader, path, error);
    assert(!status == (reader != NULL));
    assert(!status || !strncmp(error, path, strlen(path)));
    if (reader) read_everything(reader, path, error);
    orr_trace_reader_close(reader);
    close(fd);
    return 0;
}
