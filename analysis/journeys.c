#include "analysis/journeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "models/base/error.h"

#define ROWS_MAX (1u << 24) /* of either table: 1.6 GB together */
enum { RECV = 2, BATCH = 16384 };

#define COMPARE(x, y) \
    if ((x) != (y)) return (x) < (y) ? -1 : 1

static int sends_by_message(const void *a, const void *b) {
    const struct orr_row_sends *x = a, *y = b;
    COMPARE(x->hash, y->hash);
    COMPARE(x->node, y->node);
    COMPARE(x->peer, y->peer);
    COMPARE(x->time_ns, y->time_ns);
    return 0;
}

static int by_message(const void *a, const void *b) {
    const struct orr_journey *x = a, *y = b;
    COMPARE(x->hash, y->hash);
    COMPARE(x->from, y->from);
    COMPARE(x->to, y->to);
    COMPARE(x->left_ns, y->left_ns);
    COMPARE(x->handled_ns, y->handled_ns);
    return 0;
}

static int by_pair(const void *a, const void *b) {
    const struct orr_journey *x = a, *y = b;
    COMPARE(x->from, y->from);
    COMPARE(x->to, y->to);
    COMPARE(x->handled_ns, y->handled_ns);
    return by_message(a, b);
}

static int by_time(const void *a, const void *b) {
    const struct orr_journey *x = a, *y = b;
    COMPARE(x->handled_ns, y->handled_ns);
    return by_pair(a, b);
}

/* Messages of other nodes that were handled. */
static int read_arrivals(struct orr_trace_reader *reader, struct orr_journeys *j, char *error) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_events];
    int status = 0;
    if (n > ROWS_MAX) {
        snprintf(error, ORR_READER_ERROR_LEN, "it holds more than 16 million events");
        return ORR_ELIMIT;
    }
    struct orr_row_events *rows = orr_need(BATCH, sizeof *rows);
    j->v = orr_need(n, sizeof *j->v);
    for (uint64_t at = 0; at < n && !status; at += BATCH) {
        uint64_t held = n - at < BATCH ? n - at : BATCH;
        status = orr_trace_reader_rows(reader, ORR_GROUP_events, at, held, rows, error);
        for (uint64_t i = 0; i < held && !status; i++) {
            const struct orr_row_events *e = &rows[i];
            if (e->kind != RECV || e->node == e->peer) continue;
            j->v[j->n++] = (struct orr_journey){
                .left_ns = e->sent_ns, .handled_ns = e->time_ns, .hash = e->hash, .from = e->peer,
                .to = e->node, .bytes = e->bytes, .message = e->message};
        }
    }
    free(rows);
    return status;
}

static int compare_message(const struct orr_row_sends *s, const struct orr_journey *j) {
    COMPARE(s->hash, j->hash);
    COMPARE(s->node, j->from);
    COMPARE(s->peer, j->to);
    return 0;
}

/* Both in the order of messages. */
static void pair(struct orr_journeys *j, const struct orr_row_sends *s, size_t n_sends) {
    size_t at = 0, kept = 0;
    for (size_t i = 0; i < j->n; i++) {
        struct orr_journey *m = &j->v[i];
        while (at < n_sends && compare_message(&s[at], m) < 0) at++;
        if (at == n_sends || compare_message(&s[at], m) || s[at].time_ns > m->left_ns) continue;
        m->sent_ns = s[at++].time_ns;
        j->v[kept++] = *m;
    }
    j->n = kept;
}

/* ---- what follows from the others ---- */

/* v is in the order of pairs, so that of senders, too.  Bytes a ns are compared as fractions. */
static void find_transmissions(struct orr_journey *v, size_t n) {
    for (size_t first = 0, end; first < n; first = end) {
        uint32_t bytes = 0;
        int64_t takes = 1;
        for (end = first; end < n && v[end].from == v[first].from; end++) {
            int64_t took = orr_ns_between(v[end].sent_ns, v[end].left_ns);
            if (took <= 0) bytes = 0, takes = 0; /* one left at once: there is no limit */
            if (took > 0 && takes > 0 &&
                (__int128)v[end].bytes * takes > (__int128)bytes * took)
                bytes = v[end].bytes, takes = took;
        }
        for (size_t i = first; i < end; i++)
            v[i].transmission_ns =
                bytes && takes > 0 ? (int64_t)((__int128)v[i].bytes * takes / bytes) : 0;
    }
}

static void find_propagations(struct orr_journey *v, size_t n) {
    for (size_t first = 0, end; first < n; first = end) {
        int64_t least = INT64_MAX;
        for (end = first; end < n && v[end].from == v[first].from && v[end].to == v[first].to;
             end++) {
            int64_t took = orr_ns_between(v[end].left_ns, v[end].handled_ns);
            if (took < least) least = took;
        }
        for (size_t i = first; i < end; i++) v[i].propagation_ns = least;
    }
}

int orr_journeys_read(struct orr_trace_reader *reader, struct orr_journeys *journeys,
                      char error[ORR_READER_ERROR_LEN]) {
    struct orr_journeys j = {.v = NULL};
    uint64_t n_sends = orr_trace_reader_head(reader)->rows[ORR_GROUP_sends];
    void *sends = NULL;
    if (!n_sends) {
        snprintf(error, ORR_READER_ERROR_LEN, "it holds no sends (`record: events` keeps them)");
        return ORR_ENOTFOUND;
    }
    int status = orr_trace_reader_all(reader, ORR_GROUP_sends, ROWS_MAX, &sends, error);
    if (!status) status = read_arrivals(reader, &j, error);
    if (!status) {
        qsort(sends, n_sends, sizeof(struct orr_row_sends), sends_by_message);
        if (j.n) qsort(j.v, j.n, sizeof *j.v, by_message);
        pair(&j, sends, n_sends);
        if (j.n) qsort(j.v, j.n, sizeof *j.v, by_pair);
        find_transmissions(j.v, j.n);
        find_propagations(j.v, j.n);
        if (j.n) qsort(j.v, j.n, sizeof *j.v, by_time);
        *journeys = j;
    } else {
        free(j.v);
    }
    free(sends);
    return status;
}

void orr_journeys_fini(struct orr_journeys *j) {
    free(j->v);
    *j = (struct orr_journeys){.v = NULL};
}
