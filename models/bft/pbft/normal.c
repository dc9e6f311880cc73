/* normal.c - the normal case (4.2): pre-prepare, prepare, commit, execution in order. */
#include "models/bft/pbft/state.h"

static struct orr_msg **votes_of(struct orr_pbft_replica *r, struct orr_pbft_slot *s,
                                 uint8_t kind) {
    if (!s->prepares)
        s->prepares = orr_alloc_zero(r->common->mem, 2 * r->n * sizeof *s->prepares);
    return s->prepares + (kind == ORR_PBFT_COMMIT ? r->n : 0);
}

/* Votes may have come before the pre-prepare: those for its digest count. */
static void count(struct orr_pbft_replica *r, struct orr_pbft_slot *s) {
    struct orr_pbft_vote v;
    s->n_prepares = s->n_commits = 0;
    for (uint32_t i = 0; s->prepares && i < 2 * r->n; i++) {
        if (!s->prepares[i] || !orr_pbft_vote_read(s->prepares[i], r->set, &v) ||
            memcmp(v.digest, s->digest, 32))
            continue;
        if (i < r->n) s->n_prepares++;
        else s->n_commits++;
    }
}

static void cast(struct orr_pbft_replica *r, uint64_t number, struct orr_pbft_slot *s,
                 uint8_t kind) {
    struct orr_msg **votes = votes_of(r, s, kind);
    if (votes[r->me]) return;
    struct orr_msg *m = orr_pbft_vote(r, kind, r->view, number, s->digest, 0);
    votes[r->me] = orr_msg_ref(m);
    if (kind == ORR_PBFT_COMMIT) s->n_commits++;
    else s->n_prepares++;
    orr_pbft_send_all(r, m);
}

/* What is promised is durable before it is said. */
static void save(struct orr_pbft_replica *r, uint64_t number) {
    if (!orr_pbft_has_bug(r, ORR_PBFT_BUG_FORGET_LAST_VOTE)) orr_pbft_save_slot(r, number);
}

/* ---- the view timer (4.4, first paragraph) ---- */

void orr_pbft_wait_for_view(struct orr_pbft_replica *r) {
    if (r->is_changing) return; /* view.c's */
    bool is_needed = r->pending.n_txs && !orr_pbft_is_primary(r);
    if (is_needed == r->is_waiting) return;
    r->is_waiting = is_needed;
    orr_arm(r->out, ORR_PBFT_TIMER_VIEW, is_needed ? r->now + r->config->timeout : ORR_NEVER);
}

/* ---- the primary orders ---- */

static struct orr_msg *take_batch(struct orr_pbft_replica *r) {
    uint32_t n = 0, size = ORR_PBFT_BATCH_HEAD;
    while (n < r->queue.n && n < r->config->batch)
        size += 4 + (*(struct orr_msg **)orr_fifo_at(&r->queue, n++))->len;
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_BATCH, size);
    struct orr_writer w = orr_writer(m->data, size);
    orr_write_u64(&w, (uint64_t)r->wall);
    orr_write_u32(&w, r->me);
    for (uint32_t i = 0; i < n; i++) {
        struct orr_msg *request = *(struct orr_msg **)orr_fifo_pop(&r->queue);
        orr_write_u32(&w, request->len);
        orr_write_bytes(&w, request->data, request->len);
        orr_msg_unref(r->common->pool, request);
    }
    assert(!w.bad && w.p == w.end);
    return m;
}

static void hash_cost(struct orr_pbft_replica *r, uint64_t bytes) {
    r->out->busy_ns += (int64_t)(bytes * (uint64_t)r->common->costs->hash_kib_ns / 1024);
}

static void order(struct orr_pbft_replica *r) {
    uint64_t number = r->next++;
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    struct orr_msg *batch = take_batch(r);
    orr_pbft_digest(number, batch->data, batch->len, s->digest);
    hash_cost(r, batch->len);
    struct orr_msg *m =
        orr_pbft_vote(r, ORR_PBFT_PRE_PREPARE, r->view, number, s->digest, batch->len);
    memcpy(m->data + ORR_PBFT_VOTE_BYTES, batch->data, batch->len);
    memcpy(s->order_signature, m->data + ORR_PBFT_VOTE_BYTES - 64, 64);
    orr_propose(r->out, number, (uint32_t)r->view, s->digest, batch->len);
    orr_msg_unref(r->common->pool, batch);
    s->is_ordered = true;
    s->order = orr_msg_ref(m);
    orr_pbft_bytes_set(r, &s->batch, m, ORR_PBFT_VOTE_BYTES);
    save(r, number);
    orr_pbft_send_all(r, m);
    orr_pbft_prepare(r, number);
}

/* Requests that were executed meanwhile are left out. */
static void shorten_queue(struct orr_pbft_replica *r) {
    while (r->queue.n) { /* ends: it gets shorter */
        struct orr_msg *m = *(struct orr_msg **)orr_fifo_at(&r->queue, 0);
        if (!orr_pbft_is_executed(r, orr_pbft_request_id(m->data, m->len))) return;
        orr_fifo_pop(&r->queue);
        orr_msg_unref(r->common->pool, m);
    }
}

void orr_pbft_try_order(struct orr_pbft_replica *r) {
    if (!orr_pbft_is_primary(r) || r->is_restoring) return;
    if (r->next <= r->executed) r->next = r->executed + 1;
    for (shorten_queue(r); r->queue.n; shorten_queue(r)) { /* ends: the queue gets shorter */
        struct orr_pbft_slot *s = orr_pbft_slot_at(r, r->next);
        if (!s || r->next - r->executed > r->config->pipeline) return;
        if (s->is_ordered || s->committed) {
            r->next++;
            continue;
        }
        bool is_full = r->queue.n >= r->config->batch;
        if (r->config->batch_interval && !is_full && !r->is_batch_due) {
            if (!r->is_batching)
                orr_arm(r->out, ORR_PBFT_TIMER_BATCH, r->now + r->config->batch_interval);
            r->is_batching = true;
            return;
        }
        r->is_batch_due = false;
        order(r);
    }
}

/* ---- agreeing ---- */

void orr_pbft_prepare(struct orr_pbft_replica *r, uint64_t number) {
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    assert(s && s->is_ordered && s->batch.msg);
    count(r, s);
    if (orr_pbft_primary(r) != r->me || r->config->primary_prepares)
        cast(r, number, s, ORR_PBFT_PREPARE);
    if (!r->config->on_arrival) orr_pbft_advance(r, number);
}

void orr_pbft_resume(struct orr_pbft_replica *r, uint64_t number) {
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    struct orr_pbft_cert c;
    if (!s || !s->is_ordered || !s->batch.msg) return;
    if (orr_pbft_primary(r) != r->me || r->config->primary_prepares)
        cast(r, number, s, ORR_PBFT_PREPARE);
    bool is_cert = s->prepared && orr_pbft_cert_read(s->prepared->data, s->prepared->len, &c);
    if (!is_cert || c.view != r->view || memcmp(c.digest, s->digest, 32)) return;
    s->is_prepared = true;
    cast(r, number, s, ORR_PBFT_COMMIT);
}

/* "prepared": the pre-prepare and 2f prepares of different backups that match it. */
static bool has_prepares(const struct orr_pbft_replica *r, const struct orr_pbft_slot *s) {
    return orr_pbft_has_bug(r, ORR_PBFT_BUG_SKIP_PREPARE) ||
           s->n_prepares + !r->config->primary_prepares >= r->quorum;
}

void orr_pbft_advance(struct orr_pbft_replica *r, uint64_t number) {
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
    if (!s || !s->is_ordered || !s->batch.msg) return;
    if (!s->is_prepared && has_prepares(r, s)) {
        s->is_prepared = true;
        struct orr_msg *cert =
            orr_pbft_cert_new(r, ORR_PBFT_PREPARE, r->view, number, s->digest,
                              votes_of(r, s, ORR_PBFT_PREPARE), s->order_signature);
        orr_msg_unref(r->common->pool, s->prepared);
        s->prepared = cert;
        orr_pbft_bytes_set(r, &s->prepared_batch, s->batch.msg, s->batch.at);
        save(r, number);
        cast(r, number, s, ORR_PBFT_COMMIT);
        if (r->config->on_arrival) return;
    }
    /* "committed-local": prepared, and 2f + 1 commits */
    if (!s->is_prepared || s->committed || s->n_commits < r->quorum) return;
    s->committed = orr_pbft_cert_new(r, ORR_PBFT_COMMIT, r->view, number, s->digest,
                                     votes_of(r, s, ORR_PBFT_COMMIT), NULL);
    orr_pbft_bytes_set(r, &s->committed_batch, s->batch.msg, s->batch.at);
    if (r->config->decide_broadcast) orr_pbft_send_all(r, orr_pbft_decision_new(r, s));
    orr_pbft_execute_ready(r);
}

static void name_signers(struct orr_pbft_replica *r, const struct orr_pbft_cert *c) {
    orr_peer *signers = orr_name_signers(r->out, "commit", c->number, (uint32_t)c->view, c->digest,
                                         c->n);
    for (uint32_t i = 0; i < c->n; i++)
        signers[i] = r->set->members[orr_load_le32(c->signatures + i * ORR_PBFT_SIG_BYTES)];
}

void orr_pbft_execute_ready(struct orr_pbft_replica *r) {
    uint64_t before = r->executed;
    for (;;) { /* ends: executed grows, and the window is bounded */
        struct orr_pbft_slot *s = orr_pbft_slot_at(r, r->executed + 1);
        struct orr_pbft_cert c;
        if (!s || !s->committed || !s->committed_batch.msg) break;
        bool is_cert = orr_pbft_cert_read(s->committed->data, s->committed->len, &c);
        assert(is_cert);
        (void)is_cert;
        struct orr_pbft_slot *after = orr_pbft_slot_at(r, r->executed + 2);
        bool is_last = !after || !after->committed || !after->committed_batch.msg;
        bool is_told = !r->is_restoring || is_last; /* sim/driver.h, "Telling again" */
        if (!s->is_executed) {
            s->is_executed = true;
            orr_pbft_save_slot(r, r->executed + 1);
        }
        if (is_told) name_signers(r, &c);
        struct orr_pbft_bytes batch = {NULL, 0};
        orr_pbft_bytes_set(r, &batch, s->committed_batch.msg, s->committed_batch.at);
        orr_pbft_apply(r, c.number, c.view, c.digest, &batch, is_told);
        orr_msg_unref(r->common->pool, batch.msg);
        if (r->executed % r->config->checkpoint_interval == 0) orr_pbft_checkpoint(r);
    }
    if (r->executed == before || r->is_restoring) return;
    if (!r->is_changing) {
        r->n_failed = 0;
        if (r->is_waiting) orr_arm(r->out, ORR_PBFT_TIMER_VIEW, ORR_NEVER);
        r->is_waiting = false;
        orr_pbft_wait_for_view(r);
    }
    orr_pbft_try_order(r);
}

/* ---- messages ---- */

/* Of a view to come: kept for then. */
static bool is_early(struct orr_pbft_replica *r, const struct orr_pbft_vote *v, struct orr_msg *m,
                     orr_peer from) {
    if (v->view < r->view || (v->view == r->view && !r->is_changing)) return false;
    bool has_room = r->early.n < 16 * r->n + 1024 && r->early.n_bytes < 64u << 20;
    if (has_room && v->view <= r->view + 64) orr_held_add(&r->early, m, from);
    return true;
}

static bool is_authentic(struct orr_pbft_replica *r, const struct orr_pbft_vote *v) {
    bool is = orr_pbft_vote_verify(v, r->set, r->common->memo);
    if (!is) orr_pbft_drop(r);
    return is;
}

void orr_pbft_recv_pre_prepare(struct orr_pbft_replica *r, struct orr_msg *m, orr_peer from) {
    struct orr_pbft_vote v;
    const uint8_t *batch = m->data + ORR_PBFT_VOTE_BYTES;
    bool is_read = orr_pbft_vote_read(m, r->set, &v);
    uint32_t len = is_read ? m->len - ORR_PBFT_VOTE_BYTES : 0;
    if (!is_read || v.replica != v.view % r->n || v.replica == r->me || !len ||
        !orr_pbft_batch_is_good(batch, len, r->n) || orr_pbft_batch_author(batch) != v.replica) {
        orr_pbft_drop(r);
        return;
    }
    if (is_early(r, &v, m, from) || v.view < r->view) return;
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, v.number);
    if (!s) return;
    orr_pbft_charge_verify(r, 1);
    hash_cost(r, len);
    if (s->is_ordered) {
        if (memcmp(s->digest, v.digest, 32) && is_authentic(r, &v)) orr_pbft_accuse(r, &v);
        return;
    }
    uint8_t digest[32];
    orr_pbft_digest(v.number, batch, len, digest);
    if (memcmp(digest, v.digest, 32)) {
        orr_pbft_drop(r);
        return;
    }
    if (!is_authentic(r, &v)) return;
    s->is_ordered = true;
    memcpy(s->digest, digest, 32);
    memcpy(s->order_signature, v.signature, 64);
    s->order = orr_msg_ref(m);
    orr_pbft_bytes_set(r, &s->batch, m, ORR_PBFT_VOTE_BYTES);
    save(r, v.number);
    orr_pbft_prepare(r, v.number);
}

void orr_pbft_recv_vote(struct orr_pbft_replica *r, struct orr_msg *m, orr_peer from) {
    struct orr_pbft_vote v;
    bool is_vote = orr_pbft_vote_read(m, r->set, &v) && m->len == ORR_PBFT_VOTE_BYTES;
    bool is_primary = is_vote && v.kind == ORR_PBFT_PREPARE && v.replica == v.view % r->n;
    if (!is_vote || v.replica == r->me || (is_primary && !r->config->primary_prepares)) {
        orr_pbft_drop(r);
        return;
    }
    bool is_stale = v.view < r->view && !orr_pbft_has_bug(r, ORR_PBFT_BUG_STALE_VIEW_VOTE);
    if (is_early(r, &v, m, from) || is_stale) return;
    struct orr_pbft_slot *s = orr_pbft_slot_at(r, v.number);
    orr_pbft_charge_verify(r, 1);
    if (!s || !is_authentic(r, &v)) return;
    struct orr_msg **votes = votes_of(r, s, v.kind);
    if (votes[v.replica]) { /* a replica's first vote counts */
        struct orr_pbft_vote first;
        orr_pbft_vote_read(votes[v.replica], r->set, &first);
        if (first.view == v.view && memcmp(first.digest, v.digest, 32)) orr_pbft_accuse(r, &v);
        return;
    }
    votes[v.replica] = orr_msg_ref(m);
    if (s->is_ordered && !memcmp(v.digest, s->digest, 32)) {
        if (v.kind == ORR_PBFT_COMMIT) s->n_commits++;
        else s->n_prepares++;
    }
    orr_pbft_advance(r, v.number);
}
