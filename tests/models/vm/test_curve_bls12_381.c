/* BLS12-381: its fields, groups, pairing, sums, maps and KZG proofs against GMP, the definitions,
 * the laws they obey, and published points. */
#include "models/vm/curve/bls12_381.c"
#include "models/vm/curve/bls12_381_map.c"
#include "models/vm/curve/bls12_381_pairing.c"

#define XI0 1
#define XI1 1
#include "tests/models/vm/curve_checks.inc"

#include "tests/models/vm/precompile_call.h"

START_TEST(the_modulus_and_order_are_the_polynomials_of_the_parameter) {
    mpz_t p, r, x, t;
    mpz_inits(p, r, x, t, NULL);
    mpz_set_ui(x, CURVE_X);
    mpz_neg(x, x);
    mpz_mul(t, x, x);
    mpz_mul(r, t, t);
    mpz_sub(r, r, t);
    mpz_add_ui(r, r, 1); /* r = x^4 - x^2 + 1 */
    mpz_sub_ui(t, x, 1);
    mpz_mul(t, t, t);
    mpz_mul(p, t, r);
    mpz_divexact_ui(p, p, 3);
    mpz_add(p, p, x); /* p = (x - 1)^2 r / 3 + x */
    ck_assert_int_eq(mpn_cmp(mpz_limbs_read(p), fp_modulus.limb, 6), 0);
    ck_assert_int_eq(mpn_cmp(mpz_limbs_read(r), group_order, 4), 0);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(orr_load_be64(orr_bls_group_order + 8 * i), group_order[3 - i]);
    mpz_clears(p, r, x, t, NULL);
}
END_TEST

START_TEST(the_endomorphisms_constants_satisfy_their_equations) {
    struct fp2 r;
    struct fp t;
    small_fp(&t, 4);
    ck_assert(fp_eq(&g1_b, &t) && fp_eq(&g2_b.c0, &t) && fp_eq(&g2_b.c1, &t));
    fp2_double(&r, &g2_b);
    fp2_add(&r, &r, &g2_b);
    ck_assert_same(&r, &g2_b_times_3);
    fp_sqr(&t, &beta);
    fp_mul(&t, &t, &beta);
    ck_assert(fp_eq(&t, &fp_one) && !fp_eq(&beta, &fp_one));
    fp2_mul(&r, &psi_x, &frobenius[2]);
    ck_assert(fp_eq(&r.c0, &fp_one) && fp_is_zero(&r.c1));
    fp2_mul(&r, &psi_y, &frobenius[3]);
    ck_assert(fp_eq(&r.c0, &fp_one) && fp_is_zero(&r.c1));
}
END_TEST

static void g1_generator(struct g1_affine *a) {
    *a = (struct g1_affine){g1_generator_x, g1_generator_y};
    ck_assert(g1_affine_on_curve(a, &g1_b));
}
static void g2_generator(struct g2_affine *a) {
    *a = (struct g2_affine){g2_generator_x, g2_generator_y};
    ck_assert(g2_affine_on_curve(a, &g2_b));
}
static void random_scalar(uint64_t s[4]) {
    for (int i = 0; i < 4; i++) s[i] = orr_rng_u64(&rng);
}

START_TEST(the_subgroup_checks_agree_with_multiplication_by_the_order) {
    seed_draws();
    for (int n = 0; n < 20; n++) {
        struct g1_affine a;
        struct g2_affine b;
        struct g1_jacobian p;
        struct g2_jacobian q;
        uint64_t s[4];
        random_scalar(s);
        if (n % 2) { /* almost no point of the curve is in the group: the cofactors are large */
            g1_random(&a);
            g2_random(&b);
        } else {
            g1_generator(&a);
            g1_from_affine(&p, &a);
            g1_mul(&p, &p, s, 4);
            g1_to_affine(&a, &p);
            g2_generator(&b);
            g2_from_affine(&q, &b);
            g2_mul(&q, &q, s, 4);
            g2_to_affine(&b, &q);
        }
        g1_from_affine(&p, &a);
        g1_mul(&p, &p, group_order, 4);
        ck_assert_int_eq(g1_is_infinity(&p), n % 2 == 0);
        ck_assert_msg(g1_in_group(&a) == (n % 2 == 0), "draw %d: G1", n);
        g2_from_affine(&q, &b);
        g2_mul(&q, &q, group_order, 4);
        ck_assert_int_eq(g2_is_infinity(&q), n % 2 == 0);
        ck_assert_msg(g2_in_group(&b) == (n % 2 == 0), "draw %d: G2", n);
    }
}
END_TEST

START_TEST(points_of_small_order_are_not_in_the_group) {
    struct g1_affine a = {.y = fp_one};
    fp_double(&a.y, &a.y); /* (0, 2) has order 3 on y^2 = x^3 + 4 */
    ck_assert(g1_affine_on_curve(&a, &g1_b) && !g1_in_group(&a));
}
END_TEST

/* ---- sums: through bytes, with split scalars, against one multiplication after the other ---- */

#define SUM_TEST(G, MSM, POINT)                                                               \
    START_TEST(G##_sums_agree_with_separate_multiplications) {                                \
        static const size_t sizes[] = {1, 2, 3, 11, 12, 24, 25, 60, 150};                     \
        struct orr_heap heap;                                                                 \
        orr_heap_init(&heap);                                                                 \
        seed_draws();                                                                         \
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {                         \
            size_t pair = POINT + ORR_BLS_SCALAR, n = sizes[i];                               \
            uint8_t *pairs = orr_xrealloc(NULL, n * pair), got[POINT], want[POINT];           \
            struct G##_jacobian total, p;                                                     \
            struct G##_affine generator;                                                      \
            G##_set_infinity(&total);                                                         \
            for (size_t k = 0; k < n; k++) {                                                  \
                uint64_t s[4];                                                                \
                random_scalar(s);                                                             \
                G##_generator(&generator);                                                    \
                G##_from_affine(&p, &generator);                                              \
                G##_mul(&p, &p, s, 4);                                                        \
                if (k == 4) G##_set_infinity(&p);                                             \
                random_scalar(s);                                                             \
                if (k == 5) memset(s, 0, sizeof s);                                           \
                if (k == 6) memset(s, 0xff, sizeof s);                                        \
                if (k == 7) memcpy(s, group_order, sizeof s);                                 \
                if (k == 8) memcpy(s, group_order, sizeof s), s[0]--;                         \
                if (k == 9) memset(s, 0, sizeof s), s[0] = CURVE_X;                           \
                G##_write(pairs + k * pair, &p);                                              \
                for (int j = 0; j < 4; j++)                                                   \
                    orr_store_be64(pairs + k * pair + POINT + 8 * j, s[3 - j]);               \
                G##_mul(&p, &p, s, 4);                                                        \
                G##_add(&total, &total, &p);                                                  \
            }                                                                                 \
            G##_write(want, &total);                                                          \
            ck_assert_int_eq(MSM(&heap.mem, pairs, n, got), 0);                               \
            ck_assert_msg(memcmp(got, want, POINT) == 0, "%zu points", n);                    \
            free(pairs);                                                                      \
        }                                                                                     \
        ck_assert_uint_eq(heap.used_bytes, 0);                                                \
    }                                                                                         \
    END_TEST

SUM_TEST(g1, orr_bls_g1_msm, ORR_BLS_G1)
SUM_TEST(g2, orr_bls_g2_msm, ORR_BLS_G2)

/* ---- pairing ---- */

/* e(s P, t Q) e(-u P, Q), which is 1 exactly when s t = u */
static bool product_is_one(uint64_t s, uint64_t t, uint64_t u) {
    struct g1_affine a;
    struct g2_affine b;
    struct g1_jacobian p;
    struct g2_jacobian q;
    uint8_t pairs[2 * (ORR_BLS_G1 + ORR_BLS_G2)], *second = pairs + ORR_BLS_G1 + ORR_BLS_G2;
    struct orr_heap heap;
    bool is_one = false;
    g1_generator(&a);
    g1_from_affine(&p, &a);
    g1_mul_u64(&p, &p, s);
    g1_write(pairs, &p);
    g1_from_affine(&p, &a);
    g1_mul_u64(&p, &p, u);
    g1_neg(&p, &p);
    g1_write(second, &p);
    g2_generator(&b);
    g2_from_affine(&q, &b);
    g2_write(second + ORR_BLS_G1, &q);
    g2_mul_u64(&q, &q, t);
    g2_write(pairs + ORR_BLS_G1, &q);
    orr_heap_init(&heap);
    ck_assert_int_eq(orr_bls_pairing_check(&heap.mem, pairs, 2, &is_one), 0);
    ck_assert_uint_eq(heap.used_bytes, 0);
    return is_one;
}

START_TEST(the_pairing_is_bilinear_and_not_degenerate) {
    seed_draws();
    for (int n = 0; n < 5; n++) {
        uint64_t s = orr_rng_u64(&rng) >> 33 | 1, t = orr_rng_u64(&rng) >> 33 | 1;
        ck_assert_msg(product_is_one(s, t, s * t), "draw %d", n);
        ck_assert_msg(!product_is_one(s, t, s * t + 1), "draw %d", n);
    }
}
END_TEST

START_TEST(what_is_outside_the_groups_is_refused_except_by_addition) {
    struct orr_heap heap;
    struct g1_affine a;
    struct g2_affine b;
    struct g1_jacobian p;
    struct g2_jacobian q;
    uint8_t pair[ORR_BLS_G1 + ORR_BLS_G2] = {0}, sum[ORR_BLS_G2], in[2 * ORR_BLS_G2] = {0};
    bool is_one;
    orr_heap_init(&heap);
    seed_draws();
    g1_random(&a);
    g1_from_affine(&p, &a);
    g1_write(pair, &p);
    ck_assert_int_eq(orr_bls_pairing_check(&heap.mem, pair, 1, &is_one), ORR_EFORMAT);
    ck_assert_int_eq(orr_bls_g1_msm(&heap.mem, pair, 1, sum), ORR_EFORMAT);
    memcpy(in, pair, ORR_BLS_G1);
    ck_assert_int_eq(orr_bls_g1_add(in, sum), 0);
    ck_assert_mem_eq(sum, in, ORR_BLS_G1); /* plus infinity */
    memset(pair, 0, ORR_BLS_G1);
    g2_random(&b);
    g2_from_affine(&q, &b);
    g2_write(pair + ORR_BLS_G1, &q);
    ck_assert_int_eq(orr_bls_pairing_check(&heap.mem, pair, 1, &is_one), ORR_EFORMAT);
    memcpy(in, pair + ORR_BLS_G1, ORR_BLS_G2);
    ck_assert_int_eq(orr_bls_g2_msm(&heap.mem, in, 1, sum), ORR_EFORMAT);
    ck_assert_int_eq(orr_bls_g2_add(in, sum), 0);
    ck_assert_mem_eq(sum, in, ORR_BLS_G2);
    in[15] = 1; /* the padding of the first coordinate */
    ck_assert_int_eq(orr_bls_g2_add(in, sum), ORR_EFORMAT);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

/* ---- maps: RFC 9380, appendix J.9.2 and J.10.2 (encode_to_curve): u[0] to P ---- */

struct map_vector { const char *u, *point; };

static const struct map_vector g1_map_vectors[] = {
    {"00000000000000000000000000000000156c8a6a2c184569d69a76be144b5cdc"
     "5141d2d2ca4fe341f011e25e3969c55ad9e9b9ce2eb833c81a908e5fa4ac5f03",
     "00000000000000000000000000000000184bb665c37ff561a89ec2122dd343f2"
     "0e0f4cbcaec84e3c3052ea81d1834e192c426074b02ed3dca4e7676ce4ce48ba"
     "0000000000000000000000000000000004407b8d35af4dacc809927071fc0405"
     "218f1401a6d15af775810e4e460064bcc9468beeba82fdc751be70476c888bf3"},
    {"00000000000000000000000000000000147e1ed29f06e4c5079b9d14fc89d282"
     "0d32419b990c1c7bb7dbea2a36a045124b31ffbde7c99329c05c559af1c6cc82",
     "00000000000000000000000000000000009769f3ab59bfd551d53a5f846b9984"
     "c59b97d6842b20a2c565baa167945e3d026a3755b6345df8ec7e6acb6868ae6d"
     "000000000000000000000000000000001532c00cf61aa3d0ce3e5aa20c3b531a"
     "2abd2c770a790a2613818303c6b830ffc0ecf6c357af3317b9575c567f11cd2c"},
    {"0000000000000000000000000000000004090815ad598a06897dd89bcda860f2"
     "5837d54e897298ce31e6947378134d3761dc59a572154963e8c954919ecfa82d",
     "000000000000000000000000000000001974dbb8e6b5d20b84df7e625e2fbfec"
     "b2cdb5f77d5eae5fb2955e5ce7313cae8364bc2fff520a6c25619739c6bdcb6a"
     "0000000000000000000000000000000015f9897e11c6441eaa676de141c8d83c"
     "37aab8667173cbe1dfd6de74d11861b961dccebcd9d289ac633455dfcc7013a3"},
};

static const struct map_vector g2_map_vectors[] = {
    {"0000000000000000000000000000000007355d25caf6e7f2f0cb2812ca0e513b"
     "d026ed09dda65b177500fa31714e09ea0ded3a078b526bed3307f804d4b93b04"
     "0000000000000000000000000000000002829ce3c021339ccb5caf3e187f6370"
     "e1e2a311dec9b75363117063ab2015603ff52c3d3b98f19c2f65575e99e8b78c",
     "0000000000000000000000000000000000e7f4568a82b4b7dc1f14c6aaa055ed"
     "f51502319c723c4dc2688c7fe5944c213f510328082396515734b6612c4e7bb7"
     "00000000000000000000000000000000126b855e9e69b1f691f816e48ac69776"
     "64d24d99f8724868a184186469ddfd4617367e94527d4b74fc86413483afb35b"
     "000000000000000000000000000000000caead0fd7b6176c01436833c79d305c"
     "78be307da5f6af6c133c47311def6ff1e0babf57a0fb5539fce7ee12407b0a42"
     "000000000000000000000000000000001498aadcf7ae2b345243e281ae076df6"
     "de84455d766ab6fcdaad71fab60abb2e8b980a440043cd305db09d283c895e3d"},
    {"00000000000000000000000000000000138879a9559e24cecee8697b8b4ad32c"
     "ced053138ab913b99872772dc753a2967ed50aabc907937aefb2439ba06cc50c"
     "000000000000000000000000000000000a1ae7999ea9bab1dcc9ef8887a6cb6e"
     "8f1e22566015428d220b7eec90ffa70ad1f624018a9ad11e78d588bd3617f9f2",
     "00000000000000000000000000000000108ed59fd9fae381abfd1d6bce2fd2fa"
     "220990f0f837fa30e0f27914ed6e1454db0d1ee957b219f61da6ff8be0d6441f"
     "000000000000000000000000000000000296238ea82c6d4adb3c838ee3cb2346"
     "049c90b96d602d7bb1b469b905c9228be25c627bffee872def773d5b2a2eb57d"
     "00000000000000000000000000000000033f90f6057aadacae7963b0a0b379dd"
     "46750c1c94a6357c99b65f63b79e321ff50fe3053330911c56b6ceea08fee656"
     "00000000000000000000000000000000153606c417e59fb331b7ae6bce4fbf7c"
     "5190c33ce9402b5ebe2b70e44fca614f3f1382a3625ed5493843d0b0a652fc3f"},
    {"0000000000000000000000000000000018c16fe362b7dbdfa102e42bdfd3e2f4"
     "e6191d479437a59db4eb716986bf08ee1f42634db66bde97d6c16bbfd342b3b8"
     "000000000000000000000000000000000e37812ce1b146d998d5f92bdd5ada2a"
     "31bfd63dfe18311aa91637b5f279dd045763166aa1615e46a50d8d8f475f184e",
     "00000000000000000000000000000000038af300ef34c7759a6caaa4e69363ca"
     "feed218a1f207e93b2c70d91a1263d375d6730bd6b6509dcac3ba5b567e85bf3"
     "000000000000000000000000000000000da75be60fb6aa0e9e3143e40c42796e"
     "df15685cafe0279afd2a67c3dff1c82341f17effd402e4f1af240ea90f4b659b"
     "0000000000000000000000000000000019b148cbdf163cf0894f29660d2e7bfb"
     "2b68e37d54cc83fd4e6e62c020eaa48709302ef8e746736c0e19342cc1ce3df4"
     "000000000000000000000000000000000492f4fed741b073e5a82580f7c663f9"
     "b79e036b70ab3e51162359cec4e77c78086fe879b65ca7a47d34374c8315ac5e"},
};

START_TEST(field_elements_map_to_the_points_of_rfc_9380) {
    for (size_t i = 0; i < sizeof g1_map_vectors / sizeof g1_map_vectors[0]; i++)
        call_expect(ORR_FORK_PRAGUE, 0x10, g1_map_vectors[i].u, 5500, g1_map_vectors[i].point);
    for (size_t i = 0; i < sizeof g2_map_vectors / sizeof g2_map_vectors[0]; i++)
        call_expect(ORR_FORK_PRAGUE, 0x11, g2_map_vectors[i].u, 23800, g2_map_vectors[i].point);
}
END_TEST

START_TEST(every_mapped_point_is_in_the_group) {
    seed_draws();
    for (int n = 0; n < 20; n++) {
        uint8_t in[ORR_BLS_FP2], out[ORR_BLS_G2];
        struct fp2 u;
        struct g1_affine a;
        struct g2_affine b;
        random_fp2(&u);
        if (n == 0) memset(&u, 0, sizeof u); /* the exceptional case of the SWU map */
        if (n == 1) u.c1 = fp_zero;
        if (n == 2) u.c0 = fp_zero;
        element_write(in, &u.c0);
        element_write(in + ORR_BLS_FP, &u.c1);
        ck_assert_int_eq(orr_bls_map_fp_to_g1(in, out), 0);
        ck_assert(g1_read(&a, out) && g1_in_group(&a) && !g1_affine_is_infinity(&a));
        ck_assert_int_eq(orr_bls_map_fp2_to_g2(in, out), 0);
        ck_assert(g2_read(&b, out) && g2_in_group(&b) && !g2_affine_is_infinity(&b));
    }
}
END_TEST

START_TEST(clearing_the_cofactor_multiplies_by_h_eff) {
    /* RFC 9380, 8.8.2 */
    static const uint64_t h_eff[10] = {
        0xe8020005aaa95551, 0x59894c0adebbf6b4, 0xe954cbc06689f6a3, 0x2ec0ec69d7477c1a,
        0x6d82bf015d1212b0, 0x329c2f178731db95, 0x9986ff031508ffe1, 0x88e2a8e9145ad768,
        0x584c6a0ea91b3528, 0x0bc69f08f2ee75b3,
    };
    seed_draws();
    for (int n = 0; n < 5; n++) {
        struct g2_affine a;
        struct g2_jacobian p, want;
        g2_random(&a);
        g2_from_affine(&p, &a);
        g2_mul(&want, &p, h_eff, 10);
        g2_clear_cofactor(&p, &p);
        ck_assert_msg(g2_eq(&p, &want), "draw %d", n);
    }
}
END_TEST

/* ---- KZG ---- */

static void g1_compress(uint8_t bytes[ORR_BLS_COMPRESSED_G1], const struct g1_jacobian *p) {
    struct g1_affine a;
    g1_to_affine(&a, p);
    fp_write(bytes, &a.x);
    bytes[0] |= (uint8_t)(0x80 | (g1_affine_is_infinity(&a) ? 0x40 : fp_is_high(&a.y) ? 0x20 : 0));
}

START_TEST(compressed_points_come_back_and_bad_ones_are_refused) {
    seed_draws();
    uint8_t bytes[ORR_BLS_COMPRESSED_G1];
    struct g1_affine a, b;
    struct g1_jacobian p;
    for (int n = 0; n < 20; n++) {
        uint64_t s[4];
        random_scalar(s);
        g1_generator(&a);
        g1_from_affine(&p, &a);
        g1_mul(&p, &p, s, 4);
        if (n == 0) g1_set_infinity(&p);
        g1_compress(bytes, &p);
        g1_to_affine(&a, &p);
        ck_assert(g1_read_compressed(&b, bytes));
        ck_assert_same(&a, &b);
    }
    uint8_t bad[ORR_BLS_COMPRESSED_G1];
    memcpy(bad, bytes, sizeof bad);
    bad[0] &= 0x7f; /* not compressed */
    ck_assert(!g1_read_compressed(&b, bad));
    memcpy(bad, bytes, sizeof bad);
    bad[0] |= 0x40; /* infinite, with an x */
    ck_assert(!g1_read_compressed(&b, bad));
    memset(bad, 0, sizeof bad);
    bad[0] = 0xe0; /* infinite, with a sign */
    ck_assert(!g1_read_compressed(&b, bad));
    memset(bad, 0, sizeof bad);
    bad[0] = 0x80; /* x = 0 is a point of order 3 */
    ck_assert(!g1_read_compressed(&b, bad));
    memset(bad, 0xff, sizeof bad);
    bad[0] = 0x9f; /* x not below p */
    ck_assert(!g1_read_compressed(&b, bad));
}
END_TEST

START_TEST(a_constant_polynomial_has_its_value_everywhere_and_no_other) {
    /* the commitment to the constant c is c G1, and every proof is the point at infinity */
    uint8_t commitment[48], proof[48] = {0xc0}, y[32] = {[31] = 5}, z[32] = {[0] = 0x31, [31] = 9};
    struct g1_affine a;
    struct g1_jacobian p;
    bool valid;
    g1_generator(&a);
    g1_from_affine(&p, &a);
    g1_mul_u64(&p, &p, 5);
    g1_compress(commitment, &p);
    ck_assert_int_eq(orr_bls_kzg_verify(commitment, z, y, proof, &valid), 0);
    ck_assert(valid);
    y[31] = 6;
    ck_assert_int_eq(orr_bls_kzg_verify(commitment, z, y, proof, &valid), 0);
    ck_assert(!valid);
    ck_assert_int_eq(orr_bls_kzg_verify(commitment, z, orr_bls_group_order, proof, &valid),
                     ORR_EFORMAT);
    ck_assert_int_eq(orr_bls_kzg_verify(commitment, orr_bls_group_order, y, proof, &valid),
                     ORR_EFORMAT);
    proof[1] = 1;
    ck_assert_int_eq(orr_bls_kzg_verify(commitment, z, y, proof, &valid), ORR_EFORMAT);
}
END_TEST

/* go-ethereum, core/vm/testdata/precompiles/pointEvaluation.json */
#define KZG_HASH "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
#define KZG_Z    "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
#define KZG_Y    "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
#define KZG_COMMITMENT                                                                 \
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"                 \
    "5f26936857bc3a7c2539ea8ec3a952b7"
#define KZG_PROOF                                                                      \
    "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612"                 \
    "fbeafdad446cbc7bcdbdcd780af2c16a"

START_TEST(point_evaluation_accepts_the_published_proof_and_no_changed_one) {
    call_expect(ORR_FORK_CANCUN, 0x0a, KZG_HASH KZG_Z KZG_Y KZG_COMMITMENT KZG_PROOF, 50000,
                "0000000000000000000000000000000000000000000000000000000000001000"
                "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
    call_expect_failure(ORR_FORK_CANCUN, 0x0a, KZG_HASH KZG_Y KZG_Z KZG_COMMITMENT KZG_PROOF);
    call_expect_failure(ORR_FORK_CANCUN, 0x0a, KZG_HASH KZG_Z KZG_Y KZG_PROOF KZG_PROOF);
    call_expect_failure(ORR_FORK_CANCUN, 0x0a, KZG_HASH KZG_Z KZG_Y KZG_COMMITMENT KZG_COMMITMENT);
    call_expect_failure(ORR_FORK_CANCUN, 0x0a, KZG_Z KZG_Z KZG_Y KZG_COMMITMENT KZG_PROOF);
    call_expect_failure(ORR_FORK_CANCUN, 0x0a, KZG_HASH KZG_Z KZG_Y KZG_COMMITMENT);
    call_expect_failure(ORR_FORK_CANCUN, 0x0a, "");
}
END_TEST

ORR_TEST_MAIN("vm.curve_bls12_381", montgomery_constants_follow_from_the_modulus,
              field_arithmetic_agrees_with_gmp, an_encoding_not_below_the_modulus_is_refused,
              fp2_arithmetic_follows_from_i_squared_being_minus_one,
              frobenius_constants_are_powers_of_xi,
              fp12_is_a_field_and_its_shortcuts_agree_with_the_product,
              frobenius_raises_to_the_power_p, g1_obeys_the_laws_of_a_group,
              g1_multiplication_distributes_over_the_scalars, g2_obeys_the_laws_of_a_group,
              g2_multiplication_distributes_over_the_scalars,
              the_modulus_and_order_are_the_polynomials_of_the_parameter,
              the_endomorphisms_constants_satisfy_their_equations,
              the_subgroup_checks_agree_with_multiplication_by_the_order,
              points_of_small_order_are_not_in_the_group,
              g1_sums_agree_with_separate_multiplications,
              g2_sums_agree_with_separate_multiplications,
              the_pairing_is_bilinear_and_not_degenerate,
              what_is_outside_the_groups_is_refused_except_by_addition,
              field_elements_map_to_the_points_of_rfc_9380, every_mapped_point_is_in_the_group,
              clearing_the_cofactor_multiplies_by_h_eff,
              compressed_points_come_back_and_bad_ones_are_refused,
              a_constant_polynomial_has_its_value_everywhere_and_no_other,
              point_evaluation_accepts_the_published_proof_and_no_changed_one)
