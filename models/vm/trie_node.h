/* trie_node.h - the nodes behind trie.h; only trie*.c, proof.c and witness.c include it. */
#ifndef ORR_EVM_TRIE_NODE_H
#define ORR_EVM_TRIE_NODE_H

#include "models/base/rlp.h"
#include "models/vm/trie.h"

/* Which links, path and value a node has. */
enum orr_trie_kind {
    ORR_TRIE_LEAF,    /* path, value                                            */
    ORR_TRIE_ACCOUNT, /* a leaf that also holds links[0] = storage, and code    */
    ORR_TRIE_EXT,     /* path (never empty), links[0] = a branch                */
    ORR_TRIE_BRANCH,  /* links[0..16), value when value_len > 0; two or more of these seventeen */
    ORR_TRIE_MISSING, /* only the hash is known (partial stores)                */
};

/* Immutable once made.  Where ref_len is 32, ref is the node's Keccak-256 and the node is in the
 * store's table; below 32, ref holds the node's whole encoding, which its parent embeds (Yellow
 * Paper, eq. 197: c(J, i)). */
struct orr_trie_node {
    uint32_t refs;
    uint8_t kind;
    uint8_t ref_len;
    uint16_t n_nibbles;
    uint32_t value_len;
    uint32_t size;   /* of this allocation */
    uint32_t shape;  /* hash of links, path and value, in a store that remembers */
    uint16_t height; /* nibbles of the longest key below, own path included */
    uint8_t ref[32];
    struct orr_evm_stored_code *code;
    struct orr_trie_node
        *links[]; /* 16, 1 or 0 of them; then the path, one nibble a byte; then the value */
};

/* One place in the store's table of nodes; tag is the first 8 bytes of the hash, or the shape. */
struct orr_trie_slot {
    uint64_t tag;
    struct orr_trie_node *node;
};

/* A list whose root was worked out: its items one after another.  n 0: none. */
struct orr_trie_list {
    size_t n, len;
    size_t *lens;   /* [n] */
    uint8_t *bytes; /* [len] */
    struct orr_hash root;
};
/* Blocks in the making at once, each with transactions and receipts; longer lists than this are
 * not remembered. */
enum { ORR_TRIE_LISTS = 8, ORR_TRIE_MAX_LIST_BYTES = 8 << 20 };

struct orr_evm_store {
    struct orr_mem *mem;
    bool is_partial;
    struct orr_evm_witness *recorder; /* when set, every node that is visited goes there */
    struct orr_trie_slot *nodes;      /* open addressing by hash */
    size_t n_nodes, nodes_cap;
    /* Of a store that remembers: the same nodes by what they are made of, so that making one again
     * takes neither its encoding nor its hash. */
    struct orr_trie_slot *shapes; /* [nodes_cap] open addressing by shape */
    struct orr_keccak_memo *hashes;
    struct orr_trie_list lists[ORR_TRIE_LISTS];
    size_t next_list;
    struct orr_evm_stored_code **codes;
    size_t n_codes, codes_cap;
    size_t bytes;                  /* of nodes and codes */
    struct orr_rlp_writer scratch; /* the encoding in hand */
};

static inline unsigned orr_trie_n_links(enum orr_trie_kind kind) {
    return kind == ORR_TRIE_BRANCH ? 16 : kind == ORR_TRIE_EXT || kind == ORR_TRIE_ACCOUNT ? 1 : 0;
}
static inline uint8_t *orr_trie_path(const struct orr_trie_node *node) {
    return (uint8_t *)(node->links + orr_trie_n_links(node->kind));
}
static inline uint8_t *orr_trie_node_value(const struct orr_trie_node *node) {
    return orr_trie_path(node) + node->n_nibbles;
}

/* Node makers: each moves the child references in, hashes the node, and returns the store's own
 * copy of it with one reference for the caller. */
struct orr_trie_node *orr_trie_make_leaf(struct orr_evm_store *store, const uint8_t *path,
                                         size_t n_nibbles, const struct orr_trie_entry *entry);
struct orr_trie_node *orr_trie_make_ext(struct orr_evm_store *store, const uint8_t *path,
                                        size_t n_nibbles, struct orr_trie_node *child);
struct orr_trie_node *orr_trie_make_branch(struct orr_evm_store *store,
                                           struct orr_trie_node *const children[16],
                                           const uint8_t *value, size_t value_len);
struct orr_trie_node *orr_trie_make_missing(struct orr_evm_store *store, const uint8_t hash[32]);

/* The node's RLP, in store->scratch until the next call. */
const uint8_t *orr_trie_encode(struct orr_evm_store *store, const struct orr_trie_node *node,
                               size_t *len);

void orr_trie_list_forget(struct orr_evm_store *store, struct orr_trie_list *list);

/* The node with this hash, lent; NULL when the store has none. */
struct orr_trie_node *orr_trie_find(const struct orr_evm_store *store, const uint8_t hash[32]);

/* Called for each node that a lookup or update passes: notes it for a witness that is being made.
 * Returns the node itself, or for a MISSING one the node that the store has come to know, or NULL.
 */
const struct orr_trie_node *orr_trie_visit(struct orr_evm_store *store,
                                           const struct orr_trie_node *node);

/* Takes apart a node that only the caller refers to: its links are the caller's now, its memory
 * goes. */
void orr_trie_dismantle(struct orr_evm_store *store, struct orr_trie_node *node);

/* Witness recording (witness.c). */
void orr_evm_witness_add_node(struct orr_evm_witness *w, const uint8_t hash[32],
                              const uint8_t *encoding, size_t len);
void orr_evm_witness_add_code(struct orr_evm_witness *w, const struct orr_evm_stored_code *code);
bool orr_evm_witness_has(const struct orr_evm_witness *w, const uint8_t hash[32]);
#endif
