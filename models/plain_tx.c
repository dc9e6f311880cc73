#include "models/plain_tx.h"

#include "models/base/bytes.h"

struct orr_msg *orr_plain_tx(void *state, const struct orr_common *common,
                             const struct orr_tx_order *order) {
    (void)state;
    struct orr_msg *m = orr_msg_new(
        common->pool, 0, order->size < ORR_PLAIN_TX_BYTES ? ORR_PLAIN_TX_BYTES : order->size);
    memset(m->data, 0, m->len);
    orr_store_le32(m->data, order->client);
    orr_store_le64(m->data + 4, order->number);
    return m;
}
