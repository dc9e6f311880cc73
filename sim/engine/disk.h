/* disk.h - a node's durable storage: named records, a latency for each write, loss at a crash. */
#ifndef ORR_SIM_ENGINE_DISK_H
#define ORR_SIM_ENGINE_DISK_H

#include "models/base/ring.h"
#include "models/protocol.h"
#include "sim/net/dist.h"

/* A disk as the scenario describes it.  The latency of a write is the sum of both draws; NULL:
 * none. */
struct orr_disk_model {
    const struct orr_dist *write, *fsync;
    uint64_t size_bytes; /* a write past it fails the node; 0: without limit */
};

enum orr_disk_fate { /* what a crash leaves of the disk */
    ORR_DISK_KEEP,          /* all that was written: the process died, the machine lives */
    ORR_DISK_LOSE_UNSYNCED, /* what fsync had made durable: power failed                 */
    ORR_DISK_LOSE           /* nothing: the disk is lost                                 */
};

struct orr_disk_record {
    uint32_t name;
    struct orr_msg *msg; /* an owned reference; NULL only while pending: delete */
};

/* A node's disk.  Writes become durable in the order in which they were asked for. */
struct orr_disk {
    struct orr_disk_record *durable; /* ascending names */
    uint32_t n_durable, durable_cap;
    struct orr_fifo pending;         /* of records; size 0 before the first write */
    orr_time busy_until;
    uint64_t used_bytes; /* of durable and pending records */
};

/* Begins a write; msg is moved.  Returns when it will be durable, >= now. */
orr_time orr_disk_begin(struct orr_disk *disk, struct orr_mem *mem, orr_time now, orr_time latency,
                        uint32_t name, struct orr_msg *msg);
/* Makes the oldest pending write durable and returns its name. */
uint32_t orr_disk_commit(struct orr_disk *disk, struct orr_mem *mem, struct orr_pool *pool);
/* Drops all pending writes. */
void orr_disk_lose_pending(struct orr_disk *disk, struct orr_pool *pool);
/* Drops everything and gives the memory back. */
void orr_disk_fini(struct orr_disk *disk, struct orr_mem *mem, struct orr_pool *pool);
#endif
