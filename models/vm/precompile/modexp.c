/* modexp.c - base^exponent mod modulus on numbers of any length (EIP-198), by GMP.
 *
 * Input, as if followed by zeros for ever: the lengths of base, exponent and modulus (32 bytes
 * each), then the three numbers, big-endian.  The result has the modulus' length.  Prices are those
 * of EIP-198 (Byzantium), EIP-2565 (Berlin) and EIP-7883 (Osaka); EIP-7823 (Osaka) refuses lengths
 * above 1,024 bytes. */
#include <gmp.h>

#include "models/base/bytes.h"
#include "models/base/sanitize.h"
#include "models/vm/precompile/precompiles.h"

enum {
    EIP_7823_LIMIT = 1024,
    /* Before Osaka the price alone bounds the lengths.  From here on it is above 2^51 gas for base
     * and modulus and 2^28 for the exponent, more than any block of those forks could hold. */
    LENGTH_LIMIT = 1 << 30,
};

typedef unsigned __int128 u128;

static uint64_t saturate(u128 x) { return x > UINT64_MAX ? UINT64_MAX : (uint64_t)x; }

/* Lengths are exact below 2^72; above, an exponent's price alone is above 2^64, and so is that of a
 * base or modulus of 2^62 bytes. */
struct lengths {
    u128 base, exponent, modulus;
};

/* A 32-byte length, saturated at 2^72. */
static u128 read_length(const uint8_t *in, size_t in_len, size_t offset) {
    uint8_t word[32];
    orr_evm_input_padded(word, in, in_len, offset, sizeof word);
    if (!orr_evm_all_zero(word, 23)) return (u128)1 << 72;
    return (u128)word[23] << 64 | orr_load_be64(word + 24);
}

static struct lengths read_lengths(const uint8_t *in, size_t in_len) {
    return (struct lengths){read_length(in, in_len, 0), read_length(in, in_len, 32),
                            read_length(in, in_len, 64)};
}

/* The index of the highest set bit in the first min(exponent length, 32) bytes of the exponent;
 * 0 when none is set. */
static unsigned exponent_head_log2(const struct lengths *n, const uint8_t *in, size_t in_len) {
    if (n->base >= in_len) return 0; /* the exponent lies in the padding; no overflow below */
    uint8_t head[32];
    size_t head_len = n->exponent < 32 ? (size_t)n->exponent : 32;
    orr_evm_input_padded(head, in, in_len, 96 + (size_t)n->base, head_len);
    for (size_t i = 0; i < head_len; i++)
        if (head[i])
            return (unsigned)(8 * (head_len - 1 - i)) + 31 - (unsigned)__builtin_clz(head[i]);
    return 0;
}

/* "adjusted exponent length" of EIP-198, "iteration count" of the later ones */
static u128 iterations(const struct lengths *n, unsigned per_byte, const uint8_t *in,
                       size_t in_len) {
    u128 count = exponent_head_log2(n, in, in_len);
    if (n->exponent > 32) count += (u128)per_byte * (n->exponent - 32);
    return count ? count : 1;
}

/* EIP-198, mult_complexity */
static u128 eip198_complexity(u128 x) {
    if (x <= 64) return x * x;
    if (x <= 1024) return x * x / 4 + 96 * x - 3072;
    return x * x / 16 + 480 * x - 199680;
}

static uint64_t price(u128 complexity, u128 count, unsigned divisor) {
    if (complexity && count > ~(u128)0 / complexity) return UINT64_MAX;
    return saturate(complexity * count / divisor);
}

uint64_t orr_modexp_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    struct lengths n = read_lengths(in, in_len);
    u128 longer = n.base > n.modulus ? n.base : n.modulus;
    if (longer > (u128)1 << 62)
        longer = (u128)1 << 62; /* its square fits, and saturates the price */
    u128 words = (longer + 7) / 8;
    uint64_t gas, least;
    if (fork >= ORR_FORK_OSAKA) {
        gas = price(longer > 32 ? 2 * words * words : 16, iterations(&n, 16, in, in_len), 1);
        least = 500;
    } else if (fork >= ORR_FORK_BERLIN) {
        gas = price(words * words, iterations(&n, 8, in, in_len), 3);
        least = 200;
    } else {
        gas = price(eip198_complexity(longer), iterations(&n, 8, in, in_len), 20);
        least = 0;
    }
    return gas > least ? gas : least;
}

/* Sets x to the number of len bytes at offset.  Bytes past the input are zeros: they are not stored
 * but shifted in. */
static void read_number(mpz_t x, const uint8_t *in, size_t in_len, size_t offset, size_t len) {
    size_t have = offset < in_len ? in_len - offset : 0;
    if (have > len) have = len;
    mpz_init(x);
    orr_filled(x, sizeof(mpz_t));
    if (!have) return;
    mpz_import(x, have, 1, 1, 0, 0, in + offset);
    orr_filled(x, sizeof(mpz_t));
    if (mpz_sgn(x) != 0) mpz_mul_2exp(x, x, 8 * (len - have));
}

int orr_modexp_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                   uint8_t **out, size_t *out_len) {
    struct lengths n = read_lengths(in, in_len);
    uint64_t limit = fork >= ORR_FORK_OSAKA ? EIP_7823_LIMIT : LENGTH_LIMIT;
    if (fork < ORR_FORK_OSAKA && n.base == 0 && n.modulus == 0)
        n.exponent = 0; /* 0 gas, no result */
    if (n.base > limit || n.exponent > limit || n.modulus > limit) return ORR_ELIMIT;

    uint8_t *result = orr_evm_precompile_output(mem, out, out_len, (size_t)n.modulus);
    mpz_t base, exponent, modulus;
    read_number(modulus, in, in_len, 96 + (size_t)(n.base + n.exponent), (size_t)n.modulus);
    if (mpz_sgn(modulus) != 0) { /* x mod 0 is 0, EIP-198 */
        read_number(base, in, in_len, 96, (size_t)n.base);
        read_number(exponent, in, in_len, 96 + (size_t)n.base, (size_t)n.exponent);
        mpz_powm(base, base, exponent, modulus);
        size_t base_len = (mpz_sizeinbase(base, 2) + 7) / 8;
        if (mpz_sgn(base) != 0) mpz_export(result + n.modulus - base_len, NULL, 1, 1, 0, 0, base);
        mpz_clear(base);
        mpz_clear(exponent);
    }
    mpz_clear(modulus);
    return 0;
}
