/* position.h - places in a dispute game's binary tree, by generalized index: the root is 1, the
 * children of g are 2g and 2g + 1.
 *
 * ethereum-optimism/specs, fault-proof/stage-one/fault-dispute-game.md, "Position".  A game is at
 * most 126 levels deep here (the published one has 73). */
#ifndef ORR_ROLLUP_POSITION_H
#define ORR_ROLLUP_POSITION_H

#include <assert.h>
#include <stdint.h>

enum { ORR_POSITION_DEPTH_MAX = 126 };

static inline uint32_t orr_position_depth(unsigned __int128 g) {
    assert(g);
    uint64_t high = (uint64_t)(g >> 64);
    return high ? 127 - (uint32_t)__builtin_clzll(high)
                : 63 - (uint32_t)__builtin_clzll((uint64_t)g);
}
/* From the left, from 0, among those of its depth. */
static inline unsigned __int128 orr_position_index(unsigned __int128 g) {
    return g ^ (unsigned __int128)1 << orr_position_depth(g);
}
/* The leaf that a claim at g commits to: the rightmost below it. */
static inline unsigned __int128 orr_position_trace_index(unsigned __int128 g, uint32_t max_depth) {
    uint32_t depth = orr_position_depth(g);
    assert(depth <= max_depth && max_depth <= ORR_POSITION_DEPTH_MAX);
    unsigned __int128 leaves = (unsigned __int128)1 << (max_depth - depth);
    return orr_position_index(g) * leaves + leaves - 1;
}
/* The claim that disagrees with g: about the left half of what g commits to. */
static inline unsigned __int128 orr_position_attack(unsigned __int128 g) { return 2 * g; }
/* The claim that agrees with g and disagrees with its parent: below g's right neighbour. */
static inline unsigned __int128 orr_position_defend(unsigned __int128 g) { return 2 * (g + 1); }
/* g as seen from its ancestor at that depth, which is then the root. */
static inline unsigned __int128 orr_position_relative(unsigned __int128 g, uint32_t ancestor) {
    uint32_t depth = orr_position_depth(g);
    assert(ancestor <= depth);
    unsigned __int128 top = (unsigned __int128)1 << (depth - ancestor);
    return top | (g & (top - 1));
}
#endif
