#define _GNU_SOURCE
#include "sim/cli/vault/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int machine(const struct orr_call *call, const char *path, const char *what) {
    return orr_call_fail(call, 3, "MACHINE", "%s: %s: %s", path, what, strerror(errno));
}

/* expected_bytes: how many there may be, which nothing depends on. */
static int read_all(const struct orr_call *call, const char *path, int fd, size_t expected_bytes,
                    size_t max_bytes, struct orr_secret *out) {
    size_t first = expected_bytes < max_bytes ? expected_bytes : max_bytes;
    struct orr_secret all = orr_secret_new(call->mem, first + 4096);
    size_t len = 0;
    for (;;) {
        if (len + 1 == all.size) {
            size_t size = all.size * 2;
            all.bytes = orr_resize(call->mem, all.bytes, all.size, size);
            all.size = size;
        }
        ssize_t n = read(fd, all.bytes + len, all.size - 1 - len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || len + (size_t)n > max_bytes) {
            int code =
                n < 0 ? machine(call, path, "cannot be read")
                : n   ? orr_call_fail(call, 2, "TOO_LARGE", "%s: above %zu bytes", path, max_bytes)
                      : 0;
            if (code) orr_secret_free(call->mem, &all);
            if (code) return code;
            all.bytes[all.len = len] = 0;
            *out = all;
            return 0;
        }
        len += (size_t)n;
    }
}

int orr_files_read(const struct orr_call *call, const char *path, size_t max_bytes,
                   struct orr_secret *out) {
    struct stat s;
    if (!strcmp(path, "-")) return read_all(call, "standard input", 0, 0, max_bytes, out);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return orr_call_fail(call, 2, "NO_FILE", "%s: %s", path, strerror(errno));
    int code;
    if (fstat(fd, &s))
        code = machine(call, path, "cannot be looked at");
    else if (!S_ISREG(s.st_mode))
        code = orr_call_fail(call, 2, "NO_FILE", "%s: not a regular file", path);
    else
        code = read_all(call, path, fd, (size_t)s.st_size, max_bytes, out);
    close(fd);
    return code;
}

/* ---- writing ---- */

static int check_folder(const struct orr_call *call, const char *folder, int fd) {
    struct stat s;
    if (fstat(fd, &s)) return machine(call, folder, "cannot be looked at");
    bool sticky = s.st_mode & S_ISVTX; /* /tmp: others may write, but not rename ours */
    if (sticky || !(s.st_mode & (S_IWGRP | S_IWOTH)) || orr_call_option(call, ORR_OPT_LOOSE))
        return 0;
    return orr_call_fail(call, 2, "PERMISSIONS",
                         "%s: others may write to this folder (mode %03o); chmod 700 it, or "
                         "--insecure-permissions",
                         folder, s.st_mode & 0777);
}

int orr_new_file_open(const struct orr_call *call, struct orr_new_file *f, const char *path,
                      bool replace) {
    char folder[4096], random[17];
    uint8_t bits[8];
    struct stat s;
    *f = (struct orr_new_file){.path = path, .fd = -1, .folder = -1};
    if (strlen(path) + 32 > sizeof f->temporary)
        return orr_call_fail(call, 2, "NO_FILE", "the name of a file is too long");
    if (!lstat(path, &s)) {
        if (!S_ISREG(s.st_mode))
            return orr_call_fail(call, 2, "NO_FILE", "%s: not a regular file", path);
        if (!replace)
            return orr_call_fail(call, 2, "EXISTS", "%s: exists (--force overwrites)", path);
    }
    snprintf(folder, sizeof folder, "%s", path);
    char *name = dirname(folder);
    f->folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->folder < 0) return orr_call_fail(call, 2, "NO_FILE", "%s: %s", name, strerror(errno));
    int code = check_folder(call, name, f->folder);
    if (code) {
        close(f->folder);
        return code;
    }
    randombytes_buf(bits, sizeof bits);
    sodium_bin2hex(random, sizeof random, bits, sizeof bits);
    snprintf(f->temporary, sizeof f->temporary, "%s.%s.tmp", path, random);
    f->fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f->fd >= 0) return 0;
    code = machine(call, f->temporary, "cannot be made");
    close(f->folder);
    return code;
}

void orr_new_file_drop(struct orr_new_file *f) {
    if (f->fd >= 0) close(f->fd), unlink(f->temporary);
    if (f->folder >= 0) close(f->folder);
    f->fd = f->folder = -1;
}

static int give_up(const struct orr_call *call, struct orr_new_file *f, const char *what) {
    int code = machine(call, f->path, what);
    orr_new_file_drop(f);
    return code;
}

int orr_new_file_write(const struct orr_call *call, struct orr_new_file *f, const void *bytes,
                       size_t len) {
    for (size_t done = 0; done < len;) {
        ssize_t n = write(f->fd, (const uint8_t *)bytes + done, len - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return give_up(call, f, "cannot be written");
        done += (size_t)n;
    }
    return 0;
}

int orr_new_file_commit(const struct orr_call *call, struct orr_new_file *f) {
    if (fsync(f->fd)) return give_up(call, f, "cannot be written to the disk");
    if (rename(f->temporary, f->path)) return give_up(call, f, "cannot be renamed");
    int failed = fsync(f->folder);
    close(f->fd);
    close(f->folder);
    f->fd = f->folder = -1;
    return failed ? machine(call, f->path, "its folder cannot be written to the disk") : 0;
}

int orr_files_write(const struct orr_call *call, const char *path, bool replace, const void *bytes,
                    size_t len) {
    struct orr_new_file f;
    int code = orr_new_file_open(call, &f, path, replace);
    if (!code) code = orr_new_file_write(call, &f, bytes, len);
    if (!code) code = orr_new_file_commit(call, &f);
    return code;
}
