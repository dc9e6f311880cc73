#include "sim/engine/queue.h"

#include <string.h>

#include "sim/base/memory.h"

enum {
    NONE = UINT32_MAX,
    BIN_BITS_MAX = 13,  /* 8,192 counters of 4 bytes stay in the first-level cache */
    INSERTION_MAX = 24, /* a larger group of equal bins is sorted by heap          */
    TARGET_MIN = 32,    /* events in a bucket: below this, opening costs more than sorting saves */
    TARGET_MAX = 4096,  /* above this a run leaves the second-level cache          */
    TUNE_EVERY = 32,    /* buckets opened between two looks at the width           */
    OPENING_COST = 16,  /* opening a bucket costs as much as moving so many events */
    CUT_ABOVE = 2 * TARGET_MAX,
    SHIFT_MAX = 50,
    BINS_BYTES = ((1 << BIN_BITS_MAX) + 1) * sizeof(uint32_t)
};

/* ---- memory ---- */

static void *grow(struct orr_queue *q, void *p, uint32_t *cap, size_t each, uint32_t need) {
    uint32_t before = *cap, now = before ? before : 64;
    while (now < need) now *= 2;
    q->n_allocs++;
    *cap = now;
    return orr_resize(q->mem, p, (size_t)before * each, (size_t)now * each);
}

void orr_queue_init(struct orr_queue *q, struct orr_mem *mem, uint64_t tie_rule) {
    *q =
        (struct orr_queue){.shift = 20, .far_min = UINT64_MAX, .free_chunk = NONE, .tie = tie_rule,
                           .side = {.time = UINT64_MAX}, .mem = mem};
    q->bins = orr_alloc(mem, BINS_BYTES);
    q->run = grow(q, NULL, &q->run_cap, sizeof *q->run, 256);
    memset(q->run, 0, ORR_QUEUE_AHEAD * sizeof *q->run);
}

void orr_queue_fini(struct orr_queue *q) {
    orr_free(q->mem, q->run, q->run_cap * sizeof *q->run);
    orr_free(q->mem, q->heap, q->heap_cap * sizeof *q->heap);
    for (uint32_t i = 0; i < ORR_QUEUE_LANES; i++)
        orr_free(q->mem, q->lanes[i].keys, q->lanes[i].cap * sizeof *q->lanes[i].keys);
    orr_free(q->mem, q->keys, q->chunks_cap * (ORR_QUEUE_CHUNK * sizeof *q->keys));
    orr_free(q->mem, q->chunk_after, q->chunks_cap * sizeof *q->chunk_after);
    orr_free(q->mem, q->bins, BINS_BYTES);
}

size_t orr_queue_bytes(const struct orr_queue *q) {
    size_t in_lanes = 0;
    for (uint32_t i = 0; i < ORR_QUEUE_LANES; i++) in_lanes += q->lanes[i].cap;
    return sizeof *q + (q->run_cap + q->heap_cap + in_lanes) * sizeof *q->run +
           (size_t)q->chunks_cap * (ORR_QUEUE_CHUNK * sizeof *q->keys + sizeof *q->chunk_after) +
           BINS_BYTES;
}

static uint32_t chunk_new(struct orr_queue *q) {
    uint32_t c = q->free_chunk;
    if (c != NONE) {
        q->free_chunk = q->chunk_after[c];
        return c;
    }
    if (q->n_chunks == q->chunks_cap) {
        uint32_t cap = q->chunks_cap;
        q->chunk_after = grow(q, q->chunk_after, &cap, sizeof *q->chunk_after, q->n_chunks + 1);
        q->keys =
            grow(q, q->keys, &q->chunks_cap, ORR_QUEUE_CHUNK * sizeof *q->keys, q->n_chunks + 1);
    }
    return q->n_chunks++;
}

static void bucket_put(struct orr_queue *q, struct orr_queue_bucket *b, struct orr_key key) {
    if (b->end % ORR_QUEUE_CHUNK == 0) {
        uint32_t c = chunk_new(q);
        if (b->count)
            q->chunk_after[(b->end - 1) / ORR_QUEUE_CHUNK] = c;
        else
            b->head = c;
        b->end = c * ORR_QUEUE_CHUNK;
    }
    q->keys[b->end++] = key;
    b->count++;
}

/* ---- the side heap: 4-ary, children of i are 4i+1 .. 4i+4 ---- */

/* This key is the least of its lane, or of the heap. */
static inline void note_side(struct orr_queue *q, uint32_t from, const struct orr_key *key) {
    if (!orr_key_less(key, &q->side)) return;
    q->side = *key;
    q->side_from = from;
}

static void heap_push(struct orr_queue *q, struct orr_key key) {
    if (q->heap_len == q->heap_cap)
        q->heap = grow(q, q->heap, &q->heap_cap, sizeof *q->heap, q->heap_len + 1);
    uint32_t i = q->heap_len++;
    for (; i && orr_key_less(&key, &q->heap[(i - 1) / 4]); i = (i - 1) / 4)
        q->heap[i] = q->heap[(i - 1) / 4];
    q->heap[i] = key;
    if (i == 0) note_side(q, ORR_QUEUE_LANES, &key);
}

/* Moves key down from hole i of a[0..n). */
static void sift_down(struct orr_key *a, uint32_t n, uint32_t i, struct orr_key key) {
    for (;;) { /* ends: i grows */
        uint32_t c = 4 * i + 1, least = c;
        if (c >= n) break;
        for (uint32_t j = c + 1; j < c + 4 && j < n; j++)
            if (orr_key_less(&a[j], &a[least])) least = j;
        if (!orr_key_less(&a[least], &key)) break;
        a[i] = a[least];
        i = least;
    }
    a[i] = key;
}

static void heap_pop(struct orr_queue *q) {
    struct orr_key last = q->heap[--q->heap_len];
    if (q->heap_len) sift_down(q->heap, q->heap_len, 0, last);
}

/* ---- lanes ---- */

static __attribute__((noinline)) void lane_grow(struct orr_queue *q, struct orr_queue_lane *lane) {
    uint32_t cap = lane->cap;
    lane->keys = grow(q, lane->keys, &lane->cap, sizeof *lane->keys, cap + 1);
    uint32_t first = cap ? lane->at % cap : 0; /* what lay before the end goes behind it */
    memcpy(lane->keys + cap, lane->keys, first * sizeof *lane->keys);
    lane->at = first;
}

/* The first lane whose last key is less.  So the last keys descend from lane to lane, and as few
 * keys as can be find none. */
void orr_queue_push_in_turn(struct orr_queue *q, int64_t time, uint32_t dst, uint32_t src,
                            uint64_t seq, uint32_t slot) {
    assert(time >= 0 && seq <= ORR_SEQ_MAX && slot <= ORR_SLOT_MAX);
    const struct orr_key key = {(uint64_t)time, ((uint64_t)dst << 32 | src) ^ q->tie,
                                seq << ORR_SLOT_BITS | slot};
    for (uint32_t i = 0; i < ORR_QUEUE_LANES; i++) {
        struct orr_queue_lane *lane = &q->lanes[i];
        if (lane->n && !orr_key_less(&lane->last, &key)) continue;
        if (__builtin_expect(lane->n == lane->cap, 0)) lane_grow(q, lane);
        lane->keys[(lane->at + lane->n) & (lane->cap - 1)] = lane->last = key;
        if (lane->n++ == 0) {
            q->in_use |= 1u << i;
            note_side(q, i, &key);
        }
        q->n_pending++;
        return;
    }
    orr_queue_push(q, time, dst, src, seq, slot);
}

struct orr_key orr_queue_pop_side(struct orr_queue *q) {
    struct orr_key top = q->side;
    if (__builtin_expect(q->side_from == ORR_QUEUE_LANES, 0)) {
        heap_pop(q);
    } else {
        struct orr_queue_lane *lane = &q->lanes[q->side_from];
        lane->at++;
        if (--lane->n == 0) q->in_use &= ~(1u << q->side_from);
    }
    q->side.time = UINT64_MAX;
    for (uint32_t in_use = q->in_use; in_use; in_use &= in_use - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(in_use);
        note_side(q, i, orr_queue_lane_at(&q->lanes[i], 0));
    }
    if (q->heap_len) note_side(q, ORR_QUEUE_LANES, &q->heap[0]);
    return top;
}

/* ---- ring and far list ---- */

static void ring_put(struct orr_queue *q, struct orr_key key) {
    uint64_t i = (key.time >> q->shift) % ORR_QUEUE_RING;
    bucket_put(q, &q->ring[i], key);
    q->filled[i / 64] |= UINT64_C(1) << i % 64;
}

static void far_put(struct orr_queue *q, struct orr_key key) {
    bucket_put(q, &q->far, key);
    if (key.time < q->far_min) q->far_min = key.time;
}

void orr_queue_push_slow(struct orr_queue *q, struct orr_key key) {
    if (key.time < q->open_end)
        heap_push(q, key);
    else if (q->n_cut && key.time >> q->shift < q->next)
        bucket_put(q, &q->cut[(key.time >> q->cut_shift) - q->cut_first], key);
    else if ((key.time >> q->shift) - q->next < ORR_QUEUE_RING)
        ring_put(q, key);
    else
        far_put(q, key);
}

/* Empties a bucket into the ring, the far list or the heap, as its keys' times now say. */
static void scatter(struct orr_queue *q, struct orr_queue_bucket from) {
    for (uint32_t c = from.head; from.count;) {
        uint32_t n = from.count < ORR_QUEUE_CHUNK ? from.count : ORR_QUEUE_CHUNK;
        struct orr_key keys[ORR_QUEUE_CHUNK]; /* a copy: putting may move the array */
        memcpy(keys, &q->keys[c * ORR_QUEUE_CHUNK], n * sizeof *keys);
        uint32_t after = q->chunk_after[c];
        q->chunk_after[c] = q->free_chunk;
        q->free_chunk = c;
        for (uint32_t i = 0; i < n; i++) orr_queue_push_slow(q, keys[i]);
        from.count -= n;
        c = after;
    }
}

static void far_in(struct orr_queue *q) {
    struct orr_queue_bucket far = q->far;
    q->far = (struct orr_queue_bucket){0};
    q->far_min = UINT64_MAX;
    scatter(q, far);
}

static void set_shift(struct orr_queue *q, unsigned shift) {
    struct orr_queue_bucket all[ORR_QUEUE_RING];
    memcpy(all, q->ring, sizeof all);
    memset(q->ring, 0, sizeof q->ring);
    memset(q->filled, 0, sizeof q->filled);
    q->shift = shift;
    q->next = q->open_end >> shift;
    for (uint32_t i = 0; i < ORR_QUEUE_RING; i++)
        if (all[i].count) scatter(q, all[i]);
    if (q->far.count) far_in(q);
}

/* Keeps the events of a bucket near pending / 32, within bounds: fewer cost an opening each, more
 * leave the cache and send more of the new events to the heap.  To change the width moves all that
 * is pending, so it waits until as much work was done since: bursts are cut, not followed. */
static void tune(struct orr_queue *q) {
    uint64_t target = q->n_pending / 32, mean = q->n_came / q->n_opened;
    if (target < TARGET_MIN) target = TARGET_MIN;
    if (target > TARGET_MAX) target = TARGET_MAX;
    q->work += q->n_came + q->n_opened * OPENING_COST;
    q->n_came = q->n_opened = 0;
    if (q->work < q->n_pending) return;
    unsigned shift = q->shift;
    for (; mean > 2 * target && shift > 0; mean /= 2) shift--;
    for (; mean < target / 2 && shift < SHIFT_MAX; mean = 2 * mean + 1) shift++;
    if (shift == q->shift) return;
    set_shift(q, shift);
    q->work = 0;
}

/* The number of the first filled bucket from q->next on, or UINT64_MAX. */
static uint64_t first_filled(const struct orr_queue *q) {
    uint64_t start = q->next % ORR_QUEUE_RING;
    for (uint64_t k = 0; k <= ORR_QUEUE_RING / 64; k++) {
        uint64_t w = (start / 64 + k) % (ORR_QUEUE_RING / 64), bits = q->filled[w];
        if (k == 0) bits &= ~UINT64_C(0) << start % 64;
        if (k == ORR_QUEUE_RING / 64) bits &= (UINT64_C(1) << start % 64) - 1;
        if (bits) {
            uint64_t i = w * 64 + (uint64_t)__builtin_ctzll(bits);
            return q->next + (i - start) % ORR_QUEUE_RING;
        }
    }
    return UINT64_MAX;
}

/* ---- sorting a bucket into the run ---- */

static void heap_sort(struct orr_key *a, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) { /* a heap with the greatest on top: sift up */
        struct orr_key key = a[i];
        uint32_t j = i;
        for (; j && orr_key_less(&a[(j - 1) / 2], &key); j = (j - 1) / 2) a[j] = a[(j - 1) / 2];
        a[j] = key;
    }
    for (uint32_t end = n; end-- > 1;) {
        struct orr_key key = a[end];
        a[end] = a[0];
        uint32_t i = 0;
        for (uint32_t c = 1; c < end; c = 2 * i + 1) {
            if (c + 1 < end && orr_key_less(&a[c], &a[c + 1])) c++;
            if (!orr_key_less(&key, &a[c])) break;
            a[i] = a[c];
            i = c;
        }
        a[i] = key;
    }
}

static void insertion_sort(struct orr_key *a, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        struct orr_key key = a[i];
        uint32_t j = i;
        for (; j && orr_key_less(&key, &a[j - 1]); j--) a[j] = a[j - 1];
        a[j] = key;
    }
}

static inline __attribute__((always_inline)) void prefetch_chunk(const struct orr_key *keys) {
    for (size_t at = 0; at < ORR_QUEUE_CHUNK * sizeof *keys; at += 64)
        __builtin_prefetch((const char *)keys + at);
}

/* Copies a bucket's keys to q->run, grouped by the time bits below `width_shift`, and sorts. */
static void sort_bucket(struct orr_queue *q, const struct orr_queue_bucket *b,
                        unsigned width_shift) {
    unsigned bits = 1;
    while (bits < BIN_BITS_MAX && (1u << bits) < b->count) bits++;
    unsigned shift = width_shift > bits ? width_shift - bits : 0;
    uint32_t mask = (1u << bits) - 1, *bins = q->bins, left = b->count;
    memset(bins, 0, (mask + 2) * sizeof *bins);
    for (uint32_t c = b->head; left; c = q->chunk_after[c]) {
        const struct orr_key *keys = &q->keys[c * ORR_QUEUE_CHUNK];
        uint32_t n = left < ORR_QUEUE_CHUNK ? left : ORR_QUEUE_CHUNK;
        left -= n;
        if (left) prefetch_chunk(&q->keys[q->chunk_after[c] * ORR_QUEUE_CHUNK]);
        for (uint32_t i = 0; i < n; i++) bins[(keys[i].time >> shift & mask) + 1]++;
    }
    bool crowded = false;
    for (uint32_t i = 1; i <= mask + 1; i++) {
        crowded |= bins[i] > INSERTION_MAX;
        bins[i] += bins[i - 1];
    }
    left = b->count;
    for (uint32_t c = b->head; left; c = q->chunk_after[c]) {
        const struct orr_key *keys = &q->keys[c * ORR_QUEUE_CHUNK];
        uint32_t n = left < ORR_QUEUE_CHUNK ? left : ORR_QUEUE_CHUNK;
        for (uint32_t i = 0; i < n; i++) q->run[bins[keys[i].time >> shift & mask]++] = keys[i];
        left -= n;
    }
    if (crowded) { /* bins[i] is now the end of group i */
        for (uint32_t i = 0, start = 0; i <= mask; start = bins[i++])
            if (bins[i] - start > INSERTION_MAX) heap_sort(q->run + start, bins[i] - start);
    }
    insertion_sort(q->run, b->count);
}

/* Makes the run of a bucket whose keys have equal time bits from `shift` on, and frees its chunks.
 */
static void open_bucket(struct orr_queue *q, const struct orr_queue_bucket *b, unsigned shift) {
    if (b->count + ORR_QUEUE_AHEAD > q->run_cap)
        q->run = grow(q, q->run, &q->run_cap, sizeof *q->run, b->count + ORR_QUEUE_AHEAD);
    if (b->count <= INSERTION_MAX) {
        memcpy(q->run, &q->keys[b->head * ORR_QUEUE_CHUNK], b->count * sizeof *q->run);
        insertion_sort(q->run, b->count);
    } else {
        sort_bucket(q, b, shift);
    }
    memset(q->run + b->count, 0, ORR_QUEUE_AHEAD * sizeof *q->run);
    q->pos = 0;
    q->len = b->count;
    /* the whole list goes back at once */
    q->chunk_after[(b->end - 1) / ORR_QUEUE_CHUNK] = q->free_chunk;
    q->free_chunk = b->head;
}

/* Opens the next piece of a bucket that was cut; false when none holds anything. */
static bool open_piece(struct orr_queue *q) {
    while (q->cut_at < q->n_cut) {
        struct orr_queue_bucket *piece = &q->cut[q->cut_at++], b = *piece;
        q->open_end = (q->cut_first + q->cut_at) << q->cut_shift;
        if (!b.count) continue;
        *piece = (struct orr_queue_bucket){0};
        open_bucket(q, &b, q->cut_shift);
        return true;
    }
    q->n_cut = 0;
    return false;
}

/* Cuts bucket number `bucket`, which was taken out of the ring, into pieces of about TARGET_MAX. */
static void cut(struct orr_queue *q, uint64_t bucket, struct orr_queue_bucket b) {
    unsigned bits = 1;
    while (b.count >> bits > TARGET_MAX && 1u << bits < ORR_QUEUE_CUT) bits++;
    if (bits > q->shift) bits = q->shift;
    q->cut_shift = q->shift - bits;
    q->cut_first = bucket << bits;
    q->n_cut = 1u << bits;
    q->cut_at = 0;
    q->open_end = bucket << q->shift;
    scatter(q, b);
}

/* Opens the next bucket that holds something.  The run and the heap are empty. */
bool orr_queue_open(struct orr_queue *q) {
    assert(q->pos == q->len && q->heap_len == 0);
    if (open_piece(q)) return true;
    if (q->n_opened >= TUNE_EVERY) tune(q);
    uint64_t bucket = first_filled(q);
    if (q->far.count && (bucket == UINT64_MAX || q->far_min >> q->shift <= bucket)) {
        if (bucket == UINT64_MAX) q->next = q->far_min >> q->shift; /* jump over the empty ring */
        far_in(q);
        bucket = first_filled(q);
    }
    if (bucket == UINT64_MAX) return false;

    uint64_t i = bucket % ORR_QUEUE_RING;
    struct orr_queue_bucket b = q->ring[i];
    q->ring[i] = (struct orr_queue_bucket){0};
    q->filled[i / 64] &= ~(UINT64_C(1) << i % 64);
    q->next = bucket + 1;
    q->n_opened++;
    q->n_came += b.count;
    if (b.count > CUT_ABOVE && q->shift > 0) {
        cut(q, bucket, b);
        return open_piece(q);
    }
    q->open_end = (bucket + 1) << q->shift;
    open_bucket(q, &b, q->shift);
    return true;
}
