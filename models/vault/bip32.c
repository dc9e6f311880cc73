#include "models/vault/bip32.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/ripemd.h>
#include <sodium.h>

#include "models/base/bytes.h"
#include "models/base/error.h"
#include "models/base/sha256.h"

enum { SERIALIZED = 78 };
#define XPRV 0x0488ade4u
#define XPUB 0x0488b21eu
#define TPRV 0x04358394u
#define TPUB 0x043587cfu

/* ---- paths ---- */

enum orr_vault_fault orr_path_read(const char *text, size_t len, bool wide, struct orr_path *path,
                                   struct orr_why *why) {
    struct orr_path read = {0};
    size_t i = 1;
    if (!len || text[0] != 'm')
        return orr_vault_say(why, ORR_FAULT_BAD_PATH, "a path begins with m");
    while (i < len) {
        uint64_t index = 0, limit = wide ? 1ull << 32 : ORR_HARDENED;
        if (text[i++] != '/')
            return orr_vault_say(why, ORR_FAULT_BAD_PATH, "a / is expected at character %zu", i);
        size_t start = i;
        for (; i < len && text[i] >= '0' && text[i] <= '9' && index < limit; i++)
            index = index * 10 + (uint64_t)(text[i] - '0');
        if (i == start || index >= limit)
            return orr_vault_say(why, ORR_FAULT_BAD_PATH,
                                 "an index below %llu is expected at character %zu",
                                 (unsigned long long)limit, start + 1);
        if (!wide && i < len && (text[i] == '\'' || text[i] == 'h' || text[i] == 'H'))
            index |= ORR_HARDENED, i++;
        if (read.n == ORR_PATH_MAX)
            return orr_vault_say(why, ORR_FAULT_BAD_PATH, "more than %d steps", ORR_PATH_MAX);
        read.step[read.n++] = (uint32_t)index;
    }
    *path = read;
    return ORR_FAULT_OK;
}

/* ---- the tree ---- */

static void hmac_sha512(const void *key, size_t key_len, const void *a, size_t a_len,
                        uint8_t out[64]) {
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, key, key_len);
    crypto_auth_hmacsha512_update(&state, a, a_len);
    crypto_auth_hmacsha512_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

enum orr_vault_fault orr_bip32_master(const struct orr_secp *secp, const void *seed, size_t len,
                                      struct orr_bip32 *node) {
    uint8_t out[64];
    struct orr_bip32 made = {.is_private = true};
    if (len < 16 || len > 64) return ORR_FAULT_BAD_TEXT;
    hmac_sha512("Bitcoin seed", 12, seed, len, out);
    memcpy(made.key, out, 32);
    memcpy(made.chain, out + 32, 32);
    sodium_memzero(out, sizeof out);
    if (!orr_secp_public(secp, made.key, made.point)) return ORR_FAULT_BAD_KEY;
    *node = made;
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_bip32_child(const struct orr_secp *secp, const struct orr_bip32 *parent,
                                     uint32_t index, struct orr_bip32 *child) {
    uint8_t data[37], out[64];
    struct orr_bip32 made = *parent;
    if (parent->depth == 255) return ORR_FAULT_BAD_PATH;
    if (index & ORR_HARDENED) {
        if (!parent->is_private) return ORR_FAULT_BAD_PATH;
        data[0] = 0;
        memcpy(data + 1, parent->key, 32);
    } else {
        memcpy(data, parent->point, 33);
    }
    orr_store_be32(data + 33, index);
    hmac_sha512(parent->chain, 32, data, sizeof data, out);
    orr_bip32_fingerprint(parent, made.parent);
    made.depth++;
    made.index = index;
    memcpy(made.chain, out + 32, 32);
    bool good = parent->is_private ? orr_secp_add(secp, made.key, out) &&
                                         orr_secp_public(secp, made.key, made.point)
                                   : orr_secp_add_public(secp, made.point, out);
    if (good) *child = made;
    sodium_memzero(data, sizeof data);
    sodium_memzero(out, sizeof out);
    sodium_memzero(&made, sizeof made);
    return good ? ORR_FAULT_OK : ORR_FAULT_BAD_KEY;
}

enum orr_vault_fault orr_bip32_derive(const struct orr_secp *secp, const struct orr_bip32 *from,
                                      const struct orr_path *path, struct orr_bip32 *to,
                                      struct orr_why *why) {
    struct orr_bip32 node = *from;
    for (size_t i = 0; i < path->n; i++) {
        enum orr_vault_fault fault = orr_bip32_child(secp, &node, path->step[i], &node);
        if (fault == ORR_FAULT_BAD_PATH)
            return orr_vault_say(why, fault,
                                 node.depth == 255 ? "step %zu is below depth 255"
                                                   : "step %zu is hardened, the key is public",
                                 i + 1);
        if (fault) return fault;
    }
    *to = node;
    sodium_memzero(&node, sizeof node);
    return ORR_FAULT_OK;
}

void orr_bip32_fingerprint(const struct orr_bip32 *node, uint8_t fingerprint[4]) {
    uint8_t sha[ORR_SHA256_BYTES], hash[20];
    orr_sha256(node->point, sizeof node->point, sha);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned len = 0;
    int good = context && EVP_DigestInit_ex(context, EVP_ripemd160(), NULL) == 1 &&
               EVP_DigestUpdate(context, sha, sizeof sha) == 1 &&
               EVP_DigestFinal_ex(context, hash, &len) == 1;
    assert(good && len == sizeof hash);
    EVP_MD_CTX_free(context);
    memcpy(fingerprint, hash, 4);
}

/* ---- as text ---- */

void orr_bip32_write(const struct orr_bip32 *node, bool private, char to[ORR_BASE58_TEXT]) {
    assert(!private || node->is_private);
    uint8_t bytes[SERIALIZED];
    uint32_t version = node->is_test ? (private ? TPRV : TPUB) : (private ? XPRV : XPUB);
    orr_store_be32(bytes, version);
    bytes[4] = node->depth;
    memcpy(bytes + 5, node->parent, 4);
    orr_store_be32(bytes + 9, node->index);
    memcpy(bytes + 13, node->chain, 32);
    bytes[45] = 0;
    if (private)
        memcpy(bytes + 46, node->key, 32);
    else
        memcpy(bytes + 45, node->point, 33);
    orr_base58check_write(to, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

static enum orr_vault_fault parse(const struct orr_secp *secp, const uint8_t *p,
                                  struct orr_bip32 *node, struct orr_why *why) {
    uint32_t version = orr_load_be32(p);
    const enum orr_vault_fault bad = ORR_FAULT_BAD_EXTENDED_KEY;
    struct orr_bip32 read = {.is_private = version == XPRV || version == TPRV,
                             .is_test = version == TPRV || version == TPUB,
                             .depth = p[4],
                             .index = orr_load_be32(p + 9)};
    memcpy(read.parent, p + 5, 4);
    memcpy(read.chain, p + 13, 32);
    if (!read.is_private && version != XPUB && version != TPUB)
        return orr_vault_say(why, bad, "version %08x is none of xprv, xpub, tprv, tpub", version);
    if (!read.depth && !sodium_is_zero(read.parent, 4))
        return orr_vault_say(why, bad, "depth 0 with a parent");
    if (!read.depth && read.index) return orr_vault_say(why, bad, "depth 0 with an index");
    if (read.is_private) {
        memcpy(read.key, p + 46, 32);
        if (p[45]) return orr_vault_say(why, bad, "the prefix of a private key is 00");
        if (!orr_secp_public(secp, read.key, read.point))
            return orr_vault_say(why, bad, "the private key is not in 1 .. n - 1");
    } else {
        memcpy(read.point, p + 45, 33);
        if (p[45] != 2 && p[45] != 3)
            return orr_vault_say(why, bad, "the prefix of a public key is 02 or 03");
        if (!orr_secp_is_point(secp, read.point, 33))
            return orr_vault_say(why, bad, "the public key is no point of the curve");
    }
    *node = read;
    sodium_memzero(&read, sizeof read);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_bip32_read(const struct orr_secp *secp, const char *text, size_t len,
                                    struct orr_bip32 *node, struct orr_why *why) {
    uint8_t bytes[ORR_BASE58_BYTES];
    long n = orr_base58check_read(text, len, bytes, sizeof bytes);
    const enum orr_vault_fault bad = ORR_FAULT_BAD_EXTENDED_KEY;
    if (n == ORR_EFORMAT) return orr_vault_say(why, bad, "a character is not of base58");
    if (n == ORR_ECORRUPT) return orr_vault_say(why, bad, "the checksum does not fit");
    if (n != SERIALIZED) return orr_vault_say(why, bad, "not %d bytes long", SERIALIZED);
    enum orr_vault_fault fault = parse(secp, bytes, node, why);
    sodium_memzero(bytes, sizeof bytes);
    return fault;
}
