/* rpc.h - Ethereum's JSON-RPC over an execution chain: a request as text in, its answer as text
 * out.  JSON-RPC 2.0; ethereum/execution-apis, "eth", "debug", "txpool" and "testing" namespaces.
 *
 *     struct orr_jsonrpc *rpc = orr_jsonrpc_new(chain, max_range, true);
 *     char *answer = orr_jsonrpc_answer(rpc, text, len);       // free() it; NULL: nothing to say
 *
 * Codes of errors: -32700 no JSON, -32600 no request, -32601 no such method, -32602 parameters, 3 a
 * call reverted (its output in `data`), -32000 what the chain has not, -380xx eth_simulateV1's own.
 * No request changes the chain or a file; what eth_sendRawTransaction takes waits in a pool of the
 * server's own. */
#ifndef ORR_SIM_CLI_RPC_RPC_H
#define ORR_SIM_CLI_RPC_RPC_H

#include <jansson.h>

#include "models/chain/chain.h"

enum {
    ORR_JSONRPC_MAX_BATCH = 1000,    /* requests */
    ORR_JSONRPC_MAX_BYTES = 4 << 20, /* of a request or a batch */
    ORR_JSONRPC_MAX_DEPTH = 64,      /* of arrays and objects in each other */
    ORR_JSONRPC_MAX_RANGE = 100000,  /* blocks of eth_getLogs, unless the server says otherwise */
    ORR_JSONRPC_MAX_LOGS = 100000,   /* in one answer */
    ORR_JSONRPC_CALL_GAS = 50000000, /* what a call may use, as in go-ethereum */
    ORR_JSONRPC_MESSAGE_BYTES = 320,
};

struct orr_jsonrpc;

/* chain: lent, with receipts, and no longer changed by others while a request is answered.  Without
 * has_states what asks for accounts is refused. */
struct orr_jsonrpc *orr_jsonrpc_new(struct orr_chain *chain, uint64_t max_range, bool has_states);
void orr_jsonrpc_free(struct orr_jsonrpc *rpc);

/* Before each request refresh(ctx) may change the chain; it returns whether it is known which
 * blocks are safe and final: the chain's own.  Without a refresh, and when it is not, latest stands
 * for both. */
void orr_jsonrpc_follow(struct orr_jsonrpc *rpc, bool (*refresh)(void *ctx), void *ctx);

/* Answers the body of one HTTP request: a request or a batch.  The text ends with a NUL and is the
 * caller's to free(); NULL: notifications alone, to which nothing is answered. */
char *orr_jsonrpc_answer(struct orr_jsonrpc *rpc, const char *text, size_t len);
#endif
