/* Division of multi-limb integers: Knuth, TAOCP volume 2, algorithm D, with the quotient digits
 * found by a precomputed reciprocal (N. Moller, T. Granlund, "Improved division by invariant
 * integers", IEEE Transactions on Computers 2011: algorithm 4 for two limbs by one, algorithm 5 for
 * three by two). mulmod by a modulus that comes again uses Barrett's reduction (CRYPTO '86). */
#include "models/vm/u256.h"

#include <assert.h>

static inline orr_evm_u128 u128(uint64_t high, uint64_t low) {
    return (orr_evm_u128)high << 64 | low;
}

/* floor((2^128 - 1) / d) - 2^64 for a d whose top bit is set. */
static inline uint64_t reciprocal_2by1(uint64_t d) {
#if defined __x86_64__
    uint64_t q, r;
    __asm__("divq %4" : "=a"(q), "=d"(r) : "a"(UINT64_MAX), "d"(~d), "r"(d) : "cc");
    return q;
#else
    return (uint64_t)(u128(~d, UINT64_MAX) / d);
#endif
}

/* The reciprocal of the two-limb divisor d1:d0, d1's top bit set (algorithm 6). */
static inline uint64_t reciprocal_3by2(uint64_t d1, uint64_t d0) {
    uint64_t v = reciprocal_2by1(d1), p = d1 * v + d0;
    if (p < d0) {
        v--;
        if (p >= d1) v--, p -= d1;
        p -= d1;
    }
    orr_evm_u128 t = (orr_evm_u128)v * d0;
    p += (uint64_t)(t >> 64);
    if (p < (uint64_t)(t >> 64)) {
        v--;
        if (u128(p, (uint64_t)t) >= u128(d1, d0)) v--;
    }
    return v;
}

/* Divides u1:u0 by d with u1 < d; returns the quotient (algorithm 4). */
static inline uint64_t divide_2by1(uint64_t u1, uint64_t u0, uint64_t d, uint64_t v,
                                   uint64_t *rem) {
    orr_evm_u128 q = (orr_evm_u128)v * u1 + u128(u1, u0);
    uint64_t q1 = (uint64_t)(q >> 64) + 1, r = u0 - q1 * d;
    if (r > (uint64_t)q) q1--, r += d;
    if (__builtin_expect(r >= d, 0)) q1++, r -= d;
    *rem = r;
    return q1;
}

/* Divides u2:u1:u0 by d1:d0 with u2:u1 < d1:d0 (algorithm 5). */
static inline uint64_t divide_3by2(uint64_t u2, uint64_t u1, uint64_t u0, uint64_t d1, uint64_t d0,
                                   uint64_t v, uint64_t *r1_out, uint64_t *r0_out) {
    orr_evm_u128 q = (orr_evm_u128)v * u2 + u128(u2, u1), d = u128(d1, d0);
    uint64_t q1 = (uint64_t)(q >> 64), r1 = u1 - q1 * d1;
    orr_evm_u128 r = u128(r1, u0) - (orr_evm_u128)q1 * d0 - d;
    q1++;
    if ((uint64_t)(r >> 64) >= (uint64_t)q) q1--, r += d;
    if (__builtin_expect(r >= d, 0)) q1++, r -= d;
    *r1_out = (uint64_t)(r >> 64), *r0_out = (uint64_t)r;
    return q1;
}

/* u[0..n] -= q * d[0..n-1], n >= 1; returns whether it went below zero. */
static inline bool subtract_product(uint64_t *u, const uint64_t *d, int n, uint64_t q) {
    uint64_t carry = 0;
    unsigned char borrow = 0;
    for (int i = 0; i < n; i++) {
        orr_evm_u128 p = (orr_evm_u128)q * d[i] + carry;
        u[i] = orr_sub_borrow(u[i], (uint64_t)p, &borrow);
        carry = (uint64_t)(p >> 64);
    }
    u[n] = orr_sub_borrow(u[n], carry, &borrow);
    return borrow;
}

static inline void add_back(uint64_t *u, const uint64_t *d, int n) {
    unsigned char carry = 0;
    for (int i = 0; i < n; i++) u[i] = orr_add_carry(u[i], d[i], &carry);
    u[n] += carry;
}

static int limbs_of(const uint64_t *a, int n) {
    while (n > 0 && !a[n - 1]) n--;
    return n;
}

static inline bool power_of_two(const uint64_t *a, int n) {
    uint64_t below = 0;
    for (int i = 0; i < n - 1; i++) below |= a[i];
    return !below && !(a[n - 1] & (a[n - 1] - 1));
}

/* to[0..n] = from[0..n-1] << shift, shift < 64. */
static inline void shift_limbs(uint64_t *to, const uint64_t *from, int n, unsigned shift) {
    uint64_t below = 0;
    for (int i = 0; i < n; i++) {
        to[i] = from[i] << shift | below >> 1 >> (63 - shift);
        below = from[i];
    }
    to[n] = below >> 1 >> (63 - shift);
}

/* Divides a[0..n_a-1] by d[0..n_d-1] (no leading zero limb, n_d in 1..4, n_a <= 9).  q receives
 * n_a limbs, r four.  q and a may be the same array. */
static void divide_limbs(const uint64_t *a, int n_a, const uint64_t *d_in, int n_d, uint64_t *q,
                         uint64_t r[4]) {
    uint64_t u[10], d[5];
    assert(n_d >= 1 && n_d <= 4 && n_a >= 1 && n_a <= 9 && d_in[n_d - 1]);
    unsigned shift = (unsigned)__builtin_clzll(d_in[n_d - 1]);
    shift_limbs(u, a, n_a, shift);
    shift_limbs(d, d_in, n_d, shift);
    for (int i = 0; i < n_a; i++) q[i] = 0;

    if (n_d == 1) {
        uint64_t v = reciprocal_2by1(d[0]), rem = u[n_a];
        for (int i = n_a - 1; i >= 0; i--) q[i] = divide_2by1(rem, u[i], d[0], v, &rem);
        r[0] = rem >> shift, r[1] = r[2] = r[3] = 0;
        return;
    }
    uint64_t d1 = d[n_d - 1], d0 = d[n_d - 2], v = reciprocal_3by2(d1, d0);
    for (int j = n_a - n_d; j >= 0; j--) {
        uint64_t *top = u + j + n_d, digit, r1, r0;
        if (__builtin_expect(u128(top[0], top[-1]) >= u128(d1, d0), 0)) {
            digit = UINT64_MAX; /* the estimate would not fit a limb (step D3) */
            if (subtract_product(u + j, d, n_d, digit)) add_back(u + j, d, n_d), digit--;
        } else {
            digit = divide_3by2(top[0], top[-1], top[-2], d1, d0, v, &r1, &r0);
            if (n_d == 2) {
                top[0] = 0, top[-1] = r1, top[-2] = r0;
            } else {
                /* the two upper limbs' remainder is known: only the lower limbs' product is left */
                uint64_t *low = u + j, carry = 0;
                unsigned char borrow = 0;
                for (int i = 0; i < n_d - 2; i++) {
                    orr_evm_u128 p = (orr_evm_u128)digit * d[i] + carry;
                    low[i] = orr_sub_borrow(low[i], (uint64_t)p, &borrow);
                    carry = (uint64_t)(p >> 64);
                }
                top[-2] = orr_sub_borrow(r0, carry, &borrow);
                top[-1] = orr_sub_borrow(r1, 0, &borrow);
                top[0] = 0;
                if (__builtin_expect(borrow, 0)) {
                    add_back(low, d, n_d);
                    top[0] = 0;
                    digit--;
                }
            }
        }
        q[j] = digit;
    }
    for (int i = 0; i < 4; i++) {
        uint64_t above = i + 1 < n_d ? u[i + 1] : 0;
        r[i] = i < n_d ? u[i] >> shift | above << 1 << (63 - shift) : 0;
    }
}

/* u1:u0 / d with u1 < d, by the machine's own division. */
static inline uint64_t divide_once(uint64_t u1, uint64_t u0, uint64_t d, uint64_t *rem) {
#if defined __x86_64__
    uint64_t q;
    __asm__("divq %4" : "=a"(q), "=d"(*rem) : "a"(u0), "d"(u1), "r"(d) : "cc");
    return q;
#else
    *rem = (uint64_t)(u128(u1, u0) % d);
    return (uint64_t)(u128(u1, u0) / d);
#endif
}

/* The quotient and remainder of values that are not both short. */
static void divide_long(const struct orr_u256 *a, const struct orr_u256 *b, struct orr_u256 *q,
                        struct orr_u256 *r) {
    int n_b = limbs_of(b->limb, 4), n_a = limbs_of(a->limb, 4);
    if (!n_b) { /* both zero: the EVM's rule */
        *q = *r = (struct orr_u256){{0}};
    } else if (n_b == 1 && n_a == 2) {
        uint64_t d = b->limb[0], rem = a->limb[1] % d;
        q->limb[1] = a->limb[1] / d;
        q->limb[0] = divide_once(rem, a->limb[0], d, &rem);
        q->limb[2] = q->limb[3] = 0;
        *r = orr_u256_from_u64(rem);
    } else if (power_of_two(b->limb, n_b)) {
        /* compilers before EIP-145 wrote shifts as divisions */
        *q = orr_u256_shift_right_fill(*a, orr_u256_bit_len(*b) - 1, 0);
        *r = orr_u256_and(*a, orr_u256_sub(*b, orr_u256_from_u64(1)));
    } else if (orr_u256_less(*a, *b)) {
        *q = (struct orr_u256){{0}};
        orr_u256_copy(r, a);
    } else {
        *q = (struct orr_u256){{0}};
        divide_limbs(a->limb, n_a, b->limb, n_b, q->limb, r->limb);
    }
}

/* Both at once, for every kind of operand. */
static inline void divide(const struct orr_u256 *a, const struct orr_u256 *b, struct orr_u256 *q,
                          struct orr_u256 *r) {
    if (orr_u256_fits_u64(*a) && orr_u256_fits_u64(*b) && b->limb[0]) {
        uint64_t quotient = a->limb[0] / b->limb[0], rem = a->limb[0] % b->limb[0];
        *q = orr_u256_from_u64(quotient);
        *r = orr_u256_from_u64(rem);
    } else {
        divide_long(a, b, q, r);
    }
}

void orr_u256_divide(const struct orr_u256 *a, const struct orr_u256 *b, struct orr_u256 *to) {
    struct orr_u256 q, r;
    divide(a, b, &q, &r);
    orr_u256_copy(to, &q);
}

void orr_u256_modulo(const struct orr_u256 *a, const struct orr_u256 *b, struct orr_u256 *to) {
    struct orr_u256 q, r;
    divide(a, b, &q, &r);
    orr_u256_copy(to, &r);
}

static inline struct orr_u256 magnitude(const struct orr_u256 *a) {
    return orr_u256_is_negative(*a) ? orr_u256_negate(*a) : *a;
}

void orr_u256_divide_signed(const struct orr_u256 *a, const struct orr_u256 *b,
                            struct orr_u256 *to) {
    bool negative = orr_u256_is_negative(*a) != orr_u256_is_negative(*b);
    struct orr_u256 x = magnitude(a), y = magnitude(b), q, r;
    divide(&x, &y, &q, &r);
    *to = negative ? orr_u256_negate(q) : q;
}

void orr_u256_modulo_signed(const struct orr_u256 *a, const struct orr_u256 *b,
                            struct orr_u256 *to) {
    bool negative = orr_u256_is_negative(*a);
    struct orr_u256 x = magnitude(a), y = magnitude(b), q, r;
    divide(&x, &y, &q, &r);
    *to = negative ? orr_u256_negate(r) : r;
}

static struct orr_u256 addmod(struct orr_u256 a, struct orr_u256 b,
                              const struct orr_u256 *modulus) {
    struct orr_u256 m = *modulus;
    int n_m = limbs_of(m.limb, 4);
    if (!n_m) return m;
    uint64_t sum[5], q[5];
    unsigned char carry = 0;
    struct orr_u256 r;
    if (m.limb[3] && a.limb[3] <= m.limb[3] && b.limb[3] <= m.limb[3]) {
        /* a, b < (top limb of m + 1) * 2^192 <= 2m: subtractions are quicker than a division */
        unsigned char borrow;
        struct orr_u256 less = orr_u256_sub_borrow(a, m, &borrow);
        if (!borrow) a = less;
        less = orr_u256_sub_borrow(b, m, &borrow);
        if (!borrow) b = less;
        for (int i = 0; i < 4; i++) r.limb[i] = orr_add_carry(a.limb[i], b.limb[i], &carry);
        less = orr_u256_sub_borrow(r, m, &borrow);
        return carry || !borrow ? less : r;
    }
    for (int i = 0; i < 4; i++) sum[i] = orr_add_carry(a.limb[i], b.limb[i], &carry);
    sum[4] = carry;
    int n = limbs_of(sum, 5);
    if (n < n_m || !n) return (struct orr_u256){{sum[0], sum[1], sum[2], sum[3]}};
    divide_limbs(sum, n, m.limb, n_m, q, r.limb);
    return r;
}

/* to[0..n_a+n_b-1] = a * b.  Lengths are constants at every call, so the loops unroll. */
static inline __attribute__((always_inline)) void
multiply_wide(const uint64_t *a, int n_a, const uint64_t *b, int n_b, uint64_t *to) {
#pragma GCC unroll 5
    for (int j = 0; j < n_b; j++) to[j] = 0;
#pragma GCC unroll 5
    for (int i = 0; i < n_a; i++) {
        uint64_t carry = 0;
#pragma GCC unroll 5
        for (int j = 0; j < n_b; j++) {
            orr_evm_u128 p = (orr_evm_u128)a[i] * b[j] + to[i + j] + carry;
            to[i + j] = (uint64_t)p;
            carry = (uint64_t)(p >> 64);
        }
        to[i + n_b] = carry;
    }
}

/* The low five limbs of a[0..4] * b[0..3]. */
static inline __attribute__((always_inline)) void multiply_low(const uint64_t *a, const uint64_t *b,
                                                               uint64_t *to) {
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) to[j] = 0;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        uint64_t carry = 0;
        int n = i == 0 ? 4 : 5 - i;
#pragma GCC unroll 5
        for (int j = 0; j < n; j++) {
            orr_evm_u128 p = (orr_evm_u128)a[i] * b[j] + to[i + j] + carry;
            to[i + j] = (uint64_t)p;
            carry = (uint64_t)(p >> 64);
        }
        if (i == 0) to[4] = carry;
    }
}

/* Barrett: q = floor(floor(x / 2^192) * floor(2^512 / m) / 2^320) is the true quotient less at
 * most 2. */
static struct orr_u256 reduce_barrett(const uint64_t x[8], const struct orr_u256_modulus *cache) {
    uint64_t product[10], q_m[5], r[5], less[5];
    multiply_wide(x + 3, 5, cache->reciprocal, 5, product);
    multiply_low(product + 5, cache->m.limb, q_m);
    unsigned char borrow = 0;
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) r[i] = orr_sub_borrow(x[i], q_m[i], &borrow);
    for (int i = 0; i < 3; i++) { /* at most two subtractions, then the test that ends it */
        borrow = 0;
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) less[k] = orr_sub_borrow(r[k], cache->m.limb[k], &borrow);
        less[4] = orr_sub_borrow(r[4], 0, &borrow);
        if (borrow) break;
#pragma GCC unroll 5
        for (int k = 0; k < 5; k++) r[k] = less[k];
    }
    return (struct orr_u256){{r[0], r[1], r[2], r[3]}};
}

/* x mod 2^256 - 1, the modulus of full-width products in compiled code: 2^256 = 1, so the halves
 * add. */
static struct orr_u256 reduce_all_ones(const uint64_t x[8]) {
    struct orr_u256 r;
    unsigned char carry = 0;
    uint64_t all = UINT64_MAX;
    for (int i = 0; i < 4; i++) r.limb[i] = orr_add_carry(x[i], x[i + 4], &carry);
    for (int i = 0; i < 4; i++)
        r.limb[i] = orr_add_carry(r.limb[i], 0, &carry); /* carry is 2^256 = 1 */
    for (int i = 0; i < 4; i++) all &= r.limb[i];
    return all == UINT64_MAX ? (struct orr_u256){{0}} : r;
}

static void compute_reciprocal(struct orr_u256_modulus *cache) {
    uint64_t power[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1}, q[9], r[4]; /* 2^512 */
    divide_limbs(power, 9, cache->m.limb, 4, q, r);
    memcpy(cache->reciprocal, q, sizeof cache->reciprocal);
    cache->ready = true;
}

void orr_u256_addmod(const struct orr_u256 *a, const struct orr_u256 *b, const struct orr_u256 *m,
                     struct orr_u256 *to) {
    *to = addmod(*a, *b, m);
}

static inline struct orr_u256 mulmod(const struct orr_u256 *a, const struct orr_u256 *b,
                                     const struct orr_u256 *modulus,
                                     struct orr_u256_modulus *cache) {
    struct orr_u256 m = *modulus;
    int n_m = limbs_of(m.limb, 4);
    if (!n_m) return m;
    uint64_t x[8], q[8];
    struct orr_u256 r;
    multiply_wide(a->limb, 4, b->limb, 4, x);
    if ((m.limb[0] & m.limb[1] & m.limb[2] & m.limb[3]) == UINT64_MAX) return reduce_all_ones(x);
    /* 2^192 itself would have a reciprocal of six limbs */
    if (n_m == 4 && (m.limb[3] > 1 || (m.limb[0] | m.limb[1] | m.limb[2]))) {
        if (orr_u256_equal(m, cache->m)) {
            if (!cache->ready) compute_reciprocal(cache);
            return reduce_barrett(x, cache);
        }
        cache->m = m; /* the reciprocal pays from the second use on */
        cache->ready = false;
    }
    int n = limbs_of(x, 8);
    if (n < n_m || !n) return (struct orr_u256){{x[0], x[1], x[2], x[3]}};
    divide_limbs(x, n, m.limb, n_m, q, r.limb);
    return r;
}

void orr_u256_mulmod(const struct orr_u256 *a, const struct orr_u256 *b, const struct orr_u256 *m,
                     struct orr_u256 *to, struct orr_u256_modulus *cache) {
    *to = mulmod(a, b, m, cache);
}

struct orr_u256 orr_u256_exp(struct orr_u256 a, struct orr_u256 e) {
    struct orr_u256 result = {{1}};
    if (orr_u256_fits_u64(a) && a.limb[0] && !(a.limb[0] & (a.limb[0] - 1))) {
        /* a power of two, the usual case in compiled code: (2^k)^e = 2^(k e) */
        uint64_t k = (uint64_t)__builtin_ctzll(a.limb[0]);
        if (!k) return result;
        if (!orr_u256_fits_u64(e) || e.limb[0] > 255 || k * e.limb[0] > 255)
            return (struct orr_u256){{0}};
        return orr_u256_shift_left(result, (unsigned)(k * e.limb[0]));
    }
    for (unsigned bit = orr_u256_bit_len(e); bit-- > 0;) {
        result = orr_u256_mul(result, result);
        if (e.limb[bit / 64] >> bit % 64 & 1) result = orr_u256_mul(result, a);
    }
    return result;
}
