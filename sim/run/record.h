/* record.h - the trace of a scenario's run: what `record:` asks for, described and attached. */
#ifndef ORR_SIM_RUN_RECORD_H
#define ORR_SIM_RUN_RECORD_H

#include "sim/check/check.h"
#include "sim/run/build.h"
#include "sim/trace/trace.h"

/* Opens a trace at path for a run of the build in sim, describes nodes, kinds and faults, and
 * attaches it.  Negative: error[error_len] says why. */
int orr_record_open(const struct orr_build *build, struct orr_sim *sim, const char *path,
                    struct orr_trace **trace, char *error, size_t error_len);

/* Adds the verdicts and closes.  exit_code: what the program will return. */
int orr_record_close(const struct orr_build *build, struct orr_trace *trace,
                     const struct orr_sim *sim,
                     const struct orr_verdict *verdicts, uint32_t n_verdicts, int exit_code,
                     enum orr_trace_ended ended, char *error, size_t error_len);

/* Version, compiler and flags of this program, one line. */
const char *orr_build_id(void);
#endif
