/* strangers.c - messages between cohorts.
 *
 * A message carries the form that its sender's cohort made of it, so a node of another cohort gets
 * a copy, which its own cohort decodes: one for all of them, as long as this table remembers it.
 * What is not remembered is copied again, so the table's size and its order change no result. */
#include "sim/engine/engine.h"

/* A thousand gossip nodes have some hundreds of messages under way at a time; those that are longer
 * are not remembered, so that the table holds 64 MiB at most. */
enum { N_STRANGERS = 1024, REMEMBERED_MAX_BYTES = 65536 };

static void forget(struct orr_sim *sim, struct orr_stranger *s) {
    orr_msg_unref(&sim->pool, s->msg);
    orr_msg_unref(&sim->pool, s->copy);
    *s = (struct orr_stranger){NULL, NULL, NULL};
}

/* Who alone holds a message gets its last copy: nobody will ask again. */
static struct orr_msg *copy_for(struct orr_sim *sim, const struct orr_common *to,
                                struct orr_msg *m) {
    /* by its place in the simulation's memory, which is the same wherever that lies */
    size_t place = (size_t)((const char *)m - (const char *)sim->region) / 64;
    struct orr_stranger *s = &sim->strangers[place % N_STRANGERS];
    if (s->msg == m && s->to == to) return orr_msg_ref(s->copy);
    struct orr_msg *copy = orr_msg_clone(&sim->pool, m);
    if (m->refs == 1 || m->len > REMEMBERED_MAX_BYTES) return copy;
    forget(sim, s);
    *s = (struct orr_stranger){orr_msg_ref(m), to, orr_msg_ref(copy)};
    return copy;
}

void orr_engine_strangers_begin(struct orr_sim *sim) {
    sim->strangers = orr_alloc_zero(&sim->region->mem, N_STRANGERS * sizeof *sim->strangers);
}

void orr_engine_as_own(struct orr_sim *sim, const struct node *node, struct record *r) {
    const struct orr_common *own = node->env.common;
    if (sim->nodes[r->source].env.common == own) return;
    if (!r->msg || !r->msg->refs || (!r->msg->decoded && !node->protocol->decode)) return;
    struct orr_msg *copy = copy_for(sim, own, r->msg);
    orr_msg_unref(&sim->pool, r->msg);
    r->msg = copy;
}

void orr_engine_strangers_end(struct orr_sim *sim) {
    for (uint32_t i = 0; sim->strangers && i < N_STRANGERS; i++) forget(sim, &sim->strangers[i]);
}
