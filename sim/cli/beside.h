/* beside.h - a file that is written beside its place and moved there when it is whole, so that a
 * reader never finds half of one. */
#ifndef ORR_SIM_CLI_BESIDE_H
#define ORR_SIM_CLI_BESIDE_H

#include <stdio.h>

#include "analysis/reader.h"

struct orr_beside {
    const char *path; /* lent */
    char *beside;
    FILE *to;         /* NULL: it cannot be written, which orr_beside_close says */
};

void orr_beside_open(struct orr_beside *file, const char *path);
/* Moves it to its place if status, which is handed on, is 0, else removes it.  ORR_EIO with a
 * message: it cannot be written. */
int orr_beside_close(struct orr_beside *file, int status, char error[ORR_READER_ERROR_LEN]);
#endif
