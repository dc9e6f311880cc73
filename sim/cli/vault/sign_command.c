/* sign_command.c - `orrery vault sign`, `verify`, `recover`. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/hex.h"
#include "models/base/sign.h"
#include "models/vault/message.h"
#include "sim/cli/vault/files.h"
#include "sim/cli/vault/material.h"
#include "sim/cli/vault/sign_tx.h"
#include "sim/cli/vm/code.h"

enum { MAX_MESSAGE = 64 << 20 };

/* What is signed: 32 bytes, or, of schnorr and ed25519, the message. */
struct subject {
    struct orr_hash hash;
    struct orr_secret message;
    json_t *json; /* of an authorization; NULL of others */
};
static void subject_free(const struct orr_call *call, struct subject *s) {
    orr_secret_free(call->mem, &s->message);
    json_decref(s->json);
}

static void set(json_t *object, const char *name, json_t *value) {
    json_object_set_new(object, name, value);
}

/* ---- reading what is to be signed ---- */

/* Bytes as they are, or with --hex (or `hex`) as digits. */
static int read_bytes(const struct orr_call *call, const char *path, bool hex,
                      struct orr_secret *out) {
    int code = orr_files_read(call, path, MAX_MESSAGE, out);
    if (code || (!hex && !orr_call_option(call, ORR_OPT_HEX))) return code;
    size_t len = out->len;
    while (len && strchr(" \t\r\n", out->bytes[len - 1])) len--;
    long n = orr_hex_read((char *)out->bytes, len, out->bytes, out->size);
    if (n < 0) {
        orr_secret_free(call->mem, out);
        return orr_call_fail(call, 2, "BAD_TEXT", "%s: no bytes in hexadecimal", path);
    }
    out->len = (size_t)n;
    return 0;
}

static int read_json(const struct orr_call *call, const char *path, json_t **json) {
    char verb[64];
    snprintf(verb, sizeof verb, "vault %s", call->verb);
    int error = orr_vm_read_json(verb, path, MAX_MESSAGE, json);
    return error ? orr_call_fail(call, 2, "BAD_TEXT", "%s: no JSON", path) : 0;
}

static int read_typed(const struct orr_call *call, const char *path, struct subject *s) {
    json_t *json;
    struct orr_typed_data typed;
    struct orr_why why = {""};
    int code = read_json(call, path, &json);
    if (code) return code;
    size_t size = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    struct orr_secret text = orr_secret_new(call->mem, size);
    json_dumpb(json, (char *)text.bytes, size, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(json);
    enum orr_vault_fault fault =
        orr_typed_data_hash(call->mem, (char *)text.bytes, text.len, &typed, &why);
    orr_secret_free(call->mem, &text);
    if (fault) return orr_call_refuse(call, path, fault, &why);
    s->hash = typed.digest;
    s->message = typed.encoded;
    return 0;
}

static int read_authorization(const struct orr_call *call, const char *path, struct subject *s) {
    struct orr_u256 chain_id;
    struct orr_address address;
    uint64_t nonce;
    int code = read_json(call, path, &s->json);
    if (code) return code;
    const char *bad = orr_json_u256(json_object_get(s->json, "chainId"), &chain_id)     ? "chainId"
                      : orr_json_address(json_object_get(s->json, "address"), &address) ? "address"
                      : orr_json_u64(json_object_get(s->json, "nonce"), &nonce)         ? "nonce"
                                                                                        : NULL;
    if (bad) return orr_call_fail(call, 2, "BAD_TEXT", "%s: %s is absent or malformed", path, bad);
    s->hash = orr_hash_authorization(call->mem, chain_id, &address, nonce);
    return 0;
}

static int read_subject(const struct orr_call *call, const char *kind, const char *path,
                        struct subject *s) {
    int code = 0;
    if (!strcmp(kind, "typed")) return read_typed(call, path, s);
    if (!strcmp(kind, "authorization")) return read_authorization(call, path, s);
    bool is_hash = !strcmp(kind, "hash");
    if (!is_hash && strcmp(kind, "message") && strcmp(kind, "schnorr") && strcmp(kind, "ed25519"))
        return orr_call_fail(call, 2, "USAGE",
                             "'%s' is none of message, typed, tx, hash, authorization, schnorr, "
                             "ed25519",
                             kind);
    code = read_bytes(call, path, is_hash, &s->message);
    if (code) return code;
    if (is_hash && s->message.len != 32)
        return orr_call_fail(call, 2, "BAD_TEXT", "%s: 32 bytes in hexadecimal are expected", path);
    if (is_hash)
        memcpy(s->hash.bytes, s->message.bytes, 32);
    else
        s->hash = orr_hash_personal(s->message.bytes, s->message.len);
    return 0;
}

/* ---- signing ---- */

static json_t *ecdsa_object(const uint8_t signature[65], const struct orr_hash *hash) {
    uint8_t wire[65];
    memcpy(wire, signature, 65);
    wire[64] += 27;
    json_t *object = json_object();
    set(object, "signature", orr_call_0x(wire, 65));
    set(object, "r", orr_call_0x(wire, 32));
    set(object, "s", orr_call_0x(wire + 32, 32));
    set(object, "v", json_integer(wire[64]));
    set(object, "yParity", json_integer(signature[64]));
    set(object, "hash", orr_call_0x(hash->bytes, 32));
    return object;
}

static int sign_ecdsa(const struct orr_call *call, const char *kind, const struct orr_material *m,
                      struct subject *s) {
    uint8_t key[32], signature[65];
    struct orr_address address;
    int code = orr_material_key(call, m, key);
    if (code) return code;
    bool good = orr_secp_sign(&call->secp, key, s->hash.bytes, signature) &&
                orr_secp_address(&call->secp, key, &address);
    sodium_memzero(key, sizeof key);
    if (!good) return orr_call_refuse(call, NULL, ORR_FAULT_BAD_KEY, NULL);
    json_t *object = ecdsa_object(signature, &s->hash);
    set(object, "address", orr_call_address(&address));
    if (strcmp(kind, "authorization")) return orr_call_print(call, object, "signature");
    json_object_set(s->json, "yParity", json_object_get(object, "yParity"));
    json_object_set(s->json, "r", json_object_get(object, "r"));
    json_object_set(s->json, "s", json_object_get(object, "s"));
    json_object_set(object, "authorization", s->json);
    return orr_call_print(call, object, "authorization");
}

static int sign_schnorr(const struct orr_call *call, const struct orr_material *m,
                        const struct subject *s) {
    uint8_t key[32], aux[32], signature[64], x[32];
    const char *text = orr_call_option(call, ORR_OPT_AUX);
    randombytes_buf(aux, sizeof aux);
    if (text && orr_hex_read(text, strlen(text), aux, 32) != 32)
        return orr_call_fail(call, 2, "USAGE", "--aux wants 32 bytes in hexadecimal");
    int code = orr_material_key(call, m, key);
    if (code) return code;
    bool good =
        orr_schnorr_sign(&call->secp, key, aux, s->message.bytes, s->message.len, signature) &&
        orr_schnorr_public(&call->secp, key, x);
    sodium_memzero(key, sizeof key);
    if (!good) return orr_call_refuse(call, NULL, ORR_FAULT_BAD_KEY, NULL);
    json_t *object = json_object();
    set(object, "signature", orr_call_hex(signature, 64));
    set(object, "public_key", orr_call_hex(x, 32));
    return orr_call_print(call, object, "signature");
}

static int sign_ed25519(const struct orr_call *call, const struct orr_material *m,
                        const struct subject *s) {
    struct orr_keypair pair;
    uint8_t signature[ORR_SIGN_BYTES];
    if (m->kind != ORR_MATERIAL_ED25519)
        return orr_call_fail(call, 2, "NO_KEY", "the key is none of Ed25519 (--kind ed25519)");
    orr_keypair_from_seed(m->secret.bytes, &pair);
    orr_sign(NULL, &pair, s->message.bytes, s->message.len, signature);
    json_t *object = json_object();
    set(object, "signature", orr_call_hex(signature, sizeof signature));
    set(object, "public_key", orr_call_hex(pair.public_key, 32));
    sodium_memzero(&pair, sizeof pair);
    return orr_call_print(call, object, "signature");
}

/* Bytes that nobody can read may be anything, a transaction too. */
static int ask_for_hash(const struct orr_call *call, const char *kind) {
    if (strcmp(kind, "hash") || orr_call_option(call, ORR_OPT_YES)) return 0;
    if (orr_password_confirm("These 32 bytes may stand for a transaction that empties the account. "
                             "Sign them? (yes)"))
        return 0;
    return orr_call_fail(call, 2, "NOT_CONFIRMED",
                         "raw bytes are signed only with --yes, or `yes` "
                         "at the terminal");
}

static int sign_subject(const struct orr_call *call, const char *kind, const char *path,
                        const struct orr_material *m) {
    struct subject s = {0};
    if (!strcmp(kind, "tx")) {
        json_t *json;
        uint8_t key[32];
        int code = read_json(call, path, &json);
        if (code) return code;
        code = orr_material_key(call, m, key);
        if (!code) code = orr_vault_sign_tx(call, path, json, key);
        sodium_memzero(key, sizeof key);
        json_decref(json);
        return code;
    }
    int code = read_subject(call, kind, path, &s);
    if (!code) code = ask_for_hash(call, kind);
    if (!code)
        code = !strcmp(kind, "schnorr")   ? sign_schnorr(call, m, &s)
               : !strcmp(kind, "ed25519") ? sign_ed25519(call, m, &s)
                                          : sign_ecdsa(call, kind, m, &s);
    subject_free(call, &s);
    return code;
}

int orr_vault_sign_command(struct orr_call *call) {
    struct orr_material m;
    const char *name = call->n_operands == 3 ? call->operand[1] : NULL;
    int code = orr_material_load(call, name, &m);
    if (code) return code;
    code = sign_subject(call, call->operand[0], call->operand[call->n_operands - 1], &m);
    orr_material_free(call, &m);
    return code;
}

/* ---- verifying ---- */

/* --signature: 65 bytes with v of 0, 1, 27 or 28, or 64 with the parity in s (EIP-2098). */
static int read_signature(const struct orr_call *call, const json_t *authorization,
                          uint8_t signature[65]) {
    const char *text = orr_call_option(call, ORR_OPT_SIGNATURE);
    uint64_t parity;
    if (!text && authorization) {
        if (!orr_json_fixed(json_object_get(authorization, "r"), signature, 32) &&
            !orr_json_fixed(json_object_get(authorization, "s"), signature + 32, 32) &&
            !orr_json_u64(json_object_get(authorization, "yParity"), &parity) && parity <= 1) {
            signature[64] = (uint8_t)parity;
            return 0;
        }
        return orr_call_fail(call, 2, "BAD_TEXT", "no r, s and yParity of 32, 32 bytes and 0 or 1");
    }
    if (!text) return orr_call_fail(call, 2, "USAGE", "--signature is needed");
    long n = orr_hex_read(text, strlen(text), signature, 65);
    if (n == 64) {
        signature[64] = signature[32] >> 7;
        signature[32] &= 0x7f;
        return 0;
    }
    if (n == 65 && signature[64] >= 27) signature[64] -= 27;
    if (n == 65 && signature[64] <= 1) return 0;
    return orr_call_fail(call, 2, "BAD_TEXT",
                         "a signature has 65 bytes with v 0, 1, 27 or 28, or 64 (EIP-2098)");
}

/* Who signed: the address and the public key. */
static int recover(const struct orr_call *call, const char *kind, const char *path,
                   struct orr_address *address, json_t *object) {
    struct subject s = {0};
    uint8_t signature[65], point[33];
    if (!strcmp(kind, "tx")) return orr_vault_tx_sender(call, path, address, object);
    if (!strcmp(kind, "schnorr") || !strcmp(kind, "ed25519"))
        return orr_call_fail(call, 2, "USAGE", "such a signature does not tell its signer");
    int code = read_subject(call, kind, path, &s);
    if (!code) code = read_signature(call, s.json, signature);
    if (!code && !orr_secp_recover(&call->secp, s.hash.bytes, signature, point))
        code = orr_call_refuse(call, "no key signs so, or s is above n / 2 (EIP-2)",
                               ORR_FAULT_BAD_SIGNATURE, NULL);
    if (!code) {
        orr_secp_point_address(&call->secp, point, 33, address);
        set(object, "public_key", orr_call_0x(point, 33));
        set(object, "hash", orr_call_0x(s.hash.bytes, 32));
    }
    subject_free(call, &s);
    return code;
}

int orr_vault_recover_command(struct orr_call *call) {
    struct orr_address address;
    json_t *object = json_object();
    int code = recover(call, call->operand[0], call->operand[1], &address, object);
    if (code) {
        json_decref(object);
        return code;
    }
    set(object, "address", orr_call_address(&address));
    return orr_call_print(call, object, "address");
}

/* Schnorr and Ed25519, whose signatures are verified under a public key. */
static int verify_plain(const struct orr_call *call, bool schnorr, const char *path) {
    const char *key = orr_call_option(call, ORR_OPT_PUBLIC);
    const char *text = orr_call_option(call, ORR_OPT_SIGNATURE);
    uint8_t public_key[32], signature[64];
    struct orr_secret message;
    if (!key || orr_hex_read(key, strlen(key), public_key, 32) != 32)
        return orr_call_fail(call, 2, "USAGE", "--public-key wants 32 bytes in hexadecimal");
    if (!text || orr_hex_read(text, strlen(text), signature, 64) != 64)
        return orr_call_fail(call, 2, "USAGE", "--signature wants 64 bytes in hexadecimal");
    int code = read_bytes(call, path, false, &message);
    if (code) return code;
    bool good =
        schnorr ? orr_schnorr_verify(&call->secp, public_key, message.bytes, message.len, signature)
                : orr_sign_verify(NULL, public_key, message.bytes, message.len, signature);
    orr_secret_free(call->mem, &message);
    if (!good) return orr_call_refuse(call, path, ORR_FAULT_BAD_SIGNATURE, NULL);
    return orr_call_print(call, json_pack("{s:b}", "valid", 1), NULL);
}

int orr_vault_verify_command(struct orr_call *call) {
    const char *kind = call->operand[0], *path = call->operand[1];
    struct orr_address wanted, found;
    uint8_t point[65];
    if (!strcmp(kind, "schnorr") || !strcmp(kind, "ed25519"))
        return verify_plain(call, !strcmp(kind, "schnorr"), path);
    const char *text = orr_call_option(call, ORR_OPT_ADDRESS);
    const char *key = orr_call_option(call, ORR_OPT_PUBLIC);
    long n = key ? orr_hex_read(key, strlen(key), point, sizeof point) : -1;
    if (!text && !key)
        return orr_call_fail(call, 2, "USAGE", "--address or --public-key is needed");
    if (text && orr_address_read(text, strlen(text), &wanted))
        return orr_call_fail(call, 2, "BAD_TEXT", "%s is no address, or its case is not EIP-55's",
                             text);
    if (!text && (n < 0 || !orr_secp_point_address(&call->secp, point, (size_t)n, &wanted)))
        return orr_call_fail(call, 2, "BAD_TEXT", "%s is no public key over secp256k1", key);
    json_t *object = json_object();
    int code = recover(call, kind, path, &found, object);
    json_decref(object);
    if (code) return code;
    if (orr_address_equal(wanted, found))
        return orr_call_print(
            call, json_pack("{s:b, s:o}", "valid", 1, "address", orr_call_address(&found)), NULL);
    char other[ORR_ADDRESS_TEXT];
    orr_address_write(other, &found);
    struct orr_why why;
    snprintf(why.text, sizeof why.text, "%s signed", other);
    return orr_call_refuse(call, path, ORR_FAULT_BAD_SIGNATURE, &why);
}
