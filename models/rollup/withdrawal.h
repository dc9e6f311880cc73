/* withdrawal.h - withdrawals: messages from L2 that L1 is to carry out, their names, and the proof
 * that L2 has sent one.
 *
 * ethereum-optimism/specs, protocol/withdrawals.md: "Withdrawal Flow", "The L2ToL1MessagePasser
 * Contract" (the event and sentMessages, the mapping in slot 0), "Withdrawal Verification and
 * Finalization" (the proof against an output root). */
#ifndef ORR_ROLLUP_WITHDRAWAL_H
#define ORR_ROLLUP_WITHDRAWAL_H

#include "models/base/mem.h"
#include "models/rollup/deposit.h"

struct orr_withdrawal {
    struct orr_u256 nonce; /* its first two bytes are a version: 1 */
    struct orr_address sender, target;
    struct orr_u256 value, gas_limit;
    const uint8_t *data; /* [data_len] lent */
    size_t data_len;
};

/* keccak(abi.encode(nonce, sender, target, value, gas limit, data)) */
struct orr_hash orr_withdrawal_hash(struct orr_mem *mem, const struct orr_withdrawal *withdrawal);
/* The slot of sentMessages that says whether L2 has sent the withdrawal of that hash. */
struct orr_u256 orr_withdrawal_slot(const struct orr_hash *hash);

/* What a MessagePassed log of the message passer says; data is lent from the log's.  Returns NULL,
 * or which part of the log is wrong: "topics", "event", "offset", "length", "padding" or "hash"
 * (it is another withdrawal's); static storage. */
const char *orr_withdrawal_from_log(struct orr_mem *mem, const struct orr_rollup_log *log,
                                    struct orr_withdrawal *withdrawal);

/* The parts of an output root. */
struct orr_output_proof {
    struct orr_hash state_root, message_passer, block;
};
/* Is the withdrawal in the L2 state that an output root stands for?  proof: an RLP list of the
 * nodes of the message passer's storage trie on the way to its slot.  Returns NULL, or what is
 * wrong, static storage. */
const char *orr_withdrawal_prove(struct orr_mem *mem, const struct orr_withdrawal *withdrawal,
                                 const struct orr_hash *output_root,
                                 const struct orr_output_proof *parts, const uint8_t *proof,
                                 size_t len);
#endif
