#include "models/gossip/proto.h"

#include <assert.h>

bool orr_proto_varint(const uint8_t *bytes, uint32_t *at, uint32_t end, uint64_t *value) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ORR_VARINT_MAX_BYTES; i++) {
        if (*at + i >= end) return false;
        uint8_t byte = bytes[*at + i];
        sum |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80) continue;
        *at += i + 1;
        *value = sum;
        return true;
    }
    return false;
}

/* A tag has at most 5 bytes and 32 bits. */
static bool read_tag(struct orr_proto *p, uint32_t *number, enum orr_proto_wire *wire) {
    uint64_t tag;
    uint32_t at = p->at;
    if (!orr_proto_varint(p->bytes, &at, p->end, &tag)) return false;
    if (at - p->at > 5 || tag > UINT32_MAX || tag >> 3 == 0) return false;
    p->at = at;
    *number = (uint32_t)(tag >> 3);
    *wire = (enum orr_proto_wire)(tag & 7);
    return true;
}

static bool skip(struct orr_proto *p, uint64_t len) {
    if (len > p->end - p->at) return false;
    p->at += (uint32_t)len;
    return true;
}

/* What stands behind a tag, groups apart. */
static bool read_plain(struct orr_proto *p, struct orr_proto_field *f) {
    switch (f->wire) {
    case ORR_PROTO_VARINT: return orr_proto_varint(p->bytes, &p->at, p->end, &f->value);
    case ORR_PROTO_FIXED64: return skip(p, 8);
    case ORR_PROTO_FIXED32: return skip(p, 4);
    case ORR_PROTO_BYTES: {
        uint64_t len;
        if (!orr_proto_varint(p->bytes, &p->at, p->end, &len)) return false;
        f->body = (struct orr_slice){p->at, (uint32_t)len};
        return skip(p, len);
    }
    default: return false;
    }
}

/* Behind a group's first tag: goes to the end of it, through those inside. */
static bool skip_group(struct orr_proto *p, uint32_t number) {
    uint32_t open[ORR_PROTO_DEPTH], depth = 1;
    open[0] = number;
    while (depth) { /* ends: each turn reads a tag */
        struct orr_proto_field f;
        if (!read_tag(p, &f.number, &f.wire)) return false;
        if (f.wire == ORR_PROTO_GROUP) {
            if (depth == ORR_PROTO_DEPTH) return false;
            open[depth++] = f.number;
        } else if (f.wire == ORR_PROTO_GROUP_END) {
            if (open[--depth] != f.number) return false;
        } else if (!read_plain(p, &f)) {
            return false;
        }
    }
    return true;
}

int orr_proto_next(struct orr_proto *p, struct orr_proto_field *f) {
    assert(p->at <= p->end);
    if (p->at == p->end) return 0;
    uint32_t start = p->at;
    f->value = 0;
    f->body = ORR_SLICE_NONE;
    if (!read_tag(p, &f->number, &f->wire)) return ORR_EFORMAT;
    bool good = f->wire == ORR_PROTO_GROUP ? skip_group(p, f->number) : read_plain(p, f);
    if (!good) return ORR_EFORMAT;
    f->raw = (struct orr_slice){start, p->at - start};
    return 1;
}

/* ---- writing ---- */

void orr_proto_put_varint(struct orr_writer *w, uint64_t value) {
    uint8_t bytes[ORR_VARINT_MAX_BYTES];
    uint32_t n = 0;
    for (; value >= 0x80; value >>= 7) bytes[n++] = (uint8_t)(value | 0x80);
    bytes[n++] = (uint8_t)value;
    orr_write_bytes(w, bytes, n);
}

void orr_proto_put_number(struct orr_writer *w, uint32_t field, uint64_t value) {
    orr_proto_put_varint(w, field << 3 | ORR_PROTO_VARINT);
    orr_proto_put_varint(w, value);
}

void orr_proto_put_bytes(struct orr_writer *w, uint32_t field, const void *bytes, uint32_t len) {
    orr_proto_put_varint(w, field << 3 | ORR_PROTO_BYTES);
    orr_proto_put_varint(w, len);
    orr_write_bytes(w, bytes, len);
}

/* One byte is kept for the length; if it takes more, the content is moved. */
size_t orr_proto_begin(struct orr_writer *w, uint32_t field) {
    orr_proto_put_varint(w, field << 3 | ORR_PROTO_BYTES);
    orr_write_u8(w, 0);
    return orr_written(w);
}

void orr_proto_end(struct orr_writer *w, size_t begun) {
    if (w->bad) return;
    size_t len = orr_written(w) - begun;
    uint32_t more = orr_varint_bytes(len) - 1;
    if ((size_t)(w->end - w->p) < more) {
        w->bad = true;
        return;
    }
    uint8_t *content = w->start + begun;
    if (more) memmove(content + more, content, len);
    w->p = content - 1;
    orr_proto_put_varint(w, len);
    w->p += len;
}
