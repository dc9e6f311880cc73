/* log.c - the slots of the log, in memory and on disk.
 *
 * Three sorts of records: the view with what began it, the stable checkpoint with its state, and
 * one of each number with all that this replica has promised about it. */
#include "models/bft/pbft/state.h"

enum { VIEW, STABLE };
#define NUMBERS ((uint32_t)1 << 30)

struct orr_pbft_slot *orr_pbft_slot_at(struct orr_pbft_replica *r, uint64_t number) {
    if (number > r->stable + r->config->window) return NULL;
    return orr_slots_at(&r->slots, number);
}

void orr_pbft_slot_forget_view(struct orr_pbft_replica *r, struct orr_pbft_slot *s) {
    struct orr_pool *pool = r->common->pool;
    for (uint32_t i = 0; s->prepares && i < 2 * r->n; i++) orr_msg_unref(pool, s->prepares[i]);
    orr_free(r->common->mem, s->prepares, 2 * r->n * sizeof *s->prepares);
    s->prepares = NULL;
    orr_msg_unref(pool, s->order);
    s->order = NULL;
    s->is_ordered = s->is_prepared = false;
    s->n_prepares = s->n_commits = 0;
}

void orr_pbft_slot_free(struct orr_pbft_replica *r, struct orr_pbft_slot *s) {
    struct orr_pool *pool = r->common->pool;
    orr_pbft_slot_forget_view(r, s);
    orr_msg_unref(pool, s->batch.msg);
    orr_msg_unref(pool, s->prepared);
    orr_msg_unref(pool, s->prepared_batch.msg);
    orr_msg_unref(pool, s->committed);
    orr_msg_unref(pool, s->committed_batch.msg);
    memset(s, 0, sizeof *s);
}

/* ---- writing ---- */

struct piece { const void *bytes; uint32_t len; };

/* Pieces as length u32 and bytes. */
static void save(struct orr_pbft_replica *r, uint32_t name, const struct piece *pieces,
                 uint32_t n) {
    if (r->is_restoring) return;
    uint32_t size = 0;
    for (uint32_t i = 0; i < n; i++) size += 4 + pieces[i].len;
    struct orr_msg *m = orr_msg_new(r->common->pool, 0, size);
    struct orr_writer w = orr_writer(m->data, size);
    for (uint32_t i = 0; i < n; i++) {
        orr_write_u32(&w, pieces[i].len);
        orr_write_bytes(&w, pieces[i].bytes, pieces[i].len);
    }
    assert(!w.bad && w.p == w.end);
    orr_write(r->out, name, m);
}

static struct piece of_msg(const struct orr_msg *m) {
    return (struct piece){m ? m->data : NULL, m ? m->len : 0};
}
static struct piece of_bytes(const struct orr_pbft_bytes *b) {
    return b->msg ? (struct piece){orr_pbft_bytes_at(b), orr_pbft_bytes_len(b)}
                  : (struct piece){NULL, 0};
}

/* The order in force: view | digest | signature; batches say before them whether they are known,
 * since that of a null request has no bytes. */
void orr_pbft_save_slot(struct orr_pbft_replica *r, uint64_t number) {
    const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    bool is_final = s->is_executed && s->committed_batch.msg;
    uint8_t order[8 + 32 + 64],
        known[3] = {s->batch.msg != NULL, s->prepared_batch.msg != NULL, is_final};
    orr_store_le64(order, r->view);
    memcpy(order + 8, s->digest, 32);
    memcpy(order + 40, s->order_signature, 64);
    bool is_one = s->prepared_batch.msg == s->batch.msg; /* once is enough, mostly */
    bool is_two = is_final && s->committed_batch.msg == s->batch.msg;
    struct piece pieces[] = {
        {order, s->is_ordered ? (uint32_t)sizeof order : 0},
        {known, 3},
        of_bytes(&s->batch),
        of_msg(s->prepared),
        is_one ? (struct piece){NULL, 0} : of_bytes(&s->prepared_batch),
        of_msg(is_final ? s->committed : NULL),
        is_two || !is_final ? (struct piece){NULL, 0} : of_bytes(&s->committed_batch),
        {(uint8_t[]){is_one, is_two}, 2}};
    save(r, NUMBERS + (uint32_t)number, pieces, sizeof pieces / sizeof pieces[0]);
}

void orr_pbft_save_view(struct orr_pbft_replica *r) {
    uint8_t head[9];
    orr_store_le64(head, r->view);
    head[8] = r->is_changing;
    struct piece pieces[] = {{head, sizeof head}, of_msg(r->own_change), of_msg(r->new_view)};
    save(r, VIEW, pieces, 3);
}

void orr_pbft_save_stable(struct orr_pbft_replica *r) {
    struct piece pieces[] = {of_msg(r->stable_cert), of_msg(r->stable_state)};
    save(r, STABLE, pieces, 2);
}

void orr_pbft_drop_record(struct orr_pbft_replica *r, uint64_t number) {
    if (!r->is_restoring) orr_write(r->out, NUMBERS + (uint32_t)number, NULL);
}

/* ---- for one who lacks a decision ---- */

/* DECISION: length u32 and certificate of commits | batch. */
struct orr_msg *orr_pbft_decision_new(struct orr_pbft_replica *r, const struct orr_pbft_slot *s) {
    const struct orr_pbft_bytes *b = &s->committed_batch;
    uint32_t len = s->committed->len;
    struct orr_msg *m =
        orr_msg_new(r->common->pool, ORR_PBFT_DECISION, 4 + len + orr_pbft_bytes_len(b));
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u32(&w, len);
    orr_write_bytes(&w, s->committed->data, len);
    orr_write_bytes(&w, orr_pbft_bytes_at(b), orr_pbft_bytes_len(b));
    assert(!w.bad && w.p == w.end);
    return m;
}

/* ---- coming back; records come in ascending order of their names ---- */

static bool read_pieces(const struct orr_msg *m, struct piece *pieces, uint32_t n) {
    struct orr_reader rd = orr_reader(m->data, m->len);
    for (uint32_t i = 0; i < n; i++) {
        pieces[i].len = orr_read_u32(&rd);
        pieces[i].bytes = orr_read_bytes(&rd, pieces[i].len);
    }
    return orr_read_done(&rd);
}

static struct orr_msg *copy(struct orr_pbft_replica *r, struct piece p, uint16_t kind) {
    return p.len ? orr_msg_copy(r->common->pool, kind, p.bytes, p.len) : NULL;
}

static int stored_view(struct orr_pbft_replica *r, const struct orr_msg *m) {
    struct piece p[3];
    if (!read_pieces(m, p, 3) || p[0].len != 9) return ORR_ECORRUPT;
    r->view = orr_load_le64(p[0].bytes);
    r->is_changing = ((const uint8_t *)p[0].bytes)[8];
    r->own_change = copy(r, p[1], ORR_PBFT_VIEW_CHANGE);
    r->new_view = copy(r, p[2], ORR_PBFT_NEW_VIEW);
    return r->view <= ORR_PBFT_MAX_VIEW ? 0 : ORR_ECORRUPT;
}

static int stored_stable(struct orr_pbft_replica *r, const struct orr_msg *m) {
    struct piece p[2];
    struct orr_pbft_cert c;
    if (!read_pieces(m, p, 2) || !orr_pbft_cert_read(p[0].bytes, p[0].len, &c) ||
        !orr_pbft_state_load(r, p[1].bytes, p[1].len, c.number))
        return ORR_ECORRUPT;
    r->stable_cert = copy(r, p[0], ORR_PBFT_CHECKPOINT);
    r->stable_state = copy(r, p[1], ORR_PBFT_STATE);
    r->stable = c.number;
    r->slots.first = c.number + 1; /* they are empty: the window moves */
    return 0;
}

static void put_batch(struct orr_pbft_replica *r, struct orr_pbft_bytes *b, struct piece p) {
    b->msg = orr_msg_copy(r->common->pool, ORR_PBFT_BATCH, p.bytes, p.len);
    b->at = 0;
}

static int stored_slot(struct orr_pbft_replica *r, uint64_t number, const struct orr_msg *m) {
    struct piece p[8];
    if (number <= r->stable) return 0; /* a crash came before it was dropped */
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    if (!s || !read_pieces(m, p, 8) || p[1].len != 3 || p[7].len != 2) return ORR_ECORRUPT;
    const uint8_t *known = p[1].bytes, *same = p[7].bytes, *order = p[0].bytes;
    if (known[0]) put_batch(r, &s->batch, p[2]);
    if (same[0]) orr_pbft_bytes_set(r, &s->prepared_batch, s->batch.msg, s->batch.at);
    else if (known[1]) put_batch(r, &s->prepared_batch, p[4]);
    if (same[1]) orr_pbft_bytes_set(r, &s->committed_batch, s->batch.msg, s->batch.at);
    else if (known[2]) put_batch(r, &s->committed_batch, p[6]);
    s->prepared = copy(r, p[3], 0);
    s->committed = copy(r, p[5], 0);
    s->is_executed = s->committed != NULL;
    if (p[0].len) {
        memcpy(s->digest, order + 8, 32);
        memcpy(s->order_signature, order + 40, 64);
        s->is_ordered = !r->is_changing && orr_load_le64(order) == r->view;
    }
    return 0;
}

int orr_pbft_stored(struct orr_pbft_replica *r, const struct orr_event *event) {
    if (!event->msg) return ORR_ECORRUPT;
    if (event->key == VIEW) return stored_view(r, event->msg);
    if (event->key == STABLE) return stored_stable(r, event->msg);
    return event->key > NUMBERS ? stored_slot(r, event->key - NUMBERS, event->msg) : ORR_ECORRUPT;
}
