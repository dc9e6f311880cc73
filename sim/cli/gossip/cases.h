/* cases.h - files of cases, as `orrery gossip` reads them: a JSON array of objects, or an object
 * whose `cases` is one. */
#ifndef ORR_SIM_CLI_GOSSIP_CASES_H
#define ORR_SIM_CLI_GOSSIP_CASES_H

#include <jansson.h>

/* The cases of a file (- is standard input), the caller's to json_decref; NULL when what is wrong
 * has been said on standard error, with *code the exit code. */
json_t *orr_cases_load(const char *verb, const char *path, int *code);

/* Says on standard error what is wrong with a case, counted from 0; returns 2. */
int orr_case_fault(const char *path, size_t index, const json_t *one, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The name of a case, or "". */
const char *orr_case_name(const json_t *one);

/* Prints an array, one element a line; 0, or 3 when standard output cannot be written. */
int orr_cases_print(const json_t *array);
#endif
