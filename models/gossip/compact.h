/* compact.h - blocks of a relay like Bitcoin's, and their announcement by short ids.
 *
 * BIP 152 (compact block relay, M. Corallo 2016), as far as a relay whose transactions mean nothing
 * needs it: a node that has a block's transactions already is sent 6 bytes for each, asks for those
 * that it lacks, and puts the block together itself.
 *
 * A block is a header of 80 bytes, a number of transactions u32, and each transaction's length u32
 * and bytes; the first is the coinbase, which nobody has before.  A block's id is its message's
 * orr_msg_hash, which in a compact block stands in its header where Bitcoin's has the hash of the
 * block before (bytes 4 to 36, zero in a block itself).  Numbers are little-endian.
 *
 *   compact    header 80, nonce u64, n u32, n - 1 short ids of 6 bytes, coinbase length u32,
 * coinbase ask        id 32, k u32, k places u32, ascending missing    id 32, k u32, k times length
 * u32 and bytes
 *
 * BIP 152 writes its numbers as CompactSize, which takes one to three bytes; its short ids are
 * SipHash-2-4 of a transaction's id under a key from header and nonce, which here is orr_hash64. */
#ifndef ORR_GOSSIP_COMPACT_H
#define ORR_GOSSIP_COMPACT_H

#include "models/gossip/payloads.h"
#include "models/gossip/rpc.h"

enum {
    ORR_BLOCK_HEADER = 80,
    ORR_BLOCK_LEAST = ORR_BLOCK_HEADER + 8, /* a block whose coinbase is empty     */
    ORR_BLOCK_TXS_MAX = 4096,
    ORR_SHORT_ID = 6,
    ORR_HASH_BYTES = 32 /* of which a simulated one uses 8 */
};

/* ---- blocks ---- */

/* The transactions of a block, in order. */
struct orr_txs {
    const uint8_t *p, *end;
    uint32_t left; /* transactions, the coinbase among them */
};
/* false: it is no block.  When it is, each of orr_txs_next gives one more, lent. */
bool orr_txs_read(const struct orr_msg *m, struct orr_txs *r);
bool orr_txs_next(struct orr_txs *r, struct orr_blob *tx);

/* ---- compact blocks ---- */

/* A compact block as it came, lent. */
struct orr_compact {
    uint64_t id, key;      /* of the block; of its short ids        */
    const uint8_t *header; /* [ORR_BLOCK_HEADER]                    */
    const uint8_t *ids;    /* [n - 1] of ORR_SHORT_ID bytes each    */
    struct orr_blob coinbase;
    uint32_t n; /* transactions, the coinbase among them */
};
/* block: one that orr_txs_read reads; its transactions are known as messages of kind `tx`. */
struct orr_msg *orr_compact_make(const struct orr_msg *block, uint16_t kind, uint16_t tx,
                                 uint64_t nonce, struct orr_pool *pool);
/* false: it is malformed. */
bool orr_compact_read(const struct orr_msg *m, struct orr_compact *c);

/* Whose transactions a node finds in its payloads: txs[c->n], NULL where it has none (places[k] of
 * those but the coinbase, ascending), lent.  Returns how many are missing.  Of two that have one
 * short id neither is taken, as BIP 152 has it. */
uint32_t orr_compact_find(const struct orr_compact *c, const struct orr_payloads *payloads,
                          uint16_t tx, struct orr_msg **txs, uint32_t *places);
/* The block, of kind `block`, from transactions that are all there (but txs[0]); or NULL: it is not
 * the one whose id was announced. */
struct orr_msg *orr_compact_fill(const struct orr_compact *c, struct orr_msg *const *txs,
                                 uint16_t block, struct orr_pool *pool);

/* ---- asking for what is missing ---- */

struct orr_msg *orr_compact_ask(uint64_t id, const uint32_t *places, uint32_t n, uint16_t kind,
                                struct orr_pool *pool);
/* false: it is malformed. */
bool orr_compact_ask_read(const struct orr_msg *m, uint64_t *id, uint32_t *n);
/* The i-th place of one that was read. */
uint32_t orr_compact_ask_place(const struct orr_msg *m, uint32_t i);
/* What was asked for; NULL: the block has no such transactions. */
struct orr_msg *orr_compact_answer(const struct orr_msg *block, const struct orr_msg *ask,
                                   uint16_t kind, struct orr_pool *pool);
/* Reads an answer to `ask`: txs[k] of each place, new messages of kind `tx`.  false: it is
 * malformed, or answers something else; nothing is made. */
bool orr_compact_answer_read(const struct orr_msg *m, const struct orr_msg *ask, uint16_t tx,
                             struct orr_msg **txs, struct orr_pool *pool);
#endif
