/* replay_inputs.h - what a trace holds of the files that its scenario read, for `orrery replay`. */
#ifndef ORR_SIM_CLI_REPLAY_INPUTS_H
#define ORR_SIM_CLI_REPLAY_INPUTS_H

#include "analysis/reader.h"
#include "sim/scenario/scenario.h"

enum { ORR_PLUGINS_MAX = 64 };

/* Takes the files out of the trace, and finds for each plug-in that it names the one of
 * paths[n_paths] with the same digest.  A plug-in runs in this process, so none is opened that the
 * user has not named.  On success the files go to a scenario, and orr_replay_inputs_free gives the
 * rest back.  False: what is wrong has been printed on standard error. */
bool orr_replay_inputs(struct orr_trace_reader *reader, const char *trace, const char *const *paths,
                       uint32_t n_paths, struct orr_scenario_inputs *inputs);
void orr_replay_inputs_free(struct orr_scenario_inputs *inputs);
/* The scenario as it was read then; not good with what is wrong in diags.  It is the caller's in
 * both cases, because messages point into it. */
struct orr_scenario *orr_replay_scenario(const struct orr_trace_head *head,
                                         const struct orr_scenario_inputs *inputs,
                                         struct orr_diags *diags, bool *good);
#endif
