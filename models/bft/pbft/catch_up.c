/* catch_up.c - making good what was lost: who stands still says where it is, and is sent what it
 * lacks. */
#include "models/base/sha256.h"
#include "models/bft/pbft/state.h"

enum { STATUS_BYTES = 8 + 1 + 8 + 8, FETCH_BYTES = 8 + 32 };
enum { AT_ONCE = 16 }; /* numbers in an answer */

/* ---- lagging ---- */

static bool hears_of_more(struct orr_pbft_replica *r) {
    const struct orr_pbft_slot *s = orr_pbft_slot_at(r, r->executed + 1);
    if (s && (s->is_ordered || s->prepares || s->committed)) return true;
    for (uint32_t i = 0; i < r->n_checkpoints; i++)
        if (r->checkpoints[i].number > r->executed) return true;
    uint32_t n_far = 0; /* of f + 1 one does not lie */
    for (uint32_t i = 0; i < r->n; i++) n_far += r->far[i] > r->executed;
    return n_far > r->n - orr_quorum(r->n);
}

/* Where it is: to one, or to all (ORR_NOBODY). */
static void say(struct orr_pbft_replica *r, uint32_t to) {
    r->asked_from = r->executed;
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_STATUS, STATUS_BYTES);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, r->view);
    orr_write_u8(&w, r->is_changing);
    orr_write_u64(&w, r->stable);
    orr_write_u64(&w, r->executed);
    assert(!w.bad && w.p == w.end);
    if (to == ORR_NOBODY) orr_pbft_send_all(r, m);
    else orr_pbft_send(r, to, m);
}

void orr_pbft_status(struct orr_pbft_replica *r, bool is_back) {
    orr_arm(r->out, ORR_PBFT_TIMER_STATUS, r->now + r->config->status_interval);
    bool stands = r->executed == r->seen_executed;
    r->seen_executed = r->executed;
    bool is_stuck = stands && (r->is_changing || r->pending.n_txs || hears_of_more(r));
    if (!is_stuck && !is_back) return;
    say(r, ORR_NOBODY);
    for (uint64_t number = r->executed + 1; number <= r->executed + AT_ONCE; number++) {
        const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
        if (s && s->is_ordered && !s->batch.msg) orr_pbft_fetch(r, number);
    }
}

void orr_pbft_fetch(struct orr_pbft_replica *r, uint64_t number) {
    const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    if (r->is_restoring) return;
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_FETCH, FETCH_BYTES);
    orr_store_le64(m->data, number);
    memcpy(m->data + 8, s->digest, 32);
    orr_pbft_send_all(r, m);
}

/* ---- being ahead ---- */

/* STATE: length u32 and certificate of checkpoints | state. */
static void send_state(struct orr_pbft_replica *r, uint32_t to) {
    uint32_t len = r->stable_cert->len;
    struct orr_msg *m =
        orr_msg_new(r->common->pool, ORR_PBFT_STATE, 4 + len + r->stable_state->len);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u32(&w, len);
    orr_write_bytes(&w, r->stable_cert->data, len);
    orr_write_bytes(&w, r->stable_state->data, r->stable_state->len);
    assert(!w.bad && w.p == w.end);
    orr_pbft_send(r, to, m);
}

static void send_view(struct orr_pbft_replica *r, uint32_t to, uint64_t view, bool is_changing) {
    bool is_behind = view < r->view || (view == r->view && is_changing);
    if (is_behind && !r->is_changing && r->new_view)
        orr_pbft_send(r, to, orr_msg_ref(r->new_view));
    else if (is_behind && r->is_changing && r->own_change)
        orr_pbft_send(r, to, orr_msg_ref(r->own_change));
}

/* The primary's orders and this replica's own votes, once more. */
static void send_votes(struct orr_pbft_replica *r, uint32_t to, uint64_t number) {
    const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    if (!s) return;
    if (s->order) orr_pbft_send(r, to, orr_msg_ref(s->order));
    for (uint32_t k = 0; s->prepares && k < 2; k++)
        if (s->prepares[k * r->n + r->me])
            orr_pbft_send(r, to, orr_msg_ref(s->prepares[k * r->n + r->me]));
}

void orr_pbft_recv_status(struct orr_pbft_replica *r, uint32_t from, const struct orr_msg *m) {
    struct orr_reader rd = orr_reader(m->data, m->len);
    uint64_t view = orr_read_u64(&rd);
    bool is_changing = orr_read_u8(&rd);
    uint64_t stable = orr_read_u64(&rd), executed = orr_read_u64(&rd);
    if (!orr_read_done(&rd)) {
        orr_pbft_drop(r);
        return;
    }
    bool goes_on = r->answered_to[from] && executed == r->answered_to[from]; /* has got all that */
    if (!goes_on && r->now < r->answered_at[from] + r->config->status_interval / 2) return;
    r->answered_at[from] = r->now;
    r->answered_to[from] = 0;
    send_view(r, from, view, is_changing);
    bool lacks_state = executed < r->stable || stable < r->stable;
    if (lacks_state && r->stable_state) send_state(r, from);
    for (uint32_t i = 0; i < r->n_checkpoints; i++)
        if (r->checkpoints[i].number > stable && r->checkpoints[i].votes[r->me])
            orr_pbft_send(r, from, orr_msg_ref(r->checkpoints[i].votes[r->me]));
    uint64_t first = executed < r->stable ? r->stable + 1 : executed + 1;
    for (uint64_t number = first; number < first + AT_ONCE; number++) {
        const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
        if (s && s->committed && s->committed_batch.msg) {
            orr_pbft_send(r, from, orr_pbft_decision_new(r, s));
            r->answered_to[from] = number;
        } else if (view == r->view && !is_changing && !r->is_changing)
            send_votes(r, from, number);
    }
}

static const struct orr_pbft_bytes *batch_of(const struct orr_pbft_slot *s, uint64_t number,
                                             const uint8_t digest[32]) {
    const struct orr_pbft_bytes *known[] = {&s->batch, &s->prepared_batch, &s->committed_batch};
    for (int i = 0; i < 3; i++) {
        uint8_t own[32];
        if (!known[i]->msg) continue;
        orr_pbft_digest(number, orr_pbft_bytes_at(known[i]), orr_pbft_bytes_len(known[i]), own);
        if (!memcmp(own, digest, 32)) return known[i];
    }
    return NULL;
}

/* BATCH: number u64 | batch. */
void orr_pbft_recv_fetch(struct orr_pbft_replica *r, uint32_t from, const struct orr_msg *m) {
    if (m->len != FETCH_BYTES) {
        orr_pbft_drop(r);
        return;
    }
    uint64_t number = orr_load_le64(m->data);
    const struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    const struct orr_pbft_bytes *b = s ? batch_of(s, number, m->data + 8) : NULL;
    if (!b) return;
    struct orr_msg *answer =
        orr_msg_new(r->common->pool, ORR_PBFT_BATCH, 8 + orr_pbft_bytes_len(b));
    orr_store_le64(answer->data, number);
    memcpy(answer->data + 8, orr_pbft_bytes_at(b), orr_pbft_bytes_len(b));
    orr_pbft_send(r, from, answer);
}

/* ---- answers ---- */

void orr_pbft_recv_batch(struct orr_pbft_replica *r, struct orr_msg *m) {
    struct orr_pbft_slot *s = m->len >= 8 ? orr_pbft_slot_at(r, orr_load_le64(m->data)) : NULL;
    uint8_t digest[32];
    if (m->len < 8 || !orr_pbft_batch_is_good(m->data + 8, m->len - 8, r->n)) {
        orr_pbft_drop(r);
        return;
    }
    if (!s || !s->is_ordered || s->batch.msg) return;
    uint64_t number = orr_load_le64(m->data);
    orr_pbft_digest(number, m->data + 8, m->len - 8, digest);
    if (memcmp(digest, s->digest, 32)) return;
    orr_pbft_bytes_set(r, &s->batch, m, 8);
    orr_pbft_save_slot(r, number);
    orr_pbft_prepare(r, number);
}

/* The certificate at the head of a message, if it is good and of that kind. */
static bool read_cert(const struct orr_msg *m, uint8_t kind, struct orr_pbft_cert *c) {
    struct orr_reader rd = orr_reader(m->data, m->len);
    uint32_t len = orr_read_u32(&rd);
    const uint8_t *bytes = orr_read_bytes(&rd, len);
    return !rd.bad && orr_pbft_cert_read(bytes, len, c) && c->len == len && c->kind == kind;
}

/* At the end of an answer who sent it is asked for more at once: a replica that lags is as quick as
 * its links, not as its status. */
void orr_pbft_recv_decision(struct orr_pbft_replica *r, uint32_t from, struct orr_msg *m) {
    struct orr_pbft_cert c;
    uint8_t digest[32];
    if (!read_cert(m, ORR_PBFT_COMMIT, &c)) {
        orr_pbft_drop(r);
        return;
    }
    uint32_t at = 4 + c.len;
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, c.number);
    if (!s || c.number <= r->executed || s->committed) return;
    orr_pbft_digest(c.number, m->data + at, m->len - at, digest);
    if (memcmp(digest, c.digest, 32) ||
        !orr_pbft_batch_is_good(m->data + at, m->len - at, r->n) || !orr_pbft_cert_is_good(r, &c)) {
        orr_pbft_drop(r);
        return;
    }
    s->committed = orr_msg_copy(r->common->pool, 0, m->data + 4, c.len);
    orr_pbft_bytes_set(r, &s->committed_batch, m, at);
    orr_pbft_execute_ready(r);
    if (r->asked_from != UINT64_MAX && r->executed == r->asked_from + AT_ONCE) say(r, from);
}

/* A stable checkpoint with its state, of which this replica lacks one or both (4.3). */
void orr_pbft_recv_state(struct orr_pbft_replica *r, struct orr_msg *m) {
    struct orr_pbft_cert c;
    uint8_t digest[32];
    if (!read_cert(m, ORR_PBFT_CHECKPOINT, &c)) {
        orr_pbft_drop(r);
        return;
    }
    if (c.number <= r->stable) return;
    const uint8_t *bytes = m->data + 4 + c.len;
    uint32_t len = m->len - 4 - c.len;
    orr_sha256(bytes, len, digest);
    bool is_good = orr_pbft_has_bug(r, ORR_PBFT_BUG_UNCHECKED_STATE) ||
                   (!memcmp(digest, c.digest, 32) && !c.view && orr_pbft_cert_is_good(r, &c));
    bool is_ahead = c.number > r->executed;
    if (!is_good || (is_ahead && !orr_pbft_state_load(r, bytes, len, c.number))) {
        orr_pbft_drop(r);
        return;
    }
    struct orr_msg *cert = orr_msg_copy(r->common->pool, ORR_PBFT_CHECKPOINT, m->data + 4, c.len);
    struct orr_msg *state = orr_msg_copy(r->common->pool, ORR_PBFT_STATE, bytes, len);
    orr_pbft_stable_at(r, c.number, cert, state);
    orr_msg_unref(r->common->pool, cert);
    orr_msg_unref(r->common->pool, state);
    if (is_ahead) orr_adopt(r->out, c.number, r->last_digest);
    if (is_ahead && r->asked_from != UINT64_MAX) r->asked_from = c.number; /* decisions follow */
    for (uint32_t i = 0; i < r->pending.n_entries; i++) { /* executed by the others meanwhile */
        const struct orr_mempool_entry *e = &r->pending.entries[i];
        if (e->tx && orr_pbft_is_executed(r, orr_pbft_request_id(e->tx->data, e->tx->len)))
            orr_mempool_remove(&r->pending, e->id);
    }
    orr_pbft_execute_ready(r);
    orr_pbft_try_order(r);
}
