/* rows.h - the rows of a block. */
#ifndef ORR_INDEX_ROWS_H
#define ORR_INDEX_ROWS_H

#include "models/index/moves.h"

/* Puts all rows of a block, between a sink's begin and commit; the sink holds the block's parent
 * already, or nothing.  moves: empty before and after.  Returns what the sink does. */
int orr_index_rows_put(struct orr_index_moves *moves, const struct orr_index_block *block,
                       struct orr_index_sink *sink);
#endif
