#include "sim/cli/hunt_folder.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/file.h"
#include "sim/base/text.h"
#include "sim/cli/hunt_files.h"
#include "sim/scenario/scenario.h"
#include "sim/search/finding.h"

enum { PATH_CHARS = 800, CPU_S = 10 };

static bool ends_with(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n > m && !strcmp(name + n - m, end);
}

static int is_yaml(const struct dirent *entry) { return ends_with(entry->d_name, ".yaml"); }

/* Names in order; negative: said. */
static int list(const char *folder, struct dirent ***names) {
    int n = scandir(folder, names, is_yaml, alphasort);
    if (n < 0)
        fprintf(stderr, "orrery hunt: cannot read %s: %s\n", ORR_SHOWN(folder), strerror(errno));
    return n;
}

static void drop(struct dirent **names, int n) {
    for (int i = 0; i < n; i++) free(names[i]);
    if (n >= 0) free(names);
}

static char *read_one(const char *folder, const char *name, size_t *len, int *code) {
    char path[PATH_CHARS], *text;
    const char *why = "the name is too long";
    int error = ORR_ELIMIT, n = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (n > 0 && (size_t)n < sizeof path)
        error = orr_file_read(path, ORR_SCENARIO_MAX_BYTES, &text, len, &why);
    if (!error) return text;
    fprintf(stderr, "orrery hunt: cannot read %s/%s: %s\n", ORR_SHOWN(folder), ORR_SHOWN(name),
            why);
    *code = error == ORR_ENOMEM ? 3 : 2;
    return NULL;
}

/* What stands behind `# WORD ` in a comment at the head, to[size]; false: nothing. */
static bool comment(const char *text, const char *word, char *to, size_t size) {
    size_t n = strlen(word);
    for (const char *p = text; *p == '#'; p += strcspn(p, "\n"), p += *p == '\n') {
        if (strncmp(p, "# ", 2) || strncmp(p + 2, word, n)) continue;
        p += 2 + n;
        snprintf(to, size, "%.*s", (int)strcspn(p, "\n"), p);
        return true;
    }
    return false;
}

/* ---- to see them again ---- */

/* 0 as recorded or nothing is, 1 otherwise, 2 or 3 as exit codes. */
static int replay_one(const char *folder, const char *name) {
    static const char *const modelled[] = {"signatures=modelled"};
    char recorded[40], rest[8];
    size_t len;
    int code = 2;
    char *text = read_one(folder, name, &len, &code);
    if (!text) return code;
    struct orr_diags diags = {0};
    struct orr_scenario *s;
    struct orr_finding f = {0};
    bool has_recorded = comment(text, "fingerprint ", recorded, sizeof recorded);
    bool is_modelled = comment(text, "It shows this with modelled", rest, sizeof rest);
    int error = orr_scenario_parse(text, len, name, modelled, is_modelled, &s, &diags);
    if (!error) error = orr_finding_hunt(s, CPU_S, &f);
    orr_diags_print(&diags, stderr, orr_diag_colour(stderr));
    if (error) {
        fprintf(stderr, "orrery hunt: %s cannot be run\n", ORR_SHOWN(name));
        code = error == ORR_EIO || error == ORR_ENOMEM ? 3 : 2;
    } else {
        char now[20];
        snprintf(now, sizeof now, "%016" PRIx64, f.fingerprint);
        bool is_same = !has_recorded || !strcmp(now, recorded);
        printf("%s: %s%s%s%s\n", ORR_SHOWN(name), f.kind ? ORR_SHOWN(f.name) : "nothing is broken",
               *f.text ? ": " : "", *f.text ? ORR_SHOWN(f.text) : "",
               !has_recorded ? ""
               : is_same     ? "; fingerprint as recorded"
                             : "; another fingerprint than recorded");
        code = !is_same;
    }
    orr_scenario_free(s);
    orr_diags_fini(&diags);
    free(text);
    return code;
}

int orr_hunt_replay(const char *folder) {
    struct dirent **names;
    int n = list(folder, &names), worst = n < 0 ? 2 : 0;
    if (n == 0) {
        fprintf(stderr, "orrery hunt: %s holds no scenarios\n", ORR_SHOWN(folder));
        worst = 2;
    }
    for (int i = 0; i < n; i++) {
        int code = replay_one(folder, names[i]->d_name);
        if (code > worst) worst = code;
    }
    drop(names, n);
    return fflush(stdout) ? 3 : worst;
}

/* ---- to join two ---- */

enum { SHAPE_CHARS = 200 };

/* Is a finding of this shape in the folder? */
static bool is_known(const char *folder, const char *shape) {
    struct dirent **names;
    int n = scandir(folder, &names, is_yaml, alphasort);
    bool known = false;
    for (int i = 0; i < n && !known; i++) {
        char other[SHAPE_CHARS];
        size_t len;
        int code;
        char *text = read_one(folder, names[i]->d_name, &len, &code);
        known = text && comment(text, "shape ", other, sizeof other) && !strcmp(other, shape);
        free(text);
    }
    drop(names, n);
    return known;
}

static bool is_there(const char *folder, const char *name) {
    char path[PATH_CHARS];
    int n = snprintf(path, sizeof path, "%s/%s", folder, name);
    return n < 0 || (size_t)n >= sizeof path || !access(path, F_OK);
}

/* NAME-K.yaml and NAME-K-drawn.yaml under the next free K. */
static int take_over(const char *from, const char *name, const char *into, const char *text,
                     size_t len) {
    char stem[300], drawn[320], to[340];
    snprintf(stem, sizeof stem, "%.*s", (int)(strlen(name) - 5), name);
    snprintf(drawn, sizeof drawn, "%s-drawn.yaml", stem);
    char *dash = strrchr(stem, '-');
    if (dash) *dash = '\0';
    uint32_t k = 1;
    do { /* ends: a folder holds no more than so many */
        snprintf(to, sizeof to, "%s-%u.yaml", stem, k++);
    } while (is_there(into, to) && k < 1000000);
    if (!orr_hunt_file_write(into, to, text, len)) return 3;
    if (!is_there(from, drawn)) return 0;
    size_t drawn_len;
    int code = 0;
    char *drawn_text = read_one(from, drawn, &drawn_len, &code);
    if (!drawn_text) return code;
    snprintf(to, sizeof to, "%s-%u-drawn.yaml", stem, k - 1);
    bool good = orr_hunt_file_write(into, to, drawn_text, drawn_len);
    free(drawn_text);
    return good ? 0 : 3;
}

int orr_hunt_merge(const char *from, const char *into) {
    struct dirent **names;
    int n = list(from, &names), code = n < 0 ? 2 : 0;
    uint32_t n_taken = 0, n_known = 0;
    if (!code && !orr_hunt_folder(into)) code = 3;
    for (int i = 0; i < n && !code; i++) {
        char shape[SHAPE_CHARS];
        size_t len;
        if (ends_with(names[i]->d_name, "-drawn.yaml")) continue;
        char *text = read_one(from, names[i]->d_name, &len, &code);
        if (text && comment(text, "shape ", shape, sizeof shape)) {
            bool known = is_known(into, shape);
            n_known += known;
            n_taken += !known;
            if (!known) code = take_over(from, names[i]->d_name, into, text, len);
        }
        free(text);
    }
    drop(names, n);
    if (!code) printf("%u findings taken over, %u of a shape that was there\n", n_taken, n_known);
    return code;
}
