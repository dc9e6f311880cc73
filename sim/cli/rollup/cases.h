/* cases.h - what `orrery rollup` reads and prints: JSON objects, one or an array of them. */
#ifndef ORR_SIM_CLI_ROLLUP_CASES_H
#define ORR_SIM_CLI_ROLLUP_CASES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A verb that judges one object after another. */
struct orr_rollup_verb {
    const char *name; /* "rollup check" */
    const char *usage;
    /* Judges one; *line is what is printed (free() it), the result what --json prints.  NULL: it
     * is malformed, and why says where and what. */
    json_t *(*judge)(const json_t *one, char **line, char why[160]);
};

/* Reads the arguments (FILE and --json), judges what is in the file and prints it.  Returns the
 * exit code. */
int orr_rollup_run(const struct orr_rollup_verb *verb, int argc, char **argv);

/* Each reads one member of an object; false, with why filled, if it is absent or malformed.  A
 * fork's time may be null or absent: never. */
bool orr_rollup_u64(const json_t *object, const char *key, uint64_t *out, char why[160]);
bool orr_rollup_fork(const json_t *object, const char *key, uint64_t *out, char why[160]);
bool orr_rollup_fixed(const json_t *object, const char *key, void *to, size_t len, char why[160]);
bool orr_rollup_list(const json_t *object, const char *key, const json_t **out, char why[160]);
bool orr_rollup_object(const json_t *object, const char *key, const json_t **out, char why[160]);

/* "0x" and the digits, as a JSON string. */
json_t *orr_rollup_hex(const void *bytes, size_t len);
#endif
