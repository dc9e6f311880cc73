#include "models/index/store.h"

#include "models/base/error.h"

static struct orr_index_store *store_of(struct orr_index_sink *sink) {
    return (struct orr_index_store *)sink;
}

/* Makes room for one more of n elements of an array with room for *cap. */
static void *grown(struct orr_mem *mem, void *array, uint32_t n, uint32_t *cap, size_t size) {
    if (n < *cap) return array;
    uint32_t more = *cap ? 2 * *cap : 16;
    array = orr_resize(mem, array, *cap * size, more * size);
    *cap = more;
    return array;
}

/* ---- the youngest row of a key ---- */

static bool has_newest(enum orr_index_table table) {
    return table == ORR_INDEX_balances || table == ORR_INDEX_owners;
}

/* What a row's key is but for the number: the table, and the bytes behind the first eight. */
static struct orr_hash key_of(enum orr_index_table table, const uint8_t *encoding) {
    struct orr_keccak k;
    uint8_t name = (uint8_t)table;
    orr_keccak_init(&k);
    orr_keccak_update(&k, &name, 1);
    orr_keccak_update(&k, encoding + 8, orr_index_key_bytes(table) - 8);
    return orr_keccak_final(&k);
}

/* Makes a row, the last of its table, the youngest of its key. */
static void note_newest(struct orr_index_store *s, enum orr_index_table table) {
    struct orr_index_store_table *t = &s->tables[table];
    struct orr_index_stored *row = &t->rows[t->n_rows - 1];
    struct orr_hash key = key_of(table, t->bytes.bytes + row->at);
    uint32_t place = orr_index_find32(&s->by_key, s->newest, key.bytes);
    if (place == ORR_NOWHERE) {
        s->newest = grown(s->mem, s->newest, s->n_newest, &s->newest_cap, sizeof *s->newest);
        place = s->n_newest++;
        memcpy(s->newest[place].key, key.bytes, sizeof key.bytes);
        s->newest[place].row = ORR_NOWHERE;
        orr_index_put32(&s->by_key, s->newest, place);
    }
    row->newest = place;
    row->before = s->newest[place].row;
    s->newest[place].row = t->n_rows - 1;
}

static int latest(struct orr_index_sink *sink, const struct orr_index_row *key, uint8_t *value) {
    struct orr_index_store *s = store_of(sink);
    const struct orr_index_store_table *t = &s->tables[key->table];
    const struct orr_index_schema *schema = &orr_index_schemas[key->table];
    struct orr_rlp_writer w = {.mem = s->mem};
    assert(has_newest(key->table));
    orr_index_row_write(key, schema->n_key, &w);
    struct orr_hash hash = key_of(key->table, w.bytes);
    orr_rlp_free(&w);
    uint32_t place = orr_index_find32(&s->by_key, s->newest, hash.bytes);
    if (place == ORR_NOWHERE || s->newest[place].row == ORR_NOWHERE) return ORR_ENOTFOUND;
    const struct orr_index_stored *row = &t->rows[s->newest[place].row];
    size_t len = orr_index_kind_bytes(schema->columns[schema->n_columns - 1].kind);
    memcpy(value, t->bytes.bytes + row->at + row->len - len, len);
    return 0;
}

/* ---- changes ---- */

static int begin(struct orr_index_sink *sink) {
    struct orr_index_store *s = store_of(sink);
    s->has_next_head = s->has_head;
    s->next_head = s->head;
    return 0;
}

static int put(struct orr_index_sink *sink, const struct orr_index_row *row) {
    struct orr_index_store *s = store_of(sink);
    struct orr_index_store_table *t = &s->tables[row->table];
    assert(row->n == orr_index_schemas[row->table].n_columns);
    t->rows = grown(s->mem, t->rows, t->n_rows, &t->rows_cap, sizeof *t->rows);
    struct orr_index_stored *last = t->n_rows ? &t->rows[t->n_rows - 1] : NULL, *to;
    size_t at = t->bytes.len;
    orr_index_row_write(row, row->n, &t->bytes);
    assert(!last || memcmp(t->bytes.bytes + last->at, t->bytes.bytes + at,
                           orr_index_key_bytes(row->table)) < 0);
    to = &t->rows[t->n_rows++];
    *to = (struct orr_index_stored){
        .number = row->values[0].number, .at = at, .len = (uint32_t)(t->bytes.len - at)};
    if (has_newest(row->table)) note_newest(s, row->table);
    return 0;
}

static int cut(struct orr_index_sink *sink, uint64_t number) {
    struct orr_index_store *s = store_of(sink);
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) {
        struct orr_index_store_table *t = &s->tables[i];
        while (t->n_rows && t->rows[t->n_rows - 1].number >= number) {
            const struct orr_index_stored *row = &t->rows[--t->n_rows];
            if (has_newest(i)) s->newest[row->newest].row = row->before;
            t->bytes.len = row->at;
        }
        while (t->n_folded && t->folded[t->n_folded - 1].number >= number) t->n_folded--;
        if (t->n_committed > t->n_rows) t->n_committed = t->n_rows;
    }
    return 0;
}

static int set_head(struct orr_index_sink *sink, const struct orr_index_head *head) {
    struct orr_index_store *s = store_of(sink);
    s->has_next_head = head != NULL;
    if (head) s->next_head = *head;
    return 0;
}

struct orr_hash orr_index_store_table_digest(const struct orr_index_store *s,
                                             enum orr_index_table table) {
    const struct orr_index_store_table *t = &s->tables[table];
    return t->n_folded ? t->folded[t->n_folded - 1].digest : (struct orr_hash){{0}};
}

/* Folds the rows that came since the last commit into the table's digest. */
static void fold(struct orr_index_store *s, enum orr_index_table table) {
    struct orr_index_store_table *t = &s->tables[table];
    struct orr_index_fold f = {.digest = orr_index_store_table_digest(s, table)};
    while (t->n_committed < t->n_rows) {
        uint64_t number = t->rows[t->n_committed].number;
        for (; t->n_committed < t->n_rows && t->rows[t->n_committed].number == number;
             t->n_committed++)
            orr_index_fold_row(&f, number, t->bytes.bytes + t->rows[t->n_committed].at,
                               t->rows[t->n_committed].len);
        orr_index_fold_end(&f);
        t->folded = grown(s->mem, t->folded, t->n_folded, &t->folded_cap, sizeof *t->folded);
        t->folded[t->n_folded++] = (struct orr_index_folded){number, f.digest};
    }
}

static int commit(struct orr_index_sink *sink) {
    struct orr_index_store *s = store_of(sink);
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) fold(s, i);
    s->has_head = s->has_next_head;
    s->head = s->next_head;
    return 0;
}

/* What was put is behind the head; what was cut cannot be brought back, and needs not to be: no
 * call between a cut and its commit fails. */
static void abandon(struct orr_index_sink *sink) {
    struct orr_index_store *s = store_of(sink);
    cut(sink, s->has_head ? s->head.number + 1 : 0);
}

/* ---- reading ---- */

static int head(struct orr_index_sink *sink, struct orr_index_head *out) {
    const struct orr_index_store *s = store_of(sink);
    if (!s->has_head) return ORR_ENOTFOUND;
    *out = s->head;
    return 0;
}

static int hash_at(struct orr_index_sink *sink, uint64_t number, struct orr_hash *hash) {
    const struct orr_index_store *s = store_of(sink);
    const struct orr_index_store_table *t = &s->tables[ORR_INDEX_blocks];
    if (!t->n_rows || number < t->rows[0].number || number > t->rows[t->n_rows - 1].number)
        return ORR_ENOTFOUND;
    const struct orr_index_stored *row = &t->rows[number - t->rows[0].number];
    assert(row->number == number);
    memcpy(hash->bytes, t->bytes.bytes + row->at + 8, sizeof hash->bytes);
    return 0;
}

struct orr_hash orr_index_store_digest(const struct orr_index_store *store) {
    struct orr_hash tables[ORR_INDEX_N_TABLES];
    const struct orr_index_head none = {.number = 0};
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) tables[i] = orr_index_store_table_digest(store, i);
    return orr_index_digest(store->has_head ? &store->head : &none, tables);
}

const uint8_t *orr_index_store_row(const struct orr_index_store *store, enum orr_index_table table,
                                   uint32_t i, size_t *len) {
    const struct orr_index_store_table *t = &store->tables[table];
    if (i >= t->n_rows) return NULL;
    *len = t->rows[i].len;
    return t->bytes.bytes + t->rows[i].at;
}

void orr_index_store_init(struct orr_index_store *store, struct orr_mem *mem) {
    *store = (struct orr_index_store){.sink = {.begin = begin,
                                               .put = put,
                                               .cut = cut,
                                               .set_head = set_head,
                                               .commit = commit,
                                               .abandon = abandon,
                                               .head = head,
                                               .hash_at = hash_at,
                                               .latest = latest},
                                      .mem = mem};
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) store->tables[i].bytes.mem = mem;
    orr_index_init(&store->by_key, mem, sizeof *store->newest,
                   offsetof(struct orr_index_newest, key));
}

void orr_index_store_fini(struct orr_index_store *store) {
    for (int i = 0; i < ORR_INDEX_N_TABLES; i++) {
        struct orr_index_store_table *t = &store->tables[i];
        orr_free(store->mem, t->rows, t->rows_cap * sizeof *t->rows);
        orr_free(store->mem, t->folded, t->folded_cap * sizeof *t->folded);
        orr_rlp_free(&t->bytes);
    }
    orr_free(store->mem, store->newest, store->newest_cap * sizeof *store->newest);
    orr_index_fini(&store->by_key);
}
