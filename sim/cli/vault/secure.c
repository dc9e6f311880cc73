#include "sim/cli/vault/secure.h"

#include <assert.h>
#include <jansson.h>
#include <malloc.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum {
    FIRST_CHUNK = 256 << 10, /* enough for a key */
    LARGE = 32 << 10,
    ALIGN = 16,
    CLASSES = 12,
    PAGE = 4096,
    HUGE = 2 << 20,
    WHOLE = 1 << 20, /* from this size on memory is asked for in huge pages */
};

/* A piece that is free lists the next one of its class in its first bytes; in front of each piece
 * stands its size, for jansson does not tell it. */
struct piece {
    size_t size;   /* of what follows, a class or a multiple of ALIGN above LARGE */
    size_t unused; /* keeps what follows aligned */
};

static struct {
    struct piece *free[CLASSES];
    uint8_t *chunk;
    size_t left;
} pool;

static size_t mapped_size(size_t size) { return (size + HUGE - 1) / HUGE * HUGE; }

/* Much memory at once, as sodium_malloc gives it (locked, not in core files, between two pages that
 * nobody may touch, at the end of what is mapped), but in huge pages: a page of 4 KiB that is
 * touched for the first time takes microseconds, and sodium_malloc touches all of them twice. */
static void *map_guarded(size_t size) {
    size_t mapped = mapped_size(size), reserved = mapped + 2 * HUGE;
    uint8_t *base = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return NULL;
    uint8_t *p = base + HUGE - (uintptr_t)base % HUGE, *end = p + mapped;
    if (p > base + PAGE) munmap(base, (size_t)(p - base) - PAGE);
    if (end + PAGE < base + reserved) munmap(end + PAGE, (size_t)(base + reserved - end) - PAGE);
    if (mprotect(p, mapped, PROT_READ | PROT_WRITE)) {
        munmap(p - PAGE, mapped + 2 * PAGE);
        return NULL;
    }
    madvise(p, mapped, MADV_HUGEPAGE);
    sodium_mlock(p, mapped);
    return end - size;
}

static void unmap_guarded(void *at, size_t size) {
    uint8_t *end = (uint8_t *)at + size, *p = end - mapped_size(size);
    munmap(p - PAGE, (size_t)(end - p) + 2 * PAGE);
}

static void *chunk_of(size_t size) {
    void *p = size < WHOLE ? sodium_malloc(size) : map_guarded(size);
    if (p) return p;
    fprintf(stderr, "orrery vault: out of memory\n");
    exit(3);
}

static void give_chunk(void *at, size_t size) {
    if (size < WHOLE)
        sodium_free(at);
    else
        unmap_guarded(at, size);
}

static unsigned class_of(size_t size) {
    unsigned c = 0;
    while (((size_t)ALIGN << c) < size) c++;
    return c;
}

static void *take(size_t size) {
    if (size > LARGE) {
        size = (size + ALIGN - 1) / ALIGN * ALIGN;
        struct piece *p = chunk_of(size + sizeof *p);
        p->size = size;
        return p + 1;
    }
    unsigned c = class_of(size);
    assert(c < CLASSES);
    struct piece *p = pool.free[c];
    if (p) {
        memcpy(&pool.free[c], p + 1, sizeof(void *));
        return p + 1;
    }
    size_t whole = sizeof *p + ((size_t)ALIGN << c);
    if (pool.left < whole) {
        pool.left = pool.chunk ? HUGE : FIRST_CHUNK;
        pool.chunk = chunk_of(pool.left);
    }
    p = (struct piece *)pool.chunk;
    pool.chunk += whole, pool.left -= whole;
    p->size = (size_t)ALIGN << c;
    return p + 1;
}

static void give(void *at) {
    if (!at) return;
    struct piece *p = (struct piece *)at - 1;
    sodium_memzero(at, p->size);
    if (p->size > LARGE) {
        give_chunk(p, p->size + sizeof *p);
        return;
    }
    unsigned c = class_of(p->size);
    memcpy(at, &pool.free[c], sizeof(void *));
    pool.free[c] = p;
}

static void *resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    (void)m;
    void *fresh = new_size ? take(new_size) : NULL;
    size_t kept = old_size < new_size ? old_size : new_size;
    if (p && kept) memcpy(fresh, p, kept);
    give(p);
    return fresh;
}

struct orr_mem *orr_secure_mem(void) {
    static struct orr_mem mem = {resize};
    return &mem;
}

static bool can_lock(void) {
    uint8_t *page = sodium_malloc(64);
    bool good = page && mlock(page, 64) == 0;
    sodium_free(page);
    return good;
}

int orr_secure_begin(void) {
    struct rlimit none = {0, 0};
    if (sodium_init() < 0) {
        fprintf(stderr, "orrery vault: libsodium does not start\n");
        return 3;
    }
    if (prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &none)) {
        fprintf(stderr, "orrery vault: core files cannot be forbidden\n");
        return 3;
    }
    if (!can_lock())
        fprintf(stderr, "orrery vault: memory cannot be locked here; secrets may be swapped out\n");
    mallopt(M_PERTURB, 0xa5); /* what the libraries free is overwritten */
    json_set_alloc_funcs(take, give);
    setvbuf(stdout, orr_alloc(orr_secure_mem(), 64 << 10), _IOFBF, 64 << 10);
    return 0;
}
