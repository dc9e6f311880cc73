/* channel_bank.h - from frames in the order of L1 to the data of channels, whole and in time.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Channel Bank"; protocol/canyon and granite
 * (reading, timeout); protocol/holocene/derivation.md, "Frame Queue" and "Channel Bank": one
 * channel at a time, frames in order. */
#ifndef ORR_ROLLUP_CHANNEL_BANK_H
#define ORR_ROLLUP_CHANNEL_BANK_H

#include "models/rollup/frame.h"
#include "models/rollup/validity.h"

enum { ORR_BANK_BYTES_MAX = 100000000, ORR_BANK_BYTES_MAX_FJORD = 1000000000,
       ORR_BANK_FRAME_BYTES = 200 /* that a frame counts beside its data */ };

struct orr_bank_channel;

struct orr_channel_bank {
    struct orr_mem *mem;
    const struct orr_rollup_config *config;
    struct orr_bank_channel **channels; /* [n] in the order in which they were opened */
    size_t n, cap, size_bytes;
    struct orr_rollup_l1_block origin;  /* the L1 block whose frames come now */
    uint64_t n_dropped_frames, n_dropped_channels; /* counted, as nobody else will tell */
};

void orr_channel_bank_init(struct orr_channel_bank *bank, struct orr_mem *mem,
                           const struct orr_rollup_config *config);
void orr_channel_bank_fini(struct orr_channel_bank *bank);

/* The frames that follow are of this L1 block.  What waits when Holocene begins goes. */
void orr_channel_bank_origin(struct orr_channel_bank *bank,
                             const struct orr_rollup_l1_block *origin);
/* Holocene: takes out of frames[*n], those of one transaction, what cannot be part of a channel:
 * the frames left are in order.  Returns how many were taken out. */
size_t orr_frames_prune(struct orr_frame *frames, size_t *n);
/* Takes a frame, whose data it copies. */
void orr_channel_bank_add(struct orr_channel_bank *bank, const struct orr_frame *frame);
/* The next channel that is ready: its data appended to w; false: there is none (yet). */
bool orr_channel_bank_read(struct orr_channel_bank *bank, struct orr_rlp_writer *w);
#endif
