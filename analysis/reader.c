#include "analysis/reader.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/reader_child.h"
#include "sim/trace/hdf5.h"

/* A batch takes milliseconds; one that takes this long is a loop that HDF5 cannot leave. */
#define PATIENCE_MS 10000

struct orr_trace_reader {
    struct orr_trace_head head;
    pid_t child;
    int socket;
    char path[256]; /* for messages */
};

_Static_assert(ORR_N_GROUPS <= 64, "struct orr_reader_hello has room for all groups");

static int complain(const struct orr_trace_reader *r, int status, char *error, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
static int complain(const struct orr_trace_reader *r, int status, char *error, const char *format,
                    ...) {
    int len = snprintf(error, ORR_READER_ERROR_LEN, "%s: ", r->path);
    va_list args;
    va_start(args, format);
    vsnprintf(error + len, ORR_READER_ERROR_LEN - (size_t)len, format, args);
    va_end(args);
    return status;
}

/* ---- the socket ---- */

static bool send_all(int socket, const void *bytes, size_t len) {
    const char *p = bytes;
    while (len) {
        ssize_t n = send(socket, p, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        p += n, len -= (size_t)n;
    }
    return true;
}

enum receipt { RECEIVED, CLOSED, TOO_LATE };

static enum receipt receive(int socket, void *bytes, size_t len) {
    char *p = bytes;
    while (len) {
        struct pollfd poll_for = {.fd = socket, .events = POLLIN};
        int ready = poll(&poll_for, 1, PATIENCE_MS);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) return TOO_LATE;
        ssize_t n = ready > 0 ? recv(socket, p, len, 0) : -1;
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return CLOSED;
        p += n, len -= (size_t)n;
    }
    return RECEIVED;
}

/* Whoever answers need not be a child of this process (orr_reader_hear). */
static void stop_child(struct orr_trace_reader *r) {
    if (r->child > 0) kill(r->child, SIGKILL); /* it only reads */
}

/* The child is gone or will be: why? */
static int end_child(struct orr_trace_reader *r, enum receipt receipt, char *error) {
    int how = 0;
    if (receipt == TOO_LATE) stop_child(r);
    close(r->socket);
    r->socket = -1;
    while (r->child > 0 && waitpid(r->child, &how, 0) < 0 && errno == EINTR) continue;
    r->child = -1;
    if (receipt == TOO_LATE)
        return complain(r, ORR_ECORRUPT, error, "damaged: HDF5 does not come back from reading it");
    if (WIFSIGNALED(how))
        return complain(r, ORR_ECORRUPT, error,
                        "damaged: HDF5 crashed while reading it (signal %d)", WTERMSIG(how));
    return complain(r, ORR_ECORRUPT, error, "damaged: HDF5 gave up reading it");
}

/* Receives an answer's head; status is 0 when its payload has min_len to max_len bytes. */
static int receive_head(struct orr_trace_reader *r, struct orr_reader_answer *answer,
                        size_t min_len, size_t max_len, char *error) {
    enum receipt receipt = receive(r->socket, answer, sizeof *answer);
    if (receipt != RECEIVED) return end_child(r, receipt, error);
    if (answer->status) {
        char text[ORR_READER_ERROR_LEN / 2] = "";
        size_t len = answer->len < sizeof text ? answer->len : sizeof text - 1;
        receipt = receive(r->socket, text, len);
        if (receipt != RECEIVED) return end_child(r, receipt, error);
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)text[i] < ' ' || text[i] == 127) text[i] = '?';
        int status = answer->status == ORR_EINVAL || answer->status == ORR_EFORMAT ? answer->status
                                                                                   : ORR_ECORRUPT;
        return complain(r, status, error, "%s", text);
    }
    if (answer->len < min_len || answer->len > max_len) {
        stop_child(r);
        return end_child(r, CLOSED, error);
    }
    return 0;
}

/* ---- opening ---- */

static char *receive_text(struct orr_trace_reader *r, size_t len, int *status, char *error) {
    if (*status) return NULL;
    char *text = malloc(len + 1);
    if (!text) {
        *status = complain(r, ORR_ENOMEM, error, "out of memory");
        return NULL;
    }
    text[len] = '\0';
    enum receipt receipt = receive(r->socket, text, len);
    if (receipt != RECEIVED) *status = end_child(r, receipt, error);
    return text;
}

static int receive_hello(struct orr_trace_reader *r, char *error) {
    struct orr_reader_answer answer;
    struct orr_reader_hello hello;
    int status = receive_head(r, &answer, sizeof hello,
                              sizeof hello + ORR_READER_TEXTS * (size_t)ORR_READER_TEXT_MAX, error);
    if (status) return status;
    enum receipt receipt = receive(r->socket, &hello, sizeof hello);
    if (receipt != RECEIVED) return end_child(r, receipt, error);
    uint64_t len = sizeof hello;
    for (int i = 0; i < ORR_READER_TEXTS; i++) len += hello.text_len[i];
    bool sane = len == answer.len;
    for (int i = 0; i < ORR_N_GROUPS; i++) sane = sane && hello.rows[i] <= ORR_READER_ROWS_MAX;
    if (!sane) {
        stop_child(r);
        return end_child(r, CLOSED, error);
    }
    struct orr_trace_head *head = &r->head;
    head->version = hello.version, head->seed = hello.seed, head->shuffle_ties = hello.shuffle_ties;
    snprintf(head->name, sizeof head->name, "%.*s", (int)sizeof hello.name, hello.name);
    snprintf(head->title, sizeof head->title, "%.*s", (int)sizeof hello.title, hello.title);
    snprintf(head->build, sizeof head->build, "%.*s", (int)sizeof hello.build, hello.build);
    memcpy(head->rows, hello.rows, sizeof head->rows);
    head->scenario_len = hello.text_len[0];
    head->scenario = receive_text(r, hello.text_len[0], &status, error);
    head->overrides = receive_text(r, hello.text_len[1], &status, error);
    return status;
}

static struct orr_trace_reader *reader_of(const char *path, char *error) {
    struct orr_trace_reader *r = calloc(1, sizeof *r);
    if (!r) {
        snprintf(error, ORR_READER_ERROR_LEN, "out of memory");
        return NULL;
    }
    snprintf(r->path, sizeof r->path, "%s", path);
    r->socket = -1, r->child = -1;
    return r;
}

int orr_reader_hear(struct orr_trace_reader **reader, const char *path, int socket, char *error) {
    struct orr_trace_reader *r = reader_of(path, error);
    if (!r) return ORR_ENOMEM;
    r->socket = socket;
    int status = receive_hello(r, error);
    if (status) orr_trace_reader_close(r);
    else *reader = r;
    return status;
}

int orr_trace_reader_open(struct orr_trace_reader **reader, const char *path,
                          char error[ORR_READER_ERROR_LEN]) {
    int ends[2], status = orr_hdf5_load(error, ORR_READER_ERROR_LEN); /* once, not in every child */
    if (status) return status;
    struct orr_trace_reader *r = reader_of(path, error);
    if (!r) return ORR_ENOMEM;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
        status = complain(r, ORR_EIO, error, "cannot make a socket: %s", strerror(errno));
        orr_trace_reader_close(r);
        return status;
    }
    fflush(NULL); /* or the child would print it again */
    r->child = fork();
    if (r->child == 0) {
        close(ends[0]);
        orr_reader_child(ends[1], path);
        _exit(1);
    }
    close(ends[1]);
    r->socket = ends[0];
    status = r->child < 0
                 ? complain(r, ORR_EIO, error, "cannot start a process: %s", strerror(errno))
                 : receive_hello(r, error);
    if (status) {
        orr_trace_reader_close(r);
        return status;
    }
    *reader = r;
    return 0;
}

void orr_trace_reader_close(struct orr_trace_reader *r) {
    if (!r) return;
    if (r->socket >= 0) close(r->socket);
    if (r->child > 0) {
        stop_child(r);
        while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR) continue;
    }
    free(r->head.scenario);
    free(r->head.overrides);
    free(r);
}

const struct orr_trace_head *orr_trace_reader_head(const struct orr_trace_reader *r) {
    return &r->head;
}

/* ---- rows ---- */

static int read_rows(struct orr_trace_reader *r, enum orr_trace_group group, uint64_t columns,
                     uint64_t start, uint64_t n, void *rows, char *error) {
    const struct orr_trace_table *table = orr_trace_table_of(group);
    assert(start <= r->head.rows[group] && n <= r->head.rows[group] - start);
    for (uint64_t done = 0; done < n;) {
        uint32_t part = n - done < ORR_READER_BATCH ? (uint32_t)(n - done) : ORR_READER_BATCH;
        struct orr_reader_request request = {.group = group, .n = part, .start = start + done,
                                             .columns = columns};
        struct orr_reader_answer answer;
        size_t len = (size_t)part * table->row_size;
        if (r->socket < 0) return complain(r, ORR_ECORRUPT, error, "damaged");
        if (!send_all(r->socket, &request, sizeof request)) return end_child(r, CLOSED, error);
        int status = receive_head(r, &answer, len, len, error);
        if (status) return status;
        enum receipt receipt = receive(r->socket, (char *)rows + done * table->row_size, len);
        if (receipt != RECEIVED) return end_child(r, receipt, error);
        done += part;
    }
    return 0;
}

int orr_trace_reader_rows(struct orr_trace_reader *r, enum orr_trace_group group, uint64_t start,
                          uint64_t n, void *rows, char error[ORR_READER_ERROR_LEN]) {
    return read_rows(r, group, UINT64_MAX, start, n, rows, error);
}

int orr_trace_reader_columns(struct orr_trace_reader *r, enum orr_trace_group group,
                             const struct orr_reader_columns *columns, uint64_t start, uint64_t n,
                             void *rows, char error[ORR_READER_ERROR_LEN]) {
    const struct orr_trace_table *table = orr_trace_table_of(group);
    uint64_t wanted = 0;
    for (uint32_t i = 0; i < columns->n; i++) {
        uint32_t c = 0;
        while (c < table->n_columns && strcmp(table->columns[c].name, columns->names[i])) c++;
        assert(c < table->n_columns && c < 64);
        wanted |= UINT64_C(1) << c;
    }
    return read_rows(r, group, wanted, start, n, rows, error);
}

int orr_trace_reader_all(struct orr_trace_reader *r, enum orr_trace_group group, uint64_t max_rows,
                         void **rows, char error[ORR_READER_ERROR_LEN]) {
    const struct orr_trace_table *table = orr_trace_table_of(group);
    uint64_t n = r->head.rows[group];
    void *all = NULL;
    if (n > max_rows)
        return complain(r, ORR_ELIMIT, error, "/%s has %llu rows, more than the %llu that fit here",
                        table->name, (unsigned long long)n, (unsigned long long)max_rows);
    if (n) {
        all = malloc(n * table->row_size);
        if (!all) return complain(r, ORR_ENOMEM, error, "/%s: out of memory", table->name);
        int status = orr_trace_reader_rows(r, group, 0, n, all, error);
        if (status) {
            free(all);
            return status;
        }
    }
    *rows = all;
    return 0;
}
