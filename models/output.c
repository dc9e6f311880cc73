#include "models/output.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "models/base/format.h"

/* ---- the table ---- */

const struct orr_output_info orr_output_infos[ORR_N_OUTPUTS] = {
#define EMPTY(KEY, name, help)                {#name, help},
#define FIXED(KEY, name, type, help)          {#name, help},
#define FLEXIBLE(KEY, name, type, tail, help) {#name, help},
#define TEXT(KEY, name, most, help)           {#name, help},
#include "models/output.def"
#undef EMPTY
#undef FIXED
#undef FLEXIBLE
#undef TEXT
};

uint64_t orr_output_size(uint32_t key, const void *data, uint32_t len) {
    switch (key) {
#define EMPTY(KEY, name, help) \
    case ORR_OUT_##KEY: return 0;
#define FIXED(KEY, name, type, help) \
    case ORR_OUT_##KEY: return sizeof(type);
#define FLEXIBLE(KEY, name, type, tail, help)                               \
    case ORR_OUT_##KEY: {                                                   \
        const type *o = data;                                               \
        return len < sizeof *o ? sizeof *o : sizeof *o + (uint64_t)(tail);  \
    }
#define TEXT(KEY, name, most, help) \
    case ORR_OUT_##KEY: return len < (most) ? len : (most);
#include "models/output.def"
#undef EMPTY
#undef FIXED
#undef FLEXIBLE
#undef TEXT
    default: return 0;
    }
}

bool orr_output_fits(uint32_t key, const struct orr_msg *msg) {
    if (key >= ORR_OUT_OWN) return true;
    uint32_t len = msg ? msg->len : 0;
    return key < ORR_N_OUTPUTS && orr_output_size(key, msg ? msg->data : NULL, len) == len;
}

/* ---- putting them out ---- */

static void copy_hash(uint8_t to[32], const uint8_t *from) {
    if (from) memcpy(to, from, 32);
    else memset(to, 0, 32);
}

void orr_decide_this(struct orr_outbox *out, const struct orr_decision *d) {
    assert(d->txs || !d->n_txs);
    orr_output(out, ORR_OUT_DECIDED, orr_decided_new(out->pool, d));
}

struct orr_msg *orr_decided_new(struct orr_pool *pool, const struct orr_decision *d) {
    size_t txs_size = d->n_txs * sizeof d->txs[0],
           proposers_size = d->n_proposers * sizeof d->proposers[0];
    struct orr_msg *m = orr_msg_new(
        pool, 0, (uint32_t)(sizeof(struct orr_decided) + txs_size + proposers_size));
    struct orr_decided *o = (struct orr_decided *)m->data;
    o->height = d->height;
    o->proposed_at = d->proposed_at;
    o->round = d->round;
    o->size_bytes = d->size_bytes;
    o->n_proposers = d->n_proposers;
    o->n_txs = d->n_txs;
    copy_hash(o->value, d->value);
    copy_hash(o->parent, d->parent);
    copy_hash(o->state_root, d->state_root);
    if (d->txs && txs_size) memcpy(o->txs, d->txs, txs_size);
    if (proposers_size) memcpy(o->txs + d->n_txs, d->proposers, proposers_size);
    return m;
}

void orr_propose(struct orr_outbox *out, uint64_t height, uint32_t round, const uint8_t *value,
                 uint32_t size_bytes) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, sizeof(struct orr_proposed));
    struct orr_proposed *o = (struct orr_proposed *)m->data;
    o->height = height;
    o->round = round;
    o->size_bytes = size_bytes;
    copy_hash(o->value, value);
    orr_output(out, ORR_OUT_PROPOSED, m);
}

void orr_adopt(struct orr_outbox *out, uint64_t height, const uint8_t *value) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, sizeof(struct orr_adopted));
    struct orr_adopted *o = (struct orr_adopted *)m->data;
    o->height = height;
    copy_hash(o->value, value);
    orr_output(out, ORR_OUT_ADOPTED, m);
}

orr_peer *orr_name_signers(struct orr_outbox *out, const char *statement, uint64_t height,
                      uint32_t round, const uint8_t *value, uint32_t n) {
    struct orr_msg *m = orr_msg_new(
        out->pool, 0, (uint32_t)(sizeof(struct orr_signers) + n * sizeof(orr_peer)));
    struct orr_signers *o = (struct orr_signers *)m->data;
    o->height = height;
    o->round = round;
    o->n_signers = n;
    memset(o->statement, 0, sizeof o->statement);
    size_t len = strlen(statement);
    assert(len <= sizeof o->statement);
    memcpy(o->statement, statement, len);
    copy_hash(o->value, value);
    orr_output(out, ORR_OUT_SIGNERS, m);
    return o->signers;
}

void orr_enter(struct orr_outbox *out, uint64_t height, uint32_t round, uint32_t step) {
    struct orr_progress p = {height, round, step};
    orr_output(out, ORR_OUT_STEP, orr_msg_copy(out->pool, 0, &p, sizeof p));
}

void orr_name(struct orr_outbox *out, enum orr_output key, uint64_t height, uint64_t view,
              const uint8_t *value) {
    assert(key == ORR_OUT_LOCK || key == ORR_OUT_HIGH_QC);
    struct orr_named n = {.height = height, .view = view};
    copy_hash(n.value, value);
    orr_output(out, key, orr_msg_copy(out->pool, 0, &n, sizeof n));
}

void orr_enter_view(struct orr_outbox *out, uint64_t view, enum orr_view_reason reason) {
    struct orr_view_entered v = {.view = view, .reason = reason};
    orr_output(out, ORR_OUT_VIEW, orr_msg_copy(out->pool, 0, &v, sizeof v));
}

void orr_accuse(struct orr_outbox *out, struct orr_evidence evidence) {
    orr_output(out, ORR_OUT_EVIDENCE, orr_msg_copy(out->pool, 0, &evidence, sizeof evidence));
}

void orr_tell_origin(struct orr_outbox *out, const struct orr_origin_told *told) {
    orr_output(out, ORR_OUT_ORIGIN, orr_msg_copy(out->pool, 0, told, sizeof *told));
}

void orr_tell_derived(struct orr_outbox *out, const struct orr_derived_told *told) {
    orr_output(out, ORR_OUT_DERIVED, orr_msg_copy(out->pool, 0, told, sizeof *told));
}

void orr_tell_epoch(struct orr_outbox *out, const struct orr_epoch_told *told,
                    const uint8_t *sources) {
    size_t len = (size_t)told->n * 32;
    struct orr_msg *m = orr_msg_new(out->pool, 0, (uint32_t)(sizeof *told + len));
    memcpy(m->data, told, sizeof *told);
    if (len) memcpy(m->data + sizeof *told, sources, len);
    orr_output(out, ORR_OUT_EPOCH, m);
}

void orr_tell_block(struct orr_outbox *out, const struct orr_block_told *told,
                    const uint8_t *bytes) {
    struct orr_msg *m = orr_msg_new(out->pool, 0, (uint32_t)(sizeof *told + told->len));
    struct orr_block_told *o = (struct orr_block_told *)m->data;
    memcpy(o, told, sizeof *told);
    if (told->len) memcpy(o->bytes, bytes, told->len);
    orr_output(out, ORR_OUT_BLOCK, m);
}

void orr_head(struct orr_outbox *out, struct orr_head head) {
    orr_output(out, ORR_OUT_HEAD, orr_msg_copy(out->pool, 0, &head, sizeof head));
}

void orr_tell_indexed(struct orr_outbox *out, struct orr_indexed indexed) {
    orr_output(out, ORR_OUT_INDEXED, orr_msg_copy(out->pool, 0, &indexed, sizeof indexed));
}

void orr_tell_settled(struct orr_outbox *out, struct orr_settled settled) {
    orr_output(out, ORR_OUT_SETTLED, orr_msg_copy(out->pool, 0, &settled, sizeof settled));
}

/* NUL-padded, cut to size. */
static void put_text(char *to, size_t size, const char *text) {
    size_t len = strlen(text);
    memset(to, 0, size);
    memcpy(to, text, len < size ? len : size);
}

void orr_metric(struct orr_outbox *out, const char *name, int64_t value, const char *unit) {
    struct orr_metric_point m = {.value = value};
    put_text(m.name, sizeof m.name, name);
    put_text(m.unit, sizeof m.unit, unit);
    orr_output(out, ORR_OUT_METRIC, orr_msg_copy(out->pool, 0, &m, sizeof m));
}

void orr_log(struct orr_outbox *out, const char *format, ...) {
    char text[ORR_LOG_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    size_t len = orr_format(text, sizeof text, format, arguments);
    va_end(arguments);
    orr_output(out, ORR_OUT_LOG, orr_msg_copy(out->pool, 0, text, (uint32_t)len));
}
