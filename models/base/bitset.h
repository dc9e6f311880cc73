/* bitset.h - which of 0..n-1 are in, and how many they are: who has voted, which parts are here. */
#ifndef ORR_BASE_BITSET_H
#define ORR_BASE_BITSET_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The words are lent, orr_bitset_words(n_bits) of them; bits past n_bits are 0. */
struct orr_bitset {
    uint64_t *words;
    uint32_t n_bits;
    uint32_t n_set; /* bits that are 1 */
};

static inline uint32_t orr_bitset_words(uint32_t n_bits) {
    return n_bits / 64 + (n_bits % 64 != 0);
}
/* An empty set in words that need not be zeroed. */
static inline void orr_bitset_init(struct orr_bitset *set, uint64_t *words, uint32_t n_bits) {
    *set = (struct orr_bitset){words, n_bits, 0};
    if (n_bits) memset(words, 0, orr_bitset_words(n_bits) * sizeof *words);
}
static inline bool orr_bitset_has(const struct orr_bitset *set, uint32_t i) {
    assert(i < set->n_bits);
    return set->words[i / 64] >> i % 64 & 1;
}
/* Puts i in; false: it was in. */
static inline bool orr_bitset_add(struct orr_bitset *set, uint32_t i) {
    if (orr_bitset_has(set, i)) return false;
    set->words[i / 64] |= (uint64_t)1 << i % 64;
    set->n_set++;
    return true;
}
/* The least member that is `from` or more, or n_bits: a walk in ascending order. */
static inline uint32_t orr_bitset_next(const struct orr_bitset *set, uint32_t from) {
    if (from >= set->n_bits) return set->n_bits;
    uint32_t w = from / 64;
    uint64_t word = set->words[w] & ~(uint64_t)0 << from % 64;
    while (!word && ++w < orr_bitset_words(set->n_bits)) word = set->words[w];
    return word ? w * 64 + (uint32_t)__builtin_ctzll(word) : set->n_bits;
}
#endif
