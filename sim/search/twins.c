#include "sim/search/twins.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/msg.h"
#include "sim/base/memory.h"

enum { INSTANCES_MAX = 2 * ORR_TWINS_NODES_MAX };

struct orr_twins {
    struct orr_twins_shape shape;
    uint32_t n_instances;
    uint32_t n_states;  /* of a round                                          */
    uint64_t n;         /* n_states to the power of n_rounds                   */
    uint32_t *images;   /* [n_changes * n_states] of each round under each
                           change of places; the first changes nothing; owned */
    uint32_t n_changes;
};

/* ---- rounds as numbers: parts, then the leader as the last digit ---- */

static uint32_t leaders(const struct orr_twins *t) {
    return t->shape.no_leaders ? 1 : t->shape.n_nodes;
}

static struct orr_twins_round round_of(const struct orr_twins *t, uint32_t state) {
    return (struct orr_twins_round){state / leaders(t) << 1, state % leaders(t)};
}

static uint32_t state_of(const struct orr_twins *t, struct orr_twins_round r) {
    uint32_t all = (1u << t->n_instances) - 1;
    if (r.second & 1) r.second = all & ~r.second; /* parts have no names */
    return (r.second >> 1) * leaders(t) + r.leader;
}

/* ---- changes of places ---- */

/* Adds the images of all rounds, where node i goes to nodes[i] and bit i of `swapped` says that it
 * changes places with its twin. */
static void add_change(struct orr_twins *t, const uint32_t *nodes, uint32_t swapped) {
    uint32_t n = t->shape.n_nodes, goes[INSTANCES_MAX];
    for (uint32_t i = 0; i < n; i++) {
        bool swaps = i < t->shape.n_twins && swapped >> i & 1;
        goes[i] = nodes[i] + (swaps ? n : 0);
        if (i < t->shape.n_twins) goes[n + i] = nodes[i] + (swaps ? 0 : n);
    }
    size_t had = (size_t)t->n_changes * t->n_states;
    t->images = orr_xrealloc(t->images, (had + t->n_states) * sizeof *t->images);
    for (uint32_t s = 0; s < t->n_states; s++) {
        struct orr_twins_round r = round_of(t, s), image = {0};
        for (uint32_t i = 0; i < t->n_instances; i++)
            if (r.second >> i & 1) image.second |= 1u << goes[i];
        image.leader = t->shape.no_leaders ? 0 : nodes[r.leader];
        t->images[had + s] = state_of(t, image);
    }
    t->n_changes++;
}

/* All orders of nodes[at..], those with twins in front; the order that changes nothing first. */
static void add_orders(struct orr_twins *t, uint32_t *nodes, uint32_t at) {
    uint32_t n = t->shape.n_nodes, n_twins = t->shape.n_twins;
    if (at == n || t->shape.no_leaders) {
        for (uint32_t swapped = 0; swapped < 1u << n_twins; swapped++)
            add_change(t, nodes, swapped);
        return;
    }
    uint32_t end = at < n_twins ? n_twins : n;
    for (uint32_t i = at; i < end; i++) {
        uint32_t keep = nodes[at];
        nodes[at] = nodes[i], nodes[i] = keep;
        add_orders(t, nodes, at + 1);
        nodes[i] = nodes[at], nodes[at] = keep;
    }
}

struct orr_twins *orr_twins_new(struct orr_twins_shape shape) {
    assert(shape.n_nodes && shape.n_nodes <= ORR_TWINS_NODES_MAX);
    assert(shape.n_twins <= shape.n_nodes);
    assert(shape.n_rounds && shape.n_rounds <= ORR_TWINS_ROUNDS_MAX);
    struct orr_twins *t = orr_xrealloc(NULL, sizeof *t);
    *t = (struct orr_twins){.shape = shape, .n_instances = shape.n_nodes + shape.n_twins, .n = 1};
    t->n_states = leaders(t) << (t->n_instances - 1);
    for (uint32_t r = 0; r < shape.n_rounds; r++) {
        if (t->n > (UINT64_C(1) << 62) / t->n_states) {
            free(t);
            return NULL;
        }
        t->n *= t->n_states;
    }
    uint32_t nodes[ORR_TWINS_NODES_MAX];
    for (uint32_t i = 0; i < shape.n_nodes; i++) nodes[i] = i;
    add_orders(t, nodes, 0);
    return t;
}

void orr_twins_free(struct orr_twins *t) {
    if (!t) return;
    free(t->images);
    free(t);
}

/* ---- counts and classes ---- */

uint32_t orr_twins_rounds(const struct orr_twins *t) { return t->shape.n_rounds; }
uint64_t orr_twins_count(const struct orr_twins *t) { return t->n; }

/* Burnside: as many classes as schedules that a change leaves alone, on average. */
uint64_t orr_twins_classes(const struct orr_twins *t) {
    unsigned __int128 sum = 0;
    for (uint32_t c = 0; c < t->n_changes; c++) {
        const uint32_t *image = t->images + (size_t)c * t->n_states;
        uint64_t fixed = 0, power = 1;
        for (uint32_t s = 0; s < t->n_states; s++) fixed += image[s] == s;
        for (uint32_t r = 0; r < t->shape.n_rounds; r++) power *= fixed;
        sum += power;
    }
    assert(sum % t->n_changes == 0);
    return (uint64_t)(sum / t->n_changes);
}

static void digits_of(const struct orr_twins *t, uint64_t index, uint32_t *digits) {
    assert(index < t->n);
    for (uint32_t r = t->shape.n_rounds; r-- > 0; index /= t->n_states)
        digits[r] = (uint32_t)(index % t->n_states);
}

bool orr_twins_is_least(const struct orr_twins *t, uint64_t index) {
    uint32_t digits[ORR_TWINS_ROUNDS_MAX];
    digits_of(t, index, digits);
    for (uint32_t c = 1; c < t->n_changes; c++) {
        const uint32_t *image = t->images + (size_t)c * t->n_states;
        uint32_t r = 0;
        while (r < t->shape.n_rounds && image[digits[r]] == digits[r]) r++;
        if (r < t->shape.n_rounds && image[digits[r]] < digits[r]) return false;
    }
    return true;
}

void orr_twins_decode(const struct orr_twins *t, uint64_t index, struct orr_twins_round *to) {
    uint32_t digits[ORR_TWINS_ROUNDS_MAX];
    digits_of(t, index, digits);
    for (uint32_t r = 0; r < t->shape.n_rounds; r++) to[r] = round_of(t, digits[r]);
}

/* ---- a walk ---- */

/* A permutation of 0..n-1 that a seed draws: a Feistel network over the next even number of bits,
 * walked until it is below n again (Black and Rogaway, CT-RSA 2002). */
static uint64_t shuffled(uint64_t seed, uint64_t at, uint64_t n) {
    unsigned half = 1;
    while (half < 31 && UINT64_C(1) << 2 * half < n) half++;
    uint64_t mask = (UINT64_C(1) << half) - 1;
    do { /* ends: a permutation comes back below n */
        uint64_t left = at >> half, right = at & mask;
        for (uint64_t round = 0; round < 6; round++) {
            uint64_t key[2] = {right, round};
            uint64_t next = left ^ (orr_hash64(seed, key, sizeof key) & mask);
            left = right;
            right = next;
        }
        at = left << half | right;
    } while (at >= n);
    return at;
}

bool orr_twins_next(struct orr_twins_walk *walk, uint64_t *index) {
    const struct orr_twins *t = walk->twins;
    while (walk->at < t->n) {
        uint64_t at = walk->seed ? shuffled(walk->seed, walk->at, t->n) : walk->at;
        walk->at++;
        if (!orr_twins_is_least(t, at)) continue;
        walk->n++;
        *index = at;
        return true;
    }
    return false;
}
