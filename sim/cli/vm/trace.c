#include "sim/cli/vm/trace.h"

#include "models/vm/opcode.h"

static void print_word(FILE *to, const struct orr_u256 *a) {
    int limb = 3;
    while (limb > 0 && !a->limb[limb]) limb--;
    fprintf(to, "\"0x%llx", (unsigned long long)a->limb[limb]);
    while (limb-- > 0) fprintf(to, "%016llx", (unsigned long long)a->limb[limb]);
    fputc('"', to);
}

/* The part of the line that is known before the instruction runs; gasCost and
 * what follows it come when it is done, so the line is written in two pieces. */
static void step(void *ctx, const struct orr_evm_step *s) {
    struct orr_vm_trace *t = ctx;
    t->gas_before = s->gas;
    t->opcode = s->opcode;
    fprintf(t->to, "{\"pc\":%llu,\"op\":%u,\"gas\":\"0x%llx\",\"memSize\":%zu,\"stack\":[",
            (unsigned long long)s->pc, s->opcode, (unsigned long long)s->gas, s->memory_len);
    for (int i = 0; i < s->stack_len; i++) {
        if (i) fputc(',', t->to);
        print_word(t->to, &s->stack[i]);
    }
    fprintf(t->to, "],\"depth\":%d,\"returnData\":\"0x", s->depth + 1);
    for (size_t i = 0; i < s->return_data_len; i++) fprintf(t->to, "%02x", s->return_data[i]);
    fprintf(t->to, "\",\"refund\":\"0x%llx\"", (unsigned long long)(s->refund > 0 ? s->refund : 0));
}

static void done(void *ctx, int64_t gas, enum orr_evm_status status) {
    struct orr_vm_trace *t = ctx;
    int64_t cost = t->gas_before - gas;
    const char *name = orr_evm_op_name(t->opcode);
    fprintf(t->to, ",\"gasCost\":\"0x%llx\"", (unsigned long long)(cost > 0 ? cost : 0));
    if (name) fprintf(t->to, ",\"opName\":\"%s\"", name);
    else fprintf(t->to, ",\"opName\":\"opcode 0x%02x not defined\"", t->opcode);
    if (status != ORR_EVM_SUCCESS) fprintf(t->to, ",\"error\":\"%s\"", orr_evm_status_text(status));
    fputs("}\n", t->to);
}

static void frame_end(void *ctx, int depth, const struct orr_evm_result *result) {
    (void)ctx, (void)depth, (void)result;
}

void orr_vm_trace_init(struct orr_vm_trace *trace, FILE *to) {
    *trace = (struct orr_vm_trace){.tracer = {trace, step, done, frame_end}, .to = to};
}
