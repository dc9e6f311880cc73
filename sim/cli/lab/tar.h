/* tar.h - an archive of a few files in the format that POSIX calls ustar (IEEE Std 1003.1, pax,
 * "ustar Interchange Format"), the same bytes for the same files: no owner, no time. */
#ifndef ORR_SIM_CLI_LAB_TAR_H
#define ORR_SIM_CLI_LAB_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { ORR_TAR_NAME = 100 }; /* bytes of a name, at most */

/* Appends a regular file; false: it cannot be written, or the name is too long. */
bool orr_tar_add(FILE *to, const char *name, const char *text, size_t len);
/* The two empty blocks at the end. */
bool orr_tar_end(FILE *to);
#endif
