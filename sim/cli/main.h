/* main.h - the verbs of the program.  argv[0] is the verb's own name; each returns an exit code:
 * 0 as expected, 1 an expectation failed, 2 bad input, 3 the machine failed. */
#ifndef ORR_SIM_CLI_MAIN_H
#define ORR_SIM_CLI_MAIN_H

/* How the program was called, for lines that repeat a command: argv[0] of main. */
extern const char *orr_called;

#define VERB(verb, text) int orr_main_##verb(int argc, char **argv);
#include "sim/cli/verbs.def"
#undef VERB
#endif
