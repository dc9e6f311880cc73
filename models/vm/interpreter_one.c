#define RUN_PLAIN orr_evm_run_one
#define TRACED    0
#define ONE       1
#include "models/vm/interpreter_plain.inc"
