#include "sim/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

static int refuse(int code, const char **why, const char *text) {
    *why = text;
    return code;
}

/* The machine may have no more of something that it had a moment ago; a path is wrong as it is. */
static int refuse_errno(const char **why) {
    bool is_machine = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO;
    return refuse(is_machine ? ORR_ENOMEM : ORR_EIO, why, strerror(errno));
}

/* Is what was opened to be read?  O_NONBLOCK has kept open() from waiting for a pipe's writer. */
static int look_at(int fd, size_t max_bytes, size_t *size, const char **why) {
    struct stat s;
    if (fstat(fd, &s)) return refuse_errno(why);
    if (S_ISDIR(s.st_mode)) return refuse(ORR_EIO, why, strerror(EISDIR));
    if (!S_ISREG(s.st_mode)) return refuse(ORR_EIO, why, "not a regular file");
    if (s.st_size < 0 || (uintmax_t)s.st_size > max_bytes)
        return refuse(ORR_ELIMIT, why, "too large");
    *size = (size_t)s.st_size;
    return 0;
}

int orr_file_read(const char *path, size_t max_bytes, char **text, size_t *len, const char **why) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) return refuse_errno(why);
    size_t size = 0, done = 0;
    int status = look_at(fd, max_bytes, &size, why);
    char *bytes = status ? NULL : orr_xrealloc(NULL, size + 1);
    while (!status && done < size) { /* each turn reads some, or is the last */
        ssize_t n = read(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) status = refuse_errno(why);
        if (n == 0) size = done; /* it has become shorter */
        if (n > 0) done += (size_t)n;
    }
    close(fd);
    if (status) {
        free(bytes);
        return status;
    }
    bytes[done] = 0;
    *text = bytes;
    *len = done;
    return 0;
}
