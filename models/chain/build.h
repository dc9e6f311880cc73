/* build.h - making a block: header from parent and attributes, transactions from a source until gas
 * or bytes run out, then the header's sums.
 *
 * What is built was run on the parent's state and becomes a link of the tree at once. */
#ifndef ORR_CHAIN_BUILD_H
#define ORR_CHAIN_BUILD_H

#include "models/chain/chain.h"

/* A transaction offered to a block; all lent until the source is asked again. */
struct orr_chain_offer {
    const struct orr_evm_tx *tx;
    const uint8_t *bytes; /* its own encoding (EIP-2718) */
    size_t len;
    const struct orr_evm_sender *sender; /* NULL: from its signature */
};

/* Where transactions come from, in order.  next: the one to try, NULL: no more.  tried: what became
 * of it (ORR_TX_GAS_ALLOWANCE_EXCEEDED too when its bytes have no room). */
struct orr_chain_source {
    void *ctx;
    const struct orr_chain_offer *(*next)(void *ctx);
    void (*tried)(void *ctx, enum orr_evm_tx_error error);
};

/* What a block on this parent will say before it is run: number, time, gas limit, base fee, blob
 * gas, by the rules of its fork.  Extra data is lent from the attributes. */
void orr_chain_next_header(const struct orr_chain *chain, const struct orr_chain_link *parent,
                           const struct orr_engine_attributes *attributes,
                           struct orr_evm_header *header);

/* Builds a block of at most max_bytes (0: ORR_MAX_BLOCK_BYTES) from a header of
 * orr_chain_next_header: the attributes' transactions, then those of the source (NULL: none). *link
 * is the block.  0; ORR_EINVAL: a system contract of the chain is missing, so that there can be no
 * block; ORR_ELIMIT: max_open. */
int orr_chain_build(struct orr_chain *chain, struct orr_chain_link *parent,
                    struct orr_evm_header *header, const struct orr_engine_attributes *attributes,
                    struct orr_chain_source *source, uint64_t max_bytes,
                    struct orr_chain_link **link);
#endif
