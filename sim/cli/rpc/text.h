/* text.h - an answer's text as it grows. */
#ifndef ORR_SIM_CLI_RPC_TEXT_H
#define ORR_SIM_CLI_RPC_TEXT_H

#include <jansson.h>

#include "sim/cli/rpc/objects.h"

/* A growing text on the C heap; begins as all zeros, ends with free(bytes). */
struct orr_jsonrpc_text {
    char *bytes;
    size_t len, cap;
};

void orr_jsonrpc_text_add(struct orr_jsonrpc_text *text, const char *bytes, size_t len);
/* A value, compact.  False: it cannot be written (a text that is no UTF-8), and nothing was. */
bool orr_jsonrpc_text_json(struct orr_jsonrpc_text *text, const json_t *json);
/* What orr_jsonrpc_log_json makes, member for member: answers of many logs are written at once. */
void orr_jsonrpc_text_log(struct orr_jsonrpc_text *text, const struct orr_engine_log *log,
                          const struct orr_jsonrpc_log_place *place);
#endif
