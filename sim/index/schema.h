/* schema.h - the SQL that makes an index's file and fills it, from models/index/tables.def. */
#ifndef ORR_SIM_INDEX_SCHEMA_H
#define ORR_SIM_INDEX_SCHEMA_H

#include "models/index/table.h"

enum { ORR_INDEX_SQL_BYTES = 4096 };

/* What follows from other rows is not stored but a view, v_NAME, of the base tables: ERC-20 and
 * ERC-721 transfers are logs, whose topics have the very words; who appears is named by blocks,
 * transactions, logs and transfers.  Balances are stored by holding (t_holdings), the token,
 * standard, holder and token id that are said once.  So the base table of appearances is missing,
 * and that of transfers has ERC-1155's alone. */

/* All of these write one statement, or several behind each other, to sql[ORR_INDEX_SQL_BYTES]. */
void orr_index_sql_table(enum orr_index_table table, char *sql);
void orr_index_sql_view(enum orr_index_table table, char *sql);
/* INSERT INTO t_NAME VALUES(?1, ...) */
void orr_index_sql_put(enum orr_index_table table, char *sql);
/* All rows, words instead of their ids, ascending by key. */
void orr_index_sql_rows(enum orr_index_table table, char *sql);

/* Is there a base table t_NAME? */
static inline bool orr_index_is_stored(enum orr_index_table table) {
    return table != ORR_INDEX_appearances;
}

/* The tables beside those: words, holdings, marks, head, notes. */
extern const char orr_index_sql_base[];
/* The wide indexes, NULL at the end: their names, and what they are on.  The first
 * ORR_INDEX_N_LOOKUPS are unique: by them the writer finds what it does not remember. */
enum { ORR_INDEX_N_LOOKUPS = 3 };
extern const char *const orr_index_sql_indexes[][2];

/* Does a column hold an id of `words`? */
static inline bool orr_index_is_word(enum orr_index_kind kind) {
    return kind == ORR_INDEX_ADDRESS || kind == ORR_INDEX_TOPIC;
}
#endif
