/* forge.c - what a slot-chain's messages say, and the lies of those who make them: a block's twin,
 * another vote in the same epoch, changed fields.
 *
 * A block has one twin: the same block with a byte of extra data, of which neither the rules of the
 * chain nor the state know anything; so both are valid, and the twin's twin is the block itself. */
#include <assert.h>

#include "models/node/slot/slot.h"
#include "models/statement.h"
#include "models/vm/header.h"

enum { VOTE_HEAD_AT = 12, VOTE_SOURCE_AT = 44 };

/* ---- statements ---- */

/* One block a slot, one vote an epoch. */
bool orr_slot_statement(const struct orr_common *common, const struct orr_msg *m, uint32_t i,
                        struct orr_statement *said) {
    const struct orr_slot_genesis *g = common->shared;
    const struct orr_chain_vote *v = m->kind == ORR_SLOT_VOTE ? orr_chain_vote_of(m) : NULL;
    struct orr_slot_block_head b;
    if (i) return false;
    if (v && v->validator < g->set->n) {
        *said = (struct orr_statement){.signer = g->set->members[v->validator],
                                       .kind = ORR_SLOT_VOTE,
                                       .view = v->slot / g->votes.epoch_slots,
                                       .justify_view = v->source.epoch};
        memcpy(said->value, v->head.bytes, 32);
        return true;
    }
    if (m->kind != ORR_SLOT_BLOCK || !orr_slot_block_head(m, &b) || b.proposer >= g->set->n)
        return false;
    *said = (struct orr_statement){.signer = g->set->members[b.proposer],
                                   .kind = ORR_SLOT_BLOCK,
                                   .view = orr_votes_slot_at(&g->votes, b.time),
                                   .justify_view = ORR_NO_VIEW};
    memcpy(said->value, b.hash.bytes, 32);
    return true;
}

/* ---- other blocks and votes ---- */

static struct orr_msg *forge_block(struct orr_slot *s, const struct orr_msg *m,
                                   struct orr_pool *pool) {
    static const uint8_t mark[1] = {1};
    struct orr_slot_block_head b;
    struct orr_evm_header header;
    if (!orr_slot_block_head(m, &b) || b.proposer != s->me) return NULL;
    struct orr_rlp_reader all =
        orr_rlp_reader(m->data + ORR_SLOT_BLOCK_HEAD, m->len - ORR_SLOT_BLOCK_HEAD);
    struct orr_rlp_reader block = orr_rlp_read_list(&all);
    int error = orr_evm_header_decode(&block, &header);
    assert(!error); /* it has been read above */
    (void)error;
    header.extra_data = mark;
    header.extra_data_len = header.extra_data_len ? 0 : sizeof mark;
    struct orr_rlp_writer w = {.mem = s->env->common->mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_evm_header_encode(&header, &w);
    orr_rlp_write_raw(&w, block.p, (size_t)(block.end - block.p));
    orr_rlp_list_end(&w, list);
    struct orr_msg *twin =
        orr_msg_new(pool, ORR_SLOT_BLOCK, (uint32_t)(ORR_SLOT_BLOCK_HEAD + w.len));
    struct orr_hash hash = orr_evm_header_hash(s->env->common->mem, &header);
    orr_store_le32(twin->data, s->me);
    orr_slot_sign_block(s, &hash, twin->data + 4);
    memcpy(twin->data + ORR_SLOT_BLOCK_HEAD, w.bytes, w.len);
    orr_rlp_free(&w);
    return twin;
}

/* What a second vote names: a block beside the head if there is one, else its parent. */
static const struct orr_chain_link *beside(const struct orr_slot *s, const struct orr_hash *hash) {
    const struct orr_chain *chain = s->chain;
    const struct orr_chain_link *head = orr_chain_find(chain, hash);
    if (!head || !head->parent) return NULL;
    for (uint32_t i = chain->n_final; i < chain->n; i++)
        if (chain->places[i].link != head && chain->places[i].link->parent == head->parent)
            return chain->places[i].link;
    return head->parent;
}

static void sign_vote(const struct orr_slot_genesis *g, const struct orr_common *common,
                      uint32_t validator, struct orr_msg *m) {
    uint8_t bytes[ORR_CHAIN_VOTE_SIGNED];
    orr_chain_vote_signed(m, g->set->chain_id, bytes);
    orr_sign(common->memo, &g->set->keys[validator], bytes, sizeof bytes,
             m->data + ORR_CHAIN_VOTE_BYTES - ORR_SIGN_BYTES);
}

static struct orr_msg *forge_vote(struct orr_slot *s, const struct orr_msg *m,
                                  struct orr_pool *pool) {
    const struct orr_chain_vote *v = orr_chain_vote_of(m);
    if (!v || v->validator != s->me) return NULL;
    const struct orr_chain_link *other = beside(s, &v->head);
    if (!other) return NULL;
    struct orr_msg *forged = orr_msg_copy(pool, m->kind, m->data, m->len);
    memcpy(forged->data + VOTE_HEAD_AT, orr_chain_hash(other)->bytes, 32);
    sign_vote(s->genesis, s->env->common, s->me, forged);
    return forged;
}

struct orr_msg *orr_slot_forge(struct orr_slot *s, const struct orr_msg *m, struct orr_pool *pool) {
    if (s->me == ORR_NOBODY) return NULL;
    if (m->kind == ORR_SLOT_BLOCK) return forge_block(s, m, pool);
    return m->kind == ORR_SLOT_VOTE ? forge_vote(s, m, pool) : NULL;
}

/* ---- changed fields ---- */

const struct orr_msg_field orr_slot_fields[] = {
    {.name = "slot", .message = ORR_SLOT_VOTE, .kind = ORR_FIELD_VIEW, .at = 0, .width = 8},
    {.name = "head",
     .message = ORR_SLOT_VOTE,
     .kind = ORR_FIELD_VALUE,
     .at = VOTE_HEAD_AT,
     .width = 32},
    {.name = "source.epoch",
     .message = ORR_SLOT_VOTE,
     .kind = ORR_FIELD_VIEW,
     .at = VOTE_SOURCE_AT,
     .width = 8},
    {.name = "source",
     .message = ORR_SLOT_VOTE,
     .kind = ORR_FIELD_VALUE,
     .at = VOTE_SOURCE_AT + 8,
     .width = 32},
    {.name = "block", .message = ORR_SLOT_WANT, .kind = ORR_FIELD_VALUE, .at = 0, .width = 32},
    {0},
};

bool orr_slot_sign(const struct orr_common *common, orr_peer signer, struct orr_msg *m) {
    const struct orr_slot_genesis *g = common->shared;
    uint32_t me = orr_validator_of(g->set, signer);
    if (m->kind != ORR_SLOT_VOTE) return true; /* nobody signs a `want` */
    if (m->len != ORR_CHAIN_VOTE_BYTES || me == ORR_NOBODY || orr_load_le32(m->data + 8) != me)
        return false;
    sign_vote(g, common, me, m);
    return true;
}
