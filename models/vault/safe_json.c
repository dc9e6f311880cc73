/* safe_json.c - the vault's plain text as JSON.  The parts of the one object are read one after the
 * other, so that thousands of entries can be looked at without being held all at once. */
#include <string.h>

#include "models/vault/codec.h"
#include "models/vault/safe.h"

struct reader {
    const char *text;
    size_t len, at;
    const struct orr_entry_visitor *visitor;
    json_t *root;
    struct orr_why *why;
};

static enum orr_vault_fault bad(const struct reader *r, const char *what) {
    return orr_vault_say(r->why, ORR_FAULT_BAD_VAULT, "byte %zu: %.90s", r->at, what);
}

/* The next character behind white space, or NUL at the end. */
static char next(struct reader *r) {
    while (r->at < r->len && strchr(" \t\r\n", r->text[r->at]) && r->text[r->at]) r->at++;
    return r->at < r->len ? r->text[r->at] : 0;
}

static bool take(struct reader *r, char wanted) {
    bool there = next(r) == wanted;
    r->at += there;
    return there;
}

static enum orr_vault_fault read_value(struct reader *r, json_t **value) {
    json_error_t error;
    *value = json_loadb(r->text + r->at, r->len - r->at,
                        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);
    if (!*value) return bad(r, error.text);
    r->at += (size_t)error.position;
    return ORR_FAULT_OK;
}

static bool is_entry(const json_t *entry) {
    return json_is_string(json_object_get(entry, "name")) &&
           json_is_string(json_object_get(entry, "kind")) &&
           json_is_string(json_object_get(entry, "value")) &&
           json_is_integer(json_object_get(entry, "version")) &&
           json_is_array(json_object_get(entry, "history"));
}

static enum orr_vault_fault read_entries(struct reader *r) {
    json_t *list = json_array();
    json_object_set_new(r->root, "entries", list);
    if (!take(r, '[')) return bad(r, "entries");
    if (take(r, ']')) return ORR_FAULT_OK;
    do {
        json_t *entry;
        next(r);
        enum orr_vault_fault fault = read_value(r, &entry);
        if (fault) return fault;
        if (!is_entry(entry)) {
            json_decref(entry);
            return bad(r, "an entry");
        }
        if (r->visitor) {
            r->visitor->visit(r->visitor->ctx, entry);
            json_decref(entry);
        } else {
            json_array_append_new(list, entry);
        }
    } while (take(r, ','));
    return take(r, ']') ? ORR_FAULT_OK : bad(r, "']' is expected");
}

static enum orr_vault_fault read_field(struct reader *r) {
    json_t *key, *value;
    if (next(r) != '"') return bad(r, "a name is expected");
    enum orr_vault_fault fault = read_value(r, &key);
    if (fault) return fault;
    const char *name = json_string_value(key);
    if (json_object_get(r->root, name))
        fault = bad(r, "a name that was there before");
    else if (!take(r, ':'))
        fault = bad(r, "':' is expected");
    else if (next(r), !strcmp(name, "entries"))
        fault = read_entries(r);
    else if (!(fault = read_value(r, &value)))
        json_object_set_new(r->root, name, value);
    json_decref(key);
    return fault;
}

static enum orr_vault_fault read_root(struct reader *r) {
    if (!take(r, '{')) return bad(r, "'{' is expected");
    if (!take(r, '}')) {
        do {
            enum orr_vault_fault fault = read_field(r);
            if (fault) return fault;
        } while (take(r, ','));
        if (!take(r, '}')) return bad(r, "'}' is expected");
    }
    next(r);
    return r->at == r->len ? ORR_FAULT_OK : bad(r, "more behind the end");
}

/* What the vault's code relies on. */
static const char *bad_root(const json_t *root) {
    size_t i;
    json_t *slot;
    uint8_t public_key[32];
    const json_t *slots = json_object_get(root, "slots");
    if (json_integer_value(json_object_get(root, "version")) != ORR_SAFE_VERSION) return "version";
    if (!json_array_size(slots) || json_array_size(slots) > ORR_SAFE_SLOTS) return "slots";
    if (!json_object_get(root, "entries")) return "entries";
    json_array_foreach(slots, i, slot) {
        if (!json_is_string(json_object_get(slot, "label")) ||
            !orr_slot_public(slot, public_key))
            return "a slot";
        if (json_object_get(slot, "salt") && !json_is_integer(json_object_get(slot, "passes")))
            return "a slot";
    }
    return NULL;
}

enum orr_vault_fault orr_safe_read(const char *text, size_t len,
                                   const struct orr_entry_visitor *visitor, json_t **root,
                                   struct orr_why *why) {
    struct reader r = {text, len, 0, visitor, json_object(), why};
    enum orr_vault_fault fault = read_root(&r);
    const char *what = fault ? NULL : bad_root(r.root);
    if (what) fault = orr_vault_say(why, ORR_FAULT_BAD_VAULT, "%s", what);
    if (fault)
        json_decref(r.root);
    else
        *root = r.root;
    return fault;
}
