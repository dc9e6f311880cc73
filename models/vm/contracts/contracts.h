/* contracts.h - contracts for scenarios, tests and benchmarks: a counter, a token (EIP-20), a
 * constant-product exchange, work for benchmarks, and a rollup's portal and dispute
 * games.
 *
 * Written in Solidity (*.sol in this folder), compiled for Cancun; the bytecode is checked in, so a
 * build needs no compiler.  After a change to a source, in this folder: npm ci && npm run build
 *
 * To deploy, a transaction's data is the creation code followed by the constructor's arguments,
 * 32 bytes each.  To call, it is a selector (4 bytes, big-endian) followed by the arguments. */
#ifndef ORR_EVM_CONTRACTS_CONTRACTS_H
#define ORR_EVM_CONTRACTS_CONTRACTS_H

#include <stddef.h>
#include <stdint.h>

/* One compiled contract; static and immutable. */
struct orr_evm_contract {
    const char *name;        /* as in its source                      */
    const uint8_t *creation; /* what a deploying transaction carries  */
    size_t creation_len;
    const uint8_t *runtime;  /* what then stands at the new address   */
    size_t runtime_len;
    const char *abi;         /* the interface, JSON as solc prints it */
};

extern const struct orr_evm_contract orr_evm_contract_counter;
/* constructor(uint256 supply); all of it goes to the deployer, who may mint more. */
extern const struct orr_evm_contract orr_evm_contract_token;
/* constructor(address token0, address token1) */
extern const struct orr_evm_contract orr_evm_contract_exchange;
extern const struct orr_evm_contract orr_evm_contract_workload; /* constructor() */
/* Output roots of a rollup and disputes about them; models/rollup/dispute.h speaks to it. */
extern const struct orr_evm_contract orr_evm_contract_dispute_game;
/* Deposits to a rollup; its logs are models/rollup/deposit.h's. */
extern const struct orr_evm_contract orr_evm_contract_portal;

/* SELECTOR(constant, selector, signature): the first four bytes of Keccak-256 of the signature. */
#define ORR_CONTRACT_SELECTORS(SELECTOR)                                                      \
    SELECTOR(COUNTER_COUNT, 0x06661abdu, "count()")                                           \
    SELECTOR(COUNTER_INCREMENT, 0xd09de08au, "increment()")                                   \
    SELECTOR(COUNTER_ADD, 0x1003e2d2u, "add(uint256)")                                        \
    SELECTOR(TOKEN_TOTAL_SUPPLY, 0x18160dddu, "totalSupply()")                                \
    SELECTOR(TOKEN_BALANCE_OF, 0x70a08231u, "balanceOf(address)")                             \
    SELECTOR(TOKEN_ALLOWANCE, 0xdd62ed3eu, "allowance(address,address)")                      \
    SELECTOR(TOKEN_TRANSFER, 0xa9059cbbu, "transfer(address,uint256)")                        \
    SELECTOR(TOKEN_APPROVE, 0x095ea7b3u, "approve(address,uint256)")                          \
    SELECTOR(TOKEN_TRANSFER_FROM, 0x23b872ddu, "transferFrom(address,address,uint256)")       \
    SELECTOR(TOKEN_MINT, 0x40c10f19u, "mint(address,uint256)")                                \
    SELECTOR(EXCHANGE_RESERVE0, 0x443cb4bcu, "reserve0()")                                    \
    SELECTOR(EXCHANGE_RESERVE1, 0x5a76f25eu, "reserve1()")                                    \
    SELECTOR(EXCHANGE_TOTAL_SHARES, 0x3a98ef39u, "totalShares()")                             \
    SELECTOR(EXCHANGE_SHARES_OF, 0xf5eb42dcu, "sharesOf(address)")                            \
    SELECTOR(EXCHANGE_ADD_LIQUIDITY, 0x9cd441dau, "addLiquidity(uint256,uint256)")            \
    SELECTOR(EXCHANGE_REMOVE_LIQUIDITY, 0x9c8f9f23u, "removeLiquidity(uint256)")              \
    SELECTOR(EXCHANGE_QUOTE, 0x4df60b01u, "quote(bool,uint256)")                              \
    SELECTOR(EXCHANGE_SWAP, 0x08c84c21u, "swap(bool,uint256,uint256)")                        \
    SELECTOR(WORKLOAD_SHA1, 0xaaa7cf67u, "sha1(uint256)")                                     \
    SELECTOR(WORKLOAD_BLAKE2B, 0xf77c1ea0u, "blake2b(uint256)")                               \
    SELECTOR(WORKLOAD_KECCAK_CHAIN, 0x27a2b611u, "keccakChain(uint256)")                      \
    SELECTOR(WORKLOAD_EC_MULTIPLY, 0x0a4baedcu, "ecMultiply(uint256)")                        \
    SELECTOR(WORKLOAD_SORT, 0xfe913865u, "sort(uint256)")                                     \
    SELECTOR(GAME_DERIVE, 0xc8ea5326u, "derive(uint256,bytes32[])")                           \
    SELECTOR(GAME_CREATE, 0xa042c132u, "create(bytes32,uint256)")                             \
    SELECTOR(GAME_MOVE, 0xdb5a2717u, "move(uint256,uint256,bytes32,bytes32,bool)")            \
    SELECTOR(GAME_STEP, 0x5d3dc881u, "step(uint256,uint256,bool,bytes)")                      \
    SELECTOR(GAME_RESOLVE_CLAIM, 0x03c2924du, "resolveClaim(uint256,uint256)")                \
    SELECTOR(GAME_RESOLVE, 0x4f896d4fu, "resolve(uint256)")                                   \
    SELECTOR(GAME_CLAIM_CREDIT, 0xaf1a4c48u, "claimCredit(uint256,address)")                  \
    SELECTOR(GAME_N_GAMES, 0x48da0319u, "nGames()")                                           \
    SELECTOR(GAME_GAME, 0xcddbe729u, "game(uint256)")                                         \
    SELECTOR(GAME_CREDIT, 0x9fec19e0u, "credit(uint256,address)")                             \
    SELECTOR(GAME_REQUIRED_BOND, 0xa18dceb3u, "requiredBond(uint128)")                        \
    SELECTOR(GAME_ANCHOR_BLOCK, 0x26d95d03u, "anchorBlock()")                                 \
    SELECTOR(GAME_DERIVED_BLOCK, 0x25807a65u, "derivedBlock()")                               \
    SELECTOR(PORTAL_DEPOSIT, 0xe9e05c42u,                                                     \
             "depositTransaction(address,uint256,uint64,bool,bytes)")

enum orr_evm_contract_selector {
#define SELECTOR(constant, selector, signature) ORR_##constant = selector,
    ORR_CONTRACT_SELECTORS(SELECTOR)
#undef SELECTOR
};
#endif
