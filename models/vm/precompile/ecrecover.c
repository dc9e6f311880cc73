/* ecrecover.c - the address that signed a hash (Yellow Paper, appendix E, 1): ECDSA over secp256k1.
 *
 * Input, padded with zeros to 128 bytes: hash, v (27 or 28), r, s, 32 bytes each.  The result is
 * the signer's address in 32 bytes, or nothing when no key could have made that signature. */
#include <secp256k1_recovery.h>

#include "models/base/keccak.h"
#include "models/base/sanitize.h"
#include "models/vm/precompile/precompiles.h"

uint64_t orr_ecrecover_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 3000;
}

static bool recover(const uint8_t input[128], uint8_t address[20]) {
    const uint8_t *v = input + 32, *signature = input + 64;
    if (!orr_evm_all_zero(v, 31) || (v[31] != 27 && v[31] != 28)) return false;
    /* recovery needs no table of its own, so the library's constant context serves all threads */
    const secp256k1_context *ctx = secp256k1_context_static;
    secp256k1_ecdsa_recoverable_signature parsed;
    secp256k1_pubkey key;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(ctx, &parsed, signature, v[31] - 27))
        return false;
    if (!secp256k1_ecdsa_recover(ctx, &key, &parsed, input)) return false;
    uint8_t point[65];
    size_t point_len = sizeof point;
    secp256k1_ec_pubkey_serialize(ctx, point, &point_len, &key, SECP256K1_EC_UNCOMPRESSED);
    orr_filled(point, sizeof point);
    struct orr_hash hash = orr_keccak256(point + 1, 64);
    memcpy(address, hash.bytes + 12, 20);
    return true;
}

int orr_ecrecover_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t input[128], address[20];
    orr_evm_input_padded(input, in, in_len, 0, sizeof input);
    if (recover(input, address))
        memcpy(orr_evm_precompile_output(mem, out, out_len, 32) + 12, address, 20);
    else
        orr_evm_precompile_output(mem, out, out_len, 0);
    return 0;
}
