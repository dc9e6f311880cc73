#include "sim/cli/rpc/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"

struct orr_http {
    struct MHD_Daemon *daemon;
    struct orr_jsonrpc *rpc; /* lent */
    char *cors;
    char *(*get)(void *ctx, const char *path, const char **type);
    void *ctx;
};

/* The body of a request as it comes in. */
struct body {
    char *text;
    size_t len, cap;
    bool is_too_large;
};

/* ---- answers ---- */

static enum MHD_Result send_text(const struct orr_http *http, struct MHD_Connection *connection,
                                 unsigned status, char *text, const char *type) {
    size_t len = text ? strlen(text) : 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        len, text, text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response) {
        free(text);
        return MHD_NO;
    }
    if (type) MHD_add_response_header(response, "Content-Type", type);
    if (http->cors) {
        MHD_add_response_header(response, "Access-Control-Allow-Origin", http->cors);
        MHD_add_response_header(response, "Access-Control-Allow-Methods", "POST, OPTIONS");
        MHD_add_response_header(response, "Access-Control-Allow-Headers", "Content-Type");
    }
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", http->get ? "GET" : "POST");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static char *copy(const char *text) { return strcpy(orr_xrealloc(NULL, strlen(text) + 1), text); }

static void append(struct body *body, const char *data, size_t len) {
    if (body->len + len > ORR_JSONRPC_MAX_BYTES) {
        body->is_too_large = true;
        return;
    }
    if (body->len + len > body->cap) {
        body->cap = 2 * (body->len + len);
        body->text = orr_xrealloc(body->text, body->cap);
    }
    memcpy(body->text + body->len, data, len);
    body->len += len;
}

/* A name that means this machine, with a port behind it or not. */
static bool is_local(const char *host) {
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; host && i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i]);
        if (!strncmp(host, names[i], len) && (!host[len] || host[len] == ':')) return true;
    }
    return false;
}

static enum MHD_Result answer_get(struct orr_http *http, struct MHD_Connection *connection,
                                  const char *url, const char *method) {
    const char *type = "text/plain";
    if (strcmp(method, "GET"))
        return send_text(http, connection, MHD_HTTP_METHOD_NOT_ALLOWED, copy("GET alone\n"), type);
    if (!is_local(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host")))
        return send_text(http, connection, MHD_HTTP_FORBIDDEN, copy("not by that name\n"), type);
    char *text = http->get(http->ctx, url, &type);
    if (text) return send_text(http, connection, MHD_HTTP_OK, text, type);
    return send_text(http, connection, MHD_HTTP_NOT_FOUND, copy("there is none\n"), "text/plain");
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *len, void **state) {
    struct orr_http *http = ctx;
    struct body *body = *state;
    (void)version;
    if (!body) { /* the head has come */
        *state = body = orr_xrealloc(NULL, sizeof *body);
        *body = (struct body){.len = 0};
        return MHD_YES;
    }
    if (*len) {
        append(body, data, *len);
        *len = 0;
        return MHD_YES;
    }
    if (!http->rpc) return answer_get(http, connection, url, method);
    if (!strcmp(method, "OPTIONS") && http->cors)
        return send_text(http, connection, MHD_HTTP_NO_CONTENT, NULL, NULL);
    if (strcmp(method, "POST"))
        return send_text(http, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                         copy("JSON-RPC comes by POST\n"), "text/plain");
    if (body->is_too_large)
        return send_text(http, connection, MHD_HTTP_CONTENT_TOO_LARGE,
                         copy("a request has at most 4 MiB\n"), "text/plain");
    char *answer = orr_jsonrpc_answer(http->rpc, body->text ? body->text : "", body->len);
    return send_text(http, connection, answer ? MHD_HTTP_OK : MHD_HTTP_NO_CONTENT, answer,
                     answer ? "application/json" : NULL);
}

static void end_request(void *ctx, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode why) {
    struct body *body = *state;
    (void)ctx, (void)connection, (void)why;
    if (!body) return;
    free(body->text);
    free(body);
    *state = NULL;
}

/* ---- starting and stopping ---- */

static bool read_port(const char *text, uint16_t *port) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *port = (uint16_t)value;
    return *text >= '0' && *text <= '9' && !*end && !errno && value <= UINT16_MAX;
}

/* ADDRESS:PORT or [ADDRESS]:PORT. */
static bool read_address(const char *listen, struct sockaddr_in *v4, struct sockaddr_in6 *v6,
                         bool *is_v6) {
    char host[64];
    uint16_t port;
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;
    if (!colon || !n || n >= sizeof host || !read_port(colon + 1, &port)) return false;
    *is_v6 = listen[0] == '[' && listen[n - 1] == ']';
    memcpy(host, listen + *is_v6, n - 2 * *is_v6);
    host[n - 2 * *is_v6] = 0;
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    return *is_v6 ? inet_pton(AF_INET6, host, &v6->sin6_addr) == 1
                  : inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

struct orr_http *orr_http_start(const struct orr_http_options *options, struct orr_jsonrpc *rpc,
                                char why[ORR_HTTP_WHY_BYTES]) {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    bool is_v6;
    if (!read_address(options->listen, &v4, &v6, &is_v6)) {
        snprintf(why, ORR_HTTP_WHY_BYTES, "an address is written 127.0.0.1:8545 or [::1]:8545");
        return NULL;
    }
    struct orr_http *http = orr_xrealloc(NULL, sizeof *http);
    *http = (struct orr_http){.rpc = rpc,
                              .cors = options->cors ? copy(options->cors) : NULL,
                              .get = options->get,
                              .ctx = options->ctx};
    const struct sockaddr *address =
        is_v6 ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4;
    errno = 0;
    http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | (is_v6 ? MHD_USE_IPv6 : 0), 0,
                                    NULL, NULL, handle, http, MHD_OPTION_SOCK_ADDR, address,
                                    MHD_OPTION_CONNECTION_LIMIT, ORR_HTTP_MAX_CONNECTIONS,
                                    MHD_OPTION_CONNECTION_TIMEOUT, ORR_HTTP_IDLE_SECONDS,
                                    MHD_OPTION_NOTIFY_COMPLETED, end_request, NULL, MHD_OPTION_END);
    if (http->daemon) return http;
    snprintf(why, ORR_HTTP_WHY_BYTES, "%s", errno ? strerror(errno) : "the server does not start");
    orr_http_stop(http);
    return NULL;
}

uint16_t orr_http_port(const struct orr_http *http) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void orr_http_stop(struct orr_http *http) {
    if (http->daemon) MHD_stop_daemon(http->daemon);
    free(http->cors);
    free(http);
}
