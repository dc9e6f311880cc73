/* keccak.c - Keccak-f[1600] with every lane in a local variable and two rounds a turn, so that
 * lanes swap names instead of places (the "E" state is the next round's "A").  Theta, rho, pi, chi
 * and iota are merged row by row: a row of the result needs five rotated lanes and no more. */
#include "models/base/keccak.h"

#include "models/base/bytes.h"

#include <assert.h>

#define ROTATE(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

/* Rows b g k m s, columns a e i o u: the names of the Keccak team's own descriptions. */
#define LANES(A)                                                                                \
    A##ba, A##be, A##bi, A##bo, A##bu, A##ga, A##ge, A##gi, A##go, A##gu, A##ka, A##ke, A##ki,   \
    A##ko, A##ku, A##ma, A##me, A##mi, A##mo, A##mu, A##sa, A##se, A##si, A##so, A##su

#define ROUND(A, E, constant)                                                                     \
    ca = A##ba ^ A##ga ^ A##ka ^ A##ma ^ A##sa; ce = A##be ^ A##ge ^ A##ke ^ A##me ^ A##se;       \
    ci = A##bi ^ A##gi ^ A##ki ^ A##mi ^ A##si; co = A##bo ^ A##go ^ A##ko ^ A##mo ^ A##so;       \
    cu = A##bu ^ A##gu ^ A##ku ^ A##mu ^ A##su; da = cu ^ ROTATE(ce, 1);                          \
    de = ca ^ ROTATE(ci, 1); di = ce ^ ROTATE(co, 1); dO = ci ^ ROTATE(cu, 1);                    \
    du = co ^ ROTATE(ca, 1); ba = A##ba ^ da; be = ROTATE(A##ge ^ de, 44);                        \
    bi = ROTATE(A##ki ^ di, 43); bo = ROTATE(A##mo ^ dO, 21); bu = ROTATE(A##su ^ du, 14);        \
    E##ba = ba ^ (~be & bi) ^ (constant); E##be = be ^ (~bi & bo); E##bi = bi ^ (~bo & bu);       \
    E##bo = bo ^ (~bu & ba); E##bu = bu ^ (~ba & be); ba = ROTATE(A##bo ^ dO, 28);                \
    be = ROTATE(A##gu ^ du, 20); bi = ROTATE(A##ka ^ da, 3); bo = ROTATE(A##me ^ de, 45);         \
    bu = ROTATE(A##si ^ di, 61); E##ga = ba ^ (~be & bi); E##ge = be ^ (~bi & bo);                \
    E##gi = bi ^ (~bo & bu); E##go = bo ^ (~bu & ba); E##gu = bu ^ (~ba & be);                    \
    ba = ROTATE(A##be ^ de, 1); be = ROTATE(A##gi ^ di, 6); bi = ROTATE(A##ko ^ dO, 25);          \
    bo = ROTATE(A##mu ^ du, 8); bu = ROTATE(A##sa ^ da, 18); E##ka = ba ^ (~be & bi);             \
    E##ke = be ^ (~bi & bo); E##ki = bi ^ (~bo & bu); E##ko = bo ^ (~bu & ba);                    \
    E##ku = bu ^ (~ba & be); ba = ROTATE(A##bu ^ du, 27); be = ROTATE(A##ga ^ da, 36);            \
    bi = ROTATE(A##ke ^ de, 10); bo = ROTATE(A##mi ^ di, 15); bu = ROTATE(A##so ^ dO, 56);        \
    E##ma = ba ^ (~be & bi); E##me = be ^ (~bi & bo); E##mi = bi ^ (~bo & bu);                    \
    E##mo = bo ^ (~bu & ba); E##mu = bu ^ (~ba & be); ba = ROTATE(A##bi ^ di, 62);                \
    be = ROTATE(A##go ^ dO, 55); bi = ROTATE(A##ku ^ du, 39); bo = ROTATE(A##ma ^ da, 41);        \
    bu = ROTATE(A##se ^ de, 2); E##sa = ba ^ (~be & bi); E##se = be ^ (~bi & bo);                 \
    E##si = bi ^ (~bo & bu); E##so = bo ^ (~bu & ba); E##su = bu ^ (~ba & be);

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static void permute(uint64_t s[25]) {
    uint64_t LANES(a), LANES(e);
    uint64_t ba, be, bi, bo, bu, ca, ce, ci, co, cu, da, de, di, dO, du;
    aba = s[0], abe = s[1], abi = s[2], abo = s[3], abu = s[4];
    aga = s[5], age = s[6], agi = s[7], ago = s[8], agu = s[9];
    aka = s[10], ake = s[11], aki = s[12], ako = s[13], aku = s[14];
    ama = s[15], ame = s[16], ami = s[17], amo = s[18], amu = s[19];
    asa = s[20], ase = s[21], asi = s[22], aso = s[23], asu = s[24];
    for (size_t round = 0; round < 24; round += 2) {
        ROUND(a, e, round_constants[round])
        ROUND(e, a, round_constants[round + 1])
    }
    s[0] = aba, s[1] = abe, s[2] = abi, s[3] = abo, s[4] = abu;
    s[5] = aga, s[6] = age, s[7] = agi, s[8] = ago, s[9] = agu;
    s[10] = aka, s[11] = ake, s[12] = aki, s[13] = ako, s[14] = aku;
    s[15] = ama, s[16] = ame, s[17] = ami, s[18] = amo, s[19] = amu;
    s[20] = asa, s[21] = ase, s[22] = asi, s[23] = aso, s[24] = asu;
}

static void absorb(uint64_t s[25], const uint8_t *block) {
    for (size_t i = 0; i < ORR_KECCAK_RATE_BYTES / 8; i++) s[i] ^= orr_load_le64(block + 8 * i);
    permute(s);
}

/* Pads the last len bytes (len < rate) with 0x01 ... 0x80, absorbs them and squeezes 32 bytes. */
static struct orr_hash finish(uint64_t s[25], const uint8_t *tail, size_t len) {
    assert(len < ORR_KECCAK_RATE_BYTES);
    size_t i = 0;
    for (; i + 8 <= len; i += 8) s[i / 8] ^= orr_load_le64(tail + i);
    uint64_t last = (uint64_t)1 << (8 * (len - i));
    for (size_t j = 0; i + j < len; j++) last ^= (uint64_t)tail[i + j] << (8 * j);
    s[i / 8] ^= last;
    s[ORR_KECCAK_RATE_BYTES / 8 - 1] ^= (uint64_t)1 << 63;
    permute(s);
    struct orr_hash out;
    memcpy(out.bytes, s, sizeof out.bytes);
    return out;
}

struct orr_hash orr_keccak256(const void *data, size_t len) {
    uint64_t s[25] = {0};
    const uint8_t *p = data;
    for (; len >= ORR_KECCAK_RATE_BYTES; p += ORR_KECCAK_RATE_BYTES, len -= ORR_KECCAK_RATE_BYTES)
        absorb(s, p);
    return finish(s, p, len);
}

void orr_keccak_init(struct orr_keccak *k) {
    memset(k->lanes, 0, sizeof k->lanes);
    k->block_len = 0;
}

void orr_keccak_update(struct orr_keccak *k, const void *data, size_t len) {
    const uint8_t *p = data;
    assert(k->block_len < sizeof k->block);
    while (len) {
        size_t n = sizeof k->block - k->block_len;
        if (n > len) n = len;
        memcpy(k->block + k->block_len, p, n);
        k->block_len += n, p += n, len -= n;
        if (k->block_len == sizeof k->block) {
            absorb(k->lanes, k->block);
            k->block_len = 0;
        }
    }
}

struct orr_hash orr_keccak_final(struct orr_keccak *k) {
    return finish(k->lanes, k->block, k->block_len);
}
