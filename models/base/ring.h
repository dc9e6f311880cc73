/* ring.h - a queue of equal pieces: first in, first out, growing as it must. */
#ifndef ORR_BASE_RING_H
#define ORR_BASE_RING_H

#include <assert.h>

#include "models/base/mem.h"

/* cap is 0 or a power of two; piece i from the front lies at (head + i) modulo cap. */
struct orr_fifo {
    struct orr_mem *mem;
    uint8_t *pieces;
    uint32_t size; /* bytes of a piece */
    uint32_t head, n, cap;
};

static inline void orr_fifo_init(struct orr_fifo *fifo, struct orr_mem *mem, uint32_t size) {
    assert(size > 0);
    *fifo = (struct orr_fifo){.mem = mem, .size = size};
}
static inline void orr_fifo_fini(struct orr_fifo *fifo) {
    orr_free(fifo->mem, fifo->pieces, (size_t)fifo->cap * fifo->size);
    orr_fifo_init(fifo, fifo->mem, fifo->size);
}
/* The i-th piece from the front, lent until the next push. */
static inline void *orr_fifo_at(const struct orr_fifo *fifo, uint32_t i) {
    assert(i < fifo->n);
    return fifo->pieces + (size_t)((fifo->head + i) & (fifo->cap - 1)) * fifo->size;
}
/* Appends a piece; the caller fills what is returned. */
static inline void *orr_fifo_push(struct orr_fifo *fifo) {
    if (fifo->n == fifo->cap) {
        uint32_t cap = fifo->cap ? 2 * fifo->cap : 8;
        fifo->pieces = orr_resize(fifo->mem, fifo->pieces, (size_t)fifo->cap * fifo->size,
                                  (size_t)cap * fifo->size);
        /* what had wrapped round to the start follows the rest again */
        if (fifo->head)
            memcpy(fifo->pieces + (size_t)fifo->cap * fifo->size, fifo->pieces,
                   (size_t)fifo->head * fifo->size);
        fifo->cap = cap;
    }
    fifo->n++;
    return orr_fifo_at(fifo, fifo->n - 1);
}
/* Drops the front piece; its bytes stay until the next push. */
static inline void *orr_fifo_pop(struct orr_fifo *fifo) {
    void *front = orr_fifo_at(fifo, 0);
    fifo->head = (fifo->head + 1) & (fifo->cap - 1);
    fifo->n--;
    return front;
}
#endif
