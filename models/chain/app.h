/* app.h - the execution chain as an application of a consensus (models/app.h): one block a height,
 * final at once.
 *
 * A decided block becomes one Ethereum block.  Of its header coinbase is the proposer's account,
 * prevRandao Keccak-256 of the parent's hash and the round in which the block before was decided,
 * timestamp the block's time in whole seconds (or the parent's + 1), extra data the height; the
 * rest follows from the parent and the transactions.  The claim in a proposal is the hash of that
 * block: a validator that comes to another one (another root, gas used, bloom; a transaction that
 * cannot run) refuses.  What was decided is executed by this node's own rules, whatever the claim.
 */
#ifndef ORR_CHAIN_APP_H
#define ORR_CHAIN_APP_H

#include "models/app.h"
#include "models/base/cost.h"
#include "models/chain/genesis.h"
#include "models/chain/pool.h"

struct orr_chain_app_config {
    enum orr_evm_fork fork;
    uint64_t gas_limit; /* that blocks move towards */
    uint32_t pool_txs, pool_per_sender;
    uint64_t pool_size; /* bytes */
    bool shares_runs;
    bool takes_blobs;
    struct orr_evm_flaws flaws;
};

struct orr_chain_app {
    const struct orr_env *env;
    const struct orr_chain_app_config *config; /* lent */
    struct orr_chain_genesis *genesis;         /* lent */
    const struct orr_evm_chain_config *rules;  /* genesis's of our fork */
    const struct orr_address *coinbases;       /* lent: by validator number */
    struct orr_chain *chain;
    struct orr_chain_pool pool;
    struct orr_chain_link *next; /* executed, to be committed; NULL: none */
    uint64_t n_refused;          /* transactions at the door */
};

void orr_chain_app_init(struct orr_chain_app *app, const struct orr_env *env,
                        struct orr_chain_genesis *genesis, const struct orr_address *coinbases,
                        const struct orr_chain_app_config *config);
void orr_chain_app_fini(struct orr_chain_app *app);

/* Final blocks are kept until this: all but the youngest go. */
static inline void orr_chain_app_forget(struct orr_chain_app *app) {
    orr_chain_forget(app->chain, 1);
}

extern const struct orr_app orr_chain_app;
#endif
