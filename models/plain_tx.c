#include "models/plain_tx.h"

#include "models/base/bytes.h"

struct orr_msg *orr_plain_tx(const void *shared, struct orr_pool *pool, struct orr_memo *memo,
                             uint32_t client, uint64_t number, uint32_t size, struct orr_rng *rng) {
    (void)shared, (void)memo, (void)rng;
    struct orr_msg *m = orr_msg_new(pool, 0, size < 12 ? 12 : size);
    memset(m->data, 0, m->len);
    orr_store_le32(m->data, client);
    orr_store_le64(m->data + 4, number);
    return m;
}
