/* inclusion.c - what clients submit to correct nodes stands on the branch of some correct node's
 * head within a time. */
#include <inttypes.h>

#include "models/base/rlp.h"
#include "sim/check/blocks.h"

struct inclusion {
    struct heard_blocks blocks; /* mark: it was on a head's branch */
    struct body {
        uint64_t *txs; /* [n] orr_msg_hash of each; owned */
        uint32_t n;
    } *bodies; /* [blocks.n] */
    uint32_t bodies_cap;
    orr_time *at; /* [n_at] of the check's transactions: when they were first on such a branch */
    uint32_t n_at;
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct inclusion *n = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, ORR_EXPECT_HOLDS, e->inclusion_within != ORR_NEVER);
    if (e->inclusion_within == ORR_NEVER) return false;
    orr_blocks_begin(&n->blocks, &c->heap.mem);
    return true;
}

/* ---- a block's transactions ---- */

/* The transactions of an Ethereum block: its second item, of lists (legacy) and strings. */
static struct body read_body(struct inclusion *n, const struct orr_block_told *told) {
    struct body body = {NULL, 0};
    struct orr_rlp_reader all = orr_rlp_reader(told->bytes, told->len);
    struct orr_rlp_reader block = orr_rlp_read_list(&all);
    orr_rlp_read(&block);
    struct orr_rlp_reader txs = orr_rlp_read_list(&block), count = txs;
    uint32_t n_txs = 0;
    for (; orr_rlp_more(&count); n_txs++) orr_rlp_read(&count);
    if (count.bad || !n_txs) return body;
    body.txs = orr_alloc(n->blocks.mem, n_txs * sizeof *body.txs);
    while (body.n < n_txs) {
        struct orr_rlp_item item = orr_rlp_read(&txs);
        uint64_t id = item.is_list ? orr_hash64(0, item.encoding, item.encoding_len)
                                   : orr_hash64(0, item.payload, item.len);
        body.txs[body.n++] = id ? id : 1; /* as orr_msg_hash has it */
    }
    return body;
}

static void hear_block(struct inclusion *n, const struct orr_msg *msg) {
    const struct orr_block_told *told = (const void *)msg->data;
    bool is_new;
    uint32_t at = orr_blocks_hear(&n->blocks, msg, &is_new);
    if (!is_new) return;
    if (at >= n->bodies_cap) {
        uint32_t cap = n->bodies_cap ? 2 * n->bodies_cap : 64;
        n->bodies = orr_resize(n->blocks.mem, n->bodies, n->bodies_cap * sizeof *n->bodies,
                               cap * sizeof *n->bodies);
        n->bodies_cap = cap;
    }
    n->bodies[at] = (struct body){NULL, 0};
    if (told->kind == ORR_TOLD_BLOCK) n->bodies[at] = read_body(n, told);
}

/* ---- heads ---- */

static void follow_txs(struct inclusion *n, const struct orr_check *c) {
    if (n->n_at >= c->n_txs) return;
    n->at = orr_resize(n->blocks.mem, n->at, n->n_at * sizeof *n->at, c->txs_cap * sizeof *n->at);
    for (uint32_t i = n->n_at; i < c->txs_cap; i++) n->at[i] = ORR_NEVER;
    n->n_at = c->txs_cap;
}

static void include(struct inclusion *n, struct orr_check *c, uint32_t chain, uint32_t block) {
    for (uint32_t i = 0; i < n->bodies[block].n; i++) {
        uint32_t tx = orr_load_find(c, chain, n->bodies[block].txs[i]);
        if (tx != ORR_NOWHERE && n->at[tx] == ORR_NEVER) n->at[tx] = c->now;
    }
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct inclusion *n = state;
    if (!r->msg) return;
    if (r->key == ORR_OUT_BLOCK) {
        hear_block(n, r->msg);
        return;
    }
    const struct orr_head *head = (const void *)r->msg->data;
    if (head->label == ORR_HEAD_SAFE || !is_correct(c, r->node)) return;
    follow_txs(n, c);
    uint32_t at = orr_blocks_find(&n->blocks, head->hash);
    while (at != ORR_NOWHERE && !n->blocks.v[at].mark) { /* ends: places fall */
        n->blocks.v[at].mark = 1;
        include(n, c, c->nodes[r->node].chain, at);
        at = n->blocks.v[at].parent;
    }
}

static void judge(void *state, struct orr_check *c) {
    struct inclusion *n = state;
    orr_time within = c->expect->inclusion_within, longest = 0;
    uint64_t n_due = 0, n_late = 0;
    const struct tx *first = NULL;
    follow_txs(n, c);
    for (uint32_t i = 0; i < c->n_txs; i++) {
        const struct tx *tx = &c->txs[i];
        if (!orr_load_is_owed(c, tx, c->end - within)) continue;
        orr_time took = n->at[i] == ORR_NEVER ? ORR_NEVER : n->at[i] - tx->submitted;
        n_due++;
        if (took != ORR_NEVER && took > longest) longest = took;
        if (took <= within) continue;
        if (!n_late++) first = tx;
    }
    struct orr_violation *broken = n_late ? orr_check_break(c, NULL, first->node) : NULL;
    if (broken)
        snprintf(broken->text, sizeof broken->text,
                 "%" PRIu64 " of %" PRIu64 " transactions were not in a block within %s; the "
                 "first was submitted to %s at %s",
                 n_late, n_due, orr_words_time(within).text,
                 orr_words_node(c->scenario, first->node).text,
                 orr_words_time(first->submitted).text);
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "within %s", orr_words_time(within).text);
    if (n_late)
        snprintf(v->observed, sizeof v->observed, "%" PRIu64 " of %" PRIu64 " late", n_late, n_due);
    else
        snprintf(v->observed, sizeof v->observed, "at most %s", orr_words_time(longest).text);
    orr_verdict_say(v, "%" PRIu64 " transactions of correct nodes that stayed up", n_due);
    v->pass = !v->violation;
    if (!n_due) orr_verdict_open(v, "no transaction was due from a correct node that stayed up");
}

static void fini(void *state) {
    struct inclusion *n = state;
    struct orr_mem *mem = n->blocks.mem;
    if (!mem) return; /* it has not begun */
    for (uint32_t i = 0; i < n->blocks.n; i++)
        orr_free(mem, n->bodies[i].txs, n->bodies[i].n * sizeof *n->bodies[i].txs);
    orr_free(mem, n->bodies, n->bodies_cap * sizeof *n->bodies);
    orr_free(mem, n->at, n->n_at * sizeof *n->at);
    orr_blocks_fini(&n->blocks);
}

const struct orr_oracle orr_oracle_inclusion = {
    .name = "inclusion",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_HEAD) | ORR_OUTPUT_BIT(ORR_OUT_BLOCK),
    .size = sizeof(struct inclusion),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
