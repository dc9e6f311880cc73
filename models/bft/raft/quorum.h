/* quorum.h - how far a majority has got, and whether a vote is won: of a set of servers, or of two
 * sets that must both agree. */
#ifndef ORR_RAFT_QUORUM_H
#define ORR_RAFT_QUORUM_H

#include <stdint.h>

/* The least number that is more than half of n. */
static inline uint32_t orr_raft_majority(uint32_t n) { return n / 2 + 1; }

/* The greatest index that a majority of n servers has reached; 0 is the index of one of whom
 * nothing is known.  scratch: [n], overwritten.  A set without servers holds nothing back:
 * UINT64_MAX.  O(n) on average. */
uint64_t orr_raft_committed(const uint64_t *indexes, uint32_t n, uint64_t *scratch);

enum orr_raft_answer { ORR_RAFT_SILENT, ORR_RAFT_YES, ORR_RAFT_NO };
enum orr_raft_outcome { ORR_RAFT_PENDING, ORR_RAFT_WON, ORR_RAFT_LOST };

/* What the answers (enum orr_raft_answer) of n servers come to: lost as soon as no majority can say
 * yes any more.  A set without servers agrees. */
enum orr_raft_outcome orr_raft_count(const uint8_t *answers, uint32_t n);
#endif
