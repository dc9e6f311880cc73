/* mem.h - the allocator that a driver hands to models/: all memory of a protocol or VM comes
 * through one of these, so that a driver can count, bound, pool and tear it down. */
#ifndef ORR_BASE_MEM_H
#define ORR_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* An allocator.  resize(m, p, old, new) is realloc with the old size told: p == NULL allocates
 * (old == 0), new == 0 frees and returns NULL, new bytes past old are not zeroed.  Memory is
 * aligned to 16 bytes.  It never returns NULL for new > 0: a driver that cannot give memory ends
 * the run with a message (exit 3), so code in models/ need not unwind from it.  Not thread-safe:
 * one allocator belongs to one thread at a time. */
struct orr_mem {
    void *(*resize)(struct orr_mem *m, void *p, size_t old_size, size_t new_size);
};

/* Of size 0: NULL. */
static inline void *orr_alloc(struct orr_mem *m, size_t size) {
    return m->resize(m, NULL, 0, size);
}
static inline void *orr_alloc_zero(struct orr_mem *m, size_t size) {
    void *p = orr_alloc(m, size);
    return size ? memset(p, 0, size) : p;
}
static inline void *orr_resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    return m->resize(m, p, old_size, new_size);
}
static inline void orr_free(struct orr_mem *m, void *p, size_t size) {
    if (p) m->resize(m, p, size, 0);
}
#endif
