/* Any bytes as a type's text and an encoding of it, as a block with its receipts, and as a change
 * of an index: nothing crashes, memory stays in proportion, and what is read is written and read
 * again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/index/abi.h"
#include "models/index/change.h"
#include "models/index/indexer.h"
#include "models/index/store.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

static void try_value(struct orr_mem *mem, const struct orr_abi_type *type, const uint8_t *data,
                      size_t len) {
    struct orr_abi_value value, again;
    struct orr_rlp_writer one = {.mem = mem}, two = {.mem = mem};
    if (orr_abi_decode(mem, type, data, len, &value)) return;
    orr_abi_encode(type, &value, &one);
    MUST(!orr_abi_decode(mem, type, one.bytes, one.len, &again));
    orr_abi_encode(type, &again, &two);
    MUST(one.len == two.len && !memcmp(one.bytes, two.bytes, one.len));
    orr_abi_value_free(mem, &again);
    orr_abi_value_free(mem, &value);
    orr_rlp_free(&one);
    orr_rlp_free(&two);
}

/* The first byte says how many bytes are the type's text; encodings of a list are tried with it
 * too. */
static void try_abi(struct orr_mem *mem, const uint8_t *data, size_t len) {
    struct orr_abi_type *type;
    size_t at, n = len ? data[0] : 0;
    if (n + 1 > len) return;
    int error = orr_abi_type_read(mem, (const char *)data + 1, n, &type, &at);
    MUST(at <= n);
    if (error && orr_abi_type_read(mem, "(string,int8,(bytes3,bool[])[2])[]", 34, &type, &at))
        abort();
    try_value(mem, type, data + 1 + n, len - 1 - n);
    orr_abi_type_free(mem, type);
}

/* A block, and as its only receipt what lies behind the first half. */
static void try_block(struct orr_mem *mem, const uint8_t *data, size_t len) {
    const struct orr_index_options options = {.window = 2, .max_held = 4};
    struct orr_engine_bytes receipt = {data + len / 2, len - len / 2};
    struct orr_index_feed feed = {
        .block = data, .len = len / 2, .receipts = &receipt, .n_receipts = 1};
    struct orr_index_store store;
    struct orr_indexer_at at;
    struct orr_hash hash;
    const char *why;
    orr_index_store_init(&store, mem);
    struct orr_indexer *ix = orr_indexer_new(mem, &options, &store.sink);
    for (int i = 0; i < 2; i++) {
        if (!orr_indexer_add(ix, &feed, &hash, &why)) orr_indexer_follow(ix, &hash, &at);
        feed = (struct orr_index_feed){.block = data, .len = len};
    }
    orr_indexer_free(ix);
    orr_index_store_fini(&store);
}

/* The same change twice comes to the same. */
static void try_change(struct orr_mem *mem, const uint8_t *data, size_t len) {
    struct orr_index_store store;
    orr_index_store_init(&store, mem);
    int error = orr_index_change_apply(data, len, &store.sink);
    struct orr_hash one = orr_index_store_digest(&store), two;
    MUST(!error || error == ORR_EFORMAT);
    MUST(orr_index_change_apply(data, len, &store.sink) == error);
    two = orr_index_store_digest(&store);
    MUST(orr_hash_equal(one, two));
    orr_index_store_fini(&store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    if (!len) return 0;
    try_abi(&heap.mem, data, len);
    try_block(&heap.mem, data, len);
    try_change(&heap.mem, data, len);
    MUST(!heap.used_bytes);
    MUST(heap.peak_bytes < (64u << 20) + 1000 * len);
    return 0;
}
