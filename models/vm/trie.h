/* trie.h - the Merkle-Patricia trie: an ordered map from byte strings to byte strings whose root
 * hash commits to its content.  Yellow Paper, appendix D.
 *
 * A trie is its root node, NULL when empty.  Nodes are immutable, shared and content-addressed in a
 * struct orr_evm_store; an update makes new nodes along the changed paths only, each hashed once,
 * and shares the rest.  A root is a counted reference: functions say whether they lend or move it.
 */
#ifndef ORR_EVM_TRIE_H
#define ORR_EVM_TRIE_H

#include <stddef.h>

#include "models/vm/store.h"

/* The root hash of the empty trie: Keccak-256 of the RLP of the empty string. */
extern const struct orr_hash orr_trie_empty_hash;

/* One change.  Keys are nibble strings (0 to 15 a byte), so that the trie's own comparison is
 * memcmp. value_len 0 removes the key.  All pointers are lent for the call. storage and code make
 * an account's leaf hold its storage trie and code: one reference each is moved from the caller
 * into the trie; both stay NULL in any other trie. */
struct orr_trie_entry {
    const uint8_t *nibbles;
    size_t n_nibbles;
    const uint8_t *value;
    size_t value_len;
    bool is_account;
    struct orr_trie_node *storage;
    struct orr_evm_stored_code *code;
};

/* Keys of at most this many nibbles: a deeper trie would cost native stack. */
enum { ORR_TRIE_MAX_NIBBLES = 1024 };

/* Applies n changes, sorted by key, no key twice.  *root is moved in and replaced by the new root.
 * Returns 0; ORR_ENOTFOUND when the store is partial and a needed node is missing: *root stays. */
int orr_trie_update(struct orr_evm_store *store, struct orr_trie_node **root,
                    struct orr_trie_entry *entries, size_t n);

/* What a key maps to.  value is lent as long as the trie holds it; len 0 means absent. */
struct orr_trie_value {
    const uint8_t *value;
    size_t len;
    struct orr_trie_node *storage; /* lent: an account's storage trie, NULL when empty */
    /* lent: an account's code, NULL when empty or not in the store */
    struct orr_evm_stored_code *code;
};

/* Looks a key up.  Returns 0 (absent or not) or ORR_ENOTFOUND as above. */
int orr_trie_get(struct orr_evm_store *store, const struct orr_trie_node *root,
                 const uint8_t *nibbles, size_t n_nibbles, struct orr_trie_value *value);

struct orr_hash orr_trie_hash(const struct orr_trie_node *root);
struct orr_trie_node *orr_trie_retain(struct orr_trie_node *root);
void orr_trie_release(struct orr_evm_store *store, struct orr_trie_node *root);

/* 2 * len nibbles of a byte string, high half first. */
void orr_trie_nibbles(uint8_t *to, const void *bytes, size_t len);

/* The root hash of the trie {rlp(0): item 0, rlp(1): item 1, ...} that commits to a block's
 * transactions, receipts and withdrawals. */
struct orr_hash orr_trie_list_root(struct orr_mem *mem, const uint8_t *const *items,
                                   const size_t *lens, size_t n);
/* The same; a store that remembers knows the roots of the last lists. */
struct orr_hash orr_trie_list_root_in(struct orr_evm_store *store, const uint8_t *const *items,
                                      const size_t *lens, size_t n);

/* One key put or removed (len 0) in a trie of short byte-string keys (at most
 * ORR_TRIE_MAX_NIBBLES / 2 bytes); *root as in orr_trie_update. */
int orr_trie_put(struct orr_evm_store *store, struct orr_trie_node **root, const void *key,
                 size_t key_len, const void *value, size_t len);
#endif
