/* compile.h - a C file made a shared object by the machine's compiler, and kept. */
#ifndef ORR_SIM_BASE_COMPILE_H
#define ORR_SIM_BASE_COMPILE_H

#include "sim/base/diag.h"

struct orr_compiled {
    char *object;    /* its path; the caller's, free() */
    char digest[65]; /* SHA-256 in hex of the file, and behind it of the headers of its own that it
                        includes by "...": those that are not among the program's */
};

/* Compiles an absolute path, unless that has been done with the same content before.  0, ORR_EIO
 * (the file cannot be read; not told) or ORR_EFORMAT, told in diags at `where` with the compiler's
 * own text.  A compilation that succeeded with warnings adds a warning with them, each time. */
int orr_compile(const char *path, struct orr_span where, struct orr_diags *diags,
                struct orr_compiled *made);

/* The folder in which "models/protocol.h" is: beside an installed program, else the checkout.
 * false: there is none. */
bool orr_compile_headers(char *folder, size_t size);

enum { ORR_CODE_MAX_BYTES = 64 << 20 }; /* of a source, a header, a shared object */
#endif
