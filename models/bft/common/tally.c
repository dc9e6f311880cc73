#include "models/bft/common/tally.h"

#include <assert.h>

/* A value stands in front of its tally, so that what a vote touches lies side by side and is found
 * without a look at the tally. */
static size_t front(const struct orr_tally_store *store) {
    return orr_tally_front(store->value_size);
}

static size_t tally_size(const struct orr_tally_store *store) {
    return front(store) + sizeof(struct orr_tally) + store->set->n * sizeof(struct orr_msg *);
}

void orr_tally_store_init(struct orr_tally_store *store, struct orr_mem *mem, struct orr_pool *pool,
                          const struct orr_validator_set *set, uint32_t value_size) {
    *store = (struct orr_tally_store){
        .mem = mem, .pool = pool, .set = set, .value_size = value_size};
}

void orr_tally_store_fini(struct orr_tally_store *store) {
    for (struct orr_tally *t = store->free, *next; t; t = next) {
        next = t->next;
        orr_free(store->mem, (char *)t - front(store), tally_size(store));
    }
    store->free = NULL;
}

void orr_vote_set_init(struct orr_vote_set *votes, const struct orr_tally_store *store,
                       uint64_t *seen) {
    *votes = (struct orr_vote_set){.value_size = store->value_size, .set = store->set};
    orr_bitset_init(&votes->seen, seen, store->set->n);
}

void orr_vote_set_clear(struct orr_vote_set *votes, struct orr_tally_store *store) {
    for (struct orr_tally *t = votes->first, *next; t; t = next) {
        next = t->next;
        for (uint32_t i = 0; t->n; i++) { /* n of the votes are there */
            assert(i < store->set->n);
            if (!t->votes[i]) continue;
            orr_msg_unref(store->pool, t->votes[i]);
            t->n--;
        }
        t->next = store->free;
        store->free = t;
    }
    orr_vote_set_init(votes, store, votes->seen.words);
}

struct orr_tally *orr_vote_set_find(const struct orr_vote_set *votes, const void *value) {
    for (struct orr_tally *t = votes->first; t; t = t->next)
        if (!memcmp((const char *)t - orr_tally_front(votes->value_size), value, votes->value_size))
            return t;
    return NULL;
}

static struct orr_tally *open_tally(struct orr_vote_set *votes, struct orr_tally_store *store,
                                    const void *value) {
    struct orr_tally *t = store->free, **last = &votes->first;
    if (t) store->free = t->next;
    else t = (struct orr_tally *)((char *)orr_alloc(store->mem, tally_size(store)) + front(store));
    memset(t, 0, tally_size(store) - front(store));
    t->value = memcpy((char *)t - front(store), value, store->value_size);
    while (*last) last = &(*last)->next;
    return *last = t;
}

/* The message of another value by the same validator, and how many there are. */
static uint32_t others(const struct orr_vote_set *votes, const struct orr_tally *mine,
                       uint32_t validator, struct orr_msg **other) {
    uint32_t n = 0;
    for (const struct orr_tally *t = votes->first; t; t = t->next)
        if (t != mine && t->votes[validator]) {
            if (!n) *other = t->votes[validator];
            n++;
        }
    return n;
}

enum orr_vote_added orr_vote_set_add(struct orr_vote_set *votes, struct orr_tally_store *store,
                                     uint32_t validator, const void *value, struct orr_msg *m,
                                     struct orr_tally **tally, struct orr_msg **other) {
    const struct orr_validator_set *set = votes->set;
    assert(validator < set->n && set->n == store->set->n);
    struct orr_tally *t = orr_vote_set_find(votes, value);
    uint64_t power = set->powers[validator];
    enum orr_vote_added result = ORR_VOTE_NEW;
    if (!orr_bitset_add(&votes->seen, validator)) {
        if (t && t->votes[validator]) return ORR_VOTE_OLD;
        if (others(votes, t, validator, other) >= 2 && !t) return ORR_VOTE_OLD;
        result = ORR_VOTE_CONFLICT;
    } else {
        votes->power += power;
    }
    if (!t) t = open_tally(votes, store, value);
    t->votes[validator] = orr_msg_ref(m);
    t->n++;
    t->power += power;
    assert(votes->power <= set->total_power && t->power <= votes->power);
    if (t->power >= set->quorum_power && !votes->quorum) votes->quorum = t;
    *tally = t;
    return result;
}
