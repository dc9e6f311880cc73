/* peer.c - linked peers: what is sent to all of them, and, with the transport `gossip`, what each
 * is believed to have.
 *
 * The rules for that are those of CometBFT's consensus reactor (PeerState): a message that a peer
 * says where it is by moves it on; what was collected for another height or round is forgotten
 * then, but for the precommits that may decide the height before. */
#include "models/bft/tendermint/state.h"

const char *const orr_tm_disseminations[] = {"direct", "flood", "gossip", NULL};

/* CometBFT's channels and their queues: state, data, votes, mempool. */
static const struct orr_conn_channel channels[ORR_CONN_CHANNELS] = {
    [CHANNEL_STATE] = {.priority = 6, .cap = 100},
    [CHANNEL_DATA] = {.priority = 10, .cap = 100},
    [CHANNEL_VOTES] = {.priority = 7, .cap = 100},
    [CHANNEL_MEMPOOL] = {.priority = 5, .cap = 1},
};

void orr_tm_broadcast(struct orr_tm *t, struct orr_msg *m) {
    if (does_gossip(t) && m->kind != ORR_TM_EVIDENCE) orr_msg_unref(t->common->pool, m);
    else orr_cast(t->out, ORR_NOBODY, m);
}

void orr_tm_relay(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    bool may = does_gossip(t) ? m->kind == ORR_TM_EVIDENCE
                              : t->config->dissemination == ORR_TM_FLOOD &&
                                    orr_recent_add(&t->relayed, orr_msg_hash(m));
    if (may) orr_cast(t->out, from, orr_msg_ref(m));
}

/* ---- who is linked ---- */

static uint32_t vote_words(const struct orr_tm *t) { return orr_bitset_words(t->set->n); }
static size_t peer_size(const struct orr_tm *t) {
    return sizeof(struct peer_state) + (PART_WORDS + N_VOTE_SETS * vote_words(t)) * 8;
}

void orr_tm_peers_init(struct orr_tm *t) {
    if (!does_gossip(t)) return;
    struct orr_mem *mem = t->common->mem;
    uint32_t n = t->set->n;
    t->gossip.peers = orr_alloc_zero(mem, n * sizeof *t->gossip.peers);
    t->gossip.linked = orr_alloc_zero(mem, n * sizeof *t->gossip.linked);
    t->gossip.armed_at = ORR_NEVER;
    t->gossip.n_senders = 64; /* of what came last, about as much as a mempool holds */
    while (t->gossip.n_senders < 1u << 14 && t->gossip.n_senders < t->config->mempool_txs)
        t->gossip.n_senders *= 2;
    t->gossip.senders = orr_alloc_zero(mem, t->gossip.n_senders * (1 + vote_words(t)) * 8ull);
}

void orr_tm_peers_fini(struct orr_tm *t) {
    if (!does_gossip(t)) return;
    struct orr_mem *mem = t->common->mem;
    uint32_t n = t->set->n;
    for (uint32_t i = 0; i < n; i++) {
        if (!t->gossip.peers[i]) continue;
        orr_conn_fini(&t->gossip.peers[i]->conn);
        orr_free(mem, t->gossip.peers[i], peer_size(t));
    }
    orr_free(mem, t->gossip.peers, n * sizeof *t->gossip.peers);
    orr_free(mem, t->gossip.linked, n * sizeof *t->gossip.linked);
    orr_free(mem, t->gossip.senders, t->gossip.n_senders * (1 + vote_words(t)) * 8ull);
}

/* Nothing is known of it. */
static void forget(struct orr_tm *t, struct peer_state *p) {
    uint32_t n = t->set->n, words = vote_words(t);
    uint64_t *at = p->words;
    p->height = p->told.height = 0;
    p->round = p->step = p->n_parts = 0;
    p->has_proposal = false;
    p->pol_round = p->last_round = p->catchup_round = -1;
    p->next_tx = 0;
    p->told.valid = t->gossip.valid - 1;
    orr_bitset_init(&p->parts, at, ORR_MAX_PARTS);
    at += PART_WORDS;
    struct orr_bitset *sets[N_VOTE_SETS] = {&p->votes[0], &p->votes[1], &p->pol, &p->last,
                                            &p->catchup};
    for (uint32_t i = 0; i < N_VOTE_SETS; i++, at += words) orr_bitset_init(sets[i], at, n);
    for (uint32_t i = 0; i < N_ROUTINES; i++) {
        p->wakes_at[i] = ORR_NEVER;
        p->slept_at[i] = t->now;
    }
    p->has_news = true;
    orr_conn_close(&p->conn);
}

void orr_tm_peer_up(struct orr_tm *t, orr_peer id) {
    uint32_t rank = orr_validator_of(t->set, id), at = t->gossip.n_linked;
    if (!does_gossip(t) || rank == ORR_NOBODY) return;
    struct peer_state *p = t->gossip.peers[rank];
    if (!p) {
        p = t->gossip.peers[rank] = orr_alloc_zero(t->common->mem, peer_size(t));
        p->id = id;
        orr_conn_init(&p->conn, channels, t->config->send_rate, t->common->mem, t->common->pool);
    }
    forget(t, p);
    if (p->is_linked) return;
    p->is_linked = true;
    for (; at && t->gossip.linked[at - 1] > rank; at--)
        t->gossip.linked[at] = t->gossip.linked[at - 1];
    t->gossip.linked[at] = rank;
    t->gossip.n_linked++;
}

void orr_tm_peer_down(struct orr_tm *t, orr_peer id) {
    struct peer_state *p = orr_tm_peer(t, id);
    if (!p) return;
    p->is_linked = false;
    orr_conn_close(&p->conn);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->gossip.n_linked; i++)
        if (t->gossip.peers[t->gossip.linked[i]] != p)
            t->gossip.linked[n++] = t->gossip.linked[i];
    assert(n + 1 == t->gossip.n_linked);
    t->gossip.n_linked = n;
}

void orr_tm_peers_begin(struct orr_tm *t) {
    const struct orr_links *links = t->out->links;
    if (!does_gossip(t)) return;
    for (uint32_t i = 0; i < links->n; i++)
        orr_tm_peer_up(t, orr_links_at(links, t->env->self, i));
    t->gossip.moved_at = t->now;
    t->gossip.query_at = t->now + t->config->peer_query_maj23_sleep;
}

struct peer_state *orr_tm_peer(struct orr_tm *t, orr_peer id) {
    uint32_t rank = does_gossip(t) && id != ORR_NOBODY ? orr_validator_of(t->set, id) : ORR_NOBODY;
    struct peer_state *p = rank == ORR_NOBODY ? NULL : t->gossip.peers[rank];
    return p && p->is_linked ? p : NULL;
}

/* ---- what is told to all ---- */

void orr_tm_say_vote(struct orr_tm *t, const struct orr_vote *v) {
    have_news(t);
    if (!t->gossip.n_linked) return;
    struct orr_msg *m = orr_msg_new(t->common->pool, ORR_TM_HAS_VOTE, 8 + 4 + 1 + 4);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, v->height);
    orr_write_u32(&w, v->round);
    orr_write_u8(&w, v->type);
    orr_write_u32(&w, v->validator);
    assert(!w.bad && w.p == w.end);
    for (uint32_t i = 0; i < t->gossip.n_linked; i++)
        orr_conn_push(&t->gossip.peers[t->gossip.linked[i]]->conn, CHANNEL_STATE, orr_msg_ref(m));
    orr_msg_unref(t->common->pool, m);
}

/* ---- transactions ---- */

static uint64_t *senders_of(const struct orr_tm *t, uint64_t number) {
    return t->gossip.senders + number % t->gossip.n_senders * (1 + vote_words(t));
}

void orr_tm_tx_from(struct orr_tm *t, struct orr_msg *tx, orr_peer from) {
    const struct orr_mempool_entry *e = orr_mempool_entry_of(&t->mempool, orr_msg_hash(tx));
    if (!orr_tm_peer(t, from) || !e) return;
    uint64_t *at = senders_of(t, e->number);
    if (at[0] != e->number) {
        memset(at, 0, (1 + vote_words(t)) * sizeof *at);
        at[0] = e->number;
    }
    uint32_t rank = orr_validator_of(t->set, from);
    at[1 + rank / 64] |= (uint64_t)1 << rank % 64;
}

bool orr_tm_sent_tx(const struct orr_tm *t, uint64_t number, uint32_t rank) {
    const uint64_t *at = senders_of(t, number);
    return at[0] == number && at[1 + rank / 64] >> rank % 64 & 1;
}

/* ---- what a peer has ---- */

static void clear(struct orr_bitset *set) { orr_bitset_init(set, set->words, set->n_bits); }
static void copy(struct orr_bitset *to, const struct orr_bitset *from) {
    memcpy(to->words, from->words, orr_bitset_words(to->n_bits) * sizeof *to->words);
    to->n_set = from->n_set;
}

struct orr_bitset *orr_tm_votes_had(struct peer_state *p, uint64_t height, uint32_t round,
                                    enum orr_signed_type type) {
    int64_t r = round;
    if (p->height == height) {
        if (p->round == round) return &p->votes[type == ORR_PREVOTE ? PREVOTES : PRECOMMITS];
        if (type == ORR_PRECOMMIT && p->catchup_round == r) return &p->catchup;
        if (type == ORR_PREVOTE && p->pol_round == r) return &p->pol;
    }
    bool is_last = p->height == height + 1 && type == ORR_PRECOMMIT && p->last_round == r;
    return is_last ? &p->last : NULL;
}

void orr_tm_peer_moves(struct peer_state *p, uint64_t height, uint32_t round, uint8_t step,
                       int32_t last_round) {
    bool is_height = p->height != height, is_next = height && p->height == height - 1;
    p->has_news = true;
    p->step = step;
    if (!is_height && p->round == round) return;
    if (is_height && is_next && (int64_t)p->round == last_round)
        copy(&p->last, &p->votes[PRECOMMITS]);
    else if (is_height && is_next && p->catchup_round >= 0 && p->catchup_round == last_round)
        copy(&p->last, &p->catchup);
    else if (is_height) clear(&p->last);
    p->height = height;
    p->round = round;
    p->has_proposal = false;
    p->n_parts = 0;
    p->pol_round = -1;
    clear(&p->votes[PREVOTES]);
    if (!is_height && p->catchup_round == (int64_t)round) copy(&p->votes[PRECOMMITS], &p->catchup);
    else clear(&p->votes[PRECOMMITS]);
    if (!is_height) return;
    p->last_round = last_round;
    p->catchup_round = -1;
}

void orr_tm_peer_collects(struct peer_state *p, const uint8_t root[32], uint32_t n_parts) {
    memcpy(p->parts_root, root, 32);
    p->n_parts = n_parts;
    clear(&p->parts);
}

void orr_tm_peer_proposal(struct peer_state *p, const struct proposal *proposal) {
    if (p->height != proposal->height || p->round != proposal->round || p->has_proposal) return;
    p->has_proposal = true;
    if (!p->n_parts) orr_tm_peer_collects(p, proposal->id.parts_root, proposal->id.n_parts);
    p->pol_round = proposal->pol_round;
    clear(&p->pol);
}

void orr_tm_peer_sent(struct orr_tm *t, const struct orr_msg *m, orr_peer from) {
    struct peer_state *p = orr_tm_peer(t, from);
    if (!p) return;
    const struct proposal *proposal = orr_tm_proposal_of(m);
    const struct orr_part *part = orr_part_of(m);
    const struct orr_vote *v = orr_vote_of(m);
    if (proposal && proposal->id.n_parts <= ORR_MAX_PARTS) orr_tm_peer_proposal(p, proposal);
    if (part && part->height == p->height && part->n == p->n_parts &&
        !memcmp(part->root, p->parts_root, 32))
        orr_bitset_add(&p->parts, part->index);
    if (!v || v->validator >= t->set->n) return;
    struct orr_bitset *had = orr_tm_votes_had(p, v->height, v->round, v->type);
    if (had) orr_bitset_add(had, v->validator);
}
