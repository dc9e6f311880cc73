#include "sim/cli/lab/commands.h"

#include "sim/cli/options.h"

int orr_lab_operands(int argc, char **argv, const char *verb, const char *takes, const char *text,
                     const char **operands, uint32_t least, uint32_t most, uint32_t *n) {
    char name[40];
    snprintf(name, sizeof name, "lab %s", verb);
    struct orr_options walk = {.verb = name, .argc = argc, .argv = argv};
    const char *value;
    int help = 0;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_BAD) return 2;
        if (i == ORR_OPTION_HELP) help = 1;
        else if (*n == most) help = 2;
        else operands[(*n)++] = value;
    }
    if (!help && *n >= least) return -1;
    FILE *to = help == 1 ? stdout : stderr;
    fprintf(to, "usage: orrery lab %s%s%s\n\n%s\n", verb, *takes ? " " : "", takes, text);
    return help == 1 ? 0 : 2;
}
