/* The tables of a trace are each in the order of time; they are merged, a tie going to the table
 * that is earlier in `sources`: what a node handled comes before what it did about it. */
#include "sim/cli/log_lines.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/engine/tap.h"

enum { BATCH = 512, NAMES_MAX = 1 << 24, LINE = 700, WORD = 10, KIND = 14 };

struct printer {
    struct orr_trace_reader *reader;
    const struct orr_log_filter *filter;
    FILE *to;
    bool colour;
    struct orr_row_nodes *nodes; /* [n_nodes] */
    uint64_t n_nodes;
    struct orr_row_kinds *kinds; /* [n_kinds] */
    uint64_t n_kinds;
    struct orr_row_plan *plan; /* [n_plan] */
    uint64_t n_plan;
    int width; /* of the longest name of a node */
    int64_t height_from_ns, height_until_ns;
    uint64_t n_lines;
};

/* What a row comes to. */
struct line {
    int64_t at;
    uint32_t node, from, to;       /* UINT32_MAX: none */
    uint64_t height;               /* ORR_LOG_ANY: it names none */
    const char *what;              /* a word */
    const char *paint;             /* its colour */
    char kind[40];                 /* of the message; "": none */
    char text[LINE];               /* the rest, as it is to be shown */
};

static const char red[] = "\033[31m", green[] = "\033[32m", yellow[] = "\033[33m",
                  blue[] = "\033[34m", magenta[] = "\033[35m", grey[] = "\033[90m", plain[] = "";

/* ---- names ---- */

static const char *node_name(const struct printer *p, uint32_t node, char text[64]) {
    if (node == UINT32_MAX) return "-";
    if (node >= p->n_nodes) snprintf(text, 64, "%u", node);
    else snprintf(text, 64, "%.48s", p->nodes[node].name);
    return text;
}

/* As the role of the node that sent it calls it. */
static void kind_name(const struct printer *p, uint32_t node, uint32_t message, char kind[40]) {
    snprintf(kind, 40, "kind %u", message & 0xffff);
    for (uint64_t i = 0; i < p->n_kinds; i++) {
        const struct orr_row_kinds *k = &p->kinds[i];
        if (k->message != message) continue;
        if (node < p->n_nodes && strncmp(k->role, p->nodes[node].role, sizeof k->role)) continue;
        snprintf(kind, 40, "%.32s", k->name);
        return;
    }
}

/* Is `name` this node, its group or its number? */
static bool is_node(const struct printer *p, const char *name, uint32_t node) {
    char text[64], number[16];
    if (node == UINT32_MAX) return false;
    node_name(p, node, text);
    snprintf(number, sizeof number, "%u", node);
    size_t len = strlen(name);
    return !strcmp(text, name) || !strcmp(number, name) ||
           (!strncmp(text, name, len) && text[len] == '.');
}

/* ---- one row ---- */

#define SAY(...) snprintf(l->text, LINE, __VA_ARGS__)

/* What happens, beside messages: first the kinds of events by number. */
static const char *const whats[] = {"stored",  "start",   "recv",      "timer",    "input",
                                    "written", "peer up", "peer down", "event",    "send",
                                    "lost",    "decide",  "fault",     "healed",   "evidence",
                                    "step",    "submit",  "deliver",   "metric",   "head",
                                    "log",     "output"};
enum { N_WHATS = sizeof whats / sizeof whats[0] };

static void from_event(const struct printer *p, const struct orr_row_events *e, struct line *l) {
    char peer[64];
    l->at = e->time_ns, l->node = e->node;
    l->what = e->kind < 8 ? whats[e->kind] : "event";
    if (e->kind == 2) {
        kind_name(p, e->peer, e->message, l->kind);
        l->from = e->peer, l->to = e->node, l->paint = green;
        SAY("from %s, %u B, after %.3f ms", node_name(p, e->peer, peer), e->bytes,
            (double)orr_ns_between(e->sent_ns, e->time_ns) * 1e-6);
    } else if (e->kind == 3 || e->kind == 5) {
        l->paint = grey;
        SAY("%u", e->key);
    } else if (e->kind == 4 || e->kind == 0) {
        SAY("%u, %u B", e->key, e->bytes);
    } else if (e->kind > 5) {
        SAY("%s", node_name(p, e->peer, peer));
    }
}

static void from_send(const struct printer *p, const struct orr_row_sends *s, struct line *l) {
    char peer[64];
    *l = (struct line){.at = s->time_ns, .node = s->node, .from = s->node, .to = s->peer,
                       .height = ORR_LOG_ANY, .what = "send", .paint = blue};
    kind_name(p, s->node, s->message, l->kind);
    SAY("to %s, %u B", s->peer == UINT32_MAX ? "all" : node_name(p, s->peer, peer), s->bytes);
}

static void from_drop(const struct printer *p, const struct orr_row_drops *d, struct line *l) {
    static const char *const reasons[] = {
#define DROP(name, text) text,
        ORR_DROPS(DROP)
#undef DROP
    };
    enum { N_REASONS = sizeof reasons / sizeof reasons[0] };
    char peer[64];
    l->at = d->time_ns, l->node = d->node, l->from = d->peer, l->to = d->node;
    l->what = "lost", l->paint = red;
    kind_name(p, d->peer, d->message, l->kind);
    SAY("from %s, %u B: %s", node_name(p, d->peer, peer), d->bytes,
        d->reason < N_REASONS ? reasons[d->reason] : "the receiver refused it");
}

static void from_decision(const struct printer *p, const struct orr_row_decisions *d,
                          struct line *l) {
    char proposer[64];
    l->at = d->time_ns, l->node = d->node, l->height = d->height;
    l->what = "decide", l->paint = magenta;
    SAY("height %" PRIu64 ", round %u, value %016" PRIx64 ", %u txs, proposed by %s", d->height,
        d->round, d->value, d->txs, node_name(p, d->proposer, proposer));
}

static void from_fault(const struct printer *p, const struct orr_row_faults *f, struct line *l) {
    char peer[64];
    l->at = f->time_ns, l->node = f->node, l->paint = yellow;
    l->what = f->began ? "fault" : "healed";
    int len = f->fault < p->n_plan ? SAY("%.256s", p->plan[f->fault].text) : SAY("%u", f->fault);
    if (f->peer != UINT32_MAX)
        snprintf(l->text + len, LINE - (size_t)len, ", with %s", node_name(p, f->peer, peer));
}

static void from_evidence(const struct printer *p, const struct orr_row_evidence *e,
                          struct line *l) {
    char culprit[64];
    l->at = e->time_ns, l->node = e->node, l->height = e->height;
    l->what = "evidence", l->paint = red;
    kind_name(p, e->node, e->message, l->kind);
    SAY("of %s at height %" PRIu64 ", round %u%s", node_name(p, e->culprit, culprit), e->height,
        e->round, e->committed ? ", committed" : "");
}

/* What only one line says. */
static void from_other(const struct printer *p, enum orr_trace_group group, const void *row,
                       struct line *l) {
    char origin[64];
    if (group == ORR_GROUP_steps) {
        const struct orr_row_steps *s = row;
        l->at = s->time_ns, l->node = s->node, l->height = s->height, l->what = "step";
        SAY("height %" PRIu64 ", round %u, step %u", s->height, s->round, s->step);
    } else if (group == ORR_GROUP_submissions) {
        const struct orr_row_submissions *s = row;
        l->at = s->time_ns, l->node = s->node, l->what = "submit";
        SAY("tx %016" PRIx64 " by client %u, %u B", s->tx, s->client, s->bytes);
    } else if (group == ORR_GROUP_deliveries) {
        const struct orr_row_deliveries *d = row;
        l->at = d->time_ns, l->node = d->node, l->what = "deliver";
        SAY("%016" PRIx64 " of %s", d->id, node_name(p, d->origin, origin));
    } else if (group == ORR_GROUP_metrics) {
        const struct orr_row_metrics *m = row;
        l->at = m->time_ns, l->node = m->node, l->what = "metric";
        SAY("%.32s %" PRId64 " %.16s", m->name, m->value, m->unit);
    } else if (group == ORR_GROUP_heads) {
        const struct orr_row_heads *h = row;
        l->at = h->time_ns, l->node = h->node, l->height = h->number, l->what = "head";
        SAY("number %" PRIu64 ", %016" PRIx64 "%s", h->number, h->hash,
            h->label == 1 ? ", safe" : h->label == 2 ? ", final" : "");
    } else if (group == ORR_GROUP_logs) {
        const struct orr_row_logs *g = row;
        l->at = g->time_ns, l->node = g->node, l->what = "log";
        SAY("%.240s", g->text);
    } else {
        const struct orr_row_outputs *o = row;
        l->at = o->time_ns, l->node = o->node, l->what = "output";
        SAY("key %u, %u B", o->key, o->bytes);
    }
}
#undef SAY

static void read_row(const struct printer *p, enum orr_trace_group group, const void *row,
                     struct line *l) {
    *l = (struct line){.node = UINT32_MAX, .from = UINT32_MAX, .to = UINT32_MAX,
                       .height = ORR_LOG_ANY, .what = "", .paint = plain};
    switch (group) {
    case ORR_GROUP_events: from_event(p, row, l); break;
    case ORR_GROUP_sends: from_send(p, row, l); break;
    case ORR_GROUP_drops: from_drop(p, row, l); break;
    case ORR_GROUP_decisions: from_decision(p, row, l); break;
    case ORR_GROUP_faults: from_fault(p, row, l); break;
    case ORR_GROUP_evidence: from_evidence(p, row, l); break;
    default: from_other(p, group, row, l);
    }
}

/* ---- which lines ---- */

static bool is_wanted(const struct printer *p, const struct line *l) {
    const struct orr_log_filter *f = p->filter;
    if (l->at < f->after_ns || l->at > f->until_ns) return false;
    if (f->node && !is_node(p, f->node, l->node) && !is_node(p, f->node, l->from) &&
        !is_node(p, f->node, l->to))
        return false;
    if (f->kind && strcmp(f->kind, l->kind) && strcmp(f->kind, l->what)) return false;
    if (f->from && !is_node(p, f->from, l->from)) return false;
    if (f->to && !is_node(p, f->to, l->to)) return false;
    if (f->height == ORR_LOG_ANY || l->height == f->height) return true;
    return l->height == ORR_LOG_ANY && l->at >= p->height_from_ns && l->at <= p->height_until_ns;
}

static void print_line(struct printer *p, const struct line *l) {
    char node[64], shown[LINE];
    node_name(p, l->node, node);
    bool colour = p->colour && *l->paint;
    bool more = *l->kind || *l->text;
    fprintf(p->to, "%14.9f s  %-*s  %s%-*s", (double)l->at * 1e-9, p->width,
            l->node == UINT32_MAX ? "-" : ORR_SHOWN(node), colour ? l->paint : "",
            more ? WORD : 0, l->what);
    if (*l->kind) fprintf(p->to, " %-*s", *l->text ? KIND : 0, ORR_SHOWN(l->kind));
    fprintf(p->to, "%s%s%s\n", colour ? "\033[0m" : "", *l->text ? " " : "",
            orr_text_show(shown, LINE, l->text));
    p->n_lines++;
}

/* ---- the merge ---- */

static const enum orr_trace_group sources[] = {
    ORR_GROUP_faults, ORR_GROUP_submissions, ORR_GROUP_events,  ORR_GROUP_drops,
    ORR_GROUP_steps,  ORR_GROUP_decisions,   ORR_GROUP_evidence, ORR_GROUP_deliveries,
    ORR_GROUP_heads,  ORR_GROUP_metrics,     ORR_GROUP_logs,     ORR_GROUP_outputs,
    ORR_GROUP_sends,
};
enum { N_SOURCES = sizeof sources / sizeof sources[0] };

struct cursor {
    char *rows;
    uint64_t at, n; /* the next row, and how many there are */
    uint64_t first; /* row number of rows[0] */
    uint32_t held;  /* rows in the buffer */
    int64_t time;   /* of the next row */
};

/* Makes the next row of a table ready. */
static int advance(struct printer *p, struct cursor *c, unsigned i, char *error) {
    size_t size = orr_trace_table_of(sources[i])->row_size;
    if (c->at < c->n && c->at == c->first + c->held) {
        c->first = c->at;
        c->held = c->n - c->at < BATCH ? (uint32_t)(c->n - c->at) : BATCH;
        int status =
            orr_trace_reader_rows(p->reader, sources[i], c->first, c->held, c->rows, error);
        if (status) return status;
    }
    if (c->at < c->n) memcpy(&c->time, c->rows + (c->at - c->first) * size, sizeof c->time);
    return 0;
}

static int merge(struct printer *p, struct cursor *cursors, char *error) {
    struct line line;
    while (true) { /* each turn takes a row */
        int best = -1;
        for (int i = 0; i < N_SOURCES; i++)
            if (cursors[i].at < cursors[i].n &&
                (best < 0 || cursors[i].time < cursors[best].time))
                best = i;
        if (best < 0) return 0;
        struct cursor *c = &cursors[best];
        size_t size = orr_trace_table_of(sources[best])->row_size;
        read_row(p, sources[best], c->rows + (c->at - c->first) * size, &line);
        if (is_wanted(p, &line)) print_line(p, &line);
        c->at++;
        int status = advance(p, c, (unsigned)best, error);
        if (status) return status;
    }
}

/* When some node was at the height: from its first step, or the first decision of the one before,
 * to the last decision of it. */
static int find_height(struct printer *p, char *error) {
    const uint64_t *rows = orr_trace_reader_head(p->reader)->rows, h = p->filter->height;
    struct orr_row_steps step;
    struct orr_row_decisions d;
    int64_t from = INT64_MAX, before = INT64_MAX;
    p->height_until_ns = -1;
    for (uint64_t i = 0; i < rows[ORR_GROUP_steps] && from == INT64_MAX; i++) {
        int status = orr_trace_reader_rows(p->reader, ORR_GROUP_steps, i, 1, &step, error);
        if (status) return status;
        if (step.height == h) from = step.time_ns;
    }
    for (uint64_t i = 0; i < rows[ORR_GROUP_decisions]; i++) {
        int status = orr_trace_reader_rows(p->reader, ORR_GROUP_decisions, i, 1, &d, error);
        if (status) return status;
        if (d.height + 1 == h && d.time_ns < before) before = d.time_ns;
        if (d.height == h) p->height_until_ns = d.time_ns;
    }
    p->height_from_ns = from != INT64_MAX ? from : h == 1 ? 0 : before;
    if (p->height_until_ns < 0) p->height_until_ns = INT64_MAX;
    return 0;
}

static int read_names(struct printer *p, char *error) {
    const struct orr_trace_head *head = orr_trace_reader_head(p->reader);
    void *nodes = NULL, *kinds = NULL, *plan = NULL;
    int status = orr_trace_reader_all(p->reader, ORR_GROUP_nodes, NAMES_MAX, &nodes, error);
    if (!status)
        status = orr_trace_reader_all(p->reader, ORR_GROUP_kinds, NAMES_MAX, &kinds, error);
    if (!status) status = orr_trace_reader_all(p->reader, ORR_GROUP_plan, NAMES_MAX, &plan, error);
    p->nodes = nodes, p->kinds = kinds, p->plan = plan;
    if (status) return status;
    p->n_nodes = head->rows[ORR_GROUP_nodes];
    p->n_kinds = head->rows[ORR_GROUP_kinds];
    p->n_plan = head->rows[ORR_GROUP_plan];
    for (uint64_t i = 0; i < p->n_nodes; i++) {
        int len = (int)strnlen(p->nodes[i].name, sizeof p->nodes[i].name);
        if (len > p->width) p->width = len;
    }
    return 0;
}

int orr_log_print(struct orr_trace_reader *reader, const struct orr_log_filter *filter, FILE *to,
                  bool colour, uint64_t *n_lines, char error[ORR_READER_ERROR_LEN]) {
    struct printer p = {.reader = reader, .filter = filter, .to = to, .colour = colour};
    struct cursor cursors[N_SOURCES] = {0};
    int status = read_names(&p, error);
    if (!status && filter->height != ORR_LOG_ANY) status = find_height(&p, error);
    for (unsigned i = 0; i < N_SOURCES && !status; i++) {
        cursors[i].n = orr_trace_reader_head(reader)->rows[sources[i]];
        cursors[i].rows = orr_xrealloc(NULL, BATCH * orr_trace_table_of(sources[i])->row_size);
        status = advance(&p, &cursors[i], i, error);
    }
    if (!status) status = merge(&p, cursors, error);
    for (unsigned i = 0; i < N_SOURCES; i++) free(cursors[i].rows);
    free(p.nodes), free(p.kinds), free(p.plan);
    *n_lines = p.n_lines;
    return status;
}

/* ---- why nothing was printed ---- */

static bool is_kind(const struct printer *p, const char *name) {
    for (unsigned i = 0; i < N_WHATS; i++)
        if (!strcmp(name, whats[i])) return true;
    for (uint64_t i = 0; i < p->n_kinds; i++)
        if (!strncmp(name, p->kinds[i].name, sizeof p->kinds[i].name)) return true;
    return false;
}

static void say_kinds(const struct printer *p, FILE *to) {
    fprintf(to, "      = messages of this run:");
    for (uint64_t i = 0; i < p->n_kinds; i++)
        fprintf(to, "%s %.32s", i ? "," : "", ORR_SHOWN(p->kinds[i].name));
    fprintf(to, "%s\n      = what happens:", p->n_kinds ? "" : " none");
    for (unsigned i = 0; i < N_WHATS; i++) fprintf(to, "%s %s", i ? "," : "", whats[i]);
    fprintf(to, "\n");
}

static bool is_any_node(const struct printer *p, const char *name) {
    for (uint32_t i = 0; i < p->n_nodes; i++)
        if (is_node(p, name, i)) return true;
    return false;
}

bool orr_log_explain(struct orr_trace_reader *reader, const struct orr_log_filter *f, FILE *to) {
    char error[ORR_READER_ERROR_LEN] = "";
    struct printer p = {.reader = reader, .filter = f};
    const char *const asked[] = {f->node, f->from, f->to};
    bool explained = false;
    if (!read_names(&p, error)) {
        for (unsigned i = 0; i < sizeof asked / sizeof asked[0]; i++) {
            if (!asked[i] || is_any_node(&p, asked[i])) continue;
            fprintf(to, "orrery log: there is no node or group '%.60s'\n", ORR_SHOWN(asked[i]));
            explained = true;
        }
        if (f->kind && !is_kind(&p, f->kind)) {
            fprintf(to, "orrery log: there is no kind '%.60s'\n", ORR_SHOWN(f->kind));
            say_kinds(&p, to);
            explained = true;
        }
    }
    free(p.nodes), free(p.kinds), free(p.plan);
    return explained;
}
