#include "models/bft/common/inventory.h"

#include "models/base/bytes.h"

struct orr_msg *orr_inventory_have(const struct orr_mempool *p, uint16_t kind, uint64_t height,
                                   uint64_t before, uint64_t max_len) {
    uint32_t n = 0;
    struct orr_msg *m = NULL;
    for (uint32_t i = 0; i < p->n_entries && n < ORR_INVENTORY_MAX; i++) {
        const struct orr_mempool_entry *e = &p->entries[i];
        if (e->height >= before) break; /* so are all that came later */
        if (!e->tx || e->tx->len > max_len) continue;
        if (!m) m = orr_msg_new(p->pool, kind, 8 + 8 * ORR_INVENTORY_MAX);
        orr_store_le64(m->data + 8 + 8 * n++, e->id);
    }
    if (!m) return NULL;
    orr_store_le64(m->data, height);
    m->len = 8 + 8 * n;
    return m;
}

bool orr_inventory_have_read(const struct orr_msg *have, uint64_t *height) {
    if (have->len < 16 || have->len % 8 || have->len > 8 + 8 * ORR_INVENTORY_MAX) return false;
    *height = orr_load_le64(have->data);
    return true;
}

struct orr_msg *orr_inventory_want(const struct orr_mempool *p, uint16_t kind,
                                   const struct orr_msg *have) {
    struct orr_msg *want = NULL;
    uint32_t n = 0;
    for (uint32_t at = 8; at < have->len; at += 8) {
        uint64_t id = orr_load_le64(have->data + at);
        if (orr_mempool_find(p, id)) continue;
        if (!want) want = orr_msg_new(p->pool, kind, have->len - at);
        orr_store_le64(want->data + 8 * n++, id);
    }
    if (want) want->len = 8 * n;
    return want;
}

bool orr_inventory_answer(const struct orr_mempool *p, const struct orr_msg *want, orr_peer to,
                          uint64_t max_bytes, struct orr_outbox *out) {
    if (!want->len || want->len % 8 || want->len > 8 * ORR_INVENTORY_MAX) return false;
    for (uint32_t at = 0; at < want->len; at += 8) {
        struct orr_msg *tx = orr_mempool_find(p, orr_load_le64(want->data + at));
        if (!tx || tx->len > max_bytes) continue;
        max_bytes -= tx->len;
        orr_send(out, to, orr_msg_ref(tx));
    }
    return true;
}
