/* pair.c - links with a bandwidth of their own: a line for each directed pair of nodes.
 *
 * A plain one computes when it is done with a message as soon as that is sent.  With priorities
 * what comes to it later may leave it earlier, so messages wait, as in an uplink (uplink.c): what
 * the sender's uplink passes on in time to come is on its way to the line till then.  What comes
 * at the very moment at which the line comes free finds it free, whatever was scheduled first. */
#include "sim/engine/engine.h"

/* The link of limited bandwidth between two nodes, which is new if it was not used before. */
static struct pair *pair_of(struct orr_sim *sim, orr_peer from, orr_peer to) {
    if (!sim->pairs_cap)
        orr_index_init(&sim->pair_index, &sim->region->mem, sizeof(struct pair),
                       offsetof(struct pair, ends));
    uint64_t ends = (uint64_t)from << 32 | to;
    uint32_t place = orr_index_find(&sim->pair_index, sim->pairs, ends);
    if (place != ORR_NOWHERE) return &sim->pairs[place];
    if (sim->n_pairs == sim->pairs_cap) {
        uint32_t cap = sim->pairs_cap ? 2 * sim->pairs_cap : 512;
        sim->pairs = orr_resize(&sim->region->mem, sim->pairs,
                                sim->pairs_cap * sizeof *sim->pairs, cap * sizeof *sim->pairs);
        sim->pairs_cap = cap;
        sim->n_allocs++;
    }
    sim->pairs[sim->n_pairs] =
        (struct pair){.ends = ends, .epoch = sim->nodes[from].epoch, .queue = NO_SLOT};
    orr_index_put(&sim->pair_index, sim->pairs, sim->n_pairs);
    return &sim->pairs[sim->n_pairs++];
}

orr_time orr_engine_through_pair(struct orr_sim *sim, orr_peer from, orr_peer to, orr_time at,
                                 orr_time takes, orr_time queue) {
    struct pair *p = pair_of(sim, from, to);
    uint32_t epoch = sim->nodes[from].epoch;
    if (p->epoch != epoch) p->epoch = epoch, p->busy_until = 0; /* what waited is lost */
    if (orr_line_is_full(p->busy_until, at, takes, queue)) return ORR_NEVER;
    return p->busy_until = (p->busy_until > at ? p->busy_until : at) + takes;
}

/* ---- priorities ---- */

static struct pair_queue *queue_of(struct orr_sim *sim, orr_peer from, orr_peer to) {
    struct pair *p = pair_of(sim, from, to);
    if (p->queue != NO_SLOT) return &sim->pair_queues[p->queue];
    if (sim->n_pair_queues == sim->pair_queues_cap) {
        uint32_t cap = sim->pair_queues_cap ? 2 * sim->pair_queues_cap : 64;
        sim->pair_queues = orr_resize(&sim->region->mem, sim->pair_queues,
                                      sim->pair_queues_cap * sizeof *sim->pair_queues,
                                      cap * sizeof *sim->pair_queues);
        sim->pair_queues_cap = cap;
        sim->n_allocs++;
    }
    p->queue = sim->n_pair_queues++;
    struct pair_queue *q = &sim->pair_queues[p->queue];
    *q = (struct pair_queue){.from = from, .to = to};
    orr_engine_waiting_init(&q->line);
    return q;
}

/* Puts the most urgent message onto a line that is free. */
static void serve(struct orr_sim *sim, struct node *node, struct pair_queue *q) {
    const struct waiting *w = orr_engine_waiting_choose(sim, &q->line);
    if (!w) return;
    const struct orr_link *link = orr_engine_link_class(sim, q->from, q->to);
    uint64_t speed = orr_line_speed(link->bps);
    q->ends_at = sim->now + (w->closes ? 0 : orr_line_takes(speed, orr_msg_size(w->msg)));
    schedule_self(sim, node, q->ends_at,
                  (struct record){.kind = AT_PAIR, .key = (uint32_t)(q - sim->pair_queues)});
}

static void finish(struct orr_sim *sim, struct node *node, struct pair_queue *q) {
    struct waiting w = orr_engine_waiting_done(sim, &q->line);
    uint32_t at = (uint32_t)(q - sim->pair_queues);
    if (w.closes) orr_engine_waiting_close(sim, node, &w);
    else orr_engine_leave_pair(sim, node, &w);
    q = &sim->pair_queues[at];
    if (q->line.on_line == NO_SLOT) serve(sim, node, q);
}

static void enter(struct orr_sim *sim, struct node *node, struct waiting message) {
    struct pair_queue *q = queue_of(sim, (orr_peer)(node - sim->nodes), message.to);
    const struct orr_link *link = orr_engine_link_class(sim, q->from, q->to);
    uint64_t speed = orr_line_speed(link->bps);
    while (q->line.on_line != NO_SLOT && q->ends_at <= sim->now)
        finish(sim, node, q); /* ends: a message takes time, and marks are few */
    orr_time takes = message.closes ? 0 : orr_line_takes(speed, orr_msg_size(message.msg));
    bool is_bounded = message.number == DATAGRAM && !message.closes;
    if (orr_engine_through_pair(sim, q->from, q->to, sim->now, takes,
                                is_bounded ? orr_line_queue(speed, link->queue_bytes)
                                           : ORR_NEVER) == ORR_NEVER) {
        orr_engine_drop(sim, ORR_DROP_QUEUE, q->from, q->to, message.msg);
        return;
    }
    uint32_t urgency = message.closes
                           ? ORR_URGENT_MOST /* behind whatever waits */
                           : orr_engine_urgency(link->urgent, link->n_urgent, message.msg);
    orr_engine_waiting_add(sim, &q->line, urgency, message);
    if (q->line.on_line == NO_SLOT) serve(sim, node, q);
}

void orr_engine_pair_put(struct orr_sim *sim, struct node *node, orr_time leaves,
                         struct waiting message) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (leaves <= sim->now) {
        enter(sim, node, message);
        return;
    }
    queue_of(sim, self, message.to)->n_coming++;
    schedule(sim, leaves, self, self, node->seq++,
             (struct record){.kind = AT_PAIR_IN, .msg = message.msg,
                             .sent = (orr_time)message.seq, .source = message.to,
                             .link = message.number, .received = message.closes,
                             .epoch = node->epoch});
}

void orr_engine_pair_event(struct orr_sim *sim, struct node *node, const struct record *r) {
    if (r->kind == AT_PAIR) {
        struct pair_queue *q = &sim->pair_queues[r->key];
        if (q->line.on_line != NO_SLOT && q->ends_at == sim->now) finish(sim, node, q);
        return; /* else it was done when something came */
    }
    queue_of(sim, (orr_peer)(node - sim->nodes), r->source)->n_coming--;
    enter(sim, node, (struct waiting){.msg = r->msg, .seq = (uint64_t)r->sent, .to = r->source,
                                      .number = r->link, .closes = r->received});
}

bool orr_engine_pair_closes(struct orr_sim *sim, struct node *node, orr_peer peer) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (!sim->n_pair_queues) return false;
    const struct pair *p = pair_of(sim, self, peer);
    if (p->queue == NO_SLOT) return false;
    const struct pair_queue *q = &sim->pair_queues[p->queue];
    bool waits = q->n_coming || q->line.on_line != NO_SLOT; /* idle, if nothing waits */
    if (!waits) return false;
    uint32_t number = orr_engine_number(node, orr_engine_place(node, self, peer));
    orr_engine_pair_put(sim, node, q->n_coming ? node->up_free : sim->now,
                        (struct waiting){.to = peer, .number = number, .closes = true});
    return true;
}

void orr_engine_pairs_forget(struct orr_sim *sim, struct node *node, bool tells) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    for (uint32_t i = 0; i < sim->n_pair_queues; i++) {
        struct pair_queue *q = &sim->pair_queues[i];
        if (q->from != self) continue;
        q->n_coming = 0; /* what is on its way to the line finds its sender dead */
        orr_engine_waiting_forget(sim, &q->line, self, tells);
    }
}
