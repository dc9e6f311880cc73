/* events.h - a typed table of each event of an ABI, as a view over the logs: what a log is decoded
 * to when it is asked for is undone with the log, and never a second copy of it.
 *
 * A log is a row when it is strictly what the event's type says: its topics, and its data
 * (models/index/abi.h).  Columns: number, place, block_hash, label, address as in `logs`, then one
 * a parameter.  Addresses and bytes are 0x text; numbers of at most 56 bits (signed ones: 64) and
 * flags are integers, wider ones 0x text of 32 bytes, signed ones digits; strings are text; arrays
 * and tuples JSON; of an indexed parameter of dynamic type there is its hash. */
#ifndef ORR_SIM_INDEX_EVENTS_H
#define ORR_SIM_INDEX_EVENTS_H

#include "sim/index/abi_file.h"
#include "sim/index/db.h"

enum { ORR_INDEX_MAX_VIEW = 160 }; /* bytes of a view's name */

/* Makes the view, in place of one that this function made under its name.  address: of the only
 * contract whose logs count; NULL: any.  The event is not anonymous.  Returns what the file does;
 * ORR_EINVAL: the name is another thing's, with orr_index_db_why. */
int orr_index_db_add_event(struct orr_index_db *db, const struct orr_abi_event *event,
                           const char *view, const struct orr_address *address);

/* The name of the i-th parameter's column, which no other column has. */
void orr_index_event_column(const struct orr_abi_event *event, uint32_t i,
                            char name[ORR_ABI_MAX_NAME + 16]);
#endif
