#include "sim/base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *must(void *p, size_t size) {
    if (p) return p;
    fprintf(stderr, "orrery: out of memory (%zu bytes wanted)\n", size);
    exit(3);
}

void *orr_xrealloc(void *p, size_t size) { return must(realloc(p, size ? size : 1), size); }

void *orr_xcalloc(size_t n, size_t size) {
    assert(n && size);
    return must(calloc(n, size), n * size);
}

static void *heap_resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    struct orr_heap *heap = (struct orr_heap *)m;
    assert(heap->used_bytes >= old_size && (old_size > 0) == (p != NULL));
    if (new_size > old_size && heap->limit_bytes &&
        heap->used_bytes + new_size - old_size > heap->limit_bytes)
        heap->over(heap);
    heap->used_bytes += new_size - old_size;
    if (heap->held_by) heap->held_by[heap->owner] += (int64_t)new_size - (int64_t)old_size;
    if (heap->used_bytes > heap->peak_bytes) heap->peak_bytes = heap->used_bytes;
    heap->n_allocs += new_size > 0;
    void *q = NULL;
    if (heap->under) q = orr_resize(heap->under, p, old_size, new_size);
    else if (new_size) q = orr_xrealloc(p, new_size);
    else free(p);
    if (heap->moved) heap->moved(heap, p, q, new_size);
    return q;
}

void orr_heap_init(struct orr_heap *heap) {
    orr_heap_init_over(heap, NULL);
}

void orr_heap_init_over(struct orr_heap *heap, struct orr_mem *under) {
    *heap = (struct orr_heap){.mem = {.resize = heap_resize}, .under = under};
}

struct orr_arena_block {
    struct orr_arena_block *next;
    size_t used;
    char bytes[] __attribute__((aligned(16)));
};

static void *arena_resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    struct orr_arena *arena = (struct orr_arena *)m;
    assert((old_size > 0) == (p != NULL));
    if (new_size <= old_size) return new_size ? p : NULL;
    size_t size = (new_size + 15) / 16 * 16;
    if (size > arena->left_bytes) {
        size_t block_bytes = size > 1 << 16 ? size : 1 << 16;
        struct orr_arena_block *block = orr_xrealloc(NULL, sizeof *block + block_bytes);
        *block = (struct orr_arena_block){arena->blocks, 0};
        arena->blocks = block;
        arena->left_bytes = block_bytes;
    }
    void *q = arena->blocks->bytes + arena->blocks->used;
    arena->blocks->used += size;
    arena->left_bytes -= size;
    assert((uintptr_t)q % 16 == 0);
    if (old_size) memcpy(q, p, old_size);
    return q;
}

void orr_arena_init(struct orr_arena *arena) {
    *arena = (struct orr_arena){.mem = {.resize = arena_resize}};
}

void orr_arena_fini(struct orr_arena *arena) {
    for (struct orr_arena_block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    orr_arena_init(arena);
}

void orr_arena_reset(struct orr_arena *arena) {
    struct orr_arena_block *kept = arena->blocks;
    if (!kept) return;
    for (struct orr_arena_block *b = kept->next, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    kept->next = NULL;
    arena->left_bytes += kept->used;
    kept->used = 0;
}

/* Sizes are kept in front of the block, so that growing can copy; blocks of 2 MiB and more start on
 * a huge page and ask for huge pages, which saves address translation on random access. */
enum { HUGE_PAGE = 2 << 20, FRONT = 64 };

void *orr_big_realloc(void *p, size_t size) {
    size_t whole = size + FRONT, old = p ? *(size_t *)((char *)p - FRONT) : 0;
    size_t align = whole >= HUGE_PAGE ? HUGE_PAGE : 64;
    whole = (whole + align - 1) / align * align;
    assert(whole > size && whole % align == 0);
    char *q = must(aligned_alloc(align, whole), size);
    if (align == HUGE_PAGE) madvise(q, whole, MADV_HUGEPAGE);
    *(size_t *)q = size;
    if (p) {
        memcpy(q + FRONT, p, old < size ? old : size);
        orr_big_free(p);
    }
    return q + FRONT;
}

void orr_big_free(void *p) {
    if (p) free((char *)p - FRONT);
}
