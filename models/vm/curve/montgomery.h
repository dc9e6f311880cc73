/* montgomery.h - arithmetic modulo a prime on n 64-bit limbs, least significant first.
 *
 * P. L. Montgomery, "Modular multiplication without trial division", Math. Comp. 44 (1985): a
 * number x is held as x R mod p with R = 2^(64 n), so that a product needs no division.  n is a
 * constant in every call, so the loops unroll.  Every value is reduced: 0 <= x < p.  The prime's
 * highest limb must be below 2^63 - 1, which lets the multiplication drop a carry (T. Acar and
 * others' "coarsely integrated operand scanning" without its extra word).
 *
 * Results may be the same object as operands.  Variable time: for public numbers only. */
#ifndef ORR_EVM_CURVE_MONTGOMERY_H
#define ORR_EVM_CURVE_MONTGOMERY_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#if defined __x86_64__
#include <immintrin.h>
#endif

enum { ORR_MONT_MAX_LIMBS = 6 };

#define ORR_MONT_INLINE static inline __attribute__((always_inline))
#if defined __clang__
#define ORR_MONT_UNROLL _Pragma("unroll")
#else
#define ORR_MONT_UNROLL _Pragma("GCC unroll 6")
#endif

/* *r = a + b + carry; the carry out (0 or 1). */
ORR_MONT_INLINE unsigned char orr_mont_add_carry(unsigned char carry, uint64_t a, uint64_t b,
                                                 uint64_t *r) {
#if defined __x86_64__
    unsigned long long sum;
    carry = _addcarry_u64(carry, a, b, &sum);
    *r = sum;
    return carry;
#else
    unsigned __int128 sum = (unsigned __int128)a + b + carry;
    *r = (uint64_t)sum;
    return (unsigned char)(sum >> 64);
#endif
}

/* *r = a - b - borrow; the borrow out (0 or 1). */
ORR_MONT_INLINE unsigned char orr_mont_sub_borrow(unsigned char borrow, uint64_t a, uint64_t b,
                                                  uint64_t *r) {
#if defined __x86_64__
    unsigned long long difference;
    borrow = _subborrow_u64(borrow, a, b, &difference);
    *r = difference;
    return borrow;
#else
    unsigned __int128 difference = (unsigned __int128)a - b - borrow;
    *r = (uint64_t)difference;
    return (unsigned char)(difference >> 64 & 1);
#endif
}

/* r = t - p if t >= p, else t; for t < 2 p. */
ORR_MONT_INLINE void orr_evm_mont_reduce_once(uint64_t *r, const uint64_t *t, const uint64_t *p,
                                              int n) {
    uint64_t u[ORR_MONT_MAX_LIMBS];
    unsigned char borrow = 0;
    ORR_MONT_UNROLL
    for (int i = 0; i < n; i++) borrow = orr_mont_sub_borrow(borrow, t[i], p[i], &u[i]);
    ORR_MONT_UNROLL
    for (int i = 0; i < n; i++) r[i] = borrow ? t[i] : u[i];
}

ORR_MONT_INLINE void orr_evm_mont_add(uint64_t *r, const uint64_t *a, const uint64_t *b,
                                      const uint64_t *p, int n) {
    uint64_t t[ORR_MONT_MAX_LIMBS];
    unsigned char carry = 0;
    ORR_MONT_UNROLL
    for (int i = 0; i < n; i++) carry = orr_mont_add_carry(carry, a[i], b[i], &t[i]);
    orr_evm_mont_reduce_once(r, t, p, n); /* no carry out: 2 p < 2^(64 n) */
}

ORR_MONT_INLINE void orr_evm_mont_sub(uint64_t *r, const uint64_t *a, const uint64_t *b,
                                      const uint64_t *p, int n) {
    uint64_t t[ORR_MONT_MAX_LIMBS];
    unsigned char borrow = 0, carry = 0;
    ORR_MONT_UNROLL
    for (int i = 0; i < n; i++) borrow = orr_mont_sub_borrow(borrow, a[i], b[i], &t[i]);
    uint64_t mask = -(uint64_t)borrow;
    ORR_MONT_UNROLL
    for (int i = 0; i < n; i++) carry = orr_mont_add_carry(carry, t[i], p[i] & mask, &r[i]);
}

/* t = t + by v; the caller sees to it that the sum fits n + 1 limbs. */
#if defined __x86_64__ && defined __ADX__ && defined __BMI2__
/* Two chains of carries at once, in CF and OF: of the products' low halves and of their high ones.
 * Compilers know one (E. Ozturk and others, "New instructions supporting large integer arithmetic
 * on Intel architecture processors", 2012). */
#define ORR_MONT_LIMB(i, next) \
    "mulxq 8*" #i "(%[v]), %[low], %[high]\n\t" \
    "adcxq %[low], %[t" #i "]\n\t" \
    "adoxq %[high], %[t" #next "]\n\t"
#define ORR_MONT_T(i) [t##i] "+&r"(t[i])

ORR_MONT_INLINE void orr_mont_row(uint64_t *t, uint64_t by, const uint64_t *v, int n) {
    uint64_t low, high, zero;
    assert(n == 4 || n == 6);
    if (n == 4)
        __asm__("xorl %k[zero], %k[zero]\n\t" /* clears both flags, too */
                ORR_MONT_LIMB(0, 1) ORR_MONT_LIMB(1, 2) ORR_MONT_LIMB(2, 3) ORR_MONT_LIMB(3, 4)
                "adcxq %[zero], %[t4]"
                : ORR_MONT_T(0), ORR_MONT_T(1), ORR_MONT_T(2), ORR_MONT_T(3), ORR_MONT_T(4),
                  [low] "=&r"(low), [high] "=&r"(high), [zero] "=&r"(zero)
                : "d"(by), [v] "r"(v), "m"(*(const uint64_t(*)[4])v)
                : "cc");
    else
        __asm__("xorl %k[zero], %k[zero]\n\t"
                ORR_MONT_LIMB(0, 1) ORR_MONT_LIMB(1, 2) ORR_MONT_LIMB(2, 3)
                ORR_MONT_LIMB(3, 4) ORR_MONT_LIMB(4, 5) ORR_MONT_LIMB(5, 6)
                "adcxq %[zero], %[t6]"
                : ORR_MONT_T(0), ORR_MONT_T(1), ORR_MONT_T(2), ORR_MONT_T(3), ORR_MONT_T(4),
                  ORR_MONT_T(5), ORR_MONT_T(6),
                  [low] "=&r"(low), [high] "=&r"(high), [zero] "=&r"(zero)
                : "d"(by), [v] "r"(v), "m"(*(const uint64_t(*)[6])v)
                : "cc");
}
#undef ORR_MONT_LIMB
#undef ORR_MONT_T
#else
ORR_MONT_INLINE void orr_mont_row(uint64_t *t, uint64_t by, const uint64_t *v, int n) {
    uint64_t carry = 0;
    ORR_MONT_UNROLL
    for (int j = 0; j < n; j++) {
        unsigned __int128 x = (unsigned __int128)by * v[j] + t[j] + carry;
        t[j] = (uint64_t)x;
        carry = (uint64_t)(x >> 64);
    }
    t[n] += carry;
}
#endif

/* r = a b / R mod p; inv = -1/p mod 2^64. */
ORR_MONT_INLINE void orr_evm_mont_mul(uint64_t *r, const uint64_t *a, const uint64_t *b,
                                      const uint64_t *p, uint64_t inv, int n) {
    uint64_t t[ORR_MONT_MAX_LIMBS + 1] = {0};
    ORR_MONT_UNROLL
    for (int i = 0; i < n; i++) { /* t < 2 p before and after each round */
        orr_mont_row(t, b[i], a, n);
        orr_mont_row(t, t[0] * inv, p, n); /* the lowest limb is zero now, and drops out */
        ORR_MONT_UNROLL
        for (int j = 0; j < n; j++) t[j] = t[j + 1];
        t[n] = 0;
    }
    orr_evm_mont_reduce_once(r, t, p, n);
}
#endif
