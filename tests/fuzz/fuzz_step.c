/* Proofs of a step: any bytes, and the proofs of a small block's steps with bytes changed that
 * still hang together.  Nothing crashes, and memory stays bounded and is given back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/step.h"
#include "models/rollup/step_tree.h"
#include "sim/base/memory.h"
#include "tests/models/rollup/hostile_proof.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PROOFS_MAX = 256 };
static struct orr_heap kept;
static struct orr_rlp_writer proofs[PROOFS_MAX];
static size_t n_proofs;

/* Stores, reads, logs, hashes, calls itself once with a value that it lacks, returns. */
static const uint8_t code[] = {
    0x60, 5, 0x60, 1, 0x55, 0x60, 0, 0x60, 1, 0x55, 0x60, 1, 0x54, 0x60, 7, 0x5d, 0x60, 32, 0x60, 0,
    0xa0, 0x60, 9, 0x60, 64, 0x52, 0x60, 96, 0x60, 0, 0x20, 0x50, 0x60, 0, 0x35, 0x60, 0, 0x60, 0,
    0x60, 4, 0x60, 0, 0x60, 99, 0x30, 0x61, 0xff, 0xff, 0xf1, 0x60, 32, 0x60, 8, 0x60, 0, 0x39,
    0x60, 32, 0x60, 0, 0x60, 4, 0x60, 0, 0x60, 0, 0x60, 4, 0x61, 0xff, 0xff, 0xf1,
    0x3d, 0x60, 0, 0x60, 0, 0x3e, 0x60, 32, 0x60, 0, 0xf3};

static void make_proofs(void) {
    static const struct orr_address contract = {{0xc0}};
    static struct orr_l2_chain chain;
    static struct orr_evm_header parent = {.number = 5, .timestamp = 1000, .gas_limit = 30000000};
    struct orr_rollup_config config = {.block_time = 2, .l2_chain_id = 901, .elasticity = 6,
                                       .denominator = 50, .denominator_canyon = 250,
                                       .isthmus_time = UINT64_MAX};
    orr_heap_init(&kept);
    orr_l2_chain_init(&chain, &config);
    struct orr_evm_store *store = orr_evm_store_create(&kept.mem);
    struct orr_evm_state *state = orr_evm_state_create(store);
    orr_evm_state_begin_tx(state);
    orr_evm_state_set_code(state, &contract, code, sizeof code);
    orr_evm_state_end_tx(state, ORR_FORK_PARIS);
    struct orr_evm_deposit d = {.to = contract, .mint = orr_u256_from_u64(9), .gas = 300000,
                                .data = code, .data_len = 40};
    struct orr_rlp_writer written = {.mem = &kept.mem};
    orr_evm_deposit_write(&d, &written);
    struct orr_rollup_tx tx = {written.bytes, written.len};
    struct orr_l2_attributes attributes = {.timestamp = 1002, .gas_limit = 30000000, .txs = &tx,
                                           .n_txs = 1};
    struct orr_l2_parent p = {&config, &chain, &parent, {{1}}, {NULL, NULL}};
    struct orr_evm_executor *executor = orr_evm_executor_create(&kept.mem);
    struct orr_stepper *m;
    MUST(!orr_step_create(executor, state, &p, &attributes, &m));
    while (!orr_step_is_over(m) && n_proofs < PROOFS_MAX) {
        proofs[n_proofs] = (struct orr_rlp_writer){.mem = &kept.mem};
        MUST(!orr_step_prove(m, &proofs[n_proofs++]));
    }
    MUST(orr_step_is_over(m));
    orr_step_destroy(m);
    orr_evm_state_destroy(state);
    orr_evm_executor_destroy(executor);
    orr_evm_store_destroy(store);
    orr_rlp_free(&written);
}

/* data: a step's number, then an item, a place and a byte for each change. */
static void try_changed(struct orr_heap *heap, const uint8_t *data, size_t len) {
    struct hostile h;
    struct orr_step_shown shown;
    struct orr_rlp_writer w = {.mem = &heap->mem};
    const struct orr_rlp_writer *proof = &proofs[data[0] % n_proofs];
    hostile_open(&h, proof->bytes, proof->len);
    for (size_t i = 1; i + 4 <= len && i < 33; i += 4)
        hostile_change(&h, data[i], (uint32_t)data[i + 1] << 8 | data[i + 2], data[i + 3]);
    hostile_write(&h, &w);
    (void)orr_step_verify(&heap->mem, w.bytes, w.len, &shown);
    orr_rlp_free(&w);
    hostile_free(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    struct orr_step_shown shown;
    if (!n_proofs) make_proofs();
    orr_heap_init(&heap);
    MUST(orr_step_verify(&heap.mem, data, len, &shown) || len > 64);
    if (len) try_changed(&heap, data, len);
    MUST(!heap.used_bytes);
    return 0;
}
