/* Every function of a protocol is under guard: a fault in any of them is a mishap that names it. */
#include <stdlib.h>
#include <unistd.h>

#include "models/fault/byzantine.h"
#include "models/registry.h"
#include "sim/engine/sim.h"
#include "tests/sim/engine/world.h"
#include "tests/test.h"

enum { N = 3, CULPRIT = 1 };

static void (*mistake)(void);
static enum orr_callback where; /* the function in which it is made */
static bool armed;              /* fini: not at the end of an earlier case */

static void at(enum orr_callback here) {
    if (armed && here == where) mistake();
}

struct probe {
    orr_peer self;
};
static bool is_culprit(const void *state) {
    return ((const struct probe *)state)->self == CULPRIT;
}
static int init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct probe *)state)->self = env->self;
    if (is_culprit(state)) at(ORR_CALLBACK_INIT);
    return 0;
}
static int step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    if (!is_culprit(state)) { /* two that arrive together: the second is seen to come */
        if (event->kind == ORR_START) orr_send(out, CULPRIT, orr_msg_copy(out->pool, 3, "to", 2));
        return 0;
    }
    at(ORR_CALLBACK_STEP);
    if (event->kind == ORR_START) orr_send(out, 0, orr_msg_copy(out->pool, 3, "go", 2));
    return 0;
}
static void fini(void *state) {
    if (is_culprit(state)) at(ORR_CALLBACK_FINI);
}
static void touch(const void *state, const struct orr_msg *m) {
    ck_assert_uint_eq(m->len, 2);
    if (is_culprit(state)) at(ORR_CALLBACK_TOUCH);
}
static uint64_t digest(const void *state) {
    if (is_culprit(state)) at(ORR_CALLBACK_DIGEST);
    return 1;
}
static const void *share(const struct orr_cohort *cohort, const void *cfg, struct orr_mem *mem) {
    (void)cohort, (void)cfg, (void)mem;
    at(ORR_CALLBACK_SHARE);
    return NULL;
}
static struct orr_msg *make_tx(void *state, const struct orr_common *common,
                               const struct orr_tx_order *order) {
    ++*(uint64_t *)state;
    at(ORR_CALLBACK_MAKE_TX);
    return orr_msg_copy(common->pool, 0, state, order->size);
}
static bool leads(const void *state) {
    if (is_culprit(state)) at(ORR_CALLBACK_LEADS);
    return false;
}
static struct orr_msg *forge(void *state, const struct orr_msg *m, struct orr_pool *pool) {
    (void)state;
    at(ORR_CALLBACK_FORGE);
    return orr_msg_clone(pool, m);
}
static const struct orr_protocol probe = {
    .abi = ORR_ABI, .name = "probe", .node_size = sizeof(struct probe), .init = init, .step = step,
    .fini = fini, .touch = touch, .digest = digest, .genesis.share = share,
    .workload = {.state_size = 8, .make_tx = make_tx},
    .fault = {.leads = leads, .forge = forge}};

/* A fault plan and a workload: what calls the other functions while the run goes on. */
static void outside(void *ctx, orr_time now) {
    struct orr_sim *sim = ctx;
    struct orr_rng rng = orr_rng_stream(1, ORR_RNG_WORKLOAD, 0);
    struct orr_tx_order order = {.size = 8, .rng = &rng};
    struct orr_msg *tx = orr_sim_make_tx(sim, CULPRIT, &order);
    ck_assert(tx || where == ORR_CALLBACK_MAKE_TX);
    if (tx) orr_sim_input(sim, now, CULPRIT, 0, ORR_IN_TX, tx);
    orr_sim_leads(sim, CULPRIT);
    if (where == ORR_CALLBACK_FINI) orr_sim_crash(sim, CULPRIT, ORR_DISK_KEEP);
}

static struct orr_mishap run(enum orr_callback in, void (*planted)(void), int64_t step_cpu_ns) {
    struct orr_byzantine_config lie = {.inner = &probe, .behaviour = ORR_BEHAVIOUR_EQUIVOCATE,
                                       .on = true, .p = 1000000000, .split = 500000000};
    struct orr_protocol liar;
    ck_assert_int_eq(orr_byzantine_wrap(&lie, &liar), 0);
    struct world w;
    world_init(&w, N, &probe, NULL, 5 * MS);
    if (in != ORR_CALLBACK_TOUCH) { /* what a liar would touch is within it */
        w.nodes[CULPRIT].protocol = &liar;
        w.nodes[CULPRIT].config = &lie;
    }
    w.spec.step_cpu_ns = step_cpu_ns;
    w.spec.memory_bytes = 1 << 20;
    where = in;
    mistake = planted;
    armed = planted != NULL;
    world_start(&w);
    orr_sim_call_at(w.sim, 10 * MS, outside, w.sim);
    orr_sim_run(w.sim, 100 * MS);
    orr_sim_digest(w.sim);
    orr_sim_end(w.sim);
    const struct orr_mishap *m = orr_sim_mishap(w.sim);
    struct orr_mishap copy = m ? *m : (struct orr_mishap){0};
    uint64_t events = orr_sim_counts(w.sim).events;
    orr_sim_run(w.sim, 200 * MS); /* nothing goes on after it */
    if (m) ck_assert_uint_eq(orr_sim_counts(w.sim).events, events);
    armed = false;
    world_fini(&w);
    return copy;
}

static const struct {
    enum orr_callback callback;
    orr_time at;
} cases[] = {{ORR_CALLBACK_STEP, 0},         {ORR_CALLBACK_INIT, 0},
             {ORR_CALLBACK_FINI, 10 * MS},   {ORR_CALLBACK_DIGEST, 100 * MS},
             {ORR_CALLBACK_SHARE, 0},        {ORR_CALLBACK_MAKE_TX, 10 * MS},
             {ORR_CALLBACK_LEADS, 10 * MS},  {ORR_CALLBACK_FORGE, 0},
             {ORR_CALLBACK_TOUCH, 5 * MS}};
enum { N_CASES = sizeof cases / sizeof cases[0] };

static void everywhere(void (*planted)(void), enum orr_mishap_kind kind, int64_t step_cpu_ns) {
    for (unsigned i = 0; i < N_CASES; i++) {
        struct orr_mishap m = run(cases[i].callback, planted, step_cpu_ns);
        ck_assert_msg(m.kind == kind, "in %s: %s, not %s", orr_callback_name(cases[i].callback),
                      orr_mishap_name(m.kind), orr_mishap_name(kind));
        ck_assert_str_eq(orr_callback_name(m.callback), orr_callback_name(cases[i].callback));
        /* what a cohort shares is made for its first node */
        ck_assert_uint_eq(m.node, cases[i].callback == ORR_CALLBACK_SHARE ? 0 : CULPRIT);
        ck_assert_int_eq(m.at, cases[i].at);
        ck_assert_uint_gt(m.n_frames, 0);
    }
}

static volatile unsigned zero;
__attribute__((no_sanitize("undefined", "address"))) static void through_null(void) {
    *(volatile int *)(uintptr_t)zero = 1;
}
START_TEST(a_wild_pointer_is_named_in_every_function) {
    everywhere(through_null, ORR_MISHAP_SEGV, 0);
}
END_TEST

START_TEST(abort_is_named_in_every_function) { everywhere(abort, ORR_MISHAP_ABORT, 0); }
END_TEST

static void end_well(void) { exit(0); }
static void end_at_once(void) { _exit(0); }
static void end_quickly(void) { quick_exit(0); }
START_TEST(exit_is_named_in_every_function) {
    everywhere(end_well, ORR_MISHAP_EXIT, 0);
    everywhere(end_at_once, ORR_MISHAP_EXIT, 0);
    everywhere(end_quickly, ORR_MISHAP_EXIT, 0);
}
END_TEST

static void spin(void) {
    for (;;) zero = 0;
}
START_TEST(a_function_that_does_not_return_is_named) {
    everywhere(spin, ORR_MISHAP_HANG, 200 * MS);
}
END_TEST

/* Behind limited downlinks and without, so that run and lane show what comes. */
START_TEST(whether_nodes_are_touched_changes_no_run) {
    enum { MANY = 60 };
    const struct orr_protocol *flood = orr_registry_find("flood");
    struct orr_protocol untouched = *flood;
    ck_assert_ptr_nonnull(flood->touch);
    untouched.touch = NULL;
    for (int64_t bps = 0; bps <= 1000000; bps += 1000000) {
        uint64_t prints[2];
        for (int i = 0; i < 2; i++) {
            struct world w;
            world_init(&w, MANY, i ? &untouched : flood, NULL, 5 * MS);
            for (int k = 0; k < MANY; k++) w.nodes[k].down_bps = bps;
            world_start(&w);
            struct orr_rng rng = orr_rng_stream(1, ORR_RNG_WORKLOAD, 0);
            for (uint32_t k = 0; k < 20; k++) {
                struct orr_tx_order order = {.number = k, .size = 20 + k % 3, .rng = &rng};
                orr_sim_input(w.sim, 1 + k * MS, k, 0, ORR_IN_TX,
                              orr_sim_make_tx(w.sim, k, &order));
            }
            orr_sim_run(w.sim, 2000 * MS);
            ck_assert_uint_gt(orr_sim_counts(w.sim).deliveries, 20 * MANY * (MANY - 2));
            prints[i] = orr_sim_fingerprint(w.sim);
            world_fini(&w);
        }
        ck_assert_uint_eq(prints[0], prints[1]);
    }
}
END_TEST

static int deep(volatile int *up);
static int (*volatile deeper)(volatile int *up) = deep;
static int deep(volatile int *up) {
    volatile int here[64];
    here[0] = up ? *up + 1 : 0;
    return deeper(here) + here[0];
}
static void recurse(void) { zero = (unsigned)deep(NULL) & 0; }
START_TEST(an_overflow_of_the_stack_is_named_in_every_function) {
    everywhere(recurse, ORR_MISHAP_STACK, 0);
}
END_TEST

START_TEST(without_a_mistake_there_is_none) {
    for (unsigned i = 0; i < N_CASES; i++)
        ck_assert_int_eq(run(cases[i].callback, NULL, 0).kind, ORR_MISHAP_NONE);
}
END_TEST

ORR_TEST_MAIN("sim.callbacks", whether_nodes_are_touched_changes_no_run,
              a_wild_pointer_is_named_in_every_function,
              abort_is_named_in_every_function, exit_is_named_in_every_function,
              a_function_that_does_not_return_is_named,
              an_overflow_of_the_stack_is_named_in_every_function, without_a_mistake_there_is_none)
