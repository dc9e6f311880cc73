/* node.h - an Ethereum node that answers JSON-RPC 2.0 over HTTP, asked in batches and again.
 *
 *     struct orr_node *node = orr_node_new(url, &options, why);
 *     json_t *calls = json_array();
 *     orr_node_call(calls, "eth_getBlockByNumber", json_pack("[sb]", "0x1", 1));
 *     error = orr_node_ask(node, calls, answers);
 *
 * Nothing that a node says is believed here but that it said so: whoever asks looks at it. */
#ifndef ORR_SIM_CLI_INDEX_NODE_H
#define ORR_SIM_CLI_INDEX_NODE_H

#include <jansson.h>
#include <stdint.h>

#include "sim/cli/index/post.h"

enum { ORR_NODE_MAX_BATCH = 64 };

struct orr_node_options {
    uint32_t retries;  /* how often a request is sent again: after 0.1 s, 0.2 s, 0.4 s, ... */
    uint32_t pause_ms; /* the first pause; doubled up to ORR_NODE_MAX_PAUSE_MS */
    uint32_t seconds;  /* that an answer may take */
};
enum { ORR_NODE_PAUSE_MS = 100, ORR_NODE_MAX_PAUSE_MS = 10000 };

struct orr_node {
    struct orr_node_options options;
    struct orr_post *post;
    int64_t id; /* of the last call */
    uint64_t n_sent, n_again;
    int code; /* of the error that a node answered last with; 0: it was none of its own */
    char why[ORR_POST_WHY_BYTES];
};

/* NULL with why, as orr_post_new. */
struct orr_node *orr_node_new(const char *url, const struct orr_node_options *options,
                              char why[ORR_POST_WHY_BYTES]);
void orr_node_free(struct orr_node *node);

/* Appends a call; params is taken. */
void orr_node_call(json_t *calls, const char *method, json_t *params);

/* Sends calls (at most ORR_NODE_MAX_BATCH; taken) and sets answers[i], new references, to the
 * result of the i-th.  Returns 0, or after why is set, with no answer:
 *   ORR_EIO       nobody answers, however often it is asked;
 *   ORR_ELIMIT    the node will not answer so many at once, or takes too long: ask for fewer;
 *   ORR_EFORMAT   what it answers is none, or an error (code: its own), however often. */
int orr_node_ask(struct orr_node *node, json_t *calls, json_t **answers);
/* The same of one call. */
int orr_node_ask_one(struct orr_node *node, const char *method, json_t *params, json_t **answer);
#endif
