/* proof.h - Merkle proofs: that a trie with a known root hash maps a key to a value, or to nothing,
 * shown by the nodes on the key's path (what eth_getProof, EIP-1186, returns).
 *
 * A proof is the RLP of a list of strings: the encoded nodes from the root on, each one named by
 * the hash in the one before.  Verifying needs no store and trusts nothing but the root hash. */
#ifndef ORR_EVM_PROOF_H
#define ORR_EVM_PROOF_H

#include "models/base/rlp.h"
#include "models/vm/state.h"
#include "models/vm/trie.h"

/* Appends the proof for a key in a trie.  Returns 0 or ORR_ENOTFOUND (partial store). */
int orr_evm_proof_write(struct orr_evm_store *store, const struct orr_trie_node *root,
                        const uint8_t *nibbles, size_t n_nibbles, struct orr_rlp_writer *w);

/* Checks a proof for a key of len bytes.  Returns 0 with what the key maps to: value is lent from
 * the proof, *value_len 0 means that the key is proven absent.  ORR_EFORMAT when the bytes prove
 * nothing. */
int orr_evm_proof_verify(const struct orr_hash *root, const void *key, size_t len,
                         const uint8_t *proof, size_t proof_len, const uint8_t **value,
                         size_t *value_len);

/* The same for a state: the account, and a slot of it. */
int orr_evm_state_prove_account(struct orr_evm_state *state, const struct orr_address *address,
                                struct orr_rlp_writer *w);
int orr_evm_state_prove_slot(struct orr_evm_state *state, const struct orr_address *address,
                             const struct orr_u256 *key, struct orr_rlp_writer *w);
/* On success *exists says whether there is such an account, which is then in *account. */
int orr_evm_proof_verify_account(const struct orr_hash *root, const struct orr_address *address,
                                 const uint8_t *proof, size_t len, bool *exists,
                                 struct orr_evm_account *account);
/* storage_root is the account's.  A slot that is proven absent is 0. */
int orr_evm_proof_verify_slot(const struct orr_hash *storage_root, const struct orr_u256 *key,
                              const uint8_t *proof, size_t len, struct orr_u256 *value);
#endif
