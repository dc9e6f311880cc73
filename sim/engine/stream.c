/* stream.c - connections: dial, answer, hang up, and what a cut of the network does to them.
 *
 * A dial is a knock (AT_SYN) that travels a mean latency to the other end, which opens its end or
 * refuses, and an answer (AT_ANSWER) that travels back; the dialler's end opens with it.  A knock
 * or an answer that a partition swallows is repeated as RFC 6298 has it (AT_RETRY), DIAL_TRIES
 * times in all.  A link of the topology that the engine dials by itself, after a crash or a cut, is
 * owed then and dialled again when the cut ends: who tells a protocol of links that it has from
 * birth has to bring them back.  When two dial each other at once, the lower one's connection is
 * made.
 *
 * Each connection has a number: of its dialler's dials so far, and who that was; what travels bears
 * it, so that nothing of an old connection is taken for a part of its successor.  An end that
 * closes tells the other (AT_CLOSE) behind all that it has sent; a message for a connection that is
 * no more is answered by the same (orr_engine_reset).  A partition swallows these as well, so an
 * end may stay open alone until it sends, is dialled, or `link_timeout` has passed. */
#include <stdlib.h>
#include <string.h>

#include "sim/engine/engine.h"

#define TAKEN UINT32_MAX /* the answer to a dial that opens the link */
enum { DIAL_TRIES = 3 };

/* ---- what travels ---- */

static orr_time latency(const struct orr_sim *sim, orr_peer from, orr_peer to) {
    return orr_engine_link_class(sim, from, to)->latency->mean + 1;
}

/* Something of a connection leaves for its other end, unless a cut swallows it. */
static void travel(struct orr_sim *sim, struct node *from, orr_peer to, orr_time at, uint8_t kind,
                   uint32_t key, uint32_t number) {
    orr_peer self = (orr_peer)(from - sim->nodes);
    if (orr_net_is_cut(&sim->net, self, to)) return;
    schedule(sim, at, to, self, from->seq++,
             (struct record){.kind = kind, .key = key, .source = self, .link = number,
                             .epoch = from->epoch});
}

static bool is_mine(orr_peer self, orr_peer peer, uint32_t number) {
    return (number & 1) == (self > peer); /* its lowest bit: the higher node dialled */
}

/* ---- dialling ---- */

static struct dial *find_dial(struct node *node, orr_peer peer) {
    for (uint32_t i = 0; i < node->n_dials; i++)
        if (node->dials[i].peer == peer) return &node->dials[i];
    return NULL;
}
static void end_dial(struct node *node, struct dial *dial) {
    *dial = node->dials[--node->n_dials];
}

static void knock(struct orr_sim *sim, struct node *node, struct dial *dial) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    travel(sim, node, dial->peer, sim->now + latency(sim, self, dial->peer), AT_SYN, 0,
           dial->number);
    schedule_self(sim, node, sim->now + dial->rto,
                  (struct record){.kind = AT_RETRY, .key = dial->peer, .link = dial->number});
    dial->rto = orr_net_rto_after(dial->rto);
    dial->tries++;
}

void orr_engine_redial(struct orr_sim *sim, struct node *node, orr_peer peer) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (orr_engine_place(node, self, peer) != NO_PLACE || find_dial(node, peer)) return;
    if (node->n_dials == node->dials_cap) {
        uint32_t cap = node->dials_cap ? 2 * node->dials_cap : 4;
        node->dials = orr_resize(&sim->region->mem, node->dials,
                                 node->dials_cap * sizeof *node->dials, cap * sizeof *node->dials);
        node->dials_cap = cap;
        sim->n_allocs++;
    }
    struct dial *dial = &node->dials[node->n_dials++];
    assert(node->n_numbers < DATAGRAM / 2 - 1);
    *dial = (struct dial){
        .peer = peer, .number = ++node->n_numbers << 1 | (self > peer),
        .rto = orr_net_rto(latency(sim, self, peer) + latency(sim, peer, self)),
        .is_birth = true};
    knock(sim, node, dial);
}

void orr_engine_dial(struct orr_sim *sim, struct node *node, orr_peer peer) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (orr_engine_place(node, self, peer) != NO_PLACE)
        orr_engine_tell(sim, node, ORR_PEER_UP, peer, 0);
    else if (!find_dial(node, peer) && (uint64_t)node->n_out + node->n_dials >= node->max_out)
        orr_engine_tell(sim, node, ORR_PEER_DOWN, peer, ORR_DOWN_LIMIT);
    else {
        orr_engine_redial(sim, node, peer);
        find_dial(node, peer)->is_birth = false;
    }
}

/* ---- links that are owed ---- */

static bool is_cut(const struct orr_sim *sim, orr_peer a, orr_peer b) {
    return orr_net_is_cut(&sim->net, a, b) || orr_net_is_cut(&sim->net, b, a);
}

static void owe(struct orr_sim *sim, struct node *node, orr_peer to) {
    if (sim->n_owed == sim->owed_cap) {
        uint32_t cap = sim->owed_cap ? 2 * sim->owed_cap : 64;
        sim->owed = orr_resize(&sim->region->mem, sim->owed, sim->owed_cap * sizeof *sim->owed,
                               cap * sizeof *sim->owed);
        sim->owed_cap = cap;
        sim->n_allocs++;
    }
    sim->owed[sim->n_owed++] = (struct owed){(orr_peer)(node - sim->nodes), to};
}

/* A cut has ended. */
static void pay(struct orr_sim *sim) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sim->n_owed; i++) {
        struct owed o = sim->owed[i];
        if (is_cut(sim, o.from, o.to)) sim->owed[kept++] = o;
        else orr_engine_redial(sim, &sim->nodes[o.from], o.to); /* it is up, or it owes nothing */
    }
    sim->n_owed = kept;
}

void orr_engine_forget_owed(struct orr_sim *sim, orr_peer from, orr_peer to) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sim->n_owed; i++)
        if (sim->owed[i].from != from || (to != ORR_NOBODY && sim->owed[i].to != to))
            sim->owed[kept++] = sim->owed[i];
    sim->n_owed = kept;
}

static void retry(struct orr_sim *sim, struct node *node, const struct record *r) {
    struct dial *dial = find_dial(node, r->key);
    if (!dial || dial->number != r->link) return;
    if (dial->tries < DIAL_TRIES) {
        knock(sim, node, dial);
        return;
    }
    bool is_birth = dial->is_birth;
    end_dial(node, dial);
    orr_engine_tell(sim, node, ORR_PEER_DOWN, r->key, ORR_DOWN_CUT);
    if (!is_birth) return;
    if (is_cut(sim, (orr_peer)(node - sim->nodes), r->key)) owe(sim, node, r->key);
    else orr_engine_redial(sim, node, r->key); /* it ended behind the last try */
}

/* ---- opening and closing an end ---- */

static void open_end(struct orr_sim *sim, struct node *node, orr_peer peer, uint32_t number,
                     orr_time tail) {
    if (is_mine((orr_peer)(node - sim->nodes), peer, number)) node->n_out++;
    else node->n_in++;
    orr_engine_link_add(sim, node, peer, number, tail);
    orr_engine_tell(sim, node, ORR_PEER_UP, peer, 0);
}

/* The connection's number, and when the last that this end sent arrives. */
static uint32_t close_end(struct orr_sim *sim, struct node *node, orr_peer peer, orr_time *tail) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    uint32_t at = orr_engine_place(node, self, peer);
    assert(at != NO_PLACE);
    uint32_t number = node->numbers ? node->numbers[at] : 0;
    *tail = node->tails[at];
    bool mine = number ? is_mine(self, peer, number) : self < peer;
    assert(mine ? node->n_out : node->n_in);
    if (mine) node->n_out--;
    else node->n_in--;
    orr_engine_link_remove(sim, node, peer);
    return number;
}

void orr_engine_close(struct orr_sim *sim, struct node *node, orr_peer peer, uint32_t why) {
    orr_time tail, at = sim->now + latency(sim, (orr_peer)(node - sim->nodes), peer);
    uint32_t number = close_end(sim, node, peer, &tail);
    travel(sim, node, peer, at > tail ? at : tail + 1, AT_CLOSE, why, number);
}

void orr_engine_hangup(struct orr_sim *sim, struct node *node, orr_peer peer) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    struct dial *dial = find_dial(node, peer);
    orr_engine_forget_owed(sim, self, peer);
    orr_engine_forget_owed(sim, peer, self);
    if (dial) end_dial(node, dial); /* an answer that comes yet is reset */
    else if (orr_engine_place(node, self, peer) == NO_PLACE) return;
    else if (sim->uplinks && orr_engine_uplink_closes(sim, node, peer)) return; /* later */
    else if (orr_engine_pair_closes(sim, node, peer)) return;
    else orr_engine_close(sim, node, peer, ORR_DOWN_HANGUP);
    orr_engine_tell(sim, node, ORR_PEER_DOWN, peer, ORR_DOWN_HANGUP);
}

void orr_engine_reset(struct orr_sim *sim, struct node *node, orr_peer sender, uint32_t number) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    travel(sim, node, sender, sim->now + latency(sim, self, sender), AT_CLOSE,
           node->flags & UP ? ORR_DOWN_HANGUP : ORR_DOWN_CRASH, number);
}

static void closed(struct orr_sim *sim, struct node *node, const struct record *r) {
    uint32_t at = orr_engine_place(node, (orr_peer)(node - sim->nodes), r->source);
    if (at == NO_PLACE || (node->numbers ? node->numbers[at] : 0) != r->link) return;
    orr_time tail;
    close_end(sim, node, r->source, &tail);
    orr_engine_tell(sim, node, ORR_PEER_DOWN, r->source, r->key);
}

/* ---- being dialled ---- */

/* TAKEN, or why not. */
static uint32_t take(struct orr_sim *sim, struct node *node, const struct record *r,
                     orr_time answer_at) {
    if (!(node->flags & UP)) return ORR_DOWN_ABSENT;
    if (!node->max_in) return ORR_DOWN_REFUSED;
    if (node->n_in >= node->max_in) return ORR_DOWN_LIMIT;
    struct dial *own = find_dial(node, r->source);
    if (own) end_dial(node, own);
    open_end(sim, node, r->source, r->link, answer_at + 1);
    return TAKEN;
}

static void dialled(struct orr_sim *sim, struct node *node, const struct record *r) {
    orr_peer self = (orr_peer)(node - sim->nodes), peer = r->source;
    orr_time answer_at = sim->now + latency(sim, self, peer);
    uint32_t at = orr_engine_place(node, self, peer), answer = TAKEN;
    bool is_open = at != NO_PLACE && node->flags & UP;
    if (is_open && (node->numbers ? node->numbers[at] : 0) != r->link) {
        /* The other end of the old one is closed, and word of it on its way or swallowed. */
        orr_time tail;
        close_end(sim, node, peer, &tail);
        orr_engine_tell(sim, node, ORR_PEER_DOWN, peer,
                        sim->nodes[peer].epoch ? ORR_DOWN_CRASH : ORR_DOWN_HANGUP);
        is_open = false;
    }
    if (!is_open) { /* else it is the same knock again */
        if (self < peer && find_dial(node, peer)) return; /* the answer is our own knock */
        answer = take(sim, node, r, answer_at);
    }
    travel(sim, node, peer, answer_at, AT_ANSWER, answer, r->link);
}

static void answered(struct orr_sim *sim, struct node *node, const struct record *r) {
    orr_peer self = (orr_peer)(node - sim->nodes), peer = r->source;
    struct dial *dial = find_dial(node, peer);
    if (!dial || dial->number != r->link) {
        uint32_t at = orr_engine_place(node, self, peer);
        bool is_open = at != NO_PLACE && node->numbers && node->numbers[at] == r->link;
        if (r->key == TAKEN && !is_open) orr_engine_reset(sim, node, peer, r->link);
        return;
    }
    end_dial(node, dial);
    if (r->key == TAKEN) open_end(sim, node, peer, r->link, sim->now);
    else orr_engine_tell(sim, node, ORR_PEER_DOWN, peer, r->key);
}

void orr_engine_stream_event(struct orr_sim *sim, struct node *node, const struct record *r) {
    switch (r->kind) {
    case AT_SYN: dialled(sim, node, r); return;
    case AT_ANSWER: answered(sim, node, r); return;
    case AT_RETRY: retry(sim, node, r); return;
    case AT_CLOSE: closed(sim, node, r); return;
    }
    assert(!"an event of no known kind");
}

/* ---- cuts that outlast link_timeout ---- */

/* A rule that cuts, and the pairs whose links it has closed. */
struct cut {
    struct orr_sim *sim;
    const struct orr_rule *rule; /* NULL: it stands no more */
    struct { orr_peer a, b; } *pairs;
    uint32_t n_pairs, pairs_cap;
};

static void remember(struct cut *cut, orr_peer a, orr_peer b) {
    if (cut->n_pairs == cut->pairs_cap) {
        uint32_t cap = cut->pairs_cap ? 2 * cut->pairs_cap : 64;
        cut->pairs = orr_resize(&cut->sim->region->mem, cut->pairs,
                                cut->pairs_cap * sizeof *cut->pairs, cap * sizeof *cut->pairs);
        cut->pairs_cap = cap;
    }
    cut->pairs[cut->n_pairs].a = a;
    cut->pairs[cut->n_pairs++].b = b;
}

/* The rule has stood for link_timeout: both ends of each link in it are told. */
static void timed_out(void *ctx, orr_time now) {
    (void)now;
    struct cut *cut = ctx;
    struct orr_sim *sim = cut->sim;
    if (!cut->rule) return;
    for (orr_peer a = 0; a < sim->n_nodes; a++) {
        struct node *node = &sim->nodes[a];
        for (uint32_t i = node->links.n; i-- > 0;) { /* downwards: closing takes a link away */
            orr_peer b = orr_links_at(&node->links, a, i);
            if (!orr_rule_cuts(cut->rule, a, b) && !orr_rule_cuts(cut->rule, b, a)) continue;
            if (!orr_engine_is_stream(sim, a, b, orr_engine_link_class(sim, a, b))) continue;
            orr_time tail;
            close_end(sim, node, b, &tail);
            orr_engine_tell(sim, node, ORR_PEER_DOWN, b, ORR_DOWN_CUT);
            if (a < b) remember(cut, a, b);
        }
    }
}

/* The links that the cut has closed open again, unless another cut lies there. */
static void heal(struct orr_sim *sim, struct cut *cut) {
    for (uint32_t i = 0; i < cut->n_pairs; i++) {
        orr_peer a = cut->pairs[i].a, b = cut->pairs[i].b;
        struct cut *other = NULL;
        for (uint32_t k = 0; k < sim->n_cuts && !other; k++)
            if (sim->cuts[k]->rule && (orr_rule_cuts(sim->cuts[k]->rule, a, b) ||
                                       orr_rule_cuts(sim->cuts[k]->rule, b, a)))
                other = sim->cuts[k];
        if (other) remember(other, a, b);
        else if (sim->nodes[a].flags & UP) orr_engine_redial(sim, &sim->nodes[a], b);
    }
    orr_free(&sim->region->mem, cut->pairs, cut->pairs_cap * sizeof *cut->pairs);
    cut->pairs = NULL;
    cut->n_pairs = cut->pairs_cap = 0;
}

void orr_sim_rule_on(struct orr_sim *sim, const struct orr_rule *rule) {
    orr_net_rule_on(&sim->net, rule);
    if (!rule->cut || !sim->has_streams || !sim->link_timeout) return;
    if (sim->n_cuts == sim->cuts_cap) {
        uint32_t cap = sim->cuts_cap ? 2 * sim->cuts_cap : 8;
        sim->cuts = orr_resize(&sim->region->mem, sim->cuts, sim->cuts_cap * sizeof *sim->cuts,
                               cap * sizeof *sim->cuts);
        sim->cuts_cap = cap;
    }
    struct cut *cut = sim->cuts[sim->n_cuts++] =
        orr_alloc(&sim->region->mem, sizeof *cut);
    *cut = (struct cut){.sim = sim, .rule = rule};
    orr_sim_call_at(sim, sim->now + sim->link_timeout, timed_out, cut);
}

void orr_sim_rule_off(struct orr_sim *sim, const struct orr_rule *rule) {
    orr_net_rule_off(&sim->net, rule);
    for (uint32_t i = 0; i < sim->n_cuts; i++) {
        if (sim->cuts[i]->rule != rule) continue;
        sim->cuts[i]->rule = NULL; /* its call may still come, so that it lives on */
        heal(sim, sim->cuts[i]);
    }
    if (rule->cut) pay(sim);
}
