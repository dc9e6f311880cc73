/* inspect_command.c - `orrery vault inspect`: what is this, and with which parameters? */
#include <string.h>

#include "models/base/hex.h"
#include "models/vault/slip39.h"
#include "sim/cli/vault/age_io.h"
#include "sim/cli/vault/material.h"

static void set(json_t *object, const char *name, json_t *value) {
    json_object_set_new(object, name, value);
}

static int inspect_keystore(const struct orr_call *call, const char *path,
                            const struct orr_secret *text) {
    struct orr_keystore ks;
    struct orr_why why = {""};
    enum orr_vault_fault fault = orr_keystore_read((char *)text->bytes, text->len, &ks, &why);
    if (fault) return orr_call_refuse(call, path, fault, &why);
    json_t *object = json_object();
    set(object, "kind", json_string("keystore"));
    set(object, "version", json_integer(ks.version));
    set(object, "cipher", json_string("aes-128-ctr"));
    set(object, "kdf", json_string(ks.is_pbkdf2 ? "pbkdf2" : "scrypt"));
    if (ks.is_pbkdf2) {
        set(object, "c", json_integer((json_int_t)ks.iterations));
    } else {
        set(object, "n", json_integer((json_int_t)ks.scrypt.n));
        set(object, "r", json_integer((json_int_t)ks.scrypt.r));
        set(object, "p", json_integer((json_int_t)ks.scrypt.p));
    }
    set(object, "dklen", json_integer((json_int_t)ks.dk_len));
    set(object, "secret_bytes", json_integer((json_int_t)ks.ciphertext_len));
    if (ks.has_address) set(object, "address", orr_call_address(&ks.address));
    if (ks.has_public) set(object, "public_key", orr_call_0x(ks.public_key, ORR_BLS_PUBLIC));
    if (*ks.path) set(object, "path", json_string(ks.path));
    if (*ks.id) set(object, "id", json_string(ks.id));
    return orr_call_print(call, object, NULL);
}

static int inspect_age(const struct orr_call *call, struct orr_age_input *in) {
    struct orr_age_header header;
    size_t size;
    int code = orr_age_input_header(call, in, &header, &size);
    if (code) return code;
    json_t *object = json_object(), *list = json_array();
    bool is_vault = false;
    for (size_t i = 0; i < header.n_stanzas; i++) {
        const struct orr_age_stanza *s = &header.stanza[i];
        json_t *args = json_array();
        is_vault |= orr_age_is(s, "orrery-argon2id") || orr_age_is(s, "orrery-vault");
        for (size_t a = 0; a < s->n_args && a < ORR_AGE_ARGS; a++)
            json_array_append_new(args, json_stringn(s->arg[a].text, s->arg[a].len));
        json_t *stanza = json_object();
        json_object_set(stanza, "type", json_array_get(args, 0));
        if (orr_age_is(s, "scrypt"))
            json_object_set(stanza, "work_factor", json_array_get(args, 2));
        if (orr_age_is(s, "orrery-argon2id")) {
            json_object_set(stanza, "passes", json_array_get(args, 2));
            json_object_set(stanza, "memory_kib", json_array_get(args, 3));
        }
        json_object_set_new(stanza, "arguments", args);
        json_array_append_new(list, stanza);
    }
    set(object, "kind", json_string(is_vault ? "vault" : "age"));
    set(object, "armored", json_boolean(in->armored));
    set(object, "header_bytes", json_integer((json_int_t)size));
    set(object, "stanzas", list);
    orr_age_header_free(call->mem, &header);
    return orr_call_print(call, object, NULL);
}

static int inspect_share(const struct orr_call *call, const char *path, const char *text,
                         size_t len) {
    struct orr_share s;
    struct orr_why why = {""};
    enum orr_vault_fault fault = orr_share_read(call->mem, text, len, &s, &why);
    if (fault) return orr_call_refuse(call, path, fault, &why);
    json_t *object = json_pack(
        "{s:s, s:i, s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "kind", "share", "identifier",
        (int)s.id, "extendable", (int)s.extendable, "exponent", (int)s.exponent, "group",
        s.group + 1, "group_threshold", (int)s.group_threshold, "groups", (int)s.n_groups, "member",
        s.member + 1, "threshold", (int)s.threshold, "secret_bytes", (int)s.len);
    memset(&s, 0, sizeof s);
    return orr_call_print(call, object, NULL);
}

/* Do most words of a text stand in SLIP-39's list?  BIP-39's shares a part of it. */
static bool looks_like_share(const char *text, size_t len) {
    size_t words = 0, known = 0;
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && !strchr(" \t\r\n", text[i + n])) n++;
        if (n) words++, known += orr_word_find(&orr_slip39_words, text + i, n) >= 0;
        i += n + 1;
    }
    return words >= 20 && words != 21 && words != 24 ? known * 2 > words : known == words && known;
}

static int inspect_text(const struct orr_call *call, const char *path,
                        const struct orr_secret *text) {
    struct orr_material m;
    struct orr_address address;
    size_t len = text->len, start = 0;
    while (start < len && text->bytes[start] && strchr(" \t\r\n", text->bytes[start])) start++;
    while (len > start && text->bytes[len - 1] && strchr(" \t\r\n", text->bytes[len - 1])) len--;
    const char *p = (const char *)text->bytes + start;
    len -= start;
    if (!orr_call_option(call, ORR_OPT_KIND)) {
        uint8_t recipient[32];
        if (len > 4 && orr_bech32_read(p, len, "age", recipient, 32) == 32)
            return orr_call_print(call, json_pack("{s:s}", "kind", "age recipient"), NULL);
        if (len > 2 && p[0] == '0' && len == 42 && !orr_address_read(p, len, &address))
            return orr_call_print(
                call,
                json_pack("{s:s, s:o}", "kind", "address", "address", orr_call_address(&address)),
                NULL);
        if (looks_like_share(p, len)) return inspect_share(call, path, p, len);
    }
    int code = orr_material_parse(call, path, p, len, ORR_MATERIAL_N, ORR_PASSWORD, &m);
    if (code) return code;
    json_t *object = json_object();
    code = orr_material_describe(call, &m, object);
    orr_material_free(call, &m);
    if (!code) return orr_call_print(call, object, NULL);
    json_decref(object);
    return code;
}

/* An age file is looked at by its header, however long it is; the rest is read whole. */
static int inspect(const struct orr_call *call, struct orr_age_input *in) {
    int code = orr_age_input_fill(call, in, 64);
    if (code) return code;
    const char *p = (const char *)in->buffer;
    size_t blank = 0;
    while (blank < in->len && p[blank] && strchr(" \t\r\n", p[blank])) blank++;
    if (in->len > 4 && !memcmp(p, "age-", 4)) return inspect_age(call, in);
    if (blank + 10 < in->len && !memcmp(p + blank, "-----BEGIN", 10)) return inspect_age(call, in);
    if (!in->len) return orr_call_fail(call, 2, "BAD_TEXT", "%s: empty", in->name);
    code = orr_age_input_fill(call, in, ORR_FILES_MAX + 1);
    if (code) return code;
    if (in->len > ORR_FILES_MAX)
        return orr_call_fail(call, 2, "TOO_LARGE", "%s: above %d bytes", in->name, ORR_FILES_MAX);
    const struct orr_secret text = {in->buffer, in->len, in->size};
    in->buffer[in->len] = 0;
    return in->buffer[blank] == '{' || in->buffer[blank] == '['
               ? inspect_keystore(call, in->name, &text)
               : inspect_text(call, in->name, &text);
}

int orr_vault_inspect_command(struct orr_call *call) {
    struct orr_age_input in;
    int code = orr_age_input_open(call, call->operand[0], &in);
    if (code) return code;
    code = inspect(call, &in);
    orr_age_input_close(call, &in);
    return code;
}
