/* record.h - what `record: [index]` leaves of a run: for each node that keeps an index an SQLite
 * file beside the trace, with the rows that the node itself told of (ORR_OUT_ROWS).
 *
 *     struct orr_index_recording *r = orr_index_recording_new(scenario, "out/x/seed-1.h5");
 *     orr_index_recording_tap(r)->next = taps;
 *     ...
 *     code = orr_index_recording_end(r, stdout);
 */
#ifndef ORR_SIM_CLI_INDEX_RECORD_H
#define ORR_SIM_CLI_INDEX_RECORD_H

#include <stdio.h>

#include "sim/engine/tap.h"
#include "sim/scenario/scenario.h"

struct orr_index_recording;

/* Files are named after the trace, the node and .db: out/x/seed-1.ix.0.db.  One that is there is
 * emptied if it is an index, else left alone and the recording fails.  Both arguments are lent
 * until the end. */
struct orr_index_recording *orr_index_recording_new(const struct orr_scenario *scenario,
                                                    const char *trace);
struct orr_tap *orr_index_recording_tap(struct orr_index_recording *recording);
/* Closes all files, and names them on `to` (NULL: nowhere).  Returns 0, or 2 or 3 after a message
 * on standard error: a file is something else, or could not be written; what was written is whole.
 */
int orr_index_recording_end(struct orr_index_recording *recording, FILE *to);
#endif
