/* The oracle of a rollup's deposits: what it must catch, and what is none of its business. */
#include "tests/sim/check/world.h"

static struct world w;

static void begin(enum orr_expectation expected) {
    world_init(&w);
    w.scenario.expect.deposits = expected;
}

/* An epoch with n deposits whose source hashes begin with `first`, first + 1, ... */
static void tell_epoch(orr_peer node, struct orr_epoch_told told, uint8_t first) {
    _Alignas(struct orr_epoch_told) uint8_t bytes[sizeof told + 4 * 32] = {0};
    memcpy(bytes, &told, sizeof told);
    for (uint32_t i = 0; i < told.n; i++) bytes[sizeof told + 32 * i] = (uint8_t)(first + i);
    output(&w, node, ORR_OUT_EPOCH, bytes, (uint32_t)sizeof told + told.n * 32);
}

/* L1 block `number` with n deposits, due by the block two later. */
static void take(uint64_t number, uint32_t n, uint8_t first) {
    tell_epoch(0, (struct orr_epoch_told){.l1_number = number, .by = number + 2, .n = n}, first);
}
static void derive(orr_peer node, uint64_t number, uint64_t by, uint32_t n, uint8_t first) {
    tell_epoch(node, (struct orr_epoch_told){.l1_number = number, .by = by, .is_l2 = 1, .n = n,
                                             .l2_number = 10 + number}, first);
}

static void finish_with(bool pass, const char *text) {
    finish(&w, 90 * S);
    expect_verdict(&w, "deposits", pass, text);
    world_end(&w);
}

START_TEST(what_l1_took_begins_its_epoch_in_time_at_every_node) {
    begin(HOLDS);
    world_start(&w);
    for (uint64_t i = 1; i <= 3; i++) take(i, (uint32_t)(i % 2), (uint8_t)i);
    for (orr_peer node = 0; node < 7; node++)
        for (uint64_t i = 1; i <= 3; i++) derive(node, i, i + 2, (uint32_t)(i % 2), (uint8_t)i);
    derive(3, 1, 2, 1, 1); /* again, after a restart */
    finish_with(true, "2 deposits in 3 final L1 blocks; at most 2 L1 blocks to their L2 block");
}
END_TEST

START_TEST(each_way_to_miss_a_deposit_breaks_it) {
    static const struct {
        uint64_t l1_number, by, place;
        uint32_t n;
        uint8_t first;
        const char *text;
    } cases[] = {
        {1, 2, 0, 1, 7, "1 deposits, of 2 that L1 took"},
        {1, 2, 0, 3, 7, "3 deposits, of 2"},
        {1, 2, 0, 2, 8, "others than those that L1 took"},
        {1, 4, 0, 2, 7, "comes with L1 block 4, later than 3"},
        {1, 2, 2, 2, 7, "in the 3. block of their epoch"},
        {2, 3, 0, 0, 7, "leaves out the epoch of L1 block 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(HOLDS);
        world_start(&w);
        take(1, 2, 7);
        take(2, 0, 7);
        struct orr_epoch_told told = {.l1_number = cases[i].l1_number, .by = cases[i].by,
                                      .place = cases[i].place, .n = cases[i].n, .is_l2 = 1};
        tell_epoch(2, told, cases[i].first);
        finish_with(false, cases[i].text);
    }
    begin(BROKEN);
    world_start(&w);
    take(1, 2, 7);
    derive(1, 1, 2, 1, 7);
    finish_with(true, "1 deposits, of 2");
    begin(HOLDS);
    world_start(&w);
    take(1, 1, 7);
    derive(1, 1, 2, 1, 7);
    derive(1, 2, 3, 0, 7);
    finish_with(false, "of which L1 says nothing");
}
END_TEST

START_TEST(a_node_that_derives_nothing_more_breaks_it_when_the_window_is_over) {
    /* block 2 is due with 4, when 5 is final, too */
    for (uint64_t blocks = 3; blocks <= 4; blocks++) {
        begin(HOLDS);
        world_start(&w);
        take(1, 1, 1);
        for (orr_peer node = 0; node < 7; node++) derive(node, 1, 2, 1, 1);
        for (uint64_t i = 2; i <= blocks + 1; i++) take(i, 0, 0);
        finish_with(blocks == 3, blocks == 3 ? "1 deposits" : "of L1 block 2, which was due");
    }
}
END_TEST

START_TEST(liars_are_not_heard_and_without_a_deposit_nothing_is_judged) {
    begin(HOLDS);
    world_fault(&w, ORR_FAULT_BYZANTINE, 1 * S, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, 4, true);
    take(1, 1, 1);
    derive(4, 1, 9, 0, 0);
    finish_with(true, "1 deposits in 1");
    begin(HOLDS);
    world_start(&w);
    take(1, 0, 0);
    finish(&w, 90 * S);
    ck_assert(!verdict(&w, "deposits")->judged);
    world_end(&w);
}
END_TEST

ORR_TEST_MAIN("deposits", what_l1_took_begins_its_epoch_in_time_at_every_node,
              each_way_to_miss_a_deposit_breaks_it,
              a_node_that_derives_nothing_more_breaks_it_when_the_window_is_over,
              liars_are_not_heard_and_without_a_deposit_nothing_is_judged)
