/* 256-bit arithmetic against GMP: edge values in every pair and triple, then random ones of every
 * width. */
#include <gmp.h>

#include "models/base/rng.h"
#include "models/vm/u256.h"
#include "tests/test.h"

#define N_RANDOM 200000

static mpz_t two_256, ga, gb, gm, gr, gq;

static void setup(void) {
    mpz_init_set_ui(two_256, 1);
    mpz_mul_2exp(two_256, two_256, 256);
    mpz_inits(ga, gb, gm, gr, gq, NULL);
}
static void to_gmp(mpz_t z, struct orr_u256 a) { mpz_import(z, 4, -1, 8, 0, 0, a.limb); }
static struct orr_u256 from_gmp(const mpz_t z) {
    struct orr_u256 a = {{0}};
    mpz_t r;
    mpz_init(r);
    mpz_fdiv_r(r, z, two_256);
    mpz_export(a.limb, NULL, -1, 8, 0, 0, r);
    mpz_clear(r);
    return a;
}
static void to_gmp_signed(mpz_t z, struct orr_u256 a) {
    to_gmp(z, a);
    if (orr_u256_is_negative(a)) mpz_sub(z, z, two_256);
}
static void expect(const char *what, struct orr_u256 got, struct orr_u256 a, struct orr_u256 b,
                   struct orr_u256 m) {
    struct orr_u256 want = from_gmp(gr);
    if (orr_u256_equal(got, want)) return;
    const struct orr_u256 *shown[] = {&a, &b, &m, &got, &want};
    static const char *const names[] = {"a", "b", "m", "got", "want"};
    for (int i = 0; i < 5; i++)
        printf("%s: %s = %016lx%016lx%016lx%016lx\n", what, names[i], shown[i]->limb[3],
               shown[i]->limb[2], shown[i]->limb[1], shown[i]->limb[0]);
    ck_abort_msg("%s differs from GMP", what);
}

static void check_pair(struct orr_u256 a, struct orr_u256 b) {
    struct orr_u256 q, r, none = {{0}};
    to_gmp(ga, a), to_gmp(gb, b);
    mpz_add(gr, ga, gb), expect("add", orr_u256_add(a, b), a, b, none);
    mpz_sub(gr, ga, gb), expect("sub", orr_u256_sub(a, b), a, b, none);
    mpz_mul(gr, ga, gb), expect("mul", orr_u256_mul(a, b), a, b, none);
    ck_assert_int_eq(orr_u256_less(a, b), mpz_cmp(ga, gb) < 0);
    orr_u256_divmod(a, b, &q, &r);
    if (mpz_sgn(gb))
        mpz_fdiv_q(gr, ga, gb);
    else
        mpz_set_ui(gr, 0);
    expect("div", q, a, b, none);
    if (mpz_sgn(gb))
        mpz_fdiv_r(gr, ga, gb);
    else
        mpz_set_ui(gr, 0);
    expect("mod", r, a, b, none);

    to_gmp_signed(ga, a), to_gmp_signed(gb, b);
    ck_assert_int_eq(orr_u256_less_signed(a, b), mpz_cmp(ga, gb) < 0);
    if (mpz_sgn(gb))
        mpz_tdiv_q(gr, ga, gb);
    else
        mpz_set_ui(gr, 0);
    orr_u256_divide_signed(&a, &b, &q);
    expect("sdiv", q, a, b, none);
    if (mpz_sgn(gb))
        mpz_tdiv_r(gr, ga, gb);
    else
        mpz_set_ui(gr, 0);
    orr_u256_modulo_signed(&a, &b, &r);
    expect("smod", r, a, b, none);
    to_gmp(ga, a);
    ck_assert_uint_eq(orr_u256_bit_len(a), mpz_sgn(ga) ? mpz_sizeinbase(ga, 2) : 0);
}

static void check_triple(struct orr_u256 a, struct orr_u256 b, struct orr_u256 m) {
    static struct orr_u256_modulus cache;
    struct orr_u256 r;
    to_gmp(ga, a), to_gmp(gb, b), to_gmp(gm, m);
    mpz_add(gq, ga, gb);
    if (mpz_sgn(gm))
        mpz_fdiv_r(gr, gq, gm);
    else
        mpz_set_ui(gr, 0);
    orr_u256_addmod(&a, &b, &m, &r);
    expect("addmod", r, a, b, m);
    mpz_mul(gq, ga, gb);
    if (mpz_sgn(gm))
        mpz_fdiv_r(gr, gq, gm);
    else
        mpz_set_ui(gr, 0);
    for (int times = 0; times < 3; times++) { /* without, then with a remembered reciprocal */
        orr_u256_mulmod(&a, &b, &m, &r, &cache);
        expect("mulmod", r, a, b, m);
    }
}

static void check_bits(struct orr_u256 n, struct orr_u256 a) {
    struct orr_u256 none = {{0}};
    uint64_t count = orr_u256_clamp_u64(n);
    to_gmp(ga, a);
    if (count < 256)
        mpz_mul_2exp(gr, ga, count);
    else
        mpz_set_ui(gr, 0);
    expect("shl", orr_u256_shl(n, a), n, a, none);
    mpz_fdiv_q_2exp(gr, ga, count < 256 ? count : 256);
    expect("shr", orr_u256_shr(n, a), n, a, none);
    mpz_fdiv_q_2exp(gr, ga, 8 * (31 - (count < 32 ? count : 31)));
    mpz_fdiv_r_2exp(gr, gr, 8);
    if (count > 31) mpz_set_ui(gr, 0);
    expect("byte", orr_u256_byte(n, a), n, a, none);
    mpz_set(gr, ga);
    if (count < 31) {
        mpz_fdiv_r_2exp(gr, ga, 8 * (count + 1));
        if (mpz_tstbit(gr, 8 * count + 7)) {
            mpz_set_ui(gq, 1);
            mpz_mul_2exp(gq, gq, 8 * (count + 1));
            mpz_sub(gr, gr, gq);
        }
    }
    expect("signextend", orr_u256_signextend(n, a), n, a, none);
    to_gmp_signed(ga, a);
    mpz_fdiv_q_2exp(gr, ga, count < 256 ? count : 256);
    expect("sar", orr_u256_sar(n, a), n, a, none);
}

static void check_exp(struct orr_u256 a, struct orr_u256 e) {
    to_gmp(ga, a), to_gmp(gb, e);
    mpz_powm(gr, ga, gb, two_256);
    expect("exp", orr_u256_exp(a, e), a, e, a);
}

/* 0, 1, all ones, 2^k - 1, 2^k, 2^k + 1 at limb borders, and divisors that force Knuth's step D6.
 */
static int edge_values(struct orr_u256 *to) {
    int n = 0;
    for (unsigned k = 0; k <= 256; k += 32) {
        struct orr_u256 power = orr_u256_shl(orr_u256_from_u64(k), orr_u256_from_u64(1));
        to[n++] = power;
        to[n++] = orr_u256_sub(power, orr_u256_from_u64(1));
        to[n++] = orr_u256_add(power, orr_u256_from_u64(1));
    }
    to[n++] = (struct orr_u256){{0, 0, 0, 1ull << 63}};
    to[n++] = (struct orr_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, INT64_MAX}};
    to[n++] = (struct orr_u256){{3, 0, 0x8000000000000000, 0}};
    to[n++] = (struct orr_u256){{1, 0, 0, 0x2000000000000000}};
    to[n++] = (struct orr_u256){{0, UINT64_MAX - 1, 0x8000000000000000, 0}};
    to[n++] = (struct orr_u256){{0, 0, UINT64_MAX - 1, 0x7fffffffffffffff}};
    to[n++] = (struct orr_u256){{UINT64_MAX, 0, UINT64_MAX, 1}};
    to[n++] = (struct orr_u256){{UINT64_MAX, UINT64_MAX, 0, 1}};
    for (uint64_t i = 2; i < 34; i += 7) to[n++] = orr_u256_from_u64(i);
    return n;
}

/* Widths, sparse limbs and limbs of all ones are likelier than in uniform words. */
static struct orr_u256 random_word(struct orr_rng *rng) {
    struct orr_u256 a;
    uint64_t shape = orr_rng_u64(rng);
    for (int i = 0; i < 4; i++) {
        unsigned kind = shape >> 4 * i & 15;
        a.limb[i] = kind < 2 ? 0 : kind < 4 ? UINT64_MAX : orr_rng_u64(rng) >> (kind < 6 ? 60 : 0);
    }
    return orr_u256_shift_right_fill(a, shape >> 16 & 1 ? shape >> 24 & 255 : 0, 0);
}

START_TEST(edge_values_agree_with_gmp) {
    struct orr_u256 edge[64];
    int n = edge_values(edge);
    ck_assert_int_le(n, 64);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            check_pair(edge[i], edge[j]);
            check_bits(edge[i], edge[j]);
            check_exp(edge[i], edge[j]);
            for (int k = 0; k < n; k++) check_triple(edge[i], edge[j], edge[k]);
        }
}
END_TEST

START_TEST(random_values_agree_with_gmp) {
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_WORKLOAD, 256);
    for (int i = 0; i < N_RANDOM; i++) {
        struct orr_u256 a = random_word(&rng), b = random_word(&rng), m = random_word(&rng);
        check_pair(a, b);
        check_triple(a, b, m);
        check_bits(orr_u256_from_u64(orr_rng_below(&rng, 300)), a);
        if (i % 100 == 0) check_exp(a, b);
    }
}
END_TEST

START_TEST(words_survive_bytes_and_addresses) {
    uint8_t bytes[32], back[32];
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(i + 1);
    struct orr_u256 a = orr_u256_load_be(bytes);
    ck_assert_uint_eq(a.limb[0], 0x191a1b1c1d1e1f20);
    orr_u256_store_be(back, a);
    ck_assert_mem_eq(bytes, back, 32);
    struct orr_address address = orr_u256_to_address(a);
    ck_assert_mem_eq(address.bytes, bytes + 12, 20);
    struct orr_u256 low = orr_u256_from_address(address);
    ck_assert_uint_eq(low.limb[2], 0x0d0e0f10);
    ck_assert_uint_eq(low.limb[3], 0);
}
END_TEST

int main(void) {
    setup();
    const TTest *tests[] = {edge_values_agree_with_gmp, random_values_agree_with_gmp,
                            words_survive_bytes_and_addresses};
    return orr_test_run("u256", tests, sizeof tests / sizeof tests[0]);
}
