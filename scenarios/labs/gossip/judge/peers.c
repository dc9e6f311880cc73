/* The oracles of peer choice: those of the heartbeat, and backoff.h. */
#include "backoff.h"

__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &genuine, &clean, &once, &mesh, &asked, &backoff, NULL};
