/* conn.h - one connection that several channels share, as CometBFT's MConnection does (its
 * specification, "P2P Multiplex Connection").
 *
 * Each channel has a queue of a bounded number of messages and a priority.  Messages go out in
 * packets; the next packet is of the channel that has sent the least lately, by its priority, so a
 * vote waits for no large part.  What a channel has sent counts for a fifth less every two seconds.
 * In a window of 100 ms no more goes out than the rate allows (CometBFT's flow rate); what is left
 * goes in the next one.  A message is sent, as a whole, with the last of its packets. */
#ifndef ORR_MODELS_BFT_COMMON_CONN_H
#define ORR_MODELS_BFT_COMMON_CONN_H

#include "models/base/ring.h"
#include "models/protocol.h"

enum { ORR_CONN_CHANNELS = 4, ORR_CONN_PACKET_BYTES = 1024 };
#define ORR_CONN_WINDOW_NS ((orr_time)100000000)

struct orr_conn_channel {
    uint32_t priority; /* > 0                          */
    uint32_t cap;      /* messages that may wait, > 0  */
};

struct orr_conn_queue {
    struct orr_fifo waiting;  /* struct orr_msg *, references          */
    uint32_t sent;            /* bytes of the first that have gone out */
    uint64_t recent;          /* bytes sent lately                     */
};

struct orr_conn {
    const struct orr_conn_channel *channels; /* [ORR_CONN_CHANNELS], lent                       */
    struct orr_pool *pool;
    uint64_t window_bytes;      /* that may go out in a window, a packet at least               */
    uint64_t spent;             /* of them in the window ...                                    */
    orr_time window_at;         /* ... that began then                                          */
    orr_time decayed_at;
    uint32_t n_waiting;         /* messages, of all channels                                    */
    struct orr_conn_queue queues[ORR_CONN_CHANNELS];
};

/* rate: bytes a second. */
void orr_conn_init(struct orr_conn *conn, const struct orr_conn_channel *channels, uint64_t rate,
                   struct orr_mem *mem, struct orr_pool *pool);
/* Drops what waits; the connection can be used again. */
void orr_conn_close(struct orr_conn *conn);
void orr_conn_fini(struct orr_conn *conn);

static inline bool orr_conn_has_room(const struct orr_conn *conn, uint32_t channel) {
    return conn->queues[channel].waiting.n < conn->channels[channel].cap;
}
/* Appends a message, whose reference is moved; it is dropped if there is no room: false. */
bool orr_conn_push(struct orr_conn *conn, uint32_t channel, struct orr_msg *moved);
/* Sends to `peer` what the rate allows at `now`, which never falls.  Returns when to call again, or
 * ORR_NEVER: nothing waits. */
orr_time orr_conn_send(struct orr_conn *conn, orr_peer peer, orr_time now, struct orr_outbox *out);
#endif
