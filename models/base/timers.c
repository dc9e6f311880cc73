/* A binary heap of timer numbers; each timer knows its place there, so that it can be moved and
 * taken out.  (heap.h serves those who only push and pop.) */
#include "models/base/timers.h"

#include <assert.h>

void orr_timers_init(struct orr_timers *t, struct orr_mem *mem) {
    *t = (struct orr_timers){.mem = mem};
}

void orr_timers_fini(struct orr_timers *t) {
    orr_free(t->mem, t->heap, t->cap * sizeof *t->heap);
    orr_free(t->mem, t->timers, t->cap * sizeof *t->timers);
    orr_timers_init(t, t->mem);
}

static void grow(struct orr_timers *t, uint32_t id) {
    assert(id < 1u << 31);
    uint32_t cap = t->cap ? t->cap : 16;
    while (cap <= id) cap *= 2;
    t->heap = orr_resize(t->mem, t->heap, t->cap * sizeof *t->heap, cap * sizeof *t->heap);
    t->timers = orr_resize(t->mem, t->timers, t->cap * sizeof *t->timers,
                           cap * sizeof *t->timers);
    memset(t->timers + t->cap, 0, (cap - t->cap) * sizeof *t->timers);
    t->cap = cap;
}

/* A total order: no two timers were set by the same call. */
static bool before(const struct orr_timers *t, uint32_t a, uint32_t b) {
    const struct orr_timer *x = &t->timers[a], *y = &t->timers[b];
    return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void put(struct orr_timers *t, uint32_t at, uint32_t id) {
    t->heap[at] = id;
    t->timers[id].place = at + 1;
}

/* Puts a timer where it belongs, beginning at a place that is free. */
static void sift(struct orr_timers *t, uint32_t at, uint32_t id) {
    for (; at && before(t, id, t->heap[(at - 1) / 2]); at = (at - 1) / 2)
        put(t, at, t->heap[(at - 1) / 2]);
    for (uint32_t c = 2 * at + 1; c < t->n; c = 2 * at + 1) { /* ends: at grows */
        if (c + 1 < t->n && before(t, t->heap[c + 1], t->heap[c])) c++;
        if (!before(t, t->heap[c], id)) break;
        put(t, at, t->heap[c]);
        at = c;
    }
    put(t, at, id);
}

static void take_out(struct orr_timers *t, uint32_t id) {
    uint32_t at = t->timers[id].place - 1, last = t->heap[--t->n];
    t->timers[id].place = 0;
    if (last != id) sift(t, at, last);
}

bool orr_timers_set(struct orr_timers *t, uint32_t id, int64_t at) {
    int64_t first = orr_timers_first(t);
    assert(at >= 0);
    if (at == ORR_TIMERS_NEVER) {
        if (id < t->cap && t->timers[id].place) take_out(t, id);
    } else {
        if (id >= t->cap) grow(t, id);
        struct orr_timer *timer = &t->timers[id];
        uint32_t place = timer->place ? timer->place - 1 : t->n++;
        timer->at = at;
        timer->order = t->n_set++;
        sift(t, place, id);
    }
    return orr_timers_first(t) != first;
}

bool orr_timers_next(struct orr_timers *t, int64_t now, uint32_t *id) {
    if (orr_timers_first(t) > now || !t->n) return false;
    *id = t->heap[0];
    take_out(t, *id);
    return true;
}
