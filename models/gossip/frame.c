#include "models/gossip/frame.h"

#include <assert.h>

enum { PREFIX_MAX = 9 }; /* multiformats, unsigned-varint: "at most 9 bytes" */

void orr_frames_init(struct orr_frames *f, struct orr_mem *mem, uint32_t max_len) {
    *f = (struct orr_frames){.mem = mem, .max_len = max_len};
}

static void forget_body(struct orr_frames *f) {
    orr_free(f->mem, f->body, f->len);
    f->body = NULL;
    f->len = f->n_body = f->n_prefix = 0;
    f->has_len = false;
}

void orr_frames_fini(struct orr_frames *f) { forget_body(f); }

static int die(struct orr_frames *f, int error) {
    f->is_dead = true;
    return error;
}

/* One more byte of the prefix. */
static int add_prefix(struct orr_frames *f, uint8_t byte) {
    f->prefix[f->n_prefix++] = byte;
    if (byte & 0x80) return f->n_prefix == PREFIX_MAX ? die(f, ORR_EFORMAT) : 0;
    if (!byte && f->n_prefix > 1) return die(f, ORR_EFORMAT); /* not minimal */
    uint64_t len;
    uint32_t at = 0;
    bool whole = orr_proto_varint(f->prefix, &at, f->n_prefix, &len);
    assert(whole);
    if (len > f->max_len) return die(f, ORR_ELIMIT);
    f->has_len = true;
    f->len = (uint32_t)len;
    f->body = orr_alloc(f->mem, f->len);
    return 0;
}

int orr_frames_next(struct orr_frames *f, const uint8_t *chunk, uint32_t len, uint32_t *at,
                    struct orr_blob *frame) {
    assert(*at <= len);
    if (f->is_dead) return ORR_EFORMAT;
    if (f->has_len && f->n_body == f->len) forget_body(f); /* what was lent */
    while (!f->has_len) {
        if (*at == len) return 0;
        int error = add_prefix(f, chunk[(*at)++]);
        if (error) return error;
    }
    uint32_t take = f->len - f->n_body;
    if (take > len - *at) take = len - *at;
    if (take) memcpy(f->body + f->n_body, chunk + *at, take);
    f->n_body += take;
    *at += take;
    if (f->n_body < f->len) return 0;
    *frame = (struct orr_blob){f->body, f->len};
    return 1;
}

bool orr_frames_may_end(const struct orr_frames *f) {
    return !f->is_dead && (f->has_len ? f->n_body == f->len : !f->n_prefix);
}
