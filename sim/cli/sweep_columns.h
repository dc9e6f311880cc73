/* sweep_columns.h - which columns of a sweep's index a verb looks at, and which rows belong
 * together. */
#ifndef ORR_SIM_CLI_SWEEP_COLUMNS_H
#define ORR_SIM_CLI_SWEEP_COLUMNS_H

#include <stdbool.h>

#include "analysis/table.h"

enum { ORR_NAMES_MAX = 32 };
struct orr_names {
    const char *v[ORR_NAMES_MAX]; /* lent, or pieces of one text that orr_names_take made */
    size_t n;
};

/* Adds the names of a list "a,b"; false: it is none, which has been said. */
bool orr_names_take(struct orr_names *names, const char *verb, const char *text);
void orr_names_free(struct orr_names *names); /* those of orr_names_take */

/* What is asked for when nothing is: of `by` the keys that vary, of `metrics` the usual numbers; a
 * metric `all` means every number.  False: the table is no index of a sweep; that has been said. */
bool orr_sweep_choose(const struct orr_table *table, const char *verb, const char *file,
                      const struct orr_names *wanted_by, const struct orr_names *wanted_metrics,
                      struct orr_names *by, struct orr_names *metrics);
/* The columns of names, by number; false: one is not there, which has been said. */
bool orr_sweep_columns(const struct orr_table *table, const char *verb, const char *file,
                       const struct orr_names *names, size_t *columns);
/* Do two rows have the same texts in columns by[n]? */
bool orr_sweep_same_group(const struct orr_table *table, size_t a, size_t b, const size_t *by,
                          size_t n);
#endif
