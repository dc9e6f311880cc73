/* precompiles.h - what precompile.c's table is made of: a gas and a run function each.
 *
 * The contract of both is in models/vm/precompile.h. */
#ifndef ORR_EVM_PRECOMPILE_PRECOMPILES_H
#define ORR_EVM_PRECOMPILE_PRECOMPILES_H

#include <stdbool.h>

#include "models/base/error.h"
#include "models/vm/precompile.h"

/* PRECOMPILE(name in C, address, first fork, name in the EIPs); in order of address. */
#define ORR_PRECOMPILES(PRECOMPILE)                                                        \
    PRECOMPILE(ecrecover, 0x01, FRONTIER, "ECREC")                   /* Yellow Paper, E.1 */ \
    PRECOMPILE(sha256, 0x02, FRONTIER, "SHA256")                     /* Yellow Paper, E.1 */ \
    PRECOMPILE(ripemd160, 0x03, FRONTIER, "RIPEMD160")               /* Yellow Paper, E.1 */ \
    PRECOMPILE(identity, 0x04, FRONTIER, "ID")                       /* Yellow Paper, E.1 */ \
    PRECOMPILE(modexp, 0x05, BYZANTIUM, "MODEXP")                    /* EIP-198 */         \
    PRECOMPILE(bn254_add, 0x06, BYZANTIUM, "BN254_ADD")              /* EIP-196 */         \
    PRECOMPILE(bn254_mul, 0x07, BYZANTIUM, "BN254_MUL")              /* EIP-196 */         \
    PRECOMPILE(bn254_pairing, 0x08, BYZANTIUM, "BN254_PAIRING")      /* EIP-197 */         \
    PRECOMPILE(blake2f, 0x09, ISTANBUL, "BLAKE2F")                   /* EIP-152 */         \
    PRECOMPILE(kzg, 0x0a, CANCUN, "KZG_POINT_EVALUATION")            /* EIP-4844 */        \
    PRECOMPILE(bls_g1add, 0x0b, PRAGUE, "BLS12_G1ADD")               /* EIP-2537 */        \
    PRECOMPILE(bls_g1msm, 0x0c, PRAGUE, "BLS12_G1MSM")               /* EIP-2537 */        \
    PRECOMPILE(bls_g2add, 0x0d, PRAGUE, "BLS12_G2ADD")               /* EIP-2537 */        \
    PRECOMPILE(bls_g2msm, 0x0e, PRAGUE, "BLS12_G2MSM")               /* EIP-2537 */        \
    PRECOMPILE(bls_pairing, 0x0f, PRAGUE, "BLS12_PAIRING_CHECK")     /* EIP-2537 */        \
    PRECOMPILE(bls_map_g1, 0x10, PRAGUE, "BLS12_MAP_FP_TO_G1")       /* EIP-2537 */        \
    PRECOMPILE(bls_map_g2, 0x11, PRAGUE, "BLS12_MAP_FP2_TO_G2")      /* EIP-2537 */        \
    PRECOMPILE(p256verify, 0x100, OSAKA, "P256VERIFY")               /* EIP-7951 */

#define PRECOMPILE(name, number, fork, title)                                             \
    uint64_t orr_##name##_gas(enum orr_evm_fork fork_, const uint8_t *in, size_t in_len); \
    int orr_##name##_run(struct orr_mem *mem, enum orr_evm_fork fork_, const uint8_t *in, \
                         size_t in_len, uint8_t **out, size_t *out_len);
ORR_PRECOMPILES(PRECOMPILE)
#undef PRECOMPILE

/* The result of a run: len bytes, zeroed, owned by the caller of run. */
static inline uint8_t *orr_evm_precompile_output(struct orr_mem *mem, uint8_t **out,
                                                 size_t *out_len, size_t len) {
    *out = len ? orr_alloc_zero(mem, len) : NULL;
    *out_len = len;
    return *out;
}

/* Copies input[offset..offset+len) to `to`, as if the input went on with zeros for ever. */
static inline void orr_evm_input_padded(uint8_t *to, const uint8_t *in, size_t in_len,
                                        size_t offset, size_t len) {
    size_t have = offset < in_len ? in_len - offset : 0;
    if (have > len) have = len;
    if (have) memcpy(to, in + offset, have);
    memset(to + have, 0, len - have);
}

static inline bool orr_evm_all_zero(const uint8_t *p, size_t len) {
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) any |= p[i];
    return any == 0;
}

/* base + per_word for every started 32-byte word. */
static inline uint64_t orr_evm_gas_per_word(uint64_t base, uint64_t per_word, size_t in_len) {
    uint64_t n_words = (uint64_t)in_len / 32 + (in_len % 32 != 0);
    return base + per_word * n_words; /* below 2^64: in_len < 2^59 in any address space */
}
#endif
