/* Every mistake that a protocol can make, planted, and the mishap that names it. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/output.h"
#include "sim/engine/guard.h"
#include "sim/engine/sim.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

/* Node 1 does it when it hears from node 0. */
static void (*mistake)(const struct orr_event *event, struct orr_outbox *out);
struct probe {
    orr_peer self;
};
static struct orr_mem *memory; /* of the nodes */
static int probe_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct probe *)state)->self = env->self;
    memory = env->common->mem;
    return 0;
}
static int probe_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct probe *node = state;
    if (event->kind == ORR_START && node->self == 0)
        orr_send(out, 1, orr_msg_copy(out->pool, 3, "go", 2));
    if (node->self == 1 && event->kind != ORR_START) mistake(event, out);
    return 0;
}
static const struct orr_protocol probe = {
    .abi = ORR_ABI, .name = "probe", .node_size = sizeof(struct probe), .n_timers = 2,
    .init = probe_init, .step = probe_step};

static struct orr_mishap run_and_fail(void (*planted)(const struct orr_event *,
                                                      struct orr_outbox *),
                                      int64_t step_cpu_ns) {
    struct world w;
    world_init(&w, 3, &probe, NULL, 5 * MS);
    w.spec.step_cpu_ns = step_cpu_ns;
    w.spec.memory_bytes = w.spec.pending_bytes_max = 4 << 20;
    mistake = planted;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    orr_sim_end(w.sim);
    const struct orr_mishap *m = orr_sim_mishap(w.sim);
    ck_assert_ptr_nonnull(m);
    struct orr_mishap copy = *m;
    uint64_t events = orr_sim_counts(w.sim).events;
    orr_sim_run(w.sim, 2000 * MS); /* nothing goes on after it */
    ck_assert_uint_eq(orr_sim_counts(w.sim).events, events);
    world_fini(&w);
    return copy;
}

/* The step in which node 1 hears from node 0, at 5 ms. */
static void check_step(const struct orr_mishap *m, enum orr_mishap_kind kind) {
    ck_assert_str_eq(orr_mishap_name(m->kind), orr_mishap_name(kind));
    ck_assert_uint_eq(m->node, 1);
    ck_assert_uint_eq(m->event, ORR_RECV);
    ck_assert_uint_eq(m->peer, 0);
    ck_assert(m->has_message);
    ck_assert_uint_eq(m->msg_type, 3);
    ck_assert_uint_eq(m->msg_len, 2);
    ck_assert_int_eq(m->at, 5 * MS);
    ck_assert_uint_eq(m->n_events, 4); /* three starts, and this one */
}

static void at_once(const struct orr_event *event, struct orr_outbox *out) {
    orr_arm(out, 0, event->now);
}
START_TEST(a_timer_that_fires_again_at_once_is_endless) {
    struct orr_mishap m = run_and_fail(at_once, 0);
    ck_assert_int_eq(m.kind, ORR_MISHAP_ENDLESS);
    ck_assert_uint_eq(m.node, 1);
    ck_assert_int_eq(m.at, 5 * MS);
}
END_TEST

static void many_later(const struct orr_event *event, struct orr_outbox *out) {
    for (int i = 0; i < 10000 && event->peer == 0; i++) orr_send(out, 2, NULL);
}
START_TEST(events_that_would_fill_the_memory_end_the_run_and_say_how_much) {
    struct world w;
    for (int enough = 0; enough < 2; enough++) {
        world_init(&w, 3, &probe, NULL, 5 * MS);
        w.spec.pending_bytes_max = enough ? 4 << 20 : 1 << 20;
        mistake = many_later;
        world_start(&w);
        orr_sim_run(w.sim, 1000 * MS);
        const struct orr_mishap *m = orr_sim_mishap(w.sim);
        if (enough) {
            ck_assert_ptr_null(m);
        } else {
            ck_assert_ptr_nonnull(m);
            ck_assert_int_eq(m->kind, ORR_MISHAP_MEMORY);
            ck_assert_uint_eq(m->node, ORR_NOBODY);
            ck_assert_int_eq(m->at, 5 * MS);
            ck_assert_ptr_nonnull(strstr(m->text, "8192 events are pending; room for more"));
        }
        world_fini(&w);
    }
}
END_TEST

static void to_itself(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    orr_send(out, 1, NULL);
}
START_TEST(a_message_to_itself_without_end_is_endless) {
    ck_assert_int_eq(run_and_fail(to_itself, 0).kind, ORR_MISHAP_ENDLESS);
}
END_TEST

static volatile unsigned sink;
static void spin(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    for (;;) sink++;
}
START_TEST(a_step_that_does_not_return_hangs) {
    struct orr_mishap m = run_and_fail(spin, 300 * MS);
    check_step(&m, ORR_MISHAP_HANG);
    ck_assert_uint_gt(m.n_frames, 0);
}
END_TEST

/* What a sanitizer would stop before the machine does. */
#define UNWATCHED __attribute__((no_sanitize("undefined", "address")))

UNWATCHED static void through_null(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    *(volatile int *)(uintptr_t)sink = 1; /* sink is 0 */
}
START_TEST(a_wild_pointer_is_told_with_its_address) {
    sink = 0;
    struct orr_mishap m = run_and_fail(through_null, 0);
    check_step(&m, ORR_MISHAP_SEGV);
    ck_assert_str_eq(m.text, "the address was 0");
    ck_assert_uint_gt(m.n_frames, 0);
}
END_TEST

UNWATCHED static void call_null(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    ((void (*)(void))(uintptr_t)sink)();
}
START_TEST(a_call_of_a_null_pointer_is_a_wild_pointer) {
    sink = 0;
    struct orr_mishap m = run_and_fail(call_null, 0);
    check_step(&m, ORR_MISHAP_SEGV);
    ck_assert_uint_gt(m.n_frames, 0);
}
END_TEST

static int deep(volatile int *up);
static int (*volatile deeper)(volatile int *up) = deep;
static int deep(volatile int *up) {
    volatile int here[64];
    here[0] = up ? *up + 1 : 0;
    return deeper(here) + here[0];
}
static void recurse(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    sink = (unsigned)deep(NULL);
}
START_TEST(a_recursion_without_end_overflows_the_stack) {
    struct orr_mishap m = run_and_fail(recurse, 0);
    check_step(&m, ORR_MISHAP_STACK);
}
END_TEST

UNWATCHED static void divide(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
#if defined(__x86_64__)
    sink = 77 / sink;
#else
    raise(SIGFPE); /* other machines divide by zero in silence */
#endif
}
START_TEST(a_division_by_zero_is_named) {
    sink = 0;
    struct orr_mishap m = run_and_fail(divide, 0);
    check_step(&m, ORR_MISHAP_FPE);
}
END_TEST

static void give_up(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    abort();
}
static void illegal(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    raise(SIGILL);
}
static void bus(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    raise(SIGBUS);
}
START_TEST(abort_and_illegal_instructions_are_named) {
    struct orr_mishap m = run_and_fail(give_up, 0);
    check_step(&m, ORR_MISHAP_ABORT);
    m = run_and_fail(illegal, 0);
    check_step(&m, ORR_MISHAP_ILL);
    m = run_and_fail(bus, 0);
    check_step(&m, ORR_MISHAP_BUS);
}
END_TEST

static void wrong_timer(const struct orr_event *event, struct orr_outbox *out) {
    orr_arm(out, 2, event->now + MS);
}
START_TEST(a_timer_key_out_of_range_is_named) {
    struct orr_mishap m = run_and_fail(wrong_timer, 0);
    check_step(&m, ORR_MISHAP_TIMER);
    ck_assert_str_eq(m.text, "timer 2 was armed; it has 2 (0 to 1)");
}
END_TEST

static void wrong_peer(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    orr_send(out, 3, orr_msg_new(out->pool, 0, 9));
}
static void wrong_effect(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    orr_effect(out, (struct orr_effect){.kind = 77});
}
START_TEST(a_peer_or_an_effect_that_does_not_exist_is_named) {
    struct orr_mishap m = run_and_fail(wrong_peer, 0);
    check_step(&m, ORR_MISHAP_PEER);
    ck_assert_str_eq(m.text, "it sent to node 3; there are 3");
    m = run_and_fail(wrong_effect, 0);
    check_step(&m, ORR_MISHAP_EFFECT);
}
END_TEST

static int64_t claimed;
static void claim(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    out->busy_ns = claimed;
}
START_TEST(a_claim_of_cpu_time_that_cannot_be_is_named) {
    static const int64_t wrong[] = {-1, INT64_MIN, INT64_MAX, INT64_MAX / 2 + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        claimed = wrong[i];
        struct orr_mishap m = run_and_fail(claim, 0);
        check_step(&m, ORR_MISHAP_BUSY);
        char text[40];
        snprintf(text, sizeof text, "%lld ns", (long long)claimed);
        ck_assert_str_eq(m.text, text);
    }
    for (int cpu = 0; cpu < 2; cpu++) { /* the most that can be is no mistake */
        struct world w;
        world_init(&w, 3, &probe, NULL, 5 * MS);
        w.spec.cpu_model = cpu;
        claimed = INT64_MAX / 2;
        mistake = claim;
        world_start(&w);
        orr_sim_run(w.sim, 1000 * MS);
        ck_assert_ptr_null(orr_sim_mishap(w.sim));
        world_fini(&w);
    }
}
END_TEST

static void effects_without_end(const struct orr_event *event, struct orr_outbox *out) {
    for (;;) orr_arm(out, 0, event->now + 1);
}
START_TEST(a_step_without_end_that_makes_effects_is_named) {
    struct orr_mishap m = run_and_fail(effects_without_end, 0);
    check_step(&m, ORR_MISHAP_EFFECTS);
}
END_TEST

static void send_twice(const struct orr_event *event, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_copy(out->pool, 1, "twice", 5);
    (void)event;
    orr_send(out, 0, m);
    orr_send(out, 2, m);
}
static void send_what_is_lent(const struct orr_event *event, struct orr_outbox *out) {
    orr_send(out, 2, event->msg);
}
static void send_what_was_given_back(const struct orr_event *event, struct orr_outbox *out) {
    struct orr_msg *m = orr_msg_copy(out->pool, 1, "gone", 4);
    (void)event;
    orr_msg_unref(out->pool, m);
    orr_send(out, 2, m);
}
START_TEST(a_message_with_fewer_references_than_effects_is_named) {
    struct orr_mishap m = run_and_fail(send_twice, 0);
    check_step(&m, ORR_MISHAP_MOVED);
    ck_assert_str_eq(m.text, "effect 1 of the step, message kind 1 of 5 B");
    m = run_and_fail(send_what_is_lent, 0);
    check_step(&m, ORR_MISHAP_MOVED);
    ck_assert_str_eq(m.text,
                     "effect 0 of the step, message kind 3 of 2 B, which the event only lends");
    m = run_and_fail(send_what_was_given_back, 0);
    check_step(&m, ORR_MISHAP_FREED);
}
END_TEST

/* Node 1 gives its message away and then gives it back. */
static void give_back_what_was_sent(const struct orr_event *event, struct orr_outbox *out) {
    static struct orr_msg *sent;
    if (event->kind == ORR_RECV) {
        sent = orr_msg_copy(out->pool, 1, "late", 4);
        orr_send(out, 2, sent);
        orr_arm(out, 0, event->now + MS);
    } else {
        orr_msg_unref(out->pool, sent);
    }
}
START_TEST(a_message_given_back_while_it_is_on_its_way_is_the_senders_mistake) {
    struct orr_mishap m = run_and_fail(give_back_what_was_sent, 0);
    ck_assert_int_eq(m.kind, ORR_MISHAP_FREED);
    ck_assert_uint_eq(m.node, 1);
}
END_TEST

static void forward_with_a_reference(const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind != ORR_RECV) return;
    orr_send(out, 2, orr_msg_ref(event->msg));
    orr_send(out, 0, orr_msg_ref(event->msg));
    orr_cast(out, 0, orr_msg_ref(event->msg));
}
START_TEST(what_is_counted_right_is_no_mistake) {
    struct world w;
    world_init(&w, 3, &probe, NULL, 5 * MS);
    mistake = forward_with_a_reference;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    ck_assert_ptr_null(orr_sim_mishap(w.sim));
    ck_assert_uint_eq(orr_sim_pool(w.sim)->n_live, 0);
    orr_sim_end(w.sim);
    ck_assert_ptr_null(orr_sim_mishap(w.sim));
    world_fini(&w);
}
END_TEST

static void forget_a_message(const struct orr_event *event, struct orr_outbox *out) {
    if (event->kind == ORR_RECV) orr_msg_new(out->pool, 9, 20);
}
static void forget_memory(const struct orr_event *event, struct orr_outbox *out) {
    (void)out;
    if (event->kind == ORR_RECV) ck_assert_ptr_nonnull(orr_alloc(memory, 77));
}
START_TEST(what_is_not_given_back_is_counted_at_the_end) {
    struct orr_mishap m = run_and_fail(forget_a_message, 0);
    ck_assert_int_eq(m.kind, ORR_MISHAP_LEAK_MESSAGE);
    ck_assert_str_eq(m.text, "1 of them; one is of kind 9 and 20 B, with 1 references");
    m = run_and_fail(forget_memory, 0);
    ck_assert_int_eq(m.kind, ORR_MISHAP_LEAK_MEMORY);
    ck_assert_uint_eq(m.node, 1);
    ck_assert_str_eq(m.text, "77 B, of 77 B that all nodes did not give back");
}
END_TEST

static void hoard(const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    for (;;) orr_alloc(memory, 1000);
}
static void hoard_messages(const struct orr_event *event, struct orr_outbox *out) {
    orr_msg_new(out->pool, 0, 4000);
    orr_arm(out, 0, event->now + 1);
}
static void multiply(const struct orr_event *event, struct orr_outbox *out) {
    orr_send(out, 1, orr_msg_ref(event->msg));
    orr_send(out, 2, orr_msg_ref(event->msg));
    for (int i = 0; i < 1000; i++) orr_send(out, 0, orr_msg_ref(event->msg));
}
START_TEST(memory_that_grows_past_the_limit_ends_the_run) {
    struct orr_mishap m = run_and_fail(hoard, 0);
    check_step(&m, ORR_MISHAP_MEMORY);
    ck_assert_ptr_nonnull(strstr(m.text, "the limit is 4194304 B"));
    m = run_and_fail(hoard_messages, 0);
    ck_assert_int_eq(m.kind, ORR_MISHAP_MEMORY);
    ck_assert_uint_eq(m.node, 1);
    m = run_and_fail(multiply, 0);
    ck_assert_int_eq(m.kind, ORR_MISHAP_MEMORY);
    ck_assert_ptr_nonnull(strstr(m.text, "events are pending"));
}
END_TEST

static void half_an_output(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    orr_output(out, ORR_OUT_DECIDED, orr_msg_new(out->pool, 0, 3));
}
START_TEST(an_output_of_the_wrong_size_is_named) {
    struct orr_mishap m = run_and_fail(half_an_output, 0);
    check_step(&m, ORR_MISHAP_OUTPUT);
}
END_TEST

static int fails(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)out;
    return ((struct probe *)state)->self == 2 && event->kind == ORR_START ? ORR_EINVAL : 0;
}
START_TEST(a_node_that_stops_by_itself_is_told_and_the_run_goes_on) {
    struct world w;
    struct orr_protocol failing = probe;
    failing.step = fails;
    world_init(&w, 3, &failing, NULL, 5 * MS);
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    const struct orr_sim_stop *stops;
    ck_assert_uint_eq(orr_sim_stops(w.sim, &stops), 1);
    ck_assert_uint_eq(stops[0].node, 2);
    ck_assert_int_eq(stops[0].error, ORR_EINVAL);
    ck_assert_ptr_null(orr_sim_mishap(w.sim));
    ck_assert(!orr_sim_is_up(w.sim, 2));
    world_fini(&w);
}
END_TEST

/* A signal that comes while a step spins. */
static void on_alarm(int number) {
    (void)number;
    if (!orr_guard_interrupt()) alarm(1); /* the step has not begun yet */
}
START_TEST(a_wish_to_stop_is_heard_in_a_step_that_does_not_return) {
    signal(SIGALRM, on_alarm);
    alarm(1);
    struct orr_mishap m = run_and_fail(spin, 0);
    check_step(&m, ORR_MISHAP_INTERRUPTED);
}
END_TEST

START_TEST(outside_a_run_nothing_can_be_stopped) { ck_assert(!orr_guard_interrupt()); }
END_TEST

/* Outside a step a fault is what it always was. */
START_TEST(a_fault_of_the_simulator_itself_ends_the_program) {
    struct world w;
    world_init(&w, 3, &probe, NULL, 5 * MS);
    mistake = forward_with_a_reference;
    world_start(&w);
    orr_sim_run(w.sim, 1000 * MS);
    int status;
    pid_t child = fork();
    if (!child) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        sink = 0;
        *(volatile int *)(uintptr_t)sink = 1;
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) != 0); /* a sanitizer exits */
    world_fini(&w);
}
END_TEST

static void short_decision(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    orr_output(out, ORR_OUT_DECIDED, orr_msg_new(out->pool, 0, 8));
}
static void unknown_output(const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    orr_output(out, ORR_OUT_OWN - 1, NULL);
}

START_TEST(an_output_of_another_size_or_of_no_known_key) {
    struct orr_mishap m = run_and_fail(short_decision, 0);
    check_step(&m, ORR_MISHAP_OUTPUT);
    ck_assert_str_eq(m.text, "'decided' has 8 bytes; it must have 128");
    m = run_and_fail(unknown_output, 0);
    check_step(&m, ORR_MISHAP_OUTPUT);
    ck_assert_str_eq(m.text, "key 999 is no output; a protocol's own keys begin at 1000");
}
END_TEST

/* Node 0 and node 1 pass a message to each other for ever. */
static void pass_on(const struct orr_event *event, struct orr_outbox *out) {
    orr_send(out, event->peer, orr_msg_ref(event->msg));
}
static int passer(void *state, const struct orr_event *event, struct orr_outbox *out) {
    (void)state;
    if (event->kind == ORR_RECV) pass_on(event, out);
    return event->kind == ORR_START ? probe_step(state, event, out) : 0;
}
START_TEST(messages_that_go_round_in_no_time_end_the_run_and_those_that_take_time_do_not) {
    for (int slow = 0; slow < 2; slow++) {
        struct orr_protocol protocol = probe;
        protocol.step = passer;
        struct world w;
        world_init(&w, 2, &protocol, NULL, slow ? 2 : 0);
        world_start(&w);
        orr_sim_run(w.sim, 4 * MS);
        const struct orr_mishap *m = orr_sim_mishap(w.sim);
        if (slow) {
            ck_assert_ptr_null(m);
        } else {
            ck_assert_int_eq(m->kind, ORR_MISHAP_NO_TIME);
            ck_assert_uint_eq(m->node, ORR_NOBODY);
            ck_assert_int_eq(m->at, ORR_QUICK_STEPS + 16 * 2);
        }
        world_fini(&w);
    }
}
END_TEST

ORR_TEST_MAIN("sim.mishap",
              events_that_would_fill_the_memory_end_the_run_and_say_how_much,
              an_output_of_another_size_or_of_no_known_key,
              a_timer_that_fires_again_at_once_is_endless,
              a_message_to_itself_without_end_is_endless,
              a_step_that_does_not_return_hangs,
              a_wild_pointer_is_told_with_its_address,
              a_call_of_a_null_pointer_is_a_wild_pointer,
              a_recursion_without_end_overflows_the_stack,
              a_division_by_zero_is_named,
              abort_and_illegal_instructions_are_named,
              a_timer_key_out_of_range_is_named,
              a_peer_or_an_effect_that_does_not_exist_is_named,
              a_claim_of_cpu_time_that_cannot_be_is_named,
              a_step_without_end_that_makes_effects_is_named,
              a_message_with_fewer_references_than_effects_is_named,
              a_message_given_back_while_it_is_on_its_way_is_the_senders_mistake,
              messages_that_go_round_in_no_time_end_the_run_and_those_that_take_time_do_not,
              what_is_counted_right_is_no_mistake,
              what_is_not_given_back_is_counted_at_the_end,
              memory_that_grows_past_the_limit_ends_the_run, an_output_of_the_wrong_size_is_named,
              a_node_that_stops_by_itself_is_told_and_the_run_goes_on,
              a_wish_to_stop_is_heard_in_a_step_that_does_not_return,
              outside_a_run_nothing_can_be_stopped,
              a_fault_of_the_simulator_itself_ends_the_program)
