/* status.c - making good what was lost.
 *
 * A node that has made no progress for gossip_interval tells a peer, drawn at random, where it is
 * and what it holds; the peer answers with the votes, proposals, parts and whole blocks that are
 * missing, or, if it is the one behind, asks in turn.  In effect this is what CometBFT's consensus
 * and block-sync reactors do, which track each peer instead.  So whatever a partition swallowed
 * reaches everyone soon after it heals: the reliable channels that the paper's proof of termination
 * assumes.
 *
 * The message, little-endian:
 *     height u64 | round u32 | step u8
 *     n_bodies u8   | n times: parts_root (32), n_parts u32, bitset of parts held
 *     n_sections u8 | n times: round u32, has_proposal u8, then for prevotes and precommits:
 *                     n_tallies u8 | n times: first 8 bytes of the block's hash, bitset of voters
 * Bitsets are whole bytes, validator or part i at bit i % 8 of byte i / 8. */
#include "models/bft/tendermint/state.h"

enum { MAX_BODIES = 4, MAX_TALLIES = 4, MAX_SECTIONS = 3 };

/* ---- flooding ---- */

bool orr_tm_is_first_seen(struct orr_tm *t, struct orr_msg *m) {
    return t->config->transport != ORR_TM_FLOOD ||
           orr_recent_add(&t->relayed, orr_msg_hash(m));
}

/* ---- asking ---- */

static void write_bits(struct orr_writer *w, struct orr_msg *const *present, uint32_t n) {
    for (uint32_t i = 0; i < n; i += 8) {
        uint8_t byte = 0;
        for (uint32_t k = 0; k < 8 && i + k < n; k++)
            if (present[i + k]) byte |= (uint8_t)(1 << k);
        orr_write_u8(w, byte);
    }
}

static void write_section(struct orr_writer *w, const struct orr_tm *t,
                          const struct round *r) {
    orr_write_u32(w, r->round);
    orr_write_u8(w, r->proposal != NULL);
    for (unsigned k = 0; k < 2; k++) {
        uint8_t n = 0;
        for (const struct orr_tally *y = r->votes[k].first; y && n < MAX_TALLIES; y = y->next) n++;
        orr_write_u8(w, n);
        for (const struct orr_tally *y = r->votes[k].first; y && n; y = y->next, n--) {
            orr_write_bytes(w, y->id.hash, 8);
            write_bits(w, y->votes, t->set->n);
        }
    }
}

/* The rounds that matter: the present one, and that whose prevotes a proposal leans on. */
static uint32_t sections(struct orr_tm *t, struct round **list) {
    uint32_t n = 0;
    if (!t->current) return 0;
    list[n++] = t->current;
    if (t->current->proposal) {
        int32_t pol = orr_tm_proposal_of(t->current->proposal, t->common->pool)->pol_round;
        if (pol >= 0) list[n++] = orr_tm_get_round(t, (uint32_t)pol);
    }
    return n;
}

void orr_tm_ask(struct orr_tm *t, orr_peer peer) {
    if (t->has_asked) return;
    t->has_asked = true;
    struct round *list[MAX_SECTIONS];
    uint32_t n_sections = sections(t, list), bits = (t->set->n + 7) / 8;
    uint32_t n_bodies = t->n_bodies < MAX_BODIES ? t->n_bodies : MAX_BODIES;
    uint32_t size = 8 + 4 + 1 + 2 + n_sections * (5 + 2 * (1 + MAX_TALLIES * (8 + bits))) +
                    n_bodies * (36 + ORR_MAX_PARTS / 8);
    struct orr_msg *m = orr_msg_new(t->common->pool, ORR_TM_STATUS, size);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, t->height);
    orr_write_u32(&w, t->round);
    orr_write_u8(&w, t->step);
    orr_write_u8(&w, (uint8_t)n_bodies);
    const struct body *b = t->bodies;
    for (uint32_t i = 0; i < n_bodies; i++, b = b->next) {
        orr_write_bytes(&w, b->id.parts_root, 32);
        orr_write_u32(&w, b->id.n_parts);
        write_bits(&w, b->parts, b->id.n_parts);
    }
    orr_write_u8(&w, (uint8_t)n_sections);
    for (uint32_t i = 0; i < n_sections; i++) write_section(&w, t, list[i]);
    assert(!w.bad);
    m->len = (uint32_t)orr_written(&w);
    orr_send(t->out, peer, m);
}

orr_peer orr_tm_any_peer(struct orr_tm *t) {
    const struct orr_links *links = t->out->links;
    if (!links->n) return ORR_NOBODY;
    uint32_t first = (uint32_t)orr_rng_below(t->out->rng, links->n);
    for (uint32_t i = 0; i < links->n; i++) { /* most often all are validators: one turn */
        orr_peer peer = orr_links_at(links, t->env->self, (first + i) % links->n);
        if (orr_validator_of(t->set, peer) != ORR_NOBODY) return peer;
    }
    return ORR_NOBODY;
}

void orr_tm_ask_anyone(struct orr_tm *t) {
    orr_peer peer = orr_tm_any_peer(t);
    if (peer != ORR_NOBODY) orr_tm_ask(t, peer);
}

void orr_tm_peer_is_ahead(struct orr_tm *t, orr_peer peer, uint64_t height) {
    if (height <= t->height) return;
    t->ahead_height = height; /* the last to say so: one who lies is not believed for long */
    t->ahead_peer = peer;
    /* one height ahead is usual: its messages are held, and ours are on their way */
    if (height > t->height + 1) orr_tm_ask(t, peer);
}

/* ---- answering ---- */

struct peer_tally { const uint8_t *prefix, *bits; };
struct peer_section {
    uint32_t round;
    bool has_proposal;
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
    s->has_proposal = orr_read_u8(r);
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

/* Sends the parts of a body that the peer does not say it has, at most `limit`; how many. */
static uint32_t send_parts(struct orr_tm *t, orr_peer to, const struct peer_status *s,
                           const struct body *b, uint32_t limit) {
    const struct peer_body *has = NULL;
    for (unsigned i = 0; i < s->n_bodies; i++)
        if (s->bodies[i].n_parts == b->id.n_parts &&
            !memcmp(s->bodies[i].root, b->id.parts_root, 32))
            has = &s->bodies[i];
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->id.n_parts && n < limit; i++)
        if (b->parts[i] && !(has && has_bit(has->bits, i))) {
            orr_send(t->out, to, orr_msg_ref(b->parts[i]));
            n++;
        }
    return n;
}

static struct orr_msg *commit_of(struct orr_tm *t, uint64_t height) {
    if (height + 1 == t->height) return orr_tm_seen_commit(t);
    const struct orr_tm_block *next = t->chain[height]->block; /* that of height + 1 */
    const struct orr_commit *c = &next->commit;
    const uint8_t *end = c->entries + c->n + c->n_signatures * ORR_SIGN_BYTES;
    return orr_msg_copy(t->common->pool, ORR_TM_COMMIT, end - c->len, c->len);
}

static void send_blocks(struct orr_tm *t, orr_peer to, const struct peer_status *s) {
    uint32_t budget = SYNC_PARTS;
    for (uint64_t h = s->height; h < t->height && h < s->height + SYNC_WINDOW && budget; h++) {
        struct body *b = t->chain[h - 1];
        orr_send(t->out, to, commit_of(t, h));
        uint32_t limit = budget > b->id.n_parts || h == s->height ? ORR_MAX_PARTS : budget;
        uint32_t n = send_parts(t, to, s, b, limit);
        budget -= n < budget ? n : budget;
    }
}

static void send_votes(struct orr_tm *t, orr_peer to, const struct orr_vote_set *votes,
                       const struct peer_section *s, unsigned which) {
    for (const struct orr_tally *y = votes->first; y; y = y->next) {
        const struct peer_tally *has = NULL;
        for (unsigned i = 0; s && i < s->n[which]; i++)
            if (!memcmp(s->tallies[which][i].prefix, y->id.hash, 8)) has = &s->tallies[which][i];
        for (uint32_t i = 0; i < t->set->n; i++)
            if (y->votes[i] && !(has && has_bit(has->bits, i)))
                orr_send(t->out, to, orr_msg_ref(y->votes[i]));
    }
}

/* All of a round that the peer lacks; s: what it said of it, or NULL. */
static void send_round(struct orr_tm *t, orr_peer to, const struct peer_status *status,
                       struct round *r, const struct peer_section *s) {
    if (r->proposal) {
        if (!s || !s->has_proposal) orr_send(t->out, to, orr_msg_ref(r->proposal));
        struct body *b =
            orr_tm_find_body(t, &orr_tm_proposal_of(r->proposal, t->common->pool)->id);
        if (b) send_parts(t, to, status, b, SYNC_PARTS);
    }
    send_votes(t, to, &r->votes[PREVOTES], s, PREVOTES);
    send_votes(t, to, &r->votes[PRECOMMITS], s, PRECOMMITS);
}

bool orr_tm_recv_status(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    struct peer_status s;
    if (!read_status(m, t->set->n, &s)) {
        orr_tm_drop(t);
        return false;
    }
    if (s.height < t->height) {
        send_blocks(t, from, &s);
        return false;
    }
    if (s.height > t->height) {
        orr_tm_peer_is_ahead(t, from, s.height);
        orr_tm_ask(t, from);
        return false;
    }
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
                send_parts(t, from, &s, b, SYNC_PARTS);
    if (s.round > t->round) orr_tm_ask(t, from);
    return false;
}
