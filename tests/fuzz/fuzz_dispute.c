/* Dispute games: any bytes as what a contract gives, and games of any claims that stand where moves
 * would: what a player does with them crashes nowhere, and its calls stay few. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/dispute.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { CLAIMS_MAX = 64, HEAD_BYTES = 4, CLAIM_BYTES = 4 };
static const struct orr_dispute_rules rules = {3, 9, 120, 20};

static bool root(void *ctx, uint64_t block, struct orr_hash *out) {
    (void)ctx;
    *out = (struct orr_hash){{(uint8_t)block & 1}};
    return block % 7 != 6;
}
static bool state(void *ctx, uint64_t block, const struct orr_hash *disputed, uint64_t k,
                  struct orr_hash *claim) {
    (void)ctx;
    *claim = (struct orr_hash){{(uint8_t)(block + k + disputed->bytes[0]) & 1}};
    return true;
}
static bool prove(void *ctx, uint64_t block, uint64_t k, struct orr_rlp_writer *proof) {
    (void)ctx;
    orr_rlp_write_u64(proof, k);
    return block % 5 != 4;
}

static void play(struct orr_heap *heap, const struct orr_dispute *d, uint64_t now_s) {
    const struct orr_dispute_view view = {NULL, root, state, .prove = prove};
    struct orr_dispute_call calls[ORR_DISPUTE_CALLS_MAX];
    size_t n = orr_dispute_play(&heap->mem, &rules, d, now_s, &view, calls);
    MUST(n <= ORR_DISPUTE_CALLS_MAX);
    for (size_t i = 0; i < n; i++) {
        MUST(calls[i].data.len >= 4 && calls[i].gas);
        orr_rlp_free(&calls[i].data);
    }
}

static void try_bytes(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct orr_dispute d = {.id = 1};
    if (orr_dispute_read(&heap->mem, data, len, &d)) return;
    MUST(d.n && d.claims[0].position == 1);
    play(heap, &d, 100);
    orr_dispute_free(&heap->mem, &d);
}

/* data: blocks, time, status; then parent, move, value and whatever else of each claim. */
static void put(uint8_t *words, size_t i, uint64_t v) { orr_store_be64(words + 32 * i + 24, v); }

static void try_game(struct orr_heap *heap, const uint8_t *data, size_t len) {
    static uint8_t bytes[32 * (8 + 9 * CLAIMS_MAX)];
    unsigned __int128 at[CLAIMS_MAX] = {1};
    size_t n = 1;
    memset(bytes, 0, sizeof bytes);
    put(bytes, 2, 1 + data[0] % 9);
    put(bytes, 5, data[2] % 3);
    put(bytes, 6, 32 * 7);
    for (; HEAD_BYTES + CLAIM_BYTES * n <= len && n < CLAIMS_MAX; n++) {
        const uint8_t *one = data + HEAD_BYTES + CLAIM_BYTES * (n - 1);
        uint8_t *claim = bytes + 32 * (8 + 9 * n);
        size_t parent = one[0] % n;
        bool defends = parent && one[1] & 1;
        if (orr_position_depth(at[parent]) == rules.max_depth) break;
        at[n] = defends ? orr_position_defend(at[parent]) : orr_position_attack(at[parent]);
        put(claim, 0, parent);
        claim[32 + 31] = one[1] >> 1 & 1; /* countered */
        claim[32 * 4] = one[2] & 1;
        put(claim, 5, (uint64_t)at[n]);
        put(claim, 6, one[3]);
        put(claim, 7, one[2]);
        put(claim, 8, one[1] >> 2 & 1);
    }
    memset(bytes + 32 * 8, 0xff, 32);
    put(bytes + 32 * 8, 5, 1);
    put(bytes, 7, n);
    struct orr_dispute d = {.id = 2};
    MUST(!orr_dispute_read(&heap->mem, bytes, 32 * (8 + 9 * n), &d) && d.n == n);
    play(heap, &d, data[1]);
    play(heap, &d, UINT64_MAX);
    orr_dispute_free(&heap->mem, &d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    try_bytes(&heap, data, len);
    if (len >= HEAD_BYTES) try_game(&heap, data, len);
    MUST(!heap.used_bytes);
    return 0;
}
