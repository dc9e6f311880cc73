#include "models/bft/common/commit.h"

#include <assert.h>

#include "models/base/bytes.h"

enum { HEAD_BYTES = 8 + 4 + 68 + 4 };

uint32_t orr_commit_size(uint32_t n, uint32_t n_signatures) {
    return HEAD_BYTES + n + n_signatures * ORR_SIGN_BYTES;
}

/* What a validator precommitted that a commit can carry: the block rather than nil. */
static const struct orr_msg *entry_of(const struct orr_vote_set *votes,
                                      const struct orr_tally *quorum, uint32_t i,
                                      enum orr_commit_flag *flag) {
    *flag = ORR_COMMIT_BLOCK;
    if (quorum->votes[i]) return quorum->votes[i];
    *flag = ORR_COMMIT_NIL;
    for (const struct orr_tally *t = votes->first; t; t = t->next)
        if (orr_block_id_is_nil(orr_tally_id(t)) && t->votes[i]) return t->votes[i];
    *flag = ORR_COMMIT_ABSENT;
    return NULL;
}

uint32_t orr_commit_write(const struct orr_vote_set *votes, const struct orr_tally *quorum,
                          uint64_t height, uint32_t round, uint32_t n, uint8_t *bytes) {
    struct orr_writer w = orr_writer(bytes, orr_commit_size(n, votes->seen.n_set));
    orr_write_u64(&w, height);
    orr_write_u32(&w, round);
    orr_write_bytes(&w, quorum->value, sizeof(struct orr_block_id));
    orr_write_u32(&w, n);
    for (uint32_t i = 0; i < n; i++) {
        enum orr_commit_flag flag;
        const struct orr_msg *m = entry_of(votes, quorum, i, &flag);
        orr_write_u8(&w, (uint8_t)flag);
        if (m) orr_write_bytes(&w, m->data + ORR_VOTE_BYTES - ORR_SIGN_BYTES, ORR_SIGN_BYTES);
    }
    assert(!w.bad);
    return (uint32_t)orr_written(&w);
}

bool orr_commit_read(const uint8_t *bytes, size_t len, uint32_t n, struct orr_commit *c) {
    struct orr_reader r = orr_reader(bytes, len);
    struct orr_commit read = {.height = orr_read_u64(&r), .round = orr_read_u32(&r)};
    orr_read_copy(&r, &read.id, sizeof read.id);
    read.n = orr_read_u32(&r);
    if (r.bad || read.n != n || !read.height || read.round > ORR_MAX_ROUND ||
        orr_block_id_is_nil(&read.id))
        return false;
    read.entries = r.p;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t flag = orr_read_u8(&r);
        if (flag > ORR_COMMIT_NIL) return false;
        if (flag == ORR_COMMIT_ABSENT) continue;
        orr_read_bytes(&r, ORR_SIGN_BYTES);
        read.n_signatures++;
    }
    if (r.bad) return false;
    read.len = (uint32_t)(r.p - bytes);
    *c = read;
    return true;
}

bool orr_commit_vote(const struct orr_commit *c, uint32_t i, uint32_t *at, struct orr_vote *v) {
    assert(i < c->n);
    uint8_t flag = c->entries[(*at)++];
    if (flag == ORR_COMMIT_ABSENT) return false;
    *v = (struct orr_vote){.height = c->height, .round = c->round, .validator = i,
                           .type = ORR_PRECOMMIT};
    if (flag == ORR_COMMIT_BLOCK) v->id = c->id;
    memcpy(v->signature, c->entries + *at, ORR_SIGN_BYTES);
    *at += ORR_SIGN_BYTES;
    return true;
}

bool orr_commit_is_signed(const struct orr_commit *c, const struct orr_validator_set *set,
                          struct orr_memo *memo) {
    struct orr_vote v;
    for (uint32_t i = 0, at = 0; i < c->n; i++)
        if (orr_commit_vote(c, i, &at, &v) && !orr_vote_verify(&v, set, memo)) return false;
    return c->n == set->n;
}

uint64_t orr_commit_power(const struct orr_commit *c, const struct orr_validator_set *set) {
    assert(c->n == set->n);
    uint64_t power = 0;
    struct orr_vote v;
    for (uint32_t i = 0, at = 0; i < c->n; i++)
        if (orr_commit_vote(c, i, &at, &v) && !orr_block_id_is_nil(&v.id)) power += set->powers[i];
    return power;
}

bool orr_commit_verify(const struct orr_commit *c, const struct orr_validator_set *set,
                       struct orr_memo *memo) {
    return c->n == set->n && orr_commit_power(c, set) >= set->quorum_power &&
           orr_commit_is_signed(c, set, memo);
}
