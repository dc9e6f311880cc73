/* What is seen by running twice: results that depend on memory that nobody wrote (--poison), and
 * who made what was not given back. */
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "sim/run/run.h"
#include "tests/test.h"

enum { CULPRIT = 2 };
#define MS INT64_C(1000000)

/* Node 0 greets the others, who hear of it at 20 ms; node 2 then makes the mistake. */
struct probe {
    orr_peer self;
    const struct orr_env *env;
    uint8_t *block; /* 64 bytes, the first 8 written */
};
static void (*mistake)(struct probe *node, const struct orr_event *event, struct orr_outbox *out);
static bool in_digest, in_make_tx, in_fini;
static struct orr_msg *kept; /* by the culprit, to be written later */
static const struct orr_decoder greeting = {"greeting"};

static int init(void *state, const struct orr_env *env, const void *cfg) {
    struct probe *node = state;
    (void)cfg;
    node->self = env->self;
    node->env = env;
    node->block = orr_alloc(env->common->mem, 64);
    memset(node->block, 0, 8);
    return 0;
}
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct probe *node = state;
    if (event->kind == ORR_START && node->self == 0)
        orr_cast(out, ORR_NOBODY, orr_msg_copy(out->pool, 1, "go", 2));
    if (event->kind == ORR_RECV && event->peer == 0 && node->self == CULPRIT && mistake)
        mistake(node, event, out);
    if (event->kind == ORR_TIMER && kept) {
        kept->data[0] ^= 1;
        orr_msg_unref(out->pool, kept);
        kept = NULL;
    }
    return 0;
}
static void decode(const struct orr_common *common, struct orr_msg *m) {
    if (m->kind == 1) memcpy(orr_form_new(m, &greeting, 2, common->pool), m->data, 2);
}
static void fini(void *state) {
    struct probe *node = state;
    if (!in_fini || node->self != CULPRIT) orr_free(node->env->common->mem, node->block, 64);
}
static uint64_t digest(const void *state) {
    const struct probe *node = state;
    return node->block[in_digest && node->self == CULPRIT ? 8 : 7];
}
static struct orr_msg *make_tx(void *state, const struct orr_common *common,
                               const struct orr_tx_order *order) {
    (void)state;
    struct orr_msg *m = orr_msg_new(common->pool, 0, order->size);
    memset(m->data, 1, in_make_tx ? order->size - 1 : order->size);
    return m;
}
static const struct orr_protocol probe = {
    .abi = ORR_ABI, .name = "probe", .node_size = sizeof(struct probe), .n_timers = 1, .init = init,
    .step = step, .fini = fini, .decode = decode, .digest = digest, .workload.make_tx = make_tx};

static const char *faults = "";

/* Runs a role, with poison or not. */
static struct orr_mishap run_role(const struct orr_protocol *role, bool poison) {
    char text[512], others[64] = "";
    if (role->follows) /* it is nothing without those */
        snprintf(others, sizeof others, ", other: {count: 4, role: %s}", role->follows->name);
    snprintf(text, sizeof text,
             "orrery: 1\nname: twice\nduration: 2 s\nexpect: nothing\n"
             "nodes: {node: {count: 4, role: %s}%s}\nnetwork: {latency: 20 ms}\n%s%s",
             role == &probe ? "flood" : role->name, others,
             role->workload.make_tx ? "workload: [{kind: transactions, rate: 5 /s, size: 200 B}]\n"
                                    : "",
             faults);
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    int error = orr_scenario_parse(text, strlen(text), "twice", NULL, 0, &s, &diags);
    orr_diags_print(&diags, stderr, false);
    ck_assert_int_eq(error, 0);
    struct orr_group_spec groups[2] = {s->groups[0], s->groups[s->n_groups - 1]};
    if (role == &probe) groups[0].role = role;
    s->groups = groups;
    struct orr_run_options options = {.poison = poison};
    struct orr_run_result r;
    ck_assert_int_eq(orr_run(s, &options, &r, &diags), 0);
    ck_assert_int_eq(r.end, r.mishap.kind ? ORR_RUN_MISHAP : ORR_RUN_COMPLETE);
    ck_assert_int_eq(r.ran_twice, poison && !r.mishap.kind);
    ck_assert_int_eq(r.pass, !r.mishap.kind);
    struct orr_mishap m = r.mishap;
    orr_run_result_fini(&r);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
    return m;
}
static struct orr_mishap plant(void (*planted)(struct probe *, const struct orr_event *,
                                               struct orr_outbox *),
                               bool poison) {
    mistake = planted;
    return run_role(&probe, poison);
}

static void check_step(const struct orr_mishap *m, enum orr_mishap_kind kind) {
    ck_assert_str_eq(orr_mishap_name(m->kind), orr_mishap_name(kind));
    ck_assert_uint_eq(m->node, CULPRIT);
    ck_assert_uint_eq(m->event, ORR_RECV);
    ck_assert_uint_eq(m->peer, 0);
    ck_assert(m->has_message);
    ck_assert_uint_eq(m->msg_type, 1);
    ck_assert_int_eq(m->at, 20 * MS);
}

/* ---- memory that nobody wrote ---- */

static void send_bytes(struct orr_outbox *out, const uint8_t *bytes, uint32_t len) {
    orr_send(out, 3, orr_msg_copy(out->pool, 2, bytes, len));
}
static void of_a_block(struct probe *node, const struct orr_event *event, struct orr_outbox *out) {
    (void)event;
    send_bytes(out, node->block, 9);
}
static void of_a_message(struct probe *node, const struct orr_event *event,
                         struct orr_outbox *out) {
    (void)node, (void)event;
    struct orr_msg *m = orr_msg_new(out->pool, 2, 12);
    memset(m->data, 0, 11);
    orr_send(out, 3, m);
}
static void behind_a_message(struct probe *node, const struct orr_event *event,
                             struct orr_outbox *out) {
    (void)node;
    send_bytes(out, event->msg->data, 3); /* of 2 */
}
static void of_the_stack(struct probe *node, const struct orr_event *event,
                         struct orr_outbox *out) {
    (void)node, (void)event;
    uint8_t bytes[64];
    __asm__("" : "=m"(bytes)); /* the compiler takes them for written */
    send_bytes(out, bytes, 64);
}
static void of_a_freed_block(struct probe *node, const struct orr_event *event,
                             struct orr_outbox *out) {
    (void)event;
    struct orr_mem *mem = node->env->common->mem;
    uint8_t *bytes = orr_alloc_zero(mem, 64);
    orr_free(mem, bytes, 64);
    __asm__("" : "+r"(bytes));
    send_bytes(out, bytes + 16, 8);
}
static void of_a_freed_message(struct probe *node, const struct orr_event *event,
                               struct orr_outbox *out) {
    (void)node, (void)event;
    struct orr_msg *m = orr_msg_copy(out->pool, 2, "12345678", 8);
    struct orr_msg *other = orr_msg_new(out->pool, 2, 8);
    orr_msg_unref(out->pool, m);
    memcpy(other->data, m->data, 8);
    orr_send(out, 3, other);
}
static void of_the_outbox(struct probe *node, const struct orr_event *event,
                          struct orr_outbox *out) {
    (void)node, (void)event;
    out->busy_ns += out->v[out->n].key & 0xff; /* the effect before this step's first */
}
static unsigned n_kept; /* outside of any node: a second run goes on from the first */
static void of_the_program(struct probe *node, const struct orr_event *event,
                           struct orr_outbox *out) {
    (void)node;
    orr_arm(out, 0, event->now + MS * ++n_kept);
}
__attribute__((no_sanitize("undefined", "address"))) static void
crash_if(struct probe *node, const struct orr_event *event, struct orr_outbox *out) {
    (void)event, (void)out;
    volatile uintptr_t where = 0;
    if (node->block[20] < 0x80) *(volatile int *)where = 1;
}

#ifndef __SANITIZE_ADDRESS__ /* which ends the program at reads of what was given back and behind a
                                message, and lays out frames in its own way, over which no byte of
                                ours need stand */
enum { WATCHED = 0 };
#else
enum { WATCHED = 4 };
#endif

START_TEST(a_step_that_reads_what_nobody_wrote_is_named) {
    void (*const planted[])(struct probe *, const struct orr_event *, struct orr_outbox *) = {
        of_a_block, of_a_message, of_the_outbox, of_the_program,
        of_a_freed_message, behind_a_message, of_the_stack, of_a_freed_block};
    size_t n = sizeof planted / sizeof planted[0];
    for (size_t i = 0; i < n - WATCHED; i++) {
        struct orr_mishap m = plant(planted[i], true);
        check_step(&m, ORR_MISHAP_UNINITIALISED);
        ck_assert_str_eq(m.text, "the step did something else when memory that it had not written "
                                 "held other bytes");
        m = plant(planted[i], false); /* which says nothing without poison */
        ck_assert_int_eq(m.kind, ORR_MISHAP_NONE);
    }
}
END_TEST

START_TEST(a_fault_that_only_the_second_run_has_is_told) {
    struct orr_mishap m = plant(crash_if, true);
    check_step(&m, ORR_MISHAP_UNINITIALISED);
    ck_assert_ptr_nonnull(strstr(m.text, "(SIGSEGV); the address was 0"));
    ck_assert_uint_gt(m.n_frames, 0);
}
END_TEST

START_TEST(a_digest_and_a_transaction_may_not_depend_on_it_either) {
    in_digest = true;
    struct orr_mishap m = plant(NULL, true);
    in_digest = false;
    ck_assert_int_eq(m.kind, ORR_MISHAP_UNINITIALISED);
    ck_assert_int_eq(m.callback, ORR_CALLBACK_DIGEST);
    ck_assert_uint_eq(m.node, CULPRIT);
    in_make_tx = true;
    m = plant(NULL, true);
    in_make_tx = false;
    ck_assert_int_eq(m.kind, ORR_MISHAP_UNINITIALISED);
    ck_assert_uint_eq(m.event, ORR_INPUT);
    ck_assert_str_eq(m.text, "what reached the node was something else when memory that nobody had "
                             "written held other bytes");
}
END_TEST

START_TEST(every_protocol_does_the_same_whatever_memory_holds) {
    const struct orr_protocol *p;
    for (unsigned i = 0; (p = orr_registry_at(i)); i++) {
        struct orr_mishap m = run_role(p, true);
        ck_assert_msg(!m.kind, "%s: %s, node %u, event %u at %lld ns", p->name, m.text, m.node,
                      m.event, (long long)m.at);
    }
    ck_assert_int_eq(plant(NULL, true).kind, ORR_MISHAP_NONE);
}
END_TEST

/* ---- messages that are written after they were sent ---- */

static void write_what_is_lent(struct probe *node, const struct orr_event *event,
                               struct orr_outbox *out) {
    (void)node, (void)out;
    event->msg->data[1] ^= 1;
}
static void write_its_form(struct probe *node, const struct orr_event *event,
                           struct orr_outbox *out) {
    (void)node, (void)out;
    ck_assert_mem_eq(orr_form(event->msg, &greeting), "go", 2);
    event->msg->decoded->data[event->msg->decoded->len - 1] ^= 1;
}
static void keep_what_is_sent(struct probe *node, const struct orr_event *event,
                              struct orr_outbox *out) {
    (void)node;
    kept = orr_msg_copy(out->pool, 2, "abc", 3);
    orr_send(out, 3, orr_msg_ref(kept));
    orr_arm(out, 0, event->now + 50 * MS);
}

START_TEST(a_message_that_is_written_after_it_was_sent_is_named) {
    struct orr_mishap m = plant(write_what_is_lent, true);
    check_step(&m, ORR_MISHAP_WRITTEN);
    ck_assert_str_eq(m.text, "kind 1 of 2 B, which the event only lends");
    m = plant(write_its_form, true);
    check_step(&m, ORR_MISHAP_WRITTEN);
    m = plant(keep_what_is_sent, true);
    ck_assert_int_eq(m.kind, ORR_MISHAP_WRITTEN);
    ck_assert_uint_eq(m.node, CULPRIT);
    ck_assert_uint_eq(m.event, ORR_TIMER);
    ck_assert_str_eq(m.text, "kind 2 of 3 B, found when it was given back");
    m = plant(write_its_form, false);
    ck_assert_int_eq(m.kind, ORR_MISHAP_NONE); /* nobody looks */
}
END_TEST

/* ---- who made it ---- */

static void forget_a_message(struct probe *node, const struct orr_event *event,
                             struct orr_outbox *out) {
    (void)node, (void)event;
    orr_msg_new(out->pool, 9, 20);
    orr_msg_new(out->pool, 8, 30);
}
static void forget_memory(struct probe *node, const struct orr_event *event,
                          struct orr_outbox *out) {
    (void)event, (void)out;
    ck_assert_ptr_nonnull(orr_alloc(node->env->common->mem, 77));
}

START_TEST(what_leaks_is_told_with_its_maker) {
    struct orr_mishap m = plant(forget_a_message, false);
    check_step(&m, ORR_MISHAP_LEAK_MESSAGE);
    ck_assert_str_eq(m.text, "2 of them, 2 made by this node; the oldest is of kind 9 and 20 B, "
                             "with 1 references, and was made here");
    ck_assert_uint_gt(m.n_frames, 0);
    m = plant(forget_memory, false);
    check_step(&m, ORR_MISHAP_LEAK_MEMORY);
    ck_assert_str_eq(m.text, "77 B, of 77 B that all nodes did not give back; the oldest of 1 "
                             "blocks has 77 B and was taken here");
    in_fini = true; /* does not give back what init() took */
    m = plant(NULL, false);
    in_fini = false;
    ck_assert_int_eq(m.kind, ORR_MISHAP_LEAK_MEMORY);
    ck_assert_uint_eq(m.node, CULPRIT);
    ck_assert_int_eq(m.callback, ORR_CALLBACK_INIT);
    ck_assert_int_eq(m.at, 0);
}
END_TEST

/* Nor is what would have followed a violation that stopped the first run. */
START_TEST(a_run_that_a_violation_stops_is_compared_up_to_there) {
    static const char text[] =
        "orrery: 1\nname: twice\nduration: 9 s\nexpect: {agreement: holds}\n"
        "nodes: {val: {count: 4, role: tendermint}}\n"
        "faults: [{at: 0 s, do: byzantine, behaviour: equivocate, target: [val.0, val.1]}]\n";
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    ck_assert_int_eq(orr_scenario_parse(text, strlen(text), "twice", NULL, 0, &s, &diags), 0);
    struct orr_run_result r;
    ck_assert_int_eq(orr_run(s, &(struct orr_run_options){.poison = true}, &r, &diags), 0);
    ck_assert_int_eq(r.end, ORR_RUN_VIOLATION);
    ck_assert_msg(!r.mishap.kind && r.ran_twice, "%s", r.mishap.text);
    orr_run_result_fini(&r);
    orr_diags_fini(&diags);
    orr_scenario_free(s);
}
END_TEST

/* Both runs go on to the end, not to the last step: a node that crashes between is down in both.
 */
START_TEST(a_crash_behind_the_last_step_is_no_difference) {
    mistake = NULL;
    in_digest = in_make_tx = in_fini = false;
    /* all at once: nobody is left whom a crash is told; and a wrapper's digest is not 0 */
    faults = "faults: [{at: 900 ms, do: byzantine, behaviour: corrupt, target: all}, "
             "{at: 1 s, do: crash, target: all}]\n";
    for (unsigned i = 0; orr_registry_at(i); i++)
        ck_assert_int_eq(run_role(orr_registry_at(i), true).kind, ORR_MISHAP_NONE);
    faults = "";
}
END_TEST

ORR_TEST_MAIN("sim.twice", a_message_that_is_written_after_it_was_sent_is_named,
              a_step_that_reads_what_nobody_wrote_is_named,
              a_fault_that_only_the_second_run_has_is_told,
              a_digest_and_a_transaction_may_not_depend_on_it_either,
              every_protocol_does_the_same_whatever_memory_holds,
              what_leaks_is_told_with_its_maker,
              a_run_that_a_violation_stops_is_compared_up_to_there,
              a_crash_behind_the_last_step_is_no_difference)
