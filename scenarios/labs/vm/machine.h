/* machine.h - the small header behind which a machine is written: one pure function.  Not to be
 * changed: the tests bring their own.
 *
 * `machine_run` is called once for each case.  It keeps nothing between two calls; memory that it
 * takes from `mem` goes back before it returns.  What stands in *answer at first is a call that
 * FAILED and a world as it was. */
#ifndef ORR_LABS_VM_MACHINE_H
#define ORR_LABS_VM_MACHINE_H

#include "case.h"
#include "models/output.h"
#include "models/plain_tx.h"

static void machine_run(const struct machine_case *c, struct orr_mem *mem,
                        struct machine_answer *answer);

/* ---- the rest is what connects it to the tests ---- */

struct machine_node {
    const struct orr_env *env;
};

static int machine_init(void *state, const struct orr_env *env, const void *cfg) {
    (void)cfg;
    ((struct machine_node *)state)->env = env;
    return 0;
}

static void machine_reply(struct orr_mem *mem, struct machine_case *c,
                          struct machine_answer *answer, uint32_t number, orr_peer to,
                          struct orr_outbox *out) {
    memcpy(answer->slots, c->slots, sizeof c->slots);
    answer->n_slots = c->n_slots;
    answer->end = FAILED;
    machine_run(c, mem, answer);
    uint8_t *bytes = orr_alloc(mem, ANSWER_MOST);
    struct coder w = {.to = bytes, .len = ANSWER_MOST};
    code_answer(&w, &number, answer);
    orr_send(out, to, orr_msg_copy(out->pool, ANSWER, bytes, w.at));
    orr_free(mem, bytes, ANSWER_MOST);
}

static int machine_step(void *state, const struct orr_event *event, struct orr_outbox *out) {
    const struct machine_node *node = state;
    if (event->kind != ORR_RECV || !event->msg || event->msg->kind != CASE) return 0;
    struct orr_mem *mem = node->env->common->mem;
    struct machine_case *c = orr_alloc_zero(mem, sizeof *c);
    struct machine_answer *answer = orr_alloc_zero(mem, sizeof *answer);
    struct coder r = {.from = event->msg->data, .len = event->msg->len};
    uint32_t number = 0;
    code_case(&r, &number, c);
    if (r.is_bad)
        orr_reject(out);
    else
        machine_reply(mem, c, answer, number, event->peer, out);
    orr_free(mem, answer, sizeof *answer);
    orr_free(mem, c, sizeof *c);
    return 0;
}

static const char *const machine_kinds[] = {"case", "answer", NULL};

const struct orr_protocol orr_lab_machine = {
    .abi = ORR_ABI,
    .name = "machine",
    .summary = "a small stack machine",
    .kinds = machine_kinds,
    .node_size = sizeof(struct machine_node),
    .init = machine_init,
    .step = machine_step,
    .workload.make_tx = orr_plain_tx,
    .workload.least_size = ORR_PLAIN_TX_BYTES,
};
#endif
