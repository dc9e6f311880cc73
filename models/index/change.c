#include "models/index/change.h"

#include "models/base/error.h"

/* ---- writing ---- */

static void write_number(struct orr_rlp_writer *w, uint64_t number) {
    uint8_t be[8];
    orr_store_be64(be, number);
    orr_rlp_write_raw(w, be, sizeof be);
}

void orr_index_change_begin(struct orr_rlp_writer *w, uint64_t from,
                            const struct orr_index_head *head) {
    static const struct orr_index_head none;
    uint8_t has_head = head != NULL;
    if (!head) head = &none;
    assert(head->final <= head->safe && head->safe <= head->number);
    write_number(w, from);
    orr_rlp_write_raw(w, &has_head, 1);
    write_number(w, head->number);
    write_number(w, head->safe);
    write_number(w, head->final);
    orr_rlp_write_raw(w, head->hash.bytes, sizeof head->hash.bytes);
}

void orr_index_change_add(struct orr_rlp_writer *w, const struct orr_index_row *row) {
    uint8_t table = (uint8_t)row->table;
    orr_rlp_write_raw(w, &table, 1);
    orr_index_row_write(row, row->n, w);
}

/* ---- reading ---- */

struct change {
    uint64_t from;
    bool has_head;
    struct orr_index_head head;
    const uint8_t *rows, *end;
};

static bool read_head(const uint8_t *p, size_t len, struct change *c) {
    if (len < ORR_INDEX_CHANGE_HEAD_BYTES || p[8] > 1) return false;
    *c = (struct change){.from = orr_load_be64(p),
                         .has_head = p[8],
                         .head = {.number = orr_load_be64(p + 9),
                                  .safe = orr_load_be64(p + 17),
                                  .final = orr_load_be64(p + 25)},
                         .rows = p + ORR_INDEX_CHANGE_HEAD_BYTES,
                         .end = p + len};
    memcpy(c->head.hash.bytes, p + 33, sizeof c->head.hash.bytes);
    return c->head.number <= INT64_MAX && c->head.final <= c->head.safe &&
           c->head.safe <= c->head.number;
}

/* Are they rows of the head's block, ascending? */
static bool are_rows(const struct change *c) {
    const uint8_t *last[ORR_INDEX_N_TABLES] = {NULL};
    struct orr_index_row row;
    for (const uint8_t *p = c->rows; p < c->end;) { /* ends: each row has its number */
        uint8_t table = *p++;
        const uint8_t *begin = p;
        if (table >= ORR_INDEX_N_TABLES || !orr_index_row_read(table, &p, c->end, &row))
            return false;
        if (!c->has_head || row.values[0].number != c->head.number || c->from > c->head.number)
            return false;
        if (last[table] && memcmp(last[table], begin, orr_index_key_bytes(table)) >= 0)
            return false;
        last[table] = begin;
    }
    return true;
}

static int put_rows(const struct change *c, struct orr_index_sink *sink) {
    struct orr_index_row row;
    int error = 0;
    for (const uint8_t *p = c->rows; p < c->end && !error;) { /* ends: each row has its number */
        uint8_t table = *p++;
        bool is_row = orr_index_row_read(table, &p, c->end, &row);
        assert(is_row);
        (void)is_row;
        error = sink->put(sink, &row);
    }
    return error;
}

int orr_index_change_apply(const uint8_t *bytes, size_t len, struct orr_index_sink *sink) {
    struct change c;
    if (!read_head(bytes, len, &c) || !are_rows(&c)) return ORR_EFORMAT;
    struct orr_index_head before;
    bool has_more = !sink->head(sink, &before) && before.number >= c.from;
    int error = sink->begin(sink);
    if (error) return error;
    if (has_more) error = sink->cut(sink, c.from);
    if (!error) error = put_rows(&c, sink);
    if (!error) error = sink->set_head(sink, c.has_head ? &c.head : NULL);
    if (!error) error = sink->commit(sink);
    if (error) sink->abandon(sink);
    return error;
}
