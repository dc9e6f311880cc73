#include "models/bft/dag/vertex.h"

#include <assert.h>

#include "models/base/bytes.h"
#include "models/base/cost.h"
#include "models/base/sha256.h"
#include "models/bft/common/vote.h"

enum { HASHED_BYTES = ORR_VERTEX_HASHED_BYTES, HEAD_BYTES = ORR_VERTEX_HEAD_BYTES,
       SIGNATURE_AT = HASHED_BYTES, SIGNED_BYTES = 8 + 8 + 32 };

static const struct orr_decoder vertex_decoder = {"vertex"};

/* ---- refs ---- */

struct orr_vertex_ref orr_vertex_ref_at(const uint8_t *refs, uint32_t i) {
    const uint8_t *at = refs + (size_t)i * ORR_VERTEX_REF_BYTES;
    struct orr_vertex_ref ref = {.round = orr_load_le64(at), .author = orr_load_le32(at + 8)};
    memcpy(ref.hash, at + 12, sizeof ref.hash);
    return ref;
}

void orr_vertex_ref_write(const struct orr_vertex_ref *ref, uint8_t bytes[ORR_VERTEX_REF_BYTES]) {
    orr_store_le64(bytes, ref->round);
    orr_store_le32(bytes + 8, ref->author);
    memcpy(bytes + 12, ref->hash, sizeof ref->hash);
}

int orr_vertex_ref_order(const struct orr_vertex_ref *a, const struct orr_vertex_ref *b) {
    if (a->round != b->round) return a->round > b->round ? -1 : 1;
    if (a->author != b->author) return a->author < b->author ? -1 : 1;
    return memcmp(a->hash, b->hash, sizeof a->hash);
}

uint32_t orr_vertex_find_ref(const struct orr_vertex_form *v, uint64_t round, uint32_t author) {
    struct orr_vertex_ref wanted = {.round = round, .author = author};
    uint32_t low = 0, high = v->n_refs;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        struct orr_vertex_ref ref = orr_vertex_ref_at(v->refs, middle);
        if (orr_vertex_ref_order(&ref, &wanted) < 0) low = middle + 1;
        else high = middle;
    }
    if (low == v->n_refs) return low;
    struct orr_vertex_ref ref = orr_vertex_ref_at(v->refs, low);
    return ref.round == round && ref.author == author ? low : v->n_refs;
}

/* In order, of earlier rounds, and a quorum of the round before. */
static bool refs_are_sound(const struct orr_vertex_form *v, const struct orr_validator_set *set) {
    uint64_t power = 0;
    struct orr_vertex_ref last = {0};
    for (uint32_t i = 0; i < v->n_refs; i++) {
        struct orr_vertex_ref ref = orr_vertex_ref_at(v->refs, i);
        if (ref.author >= set->n || !ref.round || ref.round >= v->round) return false;
        if (i && orr_vertex_ref_order(&last, &ref) >= 0) return false;
        if (ref.round + 1 == v->round && (!i || last.author != ref.author))
            power += set->powers[ref.author];
        last = ref;
    }
    return v->round == 1 ? v->n_refs == 0 : power >= set->quorum_power;
}

/* ---- reading ---- */

/* All but ids, hash and verdict. */
static bool scan(const struct orr_msg *m, const struct orr_validator_set *set,
                 struct orr_vertex_form *v) {
    struct orr_reader r = orr_reader(m->data, m->len);
    v->round = orr_read_u64(&r);
    v->author = orr_read_u32(&r);
    v->time = (orr_time)orr_read_u64(&r);
    v->n_refs = orr_read_u32(&r);
    v->n_txs = orr_read_u32(&r);
    v->txs_len = orr_read_u32(&r);
    v->signature = orr_read_bytes(&r, ORR_SIGN_BYTES);
    if (r.bad || v->n_refs > m->len / ORR_VERTEX_REF_BYTES || v->n_txs > v->txs_len / 4)
        return false;
    v->refs = orr_read_bytes(&r, (size_t)v->n_refs * ORR_VERTEX_REF_BYTES);
    v->txs = orr_read_bytes(&r, v->txs_len);
    if (!orr_read_done(&r) || v->author >= set->n || !v->round || v->round == UINT64_MAX ||
        !refs_are_sound(v, set))
        return false;
    r = orr_reader(v->txs, v->txs_len);
    for (uint32_t i = 0; i < v->n_txs && !r.bad; i++) orr_read_bytes(&r, orr_read_u32(&r));
    return orr_read_done(&r);
}

static void set_hash(const struct orr_msg *m, struct orr_vertex_form *v) {
    uint8_t body[32];
    orr_sha256(m->data + HEAD_BYTES, m->len - HEAD_BYTES, body);
    orr_sha256_tagged('v', m->data, HASHED_BYTES, body, sizeof body, v->hash);
}

static void signed_bytes(const struct orr_vertex_form *v, const struct orr_validator_set *set,
                         uint8_t bytes[SIGNED_BYTES]) {
    orr_store_le64(bytes, set->chain_id);
    orr_store_le64(bytes + 8, v->round);
    memcpy(bytes + 16, v->hash, 32);
}

void orr_vertex_decode(struct orr_msg *m, const struct orr_validator_set *set,
                       struct orr_pool *pool, struct orr_memo *memo) {
    struct orr_vertex_form head = {0};
    if (!scan(m, set, &head)) return;
    uint32_t size = (uint32_t)(sizeof head + head.n_txs * sizeof head.ids[0]);
    struct orr_vertex_form *v = orr_form_new(m, &vertex_decoder, size, pool);
    memcpy(v, &head, sizeof head);
    struct orr_reader r = orr_reader(v->txs, v->txs_len);
    for (uint32_t i = 0; i < v->n_txs; i++) {
        uint32_t len = orr_read_u32(&r);
        uint64_t id = orr_hash64(0, orr_read_bytes(&r, len), len);
        v->ids[i] = id ? id : 1; /* as orr_msg_hash has it */
    }
    assert(orr_read_done(&r));
    set_hash(m, v);
    if (memo) v->verdict = orr_vertex_verify(v, set, memo) ? ORR_GOOD : ORR_BAD;
}

const struct orr_vertex_form *orr_vertex_of(const struct orr_msg *m) {
    return orr_form(m, &vertex_decoder);
}

bool orr_vertex_verify(const struct orr_vertex_form *v, const struct orr_validator_set *set,
                       struct orr_memo *memo) {
    if (memo && v->verdict != ORR_UNKNOWN) return v->verdict == ORR_GOOD;
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(v, set, bytes);
    return orr_sign_verify(memo, set->keys[v->author].public_key, bytes, sizeof bytes,
                           v->signature);
}

int64_t orr_vertex_cost_ns(const struct orr_msg *m, const struct orr_costs *costs) {
    return costs->verify_ns + costs->hash_kib_ns * (int64_t)(m->len / 1024 + 1);
}

/* ---- writing ---- */

bool orr_vertex_sign(struct orr_msg *m, uint32_t author, const struct orr_validator_set *set,
                     struct orr_memo *memo) {
    if (m->len < HEAD_BYTES || author >= set->n || orr_load_le32(m->data + 8) != author)
        return false;
    struct orr_vertex_form v = {.round = orr_load_le64(m->data)};
    uint8_t bytes[SIGNED_BYTES];
    set_hash(m, &v);
    signed_bytes(&v, set, bytes);
    orr_sign(memo, &set->keys[author], bytes, sizeof bytes, m->data + SIGNATURE_AT);
    return true;
}

struct orr_msg *orr_vertex_new(const struct orr_vertex_parts *parts, uint32_t author,
                               const struct orr_validator_set *set, struct orr_pool *pool,
                               struct orr_memo *memo, uint16_t kind) {
    uint32_t txs_len = 0, refs_len = parts->n_refs * ORR_VERTEX_REF_BYTES;
    for (uint32_t i = 0; i < parts->n_txs; i++) txs_len += 4 + parts->txs[i]->len;
    struct orr_msg *m = orr_msg_new(pool, kind, HEAD_BYTES + refs_len + txs_len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, parts->round);
    orr_write_u32(&w, author);
    orr_write_u64(&w, (uint64_t)parts->time);
    orr_write_u32(&w, parts->n_refs);
    orr_write_u32(&w, parts->n_txs);
    orr_write_u32(&w, txs_len);
    memset(w.p, 0, ORR_SIGN_BYTES);
    w.p += ORR_SIGN_BYTES;
    for (uint32_t i = 0; i < parts->n_refs; i++, w.p += ORR_VERTEX_REF_BYTES)
        orr_vertex_ref_write(&parts->refs[i], w.p);
    for (uint32_t i = 0; i < parts->n_txs; i++) {
        orr_write_u32(&w, parts->txs[i]->len);
        orr_write_bytes(&w, parts->txs[i]->data, parts->txs[i]->len);
    }
    assert(!w.bad && w.p == w.end);
    bool is_signed = orr_vertex_sign(m, author, set, memo);
    orr_vertex_decode(m, set, pool, memo);
    assert(is_signed && orr_vertex_of(m));
    return m;
}

struct orr_msg *orr_vertex_twin(const struct orr_msg *m, const struct orr_validator_set *set,
                                struct orr_pool *pool, struct orr_memo *memo) {
    struct orr_msg *twin = orr_msg_copy(pool, m->kind, m->data, m->len);
    twin->data[ORR_VERTEX_TIME_AT] ^= 1;
    orr_vertex_sign(twin, orr_vertex_of(m)->author, set, memo);
    orr_vertex_decode(twin, set, pool, memo);
    return twin;
}

bool orr_vertex_statement(const struct orr_msg *m, const struct orr_validator_set *set,
                          struct orr_statement *said) {
    struct orr_vertex_form v = {0};
    if (!scan(m, set, &v)) return false;
    set_hash(m, &v);
    *said = (struct orr_statement){.signer = set->members[v.author], .kind = m->kind,
                                   .view = v.round, .justify_view = v.round - 1};
    memcpy(said->value, v.hash, sizeof v.hash);
    return true;
}
