#include "models/vault/keystore.h"

#include <assert.h>
#include <sodium.h>

#include "models/base/sha256.h"

/* The key's stretched form: the first half of its first 32 bytes encrypts, the second is for the
 * checksum. */
static enum orr_vault_fault stretch(const struct orr_keystore_tools *tools,
                                    const struct orr_keystore *ks, const void *password, size_t len,
                                    uint8_t dk[ORR_KEYSTORE_MAX_DK], struct orr_why *why) {
    assert(ks->dk_len >= 32 && ks->dk_len <= ORR_KEYSTORE_MAX_DK);
    if (!ks->is_pbkdf2)
        return orr_scrypt(password, len, ks->salt, ks->salt_len, ks->scrypt, tools->allow_costly,
                          dk, ks->dk_len, why);
    if (ks->iterations > INT32_MAX ||
        (ks->iterations > ORR_KDF_MAX_ITERATIONS && !tools->allow_costly))
        return orr_vault_say(why, ORR_FAULT_COSTLY, "%llu iterations of PBKDF2",
                             (unsigned long long)ks->iterations);
    orr_pbkdf2(ORR_PRF_SHA256, password, len, ks->salt, ks->salt_len, ks->iterations, dk,
               ks->dk_len);
    return ORR_FAULT_OK;
}

static void mac_of(const struct orr_keystore *ks, const uint8_t *dk, uint8_t mac[32]) {
    if (ks->version == 3) {
        struct orr_keccak keccak;
        orr_keccak_init(&keccak);
        orr_keccak_update(&keccak, dk + 16, 16);
        orr_keccak_update(&keccak, ks->ciphertext, ks->ciphertext_len);
        struct orr_hash hash = orr_keccak_final(&keccak);
        memcpy(mac, hash.bytes, 32);
    } else {
        uint8_t input[16 + ORR_KEYSTORE_MAX_SECRET];
        memcpy(input, dk + 16, 16);
        memcpy(input + 16, ks->ciphertext, ks->ciphertext_len);
        orr_sha256(input, 16 + ks->ciphertext_len, mac);
        sodium_memzero(input, 16);
    }
}

bool orr_keystore_pad(const struct orr_secret *secret, uint8_t key[32]) {
    if (secret->len > 32) return false;
    memset(key, 0, 32);
    memcpy(key + 32 - secret->len, secret->bytes, secret->len);
    return true;
}

/* Is the secret the one that the file names by its address or public key? */
static enum orr_vault_fault compare(const struct orr_keystore_tools *tools,
                                    const struct orr_keystore *ks,
                                    const struct orr_secret *secret) {
    uint8_t key[32], public_key[ORR_BLS_PUBLIC];
    struct orr_address address;
    enum orr_vault_fault fault = ORR_FAULT_OK;
    if (!orr_keystore_pad(secret, key)) return ORR_FAULT_OK;
    if (ks->version == 3 && ks->has_address &&
        (!orr_secp_address(tools->secp, key, &address) || !orr_address_equal(address, ks->address)))
        fault = ORR_FAULT_ADDRESS_DIFFERS;
    if (ks->version == 4 && ks->has_public && tools->bls &&
        (!tools->bls->public_key(tools->bls, key, public_key) ||
         memcmp(public_key, ks->public_key, sizeof public_key)))
        fault = ORR_FAULT_PUBLIC_DIFFERS;
    sodium_memzero(key, sizeof key);
    return fault;
}

/* With the password as its version wants it. */
static enum orr_vault_fault open_with(const struct orr_keystore_tools *tools,
                                      const struct orr_keystore *ks, const void *password,
                                      size_t len, struct orr_secret *secret, struct orr_why *why) {
    uint8_t dk[ORR_KEYSTORE_MAX_DK], mac[32];
    enum orr_vault_fault fault = stretch(tools, ks, password, len, dk, why);
    if (fault) return fault;
    mac_of(ks, dk, mac);
    if (sodium_memcmp(mac, ks->mac, sizeof mac)) fault = ORR_FAULT_WRONG_PASSWORD;
    if (!fault) {
        struct orr_secret opened = orr_secret_new(tools->mem, ks->ciphertext_len);
        orr_aes128_ctr(dk, ks->iv, ks->ciphertext, ks->ciphertext_len, opened.bytes);
        fault = compare(tools, ks, &opened);
        if (fault)
            orr_secret_free(tools->mem, &opened);
        else
            *secret = opened;
    }
    sodium_memzero(dk, sizeof dk);
    return fault;
}

enum orr_vault_fault orr_keystore_open(const struct orr_keystore_tools *tools,
                                       const struct orr_keystore *ks, const void *password,
                                       size_t password_len, struct orr_secret *secret,
                                       struct orr_why *why) {
    struct orr_secret normal;
    if (ks->version == 3) return open_with(tools, ks, password, password_len, secret, why);
    enum orr_vault_fault fault = orr_normal_password(tools->mem, password, password_len, &normal);
    if (fault) return orr_vault_say(why, fault, "the password is no UTF-8");
    fault = open_with(tools, ks, normal.bytes, normal.len, secret, why);
    orr_secret_free(tools->mem, &normal);
    return fault;
}

static enum orr_vault_fault seal_with(const struct orr_keystore_tools *tools, const void *secret,
                                      size_t len, const void *password, size_t password_len,
                                      struct orr_keystore *ks, struct orr_why *why) {
    uint8_t dk[ORR_KEYSTORE_MAX_DK];
    enum orr_vault_fault fault = stretch(tools, ks, password, password_len, dk, why);
    if (fault) return fault;
    ks->ciphertext_len = len;
    orr_aes128_ctr(dk, ks->iv, secret, len, ks->ciphertext);
    mac_of(ks, dk, ks->mac);
    sodium_memzero(dk, sizeof dk);
    return ORR_FAULT_OK;
}

enum orr_vault_fault orr_keystore_seal(const struct orr_keystore_tools *tools,
                                       const uint8_t random[48], const void *secret, size_t len,
                                       const void *password, size_t password_len,
                                       struct orr_keystore *ks, struct orr_why *why) {
    struct orr_keystore made = *ks;
    struct orr_secret lent = {(uint8_t *)secret, len, len}, normal;
    uint8_t key[32];
    if (!len || len > ORR_KEYSTORE_MAX_SECRET)
        return orr_vault_say(why, ORR_FAULT_BAD_TEXT, "a secret of %zu bytes", len);
    made.dk_len = 32;
    made.salt_len = ORR_KEYSTORE_SALT;
    memcpy(made.salt, random, ORR_KEYSTORE_SALT);
    memcpy(made.iv, random + ORR_KEYSTORE_SALT, sizeof made.iv);
    made.has_address = made.has_public = false;
    if (orr_keystore_pad(&lent, key)) {
        if (made.version == 3)
            made.has_address = orr_secp_address(tools->secp, key, &made.address);
        else
            made.has_public =
                tools->bls && tools->bls->public_key(tools->bls, key, made.public_key);
        sodium_memzero(key, sizeof key);
    }
    enum orr_vault_fault fault;
    if (made.version == 3) {
        fault = seal_with(tools, secret, len, password, password_len, &made, why);
    } else {
        fault = orr_normal_password(tools->mem, password, password_len, &normal);
        if (fault) return orr_vault_say(why, fault, "the password is no UTF-8");
        fault = seal_with(tools, secret, len, normal.bytes, normal.len, &made, why);
        orr_secret_free(tools->mem, &normal);
    }
    if (!fault) *ks = made;
    return fault;
}

void orr_keystore_uuid(const uint8_t random[16], char to[37]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    memcpy(bytes, random, sizeof bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = digits[bytes[i] >> 4];
        *to++ = digits[bytes[i] & 15];
    }
    *to = 0;
}
