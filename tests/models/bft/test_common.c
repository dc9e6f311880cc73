#include "models/bft/common/certificate.h"
#include "models/bft/common/held.h"
#include "models/bft/common/parts.h"
#include "models/bft/common/quorum.h"
#include "models/bft/common/slots.h"
#include "models/bft/common/sync.h"
#include "models/bft/common/wal.h"
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

static void grow(struct orr_outbox *out) {
    out->cap = out->cap ? 2 * out->cap : 16;
    out->v = orr_xrealloc(out->v, out->cap * sizeof *out->v);
}

START_TEST(a_log_gives_back_its_slots_and_its_entries_and_finds_a_torn_bundle) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    struct orr_outbox out = {.pool = &pool, .grow = grow};
    struct orr_wal wal;
    orr_wal_init(&wal, &heap.mem, &pool);
    struct orr_msg *a = orr_msg_copy(&pool, 3, "vote", 4), *b = orr_msg_copy(&pool, 4, "", 0);
    struct orr_msg *bundle[] = {a, NULL, b};
    orr_wal_put(&wal, &out, 5, bundle, 3);
    orr_wal_put_one(&wal, &out, 7, orr_msg_ref(a));
    uint32_t first = orr_wal_append(&wal, &out, a), second = orr_wal_append(&wal, &out, b);
    ck_assert_uint_lt(first, second);
    orr_wal_drop(&wal, &out, first);
    ck_assert_uint_eq(out.n, 5);
    orr_wal_fini(&wal);

    orr_wal_init(&wal, &heap.mem, &pool);
    const uint32_t back[] = {0, 1, 3}; /* what is durable in the end, in the order of its names */
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(orr_wal_stored(&wal, &(struct orr_event){.kind = ORR_STORED,
                                                                  .key = out.v[back[i]].key,
                                                                  .msg = out.v[back[i]].msg}), 0);
    ck_assert_int_eq(orr_wal_stored(&wal, &(struct orr_event){.kind = ORR_STORED,
                                                              .key = second + 1}), ORR_ECORRUPT);
    ck_assert_ptr_null(orr_wal_slot(&wal, 6));
    ck_assert_ptr_eq(orr_wal_slot(&wal, 7), a);
    uint32_t at;
    ck_assert_uint_eq(orr_wal_entries(&wal, &at), 1);
    ck_assert_ptr_eq(wal.records[at].msg, b);
    ck_assert_uint_gt(orr_wal_append(&wal, &out, a), second); /* no name is used twice */
    struct orr_msg *record = orr_wal_slot(&wal, 5);
    for (uint32_t len = record->len; len <= record->len; len--) { /* down to 0 */
        struct orr_msg *torn = orr_msg_copy(&pool, 0, record->data, len), *m;
        uint32_t n = 0;
        for (at = 0; (m = orr_wal_next(&wal, torn, &at)); n++) {
            ck_assert_uint_eq(m->kind, n ? 4 : 3);
            ck_assert_uint_eq(m->len, n ? 0 : 4);
            orr_msg_unref(&pool, m);
        }
        ck_assert(n < 2 || len == record->len);
        ck_assert((at == len) == (len == 0 || len == 10 || len == 16)); /* else it is torn */
        orr_msg_unref(&pool, torn);
    }
    orr_wal_fini(&wal);
    for (uint32_t i = 0; i < out.n; i++) orr_msg_unref(&pool, out.v[i].msg);
    orr_msg_unref(&pool, a);
    orr_msg_unref(&pool, b);
    free(out.v);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_value_is_cut_evenly_and_parts_of_another_cut_are_no_value) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    static struct orr_msg *parts[ORR_MAX_PARTS], *same[ORR_MAX_PARTS];
    for (uint32_t len = 1; len < 200; len += 7)
        for (uint32_t most = 1 + len / 100; most <= len + 1; most += 3) {
            struct orr_msg *value = orr_msg_new(&pool, 0, len);
            for (uint32_t i = 0; i < len; i++) value->data[i] = (uint8_t)(i * 7 + len);
            uint32_t n, n_same;
            uint8_t root[32], same_root[32];
            orr_parts_split(value, 1, most, 1, &pool, parts, &n, root);
            ck_assert_uint_eq(n, (len + most - 1) / most);
            orr_parts_split(value, 1, orr_parts_size(len, n), 1, &pool, same, &n_same, same_root);
            ck_assert_uint_eq(n_same, n); /* bytes and number say how it is cut */
            ck_assert_mem_eq(root, same_root, 32);
            for (uint32_t i = 0; i < n; i++) ck_assert_ptr_nonnull(orr_part_of(parts[i]));
            struct orr_msg *joined = orr_parts_join(parts, n, &pool);
            ck_assert_uint_eq(joined->len, len);
            ck_assert_mem_eq(joined->data, value->data, len);
            orr_msg_unref(&pool, joined);
            orr_msg_unref(&pool, value);
            for (uint32_t i = 0; i < n; i++) {
                orr_msg_unref(&pool, parts[i]);
                orr_msg_unref(&pool, same[i]);
            }
        }
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

/* Answers a peer and sends all of it; first and last height, or 0, 0. */
static struct orr_sync_range answer(struct orr_sync *sync, uint64_t height, orr_time now) {
    struct orr_sync_range range = orr_sync_answer(sync, 1, height, 100, now);
    for (uint64_t h = range.from; h < range.to; h++) orr_sync_sent(sync, 1, h, now);
    if (range.from == range.to) return (struct orr_sync_range){0};
    return range;
}

START_TEST(who_lags_is_sent_each_height_once_and_again_only_when_it_stands_still) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_sync sync;
    orr_sync_init(&sync, &heap.mem, 3, 8, 100);
    struct orr_sync_range r = answer(&sync, 10, 1000);
    ck_assert(r.from == 10 && r.to == 18);
    ck_assert_uint_eq(answer(&sync, 10, 1010).to, 0); /* it is under way */
    uint64_t n_sent = 8;
    for (uint64_t h = 11; h < 60; h++) { /* it gets on, one height in each 20 ns */
        r = answer(&sync, h, 1010 + (orr_time)(h - 10) * 20);
        n_sent += r.to - r.from;
        ck_assert(r.from == h + 7 && r.to == h + 8);
    }
    ck_assert_uint_eq(n_sent, 60 + 7 - 10); /* each once */
    orr_time now = 1010 + 49 * 20, last = now;
    for (uint32_t i = 0; i < 8; i++) { /* it stands still, asking all the while */
        do r = answer(&sync, 59, ++now);
        while (!r.to);
        ck_assert(r.from == 59 && r.to == 67);
        orr_time most = 100 * 64, waits = (orr_time)200 << i;
        ck_assert_int_eq(now - last, waits < most ? waits : most);
        last = now;
    }
    uint64_t boasts = 0;
    for (uint64_t i = 0; i < 1000; i++) { /* it says this and that: nothing is sent twice */
        r = answer(&sync, i % 2 ? 59 : 1 + i % 50, now + 1);
        boasts += r.to - r.from;
    }
    ck_assert_uint_eq(boasts, 0);
    ck_assert(orr_sync_may_answer(&sync, 2, 0) && !orr_sync_may_answer(&sync, 2, 49));
    ck_assert(orr_sync_may_answer(&sync, 2, 50) && orr_sync_may_answer(&sync, 1, 50));
    ck_assert(orr_sync_may_ask(&sync) && !orr_sync_may_ask(&sync));
    orr_sync_tick(&sync);
    ck_assert(orr_sync_may_ask(&sync));
    orr_sync_fini(&sync);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

/* Who cannot send yet is not taken for patient, and patience counts from what was sent last. */
START_TEST(how_long_a_peer_waits_counts_from_the_last_thing_sent_to_it) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_sync sync;
    orr_sync_init(&sync, &heap.mem, 3, 8, 100);
    (void)answer(&sync, 10, 1000);
    ck_assert_uint_eq(answer(&sync, 10, 1199).to, 0);
    for (int i = 0; i < 4; i++) { /* it stands still; four questions, and nothing is sent */
        struct orr_sync_range r = orr_sync_answer(&sync, 1, 10, 100, 1200);
        ck_assert(r.from == 10 && r.to == 18);
    }
    for (uint64_t h = 10; h < 18; h++) orr_sync_sent(&sync, 1, h, 1250); /* later, all of it */
    ck_assert_uint_eq(answer(&sync, 10, 1649).to, 0); /* twice as long, once */
    struct orr_sync_range again = answer(&sync, 10, 1650);
    ck_assert(again.from == 10 && again.to == 18);
    orr_sync_fini(&sync);
    ck_assert_uint_eq(heap.used_bytes, 0);
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
              who_lags_is_sent_each_height_once_and_again_only_when_it_stands_still,
              how_long_a_peer_waits_counts_from_the_last_thing_sent_to_it,
              a_log_gives_back_its_slots_and_its_entries_and_finds_a_torn_bundle,
              a_value_is_cut_evenly_and_parts_of_another_cut_are_no_value,
              what_comes_while_held_messages_are_gone_through_is_held_for_the_next_time,
              quorums_are_2f_plus_1_and_any_two_share_a_correct_voter,
              ranks_follow_the_order_of_nodes,
              a_slot_is_zeroed_when_it_opens_and_is_not_found_outside_the_window)
