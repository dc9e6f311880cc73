#include "sim/run/retry.h"

#include <assert.h>
#include <stdlib.h>

#include "models/output.h"

static void hear(void *ctx, const struct orr_tap_record *r) {
    struct orr_retry *t = ctx;
    if (r->key != ORR_OUT_DECIDED || !r->msg) return;
    const struct orr_decided *d = (const void *)r->msg->data;
    for (uint32_t i = 0; i < d->n_txs; i++) orr_set_add(&t->decided, d->txs[i]);
}

void orr_retry_begin(struct orr_retry *t, struct orr_sim *sim, orr_time each, void *ctx,
                     void (*again)(void *ctx, uint32_t client, struct orr_msg *tx,
                                   orr_time now)) {
    assert(each > 0);
    *t = (struct orr_retry){.sim = sim, .each = each, .ctx = ctx, .again = again};
    orr_heap_init(&t->heap);
    orr_set_init(&t->decided, &t->heap.mem, 0);
    t->tap = (struct orr_tap){ORR_TAP_BIT(ORR_TAP_OUTPUT), t, hear, NULL};
    orr_sim_attach(sim, &t->tap);
}

static struct orr_retry_open *place(struct orr_retry *t, uint32_t i) {
    return &t->open[(t->first + i) % t->cap];
}

static void grow(struct orr_retry *t) {
    uint32_t cap = t->cap ? 2 * t->cap : 64;
    struct orr_retry_open *open = orr_xrealloc(NULL, cap * sizeof *open);
    for (uint32_t i = 0; i < t->n; i++) open[i] = *place(t, i);
    free(t->open);
    t->open = open;
    t->first = 0;
    t->cap = cap;
}

static void tick(void *ctx, orr_time now);

static void push(struct orr_retry *t, struct orr_retry_open open) {
    if (t->n == t->cap) grow(t);
    *place(t, t->n++) = open;
    if (t->n == 1) orr_sim_call_at(t->sim, open.due, tick, t);
}

static void tick(void *ctx, orr_time now) {
    struct orr_retry *t = ctx;
    for (uint32_t left = t->n; left && place(t, 0)->due <= now; left--) {
        struct orr_retry_open open = *place(t, 0);
        t->first = (t->first + 1) % t->cap;
        t->n--;
        if (orr_set_has(&t->decided, orr_msg_hash(open.tx))) {
            orr_msg_unref(orr_sim_pool(t->sim), open.tx);
            continue;
        }
        t->again(t->ctx, open.client, open.tx, now);
        open.due = now + t->each; /* later than all that wait */
        *place(t, t->n++) = open;
    }
    if (t->n) orr_sim_call_at(t->sim, place(t, 0)->due, tick, t);
}

void orr_retry_add(struct orr_retry *t, uint32_t client, struct orr_msg *tx, orr_time now) {
    push(t, (struct orr_retry_open){orr_msg_ref(tx), client, now + t->each});
}

void orr_retry_end(struct orr_retry *t) {
    for (uint32_t i = 0; i < t->n; i++) orr_msg_unref(orr_sim_pool(t->sim), place(t, i)->tx);
    t->n = 0;
    free(t->open);
    t->open = NULL;
    orr_set_fini(&t->decided);
}
