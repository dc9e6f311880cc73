/* chain.h - the rules of a chain: which fork holds from when, its blob schedule, and where its
 * system contracts are.  EIP-6110, 7002, 7251, 4788, 2935 (contracts); EIP-7840, 7892 (schedules).
 *
 *     const struct orr_evm_chain_config *config = orr_evm_chain_mainnet();
 *     const struct orr_evm_chain_fork *rules = orr_evm_chain_fork_at(config, number, time,
 * &reached);
 *
 * A configuration read from a genesis.json is sim/genesis/genesis.h's. */
#ifndef ORR_EVM_CHAIN_H
#define ORR_EVM_CHAIN_H

#include "models/vm/execute.h"

/* One entry of a chain's timetable.  It holds from the first block for which all three conditions
 * do. */
struct orr_evm_chain_fork {
    enum orr_evm_fork fork;
    uint64_t from_number, from_time; /* seconds */
    struct orr_u256 from_difficulty; /* the parent's total difficulty (EIP-3675) */
    uint64_t bomb_delay;             /* blocks (EIP-649, 1234, 2384, 3554, 4345, 5133) */
    struct orr_evm_blob_schedule blobs;
    enum orr_evm_rollup rollup;
};

/* The contracts that the protocol itself calls or listens to. */
struct orr_evm_system_contracts {
    struct orr_address beacon_roots;           /* EIP-4788: called from Cancun on */
    struct orr_address history;                /* EIP-2935: from Prague on        */
    struct orr_address withdrawal_requests;    /* EIP-7002                        */
    struct orr_address consolidation_requests; /* EIP-7251                        */
    struct orr_address builder_deposits;       /* EIP-8282: from Amsterdam on     */
    struct orr_address builder_exits;
    struct orr_address deposit; /* EIP-6110: whose logs are deposits; each network has its own */
};

/* A chain: its forks in order, the last one that holds counts.  forks and contracts are lent. */
struct orr_evm_chain_config {
    struct orr_u256 chain_id;
    const struct orr_evm_chain_fork *forks;
    size_t n_forks;
    uint64_t dao_number; /* UINT64_MAX: the DAO fork never happens (EIP-779) */
    const struct orr_evm_system_contracts *contracts; /* NULL: the main network's */
};

/* The main network: its timetable to Osaka's second blob schedule (BPO2), and its contracts; static
 * storage. */
const struct orr_evm_chain_config *orr_evm_chain_mainnet(void);
/* A chain's contracts: its own or the main network's. */
const struct orr_evm_system_contracts *
orr_evm_chain_contracts(const struct orr_evm_chain_config *config);

/* An entry for a fork from the first block on, with the main network's bomb delay and blob
 * schedule. */
struct orr_evm_chain_fork orr_evm_chain_fork(enum orr_evm_fork fork);
/* EIP-7892: the main network's n-th change of Osaka's blob schedule; what there is not yet is the
 * last one's. */
struct orr_evm_blob_schedule orr_evm_bpo_schedule(int n);
/* The timetable's entry for a block. */
const struct orr_evm_chain_fork *
orr_evm_chain_fork_at(const struct orr_evm_chain_config *config, uint64_t number, uint64_t time,
                      const struct orr_u256 *parent_total_difficulty);
#endif
