/* hidden.h - a lab's hidden tests, which instructors have, and the salt of their seeds. */
#ifndef ORR_SIM_CLI_LAB_HIDDEN_H
#define ORR_SIM_CLI_LAB_HIDDEN_H

#include "sim/cli/lab/course.h"

/* Adds a lab's hidden tests: those of the file `path`, or (NULL) those that are installed or lie in
 * the checkout.  0, or an exit code, when it has been said why on standard error, with the verb. */
int orr_lab_add_hidden(struct orr_lab *lab, const char *path, const char *verb);

/* A digest of the file's bytes; they themselves are forgotten at once: what runs foreign code has
 * never had them.  The same. */
int orr_lab_read_salt(const char *path, const char *verb, uint8_t digest[32]);

/* Has the exercise `only` a test whose scenario's file has the name `name`?  NULL: nobody asks.
 * false: it has been said why not. */
bool orr_lab_has_case(const struct orr_lab *lab, const char *only, const char *name,
                      const char *verb);
#endif
