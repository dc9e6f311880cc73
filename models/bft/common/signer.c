#include "models/bft/common/signer.h"

#include <assert.h>
#include <string.h>

#include "models/base/bytes.h"

uint8_t orr_signed_stage(uint8_t type) {
    return type == ORR_SIGNED_PROPOSAL ? 1
           : type == ORR_PREVOTE       ? 2
           : type == ORR_PRECOMMIT     ? 3
                                       : 0;
}

bool orr_signed_place(const uint8_t statement[ORR_SIGNED_BYTES], struct orr_signed_place *place) {
    struct orr_reader r = orr_reader(statement, ORR_SIGNED_BYTES);
    struct orr_signed_place p = {.stage = orr_signed_stage(orr_read_u8(&r))};
    p.chain_id = orr_read_u64(&r);
    p.height = orr_read_u64(&r);
    p.round = orr_read_u32(&r);
    assert(!r.bad);
    if (!p.stage || !p.height || p.round > ORR_MAX_ROUND) return false;
    *place = p;
    return true;
}

/* ---- places ---- */

static void write_place(struct orr_writer *w, const struct orr_sign_guard *g) {
    orr_write_u64(w, g->height);
    orr_write_u32(w, g->round);
    orr_write_u8(w, g->stage);
    orr_write_bytes(w, g->statement, sizeof g->statement);
}

static void read_place(struct orr_reader *r, struct orr_sign_guard *g) {
    g->height = orr_read_u64(r);
    g->round = orr_read_u32(r);
    g->stage = orr_read_u8(r);
    orr_read_copy(r, g->statement, sizeof g->statement);
}

void orr_place_write(const struct orr_sign_guard *guard, uint8_t bytes[ORR_PLACE_BYTES]) {
    struct orr_writer w = orr_writer(bytes, ORR_PLACE_BYTES);
    write_place(&w, guard);
    assert(!w.bad && w.p == w.end);
}

void orr_place_read(const uint8_t bytes[ORR_PLACE_BYTES], struct orr_sign_guard *guard) {
    struct orr_reader r = orr_reader(bytes, ORR_PLACE_BYTES);
    read_place(&r, guard);
    assert(orr_read_done(&r));
}

/* ---- messages ---- */

struct orr_msg *orr_signer_tell_new(const struct orr_signer_tell *tell, struct orr_pool *pool,
                                    uint16_t kind) {
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_TELL_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, tell->session);
    orr_write_u32(&w, tell->key);
    orr_write_u64(&w, tell->chain_id);
    write_place(&w, &tell->place);
    assert(!w.bad && w.p == w.end);
    return m;
}

bool orr_signer_tell_read(const struct orr_msg *m, struct orr_signer_tell *tell) {
    if (m->len != ORR_TELL_BYTES) return false;
    struct orr_reader r = orr_reader(m->data, m->len);
    tell->session = orr_read_u64(&r);
    tell->key = orr_read_u32(&r);
    tell->chain_id = orr_read_u64(&r);
    read_place(&r, &tell->place);
    assert(orr_read_done(&r));
    return tell->place.stage <= 3 && tell->place.round <= ORR_MAX_ROUND;
}

static void write_request(struct orr_writer *w, const struct orr_signer_reply *request) {
    orr_write_u64(w, request->session);
    orr_write_u32(w, request->key);
    orr_write_bytes(w, request->statement, sizeof request->statement);
}

static void read_request(struct orr_reader *r, struct orr_signer_reply *request) {
    *request = (struct orr_signer_reply){.session = orr_read_u64(r)};
    request->key = orr_read_u32(r);
    orr_read_copy(r, request->statement, sizeof request->statement);
}

struct orr_msg *orr_signer_request_new(const struct orr_signer_reply *request,
                                       struct orr_pool *pool, uint16_t kind) {
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_SIGN_REQUEST_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    write_request(&w, request);
    assert(!w.bad && w.p == w.end);
    return m;
}

bool orr_signer_request_read(const struct orr_msg *m, struct orr_signer_reply *request) {
    if (m->len != ORR_SIGN_REQUEST_BYTES) return false;
    struct orr_reader r = orr_reader(m->data, m->len);
    read_request(&r, request);
    assert(orr_read_done(&r));
    return true;
}

struct orr_msg *orr_signer_reply_new(const struct orr_signer_reply *reply, struct orr_pool *pool,
                                     uint16_t kind) {
    struct orr_msg *m = orr_msg_new(pool, kind, ORR_SIGN_REPLY_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    write_request(&w, reply);
    orr_write_u8(&w, reply->is_granted);
    orr_write_bytes(&w, reply->signature, sizeof reply->signature);
    assert(!w.bad && w.p == w.end);
    return m;
}

bool orr_signer_reply_read(const struct orr_msg *m, struct orr_signer_reply *reply) {
    if (m->len != ORR_SIGN_REPLY_BYTES) return false;
    struct orr_reader r = orr_reader(m->data, m->len);
    read_request(&r, reply);
    uint8_t granted = orr_read_u8(&r);
    orr_read_copy(&r, reply->signature, sizeof reply->signature);
    assert(orr_read_done(&r));
    reply->is_granted = granted == 1;
    return granted <= 1;
}
