#define RUN_PLAIN orr_evm_run_traced
#define TRACED    1
#define ONE       0
#include "models/vm/interpreter_plain.inc"
