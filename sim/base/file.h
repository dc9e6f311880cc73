/* file.h - reading a whole file that somebody names. */
#ifndef ORR_SIM_BASE_FILE_H
#define ORR_SIM_BASE_FILE_H

#include <stddef.h>

/* Reads a regular file of at most max_bytes: its size is looked at before it is read.  A device, a
 * pipe or a socket is refused without waiting for it.  0: *text is the caller's to free, *len bytes
 * and a NUL behind them.  ORR_EIO, ORR_ELIMIT, or ORR_ENOMEM when it is the machine that fails (no
 * descriptor left, a bad disk): *why says it in a few words (static, or strerror's). */
int orr_file_read(const char *path, size_t max_bytes, char **text, size_t *len, const char **why);
#endif
