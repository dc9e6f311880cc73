/* The oracles of the first two parts: rules.h. */
#include "rules.h"

__attribute__((visibility("default")))
const struct orr_oracle *const orr_oracles[] = {&genuine, &clean, &once, NULL};
