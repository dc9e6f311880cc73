/* shiviz.c - vector clocks from the times of a trace.
 *
 * Arrivals stand in the order in which they were handled.  A send is put in at its own time: behind
 * all arrivals of that time, but before its own arrival. */
#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/memory.h"
#include "sim/cli/export/export.h"

enum { HOST = 64, CLOCKS_MAX = 1 << 26 };

struct log {
    const struct orr_spacetime *d;
    FILE *to;
    char (*hosts)[HOST];    /* [n_nodes] what ShiViz may call a node: unlike any other */
    uint32_t *clocks;       /* [n_nodes][n_nodes] */
    uint32_t *sent;         /* [n_messages][n_nodes] the sender's clock */
    size_t *by_sending;     /* [n_messages] messages by sent_ns */
    bool *is_sent;          /* [n_messages] */
    size_t next_send, next_mark;
};

static void name_hosts(struct log *l) {
    for (size_t i = 0; i < l->d->n_nodes; i++) {
        const char *name = l->d->nodes[i].name;
        bool same = *name && strlen(name) < HOST - 16;
        size_t n = 0;
        for (; name[n] && n < HOST - 16; n++) {
            bool good = isalnum((unsigned char)name[n]) || strchr("._-", name[n]);
            l->hosts[i][n] = good ? name[n] : '_';
            same = same && good;
        }
        l->hosts[i][n] = '\0';
        for (size_t k = 0; k < i && same; k++) same = strcmp(l->hosts[k], l->hosts[i]) != 0;
        if (!same) snprintf(l->hosts[i] + n, HOST - n, "~%zu", i);
    }
}

/* The next event of a node, up to its text. */
static void begin_event(struct log *l, uint32_t node) {
    const uint32_t *clock = l->clocks + node * l->d->n_nodes;
    l->clocks[node * l->d->n_nodes + node]++;
    fprintf(l->to, "%s {", l->hosts[node]);
    const char *comma = "";
    for (size_t i = 0; i < l->d->n_nodes; i++) {
        if (!clock[i]) continue;
        fprintf(l->to, "%s\"%s\":%" PRIu32, comma, l->hosts[i], clock[i]);
        comma = ", ";
    }
    fputs("}\n", l->to);
}

static void end_event(struct log *l, int64_t at_ns, const char *does, const char *what,
                      const char *preposition, const char *whom) {
    char name[HOST * 4]; /* of a kind or a decision: on one line */
    size_t n = 0;
    for (; what[n] && n < sizeof name - 1; n++)
        name[n] = isprint((unsigned char)what[n]) ? what[n] : '_';
    name[n] = '\0';
    fprintf(l->to, "%.9f s: %s%s%s%s\n", (double)at_ns * 1e-9, does, name, preposition, whom);
}

static void send(struct log *l, size_t i) {
    const struct orr_spacetime_message *m = &l->d->messages[i];
    const size_t n = l->d->n_nodes;
    if (l->is_sent[i]) return;
    l->is_sent[i] = true;
    begin_event(l, m->from);
    end_event(l, m->sent_ns, "sends ", m->kind, " to ", l->hosts[m->to]);
    memcpy(l->sent + i * n, l->clocks + m->from * n, n * sizeof *l->sent);
}

/* Decisions up to a time, and sends up to it or before it. */
static void catch_up(struct log *l, int64_t at_ns, bool sends_of_it) {
    const struct orr_spacetime *d = l->d;
    for (;;) {
        const struct orr_spacetime_mark *mark =
            l->next_mark < d->n_marks ? &d->marks[l->next_mark] : NULL;
        const struct orr_spacetime_message *m =
            l->next_send < d->n_messages ? &d->messages[l->by_sending[l->next_send]] : NULL;
        if (m && (sends_of_it ? m->sent_ns > at_ns : m->sent_ns >= at_ns)) m = NULL;
        if (mark && (sends_of_it ? mark->at_ns > at_ns : mark->at_ns >= at_ns)) mark = NULL;
        if (mark && (!m || mark->at_ns <= m->sent_ns)) {
            begin_event(l, mark->node);
            end_event(l, mark->at_ns, "", mark->text, "", "");
            l->next_mark++;
        } else if (m) {
            size_t i = l->by_sending[l->next_send++];
            if (!m->lost) send(l, i);
        } else {
            return;
        }
    }
}

static void receive(struct log *l, size_t i) {
    const struct orr_spacetime_message *m = &l->d->messages[i];
    const size_t n = l->d->n_nodes;
    uint32_t *clock = l->clocks + m->to * n;
    catch_up(l, m->at_ns, false);
    send(l, i);
    for (size_t k = 0; k < n; k++)
        if (l->sent[i * n + k] > clock[k]) clock[k] = l->sent[i * n + k];
    begin_event(l, m->to);
    end_event(l, m->at_ns, "receives ", m->kind, " from ", l->hosts[m->from]);
}

/* Merges two sorted runs; by time of sending, equal ones as they arrived. */
static void merge(const struct orr_spacetime *d, const size_t *a, size_t n_a, const size_t *b,
                  size_t n_b, size_t *to) {
    for (size_t i = 0, k = 0; i < n_a || k < n_b;)
        *to++ = k == n_b || (i < n_a && d->messages[a[i]].sent_ns <= d->messages[b[k]].sent_ns)
                    ? a[i++]
                    : b[k++];
}

static void sort_sends(struct log *l) {
    const size_t n = l->d->n_messages;
    size_t *from = l->by_sending, *to = orr_xrealloc(NULL, (n + 1) * sizeof *to);
    for (size_t i = 0; i < n; i++) from[i] = i;
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t at = 0; at < n; at += 2 * run) {
            size_t n_a = n - at < run ? n - at : run, left = n - at - n_a;
            merge(l->d, from + at, n_a, from + at + n_a, left < run ? left : run, to + at);
        }
        size_t *swap = from;
        from = to, to = swap;
    }
    l->by_sending = from;
    free(to);
}

static void *zeros(size_t n, size_t size) {
    void *p = orr_xrealloc(NULL, (n + 1) * size);
    memset(p, 0, (n + 1) * size);
    return p;
}

int orr_export_shiviz(const struct orr_spacetime *d, FILE *to) {
    const size_t n = d->n_nodes;
    struct log l = {.d = d, .to = to};
    if (n && (n > CLOCKS_MAX / n || d->n_messages > CLOCKS_MAX / n)) return ORR_ELIMIT;
    l.hosts = zeros(n, sizeof *l.hosts);
    l.clocks = zeros(n * n, sizeof *l.clocks);
    l.sent = zeros(d->n_messages * n, sizeof *l.sent);
    l.is_sent = zeros(d->n_messages, sizeof *l.is_sent);
    l.by_sending = zeros(d->n_messages, sizeof *l.by_sending);
    name_hosts(&l);
    sort_sends(&l);
    fputs("(?<host>\\S*) (?<clock>\\{.*\\})\\n(?<event>.*)\n\n", to);
    for (size_t i = 0; i < d->n_messages; i++)
        if (!d->messages[i].lost) receive(&l, i);
    catch_up(&l, INT64_MAX, true);
    free(l.hosts), free(l.clocks), free(l.sent), free(l.is_sent), free(l.by_sending);
    return 0;
}
