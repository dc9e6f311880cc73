/* recv_gossip.c - what a peer says of itself on the transport `gossip`: the messages of CometBFT's
 * consensus reactor on its channels for state and for vote set bits.
 *
 * All begin with height u64 | round u32, little-endian; then
 *     STEP      step u8 | last_round u32: where the peer is (NewRoundStep); -1: it has no commit
 *     HAS_VOTE  type u8 | validator u32: that vote is there (HasVote)
 *     VALID     is_commit u8 | parts_root (32) | n_parts u32 | bitset of parts: what it has of a
 *               block that it wants or has found valid (NewValidBlock)
 *     POL       bitset of validators: prevotes of that round that it has, on which its proposal
 *               leans (ProposalPOL)
 *     MAJ23     type u8 | block id (68): these votes have a quorum (VoteSetMaj23)
 *     BITS      type u8 | block id (68) | bitset of validators: those that it has (VoteSetBits)
 *
 * None is signed: a peer that lies in them is sent too little, or again what it has. */
#include "models/bft/tendermint/state.h"

static bool has_bit(const uint8_t *bits, uint32_t i) { return bits[i / 8] >> i % 8 & 1; }

static enum orr_signed_type read_type(struct orr_reader *r) {
    uint8_t type = orr_read_u8(r);
    if (type != ORR_PREVOTE && type != ORR_PRECOMMIT) r->bad = true;
    return type == ORR_PREVOTE ? ORR_PREVOTE : ORR_PRECOMMIT;
}

static bool recv_step(struct orr_tm *t, struct peer_state *p, struct orr_reader *r,
                      uint64_t height, uint32_t round) {
    uint8_t step = orr_read_u8(r);
    int32_t last_round = (int32_t)orr_read_u32(r);
    if (!orr_read_done(r) || step > ORR_TM_STEP_PRECOMMIT || last_round < -1) return false;
    orr_tm_peer_moves(p, height, round, step, last_round);
    orr_tm_peer_is_ahead(t, p->id, height);
    return true;
}

static bool recv_has_vote(struct orr_tm *t, struct peer_state *p, struct orr_reader *r,
                          uint64_t height, uint32_t round) {
    enum orr_signed_type type = read_type(r);
    uint32_t validator = orr_read_u32(r);
    if (!orr_read_done(r) || validator >= t->set->n) return false;
    struct orr_bitset *had = orr_tm_votes_had(p, height, round, type);
    if (had) orr_bitset_add(had, validator);
    return true;
}

static bool recv_valid(struct peer_state *p, struct orr_reader *r, uint64_t height,
                       uint32_t round) {
    uint8_t is_commit = orr_read_u8(r);
    const uint8_t *root = orr_read_bytes(r, 32);
    uint32_t n_parts = orr_read_u32(r);
    if (!n_parts || n_parts > ORR_MAX_PARTS || is_commit > 1) return false;
    const uint8_t *bits = orr_read_bytes(r, (n_parts + 7) / 8);
    if (!orr_read_done(r)) return false;
    if (p->height != height || (p->round != round && !is_commit)) return true;
    orr_tm_peer_collects(p, root, n_parts);
    for (uint32_t i = 0; i < n_parts; i++)
        if (has_bit(bits, i)) orr_bitset_add(&p->parts, i);
    p->has_news = true;
    return true;
}

static bool recv_pol(struct orr_tm *t, struct peer_state *p, struct orr_reader *r, uint64_t height,
                     uint32_t round) {
    const uint8_t *bits = orr_read_bytes(r, (t->set->n + 7) / 8);
    if (!orr_read_done(r)) return false;
    if (p->height != height || p->pol_round < 0 || (uint32_t)p->pol_round != round) return true;
    for (uint32_t i = 0; i < t->set->n; i++)
        if (has_bit(bits, i)) orr_bitset_add(&p->pol, i);
    p->has_news = true;
    return true;
}

static bool is_here(const struct orr_tally *tally, uint32_t i) { return tally && tally->votes[i]; }

/* The votes here for a block, of the present height; NULL: there are none. */
static const struct orr_tally *votes_here(struct orr_tm *t, uint64_t height, uint32_t round,
                                          enum orr_signed_type type,
                                          const struct orr_block_id *id) {
    struct round *here = height == t->height ? orr_tm_find_round(t, round) : NULL;
    unsigned which = type == ORR_PREVOTE ? PREVOTES : PRECOMMITS;
    return here ? orr_vote_set_find(&here->votes[which], id) : NULL;
}

/* Answered by what is here. */
static bool recv_maj23(struct orr_tm *t, struct peer_state *p, struct orr_reader *r,
                       uint64_t height, uint32_t round) {
    enum orr_signed_type type = read_type(r);
    struct orr_block_id id;
    orr_read_copy(r, &id, sizeof id);
    if (!orr_read_done(r)) return false;
    if (height != t->height) return true;
    const struct orr_tally *tally = votes_here(t, height, round, type, &id);
    uint32_t n_bytes = (t->set->n + 7) / 8;
    struct orr_msg *m = orr_msg_new(t->common->pool, ORR_TM_BITS, 12 + 1 + 68 + n_bytes);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, height);
    orr_write_u32(&w, round);
    orr_write_u8(&w, (uint8_t)type);
    orr_write_bytes(&w, &id, sizeof id);
    for (uint32_t i = 0; i < n_bytes; i++) {
        uint8_t byte = 0;
        for (uint32_t k = 0; k < 8 && 8 * i + k < t->set->n; k++)
            if (is_here(tally, 8 * i + k)) byte |= (uint8_t)(1 << k);
        orr_write_u8(&w, byte);
    }
    assert(!w.bad && w.p == w.end);
    orr_conn_push(&p->conn, CHANNEL_STATE, m);
    return true;
}

/* Which votes for that block the peer has, of those that are here: others stay as they were. */
static bool recv_bits(struct orr_tm *t, struct peer_state *p, struct orr_reader *r,
                      uint64_t height, uint32_t round) {
    enum orr_signed_type type = read_type(r);
    struct orr_block_id id;
    orr_read_copy(r, &id, sizeof id);
    const uint8_t *bits = orr_read_bytes(r, (t->set->n + 7) / 8);
    if (!orr_read_done(r)) return false;
    struct orr_bitset *had = orr_tm_votes_had(p, height, round, type);
    if (!had) return true;
    const struct orr_tally *tally = votes_here(t, height, round, type, &id);
    for (uint32_t i = 0; i < t->set->n; i++) {
        if (has_bit(bits, i)) {
            orr_bitset_add(had, i);
        } else if (is_here(tally, i) && orr_bitset_has(had, i)) {
            had->words[i / 64] &= ~((uint64_t)1 << i % 64);
            had->n_set--;
        }
    }
    p->has_news = true;
    return true;
}

bool orr_tm_recv_gossip(struct orr_tm *t, struct orr_msg *m, orr_peer from) {
    struct peer_state *p = orr_tm_peer(t, from);
    if (!p) return false; /* of another transport, or a link that has gone */
    struct orr_reader r = orr_reader(m->data, m->len);
    uint64_t height = orr_read_u64(&r);
    uint32_t round = orr_read_u32(&r);
    bool is_good = !r.bad && height && height < UINT64_MAX && round <= ORR_MAX_ROUND;
    switch (is_good ? m->kind : ORR_TM_N_KINDS) {
    case ORR_TM_STEP: is_good = recv_step(t, p, &r, height, round); break;
    case ORR_TM_HAS_VOTE: is_good = recv_has_vote(t, p, &r, height, round); break;
    case ORR_TM_VALID: is_good = recv_valid(p, &r, height, round); break;
    case ORR_TM_POL: is_good = recv_pol(t, p, &r, height, round); break;
    case ORR_TM_MAJ23: is_good = recv_maj23(t, p, &r, height, round); break;
    case ORR_TM_BITS: is_good = recv_bits(t, p, &r, height, round); break;
    default: is_good = false;
    }
    if (!is_good) orr_tm_drop(t);
    return false;
}
