/* sink.h - where an index's rows go, and what is read back from there: a store in memory
 * (models/index/store.h), or SQLite.
 *
 * All changes lie between begin and commit, and hold together or not at all: after abandon, or when
 * the machine stops before commit, everything is as it was after some earlier commit, the last one
 * unless the sink was told that it may make many of them one.  Each returns 0 or a negative
 * code of the store's own (ORR_EIO, ORR_ENOSPACE, ORR_ECORRUPT), after which abandon follows. */
#ifndef ORR_INDEX_SINK_H
#define ORR_INDEX_SINK_H

#include "models/index/table.h"

struct orr_index_sink {
    int (*begin)(struct orr_index_sink *sink);
    /* A whole row, whose bytes are lent for the call.  Rows of one table come ascending by key. */
    int (*put)(struct orr_index_sink *sink, const struct orr_index_row *row);
    /* Deletes all rows with this number or a higher one. */
    int (*cut)(struct orr_index_sink *sink, uint64_t number);
    /* NULL: it holds nothing. */
    int (*set_head)(struct orr_index_sink *sink, const struct orr_index_head *head);
    int (*commit)(struct orr_index_sink *sink);
    void (*abandon)(struct orr_index_sink *sink);

    /* The head that was committed last, or ORR_ENOTFOUND. */
    int (*head)(struct orr_index_sink *sink, struct orr_index_head *head);
    /* The hash of the block with this number, or ORR_ENOTFOUND. */
    int (*hash_at)(struct orr_index_sink *sink, uint64_t number, struct orr_hash *hash);
    /* The amount of the youngest row of `balances` whose key is the one given but for the number;
     * or ORR_ENOTFOUND. */
    int (*latest)(struct orr_index_sink *sink, const struct orr_index_row *key, uint8_t *value);

    uint32_t derived; /* a bit a table: those whose rows follow from others', and need not come */
};
#endif
