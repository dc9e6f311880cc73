#include "models/rollup/frame.h"

#include <assert.h>
#include <string.h>

#include "models/base/error.h"

/* ---- reading and writing ---- */

static uint32_t read_be(struct orr_reader *r, unsigned n_bytes) {
    uint32_t v = 0;
    for (unsigned i = 0; i < n_bytes; i++) v = v << 8 | orr_read_u8(r);
    return v;
}

/* What is wrong with the next frame, or NULL. */
static const char *read_frame(struct orr_reader *r, struct orr_frame *frame) {
    orr_read_copy(r, frame->channel, ORR_CHANNEL_ID_BYTES);
    frame->number = (uint16_t)read_be(r, 2);
    frame->len = read_be(r, 4);
    if (r->bad) return "the head of a frame is cut off";
    if (frame->len > ORR_FRAME_DATA_MAX) return "a frame has more than 1,000,000 bytes of data";
    frame->data = orr_read_bytes(r, frame->len);
    uint8_t last = orr_read_u8(r);
    if (r->bad) return "a frame is cut off";
    if (last > 1) return "is_last of a frame is neither 0 nor 1";
    frame->is_last = last;
    return NULL;
}

int orr_frames_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                    struct orr_frame **frames, size_t *n, struct orr_frame_fault *fault) {
    struct orr_reader count = orr_reader(bytes, len);
    struct orr_frame frame;
    size_t n_frames = 0;
    do {
        size_t at = (size_t)(count.p - bytes);
        const char *what = len ? read_frame(&count, &frame) : "there is no frame";
        if (what) {
            *fault = (struct orr_frame_fault){at, what};
            return ORR_EFORMAT;
        }
        n_frames++;
    } while (orr_read_left(&count));
    struct orr_frame *all = orr_alloc(mem, n_frames * sizeof *all);
    struct orr_reader r = orr_reader(bytes, len);
    for (size_t i = 0; i < n_frames; i++) {
        const char *what = read_frame(&r, &all[i]);
        assert(!what);
        (void)what;
    }
    assert(orr_read_done(&r));
    *frames = all;
    *n = n_frames;
    return 0;
}

int orr_batcher_data_read(struct orr_mem *mem, const uint8_t *bytes, size_t len,
                          struct orr_frame **frames, size_t *n, struct orr_frame_fault *fault) {
    if (!len || bytes[0] != ORR_BATCHER_VERSION) {
        *fault = (struct orr_frame_fault){0, len ? "the version is not 0" : "it is empty"};
        return ORR_EFORMAT;
    }
    int error = orr_frames_read(mem, bytes + 1, len - 1, frames, n, fault);
    if (error) fault->at++;
    return error;
}

void orr_frame_write(struct orr_rlp_writer *w, const struct orr_frame *frame) {
    assert(frame->len <= ORR_FRAME_DATA_MAX);
    uint8_t head[6] = {(uint8_t)(frame->number >> 8), (uint8_t)frame->number};
    orr_store_be32(head + 2, frame->len);
    uint8_t last = frame->is_last;
    orr_rlp_write_raw(w, frame->channel, ORR_CHANNEL_ID_BYTES);
    orr_rlp_write_raw(w, head, sizeof head);
    orr_rlp_write_raw(w, frame->data, frame->len);
    orr_rlp_write_raw(w, &last, 1);
}

/* ---- channels ---- */

void orr_channel_init(struct orr_channel *channel, struct orr_mem *mem,
                      const uint8_t id[ORR_CHANNEL_ID_BYTES]) {
    *channel = (struct orr_channel){.mem = mem};
    memcpy(channel->id, id, ORR_CHANNEL_ID_BYTES);
}

void orr_channel_fini(struct orr_channel *channel) {
    orr_free(channel->mem, channel->frames, channel->cap * sizeof *channel->frames);
    *channel = (struct orr_channel){.mem = channel->mem};
}

/* The first place whose number is not below. */
static size_t place_of(const struct orr_channel *channel, uint16_t number) {
    size_t low = 0, high = channel->n_frames;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (channel->frames[middle].number < number) low = middle + 1;
        else high = middle;
    }
    return low;
}

const char *orr_channel_add(struct orr_channel *c, const struct orr_frame *frame) {
    assert(!memcmp(c->id, frame->channel, ORR_CHANNEL_ID_BYTES));
    size_t at = place_of(c, frame->number);
    if (frame->is_last && c->is_closed) return "the channel has its last frame";
    if (at < c->n_frames && c->frames[at].number == frame->number)
        return "the channel has a frame of this number";
    if (c->is_closed && frame->number >= c->last) return "it is behind the channel's last frame";
    if (frame->is_last) {
        c->is_closed = true;
        c->last = frame->number;
        c->n_frames = at; /* what lies behind was never its own */
    }
    if (c->n_frames == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 8;
        c->frames = orr_resize(c->mem, c->frames, c->cap * sizeof *c->frames,
                               cap * sizeof *c->frames);
        c->cap = cap;
    }
    memmove(c->frames + at + 1, c->frames + at, (c->n_frames - at) * sizeof *c->frames);
    c->frames[at] = *frame;
    c->n_frames++;
    return NULL;
}

bool orr_channel_is_ready(const struct orr_channel *c) {
    return c->is_closed && c->n_frames == (size_t)c->last + 1;
}

void orr_channel_write_data(const struct orr_channel *c, struct orr_rlp_writer *w) {
    for (size_t i = 0; i < c->n_frames && c->frames[i].number == i; i++)
        orr_rlp_write_raw(w, c->frames[i].data, c->frames[i].len);
}
