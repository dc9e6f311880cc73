#include "models/gossip/payloads.h"

#include "models/base/bytes.h"

void orr_payloads_init(struct orr_payloads *p, struct orr_mem *mem) {
    orr_seen_init(&p->seen, mem);
    orr_fifo_init(&p->kept, mem, sizeof(struct orr_kept_payload));
}

static void drop_oldest(struct orr_payloads *p, struct orr_pool *pool) {
    orr_msg_unref(pool, ((struct orr_kept_payload *)orr_fifo_pop(&p->kept))->msg);
}

void orr_payloads_fini(struct orr_payloads *p, struct orr_pool *pool) {
    while (p->kept.n) drop_oldest(p, pool);
    orr_fifo_fini(&p->kept);
    orr_seen_fini(&p->seen);
}

bool orr_payloads_know(const struct orr_payloads *p, uint64_t id) {
    return orr_seen_find(&p->seen, id) != NULL;
}

bool orr_payloads_add(struct orr_payloads *p, struct orr_msg *m, orr_time now,
                      struct orr_pool *pool) {
    uint64_t id = orr_msg_hash(m);
    if (orr_payloads_know(p, id)) return false;
    orr_seen_add(&p->seen, id, now);
    if (p->kept.n == ORR_PAYLOADS_MAX) drop_oldest(p, pool);
    struct orr_kept_payload *kept = orr_fifo_push(&p->kept);
    *kept = (struct orr_kept_payload){id, orr_msg_ref(m)};
    return true;
}

struct orr_msg *orr_payloads_find(const struct orr_payloads *p, uint64_t id) {
    for (uint32_t i = p->kept.n; i-- > 0;) {
        const struct orr_kept_payload *k = orr_fifo_at(&p->kept, i);
        if (k->id == id) return k->msg;
    }
    return NULL;
}

struct orr_msg *orr_id_list(struct orr_pool *pool, uint16_t kind, uint32_t n) {
    assert(n <= ORR_ID_LIST_MAX);
    return orr_msg_new(pool, kind, n * 8);
}
void orr_id_list_put(struct orr_msg *list, uint32_t i, uint64_t id) {
    assert(i < list->len / 8);
    orr_store_le64(list->data + (size_t)i * 8, id);
}
uint64_t orr_id_list_get(const struct orr_msg *list, uint32_t i) {
    assert(i < list->len / 8);
    return orr_load_le64(list->data + (size_t)i * 8);
}
bool orr_id_list_read(const struct orr_msg *m, uint32_t *n) {
    if (m->len % 8 || m->len / 8 > ORR_ID_LIST_MAX) return false;
    *n = m->len / 8;
    return true;
}
