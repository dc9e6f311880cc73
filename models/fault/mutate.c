#include "models/fault/mutate.h"

#include <assert.h>

#include "models/base/bytes.h"

enum { SIGNATURE = 64, AGGREGATE = 48 };

/* ---- finding ---- */

/* Bytes of a set of signers that begins at p; false: there are none, or not so many bytes. */
static bool signers_len(const struct orr_msg_field *f, const uint8_t *p, uint32_t left,
                        uint32_t n, uint32_t *len) {
    uint64_t size = 0;
    uint32_t bytes = n / 8 + (n % 8 != 0);
    switch (f->form) {
    case ORR_FIELD_BITSET:
        if (left < 1 + bytes || !*p || *p > 2) return false;
        for (uint32_t i = 0; i < bytes; i++) size += (uint32_t)__builtin_popcount(p[1 + i]);
        size = 1 + bytes + (*p == 2 ? AGGREGATE : size * SIGNATURE);
        break;
    case ORR_FIELD_LIST:
        if (left < 4) return false;
        size = 4 + (uint64_t)orr_load_le32(p) * f->width;
        break;
    default: /* FLAGS */
        if (left < 4) return false;
        size = 4;
        for (uint32_t i = orr_load_le32(p); i; i--) { /* ends: i falls, as size grows */
            if (size >= left) return false;
            size += p[size] ? 1 + SIGNATURE : 1;
        }
    }
    *len = (uint32_t)size;
    return size <= left;
}

bool orr_field_find(const struct orr_msg_field *f, const struct orr_msg *m, uint32_t n,
                    uint32_t *at, uint32_t *len) {
    if (m->kind != f->message) return false;
    uint64_t begin = f->at;
    for (uint32_t i = 0; i < 2 && f->past[i]; i++) {
        if (m->len < f->past[i]) return false;
        begin += orr_load_le32(m->data + f->past[i] - 4);
    }
    if (begin > m->len) return false;
    uint32_t left = m->len - (uint32_t)begin;
    *at = (uint32_t)begin;
    switch (f->form) {
    case ORR_FIELD_FIXED: *len = f->width; return left >= f->width;
    case ORR_FIELD_SIZED:
        if (m->len < f->len_end) return false;
        *len = orr_load_le32(m->data + f->len_end - 4);
        return *len && left >= *len;
    case ORR_FIELD_REST: *len = left; return left > 0;
    case ORR_FIELD_COUNTED: *len = left - f->width; return left >= f->width + 4u;
    default: return signers_len(f, m->data + begin, left, n, len);
    }
}

/* ---- changing ---- */

/* m with other bytes in place of [at, at + len). */
static struct orr_msg *splice(const struct orr_msg_field *f, const struct orr_msg *m, uint32_t at,
                              uint32_t len, const uint8_t *bytes, uint32_t new_len,
                              struct orr_pool *pool) {
    struct orr_msg *copy = orr_msg_new(pool, m->kind, m->len - len + new_len);
    copy->protocol = m->protocol;
    memcpy(copy->data, m->data, at);
    if (new_len) memcpy(copy->data + at, bytes, new_len);
    memcpy(copy->data + at + new_len, m->data + at + len, m->len - at - len);
    if (f->len_end && f->len_end <= at) {
        uint8_t *counter = copy->data + f->len_end - 4;
        orr_store_le32(counter, orr_load_le32(counter) - len + new_len);
    }
    return copy;
}

static struct orr_msg *change_number(const struct orr_msg_field *f, enum orr_change change,
                                     const struct orr_msg *m, uint32_t at, struct orr_pool *pool) {
    bool is_wide = f->width == 8;
    assert(is_wide || f->width == 4);
    uint8_t bytes[8];
    uint64_t number = is_wide ? orr_load_le64(m->data + at) : orr_load_le32(m->data + at);
    number = change == ORR_CHANGE_UP     ? number + 1
             : change == ORR_CHANGE_DOWN ? number - 1
                                         : (uint64_t)f->nil;
    if (is_wide) orr_store_le64(bytes, number);
    else orr_store_le32(bytes, (uint32_t)number);
    return splice(f, m, at, f->width, bytes, f->width, pool);
}

/* A value that nobody has: another bit of it for UP than for DOWN; all zero for NIL. */
static struct orr_msg *change_value(const struct orr_msg_field *f, enum orr_change change,
                                    const struct orr_msg *m, uint32_t at, uint32_t len,
                                    struct orr_pool *pool) {
    struct orr_msg *copy = splice(f, m, at, len, m->data + at, len, pool);
    if (change == ORR_CHANGE_NIL) memset(copy->data + at, 0, len);
    else copy->data[at] ^= change == ORR_CHANGE_UP ? 1 : 2;
    return copy;
}

/* The place of the last signer's entry, or of the first that is free (`is_more`); false: none. */
static bool bit_of(const uint8_t *bits, uint32_t n, bool is_more, uint32_t *bit) {
    for (uint32_t k = 0; k < n; k++) {
        uint32_t i = is_more ? k : n - 1 - k;
        if ((bits[i / 8] >> i % 8 & 1) == is_more) continue;
        *bit = i;
        return true;
    }
    return false;
}

/* How many signatures stand before that of validator `bit`. */
static uint32_t rank_of(const uint8_t *bits, uint32_t bit) {
    uint32_t rank = 0;
    for (uint32_t i = 0; i < bit; i++) rank += bits[i / 8] >> i % 8 & 1;
    return rank;
}

static struct orr_msg *change_bitset(const struct orr_msg_field *f, enum orr_change change,
                                     const struct orr_msg *m, uint32_t at, uint32_t len, uint32_t n,
                                     struct orr_pool *pool) {
    uint32_t bytes = n / 8 + (n % 8 != 0), bit = 0, place, from, size;
    bool is_more = change == ORR_CHANGE_UP, is_list = m->data[at] == 1;
    const uint8_t *bits = m->data + at + 1;
    if (change == ORR_CHANGE_NIL) {
        size = is_list ? 0 : AGGREGATE;
        struct orr_msg *copy = splice(f, m, at + 1 + bytes, len - 1 - bytes,
                                      m->data + at + 1 + bytes, size, pool);
        memset(copy->data + at + 1, 0, bytes);
        return copy;
    }
    if (!bit_of(bits, n, is_more, &bit)) return NULL;
    from = at + 1 + bytes;
    place = from + (is_list ? rank_of(bits, bit) * SIGNATURE : 0);
    size = is_list ? SIGNATURE : 0;
    if (is_list && is_more && len < 1 + bytes + SIGNATURE) return NULL; /* none to copy */
    struct orr_msg *copy = is_more ? splice(f, m, place, 0, m->data + from, size, pool)
                                   : splice(f, m, place, size, NULL, 0, pool);
    copy->data[at + 1 + bit / 8] ^= (uint8_t)(1 << bit % 8);
    return copy;
}

static struct orr_msg *change_list(const struct orr_msg_field *f, enum orr_change change,
                                   const struct orr_msg *m, uint32_t at, uint32_t len,
                                   struct orr_pool *pool) {
    uint32_t n = orr_load_le32(m->data + at), end = at + len, size = f->width;
    if (!n) return NULL;
    struct orr_msg *copy =
        change == ORR_CHANGE_UP ? splice(f, m, end, 0, m->data + end - size, size, pool)
        : change == ORR_CHANGE_DOWN ? splice(f, m, end - size, size, NULL, 0, pool)
                                    : splice(f, m, at + 4, len - 4, NULL, 0, pool);
    orr_store_le32(copy->data + at, change == ORR_CHANGE_UP     ? n + 1
                                    : change == ORR_CHANGE_DOWN ? n - 1 : 0);
    return copy;
}

static struct orr_msg *change_flags(const struct orr_msg_field *f, enum orr_change change,
                                    const struct orr_msg *m, uint32_t at, struct orr_pool *pool) {
    uint32_t n = orr_load_le32(m->data + at), first = 0, last = 0, absent = 0;
    uint32_t p = at + 4;
    for (uint32_t i = 0; i < n; i++) {
        if (m->data[p]) first = first ? first : p, last = p;
        else if (!absent) absent = p;
        p += m->data[p] ? 1 + SIGNATURE : 1;
    }
    if (!last || (change == ORR_CHANGE_UP && !absent)) return NULL;
    if (change == ORR_CHANGE_UP)
        return splice(f, m, absent, 1, m->data + first, 1 + SIGNATURE, pool);
    const uint8_t none = 0;
    if (change == ORR_CHANGE_DOWN)
        return splice(f, m, last, 1 + SIGNATURE, &none, 1, pool);
    struct orr_msg *copy = splice(f, m, at + 4, p - at - 4, m->data + at + 4, n, pool);
    memset(copy->data + at + 4, 0, n); /* n entries have at least n bytes */
    return copy;
}

static struct orr_msg *change_here(const struct orr_msg_field *f, enum orr_change change,
                                   const struct orr_msg *m, uint32_t at, uint32_t len, uint32_t n,
                                   struct orr_pool *pool) {
    switch (f->form) {
    case ORR_FIELD_BITSET: return change_bitset(f, change, m, at, len, n, pool);
    case ORR_FIELD_LIST: return change_list(f, change, m, at, len, pool);
    case ORR_FIELD_FLAGS: return change_flags(f, change, m, at, pool);
    default:
        if (f->kind == ORR_FIELD_VIEW || f->kind == ORR_FIELD_HEIGHT)
            return change_number(f, change, m, at, pool);
        if (f->kind == ORR_FIELD_PROOF && change == ORR_CHANGE_NIL) {
            const uint8_t none[4] = {0};
            return splice(f, m, at, len, none, f->form == ORR_FIELD_COUNTED ? 4 : 0, pool);
        }
        return change_value(f, change, m, at, len, pool);
    }
}

struct orr_msg *orr_mutate(const struct orr_protocol *protocol, const struct orr_common *common,
                           orr_peer signer, const struct orr_msg_field *field,
                           enum orr_change change, const struct orr_msg *m,
                           const struct orr_msg *from, struct orr_pool *pool) {
    uint32_t at, len, from_at, from_len, n = common->cohort->n;
    bool takes = change == ORR_CHANGE_EARLIER || change == ORR_CHANGE_OTHERS;
    if (!orr_field_find(field, m, n, &at, &len)) return NULL;
    struct orr_msg *copy;
    if (takes) {
        if (!from || !orr_field_find(field, from, n, &from_at, &from_len)) return NULL;
        copy = splice(field, m, at, len, from->data + from_at, from_len, pool);
    } else {
        copy = change_here(field, change, m, at, len, n, pool);
    }
    if (!copy) return NULL;
    if ((copy->len == m->len && !memcmp(copy->data, m->data, m->len)) ||
        !protocol->fault.sign(common, signer, field, copy)) {
        orr_msg_unref(pool, copy);
        return NULL;
    }
    return copy;
}
