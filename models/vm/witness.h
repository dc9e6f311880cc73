/* witness.h - the part of a state that one computation reads, as bytes that anyone can check
 * against a root hash, and a state made from it: stateless execution.
 *
 *     orr_evm_witness_record(store, w);  ...execute a block...;  orr_evm_witness_record(store,
 * NULL); orr_evm_witness_write(w, &writer);                            // send it
 *     orr_evm_witness_open(mem, bytes, len, &root_hash, &store, &root);  // elsewhere: a partial
 * store
 *
 * A witness is the RLP of [[node, ...], [code, ...]], where each node is the bytes whose Keccak-256
 * a parent names.  Nothing in it is trusted: what no hash on the way from the root names is
 * ignored. */
#ifndef ORR_EVM_WITNESS_H
#define ORR_EVM_WITNESS_H

#include "models/base/rlp.h"
#include "models/vm/trie.h"

struct orr_evm_witness;

struct orr_evm_witness *orr_evm_witness_create(struct orr_mem *mem);
void orr_evm_witness_destroy(struct orr_evm_witness *w);

/* From now on every node and code that is read through the store is noted in w (lent, until called
 * with NULL), as it was before the change that read it. */
void orr_evm_witness_record(struct orr_evm_store *store, struct orr_evm_witness *w);

/* How many nodes w holds. */
size_t orr_evm_witness_n_nodes(const struct orr_evm_witness *w);

/* Appends the witness's RLP. */
void orr_evm_witness_write(const struct orr_evm_witness *w, struct orr_rlp_writer *writer);

/* Notes in w what the state trie `root` and its storage tries hold, code included, and those of
 * `known` do not, so that who has `known` can make the other from it (orr_evm_witness_open_in).
 * Both are lent and in this store; NULL is the empty trie.  What a change of shape has moved is
 * noted though it is in both. */
void orr_evm_witness_add_new(struct orr_evm_witness *w, struct orr_evm_store *store,
                             const struct orr_trie_node *root, const struct orr_trie_node *known);

/* Makes the state trie of root_hash in a store that is not partial, from what is there and what the
 * witness has.  *root is the caller's.  Returns 0, or ORR_EFORMAT for bytes that are no witness, a
 * node on the way that is no state trie's, or a node or code that neither has: *root stays. */
int orr_evm_witness_open_in(struct orr_evm_store *store, const uint8_t *bytes, size_t len,
                            const struct orr_hash *root_hash, struct orr_trie_node **root);

/* Makes a partial store with the state trie of root_hash.  *store and *root are the caller's; end
 * with orr_trie_release and orr_evm_store_destroy.  Returns 0, ORR_EFORMAT for bytes that are no
 * witness or a node on the way that is no state trie's, ORR_ENOTFOUND when the root's node is not
 * in it. */
int orr_evm_witness_open(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                         const struct orr_hash *root_hash, struct orr_evm_store **store,
                         struct orr_trie_node **root);

/* The same for several tries in one store.  A root whose node is not in the witness is one that is
 * known by its hash only (models/vm/store.h).  has_zeros: a pending number may be 0 (pending.h). */
struct orr_evm_witness_root {
    struct orr_hash hash;
    bool is_storage; /* its values are numbers, as those of storage are; else accounts */
    struct orr_trie_node *node; /* what comes of it, the caller's; NULL is the empty trie */
};
int orr_evm_witness_open_all(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                             struct orr_evm_witness_root *roots, size_t n, bool has_zeros,
                             struct orr_evm_store **store);
#endif
