#include "models/bft/common/held.h"
#include "models/bft/common/quorum.h"
#include "models/bft/common/slots.h"
#include "sim/base/memory.h"
#include "tests/test.h"

START_TEST(quorums_are_2f_plus_1_and_any_two_share_a_correct_voter) {
    for (uint64_t f = 0; f < 100; f++) {
        ck_assert_uint_eq(orr_quorum(3 * f + 1), 2 * f + 1);
        ck_assert_uint_eq(orr_one_correct(3 * f + 1), f + 1);
    }
    for (uint64_t n = 1; n < 1000; n++) {
        uint64_t f = (n - 1) / 3, q = orr_quorum(n);
        ck_assert_uint_gt(2 * q, n + f);    /* they overlap in more than f */
        ck_assert_uint_le(q, n - f);        /* correct voters alone are one */
        ck_assert_uint_gt(orr_one_correct(n), f);
    }
    ck_assert_uint_eq(orr_quorum(UINT64_MAX / 3 * 3), UINT64_MAX / 3 * 2 + 1);
}
END_TEST

START_TEST(ranks_follow_the_order_of_nodes) {
    const orr_peer members[] = {2, 3, 7, 90};
    struct orr_cohort cohort = {.n = 4, .members = members};
    for (uint32_t i = 0; i < 4; i++) ck_assert_uint_eq(orr_rank(&cohort, members[i]), i);
    ck_assert_uint_eq(orr_rank(&cohort, 4), ORR_NOBODY);
    ck_assert_uint_eq(orr_rank(&cohort, 0), ORR_NOBODY);
    ck_assert_uint_eq(orr_rank(&cohort, 91), ORR_NOBODY);
}
END_TEST

START_TEST(a_slot_is_zeroed_when_it_opens_and_is_not_found_outside_the_window) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_slots slots;
    orr_slots_init(&slots, &heap.mem, 5, 8, 16);
    for (uint64_t first = 5; first < 50; first++) {
        ck_assert_ptr_null(orr_slots_at(&slots, first - 1));
        ck_assert_ptr_null(orr_slots_at(&slots, first + 8));
        ck_assert_ptr_null(orr_slots_at(&slots, UINT64_MAX));
        for (uint64_t i = first; i < first + 8; i++) {
            uint64_t *slot = orr_slots_at(&slots, i);
            ck_assert_uint_eq(slot[0], i < first + 7 && first > 5 ? i : 0);
            slot[0] = slot[1] = i;
        }
        orr_slots_pass(&slots);
    }
    orr_slots_fini(&slots);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(what_comes_while_held_messages_are_gone_through_is_held_for_the_next_time) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    struct orr_held held;
    orr_held_init(&held, &heap.mem, &pool);
    struct orr_msg *m[6];
    for (uint32_t i = 0; i < 6; i++) {
        m[i] = orr_msg_new(&pool, 0, 10 + i);
        orr_held_add(&held, m[i], i);
        orr_msg_unref(&pool, m[i]); /* it is the list's */
    }
    orr_held_drop(&held, 0);
    orr_held_drop(&held, 3);
    orr_held_sweep(&held);
    ck_assert_uint_eq(held.n_bytes, 11 + 12 + 14 + 15);
    for (int round = 0; round < 3; round++) { /* each time the first one is done with */
        struct orr_held_list list = orr_held_take(&held);
        ck_assert_uint_eq(held.n + held.n_bytes, 0);
        ck_assert_uint_eq(list.n, 4u - (uint32_t)round);
        for (uint32_t i = 1; i < list.n; i++) orr_held_add(&held, list.v[i].msg, list.v[i].from);
        orr_held_give_back(&held, list);
    }
    ck_assert_uint_eq(held.n, 1);
    ck_assert_uint_eq(held.v[0].from, 5);
    ck_assert_ptr_eq(held.v[0].msg, m[5]);
    orr_held_fini(&held);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("bft.common",
              what_comes_while_held_messages_are_gone_through_is_held_for_the_next_time,
              quorums_are_2f_plus_1_and_any_two_share_a_correct_voter,
              ranks_follow_the_order_of_nodes,
              a_slot_is_zeroed_when_it_opens_and_is_not_found_outside_the_window)
