/* Any bytes to any precompile: byte 0 picks the contract, byte 1 the fork, the rest is the input.
 * Every call within a block's worth of gas must end, give back its memory, and keep its promise
 * about outputs; the allocator is exact, so a sanitizer sees every over-read. */
#include <stdio.h>
#include <stdlib.h>

#include "models/vm/precompile.h"
#include "sim/base/memory.h"

enum { GAS_LIMIT = 2000000 }; /* keeps one call in the milliseconds */

#define MUST(condition)                                                     \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len < 2) return 0;
    size_t n = 0;
    while (orr_evm_precompile_at(n)) n++;
    const struct orr_evm_precompile *p = orr_evm_precompile_at(data[0] % n);
    enum orr_evm_fork fork = p->since + data[1] % (ORR_N_FORKS - p->since);
    uint8_t address[20] = {[18] = (uint8_t)(p->number >> 8), [19] = (uint8_t)p->number};
    MUST(orr_evm_precompile_find(fork, address) == p);

    const uint8_t *in = len > 2 ? data + 2 : NULL;
    uint64_t gas = p->gas(fork, in, len - 2);
    if (gas > GAS_LIMIT) return 0;
    struct orr_heap heap;
    orr_heap_init(&heap);
    uint8_t mark, *out = &mark;
    size_t out_len = 77;
    int error = p->run(&heap.mem, fork, in, len - 2, &out, &out_len);
    MUST(error <= 0);
    if (error) {
        MUST(out == &mark && out_len == 77);
    } else {
        MUST((out == NULL) == (out_len == 0));
        uint8_t sum = 0; /* reads all of it */
        for (size_t i = 0; i < out_len; i++) sum ^= out[i];
        *(volatile uint8_t *)&mark = sum;
        orr_free(&heap.mem, out, out_len);
    }
    MUST(heap.used_bytes == 0);
    return 0;
}
