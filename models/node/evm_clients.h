/* evm_clients.h - simulated clients of an execution chain: signed transactions of the accounts that
 * a generated first block has (models/chain/genesis.h). */
#ifndef ORR_NODE_EVM_CLIENTS_H
#define ORR_NODE_EVM_CLIENTS_H

#include "models/chain/genesis.h"
#include "models/protocol.h"

enum {
    ORR_EVM_MAX_ACCOUNTS = 4096,
    ORR_EVM_LEAST_TX = 110 /* bytes: a transfer */
};

/* What they keep: how many transactions each account has sent.  Client c has account c, modulo the
 * number of accounts. */
struct orr_evm_clients {
    uint64_t nonces[ORR_EVM_MAX_ACCOUNTS];
};

/* A transaction of type 2 as ordered, with a drawn tip and a cap that no base fee here is likely to
 * reach, as a message of this kind. */
struct orr_msg *orr_evm_make_tx(struct orr_evm_clients *clients,
                                const struct orr_chain_genesis *genesis,
                                const struct orr_common *common, const struct orr_tx_order *order,
                                uint16_t kind);

/* The accounts to which validators' fees go: the last 20 bytes of the Keccak-256 of each one's
 * public key.  [n], from mem. */
struct orr_keypair;
struct orr_address *orr_evm_coinbases(const struct orr_keypair *keys, uint32_t n,
                                      struct orr_mem *mem);
#endif
