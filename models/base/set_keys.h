/* set_keys.h - the keys of a set in order, for what is written down: no order of hashes leaves. */
#ifndef ORR_BASE_SET_KEYS_H
#define ORR_BASE_SET_KEYS_H

#include "models/base/set.h"

/* Writes the n keys, ascending. */
void orr_set_keys(const struct orr_set *set, uint64_t *keys);
#endif
