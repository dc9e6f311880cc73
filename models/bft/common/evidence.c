#include "models/bft/common/evidence.h"

#include <assert.h>

#include "models/base/bytes.h"

static bool is_before(const struct orr_vote *a, const struct orr_vote *b) {
    int order = memcmp(&a->id, &b->id, sizeof a->id);
    return order < 0 || (order == 0 && a->pol_round < b->pol_round);
}

struct orr_msg *orr_evidence_message(const struct orr_vote *a, const struct orr_vote *b,
                                     struct orr_pool *pool, uint16_t kind) {
    const struct orr_vote *first = is_before(a, b) ? a : b, *second = first == a ? b : a;
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_EVIDENCE_BYTES);
    orr_vote_write(first, m->data);
    orr_vote_write(second, m->data + ORR_VOTE_BYTES);
    orr_store_le32(m->data + 2 * ORR_VOTE_BYTES, (uint32_t)first->pol_round);
    orr_store_le32(m->data + 2 * ORR_VOTE_BYTES + 4, (uint32_t)second->pol_round);
    return m;
}

/* As its author may have signed it. */
static bool is_possible(const struct orr_vote *v) {
    if (v->type != ORR_SIGNED_PROPOSAL) return !v->pol_round;
    return !orr_block_id_is_nil(&v->id) && v->pol_round >= -1 && v->pol_round < (int32_t)v->round;
}

bool orr_evidence_read(const uint8_t *bytes, struct orr_duplicate_vote *e) {
    const uint8_t *pol_rounds = bytes + 2 * ORR_VOTE_BYTES;
    struct orr_vote *a = &e->a, *b = &e->b;
    if (!orr_signed_read(bytes, a) || !orr_signed_read(bytes + ORR_VOTE_BYTES, b)) return false;
    a->pol_round = (int32_t)orr_load_le32(pol_rounds);
    b->pol_round = (int32_t)orr_load_le32(pol_rounds + 4);
    return a->type == b->type && a->height == b->height && a->round == b->round &&
           a->validator == b->validator && is_possible(a) && is_possible(b) && is_before(a, b);
}

bool orr_evidence_verify(const struct orr_duplicate_vote *e, const struct orr_validator_set *set,
                         struct orr_memo *memo) {
    return orr_vote_verify(&e->a, set, memo) && orr_vote_verify(&e->b, set, memo);
}

void orr_evidence_pool_init(struct orr_evidence_pool *pool, struct orr_mem *mem,
                            struct orr_pool *messages) {
    *pool = (struct orr_evidence_pool){.mem = mem, .pool = messages};
}

void orr_evidence_pool_fini(struct orr_evidence_pool *pool) {
    for (uint32_t i = 0; i < pool->n; i++) orr_msg_unref(pool->pool, pool->entries[i].message);
    orr_free(pool->mem, pool->entries, pool->cap * sizeof *pool->entries);
    orr_evidence_pool_init(pool, pool->mem, pool->pool);
}

struct orr_evidence_entry *orr_evidence_find(struct orr_evidence_pool *pool, uint32_t culprit,
                                             uint64_t height) {
    for (uint32_t i = pool->n; i-- > 0;) /* mostly one of the latest is asked for */
        if (pool->entries[i].height == height && pool->entries[i].culprit == culprit)
            return &pool->entries[i];
    return NULL;
}

static void drop(struct orr_evidence_pool *pool, uint32_t i) {
    orr_msg_unref(pool->pool, pool->entries[i].message);
    pool->n_pending -= !pool->entries[i].committed;
    pool->n--;
    memmove(pool->entries + i, pool->entries + i + 1, (pool->n - i) * sizeof pool->entries[0]);
}

static void append(struct orr_evidence_pool *pool, struct orr_evidence_entry entry) {
    assert(!orr_evidence_find(pool, entry.culprit, entry.height));
    if (pool->n == pool->cap) {
        uint32_t cap = pool->cap ? 2 * pool->cap : 8;
        pool->entries = orr_resize(pool->mem, pool->entries, pool->cap * sizeof *pool->entries,
                                   cap * sizeof *pool->entries);
        pool->cap = cap;
    }
    pool->entries[pool->n++] = entry;
    pool->n_pending += !entry.committed;
}

void orr_evidence_add(struct orr_evidence_pool *pool, uint32_t culprit, uint64_t height,
                      struct orr_msg *m) {
    if (pool->n_pending == ORR_EVIDENCE_POOL_MAX) {
        uint32_t oldest = 0;
        while (pool->entries[oldest].committed) oldest++; /* one is pending */
        drop(pool, oldest);
    }
    append(pool, (struct orr_evidence_entry){
                     .height = height, .culprit = culprit, .message = orr_msg_ref(m)});
}

void orr_evidence_commit(struct orr_evidence_pool *pool, uint32_t culprit, uint64_t height) {
    struct orr_evidence_entry *known = orr_evidence_find(pool, culprit, height);
    if (!known) {
        append(pool, (struct orr_evidence_entry){
                         .height = height, .culprit = culprit, .committed = true});
        return;
    }
    assert(!known->committed);
    orr_msg_unref(pool->pool, known->message);
    known->message = NULL;
    known->committed = true;
    pool->n_pending--;
}

void orr_evidence_forget(struct orr_evidence_pool *pool, uint64_t from) {
    for (uint32_t i = pool->n; i-- > 0;)
        if (pool->entries[i].height < from) drop(pool, i);
}
