/* typed_data.c - EIP-712: hashStruct(s) = keccak256(typeHash || encodeData(s)).
 *
 * A type is the name of a struct or one of the atoms (bool, address, string, bytes, bytesN, intN,
 * uintN), behind it any number of [n] and [].  A walk carries the path of where it is, for
 * messages. */
#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "models/base/error.h"
#include "models/base/hex.h"
#include "models/base/number.h"
#include "models/vault/message.h"
#include "models/vault/secp.h"

enum { MAX_DEPTH = 64, MAX_TYPES = 256, PATH = 96, MAX_TYPE_TEXT = 8192 };

struct walk {
    struct orr_mem *mem;
    const json_t *types;
    struct orr_why *why;
    char path[PATH];
    size_t path_len;
    unsigned depth;
};

static enum orr_vault_fault bad(struct walk *w, const char *text) {
    return orr_vault_say(w->why, ORR_FAULT_BAD_TYPED_DATA, "%s: %s", w->path_len ? w->path : "it",
                         text);
}

static enum orr_vault_fault bad_type(struct walk *w, const char *name, const char *text) {
    return orr_vault_say(w->why, ORR_FAULT_BAD_TYPED_DATA, "types.%.60s: %s", name, text);
}

/* Appends a name to the path, cut to fit; give the result to leave(). */
static size_t enter(struct walk *w, const char *separator, const char *name) {
    size_t before = w->path_len;
    const char *parts[2] = {separator, name};
    for (int i = 0; i < 2; i++)
        for (const char *p = parts[i]; *p && w->path_len < PATH - 1; p++)
            w->path[w->path_len++] = *p;
    w->path[w->path_len] = 0;
    w->depth++;
    return before;
}
static void leave(struct walk *w, size_t before) {
    w->path[w->path_len = before] = 0;
    w->depth--;
}

/* ---- types ---- */

/* The digits behind a prefix as a number of 1 to 3 digits without a leading zero; 0: none. */
static unsigned digits(const char *p) {
    unsigned n = 0;
    if (*p == '0') return 0;
    for (int i = 0; *p; p++, i++) {
        if (*p < '0' || *p > '9' || i == 3) return 0;
        n = n * 10 + (unsigned)(*p - '0');
    }
    return n;
}

enum atom { NO_ATOM, BOOL, ADDRESS, STRING, BYTES, FIXED, INT, UINT };

/* What a name without brackets means; *size: bytes of bytesN, bits of a number. */
static enum atom atom_of(const char *name, unsigned *size) {
    if (!strcmp(name, "bool")) return BOOL;
    if (!strcmp(name, "address")) return ADDRESS;
    if (!strcmp(name, "string")) return STRING;
    if (!strcmp(name, "bytes")) return BYTES;
    bool is_unsigned = *name == 'u';
    if (!strncmp(name, "bytes", 5)) {
        *size = digits(name + 5);
        return *size >= 1 && *size <= 32 ? FIXED : NO_ATOM;
    }
    if (strncmp(name + is_unsigned, "int", 3)) return NO_ATOM;
    const char *bits = name + is_unsigned + 3;
    *size = *bits ? digits(bits) : 256;
    if (!*size || *size > 256 || *size % 8) return NO_ATOM;
    return is_unsigned ? UINT : INT;
}

enum { NAME = 128 };

/* The name in front of the first bracket; false when it does not fit. */
static bool base_name(const char *type, char to[NAME]) {
    size_t n = strcspn(type, "[");
    if (!n || n >= NAME) return false;
    memcpy(to, type, n);
    to[n] = 0;
    return true;
}

static bool is_identifier(const char *name) {
    if (!*name || (*name >= '0' && *name <= '9')) return false;
    for (; *name; name++) {
        bool letter = (*name | 32) >= 'a' && (*name | 32) <= 'z';
        if (!letter && !(*name >= '0' && *name <= '9') && *name != '_' && *name != '$')
            return false;
    }
    return true;
}

/* Types that a primary type refers to, itself first. */
struct used {
    const char *name[MAX_TYPES];
    size_t n;
};

static enum orr_vault_fault collect(struct walk *w, const char *name, struct used *used) {
    for (size_t i = 0; i < used->n; i++)
        if (!strcmp(used->name[i], name)) return ORR_FAULT_OK;
    const char *key = NULL;
    json_t *fields = NULL, *found = json_object_get(w->types, name), *entry;
    json_object_foreach((json_t *)w->types, key, fields) if (fields == found) break;
    if (!json_is_array(found)) return bad_type(w, name, "no such type");
    if (used->n == MAX_TYPES) return bad_type(w, name, "more than 256 types");
    if (!is_identifier(name)) return bad_type(w, name, "its name is no identifier");
    used->name[used->n++] = key;
    size_t i;
    w->depth++;
    enum orr_vault_fault fault = ORR_FAULT_OK;
    json_array_foreach(found, i, entry) {
        char base[NAME];
        unsigned size;
        const char *type = json_string_value(json_object_get(entry, "type"));
        const char *field = json_string_value(json_object_get(entry, "name"));
        if (!type || !field || !is_identifier(field) || !base_name(type, base))
            fault = bad_type(w, name, "a field wants a name and a type");
        else if (atom_of(base, &size) == NO_ATOM)
            fault = w->depth > MAX_DEPTH ? bad_type(w, name, "nested too deep")
                                         : collect(w, base, used);
        if (fault) break;
    }
    w->depth--;
    return fault;
}

/* A text that does not overflow. */
struct text {
    char *to;
    size_t n, cap;
};
static void append(struct text *t, const char *s) {
    for (; *s && t->n + 1 < t->cap; s++) t->to[t->n++] = *s;
    t->to[t->n] = 0;
}

/* encodeType: the struct itself, then those that it uses in the order of their names. */
static enum orr_vault_fault encode_type(struct walk *w, const char *name, char to[MAX_TYPE_TEXT]) {
    struct used used = {.n = 0};
    struct text text = {to, 0, MAX_TYPE_TEXT};
    enum orr_vault_fault fault = collect(w, name, &used);
    if (fault) return fault;
    for (size_t i = 2; i < used.n; i++)
        for (size_t j = i; j > 1 && strcmp(used.name[j - 1], used.name[j]) > 0; j--) {
            const char *swap = used.name[j];
            used.name[j] = used.name[j - 1];
            used.name[j - 1] = swap;
        }
    for (size_t t = 0; t < used.n; t++) {
        size_t i;
        json_t *entry;
        append(&text, used.name[t]);
        append(&text, "(");
        json_array_foreach(json_object_get(w->types, used.name[t]), i, entry) {
            append(&text, i ? "," : "");
            append(&text, json_string_value(json_object_get(entry, "type")));
            append(&text, " ");
            append(&text, json_string_value(json_object_get(entry, "name")));
        }
        append(&text, ")");
    }
    return text.n + 1 < text.cap ? ORR_FAULT_OK : bad(w, "its types are longer than 8 KiB");
}

/* ---- values ---- */

static enum orr_vault_fault hash_struct(struct walk *w, const char *name, const json_t *value,
                                        struct orr_hash *hash, struct orr_secret *encoded);

/* A number of `bits` bits as a word of 256; below zero in two's complement. */
static enum orr_vault_fault encode_number(struct walk *w, const json_t *value, unsigned bits,
                                          bool is_signed, uint8_t to[32]) {
    struct orr_u256 n;
    bool below = false;
    if (json_is_integer(value)) {
        json_int_t v = json_integer_value(value);
        below = v < 0;
        n = orr_u256_from_u64(below ? -(uint64_t)v : (uint64_t)v);
    } else {
        const char *text = json_string_value(value);
        if (!text) return bad(w, "a number is expected");
        below = *text == '-';
        int error = orr_u256_read(text + below, strlen(text + below), &n);
        if (error || !text[below]) return bad(w, "no number of 256 bits");
    }
    below &= !orr_u256_is_zero(n);
    if (below && !is_signed) return bad(w, "below zero");
    /* the largest magnitude: 2^bits - 1, or 2^(bits-1) - 1, or 2^(bits-1) below zero */
    unsigned top = is_signed ? bits - 1 : bits, length = 0;
    bool is_power = true;
    for (unsigned b = 0; b < 256; b++)
        if (n.limb[b / 64] >> (b % 64) & 1) {
            is_power &= length == 0;
            length = b + 1;
        }
    if (length > top && !(below && is_power && length == bits))
        return bad(w, "outside the range of its type");
    orr_u256_store_be(to, n);
    if (below) { /* 2^256 - n */
        unsigned carry = 1;
        for (int i = 31; i >= 0; i--) {
            carry += (uint8_t)~to[i];
            to[i] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    return ORR_FAULT_OK;
}

/* The hash of bytes that stand as hexadecimal digits. */
static enum orr_vault_fault hash_bytes(struct walk *w, const char *text, uint8_t to[32]) {
    size_t len = strlen(text), size = len / 2 + 1;
    uint8_t *bytes = orr_alloc(w->mem, size);
    long n = orr_hex_read(text, len, bytes, size);
    struct orr_hash hash = orr_keccak256(bytes, n < 0 ? 0 : (size_t)n);
    orr_free(w->mem, bytes, size);
    if (n < 0) return bad(w, "no bytes in hexadecimal");
    memcpy(to, hash.bytes, 32);
    return ORR_FAULT_OK;
}

static enum orr_vault_fault encode_atom(struct walk *w, enum atom atom, unsigned size,
                                        const json_t *value, uint8_t to[32]) {
    const char *text = json_string_value(value);
    struct orr_address address;
    struct orr_hash hash;
    memset(to, 0, 32);
    if (atom == BOOL) {
        if (!json_is_boolean(value)) return bad(w, "true or false is expected");
        to[31] = json_is_true(value);
        return ORR_FAULT_OK;
    }
    if (atom == INT || atom == UINT) return encode_number(w, value, size, atom == INT, to);
    if (!text) return bad(w, "a text is expected");
    switch (atom) {
    case ADDRESS:
        if (orr_address_read(text, strlen(text), &address)) return bad(w, "no address");
        memcpy(to + 12, address.bytes, 20);
        return ORR_FAULT_OK;
    case STRING:
        hash = orr_keccak256(text, json_string_length(value));
        memcpy(to, hash.bytes, 32);
        return ORR_FAULT_OK;
    case BYTES: return hash_bytes(w, text, to);
    default: assert(atom == FIXED);
    }
    if (orr_hex_read(text, strlen(text), to, size) != (long)size) {
        memset(to, 0, 32);
        return bad(w, "not as many bytes as its type has");
    }
    return ORR_FAULT_OK;
}

static enum orr_vault_fault encode(struct walk *w, const char *type, size_t type_len,
                                   const json_t *value, uint8_t to[32]);

/* The last [n] or [] of a type is the outermost array: keccak256 of its elements' encodings. */
static enum orr_vault_fault encode_array(struct walk *w, const char *type, size_t type_len,
                                         const json_t *value, uint8_t to[32]) {
    size_t open = type_len - 1;
    while (open && type[open] != '[') open--;
    size_t wanted = 0, n_digits = type_len - open - 2;
    for (size_t i = open + 1; i < type_len - 1; i++) {
        if (type[i] < '0' || type[i] > '9' || n_digits > 9) return bad(w, "no such type");
        wanted = wanted * 10 + (size_t)(type[i] - '0');
    }
    if (!json_is_array(value)) return bad(w, "an array is expected");
    if (n_digits && json_array_size(value) != wanted)
        return bad(w, "not as many elements as its type has");
    struct orr_keccak keccak;
    orr_keccak_init(&keccak);
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct orr_why at;
        uint8_t word[32];
        orr_vault_say(&at, ORR_FAULT_OK, "[%zu]", i);
        size_t before = enter(w, "", at.text);
        enum orr_vault_fault fault = encode(w, type, open, json_array_get(value, i), word);
        leave(w, before);
        if (fault) return fault;
        orr_keccak_update(&keccak, word, sizeof word);
    }
    struct orr_hash hash = orr_keccak_final(&keccak);
    memcpy(to, hash.bytes, 32);
    return ORR_FAULT_OK;
}

/* encodeData of one value, always a word. */
static enum orr_vault_fault encode(struct walk *w, const char *type, size_t type_len,
                                   const json_t *value, uint8_t to[32]) {
    char name[NAME];
    unsigned size = 0;
    struct orr_hash hash;
    if (!value) return bad(w, "absent");
    if (w->depth > MAX_DEPTH) return bad(w, "nested too deep");
    if (type_len && type[type_len - 1] == ']') return encode_array(w, type, type_len, value, to);
    if (!type_len || type_len >= NAME) return bad(w, "no such type");
    memcpy(name, type, type_len);
    name[type_len] = 0;
    enum atom atom = atom_of(name, &size);
    if (atom != NO_ATOM) return encode_atom(w, atom, size, value, to);
    enum orr_vault_fault fault = hash_struct(w, name, value, &hash, NULL);
    if (!fault) memcpy(to, hash.bytes, 32);
    return fault;
}

static enum orr_vault_fault hash_struct(struct walk *w, const char *name, const json_t *value,
                                        struct orr_hash *hash, struct orr_secret *encoded) {
    struct orr_secret text = orr_secret_new(w->mem, MAX_TYPE_TEXT);
    enum orr_vault_fault fault = encode_type(w, name, (char *)text.bytes);
    const json_t *fields = json_object_get(w->types, name);
    size_t n = json_array_size(fields);
    struct orr_secret data = orr_secret_new(w->mem, 32 * (n + 1));
    if (!fault) {
        struct orr_hash type_hash = orr_keccak256(text.bytes, strlen((char *)text.bytes));
        memcpy(data.bytes, type_hash.bytes, 32);
        if (!json_is_object(value)) fault = bad(w, "an object is expected");
    }
    orr_secret_free(w->mem, &text);
    for (size_t i = 0; i < n && !fault; i++) {
        const json_t *entry = json_array_get(fields, i);
        const char *field = json_string_value(json_object_get(entry, "name"));
        const char *type = json_string_value(json_object_get(entry, "type"));
        size_t before = enter(w, ".", field);
        fault =
            encode(w, type, strlen(type), json_object_get(value, field), data.bytes + 32 * (i + 1));
        leave(w, before);
    }
    if (!fault) *hash = orr_keccak256(data.bytes, data.len);
    if (!fault && encoded)
        *encoded = data;
    else
        orr_secret_free(w->mem, &data);
    return fault;
}

/* ---- the whole ---- */

/* The domain's fields in EIP-712's order, for data that does not declare EIP712Domain. */
static enum orr_vault_fault declare_domain(struct walk *w, const json_t *domain, json_t *types) {
    static const char *const fields[5][2] = {{"name", "string"},
                                             {"version", "string"},
                                             {"chainId", "uint256"},
                                             {"verifyingContract", "address"},
                                             {"salt", "bytes32"}};
    json_t *list = json_array();
    size_t n = 0;
    for (int i = 0; i < 5; i++) {
        const json_t *value = json_object_get(domain, fields[i][0]);
        if (!value || json_is_null(value)) continue;
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", fields[i][0], "type", fields[i][1]));
        n++;
    }
    json_object_set_new(types, "EIP712Domain", list);
    return n == json_object_size(domain) ? ORR_FAULT_OK
                                         : bad(w, "a field that EIP712Domain does not have");
}

static enum orr_vault_fault hash_all(struct walk *w, const json_t *root, json_t *types,
                                     struct orr_typed_data *out) {
    const json_t *domain = json_object_get(root, "domain"), *message;
    const char *primary = json_string_value(json_object_get(root, "primaryType"));
    enum orr_vault_fault fault = ORR_FAULT_OK;
    message = json_object_get(root, "message");
    if (!message) message = json_object_get(root, "data");
    if (!json_is_object(domain)) return bad(w, "no `domain`, an object");
    if (!json_is_object(types)) return bad(w, "no `types`, an object");
    if (!primary) return bad(w, "no `primaryType`, a text");
    if (!message) return bad(w, "no `message`, an object");
    size_t before = enter(w, "", "domain");
    if (!json_object_get(types, "EIP712Domain")) fault = declare_domain(w, domain, types);
    if (!fault) fault = hash_struct(w, "EIP712Domain", domain, &out->domain, NULL);
    leave(w, before);
    if (fault) return fault;
    before = enter(w, "", "message");
    fault = encode_type(w, primary, out->type);
    if (!fault) fault = hash_struct(w, primary, message, &out->message, &out->encoded);
    leave(w, before);
    if (fault) return fault;
    uint8_t input[66] = {0x19, 0x01};
    memcpy(input + 2, out->domain.bytes, 32);
    memcpy(input + 34, out->message.bytes, 32);
    /* the domain alone may be signed: then there is no message behind it */
    out->digest = orr_keccak256(input, strcmp(primary, "EIP712Domain") ? 66 : 34);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_typed_data_hash(struct orr_mem *mem, const char *text, size_t len,
                                         struct orr_typed_data *out, struct orr_why *why) {
    struct walk w = {.mem = mem, .why = why};
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root)
        return orr_vault_say(why, ORR_FAULT_BAD_TYPED_DATA, "line %d, column %d: %.90s", error.line,
                             error.column, error.text);
    json_t *types = json_deep_copy(json_object_get(root, "types"));
    w.types = types;
    memset(out, 0, sizeof *out);
    enum orr_vault_fault fault = hash_all(&w, root, types, out);
    json_decref(types);
    json_decref(root);
    return fault;
}
