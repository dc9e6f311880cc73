/* The oracle of indexes: what it must catch, and what is none of its business. */
#include "tests/sim/check/world.h"

static struct world w;

static void begin(enum orr_expectation expected) {
    world_init(&w);
    w.scenario.expect.index = expected;
}

static void put_head(orr_peer node, uint8_t block) {
    struct orr_head h = {.number = block, .hash = {block}, .label = ORR_HEAD};
    output(&w, node, ORR_OUT_HEAD, &h, sizeof h);
}

static void put_index(orr_peer node, uint8_t block, uint8_t digest) {
    struct orr_indexed i = {.number = block, .hash = {block}, .digest = {digest}, .n_undone = 1};
    output(&w, node, ORR_OUT_INDEXED, &i, sizeof i);
}

static void put_final(orr_peer node, uint8_t final) {
    struct orr_head h = {.number = final, .hash = {final}, .label = ORR_HEAD_FINAL};
    output(&w, node, ORR_OUT_HEAD, &h, sizeof h);
}

static void put_index_with_final(orr_peer node, uint8_t block, uint8_t final) {
    struct orr_indexed i = {.number = block, .hash = {block}, .digest = {7}, .final = final};
    output(&w, node, ORR_OUT_INDEXED, &i, sizeof i);
}

static void finish_with(bool pass, const char *text) {
    finish(&w, 90 * S);
    expect_verdict(&w, "index", pass, text);
    world_end(&w);
}

START_TEST(two_digests_of_one_block_break_it) {
    for (int bug = 0; bug < 2; bug++) {
        begin(HOLDS);
        world_start(&w);
        for (orr_peer i = 0; i < 3; i++) {
            put_head(i, 4);
            put_index(i, 4, bug && i == 2 ? 9 : 7);
        }
        finish_with(!bug, bug ? "index block 4" : "3 indexes of 1 blocks, 2 compared; 3 blocks");
    }
    begin(BROKEN);
    world_start(&w);
    put_head(0, 4), put_index(0, 4, 1), put_index(0, 4, 2); /* its own word against it */
    finish_with(true, "index block 4");
}
END_TEST

START_TEST(an_index_that_is_not_of_its_nodes_last_head_breaks_it) {
    begin(HOLDS);
    world_start(&w);
    put_head(0, 4), put_index(0, 4, 7), put_head(0, 5);
    finish_with(false, "ends with block 5");
    begin(HOLDS);
    world_start(&w);
    put_head(0, 4), put_index(0, 4, 7), put_head(0, 5), put_index(0, 5, 8);
    put_head(1, 6); /* which is no indexer */
    finish_with(true, "2 indexes of 2 blocks, 0 compared");
}
END_TEST

START_TEST(liars_are_not_heard_and_without_an_index_nothing_is_judged) {
    begin(HOLDS);
    world_fault(&w, ORR_FAULT_BYZANTINE, 1 * S, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, 4, true);
    put_head(0, 4), put_index(0, 4, 7);
    put_index(4, 4, 9);
    finish_with(true, "1 indexes");
    begin(HOLDS);
    world_start(&w);
    put_head(0, 4);
    finish(&w, 90 * S);
    ck_assert(!verdict(&w, "index")->judged);
    world_end(&w);
}
END_TEST

START_TEST(a_block_that_is_final_in_an_index_before_it_is_for_the_node_breaks_it) {
    for (uint8_t final = 0; final < 4; final++) {
        begin(HOLDS);
        world_start(&w);
        put_final(0, 2), put_head(0, 4), put_index_with_final(0, 4, final);
        finish_with(final <= 2, final > 2 ? "as final, while its last final block is 2"
                                          : "1 indexes of 1 blocks");
    }
    begin(HOLDS);
    world_start(&w);
    put_final(1, 4); /* somebody else's is not the node's own */
    put_head(0, 4), put_index_with_final(0, 4, 4);
    finish_with(false, "as final, while its last final block is 0");
}
END_TEST

START_TEST(how_far_an_index_was_behind_any_head_is_told) {
    begin(HOLDS);
    world_start(&w);
    put_head(1, 9); /* which is no indexer */
    put_head(0, 4), put_index(0, 4, 7);
    put_head(0, 7), put_index(0, 7, 8), put_head(0, 9), put_index(0, 9, 9);
    finish_with(true, "at most 5 behind");
}
END_TEST

ORR_TEST_MAIN("index", two_digests_of_one_block_break_it,
              a_block_that_is_final_in_an_index_before_it_is_for_the_node_breaks_it,
              how_far_an_index_was_behind_any_head_is_told,
              an_index_that_is_not_of_its_nodes_last_head_breaks_it,
              liars_are_not_heard_and_without_an_index_nothing_is_judged)
