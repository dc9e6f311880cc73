/* restore.c - the way back from the records that log.c has written.
 *
 * The chain is found backwards, from the last commit by each block's link to the one before, and
 * then executed forwards. */
#include "models/bft/tendermint/state.h"

void orr_tm_stored(struct orr_tm *t, uint32_t name, struct orr_msg *m) {
    if (t->n_stored == t->stored_cap) {
        uint32_t cap = t->stored_cap ? 2 * t->stored_cap : 64;
        t->stored = orr_resize(t->common->mem, t->stored, t->stored_cap * sizeof *t->stored,
                               cap * sizeof *t->stored);
        t->stored_cap = cap;
    }
    t->stored[t->n_stored++] = (struct stored){name, orr_msg_ref(m)};
}

/* The block of `id` at a height, from the stored parts; NULL: not all are there. */
static struct body *stored_body(struct orr_tm *t, const struct orr_block_id *id,
                                uint64_t height) {
    struct body *b = orr_tm_want_body(t, id);
    if (!b) return NULL;
    b->height = height;
    uint32_t start = t->stored_hint; /* where the last part was found: the next ones are below it */
    for (uint32_t k = 0; k < t->n_stored; k++) {
        uint32_t i = (start + t->n_stored - k) % t->n_stored;
        if (t->stored[i].name < NAME_PARTS) continue;
        struct orr_msg *m = t->stored[i].msg;
        const struct orr_part *part = orr_part_of(m, t->common->pool);
        if (!part || part->height != height || part->n != id->n_parts ||
            memcmp(part->root, id->parts_root, 32))
            continue;
        if (part->index == 0) b->first_name = t->stored[i].name;
        t->stored_hint = i;
        orr_tm_add_part(t, b, m);
        if (b->n_have < id->n_parts) continue;
        b->is_durable = true;
        return b->block && !memcmp(b->block->hash, id->hash, 32) ? b : NULL;
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
    struct body **chain = orr_alloc_zero(t->common->mem, c->height * sizeof *chain);
    struct orr_block_id id = c->id;
    int error = 0;
    for (uint64_t h = c->height; h > 0 && !error; h--) {
        struct body *b = stored_body(t, &id, h);
        if (b) {
            detach(t, b);
            chain[h - 1] = b;
            id = b->block->header.last;
            error = h > 1 && orr_block_id_is_nil(&id) ? ORR_ECORRUPT : 0;
        } else {
            error = ORR_ECORRUPT;
        }
    }
    t->is_replaying = true;
    for (uint64_t h = 1; h <= c->height; h++) {
        if (!error && memcmp(chain[h - 1]->block->header.app_hash, t->app_hash, 32))
            error = ORR_ECORRUPT; /* the application does not come back to the same state */
        if (!error) orr_tm_apply(t, chain[h - 1]);
        else if (chain[h - 1]) orr_tm_free_body(t, chain[h - 1]);
    }
    t->is_replaying = false;
    orr_free(t->common->mem, chain, c->height * sizeof *chain);
    return error;
}

/* The precommits of the last decided height, as the next proposal needs them. */
static void restore_last_commit(struct orr_tm *t, const struct orr_commit *c) {
    struct round *r = orr_tm_get_round(t, c->round);
    assert(t->rounds == r && !r->next);
    t->rounds = NULL;
    struct orr_vote v;
    struct orr_tally *tally;
    struct orr_msg *other;
    for (uint32_t i = 0, at = 0; i < c->n; i++) {
        if (!orr_commit_vote(c, i, &at, &v)) continue;
        struct orr_msg *m = orr_vote_message(&v, t->common->pool, ORR_TM_PRECOMMIT);
        orr_vote_set_add(&r->votes[PRECOMMITS], &t->tallies, v.validator, &v.id, m, &tally, &other);
        orr_msg_unref(t->common->pool, m);
    }
    t->last_commit = r;
    t->last_quorum = r->votes[PRECOMMITS].quorum;
}

/* Own votes and proposals of the present height: what was promised still holds. */
static int restore_signed(struct orr_tm *t, struct orr_msg *m, uint8_t stage) {
    struct proposal *p = stage == 1 ? orr_tm_proposal_of(m, t->common->pool) : NULL;
    struct orr_vote *v = stage > 1 ? orr_vote_of(m, t->common->pool) : NULL;
    if (!(p || v)) return ORR_ECORRUPT;
    uint64_t height = p ? p->height : v->height;
    if (height != t->height) return height < t->height ? 0 : ORR_ECORRUPT;
    uint32_t round = p ? p->round : v->round;
    const struct orr_block_id *id = p ? &p->id : &v->id;
    orr_tm_may_sign(t, p ? ORR_SIGNED_PROPOSAL : (enum orr_signed_type)v->type, round,
                    p ? p->pol_round : 0, id);
    struct round *r = orr_tm_get_round(t, round);
    bool is_nil = orr_block_id_is_nil(id);
    struct body *b = is_nil ? NULL : orr_tm_find_body(t, id);
    if (!is_nil && (!b || b->n_have < id->n_parts)) b = stored_body(t, id, t->height);
    if (stage == 3 && !b && !is_nil)
        return ORR_ECORRUPT; /* a lock without its block */
    if (p && !r->proposal) r->proposal = orr_msg_ref(m);
    if (v) orr_tm_count_vote(t, r, v, m);
    if (stage == 3 && b && (int32_t)round > t->locked_round) {
        t->locked = t->valid = b; /* lines 38-43 */
        t->locked_round = t->valid_round = (int32_t)round;
    }
    if (round >= t->round) {
        t->round = round;
        t->current = r;
        t->step = (enum orr_tm_step)stage; /* records come in the order of their names */
    }
    return 0;
}
_Static_assert(ORR_TM_STEP_PROPOSE == 1 && ORR_TM_STEP_PREVOTE == 2 && ORR_TM_STEP_PRECOMMIT == 3,
               "a stage that was signed is the step that was reached");

/* After the last ORR_STORED, at ORR_START. */
int orr_tm_restore(struct orr_tm *t) {
    struct orr_commit c;
    int error = 0;
    t->stored_hint = t->n_stored ? t->n_stored - 1 : 0;
    for (uint32_t i = 0; i < t->n_stored && !error; i++) {
        uint32_t name = t->stored[i].name;
        if (name >= NAME_PARTS && name >= t->next_name) t->next_name = name + 1;
        if (name != NAME_COMMIT) continue;
        const struct orr_msg *m = t->stored[i].msg;
        error =
            orr_commit_read(m->data, m->len, t->set->n, &c) ? restore_chain(t, &c) : ORR_ECORRUPT;
        if (!error) restore_last_commit(t, &c);
    }
    for (uint32_t i = 0; i < t->n_stored && !error; i++) {
        uint32_t name = t->stored[i].name;
        if (name >= NAME_SIGNED && name < NAME_PARTS)
            error = restore_signed(t, t->stored[i].msg, (uint8_t)((name - NAME_SIGNED) % 3 + 1));
    }
    for (uint32_t i = 0; i < t->n_stored; i++) orr_msg_unref(t->common->pool, t->stored[i].msg);
    orr_free(t->common->mem, t->stored, t->stored_cap * sizeof *t->stored);
    t->stored = NULL;
    t->n_stored = t->stored_cap = 0;
    return error;
}
