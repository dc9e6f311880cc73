/* file.h - an index's file as an argument of the verbs that read it. */
#ifndef ORR_SIM_CLI_INDEX_FILE_H
#define ORR_SIM_CLI_INDEX_FILE_H

#include "sim/index/db.h"

/* Opens a file to be read.  Returns 0, or 2 or 3 after a message on standard error. */
int orr_index_open_read(const char *verb, const char *path, struct orr_index_db **db);
/* The exit code of an error of the file's, after a message with what SQLite says. */
int orr_index_file_failed(const char *verb, const char *path, int error, const char *why);
/* Notes which chain a file is of: its first block, and its rules as a genesis.json's `config`.
 * Returns what orr_index_db_note does. */
int orr_index_note_chain(struct orr_index_db *db, const struct orr_hash *genesis,
                         struct orr_u256 chain_id, const char *config);
/* "0x" and the digits of a hash. */
const char *orr_index_hex(const struct orr_hash *hash, char text[67]);
#endif
