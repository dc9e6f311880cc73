#include "models/base/msg.h"

#include <assert.h>

#include "models/base/sanitize.h"
#include "models/base/bytes.h"

enum { MIN_BYTES = 64, SLAB_BYTES_FIRST = 1 << 12, SLAB_BYTES = 1 << 18 };

struct orr_pool_slab {
    struct orr_pool_slab *next;
    size_t size;
    uint8_t bytes[] __attribute__((aligned(16)));
};

void orr_pool_init(struct orr_pool *pool, struct orr_mem *mem) {
    *pool = (struct orr_pool){.mem = mem};
}

void orr_pool_fini(struct orr_pool *pool) {
    for (struct orr_pool_slab *s = pool->slabs, *next; s; s = next) {
        next = s->next;
        orr_free(pool->mem, s, sizeof *s + s->size);
    }
    *pool = (struct orr_pool){.mem = pool->mem};
}

/* Cuts a buffer from the class's slab, from a new one twice as large when it is used up. */
static struct orr_msg *cut(struct orr_pool *pool, unsigned class) {
    size_t each = (size_t)MIN_BYTES << class;
    struct orr_pool_rest *rest = &pool->rest[class];
    if (rest->at == rest->end) {
        size_t size = rest->slab_bytes ? rest->slab_bytes : SLAB_BYTES_FIRST;
        rest->slab_bytes = 2 * size < SLAB_BYTES ? 2 * size : SLAB_BYTES;
        size = each < size ? size / each * each : each;
        struct orr_pool_slab *slab = orr_alloc(pool->mem, sizeof *slab + size);
        *slab = (struct orr_pool_slab){pool->slabs, size};
        pool->slabs = slab;
        rest->at = slab->bytes;
        rest->end = slab->bytes + size;
    }
    struct orr_msg *m = (struct orr_msg *)rest->at;
    rest->at += each;
    return m;
}

const struct orr_msg *orr_pool_live(const struct orr_pool *pool) {
    for (const struct orr_pool_slab *s = pool->slabs; s; s = s->next) {
        const struct orr_msg *m = (const struct orr_msg *)s->bytes;
        size_t each = sizeof *m + m->cap, size = s->size; /* the first buffer is always cut */
        for (unsigned class = 0; class < ORR_MSG_CLASSES; class++)
            if (pool->rest[class].end == s->bytes + s->size)
                size = (size_t)(pool->rest[class].at - s->bytes);
        for (size_t at = 0; at + each <= size; at += each) {
            m = (const struct orr_msg *)(s->bytes + at);
            if (m->refs) return m;
        }
    }
    return NULL;
}

static unsigned class_of(size_t size) {
    return size <= MIN_BYTES ? 0 : 64u - (unsigned)__builtin_clzll(size - 1) - 6;
}

struct orr_msg *orr_msg_new(struct orr_pool *pool, uint16_t kind, uint32_t len) {
    unsigned class = class_of(sizeof(struct orr_msg) + len);
    assert(class < ORR_MSG_CLASSES);
    struct orr_msg *m = pool->free[class];
    if (m) pool->free[class] = m->decoded;
    else m = cut(pool, class);
    pool->n_live++;
    uint32_t cap = (uint32_t)(((size_t)MIN_BYTES << class) - sizeof *m);
    orr_show(m->data, cap);
    *m = (struct orr_msg){.refs = 1, .len = len, .cap = cap, .kind = kind};
    if (__builtin_expect(pool->watch != NULL, 0)) pool->watch->made(pool, m);
    else orr_hide(m->data + len, cap - len); /* a watch finds by itself what is read or written */
    return m;
}

struct orr_msg *orr_msg_copy(struct orr_pool *pool, uint16_t kind, const void *bytes,
                             uint32_t len) {
    struct orr_msg *m = orr_msg_new(pool, kind, len);
    if (len) memcpy(m->data, bytes, len);
    return m;
}

struct orr_msg *orr_msg_clone(struct orr_pool *pool, const struct orr_msg *m) {
    if (!m) return orr_msg_new(pool, 0, 0);
    struct orr_msg *copy = orr_msg_copy(pool, m->kind, m->data, m->len);
    copy->protocol = m->protocol;
    return copy;
}

void orr_msg_damage(struct orr_msg *m, uint32_t at, uint8_t bits) {
    assert(at < orr_msg_size(m) && !m->hash);
    if (at < 2) m->protocol ^= (uint16_t)(bits << 8 * at);
    else if (at < ORR_MSG_HEADER_BYTES) m->kind ^= (uint16_t)(bits << 8 * (at - 2));
    else m->data[at - ORR_MSG_HEADER_BYTES] ^= bits;
}

void orr_msg_free(struct orr_pool *pool, struct orr_msg *m) {
    while (m) { /* a decoded form may itself have one; chains are short */
        struct orr_msg *decoded = m->decoded;
        unsigned class = class_of(sizeof *m + m->cap);
        m->decoded = pool->free[class];
        pool->free[class] = m;
        if (__builtin_expect(pool->watch != NULL, 0)) pool->watch->freed(pool, m);
        else orr_hide(m->data, m->cap);
        assert(pool->n_live > 0);
        pool->n_live--;
        m = decoded && --decoded->refs == 0 ? decoded : NULL;
    }
}

/* Folds 128-bit products, eight bytes at a time: quick, the same everywhere, and any changed bit
 * changes the result; no claim beyond that. */
static inline uint64_t fold(uint64_t a, uint64_t b) {
    unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t orr_hash64(uint64_t start, const void *bytes, size_t len) {
    const uint8_t *p = bytes;
    uint64_t h = fold(start ^ 0x9e3779b97f4a7c15ull, len ^ 0xd6e8feb86659fd93ull);
    for (; len >= 8; p += 8, len -= 8) h = fold(h ^ orr_load_le64(p), 0xe7037ed1a0b428dbull) + 1;
    if (len) {
        uint8_t last[8] = {0};
        memcpy(last, p, len);
        h = fold(h ^ orr_load_le64(last), 0xa0761d6478bd642full);
    }
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ull;
    return h ^ h >> 32;
}

uint64_t orr_msg_hash_anew(const struct orr_msg *m) {
    uint64_t h = orr_hash64(orr_msg_type(m), m->data, m->len);
    return h ? h : 1;
}

void orr_msg_seal(struct orr_msg *m) {
    for (; m; m = m->decoded) orr_msg_freeze(m);
}

bool orr_msg_is_intact(const struct orr_msg *m) {
    for (; m; m = m->decoded)
        if (m->hash && m->hash != orr_msg_hash_anew(m)) return false;
    return true;
}

void *orr_form_new(struct orr_msg *m, const struct orr_decoder *by, uint32_t len,
                   struct orr_pool *pool) {
    assert(!m->hash && !m->decoded);
    m->decoded = orr_msg_new(pool, 0, (uint32_t)sizeof by + len);
    memcpy(m->decoded->data, &by, sizeof by);
    return m->decoded->data + sizeof by;
}
