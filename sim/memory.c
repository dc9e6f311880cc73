#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>

void *orr_xrealloc(void *p, size_t size) {
    void *q = realloc(p, size ? size : 1);
    if (!q) {
        fprintf(stderr, "orrery: out of memory (%zu bytes wanted)\n", size);
        exit(3);
    }
    return q;
}

static void *heap_resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    struct orr_heap *heap = (struct orr_heap *)m;
    heap->used_bytes += new_size - old_size;
    if (heap->used_bytes > heap->peak_bytes) heap->peak_bytes = heap->used_bytes;
    if (!new_size) {
        free(p);
        return NULL;
    }
    heap->n_allocs++;
    return orr_xrealloc(p, new_size);
}

void orr_heap_init(struct orr_heap *heap) {
    *heap = (struct orr_heap){.mem = {.resize = heap_resize}};
}
