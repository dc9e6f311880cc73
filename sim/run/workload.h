/* workload.h - clients that submit transactions, as the scenario's `workload` says.
 *
 * A transaction is made by the receiving role (orr_protocol.workload) and takes one draw of the
 * latency between the client's region and the node's to get there.  All draws of a workload come
 * from stream (ORR_RNG_WORKLOAD, number of the workload), so no client's arrival moves another
 * stream. */
#ifndef ORR_SIM_RUN_WORKLOAD_H
#define ORR_SIM_RUN_WORKLOAD_H

#include "sim/run/build.h"

struct orr_workload;

/* The workloads of a scenario; all is lent until orr_workload_free.  NULL: told in diags. */
struct orr_workload *orr_workload_new(struct orr_build *build, struct orr_sim *sim,
                                      struct orr_diags *diags);
void orr_workload_free(struct orr_workload *workload); /* NULL: nothing */
/* Schedules the first arrivals. */
void orr_workload_start(struct orr_workload *workload);
/* Once it was started and the run is over: gives back what it holds of the simulator's. */
void orr_workload_end(struct orr_workload *workload);
#endif
