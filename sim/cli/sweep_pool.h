/* sweep_pool.h - the runs of a sweep, each in a process of its own, several at a time.
 *
 * A run writes FOLDER/runs/DIGEST.json, the object of `orrery run --json`, which has its name only
 * when it is whole; what it says on standard error is in DIGEST.log.  A process that dies leaves no
 * such file: its run is missing, and is run again the next time. */
#ifndef ORR_SIM_CLI_SWEEP_POOL_H
#define ORR_SIM_CLI_SWEEP_POOL_H

#include "sim/cli/sweep_plan.h"

struct orr_sweep_pool {
    const struct orr_sweep_plan *plan;
    const char *folder;
    int (*run)(int argc, char **argv); /* orr_main_run */
    uint32_t jobs;          /* at a time, >= 1                                    */
    uint32_t part, n_parts; /* runs whose number is `part` modulo n_parts         */
    bool traces;            /* keep FOLDER/traces/DIGEST.h5                       */
    bool quiet;             /* no progress                                        */
    /* what came of it */
    uint32_t n_done, n_here, n_failed; /* run now; there before; died or refused */
};

/* Makes the sweep's folders; 0, or 3, told. */
int orr_sweep_pool_folders(const struct orr_sweep_pool *pool);
/* Makes the folders and runs what is missing.  0, or an exit code, told: 3, the machine, or
 * somebody who interrupts; runs that are under way then end. */
int orr_sweep_pool_run(struct orr_sweep_pool *pool);

/* FOLDER/runs/DIGEST and an ending. */
enum { ORR_SWEEP_PATH = 4096 };
bool orr_sweep_path(const char *folder, const char *kind, const char *digest, const char *ending,
                    char path[ORR_SWEEP_PATH]);
#endif
