#include "models/index/table.h"

/* Of each table a struct with a byte for each column: how many there are is its size. */
struct count_none {
    char none;
#define TABLE(name, n_key, text) \
    }                            \
    ;                            \
    struct count_##name {
#define COLUMN(table, name, kind, is_nullable) char name;
#include "models/index/tables.def"
};

/* Where each table's columns begin among all of them. */
enum {
#define TABLE(name, n_key, text)               FIRST_##name, BEFORE_##name = FIRST_##name - 1,
#define COLUMN(table, name, kind, is_nullable) AT_##table##_##name,
#include "models/index/tables.def"
};

static const struct orr_index_column columns[] = {
#define COLUMN(table, name, kind, is_nullable) {#name, ORR_INDEX_##kind, is_nullable},
#include "models/index/tables.def"
};

const struct orr_index_schema orr_index_schemas[ORR_INDEX_N_TABLES] = {
#define TABLE(name, n_key, text) \
    {#name, text, n_key, sizeof(struct count_##name), columns + FIRST_##name},
#include "models/index/tables.def"
};

void orr_index_row_write(const struct orr_index_row *row, unsigned n, struct orr_rlp_writer *w) {
    const struct orr_index_schema *schema = &orr_index_schemas[row->table];
    uint8_t be[8];
    assert(n <= row->n && row->n <= schema->n_columns);
    for (unsigned i = 0; i < n; i++) {
        const struct orr_index_value *v = &row->values[i];
        uint8_t is_there = !v->is_null;
        if (schema->columns[i].is_nullable) orr_rlp_write_raw(w, &is_there, 1);
        if (v->is_null) continue;
        if (schema->columns[i].kind == ORR_INDEX_NUMBER) {
            orr_store_be64(be, v->number);
            orr_rlp_write_raw(w, be, 8);
            continue;
        }
        orr_store_be32(be, (uint32_t)v->len);
        if (schema->columns[i].kind == ORR_INDEX_BYTES) orr_rlp_write_raw(w, be, 4);
        orr_rlp_write_raw(w, v->bytes, v->len);
    }
}

static bool read_value(const struct orr_index_column *column, const uint8_t **p,
                       const uint8_t *end, struct orr_index_value *v) {
    size_t left = (size_t)(end - *p), len = orr_index_kind_bytes(column->kind);
    *v = (struct orr_index_value){.number = 0};
    if (column->is_nullable) {
        if (!left || **p > 1) return false;
        v->is_null = !*(*p)++;
        left--;
    }
    if (v->is_null) return true;
    if (column->kind == ORR_INDEX_BYTES) {
        if (left < 4) return false;
        len = orr_load_be32(*p);
        *p += 4;
        left -= 4;
    }
    if (left < len) return false;
    if (column->kind == ORR_INDEX_NUMBER)
        v->number = orr_load_be64(*p);
    else
        v->bytes = *p, v->len = len;
    *p += len;
    return true;
}

bool orr_index_row_read(enum orr_index_table table, const uint8_t **p, const uint8_t *end,
                        struct orr_index_row *row) {
    const struct orr_index_schema *schema = &orr_index_schemas[table];
    const uint8_t *at = *p;
    row->table = table;
    row->n = schema->n_columns;
    for (unsigned i = 0; i < schema->n_columns; i++)
        if (!read_value(&schema->columns[i], &at, end, &row->values[i])) return false;
    *p = at;
    return true;
}

size_t orr_index_key_bytes(enum orr_index_table table) {
    const struct orr_index_schema *schema = &orr_index_schemas[table];
    size_t bytes = 0;
    for (unsigned i = 0; i < schema->n_key; i++) {
        assert(!schema->columns[i].is_nullable && schema->columns[i].kind != ORR_INDEX_BYTES);
        bytes += orr_index_kind_bytes(schema->columns[i].kind);
    }
    assert(bytes <= ORR_INDEX_MAX_KEY_BYTES);
    return bytes;
}

/* ---- digests ---- */

void orr_index_fold_row(struct orr_index_fold *fold, uint64_t number, const void *bytes,
                        size_t len) {
    if (fold->is_open && fold->number != number) orr_index_fold_end(fold);
    if (!fold->is_open) {
        orr_keccak_init(&fold->keccak);
        orr_keccak_update(&fold->keccak, fold->digest.bytes, sizeof fold->digest.bytes);
        fold->number = number;
        fold->is_open = true;
    }
    orr_keccak_update(&fold->keccak, bytes, len);
}

void orr_index_fold_end(struct orr_index_fold *fold) {
    if (!fold->is_open) return;
    fold->digest = orr_keccak_final(&fold->keccak);
    fold->is_open = false;
}

struct orr_hash orr_index_digest(const struct orr_index_head *head,
                                 const struct orr_hash tables[ORR_INDEX_N_TABLES]) {
    struct orr_keccak k;
    uint8_t be[8];
    orr_store_be64(be, head->number);
    orr_keccak_init(&k);
    orr_keccak_update(&k, be, sizeof be);
    orr_keccak_update(&k, head->hash.bytes, sizeof head->hash.bytes);
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++)
        orr_keccak_update(&k, tables[i].bytes, sizeof tables[i].bytes);
    return orr_keccak_final(&k);
}
