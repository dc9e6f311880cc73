#include "models/rollup/channel_bank.h"

#include <assert.h>
#include <string.h>

#include "models/rollup/inflate.h"

struct orr_bank_channel {
    struct orr_channel channel; /* its frames' data are copies, its own */
    uint64_t opened;            /* number of the L1 block of its first frame */
    size_t size_bytes;
};

void orr_channel_bank_init(struct orr_channel_bank *bank, struct orr_mem *mem,
                           const struct orr_rollup_config *config) {
    *bank = (struct orr_channel_bank){.mem = mem, .config = config};
}

static bool is_holocene(const struct orr_channel_bank *b) {
    return b->origin.time >= b->config->holocene_time;
}

static bool is_timed_out(const struct orr_channel_bank *b, const struct orr_bank_channel *c) {
    uint64_t timeout = b->origin.time >= b->config->granite_time
                           ? (uint64_t)ORR_ROLLUP_GRANITE_TIMEOUT
                           : b->config->channel_timeout;
    return b->origin.number > c->opened && b->origin.number - c->opened > timeout;
}

/* ---- channels ---- */

static void free_frames(struct orr_bank_channel *c, size_t from) {
    for (size_t i = from; i < c->channel.n_frames; i++)
        orr_free(c->channel.mem, (uint8_t *)c->channel.frames[i].data, c->channel.frames[i].len);
}

static void drop(struct orr_channel_bank *b, size_t i) {
    struct orr_bank_channel *c = b->channels[i];
    assert(i < b->n && b->size_bytes >= c->size_bytes);
    b->size_bytes -= c->size_bytes;
    free_frames(c, 0);
    orr_channel_fini(&c->channel);
    orr_free(b->mem, c, sizeof *c);
    memmove(b->channels + i, b->channels + i + 1, (b->n - i - 1) * sizeof *b->channels);
    b->n--;
}

void orr_channel_bank_fini(struct orr_channel_bank *b) {
    while (b->n) drop(b, b->n - 1);
    orr_free(b->mem, b->channels, b->cap * sizeof *b->channels);
    *b = (struct orr_channel_bank){.mem = b->mem, .config = b->config};
}

static struct orr_bank_channel *open_channel(struct orr_channel_bank *b, const uint8_t *id) {
    if (b->n == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 8;
        b->channels = orr_resize(b->mem, b->channels, b->cap * sizeof *b->channels,
                                 cap * sizeof *b->channels);
        b->cap = cap;
    }
    struct orr_bank_channel *c = orr_alloc_zero(b->mem, sizeof *c);
    orr_channel_init(&c->channel, b->mem, id);
    c->opened = b->origin.number;
    b->channels[b->n++] = c;
    return c;
}

/* A frame behind an end that comes late is dropped with it: its copy goes first. */
static bool add_frame(struct orr_channel_bank *b, struct orr_bank_channel *c,
                      const struct orr_frame *frame) {
    struct orr_frame copy = *frame, *kept;
    struct orr_channel before = c->channel;
    size_t first_behind = 0;
    if (frame->is_last && !before.is_closed) {
        while (first_behind < before.n_frames && before.frames[first_behind].number < frame->number)
            first_behind++;
        bool is_there = first_behind < before.n_frames &&
                        before.frames[first_behind].number == frame->number;
        if (!is_there) {
            for (size_t i = first_behind; i < before.n_frames; i++) {
                size_t size = before.frames[i].len + ORR_BANK_FRAME_BYTES;
                c->size_bytes -= size;
                b->size_bytes -= size;
            }
            free_frames(c, first_behind);
        }
    }
    copy.data = NULL;
    if (orr_channel_add(&c->channel, &copy)) return false;
    kept = c->channel.frames;
    while (kept->number != frame->number) kept++; /* ends: it was put in */
    uint8_t *data = orr_alloc(b->mem, frame->len);
    if (frame->len) memcpy(data, frame->data, frame->len);
    kept->data = data;
    c->size_bytes += frame->len + ORR_BANK_FRAME_BYTES;
    b->size_bytes += frame->len + ORR_BANK_FRAME_BYTES;
    return true;
}

void orr_channel_bank_origin(struct orr_channel_bank *b,
                             const struct orr_rollup_l1_block *origin) {
    bool was_holocene = is_holocene(b);
    b->origin = *origin;
    if (was_holocene || !is_holocene(b)) return;
    b->n_dropped_channels += b->n;
    while (b->n) drop(b, b->n - 1);
}

/* ---- Holocene ---- */

static void take_out(struct orr_frame *frames, size_t *n, size_t i) {
    memmove(frames + i, frames + i + 1, (*n - i - 1) * sizeof *frames);
    --*n;
}

size_t orr_frames_prune(struct orr_frame *frames, size_t *n) {
    size_t before = *n;
    for (size_t i = 0; i + 1 < *n;) { /* ends: i grows, or n falls as often as i does */
        const struct orr_frame *now = &frames[i], *next = &frames[i + 1];
        bool is_same = !memcmp(now->channel, next->channel, ORR_CHANNEL_ID_BYTES);
        if (is_same ? now->is_last || next->number != now->number + 1 : next->number > 0) {
            take_out(frames, n, i + 1);
        } else if (!is_same && !now->is_last) { /* a channel that is left unfinished */
            take_out(frames, n, i);
            if (i) i--;
        } else {
            i++;
        }
    }
    return before - *n;
}

static void add_in_order(struct orr_channel_bank *b, const struct orr_frame *frame) {
    while (b->n && (is_timed_out(b, b->channels[0]) || !frame->number || b->n > 1)) {
        drop(b, 0); /* a first frame ends what went before */
        b->n_dropped_channels++;
    }
    struct orr_bank_channel *c = b->n ? b->channels[0] : NULL;
    if (!frame->number) c = open_channel(b, frame->channel);
    bool fits = c && !memcmp(c->channel.id, frame->channel, ORR_CHANNEL_ID_BYTES) &&
                frame->number == c->channel.n_frames && add_frame(b, c, frame);
    b->n_dropped_frames += !fits;
    if (!fits || orr_channel_is_ready(&c->channel)) return;
    size_t most = b->origin.time >= b->config->fjord_time ? (size_t)ORR_CHANNEL_RLP_MAX_FJORD
                                                          : (size_t)ORR_CHANNEL_RLP_MAX;
    if (c->size_bytes <= most) return;
    drop(b, 0);
    b->n_dropped_channels++;
}

/* ---- the bank ---- */

static size_t find(const struct orr_channel_bank *b, const uint8_t *id) {
    size_t i = 0;
    while (i < b->n && memcmp(b->channels[i]->channel.id, id, ORR_CHANNEL_ID_BYTES) != 0) i++;
    return i;
}

void orr_channel_bank_add(struct orr_channel_bank *b, const struct orr_frame *frame) {
    if (is_holocene(b)) {
        add_in_order(b, frame);
        return;
    }
    size_t i = find(b, frame->channel);
    struct orr_bank_channel *c = i < b->n ? b->channels[i] : open_channel(b, frame->channel);
    if (is_timed_out(b, c) || !add_frame(b, c, frame)) {
        b->n_dropped_frames++;
        return;
    }
    size_t most = b->origin.time >= b->config->fjord_time ? (size_t)ORR_BANK_BYTES_MAX_FJORD
                                                          : (size_t)ORR_BANK_BYTES_MAX;
    while (b->size_bytes > most) {
        drop(b, 0);
        b->n_dropped_channels++;
    }
}

bool orr_channel_bank_read(struct orr_channel_bank *b, struct orr_rlp_writer *w) {
    while (b->n && is_timed_out(b, b->channels[0])) {
        drop(b, 0);
        b->n_dropped_channels++;
    }
    bool is_canyon = b->origin.time >= b->config->canyon_time; /* looks past the first */
    for (size_t i = 0; i < b->n && (is_canyon || !i); i++) {
        struct orr_bank_channel *c = b->channels[i];
        if (is_timed_out(b, c) || !orr_channel_is_ready(&c->channel)) continue;
        orr_channel_write_data(&c->channel, w);
        drop(b, i);
        return true;
    }
    return false;
}
