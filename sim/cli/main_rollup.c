/* orrery rollup VERB...: the formats and rules of an optimistic rollup, on files. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/main.h"

#define ROLLUP_VERB(verb, name, text) int orr_rollup_##verb##_command(int argc, char **argv);
#include "sim/cli/rollup/verbs.def"
#undef ROLLUP_VERB

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define ROLLUP_VERB(verb, name, text) {name, text, orr_rollup_##verb##_command},
#include "sim/cli/rollup/verbs.def"
#undef ROLLUP_VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery rollup VERB [ARGUMENT...]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-11s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to, "\n  orrery rollup VERB --help   what a verb takes\n\n"
                "Exit codes: 0 done, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

int orr_main_rollup(int argc, char **argv) {
    if (argc < 2) return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    for (size_t i = 0; i < N_VERBS; i++)
        if (!strcmp(argv[1], verbs[i].name)) return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "orrery rollup: no verb '%s'\n", argv[1]);
    return usage(stderr);
}
