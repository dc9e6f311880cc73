/* step_tree.h - what a step machine commits to, and how: preimages found by their Keccak-256, byte
 * strings as Merkle trees, lists as hash chains.
 *
 * A string is cut into chunks of 256 bytes, the last one filled up with zeros, which are the leaves
 * of a binary tree of 65,536; chunks behind the end are zeros.  So a memory that grows keeps its
 * root.  A leaf of code begins with one byte more: where in the chunk its first instruction begins,
 * which is what the validity of a jump into it rests on.  A chain's head is keccak(rlp([head of the
 * rest, item])); that of no item is 32 zero bytes. */
#ifndef ORR_ROLLUP_STEP_TREE_H
#define ORR_ROLLUP_STEP_TREE_H

#include "models/base/rlp.h"
#include "models/vm/blobs.h"

enum {
    ORR_STEP_CHUNK_BYTES = 256,
    ORR_STEP_LEVELS = 16,
    ORR_STEP_STRING_MAX = 8 << 20, /* of memory, input and return data in a proof: 135 million gas
                                      of memory, more than a block has; a verifier gives no more */
};

/* Preimages: its own, and those of who stands behind it, which are noted when they are used. */
struct orr_preimages {
    struct orr_mem *mem;
    struct orr_evm_blobs own;
    const struct orr_preimages *behind; /* lent; NULL: nobody */
    struct orr_evm_blobs used; /* of those behind, in order of first use; bytes are lent */
};
struct orr_hash orr_preimage_put(struct orr_preimages *p, const void *bytes, size_t len);
/* The bytes, lent until p ends; NULL and *len 0 if they are not known. */
const uint8_t *orr_preimage_get(struct orr_preimages *p, const struct orr_hash *hash, size_t *len);
void orr_preimages_free(struct orr_preimages *p);

/* ---- chains ---- */

struct orr_step_chain {
    struct orr_hash head;
    uint64_t n;
};
void orr_step_chain_push(struct orr_preimages *p, struct orr_step_chain *chain, const void *item,
                         size_t len);
/* Takes the last item off: lent as above; NULL, *len 0, and the chain as it was, if it is not known
 * or no link of a chain. */
const uint8_t *orr_step_chain_pop(struct orr_preimages *p, struct orr_step_chain *chain,
                                  size_t *len);

/* ---- strings ---- */

struct orr_step_string {
    uint64_t len;
    struct orr_hash root;
};

/* The roots of trees of zeros, by level. */
struct orr_step_zeros {
    struct orr_hash at[ORR_STEP_LEVELS + 1];
};
void orr_step_zeros_init(struct orr_step_zeros *zeros);

/* Commits to a whole string; its nodes go to `to`, which may be NULL. */
struct orr_step_string orr_step_string(struct orr_mem *mem, struct orr_preimages *to,
                                       const struct orr_step_zeros *zeros, const uint8_t *bytes,
                                       size_t len, bool is_code);

/* A string of which only some chunks are here. */
struct orr_step_part {
    struct orr_step_string was;
    uint8_t *known; /* [n_chunks] 1: its bytes are here */
    size_t n_chunks;
};
void orr_step_part_init(struct orr_mem *mem, struct orr_step_part *part,
                        const struct orr_step_string *was);
void orr_step_part_free(struct orr_mem *mem, struct orr_step_part *part);
/* Brings the chunks with [from, from + len) to bytes, which have room for was.len; what lies behind
 * the last chunk is nothing.  For code, first[chunk] gets where its first instruction begins.
 * false: a node is not known, or none. */
bool orr_step_part_load(struct orr_preimages *p, const struct orr_step_zeros *zeros,
                        struct orr_step_part *part, uint64_t from, uint64_t len, uint8_t *bytes,
                        uint8_t *first);
/* The string as it is in bytes[len] (len >= was.len), where all that has changed is known or behind
 * the last chunk that it had.  false: a node is not known. */
bool orr_step_part_update(struct orr_preimages *p, const struct orr_step_zeros *zeros,
                          const struct orr_step_part *part, const uint8_t *bytes, size_t len,
                          struct orr_step_string *out);
#endif
