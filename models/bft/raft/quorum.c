#include "models/bft/raft/quorum.h"

#include <assert.h>
#include <string.h>

static void swap(uint64_t *a, uint64_t *b) {
    uint64_t c = *a;
    *a = *b;
    *b = c;
}

/* Hoare's selection: which number would stand at place k in descending order. */
uint64_t orr_raft_committed(const uint64_t *indexes, uint32_t n, uint64_t *scratch) {
    if (!n) return UINT64_MAX;
    memcpy(scratch, indexes, n * sizeof *scratch);
    uint32_t low = 0, high = n - 1, k = orr_raft_majority(n) - 1;
    while (low < high) { /* ends: the span shrinks */
        uint64_t pivot = scratch[low + (high - low) / 2];
        uint32_t i = low, j = high;
        while (i <= j) { /* ends: i grows or j falls */
            while (scratch[i] > pivot) i++;
            while (scratch[j] < pivot) j--;
            if (i > j) break;
            swap(&scratch[i], &scratch[j]);
            i++;
            if (!j--) break;
        }
        if (k <= j && j < n) high = j;
        else if (k >= i) low = i;
        else break;
    }
    return scratch[k];
}

enum orr_raft_outcome orr_raft_count(const uint8_t *answers, uint32_t n) {
    uint32_t n_yes = 0, n_no = 0;
    for (uint32_t i = 0; i < n; i++) {
        n_yes += answers[i] == ORR_RAFT_YES;
        n_no += answers[i] == ORR_RAFT_NO;
    }
    if (!n || n_yes >= orr_raft_majority(n)) return ORR_RAFT_WON;
    return n - n_no < orr_raft_majority(n) ? ORR_RAFT_LOST : ORR_RAFT_PENDING;
}
