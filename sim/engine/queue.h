/* queue.h - the event queue: a total order over (time, destination, source, sequence).
 *
 * A ladder: a ring of coarse buckets of equal width in time, opened one at a time.  A bucket that
 * holds more than a run should is first cut into a second ring of finer ones.  Opening a bucket
 * sorts it into a run (binned by time, then insertion sort); what is pushed before the open
 * bucket's end goes to a small side heap; what lies beyond the ring waits in a far list.  What
 * comes in order by itself waits in lanes, beside all that.  The width follows the density of
 * events, so that a bucket holds some thousands at most: a sorted run lets the main loop see, and
 * prefetch, the next events.  The order is that of the key alone, never of the structure: any width
 * gives the same run.  Cf. W. T. Tang, R. S. M. Goh, I. L.-J. Thng, "Ladder queue: an O(1) priority
 * queue structure for large-scale discrete event simulation", ACM TOMACS 15(3), 2005. */
#ifndef ORR_SIM_ENGINE_QUEUE_H
#define ORR_SIM_ENGINE_QUEUE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/base/mem.h"

/* A queued event: its key, and the slot of its record (the queue knows nothing about records).
 * Keys are unique, because a source numbers all that it schedules; so the slot never decides. */
struct orr_key {
    uint64_t time;     /* ns, >= 0                                                      */
    uint64_t ends;     /* destination << 32 | source, XORed with the queue's tie rule    */
    uint64_t seq_slot; /* sequence << ORR_SLOT_BITS | slot                              */
};
#define ORR_SLOT_BITS 30 /* a thousand million pending events */
#define ORR_SLOT_MAX  ((1u << ORR_SLOT_BITS) - 1)
#define ORR_SEQ_MAX   ((UINT64_C(1) << (64 - ORR_SLOT_BITS)) - 1) /* 17 thousand million a source */

static inline bool orr_key_less(const struct orr_key *a, const struct orr_key *b) {
    if (a->time != b->time) return a->time < b->time;
    if (a->ends != b->ends) return a->ends < b->ends;
    return a->seq_slot < b->seq_slot;
}

enum {
    ORR_QUEUE_RING = 2048,
    ORR_QUEUE_CUT = 256, /* finer buckets that a crowded one is cut into, at most */
    ORR_QUEUE_CHUNK = 64,
    ORR_QUEUE_AHEAD = 8,
    ORR_QUEUE_LANES = 4
};

/* A bucket is a list of chunks of ORR_QUEUE_CHUNK keys, so buckets share one array and give their
 * memory back. */
struct orr_queue_bucket {
    uint32_t head;  /* number of its first chunk; valid while count > 0                     */
    uint32_t end;   /* place in `keys` of the next key; at a chunk's end a new one is needed */
    uint32_t count; /* keys in all chunks; all but the last are full                        */
};

/* A ring of keys in ascending order. */
struct orr_queue_lane {
    struct orr_key *keys; /* [cap], a power of two */
    uint32_t at, n, cap;  /* the least stands at `at` % cap */
    struct orr_key last;  /* with n > 0 */
};

struct orr_queue {
    /* the open bucket: run[pos..len) ascending, followed by ORR_QUEUE_AHEAD zero keys */
    struct orr_key *run;
    uint32_t pos, len, run_cap;
    uint64_t open_end; /* ns; every key in cut, ring and far is >= this, every key below it is in
                          run, heap or lanes */
    /* 4-ary heap of keys that were pushed below open_end */
    struct orr_key *heap;
    uint32_t heap_len, heap_cap;
    /* the least of all in heap and lanes, and where it is: a lane's number, or ORR_QUEUE_LANES for
       the heap; time UINT64_MAX when there is none */
    struct orr_key side;
    uint32_t side_from;
    uint32_t in_use; /* a bit for each lane with n > 0 */
    struct orr_queue_lane lanes[ORR_QUEUE_LANES]; /* last keys descend, but for empty ones */
    /* the ring: bucket b covers [b << shift, (b + 1) << shift) and sits at b % ORR_QUEUE_RING */
    unsigned shift;
    uint64_t next; /* number of the first bucket not yet opened */
    struct orr_queue_bucket ring[ORR_QUEUE_RING];
    uint64_t filled[ORR_QUEUE_RING / 64]; /* a bit per bucket with count > 0 */
    /* the bucket before `next` in pieces: piece p covers [p << cut_shift, (p + 1) << cut_shift) and
       sits at p - cut_first; n_cut is 0 while there are none */
    struct orr_queue_bucket cut[ORR_QUEUE_CUT];
    unsigned cut_shift;
    uint32_t n_cut, cut_at; /* pieces, and the first that was not opened */
    uint64_t cut_first;
    struct orr_queue_bucket far;
    uint64_t far_min; /* least time in far, UINT64_MAX when empty */
    /* chunks */
    struct orr_key *keys; /* [chunks_cap * ORR_QUEUE_CHUNK] chunk c begins at c * ORR_QUEUE_CHUNK */
    uint32_t *chunk_after; /* [chunks_cap] in its bucket, or in the list of free chunks */
    uint32_t n_chunks, chunks_cap, free_chunk;
    uint32_t *bins;
    struct orr_mem *mem;
    /* tuning and accounts */
    uint64_t n_pending;
    uint64_t n_opened,
        n_came;        /* buckets opened and keys in them since the last look at the width */
    uint64_t work;     /* events' worth of work done since the width changed */
    uint64_t tie;      /* XORed into `ends`: 0 is the documented order, else --shuffle-ties */
    uint64_t n_allocs; /* every growth of an array above */
};

/* Memory comes from mem, which is lent. */
void orr_queue_init(struct orr_queue *q, struct orr_mem *mem, uint64_t tie_rule);
void orr_queue_fini(struct orr_queue *q);
/* Bytes held now. */
size_t orr_queue_bytes(const struct orr_queue *q);

/* For the inline functions below. */
void orr_queue_push_slow(struct orr_queue *q, struct orr_key key);
struct orr_key orr_queue_pop_side(struct orr_queue *q);
bool orr_queue_open(struct orr_queue *q);

static inline uint32_t orr_key_slot(const struct orr_key *k) {
    return (uint32_t)k->seq_slot & ORR_SLOT_MAX;
}
static inline uint32_t orr_key_dst(const struct orr_queue *q, const struct orr_key *k) {
    return (uint32_t)((k->ends ^ q->tie) >> 32);
}
static inline uint32_t orr_key_src(const struct orr_queue *q, const struct orr_key *k) {
    return (uint32_t)(k->ends ^ q->tie);
}

/* Adds an event.  seq must be new for this source; time must not lie before the last pop. */
static inline void orr_queue_push(struct orr_queue *q, int64_t time, uint32_t dst, uint32_t src,
                                  uint64_t seq, uint32_t slot) {
    assert(time >= 0 && seq <= ORR_SEQ_MAX && slot <= ORR_SLOT_MAX);
    uint64_t t = (uint64_t)time, ends = ((uint64_t)dst << 32 | src) ^ q->tie;
    uint64_t seq_slot = seq << ORR_SLOT_BITS | slot, bucket = t >> q->shift;
    q->n_pending++;
    if (__builtin_expect(t >= q->open_end && bucket - q->next < ORR_QUEUE_RING, 1)) {
        struct orr_queue_bucket *b = &q->ring[bucket % ORR_QUEUE_RING];
        if (__builtin_expect(b->end % ORR_QUEUE_CHUNK != 0, 1)) {
            struct orr_key *key = &q->keys[b->end++];
            key->time = t;
            key->ends = ends;
            key->seq_slot = seq_slot;
            __builtin_prefetch(key + 3, 1); /* the line of the bucket's next keys */
            b->count++;
            return;
        }
    }
    orr_queue_push_slow(q, (struct orr_key){t, ends, seq_slot});
}

/* The same for what mostly comes in ascending order, as all that is due after one delay: no more
 * than a look at the last of them.  Any order is right. */
void orr_queue_push_in_turn(struct orr_queue *q, int64_t time, uint32_t dst, uint32_t src,
                            uint64_t seq, uint32_t slot);

/* The i-th of a lane's keys, i < n. */
static inline const struct orr_key *orr_queue_lane_at(const struct orr_queue_lane *lane,
                                                      uint32_t i) {
    return &lane->keys[(lane->at + i) & (lane->cap - 1)];
}

/* Takes the least event; false when there is none. */
static inline bool orr_queue_pop(struct orr_queue *q, struct orr_key *key) {
    for (;;) { /* ends: opening a bucket makes the run non-empty */
        if (__builtin_expect(q->pos < q->len, 1)) {
            if (orr_key_less(&q->side, &q->run[q->pos])) *key = orr_queue_pop_side(q);
            else *key = q->run[q->pos++];
            break;
        }
        if (q->side.time >= q->open_end && orr_queue_open(q)) continue;
        if (q->side.time == UINT64_MAX) return false;
        *key = orr_queue_pop_side(q);
        break;
    }
    q->n_pending--;
    return true;
}
#endif
