#include "models/chain/wallet.h"

#include <assert.h>

#include "models/vault/bip32.h"
#include "models/vm/u256.h"

struct orr_wallet {
    struct orr_mem *mem;
    struct orr_secp secp;
    struct orr_bip32 account; /* m/44'/60'/0'/0 */
};

struct orr_wallet *orr_wallet_new(struct orr_mem *mem, uint64_t seed) {
    struct orr_wallet *w = orr_alloc_zero(mem, sizeof *w);
    w->mem = mem;
    orr_secp_init(&w->secp, mem, NULL);
    uint8_t bytes[32] = {0};
    orr_store_be64(bytes + 24, seed);
    static const struct orr_path path = {
        4, {ORR_HARDENED | 44, ORR_HARDENED | 60, ORR_HARDENED | 0, 0}};
    struct orr_bip32 master;
    enum orr_vault_fault fault = orr_bip32_master(&w->secp, bytes, sizeof bytes, &master);
    struct orr_why why;
    if (!fault) fault = orr_bip32_derive(&w->secp, &master, &path, &w->account, &why);
    assert(!fault); /* all but one seed in 2^127 have keys */
    (void)fault;
    return w;
}

void orr_wallet_free(struct orr_wallet *w) {
    if (!w) return;
    orr_secp_fini(&w->secp);
    orr_free(w->mem, w, sizeof *w);
}

void orr_wallet_derive(const struct orr_wallet *w, uint32_t index, struct orr_wallet_key *key) {
    struct orr_bip32 child;
    assert(index < ORR_HARDENED);
    enum orr_vault_fault fault = orr_bip32_child(&w->secp, &w->account, index, &child);
    assert(!fault && child.is_private); /* as above */
    (void)fault;
    memcpy(key->secret, child.key, sizeof key->secret);
    bool good = orr_secp_address(&w->secp, child.key, &key->address);
    assert(good);
    (void)good;
}

void orr_wallet_sign_hash(const struct orr_wallet *w, const struct orr_hash *hash,
                          const struct orr_wallet_key *key, uint8_t signature[ORR_SECP_SIGNATURE]) {
    bool good = orr_secp_sign(&w->secp, key->secret, hash->bytes, signature);
    assert(good); /* the key is one */
    (void)good;
}

void orr_wallet_sign(const struct orr_wallet *w, struct orr_mem *mem, struct orr_evm_tx *tx,
                     const struct orr_wallet_key *key) {
    struct orr_hash hash = orr_evm_tx_signing_hash(mem, tx);
    uint8_t signature[ORR_SECP_SIGNATURE];
    orr_wallet_sign_hash(w, &hash, key, signature);
    tx->r = orr_u256_load_be(signature);
    tx->s = orr_u256_load_be(signature + 32);
    struct orr_u256 base = orr_u256_from_u64(tx->type == ORR_TX_LEGACY ? 27 : 0);
    if (tx->type == ORR_TX_LEGACY && tx->has_chain_id) /* EIP-155 */
        base = orr_u256_add(orr_u256_add(tx->chain_id, tx->chain_id), orr_u256_from_u64(35));
    tx->v = orr_u256_add(base, orr_u256_from_u64(signature[64]));
}
