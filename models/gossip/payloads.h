/* payloads.h - what clients published, for routers whose messages are the payloads themselves: ids
 * that were heard of, and the latest payloads for who asks.  A payload's id is its orr_msg_hash. */
#ifndef ORR_GOSSIP_PAYLOADS_H
#define ORR_GOSSIP_PAYLOADS_H

#include "models/base/ring.h"
#include "models/gossip/seen.h"

enum { ORR_PAYLOADS_MAX = 1024 }; /* kept; those that came first go first */

struct orr_payloads {
    struct orr_seen seen;
    struct orr_fifo kept; /* struct orr_kept_payload */
};
struct orr_kept_payload { uint64_t id; struct orr_msg *msg; };

void orr_payloads_init(struct orr_payloads *p, struct orr_mem *mem);
void orr_payloads_fini(struct orr_payloads *p, struct orr_pool *pool);
bool orr_payloads_know(const struct orr_payloads *p, uint64_t id);
/* Keeps a reference; false: it was heard of before. */
bool orr_payloads_add(struct orr_payloads *p, struct orr_msg *m, orr_time now,
                      struct orr_pool *pool);
/* A payload that is kept, lent, or NULL. */
struct orr_msg *orr_payloads_find(const struct orr_payloads *p, uint64_t id);

/* ---- lists of ids as messages: 8 bytes each, little-endian ---- */

enum { ORR_ID_LIST_MAX = 65536 };
/* With room for n ids. */
struct orr_msg *orr_id_list(struct orr_pool *pool, uint16_t kind, uint32_t n);
void orr_id_list_put(struct orr_msg *list, uint32_t i, uint64_t id);
uint64_t orr_id_list_get(const struct orr_msg *list, uint32_t i);
/* Its ids; false: it is no list.  An empty one is. */
bool orr_id_list_read(const struct orr_msg *m, uint32_t *n);
#endif
