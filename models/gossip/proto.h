/* proto.h - the wire format of protocol buffers, as far as libp2p uses it: reading field by field
 * without a copy, and writing into a buffer of fixed size.
 *
 * https://protobuf.dev/programming-guides/encoding/.  Where the implementations differ the reader
 * does what Google's does: a length may have needless bytes, the bits of a varint over 64 are
 * dropped, a group is one field however deep it nests (to ORR_PROTO_DEPTH), field number 0, wire
 * types 6 and 7, a tag over 32 bits and a length past the end are malformed. */
#ifndef ORR_GOSSIP_PROTO_H
#define ORR_GOSSIP_PROTO_H

#include "models/base/bytes.h"
#include "models/base/error.h"

enum { ORR_PROTO_DEPTH = 100 }; /* of nested groups: Google's limit */

enum orr_proto_wire {
    ORR_PROTO_VARINT = 0,
    ORR_PROTO_FIXED64 = 1,
    ORR_PROTO_BYTES = 2,
    ORR_PROTO_GROUP = 3,
    ORR_PROTO_GROUP_END = 4,
    ORR_PROTO_FIXED32 = 5
};

/* A piece of a buffer that the context names; a field that is absent has at == ORR_SLICE_ABSENT. */
struct orr_slice {
    uint32_t at, len;
};
#define ORR_SLICE_ABSENT UINT32_MAX
#define ORR_SLICE_NONE ((struct orr_slice){ORR_SLICE_ABSENT, 0})
static inline bool orr_slice_is_there(struct orr_slice s) { return s.at != ORR_SLICE_ABSENT; }

/* A walk over the fields of one message, bytes[at..end): at most UINT32_MAX - 1 bytes. */
struct orr_proto {
    const uint8_t *bytes;
    uint32_t at, end;
};

struct orr_proto_field {
    uint32_t number;
    enum orr_proto_wire wire; /* never GROUP_END                              */
    uint64_t value;           /* of a varint                                  */
    struct orr_slice body;    /* of BYTES: its content                        */
    struct orr_slice raw;     /* the whole field, tag included                */
};

/* 1: a field; 0: the end; ORR_EFORMAT: malformed.  Every call but the last moves `at` ahead. */
int orr_proto_next(struct orr_proto *p, struct orr_proto_field *field);

/* An unsigned varint of at most 10 bytes at *at, which moves behind it; false: unfinished or too
 * long. */
bool orr_proto_varint(const uint8_t *bytes, uint32_t *at, uint32_t end, uint64_t *value);

/* ---- writing ---- */

enum { ORR_VARINT_MAX_BYTES = 10 };
/* Bytes of a varint. */
static inline uint32_t orr_varint_bytes(uint64_t value) {
    return (64 - (uint32_t)__builtin_clzll(value | 1) + 6) / 7;
}
void orr_proto_put_varint(struct orr_writer *w, uint64_t value);
void orr_proto_put_number(struct orr_writer *w, uint32_t field, uint64_t value);
void orr_proto_put_bytes(struct orr_writer *w, uint32_t field, const void *bytes, uint32_t len);

/* A message inside a message: what is written between begin and end is its content. */
size_t orr_proto_begin(struct orr_writer *w, uint32_t field);
void orr_proto_end(struct orr_writer *w, size_t begun);
#endif
