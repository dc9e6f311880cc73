#include "sim/cli/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool orr_scratch_folder(const char *verb, char folder[ORR_SCRATCH_LEN]) {
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, ORR_SCRATCH_LEN, "%.200s/orrery-%.20s-XXXXXX",
             temporary && *temporary ? temporary : "/tmp", verb);
    if (mkdtemp(folder)) return true;
    fprintf(stderr, "orrery %s: cannot make a temporary folder: %s\n", verb, strerror(errno));
    return false;
}
