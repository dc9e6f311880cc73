/* share_command.c - `orrery vault split` and `combine`: SLIP-39. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "models/vault/slip39.h"
#include "sim/cli/vault/files.h"
#include "sim/cli/vault/material.h"

enum { MAX_SHARES = ORR_SLIP39_MAX * ORR_SLIP39_MAX };

/* "K/N" as two numbers from 1 to 16. */
static bool read_pair(const char *text, uint8_t *k, uint8_t *n) {
    unsigned a, b;
    char rest;
    if (sscanf(text, "%2u/%2u%c", &a, &b, &rest) != 2 || a < 1 || b < 1 || a > 16 || b > 16)
        return false;
    *k = (uint8_t)a, *n = (uint8_t)b;
    return true;
}

/* The plan, and which operand names the entry. */
static int read_plan(const struct orr_call *call, struct orr_share_plan *plan, const char **name) {
    uint64_t groups = 1, exponent = 1;
    *plan = (struct orr_share_plan){.extendable = true};
    size_t used = 0;
    for (size_t i = 0; i < call->n_given; i++) {
        if (call->given[i].option != ORR_OPT_GROUP) continue;
        if (plan->n_groups == ORR_SLIP39_MAX ||
            !read_pair(call->given[i].value, &plan->group[plan->n_groups].threshold,
                       &plan->group[plan->n_groups].n))
            return orr_call_fail(call, 2, "USAGE", "--group wants K/N, each from 1 to 16");
        plan->n_groups++;
    }
    if (!plan->n_groups) {
        char pair[16];
        if (call->n_operands < 2 || strlen(call->operand[0]) > 2 || strlen(call->operand[1]) > 2)
            return orr_call_fail(call, 2, "USAGE", "K N: how many of how many shares give it back");
        snprintf(pair, sizeof pair, "%s/%s", call->operand[0], call->operand[1]);
        if (!read_pair(pair, &plan->group[0].threshold, &plan->group[0].n))
            return orr_call_fail(call, 2, "USAGE", "K and N are numbers from 1 to 16");
        plan->n_groups = 1;
        used = 2;
    }
    *name = call->n_operands > used ? call->operand[used] : NULL;
    if (!orr_call_number(call, ORR_OPT_GROUPS, 1, 16, &groups)) return 2;
    if (!orr_call_number(call, ORR_OPT_EXPONENT, 0, 15, &exponent)) return 2;
    plan->group_threshold = (uint8_t)groups;
    plan->exponent = (uint8_t)exponent;
    return 0;
}

static int print_shares(const struct orr_call *call, const struct orr_share *shares, size_t n) {
    const char *out = orr_call_option(call, ORR_OPT_OUT);
    json_t *list = json_array();
    int code = 0;
    for (size_t i = 0; i < n && !code; i++) {
        char text[ORR_SLIP39_TEXT + 1], path[4096];
        size_t len = orr_share_write(&shares[i], text);
        if (out) {
            text[len] = '\n';
            snprintf(path, sizeof path, "%s-%u-%u", out, shares[i].group + 1, shares[i].member + 1);
            code = orr_files_write(call, path, orr_call_option(call, ORR_OPT_FORCE) != NULL, text,
                                   len + 1);
            json_array_append_new(list, json_string(path));
        } else {
            json_array_append_new(list, json_string(text));
        }
        sodium_memzero(text, sizeof text);
    }
    if (code) {
        json_decref(list);
        return code;
    }
    if (!orr_call_option(call, ORR_OPT_JSON)) {
        for (size_t i = 0; i < n; i++) puts(json_string_value(json_array_get(list, i)));
        json_decref(list);
        return 0;
    }
    json_t *object = json_pack("{s:i}", "identifier", (int)shares[0].id);
    bool shown = out || orr_call_option(call, ORR_OPT_SECRET);
    json_object_set_new(object, "shares", json_integer((json_int_t)n));
    if (shown) json_object_set(object, out ? "files" : "mnemonics", list);
    json_decref(list);
    return orr_call_print(call, object, NULL);
}

int orr_vault_split_command(struct orr_call *call) {
    struct orr_share_plan plan;
    struct orr_material m;
    struct orr_secret passphrase;
    struct orr_why why = {""};
    const char *name = NULL;
    int code = read_plan(call, &plan, &name);
    if (!code) code = orr_material_load(call, name, &m);
    if (code) return code;
    uint8_t padded[32];
    const uint8_t *secret = m.secret.bytes;
    size_t len = m.secret.len, n = 0;
    if (m.kind == ORR_MATERIAL_MNEMONIC) secret = m.sentence.entropy, len = m.sentence.len;
    if (m.kind == ORR_MATERIAL_KEY && orr_keystore_pad(&m.secret, padded))
        secret = padded, len = 32;
    for (int g = 0; g < plan.n_groups; g++) n += plan.group[g].n;
    code = orr_password_ask(call, ORR_PASSPHRASE, "", &passphrase);
    if (!code) {
        struct orr_secret random = orr_secret_new(call->mem, orr_shares_random(&plan, len));
        struct orr_secret made = orr_secret_new(call->mem, (n + 1) * sizeof(struct orr_share));
        struct orr_share *shares = (struct orr_share *)made.bytes;
        randombytes_buf(random.bytes, random.len);
        enum orr_vault_fault fault =
            orr_shares_split(call->mem, &plan, secret, len, passphrase.bytes, passphrase.len,
                             random.bytes, shares, &why);
        code = fault ? orr_call_refuse(call, NULL, fault, &why) : print_shares(call, shares, n);
        orr_secret_free(call->mem, &random);
        orr_secret_free(call->mem, &made);
        orr_secret_free(call->mem, &passphrase);
    }
    sodium_memzero(padded, sizeof padded);
    orr_material_free(call, &m);
    return code;
}

/* ---- combine ---- */

/* Every line of a file is a share; blank lines and those that begin with # are not. */
static int read_shares(const struct orr_call *call, const char *path, struct orr_share *shares,
                       size_t *n) {
    struct orr_secret text;
    struct orr_why why = {""};
    int code = orr_files_read(call, path, 1 << 20, &text);
    if (code) return code;
    char *p = (char *)text.bytes, *end = p + text.len;
    while (p < end && !code) {
        size_t len = strcspn(p, "\n"), blank = strspn(p, " \t\r");
        if (blank < len && p[blank] != '#') {
            enum orr_vault_fault fault = *n == MAX_SHARES
                                             ? ORR_FAULT_BAD_SHARE
                                             : orr_share_read(call->mem, p, len, &shares[*n], &why);
            char where[256];
            snprintf(where, sizeof where, "share %zu (%.200s)", *n + 1, path);
            if (fault) code = orr_call_refuse(call, where, fault, &why);
            ++*n;
        }
        p += len;
        while (p < end && (*p == '\n' || !*p)) p++;
    }
    orr_secret_free(call->mem, &text);
    return code;
}

static int print_secret(const struct orr_call *call, const struct orr_secret *secret,
                        const struct orr_share *first) {
    const char *as = orr_call_option(call, ORR_OPT_AS);
    const char *language = orr_call_option(call, ORR_OPT_LANGUAGE);
    bool json = orr_call_option(call, ORR_OPT_JSON);
    int l = language ? orr_bip39_language(language) : ORR_BIP39_ENGLISH;
    if (as && strcmp(as, "mnemonic") && strcmp(as, "raw"))
        return orr_call_fail(call, 2, "USAGE", "--as is mnemonic or raw");
    if (l < 0) return orr_call_fail(call, 2, "USAGE", "%s: no language of BIP-39", language);
    json_t *object = json_pack("{s:i, s:i, s:i}", "identifier", (int)first->id, "exponent",
                               (int)first->exponent, "bits", (int)secret->len * 8);
    bool shown = !json || orr_call_option(call, ORR_OPT_SECRET);
    if (shown) json_object_set_new(object, "secret", orr_call_hex(secret->bytes, secret->len));
    bool sentence = as && !strcmp(as, "mnemonic");
    if (sentence && secret->len <= 32 && secret->len % 4 == 0 && shown) {
        struct orr_bip39 m = {.language = (uint32_t)l, .len = secret->len};
        char text[ORR_BIP39_TEXT];
        memcpy(m.entropy, secret->bytes, secret->len);
        orr_bip39_write(&m, text);
        json_object_set_new(object, "mnemonic", json_string(text));
        sodium_memzero(text, sizeof text);
        sodium_memzero(&m, sizeof m);
    }
    struct orr_bip32 root;
    if (shown && !orr_bip32_master(&call->secp, secret->bytes, secret->len, &root)) {
        char text[ORR_BASE58_TEXT];
        orr_bip32_write(&root, true, text);
        json_object_set_new(object, "bip32_root", json_string(text));
        sodium_memzero(text, sizeof text);
        sodium_memzero(&root, sizeof root);
    }
    return orr_call_print(call, object, sentence ? "mnemonic" : "secret");
}

int orr_vault_combine_command(struct orr_call *call) {
    struct orr_secret made = orr_secret_new(call->mem, MAX_SHARES * sizeof(struct orr_share));
    struct orr_share *shares = (struct orr_share *)made.bytes;
    struct orr_secret passphrase, secret;
    struct orr_why why = {""};
    size_t n = 0;
    int code = 0;
    for (size_t i = 0; i < call->n_operands && !code; i++)
        code = read_shares(call, call->operand[i], shares, &n);
    if (!call->n_operands) code = read_shares(call, "-", shares, &n);
    if (!code) code = orr_password_ask(call, ORR_PASSPHRASE, "", &passphrase);
    if (!code) {
        enum orr_vault_fault fault = orr_shares_combine(shares, n, passphrase.bytes, passphrase.len,
                                                        call->mem, &secret, &why);
        orr_secret_free(call->mem, &passphrase);
        code = fault ? orr_call_refuse(call, NULL, fault, &why)
                     : print_secret(call, &secret, &shares[0]);
        if (!fault) orr_secret_free(call->mem, &secret);
    }
    orr_secret_free(call->mem, &made);
    return code;
}
