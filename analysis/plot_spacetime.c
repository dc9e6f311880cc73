#include "analysis/plot_spacetime.h"

#include <assert.h>
#include <string.h>

enum { NAMES = 40 }; /* rows with a name */

struct sketch {
    const struct orr_plot_spacetime *plot;
    const struct orr_spacetime *st;
    const char *kinds[ORR_PLOT_CURVES]; /* [n_kinds] in the order of first arrows */
    size_t n_kinds;
};

static double seconds(int64_t ns) { return (double)ns * 1e-9; }
static double row_of(const struct sketch *s, uint32_t node) {
    return (double)s->st->n_nodes - 1 - (double)node;
}
static bool is_shown(const struct sketch *s, const struct orr_spacetime_message *m) {
    return m->from < s->st->n_nodes && m->to < s->st->n_nodes;
}

static size_t kind_of(const struct sketch *s, const char *kind) {
    size_t i = 0;
    while (i + 1 < s->n_kinds && strcmp(s->kinds[i], kind)) i++;
    return i; /* the last one has the rest */
}

static void find_kinds(struct sketch *s) {
    for (size_t i = 0; i < s->st->n_messages; i++) {
        const char *kind = s->st->messages[i].kind;
        size_t k = 0;
        if (!is_shown(s, &s->st->messages[i])) continue;
        while (k < s->n_kinds && strcmp(s->kinds[k], kind)) k++;
        if (k == s->n_kinds && k < ORR_PLOT_CURVES)
            s->kinds[s->n_kinds++] = kind;
        else if (k == s->n_kinds)
            s->kinds[ORR_PLOT_CURVES - 1] = "other";
    }
}

/* ---- data: arrows of each kind, those that were lost, marks that are right, marks that are not */

static void write_arrows(const struct sketch *s, size_t kind, bool lost, FILE *to) {
    for (size_t i = 0; i < s->st->n_messages; i++) {
        const struct orr_spacetime_message *m = &s->st->messages[i];
        if (!is_shown(s, m) || (m->lost != NULL) != lost) continue;
        if (!lost && kind_of(s, m->kind) != kind) continue;
        double part = lost ? 0.5 : 1; /* it ends on its way */
        fprintf(to, "%.9g %g %.6g %g\n", seconds(m->sent_ns), row_of(s, m->from),
                seconds(m->at_ns - m->sent_ns) * part,
                (row_of(s, m->to) - row_of(s, m->from)) * part);
    }
    fputs("\n\n", to);
}

static void write_marks(const struct sketch *s, bool is_wrong, FILE *to) {
    fputs("-1 -9\n", to); /* outside of the picture: gnuplot wants one */
    for (size_t i = 0; i < s->st->n_marks && i < ORR_PLOT_SPACETIME_MESSAGES; i++) {
        const struct orr_spacetime_mark *m = &s->st->marks[i];
        if (m->node < s->st->n_nodes && m->is_wrong == is_wrong)
            fprintf(to, "%.9g %g\n", seconds(m->at_ns), row_of(s, m->node));
    }
    fputs("\n\n", to);
}

static void write_data(const void *ctx, FILE *to) {
    const struct sketch *s = ctx;
    fputs("# messages: sent, sender's row, time on its way, rows\n", to);
    for (size_t k = 0; k < s->n_kinds; k++) write_arrows(s, k, false, to);
    fputs("# lost: sent, sender's row, half of the way\n-1 -9 0 0\n", to);
    write_arrows(s, 0, true, to);
    fputs("# events at nodes: time, row; then those that should not be\n", to);
    write_marks(s, false, to);
    write_marks(s, true, to);
}

/* ---- the script ---- */

static void write_rows(const struct sketch *s, FILE *to) {
    size_t n = s->st->n_nodes, step = n / NAMES + 1;
    fputs("set ytics scale 0 (", to);
    for (size_t i = 0; i < n; i += step) {
        orr_plot_text(&s->plot->style, to, s->st->nodes[i].name);
        fprintf(to, " %g%s", row_of(s, (uint32_t)i), i + step < n ? ", " : ") noenhanced\n");
    }
    for (size_t i = 0; i < n; i++)
        fprintf(to,
                "set arrow from graph 0, first %g to graph 1, first %g nohead back lw 0.5 "
                "lc rgb '#bbbbbb'\n",
                row_of(s, (uint32_t)i), row_of(s, (uint32_t)i));
}

static void write_spans(const struct sketch *s, FILE *to) {
    for (size_t i = 0; i < s->st->n_spans; i++) {
        const struct orr_spacetime_span *span = &s->st->spans[i];
        bool all = span->node == UINT32_MAX;
        if (span->to_ns < s->st->from_ns || span->from_ns > s->st->to_ns) continue;
        if (!all && span->node >= s->st->n_nodes) continue;
        double row = all ? ((double)s->st->n_nodes - 1) / 2 : row_of(s, span->node);
        double half = all ? (double)s->st->n_nodes / 2 : 0.35;
        int64_t from = span->from_ns < s->st->from_ns ? s->st->from_ns : span->from_ns;
        int64_t end = span->to_ns > s->st->to_ns ? s->st->to_ns : span->to_ns;
        fprintf(to,
                "set object rectangle from %.9g, %g to %.9g, %g behind fillcolor rgb "
                "'#e4e4e4' fillstyle solid noborder\n",
                seconds(from), row - half, seconds(end), row + half);
    }
}

/* The legend's width grows with its names: of many it has two rows by gnuplot's own reckoning. */
static void write_script(const void *ctx, const char *data, FILE *to) {
    const struct sketch *s = ctx;
    bool has_lost = false, has_wrong = false;
    for (size_t i = 0; i < s->st->n_messages; i++)
        has_lost |= is_shown(s, &s->st->messages[i]) && s->st->messages[i].lost;
    for (size_t i = 0; i < s->st->n_marks; i++) has_wrong |= s->st->marks[i].is_wrong;
    orr_plot_style_write(&s->plot->style, s->plot->picture, true, to);
    fputs("unset grid\nset border 1 back\n", to);
    orr_plot_label(&s->plot->style, to, "x", "time (s)");
    write_rows(s, to);
    write_spans(s, to);
    fprintf(to, "set xrange [%.9g:%.9g]\nset yrange [-0.6:%.1f]\nDATA = ", seconds(s->st->from_ns),
            seconds(s->st->to_ns), (double)s->st->n_nodes - 0.4);
    orr_picture_quote(to, data);
    fputs("\nplot ", to);
    for (size_t k = 0; k < s->n_kinds; k++) {
        fprintf(to,
                "DATA index %zu using 1:2:3:4 with vectors head filled size screen 0.009,18 "
                "lw 0.75 lc rgb '%s' title ",
                k, orr_curve_styles[k].colour);
        orr_plot_text(&s->plot->style, to, s->kinds[k]);
        fputs(", \\\n     ", to);
    }
    fprintf(to,
            "DATA index %zu using 1:2:3:4 with vectors nohead dt '-' lw 0.75 lc rgb '#777777' "
            "notitle, \\\n     DATA index %zu using ($1+$3):($2+$4) with points pt 2 ps 0.5 "
            "lc rgb '#777777' %s, \\\n     ",
            s->n_kinds, s->n_kinds, has_lost ? "title 'lost'" : "notitle");
    fprintf(to,
            "DATA index %zu using 1:2 with points pt 7 ps 0.5 lc rgb '#000000' %s, \\\n     "
            "DATA index %zu using 1:2 with points pt 7 ps 0.5 lc rgb '#d55e00' %s\n",
            s->n_kinds + 1, s->st->n_marks ? "title 'event'" : "notitle", s->n_kinds + 2,
            has_wrong ? "title 'violation'" : "notitle");
}

int orr_plot_spacetime_draw(const struct orr_plot_spacetime *plot, char error[ORR_PICTURE_ERROR]) {
    struct sketch s = {.plot = plot, .st = plot->diagram};
    const struct orr_picture picture = {.path = plot->picture,
                                        .mark = "# Space and time, drawn by orrery plot.",
                                        .write_data = write_data,
                                        .write_script = write_script,
                                        .ctx = &s};
    assert(s.st->n_nodes && s.st->n_nodes <= ORR_PLOT_SPACETIME_NODES);
    assert(s.st->n_messages <= ORR_PLOT_SPACETIME_MESSAGES);
    find_kinds(&s);
    return orr_picture_draw(&picture, error);
}
