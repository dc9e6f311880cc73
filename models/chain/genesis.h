/* genesis.h - the first block that a simulated chain begins with, and what its nodes share.
 *
 * It is given (`spec`: rules, header and every account), or generated from a seed.  In a generated
 * state: the protocol's own contracts (EIP-4788, 2935, 7002, 7251), two tokens and an
 * exchange between them (models/vm/contracts), and accounts with ether and tokens whose keys
 * simulated clients have (models/chain/wallet.h).  A pure function of seed and parameters. */
#ifndef ORR_CHAIN_GENESIS_H
#define ORR_CHAIN_GENESIS_H

#include "models/chain/blocks.h"
#include "models/chain/spec.h"
#include "models/chain/wallet.h"
#include "models/protocol.h"

struct orr_chain_genesis_config {
    enum orr_evm_fork fork;                 /* Paris or later; holds from the first block on */
    uint64_t chain_id, gas_limit, base_fee; /* base_fee: wei, of the first block */
    uint32_t n_accounts; /* whose keys clients have, be they in a given state or not */
    /* Lent: what is given in place of all that is above, as words: how many bytes follow, then
     * those of models/chain/spec.h, whose first block is number 0, of Paris or later.  None: the
     * state is generated. */
    struct orr_config_list given;
};

struct orr_chain_genesis {
    struct orr_mem *mem;
    enum orr_evm_fork fork; /* of the first block */
    struct orr_chain_blocks blocks;
    struct orr_chain_spec *given;                     /* NULL: it was generated */
    struct orr_evm_chain_config configs[ORR_N_FORKS]; /* the chain as each fork's rules have it; of
                                                         a given one its own in each place */
    struct orr_evm_chain_fork forks[ORR_N_FORKS];
    struct orr_evm_header header;
    struct orr_evm_state *state; /* after the first block */
    uint8_t *spec;               /* [spec_len] all of it as bytes (models/chain/spec.h) */
    size_t spec_len, spec_cap;
    struct orr_wallet *wallet;
    struct orr_wallet_key *keys; /* [n_keys] of the accounts */
    uint64_t *nonces;            /* [n_keys] of the accounts, in the state */
    uint32_t n_keys;
    bool has_market; /* the tokens and the exchange are there */
    struct orr_address tokens[2], exchange;
};

struct orr_chain_genesis *orr_chain_genesis_new(const struct orr_chain_genesis_config *config,
                                                uint64_t seed, struct orr_mem *mem);
/* Every chain on it must be gone. */
void orr_chain_genesis_free(struct orr_chain_genesis *genesis);
#endif
