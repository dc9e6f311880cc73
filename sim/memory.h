/* memory.h - the simulator's allocators behind models/base/mem.h. */
#ifndef ORR_SIM_MEMORY_H
#define ORR_SIM_MEMORY_H

#include "models/base/mem.h"

/* The C heap as an allocator, with counters.  `n_allocs` counts every allocation and growth, so a
 * test can see that a steady run makes none; `used_bytes` is what is held now. */
struct orr_heap {
    struct orr_mem mem;      /* first: hand out &heap.mem */
    uint64_t n_allocs;
    size_t used_bytes, peak_bytes;
};
void orr_heap_init(struct orr_heap *heap);

/* realloc/free that end the process with exit 3 and a message when memory runs out. */
void *orr_xrealloc(void *p, size_t size);
#endif
