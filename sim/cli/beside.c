#include "sim/cli/beside.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

void orr_beside_open(struct orr_beside *file, const char *path) {
    size_t size = strlen(path) + 16;
    *file = (struct orr_beside){.path = path, .beside = orr_xrealloc(NULL, size)};
    snprintf(file->beside, size, "%s.XXXXXX", path);
    int fd = mkstemp(file->beside);
    mode_t mask = umask(077);
    umask(mask);
    if (fd < 0) return;
    fchmod(fd, 0666 & ~mask); /* as any other new file */
    file->to = fdopen(fd, "w");
    if (!file->to) close(fd);
}

int orr_beside_close(struct orr_beside *file, int status, char error[ORR_READER_ERROR_LEN]) {
    bool made = file->to, bad = !file->to || ferror(file->to);
    if (file->to && fclose(file->to)) bad = true;
    if (!status && (bad || rename(file->beside, file->path))) {
        snprintf(error, ORR_READER_ERROR_LEN, "%.300s: it cannot be written", file->path);
        status = ORR_EIO;
    }
    if (status && made) unlink(file->beside);
    free(file->beside);
    return status;
}
