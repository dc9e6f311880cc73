/* http.h - a JSON-RPC server over HTTP/1.1, by libmicrohttpd.
 *
 *     struct orr_http *http = orr_http_start(&options, rpc, why);
 *     orr_http_stop(http);
 *
 * One thread of the server's own answers all connections in turn: POST with a body of at most
 * ORR_JSONRPC_MAX_BYTES, kept alive; OPTIONS and CORS headers only when an origin is named. */
#ifndef ORR_SIM_CLI_RPC_HTTP_H
#define ORR_SIM_CLI_RPC_HTTP_H

#include <stdint.h>

#include "sim/cli/rpc/rpc.h"

enum {
    ORR_HTTP_MAX_CONNECTIONS = 256,
    ORR_HTTP_IDLE_SECONDS = 30, /* a connection that says nothing is closed */
    ORR_HTTP_WHY_BYTES = 160,
};

struct orr_http_options {
    const char *listen; /* ADDRESS:PORT, an IPv4 address or [IPv6]; port 0: a free one */
    const char *cors;   /* the origin that pages may come from, or NULL */
};

struct orr_http;

/* NULL with why, when the address is malformed or taken. */
struct orr_http *orr_http_start(const struct orr_http_options *options, struct orr_jsonrpc *rpc,
                                char why[ORR_HTTP_WHY_BYTES]);
uint16_t orr_http_port(const struct orr_http *http);
void orr_http_stop(struct orr_http *http);
#endif
