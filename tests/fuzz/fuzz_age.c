/* Any bytes as an age header and as armor in pieces: no crash, and a good header is written back to
 * the same bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/vault/age.h"
#include "models/vault/armor.h"
#include "models/vault/safe.h"
#include "sim/base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_header(struct orr_mem *mem, const uint8_t *data, size_t size) {
    struct orr_age_header h;
    struct orr_why why = {""};
    uint8_t key[16], identity[32] = {1};
    size_t len = orr_age_header_size(data, size);
    if (orr_age_header_read(mem, data, len ? len : size, &h, &why)) return;
    assert(h.n_stanzas && h.mac_at < len);
    (void)orr_age_open_x25519(&h, identity, key, &why);
    (void)orr_age_check_mac(&h, data, identity);
    if (orr_safe_is(&h)) (void)orr_safe_unlock_key(&h, identity, key, &why);
    orr_age_header_free(mem, &h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct orr_heap heap;
    struct orr_armor armor = {0};
    struct orr_why why = {""};
    orr_heap_init(&heap);
    read_header(&heap.mem, data, size);
    uint8_t *out = malloc(size + 48);
    size_t at = 0, total = 0;
    while (at < size) {
        size_t n = size - at < 1 + size % 97 ? size - at : 1 + size % 97, got;
        if (orr_armor_read(&armor, data + at, n, out + total, &got, &why)) break;
        at += n, total += got;
        assert(total <= size + 48);
    }
    if (at == size && !orr_armor_done(&armor, &why)) read_header(&heap.mem, out, total);
    free(out);
    assert(!heap.used_bytes);
    return 0;
}
