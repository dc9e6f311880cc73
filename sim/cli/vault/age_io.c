#define _GNU_SOURCE /* memmem */
#include "sim/cli/vault/age_io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUFFER = 4 * (ORR_AGE_CHUNK + ORR_AGE_TAG),
    RAW = 16 << 10,
    INTRO = 64,
    PENDING = 256 << 10,
};

/* ---- input ---- */

/* For what RAW bytes of a file give, and as much more as there is. */
static void make_room(const struct orr_call *call, struct orr_age_input *in) {
    const size_t wanted = RAW + 64;
    if (in->size - in->start - in->len >= wanted) return;
    memmove(in->buffer, in->buffer + in->start, in->len);
    in->start = 0;
    if (in->size - in->len >= wanted) return;
    in->buffer = orr_resize(call->mem, in->buffer, in->size, 2 * in->size);
    in->size *= 2;
}

/* Appends what one read gives, taken out of its armor. */
static int read_more(const struct orr_call *call, struct orr_age_input *in) {
    uint8_t raw[RAW];
    struct orr_why why = {""};
    make_room(call, in);
    uint8_t *end = in->buffer + in->start + in->len, *to = in->armored ? raw : end;
    size_t room = in->armored ? sizeof raw : in->size - in->start - in->len - 1;
    ssize_t n;
    do n = read(in->fd, to, room);
    while (n < 0 && errno == EINTR);
    if (n < 0) return orr_call_fail(call, 3, "MACHINE", "%s: %s", in->name, strerror(errno));
    in->at_end = n == 0;
    if (!in->armored) {
        in->len += (size_t)n;
        return 0;
    }
    size_t got = 0;
    enum orr_vault_fault fault =
        n ? orr_armor_read(&in->armor, raw, (size_t)n, end, &got, &why)
          : orr_armor_done(&in->armor, &why);
    in->len += got;
    return fault ? orr_call_refuse(call, in->name, fault, &why) : 0;
}

int orr_age_input_fill(const struct orr_call *call, struct orr_age_input *in, size_t wanted) {
    while (in->len < wanted && !in->at_end) {
        int code = read_more(call, in);
        if (code) return code;
    }
    return 0;
}

int orr_age_input_open(const struct orr_call *call, const char *path, struct orr_age_input *in) {
    struct stat s;
    bool is_stdin = !strcmp(path, "-");
    *in = (struct orr_age_input){.name = is_stdin ? "standard input" : path, .fd = 0};
    if (!is_stdin) in->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (in->fd < 0) return orr_call_fail(call, 2, "NO_FILE", "%s: %s", path, strerror(errno));
    if (!is_stdin && (fstat(in->fd, &s) || !S_ISREG(s.st_mode))) {
        close(in->fd);
        return orr_call_fail(call, 2, "NO_FILE", "%s: not a regular file", path);
    }
    in->size = BUFFER;
    in->buffer = orr_alloc(call->mem, in->size);
    return 0;
}

void orr_age_input_close(const struct orr_call *call, struct orr_age_input *in) {
    if (in->fd > 0) close(in->fd);
    orr_free(call->mem, in->buffer, in->size);
    *in = (struct orr_age_input){.fd = -1};
}

/* Armor begins with a dash, perhaps behind white space; what has been read is read again as such.
 */
static int look_for_armor(const struct orr_call *call, struct orr_age_input *in) {
    struct orr_why why = {""};
    int code = orr_age_input_fill(call, in, INTRO);
    if (code) return code;
    size_t i = 0, got = 0;
    while (i < in->len && in->buffer[i] && strchr(" \t\r\n", in->buffer[i])) i++;
    bool begins = i < in->len && in->buffer[i] == '-';
    bool holds = in->len >= 11 && !memcmp(in->buffer, "age-encrypt", 11)
                     ? false
                     : memmem(in->buffer, in->len, "-----BEGIN AGE", 14) != NULL;
    if (!begins && !holds) return 0;
    uint8_t *fresh = orr_alloc(call->mem, in->size + 64);
    in->armored = true;
    enum orr_vault_fault fault = orr_armor_read(&in->armor, in->buffer, in->len, fresh, &got, &why);
    if (!fault && in->at_end) fault = orr_armor_done(&in->armor, &why);
    orr_free(call->mem, in->buffer, in->size);
    in->buffer = fresh, in->size += 64, in->len = got;
    return fault ? orr_call_refuse(call, in->name, fault, &why) : 0;
}

int orr_age_input_header(const struct orr_call *call, struct orr_age_input *in,
                         struct orr_age_header *header, size_t *size) {
    struct orr_why why = {""};
    int code = look_for_armor(call, in);
    if (code) return code;
    while (!(*size = orr_age_header_size(in->buffer, in->len)) && !in->at_end &&
           in->len < ORR_AGE_MAX_HEADER) {
        if (in->len >= 4 && memcmp(in->buffer, "age-", 4)) break; /* none, however long it is */
        code = read_more(call, in);
        if (code) return code;
    }
    if (!*size) *size = in->len;
    enum orr_vault_fault fault = orr_age_header_read(call->mem, in->buffer, *size, header, &why);
    return fault ? orr_call_refuse(call, in->name, fault, &why) : 0;
}

/* ---- output ---- */

int orr_age_output_open(const struct orr_call *call, bool armored, struct orr_age_output *out) {
    const char *path = orr_call_option(call, ORR_OPT_OUT);
    *out = (struct orr_age_output){.to_file = path && strcmp(path, "-"), .armored = armored};
    if (!out->to_file) return 0;
    int code =
        orr_new_file_open(call, &out->file, path, orr_call_option(call, ORR_OPT_FORCE) != NULL);
    if (code) return code;
    out->pending = orr_secret_new(call->mem, PENDING);
    out->pending.len = 0;
    return 0;
}

static int flush(const struct orr_call *call, struct orr_age_output *out) {
    int code = orr_new_file_write(call, &out->file, out->pending.bytes, out->pending.len);
    out->pending.len = 0;
    return code;
}

static int put(const struct orr_call *call, struct orr_age_output *out, const void *bytes,
               size_t len) {
    const uint8_t *p = bytes;
    if (!out->to_file && fwrite(bytes, 1, len, stdout) != len)
        return orr_call_fail(call, 3, "MACHINE", "standard output: %s", strerror(errno));
    if (!out->to_file) return 0;
    for (;;) {
        struct orr_secret *to = &out->pending;
        size_t n = PENDING - to->len < len ? PENDING - to->len : len;
        memcpy(to->bytes + to->len, p, n);
        to->len += n, p += n, len -= n;
        if (!len) return 0;
        int code = flush(call, out);
        if (code) return code;
    }
}

static int put_line(const struct orr_call *call, struct orr_age_output *out) {
    char line[ORR_ARMOR_LINE];
    size_t n = orr_armor_line(out->held, out->n_held, line);
    out->n_held = 0;
    return put(call, out, line, n);
}

int orr_age_output_write(const struct orr_call *call, struct orr_age_output *out, const void *bytes,
                         size_t len) {
    const uint8_t *p = bytes;
    int code = 0;
    if (!out->armored) {
        out->n_bytes += len;
        return put(call, out, bytes, len);
    }
    if (!out->n_bytes && len) code = put(call, out, ORR_ARMOR_BEGIN "\n", sizeof ORR_ARMOR_BEGIN);
    out->n_bytes += len;
    while (len && !code) {
        size_t n = ORR_ARMOR_BYTES - out->n_held < len ? ORR_ARMOR_BYTES - out->n_held : len;
        memcpy(out->held + out->n_held, p, n);
        out->n_held += n, p += n, len -= n;
        if (out->n_held == ORR_ARMOR_BYTES) code = put_line(call, out);
    }
    return code;
}

int orr_age_output_close(const struct orr_call *call, struct orr_age_output *out) {
    int code = 0;
    if (out->armored && out->n_held) code = put_line(call, out);
    if (!code && out->armored) code = put(call, out, ORR_ARMOR_END "\n", sizeof ORR_ARMOR_END);
    if (!code && out->to_file) code = flush(call, out);
    if (!code && out->to_file) code = orr_new_file_commit(call, &out->file);
    if (!code) orr_secret_free(call->mem, &out->pending);
    if (!code && !out->to_file && fflush(stdout))
        code = orr_call_fail(call, 3, "MACHINE", "standard output: %s", strerror(errno));
    return code;
}

void orr_age_output_drop(const struct orr_call *call, struct orr_age_output *out) {
    if (out->to_file) orr_new_file_drop(&out->file);
    orr_secret_free(call->mem, &out->pending);
}
