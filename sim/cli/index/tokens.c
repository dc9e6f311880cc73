#include "sim/cli/index/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "models/index/abi.h"
#include "sim/base/json.h"
#include "sim/base/memory.h"
#include "sim/base/text.h"

/* The first four bytes of the hash of the function's signature, as data of a call. */
#define NAME     "0x06fdde03"
#define SYMBOL   "0x95d89b41"
#define DECIMALS "0x313ce567"

/* Tokens that were not asked yet. */
struct unasked {
    struct token {
        int64_t word;
        struct orr_address address;
    } * v;
    size_t n, cap;
};

static void take_token(void *ctx, const struct orr_index_cell *c, int n) {
    struct unasked *u = ctx;
    if (n != 2 || c[1].kind != ORR_INDEX_CELL_BLOB || c[1].len != 20) return;
    if (u->n == u->cap) {
        u->cap = u->cap ? 2 * u->cap : 16;
        u->v = orr_xrealloc(u->v, u->cap * sizeof *u->v);
    }
    u->v[u->n].word = c[0].number;
    memcpy(u->v[u->n++].address.bytes, c[1].bytes, 20);
}

/* Questions of one block's state. */
struct asking {
    const struct orr_token_source *source;
    char block[67]; /* its hash */
    bool is_lost;
};

static bool call(struct asking *a, const struct orr_address *to, const char *data,
                 struct orr_buffer *output) {
    char hex[43] = "0x";
    if (a->is_lost) return false;
    orr_hex_encode(hex + 2, to->bytes, sizeof to->bytes);
    json_t *params = json_pack("[{ssss}{ss}]", "to", hex, "data", data, "blockHash", a->block);
    json_t *json = a->source->call(a->source->ctx, params, &a->is_lost);
    bool is_there = json && !orr_json_bytes(json, output);
    json_decref(json);
    return is_there;
}

/* A text of UTF-8 without a NUL: a string, or, as some early tokens have it, 32 bytes that zeros
 * fill up. */
static void read_text(const struct orr_buffer *output, char text[ORR_INDEX_TOKEN_TEXT + 1]) {
    struct orr_heap heap;
    struct orr_abi_type *type;
    struct orr_abi_value value = {.len = 0};
    size_t at, len = 0;
    const char *from = NULL;
    orr_heap_init(&heap);
    if (output->len == ORR_ABI_WORD) {
        from = (const char *)output->bytes;
        len = strnlen(from, ORR_ABI_WORD);
        for (size_t i = len; i < ORR_ABI_WORD; i++)
            if (from[i]) len = 0;
    } else if (!orr_abi_type_read(&heap.mem, "string", 6, &type, &at)) {
        if (!orr_abi_decode(&heap.mem, type, output->bytes, output->len, &value)) {
            from = (const char *)value.bytes;
            len = value.len;
        }
        orr_abi_value_free(&heap.mem, &value);
        orr_abi_type_free(&heap.mem, type);
    }
    text[0] = 0;
    if (len > ORR_INDEX_TOKEN_TEXT || (len && memchr(from, 0, len))) return;
    for (size_t i = 0, step; i < len; i += step) {
        step = orr_utf8_len(from + i, from + len);
        if (!step) return;
    }
    if (len) memcpy(text, from, len);
    text[len] = 0;
}

static void read_decimals(const struct orr_buffer *output, struct orr_index_token *token) {
    static const uint8_t zeros[ORR_ABI_WORD - 1] = {0}; /* a uint8 */
    if (output->len != ORR_ABI_WORD || memcmp(output->bytes, zeros, sizeof zeros)) return;
    token->decimals = output->bytes[ORR_ABI_WORD - 1];
}

/* Who has the state answers a call of nobody. */
static bool has_state(struct asking *a) {
    static const struct orr_address nobody;
    struct orr_buffer output;
    if (!call(a, &nobody, "0x", &output)) return false;
    free(output.bytes);
    return true;
}

static void ask(struct asking *a, const struct token *t, struct orr_index_token *token) {
    struct orr_buffer output;
    *token = (struct orr_index_token){.word = t->word, .decimals = -1};
    if (call(a, &t->address, NAME, &output)) {
        read_text(&output, token->name);
        free(output.bytes);
    }
    if (call(a, &t->address, SYMBOL, &output)) {
        read_text(&output, token->symbol);
        free(output.bytes);
    }
    if (call(a, &t->address, DECIMALS, &output)) {
        read_decimals(&output, token);
        free(output.bytes);
    }
}

int orr_index_ask_tokens(struct orr_index_db *db, const struct orr_token_source *source,
                         size_t *n) {
    static const char sql[] =
        "SELECT a.token, w.bytes FROM (SELECT token FROM t_holdings UNION SELECT token FROM "
        "t_owners) AS a JOIN words AS w ON w.id = a.token LEFT JOIN t_tokens AS t ON t.token = "
        "a.token WHERE t.token IS NULL ORDER BY a.token";
    struct unasked u = {.n = 0};
    struct orr_index_question q = {.sql = sql, .row = take_token, .ctx = &u};
    struct orr_index_sink *sink = orr_index_db_sink(db);
    struct asking a = {.source = source, .block = "0x"};
    struct orr_index_head head;
    uint64_t n_rows;
    *n = 0;
    int error = sink->head(sink, &head);
    if (error) return error == ORR_ENOTFOUND ? 0 : error;
    orr_hex_encode(a.block + 2, head.hash.bytes, sizeof head.hash.bytes);
    error = orr_index_db_ask(db, &q, &n_rows);
    struct orr_index_token *tokens = orr_xrealloc(NULL, (u.n + 1) * sizeof *tokens);
    if (error || !u.n || !has_state(&a)) u.n = 0;
    for (size_t i = 0; i < u.n; i++) ask(&a, &u.v[i], &tokens[i]);
    if (a.is_lost) u.n = 0;
    if (u.n) error = orr_index_db_put_tokens(db, head.number, tokens, u.n);
    if (!error) *n = u.n;
    free(tokens);
    free(u.v);
    return error;
}
