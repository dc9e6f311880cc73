/* verdict.h - a verdict in words and values: what the rule demands, what the block says. */
#ifndef ORR_CHAIN_VERDICT_H
#define ORR_CHAIN_VERDICT_H

#include "models/chain/chain.h"

/* Fills v->told from v->error and v->tx_error.  run: what execution came to, as far as it got;
 * block and run may be NULL when it came to nothing; parent too, when it is not known. */
void orr_chain_tell(const struct orr_chain *chain, const struct orr_chain_link *parent,
                    const struct orr_evm_block *block, const struct orr_chain_run *run,
                    struct orr_chain_verdict *v);
#endif
