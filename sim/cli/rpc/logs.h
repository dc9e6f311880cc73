/* logs.h - which logs a filter wants (execution-apis, "Filter"), and filters that are asked again.
 */
#ifndef ORR_SIM_CLI_RPC_LOGS_H
#define ORR_SIM_CLI_RPC_LOGS_H

#include "sim/cli/rpc/call.h"

/* Forgets all filters. */
void orr_jsonrpc_filters_free(struct orr_jsonrpc *rpc);
#endif
