/* send.c - a message on its way: out through the uplink, over the link, in through the downlink. */
#include "sim/engine/engine.h"

#include <string.h>

#include "sim/net/timing.h"

void orr_engine_drop(struct orr_sim *sim, enum orr_drop why, orr_peer from, orr_peer to,
                     struct orr_msg *msg) {
    sim->counts.drops++;
    if (tap_wants(sim, ORR_TAP_DROP))
        orr_sim_tell(sim, (struct orr_tap_record){
            .kind = ORR_TAP_DROP, .what = (uint8_t)why, .node = to, .peer = from, .at = sim->now,
            .msg_type = orr_msg_type(msg), .len = orr_msg_size(msg), .sent = sim->now,
            .hash = msg ? orr_msg_hash(msg) : 0, .msg = msg});
    orr_msg_unref(&sim->pool, msg);
}

static inline const struct orr_link *link_between(const struct orr_sim *sim, orr_peer a,
                                                  orr_peer b) {
    bool by_zone = sim->net.n_zones > 1; /* else even the compact array need not be read */
    return orr_net_link(&sim->net, a, by_zone ? sim->zones[a] : 0, b, by_zone ? sim->zones[b] : 0);
}

/* A copy of a message with one bit flipped, of its header or its data. */
static struct orr_msg *corrupted(struct orr_sim *sim, struct orr_msg *msg, uint64_t draw) {
    struct orr_msg *copy = orr_msg_clone(&sim->pool, msg);
    uint64_t bit = draw % ((uint64_t)orr_msg_size(msg) * 8);
    orr_msg_damage(copy, (uint32_t)(bit / 8), (uint8_t)(1 << bit % 8));
    orr_msg_unref(&sim->pool, msg);
    return copy;
}

static inline __attribute__((always_inline)) void deliver_at(struct orr_sim *sim, orr_time at,
                                                             orr_time sent, struct node *from,
                                                             uint64_t seq, orr_peer to,
                                                             struct orr_msg *msg, uint32_t link) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    uint32_t slot = record_new(sim);
    struct record *r = &sim->records[slot]; /* field by field: see orr_effect */
    r->msg = msg;
    r->sent = sent;
    r->source = self;
    r->epoch = from->epoch;
    r->kind = ORR_RECV;
    r->received = false;
    r->link = link;
    orr_queue_push(&sim->queue, at, to, self, seq, slot);
}

/* A latency of 0 is 1 ns, so that time goes on; but where messages go round in such steps, a second
 * takes for ever. */
static __attribute__((noinline)) orr_time no_latency(struct orr_sim *sim) {
    if (sim->now != sim->last_quick)
        sim->n_quick = sim->now == sim->last_quick + 1 ? sim->n_quick + 1 : 0;
    sim->last_quick = sim->now;
    const uint64_t most = ORR_QUICK_STEPS + UINT64_C(16) * sim->n_nodes;
    if (sim->n_quick == most)
        orr_engine_mishap(sim, NULL, ORR_MISHAP_NO_TIME,
                          "at %llu ns in a row messages were sent over links without latency, "
                          "which take 1 ns; give them one",
                          (unsigned long long)most);
    return 1;
}
static inline orr_time takes(struct orr_sim *sim, orr_time latency) {
    return __builtin_expect(latency > 0, 1) ? latency : no_latency(sim);
}

/* Sub-streams of the source's ORR_RNG_LINK stream. */
enum { FATE = 1, RULES, AGAIN, RETRY, MODEL, MODEL_AGAIN };

/* A stream: how much later a lost message gets through, as its sender repeats it (RFC 6298); -1:
 * never, as far as a simulation goes. */
static orr_time repeat(const struct orr_sim *sim, orr_peer self, orr_peer to,
                       const struct orr_link *link, uint64_t seq, uint32_t more_loss) {
    enum { TRIES_MOST = 10000 };
    const struct orr_link *back = orr_engine_link_class(sim, to, self);
    orr_time rto = orr_net_rto(link->latency->mean + back->latency->mean), delay = 0;
    struct orr_rng draws = {{sim->link_key[0], sim->link_key[1]}, {self, RETRY}, seq << 16};
    for (uint32_t i = 0; i < TRIES_MOST; i++) {
        delay += rto;
        rto = orr_net_rto_after(rto);
        uint64_t bits = orr_rng_u64(&draws);
        if ((uint32_t)bits >= link->loss && bits >> 32 >= more_loss) return delay;
    }
    return -1;
}

/* On a stream a message arrives with the one before it at the earliest. */
static inline orr_time behind(struct node *from, uint32_t place, orr_time at) {
    orr_time *tail = &from->tails[place];
    if (at < *tail) at = *tail;
    return *tail = at;
}
/* A message that changes places with the next of its ends waits for it. */
static void swap_out(struct orr_sim *sim, orr_peer from, orr_peer to, struct orr_msg *msg) {
    if (sim->n_swapped == sim->swapped_cap) {
        uint32_t cap = sim->swapped_cap ? 2 * sim->swapped_cap : 16;
        sim->swapped = orr_resize(&sim->region->mem, sim->swapped,
                                  sim->swapped_cap * sizeof *sim->swapped,
                                  cap * sizeof *sim->swapped);
        sim->swapped_cap = cap;
        sim->n_allocs++;
    }
    sim->swapped[sim->n_swapped++] = (struct swapped){from, to, msg};
}

/* What waited for a message that arrives at that time arrives right behind it. */
static void swap_in(struct orr_sim *sim, struct node *from, orr_peer to, orr_time at,
                    uint32_t place) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    uint32_t n = 0;
    for (uint32_t i = 0; i < sim->n_swapped; i++) {
        struct swapped s = sim->swapped[i];
        if (s.from == self && s.to == to)
            deliver_at(sim, at, sim->now, from, from->seq++, to, s.msg,
                       orr_engine_number(from, place));
        else
            sim->swapped[n++] = s;
    }
    sim->n_swapped = n;
}

/* The latency that the network's model makes of that of a link. */
static orr_time held_back(const struct orr_sim *sim, orr_peer self, uint64_t seq, uint32_t stream,
                          orr_time leaves, orr_time latency) {
    if (sim->net.model.kind == ORR_MODEL_LINKS) return latency;
    struct orr_rng draws = {{sim->link_key[0], sim->link_key[1]}, {self, stream}, seq};
    return orr_timing_draw(&sim->net.model, leaves, latency, orr_rng_u64(&draws));
}

/* The rare fates of a message: everything but a plain latency and loss.  is_lost: the link has
 * lost it already, on a stream. */
static __attribute__((noinline)) void send_slow(struct orr_sim *sim, struct node *from, orr_peer to,
                                                struct orr_msg *msg, const struct orr_link *link,
                                                uint64_t seq, orr_time leaves, orr_time latency,
                                                uint32_t place, bool is_lost) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    bool is_stream = place != NO_PLACE;
    struct orr_rng draws = {{sim->link_key[0], sim->link_key[1]}, {self, RULES}, seq << 16};
    struct orr_fate fate = orr_net_judge(&sim->net, self, to, orr_msg_type(msg), msg, draws);
    draws = (struct orr_rng){{sim->link_key[0], sim->link_key[1]}, {self, FATE}, seq << 2};
    uint32_t bits[4], more[4];
    orr_rng_block(&draws, bits);
    orr_rng_block(&draws, more);
    is_lost |= bits[0] < fate.loss;
    orr_time repeated = is_lost && is_stream ? repeat(sim, self, to, link, seq, fate.loss) : 0;
    if (fate.cut || fate.drop || (is_lost && !is_stream) || repeated < 0) {
        enum orr_drop why = fate.cut ? ORR_DROP_PARTITION
                            : repeated < 0 && !fate.loss ? ORR_DROP_LOSS : ORR_DROP_RULE;
        orr_engine_drop(sim, why, self, to, msg);
        return;
    }
    if (fate.swap) {
        swap_out(sim, self, to, msg);
        return;
    }
    uint32_t len = orr_msg_size(msg);
    if (link->bps && !link->n_urgent) { /* else it is through */
        uint64_t speed = orr_line_speed(link->bps);
        leaves = orr_engine_through_pair(
            sim, self, to, leaves, orr_line_takes(speed, len),
            is_stream ? ORR_NEVER : orr_line_queue(speed, link->queue_bytes));
        if (leaves == ORR_NEVER) {
            orr_engine_drop(sim, ORR_DROP_QUEUE, self, to, msg);
            return;
        }
    }
    latency = held_back(sim, self, seq, MODEL, leaves, latency);
    latency = orr_stretch(latency, fate.factor_q16) + fate.delay + repeated;
    const struct orr_dist *by = fate.reorder_by ? fate.reorder_by : link->reorder_by;
    if (by && !is_stream && bits[1] < (uint64_t)link->reorder + fate.reorder)
        latency += orr_dist_draw(by, (uint64_t)more[0] << 32 | more[1]);
    if (!is_stream && bits[2] < (uint64_t)link->duplicate + fate.duplicate) {
        /* the copy takes its own way */
        draws = (struct orr_rng){{sim->link_key[0], sim->link_key[1]}, {self, AGAIN}, seq};
        orr_time again = orr_dist_draw(link->latency, orr_rng_u64(&draws));
        again = held_back(sim, self, seq, MODEL_AGAIN, leaves, again);
        again = orr_stretch(again, fate.factor_q16) + fate.delay;
        deliver_at(sim, leaves + takes(sim, again), leaves, from, from->seq++, to,
                   orr_msg_ref(msg), DATAGRAM);
    }
    if (bits[3] < (uint64_t)link->corrupt + fate.corrupt)
        msg = corrupted(sim, msg, (uint64_t)more[2] << 32 | more[3]);
    orr_time at = leaves + takes(sim, latency);
    if (is_stream) at = behind(from, place, at);
    if (fate.again != ORR_NEVER)
        deliver_at(sim, at + fate.again, leaves, from, from->seq++, to, orr_msg_ref(msg),
                   orr_engine_number(from, place));
    deliver_at(sim, at, leaves, from, seq, to, msg, orr_engine_number(from, place));
    if (sim->n_swapped) swap_in(sim, from, to, at, place);
}

static void tell_send(struct orr_sim *sim, orr_peer self, orr_peer to, struct orr_msg *msg,
                      orr_time leaves) {
    orr_sim_tell(sim, (struct orr_tap_record){
        .kind = ORR_TAP_SEND, .msg_type = orr_msg_type(msg), .node = self, .peer = to,
        .len = orr_msg_size(msg), .at = sim->now, .sent = leaves,
        .hash = msg ? orr_msg_hash(msg) : 0, .msg = msg});
}

/* On its way behind the uplink.  place: where the state of a stream stands, NO_PLACE: a datagram.
 * is_full: the uplink has no room for it. */
static inline __attribute__((always_inline)) void fly(struct orr_sim *sim, struct node *from,
                                                      orr_peer to, struct orr_msg *msg,
                                                      const struct orr_link *link, uint32_t place,
                                                      uint64_t seq, orr_time leaves,
                                                      bool is_full) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    if (tap_wants(sim, ORR_TAP_SEND)) tell_send(sim, self, to, msg, leaves);
    const uint32_t counter[4] = {(uint32_t)seq, (uint32_t)(seq >> 32), self, 0};
    uint32_t bits[4];
    orr_philox(sim->link_key[0], sim->link_key[1], counter, bits);
    bool is_lost = bits[2] < link->loss;
    if (__builtin_expect((is_lost || is_full) && place == NO_PLACE, 0)) {
        orr_engine_drop(sim, is_full ? ORR_DROP_QUEUE : ORR_DROP_LOSS, self, to, msg);
        return;
    }
    orr_time latency = orr_dist_draw(link->latency, (uint64_t)bits[0] << 32 | bits[1]);
    if (__builtin_expect(is_lost || sim->net.n_rules || sim->n_swapped || sim->net.model.kind ||
                             link->duplicate | link->corrupt | link->reorder ||
                             link->bps, 0)) {
        if (link->n_urgent)
            orr_engine_pair_put(sim, from, leaves, (struct waiting){
                .msg = msg, .seq = seq, .to = to, .number = orr_engine_number(from, place)});
        else
            send_slow(sim, from, to, msg, link, seq, leaves, latency, place, is_lost);
        return;
    }
    orr_time at = leaves + takes(sim, latency);
    if (place != NO_PLACE) at = behind(from, place, at);
    deliver_at(sim, at, leaves, from, seq, to, msg, orr_engine_number(from, place));
}

/* Compiled once for streams and once for datagrams. */
static inline __attribute__((always_inline)) void send_on(struct orr_sim *sim, struct node *from,
                                                          orr_peer to, struct orr_msg *msg,
                                                          const struct orr_link *link,
                                                          uint32_t place) {
    uint64_t seq = from->seq++;
    orr_time leaves = sim->now;
    bool is_full = false;
    sim->counts.sends++;
    if (from->flags & UPLINK) {
        const struct line *line = &sim->lines[from->up_line];
        if (__builtin_expect(line->n_urgent, 0)) {
            orr_engine_uplink_put(sim, from, (struct waiting){
                .msg = msg, .seq = seq, .to = to, .number = orr_engine_number(from, place)});
            return;
        }
        orr_time takes = orr_line_takes(line->speed, orr_msg_size(msg));
        is_full =
            place == NO_PLACE && orr_line_is_full(from->up_free, leaves, takes, line->queue);
        if (from->up_free > leaves) leaves = from->up_free;
        if (!is_full) from->up_free = leaves += takes;
    }
    fly(sim, from, to, msg, link, place, seq, leaves, is_full);
}

/* Where the state of the stream stands that a message waited for; false: it has closed meanwhile,
 * and the message is dropped. */
static bool finds_place(struct orr_sim *sim, struct node *from, const struct waiting *w,
                        uint32_t *place) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    bool is_stream = w->number != DATAGRAM;
    *place = is_stream ? orr_engine_place(from, self, w->to) : NO_PLACE;
    if (!is_stream || (*place != NO_PLACE && orr_engine_number(from, *place) == w->number))
        return true;
    orr_engine_drop(sim, ORR_DROP_NO_LINK, self, w->to, w->msg);
    return false;
}

void orr_engine_leave(struct orr_sim *sim, struct node *from, const struct waiting *w) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    uint32_t place;
    if (!finds_place(sim, from, w, &place)) return;
    fly(sim, from, w->to, w->msg, link_between(sim, self, w->to), place, w->seq, sim->now, false);
}

void orr_engine_leave_pair(struct orr_sim *sim, struct node *from, const struct waiting *w) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    const struct orr_link *link = link_between(sim, self, w->to);
    uint32_t place;
    if (!finds_place(sim, from, w, &place)) return;
    const uint32_t counter[4] = {(uint32_t)w->seq, (uint32_t)(w->seq >> 32), self, 0};
    uint32_t bits[4]; /* as they were when the link took it in, fly() */
    orr_philox(sim->link_key[0], sim->link_key[1], counter, bits);
    orr_time latency = orr_dist_draw(link->latency, (uint64_t)bits[0] << 32 | bits[1]);
    send_slow(sim, from, w->to, w->msg, link, w->seq, sim->now, latency, place,
              bits[2] < link->loss);
}

static __attribute__((noinline)) void send_datagram(struct orr_sim *sim, struct node *from,
                                                    orr_peer to, struct orr_msg *msg,
                                                    const struct orr_link *link) {
    send_on(sim, from, to, msg, link, NO_PLACE);
}
static __attribute__((noinline)) void send_stream(struct orr_sim *sim, struct node *from,
                                                  orr_peer to, struct orr_msg *msg,
                                                  const struct orr_link *link, uint32_t place) {
    assert(place != NO_PLACE);
    send_on(sim, from, to, msg, link, place);
}

void orr_engine_send(struct orr_sim *sim, struct node *from, orr_peer to, struct orr_msg *msg) {
    if (__builtin_expect(to >= sim->n_nodes, 0)) {
        orr_engine_mishap(sim, from, ORR_MISHAP_PEER, "it sent to node %u; there are %u", to,
                          sim->n_nodes);
        orr_msg_unref(&sim->pool, msg);
        return;
    }
    orr_peer self = (orr_peer)(from - sim->nodes);
    if (to == self) { /* to itself: at once, past every other event of this node that is due now */
        sim->counts.sends++;
        deliver_at(sim, sim->now, sim->now, from, from->seq++, to, msg, DATAGRAM);
        return;
    }
    const struct orr_link *link = link_between(sim, self, to);
    if (!orr_engine_is_stream(sim, self, to, link)) {
        send_datagram(sim, from, to, msg, link);
        return;
    }
    uint32_t place = orr_engine_place(from, self, to);
    if (place == NO_PLACE) orr_engine_drop(sim, ORR_DROP_NO_LINK, self, to, msg);
    else send_stream(sim, from, to, msg, link, place);
}

void orr_engine_cast(struct orr_sim *sim, struct node *from, orr_peer not_to, struct orr_msg *msg) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    for (uint32_t i = 0; i < from->links.n; i++) {
        orr_peer to = orr_links_at(&from->links, self, i);
        if (to == not_to) continue;
        const struct orr_link *link = link_between(sim, self, to);
        if (orr_engine_is_stream(sim, self, to, link))
            send_stream(sim, from, to, orr_msg_ref(msg), link, from->links.v ? i : to);
        else
            send_datagram(sim, from, to, orr_msg_ref(msg), link);
    }
    orr_msg_unref(&sim->pool, msg);
}

/* A stream: is the connection that a message came on no more?  Lists of birth are as they were. */
static bool is_closed(const struct node *node, orr_peer self, const struct record *r) {
    if (r->link == DATAGRAM || !(node->flags & OWN_LINKS)) return false;
    uint32_t at = orr_engine_place(node, self, r->source);
    return at == NO_PLACE || node->numbers[at] != r->link;
}

static bool is_full_for(const struct orr_sim *sim, const struct node *node, uint32_t len) {
    const struct line *line = &sim->lines[node->down_line];
    return orr_line_is_full(node->down_free, sim->now, orr_line_takes(line->speed, len),
                            line->queue);
}

bool orr_engine_arrive(struct orr_sim *sim, struct node *node, uint32_t slot) {
    struct record *r = &sim->records[slot];
    orr_peer self = (orr_peer)(node - sim->nodes);
    enum orr_drop why = ORR_DROP_DOWN;
    bool lost = !(node->flags & UP);
    if (__builtin_expect(sim->has_crashed, 0)) {
        const struct node *from = &sim->nodes[r->source];
        if (!lost && r->epoch != from->epoch && r->sent > from->crashes[r->epoch]) {
            why = ORR_DROP_SENDER_CRASH; /* it was still in the uplink's queue */
            lost = true;
        }
    }
    if (!lost && __builtin_expect(is_closed(node, self, r), 0)) {
        why = ORR_DROP_NO_LINK;
        lost = true;
    }
    bool is_in = !(node->flags & DOWNLINK) || r->received || r->source == self;
    if (!lost && !is_in && r->link == DATAGRAM && is_full_for(sim, node, orr_msg_size(r->msg))) {
        why = ORR_DROP_QUEUE;
        lost = true;
    }
    if (__builtin_expect(lost, 0)) {
        if (r->link != DATAGRAM && why != ORR_DROP_SENDER_CRASH)
            orr_engine_reset(sim, node, r->source, r->link);
        orr_peer source = r->source;
        struct orr_msg *msg = r->msg;
        record_free(sim, slot);
        orr_engine_drop(sim, why, source, self, msg);
        return false;
    }
    return is_in || !orr_engine_wait_in_line(sim, node, slot, orr_msg_size(r->msg));
}

bool orr_engine_wait_in_line(struct orr_sim *sim, struct node *node, uint32_t slot, uint32_t len) {
    struct record *r = &sim->records[slot];
    if (r->received) return false;
    orr_peer self = (orr_peer)(node - sim->nodes);
    orr_time now = sim->now, takes = orr_line_takes(sim->lines[node->down_line].speed, len);
    bool is_idle = node->down_free <= now;
    orr_time in = node->down_free = (is_idle ? now : node->down_free) + takes;
    if (in == now) return false;
    r->received = true;
    /* what finds it idle is due after one delay, or after one of a few: one for each size */
    if (is_idle) orr_queue_push_in_turn(&sim->queue, in, self, self, node->seq++, slot);
    else orr_queue_push(&sim->queue, in, self, self, node->seq++, slot);
    return true;
}
