/* bls12_381.c - the seven contracts of EIP-2537. */
#include "models/vm/curve/bls12_381.h"

#include "models/vm/precompile/precompiles.h"

/* ---- addition ---- */

uint64_t orr_bls_g1add_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 375;
}

int orr_bls_g1add_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t sum[ORR_BLS_G1];
    if (in_len != 2 * ORR_BLS_G1) return ORR_EFORMAT;
    int error = orr_bls_g1_add(in, sum);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof sum), sum, sizeof sum);
    return 0;
}

uint64_t orr_bls_g2add_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 600;
}

int orr_bls_g2add_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t sum[ORR_BLS_G2];
    if (in_len != 2 * ORR_BLS_G2) return ORR_EFORMAT;
    int error = orr_bls_g2_add(in, sum);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof sum), sum, sizeof sum);
    return 0;
}

/* ---- multi-scalar multiplication ---- */

enum {
    G1_PAIR = ORR_BLS_G1 + ORR_BLS_SCALAR,
    G2_PAIR = ORR_BLS_G2 + ORR_BLS_SCALAR,
    N_DISCOUNTS = 128,
};

/* EIP-2537, "G1 discounts" and "G2 discounts": per mille of the full price for k = 1..128 pairs;
 * the last holds for more. */
static const uint16_t g1_discount[N_DISCOUNTS] = {
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665,
    661,  658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615,
    613,  611, 609, 608, 606, 604, 603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585,
    584,  582, 581, 580, 579, 577, 576, 575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563,
    562,  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545,
    544,  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531, 530, 529,
    528,  528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
};
static const uint16_t g2_discount[N_DISCOUNTS] = {
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699,
    693,  688,  683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629,
    627,  624,  622, 620, 618, 615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592,
    590,  589,  587, 586, 584, 583, 582, 580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567,
    566,  565,  563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548,
    547,  546,  545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535, 534, 533,
    532,  532,  531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
};

static uint64_t msm_gas(size_t k, uint64_t multiplication, const uint16_t discount[N_DISCOUNTS]) {
    if (!k) return 0;
    return k * multiplication * discount[k < N_DISCOUNTS ? k - 1 : N_DISCOUNTS - 1] / 1000;
}

uint64_t orr_bls_g1msm_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in;
    return msm_gas(in_len / G1_PAIR, 12000, g1_discount);
}

int orr_bls_g1msm_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t sum[ORR_BLS_G1];
    if (!in_len || in_len % G1_PAIR) return ORR_EFORMAT;
    int error = orr_bls_g1_msm(mem, in, in_len / G1_PAIR, sum);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof sum), sum, sizeof sum);
    return 0;
}

uint64_t orr_bls_g2msm_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in;
    return msm_gas(in_len / G2_PAIR, 22500, g2_discount);
}

int orr_bls_g2msm_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in, size_t in_len,
                      uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t sum[ORR_BLS_G2];
    if (!in_len || in_len % G2_PAIR) return ORR_EFORMAT;
    int error = orr_bls_g2_msm(mem, in, in_len / G2_PAIR, sum);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof sum), sum, sizeof sum);
    return 0;
}

/* ---- pairing ---- */

enum { PAIRING_PAIR = ORR_BLS_G1 + ORR_BLS_G2 };

uint64_t orr_bls_pairing_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in;
    return 37700 + 32600 * (uint64_t)(in_len / PAIRING_PAIR);
}

int orr_bls_pairing_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in,
                        size_t in_len, uint8_t **out, size_t *out_len) {
    (void)fork;
    bool is_one;
    if (!in_len || in_len % PAIRING_PAIR) return ORR_EFORMAT;
    int error = orr_bls_pairing_check(mem, in, in_len / PAIRING_PAIR, &is_one);
    if (error) return error;
    orr_evm_precompile_output(mem, out, out_len, 32)[31] = is_one;
    return 0;
}

/* ---- field elements to points ---- */

uint64_t orr_bls_map_g1_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 5500;
}

int orr_bls_map_g1_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in,
                       size_t in_len, uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t point[ORR_BLS_G1];
    if (in_len != ORR_BLS_FP) return ORR_EFORMAT;
    int error = orr_bls_map_fp_to_g1(in, point);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof point), point, sizeof point);
    return 0;
}

uint64_t orr_bls_map_g2_gas(enum orr_evm_fork fork, const uint8_t *in, size_t in_len) {
    (void)fork, (void)in, (void)in_len;
    return 23800;
}

int orr_bls_map_g2_run(struct orr_mem *mem, enum orr_evm_fork fork, const uint8_t *in,
                       size_t in_len, uint8_t **out, size_t *out_len) {
    (void)fork;
    uint8_t point[ORR_BLS_G2];
    if (in_len != ORR_BLS_FP2) return ORR_EFORMAT;
    int error = orr_bls_map_fp2_to_g2(in, point);
    if (error) return error;
    memcpy(orr_evm_precompile_output(mem, out, out_len, sizeof point), point, sizeof point);
    return 0;
}
