#include "sim/cli/rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/rpc/call.h"
#include "sim/cli/rpc/logs.h"

static const struct method {
    const char *name;
    size_t least, most;
    bool needs_state;
    json_t *(*run)(struct orr_jsonrpc_call *call);
} methods[] = {
#define RPC_METHOD(name, least, most)   {#name, least, most, false, orr_jsonrpc_##name},
#define STATE_METHOD(name, least, most) {#name, least, most, true, orr_jsonrpc_##name},
#include "sim/cli/rpc/methods.def"
#undef RPC_METHOD
};

struct orr_jsonrpc *orr_jsonrpc_new(struct orr_chain *chain, uint64_t max_range, bool has_states) {
    struct orr_jsonrpc *rpc = orr_xrealloc(NULL, sizeof *rpc);
    *rpc = (struct orr_jsonrpc){.chain = chain,
                                .mem = chain->blocks->mem,
                                .max_range = max_range,
                                .has_states = has_states};
    return rpc;
}

void orr_jsonrpc_free(struct orr_jsonrpc *rpc) {
    orr_jsonrpc_filters_free(rpc);
    for (size_t i = 0; i < rpc->n_pool; i++) free(rpc->pool[i].bytes);
    free(rpc->pool);
    free(rpc);
}

/* ---- one request ---- */

static const struct method *find_method(const char *name) {
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (!strcmp(methods[i].name, name)) return &methods[i];
    return NULL;
}

static json_t *run(struct orr_jsonrpc_call *call, const char *name) {
    const struct method *method = find_method(name);
    if (!method)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_METHOD,
                                "the method %.100s does not exist/is not available", name);
    if (!json_is_array(call->params))
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "params must be an array");
    size_t n = json_array_size(call->params);
    if (n > method->most)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "too many arguments, want at most %zu",
                                method->most);
    for (size_t i = 0; i < method->least; i++)
        if (!orr_jsonrpc_param(call, i))
            return orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS,
                                    "missing value for required argument %zu", i);
    if (method->needs_state && !call->rpc->has_states)
        return orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER,
                                "no states: this server has an index alone (--state)");
    return method->run(call);
}

static json_t *error_answer(int code, const char *message, json_t *data, const json_t *id) {
    json_t *error = json_object();
    json_object_set_new(error, "code", json_integer(code));
    json_object_set_new(error, "message", json_string(message));
    if (data) json_object_set_new(error, "data", data);
    json_t *answer = json_object();
    json_object_set_new(answer, "jsonrpc", json_string("2.0"));
    json_object_set_new(answer, "id", id ? json_deep_copy(id) : json_null());
    json_object_set_new(answer, "error", error);
    return answer;
}

static bool is_id(const json_t *id) {
    return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* NULL: a notification, which is carried out and not answered. */
static json_t *answer_one(struct orr_jsonrpc *rpc, const json_t *request) {
    const json_t *id = json_object_get(request, "id");
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    const char *name = json_string_value(json_object_get(request, "method"));
    if (!json_is_object(request) || (id && !is_id(id)) || !version || strcmp(version, "2.0") ||
        !name)
        return error_answer(ORR_JSONRPC_REQUEST, "invalid request", NULL,
                            id && is_id(id) ? id : NULL);
    json_t *params = json_object_get(request, "params");
    json_t *none = params && !json_is_null(params) ? NULL : json_array();
    struct orr_jsonrpc_call call = {.rpc = rpc, .params = none ? none : params};
    json_t *result = run(&call, name), *answer = NULL;
    if (!id) {
        json_decref(result);
        json_decref(call.data);
    } else if (call.code) {
        answer = error_answer(call.code, call.message, call.data, id);
    } else {
        answer = json_object();
        json_object_set_new(answer, "jsonrpc", json_string("2.0"));
        json_object_set_new(answer, "id", json_deep_copy(id));
        json_object_set_new(answer, "result", result);
    }
    json_decref(none);
    return answer;
}

static json_t *answer_batch(struct orr_jsonrpc *rpc, const json_t *batch) {
    size_t n = json_array_size(batch);
    if (!n) return error_answer(ORR_JSONRPC_REQUEST, "empty batch", NULL, NULL);
    if (n > ORR_JSONRPC_MAX_BATCH) {
        char why[80];
        snprintf(why, sizeof why, "batch too large: %d requests at most", ORR_JSONRPC_MAX_BATCH);
        return error_answer(ORR_JSONRPC_REQUEST, why, NULL, NULL);
    }
    json_t *answers = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *answer = answer_one(rpc, json_array_get(batch, i));
        if (answer) json_array_append_new(answers, answer);
    }
    if (json_array_size(answers)) return answers;
    json_decref(answers);
    return NULL;
}

/* Whether arrays and objects nest no deeper than is allowed; brackets in strings do not count. */
static bool is_shallow(const char *text, size_t len) {
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < len; i++) {
        if (in_string && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            in_string = !in_string;
        } else if (!in_string && (text[i] == '[' || text[i] == '{')) {
            if (++depth > ORR_JSONRPC_MAX_DEPTH) return false;
        } else if (!in_string && (text[i] == ']' || text[i] == '}') && depth) {
            depth--;
        }
    }
    return true;
}

static json_t *answer_text(struct orr_jsonrpc *rpc, const char *text, size_t len) {
    json_error_t error;
    if (len > ORR_JSONRPC_MAX_BYTES)
        return error_answer(ORR_JSONRPC_REQUEST, "request above 4 MiB", NULL, NULL);
    if (!is_shallow(text, len))
        return error_answer(ORR_JSONRPC_PARSE, "parse error: nested deeper than 64", NULL, NULL);
    json_t *json =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!json) {
        char why[ORR_JSONRPC_MESSAGE_BYTES];
        snprintf(why, sizeof why, "parse error: %s", error.text);
        return error_answer(ORR_JSONRPC_PARSE, why, NULL, NULL);
    }
    json_t *answer = json_is_array(json) ? answer_batch(rpc, json) : answer_one(rpc, json);
    json_decref(json);
    return answer;
}

char *orr_jsonrpc_answer(struct orr_jsonrpc *rpc, const char *text, size_t len) {
    json_t *answer = answer_text(rpc, text, len);
    if (!answer) return NULL;
    char *out = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (out) return out;
    answer = error_answer(ORR_JSONRPC_SERVER, "the answer cannot be written as JSON", NULL, NULL);
    out = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    return out;
}
