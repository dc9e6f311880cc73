/* spec.h - a go-ethereum genesis.json as what a simulated chain of validators begins with. */
#ifndef ORR_SIM_GENESIS_SPEC_H
#define ORR_SIM_GENESIS_SPEC_H

#include "sim/base/json.h"
#include "sim/genesis/genesis.h"

enum { ORR_GENESIS_MAX_BYTES = 64 << 20 };

/* Reads the text of a genesis.json as the bytes of models/chain/spec.h: end
 * with free(spec->bytes).  Returns 0, or ORR_EFORMAT with why, and *line from 1 where the JSON
 * itself is malformed (else 0).  Beyond what the file must be by itself, validators can build on it
 * only when its first block is number 0, has gas, and stands under the rules of Paris or later, and
 * when from Prague on the contracts are there without which no block is valid (EIP-7002, 7251). */
int orr_genesis_spec(const char *text, size_t len, struct orr_buffer *spec, unsigned *line,
                     char why[ORR_GENESIS_WHY_BYTES]);
#endif
