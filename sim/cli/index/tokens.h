/* tokens.h - what token contracts say of themselves: name() and symbol() of ERC-20, ERC-721 and
 * ERC-1155 contracts, decimals() of ERC-20 ones (EIP-20, EIP-721), asked of a node or of a chain
 * that was executed, as eth_call of the youngest indexed block. */
#ifndef ORR_SIM_CLI_INDEX_TOKENS_H
#define ORR_SIM_CLI_INDEX_TOKENS_H

#include <jansson.h>
#include <stdbool.h>

#include "sim/index/db.h"

/* call: answers eth_call with these parameters (taken): its output, or NULL: it has none, or, with
 * *is_lost, nobody answers any more. */
struct orr_token_source {
    json_t *(*call)(void *ctx, json_t *params, bool *is_lost);
    void *ctx;
};

/* Asks each token of the file that has not been asked, in one transaction; *n: how many.  An answer
 * that is not strictly what the ABI says counts as none.  A source that has no state of the block,
 * or is lost, leaves all to be asked another time.  Returns 0 or what the file does. */
int orr_index_ask_tokens(struct orr_index_db *db, const struct orr_token_source *source, size_t *n);
#endif
