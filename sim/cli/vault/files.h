/* files.h - reading what may be secret, and writing so that a crash leaves the old or the new. */
#ifndef ORR_SIM_CLI_VAULT_FILES_H
#define ORR_SIM_CLI_VAULT_FILES_H

#include "sim/cli/vault/call.h"

enum { ORR_FILES_MAX = 64 << 20 };

/* A whole regular file, or standard input for "-", with a NUL behind its end; orr_secret_free it.
 * Returns an exit code, told. */
int orr_files_read(const struct orr_call *call, const char *path, size_t max_bytes,
                   struct orr_secret *out);

/* A file that appears under its name when it is whole: written beside it with mode 0600, fsync,
 * then rename, then fsync of the folder. */
struct orr_new_file {
    const char *path;
    char temporary[4096];
    int fd, folder;
};
/* Opens one.  Refuses a name that exists unless `replace`, what is no regular file, and a folder
 * that others may write to (--insecure-permissions).  Returns an exit code, told. */
int orr_new_file_open(const struct orr_call *call, struct orr_new_file *f, const char *path,
                      bool replace);
/* Each returns an exit code, told; after a failure the file is gone. */
int orr_new_file_write(const struct orr_call *call, struct orr_new_file *f, const void *bytes,
                       size_t len);
int orr_new_file_commit(const struct orr_call *call, struct orr_new_file *f);
void orr_new_file_drop(struct orr_new_file *f);

/* The three in one. */
int orr_files_write(const struct orr_call *call, const char *path, bool replace, const void *bytes,
                    size_t len);
#endif
