/* orrery lab VERB...: exercises in protocols, checked by the simulator. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/lab/child.h"
#include "sim/cli/lab/commands.h"
#include "sim/cli/main.h"

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define LAB_VERB(verb, text) {#verb, text, orr_lab_##verb##_command},
#include "sim/cli/lab/verbs.def"
#undef LAB_VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery lab VERB [ARGUMENT...]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to, "\n  orrery lab VERB --help   what a verb takes\n\n"
                "Exit codes: 0 done and all passed, 1 a test did not pass, 2 bad input, 3 the "
                "machine failed.\n");
    return to == stdout ? 0 : 2;
}

int orr_main_lab(int argc, char **argv) {
    if (argc < 2) return usage(stderr);
    if (!strcmp(argv[1], ORR_LAB_CHILD) && argc == 2) _exit(orr_lab_child_main());
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    for (size_t i = 0; i < N_VERBS; i++)
        if (!strcmp(argv[1], verbs[i].name)) return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "orrery lab: no verb '%s'\n", argv[1]);
    return usage(stderr);
}
