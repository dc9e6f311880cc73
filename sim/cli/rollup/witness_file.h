/* witness_file.h - what a block's execution reads, as one file: an RLP list of strings, in any
 * order: trie nodes, codes and headers, each found by its Keccak-256.  It may be gzipped. */
#ifndef ORR_SIM_CLI_ROLLUP_WITNESS_FILE_H
#define ORR_SIM_CLI_ROLLUP_WITNESS_FILE_H

#include "models/vm/host.h"
#include "models/vm/header.h"
#include "sim/base/json.h"

struct orr_witness_file {
    struct orr_buffer bytes; /* the list, unpacked */
    size_t n_items;
    struct orr_hash *hashes;      /* [n_items] */
    struct orr_rlp_item *items;   /* [n_items] */
    struct orr_evm_header parent; /* where the search for ancestors begins */
    struct orr_hash parent_hash;
};

/* Reads it.  Returns 0, or 2 after a message; orr_witness_file_free afterwards. */
int orr_witness_file_read(const char *verb, const char *path, struct orr_witness_file *file);
void orr_witness_file_free(struct orr_witness_file *file);
/* The state of that root.  0, or ORR_EFORMAT, ORR_ENOTFOUND as orr_evm_witness_open has it. */
int orr_witness_file_open(const struct orr_witness_file *file, struct orr_mem *mem,
                          const struct orr_hash *root, struct orr_evm_store **store,
                          struct orr_trie_node **trie);
/* For struct orr_evm_block_hashes; ctx is the file, with parent and parent_hash set. */
void orr_witness_file_block_hash(void *ctx, uint64_t number, struct orr_hash *hash);
#endif
