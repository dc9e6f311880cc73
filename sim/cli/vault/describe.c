/* describe.c - what is known of a key, as fields: the public side, and with --secret the other. */
#include <sodium.h>
#include <string.h>

#include "models/base/number.h"
#include "models/base/sign.h"
#include "sim/cli/vault/material.h"

static void set(json_t *object, const char *name, json_t *value) {
    json_object_set_new(object, name, value);
}

static bool shows(const struct orr_call *call) { return orr_call_option(call, ORR_OPT_SECRET); }

static void describe_key(const struct orr_call *call, const struct orr_material *m,
                         json_t *object) {
    uint8_t key[32], point[33];
    struct orr_address address;
    if (!orr_keystore_pad(&m->secret, key) || !orr_secp_public(&call->secp, key, point)) return;
    orr_secp_address(&call->secp, key, &address);
    set(object, "address", orr_call_address(&address));
    set(object, "public_key", orr_call_0x(point, sizeof point));
    set(object, "public_key_xonly", orr_call_hex(point + 1, 32));
    if (shows(call)) {
        set(object, "private_key", orr_call_0x(key, sizeof key));
        set(object, "secret", orr_call_hex(m->secret.bytes, m->secret.len));
    }
    sodium_memzero(key, sizeof key);
}

static void describe_node(const struct orr_call *call, const struct orr_bip32 *node,
                          json_t *object) {
    char text[ORR_BASE58_TEXT];
    uint8_t fingerprint[4];
    struct orr_address address;
    set(object, "depth", json_integer(node->depth));
    set(object, "index", json_integer(node->index));
    set(object, "parent_fingerprint", orr_call_0x(node->parent, 4));
    orr_bip32_fingerprint(node, fingerprint);
    set(object, "fingerprint", orr_call_0x(fingerprint, 4));
    set(object, "chain_code", orr_call_0x(node->chain, 32));
    set(object, "public_key", orr_call_0x(node->point, 33));
    orr_secp_point_address(&call->secp, node->point, 33, &address);
    set(object, "address", orr_call_address(&address));
    orr_bip32_write(node, false, text);
    set(object, "xpub", json_string(text));
    if (!shows(call) || !node->is_private) return;
    orr_bip32_write(node, true, text);
    set(object, "xprv", json_string(text));
    set(object, "private_key", orr_call_0x(node->key, 32));
    sodium_memzero(text, sizeof text);
}

static int describe_sentence(const struct orr_call *call, const struct orr_material *m,
                             json_t *object) {
    struct orr_bip32 root, node;
    struct orr_path path;
    struct orr_address address;
    uint8_t seed[64];
    size_t seed_len;
    int code = orr_material_root(call, m, &root, seed, &seed_len);
    if (code) return code;
    if (m->kind == ORR_MATERIAL_MNEMONIC) {
        set(object, "language", json_string(orr_bip39_words[m->sentence.language].language));
        set(object, "words", json_integer((json_int_t)m->sentence.len * 3 / 4));
    }
    orr_path_read("m/44'/60'/0'/0/0", 16, false, &path, NULL);
    if (!orr_bip32_derive(&call->secp, &root, &path, &node, NULL) &&
        orr_secp_point_address(&call->secp, node.point, 33, &address))
        set(object, "address", orr_call_address(&address));
    if (shows(call)) {
        char text[ORR_BASE58_TEXT];
        if (m->kind == ORR_MATERIAL_MNEMONIC) {
            set(object, "mnemonic", json_string((const char *)m->secret.bytes));
            set(object, "entropy", orr_call_hex(m->sentence.entropy, m->sentence.len));
        }
        set(object, "seed", orr_call_hex(seed, seed_len));
        orr_bip32_write(&root, true, text);
        set(object, "bip32_root", json_string(text));
        sodium_memzero(text, sizeof text);
    }
    sodium_memzero(&root, sizeof root);
    sodium_memzero(&node, sizeof node);
    sodium_memzero(seed, sizeof seed);
    return 0;
}

static void describe_bls(const struct orr_call *call, const uint8_t key[32], json_t *object) {
    uint8_t public_key[ORR_BLS_PUBLIC];
    char decimal[ORR_U256_DECIMAL];
    if (call->bls.public_key(&call->bls, key, public_key))
        set(object, "public_key", orr_call_0x(public_key, sizeof public_key));
    if (!shows(call)) return;
    set(object, "private_key", orr_call_0x(key, 32));
    set(object, "secret", orr_call_hex(key, 32));
    orr_u256_write(decimal, orr_u256_load_be(key));
    set(object, "private_key_decimal", json_string(decimal));
    sodium_memzero(decimal, sizeof decimal);
}

int orr_material_describe(const struct orr_call *call, const struct orr_material *m,
                          json_t *object) {
    struct orr_keypair pair;
    char text[ORR_BECH32_TEXT];
    uint8_t public_key[32];
    set(object, "kind", json_string(orr_material_name(m->kind)));
    if (m->keystore_version) set(object, "keystore_version", json_integer(m->keystore_version));
    if (*m->path) set(object, "path", json_string(m->path));
    switch (m->kind) {
    case ORR_MATERIAL_KEY: describe_key(call, m, object); return 0;
    case ORR_MATERIAL_BLS: describe_bls(call, m->secret.bytes, object); return 0;
    case ORR_MATERIAL_SEED:
    case ORR_MATERIAL_MNEMONIC: return describe_sentence(call, m, object);
    case ORR_MATERIAL_XPRV:
    case ORR_MATERIAL_XPUB: describe_node(call, &m->node, object); return 0;
    case ORR_MATERIAL_ED25519:
        orr_keypair_from_seed(m->secret.bytes, &pair);
        set(object, "public_key", orr_call_0x(pair.public_key, 32));
        if (shows(call)) set(object, "private_key", orr_call_0x(m->secret.bytes, 32));
        sodium_memzero(&pair, sizeof pair);
        return 0;
    case ORR_MATERIAL_AGE:
        crypto_scalarmult_base(public_key, m->secret.bytes);
        orr_bech32_write(text, "age", public_key, 32, false);
        set(object, "recipient", json_string(text));
        if (!shows(call)) return 0;
        orr_bech32_write(text, "age-secret-key-", m->secret.bytes, 32, true);
        set(object, "identity", json_string(text));
        sodium_memzero(text, sizeof text);
        return 0;
    case ORR_MATERIAL_SECRET:
        set(object, "bytes", json_integer((json_int_t)m->secret.len));
        if (shows(call)) set(object, "secret", orr_call_hex(m->secret.bytes, m->secret.len));
        return 0;
    default:
        if (shows(call)) {
            json_t *value = json_stringn((const char *)m->secret.bytes, m->secret.len);
            set(object, "secret", value ? value : orr_call_hex(m->secret.bytes, m->secret.len));
        }
        return 0;
    }
}

/* ---- the verbs ---- */

int orr_vault_show_command(struct orr_call *call) {
    struct orr_material m;
    json_t *object = json_object();
    int code = orr_material_load(call, call->operand[0], &m);
    if (!code) {
        code = orr_material_describe(call, &m, object);
        orr_material_free(call, &m);
    }
    if (!code) return orr_call_print(call, object, NULL);
    json_decref(object);
    return code;
}

/* The addresses of a node and of those beside it. */
static int list_addresses(const struct orr_call *call, const struct orr_material *m) {
    struct orr_bip32 parent, child;
    struct orr_path path;
    struct orr_why why = {""};
    const char *text = orr_call_option(call, ORR_OPT_PATH);
    uint64_t count = 1;
    if (!orr_call_number(call, ORR_OPT_COUNT, 1, 100000, &count)) return 2;
    if (!text) text = "m/44'/60'/0'/0/0";
    enum orr_vault_fault fault = orr_path_read(text, strlen(text), false, &path, &why);
    if (fault) return orr_call_refuse(call, text, fault, &why);
    if (!path.n) return orr_call_refuse(call, text, ORR_FAULT_BAD_PATH, NULL);
    int code = orr_material_root(call, m, &parent, NULL, NULL);
    if (code) return code;
    uint32_t first = path.step[--path.n];
    fault = orr_bip32_derive(&call->secp, &parent, &path, &parent, &why);
    json_t *list = json_array();
    for (uint64_t i = 0; i < count && !fault; i++) {
        struct orr_address address;
        uint32_t index = first + (uint32_t)i;
        if ((index ^ first) & ORR_HARDENED) break; /* past the last index */
        fault = orr_bip32_child(&call->secp, &parent, index, &child);
        if (fault) break;
        orr_secp_point_address(&call->secp, child.point, 33, &address);
        json_array_append_new(list, orr_call_address(&address));
    }
    sodium_memzero(&parent, sizeof parent);
    sodium_memzero(&child, sizeof child);
    if (fault) {
        json_decref(list);
        return orr_call_refuse(call, text, fault, &why);
    }
    json_t *object = json_object();
    bool one = count == 1;
    json_object_set(object, "address", json_array_get(list, 0));
    set(object, "path", json_string(text));
    if (!one) json_object_set(object, "addresses", list);
    json_decref(list);
    return orr_call_print(call, object, one ? "address" : "addresses");
}

int orr_vault_address_command(struct orr_call *call) {
    struct orr_material m;
    int code = orr_material_load(call, call->operand[0], &m);
    if (code) return code;
    bool is_node = m.kind == ORR_MATERIAL_XPRV || m.kind == ORR_MATERIAL_XPUB;
    bool walks = m.kind == ORR_MATERIAL_SEED || m.kind == ORR_MATERIAL_MNEMONIC ||
                 (is_node && orr_call_option(call, ORR_OPT_PATH));
    if (walks) {
        code = list_addresses(call, &m);
    } else {
        json_t *object = json_object();
        code = orr_material_describe(call, &m, object);
        if (!code && !json_object_get(object, "address"))
            code = orr_call_fail(call, 2, "NO_KEY", "%s: it has no address",
                                 orr_material_name(m.kind));
        if (!code)
            orr_call_print(call, object, "address");
        else
            json_decref(object);
    }
    orr_material_free(call, &m);
    return code;
}

static int derive_bls(const struct orr_call *call, const struct orr_material *m, json_t *object) {
    uint8_t seed[64], key[32];
    size_t len;
    struct orr_bip32 unused;
    struct orr_path path;
    struct orr_why why = {""};
    const char *text = orr_call_option(call, ORR_OPT_PATH);
    if (!text) text = "m/12381/3600/0/0/0";
    enum orr_vault_fault fault = orr_path_read(text, strlen(text), true, &path, &why);
    if (fault) return orr_call_refuse(call, text, fault, &why);
    int code = orr_material_root(call, m, &unused, seed, &len);
    sodium_memzero(&unused, sizeof unused);
    if (code) return code;
    fault = orr_eip2333_master(call->mem, seed, len, key);
    sodium_memzero(seed, sizeof seed);
    if (fault)
        return orr_call_fail(call, 2, "BAD_TEXT", "EIP-2333 wants a seed of 32 bytes or more");
    orr_eip2333_derive(call->mem, key, &path, key);
    set(object, "path", json_string(text));
    describe_bls(call, key, object);
    sodium_memzero(key, sizeof key);
    return 0;
}

int orr_vault_derive_command(struct orr_call *call) {
    struct orr_material m;
    struct orr_bip32 node;
    char path[128];
    json_t *object = json_object();
    int code = orr_material_load(call, call->operand[0], &m);
    if (!code) {
        if (orr_call_option(call, ORR_OPT_BLS)) {
            code = derive_bls(call, &m, object);
        } else {
            code = orr_material_node(call, &m, "m/44'/60'/0'/0/0", &node, path);
            if (!code) {
                set(object, "path", json_string(path));
                describe_node(call, &node, object);
            }
            sodium_memzero(&node, sizeof node);
        }
        orr_material_free(call, &m);
    }
    if (!code) return orr_call_print(call, object, NULL);
    json_decref(object);
    return code;
}
