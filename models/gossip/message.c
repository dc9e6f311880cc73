#include "models/gossip/message.h"

#include <assert.h>

#include "models/base/sha256.h"

static const char prefix[] = "libp2p-pubsub:";
enum { PREFIX_BYTES = sizeof prefix - 1 };

const char *orr_gossip_fault_text(enum orr_gossip_fault fault) {
    static const char *const texts[] = {
#define FAULT(name, text) text,
        ORR_GOSSIP_FAULTS(FAULT)
#undef FAULT
    };
    assert(fault < ORR_N_GOSSIP_FAULTS);
    return texts[fault];
}

/* ---- what is signed ---- */

static void put(struct orr_writer *w, uint32_t field, struct orr_blob blob) {
    if (blob.p) orr_proto_put_bytes(w, field, blob.p, blob.len);
}

static void put_unknown(struct orr_writer *w, const uint8_t *bytes, struct orr_slice body) {
    struct orr_proto p = {bytes, body.at, body.at + body.len};
    struct orr_proto_field f;
    while (orr_proto_next(&p, &f) > 0)
        if (f.wire != ORR_PROTO_BYTES || f.number > 6)
            orr_write_bytes(w, bytes + f.raw.at, f.raw.len);
}

/* The signed bytes of a message that fits into `most`; unknown fields come from m, if not NULL. */
static struct orr_msg *signed_bytes(const struct orr_rpc_content *c, const uint8_t *bytes,
                                    const struct orr_rpc_message *m, uint32_t most,
                                    struct orr_pool *pool) {
    struct orr_msg *text = orr_msg_new(pool, 0, PREFIX_BYTES + most);
    struct orr_writer w = orr_writer(text->data, text->len);
    orr_write_bytes(&w, prefix, PREFIX_BYTES);
    put(&w, 1, c->from);
    put(&w, 2, c->data);
    put(&w, 3, c->seqno);
    put(&w, 4, c->topic);
    if (m && m->has_unknown) put_unknown(&w, bytes, m->body);
    assert(!w.bad);
    text->len = (uint32_t)orr_written(&w);
    return text;
}

static bool is_signed(const uint8_t *bytes, const struct orr_rpc_message *m, const uint8_t *key,
                      struct orr_pool *pool, struct orr_memo *memo) {
    if (m->signature.len != ORR_SIGN_BYTES) return false;
    struct orr_rpc_content content = {.from = orr_slice_blob(bytes, m->from),
                                      .data = orr_slice_blob(bytes, m->data),
                                      .seqno = orr_slice_blob(bytes, m->seqno),
                                      .topic = orr_slice_blob(bytes, m->topic)};
    struct orr_msg *text = signed_bytes(&content, bytes, m, m->body.len, pool);
    bool good = orr_sign_verify(memo, key, text->data, text->len, bytes + m->signature.at);
    orr_msg_unref(pool, text);
    return good;
}

void orr_gossip_sign(struct orr_rpc_content *content, const struct orr_keypair *pair,
                     struct orr_pool *pool, struct orr_memo *memo,
                     uint8_t signature[ORR_SIGN_BYTES]) {
    uint64_t most = (uint64_t)content->from.len + content->data.len + content->seqno.len +
                    content->topic.len + 4 * (1 + ORR_VARINT_MAX_BYTES);
    assert(most < UINT32_MAX / 2);
    struct orr_msg *text = signed_bytes(content, NULL, NULL, (uint32_t)most, pool);
    orr_sign(memo, pair, text->data, text->len, signature);
    orr_msg_unref(pool, text);
    content->signature = (struct orr_blob){signature, ORR_SIGN_BYTES};
}

/* ---- the policies ---- */

static enum orr_gossip_fault verify_unsigned(const struct orr_rpc_message *m) {
    if (orr_slice_is_there(m->signature)) return ORR_GOSSIP_SIGNATURE_PRESENT;
    if (orr_slice_is_there(m->from)) return ORR_GOSSIP_FROM_PRESENT;
    if (orr_slice_is_there(m->seqno)) return ORR_GOSSIP_SEQNO_PRESENT;
    if (orr_slice_is_there(m->key)) return ORR_GOSSIP_KEY_PRESENT;
    return ORR_GOSSIP_NONE;
}

/* `key` may say again what the author's id says. */
static enum orr_gossip_fault verify_key(struct orr_blob encoded, const uint8_t *of_from) {
    const uint8_t *key;
    int result = orr_public_key_read(encoded, &key);
    if (result == ORR_EUNSUPPORTED) return ORR_GOSSIP_KEY_OF_ANOTHER; /* `from` is of Ed25519 */
    if (result) return ORR_GOSSIP_BAD_KEY;
    return memcmp(key, of_from, ORR_SIGN_PUBLIC_BYTES) ? ORR_GOSSIP_KEY_OF_ANOTHER
                                                       : ORR_GOSSIP_NONE;
}

enum orr_gossip_fault orr_gossip_verify(enum orr_gossip_policy policy, const uint8_t *bytes,
                                        const struct orr_rpc_message *m, struct orr_pool *pool,
                                        struct orr_memo *memo) {
    if (policy == ORR_STRICT_NO_SIGN) return verify_unsigned(m);
    if (!orr_slice_is_there(m->signature)) return ORR_GOSSIP_NO_SIGNATURE;
    if (!orr_slice_is_there(m->from)) return ORR_GOSSIP_NO_FROM;
    if (!orr_slice_is_there(m->seqno) || m->seqno.len != 8) return ORR_GOSSIP_BAD_SEQNO;
    struct orr_blob from = orr_slice_blob(bytes, m->from);
    enum orr_peer_id_kind kind = orr_peer_id_kind(from);
    if (kind == ORR_PEER_ID_MALFORMED) return ORR_GOSSIP_BAD_FROM;
    if (kind == ORR_PEER_ID_UNSUPPORTED) return ORR_GOSSIP_KEY_TYPE;
    const uint8_t *key = orr_peer_id_key(from);
    if (orr_slice_is_there(m->key)) {
        enum orr_gossip_fault fault = verify_key(orr_slice_blob(bytes, m->key), key);
        if (fault) return fault;
    }
    return is_signed(bytes, m, key, pool, memo) ? ORR_GOSSIP_NONE : ORR_GOSSIP_BAD_SIGNATURE;
}

/* ---- names ---- */

void orr_message_id_seqno(const uint8_t *bytes, const struct orr_rpc_message *m,
                          struct orr_message_id *id) {
    assert(m->from.len == ORR_PEER_ID_BYTES && m->seqno.len == 8);
    id->len = ORR_MESSAGE_ID_SEQNO_BYTES;
    memcpy(id->bytes, bytes + m->from.at, ORR_PEER_ID_BYTES);
    memcpy(id->bytes + ORR_PEER_ID_BYTES, bytes + m->seqno.at, 8);
}

void orr_message_id_hash(const uint8_t *bytes, const struct orr_rpc_message *m,
                         struct orr_message_id *id) {
    uint8_t digest[ORR_SHA256_BYTES];
    orr_sha256(m->data.len ? bytes + m->data.at : NULL, m->data.len, digest);
    id->len = ORR_MESSAGE_ID_HASH_BYTES;
    memcpy(id->bytes, digest, ORR_MESSAGE_ID_HASH_BYTES);
}
