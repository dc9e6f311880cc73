/* http.h - a server over HTTP/1.1, by libmicrohttpd: of JSON-RPC, or of pages.
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
    /* What GET of a path has, with *type: owned text, or NULL: there is none (404).  It is called
     * by the server's thread, and not when the request names a host other than this machine, as a
     * page of a stranger would make a browser do.  NULL: nothing is got.  Without JSON-RPC alone.
     */
    char *(*get)(void *ctx, const char *path, const char **type);
    void *ctx;
};

struct orr_http;

/* rpc: lent; NULL: there is none, and POST is refused.  NULL with why, when the address is
 * malformed or taken. */
struct orr_http *orr_http_start(const struct orr_http_options *options, struct orr_jsonrpc *rpc,
                                char why[ORR_HTTP_WHY_BYTES]);
uint16_t orr_http_port(const struct orr_http *http);
void orr_http_stop(struct orr_http *http);
#endif
