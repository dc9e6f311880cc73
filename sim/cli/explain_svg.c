/* explain_svg.c - the messages that led to two decisions, in space and time. */
#include <stdlib.h>
#include <string.h>

#include "analysis/spacetime.h"
#include "models/base/error.h"
#include "sim/cli/explain.h"

enum { ROWS = 64, TEXT = 112 };

struct drawing {
    const struct orr_explanation *e;
    struct orr_spacetime diagram;
    struct orr_spacetime_node nodes[ROWS];
    orr_peer rows[ROWS];
    char names[ROWS][TEXT];
};

static uint32_t row_of(struct drawing *d, orr_peer node) {
    for (uint32_t i = 0; i < d->diagram.n_nodes; i++)
        if (d->rows[i] == node) return i;
    if (d->diagram.n_nodes == ROWS) return ROWS - 1;
    uint32_t i = (uint32_t)d->diagram.n_nodes++;
    bool is_culprit = d->e->culprits[node].rule != ORR_RULE_KEPT;
    char name[96];
    snprintf(d->names[i], TEXT, "%s%s", orr_explain_node(d->e, node, name),
             is_culprit ? " (culprit)" : "");
    d->rows[i] = node;
    d->nodes[i] = (struct orr_spacetime_node){d->names[i], is_culprit};
    return i;
}

/* A colour for each kind and value. */
static void put_kind(char text[TEXT], const struct orr_explanation *e,
                     const struct orr_statement *s) {
    snprintf(text, TEXT, "%.60s %02x%02x%02x%02x", orr_explain_kind(e, s), s->value[0],
             s->value[1], s->value[2], s->value[3]);
}

int orr_explain_draw(const struct orr_explanation *e, FILE *to) {
    struct drawing *d = orr_xrealloc(NULL, sizeof *d);
    struct orr_spacetime_message *messages =
        orr_xrealloc(NULL, (e->n_steps + 1) * sizeof *messages);
    struct orr_spacetime_mark marks[2];
    char(*kinds)[TEXT] = orr_xrealloc(NULL, (e->n_steps + 1) * sizeof *kinds), decided[2][TEXT];
    int64_t from = INT64_MAX, until = 0;
    *d = (struct drawing){.e = e, .diagram = {.title = "What made either decide"}};
    for (uint32_t i = 0; i < e->n_steps; i++) {
        const struct orr_step *s = &e->steps[i];
        put_kind(kinds[i], e, &s->s);
        uint32_t sender = row_of(d, s->from), receiver = row_of(d, s->to);
        messages[i] =
            (struct orr_spacetime_message){s->sent, s->at, sender, receiver, kinds[i], NULL, 0,
                                           0};
        if (s->sent < from) from = s->sent;
    }
    for (uint32_t k = 0; k < e->n_sides; k++) {
        const struct orr_violation_side *side = &e->sides[k];
        snprintf(decided[k], TEXT, "decides %02x%02x%02x%02x at height %llu", side->value[0],
                 side->value[1], side->value[2], side->value[3],
                 (unsigned long long)side->height);
        marks[k] =
            (struct orr_spacetime_mark){side->at, row_of(d, side->node), decided[k], k > 0};
        if (side->at > until) until = side->at;
        if (side->at < from) from = side->at;
    }
    d->diagram.from_ns = from < until ? from : until, d->diagram.to_ns = until;
    d->diagram.nodes = d->nodes, d->diagram.messages = messages, d->diagram.marks = marks;
    d->diagram.n_messages = e->n_steps, d->diagram.n_marks = e->n_sides;
    orr_spacetime_draw(&d->diagram, to);
    free(messages);
    free(kinds);
    free(d);
    return ferror(to) ? ORR_EIO : 0;
}
