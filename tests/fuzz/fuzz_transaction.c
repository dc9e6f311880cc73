/* Any bytes as a transaction: what decodes encodes to the same bytes, its rules and its signature
 * can be asked for under every fork, and nothing is left behind. */
#include <stdio.h>
#include <stdlib.h>

#include "models/vm/transaction.h"
#include "sim/base/memory.h"

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct orr_heap heap;
    struct orr_evm_tx tx;
    orr_heap_init(&heap);
    if (!orr_evm_tx_decode(&heap.mem, data, len, &tx)) {
        struct orr_rlp_writer w = {.mem = &heap.mem};
        struct orr_address sender;
        orr_evm_tx_encode(&tx, &w);
        MUST(w.len == len && !memcmp(w.bytes, data, len));
        for (int fork = 0; fork < ORR_N_FORKS; fork++) {
            MUST(orr_evm_tx_check(&tx, (enum orr_evm_fork)fork, 6) < ORR_TX_N_ERRORS);
            MUST(orr_evm_tx_check_gas(&tx, NULL, (enum orr_evm_fork)fork) < ORR_TX_N_ERRORS);
        }
        orr_evm_tx_sender(&heap.mem, &tx, ORR_FORK_OSAKA, &tx.chain_id, &sender);
        for (size_t i = 0; i < tx.n_authorizations && i < 4; i++)
            orr_evm_tx_authority(&heap.mem, &tx.authorizations[i], &sender);
        orr_rlp_free(&w);
        orr_evm_tx_free(&heap.mem, &tx);
    }
    MUST(heap.used_bytes == 0);
    return 0;
}
