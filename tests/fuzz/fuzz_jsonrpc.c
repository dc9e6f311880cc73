/* Any bytes as the body of a JSON-RPC request, and as the parameters of a method that the first
 * byte chooses, on a chain of two blocks: an answer in JSON or none, and the chain as it was. */
#include <stdio.h>
#include <stdlib.h>

#include "models/chain/genesis.h"
#include "sim/base/memory.h"
#include "sim/cli/rpc/rpc.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *const methods[] = {
#define RPC_METHOD(name, least, most) #name,
#include "sim/cli/rpc/methods.def"
#undef RPC_METHOD
};
enum { N_METHODS = sizeof methods / sizeof methods[0] };

static struct orr_heap heap;
static struct orr_chain *chain;
static struct orr_jsonrpc *rpc;

static void begin(void) {
    static const struct orr_chain_options options = {
        .keep = UINT64_MAX, .max_open = UINT32_MAX, .has_receipts = true, .recovers_once = true};
    const struct orr_chain_genesis_config config = {.fork = ORR_FORK_PRAGUE,
                                                    .chain_id = 1337,
                                                    .gas_limit = 36000000,
                                                    .base_fee = 1000,
                                                    .n_accounts = 2};
    orr_heap_init(&heap);
    struct orr_chain_genesis *genesis = orr_chain_genesis_new(&config, 1, &heap.mem);
    chain = orr_chain_new(&genesis->blocks, &genesis->configs[ORR_FORK_PRAGUE], &options,
                          &genesis->header, orr_evm_state_fork(genesis->state));
    struct orr_engine_attributes attributes = {.time = 5};
    struct orr_engine_block block;
    MUST(!orr_chain_engine.build(chain, orr_chain_hash(chain->head), &attributes, &block));
    MUST(!orr_chain_engine.choose(chain, &block.hash, &block.hash, &block.hash));
    rpc = orr_jsonrpc_new(chain, ORR_JSONRPC_MAX_RANGE, true);
}

static void ask(const char *text, size_t len) {
    struct orr_hash head = *orr_chain_hash(chain->head);
    char *answer = orr_jsonrpc_answer(rpc, text, len);
    if (answer) {
        json_t *json = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
        MUST(json_is_object(json) || json_is_array(json));
        json_decref(json);
    }
    free(answer);
    MUST(orr_hash_equal(head, *orr_chain_hash(chain->head)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (!rpc) begin();
    ask((const char *)data, len);
    if (!len || len > 4096) return 0;
    char *text = orr_xrealloc(NULL, len + 200);
    int n =
        snprintf(text, len + 200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":[",
                 methods[data[0] % N_METHODS]);
    memcpy(text + n, data + 1, len - 1);
    memcpy(text + n + len - 1, "]}", 2);
    ask(text, (size_t)n + len + 1);
    free(text);
    return 0;
}
