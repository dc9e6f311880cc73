/* requests.c - what users ask of their replica, and how it comes before the primary (4.1). */
#include "models/bft/pbft/state.h"

static void queue(struct orr_pbft_replica *r, struct orr_msg *request) {
    *(struct orr_msg **)orr_fifo_push(&r->queue) = orr_msg_ref(request);
}

static void bring(struct orr_pbft_replica *r, struct orr_msg *request) {
    if (orr_pbft_is_primary(r)) queue(r, request);
    else if (!r->is_changing) orr_pbft_send(r, orr_pbft_primary(r), orr_msg_ref(request));
}

static void arm_retry(struct orr_pbft_replica *r) {
    if (r->is_retrying || !r->pending.n_txs) return;
    r->is_retrying = true;
    orr_arm(r->out, ORR_PBFT_TIMER_RETRY, r->now + r->config->retry);
}

void orr_pbft_submit(struct orr_pbft_replica *r, struct orr_msg *tx) {
    if (!tx->len || tx->kind != ORR_PBFT_TX) {
        orr_pbft_drop(r);
        return;
    }
    if (orr_pbft_is_executed(r, orr_msg_hash(tx))) return;
    struct orr_msg *m = orr_msg_new(r->common->pool, ORR_PBFT_REQUEST, 4 + tx->len);
    orr_store_le32(m->data, r->me);
    memcpy(m->data + 4, tx->data, tx->len);
    r->out->busy_ns += r->common->costs->tx_check_ns;
    if (!orr_mempool_add(&r->pending, m, 0, r->n_retries)) {
        orr_pbft_ask(r, orr_msg_hash(tx));
        bring(r, m);
        orr_pbft_try_order(r);
        orr_pbft_wait_for_view(r);
        arm_retry(r);
    }
    orr_msg_unref(r->common->pool, m);
}

void orr_pbft_recv_request(struct orr_pbft_replica *r, struct orr_msg *m) {
    if (m->len < 5 || orr_load_le32(m->data) >= r->n) {
        orr_pbft_drop(r);
        return;
    }
    r->out->busy_ns += r->common->costs->tx_check_ns;
    if (orr_pbft_is_executed(r, orr_pbft_request_id(m->data, m->len)) ||
        orr_mempool_add(&r->pending, m, 0, r->n_retries))
        return;
    bring(r, m); /* a backup relays it (4.4) */
    orr_pbft_try_order(r);
    orr_pbft_wait_for_view(r);
    arm_retry(r);
}

/* "If the client does not receive replies soon enough, it broadcasts the request to all". */
void orr_pbft_retry(struct orr_pbft_replica *r) {
    r->is_retrying = false;
    for (uint32_t i = 0; i < r->pending.n_entries; i++) {
        const struct orr_mempool_entry *e = &r->pending.entries[i];
        if (e->tx && e->height < r->n_retries && orr_load_le32(e->tx->data) == r->me)
            orr_pbft_send_all(r, orr_msg_ref(e->tx));
    }
    r->n_retries++;
    arm_retry(r);
}

static bool is_in_slots(struct orr_pbft_replica *r, uint64_t hash) {
    for (uint64_t number = r->executed + 1;; number++) { /* ends: the window is bounded */
        struct orr_pbft_slot *s = orr_pbft_slot_at(r, number);
        uint32_t at = 0, size;
        const uint8_t *request;
        if (!s) return false;
        if (!s->is_ordered || !s->batch.msg || !orr_pbft_bytes_len(&s->batch)) continue;
        while ((request = orr_pbft_batch_next(orr_pbft_bytes_at(&s->batch),
                                              orr_pbft_bytes_len(&s->batch), &at, &size)))
            if (orr_hash64(ORR_PBFT_REQUEST, request, size) == hash) return true;
    }
}

/* A view begins: the primary orders what is pending and not ordered by the new view. */
void orr_pbft_queue_anew(struct orr_pbft_replica *r) {
    while (r->queue.n)
        orr_msg_unref(r->common->pool, *(struct orr_msg **)orr_fifo_pop(&r->queue));
    if (r->is_changing) return;
    for (uint32_t i = 0; i < r->pending.n_entries; i++) {
        const struct orr_mempool_entry *e = &r->pending.entries[i];
        if (!e->tx || (orr_pbft_is_primary(r) && is_in_slots(r, e->id))) continue;
        bool is_own = orr_load_le32(e->tx->data) == r->me;
        if (orr_pbft_is_primary(r) || is_own) bring(r, e->tx);
    }
    orr_pbft_try_order(r);
}
