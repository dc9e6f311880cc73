#include "sim/base/region.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "models/base/sanitize.h"
#include "sim/base/memory.h"

#ifdef ORR_ASAN /* what is free may not be touched, nor what lies behind a block */
enum { GAP = 16 };
#else
enum { GAP = 0 };
#endif

enum { SMALL = 512, LINE = 64, HUGE_PAGE = 2 << 20, RELEASED_FROM = 32 << 20 };
enum { ADVISED_FROM = 2 << 20 }; /* a smaller simulation stays on small pages */
static const size_t most_reserved = (size_t)1 << 38, least_reserved = (size_t)1 << 30;

struct orr_region_block {
    struct orr_region_block *next; /* in the list of free ones of its class */
};

static size_t rounded(size_t size, size_t to) { return (size + to - 1) / to * to; }

/* The class of a size > 0, and in *whole what a block of it takes. */
static unsigned class_of(size_t size, size_t *whole) {
    size += GAP;
    if (size <= SMALL) {
        *whole = rounded(size, 16);
        return (unsigned)(*whole / 16 - 1);
    }
    unsigned log = 63u - (unsigned)__builtin_clzll(size - 1); /* 2^log < size <= 2^(log + 1) */
    size_t step = (size_t)1 << (log - 2), n = rounded(size, step) / step; /* n in 5..8 */
    *whole = n * step;
    unsigned class = SMALL / 16 + (log - 9) * 4 + (unsigned)(n - 5);
    assert(class < ORR_REGION_CLASSES);
    return class;
}

static size_t alignment_of(size_t whole) {
    return whole >= HUGE_PAGE ? HUGE_PAGE : whole > SMALL ? LINE : 16;
}

static void raise_top(struct orr_region *r, size_t to) {
    if (to > r->reserved_bytes) {
        fprintf(stderr, "orrery: out of memory (%zu bytes wanted of %zu)\n", to,
                r->reserved_bytes);
        exit(3);
    }
    r->top_bytes = to;
    if (to > r->high_bytes) r->high_bytes = to;
    if (to > ADVISED_FROM && to > r->advised_bytes) { /* small blocks, too, are met at random */
        size_t from = r->advised_bytes ? r->advised_bytes : rounded(ADVISED_FROM, HUGE_PAGE);
        r->advised_bytes = rounded(to + ADVISED_FROM, HUGE_PAGE);
        if (r->advised_bytes > r->reserved_bytes) r->advised_bytes = r->reserved_bytes;
        madvise((char *)r + from, r->advised_bytes - from, MADV_HUGEPAGE);
    }
}

static void *take(struct orr_region *r, size_t size) {
    size_t whole;
    unsigned class = class_of(size, &whole);
    void *p = r->free[class];
    if (p) {
        orr_show(p, sizeof *r->free[class]);
        r->free[class] = r->free[class]->next;
    } else {
        size_t align = alignment_of(whole), at = rounded(r->top_bytes, align);
        raise_top(r, at + whole);
        p = (char *)r + at;
        if (align == HUGE_PAGE) madvise(p, whole, MADV_HUGEPAGE);
    }
    orr_hide(p, whole);
    orr_show(p, size);
    if (r->fills) memset(p, r->fill, size);
    return p;
}

static void give(struct orr_region *r, void *p, size_t size) {
    size_t whole;
    unsigned class = class_of(size, &whole);
    if (whole >= RELEASED_FROM) madvise(p, whole, MADV_DONTNEED);
    else if (r->fills) {
        orr_show(p, size); /* its user may have hidden parts */
        memset(p, r->fill, size);
    }
    orr_show(p, sizeof(struct orr_region_block)); /* a block may be smaller than what it becomes */
    ((struct orr_region_block *)p)->next = r->free[class];
    r->free[class] = p;
    orr_hide(p, whole);
}

/* Can the block grow where it lies: inside its class, or because it is the last one? */
static bool grows(struct orr_region *r, char *p, size_t old_size, size_t new_size) {
    size_t old_whole, new_whole;
    unsigned old_class = class_of(old_size, &old_whole);
    if (class_of(new_size, &new_whole) != old_class) {
        if (p + old_whole != (char *)r + r->top_bytes || new_whole < old_whole ||
            alignment_of(new_whole) != alignment_of(old_whole))
            return false;
        raise_top(r, (size_t)(p - (char *)r) + new_whole);
        if (new_whole >= HUGE_PAGE) madvise(p, new_whole, MADV_HUGEPAGE);
    }
    orr_hide(p, new_whole);
    orr_show(p, new_size);
    if (r->fills && new_size > old_size) memset(p + old_size, r->fill, new_size - old_size);
    return true;
}

static void *resize(struct orr_mem *m, void *p, size_t old_size, size_t new_size) {
    struct orr_region *r = (struct orr_region *)m;
    assert((old_size > 0) == (p != NULL));
    if (!new_size) {
        if (p) give(r, p, old_size);
        return NULL;
    }
    r->n_allocs++;
    if (!p) return take(r, new_size);
    if (grows(r, p, old_size, new_size)) return p;
    void *q = take(r, new_size);
    memcpy(q, p, old_size < new_size ? old_size : new_size);
    give(r, p, old_size);
    return q;
}

struct orr_region *orr_region_new(void) {
    for (size_t size = most_reserved; size >= least_reserved; size /= 2) {
        char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) continue;
        struct orr_region *r = (struct orr_region *)p;
        *r = (struct orr_region){.mem = {.resize = resize}, .reserved_bytes = size};
        orr_region_reset(r);
        return r;
    }
    return NULL;
}

void orr_region_free(struct orr_region *region) {
    if (!region) return;
    orr_show(region, region->high_bytes); /* another mapping may take these addresses */
    munmap(region, region->reserved_bytes);
}

void orr_region_reset(struct orr_region *r) {
    memset(r->free, 0, sizeof r->free);
    r->n_allocs = 0;
    r->fills = false;
    r->top_bytes = rounded(sizeof *r, LINE);
    if (r->high_bytes < r->top_bytes) r->high_bytes = r->top_bytes;
    orr_hide((char *)r + r->top_bytes, r->high_bytes - r->top_bytes);
}

void orr_region_fill(struct orr_region *r, uint8_t byte) {
    r->fills = true;
    r->fill = byte;
}

/* ---- snapshots ---- */

struct orr_snapshot {
    size_t n_bytes;
    char bytes[] __attribute__((aligned(64)));
};

struct orr_snapshot *orr_snapshot_take(const struct orr_region *region) {
    struct orr_snapshot *s = orr_big_realloc(NULL, sizeof *s + region->top_bytes);
    s->n_bytes = region->top_bytes;
    orr_show(region, region->top_bytes); /* which blocks are free is no longer watched */
    memcpy(s->bytes, region, region->top_bytes);
    return s;
}

void orr_snapshot_restore(const struct orr_snapshot *s, struct orr_region *region) {
    size_t high = region->high_bytes;
    orr_show(region, high);
    memcpy(region, s->bytes, s->n_bytes);
    region->high_bytes = high;
    orr_hide((char *)region + s->n_bytes, high - s->n_bytes);
}

void orr_snapshot_free(struct orr_snapshot *s) { orr_big_free(s); }
