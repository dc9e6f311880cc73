/* Every behaviour seen on the outbox of a tiny protocol, references counted. */
#include "models/fault/byzantine_node.h"
#include "tests/models/fault/rig.h"

/* ---- the behaviours ---- */

START_TEST(a_wrapper_that_is_off_changes_nothing) {
    static const int64_t late[] = {50};
    for (int b = 0; b < ORR_N_BEHAVIOURS; b++) {
        if (b == ORR_BEHAVIOUR_REORG) continue; /* a parrot has no chain */
        struct orr_byzantine_config cfg = {.inner = &parrot,
                                       .id = 3,
                                       .behaviour = b,
                                       .p = ONE,
                                       .split = ONE / 2,
                                       .delays_ns = late,
                                       .n_delays = 1,
                                       .fields = parrot_letters,
                                       .n_fields = 2};
        struct rig r;
        rig_begin(&r, &cfg, 0, NULL);
        start(&r);
        ck_assert_uint_eq(r.out.n, 3);
        ck_assert_int_eq(r.out.v[0].kind, ORR_WRITE);
        ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "hello"), 1);
        ck_assert_int_eq(r.out.v[2].at, 100);
        flip(&r, 4, 1); /* another wrapper's switch */
        ck_assert(!orr_byzantine_is_on(r.node, 3));
        hear(&r, 5, "one", 2);
        ck_assert_uint_eq(r.out.n, 1);
        ck_assert_uint_eq(count(&r, ORR_SEND, 5, "one"), 1);
        ck_assert_uint_eq(r.protocol.digest(r.node), r.protocol.digest(r.node));
        ck_assert(r.protocol.fault.leads(r.node));
        rig_end(&r);
    }
}
END_TEST

START_TEST(a_mute_node_sends_nothing_but_still_writes_and_arms) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .on = true, .behaviour = ORR_BEHAVIOUR_MUTE, .p = ONE, .id = 1};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    ck_assert_uint_eq(r.out.n, 2);
    ck_assert_int_eq(r.out.v[0].kind, ORR_WRITE);
    ck_assert_int_eq(r.out.v[1].kind, ORR_ARM);
    hear(&r, 1, "x", 1);
    ck_assert_uint_eq(r.out.n, 0);
    flip(&r, 1, 2);
    ck_assert(!orr_byzantine_is_on(r.node, 1));
    hear(&r, 1, "x", 3);
    ck_assert_uint_eq(r.out.n, 1);
    rig_end(&r);
}
END_TEST

START_TEST(only_the_named_kinds_are_affected_and_with_the_given_probability) {
    static const uint32_t hellos[] = {ORR_MSG_TYPE(0, KIND_HELLO)};
    struct orr_byzantine_config cfg = {.inner = &parrot,
                                   .on = true,
                                   .behaviour = ORR_BEHAVIOUR_MUTE,
                                   .p = ONE,
                                   .types = hellos,
                                   .n_types = 1};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    ck_assert_uint_eq(count_kind(&r, ORR_CAST), 0);
    hear(&r, 1, "x", 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 1, "x"), 1); /* an echo is another kind */
    rig_end(&r);

    cfg = (struct orr_byzantine_config){
        .inner = &parrot, .on = true, .behaviour = ORR_BEHAVIOUR_MUTE, .p = ONE / 4};
    rig_begin(&r, &cfg, 0, NULL);
    unsigned n_sent = 0;
    for (int i = 0; i < 4000; i++) {
        hear(&r, 1, "x", i);
        n_sent += r.out.n;
    }
    ck_assert_uint_ge(n_sent, 2863); /* 3000 +- 5 standard deviations of 27.4 */
    ck_assert_uint_le(n_sent, 3137);
    rig_end(&r);
}
END_TEST

START_TEST(a_delayed_message_leaves_when_it_is_due_in_order_of_time) {
    static const int64_t late[] = {50};
    struct orr_byzantine_config cfg = {.inner = &parrot,
                                   .behaviour = ORR_BEHAVIOUR_DELAY,
                                   .p = ONE,
                                   .id = 9,
                                   .on = true,
                                   .delays_ns = late,
                                   .n_delays = 1};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    ck_assert_uint_eq(r.protocol.n_timers, 3);
    hear(&r, 1, "a", 10);
    ck_assert_uint_eq(r.out.n, 1);
    ck_assert_int_eq(r.out.v[0].kind, ORR_ARM);
    ck_assert_uint_eq(r.out.v[0].key, 2);
    ck_assert_int_eq(r.out.v[0].at, 60);
    hear(&r, 1, "b", 10);
    hear(&r, 3, "c", 20);
    ck_assert_uint_eq(r.out.n, 0); /* the timer is armed for the first already */
    flip(&r, 9, 30);
    hear(&r, 4, "d", 30);
    ck_assert_uint_eq(count(&r, ORR_SEND, 4, "d"), 1); /* off: no longer late, it overtakes */
    event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 2, .now = 60});
    ck_assert_uint_eq(r.out.n, 3);
    ck_assert(says(&r.out.v[0], "a"));
    ck_assert(says(&r.out.v[1], "b"));
    ck_assert_int_eq(r.out.v[2].kind, ORR_ARM);
    ck_assert_int_eq(r.out.v[2].at, 70);
    rig_end(&r); /* "c" is still held: a crash gives it back */
}
END_TEST

START_TEST(varied_delays_reorder_and_lose_nothing) {
    static const int64_t late[] = {0, 10, 20, 30, 40};
    struct orr_byzantine_config cfg = {.inner = &parrot,
                                   .behaviour = ORR_BEHAVIOUR_DELAY,
                                   .p = ONE,
                                   .on = true,
                                   .delays_ns = late,
                                   .n_delays = 5};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    orr_time due = ORR_NEVER;
    unsigned n_released = 0, n_overtaken = 0;
    int last = -1;
    for (int i = 0; i < 250; i++) {
        for (orr_time t = i; due <= t;) { /* the wrapper's timer, when it is due */
            event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 2, .now = t});
            due = ORR_NEVER;
            for (uint32_t k = 0; k < r.out.n; k++) {
                if (r.out.v[k].kind == ORR_ARM) {
                    due = r.out.v[k].at;
                } else {
                    n_released++;
                    n_overtaken += r.out.v[k].msg->data[0] < last;
                    last = r.out.v[k].msg->data[0];
                }
            }
        }
        if (i >= 200) continue;
        char text[2] = {(char)(i + 1), 0};
        hear(&r, 1, text, i);
        if (r.out.n) due = r.out.v[0].at;
    }
    ck_assert_uint_eq(n_released, 200);
    ck_assert_uint_gt(n_overtaken, 20);
    rig_end(&r);
}
END_TEST

START_TEST(an_equivocator_tells_its_camp_one_thing_and_the_other_camp_another) {
    struct orr_byzantine_config cfg = {.inner = &parrot,
                                   .behaviour = ORR_BEHAVIOUR_EQUIVOCATE,
                                   .p = ONE,
                                   .split = ONE / 2,
                                   .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    ck_assert_uint_eq(count_kind(&r, ORR_CAST), 0);
    for (orr_peer p = 0; p < N; p++) { /* half of the ranks, interleaved: the odd ones; self is 2 */
        ck_assert_uint_eq(count(&r, ORR_SEND, p, "hello"), p != 2 && p % 2 == 0);
        ck_assert_uint_eq(count(&r, ORR_SEND, p, "Hello"), p % 2);
    }
    ck_assert_int_eq(r.out.busy_ns, 25000); /* one forgery for all */
    hear(&r, 3, "x", 5);                    /* an echo cannot conflict with anything */
    ck_assert_uint_eq(r.out.n, 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 3, "x"), 1);
    rig_end(&r);
}
END_TEST

START_TEST(the_cohort_is_cut_by_rank_and_the_others_by_number) {
    static const orr_peer members[] = {1, 2, 5, 6}; /* ranks 0 to 3: the odd ones are 2 and 6 */
    static const struct orr_cohort some = {
        .n = 4, .members = members, .stakes = stakes, .seed = 42};
    struct orr_byzantine_config cfg = {.inner = &parrot, .behaviour = ORR_BEHAVIOUR_EQUIVOCATE,
                                   .p = ONE, .on = true, .split = ONE / 2};
    struct rig r;
    cohort = &some;
    rig_begin(&r, &cfg, 0, NULL);
    cohort = &all;
    start(&r);
    for (orr_peer p = 0; p < N; p++) {
        bool is_friend = p == 6 || p == 3 || p == 7;
        if (p != 2) ck_assert_uint_eq(count(&r, ORR_SEND, p, is_friend ? "hello" : "Hello"), 1);
    }
    rig_end(&r);
}
END_TEST

START_TEST(an_equivocators_cast_goes_to_linked_peers_as_links_come_and_go) {
    static const orr_peer few[] = {1, 4, 5}, others[] = {0, 1, 5, 7};
    struct orr_byzantine_config cfg = {.inner = &parrot,
                                   .behaviour = ORR_BEHAVIOUR_EQUIVOCATE,
                                   .p = ONE,
                                   .split = ONE / 2,
                                   .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 3, few);
    start(&r);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 3);
    r.links = (struct orr_links){4, others};
    start(&r);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 4);
    ck_assert_uint_eq(count(&r, ORR_SEND, 4, NULL), 0);
    ck_assert_uint_eq(count(&r, ORR_SEND, 0, "hello"), 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 7, "Hello"), 1);
    rig_end(&r);
}
END_TEST

START_TEST(equivocation_needs_a_protocol_that_can_forge) {
    struct orr_protocol honest = parrot, wrapped;
    honest.fault.forge = NULL;
    struct orr_byzantine_config cfg = {
        .inner = &honest, .behaviour = ORR_BEHAVIOUR_EQUIVOCATE, .p = ONE};
    ck_assert_int_eq(orr_byzantine_wrap(&cfg, &wrapped), ORR_EUNSUPPORTED);
    cfg.behaviour = ORR_BEHAVIOUR_MUTE;
    ck_assert_int_eq(orr_byzantine_wrap(&cfg, &wrapped), 0);
    cfg.p = ONE + 1;
    ck_assert_int_eq(orr_byzantine_wrap(&cfg, &wrapped), ORR_EINVAL);
    cfg.p = ONE;
    cfg.behaviour = ORR_BEHAVIOUR_DELAY; /* by how much? */
    ck_assert_int_eq(orr_byzantine_wrap(&cfg, &wrapped), ORR_EINVAL);
}
END_TEST

START_TEST(a_corrupted_message_differs_in_one_to_four_bytes_and_the_original_is_untouched) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .behaviour = ORR_BEHAVIOUR_CORRUPT, .p = ONE, .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    bool has_been[5] = {false}; /* so many bytes changed */
    bool header_hit = false;
    for (int i = 0; i < 5000; i++) {
        char text[32] = "the quick brown fox";
        text[i % 19 + 1] = 0;
        size_t len = strlen(text);
        hear(&r, 1, text, i);
        ck_assert_uint_eq(r.out.n, 1);
        const struct orr_msg *m = r.out.v[0].msg;
        ck_assert_uint_eq(m->len, len);
        uint32_t other = orr_msg_type(m) ^ ORR_MSG_TYPE(0, KIND_ECHO);
        unsigned n = 0;
        for (unsigned k = 0; k < 32; k += 8) n += (other >> k & 255) != 0;
        header_hit |= other != 0;
        for (size_t k = 0; k < len; k++) n += m->data[k] != (uint8_t)text[k];
        ck_assert_uint_ge(n, 1);
        ck_assert_uint_le(n, 4);
        has_been[n] = true;
    }
    for (unsigned n = 1; n < 5; n++) ck_assert(has_been[n]);
    ck_assert(header_hit);
    hear(&r, 1, "", 5000); /* nothing to damage but the header */
    ck_assert_uint_eq(r.out.n, 1);
    ck_assert_uint_eq(r.out.v[0].msg->len, 0);
    ck_assert_uint_ne(orr_msg_type(r.out.v[0].msg), ORR_MSG_TYPE(0, KIND_ECHO));
    rig_end(&r);
}
END_TEST

START_TEST(a_replayer_sends_what_it_sent_before_even_before_it_turned_bad) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .behaviour = ORR_BEHAVIOUR_REPLAY, .p = ONE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    hear(&r, 1, "old", 1);
    ck_assert_uint_eq(r.out.n, 1);
    flip(&r, 0, 2);
    hear(&r, 4, "new", 3);
    ck_assert_uint_eq(r.out.n, 2);
    ck_assert_uint_eq(count(&r, ORR_SEND, 4, "new"), 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 4, "old"), 1);
    for (int i = 0; i < 3 * ORR_BYZANTINE_REPLAY_DEPTH; i++) {
        hear(&r, 4, "more", 4 + i);
        ck_assert_uint_eq(r.out.n, 2);
    }
    ck_assert_uint_eq(count(&r, ORR_SEND, 4, "more"), 2); /* memory is bounded: "old" is gone */
    rig_end(&r);
}
END_TEST

START_TEST(a_replayed_message_is_any_of_the_last_64_and_none_older) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .behaviour = ORR_BEHAVIOUR_REPLAY, .p = ONE, .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    bool has_been[ORR_BYZANTINE_REPLAY_DEPTH + 1] = {false};
    for (int i = 0; i < 3000; i++) {
        char text[16], said[16] = "";
        snprintf(text, sizeof text, "%d", i);
        hear(&r, 4, text, i);
        if (r.out.n < 2) continue; /* the first of all: nothing to replay yet */
        memcpy(said, r.out.v[1].msg->data, r.out.v[1].msg->len);
        int age = i - atoi(said);
        ck_assert_int_ge(age, 1);
        ck_assert_int_le(age, ORR_BYZANTINE_REPLAY_DEPTH);
        has_been[age] = true;
    }
    for (int age = 1; age <= ORR_BYZANTINE_REPLAY_DEPTH; age++) ck_assert(has_been[age]);
    rig_end(&r);
}
END_TEST

START_TEST(wrappers_nest_and_each_has_its_own_switch) {
    static const int64_t late[] = {50};
    struct orr_protocol slow;
    struct orr_byzantine_config inside = {.inner = &parrot,
                                      .behaviour = ORR_BEHAVIOUR_DELAY,
                                      .p = ONE,
                                      .id = 1,
                                      .delays_ns = late,
                                      .n_delays = 1};
    ck_assert_int_eq(orr_byzantine_wrap(&inside, &slow), 0);
    struct orr_byzantine_config cfg = {
        .inner = &slow, .inner_cfg = &inside, .p = ONE, .id = 2, .behaviour = ORR_BEHAVIOUR_MUTE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    flip(&r, 1, 0);
    ck_assert(orr_byzantine_is_on(r.node, 1));
    ck_assert(!orr_byzantine_is_on(r.node, 2));
    ck_assert(!orr_byzantine_is_on(r.node, 3));
    hear(&r, 1, "x", 0);
    ck_assert_uint_eq(count_kind(&r, ORR_ARM), 1);
    flip(&r, 2, 10);
    event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 2, .now = 50});
    ck_assert_uint_eq(r.out.n, 0); /* late, and then swallowed */
    rig_end(&r);
}
END_TEST

START_TEST(a_fault_draws_nothing_from_the_nodes_own_stream) {
    struct orr_byzantine_config cfg = {
        .inner = &parrot, .behaviour = ORR_BEHAVIOUR_CORRUPT, .p = ONE / 2, .on = true};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    for (int i = 0; i < 10; i++) hear(&r, 1, "some text", i);
    ck_assert_uint_eq(r.rng.draw, 0);
    rig_end(&r);
}
END_TEST

START_TEST(some_receivers_get_the_lie_and_the_others_the_truth) {
    static const uint8_t to[N] = {[1] = 1, [5] = 1};
    struct orr_byzantine_config cfg = {.inner = &parrot, .on = true, .p = ONE, .to = to,
                                       .behaviour = ORR_BEHAVIOUR_MUTE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    ck_assert_uint_eq(count_kind(&r, ORR_CAST), 0);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), N - 3); /* not to itself, nor to those two */
    for (uint32_t i = 0; i < r.out.n; i++)
        ck_assert(r.out.v[i].kind != ORR_SEND || !to[r.out.v[i].peer]);
    hear(&r, 5, "x", 1);
    ck_assert_uint_eq(r.out.n, 0);
    hear(&r, 6, "x", 2);
    ck_assert_uint_eq(r.out.n, 1);
    rig_end(&r);
}
END_TEST

START_TEST(who_speaks_double_says_the_truth_and_its_contradiction_to_the_same) {
    struct orr_byzantine_config cfg = {.inner = &parrot, .on = true, .p = ONE,
                                       .behaviour = ORR_BEHAVIOUR_DOUBLE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "hello"), 1);
    ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "Hello"), 1);
    ck_assert_int_eq(r.out.busy_ns, costs.sign_ns);
    hear(&r, 5, "x", 1); /* an echo cannot be contradicted */
    ck_assert_uint_eq(r.out.n, 1);
    rig_end(&r);
}
END_TEST

START_TEST(a_changed_field_is_signed_again_and_goes_alone) {
    struct orr_byzantine_config cfg = {.inner = &parrot, .on = true, .p = ONE,
                                       .fields = parrot_letters, .n_fields = 2,
                                       .change = ORR_CHANGE_UP,
                                       .behaviour = ORR_BEHAVIOUR_MUTATE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "i!llo"), 1); /* 'h' ^ 1 */
    ck_assert_uint_eq(count_kind(&r, ORR_CAST), 1);
    ck_assert_int_eq(r.out.busy_ns, costs.sign_ns);
    rig_end(&r);
    cfg.change = ORR_CHANGE_EARLIER; /* of an echo, when there was one */
    rig_begin(&r, &cfg, 0, NULL);
    hear(&r, 5, "abc", 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 5, "abc"), 1);
    hear(&r, 5, "xyz", 2);
    ck_assert_uint_eq(count(&r, ORR_SEND, 5, "a!z"), 1);
    rig_end(&r);
    cfg.change = ORR_CHANGE_OTHERS; /* of a hello, when one has come */
    rig_begin(&r, &cfg, 0, NULL);
    hear(&r, 5, "abc", 1);
    start(&r);
    ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "a!llo"), 1);
    rig_end(&r);
}
END_TEST

START_TEST(who_has_amnesia_forgets_before_each_event_while_it_is_switched_on) {
    struct orr_byzantine_config cfg = {.inner = &parrot, .on = true, .p = ONE, .id = 4,
                                       .behaviour = ORR_BEHAVIOUR_AMNESIA};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    hear(&r, 5, "x", 1);
    ck_assert_uint_eq(r.out.n, 1);
    flip(&r, 4, 2);
    hear(&r, 5, "x", 3);
    const struct parrot *p = (const void *)((const uint8_t *)r.node + r.protocol.node_size -
                                            ((parrot.node_size + 15) & ~(size_t)15));
    ck_assert_uint_eq(p->n_heard, 2);
    ck_assert_uint_eq(p->n_forgotten, 2);
    rig_end(&r);
}
END_TEST

START_TEST(who_forgets_its_log_begins_anew_with_its_key_its_links_and_its_other_faults) {
    static const orr_peer links[] = {1, 5};
    struct orr_byzantine_config quiet = {.inner = &parrot, .p = ONE, .id = 1,
                                         .behaviour = ORR_BEHAVIOUR_MUTE};
    struct orr_protocol muted;
    ck_assert_int_eq(orr_byzantine_wrap(&quiet, &muted), 0);
    struct orr_byzantine_config cfg = {.inner = &muted, .inner_cfg = &quiet, .p = ONE, .id = 0,
                                       .behaviour = ORR_BEHAVIOUR_AMNESIA,
                                       .forgets = ORR_FORGETS_LOG};
    struct rig r;
    rig_begin(&r, &cfg, 2, links);
    start(&r);
    ck_assert_uint_eq(r.out.v[0].key, 7);
    hear(&r, 5, "x", 10);
    const struct orr_byzantine_node *outer = r.node, *inner = orr_byzantine_inner(outer);
    const struct parrot *p = orr_byzantine_inner(inner);
    ck_assert_uint_eq(p->n_heard, 1);
    flip(&r, 0, 20);
    ck_assert_uint_eq(p->n_heard, 0);
    ck_assert_uint_eq(count_kind(&r, ORR_WRITE), 2);
    ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "hello"), 1);
    uint32_t n_deleted = 0, n_disarmed = 0;
    orr_time armed = 0;
    for (uint32_t i = 0; i < r.out.n; i++) {
        if (r.out.v[i].kind != ORR_WRITE) continue;
        ck_assert_uint_eq(r.out.v[i].key, 7); /* what there was goes, and the new one comes */
        ck_assert_int_eq(r.out.v[i].msg == NULL, !n_deleted);
        n_deleted += !r.out.v[i].msg;
    }
    ck_assert_uint_eq(n_deleted, 1);
    for (uint32_t i = 0; i < r.out.n; i++) {
        if (r.out.v[i].kind == ORR_ARM && r.out.v[i].at == ORR_NEVER) n_disarmed++;
        if (r.out.v[i].kind == ORR_ARM && r.out.v[i].key == 1) armed = r.out.v[i].at;
    }
    ck_assert_uint_eq(n_disarmed, 2);
    ck_assert_int_eq(armed, 120); /* the new life's own, set behind that */
    hear(&r, 5, "y", 30);
    ck_assert_uint_eq(p->n_heard, 1); /* once, though it is on: it forgets as it is switched on */
    for (int i = 0; i < 3; i++) /* of the first life's write, of the deletion, of its own */
        event(&r, (struct orr_event){.kind = ORR_WRITTEN, .key = 7, .now = 31 + i});
    ck_assert_uint_eq(outer->places[0].n_stale, 0);
    ck_assert_uint_eq(outer->places[0].n_writing, 0);
    flip(&r, 1, 40); /* mute */
    flip(&r, 0, 41);
    ck_assert_uint_eq(p->n_heard, 1);
    flip(&r, 0, 42);
    ck_assert_uint_eq(p->n_heard, 0);
    ck_assert(orr_byzantine_is_on(r.node, 1));
    hear(&r, 5, "z", 50);
    ck_assert_uint_eq(count_kind(&r, ORR_SEND), 0);
    rig_end(&r);
}
END_TEST

START_TEST(what_was_for_another_is_read_as_if_it_had_come) {
    struct orr_byzantine_config cfg = {.inner = &parrot, .p = ONE, .behaviour = ORR_BEHAVIOUR_MUTE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    start(&r);
    struct orr_msg *m = orr_msg_copy(&r.pool, KIND_HELLO, "psst", 4);
    event(&r, (struct orr_event){.kind = ORR_INPUT, .key = ORR_IN_READ, .peer = ORR_NOBODY - 1 - 6,
                                 .now = 10, .msg = m});
    orr_msg_unref(&r.pool, m);
    ck_assert_uint_eq(count(&r, ORR_SEND, 6, "psst"), 1);
    rig_end(&r);
}
END_TEST

START_TEST(a_message_leaves_just_before_the_senders_own_patience_ends) {
    static const int64_t before[] = {30};
    struct orr_byzantine_config cfg = {.inner = &parrot, .on = true, .p = ONE,
                                       .delays_ns = before, .n_delays = 1,
                                       .behaviour = ORR_BEHAVIOUR_EDGE};
    struct rig r;
    rig_begin(&r, &cfg, 0, NULL);
    hear(&r, 5, "x", 1); /* it waits for nothing */
    ck_assert_uint_eq(r.out.n, 1);
    start(&r); /* from 0 on it waits till 100 */
    ck_assert_uint_eq(count_kind(&r, ORR_CAST), 0);
    hear(&r, 5, "y", 40);
    ck_assert_uint_eq(r.out.n, 0);
    event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 2, .now = 70});
    ck_assert_uint_eq(count(&r, ORR_CAST, ORR_NOBODY, "hello"), 1);
    ck_assert_uint_eq(count(&r, ORR_SEND, 5, "y"), 1);
    hear(&r, 5, "z", 75); /* later than that it could not be */
    ck_assert_uint_eq(count(&r, ORR_SEND, 5, "z"), 1);
    event(&r, (struct orr_event){.kind = ORR_TIMER, .key = 1, .now = 100});
    hear(&r, 5, "z", 101);
    ck_assert_uint_eq(count(&r, ORR_SEND, 5, "z"), 1);
    rig_end(&r);
}
END_TEST

START_TEST(what_a_behaviour_needs_and_a_protocol_lacks_is_unsupported) {
    static const int64_t late[] = {1};
    struct orr_protocol bare = parrot, wrapped;
    bare.fault.forge = NULL;
    bare.fault.sign = NULL;
    bare.fault.forget = NULL;
    bare.fault.patience = 0;
    for (int b = 0; b < ORR_N_BEHAVIOURS; b++) {
        struct orr_byzantine_config cfg = {.inner = &bare, .p = ONE, .behaviour = b,
                                           .delays_ns = late, .n_delays = 1};
        bool needs = b == ORR_BEHAVIOUR_EQUIVOCATE || b == ORR_BEHAVIOUR_DOUBLE ||
                     b == ORR_BEHAVIOUR_MUTATE || b == ORR_BEHAVIOUR_AMNESIA ||
                     b == ORR_BEHAVIOUR_EDGE || b == ORR_BEHAVIOUR_REORG;
        ck_assert_int_eq(orr_byzantine_wrap(&cfg, &wrapped), needs ? ORR_EUNSUPPORTED : 0);
        cfg.forgets = ORR_FORGETS_LOG; /* that needs nothing of the protocol */
        ck_assert_int_eq(orr_byzantine_wrap(&cfg, &wrapped),
                         needs && b != ORR_BEHAVIOUR_AMNESIA ? ORR_EUNSUPPORTED : 0);
    }
}
END_TEST

ORR_TEST_MAIN("fault", a_wrapper_that_is_off_changes_nothing,
              a_mute_node_sends_nothing_but_still_writes_and_arms,
              only_the_named_kinds_are_affected_and_with_the_given_probability,
              a_delayed_message_leaves_when_it_is_due_in_order_of_time,
              varied_delays_reorder_and_lose_nothing,
              an_equivocator_tells_its_camp_one_thing_and_the_other_camp_another,
              the_cohort_is_cut_by_rank_and_the_others_by_number,
              an_equivocators_cast_goes_to_linked_peers_as_links_come_and_go,
              equivocation_needs_a_protocol_that_can_forge,
              a_corrupted_message_differs_in_one_to_four_bytes_and_the_original_is_untouched,
              a_replayer_sends_what_it_sent_before_even_before_it_turned_bad,
              a_replayed_message_is_any_of_the_last_64_and_none_older,
              wrappers_nest_and_each_has_its_own_switch,
              a_fault_draws_nothing_from_the_nodes_own_stream,
              some_receivers_get_the_lie_and_the_others_the_truth,
              who_speaks_double_says_the_truth_and_its_contradiction_to_the_same,
              a_changed_field_is_signed_again_and_goes_alone,
              who_has_amnesia_forgets_before_each_event_while_it_is_switched_on,
              who_forgets_its_log_begins_anew_with_its_key_its_links_and_its_other_faults,
              what_was_for_another_is_read_as_if_it_had_come,
              a_message_leaves_just_before_the_senders_own_patience_ends,
              what_a_behaviour_needs_and_a_protocol_lacks_is_unsupported)
