/* reread.h - the blocks of an index's file as they once came in: header, transactions and logs are
 * enough to make the block's and its receipts' own bytes again, which the header's hash and roots
 * then judge (models/index/block.h). */
#ifndef ORR_SIM_INDEX_REREAD_H
#define ORR_SIM_INDEX_REREAD_H

#include "models/index/block.h"
#include "sim/index/db.h"

/* Calls block() for each block from `first` on, ascending, until it returns another value than 0,
 * which is then returned; or a negative code as orr_index_db_ask does, with orr_index_db_why.
 * senders are those of the file; the feed is lent for the call. */
int orr_index_reread(struct orr_index_db *db, struct orr_mem *mem, uint64_t first,
                     int (*block)(void *ctx, uint64_t number, const struct orr_index_feed *feed),
                     void *ctx);
#endif
