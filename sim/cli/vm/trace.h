/* trace.h - EIP-3155: one JSON object a line for each instruction that the machine runs, in the
 * form that go-ethereum and evmone print:
 *
 *     {"pc":2,"op":85,"gas":"0x12","gasCost":"0x14","memSize":0,"stack":["0x1"],"depth":1,
 *      "refund":0,"opName":"SSTORE","error":"out of gas"}
 *
 * pc, op, memSize (bytes), depth (1 for the outermost call) and refund (of the whole
 * transaction, this instruction included) are decimal numbers; gas and gasCost hexadecimal strings;
 * the stack's bottom comes first.  gasCost is what the instruction took from its frame; what a call
 * passes on is in it (a create's is not).  "memory" and "returnData" are there when asked for and
 * not empty; "error" where the instruction ended its frame badly.  After the last instruction:
 *
 *     {"output":"","gasUsed":"0x12","error":"out of gas"}
 *
 * with the gas of the outermost call, which has no intrinsic gas in it. */
#ifndef ORR_SIM_CLI_VM_TRACE_H
#define ORR_SIM_CLI_VM_TRACE_H

#include <stdio.h>

#include "models/vm/evm.h"

/* What is printed beside the fixed fields. */
struct orr_vm_trace_options {
    bool memory, return_data, no_stack;
};

/* A tracer that prints to a stream.  The tracer points back into the struct: it must not move. */
struct orr_vm_trace {
    struct orr_evm_tracer tracer; /* for orr_evm_set_tracer, orr_evm_executor_trace */
    struct orr_vm_trace_options options;
    FILE *to;
    int64_t gas_before, gas_at_start, refund_at_start;
    uint64_t pc;
    uint8_t opcode;
    char *text; /* of the running instruction's line: memory to depth */
    size_t len, cap;
};
void orr_vm_trace_init(struct orr_vm_trace *trace, FILE *to, struct orr_vm_trace_options options);
/* Gives its memory back; the stream stays open. */
void orr_vm_trace_free(struct orr_vm_trace *trace);
#endif
