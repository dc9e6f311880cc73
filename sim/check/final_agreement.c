/* final_agreement.c - no two correct nodes finalise differently, and none goes back. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

/* The first final block of a number on a chain. */
struct settled {
    uint64_t key; /* of chain and number */
    uint8_t hash[32];
    orr_peer node;
};

struct final_agreement {
    struct orr_mem *mem;
    struct settled *v; /* [n] */
    uint32_t n, cap;
    struct orr_index index;
    struct final_of {
        orr_time born;
        uint64_t number;
        uint8_t hash[32];
        bool is_set;
    } *last; /* [n_nodes] */
    uint32_t n_nodes;
    uint64_t n_final;
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct final_agreement *f = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->final_agreement, e->final_agreement_where.source != NULL);
    if (e->final_agreement == ORR_EXPECT_UNCHECKED) return false;
    f->mem = &c->heap.mem;
    f->n_nodes = c->n_nodes;
    f->last = orr_alloc_zero(f->mem, f->n_nodes * sizeof *f->last);
    orr_index_init(&f->index, f->mem, sizeof *f->v, offsetof(struct settled, key));
    return true;
}

static void break_it(struct orr_check *c, orr_peer node, const struct orr_head *head,
                     const char *how, orr_peer other) {
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = head->number;
    memcpy(v->side.value, head->hash, sizeof v->side.value);
    snprintf(v->text, sizeof v->text, "%s sees block %" PRIu64 " %s as final, %s%s (at %s)",
             orr_words_node(c->scenario, node).text, head->number,
             orr_words_value(head->hash).text, how,
             other == ORR_NOBODY ? "" : orr_words_node(c->scenario, other).text,
             orr_words_time(c->now).text);
}

/* Against what the node itself said last: upwards, each on the one before. */
static void compare_own(struct final_agreement *f, struct orr_check *c, orr_peer node,
                        const struct orr_head *head) {
    struct final_of *last = &f->last[node];
    if (last->is_set && last->born == c->nodes[node].born) {
        if (head->number <= last->number)
            break_it(c, node, head, "below one that it had seen as final before", ORR_NOBODY);
        else if (head->number == last->number + 1 && memcmp(head->parent, last->hash, 32))
            break_it(c, node, head, "not on the one that it had seen as final before", ORR_NOBODY);
    }
    *last = (struct final_of){.born = c->nodes[node].born, .number = head->number, .is_set = true};
    memcpy(last->hash, head->hash, sizeof last->hash);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct final_agreement *f = state;
    const struct orr_head *head = r->msg ? (const void *)r->msg->data : NULL;
    if (!head || head->label != ORR_HEAD_FINAL || !is_correct(c, r->node)) return;
    f->n_final++;
    compare_own(f, c, r->node, head);
    uint64_t words[2] = {c->nodes[r->node].chain, head->number};
    uint64_t key = orr_hash64(0, words, sizeof words);
    uint32_t at = orr_index_find(&f->index, f->v, key);
    if (at != ORR_NOWHERE) {
        if (memcmp(f->v[at].hash, head->hash, 32))
            break_it(c, r->node, head, "and another one at ", f->v[at].node);
        return;
    }
    if (f->n == f->cap) {
        uint32_t cap = f->cap ? 2 * f->cap : 64;
        f->v = orr_resize(f->mem, f->v, f->cap * sizeof *f->v, cap * sizeof *f->v);
        f->cap = cap;
    }
    f->v[f->n] = (struct settled){.key = key, .node = r->node};
    memcpy(f->v[f->n].hash, head->hash, 32);
    orr_index_put(&f->index, f->v, f->n++);
}

static void judge(void *state, struct orr_check *c) {
    const struct final_agreement *f = state;
    struct orr_verdict *v = orr_check_rule(c, f->n_final, "no correct node saw a block as final");
    orr_verdict_say(v, "%" PRIu64 " final blocks at correct nodes, of %u numbers", f->n_final,
                    f->n);
}

static void fini(void *state) {
    struct final_agreement *f = state;
    if (!f->mem) return; /* it has not begun */
    orr_free(f->mem, f->last, f->n_nodes * sizeof *f->last);
    orr_free(f->mem, f->v, f->cap * sizeof *f->v);
    orr_index_fini(&f->index);
}

const struct orr_oracle orr_oracle_final_agreement = {
    .name = "final_agreement",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_HEAD),
    .size = sizeof(struct final_agreement),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
