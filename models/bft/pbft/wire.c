#include "models/bft/pbft/wire.h"

#include <assert.h>

#include "models/base/bitset.h"
#include "models/base/sha256.h"
#include "models/bft/pbft/pbft.h"

enum { SIGNED_BYTES = 1 + 8 + 8 + 8 + 32, MAX_REPLICAS = 1 << 14 };

static void signed_bytes(const struct orr_pbft_vote *v, const struct orr_validator_set *set,
                         uint8_t bytes[SIGNED_BYTES]) {
    struct orr_writer w = orr_writer(bytes, SIGNED_BYTES);
    orr_write_u8(&w, v->kind);
    orr_write_u64(&w, set->chain_id);
    orr_write_u64(&w, v->view);
    orr_write_u64(&w, v->number);
    orr_write_bytes(&w, v->digest, 32);
    assert(!w.bad && w.p == w.end);
}

bool orr_pbft_vote_read(const struct orr_msg *m, const struct orr_validator_set *set,
                        struct orr_pbft_vote *v) {
    struct orr_reader r = orr_reader(m->data, m->len);
    v->view = orr_read_u64(&r);
    v->number = orr_read_u64(&r);
    orr_read_copy(&r, v->digest, 32);
    v->replica = orr_read_u32(&r);
    orr_read_copy(&r, v->signature, 64);
    v->kind = (uint8_t)m->kind;
    return !r.bad && v->replica < set->n && v->view <= ORR_PBFT_MAX_VIEW && v->number &&
           v->number <= ORR_PBFT_MAX_NUMBER;
}

void orr_pbft_vote_write(const struct orr_pbft_vote *v, uint8_t *bytes) {
    struct orr_writer w = orr_writer(bytes, ORR_PBFT_VOTE_BYTES);
    orr_write_u64(&w, v->view);
    orr_write_u64(&w, v->number);
    orr_write_bytes(&w, v->digest, 32);
    orr_write_u32(&w, v->replica);
    orr_write_bytes(&w, v->signature, 64);
    assert(!w.bad && w.p == w.end);
}

void orr_pbft_vote_sign(struct orr_pbft_vote *v, const struct orr_validator_set *set,
                        struct orr_memo *memo) {
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(v, set, bytes);
    orr_sign(memo, &set->keys[v->replica], bytes, sizeof bytes, v->signature);
}

bool orr_pbft_vote_verify(const struct orr_pbft_vote *v, const struct orr_validator_set *set,
                          struct orr_memo *memo) {
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(v, set, bytes);
    return orr_sign_verify(memo, set->keys[v->replica].public_key, bytes, sizeof bytes,
                           v->signature);
}

/* ---- certificates ---- */

bool orr_pbft_cert_read(const uint8_t *bytes, size_t len, struct orr_pbft_cert *c) {
    struct orr_reader r = orr_reader(bytes, len);
    c->kind = orr_read_u8(&r);
    c->view = orr_read_u64(&r);
    c->number = orr_read_u64(&r);
    orr_read_copy(&r, c->digest, 32);
    c->n = orr_read_u32(&r);
    if (r.bad || c->n > MAX_REPLICAS) return false;
    c->signatures = orr_read_bytes(&r, (size_t)c->n * ORR_PBFT_SIG_BYTES);
    c->len = ORR_PBFT_CERT_BYTES + c->n * ORR_PBFT_SIG_BYTES;
    return !r.bad && c->number && c->number <= ORR_PBFT_MAX_NUMBER && c->view <= ORR_PBFT_MAX_VIEW;
}

bool orr_pbft_cert_verify(const struct orr_pbft_cert *c, const struct orr_validator_set *set,
                          uint64_t quorum, bool looks_at_signers, struct orr_memo *memo) {
    uint64_t words[MAX_REPLICAS / 64];
    struct orr_bitset seen;
    if (set->n > MAX_REPLICAS || c->n < quorum) return false;
    orr_bitset_init(&seen, words, set->n);
    uint32_t primary = (uint32_t)(c->view % set->n);
    struct orr_pbft_vote v = {.view = c->view, .number = c->number};
    memcpy(v.digest, c->digest, 32);
    for (uint32_t i = 0; i < c->n; i++) {
        const uint8_t *at = c->signatures + (size_t)i * ORR_PBFT_SIG_BYTES;
        v.replica = orr_load_le32(at);
        if (v.replica >= set->n || (!orr_bitset_add(&seen, v.replica) && looks_at_signers))
            return false;
        bool is_primary = c->kind == ORR_PBFT_PREPARE && v.replica == primary;
        v.kind = is_primary ? ORR_PBFT_PRE_PREPARE : c->kind;
        memcpy(v.signature, at + 4, 64);
        if (!orr_pbft_vote_verify(&v, set, memo)) return false;
    }
    return c->kind != ORR_PBFT_PREPARE || orr_bitset_has(&seen, primary);
}

/* ---- batches ---- */

void orr_pbft_digest(uint64_t number, const uint8_t *batch, size_t len, uint8_t digest[32]) {
    uint8_t bytes[8];
    orr_store_le64(bytes, number);
    orr_sha256_tagged('p', bytes, sizeof bytes, batch, len, digest);
}

bool orr_pbft_batch_is_good(const uint8_t *batch, size_t len, uint32_t n) {
    if (!len) return true; /* a null request */
    struct orr_reader r = orr_reader(batch, len);
    orr_read_u64(&r);
    uint32_t author = orr_read_u32(&r);
    if (r.bad || author >= n || !orr_read_left(&r)) return false;
    while (!r.bad && orr_read_left(&r)) { /* ends: each reads some bytes */
        uint32_t size = orr_read_u32(&r);
        const uint8_t *request = orr_read_bytes(&r, size);
        if (r.bad || size < 5 || orr_load_le32(request) >= n) return false;
    }
    return !r.bad;
}

const uint8_t *orr_pbft_batch_next(const uint8_t *batch, size_t len, uint32_t *at, uint32_t *size) {
    if (!*at) *at = ORR_PBFT_BATCH_HEAD;
    if (*at >= len) return NULL;
    *size = orr_load_le32(batch + *at);
    const uint8_t *request = batch + *at + 4;
    *at += 4 + *size;
    assert(*at <= len);
    return request;
}

/* ---- view changes and new views ---- */

static void sealed_vote(uint8_t kind, uint64_t view, uint32_t replica, const uint8_t digest[32],
                        struct orr_pbft_vote *v) {
    *v = (struct orr_pbft_vote){.view = view, .replica = replica, .kind = kind};
    memcpy(v->digest, digest, 32);
}

void orr_pbft_seal(uint8_t kind, uint64_t view, uint32_t replica, uint8_t *bytes, size_t len,
                   const struct orr_validator_set *set, struct orr_memo *memo) {
    uint8_t digest[32];
    struct orr_pbft_vote v;
    assert(len > 64);
    orr_sha256(bytes, len - 64, digest);
    sealed_vote(kind, view, replica, digest, &v);
    orr_pbft_vote_sign(&v, set, memo);
    memcpy(bytes + len - 64, v.signature, 64);
}

bool orr_pbft_sealed(uint8_t kind, uint64_t view, uint32_t replica, const uint8_t digest[32],
                     const uint8_t *signature, const struct orr_validator_set *set,
                     struct orr_memo *memo) {
    struct orr_pbft_vote v;
    sealed_vote(kind, view, replica, digest, &v);
    memcpy(v.signature, signature, 64);
    return orr_pbft_vote_verify(&v, set, memo);
}

bool orr_pbft_view_change_read(const uint8_t *bytes, size_t len,
                               const struct orr_validator_set *set,
                               struct orr_pbft_view_change *m) {
    if (len < 64) return false;
    struct orr_reader r = orr_reader(bytes, len - 64);
    struct orr_pbft_cert c;
    m->view = orr_read_u64(&r);
    m->stable = orr_read_u64(&r);
    m->replica = orr_read_u32(&r);
    m->cert_len = orr_read_u32(&r);
    m->cert = orr_read_bytes(&r, m->cert_len);
    m->n_prepared = orr_read_u32(&r);
    if (r.bad || m->replica >= set->n || !m->view || m->view > ORR_PBFT_MAX_VIEW) return false;
    memset(m->stable_digest, 0, 32);
    if (m->stable) {
        if (!orr_pbft_cert_read(m->cert, m->cert_len, &c) || c.len != m->cert_len ||
            c.kind != ORR_PBFT_CHECKPOINT || c.number != m->stable)
            return false;
        memcpy(m->stable_digest, c.digest, 32);
    } else if (m->cert_len) {
        return false;
    }
    m->prepared = r.p;
    m->end = r.end;
    const uint8_t *at = m->prepared;
    uint64_t last = m->stable;
    for (uint32_t i = 0; i < m->n_prepared; i++) { /* in ascending order of numbers */
        if (!orr_pbft_view_change_next(m, &at, &c) || c.kind != ORR_PBFT_PREPARE ||
            c.number <= last || c.view >= m->view)
            return false;
        last = c.number;
    }
    if (at != m->end) return false;
    orr_sha256(bytes, len - 64, m->digest);
    m->signature = bytes + len - 64;
    return true;
}

bool orr_pbft_view_change_next(const struct orr_pbft_view_change *m, const uint8_t **at,
                               struct orr_pbft_cert *c) {
    struct orr_reader r = orr_reader(*at, (size_t)(m->end - *at));
    uint32_t len = orr_read_u32(&r);
    const uint8_t *bytes = orr_read_bytes(&r, len);
    if (r.bad || !orr_pbft_cert_read(bytes, len, c) || c->len != len) return false;
    *at = r.p;
    return true;
}

bool orr_pbft_new_view_read(const uint8_t *bytes, size_t len, const struct orr_validator_set *set,
                            struct orr_pbft_new_view_msg *m) {
    if (len < 64) return false;
    struct orr_reader r = orr_reader(bytes, len - 64);
    m->view = orr_read_u64(&r);
    m->replica = orr_read_u32(&r);
    m->n_changes = orr_read_u32(&r);
    if (r.bad || m->replica >= set->n || !m->view || m->view > ORR_PBFT_MAX_VIEW ||
        m->n_changes > set->n)
        return false;
    m->changes = r.p;
    for (uint32_t i = 0; i < m->n_changes; i++) orr_read_bytes(&r, orr_read_u32(&r));
    m->changes_end = r.p;
    m->n_orders = orr_read_u32(&r);
    if (r.bad || orr_read_left(&r) != (uint64_t)m->n_orders * ORR_PBFT_ORDER_BYTES) return false;
    m->orders = r.p;
    orr_sha256(bytes, len - 64, m->digest);
    m->signature = bytes + len - 64;
    return true;
}

const uint8_t *orr_pbft_new_view_next(const struct orr_pbft_new_view_msg *m, const uint8_t **at,
                                      uint32_t *len) {
    if (*at >= m->changes_end) return NULL;
    *len = orr_load_le32(*at);
    const uint8_t *bytes = *at + 4;
    *at += 4 + *len;
    assert(*at <= m->changes_end);
    return bytes;
}
