/* options.h - the options of a verb, one table each: what is read, what --help says, and which one
 * was meant come from it.
 *
 * An option's value is the next word or stands behind an `=`; `--` ends the options; `-` alone is
 * an operand. */
#ifndef ORR_SIM_CLI_OPTIONS_H
#define ORR_SIM_CLI_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

struct orr_option {
    const char *name;  /* with its dashes                                       */
    const char *value; /* what it takes, in capitals, as help shows it; NULL: nothing */
    const char *help;  /* lines separated by \n                                 */
};

/* A walk over the arguments of a verb: set verb, list, n, argc, argv. */
struct orr_options {
    const char *verb; /* for messages */
    const struct orr_option *list;
    uint32_t n;
    int argc, at; /* at: the last argument that was looked at */
    char **argv;  /* argv[0] is the verb; ends with NULL */
    int ended;    /* `--` has been seen */
};

enum { ORR_OPTION_OPERAND = -1, ORR_OPTION_END = -2, ORR_OPTION_BAD = -3, ORR_OPTION_HELP = -4 };

/* The index of the next option in the list, with *value if it takes one; or OPERAND with *value; or
 * END; or HELP (--help, -h); or BAD, when what is wrong has been said on standard error. */
int orr_options_next(struct orr_options *o, const char **value);

/* The table in two columns. */
void orr_options_print(const struct orr_option *list, uint32_t n, FILE *to);

/* The value of an option that wants a whole number from 0 to INT64_MAX; false when it has been said
 * to be none. */
int orr_options_number(const struct orr_options *o, const char *option, const char *text,
                       uint64_t *value);
#endif
