/* Any JSON as a genesis.json and as hive's variables: a first block, or a reason that fits its
 * buffer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/store.h"
#include "sim/base/memory.h"
#include "sim/cli/chain/forkenv.h"
#include "sim/cli/vm/fixture.h"
#include "sim/genesis/alloc.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void make_block(const json_t *genesis) {
    static struct orr_genesis_config config; /* it points into itself */
    struct orr_heap heap;
    struct orr_evm_header header;
    struct orr_buffer extra = {NULL, 0};
    char why[ORR_GENESIS_WHY_BYTES] = "", fault[128] = "";
    orr_heap_init(&heap);
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_evm_state *state = orr_evm_state_create(store);
    int error = orr_genesis_config(json_object_get(genesis, "config"), &config, why);
    MUST(!error || why[0]);
    if (!error) error = orr_genesis_state(json_object_get(genesis, "alloc"), state, fault);
    struct orr_hash root = orr_evm_state_root(state);
    if (!error) error = orr_genesis_header(genesis, &config.chain, &root, &header, &extra, why);
    if (!error) orr_evm_header_hash(&heap.mem, &header);
    MUST(!error || why[0] || fault[0]);
    free(extra.bytes);
    orr_evm_state_destroy(state);
    orr_evm_store_destroy(store);
    MUST(heap.used_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    json_error_t error;
    char why[ORR_GENESIS_WHY_BYTES] = "";
    json_t *json = json_loadb((const char *)data, len, JSON_ALLOW_NUL, &error);
    if (!json) return 0;
    if (json_is_object(json)) make_block(json);
    json_t *config = json_object();
    int bad = orr_forkenv_apply(json, config, why);
    MUST(!bad || why[0]);
    json_decref(config);
    json_decref(json);
    return 0;
}
