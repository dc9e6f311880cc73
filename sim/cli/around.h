/* around.h - which part of a trace is meant: `--around VIOLATION|TIME`. */
#ifndef ORR_SIM_CLI_AROUND_H
#define ORR_SIM_CLI_AROUND_H

#include "analysis/reader.h"

/* A time as scenarios write it: 2.5s, 300 ms. */
bool orr_around_time(const char *text, int64_t *time_ns);
/* A second before and after a time, or the violation of an expectation (its name; `violation`: any)
 * that ended the run.  0, or an exit code, told. */
int orr_around_window(struct orr_trace_reader *reader, const char *verb, const char *around,
                      int64_t *from_ns, int64_t *to_ns);
#endif
