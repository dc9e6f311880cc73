#include "sim/cli/gossip/cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/base/error.h"
#include "sim/base/file.h"

enum { MAX_BYTES = 1 << 28 };

static json_t *parse(const char *path, json_error_t *error, int *code) {
    const char *why;
    char *text;
    size_t len;
    if (!strcmp(path, "-")) return json_loadf(stdin, JSON_ALLOW_NUL, error);
    int result = orr_file_read(path, MAX_BYTES, &text, &len, &why);
    if (result) {
        fprintf(stderr, "error: %s: %s\n", path, why);
        *code = result == ORR_ENOMEM ? 3 : 2;
        error->line = 0;
        return NULL;
    }
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, error);
    free(text);
    return root;
}

json_t *orr_cases_load(const char *verb, const char *path, int *code) {
    json_error_t error = {.line = -1};
    *code = 2;
    json_t *root = parse(path, &error, code);
    if (!root) {
        if (error.line)
            fprintf(stderr, "error: %s:%d:%d: %s\n", path, error.line, error.column, error.text);
        return NULL;
    }
    json_t *cases = json_is_object(root) ? json_object_get(root, "cases") : root;
    if (json_is_array(cases)) {
        json_incref(cases);
        json_decref(root);
        return cases;
    }
    fprintf(stderr, "error: %s: orrery gossip %s takes an array of cases, or an object whose "
                    "\"cases\" is one\n", path, verb);
    json_decref(root);
    return NULL;
}

const char *orr_case_name(const json_t *one) {
    const char *name = json_string_value(json_object_get(one, "name"));
    return name ? name : "";
}

int orr_case_fault(const char *path, size_t index, const json_t *one, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "error: %s: case %zu", path, index);
    if (*orr_case_name(one)) fprintf(stderr, " (%s)", orr_case_name(one));
    fprintf(stderr, ": ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    return 2;
}

int orr_cases_print(const json_t *array) {
    size_t n = json_array_size(array);
    printf("[");
    for (size_t i = 0; i < n; i++) {
        char *line = json_dumps(json_array_get(array, i),
                                JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(17));
        if (!line) abort(); /* what we built ourselves can be written */
        printf("%s\n%s", i ? "," : "", line);
        free(line);
    }
    printf("\n]\n");
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "error: standard output: cannot be written\n");
        return 3;
    }
    return 0;
}
