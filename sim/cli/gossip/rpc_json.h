/* rpc_json.h - an RPC as JSON: bytes in hexadecimal digits, topics as text (as `hex:...` when they
 * are not UTF-8), fields that are absent left out. */
#ifndef ORR_SIM_CLI_GOSSIP_RPC_JSON_H
#define ORR_SIM_CLI_GOSSIP_RPC_JSON_H

#include <jansson.h>

#include "models/gossip/rpc.h"

json_t *orr_rpc_json(const uint8_t *bytes, const struct orr_rpc *rpc);
json_t *orr_hex_json(const void *bytes, size_t len);
#endif
