/* What the step machine commits to: chains of items give back what was put on them, and nothing at
 * all, with no length, for what is not known or hangs together in another way. */
#include "models/rollup/step_tree.h"

#include "sim/base/memory.h"
#include "tests/test.h"

static struct orr_heap heap;
static struct orr_preimages known;

static void begin(void) {
    orr_heap_init(&heap);
    known = (struct orr_preimages){.mem = &heap.mem};
}

static void end(void) {
    orr_preimages_free(&known);
    ck_assert_uint_eq(heap.used_bytes, 0);
}

/* Nothing comes off, and the chain is as it was. */
static void check_refused(struct orr_hash head, uint64_t n) {
    struct orr_step_chain chain = {head, n};
    size_t len = 13;
    ck_assert_ptr_null(orr_step_chain_pop(&known, &chain, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(orr_hash_equal(chain.head, head));
    ck_assert_uint_eq(chain.n, n);
}

START_TEST(a_chain_gives_back_its_items_from_the_last_to_the_first) {
    static const uint8_t items[3][60] = {{1, 2, 3}, {0}, {9}};
    static const size_t lens[3] = {60, 0, 1};
    struct orr_step_chain chain = {.n = 0};
    begin();
    for (int i = 0; i < 3; i++) orr_step_chain_push(&known, &chain, items[i], lens[i]);
    for (int i = 3; i-- > 0;) {
        size_t len = 77;
        const uint8_t *item = orr_step_chain_pop(&known, &chain, &len);
        ck_assert_ptr_nonnull(item);
        ck_assert_uint_eq(len, lens[i]);
        ck_assert(!len || !memcmp(item, items[i], len));
        ck_assert_uint_eq(chain.n, (uint64_t)i);
    }
    ck_assert(orr_hash_equal(chain.head, (struct orr_hash){{0}}));
    check_refused(chain.head, 0);
    end();
}
END_TEST

/* A link is one list of 32 bytes and a string. */
static struct orr_hash link_of(size_t rest_len, size_t item_len, int n_more, bool is_followed) {
    static const uint8_t bytes[64];
    struct orr_rlp_writer w = {.mem = &heap.mem};
    size_t list = orr_rlp_list_begin(&w);
    orr_rlp_write_string(&w, bytes, rest_len);
    orr_rlp_write_string(&w, bytes, item_len);
    for (int i = 0; i < n_more; i++) orr_rlp_write_string(&w, bytes, 0);
    orr_rlp_list_end(&w, list);
    if (is_followed) orr_rlp_write_string(&w, bytes, 2);
    struct orr_hash hash = orr_preimage_put(&known, w.bytes, w.len);
    orr_rlp_free(&w);
    return hash;
}

START_TEST(what_is_no_link_gives_nothing_and_no_length) {
    static const uint8_t broken[] = {0xc2, 0x81};
    struct orr_step_chain chain = {.n = 1};
    size_t len = 0;
    begin();
    chain.head = link_of(32, 13, 0, false);
    ck_assert_ptr_nonnull(orr_step_chain_pop(&known, &chain, &len)); /* the like is one */
    ck_assert_uint_eq(len, 13);
    check_refused(link_of(32, 13, 0, false), 0); /* but not in a chain of no items */
    check_refused(link_of(32, 13, 1, false), 1);
    check_refused(link_of(32, 13, 0, true), 1);
    check_refused(link_of(31, 13, 0, false), 1);
    check_refused(link_of(33, 13, 0, false), 1);
    check_refused(orr_preimage_put(&known, broken, sizeof broken), 1);
    check_refused(orr_preimage_put(&known, broken, 0), 1);
    check_refused((struct orr_hash){{5}}, 1); /* not known */
    end();
}
END_TEST

START_TEST(what_is_not_known_has_no_length) {
    struct orr_hash nobody = {{7}};
    size_t len = 99;
    begin();
    ck_assert_ptr_null(orr_preimage_get(&known, &nobody, &len));
    ck_assert_uint_eq(len, 0);
    end();
}
END_TEST

ORR_TEST_MAIN("step tree", a_chain_gives_back_its_items_from_the_last_to_the_first,
              what_is_no_link_gives_nothing_and_no_length, what_is_not_known_has_no_length)
