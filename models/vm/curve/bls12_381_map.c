/* bls12_381_map.c - field elements to points of G1 and G2: RFC 9380, section 8.8, without the
 * hashing of a message to a field element. */
#include "models/vm/curve/bls12_381.inc"

#define COORD fp
#define G     g1
#define ISO   iso1
#include "models/vm/curve/sswu.inc"

#define COORD fp2
#define G     g2
#define ISO   iso2
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

/* r = (x^2 - x - 1) P + (x - 1) psi(P) + psi^2(2 P), which is h_eff P: RFC 9380, appendix G.3,
 * after A. Budroni, F. Pintore, "Efficient hash maps to G2 on BLS curves", eprint 2017/419,
 * section 4.1 */
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
