/* inv_tell.c - announcing.
 *
 * Bitcoin Core until 0.11, net.cpp and main.cpp (ThreadMessageHandler, SendMessages): the message
 * handler takes a turn every 100 ms; blocks are announced to all at once; of transactions a quarter
 * (by a salted hash) likewise, and the others to one peer a turn, drawn anew. */
#include <assert.h>

#include "models/gossip/inv_state.h"

static void announce(struct orr_inv *s, const struct orr_msg *m, orr_peer from, bool is_block,
                     struct orr_outbox *out) {
    struct orr_msg *inv = orr_inv_list(ORR_INV_INV, 1, out->pool);
    orr_inv_put(inv, 0, is_block ? ORR_INV_OF_BLOCK : ORR_INV_OF_TX, orr_msg_hash(m));
    for (uint32_t i = 0; i < out->links->n; i++) {
        orr_peer peer = orr_links_at(out->links, s->env->self, i);
        if (peer == from || i < s->cfg->push || (is_block && orr_inv_is_pushed(s, peer))) continue;
        orr_send(out, peer, orr_msg_ref(inv));
    }
    orr_msg_unref(out->pool, inv);
}

void orr_inv_tell(struct orr_inv *s, const struct orr_msg *m, orr_peer from, orr_time now,
                  struct orr_outbox *out) {
    bool is_block = m->kind == ORR_INV_BLOCK;
    uint64_t hash = orr_msg_hash(m);
    if (is_block || !s->cfg->loop || orr_hash64(s->salt, &hash, sizeof hash) % 4 == 0) {
        announce(s, m, from, is_block, out);
        return;
    }
    if (!s->n_tellers) return;
    *(struct orr_inv_news *)orr_fifo_push(&s->news) = (struct orr_inv_news){hash, from};
    orr_inv_arm_loop(s, now, out);
}

/* Lets go of what everybody has been told. */
static void shorten(struct orr_inv *s) {
    uint64_t least = s->first_news + s->news.n;
    for (uint32_t i = 0; i < s->n_tellers; i++)
        if (s->tellers[i].next < least) least = s->tellers[i].next;
    for (; s->first_news < least; s->first_news++) orr_fifo_pop(&s->news);
}

void orr_inv_trickle(struct orr_inv *s, struct orr_outbox *out) {
    if (!s->news.n) return;
    struct orr_inv_teller *t = &s->tellers[orr_rng_below(out->rng, s->n_tellers)];
    uint64_t end = s->first_news + s->news.n;
    uint32_t n = 0;
    struct orr_msg *m = NULL;
    for (uint64_t k = t->next; k < end && n < ORR_INV_ENTRIES_MAX; k++) {
        const struct orr_inv_news *news = orr_fifo_at(&s->news, (uint32_t)(k - s->first_news));
        if (news->from == t->peer) continue;
        if (!m) m = orr_inv_list(ORR_INV_INV, (uint32_t)(end - k), out->pool);
        orr_inv_put(m, n++, ORR_INV_OF_TX, news->hash);
    }
    t->next = end;
    if (m) {
        m->len = n * ORR_INV_ENTRY;
        orr_send(out, t->peer, m);
    }
    shorten(s);
}

void orr_inv_teller_up(struct orr_inv *s, orr_peer peer) {
    for (uint32_t i = 0; i < s->n_tellers; i++)
        if (s->tellers[i].peer == peer) return;
    if (s->n_tellers == s->tellers_cap) {
        uint32_t cap = s->tellers_cap ? 2 * s->tellers_cap : 8;
        s->tellers = orr_resize(s->env->common->mem, s->tellers,
                                s->tellers_cap * sizeof *s->tellers, cap * sizeof *s->tellers);
        s->tellers_cap = cap;
    }
    s->tellers[s->n_tellers++] = (struct orr_inv_teller){peer, s->first_news + s->news.n};
}

void orr_inv_teller_down(struct orr_inv *s, orr_peer peer) {
    uint32_t i = 0;
    while (i < s->n_tellers && s->tellers[i].peer != peer) i++;
    if (i == s->n_tellers) return;
    s->n_tellers--;
    memmove(s->tellers + i, s->tellers + i + 1, (s->n_tellers - i) * sizeof *s->tellers);
    shorten(s);
}
