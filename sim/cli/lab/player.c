#include "sim/cli/lab/player.h"

#include <string.h>

#include "models/plain_tx.h"

/* struct orr_protocol's functions are told of their node alone, so that there is one. */
static struct orr_lab_player *in_use;

struct played {
    orr_peer self;
};

/* The record says nothing that fits: the node does nothing, and the run is stopped (trial.c). */
static bool leave(struct orr_lab_player *p, bool forged) {
    p->is_over = true;
    p->is_forged |= forged;
    return false;
}

static bool next(struct orr_lab_player *p, bool is_init, orr_peer node, uint64_t event,
                 struct orr_lab_call *call) {
    if (p->is_over) return false;
    if (p->cursor.at == p->cursor.len) return leave(p, false);
    if (!orr_lab_next_call(&p->cursor, call)) return leave(p, true);
    if (call->is_init != is_init || call->node != node || call->event != event)
        return leave(p, true);
    return true;
}

static int play_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    struct played *node = state;
    node->self = env->self;
    struct orr_lab_call call;
    return next(in_use, true, node->self, 0, &call) ? call.result : 0;
}

static bool play_effect(struct orr_lab_player *p, struct orr_outbox *out) {
    struct orr_lab_effect e;
    const uint8_t *bytes;
    if (!orr_lab_next_effect(&p->cursor, &e, &bytes)) return leave(p, true);
    struct orr_msg *m = e.has_msg ? orr_msg_copy(out->pool, e.msg_kind, bytes, e.len) : NULL;
    orr_effect_put(out, (enum orr_effect_kind)e.kind, e.peer, e.key, e.at, m);
    return true;
}

static int play_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    const struct played *node = state;
    struct orr_lab_call call;
    if (!next(in_use, false, node->self, orr_lab_event_hash(event), &call)) return 0;
    if (__builtin_add_overflow(out->busy_ns, call.busy_ns, &out->busy_ns)) {
        leave(in_use, true);
        return 0;
    }
    for (uint32_t i = 0; i < call.n_effects; i++)
        if (!play_effect(in_use, out)) return 0;
    return call.result;
}

void orr_lab_player_init(struct orr_lab_player *p, const struct orr_lab_record *record) {
    *p = (struct orr_lab_player){.cursor = orr_lab_record_read(record)};
    orr_lab_claims_read(record, &p->claims);
    for (uint32_t i = 0; i < p->claims.n_kinds; i++) p->kinds[i] = p->claims.kinds[i];
    p->protocol = (struct orr_protocol){
        .abi = ORR_ABI,
        .name = *p->claims.name ? p->claims.name : "unnamed",
        .summary = "a protocol under test",
        .kinds = p->claims.n_kinds ? p->kinds : NULL,
        .node_size = sizeof(struct played),
        .n_timers = p->claims.n_timers,
        .transport = (enum orr_transport)p->claims.transport,
        .init = play_init,
        .step = play_step,
        .workload = {.least_size = ORR_PLAIN_TX_BYTES, .make_tx = orr_plain_tx},
    };
    in_use = p;
}

bool orr_lab_player_is_done(const struct orr_lab_player *p) {
    return !p->is_over && p->cursor.at == p->cursor.len;
}
