/* sheet.h - a table of results and the forms in which it is printed. */
#ifndef ORR_SIM_CLI_SHEET_H
#define ORR_SIM_CLI_SHEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { ORR_SHEET_COLUMNS = 64 };

struct orr_sheet {
    const char *head[ORR_SHEET_COLUMNS]; /* lent */
    bool is_text[ORR_SHEET_COLUMNS];     /* else numbers, or empty */
    size_t n_columns;
    char **cells; /* [n_cells] owned, row by row; whole rows when it is printed */
    size_t n_cells, cap;
    const char *note; /* below the table, or NULL; in JSON as "method" */
};

void orr_sheet_column(struct orr_sheet *sheet, const char *head, bool is_text);
void orr_sheet_text(struct orr_sheet *sheet, const char *text);  /* copied */
void orr_sheet_number(struct orr_sheet *sheet, double value);    /* not finite: an empty cell */
void orr_sheet_count(struct orr_sheet *sheet, unsigned long long n);
void orr_sheet_fini(struct orr_sheet *sheet);

/* Columns; an object; RFC 4180; a tabular for the LaTeX package booktabs. */
enum orr_sheet_form { ORR_SHEET_TEXT, ORR_SHEET_JSON, ORR_SHEET_CSV, ORR_SHEET_LATEX };

/* In text and LaTeX numbers have 6 significant digits, in JSON and CSV all of them. */
void orr_sheet_print(const struct orr_sheet *sheet, enum orr_sheet_form form, FILE *to);
#endif
