/* file.h - an index's open file; for sim/index alone. */
#ifndef ORR_SIM_INDEX_FILE_H
#define ORR_SIM_INDEX_FILE_H

#include <sqlite3.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/index/db.h"
#include "sim/index/known.h"
#include "sim/index/schema.h"

/* Statements that take no table; FIXED(NAME, SQL). */
#define ORR_INDEX_FIXED(FIXED)                                                                \
    FIXED(FIND_WORD, "SELECT id FROM words WHERE bytes = ?1")                                 \
    FIXED(PUT_WORD, "INSERT INTO words VALUES(?1, ?2)")                                       \
    FIXED(PUT_MARK, "INSERT OR REPLACE INTO t_marks VALUES(?1, ?2, ?3)")                      \
    FIXED(MARK_BELOW,                                                                         \
          "SELECT word, holding FROM t_marks WHERE number < ?1 ORDER BY number DESC LIMIT 1") \
    FIXED(FIND_HOLDING, "SELECT id FROM t_holdings WHERE token = ?1 AND standard = ?2 AND "   \
                        "holder = ?3 AND word = ?4")                                          \
    FIXED(PUT_HOLDING, "INSERT INTO t_holdings VALUES(?1, ?2, ?3, ?4, ?5)")                   \
    FIXED(CUT_HOLDINGS, "DELETE FROM t_holdings WHERE id > ?1")                               \
    FIXED(BALANCE, "SELECT amount FROM t_balances WHERE holding = ?1 ORDER BY number DESC "   \
                   "LIMIT 1")                                                                 \
    FIXED(CUT_WORDS, "DELETE FROM words WHERE id > ?1")                                       \
    FIXED(PUT_TOKEN, "INSERT OR REPLACE INTO t_tokens VALUES(?2, ?1, ?3, ?4, ?5)")            \
    FIXED(CUT_TOKENS, "DELETE FROM t_tokens WHERE number >= ?1")                              \
    FIXED(CUT_MARKS, "DELETE FROM t_marks WHERE number >= ?1")                                \
    FIXED(HEAD, "SELECT number, hash, safe, final FROM t_head")                               \
    FIXED(PUT_HEAD, "INSERT OR REPLACE INTO t_head VALUES(0, ?1, ?2, ?3, ?4)")                \
    FIXED(CUT_HEAD, "DELETE FROM t_head")                                                     \
    FIXED(HASH_AT, "SELECT hash FROM t_blocks WHERE number = ?1")                             \
    FIXED(BEGIN, "BEGIN IMMEDIATE")                                                           \
    FIXED(VIEW, "BEGIN")                                                                      \
    FIXED(VERSION, "PRAGMA data_version")                                                     \
    FIXED(COMMIT, "COMMIT")                                                                   \
    FIXED(ROLLBACK, "ROLLBACK")                                                               \
    FIXED(NOTE, "INSERT OR REPLACE INTO t_notes VALUES(?1, ?2)")                              \
    FIXED(NOTED, "SELECT text FROM t_notes WHERE name = ?1")

enum orr_index_fixed {
#define FIXED(name, sql) ORR_INDEX_##name,
    ORR_INDEX_FIXED(FIXED)
#undef FIXED
        ORR_INDEX_N_FIXED
};

struct orr_index_db {
    struct orr_index_sink sink; /* first */
    sqlite3 *sqlite;
    struct orr_index_db_options options;
    struct orr_heap heap; /* of encodings */
    struct orr_rlp_writer key;
    sqlite3_stmt *fixed[ORR_INDEX_N_FIXED], *puts[ORR_INDEX_N_TABLES], *cuts[ORR_INDEX_N_TABLES];
    int64_t last_word, last_holding; /* ids */
    bool has_lookups;                /* the first of the wide indexes are there */
    bool has_open;                   /* a transaction */
    bool is_unlocked;
    uint64_t n_open_rows;
    struct orr_index_known words, holdings;
    char why[ORR_INDEX_WHY_BYTES];
};

/* What a code of SQLite's is to us; keeps what it says. */
int orr_index_db_failed(struct orr_index_db *db, int code);
/* Prepares a statement unless it is. */
int orr_index_db_prepare(struct orr_index_db *db, const char *sql, sqlite3_stmt **statement);
int orr_index_db_prepare_fixed(struct orr_index_db *db, enum orr_index_fixed which);
/* Runs one that returns at most one row.  1: there is one, and the caller resets it; 0: there is
 * none; else an error. */
int orr_index_db_step(struct orr_index_db *db, sqlite3_stmt *statement);
/* One of the fixed ones; number: its first argument, if it takes any. */
int orr_index_db_step_fixed(struct orr_index_db *db, enum orr_index_fixed which, int64_t number);
/* The functions of db->sink. */
void orr_index_db_fill_sink(struct orr_index_sink *sink);
/* The functions of our own that questions may use (ask.c). */
int orr_index_db_add_functions(struct orr_index_db *db);
/* Those that views of events use (events.c). */
int orr_index_db_add_event_functions(struct orr_index_db *db);
/* Runs statements that return nothing. */
int orr_index_db_run(struct orr_index_db *db, const char *sql);
/* Commits what is open. */
int orr_index_db_end_open(struct orr_index_db *db);
int orr_index_db_load_marks(struct orr_index_db *db);
/* Builds the first of the wide indexes, by which the writer finds what it does not remember. */
int orr_index_db_need_lookups(struct orr_index_db *db);
#endif
