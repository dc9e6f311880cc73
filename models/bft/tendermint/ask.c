/* ask.c - telling a peer where we are and what we hold, so that it sends what is missing
 * (status.c).
 *
 * The message, little-endian:
 *     height u64 | round u32 | step u8
 *     n_bodies u8   | n times: parts_root (32), n_parts u32, bitset of parts held
 *     n_sections u8 | n times: round u32, has_proposal u8, if so the first 8 bytes of its block's
 *                     hash, then for prevotes and precommits:
 *                     n_tallies u8 | n times: first 8 bytes of the block's hash, bitset of voters
 * Bitsets are whole bytes, validator or part i at bit i % 8 of byte i / 8. */
#include "models/bft/tendermint/state.h"

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
    if (r->proposal) orr_write_bytes(w, orr_tm_proposal_of(r->proposal)->id.hash, 8);
    for (unsigned k = 0; k < 2; k++) {
        uint8_t n = 0;
        for (const struct orr_tally *y = r->votes[k].first; y && n < MAX_TALLIES; y = y->next) n++;
        orr_write_u8(w, n);
        for (const struct orr_tally *y = r->votes[k].first; y && n; y = y->next, n--) {
            orr_write_bytes(w, orr_tally_id(y)->hash, 8);
            write_bits(w, y->votes, t->set->n);
        }
    }
}

/* The rounds that matter: the present one, and those whose prevotes a proposal leans on. */
static uint32_t sections(struct orr_tm *t, struct round **list) {
    uint32_t n = 0;
    if (!t->current) return 0;
    list[n++] = t->current;
    const struct proposal *p =
        t->current->proposal ? orr_tm_proposal_of(t->current->proposal) : NULL;
    if (p && p->pol_round >= 0) list[n++] = orr_tm_get_round(t, (uint32_t)p->pol_round);
    if (t->leaned_round >= 0 && (uint32_t)t->leaned_round < t->round &&
        !(p && p->pol_round == t->leaned_round))
        list[n++] = orr_tm_get_round(t, (uint32_t)t->leaned_round);
    return n;
}

void orr_tm_ask(struct orr_tm *t, orr_peer peer) {
    if (does_gossip(t) && t->now - t->gossip.moved_at < t->config->peer_query_maj23_sleep) return;
    if (!orr_sync_may_ask(&t->sync)) return;
    struct round *list[MAX_SECTIONS];
    uint32_t n_sections = sections(t, list), bits = (t->set->n + 7) / 8;
    uint32_t n_bodies = t->n_bodies < MAX_BODIES ? t->n_bodies : MAX_BODIES;
    uint32_t size = 8 + 4 + 1 + 2 + n_sections * (13 + 2 * (1 + MAX_TALLIES * (8 + bits))) +
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
    orr_sync_heard(&t->sync, peer, height);
    uint32_t rank = orr_validator_of(t->set, peer);
    if (rank != ORR_NOBODY) t->sync.peers[rank].known = height;
    /* one height ahead is usual: its messages are held, and ours are on their way */
    if (height > t->height + 1) orr_tm_ask(t, peer);
}
