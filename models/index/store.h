/* store.h - an index in memory: what simulated nodes hold, and what others are compared with.
 *
 * The rows of a table stand in the order of their keys, which is that in which they come, since
 * keys begin with the block's number; undoing is taking rows off the end. */
#ifndef ORR_INDEX_STORE_H
#define ORR_INDEX_STORE_H

#include "models/base/index.h"
#include "models/index/sink.h"

/* A row of a table: bytes[at .. at + len) of it, and the one before with the same key but for the
 * number. */
struct orr_index_stored {
    uint64_t number;
    size_t at;
    uint32_t len, before, newest; /* before: a place in rows; newest: in the store's `newest` */
};

struct orr_index_store_table {
    struct orr_index_stored *rows;
    uint32_t n_rows, rows_cap, n_committed;
    struct orr_rlp_writer bytes;
    struct orr_index_folded { /* the digest after each block that has rows here */
        uint64_t number;
        struct orr_hash digest;
    } * folded;
    uint32_t n_folded, folded_cap;
};

struct orr_index_store {
    struct orr_index_sink sink; /* first: hand out &store.sink */
    struct orr_mem *mem;
    struct orr_index_store_table tables[ORR_INDEX_N_TABLES];
    struct orr_index_newest { /* by Keccak-256 of the table and the key without the number */
        uint8_t key[32];
        uint32_t row; /* its youngest row, ORR_NOWHERE: none (any more) */
    } * newest;
    uint32_t n_newest, newest_cap;
    struct orr_index by_key;
    bool has_head, has_next_head;
    struct orr_index_head head, next_head;
};

void orr_index_store_init(struct orr_index_store *store, struct orr_mem *mem);
void orr_index_store_fini(struct orr_index_store *store);

/* The digest of a table as it was committed last. */
struct orr_hash orr_index_store_table_digest(const struct orr_index_store *store,
                                             enum orr_index_table table);
struct orr_hash orr_index_store_digest(const struct orr_index_store *store);
/* The canonical encoding of a table's i-th row, lent. */
const uint8_t *orr_index_store_row(const struct orr_index_store *store, enum orr_index_table table,
                                   uint32_t i, size_t *len);
#endif
