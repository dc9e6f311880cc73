/* sweep_index.h - what a sweep gave, a row for each run: FOLDER/index.csv (RFC 4180), and the same
 * in FOLDER/index.h5 (analysis/table_hdf5.h).
 *
 * The first columns say which run it is: run, digest, seed, and one for each axis.  Then `status`:
 * `ok`, `failed` (an expectation did not hold) or `missing` (it has not run, or died), and numbers,
 * which are empty where there are none: of a missing run all.  Times are in seconds.  Nothing in it
 * depends on when or where a run was made. */
#ifndef ORR_SIM_CLI_SWEEP_INDEX_H
#define ORR_SIM_CLI_SWEEP_INDEX_H

#include "sim/cli/sweep_plan.h"

struct orr_sweep_counts { uint32_t n_ok, n_failed, n_missing; };

/* What a path means to those who read sweeps: a folder its index, into `file`; else the path
 * itself.  False: it is no sweep, but perhaps a trace. */
bool orr_sweep_index_of(const char *path, char file[4096]);

/* Reads the results that are there and puts the index in the place of an older one, in one step;
 * who does the same at that time waits.  0, or an exit code, told: 2 for a result that is none, 3.
 */
int orr_sweep_index_write(const struct orr_sweep_plan *plan, const char *folder,
                          struct orr_sweep_counts *counts);
#endif
