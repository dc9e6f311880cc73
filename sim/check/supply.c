/* supply.c - no block of a rollup makes or loses ether: there is as much more than in the first one
 * as L1's deposits up to its origin have minted.
 *
 * The equation is supply = genesis + mints - burnt.  Burnt is what a contract holds that destroys
 * itself in favour of itself in the transaction that made it (EIP-6780); clients' transactions here
 * are transfers, so that the term is zero, and ether that goes that way is a break, too. */
#include <inttypes.h>
#include <string.h>

#include "models/base/words.h"
#include "sim/check/blocks.h"

struct supply {
    struct orr_mem *mem;
    struct heard_blocks l1;
    struct orr_u256 *minted; /* [l1.cap] by an L1 block's place: up to it, it included */
    uint32_t cap;
    uint64_t n_told;
    struct orr_u256 most; /* the highest sum that a node had, and it was right */
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct supply *x = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->supply, e->supply_where.source != NULL);
    if (e->supply == ORR_EXPECT_UNCHECKED) return false;
    x->mem = &c->heap.mem;
    orr_blocks_begin(&x->l1, x->mem);
    return true;
}

static struct orr_u256 sum(struct orr_u256 a, struct orr_u256 b) {
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t s = a.limb[i] + carry;
        carry = s < carry;
        a.limb[i] = s + b.limb[i];
        carry += a.limb[i] < s;
    }
    return a;
}

static void hear_origin(struct supply *x, const struct orr_origin_told *told) {
    bool is_new;
    uint32_t at = orr_blocks_add(&x->l1, told->number, told->hash,
                                 told->number ? told->parent : NULL, &is_new);
    if (!is_new) return;
    if (x->cap < x->l1.cap) {
        x->minted = orr_resize(x->mem, x->minted, x->cap * sizeof *x->minted,
                               x->l1.cap * sizeof *x->minted);
        x->cap = x->l1.cap;
    }
    uint32_t parent = x->l1.v[at].parent;
    x->minted[at] = orr_u256_load_be(told->minted);
    if (parent != ORR_NOWHERE) x->minted[at] = sum(x->minted[at], x->minted[parent]);
}

/* "1.000000003 ether" is beyond what is at stake: as wei, or that it is a large number. */
static void write_wei(char text[32], struct orr_u256 wei) {
    if (wei.limb[1] || wei.limb[2] || wei.limb[3])
        snprintf(text, 32, "%s", wei.limb[3] >> 63 ? "less than nothing" : "2^64 or more");
    else
        snprintf(text, 32, "%" PRIu64, wei.limb[0]);
}

static void hear_derived(struct supply *x, struct orr_check *c, orr_peer node,
                         const struct orr_derived_told *told) {
    uint32_t origin = orr_blocks_find(&x->l1, told->origin);
    struct orr_u256 created = orr_u256_load_be(told->created);
    struct orr_u256 minted = origin == ORR_NOWHERE ? (struct orr_u256){{0}} : x->minted[origin];
    x->n_told++;
    if (orr_u256_equal(created, minted)) {
        if (created.limb[0] > x->most.limb[0]) x->most = created;
        return;
    }
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    char is[32], should[32];
    write_wei(is, created);
    write_wei(should, minted);
    v->side.height = told->number;
    snprintf(v->text, sizeof v->text,
             "%s, L2 block %" PRIu64
             ": there are %s wei more than in the first block, and deposits "
             "up to its L1 origin have minted %s (at %s)",
             orr_words_node(c->scenario, node).text, told->number, is, should,
             orr_words_time(c->now).text);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    if (!r->msg) return;
    if (r->key == ORR_OUT_ORIGIN)
        hear_origin(state, (const void *)r->msg->data);
    else if (is_correct(c, r->node))
        hear_derived(state, c, r->node, (const void *)r->msg->data);
}

static void judge(void *state, struct orr_check *c) {
    struct supply *x = state;
    if (!x->n_told && !c->speaking->asked) return; /* no rollup */
    char most[32];
    write_wei(most, x->most);
    struct orr_verdict *v = orr_check_rule(c, x->n_told, "no correct node has derived a block");
    orr_verdict_say(v, "%" PRIu64 " safe blocks at correct nodes; %s wei were minted", x->n_told,
                    most);
}

static void fini(void *state) {
    struct supply *x = state;
    if (!x->mem) return; /* it has not begun */
    orr_free(x->mem, x->minted, x->cap * sizeof *x->minted);
    orr_blocks_fini(&x->l1);
}

const struct orr_oracle orr_oracle_supply = {
    .name = "supply",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_ORIGIN) | ORR_OUTPUT_BIT(ORR_OUT_DERIVED),
    .size = sizeof(struct supply),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
