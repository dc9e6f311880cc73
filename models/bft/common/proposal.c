#include "models/bft/common/proposal.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/sha256.h"
#include "models/bft/common/vote.h"

enum { HEAD_BYTES = 8 + 8 + 4 + 8 + 32 + 4 * 4 + ORR_SIGN_BYTES, TIME_AT = 20,
       PARENT_AT = 28, SIGNATURE_AT = HEAD_BYTES - ORR_SIGN_BYTES,
       SIGNED_BYTES = 8 + 8 + 32, HASHED_BYTES = 8 + 8 + 4 + 8 + 32 + 4 + ORR_BALLOT_BYTES };

static const struct orr_decoder proposal_decoder = {"proposal"};

/* ---- reading ---- */

/* All but ids, hash and verdict, whether it is one that could be right or not. */
static bool read_parts(const uint8_t *bytes, size_t len, uint32_t n, struct orr_proposal *p) {
    struct orr_reader r = orr_reader(bytes, len);
    p->view = orr_read_u64(&r);
    p->height = orr_read_u64(&r);
    p->proposer = orr_read_u32(&r);
    p->time = (orr_time)orr_read_u64(&r);
    orr_read_copy(&r, p->parent, sizeof p->parent);
    uint32_t qc_len = orr_read_u32(&r);
    p->n_txs = orr_read_u32(&r);
    p->txs_len = orr_read_u32(&r);
    uint32_t tc_len = orr_read_u32(&r);
    p->signature = orr_read_bytes(&r, ORR_SIGN_BYTES);
    const uint8_t *qc = orr_read_bytes(&r, qc_len);
    p->txs = orr_read_bytes(&r, p->txs_len);
    const uint8_t *tc = orr_read_bytes(&r, tc_len);
    if (!orr_read_done(&r) || p->proposer >= n || !orr_qc_read(qc, qc_len, n, &p->qc) ||
        p->qc.len != qc_len || p->n_txs > p->txs_len / 4)
        return false;
    p->has_tc = tc_len > 0;
    if (p->has_tc && !orr_tc_read(tc, tc_len, n, &p->tc)) return false;
    r = orr_reader(p->txs, p->txs_len);
    for (uint32_t i = 0; i < p->n_txs && !r.bad; i++) orr_read_bytes(&r, orr_read_u32(&r));
    return orr_read_done(&r);
}

static bool scan(const uint8_t *bytes, size_t len, uint32_t n, struct orr_proposal *p) {
    return read_parts(bytes, len, n, p) && p->qc.ballot.view < p->view &&
           p->height == p->qc.ballot.height + 1 && !memcmp(p->parent, p->qc.ballot.block, 32) &&
           (!p->has_tc || p->tc.view < p->view);
}

static void set_ids(const struct orr_proposal *p, uint64_t *ids) {
    struct orr_reader r = orr_reader(p->txs, p->txs_len);
    for (uint32_t i = 0; i < p->n_txs; i++) {
        uint32_t len = orr_read_u32(&r);
        uint64_t id = orr_hash64(0, orr_read_bytes(&r, len), len);
        ids[i] = id ? id : 1; /* as orr_msg_hash has it */
    }
    assert(orr_read_done(&r));
}

static void set_hash(struct orr_proposal *p) {
    uint8_t bytes[HASHED_BYTES], txs[32];
    orr_sha256(p->txs, p->txs_len, txs);
    struct orr_writer w = orr_writer(bytes, sizeof bytes);
    orr_write_u64(&w, p->view);
    orr_write_u64(&w, p->height);
    orr_write_u32(&w, p->proposer);
    orr_write_u64(&w, (uint64_t)p->time);
    orr_write_bytes(&w, p->parent, sizeof p->parent);
    orr_write_u32(&w, p->n_txs);
    orr_ballot_write(&p->qc.ballot, w.p);
    w.p += ORR_BALLOT_BYTES;
    assert(!w.bad && w.p == w.end);
    orr_sha256_tagged('b', bytes, sizeof bytes, txs, sizeof txs, p->hash);
}

static void signed_bytes(const struct orr_proposal *p, const struct orr_validator_set *set,
                         uint8_t bytes[SIGNED_BYTES]) {
    orr_store_le64(bytes, set->chain_id);
    orr_store_le64(bytes + 8, p->view);
    memcpy(bytes + 16, p->hash, 32);
}

void orr_proposal_decode(struct orr_msg *m, const struct orr_validator_set *set,
                         struct orr_pool *pool, struct orr_memo *memo) {
    struct orr_proposal head = {0};
    if (!scan(m->data, m->len, set->n, &head)) return;
    uint32_t size = (uint32_t)(sizeof head + head.n_txs * sizeof head.ids[0]);
    struct orr_proposal *p = orr_form_new(m, &proposal_decoder, size, pool);
    memcpy(p, &head, sizeof head);
    set_ids(p, p->ids);
    set_hash(p);
    if (memo) p->verdict = orr_proposal_verify(p, set, memo) ? ORR_GOOD : ORR_BAD;
}

const struct orr_proposal *orr_proposal_of(const struct orr_msg *m) {
    return orr_form(m, &proposal_decoder);
}

bool orr_proposal_verify(const struct orr_proposal *p, const struct orr_validator_set *set,
                         struct orr_memo *memo) {
    if (memo && p->verdict != ORR_UNKNOWN) return p->verdict == ORR_GOOD;
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(p, set, bytes);
    return orr_sign_verify(memo, set->keys[p->proposer].public_key, bytes, sizeof bytes,
                           p->signature) &&
           orr_qc_verify(&p->qc, set, memo) && (!p->has_tc || orr_tc_verify(&p->tc, set, memo));
}

int64_t orr_proposal_cost_ns(const struct orr_msg *m, const struct orr_costs *costs) {
    const struct orr_proposal *p = orr_proposal_of(m);
    return costs->verify_ns * (1 + (p->has_tc ? p->tc.n : 0)) + orr_qc_cost_ns(&p->qc, costs) +
           costs->hash_kib_ns * (int64_t)(m->len / 1024 + 1);
}

/* ---- writing ---- */

static bool sign(struct orr_msg *m, const struct orr_validator_set *set, struct orr_memo *memo) {
    struct orr_proposal p = {0};
    uint8_t bytes[SIGNED_BYTES];
    if (!read_parts(m->data, m->len, set->n, &p)) return false;
    set_hash(&p);
    signed_bytes(&p, set, bytes);
    orr_sign(memo, &set->keys[p.proposer], bytes, sizeof bytes, m->data + SIGNATURE_AT);
    return true;
}

bool orr_proposal_sign(struct orr_msg *m, uint32_t proposer, bool on_its_qc,
                       const struct orr_validator_set *set, struct orr_memo *memo) {
    struct orr_proposal p = {0};
    if (!read_parts(m->data, m->len, set->n, &p) || p.proposer != proposer) return false;
    if (on_its_qc) {
        orr_store_le64(m->data + 8, p.qc.ballot.height + 1);
        memcpy(m->data + PARENT_AT, p.qc.ballot.block, 32);
    }
    return sign(m, set, memo);
}

struct orr_msg *orr_proposal_new(const struct orr_proposal_parts *parts, uint32_t proposer,
                                 const struct orr_validator_set *set, struct orr_pool *pool,
                                 struct orr_memo *memo, uint16_t kind) {
    uint32_t txs_len = 0, tc_len = parts->tc ? parts->tc->len : 0;
    for (uint32_t i = 0; i < parts->n_txs; i++) txs_len += 4 + parts->txs[i]->len;
    struct orr_msg *m =
        orr_msg_new(pool, kind, HEAD_BYTES + parts->qc->len + txs_len + tc_len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, parts->view);
    orr_write_u64(&w, parts->height);
    orr_write_u32(&w, proposer);
    orr_write_u64(&w, (uint64_t)parts->time);
    orr_write_bytes(&w, parts->parent, 32);
    orr_write_u32(&w, parts->qc->len);
    orr_write_u32(&w, parts->n_txs);
    orr_write_u32(&w, txs_len);
    orr_write_u32(&w, tc_len);
    memset(w.p, 0, ORR_SIGN_BYTES);
    w.p += ORR_SIGN_BYTES;
    orr_write_bytes(&w, parts->qc->bytes, parts->qc->len);
    for (uint32_t i = 0; i < parts->n_txs; i++) {
        orr_write_u32(&w, parts->txs[i]->len);
        orr_write_bytes(&w, parts->txs[i]->data, parts->txs[i]->len);
    }
    if (parts->tc) orr_write_bytes(&w, parts->tc->data, tc_len);
    assert(!w.bad && w.p == w.end);
    bool is_signed = sign(m, set, memo);
    assert(is_signed);
    orr_proposal_decode(m, set, pool, memo);
    return m;
}

struct orr_msg *orr_proposal_twin(const struct orr_msg *m, const struct orr_validator_set *set,
                                  struct orr_pool *pool, struct orr_memo *memo) {
    struct orr_msg *twin = orr_msg_copy(pool, m->kind, m->data, m->len);
    twin->data[TIME_AT] ^= 1;
    bool is_signed = sign(twin, set, memo);
    assert(is_signed);
    orr_proposal_decode(twin, set, pool, memo);
    return twin;
}

/* ---- statements ---- */

bool orr_proposal_statement(const struct orr_msg *m, uint32_t i,
                            const struct orr_validator_set *set, uint32_t timeouts,
                            struct orr_statement *said) {
    struct orr_proposal p = {0};
    if (!scan(m->data, m->len, set->n, &p)) return false;
    if (i == 0) {
        set_hash(&p);
        *said = (struct orr_statement){.signer = set->members[p.proposer], .kind = m->kind,
                                       .view = p.view, .justify_view = p.qc.ballot.view};
        memcpy(said->value, p.hash, sizeof p.hash);
        return true;
    }
    if (i - 1 < p.qc.n_voters) return orr_qc_statement(&p.qc, i - 1, set, said);
    return p.has_tc && orr_tc_statement(&p.tc, i - 1 - p.qc.n_voters, set, timeouts, said);
}
