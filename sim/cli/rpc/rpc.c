#include "sim/cli/rpc/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/memory.h"
#include "sim/cli/rpc/call.h"
#include "sim/cli/rpc/logs.h"
#include "sim/cli/rpc/text.h"

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
                                .has_states = has_states,
                                .is_head_final = true};
    return rpc;
}

void orr_jsonrpc_follow(struct orr_jsonrpc *rpc, bool (*refresh)(void *ctx), void *ctx) {
    rpc->refresh = refresh;
    rpc->ctx = ctx;
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

static void say_error(struct orr_jsonrpc_text *out, int code, const char *message, json_t *data,
                      const json_t *id) {
    json_t *error = json_object(), *answer = json_object();
    json_object_set_new(error, "code", json_integer(code));
    json_object_set_new(error, "message", json_string(message));
    if (data) json_object_set_new(error, "data", data);
    json_object_set_new(answer, "jsonrpc", json_string("2.0"));
    json_object_set_new(answer, "id", id ? json_deep_copy(id) : json_null());
    json_object_set_new(answer, "error", error);
    bool is_said = orr_jsonrpc_text_json(out, answer);
    json_decref(answer);
    if (!is_said)
        say_error(out, ORR_JSONRPC_SERVER, "the answer cannot be written as JSON", NULL, NULL);
}

/* result: NULL when it is in the call's text. */
static void say_result(struct orr_jsonrpc_text *out, const struct orr_jsonrpc_call *call,
                       const json_t *result, const json_t *id) {
    static const char before_id[] = "{\"jsonrpc\":\"2.0\",\"id\":", before[] = ",\"result\":";
    size_t start = out->len;
    orr_jsonrpc_text_add(out, before_id, sizeof before_id - 1);
    bool is_said = orr_jsonrpc_text_json(out, id);
    orr_jsonrpc_text_add(out, before, sizeof before - 1);
    if (!result)
        orr_jsonrpc_text_add(out, call->text->bytes, call->text->len);
    else
        is_said = orr_jsonrpc_text_json(out, result) && is_said;
    orr_jsonrpc_text_add(out, "}", 1);
    if (is_said) return;
    out->len = start;
    say_error(out, ORR_JSONRPC_SERVER, "the answer cannot be written as JSON", NULL, NULL);
}

static bool is_id(const json_t *id) {
    return json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* Nothing is said to a notification, which is carried out. */
static void answer_one(struct orr_jsonrpc *rpc, const json_t *request,
                       struct orr_jsonrpc_text *out) {
    const json_t *id = json_object_get(request, "id");
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    const char *name = json_string_value(json_object_get(request, "method"));
    if (!json_is_object(request) || (id && !is_id(id)) || !version || strcmp(version, "2.0") ||
        !name) {
        say_error(out, ORR_JSONRPC_REQUEST, "invalid request", NULL, id && is_id(id) ? id : NULL);
        return;
    }
    json_t *params = json_object_get(request, "params");
    json_t *none = params && !json_is_null(params) ? NULL : json_array();
    struct orr_jsonrpc_text text = {NULL, 0, 0};
    struct orr_jsonrpc_call call = {.rpc = rpc, .params = none ? none : params, .text = &text};
    json_t *result = run(&call, name);
    if (id && call.code)
        say_error(out, call.code, call.message, json_incref(call.data), id);
    else if (id)
        say_result(out, &call, result, id);
    json_decref(result);
    json_decref(call.data);
    json_decref(none);
    free(text.bytes);
}

static void answer_batch(struct orr_jsonrpc *rpc, const json_t *batch,
                         struct orr_jsonrpc_text *out) {
    size_t n = json_array_size(batch), start = out->len, before;
    if (!n) {
        say_error(out, ORR_JSONRPC_REQUEST, "empty batch", NULL, NULL);
        return;
    }
    if (n > ORR_JSONRPC_MAX_BATCH) {
        char why[80];
        snprintf(why, sizeof why, "batch too large: %d requests at most", ORR_JSONRPC_MAX_BATCH);
        say_error(out, ORR_JSONRPC_REQUEST, why, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        before = out->len;
        orr_jsonrpc_text_add(out, before == start ? "[" : ",", 1);
        answer_one(rpc, json_array_get(batch, i), out);
        if (out->len == before + 1) out->len = before; /* a notification */
    }
    if (out->len > start) orr_jsonrpc_text_add(out, "]", 1);
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

static void answer_text(struct orr_jsonrpc *rpc, const char *text, size_t len,
                        struct orr_jsonrpc_text *out) {
    json_error_t error;
    if (len > ORR_JSONRPC_MAX_BYTES) {
        say_error(out, ORR_JSONRPC_REQUEST, "request above 4 MiB", NULL, NULL);
        return;
    }
    if (!is_shallow(text, len)) {
        say_error(out, ORR_JSONRPC_PARSE, "parse error: nested deeper than 64", NULL, NULL);
        return;
    }
    json_t *json =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (!json) {
        char why[ORR_JSONRPC_MESSAGE_BYTES];
        snprintf(why, sizeof why, "parse error: %s", error.text);
        say_error(out, ORR_JSONRPC_PARSE, why, NULL, NULL);
        return;
    }
    if (rpc->refresh) rpc->is_head_final = !rpc->refresh(rpc->ctx);
    if (json_is_array(json))
        answer_batch(rpc, json, out);
    else
        answer_one(rpc, json, out);
    json_decref(json);
}

char *orr_jsonrpc_answer(struct orr_jsonrpc *rpc, const char *text, size_t len) {
    struct orr_jsonrpc_text out = {NULL, 0, 0};
    answer_text(rpc, text, len, &out);
    if (!out.len) {
        free(out.bytes);
        return NULL;
    }
    orr_jsonrpc_text_add(&out, "", 1); /* its NUL */
    return out.bytes;
}
