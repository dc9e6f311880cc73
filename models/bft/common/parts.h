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
 * new messages (at most ORR_MAX_PARTS); root is theirs.  The first part keeps a reference to the
 * value: whoever has all parts need not put it together again, and shares its decoded form, if it
 * has got one before the first part is sent. */
void orr_parts_split(struct orr_msg *value, uint64_t height, uint32_t max_size, uint16_t kind,
                     struct orr_pool *pool, struct orr_msg **parts, uint32_t *n_parts,
                     uint8_t root[32]);
/* Gives a message its form, if it is a part. */
void orr_part_decode(struct orr_msg *m, struct orr_pool *pool);
/* The form of a part's message; NULL: malformed. */
const struct orr_part *orr_part_of(const struct orr_msg *m);
/* Bytes of a value of `len` bytes in each of its n parts but the last. */
static inline uint32_t orr_parts_size(uint32_t len, uint32_t n) { return (len + n - 1) / n; }
/* The value that the first part keeps, lent, or NULL. */
struct orr_msg *orr_parts_whole(struct orr_msg *const *parts);
/* The value that n parts of one root carry, put together in a message of the caller's own; NULL: it
 * is not cut as a value is. */
struct orr_msg *orr_parts_join(struct orr_msg *const *parts, uint32_t n, struct orr_pool *pool);
#endif
