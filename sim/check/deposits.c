/* deposits.c - what L1 takes for a rollup is on L2, all of it and nothing else, at the place and in
 * the time that the rules give: whoever orders transactions there cannot keep it out. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

/* The deposits of L1 block 1 + (place in the list). */
struct epoch {
    uint64_t by, sources_hash;
    orr_time told_at;
    uint32_t n;
};

struct deposits {
    struct orr_mem *mem;
    struct epoch *epochs; /* [n_epochs] as L1 told */
    uint32_t n_epochs, cap;
    uint64_t *last; /* [c->n_nodes] the last epoch that a node derived; 0: none */
    uint32_t n_nodes;
    uint64_t n_deposits, slowest; /* L1 blocks from an epoch's own to the one that completed it */
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct deposits *x = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->deposits, e->deposits_where.source != NULL);
    if (e->deposits == ORR_EXPECT_UNCHECKED) return false;
    x->mem = &c->heap.mem;
    x->n_nodes = c->n_nodes;
    x->last = orr_alloc_zero(x->mem, x->n_nodes * sizeof *x->last);
    return true;
}

static uint64_t hash_of(const struct orr_epoch_told *told) {
    return told->n ? orr_hash64(0, told->sources, (size_t)told->n * 32) : 0;
}

/* ---- what L1 says ---- */

static void hear_l1(struct deposits *x, const struct orr_check *c,
                    const struct orr_epoch_told *told) {
    if (told->l1_number != x->n_epochs + 1) return; /* final blocks come once, in order */
    if (x->n_epochs == x->cap) {
        uint32_t cap = x->cap ? 2 * x->cap : 64;
        x->epochs = orr_resize(x->mem, x->epochs, x->cap * sizeof *x->epochs,
                               cap * sizeof *x->epochs);
        x->cap = cap;
    }
    x->n_deposits += told->n;
    x->epochs[x->n_epochs++] = (struct epoch){.by = told->by, .sources_hash = hash_of(told),
                                              .told_at = c->now, .n = told->n};
}

/* ---- what a node derives ---- */

/* Says what is wrong about an epoch's first block; false: nothing. */
static bool complain(const struct deposits *x, orr_peer node, const struct orr_epoch_told *told,
                     char *text, size_t size) {
    const struct epoch *e =
        told->l1_number && told->l1_number <= x->n_epochs ? &x->epochs[told->l1_number - 1] : NULL;
    if (told->place)
        snprintf(text, size, "deposits are in the %" PRIu64 ". block of their epoch",
                 told->place + 1);
    else if (told->l1_number > x->last[node] + 1)
        snprintf(text, size, "it leaves out the epoch of L1 block %" PRIu64, x->last[node] + 1);
    else if (!e)
        snprintf(text, size, "it derives an epoch of which L1 says nothing");
    else if (told->n != e->n)
        snprintf(text, size, "it has %u deposits, of %u that L1 took", told->n, e->n);
    else if (hash_of(told) != e->sources_hash)
        snprintf(text, size, "its deposits are others than those that L1 took");
    else if (told->by > e->by)
        snprintf(text, size, "it comes with L1 block %" PRIu64 ", later than %" PRIu64, told->by,
                 e->by);
    else return false;
    return true;
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct deposits *x = state;
    if (!r->msg) return;
    const struct orr_epoch_told *told = (const void *)r->msg->data;
    if (!told->is_l2) { /* L1 is believed, also where others are judged alone (`of`) */
        if (!c->nodes[r->node].byzantine) hear_l1(x, c, told);
        return;
    }
    if (!is_correct(c, r->node)) return;
    char text[120];
    if (!complain(x, r->node, told, text, sizeof text)) {
        if (told->l1_number > x->last[r->node]) x->last[r->node] = told->l1_number;
        if (told->by - told->l1_number > x->slowest) x->slowest = told->by - told->l1_number;
        return;
    }
    struct orr_violation *v = orr_check_break(c, NULL, r->node);
    if (!v) return;
    v->side.height = told->l2_number;
    snprintf(v->text, sizeof v->text,
             "%s, L2 block %" PRIu64 " of L1 block %" PRIu64 ": %s (at %s)",
             orr_words_node(c->scenario, r->node).text, told->l2_number, told->l1_number, text,
             orr_words_time(c->now).text);
}

/* An epoch is owed when the last L1 block that it may come with, and another one, are final. */
static void find_missing(struct deposits *x, struct orr_check *c) {
    for (uint32_t i = 0; i < x->n_epochs; i++) {
        uint64_t by = x->epochs[i].by;
        if (by + 1 > x->n_epochs) return;
        for (orr_peer node = 0; node < x->n_nodes; node++) {
            if (!x->last[node] && !orr_faults_should_decide(c, node)) continue;
            if (x->last[node] > i || !has_lived_since(c, node, x->epochs[by - 1].told_at)) continue;
            struct orr_violation *v = orr_check_break(c, NULL, node);
            if (v)
                snprintf(v->text, sizeof v->text,
                         "%s has no final L2 block of L1 block %u, which was due with block %"
                         PRIu64,
                         orr_words_node(c->scenario, node).text, i + 1, by);
            return;
        }
    }
}

static void judge(void *state, struct orr_check *c) {
    struct deposits *x = state;
    if (!x->n_epochs && !c->speaking->asked) return; /* no rollup */
    find_missing(x, c);
    struct orr_verdict *v = orr_check_rule(c, x->n_deposits, "L1 has taken no deposit");
    orr_verdict_say(v, "%" PRIu64 " deposits in %u final L1 blocks; at most %" PRIu64
                       " L1 blocks to their L2 block", x->n_deposits, x->n_epochs, x->slowest);
}

static void fini(void *state) {
    struct deposits *x = state;
    if (!x->mem) return;
    orr_free(x->mem, x->epochs, x->cap * sizeof *x->epochs);
    orr_free(x->mem, x->last, x->n_nodes * sizeof *x->last);
}

const struct orr_oracle orr_oracle_deposits = {
    .name = "deposits",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_EPOCH),
    .size = sizeof(struct deposits),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
