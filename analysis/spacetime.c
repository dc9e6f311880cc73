#include "analysis/spacetime.h"

#include <assert.h>
#include <string.h>

#include "analysis/reader.h"

/* ---- text ---- */

enum { TIME_COLUMN = 15, MOST_WIDTH = 400, LEAST_COLUMN = 10, MOST_COLUMN = 24, LEAST_WIDTH = 60 };

struct page {
    const struct orr_spacetime *st;
    size_t n_shown; /* nodes, the first ones */
    int column;     /* characters of one */
    FILE *to;
};

/* A text of others without what a terminal would take for an order. */
static void put_text(const char *text, FILE *to) {
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f) fprintf(to, "\\x%02x", *p);
        else fputc(*p, to);
}

static int centre(const struct page *p, uint32_t node) {
    return (int)node * p->column + p->column / 2;
}

/* Does a fault hold at the node? */
static bool is_down(const struct orr_spacetime *st, uint32_t node, int64_t at) {
    for (size_t i = 0; i < st->n_spans; i++)
        if (st->spans[i].node == node && st->spans[i].from_ns <= at && at < st->spans[i].to_ns)
            return true;
    return false;
}

static void life_lines(const struct page *p, int64_t at, char *line) {
    memset(line, ' ', (size_t)p->column * p->n_shown);
    line[(size_t)p->column * p->n_shown] = '\0';
    for (uint32_t i = 0; i < p->n_shown; i++)
        line[centre(p, i)] = is_down(p->st, i, at) ? ':' : '|';
}

/* The line without its blank end; the end of a line when nothing follows. */
static void put_line(const struct page *p, int64_t at, char *line, bool more) {
    size_t len = strlen(line);
    if (!more)
        while (len && line[len - 1] == ' ') line[--len] = '\0';
    fprintf(p->to, "%12.6f s %s%s", (double)at * 1e-9, line, more ? " " : "\n");
}

static void put_arrow(const struct page *p, const struct orr_spacetime_message *m) {
    char line[MOST_WIDTH + MOST_COLUMN];
    life_lines(p, m->at_ns, line);
    int from = centre(p, m->from), to = centre(p, m->to);
    int left = from < to ? from : to, right = from < to ? to : from;
    int room = right - left - 1, len = (int)strlen(m->kind);
    bool fits = len + 4 <= room;
    for (const char *c = m->kind; *c; c++) fits &= *c >= 0x20 && *c < 0x7f;
    memset(line + left + 1, '-', room > 0 ? (size_t)room : 0);
    if (from == to) line[from] = '@';
    else {
        line[from] = 'o';
        line[from < to ? to - 1 : to + 1] = m->lost ? 'x' : from < to ? '>' : '<';
    }
    if (fits) {
        memcpy(line + left + 1 + (room - len) / 2, m->kind, (size_t)len);
        line[left + (room - len) / 2] = ' ', line[left + 1 + (room - len) / 2 + len] = ' ';
    }
    put_line(p, m->at_ns, line, true);
    if (!fits) put_text(m->kind, p->to), fputs(", ", p->to);
    if (m->lost) fputs("lost: ", p->to), put_text(m->lost, p->to);
    else fprintf(p->to, "%.3f ms", (double)orr_ns_between(m->sent_ns, m->at_ns) * 1e-6);
    fputc('\n', p->to);
}

static void put_mark(const struct page *p, const struct orr_spacetime_mark *m) {
    char line[MOST_WIDTH + MOST_COLUMN];
    life_lines(p, m->at_ns, line);
    line[centre(p, m->node)] = m->is_wrong ? '!' : '#';
    put_line(p, m->at_ns, line, true);
    put_text(p->st->nodes[m->node].name, p->to);
    fputs(" ", p->to);
    put_text(m->text, p->to);
    fputc('\n', p->to);
}

/* A fault begins, or ends. */
static void put_fault(const struct page *p, const struct orr_spacetime_span *s, bool begins) {
    char line[MOST_WIDTH + MOST_COLUMN];
    int64_t at = begins ? s->from_ns : s->to_ns;
    life_lines(p, at, line);
    if (s->node < p->n_shown) line[centre(p, s->node)] = begins ? 'X' : '^';
    put_line(p, at, line, true);
    if (s->node < p->st->n_nodes) put_text(p->st->nodes[s->node].name, p->to), fputc(' ', p->to);
    fputs(begins ? "fault: " : "healed: ", p->to);
    put_text(s->text, p->to);
    fputc('\n', p->to);
}

static void put_head(const struct page *p) {
    if (p->st->title) put_text(p->st->title, p->to), fputc('\n', p->to);
    fprintf(p->to, "%*s", TIME_COLUMN, "");
    for (uint32_t i = 0; i < p->n_shown; i++) {
        const char *name = p->st->nodes[i].name;
        int len = (int)strlen(name), most = p->column - 1;
        if (len > most) len = most;
        int before = p->column / 2 - len / 2;
        fprintf(p->to, "%*s", before, "");
        for (int c = 0; c < len; c++)
            fputc(name[c] >= ' ' && name[c] != 0x7f ? name[c] : '?', p->to);
        if (i + 1 < p->n_shown) fprintf(p->to, "%*s", p->column - before - len, "");
    }
    fputc('\n', p->to);
}

/* The next beginning or end of a fault that has not been told, up to a time; false: none. */
static bool next_fault(const struct orr_spacetime *st, int64_t until, bool *told,
                       size_t *which, bool *begins) {
    int64_t least = until;
    bool found = false;
    for (size_t i = 0; i < st->n_spans; i++)
        for (int end = 0; end < 2; end++) {
            int64_t at = end ? st->spans[i].to_ns : st->spans[i].from_ns;
            if (told[2 * i + (size_t)end] || at < st->from_ns || at > st->to_ns || at > least)
                continue;
            if (found && at == least) continue;
            least = at, found = true, *which = i, *begins = !end;
        }
    if (found) told[2 * *which + !*begins] = true;
    return found;
}

void orr_spacetime_print(const struct orr_spacetime *st, int width, FILE *to) {
    enum { SPANS = 512 };
    bool told[2 * SPANS] = {false}, begins;
    struct orr_spacetime shown = *st;
    struct page p = {.st = &shown, .to = to, .column = LEAST_COLUMN};
    size_t m = 0, k = 0, fault;
    if (shown.n_spans > SPANS) shown.n_spans = SPANS;
    width = width < LEAST_WIDTH ? LEAST_WIDTH : width > MOST_WIDTH ? MOST_WIDTH : width;
    for (size_t i = 0; i < st->n_nodes; i++) {
        int len = (int)strlen(st->nodes[i].name) + 2;
        if (len > p.column) p.column = len > MOST_COLUMN ? MOST_COLUMN : len;
    }
    p.n_shown = (size_t)((width - TIME_COLUMN) / p.column);
    if (p.n_shown > st->n_nodes) p.n_shown = st->n_nodes;
    put_head(&p);
    for (;;) { /* ends: m or k grows, or a fault is told */
        while (m < st->n_messages &&
               (st->messages[m].from >= p.n_shown || st->messages[m].to >= p.n_shown))
            m++;
        while (k < st->n_marks && st->marks[k].node >= p.n_shown) k++;
        bool has_m = m < st->n_messages, has_k = k < st->n_marks;
        int64_t at = has_m ? st->messages[m].at_ns : INT64_MAX;
        if (has_k && st->marks[k].at_ns < at) at = st->marks[k].at_ns;
        if (next_fault(&shown, at, told, &fault, &begins))
            put_fault(&p, &shown.spans[fault], begins);
        else if (has_m && st->messages[m].at_ns == at) put_arrow(&p, &st->messages[m++]);
        else if (has_k) put_mark(&p, &st->marks[k++]);
        else break;
    }
    if (p.n_shown < st->n_nodes)
        fprintf(to, "(%zu of %zu nodes fit into %d columns)\n", p.n_shown, st->n_nodes, width);
}
