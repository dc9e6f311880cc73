#define _GNU_SOURCE /* renameat2 */
#include "sim/trace/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/trace/schema.h"

int orr_place_code(int number) {
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ORR_ENOSPACE;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ENOTDIR:
    case ENOENT:
    case ENAMETOOLONG: return ORR_EINVAL;
    default: return ORR_EIO;
    }
}

static int fail(int code, char *error, size_t error_len, const char *path, const char *what,
                const char *why) {
    if (error) snprintf(error, error_len, "%.200s: %s%s", path, what, why);
    return code;
}

static int make_folders(const char *path, char *error, size_t error_len) {
    char folder[ORR_PLACE_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *p = folder + 1; *p; p++) {
        if (*p != '/') continue;
        *p = '\0';
        if (mkdir(folder, 0777) && errno != EEXIST)
            return fail(orr_place_code(errno), error, error_len, folder,
                        "cannot make the folder: ", strerror(errno));
        *p = '/';
    }
    return 0;
}

/* Does it begin as a trace does?  Its first attribute is the name of the schema, near the start of
 * the file.  HDF5 is not asked, which strange bytes may crash. */
static bool is_trace(const char *path) {
    static const char mark[] = ORR_TRACE_SCHEMA;
    char head[4096] = "";
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, head, sizeof head);
    if (fd >= 0) close(fd);
    return n > 8 && !memcmp(head, "\x89HDF\r\n\x1a\n", 8) &&
           memmem(head, (size_t)n, mark, sizeof mark - 1);
}

/* May what is at the path be replaced? */
static int look_at(const char *path, char *error, size_t error_len) {
    struct stat st;
    if (lstat(path, &st)) return 0;
    if (!S_ISREG(st.st_mode))
        return fail(ORR_EINVAL, error, error_len, path, "is not a file",
                    S_ISLNK(st.st_mode) ? ", but a link to one" : "");
    if (is_trace(path)) return 0;
    return fail(ORR_EINVAL, error, error_len, path,
                "is there already and is no trace, so it is not overwritten", "");
}

int orr_place_prepare(const char *path, char draft[ORR_PLACE_MAX], char *error, size_t error_len) {
    static atomic_uint count;
    if (strlen(path) + 40 > ORR_PLACE_MAX)
        return fail(ORR_EINVAL, error, error_len, path, "the path is too long", "");
    int status = make_folders(path, error, error_len);
    if (!status) status = look_at(path, error, error_len);
    snprintf(draft, ORR_PLACE_MAX, "%s.%ld-%u.part", path, (long)getpid(),
             atomic_fetch_add(&count, 1u));
    return status;
}

int orr_place_take(const char *draft, const char *path, char *error, size_t error_len) {
    if (!renameat2(AT_FDCWD, draft, AT_FDCWD, path, RENAME_NOREPLACE)) return 0;
    int status = look_at(path, error, error_len);
    if (!status && rename(draft, path))
        status = fail(orr_place_code(errno), error, error_len, path, "cannot replace: ",
                      strerror(errno));
    if (status) unlink(draft);
    return status;
}
