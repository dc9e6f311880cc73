/* bare.h - the yardstick of an index: SQLite in a plain loop. */
#ifndef ORR_SIM_INDEX_BARE_H
#define ORR_SIM_INDEX_BARE_H

#include <stdbool.h>
#include <stdint.h>

/* Writes n logs, whose addresses and topics are ids already, to a new file in WAL mode: 200 a
 * block, 10,000 a commit, with three indexes, which are kept up or (at_end) built behind the last
 * one.  No block is checked, no log decoded, no balance known.  Returns 0 or ORR_EIO. */
int orr_index_bare_loop(const char *path, uint32_t n, bool at_end);
/* The same with n_commits commits of 10 logs, as beside a running chain. */
int orr_index_bare_live(const char *path, uint32_t n_commits);
#endif
