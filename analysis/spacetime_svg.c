/* spacetime_svg.c - the diagram as SVG: a row for each node, time to the right. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "analysis/reader.h"
#include "analysis/spacetime.h"

enum { LEFT = 110, WIDTH = 900, RIGHT = 20, ROW = 44, TOP = 64, KINDS = 8, TICKS = 8 };

/* M. Okabe, K. Ito, "Color Universal Design", 2008: told apart by the colour-blind; black is for
 * marks. */
static const char *const palette[KINDS] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                           "#56B4E9", "#D55E00", "#8a7d00", "#777777"};

struct canvas {
    const struct orr_spacetime *st;
    const char *kinds[KINDS]; /* [n_kinds] in the order of first arrows; the last is for the rest */
    size_t n_kinds;
    FILE *to;
};

static void put_text(const char *text, FILE *to) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        switch (*p) {
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '&': fputs("&amp;", to); break;
        case '"': fputs("&quot;", to); break;
        default:
            if (*p >= 0x20 && *p < 0x7f) fputc(*p, to);
            else fprintf(to, "\\x%02x", *p);
        }
}

static double x_of(const struct canvas *c, int64_t at) {
    double span = (double)orr_ns_between(c->st->from_ns, c->st->to_ns);
    double share = span > 0 ? (double)(at - c->st->from_ns) / span : 0;
    return LEFT + WIDTH * (share < 0 ? 0 : share > 1 ? 1 : share);
}
static double y_of(uint32_t node) { return TOP + ROW * ((double)node + 0.5); }

static size_t kind_of(struct canvas *c, const char *kind) {
    for (size_t i = 0; i < c->n_kinds; i++)
        if (!strcmp(c->kinds[i], kind)) return i;
    if (c->n_kinds == KINDS - 1) return KINDS - 1;
    c->kinds[c->n_kinds] = kind;
    return c->n_kinds++;
}

/* 1, 2 or 5 times a power of ten, so that there are a few ticks. */
static double tick_step(double span) {
    double step = pow(10, floor(log10(span / TICKS)));
    double many = span / step / TICKS;
    step *= many > 5 ? 10 : many > 2 ? 5 : many > 1 ? 2 : 1;
    return step;
}

static void draw_axis(const struct canvas *c) {
    const struct orr_spacetime *st = c->st;
    double bottom = TOP + ROW * (double)st->n_nodes, from = (double)st->from_ns * 1e-9;
    double span = (double)orr_ns_between(st->from_ns, st->to_ns) * 1e-9;
    if (!(span > 0)) return;
    double step = tick_step(span);
    int digits = (int)fmax(0, ceil(-log10(step) - 1e-9));
    for (double k = ceil(from / step - 1e-9); k * step <= from + span * (1 + 1e-9); k++) {
        double x = LEFT + WIDTH * (k * step - from) / span;
        fprintf(c->to,
                "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#eee\"/>"
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#555\">%.*f</text>\n",
                x, TOP, x, bottom, x, bottom + 16, digits, k * step + 0.0);
    }
    fprintf(c->to, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\" fill=\"#555\">time (s)"
                   "</text>\n",
            LEFT + WIDTH / 2, bottom + 34);
}

static void draw_spans(const struct canvas *c) {
    for (size_t i = 0; i < c->st->n_spans; i++) {
        const struct orr_spacetime_span *s = &c->st->spans[i];
        bool all = s->node >= c->st->n_nodes;
        if (s->to_ns < c->st->from_ns || s->from_ns > c->st->to_ns) continue;
        if (all && s->node != UINT32_MAX) continue;
        double x = x_of(c, s->from_ns), end = x_of(c, s->to_ns);
        fprintf(c->to, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                       "fill=\"#D55E00\" fill-opacity=\"0.12\"><title>",
                x, all ? TOP : y_of(s->node) - ROW / 3, end - x < 2 ? 2 : end - x,
                all ? ROW * (double)c->st->n_nodes : 2.0 * ROW / 3);
        put_text(s->text, c->to);
        fputs("</title></rect>\n", c->to);
    }
}

static void draw_rows(const struct canvas *c) {
    for (uint32_t i = 0; i < c->st->n_nodes; i++) {
        const struct orr_spacetime_node *n = &c->st->nodes[i];
        fprintf(c->to, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#bbb\"/>"
                       "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\" fill=\"%s\">",
                LEFT, y_of(i), LEFT + WIDTH, y_of(i), LEFT - 8, y_of(i) + 4,
                n->is_marked ? "#b03a00" : "#222");
        put_text(n->name, c->to);
        fputs("</text>\n", c->to);
    }
}

static void draw_message(struct canvas *c, const struct orr_spacetime_message *m) {
    if (m->from >= c->st->n_nodes || m->to >= c->st->n_nodes) return;
    double x1 = x_of(c, m->sent_ns), x2 = x_of(c, m->at_ns), y1 = y_of(m->from), y2 = y_of(m->to);
    const char *colour = palette[kind_of(c, m->kind)];
    if (m->lost) x2 = (x1 + x2) / 2, y2 = (y1 + y2) / 2;
    double dx = x2 - x1, dy = y2 - y1, len = sqrt(dx * dx + dy * dy);
    fprintf(c->to, "<g stroke=\"%s\" fill=\"%s\"><line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
                   "y2=\"%.1f\"%s/>",
            colour, colour, x1, y1, x2, y2, m->lost ? " stroke-dasharray=\"4 3\"" : "");
    if (m->lost)
        fprintf(c->to, "<path d=\"M%.1f %.1fl8 8m0 -8l-8 8\"/>", x2 - 4, y2 - 4);
    else if (len > 0)
        fprintf(c->to, "<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\"/>", x2, y2,
                x2 - 7 * dx / len - 3 * dy / len, y2 - 7 * dy / len + 3 * dx / len,
                x2 - 7 * dx / len + 3 * dy / len, y2 - 7 * dy / len - 3 * dx / len);
    fputs("<title>", c->to);
    put_text(m->kind, c->to);
    fputs(" from ", c->to);
    put_text(c->st->nodes[m->from].name, c->to);
    fputs(" to ", c->to);
    put_text(c->st->nodes[m->to].name, c->to);
    fprintf(c->to, ", sent %.6f s, ", (double)m->sent_ns * 1e-9);
    if (m->lost) fputs("lost: ", c->to), put_text(m->lost, c->to);
    else fprintf(c->to, "arrived %.6f s", (double)m->at_ns * 1e-9);
    fputs("</title></g>\n", c->to);
}

static void draw_mark(const struct canvas *c, const struct orr_spacetime_mark *m) {
    if (m->node >= c->st->n_nodes) return;
    fprintf(c->to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"><title>",
            x_of(c, m->at_ns), y_of(m->node), m->is_wrong ? "#b03a00" : "#000");
    put_text(c->st->nodes[m->node].name, c->to);
    fputc(' ', c->to);
    put_text(m->text, c->to);
    fprintf(c->to, ", %.6f s</title></circle>\n", (double)m->at_ns * 1e-9);
}

static void draw_legend(const struct canvas *c, bool has_rest) {
    double x = LEFT;
    for (size_t i = 0; i < c->n_kinds + has_rest; i++) {
        const char *name = i < c->n_kinds ? c->kinds[i] : "other";
        const char *colour = palette[i < c->n_kinds ? i : KINDS - 1];
        fprintf(c->to, "<line x1=\"%.1f\" y1=\"44\" x2=\"%.1f\" y2=\"44\" stroke=\"%s\" "
                       "stroke-width=\"3\"/><text x=\"%.1f\" y=\"48\" fill=\"#222\">",
                x, x + 18, colour, x + 23);
        put_text(name, c->to);
        fputs("</text>\n", c->to);
        x += 40 + 7.5 * (double)strlen(name);
    }
    if (c->st->n_marks) { /* what a disc is; the text beside it is in its tooltip */
        fprintf(c->to, "<circle cx=\"%.1f\" cy=\"44\" r=\"5\"/><text x=\"%.1f\" y=\"48\" "
                       "fill=\"#222\">event at a node</text>\n", x + 5, x + 15);
        x += 140;
    }
    if (c->st->n_spans)
        fprintf(c->to, "<rect x=\"%.1f\" y=\"38\" width=\"18\" height=\"12\" "
                       "fill=\"#D55E00\" fill-opacity=\"0.2\"/>"
                       "<text x=\"%.1f\" y=\"48\" fill=\"#222\">fault</text>\n", x, x + 23);
}

void orr_spacetime_draw(const struct orr_spacetime *st, FILE *to) {
    struct canvas c = {.st = st, .to = to};
    double height = TOP + ROW * (double)st->n_nodes + 48;
    bool has_rest = false;
    assert(st->from_ns <= st->to_ns);
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
                "viewBox=\"0 0 %d %.0f\" font-family=\"sans-serif\" font-size=\"12\">\n"
                "<rect width=\"%d\" height=\"%.0f\" fill=\"#fff\"/>\n",
            LEFT + WIDTH + RIGHT, height, LEFT + WIDTH + RIGHT, height, LEFT + WIDTH + RIGHT,
            height);
    if (st->title) {
        fputs("<text x=\"8\" y=\"20\" font-size=\"14\" fill=\"#222\">", to);
        put_text(st->title, to);
        fputs("</text>\n", to);
    }
    draw_axis(&c);
    draw_spans(&c);
    draw_rows(&c);
    for (size_t i = 0; i < st->n_messages; i++) {
        draw_message(&c, &st->messages[i]);
        has_rest |= kind_of(&c, st->messages[i].kind) == KINDS - 1;
    }
    for (size_t i = 0; i < st->n_marks; i++) draw_mark(&c, &st->marks[i]);
    draw_legend(&c, has_rest);
    fputs("</svg>\n", to);
}
