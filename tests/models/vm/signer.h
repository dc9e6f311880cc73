/* signer.h - signatures by the private key 1, for tests. */
#ifndef ORR_TESTS_MODELS_VM_SIGNER_H
#define ORR_TESTS_MODELS_VM_SIGNER_H

#include <secp256k1_recovery.h>

#include "models/vm/transaction.h"
#include "tests/test.h"

/* The account of the key. */
static const struct orr_address signer = {{0x7e, 0x5f, 0x45, 0x52, 0x09, 0x1a, 0x69,
                                           0x12, 0x5d, 0x5d, 0xfc, 0xb7, 0xb8, 0xc2,
                                           0x65, 0x90, 0x29, 0x39, 0x5b, 0xdf}};

struct signature {
    struct orr_u256 r, s;
    uint64_t parity;
};

static inline struct signature sign_hash(struct orr_hash hash) {
    static const uint8_t key[32] = {[31] = 1};
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    secp256k1_ecdsa_recoverable_signature signature;
    uint8_t compact[64];
    int parity;
    ck_assert(secp256k1_ecdsa_sign_recoverable(ctx, &signature, hash.bytes, key, NULL, NULL));
    secp256k1_ecdsa_recoverable_signature_serialize_compact(ctx, compact, &parity, &signature);
    secp256k1_context_destroy(ctx);
    return (struct signature){orr_u256_load_be(compact), orr_u256_load_be(compact + 32),
                              (uint64_t)parity};
}

/* Signs a transaction; a legacy one for its chain (EIP-155) when it has one. */
static inline void sign_tx(struct orr_mem *mem, struct orr_evm_tx *tx) {
    struct signature s = sign_hash(orr_evm_tx_signing_hash(mem, tx));
    uint64_t base = tx->type != ORR_TX_LEGACY ? 0
                    : tx->has_chain_id        ? 35 + 2 * tx->chain_id.limb[0]
                                              : 27;
    tx->r = s.r;
    tx->s = s.s;
    tx->v = orr_u256_from_u64(base + s.parity);
}
#endif
