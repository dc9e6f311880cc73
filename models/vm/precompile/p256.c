/* p256.c - P256VERIFY, ECDSA signatures over secp256r1 (EIP-7951), by OpenSSL.
 *
 * Input, 160 bytes: message hash, r, s, and the public key's x and y.  The result is the number 1
 * in 32 bytes for a valid signature, and nothing for any other input. */
#define OPENSSL_SUPPRESS_DEPRECATED    /* the EVP interface to the same code costs more than it \
                                          verifies */
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include "models/vm/precompile/precompiles.h"

enum { P256_INPUT = 160 };

uint64_t orr_p256verify_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 6900;
}

static bool verify(const uint8_t in[P256_INPUT]) {
    bool valid = false;
    EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(in + 32, 32, NULL), *s = BN_bin2bn(in + 64, 32, NULL);
    uint8_t point[65] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, in + 96, 64);
    if (!key || !signature || !r || !s) goto done;
    /* refuses coordinates not below p and points off the curve, which (0, 0) is one of */
    if (EC_KEY_oct2key(key, point, sizeof point, NULL) != 1) goto done;
    ECDSA_SIG_set0(signature, r, s); /* moves both */
    r = s = NULL;
    /* refuses r and s outside 1..n-1 */
    valid = ECDSA_do_verify(in, 32, signature, key) == 1;
done:
    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(signature);
    EC_KEY_free(key);
    return valid;
}

int orr_p256verify_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in,
                       size_t in_len, uint8_t **out, size_t *out_len) {
    (void)fork;
    if (in_len == P256_INPUT && verify(in))
        orr_evm_precompile_output(mem, out, out_len, 32)[31] = 1;
    else
        orr_evm_precompile_output(mem, out, out_len, 0);
    return 0;
}
