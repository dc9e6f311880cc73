/* table.h - the tables of an index, their rows, and the digest of a table.
 *
 * A row has one canonical encoding, which begins with its key so that memcmp of two encodings of
 * one table orders them by key: its columns in order, numbers big-endian in 8 bytes, hashes, words,
 * addresses and topics as they are, bytes behind their length in 4, and before what may be null a
 * byte 0 (it is, and nothing follows) or 1. */
#ifndef ORR_INDEX_TABLE_H
#define ORR_INDEX_TABLE_H

#include <assert.h>

#include "models/base/rlp.h"

enum orr_index_table {
#define TABLE(name, n_key, text) ORR_INDEX_##name,
#include "models/index/tables.def"
    ORR_INDEX_N_TABLES
};

enum orr_index_kind {
    ORR_INDEX_NUMBER,
    ORR_INDEX_HASH,
    ORR_INDEX_WORD,
    ORR_INDEX_ADDRESS,
    ORR_INDEX_TOPIC,
    ORR_INDEX_BYTES,
};

enum { ORR_INDEX_MAX_COLUMNS = 14, ORR_INDEX_MAX_KEY_BYTES = 88 };

struct orr_index_column {
    const char *name;
    enum orr_index_kind kind;
    bool is_nullable;
};

struct orr_index_schema {
    const char *name, *text;
    unsigned n_key, n_columns; /* the key's come first */
    const struct orr_index_column *columns;
};
extern const struct orr_index_schema orr_index_schemas[ORR_INDEX_N_TABLES];

/* How an address appears in a block. */
enum {
    ORR_INDEX_AS_SENDER = 1,
    ORR_INDEX_AS_RECIPIENT = 2,
    ORR_INDEX_AS_CREATED = 4,
    ORR_INDEX_AS_EMITTER = 8,  /* of a log */
    ORR_INDEX_AS_PARTY = 16,   /* of a token's transfer */
    ORR_INDEX_AS_COINBASE = 32,
};

/* ---- rows ---- */

/* number of a NUMBER; else bytes, len, lent; bytes are NULL for null. */
struct orr_index_value {
    uint64_t number;
    const uint8_t *bytes;
    size_t len;
    bool is_null;
};

/* A row, or its first n values. */
struct orr_index_row {
    enum orr_index_table table;
    unsigned n;
    struct orr_index_value values[ORR_INDEX_MAX_COLUMNS];
};

/* How many bytes a column's values have; 0: as many as each has. */
static inline size_t orr_index_kind_bytes(enum orr_index_kind kind) {
    static const uint8_t bytes[] = {[ORR_INDEX_NUMBER] = 8,   [ORR_INDEX_HASH] = 32,
                                    [ORR_INDEX_WORD] = 32,    [ORR_INDEX_ADDRESS] = 20,
                                    [ORR_INDEX_TOPIC] = 32,   [ORR_INDEX_BYTES] = 0};
    return bytes[kind];
}

static inline struct orr_index_row orr_index_row(enum orr_index_table table, uint64_t number) {
    return (struct orr_index_row){.table = table, .n = 1, .values = {{.number = number}}};
}
static inline const struct orr_index_column *orr_index_next(const struct orr_index_row *row) {
    assert(row->n < orr_index_schemas[row->table].n_columns);
    return &orr_index_schemas[row->table].columns[row->n];
}
/* The next value of a row. */
static inline void orr_index_add_number(struct orr_index_row *row, uint64_t number) {
    assert(orr_index_next(row)->kind == ORR_INDEX_NUMBER);
    row->values[row->n++] = (struct orr_index_value){.number = number};
}
static inline void orr_index_add_bytes(struct orr_index_row *row, const void *bytes, size_t len) {
    size_t fixed = orr_index_kind_bytes(orr_index_next(row)->kind);
    assert(orr_index_next(row)->kind != ORR_INDEX_NUMBER && (!fixed || fixed == len));
    row->values[row->n++] = (struct orr_index_value){.bytes = bytes, .len = len};
}
static inline void orr_index_add_null(struct orr_index_row *row) {
    assert(orr_index_next(row)->is_nullable);
    row->values[row->n++] = (struct orr_index_value){.is_null = true};
}

/* Appends the canonical encoding of a row, or of its first n values. */
void orr_index_row_write(const struct orr_index_row *row, unsigned n, struct orr_rlp_writer *w);
/* Reads one back, and moves *p behind it; what is no number is lent.  False: it is none. */
bool orr_index_row_read(enum orr_index_table table, const uint8_t **p, const uint8_t *end,
                        struct orr_index_row *row);
/* Of the key: its length. */
size_t orr_index_key_bytes(enum orr_index_table table);

/* ---- digests ---- */

/* A table's digest: of no rows 32 zero bytes; with a block's rows, Keccak-256 of the digest before
 * that block and the block's rows, ascending by key.  Begin with all zeros, give all rows ascending
 * by key, end; more may follow. */
struct orr_index_fold {
    struct orr_hash digest;
    struct orr_keccak keccak;
    uint64_t number; /* of the block whose rows come in */
    bool is_open;
};
void orr_index_fold_row(struct orr_index_fold *fold, uint64_t number, const void *bytes,
                        size_t len);
void orr_index_fold_end(struct orr_index_fold *fold);

/* How far an index has come: its head, the youngest block whose rows it holds.  Blocks up to
 * `final`, and up to `safe`, which is no lower, are called so by whoever is followed. */
struct orr_index_head {
    uint64_t number;
    struct orr_hash hash;
    uint64_t safe, final;
};
/* The digest of a whole index: what its head's branch says alone, so without safe and final. */
struct orr_hash orr_index_digest(const struct orr_index_head *head,
                                 const struct orr_hash tables[ORR_INDEX_N_TABLES]);
#endif
