/* frame.h - frames: pieces of channels as batcher transactions carry them.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Batch Submission Wire Format": a batcher
 * transaction is a version byte 0 and one frame after the other; a frame is channel id (16), frame
 * number (2), length (4), data, and whether it is the channel's last (1). */
#ifndef ORR_ROLLUP_FRAME_H
#define ORR_ROLLUP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"
#include "models/base/rlp.h"

enum {
    ORR_CHANNEL_ID_BYTES = 16,
    ORR_FRAME_OVERHEAD_BYTES = 23,
    ORR_FRAME_DATA_MAX = 1000000, /* MAX_FRAME_LEN */
    ORR_BATCHER_VERSION = 0
};

struct orr_frame {
    uint8_t channel[ORR_CHANNEL_ID_BYTES];
    uint16_t number;
    bool is_last;
    const uint8_t *data; /* [len], lent */
    uint32_t len;
};

/* Why a batcher transaction is refused as a whole; in a few words, static storage. */
struct orr_frame_fault {
    size_t at; /* byte of the input */
    const char *what;
};

/* The frames of bytes[len], which begin behind the version byte.  *frames[*n] belongs to the
 * caller (orr_free, *n of them); one bad frame refuses all: ORR_EFORMAT, with *fault filled. */
int orr_frames_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                    struct orr_frame **frames, size_t *n, struct orr_frame_fault *fault);
/* The same of a batcher transaction's data, version byte first. */
int orr_batcher_data_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                          struct orr_frame **frames, size_t *n, struct orr_frame_fault *fault);
/* Appends a frame's bytes; data is at most ORR_FRAME_DATA_MAX. */
void orr_frame_write(struct orr_rlp_writer *w, const struct orr_frame *frame);

/* ---- a channel put together ---- */

/* Frames of one channel by number, as they come. */
struct orr_channel {
    struct orr_mem *mem;
    uint8_t id[ORR_CHANNEL_ID_BYTES];
    struct orr_frame *frames; /* [n_frames] by number */
    size_t n_frames, cap;
    bool is_closed;           /* its last frame is there */
    uint16_t last;            /* and has this number     */
};

void orr_channel_init(struct orr_channel *channel, struct orr_mem *mem,
                      const uint8_t id[ORR_CHANNEL_ID_BYTES]);
void orr_channel_fini(struct orr_channel *channel);
/* Takes a frame of this channel, whose data stays lent.  Returns NULL, or why it is ignored: a
 * number that is there, a second end, a number behind the end ("Channel Bank").  Frames behind an
 * end that comes late are dropped. */
const char *orr_channel_add(struct orr_channel *channel, const struct orr_frame *frame);
/* All frames from 0 to the last are there. */
bool orr_channel_is_ready(const struct orr_channel *channel);
/* Its data in order; of a channel that is not ready, up to the first gap.  Appends to w. */
void orr_channel_write_data(const struct orr_channel *channel, struct orr_rlp_writer *w);
#endif
