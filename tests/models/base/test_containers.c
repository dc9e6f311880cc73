/* Each container against the simplest thing that does the same. */
#include "models/base/bitset.h"
#include "models/base/heap.h"
#include "models/base/index.h"
#include "models/base/ring.h"
#include "models/base/rng.h"
#include "models/base/set_keys.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { STEPS = 20000 };

/* Keys that crowd: small ones, multiples of 2^32, and others. */
static uint64_t draw_key(struct orr_rng *rng, uint64_t n) {
    uint64_t k = orr_rng_below(rng, n);
    switch (orr_rng_below(rng, 3)) {
    case 0: return k;
    case 1: return k << 32;
    default: return k * 0x9e3779b97f4a7c15ull;
    }
}

START_TEST(a_set_holds_what_was_added_and_nothing_else) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    static uint64_t naive[STEPS];
    for (uint64_t room = 0; room < 3; room++) {
        struct orr_set set;
        orr_set_init(&set, &heap.mem, room * 100);
        uint64_t n = 0, sum = 0;
        for (int i = 0; i < STEPS / 4; i++) {
            uint64_t key = draw_key(&rng, 600);
            bool known = false;
            for (uint64_t k = 0; k < n; k++) known |= naive[k] == key;
            ck_assert(orr_set_has(&set, key) == known);
            ck_assert(orr_set_add(&set, key) == !known);
            if (!known) naive[n++] = key, sum += key;
            ck_assert_uint_eq(set.n, n);
            ck_assert_uint_eq(set.sum, sum);
        }
        uint64_t keys[8192];
        ck_assert_uint_le(set.n, 8192);
        orr_set_keys(&set, keys);
        for (uint64_t i = 0; i < set.n; i++) {
            ck_assert(orr_set_has(&set, keys[i]));
            ck_assert(i == 0 || keys[i - 1] < keys[i]);
        }
        orr_set_clear(&set);
        for (uint64_t k = 0; k < n; k++) ck_assert(!orr_set_has(&set, naive[k]));
        ck_assert_uint_eq(set.n + set.sum, 0);
        orr_set_fini(&set);
    }
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_set_with_room_for_its_keys_never_grows) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_set set;
    orr_set_init(&set, &heap.mem, 1000);
    uint64_t n_allocs = heap.n_allocs;
    for (uint64_t key = 0; key < 1000; key++) ck_assert(orr_set_add(&set, key));
    ck_assert_uint_eq(heap.n_allocs, n_allocs);
    orr_set_fini(&set);
}
END_TEST

START_TEST(of_recent_keys_at_least_the_limit_and_at_most_twice_the_limit_are_known) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_recent recent;
    orr_recent_init(&recent, &heap.mem, 100);
    uint64_t n_allocs = heap.n_allocs;
    for (uint64_t key = 0; key < 5000; key++) {
        ck_assert(orr_recent_add(&recent, key));
        for (uint64_t back = 0; back < 250 && back <= key; back++) {
            bool known = orr_recent_has(&recent, key - back);
            ck_assert(back < 100 ? known : back >= 200 ? !known : true);
        }
        ck_assert(!orr_recent_add(&recent, key));
    }
    ck_assert_uint_eq(heap.n_allocs, n_allocs);
    orr_recent_fini(&recent);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

struct entry {
    uint32_t other;
    uint64_t key;
    uint8_t long_key[32];
};

START_TEST(an_index_finds_the_place_of_each_key_in_an_array_that_grows) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rng rng = orr_rng_stream(2, ORR_RNG_NODE, 0);
    struct entry *v = NULL;
    uint32_t n = 0;
    struct orr_index by_key, by_long_key;
    orr_index_init(&by_key, &heap.mem, sizeof *v, offsetof(struct entry, key));
    orr_index_init(&by_long_key, &heap.mem, sizeof *v, offsetof(struct entry, long_key));
    for (int i = 0; i < STEPS / 4; i++) {
        uint64_t key = draw_key(&rng, 600);
        uint8_t long_key[32] = {0};
        memcpy(long_key + 8, &key, 8); /* the first bytes are alike */
        uint32_t place = 0;
        while (place < n && v[place].key != key) place++;
        if (place == n) place = ORR_NOWHERE;
        ck_assert_uint_eq(orr_index_find(&by_key, v, key), place);
        ck_assert_uint_eq(orr_index_find32(&by_long_key, v, long_key), place);
        if (place != ORR_NOWHERE) continue;
        v = orr_xrealloc(v, (n + 1) * sizeof *v);
        v[n] = (struct entry){.key = key};
        memcpy(v[n].long_key, long_key, 32);
        orr_index_put(&by_key, v, n);
        orr_index_put32(&by_long_key, v, n++);
        ck_assert_uint_eq(by_key.n, n);
    }
    orr_index_clear(&by_key);
    ck_assert_uint_eq(orr_index_find(&by_key, v, v[0].key), ORR_NOWHERE);
    orr_index_fini(&by_key);
    orr_index_fini(&by_long_key);
    ck_assert_uint_eq(heap.used_bytes, 0);
    free(v);
}
END_TEST

START_TEST(a_key_that_is_put_again_is_found_at_its_new_place) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    uint64_t keys[] = {7, 8, 7};
    struct orr_index index;
    orr_index_init(&index, &heap.mem, sizeof keys[0], 0);
    for (uint32_t i = 0; i < 3; i++) orr_index_put(&index, keys, i);
    ck_assert_uint_eq(orr_index_find(&index, keys, 7), 2);
    ck_assert_uint_eq(index.n, 2);
    orr_index_fini(&index);
}
END_TEST

START_TEST(a_bitset_counts_its_members_and_walks_them_in_ascending_order) {
    struct orr_rng rng = orr_rng_stream(3, ORR_RNG_NODE, 0);
    for (uint32_t n_bits = 0; n_bits < 200; n_bits++) {
        uint64_t words[4] = {1, 2, 3, 4};
        bool naive[200] = {false};
        struct orr_bitset set;
        orr_bitset_init(&set, words, n_bits);
        uint32_t n = 0;
        for (uint32_t i = 0; i < n_bits / 2; i++) {
            uint32_t bit = (uint32_t)orr_rng_below(&rng, n_bits);
            ck_assert(orr_bitset_has(&set, bit) == naive[bit]);
            ck_assert(orr_bitset_add(&set, bit) == !naive[bit]);
            n += !naive[bit];
            naive[bit] = true;
        }
        ck_assert_uint_eq(set.n_set, n);
        uint32_t at = 0;
        for (uint32_t bit = 0; bit < n_bits; bit++) {
            if (!naive[bit]) continue;
            at = orr_bitset_next(&set, at);
            ck_assert_uint_eq(at++, bit);
        }
        ck_assert_uint_eq(orr_bitset_next(&set, at), n_bits);
    }
}
END_TEST

/* By value, of equal ones the higher place first. */
static bool comes_before(const void *ctx, uint32_t a, uint32_t b) {
    const uint32_t *values = ctx;
    return values[a] < values[b] || (values[a] == values[b] && a > b);
}

START_TEST(a_heap_gives_its_places_in_their_total_order_and_takes_pops_back) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rng rng = orr_rng_stream(4, ORR_RNG_NODE, 0);
    static uint32_t values[STEPS];
    static bool in[STEPS];
    struct orr_places_heap places;
    orr_places_heap_init(&places, &heap.mem);
    uint32_t n = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        if (orr_rng_below(&rng, 3) || !places.n) {
            values[n] = (uint32_t)orr_rng_below(&rng, 50);
            in[n] = true;
            orr_places_heap_push(&places, n++, comes_before, values);
        } else {
            uint32_t best = ORR_NOWHERE;
            for (uint32_t k = 0; k < n; k++)
                if (in[k] && (best == ORR_NOWHERE || comes_before(values, k, best))) best = k;
            ck_assert_uint_eq(orr_places_heap_pop(&places, comes_before, values), best);
            in[best] = false;
        }
    }
    uint32_t n_left = places.n;
    for (uint32_t i = 0; i < 10; i++) orr_places_heap_pop(&places, comes_before, values);
    while (places.n < n_left)
        orr_places_heap_push(&places, places.v[places.n], comes_before, values);
    uint32_t last = ORR_NOWHERE;
    for (uint32_t i = 0; i < n_left; i++) {
        uint32_t place = orr_places_heap_pop(&places, comes_before, values);
        ck_assert(in[place]);
        in[place] = false;
        ck_assert(last == ORR_NOWHERE || comes_before(values, last, place));
        last = place;
    }
    orr_places_heap_fini(&places);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_fifo_gives_back_what_came_first_however_it_wraps_and_grows) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rng rng = orr_rng_stream(5, ORR_RNG_NODE, 0);
    struct orr_fifo fifo;
    orr_fifo_init(&fifo, &heap.mem, 12);
    uint32_t first = 0, next = 0;
    for (int i = 0; i < STEPS; i++) {
        uint32_t bias = i / 1000 % 2 ? 3 : 1; /* it fills, then it drains */
        if (orr_rng_below(&rng, 4) < bias) {
            memcpy(orr_fifo_push(&fifo), &next, sizeof next);
            next++;
        } else if (fifo.n) {
            uint32_t front;
            memcpy(&front, orr_fifo_pop(&fifo), sizeof front);
            ck_assert_uint_eq(front, first++);
        }
        ck_assert_uint_eq(fifo.n, next - first);
        for (uint32_t k = 0; k < fifo.n; k += 7) {
            uint32_t piece;
            memcpy(&piece, orr_fifo_at(&fifo, k), sizeof piece);
            ck_assert_uint_eq(piece, first + k);
        }
    }
    ck_assert_uint_gt(fifo.cap, 8);
    orr_fifo_fini(&fifo);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("base.containers", a_set_holds_what_was_added_and_nothing_else,
              a_set_with_room_for_its_keys_never_grows,
              of_recent_keys_at_least_the_limit_and_at_most_twice_the_limit_are_known,
              an_index_finds_the_place_of_each_key_in_an_array_that_grows,
              a_key_that_is_put_again_is_found_at_its_new_place,
              a_bitset_counts_its_members_and_walks_them_in_ascending_order,
              a_heap_gives_its_places_in_their_total_order_and_takes_pops_back,
              a_fifo_gives_back_what_came_first_however_it_wraps_and_grows)
