/* frame.h - RPCs on a stream: each behind its length as an unsigned varint (multiformats: minimal,
 * at most 9 bytes; libp2p frames are bounded long before).
 *
 * A stream that breaks a rule is dead: what follows cannot be told apart. */
#ifndef ORR_GOSSIP_FRAME_H
#define ORR_GOSSIP_FRAME_H

#include "models/base/mem.h"
#include "models/gossip/rpc.h"

enum { ORR_FRAME_MAX_BYTES = 1 << 20 }; /* of an RPC: Go's limit */

/* One direction of a stream, as chunks arrive. */
struct orr_frames {
    struct orr_mem *mem;
    uint32_t max_len;
    uint8_t prefix[ORR_VARINT_MAX_BYTES];
    uint32_t n_prefix;      /* bytes of the prefix that are there     */
    uint8_t *body;          /* [len], of the frame that is on its way */
    uint32_t len, n_body;
    bool has_len, is_dead;
};

void orr_frames_init(struct orr_frames *f, struct orr_mem *mem, uint32_t max_len);
void orr_frames_fini(struct orr_frames *f);

/* Reads from chunk[*at..len) and moves *at ahead.  1: *frame is whole, lent until the next call;
 * 0: the chunk is used up; ORR_EFORMAT: the prefix is malformed; ORR_ELIMIT: a frame longer than
 * max_len is announced. */
int orr_frames_next(struct orr_frames *f, const uint8_t *chunk, uint32_t len, uint32_t *at,
                    struct orr_blob *frame);
/* May the stream end here, between two frames? */
bool orr_frames_may_end(const struct orr_frames *f);
#endif
