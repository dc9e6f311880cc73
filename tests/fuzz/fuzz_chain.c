/* Any bytes as a block for a chain, as a transaction for its pool, and as all that a chain begins
 * with: refused with a rule, or valid and then there.  The first bytes also bend a good one, so
 * that the fuzzer gets past the hashes. */
#include <stdio.h>
#include <stdlib.h>

#include "models/chain/build.h"
#include "models/chain/genesis.h"
#include "models/chain/pool.h"
#include "models/chain/spec.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct orr_heap heap;
static struct orr_chain_genesis *genesis;
static uint8_t *good; /* a block with a transfer */
static size_t good_len;

static const struct orr_chain_options options = {
    .keep = 1, .max_open = 4, .has_receipts = true, .recovers_once = true};

static struct orr_chain *new_chain(void) {
    return orr_chain_new(&genesis->blocks, &genesis->configs[ORR_FORK_PRAGUE], &options,
                         &genesis->header, orr_evm_state_fork(genesis->state));
}

static void begin(void) {
    const struct orr_chain_genesis_config config = {.fork = ORR_FORK_PRAGUE,
                                                    .chain_id = 1337,
                                                    .gas_limit = 36000000,
                                                    .base_fee = 1000,
                                                    .n_accounts = 2};
    orr_heap_init(&heap);
    genesis = orr_chain_genesis_new(&config, 1, &heap.mem);
    struct orr_evm_tx tx = {.type = ORR_TX_FEE_MARKET,
                            .has_chain_id = true,
                            .chain_id = {{1337}},
                            .gas_limit = 21000,
                            .max_fee = {{100000}},
                            .to = genesis->keys[1].address,
                            .value = {{5}}};
    orr_wallet_sign(genesis->wallet, &heap.mem, &tx, &genesis->keys[0]);
    struct orr_rlp_writer w = {.mem = &heap.mem};
    orr_evm_tx_encode(&tx, &w);
    struct orr_engine_bytes given = {w.bytes, w.len};
    struct orr_engine_attributes a = {.time = 5, .txs = &given, .n_txs = 1};
    struct orr_engine_block block;
    struct orr_chain *chain = new_chain();
    MUST(!orr_chain_engine.build(chain, orr_chain_hash(chain->head), &a, &block));
    MUST(block.n_txs == 1);
    good = orr_alloc(&heap.mem, good_len = block.len);
    memcpy(good, block.bytes, block.len);
    orr_rlp_free(&w);
    orr_chain_free(chain);
}

static void import(const uint8_t *bytes, size_t len) {
    struct orr_chain *chain = new_chain();
    struct orr_chain_link *link, *again;
    struct orr_chain_verdict v = orr_chain_import(chain, bytes, len, &link);
    MUST(v.told.rule && v.told.text && (v.error == ORR_BLOCK_OK) == (link != NULL));
    MUST((v.told.status == ORR_ENGINE_VALID) == (link != NULL));
    if (link) {
        MUST(!orr_chain_import(chain, bytes, len, &again).error && again == link);
        MUST(!orr_chain_choose(chain, link, link, link));
    }
    MUST(chain->n == 1); /* nothing refused stays, and of final blocks one is kept */
    orr_chain_free(chain);
}

/* As a transaction at a pool's door. */
static void admit(const uint8_t *bytes, size_t len) {
    struct orr_pool msgs;
    struct orr_chain_pool pool;
    orr_pool_init(&msgs, &heap.mem);
    orr_pool_open(&pool, &heap.mem, &msgs, &genesis->blocks.accounts,
                  &(struct orr_chain_pool_limits){
                      .max_txs = 4, .max_bytes = 4096, .per_sender = 2, .takes_blobs = true});
    struct orr_msg *m = orr_msg_copy(&msgs, 0, bytes, (uint32_t)len);
    orr_chain_tx_decode(m, &genesis->configs[ORR_FORK_PRAGUE], ORR_FORK_PRAGUE, &heap.mem, &msgs,
                        NULL);
    struct orr_pool_admission a = orr_pool_add(&pool, m, &genesis->keys[0].address, genesis->state);
    MUST((a.refusal == ORR_POOL_NONE) == (pool.n_txs == 1));
    MUST(orr_chain_tx_of(m) || a.rule == ORR_TX_RLP_INVALID_VALUE);
    MUST((a.refusal == ORR_POOL_BAD) == (a.rule != ORR_TX_OK));
    orr_msg_unref(&msgs, m);
    orr_pool_close(&pool);
    orr_pool_fini(&msgs);
}

/* As a first block with its state: what is taken is written as the same bytes. */
static void start(const uint8_t *bytes, size_t len) {
    struct orr_evm_store *store = orr_evm_store_create(&heap.mem);
    struct orr_chain_spec spec;
    if (!orr_chain_spec_decode(bytes, len, store, &spec)) {
        struct orr_rlp_writer w = {.mem = &heap.mem};
        orr_chain_spec_encode(&w, &spec.config, &spec.header, spec.state);
        MUST(w.len == len && !memcmp(w.bytes, bytes, len));
        orr_rlp_free(&w);
        orr_chain_spec_free(&spec);
    }
    orr_evm_store_destroy(store);
}

static void start_bent(uint8_t high, uint8_t low, uint8_t change) {
    uint8_t *bent = orr_alloc(&heap.mem, genesis->spec_len);
    memcpy(bent, genesis->spec, genesis->spec_len);
    bent[(high << 8 | low) % genesis->spec_len] ^= change;
    start(bent, genesis->spec_len);
    orr_free(&heap.mem, bent, genesis->spec_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (!genesis) begin();
    start(data, len);
    if (len >= 3 && data[2] % 8 == 1) start_bent(data[0], data[1], data[2]);
    import(data, len);
    if (len <= ORR_MAX_TX_BYTES) admit(data, len);
    if (len >= 3) { /* a good block with one byte changed */
        uint8_t *bent = orr_alloc(&heap.mem, good_len);
        memcpy(bent, good, good_len);
        bent[(data[0] << 8 | data[1]) % good_len] ^= data[2];
        import(bent, good_len);
        orr_free(&heap.mem, bent, good_len);
    }
    orr_evm_state_trim(genesis->state);
    return 0;
}
