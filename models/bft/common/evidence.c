#include "models/bft/common/evidence.h"

#include <assert.h>

struct orr_msg *orr_evidence_message(const struct orr_vote *a, const struct orr_vote *b,
                                     struct orr_pool *pool, uint16_t kind) {
    bool in_order = memcmp(&a->id, &b->id, sizeof a->id) < 0;
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_EVIDENCE_BYTES);
    orr_vote_write(in_order ? a : b, m->data);
    orr_vote_write(in_order ? b : a, m->data + ORR_VOTE_BYTES);
    return m;
}

bool orr_evidence_read(const uint8_t *bytes, struct orr_duplicate_vote *e) {
    if (!orr_vote_read(bytes, &e->a) || !orr_vote_read(bytes + ORR_VOTE_BYTES, &e->b)) return false;
    const struct orr_vote *a = &e->a, *b = &e->b;
    return a->type == b->type && a->height == b->height && a->round == b->round &&
           a->validator == b->validator && memcmp(&a->id, &b->id, sizeof a->id) < 0;
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
