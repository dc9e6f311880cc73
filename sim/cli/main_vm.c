/* orrery vm VERB...: the Ethereum Virtual Machine by itself. */
#include <stdio.h>
#include <string.h>

#include "sim/cli/main.h"

#define VM_VERB(verb, text) int orr_vm_##verb##_command(int argc, char **argv);
#include "sim/cli/vm/verbs.def"
#undef VM_VERB

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define VM_VERB(verb, text) {#verb, text, orr_vm_##verb##_command},
#include "sim/cli/vm/verbs.def"
#undef VM_VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery vm VERB [ARGUMENT...]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to, "\n  orrery vm VERB --help   what a verb takes\n\n"
                "Exit codes: 0 as expected, 1 an expectation failed, 2 bad input, 3 the machine "
                "failed.\n");
    return to == stdout ? 0 : 2;
}

int orr_main_vm(int argc, char **argv) {
    if (argc < 2) return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-v")) { /* as tools look for an `evm` */
        puts("evm version " ORRERY_VERSION "-orrery");
        return 0;
    }
    for (size_t i = 0; i < N_VERBS; i++)
        if (!strcmp(argv[1], verbs[i].name)) return verbs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "orrery vm: no verb '%s'\n", argv[1]);
    return usage(stderr);
}
