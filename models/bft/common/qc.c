#include "models/bft/common/qc.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/sha256.h"
#include "models/bft/common/vote.h"

enum { SIGNED_BYTES = 8 + ORR_BALLOT_BYTES };

/* ---- ballots ---- */

void orr_ballot_write(const struct orr_ballot *b, uint8_t bytes[ORR_BALLOT_BYTES]) {
    struct orr_writer w = orr_writer(bytes, ORR_BALLOT_BYTES);
    orr_write_u8(&w, b->kind);
    orr_write_u64(&w, b->view);
    orr_write_u64(&w, b->height);
    orr_write_u64(&w, b->justify_view);
    orr_write_bytes(&w, b->block, sizeof b->block);
    assert(!w.bad && w.p == w.end);
}

struct orr_ballot orr_ballot_read(const uint8_t bytes[ORR_BALLOT_BYTES]) {
    struct orr_reader r = orr_reader(bytes, ORR_BALLOT_BYTES);
    struct orr_ballot b;
    b.kind = orr_read_u8(&r);
    b.view = orr_read_u64(&r);
    b.height = orr_read_u64(&r);
    b.justify_view = orr_read_u64(&r);
    orr_read_copy(&r, b.block, sizeof b.block);
    assert(orr_read_done(&r));
    return b;
}

static void signed_bytes(const struct orr_ballot *b, const struct orr_validator_set *set,
                         uint8_t bytes[SIGNED_BYTES]) {
    orr_store_le64(bytes, set->chain_id);
    orr_ballot_write(b, bytes + 8);
}

static const struct orr_decoder vote_decoder = {"ballot"};

static void give_form(struct orr_msg *m, const struct orr_ballot_vote *v, struct orr_pool *pool) {
    struct orr_ballot_vote *form = orr_form_new(m, &vote_decoder, sizeof *form, pool);
    memset(form, 0, sizeof *form);
    form->ballot.view = v->ballot.view;
    form->ballot.height = v->ballot.height;
    form->ballot.justify_view = v->ballot.justify_view;
    form->ballot.kind = v->ballot.kind;
    memcpy(form->ballot.block, v->ballot.block, sizeof form->ballot.block);
    form->voter = v->voter;
    form->verdict = v->verdict;
    memcpy(form->signature, v->signature, sizeof form->signature);
}

struct orr_msg *orr_ballot_sign(const struct orr_ballot *ballot, uint32_t voter,
                                const struct orr_validator_set *set, struct orr_pool *pool,
                                struct orr_memo *memo) {
    assert(voter < set->n);
    struct orr_ballot_vote v = {.ballot = *ballot, .voter = voter,
                                .verdict = memo ? ORR_GOOD : ORR_UNKNOWN};
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(ballot, set, bytes);
    orr_sign(memo, &set->keys[voter], bytes, sizeof bytes, v.signature);
    struct orr_msg *m = orr_msg_new(pool, ballot->kind, ORR_BALLOT_VOTE_BYTES);
    orr_ballot_write(ballot, m->data);
    orr_store_le32(m->data + ORR_BALLOT_BYTES, voter);
    memcpy(m->data + ORR_BALLOT_BYTES + 4, v.signature, sizeof v.signature);
    give_form(m, &v, pool);
    return m;
}

bool orr_ballot_resign(struct orr_msg *m, uint32_t voter, const struct orr_validator_set *set,
                       struct orr_pool *pool, struct orr_memo *memo) {
    if (m->len != ORR_BALLOT_VOTE_BYTES || voter >= set->n ||
        orr_load_le32(m->data + ORR_BALLOT_BYTES) != voter)
        return false;
    struct orr_ballot ballot = orr_ballot_read(m->data);
    struct orr_msg *vote = orr_ballot_sign(&ballot, voter, set, pool, memo);
    memcpy(m->data, vote->data, m->len);
    orr_msg_unref(pool, vote);
    return true;
}

void orr_ballot_decode(struct orr_msg *m, const struct orr_validator_set *set,
                       struct orr_pool *pool, struct orr_memo *memo) {
    if (m->len != ORR_BALLOT_VOTE_BYTES) return;
    struct orr_ballot_vote v = {.ballot = orr_ballot_read(m->data),
                                .voter = orr_load_le32(m->data + ORR_BALLOT_BYTES)};
    memcpy(v.signature, m->data + ORR_BALLOT_BYTES + 4, sizeof v.signature);
    if (v.ballot.kind != m->kind || v.voter >= set->n || !v.ballot.view ||
        v.ballot.justify_view >= v.ballot.view)
        return;
    if (memo) v.verdict = orr_ballot_verify(&v, set, memo) ? ORR_GOOD : ORR_BAD;
    give_form(m, &v, pool);
}

const struct orr_ballot_vote *orr_ballot_vote_of(const struct orr_msg *m) {
    return orr_form(m, &vote_decoder);
}

bool orr_ballot_verify(const struct orr_ballot_vote *v, const struct orr_validator_set *set,
                       struct orr_memo *memo) {
    if (memo && v->verdict != ORR_UNKNOWN) return v->verdict == ORR_GOOD;
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(&v->ballot, set, bytes);
    return orr_sign_verify(memo, set->keys[v->voter].public_key, bytes, sizeof bytes,
                           v->signature);
}

/* ---- certificates ---- */

static uint32_t bitset_bytes(uint32_t n) { return n / 8 + (n % 8 != 0); }

struct orr_msg *orr_qc_genesis(struct orr_pool *pool) {
    struct orr_msg *m = orr_msg_new(pool, 0, ORR_BALLOT_BYTES + 1);
    memset(m->data, 0, m->len);
    return m;
}

/* What stands for the aggregate of signatures: their hashes in a chain, in order of voters. */
static void aggregate(const uint8_t signature[ORR_SIGN_BYTES],
                      uint8_t bytes[ORR_QC_AGGREGATE_BYTES]) {
    orr_sha256_tagged('a', bytes, ORR_QC_AGGREGATE_BYTES, signature, ORR_SIGN_BYTES, bytes);
}

struct orr_msg *orr_qc_new(const struct orr_tally *quorum, enum orr_qc_form form,
                           const struct orr_validator_set *set, struct orr_pool *pool) {
    assert(form == ORR_QC_LIST || form == ORR_QC_AGGREGATE);
    uint32_t head = ORR_BALLOT_BYTES + 1 + bitset_bytes(set->n);
    uint32_t size = form == ORR_QC_LIST ? quorum->n * ORR_SIGN_BYTES : ORR_QC_AGGREGATE_BYTES;
    struct orr_msg *m = orr_msg_new(pool, 0, head + size);
    memcpy(m->data, quorum->value, ORR_BALLOT_BYTES);
    memset(m->data + ORR_BALLOT_BYTES, 0, m->len - ORR_BALLOT_BYTES);
    m->data[ORR_BALLOT_BYTES] = (uint8_t)form;
    uint8_t *voters = m->data + ORR_BALLOT_BYTES + 1, *at = m->data + head;
    for (uint32_t i = 0; i < set->n; i++) {
        if (!quorum->votes[i]) continue;
        const uint8_t *signature = orr_ballot_vote_of(quorum->votes[i])->signature;
        voters[i / 8] |= (uint8_t)(1 << i % 8);
        if (form == ORR_QC_AGGREGATE) aggregate(signature, at);
        else at = (uint8_t *)memcpy(at, signature, ORR_SIGN_BYTES) + ORR_SIGN_BYTES;
    }
    assert(form == ORR_QC_AGGREGATE || at == m->data + m->len);
    return m;
}

bool orr_qc_read(const uint8_t *bytes, size_t len, uint32_t n, struct orr_qc *qc) {
    struct orr_reader r = orr_reader(bytes, len);
    const uint8_t *ballot = orr_read_bytes(&r, ORR_BALLOT_BYTES);
    uint8_t form = orr_read_u8(&r);
    if (r.bad || form > ORR_QC_AGGREGATE) return false;
    struct orr_qc read = {.ballot = orr_ballot_read(ballot), .form = form, .bytes = bytes};
    if (form == ORR_QC_NONE) {
        static const uint8_t genesis[ORR_BALLOT_BYTES];
        if (memcmp(ballot, genesis, sizeof genesis)) return false;
    } else {
        read.voters = orr_read_bytes(&r, bitset_bytes(n));
        if (r.bad || (n % 8 && read.voters[n / 8] >> n % 8) || !read.ballot.view) return false;
        for (uint32_t i = 0; i < bitset_bytes(n); i++)
            read.n_voters += (uint32_t)__builtin_popcount(read.voters[i]);
        read.signatures = orr_read_bytes(&r, form == ORR_QC_LIST
                                                 ? (size_t)read.n_voters * ORR_SIGN_BYTES
                                                 : ORR_QC_AGGREGATE_BYTES);
    }
    if (r.bad) return false;
    read.len = (uint32_t)(r.p - bytes);
    *qc = read;
    return true;
}

static bool verify_aggregate(const struct orr_qc *qc, const struct orr_validator_set *set,
                             const uint8_t bytes[SIGNED_BYTES]) {
    uint8_t expected[ORR_QC_AGGREGATE_BYTES] = {0}, signature[ORR_SIGN_BYTES];
    for (uint32_t i = 0; i < set->n; i++) {
        if (!orr_qc_has(qc, i)) continue;
        orr_sign(NULL, &set->keys[i], bytes, SIGNED_BYTES, signature);
        aggregate(signature, expected);
    }
    return !memcmp(qc->signatures, expected, sizeof expected);
}

bool orr_qc_verify(const struct orr_qc *qc, const struct orr_validator_set *set,
                   struct orr_memo *memo) {
    if (qc->form == ORR_QC_NONE) return true;
    uint64_t power = 0;
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(&qc->ballot, set, bytes);
    const uint8_t *at = qc->signatures;
    for (uint32_t i = 0; i < set->n; i++) power += orr_qc_has(qc, i) ? set->powers[i] : 0;
    if (power < set->quorum_power) return false;
    if (qc->form == ORR_QC_AGGREGATE) return verify_aggregate(qc, set, bytes);
    for (uint32_t i = 0; i < set->n; i++) {
        if (!orr_qc_has(qc, i)) continue;
        if (!orr_sign_verify(memo, set->keys[i].public_key, bytes, sizeof bytes, at)) return false;
        at += ORR_SIGN_BYTES;
    }
    return true;
}

int64_t orr_qc_cost_ns(const struct orr_qc *qc, const struct orr_costs *costs) {
    if (qc->form == ORR_QC_LIST) return qc->n_voters * costs->verify_ns;
    return qc->form == ORR_QC_AGGREGATE ? costs->verify_ns : 0;
}

/* ---- statements ---- */

struct orr_statement orr_ballot_statement(const struct orr_ballot *b, orr_peer signer) {
    struct orr_statement said = {.signer = signer, .kind = b->kind, .view = b->view,
                                 .justify_view = b->justify_view};
    memcpy(said.value, b->block, sizeof said.value);
    return said;
}

bool orr_qc_statement(const struct orr_qc *qc, uint32_t i, const struct orr_validator_set *set,
                      struct orr_statement *said) {
    for (uint32_t v = 0; v < set->n && i < qc->n_voters; v++) {
        if (!orr_qc_has(qc, v) || i--) continue;
        *said = orr_ballot_statement(&qc->ballot, set->members[v]);
        return true;
    }
    return false;
}
