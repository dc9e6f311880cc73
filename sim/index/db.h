/* db.h - an index in an SQLite file: the sink behind models/index/sink.h, its digests, and
 * questions in SQL.  sqlite.c is the only file that sees the library (SQLite 3.37 or later:
 * STRICT).
 *
 * Base tables are t_NAME with the columns of models/index/tables.def; addresses and topics are ids
 * of `words`, which holds each once.  What follows from other rows is a view, v_NAME (schema.h).
 * Views of the names themselves (blocks, transactions, logs, transfers, balances, owners,
 * appearances, contracts) show 0x text.  The file is in WAL mode; a crash at any moment leaves it
 * as it was after some commit, with the cursor (t_head) of that. */
#ifndef ORR_SIM_INDEX_DB_H
#define ORR_SIM_INDEX_DB_H

#include "models/index/sink.h"

enum {
    ORR_INDEX_DB_VERSION = 4,              /* of the schema, in user_version */
    ORR_INDEX_DB_APPLICATION = 0x4f525849, /* "ORXI", in application_id */
    ORR_INDEX_WHY_BYTES = 400,
    ORR_INDEX_BULK_ROWS = 50000, /* one transaction of a backfill, about: 10 MB of the file */
};

struct orr_index_db;

struct orr_index_db_options {
    bool is_read_only;
    bool is_existing; /* it is not made, nor made anew */
    bool is_durable;  /* synchronous=FULL: no commit is lost at a power cut */
    bool is_bulk;     /* many blocks a transaction, wide indexes at the end (orr_index_db_settle) */
};

/* Opens a file, which is made unless it is to be read only.  Returns 0, or after filling why[]:
 *   ORR_EFORMAT       it is no index of this program's, or damaged;
 *   ORR_EUNSUPPORTED  its schema is newer; an older one is made anew, empty, and *was_old says so
 *                     (read only, or existing: is refused too);
 *   ORR_ENOTFOUND     read only or existing, and there is none; or the name is empty;
 *   ORR_EIO           it cannot be opened, read or written, or another process holds it. */
int orr_index_db_open(const char *path, const struct orr_index_db_options *options,
                      struct orr_index_db **db, bool *was_old, char why[ORR_INDEX_WHY_BYTES]);
/* Is it read as it stands, without a lock, since none can be had (a folder that may only be read)?
 * What it says holds while nobody writes it. */
bool orr_index_db_is_unlocked(const struct orr_index_db *db);
/* Commits nothing: what a backfill has not settled since its last commit is lost. */
void orr_index_db_close(struct orr_index_db *db);

/* Between these what is read is the file as it was at the first reading, whoever commits meanwhile.
 * Returns as opening does. */
int orr_index_db_begin_view(struct orr_index_db *db);
void orr_index_db_end_view(struct orr_index_db *db);
/* A number that is another after somebody else has committed; -1: it cannot be read. */
int64_t orr_index_db_version(struct orr_index_db *db);

struct orr_index_sink *orr_index_db_sink(struct orr_index_db *db);
/* What SQLite said of the last call that failed. */
const char *orr_index_db_why(const struct orr_index_db *db);
/* Ends a backfill: commits, and builds the wide indexes. */
int orr_index_db_settle(struct orr_index_db *db);
/* Has it the wide indexes? */
bool orr_index_db_is_settled(struct orr_index_db *db);

/* A text kept under a name.  ORR_ENOTFOUND: there is none. */
int orr_index_db_note(struct orr_index_db *db, const char *name, const char *text);
int orr_index_db_noted(struct orr_index_db *db, const char *name, char *text, size_t size);

enum { ORR_INDEX_TOKEN_TEXT = 128 }; /* bytes of a name or a symbol */

/* What a token says of itself; "" and -1: it does not, or nothing that could be read. */
struct orr_index_token {
    int64_t word; /* its id in `words` */
    char name[ORR_INDEX_TOKEN_TEXT + 1], symbol[ORR_INDEX_TOKEN_TEXT + 1];
    int decimals;
};
/* Puts tokens that were asked of the state after block `number`, in one transaction.  They go when
 * that block does.  They are no part of the digests: they do not follow from what the file holds.
 */
int orr_index_db_put_tokens(struct orr_index_db *db, uint64_t number,
                            const struct orr_index_token *tokens, size_t n);

/* The digests of all tables, from their rows. */
int orr_index_db_digests(struct orr_index_db *db, struct orr_hash tables[ORR_INDEX_N_TABLES]);

/* ---- questions ---- */

enum orr_index_cell_kind {
    ORR_INDEX_CELL_NULL,
    ORR_INDEX_CELL_NUMBER,
    ORR_INDEX_CELL_REAL,
    ORR_INDEX_CELL_TEXT,
    ORR_INDEX_CELL_BLOB,
};
/* A value of a row; name is its column's.  All is lent for the call. */
struct orr_index_cell {
    enum orr_index_cell_kind kind;
    const char *name;
    int64_t number;
    double real;
    const uint8_t *bytes; /* of text and blob; text ends with a NUL */
    size_t len;
};

struct orr_index_question {
    const char *sql;          /* one statement */
    const int64_t *arguments; /* [n] for its ?1 ... */
    int n_arguments;
    /* Somebody else's statement: only SELECT, no more than these rows and steps of SQLite's
     * machine.  decimal(x) makes digits of 32 bytes, or of their 0x text. */
    bool is_foreign;
    uint64_t max_rows, max_steps; /* 0: no limit */
    void (*row)(void *ctx, const struct orr_index_cell *cells, int n);
    void *ctx;
};
/* Asks.  *n_rows: how many came.  Returns 0; ORR_EINVAL for a statement that is none, or not
 * allowed; ORR_ELIMIT after max_rows rows or max_steps steps; or what opening does.  Why is in
 * orr_index_db_why. */
int orr_index_db_ask(struct orr_index_db *db, const struct orr_index_question *question,
                     uint64_t *n_rows);
#endif
