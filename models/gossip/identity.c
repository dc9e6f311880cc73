#include "models/gossip/identity.h"

enum { KEY_HEAD = 4, ENCODED_BYTES = KEY_HEAD + ORR_SIGN_PUBLIC_BYTES, INLINE_MAX = 42 };
static const uint8_t head[6] = {0x00, ENCODED_BYTES, 0x08, 0x01, 0x12, ORR_SIGN_PUBLIC_BYTES};
_Static_assert(sizeof head + ORR_SIGN_PUBLIC_BYTES == ORR_PEER_ID_BYTES, "as the header says");

void orr_peer_id(const uint8_t public_key[ORR_SIGN_PUBLIC_BYTES], uint8_t id[ORR_PEER_ID_BYTES]) {
    memcpy(id, head, sizeof head);
    memcpy(id + sizeof head, public_key, ORR_SIGN_PUBLIC_BYTES);
}

enum orr_peer_id_kind orr_peer_id_kind(struct orr_blob id) {
    if (id.len == ORR_PEER_ID_BYTES && !memcmp(id.p, head, sizeof head)) return ORR_PEER_ID_ED25519;
    if (id.len == 34 && id.p[0] == 0x12 && id.p[1] == 0x20) return ORR_PEER_ID_UNSUPPORTED;
    if (id.len < 2 || id.p[0] || id.p[1] != id.len - 2 || id.len - 2 > INLINE_MAX)
        return ORR_PEER_ID_MALFORMED;
    const uint8_t *key;
    struct orr_blob encoded = {id.p + 2, id.len - 2};
    return orr_public_key_read(encoded, &key) == ORR_EUNSUPPORTED ? ORR_PEER_ID_UNSUPPORTED
                                                                  : ORR_PEER_ID_MALFORMED;
}

int orr_public_key_read(struct orr_blob encoded, const uint8_t **key) {
    struct orr_proto p = {encoded.p, 0, encoded.len};
    struct orr_proto_field f;
    struct orr_slice data = ORR_SLICE_NONE;
    uint64_t type = UINT64_MAX;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (f.number == 1 && f.wire == ORR_PROTO_VARINT) type = f.value;
        if (f.number == 2 && f.wire == ORR_PROTO_BYTES) data = f.body;
    }
    if (more || type > 3 || !orr_slice_is_there(data)) return ORR_EFORMAT;
    if (type != 1) return ORR_EUNSUPPORTED;
    if (data.len != ORR_SIGN_PUBLIC_BYTES) return ORR_EFORMAT;
    *key = encoded.p + data.at;
    return 0;
}
