/* state.h - the world state of one simulated node: accounts, storage and code (Yellow Paper,
 * section 4.1).
 *
 *     struct orr_evm_state *state = orr_evm_state_create(store);
 *     orr_evm_state_begin_tx(state);
 *     orr_evm_state_set_balance(state, &address, wei);
 *     orr_evm_state_end_tx(state, fork);
 *     struct orr_hash root = orr_evm_state_root(state);
 *     struct orr_evm_state *other = orr_evm_state_fork(state);    // O(1): shares everything
 *
 * A state is a root in the shared store (models/vm/store.h) and an overlay: the accounts and slots
 * that were read or changed since, found by one hash probe, and a journal that undoes changes.
 * orr_evm_state_root writes the changes into the trie and touches only their paths;
 * orr_evm_state_trim gives the overlay's memory back, after which a state costs a few hundred
 * bytes.
 *
 * Changes happen inside a transaction (begin_tx .. end_tx); snapshots nest inside it.  Addresses
 * and values are lent.  Amounts are wei.  In a partial store a read may meet a node that is not
 * there: the account or slot then reads as empty and orr_evm_state_error says ORR_ENOTFOUND from
 * then on. */
#ifndef ORR_EVM_STATE_H
#define ORR_EVM_STATE_H

#include "models/vm/account.h"
#include "models/vm/evm.h"
#include "models/vm/store.h"

struct orr_evm_state;

/* An empty state in store, which must outlive it. */
struct orr_evm_state *orr_evm_state_create(struct orr_evm_store *store);
/* A state whose trie is root (moved in, NULL is empty): a witness's, for example. */
struct orr_evm_state *orr_evm_state_open(struct orr_evm_store *store, struct orr_trie_node *root);
void orr_evm_state_destroy(struct orr_evm_state *state);
/* A second state with the same content.  Not inside a transaction.  Writes pending changes of the
 * first into the trie; costs no more otherwise. */
struct orr_evm_state *orr_evm_state_fork(struct orr_evm_state *state);

/* The root hash of the current content.  Not inside a transaction. */
struct orr_hash orr_evm_state_root(struct orr_evm_state *state);
/* The trie behind orr_evm_state_root, lent until the next change (NULL: empty); for proofs. */
struct orr_trie_node *orr_evm_state_trie(struct orr_evm_state *state);
/* Writes pending changes and gives the overlay's memory back.  Not inside a transaction. */
void orr_evm_state_trim(struct orr_evm_state *state);
/* How many accounts and slots were written into the trie since the state was made or forked. */
uint64_t orr_evm_state_n_written(const struct orr_evm_state *state);
struct orr_evm_store *orr_evm_state_store(const struct orr_evm_state *state);
/* 0, ORR_ENOTFOUND after a node or code was missing, ORR_ECORRUPT after a leaf was no account. */
int orr_evm_state_error(const struct orr_evm_state *state);

/* ---- reading ---- */

bool orr_evm_state_exists(struct orr_evm_state *state, const struct orr_address *address);
/* EIP-161: no nonce, no balance, no code.  True when it does not exist. */
bool orr_evm_state_is_empty(struct orr_evm_state *state, const struct orr_address *address);
uint64_t orr_evm_state_nonce(struct orr_evm_state *state, const struct orr_address *address);
struct orr_u256 orr_evm_state_balance(struct orr_evm_state *state,
                                      const struct orr_address *address);
/* The account's code, lent until it changes; NULL when there is none. */
struct orr_evm_stored_code *orr_evm_state_code(struct orr_evm_state *state,
                                               const struct orr_address *address);
struct orr_hash orr_evm_state_code_hash(struct orr_evm_state *state,
                                        const struct orr_address *address);
/* The root of the account's storage trie.  Not inside a transaction. */
struct orr_hash orr_evm_state_storage_root(struct orr_evm_state *state,
                                           const struct orr_address *address);
/* Some slot is not zero, as of the last end of a transaction (EIP-7610). */
bool orr_evm_state_has_storage(struct orr_evm_state *state, const struct orr_address *address);
struct orr_u256 orr_evm_state_storage(struct orr_evm_state *state,
                                      const struct orr_address *address,
                                      const struct orr_u256 *key);

/* ---- what was used ---- */

/* From now on changes, and what orr_evm_state_note is told, go into a block's access list
 * (models/vm/accesses.h; lent); NULL: no more. */
struct orr_evm_accesses;
void orr_evm_state_record(struct orr_evm_state *state, struct orr_evm_accesses *accesses);
/* The account, or its slot when key is not NULL, was reached. */
void orr_evm_state_note(struct orr_evm_state *state, const struct orr_address *address,
                        const struct orr_u256 *key);

/* The i-th account that was read or changed since the state was made, forked or trimmed, in order
 * of first use (whether it exists or not); NULL past the last.  Lent until the next use. */
const struct orr_address *orr_evm_state_used(const struct orr_evm_state *state, size_t i);
/* Visits the keys of an account's slots that were used since then; visit must not use the state. */
void orr_evm_state_each_slot(struct orr_evm_state *state, const struct orr_address *address,
                             void *ctx, void (*visit)(void *ctx, const struct orr_u256 *key));

/* ---- transactions and snapshots ---- */

/* Starts a transaction: nothing is warm, transient storage and logs are empty, every slot's
 * original value is its current one. */
void orr_evm_state_begin_tx(struct orr_evm_state *state);
/* Ends it: destroyed accounts go, from Amsterdam on all but their balance (EIP-8246); from EIP158
 * on touched empty ones go too (EIP-161).  Logs stay readable until the next begin. */
void orr_evm_state_end_tx(struct orr_evm_state *state, enum orr_evm_fork fork);
/* A mark to come back to. */
uint64_t orr_evm_state_snapshot(const struct orr_evm_state *state);
/* Undoes everything since the mark, warm marks and logs included.  One thing stays: that 0x03 was
 * touched, as main-network block 2,675,119 demands. */
void orr_evm_state_revert(struct orr_evm_state *state, uint64_t mark);

/* ---- writing, inside a transaction ---- */

/* Writes make the account exist and count as a touch. */
void orr_evm_state_touch(struct orr_evm_state *state, const struct orr_address *address);
void orr_evm_state_set_balance(struct orr_evm_state *state, const struct orr_address *address,
                               struct orr_u256 balance);
/* Adds to the balance, modulo 2^256. */
void orr_evm_state_add_balance(struct orr_evm_state *state, const struct orr_address *address,
                               struct orr_u256 amount);
/* Takes from the balance; false, and no change, when it does not reach. */
bool orr_evm_state_sub_balance(struct orr_evm_state *state, const struct orr_address *address,
                               struct orr_u256 amount);
void orr_evm_state_set_nonce(struct orr_evm_state *state, const struct orr_address *address,
                             uint64_t nonce);
void orr_evm_state_set_code(struct orr_evm_state *state, const struct orr_address *address,
                            const uint8_t *code, size_t len);
/* Notes that the account becomes a contract in this transaction (EIP-6780). */
void orr_evm_state_mark_created(struct orr_evm_state *state, const struct orr_address *address);
bool orr_evm_state_was_created(struct orr_evm_state *state, const struct orr_address *address);
/* Marks the account to go at the end of the transaction; true when it was not marked yet. */
bool orr_evm_state_mark_destroyed(struct orr_evm_state *state, const struct orr_address *address);
void orr_evm_state_set_storage(struct orr_evm_state *state, const struct orr_address *address,
                               const struct orr_u256 *key, const struct orr_u256 *value);

/* ---- what the machine's host needs in one probe each ---- */

/* Marks warm (EIP-2929); returns what it was. */
enum orr_evm_access orr_evm_state_access_account(struct orr_evm_state *state,
                                                 const struct orr_address *address);
enum orr_evm_access orr_evm_state_access_slot(struct orr_evm_state *state,
                                              const struct orr_address *address,
                                              const struct orr_u256 *key, struct orr_u256 *value);
/* Writes a slot, marks it warm, and says how the write moved it (EIP-2200). */
enum orr_evm_access orr_evm_state_write_slot(struct orr_evm_state *state,
                                             const struct orr_address *address,
                                             const struct orr_u256 *key,
                                             const struct orr_u256 *value,
                                             enum orr_evm_storage_status *status);
/* Transient storage (EIP-1153). */
struct orr_u256 orr_evm_state_transient(struct orr_evm_state *state,
                                        const struct orr_address *address,
                                        const struct orr_u256 *key);
void orr_evm_state_set_transient(struct orr_evm_state *state, const struct orr_address *address,
                                 const struct orr_u256 *key, const struct orr_u256 *value);

/* ---- logs ---- */

/* One log of the current transaction; data is lent. */
struct orr_evm_log {
    struct orr_address address;
    int n_topics;
    struct orr_u256 topics[4];
    const uint8_t *data;
    size_t len;
    bool is_transfer; /* the machine's own note that ether moved: in no receipt */
    uint64_t nth;     /* of all that were ever added, from 0, those of reverted calls too; filled */
};
void orr_evm_state_add_log(struct orr_evm_state *state, const struct orr_evm_log *log);
size_t orr_evm_state_n_logs(const struct orr_evm_state *state);
/* How many logs were ever added, those of reverted calls and of earlier transactions too. */
uint64_t orr_evm_state_n_added_logs(const struct orr_evm_state *state);
/* The i-th log; its data is lent until the next log or begin. */
struct orr_evm_log orr_evm_state_log(const struct orr_evm_state *state, size_t i);
#endif
