/* slot_command.c - the vault itself: init, passwd, slot, check. */
#include <sodium.h>
#include <string.h>

#include "models/vault/codec.h"
#include "sim/cli/vault/convert.h"
#include "sim/cli/vault/session.h"

/* Asks for a new passphrase and adds a slot for it. */
static int add_passphrase(const struct orr_call *call, json_t *root, const char *label) {
    struct orr_secret password;
    struct orr_why why = {""};
    uint64_t passes = ORR_SLOT_PASSES, memory = ORR_SLOT_MEMORY_KIB;
    uint8_t salt[ORR_ARGON2_SALT];
    if (!orr_call_number(call, ORR_OPT_PASSES, 1, 1000, &passes) ||
        !orr_call_number(call, ORR_OPT_MEMORY, 8, 1 << 20, &memory))
        return 2;
    int code = orr_password_ask(call, ORR_PASSWORD_NEW, "the vault", &password);
    if (code) return code;
    randombytes_buf(salt, sizeof salt);
    enum orr_vault_fault fault = orr_safe_add_passphrase(root, label, password.bytes, password.len,
                                                         salt, passes, memory, &why);
    orr_secret_free(call->mem, &password);
    return fault ? orr_call_refuse(call, label, fault, &why) : 0;
}

static int add_recipients(const struct orr_call *call, json_t *root, const char *label, size_t *n) {
    int code = 0;
    for (size_t i = 0; i < call->n_given && !code; i++) {
        uint8_t public_key[32];
        struct orr_why why = {""};
        const char *text = call->given[i].value;
        if (call->given[i].option != ORR_OPT_RECIPIENT) continue;
        if (orr_bech32_read(text, strlen(text), "age", public_key, 32) != 32)
            return orr_call_fail(call, 2, "BAD_TEXT", "%s: no age recipient (age1...)", text);
        enum orr_vault_fault fault =
            orr_safe_add_key(root, label && !*n ? label : text, public_key, &why);
        if (fault) code = orr_call_refuse(call, text, fault, &why);
        ++*n;
    }
    return code;
}

int orr_vault_init_command(struct orr_call *call) {
    struct orr_session s;
    uint64_t keep = ORR_SAFE_KEEP;
    size_t n = 0;
    const char *label = orr_call_option(call, ORR_OPT_LABEL);
    if (!orr_call_number(call, ORR_OPT_KEEP, 1, 1000, &keep)) return 2;
    int code = orr_session_new(call, &s);
    if (code) return code;
    json_object_set_new(s.root, "keep", json_integer((json_int_t)keep));
    code = add_recipients(call, s.root, NULL, &n);
    bool passphrase = !n || orr_password_given(call, ORR_PASSWORD_NEW);
    if (!code && passphrase) code = add_passphrase(call, s.root, label ? label : "passphrase");
    if (!code) code = orr_session_save(call, &s);
    if (!code) orr_call_print(call, json_pack("{s:s}", "vault", s.path), "vault");
    orr_session_close(call, &s);
    return code;
}

/* The label of the slot whose key opened the vault, lent. */
static const char *own_label(const struct orr_session *s) {
    uint8_t public_key[32];
    char text[44];
    size_t i;
    json_t *slot;
    crypto_scalarmult_base(public_key, s->identity);
    orr_base64_write(text, public_key, sizeof public_key);
    json_array_foreach(json_object_get(s->root, "slots"), i, slot) {
        if (!strcmp(json_string_value(json_object_get(slot, "public")), text))
            return json_string_value(json_object_get(slot, "label"));
    }
    return NULL;
}

int orr_vault_passwd_command(struct orr_call *call) {
    struct orr_session s;
    char label[256];
    int code = orr_session_open(call, true, &s);
    if (code) return code;
    const char *named = orr_call_option(call, ORR_OPT_LABEL), *own = own_label(&s);
    snprintf(label, sizeof label, "%s", named ? named : own ? own : "");
    json_t *slots = json_object_get(s.root, "slots");
    /* the new slot is made beside the old one, which then goes: there is always one */
    code = add_passphrase(call, s.root, "\x01");
    if (!code && !orr_safe_remove_slot(s.root, label))
        code = orr_call_fail(call, 1, "NO_ENTRY", "%s: no such slot", label);
    if (!code) {
        json_object_set_new(json_array_get(slots, json_array_size(slots) - 1), "label",
                            json_string(label));
        code = orr_session_save(call, &s);
    }
    orr_session_close(call, &s);
    return code;
}

static int list_slots(const struct orr_call *call, const struct orr_session *s) {
    json_t *list = json_array(), *slot;
    size_t i;
    json_array_foreach(json_object_get(s->root, "slots"), i, slot) {
        bool passphrase = json_object_get(slot, "salt");
        json_t *line = json_object();
        json_object_set(line, "label", json_object_get(slot, "label"));
        json_object_set_new(line, "type", json_string(passphrase ? "argon2id" : "X25519"));
        if (passphrase) {
            json_object_set(line, "passes", json_object_get(slot, "passes"));
            json_object_set(line, "memory_kib", json_object_get(slot, "memory_kib"));
        } else {
            uint8_t public_key[32];
            char text[ORR_BECH32_TEXT];
            const char *coded = json_string_value(json_object_get(slot, "public"));
            orr_base64_read(coded, strlen(coded), public_key, sizeof public_key);
            orr_bech32_write(text, "age", public_key, sizeof public_key, false);
            json_object_set_new(line, "recipient", json_string(text));
        }
        json_array_append_new(list, line);
    }
    return orr_call_print(call, json_pack("{s:o}", "slots", list), NULL);
}

int orr_vault_slot_command(struct orr_call *call) {
    struct orr_session s;
    const char *verb = call->operand[0], *label = orr_call_option(call, ORR_OPT_LABEL);
    bool add = !strcmp(verb, "add"), rm = !strcmp(verb, "rm"), list = !strcmp(verb, "list");
    size_t n = 0;
    if ((!add && !rm && !list) || (call->n_operands == 2) != rm)
        return orr_call_fail(call, 2, "USAGE", "slot list, slot add, or slot rm LABEL");
    int code = orr_session_open(call, !list, &s);
    if (code) return code;
    if (list) {
        code = list_slots(call, &s);
    } else if (rm) {
        if (!orr_safe_remove_slot(s.root, call->operand[1]))
            code = orr_call_fail(call, 1, "NO_ENTRY", "%s: no such slot, or it is the last",
                                 call->operand[1]);
    } else {
        code = add_recipients(call, s.root, label, &n);
        if (!code && !n) code = add_passphrase(call, s.root, label ? label : "another");
    }
    if (!code && !list) code = orr_session_save(call, &s);
    orr_session_close(call, &s);
    return code;
}

int orr_vault_check_command(struct orr_call *call) {
    struct orr_session s;
    size_t i, n = 0;
    json_t *entry;
    int code = orr_session_open(call, false, &s);
    if (code) return code;
    json_array_foreach(json_object_get(s.root, "entries"), i, entry) {
        struct orr_material m;
        code = orr_material_of_entry(call, entry, 0, &m);
        if (code) break;
        orr_material_free(call, &m);
        n++;
    }
    if (!code)
        orr_call_print(call,
                       json_pack("{s:s, s:I, s:I}", "vault", s.path, "slots",
                                 (json_int_t)json_array_size(json_object_get(s.root, "slots")),
                                 "entries", (json_int_t)n),
                       NULL);
    orr_session_close(call, &s);
    return code;
}
