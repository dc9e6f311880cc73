/* region.h - all memory of one simulation in one stretch of addresses.
 *
 * Address space is reserved once and used from the bottom up; freed blocks go to lists by size
 * class and are handed out again.  So a simulation is forgotten in O(1) (the next one reuses the
 * same pages), and it can be copied and put back as bytes, pointers included: nothing moves.
 *
 * Classes are 16 bytes apart up to 512, then four to an octave: at most a fifth of a block is
 * padding.  Blocks from 512 bytes on are aligned to a cache line, from 2 MiB on to a huge page;
 * past the first 16 MiB all lies on huge pages, which saves address translation at random access.
 */
#ifndef ORR_SIM_BASE_REGION_H
#define ORR_SIM_BASE_REGION_H

#include <stdbool.h>

#include "models/base/mem.h"

enum { ORR_REGION_CLASSES = 160 };

/* Lies at the bottom of its own memory.  Its allocator ends the process (exit 3) when the reserved
 * addresses or the machine's memory are used up, as orr_xrealloc does. */
struct orr_region {
    struct orr_mem mem;      /* first: hand out &region->mem */
    size_t top_bytes;        /* in use from the bottom, this header included                  */
    size_t high_bytes;       /* the highest that top_bytes has been: pages past it are untouched */
    size_t reserved_bytes;
    size_t advised_bytes;    /* up to which huge pages were asked for; 0: not yet */
    uint64_t n_allocs;       /* allocations and growths since the last reset */
    bool fills;              /* with the byte: what is handed out, and what comes back */
    uint8_t fill;
    struct orr_region_block *free[ORR_REGION_CLASSES];
};

/* NULL: the process may not have as much address space (1 GiB at least). */
struct orr_region *orr_region_new(void);
void orr_region_free(struct orr_region *region); /* NULL: nothing */
/* Forgets all blocks.  Their bytes stay as they are: what is allocated next is not zeroed. */
void orr_region_reset(struct orr_region *region);
/* Till the next reset a new block's bytes all have this value, and so have those of a freed one. */
void orr_region_fill(struct orr_region *region, uint8_t byte);

/* A copy of a region's bytes as they are now, to go back to.  O(bytes in use). */
struct orr_snapshot;
struct orr_snapshot *orr_snapshot_take(const struct orr_region *region);
/* Makes the region what it was; pointers into it mean what they meant.  The snapshot stays. */
void orr_snapshot_restore(const struct orr_snapshot *snapshot, struct orr_region *region);
void orr_snapshot_free(struct orr_snapshot *snapshot); /* NULL: nothing */
#endif
