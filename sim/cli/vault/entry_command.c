/* entry_command.c - what goes into a vault and comes out: new, import, export, list, put, get, rm,
 * generate. */
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>
#include <unistr.h>

#include "models/vault/codec.h"
#include "sim/base/text.h"
#include "sim/cli/vault/clock.h"
#include "sim/cli/vault/convert.h"
#include "sim/cli/vault/session.h"

enum { MAX_PUT = 32 << 20 };

static int bad_name(const struct orr_call *call, const char *name) {
    if (orr_entry_name_is_good(name) && !u8_check((const uint8_t *)name, strlen(name))) return 0;
    return orr_call_fail(call, 2, "BAD_TEXT",
                         "a name has 1 to 128 bytes of UTF-8, no control "
                         "characters, and no dash in front");
}

static int no_entry(const struct orr_call *call, const char *name) {
    return orr_call_fail(call, 1, "NO_ENTRY", "%s: no such entry", name);
}

/* Puts a text under a name and writes the vault. */
static int put_and_save(const struct orr_call *call, struct orr_session *s, const char *name,
                        const char *kind, const struct orr_secret *text) {
    orr_entry_put(s->root, name, kind, (const char *)text->bytes, text->len, orr_clock_seconds());
    return orr_session_save(call, s);
}

/* Puts a key, then tells its public side. */
static int put_material(const struct orr_call *call, const char *name,
                        const struct orr_material *m) {
    struct orr_session s;
    int code = orr_session_open(call, true, &s);
    if (code) return code;
    struct orr_secret text = orr_material_text(call, m);
    json_t *object = json_pack("{s:s}", "name", name);
    code = orr_material_describe(call, m, object);
    if (!code) code = put_and_save(call, &s, name, orr_material_name(m->kind), &text);
    orr_secret_free(call->mem, &text);
    orr_session_close(call, &s);
    if (!code) return orr_call_print(call, object, NULL);
    json_decref(object);
    return code;
}

int orr_vault_new_command(struct orr_call *call) {
    struct orr_material m = {.kind = ORR_MATERIAL_MNEMONIC};
    uint64_t words = 24;
    const char *language = orr_call_option(call, ORR_OPT_LANGUAGE);
    int l = language ? orr_bip39_language(language) : ORR_BIP39_ENGLISH;
    char text[ORR_BIP39_TEXT];
    if (!orr_call_number(call, ORR_OPT_WORDS, 12, 24, &words)) return 2;
    if (words % 3) return orr_call_fail(call, 2, "USAGE", "--words is 12, 15, 18, 21 or 24");
    if (l < 0) return orr_call_fail(call, 2, "USAGE", "%s: no language of BIP-39", language);
    int code = bad_name(call, call->operand[0]);
    if (code) return code;
    m.sentence = (struct orr_bip39){.language = (uint32_t)l, .len = words * 4 / 3};
    randombytes_buf(m.sentence.entropy, m.sentence.len);
    size_t len = orr_bip39_write(&m.sentence, text);
    m.secret = orr_secret_new(call->mem, len + 1);
    memcpy(m.secret.bytes, text, len + 1);
    m.secret.len = len;
    sodium_memzero(text, sizeof text);
    code = put_material(call, call->operand[0], &m);
    orr_material_free(call, &m);
    return code;
}

int orr_vault_import_command(struct orr_call *call) {
    struct orr_material m;
    struct orr_secret bytes;
    int code = bad_name(call, call->operand[0]);
    if (!code) code = orr_files_read(call, call->operand[1], ORR_FILES_MAX, &bytes);
    if (code) return code;
    code = orr_material_parse(call, call->operand[1], bytes.bytes, bytes.len, ORR_MATERIAL_N,
                              ORR_PASSWORD_FILE, &m);
    orr_secret_free(call->mem, &bytes);
    if (code) return code;
    code = put_material(call, call->operand[0], &m);
    orr_material_free(call, &m);
    return code;
}

int orr_vault_export_command(struct orr_call *call) {
    struct orr_material m;
    int code = orr_material_load(call, call->operand[0], &m);
    if (code) return code;
    code = orr_convert_write(call, &m, NULL);
    orr_material_free(call, &m);
    return code;
}

static json_t *time_text(const json_t *seconds) {
    char text[ORR_CLOCK_TEXT];
    orr_clock_text(json_integer_value(seconds), text);
    return json_string(text);
}

struct listing {
    bool as_json, begun;
};

static void list_entry(void *ctx, const json_t *entry) {
    struct listing *l = ctx;
    json_t *changed = time_text(json_object_get(entry, "changed"));
    const char *name = json_string_value(json_object_get(entry, "name"));
    if (l->as_json) {
        json_t *line = json_object();
        json_object_set(line, "name", json_object_get(entry, "name"));
        json_object_set(line, "kind", json_object_get(entry, "kind"));
        json_object_set(line, "version", json_object_get(entry, "version"));
        json_object_set_new(line, "created", time_text(json_object_get(entry, "created")));
        json_object_set(line, "changed", changed);
        fputs(l->begun ? "," : "{\"entries\":[", stdout);
        json_dumpf(line, stdout, JSON_COMPACT);
        json_decref(line);
    } else {
        printf("%-10s %s  ", ORR_SHOWN(json_string_value(json_object_get(entry, "kind"))),
               json_string_value(changed));
        orr_text_print(name, strlen(name), stdout);
        putchar('\n');
    }
    l->begun = true;
    json_decref(changed);
}

int orr_vault_list_command(struct orr_call *call) {
    struct orr_session s;
    struct listing l = {orr_call_option(call, ORR_OPT_JSON) != NULL, false};
    const struct orr_entry_visitor visitor = {list_entry, &l};
    int code = orr_session_visit(call, &visitor, &s);
    if (code) return code;
    if (l.as_json) puts(l.begun ? "]}" : "{\"entries\":[]}");
    orr_session_close(call, &s);
    return 0;
}

/* ---- passwords, notes, files ---- */

/* A short line is a password, other text a note, the rest a file; as the vault holds it. */
static int classify(const struct orr_call *call, struct orr_secret *bytes, const char **kind) {
    const char *hint = orr_call_option(call, ORR_OPT_KIND);
    bool text = !u8_check(bytes->bytes, bytes->len) && !memchr(bytes->bytes, 0, bytes->len);
    uint8_t *newline = memchr(bytes->bytes, '\n', bytes->len);
    bool line = bytes->len <= 1024 && (!newline || newline == bytes->bytes + bytes->len - 1);
    *kind = hint ? hint : !text ? "file" : line ? "password" : "note";
    enum orr_material_kind k = orr_material_kind(*kind);
    if (k != ORR_MATERIAL_PASSWORD && k != ORR_MATERIAL_NOTE && k != ORR_MATERIAL_FILE)
        return orr_call_fail(call, 2, "USAGE",
                             "--kind is password, note or file; `import` takes keys");
    if (k == ORR_MATERIAL_FILE) {
        struct orr_secret coded = orr_secret_new(call->mem, orr_base64_len(bytes->len) + 1);
        orr_base64_write((char *)coded.bytes, bytes->bytes, bytes->len);
        coded.len = orr_base64_len(bytes->len);
        orr_secret_free(call->mem, bytes);
        *bytes = coded;
        return 0;
    }
    if (!text) return orr_call_fail(call, 2, "BAD_TEXT", "no UTF-8: --kind file keeps it");
    if (k == ORR_MATERIAL_PASSWORD && newline) bytes->len = (size_t)(newline - bytes->bytes);
    return 0;
}

int orr_vault_put_command(struct orr_call *call) {
    struct orr_secret bytes;
    struct orr_session s;
    const char *kind = NULL, *name = call->operand[0];
    int code = bad_name(call, name);
    if (code) return code;
    if (call->n_operands == 2)
        code = orr_files_read(call, call->operand[1], MAX_PUT, &bytes);
    else if (isatty(0))
        code = orr_password_ask(call, ORR_PASSWORD_NEW, name, &bytes);
    else
        code = orr_files_read(call, "-", MAX_PUT, &bytes);
    if (code) return code;
    code = classify(call, &bytes, &kind);
    if (!code) code = orr_session_open(call, true, &s);
    if (!code) {
        code = put_and_save(call, &s, name, kind, &bytes);
        json_t *object = json_pack("{s:s, s:s}", "name", name, "kind", kind);
        json_object_set(object, "version",
                        json_object_get(orr_entry_find(s.root, name), "version"));
        if (!code && orr_call_option(call, ORR_OPT_JSON))
            orr_call_print(call, object, NULL);
        else
            json_decref(object);
        orr_session_close(call, &s);
    }
    orr_secret_free(call->mem, &bytes);
    return code;
}

/* OSC 52: a terminal that allows it puts the text onto the clipboard. */
static int copy_out(const struct orr_call *call, const struct orr_secret *value) {
    int tty = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) return orr_call_fail(call, 3, "NO_TERMINAL", "no terminal to copy through");
    struct orr_secret text = orr_secret_new(call->mem, orr_base64_len(value->len) + 4);
    orr_base64_write((char *)text.bytes, value->bytes, value->len);
    size_t n = orr_base64_len(value->len);
    while (n % 4) text.bytes[n++] = '=';
    dprintf(tty, "\033]52;c;%.*s\a", (int)n, (char *)text.bytes);
    orr_secret_free(call->mem, &text);
    close(tty);
    return 0;
}

/* The value as it was put, and a newline behind a text on a terminal's output. */
static int hand_out(const struct orr_call *call, const struct orr_material *m,
                    const struct orr_secret *value) {
    const char *out = orr_call_option(call, ORR_OPT_OUT);
    if (orr_call_option(call, ORR_OPT_COPY)) return copy_out(call, value);
    if (out)
        return orr_files_write(call, out, orr_call_option(call, ORR_OPT_FORCE) != NULL,
                               value->bytes, value->len);
    fwrite(value->bytes, 1, value->len, stdout);
    if (m->kind != ORR_MATERIAL_FILE && m->kind != ORR_MATERIAL_NOTE) putchar('\n');
    return 0;
}

int orr_vault_get_command(struct orr_call *call) {
    struct orr_session s;
    struct orr_material m;
    uint64_t version = 0;
    if (!orr_call_number(call, ORR_OPT_VERSION, 1, INT32_MAX, &version)) return 2;
    int code = orr_session_open(call, false, &s);
    if (code) return code;
    const json_t *entry = orr_entry_find(s.root, call->operand[0]);
    code = entry ? orr_material_of_entry(call, entry, (int64_t)version, &m)
                 : no_entry(call, call->operand[0]);
    if (!code) {
        struct orr_secret value = orr_material_text(call, &m);
        if (orr_call_option(call, ORR_OPT_JSON)) {
            json_t *object = json_pack("{s:s}", "name", call->operand[0]);
            json_object_set(object, "kind", json_object_get(entry, "kind"));
            json_object_set(object, "version", json_object_get(entry, "version"));
            json_t *history = json_object_get(entry, "history"), *old;
            json_t *versions = json_array();
            size_t i;
            json_array_foreach(history, i, old)
                json_array_append(versions, json_object_get(old, "version"));
            json_object_set_new(object, "earlier", versions);
            if (orr_call_option(call, ORR_OPT_SECRET))
                json_object_set(object, m.kind == ORR_MATERIAL_FILE ? "secret_base64" : "secret",
                                (json_t *)orr_entry_value(entry, (int64_t)version));
            orr_call_print(call, object, NULL);
        } else {
            code = hand_out(call, &m, &value);
        }
        orr_secret_free(call->mem, &value);
        orr_material_free(call, &m);
    }
    orr_session_close(call, &s);
    return code;
}

int orr_vault_rm_command(struct orr_call *call) {
    struct orr_session s;
    int code = orr_session_open(call, true, &s);
    if (code) return code;
    code = orr_entry_remove(s.root, call->operand[0]) ? orr_session_save(call, &s)
                                                      : no_entry(call, call->operand[0]);
    orr_session_close(call, &s);
    return code;
}

/* ---- passwords by chance ---- */

/* n characters of 64, or n words of 2,048: 6 or 11 bits each. */
static struct orr_secret by_chance(const struct orr_call *call, bool words, size_t n) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct orr_secret text = orr_secret_new(call->mem, n * 10 + 1);
    text.len = 0;
    for (size_t i = 0; i < n; i++) {
        if (!words) {
            text.bytes[text.len++] = (uint8_t)letters[randombytes_uniform(64)];
            continue;
        }
        const char *word = orr_word(&orr_bip39_words[ORR_BIP39_ENGLISH], randombytes_uniform(2048));
        if (i) text.bytes[text.len++] = '-';
        memcpy(text.bytes + text.len, word, strlen(word));
        text.len += strlen(word);
    }
    text.bytes[text.len] = 0;
    return text;
}

int orr_vault_generate_command(struct orr_call *call) {
    uint64_t n = 20;
    bool words = orr_call_option(call, ORR_OPT_WORDS);
    struct orr_session s;
    const char *name = call->n_operands ? call->operand[0] : NULL;
    if (words && orr_call_option(call, ORR_OPT_LENGTH))
        return orr_call_fail(call, 2, "USAGE", "either --length or --words");
    if (!orr_call_number(call, ORR_OPT_WORDS, 1, 64, &n)) return 2;
    if (!orr_call_number(call, ORR_OPT_LENGTH, 1, 1024, &n)) return 2;
    int code = name ? bad_name(call, name) : 0;
    if (!code && name) code = orr_session_open(call, true, &s);
    if (code) return code;
    struct orr_secret text = by_chance(call, words, n);
    json_t *object = json_pack("{s:I}", "bits", (json_int_t)n * (words ? 11 : 6));
    if (name) {
        code = put_and_save(call, &s, name, "password", &text);
        orr_session_close(call, &s);
        json_object_set_new(object, "name", json_string(name));
    }
    bool shown = !name || orr_call_option(call, ORR_OPT_SECRET);
    if (shown) json_object_set_new(object, "secret", json_string((char *)text.bytes));
    if (shown && !orr_call_option(call, ORR_OPT_JSON) && !code)
        fprintf(stderr, "%llu bits of entropy\n", (unsigned long long)n * (words ? 11 : 6));
    if (!code)
        orr_call_print(call, object, shown ? "secret" : NULL);
    else
        json_decref(object);
    orr_secret_free(call->mem, &text);
    return code;
}
