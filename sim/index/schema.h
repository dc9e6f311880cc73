/* schema.h - the SQL that makes an index's file and fills it, from models/index/tables.def. */
#ifndef ORR_SIM_INDEX_SCHEMA_H
#define ORR_SIM_INDEX_SCHEMA_H

#include "models/index/table.h"

enum { ORR_INDEX_SQL_BYTES = 4096 };

/* All of these write one statement, or several behind each other, to sql[ORR_INDEX_SQL_BYTES]. */
void orr_index_sql_table(enum orr_index_table table, char *sql);
void orr_index_sql_view(enum orr_index_table table, char *sql);
/* INSERT INTO t_NAME VALUES(?1, ...) */
void orr_index_sql_put(enum orr_index_table table, char *sql);
/* The last column of the youngest row with a key: ?1 ... are its columns but for the number. */
void orr_index_sql_latest(enum orr_index_table table, char *sql);
/* All rows, words instead of their ids, ascending by key. */
void orr_index_sql_rows(enum orr_index_table table, char *sql);

/* The tables beside those: words, marks, head, notes. */
extern const char orr_index_sql_base[];
/* The wide indexes, NULL at the end: their names, and what they are on. */
extern const char *const orr_index_sql_indexes[][2];

/* Does a column hold an id of `words`? */
static inline bool orr_index_is_word(enum orr_index_kind kind) {
    return kind == ORR_INDEX_ADDRESS || kind == ORR_INDEX_TOPIC;
}
#endif
