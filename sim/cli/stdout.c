#include "sim/cli/stdout.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int orr_stdout_keep(void) {
    fflush(stdout);
    int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (kept >= 0) dup2(STDERR_FILENO, STDOUT_FILENO);
    return kept;
}

void orr_stdout_give_back(int kept) {
    if (kept < 0) return; /* there was none */
    fflush(stdout); /* to standard error: it was not the program that wrote it */
    dup2(kept, STDOUT_FILENO);
    close(kept);
}
