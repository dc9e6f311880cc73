/* settlement.c - what L1 accepts of a rollup's state is what correct nodes derive, what it refuses
 * is not, they derive the same, and who plays by the rules loses no bond. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

/* The root that was heard first for a block. */
struct root_of {
    uint64_t number;
    uint8_t root[32];
    orr_peer node;
};

struct settlement {
    struct orr_mem *mem;
    struct root_of *v; /* [n] in the order in which they were heard */
    uint32_t n, cap;
    uint64_t n_told, n_accepted;
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct settlement *x = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->settlement, e->settlement_where.source != NULL);
    if (e->settlement == ORR_EXPECT_UNCHECKED) return false;
    x->mem = &c->heap.mem;
    return true;
}

static const struct root_of *root_of(struct settlement *x, orr_peer node,
                                     const struct orr_settled *told) {
    for (uint32_t i = x->n; i-- > 0;)
        if (x->v[i].number == told->number) return &x->v[i];
    if (x->n == x->cap) {
        uint32_t cap = x->cap ? 2 * x->cap : 64;
        x->v = orr_resize(x->mem, x->v, x->cap * sizeof *x->v, cap * sizeof *x->v);
        x->cap = cap;
    }
    struct root_of *r = &x->v[x->n++];
    *r = (struct root_of){.number = told->number, .node = node};
    memcpy(r->root, told->own, 32);
    return r;
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct settlement *x = state;
    if (!r->msg || !is_correct(c, r->node)) return;
    const struct orr_settled *told = (const void *)r->msg->data;
    const struct root_of *first = root_of(x, r->node, told);
    bool is_right = !memcmp(told->claimed, told->own, 32);
    x->n_told++;
    x->n_accepted += told->is_accepted;
    bool is_same = !memcmp(first->root, told->own, 32);
    if (is_same && is_right == (told->is_accepted != 0) && !told->n_lost) return;
    struct orr_violation *v = orr_check_break(c, NULL, r->node);
    if (!v) return;
    v->side.height = told->number;
    memcpy(v->side.value, told->claimed, 32);
    if (!is_same)
        snprintf(v->text, sizeof v->text,
                 "%s and %s derive other states of L2 block %" PRIu64 ": %s and %s (at %s)",
                 orr_words_node(c->scenario, first->node).text,
                 orr_words_node(c->scenario, r->node).text, told->number,
                 orr_words_value(first->root).text, orr_words_value(told->own).text,
                 orr_words_time(c->now).text);
    else if (told->n_lost && is_right == (told->is_accepted != 0))
        snprintf(v->text, sizeof v->text,
                 "%s has lost %u bonds in the game about L2 block %" PRIu64 " (at %s)",
                 orr_words_node(c->scenario, r->node).text, told->n_lost, told->number,
                 orr_words_time(c->now).text);
    else
        snprintf(v->text, sizeof v->text,
                 "L1 %s %s as the state of L2 block %" PRIu64 ", where %s derives %s (at %s)",
                 told->is_accepted ? "accepts" : "refuses", orr_words_value(told->claimed).text,
                 told->number, orr_words_node(c->scenario, r->node).text,
                 orr_words_value(told->own).text, orr_words_time(c->now).text);
}

static void judge(void *state, struct orr_check *c) {
    const struct settlement *x = state;
    struct orr_verdict *v =
        orr_check_rule(c, x->n_told, "no correct node has seen a claim settled");
    orr_verdict_say(v,
                    "%" PRIu64 " times a claim was seen settled, of %u blocks; accepted %" PRIu64,
                    x->n_told, x->n, x->n_accepted);
}

static void fini(void *state) {
    struct settlement *x = state;
    if (x->mem) orr_free(x->mem, x->v, x->cap * sizeof *x->v);
}

const struct orr_oracle orr_oracle_settlement = {
    .name = "settlement",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_SETTLED),
    .size = sizeof(struct settlement),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
