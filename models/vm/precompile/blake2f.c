/* blake2f.c - the compression function F of BLAKE2b as a precompile (EIP-152, RFC 7693
 * section 3.2).
 *
 * Input, 213 bytes: rounds (4, big-endian), state h (8 words), message m (16 words), offset counter
 * t (2 words), final-block flag (1 byte); words are 8 bytes, little-endian.  One gas per round. */
#include "models/base/bytes.h"
#include "models/vm/precompile/precompiles.h"

enum { BLAKE2F_INPUT = 213 };

uint64_t orr_blake2f_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork;
    return in_len == BLAKE2F_INPUT ? orr_load_be32(in) : 0;
}

/* RFC 7693, 2.6: the fractional parts of the square roots of the first eight primes */
static const uint64_t iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* RFC 7693, 2.7: the message schedule; round r uses row r mod 10 */
static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline uint64_t rotate_right(uint64_t x, int n) { return x >> n | x << (64 - n); }

/* RFC 7693, 3.1: the mixing function G */
static inline __attribute__((always_inline)) void mix(uint64_t *a, uint64_t *b, uint64_t *c,
                                                      uint64_t *d, uint64_t x, uint64_t y) {
    *a += *b + x;
    *d = rotate_right(*d ^ *a, 32);
    *c += *d;
    *b = rotate_right(*b ^ *c, 24);
    *a += *b + y;
    *d = rotate_right(*d ^ *a, 16);
    *c += *d;
    *b = rotate_right(*b ^ *c, 63);
}

/* One round, by a row of the schedule that is known when it is compiled: its places become operands
 * of the additions. */
static inline __attribute__((always_inline)) void mix_all(uint64_t v[16], const uint64_t m[16],
                                                          const uint8_t s[16]) {
    mix(&v[0], &v[4], &v[8], &v[12], m[s[0]], m[s[1]]);
    mix(&v[1], &v[5], &v[9], &v[13], m[s[2]], m[s[3]]);
    mix(&v[2], &v[6], &v[10], &v[14], m[s[4]], m[s[5]]);
    mix(&v[3], &v[7], &v[11], &v[15], m[s[6]], m[s[7]]);
    mix(&v[0], &v[5], &v[10], &v[15], m[s[8]], m[s[9]]);
    mix(&v[1], &v[6], &v[11], &v[12], m[s[10]], m[s[11]]);
    mix(&v[2], &v[7], &v[8], &v[13], m[s[12]], m[s[13]]);
    mix(&v[3], &v[4], &v[9], &v[14], m[s[14]], m[s[15]]);
}

/* RFC 7693, 3.2 */
static void compress(uint32_t n_rounds, uint64_t h[8], const uint64_t m[16], const uint64_t t[2],
                     bool final) {
    uint64_t v[16];
    memcpy(v, h, 64);
    memcpy(v + 8, iv, 64);
    v[12] ^= t[0];
    v[13] ^= t[1];
    if (final) v[14] = ~v[14];
#define ROUND(row)          \
    if (!n_rounds--) break; \
    mix_all(v, m, sigma[row])
    for (;;) { /* ends: n_rounds falls to 0 */
        ROUND(0);
        ROUND(1);
        ROUND(2);
        ROUND(3);
        ROUND(4);
        ROUND(5);
        ROUND(6);
        ROUND(7);
        ROUND(8);
        ROUND(9);
    }
#undef ROUND
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

int orr_blake2f_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                    uint8_t **out, size_t *out_len) {
    (void)fork;
    if (in_len != BLAKE2F_INPUT || in[212] > 1) return ORR_EFORMAT;
    uint64_t h[8], m[16], t[2];
    memcpy(h, in + 4, sizeof h); /* little-endian, as bytes.h asserts of the machine */
    memcpy(m, in + 68, sizeof m);
    memcpy(t, in + 196, sizeof t);
    compress(orr_load_be32(in), h, m, t, in[212] == 1);
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof h), h, sizeof h);
    return 0;
}
