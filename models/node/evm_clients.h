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

/* The setting `genesis` of roles with such a chain, and whether a node is told of the chain that
 * its cohort has. */
#define ORR_EVM_GENESIS_KEY(config, member)                                                    \
    {                                                                                          \
        .name = "genesis", .type = ORR_CONFIG_LIST, .offset = offsetof(config, member),        \
        .help = "what the chain begins with in place of a generated state: its accounts, "     \
                "code, storage, forks and chain id; clients have the keys of the seed as ever" \
    }
bool orr_evm_is_genesis(const struct orr_chain_genesis *chain, struct orr_config_list given);

/* The accounts to which validators' fees go: the last 20 bytes of the Keccak-256 of each one's
 * public key.  [n], from mem. */
struct orr_keypair;
struct orr_address *orr_evm_coinbases(const struct orr_keypair *keys, uint32_t n,
                                      struct orr_mem *mem);
#endif
