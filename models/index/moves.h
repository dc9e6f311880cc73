/* moves.h - what the logs of a block move: tokens of ERC-20, ERC-721 and ERC-1155, and who is
 * named.
 *
 * A Transfer with three topics and a word of data is ERC-20's, one with four topics and no data
 * ERC-721's (both have the same signature); TransferSingle and TransferBatch are ERC-1155's.  What
 * looks like one and is not well formed (an address with more than 20 bytes, a batch of two
 * lengths) moves nothing.
 *
 * A balance is what the logs say: what came less what went, modulo 2^256, so that the balances of a
 * token sum to what was minted less what was burnt even when a contract's logs do not add up.  The
 * zero address, from which is minted and to which is burnt, has none. */
#ifndef ORR_INDEX_MOVES_H
#define ORR_INDEX_MOVES_H

#include "models/base/heap.h"
#include "models/index/block.h"
#include "models/index/sink.h"

enum orr_index_standard {
    ORR_INDEX_ERC20 = 20,
    ORR_INDEX_ERC721 = 721,
    ORR_INDEX_ERC1155 = 1155,
};

/* One thing that changes in a block; those with the same key are one change.  The key is the row's
 * without the number, and for an owner, of which the last one counts, its place in the block. */
struct orr_index_move {
    enum orr_index_table table; /* balances, owners or appearances */
    uint32_t key_len, order;
    uint8_t key[ORR_INDEX_MAX_KEY_BYTES];
    struct orr_u256 amount; /* to be added to a balance, modulo 2^256 */
    struct orr_address owner;
    uint32_t as;
};

struct orr_index_moves {
    struct orr_mem *mem;
    struct orr_index_move *moves;
    uint32_t n, cap;
    struct orr_places_heap heap;
    uint32_t derived; /* of the sink that they go to */
};

void orr_index_moves_init(struct orr_index_moves *moves, struct orr_mem *mem);
void orr_index_moves_fini(struct orr_index_moves *moves);

void orr_index_note_address(struct orr_index_moves *moves, const struct orr_address *address,
                            uint32_t as);
/* Puts the rows of `transfers` of a log, which is the place-th of its block, and notes what it
 * changes.  Returns what the sink does. */
int orr_index_note_log(struct orr_index_moves *moves, struct orr_index_sink *sink, uint64_t number,
                       uint64_t place, const struct orr_index_log *log);
/* Puts the rows of `balances`, `owners` and `appearances`, and forgets what was noted. */
int orr_index_moves_put(struct orr_index_moves *moves, struct orr_index_sink *sink,
                        uint64_t number);
#endif
