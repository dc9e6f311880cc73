/* gossip.c - the transport `gossip`: CometBFT's consensus and mempool reactors, as their
 * specification has them.
 *
 * A node remembers of each linked peer where it is and what it has (peer.c), and runs three
 * routines for it: one sends parts of blocks, or the proposal, one votes, one transactions; each
 * sends one thing after another that the peer lacks, drawn at random, into a queue that is bounded
 * (common/conn.h), and sleeps for peer_gossip_sleep when it finds nothing.  To all it tells its
 * step, votes that it has got, and blocks that it lacks parts of or has found valid; every
 * peer_query_maj23_sleep it tells which votes have a quorum, which a peer answers by what it has of
 * these: so an equivocator's two votes are not taken for each other.  A peer that is behind is sent
 * the precommits that decided its height, and parts of that block.
 *
 * A sleeping routine that would find nothing costs nothing: it goes on at the next time at which it
 * would have looked, once there is something (to a sixteenth of its sleep, so that few timers serve
 * many peers).
 *
 * Beyond CometBFT, whose streams lose nothing and whose block sync is another reactor: a node that
 * makes no progress for peer_query_maj23_sleep asks a peer outright, as with the other transports
 * (status.c); so datagrams may be lost, and late joiners get snapshots. */
#include "models/bft/tendermint/state.h"

enum did { DID_SEND, DID_WAIT, DID_NOTHING }; /* waits: its queue is full */

/* ---- telling ---- */

static struct orr_writer said(struct orr_tm *t, uint16_t kind, uint64_t height, uint32_t round,
                              uint32_t more, struct orr_msg **m) {
    *m = orr_msg_new(t->common->pool, kind, 12 + more);
    struct orr_writer w = orr_writer((*m)->data, (*m)->len);
    orr_write_u64(&w, height);
    orr_write_u32(&w, round);
    return w;
}

static void write_parts(struct orr_writer *w, const struct body *b) {
    bool is_whole = b->n_have == b->id.n_parts;
    for (uint32_t i = 0; i < b->id.n_parts; i += 8) {
        uint8_t byte = 0;
        for (uint32_t k = 0; k < 8 && i + k < b->id.n_parts; k++)
            if (is_whole || b->parts[i + k]) byte |= (uint8_t)(1 << k);
        orr_write_u8(w, byte);
    }
}

/* NewRoundStep, to a peer that has not heard of it; it is lent room as soon as there is some. */
static void tell_step(struct orr_tm *t, struct peer_state *p) {
    if (p->told.height == t->height && p->told.round == t->round && p->told.step == t->step) return;
    if (!orr_conn_has_room(&p->conn, CHANNEL_STATE)) return;
    struct orr_msg *m;
    struct orr_writer w = said(t, ORR_TM_STEP, t->height, t->round, 1 + 4, &m);
    orr_write_u8(&w, (uint8_t)t->step);
    orr_write_u32(&w, t->last_commit ? t->last_commit->round : UINT32_MAX);
    assert(!w.bad && w.p == w.end);
    orr_conn_push(&p->conn, CHANNEL_STATE, m);
    p->told.height = t->height;
    p->told.round = t->round;
    p->told.step = (uint8_t)t->step;
}

/* The block that a quorum is for and that is incomplete, or else the valid one. */
static struct body *wanted_body(struct orr_tm *t, bool *is_commit) {
    *is_commit = true;
    for (struct round *r = t->rounds; r; r = r->next) {
        const struct orr_tally *quorum = r->votes[PRECOMMITS].quorum;
        if (!quorum || orr_block_id_is_nil(orr_tally_id(quorum))) continue;
        struct body *b = orr_tm_find_body(t, orr_tally_id(quorum));
        if (b && b->n_have < b->id.n_parts) return b;
    }
    *is_commit = false;
    const struct orr_tally *polka = t->current ? t->current->votes[PREVOTES].quorum : NULL;
    if (polka && !orr_block_id_is_nil(orr_tally_id(polka))) {
        struct body *b = orr_tm_find_body(t, orr_tally_id(polka));
        if (b && b->n_have < b->id.n_parts) return b;
    }
    return t->valid;
}

/* NewValidBlock, once for each such block of a height. */
static void tell_valid(struct orr_tm *t, struct peer_state *p, const struct body *b,
                       bool is_commit) {
    if (p->told.valid == t->gossip.valid || !orr_conn_has_room(&p->conn, CHANNEL_STATE)) return;
    struct orr_msg *m;
    uint32_t n = b->id.n_parts;
    struct orr_writer w =
        said(t, ORR_TM_VALID, t->height, t->round, 1 + 32 + 4 + (n + 7) / 8, &m);
    orr_write_u8(&w, is_commit);
    orr_write_bytes(&w, b->id.parts_root, 32);
    orr_write_u32(&w, n);
    write_parts(&w, b);
    assert(!w.bad && w.p == w.end);
    orr_conn_push(&p->conn, CHANNEL_STATE, m);
    p->told.valid = t->gossip.valid;
}

/* VoteSetMaj23: of votes of the peer's height. */
static void tell_quorum(struct orr_tm *t, struct peer_state *p, const struct round *r,
                        unsigned which) {
    const struct orr_tally *quorum = r ? r->votes[which].quorum : NULL;
    if (!quorum) return;
    struct orr_msg *m;
    struct orr_writer w = said(t, ORR_TM_MAJ23, t->height, r->round, 1 + 68, &m);
    orr_write_u8(&w, which == PREVOTES ? ORR_PREVOTE : ORR_PRECOMMIT);
    orr_write_bytes(&w, orr_tally_id(quorum), 68);
    assert(!w.bad && w.p == w.end);
    orr_conn_push(&p->conn, CHANNEL_STATE, m);
}

static void query(struct orr_tm *t) {
    for (uint32_t i = 0; i < t->gossip.n_linked; i++) {
        struct peer_state *p = t->gossip.peers[t->gossip.linked[i]];
        if (p->height != t->height) continue;
        const struct round *r = orr_tm_find_round(t, p->round);
        tell_quorum(t, p, r, PREVOTES);
        tell_quorum(t, p, r, PRECOMMITS);
        if (p->pol_round >= 0)
            tell_quorum(t, p, orr_tm_find_round(t, (uint32_t)p->pol_round), PREVOTES);
    }
}

/* ---- choosing one of those that a peer lacks ---- */

static uint32_t count_lacking(const uint64_t *here, const struct orr_bitset *had) {
    uint32_t n = 0;
    for (uint32_t w = 0; w < orr_bitset_words(had->n_bits); w++)
        n += (uint32_t)__builtin_popcountll(here[w] & ~had->words[w]);
    return n;
}

/* The k-th of them. */
static uint32_t lacking_at(const uint64_t *here, const struct orr_bitset *had, uint32_t k) {
    uint32_t w = 0;
    uint64_t word = here[0] & ~had->words[0];
    for (uint32_t n; (n = (uint32_t)__builtin_popcountll(word)) <= k; k -= n, w++)
        word = here[w + 1] & ~had->words[w + 1];
    while (k--) word &= word - 1;
    return w * 64 + (uint32_t)__builtin_ctzll(word);
}

static uint32_t draw_lacking(struct orr_tm *t, const uint64_t *here, const struct orr_bitset *had,
                             uint32_t n) {
    return lacking_at(here, had, (uint32_t)orr_rng_below(t->out->rng, n));
}

/* ---- votes ---- */

/* Votes of one slot of which a peer lacks some. */
struct lot {
    struct orr_bitset *had;
    const struct orr_vote_set *votes; /* NULL: those of a commit ...                        */
    struct orr_commit commit;         /* ... whose bytes are lent by the block that follows */
    uint32_t n;                       /* that it lacks                                      */
};

static bool offer(struct lot *lot, struct peer_state *p, uint64_t height, uint32_t round,
                  enum orr_signed_type type, const struct orr_vote_set *votes) {
    lot->had = orr_tm_votes_had(p, height, round, type);
    lot->votes = votes;
    lot->n = lot->had ? count_lacking(votes->seen.words, lot->had) : 0;
    return lot->n;
}

static bool offer_round(struct lot *lot, struct peer_state *p, uint64_t height,
                        const struct round *r, unsigned which) {
    return r && offer(lot, p, height, r->round, which == PREVOTES ? ORR_PREVOTE : ORR_PRECOMMIT,
                      &r->votes[which]);
}

/* A peer at a decided height: it is sent the precommits of that round, whatever round it is in. */
static void catch_up_from(struct peer_state *p, uint32_t round) {
    if (p->catchup_round == (int64_t)round) return;
    p->catchup_round = (int32_t)round;
    orr_bitset_init(&p->catchup, p->catchup.words, p->catchup.n_bits);
    if (p->round != round) return;
    const struct orr_bitset *had = &p->votes[PRECOMMITS];
    memcpy(p->catchup.words, had->words, orr_bitset_words(had->n_bits) * sizeof *had->words);
    p->catchup.n_set = had->n_set;
}

static bool offer_commit(struct orr_tm *t, struct lot *lot, struct peer_state *p) {
    lot->commit = decided_body(t, p->height + 1)->block->commit;
    catch_up_from(p, lot->commit.round);
    lot->had = orr_tm_votes_had(p, p->height, lot->commit.round, ORR_PRECOMMIT);
    lot->votes = NULL;
    lot->n = 0;
    struct orr_vote v;
    for (uint32_t i = 0, at = 0; i < lot->commit.n; i++)
        lot->n += orr_commit_vote(&lot->commit, i, &at, &v) && !orr_bitset_has(lot->had, i);
    return lot->n;
}

/* gossipVotesRoutine: in which order a peer is sent votes. */
static bool find_lot(struct orr_tm *t, struct peer_state *p, struct lot *lot) {
    const struct round *last = t->last_commit;
    if (!p->height) return false;
    if (p->height < t->height - 1)
        return p->height > t->n_pruned && offer_commit(t, lot, p);
    if (p->height == t->height - 1) {
        if (last) catch_up_from(p, last->round);
        return offer_round(lot, p, p->height, last, PRECOMMITS);
    }
    if (p->height > t->height) return false;
    if (p->step == ORR_TM_STEP_COMMIT && offer_round(lot, p, p->height - 1, last, PRECOMMITS))
        return true;
    const struct round *pol = NULL, *r = NULL;
    if (p->pol_round >= 0) pol = orr_tm_find_round(t, (uint32_t)p->pol_round);
    if (p->round <= t->round) r = orr_tm_find_round(t, p->round);
    uint64_t height = t->height;
    return (p->step <= ORR_TM_STEP_PROPOSE && offer_round(lot, p, height, pol, PREVOTES)) ||
           (p->step <= ORR_TM_STEP_PREVOTE && offer_round(lot, p, height, r, PREVOTES)) ||
           offer_round(lot, p, height, r, PRECOMMITS) || offer_round(lot, p, height, r, PREVOTES) ||
           offer_round(lot, p, height, pol, PREVOTES);
}

/* The vote of a validator: that for the quorum's block, or the first one. */
static struct orr_msg *vote_of(const struct orr_vote_set *votes, uint32_t validator) {
    if (votes->quorum && votes->quorum->votes[validator])
        return orr_msg_ref(votes->quorum->votes[validator]);
    const struct orr_tally *y = votes->first;
    while (!y->votes[validator]) y = y->next; /* it has voted for something */
    return orr_msg_ref(y->votes[validator]);
}

/* The k-th vote of a commit that a peer lacks, as a message. */
static struct orr_msg *vote_in(struct orr_tm *t, const struct lot *lot, uint32_t k,
                               uint32_t *validator) {
    struct orr_vote v;
    for (uint32_t i = 0, at = 0;; i++) { /* ends: it is there */
        assert(i < lot->commit.n);
        if (!orr_commit_vote(&lot->commit, i, &at, &v) || orr_bitset_has(lot->had, i) || k--)
            continue;
        *validator = i;
        v.set = t->set;
        v.verdict = t->common->memo ? ORR_GOOD : ORR_UNKNOWN;
        return orr_vote_message(&v, t->common->pool, ORR_TM_PRECOMMIT);
    }
}

static enum did send_vote(struct orr_tm *t, struct peer_state *p) {
    struct lot lot;
    if (!find_lot(t, p, &lot)) return DID_NOTHING;
    if (!orr_conn_has_room(&p->conn, CHANNEL_VOTES)) return DID_WAIT;
    uint32_t validator;
    struct orr_msg *m;
    if (lot.votes) {
        validator = draw_lacking(t, lot.votes->seen.words, lot.had, lot.n);
        m = vote_of(lot.votes, validator);
    } else {
        m = vote_in(t, &lot, (uint32_t)orr_rng_below(t->out->rng, lot.n), &validator);
    }
    orr_conn_push(&p->conn, CHANNEL_VOTES, m);
    orr_bitset_add(lot.had, validator);
    return DID_SEND;
}

/* ---- blocks ---- */

/* The block whose parts a peer collects, if it is known here and some of it is here. */
static struct body *collected(struct orr_tm *t, struct peer_state *p) {
    struct body *b = p->height < t->height ? decided_body(t, p->height) : t->bodies;
    if (!p->height || p->height > t->height) return NULL;
    if (b && b->height < t->height && !p->n_parts) /* it is behind: this is what it needs */
        orr_tm_peer_collects(p, b->id.parts_root, b->id.n_parts);
    for (; b && p->n_parts; b = b->next)
        if (b->id.n_parts == p->n_parts && !memcmp(b->id.parts_root, p->parts_root, 32)) return b;
    return NULL;
}

/* How many parts of a block that are here a peer lacks; here: which are. */
static uint32_t lacks_parts(const struct peer_state *p, const struct body *b,
                            uint64_t here[PART_WORDS]) {
    bool is_whole = b->n_have == b->id.n_parts;
    memset(here, 0, PART_WORDS * sizeof *here);
    for (uint32_t i = 0; i < b->id.n_parts; i++)
        if (is_whole || b->parts[i]) here[i / 64] |= (uint64_t)1 << i % 64;
    return count_lacking(here, &p->parts);
}

static const struct proposal *lacks_proposal(const struct orr_tm *t, const struct peer_state *p) {
    if (p->height != t->height || p->round != t->round || p->has_proposal || !t->current ||
        !t->current->proposal)
        return NULL;
    return orr_tm_proposal_of(t->current->proposal);
}

static void send_pol(struct orr_tm *t, struct peer_state *p, uint32_t pol_round) {
    const struct round *r = orr_tm_find_round(t, pol_round);
    struct orr_msg *m;
    uint32_t n = t->set->n;
    if (!r) return;
    struct orr_writer w = said(t, ORR_TM_POL, t->height, pol_round, (n + 7) / 8, &m);
    for (uint32_t i = 0; i < (n + 7) / 8; i++)
        orr_write_u8(&w, (uint8_t)(r->votes[PREVOTES].seen.words[i / 8] >> i % 8 * 8));
    assert(!w.bad && w.p == w.end);
    orr_conn_push(&p->conn, CHANNEL_DATA, m);
}

/* gossipDataRoutine. */
static enum did send_data(struct orr_tm *t, struct peer_state *p) {
    uint64_t here[PART_WORDS];
    struct body *b = collected(t, p);
    uint32_t n = b ? lacks_parts(p, b, here) : 0;
    const struct proposal *proposal = n ? NULL : lacks_proposal(t, p);
    if (!n && !proposal) return DID_NOTHING;
    if (!orr_conn_has_room(&p->conn, CHANNEL_DATA)) return DID_WAIT;
    if (n) {
        if (!b->parts[0] && b->message && !orr_tm_cut(t, b)) return DID_NOTHING;
        uint32_t i = draw_lacking(t, here, &p->parts, n);
        orr_conn_push(&p->conn, CHANNEL_DATA, orr_msg_ref(b->parts[i]));
        orr_bitset_add(&p->parts, i);
        return DID_SEND;
    }
    orr_conn_push(&p->conn, CHANNEL_DATA, orr_msg_ref(t->current->proposal));
    orr_tm_peer_proposal(p, proposal);
    if (proposal->pol_round >= 0) send_pol(t, p, (uint32_t)proposal->pol_round);
    return DID_SEND;
}

/* ---- transactions ---- */

/* The next that a peer has not sent, in order of arrival; none that came when the chain was more
 * than a height past the peer's. */
static const struct orr_mempool_entry *next_tx(const struct orr_tm *t, struct peer_state *p) {
    const struct orr_mempool_entry *e;
    uint32_t rank = orr_validator_of(t->set, p->id);
    while ((e = orr_mempool_from(&t->mempool, p->next_tx))) { /* ends: numbers rise */
        if (!p->height || p->height + 1 < e->height) return NULL;
        if (!orr_tm_sent_tx(t, e->number, rank)) return e;
        p->next_tx = e->number + 1;
    }
    return NULL;
}

static enum did send_tx(struct orr_tm *t, struct peer_state *p) {
    const struct orr_mempool_entry *e = next_tx(t, p);
    if (!e) return DID_NOTHING;
    if (!orr_conn_has_room(&p->conn, CHANNEL_MEMPOOL)) return DID_WAIT;
    orr_conn_push(&p->conn, CHANNEL_MEMPOOL, orr_msg_ref(e->tx));
    p->next_tx = e->number + 1;
    return DID_SEND;
}

/* ---- a peer's routines ---- */

/* Is there something for a routine to send?  No draw is made. */
static bool has_work(struct orr_tm *t, struct peer_state *p, enum peer_routine routine) {
    uint64_t here[PART_WORDS];
    struct lot lot;
    const struct body *b;
    switch (routine) {
    case GOSSIP_DATA:
        b = collected(t, p);
        return lacks_proposal(t, p) || (b && lacks_parts(p, b, here));
    case GOSSIP_VOTES: return find_lot(t, p, &lot);
    case GOSSIP_TXS: return next_tx(t, p);
    case N_ROUTINES: break;
    }
    return false;
}

static orr_time sleep_of(const struct orr_tm *t) { return t->config->peer_gossip_sleep; }

/* A later time that timers of many peers share. */
static orr_time shared_time(const struct orr_tm *t, orr_time at) {
    orr_time grain = sleep_of(t) / 16;
    return (at + grain - 1) / grain * grain;
}

/* When a routine that sleeps looks next; that of transactions is woken by the first. */
static orr_time next_look(const struct orr_tm *t, const struct peer_state *p, uint32_t routine) {
    if (routine == GOSSIP_TXS) return t->now;
    orr_time slept = t->now - p->slept_at[routine];
    orr_time n = slept < sleep_of(t) ? 1 : (slept + sleep_of(t) - 1) / sleep_of(t);
    return p->slept_at[routine] + n * sleep_of(t);
}

static enum did run(struct orr_tm *t, struct peer_state *p, uint32_t routine) {
    enum did did;
    do { /* ends: each turn the peer has one thing more, or the queue is full */
        did = routine == GOSSIP_DATA ? send_data(t, p)
            : routine == GOSSIP_VOTES ? send_vote(t, p) : send_tx(t, p);
    } while (did == DID_SEND);
    return did;
}

/* Runs what may run and sends what may go; when to look at this peer again. */
static orr_time serve(struct orr_tm *t, struct peer_state *p) {
    bool is_waiting;
    orr_time full_until;
    do { /* ends: each turn something was sent, and a window has its bound */
        is_waiting = false;
        for (uint32_t i = 0; i < N_ROUTINES; i++) {
            if (p->wakes_at[i] > t->now) continue;
            enum did did = run(t, p, i);
            is_waiting |= did == DID_WAIT;
            if (did == DID_WAIT) continue;
            p->wakes_at[i] = ORR_NEVER;
            p->slept_at[i] = shared_time(t, t->now);
        }
        full_until = orr_conn_send(&p->conn, p->id, t->now, t->out);
    } while (is_waiting && full_until == ORR_NEVER);
    orr_time next = full_until;
    for (uint32_t i = 0; i < N_ROUTINES; i++) {
        if (p->wakes_at[i] <= t->now) p->wakes_at[i] = full_until; /* its queue is full */
        if (p->wakes_at[i] < next) next = p->wakes_at[i];
    }
    return next;
}

void orr_tm_gossip(struct orr_tm *t) {
    if (!does_gossip(t)) return;
    bool is_commit, has_moved = t->gossip.has_news;
    struct body *b = wanted_body(t, &is_commit);
    if (b && (t->gossip.valid_height != t->height || t->gossip.valid_is_commit != is_commit ||
              !orr_block_id_equal(&b->id, &t->gossip.valid_id))) {
        t->gossip.valid++;
        t->gossip.valid_id = b->id;
        t->gossip.valid_height = t->height;
        t->gossip.valid_is_commit = is_commit;
    }
    if (t->now >= t->gossip.query_at) {
        query(t);
        t->gossip.query_at = t->now + t->config->peer_query_maj23_sleep;
    }
    orr_time next = t->gossip.query_at;
    for (uint32_t i = 0; i < t->gossip.n_linked; i++) {
        struct peer_state *p = t->gossip.peers[t->gossip.linked[i]];
        tell_step(t, p);
        if (b) tell_valid(t, p, b, is_commit);
        if (has_moved || p->has_news)
            for (uint32_t k = 0; k < N_ROUTINES; k++)
                if (p->wakes_at[k] == ORR_NEVER && has_work(t, p, (enum peer_routine)k))
                    p->wakes_at[k] = next_look(t, p, k);
        p->has_news = false;
        orr_time at = serve(t, p);
        if (at < next) next = at;
    }
    t->gossip.has_news = false;
    if (next == t->gossip.armed_at && next > t->now) return;
    t->gossip.armed_at = next;
    orr_arm(t->out, ORR_TM_TIMER_PEERS, next);
}
