/* world.h - a scenario built once and run many times: what a search over seeds and faults calls.
 *
 *     struct orr_world *world;
 *     int error = orr_world_new(scenario, &diags, &world);
 *     for (uint64_t seed = 1; !error && seed <= 1000; seed++) {
 *         struct orr_run_result result;
 *         error = orr_world_run(world, seed, NULL, &options, &result, &diags);
 *         ...
 *         orr_run_result_fini(&result);
 *     }
 *     orr_world_free(world);
 *
 * A run is a pure function of scenario, seed, faults and options: what earlier runs of the world
 * left behind makes it quicker and changes nothing: tables of distributions, the overlay unless it
 * is drawn, results of signature checks, and the memory of simulation and oracles, which is handed
 * out again.  Key pairs are of the seed, so each run derives them.  Run s of a world has the
 * fingerprint of `orrery run --seed s`.
 *
 * A search that looks at orders of events and not at bytes is quickest with `signatures: modelled`:
 * thousands of small runs a second (`orrery bench small-runs-modelled`). */
#ifndef ORR_SIM_RUN_WORLD_H
#define ORR_SIM_RUN_WORLD_H

#include "sim/run/build.h"
#include "sim/run/run.h"

struct orr_world;

/* Builds a scenario, which is lent until orr_world_free.  Negative ORR_E: what is wrong is told in
 * diags (ORR_ENOMEM: there is no address space for it).  *world is the caller's in all cases
 * (orr_world_free), because messages point into what it read; print them first. */
int orr_world_new(const struct orr_scenario *scenario, struct orr_diags *diags,
                  struct orr_world **world);
void orr_world_free(struct orr_world *world); /* NULL: nothing */

/* Runs the world with a seed.  faults: in place of the scenario's own, lent until the next run;
 * NULL: those that the scenario states.  0, or a negative ORR_E when it could not start, told in
 * diags; the world can run again with other faults.  In all cases orr_run_result_fini afterwards,
 * before orr_world_free. */
int orr_world_run(struct orr_world *world, uint64_t seed, const struct orr_fault_list *faults,
                  const struct orr_run_options *options, struct orr_run_result *result,
                  struct orr_diags *diags);
#endif
