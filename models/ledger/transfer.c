#include <assert.h>

#include "models/base/bytes.h"
#include "models/ledger/ledger.h"

enum { MAX_SIGNED_BYTES = 1 << 16 };

bool orr_transfer_read(const uint8_t *bytes, size_t len, struct orr_transfer *x) {
    if (len < ORR_TRANSFER_MIN_BYTES || len > MAX_SIGNED_BYTES) return false;
    struct orr_reader r = orr_reader(bytes, len);
    x->from = orr_read_bytes(&r, 32);
    x->to = orr_read_bytes(&r, 32);
    x->amount = orr_read_u64(&r);
    x->fee = orr_read_u64(&r);
    x->nonce = orr_read_u64(&r);
    return x->nonce > 0 && memcmp(x->from, x->to, 32);
}

/* What is signed: the chain id and the SHA-256 of what precedes the signature. */
static void signed_bytes(const uint8_t *bytes, size_t len, uint64_t chain_id, uint8_t out[40]) {
    orr_store_le64(out, chain_id);
    orr_sha256(bytes, len - ORR_SIGN_BYTES, out + 8);
}

bool orr_transfer_verify(const uint8_t *bytes, size_t len, uint64_t chain_id,
                         struct orr_memo *memo) {
    assert(len >= ORR_TRANSFER_MIN_BYTES);
    uint8_t message[40];
    signed_bytes(bytes, len, chain_id, message);
    return orr_sign_verify(memo, bytes, message, sizeof message, bytes + len - ORR_SIGN_BYTES);
}

struct orr_msg *orr_transfer_make(const struct orr_keypair *from, const uint8_t to[32],
                                  uint64_t amount, uint64_t fee, uint64_t nonce, uint32_t size,
                                  uint64_t chain_id, struct orr_pool *pool, struct orr_memo *memo) {
    if (size < ORR_TRANSFER_MIN_BYTES) size = ORR_TRANSFER_MIN_BYTES;
    if (size > MAX_SIGNED_BYTES) size = MAX_SIGNED_BYTES;
    struct orr_msg *m = orr_msg_new(pool, 0, size);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_bytes(&w, from->public_key, 32);
    orr_write_bytes(&w, to, 32);
    orr_write_u64(&w, amount);
    orr_write_u64(&w, fee);
    orr_write_u64(&w, nonce);
    memset(w.p, 0, size - ORR_TRANSFER_MIN_BYTES);
    uint8_t message[40];
    signed_bytes(m->data, m->len, chain_id, message);
    orr_sign(memo, from, message, sizeof message, m->data + size - ORR_SIGN_BYTES);
    return m;
}
