#include "sim/cli/story_picture.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/spacetime.h"
#include "models/base/error.h"
#include "sim/base/memory.h"

enum { NAME = 128 };

void orr_story_picture_init(struct orr_story_picture *p, const struct orr_scenario *scenario) {
    *p = (struct orr_story_picture){.scenario = scenario};
}

void orr_story_picture_fini(struct orr_story_picture *p) {
    for (uint32_t i = 0; i < p->n; i++) free((char *)p->events[i].text);
    free(p->events);
    *p = (struct orr_story_picture){0};
}

void orr_story_picture_add(void *ctx, const struct orr_story_event *event) {
    struct orr_story_picture *p = ctx;
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->events = orr_xrealloc(p->events, p->cap * sizeof *p->events);
    }
    size_t size = strlen(event->text) + 1;
    struct orr_story_event *kept = &p->events[p->n++];
    *kept = *event;
    kept->text = memcpy(orr_xrealloc(NULL, size), event->text, size);
}

/* ---- as a diagram ---- */

struct drawing {
    const struct orr_story_picture *p;
    struct orr_spacetime diagram;
    uint32_t *rows;    /* [n_nodes] of the scenario: where it is shown, or ORR_NOBODY */
    char (*names)[NAME];
    const char *(*note)(const void *ctx, orr_peer node);
    const void *ctx;
};

static uint32_t row_of(struct drawing *d, orr_peer node) {
    const struct orr_scenario *s = d->p->scenario;
    if (node >= s->n_nodes) return UINT32_MAX;
    if (d->rows[node] != ORR_NOBODY) return d->rows[node];
    uint32_t row = (uint32_t)d->diagram.n_nodes++;
    const struct orr_group_spec *g = orr_scenario_group_of(s, node);
    const char *note = d->note ? d->note(d->ctx, node) : NULL;
    snprintf(d->names[row], NAME, "%.80s.%u%s%.20s", g->name, node - g->first, note ? " " : "",
             note ? note : "");
    d->diagram.nodes[row] = (struct orr_spacetime_node){d->names[row], note != NULL};
    return d->rows[node] = row;
}

/* The last span of this fault that is still open, or NULL. */
static struct orr_spacetime_span *open_span(struct drawing *d, const char *text) {
    for (size_t i = d->diagram.n_spans; i-- > 0;)
        if (d->diagram.spans[i].to_ns == INT64_MAX && !strcmp(d->diagram.spans[i].text, text))
            return &d->diagram.spans[i];
    return NULL;
}

static void add(struct drawing *d, const struct orr_story_event *e) {
    struct orr_spacetime *st = &d->diagram;
    struct orr_spacetime_span *span;
    switch (e->kind) {
    case ORR_STORY_FAULT_BEGINS:
        st->spans[st->n_spans++] =
            (struct orr_spacetime_span){e->at, INT64_MAX, row_of(d, e->node), e->text};
        break;
    case ORR_STORY_FAULT_ENDS:
        if ((span = open_span(d, e->text))) span->to_ns = e->at;
        break;
    case ORR_STORY_AT_NODE:
        st->marks[st->n_marks++] =
            (struct orr_spacetime_mark){e->at, row_of(d, e->node), e->text, e->is_wrong};
        break;
    case ORR_STORY_MESSAGE:
        st->messages[st->n_messages++] = (struct orr_spacetime_message){
            e->sent, e->at, row_of(d, e->from), row_of(d, e->node), e->text, NULL, 0, 0};
        break;
    }
}

/* From the first thing at a node, or a message's start, to the last. */
static void take_window(struct orr_spacetime *st) {
    int64_t from = INT64_MAX, to = INT64_MIN;
    for (size_t i = 0; i < st->n_messages; i++) {
        if (st->messages[i].sent_ns < from) from = st->messages[i].sent_ns;
        if (st->messages[i].at_ns > to) to = st->messages[i].at_ns;
    }
    for (size_t i = 0; i < st->n_marks; i++) {
        if (st->marks[i].at_ns < from) from = st->marks[i].at_ns;
        if (st->marks[i].at_ns > to) to = st->marks[i].at_ns;
    }
    st->from_ns = from < to ? from : 0;
    st->to_ns = to > st->from_ns ? to : st->from_ns;
}

int orr_story_picture_draw(const struct orr_story_picture *p, const char *title,
                           const char *(*note)(const void *ctx, orr_peer node), const void *ctx,
                           FILE *to) {
    struct drawing d = {.p = p, .diagram = {.title = title}, .note = note, .ctx = ctx};
    const uint32_t n_nodes = p->scenario->n_nodes;
    d.rows = orr_xrealloc(NULL, (n_nodes + 1) * sizeof *d.rows);
    memset(d.rows, 0xff, (n_nodes + 1) * sizeof *d.rows);
    d.names = orr_xrealloc(NULL, (n_nodes + 1) * sizeof *d.names);
    d.diagram.nodes = orr_xrealloc(NULL, (n_nodes + 1) * sizeof *d.diagram.nodes);
    d.diagram.messages = orr_xrealloc(NULL, (p->n + 1) * sizeof *d.diagram.messages);
    d.diagram.marks = orr_xrealloc(NULL, (p->n + 1) * sizeof *d.diagram.marks);
    d.diagram.spans = orr_xrealloc(NULL, (p->n + 1) * sizeof *d.diagram.spans);
    for (uint32_t i = 0; i < p->n; i++) add(&d, &p->events[i]);
    take_window(&d.diagram);
    orr_spacetime_draw(&d.diagram, to);
    free(d.rows);
    free(d.names);
    free(d.diagram.nodes), free(d.diagram.messages), free(d.diagram.marks), free(d.diagram.spans);
    return ferror(to) ? ORR_EIO : 0;
}
