#include "models/chain/wallet.h"

#include <assert.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>

#include "models/vm/u256.h"

struct orr_wallet {
    struct orr_mem *mem;
    size_t size;
    secp256k1_context *ctx; /* in `memory` */
    unsigned char memory[] __attribute__((aligned(16)));
};

struct orr_wallet *orr_wallet_new(struct orr_mem *mem) {
    size_t size =
        sizeof(struct orr_wallet) + secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE);
    struct orr_wallet *w = orr_alloc_zero(mem, size);
    w->mem = mem;
    w->size = size;
    w->ctx = secp256k1_context_preallocated_create(w->memory, SECP256K1_CONTEXT_NONE);
    return w;
}

void orr_wallet_free(struct orr_wallet *w) {
    if (!w) return;
    secp256k1_context_preallocated_destroy(w->ctx);
    orr_free(w->mem, w, w->size);
}

void orr_wallet_derive(const struct orr_wallet *w, uint64_t seed, uint32_t index,
                       struct orr_wallet_key *key) {
    uint8_t input[13] = {'k'}, point[65];
    size_t len = sizeof point;
    secp256k1_pubkey public;
    orr_store_be64(input + 1, seed);
    orr_store_be32(input + 9, index);
    struct orr_hash hash = orr_keccak256(input, sizeof input);
    /* Ends: all but one of 2^127 numbers are keys. */
    while (!secp256k1_ec_pubkey_create(w->ctx, &public, hash.bytes))
        hash = orr_keccak256(hash.bytes, sizeof hash.bytes);
    memcpy(key->secret, hash.bytes, sizeof key->secret);
    secp256k1_ec_pubkey_serialize(w->ctx, point, &len, &public, SECP256K1_EC_UNCOMPRESSED);
    hash = orr_keccak256(point + 1, sizeof point - 1);
    memcpy(key->address.bytes, hash.bytes + 12, sizeof key->address.bytes);
}

void orr_wallet_sign(const struct orr_wallet *w, struct orr_mem *mem, struct orr_evm_tx *tx,
                     const struct orr_wallet_key *key) {
    struct orr_hash hash = orr_evm_tx_signing_hash(mem, tx);
    secp256k1_ecdsa_recoverable_signature signature;
    uint8_t compact[64];
    int parity = 0;
    int good =
        secp256k1_ecdsa_sign_recoverable(w->ctx, &signature, hash.bytes, key->secret, NULL, NULL);
    assert(good); /* the key is one */
    (void)good;
    secp256k1_ecdsa_recoverable_signature_serialize_compact(w->ctx, compact, &parity, &signature);
    tx->r = orr_u256_load_be(compact);
    tx->s = orr_u256_load_be(compact + 32);
    struct orr_u256 base = orr_u256_from_u64(tx->type == ORR_TX_LEGACY ? 27 : 0);
    if (tx->type == ORR_TX_LEGACY && tx->has_chain_id) /* EIP-155 */
        base = orr_u256_add(orr_u256_add(tx->chain_id, tx->chain_id), orr_u256_from_u64(35));
    tx->v = orr_u256_add(base, orr_u256_from_u64((uint64_t)parity));
}
