#include "sim/cli/index/node.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/base/error.h"
#include "sim/base/memory.h"

enum { METHOD_NOT_FOUND = -32601 }; /* JSON-RPC 2.0, section 5.1 */

struct orr_node *orr_node_new(const char *url, const struct orr_node_options *options,
                              char why[ORR_POST_WHY_BYTES]) {
    struct orr_post *post = orr_post_new(url, (long)options->seconds, why);
    if (!post) return NULL;
    struct orr_node *node = orr_xrealloc(NULL, sizeof *node);
    *node = (struct orr_node){.options = *options, .post = post};
    return node;
}

void orr_node_free(struct orr_node *node) {
    if (!node) return;
    orr_post_free(node->post);
    free(node);
}

void orr_node_call(json_t *calls, const char *method, json_t *params) {
    json_t *call = json_object();
    json_object_set_new(call, "jsonrpc", json_string("2.0"));
    json_object_set_new(call, "method", json_string(method));
    json_object_set_new(call, "params", params);
    json_array_append_new(calls, call);
}

/* ---- one answer ---- */

/* The place of an answer's id among n calls, of which the last has node->id; n: none of them. */
static size_t place_of(const struct orr_node *node, const json_t *answer, size_t n) {
    const json_t *id = json_object_get(answer, "id");
    int64_t first = node->id - (int64_t)n + 1;
    if (!json_is_integer(id)) return n;
    int64_t i = json_integer_value(id) - first;
    return i >= 0 && i < (int64_t)n ? (size_t)i : n;
}

static int note_error(struct orr_node *node, const json_t *error) {
    const char *message = json_string_value(json_object_get(error, "message"));
    node->code = (int)json_integer_value(json_object_get(error, "code"));
    snprintf(node->why, sizeof node->why, "the node says: %.200s (%d)",
             message ? message : "an error without a message", node->code);
    return ORR_EFORMAT;
}

/* An answer of the node: an array of as many as were asked, in any order; one alone when one was
 * asked, or when the batch is refused as a whole. */
static int take_answers(struct orr_node *node, const json_t *said, size_t n, json_t **answers) {
    size_t n_found = 0, n_said = json_is_array(said) ? json_array_size(said) : 1;
    int error = 0;
    for (size_t i = 0; i < n_said && !error; i++) {
        const json_t *answer = json_is_array(said) ? json_array_get(said, i) : said;
        const json_t *told = json_object_get(answer, "error");
        json_t *result = json_object_get(answer, "result");
        size_t place = place_of(node, answer, n);
        if (told && !json_is_null(told)) {
            error = note_error(node, told);
        } else if (!result || place == n || answers[place]) {
            snprintf(node->why, sizeof node->why, "the node answers what was not asked");
            error = ORR_EFORMAT;
        } else {
            answers[place] = json_incref(result);
            n_found++;
        }
    }
    if (!error && n_found == n) return 0;
    if (!error)
        snprintf(node->why, sizeof node->why, "the node answers %zu of %zu requests", n_found, n);
    for (size_t i = 0; i < n; i++) {
        json_decref(answers[i]);
        answers[i] = NULL;
    }
    return ORR_EFORMAT;
}

/* ---- asking ---- */

static int send_once(struct orr_node *node, const char *body, size_t n, json_t **answers) {
    struct orr_post_reply reply;
    json_error_t error;
    node->n_sent++;
    node->code = 0;
    int failed = orr_post_send(node->post, body, strlen(body), &reply, node->why);
    if (failed) return reply.is_late && n > 1 ? ORR_ELIMIT : failed;
    json_t *said =
        json_loadb(reply.text, reply.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool is_busy = reply.status == 429 || reply.status >= 500;
    if (said) {
        failed = take_answers(node, said, n, answers);
        json_decref(said);
    } else {
        failed = is_busy ? ORR_EIO : ORR_EFORMAT;
        if (reply.status == 200)
            snprintf(node->why, sizeof node->why, "the answer is no JSON: %.200s", error.text);
        else
            snprintf(node->why, sizeof node->why, "HTTP status %ld", reply.status);
    }
    /* A node says in many ways that it was asked for too much: any error of several halves them. */
    return failed == ORR_EFORMAT && n > 1 ? ORR_ELIMIT : failed;
}

static void pause_for(uint32_t ms) {
    const struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

int orr_node_ask(struct orr_node *node, json_t *calls, json_t **answers) {
    size_t n = json_array_size(calls);
    assert(n >= 1 && n <= ORR_NODE_MAX_BATCH);
    uint32_t pause = node->options.pause_ms;
    int error = ORR_EIO;
    for (size_t i = 0; i < n; i++) {
        answers[i] = NULL;
        json_object_set_new(json_array_get(calls, i), "id", json_integer(++node->id));
    }
    char *body = json_dumps(n > 1 ? calls : json_array_get(calls, 0), JSON_COMPACT);
    json_decref(calls);
    if (!body) {
        snprintf(node->why, sizeof node->why, "the request cannot be written as JSON");
        return ORR_EFORMAT;
    }
    for (uint32_t i = 0; i <= node->options.retries; i++) {
        error = send_once(node, body, n, answers);
        if (!error || error == ORR_ELIMIT || node->code == METHOD_NOT_FOUND) break;
        if (i == node->options.retries) break;
        pause_for(pause);
        node->n_again++;
        pause = pause < ORR_NODE_MAX_PAUSE_MS / 2 ? 2 * pause : ORR_NODE_MAX_PAUSE_MS;
    }
    free(body);
    return error;
}

int orr_node_ask_one(struct orr_node *node, const char *method, json_t *params, json_t **answer) {
    json_t *calls = json_array();
    orr_node_call(calls, method, params);
    return orr_node_ask(node, calls, answer);
}
