/* inventory.h - naming transactions to a peer instead of sending them.
 *
 * The holder names what it has (HAVE), the peer asks for what it lacks (WANT), and gets it: only
 * ids travel, and what is lacking.  The messages, little-endian: HAVE is height u64 | n times: id
 * u64, WANT the ids alone; an id is a transaction's orr_msg_hash.  At most ORR_INVENTORY_MAX ids go
 * into one. */
#ifndef ORR_MODELS_BFT_COMMON_INVENTORY_H
#define ORR_MODELS_BFT_COMMON_INVENTORY_H

#include "models/bft/common/mempool.h"

enum { ORR_INVENTORY_MAX = 1024 };

/* A HAVE of kind `kind` that says `height` and names transactions, the oldest first, which came
 * before the chain was at `before` and have at most max_len bytes; NULL: there is none. */
struct orr_msg *orr_inventory_have(const struct orr_mempool *p, uint16_t kind, uint64_t height,
                                   uint64_t before, uint64_t max_len);
/* Is a HAVE well-formed?  *height: what it says. */
bool orr_inventory_have_read(const struct orr_msg *have, uint64_t *height);
/* A WANT of kind `kind` of what a well-formed HAVE names and the pool lacks; NULL: nothing. */
struct orr_msg *orr_inventory_want(const struct orr_mempool *p, uint16_t kind,
                                   const struct orr_msg *have);
/* Sends what a WANT asks for and is here, up to max_bytes; false: it is malformed. */
bool orr_inventory_answer(const struct orr_mempool *p, const struct orr_msg *want, orr_peer to,
                          uint64_t max_bytes, struct orr_outbox *out);
#endif
