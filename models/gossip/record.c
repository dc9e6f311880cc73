#include "models/gossip/record.h"

#include <assert.h>

static const char domain[] = "libp2p-peer-record";
static const uint8_t peer_record[] = {0x03, 0x01};

const char *orr_record_fault_text(enum orr_record_fault fault) {
    static const char *const texts[] = {
#define FAULT(name, text) text,
        ORR_RECORD_FAULTS(FAULT)
#undef FAULT
    };
    assert(fault < ORR_N_RECORD_FAULTS);
    return texts[fault];
}

struct envelope {
    struct orr_blob key, type, payload, signature;
};

/* Fields that are absent are empty, as in proto3. */
static bool read_envelope(struct orr_blob bytes, struct envelope *e) {
    static const struct orr_blob empty = {(const uint8_t *)"", 0};
    *e = (struct envelope){empty, empty, empty, empty};
    struct orr_blob *const fields[] = {NULL, &e->key, &e->type, &e->payload, NULL, &e->signature};
    struct orr_proto p = {bytes.p, 0, bytes.len};
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0)
        if (f.wire == ORR_PROTO_BYTES && f.number <= 5 && fields[f.number])
            *fields[f.number] = orr_slice_blob(bytes.p, f.body);
    return !more && e->key.len;
}

static void put_counted(struct orr_writer *w, const void *bytes, uint32_t len) {
    orr_proto_put_varint(w, len);
    orr_write_bytes(w, bytes, len);
}

static void put_signed(struct orr_writer *w, struct orr_blob type, struct orr_blob payload) {
    put_counted(w, domain, sizeof domain - 1);
    put_counted(w, type.p, type.len);
    put_counted(w, payload.p, payload.len);
}

static bool is_signed(const struct envelope *e, const uint8_t *key, struct orr_pool *pool,
                      struct orr_memo *memo) {
    if (e->signature.len != ORR_SIGN_BYTES) return false;
    uint32_t most = e->type.len + e->payload.len + (uint32_t)sizeof domain + 3 * 5;
    struct orr_msg *text = orr_msg_new(pool, 0, most);
    struct orr_writer w = orr_writer(text->data, most);
    put_signed(&w, e->type, e->payload);
    assert(!w.bad);
    bool good = orr_sign_verify(memo, key, text->data, orr_written(&w), e->signature.p);
    orr_msg_unref(pool, text);
    return good;
}

static bool is_well_formed(struct orr_blob body) {
    struct orr_proto p = {body.p, 0, body.len};
    struct orr_proto_field f;
    int more;
    while ((more = orr_proto_next(&p, &f)) > 0) continue;
    return !more;
}

static bool read_payload(struct orr_blob payload, struct orr_peer_record *r, struct orr_blob *id) {
    struct orr_proto p = {payload.p, 0, payload.len};
    struct orr_proto_field f;
    int more;
    *id = (struct orr_blob){NULL, 0};
    r->seq = 0;
    r->n_addresses = 0;
    while ((more = orr_proto_next(&p, &f)) > 0) {
        if (f.number == 1 && f.wire == ORR_PROTO_BYTES) *id = orr_slice_blob(payload.p, f.body);
        if (f.number == 2 && f.wire == ORR_PROTO_VARINT) r->seq = f.value;
        if (f.number != 3 || f.wire != ORR_PROTO_BYTES) continue;
        if (!is_well_formed(orr_slice_blob(payload.p, f.body))) return false;
        r->n_addresses++;
    }
    return !more;
}

enum orr_record_fault orr_record_read(struct orr_blob id, struct orr_blob envelope,
                                      struct orr_pool *pool, struct orr_memo *memo,
                                      struct orr_peer_record *record) {
    struct envelope e;
    const uint8_t *key;
    if (!read_envelope(envelope, &e)) return ORR_RECORD_ENVELOPE;
    int result = orr_public_key_read(e.key, &key);
    if (result) return result == ORR_EUNSUPPORTED ? ORR_RECORD_KEY_TYPE : ORR_RECORD_ENVELOPE;
    if (!is_signed(&e, key, pool, memo)) return ORR_RECORD_SIGNATURE;
    struct orr_blob type = {peer_record, sizeof peer_record}, subject;
    if (!orr_blob_equal(e.type, type)) return ORR_RECORD_TYPE;
    *record = (struct orr_peer_record){e.type, e.payload, 0, 0};
    if (!read_payload(e.payload, record, &subject)) return ORR_RECORD_PAYLOAD;
    uint8_t signer_id[ORR_PEER_ID_BYTES];
    orr_peer_id(key, signer_id);
    struct orr_blob signer = {signer_id, sizeof signer_id};
    if (!orr_blob_equal(signer, id)) return ORR_RECORD_SIGNER;
    if (!orr_blob_equal(signer, subject)) return ORR_RECORD_SUBJECT;
    return ORR_RECORD_NONE;
}

struct orr_blob orr_record_address(const struct orr_peer_record *record, uint32_t i) {
    assert(i < record->n_addresses);
    struct orr_proto p = {record->payload.p, 0, record->payload.len};
    struct orr_proto_field f;
    struct orr_blob address = {NULL, 0};
    while (orr_proto_next(&p, &f) > 0) {
        if (f.number != 3 || f.wire != ORR_PROTO_BYTES || i--) continue;
        struct orr_proto inner = {p.bytes, f.body.at, f.body.at + f.body.len};
        while (orr_proto_next(&inner, &f) > 0)
            if (f.number == 1 && f.wire == ORR_PROTO_BYTES)
                address = orr_slice_blob(p.bytes, f.body);
        break;
    }
    return address;
}

void orr_record_write(struct orr_writer *w, const struct orr_keypair *pair, uint64_t seq,
                      struct orr_blob address, struct orr_memo *memo) {
    uint8_t id[ORR_PEER_ID_BYTES], payload[256], text[320], signature[ORR_SIGN_BYTES];
    assert(address.len <= 128);
    orr_peer_id(pair->public_key, id);
    struct orr_writer body = orr_writer(payload, sizeof payload);
    orr_proto_put_bytes(&body, 1, id, sizeof id);
    orr_proto_put_number(&body, 2, seq);
    size_t begun = orr_proto_begin(&body, 3);
    orr_proto_put_bytes(&body, 1, address.p, address.len);
    orr_proto_end(&body, begun);
    struct orr_writer to_sign = orr_writer(text, sizeof text);
    struct orr_blob type = {peer_record, sizeof peer_record};
    put_signed(&to_sign, type, (struct orr_blob){payload, (uint32_t)orr_written(&body)});
    assert(!body.bad && !to_sign.bad);
    orr_sign(memo, pair, text, orr_written(&to_sign), signature);
    orr_proto_put_bytes(w, 1, id + 2, sizeof id - 2); /* behind the multihash's head: the key */
    orr_proto_put_bytes(w, 2, type.p, type.len);
    orr_proto_put_bytes(w, 3, payload, (uint32_t)orr_written(&body));
    orr_proto_put_bytes(w, 5, signature, sizeof signature);
}
