/* change.h - one commit of an index as bytes: what a node makes durable, and what others follow it
 * by.
 *
 *     from u64 | has_head u8 | number u64 | safe u64 | final u64 | hash 32 | rows
 *     a row: table u8 | its canonical encoding (models/index/table.h)
 *
 * All rows with the number `from` or a higher one go; then these come, all of the block `number`;
 * then the head is that block.  So a change that is applied twice is applied once, and a list of
 * changes of which some end is missing gives the index as it was after some commit. */
#ifndef ORR_INDEX_CHANGE_H
#define ORR_INDEX_CHANGE_H

#include "models/index/sink.h"

enum { ORR_INDEX_CHANGE_HEAD_BYTES = 8 + 1 + 3 * 8 + 32 };

/* The beginning of a change.  head NULL: the index holds nothing any more. */
void orr_index_change_begin(struct orr_rlp_writer *w, uint64_t from,
                            const struct orr_index_head *head);
/* Rows of one table come ascending by key. */
void orr_index_change_add(struct orr_rlp_writer *w, const struct orr_index_row *row);

/* Makes a change, in one transaction.  Returns 0; ORR_EFORMAT for what is no change, before
 * anything is done; or what the sink does, after which nothing has changed. */
int orr_index_change_apply(const uint8_t *bytes, size_t len, struct orr_index_sink *sink);
#endif
