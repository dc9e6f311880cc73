/* memory.h - the simulator's allocators behind models/base/mem.h. */
#ifndef ORR_SIM_BASE_MEMORY_H
#define ORR_SIM_BASE_MEMORY_H

#include "models/base/mem.h"

/* The C heap (or another allocator), with counters.  `n_allocs` counts every allocation and growth,
 * so a test can see that a steady run makes none; `used_bytes` is what is held now.  With `held_by`
 * it is counted apart for each owner; with a limit, what would pass it calls `over` first. */
struct orr_heap {
    struct orr_mem mem;      /* first: hand out &heap.mem */
    struct orr_mem *under;   /* where the memory comes from; NULL: the C heap */
    uint64_t n_allocs;
    size_t used_bytes, peak_bytes;
    size_t limit_bytes;                   /* 0: none */
    void (*over)(struct orr_heap *heap);  /* may leave by a jump; else the memory is given */
    int64_t *held_by;                     /* [owners] bytes, lent; NULL: not counted */
    uint32_t owner;                       /* whose calls these are */
    /* A call that gave q (or NULL) for p (or NULL); p's bytes are gone.  NULL: nobody listens. */
    void (*moved)(struct orr_heap *heap, const void *p, void *q, size_t new_size);
};
void orr_heap_init(struct orr_heap *heap);
void orr_heap_init_over(struct orr_heap *heap, struct orr_mem *under);

/* An allocator whose memory is given back all at once: what lives as long as the simulation.
 * Freeing or shrinking a piece does nothing. */
struct orr_arena {
    struct orr_mem mem; /* first: hand out &arena.mem */
    struct orr_arena_block *blocks;
    size_t left_bytes;
};
void orr_arena_init(struct orr_arena *arena);
void orr_arena_fini(struct orr_arena *arena);
/* Gives back all pieces and keeps one block for the next ones. */
void orr_arena_reset(struct orr_arena *arena);

/* realloc/free that end the process with exit 3 and a message when memory runs out. */
void *orr_xrealloc(void *p, size_t size);
/* n zeroed elements, likewise; of many, only the pages that are touched take memory. */
void *orr_xcalloc(size_t n, size_t size);

/* The same for the engine's large arrays: cache-line aligned, on huge pages from 2 MiB on.  Not to
 * be mixed with realloc and free. */
void *orr_big_realloc(void *p, size_t size);
void orr_big_free(void *p);
#endif
