/* index.c - what nodes that index a chain hold is the index of their head, and for one block the
 * same at all of them. */
#include <inttypes.h>
#include <string.h>

#include "sim/check/state.h"

/* The first digest that was heard for a block. */
struct digest_of {
    uint8_t hash[32], digest[32];
    orr_peer node;
};

struct index {
    struct orr_mem *mem;
    struct digest_of *v; /* [n] */
    uint32_t n, cap;
    struct orr_index by_hash;
    struct indexer {
        uint8_t head[32], indexed[32];
        uint64_t number, final; /* of the head; of the last final block */
        bool has_head, is_indexer;
    } * nodes; /* [n_nodes] */
    uint32_t n_nodes;
    uint64_t n_told, n_compared, n_undone;
    uint64_t highest, most_behind; /* head of any correct node; blocks that an index was below it */
};

static bool begin(void *state, struct orr_check *c, const void *settings) {
    struct index *x = state;
    const struct orr_expect_spec *e = settings;
    orr_check_expect(c, e->index, e->index_where.source != NULL);
    if (e->index == ORR_EXPECT_UNCHECKED) return false;
    x->mem = &c->heap.mem;
    x->n_nodes = c->n_nodes;
    x->nodes = orr_alloc_zero(x->mem, x->n_nodes * sizeof *x->nodes);
    orr_index_init(&x->by_hash, x->mem, sizeof *x->v, offsetof(struct digest_of, hash));
    return true;
}

static void hear_head(struct index *x, orr_peer node, const struct orr_head *head) {
    if (head->label == ORR_HEAD_FINAL) x->nodes[node].final = head->number;
    if (head->label != ORR_HEAD) return;
    if (head->number > x->highest) x->highest = head->number;
    x->nodes[node].has_head = true;
    x->nodes[node].number = head->number;
    memcpy(x->nodes[node].head, head->hash, 32);
}

/* What it calls final must be so for the node. */
static void check_final(const struct index *x, struct orr_check *c, orr_peer node,
                        const struct orr_indexed *told) {
    if (told->final <= x->nodes[node].final) return;
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = told->final;
    snprintf(v->text, sizeof v->text,
             "%s indexes block %" PRIu64 " as final, while its last final block is %" PRIu64
             " (at %s)",
             orr_words_node(c->scenario, node).text, told->final, x->nodes[node].final,
             orr_words_time(c->now).text);
}

static void hear_index(struct index *x, struct orr_check *c, orr_peer node,
                       const struct orr_indexed *told) {
    x->n_told++;
    x->n_undone += told->n_undone;
    x->nodes[node].is_indexer = true;
    memcpy(x->nodes[node].indexed, told->hash, 32);
    if (told->number < x->highest && x->highest - told->number > x->most_behind)
        x->most_behind = x->highest - told->number;
    check_final(x, c, node, told);
    uint32_t at = orr_index_find32(&x->by_hash, x->v, told->hash);
    if (at == ORR_NOWHERE) {
        if (x->n == x->cap) {
            uint32_t cap = x->cap ? 2 * x->cap : 64;
            x->v = orr_resize(x->mem, x->v, x->cap * sizeof *x->v, cap * sizeof *x->v);
            x->cap = cap;
        }
        x->v[x->n] = (struct digest_of){.node = node};
        memcpy(x->v[x->n].hash, told->hash, 32);
        memcpy(x->v[x->n].digest, told->digest, 32);
        orr_index_put32(&x->by_hash, x->v, x->n++);
        return;
    }
    x->n_compared++;
    if (!memcmp(x->v[at].digest, told->digest, 32)) return;
    struct orr_violation *v = orr_check_break(c, NULL, node);
    if (!v) return;
    v->side.height = told->number;
    memcpy(v->side.value, told->digest, 32);
    snprintf(v->text, sizeof v->text,
             "%s and %s index block %" PRIu64 " %s differently: %s and %s (at %s)",
             orr_words_node(c->scenario, x->v[at].node).text,
             orr_words_node(c->scenario, node).text, told->number, orr_words_value(told->hash).text,
             orr_words_value(x->v[at].digest).text, orr_words_value(told->digest).text,
             orr_words_time(c->now).text);
}

static void hear(void *state, struct orr_check *c, const struct orr_tap_record *r) {
    struct index *x = state;
    if (!r->msg || !is_correct(c, r->node)) return;
    if (r->key == ORR_OUT_HEAD)
        hear_head(x, r->node, (const void *)r->msg->data);
    else
        hear_index(x, c, r->node, (const void *)r->msg->data);
}

/* An index that has stopped, or lags, is not that of its node's head. */
static void judge(void *state, struct orr_check *c) {
    const struct index *x = state;
    for (orr_peer i = 0; i < x->n_nodes; i++) {
        const struct indexer *node = &x->nodes[i];
        if (!node->is_indexer || !is_correct(c, i) || !memcmp(node->head, node->indexed, 32))
            continue;
        struct orr_violation *v = node->has_head ? orr_check_break(c, NULL, i) : NULL;
        if (!v) continue;
        v->side.height = node->number;
        memcpy(v->side.value, node->head, 32);
        snprintf(v->text, sizeof v->text,
                 "%s ends with block %" PRIu64 " %s as its head, and an "
                 "index of %s",
                 orr_words_node(c->scenario, i).text, node->number,
                 orr_words_value(node->head).text, orr_words_value(node->indexed).text);
    }
    struct orr_verdict *v = orr_check_rule(c, x->n_told, "no correct node has told of an index");
    orr_verdict_say(
        v,
        "%" PRIu64 " indexes of %u blocks, %" PRIu64 " compared; %" PRIu64
        " blocks undone; at most %" PRIu64 " behind",
        x->n_told, x->n, x->n_compared, x->n_undone, x->most_behind);
}

static void fini(void *state) {
    struct index *x = state;
    if (!x->mem) return; /* it has not begun */
    orr_free(x->mem, x->nodes, x->n_nodes * sizeof *x->nodes);
    orr_free(x->mem, x->v, x->cap * sizeof *x->v);
    orr_index_fini(&x->by_hash);
}

const struct orr_oracle orr_oracle_index = {
    .name = "index",
    .wants = ORR_TAP_BIT(ORR_TAP_OUTPUT),
    .outputs = ORR_OUTPUT_BIT(ORR_OUT_HEAD) | ORR_OUTPUT_BIT(ORR_OUT_INDEXED),
    .size = sizeof(struct index),
    .begin = begin,
    .hear = hear,
    .judge = judge,
    .fini = fini,
};
