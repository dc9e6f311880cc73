#include "sim/cli/rpc/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/text.h"

json_t *orr_jsonrpc_fail(struct orr_jsonrpc_call *call, int code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(call->message, sizeof call->message, format, args);
    va_end(args);
    call->code = code;
    return NULL;
}

/* ---- values ---- */

const json_t *orr_jsonrpc_param(const struct orr_jsonrpc_call *call, size_t i) {
    const json_t *value = json_array_get(call->params, i);
    return json_is_null(value) ? NULL : value;
}

const char *orr_jsonrpc_quantity(const json_t *json, struct orr_u256 *value) {
    const char *text = json_string_value(json);
    if (!text) return "a quantity is a string";
    if (text[0] != '0' || (text[1] | 0x20) != 'x') return "hex string without 0x prefix";
    const char *digits = text + 2;
    size_t n = json_string_length(json) - 2;
    if (!n) return "hex string without digits";
    if (digits[0] == '0' && n > 1) return "hex number with leading zero digits";
    if (n > 64) return "hex number above 256 bits";
    uint8_t be[32] = {0};
    for (size_t i = 0; i < n; i++) {
        int digit = orr_hex_digit(digits[n - 1 - i]);
        if (digit < 0) return "invalid hex string";
        be[31 - i / 2] |= (uint8_t)(digit << 4 * (i % 2));
    }
    *value = orr_u256_load_be(be);
    return NULL;
}

const char *orr_jsonrpc_number(const json_t *json, uint64_t *value) {
    struct orr_u256 word;
    const char *why = orr_jsonrpc_quantity(json, &word);
    if (why) return why;
    if (word.limb[1] | word.limb[2] | word.limb[3]) return "hex number above 64 bits";
    *value = word.limb[0];
    return NULL;
}

static bool bad_param(struct orr_jsonrpc_call *call, size_t i, const char *why) {
    if (orr_jsonrpc_param(call, i))
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument %zu: %s", i, why);
    else
        orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "missing value for required argument %zu", i);
    return false;
}

/* "0x" and exactly 2 len digits. */
static const char *read_fixed(const json_t *json, void *to, size_t len) {
    const char *text = json_string_value(json);
    if (!text) return "a hex string is wanted";
    if (text[0] != '0' || (text[1] | 0x20) != 'x') return "hex string without 0x prefix";
    if (json_string_length(json) != 2 + 2 * len) return "hex string of another length";
    return orr_hex_read(text + 2, 2 * len, to, len) == (long)len ? NULL : "invalid hex string";
}

bool orr_jsonrpc_param_hash(struct orr_jsonrpc_call *call, size_t i, struct orr_hash *hash) {
    const char *why = read_fixed(orr_jsonrpc_param(call, i), hash->bytes, sizeof hash->bytes);
    return !why || bad_param(call, i, why);
}

bool orr_jsonrpc_param_address(struct orr_jsonrpc_call *call, size_t i,
                               struct orr_address *address) {
    const char *why = read_fixed(orr_jsonrpc_param(call, i), address->bytes, sizeof address->bytes);
    return !why || bad_param(call, i, why);
}

bool orr_jsonrpc_param_number(struct orr_jsonrpc_call *call, size_t i, uint64_t *number) {
    const char *why = orr_jsonrpc_number(orr_jsonrpc_param(call, i), number);
    return !why || bad_param(call, i, why);
}

bool orr_jsonrpc_param_flag(struct orr_jsonrpc_call *call, size_t i, bool is_required, bool *flag) {
    const json_t *value = orr_jsonrpc_param(call, i);
    *flag = json_is_true(value);
    return (!value && !is_required) || json_is_boolean(value) ||
           bad_param(call, i, "true or false is wanted");
}

bool orr_jsonrpc_param_bytes(struct orr_jsonrpc_call *call, size_t i, struct orr_buffer *bytes) {
    const json_t *value = orr_jsonrpc_param(call, i);
    const char *text = json_string_value(value);
    *bytes = (struct orr_buffer){NULL, 0};
    if (!text) return bad_param(call, i, "a hex string is wanted");
    if (strncmp(text, "0x", 2)) return bad_param(call, i, "hex string without 0x prefix");
    return !orr_hex_decode(text, bytes) || bad_param(call, i, "invalid hex string");
}

/* ---- blocks ---- */

static struct orr_chain_link *tagged(const struct orr_jsonrpc *rpc, const char *tag) {
    const struct orr_chain *chain = rpc->chain;
    if (!strcmp(tag, "latest") || !strcmp(tag, "pending")) return chain->head;
    if (!strcmp(tag, "safe")) return rpc->is_head_final ? chain->head : chain->safe;
    if (!strcmp(tag, "finalized")) return rpc->is_head_final ? chain->head : chain->final;
    return NULL;
}

/* By hash; a block off the head's branch counts unless is_canonical. */
static struct orr_chain_link *hashed(const struct orr_chain *chain, const struct orr_hash *hash,
                                     bool is_canonical) {
    struct orr_chain_link *link = orr_chain_find(chain, hash);
    if (!link || !is_canonical) return link;
    return orr_chain_at(chain, chain->head, orr_chain_number(link)) == link ? link : NULL;
}

static const char *read_object(const struct orr_chain *chain, const json_t *json,
                               struct orr_chain_link **link) {
    const json_t *number = orr_jsonrpc_member(json, "blockNumber");
    const json_t *hash = orr_jsonrpc_member(json, "blockHash");
    struct orr_hash h;
    uint64_t n;
    if (number && hash) return "cannot specify both BlockHash and BlockNumber, choose one";
    if (hash) {
        const char *why = read_fixed(hash, h.bytes, sizeof h.bytes);
        if (!why)
            *link = hashed(chain, &h, json_is_true(orr_jsonrpc_member(json, "requireCanonical")));
        return why;
    }
    if (!number) return "blockNumber or blockHash is wanted";
    const char *why = orr_jsonrpc_number(number, &n);
    if (!why) *link = orr_chain_at(chain, chain->head, n);
    return why;
}

static const char *read_block(const struct orr_jsonrpc *rpc, const json_t *json, unsigned form,
                              struct orr_chain_link **link) {
    const struct orr_chain *chain = rpc->chain;
    const char *text = json_string_value(json);
    struct orr_hash hash;
    uint64_t number;
    *link = NULL;
    if (json_is_object(json) && form & ORR_JSONRPC_MAY_BE_HASH)
        return read_object(chain, json, link);
    if (!text) return "a block's number or tag is wanted";
    if (!strcmp(text, "earliest")) {
        *link = orr_chain_at(chain, chain->head, orr_chain_number(chain->places[0].link));
        return NULL;
    }
    *link = tagged(rpc, text);
    if (*link) return NULL;
    if (json_string_length(json) == 66 && form & ORR_JSONRPC_MAY_BE_HASH) {
        const char *why = read_fixed(json, hash.bytes, sizeof hash.bytes);
        if (!why) *link = hashed(chain, &hash, false);
        return why;
    }
    const char *why = orr_jsonrpc_number(json, &number);
    if (!why && number > INT64_MAX) why = "block number larger than int64";
    if (!why) *link = orr_chain_at(chain, chain->head, number);
    return why;
}

bool orr_jsonrpc_param_block(struct orr_jsonrpc_call *call, size_t i, unsigned form,
                             struct orr_chain_link **link) {
    const json_t *json = orr_jsonrpc_param(call, i);
    *link = call->rpc->chain->head;
    if (!json && !(form & ORR_JSONRPC_REQUIRED)) return true;
    const char *why = read_block(call->rpc, json, form, link);
    return !why || bad_param(call, i, why);
}

bool orr_jsonrpc_block_named(struct orr_jsonrpc_call *call, const json_t *json, unsigned form,
                             struct orr_chain_link **link) {
    *link = call->rpc->chain->head;
    const char *why = json ? read_block(call->rpc, json, form, link) : NULL;
    if (why) orr_jsonrpc_fail(call, ORR_JSONRPC_PARAMS, "invalid argument 0: %s", why);
    return !why;
}

bool orr_jsonrpc_param_state(struct orr_jsonrpc_call *call, size_t i,
                             struct orr_chain_link **link) {
    if (!orr_jsonrpc_param_block(call, i, ORR_JSONRPC_MAY_BE_HASH, link)) return false;
    if (!*link) orr_jsonrpc_fail(call, ORR_JSONRPC_SERVER, "header not found");
    return *link;
}

bool orr_jsonrpc_find_tx(struct orr_jsonrpc *rpc, const struct orr_hash *hash,
                         struct orr_jsonrpc_place *place) {
    for (struct orr_chain_link *link = rpc->chain->head; link; link = link->parent) {
        const struct orr_evm_block *b = &link->block->block;
        for (uint32_t i = 0; i < b->n_txs; i++) {
            struct orr_hash found = orr_keccak256(b->tx_items[i].payload, b->tx_items[i].len);
            if (!orr_hash_equal(found, *hash)) continue;
            *place = (struct orr_jsonrpc_place){link, i};
            return true;
        }
    }
    return false;
}
