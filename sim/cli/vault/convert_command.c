/* convert_command.c - keys written in the formats of others. */
#include <sodium.h>
#include <string.h>

#include "sim/cli/vault/clock.h"
#include "sim/cli/vault/convert.h"
#include "sim/cli/vault/files.h"

enum { MAX_TEXT = 64 << 10 };

/* "UTC--2026-11-28T14-00-00.000000000Z--ADDRESS", as geth names its files. */
static void geth_name(const struct orr_keystore *ks, char *to, size_t size) {
    char date[ORR_CLOCK_TEXT], address[ORR_ADDRESS_TEXT];
    orr_clock_text(orr_clock_seconds(), date);
    for (char *p = date; *p; p++)
        if (*p == ':') *p = '-';
    date[19] = 0;
    orr_address_write(address, &ks->address);
    for (char *p = address; *p; p++)
        if (*p >= 'A' && *p <= 'Z') *p += 32;
    snprintf(to, size, "UTC--%s.000000000Z--%s", date, address + 2);
}

static int seal(const struct orr_call *call, const struct orr_material *m, int version,
                struct orr_keystore *ks) {
    struct orr_keystore_tools tools = orr_call_tools(call);
    struct orr_why why = {""};
    struct orr_secret password;
    uint8_t random[48], id[16], key[32];
    *ks = (struct orr_keystore){.version = version,
                                .is_pbkdf2 = orr_call_option(call, ORR_OPT_PBKDF2) != NULL,
                                .scrypt = {1 << 18, 8, 1},
                                .iterations = 262144};
    if (orr_call_option(call, ORR_OPT_LIGHT)) ks->scrypt = (struct orr_scrypt){1 << 12, 8, 6};
    snprintf(ks->path, sizeof ks->path, "%s", m->path);
    const void *secret = m->secret.bytes;
    size_t len = m->secret.len;
    if (version == 3 && m->kind != ORR_MATERIAL_SECRET) {
        int code = orr_material_key(call, m, key);
        if (code) return code;
        secret = key, len = 32;
    } else if (version == 4 && m->kind != ORR_MATERIAL_BLS) {
        return orr_call_fail(call, 2, "NO_KEY", "EIP-2335 holds keys of BLS12-381; `derive --bls`");
    }
    int code = orr_password_ask(call, ORR_PASSWORD_NEW, "the keystore", &password);
    if (!code) {
        randombytes_buf(random, sizeof random);
        randombytes_buf(id, sizeof id);
        orr_keystore_uuid(id, ks->id);
        enum orr_vault_fault fault =
            orr_keystore_seal(&tools, random, secret, len, password.bytes, password.len, ks, &why);
        orr_secret_free(call->mem, &password);
        if (fault) code = orr_call_refuse(call, NULL, fault, &why);
    }
    sodium_memzero(key, sizeof key);
    return code;
}

static int write_keystore(const struct orr_call *call, const struct orr_material *m,
                          const struct orr_secret *old, int version) {
    struct orr_keystore ks;
    char text[MAX_TEXT], name[4096];
    const char *out = orr_call_option(call, ORR_OPT_OUT);
    int code = seal(call, m, version, &ks);
    if (code) return code;
    bool keeps = old && m->keystore_version == version;
    size_t len = orr_keystore_write(&ks, keeps ? (const char *)old->bytes : NULL,
                                    keeps ? old->len : 0, text, sizeof text - 1);
    if (len >= sizeof text) return orr_call_fail(call, 3, "MACHINE", "too long a keystore");
    text[len++] = '\n';
    if (!out) {
        fwrite(text, 1, len, stdout);
        return 0;
    }
    snprintf(name, sizeof name, "%s", out);
    size_t n = strlen(name);
    if (n && name[n - 1] == '/' && version == 3) geth_name(&ks, name + n, sizeof name - n);
    code = orr_files_write(call, name, orr_call_option(call, ORR_OPT_FORCE) != NULL, text, len);
    if (code) return code;
    json_t *object = json_pack("{s:s}", "file", name);
    if (ks.has_address) json_object_set_new(object, "address", orr_call_address(&ks.address));
    return orr_call_print(call, object, "file");
}

static int write_text(const struct orr_call *call, const char *text, size_t len) {
    const char *out = orr_call_option(call, ORR_OPT_OUT);
    struct orr_secret line = orr_secret_new(call->mem, len + 1);
    if (len) memcpy(line.bytes, text, len);
    line.bytes[len] = '\n';
    int code = 0;
    if (out)
        code = orr_files_write(call, out, orr_call_option(call, ORR_OPT_FORCE) != NULL, line.bytes,
                               len + 1);
    else
        fwrite(line.bytes, 1, len + 1, stdout);
    orr_secret_free(call->mem, &line);
    return code;
}

int orr_convert_write(const struct orr_call *call, const struct orr_material *m,
                      const struct orr_secret *old) {
    const char *as = orr_call_option(call, ORR_OPT_AS);
    if (!as) return orr_call_fail(call, 2, "USAGE", "--as v3, eip2335, mnemonic, age or raw");
    if (!strcmp(as, "v3")) return write_keystore(call, m, old, 3);
    if (!strcmp(as, "eip2335")) return write_keystore(call, m, old, 4);
    bool sentence = !strcmp(as, "mnemonic"), age = !strcmp(as, "age");
    if (!sentence && !age && strcmp(as, "raw"))
        return orr_call_fail(call, 2, "USAGE", "--as v3, eip2335, mnemonic, age or raw");
    if (sentence && m->kind != ORR_MATERIAL_MNEMONIC)
        return orr_call_fail(call, 2, "NO_KEY", "%s: there is no sentence for it",
                             orr_material_name(m->kind));
    if (age && m->kind != ORR_MATERIAL_AGE)
        return orr_call_fail(call, 2, "NO_KEY", "%s: no age identity", orr_material_name(m->kind));
    struct orr_secret text = orr_material_text(call, m);
    int code = write_text(call, (char *)text.bytes, text.len);
    orr_secret_free(call->mem, &text);
    return code;
}

int orr_vault_convert_command(struct orr_call *call) {
    struct orr_secret bytes;
    struct orr_material m;
    const char *path = call->operand[0];
    int code = orr_files_read(call, path, ORR_FILES_MAX, &bytes);
    if (code) return code;
    code = orr_material_parse(call, path, bytes.bytes, bytes.len, ORR_MATERIAL_N, ORR_PASSWORD, &m);
    if (!code) {
        code = orr_convert_write(call, &m, &bytes);
        orr_material_free(call, &m);
    }
    orr_secret_free(call->mem, &bytes);
    return code;
}
