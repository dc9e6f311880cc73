/* wallet.h - accounts whose private keys are known: simulated clients, and a chain's deployer.
 *
 * Key number i is BIP-44's m/44'/60'/0'/0/i of the BIP-32 seed that is the scenario's seed as 32
 * bytes, big-endian: any wallet derives the same.  Signatures are deterministic (RFC 6979), with a
 * low s (EIP-2). */
#ifndef ORR_CHAIN_WALLET_H
#define ORR_CHAIN_WALLET_H

#include "models/base/mem.h"
#include "models/vm/transaction.h"

/* The keys of a seed, and the signer's tables. */
struct orr_wallet;
struct orr_wallet *orr_wallet_new(struct orr_mem *mem, uint64_t seed);
void orr_wallet_free(struct orr_wallet *wallet);

struct orr_wallet_key {
    uint8_t secret[32];
    struct orr_address address;
};
/* Key number `index` < 2^31. */
void orr_wallet_derive(const struct orr_wallet *wallet, uint32_t index,
                       struct orr_wallet_key *key);
/* Sets v, r, s; a legacy transaction is signed for its chain (EIP-155) when it has_chain_id. */
void orr_wallet_sign(const struct orr_wallet *wallet, struct orr_mem *mem, struct orr_evm_tx *tx,
                     const struct orr_wallet_key *key);
/* Signs any hash: r, s and the parity of y. */
void orr_wallet_sign_hash(const struct orr_wallet *wallet, const struct orr_hash *hash,
                          const struct orr_wallet_key *key, uint8_t signature[65]);
#endif
