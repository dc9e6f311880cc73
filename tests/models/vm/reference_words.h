/* reference_words.h - the reference interpreter's words, arithmetic and constant gas: big-endian
 * bytes and GMP, written without the tables and helpers of models/vm. */
#ifndef ORR_TESTS_MODELS_VM_REFERENCE_WORDS_H
#define ORR_TESTS_MODELS_VM_REFERENCE_WORDS_H

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/fork.h"
#include "models/base/words.h"

struct ref_word {
    uint8_t byte[32];
};

/* ---- words ---- */

static struct orr_u256 ref_host_word(struct ref_word a) { return orr_u256_load_be(a.byte); }
static struct ref_word ref_from_host(struct orr_u256 a) {
    struct ref_word r;
    orr_u256_store_be(r.byte, a);
    return r;
}
static struct ref_word ref_small(uint64_t v) {
    struct ref_word r = {{0}};
    for (int i = 0; i < 8; i++) r.byte[31 - i] = (uint8_t)(v >> 8 * i);
    return r;
}
static void ref_get(mpz_t z, struct ref_word a) { mpz_import(z, 32, 1, 1, 0, 0, a.byte); }
static void ref_get_signed(mpz_t z, struct ref_word a) {
    ref_get(z, a);
    if (a.byte[0] & 0x80) {
        mpz_t top;
        mpz_init_set_ui(top, 1);
        mpz_mul_2exp(top, top, 256);
        mpz_sub(z, z, top);
        mpz_clear(top);
    }
}
static struct ref_word ref_put(const mpz_t z) {
    struct ref_word r = {{0}};
    uint8_t bytes[32];
    size_t n = 0;
    mpz_t low;
    mpz_init(low);
    mpz_fdiv_r_2exp(low, z, 256);
    mpz_export(bytes, &n, 1, 1, 0, 0, low);
    mpz_clear(low);
    memcpy(r.byte + 32 - n, bytes, n);
    return r;
}
/* The value, or 2^62 when it is larger. */
static uint64_t ref_number(struct ref_word a) {
    uint64_t v = 0;
    for (int i = 0; i < 32; i++) {
        if (v >> 54) return 1ull << 62;
        v = v << 8 | a.byte[i];
    }
    return v;
}
static bool ref_is_zero(struct ref_word a) {
    for (int i = 0; i < 32; i++)
        if (a.byte[i]) return false;
    return true;
}
static struct orr_address ref_address(struct ref_word a) {
    struct orr_address r;
    memcpy(r.bytes, a.byte + 12, 20);
    return r;
}
static struct ref_word ref_from_address(struct orr_address a) {
    struct ref_word r = {{0}};
    memcpy(r.byte + 12, a.bytes, 20);
    return r;
}

/* ---- arithmetic ---- */

static struct ref_word ref_binary(uint8_t op, struct ref_word a, struct ref_word b) {
    bool is_signed = op == 0x05 || op == 0x07 || op == 0x12 || op == 0x13;
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    (is_signed ? ref_get_signed : ref_get)(x, a);
    (is_signed ? ref_get_signed : ref_get)(y, b);
    bool by_zero = mpz_sgn(y) == 0;
    uint64_t n = ref_number(a);
    switch (op) {
    case 0x01: mpz_add(z, x, y); break;
    case 0x02: mpz_mul(z, x, y); break;
    case 0x03: mpz_sub(z, x, y); break;
    case 0x04:
    case 0x05:
        if (!by_zero) mpz_tdiv_q(z, x, y);
        break;
    case 0x06:
    case 0x07:
        if (!by_zero) mpz_tdiv_r(z, x, y);
        break;
    case 0x0a: {
        mpz_t two_256;
        mpz_init_set_ui(two_256, 1);
        mpz_mul_2exp(two_256, two_256, 256);
        mpz_powm(z, x, y, two_256);
        mpz_clear(two_256);
        break;
    }
    case 0x0b:
        mpz_set(z, y);
        if (n < 31) {
            mpz_fdiv_r_2exp(z, y, 8 * n + 8);
            for (uint64_t bit = 8 * n + 8; mpz_tstbit(y, 8 * n + 7) && bit < 256; bit++)
                mpz_setbit(z, bit);
        }
        break;
    case 0x10:
    case 0x12: mpz_set_ui(z, mpz_cmp(x, y) < 0); break;
    case 0x11:
    case 0x13: mpz_set_ui(z, mpz_cmp(x, y) > 0); break;
    case 0x14: mpz_set_ui(z, mpz_cmp(x, y) == 0); break;
    case 0x16: mpz_and(z, x, y); break;
    case 0x17: mpz_ior(z, x, y); break;
    case 0x18: mpz_xor(z, x, y); break;
    case 0x1a:
        if (n < 32) mpz_set_ui(z, b.byte[n]);
        break;
    case 0x1b:
        if (n < 256) mpz_mul_2exp(z, y, n);
        break;
    case 0x1c:
        if (n < 256) mpz_fdiv_q_2exp(z, y, n);
        break;
    case 0x1d:
        ref_get_signed(y, b);
        mpz_fdiv_q_2exp(z, y, n < 256 ? n : 256);
        break;
    default: abort();
    }
    struct ref_word r = ref_put(z);
    mpz_clears(x, y, z, NULL);
    return r;
}
static struct ref_word ref_modular(uint8_t op, struct ref_word a, struct ref_word b,
                                   struct ref_word m) {
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    ref_get(x, a), ref_get(y, b), ref_get(z, m);
    if (op == 0x08)
        mpz_add(x, x, y);
    else
        mpz_mul(x, x, y);
    if (mpz_sgn(z))
        mpz_fdiv_r(x, x, z);
    else
        mpz_set_ui(x, 0);
    struct ref_word r = ref_put(x);
    mpz_clears(x, y, z, NULL);
    return r;
}

/* ---- constant gas, from appendix G and the EIPs ---- */

static int64_t ref_gas(uint8_t op, enum orr_evm_fork fork) {
    bool eip150 = fork >= ORR_FORK_EIP150, istanbul = fork >= ORR_FORK_ISTANBUL;
    bool berlin = fork >= ORR_FORK_BERLIN;
    if (op >= 0x60 && op <= 0x9f) return 3;
    switch (op) {
    case 0x00:
    case 0xf3:
    case 0xfd: return 0;
    case 0x01:
    case 0x03: return 3;
    case 0x02:
    case 0x04:
    case 0x05:
    case 0x06:
    case 0x07:
    case 0x0b: return 5;
    case 0x08:
    case 0x09: return 8;
    case 0x0a: return 10;
    case 0x1b:
    case 0x1c:
    case 0x1d: return fork >= ORR_FORK_CONSTANTINOPLE ? 3 : -1;
    case 0x1e: return fork >= ORR_FORK_OSAKA ? 5 : -1;
    case 0x20: return 30;
    case 0x31: return berlin ? 100 : istanbul ? 700 : eip150 ? 400 : 20;
    case 0x3b:
    case 0x3c: return berlin ? 100 : eip150 ? 700 : 20;
    case 0x3f: return fork < ORR_FORK_CONSTANTINOPLE ? -1 : berlin ? 100 : istanbul ? 700 : 400;
    case 0x35:
    case 0x37:
    case 0x39: return 3;
    case 0x3d: return fork >= ORR_FORK_BYZANTIUM ? 2 : -1;
    case 0x3e: return fork >= ORR_FORK_BYZANTIUM ? 3 : -1;
    case 0x40: return 20;
    case 0x46: return istanbul ? 2 : -1;
    case 0x47: return istanbul ? 5 : -1;
    case 0x48: return fork >= ORR_FORK_LONDON ? 2 : -1;
    case 0x49: return fork >= ORR_FORK_CANCUN ? 3 : -1;
    case 0x4a: return fork >= ORR_FORK_CANCUN ? 2 : -1;
    case 0x50: return 2;
    case 0x51:
    case 0x52:
    case 0x53: return 3;
    case 0x54: return berlin ? 100 : istanbul ? 800 : eip150 ? 200 : 50;
    case 0x55: return 0;
    case 0x56: return 8;
    case 0x57: return 10;
    case 0x5b: return 1;
    case 0x5c:
    case 0x5d: return fork >= ORR_FORK_CANCUN ? 100 : -1;
    case 0x5e: return fork >= ORR_FORK_CANCUN ? 3 : -1;
    case 0x5f: return fork >= ORR_FORK_SHANGHAI ? 2 : -1;
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
    case 0xa4: return 375 + 375 * (op - 0xa0);
    case 0xf0: return 32000;
    case 0xf5: return fork >= ORR_FORK_CONSTANTINOPLE ? 32000 : -1;
    case 0xf1:
    case 0xf2: return berlin ? 100 : eip150 ? 700 : 40;
    case 0xf4: return fork < ORR_FORK_HOMESTEAD ? -1 : berlin ? 100 : eip150 ? 700 : 40;
    case 0xfa: return fork < ORR_FORK_BYZANTIUM ? -1 : berlin ? 100 : 700;
    case 0xff: return eip150 ? 5000 : 0;
    }
    if (op >= 0x10 && op <= 0x1a) return 3;
    if (op >= 0x30 && op <= 0x45) return 2;
    if (op == 0x58 || op == 0x59 || op == 0x5a) return 2;
    return -1;
}
#endif
