#include "sim/scenario/tree.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

enum { BLOCK_BYTES = 64 << 10 };

struct block {
    struct block *next;
    size_t used, size;
    _Alignas(16) unsigned char data[];
};

struct orr_scenario_store {
    struct block *blocks;
};

struct orr_scenario_store *orr_store_new(void) {
    struct orr_scenario_store *store = orr_xrealloc(NULL, sizeof *store);
    store->blocks = NULL;
    return store;
}

void orr_store_free(struct orr_scenario_store *store) {
    if (!store) return;
    for (struct block *block = store->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(store);
}

void *orr_store_alloc(struct orr_scenario_store *store, size_t size) {
    assert(size <= SIZE_MAX / 2);
    size = (size + 15) & ~(size_t)15;
    struct block *block = store->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = orr_xrealloc(NULL, sizeof *block + room);
        *block = (struct block){.next = store->blocks, .size = room};
        store->blocks = block;
    }
    void *p = block->data + block->used;
    block->used += size;
    return memset(p, 0, size);
}

char *orr_store_text(struct orr_scenario_store *store, const char *text, size_t len) {
    char *copy = orr_store_alloc(store, len + 1);
    if (len) memcpy(copy, text, len);
    return copy;
}

char *orr_store_printf(struct orr_scenario_store *store, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(len >= 0);
    char *text = orr_store_alloc(store, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
