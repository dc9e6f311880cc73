/* words.c - arithmetic on words of 256 bits; limb[0] is the lowest 64.
 * Yellow Paper, appendix H.2 (0s and 10s).
 * What is to be written is marked TODO, with the part that asks for it. */
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
    /* TODO arithmetic: from the highest limb down */
    (void)a, (void)b;
    return false;
}
static bool is_negative(struct orr_u256 a) { return a.limb[3] >> 63; }
static struct orr_u256 negate(struct orr_u256 a) {
    /* TODO arithmetic: two's complement */
    return a;
}
static struct orr_u256 sub(struct orr_u256 a, struct orr_u256 b) { return word_add(a, negate(b)); }
static struct orr_u256 shift_left(struct orr_u256 a, uint32_t n) {
    /* TODO arithmetic: n may be 256 or more */
    (void)n;
    return a;
}
struct orr_u256 word_shift_right(struct orr_u256 a, uint32_t n) {
    /* TODO arithmetic: the same the other way */
    (void)n;
    return a;
}
static bool bit(struct orr_u256 a, uint32_t i) { return a.limb[i / 64] >> i % 64 & 1; }
static struct orr_u256 mul(struct orr_u256 a, struct orr_u256 b) {
    /* TODO arithmetic: what is above 2^256 is lost */
    (void)b;
    return a;
}
/* Both are 0 when b is. */
static void divide(struct orr_u256 a, struct orr_u256 b, struct orr_u256 *quotient,
                   struct orr_u256 *rest) {
    *quotient = *rest = word(0);
    /* TODO arithmetic: long division, a bit a time */
    (void)a, (void)b, (void)bit;
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
    /* TODO arithmetic: SDIV rounds towards zero */
    (void)magnitude;
    return quotient(a, b);
}
static struct orr_u256 signed_modulo(struct orr_u256 a, struct orr_u256 b) {
    /* TODO arithmetic: SMOD has the sign of a */
    return modulo(a, b);
}
/* (a + b) % n of the whole sum, which may have 257 bits; n = 0 gives 0. */
static struct orr_u256 add_modulo(struct orr_u256 a, struct orr_u256 b, struct orr_u256 n) {
    /* TODO arithmetic: reduce both first */
    return modulo(word_add(a, b), n);
}
/* a * b % n of the whole product. */
static struct orr_u256 multiply_modulo(struct orr_u256 a, struct orr_u256 b, struct orr_u256 n) {
    /* TODO arithmetic: add_modulo, a bit of a at a time */
    (void)add_modulo;
    return modulo(mul(a, b), n);
}
static struct orr_u256 power(struct orr_u256 a, struct orr_u256 exponent) {
    struct orr_u256 product = word(1);
    /* TODO arithmetic: square and multiply */
    (void)a, (void)exponent;
    return product;
}
/* The byte number k of x, counted from the lowest, is the highest of a signed number. */
static struct orr_u256 sign_extend(struct orr_u256 k, struct orr_u256 x) {
    /* TODO arithmetic: k of 31 or more changes nothing */
    (void)k;
    return x;
}
/* a < b, as numbers with a sign. */
static bool signed_less(struct orr_u256 a, struct orr_u256 b) {
    /* TODO arithmetic */
    return word_less(a, b);
}
/* A number of bits to shift by: 256 stands for all that is more. */
static uint32_t shift_of(struct orr_u256 n) {
    return word_less(n, word(256)) ? (uint32_t)n.limb[0] : 256;
}
static struct orr_u256 shift_signed(struct orr_u256 a, uint32_t n) {
    /* TODO arithmetic: SAR */
    return word_shift_right(a, n);
}
/* Byte i of x, counted from the highest. */
static struct orr_u256 byte_of(struct orr_u256 i, struct orr_u256 x) {
    /* TODO arithmetic */
    (void)x;
    return i;
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
