/* bls12_381_map.c - field elements to points of G1 and G2: RFC 9380, section 8.8, without the hashing
 * of a message to a field element. */
#include "models/vm/curve/bls12_381.inc"

static bool fp_sgn0(const struct fp *a) { return fp_is_odd(a); }

/* a / 2 */
static void fp_half(struct fp *r, const struct fp *a) {
    uint64_t mask = -(a->limb[0] & 1), t[FP_LIMBS];
    unsigned char carry = 0;
    for (int i = 0; i < FP_LIMBS; i++)
        carry = orr_add_carry(carry, a->limb[i], fp_modulus.limb[i] & mask, &t[i]);
    assert(!carry); /* 2 p < 2^384 */
    for (int i = 0; i < FP_LIMBS; i++)
        r->limb[i] = t[i] >> 1 | (i + 1 < FP_LIMBS ? t[i + 1] << 63 : 0);
}

/* An element is a square exactly when its norm is one in Fp. */
static bool fp2_is_square(const struct fp2 *a) {
    struct fp norm;
    fp2_norm(&norm, a);
    return fp_is_square(&norm);
}

/* r = a square root of a and true, or false when there is none.  The "complex method": with s^2 the norm, x
 * = sqrt((c0 + s) / 2) or sqrt((c0 - s) / 2), the root is x + c1 / (2 x) i. */
static bool fp2_sqrt(struct fp2 *r, const struct fp2 *a) {
    struct fp s, half, x;
    fp2_norm(&s, a);
    if (!fp_sqrt(&s, &s)) return false;
    fp_add(&half, &a->c0, &s);
    fp_half(&half, &half);
    if (!fp_is_square(&half)) fp_sub(&half, &half, &s);
    bool found = fp_sqrt(&x, &half);
    assert(found); /* the product of the two is -(c1/2)^2, a non-square or zero */
    if (fp_is_zero(&x)) { /* c1 = 0 and s = -c0 made half = 0: the root is sqrt(-c0) i */
        struct fp minus_c0;
        fp_neg(&minus_c0, &a->c0);
        r->c0 = fp_zero;
        return fp_sqrt(&r->c1, &minus_c0);
    }
    fp_double(&s, &x);
    fp_inv(&s, &s);
    fp_mul(&r->c1, &a->c1, &s);
    r->c0 = x;
    return true;
}

/* RFC 9380, 4.1: the parity of the first coefficient that is not zero */
static bool fp2_sgn0(const struct fp2 *a) {
    return fp_is_zero(&a->c0) ? fp_is_odd(&a->c1) : fp_is_odd(&a->c0);
}

#define COORD fp
#define G g1
#define ISO iso1
#include "models/vm/curve/sswu.inc"

#define COORD fp2
#define G g2
#define ISO iso2
#include "models/vm/curve/sswu.inc"

int orr_bls_map_fp_to_g1(const uint8_t element[ORR_BLS_FP], uint8_t point[ORR_BLS_G1]) {
    struct fp u;
    struct g1_affine a;
    struct g1_jacobian p, r;
    if (!element_read(&u, element)) return ORR_EFORMAT;
    g1_map_to_curve(&a, &u);
    g1_from_affine(&p, &a);
    g1_mul_u64(&r, &p, CURVE_X); /* h_eff = 1 - x, section 8.8.1 */
    g1_add(&r, &r, &p);
    g1_write(point, &r);
    return 0;
}

/* r = (x^2 - x - 1) P + (x - 1) psi(P) + psi^2(2 P), which is h_eff P: RFC 9380, appendix G.3, after
 * A. Budroni, F. Pintore, "Efficient hash maps to G2 on BLS curves", eprint 2017/419, section 4.1 */
static void g2_clear_cofactor(struct g2_jacobian *r, const struct g2_jacobian *p) {
    struct g2_jacobian xp, psi_p, t, sum;
    g2_mul_u64(&xp, p, CURVE_X);
    g2_neg(&xp, &xp);
    g2_psi(&psi_p, p);
    g2_add(&t, &xp, &psi_p);
    g2_mul_u64(&sum, &t, CURVE_X);
    g2_neg(&sum, &sum); /* x^2 P + x psi(P) */
    g2_neg(&t, &t);
    g2_add(&sum, &sum, &t); /* - x P - psi(P) */
    g2_neg(&t, p);
    g2_add(&sum, &sum, &t); /* - P */
    g2_double(&t, p);
    g2_psi(&t, &t);
    g2_psi(&t, &t);
    g2_add(r, &sum, &t);
}

int orr_bls_map_fp2_to_g2(const uint8_t element[ORR_BLS_FP2], uint8_t point[ORR_BLS_G2]) {
    struct fp2 u;
    struct g2_affine a;
    struct g2_jacobian p;
    if (!element_read(&u.c0, element) || !element_read(&u.c1, element + ORR_BLS_FP))
        return ORR_EFORMAT;
    g2_map_to_curve(&a, &u);
    g2_from_affine(&p, &a);
    g2_clear_cofactor(&p, &p);
    g2_write(point, &p);
    return 0;
}
