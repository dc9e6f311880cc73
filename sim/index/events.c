#include "sim/index/events.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "models/base/hex.h"
#include "models/base/number.h"
#include "models/vm/u256.h"
#include "sim/index/file.h"

/* ---- values in SQL ---- */

static void put_text(struct orr_rlp_writer *w, const char *text) {
    orr_rlp_write_raw(w, text, strlen(text));
}
static void put_hex(struct orr_rlp_writer *w, const uint8_t *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    put_text(w, "0x");
    for (size_t i = 0; i < len; i++)
        orr_rlp_write_raw(w, (char[]){digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
}

/* Does a number fit an integer of SQL's, and which is it? */
static bool is_small(const struct orr_abi_type *type) {
    return type->kind == ORR_ABI_BOOL || (type->kind == ORR_ABI_UINT && type->size <= 56) ||
           (type->kind == ORR_ABI_INT && type->size <= 64);
}
static int64_t small(const struct orr_abi_value *v) { return (int64_t)orr_load_be64(v->word + 24); }

static void put_signed(struct orr_rlp_writer *w, const uint8_t word[32]) {
    char digits[ORR_U256_DECIMAL];
    struct orr_u256 n = orr_u256_load_be(word);
    bool is_negative = word[0] >> 7;
    if (is_negative) n = orr_u256_sub((struct orr_u256){{0}}, n);
    orr_u256_write(digits, n);
    if (is_negative) put_text(w, "-");
    put_text(w, digits);
}

/* A value's text; in JSON strings stand in quotes. */
static void put_value(const struct orr_abi_type *type, const struct orr_abi_value *v, bool in_json,
                      struct orr_rlp_writer *w);

static void put_string(const struct orr_abi_value *v, bool in_json, struct orr_rlp_writer *w) {
    if (!in_json) {
        orr_rlp_write_raw(w, v->bytes, v->len);
        return;
    }
    json_t *json = json_stringn((const char *)v->bytes, v->len);
    char *text = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    put_text(w, text ? text : "null"); /* no UTF-8 */
    free(text);
    json_decref(json);
}

static void put_items(const struct orr_abi_type *type, const struct orr_abi_value *v,
                      struct orr_rlp_writer *w) {
    put_text(w, "[");
    for (size_t i = 0; i < v->n; i++) {
        if (i) put_text(w, ",");
        put_value(&type->of[type->kind == ORR_ABI_TUPLE ? i : 0], &v->items[i], true, w);
    }
    put_text(w, "]");
}

static void put_value(const struct orr_abi_type *type, const struct orr_abi_value *v, bool in_json,
                      struct orr_rlp_writer *w) {
    char number[24];
    bool is_list = type->kind >= ORR_ABI_ARRAY, is_plain = is_list || is_small(type);
    if (type->kind == ORR_ABI_STRING) {
        put_string(v, in_json, w);
        return;
    }
    if (in_json && !is_plain) put_text(w, "\"");
    if (is_list)
        put_items(type, v, w);
    else if (is_small(type))
        snprintf(number, sizeof number, "%lld", (long long)small(v)), put_text(w, number);
    else if (type->kind == ORR_ABI_ADDRESS)
        put_hex(w, v->word + 12, 20);
    else if (type->kind == ORR_ABI_FIXED_BYTES)
        put_hex(w, v->word, type->size);
    else if (type->kind == ORR_ABI_BYTES)
        put_hex(w, v->bytes, v->len);
    else if (type->kind == ORR_ABI_INT)
        put_signed(w, v->word);
    else
        put_hex(w, v->word, sizeof v->word);
    if (in_json && !is_plain) put_text(w, "\"");
}

static void give(sqlite3_context *context, struct orr_mem *mem, const struct orr_abi_type *type,
                 const struct orr_abi_value *v) {
    struct orr_rlp_writer w = {.mem = mem};
    if (is_small(type)) {
        sqlite3_result_int64(context, small(v));
        return;
    }
    put_value(type, v, false, &w);
    sqlite3_result_text(context, w.len ? (const char *)w.bytes : "", (int)w.len, SQLITE_TRANSIENT);
    orr_rlp_free(&w);
}

/* ---- functions ---- */

/* The type that a statement's constant names, kept while it runs. */
struct named_type {
    struct orr_mem *mem;
    struct orr_abi_type *type;
};
static void drop_type(void *ctx) {
    struct named_type *named = ctx;
    orr_abi_type_free(named->mem, named->type);
    free(named);
}
static const struct orr_abi_type *type_of(sqlite3_context *context, sqlite3_value *text) {
    struct named_type *named = sqlite3_get_auxdata(context, 0);
    const char *bytes = (const char *)sqlite3_value_text(text);
    size_t at;
    if (named) return named->type;
    struct orr_abi_type *type = NULL;
    if (!bytes || orr_abi_type_read(sqlite3_user_data(context), bytes, strlen(bytes), &type, &at)) {
        sqlite3_result_error(context, "no type of an ABI", -1);
        return NULL;
    }
    named = orr_xrealloc(NULL, sizeof *named);
    *named = (struct named_type){sqlite3_user_data(context), type};
    sqlite3_set_auxdata(context, 0, named, drop_type); /* which may drop it at once: ask again */
    named = sqlite3_get_auxdata(context, 0);
    if (!named) sqlite3_result_error_nomem(context);
    return named ? named->type : NULL;
}

/* abi_topic(type, word): an indexed parameter; NULL: the word is none of this type. */
static void abi_topic(sqlite3_context *context, int n, sqlite3_value **values) {
    const struct orr_abi_type *type = type_of(context, values[0]);
    int len = sqlite3_value_bytes(values[1]);
    struct orr_abi_value v = {.len = 0};
    (void)n;
    if (!type || (len != 20 && len != 32)) return;
    memcpy(v.word + 32 - len, sqlite3_value_blob(values[1]), (size_t)len);
    if (type->kind >= ORR_ABI_BYTES) { /* its hash stands there */
        struct orr_rlp_writer w = {.mem = sqlite3_user_data(context)};
        put_hex(&w, v.word, sizeof v.word);
        sqlite3_result_text(context, (const char *)w.bytes, (int)w.len, SQLITE_TRANSIENT);
        orr_rlp_free(&w);
    } else if (orr_abi_word_is_good(type, v.word)) {
        give(context, sqlite3_user_data(context), type, &v);
    }
}

/* abi_data(tuple, data): whether data is the tuple's members; abi_data(tuple, data, i): the i-th of
 * them, NULL if it is not. */
static void abi_data(sqlite3_context *context, int n, sqlite3_value **values) {
    const struct orr_abi_type *type = type_of(context, values[0]);
    struct orr_mem *mem = sqlite3_user_data(context);
    struct orr_abi_value v;
    if (!type) return;
    bool is_good = type->kind == ORR_ABI_TUPLE &&
                   !orr_abi_decode_members(mem, type, sqlite3_value_blob(values[1]),
                                           (size_t)sqlite3_value_bytes(values[1]), &v);
    sqlite3_int64 i = n > 2 ? sqlite3_value_int64(values[2]) : 0;
    if (n == 2)
        sqlite3_result_int(context, is_good);
    else if (is_good && i >= 0 && i < (sqlite3_int64)v.n)
        give(context, mem, &type->of[i], &v.items[i]);
    if (is_good) orr_abi_value_free(mem, &v);
}

int orr_index_db_add_event_functions(struct orr_index_db *db) {
    enum { FLAGS = SQLITE_UTF8 | SQLITE_DETERMINISTIC };
    sqlite3 *s = db->sqlite;
    struct orr_mem *mem = &db->heap.mem;
    int code = sqlite3_create_function(s, "abi_topic", 2, FLAGS, mem, abi_topic, NULL, NULL);
    for (int n = 2; n <= 3 && !code; n++)
        code = sqlite3_create_function(s, "abi_data", n, FLAGS, mem, abi_data, NULL, NULL);
    return orr_index_db_failed(db, code);
}

/* ---- views ---- */

void orr_index_event_column(const struct orr_abi_event *e, uint32_t i,
                            char name[ORR_ABI_MAX_NAME + 16]) {
    static const char *const fixed[] = {"number", "place", "block_hash", "label", "address"};
    const char *own = e->parameters[i].name;
    bool is_taken = !*own;
    for (size_t k = 0; k < sizeof fixed / sizeof fixed[0]; k++)
        is_taken |= !strcasecmp(own, fixed[k]);
    for (uint32_t k = 0; k < e->n; k++)
        is_taken |= k != i && !strcasecmp(own, e->parameters[k].name);
    if (is_taken)
        snprintf(name, ORR_ABI_MAX_NAME + 16, "%s_%u", *own ? own : "arg", i);
    else
        snprintf(name, ORR_ABI_MAX_NAME + 16, "%s", own);
}

/* A blob as `words` keeps it. */
static void put_word(struct orr_rlp_writer *w, const uint8_t word[32]) {
    static const uint8_t zeros[12];
    size_t skip = memcmp(word, zeros, sizeof zeros) ? 0 : sizeof zeros;
    struct orr_rlp_writer hex = {.mem = w->mem};
    put_hex(&hex, word + skip, 32 - skip);
    put_text(w, "x'");
    orr_rlp_write_raw(w, hex.bytes + 2, hex.len - 2);
    put_text(w, "'");
    orr_rlp_free(&hex);
}

/* The members that stand in the data, as a tuple's type in quotes; false: there are none. */
static bool put_tuple(const struct orr_abi_event *e, struct orr_rlp_writer *w) {
    uint32_t n = 0;
    put_text(w, "'(");
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->parameters[i].is_indexed) continue;
        if (n++) put_text(w, ",");
        orr_abi_type_write(e->parameters[i].type, w);
    }
    put_text(w, ")'");
    return n > 0;
}

static void put_columns(const struct orr_abi_event *e, struct orr_rlp_writer *w) {
    unsigned topic = 0, member = 0;
    char text[ORR_ABI_MAX_NAME + 64], name[ORR_ABI_MAX_NAME + 16];
    for (uint32_t i = 0; i < e->n; i++) {
        if (e->parameters[i].is_indexed) {
            put_text(w, ", abi_topic('");
            orr_abi_type_write(e->parameters[i].type, w);
            snprintf(text, sizeof text, "', w%u.bytes)", ++topic);
        } else {
            put_text(w, ", abi_data(");
            put_tuple(e, w);
            snprintf(text, sizeof text, ", l.data, %u)", member++);
        }
        put_text(w, text);
        orr_index_event_column(e, i, name);
        snprintf(text, sizeof text, " AS \"%s\"", name);
        put_text(w, text);
    }
}

static void put_conditions(const struct orr_abi_event *e, const struct orr_address *address,
                           struct orr_rlp_writer *w) {
    char text[80];
    unsigned topic = 0;
    put_text(w, " WHERE l.topic0 = (SELECT id FROM words WHERE bytes = ");
    put_word(w, e->topic0.bytes);
    put_text(w, ")");
    for (unsigned i = 1; i < 4; i++) {
        snprintf(text, sizeof text, " AND l.topic%u IS %sNULL", i, i <= e->n_indexed ? "NOT " : "");
        put_text(w, text);
    }
    for (uint32_t i = 0; i < e->n; i++) {
        if (!e->parameters[i].is_indexed) continue;
        put_text(w, " AND abi_topic('");
        orr_abi_type_write(e->parameters[i].type, w);
        snprintf(text, sizeof text, "', w%u.bytes) IS NOT NULL", ++topic);
        put_text(w, text);
    }
    struct orr_rlp_writer tuple = {.mem = w->mem};
    if (put_tuple(e, &tuple)) {
        put_text(w, " AND abi_data(");
        orr_rlp_write_raw(w, tuple.bytes, tuple.len);
        put_text(w, ", l.data)");
    } else {
        put_text(w, " AND length(l.data) = 0");
    }
    orr_rlp_free(&tuple);
    if (address) {
        uint8_t word[32] = {0};
        memcpy(word + 12, address->bytes, 20);
        put_text(w, " AND l.address = (SELECT id FROM words WHERE bytes = ");
        put_word(w, word);
        put_text(w, ")");
    }
}

static void put_view(const struct orr_abi_event *e, const char *view,
                     const struct orr_address *address, struct orr_rlp_writer *w) {
    char text[ORR_INDEX_MAX_VIEW + 64];
    snprintf(text, sizeof text, "CREATE VIEW \"%s\" AS SELECT l.number, l.place, ", view);
    put_text(w, text);
    put_text(w, "(SELECT '0x' || lower(hex(b.hash)) FROM t_blocks AS b WHERE b.number = l.number) "
                "AS block_hash, (SELECT iif(l.number <= h.final, 'final', iif(l.number <= h.safe, "
                "'safe', 'unsafe')) FROM t_head AS h) AS label, "
                "'0x' || lower(hex(a.bytes)) AS address");
    put_columns(e, w);
    put_text(w, " FROM t_logs AS l JOIN words AS a ON a.id = l.address");
    for (unsigned i = 1; i <= e->n_indexed; i++) {
        snprintf(text, sizeof text, " JOIN words AS w%u ON w%u.id = l.topic%u", i, i, i);
        put_text(w, text);
    }
    put_conditions(e, address, w);
    orr_rlp_write_raw(w, "", 1);
}

int orr_index_db_add_event(struct orr_index_db *db, const struct orr_abi_event *e, const char *view,
                           const struct orr_address *address) {
    char note[ORR_INDEX_MAX_VIEW + 8], drop[ORR_INDEX_MAX_VIEW + 32], was[8];
    struct orr_rlp_writer w = {.mem = &db->heap.mem};
    assert(!e->is_anonymous && strlen(view) < ORR_INDEX_MAX_VIEW);
    snprintf(note, sizeof note, "abi:%s", view);
    snprintf(drop, sizeof drop, "DROP VIEW IF EXISTS \"%s\"", view);
    put_view(e, view, address, &w);
    int error = orr_index_db_step_fixed(db, ORR_INDEX_BEGIN, 0);
    if (!error && !orr_index_db_noted(db, note, was, sizeof was))
        error = orr_index_db_run(db, drop);
    if (!error) error = orr_index_db_run(db, (const char *)w.bytes);
    if (!error) error = orr_index_db_note(db, note, e->signature);
    if (!error) error = orr_index_db_step_fixed(db, ORR_INDEX_COMMIT, 0);
    bool is_taken = error && strstr(db->why, "already");
    if (error && !sqlite3_get_autocommit(db->sqlite))
        sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    orr_rlp_free(&w);
    return is_taken ? ORR_EINVAL : error;
}
