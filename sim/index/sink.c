/* sink.c - rows into an index's file and back. */
#include <stdio.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/index/file.h"

static struct orr_index_db *db_of(struct orr_index_sink *sink) {
    return (struct orr_index_db *)sink;
}

/* ---- words ---- */

/* The id of an address or topic; 0: it has none yet. */
static int find_word(struct orr_index_db *db, const uint8_t *bytes, size_t len, int64_t *id) {
    struct orr_index_cached_word *c = &db->words[orr_hash64(len, bytes, len) % ORR_INDEX_N_CACHED];
    *id = c->id;
    if (c->len == len && !memcmp(c->bytes, bytes, len)) return 0;
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_FIND_WORD);
    if (error) return error;
    sqlite3_bind_blob(db->fixed[ORR_INDEX_FIND_WORD], 1, bytes, (int)len, SQLITE_STATIC);
    int found = orr_index_db_step(db, db->fixed[ORR_INDEX_FIND_WORD]);
    *id = found == 1 ? sqlite3_column_int64(db->fixed[ORR_INDEX_FIND_WORD], 0) : 0;
    if (found < 0) return found;
    sqlite3_reset(db->fixed[ORR_INDEX_FIND_WORD]);
    if (*id) {
        *c = (struct orr_index_cached_word){.len = (uint8_t)len, .id = *id};
        memcpy(c->bytes, bytes, len);
    }
    return 0;
}

/* The same, and it has one then. */
static int word(struct orr_index_db *db, const uint8_t *bytes, size_t len, int64_t *id) {
    int error = find_word(db, bytes, len, id);
    if (error || *id) return error;
    error = orr_index_db_prepare_fixed(db, ORR_INDEX_PUT_WORD);
    if (error) return error;
    sqlite3_bind_int64(db->fixed[ORR_INDEX_PUT_WORD], 1, db->last_word + 1);
    sqlite3_bind_blob(db->fixed[ORR_INDEX_PUT_WORD], 2, bytes, (int)len, SQLITE_STATIC);
    error = orr_index_db_step(db, db->fixed[ORR_INDEX_PUT_WORD]);
    if (error) return error;
    *id = ++db->last_word;
    struct orr_index_cached_word *c = &db->words[orr_hash64(len, bytes, len) % ORR_INDEX_N_CACHED];
    *c = (struct orr_index_cached_word){.len = (uint8_t)len, .id = *id};
    memcpy(c->bytes, bytes, len);
    return 0;
}

int orr_index_db_load_last_word(struct orr_index_db *db) {
    int found = orr_index_db_step_fixed(db, ORR_INDEX_MARK_BELOW, INT64_MAX);
    db->last_word = found == 1 ? sqlite3_column_int64(db->fixed[ORR_INDEX_MARK_BELOW], 0) : 0;
    sqlite3_reset(db->fixed[ORR_INDEX_MARK_BELOW]);
    return found < 0 ? found : 0;
}

static void forget_caches(struct orr_index_db *db) {
    memset(db->words, 0, ORR_INDEX_N_CACHED * sizeof *db->words);
    memset(db->values, 0, ORR_INDEX_N_CACHED * sizeof *db->values);
}

/* ---- changes ---- */

static int begin(struct orr_index_sink *sink) {
    struct orr_index_db *db = db_of(sink);
    if (db->has_open) return 0; /* a backfill's */
    int error = orr_index_db_step_fixed(db, ORR_INDEX_BEGIN, 0);
    db->has_open = !error;
    db->n_open_rows = 0;
    return error;
}

int orr_index_db_end_open(struct orr_index_db *db) {
    int error = db->has_open ? orr_index_db_step_fixed(db, ORR_INDEX_COMMIT, 0) : 0;
    if (!error) db->has_open = false;
    return error;
}

static int commit(struct orr_index_sink *sink) {
    struct orr_index_db *db = db_of(sink);
    if (db->options.is_bulk && db->n_open_rows < ORR_INDEX_BULK_ROWS) return 0;
    return orr_index_db_end_open(db);
}

static void abandon(struct orr_index_sink *sink) {
    struct orr_index_db *db = db_of(sink);
    char why[ORR_INDEX_WHY_BYTES];
    memcpy(why, db->why, sizeof why);
    /* SQLite may have rolled back by itself: a full disk. */
    if (db->has_open && !sqlite3_get_autocommit(db->sqlite))
        orr_index_db_step_fixed(db, ORR_INDEX_ROLLBACK, 0);
    db->has_open = false;
    forget_caches(db);
    orr_index_db_load_last_word(db);
    memcpy(db->why, why, sizeof why);
}

static int bind(struct orr_index_db *db, sqlite3_stmt *statement, int at,
                const struct orr_index_value *v, enum orr_index_kind kind, bool makes_words) {
    int64_t id;
    if (v->is_null) return orr_index_db_failed(db, sqlite3_bind_null(statement, at));
    if (kind == ORR_INDEX_NUMBER)
        return orr_index_db_failed(db, sqlite3_bind_int64(statement, at, (int64_t)v->number));
    if (!orr_index_is_word(kind))
        return orr_index_db_failed(db, sqlite3_bind_blob(statement, at,
                                                         v->len ? (const void *)v->bytes : "",
                                                         (int)v->len, SQLITE_STATIC));
    int error =
        makes_words ? word(db, v->bytes, v->len, &id) : find_word(db, v->bytes, v->len, &id);
    if (error) return error;
    if (!id) return ORR_ENOTFOUND;
    return orr_index_db_failed(db, sqlite3_bind_int64(statement, at, id));
}

/* Where the youngest value of a row's key is remembered. */
static struct orr_index_cached_value *cached(struct orr_index_db *db,
                                             const struct orr_index_row *row) {
    db->key.len = 0;
    orr_index_row_write(row, orr_index_schemas[row->table].n_key, &db->key);
    return &db->values[orr_hash64(row->table, db->key.bytes + 8, db->key.len - 8) %
                       ORR_INDEX_N_CACHED];
}
static bool is_cached(const struct orr_index_db *db, const struct orr_index_cached_value *c,
                      const struct orr_index_row *row) {
    return c->len == db->key.len && c->table == row->table &&
           !memcmp(c->key + 8, db->key.bytes + 8, c->len - 8u);
}
static void remember(struct orr_index_db *db, struct orr_index_cached_value *c,
                     const struct orr_index_row *row, const uint8_t *value, size_t len) {
    c->table = row->table;
    c->len = (uint8_t)db->key.len;
    memcpy(c->key, db->key.bytes, db->key.len);
    memcpy(c->value, value, len);
}

static int put(struct orr_index_sink *sink, const struct orr_index_row *row) {
    struct orr_index_db *db = db_of(sink);
    const struct orr_index_schema *s = &orr_index_schemas[row->table];
    char sql[ORR_INDEX_SQL_BYTES];
    assert(row->n == s->n_columns && db->has_open);
    if (!db->puts[row->table]) orr_index_sql_put(row->table, sql);
    int error = orr_index_db_prepare(db, sql, &db->puts[row->table]);
    for (unsigned i = 0; i < row->n && !error; i++)
        error =
            bind(db, db->puts[row->table], (int)i + 1, &row->values[i], s->columns[i].kind, true);
    if (!error) error = orr_index_db_step(db, db->puts[row->table]);
    db->n_open_rows++;
    if (error || (row->table != ORR_INDEX_balances && row->table != ORR_INDEX_owners)) return error;
    const struct orr_index_value *last = &row->values[row->n - 1];
    remember(db, cached(db, row), row, last->bytes, last->len);
    return 0;
}

static int latest(struct orr_index_sink *sink, const struct orr_index_row *key, uint8_t *value) {
    struct orr_index_db *db = db_of(sink);
    const struct orr_index_schema *s = &orr_index_schemas[key->table];
    size_t len = orr_index_kind_bytes(s->columns[s->n_columns - 1].kind);
    struct orr_index_cached_value *c = cached(db, key);
    char sql[ORR_INDEX_SQL_BYTES];
    if (is_cached(db, c, key)) {
        memcpy(value, c->value, len);
        return 0;
    }
    if (!db->latests[key->table]) orr_index_sql_latest(key->table, sql);
    int error = orr_index_db_prepare(db, sql, &db->latests[key->table]);
    sqlite3_stmt *statement = db->latests[key->table];
    for (unsigned i = 1; i < s->n_key && !error; i++)
        error = bind(db, statement, (int)i, &key->values[i], s->columns[i].kind, false);
    int found = error ? error : orr_index_db_step(db, statement);
    if (found <= 0) return found ? found : ORR_ENOTFOUND;
    bool is_good = sqlite3_column_bytes(statement, 0) == (int)len;
    if (is_good) memcpy(value, sqlite3_column_blob(statement, 0), len);
    sqlite3_reset(statement);
    if (!is_good) return ORR_ECORRUPT;
    remember(db, c, key, value, len);
    return 0;
}

static int cut(struct orr_index_sink *sink, uint64_t number) {
    struct orr_index_db *db = db_of(sink);
    int error = 0;
    if (db->options.is_bulk) { /* its rows are found by the wide indexes */
        error = orr_index_db_settle(db);
        if (!error) error = begin(sink);
    }
    for (int i = 0; i < ORR_INDEX_N_TABLES && !error; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "DELETE FROM t_%s WHERE number >= ?1", orr_index_schemas[i].name);
        error = orr_index_db_prepare(db, sql, &db->cuts[i]);
        if (error) break;
        sqlite3_bind_int64(db->cuts[i], 1, (int64_t)number);
        error = orr_index_db_step(db, db->cuts[i]);
    }
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_CUT_MARKS, (int64_t)number);
    if (!error) error = orr_index_db_load_last_word(db);
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_CUT_WORDS, db->last_word);
    forget_caches(db);
    return error;
}

static int set_head(struct orr_index_sink *sink, const struct orr_index_head *head) {
    struct orr_index_db *db = db_of(sink);
    if (!head) return orr_index_db_step_fixed(db, ORR_INDEX_CUT_HEAD, 0);
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_PUT_HEAD);
    if (!error) error = orr_index_db_prepare_fixed(db, ORR_INDEX_PUT_MARK);
    if (error) return error;
    sqlite3_bind_blob(db->fixed[ORR_INDEX_PUT_HEAD], 2, head->hash.bytes, 32, SQLITE_STATIC);
    sqlite3_bind_int64(db->fixed[ORR_INDEX_PUT_HEAD], 3, (int64_t)head->safe);
    sqlite3_bind_int64(db->fixed[ORR_INDEX_PUT_HEAD], 4, (int64_t)head->final);
    error = orr_index_db_step_fixed(db, ORR_INDEX_PUT_HEAD, (int64_t)head->number);
    if (error) return error;
    sqlite3_bind_int64(db->fixed[ORR_INDEX_PUT_MARK], 2, db->last_word);
    return orr_index_db_step_fixed(db, ORR_INDEX_PUT_MARK, (int64_t)head->number);
}

/* ---- reading ---- */

static int get_head(struct orr_index_sink *sink, struct orr_index_head *head) {
    struct orr_index_db *db = db_of(sink);
    int found = orr_index_db_step_fixed(db, ORR_INDEX_HEAD, 0);
    if (found <= 0) return found ? found : ORR_ENOTFOUND;
    bool is_good = sqlite3_column_bytes(db->fixed[ORR_INDEX_HEAD], 1) == 32;
    head->number = (uint64_t)sqlite3_column_int64(db->fixed[ORR_INDEX_HEAD], 0);
    head->safe = (uint64_t)sqlite3_column_int64(db->fixed[ORR_INDEX_HEAD], 2);
    head->final = (uint64_t)sqlite3_column_int64(db->fixed[ORR_INDEX_HEAD], 3);
    if (is_good) memcpy(head->hash.bytes, sqlite3_column_blob(db->fixed[ORR_INDEX_HEAD], 1), 32);
    sqlite3_reset(db->fixed[ORR_INDEX_HEAD]);
    return is_good ? 0 : ORR_ECORRUPT;
}

static int hash_at(struct orr_index_sink *sink, uint64_t number, struct orr_hash *hash) {
    struct orr_index_db *db = db_of(sink);
    int found = orr_index_db_step_fixed(db, ORR_INDEX_HASH_AT, (int64_t)number);
    if (found <= 0) return found ? found : ORR_ENOTFOUND;
    bool is_good = sqlite3_column_bytes(db->fixed[ORR_INDEX_HASH_AT], 0) == 32;
    if (is_good) memcpy(hash->bytes, sqlite3_column_blob(db->fixed[ORR_INDEX_HASH_AT], 0), 32);
    sqlite3_reset(db->fixed[ORR_INDEX_HASH_AT]);
    return is_good ? 0 : ORR_ECORRUPT;
}

/* A row of orr_index_sql_rows as the canonical encoding has it.  False: it is no row of the table.
 */
static bool read_row(sqlite3_stmt *statement, const struct orr_index_schema *s,
                     struct orr_index_row *row) {
    for (unsigned i = 0; i < s->n_columns; i++) {
        enum orr_index_kind kind = s->columns[i].kind;
        struct orr_index_value *v = &row->values[i];
        size_t len = orr_index_kind_bytes(kind);
        *v = (struct orr_index_value){.is_null =
                                          sqlite3_column_type(statement, (int)i) == SQLITE_NULL};
        if (v->is_null && !s->columns[i].is_nullable) return false;
        if (v->is_null) continue;
        if (kind == ORR_INDEX_NUMBER) {
            v->number = (uint64_t)sqlite3_column_int64(statement, (int)i);
            continue;
        }
        v->bytes = sqlite3_column_blob(statement, (int)i);
        v->len = (size_t)sqlite3_column_bytes(statement, (int)i);
        if (kind != ORR_INDEX_BYTES && v->len != len) return false;
    }
    row->n = s->n_columns;
    return true;
}

static int digest_table(struct orr_index_db *db, enum orr_index_table table,
                        struct orr_hash *digest) {
    const struct orr_index_schema *s = &orr_index_schemas[table];
    struct orr_index_fold fold = {.is_open = false};
    struct orr_index_row row = {.table = table};
    sqlite3_stmt *statement = NULL;
    char sql[ORR_INDEX_SQL_BYTES];
    int code, error;
    orr_index_sql_rows(table, sql);
    error = orr_index_db_prepare(db, sql, &statement);
    while (!error && (code = sqlite3_step(statement)) != SQLITE_DONE) { /* ends: with the rows */
        error = orr_index_db_failed(db, code);
        if (error) break;
        if (!read_row(statement, s, &row)) {
            snprintf(db->why, sizeof db->why, "a row of t_%s has other values", s->name);
            error = ORR_ECORRUPT;
            break;
        }
        db->key.len = 0;
        orr_index_row_write(&row, row.n, &db->key);
        orr_index_fold_row(&fold, row.values[0].number, db->key.bytes, db->key.len);
    }
    sqlite3_finalize(statement);
    orr_index_fold_end(&fold);
    if (!error) *digest = fold.digest;
    return error;
}

int orr_index_db_digests(struct orr_index_db *db, struct orr_hash tables[ORR_INDEX_N_TABLES]) {
    int error = 0;
    for (int i = 0; i < ORR_INDEX_N_TABLES && !error; i++) error = digest_table(db, i, &tables[i]);
    return error;
}

void orr_index_db_fill_sink(struct orr_index_sink *sink) {
    *sink = (struct orr_index_sink){.begin = begin,
                                    .put = put,
                                    .cut = cut,
                                    .set_head = set_head,
                                    .commit = commit,
                                    .abandon = abandon,
                                    .head = get_head,
                                    .hash_at = hash_at,
                                    .latest = latest};
}
