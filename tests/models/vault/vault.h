/* vault.h - what the tests of models/vault share: an allocator that is counted, a curve. */
#ifndef ORR_TESTS_MODELS_VAULT_H
#define ORR_TESTS_MODELS_VAULT_H

#include "models/base/rng.h"
#include "models/vault/secp.h"
#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap test_heap;
static struct orr_secp test_secp;

static inline struct orr_mem *setup(void) {
    orr_heap_init(&test_heap);
    orr_secp_init(&test_secp, &test_heap.mem, NULL);
    return &test_heap.mem;
}
static inline void teardown(void) {
    orr_secp_fini(&test_secp);
    ck_assert_uint_eq(test_heap.used_bytes, 0);
}
/* Bytes of a stream that a seed names. */
static inline void draw(struct orr_rng *rng, void *to, size_t len) {
    for (size_t i = 0; i < len; i++) ((uint8_t *)to)[i] = (uint8_t)orr_rng_u64(rng);
}
#endif
