/* Any text as an extended key, a path, a sentence, a share, an address: no crash, and what is good
 * is written back to the same. */
#include <assert.h>
#include <string.h>

#include "models/vault/bip32.h"
#include "models/vault/bip39.h"
#include "models/vault/slip39.h"
#include "sim/base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct orr_secp *curve(void) {
    static struct orr_heap heap;
    static struct orr_secp secp;
    if (!secp.context) orr_heap_init(&heap), orr_secp_init(&secp, &heap.mem, NULL);
    return &secp;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    struct orr_heap heap;
    struct orr_why why;
    struct orr_bip32 node;
    struct orr_path path;
    struct orr_bip39 m, again;
    struct orr_share share, same;
    struct orr_address address;
    char out[ORR_BIP39_TEXT + ORR_SLIP39_TEXT];
    orr_heap_init(&heap);
    if (!orr_bip32_read(curve(), text, size, &node, &why)) {
        orr_bip32_write(&node, node.is_private, out);
        assert(strlen(out) == size && !memcmp(out, text, size));
    }
    (void)orr_path_read(text, size, size % 2, &path, &why);
    (void)orr_address_read(text, size, &address);
    if (!orr_bip39_read(&heap.mem, text, size, -1, size % 2, &m, &why)) {
        size_t len = orr_bip39_write(&m, out);
        assert(!orr_bip39_read(&heap.mem, out, len, (int)m.language, false, &again, &why));
        assert(again.len == m.len && !memcmp(again.entropy, m.entropy, m.len));
    }
    if (!orr_share_read(&heap.mem, text, size, &share, &why)) {
        size_t len = orr_share_write(&share, out);
        assert(!orr_share_read(&heap.mem, out, len, &same, &why));
        assert(same.len == share.len && !memcmp(same.value, share.value, share.len));
    }
    assert(!heap.used_bytes);
    return 0;
}
