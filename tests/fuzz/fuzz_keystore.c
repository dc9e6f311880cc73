/* Any bytes as a keystore: no crash, a fault with a reason or a keystore whose fields are in range.
 */
#include <assert.h>

#include "models/vault/keystore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct orr_keystore ks;
    static char text[1 << 16];
    struct orr_why why = {""};
    if (orr_keystore_read((const char *)data, size, &ks, &why)) return 0;
    assert(ks.version == 3 || ks.version == 4);
    assert(ks.dk_len >= 32 && ks.dk_len <= ORR_KEYSTORE_MAX_DK && ks.ciphertext_len);
    /* what is written is read back */
    size_t len = orr_keystore_write(&ks, (const char *)data, size, text, sizeof text);
    if (len <= sizeof text) assert(!orr_keystore_read(text, len, &ks, &why));
    return 0;
}
