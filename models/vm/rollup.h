/* rollup.h - where an OP Stack rollup's state transition differs from Ethereum's: what each of its
 * forks changes, and the fees that a transaction pays beside its gas.
 *
 * ethereum-optimism/specs: protocol/exec-engine.md ("Fees"), protocol/fjord/exec-engine.md
 * ("Fees"), protocol/isthmus/exec-engine.md ("Operator Fee"), protocol/predeploys.md (the
 * addresses), protocol/precompiles.md.
 *
 * A later fork includes the rules of every earlier one; the one before all is no rollup. */
#ifndef ORR_EVM_ROLLUP_H
#define ORR_EVM_ROLLUP_H

#include "models/vm/state.h"
#include "models/vm/transaction.h"

/* ROLLUP(constant, name, the rules of Ethereum below it) */
#define ORR_EVM_ROLLUPS(ROLLUP)            \
    ROLLUP(BEDROCK, "Bedrock", PARIS)      \
    ROLLUP(REGOLITH, "Regolith", PARIS)    \
    ROLLUP(CANYON, "Canyon", SHANGHAI)     \
    ROLLUP(ECOTONE, "Ecotone", CANCUN)     \
    ROLLUP(FJORD, "Fjord", CANCUN)         \
    ROLLUP(GRANITE, "Granite", CANCUN)     \
    ROLLUP(HOLOCENE, "Holocene", CANCUN)   \
    ROLLUP(ISTHMUS, "Isthmus", PRAGUE)

enum orr_evm_rollup {
    ORR_EVM_NO_ROLLUP,
#define ROLLUP(constant, name, fork) ORR_EVM_##constant,
    ORR_EVM_ROLLUPS(ROLLUP)
#undef ROLLUP
        ORR_EVM_N_ROLLUPS
};

/* ---- predeploys ---- */

#define ORR_EVM_PREDEPLOY(low)                                                           \
    {{0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (low)}}
enum {
    ORR_PREDEPLOY_GAS_ORACLE = 0x0f,
    ORR_PREDEPLOY_SEQUENCER_VAULT = 0x11,
    ORR_PREDEPLOY_L1_BLOCK = 0x15,
    ORR_PREDEPLOY_MESSAGE_PASSER = 0x16,
    ORR_PREDEPLOY_BASE_FEE_VAULT = 0x19,
    ORR_PREDEPLOY_L1_FEE_VAULT = 0x1a,
    ORR_PREDEPLOY_OPERATOR_VAULT = 0x1b
};
static inline struct orr_address orr_evm_predeploy(uint8_t low) {
    return (struct orr_address)ORR_EVM_PREDEPLOY(low);
}

/* ---- fees ---- */

/* What a transaction pays beside its gas; zeros where there is no rollup. */
struct orr_evm_rollup_fee {
    struct orr_u256 l1;         /* wei, for its data on L1    */
    uint32_t operator_scalar;   /* millionths of a wei a gas  */
    uint64_t operator_constant; /* wei                        */
};
/* From what the L1 attributes deposit has left in the L1 block contract. */
struct orr_evm_rollup_fee orr_evm_rollup_fee(enum orr_evm_rollup rules,
                                             struct orr_evm_state *state,
                                             const struct orr_evm_tx *tx);
/* The operator's part for so much gas. */
struct orr_u256 orr_evm_operator_fee(enum orr_evm_rollup rules,
                                     const struct orr_evm_rollup_fee *fee, uint64_t gas);
/* Takes both from the sender, the operator's as if all gas were used; the caller has seen to it
 * that there is enough. */
void orr_evm_rollup_fee_buy(enum orr_evm_rollup rules, struct orr_evm_state *state,
                            const struct orr_address *sender,
                            const struct orr_evm_rollup_fee *fee, uint64_t gas_limit);
/* Pays the vaults (base fee, L1 fee, operator fee), and the sender what it has paid too much. */
void orr_evm_rollup_fee_settle(enum orr_evm_rollup rules, struct orr_evm_state *state,
                               const struct orr_address *sender,
                               const struct orr_evm_rollup_fee *fee, uint64_t gas_limit,
                               uint64_t gas_used, const struct orr_u256 *base_fee);
/* The length of bytes[len] as FastLZ would compress them (Fjord: "FastLZ Implementation"). */
uint32_t orr_evm_fastlz_len(const uint8_t *bytes, uint32_t len);

/* ---- precompiles ---- */

enum { ORR_P256VERIFY_NUMBER = 0x100, ORR_P256VERIFY_ROLLUP_GAS = 3450 /* RIP-7212 */ };
/* The longest input that a precompile takes. */
size_t orr_evm_rollup_input_max(enum orr_evm_rollup rules, uint16_t precompile);
#endif
