#include "sim/cli/spacetime_of.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"
#include "sim/engine/tap.h"

enum { BATCH = 512, ROWS_MAX = 1 << 24, NOT_SHOWN = UINT32_MAX };

struct taking {
    struct orr_trace_reader *reader;
    const struct orr_spacetime_query *query;
    struct orr_spacetime_part *part;
    struct orr_row_nodes *nodes;
    struct orr_row_kinds *kinds;
    struct orr_row_plan *plan;
    uint64_t n_nodes, n_kinds, n_plan;
    uint32_t *row_of;       /* [n_nodes] where a node is shown, or NOT_SHOWN */
    const char **kind_text; /* [n_kinds + 1] made when it is first wanted; the last: unknown */
    size_t most_messages, cap_messages, cap_marks, cap_spans;
    char *error;
};

static const char *keep(struct taking *t, const char *text, size_t most) {
    struct orr_spacetime_part *p = t->part;
    if (p->n_texts == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 64;
        p->texts = orr_xrealloc(p->texts, p->cap * sizeof *p->texts);
    }
    size_t len = strnlen(text, most);
    char *copy = orr_xrealloc(NULL, len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return p->texts[p->n_texts++] = copy;
}

/* Room for one more of an array. */
#define GROW(array, n, cap)                                              \
    do {                                                                 \
        if ((n) == (cap)) {                                              \
            (cap) = (cap) ? 2 * (cap) : 64;                              \
            (array) = orr_xrealloc((array), (cap) * sizeof *(array));    \
        }                                                                \
    } while (0)

/* ---- nodes ---- */

static bool is_named(const char *name, uint32_t node, const char *wanted) {
    char number[16];
    size_t len = strlen(wanted);
    snprintf(number, sizeof number, "%u", node);
    return !strcmp(name, wanted) || !strcmp(number, wanted) ||
           (!strncmp(name, wanted, len) && name[len] == '.');
}

static int choose_nodes(struct taking *t) {
    struct orr_spacetime *d = &t->part->diagram;
    const struct orr_spacetime_query *q = t->query;
    bool met[ORR_SPACETIME_NODES] = {false};
    t->row_of = orr_xrealloc(NULL, (t->n_nodes + 1) * sizeof *t->row_of);
    d->nodes = orr_xrealloc(NULL, (t->n_nodes + 1) * sizeof *d->nodes);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const char *name = keep(t, t->nodes[i].name, sizeof t->nodes[i].name);
        bool wanted = !q->n_nodes;
        for (size_t k = 0; k < q->n_nodes; k++)
            if (is_named(name, i, q->nodes[k])) wanted = met[k] = true;
        t->row_of[i] = wanted ? (uint32_t)d->n_nodes : NOT_SHOWN;
        if (wanted)
            d->nodes[d->n_nodes++] = (struct orr_spacetime_node){name, t->nodes[i].faulty != 0};
    }
    for (size_t k = 0; k < q->n_nodes; k++) {
        if (met[k]) continue;
        snprintf(t->error, ORR_READER_ERROR_LEN, "no node or group is called '%.60s'",
                 ORR_SHOWN(q->nodes[k]));
        return ORR_ENOTFOUND;
    }
    return 0;
}

static uint32_t row_of(const struct taking *t, uint32_t node) {
    return node < t->n_nodes ? t->row_of[node] : NOT_SHOWN;
}

/* As the role of the node that sent it calls it. */
static const char *kind_of(struct taking *t, uint32_t node, uint32_t message) {
    for (uint64_t i = 0; i < t->n_kinds; i++) {
        const struct orr_row_kinds *k = &t->kinds[i];
        if (k->message != message) continue;
        if (node < t->n_nodes && strncmp(k->role, t->nodes[node].role, sizeof k->role)) continue;
        if (!t->kind_text[i]) t->kind_text[i] = keep(t, k->name, sizeof k->name);
        return t->kind_text[i];
    }
    return "message";
}

/* ---- rows within the window ---- */

/* The first row of a group, in the order of time, that is not before `at`. */
static int first_row(struct taking *t, enum orr_trace_group group, int64_t at, uint64_t *row) {
    uint64_t low = 0, high = orr_trace_reader_head(t->reader)->rows[group];
    int64_t *buffer = orr_xrealloc(NULL, orr_trace_table_of(group)->row_size + 8);
    int status = 0;
    while (low < high && !status) {
        uint64_t middle = low + (high - low) / 2;
        status = orr_trace_reader_rows(t->reader, group, middle, 1, buffer, t->error);
        if (!status && *buffer < at) low = middle + 1; /* time_ns is the first of each row */
        else high = middle;
    }
    free(buffer);
    *row = low;
    return status;
}

/* Hands rows of the window to `take` until it has enough. */
static int each_row(struct taking *t, enum orr_trace_group group,
                    bool (*take)(struct taking *t, const void *row)) {
    const size_t size = orr_trace_table_of(group)->row_size;
    uint64_t n = orr_trace_reader_head(t->reader)->rows[group], at;
    char *rows = orr_xrealloc(NULL, BATCH * size);
    int status = first_row(t, group, t->part->diagram.from_ns, &at);
    for (bool goes_on = true; at < n && !status && goes_on;) {
        uint64_t held = n - at < BATCH ? n - at : BATCH;
        status = orr_trace_reader_rows(t->reader, group, at, held, rows, t->error);
        for (uint64_t i = 0; i < held && !status && goes_on; i++) {
            int64_t time;
            memcpy(&time, rows + i * size, sizeof time);
            goes_on = time <= t->part->diagram.to_ns && take(t, rows + i * size);
        }
        at += held;
    }
    free(rows);
    return status;
}

static bool add_message(struct taking *t, const struct orr_spacetime_message *m) {
    struct orr_spacetime *d = &t->part->diagram;
    if (d->n_messages == t->most_messages) {
        t->part->is_cut = true;
        return false;
    }
    GROW(d->messages, d->n_messages, t->cap_messages);
    d->messages[d->n_messages++] = *m;
    return true;
}

static bool take_event(struct taking *t, const void *row) {
    enum { RECV = 2 };
    const struct orr_row_events *e = row;
    uint32_t from = row_of(t, e->peer), to = row_of(t, e->node);
    if (e->kind != RECV || from == NOT_SHOWN || to == NOT_SHOWN) return true;
    const char *kind = kind_of(t, e->peer, e->message);
    if (t->query->kind && strcmp(t->query->kind, kind)) return true;
    return add_message(t, &(struct orr_spacetime_message){e->sent_ns, e->time_ns, from, to, kind,
                                                          NULL, e->bytes, e->hash});
}

static bool take_drop(struct taking *t, const void *row) {
    static const char *const reasons[] = {
#define DROP(name, text) text,
        ORR_DROPS(DROP)
#undef DROP
    };
    enum { N_REASONS = sizeof reasons / sizeof reasons[0] };
    const struct orr_row_drops *d = row;
    uint32_t from = row_of(t, d->peer), to = row_of(t, d->node);
    if (from == NOT_SHOWN || to == NOT_SHOWN) return true;
    const char *kind = kind_of(t, d->peer, d->message);
    if (t->query->kind && strcmp(t->query->kind, kind)) return true;
    return add_message(t, &(struct orr_spacetime_message){
                              d->time_ns, d->time_ns, from, to, kind,
                              d->reason < N_REASONS ? reasons[d->reason]
                                                    : "the receiver refused it",
                              d->bytes, d->hash});
}

static bool take_decision(struct taking *t, const void *row) {
    const struct orr_row_decisions *r = row;
    struct orr_spacetime *d = &t->part->diagram;
    uint32_t node = row_of(t, r->node);
    char text[96];
    if (node == NOT_SHOWN) return true;
    snprintf(text, sizeof text, "decides %016" PRIx64 " at height %" PRIu64 ", round %u", r->value,
             r->height, r->round);
    GROW(d->marks, d->n_marks, t->cap_marks);
    d->marks[d->n_marks++] =
        (struct orr_spacetime_mark){r->time_ns, node, keep(t, text, sizeof text), false};
    return true;
}

/* Of the spans that have not ended, the last that this row ends; n_spans: none. */
static size_t open_span(const struct taking *t, const struct orr_row_faults *keys,
                        const struct orr_row_faults *end) {
    const struct orr_spacetime *d = &t->part->diagram;
    for (size_t i = d->n_spans; i-- > 0;)
        if (d->spans[i].to_ns == INT64_MAX && keys[i].fault == end->fault &&
            keys[i].node == end->node && keys[i].peer == end->peer)
            return i;
    return d->n_spans;
}

/* Faults may begin before the window and end behind it: all rows are read. */
static int take_faults(struct taking *t) {
    struct orr_spacetime *d = &t->part->diagram;
    void *all = NULL;
    uint64_t n = orr_trace_reader_head(t->reader)->rows[ORR_GROUP_faults];
    int status = orr_trace_reader_all(t->reader, ORR_GROUP_faults, ROWS_MAX, &all, t->error);
    struct orr_row_faults *f = all; /* those of open spans are kept in front, by span */
    for (uint64_t i = 0; i < n && !status && f[i].time_ns <= d->to_ns; i++) {
        const struct orr_row_faults row = f[i];
        uint32_t node = row.node == UINT32_MAX ? UINT32_MAX : row_of(t, row.node);
        if (node == NOT_SHOWN && row.node != UINT32_MAX) continue;
        if (row.began) {
            const char *text = row.fault < t->n_plan ? t->plan[row.fault].text : "fault";
            GROW(d->spans, d->n_spans, t->cap_spans);
            f[d->n_spans] = row;
            d->spans[d->n_spans++] = (struct orr_spacetime_span){
                row.time_ns, INT64_MAX, node, keep(t, text, sizeof t->plan->text)};
            continue;
        }
        size_t k = open_span(t, f, &row);
        if (k == d->n_spans) continue;
        d->spans[k].to_ns = row.time_ns;
        if (row.time_ns >= d->from_ns) continue;
        d->spans[k] = d->spans[--d->n_spans]; /* it was over before the window */
        f[k] = f[d->n_spans];
    }
    for (size_t i = d->n_spans; i-- > 0;) { /* where it struck says more than that it did */
        bool elsewhere = false;
        for (size_t k = 0; k < d->n_spans && f[i].node == UINT32_MAX && !elsewhere; k++)
            elsewhere = f[k].node != UINT32_MAX && f[k].fault == f[i].fault &&
                        f[k].time_ns == f[i].time_ns;
        if (!elsewhere) continue;
        d->spans[i] = d->spans[--d->n_spans];
        f[i] = f[d->n_spans];
    }
    free(all);
    return status;
}

/* ---- the whole ---- */

/* What arrived and what was lost, each in the order of time, become one list; of one time what
 * arrived comes first. */
static void merge(struct orr_spacetime *d, size_t n_arrived) {
    size_t n = d->n_messages, i = 0, k = n_arrived;
    struct orr_spacetime_message *all = orr_xrealloc(NULL, (n + 1) * sizeof *all);
    for (size_t to = 0; to < n; to++)
        all[to] = k == n || (i < n_arrived && d->messages[i].at_ns <= d->messages[k].at_ns)
                      ? d->messages[i++]
                      : d->messages[k++];
    free(d->messages);
    d->messages = all;
}

/* From the start to the last decision of the first height. */
static int usual_window(struct taking *t) {
    struct orr_spacetime *d = &t->part->diagram;
    void *all = NULL;
    uint64_t n = orr_trace_reader_head(t->reader)->rows[ORR_GROUP_decisions];
    if (n > ROWS_MAX) n = ROWS_MAX;
    int status = 0;
    if (n) {
        all = orr_xrealloc(NULL, n * sizeof(struct orr_row_decisions));
        for (uint64_t at = 0; at < n && !status; at += BATCH)
            status = orr_trace_reader_rows(t->reader, ORR_GROUP_decisions, at,
                                           n - at < BATCH ? n - at : BATCH,
                                           (struct orr_row_decisions *)all + at, t->error);
    }
    const struct orr_row_decisions *r = all;
    bool *decided = orr_xrealloc(NULL, t->n_nodes + 1); /* after a restart some decide again */
    memset(decided, 0, t->n_nodes + 1);
    d->from_ns = 0, d->to_ns = n ? 0 : INT64_MAX;
    for (uint64_t i = 0; i < n && !status; i++) {
        uint32_t node = r[i].node < t->n_nodes ? r[i].node : (uint32_t)t->n_nodes;
        if (r[i].height != r[0].height || decided[node]) continue;
        decided[node] = true;
        if (r[i].time_ns > d->to_ns) d->to_ns = r[i].time_ns;
    }
    free(decided);
    free(all);
    return status;
}

static int take_part(struct taking *t) {
    struct orr_spacetime *d = &t->part->diagram;
    int status = 0;
    if (d->from_ns > d->to_ns) status = usual_window(t);
    if (!status) status = each_row(t, ORR_GROUP_events, take_event);
    size_t n_arrived = d->n_messages;
    if (t->part->is_cut) d->to_ns = d->messages[n_arrived - 1].at_ns;
    t->most_messages += n_arrived; /* as many again may be lost in that time */
    if (!status) status = each_row(t, ORR_GROUP_drops, take_drop);
    merge(d, n_arrived);
    if (!status) status = each_row(t, ORR_GROUP_decisions, take_decision);
    if (!status) status = take_faults(t);
    if (d->to_ns == INT64_MAX || d->to_ns < 0) { /* to the last thing that is there */
        d->to_ns = d->from_ns;
        if (d->n_messages) d->to_ns = d->messages[d->n_messages - 1].at_ns;
        if (d->n_marks && d->marks[d->n_marks - 1].at_ns > d->to_ns)
            d->to_ns = d->marks[d->n_marks - 1].at_ns;
    }
    return status;
}

int orr_spacetime_of(struct orr_trace_reader *reader, const struct orr_spacetime_query *query,
                     struct orr_spacetime_part *part, char error[ORR_READER_ERROR_LEN]) {
    const struct orr_trace_head *head = orr_trace_reader_head(reader);
    struct taking t = {.reader = reader, .query = query, .part = part, .error = error,
                       .n_nodes = head->rows[ORR_GROUP_nodes],
                       .n_kinds = head->rows[ORR_GROUP_kinds],
                       .n_plan = head->rows[ORR_GROUP_plan],
                       .most_messages = query->most_messages};
    void *nodes = NULL, *kinds = NULL, *plan = NULL;
    *part = (struct orr_spacetime_part){
        .diagram = {.title = head->title[0] ? head->title : head->name,
                    .from_ns = query->from_ns, .to_ns = query->to_ns},
        .knows_messages = head->rows[ORR_GROUP_events] || head->rows[ORR_GROUP_drops]};
    int status = orr_trace_reader_all(reader, ORR_GROUP_nodes, ROWS_MAX, &nodes, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_kinds, ROWS_MAX, &kinds, error);
    if (!status) status = orr_trace_reader_all(reader, ORR_GROUP_plan, ROWS_MAX, &plan, error);
    t.nodes = nodes, t.kinds = kinds, t.plan = plan;
    t.kind_text = orr_xrealloc(NULL, (t.n_kinds + 1) * sizeof *t.kind_text);
    memset(t.kind_text, 0, (t.n_kinds + 1) * sizeof *t.kind_text);
    if (!status) status = choose_nodes(&t);
    if (!status) status = take_part(&t);
    free(t.kind_text);
    free(t.row_of);
    free(nodes), free(kinds), free(plan);
    if (status) orr_spacetime_part_free(part);
    return status;
}

void orr_spacetime_part_free(struct orr_spacetime_part *part) {
    for (size_t i = 0; i < part->n_texts; i++) free(part->texts[i]);
    free(part->texts);
    free(part->diagram.nodes), free(part->diagram.messages);
    free(part->diagram.marks), free(part->diagram.spans);
    *part = (struct orr_spacetime_part){.n_texts = 0};
}
