#include <assert.h>

#include "models/node/slot/slot.h"
#include "models/vm/header.h"

/* ---- transactions ---- */

void orr_slot_relay(orr_peer from, struct orr_msg *m, struct orr_outbox *out) {
    if (out->links->v) orr_cast(out, from, orr_msg_ref(m));
}

void orr_slot_take_tx(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_costs *costs = s->env->common->costs;
    const struct orr_common *common = s->env->common;
    struct orr_address sender;
    if (!event->msg || !orr_chain_tx_of(event->msg)) {
        orr_reject(out);
        return;
    }
    out->busy_ns += costs->tx_check_ns + costs->recover_ns;
    if (orr_chain_tx_judge(common->mem, common->memo, event->msg,
                           orr_chain_rules_of(s->chain, s->chain->head),
                           &s->chain->config->chain_id, &sender)) {
        orr_reject(out);
        return;
    }
    struct orr_pool_admission a =
        orr_pool_add(&s->pool, event->msg, &sender, s->chain->head->run->state);
    if (a.refusal != ORR_POOL_NONE) return; /* by the state of this head: nobody's fault */
    if (event->kind == ORR_INPUT)
        orr_cast(out, ORR_NOBODY, orr_msg_ref(event->msg));
    else
        orr_slot_relay(event->peer, event->msg, out);
}

/* ---- a block's message ---- */

static const struct orr_decoder decoder = {"slot block"};

void orr_slot_block_decode(struct orr_msg *m, struct orr_pool *pool) {
    if (m->len < ORR_SLOT_BLOCK_HEAD) return;
    struct orr_rlp_reader all =
        orr_rlp_reader(m->data + ORR_SLOT_BLOCK_HEAD, m->len - ORR_SLOT_BLOCK_HEAD);
    struct orr_rlp_reader block = orr_rlp_read_list(&all);
    struct orr_rlp_item item = orr_rlp_peek(&block);
    struct orr_evm_header header;
    if (block.bad || !orr_rlp_done(&all) || orr_evm_header_decode(&block, &header)) return;
    struct orr_slot_block_head *b = orr_form_new(m, &decoder, sizeof *b, pool);
    *b = (struct orr_slot_block_head){.proposer = orr_load_le32(m->data),
                                      .hash = orr_keccak256(item.encoding, item.encoding_len),
                                      .parent = header.parent_hash,
                                      .mix_hash = header.mix_hash,
                                      .coinbase = header.coinbase,
                                      .time = header.timestamp};
}

static const struct orr_slot_block_head *form_of(const struct orr_msg *m) {
    return orr_form(m, &decoder);
}

bool orr_slot_block_head(const struct orr_msg *m, struct orr_slot_block_head *head) {
    const struct orr_slot_block_head *form = form_of(m);
    if (form) *head = *form;
    return form != NULL;
}

enum { SIGNED_BYTES = 16 + 32 };
static void signed_bytes(const struct orr_slot *s, const struct orr_hash *hash,
                         uint8_t bytes[SIGNED_BYTES]) {
    memcpy(bytes, "slotblok", 8);
    orr_store_le64(bytes + 8, s->genesis->set->chain_id);
    memcpy(bytes + 16, hash->bytes, 32);
}

void orr_slot_sign_block(const struct orr_slot *s, const struct orr_hash *hash,
                         uint8_t signature[ORR_SIGN_BYTES]) {
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(s, hash, bytes);
    orr_sign(s->env->common->memo, &s->genesis->set->keys[s->me], bytes, sizeof bytes, signature);
}

struct orr_hash orr_slot_randao(const struct orr_hash *parent, uint64_t slot) {
    uint8_t bytes[40];
    memcpy(bytes, parent->bytes, 32);
    orr_store_be64(bytes + 32, slot);
    return orr_keccak256(bytes, sizeof bytes);
}

/* Whether a block is its slot's proposer's, and says of itself what it must; its transactions are
 * the chain's business. */
static bool is_sound(const struct orr_slot *s, const struct orr_msg *m,
                     const struct orr_slot_block_head *b, struct orr_outbox *out) {
    const struct orr_slot_genesis *g = s->genesis;
    uint64_t slot = orr_votes_slot_at(&g->votes, b->time);
    if (!slot || b->time != g->votes.begin_s + slot * g->votes.slot_s || b->proposer >= g->set->n ||
        b->proposer != orr_slot_proposer(g, slot) ||
        !orr_address_equal(b->coinbase, g->coinbases[b->proposer]) ||
        !orr_hash_equal(b->mix_hash, orr_slot_randao(&b->parent, slot)))
        return false;
    uint8_t bytes[SIGNED_BYTES];
    signed_bytes(s, &b->hash, bytes);
    out->busy_ns += s->env->common->costs->verify_ns;
    return orr_sign_verify(s->env->common->memo, g->set->keys[b->proposer].public_key, bytes,
                           sizeof bytes, m->data + 4);
}

void orr_slot_publish(struct orr_slot *s, struct orr_chain_link *link, struct orr_outbox *out) {
    struct orr_msg *m =
        orr_msg_new(out->pool, ORR_SLOT_BLOCK, (uint32_t)(ORR_SLOT_BLOCK_HEAD + link->block->len));
    orr_store_le32(m->data, s->me);
    orr_slot_sign_block(s, orr_chain_hash(link), m->data + 4);
    memcpy(m->data + ORR_SLOT_BLOCK_HEAD, link->block->bytes, link->block->len);
    orr_slot_block_decode(m, out->pool);
    orr_propose(out, orr_chain_number(link), (uint32_t)s->slot, orr_chain_hash(link)->bytes,
                (uint32_t)link->block->len);
    orr_slot_keep(s, link, m, out);
    orr_cast(out, ORR_NOBODY, m);
}

/* ---- asking for what lacks ---- */

/* Not twice in one slot, unless what came meanwhile has brought the head far ahead. */
static bool may_ask(struct orr_slot *s, const struct orr_hash *hash) {
    uint64_t number = orr_chain_number(s->chain->head);
    if (!s->asked) s->asked = orr_alloc(s->env->common->mem, ORR_SLOT_N_ASKED * sizeof *s->asked);
    uint32_t n = s->n_asked < ORR_SLOT_N_ASKED ? s->n_asked : ORR_SLOT_N_ASKED;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_slot_asked *a = &s->asked[i];
        if (!orr_hash_equal(a->hash, *hash)) continue;
        if (a->slot == s->slot && number < a->number + ORR_SLOT_MAX_ANSWER / 2) return false;
        a->slot = s->slot;
        a->number = number;
        return true;
    }
    s->asked[s->n_asked++ % ORR_SLOT_N_ASKED] = (struct orr_slot_asked){*hash, s->slot, number};
    return true;
}

static void ask(struct orr_slot *s, const struct orr_hash *hash, orr_peer whom,
                struct orr_outbox *out) {
    if (whom == ORR_NOBODY || !may_ask(s, hash)) return;
    uint8_t hashes[(1 + ORR_SLOT_MAX_LOCATOR) * 32];
    uint32_t n = 0, step = 1;
    memcpy(hashes, hash->bytes, 32);
    const struct orr_chain_block *b = s->chain->head->block;
    while (b && n < ORR_SLOT_MAX_LOCATOR) { /* the first ten, then ever wider apart */
        memcpy(hashes + 32 * ++n, b->block.hash.bytes, 32);
        if (n > 10) step *= 2;
        for (uint32_t i = 0; i < step && b; i++) b = b->parent;
    }
    orr_send(out, whom, orr_msg_copy(out->pool, ORR_SLOT_WANT, hashes, 32 * (1 + n)));
}

static bool is_among(const struct orr_msg *m, const struct orr_hash *hash) {
    for (uint32_t at = 32; at < m->len; at += 32)
        if (!memcmp(m->data + at, hash->bytes, 32)) return true;
    return false;
}

void orr_slot_take_want(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_msg *m = event->msg;
    struct orr_hash hash;
    if (!m || m->len < 32 || m->len % 32 || m->len > 32 * (1 + ORR_SLOT_MAX_LOCATOR)) {
        orr_reject(out);
        return;
    }
    memcpy(hash.bytes, m->data, 32);
    const struct orr_chain_block *answer[ORR_SLOT_MAX_ANSWER]; /* a ring: the lowest ones */
    uint32_t n = 0;
    for (const struct orr_chain_block *b = orr_slot_find(s, &hash);
         b && b->parent && !is_among(m, &b->block.hash); b = b->parent)
        answer[n++ % ORR_SLOT_MAX_ANSWER] = b;
    uint32_t n_sent = n < ORR_SLOT_MAX_ANSWER ? n : ORR_SLOT_MAX_ANSWER;
    for (uint32_t i = 0; i < n_sent; i++)
        orr_send(out, event->peer,
                 orr_msg_ref(orr_slot_kept(s, answer[--n % ORR_SLOT_MAX_ANSWER])));
}

/* ---- blocks ---- */

static void hold(struct orr_slot *s, struct orr_msg *m, orr_peer from) {
    if (s->held.n >= ORR_SLOT_MAX_HELD) { /* the oldest goes */
        orr_held_drop(&s->held, 0);
        orr_held_sweep(&s->held);
    }
    orr_held_add(&s->held, m, from);
}

/* Who made two blocks for one slot has lied. */
static void compare(const struct orr_slot *s, const struct orr_chain_link *link, uint32_t proposer,
                    struct orr_outbox *out) {
    const struct orr_chain *chain = s->chain;
    uint64_t time = link->block->block.header.timestamp;
    for (uint32_t i = chain->n_final; i < chain->n; i++) {
        const struct orr_chain_link *other = chain->places[i].link;
        if (other == link || other->block->block.header.timestamp != time) continue;
        orr_accuse(
            out, (struct orr_evidence){.culprit = s->genesis->set->members[proposer],
                                       .height = orr_chain_number(link),
                                       .round = (uint32_t)orr_votes_slot(&s->genesis->votes, link),
                                       .type = ORR_MSG_TYPE(0, ORR_SLOT_BLOCK)});
        return;
    }
}

/* Of a slot in which what is final is decided: known, or never to be. */
static bool is_settled(const struct orr_slot *s, const struct orr_slot_block_head *b) {
    return b->time <= s->chain->final->block->block.header.timestamp;
}

/* How many of a block's transactions this node has checked at its door, if that costs anything. */
static uint64_t count_known(const struct orr_slot *s, const struct orr_chain_link *link) {
    const struct orr_chain_block *b = link->block;
    uint64_t n = 0;
    if (!s->env->common->costs->recover_ns) return 0;
    for (size_t i = 0; i < b->block.n_txs && b->senders; i++)
        n += orr_pool_holds(&s->pool, &b->senders[i].address, b->block.txs[i].nonce);
    return n;
}

/* True: it came to something, or never will; false: its time is to come. */
static bool take_block(struct orr_slot *s, struct orr_msg *m, const struct orr_slot_block_head *b,
                       orr_peer from, orr_time wall, struct orr_outbox *out) {
    if (is_settled(s, b) || orr_chain_find(s->chain, &b->hash)) return true;
    if (orr_votes_slot_at(&s->genesis->votes, b->time) > orr_slot_at(s, wall)) return false;
    const struct orr_chain_link *parent = orr_chain_find(s->chain, &b->parent);
    if (parent && !orr_chain_may_grow(s->chain, parent)) return true; /* it can never lead */
    if (!parent) {
        ask(s, &b->parent, from, out);
        return false;
    }
    struct orr_chain_link *link;
    orr_chain_import(s->chain, m->data + ORR_SLOT_BLOCK_HEAD, m->len - ORR_SLOT_BLOCK_HEAD, &link);
    if (!link) {
        orr_reject(out);
        return true;
    }
    out->busy_ns += orr_chain_cost(link, s->env->common->costs, count_known(s, link));
    orr_slot_keep(s, link, m, out);
    compare(s, link, b->proposer, out);
    orr_slot_relay(from, m, out);
    return true;
}

void orr_slot_take_held(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    bool has_grown = s->held.n > 0;
    while (has_grown) { /* ends: each turn a held block has come in */
        uint32_t n_before = s->chain->n;
        struct orr_held_list list = orr_held_take(&s->held);
        for (uint32_t i = 0; i < list.n; i++) {
            struct orr_msg *m = list.v[i].msg;
            if (!take_block(s, m, form_of(m), list.v[i].from, event->wall, out))
                orr_held_add(&s->held, m, list.v[i].from);
        }
        orr_held_give_back(&s->held, list);
        has_grown = s->chain->n > n_before && s->held.n;
    }
}

void orr_slot_take_block(struct orr_slot *s, const struct orr_event *event,
                         struct orr_outbox *out) {
    const struct orr_slot_block_head *b = event->msg ? form_of(event->msg) : NULL;
    if (b && (is_settled(s, b) || orr_chain_find(s->chain, &b->hash))) return;
    if (!b || !is_sound(s, event->msg, b, out)) {
        orr_reject(out);
        return;
    }
    uint32_t n_before = s->chain->n;
    if (!take_block(s, event->msg, b, event->peer, event->wall, out))
        hold(s, event->msg, event->peer);
    if (s->chain->n == n_before) return;
    orr_slot_take_held(s, event, out);
    orr_slot_follow(s, out);
}

/* ---- votes ---- */

static bool is_signed(const struct orr_slot *s, const struct orr_msg *m,
                      const struct orr_chain_vote *v) {
    uint8_t bytes[ORR_CHAIN_VOTE_SIGNED];
    orr_chain_vote_signed(m, s->genesis->set->chain_id, bytes);
    return orr_sign_verify(s->env->common->memo, s->genesis->set->keys[v->validator].public_key,
                           bytes, sizeof bytes, m->data + ORR_CHAIN_VOTE_BYTES - ORR_SIGN_BYTES);
}

void orr_slot_take_vote(struct orr_slot *s, const struct orr_event *event, struct orr_outbox *out) {
    const struct orr_chain_vote *v = event->msg ? orr_chain_vote_of(event->msg) : NULL;
    const struct orr_slot_genesis *g = s->genesis;
    if (!v || v->validator >= g->set->n || !orr_slot_votes_in(g, v->validator, v->slot)) {
        orr_reject(out);
        return;
    }
    uint64_t epoch = v->slot / g->votes.epoch_slots;
    const struct orr_chain_vote *known = orr_votes_of(&s->votes, epoch, v->validator);
    if (known && orr_hash_equal(known->head, v->head)) return; /* what neighbours send again */
    if (v->slot > orr_slot_at(s, event->wall) + 1) return; /* of a clock far ahead: not counted */
    out->busy_ns += s->env->common->costs->verify_ns;
    if (!is_signed(s, event->msg, v)) {
        orr_reject(out);
        return;
    }
    enum orr_chain_vote_verdict verdict = orr_votes_add(&s->votes, event->msg);
    if (verdict == ORR_CHAIN_VOTE_CONFLICT)
        orr_accuse(out, (struct orr_evidence){.culprit = g->set->members[v->validator],
                                              .round = (uint32_t)v->slot,
                                              .height = epoch,
                                              .type = ORR_MSG_TYPE(0, ORR_SLOT_VOTE)});
    if (verdict != ORR_CHAIN_VOTE_NEW) return;
    if (!orr_slot_find(s, &v->head)) ask(s, &v->head, event->peer, out);
    orr_slot_relay(event->peer, event->msg, out);
}
