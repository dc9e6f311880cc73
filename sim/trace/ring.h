/* ring.h - rows on their way from the main loop to the trace's writer: one producer, one
 * consumer, no lock, fixed size.
 *
 * The producer fills the slot that orr_ring_slot() lends and makes it visible with
 * orr_ring_commit(); the consumer may read rows tail..head-1 at any time, so nothing waits for a
 * block to fill. */
#ifndef ORR_SIM_TRACE_RING_H
#define ORR_SIM_TRACE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* head and tail count rows since the start, head - tail <= capacity, a power of two. */
struct orr_ring {
    uint8_t *rows;
    uint32_t row_size, capacity;
    uint64_t tail_seen; /* producer's: tail when it last looked                    */
    _Alignas(64) _Atomic uint64_t head; /* producer's: rows committed                        */
    _Alignas(64) _Atomic uint64_t tail; /* consumer's: rows taken                            */
};

/* Room for the next row, or NULL while the ring is full. */
static inline void *orr_ring_slot(struct orr_ring *ring) {
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head - ring->tail_seen == ring->capacity) {
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head - ring->tail_seen == ring->capacity) return NULL;
    }
    return ring->rows + (size_t)(head & (ring->capacity - 1)) * ring->row_size;
}

/* The slot is filled.  Returns how many rows were committed since the start. */
static inline uint64_t orr_ring_commit(struct orr_ring *ring) {
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;
    atomic_store_explicit(&ring->head, head, memory_order_release);
    return head;
}

/* Consumer: up to max rows that lie in one piece; *n may be 0. */
static inline const void *orr_ring_peek(struct orr_ring *ring, uint32_t max, uint32_t *n) {
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t left = atomic_load_explicit(&ring->head, memory_order_acquire) - tail;
    uint32_t at = (uint32_t)(tail & (ring->capacity - 1)), run = ring->capacity - at;
    if (run > max) run = max;
    *n = left < run ? (uint32_t)left : run;
    return ring->rows + (size_t)at * ring->row_size;
}

/* Consumer: rows from the next one to the end of its chunk; capacity is a multiple of chunk, so
 * that they lie in one piece. */
static inline uint32_t orr_ring_left(const struct orr_ring *ring, uint32_t chunk) {
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    return chunk - (uint32_t)(tail % chunk);
}

/* Consumer: n of the peeked rows are done with. */
static inline void orr_ring_take(struct orr_ring *ring, uint32_t n) {
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    atomic_store_explicit(&ring->tail, tail + n, memory_order_release);
}
#endif
