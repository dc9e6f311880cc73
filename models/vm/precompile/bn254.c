/* bn254.c - addition and multiplication on alt_bn128 (EIP-196) and its pairing check (EIP-197), at
 * the prices of Byzantium and of EIP-1108 (Istanbul). */
#include "models/vm/curve/bn254.h"

#include "models/vm/precompile/precompiles.h"

uint64_t orr_bn254_add_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)in, (void)in_len;
    return fork >= ORR_FORK_ISTANBUL ? 150 : 500;
}

int orr_bn254_add_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t points[2 * ORR_BN254_G1], sum[ORR_BN254_G1];
    orr_evm_input_padded(points, in, in_len, 0, sizeof points);
    int error = orr_bn254_add(points, sum);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof sum), sum, sizeof sum);
    return 0;
}

uint64_t orr_bn254_mul_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)in, (void)in_len;
    return fork >= ORR_FORK_ISTANBUL ? 6000 : 40000;
}

int orr_bn254_mul_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t input[ORR_BN254_G1 + ORR_BN254_SCALAR], product[ORR_BN254_G1];
    orr_evm_input_padded(input, in, in_len, 0, sizeof input);
    int error = orr_bn254_mul(input, product);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof product), product, sizeof product);
    return 0;
}

uint64_t orr_bn254_pairing_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)in;
    uint64_t n_pairs = in_len / ORR_BN254_PAIR;
    return fork >= ORR_FORK_ISTANBUL ? 45000 + 34000 * n_pairs : 100000 + 80000 * n_pairs;
}

int orr_bn254_pairing_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in,
                          size_t in_len, uint8_t **out, size_t *out_len) {
    (void)fork;
    bool is_one;
    if (in_len % ORR_BN254_PAIR) return ORR_EFORMAT;
    int error = orr_bn254_pairing_check(mem, in, in_len / ORR_BN254_PAIR, &is_one);
    if (error) return error;
    orr_evm_precompile_output(mem, out, out_len, 32)[31] = is_one;
    return 0;
}
