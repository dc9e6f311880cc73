/* Any bytes as RLP: what the check accepts reads to the end and writes back to the same bytes;
 * headers and accounts among them too. */
#include <stdio.h>
#include <stdlib.h>

#include "models/vm/account.h"
#include "models/vm/block.h"
#include "models/base/rlp.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Writes the items of a reader again; as deep as ORR_RLP_MAX_DEPTH, which the check has seen to. */
static void copy_items(struct orr_rlp_reader r, struct orr_rlp_writer *w) {
    while (orr_rlp_more(&r)) {
        struct orr_rlp_item item = orr_rlp_read(&r);
        if (item.is_list) {
            size_t list = orr_rlp_list_begin(w);
            copy_items(orr_rlp_reader(item.payload, item.len), w);
            orr_rlp_list_end(w, list);
        } else {
            orr_rlp_write_string(w, item.payload, item.len);
        }
    }
    MUST(orr_rlp_done(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    if (orr_rlp_check(data, len) == 0) {
        copy_items(orr_rlp_reader(data, len), &w);
        MUST(w.len == len && !memcmp(w.bytes, data, len));
    }
    struct orr_evm_account account;
    uint8_t again[ORR_ACCOUNT_MAX_BYTES];
    if (!orr_evm_account_decode(data, len, &account))
        MUST(orr_evm_account_encode(&account, again) == len && !memcmp(again, data, len));
    struct orr_evm_block block;
    if (!orr_evm_block_decode(&heap.mem, data, len, &block)) {
        struct orr_hash hash = orr_evm_header_hash(&heap.mem, &block.header);
        MUST(orr_hash_equal(hash, block.hash));
        orr_evm_block_free(&heap.mem, &block);
    }
    orr_rlp_free(&w);
    MUST(heap.used_bytes == 0);
    return 0;
}
