/* derivation.c - the safe chain of a rollup's nodes: blocks of batches are the sequencer's own, one
 * stands on the other, it goes back only as far as L1 has, and what was called final stays. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/blocks.h"

enum { SEQUENCED = 1 }; /* mark of an L2 block that somebody proposed */

struct safe_chain {
    orr_time born; /* the node's life that it belongs to */
    struct safe {
        uint32_t block, from; /* places among the blocks of L2 and of L1 */
    } * v;                    /* [n] from the first block on */
    uint32_t n, cap;
    uint64_t final; /* number of the last final block */
};

struct derivation {
    struct orr_mem *mem;
    struct heard_blocks l1, l2;
    struct safe_chain *chains; /* [n_nodes] */
    uint32_t n_nodes;
    uint64_t n_safe, n_back, n_final;
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct derivation *x = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->derivation, e->derivation_where.source != NULL);
    if (e->derivation == ORR_EXPECT_UNCHECKED) return false;
    x->mem = &c->heap.mem;
    x->n_nodes = c->n_nodes;
    x->chains = orr_alloc_zero(x->mem, x->n_nodes * sizeof *x->chains);
    orr_blocks_begin(&x->l1, x->mem);
    orr_blocks_begin(&x->l2, x->mem);
    return true;
}

static void break_it(struct orr_check *c, orr_peer node, uint64_t number, const uint8_t hash[32],
                     const char *how) {
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = number;
    memcpy(v->side.value, hash, sizeof v->side.value);
    snprintf(v->text, sizeof v->text, "%s, L2 block %" PRIu64 " %s: %s (at %s)",
             orr_words_node(c->scenario, node).text, number, orr_words_value(hash).text, how,
             orr_words_time(c->now).text);
}

static void push(struct derivation *x, struct safe_chain *s, uint32_t block, uint32_t from) {
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? 2 * s->cap : 64;
        s->v = orr_resize(x->mem, s->v, s->cap * sizeof *s->v, cap * sizeof *s->v);
        s->cap = cap;
    }
    s->v[s->n++] = (struct safe){block, from};
}

/* Blocks from place `first` on go: L1 must have left the block behind that completed the first of
 * them, and none may be final. */
static const char *go_back(struct derivation *x, struct safe_chain *s, uint32_t first,
                           const struct orr_derived_told *told) {
    uint32_t tip = orr_blocks_find(&x->l1, told->tip), from = s->v[first].from;
    uint64_t number = x->l2.v[s->v[first].block].number;
    s->n = first;
    x->n_back++;
    if (number <= s->final) return "it takes the place of one that was final";
    if (tip != ORR_NOWHERE && from != ORR_NOWHERE && orr_blocks_common(&x->l1, tip, from) == from)
        return "the safe head goes back, and L1 has not";
    return NULL;
}

/* What is wrong about a block on a node's safe chain; NULL: nothing. */
static const char *take(struct derivation *x, struct safe_chain *s,
                        const struct orr_derived_told *told) {
    bool is_new;
    uint32_t block = orr_blocks_add(&x->l2, told->number, told->hash, NULL, &is_new);
    uint32_t from = orr_blocks_find(&x->l1, told->from), place = 0;
    const char *bad = NULL;
    if (s->n) {
        uint64_t first = x->l2.v[s->v[0].block].number;
        if (told->number < first) return "it is below the first one";
        if (told->number - first > s->n) return "the safe chain leaves out blocks before it";
        place = (uint32_t)(told->number - first);
    }
    if (place + 1 < s->n && s->v[place].block == block) return go_back(x, s, place + 1, told);
    if (place < s->n) bad = go_back(x, s, place, told);
    if (place && memcmp(told->parent, x->l2.v[s->v[place - 1].block].hash, 32))
        bad = "it does not stand on the safe block before it";
    push(x, s, block, from);
    if (from == ORR_NOWHERE) return "it is derived from an L1 block that nobody has built";
    if (told->is_from_batch && x->l2.v[block].mark != SEQUENCED)
        return "it comes from a batch, and nobody has sequenced it";
    return bad;
}

static void hear_final(struct derivation *x, struct orr_check *c, orr_peer node,
                       const struct orr_head *head) {
    struct safe_chain *s = &x->chains[node];
    if (!s->n || s->born != c->nodes[node].born) return; /* no rollup's head */
    uint64_t first = x->l2.v[s->v[0].block].number;
    x->n_final++;
    if (head->number <= s->final)
        break_it(c, node, head->number, head->hash, "it is below one that was final");
    else if (head->number < first || head->number - first >= s->n ||
             memcmp(x->l2.v[s->v[head->number - first].block].hash, head->hash, 32))
        break_it(c, node, head->number, head->hash, "it is final and was not safe");
    else
        s->final = head->number;
}

static void hear_derived(struct derivation *x, struct orr_check *c, orr_peer node,
                         const struct orr_derived_told *told) {
    struct safe_chain *s = &x->chains[node];
    if (s->born != c->nodes[node].born) { /* it begins again */
        s->n = 0;
        s->final = 0;
    }
    s->born = c->nodes[node].born;
    x->n_safe++;
    const char *bad = take(x, s, told);
    if (bad) break_it(c, node, told->number, told->hash, bad);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct derivation *x = state;
    bool is_new;
    if (!r->msg) return;
    if (r->key == ORR_OUT_ORIGIN) {
        const struct orr_origin_told *o = (const void *)r->msg->data;
        orr_blocks_add(&x->l1, o->number, o->hash, o->number ? o->parent : NULL, &is_new);
    } else if (r->key == ORR_OUT_PROPOSED) {
        const struct orr_proposed *p = (const void *)r->msg->data;
        if (!x->l1.n) return; /* another protocol's, or nothing can be of it yet */
        uint32_t at = orr_blocks_add(&x->l2, p->height, p->value, NULL, &is_new);
        x->l2.v[at].mark = SEQUENCED;
    } else if (is_correct(c, r->node)) {
        const struct orr_head *head = (const void *)r->msg->data;
        if (r->key == ORR_OUT_DERIVED)
            hear_derived(x, c, r->node, (const void *)r->msg->data);
        else if (head->label == ORR_HEAD_FINAL)
            hear_final(x, c, r->node, head);
    }
}

static void judge(void *state, struct orr_check *c) {
    struct derivation *x = state;
    if (!x->n_safe && !c->speaking->asked) return; /* no rollup */
    struct orr_verdict *v = orr_check_rule(c, x->n_safe, "no correct node has derived a block");
    orr_verdict_say(v,
                    "%" PRIu64 " safe and %" PRIu64 " final blocks at correct nodes; %" PRIu64
                    " times back with L1",
                    x->n_safe, x->n_final, x->n_back);
}

static void fini(void *state) {
    struct derivation *x = state;
    if (!x->mem) return; /* it has not begun */
    for (uint32_t i = 0; i < x->n_nodes; i++)
        orr_free(x->mem, x->chains[i].v, x->chains[i].cap * sizeof *x->chains[i].v);
    orr_free(x->mem, x->chains, x->n_nodes * sizeof *x->chains);
    orr_blocks_fini(&x->l1);
    orr_blocks_fini(&x->l2);
}

const struct orr_oracle orr_oracle_derivation = {
    .name = "derivation",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_ORIGIN) | ORR_OUTPUT_BIT(ORR_OUT_DERIVED) |
               ORR_OUTPUT_BIT(ORR_OUT_PROPOSED) | ORR_OUTPUT_BIT(ORR_OUT_HEAD),
    .size = sizeof(struct derivation),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
