/* commands.h - the verbs of `orrery lab`, and what they share. */
#ifndef ORR_SIM_CLI_LAB_COMMANDS_H
#define ORR_SIM_CLI_LAB_COMMANDS_H

#include <stdint.h>

/* Each takes its arguments, argv[0] being its name, and returns an exit code. */
#define LAB_VERB(verb, text) int orr_lab_##verb##_command(int argc, char **argv);
#include "sim/cli/lab/verbs.def"
#undef LAB_VERB

/* Reads a verb's operands, of which there are from `least` to `most`, and no options.  -1: go on;
 * else the exit code, after help or a complaint. */
int orr_lab_operands(int argc, char **argv, const char *verb, const char *takes, const char *text,
                     const char **operands, uint32_t least, uint32_t most, uint32_t *n);
#endif
