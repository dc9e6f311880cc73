/* seen.h - the messages that a node has heard of in the last minutes, oldest first, found by key.
 *
 * A key is a 64-bit hash of a message's id. */
#ifndef ORR_GOSSIP_SEEN_H
#define ORR_GOSSIP_SEEN_H

#include "models/base/mem.h"
#include "models/protocol.h"

enum orr_seen_status {
    ORR_SEEN_UNJUDGED, /* the validator has not spoken yet */
    ORR_SEEN_VALID,
    ORR_SEEN_INVALID,
    ORR_SEEN_IGNORED
};

struct orr_seen_entry {
    uint64_t key;
    orr_time at;      /* first heard; of a VALID one that is scored: of the verdict     */
    uint32_t senders; /* of the score: whom it came from beside the first, + 1; 0: none */
    uint8_t status;   /* enum orr_seen_status                                           */
    uint8_t reserved[3];
};

struct orr_seen {
    struct orr_mem *mem;
    struct orr_seen_entry *entries; /* [cap] a ring, the oldest at head */
    struct orr_seen_slot {
        uint32_t place;             /* in the ring, + 1; 0: free        */
        uint32_t key[2];            /* the key: it is found without a look at the entry */
    } *slots;                       /* [2 * cap] by key                 */
    uint32_t n, cap, head;
};

void orr_seen_init(struct orr_seen *seen, struct orr_mem *mem);
void orr_seen_fini(struct orr_seen *seen);
/* NULL: not heard of.  Lent until the next change. */
struct orr_seen_entry *orr_seen_find(const struct orr_seen *seen, uint64_t key);
/* Asks for the memory that orr_seen_find of this key looks at. */
void orr_seen_touch(const struct orr_seen *seen, uint64_t key);
/* One that is not there, with status UNJUDGED.  now never goes back. */
struct orr_seen_entry *orr_seen_add(struct orr_seen *seen, uint64_t key, orr_time now);
/* The oldest entry, or NULL; and away with it. */
struct orr_seen_entry *orr_seen_oldest(const struct orr_seen *seen);
void orr_seen_drop(struct orr_seen *seen);
#endif
