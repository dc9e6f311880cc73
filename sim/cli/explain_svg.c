/* explain_svg.c - the messages that led to two decisions, as a picture: a line for each node, time
 * from left to right, an arrow for each message. */
#include <string.h>

#include "models/base/error.h"
#include "sim/cli/explain.h"

enum { LEFT = 110, WIDTH = 880, ROW = 44, TOP = 50 };

struct canvas {
    const struct orr_explanation *e;
    orr_time from, to;
    orr_peer rows[64];
    uint32_t n_rows;
};

static uint32_t row_of(struct canvas *c, orr_peer node) {
    for (uint32_t i = 0; i < c->n_rows; i++)
        if (c->rows[i] == node) return i;
    if (c->n_rows < 64) c->rows[c->n_rows++] = node;
    return c->n_rows - 1;
}

static double x_of(const struct canvas *c, orr_time at) {
    double span = (double)(c->to - c->from);
    return LEFT + (span > 0 ? WIDTH * (double)(at - c->from) / span : 0);
}
static double y_of(uint32_t row) { return TOP + ROW * (double)row; }

static const char *colour(const struct orr_explanation *e, const uint8_t value[32]) {
    return memcmp(value, e->sides[0].value, 32) ? "#c0392b" : "#1f618d";
}

static void draw_rows(struct canvas *c, FILE *to) {
    char name[96];
    for (uint32_t i = 0; i < c->n_rows; i++) {
        bool is_culprit = c->e->culprits[c->rows[i]].rule != ORR_RULE_KEPT;
        fprintf(to,
                "<text x=\"8\" y=\"%.1f\" fill=\"%s\">%s%s</text>\n"
                "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#bbb\"/>\n",
                y_of(i) + 4, is_culprit ? "#c0392b" : "#222",
                orr_explain_node(c->e, c->rows[i], name), is_culprit ? " (culprit)" : "", LEFT,
                y_of(i), LEFT + WIDTH, y_of(i));
    }
}

int orr_explain_draw(const struct orr_explanation *e, FILE *to) {
    struct canvas c = {.e = e, .from = INT64_MAX};
    for (uint32_t i = 0; i < e->n_steps; i++) {
        if (e->steps[i].sent < c.from) c.from = e->steps[i].sent;
        row_of(&c, e->steps[i].from);
        row_of(&c, e->steps[i].to);
    }
    for (uint32_t k = 0; k < e->n_sides; k++) {
        row_of(&c, e->sides[k].node);
        if (e->sides[k].at > c.to) c.to = e->sides[k].at;
        if (e->sides[k].at < c.from) c.from = e->sides[k].at;
    }
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "font-family=\"sans-serif\" font-size=\"12\">\n"
            "<defs><marker id=\"tip\" markerWidth=\"8\" markerHeight=\"8\" refX=\"7\" refY=\"4\" "
            "orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\" fill=\"#555\"/></marker></defs>\n",
            LEFT + WIDTH + 30, TOP + ROW * (int)c.n_rows + 20);
    draw_rows(&c, to);
    for (uint32_t i = 0; i < e->n_steps; i++) {
        const struct orr_step *s = &e->steps[i];
        fprintf(to,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
                "marker-end=\"url(#tip)\"><title>%s</title></line>\n",
                x_of(&c, s->sent), y_of(row_of(&c, s->from)), x_of(&c, s->at),
                y_of(row_of(&c, s->to)), colour(e, s->s.value), orr_explain_kind(e, &s->s));
    }
    for (uint32_t k = 0; k < e->n_sides; k++)
        fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"%s\"/>\n",
                x_of(&c, e->sides[k].at), y_of(row_of(&c, e->sides[k].node)),
                colour(e, e->sides[k].value));
    fprintf(to, "</svg>\n");
    return ferror(to) ? ORR_EIO : 0;
}
