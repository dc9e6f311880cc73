#include "sim/cli/vm/trace.h"

#include <stdarg.h>
#include <stdlib.h>

#include "models/vm/opcode.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"

/* Room for n more characters and a zero byte. */
static char *reserve(struct orr_vm_trace *t, size_t n) {
    if (t->cap - t->len <= n) {
        while (t->cap - t->len <= n) t->cap = 2 * t->cap + 4096;
        t->text = orr_xrealloc(t->text, t->cap);
    }
    return t->text + t->len;
}

static void put(struct orr_vm_trace *t, const char *format, ...) {
    enum { SHORT = 128 }; /* the longest piece that is put this way */
    va_list args;
    va_start(args, format);
    t->len += (size_t)vsnprintf(reserve(t, SHORT), SHORT, format, args);
    va_end(args);
}

static void put_bytes(struct orr_vm_trace *t, const char *name, const uint8_t *bytes, size_t len) {
    put(t, ",\"%s\":\"0x", name);
    orr_hex_encode(reserve(t, 2 * len), bytes, len);
    t->len += 2 * len;
    put(t, "\"");
}

static void put_word(struct orr_vm_trace *t, const struct orr_u256 *a) {
    int limb = 3;
    while (limb > 0 && !a->limb[limb]) limb--;
    put(t, "\"0x%llx", (unsigned long long)a->limb[limb]);
    while (limb-- > 0) put(t, "%016llx", (unsigned long long)a->limb[limb]);
    put(t, "\"");
}

static void begin(void *ctx, int64_t gas, int64_t refund) {
    struct orr_vm_trace *t = ctx;
    t->gas_at_start = gas;
    t->refund_at_start = refund;
}

/* gasCost is known when the instruction is done, but stands before most of what is known now. */
static void step(void *ctx, const struct orr_evm_step *s) {
    struct orr_vm_trace *t = ctx;
    t->gas_before = s->gas;
    t->opcode = s->opcode;
    t->pc = s->pc;
    t->len = 0;
    if (t->options.memory && s->memory_len) put_bytes(t, "memory", s->memory, s->memory_len);
    put(t, ",\"memSize\":%zu,\"stack\":", s->memory_len);
    if (t->options.no_stack)
        put(t, "null");
    else
        put(t, "[");
    for (int i = 0; i < s->stack_len && !t->options.no_stack; i++) {
        if (i) put(t, ",");
        put_word(t, &s->stack[i]);
    }
    if (!t->options.no_stack) put(t, "]");
    if (t->options.return_data && s->return_data_len)
        put_bytes(t, "returnData", s->return_data, s->return_data_len);
    put(t, ",\"depth\":%d", s->depth + 1);
}

static void done(void *ctx, int64_t gas, int64_t refund, enum orr_evm_status status) {
    struct orr_vm_trace *t = ctx;
    int64_t cost = t->gas_before - gas;
    const char *name = orr_evm_op_name(t->opcode);
    fprintf(t->to,
            "{\"pc\":%llu,\"op\":%u,\"gas\":\"0x%llx\",\"gasCost\":\"0x%llx\"%s,\"refund\":%lld",
            (unsigned long long)t->pc, t->opcode, (unsigned long long)t->gas_before,
            (unsigned long long)(cost > 0 ? cost : 0), t->text,
            (long long)(t->refund_at_start + refund));
    if (name)
        fprintf(t->to, ",\"opName\":\"%s\"", name);
    else
        fprintf(t->to, ",\"opName\":\"opcode 0x%x not defined\"", t->opcode);
    if (status != ORR_EVM_SUCCESS) fprintf(t->to, ",\"error\":\"%s\"", orr_evm_status_text(status));
    fputs("}\n", t->to);
}

static void end(void *ctx, const struct orr_evm_result *result) {
    struct orr_vm_trace *t = ctx;
    t->len = 0;
    orr_hex_encode(reserve(t, 2 * result->output_len), result->output, result->output_len);
    fprintf(t->to, "{\"output\":\"%s\",\"gasUsed\":\"0x%llx\"", t->text,
            (unsigned long long)(t->gas_at_start - result->gas_left));
    if (result->status != ORR_EVM_SUCCESS)
        fprintf(t->to, ",\"error\":\"%s\"", orr_evm_status_text(result->status));
    fputs("}\n", t->to);
}

void orr_vm_trace_init(struct orr_vm_trace *trace, FILE *to, struct orr_vm_trace_options options) {
    *trace = (struct orr_vm_trace){
        .tracer = {trace, begin, step, done, end}, .options = options, .to = to};
}

void orr_vm_trace_free(struct orr_vm_trace *trace) {
    free(trace->text);
    trace->text = NULL;
    trace->len = trace->cap = 0;
}
