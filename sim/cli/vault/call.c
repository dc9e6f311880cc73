#include "sim/cli/vault/call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "models/base/hex.h"
#include "sim/base/diag.h"
#include "sim/cli/vault/bls.h"
#include "sim/cli/vault/secure.h"

enum { MAX_OPTIONS = 32 };

static const struct verb {
    const char *name, *operands, *summary;
    size_t least, most;
    int (*run)(struct orr_call *call);
    enum orr_vault_option option[MAX_OPTIONS];
    size_t n_options;
} verbs[] = {
#define VAULT_VERB(verb, operands, least, most, text, ...) \
    {                                                      \
        #verb,                                             \
        operands,                                          \
        text,                                              \
        least,                                             \
        most,                                              \
        orr_vault_##verb##_command,                        \
        {__VA_ARGS__},                                     \
        sizeof((enum orr_vault_option[]){__VA_ARGS__}) / sizeof(enum orr_vault_option)},
#include "sim/cli/vault/verbs.def"
#undef VAULT_VERB
};
enum { N_VERBS = sizeof verbs / sizeof verbs[0] };

static const struct orr_option all_options[ORR_OPT_N] = {
#define OPTION(constant, name, value, help) {name, value, help},
    ORR_VAULT_OPTIONS(OPTION)
#undef OPTION
};

static const char exit_codes[] =
    "Exit codes: 0 done, 1 a signature does not verify or there is no such entry, 2 bad input,\n"
    "3 the machine failed, 4 wrong password or tampered with.\n";

static int usage(FILE *to) {
    fprintf(to, "usage: orrery vault VERB [OPTION...] [OPERAND...]\n\n"
                "Keys, keystores, signatures and encrypted files.\n\n");
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fprintf(to, "\n  orrery vault VERB --help   what a verb takes\n\n%s", exit_codes);
    return to == stdout ? 0 : 2;
}

static int verb_usage(const struct verb *v, const struct orr_option *options, FILE *to) {
    fprintf(to, "usage: orrery vault %s [OPTION...] %s\n\n%s\n\n", v->name, v->operands,
            v->summary);
    orr_options_print(options, (uint32_t)v->n_options, to);
    fprintf(to, "\nA password that no option gives is asked for at the terminal.\n%s", exit_codes);
    return to == stdout ? 0 : 2;
}

/* Fills the call from the command line; -1: go on, else an exit code. */
static int parse(const struct verb *v, int argc, char **argv, struct orr_call *call) {
    char name[64];
    struct orr_option options[MAX_OPTIONS];
    snprintf(name, sizeof name, "vault %s", v->name);
    for (size_t i = 0; i < v->n_options; i++) options[i] = all_options[v->option[i]];
    struct orr_options o = {
        .verb = name, .list = options, .n = (uint32_t)v->n_options, .argc = argc, .argv = argv};
    for (;;) {
        const char *value = NULL;
        int found = orr_options_next(&o, &value);
        if (found == ORR_OPTION_END) break;
        if (found == ORR_OPTION_BAD) return 2;
        if (found == ORR_OPTION_HELP) return verb_usage(v, options, stdout);
        if (call->n_given == ORR_CALL_MAX || call->n_operands == ORR_CALL_MAX)
            return orr_call_fail(call, 2, "USAGE", "too many arguments");
        if (found == ORR_OPTION_OPERAND) {
            call->operand[call->n_operands++] = value;
            continue;
        }
        call->given[call->n_given].option = v->option[found];
        call->given[call->n_given++].value = options[found].value ? value : "";
    }
    if (call->n_operands >= v->least && call->n_operands <= v->most) return -1;
    return verb_usage(v, options, stderr);
}

int orr_vault_call(int argc, char **argv) {
    const char *names[N_VERBS];
    if (argc < 2) return usage(stderr);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) return usage(stdout);
    for (size_t i = 0; i < N_VERBS; i++) {
        names[i] = verbs[i].name;
        if (strcmp(argv[1], verbs[i].name)) continue;
        int code = orr_secure_begin();
        if (code) return code;
        struct orr_call call = {.verb = verbs[i].name, .mem = orr_secure_mem()};
        code = parse(&verbs[i], argc - 1, argv + 1, &call);
        if (code >= 0) return code;
        uint8_t blind[32];
        randombytes_buf(blind, sizeof blind);
        orr_secp_init(&call.secp, call.mem, blind);
        call.bls = orr_vault_bls(call.mem);
        code = verbs[i].run(&call);
        orr_secp_fini(&call.secp);
        return code;
    }
    fprintf(stderr, "orrery vault: no verb '%s'\n", ORR_SHOWN(argv[1]));
    const char *nearest = orr_diag_nearest(argv[1], strlen(argv[1]), names, N_VERBS);
    if (nearest)
        fprintf(stderr, "did you mean '%s'?\n", nearest);
    else
        fprintf(stderr, "`orrery vault --help` lists them\n");
    return 2;
}

/* ---- options ---- */

const char *orr_call_option(const struct orr_call *call, enum orr_vault_option option) {
    for (size_t i = call->n_given; i-- > 0;)
        if (call->given[i].option == option) return call->given[i].value;
    return NULL;
}

bool orr_call_number(const struct orr_call *call, enum orr_vault_option option, uint64_t least,
                     uint64_t most, uint64_t *to) {
    const char *text = orr_call_option(call, option);
    char *end;
    if (!text) return true;
    uint64_t v = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && strlen(text) < 19 && v >= least && v <= most) {
        *to = v;
        return true;
    }
    orr_call_fail(call, 2, "USAGE", "%s wants a number from %llu to %llu", all_options[option].name,
                  (unsigned long long)least, (unsigned long long)most);
    return false;
}

struct orr_keystore_tools orr_call_tools(const struct orr_call *call) {
    return (struct orr_keystore_tools){call->mem, &call->secp, &call->bls,
                                       orr_call_option(call, ORR_OPT_COSTLY) != NULL};
}

/* ---- output ---- */

static void print_lines(const json_t *value, const char *label, int indent, FILE *to) {
    const char *key;
    json_t *inner;
    size_t i;
    if (json_is_object(value)) {
        if (*label) fprintf(to, "%*s%s:\n", indent, "", label);
        json_object_foreach((json_t *)value, key, inner)
            print_lines(inner, key, indent + (*label ? 2 : 0), to);
        return;
    }
    if (json_is_array(value)) {
        if (*label) fprintf(to, "%*s%s:\n", indent, "", label);
        json_array_foreach(value, i, inner) print_lines(inner, "-", indent + 2, to);
        return;
    }
    fprintf(to, "%*s%s%s", indent, "", label, strcmp(label, "-") ? ": " : " ");
    if (json_is_string(value))
        orr_text_print(json_string_value(value), json_string_length(value), to);
    else if (json_is_integer(value))
        fprintf(to, "%lld", (long long)json_integer_value(value));
    else
        fputs(json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "none", to);
    fputc('\n', to);
}

int orr_call_print(const struct orr_call *call, json_t *object, const char *field) {
    const json_t *one = field ? json_object_get(object, field) : NULL;
    if (orr_call_option(call, ORR_OPT_JSON)) {
        json_dumpf(object, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (json_is_string(one)) {
        puts(json_string_value(one));
    } else {
        print_lines(one ? one : object, "", one ? -2 : 0, stdout);
    }
    json_decref(object);
    return 0;
}

static int say(const struct orr_call *call, int code, const char *name, const char *text) {
    fprintf(stderr, "orrery vault %s: %s\n", call->verb, ORR_SHOWN(text));
    if (!orr_call_option(call, ORR_OPT_JSON)) return code;
    json_t *object =
        json_pack("{s:s, s:s+, s:i}", "error", name, "message", text, "", "exit", code);
    if (!object) /* a name of a file that is no UTF-8 */
        object = json_pack("{s:s, s:i}", "error", name, "exit", code);
    orr_call_print(call, object, NULL);
    return code;
}

int orr_call_fail(const struct orr_call *call, int code, const char *name, const char *format,
                  ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return say(call, code, name, text);
}

int orr_call_refuse(const struct orr_call *call, const char *what, enum orr_vault_fault fault,
                    const struct orr_why *why) {
    char text[640];
    bool more = why && why->text[0];
    snprintf(text, sizeof text, "%s%s%s%s%s%s", what ? what : "", what ? ": " : "",
             orr_vault_fault_text(fault), more ? ": " : "", more ? why->text : "",
             fault == ORR_FAULT_COSTLY && !orr_call_option(call, ORR_OPT_COSTLY)
                 ? " (--allow-costly)"
                 : "");
    return say(call, orr_vault_fault_exit(fault), orr_vault_fault_name(fault), text);
}

json_t *orr_call_hex(const void *bytes, size_t len) {
    char *text = orr_alloc(orr_secure_mem(), 2 * len + 1);
    orr_hex_encode(text, bytes, len);
    json_t *json = json_string(text);
    orr_free(orr_secure_mem(), text, 2 * len + 1);
    return json;
}

json_t *orr_call_0x(const void *bytes, size_t len) {
    char *text = orr_alloc(orr_secure_mem(), 2 * len + 3);
    text[0] = '0', text[1] = 'x';
    orr_hex_encode(text + 2, bytes, len);
    json_t *json = json_string(text);
    orr_free(orr_secure_mem(), text, 2 * len + 3);
    return json;
}

json_t *orr_call_address(const struct orr_address *address) {
    char text[ORR_ADDRESS_TEXT];
    orr_address_write(text, address);
    return json_string(text);
}
