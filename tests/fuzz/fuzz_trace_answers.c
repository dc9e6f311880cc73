/* Any bytes as what the process answers that reads a trace for the parent (analysis/reader.c): the
 * parent must end with rows or with a message that names the file.  What HDF5 makes of any file is
 * fuzz_trace's, a process for each; here all is in this one. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "analysis/reader.h"
#include "analysis/reader_child.h"
#include "sim/trace/schema.h"
#include "tests/fuzz/trace_change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_BYTES = 1 << 16 }; /* a socket takes as much at once */

/* What an honest child of an empty trace would say, and then the input as rows or anything. */
static size_t make_answers(uint8_t *bytes, const uint8_t *data, size_t size) {
    struct orr_reader_hello hello = {.version = ORR_TRACE_VERSION};
    struct orr_reader_answer answer = {.len = sizeof hello};
    for (unsigned i = 0; i < ORR_N_GROUPS && i < size; i++) hello.rows[i] = data[i] % 4;
    memcpy(bytes, &answer, sizeof answer);
    memcpy(bytes + sizeof answer, &hello, sizeof hello);
    memcpy(bytes + sizeof answer + sizeof hello, data, size);
    size_t len = sizeof answer + sizeof hello + size;
    return size % 2 ? trace_change(bytes, len, data, size) : len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char path[] = "/nowhere/liar";
    static uint8_t bytes[sizeof(struct orr_reader_answer) + sizeof(struct orr_reader_hello) +
                         SIZE_MAX_BYTES];
    char error[ORR_READER_ERROR_LEN] = "";
    struct orr_trace_reader *reader = NULL;
    int ends[2];
    if (size > SIZE_MAX_BYTES || socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return 0;
    size_t len = make_answers(bytes, data, size);
    if (send(ends[1], bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)len) abort();
    shutdown(ends[1], SHUT_WR);
    int status = orr_reader_hear(&reader, path, ends[0], error);
    assert(!status == (reader != NULL));
    assert(!status || !strncmp(error, path, strlen(path)));
    if (reader) read_everything(reader, path, error);
    orr_trace_reader_close(reader);
    close(ends[1]);
    return 0;
}
