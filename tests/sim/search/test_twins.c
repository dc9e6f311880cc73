/* The schedules of Twins: how many there are, that each class is met once, and that a shuffled walk
 * is one of the same classes. */
#include "sim/search/twins.h"

#include <stdlib.h>
#include <string.h>

#include "tests/test.h"

static const struct {
    uint32_t n_nodes, n_twins, n_rounds;
    uint64_t n, classes;
} known[] = {
    /* published with the search's specification */
    {4, 1, 1, 64, 15}, {4, 1, 2, 4096, 510}, {4, 0, 1, 32, 4}, {4, 0, 2, 1024, 60},
    {4, 2, 1, 128, 26}, {4, 2, 2, 16384, 1752},
    /* by a program of its own: Burnside in Python */
    {4, 1, 3, 262144, 25740}, {4, 0, 3, 32768, 1496}, {4, 2, 3, 2097152, 169280},
};

START_TEST(schedules_and_their_classes_are_as_many_as_known) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct orr_twins *t = orr_twins_new((struct orr_twins_shape){
            known[i].n_nodes, known[i].n_twins, known[i].n_rounds, false});
        ck_assert_uint_eq(orr_twins_count(t), known[i].n);
        ck_assert_uint_eq(orr_twins_classes(t), known[i].classes);
        struct orr_twins_walk walk = {.twins = t};
        uint64_t index;
        while (known[i].n < 300000 && orr_twins_next(&walk, &index)) {
        }
        if (known[i].n < 300000) ck_assert_uint_eq(walk.n, known[i].classes);
        orr_twins_free(t);
    }
}
END_TEST

/* Instances of a schedule change places in this test's own way: pairs of them, one after another,
 * until nothing new comes out. */
static void change(const struct orr_twins_round *from, uint32_t n_rounds, uint32_t a, uint32_t b,
                   bool nodes_too, struct orr_twins_round *to) {
    for (uint32_t r = 0; r < n_rounds; r++) {
        uint32_t s = from[r].second, bit_a = s >> a & 1, bit_b = s >> b & 1;
        s = (s & ~(1u << a | 1u << b)) | bit_a << b | bit_b << a;
        if (s & 1) s = ~s & 31u;
        uint32_t l = from[r].leader;
        to[r] = (struct orr_twins_round){s, nodes_too && l == a ? b : nodes_too && l == b ? a : l};
    }
}

static uint64_t index_of(const struct orr_twins_round *rounds, uint32_t n_rounds) {
    uint64_t index = 0;
    for (uint32_t r = 0; r < n_rounds; r++)
        index = index * 64 + rounds[r].second / 2 * 4 + rounds[r].leader;
    return index;
}

START_TEST(every_class_is_met_once) {
    enum { ROUNDS = 2, N = 4096 };
    static bool met[N];
    static const struct { uint32_t a, b; bool nodes; } pairs[] = {
        {0, 4, false}, {1, 2, true}, {2, 3, true}};
    struct orr_twins *t = orr_twins_new((struct orr_twins_shape){4, 1, ROUNDS, false});
    for (uint64_t seed = 0; seed < 3; seed++) {
        memset(met, 0, sizeof met);
        struct orr_twins_walk walk = {.twins = t, .seed = seed};
        uint64_t index;
        while (orr_twins_next(&walk, &index)) {
            ck_assert(!met[index]);
            static uint64_t todo[N];
            uint32_t n = 1;
            todo[0] = index;
            met[index] = true;
            while (n) {
                struct orr_twins_round from[ROUNDS], to[ROUNDS];
                orr_twins_decode(t, todo[--n], from);
                ck_assert_uint_eq(index_of(from, ROUNDS), todo[n]);
                for (int p = 0; p < 3; p++) {
                    change(from, ROUNDS, pairs[p].a, pairs[p].b, pairs[p].nodes, to);
                    uint64_t other = index_of(to, ROUNDS);
                    ck_assert_uint_ge(other, index);
                    if (!met[other]) met[other] = true, todo[n++] = other;
                }
            }
        }
        ck_assert_uint_eq(walk.n, 510);
        for (uint64_t i = 0; i < N; i++) ck_assert(met[i]);
    }
    orr_twins_free(t);
}
END_TEST

/* The order differs by seed; a first part of it lies all over. */
START_TEST(a_sample_repeats_nothing_and_lies_all_over) {
    struct orr_twins *t = orr_twins_new((struct orr_twins_shape){4, 1, 7, false});
    ck_assert_uint_eq(orr_twins_count(t), UINT64_C(1) << 42);
    enum { N = 400 };
    static uint64_t taken[2][N];
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct orr_twins_walk walk = {.twins = t, .seed = seed};
        uint32_t high = 0;
        for (int i = 0; i < N; i++) {
            ck_assert(orr_twins_next(&walk, &taken[seed - 1][i]));
            ck_assert(orr_twins_is_least(t, taken[seed - 1][i]));
            high += taken[seed - 1][i] & 1;
            for (int k = 0; k < i; k++) ck_assert(taken[seed - 1][k] != taken[seed - 1][i]);
        }
        ck_assert_uint_gt(high, N / 4);
        ck_assert_uint_lt(high, N * 3 / 4);
        struct orr_twins_walk again = {.twins = t, .seed = seed};
        uint64_t first;
        ck_assert(orr_twins_next(&again, &first) && first == taken[seed - 1][0]);
    }
    ck_assert(memcmp(taken[0], taken[1], sizeof taken[0]) != 0);
    orr_twins_free(t);
    ck_assert_ptr_null(orr_twins_new((struct orr_twins_shape){7, 2, 10, false}));
}
END_TEST

/* Without leaders nodes differ by the views that they lead: twins alone change places. */
START_TEST(without_leaders_twins_alone_change_places) {
    struct orr_twins *t = orr_twins_new((struct orr_twins_shape){4, 1, 1, true});
    ck_assert_uint_eq(orr_twins_count(t), 16);
    ck_assert_uint_eq(orr_twins_classes(t), 12); /* (16 + 8) / 2: in half of them both are as one */
    orr_twins_free(t);
    t = orr_twins_new((struct orr_twins_shape){4, 0, 2, true});
    ck_assert_uint_eq(orr_twins_classes(t), 64);
    orr_twins_free(t);
}
END_TEST

ORR_TEST_MAIN("twins", schedules_and_their_classes_are_as_many_as_known, every_class_is_met_once,
              a_sample_repeats_nothing_and_lies_all_over, without_leaders_twins_alone_change_places)
