/* hash.c - SHA-256, RIPEMD-160 and the identity (Yellow Paper, appendix E).
 *
 * OpenSSL's one-block-at-a-time functions are used on purpose: they neither allocate nor look up a
 * provider, which costs the newer interface more than a short hash does. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ripemd.h>

#include "models/base/sanitize.h"
#include "models/base/sha256.h"
#include "models/vm/precompile/precompiles.h"

uint64_t orr_sha256_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in;
    return orr_evm_gas_per_word(60, 12, in_len);
}

int orr_sha256_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                   uint8_t **out, size_t *out_len) {
    (void)fork;
    orr_sha256(in, in_len, orr_evm_precompile_output(mem, out, out_len, ORR_SHA256_BYTES));
    return 0;
}

uint64_t orr_ripemd160_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in;
    return orr_evm_gas_per_word(600, 120, in_len);
}

int orr_ripemd160_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    RIPEMD160_CTX ctx;
    RIPEMD160_Init(&ctx);
    RIPEMD160_Update(&ctx, in, in_len);
    uint8_t *digest = orr_evm_precompile_output(mem, out, out_len, 32) + 12;
    RIPEMD160_Final(digest, &ctx);
    orr_filled(digest, RIPEMD160_DIGEST_LENGTH);
    return 0;
}

uint64_t orr_identity_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in;
    return orr_evm_gas_per_word(15, 3, in_len);
}

int orr_identity_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                     uint8_t **out, size_t *out_len) {
    (void)fork;
    *out = in_len ? memcpy(orr_alloc(mem, in_len), in, in_len) : NULL;
    *out_len = in_len;
    return 0;
}
