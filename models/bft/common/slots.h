/* slots.h - a log of numbered slots of which a window is open: what is being agreed on, by number.
 *
 * Slots first..first + window - 1 are open and zeroed when they open.  When the first one is done
 * it closes and another opens at the far end; messages about slots outside the window are not
 * kept, so nobody can make a node remember without bound. */
#ifndef ORR_MODELS_BFT_COMMON_SLOTS_H
#define ORR_MODELS_BFT_COMMON_SLOTS_H

#include <assert.h>

#include "models/base/mem.h"

struct orr_slots {
    struct orr_mem *mem;
    uint8_t *slots;    /* [window], slot i at i modulo window */
    uint64_t first;
    uint32_t window;   /* a power of two */
    uint32_t size;     /* bytes of a slot, a multiple of 8 */
};

static inline void orr_slots_init(struct orr_slots *s, struct orr_mem *mem, uint64_t first,
                                  uint32_t window, size_t size) {
    assert(window && !(window & (window - 1)) && size && size % 8 == 0);
    *s = (struct orr_slots){mem, orr_alloc_zero(mem, window * size), first, window,
                            (uint32_t)size};
}
static inline void orr_slots_fini(struct orr_slots *s) {
    orr_free(s->mem, s->slots, (size_t)s->window * s->size);
    s->slots = NULL;
}
/* An open slot, or NULL. */
static inline void *orr_slots_at(const struct orr_slots *s, uint64_t number) {
    if (number < s->first || number - s->first >= s->window) return NULL;
    return s->slots + (number & (s->window - 1)) * s->size;
}
/* Closes the first slot, which must hold nothing any more that someone else should free. */
static inline void orr_slots_pass(struct orr_slots *s) {
    memset(orr_slots_at(s, s->first), 0, s->size);
    s->first++;
}
#endif
