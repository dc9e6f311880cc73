/* fixture_header.h - a block header as block tests spell it out ("genesisBlockHeader"). */
#ifndef ORR_SIM_CLI_VM_FIXTURE_HEADER_H
#define ORR_SIM_CLI_VM_FIXTURE_HEADER_H

#include "models/vm/header.h"
#include "sim/base/json.h"

/* Reads a header; which fields it has says of which forks it is.  *extra holds the bytes of
 * extra_data: free() them when the header is done with.  Returns 0, or ORR_EFORMAT with the name of
 * the field that is absent or malformed in why. */
int orr_fixture_header(const json_t *json, struct orr_evm_header *header, struct orr_buffer *extra,
                       char why[128]);
#endif
