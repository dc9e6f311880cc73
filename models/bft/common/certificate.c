#include "models/bft/common/certificate.h"

#include <assert.h>

#include "models/base/bytes.h"

enum { HEAD_BYTES = 1 + 8 + 4 + 4 + 4 };

static uint32_t bits_bytes(uint32_t n) { return (n + 7) / 8; }

static void write_tally(struct orr_writer *w, const struct orr_tally *t, uint32_t n) {
    orr_write_bytes(w, t->value, sizeof(struct orr_block_id));
    for (uint32_t i = 0; i < n; i += 8) {
        uint8_t byte = 0;
        for (uint32_t k = 0; k < 8 && i + k < n; k++)
            if (t->votes[i + k]) byte |= (uint8_t)(1 << k);
        orr_write_u8(w, byte);
    }
    for (uint32_t i = 0; i < n; i++)
        if (t->votes[i])
            orr_write_bytes(w, t->votes[i]->data + ORR_VOTE_BYTES - ORR_SIGN_BYTES,
                            ORR_SIGN_BYTES);
}

struct orr_msg *orr_certificate_new(const struct orr_vote_set *votes, const struct orr_tally *only,
                                    const struct orr_vote *slot, uint32_t n,
                                    struct orr_pool *pool, uint16_t kind) {
    uint32_t n_values = 0;
    uint64_t size = HEAD_BYTES;
    for (const struct orr_tally *t = votes->first; t; t = t->next) {
        if (only && t != only) continue;
        n_values++;
        size += sizeof(struct orr_block_id) + bits_bytes(n) + (uint64_t)t->n * ORR_SIGN_BYTES;
    }
    assert(size <= UINT32_MAX);
    struct orr_msg *m = orr_msg_new(pool, kind, (uint32_t)size);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u8(&w, slot->type);
    orr_write_u64(&w, slot->height);
    orr_write_u32(&w, slot->round);
    orr_write_u32(&w, n);
    orr_write_u32(&w, n_values);
    for (const struct orr_tally *t = votes->first; t; t = t->next)
        if (!only || t == only) write_tally(&w, t, n);
    assert(!w.bad && w.p == w.end);
    return m;
}

/* Reads the value at hand and its voters; false: malformed. */
static bool next_value(struct orr_certificate *c) {
    struct orr_reader r = orr_reader(c->at, (size_t)(c->end - c->at));
    orr_read_copy(&r, &c->vote.id, sizeof c->vote.id);
    c->voters = orr_read_bytes(&r, bits_bytes(c->n));
    c->next = 0;
    c->n_values--;
    c->at = r.p;
    return !r.bad;
}

bool orr_certificate_open(struct orr_certificate *c, const uint8_t *bytes, size_t len, uint32_t n) {
    struct orr_reader r = orr_reader(bytes, len);
    *c = (struct orr_certificate){.vote = {.type = orr_read_u8(&r)}, .n = n};
    c->vote.height = orr_read_u64(&r);
    c->vote.round = orr_read_u32(&r);
    bool is_same_n = orr_read_u32(&r) == n;
    c->n_values = orr_read_u32(&r);
    c->at = r.p;
    c->end = r.end;
    c->next = n;
    return !r.bad && is_same_n && c->vote.height && c->vote.round <= ORR_MAX_ROUND &&
           (c->vote.type == ORR_PREVOTE || c->vote.type == ORR_PRECOMMIT);
}

bool orr_certificate_next(struct orr_certificate *c) {
    for (;;) { /* ends: the validators of a value, and then the values, are passed one by one */
        if (c->next == c->n) {
            if (!c->n_values || !next_value(c)) return false;
            continue;
        }
        uint32_t i = c->next++;
        if (!(c->voters[i / 8] >> i % 8 & 1)) continue;
        if (c->end - c->at < ORR_SIGN_BYTES) return false;
        c->vote.validator = i;
        memcpy(c->vote.signature, c->at, ORR_SIGN_BYTES);
        c->at += ORR_SIGN_BYTES;
        return true;
    }
}
