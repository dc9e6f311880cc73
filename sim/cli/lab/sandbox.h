/* sandbox.h - what a process may do that runs foreign code: compute, and nothing else.
 *
 * No file can be opened, no process or thread begun, no signal sent, no socket made, nothing slept
 * on; no page becomes executable that was not.  A call of the system that is not on the list ends
 * the process by SIGSYS.  (seccomp(2), by libseccomp; prctl(2), PR_SET_NO_NEW_PRIVS;
 * setrlimit(2)) */
#ifndef ORR_SIM_CLI_LAB_SANDBOX_H
#define ORR_SIM_CLI_LAB_SANDBOX_H

/* Limits of CPU time, memory, files and processes, and no new privileges: before foreign code is
 * loaded.  0, or ORR_EUNSUPPORTED when the machine refuses. */
int orr_lab_sandbox_limits(void);
/* The list of calls, for the rest of the process's life.  0, or ORR_EUNSUPPORTED. */
int orr_lab_sandbox_close(void);

enum { ORR_LAB_CPU_S = 60 }; /* of one run: what is honest takes a hundredth of it */
#endif
