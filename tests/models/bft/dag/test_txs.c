/* Which transactions the order of a graph holds already. */
#include "models/base/rng.h"
#include "models/bft/dag/txs.h"
#include "sim/base/memory.h"
#include "tests/test.h"

START_TEST(a_transaction_counts_once_within_the_rounds_that_a_leader_reaches) {
    struct orr_heap heap;
    struct orr_dag_txs txs;
    orr_heap_init(&heap);
    orr_dag_txs_init(&txs, &heap.mem);
    ck_assert(orr_dag_txs_add(&txs, 7, 10, 1));
    ck_assert(!orr_dag_txs_add(&txs, 7, 10, 1));
    ck_assert(!orr_dag_txs_add(&txs, 7, 14, 10)); /* the last round that is in reach */
    ck_assert(!orr_dag_txs_add(&txs, 7, 12, 11)); /* of the later of its two vertices */
    ck_assert(!orr_dag_txs_add(&txs, 7, 14, 14));
    ck_assert(orr_dag_txs_add(&txs, 7, 15, 15));
    ck_assert(!orr_dag_txs_add(&txs, 7, 15, 15));
    ck_assert(orr_dag_txs_add(&txs, 0, 15, 15)); /* any number is an id */
    ck_assert(!orr_dag_txs_add(&txs, 0, 15, 15));
    orr_dag_txs_fini(&txs);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

/* Against what a list says; each round may reach so far down, and ids come again. */
enum { IDS = 300, ROUNDS = 400, EACH = 40, DEPTH = 12 };

START_TEST(what_is_in_reach_is_remembered_and_the_rest_takes_no_room) {
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct orr_rng rng = orr_rng_stream(seed, ORR_RNG_NODE, 0);
        struct orr_heap heap;
        struct orr_dag_txs txs;
        uint64_t last[IDS] = {0}; /* the highest round of a vertex that has it */
        orr_heap_init(&heap);
        orr_dag_txs_init(&txs, &heap.mem);
        for (uint64_t round = 1; round <= ROUNDS; round++)
            for (uint32_t i = 0; i < EACH; i++) {
                uint64_t least = round > DEPTH ? round - DEPTH : 1, id = orr_rng_below(&rng, IDS);
                uint64_t of = least + orr_rng_below(&rng, round - least + 1);
                bool is_first = last[id] < least;
                if (last[id] < of) last[id] = of;
                if (orr_dag_txs_add(&txs, id * 0x9e3779b97f4a7c15ull, of, least) != is_first)
                    ck_abort_msg("seed %lu, round %lu, id %lu", (unsigned long)seed,
                                 (unsigned long)round, (unsigned long)id);
            }
        ck_assert_uint_le(txs.cap, 2 * 1024); /* 16,000 were added, 300 are different */
        orr_dag_txs_fini(&txs);
        ck_assert_uint_eq(heap.used_bytes, 0);
    }
}
END_TEST

START_TEST(ids_that_never_come_again_are_forgotten) {
    struct orr_heap heap;
    struct orr_dag_txs txs;
    orr_heap_init(&heap);
    orr_dag_txs_init(&txs, &heap.mem);
    for (uint64_t round = 1; round <= 2000; round++)
        for (uint64_t i = 0; i < 10; i++)
            if (!orr_dag_txs_add(&txs, round * 10 + i, round, round > 8 ? round - 8 : 1))
                ck_abort_msg("round %lu", (unsigned long)round);
    ck_assert_uint_le(txs.cap, 512); /* of 20,000, 90 are in reach */
    orr_dag_txs_fini(&txs);
    ck_assert_uint_eq(heap.used_bytes, 0);
}
END_TEST

ORR_TEST_MAIN("bft.dag.txs", a_transaction_counts_once_within_the_rounds_that_a_leader_reaches,
              what_is_in_reach_is_remembered_and_the_rest_takes_no_room,
              ids_that_never_come_again_are_forgotten)
