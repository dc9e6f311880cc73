#include "sim/cli/lab/record.h"

#include <assert.h>
#include <string.h>

static uint64_t padded(uint64_t len) { return (len + 7) & ~UINT64_C(7); }

uint64_t orr_lab_event_hash(const struct orr_event *event) {
    struct {
        uint64_t kind, peer, key, now, wall, msg;
    } all = {event->kind, event->peer, event->key, (uint64_t)event->now, (uint64_t)event->wall,
             event->msg ? orr_msg_hash(event->msg) : 0};
    return orr_hash64(1, &all, sizeof all);
}

/* ---- writing ---- */

static void put(struct orr_lab_record *r, const void *bytes, size_t len) {
    if (len) memcpy(r->body + r->claims.len, bytes, len);
    memset(r->body + r->claims.len + len, 0, padded(len) - len);
    r->claims.len += padded(len);
}

bool orr_lab_record_call(struct orr_lab_record *r, const struct orr_lab_call *call,
                         const struct orr_outbox *out, uint32_t from) {
    uint64_t needs = sizeof *call;
    for (uint32_t i = from; out && i < out->n; i++)
        needs += sizeof(struct orr_lab_effect) + (out->v[i].msg ? padded(out->v[i].msg->len) : 0);
    if (needs > ORR_LAB_BODY - r->claims.len) return false;
    struct orr_lab_call head = *call;
    head.n_effects = out ? out->n - from : 0;
    put(r, &head, sizeof head);
    for (uint32_t i = from; out && i < out->n; i++) {
        const struct orr_effect *e = &out->v[i];
        /* fields that an effect of its kind does not use may hold anything */
        struct orr_lab_effect effect = {.kind = e->kind, .peer = e->peer, .key = e->key,
                                        .at = e->at, .has_msg = e->msg != NULL};
        if (e->msg) effect.len = e->msg->len, effect.msg_kind = e->msg->kind;
        put(r, &effect, sizeof effect);
        if (e->msg) put(r, e->msg->data, e->msg->len);
    }
    assert(r->claims.len <= ORR_LAB_BODY);
    return true;
}

/* ---- reading ---- */

struct orr_lab_cursor orr_lab_record_read(const struct orr_lab_record *r) {
    uint64_t len = r->claims.len;
    return (struct orr_lab_cursor){.body = r->body, .len = len <= ORR_LAB_BODY ? len : 0};
}

static bool take(struct orr_lab_cursor *c, void *to, size_t len) {
    assert(c->at <= c->len);
    if (c->len - c->at < len) return false;
    memcpy(to, c->body + c->at, len);
    c->at += len;
    return true;
}

bool orr_lab_next_call(struct orr_lab_cursor *c, struct orr_lab_call *call) {
    /* what claims less than no time has ended its run (ORR_MISHAP_BUSY): there is no such call */
    return take(c, call, sizeof *call) && call->is_init <= 1 && call->busy_ns >= 0;
}

bool orr_lab_next_effect(struct orr_lab_cursor *c, struct orr_lab_effect *effect,
                         const uint8_t **bytes) {
    if (!take(c, effect, sizeof *effect)) return false;
    if (effect->has_msg > 1 || (!effect->has_msg && effect->len)) return false;
    uint64_t len = padded(effect->len);
    if (c->len - c->at < len) return false;
    *bytes = c->body + c->at;
    c->at += len;
    return true;
}

static void end_text(char *text, size_t size) { text[size - 1] = 0; }

void orr_lab_claims_read(const struct orr_lab_record *record, struct orr_lab_claims *c) {
    *c = record->claims;
    end_text(c->text, sizeof c->text);
    end_text(c->name, sizeof c->name);
    end_text(c->mishap_text, sizeof c->mishap_text);
    for (uint32_t i = 0; i < ORR_LAB_KINDS; i++) end_text(c->kinds[i], sizeof c->kinds[i]);
    if (c->stage > ORR_LAB_ENDED) c->stage = ORR_LAB_BEGUN;
    if (c->n_kinds > ORR_LAB_KINDS) c->n_kinds = 0;
    if (c->transport > ORR_STREAM) c->transport = ORR_DATAGRAM;
    if (c->n_timers > 1024) c->n_timers = 1024;
    if (c->mishap > ORR_MISHAP_UNINITIALISED) c->mishap = ORR_MISHAP_ABORT;
    if (c->callback > ORR_CALLBACK_FORGE) c->callback = ORR_CALLBACK_STEP;
    if (c->n_frames > ORR_MISHAP_FRAMES) c->n_frames = 0;
    if (c->event > ORR_PEER_DOWN) c->event = ORR_MISHAP_NO_EVENT;
    if (c->len > ORR_LAB_BODY) c->len = 0;
}
