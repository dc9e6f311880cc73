/* Compiling the contracts' sources gives the bytes that are checked in.  Needs node and the
 * compiler (npm ci in models/vm/contracts); without them it is not run. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NOT_RUN = 77 };

int main(void) {
    const char *source = getenv("ORRERY_SOURCE");
    char folder[4000], compiler[4096], command[8192];
    snprintf(folder, sizeof folder, "%s/models/vm/contracts", source ? source : ".");
    snprintf(compiler, sizeof compiler, "%s/node_modules/solc/package.json", folder);
    if (access(compiler, R_OK)) {
        printf("not run: no %s (npm ci in that folder installs it)\n", compiler);
        return NOT_RUN;
    }
    if (system("node --version > /dev/null 2>&1")) {
        printf("not run: no node\n");
        return NOT_RUN;
    }
    snprintf(command, sizeof command, "node '%s/build.js' --check", folder);
    return system(command) ? EXIT_FAILURE : EXIT_SUCCESS;
}
