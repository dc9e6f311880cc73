/* help.h - the table of keys as text to read and as JSON Schema. */
#ifndef ORR_SIM_SCENARIO_HELP_H
#define ORR_SIM_SCENARIO_HELP_H

#include <stdio.h>

/* Prints what `orrery help scenario [KEY]` says: KEY NULL: all sections; a key by its path
 * (`faults.target`, `nodes.val.count`; numbers and group names may be left out) with all that is
 * below it; the name of a protocol, for its settings; or a word, for every key and value of that
 * name (`crash`, `loss`).  ORR_ENOTFOUND when there is none, and *nearest is then a key that may
 * have been meant, or NULL (static text). */
int orr_scenario_help(FILE *to, const char *key, const char **nearest);

/* Prints the path of every key, one a line, NAME and 0 in the place of names and numbers. */
void orr_scenario_print_keys(FILE *to);

/* Prints the JSON Schema (draft 07) of scenarios, which scenarios/scenario.schema.json holds. */
void orr_scenario_schema(FILE *to);
#endif
