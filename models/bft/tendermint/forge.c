/* forge.c - the other face of an equivocating validator.
 *
 * Every block has a twin: the same block with the lowest bit of its time flipped (correct proposers
 * write even times).  A forged proposal, part or vote names the twin where the true one names the
 * block. The twin's twin is the block itself, so several equivocators that were shown different
 * faces still tell one consistent pair of stories. */
#include "models/bft/tendermint/state.h"

/* The twin's id, and with `parts` its parts (id->n_parts references). */
static void twin_of(struct orr_tm *t, const struct body *b, struct orr_block_id *id,
                    struct orr_msg **parts) {
    struct orr_pool *pool = t->common->pool;
    struct orr_tm_header header = b->block->header;
    header.time ^= 1;
    struct orr_msg *twin = orr_msg_copy(pool, 0, b->message->data, b->message->len);
    orr_tm_block_set_header(twin, &header);
    orr_tm_header_hash(&header, id->hash);
    uint32_t size = orr_parts_size(twin->len, b->id.n_parts); /* as its proposer cut it */
    orr_parts_split(twin, b->height, size, ORR_TM_PART, pool, parts, &id->n_parts,
                    id->parts_root);
    orr_msg_unref(pool, twin);
}

static void drop_parts(struct orr_tm *t, struct orr_msg **parts, uint32_t n, uint32_t but) {
    for (uint32_t i = 0; i < n; i++)
        if (i != but) orr_msg_unref(t->common->pool, parts[i]);
}

/* A block that this node holds, of this height or decided. */
static struct body *known_body(struct orr_tm *t, uint64_t height, const uint8_t *root,
                               uint32_t n_parts) {
    struct body *list = height == t->height ? t->bodies : decided_body(t, height);
    for (struct body *b = list; b; b = b->next)
        if (b->block && b->id.n_parts == n_parts && !memcmp(b->id.parts_root, root, 32)) return b;
    return NULL;
}

/* The id of the twin of a block; false: this node does not hold the block. */
static bool twin_id(struct orr_tm *t, uint64_t height, const struct orr_block_id *id,
                    struct orr_block_id *twin) {
    struct body *b = known_body(t, height, id->parts_root, id->n_parts);
    if (!b) return false;
    struct orr_msg *parts[ORR_MAX_PARTS];
    twin_of(t, b, twin, parts);
    drop_parts(t, parts, twin->n_parts, UINT32_MAX);
    return true;
}

static struct orr_msg *forge_vote(struct orr_tm *t, const struct orr_msg *m,
                                  struct orr_pool *pool) {
    struct orr_vote v;
    if (m->len != ORR_VOTE_BYTES || !orr_vote_read(m->data, &v) || v.validator != t->me)
        return NULL;
    struct orr_block_id twin;
    if (orr_block_id_is_nil(&v.id)) return NULL; /* nil is said to all alike */
    if (!twin_id(t, v.height, &v.id, &twin)) return NULL;
    v.id = twin;
    return orr_vote_sign(&v, t->set, pool, t->common->memo, m->kind);
}

static struct orr_msg *forge_proposal(struct orr_tm *t, const struct orr_msg *m,
                                      struct orr_pool *pool) {
    struct orr_msg *copy = orr_msg_copy(pool, m->kind, m->data, m->len);
    orr_tm_decode(copy, t->set, pool, t->common->memo);
    const struct proposal *p = orr_tm_proposal_of(copy);
    struct orr_block_id twin;
    if (!p || p->proposer != t->me || !twin_id(t, p->height, &p->id, &twin)) {
        orr_msg_unref(pool, copy);
        return NULL;
    }
    uint8_t bytes[ORR_SIGNED_BYTES], *at = copy->data + 20; /* past height, rounds and proposer */
    orr_signed_bytes(t->set, ORR_SIGNED_PROPOSAL, p->height, p->round, p->pol_round, &twin, bytes);
    memcpy(at, &twin, sizeof twin);
    orr_sign(t->common->memo, &t->set->keys[t->me], bytes, sizeof bytes, at + sizeof twin);
    struct orr_msg *forged = orr_msg_copy(pool, m->kind, copy->data, copy->len);
    orr_msg_unref(pool, copy); /* its decoded form is that of the old bytes */
    return forged;
}

/* Only a block of our own making has a twin that we may pass off; others' parts go as they are. */
static struct orr_msg *forge_part(struct orr_tm *t, const struct orr_msg *m,
                                  struct orr_pool *pool) {
    struct orr_msg *copy = orr_msg_copy(pool, m->kind, m->data, m->len), *forged = NULL;
    orr_part_decode(copy, pool);
    const struct orr_part *part = orr_part_of(copy);
    struct body *b = part ? known_body(t, part->height, part->root, part->n) : NULL;
    if (b && b->block->header.proposer == t->me) {
        struct orr_block_id id;
        struct orr_msg *parts[ORR_MAX_PARTS];
        twin_of(t, b, &id, parts);
        if (part->index < id.n_parts) forged = parts[part->index];
        if (!part->index) orr_tm_decode_block(t, orr_parts_whole(parts)); /* goes with it */
        drop_parts(t, parts, id.n_parts, forged ? part->index : UINT32_MAX);
    }
    orr_msg_unref(pool, copy);
    return forged;
}

struct orr_msg *orr_tm_forge(struct orr_tm *t, const struct orr_msg *m,
                                     struct orr_pool *pool) {
    switch (m->kind) {
    case ORR_TM_PROPOSAL: return forge_proposal(t, m, pool);
    case ORR_TM_PART: return forge_part(t, m, pool);
    case ORR_TM_PREVOTE:
    case ORR_TM_PRECOMMIT: return forge_vote(t, m, pool);
    default: return NULL;
    }
}

void orr_tm_forget(struct orr_tm *t) {
    t->locked = t->valid = NULL;
    t->locked_round = t->valid_round = t->leaned_round = -1;
}
