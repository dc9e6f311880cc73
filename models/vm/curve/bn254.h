/* bn254.h - the curve alt_bn128 of EIP-196 and EIP-197: points as the precompiles encode them.
 *
 * A field element is 32 bytes, big-endian, below p.  A G1 point is x, y (64 bytes); a G2 point is
 * x, y with each coordinate c0 + c1 i encoded as c1, c0 (128 bytes).  The point at infinity is all
 * zeros.  Variable time: inputs are public. */
#ifndef ORR_EVM_CURVE_BN254_H
#define ORR_EVM_CURVE_BN254_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"

enum {
    ORR_BN254_SCALAR = 32,
    ORR_BN254_G1 = 64,
    ORR_BN254_G2 = 128,
    ORR_BN254_PAIR = ORR_BN254_G1 + ORR_BN254_G2
};

/* sum = a + b, for two G1 points one after the other.  ORR_EFORMAT when either is not on the curve.
 */
int orr_bn254_add(const uint8_t points[2 * ORR_BN254_G1], uint8_t sum[ORR_BN254_G1]);

/* product = scalar * point, for a G1 point followed by any 256-bit number.  ORR_EFORMAT when the
 * point is not on the curve. */
int orr_bn254_mul(const uint8_t point_scalar[ORR_BN254_G1 + ORR_BN254_SCALAR],
                  uint8_t product[ORR_BN254_G1]);

/* *is_one = whether e(P1, Q1) ... e(Pn, Qn) = 1, for n pairs of a G1 and a G2 point one after the
 * other; true for n = 0.  ORR_EFORMAT when a point is not on its curve, or a G2 point is not in the
 * group of prime order.  Scratch memory comes from mem and is given back. */
int orr_bn254_pairing_check(struct orr_mem *mem, const uint8_t *pairs, size_t n, bool *is_one);
#endif
