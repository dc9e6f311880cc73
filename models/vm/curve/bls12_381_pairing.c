/* bls12_381_pairing.c - the ate pairing of BLS12-381, and KZG proofs by it.
 *
 * G2 is on the M-type twist y^2 = x^3 + 4 xi; (x, y) there is (x/w^2, y/w^3) over Fp12.  A line is
 * multiplied by w^3, which lies in Fp4 and so vanishes in the final exponentiation. */
#include "models/vm/curve/bls12_381.inc"

#include "models/vm/curve/pairing.inc"
#include "models/vm/curve/tower.inc"

/* f = f * (c + b xP w^2 + a yP w^3) */
static void multiply_line(struct fp12 *f, const struct line *l, const struct g1_affine *p) {
    struct fp2 a, b, sum;
    struct fp6 t0, t1, s;
    fp2_mul_fp(&a, &l->a, &p->y);
    fp2_mul_fp(&b, &l->b, &p->x);
    fp6_mul_01(&t0, &f->c0, &l->c, &b);
    fp6_mul_fp2(&t1, &f->c1, &a);
    fp6_mul_v(&t1, &t1);
    fp6_add(&s, &f->c0, &f->c1);
    fp2_add(&sum, &a, &b);
    fp6_mul_01(&s, &s, &l->c, &sum);
    fp6_sub(&s, &s, &t0);
    fp6_sub(&f->c1, &s, &t1);
    fp6_mul_v(&t1, &t1);
    fp6_add(&f->c0, &t0, &t1);
}

/* The product of the pairs' Miller functions of length x, sharing the squarings. */
static void miller_loop(struct fp12 *f, struct miller *pairs, size_t n) {
    struct line l;
    fp12_set_one(f);
    for (int bit = 62; bit >= 0; bit--) { /* |x| has 64 bits, of which the first stands for T = Q */
        if (bit < 62) fp12_sqr(f, f);
        for (size_t k = 0; k < n; k++) {
            double_step(&pairs[k], &l);
            multiply_line(f, &l, &pairs[k].p);
            if (!(CURVE_X >> bit & 1)) continue;
            add_step(&pairs[k], &pairs[k].q, &l);
            multiply_line(f, &l, &pairs[k].p);
        }
    }
    fp12_conj(f, f); /* x is negative */
}

/* r = a^x in the cyclotomic subgroup */
static void pow_x(struct fp12 *r, const struct fp12 *a) {
    fp12_cyclotomic_pow(r, a, CURVE_X);
    fp12_conj(r, r);
}

/* Whether f^((p^12 - 1)/r) = 1.  The hard part raises to 3 (p^4 - p^2 + 1)/r =
 * (x - 1)^2 (x + p)(x^2 + p^2 - 1) + 3, and 3 is prime to r: D. Hayashida and others, "Efficient
 * final exponentiation via cyclotomic structure for pairings over families of elliptic curves",
 * eprint 2020/875, section 5. */
static bool final_exponentiation_is_one(const struct fp12 *f) {
    struct fp12 g, a, b, t;
    fp12_easy_part(&g, f);
    a = g;
    for (int i = 0; i < 2; i++) { /* a = g^((x-1)^2) */
        fp12_conj(&t, &a);
        pow_x(&a, &a);
        fp12_mul(&a, &a, &t);
    }
    pow_x(&b, &a);
    fp12_frobenius(&t, &a);
    fp12_mul(&b, &b, &t); /* b = a^(x+p) */
    pow_x(&a, &b);
    pow_x(&a, &a);
    fp12_frobenius(&t, &b);
    fp12_frobenius(&t, &t);
    fp12_mul(&a, &a, &t);
    fp12_conj(&t, &b);
    fp12_mul(&a, &a, &t); /* a = b^(x^2 + p^2 - 1) */
    t = g;
    fp12_cyclotomic_sqr(&t);
    fp12_mul(&a, &a, &t);
    fp12_mul(&a, &a, &g);
    return fp12_is_one(&a);
}

int orr_bls_pairing_check(struct orr_mem *mem, const uint8_t *pairs, size_t n, bool *is_one) {
    size_t n_finite = 0, scratch = n * sizeof(struct miller);
    struct miller *m = n ? orr_alloc(mem, scratch) : NULL;
    int error = 0;
    for (size_t i = 0; i < n && !error; i++, pairs += ORR_BLS_G1 + ORR_BLS_G2) {
        struct miller *at = &m[n_finite];
        if (!g1_read(&at->p, pairs) || !g1_in_group(&at->p) ||
            !g2_read(&at->q, pairs + ORR_BLS_G1) || !g2_in_group(&at->q))
            error = ORR_EFORMAT;
        else if (!g1_affine_is_infinity(&at->p) && !g2_affine_is_infinity(&at->q)) {
            miller_start(at);
            n_finite++; /* a pair with an infinite point contributes 1 */
        }
    }
    if (!error) {
        struct fp12 f;
        miller_loop(&f, m, n_finite);
        *is_one = final_exponentiation_is_one(&f);
    }
    orr_free(mem, m, scratch);
    return error;
}

/* ---- KZG ---- */

/* A compressed point of the group: x in 381 bits below three flags, compressed, infinite, and
 * whether y is the greater of its two values ("Zcash" encoding, as EIP-4844's blobs use it). */
static bool g1_read_compressed(struct g1_affine *a, const uint8_t in[ORR_BLS_COMPRESSED_G1]) {
    uint8_t bytes[ORR_BLS_COMPRESSED_G1], flags = in[0] >> 5;
    struct fp rhs;
    memcpy(bytes, in, sizeof bytes);
    bytes[0] &= 0x1f;
    if (!(flags & 4) || !fp_read(&a->x, bytes)) return false;
    if (flags & 2) {
        a->y = fp_zero;
        return !(flags & 1) && fp_is_zero(&a->x);
    }
    fp_sqr(&rhs, &a->x);
    fp_mul(&rhs, &rhs, &a->x);
    fp_add(&rhs, &rhs, &g1_b);
    if (!fp_sqrt(&a->y, &rhs)) return false;
    if (fp_is_high(&a->y) != (flags & 1)) fp_neg(&a->y, &a->y);
    return g1_in_group(a);
}

/* A number below the group's order. */
static bool scalar_read(uint64_t scalar[4], const uint8_t bytes[32]) {
    for (int i = 0; i < 4; i++) scalar[i] = orr_load_be64(bytes + 8 * (3 - i));
    return mpn_cmp(scalar, group_order, 4) < 0;
}

/* e(C - y G1, G2) = e(proof, [tau]_2 - z G2), moved to one product over constant points of G2:
 * e(C - y G1 + z proof, -G2) e(proof, [tau]_2) = 1 */
int orr_bls_kzg_verify(const uint8_t commitment[ORR_BLS_COMPRESSED_G1], const uint8_t z_bytes[32],
                       const uint8_t y_bytes[32], const uint8_t proof_bytes[ORR_BLS_COMPRESSED_G1],
                       bool *valid) {
    struct g1_affine generator = {g1_generator_x, g1_generator_y};
    struct g1_affine c, proof;
    struct g1_jacobian sum, term;
    struct miller pairs[2];
    struct fp12 f;
    uint64_t z[4], y[4];
    if (!scalar_read(z, z_bytes) || !scalar_read(y, y_bytes) ||
        !g1_read_compressed(&c, commitment) || !g1_read_compressed(&proof, proof_bytes))
        return ORR_EFORMAT;
    g1_from_affine(&sum, &generator);
    g1_mul(&sum, &sum, y, 4);
    g1_neg(&sum, &sum);
    g1_add_affine(&sum, &sum, &c);
    g1_from_affine(&term, &proof);
    g1_mul(&term, &term, z, 4);
    g1_add(&sum, &sum, &term);

    size_t n = 0;
    if (!g1_is_infinity(&sum)) {
        g1_to_affine(&pairs[n].p, &sum);
        pairs[n].q.x = g2_generator_x;
        fp2_neg(&pairs[n].q.y, &g2_generator_y);
        miller_start(&pairs[n++]);
    }
    if (!g1_affine_is_infinity(&proof)) {
        pairs[n].p = proof;
        pairs[n].q = (struct g2_affine){tau_g2_x, tau_g2_y};
        miller_start(&pairs[n++]);
    }
    miller_loop(&f, pairs, n);
    *valid = final_exponentiation_is_one(&f);
    return 0;
}
