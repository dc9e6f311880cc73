/* sqlite.c - an index's file: opening, making, closing. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/index/file.h"

enum { BUSY_MS = 2000, CACHE_KIB = 65536, CHECKPOINT_PAGES = 4000 };

static const char *const fixed_sql[] = {
#define FIXED(name, sql) sql,
    ORR_INDEX_FIXED(FIXED)
#undef FIXED
};

int orr_index_db_failed(struct orr_index_db *db, int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return 0;
    snprintf(db->why, sizeof db->why, "%s",
             db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(code));
    switch (code & 0xff) {
    case SQLITE_FULL: return ORR_ENOSPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ORR_ECORRUPT;
    default: return ORR_EIO;
    }
}

const char *orr_index_db_why(const struct orr_index_db *db) { return db->why; }

int orr_index_db_prepare(struct orr_index_db *db, const char *sql, sqlite3_stmt **statement) {
    if (*statement) return 0;
    return orr_index_db_failed(
        db, sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL));
}

int orr_index_db_prepare_fixed(struct orr_index_db *db, enum orr_index_fixed which) {
    return orr_index_db_prepare(db, fixed_sql[which], &db->fixed[which]);
}

int orr_index_db_step(struct orr_index_db *db, sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) return 1;
    int error = orr_index_db_failed(db, code);
    sqlite3_reset(statement);
    return error;
}

int orr_index_db_step_fixed(struct orr_index_db *db, enum orr_index_fixed which, int64_t number) {
    int error = orr_index_db_prepare_fixed(db, which);
    if (error) return error;
    if (sqlite3_bind_parameter_count(db->fixed[which]) > 0)
        sqlite3_bind_int64(db->fixed[which], 1, number);
    return orr_index_db_step(db, db->fixed[which]);
}

struct orr_index_sink *orr_index_db_sink(struct orr_index_db *db) {
    return &db->sink;
}

int orr_index_db_note(struct orr_index_db *db, const char *name, const char *text) {
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_NOTE);
    if (error) return error;
    sqlite3_bind_text(db->fixed[ORR_INDEX_NOTE], 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(db->fixed[ORR_INDEX_NOTE], 2, text, -1, SQLITE_STATIC);
    return orr_index_db_step(db, db->fixed[ORR_INDEX_NOTE]);
}

int orr_index_db_noted(struct orr_index_db *db, const char *name, char *text, size_t size) {
    int error = orr_index_db_prepare_fixed(db, ORR_INDEX_NOTED);
    if (error) return error;
    sqlite3_bind_text(db->fixed[ORR_INDEX_NOTED], 1, name, -1, SQLITE_STATIC);
    int found = orr_index_db_step(db, db->fixed[ORR_INDEX_NOTED]);
    if (found <= 0) return found ? found : ORR_ENOTFOUND;
    snprintf(text, size, "%s", (const char *)sqlite3_column_text(db->fixed[ORR_INDEX_NOTED], 0));
    sqlite3_reset(db->fixed[ORR_INDEX_NOTED]);
    return 0;
}

/* ---- opening ---- */

int orr_index_db_run(struct orr_index_db *db, const char *sql) {
    return orr_index_db_failed(db, sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL));
}

/* The number that a statement says. */
static int ask_number(struct orr_index_db *db, const char *sql, int64_t *number) {
    sqlite3_stmt *statement = NULL;
    int error = orr_index_db_prepare(db, sql, &statement);
    int found = error ? error : orr_index_db_step(db, statement);
    if (found == 1) *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found < 0 ? found : 0;
}

static int make_schema(struct orr_index_db *db) {
    char sql[ORR_INDEX_SQL_BYTES];
    int error = orr_index_db_run(db, "BEGIN IMMEDIATE");
    if (!error) error = orr_index_db_run(db, orr_index_sql_base);
    for (int i = 0; i < ORR_INDEX_N_TABLES && !error; i++) {
        orr_index_sql_table(i, sql);
        error = orr_index_db_run(db, sql);
        orr_index_sql_view(i, sql);
        if (!error) error = orr_index_db_run(db, sql);
    }
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             ORR_INDEX_DB_APPLICATION, ORR_INDEX_DB_VERSION);
    if (!error) error = orr_index_db_run(db, sql);
    if (error) sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    return error;
}

/* Everything in the file goes. */
static int drop_all(struct orr_index_db *db) {
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_RESET_DATABASE, 1, 0);
    int error = orr_index_db_run(db, "VACUUM");
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_RESET_DATABASE, 0, 0);
    return error;
}

/* Is it an index of ours, an empty file, or something else? */
static int check_file(struct orr_index_db *db, bool *is_empty, bool *was_old) {
    int64_t application = 0, version = 0, n_things = 0;
    int error = ask_number(db, "PRAGMA application_id", &application);
    if (!error) error = ask_number(db, "PRAGMA user_version", &version);
    if (!error) error = ask_number(db, "SELECT count(*) FROM sqlite_schema", &n_things);
    if (error) return error == ORR_ECORRUPT ? ORR_EFORMAT : error;
    *is_empty = !n_things && !application && !version;
    *was_old = false;
    if (*is_empty) {
        if (!db->options.is_read_only && !db->options.is_existing) return 0;
        snprintf(db->why, sizeof db->why, "an empty file");
        return ORR_EFORMAT;
    }
    if (application != ORR_INDEX_DB_APPLICATION) {
        snprintf(db->why, sizeof db->why, "an SQLite file of something else");
        return ORR_EFORMAT;
    }
    *was_old = version < ORR_INDEX_DB_VERSION;
    bool may_make = !db->options.is_read_only && !db->options.is_existing;
    if (version == ORR_INDEX_DB_VERSION || (*was_old && may_make)) return 0;
    snprintf(db->why, sizeof db->why, "an index of version %lld; this program's is %d",
             (long long)version, ORR_INDEX_DB_VERSION);
    return ORR_EUNSUPPORTED;
}

static int set_up(struct orr_index_db *db, bool *was_old) {
    bool is_empty;
    char sql[256];
    sqlite3_busy_timeout(db->sqlite, BUSY_MS);
    int error = orr_index_db_add_functions(db);
    if (!error) error = orr_index_db_add_event_functions(db);
    if (!error) error = check_file(db, &is_empty, was_old);
    if (error) return error;
    snprintf(sql, sizeof sql, "PRAGMA cache_size = -%d; PRAGMA temp_store = MEMORY", CACHE_KIB);
    error = orr_index_db_run(db, sql);
    if (!error && !db->options.is_read_only) {
        snprintf(sql, sizeof sql,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s; "
                 "PRAGMA wal_autocheckpoint = %d",
                 db->options.is_durable ? "FULL" : "NORMAL", CHECKPOINT_PAGES);
        error = orr_index_db_run(db, sql);
        if (!error && *was_old) error = drop_all(db);
        if (!error && (is_empty || *was_old)) error = make_schema(db);
        if (!error && !db->options.is_bulk) error = orr_index_db_settle(db);
    }
    if (!error) error = orr_index_db_load_marks(db);
    db->words.is_whole = !db->last_word;
    db->holdings.is_whole = !db->last_holding;
    return error;
}

/* SQLite has names that are no file's: "", ":memory:", "file:...".  Behind "./" they are.  The
 * caller's to free(). */
static char *name_of(const char *path) {
    size_t size = strlen(path) + 3;
    char *name = orr_xrealloc(NULL, size);
    snprintf(name, size, "%s%s", *path == '/' ? "" : "./", path);
    return name;
}

static int open_file(struct orr_index_db *db, const char *path) {
    bool must_exist = db->options.is_read_only || db->options.is_existing;
    int flags = db->options.is_read_only
                    ? SQLITE_OPEN_READONLY
                    : SQLITE_OPEN_READWRITE | (must_exist ? 0 : SQLITE_OPEN_CREATE);
    if (!*path) {
        snprintf(db->why, sizeof db->why, "a file without a name");
        return ORR_ENOTFOUND;
    }
    char *name = name_of(path);
    int code = sqlite3_open_v2(name, &db->sqlite, flags, NULL);
    free(name);
    int error = orr_index_db_failed(db, code);
    return code == SQLITE_CANTOPEN && must_exist ? ORR_ENOTFOUND : error;
}

/* Does a journal beside the file hold what is not in it yet? */
static bool has_journal(const char *path) {
    struct stat st;
    size_t size = strlen(path) + sizeof "-wal";
    char *wal = orr_xrealloc(NULL, size);
    snprintf(wal, size, "%s-wal", path);
    bool is_there = !stat(wal, &st) && st.st_size > 0;
    free(wal);
    return is_there;
}

/* Opens a file to be read where no lock can be had, for SQLite makes files beside it: as it stands.
 */
static int open_unlocked(struct orr_index_db *db, const char *path) {
    static const char digits[] = "0123456789abcdef";
    char *name = name_of(path), *uri = orr_xrealloc(NULL, 3 * strlen(name) + 32), *to = uri;
    to += sprintf(to, "file:");
    for (const char *p = name; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '?' || c == '#' || c == '%')
            *to++ = '%', *to++ = digits[c >> 4], *to++ = digits[c & 15];
        else
            *to++ = (char)c;
    }
    strcpy(to, "?immutable=1");
    sqlite3_close(db->sqlite);
    db->sqlite = NULL;
    int code = sqlite3_open_v2(uri, &db->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    free(name);
    free(uri);
    db->is_unlocked = true;
    return orr_index_db_failed(db, code);
}

bool orr_index_db_is_unlocked(const struct orr_index_db *db) { return db->is_unlocked; }

int orr_index_db_open(const char *path, const struct orr_index_db_options *options,
                      struct orr_index_db **out, bool *was_old, char why[ORR_INDEX_WHY_BYTES]) {
    struct orr_index_db *db = orr_xrealloc(NULL, sizeof *db);
    *db = (struct orr_index_db){.options = *options};
    orr_heap_init(&db->heap);
    orr_index_db_fill_sink(&db->sink);
    db->key = (struct orr_rlp_writer){.mem = &db->heap.mem};
    orr_index_known_init(&db->words, &db->heap.mem);
    orr_index_known_init(&db->holdings, &db->heap.mem);
    int error = open_file(db, path);
    if (!error) {
        error = set_up(db, was_old);
        int code = sqlite3_errcode(db->sqlite) & 0xff;
        bool has_no_lock = code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
        if (error == ORR_EIO && has_no_lock && db->options.is_read_only && !has_journal(path)) {
            error = open_unlocked(db, path);
            if (!error) error = set_up(db, was_old);
        }
    }
    if (error) {
        memcpy(why, db->why, sizeof db->why);
        orr_index_db_close(db);
        return error;
    }
    *out = db;
    return 0;
}

void orr_index_db_close(struct orr_index_db *db) {
    if (!db) return;
    for (int i = 0; i < ORR_INDEX_N_FIXED; i++) sqlite3_finalize(db->fixed[i]);
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) {
        sqlite3_finalize(db->puts[i]);
        sqlite3_finalize(db->cuts[i]);
    }
    sqlite3_close(db->sqlite); /* rolls back what is open */
    orr_rlp_free(&db->key);
    orr_index_known_fini(&db->words);
    orr_index_known_fini(&db->holdings);
    free(db);
}

/* ---- the wide indexes ---- */

bool orr_index_db_is_settled(struct orr_index_db *db) {
    int64_t n = 0, all = 0;
    while (orr_index_sql_indexes[all][0]) all++;
    return !ask_number(db, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'i\\_%' ESCAPE '\\'",
                       &n) &&
           n == all;
}

/* Builds the wide indexes before the n-th. */
static int build_indexes(struct orr_index_db *db, int n) {
    char sql[256];
    int error = 0;
    for (int i = 0; i < n && orr_index_sql_indexes[i][0] && !error; i++) {
        snprintf(sql, sizeof sql, "CREATE %sINDEX IF NOT EXISTS %s ON %s",
                 i < ORR_INDEX_N_LOOKUPS ? "UNIQUE " : "", orr_index_sql_indexes[i][0],
                 orr_index_sql_indexes[i][1]);
        error = orr_index_db_run(db, sql);
    }
    return error;
}

int orr_index_db_need_lookups(struct orr_index_db *db) {
    if (db->has_lookups || db->options.is_read_only) return 0;
    int error = build_indexes(db, ORR_INDEX_N_LOOKUPS);
    db->has_lookups = !error;
    return error;
}

int orr_index_db_settle(struct orr_index_db *db) {
    int error = orr_index_db_end_open(db);
    db->options.is_bulk = false;
    return error ? error : build_indexes(db, INT_MAX);
}
