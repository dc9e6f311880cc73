/* guard.h - the way out of a protocol's function that faults or does not return.
 *
 * While a function of a protocol runs (step, init, ...: enum orr_callback), SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL, SIGTRAP and SIGABRT of its thread and its calls of exit() lead back to the
 * simulator, with a mishap in place of a dead process.  Handlers run on a stack of their own, so an
 * overflow of the stack is one of them.  Outside of these functions every signal does what it did
 * before.
 *
 * A timer of wall time looks at the run ten times a second: at a function that has used more CPU
 * time than it may (struct orr_sim_spec, step_cpu_ns), and at a run that was asked to stop.
 * Nothing that it reads enters a result.
 *
 * A step costs four stores for this. */
#ifndef ORR_SIM_ENGINE_GUARD_H
#define ORR_SIM_ENGINE_GUARD_H

#include <stdbool.h>

/* Asks the run of this process to stop; may be called from a signal handler.  orr_sim_run ends
 * within half a second: after the current event, or out of a function that does not return (then
 * the mishap is ORR_MISHAP_INTERRUPTED).  false: no run is under way. */
bool orr_guard_interrupt(void);
#endif
