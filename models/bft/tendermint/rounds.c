/* rounds.c - rounds, whose turn it is in them, and the blocks being collected. */
#include "models/bft/tendermint/state.h"

static size_t round_size(const struct orr_tm *t) {
    return sizeof(struct round) + 2 * ((t->set->n + 63) / 64) * sizeof(uint64_t);
}

struct round *orr_tm_find_round(struct orr_tm *t, uint32_t round) {
    if (t->current && t->current->round == round) return t->current;
    for (struct round *r = t->rounds; r; r = r->next)
        if (r->round == round) return r;
    return NULL;
}

struct round *orr_tm_get_round(struct orr_tm *t, uint32_t round) {
    struct round *r = orr_tm_find_round(t, round);
    if (r) return r;
    r = t->free_rounds;
    if (r) t->free_rounds = r->next;
    else r = orr_alloc(t->common->mem, round_size(t));
    memset(r, 0, round_size(t));
    r->round = round;
    r->proposer = orr_tm_proposer(t, round);
    orr_vote_set_init(&r->votes[PREVOTES], r->seen);
    orr_vote_set_init(&r->votes[PRECOMMITS], r->seen + (t->set->n + 63) / 64);
    r->next = t->rounds;
    return t->rounds = r;
}

void orr_tm_free_round(struct orr_tm *t, struct round *r) {
    if (!r) return;
    orr_msg_unref(t->common->pool, r->proposal);
    r->proposal = NULL;
    orr_vote_set_clear(&r->votes[PREVOTES], &t->tallies);
    orr_vote_set_clear(&r->votes[PRECOMMITS], &t->tallies);
    r->next = t->free_rounds;
    t->free_rounds = r;
}

/* proposer(h, round): round + 1 turns on from the priorities that the height began with, one turn
 * at a time, so that every node gets the same whatever rounds it skipped. */
uint32_t orr_tm_proposer(struct orr_tm *t, uint32_t round) {
    if (t->n_turns > round + 1 || !t->n_turns) {
        memcpy(t->turn_priorities, t->priorities, t->set->n * sizeof *t->priorities);
        t->n_turns = 0;
    }
    for (; t->n_turns < round + 1; t->n_turns++)
        t->last_elected = orr_proposer_turn(t->set->powers, t->set->n, t->turn_priorities);
    return t->last_elected;
}

struct proposal *orr_tm_proposal_of(struct orr_msg *m, struct orr_pool *pool) {
    if (!m->decoded) {
        struct orr_reader r = orr_reader(m->data, m->len);
        struct proposal p = {.height = orr_read_u64(&r), .round = orr_read_u32(&r)};
        p.pol_round = (int32_t)orr_read_u32(&r);
        p.proposer = orr_read_u32(&r);
        orr_read_copy(&r, &p.id, sizeof p.id);
        orr_read_copy(&r, p.signature, sizeof p.signature);
        bool is_good = orr_read_done(&r) && p.height && p.round <= ORR_MAX_ROUND &&
                       p.pol_round >= -1 && p.pol_round < (int32_t)p.round && p.id.n_parts &&
                       p.id.n_parts <= ORR_MAX_PARTS;
        m->decoded = orr_msg_copy(pool, 0, &p, is_good ? sizeof p : 0);
    }
    return m->decoded->len ? (struct proposal *)m->decoded->data : NULL;
}

/* ---- bodies ---- */

struct body *orr_tm_find_body(struct orr_tm *t, const struct orr_block_id *id) {
    for (struct body *b = t->bodies; b; b = b->next)
        if (orr_block_id_equal(&b->id, id)) return b;
    return NULL;
}

static bool is_quorums(const struct orr_vote_set *votes, const struct body *b) {
    return votes->quorum && orr_block_id_equal(&votes->quorum->id, &b->id);
}

/* With at most f liars these are few: of precommits there is one quorum a height. */
static bool is_in_use(const struct orr_tm *t, const struct body *b) {
    if (b == t->locked || b == t->valid) return true;
    for (const struct round *r = t->rounds; r; r = r->next)
        if (is_quorums(&r->votes[PRECOMMITS], b)) return true;
    if (t->current && is_quorums(&t->current->votes[PREVOTES], b)) return true;
    return t->current && t->current->proposal &&
           orr_block_id_equal(&orr_tm_proposal_of(t->current->proposal, t->common->pool)->id,
                              &b->id);
}

/* Forgets the oldest block that nothing refers to. */
static bool evict_body(struct orr_tm *t) {
    struct body **victim = NULL;
    for (struct body **at = &t->bodies; *at; at = &(*at)->next) /* newest first */
        if (!is_in_use(t, *at)) victim = at;
    if (!victim) return false;
    struct body *b = *victim;
    *victim = b->next;
    t->n_bodies--;
    orr_tm_unlog_body(t, b);
    orr_tm_free_body(t, b);
    return true;
}

/* A body and its array of parts are one buffer of the pool. */
static struct body *new_body(struct orr_pool *pool, const struct orr_block_id *id,
                             uint64_t height) {
    uint32_t size = (uint32_t)(sizeof(struct body) + id->n_parts * sizeof(struct orr_msg *));
    struct body *b = (struct body *)orr_msg_new(pool, 0, size)->data;
    memset(b, 0, size);
    b->id = *id;
    b->height = height;
    b->parts = (struct orr_msg **)(b + 1);
    return b;
}

struct body *orr_tm_want_body(struct orr_tm *t, const struct orr_block_id *id) {
    assert(!orr_block_id_is_nil(id));
    struct body *b = orr_tm_find_body(t, id);
    if (b) return b;
    if (id->n_parts > ORR_MAX_PARTS || (t->n_bodies == BODIES_MAX && !evict_body(t))) return NULL;
    b = new_body(t->common->pool, id, t->height);
    b->next = t->bodies;
    t->bodies = b;
    t->n_bodies++;
    orr_tm_claim_parts(t, b);
    return b;
}

void orr_tm_free_body(struct orr_tm *t, struct body *b) {
    for (uint32_t i = 0; i < b->id.n_parts; i++) orr_msg_unref(t->common->pool, b->parts[i]);
    orr_msg_unref(t->common->pool, b->message);
    orr_msg_unref(t->common->pool, (struct orr_msg *)((char *)b - offsetof(struct orr_msg, data)));
}

bool orr_tm_add_part(struct orr_tm *t, struct body *b, struct orr_msg *m) {
    const struct orr_tm_part *part = orr_tm_part_of(m, t->common->pool);
    assert(part && part->n == b->id.n_parts && !memcmp(part->root, b->id.parts_root, 32));
    if (b->parts[part->index] || b->n_bytes + part->len > t->max_block) return false;
    b->n_bytes += part->len;
    b->parts[part->index] = orr_msg_ref(m);
    if (++b->n_have < b->id.n_parts) return true;
    b->message = orr_tm_block_join(b->parts, b->id.n_parts, t->common->pool);
    b->block = orr_tm_block_of(b->message, t->set->n, t->common->pool);
    charge_hash(t, b->message->len);
    if (!b->block) b->validity = ORR_BAD;
    return true;
}

/* ---- valid(v) ---- */

static bool header_fits(const struct orr_tm *t, const struct body *b) {
    const struct orr_tm_header *h = &b->block->header;
    return !memcmp(b->block->hash, b->id.hash, 32) && h->chain_id == t->set->chain_id &&
           h->height == t->height && orr_block_id_equal(&h->last, &t->last_id) &&
           !memcmp(h->app_hash, t->app_hash, 32) && !memcmp(h->validators_hash, t->set->hash, 32) &&
           h->proposer < t->set->n && h->time > t->last_time;
}

/* The last commit: +2/3 of precommits for the block before this one.  Its signatures are a pure
 * function of the block and the set. */
static bool commit_holds(struct orr_tm *t, struct orr_tm_block *block) {
    if (block->has_commit != (t->height > 1)) return false;
    if (!block->has_commit) return true;
    const struct orr_commit *c = &block->commit;
    if (c->height != t->height - 1 || !orr_block_id_equal(&c->id, &t->last_id)) return false;
    charge(t, (int64_t)c->n_signatures * costs(t)->verify_ns);
    if (!t->common->memo || block->set != t->set || block->commit_verdict == ORR_UNKNOWN) {
        bool is_good = orr_commit_verify(c, t->set, t->common->memo);
        block->set = t->set;
        block->commit_verdict = is_good ? ORR_GOOD : ORR_BAD;
    }
    return block->commit_verdict == ORR_GOOD;
}

bool orr_tm_may_carry(const struct orr_tm *t, uint64_t height) {
    return height < t->height && t->height - height <= t->config->evidence_max_age;
}

static bool evidence_holds(struct orr_tm *t, struct orr_tm_block *block) {
    for (uint32_t i = 0; i < block->n_evidence; i++) {
        struct orr_duplicate_vote e, other;
        if (!orr_evidence_read(block->evidence + i * ORR_EVIDENCE_BYTES, &e)) return false;
        if (e.a.validator >= t->set->n || !orr_tm_may_carry(t, e.a.height)) return false;
        struct orr_evidence_entry *known =
            orr_evidence_find(&t->evidence, e.a.validator, e.a.height);
        if (known && known->committed) return false;
        for (uint32_t j = 0; j < i; j++) {
            orr_evidence_read(block->evidence + j * ORR_EVIDENCE_BYTES, &other);
            if (other.a.validator == e.a.validator && other.a.height == e.a.height) return false;
        }
        charge(t, 2 * costs(t)->verify_ns);
        if (!orr_evidence_verify(&e, t->set, t->common->memo)) return false;
    }
    return true;
}

bool orr_tm_is_valid(struct orr_tm *t, struct body *b) {
    assert(b->n_have == b->id.n_parts);
    if (b->validity == ORR_UNKNOWN) {
        if (b->block->has_commit) orr_tm_compare_commit(t, &b->block->commit);
        bool is_valid = header_fits(t, b) &&
                        commit_holds(t, b->block) && evidence_holds(t, b->block) &&
                        t->app->validate(t->app_state, &b->block->app, &t->out->busy_ns);
        b->validity = is_valid ? ORR_GOOD : ORR_BAD;
    }
    return b->validity == ORR_GOOD;
}
