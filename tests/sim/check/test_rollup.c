/* The standing oracles of a rollup's safe chain and of its ether: what they must catch, and what is
 * none of their business. */
#include "tests/sim/check/world.h"

static struct world w;

/* L1 blocks 0 to 5 of branch a, and from 3 on those of branch b; block n mints n wei. */
static void name_block(uint8_t hash[32], uint64_t number, char branch) {
    memset(hash, 0, 32);
    hash[0] = (uint8_t)number;
    hash[31] = (uint8_t)branch;
}

static void build(uint64_t number, char branch, char parent) {
    struct orr_origin_told told = {.number = number, .minted = {[31] = (uint8_t)number}};
    name_block(told.hash, number, branch);
    if (number) name_block(told.parent, number - 1, parent);
    output(&w, 0, ORR_OUT_ORIGIN, &told, sizeof told);
}

static void begin(enum orr_expectation derivation, enum orr_expectation supply) {
    world_init(&w);
    w.scenario.expect.derivation = derivation;
    w.scenario.expect.supply = supply;
    world_start(&w);
    for (uint64_t n = 0; n <= 5; n++) build(n, 'a', 'a');
    for (uint64_t n = 3; n <= 5; n++) build(n, 'b', n == 3 ? 'a' : 'b');
}

/* The sequencer's L2 blocks have capital letters; each has the L1 block of its number as origin. */
static void sequence(uint64_t number, char branch) {
    struct orr_proposed p = {.height = number};
    name_block(p.value, number, branch);
    output(&w, 1, ORR_OUT_PROPOSED, &p, sizeof p);
}

struct step {
    uint64_t number;
    char branch, parent;     /* of L2 */
    uint64_t from, tip;      /* L1 blocks, ... */
    char l1;                 /* ... of that branch */
    bool is_empty;           /* it comes of no batch */
    int off;                 /* wei more than there should be */
};
static void derive(orr_peer node, struct step s) {
    struct orr_derived_told told = {.number = s.number, .is_from_batch = !s.is_empty};
    name_block(told.hash, s.number, s.branch);
    if (s.number) name_block(told.parent, s.number - 1, s.parent);
    name_block(told.origin, s.number, s.number < 3 ? 'a' : s.l1);
    name_block(told.from, s.from, s.from < 3 ? 'a' : s.l1);
    name_block(told.tip, s.tip, s.tip < 3 ? 'a' : s.l1);
    told.created[31] = (uint8_t)((int)(s.number * (s.number + 1) / 2) + s.off);
    output(&w, node, ORR_OUT_DERIVED, &told, sizeof told);
}

static void call_final(orr_peer node, uint64_t number, char branch) {
    struct orr_head h = {.number = number, .label = ORR_HEAD_FINAL};
    name_block(h.hash, number, branch);
    output(&w, node, ORR_OUT_HEAD, &h, sizeof h);
}

/* The first block and two of batches, at a node. */
static void derive_two(orr_peer node) {
    derive(node, (struct step){0, 'A', 'A', 0, 0, 'a', true, 0});
    sequence(1, 'A');
    sequence(2, 'A');
    derive(node, (struct step){1, 'A', 'A', 2, 2, 'a', false, 0});
    derive(node, (struct step){2, 'A', 'A', 3, 3, 'a', false, 0});
}

static void finish_with(const char *name, bool pass, const char *text) {
    finish(&w, 90 * S);
    expect_verdict(&w, name, pass, text);
    world_end(&w);
}

START_TEST(a_safe_chain_that_grows_from_what_was_sequenced_holds) {
    begin(HOLDS, HOLDS);
    derive_two(2);
    derive_two(3);
    derive(2, (struct step){3, 'x', 'A', 5, 5, 'a', true, 0}); /* the window has ended */
    call_final(2, 1, 'A');
    call_final(2, 2, 'A');
    finish(&w, 90 * S);
    expect_verdict(&w, "derivation", true,
                   "7 safe and 2 final blocks at correct nodes; 0 times back with L1");
    expect_verdict(&w, "supply", true, "7 safe blocks at correct nodes; 6 wei were minted");
    world_end(&w);
}
END_TEST

START_TEST(it_goes_back_as_far_as_l1_and_no_further) {
    static const struct {
        struct step step;
        const char *broken; /* NULL: it may */
    } cases[] = {
        {{2, 'B', 'A', 3, 3, 'b', false, 0}, NULL},            /* another in place of one from 3a */
        {{1, 'A', 'A', 2, 4, 'b', false, 0}, NULL},            /* nothing in its place yet */
        {{2, 'B', 'A', 3, 4, 'a', false, 0}, "goes back, and L1 has not"},
        {{1, 'A', 'A', 2, 5, 'a', false, 0}, "goes back, and L1 has not"},
        {{1, 'B', 'A', 3, 3, 'b', false, 0}, "goes back, and L1 has not"}, /* 2a stays */
        {{3, 'B', 'C', 4, 4, 'a', false, 0}, "does not stand on the safe block"},
        {{4, 'B', 'C', 4, 4, 'a', false, 0}, "leaves out blocks"},
        {{3, 'C', 'A', 4, 4, 'a', false, 0}, "nobody has sequenced it"},
        {{3, 'B', 'A', 9, 4, 'a', false, 0}, "that nobody has built"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(cases[i].broken ? BROKEN : HOLDS, ORR_EXPECT_UNCHECKED);
        derive_two(2);
        sequence(1, 'B'), sequence(2, 'B'), sequence(3, 'B'), sequence(4, 'B');
        derive(2, cases[i].step);
        finish_with("derivation", true, cases[i].broken ? cases[i].broken : "1 times back with L1");
    }
}
END_TEST

START_TEST(what_was_final_stays_and_was_safe_before) {
    begin(BROKEN, ORR_EXPECT_UNCHECKED);
    derive_two(2);
    call_final(2, 2, 'A');
    sequence(2, 'B');
    derive(2, (struct step){2, 'B', 'A', 3, 3, 'b', false, 0}); /* back with L1, but it was final */
    finish_with("derivation", true, "takes the place of one that was final");
    static const struct {
        uint64_t number;
        char branch;
        const char *text;
    } cases[] = {{1, 'A', "below one that was final"}, {2, 'B', "was not safe"},
                 {3, 'A', "was not safe"}};
    for (size_t i = 0; i < 3; i++) {
        begin(BROKEN, ORR_EXPECT_UNCHECKED);
        derive_two(2);
        call_final(2, 1, 'A');
        call_final(2, cases[i].number, cases[i].branch);
        finish_with("derivation", true, cases[i].text);
    }
}
END_TEST

START_TEST(ether_from_nowhere_and_lost_ether_break_it) {
    for (int off = -1; off <= 1; off++) {
        begin(ORR_EXPECT_UNCHECKED, off ? BROKEN : HOLDS);
        derive_two(2);
        derive(2, (struct step){3, 'A', 'A', 4, 4, 'a', .off = off});
        finish_with("supply", true,
                    off < 0   ? "5 wei more than in the first block, and deposits up to its L1 "
                                "origin have minted 6"
                    : off > 0 ? "7 wei more than"
                              : "6 wei were minted");
    }
}
END_TEST

START_TEST(liars_are_not_heard_and_without_a_rollup_nothing_is_said) {
    world_init(&w);
    w.scenario.expect.derivation = w.scenario.expect.supply = HOLDS;
    world_fault(&w, ORR_FAULT_BYZANTINE, 1 * S, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, 4, true);
    build(0, 'a', 'a');
    derive(4, (struct step){0, 'A', 'A', 0, 0, 'a', .off = 5});
    derive(3, (struct step){0, 'A', 'A', 0, 0, 'a', true, 0});
    finish_with("derivation", true, "1 safe");
    /* where there is no rollup they say nothing, unless they are asked */
    world_init(&w);
    w.scenario.expect.derivation = w.scenario.expect.supply = HOLDS;
    world_start(&w);
    decide(&w, 0, 1);
    finish(&w, 90 * S);
    for (uint32_t i = 0; i < w.n_verdicts; i++)
        ck_assert(strcmp(w.verdicts[i].name, "derivation") && strcmp(w.verdicts[i].name, "supply"));
    world_end(&w);
}
END_TEST

ORR_TEST_MAIN("rollup oracles", a_safe_chain_that_grows_from_what_was_sequenced_holds,
              it_goes_back_as_far_as_l1_and_no_further, what_was_final_stays_and_was_safe_before,
              ether_from_nowhere_and_lost_ether_break_it,
              liars_are_not_heard_and_without_a_rollup_nothing_is_said)
