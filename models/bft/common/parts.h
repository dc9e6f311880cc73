/* parts.h - large values travel in parts.
 *
 * A value is cut into as few parts as a bound on their size allows, all of one size but for the
 * last, which may be shorter; so its bytes and their number say how it is cut.  Each part comes
 * with its audit path to the root of their tree (RFC 6962): whoever knows the root checks a part
 * alone, and takes parts in any order from anyone. */
#ifndef ORR_MODELS_BFT_COMMON_PARTS_H
#define ORR_MODELS_BFT_COMMON_PARTS_H

#include "models/protocol.h"

/* 1,024 parts of at most 256 KiB: a value fits the largest message buffer. */
enum { ORR_MAX_PARTS = 1024, ORR_MAX_PART_BYTES = 1 << 18 };

/* One part's message: height u64 | index u32 | n u32 | path_len u8 | path | bytes */
struct orr_part {
    uint64_t height;      /* or slot: what the value is for; not 0 */
    uint32_t index, n;
    uint32_t len;
    const uint8_t *bytes; /* into the message */
    uint8_t root[32];     /* that its path leads to */
};

/* Cuts a value into parts of kind `kind` with at most max_size bytes of it: parts[] gets *n_parts
 * new messages (at most ORR_MAX_PARTS); root is theirs. */
void orr_parts_split(const struct orr_msg *value, uint64_t height, uint32_t max_size,
                     uint16_t kind, struct orr_pool *pool, struct orr_msg **parts,
                     uint32_t *n_parts, uint8_t root[32]);
/* The decoded form of a part's message, kept with it; NULL: malformed. */
struct orr_part *orr_part_of(struct orr_msg *m, struct orr_pool *pool);
/* Bytes of a value of `len` bytes in each of its n parts but the last. */
static inline uint32_t orr_parts_size(uint32_t len, uint32_t n) { return (len + n - 1) / n; }
/* The value that n parts of one root carry; NULL: it is not cut as a value is.  It is kept with the
 * first part's message, since the root says what it is: all receivers of that message share it.
 * The reference is the caller's. */
struct orr_msg *orr_parts_join(struct orr_msg **parts, uint32_t n, struct orr_pool *pool);
#endif
