/* quorum.h - how many are enough, and which rank a node has among those who vote.
 *
 * Of n votes (or of so much voting power) at most f = (n - 1) / 3 may be a liar's.  Two quorums of
 * more than 2/3 have more than 1/3 in common, so a correct voter is in both: they cannot say
 * different things.  More than 1/3 holds at least one correct voter. */
#ifndef ORR_MODELS_BFT_COMMON_QUORUM_H
#define ORR_MODELS_BFT_COMMON_QUORUM_H

#include "models/protocol.h"

/* The least number that is more than 2/3 of n: 2f + 1 when n = 3f + 1. */
static inline uint64_t orr_quorum(uint64_t n) {
    return (uint64_t)((unsigned __int128)n * 2 / 3) + 1;
}
/* The least number that is more than 1/3 of n: f + 1 when n = 3f + 1. */
static inline uint64_t orr_one_correct(uint64_t n) { return n / 3 + 1; }

/* The rank of a node in a cohort, 0..n-1 in ascending order of nodes, or ORR_NOBODY.  O(log n). */
static inline uint32_t orr_rank(const struct orr_cohort *cohort, orr_peer node) {
    uint32_t low = 0, high = cohort->n;
    while (low < high) { /* ends: the span is halved */
        uint32_t mid = low + (high - low) / 2;
        if (cohort->members[mid] < node) low = mid + 1;
        else high = mid;
    }
    return low < cohort->n && cohort->members[low] == node ? low : ORR_NOBODY;
}
#endif
