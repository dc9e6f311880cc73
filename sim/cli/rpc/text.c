#include "sim/cli/rpc/text.h"

#include <string.h>

#include "sim/base/memory.h"

/* Room for len bytes more. */
static char *room(struct orr_jsonrpc_text *text, size_t len) {
    if (text->len + len > text->cap) {
        text->cap = 2 * (text->len + len) + 256;
        text->bytes = orr_xrealloc(text->bytes, text->cap);
    }
    return text->bytes + text->len;
}

void orr_jsonrpc_text_add(struct orr_jsonrpc_text *text, const char *bytes, size_t len) {
    if (!len) return;
    memcpy(room(text, len), bytes, len);
    text->len += len;
}

static int add_part(const char *bytes, size_t len, void *text) {
    orr_jsonrpc_text_add(text, bytes, len);
    return 0;
}

bool orr_jsonrpc_text_json(struct orr_jsonrpc_text *text, const json_t *json) {
    size_t before = text->len;
    if (!json_dump_callback(json, add_part, text, JSON_COMPACT | JSON_ENCODE_ANY)) return true;
    text->len = before;
    return false;
}

/* ---- a log ---- */

/* LITERAL(text, "..."), and the members that follow one another in it. */
#define LITERAL(text, literal) orr_jsonrpc_text_add(text, literal, sizeof(literal) - 1)

static void add_data(struct orr_jsonrpc_text *text, const void *bytes, size_t len) {
    char *to = room(text, 2 * len + 5);
    memcpy(to, "\"0x", 3);
    orr_hex_encode(to + 3, bytes, len);
    to[3 + 2 * len] = '"';
    text->len += 2 * len + 4;
}

static void add_number(struct orr_jsonrpc_text *text, uint64_t number) {
    char digits[16];
    size_t at = sizeof digits;
    do { /* ends: it shrinks */
        digits[--at] = "0123456789abcdef"[number & 15];
        number >>= 4;
    } while (number);
    LITERAL(text, "\"0x");
    orr_jsonrpc_text_add(text, digits + at, sizeof digits - at);
    LITERAL(text, "\"");
}

void orr_jsonrpc_text_log(struct orr_jsonrpc_text *text, const struct orr_engine_log *log,
                          const struct orr_jsonrpc_log_place *place) {
    LITERAL(text, "{\"address\":");
    add_data(text, log->address.bytes, sizeof log->address.bytes);
    LITERAL(text, ",\"topics\":[");
    for (int i = 0; i < log->n_topics; i++) {
        if (i) LITERAL(text, ",");
        add_data(text, log->topics[i].bytes, sizeof log->topics[i].bytes);
    }
    LITERAL(text, "],\"data\":");
    add_data(text, log->data, log->len);
    LITERAL(text, ",\"blockNumber\":");
    add_number(text, place->number);
    LITERAL(text, ",\"transactionHash\":");
    add_data(text, place->tx.bytes, sizeof place->tx.bytes);
    LITERAL(text, ",\"transactionIndex\":");
    add_number(text, place->tx_index);
    LITERAL(text, ",\"blockHash\":");
    add_data(text, place->block.bytes, sizeof place->block.bytes);
    LITERAL(text, ",\"blockTimestamp\":");
    add_number(text, place->time);
    LITERAL(text, ",\"logIndex\":");
    add_number(text, place->index);
    if (place->is_removed)
        LITERAL(text, ",\"removed\":true}");
    else
        LITERAL(text, ",\"removed\":false}");
}
