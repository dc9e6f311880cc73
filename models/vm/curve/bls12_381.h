/* bls12_381.h - the curve BLS12-381 as EIP-2537 uses it: points as the precompiles encode them.
 *
 * A field element of Fp is 64 bytes, big-endian, below p; one of Fp2 is c0, c1 (128 bytes).  A
 * point is x, y (128 bytes in G1, 256 in G2); the point at infinity is all zeros.  A scalar is any
 * 256-bit number, 32 bytes, big-endian.  Functions return 0, or ORR_EFORMAT for an element that is
 * not encoded so, a point that is not on its curve, or, where "of the group" is said, one not in
 * the group of prime order; then outputs are untouched.  Variable time: inputs are public. */
#ifndef ORR_EVM_CURVE_BLS12_381_H
#define ORR_EVM_CURVE_BLS12_381_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"

enum {
    ORR_BLS_FP = 64,
    ORR_BLS_FP2 = 2 * ORR_BLS_FP,
    ORR_BLS_G1 = 2 * ORR_BLS_FP,
    ORR_BLS_G2 = 2 * ORR_BLS_FP2,
    ORR_BLS_SCALAR = 32,
    ORR_BLS_COMPRESSED_G1 = 48,
};

/* sum = a + b, for two points one after the other. */
int orr_bls_g1_add(const uint8_t points[2 * ORR_BLS_G1], uint8_t sum[ORR_BLS_G1]);
int orr_bls_g2_add(const uint8_t points[2 * ORR_BLS_G2], uint8_t sum[ORR_BLS_G2]);

/* sum = s1 P1 + ... + sn Pn, for n > 0 pairs of a point of the group and a scalar one after the
 * other. Scratch memory comes from mem and is given back. */
int orr_bls_g1_msm(struct orr_mem *mem, const uint8_t *pairs, size_t n, uint8_t sum[ORR_BLS_G1]);
int orr_bls_g2_msm(struct orr_mem *mem, const uint8_t *pairs, size_t n, uint8_t sum[ORR_BLS_G2]);

/* *is_one = whether e(P1, Q1) ... e(Pn, Qn) = 1, for n pairs of a point of G1 and one of G2, one
 * after the other.  Scratch memory comes from mem and is given back. */
int orr_bls_pairing_check(struct orr_mem *mem, const uint8_t *pairs, size_t n, bool *is_one);

/* The simplified SWU map, the isogeny and the clearing of the cofactor of RFC 9380, section 8.8: a
 * field element to a point of the group. */
int orr_bls_map_fp_to_g1(const uint8_t element[ORR_BLS_FP], uint8_t point[ORR_BLS_G1]);
int orr_bls_map_fp2_to_g2(const uint8_t element[ORR_BLS_FP2], uint8_t point[ORR_BLS_G2]);

/* Whether the polynomial committed to takes the value y at z, under the Ethereum KZG ceremony's
 * setup (EIP-4844, verify_kzg_proof).  ORR_EFORMAT when z or y is not below the group's order, or
 * commitment or proof is no compressed point of G1. */
int orr_bls_kzg_verify(const uint8_t commitment[ORR_BLS_COMPRESSED_G1], const uint8_t z[32],
                       const uint8_t y[32], const uint8_t proof[ORR_BLS_COMPRESSED_G1],
                       bool *valid);

/* The order of both groups, 32 bytes, big-endian. */
extern const uint8_t orr_bls_group_order[32];
#endif
