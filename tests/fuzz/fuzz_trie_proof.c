/* Any bytes as a Merkle proof and as a witness, under the root that their first node names, so that
 * the walk goes on past the first hash.  A state from such a witness is read and changed. */
#include <stdio.h>
#include <stdlib.h>

#include "models/vm/proof.h"
#include "models/vm/witness.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The hash of the first string in a list. */
static struct orr_hash first_hash(struct orr_rlp_reader list) {
    size_t len;
    const uint8_t *bytes = orr_rlp_read_string(&list, &len);
    return orr_keccak256(bytes, len);
}

static void try_proof(const uint8_t *key, const uint8_t *data, size_t len) {
    struct orr_rlp_reader r = orr_rlp_reader(data, len);
    struct orr_hash root = first_hash(orr_rlp_read_list(&r));
    const uint8_t *value = NULL;
    size_t value_len = 0;
    for (size_t key_len = 0; key_len <= 4; key_len += 2)
        if (!orr_evm_proof_verify(&root, key, key_len, data, len, &value, &value_len) && value_len)
            MUST(value >= data && value + value_len <= data + len);
    struct orr_evm_account account;
    struct orr_address address = {{0}};
    bool exists;
    orr_evm_proof_verify_account(&root, &address, data, len, &exists, &account);
}

static void use_state(struct orr_evm_state *state, const uint8_t *key) {
    struct orr_u256 slot = orr_u256_from_u64(key[0]), value = orr_u256_from_u64(key[1]);
    for (uint8_t i = 0; i < 4; i++) {
        struct orr_address address = {{i}};
        orr_evm_state_balance(state, &address);
        orr_evm_state_code(state, &address);
        orr_evm_state_storage(state, &address, &slot);
    }
    orr_evm_state_begin_tx(state);
    struct orr_address address = {{key[2] & 3}};
    orr_evm_state_add_balance(state, &address, value);
    orr_evm_state_set_storage(state, &address, &slot, &value);
    orr_evm_state_end_tx(state, ORR_FORK_CANCUN);
    orr_evm_state_root(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    enum { KEY = 4 };
    if (len < KEY) return 0;
    const uint8_t *key = data;
    data += KEY;
    len -= KEY;
    try_proof(key, data, len);
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rlp_reader r = orr_rlp_reader(data, len), all = orr_rlp_read_list(&r);
    struct orr_hash root = first_hash(orr_rlp_read_list(&all));
    struct orr_evm_store *store;
    struct orr_trie_node *trie;
    if (!orr_evm_witness_open(&heap.mem, data, len, &root, &store, &trie)) {
        struct orr_evm_state *state = orr_evm_state_open(store, trie);
        use_state(state, key);
        orr_evm_state_destroy(state);
        orr_evm_store_destroy(store);
    }
    MUST(heap.used_bytes == 0);
    return 0;
}
