/* inv_client.c - what simulated clients publish: transactions of no meaning, and blocks of those
 * that no block has yet. */
#include "models/base/bytes.h"
#include "models/gossip/inv_state.h"
#include "models/plain_tx.h"

enum { BODY = ORR_BLOCK_HEADER + 4, MARK_AT = 36, RECENT = ORR_INV_RECENT };

static struct orr_msg *transaction(const struct orr_inv_recent *r,
                                   const struct orr_common *common) {
    struct orr_tx_order order = {.client = r->client, .number = r->number, .size = r->size};
    return orr_plain_tx(NULL, common, &order);
}

/* The oldest transactions that no block has, and a coinbase that fills up what is left; the header
 * says, where Bitcoin's has the root of the transactions, who made it and which of theirs it is. */
static struct orr_msg *block(struct orr_inv_clients *all, const struct orr_common *common,
                             const struct orr_tx_order *order) {
    uint32_t size = order->size < ORR_BLOCK_LEAST ? ORR_BLOCK_LEAST : order->size, n = 0;
    uint64_t used = BODY + 4;
    if (all->n - all->n_mined > RECENT - 1) all->n_mined = all->n - (RECENT - 1);
    for (uint64_t k = all->n_mined; k < all->n; k++, n++) {
        used += 4 + all->recent[k % RECENT].size;
        if (used > size) break;
    }
    struct orr_msg *m = orr_msg_new(common->pool, ORR_INV_BLOCK, size);
    memset(m->data, 0, size);
    orr_store_le32(m->data + MARK_AT, order->client);
    orr_store_le64(m->data + MARK_AT + 4, order->number);
    orr_store_le32(m->data + ORR_BLOCK_HEADER, n + 1);
    uint8_t *p = m->data + size; /* the coinbase stands in front, of what length is known last */
    for (uint32_t i = n; i-- > 0;) {
        struct orr_msg *tx = transaction(&all->recent[(all->n_mined + i) % RECENT], common);
        p -= 4 + tx->len;
        orr_store_le32(p, tx->len);
        memcpy(p + 4, tx->data, tx->len);
        orr_msg_unref(common->pool, tx);
    }
    orr_store_le32(m->data + BODY, (uint32_t)(p - m->data) - BODY - 4);
    all->n_mined += n;
    return m;
}

struct orr_msg *orr_inv_make_tx(void *state, const struct orr_common *common,
                                const struct orr_tx_order *order) {
    const struct orr_inv_config *cfg = common->shared;
    struct orr_inv_clients *all = state;
    if (cfg->block && order->size >= cfg->block) return block(all, common, order);
    struct orr_inv_recent r = {order->number, order->client,
                               order->size < ORR_PLAIN_TX_BYTES ? ORR_PLAIN_TX_BYTES : order->size};
    all->recent[all->n++ % RECENT] = r;
    return transaction(&r, common);
}
