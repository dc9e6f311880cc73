/* BN254: its fields, groups and pairing against GMP, the definitions and the laws they obey. */
#include "models/vm/curve/bn254.c"

#define XI0 9
#define XI1 1
#include "tests/models/vm/curve_checks.inc"

START_TEST(the_modulus_and_order_are_the_polynomials_of_the_parameter) {
    mpz_t p, r, x, t;
    mpz_inits(p, r, x, t, NULL);
    mpz_set_ui(x, CURVE_X);
    mpz_set_ui(p, 36); /* Horner: ((((36) x + 36) x + c2) x + 6) x + 1, c2 = 24 for p, 18 for r */
    mpz_set_ui(r, 36);
    static const unsigned p_coefficient[] = {36, 24, 6, 1}, r_coefficient[] = {36, 18, 6, 1};
    for (int i = 0; i < 4; i++) {
        mpz_mul(p, p, x);
        mpz_add_ui(p, p, p_coefficient[i]);
        mpz_mul(r, r, x);
        mpz_add_ui(r, r, r_coefficient[i]);
    }
    ck_assert_int_eq(mpn_cmp(mpz_limbs_read(p), fp_modulus.limb, 4), 0);
    ck_assert_int_eq(mpn_cmp(mpz_limbs_read(r), group_order, 4), 0);
    mpz_clears(p, r, x, t, NULL);
}
END_TEST

START_TEST(the_twist_is_3_over_xi) {
    struct fp2 r;
    struct fp three;
    fp2_mul_xi(&r, &g2_b);
    small_fp(&three, 3);
    ck_assert(fp_eq(&r.c0, &three) && fp_is_zero(&r.c1) && fp_eq(&g1_b, &three));
    fp2_double(&r, &g2_b);
    fp2_add(&r, &r, &g2_b);
    ck_assert_same(&r, &g2_b_times_3);
}
END_TEST

/* A point of order r: the cofactor of the twist, 2p - r, takes any point there. */
static void g2_random_in_group(struct g2_jacobian *r) {
    struct g2_affine a;
    uint64_t cofactor[4];
    mpn_lshift((mp_limb_t *)cofactor, (mp_limb_t *)fp_modulus.limb, 4, 1);
    mpn_sub_n((mp_limb_t *)cofactor, (mp_limb_t *)cofactor, (mp_limb_t *)group_order, 4);
    g2_random(&a);
    g2_from_affine(r, &a);
    g2_mul(r, r, cofactor, 4);
}

START_TEST(every_point_of_g1_has_the_group_s_order) {
    seed_draws();
    for (int n = 0; n < 5; n++) {
        struct g1_affine a;
        struct g1_jacobian p;
        g1_random(&a);
        g1_from_affine(&p, &a);
        g1_mul(&p, &p, group_order, 4);
        ck_assert(g1_is_infinity(&p));
    }
}
END_TEST

START_TEST(the_subgroup_check_agrees_with_multiplication_by_the_order) {
    seed_draws();
    for (int n = 0; n < 20; n++) {
        struct g2_affine a;
        struct g2_jacobian q;
        if (n % 2) {
            g2_random(&a);
        } else {
            g2_random_in_group(&q);
            g2_to_affine(&a, &q);
        }
        g2_from_affine(&q, &a);
        g2_mul(&q, &q, group_order, 4);
        ck_assert_int_eq(g2_is_infinity(&q), n % 2 == 0);
        ck_assert_msg(g2_in_group(&a) == (n % 2 == 0), "draw %d", n);
    }
}
END_TEST

static void g2_write(uint8_t bytes[ORR_BN254_G2], const struct g2_jacobian *a) {
    struct g2_affine affine;
    g2_to_affine(&affine, a);
    fp_write(bytes, &affine.x.c1);
    fp_write(bytes + 32, &affine.x.c0);
    fp_write(bytes + 64, &affine.y.c1);
    fp_write(bytes + 96, &affine.y.c0);
}

/* e(s P, t Q) e(-u P, Q), which is 1 exactly when s t = u */
static bool product_is_one(uint64_t s, uint64_t t, uint64_t u) {
    static struct g1_affine affine;
    struct g1_jacobian p, sp;
    struct g2_jacobian q, tq;
    uint8_t pairs[2 * ORR_BN254_PAIR];
    struct orr_heap heap;
    bool is_one = false;
    g1_random(&affine);
    g1_from_affine(&p, &affine);
    g2_random_in_group(&q);
    g1_mul_u64(&sp, &p, s);
    g1_write(pairs, &sp);
    g2_mul_u64(&tq, &q, t);
    g2_write(pairs + ORR_BN254_G1, &tq);
    g1_mul_u64(&sp, &p, u);
    g1_neg(&sp, &sp);
    g1_write(pairs + ORR_BN254_PAIR, &sp);
    g2_write(pairs + ORR_BN254_PAIR + ORR_BN254_G1, &q);
    orr_heap_init(&heap);
    ck_assert_int_eq(orr_bn254_pairing_check(&heap.mem, pairs, 2, &is_one), 0);
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

START_TEST(a_point_off_the_curve_or_outside_the_group_is_refused) {
    struct orr_heap heap;
    struct g2_affine a;
    struct g2_jacobian q;
    uint8_t pair[ORR_BN254_PAIR] = {0}, out[ORR_BN254_G1];
    bool is_one;
    orr_heap_init(&heap);
    seed_draws();
    g2_random_in_group(&q);
    g2_write(pair + ORR_BN254_G1, &q);
    ck_assert_int_eq(orr_bn254_pairing_check(&heap.mem, pair, 1, &is_one), 0);
    ck_assert(is_one); /* infinity times anything */
    g2_random(&a);
    g2_from_affine(&q, &a);
    g2_write(pair + ORR_BN254_G1, &q);
    ck_assert_int_eq(orr_bn254_pairing_check(&heap.mem, pair, 1, &is_one), ORR_EFORMAT);
    pair[ORR_BN254_PAIR - 1] ^= 1;
    ck_assert_int_eq(orr_bn254_pairing_check(&heap.mem, pair, 1, &is_one), ORR_EFORMAT);
    uint8_t points[2 * ORR_BN254_G1] = {[31] = 1, [63] = 2}; /* the generator (1, 2), infinity */
    ck_assert_int_eq(orr_bn254_add(points, out), 0);
    points[63] = 3;
    ck_assert_int_eq(orr_bn254_add(points, out), ORR_EFORMAT);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("vm.curve_bn254", montgomery_constants_follow_from_the_modulus,
              field_arithmetic_agrees_with_gmp, an_encoding_not_below_the_modulus_is_refused,
              fp2_arithmetic_follows_from_i_squared_being_minus_one,
              frobenius_constants_are_powers_of_xi,
              fp12_is_a_field_and_its_shortcuts_agree_with_the_product,
              frobenius_raises_to_the_power_p, g1_obeys_the_laws_of_a_group,
              g1_multiplication_distributes_over_the_scalars, g2_obeys_the_laws_of_a_group,
              g2_multiplication_distributes_over_the_scalars,
              the_modulus_and_order_are_the_polynomials_of_the_parameter, the_twist_is_3_over_xi,
              every_point_of_g1_has_the_group_s_order,
              the_subgroup_check_agrees_with_multiplication_by_the_order,
              the_pairing_is_bilinear_and_not_degenerate,
              a_point_off_the_curve_or_outside_the_group_is_refused)
