/* run_place.h - where `orrery run` puts a trace. */
#ifndef ORR_SIM_CLI_RUN_PLACE_H
#define ORR_SIM_CLI_RUN_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/scenario/scenario.h"

/* The path of the trace.  out: what --out says, or NULL.
 *
 *   a folder (it is one, or its name ends with a slash)   FOLDER/NAME-seed-N.h5
 *   another path                                          that
 *   nothing                                               out/NAME/seed-N.h5
 *
 * A scenario that was changed (--set, another order of ties) has eight letters of a hash of the
 * changes behind the seed, so its trace takes no other's place.  `record: {file: F}` is FOLDER/F or
 * out/F, with the seed and the letters before its ending if anything was changed.  Nothing that a
 * scenario names leaves the folder, by a link neither.
 *
 * False: what is wrong has been said on standard error. */
bool orr_run_place(const struct orr_scenario *scenario, const char *out, uint64_t shuffle_ties,
                   char *path, size_t size);
#endif
