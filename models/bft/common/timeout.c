#include "models/bft/common/timeout.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/bft/common/vote.h"

enum { SIGNED_BYTES = 3 * 8 };

static void signed_bytes(const struct orr_validator_set *set, uint64_t view, uint64_t qc_view,
                         uint8_t bytes[SIGNED_BYTES]) {
    orr_store_le64(bytes, set->chain_id);
    orr_store_le64(bytes + 8, view);
    orr_store_le64(bytes + 16, qc_view);
}

static bool is_signed(const struct orr_validator_set *set, uint32_t signer, uint64_t view,
                      uint64_t qc_view, const uint8_t *signature, struct orr_memo *memo) {
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(set, view, qc_view, bytes);
    return orr_sign_verify(memo, set->keys[signer].public_key, bytes, sizeof bytes, signature);
}

/* ---- one ---- */

static const struct orr_decoder timeout_decoder = {"timeout"};

static bool read_timeout(const struct orr_msg *m, uint32_t n, struct orr_timeout *t) {
    struct orr_reader r = orr_reader(m->data, m->len);
    *t = (struct orr_timeout){0};
    t->view = orr_read_u64(&r);
    t->signer = orr_read_u32(&r);
    t->signature = orr_read_bytes(&r, ORR_SIGN_BYTES);
    return !r.bad && t->signer < n && orr_qc_read(r.p, orr_read_left(&r), n, &t->qc) &&
           t->qc.len == orr_read_left(&r) && t->view && t->qc.ballot.view <= t->view;
}

struct orr_msg *orr_timeout_sign(uint64_t view, uint32_t signer, const struct orr_qc *qc,
                                 const struct orr_validator_set *set, struct orr_pool *pool,
                                 struct orr_memo *memo, uint16_t kind) {
    assert(signer < set->n && view && qc->ballot.view <= view);
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_TIMEOUT_HEAD_BYTES + qc->len);
    orr_store_le64(m->data, view);
    orr_store_le32(m->data + 8, signer);
    orr_timeout_sign_bytes(m, qc->ballot.view, set, memo);
    memcpy(m->data + ORR_TIMEOUT_HEAD_BYTES, qc->bytes, qc->len);
    orr_timeout_decode(m, set, pool, memo);
    return m;
}

void orr_timeout_sign_bytes(struct orr_msg *m, uint64_t qc_view,
                            const struct orr_validator_set *set, struct orr_memo *memo) {
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(set, orr_load_le64(m->data), qc_view, bytes);
    orr_sign(memo, &set->keys[orr_load_le32(m->data + 8)], bytes, sizeof bytes, m->data + 12);
}

void orr_timeout_decode(struct orr_msg *m, const struct orr_validator_set *set,
                        struct orr_pool *pool, struct orr_memo *memo) {
    struct orr_timeout t;
    if (!read_timeout(m, set->n, &t)) return;
    if (memo) {
        t.verdict = is_signed(set, t.signer, t.view, t.qc.ballot.view, t.signature, memo)
                        ? ORR_GOOD : ORR_BAD;
        t.qc_verdict = orr_qc_verify(&t.qc, set, memo) ? ORR_GOOD : ORR_BAD;
    }
    memcpy(orr_form_new(m, &timeout_decoder, sizeof t, pool), &t, sizeof t);
}

const struct orr_timeout *orr_timeout_of(const struct orr_msg *m) {
    return orr_form(m, &timeout_decoder);
}

bool orr_timeout_verify(const struct orr_timeout *t, const struct orr_validator_set *set,
                        struct orr_memo *memo) {
    if (memo && t->verdict != ORR_UNKNOWN)
        return t->verdict == ORR_GOOD && t->qc_verdict == ORR_GOOD;
    return is_signed(set, t->signer, t->view, t->qc.ballot.view, t->signature, memo) &&
           orr_qc_verify(&t->qc, set, memo);
}

/* ---- a quorum ---- */

struct entry { uint32_t signer; uint64_t qc_view; const uint8_t *signature; };
static struct entry entry_of(const struct orr_tc *tc, uint32_t i) {
    const uint8_t *at = tc->bytes + ORR_TC_HEAD_BYTES + (size_t)i * ORR_TC_ENTRY_BYTES;
    return (struct entry){orr_load_le32(at), orr_load_le64(at + 4), at + 12};
}

struct orr_msg *orr_tc_new(uint64_t view, struct orr_msg *const *timeouts, uint32_t n,
                           struct orr_pool *pool) {
    uint32_t n_entries = 0;
    for (uint32_t i = 0; i < n; i++)
        n_entries += timeouts[i] && orr_timeout_of(timeouts[i])->view == view;
    struct orr_msg *m =
        orr_msg_new(pool, 0, ORR_TC_HEAD_BYTES + n_entries * ORR_TC_ENTRY_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, view);
    orr_write_u32(&w, n_entries);
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_timeout *t = timeouts[i] ? orr_timeout_of(timeouts[i]) : NULL;
        if (!t || t->view != view) continue;
        assert(t->signer == i);
        orr_write_u32(&w, i);
        orr_write_u64(&w, t->qc.ballot.view);
        orr_write_bytes(&w, t->signature, ORR_SIGN_BYTES);
    }
    assert(!w.bad && w.p == w.end);
    return m;
}

bool orr_tc_read(const uint8_t *bytes, size_t len, uint32_t n, struct orr_tc *tc) {
    struct orr_reader r = orr_reader(bytes, len);
    struct orr_tc read = {.bytes = bytes, .len = (uint32_t)len};
    read.view = orr_read_u64(&r);
    read.n = orr_read_u32(&r);
    if (r.bad || !read.view || read.n > n ||
        len != ORR_TC_HEAD_BYTES + (size_t)read.n * ORR_TC_ENTRY_BYTES)
        return false;
    for (uint32_t i = 0; i < read.n; i++) {
        struct entry e = entry_of(&read, i);
        if (e.signer >= n || e.qc_view > read.view) return false;
        if (i && entry_of(&read, i - 1).signer >= e.signer) return false;
        if (e.qc_view > read.high_view) read.high_view = e.qc_view;
    }
    *tc = read;
    return true;
}

bool orr_tc_verify(const struct orr_tc *tc, const struct orr_validator_set *set,
                   struct orr_memo *memo) {
    uint64_t power = 0;
    for (uint32_t i = 0; i < tc->n; i++) power += set->powers[entry_of(tc, i).signer];
    if (power < set->quorum_power) return false;
    for (uint32_t i = 0; i < tc->n; i++) {
        struct entry e = entry_of(tc, i);
        if (!is_signed(set, e.signer, tc->view, e.qc_view, e.signature, memo)) return false;
    }
    return true;
}

bool orr_tc_statement(const struct orr_tc *tc, uint32_t i, const struct orr_validator_set *set,
                      uint32_t kind, struct orr_statement *said) {
    if (i >= tc->n) return false;
    struct entry e = entry_of(tc, i);
    *said = (struct orr_statement){.signer = set->members[e.signer], .kind = kind,
                                   .view = tc->view, .justify_view = e.qc_view};
    return true;
}
