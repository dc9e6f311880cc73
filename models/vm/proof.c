#include "models/vm/proof.h"

#include <assert.h>

#include "models/base/error.h"
#include "models/vm/trie_node.h"

/* ---- making ---- */

int orr_evm_proof_write(struct orr_evm_store *store, const struct orr_trie_node *root,
                        const uint8_t *nibbles, size_t n_nibbles, struct orr_rlp_writer *w) {
    size_t before = w->len, list = orr_rlp_list_begin(w), at = 0;
    for (const struct orr_trie_node *node = root; node;) { /* each turn takes a nibble or ends */
        bool is_named = node == root || node->ref_len == 32;
        node = orr_trie_visit(store, node);
        if (!node) {
            w->len = before;
            return ORR_ENOTFOUND;
        }
        size_t len, n = node->n_nibbles;
        const uint8_t *encoding = orr_trie_encode(store, node, &len);
        if (is_named) orr_rlp_write_string(w, encoding, len); /* else its parent holds it */
        bool fits = n <= n_nibbles - at && !memcmp(orr_trie_path(node), nibbles + at, n);
        bool is_leaf = node->kind == ORR_TRIE_LEAF || node->kind == ORR_TRIE_ACCOUNT;
        at += fits ? n : 0;
        if (!fits || is_leaf || (node->kind == ORR_TRIE_BRANCH && at == n_nibbles)) break;
        node = node->kind == ORR_TRIE_EXT ? node->links[0] : node->links[nibbles[at++]];
    }
    orr_rlp_list_end(w, list);
    return 0;
}

/* ---- verifying ---- */

/* Where the walk stands: the node in hand, and the nodes that were not used yet. */
struct walk {
    struct orr_rlp_reader nodes;
    const uint8_t *nibbles;
    size_t left;
};

enum step { STEP_ON, STEP_FOUND, STEP_ABSENT, STEP_BAD };

/* Hex-prefix: whether the node's path is what the key goes on with, which is then taken. */
static enum step take_path(struct walk *walk, const struct orr_rlp_item *hp, bool *is_leaf) {
    if (hp->is_list || !hp->len || hp->payload[0] >> 6) return STEP_BAD;
    bool odd = hp->payload[0] & 0x10;
    *is_leaf = hp->payload[0] & 0x20;
    if (!odd && (hp->payload[0] & 15)) return STEP_BAD;
    size_t n = 2 * (hp->len - 1) + odd;
    if (!n && !*is_leaf) return STEP_BAD;
    if (n > walk->left) return STEP_ABSENT;
    for (size_t i = 0; i < n; i++) {
        size_t half = i + 2 - odd; /* in halves of bytes from the start */
        uint8_t byte = hp->payload[half / 2];
        if ((half & 1 ? byte & 15 : byte >> 4) != walk->nibbles[i]) return STEP_ABSENT;
    }
    walk->nibbles += n;
    walk->left -= n;
    return STEP_ON;
}

/* From one node to the reference of the next, or to the value. */
static enum step take_node(struct walk *walk, struct orr_rlp_item node, struct orr_rlp_item *next) {
    struct orr_rlp_reader r = orr_rlp_reader(node.payload, node.len);
    struct orr_rlp_item items[17];
    size_t n = 0;
    if (!node.is_list) return STEP_BAD;
    while (orr_rlp_more(&r) && n < 17) items[n++] = orr_rlp_read(&r);
    if (!orr_rlp_done(&r)) return STEP_BAD;
    if (n == 17) {
        bool ends = walk->left == 0;
        *next = ends ? items[16] : items[*walk->nibbles];
        if (ends && next->is_list) return STEP_BAD;
        if (ends) return next->len ? STEP_FOUND : STEP_ABSENT;
        walk->nibbles++;
        walk->left--;
        return next->len || next->is_list ? STEP_ON : STEP_ABSENT;
    }
    bool is_leaf = false;
    enum step step = n == 2 ? take_path(walk, &items[0], &is_leaf) : STEP_BAD;
    if (step != STEP_ON) return step;
    *next = items[1];
    if (!is_leaf) return STEP_ON;
    if (walk->left) return STEP_ABSENT;
    return next->is_list || !next->len ? STEP_BAD : STEP_FOUND;
}

/* The next node of the proof, which must have this hash. */
static bool next_node(struct walk *walk, const uint8_t hash[32], struct orr_rlp_item *node) {
    size_t len;
    const uint8_t *bytes = orr_rlp_read_string(&walk->nodes, &len);
    if (!bytes || walk->nodes.bad) return false;
    struct orr_hash own = orr_keccak256(bytes, len);
    struct orr_rlp_reader r = orr_rlp_reader(bytes, len);
    *node = orr_rlp_read(&r);
    return !memcmp(own.bytes, hash, 32) && orr_rlp_done(&r);
}

int orr_evm_proof_verify(const struct orr_hash *root, const void *key, size_t len,
                         const uint8_t *proof, size_t proof_len, const uint8_t **value,
                         size_t *value_len) {
    uint8_t nibbles[ORR_TRIE_MAX_NIBBLES];
    assert(2 * len <= sizeof nibbles);
    orr_trie_nibbles(nibbles, key, len);
    struct orr_rlp_reader all = orr_rlp_reader(proof, proof_len);
    struct walk walk = {orr_rlp_read_list(&all), nibbles, 2 * len};
    struct orr_rlp_item node, next = {.len = 0};
    if (!orr_rlp_done(&all)) return ORR_EFORMAT;
    enum step step = STEP_ABSENT;
    if (!orr_hash_equal(*root, orr_trie_empty_hash)) {
        if (!next_node(&walk, root->bytes, &node)) return ORR_EFORMAT;
        step = take_node(&walk, node, &next);
    }
    while (step == STEP_ON) { /* each turn takes a node of the proof or goes deeper into one */
        if (next.is_list)
            node = next;
        else if (next.len != 32 || !next_node(&walk, next.payload, &node))
            return ORR_EFORMAT;
        step = take_node(&walk, node, &next);
    }
    if (step == STEP_BAD || !orr_rlp_done(&walk.nodes)) return ORR_EFORMAT;
    *value = step == STEP_FOUND ? next.payload : NULL;
    *value_len = step == STEP_FOUND ? next.len : 0;
    return 0;
}

/* ---- states ---- */

int orr_evm_state_prove_account(struct orr_evm_state *state, const struct orr_address *address,
                                struct orr_rlp_writer *w) {
    uint8_t nibbles[64];
    struct orr_hash key = orr_keccak256(address->bytes, sizeof address->bytes);
    orr_trie_nibbles(nibbles, key.bytes, 32);
    return orr_evm_proof_write(orr_evm_state_store(state), orr_evm_state_trie(state), nibbles, 64,
                               w);
}

int orr_evm_state_prove_slot(struct orr_evm_state *state, const struct orr_address *address,
                             const struct orr_u256 *key, struct orr_rlp_writer *w) {
    struct orr_evm_store *store = orr_evm_state_store(state);
    uint8_t nibbles[64];
    struct orr_trie_value account;
    struct orr_hash hash = orr_keccak256(address->bytes, sizeof address->bytes);
    orr_trie_nibbles(nibbles, hash.bytes, 32);
    int error = orr_trie_get(store, orr_evm_state_trie(state), nibbles, 64, &account);
    if (error) return error;
    hash = orr_u256_to_hash(*key);
    hash = orr_keccak256(hash.bytes, 32);
    orr_trie_nibbles(nibbles, hash.bytes, 32);
    return orr_evm_proof_write(store, account.storage, nibbles, 64, w);
}

int orr_evm_proof_verify_account(const struct orr_hash *root, const struct orr_address *address,
                                 const uint8_t *proof, size_t len, bool *exists,
                                 struct orr_evm_account *account) {
    struct orr_hash key = orr_keccak256(address->bytes, sizeof address->bytes);
    const uint8_t *value;
    size_t value_len;
    int error = orr_evm_proof_verify(root, key.bytes, 32, proof, len, &value, &value_len);
    if (!error && value_len) error = orr_evm_account_decode(value, value_len, account);
    if (!error) *exists = value_len != 0;
    return error;
}

int orr_evm_proof_verify_slot(const struct orr_hash *storage_root, const struct orr_u256 *key,
                              const uint8_t *proof, size_t len, struct orr_u256 *value) {
    struct orr_hash hash = orr_u256_to_hash(*key);
    const uint8_t *bytes;
    size_t n;
    hash = orr_keccak256(hash.bytes, 32);
    int error = orr_evm_proof_verify(storage_root, hash.bytes, 32, proof, len, &bytes, &n);
    if (error) return error;
    struct orr_u256 v = orr_u256_from_u64(0);
    if (n) {
        struct orr_rlp_reader r = orr_rlp_reader(bytes, n);
        v = orr_rlp_read_u256(&r);
        if (!orr_rlp_done(&r)) return ORR_EFORMAT;
    }
    *value = v;
    return 0;
}
