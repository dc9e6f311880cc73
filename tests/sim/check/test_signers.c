/* What the oracles make of who proposed a value, and of whose votes decided it. */
#include "tests/sim/check/world.h"

static void expect_safety(struct world *w) {
    struct orr_expect_spec *e = &w->scenario.expect;
    e->agreement = e->total_order = e->validity = e->integrity = e->state_root = HOLDS;
}

/* What a role that tells (ORR_OUT_PROPOSED) has proposed: value is made of one byte. */
static void propose(struct world *w, orr_peer node, uint64_t height, uint8_t value) {
    struct orr_proposed p = {.height = height};
    memset(p.value, value, 32);
    output(w, node, ORR_OUT_PROPOSED, &p, sizeof p);
}

START_TEST(a_value_that_its_proposer_did_not_propose_breaks_validity) {
    static const struct {
        orr_peer proposer; /* named by the decision */
        bool byzantine, holds;
    } cases[] = {{2, false, true}, {3, false, false}, {3, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int tells = 0; tells < 2; tells++) {
            struct world w;
            world_init(&w);
            expect_safety(&w);
            world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
            world_start(&w);
            if (cases[i].byzantine) fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 3, true);
            if (tells) propose(&w, 2, 1, 9);
            for (orr_peer node = 0; node < 2; node++)
                decide_as(&w, node,
                          (struct decision){
                              .height = 1, .value = 9, .proposer = cases[i].proposer});
            finish(&w, w.now);
            bool holds = cases[i].holds || !tells;
            expect_verdict(&w, "validity", holds,
                           holds ? "decisions" : "decided a value that its proposer had not");
            world_end(&w);
        }
}
END_TEST

START_TEST(one_value_at_two_heights_breaks_integrity) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_all(&w, 0, 5, 1, 3);
    for (orr_peer node = 0; node < 6; node++)
        decide_as(&w, node, (struct decision){.height = 4, .value = 2, .root = 5});
    finish(&w, w.now);
    expect_verdict(&w, "integrity", false,
                   "val.0 decided value 0202020202020202 at height 4, which was decided at height "
                   "2 before");
    ck_assert(verdict(&w, "agreement")->pass && verdict(&w, "total_order")->pass);
    world_end(&w);
}
END_TEST

START_TEST(one_value_of_two_proposers_breaks_agreement) {
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1, .proposer = 2});
    decide_as(&w, 1, (struct decision){.height = 1, .value = 1, .proposer = 2});
    ck_assert(!orr_check_poll(w.check, w.now));
    decide_as(&w, 4, (struct decision){.height = 1, .value = 1, .proposer = 3});
    finish(&w, w.now);
    expect_verdict(&w, "agreement", false,
                   "val.0 and val.4 decided 0101010101010101 at height 1, but the first says that "
                   "val.2 proposed it, the second that val.3 did");
    world_end(&w);
}
END_TEST

/* Whose votes made the node's next decision final. */
static void certify(struct world *w, orr_peer node, uint64_t height, uint32_t round, uint8_t value,
                    const orr_peer *signers, uint32_t n) {
    uint64_t bytes[sizeof(struct orr_signers) / 8 + 4] = {0};
    struct orr_signers *c = (struct orr_signers *)bytes;
    c->height = height, c->round = round, c->n_signers = n;
    memset(c->value, value, 32);
    strcpy(c->statement, "precommit");
    memcpy(c->signers, signers, n * sizeof *signers);
    output(w, node, ORR_OUT_SIGNERS, bytes, sizeof *c + n * sizeof *signers);
}

START_TEST(a_fork_lays_the_certificates_side_by_side_and_names_who_signed_both) {
    static const orr_peer some[] = {4, 1, 0}, others[] = {1, 2, 4}, none[] = {2, 3, 5};
    static const struct {
        uint32_t round;
        const orr_peer *others;
        const char *parts[3];
    } cases[] = {
        {0, others,
         {"  val.0 decided on 3 times precommit 0101010101010101, height 1, round 0, of val.0, "
          "val.1, val.4\n  val.2 decided on 3 times precommit 0909090909090909, height 1, round "
          "0, of val.1, val.2, val.4\n",
          "    val.1 signed both: precommit 0101010101010101 in height 1 round 0, and precommit "
          "0909090909090909 in height 1 round 0\n    val.4 signed both: ",
          "  2 culprits: no correct node signs two values in one round\n"}},
        {3, others, {"in height 1 round 3\n", "val.4 signed both", "  2 suspects: "}},
        {0, none, {"of val.2, val.3, val.5", "  nobody signed both\n", ""}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        world_init(&w);
        expect_safety(&w);
        w.scenario.expect.validity = ORR_EXPECT_UNCHECKED; /* three of seven */
        world_start(&w);
        certify(&w, 0, 1, 0, 1, some, 3);
        decide_as(&w, 0, (struct decision){.height = 1, .value = 1});
        certify(&w, 2, 1, cases[i].round, 9, cases[i].others, 3);
        decide_as(&w, 2, (struct decision){.height = 1, .value = 9, .round = cases[i].round});
        ck_assert(orr_check_poll(w.check, w.now));
        static char text[4096];
        FILE *file = tmpfile();
        orr_violation_print(&w.scenario, orr_check_violation(w.check), file);
        rewind(file);
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        fclose(file);
        for (int k = 0; k < 3; k++)
            ck_assert_msg(strstr(text, cases[i].parts[k]) != NULL, "no '%s' in\n%s",
                          cases[i].parts[k], text);
        stop(&w, w.now);
        world_end(&w);
    }
}
END_TEST

START_TEST(a_certificate_of_another_decision_is_not_taken_for_this_one) {
    static const orr_peer some[] = {0, 1, 2};
    struct world w;
    world_init(&w);
    expect_safety(&w);
    world_start(&w);
    certify(&w, 0, 1, 0, 8, some, 3); /* of another value */
    decide_as(&w, 0, (struct decision){.height = 1, .value = 1});
    certify(&w, 3, 1, 0, 9, some, 3); /* of another node  */
    decide_as(&w, 2, (struct decision){.height = 1, .value = 9});
    const struct orr_violation *v = orr_check_violation(w.check);
    ck_assert(v && !v->signers.v && !v->other_signers.v);
    stop(&w, w.now);
    world_end(&w);
}
END_TEST

ORR_TEST_MAIN("oracles of proposals and signers",
              a_value_that_its_proposer_did_not_propose_breaks_validity,
              one_value_at_two_heights_breaks_integrity,
              one_value_of_two_proposers_breaks_agreement,
              a_fork_lays_the_certificates_side_by_side_and_names_who_signed_both,
              a_certificate_of_another_decision_is_not_taken_for_this_one)
