/* pending.h - a transaction that stands still between two steps: its changes lie in the state's
 * trie, and what stands in no account lies in a record beside it.
 *
 *     orr_evm_state_begin_tx(state);  ...changes...;  orr_evm_state_suspend(state, &pending, ...);
 *     orr_evm_state_resume(state, &pending);  ...more...;  orr_evm_state_suspend(...);
 *     orr_evm_state_resume(state, &pending);  ...the last;  orr_evm_state_end_tx(state, fork);
 *
 * Between suspend and resume a state is its root and a record is three roots, so that going back is
 * an assignment (orr_evm_state_rewind), and who has only the nodes that a step reads can take it.
 * By the rules from EIP-158 on: an account that was touched and is empty is not in the trie. */
#ifndef ORR_EVM_PENDING_H
#define ORR_EVM_PENDING_H

#include "models/vm/state.h"
#include "models/vm/trie.h"

/* The tries hold numbers, as those of storage do: a key's Keccak-256 to the number's RLP. */
struct orr_evm_pending {
    struct orr_trie_node *start; /* the state's trie when the transaction began: lent, for what a
                                    slot had then (EIP-2200)                               */
    struct orr_trie_node *marks; /* address -> its marks below; address and key -> 1: warm */
    struct orr_trie_node *transient; /* address and key -> value (EIP-1153)                */
};
enum { ORR_MARK_WARM = 1, ORR_MARK_CREATED = 2, ORR_MARK_DESTROYED = 4 };

/* Puts the transaction's changes into the trie and the record, and gives the overlay back.
 * destroyed (may be NULL) is told of the accounts that were newly marked for destruction, in order
 * of first use.  Logs are gone: take them before. */
void orr_evm_state_suspend(struct orr_evm_state *state, struct orr_evm_pending *pending,
                           void *ctx,
                           void (*destroyed)(void *ctx, const struct orr_address *address));
/* The transaction goes on; pending is lent until the next suspend or end.  The overlay must be
 * empty, as suspend and trim leave it. */
void orr_evm_state_resume(struct orr_evm_state *state, const struct orr_evm_pending *pending);
/* Outside of a transaction, with an empty overlay: the state is root's (moved in) from now on. */
void orr_evm_state_rewind(struct orr_evm_state *state, struct orr_trie_node *root);
/* From now on a slot that becomes zero stays in the trie, with a number 0 that no other trie has,
 * and `zeroed` is told of it; NULL: it goes at once.  Taking a leaf away asks for its siblings,
 * which who has only a block's own witness may lack until the block's last writes are known. */
void orr_evm_state_keep_zeros(struct orr_evm_state *state, void *ctx,
                              void (*zeroed)(void *ctx, const struct orr_address *address,
                                             const struct orr_u256 *key));
enum { ORR_PENDING_ZERO = 0x80 };
/* Takes such a slot away, if it is still zero.  Not inside a transaction. */
void orr_evm_state_drop_zero(struct orr_evm_state *state, const struct orr_address *address,
                             const struct orr_u256 *key);
/* Takes an account away with all that it has.  Not inside a transaction. */
void orr_evm_state_remove(struct orr_evm_state *state, const struct orr_address *address);
#endif
