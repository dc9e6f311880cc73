#include "sim/cli/vm/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/vm/u256.h"
#include "sim/base/memory.h"
#include "sim/base/json.h"

/* "0x" and the shortest hexadecimal form. */
static void word_text(char to[67], struct orr_u256 v) {
    int limb = 3;
    while (limb > 0 && !v.limb[limb]) limb--;
    to += snprintf(to, 67, "0x%llx", (unsigned long long)v.limb[limb]);
    while (limb-- > 0) to += snprintf(to, 17, "%016llx", (unsigned long long)v.limb[limb]);
}

static void hex_text(char *to, const void *bytes, size_t len) {
    memcpy(to, "0x", 2);
    orr_hex_encode(to + 2, bytes, len);
}

/* ---- the names ---- */

/* Slots of one account, each once. */
struct keys {
    struct orr_u256 *at;
    size_t n, cap;
};

static void add_key(void *ctx, const struct orr_u256 *key) {
    struct keys *k = ctx;
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 16;
        k->at = orr_xrealloc(k->at, k->cap * sizeof k->at[0]);
    }
    k->at[k->n++] = *key;
}

static int order(const struct orr_u256 *a, const struct orr_u256 *b) {
    return orr_u256_less(*a, *b) ? -1 : orr_u256_less(*b, *a);
}

/* Shell's sort: equal keys are the same, so their order does not matter. */
static void sort_keys(struct keys *k) {
    for (size_t gap = k->n / 2; gap; gap /= 2) {
        for (size_t i = gap; i < k->n; i++) {
            struct orr_u256 key = k->at[i];
            size_t at = i;
            for (; at >= gap && order(&key, &k->at[at - gap]) < 0; at -= gap)
                k->at[at] = k->at[at - gap];
            k->at[at] = key;
        }
    }
}

/* All slots of an account that may hold something, in order and each once; free(keys.at). */
static struct keys keys_of(struct orr_evm_state *state, const struct orr_address *address,
                           const json_t *account, const json_t *other) {
    struct keys keys = {NULL, 0, 0};
    const json_t *lists[] = {json_object_get(account, "storage"),
                             json_object_get(other, "storage")};
    const char *name;
    json_t *value;
    for (int i = 0; i < 2; i++) {
        json_object_foreach((json_t *)lists[i], name, value) {
            struct orr_u256 key;
            json_t *text = json_string(name);
            if (!orr_json_u256(text, &key)) add_key(&keys, &key);
            json_decref(text);
        }
    }
    orr_evm_state_each_slot(state, address, &keys, add_key);
    sort_keys(&keys);
    size_t n = 0;
    for (size_t i = 0; i < keys.n; i++)
        if (!n || order(&keys.at[n - 1], &keys.at[i])) keys.at[n++] = keys.at[i];
    keys.n = n;
    return keys;
}

static bool address_of(const char *key, struct orr_address *address) {
    json_t *text = json_string(key);
    bool good = !orr_json_address(text, address);
    json_decref(text);
    return good;
}

/* ---- as JSON ---- */

static json_t *account_json(struct orr_evm_state *state, const struct orr_address *address,
                            const json_t *pre) {
    char text[67];
    json_t *account = json_object(), *storage = json_object();
    const struct orr_evm_stored_code *code = orr_evm_state_code(state, address);
    word_text(text, orr_evm_state_balance(state, address));
    json_object_set_new(account, "balance", json_string(text));
    word_text(text, orr_u256_from_u64(orr_evm_state_nonce(state, address)));
    if (strcmp(text, "0x0")) json_object_set_new(account, "nonce", json_string(text));
    if (code) {
        char *hex = orr_xrealloc(NULL, 2 * code->len + 3);
        hex_text(hex, code->bytes, code->len);
        json_object_set_new(account, "code", json_string(hex));
        free(hex);
    }
    struct keys keys = keys_of(state, address, pre, NULL);
    for (size_t i = 0; i < keys.n; i++) {
        struct orr_u256 value = orr_evm_state_storage(state, address, &keys.at[i]);
        char key[67];
        struct orr_hash bytes = orr_u256_to_hash(keys.at[i]);
        if (orr_u256_is_zero(value)) continue;
        hex_text(key, bytes.bytes, 32);
        bytes = orr_u256_to_hash(value);
        hex_text(text, bytes.bytes, 32);
        json_object_set_new(storage, key, json_string(text));
    }
    free(keys.at);
    if (json_object_size(storage)) json_object_set(account, "storage", storage);
    json_decref(storage);
    return account;
}

static void add_account(json_t *all, struct orr_evm_state *state, const struct orr_address *address,
                        const json_t *pre) {
    char key[43];
    hex_text(key, address->bytes, sizeof address->bytes);
    if (json_object_get(all, key) || !orr_evm_state_exists(state, address)) return;
    json_object_set_new(all, key, account_json(state, address, pre));
}

json_t *orr_vm_dump(struct orr_evm_state *state, const json_t *pre) {
    json_t *all = json_object(), *account;
    const char *key;
    struct orr_address address;
    json_object_foreach((json_t *)pre, key, account) {
        if (address_of(key, &address)) add_account(all, state, &address, account);
    }
    const struct orr_address *used;
    for (size_t i = 0; (used = orr_evm_state_used(state, i)); i++) {
        address = *used; /* asking may make room for more */
        add_account(all, state, &address, NULL);
    }
    return all;
}

/* ---- compared ---- */

static bool differ(char why[240], const char *account, const char *field, const char *got,
                   const char *expected) {
    snprintf(why, 240, "account %.42s: %.77s is %.32s%.3s, expected %.32s%.3s", account, field, got,
             strlen(got) > 32 ? "..." : "", expected, strlen(expected) > 32 ? "..." : "");
    return true;
}

static bool word_differs(char why[240], const char *account, const char *field, struct orr_u256 got,
                         const json_t *in) {
    struct orr_u256 expected = {{0}};
    char ours[67], theirs[67];
    if (in && orr_json_u256(in, &expected)) return false; /* malformed: nothing can be known */
    if (orr_u256_equal(got, expected)) return false;
    word_text(ours, got);
    word_text(theirs, expected);
    return differ(why, account, field, ours, theirs);
}

static bool code_differs(char why[240], const char *account, const struct orr_evm_stored_code *code,
                         const json_t *in) {
    struct orr_buffer expected = {NULL, 0};
    char ours[67], theirs[67];
    if (in && orr_json_bytes(in, &expected)) return false;
    size_t len = code ? code->len : 0;
    bool same = len == expected.len && (!len || !memcmp(code->bytes, expected.bytes, len));
    if (!same) {
        snprintf(ours, sizeof ours, "%zu bytes", len);
        snprintf(theirs, sizeof theirs, "%s%zu bytes", len == expected.len ? "other " : "",
                 expected.len);
        differ(why, account, "code", ours, theirs);
    }
    free(expected.bytes);
    return !same;
}

static bool storage_differs(char why[240], const char *name, struct orr_evm_state *state,
                            const struct orr_address *address, const json_t *pre,
                            const json_t *expected) {
    struct keys keys = keys_of(state, address, expected, pre);
    bool found = false;
    for (size_t i = 0; i < keys.n && !found; i++) {
        char key[67], field[80], full[67];
        const json_t *value = NULL, *list = json_object_get(expected, "storage");
        const char *text;
        json_t *in;
        word_text(key, keys.at[i]);
        struct orr_hash bytes = orr_u256_to_hash(keys.at[i]);
        hex_text(full, bytes.bytes, 32);
        json_object_foreach((json_t *)list, text, in) {
            struct orr_u256 named;
            json_t *string = json_string(text);
            if (!orr_json_u256(string, &named) && orr_u256_equal(named, keys.at[i])) value = in;
            json_decref(string);
        }
        snprintf(field, sizeof field, "storage[%s]", key);
        found = word_differs(why, name, field, orr_evm_state_storage(state, address, &keys.at[i]),
                             value);
    }
    free(keys.at);
    return found;
}

static bool account_differs(char why[240], const char *key, struct orr_evm_state *state,
                            const struct orr_address *address, const json_t *pre,
                            const json_t *expected) {
    if (!orr_evm_state_exists(state, address))
        return differ(why, key, "it", "absent", "to be there");
    return word_differs(why, key, "balance", orr_evm_state_balance(state, address),
                        json_object_get(expected, "balance")) ||
           word_differs(why, key, "nonce", orr_u256_from_u64(orr_evm_state_nonce(state, address)),
                        json_object_get(expected, "nonce")) ||
           code_differs(why, key, orr_evm_state_code(state, address),
                        json_object_get(expected, "code")) ||
           storage_differs(why, key, state, address, pre, expected);
}

bool orr_vm_dump_difference(struct orr_evm_state *state, const json_t *pre, const json_t *expected,
                            char why[240]) {
    json_t *account, *ours = orr_vm_dump(state, pre), *named = json_object();
    const char *key;
    struct orr_address address;
    bool found = false;
    json_object_foreach((json_t *)expected, key, account) {
        char name[43];
        if (found || !address_of(key, &address)) continue;
        hex_text(name, address.bytes, sizeof address.bytes);
        json_object_set_new(named, name, json_true());
        found = account_differs(why, name, state, &address, json_object_get(pre, key), account);
    }
    json_object_foreach(ours, key, account) {
        if (found || json_object_get(named, key)) continue;
        found = differ(why, key, "it", "there", "to be absent");
    }
    json_decref(named);
    json_decref(ours);
    return found;
}
