/* A set-associative table: a key may lie in one of WAYS neighbouring slots, chosen by its first
 * half; within a set the oldest entry is replaced. */
#include "models/base/memo.h"

#include <assert.h>
#include <sodium.h>

#include "models/base/bytes.h"
#include "models/base/sanitize.h"

enum { WAYS = 4, PIECES_MAX = 4096 };

struct entry { struct orr_memo_key key; uint64_t result; }; /* key 0, 0: empty */

struct orr_memo {
    struct orr_mem *mem;
    uint64_t n_entries;
    struct orr_memo_counts counts;
    uint8_t *next_way; /* [n_entries / WAYS] */
    struct entry *entries;
};

struct orr_memo *orr_memo_new(struct orr_mem *mem, uint64_t n_entries) {
    uint64_t n = WAYS;
    while (n < n_entries) n *= 2;
    struct orr_memo *memo = orr_alloc_zero(mem, sizeof *memo);
    memo->mem = mem;
    memo->n_entries = n;
    memo->entries = orr_alloc_zero(mem, n * sizeof *memo->entries);
    memo->next_way = orr_alloc_zero(mem, n / WAYS);
    return memo;
}

void orr_memo_free(struct orr_memo *memo) {
    if (!memo) return;
    orr_free(memo->mem, memo->next_way, memo->n_entries / WAYS);
    orr_free(memo->mem, memo->entries, memo->n_entries * sizeof *memo->entries);
    orr_free(memo->mem, memo, sizeof *memo);
}

/* Any fixed key does: inputs that collide on purpose would fool the one who made them. */
static const uint8_t sip_key[crypto_shorthash_siphashx24_KEYBYTES] = "orrery memo key";

struct orr_memo_key orr_memo_key(enum orr_memo_function function, const void *a, size_t a_len,
                                 const void *b, size_t b_len, const void *c, size_t c_len) {
    uint8_t input[PIECES_MAX + 32], long_digest[crypto_generichash_BYTES];
    struct orr_writer w = orr_writer(input, sizeof input);
    orr_write_u64(&w, function);
    orr_write_u64(&w, a_len);
    orr_write_u64(&w, b_len);
    orr_write_u64(&w, c_len);
    if (a_len + b_len + c_len <= PIECES_MAX) {
        orr_write_bytes(&w, a, a_len);
        orr_write_bytes(&w, b, b_len);
        orr_write_bytes(&w, c, c_len);
    } else { /* long inputs go through BLAKE2b first */
        crypto_generichash_state state;
        crypto_generichash_init(&state, NULL, 0, sizeof long_digest);
        if (a_len) crypto_generichash_update(&state, a, a_len);
        if (b_len) crypto_generichash_update(&state, b, b_len);
        if (c_len) crypto_generichash_update(&state, c, c_len);
        crypto_generichash_final(&state, long_digest, sizeof long_digest);
        orr_filled(long_digest, sizeof long_digest);
        orr_write_bytes(&w, long_digest, sizeof long_digest);
    }
    assert(!w.bad);
    uint8_t digest[crypto_shorthash_siphashx24_BYTES];
    crypto_shorthash_siphashx24(digest, input, orr_written(&w), sip_key);
    orr_filled(digest, sizeof digest);
    struct orr_memo_key key = {{orr_load_le64(digest), orr_load_le64(digest + 8)}};
    if (!key.half[0] && !key.half[1]) key.half[1] = 1;
    return key;
}

static struct entry *set_of(struct orr_memo *memo, struct orr_memo_key key, uint64_t *set) {
    *set = key.half[0] & (memo->n_entries / WAYS - 1);
    return memo->entries + *set * WAYS;
}

bool orr_memo_find(struct orr_memo *memo, struct orr_memo_key key, uint64_t *result) {
    uint64_t set;
    const struct entry *way = set_of(memo, key, &set);
    for (unsigned i = 0; i < WAYS; i++) {
        if (way[i].key.half[0] != key.half[0] || way[i].key.half[1] != key.half[1]) continue;
        *result = way[i].result;
        memo->counts.hits++;
        return true;
    }
    memo->counts.misses++;
    return false;
}

void orr_memo_put(struct orr_memo *memo, struct orr_memo_key key, uint64_t result) {
    uint64_t set;
    struct entry *way = set_of(memo, key, &set);
    uint8_t at = memo->next_way[set]++ % WAYS;
    if (way[at].key.half[0] || way[at].key.half[1]) memo->counts.evictions++;
    way[at] = (struct entry){key, result};
}

struct orr_memo_counts orr_memo_counts(const struct orr_memo *memo) { return memo->counts; }
