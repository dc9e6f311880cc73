/* orrery index query: a SELECT over an index. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/cli/index/file.h"
#include "sim/cli/options.h"

#define VERB "index query"

int orr_index_query_command(int argc, char **argv);

enum { JSON, CSV, ROWS, STEPS };
static const struct orr_option options[] = {
    {"--json", NULL, "an array of objects"},
    {"--csv", NULL, "RFC 4180, with a line of names"},
    {"--rows", "N", "no more rows than this (default 10000; 0: any)"},
    {"--steps", "N", "no more millions of SQLite's steps (default 1000; 0: any)"},
};
enum { N_OPTIONS = sizeof options / sizeof options[0] };

struct request {
    const char *path, *sql;
    bool as_json, as_csv;
    uint64_t rows, steps;
    uint64_t n; /* rows that were shown */
};

static int usage(FILE *to) {
    fprintf(to,
            "usage: orrery index query FILE 'SELECT ...' [OPTION...]\n\n"
            "Views: head, blocks, transactions, logs, transfers, balances, owners, appearances,\n"
            "contracts; hashes, addresses and amounts are 0x text, and decimal(amount) makes\n"
            "digits.  A balance is a row of each block that changed it: the youngest counts.\n"
            "Nothing but SELECT is allowed.\n\n");
    orr_options_print(options, N_OPTIONS, to);
    fprintf(to,
            "\nExit codes: 0 answered, 2 no index or no such question, 3 it cannot be read, or a\n"
            "limit was passed: the rows before it have been shown.\n");
    return to == stdout ? 0 : 2;
}

/* ---- rows ---- */

/* A cell as text; the caller's to free(). */
static char *text_of(const struct orr_index_cell *c) {
    char *text = orr_xrealloc(NULL, 2 * c->len + 64);
    switch (c->kind) {
    case ORR_INDEX_CELL_NUMBER: sprintf(text, "%lld", (long long)c->number); break;
    case ORR_INDEX_CELL_REAL: snprintf(text, 64, "%.17g", c->real); break;
    case ORR_INDEX_CELL_NULL: text[0] = 0; break;
    case ORR_INDEX_CELL_BLOB:
        memcpy(text, "0x", 2);
        orr_hex_encode(text + 2, c->bytes, c->len);
        break;
    default: memcpy(text, c->bytes, c->len + 1);
    }
    return text;
}

static void csv_field(const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_field(const struct request *r, const char *text, bool is_first) {
    if (!is_first) putchar(r->as_csv ? ',' : '\t');
    if (r->as_csv)
        csv_field(text);
    else
        orr_text_print(text, strlen(text), stdout);
}

static json_t *json_of(const struct orr_index_cell *c) {
    if (c->kind == ORR_INDEX_CELL_NULL) return json_null();
    if (c->kind == ORR_INDEX_CELL_NUMBER) return json_integer(c->number);
    if (c->kind == ORR_INDEX_CELL_REAL) return json_real(c->real);
    char *text = text_of(c);
    json_t *json = json_string(text); /* NULL: no UTF-8 */
    if (!json) {
        struct orr_index_cell blob = *c;
        blob.kind = ORR_INDEX_CELL_BLOB;
        free(text);
        text = text_of(&blob);
        json = json_string(text);
    }
    free(text);
    return json;
}

static void print_json(struct request *r, const struct orr_index_cell *cells, int n) {
    json_t *row = json_object();
    for (int i = 0; i < n; i++) json_object_set_new(row, cells[i].name, json_of(&cells[i]));
    char *text = json_dumps(row, JSON_COMPACT);
    printf("%s%s", r->n++ ? ",\n " : "[", text ? text : "null");
    free(text);
    json_decref(row);
}

static void print_row(void *ctx, const struct orr_index_cell *cells, int n) {
    struct request *r = ctx;
    if (r->as_json) {
        print_json(r, cells, n);
        return;
    }
    for (int i = 0; i < n && !r->n; i++) print_field(r, cells[i].name, !i);
    if (!r->n++) fputs(r->as_csv ? "\r\n" : "\n", stdout);
    for (int i = 0; i < n; i++) {
        char *text = text_of(&cells[i]);
        print_field(r, text, !i);
        free(text);
    }
    fputs(r->as_csv ? "\r\n" : "\n", stdout);
}

static int run(struct request *r) {
    struct orr_index_db *db;
    uint64_t n_rows;
    int code = orr_index_open_read(VERB, r->path, &db);
    if (code) return code;
    struct orr_index_question q = {.sql = r->sql,
                                   .is_foreign = true,
                                   .max_rows = r->rows,
                                   .max_steps = r->steps * 1000000,
                                   .row = print_row,
                                   .ctx = r};
    int error = orr_index_db_ask(db, &q, &n_rows);
    if (r->as_json && (r->n || !error)) printf(r->n ? "]\n" : "[]\n");
    fflush(stdout);
    if (error) code = orr_index_file_failed(VERB, r->path, error, orr_index_db_why(db));
    orr_index_db_close(db);
    return error == ORR_ELIMIT ? 3 : code;
}

int orr_index_query_command(int argc, char **argv) {
    struct request r = {.rows = 10000, .steps = 1000};
    struct orr_options o = {
        .verb = VERB, .list = options, .n = N_OPTIONS, .argc = argc, .argv = argv};
    const char *value;
    for (;;) { /* ends: with the arguments */
        switch (orr_options_next(&o, &value)) {
        case ORR_OPTION_OPERAND:
            if (r.sql) return usage(stderr);
            *(r.path ? &r.sql : &r.path) = value;
            break;
        case JSON: r.as_json = true; break;
        case CSV: r.as_csv = true; break;
        case ROWS:
            if (!orr_options_number(&o, "--rows", value, &r.rows)) return 2;
            break;
        case STEPS:
            if (!orr_options_number(&o, "--steps", value, &r.steps)) return 2;
            break;
        case ORR_OPTION_HELP: return usage(stdout);
        case ORR_OPTION_BAD: return 2;
        default:
            if (!r.sql || (r.as_json && r.as_csv) || r.steps > 1u << 30) return usage(stderr);
            return run(&r);
        }
    }
}
