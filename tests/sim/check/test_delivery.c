/* The oracle of delivery: flooding with a bug planted at one node, and records made up. */
#include <stddef.h>

#include "sim/run/run.h"
#include "tests/sim/check/world.h"

/* ---- from end to end: the real flood, and what one of its nodes may do wrong ---- */

enum bug {
    NO_BUG,
    KEEPS_SILENT, /* node 5 does not deliver its third message      */
    DOUBLES,      /* node 5 delivers its third message twice        */
    INVENTS,      /* node 5 delivers what nobody published          */
    CLAIMS,       /* node 5 says that node 4 published it           */
};
static enum bug planted;
static const struct orr_protocol *real;

struct bugged {
    orr_peer self;
    uint32_t n_delivered;
    max_align_t inner[];
};
static int bugged_init(void *node, const struct orr_env *env, const void *config) {
    struct bugged *b = node;
    b->self = env->self;
    return real->init(b->inner, env, config);
}
static void bugged_fini(void *node) { real->fini(((struct bugged *)node)->inner); }
static uint64_t bugged_digest(const void *node) {
    return real->digest(((const struct bugged *)node)->inner);
}
static int bugged_step(void *node, const struct orr_event *event, struct orr_outbox *out) {
    struct bugged *b = node;
    int error = real->step(b->inner, event, out);
    for (uint32_t i = 0, n = out->n; i < n; i++) {
        struct orr_effect *e = &out->v[i];
        if (e->kind != ORR_OUTPUT || e->key != ORR_OUT_DELIVERED || b->self != 5) continue;
        struct orr_delivered *d = (struct orr_delivered *)e->msg->data;
        if (++b->n_delivered != 3) continue;
        switch (planted) {
        case KEEPS_SILENT: /* in place of it something else that is harmless */
            orr_msg_unref(out->pool, e->msg);
            e->key = ORR_OUT_DROPPED, e->msg = NULL;
            break;
        case DOUBLES: orr_deliver(out, d->id, ORR_NOBODY); break;
        case INVENTS: orr_deliver(out, d->id ^ 1, ORR_NOBODY); break;
        case CLAIMS: orr_deliver(out, d->id ^ 1, 4); break;
        case NO_BUG: break;
        }
    }
    return error;
}

static const char text[] = "orrery: 1\nname: t\nseed: 2\nduration: 6 s\non_violation: continue\n"
                           "nodes: {a: {count: 8, role: flood}}\n"
                           "network: {latency: {dist: uniform, min: 10 ms, max: 30 ms}}\n"
                           "workload: [{rate: 10 /s, size: 200 B, stop: 5 s}]\n"
                           "expect: {delivery: {ratio: 100 %, p99: 100 ms}}\n";

/* Exactly the named verdicts are broken. */
static void expect_broken(enum bug bug, const char *override, const char *names,
                          const char *sentence) {
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    ck_assert_int_eq(
        orr_scenario_parse(text, strlen(text), "t", &override, override != NULL, &s, &diags), 0);
    planted = bug;
    real = s->groups[0].role;
    struct orr_protocol wrong = *real;
    wrong.node_size += sizeof(struct bugged);
    wrong.init = bugged_init, wrong.step = bugged_step;
    wrong.fini = bugged_fini, wrong.digest = bugged_digest;
    wrong.touch = NULL;
    struct orr_group_spec group = s->groups[0];
    group.role = &wrong;
    struct orr_scenario changed = *s;
    changed.groups = &group;
    struct orr_run_result result;
    ck_assert_int_eq(orr_run(&changed, &(struct orr_run_options){0}, &result, &diags), 0);
    char broken[128] = "", told[1024] = "";
    for (uint32_t i = 0; i < result.n_verdicts; i++) {
        const struct orr_verdict *v = &result.verdicts[i];
        if (v->pass || !v->judged) continue;
        snprintf(broken + strlen(broken), sizeof broken - strlen(broken), "%s ", v->name);
        snprintf(told + strlen(told), sizeof told - strlen(told), "%s: %s\n", v->name, v->text);
    }
    ck_assert_msg(!strcmp(broken, names), "broken: '%s', not '%s'\n%s", broken, names, told);
    ck_assert_msg(strstr(told, sentence) != NULL, "no '%s' in\n%s", sentence, told);
    ck_assert_int_eq(result.pass, !*names);
    orr_run_result_fini(&result);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
}

START_TEST(flooding_passes_and_each_bug_of_one_node_is_caught) {
    expect_broken(NO_BUG, NULL, "", "");
    expect_broken(KEEPS_SILENT, NULL, "delivery ", "deliveries are missing; the first is that");
    expect_broken(DOUBLES, NULL, "delivery ", "a.5 delivered message");
    expect_broken(DOUBLES, NULL, "delivery ", "twice (at");
    expect_broken(INVENTS, NULL, "delivery ", "that nobody had published");
    expect_broken(CLAIMS, NULL, "delivery ", "that nobody had published");
    expect_broken(NO_BUG, "expect.delivery.p99=20 ms", "delivery.p99 ", "took 0.02 s or longer");
}
END_TEST

START_TEST(one_delivery_that_is_missing_is_within_a_looser_ratio) {
    expect_broken(KEEPS_SILENT, "expect.delivery.ratio=99 %", "", "");
}
END_TEST

/* ---- records made up ---- */

static void expect_delivery(struct world *w, uint64_t ratio_percent) {
    world_init(w);
    w->scenario.expect.delivery_ratio = ratio_percent * 10000000;
}
static void deliver(struct world *w, orr_peer node, uint64_t id, orr_peer origin) {
    struct orr_delivered d = {.id = id, .origin = origin};
    output(w, node, ORR_OUT_DELIVERED, &d, sizeof d);
}
static void deliver_all(struct world *w, orr_peer first, orr_peer last, uint64_t id) {
    for (orr_peer node = first; node <= last; node++) deliver(w, node, id, ORR_NOBODY);
}
static void expect_observed(struct world *w, bool pass, const char *observed) {
    const struct orr_verdict *v = verdict(w, "delivery");
    if (v->pass != pass || strcmp(v->observed, observed))
        ck_abort_msg("%s: %d, %s: %s", v->expected, v->pass, v->observed, v->text);
}

/* Three deliveries after 1, 2 and 3 ms, and one after a second more. */
START_TEST(the_quantiles_are_those_of_what_was_delivered) {
    struct world w;
    expect_delivery(&w, 0);
    w.scenario.expect.delivery_p99 = S / 2;
    world_start(&w);
    submit(&w, 0, 77);
    for (orr_peer node = 0; node < 4; node++) {
        w.now += node < 3 ? S / 1000 : S;
        deliver(&w, node, 77, ORR_NOBODY);
    }
    finish(&w, 2 * S);
    const char *observed = verdict(&w, "delivery.p99")->observed;
    int p50, p90, p99;
    const char *at = strstr(observed, "p50");
    ck_assert_msg(at && sscanf(at, "p50 %d ms, p90 %d ms, p99 %d ms", &p50, &p90, &p99) == 3,
                  "%s", observed);
    ck_assert_int_eq(p50, 2);
    ck_assert(p99 >= 1003 && p99 <= 1003 * 17 / 16 && p90 == p99);
    world_end(&w);
}
END_TEST

START_TEST(a_ratio_holds_or_breaks_by_one_delivery) {
    for (int n = 5; n <= 6; n++) { /* of 7 nodes each, 14 pairs */
        struct world w;
        expect_delivery(&w, 92);
        world_start(&w);
        submit(&w, 0, 10), submit(&w, 1, 20);
        deliver_all(&w, 0, 6, 10), deliver_all(&w, 0, (orr_peer)n - 1, 20);
        finish(&w, S);
        expect_observed(&w, n == 6, n == 6 ? "92.8571 % of 14" : "85.7142 % of 14");
        world_end(&w);
    }
}
END_TEST

START_TEST(who_was_down_meanwhile_owes_nothing_and_is_owed_nothing) {
    struct world w;
    expect_delivery(&w, 100);
    world_fault(&w, ORR_FAULT_CRASH, S, ORR_NEVER)->restart_after = S;
    world_start(&w);
    submit(&w, 0, 10), submit(&w, 3, 20);
    deliver_all(&w, 0, 6, 10); /* 20 dies with node 3 */
    w.now = S, fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 3, true);
    submit(&w, 3, 30), submit(&w, 0, 40);
    deliver_all(&w, 0, 2, 40), deliver_all(&w, 4, 6, 40);
    w.now = 2 * S, fault(&w, 0, 3, false), fault(&w, 0, ORR_NOBODY, false);
    deliver(&w, 3, 10, ORR_NOBODY); /* again, in another life */
    submit(&w, 1, 50), deliver_all(&w, 0, 6, 50);
    finish(&w, 3 * S);
    /* 10 and 40: 6 nodes each; 20 and 30: none; 50: 7 */
    expect_observed(&w, true, "100.0000 % of 19");
    world_end(&w);
}
END_TEST

START_TEST(what_a_liar_publishes_need_not_arrive_and_is_no_invention) {
    struct world w;
    expect_delivery(&w, 100);
    world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 6, true);
    submit(&w, 6, 10), deliver_all(&w, 0, 2, 10); /* given to it */
    deliver_all(&w, 0, 3, 20);                    /* whose it is nobody says: may be its */
    deliver(&w, 4, 30, 6);                        /* said to be its */
    deliver(&w, 6, 40, 6), deliver(&w, 6, 40, 6); /* it may do what it likes */
    submit(&w, 0, 50), deliver_all(&w, 0, 5, 50);
    finish(&w, S);
    expect_observed(&w, true, "100.0000 % of 6");
    world_end(&w);

    expect_delivery(&w, 100);
    world_fault(&w, ORR_FAULT_BYZANTINE, 0, ORR_NEVER);
    world_start(&w);
    fault(&w, 0, ORR_NOBODY, true), fault(&w, 0, 6, true);
    deliver(&w, 0, 60, 1); /* a correct node is said to have published it */
    ck_assert(orr_check_poll(w.check, 0));
    world_end(&w);
}
END_TEST

START_TEST(what_a_node_delivers_as_its_own_is_published_by_it) {
    for (int all = 0; all < 2; all++) {
        struct world w;
        expect_delivery(&w, 100);
        world_start(&w);
        deliver(&w, 2, 10, 2);
        for (orr_peer node = 0; node < 6u + (uint32_t)all; node++)
            if (node != 2) deliver(&w, node, 10, 2);
        finish(&w, S);
        expect_observed(&w, all, all ? "100.0000 % of 7" : "85.7142 % of 7");
        world_end(&w);
    }
}
END_TEST

START_TEST(the_last_messages_may_be_under_way_if_the_scenario_says_so) {
    for (int free = 0; free < 2; free++) {
        struct world w;
        expect_delivery(&w, 100);
        w.scenario.expect.delivery_within = free ? 500 * MS : 0;
        world_start(&w);
        submit(&w, 0, 10), deliver_all(&w, 0, 6, 10);
        w.now = 600 * MS, submit(&w, 0, 20), deliver(&w, 0, 20, 0);
        finish(&w, S);
        ck_assert_int_eq(verdict(&w, "delivery")->pass, free);
        world_end(&w);
    }
}
END_TEST

START_TEST(where_nothing_was_published_delivery_is_not_judged) {
    struct world w;
    expect_delivery(&w, 100);
    w.scenario.expect.delivery_p99 = S;
    world_start(&w);
    finish(&w, S);
    ck_assert(!verdict(&w, "delivery")->judged && !verdict(&w, "delivery.p99")->judged);
    ck_assert(!orr_check_passes(w.check));
    world_end(&w);
}
END_TEST

START_TEST(a_delivery_that_never_came_is_slow_once_it_has_waited_as_long_as_the_bound) {
    for (int late = 0; late < 2; late++) {
        struct world w;
        expect_delivery(&w, 50);
        w.scenario.expect.delivery_p99 = S;
        world_start(&w);
        submit(&w, 0, 10), deliver_all(&w, 0, 5, 10);
        finish(&w, late ? S : S - 1);
        ck_assert_int_eq(verdict(&w, "delivery.p99")->pass, !late);
        const char *wanted = late ? "6 of 7 below; p50 0 ms" : "6 of 6 below; p50 0 ms";
        ck_assert(!strncmp(verdict(&w, "delivery.p99")->observed, wanted, strlen(wanted)));
        world_end(&w);
    }
}
END_TEST

ORR_TEST_MAIN("oracle of delivery", flooding_passes_and_each_bug_of_one_node_is_caught,
              one_delivery_that_is_missing_is_within_a_looser_ratio,
              the_quantiles_are_those_of_what_was_delivered,
              a_ratio_holds_or_breaks_by_one_delivery,
              who_was_down_meanwhile_owes_nothing_and_is_owed_nothing,
              what_a_liar_publishes_need_not_arrive_and_is_no_invention,
              what_a_node_delivers_as_its_own_is_published_by_it,
              the_last_messages_may_be_under_way_if_the_scenario_says_so,
              where_nothing_was_published_delivery_is_not_judged,
              a_delivery_that_never_came_is_slow_once_it_has_waited_as_long_as_the_bound)
