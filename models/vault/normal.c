#include "models/vault/normal.h"

#include <assert.h>
#include <sodium.h>
#include <uninorm.h>
#include <unistr.h>

enum { GROWTH = 11 }; /* the longest NFKD form of a character is 11 times its UTF-8 (UAX #15) */

struct orr_secret orr_secret_new(struct orr_mem *mem, size_t size) {
    return (struct orr_secret){orr_alloc(mem, size), size, size};
}

void orr_secret_free(struct orr_mem *mem, struct orr_secret *secret) {
    if (secret->bytes) sodium_memzero(secret->bytes, secret->size);
    orr_free(mem, secret->bytes, secret->size);
    *secret = (struct orr_secret){0};
}

enum orr_vault_fault orr_normal_nfkd(struct orr_mem *mem, const void *text, size_t len,
                                     struct orr_secret *out) {
    if (len > ORR_NORMAL_MAX || (len && u8_check(text, len))) return ORR_FAULT_BAD_TEXT;
    struct orr_secret result = orr_secret_new(mem, len * GROWTH + 64);
    size_t n = result.size - 1;
    uint8_t *where = len ? u8_normalize(UNINORM_NFKD, text, len, result.bytes, &n) : result.bytes;
    if (!where) {
        orr_secret_free(mem, &result);
        return ORR_FAULT_BAD_TEXT;
    }
    assert(where == result.bytes); /* there is room, so none was taken elsewhere */
    result.len = len ? n : 0;
    result.bytes[result.len] = 0;
    *out = result;
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_normal_password(struct orr_mem *mem, const void *text, size_t len,
                                         struct orr_secret *out) {
    enum orr_vault_fault fault = orr_normal_nfkd(mem, text, len, out);
    if (fault) return fault;
    size_t n = 0;
    for (size_t i = 0; i < out->len; i++) {
        uint8_t c = out->bytes[i];
        if (c < 0x20 || c == 0x7f) continue;
        if (c == 0xc2 && out->bytes[i + 1] >= 0x80 && out->bytes[i + 1] < 0xa0) { /* U+0080..9F */
            i++;
            continue;
        }
        out->bytes[n++] = c;
    }
    out->bytes[out->len = n] = 0;
    return ORR_FAULT_OK;
}
