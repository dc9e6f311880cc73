/* words.c - arithmetic on words of 256 bits; limb[0] is the lowest 64.
 * Yellow Paper, appendix H.2 (0s and 10s). */
#include "words.h"

#include "instructions.h"

struct orr_u256 word_add(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 sum;
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)a.limb[i] + b.limb[i];
        sum.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return sum;
}
static struct orr_u256 not(struct orr_u256 a) {
    for (int i = 0; i < 4; i++) a.limb[i] = ~a.limb[i];
    return a;
}
/* a < b, as numbers without a sign. */
bool word_less(struct orr_u256 a, struct orr_u256 b) {
    for (int i = 3; i >= 0; i--)
        if (a.limb[i] != b.limb[i]) return a.limb[i] < b.limb[i];
    return false;
}
static bool is_negative(struct orr_u256 a) { return a.limb[3] >> 63; }
static struct orr_u256 negate(struct orr_u256 a) { return word_add(not(a), word(1)); }
static struct orr_u256 sub(struct orr_u256 a, struct orr_u256 b) { return word_add(a, negate(b)); }
static struct orr_u256 shift_left(struct orr_u256 a, uint32_t n) {
    struct orr_u256 to = {{0}};
    for (uint32_t i = n / 64; i < 4; i++) {
        to.limb[i] = a.limb[i - n / 64] << n % 64;
        if (n % 64 && i > n / 64) to.limb[i] |= a.limb[i - n / 64 - 1] >> (64 - n % 64);
    }
    return to;
}
struct orr_u256 word_shift_right(struct orr_u256 a, uint32_t n) {
    struct orr_u256 to = {{0}};
    for (uint32_t i = 0; i + n / 64 < 4; i++) {
        to.limb[i] = a.limb[i + n / 64] >> n % 64;
        if (n % 64 && i + n / 64 + 1 < 4) to.limb[i] |= a.limb[i + n / 64 + 1] << (64 - n % 64);
    }
    return to;
}
static bool bit(struct orr_u256 a, uint32_t i) { return a.limb[i / 64] >> i % 64 & 1; }
static struct orr_u256 mul(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 product = {{0}};
    for (int i = 0; i < 4; i++) {
        unsigned __int128 carry = 0;
        for (int k = 0; i + k < 4; k++) {
            carry += (unsigned __int128)a.limb[i] * b.limb[k] + product.limb[i + k];
            product.limb[i + k] = (uint64_t)carry;
            carry >>= 64;
        }
    }
    return product;
}
/* Both are 0 when b is. */
static void divide(struct orr_u256 a, struct orr_u256 b, struct orr_u256 *quotient,
                   struct orr_u256 *rest) {
    *quotient = *rest = word(0);
    if (is_zero(b)) return;
    for (uint32_t i = 256; i-- > 0;) {
        bool carry = bit(*rest, 255);
        *rest = shift_left(*rest, 1);
        rest->limb[0] |= bit(a, i);
        if (!carry && word_less(*rest, b)) continue;
        *rest = sub(*rest, b);
        quotient->limb[i / 64] |= UINT64_C(1) << i % 64;
    }
}
static struct orr_u256 quotient(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 q, r;
    divide(a, b, &q, &r);
    return q;
}
static struct orr_u256 modulo(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 q, r;
    divide(a, b, &q, &r);
    return r;
}
static struct orr_u256 magnitude(struct orr_u256 a) { return is_negative(a) ? negate(a) : a; }
static struct orr_u256 signed_quotient(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 q = quotient(magnitude(a), magnitude(b));
    return is_negative(a) != is_negative(b) ? negate(q) : q;
}
static struct orr_u256 signed_modulo(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 r = modulo(magnitude(a), magnitude(b));
    return is_negative(a) ? negate(r) : r;
}
/* (a + b) % n of the whole sum, which may have 257 bits; n = 0 gives 0. */
static struct orr_u256 add_modulo(struct orr_u256 a, struct orr_u256 b, struct orr_u256 n) {
    if (is_zero(n)) return n;
    a = modulo(a, n);
    b = modulo(b, n);
    struct orr_u256 sum = word_add(a, b);
    return word_less(sum, a) || !word_less(sum, n) ? sub(sum, n) : sum;
}
/* a * b % n of the whole product. */
static struct orr_u256 multiply_modulo(struct orr_u256 a, struct orr_u256 b, struct orr_u256 n) {
    struct orr_u256 product = word(0);
    b = modulo(b, n);
    for (uint32_t i = 256; i-- > 0;) {
        product = add_modulo(product, product, n);
        if (bit(a, i)) product = add_modulo(product, b, n);
    }
    return product;
}
static struct orr_u256 power(struct orr_u256 a, struct orr_u256 exponent) {
    struct orr_u256 product = word(1);
    for (uint32_t i = 256; i-- > 0;) {
        product = mul(product, product);
        if (bit(exponent, i)) product = mul(product, a);
    }
    return product;
}
/* The byte number k of x, counted from the lowest, is the highest of a signed number. */
static struct orr_u256 sign_extend(struct orr_u256 k, struct orr_u256 x) {
    if (!word_less(k, word(31))) return x;
    uint32_t n = 255 - (8 * (uint32_t)k.limb[0] + 7);
    x = shift_left(x, n);
    struct orr_u256 to = word_shift_right(x, n);
    if (is_negative(x)) to = not(word_shift_right(not(x), n));
    return to;
}
/* a < b, as numbers with a sign. */
static bool signed_less(struct orr_u256 a, struct orr_u256 b) {
    return is_negative(a) != is_negative(b) ? is_negative(a) : word_less(a, b);
}
/* A number of bits to shift by: 256 stands for all that is more. */
static uint32_t shift_of(struct orr_u256 n) {
    return word_less(n, word(256)) ? (uint32_t)n.limb[0] : 256;
}
static struct orr_u256 shift_signed(struct orr_u256 a, uint32_t n) {
    return is_negative(a) ? not(word_shift_right(not(a), n)) : word_shift_right(a, n);
}
/* Byte i of x, counted from the highest. */
static struct orr_u256 byte_of(struct orr_u256 i, struct orr_u256 x) {
    if (!word_less(i, word(32))) return word(0);
    return word(word_shift_right(x, 8 * (31 - (uint32_t)i.limb[0])).limb[0] & 0xff);
}
static struct orr_u256 each_bit(uint8_t op, struct orr_u256 a, struct orr_u256 b) {
    for (int i = 0; i < 4; i++)
        a.limb[i] = op == OP_AND  ? a.limb[i] & b.limb[i]
                    : op == OP_OR ? a.limb[i] | b.limb[i]
                                  : a.limb[i] ^ b.limb[i];
    return a;
}

/* What an instruction makes of the words that it pops: a was on top. */
struct orr_u256 word_compute(uint8_t op, struct orr_u256 a, struct orr_u256 b, struct orr_u256 c) {
    switch (op) {
    case OP_ADD: return word_add(a, b);
    case OP_MUL: return mul(a, b);
    case OP_SUB: return sub(a, b);
    case OP_DIV: return quotient(a, b);
    case OP_SDIV: return signed_quotient(a, b);
    case OP_MOD: return modulo(a, b);
    case OP_SMOD: return signed_modulo(a, b);
    case OP_ADDMOD: return add_modulo(a, b, c);
    case OP_MULMOD: return multiply_modulo(a, b, c);
    case OP_EXP: return power(a, b);
    case OP_SIGNEXTEND: return sign_extend(a, b);
    case OP_LT: return word(word_less(a, b));
    case OP_GT: return word(word_less(b, a));
    case OP_SLT: return word(signed_less(a, b));
    case OP_SGT: return word(signed_less(b, a));
    case OP_EQ: return word(orr_u256_equal(a, b));
    case OP_ISZERO: return word(is_zero(a));
    case OP_NOT: return not(a);
    case OP_BYTE: return byte_of(a, b);
    case OP_SHL: return shift_left(b, shift_of(a));
    case OP_SHR: return word_shift_right(b, shift_of(a));
    case OP_SAR: return shift_signed(b, shift_of(a));
    default: return each_bit(op, a, b);
    }
}
