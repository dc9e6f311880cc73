#include "models/base/rng.h"
#include "sim/base/memory.h"
#include "sim/engine/queue.h"
#include "tests/test.h"

static struct orr_mem *test_mem(void) {
    static struct orr_heap heap;
    orr_heap_init(&heap);
    return &heap.mem;
}

/* The oracle: a plain binary heap. */
enum { PENDING_MAX = 100000 };
static struct orr_key plain[PENDING_MAX];
static uint32_t n_plain;
static void plain_push(struct orr_key key) {
    ck_assert_uint_lt(n_plain, PENDING_MAX);
    uint32_t i = n_plain++;
    for (; i && orr_key_less(&key, &plain[(i - 1) / 2]); i = (i - 1) / 2)
        plain[i] = plain[(i - 1) / 2];
    plain[i] = key;
}
static struct orr_key plain_pop(void) {
    struct orr_key top = plain[0], last = plain[--n_plain];
    uint32_t i = 0;
    for (uint32_t c = 1; c < n_plain; c = 2 * i + 1) {
        if (c + 1 < n_plain && orr_key_less(&plain[c + 1], &plain[c])) c++;
        if (!orr_key_less(&plain[c], &last)) break;
        plain[i] = plain[c];
        i = c;
    }
    plain[i] = last;
    return top;
}

/* A queue must give back what was pushed, least pending key first, whatever the pattern of times.
 */
struct pattern {
    const char *name;
    uint64_t n_start, n_total;
    uint64_t (*delay)(struct orr_rng *r);
    bool crowded; /* buckets are cut */
};
/* What is pushed in turn: nothing, every third, all. */
enum { NONE_IN_TURN, SOME_IN_TURN, ALL_IN_TURN, N_TURNS };
static uint64_t even(struct orr_rng *r) { return 100000000 + orr_rng_below(r, 1000000000); }
static uint64_t zero(struct orr_rng *r) { return orr_rng_below(r, 8) ? 0 : orr_rng_below(r, 3); }
static uint64_t wild(struct orr_rng *r) { return orr_rng_u64(r) >> 1 >> orr_rng_below(r, 63) >> 4; }
static uint64_t gaps(struct orr_rng *r) {
    return orr_rng_below(r, 100) ? orr_rng_below(r, 1000) : orr_rng_below(r, 4000000000000);
}
/* Votes of many: thousands within one bucket's width, answered within it and long after it. */
static uint64_t bursts(struct orr_rng *r) {
    return orr_rng_below(r, 3) ? orr_rng_below(r, 2000000) : 1000000000 + orr_rng_below(r, 5000000);
}
static uint64_t steps(struct orr_rng *r) { return 1000000 * orr_rng_below(r, 50); }

static struct orr_queue queue;
static uint64_t n_pushed;
static void push(uint64_t time, struct orr_rng *r, int turns) {
    if (time > INT64_MAX) time = INT64_MAX;
    uint32_t dst = (uint32_t)orr_rng_below(r, 100), src = (uint32_t)orr_rng_below(r, 100);
    uint32_t slot = (uint32_t)n_pushed & 0xffff;
    if (turns == ALL_IN_TURN || (turns == SOME_IN_TURN && n_pushed % 3 == 0))
        orr_queue_push_in_turn(&queue, (int64_t)time, dst, src, n_pushed, slot);
    else orr_queue_push(&queue, (int64_t)time, dst, src, n_pushed, slot);
    plain_push((struct orr_key){time, ((uint64_t)dst << 32 | src) ^ queue.tie,
                                n_pushed << ORR_SLOT_BITS | slot});
    n_pushed++;
}

static void check_pattern(const struct pattern *p, uint64_t tie, int turns) {
    orr_queue_init(&queue, test_mem(), tie);
    struct orr_rng r = orr_rng_stream(5, ORR_RNG_NODE, 1);
    uint64_t n_popped = 0, n_cut = 0;
    n_pushed = n_plain = 0;
    while (n_pushed < p->n_start) push(p->delay(&r), &r, turns);
    struct orr_key key;
    while (orr_queue_pop(&queue, &key)) {
        struct orr_key want = plain_pop();
        ck_assert_msg(!memcmp(&key, &want, sizeof key), "%s: pop %lu", p->name, n_popped);
        n_popped++;
        n_cut += queue.n_cut > 0;
        /* grow and shrink: between none and three pushes for a pop, one on average */
        for (uint64_t k = orr_rng_below(&r, 4); k && n_pushed<p->n_total; k -= k> 1 ? 2 : 1)
            if (n_plain < PENDING_MAX) push(key.time + p->delay(&r), &r, turns);
    }
    ck_assert_uint_eq(n_popped, n_pushed);
    ck_assert_uint_eq(n_plain, 0);
    ck_assert_uint_eq(queue.n_pending, 0);
    if (p->crowded && turns != ALL_IN_TURN) ck_assert_uint_gt(n_cut, n_popped / 4);
    orr_queue_fini(&queue);
}

START_TEST(every_pattern_of_times_comes_out_in_key_order) {
    static const struct pattern patterns[] = {
        {"even", 2000, 30000, even, false},   {"zero", 3000, 20000, zero, false},
        {"wild", 500, 30000, wild, false},    {"gaps", 1, 30000, gaps, false},
        {"steps", 3000, 30000, steps, false}, {"one", 1, 1000, even, false},
        {"none", 0, 0, even, false},          {"bursts", 60000, 400000, bursts, true},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        for (int turns = 0; turns < N_TURNS; turns++) {
            check_pattern(&patterns[i], 0, turns);
            check_pattern(&patterns[i], 0x5a5a5a5a12345678, turns);
        }
    }
}
END_TEST

START_TEST(what_is_due_after_one_of_a_few_delays_waits_in_lanes) {
    enum { EACH = 1000, SIZES = ORR_QUEUE_LANES };
    static struct orr_queue q;
    orr_queue_init(&q, test_mem(), 0);
    struct orr_rng r = orr_rng_stream(6, ORR_RNG_NODE, 1);
    uint64_t now = 0, n = 0, last = 0;
    uint32_t lanes = 0;
    struct orr_key key;
    for (uint32_t i = 0; i < EACH * SIZES; i++) { /* many go round each ring, and it grows */
        now += 1 + orr_rng_below(&r, 50);
        while (q.n_pending && q.side.time <= now) {
            ck_assert(orr_queue_pop(&q, &key));
            ck_assert_uint_le(last, key.time);
            last = key.time, n++;
        }
        orr_queue_push_in_turn(&q, (int64_t)(now + 4000u / (1 + i % SIZES)), 1, 1, i, i);
        lanes |= q.in_use;
    }
    ck_assert_uint_eq(q.ring[0].count + q.heap_len + q.far.count, 0);
    ck_assert_uint_eq(lanes, (1u << SIZES) - 1);
    for (; orr_queue_pop(&q, &key); n++, last = key.time) ck_assert_uint_le(last, key.time);
    ck_assert_uint_eq(n, EACH * SIZES);
    ck_assert_uint_eq(q.in_use, 0);
    orr_queue_fini(&q);
}
END_TEST

START_TEST(equal_times_are_ordered_by_destination_then_source_then_sequence) {
    static struct orr_queue q;
    orr_queue_init(&q, test_mem(), 0);
    static const uint32_t in[][3] = {{2, 1, 5}, {1, 9, 3}, {1, 2, 8}, {2, 0, 9}, {1, 2, 7}};
    static const uint32_t want[][3] = {{1, 2, 7}, {1, 2, 8}, {1, 9, 3}, {2, 0, 9}, {2, 1, 5}};
    for (uint32_t i = 0; i < 5; i++) orr_queue_push(&q, 77, in[i][0], in[i][1], in[i][2], i);
    for (uint32_t i = 0; i < 5; i++) {
        struct orr_key key;
        ck_assert(orr_queue_pop(&q, &key));
        ck_assert_uint_eq(orr_key_dst(&q, &key), want[i][0]);
        ck_assert_uint_eq(orr_key_src(&q, &key), want[i][1]);
        ck_assert_uint_eq(key.seq_slot >> ORR_SLOT_BITS, want[i][2]);
    }
    orr_queue_fini(&q);
}
END_TEST

START_TEST(a_steady_load_stops_allocating) {
    static struct orr_queue q;
    orr_queue_init(&q, test_mem(), 0);
    struct orr_rng r = orr_rng_stream(5, ORR_RNG_NODE, 2);
    uint64_t seq = 0, n_allocs = 0;
    for (int i = 0; i < 10000; i++) orr_queue_push(&q, (int64_t)even(&r), 0, 0, seq++, 0);
    for (int i = 0; i < 1000000; i++) {
        struct orr_key key;
        ck_assert(orr_queue_pop(&q, &key));
        orr_queue_push(&q, (int64_t)(key.time + even(&r)), 0, 0, seq++, 0);
        if (i == 500000) n_allocs = q.n_allocs;
    }
    ck_assert_uint_eq(q.n_allocs, n_allocs);
    ck_assert_uint_le(orr_queue_bytes(&q),
                      10000 * 88 + (1u << 20)); /* keys, slack of chunks, ring */
    orr_queue_fini(&q);
}
END_TEST

ORR_TEST_MAIN("sim.queue", every_pattern_of_times_comes_out_in_key_order,
              what_is_due_after_one_of_a_few_delays_waits_in_lanes,
              equal_times_are_ordered_by_destination_then_source_then_sequence,
              a_steady_load_stops_allocating)
