/* The precompiled contracts in `orrery vm bench`: one call each, on inputs of usual size.
 *
 * Points on BLS12-381 are made by the mapping contracts, so nothing here depends on a table. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/precompile.h"
#include "sim/base/memory.h"
#include "sim/cli/vm/bench.h"

enum { MAX_INPUT = 128 * 288 };

/* One call that is measured. */
struct call {
    struct orr_heap heap;
    const struct orr_evm_precompile *contract;
    enum orr_evm_fork fork;
    uint8_t in[MAX_INPUT];
    size_t in_len;
    bool failed;
};

static const struct orr_evm_precompile *contract_at(enum orr_evm_fork fork, unsigned number) {
    uint8_t address[20] = {[18] = (uint8_t)(number >> 8), [19] = (uint8_t)number};
    return orr_evm_precompile_find(fork, address);
}

static void append(struct call *c, const void *bytes, size_t len) {
    assert(c->in_len + len <= sizeof c->in);
    memcpy(c->in + c->in_len, bytes, len);
    c->in_len += len;
}

static unsigned digit(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static void append_hex(struct call *c, const char *hex) {
    for (; *hex; hex += 2) {
        uint8_t byte = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
        append(c, &byte, 1);
    }
}

/* Bytes that look random and are the same in every run. */
static void append_noise(struct call *c, size_t len) {
    uint32_t x = 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        uint8_t byte = (uint8_t)(x >> 24);
        append(c, &byte, 1);
    }
}

/* A number in `size` bytes, big-endian. */
static void append_number(struct call *c, uint32_t n, size_t size) {
    for (size_t i = size; i-- > 0;) {
        uint8_t byte = i < 4 ? (uint8_t)(n >> 8 * i) : 0;
        append(c, &byte, 1);
    }
}

/* The point that a mapping contract gives for the field element n (n i in Fp2). */
static void append_point(struct call *c, unsigned mapping, uint32_t n) {
    uint8_t element[128] = {0}, *point;
    size_t len = mapping == 0x10 ? 64 : 128, point_len;
    element[len - 1] = (uint8_t)n;
    element[len - 2] = (uint8_t)(n >> 8);
    int error = contract_at(ORR_FORK_PRAGUE, mapping)
                    ->run(&c->heap.mem, ORR_FORK_PRAGUE, element, len, &point, &point_len);
    assert(!error);
    (void)error;
    append(c, point, point_len);
    orr_free(&c->heap.mem, point, point_len);
}

/* ---- inputs ---- */

/* go-ethereum, core/vm/testdata/precompiles: "ValidKey", "CallP256Verify", "pointEvaluation1" */
static void signature(struct call *c) {
    append_hex(c, "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c");
    append_number(c, 28, 32);
    append_hex(c, "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
                  "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549");
}
static void p256_signature(struct call *c) {
    append_hex(c, "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
                  "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
                  "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
                  "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
                  "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e");
}
static void kzg_proof(struct call *c) {
    append_hex(c, "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
                  "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
                  "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
                  "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
                  "5f26936857bc3a7c2539ea8ec3a952b7"
                  "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612"
                  "fbeafdad446cbc7bcdbdcd780af2c16a");
}

static void noise_128(struct call *c) { append_noise(c, 128); }

/* An RSA verification: 256 bytes, exponent 65,537. */
static void rsa_2048(struct call *c) {
    append_number(c, 256, 32);
    append_number(c, 3, 32);
    append_number(c, 256, 32);
    append_noise(c, 256);
    append_number(c, 65537, 3);
    append_noise(c, 255);
    append_number(c, 1, 1); /* odd, as such a modulus is */
}

static void bn254_g1(struct call *c) {
    append_number(c, 1, 32);
    append_number(c, 2, 32);
}
static void bn254_sum(struct call *c) {
    bn254_g1(c);
    append_hex(c, "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
                  "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4");
}
static void bn254_product(struct call *c) {
    bn254_g1(c);
    append_noise(c, 32);
}
/* EIP-197's generator of G2, twice. */
static void bn254_pairs(struct call *c) {
    for (int i = 0; i < 2; i++) {
        bn254_g1(c);
        append_hex(c, "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
                      "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
                      "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
                      "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa");
    }
}

/* EIP-152's twelve rounds, those of BLAKE2b. */
static void blake2f_12(struct call *c) {
    append_number(c, 12, 4);
    append_noise(c, 208);
    append_number(c, 1, 1);
}

static void bls_points(struct call *c, unsigned mapping) {
    append_point(c, mapping, 1);
    append_point(c, mapping, 2);
}
static void bls_g1_points(struct call *c) { bls_points(c, 0x10); }
static void bls_g2_points(struct call *c) { bls_points(c, 0x11); }
static void bls_terms(struct call *c, unsigned mapping, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        append_point(c, mapping, i);
        append_noise(c, 32);
    }
}
static void bls_g1_term(struct call *c) { bls_terms(c, 0x10, 1); }
static void bls_g2_term(struct call *c) { bls_terms(c, 0x11, 1); }
static void bls_g1_terms(struct call *c) { bls_terms(c, 0x10, 128); }
static void bls_g2_terms(struct call *c) { bls_terms(c, 0x11, 128); }
static void bls_pairs(struct call *c) {
    for (uint32_t i = 0; i < 2; i++) {
        append_point(c, 0x10, i);
        append_point(c, 0x11, i);
    }
}
static void bls_fp(struct call *c) { append_number(c, 12345, 64); }
static void bls_fp2(struct call *c) { append_number(c, 12345, 128); }

/* ---- the rows ---- */

static const struct row {
    const char *name;
    unsigned number;
    void (*input)(struct call *c);
} rows[] = {
    {"precompile/ecrecover", 0x01, signature},
    {"precompile/sha256/128-bytes", 0x02, noise_128},
    {"precompile/ripemd160/128-bytes", 0x03, noise_128},
    {"precompile/identity/128-bytes", 0x04, noise_128},
    {"precompile/modexp/rsa-2048-verify", 0x05, rsa_2048},
    {"precompile/bn254-add", 0x06, bn254_sum},
    {"precompile/bn254-mul", 0x07, bn254_product},
    {"precompile/bn254-pairing/2-pairs", 0x08, bn254_pairs},
    {"precompile/blake2f/12-rounds", 0x09, blake2f_12},
    {"precompile/kzg-point-evaluation", 0x0a, kzg_proof},
    {"precompile/bls12-g1add", 0x0b, bls_g1_points},
    {"precompile/bls12-g1msm/1-point", 0x0c, bls_g1_term},
    {"precompile/bls12-g1msm/128-points", 0x0c, bls_g1_terms},
    {"precompile/bls12-g2add", 0x0d, bls_g2_points},
    {"precompile/bls12-g2msm/1-point", 0x0e, bls_g2_term},
    {"precompile/bls12-g2msm/128-points", 0x0e, bls_g2_terms},
    {"precompile/bls12-pairing/2-pairs", 0x0f, bls_pairs},
    {"precompile/bls12-map-fp-to-g1", 0x10, bls_fp},
    {"precompile/bls12-map-fp2-to-g2", 0x11, bls_fp2},
    {"precompile/p256verify", 0x100, p256_signature},
};

static void run_call(void *ctx) {
    struct call *c = ctx;
    uint8_t *out;
    size_t out_len;
    if (c->contract->run(&c->heap.mem, c->fork, c->in, c->in_len, &out, &out_len)) {
        c->failed = true;
        return;
    }
    c->failed = !out_len; /* ecrecover and p256verify answer a bad signature with nothing */
    orr_free(&c->heap.mem, out, out_len);
}

void orr_vm_bench_precompiles(struct orr_vm_bench *bench) {
    struct call *c = orr_xrealloc(NULL, sizeof *c);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!orr_vm_bench_wants(bench, rows[i].name)) continue;
        *c = (struct call){.fork = ORR_FORK_OSAKA};
        orr_heap_init(&c->heap);
        c->contract = contract_at(c->fork, rows[i].number);
        rows[i].input(c);
        run_call(c);
        if (c->failed) {
            orr_vm_bench_fail(bench, rows[i].name, "the contract refuses the input");
            continue;
        }
        orr_vm_bench_row(bench, rows[i].name, orr_vm_bench_time(bench, run_call, c),
                         (int64_t)c->contract->gas(c->fork, c->in, c->in_len));
    }
    free(c);
}
