/* bodies.c - the blocks that are being collected, part by part. */
#include "models/bft/tendermint/state.h"

struct body *orr_tm_find_body(struct orr_tm *t, const struct orr_block_id *id) {
    for (struct body *b = t->bodies; b; b = b->next)
        if (orr_block_id_equal(&b->id, id)) return b;
    return NULL;
}

static bool is_quorums(const struct orr_vote_set *votes, const struct body *b) {
    return votes->quorum && orr_block_id_equal(orr_tally_id(votes->quorum), &b->id);
}

/* With at most f liars these are few: of precommits there is one quorum a height. */
static bool is_in_use(const struct orr_tm *t, const struct body *b) {
    if (b == t->locked || b == t->valid) return true;
    for (const struct round *r = t->rounds; r; r = r->next)
        if (is_quorums(&r->votes[PRECOMMITS], b)) return true;
    if (t->current && is_quorums(&t->current->votes[PREVOTES], b)) return true;
    return t->current && t->current->proposal &&
           orr_block_id_equal(&orr_tm_proposal_of(t->current->proposal)->id,
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
    b->first_round = NO_ROUND;
    b->pusher = ORR_NOBODY;
    b->parts = (struct orr_msg **)(b + 1);
    return b;
}

/* Gives a new body the parts of it that came before anything named it. */
static void claim_parts(struct orr_tm *t, struct body *b) {
    for (uint32_t i = 0; i < t->held.n; i++) {
        struct orr_msg *m = t->held.v[i].msg;
        const struct orr_part *part =
            m->kind == ORR_TM_PART ? orr_part_of(m) : NULL;
        if (!part || part->height != t->height || part->n != b->id.n_parts ||
            memcmp(part->root, b->id.parts_root, 32))
            continue;
        if (orr_tm_add_part(t, b, m) && part->n <= PUSH_PARTS)
            orr_tm_relay(t, m, t->held.v[i].from); /* it is named now */
        orr_held_drop(&t->held, i);
    }
    orr_held_sweep(&t->held);
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
    claim_parts(t, b);
    return b;
}

void orr_tm_free_body(struct orr_tm *t, struct body *b) {
    for (uint32_t i = 0; i < b->id.n_parts; i++) orr_msg_unref(t->common->pool, b->parts[i]);
    orr_msg_unref(t->common->pool, b->message);
    orr_fetch_free(&t->fetch, b->fetch);
    orr_msg_unref(t->common->pool, (struct orr_msg *)((char *)b - offsetof(struct orr_msg, data)));
}

/* The block of a body that has all its parts: its proposer's own, or put together here. */
static void complete(struct orr_tm *t, struct body *b) {
    struct orr_msg *whole = orr_parts_whole(b->parts);
    b->block = whole ? orr_tm_block_of(whole, t->set) : NULL;
    if (b->block) {
        b->message = orr_msg_ref(whole);
        return;
    }
    b->message = orr_parts_join(b->parts, b->id.n_parts, t->common->pool);
    if (!b->message) return;
    orr_tm_decode_block(t, b->message);
    b->block = orr_tm_block_of(b->message, t->set);
}

bool orr_tm_add_part(struct orr_tm *t, struct body *b, struct orr_msg *m) {
    const struct orr_part *part = orr_part_of(m);
    assert(part && part->n == b->id.n_parts && !memcmp(part->root, b->id.parts_root, 32));
    if (b->parts[part->index] || b->n_bytes + part->len > t->max_block) return false;
    b->n_bytes += part->len;
    b->parts[part->index] = orr_msg_ref(m);
    have_news(t);
    if (++b->n_have < b->id.n_parts) return true;
    orr_fetch_free(&t->fetch, b->fetch);
    b->fetch = NULL;
    complete(t, b);
    charge_hash(t, b->n_bytes);
    if (!b->block) b->validity = ORR_BAD;
    return true;
}

void orr_tm_uncut(struct orr_tm *t, struct body *b) {
    if (!b->message) return;
    for (uint32_t i = 0; i < b->id.n_parts; i++) {
        orr_msg_unref(t->common->pool, b->parts[i]);
        b->parts[i] = NULL;
    }
}

bool orr_tm_cut(struct orr_tm *t, struct body *b) {
    if (b->parts[0] || !b->message) return b->parts[0];
    uint32_t n, size = orr_parts_size(b->message->len, b->id.n_parts);
    uint8_t root[32];
    charge_hash(t, b->message->len);
    struct orr_msg *parts[ORR_MAX_PARTS];
    orr_parts_split(b->message, b->height, size, ORR_TM_PART, t->common->pool, parts, &n, root);
    bool is_right = n == b->id.n_parts && !memcmp(root, b->id.parts_root, sizeof root);
    for (uint32_t i = 0; i < n; i++) {
        if (is_right) b->parts[i] = parts[i];
        else orr_msg_unref(t->common->pool, parts[i]);
    }
    return is_right;
}
