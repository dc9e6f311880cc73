/* witness_new.c - what one state has and an earlier one has not.
 *
 * Nodes are content-addressed: in one store what both tries hold is one node, and a walk down both
 * at once may stop wherever it meets it. */
#include <assert.h>

#include "models/vm/trie_node.h"
#include "models/vm/witness.h"

/* Where in `known` a child of `node` might be found again: a guess, which costs bytes when it is
 * wrong. */
static const struct orr_trie_node *counterpart(const struct orr_trie_node *node,
                                               const struct orr_trie_node *known, unsigned i) {
    if (!known) return NULL;
    if (node->kind == known->kind) return known->links[i];
    if (node->kind == ORR_TRIE_ACCOUNT) return NULL;
    if (known->kind == ORR_TRIE_BRANCH) return known; /* a path was put before it */
    if (known->kind == ORR_TRIE_EXT) return known->links[0];
    return known; /* a leaf that has gone down a branch */
}

/* Ends: a trie is at most 64 nibbles deep, and a state's leaves have tries of storage. */
void orr_evm_witness_add_new(struct orr_evm_witness *w, struct orr_evm_store *store,
                             const struct orr_trie_node *root, const struct orr_trie_node *known) {
    if (!root || root == known) return;
    assert(root->kind != ORR_TRIE_MISSING);
    size_t len;
    if (root->ref_len == 32) { /* a shorter one is embedded in its parent */
        const uint8_t *encoding = orr_trie_encode(store, root, &len);
        orr_evm_witness_add_node(w, root->ref, encoding, len);
    }
    bool has_same = known && known->kind == ORR_TRIE_ACCOUNT && known->code == root->code;
    if (root->kind == ORR_TRIE_ACCOUNT && root->code && !has_same)
        orr_evm_witness_add_code(w, root->code);
    for (unsigned i = 0; i < orr_trie_n_links((enum orr_trie_kind)root->kind); i++)
        orr_evm_witness_add_new(w, store, root->links[i], counterpart(root, known, i));
}
