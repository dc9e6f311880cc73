/* host.h - the machine's host over a struct orr_evm_state: what evm.h asks of a host, for one
 * transaction at a time.  The outermost call is begun and ended by its owner (execute.c) through
 * the same two functions that the machine uses for nested ones. */
#ifndef ORR_EVM_HOST_H
#define ORR_EVM_HOST_H

#include "models/vm/evm.h"
#include "models/vm/precompile.h"
#include "models/vm/rollup.h"

/* Gives the hash of block `number`, one of the 256 before the current one; zero when not known. */
struct orr_evm_block_hashes {
    void *ctx;
    void (*get)(void *ctx, uint64_t number, struct orr_hash *hash);
};

/* A precompile that is to be found at another address than its own, or none (NULL) at this one:
 * what a call that is only asked about may move (execution-apis, "movePrecompileToAddress"). */
struct orr_evm_moved {
    struct orr_address address;
    const struct orr_evm_precompile *precompile;
};

/* A host for one transaction.  Fill mem, state, fork, rollup, tx and hashes, then call
 * orr_evm_host_init. */
struct orr_evm_state_host {
    struct orr_evm_host table; /* what orr_evm_execute takes */
    struct orr_mem *mem;      /* for precompiles */
    struct orr_evm_state *state;
    enum orr_evm_fork fork;
    enum orr_evm_rollup rollup;
    struct orr_evm_tx_context tx;
    struct orr_evm_block_hashes hashes;
    const struct orr_evm_moved *moved; /* [n_moved] lent; usually none */
    size_t n_moved;
    bool tells_transfers; /* a log of the machine's own for each (is_transfer) */
    void *marked_ctx; /* of who is told, right before a call's changes begin: they are undone */
    void (*marked)(void *ctx); /* if it fails, what came before is not.  NULL: nobody is      */
    uint8_t *output; /* of the last precompile */
    size_t output_len;
};

/* Connects the table to the host, which must not move afterwards. */
void orr_evm_host_init(struct orr_evm_state_host *host);
/* Gives the last precompile's output back. */
void orr_evm_host_end(struct orr_evm_state_host *host);

/* evm.h's call_begin and call_end.  For the transaction's own creation the sender's nonce is
 * already incremented: call orr_evm_host_begin_create with the nonce before that. */
enum orr_evm_begin orr_evm_host_begin_call(struct orr_evm_state_host *host,
                                           struct orr_evm_message *msg,
                                           const struct orr_evm_code **code,
                                           struct orr_evm_result *result);
enum orr_evm_begin orr_evm_host_begin_create(struct orr_evm_state_host *host,
                                             struct orr_evm_message *msg, uint64_t nonce,
                                             struct orr_evm_result *result);
void orr_evm_host_end_call(struct orr_evm_state_host *host, const struct orr_evm_message *msg,
                           struct orr_evm_result *result);

/* EIP-7702: whether the account's code is 0xef0100 || target. */
bool orr_evm_host_delegation(struct orr_evm_state_host *host, const struct orr_address *address,
                             struct orr_address *target);

/* The address of a contract (Yellow Paper, eq. 88; EIP-1014). */
struct orr_address orr_evm_create_address(const struct orr_address *sender, uint64_t nonce);
struct orr_address orr_evm_create2_address(const struct orr_address *sender,
                                           const struct orr_hash *salt, const uint8_t *initcode,
                                           size_t len);
#endif
