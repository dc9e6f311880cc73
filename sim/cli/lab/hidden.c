#include "sim/cli/lab/hidden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/base/sha256.h"
#include "sim/base/file.h"

enum { PATH_BYTES = 4400 };

int orr_lab_add_hidden(struct orr_lab *lab, const char *path, const char *verb) {
    char place[PATH_BYTES], installed[PATH_BYTES + 100];
    if (!path && orr_lab_place('h', place, sizeof place)) {
        snprintf(installed, sizeof installed, "%s/%s/hidden.yaml", place, lab->name);
        if (!access(installed, R_OK)) path = installed;
    }
    if (!path) {
        fprintf(stderr, "orrery lab %s: the hidden tests of %s are not here; --hidden says where "
                        "they are\n", verb, lab->name);
        return 2;
    }
    struct orr_diags diags = {0};
    int error = orr_lab_read_hidden(lab, path, &diags);
    if (error) orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    orr_diags_fini(&diags);
    return error ? 2 : 0;
}

int orr_lab_read_salt(const char *path, const char *verb, uint8_t digest[32]) {
    char *text;
    size_t len;
    const char *why;
    if (orr_file_read(path, 1 << 16, &text, &len, &why)) {
        fprintf(stderr, "orrery lab %s: %s: %s\n", verb, ORR_SHOWN(path), why);
        return 2;
    }
    orr_sha256(text, len, digest);
    explicit_bzero(text, len);
    free(text);
    return 0;
}

bool orr_lab_has_case(const struct orr_lab *lab, const char *only, const char *name,
                      const char *verb) {
    if (!name) return true;
    const struct orr_lab_exercise *e = only ? orr_lab_exercise_of(lab, only) : NULL;
    for (uint32_t i = 0; e && i < e->n_tests; i++)
        if (orr_lab_test_is(&e->tests[i], name)) return true;
    fprintf(stderr, "orrery lab %s: %s '%s'\n", verb,
            e ? "the exercise has no test with the scenario" : "--only says of which exercise is",
            ORR_SHOWN(name));
    return false;
}
