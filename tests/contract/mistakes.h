/* mistakes.h - a protocol that makes one of all the mistakes that there are, when its node VICTIM
 * hears the first message. */
#ifndef ORR_TESTS_CONTRACT_MISTAKES_H
#define ORR_TESTS_CONTRACT_MISTAKES_H

#include <stdlib.h>

#include "models/output.h"
#include "sim/engine/mishap.h"

enum { VICTIM = 1 };

struct careless {
    orr_peer self;
    struct orr_mem *mem;
    uint8_t *block;       /* 64 bytes, none of them written */
    struct orr_msg *gone; /* given away                     */
    bool done;
};

typedef void (*mistake)(struct careless *node, const struct orr_event *event,
                        struct orr_outbox *out);
/* What a sanitizer would stop before the machine does. */
#define UNWATCHED __attribute__((no_sanitize("undefined", "address")))
#define MISTAKE(name)                                                                            \
    UNWATCHED static void name(struct careless *node, const struct orr_event *event,             \
                               struct orr_outbox *out)
#define UNUSED (void)node, (void)event, (void)out

static volatile unsigned zero_now; /* 0: the compiler does not know */

MISTAKE(endless) { orr_arm(out, 0, event->now); UNUSED; }
MISTAKE(hang) {
    UNUSED;
    for (;;) zero_now = 0;
}
MISTAKE(believe_a_length) { /* of a message: any byte may be in it */
    node->block[(size_t)1 << 44 | (size_t)event->msg->len << 32] = 1;
    UNUSED;
}
static int deep(volatile int *up);
static int (*volatile deeper)(volatile int *up) = deep;
static int deep(volatile int *up) {
    volatile int here[64];
    here[0] = up ? *up + 1 : 0;
    return deeper(here) + here[0];
}
MISTAKE(recurse) { UNUSED; zero_now = (unsigned)deep(NULL) & 0; }
MISTAKE(divide) {
    UNUSED;
#if defined(__x86_64__)
    zero_now = 77 / zero_now;
#else
    raise(SIGFPE); /* other machines divide by zero in silence */
#endif
}
MISTAKE(give_up) { UNUSED; abort(); }
MISTAKE(leave) { UNUSED; exit(0); }
MISTAKE(arm_what_is_not_there) { UNUSED; orr_arm(out, 2, event->now + 1); }
MISTAKE(send_to_nobody) { UNUSED; orr_send(out, 99, orr_msg_new(out->pool, 0, 0)); }
MISTAKE(give_time_back) { UNUSED; out->busy_ns -= 5; }
MISTAKE(do_what_is_not_known) { UNUSED; orr_effect(out, (struct orr_effect){.kind = 77}); }
MISTAKE(effects_without_end) { UNUSED; for (;;) orr_arm(out, 0, event->now + 1); }
MISTAKE(send_twice) {
    UNUSED;
    struct orr_msg *m = orr_msg_copy(out->pool, 1, "twice", 5);
    orr_send(out, 0, m);
    orr_send(out, 2, m);
}
MISTAKE(send_what_was_given_back) {
    UNUSED;
    struct orr_msg *m = orr_msg_copy(out->pool, 1, "gone", 4);
    orr_msg_unref(out->pool, m);
    orr_send(out, 2, m);
}
MISTAKE(write_what_is_lent) {
    UNUSED;
    if (event->msg->len) event->msg->data[0] ^= 1;
    else event->msg->kind ^= 1;
}
MISTAKE(forget_a_message) { UNUSED; orr_msg_new(out->pool, 9, 20); }
MISTAKE(forget_memory) { UNUSED; node->block = orr_alloc(node->mem, 100); }
MISTAKE(put_out_half) { UNUSED; orr_output(out, ORR_OUT_DECIDED, orr_msg_new(out->pool, 0, 3)); }
MISTAKE(hoard) { UNUSED; for (;;) orr_alloc(node->mem, 1000); }
MISTAKE(send_what_it_has_not_written) {
    UNUSED;
    orr_send(out, 2, orr_msg_copy(out->pool, 1, node->block, 64));
}

static const struct {
    mistake make;
    enum orr_mishap_kind kind;
} mistakes[] = {
    {endless, ORR_MISHAP_ENDLESS},
    {hang, ORR_MISHAP_HANG},
    {believe_a_length, ORR_MISHAP_SEGV},
    {recurse, ORR_MISHAP_STACK},
    {divide, ORR_MISHAP_FPE},
    {give_up, ORR_MISHAP_ABORT},
    {leave, ORR_MISHAP_EXIT},
    {arm_what_is_not_there, ORR_MISHAP_TIMER},
    {send_to_nobody, ORR_MISHAP_PEER},
    {do_what_is_not_known, ORR_MISHAP_EFFECT},
    {effects_without_end, ORR_MISHAP_EFFECTS},
    {give_time_back, ORR_MISHAP_BUSY},
    {send_twice, ORR_MISHAP_MOVED},
    {send_what_was_given_back, ORR_MISHAP_FREED},
    {write_what_is_lent, ORR_MISHAP_WRITTEN},
    {forget_a_message, ORR_MISHAP_LEAK_MESSAGE},
    {forget_memory, ORR_MISHAP_LEAK_MEMORY},
    {put_out_half, ORR_MISHAP_OUTPUT},
    {hoard, ORR_MISHAP_MEMORY},
    {send_what_it_has_not_written, ORR_MISHAP_UNINITIALISED},
};
enum { N_MISTAKES = sizeof mistakes / sizeof mistakes[0] };
static unsigned planted_at; /* which one is made */

static int careless_init(void *state, const struct orr_env *env, const void *cfg) {
    struct careless *node = state;
    (void)cfg;
    node->self = env->self;
    node->mem = env->common->mem;
    node->block = orr_alloc(node->mem, 64);
    return 0;
}
static int careless_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    struct careless *node = state;
    bool again = mistakes[planted_at].kind == ORR_MISHAP_ENDLESS && event->kind == ORR_TIMER;
    if (node->self != VICTIM || (event->kind != ORR_RECV && !again)) return 0;
    if (!node->done || again) mistakes[planted_at].make(node, event, out);
    node->done = true;
    return 0;
}
static void careless_fini(void *state) {
    struct careless *node = state;
    orr_free(node->mem, node->block, 64);
}
static const struct orr_protocol planted = {
    .abi = ORR_ABI, .name = "careless", .node_size = sizeof(struct careless), .n_timers = 2,
    .init = careless_init, .step = careless_step, .fini = careless_fini};
#endif
