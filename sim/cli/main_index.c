/* orrery index VERB...: what happened on a chain of Ethereum blocks, for those who ask. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/main.h"

#define INDEX_VERB(verb, text) int orr_index_##verb##_command(int argc, char **argv);
#include "sim/cli/index/verbs.def"
#undef INDEX_VERB

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define INDEX_VERB(verb, text) {#verb, text, orr_index_##verb##_command},
#include "sim/cli/index/verbs.def"
#undef INDEX_VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery index VERB [ARGUMENT...]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to,
            "\n  orrery index VERB --help   what a verb takes\n\n"
            "Exit codes: 0 done, 1 a block breaks a rule, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

int orr_main_index(int argc, char **argv) {
    if (argc < 2) return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    for (size_t i = 0; i < N_VERBS; i++)
        if (!strcmp(argv[1], verbs[i].name)) return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "orrery index: no verb '%s'\n", argv[1]);
    return usage(stderr);
}
