#include "sim/cli/sheet.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"

void orr_sheet_column(struct orr_sheet *s, const char *head, bool is_text) {
    assert(s->n_columns < ORR_SHEET_COLUMNS && !s->n_cells);
    s->head[s->n_columns] = head;
    s->is_text[s->n_columns++] = is_text;
}

void orr_sheet_text(struct orr_sheet *s, const char *text) {
    if (s->n_cells == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 256;
        s->cells = orr_xrealloc(s->cells, s->cap * sizeof *s->cells);
    }
    size_t size = strlen(text) + 1;
    s->cells[s->n_cells] = orr_xrealloc(NULL, size);
    memcpy(s->cells[s->n_cells++], text, size);
}

void orr_sheet_number(struct orr_sheet *s, double value) {
    char text[40] = "";
    if (isfinite(value)) snprintf(text, sizeof text, "%.17g", value);
    orr_sheet_text(s, text);
}

void orr_sheet_count(struct orr_sheet *s, unsigned long long n) {
    char text[24];
    snprintf(text, sizeof text, "%llu", n);
    orr_sheet_text(s, text);
}

void orr_sheet_fini(struct orr_sheet *s) {
    for (size_t i = 0; i < s->n_cells; i++) free(s->cells[i]);
    free(s->cells);
    s->cells = NULL;
    s->n_cells = s->cap = 0;
}

/* ---- forms ---- */

/* A cell as people read it. */
static const char *shown(const struct orr_sheet *s, size_t cell, char to[1024]) {
    const char *text = s->cells[cell];
    if (s->is_text[cell % s->n_columns] || !*text) return orr_text_show(to, 1024, text);
    if (!text[strspn(text, "0123456789")]) return text;
    snprintf(to, 1024, "%.6g", strtod(text, NULL));
    return to;
}

static void print_text(const struct orr_sheet *s, FILE *to) {
    int width[ORR_SHEET_COLUMNS];
    char text[1024];
    for (size_t c = 0; c < s->n_columns; c++) width[c] = (int)strlen(s->head[c]);
    for (size_t i = 0; i < s->n_cells; i++) {
        int w = (int)strlen(shown(s, i, text));
        if (w > width[i % s->n_columns]) width[i % s->n_columns] = w;
    }
    for (size_t i = 0; i < s->n_columns + s->n_cells; i++) {
        size_t c = i % s->n_columns;
        const char *cell = i < s->n_columns ? s->head[c] : shown(s, i - s->n_columns, text);
        bool ends = c + 1 == s->n_columns;
        if (!s->is_text[c]) fprintf(to, "%*s", width[c], cell);
        else fprintf(to, "%-*s", ends ? 0 : width[c], cell);
        fputs(ends ? "\n" : "  ", to);
    }
    if (s->note) fprintf(to, "%s\n", s->note);
}

static void print_json(const struct orr_sheet *s, FILE *to) {
    json_t *object = json_object(), *rows = json_array(), *row = NULL;
    for (size_t i = 0; i < s->n_cells; i++) {
        size_t c = i % s->n_columns;
        if (!c) row = json_object();
        const char *text = s->cells[i];
        json_t *value = s->is_text[c] ? json_string(text)
                        : !*text      ? json_null()
                        : text[strspn(text, "0123456789")]
                            ? json_real(strtod(text, NULL))
                            : json_integer((json_int_t)strtoull(text, NULL, 10));
        json_object_set_new(row, s->head[c], value);
        if (c + 1 == s->n_columns) json_array_append_new(rows, row);
    }
    json_object_set_new(object, "rows", rows);
    if (s->note) json_object_set_new(object, "method", json_string(s->note));
    json_dumpf(object, to, JSON_COMPACT | JSON_ENSURE_ASCII);
    fputc('\n', to);
    json_decref(object);
}

static void print_csv_cell(const char *text, FILE *to) {
    bool quoted = text[strcspn(text, ",\"\r\n")];
    if (quoted) fputc('"', to);
    for (; *text; text++) {
        if (*text == '"') fputc('"', to);
        fputc(*text, to);
    }
    if (quoted) fputc('"', to);
}

static void print_csv(const struct orr_sheet *s, FILE *to) {
    for (size_t i = 0; i < s->n_columns + s->n_cells; i++) {
        size_t c = i % s->n_columns;
        print_csv_cell(i < s->n_columns ? s->head[c] : s->cells[i - s->n_columns], to);
        fputs(c + 1 == s->n_columns ? "\r\n" : ",", to);
    }
}

static void print_latex_cell(const char *text, FILE *to) {
    for (; *text; text++) {
        if (strchr("&%$#_{}", *text)) fprintf(to, "\\%c", *text);
        else if (*text == '\\') fputs("\\textbackslash{}", to);
        else if (*text == '~' || *text == '^') fprintf(to, "\\%c{}", *text);
        else fputc(*text, to);
    }
}

static void print_latex(const struct orr_sheet *s, FILE *to) {
    char text[1024];
    if (s->note) fprintf(to, "%% %s\n", s->note);
    fputs("\\begin{tabular}{", to);
    for (size_t c = 0; c < s->n_columns; c++) fputc(s->is_text[c] ? 'l' : 'r', to);
    fputs("}\n\\toprule\n", to);
    for (size_t i = 0; i < s->n_columns + s->n_cells; i++) {
        size_t c = i % s->n_columns;
        print_latex_cell(i < s->n_columns ? s->head[c] : shown(s, i - s->n_columns, text), to);
        fputs(c + 1 == s->n_columns ? " \\\\\n" : " & ", to);
        if (i + 1 == s->n_columns) fputs("\\midrule\n", to);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", to);
}

void orr_sheet_print(const struct orr_sheet *s, enum orr_sheet_form form, FILE *to) {
    assert(s->n_columns && s->n_cells % s->n_columns == 0);
    switch (form) {
    case ORR_SHEET_TEXT: print_text(s, to); break;
    case ORR_SHEET_JSON: print_json(s, to); break;
    case ORR_SHEET_CSV: print_csv(s, to); break;
    case ORR_SHEET_LATEX: print_latex(s, to); break;
    }
}
