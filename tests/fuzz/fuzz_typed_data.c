/* Any bytes as typed data of EIP-712: no crash, a hash or a located fault, no memory kept. */
#include <assert.h>
#include <string.h>

#include "models/vault/message.h"
#include "sim/base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct orr_typed_data typed;
    struct orr_heap heap;
    struct orr_why why = {""};
    orr_heap_init(&heap);
    if (orr_typed_data_hash(&heap.mem, (const char *)data, size, &typed, &why))
        assert(why.text[0]);
    else
        orr_secret_free(&heap.mem, &typed.encoded);
    assert(!heap.used_bytes);
    return 0;
}
