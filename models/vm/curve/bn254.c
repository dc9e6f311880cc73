/* bn254.c - the groups of BN254 and its optimal ate pairing.
 *
 * G2 is on the D-type twist y^2 = x^3 + 3/xi; (x, y) there is (x w^2, y w^3) over Fp12.  The
 * pairing is F. Vercauteren's, "Optimal pairings", eprint 2008/096: a Miller loop of 6x + 2 and two
 * more lines. */
#include "models/vm/curve/bn254.h"

#include "models/base/error.h"
#include "models/vm/curve/bn254_field.inc"

#define COORD fp
#define G     g1
#include "models/vm/curve/curve.inc"

#define COORD fp2
#define G     g2
#include "models/vm/curve/curve.inc"

#include "models/vm/curve/pairing.inc"

/* ---- points ---- */

static bool g1_read(struct g1_affine *a, const uint8_t bytes[ORR_BN254_G1]) {
    return fp_read(&a->x, bytes) && fp_read(&a->y, bytes + 32) && g1_affine_on_curve(a, &g1_b);
}

static void g1_write(uint8_t bytes[ORR_BN254_G1], const struct g1_jacobian *a) {
    struct g1_affine affine;
    g1_to_affine(&affine, a);
    fp_write(bytes, &affine.x);
    fp_write(bytes + 32, &affine.y);
}

/* psi: the Frobenius map carried to the twist */
static void g2_psi(struct g2_jacobian *r, const struct g2_jacobian *a) {
    fp2_conj(&r->x, &a->x);
    fp2_mul(&r->x, &r->x, &frobenius[2]);
    fp2_conj(&r->y, &a->y);
    fp2_mul(&r->y, &r->y, &frobenius[3]);
    fp2_conj(&r->z, &a->z);
}

/* Whether a point of the twist has order r: [x+1]Q + psi([x]Q) + psi^2([x]Q) = psi^3([2x]Q).
 * Y. Dai and others, "Fast subgroup membership testings for G1, G2 and GT on pairing-friendly
 * curves", eprint 2022/348, section 5. */
static bool g2_in_group(const struct g2_affine *affine) {
    struct g2_jacobian q, xq, left, term;
    g2_from_affine(&q, affine);
    g2_mul_u64(&xq, &q, CURVE_X);
    g2_add(&left, &xq, &q);
    g2_psi(&term, &xq);
    g2_add(&left, &left, &term);
    g2_psi(&term, &term);
    g2_add(&left, &left, &term);
    g2_psi(&term, &term);
    g2_double(&term, &term);
    return g2_eq(&left, &term);
}

static bool g2_read(struct g2_affine *a, const uint8_t bytes[ORR_BN254_G2]) {
    return fp_read(&a->x.c1, bytes) && fp_read(&a->x.c0, bytes + 32) &&
           fp_read(&a->y.c1, bytes + 64) && fp_read(&a->y.c0, bytes + 96) &&
           g2_affine_on_curve(a, &g2_b) && g2_in_group(a);
}

int orr_bn254_add(const uint8_t points[2 * ORR_BN254_G1], uint8_t sum[ORR_BN254_G1]) {
    struct g1_affine a, b;
    struct g1_jacobian r;
    if (!g1_read(&a, points) || !g1_read(&b, points + ORR_BN254_G1)) return ORR_EFORMAT;
    g1_from_affine(&r, &a);
    g1_add_affine(&r, &r, &b);
    g1_write(sum, &r);
    return 0;
}

int orr_bn254_mul(const uint8_t point_scalar[ORR_BN254_G1 + ORR_BN254_SCALAR],
                  uint8_t product[ORR_BN254_G1]) {
    struct g1_affine a;
    struct g1_jacobian r;
    uint64_t scalar[4];
    if (!g1_read(&a, point_scalar)) return ORR_EFORMAT;
    for (int i = 0; i < 4; i++)
        scalar[i] = orr_load_be64(point_scalar + ORR_BN254_G1 + 8 * (3 - i));
    g1_from_affine(&r, &a);
    g1_mul(&r, &r, scalar, 4);
    g1_write(product, &r);
    return 0;
}

/* ---- the pairing ---- */

/* f = f * (a yP + b xP w + c w^3) */
static void multiply_line(struct fp12 *f, const struct line *l, const struct g1_affine *p) {
    struct fp2 a, b, sum;
    struct fp6 t0, t1, s;
    fp2_mul_fp(&a, &l->a, &p->y);
    fp2_mul_fp(&b, &l->b, &p->x);
    fp6_mul_fp2(&t0, &f->c0, &a);
    fp6_mul_01(&t1, &f->c1, &b, &l->c);
    fp6_add(&s, &f->c0, &f->c1);
    fp2_add(&sum, &a, &b);
    fp6_mul_01(&s, &s, &sum, &l->c);
    fp6_sub(&s, &s, &t0);
    fp6_sub(&f->c1, &s, &t1);
    fp6_mul_v(&t1, &t1);
    fp6_add(&f->c0, &t0, &t1);
}

/* The two lines after the loop: through psi(Q), then through -psi^2(Q). */
static void final_steps(struct miller *m, struct fp12 *f) {
    struct g2_affine q1, q2;
    struct line l;
    fp2_conj(&q1.x, &m->q.x);
    fp2_mul(&q1.x, &q1.x, &frobenius[2]);
    fp2_conj(&q1.y, &m->q.y);
    fp2_mul(&q1.y, &q1.y, &frobenius[3]);
    fp2_conj(&q2.x, &q1.x);
    fp2_mul(&q2.x, &q2.x, &frobenius[2]);
    fp2_conj(&q2.y, &q1.y);
    fp2_mul(&q2.y, &q2.y, &frobenius[3]);
    fp2_neg(&q2.y, &q2.y);
    add_step(m, &q1, &l);
    multiply_line(f, &l, &m->p);
    add_step(m, &q2, &l);
    multiply_line(f, &l, &m->p);
}

/* The product of the pairs' Miller functions, sharing the squarings. */
static void miller_loop(struct fp12 *f, struct miller *pairs, size_t n) {
    /* the non-adjacent form of s = 6x + 2: digit i is bit i+1 of 3 s minus bit i+1 of s */
    const unsigned __int128 s = (unsigned __int128)CURVE_X * 6 + 2, s3 = 3 * s;
    struct line l;
    fp12_set_one(f);
    for (int i = 64; i >= 0; i--) { /* s3 has 67 bits, of which the first stands for f = 1, T = Q */
        if (i < 64) fp12_sqr(f, f);
        int digit = (int)(s3 >> (i + 1) & 1) - (int)(s >> (i + 1) & 1);
        for (size_t k = 0; k < n; k++) {
            double_step(&pairs[k], &l);
            multiply_line(f, &l, &pairs[k].p);
            if (!digit) continue;
            add_step(&pairs[k], digit > 0 ? &pairs[k].q : &pairs[k].minus_q, &l);
            multiply_line(f, &l, &pairs[k].p);
        }
    }
    for (size_t k = 0; k < n; k++) final_steps(&pairs[k], f);
}

/* Whether f^((p^12 - 1)/r) = 1.  The hard part raises to 2x(6x^2 + 3x + 1) (p^4 - p^2 + 1)/r, whose
 * first factor is prime to r: L. Fuentes-Castaneda and others, "Faster hashing to G2", SAC 2011,
 * section 5. */
static bool final_exponentiation_is_one(const struct fp12 *f) {
    struct fp12 g, a, b, c, d, t;
    fp12_easy_part(&g, f);
    fp12_cyclotomic_pow(&a, &g, CURVE_X);
    fp12_cyclotomic_sqr(&a); /* a = g^2x */
    b = a;
    fp12_cyclotomic_sqr(&b);
    fp12_mul(&b, &b, &a);                 /* b = g^6x */
    fp12_cyclotomic_pow(&c, &b, CURVE_X); /* c = g^6x^2 */
    d = c;
    fp12_cyclotomic_sqr(&d);
    fp12_cyclotomic_pow(&d, &d, CURVE_X); /* d = g^12x^3 */
    fp12_mul(&d, &d, &c);
    fp12_mul(&d, &d, &b); /* d = g^(12x^3 + 6x^2 + 6x) */
    fp12_conj(&t, &a);
    fp12_mul(&b, &d, &t); /* b = g^(12x^3 + 6x^2 + 4x) */
    fp12_mul(&c, &c, &d);
    fp12_mul(&c, &c, &g); /* c = g^(12x^3 + 12x^2 + 6x + 1) */
    fp12_frobenius(&t, &b);
    fp12_mul(&c, &c, &t);
    fp12_frobenius(&t, &d);
    fp12_frobenius(&t, &t);
    fp12_mul(&c, &c, &t);
    fp12_conj(&t, &g);
    fp12_mul(&t, &t, &b);
    for (int i = 0; i < 3; i++) fp12_frobenius(&t, &t);
    fp12_mul(&c, &c, &t);
    return fp12_is_one(&c);
}

int orr_bn254_pairing_check(struct orr_mem *mem, const uint8_t *pairs, size_t n, bool *is_one) {
    size_t n_finite = 0, scratch = n * sizeof(struct miller);
    struct miller *m = n ? orr_alloc(mem, scratch) : NULL;
    int error = 0;
    for (size_t i = 0; i < n && !error; i++, pairs += ORR_BN254_PAIR) {
        struct miller *at = &m[n_finite];
        if (!g1_read(&at->p, pairs) || !g2_read(&at->q, pairs + ORR_BN254_G1)) error = ORR_EFORMAT;
        if (g1_affine_is_infinity(&at->p) || g2_affine_is_infinity(&at->q)) continue; /* e = 1 */
        miller_start(at);
        n_finite++;
    }
    if (!error) {
        struct fp12 f;
        miller_loop(&f, m, n_finite);
        *is_one = final_exponentiation_is_one(&f);
    }
    orr_free(mem, m, scratch);
    return error;
}
