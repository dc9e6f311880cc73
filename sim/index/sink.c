/* sink.c - rows into an index's file and back. */
#include <stdio.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/index/file.h"

static struct orr_index_db *db_of(struct orr_index_sink *sink) {
    return (struct orr_index_db *)sink;
}

/* ---- dictionaries ---- */

enum { WORD = 32, SHORT_WORD = 20 }; /* bytes: a topic, and an address, which is one behind zeros */

static int64_t first_column(struct orr_index_db *db, enum orr_index_fixed which, int found) {
    int64_t id = found == 1 ? sqlite3_column_int64(db->fixed[which], 0) : 0;
    if (found == 1) sqlite3_reset(db->fixed[which]);
    return id;
}

static int64_t find_word_in_file(struct orr_index_db *db, const uint8_t *bytes, size_t len,
                                 int *error) {
    *error = orr_index_db_need_lookups(db);
    if (!*error) *error = orr_index_db_prepare_fixed(db, ORR_INDEX_FIND_WORD);
    if (*error) return 0;
    sqlite3_bind_blob(db->fixed[ORR_INDEX_FIND_WORD], 1, bytes, (int)len, SQLITE_STATIC);
    int found = orr_index_db_step(db, db->fixed[ORR_INDEX_FIND_WORD]);
    if (found < 0) *error = found;
    return first_column(db, ORR_INDEX_FIND_WORD, found);
}

static int put_word(struct orr_index_db *db, const uint8_t *bytes, size_t len) {
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_PUT_WORD);
    if (error) return error;
    sqlite3_bind_blob(db->fixed[ORR_INDEX_PUT_WORD], 2, bytes, (int)len, SQLITE_STATIC);
    return orr_index_db_step_fixed(db, ORR_INDEX_PUT_WORD, db->last_word + 1);
}

/* The id of an address or topic; it has one then if it `makes` them, else 0 says that it has none.
 */
static int word(struct orr_index_db *db, const uint8_t *bytes, size_t len, bool makes,
                int64_t *id) {
    static const uint8_t zeros[WORD - SHORT_WORD];
    uint8_t key[WORD] = {0};
    int error = 0;
    assert(len == WORD || len == SHORT_WORD);
    memcpy(key + WORD - len, bytes, len);
    const struct orr_index_known_entry *known = orr_index_known_find(&db->words, key);
    *id = known ? known->id : 0;
    if (known) return 0;
    bool is_short = !memcmp(key, zeros, sizeof zeros);
    const uint8_t *kept = key + (is_short ? WORD - SHORT_WORD : 0);
    size_t kept_len = is_short ? SHORT_WORD : WORD;
    if (!db->words.is_whole) *id = find_word_in_file(db, kept, kept_len, &error);
    if (!error && !*id && makes) {
        error = put_word(db, kept, kept_len);
        if (!error) *id = ++db->last_word;
    }
    if (!error && *id) orr_index_known_add(&db->words, key, *id);
    return error;
}

/* The ids that name a balance's holding, and make its key. */
struct holding {
    union {
        int64_t ids[4]; /* token, standard, holder, token id */
        uint8_t key[32];
    };
};

static int find_holding_in_file(struct orr_index_db *db, const struct holding *h, int64_t *id) {
    int error = orr_index_db_need_lookups(db);
    if (!error) error = orr_index_db_prepare_fixed(db, ORR_INDEX_FIND_HOLDING);
    if (error) return error;
    for (int i = 1; i < 4; i++)
        sqlite3_bind_int64(db->fixed[ORR_INDEX_FIND_HOLDING], i + 1, h->ids[i]);
    int found = orr_index_db_step_fixed(db, ORR_INDEX_FIND_HOLDING, h->ids[0]);
    *id = first_column(db, ORR_INDEX_FIND_HOLDING, found);
    return found < 0 ? found : 0;
}

static int put_holding(struct orr_index_db *db, const struct holding *h) {
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_PUT_HOLDING);
    if (error) return error;
    for (int i = 0; i < 4; i++)
        sqlite3_bind_int64(db->fixed[ORR_INDEX_PUT_HOLDING], i + 2, h->ids[i]);
    return orr_index_db_step_fixed(db, ORR_INDEX_PUT_HOLDING, db->last_holding + 1);
}

/* The holding of a row of `balances`, or of its key.  *known: NULL when there is none, and none is
 * made. */
static int holding(struct orr_index_db *db, const struct orr_index_row *row, bool makes,
                   struct orr_index_known_entry **known) {
    struct holding h = {.ids = {0, (int64_t)row->values[2].number}};
    static const unsigned columns[4] = {1, 0, 3, 4}; /* of tables.def */
    int64_t id = 0;
    int error = 0;
    *known = NULL;
    for (int i = 0; i < 4; i++) {
        const struct orr_index_value *v = &row->values[columns[i]];
        if (i == 1) continue;
        error = word(db, v->bytes, v->len, makes, &h.ids[i]);
        if (error || !h.ids[i]) return error;
    }
    *known = orr_index_known_find(&db->holdings, h.key);
    if (*known) return 0;
    if (!db->holdings.is_whole) error = find_holding_in_file(db, &h, &id);
    bool is_new = !error && !id && makes;
    if (is_new) error = put_holding(db, &h);
    if (is_new && !error) id = ++db->last_holding;
    if (!error && id) *known = orr_index_known_add(&db->holdings, h.key, id);
    return error;
}

int orr_index_db_load_marks(struct orr_index_db *db) {
    int found = orr_index_db_step_fixed(db, ORR_INDEX_MARK_BELOW, INT64_MAX);
    db->last_holding = found == 1 ? sqlite3_column_int64(db->fixed[ORR_INDEX_MARK_BELOW], 1) : 0;
    db->last_word = first_column(db, ORR_INDEX_MARK_BELOW, found);
    return found < 0 ? found : 0;
}

static void forget(struct orr_index_db *db) {
    orr_index_known_forget(&db->words);
    orr_index_known_forget(&db->holdings);
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

int orr_index_db_begin_view(struct orr_index_db *db) {
    return orr_index_db_step_fixed(db, ORR_INDEX_VIEW, 0);
}

void orr_index_db_end_view(struct orr_index_db *db) {
    orr_index_db_step_fixed(db, ORR_INDEX_ROLLBACK, 0); /* nothing was written */
}

int64_t orr_index_db_version(struct orr_index_db *db) {
    int found = orr_index_db_step_fixed(db, ORR_INDEX_VERSION, 0);
    return found == 1 ? first_column(db, ORR_INDEX_VERSION, found) : -1;
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
    forget(db);
    db->has_lookups = false; /* they may have been of what is abandoned */
    orr_index_db_load_marks(db);
    memcpy(db->why, why, sizeof why);
}

static int bind(struct orr_index_db *db, sqlite3_stmt *statement, int at,
                const struct orr_index_value *v, enum orr_index_kind kind) {
    int64_t id;
    if (v->is_null) return orr_index_db_failed(db, sqlite3_bind_null(statement, at));
    if (kind == ORR_INDEX_NUMBER)
        return orr_index_db_failed(db, sqlite3_bind_int64(statement, at, (int64_t)v->number));
    if (!orr_index_is_word(kind))
        return orr_index_db_failed(db, sqlite3_bind_blob(statement, at,
                                                         v->len ? (const void *)v->bytes : "",
                                                         (int)v->len, SQLITE_STATIC));
    int error = word(db, v->bytes, v->len, true, &id);
    return error ? error : orr_index_db_failed(db, sqlite3_bind_int64(statement, at, id));
}

static int prepare_put(struct orr_index_db *db, enum orr_index_table table) {
    char sql[ORR_INDEX_SQL_BYTES];
    if (db->puts[table]) return 0;
    orr_index_sql_put(table, sql);
    return orr_index_db_prepare(db, sql, &db->puts[table]);
}

static int put_balance(struct orr_index_db *db, const struct orr_index_row *row) {
    struct orr_index_known_entry *known;
    const struct orr_index_value *amount = &row->values[row->n - 1];
    sqlite3_stmt *statement = db->puts[ORR_INDEX_balances];
    int error = holding(db, row, true, &known);
    if (error) return error;
    sqlite3_bind_int64(statement, 1, (int64_t)row->values[0].number);
    sqlite3_bind_int64(statement, 2, known->id);
    sqlite3_bind_blob(statement, 3, amount->bytes, (int)amount->len, SQLITE_STATIC);
    error = orr_index_db_step(db, statement);
    if (error) return error;
    known->has_value = true;
    memcpy(known->value, amount->bytes, sizeof known->value);
    return 0;
}

/* Is the row one that a view shows already? */
static bool is_derived(const struct orr_index_row *row) {
    return row->table == ORR_INDEX_transfers && row->values[3].number != 1155;
}

static int put(struct orr_index_sink *sink, const struct orr_index_row *row) {
    struct orr_index_db *db = db_of(sink);
    const struct orr_index_schema *s = &orr_index_schemas[row->table];
    assert(row->n == s->n_columns && db->has_open);
    if (!orr_index_is_stored(row->table) || is_derived(row)) return 0;
    int error = prepare_put(db, row->table);
    if (error) return error;
    db->n_open_rows++;
    if (row->table == ORR_INDEX_balances) return put_balance(db, row);
    sqlite3_stmt *statement = db->puts[row->table];
    for (unsigned i = 0; i < row->n && !error; i++)
        error = bind(db, statement, (int)i + 1, &row->values[i], s->columns[i].kind);
    return error ? error : orr_index_db_step(db, statement);
}

/* A holding that is new in this run has no balance yet; of the others the file knows. */
static int latest(struct orr_index_sink *sink, const struct orr_index_row *key, uint8_t *value) {
    struct orr_index_db *db = db_of(sink);
    struct orr_index_known_entry *known;
    assert(key->table == ORR_INDEX_balances);
    int error = holding(db, key, false, &known);
    if (error || !known) return error ? error : ORR_ENOTFOUND;
    if (!known->has_value) {
        error = orr_index_db_need_lookups(db);
        if (error) return error;
        int found = orr_index_db_step_fixed(db, ORR_INDEX_BALANCE, known->id);
        if (found <= 0) return found ? found : ORR_ENOTFOUND;
        sqlite3_stmt *statement = db->fixed[ORR_INDEX_BALANCE];
        bool is_good = sqlite3_column_bytes(statement, 0) == (int)sizeof known->value;
        if (is_good) memcpy(known->value, sqlite3_column_blob(statement, 0), sizeof known->value);
        sqlite3_reset(statement);
        if (!is_good) return ORR_ECORRUPT;
        known->has_value = true;
    }
    memcpy(value, known->value, sizeof known->value);
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
        if (!orr_index_is_stored(i)) continue;
        snprintf(sql, sizeof sql, "DELETE FROM t_%s WHERE number >= ?1", orr_index_schemas[i].name);
        error = orr_index_db_prepare(db, sql, &db->cuts[i]);
        if (error) break;
        sqlite3_bind_int64(db->cuts[i], 1, (int64_t)number);
        error = orr_index_db_step(db, db->cuts[i]);
    }
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_CUT_TOKENS, (int64_t)number);
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_CUT_MARKS, (int64_t)number);
    if (!error) error = orr_index_db_load_marks(db);
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_CUT_WORDS, db->last_word);
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_CUT_HOLDINGS, db->last_holding);
    forget(db);
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
    sqlite3_bind_int64(db->fixed[ORR_INDEX_PUT_MARK], 3, db->last_holding);
    return orr_index_db_step_fixed(db, ORR_INDEX_PUT_MARK, (int64_t)head->number);
}

static int put_token(struct orr_index_db *db, uint64_t number,
                     const struct orr_index_token *token) {
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_PUT_TOKEN);
    if (error) return error;
    sqlite3_stmt *statement = db->fixed[ORR_INDEX_PUT_TOKEN];
    const char *texts[] = {token->name, token->symbol};
    sqlite3_bind_int64(statement, 2, token->word);
    for (int i = 0; i < 2; i++)
        if (*texts[i])
            sqlite3_bind_text(statement, 3 + i, texts[i], -1, SQLITE_STATIC);
        else
            sqlite3_bind_null(statement, 3 + i);
    if (token->decimals >= 0)
        sqlite3_bind_int64(statement, 5, token->decimals);
    else
        sqlite3_bind_null(statement, 5);
    return orr_index_db_step_fixed(db, ORR_INDEX_PUT_TOKEN, (int64_t)number);
}

int orr_index_db_put_tokens(struct orr_index_db *db, uint64_t number,
                            const struct orr_index_token *tokens, size_t n) {
    int error = begin(&db->sink);
    for (size_t i = 0; i < n && !error; i++) error = put_token(db, number, &tokens[i]);
    if (!error) error = orr_index_db_end_open(db);
    if (error) abandon(&db->sink);
    return error;
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
                                    .latest = latest,
                                    .derived = 1u << ORR_INDEX_appearances};
}
