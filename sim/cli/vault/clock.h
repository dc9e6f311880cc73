/* clock.h - the wall clock, which entries and names of files carry. */
#ifndef ORR_SIM_CLI_VAULT_CLOCK_H
#define ORR_SIM_CLI_VAULT_CLOCK_H

#include <stdint.h>

/* Since 1970, UTC. */
int64_t orr_clock_seconds(void);
enum { ORR_CLOCK_TEXT = 40 };
/* "2026-11-28T14:00:00Z" */
void orr_clock_text(int64_t seconds, char to[ORR_CLOCK_TEXT]);
#endif
