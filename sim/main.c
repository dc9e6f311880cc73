/* main.c - the one program; each verb is a main_VERB.c that parses its arguments and calls the library. */
#include "sim/main.h"

#include <stdio.h>
#include <string.h>

static const struct orr_verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define VERB(verb, text) {#verb, text, orr_main_##verb},
#include "sim/verbs.def"
#undef VERB
    {NULL, NULL, NULL},
};

static int usage(FILE *to) {
    fprintf(to, "usage: orrery VERB [ARGUMENT...]\n\n");
    for (const struct orr_verb *v = verbs; v->name; v++)
        fprintf(to, "  %-8s %s\n", v->name, v->summary);
    fprintf(to, "\nExit codes: 0 as expected, 1 an expectation failed, 2 bad input, 3 the machine failed.\n");
    return to == stdout ? 0 : 2;
}

int main(int argc, char **argv) {
    if (argc < 2) return usage(stderr);
    for (const struct orr_verb *v = verbs; v->name; v++)
        if (!strcmp(argv[1], v->name)) return v->run(argc - 1, argv + 1);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    fprintf(stderr, "orrery: no verb '%s'\n", argv[1]);
    return usage(stderr);
}
