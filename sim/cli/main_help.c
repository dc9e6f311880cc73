/* orrery help [VERB | scenario [KEY] | scenario --schema] */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "models/output.h"
#include "sim/base/diag.h"
#include "sim/cli/main.h"
#include "sim/scenario/help.h"

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
#define VERB(verb, text) {#verb, text, orr_main_##verb},
#include "sim/cli/verbs.def"
#undef VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static int usage(FILE *to) {
    fprintf(to, "usage: orrery VERB [ARGUMENT...]\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to, "\n"
                "  orrery help VERB            what a verb takes\n"
                "  orrery help scenario        what a scenario file may say\n"
                "  orrery help scenario KEY    about one key, section or protocol\n"
                "  orrery help scenario --schema, --keys\n"
                "  orrery help WORD            about whatever has that name: faults, crash, "
                "pingpong\n"
                "  orrery help outputs         what a protocol may put out\n"
                "  orrery --version\n\n"
                "Exit codes: 0 as expected, 1 an expectation failed, 2 bad input, 3 the machine "
                "failed.\n");
    return to == stdout ? 0 : 2;
}

/* models/output.def as a list. */
static int help_outputs(void) {
    printf("What a protocol may put out (models/output.h); traces keep it, oracles read it:\n\n");
    for (uint32_t i = 0; i < ORR_N_OUTPUTS; i++) {
        char key[32] = "";
        for (size_t k = 0; orr_output_infos[i].name[k] && k < sizeof key - 1; k++)
            key[k] = (char)toupper((unsigned char)orr_output_infos[i].name[k]);
        printf("  ORR_OUT_%-10s %s\n", key, orr_output_infos[i].help);
    }
    printf("  ORR_OUT_%-10s from here on a protocol's own, any bytes\n\n"
           "`record:` in a scenario chooses what a trace keeps; docs/trace.md has the tables.\n",
           "OWN");
    return 0;
}

static int help_scenario(const char *key) {
    if (key && !strcmp(key, "--schema")) {
        orr_scenario_schema(stdout);
        return 0;
    }
    if (key && !strcmp(key, "--keys")) {
        orr_scenario_print_keys(stdout);
        return 0;
    }
    const char *nearest;
    if (!orr_scenario_help(stdout, key, &nearest)) return 0;
    fprintf(stderr, "orrery help: a scenario has no key '%s'\n", key);
    if (nearest) fprintf(stderr, "did you mean '%s'?\n", nearest);
    return 2;
}

int orr_main_help(int argc, char **argv) {
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    if (!strcmp(argv[1], "scenario")) return help_scenario(argc > 2 ? argv[2] : NULL);
    if (!strcmp(argv[1], "outputs")) return help_outputs();
    const char *names[N_VERBS + 2], *key;
    for (size_t i = 0; i < N_VERBS; i++) {
        char help[] = "--help", *arguments[] = {argv[1], help, NULL};
        if (!strcmp(argv[1], verbs[i].name) && verbs[i].run != orr_main_help)
            return verbs[i].run(2, arguments);
        names[i] = verbs[i].name;
    }
    names[N_VERBS] = "scenario", names[N_VERBS + 1] = "outputs";
    if (!strcmp(argv[1], "help")) return usage(stdout);
    if (!orr_scenario_help(stdout, argv[1], &key)) return 0;
    const char *nearest = orr_diag_nearest(argv[1], strlen(argv[1]), names, N_VERBS + 2);
    if (!nearest) nearest = key;
    fprintf(stderr, "orrery help: nothing is known of '%s'\n", argv[1]);
    if (nearest) fprintf(stderr, "did you mean '%s'?\n", nearest);
    return 2;
}
