/* kzg.c - the point evaluation precompile (EIP-4844).
 *
 * Input, 192 bytes: the commitment's versioned hash, z, y (32 bytes each), the commitment and the
 * proof (48 bytes each).  The result of a valid proof is FIELD_ELEMENTS_PER_BLOB and the scalar
 * field's modulus, 32 bytes each, big-endian; anything else fails. */
#include "models/base/sha256.h"
#include "models/vm/curve/bls12_381.h"
#include "models/vm/precompile/precompiles.h"

enum {
    KZG_INPUT = 192,
    VERSIONED_HASH_VERSION_KZG = 1,
    FIELD_ELEMENTS_PER_BLOB = 4096,
};

uint64_t orr_kzg_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 50000;
}

static void versioned_hash(uint8_t hash[32], const uint8_t commitment[ORR_BLS_COMPRESSED_G1]) {
    orr_sha256(commitment, ORR_BLS_COMPRESSED_G1, hash);
    hash[0] = VERSIONED_HASH_VERSION_KZG;
}

int orr_kzg_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                uint8_t **out, size_t *out_len) {
    (void)fork;
    if (in_len != KZG_INPUT) return ORR_EFORMAT;
    const uint8_t *z = in + 32, *y = in + 64, *commitment = in + 96, *proof = in + 144;
    uint8_t hash[32];
    bool valid;
    versioned_hash(hash, commitment);
    if (memcmp(hash, in, sizeof hash) != 0) return ORR_EFORMAT;
    int error = orr_bls_kzg_verify(commitment, z, y, proof, &valid);
    if (error) return error;
    if (!valid) return ORR_EFORMAT;
    uint8_t *result = orr_evm_precompile_output(mem, out, out_len, 64);
    result[30] = FIELD_ELEMENTS_PER_BLOB >> 8;
    memcpy(result + 32, orr_bls_group_order, 32);
    return 0;
}
