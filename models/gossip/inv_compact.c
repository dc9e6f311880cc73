/* inv_compact.c - compact blocks between nodes: BIP 152.
 *
 * With `low` a block is announced by inv as ever and asked for in its compact form.  With `high` a
 * node also asks the last three peers that brought it a block first to push the next ones: these
 * send the compact form at once, before they have checked the block. */
#include <assert.h>

#include "models/gossip/inv_state.h"

/* ---- who pushes to whom ---- */

static bool drop_peer(orr_peer *list, uint32_t *n, orr_peer peer) {
    uint32_t i = 0;
    while (i < *n && list[i] != peer) i++;
    if (i == *n) return false;
    memmove(list + i, list + i + 1, (--*n - i) * sizeof *list);
    return true;
}

bool orr_inv_is_pushed(const struct orr_inv *s, orr_peer peer) {
    for (uint32_t i = 0; i < s->n_pushed; i++)
        if (s->pushed[i] == peer) return true;
    return false;
}

static void send_wish(orr_peer to, bool pushes, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_new(out->pool, ORR_INV_SENDCMPCT, ORR_INV_SENDCMPCT_BYTES);
    memset(m->data, 0, m->len);
    m->data[0] = pushes;
    m->data[1] = ORR_INV_VERSION;
    orr_send(out, to, m);
}

void orr_inv_choose(struct orr_inv *s, orr_peer peer, struct orr_outbox *out) {
    if (s->cfg->compact != ORR_INV_HIGH || peer == ORR_NOBODY) return;
    bool was_chosen = drop_peer(s->chosen, &s->n_chosen, peer);
    if (s->n_chosen == ORR_INV_CHOSEN) {
        send_wish(s->chosen[0], false, out);
        drop_peer(s->chosen, &s->n_chosen, s->chosen[0]);
    }
    s->chosen[s->n_chosen++] = peer;
    if (!was_chosen) send_wish(peer, true, out);
}

static void hear_wish(struct orr_inv *s, orr_peer from, bool pushes) {
    drop_peer(s->pushed, &s->n_pushed, from);
    if (!pushes) return;
    if (s->n_pushed == s->pushed_cap) {
        uint32_t cap = s->pushed_cap ? 2 * s->pushed_cap : 8;
        s->pushed = orr_resize(s->env->common->mem, s->pushed, s->pushed_cap * sizeof *s->pushed,
                               cap * sizeof *s->pushed);
        s->pushed_cap = cap;
    }
    s->pushed[s->n_pushed++] = from;
}

void orr_inv_push(struct orr_inv *s, struct orr_msg *block, orr_peer from, struct orr_outbox *out) {
    if (!s->n_pushed) return;
    struct orr_msg *m =
        orr_compact_make(block, ORR_INV_CMPCTBLOCK, ORR_INV_TX, orr_rng_u64(out->rng), out->pool);
    for (uint32_t i = 0; i < s->n_pushed; i++)
        if (s->pushed[i] != from) orr_send(out, s->pushed[i], orr_msg_ref(m));
    orr_msg_unref(out->pool, m);
}

/* ---- putting a block together ---- */

static struct orr_inv_partial *find_partial(struct orr_inv *s, uint64_t id) {
    for (uint32_t i = 0; i < s->partials.n; i++) {
        struct orr_inv_partial *p = orr_fifo_at(&s->partials, i);
        if (p->id == id) return p;
    }
    return NULL;
}

void orr_inv_drop_partials(struct orr_inv *s, uint64_t id, struct orr_pool *pool) {
    for (uint32_t i = 0, n = s->partials.n; i < n; i++) { /* the others go round once */
        struct orr_inv_partial p = *(struct orr_inv_partial *)orr_fifo_pop(&s->partials);
        if (p.id != id) {
            *(struct orr_inv_partial *)orr_fifo_push(&s->partials) = p;
            continue;
        }
        orr_msg_unref(pool, p.compact);
        orr_msg_unref(pool, p.ask);
    }
}

/* The block, if it is the one that was announced; else it is asked for as a whole. */
static void complete(struct orr_inv *s, orr_peer from, const struct orr_compact *c,
                     struct orr_msg *const *txs, orr_time now, struct orr_outbox *out) {
    struct orr_msg *block = orr_compact_fill(c, txs, ORR_INV_BLOCK, out->pool);
    if (!block) {
        orr_inv_want_whole(s, c->id, from, now, out);
        return;
    }
    orr_inv_learn(s, from, block, now, out);
    orr_msg_unref(out->pool, block);
}

static bool hear_block(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                       struct orr_outbox *out) {
    struct orr_compact c;
    struct orr_msg *txs[ORR_BLOCK_TXS_MAX];
    uint32_t places[ORR_BLOCK_TXS_MAX];
    if (!orr_compact_read(m, &c)) return false;
    if (orr_payloads_know(&s->payloads, c.id)) return true;
    bool is_asked = find_partial(s, c.id) != NULL;
    orr_inv_want(s, c.id, ORR_INV_OF_BLOCK, from, !is_asked, now, out);
    if (is_asked) return true; /* another is putting it right; this one is asked if it does not */
    uint32_t n = orr_compact_find(&c, &s->payloads, ORR_INV_TX, txs, places);
    if (!n) {
        complete(s, from, &c, txs, now, out);
        return true;
    }
    struct orr_msg *ask = orr_compact_ask(c.id, places, n, ORR_INV_GETBLOCKTXN, out->pool);
    *(struct orr_inv_partial *)orr_fifo_push(&s->partials) =
        (struct orr_inv_partial){c.id, from, orr_msg_ref(m), orr_msg_ref(ask)};
    orr_send(out, from, ask);
    return true;
}

static bool hear_missing(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                         struct orr_outbox *out) {
    struct orr_compact c;
    struct orr_msg *txs[ORR_BLOCK_TXS_MAX];
    uint32_t places[ORR_BLOCK_TXS_MAX], n_asked, n_lost = 0;
    uint64_t id;
    struct orr_inv_partial *p = NULL;
    for (uint32_t i = 0; i < s->partials.n && !p; i++) {
        struct orr_inv_partial *other = orr_fifo_at(&s->partials, i);
        if (other->from == from) p = other;
    }
    if (!p) return true; /* too late */
    bool is_ours = orr_compact_read(p->compact, &c) && orr_compact_ask_read(p->ask, &id, &n_asked);
    assert(is_ours);
    uint32_t n = orr_compact_find(&c, &s->payloads, ORR_INV_TX, txs, places);
    for (uint32_t i = 0; i < n_asked; i++) txs[orr_compact_ask_place(p->ask, i)] = NULL;
    if (!orr_compact_answer_read(m, p->ask, ORR_INV_TX, txs, out->pool)) return false;
    for (uint32_t i = 0; i < n; i++) n_lost += !txs[places[i]];
    struct orr_msg *compact = orr_msg_ref(p->compact), *ask = orr_msg_ref(p->ask);
    orr_inv_drop_partials(s, c.id, out->pool);
    /* what had been there may have gone meanwhile */
    if (n_lost)
        orr_inv_want_whole(s, c.id, from, now, out);
    else
        complete(s, from, &c, txs, now, out);
    for (uint32_t i = 0; i < n_asked; i++)
        orr_msg_unref(out->pool, txs[orr_compact_ask_place(ask, i)]);
    orr_msg_unref(out->pool, compact);
    orr_msg_unref(out->pool, ask);
    return true;
}

static bool hear_ask(struct orr_inv *s, orr_peer from, const struct orr_msg *m,
                     struct orr_outbox *out) {
    uint64_t id;
    uint32_t n;
    if (!orr_compact_ask_read(m, &id, &n)) return false;
    const struct orr_msg *block = orr_payloads_find(&s->payloads, id);
    if (!block || block->kind != ORR_INV_BLOCK) return true;
    struct orr_msg *answer = orr_compact_answer(block, m, ORR_INV_BLOCKTXN, out->pool);
    if (answer) orr_send(out, from, answer);
    return answer != NULL;
}

bool orr_inv_hear_compact(struct orr_inv *s, orr_peer from, struct orr_msg *m, orr_time now,
                          struct orr_outbox *out) {
    if (m->kind == ORR_INV_SENDCMPCT) {
        if (m->len != ORR_INV_SENDCMPCT_BYTES || m->data[0] > 1) return false;
        hear_wish(s, from, m->data[0]);
        return true;
    }
    if (m->kind == ORR_INV_CMPCTBLOCK) return hear_block(s, from, m, now, out);
    if (m->kind == ORR_INV_GETBLOCKTXN) return hear_ask(s, from, m, out);
    return m->kind == ORR_INV_BLOCKTXN && hear_missing(s, from, m, now, out);
}

void orr_inv_compact_down(struct orr_inv *s, orr_peer peer) {
    drop_peer(s->chosen, &s->n_chosen, peer);
    drop_peer(s->pushed, &s->n_pushed, peer);
}
