/* bls12_381.c - addition and multi-scalar multiplication in G1 and G2.
 *
 * In the groups of prime order the endomorphisms multiply by powers of the curve's parameter, so a
 * scalar written to the base |x| splits: S. D. Galbraith, X. Lin, M. Scott, "Endomorphisms for
 * faster elliptic curve cryptography on a large class of curves", eprint 2008/194. s = d0 + d1 |x|
 * + d2 |x|^2 + d3 |x|^3 G1: phi P = -x^2 P       s P = (d0 + d1 |x|) P + (d2 + d3 |x|) (-phi P) G2:
 * psi Q = -|x| Q       s Q = d0 Q + d1 (-psi Q) + d2 psi^2 Q + d3 (-psi^3 Q) which turns 256 shared
 * doublings into 128 and 64. */
#include "models/vm/curve/bls12_381.inc"

#define COORD fp
#define G     g1
#include "models/vm/curve/msm.inc"

#define COORD fp2
#define G     g2
#include "models/vm/curve/msm.inc"

const uint8_t orr_bls_group_order[32] = {
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
    0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
};

int orr_bls_g1_add(const uint8_t points[2 * ORR_BLS_G1], uint8_t sum[ORR_BLS_G1]) {
    struct g1_affine a, b;
    struct g1_jacobian r;
    if (!g1_read(&a, points) || !g1_read(&b, points + ORR_BLS_G1)) return ORR_EFORMAT;
    g1_from_affine(&r, &a);
    g1_add_affine(&r, &r, &b);
    g1_write(sum, &r);
    return 0;
}

int orr_bls_g2_add(const uint8_t points[2 * ORR_BLS_G2], uint8_t sum[ORR_BLS_G2]) {
    struct g2_affine a, b;
    struct g2_jacobian r;
    if (!g2_read(&a, points) || !g2_read(&b, points + ORR_BLS_G2)) return ORR_EFORMAT;
    g2_from_affine(&r, &a);
    g2_add_affine(&r, &r, &b);
    g2_write(sum, &r);
    return 0;
}

/* The scalar's four digits to the base |x|, after reduction modulo the group's order. */
static void read_digits(uint64_t digits[4], const uint8_t bytes[ORR_BLS_SCALAR]) {
    mp_limb_t s[4];
    for (int i = 0; i < 4; i++) s[i] = orr_load_be64(bytes + 8 * (3 - i));
    while (mpn_cmp(s, group_order, 4) >= 0) mpn_sub_n(s, s, group_order, 4); /* twice at most */
    for (int i = 0; i < 3; i++) digits[i] = mpn_divrem_1(s, 0, s, 4, CURVE_X);
    digits[3] = s[0]; /* below |x|, as the order is below x^4 */
    assert(s[1] == 0 && s[2] == 0 && s[3] == 0);
}

int orr_bls_g1_msm(struct orr_mem *mem, const uint8_t *pairs, size_t n, uint8_t sum[ORR_BLS_G1]) {
    size_t points_size = 2 * n * sizeof(struct g1_affine),
           scalars_size = 2 * n * 2 * sizeof(uint64_t);
    struct g1_affine *points = orr_alloc(mem, points_size);
    uint64_t *scalars = orr_alloc(mem, scalars_size), digits[4];
    struct g1_jacobian r;
    int error = 0;
    assert(n > 0);
    for (size_t k = 0; k < n; k++, pairs += ORR_BLS_G1 + ORR_BLS_SCALAR) {
        struct g1_affine *p = &points[2 * k], *minus_phi = p + 1;
        if (!g1_read(p, pairs) || !g1_in_group(p)) {
            error = ORR_EFORMAT;
            break;
        }
        fp_mul(&minus_phi->x, &p->x, &beta);
        fp_neg(&minus_phi->y, &p->y);
        read_digits(digits, pairs + ORR_BLS_G1);
        for (int i = 0; i < 2; i++) {
            unsigned __int128 half = (unsigned __int128)digits[2 * i + 1] * CURVE_X + digits[2 * i];
            scalars[4 * k + 2 * (size_t)i] = (uint64_t)half;
            scalars[4 * k + 2 * (size_t)i + 1] = (uint64_t)(half >> 64);
        }
    }
    if (!error) {
        g1_msm(mem, &r, points, scalars, 2 * n, 2);
        g1_write(sum, &r);
    }
    orr_free(mem, scalars, scalars_size);
    orr_free(mem, points, points_size);
    return error;
}

/* to = -psi(from) */
static void minus_psi(struct g2_affine *to, const struct g2_affine *from) {
    fp2_conj(&to->x, &from->x);
    fp2_mul(&to->x, &to->x, &psi_x);
    fp2_conj(&to->y, &from->y);
    fp2_mul(&to->y, &to->y, &psi_y);
    fp2_neg(&to->y, &to->y);
}

int orr_bls_g2_msm(struct orr_mem *mem, const uint8_t *pairs, size_t n, uint8_t sum[ORR_BLS_G2]) {
    size_t points_size = 4 * n * sizeof(struct g2_affine), scalars_size = 4 * n * sizeof(uint64_t);
    struct g2_affine *points = orr_alloc(mem, points_size);
    uint64_t *scalars = orr_alloc(mem, scalars_size);
    struct g2_jacobian r;
    int error = 0;
    assert(n > 0);
    for (size_t k = 0; k < n; k++, pairs += ORR_BLS_G2 + ORR_BLS_SCALAR) {
        struct g2_affine *q = &points[4 * k];
        if (!g2_read(q, pairs) || !g2_in_group(q)) {
            error = ORR_EFORMAT;
            break;
        }
        for (int i = 1; i < 4; i++) minus_psi(&q[i], &q[i - 1]);
        read_digits(&scalars[4 * k], pairs + ORR_BLS_G2);
    }
    if (!error) {
        g2_msm(mem, &r, points, scalars, 4 * n, 1);
        g2_write(sum, &r);
    }
    orr_free(mem, scalars, scalars_size);
    orr_free(mem, points, points_size);
    return error;
}
