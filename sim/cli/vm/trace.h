/* trace.h - EIP-3155: one JSON object a line for each instruction that the machine runs.
 *
 * Fields: pc, op (numbers), gas, gasCost (hexadecimal strings), memSize (bytes), stack
 * (hexadecimal strings, bottom first), depth (1 for the outermost call), returnData, refund
 * (hexadecimal strings), opName, and error where the instruction ended its frame badly.  gasCost is
 * what the instruction took from its frame; for a call that runs code, what it passed on is in it.
 */
#ifndef ORR_SIM_CLI_VM_TRACE_H
#define ORR_SIM_CLI_VM_TRACE_H

#include <stdio.h>

#include "models/vm/evm.h"

/* A tracer that prints to a stream.  The tracer points back into the struct: it must not move. */
struct orr_vm_trace {
    struct orr_evm_tracer tracer; /* for orr_evm_set_tracer */
    FILE *to;
    int64_t gas_before;
    uint8_t opcode;
};
void orr_vm_trace_init(struct orr_vm_trace *trace, FILE *to);
#endif
