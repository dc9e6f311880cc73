#include "models/bft/common/wal.h"

#include <assert.h>

#include "models/base/bytes.h"

/* A bundle's message: times: kind u16 | len u32 | bytes. */
enum { HEAD_BYTES = 2 + 4 };

void orr_wal_init(struct orr_wal *wal, struct orr_mem *mem, struct orr_pool *pool) {
    *wal = (struct orr_wal){.mem = mem, .pool = pool, .next_entry = ORR_WAL_ENTRIES};
}

void orr_wal_fini(struct orr_wal *wal) { orr_wal_forget(wal); }

void orr_wal_put_one(struct orr_wal *wal, struct orr_outbox *out, uint32_t slot,
                     struct orr_msg *moved) {
    (void)wal;
    assert(slot < ORR_WAL_SLOTS && moved);
    orr_write(out, slot, moved);
}

void orr_wal_put(struct orr_wal *wal, struct orr_outbox *out, uint32_t slot,
                 struct orr_msg *const *bundle, uint32_t n) {
    assert(slot < ORR_WAL_SLOTS);
    uint32_t size = 0;
    for (uint32_t i = 0; i < n; i++)
        if (bundle[i]) size += HEAD_BYTES + bundle[i]->len;
    assert(size > 0);
    struct orr_msg *record = orr_msg_new(wal->pool, 0, size);
    struct orr_writer w = orr_writer(record->data, size);
    for (uint32_t i = 0; i < n; i++) {
        if (!bundle[i]) continue;
        orr_write_u16(&w, bundle[i]->kind);
        orr_write_u32(&w, bundle[i]->len);
        orr_write_bytes(&w, bundle[i]->data, bundle[i]->len);
    }
    assert(!w.bad && w.p == w.end);
    orr_write(out, slot, record);
}

uint32_t orr_wal_append(struct orr_wal *wal, struct orr_outbox *out, struct orr_msg *m) {
    uint32_t name = wal->next_entry++;
    assert(wal->next_entry > ORR_WAL_ENTRIES);
    orr_write(out, name, orr_msg_ref(m));
    return name;
}

void orr_wal_drop(struct orr_wal *wal, struct orr_outbox *out, uint32_t entry) {
    assert(entry >= ORR_WAL_ENTRIES && entry < wal->next_entry);
    orr_write(out, entry, NULL);
}

int orr_wal_stored(struct orr_wal *wal, const struct orr_event *event) {
    uint32_t name = event->key;
    assert(!wal->n_records || wal->records[wal->n_records - 1].name < name);
    if (!event->msg || (name >= ORR_WAL_SLOTS && name < ORR_WAL_ENTRIES)) return ORR_ECORRUPT;
    if (wal->n_records == wal->cap) {
        uint32_t cap = wal->cap ? 2 * wal->cap : 64;
        wal->records = orr_resize(wal->mem, wal->records, wal->cap * sizeof *wal->records,
                                  cap * sizeof *wal->records);
        wal->cap = cap;
    }
    wal->records[wal->n_records++] = (struct orr_wal_record){name, orr_msg_ref(event->msg)};
    if (name >= ORR_WAL_ENTRIES) wal->next_entry = name + 1;
    return 0;
}

struct orr_msg *orr_wal_slot(const struct orr_wal *wal, uint32_t slot) {
    for (uint32_t i = 0; i < wal->n_records && wal->records[i].name <= slot; i++)
        if (wal->records[i].name == slot) return wal->records[i].msg;
    return NULL;
}

uint32_t orr_wal_entries(const struct orr_wal *wal, uint32_t *first) {
    uint32_t i = 0;
    while (i < wal->n_records && wal->records[i].name < ORR_WAL_ENTRIES) i++;
    *first = i;
    return wal->n_records - i;
}

struct orr_msg *orr_wal_next(const struct orr_wal *wal, const struct orr_msg *record,
                             uint32_t *at) {
    if (*at >= record->len) return NULL;
    struct orr_reader r = orr_reader(record->data + *at, record->len - *at);
    uint16_t kind = orr_read_u16(&r);
    uint32_t len = orr_read_u32(&r);
    const uint8_t *bytes = orr_read_bytes(&r, len);
    if (r.bad) return NULL;
    *at += HEAD_BYTES + len;
    return orr_msg_copy(wal->pool, kind, bytes, len);
}

void orr_wal_forget(struct orr_wal *wal) {
    for (uint32_t i = 0; i < wal->n_records; i++) orr_msg_unref(wal->pool, wal->records[i].msg);
    orr_free(wal->mem, wal->records, wal->cap * sizeof *wal->records);
    wal->records = NULL;
    wal->n_records = wal->cap = 0;
}
