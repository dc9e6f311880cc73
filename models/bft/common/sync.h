/* sync.h - catching up by height or slot: whom a node that lags asks and how often, and what a node
 * that is ahead sends.
 *
 * The one that lags says where it is, to whoever said last to be ahead or to anyone, once a tick
 * and once more with each height that it has made good.  The one that is ahead sends what was
 * decided from there on, up to `window` heights, and remembers of each peer how far it has sent: a
 * peer that asks again while the answer is under way gets what comes after it.  What was sent is
 * sent again when the peer has stood still for some time, which doubles each time: so a slow line
 * is not filled with copies of what it carries already, and what one peer can make another send is
 * bounded.  What a height is sent as (a commit and parts, a batch and its certificate, log entries)
 * is the protocol's own. */
#ifndef ORR_MODELS_BFT_COMMON_SYNC_H
#define ORR_MODELS_BFT_COMMON_SYNC_H

#include "models/protocol.h"

struct orr_sync_peer {
    uint64_t height;   /* where it said to be when it was last answered           */
    uint64_t sent;     /* all heights below have been sent to it                  */
    orr_time again;    /* from when on what it lacks is sent again                */
    orr_time patience; /* how long that was put off, last time                    */
    orr_time answered; /* when a question about the present height was answered   */
    uint64_t known;    /* the highest that it was ever heard to be at             */
    uint64_t spent;    /* bytes sent to it on its asking ...                      */
    orr_time spent_at; /* ... of which some are forgotten with time; until when   */
};

struct orr_sync {
    struct orr_mem *mem;
    struct orr_sync_peer *peers; /* [n] by rank among those who take part */
    uint32_t n;
    uint32_t window;             /* heights in one answer                 */
    orr_time interval;           /* ns between ticks                      */
    uint64_t ahead_height;       /* that the last peer ahead of us said to be at ... */
    orr_peer ahead_peer;         /* ... who it was, or ORR_NOBODY                    */
    bool has_asked;              /* since the last tick or height                    */
};

void orr_sync_init(struct orr_sync *sync, struct orr_mem *mem, uint32_t n, uint32_t window,
                   orr_time interval);
void orr_sync_fini(struct orr_sync *sync);

/* ---- lagging ---- */

/* A peer says to be at a height past ours.  The last one counts: who lies is not believed for long.
 */
static inline void orr_sync_heard(struct orr_sync *sync, orr_peer peer, uint64_t height) {
    sync->ahead_height = height;
    sync->ahead_peer = peer;
}
/* May a question be asked now?  If so, it is. */
static inline bool orr_sync_may_ask(struct orr_sync *sync) {
    bool may = !sync->has_asked;
    sync->has_asked = true;
    return may;
}
/* A tick has passed, or a height was made good: another question may be asked. */
static inline void orr_sync_tick(struct orr_sync *sync) { sync->has_asked = false; }

/* ---- being ahead ---- */

struct orr_sync_range { uint64_t from, to; }; /* heights from..to - 1 */
/* What to send to the peer of a rank that says to be at `height`, below ours, which is `top`.  The
 * caller sends them in order, and tells by orr_sync_sent of each that it has sent. */
struct orr_sync_range orr_sync_answer(struct orr_sync *sync, uint32_t rank, uint64_t height,
                                      uint64_t top, orr_time now);
void orr_sync_sent(struct orr_sync *sync, uint32_t rank, uint64_t height, orr_time now);
/* May a question of that peer about the height that both are at be answered?  If so, it is: two in
 * a tick are enough. */
bool orr_sync_may_answer(struct orr_sync *sync, uint32_t rank, orr_time now);
/* May so many bytes be sent to a peer that asked for them?  If so, they are: as much as a line of
 * 1 Gbit/s carries, and `burst` at once. */
bool orr_sync_may_send(struct orr_sync *sync, uint32_t rank, uint64_t bytes, uint64_t burst,
                       orr_time now);
#endif
