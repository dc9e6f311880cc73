/* call.h - one request under way: its parameters as values, and what is wrong with it.
 *
 * A method takes a call and returns its result (a new reference), or NULL after orr_jsonrpc_fail,
 * or NULL after it has written its result to call->text. The readers below return false or NULL
 * after they have failed the call. */
#ifndef ORR_SIM_CLI_RPC_CALL_H
#define ORR_SIM_CLI_RPC_CALL_H

#include "models/vm/block.h"
#include "sim/cli/rpc/rpc.h"
#include "sim/base/json.h"
#include "sim/cli/vm/json_write.h"

enum orr_jsonrpc_code {
    ORR_JSONRPC_PARSE = -32700,
    ORR_JSONRPC_REQUEST = -32600,
    ORR_JSONRPC_METHOD = -32601,
    ORR_JSONRPC_PARAMS = -32602,
    ORR_JSONRPC_SERVER = -32000,
    ORR_JSONRPC_REVERTED = 3,
};

struct orr_jsonrpc_filter;
struct orr_jsonrpc_text;

struct orr_jsonrpc {
    struct orr_chain *chain; /* lent */
    struct orr_mem *mem;     /* the chain's */
    uint64_t max_range;
    bool has_states;
    bool is_head_final;         /* latest stands for safe and finalized, of which none is known */
    bool (*refresh)(void *ctx); /* NULL: the chain stays as it is */
    void *ctx;
    struct orr_jsonrpc_filter *filters; /* a list, the newest first */
    uint64_t n_filters;                 /* that were ever made */
    struct orr_jsonrpc_pooled {
        uint8_t *bytes;
        size_t len;
        struct orr_hash hash;
        struct orr_address sender;
        uint64_t nonce;
    } * pool; /* what eth_sendRawTransaction took, in order */
    size_t n_pool, pool_cap;
};

struct orr_jsonrpc_call {
    struct orr_jsonrpc *rpc;
    const json_t *params; /* an array */
    int code;             /* 0: nothing is wrong */
    char message[ORR_JSONRPC_MESSAGE_BYTES];
    json_t *data; /* beside the message; NULL: nothing */
    struct orr_jsonrpc_text *text;
};

json_t *orr_jsonrpc_fail(struct orr_jsonrpc_call *call, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- parameters: the i-th, from 0 ---- */

/* NULL when it is absent or null. */
const json_t *orr_jsonrpc_param(const struct orr_jsonrpc_call *call, size_t i);
bool orr_jsonrpc_param_hash(struct orr_jsonrpc_call *call, size_t i, struct orr_hash *hash);
bool orr_jsonrpc_param_address(struct orr_jsonrpc_call *call, size_t i,
                               struct orr_address *address);
bool orr_jsonrpc_param_number(struct orr_jsonrpc_call *call, size_t i, uint64_t *number);
bool orr_jsonrpc_param_flag(struct orr_jsonrpc_call *call, size_t i, bool is_required, bool *flag);
bool orr_jsonrpc_param_bytes(struct orr_jsonrpc_call *call, size_t i, struct orr_buffer *bytes);

/* A QUANTITY: "0x", digits, no leading zero.  NULL, or what is wrong with it (static). */
const char *orr_jsonrpc_quantity(const json_t *json, struct orr_u256 *value);
const char *orr_jsonrpc_number(const json_t *json, uint64_t *value);

/* ---- blocks ---- */

/* Which block a parameter names: a number, a tag (earliest, latest, pending, safe, finalized), or,
 * with may_be_hash, a hash or an object {blockNumber} or {blockHash, requireCanonical}; absent: the
 * latest, unless it is required.  False: the call has failed.  *link is NULL when there is no such
 * block. */
enum orr_jsonrpc_block_form {
    ORR_JSONRPC_BY_NUMBER = 0,
    ORR_JSONRPC_MAY_BE_HASH = 1,
    ORR_JSONRPC_REQUIRED = 2
};
bool orr_jsonrpc_param_block(struct orr_jsonrpc_call *call, size_t i, unsigned form,
                             struct orr_chain_link **link);
/* The same of a value that stands elsewhere; json may be NULL. */
bool orr_jsonrpc_block_named(struct orr_jsonrpc_call *call, const json_t *json, unsigned form,
                             struct orr_chain_link **link);
/* Fails with -32000 when there is no such block. */
bool orr_jsonrpc_param_state(struct orr_jsonrpc_call *call, size_t i, struct orr_chain_link **link);

/* A member of an object parameter. */
static inline const json_t *orr_jsonrpc_member(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

/* The place of a transaction in the head's branch; false: there is none such. */
struct orr_jsonrpc_place {
    struct orr_chain_link *link;
    uint32_t i;
};
bool orr_jsonrpc_find_tx(struct orr_jsonrpc *rpc, const struct orr_hash *hash,
                         struct orr_jsonrpc_place *place);

/* The methods themselves. */
#define RPC_METHOD(name, least, most) json_t *orr_jsonrpc_##name(struct orr_jsonrpc_call *call);
#include "sim/cli/rpc/methods.def"
#undef RPC_METHOD
#endif
