/* inflate.h - a channel's data, inflated and bounded while it inflates.
 *
 * ethereum-optimism/specs, protocol/derivation.md, "Channel Format", protocol/fjord/derivation.md,
 * "Brotli Channel Compression": a channel is a zlib stream (RFC 1950), or from Fjord on a byte 1
 * and a brotli stream.  Real batchers end a stream with a sync flush and no checksum, so what
 * inflates is taken, whatever the end is like. */
#ifndef ORR_ROLLUP_INFLATE_H
#define ORR_ROLLUP_INFLATE_H

#include "models/base/rlp.h"

enum { ORR_CHANNEL_RLP_MAX = 10000000, ORR_CHANNEL_RLP_MAX_FJORD = 100000000 };
enum orr_compression { ORR_COMPRESSION_ZLIB, ORR_COMPRESSION_BROTLI };

struct orr_inflated {
    enum orr_compression compression;
    bool is_whole;  /* the stream has its end, and its checksum fits */
    bool is_broken; /* it ended at bytes that are none of such a stream */
    bool is_cut;    /* there was more than max_bytes */
};

/* Appends at most max_bytes to out.  Returns 0, ORR_EUNSUPPORTED: the first byte names no
 * compression (brotli only with `fjord`), or ORR_EFORMAT: empty input. */
int orr_channel_inflate(const uint8_t *bytes, size_t len, bool fjord, size_t max_bytes,
                        struct orr_rlp_writer *out, struct orr_inflated *how);
/* Appends bytes[len] as a channel: zlib at its best, or brotli with its version byte. */
int orr_channel_deflate(const uint8_t *bytes, size_t len, enum orr_compression compression,
                        struct orr_rlp_writer *out);
#endif
