/* contracts.h - contracts for scenarios, tests and benchmarks: a counter, a token (EIP-20), a
 * constant-product exchange, and work for benchmarks.
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
    SELECTOR(WORKLOAD_SORT, 0xfe913865u, "sort(uint256)")

enum orr_evm_contract_selector {
#define SELECTOR(constant, selector, signature) ORR_##constant = selector,
    ORR_CONTRACT_SELECTORS(SELECTOR)
#undef SELECTOR
};
#endif
