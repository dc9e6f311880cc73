/* restore.c - the way back from the records that log.c has written.
 *
 * The chain is found backwards, from the last commit by each block's link to the one before, down
 * to the first block or to a snapshot, and then executed forwards.  Where blocks below a snapshot
 * are kept they are found too, and not executed. */
#include "models/bft/tendermint/state.h"

/* The block of `id` at a height, from the log; NULL: it is not there. */
static struct body *stored_body(struct orr_tm *t, const struct orr_block_id *id,
                                uint64_t height) {
    struct body *b = orr_tm_want_body(t, id);
    if (!b || b->n_have == id->n_parts) return b;
    uint32_t first, n = orr_wal_entries(&t->wal, &first);
    for (uint32_t k = 0; k < n; k++) { /* where the last one was found the next is below it */
        uint32_t i = first + (t->wal_hint + n - k) % n;
        struct orr_msg *m = t->wal.records[i].msg;
        struct orr_msg *own = orr_tm_with_block(t, m);
        const struct orr_tm_block *block = orr_tm_block_of(own, t->set);
        if (!block || memcmp(block->hash, id->hash, 32)) {
            orr_msg_unref(t->common->pool, own);
            continue;
        }
        t->wal_hint = i - first;
        b->height = height;
        b->message = own;
        b->block = block;
        b->n_have = id->n_parts;
        b->n_bytes = m->len;
        b->entry = t->wal.records[i].name;
        b->is_durable = true;
        return b;
    }
    return NULL;
}

/* Takes a body out of the list of this height's. */
static void detach(struct orr_tm *t, struct body *b) {
    struct body **at = &t->bodies;
    while (*at != b) at = &(*at)->next; /* it is in the list */
    *at = b->next;
    b->next = NULL;
    t->n_bodies--;
}

static int restore_chain(struct orr_tm *t, const struct orr_commit *c) {
    uint64_t base = t->n_pruned, n = c->height - base;
    uint64_t n_known = t->height - 1 - base; /* whose state a snapshot had */
    struct orr_block_id known = t->last_id;
    struct body **chain = orr_alloc_zero(t->common->mem, n * sizeof *chain);
    struct orr_block_id id = c->id;
    int error = n_known > n ? ORR_ECORRUPT : 0;
    for (uint64_t i = n; i > 0 && !error; i--) {
        bool is_other = i == n_known && !orr_block_id_equal(&id, &known);
        struct body *b = is_other ? NULL : stored_body(t, &id, base + i);
        if (b) {
            detach(t, b);
            chain[i - 1] = b;
            id = b->block->header.last;
            error = base + i > 1 && orr_block_id_is_nil(&id) ? ORR_ECORRUPT : 0;
        } else {
            error = ORR_ECORRUPT;
        }
    }
    bool is_whole = n_known ? orr_block_id_is_nil(&id) : orr_block_id_equal(&id, &known);
    if (!error && !is_whole) error = ORR_ECORRUPT;
    if (error) t->n_pruned = t->height - 1; /* nothing stands in the chain */
    t->is_replaying = true;
    for (uint64_t i = 0; i < n_known && !error; i++) orr_tm_append(t, chain[i]);
    for (uint64_t i = error ? 0 : n_known; i < n; i++) {
        if (!error && memcmp(chain[i]->block->header.app_hash, t->app_hash, 32))
            error = ORR_ECORRUPT; /* the application does not come back to the same state */
        t->is_replaying = i + 1 < n; /* what the last one tells may never have been told */
        if (!error) orr_tm_apply(t, chain[i]);
        else if (chain[i]) orr_tm_free_body(t, chain[i]);
    }
    t->is_replaying = false;
    orr_free(t->common->mem, chain, n * sizeof *chain);
    return error;
}

/* The precommits of the last decided height, as the next proposal needs them. */
static void restore_last_commit(struct orr_tm *t, const struct orr_commit *c) {
    struct round *r = orr_tm_get_round(t, c->round);
    assert(t->rounds == r && !r->next);
    t->rounds = NULL;
    r->votes[PRECOMMITS].set = t->last_voters;
    struct orr_vote v;
    struct orr_tally *tally;
    struct orr_msg *other;
    for (uint32_t i = 0, at = 0; i < c->n; i++) {
        if (!orr_commit_vote(c, i, &at, &v)) continue;
        v.set = t->set;
        v.verdict = ORR_GOOD; /* it was when it was written */
        struct orr_msg *m = orr_vote_message(&v, t->common->pool, ORR_TM_PRECOMMIT);
        orr_vote_set_add(&r->votes[PRECOMMITS], &t->tallies, v.validator, &v.id, m, &tally, &other);
        orr_msg_unref(t->common->pool, m);
    }
    t->last_commit = r;
    t->last_quorum = r->votes[PRECOMMITS].quorum;
}

/* A statement of this node, from a slot of the log. */
struct statement {
    struct orr_msg *record, *msg; /* lent; a reference */
    uint64_t height;
    uint32_t round;
    uint8_t stage;                /* as a step: STEP_PROPOSE, STEP_PREVOTE, STEP_PRECOMMIT */
    int32_t pol_round;
    enum orr_signed_type type;
    struct orr_block_id id;
};

static bool read_statement(struct orr_tm *t, uint32_t slot, struct statement *s) {
    uint32_t at = 0;
    s->msg = orr_wal_next(&t->wal, s->record, &at);
    if (!s->msg) return false;
    orr_tm_decode(s->msg, t->set, t->common->pool, t->common->memo);
    const struct proposal *p = slot == SLOT_PROPOSAL ? orr_tm_proposal_of(s->msg) : NULL;
    const struct orr_vote *v = slot == SLOT_PROPOSAL ? NULL : orr_vote_of(s->msg);
    if (!p && !v) return false;
    s->height = p ? p->height : v->height;
    s->round = p ? p->round : v->round;
    s->id = p ? p->id : v->id;
    s->pol_round = p ? p->pol_round : 0;
    s->type = p ? ORR_SIGNED_PROPOSAL : (enum orr_signed_type)v->type;
    s->stage = p                        ? ORR_TM_STEP_PROPOSE
               : v->type == ORR_PREVOTE ? ORR_TM_STEP_PREVOTE
                                        : ORR_TM_STEP_PRECOMMIT;
    return s->height <= t->height;
}

/* The votes of others that stand with a statement. */
static int restore_votes(struct orr_tm *t, const struct statement *s) {
    uint32_t at = 0;
    int error = 0;
    struct orr_msg *m;
    while (!error && (m = orr_wal_next(&t->wal, s->record, &at))) { /* ends: at grows */
        struct orr_certificate c;
        if (m->kind == RECORD_VOTES) {
            bool is_good = orr_certificate_open(&c, m->data, m->len, t->set->n) &&
                           c.vote.height == t->height;
            if (!is_good) error = ORR_ECORRUPT;
            while (is_good && orr_certificate_next(&c)) {
                struct orr_msg *vote = orr_vote_message(
                    &c.vote, t->common->pool,
                    c.vote.type == ORR_PREVOTE ? ORR_TM_PREVOTE : ORR_TM_PRECOMMIT);
                orr_tm_count_vote(t, orr_tm_get_round(t, c.vote.round), &c.vote, vote);
                orr_msg_unref(t->common->pool, vote);
            }
        }
        orr_msg_unref(t->common->pool, m);
    }
    return at == s->record->len ? error : ORR_ECORRUPT;
}

/* Own votes and proposals of the present height: what was promised still holds. */
static int restore_statement(struct orr_tm *t, const struct statement *s) {
    if (s->height < t->height) return 0;
    bool is_nil = orr_block_id_is_nil(&s->id), is_lock = s->type == ORR_PRECOMMIT && !is_nil;
    orr_tm_may_sign(t, s->type, s->round, s->pol_round, &s->id);
    struct round *r = orr_tm_get_round(t, s->round);
    struct body *b = is_nil ? NULL : stored_body(t, &s->id, t->height);
    if (b && !orr_tm_cut(t, b)) return ORR_ECORRUPT;
    if (is_lock && !b) return ORR_ECORRUPT; /* a lock without its block */
    int error = restore_votes(t, s);
    if (error) return error;
    if (s->type == ORR_SIGNED_PROPOSAL) {
        r->proposal = orr_msg_ref(s->msg);
        r->proposed_at = t->wall;
        orr_propose(t->out, s->height, s->round, s->id.hash, 0); /* it may not have left before */
    } else orr_tm_count_vote(t, r, orr_vote_of(s->msg), s->msg);
    if (is_lock) { /* lines 38-43 */
        t->valid = b;
        t->valid_round = (int32_t)s->round;
        if (!has_bug(t, ORR_TM_BUG_NO_LOCK)) {
            t->locked = b;
            t->locked_round = (int32_t)s->round;
        }
    } else if (s->type == ORR_SIGNED_PROPOSAL && b && s->pol_round > t->valid_round) {
        t->valid = b; /* what was proposed again was the valid value, line 16 */
        t->valid_round = s->pol_round;
    }
    t->round = t->entry_written = s->round;
    t->current = r;
    t->step = (enum orr_tm_step)s->stage;
    return 0;
}

static bool is_before(const struct statement *a, const struct statement *b) {
    if (a->height != b->height) return a->height < b->height;
    return a->round != b->round ? a->round < b->round : a->stage < b->stage;
}

/* The statements in the order in which they were signed. */
static int restore_statements(struct orr_tm *t) {
    struct statement all[SLOTS_END] = {{0}};
    uint32_t n = 0;
    int error = 0;
    for (uint32_t slot = SLOT_PROPOSAL; slot < SLOTS_END && !error; slot++) {
        struct statement s = {.record = orr_wal_slot(&t->wal, slot)};
        if (!s.record) continue;
        if (!read_statement(t, slot, &s)) error = ORR_ECORRUPT;
        uint32_t at = n++;
        for (; at && is_before(&s, &all[at - 1]); at--) all[at] = all[at - 1];
        all[at] = s;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!error) error = restore_statement(t, &all[i]);
        orr_msg_unref(t->common->pool, all[i].msg);
    }
    return error;
}

int orr_tm_restore(struct orr_tm *t) {
    struct orr_commit c;
    int error = 0;
    struct orr_msg *m = orr_wal_slot(&t->wal, SLOT_COMMIT);
    uint32_t first, n = orr_wal_entries(&t->wal, &first);
    t->wal_hint = n ? n - 1 : 0;
    struct orr_msg *snapshot = orr_wal_slot(&t->wal, SLOT_SNAPSHOT);
    if (snapshot) error = orr_tm_restore_base(t, snapshot);
    if (m && !error) {
        if (!orr_commit_read(m->data, m->len, t->set->n, &c)) error = ORR_ECORRUPT;
        else if (c.height > t->n_pruned) error = restore_chain(t, &c);
        if (!error && c.height > t->n_pruned) restore_last_commit(t, &c);
    }
    if (!m && t->height > t->n_pruned + 1) { /* a snapshot is younger than its height's commit */
        t->n_pruned = t->height - 1;
        error = ORR_ECORRUPT;
    }
    if (!error) error = restore_statements(t);
    struct orr_msg *asked = orr_wal_slot(&t->wal, SLOT_ASKED);
    if (asked && asked->len != ORR_PLACE_BYTES) error = ORR_ECORRUPT;
    if (asked && !error) {
        struct orr_sign_guard place;
        orr_place_read(asked->data, &place);
        orr_sign_guard_merge(&t->guard, &place);
    }
    orr_wal_forget(&t->wal);
    return error;
}
