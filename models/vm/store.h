/* store.h - the memory that all states of one process (or thread) share: trie nodes and code, each
 * kept once and found by the Keccak-256 hash of its content.
 *
 * Everything in it is immutable and reference-counted: it goes when its last user does.  A thousand
 * simulated nodes whose states have equal roots hold one root node; a node that runs a block ahead
 * adds the paths that the block changed and nothing else.
 *
 * A store may be partial: made from a witness (models/vm/witness.h), it knows some nodes by hash
 * only, and reading through such a node is ORR_ENOTFOUND. */
#ifndef ORR_EVM_STORE_H
#define ORR_EVM_STORE_H

#include "models/base/keccak_memo.h"
#include "models/base/mem.h"
#include "models/base/words.h"
#include "models/vm/evm.h"

struct orr_evm_store;
struct orr_trie_node;
struct orr_evm_witness;

/* An empty store; mem is kept and must outlive it. */
struct orr_evm_store *orr_evm_store_create(struct orr_mem *mem);
/* All states and tries that live in the store must be gone. */
void orr_evm_store_destroy(struct orr_evm_store *store);
struct orr_mem *orr_evm_store_mem(const struct orr_evm_store *store);

/* Many will do the same work in it, one after another, as simulated nodes that run one block: from
 * now on what it takes to find that work done is remembered (8 MiB, and 16 bytes a node).  Results
 * are the same with and without.  The store must be empty. */
void orr_evm_store_remember(struct orr_evm_store *store);
/* What such a store remembers of Keccak-256; NULL: nothing. */
struct orr_keccak_memo *orr_evm_store_hashes(const struct orr_evm_store *store);

/* What the store holds now: for memory tests and reports. */
struct orr_evm_store_size {
    size_t n_nodes, n_codes, bytes;
};
struct orr_evm_store_size orr_evm_store_size(const struct orr_evm_store *store);

/* One code, with its analysis for each fork that ran it.  bytes[0..len) is immutable. */
struct orr_evm_stored_code {
    struct orr_hash hash;
    uint32_t refs;
    size_t len;
    uint8_t *bytes;
    struct orr_evm_code *analysis[ORR_N_FORKS]; /* NULL until first asked for */
};

/* The hash of no code at all. */
extern const struct orr_hash orr_evm_code_empty_hash;

/* The code with these bytes (copied), one reference more for the caller.  NULL when len is 0. */
struct orr_evm_stored_code *orr_evm_code_intern(struct orr_evm_store *store, const uint8_t *bytes,
                                                size_t len);
/* The code with this hash, one reference more; NULL when the store has none. */
struct orr_evm_stored_code *orr_evm_code_find(struct orr_evm_store *store,
                                              const struct orr_hash *hash);
struct orr_evm_stored_code *
orr_evm_code_retain(struct orr_evm_stored_code *code); /* NULL is allowed */
void orr_evm_code_release(struct orr_evm_store *store,
                          struct orr_evm_stored_code *code); /* NULL is allowed */
/* The code ready to run under a fork; analysed at most once per fork, lent while the code lives. */
const struct orr_evm_code *orr_evm_code_analysis(struct orr_evm_store *store,
                                                 struct orr_evm_stored_code *code,
                                                 enum orr_evm_fork fork);
#endif
