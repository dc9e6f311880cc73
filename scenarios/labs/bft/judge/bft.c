/* The oracles of rules.h. */
#include "rules.h"

__attribute__((visibility("default"))) const struct orr_oracle *const orr_oracles[] = {
    &one_vote, &not_nil, NULL};
