/* status.c - making good what was lost.
 *
 * A node that has made no progress for gossip_interval, or is past round 0, tells a peer, drawn at
 * random, where it is and what it holds; the peer answers with the votes, proposals, commits and
 * small blocks that are missing, says which parts of others it has (fetch.c), or, if it is the one
 * behind, asks in turn; whom to ask and what of decided heights to send is common/sync.h's.  In
 * effect this is what CometBFT's consensus and block-sync reactors do, which track each peer
 * instead.  So whatever a partition swallowed reaches everyone soon after it heals: the reliable
 * channels that the paper's proof of termination assumes.
 */
#include "models/bft/tendermint/state.h"

struct peer_tally { const uint8_t *prefix, *bits; };
struct peer_section {
    uint32_t round;
    const uint8_t *proposed; /* beginning of the proposed block's hash; NULL: it has no proposal */
    uint8_t n[2];
    struct peer_tally tallies[2][MAX_TALLIES];
};
struct peer_body { const uint8_t *root, *bits; uint32_t n_parts; };
struct peer_status {
    uint64_t height;
    uint32_t round;
    uint8_t n_bodies, n_sections;
    struct peer_body bodies[MAX_BODIES];
    struct peer_section sections[MAX_SECTIONS];
};

static void read_section(struct orr_reader *r, uint32_t n_validators, struct peer_section *s) {
    s->round = orr_read_u32(r);
    s->proposed = orr_read_u8(r) ? orr_read_bytes(r, 8) : NULL;
    for (unsigned k = 0; k < 2; k++) {
        s->n[k] = orr_read_u8(r);
        if (s->n[k] > MAX_TALLIES) r->bad = true;
        for (unsigned i = 0; i < s->n[k] && !r->bad; i++) {
            s->tallies[k][i].prefix = orr_read_bytes(r, 8);
            s->tallies[k][i].bits = orr_read_bytes(r, (n_validators + 7) / 8);
        }
    }
}

static bool read_status(const struct orr_msg *m, uint32_t n_validators, struct peer_status *s) {
    struct orr_reader r = orr_reader(m->data, m->len);
    *s = (struct peer_status){.height = orr_read_u64(&r), .round = orr_read_u32(&r)};
    orr_read_u8(&r);
    s->n_bodies = orr_read_u8(&r);
    if (s->n_bodies > MAX_BODIES) return false;
    for (unsigned i = 0; i < s->n_bodies && !r.bad; i++) {
        struct peer_body *b = &s->bodies[i];
        b->root = orr_read_bytes(&r, 32);
        b->n_parts = orr_read_u32(&r);
        if (b->n_parts > ORR_MAX_PARTS) return false;
        b->bits = orr_read_bytes(&r, (b->n_parts + 7) / 8);
    }
    s->n_sections = orr_read_u8(&r);
    if (s->n_sections > MAX_SECTIONS) return false;
    for (unsigned i = 0; i < s->n_sections && !r.bad; i++)
        read_section(&r, n_validators, &s->sections[i]);
    return orr_read_done(&r) && s->height > 0;
}

static bool has_bit(const uint8_t *bits, uint32_t i) { return bits[i / 8] >> i % 8 & 1; }

/* Which parts of a block the peer says to have; NULL: it says nothing. */
static const uint8_t *parts_had(const struct peer_status *s, const struct body *b) {
    for (unsigned i = 0; i < s->n_bodies; i++)
        if (s->bodies[i].n_parts == b->id.n_parts &&
            !memcmp(s->bodies[i].root, b->id.parts_root, 32))
            return s->bodies[i].bits;
    return NULL;
}

static void send_snapshot(struct orr_tm *t, orr_peer to) {
    struct orr_msg *commit = orr_tm_commit_of(t, t->n_pruned + 1);
    orr_tm_send_snapshot(t, to, commit);
    orr_msg_unref(t->common->pool, commit);
}

static void send_blocks(struct orr_tm *t, orr_peer to, uint32_t rank,
                        const struct peer_status *s) {
    struct orr_sync_range range = orr_sync_answer(&t->sync, rank, s->height, t->height, t->now);
    if (range.from < range.to && range.from <= t->n_pruned) {
        if (range.from == s->height) { /* else it is under way */
            send_snapshot(t, to);
            orr_sync_sent(&t->sync, rank, range.from, t->now);
        }
        return;
    }
    for (uint64_t h = range.from; h < range.to; h++) {
        struct body *b = decided_body(t, h);
        orr_send(t->out, to, orr_tm_commit_of(t, h));
        const uint8_t *had = parts_had(s, b);
        if (b->message->len <= CATCH_UP_BYTES && orr_tm_cut(t, b))
            for (uint32_t i = 0; i < b->id.n_parts; i++)
                if (!had || !has_bit(had, i)) orr_send(t->out, to, orr_msg_ref(b->parts[i]));
        orr_sync_sent(&t->sync, rank, h, t->now);
    }
}

static void send_votes(struct orr_tm *t, orr_peer to, const struct orr_vote_set *votes,
                       const struct peer_section *s, unsigned which) {
    for (const struct orr_tally *y = votes->first; y; y = y->next) {
        const struct peer_tally *has = NULL;
        for (unsigned i = 0; s && i < s->n[which]; i++)
            if (!memcmp(s->tallies[which][i].prefix, orr_tally_id(y)->hash, 8))
                has = &s->tallies[which][i];
        for (uint32_t i = 0; i < t->set->n; i++)
            if (y->votes[i] && !(has && has_bit(has->bits, i)))
                orr_send(t->out, to, orr_msg_ref(y->votes[i]));
    }
}

/* All of a round that the peer lacks; s: what it said of it, or NULL. */
static void send_round(struct orr_tm *t, orr_peer to, const struct peer_status *status,
                       struct round *r, const struct peer_section *s) {
    if (r->proposal) {
        const struct orr_block_id *id = &orr_tm_proposal_of(r->proposal)->id;
        if (!s || !s->proposed || memcmp(s->proposed, id->hash, 8)) /* another one is evidence */
            orr_send(t->out, to, orr_msg_ref(r->proposal));
        struct body *b = orr_tm_find_body(t, id);
        if (b) orr_tm_tell_parts(t, to, b, parts_had(status, b));
    }
    send_votes(t, to, &r->votes[PREVOTES], s, PREVOTES);
    send_votes(t, to, &r->votes[PRECOMMITS], s, PRECOMMITS);
}

bool orr_tm_recv_status(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    struct peer_status s;
    uint32_t rank = orr_validator_of(t->set, from);
    if (rank == ORR_NOBODY || !read_status(m, t->set->n, &s)) {
        orr_tm_drop(t);
        return false;
    }
    if (s.height < t->height) {
        send_blocks(t, from, rank, &s);
        return false;
    }
    if (s.height > t->height) {
        orr_tm_peer_is_ahead(t, from, s.height);
        orr_tm_ask(t, from);
        return false;
    }
    if (!orr_sync_may_answer(&t->sync, rank, t->now)) return false;
    bool has_ours = false;
    for (unsigned i = 0; i < s.n_sections; i++) {
        struct round *r = orr_tm_find_round(t, s.sections[i].round);
        if (r) send_round(t, from, &s, r, &s.sections[i]);
        has_ours |= s.sections[i].round == t->round;
    }
    if (!has_ours && s.round < t->round) send_round(t, from, &s, t->current, NULL);
    /* blocks that it collects for another reason */
    for (struct body *b = t->bodies; b; b = b->next)
        for (unsigned i = 0; i < s.n_bodies; i++)
            if (!memcmp(s.bodies[i].root, b->id.parts_root, 32) &&
                s.bodies[i].n_parts == b->id.n_parts)
                orr_tm_tell_parts(t, from, b, s.bodies[i].bits);
    if (s.round > t->round) orr_tm_ask(t, from);
    return false;
}
