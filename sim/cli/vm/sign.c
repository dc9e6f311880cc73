#include "sim/cli/vm/sign.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "models/base/error.h"

int orr_vm_key_account(const uint8_t key[32], struct orr_address *account) {
    uint8_t point[65];
    size_t len = sizeof point;
    secp256k1_pubkey public;
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    int good = secp256k1_ec_pubkey_create(ctx, &public, key);
    if (good) secp256k1_ec_pubkey_serialize(ctx, point, &len, &public, SECP256K1_EC_UNCOMPRESSED);
    secp256k1_context_destroy(ctx);
    if (!good) return ORR_EFORMAT;
    struct orr_hash h = orr_keccak256(point + 1, sizeof point - 1);
    memcpy(account->bytes, h.bytes + 12, sizeof account->bytes);
    return 0;
}

int orr_vm_sign_tx(struct orr_mem *mem, struct orr_evm_tx *tx, const uint8_t key[32]) {
    struct orr_hash hash = orr_evm_tx_signing_hash(mem, tx);
    secp256k1_ecdsa_recoverable_signature signature;
    uint8_t compact[64];
    int parity = 0;
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    int good = secp256k1_ecdsa_sign_recoverable(ctx, &signature, hash.bytes, key, NULL, NULL);
    if (good)
        secp256k1_ecdsa_recoverable_signature_serialize_compact(ctx, compact, &parity, &signature);
    secp256k1_context_destroy(ctx);
    if (!good) return ORR_EFORMAT;
    orr_evm_tx_set_signature(tx, compact, compact + 32, (unsigned)parity);
    return 0;
}
