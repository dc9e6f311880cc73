#include "sim/cli/vault/material.h"

#include <sodium.h>
#include <string.h>

#include "models/base/hex.h"
#include "models/vault/codec.h"
#include "sim/cli/vault/session.h"

static const char *const names[ORR_MATERIAL_N] = {
#define KIND(constant, name, text) name,
    ORR_MATERIAL_KINDS(KIND)
#undef KIND
};

const char *orr_material_name(enum orr_material_kind kind) { return names[kind]; }

enum orr_material_kind orr_material_kind(const char *name) {
    unsigned kind = 0;
    while (kind < ORR_MATERIAL_N && strcmp(names[kind], name)) kind++;
    return kind;
}

void orr_material_free(const struct orr_call *call, struct orr_material *m) {
    orr_secret_free(call->mem, &m->secret);
    sodium_memzero(m, sizeof *m);
}

static struct orr_secret copy(const struct orr_call *call, const void *bytes, size_t len) {
    struct orr_secret s = orr_secret_new(call->mem, len + 1);
    if (len) memcpy(s.bytes, bytes, len);
    s.bytes[s.len = len] = 0;
    return s;
}

/* ---- what is it? ---- */

/* A text without the white space around it. */
struct span {
    const char *text;
    size_t len;
};
static struct span trimmed(const void *bytes, size_t len) {
    const char *p = bytes;
    while (len && strchr(" \t\r\n", *p) && *p) p++, len--;
    while (len && p[len - 1] && strchr(" \t\r\n", p[len - 1])) len--;
    return (struct span){p, len};
}

static bool starts(struct span s, const char *prefix) {
    return s.len >= strlen(prefix) && !memcmp(s.text, prefix, strlen(prefix));
}

static enum orr_material_kind guess(struct span s) {
    uint8_t bytes[64];
    if (starts(s, "xprv") || starts(s, "tprv")) return ORR_MATERIAL_XPRV;
    if (starts(s, "xpub") || starts(s, "tpub")) return ORR_MATERIAL_XPUB;
    if (starts(s, "AGE-SECRET-KEY-") || starts(s, "#")) return ORR_MATERIAL_AGE;
    long n = orr_hex_read(s.text, s.len, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    if (n == 32) return ORR_MATERIAL_KEY;
    if (n >= 16) return ORR_MATERIAL_SEED;
    return s.len >= 100 && !memchr(s.text, ' ', s.len) && (unsigned char)s.text[0] < 0x80
               ? ORR_MATERIAL_XPRV
               : ORR_MATERIAL_MNEMONIC;
}

static int refuse(const struct orr_call *call, const char *source, const char *text) {
    return orr_call_fail(call, 2, "BAD_TEXT", "%s: %s", source, text);
}

static int parse_keystore(const struct orr_call *call, const char *source, struct span s,
                          enum orr_password_use use, struct orr_material *m) {
    struct orr_keystore ks;
    struct orr_why why = {""};
    struct orr_keystore_tools tools = orr_call_tools(call);
    struct orr_secret password;
    enum orr_vault_fault fault = orr_keystore_read(s.text, s.len, &ks, &why);
    if (fault) return orr_call_refuse(call, source, fault, &why);
    int code = orr_password_ask(call, use, source, &password);
    if (code) return code;
    fault = orr_keystore_open(&tools, &ks, password.bytes, password.len, &m->secret, &why);
    orr_secret_free(call->mem, &password);
    if (fault) return orr_call_refuse(call, source, fault, &why);
    m->keystore_version = ks.version;
    m->kind = ks.version == 4 ? ORR_MATERIAL_BLS : ORR_MATERIAL_KEY;
    if (m->secret.len > 32 || (ks.version == 4 && m->secret.len != 32))
        m->kind = ORR_MATERIAL_SECRET;
    snprintf(m->path, sizeof m->path, "%s", ks.path);
    return 0;
}

static int parse_age(const struct orr_call *call, const char *source, struct span s,
                     struct orr_material *m) {
    while (starts(s, "#")) { /* what age-keygen writes before it */
        const char *end = memchr(s.text, '\n', s.len);
        if (!end) return refuse(call, source, "no age identity");
        s = trimmed(end, s.len - (size_t)(end - s.text));
    }
    if (starts(s, "AGE-SECRET-KEY-PQ-"))
        return orr_call_refuse(call, source, ORR_FAULT_HYBRID, NULL);
    m->secret = orr_secret_new(call->mem, 32);
    if (orr_bech32_read(s.text, s.len, "age-secret-key-", m->secret.bytes, 32) == 32) return 0;
    orr_secret_free(call->mem, &m->secret);
    return refuse(call, source, "no age identity (AGE-SECRET-KEY-1...)");
}

static int parse_hex(const struct orr_call *call, const char *source, struct span s,
                     struct orr_material *m) {
    size_t most = m->kind == ORR_MATERIAL_SECRET ? s.len : m->kind == ORR_MATERIAL_SEED ? 64 : 32;
    m->secret = orr_secret_new(call->mem, most + 1);
    long n = orr_hex_read(s.text, s.len, m->secret.bytes, most);
    bool fits = m->kind == ORR_MATERIAL_SEED     ? n >= 16
                : m->kind == ORR_MATERIAL_SECRET ? n >= 0
                                                 : n == 32;
    uint8_t public_key[ORR_BLS_PUBLIC];
    if (!fits) {
        orr_secret_free(call->mem, &m->secret);
        return refuse(call, source,
                      m->kind == ORR_MATERIAL_SEED ? "16 to 64 bytes in hexadecimal are expected"
                                                   : "32 bytes in hexadecimal are expected");
    }
    m->secret.len = (size_t)n;
    fits = m->kind == ORR_MATERIAL_KEY ? orr_secp_public(&call->secp, m->secret.bytes, public_key)
           : m->kind == ORR_MATERIAL_BLS
               ? call->bls.public_key(&call->bls, m->secret.bytes, public_key)
               : true;
    if (fits) return 0;
    orr_secret_free(call->mem, &m->secret);
    return orr_call_refuse(call, source, ORR_FAULT_BAD_KEY, NULL);
}

static int parse_sentence(const struct orr_call *call, const char *source, struct span s,
                          struct orr_material *m) {
    struct orr_why why = {""};
    const char *name = orr_call_option(call, ORR_OPT_LANGUAGE);
    int language = name ? orr_bip39_language(name) : -1;
    if (name && language < 0) return refuse(call, name, "no language of BIP-39");
    enum orr_vault_fault fault =
        orr_bip39_read(call->mem, s.text, s.len, language, true, &m->sentence, &why);
    if (fault) return orr_call_refuse(call, source, fault, &why);
    char text[ORR_BIP39_TEXT];
    size_t len = orr_bip39_write(&m->sentence, text);
    m->secret = copy(call, text, len);
    sodium_memzero(text, sizeof text);
    return 0;
}

static int parse_extended(const struct orr_call *call, const char *source, struct span s,
                          struct orr_material *m) {
    struct orr_why why = {""};
    enum orr_vault_fault fault = orr_bip32_read(&call->secp, s.text, s.len, &m->node, &why);
    if (fault) return orr_call_refuse(call, source, fault, &why);
    m->kind = m->node.is_private ? ORR_MATERIAL_XPRV : ORR_MATERIAL_XPUB;
    m->secret = copy(call, s.text, s.len);
    return 0;
}

int orr_material_parse(const struct orr_call *call, const char *source, const void *bytes,
                       size_t len, enum orr_material_kind kind, enum orr_password_use use,
                       struct orr_material *m) {
    const char *hint = orr_call_option(call, ORR_OPT_KIND);
    struct span s = trimmed(bytes, len);
    *m = (struct orr_material){0};
    if (kind == ORR_MATERIAL_N && hint) {
        kind = orr_material_kind(hint);
        if (kind == ORR_MATERIAL_N) return refuse(call, hint, "no kind; --help lists them");
    }
    if (kind == ORR_MATERIAL_N && s.len && (*s.text == '{' || *s.text == '['))
        return parse_keystore(call, source, s, use, m);
    m->kind = kind == ORR_MATERIAL_N ? guess(s) : kind;
    switch (m->kind) {
    case ORR_MATERIAL_AGE: return parse_age(call, source, s, m);
    case ORR_MATERIAL_MNEMONIC: return parse_sentence(call, source, s, m);
    case ORR_MATERIAL_XPRV:
    case ORR_MATERIAL_XPUB: return parse_extended(call, source, s, m);
    case ORR_MATERIAL_PASSWORD:
    case ORR_MATERIAL_NOTE:
    case ORR_MATERIAL_FILE: m->secret = copy(call, bytes, len); return 0;
    default: return parse_hex(call, source, s, m);
    }
}

struct orr_secret orr_material_text(const struct orr_call *call, const struct orr_material *m) {
    char text[ORR_BECH32_TEXT];
    if (m->kind == ORR_MATERIAL_AGE) {
        orr_bech32_write(text, "age-secret-key-", m->secret.bytes, 32, true);
        struct orr_secret s = copy(call, text, strlen(text));
        sodium_memzero(text, sizeof text);
        return s;
    }
    bool is_hex = m->kind == ORR_MATERIAL_KEY || m->kind == ORR_MATERIAL_BLS ||
                  m->kind == ORR_MATERIAL_SEED || m->kind == ORR_MATERIAL_ED25519 ||
                  m->kind == ORR_MATERIAL_SECRET;
    if (!is_hex) return copy(call, m->secret.bytes, m->secret.len);
    struct orr_secret s =
        orr_secret_new(call->mem, 2 * (m->secret.len > 32 ? m->secret.len : 32) + 1);
    uint8_t key[32];
    if (m->kind == ORR_MATERIAL_KEY && orr_keystore_pad(&m->secret, key)) {
        orr_hex_encode((char *)s.bytes, key, 32);
        s.len = 64;
        sodium_memzero(key, sizeof key);
    } else {
        orr_hex_encode((char *)s.bytes, m->secret.bytes, m->secret.len);
        s.len = 2 * m->secret.len;
    }
    return s;
}

/* ---- keys ---- */

static int seed_of(const struct orr_call *call, const struct orr_material *m, uint8_t seed[64],
                   size_t *len) {
    struct orr_secret passphrase;
    if (m->kind == ORR_MATERIAL_SEED) {
        memcpy(seed, m->secret.bytes, *len = m->secret.len);
        return 0;
    }
    int code = orr_password_ask(call, ORR_PASSPHRASE, "", &passphrase);
    if (code) return code;
    enum orr_vault_fault fault =
        orr_bip39_seed(call->mem, (const char *)m->secret.bytes, m->secret.len, passphrase.bytes,
                       passphrase.len, seed);
    orr_secret_free(call->mem, &passphrase);
    *len = ORR_BIP39_SEED;
    return fault ? refuse(call, "the passphrase", "no UTF-8") : 0;
}

int orr_material_root(const struct orr_call *call, const struct orr_material *m,
                      struct orr_bip32 *root, uint8_t *seed_out, size_t *seed_len) {
    uint8_t seed[64];
    size_t len = 0;
    if (seed_len) *seed_len = 0;
    if (m->kind == ORR_MATERIAL_XPRV || m->kind == ORR_MATERIAL_XPUB) {
        *root = m->node;
        return 0;
    }
    if (m->kind != ORR_MATERIAL_SEED && m->kind != ORR_MATERIAL_MNEMONIC)
        return orr_call_fail(call, 2, "NO_TREE", "%s: there is no tree of keys behind it",
                             orr_material_name(m->kind));
    int code = seed_of(call, m, seed, &len);
    if (code) return code;
    enum orr_vault_fault fault = orr_bip32_master(&call->secp, seed, len, root);
    if (seed_out) memcpy(seed_out, seed, *seed_len = len);
    sodium_memzero(seed, sizeof seed);
    return fault ? orr_call_refuse(call, "the seed", fault, NULL) : 0;
}

int orr_material_node(const struct orr_call *call, const struct orr_material *m,
                      const char *standard, struct orr_bip32 *node, char shown[128]) {
    struct orr_path path;
    struct orr_bip32 root;
    struct orr_why why = {""};
    const char *text = orr_call_option(call, ORR_OPT_PATH);
    bool is_node = m->kind == ORR_MATERIAL_XPRV || m->kind == ORR_MATERIAL_XPUB;
    if (!text) text = is_node ? "m" : standard;
    enum orr_vault_fault fault = orr_path_read(text, strlen(text), false, &path, &why);
    if (fault) return orr_call_refuse(call, text, fault, &why);
    int code = orr_material_root(call, m, &root, NULL, NULL);
    if (code) return code;
    fault = orr_bip32_derive(&call->secp, &root, &path, node, &why);
    sodium_memzero(&root, sizeof root);
    if (fault) return orr_call_refuse(call, text, fault, &why);
    if (shown) snprintf(shown, 128, "%s", text);
    return 0;
}

int orr_material_key(const struct orr_call *call, const struct orr_material *m, uint8_t key[32]) {
    struct orr_bip32 node;
    if (m->kind == ORR_MATERIAL_KEY) {
        if (orr_call_option(call, ORR_OPT_PATH))
            return orr_call_fail(call, 2, "NO_TREE", "a single key has no path");
        orr_keystore_pad(&m->secret, key);
        return 0;
    }
    int code = orr_material_node(call, m, "m/44'/60'/0'/0/0", &node, NULL);
    if (code) return code;
    if (!node.is_private)
        return orr_call_fail(call, 2, "NO_KEY", "an extended public key signs nothing");
    memcpy(key, node.key, 32);
    sodium_memzero(&node, sizeof node);
    return 0;
}

int orr_material_of_entry(const struct orr_call *call, const json_t *entry, int64_t version,
                          struct orr_material *m) {
    const char *name = json_string_value(json_object_get(entry, "name"));
    const json_t *value = orr_entry_value(entry, version);
    enum orr_material_kind kind =
        orr_material_kind(json_string_value(json_object_get(entry, "kind")));
    if (!value) return orr_call_fail(call, 1, "NO_ENTRY", "%s: no such version", name);
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (kind == ORR_MATERIAL_N) return orr_call_refuse(call, name, ORR_FAULT_BAD_VAULT, NULL);
    if (kind != ORR_MATERIAL_FILE)
        return orr_material_parse(call, name, text, len, kind, ORR_PASSWORD_FILE, m);
    *m = (struct orr_material){.kind = kind, .secret = orr_secret_new(call->mem, len + 1)};
    long n = orr_base64_read(text, len, m->secret.bytes, m->secret.size);
    if (n < 0) return orr_call_refuse(call, name, ORR_FAULT_BAD_VAULT, NULL);
    m->secret.len = (size_t)n;
    return 0;
}

int orr_material_load(const struct orr_call *call, const char *name, struct orr_material *m) {
    struct orr_secret bytes;
    struct orr_session s;
    const char *from = orr_call_option(call, ORR_OPT_FROM);
    if (!from == !name)
        return orr_call_fail(call, 2, "USAGE", "which key? the NAME of an entry, or --from FILE");
    int code = from ? orr_files_read(call, from, ORR_FILES_MAX, &bytes)
                    : orr_session_open(call, false, &s);
    if (code) return code;
    if (from) {
        code =
            orr_material_parse(call, from, bytes.bytes, bytes.len, ORR_MATERIAL_N, ORR_PASSWORD, m);
        orr_secret_free(call->mem, &bytes);
        return code;
    }
    const json_t *entry = orr_entry_find(s.root, name);
    code = entry ? orr_material_of_entry(call, entry, 0, m)
                 : orr_call_fail(call, 1, "NO_ENTRY", "%s: no such entry", name);
    orr_session_close(call, &s);
    return code;
}
