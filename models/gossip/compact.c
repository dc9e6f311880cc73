#include "models/gossip/compact.h"

#include <assert.h>

#include "models/base/bytes.h"

enum { ID_AT = 4 }; /* of a compact block's header */

/* ---- blocks ---- */

bool orr_txs_next(struct orr_txs *r, struct orr_blob *tx) {
    if (!r->left || r->end - r->p < 4) return false;
    uint32_t len = orr_load_le32(r->p);
    if (len > (size_t)(r->end - r->p) - 4) return false;
    *tx = (struct orr_blob){r->p + 4, len};
    r->p += 4 + len;
    r->left--;
    return true;
}

static struct orr_txs reader(const struct orr_msg *m) {
    return (struct orr_txs){m->data + ORR_BLOCK_HEADER + 4, m->data + m->len,
                            orr_load_le32(m->data + ORR_BLOCK_HEADER)};
}

bool orr_txs_read(const struct orr_msg *m, struct orr_txs *r) {
    static const uint8_t none[ORR_HASH_BYTES];
    struct orr_blob tx;
    if (m->len < ORR_BLOCK_LEAST || memcmp(m->data + ID_AT, none, sizeof none)) return false;
    struct orr_txs all = reader(m);
    if (!all.left || all.left > ORR_BLOCK_TXS_MAX) return false;
    while (orr_txs_next(&all, &tx)) {
    }
    if (all.left || all.p != all.end) return false;
    *r = reader(m);
    return true;
}

/* ---- compact blocks ---- */

static uint64_t id_of(uint16_t kind, struct orr_blob tx, struct orr_pool *pool) {
    struct orr_msg *m = orr_msg_copy(pool, kind, tx.p, tx.len);
    uint64_t id = orr_msg_hash(m);
    orr_msg_unref(pool, m);
    return id;
}

static uint64_t short_id(uint64_t key, uint64_t id) {
    return orr_hash64(key, &id, sizeof id) & 0xffffffffffffull;
}

struct orr_msg *orr_compact_make(const struct orr_msg *block, uint16_t kind, uint16_t tx,
                                 uint64_t nonce, struct orr_pool *pool) {
    struct orr_txs r = reader(block);
    struct orr_blob one;
    uint32_t n = r.left;
    bool is_block = orr_txs_next(&r, &one);
    assert(is_block);
    uint32_t len = ORR_BLOCK_HEADER + 12 + (n - 1) * ORR_SHORT_ID + 4 + one.len;
    struct orr_msg *m = orr_msg_new(pool, kind, len);
    memcpy(m->data, block->data, ORR_BLOCK_HEADER);
    orr_store_le64(m->data + ID_AT, orr_msg_hash(block));
    orr_store_le64(m->data + ORR_BLOCK_HEADER, nonce);
    orr_store_le32(m->data + ORR_BLOCK_HEADER + 8, n);
    uint8_t *p = m->data + len - one.len;
    orr_store_le32(p - 4, one.len);
    if (one.len) memcpy(p, one.p, one.len);
    uint64_t key = orr_hash64(0, m->data, ORR_BLOCK_HEADER + 8);
    for (p = m->data + ORR_BLOCK_HEADER + 12; orr_txs_next(&r, &one); p += ORR_SHORT_ID) {
        uint64_t id = short_id(key, id_of(tx, one, pool));
        memcpy(p, &id, ORR_SHORT_ID);
    }
    return m;
}

bool orr_compact_read(const struct orr_msg *m, struct orr_compact *c) {
    if (m->len < ORR_BLOCK_HEADER + 16) return false;
    uint32_t n = orr_load_le32(m->data + ORR_BLOCK_HEADER + 8);
    if (!n || n > ORR_BLOCK_TXS_MAX) return false;
    size_t at = ORR_BLOCK_HEADER + 12 + (size_t)(n - 1) * ORR_SHORT_ID;
    if (at + 4 > m->len || orr_load_le32(m->data + at) != m->len - at - 4) return false;
    *c = (struct orr_compact){
        .id = orr_load_le64(m->data + ID_AT),
        .key = orr_hash64(0, m->data, ORR_BLOCK_HEADER + 8),
        .header = m->data,
        .ids = m->data + ORR_BLOCK_HEADER + 12,
        .coinbase = {m->data + at + 4, (uint32_t)(m->len - at - 4)},
        .n = n,
    };
    return true;
}

static uint64_t load_short(const uint8_t *p) {
    uint64_t id = 0;
    memcpy(&id, p, ORR_SHORT_ID);
    return id;
}

/* A node's payloads by short id: an open table, each place a payload's number + 1. */
enum { SLOTS = 4 * ORR_PAYLOADS_MAX };
struct by_short {
    uint64_t ids[ORR_PAYLOADS_MAX]; /* of each payload */
    uint16_t slots[SLOTS];
};
_Static_assert(ORR_PAYLOADS_MAX < UINT16_MAX, "numbers of payloads fit into a slot");

static void index_payloads(struct by_short *t, uint64_t key, const struct orr_payloads *p,
                           uint16_t tx) {
    memset(t->slots, 0, sizeof t->slots);
    for (uint32_t i = 0; i < p->kept.n; i++) {
        const struct orr_kept_payload *k = orr_fifo_at(&p->kept, i);
        if (k->msg->kind != tx) continue;
        t->ids[i] = short_id(key, k->id);
        uint32_t at = (uint32_t)(t->ids[i] % SLOTS);
        while (t->slots[at]) at = (at + 1) % SLOTS; /* ends: there are more slots than payloads */
        t->slots[at] = (uint16_t)(i + 1);
    }
}

static struct orr_msg *look_up(const struct by_short *t, uint64_t id,
                               const struct orr_payloads *p) {
    struct orr_msg *found = NULL;
    for (uint32_t at = (uint32_t)(id % SLOTS); t->slots[at]; at = (at + 1) % SLOTS) { /* likewise */
        uint32_t i = t->slots[at] - 1u;
        if (t->ids[i] != id) continue;
        if (found) return NULL;
        found = ((const struct orr_kept_payload *)orr_fifo_at(&p->kept, i))->msg;
    }
    return found;
}

uint32_t orr_compact_find(const struct orr_compact *c, const struct orr_payloads *payloads,
                          uint16_t tx, struct orr_msg **txs, uint32_t *places) {
    struct by_short table;
    uint32_t n_missing = 0;
    index_payloads(&table, c->key, payloads, tx);
    txs[0] = NULL;
    for (uint32_t i = 1; i < c->n; i++) {
        txs[i] = look_up(&table, load_short(c->ids + (size_t)(i - 1) * ORR_SHORT_ID), payloads);
        if (!txs[i]) places[n_missing++] = i;
    }
    return n_missing;
}

struct orr_msg *orr_compact_fill(const struct orr_compact *c, struct orr_msg *const *txs,
                                 uint16_t block, struct orr_pool *pool) {
    uint64_t len = ORR_BLOCK_LEAST + (uint64_t)c->coinbase.len;
    for (uint32_t i = 1; i < c->n; i++) len += 4 + (uint64_t)txs[i]->len;
    if (len > UINT32_MAX / 2) return NULL;
    struct orr_msg *m = orr_msg_new(pool, block, (uint32_t)len);
    memcpy(m->data, c->header, ORR_BLOCK_HEADER);
    memset(m->data + ID_AT, 0, ORR_HASH_BYTES);
    orr_store_le32(m->data + ORR_BLOCK_HEADER, c->n);
    uint8_t *p = m->data + ORR_BLOCK_HEADER + 4;
    for (uint32_t i = 0; i < c->n; i++) {
        const uint8_t *from = i ? txs[i]->data : c->coinbase.p;
        uint32_t size = i ? txs[i]->len : c->coinbase.len;
        orr_store_le32(p, size);
        if (size) memcpy(p + 4, from, size);
        p += 4 + size;
    }
    if (orr_msg_hash(m) == c->id) return m;
    orr_msg_unref(pool, m);
    return NULL;
}

/* ---- asking for what is missing ---- */

struct orr_msg *orr_compact_ask(uint64_t id, const uint32_t *places, uint32_t n, uint16_t kind,
                                struct orr_pool *pool) {
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_HASH_BYTES + 4 + 4 * n);
    memset(m->data, 0, ORR_HASH_BYTES);
    orr_store_le64(m->data, id);
    orr_store_le32(m->data + ORR_HASH_BYTES, n);
    for (uint32_t i = 0; i < n; i++)
        orr_store_le32(m->data + ORR_HASH_BYTES + 4 + (size_t)i * 4, places[i]);
    return m;
}

uint32_t orr_compact_ask_place(const struct orr_msg *m, uint32_t i) {
    return orr_load_le32(m->data + ORR_HASH_BYTES + 4 + (size_t)i * 4);
}

bool orr_compact_ask_read(const struct orr_msg *m, uint64_t *id, uint32_t *n) {
    if (m->len < ORR_HASH_BYTES + 4) return false;
    uint32_t k = orr_load_le32(m->data + ORR_HASH_BYTES);
    if (!k || k > ORR_BLOCK_TXS_MAX || m->len != ORR_HASH_BYTES + 4 + 4 * k) return false;
    for (uint32_t i = 1; i < k; i++)
        if (orr_compact_ask_place(m, i) <= orr_compact_ask_place(m, i - 1)) return false;
    *id = orr_load_le64(m->data);
    *n = k;
    return true;
}

/* Walks to each place that is asked for; out NULL: only counts the bytes of the answer. */
static bool gather(const struct orr_msg *block, const struct orr_msg *ask, uint32_t n, uint8_t *out,
                   uint64_t *len) {
    struct orr_txs r = reader(block);
    struct orr_blob tx;
    uint32_t k = 0;
    for (uint32_t i = 0; k < n && orr_txs_next(&r, &tx); i++) {
        if (orr_compact_ask_place(ask, k) != i) continue;
        if (out) {
            orr_store_le32(out, tx.len);
            if (tx.len) memcpy(out + 4, tx.p, tx.len);
            out += 4 + tx.len;
        }
        *len += 4 + (uint64_t)tx.len;
        k++;
    }
    return k == n;
}

struct orr_msg *orr_compact_answer(const struct orr_msg *block, const struct orr_msg *ask,
                                   uint16_t kind, struct orr_pool *pool) {
    uint64_t id, len = ORR_HASH_BYTES + 4;
    uint32_t n;
    bool is_ask = orr_compact_ask_read(ask, &id, &n);
    assert(is_ask);
    if (!gather(block, ask, n, NULL, &len)) return NULL;
    struct orr_msg *m = orr_msg_new(pool, kind, (uint32_t)len);
    memset(m->data, 0, ORR_HASH_BYTES);
    orr_store_le64(m->data, id);
    orr_store_le32(m->data + ORR_HASH_BYTES, n);
    gather(block, ask, n, m->data + ORR_HASH_BYTES + 4, &len);
    return m;
}

bool orr_compact_answer_read(const struct orr_msg *m, const struct orr_msg *ask, uint16_t tx,
                             struct orr_msg **txs, struct orr_pool *pool) {
    uint64_t id;
    uint32_t n;
    struct orr_blob one;
    bool is_ask = orr_compact_ask_read(ask, &id, &n);
    assert(is_ask);
    if (m->len < ORR_HASH_BYTES + 4 || orr_load_le64(m->data) != id ||
        orr_load_le32(m->data + ORR_HASH_BYTES) != n)
        return false;
    struct orr_txs all = {m->data + ORR_HASH_BYTES + 4, m->data + m->len, n}, r = all;
    while (orr_txs_next(&all, &one)) {
    }
    if (all.left || all.p != all.end) return false;
    for (uint32_t k = 0; orr_txs_next(&r, &one); k++)
        txs[orr_compact_ask_place(ask, k)] = orr_msg_copy(pool, tx, one.p, one.len);
    return true;
}
