/* The oracles of the heartbeat: mesh.h and rules.h. */
#include "mesh.h"

__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &genuine, &clean, &once, &mesh, &copies, &asked, NULL};
