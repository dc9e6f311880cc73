/* reorg_depth.c - no correct node's head leaves more than so many blocks of its branch. */
#include <inttypes.h>

#include "sim/check/blocks.h"

struct reorg_depth {
    struct heard_blocks blocks;
    struct head_of {
        uint32_t at; /* its head's place + 1; 0: none in this life */
        orr_time born;
    } *heads; /* [n_nodes] */
    uint32_t n_nodes;
    uint64_t n_heads, n_reorgs, deepest;
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct reorg_depth *d = state;
    const struct orr_expect_spec *e = settings;
    bool is_asked = e->reorg_depth_where.source != NULL;
    orr_check_expect(c, ORR_EXPECT_HOLDS, is_asked);
    if (!is_asked) return false;
    orr_blocks_begin(&d->blocks, &c->heap.mem);
    d->n_nodes = c->n_nodes;
    d->heads = orr_alloc_zero(&c->heap.mem, d->n_nodes * sizeof *d->heads);
    return true;
}

static void move(struct reorg_depth *d, struct orr_check *c, orr_peer node, uint32_t from,
                 uint32_t to) {
    uint32_t common = orr_blocks_common(&d->blocks, from, to);
    if (common == ORR_NOWHERE) return; /* on blocks that nobody put out */
    uint64_t depth = d->blocks.v[from].number - d->blocks.v[common].number;
    if (depth) d->n_reorgs++;
    if (depth > d->deepest) d->deepest = depth;
    if (depth <= c->expect->reorg_depth) return;
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = d->blocks.v[from].number;
    snprintf(v->text, sizeof v->text,
             "%s left %" PRIu64 " blocks, from number %" PRIu64 " up, for another branch (at %s)",
             orr_words_node(c->scenario, node).text, depth, d->blocks.v[common].number + 1,
             orr_words_time(c->now).text);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct reorg_depth *d = state;
    bool is_new;
    if (!r->msg) return;
    if (r->key == ORR_OUT_BLOCK) {
        orr_blocks_hear(&d->blocks, r->msg, &is_new);
        return;
    }
    if (r->key == ORR_OUT_DERIVED) {
        const struct orr_derived_told *t = (const void *)r->msg->data;
        orr_blocks_add(&d->blocks, t->number, t->hash, t->number ? t->parent : NULL, &is_new);
        return;
    }
    const struct orr_head *head = (const void *)r->msg->data;
    if (head->label != ORR_HEAD || !is_correct(c, r->node)) return;
    struct head_of *of = &d->heads[r->node];
    uint32_t at = orr_blocks_add(&d->blocks, head->number, head->hash,
                                 head->number ? head->parent : NULL, &is_new);
    d->n_heads++;
    if (of->at && of->born == c->nodes[r->node].born) move(d, c, r->node, of->at - 1, at);
    *of = (struct head_of){at + 1, c->nodes[r->node].born};
}

static void judge(void *state, struct orr_check *c) {
    const struct reorg_depth *d = state;
    struct orr_verdict *v = orr_check_verdict(c, NULL);
    snprintf(v->expected, sizeof v->expected, "at most %" PRIu64, c->expect->reorg_depth);
    snprintf(v->observed, sizeof v->observed, "%" PRIu64, d->deepest);
    orr_verdict_say(v, "%" PRIu64 " heads of correct nodes, %" PRIu64 " reorgs", d->n_heads,
                    d->n_reorgs);
    v->pass = !v->violation;
    if (!d->n_heads) orr_verdict_open(v, "no correct node put out a head");
}

static void fini(void *state) {
    struct reorg_depth *d = state;
    if (d->heads) orr_free(d->blocks.mem, d->heads, d->n_nodes * sizeof *d->heads);
    orr_blocks_fini(&d->blocks);
}

const struct orr_oracle orr_oracle_reorg_depth = {
    .name = "reorg_depth",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_HEAD) | ORR_OUTPUT_BIT(ORR_OUT_BLOCK) |
               ORR_OUTPUT_BIT(ORR_OUT_DERIVED),
    .size = sizeof(struct reorg_depth),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
