/* compile.h - a C file made a shared object by the machine's compiler, and kept. */
#ifndef ORR_SIM_BASE_COMPILE_H
#define ORR_SIM_BASE_COMPILE_H

#include "sim/base/diag.h"

struct orr_compiled {
    char *object;    /* its path; the caller's, free() */
    char digest[65]; /* of the file and of all headers that it includes by "...", in hex */
};

/* Compiles an absolute path, unless that has been done with the same content before.  0, ORR_EIO
 * (the file cannot be read; not told) or ORR_EFORMAT, told in diags at `where` with the compiler's
 * own text.  A compilation that succeeded with warnings adds a warning with them, each time. */
int orr_compile(const char *path, struct orr_span where, struct orr_diags *diags,
                struct orr_compiled *made);

/* A whole file and a NUL behind it, free(); NULL: it cannot be read, or is larger than 64 MiB. */
char *orr_read_file(const char *path, size_t *size);
#endif
