/* table.h - reading a table of texts and numbers: CSV (RFC 4180) with a head, as sweeps write. */
#ifndef ORR_ANALYSIS_TABLE_H
#define ORR_ANALYSIS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORR_TABLE_ERROR = 512, ORR_TABLE_COLUMNS = 1024, ORR_TABLE_BYTES = 1 << 28 };

/* Every row has n_columns cells. */
struct orr_table {
    char *text;   /* owned; cells lie in it */
    char **head;  /* [n_columns] owned list */
    char **cells; /* [n_rows * n_columns] owned list */
    size_t n_columns, n_rows;
};

/* Errors with one line that names file and line: ORR_EINVAL (it cannot be read), ORR_EFORMAT (no
 * table: rows of different lengths, a quote that does not end, NUL bytes, two columns of one name),
 * ORR_ELIMIT (more than ORR_TABLE_BYTES or ORR_TABLE_COLUMNS). */
int orr_table_read(const char *path, struct orr_table *table, char error[ORR_TABLE_ERROR]);
void orr_table_fini(struct orr_table *table);

/* The column of a name, or SIZE_MAX. */
size_t orr_table_column(const struct orr_table *table, const char *name);
static inline const char *orr_table_cell(const struct orr_table *t, size_t row, size_t column) {
    return t->cells[row * t->n_columns + column];
}
/* A column's name on an axis: "latency_p99_s" is "latency p99 (s)". */
enum { ORR_TABLE_LABEL = 256 };
void orr_table_label(const char *name, char label[ORR_TABLE_LABEL]);
/* A cell as a finite decimal number; false: it is empty or none. */
bool orr_table_number(const struct orr_table *table, size_t row, size_t column, double *value);
#endif
