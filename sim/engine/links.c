/* links.c - who is linked to whom: each node's list, what the links run on, birth, crash, restart.
 *
 * A node's list begins as the topology's own row and becomes the node's own array when it changes.
 * On a stream the list is the connections that this end has open; on datagrams it says whom an
 * ORR_CAST goes to, and only ORR_DIAL and ORR_HANGUP change it. */
#include <stdlib.h>
#include <string.h>

#include "sim/engine/engine.h"

/* ---- the list ---- */

static uint32_t rank(const struct orr_links *links, orr_peer peer) {
    uint32_t low = 0, high = links->n;
    while (low < high) { /* ends: the range is halved */
        uint32_t middle = low + (high - low) / 2;
        if (links->v[middle] < peer) low = middle + 1;
        else high = middle;
    }
    return low;
}

uint32_t orr_engine_place(const struct node *node, orr_peer self, orr_peer peer) {
    if (!node->links.v) return peer != self ? peer : NO_PLACE;
    uint32_t at = rank(&node->links, peer);
    return at < node->links.n && node->links.v[at] == peer ? at : NO_PLACE;
}

/* Makes the list, and what stands beside it, the node's own, with room for one more. */
static void own(struct orr_sim *sim, struct node *node) {
    uint32_t n = node->links.n;
    bool is_own = node->flags & OWN_LINKS;
    if (is_own && n < node->links_cap) return;
    uint32_t cap = 2 * n + 4;
    orr_peer self = (orr_peer)(node - sim->nodes);
    orr_peer *peers = orr_alloc(&sim->region->mem, cap * sizeof *peers);
    orr_time *tails = orr_alloc(&sim->region->mem, cap * sizeof *tails);
    uint32_t *numbers = orr_alloc(&sim->region->mem, cap * sizeof *numbers);
    for (uint32_t i = 0; i < n; i++) {
        peers[i] = orr_links_at(&node->links, self, i);
        tails[i] = node->tails ? node->tails[node->links.v ? i : peers[i]] : 0;
        numbers[i] = node->numbers ? node->numbers[i] : 0;
    }
    if (is_own) {
        struct orr_mem *mem = &sim->region->mem;
        orr_free(mem, (void *)node->links.v, node->links_cap * sizeof *peers);
        orr_free(mem, node->tails, node->links_cap * sizeof *tails);
        orr_free(mem, node->numbers, node->links_cap * sizeof *numbers);
    }
    node->links.v = peers;
    node->tails = tails;
    node->numbers = numbers;
    node->links_cap = cap;
    node->flags |= OWN_LINKS;
    sim->has_lines = true;
    sim->n_allocs += 3;
}

void orr_engine_link_add(struct orr_sim *sim, struct node *node, orr_peer peer, uint32_t number,
                         orr_time tail) {
    own(sim, node);
    uint32_t n = node->links.n, at = rank(&node->links, peer);
    orr_peer *peers = (orr_peer *)node->links.v;
    assert(at == n || peers[at] != peer);
    memmove(peers + at + 1, peers + at, (n - at) * sizeof *peers);
    memmove(node->tails + at + 1, node->tails + at, (n - at) * sizeof *node->tails);
    memmove(node->numbers + at + 1, node->numbers + at, (n - at) * sizeof *node->numbers);
    peers[at] = peer;
    node->tails[at] = tail;
    node->numbers[at] = number;
    node->links.n = n + 1;
}

void orr_engine_link_remove(struct orr_sim *sim, struct node *node, orr_peer peer) {
    own(sim, node);
    uint32_t at = rank(&node->links, peer), n = --node->links.n;
    orr_peer *peers = (orr_peer *)node->links.v;
    assert(at <= n && peers[at] == peer);
    memmove(peers + at, peers + at + 1, (n - at) * sizeof *peers);
    memmove(node->tails + at, node->tails + at + 1, (n - at) * sizeof *node->tails);
    memmove(node->numbers + at, node->numbers + at + 1, (n - at) * sizeof *node->numbers);
}

void orr_engine_tell(struct orr_sim *sim, struct node *node, uint32_t kind, orr_peer peer,
                     uint32_t why) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    schedule(sim, sim->now, self, self, node->seq++,
             (struct record){.kind = (uint8_t)kind, .key = why, .source = peer,
                             .epoch = node->epoch});
}

void orr_engine_link(struct orr_sim *sim, struct node *node, orr_peer peer, bool open) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    if (node->links.v) { /* where all are linked, the list stays "all" */
        bool is_open = orr_engine_place(node, self, peer) != NO_PLACE;
        if (is_open == open) return;
        if (open) orr_engine_link_add(sim, node, peer, 0, 0);
        else orr_engine_link_remove(sim, node, peer);
    }
    orr_engine_tell(sim, node, open ? ORR_PEER_UP : ORR_PEER_DOWN, peer, ORR_DOWN_HANGUP);
}

/* ---- what a link runs on ---- */

const struct orr_link *orr_engine_link_class(const struct orr_sim *sim, orr_peer a, orr_peer b) {
    return orr_net_link(&sim->net, a, sim->zones[a], b, sim->zones[b]);
}

/* Does any node or any class of links say "stream"? */
static bool find_streams(const struct orr_sim *sim, const struct orr_sim_spec *spec) {
    const struct orr_net *net = &sim->net;
    for (uint32_t i = 0; i < sim->n_nodes; i++)
        if (spec->nodes[i].transport == ORR_TRANSPORT_STREAM ||
            (!spec->nodes[i].transport && spec->nodes[i].protocol->transport == ORR_STREAM))
            return true;
    for (uint32_t i = 0; i < net->n_zones * net->n_zones; i++)
        if (net->links[net->zone_links[i]].transport == ORR_TRANSPORT_STREAM) return true;
    for (uint64_t i = 0; net->edge_links && i < 2 * net->topology->n_edges; i++)
        if (net->edge_links[i] != UINT16_MAX &&
            net->links[net->edge_links[i]].transport == ORR_TRANSPORT_STREAM)
            return true;
    return false;
}

/* ---- birth ---- */

/* A node's connections of birth: that of two nodes counts as dialled by the lower one. */
static void begin_node(struct orr_sim *sim, struct node *node) {
    orr_peer self = node->env.self;
    for (uint32_t i = 0; i < node->links.n; i++) {
        orr_peer peer = orr_links_at(&node->links, self, i);
        if (!orr_engine_is_stream(sim, self, peer, orr_engine_link_class(sim, self, peer)))
            continue;
        if (self < peer) node->n_out++;
        else node->n_in++;
        if (node->links.v) orr_engine_tell(sim, node, ORR_PEER_UP, peer, 0);
    }
}

static uint32_t most(uint32_t limit) {
    return limit == ORR_NO_CONNECTION ? 0 : limit ? limit : UINT32_MAX;
}

void orr_engine_links_begin(struct orr_sim *sim, const struct orr_sim_spec *spec) {
    sim->link_timeout = spec->link_timeout;
    sim->has_streams = find_streams(sim, spec);
    if (!sim->has_streams) return;
    uint64_t n_tails = 0; /* 8 bytes for each end of a link, in all */
    sim->on_streams = orr_alloc(&sim->region->mem, sim->n_nodes * sizeof *sim->on_streams);
    for (uint32_t i = 0; i < sim->n_nodes; i++) {
        const struct orr_node_spec *s = &spec->nodes[i];
        sim->on_streams[i] = s->transport ? s->transport == ORR_TRANSPORT_STREAM
                                          : s->protocol->transport == ORR_STREAM;
        n_tails += sim->nodes[i].links.v ? sim->nodes[i].links.n : sim->n_nodes;
        sim->nodes[i].max_in = most(s->max_in);
        sim->nodes[i].max_out = most(s->max_out);
    }
    sim->tails = orr_alloc_zero(&sim->region->mem, n_tails * sizeof *sim->tails);
    sim->tails_bytes = n_tails * sizeof *sim->tails;
    orr_time *at = sim->tails;
    for (uint32_t i = 0; i < sim->n_nodes; i++) {
        struct node *node = &sim->nodes[i];
        node->tails = at;
        at += node->links.v ? node->links.n : sim->n_nodes;
        begin_node(sim, node);
    }
}

/* ---- crash and restart ---- */

/* The peer of a link of datagrams hears, after the mean latency, that a node went or came. */
static void tell_peer(struct orr_sim *sim, struct node *node, orr_peer to,
                      const struct orr_link *link, uint32_t kind) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    struct node *peer = &sim->nodes[to];
    if (!(peer->flags & UP)) return;
    schedule(sim, sim->now + link->latency->mean + 1, to, self, node->seq++,
             (struct record){.kind = (uint8_t)kind, .key = ORR_DOWN_CRASH, .source = self,
                             .epoch = peer->epoch});
}

void orr_engine_links_crash(struct orr_sim *sim, struct node *node) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    node->n_dials = 0;
    orr_engine_forget_owed(sim, self, ORR_NOBODY);
    for (uint32_t i = node->links.n; i-- > 0;) { /* downwards: closing takes a link away */
        orr_peer peer = orr_links_at(&node->links, self, i);
        const struct orr_link *link = orr_engine_link_class(sim, self, peer);
        if (orr_engine_is_stream(sim, self, peer, link))
            orr_engine_close(sim, node, peer, ORR_DOWN_CRASH);
        else
            tell_peer(sim, node, peer, link, ORR_PEER_DOWN);
    }
}

/* What the topology links comes back; what the node had dialled itself it must dial again. */
void orr_engine_links_restart(struct orr_sim *sim, struct node *node) {
    orr_peer self = (orr_peer)(node - sim->nodes);
    struct orr_links birth = {orr_topology_degree(sim->net.topology, self),
                              orr_topology_neighbours(sim->net.topology, self)};
    for (uint32_t i = 0; i < birth.n; i++) {
        orr_peer peer = orr_links_at(&birth, self, i);
        if (orr_engine_is_stream(sim, self, peer, orr_engine_link_class(sim, self, peer)))
            orr_engine_redial(sim, node, peer);
    }
    for (uint32_t i = 0; i < node->links.n; i++) {
        orr_peer peer = orr_links_at(&node->links, self, i);
        const struct orr_link *link = orr_engine_link_class(sim, self, peer);
        if (!orr_engine_is_stream(sim, self, peer, link))
            tell_peer(sim, node, peer, link, ORR_PEER_UP);
    }
}
