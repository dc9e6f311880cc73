#include "models/bft/common/vote.h"

#include <assert.h>

#include "models/base/bytes.h"

void orr_signed_bytes(const struct orr_validator_set *set, enum orr_signed_type type,
                      uint64_t height, uint32_t round, int32_t pol_round,
                      const struct orr_block_id *id, uint8_t bytes[ORR_SIGNED_BYTES]) {
    struct orr_writer w = orr_writer(bytes, ORR_SIGNED_BYTES);
    orr_write_u8(&w, (uint8_t)type);
    orr_write_u64(&w, set->chain_id);
    orr_write_u64(&w, height);
    orr_write_u32(&w, round);
    orr_write_u32(&w, (uint32_t)pol_round);
    orr_write_bytes(&w, id, sizeof *id);
    assert(!w.bad && w.p == w.end);
}

void orr_vote_write(const struct orr_vote *v, uint8_t bytes[ORR_VOTE_BYTES]) {
    struct orr_writer w = orr_writer(bytes, ORR_VOTE_BYTES);
    orr_write_u8(&w, v->type);
    orr_write_u32(&w, v->validator);
    orr_write_u64(&w, v->height);
    orr_write_u32(&w, v->round);
    orr_write_bytes(&w, &v->id, sizeof v->id);
    orr_write_bytes(&w, v->signature, sizeof v->signature);
    assert(!w.bad && w.p == w.end);
}

bool orr_vote_read(const uint8_t *bytes, struct orr_vote *v) {
    return orr_signed_read(bytes, v) && v->type != ORR_SIGNED_PROPOSAL;
}

bool orr_signed_read(const uint8_t *bytes, struct orr_vote *v) {
    struct orr_reader r = orr_reader(bytes, ORR_VOTE_BYTES);
    v->type = orr_read_u8(&r);
    v->validator = orr_read_u32(&r);
    v->height = orr_read_u64(&r);
    v->round = orr_read_u32(&r);
    orr_read_copy(&r, &v->id, sizeof v->id);
    orr_read_copy(&r, v->signature, sizeof v->signature);
    v->verdict = ORR_UNKNOWN;
    v->set = NULL;
    v->pol_round = 0;
    assert(orr_read_done(&r));
    if (v->type != ORR_PREVOTE && v->type != ORR_PRECOMMIT && v->type != ORR_SIGNED_PROPOSAL)
        return false;
    if (!v->height || v->round > ORR_MAX_ROUND) return false;
    static const struct orr_block_id nil;
    return !orr_block_id_is_nil(&v->id) || orr_block_id_equal(&v->id, &nil);
}

static const struct orr_decoder vote_decoder = {"vote"};

struct orr_msg *orr_vote_message(const struct orr_vote *v, struct orr_pool *pool, uint16_t kind) {
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_VOTE_BYTES);
    orr_vote_write(v, m->data);
    struct orr_vote read;
    if (orr_vote_read(m->data, &read)) { /* else it is malformed, and has no form */
        read.set = v->set;
        read.verdict = v->verdict;
        memcpy(orr_form_new(m, &vote_decoder, sizeof read, pool), &read, sizeof read);
    }
    return m;
}

struct orr_msg *orr_vote_sign(struct orr_vote *v, const struct orr_validator_set *set,
                              struct orr_pool *pool, struct orr_memo *memo, uint16_t kind) {
    assert(v->validator < set->n);
    uint8_t bytes[ORR_SIGNED_BYTES];
    orr_signed_bytes(set, v->type, v->height, v->round, 0, &v->id, bytes);
    orr_sign(memo, &set->keys[v->validator], bytes, sizeof bytes, v->signature);
    v->set = set;
    v->verdict = memo ? ORR_GOOD : ORR_UNKNOWN;
    return orr_vote_message(v, pool, kind);
}

void orr_vote_decode(struct orr_msg *m, const struct orr_validator_set *set, struct orr_pool *pool,
                     struct orr_memo *memo) {
    struct orr_vote v;
    if (m->len != ORR_VOTE_BYTES || !orr_vote_read(m->data, &v)) return;
    v.set = set;
    if (memo && v.validator < set->n)
        v.verdict = orr_vote_verify(&v, set, memo) ? ORR_GOOD : ORR_BAD;
    memcpy(orr_form_new(m, &vote_decoder, sizeof v, pool), &v, sizeof v);
}

const struct orr_vote *orr_vote_of(const struct orr_msg *m) { return orr_form(m, &vote_decoder); }

bool orr_vote_verify(const struct orr_vote *v, const struct orr_validator_set *set,
                     struct orr_memo *memo) {
    if (memo && v->set == set && v->verdict != ORR_UNKNOWN) return v->verdict == ORR_GOOD;
    if (v->validator >= set->n) return false;
    uint8_t bytes[ORR_SIGNED_BYTES];
    orr_signed_bytes(set, v->type, v->height, v->round, v->pol_round, &v->id, bytes);
    return orr_sign_verify(memo, set->keys[v->validator].public_key, bytes, sizeof bytes,
                           v->signature);
}
