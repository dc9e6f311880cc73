#include "models/base/keccak_memo.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { N_WORDS = ORR_KECCAK_MEMO_BYTES / 8 };

/* is_known false: nothing fell on it yet.  Words past the input are zero. */
struct entry {
    uint64_t words[N_WORDS];
    struct orr_hash hash;
    uint32_t len;
    bool is_known;
};

struct orr_keccak_memo {
    struct orr_mem *mem;
    unsigned log2;
    struct entry *entries; /* [2^log2] */
};

struct orr_keccak_memo *orr_keccak_memo_new(struct orr_mem *mem, unsigned log2) {
    assert(log2 > 0 && log2 < 32);
    struct orr_keccak_memo *memo = orr_alloc(mem, sizeof *memo);
    *memo = (struct orr_keccak_memo){mem, log2, NULL};
    memo->entries = orr_alloc_zero(mem, sizeof(struct entry) << log2);
    return memo;
}

void orr_keccak_memo_free(struct orr_keccak_memo *memo) {
    if (!memo) return;
    orr_free(memo->mem, memo->entries, sizeof(struct entry) << memo->log2);
    orr_free(memo->mem, memo, sizeof *memo);
}

struct orr_hash orr_keccak256_again(struct orr_keccak_memo *memo, const void *data, size_t len) {
    if (!memo || len > ORR_KECCAK_MEMO_BYTES) return orr_keccak256(data, len);
    uint64_t words[N_WORDS] = {0}, place = len;
    if (len) memcpy(words, data, len);
    for (size_t i = 0; 8 * i < len; i++) {
        place = (place ^ words[i]) * 0x9e3779b97f4a7c15u;
        place ^= place >> 32;
    }
    struct entry *e = &memo->entries[(place * 0x9e3779b97f4a7c15u) >> (64 - memo->log2)];
    if (e->is_known && e->len == len && !memcmp(e->words, words, sizeof words)) return e->hash;
    memcpy(e->words, words, sizeof words);
    e->hash = orr_keccak256(data, len);
    e->len = (uint32_t)len;
    e->is_known = true;
    return e->hash;
}
