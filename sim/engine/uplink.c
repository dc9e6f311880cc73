/* uplink.c - uplinks that know which messages are urgent.
 *
 * A plain uplink computes when a message leaves as soon as it is sent (send.c).  With priorities
 * what is sent later may leave earlier, so here messages wait: whenever the line comes free the
 * most urgent one goes onto it, of equally urgent ones the first that was sent, and no message is
 * stopped in its midst.  It leaves, and its fate on the way is drawn, when the line is done with
 * it.  The line stands idle only when nothing waits, so all that was sent has left at the same
 * time as without priorities; that is what up_free says, and by it is judged what finds no room.
 * What is urgent overtakes the rest on a stream too: a connection is then one with channels, each
 * of which is in order. */
#include "sim/engine/engine.h"

/* ---- what waits, and for what: for uplinks, and for links with priorities (pair.c) ---- */

uint32_t orr_engine_urgency(const uint32_t *urgent, uint32_t n_urgent, const struct orr_msg *msg) {
    uint32_t type = orr_msg_type(msg), i = 0;
    while (i < n_urgent && urgent[i] != type) i++;
    return i;
}

static uint32_t new_waiting(struct orr_sim *sim) {
    uint32_t at = sim->free_waiting;
    if (at != NO_SLOT) {
        sim->free_waiting = sim->waiting[at].next;
        return at;
    }
    if (sim->n_waiting == sim->waiting_cap) {
        uint32_t cap = sim->waiting_cap ? 2 * sim->waiting_cap : 256;
        sim->waiting = orr_resize(&sim->region->mem, sim->waiting,
                                  sim->waiting_cap * sizeof *sim->waiting,
                                  cap * sizeof *sim->waiting);
        sim->waiting_cap = cap;
        sim->n_allocs++;
    }
    return sim->n_waiting++;
}

static void free_waiting(struct orr_sim *sim, uint32_t at) {
    sim->waiting[at].next = sim->free_waiting;
    sim->free_waiting = at;
}

void orr_engine_waiting_init(struct uplink *u) {
    u->on_line = NO_SLOT;
    for (uint32_t i = 0; i < ORR_URGENT_MOST + 1; i++) u->head[i] = NO_SLOT;
}

const struct waiting *orr_engine_waiting_choose(struct orr_sim *sim, struct uplink *u) {
    assert(u->on_line == NO_SLOT);
    for (uint32_t i = 0; i < ORR_URGENT_MOST + 1; i++) {
        uint32_t at = u->head[i];
        if (at == NO_SLOT) continue;
        u->head[i] = sim->waiting[at].next;
        u->on_line = at;
        return &sim->waiting[at];
    }
    return NULL;
}

struct waiting orr_engine_waiting_done(struct orr_sim *sim, struct uplink *u) {
    struct waiting w = sim->waiting[u->on_line];
    free_waiting(sim, u->on_line);
    u->on_line = NO_SLOT;
    return w;
}

void orr_engine_waiting_add(struct orr_sim *sim, struct uplink *u, uint32_t i,
                            struct waiting message) {
    uint32_t at = new_waiting(sim);
    message.next = NO_SLOT;
    sim->waiting[at] = message;
    if (u->head[i] == NO_SLOT) u->head[i] = at;
    else sim->waiting[u->tail[i]].next = at;
    u->tail[i] = at;
}

void orr_engine_waiting_forget(struct orr_sim *sim, struct uplink *u, orr_peer from, bool tells) {
    if (u->on_line != NO_SLOT) { /* it goes first */
        sim->waiting[u->on_line].next = u->head[0];
        u->head[0] = u->on_line;
        u->on_line = NO_SLOT;
    }
    for (uint32_t i = 0; i < ORR_URGENT_MOST + 1; i++)
        while (u->head[i] != NO_SLOT) {
            uint32_t at = u->head[i];
            struct waiting w = sim->waiting[at];
            u->head[i] = w.next;
            free_waiting(sim, at);
            if (tells && !w.closes) orr_engine_drop(sim, ORR_DROP_SENDER_CRASH, from, w.to, w.msg);
            else orr_msg_unref(&sim->pool, w.msg);
        }
}

void orr_engine_waiting_close(struct orr_sim *sim, struct node *node, const struct waiting *w) {
    uint32_t place = orr_engine_place(node, (orr_peer)(node - sim->nodes), w->to);
    if (orr_engine_number(node, place) == w->number) orr_engine_hangup(sim, node, w->to);
}

/* ---- uplinks ---- */

/* Puts the most urgent message onto a line that is free. */
static void serve(struct orr_sim *sim, struct node *node) {
    const struct waiting *w = orr_engine_waiting_choose(sim, &sim->uplinks[node - sim->nodes]);
    if (!w) return;
    uint64_t speed = sim->lines[node->up_line].speed;
    orr_time takes = w->closes ? 0 : orr_line_takes(speed, orr_msg_size(w->msg));
    schedule_self(sim, node, sim->now + takes, (struct record){.kind = AT_UPLINK});
}

void orr_engine_uplink_put(struct orr_sim *sim, struct node *node, struct waiting message) {
    const struct line *line = &sim->lines[node->up_line];
    struct uplink *u = &sim->uplinks[node - sim->nodes];
    orr_time takes = orr_line_takes(line->speed, orr_msg_size(message.msg));
    if (message.number == DATAGRAM &&
        orr_line_is_full(node->up_free, sim->now, takes, line->queue)) {
        orr_engine_drop(sim, ORR_DROP_QUEUE, (orr_peer)(node - sim->nodes), message.to,
                        message.msg);
        return;
    }
    node->up_free = (node->up_free > sim->now ? node->up_free : sim->now) + takes;
    orr_engine_waiting_add(sim, u, orr_engine_urgency(line->urgent, line->n_urgent, message.msg),
                           message);
    if (u->on_line == NO_SLOT) serve(sim, node);
}

void orr_engine_uplink_done(struct orr_sim *sim, struct node *node) {
    struct uplink *u = &sim->uplinks[node - sim->nodes];
    struct waiting w = orr_engine_waiting_done(sim, u);
    if (w.closes) orr_engine_waiting_close(sim, node, &w);
    else orr_engine_leave(sim, node, &w);
    if (u->on_line == NO_SLOT) serve(sim, node); /* else it was told, and has sent */
}

bool orr_engine_uplink_closes(struct orr_sim *sim, struct node *node, orr_peer peer) {
    struct uplink *u = &sim->uplinks[node - sim->nodes];
    uint32_t place = orr_engine_place(node, (orr_peer)(node - sim->nodes), peer);
    struct waiting mark = {.to = peer, .number = orr_engine_number(node, place), .closes = true};
    bool waits = u->on_line != NO_SLOT && sim->waiting[u->on_line].to == peer;
    for (uint32_t i = 0; i < ORR_URGENT_MOST + 1 && !waits; i++)
        for (uint32_t at = u->head[i]; at != NO_SLOT && !waits; at = sim->waiting[at].next)
            waits = sim->waiting[at].to == peer;
    if (waits) orr_engine_waiting_add(sim, u, ORR_URGENT_MOST, mark); /* behind whatever waits */
    return waits;
}

void orr_engine_uplink_forget(struct orr_sim *sim, struct node *node, bool tells) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (sim->uplinks) orr_engine_waiting_forget(sim, &sim->uplinks[self], self, tells);
}

void orr_engine_uplinks_begin(struct orr_sim *sim) {
    size_t size = sim->n_nodes * sizeof *sim->uplinks;
    sim->uplinks = orr_alloc(&sim->region->mem, size);
    for (orr_peer i = 0; i < sim->n_nodes; i++) orr_engine_waiting_init(&sim->uplinks[i]);
}
