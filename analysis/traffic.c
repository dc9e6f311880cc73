#include "analysis/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/alloc.h"
#include "models/base/error.h"

#define ROWS_MAX (1u << 20) /* nodes, kinds */
enum { RECV = 2, WRITTEN = 5, CACHE = 1024 };

/* Kinds by number; `other` where /kinds has none of it, which a damaged trace may lack. */
struct finder {
    struct orr_traffic *t;
    uint32_t cached[CACHE]; /* 1 + the index of a kind, by the low bits of its number; 0: none */
};

static struct orr_traffic_kind *find_kind(struct finder *f, uint32_t message) {
    uint32_t *slot = &f->cached[(message ^ message >> 16) % CACHE];
    if (*slot && f->t->kinds[*slot - 1].message == message) return &f->t->kinds[*slot - 1];
    for (size_t i = 0; i < f->t->n_kinds; i++)
        if (f->t->kinds[i].message == message) {
            *slot = (uint32_t)i + 1;
            return &f->t->kinds[i];
        }
    return &f->t->kinds[f->t->n_kinds]; /* of unknown kinds */
}

static int read_names(struct orr_trace_reader *reader, struct orr_traffic *t, char *error) {
    void *all = NULL;
    int status = orr_trace_reader_all(reader, ORR_GROUP_kinds, ROWS_MAX, &all, error);
    if (status) return status;
    const struct orr_row_kinds *k = all;
    t->n_kinds = orr_trace_reader_head(reader)->rows[ORR_GROUP_kinds];
    t->kinds = orr_need(t->n_kinds + 1, sizeof *t->kinds);
    memset(t->kinds, 0, (t->n_kinds + 1) * sizeof *t->kinds);
    for (size_t i = 0; i < t->n_kinds; i++) {
        t->kinds[i].message = k[i].message;
        snprintf(t->kinds[i].name, sizeof t->kinds[i].name, "%.*s", (int)sizeof k[i].name,
                 k[i].name);
    }
    snprintf(t->kinds[t->n_kinds].name, sizeof t->kinds->name, "(unknown)");
    free(all);
    return 0;
}

static void count_message(struct finder *f, const struct orr_row_events *e) {
    struct orr_traffic *t = f->t;
    struct orr_traffic_kind *kind = find_kind(f, e->message);
    kind->messages++, kind->bytes += e->bytes;
    t->total.sent++, t->total.sent_bytes += e->bytes;
    if (e->peer < t->n_nodes) t->nodes[e->peer].sent++, t->nodes[e->peer].sent_bytes += e->bytes;
    if (e->node >= t->n_nodes) return;
    t->nodes[e->node].received++, t->nodes[e->node].received_bytes += e->bytes;
}

static void count_write(struct orr_traffic *t, const struct orr_row_events *e) {
    t->total.writes++;
    if (e->node < t->n_nodes) t->nodes[e->node].writes++;
}

static int read_events(struct orr_trace_reader *reader, struct finder *f, char *error) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_events];
    const struct orr_reader_columns wanted = {
        {"node", "peer", "bytes", "message", "kind"}, 5};
    struct orr_row_events *rows = orr_need(ORR_READER_PIECE, sizeof *rows);
    int status = 0;
    for (uint64_t at = 0; at < n && !status; at += ORR_READER_PIECE) {
        uint64_t held = n - at < ORR_READER_PIECE ? n - at : ORR_READER_PIECE;
        status = orr_trace_reader_columns(reader, ORR_GROUP_events, &wanted, at, held, rows, error);
        for (uint64_t i = 0; i < held && !status; i++) {
            if (rows[i].kind == RECV && rows[i].node != rows[i].peer) count_message(f, &rows[i]);
            else if (rows[i].kind == WRITTEN) count_write(f->t, &rows[i]);
        }
    }
    free(rows);
    return status;
}

static int read_drops(struct orr_trace_reader *reader, struct finder *f, char *error) {
    uint64_t n = orr_trace_reader_head(reader)->rows[ORR_GROUP_drops];
    const struct orr_reader_columns wanted = {{"message"}, 1};
    struct orr_row_drops *rows = orr_need(ORR_READER_PIECE, sizeof *rows);
    int status = 0;
    for (uint64_t at = 0; at < n && !status; at += ORR_READER_PIECE) {
        uint64_t held = n - at < ORR_READER_PIECE ? n - at : ORR_READER_PIECE;
        status = orr_trace_reader_columns(reader, ORR_GROUP_drops, &wanted, at, held, rows, error);
        for (uint64_t i = 0; i < held && !status; i++)
            find_kind(f, rows[i].message)->lost++, f->t->lost++;
    }
    free(rows);
    return status;
}

int orr_traffic_read(struct orr_trace_reader *reader, struct orr_traffic *traffic,
                     char error[ORR_READER_ERROR_LEN]) {
    const uint64_t *rows = orr_trace_reader_head(reader)->rows;
    struct orr_traffic t = {.kinds = NULL};
    struct finder f = {.t = &t};
    if (!rows[ORR_GROUP_events]) {
        snprintf(error, ORR_READER_ERROR_LEN,
                 "it holds no messages (`record: messages` keeps them)");
        return ORR_ENOTFOUND;
    }
    if (rows[ORR_GROUP_nodes] > ROWS_MAX) {
        snprintf(error, ORR_READER_ERROR_LEN, "it has more than a million nodes");
        return ORR_ELIMIT;
    }
    t.n_nodes = rows[ORR_GROUP_nodes];
    t.nodes = orr_need(t.n_nodes, sizeof *t.nodes);
    memset(t.nodes, 0, t.n_nodes * sizeof *t.nodes);
    int status = read_names(reader, &t, error);
    if (!status) status = read_events(reader, &f, error);
    if (!status) status = read_drops(reader, &f, error);
    if (!status) {
        t.total.received = t.total.sent, t.total.received_bytes = t.total.sent_bytes;
        if (t.kinds[t.n_kinds].messages || t.kinds[t.n_kinds].lost) t.n_kinds++;
        *traffic = t;
    } else {
        orr_traffic_fini(&t);
    }
    return status;
}

void orr_traffic_fini(struct orr_traffic *t) {
    free(t->kinds);
    free(t->nodes);
    *t = (struct orr_traffic){.kinds = NULL};
}
