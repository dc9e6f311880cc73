/* fetch.c - the parts of blocks: what is sent unasked, what is asked for, of whom, and in which
 * order.
 *
 * The proposer of a small block sends all of it to all.  Of a large one it sends each peer a few
 * parts, each another few; the rest is fetched (common/fetch.h), of the proposer and of whoever
 * says that it has some (HAS): of each node some peers hear at every eighth of the block.  So a
 * large block leaves its proposer about once, and comes to each node once.  What was lost of a
 * small block is made good in the same way, when a peer that was told where we are (ask.c) says
 * what it has.
 *
 * HAS and FETCH, little-endian: height u64 | parts_root (32) | n_parts u32 | bitset of parts, part
 * i at bit i % 8 of byte i / 8.
 */
#include "models/bft/tendermint/state.h"

enum { HEAD_BYTES = 8 + 32 + 4 };
/* How long a small block that its proposer sends is waited for, a part. */
#define PUSH_PATIENCE_NS ((orr_time)1000000000)

static bool is_complete(const struct body *b) { return b->n_have == b->id.n_parts; }

/* ---- what is known of who has what ---- */

/* The account of a block that is not complete; made when it is first needed. */
static struct orr_fetch_value *account(struct orr_tm *t, struct body *b) {
    assert(!is_complete(b));
    if (b->fetch) return b->fetch;
    b->fetch = orr_fetch_new(&t->fetch, b->id.n_parts);
    for (uint32_t i = 0; i < b->id.n_parts; i++)
        if (b->parts[i]) orr_fetch_came(&t->fetch, b->fetch, ORR_NOBODY, i, t->now);
    return b->fetch;
}

/* Where validator v's share of a large block begins. */
static uint32_t first_part(const struct orr_tm *t, uint32_t v, uint32_t n_parts) {
    return (uint32_t)((uint64_t)v * n_parts / t->set->n);
}

void orr_tm_expect_parts(struct orr_tm *t, struct body *b, const struct proposal *p,
                         orr_peer from) {
    if (b->first_round == NO_ROUND) b->first_round = p->round, b->named_at = t->wall;
    if (is_complete(b) || b->pusher != ORR_NOBODY || does_gossip(t)) return;
    bool is_direct = orr_links_has(t->out->links, t->env->self, t->set->members[p->proposer]);
    uint32_t sender = is_direct ? p->proposer : orr_validator_of(t->set, from);
    if (sender == ORR_NOBODY) return;
    b->pusher = sender;
    b->pushed_at = t->now;
    if (b->id.n_parts <= PUSH_PARTS || !is_direct) return;
    struct orr_fetch_value *v = account(t, b);
    orr_fetch_told(v, sender, NULL);
    uint32_t first = first_part(t, t->me, b->id.n_parts);
    for (uint32_t k = 0; k < ORR_FETCH_WINDOW; k++) {
        uint32_t i = (first + k) % b->id.n_parts;
        if (!b->parts[i] && v->asks[i].rank == ORR_NOBODY)
            orr_fetch_expect(&t->fetch, v, sender, i, t->now);
    }
    orr_tm_fetch(t);
}

void orr_tm_decided_elsewhere(struct orr_tm *t, struct body *b, orr_peer from) {
    if (is_complete(b)) return;
    struct orr_fetch_value *v = account(t, b);
    uint32_t n = 0;
    for (uint32_t i = 1; i < t->set->n && n < ORR_FETCH_SOURCES - 1; i++) {
        uint32_t rank = (t->me + i) % t->set->n;
        if (t->sync.peers[rank].known <= b->height ||
            !orr_links_has(t->out->links, t->env->self, t->set->members[rank]))
            continue;
        orr_fetch_told(v, rank, NULL);
        n++;
    }
    uint32_t rank = orr_validator_of(t->set, from);
    if (rank != ORR_NOBODY) orr_fetch_told(v, rank, NULL);
    orr_tm_fetch(t);
}

/* ---- telling ---- */

static struct orr_msg *about(struct orr_tm *t, uint16_t kind, const struct body *b) {
    uint32_t n_bytes = (b->id.n_parts + 7) / 8;
    struct orr_msg *m = orr_msg_new(t->common->pool, kind, HEAD_BYTES + n_bytes);
    orr_store_le64(m->data, b->height);
    memcpy(m->data + 8, b->id.parts_root, 32);
    orr_store_le32(m->data + 40, b->id.n_parts);
    memset(m->data + HEAD_BYTES, 0, n_bytes);
    return m;
}

static bool has_bit(const uint8_t *bits, uint32_t i) { return bits[i / 8] >> i % 8 & 1; }
static void set_bit(uint8_t *bits, uint32_t i) { bits[i / 8] |= (uint8_t)(1 << i % 8); }

static struct orr_msg *what_is_here(struct orr_tm *t, const struct body *b) {
    struct orr_msg *m = about(t, ORR_TM_HAS, b);
    for (uint32_t i = 0; i < b->id.n_parts; i++)
        if (is_complete(b) || b->parts[i]) set_bit(m->data + HEAD_BYTES, i);
    return m;
}

void orr_tm_tell_parts(struct orr_tm *t, orr_peer to, struct body *b, const uint8_t *bits) {
    bool is_news = false;
    for (uint32_t i = 0; i < b->id.n_parts; i++)
        is_news |= (is_complete(b) || b->parts[i]) && !(bits && has_bit(bits, i));
    if (is_news) orr_send(t->out, to, what_is_here(t, b));
}

/* To those peers that follow on us, so that everyone hears from some. */
static void announce(struct orr_tm *t, struct body *b) {
    const struct orr_links *links = t->out->links;
    uint32_t step = b->id.n_parts / HAS_STEPS;
    if (b->id.n_parts <= PUSH_PARTS || !links->n || does_gossip(t)) return;
    if (!is_complete(b) && b->n_have < b->n_announced + (step ? step : 1)) return;
    b->n_announced = b->n_have;
    struct orr_msg *m = what_is_here(t, b);
    uint32_t first = 0;
    while (first < links->n && orr_links_at(links, t->env->self, first) < t->env->self) first++;
    for (uint32_t i = 0; i < links->n && i < HAS_PEERS; i++)
        orr_send(t->out, orr_links_at(links, t->env->self, (first + i) % links->n),
                 orr_msg_ref(m));
    orr_msg_unref(t->common->pool, m);
}

void orr_tm_part_came(struct orr_tm *t, struct body *b, uint32_t index, orr_peer from) {
    t->has_moved = true;
    if (b->fetch)
        orr_fetch_came(&t->fetch, b->fetch, orr_validator_of(t->set, from), index, t->now);
    announce(t, b);
    if (!is_complete(b) && b->fetch) orr_tm_fetch(t);
}

void orr_tm_push_parts(struct orr_tm *t, struct body *b) {
    uint32_t n = b->id.n_parts;
    const struct orr_links *links = t->out->links;
    if (does_gossip(t)) return;
    if (n <= PUSH_PARTS) {
        for (uint32_t i = 0; i < n; i++) orr_tm_broadcast(t, orr_msg_ref(b->parts[i]));
        return;
    }
    for (uint32_t k = 0; k < ORR_FETCH_WINDOW; k++)
        for (uint32_t i = 0; i < links->n; i++) {
            orr_peer peer = orr_links_at(links, t->env->self, i);
            uint32_t v = orr_validator_of(t->set, peer);
            if (v != ORR_NOBODY)
                orr_send(t->out, peer, orr_msg_ref(b->parts[(first_part(t, v, n) + k) % n]));
        }
}

/* ---- asking ---- */

static bool is_candidate(struct orr_tm *t, struct body *b) {
    return b->id.n_parts > PUSH_PARTS && b->first_round != NO_ROUND && is_complete(b) &&
           orr_tm_is_valid(t, b);
}

struct body *orr_tm_proposed_before(struct orr_tm *t) {
    struct body *best = NULL;
    for (struct body *b = t->bodies; b; b = b->next)
        if ((!best || b->first_round < best->first_round) && is_candidate(t, b)) best = b;
    return best;
}

/* How soon a block is wanted, 0 first; NO_ROUND: not at all.  First what a quorum is for; then the
 * block that was proposed first, as who has a large one complete proposes it again: if lines are
 * too slow for a block a round, one is complete after some rounds. */
static uint32_t urgency(const struct orr_tm *t, const struct body *b, bool has_candidate) {
    for (const struct round *r = t->rounds; r; r = r->next)
        if (r->votes[PRECOMMITS].quorum &&
            orr_block_id_equal(orr_tally_id(r->votes[PRECOMMITS].quorum), &b->id))
            return 0;
    const struct orr_msg *m = t->current ? t->current->proposal : NULL;
    bool is_proposed = m && orr_block_id_equal(&orr_tm_proposal_of(m)->id, &b->id);
    if (b->first_round == NO_ROUND) return 0;
    return is_proposed || !has_candidate ? b->first_round + 1 : NO_ROUND;
}

static void ask_source(struct orr_tm *t, struct body *b, uint32_t source) {
    uint32_t list[ORR_FETCH_WINDOW_MOST];
    uint32_t first = first_part(t, t->me, b->id.n_parts);
    uint32_t n = orr_fetch_ask(&t->fetch, b->fetch, source, first, t->now, list);
    if (!n) return;
    struct orr_msg *m = about(t, ORR_TM_FETCH, b);
    for (uint32_t i = 0; i < n; i++) set_bit(m->data + HEAD_BYTES, list[i]);
    orr_send(t->out, t->set->members[b->fetch->sources[source].rank], m);
}

void orr_tm_fetch(struct orr_tm *t) {
    bool has_candidate = orr_tm_proposed_before(t) != NULL;
    uint32_t done = 0; /* urgencies below were served */
    for (uint32_t n = 0; n <= t->n_bodies; n++) { /* the most urgent first, by selection */
        struct body *best = NULL;
        uint32_t least = NO_ROUND;
        for (struct body *b = t->bodies; b; b = b->next) {
            uint32_t u = b->fetch ? urgency(t, b, has_candidate) : NO_ROUND;
            if (u >= done && u < least) least = u, best = b;
        }
        if (!best) return;
        done = least + 1;
        for (struct body *b = best; b; b = b->next) /* those of one urgency */
            for (uint32_t i = b->fetch ? b->fetch->n_sources : 0; i-- > 0;)
                if (urgency(t, b, has_candidate) == least) ask_source(t, b, i);
    }
}

void orr_tm_fetch_tick(struct orr_tm *t) {
    for (struct body *b = t->bodies; b; b = b->next)
        if (b->fetch) orr_fetch_tick(&t->fetch, b->fetch, t->now);
    orr_tm_fetch(t);
}

void orr_tm_peer_lost(struct orr_tm *t, orr_peer peer) {
    uint32_t rank = orr_validator_of(t->set, peer);
    for (struct body *b = t->bodies; b && rank != ORR_NOBODY; b = b->next)
        if (b->fetch) orr_fetch_lost(&t->fetch, b->fetch, rank);
    orr_tm_fetch(t);
}

/* ---- the two messages ---- */

/* The block that a message is about, of this height or decided; NULL: malformed, which is counted,
 * or not known. */
static struct body *body_of(struct orr_tm *t, const struct orr_msg *m) {
    uint32_t n_parts = m->len < HEAD_BYTES ? 0 : orr_load_le32(m->data + 40);
    if (!n_parts || n_parts > ORR_MAX_PARTS || m->len != HEAD_BYTES + (n_parts + 7) / 8) {
        orr_tm_drop(t);
        return NULL;
    }
    uint64_t height = orr_load_le64(m->data);
    if (!height || height > t->height) return NULL;
    for (struct body *b = height < t->height ? decided_body(t, height) : t->bodies; b; b = b->next)
        if (b->id.n_parts == n_parts && !memcmp(b->id.parts_root, m->data + 8, 32)) return b;
    return NULL;
}

/* A small block that somebody else sends: what that one sent before it told us is here, or lost. */
static bool is_under_way(const struct orr_tm *t, const struct body *b, uint32_t rank) {
    return !b->fetch && b->pusher != ORR_NOBODY && b->pusher != rank &&
           b->id.n_parts <= PUSH_PARTS &&
           t->now - b->pushed_at < PUSH_PATIENCE_NS * b->id.n_parts;
}

bool orr_tm_recv_has(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    uint32_t rank = orr_validator_of(t->set, from);
    struct body *b = body_of(t, m);
    if (!b || is_complete(b) || rank == ORR_NOBODY || is_under_way(t, b, rank)) return false;
    orr_fetch_told(account(t, b), rank, m->data + HEAD_BYTES);
    orr_tm_fetch(t);
    return false;
}

bool orr_tm_recv_fetch(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    uint32_t rank = orr_validator_of(t->set, from);
    struct body *b = body_of(t, m);
    if (!b || rank == ORR_NOBODY || (is_complete(b) && !orr_tm_cut(t, b))) return false;
    for (uint32_t i = 0; i < b->id.n_parts; i++) {
        struct orr_msg *part = b->parts[i];
        if (!part || !has_bit(m->data + HEAD_BYTES, i)) continue;
        if (!orr_sync_may_send(&t->sync, rank, part->len, 2 * t->max_block, t->now)) return false;
        orr_send(t->out, from, orr_msg_ref(part));
    }
    return false;
}
