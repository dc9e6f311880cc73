#include "models/bft/common/conn.h"

#define DECAY_NS ((orr_time)2000000000) /* MConnection's updateStats */

void orr_conn_init(struct orr_conn *conn, const struct orr_conn_channel *channels, uint64_t rate,
                   struct orr_mem *mem, struct orr_pool *pool) {
    uint64_t windows = (uint64_t)(1000000000 / ORR_CONN_WINDOW_NS);
    *conn = (struct orr_conn){.channels = channels, .pool = pool, .window_bytes = rate / windows};
    if (conn->window_bytes < ORR_CONN_PACKET_BYTES) conn->window_bytes = ORR_CONN_PACKET_BYTES;
    for (uint32_t i = 0; i < ORR_CONN_CHANNELS; i++) {
        assert(channels[i].priority && channels[i].cap);
        orr_fifo_init(&conn->queues[i].waiting, mem, sizeof(struct orr_msg *));
    }
}

void orr_conn_close(struct orr_conn *conn) {
    for (uint32_t i = 0; i < ORR_CONN_CHANNELS; i++) {
        struct orr_conn_queue *q = &conn->queues[i];
        while (q->waiting.n)
            orr_msg_unref(conn->pool, *(struct orr_msg **)orr_fifo_pop(&q->waiting));
        q->sent = 0;
        q->recent = 0;
    }
    conn->n_waiting = 0;
}

void orr_conn_fini(struct orr_conn *conn) {
    orr_conn_close(conn);
    for (uint32_t i = 0; i < ORR_CONN_CHANNELS; i++) orr_fifo_fini(&conn->queues[i].waiting);
}

bool orr_conn_push(struct orr_conn *conn, uint32_t channel, struct orr_msg *moved) {
    assert(channel < ORR_CONN_CHANNELS);
    if (!orr_conn_has_room(conn, channel)) {
        orr_msg_unref(conn->pool, moved);
        return false;
    }
    *(struct orr_msg **)orr_fifo_push(&conn->queues[channel].waiting) = moved;
    conn->n_waiting++;
    return true;
}

/* The queue whose packet is next: what it sent lately by its priority is the least, of equal ones
 * the first.  Something waits. */
static struct orr_conn_queue *next_queue(struct orr_conn *conn) {
    uint32_t best = ORR_CONN_CHANNELS;
    for (uint32_t i = 0; i < ORR_CONN_CHANNELS; i++) {
        if (!conn->queues[i].waiting.n) continue;
        if (best == ORR_CONN_CHANNELS ||
            conn->queues[i].recent * conn->channels[best].priority <
                conn->queues[best].recent * conn->channels[i].priority)
            best = i;
    }
    assert(best < ORR_CONN_CHANNELS);
    return &conn->queues[best];
}

static void decay(struct orr_conn *conn, orr_time now) {
    for (; now - conn->decayed_at >= DECAY_NS; conn->decayed_at += DECAY_NS) {
        uint64_t left = 0; /* ends: soon nothing is left */
        for (uint32_t i = 0; i < ORR_CONN_CHANNELS; i++) {
            uint64_t *recent = &conn->queues[i].recent;
            *recent -= *recent / 5 + (*recent % 5 != 0);
            left += *recent;
        }
        if (!left) conn->decayed_at = now - DECAY_NS;
    }
}

orr_time orr_conn_send(struct orr_conn *conn, orr_peer peer, orr_time now, struct orr_outbox *out) {
    if (!conn->n_waiting) return ORR_NEVER;
    decay(conn, now);
    if (now - conn->window_at >= ORR_CONN_WINDOW_NS) conn->window_at = now, conn->spent = 0;
    while (conn->n_waiting) { /* ends: each turn sends a packet of what waits */
        struct orr_conn_queue *q = next_queue(conn);
        struct orr_msg *m = *(struct orr_msg **)orr_fifo_at(&q->waiting, 0);
        uint32_t left = m->len - q->sent;
        uint32_t bytes = left < ORR_CONN_PACKET_BYTES ? left : ORR_CONN_PACKET_BYTES;
        if (conn->spent + bytes > conn->window_bytes) return conn->window_at + ORR_CONN_WINDOW_NS;
        conn->spent += bytes;
        q->recent += bytes;
        q->sent += bytes;
        if (q->sent < m->len) continue;
        orr_fifo_pop(&q->waiting);
        q->sent = 0;
        conn->n_waiting--;
        orr_send(out, peer, m);
    }
    return ORR_NEVER;
}
