/* view.c - view changes (4.4), and how long to wait for one (4.5.2). */
#include "models/bft/pbft/state.h"

static orr_time patience(const struct orr_pbft_replica *r) {
    const struct orr_pbft_config *c = r->config;
    uint32_t k = r->n_failed ? r->n_failed - 1 : 0;
    if (c->growth == ORR_PBFT_FIXED || orr_pbft_has_bug(r, ORR_PBFT_BUG_TIMER_NEVER_GROWS))
        return c->timeout;
    if (c->growth == ORR_PBFT_LINEAR) return c->timeout * (1 + (k < 1000 ? k : 1000));
    return c->timeout << (k < 16 ? k : 16);
}

/* ---- VIEW-CHANGE ---- */

/* "P is a set containing a set Pm for each request m that prepared at i with a sequence number
 * higher than n". */
static struct orr_msg *view_change(struct orr_pbft_replica *r) {
    uint32_t cert_len = r->stable_cert ? r->stable_cert->len : 0, n = 0;
    uint64_t size = 8 + 8 + 4 + 4 + (uint64_t)cert_len + 4 + 64;
    for (uint64_t i = r->stable + 1; i <= r->stable + r->config->window; i++) {
        const struct orr_pbft_slot *s = orr_pbft_slot_at(r, i);
        if (s->prepared) size += 4 + (uint64_t)s->prepared->len, n++;
    }
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_VIEW_CHANGE, (uint32_t)size);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, r->view);
    orr_write_u64(&w, r->stable);
    orr_write_u32(&w, r->me);
    orr_write_u32(&w, cert_len);
    if (cert_len) orr_write_bytes(&w, r->stable_cert->data, cert_len);
    orr_write_u32(&w, n);
    for (uint64_t i = r->stable + 1; i <= r->stable + r->config->window; i++) {
        const struct orr_pbft_slot *s = orr_pbft_slot_at(r, i);
        if (!s->prepared) continue;
        orr_write_u32(&w, s->prepared->len);
        orr_write_bytes(&w, s->prepared->data, s->prepared->len);
    }
    assert(!w.bad && w.end - w.p == 64);
    orr_pbft_seal(ORR_PBFT_VIEW_CHANGE, r->view, r->me, m->data, m->len, r->set, r->common->memo);
    r->out->busy_ns += r->common->costs->sign_ns;
    return m;
}

static void keep_change(struct orr_pbft_replica *r, uint32_t replica, uint64_t view,
                        struct orr_msg *m) {
    orr_msg_ref(m);
    orr_msg_unref(r->common->pool, r->changes[replica]);
    r->changes[replica] = m;
    r->change_views[replica] = view;
}

static void leave_view(struct orr_pbft_replica *r, uint64_t view) {
    assert(view >= r->view);
    r->view = view;
    for (uint64_t i = r->stable + 1; i <= r->stable + r->config->window; i++)
        orr_pbft_slot_forget_view(r, orr_pbft_slot_at(r, i));
    orr_msg_unref(r->common->pool, r->own_change);
    orr_msg_unref(r->common->pool, r->new_view);
    r->own_change = r->new_view = NULL;
    if (r->is_waiting) orr_arm(r->out, ORR_PBFT_TIMER_VIEW, ORR_NEVER);
    r->is_waiting = false;
}

static void try_new_view(struct orr_pbft_replica *r);

void orr_pbft_change_view(struct orr_pbft_replica *r, uint64_t view, enum orr_view_reason reason) {
    assert(view > r->view);
    if (view > ORR_PBFT_MAX_VIEW) return;
    leave_view(r, view);
    r->is_changing = true;
    r->n_failed++;
    r->own_change = view_change(r);
    keep_change(r, r->me, view, r->own_change);
    orr_pbft_save_view(r);
    orr_enter_view(r->out, view, reason);
    orr_enter(r->out, r->executed + 1, (uint32_t)view, ORR_PBFT_CHANGING);
    orr_pbft_send_all(r, orr_msg_ref(r->own_change));
    orr_pbft_queue_anew(r);
    try_new_view(r);
}

void orr_pbft_resume_change(struct orr_pbft_replica *r) {
    struct orr_pbft_view_change c;
    if (!r->own_change || !orr_pbft_view_change_read(r->own_change->data, r->own_change->len,
                                                     r->set, &c))
        return;
    r->n_failed++;
    keep_change(r, r->me, r->view, r->own_change);
    orr_pbft_send_all(r, orr_msg_ref(r->own_change));
    try_new_view(r);
}

void orr_pbft_view_timeout(struct orr_pbft_replica *r) {
    r->is_waiting = false;
    orr_pbft_change_view(r, r->view + 1, ORR_VIEW_TIMEOUT);
}

static bool change_is_good(struct orr_pbft_replica *r, const struct orr_pbft_view_change *m) {
    struct orr_pbft_cert c;
    orr_pbft_charge_verify(r, 1);
    if (!orr_pbft_sealed(ORR_PBFT_VIEW_CHANGE, m->view, m->replica, m->digest, m->signature,
                         r->set, r->common->memo))
        return false;
    if (m->stable && (!orr_pbft_cert_read(m->cert, m->cert_len, &c) ||
                      !orr_pbft_cert_is_good(r, &c)))
        return false;
    const uint8_t *at = m->prepared;
    for (uint32_t i = 0; i < m->n_prepared; i++)
        if (!orr_pbft_view_change_next(m, &at, &c) || !orr_pbft_cert_is_good(r, &c) ||
            c.number > m->stable + r->config->window)
            return false;
    return true;
}

/* 4.5.2: f + 1 view changes of greater views, whose least is joined; 0: not so many. */
static uint64_t view_to_join(const struct orr_pbft_replica *r) {
    uint64_t n = 0, least = 0;
    for (uint32_t i = 0; i < r->n; i++)
        if (r->change_views[i] > r->view) {
            n++;
            if (!least || r->change_views[i] < least) least = r->change_views[i];
        }
    return n >= orr_one_correct(r->n) ? least : 0;
}

void orr_pbft_recv_view_change(struct orr_pbft_replica *r, struct orr_msg *m) {
    struct orr_pbft_view_change c;
    if (!orr_pbft_view_change_read(m->data, m->len, r->set, &c) || c.replica == r->me) {
        orr_pbft_drop(r);
        return;
    }
    if (c.view <= r->change_views[c.replica] || c.view < r->view ||
        (c.view == r->view && !r->is_changing))
        return;
    if (!change_is_good(r, &c)) {
        orr_pbft_drop(r);
        return;
    }
    keep_change(r, c.replica, c.view, m);
    uint64_t join = view_to_join(r);
    if (join) orr_pbft_change_view(r, join, ORR_VIEW_TC);
    else try_new_view(r);
}

/* ---- NEW-VIEW ---- */

struct order { uint64_t view; uint8_t digest[32]; bool is_set; };
struct orders {
    uint64_t min, max; /* numbers min + 1 .. max */
    struct order *v;   /* [window], number min + 1 + i */
};

/* The latest stable checkpoint in V, and the highest number in a prepared certificate of V. */
static void bounds(struct orders *o, const struct orr_pbft_view_change *m) {
    struct orr_pbft_cert c;
    const uint8_t *at = m->prepared;
    if (m->stable > o->min) o->min = m->stable;
    for (uint32_t i = 0; i < m->n_prepared; i++)
        if (orr_pbft_view_change_next(m, &at, &c) && c.number > o->max) o->max = c.number;
}

/* "with the highest view number in V"; the flawed variant takes the first that it meets. */
static void take(const struct orr_pbft_replica *r, struct orders *o,
                 const struct orr_pbft_view_change *m) {
    struct orr_pbft_cert c;
    const uint8_t *at = m->prepared;
    for (uint32_t i = 0; i < m->n_prepared; i++) {
        if (!orr_pbft_view_change_next(m, &at, &c) || c.number <= o->min) continue;
        struct order *order = &o->v[c.number - o->min - 1];
        bool is_first = r->config->new_view == ORR_PBFT_FIRST_CERTIFICATE;
        if (order->is_set && (is_first || order->view >= c.view)) continue;
        order->is_set = true;
        order->view = c.view;
        memcpy(order->digest, c.digest, 32);
    }
}

/* O of 4.4 from the view changes, which are good; o->v is the caller's to free. */
static void compute_orders(struct orr_pbft_replica *r, const struct orr_pbft_view_change *changes,
                           uint32_t n, struct orders *o) {
    *o = (struct orders){0};
    for (uint32_t i = 0; i < n; i++) bounds(o, &changes[i]);
    if (o->max < o->min) o->max = o->min;
    assert(o->max - o->min <= r->config->window);
    o->v = orr_alloc_zero(r->common->mem, r->config->window * sizeof *o->v);
    for (uint32_t i = 0; i < n; i++) take(r, o, &changes[i]);
    for (uint64_t number = o->min + 1; number <= o->max; number++) { /* the null request */
        struct order *order = &o->v[number - o->min - 1];
        if (!order->is_set) orr_pbft_digest(number, NULL, 0, order->digest);
    }
}

static void free_orders(struct orr_pbft_replica *r, struct orders *o) {
    orr_free(r->common->mem, o->v, r->config->window * sizeof *o->v);
}

static void enter(struct orr_pbft_replica *r, struct orr_msg *m, uint64_t view) {
    orr_msg_ref(m);
    leave_view(r, view);
    r->is_changing = false;
    r->new_view = m;
    orr_pbft_save_view(r);
    orr_enter_view(r->out, view, ORR_VIEW_QC);
    orr_enter(r->out, r->executed + 1, (uint32_t)view, ORR_PBFT_NORMAL);
    if (r->pending.n_txs && !orr_pbft_is_primary(r)) { /* till one is executed */
        r->is_waiting = true;
        orr_arm(r->out, ORR_PBFT_TIMER_VIEW, r->now + patience(r));
    }
    orr_pbft_apply_orders(r);
    orr_pbft_queue_anew(r);
    struct orr_held_list early = orr_held_take(&r->early);
    for (uint32_t i = 0; i < early.n; i++) {
        if (early.v[i].msg->kind == ORR_PBFT_PRE_PREPARE)
            orr_pbft_recv_pre_prepare(r, early.v[i].msg, early.v[i].from);
        else
            orr_pbft_recv_vote(r, early.v[i].msg, early.v[i].from);
    }
    orr_held_give_back(&r->early, early);
}

static void put_orders(struct orr_pbft_replica *r, const struct orders *o, struct orr_writer *w) {
    orr_write_u32(w, (uint32_t)(o->max - o->min));
    for (uint64_t number = o->min + 1; number <= o->max; number++) {
        const struct order *order = &o->v[number - o->min - 1];
        struct orr_pbft_vote v = {.view = r->view, .number = number, .replica = r->me,
                                  .kind = ORR_PBFT_PRE_PREPARE};
        memcpy(v.digest, order->digest, 32);
        orr_pbft_vote_sign(&v, r->set, r->common->memo);
        r->out->busy_ns += r->common->costs->sign_ns;
        if (!order->is_set) orr_propose(r->out, number, (uint32_t)r->view, order->digest, 0);
        orr_write_u64(w, number);
        orr_write_bytes(w, v.digest, 32);
        orr_write_bytes(w, v.signature, 64);
    }
}

static struct orr_msg *new_view(struct orr_pbft_replica *r, const uint32_t *chosen, uint32_t n,
                                const struct orders *o) {
    uint64_t size = 8 + 4 + 4 + 4 + (o->max - o->min) * ORR_PBFT_ORDER_BYTES + 64;
    for (uint32_t i = 0; i < n; i++) size += 4 + (uint64_t)r->changes[chosen[i]]->len;
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_NEW_VIEW, (uint32_t)size);
    struct orr_writer w = orr_writer(m->data, m->len);
    orr_write_u64(&w, r->view);
    orr_write_u32(&w, r->me);
    orr_write_u32(&w, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct orr_msg *c = r->changes[chosen[i]];
        orr_write_u32(&w, c->len);
        orr_write_bytes(&w, c->data, c->len);
    }
    put_orders(r, o, &w);
    assert(!w.bad && w.end - w.p == 64);
    orr_pbft_seal(ORR_PBFT_NEW_VIEW, r->view, r->me, m->data, m->len, r->set, r->common->memo);
    r->out->busy_ns += r->common->costs->sign_ns;
    return m;
}

/* A quorum has left for this view: its primary begins it, the others wait for that. */
static void try_new_view(struct orr_pbft_replica *r) {
    uint32_t n = 0;
    if (!r->is_changing) return;
    for (uint32_t i = 0; i < r->n; i++) n += r->change_views[i] == r->view;
    if (n < r->quorum) return;
    if (!r->is_waiting) {
        r->is_waiting = true;
        orr_arm(r->out, ORR_PBFT_TIMER_VIEW, r->now + patience(r));
    }
    if (orr_pbft_primary(r) != r->me) return;
    struct orr_mem *mem = r->common->mem;
    struct orr_pbft_view_change *changes = orr_alloc(mem, r->n * sizeof *changes);
    uint32_t *chosen = orr_alloc(mem, r->n * sizeof *chosen);
    n = 0;
    for (uint32_t i = 0; i < r->n && n < r->quorum; i++)
        if (r->change_views[i] == r->view &&
            orr_pbft_view_change_read(r->changes[i]->data, r->changes[i]->len, r->set,
                                      &changes[n]))
            chosen[n++] = i;
    assert(n == r->quorum);
    struct orders o;
    compute_orders(r, changes, n, &o);
    struct orr_msg *m = new_view(r, chosen, n, &o);
    free_orders(r, &o);
    orr_free(mem, changes, r->n * sizeof *changes);
    orr_free(mem, chosen, r->n * sizeof *chosen);
    enter(r, m, r->view);
    orr_pbft_send_all(r, m);
}

/* "A backup accepts a new-view message for view v + 1 if it is signed properly, if the view-change
 * messages it contains are valid for view v + 1, and if the set O is correct". */
static bool new_view_is_good(struct orr_pbft_replica *r, const struct orr_pbft_new_view_msg *m,
                             struct orr_pbft_view_change *changes) {
    uint32_t len, n = 0;
    const uint8_t *at = m->changes, *bytes;
    orr_pbft_charge_verify(r, 1);
    if (!orr_pbft_sealed(ORR_PBFT_NEW_VIEW, m->view, m->replica, m->digest, m->signature, r->set,
                         r->common->memo))
        return false;
    while ((bytes = orr_pbft_new_view_next(m, &at, &len))) { /* ends: at most n of them */
        if (!orr_pbft_view_change_read(bytes, len, r->set, &changes[n]) ||
            changes[n].view != m->view || (n && changes[n].replica <= changes[n - 1].replica) ||
            !change_is_good(r, &changes[n]))
            return false;
        n++;
    }
    if (n < r->quorum) return false;
    struct orders o;
    compute_orders(r, changes, n, &o);
    bool is_good = m->n_orders == o.max - o.min;
    for (uint32_t i = 0; is_good && i < m->n_orders; i++) {
        const uint8_t *order = m->orders + (size_t)i * ORR_PBFT_ORDER_BYTES;
        struct orr_pbft_vote v = {.view = m->view, .number = orr_load_le64(order),
                                  .replica = m->replica, .kind = ORR_PBFT_PRE_PREPARE};
        memcpy(v.digest, order + 8, 32);
        memcpy(v.signature, order + 40, 64);
        orr_pbft_charge_verify(r, 1);
        is_good = v.number == o.min + 1 + i && !memcmp(v.digest, o.v[i].digest, 32) &&
                  orr_pbft_vote_verify(&v, r->set, r->common->memo);
    }
    free_orders(r, &o);
    return is_good;
}

void orr_pbft_recv_new_view(struct orr_pbft_replica *r, struct orr_msg *m) {
    struct orr_pbft_new_view_msg v;
    if (!orr_pbft_new_view_read(m->data, m->len, r->set, &v) || v.replica != v.view % r->n ||
        v.replica == r->me) {
        orr_pbft_drop(r);
        return;
    }
    if (v.view < r->view || (v.view == r->view && !r->is_changing)) return;
    struct orr_pbft_view_change *changes = orr_alloc(r->common->mem, r->n * sizeof *changes);
    bool is_good = new_view_is_good(r, &v, changes);
    orr_free(r->common->mem, changes, r->n * sizeof *changes);
    if (is_good) enter(r, m, v.view);
    else orr_pbft_drop(r);
}

/* ---- what a new view orders ---- */

static bool is_of(const struct orr_pbft_bytes *b, uint64_t number, const uint8_t digest[32]) {
    uint8_t own[32];
    if (!b->msg) return false;
    orr_pbft_digest(number, orr_pbft_bytes_at(b), orr_pbft_bytes_len(b), own);
    return !memcmp(own, digest, 32);
}

/* The batch of an order, if it is known: of an earlier view, or that of no request. */
static void find_batch(struct orr_pbft_replica *r, struct orr_pbft_slot *s, uint64_t number) {
    struct orr_pbft_bytes *known[] = {&s->batch, &s->prepared_batch, &s->committed_batch};
    struct orr_msg *null = orr_msg_new(r->common->pool, ORR_PBFT_BATCH, 0);
    struct orr_pbft_bytes none = {null, 0}, found = {NULL, 0};
    for (int i = 0; i < 3 && !found.msg; i++)
        if (is_of(known[i], number, s->digest)) found = *known[i];
    if (!found.msg && is_of(&none, number, s->digest)) found = none;
    orr_pbft_bytes_set(r, &s->batch, found.msg, found.at);
    orr_msg_unref(r->common->pool, null);
}

void orr_pbft_apply_orders(struct orr_pbft_replica *r) {
    struct orr_pbft_new_view_msg m;
    if (!r->new_view || r->is_changing ||
        !orr_pbft_new_view_read(r->new_view->data, r->new_view->len, r->set, &m))
        return;
    r->next = r->executed + 1;
    for (uint32_t i = 0; i < m.n_orders; i++) {
        const uint8_t *order = m.orders + (size_t)i * ORR_PBFT_ORDER_BYTES;
        uint64_t number = orr_load_le64(order);
        struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
        if (r->next <= number) r->next = number + 1;
        if (!s || s->is_ordered) continue;
        s->is_ordered = true;
        memcpy(s->digest, order + 8, 32);
        memcpy(s->order_signature, order + 40, 64);
        find_batch(r, s, number);
        orr_pbft_save_slot(r, number);
        if (s->batch.msg) orr_pbft_prepare(r, number);
        else orr_pbft_fetch(r, number);
    }
}
