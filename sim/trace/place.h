/* place.h - where a trace goes: it takes the place of nothing but an older trace.
 *
 * A trace is begun under a name of its own beside its place (PATH.PID-N.part) and moved there once
 * its head is whole.  So two runs may record to one place at once (the last to begin is found
 * there, both are whole), a link at the place is not followed, and who reads or writes an older
 * trace goes on undisturbed. */
#ifndef ORR_SIM_TRACE_PLACE_H
#define ORR_SIM_TRACE_PLACE_H

#include <stddef.h>

enum { ORR_PLACE_MAX = 4096 }; /* bytes of a path and its NUL */

/* Makes the missing folders of a path and gives the name to begin under.  0, or ORR_EINVAL,
 * ORR_ENOSPACE, ORR_EIO with one line that names the path. */
int orr_place_prepare(const char *path, char draft[ORR_PLACE_MAX], char *error, size_t error_len);

/* Moves what was begun to its place.  Errors as above; the draft is then gone. */
int orr_place_take(const char *draft, const char *path, char *error, size_t error_len);

/* Of an errno that a path or a disk led to. */
int orr_place_code(int number);
#endif
