#include "sim/cli/rollup/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/rollup/validity.h"
#include "sim/base/memory.h"
#include "sim/cli/options.h"
#include "sim/cli/vm/code.h"

static const struct orr_option options[] = {
    {"--json", NULL, "as JSON: an object, or an array where the file has one"}};

/* ---- members ---- */

static bool bad(char why[160], const char *key, const char *what) {
    snprintf(why, 160, "\"%s\": %s", key, what);
    return false;
}

bool orr_rollup_u64(const json_t *object, const char *key, uint64_t *out, char why[160]) {
    const json_t *value = json_object_get(object, key);
    return !orr_json_u64(value, out) || bad(why, key, value ? "no number below 2^64" : "absent");
}

bool orr_rollup_fork(const json_t *object, const char *key, uint64_t *out, char why[160]) {
    const json_t *value = json_object_get(object, key);
    *out = ORR_ROLLUP_NEVER;
    return !value || json_is_null(value) || orr_rollup_u64(object, key, out, why);
}

bool orr_rollup_fixed(const json_t *object, const char *key, void *to, size_t len, char why[160]) {
    const json_t *value = json_object_get(object, key);
    char what[48];
    snprintf(what, sizeof what, "not %zu bytes in hexadecimal", len);
    return !orr_json_fixed(value, to, len) || bad(why, key, value ? what : "absent");
}

bool orr_rollup_list(const json_t *object, const char *key, const json_t **out, char why[160]) {
    *out = json_object_get(object, key);
    return json_is_array(*out) || bad(why, key, *out ? "no array" : "absent");
}

bool orr_rollup_object(const json_t *object, const char *key, const json_t **out, char why[160]) {
    *out = json_object_get(object, key);
    return json_is_object(*out) || bad(why, key, *out ? "no object" : "absent");
}

json_t *orr_rollup_hex(const void *bytes, size_t len) {
    char *text = orr_xrealloc(NULL, 2 * len + 3);
    memcpy(text, "0x", 3);
    orr_hex_encode(text + 2, bytes, len);
    json_t *json = json_string(text);
    free(text);
    return json;
}

/* ---- a verb ---- */

struct asked {
    const char *path;
    bool json;
};

static int usage(const struct orr_rollup_verb *verb, FILE *to) {
    fputs(verb->usage, to);
    orr_options_print(options, 1, to);
    fputs("\nExit codes: 0 done, 2 bad input, 3 the machine failed.\n", to);
    return to == stdout ? 0 : 2;
}

/* 0, or 1 + the exit code. */
static int read_arguments(const struct orr_rollup_verb *verb, int argc, char **argv,
                          struct asked *asked) {
    struct orr_options walk = {
        .verb = verb->name, .list = options, .n = 1, .argc = argc, .argv = argv};
    const char *value;
    for (int i; (i = orr_options_next(&walk, &value)) != ORR_OPTION_END;) {
        if (i == ORR_OPTION_HELP) return 1 + usage(verb, stdout);
        if (i == ORR_OPTION_BAD) return 1 + 2;
        if (i == 0) asked->json = true;
        else if (asked->path) return 1 + usage(verb, stderr);
        else asked->path = value;
    }
    return asked->path ? 0 : 1 + usage(verb, stderr);
}

/* One object of the file, the i-th of an array. */
static bool judge(const struct orr_rollup_verb *verb, const struct asked *asked, const json_t *one,
                  size_t i, bool of_many, json_t *results) {
    char why[160] = "no object", *line = NULL;
    json_t *result = json_is_object(one) ? verb->judge(one, &line, why) : NULL;
    const char *name = json_string_value(json_object_get(one, "name"));
    if (!result) {
        fprintf(stderr, "error: %s: ", asked->path);
        if (of_many) fprintf(stderr, "case %zu (%.60s): ", i, name ? name : "");
        fprintf(stderr, "%s\n", why);
        return false;
    }
    if (name) json_object_set_new(result, "name", json_string(name));
    if (!asked->json && of_many) printf("%.100s: ", name ? name : "");
    if (!asked->json) printf("%s\n", line);
    free(line);
    json_array_append_new(results, result);
    return true;
}

static void print(const json_t *json) {
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!text) abort(); /* what we built ourselves can be written */
    printf("%s\n", text);
    free(text);
}

int orr_rollup_run(const struct orr_rollup_verb *verb, int argc, char **argv) {
    struct asked asked = {0};
    int end = read_arguments(verb, argc, argv, &asked);
    if (end) return end - 1;
    json_t *root;
    if (orr_vm_read_json(verb->name, asked.path, ORR_MAX_JSON_BYTES, &root)) return 2;
    json_t *results = json_array();
    bool of_many = json_is_array(root), good = true;
    size_t n = of_many ? json_array_size(root) : 1;
    for (size_t i = 0; i < n && good; i++)
        good = judge(verb, &asked, of_many ? json_array_get(root, i) : root, i, of_many, results);
    if (good && asked.json) print(of_many ? results : json_array_get(results, 0));
    json_decref(results);
    json_decref(root);
    if (!good) return 2;
    return fflush(stdout) || ferror(stdout) ? 3 : 0;
}
