/* plain_tx.h - transactions of no meaning, for protocols that carry any bytes. */
#ifndef ORR_MODELS_PLAIN_TX_H
#define ORR_MODELS_PLAIN_TX_H

#include "models/protocol.h"

enum { ORR_PLAIN_TX_BYTES = 12 }; /* `.workload.least_size` */

/* A `.workload.make_tx` as it is: a message of kind 0 with the client's number u32, the
 * transaction's number u64 and zeros, together
 * max(size, ORR_PLAIN_TX_BYTES) bytes.  No two are equal. */
struct orr_msg *orr_plain_tx(void *state, const struct orr_common *common,
                             const struct orr_tx_order *order);
#endif
