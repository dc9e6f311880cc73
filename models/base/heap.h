/* heap.h - a binary heap of places in an array of yours: the one that comes before all others is on
 * top.
 *
 * `before` must be a total order (of two different places one comes before the other), or the
 * order of equals would be the heap's luck.  The functions are inline so that the compiler sees
 * through it. */
#ifndef ORR_BASE_HEAP_H
#define ORR_BASE_HEAP_H

#include <assert.h>
#include <stdbool.h>

#include "models/base/mem.h"

/* v: [n] the heap; v[n..] has room for cap - n more. */
struct orr_places_heap {
    struct orr_mem *mem;
    uint32_t *v;
    uint32_t n, cap;
};
typedef bool orr_before(const void *ctx, uint32_t a, uint32_t b);

static inline void orr_places_heap_init(struct orr_places_heap *heap, struct orr_mem *mem) {
    *heap = (struct orr_places_heap){.mem = mem};
}
static inline void orr_places_heap_fini(struct orr_places_heap *heap) {
    orr_free(heap->mem, heap->v, heap->cap * sizeof *heap->v);
    orr_places_heap_init(heap, heap->mem);
}
static inline void orr_places_heap_push(struct orr_places_heap *heap, uint32_t place,
                                        orr_before *before, const void *ctx) {
    if (heap->n == heap->cap) {
        uint32_t cap = heap->cap ? 2 * heap->cap : 64;
        heap->v = orr_resize(heap->mem, heap->v, heap->cap * sizeof *heap->v,
                             cap * sizeof *heap->v);
        heap->cap = cap;
    }
    uint32_t i = heap->n++;
    for (; i && before(ctx, place, heap->v[(i - 1) / 2]); i = (i - 1) / 2)
        heap->v[i] = heap->v[(i - 1) / 2];
    heap->v[i] = place;
}
/* Takes the top out.  It stands at v[n] until the next push, right behind the heap: several pops in
 * a row can be taken back by as many calls of push(v[n]). */
static inline uint32_t orr_places_heap_pop(struct orr_places_heap *heap, orr_before *before,
                                           const void *ctx) {
    assert(heap->n > 0);
    uint32_t n = --heap->n, top = heap->v[0], last = heap->v[n], i = 0;
    for (uint32_t c = 1; c < n; c = 2 * i + 1) { /* ends: i grows */
        if (c + 1 < n && before(ctx, heap->v[c + 1], heap->v[c])) c++;
        if (!before(ctx, heap->v[c], last)) break;
        heap->v[i] = heap->v[c];
        i = c;
    }
    heap->v[i] = last;
    heap->v[n] = top;
    return top;
}
#endif
