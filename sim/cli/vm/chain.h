/* chain.h - a tree of blocks from a genesis block on: each block is decoded, checked and run on its
 * parent's state, and kept when it is valid.
 *
 *     struct orr_vm_chain chain = {.config = &config, .mem = mem, .executor = executor};
 *     orr_vm_chain_begin(&chain);
 *     ... fill chain.links[0]: state, header, hash, total_difficulty ...
 *     struct orr_vm_block_verdict verdict = orr_vm_chain_import(&chain, bytes);
 *     orr_vm_chain_end(&chain);
 */
#ifndef ORR_SIM_CLI_VM_CHAIN_H
#define ORR_SIM_CLI_VM_CHAIN_H

#include "models/vm/block.h"
#include "sim/cli/vm/json.h"

/* One block that was accepted.  Of the genesis block only header, hash and state are needed. */
struct orr_vm_link {
    struct orr_vm_link *parent;
    struct orr_evm_header header;
    struct orr_hash hash;
    struct orr_u256 total_difficulty;
    struct orr_evm_state *state;
    struct orr_evm_block block;
    struct orr_buffer bytes; /* what block and header lend from */
};

struct orr_vm_chain {
    const struct orr_evm_chain_config *config; /* lent */
    struct orr_mem *mem;
    struct orr_evm_executor *executor;
    struct orr_evm_store *store;
    struct orr_vm_link **links; /* the genesis block first */
    size_t n_links, links_cap;
    struct orr_vm_link *head;
};

/* What became of one block: OK, or why it is refused; tx_error says which rule a transaction broke
 * when that was the reason, or would have been. */
struct orr_vm_block_verdict {
    enum orr_evm_block_error error;
    enum orr_evm_tx_error tx_error;
};

/* Makes the store and the link of the genesis block, which leads and has an empty state. */
void orr_vm_chain_begin(struct orr_vm_chain *chain);
/* Imports one block's encoding, which is moved in.  A block that is there already is OK. */
struct orr_vm_block_verdict orr_vm_chain_import(struct orr_vm_chain *chain,
                                                struct orr_buffer bytes);
void orr_vm_chain_end(struct orr_vm_chain *chain);

/* The name and the text of a refusal: the transaction's fault where it was one. */
const char *orr_vm_verdict_name(struct orr_vm_block_verdict verdict);
const char *orr_vm_verdict_text(struct orr_vm_block_verdict verdict);
#endif
