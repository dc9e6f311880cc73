/* ask.c - questions to an index's file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/hex.h"
#include "models/base/number.h"
#include "sim/index/file.h"

/* decimal(x): 256 bits, big-endian as a blob or as 0x text, in decimal digits. */
static void decimal(sqlite3_context *context, int n, sqlite3_value **values) {
    char text[ORR_U256_DECIMAL];
    uint8_t word[32];
    const void *bytes = word;
    (void)n;
    if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
    bool is_good = sqlite3_value_bytes(values[0]) == 32;
    if (is_good) {
        bytes = sqlite3_value_blob(values[0]);
    } else if (sqlite3_value_bytes(values[0]) == 66) {
        const char *hex = (const char *)sqlite3_value_text(values[0]);
        is_good = hex[0] == '0' && hex[1] == 'x' && orr_hex_read(hex + 2, 64, word, 32) == 32;
    }
    if (!is_good) {
        sqlite3_result_error(context, "decimal() takes 32 bytes", -1);
        return;
    }
    orr_u256_write(text, orr_u256_load_be(bytes));
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

int orr_index_db_add_functions(struct orr_index_db *db) {
    return orr_index_db_failed(db, sqlite3_create_function(db->sqlite, "decimal", 1,
                                                           SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                                           decimal, NULL, NULL));
}

static int allow(void *ctx, int action, const char *a, const char *b, const char *c,
                 const char *d) {
    (void)ctx, (void)a, (void)c, (void)d;
    if (action == SQLITE_FUNCTION) /* b: its name */
        return b && !sqlite3_stricmp(b, "load_extension") ? SQLITE_DENY : SQLITE_OK;
    return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE
               ? SQLITE_OK
               : SQLITE_DENY;
}

static int stop(void *ctx) {
    uint64_t *left = ctx;
    return *left == 0 || --*left == 0;
}

static void fill_cells(sqlite3_stmt *statement, struct orr_index_cell *cells, int n) {
    static const enum orr_index_cell_kind kinds[] = {[SQLITE_INTEGER] = ORR_INDEX_CELL_NUMBER,
                                                     [SQLITE_FLOAT] = ORR_INDEX_CELL_REAL,
                                                     [SQLITE_TEXT] = ORR_INDEX_CELL_TEXT,
                                                     [SQLITE_BLOB] = ORR_INDEX_CELL_BLOB,
                                                     [SQLITE_NULL] = ORR_INDEX_CELL_NULL};
    for (int i = 0; i < n; i++) {
        struct orr_index_cell *c = &cells[i];
        *c = (struct orr_index_cell){.kind = kinds[sqlite3_column_type(statement, i)],
                                     .name = sqlite3_column_name(statement, i)};
        if (c->kind == ORR_INDEX_CELL_NUMBER) c->number = sqlite3_column_int64(statement, i);
        if (c->kind == ORR_INDEX_CELL_REAL) c->real = sqlite3_column_double(statement, i);
        if (c->kind == ORR_INDEX_CELL_TEXT) c->bytes = sqlite3_column_text(statement, i);
        if (c->kind == ORR_INDEX_CELL_BLOB) c->bytes = sqlite3_column_blob(statement, i);
        if (c->bytes) c->len = (size_t)sqlite3_column_bytes(statement, i);
    }
}

/* The question's statement; ORR_EINVAL: it is none, or more than one. */
static int prepare_question(struct orr_index_db *db, const struct orr_index_question *q,
                            sqlite3_stmt **statement) {
    const char *rest = "";
    int code = sqlite3_prepare_v2(db->sqlite, q->sql, -1, statement, &rest);
    if (code == SQLITE_AUTH)
        snprintf(db->why, sizeof db->why, "only SELECT is allowed");
    else
        orr_index_db_failed(db, code);
    bool is_one = !code && *statement && !rest[strspn(rest, " \t\r\n;")];
    if (is_one && (!q->is_foreign || sqlite3_stmt_readonly(*statement))) return 0;
    if (!code)
        snprintf(db->why, sizeof db->why, "%s",
                 is_one       ? "only SELECT is allowed"
                 : *statement ? "one statement, not several"
                              : "no statement");
    sqlite3_finalize(*statement);
    return code && q->is_foreign == false ? orr_index_db_failed(db, code) : ORR_EINVAL;
}

static int ask_rows(struct orr_index_db *db, const struct orr_index_question *q,
                    sqlite3_stmt *statement, uint64_t *n_rows) {
    int n = sqlite3_column_count(statement), code;
    struct orr_index_cell *cells = orr_xrealloc(NULL, (n ? (size_t)n : 1) * sizeof *cells);
    for (int i = 0; i < q->n_arguments; i++) sqlite3_bind_int64(statement, i + 1, q->arguments[i]);
    int error = 0;
    *n_rows = 0;
    while (!error && (code = sqlite3_step(statement)) != SQLITE_DONE) { /* ends: with the rows */
        bool is_over = code == SQLITE_ROW && q->max_rows && *n_rows == q->max_rows;
        if (is_over) snprintf(db->why, sizeof db->why, "more rows than the limit");
        if (code == SQLITE_INTERRUPT) snprintf(db->why, sizeof db->why, "more work than the limit");
        if (is_over || code == SQLITE_INTERRUPT)
            error = ORR_ELIMIT;
        else
            error = code == SQLITE_ERROR ? (orr_index_db_failed(db, code), ORR_EINVAL)
                                         : orr_index_db_failed(db, code);
        if (error) break;
        fill_cells(statement, cells, n);
        q->row(q->ctx, cells, n);
        ++*n_rows;
    }
    free(cells);
    return error;
}

int orr_index_db_ask(struct orr_index_db *db, const struct orr_index_question *q,
                     uint64_t *n_rows) {
    enum { STEPS_A_LOOK = 1000 };
    sqlite3_stmt *statement = NULL;
    uint64_t looks = q->max_steps / STEPS_A_LOOK + 1;
    sqlite3_set_authorizer(db->sqlite, q->is_foreign ? allow : NULL, NULL);
    sqlite3_progress_handler(db->sqlite, q->max_steps ? STEPS_A_LOOK : 0, stop, &looks);
    int error = prepare_question(db, q, &statement);
    if (!error) {
        error = ask_rows(db, q, statement, n_rows);
        sqlite3_finalize(statement);
    }
    sqlite3_progress_handler(db->sqlite, 0, NULL, NULL);
    sqlite3_set_authorizer(db->sqlite, NULL, NULL);
    return error;
}
