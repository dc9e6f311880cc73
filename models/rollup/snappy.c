/* snappy.c - Snappy's block format: a length, then literals and copies of what came before. */
#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/error.h"
#include "models/rollup/envelope.h"

enum { LITERAL_MAX = 65536, TAG_LITERAL_16 = 61 << 2 /* two bytes of length follow */ };

void orr_snappy_write(const uint8_t *bytes, size_t len, struct orr_rlp_writer *w) {
    uint8_t head[10];
    size_t n = 0, left = len;
    do { /* ends: a varint has at most ten bytes */
        head[n++] = (uint8_t)((left & 0x7f) | (left > 0x7f) << 7);
        left >>= 7;
    } while (left);
    orr_rlp_write_raw(w, head, n);
    for (size_t at = 0; at < len;) { /* ends: each turn writes one byte at least */
        size_t part = len - at < LITERAL_MAX ? len - at : (size_t)LITERAL_MAX;
        const uint8_t tag[3] = {TAG_LITERAL_16, (uint8_t)(part - 1), (uint8_t)((part - 1) >> 8)};
        orr_rlp_write_raw(w, tag, sizeof tag);
        orr_rlp_write_raw(w, bytes + at, part);
        at += part;
    }
}

static bool read_length(struct orr_reader *r, uint64_t *len) {
    *len = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t b = orr_read_u8(r);
        *len |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80)) return !r->bad && *len <= UINT32_MAX;
    }
    return false;
}

static uint32_t read_le(struct orr_reader *r, unsigned n_bytes) {
    uint32_t v = 0;
    for (unsigned i = 0; i < n_bytes; i++) v |= (uint32_t)orr_read_u8(r) << 8 * i;
    return v;
}

static bool copy(struct orr_rlp_writer *w, size_t begin, uint32_t back, uint32_t len) {
    if (!back || back > w->len - begin) return false;
    for (uint32_t i = 0; i < len; i++) { /* it may reach into what it writes */
        uint8_t b = w->bytes[w->len - back];
        orr_rlp_write_raw(w, &b, 1);
    }
    return true;
}

static bool read_element(struct orr_reader *r, size_t begin, uint64_t total,
                         struct orr_rlp_writer *w) {
    uint8_t tag = orr_read_u8(r);
    uint64_t len = (tag >> 2) + 1, left = total - (w->len - begin);
    uint32_t back = 0;
    switch (tag & 3) {
    case 0:
        if (len > 60) len = (uint64_t)read_le(r, (unsigned)len - 60) + 1;
        break;
    case 1:
        len = (tag >> 2 & 7) + 4;
        back = (uint32_t)(tag >> 5) << 8 | orr_read_u8(r);
        break;
    case 2: back = read_le(r, 2); break;
    default: back = read_le(r, 4);
    }
    if (r->bad || len > left) return false;
    if (tag & 3) return copy(w, begin, back, (uint32_t)len);
    const uint8_t *bytes = orr_read_bytes(r, len);
    if (bytes) orr_rlp_write_raw(w, bytes, len);
    return bytes != NULL;
}

int orr_snappy_read(const uint8_t *block, size_t len, size_t most, struct orr_rlp_writer *w) {
    struct orr_reader r = orr_reader(block, len);
    uint64_t total;
    size_t begin = w->len;
    if (!read_length(&r, &total)) return ORR_EFORMAT;
    if (total > most) return ORR_ELIMIT;
    while (!r.bad && orr_read_left(&r)) /* ends: each element takes a byte at least */
        if (!read_element(&r, begin, total, w)) return ORR_EFORMAT;
    return r.bad || w->len - begin != total ? ORR_EFORMAT : 0;
}
