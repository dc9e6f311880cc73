/* An ABI's file: events are read or refused; what is read has a signature that hashes to its topic,
 * types that can be written, and columns of different names. */
#include <assert.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/index/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct orr_heap heap;
    struct orr_abi_file file;
    char why[ORR_ABI_WHY_BYTES] = "";
    orr_heap_init(&heap);
    int error = orr_abi_file_read(&heap.mem, (const char *)data, size, &file, why);
    assert((error != 0) == (why[0] != 0));
    for (uint32_t i = 0; !error && i < file.n_events; i++) {
        const struct orr_abi_event *e = &file.events[i];
        struct orr_hash topic0 = orr_keccak256(e->signature, strlen(e->signature));
        assert(orr_hash_equal(topic0, e->topic0) && e->n <= ORR_ABI_MAX_PARAMETERS);
        for (uint32_t k = 0; k < e->n; k++) {
            char name[ORR_ABI_MAX_NAME + 16];
            orr_index_event_column(e, k, name);
            assert(name[0] && !strpbrk(name, "\"'\n"));
        }
    }
    orr_abi_file_free(&heap.mem, &file);
    assert(!heap.used_bytes);
    return 0;
}
