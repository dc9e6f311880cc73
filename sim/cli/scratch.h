/* scratch.h - a folder for what a command needs only while it runs. */
#ifndef ORR_SIM_CLI_SCRATCH_H
#define ORR_SIM_CLI_SCRATCH_H

#include <stdbool.h>

enum { ORR_SCRATCH_LEN = 256 };

/* Makes a new folder, in $TMPDIR or /tmp, that is the caller's to remove.  False: it has been said
 * on standard error that there can be none. */
bool orr_scratch_folder(const char *verb, char folder[ORR_SCRATCH_LEN]);
#endif
