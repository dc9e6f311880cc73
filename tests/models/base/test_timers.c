/* Timers against the simplest thing that does the same: a list that is searched. */
#include "models/base/rng.h"
#include "models/base/timers.h"
#include "sim/base/memory.h"
#include "tests/test.h"

enum { MANY = 3000, STEPS = 40000 };

struct naive {
    int64_t at;
    uint64_t order;
};

static int64_t naive_first(const struct naive *v, uint32_t *id) {
    int64_t at = ORR_TIMERS_NEVER;
    for (uint32_t i = 0; i < MANY; i++) {
        if (v[i].at == ORR_TIMERS_NEVER) continue;
        if (v[i].at > at || (v[i].at == at && v[i].order > v[*id].order)) continue;
        at = v[i].at;
        *id = i;
    }
    return at;
}

START_TEST(thousands_of_timers_set_moved_and_stopped_fire_in_order_and_once) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_NODE, 0);
    struct orr_timers t;
    orr_timers_init(&t, &heap.mem);
    static struct naive v[MANY];
    for (uint32_t i = 0; i < MANY; i++) v[i].at = ORR_TIMERS_NEVER;
    uint64_t n_fired = 0, most = 0;
    int64_t now = 0;
    for (uint64_t step = 0; step < STEPS; step++) {
        uint32_t id = (uint32_t)orr_rng_below(&rng, MANY), other = 0;
        bool stop = orr_rng_below(&rng, 8) == 0;
        int64_t at = stop ? ORR_TIMERS_NEVER : now + (int64_t)orr_rng_below(&rng, 2000);
        int64_t first = naive_first(v, &other);
        v[id] = (struct naive){at, step};
        bool changed = orr_timers_set(&t, id, at);
        ck_assert_int_eq(orr_timers_first(&t), naive_first(v, &other));
        ck_assert_int_eq(changed, naive_first(v, &other) != first);
        if (t.n > most) most = t.n;
        now += (int64_t)orr_rng_below(&rng, 3);
        for (; orr_timers_next(&t, now, &id); n_fired++) {
            ck_assert_int_le(naive_first(v, &other), now);
            ck_assert_uint_eq(id, other);
            v[id].at = ORR_TIMERS_NEVER;
        }
        ck_assert_int_gt(naive_first(v, &other), now);
    }
    ck_assert_uint_gt(n_fired, STEPS / 4);
    ck_assert_uint_gt(most, 500);
    orr_timers_fini(&t);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(equal_deadlines_fire_in_the_order_in_which_they_were_set) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_timers t;
    orr_timers_init(&t, &heap.mem);
    static const uint32_t order[] = {5, 2, 9, 0, 7};
    for (uint32_t i = 0; i < 5; i++) orr_timers_set(&t, order[i], 10);
    orr_timers_set(&t, 2, 10); /* set again: the last now */
    static const uint32_t expected[] = {5, 9, 0, 7, 2};
    uint32_t id;
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert(orr_timers_next(&t, 10, &id));
        ck_assert_uint_eq(id, expected[i]);
    }
    ck_assert(!orr_timers_next(&t, INT64_MAX, &id));
    orr_timers_fini(&t);
}
END_TEST

START_TEST(a_timer_that_is_set_while_others_fire_waits_for_its_time) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_timers t;
    orr_timers_init(&t, &heap.mem);
    ck_assert(!orr_timers_set(&t, 3, ORR_TIMERS_NEVER)); /* it did not run */
    ck_assert_int_eq(orr_timers_first(&t), ORR_TIMERS_NEVER);
    ck_assert(orr_timers_set(&t, 0, 5));
    ck_assert(!orr_timers_set(&t, 1, 6));
    uint32_t id, n = 0;
    for (; orr_timers_next(&t, 6, &id); n++)
        if (id == 0) orr_timers_set(&t, 0, 7);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(orr_timers_first(&t), 7);
    orr_timers_fini(&t);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("models.base.timers",
              thousands_of_timers_set_moved_and_stopped_fire_in_order_and_once,
              equal_deadlines_fire_in_the_order_in_which_they_were_set,
              a_timer_that_is_set_while_others_fire_waits_for_its_time)
