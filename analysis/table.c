#include "analysis/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/alloc.h"
#include "models/base/error.h"

static int complain(char *error, int code, const char *path, size_t line, const char *what) {
    if (line) snprintf(error, ORR_TABLE_ERROR, "%.300s:%zu: %s", path, line, what);
    else snprintf(error, ORR_TABLE_ERROR, "%.300s: %s", path, what);
    return code;
}

static int read_text(const char *path, char **text, size_t *len, char *error) {
    FILE *f = fopen(path, "rb");
    struct stat st;
    if (!f || fstat(fileno(f), &st)) {
        int code = complain(error, ORR_EINVAL, path, 0, strerror(errno));
        if (f) fclose(f);
        return code;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > ORR_TABLE_BYTES) {
        fclose(f);
        return complain(error, S_ISREG(st.st_mode) ? ORR_ELIMIT : ORR_EINVAL, path, 0,
                        S_ISREG(st.st_mode) ? "is larger than 256 MiB" : "is no regular file");
    }
    *text = orr_need((size_t)st.st_size + 1, 1);
    *len = fread(*text, 1, (size_t)st.st_size, f);
    (*text)[*len] = '\0';
    fclose(f);
    return 0;
}

/* Where the parser is: cells are unquoted in place, so `to` never passes `at`. */
struct cursor {
    char *at, *end;
    size_t line;
};

/* The next cell; *last: it ends its row.  A text of what is wrong, or NULL. */
static const char *next_cell(struct cursor *c, char **cell, bool *last) {
    char *to = c->at;
    *cell = to;
    bool quoted = c->at < c->end && *c->at == '"';
    if (quoted) c->at++;
    for (;;) { /* ends: each turn takes a byte or leaves */
        if (c->at == c->end) {
            if (quoted) return "a quoted cell does not end";
            break;
        }
        char b = *c->at;
        if (!b) return "a NUL byte";
        if (quoted && b == '"') {
            if (c->at + 1 < c->end && c->at[1] == '"') c->at++;
            else {
                quoted = false;
                c->at++;
                if (c->at < c->end && *c->at != ',' && *c->at != '\r' && *c->at != '\n')
                    return "text behind a quoted cell";
                continue;
            }
        } else if (!quoted && (b == ',' || b == '\n' || b == '\r')) break;
        if (b == '\n') c->line++;
        *to++ = *c->at++;
    }
    char b = c->at < c->end ? *c->at : '\n';
    if (b == '\r' && c->at + 1 < c->end && c->at[1] == '\n') c->at++;
    else if (b == '\r') return "a line that ends with CR alone";
    if (c->at < c->end) c->at++;
    *last = b != ',';
    *to = '\0';
    return NULL;
}

static void add(char ***list, size_t *n, size_t *cap, char *cell) {
    if (*n == *cap) {
        size_t more = *cap ? 2 * *cap : 256;
        char **grown = orr_need(more, sizeof *grown);
        if (*n) memcpy(grown, *list, *n * sizeof *grown);
        free(*list);
        *list = grown;
        *cap = more;
    }
    (*list)[(*n)++] = cell;
}

/* One row into the list; the number of its cells, or what is wrong. */
static const char *next_row(struct cursor *c, char ***list, size_t *n, size_t *cap, size_t *cells) {
    size_t before = *n;
    for (bool last = false; !last;) {
        char *cell;
        const char *wrong = next_cell(c, &cell, &last);
        if (wrong) return wrong;
        if (*n - before == ORR_TABLE_COLUMNS) return "more than 1,024 columns";
        add(list, n, cap, cell);
    }
    *cells = *n - before;
    return NULL;
}

static const char *parse(struct orr_table *t, struct cursor *c) {
    size_t cap = 0, n_cells = 0, n = 0;
    const char *wrong = next_row(c, &t->head, &t->n_columns, &cap, &n);
    cap = 0;
    for (size_t i = 0; i < t->n_columns && !wrong; i++)
        if (orr_table_column(t, t->head[i]) != i) wrong = "two columns have one name";
    while (!wrong && c->at < c->end) { /* ends: each row takes a byte at least */
        c->line++;
        wrong = next_row(c, &t->cells, &n_cells, &cap, &n);
        if (!wrong && n != t->n_columns) wrong = "not as many cells as the head has";
    }
    if (!wrong) t->n_rows = n_cells / t->n_columns;
    return wrong;
}

int orr_table_read(const char *path, struct orr_table *table, char error[ORR_TABLE_ERROR]) {
    *table = (struct orr_table){0};
    struct orr_table t = {0};
    size_t len = 0;
    int code = read_text(path, &t.text, &len, error);
    if (code) return code;
    if (!len) {
        free(t.text);
        return complain(error, ORR_EFORMAT, path, 0, "is empty, so it is no table");
    }
    struct cursor c = {t.text, t.text + len, 1};
    const char *wrong = parse(&t, &c);
    if (wrong) {
        code = complain(error, ORR_EFORMAT, path, c.line, wrong);
        orr_table_fini(&t);
        return code;
    }
    *table = t;
    return 0;
}

void orr_table_fini(struct orr_table *t) {
    free(t->text);
    free(t->head);
    free(t->cells);
    *t = (struct orr_table){0};
}

size_t orr_table_column(const struct orr_table *t, const char *name) {
    for (size_t i = 0; i < t->n_columns; i++)
        if (!strcmp(t->head[i], name)) return i;
    return SIZE_MAX;
}

bool orr_table_number(const struct orr_table *t, size_t row, size_t column, double *value) {
    const char *text = orr_table_cell(t, row, column);
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return false;
    char *end;
    double v = strtod(text, &end);
    if (*end || !isfinite(v)) return false;
    *value = v;
    return true;
}

void orr_table_label(const char *name, char label[ORR_TABLE_LABEL]) {
    static const struct {
        const char *ending, *unit;
    } units[] = {{"_per_s", " (1/s)"}, {"_s", " (s)"}};
    snprintf(label, ORR_TABLE_LABEL - 8, "%s", name);
    for (int i = 0; i < 2; i++) {
        size_t len = strlen(label), end = strlen(units[i].ending);
        if (len <= end || strcmp(label + len - end, units[i].ending)) continue;
        memcpy(label + len - end, units[i].unit, strlen(units[i].unit) + 1);
        break;
    }
    for (char *p = label; *p; p++)
        if (*p == '_') *p = ' ';
}
