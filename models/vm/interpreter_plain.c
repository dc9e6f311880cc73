#define RUN_PLAIN orr_evm_run_plain
#define TRACED    0
#define ONE       0
#include "models/vm/interpreter_plain.inc"
