/* u256.h - arithmetic of 256-bit words modulo 2^256 on four 64-bit limbs (Yellow Paper,
 * section 9.1).
 *
 * Short operations are inline and work limb by limb on scalars, so that a word just written is read
 * back through store forwarding; division and what rests on it is in u256_div.c.  All functions are
 * total: division by zero gives zero, as the EVM defines it.  Variable time: no secrets here. */
#ifndef ORR_EVM_U256_H
#define ORR_EVM_U256_H

#if defined __x86_64__
#include <immintrin.h>
#endif

#include "models/base/sanitize.h"
#include "models/base/words.h"

typedef unsigned __int128 orr_evm_u128;

/* a + b + carry; *carry becomes the carry out. */
static inline uint64_t orr_add_carry(uint64_t a, uint64_t b, unsigned char *carry) {
#if defined __x86_64__ && !defined ORR_MSAN /* which does not follow this */
    unsigned long long sum;
    *carry = _addcarry_u64(*carry, a, b, &sum);
    return sum;
#else
    uint64_t sum = a + b, out = sum + *carry;
    *carry = (unsigned char)((sum < a) | (out < sum));
    return out;
#endif
}
/* a - b - borrow; *borrow becomes the borrow out. */
static inline uint64_t orr_sub_borrow(uint64_t a, uint64_t b, unsigned char *borrow) {
#if defined __x86_64__ && !defined ORR_MSAN
    unsigned long long difference;
    *borrow = _subborrow_u64(*borrow, a, b, &difference);
    return difference;
#else
    uint64_t difference = a - b, out = difference - *borrow;
    *borrow = (unsigned char)((a < b) | (difference < *borrow));
    return out;
#endif
}

/* Copies through four scalars: a wide vector load of a word that was stored by limbs would stall.
 */
static inline void orr_u256_copy(struct orr_u256 *to, const struct orr_u256 *from) {
    uint64_t a = from->limb[0], b = from->limb[1], c = from->limb[2], d = from->limb[3];
    to->limb[0] = a, to->limb[1] = b, to->limb[2] = c, to->limb[3] = d;
}

/* ---- sums and order ---- */

static inline struct orr_u256 orr_u256_add(struct orr_u256 a, struct orr_u256 b) {
    unsigned char carry = 0;
    struct orr_u256 r;
    r.limb[0] = orr_add_carry(a.limb[0], b.limb[0], &carry);
    r.limb[1] = orr_add_carry(a.limb[1], b.limb[1], &carry);
    r.limb[2] = orr_add_carry(a.limb[2], b.limb[2], &carry);
    r.limb[3] = orr_add_carry(a.limb[3], b.limb[3], &carry);
    return r;
}
/* a - b; *borrow_out is 1 when a < b. */
static inline struct orr_u256 orr_u256_sub_borrow(struct orr_u256 a, struct orr_u256 b,
                                                  unsigned char *borrow_out) {
    unsigned char borrow = 0;
    struct orr_u256 r;
    r.limb[0] = orr_sub_borrow(a.limb[0], b.limb[0], &borrow);
    r.limb[1] = orr_sub_borrow(a.limb[1], b.limb[1], &borrow);
    r.limb[2] = orr_sub_borrow(a.limb[2], b.limb[2], &borrow);
    r.limb[3] = orr_sub_borrow(a.limb[3], b.limb[3], &borrow);
    *borrow_out = borrow;
    return r;
}
static inline struct orr_u256 orr_u256_sub(struct orr_u256 a, struct orr_u256 b) {
    unsigned char borrow;
    return orr_u256_sub_borrow(a, b, &borrow);
}
static inline struct orr_u256 orr_u256_negate(struct orr_u256 a) {
    return orr_u256_sub((struct orr_u256){{0}}, a);
}
static inline bool orr_u256_less(struct orr_u256 a, struct orr_u256 b) {
    unsigned char borrow;
    orr_u256_sub_borrow(a, b, &borrow);
    return borrow;
}
static inline bool orr_u256_is_negative(struct orr_u256 a) { return a.limb[3] >> 63; }
/* Two's complement order: flipping the sign bits turns it into the unsigned one. */
static inline bool orr_u256_less_signed(struct orr_u256 a, struct orr_u256 b) {
    a.limb[3] ^= 1ull << 63;
    b.limb[3] ^= 1ull << 63;
    return orr_u256_less(a, b);
}
static inline bool orr_u256_fits_u64(struct orr_u256 a) {
    return !(a.limb[1] | a.limb[2] | a.limb[3]);
}
/* The value, or UINT64_MAX when it is larger. */
static inline uint64_t orr_u256_clamp_u64(struct orr_u256 a) {
    return orr_u256_fits_u64(a) ? a.limb[0] : UINT64_MAX;
}

/* ---- bits ---- */

static inline struct orr_u256 orr_u256_and(struct orr_u256 a, struct orr_u256 b) {
    return (struct orr_u256){{a.limb[0] & b.limb[0], a.limb[1] & b.limb[1], a.limb[2] & b.limb[2],
                              a.limb[3] & b.limb[3]}};
}
static inline struct orr_u256 orr_u256_or(struct orr_u256 a, struct orr_u256 b) {
    return (struct orr_u256){{a.limb[0] | b.limb[0], a.limb[1] | b.limb[1], a.limb[2] | b.limb[2],
                              a.limb[3] | b.limb[3]}};
}
static inline struct orr_u256 orr_u256_xor(struct orr_u256 a, struct orr_u256 b) {
    return (struct orr_u256){{a.limb[0] ^ b.limb[0], a.limb[1] ^ b.limb[1], a.limb[2] ^ b.limb[2],
                              a.limb[3] ^ b.limb[3]}};
}
static inline struct orr_u256 orr_u256_not(struct orr_u256 a) {
    return (struct orr_u256){{~a.limb[0], ~a.limb[1], ~a.limb[2], ~a.limb[3]}};
}
/* a * 2^n for n < 256. */
static inline struct orr_u256 orr_u256_shift_left(struct orr_u256 a, unsigned n) {
    if (n >= 128) {
        a = (struct orr_u256){{0, 0, a.limb[0], a.limb[1]}};
        n -= 128;
    }
    if (n >= 64) {
        a = (struct orr_u256){{0, a.limb[0], a.limb[1], a.limb[2]}};
        n -= 64;
    }
    /* A shift by 64 is undefined in C, so the limb below is shifted in two steps. */
    unsigned rest = 63 - n;
    return (struct orr_u256){{a.limb[0] << n, a.limb[1] << n | a.limb[0] >> 1 >> rest,
                              a.limb[2] << n | a.limb[1] >> 1 >> rest,
                              a.limb[3] << n | a.limb[2] >> 1 >> rest}};
}
/* a / 2^n for n < 256, with `fill` (0 or all ones) shifted in from above. */
static inline struct orr_u256 orr_u256_shift_right_fill(struct orr_u256 a, unsigned n,
                                                        uint64_t fill) {
    if (n >= 128) {
        a = (struct orr_u256){{a.limb[2], a.limb[3], fill, fill}};
        n -= 128;
    }
    if (n >= 64) {
        a = (struct orr_u256){{a.limb[1], a.limb[2], a.limb[3], fill}};
        n -= 64;
    }
    unsigned rest = 63 - n;
    return (struct orr_u256){
        {a.limb[0] >> n | a.limb[1] << 1 << rest, a.limb[1] >> n | a.limb[2] << 1 << rest,
         a.limb[2] >> n | a.limb[3] << 1 << rest, a.limb[3] >> n | fill << 1 << rest}};
}
/* SHL, SHR, SAR (EIP-145): any count. */
static inline struct orr_u256 orr_u256_shl(struct orr_u256 count, struct orr_u256 a) {
    if (!orr_u256_fits_u64(count) || count.limb[0] > 255) return (struct orr_u256){{0}};
    return orr_u256_shift_left(a, (unsigned)count.limb[0]);
}
static inline struct orr_u256 orr_u256_shr(struct orr_u256 count, struct orr_u256 a) {
    if (!orr_u256_fits_u64(count) || count.limb[0] > 255) return (struct orr_u256){{0}};
    return orr_u256_shift_right_fill(a, (unsigned)count.limb[0], 0);
}
static inline struct orr_u256 orr_u256_sar(struct orr_u256 count, struct orr_u256 a) {
    uint64_t fill = orr_u256_is_negative(a) ? UINT64_MAX : 0;
    if (!orr_u256_fits_u64(count) || count.limb[0] > 255)
        return (struct orr_u256){{fill, fill, fill, fill}};
    return orr_u256_shift_right_fill(a, (unsigned)count.limb[0], fill);
}
/* BYTE: byte i of a, counted from the most significant; 0 for i > 31. */
static inline struct orr_u256 orr_u256_byte(struct orr_u256 i, struct orr_u256 a) {
    if (!orr_u256_fits_u64(i) || i.limb[0] > 31) return (struct orr_u256){{0}};
    unsigned from_low = 31 - (unsigned)i.limb[0];
    return orr_u256_from_u64(a.limb[from_low / 8] >> from_low % 8 * 8 & 0xff);
}
/* SIGNEXTEND: extends the two's complement number in the low i + 1 bytes of *a. */
static inline void orr_u256_signextend_in_place(uint64_t i, struct orr_u256 *a) {
    if (i > 30) return;
    unsigned limb = (unsigned)i / 8, shift = 56 - (unsigned)i % 8 * 8;
    int64_t part = (int64_t)(a->limb[limb] << shift) >> shift;
    a->limb[limb] = (uint64_t)part;
    while (++limb < 4) a->limb[limb] = (uint64_t)(part >> 63);
}
static inline struct orr_u256 orr_u256_signextend(struct orr_u256 i, struct orr_u256 a) {
    orr_u256_signextend_in_place(orr_u256_clamp_u64(i), &a);
    return a;
}
/* The number of significant bits: 0 for zero, 256 for 2^255 and above. */
static inline unsigned orr_u256_bit_len(struct orr_u256 a) {
    for (unsigned i = 4; i-- > 0;)
        if (a.limb[i]) return 64 * i + 64 - (unsigned)__builtin_clzll(a.limb[i]);
    return 0;
}

/* ---- products ---- */

/* a * b modulo 2^256: the ten partial products that reach the low four limbs. */
static inline struct orr_u256 orr_u256_mul(struct orr_u256 a, struct orr_u256 b) {
    if (!((a.limb[1] | a.limb[2] | a.limb[3]) | (b.limb[1] | b.limb[2] | b.limb[3]))) {
        orr_evm_u128 p = (orr_evm_u128)a.limb[0] * b.limb[0];
        return (struct orr_u256){{(uint64_t)p, (uint64_t)(p >> 64), 0, 0}};
    }
    /* Row by row, so that each product takes in one word and one carry. */
    uint64_t r0, r1, r2, r3;
    orr_evm_u128 p = (orr_evm_u128)a.limb[0] * b.limb[0];
    r0 = (uint64_t)p;
    p = (orr_evm_u128)a.limb[1] * b.limb[0] + (uint64_t)(p >> 64), r1 = (uint64_t)p;
    p = (orr_evm_u128)a.limb[2] * b.limb[0] + (uint64_t)(p >> 64), r2 = (uint64_t)p;
    r3 = a.limb[3] * b.limb[0] + (uint64_t)(p >> 64);
    p = (orr_evm_u128)a.limb[0] * b.limb[1] + r1, r1 = (uint64_t)p;
    p = (orr_evm_u128)a.limb[1] * b.limb[1] + r2 + (uint64_t)(p >> 64), r2 = (uint64_t)p;
    r3 += a.limb[2] * b.limb[1] + (uint64_t)(p >> 64);
    p = (orr_evm_u128)a.limb[0] * b.limb[2] + r2, r2 = (uint64_t)p;
    r3 += a.limb[1] * b.limb[2] + (uint64_t)(p >> 64);
    return (struct orr_u256){{r0, r1, r2, r3 + a.limb[0] * b.limb[3]}};
}

static inline struct orr_u256 orr_u256_mul_u64(struct orr_u256 a, uint64_t b) {
    orr_evm_u128 p0 = (orr_evm_u128)a.limb[0] * b;
    orr_evm_u128 p1 = (orr_evm_u128)a.limb[1] * b + (uint64_t)(p0 >> 64);
    orr_evm_u128 p2 = (orr_evm_u128)a.limb[2] * b + (uint64_t)(p1 >> 64);
    return (struct orr_u256){
        {(uint64_t)p0, (uint64_t)p1, (uint64_t)p2, a.limb[3] * b + (uint64_t)(p2 >> 64)}};
}

/* What mulmod remembers of the last modulus: Barrett's floor(2^512 / m), for moduli above
 * 2^192.  Zero-initialise it; its content never changes a result. */
struct orr_u256_modulus {
    struct orr_u256 m;
    uint64_t reciprocal[5]; /* floor(2^512 / m), below 2^320; valid when ready */
    bool ready;
};

/* The operations below take words in place, as they lie on the stack; `to` may be any of the
 * operands. */

/* a / b and a % b; 0 for b == 0. */
void orr_u256_divide(const struct orr_u256 *a, const struct orr_u256 *b, struct orr_u256 *to);
void orr_u256_modulo(const struct orr_u256 *a, const struct orr_u256 *b, struct orr_u256 *to);
/* SDIV and SMOD: two's complement, truncated towards zero; -2^255 / -1 = -2^255. */
void orr_u256_divide_signed(const struct orr_u256 *a, const struct orr_u256 *b,
                            struct orr_u256 *to);
void orr_u256_modulo_signed(const struct orr_u256 *a, const struct orr_u256 *b,
                            struct orr_u256 *to);
/* (a + b) mod m and (a * b) mod m without overflow; 0 for m == 0. */
void orr_u256_addmod(const struct orr_u256 *a, const struct orr_u256 *b, const struct orr_u256 *m,
                     struct orr_u256 *to);
void orr_u256_mulmod(const struct orr_u256 *a, const struct orr_u256 *b, const struct orr_u256 *m,
                     struct orr_u256 *to, struct orr_u256_modulus *cache);
/* Both results by value, either may be NULL. */
static inline void orr_u256_divmod(struct orr_u256 a, struct orr_u256 b, struct orr_u256 *q,
                                   struct orr_u256 *r) {
    if (q) orr_u256_divide(&a, &b, q);
    if (r) orr_u256_modulo(&a, &b, r);
}
/* a^e modulo 2^256; 0^0 = 1. */
struct orr_u256 orr_u256_exp(struct orr_u256 a, struct orr_u256 e);
#endif
