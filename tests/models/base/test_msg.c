#include "models/base/msg.h"
#include "sim/base/memory.h"
#include "tests/test.h"

START_TEST(a_freed_buffer_serves_the_next_message_without_allocating) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    orr_msg_unref(&pool, orr_msg_new(&pool, 1, 100));
    uint64_t n_allocs = heap.n_allocs;
    for (uint32_t len = 90; len < 120; len++) orr_msg_unref(&pool, orr_msg_new(&pool, 1, len % 88));
    for (int i = 0; i < 1000; i++) {
        struct orr_msg *m = orr_msg_new(&pool, 1, 80);
        ck_assert_uint_ge(m->cap, 80);
        ck_assert_uint_eq((uintptr_t)m->data % 8, 0);
        orr_msg_unref(&pool, m);
    }
    ck_assert_uint_le(heap.n_allocs, n_allocs + 2);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

START_TEST(a_message_lives_until_its_last_reference_and_takes_its_decoded_form_with_it) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    struct orr_msg *m = orr_msg_copy(&pool, 2, "hello", 5);
    static const struct orr_decoder ours = {"ours"}, other = {"other"};
    ck_assert_ptr_null(orr_form(m, &ours));
    void *form = orr_form_new(m, &ours, 300, &pool);
    ck_assert_ptr_eq(orr_form(m, &ours), form);
    ck_assert_ptr_null(orr_form(m, &other)); /* another layout: nobody else may read it */
    orr_msg_ref(m);
    orr_msg_unref(&pool, m);
    ck_assert_mem_eq(m->data, "hello", 5);
    ck_assert_uint_eq(pool.n_live, 2);
    orr_msg_unref(&pool, m);
    ck_assert_uint_eq(pool.n_live, 0);
    orr_pool_fini(&pool);
}
END_TEST

START_TEST(a_frozen_message_knows_its_hash_and_a_clone_of_it_may_be_written) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    struct orr_msg *m = orr_msg_copy(&pool, 2, "hello", 5);
    uint64_t before = orr_msg_hash(m);
    ck_assert_uint_eq(m->hash, 0); /* asking does not freeze */
    m->data[0] = 'j';
    orr_msg_freeze(m);
    ck_assert_uint_ne(m->hash, before);
    ck_assert_uint_eq(m->hash, orr_msg_hash(m));
    struct orr_msg *copy = orr_msg_clone(&pool, m);
    ck_assert_uint_eq(copy->hash, 0);
    ck_assert_uint_eq(orr_msg_hash(copy), m->hash);
    orr_msg_damage(copy, ORR_MSG_HEADER_BYTES, 'h' ^ 'j');
    ck_assert_uint_eq(orr_msg_hash(copy), before);
    /* a seal is broken by any byte, of the form too */
    static const struct orr_decoder ours = {"ours"};
    uint8_t *form = orr_form_new(copy, &ours, 3, &pool);
    memcpy(form, "abc", 3);
    orr_msg_freeze(copy);
    form[0] = 'b';
    ck_assert(orr_msg_is_intact(copy)); /* a frozen message's form has no hash of its own */
    orr_msg_seal(copy);
    ck_assert(orr_msg_is_intact(copy));
    form[0] = 'a';
    ck_assert(!orr_msg_is_intact(copy));
    form[0] = 'b';
    copy->data[4] ^= 1;
    ck_assert(!orr_msg_is_intact(copy));
    orr_msg_unref(&pool, m);
    orr_msg_unref(&pool, copy);
    orr_pool_fini(&pool);
}
END_TEST

START_TEST(the_hash_changes_with_every_bit_with_the_kind_and_with_the_length) {
    struct orr_heap heap;
    orr_heap_init(&heap);
    struct orr_pool pool;
    orr_pool_init(&pool, &heap.mem);
    for (uint32_t len = 0; len < 40; len++) {
        uint8_t bytes[40] = {0};
        uint64_t base = orr_hash64(3, bytes, len);
        ck_assert_uint_ne(base, orr_hash64(4, bytes, len));
        ck_assert_uint_ne(base, orr_hash64(3, bytes, len + 1));
        for (uint32_t bit = 0; bit < 8 * len; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            ck_assert_uint_ne(base, orr_hash64(3, bytes, len));
            bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
    orr_pool_fini(&pool);
}
END_TEST

ORR_TEST_MAIN("base.msg", a_freed_buffer_serves_the_next_message_without_allocating,
              a_message_lives_until_its_last_reference_and_takes_its_decoded_form_with_it,
              a_frozen_message_knows_its_hash_and_a_clone_of_it_may_be_written,
              the_hash_changes_with_every_bit_with_the_kind_and_with_the_length)
