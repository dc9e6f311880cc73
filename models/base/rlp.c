#include "models/base/rlp.h"

#include <assert.h>

#include "models/base/error.h"

/* Decodes the prefix at p.  Returns false for anything that is not the canonical form. */
static bool decode_item(const uint8_t *p, const uint8_t *end, struct orr_rlp_item *item) {
    assert(p <= end);
    if (p == end) return false;
    size_t left = (size_t)(end - p), skip = 1, len = 0;
    uint8_t prefix = *p;
    bool is_list = prefix >= 0xc0;
    uint8_t base = is_list ? 0xc0 : 0x80;
    if (prefix < 0x80) {
        skip = 0, len = 1;
    } else if (prefix <= base + 55) {
        len = (size_t)(prefix - base);
    } else {
        size_t n = (size_t)(prefix - base - 55); /* length of the length: 1 to 8 bytes */
        if (left < 1 + n || !p[1]) return false; /* cut off, or a leading zero */
        for (size_t i = 0; i < n; i++) len = len << 8 | p[1 + i];
        if (len <= 55) return false; /* a short form exists */
        skip = 1 + n;
    }
    if (len > left - skip) return false;
    if (!is_list && skip == 1 && len == 1 && p[1] < 0x80) return false;
    *item = (struct orr_rlp_item){is_list, p + skip, len, p, skip + len};
    return true;
}

struct orr_rlp_reader orr_rlp_reader(const void *bytes, size_t len) {
    const uint8_t *p = bytes; /* may be NULL when len is 0 */
    assert(p || !len);
    return (struct orr_rlp_reader){p, len ? p + len : p, false};
}

bool orr_rlp_more(const struct orr_rlp_reader *r) { return !r->bad && r->p < r->end; }
bool orr_rlp_done(const struct orr_rlp_reader *r) { return !r->bad && r->p == r->end; }

struct orr_rlp_item orr_rlp_peek(const struct orr_rlp_reader *r) {
    struct orr_rlp_item item = {false, NULL, 0, NULL, 0};
    if (!r->bad) decode_item(r->p, r->end, &item);
    return item;
}

struct orr_rlp_item orr_rlp_read(struct orr_rlp_reader *r) {
    struct orr_rlp_item item = {false, NULL, 0, NULL, 0};
    if (r->bad || !decode_item(r->p, r->end, &item)) {
        r->bad = true;
        return (struct orr_rlp_item){false, NULL, 0, NULL, 0};
    }
    r->p += item.encoding_len;
    assert(item.encoding_len > 0 && r->p <= r->end);
    return item;
}

struct orr_rlp_reader orr_rlp_read_list(struct orr_rlp_reader *r) {
    struct orr_rlp_item item = orr_rlp_read(r);
    if (!item.is_list) r->bad = true;
    if (r->bad) return (struct orr_rlp_reader){NULL, NULL, true};
    return orr_rlp_reader(item.payload, item.len);
}

const uint8_t *orr_rlp_read_string(struct orr_rlp_reader *r, size_t *len) {
    struct orr_rlp_item item = orr_rlp_read(r);
    if (item.is_list) r->bad = true;
    *len = r->bad ? 0 : item.len;
    return r->bad ? NULL : item.payload;
}

void orr_rlp_read_fixed(struct orr_rlp_reader *r, void *to, size_t len) {
    size_t got;
    const uint8_t *p = orr_rlp_read_string(r, &got);
    if (got != len) r->bad = true;
    if (r->bad)
        memset(to, 0, len);
    else
        memcpy(to, p, len);
}

struct orr_u256 orr_rlp_read_u256(struct orr_rlp_reader *r) {
    size_t len;
    const uint8_t *p = orr_rlp_read_string(r, &len);
    uint8_t be[32] = {0};
    if (len > 32 || (len && !p[0])) r->bad = true;
    if (r->bad) return orr_u256_from_u64(0);
    if (len) memcpy(be + 32 - len, p, len);
    return orr_u256_load_be(be);
}

uint64_t orr_rlp_read_u64(struct orr_rlp_reader *r) {
    struct orr_u256 v = orr_rlp_read_u256(r);
    if (v.limb[1] | v.limb[2] | v.limb[3]) r->bad = true;
    return r->bad ? 0 : v.limb[0];
}

int orr_rlp_check(const void *bytes, size_t len) {
    if (!len) return ORR_EFORMAT;
    const uint8_t *p = bytes, *end = p + len;
    struct orr_rlp_item item;
    if (!decode_item(p, end, &item) || item.encoding_len != len) return ORR_EFORMAT;
    /* One pass in order of position: a list is entered by narrowing the end that its items may
     * reach. */
    enum { N_ENDS = ORR_RLP_MAX_DEPTH };
    const uint8_t *ends[N_ENDS];
    size_t n_ends = 0;
    for (;;) {
        if (item.is_list && item.len) {
            if (n_ends == N_ENDS) return ORR_ELIMIT;
            ends[n_ends++] = item.payload + item.len;
            assert(n_ends < 2 || ends[n_ends - 1] <= ends[n_ends - 2]); /* lists nest */
            p = item.payload;
        } else {
            p = item.encoding + item.encoding_len;
            while (n_ends && p == ends[n_ends - 1]) n_ends--;
            if (!n_ends) return 0;
        }
        if (!decode_item(p, ends[n_ends - 1], &item)) return ORR_EFORMAT;
    }
}

/* ---- writing ---- */

static void reserve(struct orr_rlp_writer *w, size_t more) {
    assert(w->mem && w->len <= w->cap);
    if (w->cap - w->len >= more) return;
    size_t cap = w->cap ? w->cap : 256;
    while (cap - w->len < more) cap *= 2;
    w->bytes = orr_resize(w->mem, w->bytes, w->cap, cap);
    assert(cap - w->len >= more);
    w->cap = cap;
}

void orr_rlp_free(struct orr_rlp_writer *w) {
    orr_free(w->mem, w->bytes, w->cap);
    w->bytes = NULL;
    w->len = w->cap = 0;
}

void orr_rlp_write_raw(struct orr_rlp_writer *w, const void *bytes, size_t len) {
    reserve(w, len);
    if (len) memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
}

size_t orr_rlp_prefix(uint8_t *to, uint8_t base, size_t len) {
    assert(base == 0x80 || base == 0xc0);
    if (len <= 55) {
        to[0] = (uint8_t)(base + len);
        return 1;
    }
    size_t n = 0;
    for (size_t rest = len; rest; rest >>= 8) n++;
    assert(n >= 1 && n <= 8);
    to[0] = (uint8_t)(base + 55 + n);
    for (size_t i = 0; i < n; i++) to[1 + i] = (uint8_t)(len >> (8 * (n - 1 - i)));
    return 1 + n;
}

void orr_rlp_write_string(struct orr_rlp_writer *w, const void *bytes, size_t len) {
    const uint8_t *p = bytes;
    uint8_t prefix[9];
    if (len != 1 || p[0] >= 0x80) orr_rlp_write_raw(w, prefix, orr_rlp_prefix(prefix, 0x80, len));
    orr_rlp_write_raw(w, bytes, len);
}

size_t orr_rlp_trim_u256(uint8_t be[32], struct orr_u256 v) {
    orr_u256_store_be(be, v);
    size_t zeros = 0;
    while (zeros < 32 && !be[zeros]) zeros++;
    return 32 - zeros;
}

void orr_rlp_write_u256(struct orr_rlp_writer *w, struct orr_u256 v) {
    uint8_t be[32];
    size_t len = orr_rlp_trim_u256(be, v);
    orr_rlp_write_string(w, be + 32 - len, len);
}

void orr_rlp_write_u64(struct orr_rlp_writer *w, uint64_t v) {
    orr_rlp_write_u256(w, orr_u256_from_u64(v));
}

size_t orr_rlp_list_begin(struct orr_rlp_writer *w) { return w->len; }

void orr_rlp_list_end(struct orr_rlp_writer *w, size_t begin) {
    assert(begin <= w->len);
    uint8_t prefix[9];
    size_t len = w->len - begin, n = orr_rlp_prefix(prefix, 0xc0, len);
    reserve(w, n);
    memmove(w->bytes + begin + n, w->bytes + begin, len);
    memcpy(w->bytes + begin, prefix, n);
    w->len += n;
}
