#include "models/rollup/inflate.h"

#include <assert.h>
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "models/base/error.h"

enum { BROTLI_VERSION = 1, BROTLI_WINDOW = 22, CHUNK = 1 << 16, ZLIB_WINDOW = 15 };

/* The libraries free without a size: each block is told its own. */
struct head {
    size_t size;
    size_t unused; /* what follows is aligned to 16 bytes */
};

static void *give(void *ctx, size_t size) {
    struct head *head = orr_alloc(ctx, sizeof *head + size);
    head->size = size;
    return head + 1;
}

static void take(void *ctx, void *p) {
    if (!p) return;
    struct head *head = (struct head *)p - 1;
    orr_free(ctx, head, sizeof *head + head->size);
}

static voidpf zlib_give(voidpf ctx, uInt n, uInt size) { return give(ctx, (size_t)n * size); }

static int zlib_inflate(const uint8_t *bytes, size_t len, size_t max_bytes,
                        struct orr_rlp_writer *out, struct orr_inflated *how) {
    uint8_t chunk[CHUNK];
    z_stream z = {.zalloc = zlib_give, .zfree = take, .opaque = out->mem,
                  .next_in = (Bytef *)bytes, .avail_in = (uInt)len};
    if (inflateInit2(&z, ZLIB_WINDOW) != Z_OK) return ORR_EFORMAT;
    size_t n = 0;
    int rc = Z_OK;
    while (rc == Z_OK && !how->is_cut) {
        z.next_out = chunk;
        z.avail_out = CHUNK;
        rc = inflate(&z, Z_NO_FLUSH);
        size_t got = CHUNK - z.avail_out;
        how->is_cut = got > max_bytes - n;
        if (how->is_cut) got = max_bytes - n;
        orr_rlp_write_raw(out, chunk, got);
        n += got;
        if (rc == Z_BUF_ERROR || (rc == Z_OK && !z.avail_in && z.avail_out)) break;
    }
    how->is_whole = rc == Z_STREAM_END && !how->is_cut;
    how->is_broken = rc == Z_DATA_ERROR || rc == Z_NEED_DICT;
    inflateEnd(&z);
    return 0;
}

static int brotli_inflate(const uint8_t *bytes, size_t len, size_t max_bytes,
                          struct orr_rlp_writer *out, struct orr_inflated *how) {
    uint8_t chunk[CHUNK];
    BrotliDecoderState *state = BrotliDecoderCreateInstance(give, take, out->mem);
    if (!state) return ORR_EFORMAT;
    size_t n = 0;
    BrotliDecoderResult rc = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    while (rc == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT && !how->is_cut) {
        uint8_t *to = chunk;
        size_t room = CHUNK;
        rc = BrotliDecoderDecompressStream(state, &len, &bytes, &room, &to, NULL);
        size_t got = CHUNK - room;
        how->is_cut = got > max_bytes - n;
        if (how->is_cut) got = max_bytes - n;
        orr_rlp_write_raw(out, chunk, got);
        n += got;
    }
    how->is_whole = rc == BROTLI_DECODER_RESULT_SUCCESS && !how->is_cut;
    how->is_broken = rc == BROTLI_DECODER_RESULT_ERROR;
    BrotliDecoderDestroyInstance(state);
    return 0;
}

int orr_channel_inflate(const uint8_t *bytes, size_t len, bool fjord, size_t max_bytes,
                        struct orr_rlp_writer *out, struct orr_inflated *how) {
    if (!len) return ORR_EFORMAT;
    assert(len <= UINT_MAX);
    unsigned method = bytes[0] & 15;
    *how = (struct orr_inflated){.compression = ORR_COMPRESSION_ZLIB};
    if (method == 8 || method == 15) return zlib_inflate(bytes, len, max_bytes, out, how);
    if (bytes[0] != BROTLI_VERSION || !fjord) return ORR_EUNSUPPORTED;
    how->compression = ORR_COMPRESSION_BROTLI;
    return brotli_inflate(bytes + 1, len - 1, max_bytes, out, how);
}

/* ---- the other way ---- */

static int zlib_deflate(const uint8_t *bytes, size_t len, struct orr_rlp_writer *out) {
    uint8_t chunk[CHUNK];
    z_stream z = {.zalloc = zlib_give, .zfree = take, .opaque = out->mem,
                  .next_in = (Bytef *)bytes, .avail_in = (uInt)len};
    if (deflateInit(&z, Z_BEST_COMPRESSION) != Z_OK) return ORR_EINVAL;
    int rc = Z_OK;
    while (rc == Z_OK) {
        z.next_out = chunk;
        z.avail_out = CHUNK;
        rc = deflate(&z, Z_FINISH);
        orr_rlp_write_raw(out, chunk, CHUNK - z.avail_out);
    }
    deflateEnd(&z);
    return rc == Z_STREAM_END ? 0 : ORR_EINVAL;
}

static int brotli_deflate(const uint8_t *bytes, size_t len, struct orr_rlp_writer *out) {
    uint8_t chunk[CHUNK], version = BROTLI_VERSION;
    BrotliEncoderState *state = BrotliEncoderCreateInstance(give, take, out->mem);
    if (!state) return ORR_EINVAL;
    BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, BROTLI_WINDOW);
    orr_rlp_write_raw(out, &version, 1);
    bool good = true;
    while (good && !BrotliEncoderIsFinished(state)) {
        uint8_t *to = chunk;
        size_t room = CHUNK;
        good = BrotliEncoderCompressStream(state, BROTLI_OPERATION_FINISH, &len, &bytes, &room, &to,
                                           NULL);
        orr_rlp_write_raw(out, chunk, CHUNK - room);
    }
    BrotliEncoderDestroyInstance(state);
    return good ? 0 : ORR_EINVAL;
}

int orr_channel_deflate(const uint8_t *bytes, size_t len, enum orr_compression compression,
                        struct orr_rlp_writer *out) {
    return compression == ORR_COMPRESSION_ZLIB ? zlib_deflate(bytes, len, out)
                                               : brotli_deflate(bytes, len, out);
}
