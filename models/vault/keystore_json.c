/* keystore_json.c - keystores as JSON: what is read, what is refused, what is written. */
#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "models/base/hex.h"
#include "models/vault/keystore.h"

/* ---- fields, whose names geth and ethers take in either case ---- */

static bool same_name(const char *a, const char *b) {
    for (; *a && *b; a++, b++)
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != *b) return false;
    return *a == *b;
}

static json_t *field(const json_t *object, const char *name) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) if (same_name(key, name)) return value;
    return NULL;
}

static bool text_is(const json_t *value, const char *wanted) {
    const char *text = json_string_value(value);
    return text && same_name(text, wanted);
}

/* A number that may stand as text; false when it is none or below 0. */
static bool number(const json_t *value, uint64_t *out) {
    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0) return false;
        *out = (uint64_t)json_integer_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    uint64_t v = 0;
    if (!text || !*text || strlen(text) > 19) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        v = v * 10 + (uint64_t)(*text - '0');
    }
    if (v > INT64_MAX) return false;
    *out = v;
    return true;
}

static long bytes(const json_t *value, void *to, size_t cap) {
    const char *text = json_string_value(value);
    return text ? orr_hex_read(text, strlen(text), to, cap) : -1;
}

static enum orr_vault_fault lacks(struct orr_why *why, const char *name) {
    return orr_vault_say(why, ORR_FAULT_NOT_KEYSTORE, "%s is absent or malformed", name);
}

static enum orr_vault_fault found(struct orr_why *why, enum orr_vault_fault fault,
                                  const json_t *value) {
    const char *text = json_string_value(value);
    return orr_vault_say(why, fault, "'%.60s'", text ? text : "none");
}

/* ---- reading ---- */

/* The derivation, whose parameters both versions name alike. */
static enum orr_vault_fault read_kdf(const json_t *function, const json_t *params,
                                     struct orr_keystore *ks, struct orr_why *why) {
    uint64_t dk_len;
    if (!json_is_string(function)) return lacks(why, "the key derivation");
    if (!text_is(function, "scrypt") && !text_is(function, "pbkdf2"))
        return found(why, ORR_FAULT_UNSUPPORTED_KDF, function);
    ks->is_pbkdf2 = text_is(function, "pbkdf2");
    if (!number(field(params, "dklen"), &dk_len) || dk_len < 32 || dk_len > ORR_KEYSTORE_MAX_DK)
        return lacks(why, "dklen, a number from 32 to 1024,");
    ks->dk_len = (size_t)dk_len;
    long salt_len = bytes(field(params, "salt"), ks->salt, sizeof ks->salt);
    if (salt_len < 0) return lacks(why, "salt");
    ks->salt_len = (size_t)salt_len;
    if (!ks->is_pbkdf2) {
        if (!number(field(params, "n"), &ks->scrypt.n)) return lacks(why, "n");
        if (!number(field(params, "r"), &ks->scrypt.r)) return lacks(why, "r");
        if (!number(field(params, "p"), &ks->scrypt.p)) return lacks(why, "p");
        /* what it costs is for who opens it; to look at it costs nothing */
        enum orr_vault_fault fault = orr_scrypt_check(ks->scrypt, true, NULL);
        return fault == ORR_FAULT_COSTLY ? ORR_FAULT_OK
                                         : orr_scrypt_check(ks->scrypt, true, why);
    }
    if (!text_is(field(params, "prf"), "hmac-sha256"))
        return found(why, ORR_FAULT_UNSUPPORTED_KDF, field(params, "prf"));
    if (!number(field(params, "c"), &ks->iterations) || !ks->iterations) return lacks(why, "c");
    return ORR_FAULT_OK;
}

static enum orr_vault_fault read_cipher(const json_t *name, const json_t *params,
                                        const json_t *text, struct orr_keystore *ks,
                                        struct orr_why *why) {
    if (!json_is_string(name)) return lacks(why, "the cipher");
    if (!text_is(name, "aes-128-ctr")) return found(why, ORR_FAULT_UNSUPPORTED_CIPHER, name);
    if (bytes(field(params, "iv"), ks->iv, sizeof ks->iv) != sizeof ks->iv)
        return lacks(why, "iv, 16 bytes,");
    long len = bytes(text, ks->ciphertext, sizeof ks->ciphertext);
    if (len <= 0) return lacks(why, "the ciphertext");
    ks->ciphertext_len = (size_t)len;
    return ORR_FAULT_OK;
}

static void copy_text(const json_t *value, char *to, size_t size) {
    const char *text = json_string_value(value);
    if (text && strlen(text) < size) memcpy(to, text, strlen(text) + 1);
}

static enum orr_vault_fault read_v3(const json_t *root, struct orr_keystore *ks,
                                    struct orr_why *why) {
    const json_t *crypto = field(root, "crypto"), *address = field(root, "address");
    if (!json_is_object(crypto)) return lacks(why, "crypto");
    enum orr_vault_fault fault = read_cipher(field(crypto, "cipher"), field(crypto, "cipherparams"),
                                             field(crypto, "ciphertext"), ks, why);
    if (!fault) fault = read_kdf(field(crypto, "kdf"), field(crypto, "kdfparams"), ks, why);
    if (fault) return fault;
    if (bytes(field(crypto, "mac"), ks->mac, sizeof ks->mac) != sizeof ks->mac)
        return lacks(why, "mac, 32 bytes,");
    const char *text = json_string_value(address);
    if (address && !json_is_null(address) && !(text && !*text)) {
        if (bytes(address, ks->address.bytes, 20) != 20) return lacks(why, "address, 20 bytes,");
        ks->has_address = true;
    }
    copy_text(field(root, "id"), ks->id, sizeof ks->id);
    return ORR_FAULT_OK;
}

static enum orr_vault_fault read_v4(const json_t *root, struct orr_keystore *ks,
                                    struct orr_why *why) {
    const json_t *crypto = field(root, "crypto"), *public_key = field(root, "pubkey");
    const json_t *kdf = field(crypto, "kdf"), *checksum = field(crypto, "checksum");
    const json_t *cipher = field(crypto, "cipher");
    if (!json_is_object(kdf)) return lacks(why, "crypto.kdf");
    if (!json_is_object(checksum)) return lacks(why, "crypto.checksum");
    if (!json_is_object(cipher)) return lacks(why, "crypto.cipher");
    enum orr_vault_fault fault = read_cipher(field(cipher, "function"), field(cipher, "params"),
                                             field(cipher, "message"), ks, why);
    if (!fault) fault = read_kdf(field(kdf, "function"), field(kdf, "params"), ks, why);
    if (fault) return fault;
    if (!text_is(field(checksum, "function"), "sha256"))
        return found(why, ORR_FAULT_UNSUPPORTED_CIPHER, field(checksum, "function"));
    if (bytes(field(checksum, "message"), ks->mac, sizeof ks->mac) != sizeof ks->mac)
        return lacks(why, "crypto.checksum.message, 32 bytes,");
    const char *text = json_string_value(public_key);
    if (text && *text) {
        if (bytes(public_key, ks->public_key, ORR_BLS_PUBLIC) != ORR_BLS_PUBLIC)
            return lacks(why, "pubkey, 48 bytes,");
        ks->has_public = true;
    }
    copy_text(field(root, "uuid"), ks->id, sizeof ks->id);
    copy_text(field(root, "path"), ks->path, sizeof ks->path);
    return ORR_FAULT_OK;
}

static enum orr_vault_fault read_root(const json_t *root, struct orr_keystore *ks,
                                      struct orr_why *why) {
    uint64_t version;
    if (!json_is_object(root)) return lacks(why, "the object of a keystore");
    if (!number(field(root, "version"), &version)) {
        if (field(root, "encseed"))
            return orr_vault_say(why, ORR_FAULT_UNSUPPORTED_VERSION,
                                 "a wallet of Ethereum's presale");
        return lacks(why, "version");
    }
    if (version != 3 && version != 4)
        return orr_vault_say(why, ORR_FAULT_UNSUPPORTED_VERSION, "version %llu%s",
                             (unsigned long long)version,
                             version == 1 ? ", as geth wrote until 2016" : "");
    ks->version = (int)version;
    return version == 3 ? read_v3(root, ks, why) : read_v4(root, ks, why);
}

static json_t *parse(const char *text, size_t len, json_error_t *error) {
    if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) text += 3, len -= 3;
    return json_loadb(text, len, JSON_REJECT_DUPLICATES, error);
}

enum orr_vault_fault orr_keystore_read(const char *text, size_t len, struct orr_keystore *ks,
                                       struct orr_why *why) {
    struct orr_keystore read = {0};
    json_error_t error;
    if (len > ORR_KEYSTORE_MAX_TEXT) return orr_vault_say(why, ORR_FAULT_NOT_KEYSTORE, "too long");
    json_t *root = parse(text, len, &error);
    if (!root)
        return orr_vault_say(why, ORR_FAULT_NOT_KEYSTORE, "line %d, column %d: %.90s", error.line,
                             error.column, error.text);
    enum orr_vault_fault fault = read_root(root, &read, why);
    json_decref(root);
    if (!fault) *ks = read;
    return fault;
}

/* ---- writing ---- */

static json_t *hex(const void *from, size_t len) {
    char text[2 * ORR_KEYSTORE_MAX_SECRET + 1];
    assert(len <= ORR_KEYSTORE_MAX_SECRET);
    orr_hex_encode(text, from, len);
    return json_string(text);
}

static json_t *write_kdf(const struct orr_keystore *ks) {
    json_t *salt = hex(ks->salt, ks->salt_len);
    int dk_len = (int)ks->dk_len;
    if (ks->is_pbkdf2)
        return json_pack("{s:I, s:i, s:s, s:o}", "c", (json_int_t)ks->iterations, "dklen", dk_len,
                         "prf", "hmac-sha256", "salt", salt);
    return json_pack("{s:i, s:I, s:I, s:I, s:o}", "dklen", dk_len, "n", (json_int_t)ks->scrypt.n,
                     "p", (json_int_t)ks->scrypt.p, "r", (json_int_t)ks->scrypt.r, "salt", salt);
}

static json_t *write_crypto(const struct orr_keystore *ks) {
    const char *kdf = ks->is_pbkdf2 ? "pbkdf2" : "scrypt";
    json_t *iv = json_pack("{s:o}", "iv", hex(ks->iv, sizeof ks->iv));
    json_t *text = hex(ks->ciphertext, ks->ciphertext_len), *mac = hex(ks->mac, sizeof ks->mac);
    if (ks->version == 3)
        return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "cipher", "aes-128-ctr", "ciphertext",
                         text, "cipherparams", iv, "kdf", kdf, "kdfparams", write_kdf(ks), "mac",
                         mac);
    return json_pack("{s:{s:s, s:o, s:s}, s:{s:s, s:{}, s:o}, s:{s:s, s:o, s:o}}", "kdf",
                     "function", kdf, "params", write_kdf(ks), "message", "", "checksum",
                     "function", "sha256", "params", "message", mac, "cipher", "function",
                     "aes-128-ctr", "params", iv, "message", text);
}

/* Sets a field, whatever the case of its name was. */
static void put(json_t *object, const char *name, json_t *value) {
    const char *key;
    json_t *old;
    json_object_foreach(object, key, old) {
        if (!same_name(key, name) || !strcmp(key, name)) continue;
        json_object_del(object, key);
        break;
    }
    int error = json_object_set_new(object, name, value);
    assert(!error);
}

size_t orr_keystore_write(const struct orr_keystore *ks, const char *old, size_t old_len, char *to,
                          size_t cap) {
    json_error_t error;
    json_t *root = old ? parse(old, old_len, &error) : NULL;
    if (!root) root = json_object();
    if (ks->version == 3) {
        if (ks->has_address) put(root, "address", hex(ks->address.bytes, 20));
        put(root, "crypto", write_crypto(ks));
        put(root, "id", json_string(ks->id));
    } else {
        put(root, "crypto", write_crypto(ks));
        if (ks->has_public) put(root, "pubkey", hex(ks->public_key, ORR_BLS_PUBLIC));
        put(root, "path", json_string(ks->path));
        put(root, "uuid", json_string(ks->id));
    }
    put(root, "version", json_integer(ks->version));
    size_t len = json_dumpb(root, to, cap, JSON_COMPACT);
    json_decref(root);
    return len;
}
